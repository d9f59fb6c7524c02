// SPDX-License-Identifier: GPL-2.0

//! Numbers that look random and repeat: splitmix64 (Steele, Lea and Flood, "Fast splittable
//! pseudorandom number generators", 2014). Each packet has a generator of its own, made of seed,
//! class and number, so that one packet can be made without those before it.

/// A generator.
pub struct Random(u64);

impl Random {
    /// The generator of packet `number` of a class.
    pub fn new(seed: u64, class: u64, number: u64) -> Self {
        let mut random = Self(seed);
        random.0 = random.next() ^ class;
        random.0 = random.next() ^ number;
        random
    }

    /// The next number.
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number below `bound`, or 0.
    pub fn below(&mut self, bound: usize) -> usize {
        (self.next() >> 33) as usize % bound.max(1)
    }

    /// A number from `low` to `high`.
    pub fn range(&mut self, low: usize, high: usize) -> usize {
        low + self.below(high - low + 1)
    }

    /// True once in `n` times.
    pub fn once_in(&mut self, n: usize) -> bool {
        self.below(n) == 0
    }

    /// One of these.
    pub fn pick<T: Copy>(&mut self, of: &[T]) -> T {
        of[self.below(of.len())]
    }

    /// Any octet.
    pub fn octet(&mut self) -> u8 {
        self.next() as u8
    }

    /// An octet, more often than not one at a bound of something.
    pub fn edge(&mut self) -> u8 {
        const EDGES: &[u8] = &[
            0x00, 0x01, 0x02, 0x03, 0x04, 0x05, 0x0f, 0x10, 0x1e, 0x20, 0x30, 0x32, 0x34, 0x36,
            0x40, 0x45, 0x46, 0x4f, 0x60, 0x7f, 0x80, 0x81, 0x85, 0xc0, 0xfe, 0xff,
        ];
        if self.once_in(3) {
            self.octet()
        } else {
            self.pick(EDGES)
        }
    }

    /// A 16-bit number at or near a bound, or any.
    pub fn word(&mut self) -> u16 {
        const EDGES: &[u16] = &[
            0, 1, 4, 7, 8, 12, 19, 20, 28, 39, 40, 48, 60, 127, 128, 255, 256, 1400, 1500, 0x7fff,
            0x8000, 0xfff0, 0xfffe, 0xffff,
        ];
        if self.once_in(2) {
            self.next() as u16
        } else {
            self.pick(EDGES)
        }
    }

    /// Octets, most of them at a bound of something.
    pub fn octets(&mut self, len: usize) -> Vec<u8> {
        (0..len).map(|_| self.edge()).collect()
    }

    /// A length of payload: short ones more often than long ones.
    pub fn length(&mut self) -> usize {
        match self.below(16) {
            0 => 0,
            1..=9 => self.below(64),
            10..=13 => self.below(300),
            14 => self.below(1472),
            _ => self.below(4000),
        }
    }
}
