// SPDX-License-Identifier: GPL-2.0

//! Version 1 (TS 29.281): the header's first eight octets, and the headers of
//! our own G-PDUs.

mod decode;
mod ie;
mod repr;
mod signalling;

#[allow(unused_imports)]
pub use decode::{
    decode,
    decode_signalling,
    plain_gpdu,
    Decoded,
    Message,
    Unsupported,
    Walked, //
};
#[allow(unused_imports)]
pub use ie::{
    Ie,
    Ies,
    PrivateExtension, //
};
#[allow(unused_imports)]
pub use repr::Repr;
#[allow(unused_imports)]
pub use signalling::{
    echo_request,
    echo_response,
    end_marker,
    end_marker_in_session,
    Signalling,
    ECHO_REQUEST_LEN,
    ECHO_RESPONSE_LEN, //
};

use super::{
    ext::ExtensionType,
    session,
    types::FLAG_PT,
    Error,
    MessageType,
    Seq,
    Teid, //
};

/// Length of the header without optional fields, in octets.
pub const HEADER_LEN: usize = 8;

/// Length of the header with the optional fields, in octets.
pub const LONG_HEADER_LEN: usize = 12;

/// Length of the optional fields, in octets.
const OPTIONS_LEN: usize = LONG_HEADER_LEN - HEADER_LEN;

/// Version 1 in the three highest bits, and PT.
const FLAGS: u8 = 0x20 | FLAG_PT;
/// Mask of the version.
const FLAGS_VERSION: u8 = 0xe0;
/// Spare, not evaluated.
const FLAG_SPARE: u8 = 0x08;
/// E: the Next Extension Header Type field is to be evaluated.
const FLAG_E: u8 = 0x04;
/// S: the Sequence Number field is to be evaluated.
const FLAG_S: u8 = 0x02;
/// PN: the N-PDU Number field is to be evaluated.
const FLAG_PN: u8 = 0x01;
/// Any of these adds the four octets of optional fields.
const FLAGS_LONG: u8 = FLAG_E | FLAG_S | FLAG_PN;

/// The first eight octets of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Header {
    /// First octet: version, PT, spare, E, S, PN.
    flags: u8,
    /// Message type.
    pub message: MessageType,
    /// Octets after the first eight, optional fields included.
    pub length: u16,
    /// Tunnel endpoint identifier of the receiver.
    pub teid: Teid,
}

impl Header {
    /// Reads the first eight octets; the spare bit is not evaluated.
    ///
    /// # Errors
    ///
    /// [`Error::Version`] and [`Error::NotGtp`].
    #[inline]
    pub fn parse(octets: &[u8; HEADER_LEN]) -> Result<Self, Error> {
        let [flags, message, l0, l1, t0, t1, t2, t3] = *octets;
        if flags & (FLAGS_VERSION | FLAG_PT) != FLAGS {
            return Err(if flags & FLAGS_VERSION == FLAGS & FLAGS_VERSION {
                Error::NotGtp
            } else {
                Error::Version
            });
        }
        Ok(Self {
            flags,
            message: MessageType::from(message),
            length: u16::from_be_bytes([l0, l1]),
            teid: Teid(u32::from_be_bytes([t0, t1, t2, t3])),
        })
    }

    /// Writes the first eight octets.
    #[inline(always)]
    pub fn octets(&self) -> [u8; HEADER_LEN] {
        let [l0, l1] = self.length.to_be_bytes();
        let [t0, t1, t2, t3] = self.teid.0.to_be_bytes();
        let message = u8::from(self.message);
        [self.flags, message, l0, l1, t0, t1, t2, t3]
    }

    /// Whether the four octets of optional fields follow.
    #[inline]
    pub const fn is_long(&self) -> bool {
        self.flags & FLAGS_LONG != 0
    }

    /// Offset of the message's end; what the datagram has beyond is surplus.
    #[inline]
    pub fn end(&self) -> usize {
        HEADER_LEN.saturating_add(usize::from(self.length))
    }
}

/// Returns the header of a G-PDU with a T-PDU of `payload` octets and without
/// optional fields.
///
/// # Errors
///
/// [`Error::PayloadTooLong`] above 65535 octets.
#[inline]
pub fn gpdu_header(teid: Teid, payload: usize) -> Result<[u8; HEADER_LEN], Error> {
    let header = Header {
        flags: FLAGS,
        message: MessageType::GPdu,
        length: length(payload)?,
        teid,
    };
    Ok(header.octets())
}

/// Returns the header of a G-PDU with a T-PDU of `payload` octets and with a
/// sequence number.
///
/// # Errors
///
/// [`Error::PayloadTooLong`] above 65531 octets.
#[inline]
pub fn gpdu_header_with_seq(
    teid: Teid,
    seq: Seq,
    payload: usize,
) -> Result<[u8; LONG_HEADER_LEN], Error> {
    let header = Header {
        flags: FLAGS | FLAG_S,
        message: MessageType::GPdu,
        length: length(payload.saturating_add(OPTIONS_LEN))?,
        teid,
    };
    let [h0, h1, h2, h3, h4, h5, h6, h7] = header.octets();
    let [s0, s1] = seq.0.to_be_bytes();
    Ok([h0, h1, h2, h3, h4, h5, h6, h7, s0, s1, 0, 0])
}

/// A header of ours with a PDU Session Container for its only extension header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SessionHeader {
    octets: [u8; LONG_HEADER_LEN + session::MAX_LEN],
    len: usize,
}

impl SessionHeader {
    /// Makes the header of a message with `payload` octets behind it.
    ///
    /// # Errors
    ///
    /// [`Error::PayloadTooLong`] if payload and extension header are more than Length
    /// can count.
    #[inline]
    fn new(
        message: MessageType,
        teid: Teid,
        session: session::Repr,
        payload: usize,
    ) -> Result<Self, Error> {
        let len = session_header_len(session);
        let behind = len.saturating_sub(HEADER_LEN).saturating_add(payload);
        let header = Header {
            flags: FLAGS | FLAG_E,
            message,
            length: length(behind)?,
            teid,
        };
        let [h0, h1, h2, h3, h4, h5, h6, h7] = header.octets();
        let next = u8::from(ExtensionType::PduSessionContainer);
        let [s0, s1, s2, s3, s4, s5, s6, s7] = session.octets(ExtensionType::None);
        Ok(Self {
            octets: [
                h0, h1, h2, h3, h4, h5, h6, h7, 0, 0, 0, next, s0, s1, s2, s3, s4, s5, s6, s7,
            ],
            len,
        })
    }

    /// The header's octets.
    #[inline]
    pub fn octets(&self) -> &[u8] {
        self.octets.get(..self.len).unwrap_or_default()
    }
}

/// Length of the header of a G-PDU with this PDU Session Container, in octets.
#[inline]
pub const fn session_header_len(session: session::Repr) -> usize {
    LONG_HEADER_LEN.saturating_add(session.buffer_len())
}

/// Returns the header of a G-PDU with a T-PDU of `payload` octets and with a PDU
/// Session Container (TS 29.281 5.2.2.7).
///
/// # Errors
///
/// [`Error::PayloadTooLong`] above 65527 octets, or 65523 with a Paging Policy Indicator.
#[inline]
pub fn gpdu_header_in_session(
    teid: Teid,
    session: session::Repr,
    payload: usize,
) -> Result<SessionHeader, Error> {
    SessionHeader::new(MessageType::GPdu, teid, session, payload)
}

/// Has a header say that `payload` octets are behind it, optional fields and extension
/// headers included in `header`. A header that is too short, or a payload that is too
/// long, changes nothing.
#[inline]
pub fn set_payload(header: &mut [u8], payload: usize) {
    let rest = header.len().checked_sub(HEADER_LEN);
    let length = rest.and_then(|rest| length(rest.checked_add(payload)?).ok());
    if let (Some([_, _, l0, l1, ..]), Some(length)) = (header.first_chunk_mut::<4>(), length) {
        [*l0, *l1] = length.to_be_bytes();
    }
}

/// Whether two headers, optional fields and extension headers included, are equal but for
/// Length.
#[inline]
pub fn is_same_but_length(a: &[u8], b: &[u8]) -> bool {
    /// What is in front of Length, and what is behind it.
    fn parts(header: &[u8]) -> Option<(&[u8; 2], &[u8])> {
        let (front, rest) = header.split_first_chunk()?;
        Some((front, rest.get(2..)?))
    }
    parts(a) == parts(b)
}

/// Converts a length to what the Length field holds.
#[inline]
fn length(octets: usize) -> Result<u16, Error> {
    u16::try_from(octets).map_err(|_| Error::PayloadTooLong)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn header_survives_the_round_trip() {
        let octets = [0x3f, 0xfe, 0x12, 0x34, 1, 2, 3, 4];
        let header = Header::parse(&octets).unwrap();
        assert_eq!(header.octets(), octets);
        assert_eq!(header.message, MessageType::EndMarker);
        assert_eq!(header.end(), 8 + 0x1234);
    }

    #[test]
    fn headers_of_ours() {
        let header = gpdu_header(Teid(0x0a0b_0c0d), 84);
        assert_eq!(header, Ok([0x30, 0xff, 0, 84, 10, 11, 12, 13]));
        let header = gpdu_header_with_seq(Teid(1), Seq(0x0203), 84);
        assert_eq!(header, Ok([0x32, 0xff, 0, 88, 0, 0, 0, 1, 2, 3, 0, 0]));
    }

    #[test]
    fn headers_of_ours_in_a_session() {
        let qfi = session::Qfi::new(9).unwrap();
        let uplink = session::Repr::Uplink { qfi };
        let header = gpdu_header_in_session(Teid(0x0a0b_0c0d), uplink, 84).unwrap();
        let want = [
            0x34, 0xff, 0, 92, 10, 11, 12, 13, 0, 0, 0, 0x85, 1, 0x10, 9, 0,
        ];
        assert_eq!(header.octets(), want);
        let downlink = session::Repr::Downlink {
            qfi,
            rqi: true,
            ppi: session::Ppi::new(5),
        };
        let header = gpdu_header_in_session(Teid(1), downlink, 84).unwrap();
        let want = [
            0x34, 0xff, 0, 96, 0, 0, 0, 1, 0, 0, 0, 0x85, 2, 0x00, 0xc9, 0xa0, 0, 0, 0, 0,
        ];
        assert_eq!(header.octets(), want);
        assert_eq!(header.octets().len(), session_header_len(downlink));
        // The whole header as a value says the same.
        for session in [uplink, downlink] {
            let repr = Repr {
                session: Some(session),
                ..Repr::new(MessageType::GPdu, Teid(7), 84)
            };
            let mut buf = vec![0; repr.header_len()];
            repr.emit(&mut buf).unwrap();
            let header = gpdu_header_in_session(Teid(7), session, 84).unwrap();
            assert_eq!(header.octets(), buf);
        }
        assert!(gpdu_header_in_session(Teid(1), uplink, 65527).is_ok());
        let long = gpdu_header_in_session(Teid(1), uplink, 65528);
        assert_eq!(long, Err(Error::PayloadTooLong));
    }

    #[test]
    fn payload_of_a_header_can_be_changed() {
        let mut header = [0x30, 0xff, 5, 120, 0, 0, 0, 1];
        set_payload(&mut header, 84);
        assert_eq!(header, [0x30, 0xff, 0, 84, 0, 0, 0, 1]);
        set_payload(&mut header, 65536);
        assert_eq!(header, [0x30, 0xff, 0, 84, 0, 0, 0, 1]);
        let mut header = [0x32, 0xff, 0, 0, 0, 0, 0, 1, 2, 3, 0, 0];
        set_payload(&mut header, 84);
        assert_eq!(header, [0x32, 0xff, 0, 88, 0, 0, 0, 1, 2, 3, 0, 0]);
        let mut header = [0x34, 0xff, 9, 9, 0, 0, 0, 1, 0, 0, 0, 0x85, 1, 0x10, 9, 0];
        set_payload(&mut header, 84);
        assert_eq!(header[2..4], [0, 92]);
        let mut short = [0x30, 0xff, 0, 0, 0];
        set_payload(&mut short, 84);
        assert_eq!(short, [0x30, 0xff, 0, 0, 0]);
    }

    #[test]
    fn headers_are_compared_but_for_length() {
        let header = [0x30, 0xff, 0, 84, 0, 0, 0, 1];
        assert!(is_same_but_length(&header, &[0x30, 0xff, 4, 1, 0, 0, 0, 1]));
        assert!(!is_same_but_length(
            &header,
            &[0x32, 0xff, 0, 84, 0, 0, 0, 1]
        ));
        assert!(!is_same_but_length(
            &header,
            &[0x30, 0xff, 0, 84, 0, 0, 0, 2]
        ));
        assert!(!is_same_but_length(&header, &header[..7]));
    }

    #[test]
    fn headers_of_ours_have_a_longest_payload() {
        assert!(gpdu_header(Teid(1), 65535).is_ok());
        assert_eq!(gpdu_header(Teid(1), 65536), Err(Error::PayloadTooLong));
        assert!(gpdu_header_with_seq(Teid(1), Seq(0), 65531).is_ok());
        let long = gpdu_header_with_seq(Teid(1), Seq(0), 65532);
        assert_eq!(long, Err(Error::PayloadTooLong));
    }
}
