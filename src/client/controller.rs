// SPDX-License-Identifier: GPL-2.0

//! The controller of generic netlink, which knows under which numbers a family
//! and its multicast groups are registered.

use crate::client::message::GTP_GENL_NAME;
use netlink_packet_core::{
    DecodeError,
    DefaultNla,
    Emitable,
    Nla,
    NlaBuffer,
    NlasIterator,
    Parseable,
    ParseableParametrized, //
};
use netlink_packet_generic::{
    GenlFamily,
    GenlHeader, //
};

/// Number of the family that knows the others.
const GENL_ID_CTRL: u16 = 16;
/// Reads the number and the groups of a family.
const CTRL_CMD_GETFAMILY: u8 = 3;
/// Number of a family, u16.
const CTRL_ATTR_FAMILY_ID: u16 = 1;
/// Name of a family, a string.
const CTRL_ATTR_FAMILY_NAME: u16 = 2;
/// Multicast groups of a family, a list of lists.
const CTRL_ATTR_MCAST_GROUPS: u16 = 7;
/// Name of a group, a string.
const CTRL_ATTR_MCAST_GRP_NAME: u16 = 1;
/// Number of a group, u32.
const CTRL_ATTR_MCAST_GRP_ID: u16 = 2;

/// A message of the controller of generic netlink.
///
/// `netlink_packet_generic::ctrl` has one too, but refuses attributes that it
/// does not know, and so would refuse a newer kernel.
#[derive(Clone, Debug)]
pub(crate) struct Controller {
    command: u8,
    attributes: Vec<DefaultNla>,
}

impl Controller {
    /// Asks for the family `gtp`.
    pub fn find_gtp() -> Self {
        let mut name = GTP_GENL_NAME.as_bytes().to_vec();

        name.push(0);
        Self {
            command: CTRL_CMD_GETFAMILY,
            attributes: vec![DefaultNla::new(CTRL_ATTR_FAMILY_NAME, name)],
        }
    }

    /// Returns the number of the family, where the message has it.
    pub fn found_family(&self) -> Result<Option<u16>, DecodeError> {
        let Some(value) = self.value(CTRL_ATTR_FAMILY_ID) else {
            return Ok(None);
        };
        let octets = value
            .get(..2)
            .and_then(|octets| octets.try_into().ok())
            .ok_or_else(|| DecodeError::from("short CTRL_ATTR_FAMILY_ID"))?;
        Ok(Some(u16::from_ne_bytes(octets)))
    }

    /// Returns the number of the group of that name, where there is one.
    pub fn found_group(&self, name: &str) -> Result<Option<u32>, DecodeError> {
        let Some(groups) = self.value(CTRL_ATTR_MCAST_GROUPS) else {
            return Ok(None);
        };
        for group in NlasIterator::new(&groups) {
            let group = group?;
            let (mut id, mut found) = (None, false);

            for nla in NlasIterator::new(group.value()) {
                let nla = nla?;
                match nla.kind() {
                    CTRL_ATTR_MCAST_GRP_NAME => {
                        found = nla.value().strip_suffix(&[0]) == Some(name.as_bytes());
                    }
                    CTRL_ATTR_MCAST_GRP_ID => id = nla.value().get(..4).map(<[u8]>::to_vec),
                    _ => {}
                }
            }
            if let (true, Some(id)) = (found, id) {
                return Ok(id.try_into().ok().map(u32::from_ne_bytes));
            }
        }
        Ok(None)
    }

    /// Returns the value of the first attribute with that number.
    fn value(&self, kind: u16) -> Option<Vec<u8>> {
        let nla = self.attributes.iter().find(|nla| nla.kind() == kind)?;
        let mut value = vec![0; nla.value_len()];

        nla.emit_value(&mut value);
        Some(value)
    }
}

impl GenlFamily for Controller {
    fn family_name() -> &'static str {
        "nlctrl"
    }

    fn family_id(&self) -> u16 {
        GENL_ID_CTRL
    }

    fn command(&self) -> u8 {
        self.command
    }

    fn version(&self) -> u8 {
        2
    }
}

impl Emitable for Controller {
    fn buffer_len(&self) -> usize {
        self.attributes.as_slice().buffer_len()
    }

    fn emit(&self, buffer: &mut [u8]) {
        self.attributes.as_slice().emit(buffer);
    }
}

impl ParseableParametrized<[u8], GenlHeader> for Controller {
    fn parse_with_param(bytes: &[u8], header: GenlHeader) -> Result<Self, DecodeError> {
        let attributes = NlasIterator::new(bytes)
            .map(|nla| DefaultNla::parse(&NlaBuffer::new(nla?.into_inner())))
            .collect::<Result<_, _>>()?;

        Ok(Self {
            command: header.cmd,
            attributes,
        })
    }
}

#[cfg(all(test, target_endian = "little"))]
mod tests {
    use super::*;

    #[test]
    fn family_and_group_are_found_among_what_is_unknown() {
        let reply = [
            &[12, 0, 99, 0, 1, 2, 3, 4, 5, 6, 7, 8][..], // something newer
            &[8, 0, 2, 0, b'g', b't', b'p', 0],
            &[6, 0, 1, 0, 30, 0, 0, 0],
            &[52, 0, 7, 0],
            &[24, 0, 1, 0],
            &[8, 0, 2, 0, 4, 0, 0, 0],
            &[12, 0, 1, 0, b'o', b't', b'h', b'e', b'r', 0, 0, 0],
            &[24, 0, 2, 0],
            &[8, 0, 2, 0, 5, 0, 0, 0],
            &[8, 0, 1, 0, b'g', b't', b'p', 0],
            &[4, 0, 98, 0],
        ]
        .concat();
        let header = GenlHeader { cmd: 1, version: 2 };
        let reply = Controller::parse_with_param(&reply, header).unwrap();

        assert_eq!(reply.found_family().unwrap(), Some(30));
        assert_eq!(reply.found_group("gtp").unwrap(), Some(5));
        assert_eq!(reply.found_group("none").unwrap(), None);
    }

    #[test]
    fn the_family_is_asked_for_by_name() {
        let request = Controller::find_gtp();
        let mut bytes = vec![0; request.buffer_len()];
        request.emit(&mut bytes);
        assert_eq!(bytes, [8, 0, 2, 0, b'g', b't', b'p', 0]);
    }
}
