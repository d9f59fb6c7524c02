// SPDX-License-Identifier: GPL-2.0

//! Transmission: from an IP packet to a G-PDU on its way to the peer.
//!
//! Called under RCU with softirqs disabled, on any number of CPUs.

use super::{
    device::{
        Gtp,
        Role, //
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
        gso,
        link::{
            Device,
            Sending, //
        },
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
    pdp: &'rcu Pdp,
    endpoint: &'rcu Endpoint<Gtp>,
    route: Route,
    tos: u8,
}

/// Sends an IP packet into the tunnel of its MS.
#[inline]
pub(super) fn xmit(dev: &Device<Gtp>, mut skb: SkBuff, sending: &Sending, rcu: &rcu::Guard) {
    let sent = match find_way(dev, &mut skb, sending, rcu) {
        Ok(way) if skb.is_gso() => send_segments(skb, way),
        Ok(way) => {
            let len = skb.len();
            way.send(skb, len)
        }
        Err(reason) => Err((skb, reason)),
    };
    if let Err((skb, reason)) = sent {
        drop_with(dev, skb, reason);
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

/// Finds the context of a packet, and its way to the peer.
#[inline]
fn find_way<'rcu>(
    dev: &'rcu Device<Gtp>,
    skb: &mut SkBuff,
    sending: &Sending,
    rcu: &'rcu rcu::Guard,
) -> Result<Way<'rcu>, DropReason> {
    let protocol = skb.inner_header().ok_or(DropReason::HeaderTruncated)?;
    let gtp = dev.data();
    let inner = Inner::read(protocol, skb.linear(), gtp.role)?;
    let pdp = gtp
        .contexts
        .find(BY_MS, &ms_key(inner.ms), rcu)
        .ok_or(DropReason::NoTunnel)?;
    let path = &pdp.path;
    let found = match gtp.slot(path.role).get(rcu) {
        Some(endpoint) => endpoint
            .route(&path.routes, sending)
            .map(|route| (endpoint, route)),
        None => Err(ENOTCONN),
    };
    let (endpoint, route) = found.map_err(|error| no_way(dev, error))?;
    check_size(skb, inner.size, pdp, &route)?;
    Ok(Way {
        pdp,
        endpoint,
        route,
        tos: inner.tos,
    })
}

/// Why there is no way to the peer.
#[cold]
fn no_way(dev: &Device<Gtp>, error: Error) -> DropReason {
    if error == ELOOP {
        dev.count_collision();
        return DropReason::Recursion;
    }
    dev.count_tx_carrier_error();
    if error == ENOTCONN {
        DropReason::NotReady
    } else {
        DropReason::NoRoute
    }
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
    let len = if skb.is_gso() {
        skb.segment_len()
    } else {
        skb.len()
    };
    let len = u32::try_from(len).unwrap_or(u32::MAX);
    // Lengths have 16 bits, and IPv4's counts its own header, unlike IPv6's.
    let counted = match pdp.path.peer() {
        IpAddr::V4(_) => headers,
        IpAddr::V6(_) => datagram,
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

impl Way<'_> {
    /// Sends a packet as a G-PDU whose header says that the T-PDU has `len` octets; or
    /// gives it back, if there is no such header.
    #[inline]
    fn send(self, skb: SkBuff, len: usize) -> Result<(), (SkBuff, DropReason)> {
        match self.pdp.tunnel {
            Tunnel::V0 { tid, flow } => {
                match v0::gpdu_header(tid, flow, self.pdp.next_seq(), len) {
                    Ok(header) => self.send_behind(skb, &header),
                    Err(_) => return Err((skb, DropReason::TooBig)),
                }
            }
            Tunnel::V1 { o_tei, .. } => match v1::gpdu_header(o_tei, len) {
                Ok(header) => self.send_behind(skb, &header),
                Err(_) => return Err((skb, DropReason::TooBig)),
            },
        }
        Ok(())
    }

    /// Sends a packet behind a GTP header.
    #[inline]
    fn send_behind(self, skb: SkBuff, header: &[u8]) {
        let port = self.pdp.tunnel.version().port();
        self.endpoint
            .send(skb, self.route, self.tos, port, port, header);
    }

    /// The same way for another packet.
    fn again(&self) -> Self {
        Self {
            route: self.route.clone(),
            ..*self
        }
    }
}

/// What the stack calls when it cuts a packet that was sent whole.
pub(crate) struct Cut;

/// What the stack knows of [`Cut`].
static CUT: gso::Protocol<Cut> = gso::Protocol::new();

impl gso::Tunnel for Cut {
    fn protocol() -> &'static gso::Protocol<Self> {
        &CUT
    }

    fn set_length(header: &mut [u8], payload: usize) {
        v1::set_payload(header, payload);
    }
}

/// Sends a packet that is several segments in one. Each is to become a G-PDU whose header
/// says how long it is: where the packet leaves whole the header stands once, and is right
/// for full segments. The sequence numbers of version 0 have each its own header.
#[inline(never)]
fn send_segments(skb: SkBuff, way: Way<'_>) -> Result<(), (SkBuff, DropReason)> {
    let even = matches!(way.pdp.tunnel, Tunnel::V1 { .. });
    if even && skb.suits(&way.route) {
        let len = skb.segment_len();
        return way.send(skb, len);
    }
    for part in skb.split(even).map_err(|skb| (skb, DropReason::NoMemory))? {
        let len = if part.is_gso() {
            part.segment_len()
        } else {
            part.len()
        };
        way.again().send(part, len)?;
    }
    Ok(())
}
