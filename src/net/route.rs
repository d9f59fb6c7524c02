// SPDX-License-Identifier: GPL-2.0

//! Routes to the other end of a tunnel, looked up once or remembered.
//!
//! C headers: `include/net/route.h`, `include/net/ip6_route.h`.

use super::{
    bindings,
    link::Quiet,
    udp::{
        Closed,
        EndpointId, //
    }, //
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
    error::{
        from_err_ptr,
        to_result, //
    },
    prelude::*,
    sync::atomic::{
        Atomic,
        Full, //
    },
    types::Opaque, //
};

/// Converts an address to how C code keeps it.
#[inline]
pub(super) fn in_addr(address: Ipv4Addr) -> bindings::__be32 {
    u32::from_ne_bytes(address.octets())
}

/// Converts an address to how C code keeps it.
#[inline]
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
/// `dst` is valid, of the family of the addresses, which is the same, and owns one
/// reference.
pub(super) struct Route {
    dst: NonNull<bindings::dst_entry>,
    addresses: Addresses,
}

/// Where packets on a route come from and go to.
#[derive(Clone, Copy)]
pub(super) enum Addresses {
    /// Those of IPv4.
    V4 {
        /// Source.
        source: bindings::__be32,
        /// Destination.
        destination: bindings::__be32,
    },
    /// Those of IPv6.
    V6 {
        /// Source.
        source: bindings::in6_addr,
        /// Destination.
        destination: bindings::in6_addr,
    },
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
    pub(super) unsafe fn output(
        sk: NonNull<bindings::sock>,
        source: IpAddr,
        destination: IpAddr,
    ) -> Result<Self> {
        let (dst, addresses) = match (source, destination) {
            (IpAddr::V4(source), IpAddr::V4(destination)) => {
                let (mut source, destination) = (in_addr(source), in_addr(destination));
                // SAFETY: The socket is valid by the caller's duty, and `source` is a local.
                let dst = unsafe {
                    bindings::helpers::ip_route_output_sk(sk.as_ptr(), destination, &mut source)
                };
                (
                    dst,
                    Addresses::V4 {
                        source,
                        destination,
                    },
                )
            }
            (IpAddr::V6(source), IpAddr::V6(destination)) => {
                let (mut source, destination) = (in6_addr(source), in6_addr(destination));
                // SAFETY: The socket is valid by the caller's duty, and the addresses are
                // locals.
                let dst = unsafe {
                    bindings::helpers::ip6_route_output_sk(sk.as_ptr(), &destination, &mut source)
                };
                (
                    dst,
                    Addresses::V6 {
                        source,
                        destination,
                    },
                )
            }
            _ => return Err(EAFNOSUPPORT),
        };
        let dst = NonNull::new(from_err_ptr(dst)?).ok_or(EINVAL)?;
        // INVARIANT: The look-up returns a reference that is ours.
        Ok(Self { dst, addresses })
    }

    /// Where packets on the route come from and go to.
    pub(super) fn addresses(&self) -> Addresses {
        self.addresses
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

/// The route from an endpoint to one address for the packets of its device, remembered for
/// each processor. It is looked up anew when routes, rules or addresses have changed, or
/// what of the socket has a say in it.
///
/// # Invariants
///
/// - The cache is initialised; routes in it are of the family of `destination`.
/// - What is in it for a processor is touched there alone and with softirqs disabled,
///   while the device sends a packet by the endpoint, or else when it sends none that way
///   and will not any more, by the one who has set `forgotten`.
#[pin_data(PinnedDrop)]
pub(crate) struct RouteCache {
    #[pin]
    cache: Opaque<bindings::net_route_cache>,
    endpoint: EndpointId,
    destination: IpAddr,
    /// The routes were given back for good.
    forgotten: Atomic<bool>,
}

// SAFETY: By the type invariant no two touch the same part at the same time; what is common
// to all processors is made for that.
unsafe impl Send for RouteCache {}
// SAFETY: As above.
unsafe impl Sync for RouteCache {}

impl RouteCache {
    /// Makes an empty cache for packets that go by `endpoint` to `destination`.
    ///
    /// # Errors
    ///
    /// ENOMEM.
    pub(crate) fn new(endpoint: EndpointId, destination: IpAddr) -> impl PinInit<Self, Error> {
        // INVARIANT: Initialised, or an error.
        try_pin_init!(Self {
            endpoint,
            destination,
            forgotten: Atomic::new(false),
            cache <- Opaque::try_ffi_init(|cache| {
                // SAFETY: `cache` is valid for writing.
                to_result(unsafe { bindings::helpers::route_cache_init(cache) })
            }),
        }? Error)
    }

    /// Where the routes lead to.
    #[inline]
    pub(crate) fn destination(&self) -> IpAddr {
        self.destination
    }

    /// Whose routes they are.
    #[inline]
    pub(super) fn endpoint(&self) -> EndpointId {
        self.endpoint
    }

    /// Returns the pointer that C functions take.
    #[inline]
    pub(super) fn as_ptr(&self) -> *mut bindings::net_route_cache {
        self.cache.get()
    }

    /// Forgets the routes and gives back what they hold, namespaces among it. Nothing is
    /// done if it is not the cache's device that is quiet.
    pub(crate) fn clear(&self, quiet: &Quiet) {
        if self.endpoint.is_of(quiet.as_ptr()) {
            // SAFETY: The device sends nothing.
            unsafe { self.forget() };
        }
    }

    /// The same for an endpoint that was closed, and for no other.
    pub(crate) fn clear_closed(&self, closed: &Closed) {
        if closed.endpoint() == self.endpoint {
            // SAFETY: The device sends nothing by an endpoint that was closed.
            unsafe { self.forget() };
        }
    }

    /// Gives back the routes, once.
    ///
    /// # Safety
    ///
    /// The device must send nothing by the endpoint, and not do so any more.
    unsafe fn forget(&self) {
        if !self.forgotten.xchg(true, Full) {
            // SAFETY: By the type invariant the cache is initialised, and nobody uses it: not
            // who sends, by the caller's duty, and not another one in our place.
            unsafe { bindings::helpers::route_cache_clear(self.cache.get()) };
        }
    }
}

#[pinned_drop]
impl PinnedDrop for RouteCache {
    fn drop(self: Pin<&mut Self>) {
        // SAFETY: By the type invariant the cache is initialised; nobody uses it any more.
        unsafe { bindings::helpers::route_cache_destroy(self.cache.get()) };
    }
}
