// SPDX-License-Identifier: GPL-2.0

//! The paths of a device: each leads from one of its sockets to one peer, and is shared by
//! all contexts whose tunnels are on it (TS 29.281 4.2.5). There are thousands of peers
//! for a million contexts, so what is kept for each processor is kept here.
//!
//! Locks: that of a path's watch is taken by whoever holds that of the table.

use super::{
    device::{
        Gtp,
        SocketRole, //
    },
    pdp::{
        Pdp,
        KEYS, //
    },
    supervision::{
        Heard,
        Shown,
        Watch,
        PACE, //
    }, //
};
use crate::net::{
    alloc::MAY_FAIL,
    link::{
        Device,
        Quiet, //
    },
    route::RouteCache,
    table::{
        Key,
        Keyed,
        Removed,
        Table,
        Unpublished, //
    },
    udp::{
        Closed,
        Receiver, //
    }, //
};
use core::net::IpAddr;
use kernel::{
    new_mutex,
    prelude::*,
    sync::{
        rcu,
        static_lock_class,
        Arc,
        Mutex, //
    }, //
};

/// How many words the key of a path has.
const WORDS: usize = 6;
/// Index of the table of paths: by the socket and the peer.
const BY_PEER: usize = 0;

/// A path.
#[pin_data]
pub(crate) struct Path {
    /// The socket that it begins at.
    pub(super) role: SocketRole,
    /// The route to the peer.
    #[pin]
    pub(super) routes: RouteCache,
    /// What the peer was heard to say.
    pub(super) heard: Heard,
    /// What is known of the peer.
    pub(super) shown: Shown,
    /// What is to be done to know more.
    #[pin]
    pub(super) watch: Mutex<Watch>,
}

impl Path {
    /// Address of the peer.
    #[inline]
    pub(super) fn peer(&self) -> IpAddr {
        self.routes.destination()
    }

    /// What the path is found by.
    fn key(&self) -> Key<WORDS> {
        key(self.role, self.peer())
    }
}

/// What the path from a socket to a peer is found by. The family of the address is that
/// of the socket.
fn key(role: SocketRole, peer: IpAddr) -> Key<WORDS> {
    let version = u32::from(role.version.number());
    match peer {
        IpAddr::V4(peer) => Key([peer.to_bits(), 0, 0, 0, version, 4]),
        IpAddr::V6(peer) => {
            let [a, b, c, d, e, f, g, h] = peer.segments().map(u32::from);
            Key([
                a << 16 | b,
                c << 16 | d,
                e << 16 | f,
                g << 16 | h,
                version,
                6,
            ])
        }
    }
}

/// A path in the table: that of its device alone.
struct Entry(Arc<Path>);

impl Keyed<1, WORDS> for Entry {
    fn keys(&self) -> [Key<WORDS>; 1] {
        [self.0.key()]
    }
}

/// The paths of a device that contexts are on, or were a short time ago.
#[pin_data]
pub(crate) struct Paths {
    #[pin]
    table: Table<Entry, 1, WORDS>,
}

impl Paths {
    /// Makes the state of a device without contexts.
    ///
    /// # Errors
    ///
    /// ENOMEM.
    pub(super) fn new() -> impl PinInit<Self, Error> {
        try_pin_init!(Self {
            table <- Table::new(0, c"gtp_paths", static_lock_class!()),
        }? Error)
    }

    /// Hands all paths to `keep`, and takes out those for which it is false. Sleeps.
    pub(super) fn retain(&self, mut keep: impl FnMut(&Path) -> bool) {
        let mut table = self.table.lock();
        let mut id = 0;
        while let Some((at, Entry(path))) = table.next(id) {
            let stays = keep(path);
            let key = path.key();
            if !stays {
                drop(table.remove(BY_PEER, &key));
            }
            let Some(next) = at.checked_add(1) else {
                break;
            };
            id = next;
        }
    }

    /// Finds the path from the socket with this role to `peer`.
    pub(super) fn find<'rcu>(
        &'rcu self,
        role: SocketRole,
        peer: IpAddr,
        rcu: &'rcu rcu::Guard,
    ) -> Option<&'rcu Path> {
        let entry = self.table.find(BY_PEER, &key(role, peer), rcu)?;
        Some(&entry.0)
    }

    /// Finds the path that contexts are on with the lowest number from `id` on, and its number.
    pub(super) fn next<'rcu>(
        &'rcu self,
        mut id: u32,
        rcu: &'rcu rcu::Guard,
    ) -> Option<(u32, &'rcu Path)> {
        loop {
            let (at, Entry(path)) = self.table.next(id, rcu)?;
            if path.shown.is_in_use() {
                return Some((at, path));
            }
            id = at.checked_add(1)?;
        }
    }

    /// The path from the socket with this role to `peer`, for one more context.
    ///
    /// # Errors
    ///
    /// ENODEV: there is no socket with this role any more. ENOMEM.
    pub(super) fn join<'a>(
        &self,
        dev: &'a Device<Gtp>,
        role: SocketRole,
        peer: IpAddr,
    ) -> Result<Membership<'a>> {
        let mut table = self.table.lock();
        let known = table.find(BY_PEER, &key(role, peer));
        let path = if let Some(Entry(path)) = known {
            path.clone()
        } else {
            let endpoint = dev.data().slot(role).get(&rcu::read_lock()).map(|e| e.id());
            let endpoint = endpoint.ok_or(ENODEV)?;
            let path = Arc::pin_init(
                try_pin_init!(Path {
                    role,
                    routes <- RouteCache::new(endpoint, peer),
                    heard: Heard::new(),
                    shown: Shown::new(),
                    watch <- new_mutex!(Watch::new()),
                }? Error),
                MAY_FAIL,
            )?;
            table.insert(Unpublished::new(Entry(path.clone()))?)?;
            path
        };
        if path.watch.lock().join(&path.shown) && dev.data().supervisor.is_some() {
            dev.work_within(PACE);
        }
        Ok(Membership {
            dev,
            path: Some(path),
        })
    }

    /// Lets go of a context that was removed, and has one less on its path.
    ///
    /// In this order: as long as a path has routes, either [`forget`](Self::forget) finds it
    /// in the table, or what holds it is on its way through RCU, which the end of a namespace
    /// waits for.
    pub(super) fn leave(&self, dev: &Device<Gtp>, context: Removed<Pdp, KEYS>) {
        let key = context.path.key();
        drop(context);
        self.leave_by(dev, &key);
    }

    /// One context less is on the path with this key.
    fn leave_by(&self, dev: &Device<Gtp>, key: &Key<WORDS>) {
        let supervisor = dev.data().supervisor.as_ref();
        let mut table = self.table.lock();
        let Some(Entry(path)) = table.find(BY_PEER, key) else {
            return;
        };
        if !path.watch.lock().leave(&path.shown, supervisor) {
            drop(table.remove(BY_PEER, key));
        }
    }

    /// Gives back what the cached routes hold.
    pub(super) fn close(&self, quiet: &Quiet) {
        self.retain(|path| {
            path.routes.clear(quiet);
            true
        });
    }

    /// Gives back what the cached routes of a socket hold that was closed.
    pub(super) fn forget(&self, closed: &Closed) {
        self.retain(|path| {
            path.routes.clear_closed(closed);
            true
        });
    }
}

/// A context to be is on a path until this is dropped, or [kept](Membership::keep).
pub(super) struct Membership<'a> {
    dev: &'a Device<Gtp>,
    path: Option<Arc<Path>>,
}

impl Membership<'_> {
    /// The path.
    pub(super) fn path(&self) -> Option<Arc<Path>> {
        self.path.clone()
    }

    /// The context has been added: it stays on the path until [`Paths::leave`].
    pub(super) fn keep(mut self) {
        self.path = None;
    }
}

impl Drop for Membership<'_> {
    fn drop(&mut self) {
        if let Some(path) = self.path.take() {
            let key = path.key();
            drop(path);
            self.dev.data().paths.leave_by(self.dev, &key);
        }
    }
}
