// SPDX-License-Identifier: GPL-2.0

//! Routes to the other end of a tunnel.
//!
//! C headers: `include/net/route.h`, `include/net/ip6_route.h`.

use super::{
    bindings,
    device::NetDevice, //
};
use core::{
    mem::ManuallyDrop,
    net::{
        IpAddr,
        Ipv4Addr,
        Ipv6Addr, //
    },
    ptr::NonNull, //
};
use kernel::{
    error::from_err_ptr,
    prelude::*, //
};

/// The addresses of packets on a route.
#[derive(Clone, Copy)]
pub(super) enum Ends {
    /// Those of IPv4 packets.
    V4 {
        /// Source.
        source: Ipv4Addr,
        /// Destination.
        destination: Ipv4Addr,
    },
    /// Those of IPv6 packets.
    V6 {
        /// Source.
        source: Ipv6Addr,
        /// Destination.
        destination: Ipv6Addr,
    },
}

/// Converts an address to how C code keeps it.
pub(super) fn in_addr(address: Ipv4Addr) -> bindings::__be32 {
    u32::from_ne_bytes(address.octets())
}

/// Converts an address to how C code keeps it.
pub(super) fn in6_addr(address: Ipv6Addr) -> bindings::in6_addr {
    bindings::in6_addr {
        in6_u: bindings::in6_addr__bindgen_ty_1 {
            u6_addr8: address.octets(),
        },
    }
}

/// A route to an address.
///
/// # Invariants
///
/// The pointer is valid and owns one reference; it is a route for the family of
/// `ends`.
pub(crate) struct Route {
    dst: NonNull<bindings::dst_entry>,
    ends: Ends,
}

impl Route {
    /// Finds the route from `sk` to `destination`. Without a `source` it is
    /// the address that the socket is bound to, if it is, or else any.
    ///
    /// # Safety
    ///
    /// `sk` must be a valid UDP socket for the duration of the call, one of IPv6 if
    /// `destination` is an IPv6 address.
    ///
    /// # Errors
    ///
    /// EAFNOSUPPORT if the addresses are of different families; what the look-up says:
    /// ENETUNREACH, EHOSTUNREACH, EINVAL and others.
    #[inline]
    pub(super) unsafe fn output(
        sk: NonNull<bindings::sock>,
        source: Option<IpAddr>,
        destination: IpAddr,
    ) -> Result<Self> {
        match (source, destination) {
            (Some(IpAddr::V4(source)), IpAddr::V4(destination)) => {
                // SAFETY: The caller's duty.
                unsafe { Self::output4(sk, source, destination) }
            }
            (None, IpAddr::V4(destination)) => {
                // SAFETY: The caller's duty.
                unsafe { Self::output4(sk, Ipv4Addr::UNSPECIFIED, destination) }
            }
            (Some(IpAddr::V6(source)), IpAddr::V6(destination)) => {
                // SAFETY: The caller's duty.
                unsafe { Self::output6(sk, source, destination) }
            }
            (None, IpAddr::V6(destination)) => {
                // SAFETY: The caller's duty.
                unsafe { Self::output6(sk, Ipv6Addr::UNSPECIFIED, destination) }
            }
            _ => Err(EAFNOSUPPORT),
        }
    }

    /// Finds a route to an IPv4 address.
    ///
    /// # Safety
    ///
    /// As for [`output`](Self::output).
    #[inline]
    unsafe fn output4(
        sk: NonNull<bindings::sock>,
        source: Ipv4Addr,
        destination: Ipv4Addr,
    ) -> Result<Self> {
        let mut source = in_addr(source);
        // SAFETY: The socket is valid by the caller's duty, and `source` is a local.
        let dst = from_err_ptr(unsafe {
            bindings::helpers::ip_route_output_sk(sk.as_ptr(), in_addr(destination), &mut source)
        })?;
        // INVARIANT: The look-up returns a reference that is ours.
        Ok(Self {
            dst: NonNull::new(dst).ok_or(ENETUNREACH)?,
            ends: Ends::V4 {
                source: Ipv4Addr::from(source.to_ne_bytes()),
                destination,
            },
        })
    }

    /// Finds a route to an IPv6 address.
    ///
    /// # Safety
    ///
    /// As for [`output`](Self::output).
    #[inline]
    unsafe fn output6(
        sk: NonNull<bindings::sock>,
        source: Ipv6Addr,
        destination: Ipv6Addr,
    ) -> Result<Self> {
        let mut source = in6_addr(source);
        // SAFETY: The socket is valid by the caller's duty, and the addresses are locals.
        let dst = from_err_ptr(unsafe {
            bindings::helpers::ip6_route_output_sk(sk.as_ptr(), &in6_addr(destination), &mut source)
        })?;
        // SAFETY: All forms of the union are sixteen octets.
        let source = unsafe { source.in6_u.u6_addr8 };
        // INVARIANT: The look-up returns a reference that is ours.
        Ok(Self {
            dst: NonNull::new(dst).ok_or(ENETUNREACH)?,
            ends: Ends::V6 {
                source: Ipv6Addr::from(source),
                destination,
            },
        })
    }

    /// The addresses of packets on the route.
    #[inline]
    pub(super) fn ends(&self) -> Ends {
        self.ends
    }

    /// Length of the IP header of packets on the route, in octets.
    #[inline]
    pub(crate) fn ip_header_len(&self) -> u32 {
        match self.ends {
            Ends::V4 { .. } => 20,
            Ends::V6 { .. } => 40,
        }
    }

    /// Largest packet that the route carries, in octets.
    #[inline]
    pub(crate) fn mtu(&self) -> u32 {
        // SAFETY: By the type invariant the route is valid.
        unsafe { bindings::helpers::dst_mtu(self.dst.as_ptr()) }
    }

    /// Whether the route leaves through `dev`.
    #[inline]
    pub(crate) fn leaves_through(&self, dev: &NetDevice) -> bool {
        // SAFETY: By the type invariant the route is valid. The device is compared
        // and not looked at.
        unsafe { bindings::helpers::dst_dev(self.dst.as_ptr()) == dev.as_ptr() }
    }

    /// Hands the reference over to C code.
    pub(super) fn into_raw(self) -> *mut bindings::dst_entry {
        ManuallyDrop::new(self).dst.as_ptr()
    }
}

impl Drop for Route {
    fn drop(&mut self) {
        // SAFETY: By the type invariant we own the reference that is given back.
        unsafe { bindings::dst_release(self.dst.as_ptr()) };
    }
}
