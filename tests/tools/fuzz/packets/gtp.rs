// SPDX-License-Identifier: GPL-2.0

//! GTP messages: right ones, and what can be wrong with them.

use super::net::TUNNELS;
use super::random::Random;

/// Types of extension headers: known ones, and unknown ones of all four comprehension classes.
const EXTENSIONS: &[u8] = &[
    0x00, 0x03, 0x20, 0x40, 0x81, 0x82, 0x83, 0x84, 0x85, 0xc0, 0x01, 0x3e, 0x7e, 0x80, 0xbe, 0xfe,
];

/// A tunnel of that version: mostly one that there is.
pub fn tunnel(random: &mut Random, version: usize) -> (u32, Option<u8>) {
    if random.once_in(8) {
        let none = [
            0,
            0xff,
            0x0100_0000,
            0xffff_ffff,
            random.next() as u32 | 0x100,
        ];
        (random.pick(&none), None)
    } else {
        let known = random.pick(TUNNELS[version]);
        (known.into(), Some(known))
    }
}

/// A plain G-PDU.
pub fn gpdu(version: usize, tunnel: u32, payload: &[u8]) -> Vec<u8> {
    let length = (payload.len() as u16).to_be_bytes();
    let mut message = if version == 0 {
        let mut header = vec![
            0x1e, 255, length[0], length[1], 0, 0, 0, 1, 255, 255, 255, 255,
        ];
        header.extend(u64::from(tunnel).to_be_bytes());
        header
    } else {
        let mut header = vec![0x30, 255, length[0], length[1]];
        header.extend(tunnel.to_be_bytes());
        header
    };
    message.extend(payload);
    message
}

/// Puts optional fields and extension headers into a plain G-PDU of version 1, which it remains.
pub fn lengthen(random: &mut Random, message: &mut Vec<u8>) {
    let mut fields = vec![random.octet(), random.octet(), random.octet()];
    let count = random.below(9);
    for _ in 0..count {
        let units = random.range(1, 5);
        fields.extend([
            random.pick(&[0x85, 0x40, 0x20, 0xc0, 0x7e, 0x3e]),
            units as u8,
        ]);
        let content = random.octets(4 * units - 2);
        fields.extend(content);
    }
    fields.push(0);
    message[0] |= if count == 0 {
        random.range(1, 3) as u8
    } else {
        4 | random.octet() & 3
    };
    let length = u16::from_be_bytes([message[2], message[3]]) + fields.len() as u16;
    message[2..4].copy_from_slice(&length.to_be_bytes());
    message.splice(8..8, fields);
}

/// Any message of version 1: flags, type, optional fields, extension headers, and a length that
/// is mostly right.
pub fn version1(random: &mut Random, kind: u8, tunnel: u32, payload: &[u8]) -> Vec<u8> {
    let flags = match random.below(8) {
        0 => random.octet(),
        1..=3 => 0x30,
        _ => 0x30 | random.octet() & 0xf,
    };
    let mut message = vec![flags, kind, 0, 0];
    message.extend(tunnel.to_be_bytes());
    if flags & 7 != 0 {
        message.extend((random.next() as u16).to_be_bytes());
        message.push(random.octet());
        if flags & 4 != 0 && !random.once_in(6) {
            chain(random, &mut message);
        } else {
            message.push(if random.once_in(2) { 0 } else { random.edge() });
        }
    }
    message.extend(payload);
    length(random, &mut message, 8);
    message
}

/// Extension headers, from the octet that has the type of the first one on.
fn chain(random: &mut Random, message: &mut Vec<u8>) {
    let count = match random.below(8) {
        0 => 0,
        1..=4 => 1,
        5 => 2,
        6 => random.below(9),
        _ => random.below(40),
    };
    // Most of a chain is to be walked, so what ends the walk is rare.
    let wrong = random.once_in(3);
    for _ in 0..count {
        let kind = if wrong && random.once_in(3) {
            random.pick(EXTENSIONS)
        } else {
            random.pick(&[0x20, 0x40, 0x85, 0xc0, 0x03, 0x3e, 0x7e])
        };
        message.push(kind);
        let units = if random.once_in(8) {
            random.range(1, 20)
        } else {
            1
        };
        let says = match random.below(if wrong { 6 } else { 60 }) {
            0 => 0,
            1 => 255,
            2 => random.octet(),
            _ => units as u8,
        };
        message.push(says);
        let content = random.octets(4 * units - 2);
        message.extend(content);
    }
    message.push(if wrong && random.once_in(4) {
        random.edge()
    } else {
        0
    });
}

/// Any message of version 0.
pub fn version0(random: &mut Random, kind: u8, tunnel: u32, payload: &[u8]) -> Vec<u8> {
    let flags = match random.below(6) {
        0 => random.octet(),
        1 => 0x1f,
        2 => 0x0e,
        _ => 0x1e,
    };
    let mut message = vec![flags, kind, 0, 0];
    message.extend(random.octets(4));
    message.extend([random.edge(), 255, 255, 255]);
    let high = if random.once_in(8) {
        random.next() as u32
    } else {
        0
    };
    message.extend(high.to_be_bytes());
    message.extend(tunnel.to_be_bytes());
    message.extend(payload);
    length(random, &mut message, 20);
    message
}

/// Puts a length into a message with `header` octets that it does not count.
fn length(random: &mut Random, message: &mut Vec<u8>, header: usize) {
    let right = message.len().saturating_sub(header);
    let says = match random.below(16) {
        0 => random.word() as usize,
        1 => right + 1,
        2 => right.saturating_sub(1),
        3 => {
            let len = random.range(1, 64);
            let surplus = random.octets(len);
            message.extend(surplus);
            right
        }
        _ => right,
    };
    message[2..4].copy_from_slice(&(says as u16).to_be_bytes());
}

/// Information elements, good or not.
fn elements(random: &mut Random) -> Vec<u8> {
    let mut list = Vec::new();
    for _ in 0..random.below(5) {
        match random.below(7) {
            0 => list.extend([14, random.octet()]),
            1 => {
                list.push(16);
                list.extend((random.next() as u32).to_be_bytes());
            }
            2 => {
                let len = random.pick(&[0usize, 4, 16, 3, 5]);
                list.extend([133, 0, len as u8]);
                list.extend(random.octets(len));
            }
            3 => {
                let len = random.below(10);
                list.extend([141, len as u8]);
                list.extend(random.octets(len));
            }
            4 => {
                let len = random.below(20);
                let says = if random.once_in(3) {
                    random.word()
                } else {
                    len as u16
                };
                list.push(255);
                list.extend(says.to_be_bytes());
                list.extend(random.octets(len));
            }
            5 => list.extend([230, 0, 1, random.octet()]),
            _ => {
                let len = random.below(8);
                list.extend(random.octets(len));
            }
        }
    }
    list
}

/// A message about a path or a tunnel.
pub fn signalling(random: &mut Random, version: usize) -> Vec<u8> {
    let kind = match random.below(8) {
        0 => random.octet(),
        1 | 2 => 1,
        3 => 2,
        4 => 26,
        5 => random.pick(&[3, 31, 253, 254]),
        6 => random.pick(&[16, 17, 240, 241]),
        _ => 1,
    };
    let (known, _) = tunnel(random, version);
    let tunnel = if random.once_in(3) { known } else { 0 };
    let mut payload = elements(random);
    // Longer ones than any that is defined.
    if random.once_in(16) {
        let len = random.below(2000);
        payload.extend(random.octets(len));
    }
    if random.once_in(4) {
        return match version {
            0 => version0(random, kind, tunnel, &payload),
            _ => version1(random, kind, tunnel, &payload),
        };
    }
    // A right header, so that the elements are looked at.
    let mut message = if version == 0 {
        let mut header = vec![0x1e, kind, 0, 0, random.octet(), random.octet(), 0, 0];
        header.extend([255, 255, 255, 255]);
        header.extend(u64::from(tunnel).to_be_bytes());
        header
    } else {
        let mut header = vec![0x32, kind, 0, 0];
        header.extend(tunnel.to_be_bytes());
        header.extend([random.octet(), random.octet(), 0, 0]);
        header
    };
    message.extend(payload);
    let header = if version == 0 { 20 } else { 8 };
    let says = (message.len() - header) as u16;
    message[2..4].copy_from_slice(&says.to_be_bytes());
    message
}

/// Changes a message in a few places.
pub fn mutate(random: &mut Random, message: &mut Vec<u8>) {
    for _ in 0..=random.below(4) {
        let at = random.below(message.len());
        match random.below(9) {
            // Most of what matters stands in the headers.
            0..=2 => {
                let octet = random.edge();
                if let Some(old) = message.get_mut(at % 24) {
                    *old = octet;
                }
            }
            3 => {
                let bit = 1 << random.below(8);
                if let Some(old) = message.get_mut(at) {
                    *old ^= bit;
                }
            }
            4 => message.truncate(at),
            5 => message.insert(at, random.edge()),
            6 if !message.is_empty() => {
                message.remove(at);
            }
            7 => {
                let len = random.below(32);
                let more = random.octets(len);
                message.extend(more);
            }
            // Lengths that are right, or hardly any change gets beyond that check.
            _ => {
                let header = match message.first() {
                    Some(flags) if flags >> 5 == 0 => 20,
                    _ => 8,
                };
                if message.len() >= header {
                    let says = (message.len() - header) as u16;
                    message[2..4].copy_from_slice(&says.to_be_bytes());
                }
            }
        }
    }
}
