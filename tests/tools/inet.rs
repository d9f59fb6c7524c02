// SPDX-License-Identifier: GPL-2.0

//! The Internet checksum, RFC 1071.

/// The ones' complement sum of `data`, folded, on top of `start`.
fn sum(start: u32, data: &[u8]) -> u32 {
    let mut sum = start;
    for pair in data.chunks(2) {
        let low = pair.get(1).copied().unwrap_or(0);
        sum += u32::from(u16::from_be_bytes([pair[0], low]));
        sum = (sum & 0xffff) + (sum >> 16);
    }
    sum
}

/// The checksum of a header or message whose checksum field is 0.
pub fn checksum(data: &[u8]) -> u16 {
    !(sum(0, data) as u16)
}

/// Whether data that holds its own checksum adds up.
pub fn adds_up(data: &[u8]) -> bool {
    sum(0, data) == 0xffff
}

/// The checksum of a transport segment between two addresses (4 or 16 octets each), never 0.
pub fn transport(src: &[u8], dst: &[u8], protocol: u8, segment: &[u8]) -> u16 {
    let mut start = sum(sum(0, src), dst);
    start = sum(start, &[0, protocol]);
    start = sum(start, &(segment.len() as u32).to_be_bytes());
    match !(sum(start, segment) as u16) {
        0 => 0xffff,
        other => other,
    }
}
