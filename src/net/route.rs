// SPDX-License-Identifier: GPL-2.0

//! Routes to the other end of a tunnel.
//!
//! C header: `include/net/route.h`.

use super::{
    bindings,
    device::NetDevice, //
};
use core::{
    mem::ManuallyDrop,
    net::Ipv4Addr,
    ptr::NonNull, //
};
use kernel::{
    error::from_err_ptr,
    prelude::*, //
};

/// A route to an IPv4 address.
///
/// # Invariants
///
/// The pointer is valid and owns one reference.
pub(crate) struct Route4 {
    rt: NonNull<bindings::rtable>,
    source: Ipv4Addr,
    destination: Ipv4Addr,
}

impl Route4 {
    /// Finds the route from `sk` to `destination`, with `source` as the source
    /// address unless it is unspecified.
    ///
    /// # Safety
    ///
    /// `sk` must be a valid IPv4 UDP socket for the duration of the call.
    ///
    /// # Errors
    ///
    /// What the look-up says: ENETUNREACH, EHOSTUNREACH, EINVAL and others.
    #[inline]
    pub(super) unsafe fn output(
        sk: NonNull<bindings::sock>,
        destination: Ipv4Addr,
        source: Ipv4Addr,
    ) -> Result<Self> {
        let mut saddr = u32::from_ne_bytes(source.octets());
        // SAFETY: The socket is valid by the caller's duty, and `saddr` is a local.
        let rt = from_err_ptr(unsafe {
            bindings::helpers::ip_route_output_sk(
                sk.as_ptr(),
                u32::from_ne_bytes(destination.octets()),
                &mut saddr,
            )
        })?;
        // INVARIANT: The look-up returns a reference that is ours.
        Ok(Self {
            rt: NonNull::new(rt).ok_or(ENETUNREACH)?,
            source: Ipv4Addr::from(saddr.to_ne_bytes()),
            destination,
        })
    }

    /// Returns the pointer to the part that all routes have.
    fn dst(&self) -> *mut bindings::dst_entry {
        // SAFETY: By the type invariant the route is valid.
        unsafe { &raw mut (*self.rt.as_ptr()).dst }
    }

    /// The source address that packets on this route get.
    #[inline]
    pub(crate) fn source(&self) -> Ipv4Addr {
        self.source
    }

    /// The address that the route leads to.
    #[inline]
    pub(crate) fn destination(&self) -> Ipv4Addr {
        self.destination
    }

    /// Largest packet that the route carries, in octets.
    #[inline]
    pub(crate) fn mtu(&self) -> u32 {
        // SAFETY: By the type invariant the route is valid.
        unsafe { bindings::helpers::dst_mtu(self.dst()) }
    }

    /// Whether the route leaves through `dev`.
    #[inline]
    pub(crate) fn leaves_through(&self, dev: &NetDevice) -> bool {
        // SAFETY: By the type invariant the route is valid. The device is compared
        // and not looked at.
        unsafe { bindings::helpers::dst_dev(self.dst()) == dev.as_ptr() }
    }

    /// Hands the reference over to C code.
    pub(super) fn into_raw(self) -> *mut bindings::rtable {
        ManuallyDrop::new(self).rt.as_ptr()
    }
}

impl Drop for Route4 {
    fn drop(&mut self) {
        // SAFETY: By the type invariant we own the reference that is given back.
        unsafe { bindings::dst_release(self.dst()) };
    }
}
