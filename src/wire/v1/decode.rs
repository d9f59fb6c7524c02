// SPDX-License-Identifier: GPL-2.0

//! Decoding of version 1 on the datapath: header, optional fields, extension
//! chain, of a datagram of which only the head may be at hand.

use super::{
    super::{
        bytes::read,
        ext::{
            self,
            ExtensionType,
            MAX_EXTENSIONS, //
        },
        Error,
        MessageType,
        Seq,
        Step,
        Teid, //
    },
    Header,
    FLAGS,
    FLAG_E,
    FLAG_PN,
    FLAG_S,
    FLAG_SPARE,
    HEADER_LEN,
    LONG_HEADER_LEN, //
};

/// A message whose header and extension headers have been walked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Message {
    /// Message type.
    pub message: MessageType,
    /// Tunnel endpoint identifier of the receiver.
    pub teid: Teid,
    /// Sequence number, where the S flag is set.
    pub seq: Option<Seq>,
    /// N-PDU number, where the PN flag is set.
    pub npdu: Option<u8>,
    /// Offset of the payload: the T-PDU, or the information elements.
    pub start: usize,
    /// Offset of the payload's end, where Length says so: from `start` to the
    /// datagram's end.
    pub end: usize,
    /// Port of the UDP Port extension header, if there is one.
    pub udp_port: Option<u16>,
    /// Where the PDU Session Container is, if there is one.
    pub session: Option<ext::Content>,
}

impl Message {
    /// A message without optional fields that ends at `end`.
    #[inline]
    const fn plain(message: MessageType, teid: Teid, end: usize) -> Self {
        Self {
            message,
            teid,
            seq: None,
            npdu: None,
            start: HEADER_LEN,
            end,
            udp_port: None,
            session: None,
        }
    }

    /// Length of the payload in octets.
    #[inline]
    pub const fn payload_len(&self) -> usize {
        self.end.saturating_sub(self.start)
    }
}

/// What the header chain of a datagram turned out to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decoded {
    /// A G-PDU for the tunnel with this TEID.
    GPdu(Message),
    /// Another message type; nothing after the first eight octets was looked at,
    /// and Length was not either. [`decode_signalling`] goes on.
    Signalling(Header),
    /// A G-PDU that is well-formed, but not to be processed.
    Unsupported(Unsupported),
}

/// What the header chain of a message of any type turned out to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Walked {
    /// A message whose payload may be looked at.
    Message(Message),
    /// A message that is well-formed, but not to be processed.
    Unsupported(Unsupported),
}

/// A message with an extension header that is not known and asks for
/// comprehension. A Supported Extension Headers Notification is owed to the
/// sender (TS 29.281 5.2.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unsupported {
    /// The first eight octets.
    pub header: Header,
    /// Type of that extension header.
    pub extension: u8,
}

/// Decodes the header chain of a datagram of `total` octets whose first ones are
/// `data`.
///
/// [`Step::Need`] asks for more octets from the start. A message other than a
/// G-PDU is handed back before anything but its version and protocol type is
/// checked.
///
/// # Errors
///
/// [`Error::TooShort`], [`Error::Version`], [`Error::NotGtp`], and for a G-PDU
/// [`Error::LengthTooLong`], [`Error::LengthTooShort`],
/// [`Error::ExtensionTruncated`], [`Error::ExtensionZeroLength`],
/// [`Error::TooManyExtensions`].
#[inline]
pub fn decode(data: &[u8], total: usize) -> Result<Step<Decoded>, Error> {
    // Nearly all datagrams are.
    if let Some((teid, end)) = plain_gpdu(data, total) {
        let message = Message::plain(MessageType::GPdu, teid, end);
        return Ok(Step::Done(Decoded::GPdu(message)));
    }
    decode_other(data, total)
}

/// Reads a datagram, of `total` octets with `data` first, that is a G-PDU without optional
/// fields: TEID and offset of the T-PDU's end, as in [`Message`]. None if it is anything
/// else, or malformed.
#[inline]
pub fn plain_gpdu(data: &[u8], total: usize) -> Option<(Teid, usize)> {
    let &[flags, message, l0, l1, t0, t1, t2, t3] = data.first_chunk()?;
    let plain = flags & !FLAG_SPARE == FLAGS && message == u8::from(MessageType::GPdu);
    let end = HEADER_LEN.saturating_add(usize::from(u16::from_be_bytes([l0, l1])));
    (plain && end <= total).then_some((Teid(u32::from_be_bytes([t0, t1, t2, t3])), end))
}

/// Decodes any datagram, as [`decode`] says.
#[inline(never)]
fn decode_other(data: &[u8], total: usize) -> Result<Step<Decoded>, Error> {
    let header = match head(data, total)? {
        Step::Need(need) => return Ok(Step::Need(need)),
        Step::Done(header) => header,
    };
    if header.message != MessageType::GPdu {
        return Ok(Step::Done(Decoded::Signalling(header)));
    }
    Ok(match walk(header, data, total)? {
        Step::Need(need) => Step::Need(need),
        Step::Done(Walked::Message(message)) => Step::Done(Decoded::GPdu(message)),
        Step::Done(Walked::Unsupported(what)) => Step::Done(Decoded::Unsupported(what)),
    })
}

/// Decodes the header chain of a message of any type, as [`decode`] does for a
/// G-PDU, so that the information elements can be read.
///
/// # Errors
///
/// Those of [`decode`] for a G-PDU.
pub fn decode_signalling(data: &[u8], total: usize) -> Result<Step<Walked>, Error> {
    match head(data, total)? {
        Step::Need(need) => Ok(Step::Need(need)),
        Step::Done(header) => walk(header, data, total),
    }
}

/// Reads the first eight octets of a datagram.
#[inline]
fn head(data: &[u8], total: usize) -> Result<Step<Header>, Error> {
    if total < HEADER_LEN {
        return Err(Error::TooShort);
    }
    match data.first_chunk::<HEADER_LEN>() {
        None => Ok(Step::Need(HEADER_LEN)),
        Some(octets) => Header::parse(octets).map(Step::Done),
    }
}

/// Checks Length and walks what the flags announce.
#[inline]
fn walk(header: Header, data: &[u8], total: usize) -> Result<Step<Walked>, Error> {
    let end = header.end();
    if end > total {
        return Err(Error::LengthTooLong);
    }
    if header.is_long() {
        return walk_long(header, data, end);
    }
    let message = Message::plain(header.message, header.teid, end);
    Ok(Step::Done(Walked::Message(message)))
}

/// Walks the optional fields and the chain of extension headers.
fn walk_long(header: Header, data: &[u8], end: usize) -> Result<Step<Walked>, Error> {
    if end < LONG_HEADER_LEN {
        return Err(Error::LengthTooShort);
    }
    let Some([s0, s1, npdu, next]) = read::<4>(data, HEADER_LEN) else {
        return Ok(Step::Need(LONG_HEADER_LEN));
    };
    let flagged = |flag| header.flags & flag != 0;
    let mut message = Message {
        seq: flagged(FLAG_S).then_some(Seq(u16::from_be_bytes([s0, s1]))),
        npdu: flagged(FLAG_PN).then_some(npdu),
        start: LONG_HEADER_LEN,
        ..Message::plain(header.message, header.teid, end)
    };
    let mut kind = if flagged(FLAG_E) {
        ExtensionType::from(next)
    } else {
        ExtensionType::None
    };
    let mut left = MAX_EXTENSIONS;
    while kind != ExtensionType::None {
        if kind.is_comprehension_required() && !kind.is_supported() {
            return Ok(Step::Done(Walked::Unsupported(Unsupported {
                header,
                extension: u8::from(kind),
            })));
        }
        left = left.checked_sub(1).ok_or(Error::TooManyExtensions)?;
        let extension = match ext::decode(data, message.start, end)? {
            Step::Need(need) => return Ok(Step::Need(need)),
            Step::Done(extension) => extension,
        };
        match kind {
            // The first of a kind counts: no sender repeats them.
            ExtensionType::UdpPort if message.udp_port.is_none() => {
                message.udp_port = read::<2>(data, extension.content.start).map(u16::from_be_bytes);
            }
            ExtensionType::PduSessionContainer if message.session.is_none() => {
                message.session = Some(extension.content);
            }
            _ => {}
        }
        kind = extension.next;
        message.start = extension.after;
    }
    Ok(Step::Done(Walked::Message(message)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn done(data: &[u8]) -> Decoded {
        match decode(data, data.len()) {
            Ok(Step::Done(decoded)) => decoded,
            other => panic!("{other:?}"),
        }
    }

    fn gpdu(data: &[u8]) -> Message {
        match done(data) {
            Decoded::GPdu(message) => message,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn plain_gpdu() {
        let message = gpdu(&[0x30, 0xff, 0, 4, 0x12, 0x34, 0x56, 0x78, 1, 2, 3, 4]);
        assert_eq!(message.message, MessageType::GPdu);
        assert_eq!(message.teid, Teid(0x1234_5678));
        assert_eq!((message.start, message.end), (8, 12));
        assert_eq!(message.payload_len(), 4);
        assert_eq!((message.seq, message.npdu), (None, None));
        assert_eq!((message.udp_port, message.session), (None, None));
    }

    #[test]
    fn spare_bit_is_not_evaluated() {
        assert_eq!(gpdu(&[0x38, 0xff, 0, 0, 0, 0, 0, 1]).start, 8);
    }

    #[test]
    fn surplus_is_trimmed_and_missing_octets_refused() {
        let data = [0x30, 0xff, 0, 2, 0, 0, 0, 1, 9, 9, 7, 7];
        assert_eq!(gpdu(&data).end, 10);
        assert_eq!(decode(&data[..9], 9), Err(Error::LengthTooLong));
        assert_eq!(gpdu(&data[..10]).end, 10);
    }

    #[test]
    fn only_flagged_fields_are_evaluated() {
        let mut data = [0x32, 0xff, 0, 4, 0, 0, 0, 1, 0xab, 0xcd, 0x77, 0x85];
        let message = gpdu(&data);
        assert_eq!((message.seq, message.npdu), (Some(Seq(0xabcd)), None));
        assert_eq!(message.start, 12);
        data[0] = 0x31;
        let message = gpdu(&data);
        assert_eq!((message.seq, message.npdu), (None, Some(0x77)));
        data[0] = 0x34;
        assert_eq!(decode(&data, 12), Err(Error::ExtensionTruncated));
        data[11] = 0;
        let message = gpdu(&data);
        assert_eq!((message.seq, message.npdu), (None, None));
        assert_eq!((message.start, message.end), (12, 12));
    }

    #[test]
    fn length_counts_the_optional_fields() {
        let data = [0x32, 0xff, 0, 3, 0, 0, 0, 1, 0, 1, 0, 0];
        assert_eq!(decode(&data, data.len()), Err(Error::LengthTooShort));
    }

    #[test]
    fn walks_the_extension_chain() {
        let data = [
            0x34, 0xff, 0, 14, 0, 0, 0, 1, 0, 0, 0, 0x85, // PDU Session Container
            1, 0x00, 9, 0x40, // UDP Port
            1, 0x08, 0x68, 0x00, 0x45, 0x00,
        ];
        let message = gpdu(&data);
        assert_eq!((message.start, message.end), (20, 22));
        assert_eq!(message.udp_port, Some(2152));
        let session = message.session.and_then(|content| content.of(&data));
        assert_eq!(session, Some(&[0, 9][..]));
    }

    #[test]
    fn chain_is_bounded_by_length_not_by_the_datagram() {
        let data = [
            0x34, 0xff, 0, 7, 0, 0, 0, 1, 0, 0, 0, 0x40, 1, 0, 0, 0, 0, 0,
        ];
        assert_eq!(decode(&data, data.len()), Err(Error::ExtensionTruncated));
    }

    #[test]
    fn zero_length_extension_is_refused() {
        let data = [0x34, 0xff, 0, 8, 0, 0, 0, 1, 0, 0, 0, 0x40, 0, 0, 0, 0];
        assert_eq!(decode(&data, data.len()), Err(Error::ExtensionZeroLength));
    }

    #[test]
    fn chain_has_at_most_eight_headers() {
        let chain = |count: u8| {
            let mut data = vec![0x34, 0xff, 0, 4 + 4 * count, 0, 0, 0, 1, 0, 0, 0, 0x20];
            for left in (0..count).rev() {
                data.extend([1, 0, 0, if left == 0 { 0 } else { 0x20 }]);
            }
            data
        };
        assert_eq!(gpdu(&chain(8)).start, 44);
        let data = chain(9);
        assert_eq!(decode(&data, data.len()), Err(Error::TooManyExtensions));
    }

    #[test]
    fn unknown_extensions_are_skipped_or_reported() {
        let mut data = [0x34, 0xff, 0, 8, 0, 0, 0, 7, 0, 0, 0, 0x7e, 1, 0, 0, 0];
        assert_eq!(gpdu(&data).start, 16);
        data[11] = 0x3e;
        assert_eq!(gpdu(&data).start, 16);
        for kind in [0x80, 0xbe, 0xfe] {
            data[11] = kind;
            match done(&data) {
                Decoded::Unsupported(what) => {
                    assert_eq!(what.extension, kind);
                    assert_eq!(what.header.teid, Teid(7));
                }
                other => panic!("{other:?}"),
            }
        }
    }

    #[test]
    fn asks_for_the_octets_of_the_chain_only() {
        let data = [
            0x34, 0xff, 0, 16, 0, 0, 0, 1, 0, 0, 0, 0x85, 2, 0, 0, 0, 0, 0, 0, 0, 0x45, 0, 0, 0,
        ];
        let need = |have: usize| decode(&data[..have], data.len());
        assert_eq!(need(0), Ok(Step::Need(8)));
        assert_eq!(need(7), Ok(Step::Need(8)));
        assert_eq!(need(8), Ok(Step::Need(12)));
        assert_eq!(need(12), Ok(Step::Need(16)));
        assert_eq!(need(13), Ok(Step::Need(20)));
        assert_eq!(need(19), Ok(Step::Need(20)));
        assert!(matches!(need(20), Ok(Step::Done(Decoded::GPdu(_)))));
    }

    #[test]
    fn other_messages_are_handed_back_unchecked() {
        let data = [0x32, 1, 0xff, 0xff, 0, 0, 0, 0];
        match done(&data) {
            Decoded::Signalling(header) => assert_eq!(header.message, MessageType::EchoRequest),
            other => panic!("{other:?}"),
        }
        assert_eq!(decode_signalling(&data, 8), Err(Error::LengthTooLong));
    }

    #[test]
    fn refuses_other_protocols() {
        assert_eq!(decode(&[0x30; 7], 7), Err(Error::TooShort));
        assert_eq!(decode(&[0x20; 8], 8), Err(Error::NotGtp));
        assert_eq!(decode(&[0x10; 8], 8), Err(Error::Version));
        assert_eq!(decode(&[0x50; 8], 8), Err(Error::Version));
        assert_eq!(decode(&[0x70; 8], 8), Err(Error::Version));
    }
}
