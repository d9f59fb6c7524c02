// SPDX-License-Identifier: GPL-2.0

//! Information elements of version 1 (TS 29.281 8).

use super::super::{
    bytes::Writer,
    ie::{
        Raw,
        Raws,
        Table,
        PRIVATE_EXTENSION,
        RECOVERY, //
    },
    Error,
    Teid, //
};
use core::net::{
    IpAddr,
    Ipv4Addr,
    Ipv6Addr, //
};

pub use super::super::ie::PrivateExtension;

/// Tunnel Endpoint Identifier Data I.
const TEID_DATA_I: u8 = 16;
/// GTP-U Peer Address.
const PEER_ADDRESS: u8 = 133;
/// Extension Header Type List.
const EXTENSION_HEADER_TYPE_LIST: u8 = 141;
/// GTP-U Tunnel Status Information.
const TUNNEL_STATUS: u8 = 230;
/// Recovery Time Stamp.
const RECOVERY_TIME_STAMP: u8 = 231;
/// Start Pause Of Charging, in the first octet of the tunnel's status.
const SPOC: u8 = 0x01;

/// An information element.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ie<'a> {
    /// Recovery: the Restart Counter, sent as 0 and ignored on receipt (8.2).
    Recovery(u8),
    /// Tunnel Endpoint Identifier Data I: the TEID that was not known (8.3).
    TeidDataI(Teid),
    /// GTP-U Peer Address: where that TEID was not known (8.4).
    PeerAddress(IpAddr),
    /// Extension Header Type List, one octet a type (8.5).
    ExtensionHeaderTypeList(&'a [u8]),
    /// GTP-U Tunnel Status Information (8.7).
    TunnelStatus {
        /// Start Pause Of Charging.
        spoc: bool,
    },
    /// Recovery Time Stamp: when the sender started, in seconds since 1900 (8.8).
    RecoveryTimeStamp(u32),
    /// Private Extension (8.6).
    PrivateExtension(PrivateExtension<'a>),
    /// An element of another type.
    Other(Raw<'a>),
}

impl<'a> Ie<'a> {
    /// Reads the value of an element.
    ///
    /// # Errors
    ///
    /// [`Error::IeLength`] if it has not the length of its type.
    fn parse(raw: Raw<'a>) -> Result<Self, Error> {
        Ok(match raw.kind {
            RECOVERY => {
                let [count] = raw.exactly()?;
                Self::Recovery(count)
            }
            TEID_DATA_I => Self::TeidDataI(Teid(u32::from_be_bytes(raw.exactly()?))),
            PEER_ADDRESS => Self::PeerAddress(match raw.exactly::<4>() {
                Ok(v4) => IpAddr::V4(Ipv4Addr::from(v4)),
                Err(_) => IpAddr::V6(Ipv6Addr::from(raw.exactly::<16>()?)),
            }),
            EXTENSION_HEADER_TYPE_LIST => Self::ExtensionHeaderTypeList(raw.value),
            TUNNEL_STATUS => {
                let ([flags], _) = raw.at_least()?;
                Self::TunnelStatus {
                    spoc: flags & SPOC != 0,
                }
            }
            RECOVERY_TIME_STAMP => {
                let (seconds, _) = raw.at_least()?;
                Self::RecoveryTimeStamp(u32::from_be_bytes(seconds))
            }
            PRIVATE_EXTENSION => Self::PrivateExtension(PrivateExtension::parse(raw)?),
            _ => Self::Other(raw),
        })
    }

    /// Length in octets of the whole element.
    pub fn buffer_len(&self) -> usize {
        match self {
            Self::Recovery(_) => 2,
            Self::TeidDataI(_) => 5,
            Self::PeerAddress(IpAddr::V4(_)) => 7,
            Self::PeerAddress(IpAddr::V6(_)) => 19,
            Self::ExtensionHeaderTypeList(types) => types.len().saturating_add(2),
            Self::TunnelStatus { .. } => 4,
            Self::RecoveryTimeStamp(_) => 7,
            Self::PrivateExtension(private) => private.buffer_len(),
            Self::Other(raw) => raw.buffer_len(Table::V1),
        }
    }

    /// Writes the whole element into the first [`buffer_len`](Self::buffer_len)
    /// octets of `buf`, and returns how many these are.
    ///
    /// # Errors
    ///
    /// [`Error::BufferTooSmall`], [`Error::FieldRange`] if a value is too long,
    /// and for [`Ie::Other`] [`Error::IeLength`] and [`Error::IeUnknown`].
    pub fn emit(&self, buf: &mut [u8]) -> Result<usize, Error> {
        let len = self.buffer_len();
        let mut writer = Writer::new(buf, len)?;
        self.emit_to(&mut writer)?;
        Ok(len)
    }

    /// Writes the whole element; errors as for [`emit`](Self::emit).
    pub(super) fn emit_to(&self, writer: &mut Writer<'_>) -> Result<(), Error> {
        let raw = |kind, value| Raw { kind, value };
        match *self {
            Self::Recovery(count) => writer.put([RECOVERY, count]),
            Self::TeidDataI(teid) => {
                raw(TEID_DATA_I, &teid.0.to_be_bytes()).emit(Table::V1, writer)
            }
            Self::PeerAddress(IpAddr::V4(v4)) => {
                raw(PEER_ADDRESS, &v4.octets()).emit(Table::V1, writer)
            }
            Self::PeerAddress(IpAddr::V6(v6)) => {
                raw(PEER_ADDRESS, &v6.octets()).emit(Table::V1, writer)
            }
            Self::ExtensionHeaderTypeList(types) => {
                raw(EXTENSION_HEADER_TYPE_LIST, types).emit(Table::V1, writer)
            }
            Self::TunnelStatus { spoc } => {
                raw(TUNNEL_STATUS, &[if spoc { SPOC } else { 0 }]).emit(Table::V1, writer)
            }
            Self::RecoveryTimeStamp(seconds) => {
                raw(RECOVERY_TIME_STAMP, &seconds.to_be_bytes()).emit(Table::V1, writer)
            }
            Self::PrivateExtension(private) => private.emit(writer),
            Self::Other(raw) => raw.emit(Table::V1, writer),
        }
    }
}

/// Iterator over the information elements of a message.
///
/// An element of a wrong length gives an error and the next one follows; an
/// element whose end cannot be found gives an error and ends the iteration.
#[derive(Clone, Debug)]
pub struct Ies<'a>(Raws<'a>);

impl<'a> Ies<'a> {
    /// Iterates over a message's payload, as [`Message`](super::Message) gives
    /// its place.
    pub const fn new(payload: &'a [u8]) -> Self {
        Self(Raws::new(payload, Table::V1))
    }
}

impl<'a> Iterator for Ies<'a> {
    type Item = Result<Ie<'a>, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        let raw = self.0.next()?;
        Some(raw.and_then(Ie::parse))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn emit(ie: Ie<'_>) -> Vec<u8> {
        let len = ie.buffer_len();
        let mut buf = vec![0xaa; len];
        assert_eq!(ie.emit(&mut buf), Ok(len));
        assert_eq!(ie.emit(&mut buf[..len - 1]), Err(Error::BufferTooSmall));
        buf
    }

    #[test]
    fn octets_of_each_element() {
        let cases: [(Ie<'_>, &[u8]); 9] = [
            (Ie::Recovery(7), &[14, 7]),
            (Ie::TeidDataI(Teid(0x0102_0304)), &[16, 1, 2, 3, 4]),
            (
                Ie::PeerAddress("192.0.2.1".parse().unwrap()),
                &[133, 0, 4, 192, 0, 2, 1],
            ),
            (
                Ie::PeerAddress("2001:db8::1".parse().unwrap()),
                &[
                    133, 0, 16, 0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1,
                ],
            ),
            (
                Ie::ExtensionHeaderTypeList(&[0x40, 0x85]),
                &[141, 2, 0x40, 0x85],
            ),
            (Ie::TunnelStatus { spoc: true }, &[230, 0, 1, 1]),
            (
                Ie::RecoveryTimeStamp(0xe800_0001),
                &[231, 0, 4, 0xe8, 0, 0, 1],
            ),
            (
                Ie::PrivateExtension(PrivateExtension {
                    id: 0x0a0b,
                    value: &[1, 2, 3],
                }),
                &[255, 0, 5, 0x0a, 0x0b, 1, 2, 3],
            ),
            (
                Ie::Other(Raw {
                    kind: 200,
                    value: &[9],
                }),
                &[200, 0, 1, 9],
            ),
        ];
        for (ie, octets) in cases {
            assert_eq!(emit(ie), octets);
            let read: Vec<_> = Ies::new(octets).collect();
            assert_eq!(read, [Ok(ie)]);
        }
    }

    #[test]
    fn wrong_length_does_not_end_the_iteration() {
        let data = [
            133, 0, 3, 1, 2, 3, 230, 0, 0, 231, 0, 3, 1, 2, 3, 255, 0, 1, 9, 14, 1,
        ];
        let read: Vec<_> = Ies::new(&data).collect();
        let wrong = Err(Error::IeLength);
        assert_eq!(read, [wrong, wrong, wrong, wrong, Ok(Ie::Recovery(1))]);
    }

    #[test]
    fn later_releases_may_append() {
        let data = [230, 0, 2, 0xfe, 9, 231, 0, 5, 0, 0, 0, 1, 9];
        let read: Vec<_> = Ies::new(&data).collect();
        let want = [
            Ok(Ie::TunnelStatus { spoc: false }),
            Ok(Ie::RecoveryTimeStamp(1)),
        ];
        assert_eq!(read, want);
    }

    #[test]
    fn truncated_element_ends_the_iteration() {
        let data = [14, 1, 16, 0, 0, 0];
        let read: Vec<_> = Ies::new(&data).collect();
        assert_eq!(read, [Ok(Ie::Recovery(1)), Err(Error::IeTruncated)]);
    }
}
