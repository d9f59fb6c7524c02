// SPDX-License-Identifier: GPL-2.0

//! QoS flows of a PDU session (TS 23.501 5.7): how a link tells and learns which one a
//! packet is of.
//!
//! A context has a QoS flow of its own, or is none of a PDU session. Where a session has
//! several flows, the operator's classifier chooses among them packet by packet, by the
//! packet's priority or mark. A value of either names a flow if its upper bits are a tag,
//! since other values have other meanings: a forwarded packet has a priority by its TOS
//! octet, and marks steer routing.

use super::{
    bearer::Bearer,
    stats::Event, //
};
use crate::{
    net::skb::{
        DropReason,
        SkBuff, //
    },
    wire::session::{
        Qfi,
        Repr, //
    },
};

/// What the upper bits of a priority or a mark are that names something: the lower six are
/// its number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Tag(u32);

impl Tag {
    /// The lower bits, which hold the number.
    const NUMBER: u32 = 0x3f;

    /// The tag with these upper bits.
    pub(super) const fn new(bits: u32) -> Self {
        Self(bits & !Self::NUMBER)
    }
}

/// What names a QoS flow: "QF".
const TAG: Tag = Tag::new(0x5146_0000);

/// Where the QoS flow, or the bearer, of a packet is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Source {
    /// Nowhere but in its context.
    Context,
    /// In the packet's priority.
    Priority,
    /// In the packet's mark.
    Mark,
}

impl Source {
    /// The source with this number, as netlink has it.
    pub(super) fn from_number(number: u8) -> Option<Self> {
        match number {
            0 => Some(Self::Context),
            1 => Some(Self::Priority),
            2 => Some(Self::Mark),
            _ => None,
        }
    }

    /// The source's number, as netlink has it.
    pub(super) fn number(self) -> u8 {
        match self {
            Self::Context => 0,
            Self::Priority => 1,
            Self::Mark => 2,
        }
    }

    /// The number that a classifier has given a packet under this tag, if it has.
    #[inline]
    pub(super) fn read(self, skb: &SkBuff, tag: Tag) -> Option<u8> {
        let value = match self {
            Self::Context => return None,
            Self::Priority => skb.priority(),
            Self::Mark => skb.mark(),
        };
        if value & !Tag::NUMBER != tag.0 {
            return None;
        }
        u8::try_from(value & Tag::NUMBER).ok()
    }

    /// Gives a packet a number under this tag: sets the priority, or returns the mark that it
    /// is to have, or 0.
    pub(super) fn show(self, skb: &mut SkBuff, tag: Tag, number: u8) -> u32 {
        let value = tag.0 | (u32::from(number) & Tag::NUMBER);
        match self {
            Self::Context => 0,
            Self::Priority => {
                skb.set_priority(value);
                0
            }
            Self::Mark => value,
        }
    }
}

/// What a link does about QoS flows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Flows {
    /// Where the QoS flow of a packet is told.
    pub(super) source: Source,
    /// Whether received G-PDUs must be of the context's own flow.
    pub(super) check: bool,
}

impl Flows {
    /// The container for a packet of a context that has `session` for its own.
    #[inline(never)]
    pub(super) fn choose(self, session: Repr, skb: &SkBuff) -> Repr {
        match self.source.read(skb, TAG).and_then(Qfi::new) {
            Some(qfi) => session.with_qfi(qfi),
            None => session,
        }
    }

    /// Judges a G-PDU with this QoS flow, if any, for a context that has `session` for its
    /// own; gives the flow that is to be shown, if it is.
    ///
    /// # Errors
    ///
    /// What is counted, and why the G-PDU is dropped.
    #[inline(never)]
    pub(super) fn judge(
        self,
        session: Repr,
        qfi: Option<Qfi>,
    ) -> Result<Option<Qfi>, (Event, DropReason)> {
        if self.check && qfi != Some(session.qfi()) {
            return Err((Event::RxOtherFlow, DropReason::TrafficClass));
        }
        Ok(qfi.filter(|_| self.source != Source::Context))
    }

    /// Shows the stack which QoS flow, if any, and which bearer a T-PDU was of; where both
    /// are told in the same place that is the flow. Sets the priority, and returns the mark
    /// that it is to have, or 0.
    #[inline(never)]
    pub(super) fn show(
        self,
        skb: &mut SkBuff,
        qfi: Option<Qfi>,
        bearer: Bearer,
        bearers: Source,
    ) -> u32 {
        let shown = qfi.map_or(0, |qfi| self.source.show(skb, TAG, qfi.get()));
        if qfi.is_some() && self.source == bearers {
            return shown;
        }
        shown | bearer.show(bearers, skb)
    }
}
