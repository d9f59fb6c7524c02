// SPDX-License-Identifier: GPL-2.0

//! A packet as it is sent, and as a pattern that a received one is compared with.

use crate::args::{hex, usage, Done};
use crate::inet;
use crate::layer::{self, Layer};

/// Octets, of which some may be anything.
#[derive(Clone, Debug, Default)]
pub struct Packet {
    /// The octets; 0 where any will do.
    pub bytes: Vec<u8>,
    /// Where only this value will do.
    fixed: Vec<bool>,
    /// Whether more octets may follow.
    open: bool,
    /// Headers (from, to) whose own checksum must add up although it cannot be foretold.
    sums: Vec<(usize, usize)>,
}

impl Packet {
    /// Octets that are all given.
    pub fn exact(bytes: Vec<u8>) -> Self {
        let fixed = vec![true; bytes.len()];
        Self {
            bytes,
            fixed,
            ..Self::default()
        }
    }

    /// Builds packets of layers, outermost first, one behind the other where there are several.
    pub fn build(words: &[String]) -> Done<Self> {
        let mut all = Self::default();
        for words in words.split(|w| w == "+") {
            all = all.carry(Self::build_one(words)?);
        }
        Ok(all)
    }

    fn build_one(words: &[String]) -> Done<Self> {
        let layers = words
            .split(|w| w == "/")
            .map(layer::parse)
            .collect::<Done<Vec<Layer>>>()?;
        let mut packet = Self::default();
        for (at, layer) in layers.iter().enumerate().rev() {
            let outer = at.checked_sub(1).and_then(|at| layers.get(at));
            let inner = layers.get(at + 1);
            packet = layer.around(packet, outer, inner)?;
        }
        Ok(packet)
    }

    /// Lets anything stand in `len` octets from `at` on.
    pub fn any(&mut self, at: usize, len: usize) {
        self.fixed[at..at + len].fill(false);
        self.bytes[at..at + len].fill(0);
    }

    /// Lets anything follow.
    pub fn leave_open(&mut self) {
        self.open = true;
    }

    /// Demands that the octets from `from` to `to` carry a right checksum.
    pub fn demand_sum(&mut self, from: usize, to: usize) {
        self.sums.push((from, to));
    }

    /// Whether every octet is given.
    pub fn is_exact(&self) -> bool {
        !self.open && self.fixed.iter().all(|fixed| *fixed)
    }

    /// Puts `inner` behind this header.
    pub fn carry(mut self, inner: Packet) -> Self {
        let shift = self.bytes.len();
        self.sums
            .extend(inner.sums.iter().map(|(f, t)| (f + shift, t + shift)));
        self.bytes.extend(inner.bytes);
        self.fixed.extend(inner.fixed);
        self.open |= inner.open;
        self
    }

    /// Drops the last `count` octets.
    pub fn cut(&mut self, count: usize) {
        let len = self.bytes.len().saturating_sub(count);
        self.bytes.truncate(len);
        self.fixed.truncate(len);
    }

    /// The octets to send: nothing may be left open.
    pub fn to_send(&self) -> Done<&[u8]> {
        if self.is_exact() {
            Ok(&self.bytes)
        } else {
            usage("a packet to send has no room for anything")
        }
    }

    /// Says where `got` is another packet than this one, or nothing.
    pub fn difference(&self, got: &[u8]) -> Option<String> {
        let wrong = self
            .bytes
            .iter()
            .zip(&self.fixed)
            .enumerate()
            .find(|(at, (byte, fixed))| **fixed && got.get(*at) != Some(byte));
        if let Some((at, _)) = wrong {
            return Some(format!("octet {at} differs: {}", self.both(got)));
        }
        if got.len() < self.bytes.len() || (!self.open && got.len() != self.bytes.len()) {
            let (len, want) = (got.len(), self.bytes.len());
            return Some(format!("{len} octets, not {want}: {}", self.both(got)));
        }
        let sum = self
            .sums
            .iter()
            .find(|(f, t)| !inet::adds_up(&got[*f..*t]))?;
        Some(format!(
            "checksum of octets {sum:?} wrong: {}",
            self.both(got)
        ))
    }

    fn both(&self, got: &[u8]) -> String {
        let want: String = self
            .bytes
            .iter()
            .zip(&self.fixed)
            .map(|(byte, fixed)| if *fixed { hex(&[*byte]) } else { "..".into() })
            .collect();
        let open = if self.open { "+" } else { "" };
        format!("got {} want {want}{open}", hex(got))
    }
}
