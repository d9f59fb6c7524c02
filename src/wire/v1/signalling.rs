// SPDX-License-Identifier: GPL-2.0

//! Signalling messages of version 1 (TS 29.281 7).

use super::{
    super::{
        bytes::Writer,
        session,
        Error,
        MessageType,
        Seq,
        Teid, //
    },
    Header,
    Ie,
    Ies,
    Repr,
    SessionHeader,
    FLAGS,
    FLAG_S,
    HEADER_LEN,
    LONG_HEADER_LEN, //
};
use core::net::IpAddr;

/// Length of an Echo Request, in octets.
pub const ECHO_REQUEST_LEN: usize = LONG_HEADER_LEN;

/// Length of an Echo Response, in octets.
pub const ECHO_RESPONSE_LEN: usize = LONG_HEADER_LEN + 2;

/// A message other than a G-PDU.
///
/// Information elements that are optional or not known are not kept: a receiver
/// ignores them and this codec does not send them. [`Ies`] reads them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signalling<'a> {
    /// Echo Request (7.2.1).
    EchoRequest {
        /// Sequence number.
        seq: Seq,
    },
    /// Echo Response (7.2.2).
    EchoResponse {
        /// Sequence number of the request.
        seq: Seq,
        /// Restart Counter, sent as 0 and ignored on receipt.
        recovery: u8,
    },
    /// Version Not Supported (TS 29.060 7.2.3); no message of TS 29.281, but of
    /// the version 1 that older nodes speak.
    VersionNotSupported {
        /// Sequence number of the message that was not understood.
        seq: Seq,
    },
    /// Error Indication (7.3.1). Its sequence number is 0 and ignored.
    ErrorIndication {
        /// TEID that was not known.
        teid: Teid,
        /// Address to which the G-PDU with this TEID was sent.
        peer: IpAddr,
        /// UDP source port of that G-PDU, from the extension header.
        udp_port: Option<u16>,
    },
    /// Supported Extension Headers Notification (7.2.3). Its sequence number is
    /// 0 and ignored.
    SupportedExtensionHeadersNotification {
        /// The types that the sender supports, one octet each.
        types: &'a [u8],
    },
    /// Tunnel Status (7.3.3).
    TunnelStatus {
        /// The receiver's TEID of the tunnel.
        teid: Teid,
        /// Start Pause Of Charging.
        spoc: bool,
    },
    /// End Marker (7.3.2).
    EndMarker {
        /// The receiver's TEID of the tunnel.
        teid: Teid,
    },
}

impl<'a> Signalling<'a> {
    /// Reads a whole datagram.
    ///
    /// What comes behind the mandatory information elements is not judged.
    ///
    /// # Errors
    ///
    /// Those of [`Repr::parse`]; [`Error::MessageType`] for a G-PDU and for types
    /// that are not known; [`Error::IeMissing`] if a mandatory information
    /// element is missing, or the error that hides it.
    pub fn parse(data: &'a [u8]) -> Result<Self, Error> {
        let (header, payload) = Repr::parse(data)?;
        let seq = header.seq.unwrap_or_default();
        let teid = header.teid;
        Ok(match header.message {
            MessageType::EchoRequest => Self::EchoRequest { seq },
            MessageType::EchoResponse => Self::EchoResponse {
                seq,
                recovery: find(payload, |ie| match ie {
                    Ie::Recovery(count) => Some(count),
                    _ => None,
                })?,
            },
            MessageType::VersionNotSupported => Self::VersionNotSupported { seq },
            MessageType::ErrorIndication => Self::ErrorIndication {
                teid: find(payload, |ie| match ie {
                    Ie::TeidDataI(teid) => Some(teid),
                    _ => None,
                })?,
                peer: find(payload, |ie| match ie {
                    Ie::PeerAddress(peer) => Some(peer),
                    _ => None,
                })?,
                udp_port: header.udp_port,
            },
            MessageType::SupportedExtensionHeadersNotification => {
                Self::SupportedExtensionHeadersNotification {
                    types: find(payload, |ie| match ie {
                        Ie::ExtensionHeaderTypeList(types) => Some(types),
                        _ => None,
                    })?,
                }
            }
            MessageType::TunnelStatus => Self::TunnelStatus {
                teid,
                spoc: find(payload, |ie| match ie {
                    Ie::TunnelStatus { spoc } => Some(spoc),
                    _ => None,
                })?,
            },
            MessageType::EndMarker => Self::EndMarker { teid },
            MessageType::GPdu | MessageType::Other(_) => return Err(Error::MessageType),
        })
    }

    /// The information elements to send, in the order of their types.
    fn ies(&self) -> [Option<Ie<'a>>; 2] {
        match *self {
            Self::EchoRequest { .. }
            | Self::VersionNotSupported { .. }
            | Self::EndMarker { .. } => [None, None],
            Self::EchoResponse { recovery, .. } => [Some(Ie::Recovery(recovery)), None],
            Self::ErrorIndication { teid, peer, .. } => {
                [Some(Ie::TeidDataI(teid)), Some(Ie::PeerAddress(peer))]
            }
            Self::SupportedExtensionHeadersNotification { types } => {
                [Some(Ie::ExtensionHeaderTypeList(types)), None]
            }
            Self::TunnelStatus { spoc, .. } => [Some(Ie::TunnelStatus { spoc }), None],
        }
    }

    /// The header to send.
    fn header(&self) -> Repr {
        let payload = self
            .ies()
            .iter()
            .flatten()
            .fold(0usize, |sum, ie| sum.saturating_add(ie.buffer_len()));
        let numbered = |message, seq| Repr {
            seq: Some(seq),
            ..Repr::new(message, Teid::ZERO, payload)
        };
        match *self {
            Self::EchoRequest { seq } => numbered(MessageType::EchoRequest, seq),
            Self::EchoResponse { seq, .. } => numbered(MessageType::EchoResponse, seq),
            Self::VersionNotSupported { seq } => numbered(MessageType::VersionNotSupported, seq),
            Self::ErrorIndication { udp_port, .. } => Repr {
                udp_port,
                ..numbered(MessageType::ErrorIndication, Seq(0))
            },
            Self::SupportedExtensionHeadersNotification { .. } => {
                numbered(MessageType::SupportedExtensionHeadersNotification, Seq(0))
            }
            Self::TunnelStatus { teid, .. } => Repr::new(MessageType::TunnelStatus, teid, payload),
            Self::EndMarker { teid } => Repr::new(MessageType::EndMarker, teid, payload),
        }
    }

    /// Length of the message in octets.
    pub fn buffer_len(&self) -> usize {
        let header = self.header();
        header.header_len().saturating_add(header.payload_len)
    }

    /// Writes the message into the first [`buffer_len`](Self::buffer_len) octets
    /// of `buf`, and returns how many these are.
    ///
    /// # Errors
    ///
    /// [`Error::BufferTooSmall`]; [`Error::FieldRange`] for a list of more than
    /// 255 types of extension headers.
    pub fn emit(&self, buf: &mut [u8]) -> Result<usize, Error> {
        let header = self.header();
        let len = header.header_len().saturating_add(header.payload_len);
        let mut writer = Writer::new(buf, len)?;
        header.emit_to(&mut writer)?;
        for ie in self.ies().iter().flatten() {
            ie.emit_to(&mut writer)?;
        }
        Ok(len)
    }
}

/// Finds the first information element that `wanted` takes.
fn find<'a, T>(payload: &'a [u8], wanted: impl Fn(Ie<'a>) -> Option<T>) -> Result<T, Error> {
    let mut reason = Error::IeMissing;
    for ie in Ies::new(payload) {
        match ie {
            Ok(ie) => {
                if let Some(found) = wanted(ie) {
                    return Ok(found);
                }
            }
            Err(error) => reason = error,
        }
    }
    Err(reason)
}

/// Returns an Echo Request.
#[inline]
pub fn echo_request(seq: Seq) -> [u8; ECHO_REQUEST_LEN] {
    let [s0, s1] = seq.0.to_be_bytes();
    let kind = u8::from(MessageType::EchoRequest);
    [FLAGS | FLAG_S, kind, 0, 4, 0, 0, 0, 0, s0, s1, 0, 0]
}

/// Returns the Echo Response to a request with this sequence number; its
/// Restart Counter is 0.
#[inline]
pub fn echo_response(seq: Seq) -> [u8; ECHO_RESPONSE_LEN] {
    let [s0, s1] = seq.0.to_be_bytes();
    let kind = u8::from(MessageType::EchoResponse);
    let flags = FLAGS | FLAG_S;
    [flags, kind, 0, 6, 0, 0, 0, 0, s0, s1, 0, 0, 14, 0]
}

/// Returns an End Marker for a tunnel.
#[inline]
pub fn end_marker(teid: Teid) -> [u8; HEADER_LEN] {
    let header = Header {
        flags: FLAGS,
        message: MessageType::EndMarker,
        length: 0,
        teid,
    };
    header.octets()
}

/// Returns an End Marker for the tunnel of a PDU session.
///
/// # Errors
///
/// None: the length is known to fit.
#[inline]
pub fn end_marker_in_session(teid: Teid, session: session::Repr) -> Result<SessionHeader, Error> {
    SessionHeader::new(MessageType::EndMarker, teid, session, 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn emit(message: Signalling<'_>) -> Vec<u8> {
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
        let request = [0x32, 1, 0, 4, 0, 0, 0, 0, 1, 2, 0, 0];
        assert_eq!(emit(Signalling::EchoRequest { seq }), request);
        assert_eq!(echo_request(seq), request);
        let response = [0x32, 2, 0, 6, 0, 0, 0, 0, 1, 2, 0, 0, 14, 0];
        assert_eq!(
            emit(Signalling::EchoResponse { seq, recovery: 0 }),
            response
        );
        assert_eq!(echo_response(seq), response);
    }

    #[test]
    fn version_not_supported() {
        let message = Signalling::VersionNotSupported { seq: Seq(1) };
        assert_eq!(emit(message), [0x32, 3, 0, 4, 0, 0, 0, 0, 0, 1, 0, 0]);
    }

    #[test]
    fn error_indication_over_ipv4() {
        let message = Signalling::ErrorIndication {
            teid: Teid(0xdead_beef),
            peer: "192.0.2.1".parse().unwrap(),
            udp_port: Some(0x1234),
        };
        let want = [
            0x36, 26, 0, 20, 0, 0, 0, 0, 0, 0, 0, 0x40, // header
            1, 0x12, 0x34, 0, // UDP Port
            16, 0xde, 0xad, 0xbe, 0xef, // TEID Data I
            133, 0, 4, 192, 0, 2, 1, // GTP-U Peer Address
        ];
        assert_eq!(emit(message), want);
    }

    #[test]
    fn error_indication_over_ipv6() {
        let message = Signalling::ErrorIndication {
            teid: Teid(1),
            peer: "2001:db8::1".parse().unwrap(),
            udp_port: None,
        };
        let octets = emit(message);
        assert_eq!(octets.len(), 36);
        assert_eq!(octets[..4], [0x32, 26, 0, 28]);
    }

    #[test]
    fn supported_extension_headers_notification() {
        let types = &[0x40, 0x85];
        let message = Signalling::SupportedExtensionHeadersNotification { types };
        let want = [0x32, 31, 0, 8, 0, 0, 0, 0, 0, 0, 0, 0, 141, 2, 0x40, 0x85];
        assert_eq!(emit(message), want);
    }

    #[test]
    fn too_many_types_are_refused() {
        let message = Signalling::SupportedExtensionHeadersNotification { types: &[0; 256] };
        assert_eq!(message.emit(&mut [0; 300]), Err(Error::FieldRange));
    }

    #[test]
    fn tunnel_status_and_end_marker() {
        let teid = Teid(7);
        let status = Signalling::TunnelStatus { teid, spoc: true };
        let want = [0x30, 253, 0, 4, 0, 0, 0, 7, 230, 0, 1, 1];
        assert_eq!(emit(status), want);
        let end = [0x30, 254, 0, 0, 0, 0, 0, 7];
        assert_eq!(emit(Signalling::EndMarker { teid }), end);
        assert_eq!(end_marker(teid), end);
        let qfi = session::Qfi::new(9).unwrap();
        let end = [0x34, 254, 0, 8, 0, 0, 0, 7, 0, 0, 0, 0x85, 1, 0x10, 9, 0];
        let header = end_marker_in_session(teid, session::Repr::Uplink { qfi }).unwrap();
        assert_eq!(header.octets(), end);
        assert_eq!(Signalling::parse(&end), Ok(Signalling::EndMarker { teid }));
    }

    #[test]
    fn optional_and_broken_elements_behind_do_not_matter() {
        let data = [
            0x32, 2, 0, 13, 0, 0, 0, 0, 0, 9, 0, 0, 14, 3, 255, 0, 2, 0, 1, 255, 0xff,
        ];
        let want = Signalling::EchoResponse {
            seq: Seq(9),
            recovery: 3,
        };
        assert_eq!(Signalling::parse(&data), Ok(want));
        let data = [0x32, 1, 0, 6, 0, 0, 0, 0, 0, 9, 0, 0, 0, 0];
        let want = Signalling::EchoRequest { seq: Seq(9) };
        assert_eq!(Signalling::parse(&data), Ok(want));
    }

    #[test]
    fn mandatory_elements_are_asked_for() {
        let data = [0x32, 2, 0, 4, 0, 0, 0, 0, 0, 9, 0, 0];
        assert_eq!(Signalling::parse(&data), Err(Error::IeMissing));
        let data = [0x32, 26, 0, 9, 0, 0, 0, 0, 0, 0, 0, 0, 16, 0, 0, 0, 1];
        assert_eq!(Signalling::parse(&data), Err(Error::IeMissing));
        let data = [0x32, 26, 0, 8, 0, 0, 0, 0, 0, 0, 0, 0, 16, 0, 0, 0];
        assert_eq!(Signalling::parse(&data), Err(Error::IeTruncated));
    }

    #[test]
    fn request_without_sequence_number_is_number_zero() {
        let data = [0x30, 1, 0, 0, 0, 0, 0, 0];
        let want = Signalling::EchoRequest { seq: Seq(0) };
        assert_eq!(Signalling::parse(&data), Ok(want));
    }

    #[test]
    fn other_types_are_refused() {
        assert_eq!(
            Signalling::parse(&[0x30, 255, 0, 0, 0, 0, 0, 1]),
            Err(Error::MessageType)
        );
        assert_eq!(
            Signalling::parse(&[0x30, 16, 0, 0, 0, 0, 0, 1]),
            Err(Error::MessageType)
        );
    }
}
