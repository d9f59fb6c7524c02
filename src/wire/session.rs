// SPDX-License-Identifier: GPL-2.0

//! The PDU Session Container of 5G (TS 38.415 5.5): which QoS flow a packet is
//! of. Carried as an extension header of type 0x85 (TS 29.281 5.2.2.7).

use super::{
    bytes::Writer,
    ext::{
        ExtensionType,
        UNIT, //
    },
    Error, //
};

/// PDU type of DL PDU SESSION INFORMATION.
const DOWNLINK: u8 = 0;
/// PDU type of UL PDU SESSION INFORMATION.
const UPLINK: u8 = 1;
/// Downlink: a Paging Policy Indicator follows.
const PPP: u8 = 0x80;
/// Downlink: Reflective QoS Indicator.
const RQI: u8 = 0x40;
/// Mask of the QoS Flow Identifier.
const QFI: u8 = 0x3f;
/// Position of the Paging Policy Indicator in its octet.
const PPI_SHIFT: u8 = 5;

/// Length of the longest extension header of this codec, in octets.
pub const MAX_LEN: usize = 2 * UNIT;

/// QoS Flow Identifier, 0 to 63 (TS 38.415 5.5.3.3).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(transparent)]
pub struct Qfi(u8);

impl Qfi {
    /// Makes an identifier, `None` above 63.
    #[inline]
    pub const fn new(value: u8) -> Option<Self> {
        if value <= QFI {
            Some(Self(value))
        } else {
            None
        }
    }

    /// Returns the number.
    #[inline]
    pub const fn get(self) -> u8 {
        self.0
    }
}

/// Paging Policy Indicator, 0 to 7 (TS 38.415 5.5.3.7).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(transparent)]
pub struct Ppi(u8);

impl Ppi {
    /// Makes an indicator, `None` above 7.
    #[inline]
    pub const fn new(value: u8) -> Option<Self> {
        if value <= 7 {
            Some(Self(value))
        } else {
            None
        }
    }

    /// Returns the number.
    #[inline]
    pub const fn get(self) -> u8 {
        self.0
    }
}

/// A PDU Session Container, without the fields of QoS monitoring and sequence
/// numbers, which are ignored on receipt and not sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Repr {
    /// Towards the MS (TS 38.415 5.5.2.1).
    Downlink {
        /// QoS flow of the packet.
        qfi: Qfi,
        /// Whether the MS is to mirror the QoS of this packet.
        rqi: bool,
        /// Paging policy of the packet.
        ppi: Option<Ppi>,
    },
    /// From the MS (TS 38.415 5.5.2.2).
    Uplink {
        /// QoS flow of the packet.
        qfi: Qfi,
    },
}

impl Repr {
    /// Reads a container from an extension header's content. It may have any
    /// length; what is not known is ignored.
    ///
    /// # Errors
    ///
    /// [`Error::SessionTruncated`] if it ends before the fields that are read,
    /// [`Error::SessionType`] if it is neither downlink nor uplink.
    #[inline]
    pub fn parse(content: &[u8]) -> Result<Self, Error> {
        let (&[kind, flags], rest) = content
            .split_first_chunk::<2>()
            .ok_or(Error::SessionTruncated)?;
        let qfi = Qfi(flags & QFI);
        match kind >> 4 {
            DOWNLINK => {
                let ppi = if flags & PPP != 0 {
                    let octet = rest.first().ok_or(Error::SessionTruncated)?;
                    Some(Ppi(octet >> PPI_SHIFT))
                } else {
                    None
                };
                Ok(Self::Downlink {
                    qfi,
                    rqi: flags & RQI != 0,
                    ppi,
                })
            }
            UPLINK => Ok(Self::Uplink { qfi }),
            _ => Err(Error::SessionType),
        }
    }

    /// Reads no more of an extension header's content than which QoS flow the packet is
    /// of. What else there is, or should be and is not, does not matter.
    ///
    /// # Errors
    ///
    /// [`Error::SessionTruncated`], [`Error::SessionType`].
    #[inline]
    pub fn parse_qfi(content: &[u8]) -> Result<Qfi, Error> {
        let &[kind, flags] = content.first_chunk::<2>().ok_or(Error::SessionTruncated)?;
        match kind >> 4 {
            DOWNLINK | UPLINK => Ok(Qfi(flags & QFI)),
            _ => Err(Error::SessionType),
        }
    }

    /// Returns the same container for a packet of another QoS flow.
    #[inline]
    #[must_use]
    pub const fn with_qfi(self, qfi: Qfi) -> Self {
        match self {
            Self::Downlink { rqi, ppi, .. } => Self::Downlink { qfi, rqi, ppi },
            Self::Uplink { .. } => Self::Uplink { qfi },
        }
    }

    /// Returns the QoS flow, in whichever direction.
    #[inline]
    pub const fn qfi(&self) -> Qfi {
        match self {
            Self::Downlink { qfi, .. } | Self::Uplink { qfi } => *qfi,
        }
    }

    /// Length of the whole extension header in octets.
    #[inline]
    pub const fn buffer_len(&self) -> usize {
        match self {
            Self::Downlink { ppi: Some(_), .. } => MAX_LEN,
            Self::Downlink { ppi: None, .. } | Self::Uplink { .. } => UNIT,
        }
    }

    /// Returns the whole extension header, followed by one of type `next`: the first
    /// [`buffer_len`](Self::buffer_len) octets, and zeroes.
    #[inline]
    pub(super) fn octets(&self, next: ExtensionType) -> [u8; MAX_LEN] {
        let next = u8::from(next);
        match *self {
            Self::Downlink { qfi, rqi, ppi } => {
                let flags = qfi.0 | if rqi { RQI } else { 0 };
                match ppi {
                    None => [1, DOWNLINK << 4, flags, next, 0, 0, 0, 0],
                    Some(ppi) => {
                        let ppi = ppi.0 << PPI_SHIFT;
                        [2, DOWNLINK << 4, flags | PPP, ppi, 0, 0, 0, next]
                    }
                }
            }
            Self::Uplink { qfi } => [1, UPLINK << 4, qfi.0, next, 0, 0, 0, 0],
        }
    }

    /// Writes the whole extension header, followed by one of type `next`.
    pub(super) fn emit(&self, next: ExtensionType, writer: &mut Writer<'_>) -> Result<(), Error> {
        let octets = self.octets(next);
        writer.put_slice(octets.get(..self.buffer_len()).unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn emit(repr: Repr) -> Vec<u8> {
        let mut buf = vec![0xaa; repr.buffer_len()];
        let mut writer = Writer::new(&mut buf, repr.buffer_len()).unwrap();
        repr.emit(ExtensionType::UdpPort, &mut writer).unwrap();
        assert_eq!(writer.put([0]), Err(Error::BufferTooSmall));
        buf
    }

    #[test]
    fn plain_downlink_and_uplink() {
        let qfi = Qfi::new(9).unwrap();
        let downlink = Repr::Downlink {
            qfi,
            rqi: false,
            ppi: None,
        };
        assert_eq!(emit(downlink), [1, 0x00, 9, 0x40]);
        assert_eq!(emit(Repr::Uplink { qfi }), [1, 0x10, 9, 0x40]);
    }

    #[test]
    fn every_value_survives_the_round_trip() {
        for qfi in (0..=255).filter_map(Qfi::new) {
            for ppi in (0..=8).map(Ppi::new) {
                for rqi in [false, true] {
                    let repr = Repr::Downlink { qfi, rqi, ppi };
                    let octets = emit(repr);
                    assert_eq!(octets.len(), 4 * usize::from(octets[0]));
                    let content = &octets[1..octets.len() - 1];
                    assert_eq!(Repr::parse(content), Ok(repr));
                }
            }
            let octets = emit(Repr::Uplink { qfi });
            assert_eq!(Repr::parse(&octets[1..3]), Ok(Repr::Uplink { qfi }));
        }
    }

    #[test]
    fn values_are_bounded() {
        assert_eq!(Qfi::new(63).map(Qfi::get), Some(63));
        assert_eq!(Qfi::new(64), None);
        assert_eq!(Ppi::new(7).map(Ppi::get), Some(7));
        assert_eq!(Ppi::new(8), None);
    }

    #[test]
    fn unknown_octets_are_ignored() {
        // QMP and SNP with their fields, which this codec does not read.
        let content = [0x0c, 0x41, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 0];
        let want = Repr::Downlink {
            qfi: Qfi(1),
            rqi: true,
            ppi: None,
        };
        assert_eq!(Repr::parse(&content), Ok(want));
        assert_eq!(Repr::parse_qfi(&content), Ok(Qfi(1)));
        assert_eq!(
            Repr::parse(&[0x1f, 0xff]),
            Ok(Repr::Uplink { qfi: Qfi(63) })
        );
    }

    #[test]
    fn refuses_what_is_short_or_unknown() {
        assert_eq!(Repr::parse(&[0x00]), Err(Error::SessionTruncated));
        assert_eq!(Repr::parse(&[0x00, 0x80]), Err(Error::SessionTruncated));
        assert_eq!(Repr::parse(&[0x20, 0x00]), Err(Error::SessionType));
        assert!(Repr::parse(&[0x10, 0x80]).is_ok());
        assert_eq!(Repr::parse_qfi(&[0x00]), Err(Error::SessionTruncated));
        assert_eq!(Repr::parse_qfi(&[0x2f, 0x00]), Err(Error::SessionType));
        // The Paging Policy Indicator is missing, but not asked for.
        assert_eq!(Repr::parse_qfi(&[0x00, 0xc9]), Ok(Qfi(9)));
    }

    #[test]
    fn another_flow_is_all_that_changes() {
        let [one, two] = [1, 2].map(Qfi);
        let (rqi, ppi) = (true, Some(Ppi(3)));
        let downlink = |qfi| Repr::Downlink { qfi, rqi, ppi };
        assert_eq!(downlink(one).with_qfi(two), downlink(two));
        let uplink = |qfi| Repr::Uplink { qfi };
        assert_eq!(uplink(one).with_qfi(two), uplink(two));
    }
}
