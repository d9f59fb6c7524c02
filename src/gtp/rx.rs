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
    lookup, path,
    pdp::{
        ms_key,
        Family,
        Pdp,
        TunnelId,
        Version,
        BY_TUNNEL, //
    },
    stats::Event,
    usage::{
        self,
        Usage, //
    },
};
use crate::{
    net::{
        gso::Volume,
        link::Device,
        skb::{
            DropReason,
            SkBuff,
            Verdict,
            ETH_P_IP,
            ETH_P_IPV6, //
        },
        table::Key,
        udp::{
            Endpoint,
            TunnelHeader, //
        },
    },
    wire::{
        self,
        ext::Content,
        inner::{
            self,
            Addresses, //
        },
        session,
        v0,
        v1,
        FlowLabel,
        Step, //
    },
};
use core::net::IpAddr;
use kernel::{
    num::casts::usize_as_u64,
    sync::rcu, //
};

/// Length of the UDP header, which stands in front of the data, in octets.
pub(super) const UDP_HEADER_LEN: usize = 8;

/// A G-PDU whose headers have been walked. Offsets count from the GTP header.
#[derive(Clone, Copy)]
struct GPdu {
    /// What tells the tunnel.
    id: TunnelId,
    /// Flow label of version 0.
    flow: FlowLabel,
    /// QoS flow, where there is a PDU Session Container.
    qfi: Option<session::Qfi>,
    /// Offset of the T-PDU.
    start: usize,
    /// Offset of the T-PDU's end: the datagram may have surplus octets.
    end: usize,
}

/// A T-PDU whose header has been looked at.
#[derive(Clone, Copy)]
struct TPdu {
    /// Address family.
    family: Family,
    /// Key of the MS whose packet it is; None if it is nobody's.
    ms: Option<Key>,
}

impl TPdu {
    /// Tells the MS from the addresses. Link-local IPv6 is for the process: router
    /// solicitations.
    #[inline]
    fn new(addresses: Addresses, role: Role) -> Self {
        let (source, destination) = match addresses {
            Addresses::V4 {
                source,
                destination,
            } => (IpAddr::V4(source), IpAddr::V4(destination)),
            Addresses::V6 {
                source,
                destination,
            } if inner::is_link_local(source) || inner::is_link_local(destination) => {
                return Self {
                    family: Family::Inet6,
                    ms: None,
                }
            }
            Addresses::V6 {
                source,
                destination,
            } => (IpAddr::V6(source), IpAddr::V6(destination)),
        };
        let ms = match role {
            Role::Ggsn => source,
            Role::Sgsn => destination,
        };
        Self {
            family: Family::of(ms),
            ms: Some(ms_key(ms)),
        }
    }

    /// EtherType of the packet.
    #[inline]
    fn protocol(&self) -> u16 {
        match self.family {
            Family::Inet => ETH_P_IP,
            Family::Inet6 => ETH_P_IPV6,
        }
    }
}

/// A T-PDU that its context lets through. Offsets count from the UDP header.
#[derive(Clone, Copy)]
struct Admitted<'a> {
    pdp: &'a Pdp,
    /// EtherType.
    protocol: u16,
    /// Offset of its start.
    start: usize,
    /// Offset of its end.
    end: usize,
    /// QoS flow that the stack may be told of.
    qfi: Option<session::Qfi>,
}

impl<'a> Admitted<'a> {
    /// Puts together what the headers and the context say.
    #[inline(always)]
    fn new(pdp: &'a Pdp, gpdu: GPdu, t_pdu: TPdu) -> Self {
        Self {
            pdp,
            protocol: t_pdu.protocol(),
            start: UDP_HEADER_LEN.saturating_add(gpdu.start),
            end: UDP_HEADER_LEN.saturating_add(gpdu.end),
            qfi: None,
        }
    }

    /// How much it counts for.
    #[inline]
    fn volume(&self, skb: &SkBuff) -> Volume {
        let len = self.end.saturating_sub(self.start);
        if skb.is_gso() {
            return skb.volume(self.start, || len);
        }
        Volume {
            packets: 1,
            octets: usize_as_u64(len),
        }
    }
}

/// Why a datagram is not decapsulated. All but the last two are somebody else's matter:
/// the process has them, or path management.
pub(super) enum Refusal {
    /// It is no T-PDU.
    Message,
    /// No context, of either family, has this identifier. The flow label is version 0's.
    UnknownTunnel(TunnelId, FlowLabel),
    /// An extension header is not known that must not be skipped.
    UnknownExtension,
    /// Its address is not the context's, or of a family that the tunnel has no context for.
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
    let refusal = match find(dev, endpoint, &mut skb, rcu) {
        Ok(admitted) => {
            let mark = if admitted.qfi.is_none() && admitted.pdp.bearer.is_default() {
                0
            } else {
                let gtp = dev.data();
                let (qfi, bearer) = (admitted.qfi, admitted.pdp.bearer);
                gtp.flows.show(&mut skb, qfi, bearer, gtp.bearers)
            };
            let Admitted {
                pdp,
                protocol,
                start,
                end,
                ..
            } = admitted;
            let received = match &pdp.usage {
                None => skb.receive_inner(start, end, protocol, mark, endpoint),
                Some(usage) => {
                    // What is never passed on by reference stays in registers.
                    receive_counted(dev, endpoint, skb, &{ admitted }, mark, usage, rcu)
                }
            };
            match received {
                Ok(()) => return Verdict::Consumed,
                Err((given_back, reason)) => {
                    skb = given_back;
                    not_received(dev, reason)
                }
            }
        }
        Err(refusal) => refusal,
    };
    refuse(dev, endpoint, skb, refusal, rcu)
}

/// Decapsulates a datagram and counts it for its context.
#[inline(never)]
fn receive_counted(
    dev: &Device<Gtp>,
    endpoint: &Endpoint<Gtp>,
    skb: SkBuff,
    admitted: &Admitted<'_>,
    mark: u32,
    usage: &Usage,
    rcu: &rcu::Guard,
) -> Result<(), (SkBuff, DropReason)> {
    let Admitted {
        pdp,
        protocol,
        start,
        end,
        ..
    } = *admitted;
    let volume = admitted.volume(&skb);
    match skb.decapsulate(start, end, protocol, endpoint) {
        Ok(packet) => {
            // Who gets the packet may look at the counters at once.
            if dev.is_up() {
                usage.count(usage::Way::Received, volume, dev, pdp, rcu);
            } else {
                usage.count_dropped(usage::Way::Received, volume, dev, pdp, rcu);
            }
            packet.receive(mark);
            Ok(())
        }
        Err(error) => {
            usage.count_dropped(usage::Way::Received, volume, dev, pdp, rcu);
            Err(error)
        }
    }
}

/// What is counted for a T-PDU that the stack could not be given.
#[cold]
fn not_received(dev: &Device<Gtp>, reason: DropReason) -> Refusal {
    if reason == DropReason::Ecn {
        return Refusal::Drop(Event::RxEcn, reason);
    }
    dev.count_rx_length_error();
    Refusal::Drop(Event::RxNoMemory, reason)
}

/// Gives a datagram that is not decapsulated to whom it is for, or drops it.
#[cold]
fn refuse(
    dev: &Device<Gtp>,
    endpoint: &Endpoint<Gtp>,
    skb: SkBuff,
    refusal: Refusal,
    rcu: &rcu::Guard,
) -> Verdict {
    match refusal {
        Refusal::Malformed(_) | Refusal::Drop(..) => {
            drop_with(dev, skb, refusal);
            Verdict::Consumed
        }
        // Its segments come back one by one.
        Refusal::Uneven => Verdict::PassUp(skb),
        _ if endpoint.is_read_by_process() && skb.is_gso() => Verdict::PassUp(skb),
        _ if endpoint.is_read_by_process() => {
            dev.data().counters.count(Event::PassedUp);
            Verdict::PassUp(skb)
        }
        refusal => {
            path::handle(dev, endpoint, skb, refusal, rcu);
            Verdict::Consumed
        }
    }
}

/// Finds the context of a G-PDU, and the T-PDU that it lets through.
#[inline]
fn find<'a>(
    dev: &'a Device<Gtp>,
    endpoint: &Endpoint<Gtp>,
    skb: &mut SkBuff,
    rcu: &'a rcu::Guard,
) -> Result<Admitted<'a>, Refusal> {
    let version = endpoint.role().version;
    match glance(skb, version, dev.data().role) {
        Some((gpdu, t_pdu)) => admit(dev, endpoint, skb, gpdu, t_pdu, rcu),
        None => walk_and_admit(dev, endpoint, skb, rcu),
    }
}

/// What [`find`] does for a datagram that takes a closer look.
#[inline(never)]
fn walk_and_admit<'a>(
    dev: &'a Device<Gtp>,
    endpoint: &Endpoint<Gtp>,
    skb: &mut SkBuff,
    rcu: &'a rcu::Guard,
) -> Result<Admitted<'a>, Refusal> {
    let (gpdu, t_pdu) = walk(skb, endpoint.role().version, dev.data().role)?;
    admit(dev, endpoint, skb, gpdu, t_pdu, rcu)
}

/// Counts a T-PDU that is dropped for its context.
#[cold]
fn count_dropped(dev: &Device<Gtp>, skb: &SkBuff, refused: &Admitted<'_>, rcu: &rcu::Guard) {
    if let Some(usage) = &refused.pdp.usage {
        let volume = refused.volume(skb);
        usage.count_dropped(usage::Way::Received, volume, dev, refused.pdp, rcu);
    }
}

/// Whether a T-PDU is of the MS of the context, or of somebody behind it, where routes have a
/// say.
#[cold]
fn is_behind(dev: &Device<Gtp>, skb: &SkBuff, found: &Admitted<'_>, rcu: &rcu::Guard) -> bool {
    let t_pdu = skb.linear().get(found.start..).unwrap_or_default();
    let ms = match (inner::at_hand(t_pdu), dev.data().role) {
        (None, _) => return false,
        (Some(Addresses::V4 { source, .. }), Role::Ggsn) => IpAddr::V4(source),
        (Some(Addresses::V4 { destination, .. }), Role::Sgsn) => IpAddr::V4(destination),
        (Some(Addresses::V6 { source, .. }), Role::Ggsn) => IpAddr::V6(source),
        (Some(Addresses::V6 { destination, .. }), Role::Sgsn) => IpAddr::V6(destination),
    };
    lookup::belongs(dev.data(), ms, found.pdp, rcu)
}

/// Why no context was found: where the tunnel has one of the other family the peer is not to
/// be told that it is unknown, or it would release it (TS 29.281 7.3.1).
#[cold]
fn not_found(
    dev: &Device<Gtp>,
    endpoint: &Endpoint<Gtp>,
    skb: &SkBuff,
    gpdu: &GPdu,
    t_pdu: &TPdu,
    rcu: &rcu::Guard,
) -> Refusal {
    let Some(pdp) = lookup::of_tunnel(dev.data(), gpdu.id, rcu) else {
        return Refusal::UnknownTunnel(gpdu.id, gpdu.flow);
    };
    if !endpoint.is_read_by_process() {
        count_dropped(dev, skb, &Admitted::new(pdp, *gpdu, *t_pdu), rcu);
    }
    Refusal::NotFromMs
}

/// Finds the context of a G-PDU, as [`find`] says.
#[inline(always)]
fn admit<'a>(
    dev: &'a Device<Gtp>,
    endpoint: &Endpoint<Gtp>,
    skb: &SkBuff,
    gpdu: GPdu,
    t_pdu: TPdu,
    rcu: &'a rcu::Guard,
) -> Result<Admitted<'a>, Refusal> {
    let key = gpdu.id.key(t_pdu.family);
    let Some(pdp) = dev.data().contexts.find(BY_TUNNEL, &key, rcu) else {
        return Err(not_found(dev, endpoint, skb, &{ gpdu }, &{ t_pdu }, rcu));
    };
    let mut admitted = Admitted::new(pdp, gpdu, t_pdu);
    // Nobody may use the tunnel of another.
    let is_routed = t_pdu.family == Family::Inet6 && dev.data().routes.has_longer_than_contexts();
    if (t_pdu.ms != Some(ms_key(pdp.ms)) || is_routed)
        && !(t_pdu.ms.is_some() && is_behind(dev, skb, &{ admitted }, rcu))
    {
        if !endpoint.is_read_by_process() {
            count_dropped(dev, skb, &{ admitted }, rcu);
        }
        return Err(Refusal::NotFromMs);
    }
    if let Some(session) = pdp.session {
        match dev.data().flows.judge(session, gpdu.qfi) {
            Ok(qfi) => admitted.qfi = qfi,
            Err((event, reason)) => {
                count_dropped(dev, skb, &{ admitted }, rcu);
                return Err(Refusal::Drop(event, reason));
            }
        }
    }
    if pdp.is_exhausted() {
        count_dropped(dev, skb, &{ admitted }, rcu);
        return Err(Refusal::Drop(Event::RxOverQuota, DropReason::OverQuota));
    }
    let len = admitted.end.checked_sub(admitted.start);
    if skb.is_gso() && skb.inner_segment_len(admitted.start, admitted.protocol) != len {
        return Err(Refusal::Uneven);
    }
    Ok(admitted)
}

/// Reads what nearly all datagrams are: a G-PDU of version 1 without optional fields, with
/// all headers at hand. None says nothing of the datagram but that it is to be [walked](walk).
#[inline]
fn glance(skb: &SkBuff, version: Version, role: Role) -> Option<(GPdu, TPdu)> {
    if version != Version::V1 {
        return None;
    }
    let total = skb.len().checked_sub(UDP_HEADER_LEN)?;
    let data = skb.linear().get(UDP_HEADER_LEN..)?;
    let (teid, end) = v1::plain_gpdu(data, total)?;
    let packet = data.get(v1::HEADER_LEN..end.min(data.len()))?;
    let addresses = inner::at_hand(packet)?;
    let gpdu = GPdu {
        id: TunnelId::V1(teid),
        flow: FlowLabel(0),
        qfi: None,
        start: v1::HEADER_LEN,
        end,
    };
    Some((gpdu, TPdu::new(addresses, role)))
}

/// Walks the headers of any datagram, and looks at that of the T-PDU.
fn walk(skb: &mut SkBuff, version: Version, role: Role) -> Result<(GPdu, TPdu), Refusal> {
    let gpdu = match version {
        Version::V0 => walk_v0(skb)?,
        Version::V1 => walk_v1(skb)?,
    };
    let start = UDP_HEADER_LEN.saturating_add(gpdu.start);
    let end = UDP_HEADER_LEN.saturating_add(gpdu.end);
    let version = linear(skb, start, end, |data, total| {
        // An empty T-PDU has no version: it is dropped, as any that has a wrong one.
        match data.first() {
            None if total == 0 => Err(wire::Error::InnerTruncated),
            None => Ok(Step::Need(1)),
            Some(_) => inner::version(data).map(Step::Done),
        }
    })?;
    // A header that is not whole is nobody's.
    let t_pdu = match linear(skb, start, end, inner::decode) {
        Ok(addresses) => TPdu::new(addresses, role),
        Err(_) => TPdu {
            family: match version {
                inner::Version::V4 => Family::Inet,
                inner::Version::V6 => Family::Inet6,
            },
            ms: None,
        },
    };
    Ok((gpdu, t_pdu))
}

/// Walks the headers of a datagram on a socket for version 0.
#[inline]
fn walk_v0(skb: &mut SkBuff) -> Result<GPdu, Refusal> {
    match linear(skb, UDP_HEADER_LEN, skb.len(), v0::decode)? {
        v0::Decoded::GPdu(message) => Ok(GPdu {
            id: TunnelId::V0(message.header.tid),
            flow: message.header.flow,
            qfi: None,
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
            qfi: message.session.and_then(|content| qfi(skb, content)),
            start: message.start,
            end: message.end,
        }),
        v1::Decoded::Signalling(_) => Err(Refusal::Message),
        v1::Decoded::Unsupported(_) => Err(Refusal::UnknownExtension),
    }
}

/// Reads the QoS flow of a PDU Session Container; None if that is malformed.
fn qfi(skb: &SkBuff, content: Content) -> Option<session::Qfi> {
    let content = content.of(skb.linear().get(UDP_HEADER_LEN..)?)?;
    session::Repr::parse_qfi(content).ok()
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
