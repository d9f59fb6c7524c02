// SPDX-License-Identifier: GPL-2.0

//! The classes of packets, each of which is one generator.

use super::carrier::{Packet, Socket, Way};
use super::net::{self, Side, LINKS, PORTS, TUNNELS};
use super::offload::{Offload, Places, TUNNEL_LEN};
use super::random::Random;
use super::{gtp, ip};

/// What generators have in common.
pub struct Seeds {
    /// The golden messages.
    pub golden: Vec<Vec<u8>>,
}

/// Makes the packets with one number: several where one is nothing by itself.
type Generator = fn(&Seeds, &mut Random, u64, &mut Vec<Packet>);

/// The classes by name.
pub const CLASSES: &[(&str, Generator)] = &[
    ("version1", version1),
    ("version0", version0),
    ("extension", extension),
    ("golden", golden),
    ("truncated", truncated),
    ("path", path),
    ("inner", inner),
    ("outer", outer),
    ("fragment", fragment),
    ("split", split),
    ("nonlinear", nonlinear),
    ("joined", joined),
    ("segmented", segmented),
    ("sent", sent),
    ("offload", offload),
    ("mixed", mixed),
];

/// A socket of a link, and where a datagram for it comes from.
#[derive(Clone, Copy)]
struct Target {
    side: Side,
    link: usize,
    v6: bool,
    version: usize,
}

impl Target {
    fn any(random: &mut Random) -> Self {
        Self::of(random, None)
    }

    fn of(random: &mut Random, version: Option<usize>) -> Self {
        let link = random.below(LINKS);
        let v6 = if link == 0 {
            random.once_in(2)
        } else {
            link == 2
        };
        Self {
            side: random.below(2),
            link,
            v6,
            version: version.unwrap_or_else(|| usize::from(!random.once_in(4))),
        }
    }

    /// A good T-PDU for a tunnel of this link, or for any if there is none.
    fn t_pdu(&self, random: &mut Random, tunnel: Option<u8>) -> Vec<u8> {
        let (from, to) = self.ends(random, tunnel);
        ip::good(random, from, to)
    }

    /// Source and destination of what comes out of a tunnel.
    fn ends(
        &self,
        random: &mut Random,
        tunnel: Option<u8>,
    ) -> (std::net::IpAddr, std::net::IpAddr) {
        let tunnel = tunnel.unwrap_or_else(|| random.pick(TUNNELS[self.version]));
        let ms = net::ms(self.link, self.version, tunnel);
        let server = net::server(self.link, ms.is_ipv6());
        if self.side == 0 {
            (ms, server)
        } else {
            (server, ms)
        }
    }

    /// The IP packet that carries a message to this socket.
    fn around(&self, random: &mut Random, message: &[u8]) -> Vec<u8> {
        let to = net::address(self.side, self.link, self.v6);
        let from = match random.below(8) {
            // The peer.
            0 => net::address(1 - self.side, self.link, self.v6),
            n => net::remote(self.side, self.v6, 10 + n as u8),
        };
        let port = PORTS[self.version];
        let source = random.pick(&[port, port, 40000, 1]);
        let tos = random.pick(&[0, 0, 0, 1, 2, 3, 0xfc]);
        let datagram = ip::udp(from, to, (source, port), message);
        ip::packet(from, to, ip::UDP, tos, &datagram)
    }

    /// Has the message received by one of the plain ways.
    fn receive(&self, random: &mut Random, message: &[u8], list: &mut Vec<Packet>) {
        let message = &message[..message.len().min(60_000)];
        let packet = self.around(random, message);
        let way = if packet.len() > 1500 {
            Way::Tun
        } else {
            random.pick(&[Way::Tun, Way::Wire, Way::Wire, Way::Napi])
        };
        list.push(received(self.side, way, packet));
    }
}

/// An IP packet that is received by `way`, whole and without a request.
fn received(side: Side, way: Way, packet: Vec<u8>) -> Packet {
    let mut octets = match way {
        Way::Tun => vec![0; TUNNEL_LEN],
        Way::Frags => ethernet(side, &packet, vec![0; TUNNEL_LEN]),
        _ => ethernet(side, &packet, Vec::new()),
    };
    octets.extend(packet);
    Packet {
        side,
        way,
        octets,
        cuts: Vec::new(),
        delivered: None,
    }
}

/// Appends the Ethernet header of an IP packet to `octets`.
fn ethernet(side: Side, packet: &[u8], mut octets: Vec<u8>) -> Vec<u8> {
    octets.extend(net::mac(side));
    octets.extend(net::mac(1 - side));
    octets.extend(match packet.first().map(|b| b >> 4) {
        Some(6) => [0x86, 0xdd],
        _ => [8, 0],
    });
    octets
}

/// Headers and lengths of version 1, all message types.
fn version1(_: &Seeds, random: &mut Random, _: u64, list: &mut Vec<Packet>) {
    let target = Target::of(random, Some(1));
    let (tunnel, known) = gtp::tunnel(random, 1);
    let kind = if random.once_in(4) {
        random.octet()
    } else {
        255
    };
    let payload = target.t_pdu(random, known);
    let message = gtp::version1(random, kind, tunnel, &payload);
    target.receive(random, &message, list);
}

/// Headers and lengths of version 0, all message types.
fn version0(_: &Seeds, random: &mut Random, _: u64, list: &mut Vec<Packet>) {
    let target = Target::of(random, Some(0));
    let (tunnel, known) = gtp::tunnel(random, 0);
    let kind = if random.once_in(4) {
        random.octet()
    } else {
        255
    };
    let payload = target.t_pdu(random, known);
    let message = gtp::version0(random, kind, tunnel, &payload);
    target.receive(random, &message, list);
}

/// Chains of extension headers.
fn extension(_: &Seeds, random: &mut Random, _: u64, list: &mut Vec<Packet>) {
    let target = Target::of(random, Some(1));
    let (tunnel, known) = gtp::tunnel(random, 1);
    let payload = target.t_pdu(random, known);
    let mut message = Vec::new();
    // Until the E flag is set: half of all.
    for _ in 0..4 {
        message = gtp::version1(random, 255, tunnel, &payload);
        if message[0] & 4 != 0 {
            break;
        }
    }
    target.receive(random, &message, list);
}

/// A golden message, with a tunnel that there is.
fn known_golden(seeds: &Seeds, random: &mut Random, number: usize) -> (usize, Vec<u8>) {
    let mut message = seeds.golden[number % seeds.golden.len()].clone();
    let version = message
        .first()
        .map_or(1, |flags| usize::from(flags >> 5 != 0));
    let place = if version == 0 { 12..20 } else { 4..8 };
    if let Some(octets) = message.get_mut(place).filter(|_| !random.once_in(4)) {
        let (tunnel, _) = gtp::tunnel(random, version);
        octets.fill(0);
        let from = octets.len() - 4;
        octets[from..].copy_from_slice(&tunnel.to_be_bytes());
    }
    (version, message)
}

/// Mutations of the golden messages.
fn golden(seeds: &Seeds, random: &mut Random, _: u64, list: &mut Vec<Packet>) {
    let number = random.below(seeds.golden.len());
    let (version, mut message) = known_golden(seeds, random, number);
    gtp::mutate(random, &mut message);
    let version = if random.once_in(16) {
        1 - version
    } else {
        version
    };
    Target::of(random, Some(version)).receive(random, &message, list);
}

/// Every truncation of each golden message in turn, of the message or of the whole packet.
fn truncated(seeds: &Seeds, random: &mut Random, number: u64, list: &mut Vec<Packet>) {
    let lengths: usize = seeds.golden.iter().map(|golden| golden.len() + 1).sum();
    let mut place = number as usize % lengths;
    let mut which = 0;
    while place > seeds.golden[which].len() {
        place -= seeds.golden[which].len() + 1;
        which += 1;
    }
    let (version, message) = known_golden(seeds, random, which);
    let target = Target::of(random, Some(version));
    if random.once_in(2) {
        return target.receive(random, &message[..place], list);
    }
    let mut packet = target.around(random, &message);
    let keep = packet.len() - message.len() + place;
    if random.once_in(2) {
        packet.truncate(keep);
    } else {
        packet.truncate(random.range(1, keep));
    }
    let way = random.pick(&[Way::Tun, Way::Wire, Way::Napi]);
    list.push(received(target.side, way, packet));
}

/// Messages about paths and tunnels.
fn path(_: &Seeds, random: &mut Random, _: u64, list: &mut Vec<Packet>) {
    let target = Target::any(random);
    let mut message = gtp::signalling(random, target.version);
    if random.once_in(4) {
        gtp::mutate(random, &mut message);
    }
    target.receive(random, &message, list);
}

/// Garbage in tunnels that there are.
fn inner(_: &Seeds, random: &mut Random, _: u64, list: &mut Vec<Packet>) {
    let target = Target::any(random);
    let tunnel = random.pick(TUNNELS[target.version]);
    let mut payload = target.t_pdu(random, Some(tunnel));
    ip::spoil(random, &mut payload);
    let message = gtp::gpdu(target.version, tunnel.into(), &payload);
    target.receive(random, &message, list);
}

/// A good G-PDU.
fn good(random: &mut Random, target: &Target) -> Vec<u8> {
    let tunnel = random.pick(TUNNELS[target.version]);
    let payload = target.t_pdu(random, Some(tunnel));
    gtp::gpdu(target.version, tunnel.into(), &payload)
}

/// Good G-PDUs and others in IP packets and UDP datagrams that are not.
fn outer(seeds: &Seeds, random: &mut Random, _: u64, list: &mut Vec<Packet>) {
    let target = Target::any(random);
    let message = if random.once_in(2) {
        good(random, &target)
    } else {
        let number = random.below(seeds.golden.len());
        known_golden(seeds, random, number).1
    };
    let message = &message[..message.len().min(1400)];
    let mut packet = target.around(random, message);
    let udp = if target.v6 { 40 } else { 20 };
    match random.below(4) {
        0 => {
            let word = random.word();
            packet[udp + 4..udp + 6].copy_from_slice(&word.to_be_bytes());
        }
        1 => packet[udp + 6] ^= random.octet(),
        2 => packet[udp + 6..udp + 8].fill(0),
        _ => ip::spoil(random, &mut packet),
    }
    packet.truncate(1500);
    let way = random.pick(&[Way::Tun, Way::Wire, Way::Napi]);
    list.push(received(target.side, way, packet));
}

/// Fragments, which are put together to a message or not.
fn fragment(_: &Seeds, random: &mut Random, _: u64, list: &mut Vec<Packet>) {
    let target = Target::any(random);
    let mut message = good(random, &target);
    if random.once_in(2) {
        gtp::mutate(random, &mut message);
    }
    let packet = target.around(random, &message);
    let way = random.pick(&[Way::Tun, Way::Wire, Way::Napi]);
    for fragment in ip::fragments(random, &packet) {
        list.push(received(target.side, way, fragment));
    }
}

/// Any message of any class before.
fn any_message(seeds: &Seeds, random: &mut Random, target: &Target) -> Vec<u8> {
    let (tunnel, known) = gtp::tunnel(random, target.version);
    let mut payload = target.t_pdu(random, known);
    match random.below(8) {
        0 => gtp::signalling(random, target.version),
        1 => {
            let number = random.below(seeds.golden.len());
            let mut message = known_golden(seeds, random, number).1;
            gtp::mutate(random, &mut message);
            message
        }
        2 => {
            ip::spoil(random, &mut payload);
            gtp::gpdu(target.version, tunnel, &payload)
        }
        3 | 4 => gtp::gpdu(target.version, tunnel, &payload),
        _ if target.version == 0 => gtp::version0(random, 255, tunnel, &payload),
        _ => gtp::version1(random, 255, tunnel, &payload),
    }
}

/// Has a packet split: at every offset in turn, and at some others.
fn cut(random: &mut Random, number: u64, packet: &mut Packet) {
    // The request in front is by itself.
    let len = packet.octets.len() - TUNNEL_LEN;
    let first = 1 + number as usize % len.min(200);
    let mut cuts = vec![first];
    for _ in 0..random.below(14) {
        cuts.push(match random.below(3) {
            0 => first + random.below(40),
            1 => random.range(1, len),
            _ => 1 + random.below(len.min(120)),
        });
    }
    // No fragment is longer than a page.
    cuts.extend((1..16).map(|n| n * 4000).filter(|cut| *cut < len));
    cuts.retain(|cut| *cut < len);
    cuts.sort_unstable();
    cuts.dedup();
    packet.cuts = vec![TUNNEL_LEN];
    packet
        .cuts
        .extend(cuts.into_iter().map(|cut| TUNNEL_LEN + cut));
}

/// Good G-PDUs, with extension headers and with surplus octets, each of which must be delivered:
/// echo responses, which nobody answers.
fn split(_: &Seeds, random: &mut Random, number: u64, list: &mut Vec<Packet>) {
    let target = Target::any(random);
    let tunnel = random.pick(TUNNELS[target.version]);
    let (from, to) = target.ends(random, Some(tunnel));
    let len = random.below(1200);
    let payload = ip::pong(random, from, to, len);
    let mut message = gtp::gpdu(target.version, tunnel.into(), &payload);
    if target.version == 1 && random.once_in(2) {
        gtp::lengthen(random, &mut message);
    }
    if random.once_in(4) {
        let len = random.range(1, 100);
        let surplus = random.octets(len);
        message.extend(surplus);
    }
    let source = net::remote(target.side, target.v6, 3);
    let at = net::address(target.side, target.link, target.v6);
    let port = PORTS[target.version];
    let datagram = ip::udp(source, at, (port, port), &message);
    let outer = ip::packet(source, at, ip::UDP, 0, &datagram);
    let way = random.pick(&[Way::Frags, Way::Frags, Way::Frags, Way::Tun, Way::Napi]);
    let mut packet = received(target.side, way, outer);
    if way == Way::Frags {
        cut(random, number, &mut packet);
    }
    packet.delivered = Some((target.link, payload.len()));
    list.push(packet);
}

/// Packets that are split at every offset, and jumbo ones.
fn nonlinear(seeds: &Seeds, random: &mut Random, number: u64, list: &mut Vec<Packet>) {
    let target = Target::any(random);
    let mut message = any_message(seeds, random, &target);
    if random.once_in(32) {
        let len = random.range(1400, 50_000);
        message = gtp::gpdu(target.version, 1, &vec![0x45; len]);
    }
    let outer = target.around(random, &message);
    let mut packet = received(target.side, Way::Frags, outer);
    cut(random, number, &mut packet);
    list.push(packet);
}

/// Runs of G-PDUs with segments of one TCP or UDP flow, which are joined if nothing is wrong
/// with them.
fn joined(_: &Seeds, random: &mut Random, _: u64, list: &mut Vec<Packet>) {
    let version = usize::from(!random.once_in(16));
    let target = Target::of(random, Some(version));
    let tunnel = random.pick(TUNNELS[target.version]);
    let (from, to) = target.ends(random, Some(tunnel));
    let size = random.range(1, 600);
    let mut seq = random.next() as u32;
    let tcp = !random.once_in(6);
    let source = net::remote(target.side, target.v6, 5);
    let at = net::address(target.side, target.link, target.v6);
    let port = PORTS[target.version];
    let tail = random.octets(3);
    let way = random.pick(&[Way::Napi, Way::Napi, Way::Napi, Way::Frags]);
    for _ in 0..random.range(2, 12) {
        let len = if random.once_in(8) {
            random.below(size + 20)
        } else {
            size
        };
        let payload = vec![random.octet(); len];
        let (protocol, body) = if tcp {
            (ip::TCP, ip::tcp(from, to, (5000, 6000), seq, &payload))
        } else {
            (ip::UDP, ip::udp(from, to, (5000, 6000), &payload))
        };
        seq = seq.wrapping_add(len as u32);
        let mut packet = ip::packet(from, to, protocol, 0, &body);
        if random.once_in(10) {
            ip::spoil(random, &mut packet);
        }
        let mut message = gtp::gpdu(target.version, tunnel.into(), &packet);
        if target.version == 1 && tail[0] & 1 != 0 {
            // A PDU session container; mostly the same in all of them.
            message[0] = 0x34;
            let length = (packet.len() + 8) as u16;
            message[2..4].copy_from_slice(&length.to_be_bytes());
            let qfi = if random.once_in(10) {
                random.octet()
            } else {
                9
            };
            message.splice(8..8, [0, 0, 0, 0x85, 1, 0x10, qfi, 0]);
        }
        if random.once_in(12) {
            gtp::mutate(random, &mut message);
        }
        let ports = (if random.once_in(12) { 40001 } else { 40000 }, port);
        let datagram = ip::udp(source, at, ports, &message);
        let mut packet = ip::packet(source, at, ip::UDP, 0, &datagram);
        if random.once_in(24) {
            ip::spoil(random, &mut packet);
        }
        let mut packet = received(target.side, way, packet);
        if way == Way::Frags {
            let cut = TUNNEL_LEN + random.range(1, (packet.octets.len() - TUNNEL_LEN - 1).min(120));
            packet.cuts = vec![TUNNEL_LEN, cut];
        }
        list.push(packet);
    }
}

/// Packets that are several in one when they are received.
fn segmented(seeds: &Seeds, random: &mut Random, _: u64, list: &mut Vec<Packet>) {
    let version = usize::from(!random.once_in(6));
    let target = Target::of(random, Some(version));
    let udp = if target.v6 { 40 } else { 20 };
    let request;
    let packet = match random.below(4) {
        0 => {
            // Anything, with any request.
            let message = any_message(seeds, random, &target);
            let packet = target.around(random, &message);
            request = Offload::any(random, packet.len());
            packet
        }
        1 => {
            // What a peer sends with UDP_SEGMENT: G-PDUs of one length, but for the last one.
            let tunnel = random.pick(TUNNELS[target.version]);
            let (from, to) = target.ends(random, Some(tunnel));
            let payload = vec![0x5a; random.range(1, 300)];
            let body = ip::udp(from, to, (5000, 6000), &payload);
            let one = gtp::gpdu(
                target.version,
                tunnel.into(),
                &ip::packet(from, to, ip::UDP, 0, &body),
            );
            let mut message = one.repeat(random.range(2, 20));
            if random.once_in(2) {
                let keep = message.len() - random.below(one.len());
                message.truncate(keep);
            }
            request = Offload::segments(Places {
                v6: target.v6,
                tcp: false,
                transport: udp,
                size: one.len(),
            });
            target.around(random, &message)
        }
        _ => {
            // What a tunnel of the kernel sends: one header in front of one packet that is to be
            // cut inside.
            let tunnel = random.pick(TUNNELS[target.version]);
            let (from, to) = target.ends(random, Some(tunnel));
            let tcp = !random.once_in(4);
            let size = random.range(8, 500);
            let total = size * random.range(1, 12) + random.pick(&[0, 0, 1, size / 2]);
            let payload = vec![0x5a; total];
            let body = if tcp {
                ip::tcp(from, to, (5000, 6000), 1, &payload)
            } else {
                ip::udp(from, to, (5000, 6000), &payload)
            };
            let protocol = if tcp { ip::TCP } else { ip::UDP };
            let packet = ip::packet(from, to, protocol, 0, &body);
            let network = if from.is_ipv6() { 40 } else { 20 };
            let headers = network + if tcp { 20 } else { 8 };
            let mut message = gtp::gpdu(target.version, tunnel.into(), &packet);
            // The length of one segment, of all, or another one.
            let says = match random.below(6) {
                0 => packet.len(),
                1 => random.word().into(),
                _ => headers + size,
            };
            message[2..4].copy_from_slice(&(says as u16).to_be_bytes());
            let begin = udp + 8 + message.len() - packet.len();
            let places = Places {
                v6: from.is_ipv6(),
                tcp,
                transport: begin + network,
                size,
            };
            request = Offload::tunnel(places, begin, udp, target.v6);
            target.around(random, &message)
        }
    };
    let mut request = request;
    if random.once_in(3) {
        request.spoil(random);
    }
    // The kernel takes a tunnel's request where there is an Ethernet header.
    let way = random.pick(&[Way::Tun, Way::Frags, Way::Frags]);
    let mut packet = received(target.side, way, packet);
    if way == Way::Frags {
        request.shift(14);
        let len = packet.octets.len();
        let linear = TUNNEL_LEN + 14 + random.range(1, 200);
        let cuts = [linear]
            .into_iter()
            .chain((1..16).map(|n| linear + n * 4000));
        packet.cuts = vec![TUNNEL_LEN];
        packet.cuts.extend(cuts.filter(|cut| *cut < len));
    }
    packet.octets[..TUNNEL_LEN].copy_from_slice(&request.long());
    list.push(packet);
}

/// EtherTypes for packets that are sent into a link.
const PROTOCOLS: &[u16] = &[
    0, 1, 3, 4, 0x0600, 0x0806, 0x8100, 0x88a8, 0x88a8, 0x8847, 0x8864, 0xffff,
];

/// An IP packet that a link would send, and the family of its address.
fn to_be_sent(random: &mut Random, side: Side, link: usize) -> Vec<u8> {
    let version = usize::from(!random.once_in(4));
    let target = Target {
        // What the other side receives.
        side: 1 - side,
        link,
        v6: link == 2,
        version,
    };
    let tunnel = random.pick(TUNNELS[version]);
    target.t_pdu(random, Some(tunnel))
}

/// What the EtherType of an IP packet is, or something else.
fn protocol_of(random: &mut Random, packet: &[u8]) -> u16 {
    match packet.first().map(|b| b >> 4) {
        _ if random.once_in(8) => random.pick(PROTOCOLS),
        _ if random.once_in(8) => random.pick(&[0x0800, 0x86dd]),
        Some(6) => 0x86dd,
        _ => 0x0800,
    }
}

/// Packets that are sent into a link by a packet socket: good ones, short ones, none at all.
fn sent(_: &Seeds, random: &mut Random, _: u64, list: &mut Vec<Packet>) {
    let side = random.below(2);
    let link = random.below(LINKS);
    let mut octets = to_be_sent(random, side, link);
    match random.below(8) {
        0 => {
            let len = random.below(64);
            octets.truncate(len);
        }
        1 => {
            let len = random.below(80);
            octets = random.octets(len);
        }
        2..=4 => ip::spoil(random, &mut octets),
        _ => {}
    }
    octets.truncate(1432);
    let protocol = protocol_of(random, &octets);
    let socket = random.pick(&[Socket::Datagram, Socket::Raw]);
    list.push(Packet {
        side,
        way: Way::Link {
            link,
            socket,
            protocol,
        },
        octets,
        cuts: Vec::new(),
        delivered: None,
    });
}

/// The same with a request to cut them and to sum them up.
fn offload(_: &Seeds, random: &mut Random, _: u64, list: &mut Vec<Packet>) {
    let side = random.below(2);
    let link = random.below(LINKS);
    let (octets, request) = if random.once_in(3) {
        let mut octets = to_be_sent(random, side, link);
        if random.once_in(2) {
            ip::spoil(random, &mut octets);
        }
        let request = Offload::any(random, octets.len());
        (octets, request)
    } else {
        let version = usize::from(!random.once_in(4));
        let target = Target {
            side: 1 - side,
            link,
            v6: link == 2,
            version,
        };
        let (from, to) = target.ends(random, None);
        let tcp = random.once_in(2);
        let size = random.pick(&[1, 8, 100, 536, 1000, 1300]);
        let total = match random.below(4) {
            0 => random.below(64),
            _ => size * random.range(1, 40) + random.pick(&[0, 0, 1, size / 2]),
        };
        let payload = vec![0x5a; total.min(60_000)];
        let (protocol, body) = if tcp {
            (ip::TCP, ip::tcp(from, to, (5000, 6000), 1, &payload))
        } else {
            (ip::UDP, ip::udp(from, to, (5000, 6000), &payload))
        };
        let mut octets = ip::packet(from, to, protocol, random.pick(&[0, 3]), &body);
        let places = Places {
            v6: from.is_ipv6(),
            tcp,
            transport: if from.is_ipv6() { 40 } else { 20 },
            size,
        };
        let mut request = match random.below(6) {
            0 => Offload::checksum(places),
            _ => Offload::segments(places),
        };
        if random.once_in(3) {
            request.spoil(random);
        }
        if random.once_in(4) {
            ip::spoil(random, &mut octets);
        }
        (octets, request)
    };
    let protocol = protocol_of(random, &octets);
    let mut with = request.short();
    with.extend(octets);
    list.push(Packet {
        side,
        way: Way::Link {
            link,
            socket: Socket::Offload,
            protocol,
        },
        octets: with,
        cuts: Vec::new(),
        delivered: None,
    });
}

/// One of the others.
fn mixed(seeds: &Seeds, random: &mut Random, number: u64, list: &mut Vec<Packet>) {
    let others = &CLASSES[..CLASSES.len() - 1];
    let (_, generator) = others[random.below(others.len())];
    generator(seeds, random, number, list);
}
