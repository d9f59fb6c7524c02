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
};
use crate::{
    net::{
        link::Device,
        route::Route4,
        skb::{
            DropReason,
            SkBuff,
            ETH_P_IP, //
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

/// What the outer headers take beside GTP's: IPv4 and UDP, in octets.
const OUTER4_UDP_LEN: u32 = 20 + 8;

/// What the transmission looks at in the header of an inner IPv4 packet.
struct Inner4 {
    /// Address of the MS.
    ms: IpAddr,
    /// TOS octet.
    tos: u8,
    /// Flags and fragment offset (RFC 791 3.1).
    fragment: u16,
}

impl Inner4 {
    /// "Don't fragment" among the flags.
    const DF: u16 = 0x4000;

    /// Reads the header of the packet at the start of `data`.
    #[inline]
    fn read(data: &[u8], role: Role) -> Option<Self> {
        let [_, tos, _, _, _, _, f0, f1] = *data.first_chunk()?;
        let ms = match role {
            Role::Ggsn => inner::ipv4_destination(data)?,
            Role::Sgsn => inner::ipv4_source(data)?,
        };
        Some(Self {
            ms: IpAddr::V4(ms),
            tos,
            fragment: u16::from_be_bytes([f0, f1]),
        })
    }
}

/// The way that a packet takes once it is a G-PDU.
struct Way<'rcu> {
    endpoint: &'rcu Endpoint<Gtp>,
    route: Route4,
    tos: u8,
    port: u16,
}

/// Sends an IP packet into the tunnel of its MS.
#[inline]
pub(super) fn xmit(dev: &Device<Gtp>, mut skb: SkBuff, rcu: &rcu::Guard) {
    match encapsulate(dev, &mut skb, rcu) {
        Ok(way) => way.endpoint.send(skb, way.route, way.tos, way.port),
        Err(reason) => {
            dev.count_tx_error();
            skb.drop_with(reason);
        }
    }
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
    if skb.protocol() != ETH_P_IP {
        return Err(DropReason::UnhandledProtocol);
    }
    let gtp = dev.data();
    let inner = Inner4::read(skb.linear(), gtp.role).ok_or(DropReason::HeaderTruncated)?;
    let pdp = gtp
        .contexts
        .find(BY_MS, &ms_key(inner.ms), rcu)
        .ok_or(DropReason::NoTunnel)?;
    let version = pdp.tunnel.version();
    let Some(endpoint) = gtp.slot(version).get(rcu) else {
        dev.count_tx_carrier_error();
        return Err(DropReason::NotReady);
    };
    let IpAddr::V4(peer) = pdp.peer else {
        return Err(DropReason::NoRoute);
    };
    let route = endpoint.route(peer).map_err(|_| {
        dev.count_tx_carrier_error();
        DropReason::NoRoute
    })?;
    if route.leaves_through(dev) {
        dev.count_collision();
        return Err(DropReason::Recursion);
    }
    check_size(skb, &inner, pdp, &route)?;
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
fn check_size(
    skb: &mut SkBuff,
    inner: &Inner4,
    pdp: &Pdp,
    route: &Route4,
) -> Result<(), DropReason> {
    let headers = match pdp.tunnel {
        Tunnel::V0 { .. } => v0::HEADER_LEN,
        Tunnel::V1 { .. } => v1::HEADER_LEN,
    };
    let headers = u32::try_from(headers)
        .unwrap_or(u32::MAX)
        .saturating_add(OUTER4_UDP_LEN);
    let mtu = if inner.fragment == 0 {
        route.mtu()
    } else {
        route.mtu().saturating_sub(headers)
    };
    skb.update_pmtu(mtu);
    if inner.fragment & Inner4::DF != 0 && u32::try_from(skb.len()).is_ok_and(|len| len > mtu) {
        skb.send_frag_needed(mtu);
        return Err(DropReason::TooBig);
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
