// SPDX-License-Identifier: GPL-2.0

//! The generic netlink family `gtp`: finding it, and its four commands.

use crate::client::{
    attribute::{
        attribute_name,
        GtpAttribute, //
    },
    connection::{
        Connection,
        DumpStatus,
        Naming, //
    },
    error::{
        Error,
        KernelError,
        Result, //
    },
    message::{
        GtpMessage,
        GTP_CMD_DELPDP,
        GTP_CMD_ECHOREQ,
        GTP_CMD_GETPDP,
        GTP_CMD_NEWPDP,
        GTP_GENL_NAME, //
    },
    pdp::{
        Echo,
        LinkRef,
        PdpContext,
        PdpKey, //
    },
};
use netlink_packet_core::{
    DecodeError,
    DefaultNla,
    Emitable,
    Nla,
    NlaBuffer,
    NlasIterator,
    Parseable,
    ParseableParametrized,
    NLM_F_CREATE,
    NLM_F_DUMP,
    NLM_F_EXCL,
    NLM_F_REPLACE, //
};
use netlink_packet_generic::{
    GenlFamily,
    GenlHeader,
    GenlMessage, //
};
use netlink_sys::protocols::NETLINK_GENERIC;
use nix::errno::Errno;

/// Attributes of the family follow the netlink and the generic header.
const NAMING: Naming = Naming {
    first: 20,
    name: |path| attribute_name(*path.last()?),
    nest: &[],
};

/// What a request to make a context does where one with its key exists.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum NewMode {
    /// It fails with `EEXIST` (`NLM_F_EXCL`).
    #[default]
    Exclusive,
    /// It changes the context in place. `EEXIST` where both keys match.
    Update,
    /// It replaces the context at once (`NLM_F_REPLACE`). The C driver answers
    /// `EOPNOTSUPP`.
    Replace,
}

impl NewMode {
    /// Returns the netlink flags of the mode.
    #[must_use]
    pub fn flags(self) -> u16 {
        match self {
            Self::Exclusive => NLM_F_CREATE | NLM_F_EXCL,
            Self::Update => NLM_F_CREATE,
            Self::Replace => NLM_F_CREATE | NLM_F_REPLACE,
        }
    }
}

/// A client of the family, bound to the network namespace it was opened in.
#[derive(Debug)]
pub struct GtpClient {
    pub(super) connection: Connection,
    family: u16,
    group: Option<u32>,
}

impl GtpClient {
    /// Opens a socket in the network namespace of the calling thread and looks
    /// the family up, which loads the module where that is installed.
    ///
    /// # Errors
    ///
    /// [`Error::NoFamily`] where no driver is there.
    pub fn open() -> Result<Self> {
        let mut connection = Connection::open(NETLINK_GENERIC, NAMING)?;
        let request = Controller {
            command: CTRL_CMD_GETFAMILY,
            attributes: vec![family_name()],
        };
        let (mut family, mut group) = (None, None);

        connection
            .request(GenlMessage::from_payload(request), 0, |reply| {
                family = reply.payload.family_id()?;
                group = reply.payload.group_id(GTP_GENL_NAME)?;
                Ok(())
            })
            .map_err(|error| match error {
                Error::Kernel(error) if error.errno == Errno::ENOENT => Error::NoFamily(error),
                error => error,
            })?;

        Ok(Self {
            connection,
            family: family.ok_or_else(|| DecodeError::from("family without a number"))?,
            group,
        })
    }

    /// Returns the number under which the family is registered.
    #[must_use]
    pub fn family(&self) -> u16 {
        self.family
    }

    /// Joins the family's multicast group and gives the connection away.
    pub(super) fn into_group(self) -> Result<(Connection, u16)> {
        let group = self
            .group
            .ok_or_else(|| Error::NoFamily(KernelError::bare(Errno::ENOENT)))?;
        self.connection.join(group)?;
        Ok((self.connection, self.family))
    }

    /// Makes a PDP context, or changes an existing one as `mode` says.
    /// `netns` is an open namespace in which the link is, where that is not
    /// the socket's own.
    ///
    /// # Errors
    ///
    /// The kernel's, see `GTP_CMD_NEWPDP` in `include/uapi/linux/gtp.h`.
    pub fn new_pdp(
        &mut self,
        context: &PdpContext,
        netns: Option<i32>,
        mode: NewMode,
    ) -> Result<()> {
        let attributes = context.to_attributes(netns);
        self.command(GTP_CMD_NEWPDP, attributes, mode.flags())
    }

    /// Removes a PDP context.
    ///
    /// # Errors
    ///
    /// The kernel's, see `GTP_CMD_DELPDP` in `include/uapi/linux/gtp.h`.
    pub fn del_pdp(&mut self, link: LinkRef, key: &PdpKey) -> Result<()> {
        self.command(GTP_CMD_DELPDP, key.to_attributes(link), 0)
    }

    /// Reads one PDP context.
    ///
    /// # Errors
    ///
    /// The kernel's, see `GTP_CMD_GETPDP` in `include/uapi/linux/gtp.h`.
    pub fn get_pdp(&mut self, link: LinkRef, key: &PdpKey) -> Result<PdpContext> {
        let request = self.message(GTP_CMD_GETPDP, key.to_attributes(link));
        let mut context = None;

        self.connection.request(request, 0, |reply| {
            context = Some(PdpContext::from_attributes(&reply.payload.attributes)?);
            Ok(())
        })?;
        Ok(context.ok_or_else(|| DecodeError::from("acknowledgement without a PDP context"))?)
    }

    /// Hands every PDP context to `each`: those of `link`, or those of all
    /// links in the socket's network namespace.
    ///
    /// The driver is told of the link, but one that does not filter is no
    /// hindrance: what belongs to other links is left out here.
    ///
    /// # Errors
    ///
    /// The kernel's, or what `each` returns.
    pub fn dump_pdp(
        &mut self,
        link: Option<LinkRef>,
        mut each: impl FnMut(PdpContext) -> Result<()>,
    ) -> Result<DumpStatus> {
        let mut attributes = Vec::new();
        if let Some(link) = link {
            attributes.push(GtpAttribute::Link(link.index));
            attributes.extend(link.netns.map(GtpAttribute::NetNsFd));
        }
        let request = self.message(GTP_CMD_GETPDP, attributes);

        self.connection.request(request, NLM_F_DUMP, |reply| {
            let context = PdpContext::from_attributes(&reply.payload.attributes)?;
            match link {
                Some(link) if link.index != context.link => Ok(()),
                _ => each(context),
            }
        })
    }

    /// Sends one Echo Request from the kernel's socket (TS 29.281 7.2.1). Its
    /// answer comes to the multicast group.
    ///
    /// # Errors
    ///
    /// The kernel's, see `GTP_CMD_ECHOREQ` in `include/uapi/linux/gtp.h`.
    pub fn echo(&mut self, link: LinkRef, echo: &Echo) -> Result<()> {
        self.command(GTP_CMD_ECHOREQ, echo.to_attributes(link), 0)
    }

    /// Builds a message of the family.
    pub(super) fn message(
        &self,
        command: u8,
        attributes: Vec<GtpAttribute>,
    ) -> GenlMessage<GtpMessage> {
        let mut message = GenlMessage::from_payload(GtpMessage {
            command,
            attributes,
        });
        message.set_resolved_family_id(self.family);
        message
    }

    /// Sends a request that is answered by an acknowledgement only.
    fn command(&mut self, command: u8, attributes: Vec<GtpAttribute>, flags: u16) -> Result<()> {
        let request = self.message(command, attributes);

        self.connection.request(request, flags, |_| Ok(()))?;
        Ok(())
    }
}

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
struct Controller {
    command: u8,
    attributes: Vec<DefaultNla>,
}

impl Controller {
    /// Returns the number of the family, where the message has it.
    fn family_id(&self) -> std::result::Result<Option<u16>, DecodeError> {
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
    fn group_id(&self, name: &str) -> std::result::Result<Option<u32>, DecodeError> {
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

/// Builds the attribute that names the family `gtp`.
fn family_name() -> DefaultNla {
    let mut name = GTP_GENL_NAME.as_bytes().to_vec();

    name.push(0);
    DefaultNla::new(CTRL_ATTR_FAMILY_NAME, name)
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
    fn parse_with_param(
        bytes: &[u8],
        header: GenlHeader,
    ) -> std::result::Result<Self, DecodeError> {
        let attributes = NlasIterator::new(bytes)
            .map(|nla| DefaultNla::parse(&NlaBuffer::new(nla?.into_inner())))
            .collect::<std::result::Result<_, _>>()?;

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

        assert_eq!(reply.family_id().unwrap(), Some(30));
        assert_eq!(reply.group_id("gtp").unwrap(), Some(5));
        assert_eq!(reply.group_id("none").unwrap(), None);
    }

    #[test]
    fn the_family_is_asked_for_by_name() {
        let request = Controller {
            command: CTRL_CMD_GETFAMILY,
            attributes: vec![family_name()],
        };
        let mut bytes = vec![0; request.buffer_len()];
        request.emit(&mut bytes);
        assert_eq!(bytes, [8, 0, 2, 0, b'g', b't', b'p', 0]);
    }
}
