// SPDX-License-Identifier: GPL-2.0

//! Tests of [`crate::net::route`], on the loopback device of the initial namespace,
//! which must be up.

use super::{
    super::{
        bindings,
        link::Quiet,
        route::{
            in6_addr,
            in_addr,
            Addresses,
            Route,
            RouteCache, //
        },
        udp::EndpointId, //
    },
    loopback,
    Socket, //
};
use core::{
    net::{
        IpAddr,
        Ipv4Addr,
        Ipv6Addr, //
    },
    ptr::NonNull, //
};
use kernel::{
    alloc::flags::__GFP_ZERO,
    error::from_err_ptr,
    prelude::*, //
};

const NONE4: IpAddr = IpAddr::V4(Ipv4Addr::UNSPECIFIED);
const NONE6: IpAddr = IpAddr::V6(Ipv6Addr::UNSPECIFIED);
const SELF4: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);
const SELF6: IpAddr = IpAddr::V6(Ipv6Addr::LOCALHOST);

/// What two packets of `dev`, one after the other on one processor, would be sent on, to be
/// compared: each processor remembers for itself.
fn cached(
    cache: &RouteCache,
    socket: &Socket,
    dev: *mut bindings::net_device,
) -> Result<[*const c_void; 2]> {
    let (mut to, ipv6) = match cache.destination() {
        IpAddr::V4(to) => (in6_addr(Ipv6Addr::UNSPECIFIED), Some(in_addr(to))),
        IpAddr::V6(to) => (in6_addr(to), None),
    };
    if let Some(to4) = ipv6 {
        to.in6_u.u6_addr32 = [to4, 0, 0, 0];
    }
    // SAFETY: The cache is initialised, the socket valid and of the family of the cache.
    // Softirqs are disabled meanwhile. The stack does not wait for us, but the cache is no
    // device's.
    let look_up = || unsafe {
        bindings::helpers::kunit_route_cached(
            cache.as_ptr(),
            socket.sk().as_ptr(),
            &to,
            ipv6.is_none(),
            dev,
        )
    };
    // SAFETY: They are enabled again below.
    unsafe { bindings::helpers::local_bh_disable() };
    let routes = [look_up(), look_up()];
    // SAFETY: They were disabled above.
    unsafe { bindings::helpers::local_bh_enable() };
    for route in routes {
        from_err_ptr(route.cast_mut())?;
    }
    Ok(routes)
}

#[kunit_tests(gtp_net_route)]
mod tests {
    use super::*;

    #[test]
    fn to_ourselves() -> Result {
        let socket = Socket::new(false)?;
        // SAFETY: The socket is valid.
        let route = unsafe { Route::output(socket.sk(), NONE4, SELF4) }?;
        assert!(matches!(route.addresses(), Addresses::V4 { .. }));
        let socket = Socket::new(true)?;
        // SAFETY: The socket is valid, and one of IPv6.
        let route = unsafe { Route::output(socket.sk(), NONE6, SELF6) }?;
        assert!(matches!(route.addresses(), Addresses::V6 { .. }));
        Ok(())
    }

    #[test]
    fn families_do_not_mix() -> Result {
        let socket = Socket::new(true)?;
        for (from, to) in [(NONE4, SELF6), (NONE6, SELF4)] {
            // SAFETY: The socket is valid, and one of IPv6.
            let route = unsafe { Route::output(socket.sk(), from, to) };
            assert_eq!(route.err(), Some(EAFNOSUPPORT));
        }
        Ok(())
    }

    #[test]
    fn from_a_source_that_is_not_ours() -> Result {
        let socket = Socket::new(true)?;
        let other = IpAddr::V6(Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 1));
        // SAFETY: The socket is valid, and one of IPv6.
        let route = unsafe { Route::output(socket.sk(), other, SELF6) };
        assert_eq!(route.err(), Some(EADDRNOTAVAIL));
        Ok(())
    }

    #[test]
    fn cache_remembers_and_forgets() -> Result {
        let dev = KBox::<bindings::net_device>::new_uninit(GFP_KERNEL | __GFP_ZERO)?;
        // SAFETY: All zero is a valid device, as far as C goes; it is only compared.
        let dev = unsafe { dev.assume_init() };
        let ours = NonNull::from(&*dev);
        for (to, ipv6) in [(SELF4, false), (SELF6, true)] {
            let socket = Socket::new(ipv6)?;
            let endpoint = EndpointId::of(socket.sk(), ours);
            let cache = KBox::pin_init(RouteCache::new(endpoint, to), GFP_KERNEL)?;
            assert_eq!(cache.destination(), to);
            let [first, second] = cached(&cache, &socket, ours.as_ptr())?;
            assert_eq!(first, second);
            // SAFETY: The device is not registered.
            cache.clear(&unsafe { Quiet::assume(ours.as_ptr()) });
            assert!(cached(&cache, &socket, ours.as_ptr()).is_ok());
        }
        Ok(())
    }

    #[test]
    fn cache_refuses_a_loop() -> Result {
        let dev = NonNull::new(loopback()).ok_or(ENODEV)?;
        let socket = Socket::new(false)?;
        let endpoint = EndpointId::of(socket.sk(), dev);
        let cache = KBox::pin_init(RouteCache::new(endpoint, SELF4), GFP_KERNEL)?;
        assert_eq!(cached(&cache, &socket, loopback()).err(), Some(ELOOP));
        Ok(())
    }
}
