// SPDX-License-Identifier: GPL-2.0

//! Limits on how often something is done.
//!
//! C header: `include/linux/jiffies.h`.

use super::bindings;
use kernel::sync::atomic::{
    Atomic,
    Relaxed, //
};

/// Lets something be done a number of times a second, for each of `N` classes.
pub(crate) struct RateLimit<const N: usize> {
    /// When each class may be served again, in jiffies.
    next: [Atomic<u64>; N],
    /// How long a class waits after it was served, in jiffies.
    interval: u64,
}

impl<const N: usize> RateLimit<N> {
    /// Makes a limit of `per_second` times a second for each class, or one a jiffy if that
    /// is less.
    pub(crate) fn new(per_second: u32) -> Self {
        let interval = bindings::NET_CONST_HZ
            .checked_div(u64::from(per_second))
            .unwrap_or(bindings::NET_CONST_HZ);
        Self {
            next: [const { Atomic::new(0) }; N],
            interval: interval.max(1),
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
        let now = unsafe { bindings::helpers::get_jiffies_64() };
        let due = next.load(Relaxed);
        now >= due
            && next
                .cmpxchg(due, now.wrapping_add(self.interval), Relaxed)
                .is_ok()
    }
}
