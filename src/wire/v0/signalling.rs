// SPDX-License-Identifier: GPL-2.0

//! Signalling messages of the user plane of version 0 (GSM 09.60 7.4, 7.5).

use super::{
    super::{
        bytes::Writer,
        ie::RECOVERY,
        Error,
        FlowLabel,
        MessageType,
        Seq,
        Step,
        Tid, //
    },
    decode_signalling,
    Header,
    Ie,
    Ies,
    HEADER_LEN, //
};

/// Length of an Echo Response, in octets.
pub const ECHO_RESPONSE_LEN: usize = HEADER_LEN + 2;

/// A message other than a T-PDU.
///
/// Information elements that are optional or not known are not kept: a receiver
/// ignores them and this codec does not send them. [`Ies`] reads them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signalling {
    /// Echo Request (GSM 09.60 7.4.1).
    EchoRequest {
        /// Sequence number.
        seq: Seq,
    },
    /// Echo Response (GSM 09.60 7.4.2).
    EchoResponse {
        /// Sequence number of the request.
        seq: Seq,
        /// Restart Counter of the sender.
        recovery: u8,
    },
    /// Version Not Supported (GSM 09.60 7.4.3).
    VersionNotSupported {
        /// Sequence number of the message that was not understood.
        seq: Seq,
    },
    /// Error Indication (GSM 09.60 7.5): no context for this tunnel.
    ErrorIndication {
        /// Sequence number.
        seq: Seq,
        /// Flow label.
        flow: FlowLabel,
        /// Tunnel that was not known.
        tid: Tid,
    },
}

impl Signalling {
    /// Reads a whole datagram.
    ///
    /// What comes behind the mandatory information elements is not judged.
    ///
    /// # Errors
    ///
    /// Those of [`decode_signalling`]; [`Error::MessageType`] for a T-PDU and for
    /// types that are not known; [`Error::IeMissing`] if the restart counter is
    /// missing, or the error that hides it.
    pub fn parse(data: &[u8]) -> Result<Self, Error> {
        let message = match decode_signalling(data, data.len())? {
            Step::Done(message) => message,
            // Nothing is asked for where all is at hand.
            Step::Need(_) => return Err(Error::TooShort),
        };
        let Header { seq, flow, tid, .. } = message.header;
        Ok(match message.header.message {
            MessageType::EchoRequest => Self::EchoRequest { seq },
            MessageType::EchoResponse => {
                let payload = data
                    .get(message.start..message.end)
                    .ok_or(Error::LengthTooLong)?;
                let recovery = recovery(payload)?;
                Self::EchoResponse { seq, recovery }
            }
            MessageType::VersionNotSupported => Self::VersionNotSupported { seq },
            MessageType::ErrorIndication => Self::ErrorIndication { seq, flow, tid },
            _ => return Err(Error::MessageType),
        })
    }

    /// Length of the message in octets.
    pub const fn buffer_len(&self) -> usize {
        match self {
            Self::EchoResponse { .. } => ECHO_RESPONSE_LEN,
            _ => HEADER_LEN,
        }
    }

    /// Writes the message into the first [`buffer_len`](Self::buffer_len) octets
    /// of `buf`, and returns how many these are.
    ///
    /// # Errors
    ///
    /// [`Error::BufferTooSmall`].
    pub fn emit(&self, buf: &mut [u8]) -> Result<usize, Error> {
        let len = self.buffer_len();
        let mut writer = Writer::new(buf, len)?;
        match *self {
            Self::EchoRequest { seq } => writer.put(echo_request(seq))?,
            Self::EchoResponse { seq, recovery } => writer.put(echo_response(seq, recovery))?,
            Self::VersionNotSupported { seq } => {
                writer.put(path_header(MessageType::VersionNotSupported, seq, 0).octets())?;
            }
            Self::ErrorIndication { seq, flow, tid } => {
                let header = Header {
                    flow,
                    tid,
                    ..path_header(MessageType::ErrorIndication, seq, 0)
                };
                writer.put(header.octets())?;
            }
        }
        Ok(len)
    }
}

/// Finds the restart counter.
fn recovery(payload: &[u8]) -> Result<u8, Error> {
    let mut reason = Error::IeMissing;
    for ie in Ies::new(payload) {
        match ie {
            Ok(Ie::Recovery(count)) => return Ok(count),
            Ok(_) => {}
            Err(error) => reason = error,
        }
    }
    Err(reason)
}

/// The header of a message about a path: no flow and no tunnel.
const fn path_header(message: MessageType, seq: Seq, length: u16) -> Header {
    Header {
        message,
        length,
        seq,
        flow: FlowLabel(0),
        npdu: None,
        tid: Tid(0),
    }
}

/// Returns an Echo Request.
#[inline]
pub fn echo_request(seq: Seq) -> [u8; HEADER_LEN] {
    path_header(MessageType::EchoRequest, seq, 0).octets()
}

/// Returns the Echo Response to a request with this sequence number, with our
/// restart counter.
#[inline]
pub fn echo_response(seq: Seq, restart_count: u8) -> [u8; ECHO_RESPONSE_LEN] {
    let mut octets = [0; ECHO_RESPONSE_LEN];
    let header = path_header(MessageType::EchoResponse, seq, 2).octets();
    let ie = [RECOVERY, restart_count];
    for (to, from) in octets.iter_mut().zip(header.iter().chain(&ie)) {
        *to = *from;
    }
    octets
}

#[cfg(test)]
mod tests {
    use super::*;

    fn emit(message: Signalling) -> Vec<u8> {
        let mut buf = vec![0xaa; message.buffer_len()];
        assert_eq!(message.emit(&mut buf), Ok(buf.len()));
        assert_eq!(Signalling::parse(&buf), Ok(message));
        let short = buf.len() - 1;
        assert_eq!(message.emit(&mut buf[..short]), Err(Error::BufferTooSmall));
        buf
    }

    #[test]
    fn echo() {
        let seq = Seq(0x0102);
        let request = [
            0x1e, 1, 0, 0, 1, 2, 0, 0, 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0, 0, 0, 0, 0,
        ];
        assert_eq!(emit(Signalling::EchoRequest { seq }), request);
        let response = [
            0x1e, 2, 0, 2, 1, 2, 0, 0, 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0, 0, 0, 0, 0, 14, 42,
        ];
        let recovery = 42;
        assert_eq!(emit(Signalling::EchoResponse { seq, recovery }), response);
    }

    #[test]
    fn version_not_supported() {
        let octets = emit(Signalling::VersionNotSupported { seq: Seq(3) });
        assert_eq!(octets[..6], [0x1e, 3, 0, 0, 0, 3]);
    }

    #[test]
    fn error_indication_names_the_tunnel() {
        let octets = emit(Signalling::ErrorIndication {
            seq: Seq(0x0102),
            flow: FlowLabel(0x0304),
            tid: Tid(0x0506_0708_090a_0b0c),
        });
        let want = [
            0x1e, 26, 0, 0, 1, 2, 3, 4, 0xff, 0xff, 0xff, 0xff, 5, 6, 7, 8, 9, 10, 11, 12,
        ];
        assert_eq!(octets, want);
    }

    #[test]
    fn restart_counter_is_asked_for() {
        let mut data = [0; 22];
        data[..20].copy_from_slice(&echo_response(Seq(1), 9)[..20]);
        data[20] = 14;
        data[21] = 9;
        let want = Signalling::EchoResponse {
            seq: Seq(1),
            recovery: 9,
        };
        assert_eq!(Signalling::parse(&data), Ok(want));
        data[3] = 1;
        assert_eq!(Signalling::parse(&data), Err(Error::IeTruncated));
        data[3] = 0;
        assert_eq!(Signalling::parse(&data), Err(Error::IeMissing));
    }

    #[test]
    fn other_types_are_refused() {
        let mut data = echo_request(Seq(0));
        data[1] = 255;
        assert_eq!(Signalling::parse(&data), Err(Error::MessageType));
        data[1] = 16;
        assert_eq!(Signalling::parse(&data), Err(Error::MessageType));
    }
}
