// SPDX-License-Identifier: GPL-2.0

//! The whole header of version 1 as a value: optional fields and the extension
//! headers that this codec sends.

use super::{
    super::{
        bytes::Writer,
        ext::{
            ExtensionType,
            UNIT, //
        },
        session,
        Error,
        MessageType,
        Seq,
        Step,
        Teid, //
    },
    decode_signalling,
    length,
    Header,
    Walked,
    FLAGS,
    FLAG_E,
    FLAG_PN,
    FLAG_S,
    HEADER_LEN,
    LONG_HEADER_LEN, //
};

/// A header with its extension headers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Repr {
    /// Message type.
    pub message: MessageType,
    /// Tunnel endpoint identifier of the receiver.
    pub teid: Teid,
    /// Sequence number.
    pub seq: Option<Seq>,
    /// N-PDU number.
    pub npdu: Option<u8>,
    /// PDU Session Container; it comes first in the chain, as it has to
    /// (TS 29.281 5.2.2.7).
    pub session: Option<session::Repr>,
    /// UDP Port.
    pub udp_port: Option<u16>,
    /// Octets after the header and its extension headers.
    pub payload_len: usize,
}

impl Repr {
    /// Makes the header of a message without optional fields.
    pub const fn new(message: MessageType, teid: Teid, payload_len: usize) -> Self {
        Self {
            message,
            teid,
            seq: None,
            npdu: None,
            session: None,
            udp_port: None,
            payload_len,
        }
    }

    /// Reads the header of a whole datagram and returns it with the payload,
    /// surplus trimmed. Extension headers of other types are left out.
    ///
    /// # Errors
    ///
    /// Those of [`decode_signalling`], [`Error::ExtensionUnsupported`], and
    /// those of [`session::Repr::parse`].
    pub fn parse(data: &[u8]) -> Result<(Self, &[u8]), Error> {
        let message = match decode_signalling(data, data.len())? {
            Step::Done(Walked::Message(message)) => message,
            Step::Done(Walked::Unsupported(_)) => return Err(Error::ExtensionUnsupported),
            // Nothing is asked for where all is at hand.
            Step::Need(_) => return Err(Error::TooShort),
        };
        let payload = data
            .get(message.start..message.end)
            .ok_or(Error::LengthTooLong)?;
        let session = match message.session.and_then(|content| content.of(data)) {
            Some(content) => Some(session::Repr::parse(content)?),
            None => None,
        };
        let repr = Self {
            message: message.message,
            teid: message.teid,
            seq: message.seq,
            npdu: message.npdu,
            session,
            udp_port: message.udp_port,
            payload_len: payload.len(),
        };
        Ok((repr, payload))
    }

    /// Type of the first extension header.
    const fn first_extension(&self) -> ExtensionType {
        if self.session.is_some() {
            ExtensionType::PduSessionContainer
        } else {
            self.second_extension()
        }
    }

    /// Type of what follows the PDU Session Container.
    const fn second_extension(&self) -> ExtensionType {
        if self.udp_port.is_some() {
            ExtensionType::UdpPort
        } else {
            ExtensionType::None
        }
    }

    /// The flags of the first octet.
    fn flags(&self) -> u8 {
        let mut flags = FLAGS;
        if self.first_extension() != ExtensionType::None {
            flags |= FLAG_E;
        }
        if self.seq.is_some() {
            flags |= FLAG_S;
        }
        if self.npdu.is_some() {
            flags |= FLAG_PN;
        }
        flags
    }

    /// Length of the header with its extension headers, in octets.
    pub fn header_len(&self) -> usize {
        if self.flags() == FLAGS {
            return HEADER_LEN;
        }
        let session = self.session.map_or(0, |session| session.buffer_len());
        let udp_port = self.udp_port.map_or(0, |_| UNIT);
        LONG_HEADER_LEN
            .saturating_add(session)
            .saturating_add(udp_port)
    }

    /// Writes the header into the first [`header_len`](Self::header_len) octets
    /// of `buf`, and returns how many these are. The payload is the caller's.
    ///
    /// # Errors
    ///
    /// [`Error::BufferTooSmall`]; [`Error::PayloadTooLong`] if payload and
    /// extension headers are more than Length can count.
    pub fn emit(&self, buf: &mut [u8]) -> Result<usize, Error> {
        let len = self.header_len();
        let mut writer = Writer::new(buf, len)?;
        self.emit_to(&mut writer)?;
        Ok(len)
    }

    /// Writes the header; `Writer` has room for it.
    pub(super) fn emit_to(&self, writer: &mut Writer<'_>) -> Result<(), Error> {
        let after = self.header_len().saturating_sub(HEADER_LEN);
        let header = Header {
            flags: self.flags(),
            message: self.message,
            length: length(after.saturating_add(self.payload_len))?,
            teid: self.teid,
        };
        writer.put(header.octets())?;
        if !header.is_long() {
            return Ok(());
        }
        let [s0, s1] = self.seq.unwrap_or_default().0.to_be_bytes();
        let npdu = self.npdu.unwrap_or_default();
        writer.put([s0, s1, npdu, u8::from(self.first_extension())])?;
        if let Some(session) = self.session {
            session.emit(self.second_extension(), writer)?;
        }
        if let Some(port) = self.udp_port {
            let [p0, p1] = port.to_be_bytes();
            writer.put([1, p0, p1, u8::from(ExtensionType::None)])?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLAIN: Repr = Repr::new(MessageType::GPdu, Teid(0x0102_0304), 2);

    fn emit(repr: &Repr) -> Vec<u8> {
        let mut buf = vec![0xaa; repr.header_len()];
        assert_eq!(repr.emit(&mut buf), Ok(buf.len()));
        buf
    }

    #[test]
    fn short_and_long_headers() {
        assert_eq!(emit(&PLAIN), [0x30, 0xff, 0, 2, 1, 2, 3, 4]);
        let repr = Repr {
            seq: Some(Seq(0x0506)),
            ..PLAIN
        };
        assert_eq!(emit(&repr), [0x32, 0xff, 0, 6, 1, 2, 3, 4, 5, 6, 0, 0]);
        let repr = Repr {
            npdu: Some(7),
            ..PLAIN
        };
        assert_eq!(emit(&repr), [0x31, 0xff, 0, 6, 1, 2, 3, 4, 0, 0, 7, 0]);
    }

    #[test]
    fn session_container_comes_first() {
        let repr = Repr {
            session: Some(session::Repr::Downlink {
                qfi: session::Qfi::new(5).unwrap(),
                rqi: false,
                ppi: None,
            }),
            udp_port: Some(2152),
            ..PLAIN
        };
        let want = [
            0x34, 0xff, 0, 14, 1, 2, 3, 4, 0, 0, 0, 0x85, 1, 0, 5, 0x40, 1, 8, 0x68, 0,
        ];
        assert_eq!(emit(&repr), want);
    }

    #[test]
    fn agrees_with_the_headers_of_the_datapath() {
        let header = super::super::gpdu_header(PLAIN.teid, 2).unwrap();
        assert_eq!(emit(&PLAIN), header);
        let repr = Repr {
            seq: Some(Seq(9)),
            ..PLAIN
        };
        let header = super::super::gpdu_header_with_seq(PLAIN.teid, Seq(9), 2).unwrap();
        assert_eq!(emit(&repr), header);
    }

    #[test]
    fn limits() {
        let mut buf = [0; 12];
        assert_eq!(PLAIN.emit(&mut buf[..7]), Err(Error::BufferTooSmall));
        let mut repr = PLAIN;
        repr.payload_len = 65535;
        assert_eq!(repr.emit(&mut buf), Ok(8));
        repr.seq = Some(Seq(0));
        assert_eq!(repr.emit(&mut buf), Err(Error::PayloadTooLong));
        repr.payload_len = 65531;
        assert_eq!(repr.emit(&mut buf), Ok(12));
        repr.payload_len = usize::MAX;
        assert_eq!(repr.emit(&mut buf), Err(Error::PayloadTooLong));
    }

    #[test]
    fn unsupported_and_broken_extensions_are_errors() {
        let mut data = [0x34, 0xff, 0, 8, 0, 0, 0, 7, 0, 0, 0, 0xbe, 1, 0, 0, 0];
        assert_eq!(Repr::parse(&data), Err(Error::ExtensionUnsupported));
        data[11] = 0x85;
        data[13] = 0xf0;
        assert_eq!(Repr::parse(&data), Err(Error::SessionType));
    }
}
