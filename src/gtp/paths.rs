// SPDX-License-Identifier: GPL-2.0

//! The paths of a device: each leads from one of its sockets to one peer, and is shared by
//! all contexts whose tunnels are on it (TS 29.281 4.2.5). There are thousands of peers
//! for a million contexts, so what is kept for each processor is kept here.

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
        Watch,
        PACE, //
    }, //
};
use crate::net::{
    link::{
        Device,
        Quiet, //
    },
    route::RouteCache,
    table::Removed,
    udp::{
        Closed,
        Receiver, //
    }, //
};
use core::net::IpAddr;
use kernel::{
    new_mutex,
    prelude::*,
    rbtree::{
        RBTree,
        RBTreeNode, //
    },
    sync::{
        lock::mutex::MutexGuard,
        rcu,
        Arc,
        Mutex, //
    }, //
};

/// A path.
#[pin_data]
pub(crate) struct Path {
    /// The socket that it begins at.
    pub(super) role: SocketRole,
    /// The route to the peer.
    #[pin]
    pub(super) routes: RouteCache,
}

impl Path {
    /// Address of the peer.
    #[inline]
    pub(super) fn peer(&self) -> IpAddr {
        self.routes.destination()
    }

    /// What the path is found by: version and address.
    fn key(&self) -> (u8, IpAddr) {
        key(self.role, self.peer())
    }
}

/// The key in front of all others.
pub(super) const FIRST: (u8, IpAddr) = (0, IpAddr::V4(core::net::Ipv4Addr::UNSPECIFIED));

/// What the path from a socket to a peer is found by. The family of the address is that
/// of the socket.
fn key(role: SocketRole, peer: IpAddr) -> (u8, IpAddr) {
    (role.version.number(), peer)
}

/// A path, how many contexts are on it, and what supervision knows of it.
pub(super) struct Shared {
    pub(super) path: Arc<Path>,
    pub(super) contexts: usize,
    pub(super) watch: Watch,
}

/// The paths that contexts are on.
type Tree = RBTree<(u8, IpAddr), Shared>;

/// The paths of a device that contexts are on.
#[pin_data]
pub(crate) struct Paths {
    #[pin]
    tree: Mutex<Tree>,
}

/// The paths of a device, which stay as they are meanwhile.
pub(super) struct Locked<'a>(MutexGuard<'a, Tree>);

impl Locked<'_> {
    /// All paths.
    pub(super) fn all(&mut self) -> impl Iterator<Item = &mut Shared> {
        self.0.values_mut()
    }

    /// Hands the paths from `first` on to `each` until that is false; gives the key of that
    /// path, if there is one.
    pub(super) fn each_from(
        &self,
        first: &(u8, IpAddr),
        mut each: impl FnMut(&Shared) -> bool,
    ) -> Option<(u8, IpAddr)> {
        let paths = self.0.iter();
        for (key, shared) in paths.skip_while(|(key, _)| *key < first) {
            if !each(shared) {
                return Some(*key);
            }
        }
        None
    }
}

impl Paths {
    /// Makes the state of a device without contexts.
    pub(super) fn new() -> impl PinInit<Self> {
        pin_init!(Self {
            tree <- new_mutex!(RBTree::new()),
        })
    }

    /// Locks the paths. Sleeps.
    pub(super) fn lock(&self) -> Locked<'_> {
        Locked(self.tree.lock())
    }

    /// The path from the socket with this role to `peer`, for one more context.
    ///
    /// # Errors
    ///
    /// ENODEV: there is no socket with this role any more. ENOMEM.
    pub(super) fn join(
        &self,
        dev: &Device<Gtp>,
        role: SocketRole,
        peer: IpAddr,
    ) -> Result<Membership<'_>> {
        let key = key(role, peer);
        let mut tree = self.tree.lock();
        let path = if let Some(shared) = tree.get_mut(&key) {
            shared.contexts = shared.contexts.saturating_add(1);
            shared.path.clone()
        } else {
            let endpoint = dev.data().slot(role).get(&rcu::read_lock()).map(|e| e.id());
            let endpoint = endpoint.ok_or(ENODEV)?;
            let path = Arc::pin_init(
                try_pin_init!(Path {
                    role,
                    routes <- RouteCache::new(endpoint, peer),
                }? Error),
                GFP_KERNEL_ACCOUNT,
            )?;
            let shared = Shared {
                path: path.clone(),
                contexts: 1,
                watch: Watch::new(),
            };
            let node = RBTreeNode::new(key, shared, GFP_KERNEL_ACCOUNT)?;
            tree.insert(node);
            if dev.data().supervisor.is_some() {
                dev.work_within(PACE);
            }
            path
        };
        Ok(Membership {
            paths: self,
            path: Some(path),
        })
    }

    /// Lets go of a context that was removed, and has one less on its path.
    ///
    /// In this order: as long as a path has routes, either [`forget`](Self::forget) finds it
    /// in the tree, or what holds it is on its way through RCU, which the end of a namespace
    /// waits for.
    pub(super) fn leave(&self, context: Removed<Pdp, KEYS>) {
        let key = context.path.key();
        drop(context);
        self.leave_by(&key);
    }

    /// One context less is on the path with this key.
    fn leave_by(&self, key: &(u8, IpAddr)) {
        let mut tree = self.tree.lock();
        let Some(shared) = tree.get_mut(key) else {
            return;
        };
        shared.contexts = shared.contexts.saturating_sub(1);
        if shared.contexts == 0 {
            // What the path holds is given back under the lock, for the same reason.
            drop(tree.remove(key));
        }
    }

    /// Gives back what the cached routes hold.
    pub(super) fn close(&self, quiet: &Quiet) {
        for shared in self.tree.lock().values() {
            shared.path.routes.clear(quiet);
        }
    }

    /// Gives back what the cached routes of a socket hold that was closed.
    pub(super) fn forget(&self, closed: &Closed) {
        for shared in self.tree.lock().values() {
            shared.path.routes.clear_closed(closed);
        }
    }
}

/// A context to be is on a path until this is dropped, or [kept](Membership::keep).
pub(super) struct Membership<'a> {
    paths: &'a Paths,
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
            self.paths.leave_by(&key);
        }
    }
}
