// SPDX-License-Identifier: GPL-2.0

//! Identifiers of tunnels and messages that both versions share.

use core::fmt;

/// UDP port of GTP-U version 1 (TS 29.281 4.4.2.3).
pub const GTP_U_PORT: u16 = 2152;

/// UDP port of GTP version 0 (GSM 09.60 10.1).
pub const GTP_V0_PORT: u16 = 3386;

/// Protocol Type bit of the first octet: set for GTP, clear for GTP'.
pub(super) const FLAG_PT: u8 = 0x10;

/// Tunnel endpoint identifier of version 1, host order (TS 29.281 3.1).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(transparent)]
pub struct Teid(pub u32);

impl Teid {
    /// The TEID of messages about a path rather than a tunnel (TS 29.281 5.1).
    pub const ZERO: Self = Self(0);
}

impl fmt::Display for Teid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:#010x}", self.0)
    }
}

/// Tunnel identifier of version 0, host order: IMSI and NSAPI (GSM 09.60 6).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(transparent)]
pub struct Tid(pub u64);

impl fmt::Display for Tid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:#018x}", self.0)
    }
}

/// Flow label of version 0, host order (GSM 09.60 6).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(transparent)]
pub struct FlowLabel(pub u16);

/// Sequence number of either version, host order.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(transparent)]
pub struct Seq(pub u16);

impl Seq {
    /// Returns the number after this one, modulo 65536 (GSM 09.60 6).
    #[inline]
    pub const fn next(self) -> Self {
        Self(self.0.wrapping_add(1))
    }
}

/// Version of the protocol, the three highest bits of the first octet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Version {
    /// GSM 09.60, with a header of 20 octets.
    V0,
    /// TS 29.281, with a header of 8 or 12 octets and extension headers.
    V1,
    /// A version that is never GTP-U, 2 to 7.
    Other(u8),
}

/// Tells the version from the first octet of a message.
///
/// The position of these bits is the one thing common to all versions, so this
/// comes before any other check. Whether the message is GTP or GTP' is told by
/// [`is_gtp`]; the decoders check it.
#[inline]
pub const fn version_of(first: u8) -> Version {
    match first >> 5 {
        0 => Version::V0,
        1 => Version::V1,
        other => Version::Other(other),
    }
}

/// Tells GTP from GTP', the charging protocol, by the PT bit of the first octet.
#[inline]
pub const fn is_gtp(first: u8) -> bool {
    first & FLAG_PT != 0
}

/// Message type, the second octet of a header (TS 29.281 6.1, GSM 09.60 7.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum MessageType {
    /// Echo Request, 1.
    EchoRequest,
    /// Echo Response, 2.
    EchoResponse,
    /// Version Not Supported, 3.
    VersionNotSupported,
    /// Error Indication, 26.
    ErrorIndication,
    /// Supported Extension Headers Notification, 31; version 1 only.
    SupportedExtensionHeadersNotification,
    /// Tunnel Status, 253; version 1 from Release 16 on.
    TunnelStatus,
    /// End Marker, 254; version 1 only.
    EndMarker,
    /// G-PDU, 255: the header is followed by a T-PDU, a packet of the user.
    GPdu,
    /// Any other type; none of them belongs to GTP-U.
    Other(u8),
}

impl From<u8> for MessageType {
    #[inline]
    fn from(octet: u8) -> Self {
        match octet {
            1 => Self::EchoRequest,
            2 => Self::EchoResponse,
            3 => Self::VersionNotSupported,
            26 => Self::ErrorIndication,
            31 => Self::SupportedExtensionHeadersNotification,
            253 => Self::TunnelStatus,
            254 => Self::EndMarker,
            255 => Self::GPdu,
            other => Self::Other(other),
        }
    }
}

impl From<MessageType> for u8 {
    #[inline]
    fn from(message: MessageType) -> Self {
        match message {
            MessageType::EchoRequest => 1,
            MessageType::EchoResponse => 2,
            MessageType::VersionNotSupported => 3,
            MessageType::ErrorIndication => 26,
            MessageType::SupportedExtensionHeadersNotification => 31,
            MessageType::TunnelStatus => 253,
            MessageType::EndMarker => 254,
            MessageType::GPdu => 255,
            MessageType::Other(other) => other,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn version_is_the_three_highest_bits() {
        assert_eq!(version_of(0x1e), Version::V0);
        assert_eq!(version_of(0x3f), Version::V1);
        assert_eq!(version_of(0x40), Version::Other(2));
        assert_eq!(version_of(0xff), Version::Other(7));
    }

    #[test]
    fn pt_tells_gtp_from_charging() {
        assert!(is_gtp(0x30));
        assert!(is_gtp(0x1e));
        assert!(!is_gtp(0x20));
        assert!(!is_gtp(0x0f));
    }

    #[test]
    fn every_message_type_survives_the_round_trip() {
        for octet in 0..=255u8 {
            assert_eq!(u8::from(MessageType::from(octet)), octet);
        }
    }

    #[test]
    fn sequence_numbers_wrap_at_16_bits() {
        assert_eq!(Seq(0).next(), Seq(1));
        assert_eq!(Seq(65534).next(), Seq(65535));
        assert_eq!(Seq(65535).next(), Seq(0));
    }
}
