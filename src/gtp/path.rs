// SPDX-License-Identifier: GPL-2.0

//! Path management on sockets that no process reads: echo, error indications, end markers
//! and supported extension headers notifications (GSM 09.60 7.4 and 7.5, TS 29.281 7.2
//! and 7.3).
//!
//! Received messages are handled under RCU in softirq context.

use super::{
    device::{
        Gtp,
        SocketRole, //
    },
    lookup,
    netlink::notify,
    pdp::{
        TunnelId,
        Version, //
    },
    rx::{
        drop_with,
        linear,
        Refusal,
        UDP_HEADER_LEN, //
    },
    stats::Event,
    supervision, //
};
use crate::{
    net::{
        link::Device,
        skb::{
            DropReason,
            SkBuff, //
        },
        time::RateLimit,
        udp::{
            Endpoint,
            Path, //
        },
    },
    wire::{
        ext::ExtensionType,
        v0,
        v1,
        FlowLabel,
        MessageType,
        Seq, //
    },
};
use core::net::IpAddr;
use kernel::{
    prelude::*,
    sync::{
        atomic::{
            Atomic,
            Full,
            Relaxed, //
        },
        rcu, //
    },
};

/// Echo requests of a device that may be unanswered at the same time.
const OUTSTANDING: usize = 64;
/// Classes of peers among which the limit of messages is kept apart.
const PEER_CLASSES: usize = 64;
/// Messages a second that tell a class of peers of its errors.
const ERRORS_PER_SECOND: u32 = 10;
/// Echo requests a second that are answered for a class of peers. One each minute is what a
/// peer may send on a path (TS 29.281 7.2.1), and there may be hundreds in a class.
const ECHOES_PER_SECOND: u32 = 200;
/// Echo requests of a class of peers that are answered when they come at once.
const ECHO_BURST: u32 = 500;
/// Longest signalling message that is looked at, in octets. None that is defined comes
/// near.
const MAX_MESSAGE: usize = 512;

/// What path management remembers for a device.
pub(crate) struct Management {
    /// The sequence number of the next echo request.
    next_seq: Atomic<u32>,
    /// Unanswered echo requests: tokens, or 0.
    outstanding: [Atomic<u64>; OUTSTANDING],
    /// How often errors are told.
    errors: RateLimit<PEER_CLASSES>,
    /// How often echo requests are answered.
    echoes: RateLimit<PEER_CLASSES>,
}

impl Management {
    /// Makes the state of a device that has asked nobody.
    pub(super) fn new() -> Self {
        Self {
            next_seq: Atomic::new(0),
            outstanding: [const { Atomic::new(0) }; OUTSTANDING],
            errors: RateLimit::new(ERRORS_PER_SECOND, 1),
            echoes: RateLimit::new(ECHOES_PER_SECOND, ECHO_BURST),
        }
    }

    /// Takes the next sequence number and remembers that `peer` is to answer with it. Of
    /// more requests than there is room for the oldest are forgotten.
    fn begin_echo(&self, version: Version, peer: IpAddr) -> Seq {
        let (count, seq) = self.next();
        let place = usize::try_from(count)
            .ok()
            .and_then(|count| count.checked_rem(OUTSTANDING));
        if let Some(slot) = place.and_then(|place| self.outstanding.get(place)) {
            slot.store(token(version, peer, seq), Relaxed);
        }
        seq
    }

    /// Takes the next sequence number.
    pub(super) fn take_seq(&self) -> Seq {
        self.next().1
    }

    /// Counts a request: how many there were before, and its sequence number.
    fn next(&self) -> (u32, Seq) {
        let count = self.next_seq.fetch_add(1, Relaxed);
        let [.., a, b] = count.to_be_bytes();
        (count, Seq(u16::from_be_bytes([a, b])))
    }

    /// Whether we have asked for this response. It counts once.
    fn end_echo(&self, version: Version, peer: IpAddr, seq: Seq) -> bool {
        let answered = token(version, peer, seq);
        let lenient = is_lenient(version, seq);
        let is_answered = |token: u64| {
            token == answered || (lenient && token & !TOKEN_SEQ == answered & !TOKEN_SEQ)
        };
        self.outstanding.iter().any(|slot| {
            let token = slot.load(Relaxed);
            is_answered(token) && slot.cmpxchg(token, 0, Full).is_ok()
        })
    }
}

/// Whether a response may be one to any request: the C driver, which many peers run, answers
/// every request of version 1 with the sequence number 0.
fn is_lenient(version: Version, seq: Seq) -> bool {
    version == Version::V1 && seq == Seq(0)
}

/// Folds an address: an IPv4 address stays what it is.
fn fold(address: IpAddr) -> u32 {
    match address {
        IpAddr::V4(address) => address.to_bits(),
        IpAddr::V6(address) => {
            let [a, b, c, d, e, f, g, h] = address.segments().map(u32::from);
            (a << 16 | b) ^ (c << 16 | d) ^ (e << 16 | f) ^ (g << 16 | h)
        }
    }
}

/// The sequence number in a token.
const TOKEN_SEQ: u64 = 0xffff << 8;

/// What an unanswered request is told by; never 0.
fn token(version: Version, peer: IpAddr, seq: Seq) -> u64 {
    let kind = 1 | u64::from(version.number()) << 1 | u64::from(peer.is_ipv6()) << 2;
    u64::from(fold(peer)) << 32 | u64::from(seq.0) << 8 | kind
}

/// Sends an echo request along `path`, whose port is set to the version's.
///
/// # Errors
///
/// As [`Endpoint::send_message`].
pub(super) fn send_echo_request(
    dev: &Device<Gtp>,
    endpoint: &Endpoint<Gtp>,
    peer: IpAddr,
    local: IpAddr,
    rcu: &rcu::Guard,
) -> Result {
    let version = endpoint.role().version;
    let path = Path {
        peer,
        peer_port: version.port(),
        local,
    };
    let seq = dev.data().management.begin_echo(version, peer);
    send_echo(endpoint, &path, seq, rcu)
}

/// Sends an echo request with this sequence number.
///
/// # Errors
///
/// As [`Endpoint::send_message`].
pub(super) fn send_echo(
    endpoint: &Endpoint<Gtp>,
    path: &Path,
    seq: Seq,
    rcu: &rcu::Guard,
) -> Result {
    let version = endpoint.role().version;
    match version {
        Version::V0 => endpoint.send_message(path, version.port(), &v0::echo_request(seq), rcu),
        Version::V1 => endpoint.send_message(path, version.port(), &v1::echo_request(seq), rcu),
    }
}

/// Takes a datagram that is not for the datapath, and that no process will read.
pub(super) fn handle(
    dev: &Device<Gtp>,
    endpoint: &Endpoint<Gtp>,
    mut skb: SkBuff,
    refusal: Refusal,
    rcu: &rcu::Guard,
) {
    let handled = match refusal {
        Refusal::Message => match endpoint.role().version {
            Version::V0 => message_v0(dev, endpoint, &mut skb, rcu),
            Version::V1 => message_v1(dev, endpoint, &mut skb, rcu),
        },
        Refusal::UnknownTunnel(id, flow) => {
            tell_unknown_tunnel(dev, endpoint, &skb, id, flow, rcu);
            Err(refusal)
        }
        Refusal::UnknownExtension => {
            tell_supported_extensions(dev, endpoint, &skb, rcu);
            Err(refusal)
        }
        _ => Err(refusal),
    };
    match handled {
        Ok(event) => {
            dev.data().counters.count(event);
            skb.consume();
        }
        Err(refusal) => drop_with(dev, skb, refusal),
    }
}

/// Handles a signalling message of version 0.
fn message_v0(
    dev: &Device<Gtp>,
    endpoint: &Endpoint<Gtp>,
    skb: &mut SkBuff,
    rcu: &rcu::Guard,
) -> Result<Event, Refusal> {
    let path = endpoint.path_of(skb).ok_or(Refusal::Message)?;
    let message = message(skb)?;
    match v0::Signalling::parse(message)? {
        v0::Signalling::EchoRequest { seq } => {
            let response = v0::echo_response(seq, dev.data().restart_count);
            answer_echo(dev, endpoint, &path, &response, rcu)
        }
        v0::Signalling::EchoResponse { seq, .. } => {
            echo_response(dev, Version::V0, &path, seq, rcu)
        }
        v0::Signalling::ErrorIndication { tid, .. } => {
            notify::error_indication(dev, TunnelId::V0(tid), &path, rcu);
            Ok(Event::ErrorIndicationReceived)
        }
        v0::Signalling::VersionNotSupported { .. } => Err(Refusal::Message),
    }
}

/// Handles a signalling message of version 1.
fn message_v1(
    dev: &Device<Gtp>,
    endpoint: &Endpoint<Gtp>,
    skb: &mut SkBuff,
    rcu: &rcu::Guard,
) -> Result<Event, Refusal> {
    let path = endpoint.path_of(skb).ok_or(Refusal::Message)?;
    let len = skb.len();
    let header = match linear(skb, UDP_HEADER_LEN, len, v1::decode_signalling)? {
        v1::Walked::Message(header) => header,
        v1::Walked::Unsupported(_) => {
            tell_supported_extensions(dev, endpoint, skb, rcu);
            return Err(Refusal::UnknownExtension);
        }
    };
    match (header.message, header.seq) {
        // Whatever else the request carries is not looked at.
        (MessageType::EchoRequest, Some(seq)) if header.teid.0 == 0 => {
            answer_echo(dev, endpoint, &path, &v1::echo_response(seq), rcu)
        }
        (MessageType::EchoResponse, Some(seq)) if header.teid.0 == 0 => {
            echo_response(dev, Version::V1, &path, seq, rcu)
        }
        (MessageType::EndMarker, _) => {
            let id = TunnelId::V1(header.teid);
            if lookup::of_tunnel(dev.data(), id, rcu).is_none() {
                return Err(Refusal::UnknownTunnel(id, FlowLabel(0)));
            }
            notify::end_marker(dev, header.teid, &path, rcu);
            Ok(Event::EndMarkerReceived)
        }
        (MessageType::ErrorIndication, _) => {
            let message = message(skb)?;
            let v1::Signalling::ErrorIndication { teid, .. } = v1::Signalling::parse(message)?
            else {
                return Err(Refusal::Message);
            };
            notify::error_indication(dev, TunnelId::V1(teid), &path, rcu);
            Ok(Event::ErrorIndicationReceived)
        }
        _ => Err(Refusal::Message),
    }
}

/// Sends the response to an echo request, unless there were too many of them.
fn answer_echo(
    dev: &Device<Gtp>,
    endpoint: &Endpoint<Gtp>,
    path: &Path,
    response: &[u8],
    rcu: &rcu::Guard,
) -> Result<Event, Refusal> {
    if !dev.data().management.echoes.allows(fold(path.peer)) {
        return Err(Refusal::Drop(Event::EchoLimited, DropReason::NotSpecified));
    }
    endpoint
        .send_message(path, endpoint.role().version.port(), response, rcu)
        .map_err(|_| Refusal::Message)?;
    Ok(Event::EchoAnswered)
}

/// Makes a whole message linear, and gives it.
fn message(skb: &mut SkBuff) -> Result<&[u8], Refusal> {
    let len = skb.len();
    if len > UDP_HEADER_LEN.saturating_add(MAX_MESSAGE) {
        return Err(Refusal::Message);
    }
    if !skb.may_pull(len) {
        return Err(Refusal::Drop(Event::RxNoMemory, DropReason::NoMemory));
    }
    skb.linear().get(UDP_HEADER_LEN..).ok_or(Refusal::Message)
}

/// Reports the response to an echo request of ours.
fn echo_response(
    dev: &Device<Gtp>,
    version: Version,
    path: &Path,
    seq: Seq,
    rcu: &rcu::Guard,
) -> Result<Event, Refusal> {
    let gtp = dev.data();
    let role = SocketRole {
        version,
        ipv6: path.peer.is_ipv6(),
    };
    let known = gtp
        .supervisor
        .as_ref()
        .and_then(|_| gtp.paths.find(role, path.peer, rcu));
    if gtp.management.end_echo(version, path.peer, seq) {
        notify::echo_response(dev, version, path, rcu);
        // Whoever has asked: the peer is there.
        if let Some(known) = known {
            supervision::hear(dev, known);
        }
        return Ok(Event::EchoResponse);
    }
    let lenient = is_lenient(version, seq);
    if known.is_some_and(|known| supervision::take(dev, known, seq, lenient)) {
        return Ok(Event::EchoResponse);
    }
    Ok(Event::EchoUnasked)
}

/// Answers a T-PDU for an unknown tunnel with an Error Indication, unless the peer has
/// had enough of them. That it cannot be sent is nothing that anyone could mend.
fn tell_unknown_tunnel(
    dev: &Device<Gtp>,
    endpoint: &Endpoint<Gtp>,
    skb: &SkBuff,
    id: TunnelId,
    flow: FlowLabel,
    rcu: &rcu::Guard,
) {
    let Some(path) = endpoint.path_of(skb) else {
        return;
    };
    let to = Path {
        peer_port: endpoint.role().version.port(),
        ..path
    };
    let mut message = [0; 64];
    let len = match id {
        // Not a tunnel that anyone could have meant.
        TunnelId::V1(teid) if teid.0 == 0 => return,
        TunnelId::V0(tid) => v0::Signalling::ErrorIndication {
            seq: Seq(0),
            flow,
            tid,
        }
        .emit(&mut message),
        TunnelId::V1(teid) => v1::Signalling::ErrorIndication {
            teid,
            peer: path.local,
            udp_port: Some(path.peer_port),
        }
        .emit(&mut message),
    };
    if let Some(message) = len.ok().and_then(|len| message.get(..len)) {
        tell(dev, endpoint, &to, message, Event::ErrorIndicationSent, rcu);
    }
}

/// Tells the sender of a message with an extension header that it takes more than us to
/// understand which ones we do.
fn tell_supported_extensions(
    dev: &Device<Gtp>,
    endpoint: &Endpoint<Gtp>,
    skb: &SkBuff,
    rcu: &rcu::Guard,
) {
    let Some(path) = endpoint.path_of(skb) else {
        return;
    };
    let to = Path {
        peer_port: Version::V1.port(),
        ..path
    };
    let mut message = [0; 32];
    let notification = v1::Signalling::SupportedExtensionHeadersNotification {
        types: &ExtensionType::SUPPORTED,
    };
    let len = notification.emit(&mut message);
    if let Some(message) = len.ok().and_then(|len| message.get(..len)) {
        tell(dev, endpoint, &to, message, Event::ExtensionsNotified, rcu);
    }
}

/// Sends a message that tells a peer of its error, unless it has had enough of them. That it
/// cannot be sent is nothing that anyone could mend.
fn tell(
    dev: &Device<Gtp>,
    endpoint: &Endpoint<Gtp>,
    path: &Path,
    message: &[u8],
    event: Event,
    rcu: &rcu::Guard,
) {
    let port = endpoint.role().version.port();
    if dev.data().management.errors.allows(fold(path.peer))
        && endpoint.send_message(path, port, message, rcu).is_ok()
    {
        dev.data().counters.count(event);
    }
}
