// SPDX-License-Identifier: GPL-2.0

//! The endpoint: a socket in use by a device.

use super::{
    super::{
        bindings,
        link::{
            Device,
            Sending, //
        },
        route::{
            in6_addr,
            in_addr,
            Route,
            RouteCache, //
        },
        skb::SkBuff, //
    },
    Receiver, //
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
    prelude::*,
    sync::rcu, //
};

/// Between whom a datagram goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Path {
    /// Address of the other side.
    pub(crate) peer: IpAddr,
    /// UDP port of the other side.
    pub(crate) peer_port: u16,
    /// Our address.
    pub(crate) local: IpAddr,
}

/// Tells an endpoint from all others that its device has or ever had: pointers to compare.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct EndpointId {
    sk: NonNull<bindings::sock>,
    dev: NonNull<bindings::net_device>,
}

// SAFETY: The pointers are not followed.
unsafe impl Send for EndpointId {}
// SAFETY: As above.
unsafe impl Sync for EndpointId {}

impl EndpointId {
    /// Whether the endpoint is one of this device.
    #[inline]
    pub(in crate::net) fn is_of(&self, dev: *mut bindings::net_device) -> bool {
        self.dev.as_ptr() == dev
    }
}

/// Says that a process has closed the socket of an endpoint, and that nobody uses that any
/// more.
///
/// # Invariants
///
/// A grace period has passed since the endpoint left its slot, where no other one comes.
pub(crate) struct Closed(EndpointId);

impl Closed {
    /// Makes the token.
    ///
    /// # Safety
    ///
    /// The endpoint must have left its slot a grace period ago.
    pub(super) unsafe fn assume(endpoint: EndpointId) -> Self {
        // INVARIANT: The caller's duty. Slots are filled while a device is made, and not
        // again.
        Self(endpoint)
    }

    /// Which endpoint it was.
    pub(in crate::net) fn endpoint(&self) -> EndpointId {
        self.0
    }
}

/// Who owns the socket of an endpoint.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Owner {
    /// The endpoint: the socket was made for it.
    Kernel,
    /// A process; the endpoint holds a reference.
    Process,
}

/// A socket in use by a device.
///
/// # Invariants
///
/// - `sk` is a valid UDP socket as long as the endpoint can be found under RCU, of IPv6
///   or of IPv4 as `ipv6` says.
/// - `dev` is a device of the kind that `T` drives, and outlives the endpoint by a
///   grace period: the slot, which is part of it, is emptied before.
pub(crate) struct Endpoint<T: Receiver> {
    pub(in crate::net) sk: NonNull<bindings::sock>,
    pub(in crate::net) dev: NonNull<bindings::net_device>,
    pub(super) role: T::Role,
    pub(super) owner: Owner,
    /// The socket is one of IPv6.
    pub(super) ipv6: bool,
    /// A reference is to be given back when the endpoint is freed.
    pub(super) holds_sock: bool,
}

impl<T: Receiver> Endpoint<T> {
    /// What the socket is used for.
    #[inline]
    pub(crate) fn role(&self) -> T::Role {
        self.role
    }

    /// What tells this endpoint from others.
    #[inline]
    pub(crate) fn id(&self) -> EndpointId {
        EndpointId {
            sk: self.sk,
            dev: self.dev,
        }
    }

    /// Whether a process reads what is passed up.
    #[inline]
    pub(crate) fn is_read_by_process(&self) -> bool {
        self.owner == Owner::Process
    }

    /// Whether the socket is one of IPv6.
    #[inline]
    pub(crate) fn is_ipv6(&self) -> bool {
        self.ipv6
    }

    /// Whether the last file of the socket has been closed.
    #[inline]
    pub(super) fn is_dead(&self) -> bool {
        // SAFETY: By the type invariant the socket is valid. The flag may be set at any time;
        // either value is right then.
        unsafe { bindings::helpers::sock_is_dead(self.sk.as_ptr()) }
    }

    /// The device that has the socket.
    #[inline]
    pub(super) fn device(&self) -> &Device<T> {
        // SAFETY: By the type invariant the device is ours, and outlives `self`.
        unsafe { Device::from_raw(self.dev.as_ptr()) }
    }

    /// Finds the route of a packet that the device is sending, from the address that the
    /// socket is bound to.
    ///
    /// # Errors
    ///
    /// - EINVAL: the cache is for another endpoint.
    /// - EAFNOSUPPORT: the cache is for an address of another family than the socket's.
    /// - ENOTCONN: the socket is closed.
    /// - ELOOP: the route leads through the device.
    /// - What the look-up says.
    #[inline]
    pub(crate) fn route(&self, cache: &RouteCache, sending: &Sending) -> Result<Route> {
        if cache.destination().is_ipv6() != self.ipv6 {
            return Err(EAFNOSUPPORT);
        }
        if cache.endpoint() != self.id() {
            return Err(EINVAL);
        }
        // SAFETY: By the type invariant the socket is valid, and it is of that family. The
        // cache is for this endpoint, which was got from its slot under RCU.
        unsafe { cache.output(self.sk, sending) }
    }

    /// Tells between which addresses a datagram that this socket has received went, if it
    /// can be answered. An IPv6 socket may have received one of IPv4.
    pub(crate) fn path_of(&self, skb: &SkBuff) -> Option<Path> {
        let [p0, p1] = *skb.linear().first_chunk()?;
        let peer_port = u16::from_be_bytes([p0, p1]);
        let [first] = skb.network_header()?;
        let (peer, local) = if first >> 4 == 6 {
            let header: [u8; 40] = skb.network_header()?;
            let address = |at| {
                let octets = header.get(at..)?.first_chunk::<16>()?;
                Some(IpAddr::V6(Ipv6Addr::from(*octets)))
            };
            (address(8)?, address(24)?)
        } else {
            let header: [u8; 20] = skb.network_header()?;
            let address = |at| {
                let octets = header.get(at..)?.first_chunk::<4>()?;
                Some(IpAddr::V4(Ipv4Addr::from(*octets)))
            };
            (address(12)?, address(16)?)
        };
        // Nobody can be answered from a group, or by a group.
        if local.is_multicast() || peer.is_multicast() || peer.is_unspecified() {
            return None;
        }
        Some(Path {
            peer,
            peer_port,
            local,
        })
    }

    /// Sends a datagram with `payload` from UDP port `port` along `path`. It is not
    /// counted by the device. Any context will do.
    ///
    /// # Errors
    ///
    /// EAFNOSUPPORT for an IPv6 path on an IPv4 socket; ENOMEM; what the look-up of the
    /// route says.
    pub(crate) fn send_message(
        &self,
        path: &Path,
        port: u16,
        payload: &[u8],
        _rcu: &rcu::Guard,
    ) -> Result {
        if path.peer.is_ipv6() && !self.is_ipv6() {
            return Err(EAFNOSUPPORT);
        }
        let skb = SkBuff::with_data(payload)?;
        // SAFETY: By the type invariant the socket is valid; one of IPv6 can send both.
        let route = unsafe { Route::output(self.sk, path.local, path.peer) }?;
        // SAFETY: Enabled again below.
        unsafe { bindings::helpers::local_bh_disable() };
        self.send(skb, route, 0, port, path.peer_port, &[]);
        // SAFETY: Disabled above.
        unsafe { bindings::helpers::local_bh_enable() };
        Ok(())
    }

    /// Sends `skb` behind `header` on `route`, from and to the given UDP ports, counted by
    /// the device that the packet belongs to. `tos` is the outer TOS octet or traffic
    /// class. Softirqs are disabled.
    ///
    /// A packet that is several segments in one is sent as one: `header` will stand in
    /// front of each of them.
    #[inline]
    pub(crate) fn send(
        &self,
        skb: SkBuff,
        route: Route,
        tos: u8,
        from: u16,
        to: u16,
        header: &[u8],
    ) {
        let (sk, dev) = (self.sk.as_ptr(), self.dev.as_ptr());
        let destination = route.destination();
        let (mut route, skb) = (route.into_raw(), skb.into_raw());
        let (header, len) = (header.as_ptr().cast(), header.len() as c_uint);
        match destination {
            // SAFETY: By the type invariant socket and device are valid. Packet and route,
            // which is one of IPv4, are given away; `header` is readable for `len` octets.
            IpAddr::V4(to4) => unsafe {
                bindings::helpers::udp_tunnel_xmit4(
                    &mut route,
                    sk,
                    skb,
                    in_addr(to4),
                    tos,
                    from,
                    to,
                    header,
                    len,
                    dev,
                );
            },
            // SAFETY: As above, with a route of IPv6.
            IpAddr::V6(to6) => unsafe {
                bindings::helpers::udp_tunnel_xmit6(
                    &mut route,
                    sk,
                    skb,
                    &in6_addr(to6),
                    tos,
                    from,
                    to,
                    header,
                    len,
                    dev,
                );
            },
        }
    }
}

impl<T: Receiver> Drop for Endpoint<T> {
    fn drop(&mut self) {
        if self.holds_sock {
            // SAFETY: We own the reference that is given back.
            unsafe { bindings::helpers::sock_put(self.sk.as_ptr()) };
        }
    }
}
