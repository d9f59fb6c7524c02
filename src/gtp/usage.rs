// SPDX-License-Identifier: GPL-2.0

//! Usage of a context: what it has carried, and what it may carry.
//!
//! Only contexts of devices that were asked for it have any. Counters outlive the context
//! that they were made for: one that takes its place goes on with them, so that none is lost
//! and a packet that still meets the old context is counted, too.
//!
//! There is one counter for all processors rather than one for each: a million contexts would
//! take gigabytes on a large machine, while the packets of one subscriber come on a few
//! processors. Each direction has a cache line of its own, and what is only read has a third.
//! Counters are 64 bits on any architecture.
//!
//! Limits are looked at after each packet, under RCU with softirqs disabled or in process
//! context. A quota is not exact: a packet that has found the context before another one
//! exhausts it is still carried, at most one on each processor.

use super::{
    device::Gtp,
    netlink::notify,
    pdp::Pdp,
    uapi::{
        attr,
        usage, //
    },
};
use crate::net::{
    alloc::MAY_FAIL,
    gso::Volume,
    link::Device,
    nlattr::Writer,
    time::Stamp, //
};
use kernel::{
    prelude::*,
    sync::{
        atomic::{
            Atomic,
            Full,
            Relaxed, //
        },
        rcu,
        Arc, //
    }, //
};

/// What has gone in one direction: as long as a cache line.
#[repr(C)]
struct Direction {
    /// T-PDUs that were carried.
    packets: Atomic<u64>,
    /// Octets of these, without what is around them in the tunnel.
    octets: Atomic<u64>,
    /// T-PDUs that were dropped.
    dropped: Atomic<u64>,
    /// When one was carried last.
    last: Stamp,
    _line: [u64; 4],
}

impl Direction {
    fn new() -> Self {
        Self {
            packets: Atomic::new(0),
            octets: Atomic::new(0),
            dropped: Atomic::new(0),
            last: Stamp::new(),
            _line: [0; 4],
        }
    }

    /// Counts what was carried.
    #[inline]
    fn count(&self, volume: Volume) {
        self.packets.add(volume.packets, Relaxed);
        self.last.touch();
        // Of two that count in opposite directions one at least sees the sum.
        self.octets.fetch_add(volume.octets, Full);
    }
}

/// Usage of a context.
///
/// In an `Arc` it is behind the reference count, and its three parts begin a cache line each.
#[repr(C)]
pub(super) struct Usage {
    /// After how many octets somebody is told.
    threshold: Limit,
    /// After how many octets somebody is told and packets may be dropped.
    quota: Limit,
    _line: [u64; 5],
    /// Towards the peer.
    tx: Direction,
    /// From the peer.
    rx: Direction,
}

const _: () = assert!(size_of::<Direction>() == 64);
const _: () = assert!(size_of::<Usage>() == 192 - 8);

/// Which way a packet goes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Way {
    /// To the peer.
    Sent,
    /// From the peer.
    Received,
}

/// A limit of the volume, and how far it is on its way. All in one word, so that who finds a
/// limit reached cannot mistake a newer one for it: the state in the upper three bits, whether
/// packets beyond it are dropped in the next, and octets below.
struct Limit(Atomic<u64>);

/// Which limit.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(in crate::gtp) enum Which {
    /// The volume threshold.
    Threshold,
    /// The volume quota.
    Quota,
}

impl Which {
    /// The limit's number, as netlink has it.
    pub(super) fn number(self) -> u8 {
        match self {
            Self::Threshold => 1,
            Self::Quota => 2,
        }
    }
}

impl Limit {
    /// The bits of the state.
    const STATE: u64 = 0b111 << 61;
    /// It has not been reached.
    const ARMED: u64 = 0;
    /// It has been reached, and somebody is telling of it.
    const TELLING: u64 = 0b001 << 61;
    /// It has been reached, and there was no memory to tell of it.
    const UNTOLD: u64 = 0b010 << 61;
    /// It has been reached and told of.
    const TOLD: u64 = 0b011 << 61;
    /// Packets are dropped once it is reached.
    const DROPS: u64 = 1 << 60;
    /// The bits of the octets.
    const OCTETS: u64 = Self::DROPS - 1;
    /// There is no limit; also how netlink says so.
    const NONE: u64 = u64::MAX;

    /// A limit of so many octets in all, which has not been reached. None if they are too
    /// many; all ones mean that there is no limit.
    fn word(octets: u64, drops: bool) -> Option<u64> {
        match octets {
            Self::NONE => Some(Self::NONE),
            octets if octets > Self::OCTETS => None,
            octets if drops => Some(octets | Self::DROPS),
            octets => Some(octets),
        }
    }

    /// The octets, if there is a limit.
    fn octets(&self) -> Option<u64> {
        match self.0.load(Relaxed) {
            Self::NONE => None,
            word => Some(word & Self::OCTETS),
        }
    }

    /// Whether packets are dropped once it is reached.
    fn drops(&self) -> bool {
        self.0.load(Relaxed) & Self::DROPS != 0
    }

    /// Whether it has been reached.
    fn is_reached(&self) -> bool {
        match self.0.load(Relaxed) {
            Self::NONE => false,
            word => word & Self::STATE != Self::ARMED,
        }
    }

    /// Whether packets are to be dropped.
    #[inline]
    fn is_exhausted(&self) -> bool {
        match self.0.load(Relaxed) {
            Self::NONE => false,
            word => word & Self::DROPS != 0 && word & Self::STATE != Self::ARMED,
        }
    }

    /// Looks whether the limit is reached and has not been told of, and then has `tell` do
    /// so, which says whether it could.
    #[inline]
    fn look(&self, volume: impl FnOnce() -> u64, tell: impl FnOnce() -> bool) {
        let word = self.0.load(Relaxed);
        if word == Self::NONE {
            return;
        }
        let is_due = match word & Self::STATE {
            Self::ARMED => volume() >= word & Self::OCTETS,
            state => state == Self::UNTOLD,
        };
        if is_due {
            self.reach(word, tell);
        }
    }

    /// Has `tell` tell of the limit `word`, unless somebody else does.
    #[cold]
    fn reach(&self, word: u64, tell: impl FnOnce() -> bool) {
        let telling = (word & !Self::STATE) | Self::TELLING;
        if self.0.cmpxchg(word, telling, Full).is_err() {
            return;
        }
        let state = if tell() { Self::TOLD } else { Self::UNTOLD };
        // If this fails the limit has been set anew meanwhile.
        let _ = self
            .0
            .cmpxchg(telling, (word & !Self::STATE) | state, Relaxed);
    }
}

/// Limits that a request sets.
#[derive(Clone, Copy)]
pub(in crate::gtp) struct Limits {
    threshold: Option<u64>,
    quota: Option<u64>,
}

impl Limits {
    /// Whether any is set.
    pub(in crate::gtp) fn any(&self) -> bool {
        self.threshold.is_some() || self.quota.is_some()
    }

    /// Limits as netlink has them, none where it is to stay what it is. None if one is too
    /// large.
    pub(in crate::gtp) fn new(
        threshold: Option<u64>,
        quota: Option<u64>,
        drops: bool,
    ) -> Option<Self> {
        let word = |octets: Option<u64>, drops| match octets {
            Some(octets) => Limit::word(octets, drops).map(Some),
            None => Some(None),
        };
        Some(Self {
            threshold: word(threshold, false)?,
            quota: word(quota, drops)?,
        })
    }
}

impl Usage {
    /// Makes the usage of a context that has carried nothing, without limits.
    ///
    /// # Errors
    ///
    /// ENOMEM.
    pub(super) fn new() -> Result<Arc<Self>> {
        let usage = Self {
            threshold: Limit(Atomic::new(Limit::NONE)),
            quota: Limit(Atomic::new(Limit::NONE)),
            _line: [0; 5],
            tx: Direction::new(),
            rx: Direction::new(),
        };
        Ok(Arc::new(usage, MAY_FAIL)?)
    }

    /// The octets that were carried in both directions.
    #[inline]
    fn volume(&self) -> u64 {
        let rx = self.rx.octets.load(Relaxed);
        self.tx.octets.load(Relaxed).wrapping_add(rx)
    }

    /// Whether the context may carry no more.
    #[inline]
    pub(super) fn is_exhausted(&self) -> bool {
        self.quota.is_exhausted()
    }

    /// Counts what was carried.
    #[inline]
    pub(super) fn count(
        &self,
        way: Way,
        volume: Volume,
        dev: &Device<Gtp>,
        pdp: &Pdp,
        rcu: &rcu::Guard,
    ) {
        match way {
            Way::Sent => self.tx.count(volume),
            Way::Received => self.rx.count(volume),
        }
        if pdp.is_limited {
            self.look(dev, pdp, rcu);
        }
    }

    /// Counts what was dropped.
    #[cold]
    pub(super) fn count_dropped(
        &self,
        way: Way,
        volume: Volume,
        dev: &Device<Gtp>,
        pdp: &Pdp,
        rcu: &rcu::Guard,
    ) {
        let direction = match way {
            Way::Sent => &self.tx,
            Way::Received => &self.rx,
        };
        direction.dropped.add(volume.packets, Relaxed);
        // An exhausted context has no others that would have it told.
        self.look(dev, pdp, rcu);
    }

    /// Sets limits. Those that have been reached already are told of at once.
    pub(in crate::gtp) fn limit(
        &self,
        limits: Limits,
        dev: &Device<Gtp>,
        pdp: &Pdp,
        rcu: &rcu::Guard,
    ) {
        if let Some(threshold) = limits.threshold {
            self.threshold.0.xchg(threshold, Full);
        }
        if let Some(quota) = limits.quota {
            self.quota.0.xchg(quota, Full);
        }
        self.look(dev, pdp, rcu);
    }

    /// Tells of limits that have been reached.
    #[inline]
    fn look(&self, dev: &Device<Gtp>, pdp: &Pdp, rcu: &rcu::Guard) {
        let tell = |which| move || notify::usage(dev, pdp, self, which, rcu);
        self.threshold
            .look(|| self.volume(), tell(Which::Threshold));
        self.quota.look(|| self.volume(), tell(Which::Quota));
    }

    /// Writes what a message says of the usage: `event` is what it tells of.
    pub(in crate::gtp) fn fill(&self, writer: &mut Writer<'_>, event: Option<Which>) -> Result {
        writer.nest(attr::USAGE, |writer| {
            let mut put = |kind, value| writer.put_u64(kind, value, usage::PAD);
            put(usage::TX_PACKETS, self.tx.packets.load(Relaxed))?;
            put(usage::TX_BYTES, self.tx.octets.load(Relaxed))?;
            put(usage::TX_DROPPED, self.tx.dropped.load(Relaxed))?;
            put(usage::RX_PACKETS, self.rx.packets.load(Relaxed))?;
            put(usage::RX_BYTES, self.rx.octets.load(Relaxed))?;
            put(usage::RX_DROPPED, self.rx.dropped.load(Relaxed))?;
            put(
                usage::IDLE,
                self.tx.last.age_ms().min(self.rx.last.age_ms()),
            )?;
            let mut reached = 0;
            let (threshold, quota) = (self.threshold.octets(), self.quota.octets());
            if let Some(octets) = threshold {
                put(usage::THRESHOLD, octets)?;
            }
            if let Some(octets) = quota {
                put(usage::QUOTA, octets)?;
                writer.put_u8(usage::QUOTA_ACTION, u8::from(self.quota.drops()))?;
            }
            for (limit, which) in [
                (&self.threshold, Which::Threshold),
                (&self.quota, Which::Quota),
            ] {
                if limit.is_reached() {
                    reached |= which.number();
                }
            }
            if threshold.is_some() || quota.is_some() {
                writer.put_u8(usage::REACHED, reached)?;
            }
            match event {
                Some(which) => writer.put_u8(usage::EVENT, which.number()),
                None => Ok(()),
            }
        })
    }
}
