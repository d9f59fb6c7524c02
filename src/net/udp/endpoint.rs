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
            Addresses,
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
    /// Makes one of no endpoint, for tests.
    #[cfg(CONFIG_KUNIT = "y")]
    pub(in crate::net) fn of(
        sk: NonNull<bindings::sock>,
        dev: NonNull<bindings::net_device>,
    ) -> Self {
        Self { sk, dev }
    }

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

    /// Sets whether datagrams over IPv6 without a checksum are received (RFC 6936).
    pub(crate) fn set_no_check6_rx(&self, is_received: bool) {
        // SAFETY: By the type invariant the socket is valid; the flag is an atomic one.
        unsafe { bindings::helpers::udp_set_no_check6_rx(self.sk.as_ptr(), is_received) };
    }

    /// Whether the calling process may have the socket send otherwise than it does, as
    /// [`is_callers_to_use`] says.
    pub(crate) fn is_callers_to_set(&self) -> bool {
        // SAFETY: By the type invariant the socket is valid. It holds its namespace, or was made
        // in one that takes the device along.
        unsafe { is_callers_to_use(self.device(), self.sk) }
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
    pub(in crate::net) fn device(&self) -> &Device<T> {
        // SAFETY: By the type invariant the device is ours, and outlives `self`.
        unsafe { Device::from_raw(self.dev.as_ptr()) }
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
        let datagram = Datagram {
            header: &[],
            from: port,
            to: path.peer_port,
            tos: 0,
            too_big: TooBig::Fragment,
            outer: Outer::default(),
        };
        let gram = datagram.as_raw();
        let (sk, addresses) = (self.sk.as_ptr(), route.addresses());
        let (dst, skb) = (route.into_raw(), skb.into_raw());
        // SAFETY: By the type invariant the socket is valid. Packet and route, which is of
        // the family of the addresses, are given away. Softirqs are disabled meanwhile.
        unsafe {
            bindings::helpers::local_bh_disable();
            match addresses {
                Addresses::V4 {
                    source,
                    destination,
                } => bindings::helpers::udp_xmit4(dst, sk, skb, source, destination, &gram),
                Addresses::V6 {
                    source,
                    destination,
                } => bindings::helpers::udp_xmit6(dst, sk, skb, &source, &destination, &gram),
            }
            bindings::helpers::local_bh_enable();
        }
        Ok(())
    }

    /// Sends an IP packet, which the device is sending, behind `header` to where `routes` lead
    /// and on what they remember, from the address that the socket is bound to. The route
    /// that the packet came by is told how large a packet may be, if it says more.
    ///
    /// A packet that is several segments in one is sent as one: `header` will stand in
    /// front of each of them.
    ///
    /// # Errors
    ///
    /// The packet, and why it cannot be sent.
    #[inline]
    pub(crate) fn send(
        &self,
        skb: SkBuff,
        routes: &RouteCache,
        datagram: &Datagram<'_>,
        sending: &Sending,
        _rcu: &rcu::Guard,
    ) -> Result<(), (SkBuff, SendError)> {
        let destination = routes.destination();
        if !self.takes(routes, sending) {
            return Err((skb, SendError::NoRoute));
        }
        let mut gram = datagram.as_raw();
        let sk = self.sk.as_ptr();
        let code = match destination {
            // SAFETY: By the type invariants the socket is valid and of that family, and the
            // cache is initialised and this endpoint's; the device is sending, with softirqs
            // disabled. The header outlives the call.
            IpAddr::V4(to) => unsafe {
                bindings::helpers::udp_tunnel_xmit4(
                    routes.as_ptr(),
                    sk,
                    skb.as_ptr(),
                    in_addr(to),
                    &mut gram,
                )
            },
            // SAFETY: As above.
            IpAddr::V6(to) => unsafe {
                bindings::helpers::udp_tunnel_xmit6(
                    routes.as_ptr(),
                    sk,
                    skb.as_ptr(),
                    &in6_addr(to),
                    &mut gram,
                )
            },
        };
        if code == 0 {
            // The function has given it away.
            let _ = skb.into_raw();
            return Ok(());
        }
        Err((skb, SendError::new(code, gram.inner_mtu)))
    }

    /// Whether `routes` are for what this endpoint's device is sending by it. It was got from
    /// its slot under RCU, so that nobody empties them meanwhile.
    #[inline]
    fn takes(&self, routes: &RouteCache, sending: &Sending) -> bool {
        routes.endpoint() == self.id()
            && sending.as_ptr() == self.dev.as_ptr()
            && routes.destination().is_ipv6() == self.ipv6
    }
}

/// Whether the calling process may decide what socket `sk` does for `dev`: whoever manages the
/// device may if the socket is in its namespace, or else who has CAP_NET_ADMIN over the socket's.
///
/// # Safety
///
/// `sk` and its namespace must be valid.
pub(super) unsafe fn is_callers_to_use<T: Receiver>(
    dev: &Device<T>,
    sk: NonNull<bindings::sock>,
) -> bool {
    // SAFETY: By the caller's duty the socket and its namespace are valid; the device is.
    unsafe {
        let net = bindings::helpers::sock_net(sk.as_ptr());
        bindings::rtnl_dev_link_net_capable(dev.as_ptr(), net)
    }
}

/// Why a packet was not sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SendError {
    /// The socket is closed.
    NotConnected,
    /// The route leads through the device that is sending.
    Loop,
    /// It is too big: one of `mtu` octets would not be.
    TooBig {
        /// In octets.
        mtu: u32,
    },
    /// It is several datagrams in one that are to be fragmented each: they have to be cut
    /// before.
    Uncut,
    /// No memory.
    NoMemory,
    /// No route.
    NoRoute,
}

impl SendError {
    /// Makes an error of what C code says.
    #[cold]
    fn new(code: c_int, mtu: u32) -> Self {
        match Error::from_errno(code) {
            error if error == ENOTCONN => Self::NotConnected,
            error if error == ELOOP => Self::Loop,
            error if error == EMSGSIZE => Self::TooBig { mtu },
            error if error == E2BIG => Self::Uncut,
            error if error == ENOMEM => Self::NoMemory,
            _ => Self::NoRoute,
        }
    }
}

/// What is done with a packet that is too big for the path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TooBig {
    /// It is fragmented outside the tunnel.
    Fragment,
    /// The same, and it is a fragment itself.
    FragmentAgain,
    /// It is not sent.
    Drop {
        /// No packet of this length is too big, in octets.
        least: u16,
    },
}

/// What outer headers say beside addresses and ports. The default is what the stack does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Outer {
    /// The lowest and the highest of the source ports among which the packet's flow chooses;
    /// none if the second is 0.
    pub(crate) ports: (u16, u16),
    /// Hop limit; 0 for that of the route.
    pub(crate) ttl: u8,
    /// Nobody on the way fragments a packet that fits (IPv4).
    pub(crate) df: bool,
    /// There is no checksum of UDP.
    pub(crate) no_check: bool,
    /// There is a flow label, by the packet's flow (IPv6).
    pub(crate) flow_label: bool,
}

impl Outer {
    /// What C code is told.
    #[inline]
    fn flags(self) -> u8 {
        let flag = |is_set, flag| if is_set { flag } else { 0 };
        flag(self.df, bindings::NET_CONST_DATAGRAM_DF)
            | flag(self.no_check, bindings::NET_CONST_DATAGRAM_NO_CHECK)
            | flag(self.flow_label, bindings::NET_CONST_DATAGRAM_FLOW_LABEL)
    }
}

/// What a packet is sent in.
#[derive(Clone, Copy)]
pub(crate) struct Datagram<'a> {
    /// What stands in front of the packet.
    pub(crate) header: &'a [u8],
    /// UDP port that it is from.
    pub(crate) from: u16,
    /// UDP port that it goes to.
    pub(crate) to: u16,
    /// Outer TOS octet or traffic class.
    pub(crate) tos: u8,
    /// What is done with a packet that is too big.
    pub(crate) too_big: TooBig,
    /// What else the outer headers say.
    pub(crate) outer: Outer,
}

impl Datagram<'_> {
    /// What C code is told.
    #[inline]
    fn as_raw(&self) -> bindings::net_datagram {
        let (too_big, least_mtu) = match self.too_big {
            TooBig::Fragment => (bindings::net_too_big_NET_TOO_BIG_FRAGMENT, 0),
            TooBig::FragmentAgain => (bindings::net_too_big_NET_TOO_BIG_FRAGMENT_AGAIN, 0),
            TooBig::Drop { least } => (bindings::net_too_big_NET_TOO_BIG_DROP, least),
        };
        bindings::net_datagram {
            hdr: self.header.as_ptr().cast(),
            len: self.header.len() as c_uint,
            sport: self.from.to_be(),
            dport: self.to.to_be(),
            tos: self.tos,
            too_big: too_big as u8,
            least_mtu,
            inner_mtu: 0,
            port_min: self.outer.ports.0,
            port_max: self.outer.ports.1,
            ttl: self.outer.ttl,
            flags: self.outer.flags(),
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
