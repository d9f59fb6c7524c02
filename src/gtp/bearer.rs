// SPDX-License-Identifier: GPL-2.0

//! Bearers (TS 23.401 4.7.2): an MS may have several contexts for one address, a default
//! bearer and dedicated ones, each a tunnel of its own.
//!
//! Which one a packet is sent on is the operator's classifier's choice, packet by packet, as
//! it is for QoS flows: see [`super::flow`].

use super::flow::{
    Source,
    Tag, //
};
use crate::net::skb::SkBuff;

/// What the upper bits of a priority or a mark are that names a bearer: "BR".
const TAG: Tag = Tag::new(0x4252_0000);

/// Which bearer of an MS a context is: 0 to 63, and 0 is the default bearer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Bearer(u8);

impl Bearer {
    /// The default bearer.
    pub(super) const DEFAULT: Self = Self(0);

    /// The bearer with this number, if there may be such a one.
    #[inline]
    pub(super) fn new(number: u8) -> Option<Self> {
        (number < 64).then_some(Self(number))
    }

    /// The bearer's number.
    #[inline]
    pub(super) fn number(self) -> u8 {
        self.0
    }

    /// Whether it is the default bearer.
    #[inline]
    pub(super) fn is_default(self) -> bool {
        self.0 == 0
    }

    /// The bearer that a classifier has chosen for a packet, or else the default bearer.
    #[inline]
    pub(super) fn chosen(source: Source, skb: &SkBuff) -> Self {
        let number = source.read(skb, TAG).and_then(Self::new);
        number.unwrap_or(Self::DEFAULT)
    }

    /// Shows the stack which dedicated bearer a T-PDU came on: sets the priority, or returns
    /// the mark that it is to have, or 0.
    pub(super) fn show(self, source: Source, skb: &mut SkBuff) -> u32 {
        if self.is_default() {
            return 0;
        }
        source.show(skb, TAG, self.0)
    }
}
