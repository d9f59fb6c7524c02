// SPDX-License-Identifier: GPL-2.0

//! Reception: from a datagram on a socket to an IP packet from the device.
//!
//! Called under RCU in softirq context. What is not for the datapath goes up to
//! the process that owns the socket, unchanged, or to path management where there
//! is none.

use super::{
    device::{
        Gtp,
        Role, //
    },
    path,
    pdp::{
        ms_key,
        Family,
        Pdp,
        TunnelId,
        Version,
        BY_TUNNEL, //
    },
    stats::Event, //
};
use crate::{
    net::{
        link::Device,
        skb::{
            DropReason,
            SkBuff,
            Verdict,
            ETH_P_IP,
            ETH_P_IPV6, //
        },
        udp::{
            Endpoint,
            TunnelHeader, //
        },
    },
    wire::{
        self,
        inner::{
            self,
            Addresses, //
        },
        v0,
        v1,
        FlowLabel,
        Step, //
    },
};
use core::net::IpAddr;
use kernel::sync::rcu;

/// Length of the UDP header, which stands in front of the data, in octets.
pub(super) const UDP_HEADER_LEN: usize = 8;

/// A G-PDU whose headers have been walked. Offsets count from the GTP header.
#[derive(Clone, Copy)]
struct GPdu {
    /// What tells the tunnel.
    id: TunnelId,
    /// Flow label of version 0.
    flow: FlowLabel,
    /// Offset of the T-PDU.
    start: usize,
    /// Offset of the T-PDU's end: the datagram may have surplus octets.
    end: usize,
}

/// Why a datagram is not decapsulated. All but the last two are somebody else's matter:
/// the process has them, or path management.
pub(super) enum Refusal {
    /// It is no T-PDU.
    Message,
    /// No context has this identifier. The flow label is version 0's.
    UnknownTunnel(TunnelId, FlowLabel),
    /// An extension header is not known that must not be skipped.
    UnknownExtension,
    /// Its address is not the context's.
    NotFromMs,
    /// It is of a version that the socket is not for.
    OtherVersion,
    /// It is several datagrams in one that cannot be decapsulated at once.
    Uneven,
    /// It is malformed.
    Malformed(wire::Error),
    /// It cannot be received.
    Drop(Event, DropReason),
}

impl From<wire::Error> for Refusal {
    fn from(error: wire::Error) -> Self {
        match error {
            // GTP' is one, too: charging, on the port of version 0.
            wire::Error::Version | wire::Error::NotGtp => Self::OtherVersion,
            // Path management does not know the message.
            wire::Error::MessageType => Self::Message,
            error => Self::Malformed(error),
        }
    }
}

/// Drops a datagram and counts why.
#[cold]
pub(super) fn drop_with(dev: &Device<Gtp>, skb: SkBuff, refusal: Refusal) {
    use wire::Error;

    let counters = &dev.data().counters;
    let (event, reason) = match refusal {
        Refusal::Message => (Event::RxMessage, DropReason::NoSocket),
        Refusal::UnknownTunnel(..) => (Event::RxUnknownTunnel, DropReason::NoTunnel),
        Refusal::UnknownExtension => (Event::RxUnknownExtension, DropReason::UnhandledProtocol),
        Refusal::NotFromMs => (Event::RxNotFromMs, DropReason::InvalidSource),
        Refusal::Uneven => (Event::RxGso, DropReason::UnexpectedGso),
        Refusal::OtherVersion => (Event::RxOtherVersion, DropReason::UnhandledProtocol),
        Refusal::Drop(event, reason) => (event, reason),
        Refusal::Malformed(error) => {
            counters.count_malformed(error);
            dev.count_rx_drop();
            return skb.drop_with(match error {
                Error::TooShort | Error::ExtensionTruncated | Error::InnerTruncated => {
                    DropReason::HeaderTruncated
                }
                Error::LengthTooLong => DropReason::TooSmall,
                Error::InnerVersion => DropReason::UnhandledProtocol,
                _ => DropReason::InvalidHeader,
            });
        }
    };
    counters.count(event);
    dev.count_rx_drop();
    skb.drop_with(reason);
}

/// Decapsulates a datagram that a socket has received.
#[inline]
pub(super) fn receive(
    dev: &Device<Gtp>,
    endpoint: &Endpoint<Gtp>,
    mut skb: SkBuff,
    rcu: &rcu::Guard,
) -> Verdict {
    match decapsulate(dev, endpoint, &mut skb, rcu) {
        Ok(()) => {
            skb.deliver(dev);
            Verdict::Consumed
        }
        Err(refusal @ (Refusal::Malformed(_) | Refusal::Drop(..))) => {
            drop_with(dev, skb, refusal);
            Verdict::Consumed
        }
        // Its segments come back one by one.
        Err(Refusal::Uneven) => Verdict::PassUp(skb),
        Err(_) if endpoint.is_read_by_process() && skb.is_gso() => Verdict::PassUp(skb),
        Err(_) if endpoint.is_read_by_process() => {
            dev.data().counters.count(Event::PassedUp);
            Verdict::PassUp(skb)
        }
        Err(refusal) => {
            path::handle(dev, endpoint, skb, refusal, rcu);
            Verdict::Consumed
        }
    }
}

/// Finds the context of a G-PDU and removes all that is around the T-PDU. A
/// datagram that is somebody else's is unchanged.
#[inline]
fn decapsulate(
    dev: &Device<Gtp>,
    endpoint: &Endpoint<Gtp>,
    skb: &mut SkBuff,
    rcu: &rcu::Guard,
) -> Result<(), Refusal> {
    let gpdu = match endpoint.role().version {
        Version::V0 => walk_v0(skb)?,
        Version::V1 => walk_v1(skb)?,
    };
    let t_pdu = UDP_HEADER_LEN.saturating_add(gpdu.start);
    let end = UDP_HEADER_LEN.saturating_add(gpdu.end);
    let inner = linear(skb, t_pdu, end, |data, total| {
        // An empty T-PDU has no version: it is dropped, as any that has a wrong one.
        match data.first() {
            None if total == 0 => Err(wire::Error::InnerTruncated),
            None => Ok(Step::Need(1)),
            Some(_) => inner::version(data).map(Step::Done),
        }
    })?;
    let (family, protocol) = match inner {
        inner::Version::V4 => (Family::Inet, ETH_P_IP),
        inner::Version::V6 => (Family::Inet6, ETH_P_IPV6),
    };
    let gtp = dev.data();
    let pdp = gtp
        .contexts
        .find(BY_TUNNEL, &gpdu.id.key(family), rcu)
        .ok_or(Refusal::UnknownTunnel(gpdu.id, gpdu.flow))?;
    let addresses = linear(skb, t_pdu, end, inner::decode).map_err(|_| Refusal::NotFromMs)?;
    if !is_from_ms(pdp, addresses, gtp.role) {
        return Err(Refusal::NotFromMs);
    }
    if !skb.is_gso() {
        skb.trim(end)
            .map_err(|_| Refusal::Drop(Event::RxNoMemory, DropReason::NoMemory))?;
    } else if skb.inner_segment_len(t_pdu, protocol) != end.checked_sub(t_pdu) {
        return Err(Refusal::Uneven);
    }
    skb.decap(t_pdu, protocol, endpoint)
        .map_err(|reason| match reason {
            DropReason::Ecn => Refusal::Drop(Event::RxEcn, reason),
            reason => {
                dev.count_rx_length_error();
                Refusal::Drop(Event::RxNoMemory, reason)
            }
        })
}

/// Whether the T-PDU's address at the MS' end is the context's: nobody may use the
/// tunnel of another. Link-local IPv6 is for the process: router solicitations.
#[inline]
fn is_from_ms(pdp: &Pdp, addresses: Addresses, role: Role) -> bool {
    let (source, destination) = match addresses {
        Addresses::V4 {
            source,
            destination,
        } => (IpAddr::V4(source), IpAddr::V4(destination)),
        Addresses::V6 {
            source,
            destination,
        } => {
            if inner::is_link_local(source) || inner::is_link_local(destination) {
                return false;
            }
            (IpAddr::V6(source), IpAddr::V6(destination))
        }
    };
    let ms = match role {
        Role::Ggsn => source,
        Role::Sgsn => destination,
    };
    ms_key(ms) == ms_key(pdp.ms)
}

/// Walks the headers of a datagram on a socket for version 0.
#[inline]
fn walk_v0(skb: &mut SkBuff) -> Result<GPdu, Refusal> {
    match linear(skb, UDP_HEADER_LEN, skb.len(), v0::decode)? {
        v0::Decoded::GPdu(message) => Ok(GPdu {
            id: TunnelId::V0(message.header.tid),
            flow: message.header.flow,
            start: v0::HEADER_LEN,
            end: message.end,
        }),
        v0::Decoded::Signalling(_) => Err(Refusal::Message),
    }
}

/// Walks the headers of a datagram on a socket for version 1.
#[inline]
fn walk_v1(skb: &mut SkBuff) -> Result<GPdu, Refusal> {
    match linear(skb, UDP_HEADER_LEN, skb.len(), v1::decode)? {
        v1::Decoded::GPdu(message) => Ok(GPdu {
            id: TunnelId::V1(message.teid),
            flow: FlowLabel(0),
            start: message.start,
            end: message.end,
        }),
        v1::Decoded::Signalling(_) => Err(Refusal::Message),
        v1::Decoded::Unsupported(_) => Err(Refusal::UnknownExtension),
    }
}

/// Reads the headers in front of a T-PDU of version 1 for receive offload.
#[inline]
pub(super) fn tunnel_header(data: &[u8], total: usize) -> Option<TunnelHeader> {
    let Ok(Step::Done(v1::Decoded::GPdu(message))) = v1::decode(data, total) else {
        return None;
    };
    let protocol = match inner::version(data.get(message.start..)?).ok()? {
        inner::Version::V4 => ETH_P_IP,
        inner::Version::V6 => ETH_P_IPV6,
    };
    Some(TunnelHeader {
        len: message.start,
        covered: message.end,
        protocol,
    })
}

/// Decodes what stands from `start` to `end` in the packet, making more of it linear
/// as `decode` asks for it.
#[inline]
pub(super) fn linear<T>(
    skb: &mut SkBuff,
    start: usize,
    end: usize,
    decode: impl Fn(&[u8], usize) -> Result<Step<T>, wire::Error>,
) -> Result<T, Refusal> {
    let total = end.saturating_sub(start);
    loop {
        let data = skb.linear();
        let data = data.get(start..end.min(data.len())).unwrap_or_default();
        match decode(data, total)? {
            Step::Done(decoded) => return Ok(decoded),
            // What is asked for is more than there was, and no more than there is: the
            // loop ends, or memory has.
            Step::Need(need) => {
                if !skb.may_pull(start.saturating_add(need)) {
                    return Err(Refusal::Drop(Event::RxNoMemory, DropReason::NoMemory));
                }
            }
        }
    }
}
