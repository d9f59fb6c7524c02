// SPDX-License-Identifier: GPL-2.0

//! Framed routes: prefixes behind an MS (RFC 2865 5.22, TS 29.061 16.4.7).
//!
//! A route leads to the address of an MS, not to a context: which of the MS's bearers a packet
//! is sent on is found out in a second step, and a route needs not be touched when a context
//! is replaced. It belongs to the default bearer's context all the same, which says whether
//! there are any, and goes with it.
//!
//! Routes are changed by holders of the lock of the table of contexts, and read under RCU.

use super::pdp::{
    ms_key,
    Pdp,
    BY_MS,
    KEYS, //
};
use crate::net::table::{
    Key,
    Keyed,
    Locked,
    Removed,
    Table,
    Unpublished, //
};
use core::net::{
    IpAddr,
    Ipv4Addr,
    Ipv6Addr, //
};
use kernel::{
    prelude::*,
    sync::{
        atomic::{
            Atomic,
            Relaxed, //
        },
        rcu,
        static_lock_class, //
    },
};

/// How many routes an MS may have.
pub(super) const MAX: u8 = 64;
/// Index of the table of routes: by the prefix.
const BY_PREFIX: usize = 0;
/// Index of the table of routes: by the MS, and a number among its routes.
const BY_VIA: usize = 1;
/// How many words the keys have.
const WORDS: usize = 6;
/// The table of contexts, in the hands of whoever may change it.
type Contexts<'a> = Locked<'a, Pdp, KEYS>;

/// A prefix: the first bits of an address, the others being zero.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Prefix {
    address: IpAddr,
    len: u8,
}

impl Prefix {
    /// The prefix of `len` bits, no more than there are, that an address has.
    #[inline]
    pub(super) fn of(address: IpAddr, len: u8) -> Self {
        let address = match address {
            IpAddr::V4(address) => {
                let host = u32::MAX.checked_shr(u32::from(len)).unwrap_or(0);
                IpAddr::V4(Ipv4Addr::from_bits(address.to_bits() & !host))
            }
            IpAddr::V6(address) => {
                let host = u128::MAX.checked_shr(u32::from(len)).unwrap_or(0);
                IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() & !host))
            }
        };
        Self { address, len }
    }

    /// Its address.
    pub(super) fn address(&self) -> IpAddr {
        self.address
    }

    /// How many bits it has.
    pub(super) fn len(&self) -> u8 {
        self.len
    }

    /// What a route for it is found by.
    #[inline]
    fn key(&self) -> Key<WORDS> {
        let len = u32::from(self.len);
        match self.address {
            IpAddr::V4(address) => Key([address.to_bits(), 0, 0, 0, len, 4]),
            IpAddr::V6(address) => {
                let ([a, b], [c, d]) = halves(address.to_bits());
                Key([a, b, c, d, len, 6])
            }
        }
    }
}

/// The four words of an IPv6 address.
#[inline]
fn halves(bits: u128) -> ([u32; 2], [u32; 2]) {
    let [a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p] = bits.to_ne_bytes();
    (
        [
            u32::from_ne_bytes([a, b, c, d]),
            u32::from_ne_bytes([e, f, g, h]),
        ],
        [
            u32::from_ne_bytes([i, j, k, l]),
            u32::from_ne_bytes([m, n, o, p]),
        ],
    )
}

/// What route number `ordinal` via this MS is found by.
fn via_key(via: IpAddr, ordinal: u8) -> Key<WORDS> {
    let Key([a, b, c]) = ms_key(via);
    Key([a, b, c, u32::from(ordinal), 0, 0])
}

/// A route: where packets for a prefix go, and whence they come.
pub(super) struct Route {
    /// What is behind the MS.
    pub(super) prefix: Prefix,
    /// Address of the MS; of an IPv6 address the prefix counts.
    pub(super) via: IpAddr,
    /// The route's number among those via this MS, below [`MAX`].
    ordinal: u8,
}

impl Keyed<2, WORDS> for Route {
    fn keys(&self) -> [Key<WORDS>; 2] {
        [self.prefix.key(), via_key(self.via, self.ordinal)]
    }
}

/// Which lengths the prefixes of some routes have, of 64 that follow each other.
struct Lengths {
    /// The first one.
    base: u8,
    /// Those in use, one bit each.
    used: Atomic<u64>,
    /// How many routes there are of each.
    counts: [Atomic<u32>; 64],
}

impl Lengths {
    /// No length in use.
    const fn new(base: u8) -> Self {
        Self {
            base,
            used: Atomic::new(0),
            counts: [const { Atomic::new(0) }; 64],
        }
    }

    /// Takes note of one more route, or one less.
    fn count(&self, len: u8, more: bool) {
        let bit = len.wrapping_sub(self.base);
        let Some(count) = self.counts.get(usize::from(bit)) else {
            return;
        };
        // Nobody else writes.
        let n = if more {
            count.load(Relaxed).saturating_add(1)
        } else {
            count.load(Relaxed).saturating_sub(1)
        };
        count.store(n, Relaxed);
        let bit = 1_u64.checked_shl(u32::from(bit)).unwrap_or(0);
        let others = self.used.load(Relaxed) & !bit;
        self.used
            .store(if n == 0 { others } else { others | bit }, Relaxed);
    }

    /// The lengths in use, longest first.
    #[inline]
    fn longest_first(&self) -> impl Iterator<Item = u8> {
        let base = self.base;
        let mut used = self.used.load(Relaxed);
        core::iter::from_fn(move || {
            let highest = used.checked_ilog2()?;
            used &= !1_u64.checked_shl(highest)?;
            Some(base.saturating_add(u8::try_from(highest).ok()?))
        })
    }
}

/// The routes of a device.
#[pin_data]
pub(crate) struct Routes {
    #[pin]
    table: Table<Route, 2, WORDS>,
    /// Of IPv4: 0 to 32.
    v4: Lengths,
    /// Of IPv6: 65 to 128, which are within what a context has.
    long6: Lengths,
    /// Of IPv6: 1 to 64.
    short6: Lengths,
    /// Of IPv6: 0.
    default6: Lengths,
}

impl Routes {
    /// No routes.
    ///
    /// # Errors
    ///
    /// ENOMEM.
    pub(super) fn new() -> impl PinInit<Self, Error> {
        try_pin_init!(Self {
            table <- Table::new(0, c"gtp_routes", static_lock_class!()),
            v4: Lengths::new(0),
            long6: Lengths::new(65),
            short6: Lengths::new(1),
            default6: Lengths::new(0),
        }? Error)
    }

    /// Whether there may be routes for prefixes within that of an IPv6 context.
    #[inline]
    pub(super) fn has_longer_than_contexts(&self) -> bool {
        self.long6.used.load(Relaxed) != 0
    }

    /// The MS behind which an address is, by routes that come before the contexts.
    pub(super) fn before_contexts(&self, address: IpAddr, rcu: &rcu::Guard) -> Option<IpAddr> {
        match address {
            IpAddr::V4(_) => None,
            IpAddr::V6(_) => self.longest(address, &self.long6, rcu),
        }
    }

    /// The MS behind which an address is that is no context's.
    pub(super) fn after_contexts(&self, address: IpAddr, rcu: &rcu::Guard) -> Option<IpAddr> {
        match address {
            IpAddr::V4(_) => self.longest(address, &self.v4, rcu),
            IpAddr::V6(_) => self
                .longest(address, &self.short6, rcu)
                .or_else(|| self.longest(address, &self.default6, rcu)),
        }
    }

    /// Looks for the longest prefix of an address, of these lengths.
    #[inline]
    fn longest(&self, address: IpAddr, lengths: &Lengths, rcu: &rcu::Guard) -> Option<IpAddr> {
        lengths
            .longest_first()
            .find_map(|len| self.find(&Prefix::of(address, len), rcu))
            .map(|route| route.via)
    }

    /// Finds the route for exactly this prefix.
    #[inline]
    pub(super) fn find<'rcu>(
        &'rcu self,
        prefix: &Prefix,
        rcu: &'rcu rcu::Guard,
    ) -> Option<&'rcu Route> {
        self.table.find(BY_PREFIX, &prefix.key(), rcu)
    }

    /// Finds the route with the lowest number from `id` on, and its number.
    pub(super) fn next<'rcu>(
        &'rcu self,
        id: u32,
        rcu: &'rcu rcu::Guard,
    ) -> Option<(u32, &'rcu Route)> {
        self.table.next(id, rcu)
    }

    /// Adds a route; or, if `replaces`, puts it in the place of the one with its prefix.
    ///
    /// # Errors
    ///
    /// - ENOENT: there is no default bearer of the MS.
    /// - EEXIST: there is a route for this prefix.
    /// - ENOSPC: the MS has [`MAX`] routes.
    /// - ENODEV: the device is going.
    /// - ENOMEM.
    ///
    /// On an error all is as before.
    pub(super) fn add(
        &self,
        contexts: &Contexts<'_>,
        prefix: Prefix,
        via: IpAddr,
        replaces: bool,
    ) -> Result {
        let owner = contexts.find(BY_MS, &ms_key(via)).ok_or(ENOENT)?;
        let mut table = self.table.lock();
        let known = table
            .find(BY_PREFIX, &prefix.key())
            .map(|known| (ms_key(known.via) == ms_key(via), known.ordinal));
        let ordinal = match known {
            Some(_) if !replaces => return Err(EEXIST),
            Some((true, ordinal)) => ordinal,
            _ => (0..MAX)
                .find(|&ordinal| table.find(BY_VIA, &via_key(via, ordinal)).is_none())
                .ok_or(ENOSPC)?,
        };
        let route = Unpublished::new(Route {
            prefix,
            via,
            ordinal,
        })?;
        if known.is_some() {
            table.replace(BY_PREFIX, &prefix.key(), route)?;
        } else {
            table.insert(route)?;
            self.lengths(&prefix).count(prefix.len, true);
        }
        owner.routed.store(true, Relaxed);
        Ok(())
    }

    /// Takes out the route for this prefix.
    pub(super) fn remove(
        &self,
        _contexts: &Contexts<'_>,
        prefix: &Prefix,
    ) -> Option<Removed<Route, 2, WORDS>> {
        let removed = self.table.lock().remove(BY_PREFIX, &prefix.key())?;
        self.lengths(prefix).count(prefix.len, false);
        Some(removed)
    }

    /// Takes out all routes of a context that is no more, or no more that of its MS's default
    /// bearer.
    pub(super) fn leave(&self, _contexts: &Contexts<'_>, gone: &Pdp) {
        if !gone.routed.load(Relaxed) {
            return;
        }
        let mut table = self.table.lock();
        for ordinal in 0..MAX {
            if let Some(route) = table.remove(BY_VIA, &via_key(gone.ms, ordinal)) {
                self.lengths(&route.prefix).count(route.prefix.len, false);
            }
        }
    }

    /// Takes out all routes, and refuses new ones for good.
    pub(super) fn close(&self) {
        self.table.lock().close();
    }

    /// Where the length of this prefix is counted.
    fn lengths(&self, prefix: &Prefix) -> &Lengths {
        match (prefix.address, prefix.len) {
            (IpAddr::V4(_), _) => &self.v4,
            (IpAddr::V6(_), 0) => &self.default6,
            (IpAddr::V6(_), 1..=64) => &self.short6,
            (IpAddr::V6(_), _) => &self.long6,
        }
    }
}
