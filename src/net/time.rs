// SPDX-License-Identifier: GPL-2.0

//! Limits on how often something is done, and when something was done last.
//!
//! C header: `include/linux/jiffies.h`.

use super::bindings;
use kernel::sync::atomic::{
    Atomic,
    Relaxed, //
};

/// Parts of a jiffy that are counted, so that more can be allowed than one a jiffy.
const PARTS: u64 = 1 << 10;

/// Lets something be done a number of times a second, for each of `N` classes, and some times
/// at once for a class that has long done nothing.
pub(crate) struct RateLimit<const N: usize> {
    /// When each class would be served next if it were served evenly, in parts of a jiffy.
    next: [Atomic<u64>; N],
    /// How far apart that is, in parts of a jiffy.
    interval: u64,
    /// How much earlier than that a class may be served, in parts of a jiffy.
    ahead: u64,
}

impl<const N: usize> RateLimit<N> {
    /// Makes a limit of `per_second` times a second for each class, and of `burst` times at
    /// once.
    pub(crate) fn new(per_second: u32, burst: u32) -> Self {
        let second = bindings::NET_CONST_HZ.saturating_mul(PARTS);
        let interval = second.checked_div(u64::from(per_second)).unwrap_or(second);
        Self {
            next: [const { Atomic::new(0) }; N],
            interval,
            ahead: interval.saturating_mul(u64::from(burst.saturating_sub(1))),
        }
    }

    /// Whether it may be done now for `class`, of which those that are equal modulo `N`
    /// share a limit.
    pub(crate) fn allows(&self, class: u32) -> bool {
        // A `u32` fits a `usize` on every architecture that Rust code is built for.
        let class = (class as usize).checked_rem(N).unwrap_or(0);
        let Some(next) = self.next.get(class) else {
            return false;
        };
        // SAFETY: Reads a clock.
        let now = unsafe { bindings::helpers::get_jiffies_64() }.wrapping_mul(PARTS);
        // As often as other processors may come in between before it is too much.
        for _ in 0..4 {
            let due = next.load(Relaxed);
            if due > now.saturating_add(self.ahead) {
                return false;
            }
            let then = due.max(now).wrapping_add(self.interval);
            if next.cmpxchg(due, then, Relaxed).is_ok() {
                return true;
            }
        }
        false
    }
}

/// When something was done last, to the jiffy.
pub(crate) struct Stamp(Atomic<u64>);

impl Stamp {
    /// Says that it was done just now.
    pub(crate) fn new() -> Self {
        Self(Atomic::new(now()))
    }

    /// Says that it was done just now.
    #[inline]
    pub(crate) fn touch(&self) {
        self.0.store(now(), Relaxed);
    }

    /// How long ago it was done, in milliseconds.
    pub(crate) fn age_ms(&self) -> u64 {
        now()
            .saturating_sub(self.0.load(Relaxed))
            .saturating_mul(1000)
            .checked_div(bindings::NET_CONST_HZ)
            .unwrap_or(0)
    }
}

/// What the kernel's coarse clock says, in jiffies.
#[inline]
fn now() -> u64 {
    // SAFETY: Reads a clock.
    unsafe { bindings::helpers::get_jiffies_64() }
}

/// What the monotonic clock says, in nanoseconds.
pub(crate) fn monotonic_ns() -> u64 {
    // SAFETY: Reads a clock.
    unsafe { bindings::helpers::ktime_get_ns() }
}
