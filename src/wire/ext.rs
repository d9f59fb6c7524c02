// SPDX-License-Identifier: GPL-2.0

//! Extension headers of version 1 (TS 29.281 5.2).
//!
//! An extension header is a length octet in units of 4 octets, the content, and
//! the type of the next one; the first one's type stands in the GTP header.

use super::{
    Error,
    Step, //
};

/// Most extension headers that a chain may have. Real chains have one or two;
/// the bound keeps the cost of a hostile packet small.
pub const MAX_EXTENSIONS: usize = 8;

/// Octets in one unit of an extension header's length.
pub const UNIT: usize = 4;

/// Type of an extension header (TS 29.281 5.2.1, figure 5.2.1-3).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ExtensionType {
    /// No more extension headers, 0x00.
    None,
    /// Long PDCP PDU Number in its form without required comprehension, 0x03.
    LongPdcpPduNumberOptional,
    /// Service Class Indicator, 0x20.
    ServiceClassIndicator,
    /// UDP Port, 0x40: source port of the message that led to an Error
    /// Indication (TS 29.281 5.2.2.1).
    UdpPort,
    /// RAN Container, 0x81.
    RanContainer,
    /// Long PDCP PDU Number, 0x82.
    LongPdcpPduNumber,
    /// Xw RAN Container, 0x83.
    XwRanContainer,
    /// NR RAN Container, 0x84.
    NrRanContainer,
    /// PDU Session Container, 0x85 (TS 29.281 5.2.2.7, TS 38.415).
    PduSessionContainer,
    /// PDCP PDU Number, 0xC0.
    PdcpPduNumber,
    /// Any other type.
    Other(u8),
}

impl ExtensionType {
    /// The types that this codec knows, as listed in a Supported Extension
    /// Headers Notification.
    pub const SUPPORTED: [u8; 9] = [0x03, 0x20, 0x40, 0x81, 0x82, 0x83, 0x84, 0x85, 0xc0];

    /// Whether the type is one of [`SUPPORTED`](Self::SUPPORTED).
    #[inline]
    pub const fn is_supported(self) -> bool {
        !matches!(self, Self::None | Self::Other(_))
    }

    /// Whether an endpoint that does not know the type must not process the
    /// packet: bit 8 of the type, as 10 asks endpoints and 11 asks everybody
    /// (TS 29.281 5.2.1, figure 5.2.1-2).
    #[inline]
    pub fn is_comprehension_required(self) -> bool {
        u8::from(self) & 0x80 != 0
    }
}

impl From<u8> for ExtensionType {
    #[inline]
    fn from(octet: u8) -> Self {
        match octet {
            0x00 => Self::None,
            0x03 => Self::LongPdcpPduNumberOptional,
            0x20 => Self::ServiceClassIndicator,
            0x40 => Self::UdpPort,
            0x81 => Self::RanContainer,
            0x82 => Self::LongPdcpPduNumber,
            0x83 => Self::XwRanContainer,
            0x84 => Self::NrRanContainer,
            0x85 => Self::PduSessionContainer,
            0xc0 => Self::PdcpPduNumber,
            other => Self::Other(other),
        }
    }
}

impl From<ExtensionType> for u8 {
    #[inline]
    fn from(kind: ExtensionType) -> Self {
        match kind {
            ExtensionType::None => 0x00,
            ExtensionType::LongPdcpPduNumberOptional => 0x03,
            ExtensionType::ServiceClassIndicator => 0x20,
            ExtensionType::UdpPort => 0x40,
            ExtensionType::RanContainer => 0x81,
            ExtensionType::LongPdcpPduNumber => 0x82,
            ExtensionType::XwRanContainer => 0x83,
            ExtensionType::NrRanContainer => 0x84,
            ExtensionType::PduSessionContainer => 0x85,
            ExtensionType::PdcpPduNumber => 0xc0,
            ExtensionType::Other(other) => other,
        }
    }
}

/// Where an extension header's content is, from the start of the message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Content {
    /// Offset of the first octet after the length octet.
    pub start: usize,
    /// Offset of the octet that holds the next extension header's type.
    pub end: usize,
}

impl Content {
    /// Returns the content's octets, or `None` where `data` ends before; never
    /// so for the data that it was decoded from.
    #[inline]
    pub fn of(self, data: &[u8]) -> Option<&[u8]> {
        data.get(self.start..self.end)
    }
}

/// One extension header in a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Extension {
    /// Where its content is.
    pub content: Content,
    /// Type of the next extension header.
    pub next: ExtensionType,
    /// Offset of the next extension header, or of the payload.
    pub after: usize,
}

/// Reads the extension header at `at` of a message that ends at `end`.
///
/// # Errors
///
/// [`Error::ExtensionTruncated`] if it reaches beyond `end`,
/// [`Error::ExtensionZeroLength`] if its length is 0.
#[inline]
pub fn decode(data: &[u8], at: usize, end: usize) -> Result<Step<Extension>, Error> {
    // The smallest one has 4 octets, so ask for that many at once.
    let smallest = at.saturating_add(UNIT);
    if smallest > end {
        return Err(Error::ExtensionTruncated);
    }
    let Some(&units) = data.get(at) else {
        return Ok(Step::Need(smallest));
    };
    if units == 0 {
        return Err(Error::ExtensionZeroLength);
    }
    let after = at.saturating_add(usize::from(units).saturating_mul(UNIT));
    if after > end {
        return Err(Error::ExtensionTruncated);
    }
    let last = after.saturating_sub(1);
    let Some(&next) = data.get(last) else {
        return Ok(Step::Need(after));
    };
    Ok(Step::Done(Extension {
        content: Content {
            start: at.saturating_add(1),
            end: last,
        },
        next: ExtensionType::from(next),
        after,
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_type_survives_the_round_trip() {
        for octet in 0..=255u8 {
            assert_eq!(u8::from(ExtensionType::from(octet)), octet);
        }
    }

    #[test]
    fn supported_is_the_list_of_known_types() {
        for octet in 0..=255u8 {
            assert_eq!(
                ExtensionType::from(octet).is_supported(),
                ExtensionType::SUPPORTED.contains(&octet),
                "{octet:#x}"
            );
        }
    }

    #[test]
    fn comprehension_is_required_from_0x80_on() {
        assert!(!ExtensionType::from(0x3f).is_comprehension_required());
        assert!(!ExtensionType::from(0x7f).is_comprehension_required());
        assert!(ExtensionType::from(0x80).is_comprehension_required());
        assert!(ExtensionType::from(0xff).is_comprehension_required());
    }

    #[test]
    fn length_counts_units_of_four() {
        let data = [2, 1, 2, 3, 4, 5, 6, 0x40, 9];
        let got = decode(&data, 0, data.len());
        let want = Extension {
            content: Content { start: 1, end: 7 },
            next: ExtensionType::UdpPort,
            after: 8,
        };
        assert_eq!(got, Ok(Step::Done(want)));
        assert_eq!(want.content.of(&data), Some(&data[1..7]));
    }

    #[test]
    fn bounds_are_those_of_the_message() {
        assert_eq!(decode(&[1, 0, 0], 0, 3), Err(Error::ExtensionTruncated));
        assert_eq!(
            decode(&[2, 0, 0, 0, 0, 0, 0], 0, 7),
            Err(Error::ExtensionTruncated)
        );
        assert_eq!(decode(&[0, 0, 0, 0], 0, 4), Err(Error::ExtensionZeroLength));
        assert_eq!(decode(&[], 0, 4), Ok(Step::Need(4)));
        assert_eq!(decode(&[2, 0, 0, 0], 0, 8), Ok(Step::Need(8)));
    }
}
