// SPDX-License-Identifier: GPL-2.0

//! Network namespaces.
//!
//! C header: `include/net/net_namespace.h`.

use super::bindings;
use core::{
    ops::Deref,
    ptr::NonNull, //
};
use kernel::{
    error::from_err_ptr,
    prelude::*,
    types::Opaque, //
};

/// A network namespace.
///
/// # Invariants
///
/// A reference points to a valid `struct net` for its whole lifetime.
#[repr(transparent)]
pub(crate) struct Net(Opaque<bindings::net>);

impl Net {
    /// Makes a reference of a pointer.
    ///
    /// # Safety
    ///
    /// `ptr` must point to a `struct net` that stays valid for `'a`.
    pub(super) unsafe fn from_raw<'a>(ptr: *mut bindings::net) -> &'a Self {
        // SAFETY: `Net` is transparent over `struct net`; the caller vouches for `'a`.
        unsafe { &*ptr.cast() }
    }

    /// Returns the pointer that C functions take.
    pub(super) fn as_ptr(&self) -> *mut bindings::net {
        self.0.get()
    }

    /// Takes a reference of one's own, unless the namespace is going away.
    pub(crate) fn get(&self) -> Option<NetRef> {
        // SAFETY: By the type invariant the pointer is valid.
        let ptr = unsafe { bindings::helpers::maybe_get_net(self.as_ptr()) };
        // INVARIANT: Unless it is null, the function has taken the reference that we own.
        NonNull::new(ptr).map(NetRef)
    }
}

/// A counted reference to a network namespace.
///
/// # Invariants
///
/// The pointer is valid and owns one reference.
pub(crate) struct NetRef(NonNull<bindings::net>);

impl NetRef {
    /// Gets the namespace behind a file descriptor of the calling process.
    ///
    /// # Errors
    ///
    /// What `get_net_ns_by_fd()` says: EBADF, EINVAL.
    pub(crate) fn from_fd(fd: c_int) -> Result<Self> {
        // SAFETY: Any number may be asked for; the caller is in process context.
        let ptr = from_err_ptr(unsafe { bindings::get_net_ns_by_fd(fd) })?;
        // INVARIANT: The function returns a reference that is ours.
        NonNull::new(ptr).map(Self).ok_or(EINVAL)
    }
}

impl Deref for NetRef {
    type Target = Net;

    fn deref(&self) -> &Net {
        // SAFETY: By the type invariant the namespace lives as long as `self`.
        unsafe { Net::from_raw(self.0.as_ptr()) }
    }
}

impl Drop for NetRef {
    fn drop(&mut self) {
        // SAFETY: By the type invariant we own the reference that is given back.
        unsafe { bindings::helpers::put_net(self.0.as_ptr()) };
    }
}
