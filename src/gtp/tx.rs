// SPDX-License-Identifier: GPL-2.0

//! Transmission: from an IP packet to a G-PDU on its way to the peer.
//!
//! Called under RCU with softirqs disabled, on any number of CPUs.

use super::{
    device::{
        Gtp,
        Role,
        SocketRole, //
    },
    pdp::{
        ms_key,
        Pdp,
        Tunnel,
        BY_MS, //
    },
    stats::Event, //
};
use crate::{
    net::{
        link::Device,
        route::Route,
        skb::{
            DropReason,
            SkBuff,
            ETH_P_IP,
            ETH_P_IPV6, //
        },
        udp::{
            Endpoint,
            Receiver, //
        },
    },
    wire::{
        inner,
        v0,
        v1, //
    },
};
use core::net::IpAddr;
use kernel::{
    prelude::*,
    sync::rcu, //
};

/// Largest value of a length field, in octets.
const MAX_LENGTH: u32 = 65535;
/// Length of a UDP header, in octets.
const UDP_HEADER_LEN: u32 = 8;
/// Smallest MTU of IPv6 (RFC 8200 5), in octets: no sender takes a smaller one to heart.
const IPV6_MIN_MTU: u32 = 1280;

/// What the transmission looks at in the header of an inner packet.
struct Inner {
    /// Address of the MS.
    ms: IpAddr,
    /// TOS octet or traffic class.
    tos: u8,
    /// What is done with it if it is too big.
    size: Size,
}

/// What is done with a packet that is too big for the path.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Size {
    /// It is fragmented outside the tunnel: IPv4 without "don't fragment".
    Any,
    /// The same, for a packet that is a fragment itself.
    Fragment,
    /// Its sender is told to send smaller ones: IPv4 with "don't fragment", or IPv6.
    AtMost {
        /// No sender is told to send packets smaller than this, in octets.
        least: u32,
    },
}

impl Inner {
    /// Reads the header of a packet that begins with `data`.
    #[inline]
    fn read(protocol: u16, data: &[u8], role: Role) -> Result<Self, DropReason> {
        match protocol {
            ETH_P_IP => Self::read_v4(data, role).ok_or(DropReason::HeaderTruncated),
            ETH_P_IPV6 => Self::read_v6(data, role).ok_or(DropReason::HeaderTruncated),
            _ => Err(DropReason::UnhandledProtocol),
        }
    }

    /// Reads the header of an IPv4 packet.
    #[inline]
    fn read_v4(data: &[u8], role: Role) -> Option<Self> {
        /// "Don't fragment", among the flags in front of the fragment offset.
        const DF: u16 = 0x4000;

        let [_, tos, _, _, _, _, f0, f1] = *data.first_chunk()?;
        let ms = match role {
            Role::Ggsn => inner::ipv4_destination(data)?,
            Role::Sgsn => inner::ipv4_source(data)?,
        };
        Some(Self {
            ms: IpAddr::V4(ms),
            tos,
            size: match u16::from_be_bytes([f0, f1]) {
                0 => Size::Any,
                fragment if fragment & DF != 0 => Size::AtMost { least: 0 },
                _ => Size::Fragment,
            },
        })
    }

    /// Reads the header of an IPv6 packet.
    #[inline]
    fn read_v6(data: &[u8], role: Role) -> Option<Self> {
        let [a, b] = *data.first_chunk()?;
        let ms = match role {
            Role::Ggsn => inner::ipv6_destination(data)?,
            Role::Sgsn => inner::ipv6_source(data)?,
        };
        Some(Self {
            ms: IpAddr::V6(ms),
            // Four bits of version, eight of traffic class.
            tos: (a << 4) | (b >> 4),
            size: Size::AtMost {
                least: IPV6_MIN_MTU,
            },
        })
    }
}

/// The way that a packet takes once it is a G-PDU.
struct Way<'rcu> {
    endpoint: &'rcu Endpoint<Gtp>,
    route: Route,
    tos: u8,
    port: u16,
}

/// Sends an IP packet into the tunnel of its MS.
#[inline]
pub(super) fn xmit(dev: &Device<Gtp>, mut skb: SkBuff, rcu: &rcu::Guard) {
    match encapsulate(dev, &mut skb, rcu) {
        Ok(way) => {
            way.endpoint
                .send(skb, way.route, way.tos, way.port, way.port, rcu);
        }
        Err(reason) => drop_with(dev, skb, reason),
    }
}

/// Drops a packet and counts why.
#[cold]
fn drop_with(dev: &Device<Gtp>, skb: SkBuff, reason: DropReason) {
    dev.count_tx_error();
    dev.data().counters.count(match reason {
        DropReason::NoTunnel => Event::TxNoContext,
        DropReason::NotReady => Event::TxNoSocket,
        DropReason::NoRoute => Event::TxNoRoute,
        DropReason::Recursion => Event::TxRecursion,
        DropReason::TooBig => Event::TxTooBig,
        DropReason::UnhandledProtocol => Event::TxNotIp,
        DropReason::NoMemory => Event::TxNoMemory,
        _ => Event::TxTruncated,
    });
    skb.drop_with(reason);
}

/// Turns the packet into a G-PDU and finds its way.
#[inline]
fn encapsulate<'rcu>(
    dev: &'rcu Device<Gtp>,
    skb: &mut SkBuff,
    rcu: &'rcu rcu::Guard,
) -> Result<Way<'rcu>, DropReason> {
    skb.prepare_encap(dev.needed_headroom())
        .map_err(|_| DropReason::HeaderTruncated)?;
    let gtp = dev.data();
    let inner = Inner::read(skb.protocol(), skb.linear(), gtp.role)?;
    let pdp = gtp
        .contexts
        .find(BY_MS, &ms_key(inner.ms), rcu)
        .ok_or(DropReason::NoTunnel)?;
    let version = pdp.tunnel.version();
    let socket = SocketRole {
        version,
        ipv6: pdp.peer.is_ipv6(),
    };
    let Some(endpoint) = gtp.slot(socket).get(rcu) else {
        dev.count_tx_carrier_error();
        return Err(DropReason::NotReady);
    };
    let route = endpoint.route(pdp.peer).map_err(|_| {
        dev.count_tx_carrier_error();
        DropReason::NoRoute
    })?;
    if route.leaves_through(dev) {
        dev.count_collision();
        return Err(DropReason::Recursion);
    }
    check_size(skb, inner.size, pdp, &route)?;
    push_header(skb, pdp)?;
    Ok(Way {
        endpoint,
        route,
        tos: inner.tos,
        port: version.port(),
    })
}

/// Tells the sender's route how large a packet may be, and turns one down that is
/// larger and must not be fragmented. Others are fragmented outside the tunnel.
#[inline]
fn check_size(skb: &mut SkBuff, size: Size, pdp: &Pdp, route: &Route) -> Result<(), DropReason> {
    let gtp = match pdp.tunnel {
        Tunnel::V0 { .. } => v0::HEADER_LEN,
        Tunnel::V1 { .. } => v1::HEADER_LEN,
    };
    let datagram = u32::try_from(gtp)
        .unwrap_or(u32::MAX)
        .saturating_add(UDP_HEADER_LEN);
    let headers = datagram.saturating_add(route.ip_header_len());
    let len = u32::try_from(skb.len()).unwrap_or(u32::MAX);
    // Lengths have 16 bits, and IPv4's counts its own header, unlike IPv6's.
    let counted = if pdp.peer.is_ipv6() {
        datagram
    } else {
        headers
    };
    if len.saturating_add(counted) > MAX_LENGTH {
        return Err(DropReason::TooBig);
    }
    let room = route.mtu().saturating_sub(headers);
    match size {
        Size::Any => skb.update_pmtu(route.mtu()),
        Size::Fragment => skb.update_pmtu(room),
        Size::AtMost { least } => {
            let mtu = room.max(least);
            skb.update_pmtu(mtu);
            if len > mtu {
                skb.send_too_big(mtu);
                return Err(DropReason::TooBig);
            }
        }
    }
    Ok(())
}

/// Puts the GTP header in front of the packet.
#[inline]
fn push_header(skb: &mut SkBuff, pdp: &Pdp) -> Result<(), DropReason> {
    let payload = skb.len();
    let pushed = match pdp.tunnel {
        Tunnel::V0 { tid, flow } => {
            let header = v0::gpdu_header(tid, flow, pdp.next_seq(), payload)
                .map_err(|_| DropReason::TooBig)?;
            skb.push_header(&header)
        }
        Tunnel::V1 { o_tei, .. } => {
            let header = v1::gpdu_header(o_tei, payload).map_err(|_| DropReason::TooBig)?;
            skb.push_header(&header)
        }
    };
    pushed.map_err(|_: Error| DropReason::NoMemory)
}
