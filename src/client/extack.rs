// SPDX-License-Identifier: GPL-2.0

//! Extended acknowledgements: what the kernel says beside an error number.

use netlink_packet_core::{
    NetlinkBuffer,
    NlasIterator, //
};
use netlink_packet_core::{
    NLM_F_ACK_TLVS,
    NLM_F_CAPPED, //
};

/// Text for people.
const NLMSGERR_ATTR_MSG: u16 = 1;
/// Offset of the offending attribute in the request, u32.
const NLMSGERR_ATTR_OFFS: u16 = 2;
/// Number of the missing attribute, u32.
const NLMSGERR_ATTR_MISS_TYPE: u16 = 5;

/// Length of a netlink header, whose copy every acknowledgement carries.
const HEADER_LEN: usize = 16;

/// What the kernel says beside an error number. Every part may be absent, and
/// the C driver never says anything.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Extack {
    /// Text for people.
    pub message: Option<String>,
    /// Offset of the offending attribute, in octets from the start of the
    /// request's netlink header.
    pub offset: Option<u32>,
    /// Number of the attribute that should have been there.
    pub missing_type: Option<u32>,
}

impl Extack {
    /// Reads what follows the error number in `NLMSG_ERROR`: the header of the
    /// request, its payload unless `NLM_F_CAPPED` is set, then attributes where
    /// `NLM_F_ACK_TLVS` is set. What cannot be read is left out: the error
    /// number counts, and that has been read already.
    #[must_use]
    pub fn parse(flags: u16, after_code: &[u8]) -> Self {
        if flags & NLM_F_ACK_TLVS == 0 {
            return Self::default();
        }

        let start = if flags & NLM_F_CAPPED != 0 {
            HEADER_LEN
        } else {
            match NetlinkBuffer::new_checked(after_code) {
                Ok(request) => request.length() as usize,
                Err(_) => return Self::default(),
            }
        };

        Self::parse_attributes(after_code.get(start.next_multiple_of(4)..).unwrap_or(&[]))
    }

    /// Reads the attributes, which `NLMSG_DONE` carries right after its code.
    #[must_use]
    pub fn parse_attributes(bytes: &[u8]) -> Self {
        let mut extack = Self::default();

        for nla in NlasIterator::new(bytes).map_while(|nla| nla.ok()) {
            let number = || {
                let octets = nla.value().get(..4)?;
                Some(u32::from_ne_bytes(octets.try_into().ok()?))
            };

            match nla.kind() {
                NLMSGERR_ATTR_MSG => {
                    let text = String::from_utf8_lossy(nla.value());
                    extack.message = Some(text.trim_end_matches('\0').to_string());
                }
                NLMSGERR_ATTR_OFFS => extack.offset = number(),
                NLMSGERR_ATTR_MISS_TYPE => extack.missing_type = number(),
                _ => {}
            }
        }

        extack
    }
}

#[cfg(all(test, target_endian = "little"))]
mod tests {
    use super::*;

    const HEADER: [u8; 16] = [24, 0, 0, 0, 30, 0, 5, 0, 1, 0, 0, 0, 0, 0, 0, 0];
    const PAYLOAD: [u8; 8] = [8, 0, 2, 0, 1, 0, 0, 0];
    const TLVS: [u8; 32] = [
        7, 0, 1, 0, b'n', b'o', 0, 0, // NLMSGERR_ATTR_MSG
        8, 0, 2, 0, 20, 0, 0, 0, // NLMSGERR_ATTR_OFFS
        8, 0, 5, 0, 1, 0, 0, 0, // NLMSGERR_ATTR_MISS_TYPE
        8, 0, 99, 0, 0, 0, 0, 0, // something newer
    ];

    fn expected() -> Extack {
        Extack {
            message: Some("no".to_string()),
            offset: Some(20),
            missing_type: Some(1),
        }
    }

    #[test]
    fn a_capped_acknowledgement_has_the_header_only() {
        let bytes = [&HEADER[..], &TLVS[..]].concat();
        assert_eq!(
            Extack::parse(NLM_F_CAPPED | NLM_F_ACK_TLVS, &bytes),
            expected()
        );
    }

    #[test]
    fn a_whole_acknowledgement_has_the_request() {
        let bytes = [&HEADER[..], &PAYLOAD[..], &TLVS[..]].concat();
        assert_eq!(Extack::parse(NLM_F_ACK_TLVS, &bytes), expected());
    }

    #[test]
    fn without_the_flag_there_is_nothing() {
        let bytes = [&HEADER[..], &TLVS[..]].concat();
        assert_eq!(Extack::parse(NLM_F_CAPPED, &bytes), Extack::default());
    }

    #[test]
    fn what_is_broken_is_left_out() {
        assert_eq!(
            Extack::parse(NLM_F_ACK_TLVS, &HEADER[..8]),
            Extack::default()
        );
        assert_eq!(Extack::parse_attributes(&[3, 0, 0]), Extack::default());
        assert_eq!(
            Extack::parse_attributes(&[6, 0, 2, 0, 1, 0, 0, 0]),
            Extack::default()
        );
    }
}
