// SPDX-License-Identifier: GPL-2.0

//! The attributes of the generic netlink family `gtp` (`GTPA_*`).
//!
//! Numbers, types and byte orders are those of `include/uapi/linux/gtp.h`.
//! What is not known here is kept as it came: a newer driver is no error.

use crate::client::{
    supervision::PathAttribute,
    usage::UsageAttribute, //
};
use netlink_packet_core::{
    emit_u16,
    emit_u32,
    emit_u64,
    DecodeError,
    DefaultNla,
    Emitable,
    Nla,
    NlaBuffer,
    NlasIterator,
    Parseable, //
};
use std::net::{
    IpAddr,
    Ipv4Addr,
    Ipv6Addr, //
};

/// Declares the numbers, and the table that gives their names back.
macro_rules! numbers {
    ($($(#[$doc:meta])* $name:ident = $value:literal,)*) => {
        $($(#[$doc])* pub const $name: u16 = $value;)*

        /// Returns the C name of an attribute's number, for messages to people.
        #[must_use]
        pub fn attribute_name(kind: u16) -> Option<&'static str> {
            match kind {
                $($name => Some(stringify!($name)),)*
                _ => None,
            }
        }
    };
}

numbers! {
    /// Interface index of the link, u32.
    GTPA_LINK = 1,
    /// GTP version, u32.
    GTPA_VERSION = 2,
    /// Tunnel identifier of GTPv0, u64 in host order (GSM 09.60).
    GTPA_TID = 3,
    /// IPv4 address of the peer, network order.
    GTPA_PEER_ADDRESS = 4,
    /// IPv4 address of the mobile station, network order.
    GTPA_MS_ADDRESS = 5,
    /// Flow label of GTPv0, u16 in host order (GSM 09.60 7.5.1).
    GTPA_FLOW = 6,
    /// File descriptor of the link's network namespace, u32.
    GTPA_NET_NS_FD = 7,
    /// Incoming TEID of GTPv1-U, u32 in host order (TS 29.281 5.1).
    GTPA_I_TEI = 8,
    /// Outgoing TEID of GTPv1-U, u32 in host order (TS 29.281 5.1).
    GTPA_O_TEI = 9,
    /// Padding, no value.
    GTPA_PAD = 10,
    /// IPv6 address of the peer, 16 octets.
    GTPA_PEER_ADDR6 = 11,
    /// IPv6 prefix of the mobile station, 16 octets.
    GTPA_MS_ADDR6 = 12,
    /// Family of the mobile station's address, u8.
    GTPA_FAMILY = 13,
    /// QoS Flow Identifier of what a context sends, u8 (TS 38.415 5.5.3.3).
    GTPA_QFI = 64,
    /// What a context sends asks for reflective QoS, no value.
    GTPA_RQI = 65,
    /// Paging Policy Indicator of what a context sends, u8.
    GTPA_PPI = 66,
    /// The tunnel that a context leaves gets an End Marker, no value.
    GTPA_END_MARKER = 67,
    /// Asks for the usage, no value. Not mainline's, as all from 64 on.
    GTPA_STATS = 70,
    /// Usage, attributes of its own.
    GTPA_USAGE = 71,
    /// Octets after which somebody is told, u64.
    GTPA_VOLUME_THRESHOLD = 72,
    /// Octets that the context may carry, u64.
    GTPA_VOLUME_QUOTA = 73,
    /// What is done beyond the quota, u8.
    GTPA_QUOTA_ACTION = 74,
    /// A path, attributes of its own.
    GTPA_PATH = 75,
    /// Which bearer of the mobile station a context is, u8.
    GTPA_BEARER = 80,
    /// First address of a framed route's prefix, 4 or 16 octets.
    GTPA_ROUTE_DST = 81,
    /// How many bits the prefix has, u8.
    GTPA_ROUTE_DST_LEN = 82,
}

/// One attribute of the family `gtp`.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum GtpAttribute {
    /// Interface index of the link.
    Link(u32),
    /// GTP version: 0 or 1.
    Version(u32),
    /// Tunnel identifier of a GTPv0 context (GSM 09.60).
    Tid(u64),
    /// IPv4 address of the peer GSN.
    PeerAddress(Ipv4Addr),
    /// IPv4 address of the mobile station.
    MsAddress(Ipv4Addr),
    /// Flow label of a GTPv0 context (GSM 09.60 7.5.1).
    Flow(u16),
    /// File descriptor of the network namespace that the link is in.
    NetNsFd(i32),
    /// Incoming TEID of a GTPv1-U context (TS 29.281 5.1).
    ITei(u32),
    /// Outgoing TEID of a GTPv1-U context (TS 29.281 5.1).
    OTei(u32),
    /// IPv6 address of the peer GSN.
    PeerAddr6(Ipv6Addr),
    /// IPv6 prefix of the mobile station.
    MsAddr6(Ipv6Addr),
    /// Family of the mobile station's address: `AF_INET` or `AF_INET6`.
    Family(u8),
    /// QoS Flow Identifier of what a context sends, 0 to 63. Not mainline's, as
    /// the next three (TS 38.415 5.5.3).
    Qfi(u8),
    /// What a context sends asks for reflective QoS.
    Rqi,
    /// Paging Policy Indicator of what a context sends, 0 to 7.
    Ppi(u8),
    /// The tunnel that a context leaves gets an End Marker (TS 29.281 7.3.2).
    EndMarker,
    /// Asks for the usage.
    Stats,
    /// What a context has carried.
    Usage(Vec<UsageAttribute>),
    /// Octets in both directions after which somebody is told.
    VolumeThreshold(u64),
    /// Octets in both directions that a context may carry.
    VolumeQuota(u64),
    /// What is done beyond the quota: 0 tell, 1 drop.
    QuotaAction(u8),
    /// What is known of a path.
    Path(Vec<PathAttribute>),
    /// Which bearer of the mobile station a context is, 0 to 63.
    Bearer(u8),
    /// First address of a framed route's prefix.
    RouteDst(IpAddr),
    /// How many bits the prefix has.
    RouteDstLen(u8),
    /// What this client does not know.
    Other(DefaultNla),
}

impl GtpAttribute {
    /// Parses a sequence of attributes.
    ///
    /// # Errors
    ///
    /// [`DecodeError`] where the sequence is broken, or where a known attribute
    /// is shorter than its type. A longer one is read as the kernel reads it:
    /// the surplus is not looked at.
    pub fn parse_all(bytes: &[u8]) -> Result<Vec<Self>, DecodeError> {
        NlasIterator::new(bytes)
            .map(|nla| Self::parse(&nla?))
            .collect()
    }

    /// Returns the number and the value of the attribute as they are in a message.
    #[must_use]
    pub fn to_octets(&self) -> (u16, Vec<u8>) {
        let mut value = vec![0; self.value_len()];
        self.emit_value(&mut value);
        (self.kind(), value)
    }
}

impl Nla for GtpAttribute {
    fn value_len(&self) -> usize {
        match self {
            Self::Rqi | Self::EndMarker | Self::Stats => 0,
            Self::Family(_)
            | Self::Qfi(_)
            | Self::Ppi(_)
            | Self::QuotaAction(_)
            | Self::Bearer(_)
            | Self::RouteDstLen(_) => 1,
            Self::Flow(_) => 2,
            Self::Link(_)
            | Self::Version(_)
            | Self::PeerAddress(_)
            | Self::MsAddress(_)
            | Self::NetNsFd(_)
            | Self::ITei(_)
            | Self::OTei(_) => 4,
            Self::Tid(_) | Self::VolumeThreshold(_) | Self::VolumeQuota(_) => 8,
            Self::PeerAddr6(_) | Self::MsAddr6(_) => 16,
            Self::RouteDst(IpAddr::V4(_)) => 4,
            Self::RouteDst(IpAddr::V6(_)) => 16,
            Self::Usage(attributes) => attributes.as_slice().buffer_len(),
            Self::Path(attributes) => attributes.as_slice().buffer_len(),
            Self::Other(nla) => nla.value_len(),
        }
    }

    fn kind(&self) -> u16 {
        match self {
            Self::Link(_) => GTPA_LINK,
            Self::Version(_) => GTPA_VERSION,
            Self::Tid(_) => GTPA_TID,
            Self::PeerAddress(_) => GTPA_PEER_ADDRESS,
            Self::MsAddress(_) => GTPA_MS_ADDRESS,
            Self::Flow(_) => GTPA_FLOW,
            Self::NetNsFd(_) => GTPA_NET_NS_FD,
            Self::ITei(_) => GTPA_I_TEI,
            Self::OTei(_) => GTPA_O_TEI,
            Self::PeerAddr6(_) => GTPA_PEER_ADDR6,
            Self::MsAddr6(_) => GTPA_MS_ADDR6,
            Self::Family(_) => GTPA_FAMILY,
            Self::Qfi(_) => GTPA_QFI,
            Self::Rqi => GTPA_RQI,
            Self::Ppi(_) => GTPA_PPI,
            Self::EndMarker => GTPA_END_MARKER,
            Self::Stats => GTPA_STATS,
            Self::Usage(_) => GTPA_USAGE,
            Self::VolumeThreshold(_) => GTPA_VOLUME_THRESHOLD,
            Self::VolumeQuota(_) => GTPA_VOLUME_QUOTA,
            Self::QuotaAction(_) => GTPA_QUOTA_ACTION,
            Self::Path(_) => GTPA_PATH,
            Self::Bearer(_) => GTPA_BEARER,
            Self::RouteDst(_) => GTPA_ROUTE_DST,
            Self::RouteDstLen(_) => GTPA_ROUTE_DST_LEN,
            Self::Other(nla) => nla.kind(),
        }
    }

    fn is_nested(&self) -> bool {
        matches!(self, Self::Usage(_) | Self::Path(_))
    }

    fn emit_value(&self, buffer: &mut [u8]) {
        // `Emitable` hands over a buffer of exactly `value_len()` octets, so
        // the emitters of integers cannot fail.
        match self {
            Self::Link(v) | Self::Version(v) | Self::ITei(v) | Self::OTei(v) => {
                emit_u32(buffer, *v).expect("four octets");
            }
            Self::NetNsFd(v) => buffer.copy_from_slice(&v.to_ne_bytes()),
            Self::Tid(v) | Self::VolumeThreshold(v) | Self::VolumeQuota(v) => {
                emit_u64(buffer, *v).expect("eight octets");
            }
            Self::Flow(v) => emit_u16(buffer, *v).expect("two octets"),
            Self::Family(v)
            | Self::Qfi(v)
            | Self::Ppi(v)
            | Self::QuotaAction(v)
            | Self::Bearer(v)
            | Self::RouteDstLen(v) => {
                buffer.copy_from_slice(&[*v]);
            }
            Self::Rqi | Self::EndMarker | Self::Stats => {}
            Self::Usage(attributes) => attributes.as_slice().emit(buffer),
            Self::Path(attributes) => attributes.as_slice().emit(buffer),
            Self::PeerAddress(v) | Self::MsAddress(v) | Self::RouteDst(IpAddr::V4(v)) => {
                buffer.copy_from_slice(&v.octets());
            }
            Self::PeerAddr6(v) | Self::MsAddr6(v) | Self::RouteDst(IpAddr::V6(v)) => {
                buffer.copy_from_slice(&v.octets());
            }
            Self::Other(nla) => nla.emit_value(buffer),
        }
    }
}

impl<'a, T: AsRef<[u8]> + ?Sized> Parseable<NlaBuffer<&'a T>> for GtpAttribute {
    fn parse(nla: &NlaBuffer<&'a T>) -> Result<Self, DecodeError> {
        let value = nla.value();

        Ok(match nla.kind() {
            GTPA_LINK => Self::Link(u32::from_ne_bytes(head(nla, value)?)),
            GTPA_VERSION => Self::Version(u32::from_ne_bytes(head(nla, value)?)),
            GTPA_TID => Self::Tid(u64::from_ne_bytes(head(nla, value)?)),
            GTPA_PEER_ADDRESS => Self::PeerAddress(head::<4, _>(nla, value)?.into()),
            GTPA_MS_ADDRESS => Self::MsAddress(head::<4, _>(nla, value)?.into()),
            GTPA_FLOW => Self::Flow(u16::from_ne_bytes(head(nla, value)?)),
            GTPA_NET_NS_FD => Self::NetNsFd(i32::from_ne_bytes(head(nla, value)?)),
            GTPA_I_TEI => Self::ITei(u32::from_ne_bytes(head(nla, value)?)),
            GTPA_O_TEI => Self::OTei(u32::from_ne_bytes(head(nla, value)?)),
            GTPA_PEER_ADDR6 => Self::PeerAddr6(head::<16, _>(nla, value)?.into()),
            GTPA_MS_ADDR6 => Self::MsAddr6(head::<16, _>(nla, value)?.into()),
            GTPA_FAMILY => Self::Family(u8::from_ne_bytes(head(nla, value)?)),
            GTPA_QFI => Self::Qfi(u8::from_ne_bytes(head(nla, value)?)),
            GTPA_RQI => Self::Rqi,
            GTPA_PPI => Self::Ppi(u8::from_ne_bytes(head(nla, value)?)),
            GTPA_END_MARKER => Self::EndMarker,
            GTPA_STATS => Self::Stats,
            GTPA_USAGE => Self::Usage(UsageAttribute::parse_all(value)?),
            GTPA_VOLUME_THRESHOLD => Self::VolumeThreshold(u64::from_ne_bytes(head(nla, value)?)),
            GTPA_VOLUME_QUOTA => Self::VolumeQuota(u64::from_ne_bytes(head(nla, value)?)),
            GTPA_QUOTA_ACTION => Self::QuotaAction(u8::from_ne_bytes(head(nla, value)?)),
            GTPA_PATH => Self::Path(PathAttribute::parse_all(value)?),
            GTPA_BEARER => Self::Bearer(u8::from_ne_bytes(head(nla, value)?)),
            GTPA_ROUTE_DST if value.len() < 16 => {
                Self::RouteDst(IpAddr::from(head::<4, _>(nla, value)?))
            }
            GTPA_ROUTE_DST => Self::RouteDst(IpAddr::from(head::<16, _>(nla, value)?)),
            GTPA_ROUTE_DST_LEN => Self::RouteDstLen(u8::from_ne_bytes(head(nla, value)?)),
            _ => Self::Other(DefaultNla::parse(nla)?),
        })
    }
}

/// Returns the first `N` octets of an attribute's value.
pub(super) fn head<const N: usize, T: AsRef<[u8]> + ?Sized>(
    nla: &NlaBuffer<&T>,
    value: &[u8],
) -> Result<[u8; N], DecodeError> {
    value
        .get(..N)
        .and_then(|bytes| bytes.try_into().ok())
        .ok_or_else(|| {
            let kind = nla.kind();
            let name = attribute_name(kind).unwrap_or("attribute");
            DecodeError::from(format!(
                "{name} ({kind}) has {} octets, {N} expected",
                value.len()
            ))
        })
}

#[cfg(test)]
mod tests {
    use super::*;
    use netlink_packet_core::Emitable;
    use proptest::prelude::*;

    fn emit(attributes: &[GtpAttribute]) -> Vec<u8> {
        let mut bytes = vec![0xff; attributes.buffer_len()];
        attributes.emit(&mut bytes);
        bytes
    }

    #[cfg(target_endian = "little")]
    #[test]
    fn every_attribute_has_its_golden_bytes() {
        let golden: [(GtpAttribute, &[u8]); 25] = [
            (GtpAttribute::Link(7), &[8, 0, 1, 0, 7, 0, 0, 0]),
            (GtpAttribute::Version(1), &[8, 0, 2, 0, 1, 0, 0, 0]),
            (
                GtpAttribute::Tid(0x0102_0304_0506_0708),
                &[12, 0, 3, 0, 8, 7, 6, 5, 4, 3, 2, 1],
            ),
            (
                GtpAttribute::PeerAddress(Ipv4Addr::new(192, 0, 2, 1)),
                &[8, 0, 4, 0, 192, 0, 2, 1],
            ),
            (
                GtpAttribute::MsAddress(Ipv4Addr::new(10, 45, 0, 2)),
                &[8, 0, 5, 0, 10, 45, 0, 2],
            ),
            (
                GtpAttribute::Flow(0x0102),
                &[6, 0, 6, 0, 0x02, 0x01, 0, 0], //
            ),
            (GtpAttribute::NetNsFd(3), &[8, 0, 7, 0, 3, 0, 0, 0]),
            (
                GtpAttribute::ITei(0x0a0b_0c0d),
                &[8, 0, 8, 0, 0x0d, 0x0c, 0x0b, 0x0a],
            ),
            (GtpAttribute::OTei(200), &[8, 0, 9, 0, 200, 0, 0, 0]),
            (
                GtpAttribute::PeerAddr6(Ipv6Addr::LOCALHOST),
                &[20, 0, 11, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1],
            ),
            (
                GtpAttribute::MsAddr6(Ipv6Addr::new(0x2001, 0xdb8, 0, 1, 0, 0, 0, 0)),
                &[
                    20, 0, 12, 0, 0x20, 1, 0x0d, 0xb8, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0,
                ],
            ),
            // libgtpnl reads the family as four octets: the padding is zero.
            (GtpAttribute::Family(2), &[5, 0, 13, 0, 2, 0, 0, 0]),
            (GtpAttribute::Qfi(9), &[5, 0, 64, 0, 9, 0, 0, 0]),
            (GtpAttribute::Rqi, &[4, 0, 65, 0]),
            (GtpAttribute::Ppi(7), &[5, 0, 66, 0, 7, 0, 0, 0]),
            (GtpAttribute::EndMarker, &[4, 0, 67, 0]),
            (GtpAttribute::Stats, &[4, 0, 70, 0]),
            (
                GtpAttribute::Usage(vec![UsageAttribute::Reached(3)]),
                &[12, 0, 71, 0x80, 5, 0, 12, 0, 3, 0, 0, 0],
            ),
            (
                GtpAttribute::VolumeThreshold(0x0102),
                &[12, 0, 72, 0, 2, 1, 0, 0, 0, 0, 0, 0],
            ),
            (
                GtpAttribute::VolumeQuota(u64::MAX),
                &[12, 0, 73, 0, 255, 255, 255, 255, 255, 255, 255, 255],
            ),
            (GtpAttribute::QuotaAction(1), &[5, 0, 74, 0, 1, 0, 0, 0]),
            (GtpAttribute::Bearer(5), &[5, 0, 80, 0, 5, 0, 0, 0]),
            (
                GtpAttribute::RouteDst(IpAddr::from([10, 99, 0, 0])),
                &[8, 0, 81, 0, 10, 99, 0, 0],
            ),
            (
                GtpAttribute::RouteDst(Ipv6Addr::LOCALHOST.into()),
                &[20, 0, 81, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1],
            ),
            (GtpAttribute::RouteDstLen(16), &[5, 0, 82, 0, 16, 0, 0, 0]),
        ];

        for (attribute, bytes) in golden {
            assert_eq!(emit(std::slice::from_ref(&attribute)), bytes);
            assert_eq!(GtpAttribute::parse_all(bytes).unwrap(), [attribute]);
        }
    }

    #[test]
    fn a_longer_scalar_is_read_a_shorter_one_refused() {
        let long = [12, 0, 2, 0, 1, 0, 0, 0, 9, 9, 9, 9];
        assert_eq!(
            GtpAttribute::parse_all(&long).unwrap(),
            [GtpAttribute::Version(u32::from_ne_bytes([1, 0, 0, 0]))]
        );

        let short = [6, 0, 2, 0, 1, 0, 0, 0];
        let error = GtpAttribute::parse_all(&short).unwrap_err().to_string();
        assert!(error.contains("GTPA_VERSION (2) has 2 octets, 4 expected"));
    }

    #[test]
    fn names_are_those_of_the_header() {
        assert_eq!(attribute_name(GTPA_I_TEI), Some("GTPA_I_TEI"));
        assert_eq!(attribute_name(63), None);
    }

    fn usage_attribute() -> impl Strategy<Value = UsageAttribute> {
        prop_oneof![
            any::<u64>().prop_map(UsageAttribute::TxPackets),
            any::<u64>().prop_map(UsageAttribute::Idle),
            any::<u8>().prop_map(UsageAttribute::Event),
        ]
    }

    fn attribute() -> impl Strategy<Value = GtpAttribute> {
        prop_oneof![
            any::<u32>().prop_map(GtpAttribute::Link),
            any::<u32>().prop_map(GtpAttribute::Version),
            any::<u64>().prop_map(GtpAttribute::Tid),
            any::<Ipv4Addr>().prop_map(GtpAttribute::PeerAddress),
            any::<Ipv4Addr>().prop_map(GtpAttribute::MsAddress),
            any::<u16>().prop_map(GtpAttribute::Flow),
            any::<i32>().prop_map(GtpAttribute::NetNsFd),
            any::<u32>().prop_map(GtpAttribute::ITei),
            any::<u32>().prop_map(GtpAttribute::OTei),
            any::<Ipv6Addr>().prop_map(GtpAttribute::PeerAddr6),
            any::<Ipv6Addr>().prop_map(GtpAttribute::MsAddr6),
            any::<u8>().prop_map(GtpAttribute::Family),
            any::<u8>().prop_map(GtpAttribute::Qfi),
            Just(GtpAttribute::Rqi),
            any::<u8>().prop_map(GtpAttribute::Ppi),
            Just(GtpAttribute::EndMarker),
            Just(GtpAttribute::Stats),
            proptest::collection::vec(usage_attribute(), 0..4).prop_map(GtpAttribute::Usage),
            any::<u64>().prop_map(GtpAttribute::VolumeThreshold),
            any::<u64>().prop_map(GtpAttribute::VolumeQuota),
            any::<u8>().prop_map(GtpAttribute::QuotaAction),
            any::<u8>().prop_map(GtpAttribute::Bearer),
            any::<IpAddr>().prop_map(GtpAttribute::RouteDst),
            any::<u8>().prop_map(GtpAttribute::RouteDstLen),
            (83u16..0x3fff, proptest::collection::vec(any::<u8>(), 0..64))
                .prop_map(|(kind, value)| GtpAttribute::Other(DefaultNla::new(kind, value))),
        ]
    }

    proptest! {
        #[test]
        fn parsing_what_was_emitted_is_the_identity(
            attributes in proptest::collection::vec(attribute(), 0..16),
        ) {
            let bytes = emit(&attributes);
            prop_assert_eq!(GtpAttribute::parse_all(&bytes).unwrap(), attributes);
        }

        #[test]
        fn no_input_panics(bytes in proptest::collection::vec(any::<u8>(), 0..128)) {
            let _ = GtpAttribute::parse_all(&bytes);
        }
    }
}
