// SPDX-License-Identifier: GPL-2.0

//! Transmission: from an IP packet to a G-PDU on its way to the peer.
//!
//! Called under RCU with softirqs disabled, on any number of CPUs.

use super::{
    device::{
        Gtp,
        Role, //
    },
    lookup,
    pdp::{
        Pdp,
        Tunnel, //
    },
    stats::Event,
    usage, //
};
use crate::{
    net::{
        gso::{
            self,
            Volume, //
        },
        link::{
            Device,
            Sending, //
        },
        skb::{
            DropReason,
            SkBuff,
            ETH_P_IP,
            ETH_P_IPV6, //
        },
        udp::{
            Datagram,
            Endpoint,
            Outer,
            Receiver,
            SendError,
            TooBig, //
        },
    },
    wire::{
        inner,
        session,
        v0,
        v1,
        Teid, //
    },
};
use core::net::IpAddr;
use kernel::sync::rcu;

/// Smallest MTU of IPv6 (RFC 8200 5), in octets: no sender takes a smaller one to heart.
const IPV6_MIN_MTU: u16 = 1280;

/// What the transmission looks at in the header of an inner packet.
struct Inner {
    /// Address of the MS.
    ms: IpAddr,
    /// TOS octet or traffic class.
    tos: u8,
    /// What is done with it if it is too big.
    too_big: TooBig,
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
            too_big: match u16::from_be_bytes([f0, f1]) {
                0 => TooBig::Fragment,
                fragment if fragment & DF != 0 => TooBig::Drop { least: 0 },
                _ => TooBig::FragmentAgain,
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
            too_big: TooBig::Drop {
                least: IPV6_MIN_MTU,
            },
        })
    }
}

/// The way that a packet takes once it is a G-PDU.
#[derive(Clone, Copy)]
struct Way<'a> {
    pdp: &'a Pdp,
    endpoint: &'a Endpoint<Gtp>,
    tos: u8,
    too_big: TooBig,
    /// What the G-PDU carries, if it is one of a PDU session.
    session: Option<session::Repr>,
}

/// What is to be done with a packet that was not sent.
#[derive(Clone, Copy)]
enum Unsent {
    /// It is dropped.
    Drop(DropReason),
    /// It is several datagrams in one, to be sent one by one.
    Cut,
}

/// A packet that was not sent, and why it is dropped.
#[cold]
fn dropped((skb, unsent): (SkBuff, Unsent)) -> (SkBuff, DropReason) {
    match unsent {
        Unsent::Drop(reason) => (skb, reason),
        // It is one datagram, as far as we know.
        Unsent::Cut => (skb, DropReason::TooBig),
    }
}

/// Sends an IP packet into the tunnel of its MS.
#[inline]
pub(super) fn xmit(dev: &Device<Gtp>, mut skb: SkBuff, sending: &Sending, rcu: &rcu::Guard) {
    let sent = match find_way(dev, &mut skb, rcu) {
        // What is never passed on by reference stays in registers.
        Ok(way) if way.pdp.usage.is_some() => send_counted(dev, skb, &{ way }, sending, rcu),
        Ok(way) if skb.is_gso() => send_segments(dev, skb, &{ way }, sending, rcu),
        Ok(way) => {
            let len = skb.len();
            way.send(dev, skb, len, sending, rcu).map_err(dropped)
        }
        Err(reason) => Err((skb, reason)),
    };
    if let Err((skb, reason)) = sent {
        drop_with(dev, skb, reason);
    }
}

/// Sends a packet if its context may carry more, and counts it there.
#[inline(never)]
fn send_counted(
    dev: &Device<Gtp>,
    skb: SkBuff,
    way: &Way<'_>,
    sending: &Sending,
    rcu: &rcu::Guard,
) -> Result<(), (SkBuff, DropReason)> {
    let is_exhausted = way.pdp.is_exhausted();
    if skb.is_gso() && !is_exhausted {
        return send_segments(dev, skb, way, sending, rcu);
    }
    let volume = way.volume(&skb);
    let sent = if is_exhausted {
        Err((skb, DropReason::OverQuota))
    } else {
        let len = skb.len();
        way.send(dev, skb, len, sending, rcu).map_err(dropped)
    };
    way.count(volume, sent.is_ok(), dev, rcu);
    sent
}

/// How much a packet that is to be sent counts for.
#[inline]
fn volume(skb: &SkBuff) -> Volume {
    skb.volume(0, || skb.segment_len())
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
        DropReason::OverQuota => Event::TxOverQuota,
        _ => Event::TxTruncated,
    });
    skb.drop_with(reason);
}

/// Finds the context of a packet, and its way to the peer.
#[inline]
fn find_way<'a>(
    dev: &'a Device<Gtp>,
    skb: &mut SkBuff,
    rcu: &'a rcu::Guard,
) -> Result<Way<'a>, DropReason> {
    let protocol = skb.inner_header().ok_or(DropReason::HeaderTruncated)?;
    let gtp = dev.data();
    let inner = Inner::read(protocol, skb.linear(), gtp.role)?;
    let pdp = lookup::find(gtp, inner.ms, skb, rcu).ok_or(DropReason::NoTunnel)?;
    let Some(endpoint) = gtp.slot(pdp.path.role).get(rcu) else {
        if let Some(usage) = &pdp.usage {
            usage.count_dropped(usage::Way::Sent, volume(skb), dev, pdp, rcu);
        }
        return Err(not_ready(dev));
    };
    Ok(Way {
        pdp,
        endpoint,
        tos: inner.tos,
        too_big: inner.too_big,
        session: pdp.session.map(|session| gtp.flows.choose(session, skb)),
    })
}

/// There is no socket to send with.
#[cold]
fn not_ready(dev: &Device<Gtp>) -> DropReason {
    dev.count_tx_carrier_error();
    DropReason::NotReady
}

/// What is done with a packet that cannot be sent. The sender of one that is too big, and must
/// not be fragmented, is told to send smaller ones.
#[cold]
fn not_sent(dev: &Device<Gtp>, skb: &mut SkBuff, too_big: TooBig, error: SendError) -> Unsent {
    Unsent::Drop(match error {
        SendError::Uncut => return Unsent::Cut,
        SendError::Loop => {
            dev.count_collision();
            DropReason::Recursion
        }
        SendError::NotConnected => not_ready(dev),
        SendError::NoRoute => {
            dev.count_tx_carrier_error();
            DropReason::NoRoute
        }
        SendError::NoMemory => DropReason::NoMemory,
        SendError::TooBig { mtu } => {
            if let TooBig::Drop { .. } = too_big {
                skb.send_too_big(mtu);
            }
            DropReason::TooBig
        }
    })
}

impl Way<'_> {
    /// How much a packet counts for, if the context counts.
    #[inline]
    fn volume(&self, skb: &SkBuff) -> Option<Volume> {
        self.pdp.usage.as_ref().map(|_| volume(skb))
    }

    /// Counts in the context what was sent, or was dropped.
    #[inline]
    fn count(&self, volume: Option<Volume>, is_sent: bool, dev: &Device<Gtp>, rcu: &rcu::Guard) {
        if let (Some(usage), Some(volume)) = (&self.pdp.usage, volume) {
            if is_sent {
                usage.count(usage::Way::Sent, volume, dev, self.pdp, rcu);
            } else {
                usage.count_dropped(usage::Way::Sent, volume, dev, self.pdp, rcu);
            }
        }
    }

    /// Sends a packet as a G-PDU whose header says that the T-PDU has `len` octets; or
    /// gives it back.
    #[inline(always)]
    fn send(
        &self,
        dev: &Device<Gtp>,
        skb: SkBuff,
        len: usize,
        sending: &Sending,
        rcu: &rcu::Guard,
    ) -> Result<(), (SkBuff, Unsent)> {
        match self.pdp.tunnel {
            Tunnel::V0 { tid, flow } => {
                let seq = self.pdp.next_seq();
                match v0::gpdu_header(tid, flow, seq, len) {
                    Ok(header) => self.send_behind(dev, skb, &header, sending, rcu),
                    Err(_) => Err((skb, Unsent::Drop(DropReason::TooBig))),
                }
                .inspect_err(|_| self.pdp.give_back_seq(seq))
            }
            Tunnel::V1 { o_tei, .. } => {
                if let Some(session) = self.session {
                    return { *self }.send_in_session(dev, skb, len, o_tei, session, sending, rcu);
                }
                match v1::gpdu_header(o_tei, len) {
                    Ok(header) => self.send_behind(dev, skb, &header, sending, rcu),
                    Err(_) => Err((skb, Unsent::Drop(DropReason::TooBig))),
                }
            }
        }
    }

    /// The same for a packet of a PDU session.
    #[inline(never)]
    #[allow(clippy::too_many_arguments)]
    fn send_in_session(
        self,
        dev: &Device<Gtp>,
        skb: SkBuff,
        len: usize,
        teid: Teid,
        session: session::Repr,
        sending: &Sending,
        rcu: &rcu::Guard,
    ) -> Result<(), (SkBuff, Unsent)> {
        match v1::gpdu_header_in_session(teid, session, len) {
            Ok(header) => self.send_behind(dev, skb, header.octets(), sending, rcu),
            Err(_) => Err((skb, Unsent::Drop(DropReason::TooBig))),
        }
    }

    /// Sends a packet behind a GTP header.
    #[inline(always)]
    fn send_behind(
        &self,
        dev: &Device<Gtp>,
        skb: SkBuff,
        header: &[u8],
        sending: &Sending,
        rcu: &rcu::Guard,
    ) -> Result<(), (SkBuff, Unsent)> {
        let port = self.pdp.tunnel.version().port();
        let mut datagram = Datagram {
            header,
            from: port,
            to: port,
            tos: self.tos,
            too_big: self.too_big,
            outer: Outer::default(),
        };
        let qfi = self.session.map(|session| session.qfi());
        let outer = &dev.data().outer;
        outer.apply(&mut datagram, qfi, self.pdp.path.role.ipv6);
        let too_big = datagram.too_big;
        self.endpoint
            .send(skb, &self.pdp.path.routes, &datagram, sending, rcu)
            .map_err(|(mut skb, error)| {
                let unsent = not_sent(dev, &mut skb, too_big, error);
                (skb, unsent)
            })
    }
}

/// What the stack calls when it cuts a packet that was sent whole.
pub(crate) struct Cut;

/// What the stack knows of [`Cut`].
pub(crate) static CUT: gso::Protocol<Cut> = gso::Protocol::new();

impl gso::Tunnel for Cut {
    fn set_length(header: &mut [u8], payload: usize) {
        v1::set_payload(header, payload);
    }
}

/// Sends a packet that is several segments in one, and counts it in its context. Each is to
/// become a G-PDU whose header says how long it is: where the packet leaves whole the header
/// stands once, and is right for full segments. The sequence numbers of version 0 have each
/// its own header.
///
/// What is cut is sent, or dropped, part by part.
#[inline(never)]
fn send_segments(
    dev: &Device<Gtp>,
    mut skb: SkBuff,
    way: &Way<'_>,
    sending: &Sending,
    rcu: &rcu::Guard,
) -> Result<(), (SkBuff, DropReason)> {
    if matches!(way.pdp.tunnel, Tunnel::V1 { .. }) {
        match send_part(dev, skb, way, sending, rcu) {
            Err((whole, Unsent::Cut)) => skb = whole,
            sent => return sent.map_err(dropped),
        }
    }
    let volume = way.volume(&skb);
    let parts = match skb.split() {
        Ok(parts) => parts,
        Err(skb) => {
            way.count(volume, false, dev, rcu);
            return Err((skb, DropReason::NoMemory));
        }
    };
    for part in parts {
        if let Err((part, reason)) = send_part(dev, part, way, sending, rcu).map_err(dropped) {
            drop_with(dev, part, reason);
        }
    }
    Ok(())
}

/// Sends several segments in one, or one of them.
fn send_part(
    dev: &Device<Gtp>,
    skb: SkBuff,
    way: &Way<'_>,
    sending: &Sending,
    rcu: &rcu::Guard,
) -> Result<(), (SkBuff, Unsent)> {
    let volume = way.volume(&skb);
    let len = if skb.is_gso() {
        skb.segment_len()
    } else {
        skb.len()
    };
    let sent = way.send(dev, skb, len, sending, rcu);
    if !matches!(sent, Err((_, Unsent::Cut))) {
        way.count(volume, sent.is_ok(), dev, rcu);
    }
    sent
}
