// SPDX-License-Identifier: GPL-2.0

//! The network that is fuzzed, as tests/rough/packets.sh sets it up: two namespaces, three links
//! in each, tunnels between them.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// A namespace: 0 has the GGSNs, 1 the SGSNs and the MSs.
pub type Side = usize;

/// Number of links in a namespace.
pub const LINKS: usize = 3;

/// The links of either namespace. The first has sockets of both families that are the kernel's,
/// the second IPv4 sockets of a process, the third IPv6 sockets of a process.
pub const DEVICES: [[&str; LINKS]; 2] = [["ggsn0", "ggsn1", "ggsn2"], ["sgsn0", "sgsn1", "sgsn2"]];

/// UDP ports, by version.
pub const PORTS: [u16; 2] = [3386, 2152];

/// Identifiers of tunnels that there are, by version.
pub const TUNNELS: [&[u8]; 2] = [&[1, 2], &[1, 2, 3, 4]];

/// A link's address: 192.0.2.N or 2001:db8:a::N.
pub fn address(side: Side, link: usize, v6: bool) -> IpAddr {
    let n = (1 + side + 2 * link) as u8;
    if v6 {
        IpAddr::V6(Ipv6Addr::new(0x2001, 0xdb8, 0xa, 0, 0, 0, 0, n.into()))
    } else {
        IpAddr::V4(Ipv4Addr::new(192, 0, 2, n))
    }
}

/// An address that is reached through a side's tun device, where nobody reads.
pub fn remote(side: Side, v6: bool, n: u8) -> IpAddr {
    let side = side as u8;
    if v6 {
        IpAddr::V6(Ipv6Addr::new(
            0x2001,
            0xdb8,
            0xc,
            side.into(),
            0,
            0,
            0,
            n.into(),
        ))
    } else {
        IpAddr::V4(Ipv4Addr::new(198, 51, 100 + side, n))
    }
}

/// The MS of a tunnel: 10.45.0.N, or 2001:db8:45:N::1, with 46 and 47 on the other links.
pub fn ms(link: usize, version: usize, tunnel: u8) -> IpAddr {
    let v6 = tunnel % 2 == 0;
    let n = match version {
        0 => 10 + tunnel,
        _ => tunnel,
    };
    let net = link as u8;
    if v6 {
        IpAddr::V6(Ipv6Addr::new(
            0x2001,
            0xdb8,
            0x45 + u16::from(net),
            n.into(),
            0,
            0,
            0,
            1,
        ))
    } else {
        IpAddr::V4(Ipv4Addr::new(10, 45 + net, 0, n))
    }
}

/// The address behind the GGSN that a link's MSs talk to.
pub fn server(link: usize, v6: bool) -> IpAddr {
    let net = link as u8;
    if v6 {
        IpAddr::V6(Ipv6Addr::new(0x2001, 0xdb8, 0x99, net.into(), 0, 0, 0, 1))
    } else {
        IpAddr::V4(Ipv4Addr::new(10, 99, net, 1))
    }
}

/// The octets of an address.
pub fn octets(address: IpAddr) -> Vec<u8> {
    match address {
        IpAddr::V4(v4) => v4.octets().to_vec(),
        IpAddr::V6(v6) => v6.octets().to_vec(),
    }
}

/// The hardware address of all devices of a side, as far as they have one.
pub const fn mac(side: Side) -> [u8; 6] {
    [2, 0, 0, 0, 0, 1 + side as u8]
}
