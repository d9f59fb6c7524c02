// SPDX-License-Identifier: GPL-2.0

//! IP packets: right ones, and what can be wrong with them.

use std::net::IpAddr;

use super::net::octets;
use super::random::Random;
use crate::inet;

/// Numbers of protocols.
pub const ICMP: u8 = 1;
pub const TCP: u8 = 6;
pub const UDP: u8 = 17;
pub const ICMPV6: u8 = 58;

/// Puts an IP header in front of `payload`.
pub fn packet(src: IpAddr, dst: IpAddr, protocol: u8, tos: u8, payload: &[u8]) -> Vec<u8> {
    let (src, dst) = (octets(src), octets(dst));
    let mut header = if src.len() == 4 {
        let total = (20 + payload.len()) as u16;
        let mut header = vec![0x45, tos];
        header.extend(total.to_be_bytes());
        header.extend([0, 1, 0, 0, 64, protocol, 0, 0]);
        header
    } else {
        let length = payload.len() as u16;
        let mut header = vec![0x60 | (tos >> 4), tos << 4, 0, 0];
        header.extend(length.to_be_bytes());
        header.extend([protocol, 64]);
        header
    };
    header.extend(src);
    header.extend(dst);
    if header[0] >> 4 == 4 {
        seal(&mut header);
    }
    header.extend(payload);
    header
}

/// Puts the right checksum into an IPv4 header of whatever length it says.
pub fn seal(packet: &mut [u8]) {
    let len = 4 * usize::from(packet.first().map_or(0, |b| b & 0xf));
    if packet.len() < 20 || len < 20 {
        return;
    }
    packet[10..12].fill(0);
    let end = len.min(packet.len());
    let sum = inet::checksum(&packet[..end]);
    packet[10..12].copy_from_slice(&sum.to_be_bytes());
}

/// A UDP datagram.
pub fn udp(src: IpAddr, dst: IpAddr, ports: (u16, u16), payload: &[u8]) -> Vec<u8> {
    let mut datagram = Vec::with_capacity(8 + payload.len());
    datagram.extend(ports.0.to_be_bytes());
    datagram.extend(ports.1.to_be_bytes());
    datagram.extend(((8 + payload.len()) as u16).to_be_bytes());
    datagram.extend([0, 0]);
    datagram.extend(payload);
    let sum = inet::transport(&octets(src), &octets(dst), UDP, &datagram);
    datagram[6..8].copy_from_slice(&sum.to_be_bytes());
    datagram
}

/// A TCP segment without options.
pub fn tcp(src: IpAddr, dst: IpAddr, ports: (u16, u16), seq: u32, payload: &[u8]) -> Vec<u8> {
    let mut segment = Vec::with_capacity(20 + payload.len());
    segment.extend(ports.0.to_be_bytes());
    segment.extend(ports.1.to_be_bytes());
    segment.extend(seq.to_be_bytes());
    segment.extend([0, 0, 0, 1, 0x50, 0x10, 0xff, 0xff, 0, 0, 0, 0]);
    segment.extend(payload);
    let sum = inet::transport(&octets(src), &octets(dst), TCP, &segment);
    segment[16..18].copy_from_slice(&sum.to_be_bytes());
    segment
}

/// An echo request of ICMP or ICMPv6.
fn ping(src: IpAddr, dst: IpAddr, payload: &[u8]) -> (u8, Vec<u8>) {
    let v6 = src.is_ipv6();
    let mut message = vec![if v6 { 128 } else { 8 }, 0, 0, 0, 0, 7, 0, 1];
    message.extend(payload);
    let sum = if v6 {
        inet::transport(&octets(src), &octets(dst), ICMPV6, &message)
    } else {
        inet::checksum(&message)
    };
    message[2..4].copy_from_slice(&sum.to_be_bytes());
    (if v6 { ICMPV6 } else { ICMP }, message)
}

/// A packet with an echo response that nobody has asked for.
pub fn pong(random: &mut Random, src: IpAddr, dst: IpAddr, len: usize) -> Vec<u8> {
    let payload = vec![random.octet(); len];
    let (protocol, mut message) = ping(src, dst, &payload);
    // The type is one more for IPv6, and eight less for IPv4: so is the checksum's part of it.
    let (kind, sum) = if src.is_ipv6() {
        (129, -0x100)
    } else {
        (0, 0x800)
    };
    let old = i32::from(u16::from_be_bytes([message[2], message[3]]));
    let sum = (old + sum).rem_euclid(0xffff) as u16;
    message[0] = kind;
    message[2..4].copy_from_slice(&sum.to_be_bytes());
    packet(src, dst, protocol, 0, &message)
}

/// A good packet between two addresses of one family.
pub fn good(random: &mut Random, src: IpAddr, dst: IpAddr) -> Vec<u8> {
    let len = random.length();
    let payload = vec![random.octet(); len];
    let ports = (
        random.pick(&[5000, 1, 0xffff]),
        random.pick(&[6000, 53, 2152]),
    );
    let (protocol, body) = match random.below(4) {
        0 | 1 => (UDP, udp(src, dst, ports, &payload)),
        2 => (TCP, tcp(src, dst, ports, random.next() as u32, &payload)),
        _ => ping(src, dst, &payload),
    };
    packet(src, dst, protocol, random.pick(&[0, 1, 2, 3, 0xb8]), &body)
}

/// Makes something wrong with an IP packet, or something rare.
pub fn spoil(random: &mut Random, packet: &mut Vec<u8>) {
    let v6 = packet.first().is_some_and(|b| b >> 4 == 6);
    for _ in 0..=random.below(2) {
        if packet.len() < 20 || v6 && packet.len() < 40 {
            return;
        }
        match random.below(if v6 { 9 } else { 12 }) {
            0 => packet[0] = packet[0] & 0xf | (random.octet() << 4),
            1 => packet.truncate(random.below(packet.len())),
            2 => {
                let at = random.below(packet.len().min(60));
                packet[at] = random.edge();
            }
            3 => packet.extend({
                let len = random.range(1, 40);
                random.octets(len)
            }),
            4 if v6 => packet[4..6].copy_from_slice(&random.word().to_be_bytes()),
            4 => packet[2..4].copy_from_slice(&random.word().to_be_bytes()),
            5 if v6 => packet[6] = random.pick(&[0, 43, 44, 50, 51, 58, 59, 60, 135, 6, 17]),
            5 => packet[9] = random.edge(),
            6 if v6 => extend(random, packet),
            6 => packet[0] = 0x40 | random.octet() & 0xf,
            7 if v6 => packet[7] = random.pick(&[0, 1, 255]),
            7 => packet[8] = random.pick(&[0, 1, 255]),
            8 => {
                // Another address, at either end.
                let (at, len) = if v6 { (8, 16) } else { (12, 4) };
                let at = at + len * random.below(2);
                let octets: &[u8] = match random.below(6) {
                    0 => &[0; 16],
                    1 => &[0xff; 16],
                    2 if v6 => &[0xfe, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1],
                    2 => &[127, 0, 0, 1],
                    3 if v6 => &[0xff, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1],
                    3 => &[224, 0, 0, 1],
                    4 if v6 => &[0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 192, 0, 2, 1],
                    _ => &[192, 0, 2, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 9],
                };
                packet[at..at + len].copy_from_slice(&octets[..len]);
            }
            9 => {
                // Options, good or not.
                let units = random.range(1, 10);
                let options = random.octets(4 * units);
                packet.splice(20..20, options);
                packet[0] = 0x45 + units as u8;
                let total = packet.len() as u16;
                packet[2..4].copy_from_slice(&total.to_be_bytes());
            }
            10 => {
                let fragment = random.word();
                packet[6..8].copy_from_slice(&fragment.to_be_bytes());
            }
            _ => packet[10] ^= random.octet(),
        }
    }
    // A wrong header checksum ends most packets early, so it is right more often than not.
    if !v6 && !random.once_in(4) {
        seal(packet);
    }
}

/// Puts extension headers into an IPv6 packet, good or not.
fn extend(random: &mut Random, packet: &mut Vec<u8>) {
    for _ in 0..=random.below(3) {
        let next = packet[6];
        let kind = random.pick(&[0, 43, 44, 60, 51, 135]);
        let units = random.below(3);
        let mut header = random.octets(8 + 8 * units);
        header[0] = next;
        header[1] = if random.once_in(4) {
            random.octet()
        } else {
            units as u8
        };
        packet[6] = kind;
        packet.splice(40..40, header);
    }
    if !random.once_in(4) {
        let length = (packet.len() - 40) as u16;
        packet[4..6].copy_from_slice(&length.to_be_bytes());
    }
}

/// Cuts an IP packet into fragments, which may overlap, repeat, or lack one.
pub fn fragments(random: &mut Random, packet: &[u8]) -> Vec<Vec<u8>> {
    let v6 = packet[0] >> 4 == 6;
    let header = if v6 { 40 } else { 20 };
    let body = &packet[header..];
    let piece = 8 * random.range(1, 64);
    let id = random.next() as u32;
    let mut list = Vec::new();
    for (n, part) in body.chunks(piece).enumerate().take(24) {
        let more = (n + 1) * piece < body.len();
        let mut offset = n * piece / 8;
        if random.once_in(24) {
            offset = offset.saturating_sub(1);
        }
        let mut fragment = packet[..header].to_vec();
        if v6 {
            let field = (offset << 3) as u16 | u16::from(more);
            let mut extension = vec![packet[6], 0];
            extension.extend(field.to_be_bytes());
            extension.extend(id.to_be_bytes());
            extension.extend(part);
            fragment[6] = 44;
            fragment[4..6].copy_from_slice(&(extension.len() as u16).to_be_bytes());
            fragment.extend(extension);
        } else {
            let field = offset as u16 | if more { 0x2000 } else { 0 };
            fragment[2..4].copy_from_slice(&((header + part.len()) as u16).to_be_bytes());
            fragment[4..6].copy_from_slice(&(id as u16).to_be_bytes());
            fragment[6..8].copy_from_slice(&field.to_be_bytes());
            seal(&mut fragment);
            fragment.extend(part);
        }
        list.push(fragment);
    }
    match random.below(8) {
        0 => list.reverse(),
        1 => {
            let lost = random.below(list.len());
            list.remove(lost);
        }
        2 => {
            let twice = random.below(list.len());
            list.push(list[twice].clone());
        }
        _ => {}
    }
    list
}
