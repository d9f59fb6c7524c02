// SPDX-License-Identifier: GPL-2.0

//! What stands in front of a packet and says how it is to be cut, and summed up: struct
//! virtio_net_hdr and struct virtio_net_hdr_v1_hash_tunnel.

use super::random::Random;

/// Length of the longer one.
pub const TUNNEL_LEN: usize = 24;

const NEEDS_CSUM: u8 = 1;
const TCPV4: u8 = 1;
const UFO: u8 = 3;
const TCPV6: u8 = 4;
const UDP_L4: u8 = 5;
const TUNNEL_IPV4: u8 = 0x20;
const TUNNEL_IPV6: u8 = 0x40;
const ECN: u8 = 0x80;

/// The request.
#[derive(Clone, Copy, Default)]
pub struct Offload {
    flags: u8,
    kind: u8,
    hdr_len: u16,
    gso_size: u16,
    csum_start: u16,
    csum_offset: u16,
    outer_transport: u16,
    inner_network: u16,
}

/// Where the parts of a packet stand, from its first octet on.
#[derive(Clone, Copy)]
pub struct Places {
    /// The IP packet is one of IPv6.
    pub v6: bool,
    /// It carries TCP, not UDP.
    pub tcp: bool,
    /// Offset of the transport header.
    pub transport: usize,
    /// Length of the payload that is to be cut.
    pub size: usize,
}

impl Places {
    const fn headers(&self) -> usize {
        self.transport + if self.tcp { 20 } else { 8 }
    }
}

impl Offload {
    /// Has an IP packet cut, and its transport checksum computed.
    pub fn segments(places: Places) -> Self {
        let (kind, sum) = match (places.tcp, places.v6) {
            (true, false) => (TCPV4, 16),
            (true, true) => (TCPV6, 16),
            (false, _) => (UDP_L4, 6),
        };
        Self {
            flags: NEEDS_CSUM,
            kind,
            hdr_len: places.headers() as u16,
            gso_size: places.size as u16,
            csum_start: places.transport as u16,
            csum_offset: sum,
            ..Self::default()
        }
    }

    /// The same for an IP packet at `network` within a UDP tunnel whose header is at `outer`.
    pub fn tunnel(places: Places, network: usize, outer: usize, outer_v6: bool) -> Self {
        let mut offload = Self::segments(places);
        offload.kind |= if outer_v6 { TUNNEL_IPV6 } else { TUNNEL_IPV4 };
        offload.outer_transport = outer as u16;
        offload.inner_network = network as u16;
        offload
    }

    /// Only a checksum.
    pub fn checksum(places: Places) -> Self {
        Self {
            kind: 0,
            gso_size: 0,
            ..Self::segments(places)
        }
    }

    /// Anything, for a packet of `len` octets.
    pub fn any(random: &mut Random, len: usize) -> Self {
        let mut place = || match random.below(4) {
            0 => random.word(),
            1 => random.pick(&[0, 12, 14, 20, 34, 40, 54, 62]),
            _ => random.below(len + 2) as u16,
        };
        let (hdr_len, csum_start, outer_transport, inner_network) =
            (place(), place(), place(), place());
        Self {
            flags: random.pick(&[0, NEEDS_CSUM, NEEDS_CSUM, 2, 4, 8, 9, 0xff]),
            kind: random.pick(&[0, TCPV4, UFO, TCPV6, UDP_L4, UDP_L4])
                | random.pick(&[0, 0, 0, ECN, TUNNEL_IPV4, TUNNEL_IPV6, 0x60]),
            hdr_len,
            gso_size: match random.below(3) {
                0 => random.word(),
                1 => random.pick(&[1, 7, 8, 9, 20, 536, 1000]),
                _ => random.below(len + 2) as u16,
            },
            csum_start,
            csum_offset: random.pick(&[6, 16, 2, 0, 0xfffe, 10, 1]),
            outer_transport,
            inner_network,
        }
    }

    /// Changes a field or two.
    pub fn spoil(&mut self, random: &mut Random) {
        for _ in 0..=random.below(2) {
            let delta = random.pick(&[1, 2, 4, 8, 20, 0xffff, 0xfffe, 0xfff8, 0x8000]);
            let word = random.word();
            match random.below(10) {
                0 => self.flags ^= 1 << random.below(5),
                1 => self.kind ^= 1 << random.below(8),
                2 => self.hdr_len = word,
                3 => self.hdr_len = self.hdr_len.wrapping_add(delta),
                4 => self.gso_size = word,
                5 => self.gso_size = self.gso_size.wrapping_add(delta),
                6 => self.csum_start = self.csum_start.wrapping_add(delta),
                7 => self.csum_offset = self.csum_offset.wrapping_add(delta),
                8 => self.outer_transport = self.outer_transport.wrapping_add(delta),
                _ => self.inner_network = self.inner_network.wrapping_add(delta),
            }
        }
    }

    /// The packet begins `by` octets later.
    pub fn shift(&mut self, by: u16) {
        for place in [
            &mut self.hdr_len,
            &mut self.csum_start,
            &mut self.outer_transport,
            &mut self.inner_network,
        ] {
            *place = place.wrapping_add(by);
        }
    }

    /// The octets for a packet socket.
    pub fn short(&self) -> Vec<u8> {
        let mut octets = vec![self.flags, self.kind];
        for word in [
            self.hdr_len,
            self.gso_size,
            self.csum_start,
            self.csum_offset,
        ] {
            octets.extend(word.to_le_bytes());
        }
        octets
    }

    /// The octets for a tun device.
    pub fn long(&self) -> Vec<u8> {
        let mut octets = self.short();
        // The number of buffers and the hash mean nothing here.
        octets.resize(TUNNEL_LEN - 4, 0);
        octets.extend(self.outer_transport.to_le_bytes());
        octets.extend(self.inner_network.to_le_bytes());
        octets
    }
}
