// SPDX-License-Identifier: GPL-2.0

//! The T-PDU: as much of the inner IP packet as anti-spoofing needs.
//!
//! Offsets and lengths count from the first octet of the T-PDU.

use super::{
    bytes::read,
    Error,
    Step, //
};
use core::net::{
    Ipv4Addr,
    Ipv6Addr, //
};

/// Length of an IPv4 header without options, in octets.
pub const IPV4_HEADER_LEN: usize = 20;

/// Length of an IPv6 header without extension headers, in octets.
pub const IPV6_HEADER_LEN: usize = 40;

/// Offset of the source address in an IPv4 header (RFC 791 3.1).
const IPV4_SOURCE: usize = 12;
/// Offset of the destination address in an IPv4 header.
const IPV4_DESTINATION: usize = 16;
/// Offset of the source address in an IPv6 header (RFC 8200 3).
const IPV6_SOURCE: usize = 8;
/// Offset of the destination address in an IPv6 header.
const IPV6_DESTINATION: usize = 24;

/// Version of the inner packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Version {
    /// IPv4.
    V4,
    /// IPv6.
    V6,
}

/// Tells the version of a T-PDU from its first octet.
///
/// # Errors
///
/// [`Error::InnerTruncated`] if `data` is empty, [`Error::InnerVersion`] if the
/// packet is neither IPv4 nor IPv6.
#[inline]
pub fn version(data: &[u8]) -> Result<Version, Error> {
    match data.first().ok_or(Error::InnerTruncated)? >> 4 {
        4 => Ok(Version::V4),
        6 => Ok(Version::V6),
        _ => Err(Error::InnerVersion),
    }
}

/// Addresses of an inner packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Addresses {
    /// Those of an IPv4 packet.
    V4 {
        /// Source.
        source: Ipv4Addr,
        /// Destination.
        destination: Ipv4Addr,
    },
    /// Those of an IPv6 packet.
    V6 {
        /// Source.
        source: Ipv6Addr,
        /// Destination.
        destination: Ipv6Addr,
    },
}

/// Reads the addresses of a T-PDU of `total` octets whose first ones are `data`.
///
/// Only the version and the presence of the fixed header are checked; the rest
/// is the IP layer's.
///
/// # Errors
///
/// [`Error::InnerTruncated`] if the T-PDU is shorter than the fixed header of
/// its version, [`Error::InnerVersion`] if it is neither IPv4 nor IPv6.
#[inline]
pub fn decode(data: &[u8], total: usize) -> Result<Step<Addresses>, Error> {
    if total == 0 {
        return Err(Error::InnerTruncated);
    }
    if data.is_empty() {
        return Ok(Step::Need(1));
    }
    let (version, need) = match version(data)? {
        Version::V4 => (Version::V4, IPV4_HEADER_LEN),
        Version::V6 => (Version::V6, IPV6_HEADER_LEN),
    };
    if total < need {
        return Err(Error::InnerTruncated);
    }
    if data.len() < need {
        return Ok(Step::Need(need));
    }
    let addresses = match version {
        Version::V4 => ipv4_addresses(data),
        Version::V6 => ipv6_addresses(data),
    };
    addresses.map(Step::Done).ok_or(Error::InnerTruncated)
}

/// Reads the addresses of a T-PDU that begins with `data`; None if that is not a whole fixed
/// header of either version.
#[inline]
pub fn at_hand(data: &[u8]) -> Option<Addresses> {
    match version(data).ok()? {
        Version::V4 => ipv4_addresses(data.first_chunk::<IPV4_HEADER_LEN>()?),
        Version::V6 => ipv6_addresses(data.first_chunk::<IPV6_HEADER_LEN>()?),
    }
}

/// Both addresses of an IPv4 packet, or `None` where `data` ends before.
#[inline]
fn ipv4_addresses(data: &[u8]) -> Option<Addresses> {
    Some(Addresses::V4 {
        source: ipv4_source(data)?,
        destination: ipv4_destination(data)?,
    })
}

/// Both addresses of an IPv6 packet, or `None` where `data` ends before.
#[inline]
fn ipv6_addresses(data: &[u8]) -> Option<Addresses> {
    Some(Addresses::V6 {
        source: ipv6_source(data)?,
        destination: ipv6_destination(data)?,
    })
}

/// Returns the source of an IPv4 packet, or `None` where `data` ends before.
#[inline]
pub fn ipv4_source(data: &[u8]) -> Option<Ipv4Addr> {
    read::<4>(data, IPV4_SOURCE).map(Ipv4Addr::from)
}

/// Returns the destination of an IPv4 packet, or `None` where `data` ends before.
#[inline]
pub fn ipv4_destination(data: &[u8]) -> Option<Ipv4Addr> {
    read::<4>(data, IPV4_DESTINATION).map(Ipv4Addr::from)
}

/// Returns the source of an IPv6 packet, or `None` where `data` ends before.
#[inline]
pub fn ipv6_source(data: &[u8]) -> Option<Ipv6Addr> {
    read::<16>(data, IPV6_SOURCE).map(Ipv6Addr::from)
}

/// Returns the destination of an IPv6 packet, or `None` where `data` ends before.
#[inline]
pub fn ipv6_destination(data: &[u8]) -> Option<Ipv6Addr> {
    read::<16>(data, IPV6_DESTINATION).map(Ipv6Addr::from)
}

/// Returns the /64 of an address, its upper half in host order. An MS owns the
/// whole /64 (TS 29.061 11.2.1.3).
#[inline]
pub const fn prefix64(address: Ipv6Addr) -> u64 {
    let [a, b, c, d, e, f, g, h, ..] = address.octets();
    u64::from_be_bytes([a, b, c, d, e, f, g, h])
}

/// Returns the interface identifier of an address, its lower half in host order.
#[inline]
pub const fn interface_id(address: Ipv6Addr) -> u64 {
    let [.., a, b, c, d, e, f, g, h] = address.octets();
    u64::from_be_bytes([a, b, c, d, e, f, g, h])
}

/// Whether an address is link-local unicast, fe80::/10 (RFC 4291 2.5.6).
#[inline]
pub const fn is_link_local(address: Ipv6Addr) -> bool {
    let [a, b, ..] = address.octets();
    a == 0xfe && b & 0xc0 == 0x80
}

#[cfg(test)]
mod tests {
    use super::*;

    /// ICMP echo request from 10.45.0.2 to 192.0.2.1, header only.
    const V4: [u8; 20] = [
        0x45, 0x00, 0x00, 0x14, 0x12, 0x34, 0x40, 0x00, 0x40, 0x01, 0x00, 0x00, 10, 45, 0, 2, 192,
        0, 2, 1,
    ];

    fn v6() -> [u8; 40] {
        let mut packet = [0; 40];
        packet[0] = 0x60;
        packet[6] = 59;
        packet[7] = 64;
        packet[8..24].copy_from_slice(&"2001:db8:1:2::3".parse::<Ipv6Addr>().unwrap().octets());
        packet[24..40].copy_from_slice(&"fe80::1".parse::<Ipv6Addr>().unwrap().octets());
        packet
    }

    #[test]
    fn reads_ipv4_addresses() {
        let want = Addresses::V4 {
            source: Ipv4Addr::new(10, 45, 0, 2),
            destination: Ipv4Addr::new(192, 0, 2, 1),
        };
        assert_eq!(decode(&V4, 20), Ok(Step::Done(want)));
        assert_eq!(decode(&V4, 1500), Ok(Step::Done(want)));
    }

    #[test]
    fn reads_ipv6_addresses() {
        let want = Addresses::V6 {
            source: "2001:db8:1:2::3".parse().unwrap(),
            destination: "fe80::1".parse().unwrap(),
        };
        assert_eq!(decode(&v6(), 40), Ok(Step::Done(want)));
    }

    #[test]
    fn asks_for_what_is_missing() {
        assert_eq!(decode(&[], 40), Ok(Step::Need(1)));
        assert_eq!(decode(&V4[..1], 20), Ok(Step::Need(20)));
        assert_eq!(decode(&V4[..19], 20), Ok(Step::Need(20)));
        assert_eq!(decode(&v6()[..39], 40), Ok(Step::Need(40)));
    }

    #[test]
    fn refuses_what_is_no_packet() {
        assert_eq!(decode(&[], 0), Err(Error::InnerTruncated));
        assert_eq!(decode(&V4[..19], 19), Err(Error::InnerTruncated));
        assert_eq!(decode(&v6()[..39], 39), Err(Error::InnerTruncated));
        assert_eq!(decode(&[0x50; 64], 64), Err(Error::InnerVersion));
        assert_eq!(version(&[0x0f]), Err(Error::InnerVersion));
        assert_eq!(version(&[]), Err(Error::InnerTruncated));
    }

    #[test]
    fn splits_an_ipv6_address_in_halves() {
        let address = "2001:db8:1:2:3:4:5:6".parse().unwrap();
        assert_eq!(prefix64(address), 0x2001_0db8_0001_0002);
        assert_eq!(interface_id(address), 0x0003_0004_0005_0006);
    }

    #[test]
    fn link_local_is_a_slash_ten() {
        assert!(is_link_local("fe80::1".parse().unwrap()));
        assert!(is_link_local("febf:ffff::".parse().unwrap()));
        assert!(!is_link_local("fec0::1".parse().unwrap()));
        assert!(!is_link_local("ff02::2".parse().unwrap()));
        assert!(!is_link_local("2001:db8::1".parse().unwrap()));
    }
}
