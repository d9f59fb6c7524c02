// SPDX-License-Identifier: GPL-2.0

//! Version 0 (GSM 09.60): the header, its decoding on the datapath, and the
//! header of our own T-PDUs.

mod ie;
mod signalling;

#[allow(unused_imports)]
pub use ie::{
    Ie,
    Ies,
    PrivateExtension, //
};
#[allow(unused_imports)]
pub use signalling::{
    echo_request,
    echo_response,
    Signalling,
    ECHO_RESPONSE_LEN, //
};

use super::{
    types::FLAG_PT,
    Error,
    FlowLabel,
    MessageType,
    Seq,
    Step,
    Tid, //
};

/// Length of the header in octets; it has no optional part.
pub const HEADER_LEN: usize = 20;

/// Version 0, PT, the three spare bits set, no SNDCP N-PDU number.
const FLAGS: u8 = FLAG_PT | 0x0e;
/// Mask of the version.
const FLAGS_VERSION: u8 = 0xe0;
/// SNN: the SNDCP N-PDU Number field is to be evaluated.
const FLAG_SNN: u8 = 0x01;
/// What an unused or spare octet holds.
const SPARE: u8 = 0xff;

/// The header of a message. Spare bits and octets are not evaluated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Header {
    /// Message type.
    pub message: MessageType,
    /// Octets after the header.
    pub length: u16,
    /// Sequence number.
    pub seq: Seq,
    /// Flow label.
    pub flow: FlowLabel,
    /// SNDCP N-PDU number, where the SNN flag is set.
    pub npdu: Option<u8>,
    /// Tunnel identifier.
    pub tid: Tid,
}

impl Header {
    /// Reads a header.
    ///
    /// # Errors
    ///
    /// [`Error::Version`] and [`Error::NotGtp`].
    #[inline]
    pub fn parse(octets: &[u8; HEADER_LEN]) -> Result<Self, Error> {
        let [flags, message, l0, l1, s0, s1, f0, f1, npdu, _, _, _, tid @ ..] = *octets;
        if flags & (FLAGS_VERSION | FLAG_PT) != FLAG_PT {
            return Err(if flags & FLAGS_VERSION == 0 {
                Error::NotGtp
            } else {
                Error::Version
            });
        }
        Ok(Self {
            message: MessageType::from(message),
            length: u16::from_be_bytes([l0, l1]),
            seq: Seq(u16::from_be_bytes([s0, s1])),
            flow: FlowLabel(u16::from_be_bytes([f0, f1])),
            npdu: (flags & FLAG_SNN != 0).then_some(npdu),
            tid: Tid(u64::from_be_bytes(tid)),
        })
    }

    /// Writes the header.
    #[inline]
    pub fn octets(&self) -> [u8; HEADER_LEN] {
        let (flags, npdu) = match self.npdu {
            Some(npdu) => (FLAGS | FLAG_SNN, npdu),
            None => (FLAGS, SPARE),
        };
        let [l0, l1] = self.length.to_be_bytes();
        let [s0, s1] = self.seq.0.to_be_bytes();
        let [f0, f1] = self.flow.0.to_be_bytes();
        let [t0, t1, t2, t3, t4, t5, t6, t7] = self.tid.0.to_be_bytes();
        [
            flags,
            u8::from(self.message),
            l0,
            l1,
            s0,
            s1,
            f0,
            f1,
            npdu,
            SPARE,
            SPARE,
            SPARE,
            t0,
            t1,
            t2,
            t3,
            t4,
            t5,
            t6,
            t7,
        ]
    }

    /// Offset of the message's end; what the datagram has beyond is surplus.
    #[inline]
    pub fn end(&self) -> usize {
        HEADER_LEN.saturating_add(usize::from(self.length))
    }
}

/// A message whose length has been checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Message {
    /// The header.
    pub header: Header,
    /// Offset of the payload: the T-PDU, or the information elements.
    pub start: usize,
    /// Offset of the payload's end, where Length says so: from `start` to the
    /// datagram's end.
    pub end: usize,
}

impl Message {
    /// Length of the payload in octets.
    #[inline]
    pub const fn payload_len(&self) -> usize {
        self.end.saturating_sub(self.start)
    }
}

/// What a message turned out to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decoded {
    /// A T-PDU for the tunnel with this TID.
    GPdu(Message),
    /// Another message type; Length was not checked. [`decode_signalling`] goes
    /// on.
    Signalling(Header),
}

/// Decodes the header of a datagram of `total` octets whose first ones are
/// `data`.
///
/// [`Step::Need`] asks for more octets from the start. A message other than a
/// G-PDU is handed back before its length is checked.
///
/// # Errors
///
/// [`Error::TooShort`], [`Error::Version`], [`Error::NotGtp`], and for a G-PDU
/// [`Error::LengthTooLong`].
#[inline]
pub fn decode(data: &[u8], total: usize) -> Result<Step<Decoded>, Error> {
    let header = match head(data, total)? {
        Step::Need(need) => return Ok(Step::Need(need)),
        Step::Done(header) => header,
    };
    if header.message != MessageType::GPdu {
        return Ok(Step::Done(Decoded::Signalling(header)));
    }
    let message = bounded(header, total)?;
    Ok(Step::Done(Decoded::GPdu(message)))
}

/// Decodes the header of any message and checks its length, so that the
/// information elements can be read.
///
/// # Errors
///
/// Those of [`decode`] for a G-PDU.
pub fn decode_signalling(data: &[u8], total: usize) -> Result<Step<Message>, Error> {
    match head(data, total)? {
        Step::Need(need) => Ok(Step::Need(need)),
        Step::Done(header) => bounded(header, total).map(Step::Done),
    }
}

/// Reads the header of a datagram.
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

/// Checks Length against the datagram.
#[inline]
fn bounded(header: Header, total: usize) -> Result<Message, Error> {
    let end = header.end();
    if end > total {
        return Err(Error::LengthTooLong);
    }
    Ok(Message {
        header,
        start: HEADER_LEN,
        end,
    })
}

/// Returns the header of a T-PDU of `payload` octets.
///
/// # Errors
///
/// [`Error::PayloadTooLong`] above 65535 octets.
#[inline]
pub fn gpdu_header(
    tid: Tid,
    flow: FlowLabel,
    seq: Seq,
    payload: usize,
) -> Result<[u8; HEADER_LEN], Error> {
    let length = u16::try_from(payload).map_err(|_| Error::PayloadTooLong)?;
    let header = Header {
        message: MessageType::GPdu,
        length,
        seq,
        flow,
        npdu: None,
        tid,
    };
    Ok(header.octets())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// T-PDU of two octets, sequence 0x0102, flow 0x0304, hand-made.
    const TPDU: [u8; 22] = [
        0x1e, 0xff, 0, 2, 1, 2, 3, 4, 0xff, 0xff, 0xff, 0xff, 0x11, 0x22, 0x33, 0x44, 0x55, 0x66,
        0x77, 0x88, 0x45, 0x00,
    ];

    fn gpdu(data: &[u8]) -> Message {
        match decode(data, data.len()) {
            Ok(Step::Done(Decoded::GPdu(message))) => message,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn reads_every_field() {
        let message = gpdu(&TPDU);
        let want = Header {
            message: MessageType::GPdu,
            length: 2,
            seq: Seq(0x0102),
            flow: FlowLabel(0x0304),
            npdu: None,
            tid: Tid(0x1122_3344_5566_7788),
        };
        assert_eq!(message.header, want);
        assert_eq!((message.start, message.end), (20, 22));
        assert_eq!(message.payload_len(), 2);
        assert_eq!(&want.octets(), TPDU.first_chunk().unwrap());
    }

    #[test]
    fn npdu_number_counts_where_flagged() {
        let mut data = TPDU;
        data[0] = 0x1f;
        data[8] = 0x2a;
        assert_eq!(gpdu(&data).header.npdu, Some(0x2a));
        assert_eq!(&gpdu(&data).header.octets(), data.first_chunk().unwrap());
    }

    #[test]
    fn spare_is_not_evaluated() {
        let mut data = TPDU;
        data[0] = 0x10;
        data[9..12].fill(0);
        assert_eq!(gpdu(&data), gpdu(&TPDU));
    }

    #[test]
    fn surplus_is_trimmed_and_missing_octets_refused() {
        let mut data = TPDU;
        data[3] = 1;
        assert_eq!(gpdu(&data).end, 21);
        data[3] = 3;
        assert_eq!(decode(&data, data.len()), Err(Error::LengthTooLong));
    }

    #[test]
    fn asks_for_the_header() {
        assert_eq!(decode(&TPDU[..19], 22), Ok(Step::Need(20)));
        assert_eq!(decode(&[], 20), Ok(Step::Need(20)));
        assert_eq!(decode(&TPDU[..19], 19), Err(Error::TooShort));
    }

    #[test]
    fn refuses_other_protocols() {
        let mut data = TPDU;
        data[0] = 0x0e;
        assert_eq!(decode(&data, 22), Err(Error::NotGtp));
        data[0] = 0x30;
        assert_eq!(decode(&data, 22), Err(Error::Version));
    }

    #[test]
    fn other_messages_are_handed_back_unchecked() {
        let mut data = TPDU;
        data[1] = 1;
        data[2] = 0xff;
        match decode(&data, data.len()) {
            Ok(Step::Done(Decoded::Signalling(header))) => {
                assert_eq!(header.message, MessageType::EchoRequest);
            }
            other => panic!("{other:?}"),
        }
        assert_eq!(decode_signalling(&data, 22), Err(Error::LengthTooLong));
    }

    #[test]
    fn header_of_ours() {
        let header = gpdu_header(
            Tid(0x1122_3344_5566_7788),
            FlowLabel(0x0304),
            Seq(0x0102),
            2,
        );
        assert_eq!(header.as_ref().ok(), TPDU.first_chunk());
        let long = gpdu_header(Tid(1), FlowLabel(0), Seq(0), 65536);
        assert_eq!(long, Err(Error::PayloadTooLong));
        assert!(gpdu_header(Tid(1), FlowLabel(0), Seq(0), 65535).is_ok());
    }
}
