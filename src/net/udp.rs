// SPDX-License-Identifier: GPL-2.0

//! UDP sockets that a device receives from and sends through.
//!
//! A device has a [`Slot`] for each socket that it may have. What stands in a
//! slot is an [`Endpoint`]: a socket of a process, handed in as a file
//! descriptor, or one made here. A process may close its socket at any time; the
//! slot is empty from then on. Whoever wants to use an endpoint gets it from the
//! slot under RCU.
//!
//! Locks: none that callers would have to hold. Emptying a slot is one atomic
//! exchange, so that of a closing process and a device that goes away exactly one
//! takes the endpoint apart.
//!
//! C header: `include/net/udp_tunnel.h`.

use super::{
    bindings,
    extack::ExtAck,
    link::{
        Device,
        Driver, //
    },
    netns::Net,
    nlattr::Attr,
    rcu::RcuBox,
    route::{
        in6_addr,
        in_addr,
        Ends,
        Route, //
    },
    skb::{
        SkBuff,
        Verdict, //
    },
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
    error::to_result,
    prelude::*,
    sync::{
        atomic::{
            Acquire,
            Atomic,
            Full,
            Relaxed,
            Release, //
        },
        rcu, //
    },
};

/// Encapsulation type of the sockets: any number that is not 0 has UDP call the
/// receiver, and the receiver is told its role by the slot.
const ENCAP_TYPE: u8 = bindings::UDP_ENCAP_GTP1U as u8;

/// A driver whose devices have UDP sockets.
pub(crate) trait Receiver: Driver {
    /// What a socket is used for: chooses a slot.
    type Role: Copy + Send + Sync;

    /// The slot for the socket with this role.
    fn slot(&self, role: Self::Role) -> &Slot<Self>;

    /// Takes a datagram, whose data begins with the UDP header. Called in softirq
    /// context.
    fn receive(
        dev: &Device<Self>,
        endpoint: &Endpoint<Self>,
        skb: SkBuff,
        rcu: &rcu::Guard,
    ) -> Verdict;

    /// The process has closed its socket, and the slot is empty.
    fn closed(dev: &Device<Self>);
}

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

/// Who owns the socket of an endpoint.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Owner {
    /// The endpoint: the socket was made for it.
    Kernel,
    /// A process; the endpoint holds a reference.
    Process,
}

/// A socket in use by a device.
///
/// # Invariants
///
/// - `sk` is a valid UDP socket as long as the endpoint can be found under RCU.
/// - `dev` is a device of the kind that `T` drives, and outlives the endpoint by a
///   grace period: the slot, which is part of it, is emptied before.
pub(crate) struct Endpoint<T: Receiver> {
    sk: NonNull<bindings::sock>,
    dev: NonNull<bindings::net_device>,
    role: T::Role,
    owner: Owner,
    /// A reference is to be given back when the endpoint is freed.
    holds_sock: bool,
}

impl<T: Receiver> Endpoint<T> {
    /// What the socket is used for.
    #[inline]
    pub(crate) fn role(&self) -> T::Role {
        self.role
    }

    /// Whether a process reads what is passed up.
    #[inline]
    pub(crate) fn is_read_by_process(&self) -> bool {
        self.owner == Owner::Process
    }

    /// Whether the socket is one of IPv6.
    #[inline]
    pub(crate) fn is_ipv6(&self) -> bool {
        // SAFETY: By the type invariant the socket is valid.
        u32::from(unsafe { bindings::helpers::sk_family(self.sk.as_ptr()) }) == bindings::AF_INET6
    }

    /// The device that has the socket.
    #[inline]
    fn device(&self) -> &Device<T> {
        // SAFETY: By the type invariant the device is ours, and outlives `self`.
        unsafe { Device::from_raw(self.dev.as_ptr()) }
    }

    /// The namespace of the socket.
    #[inline]
    pub(crate) fn net(&self) -> &Net {
        // SAFETY: By the type invariant the socket is valid, and its namespace
        // outlives it.
        unsafe { Net::from_raw(bindings::helpers::sock_net(self.sk.as_ptr())) }
    }

    /// Finds the route to `peer`, from the address that the socket is bound to.
    ///
    /// # Errors
    ///
    /// EAFNOSUPPORT for an address of another family than the socket's; what the
    /// look-up says.
    #[inline]
    pub(crate) fn route(&self, peer: IpAddr) -> Result<Route> {
        if peer.is_ipv6() != self.is_ipv6() {
            return Err(EAFNOSUPPORT);
        }
        // SAFETY: By the type invariant the socket is valid, and it is of that family.
        unsafe { Route::output(self.sk, None, peer) }
    }

    /// Tells between which addresses a datagram that this socket has received went. An
    /// IPv6 socket may have received one of IPv4.
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
    pub(crate) fn send_message(&self, path: &Path, port: u16, payload: &[u8]) -> Result {
        if path.peer.is_ipv6() && !self.is_ipv6() {
            return Err(EAFNOSUPPORT);
        }
        let skb = SkBuff::with_data(payload)?;
        // SAFETY: By the type invariant the socket is valid; one of IPv6 can send both.
        let route = unsafe { Route::output(self.sk, Some(path.local), path.peer) }?;
        // SAFETY: Enabled again below.
        unsafe { bindings::helpers::local_bh_disable() };
        self.send(skb, route, 0, port, path.peer_port);
        // SAFETY: Disabled above.
        unsafe { bindings::helpers::local_bh_enable() };
        Ok(())
    }

    /// Sends `skb` on `route` from and to the given UDP ports, counted by the device that
    /// the packet belongs to. `tos` is the outer TOS octet or traffic class. Softirqs are
    /// disabled.
    #[inline]
    pub(crate) fn send(&self, skb: SkBuff, route: Route, tos: u8, from: u16, to: u16) {
        let xnet = !self.net().is(self.device().net());
        let (sk, ends) = (self.sk.as_ptr(), route.ends());
        let (dst, skb) = (route.into_raw(), skb.into_raw());
        match ends {
            Ends::V4 {
                source,
                destination,
            } => {
                let (source, destination) = (in_addr(source), in_addr(destination));
                // SAFETY: By the type invariant the socket is valid. Packet and route,
                // which is one of IPv4, are given away.
                unsafe {
                    bindings::helpers::udp_tunnel_xmit4(
                        dst,
                        sk,
                        skb,
                        source,
                        destination,
                        tos,
                        from,
                        to,
                        xnet,
                    )
                };
            }
            Ends::V6 {
                source,
                destination,
            } => {
                let (source, destination) = (in6_addr(source), in6_addr(destination));
                // SAFETY: As above, with a route of IPv6.
                unsafe {
                    bindings::helpers::udp_tunnel_xmit6(
                        dst,
                        sk,
                        skb,
                        &source,
                        &destination,
                        tos,
                        from,
                        to,
                        xnet,
                    )
                };
            }
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

/// Place of an endpoint in a device.
///
/// # Invariants
///
/// The pointer is null, or comes of `KBox::into_raw` and is freed by whoever
/// exchanges it for null, after a grace period.
pub(crate) struct Slot<T: Receiver>(Atomic<*mut RcuBox<Endpoint<T>>>);

impl<T: Receiver> Slot<T> {
    /// Makes an empty slot.
    pub(crate) fn new() -> Self {
        // INVARIANT: Null.
        Self(Atomic::new(core::ptr::null_mut()))
    }

    /// The endpoint, unless there is none or it is closed.
    #[inline]
    pub(crate) fn get<'rcu>(&'rcu self, _rcu: &'rcu rcu::Guard) -> Option<&'rcu Endpoint<T>> {
        let endpoint = self.0.load(Acquire);
        // SAFETY: By the type invariant a pointer that is not null is valid until a
        // grace period after it left the slot, so until the end of the read section.
        unsafe { endpoint.as_ref() }.map(RcuBox::value)
    }

    /// Whether there is no endpoint.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.load(Relaxed).is_null()
    }

    /// Empties the slot: stops receiving, and closes the socket if it was made
    /// here. Sleeps.
    pub(crate) fn clear(&self) {
        let this = self.0.xchg(core::ptr::null_mut(), Full);
        // SAFETY: By the type invariant the pointer is null or valid; having taken it
        // from the slot, we are the one to free it, and have not done so yet.
        let Some(endpoint) = (unsafe { this.as_ref() }).map(RcuBox::value) else {
            return;
        };
        let sk = endpoint.sk.as_ptr();
        match endpoint.owner {
            // SAFETY: The socket is valid and was made by `udp_sock_create()`. It is
            // bound, and so freed after a grace period only.
            Owner::Kernel => unsafe { bindings::udp_tunnel_sock_release(sk) },
            // SAFETY: We hold a reference to the socket.
            Owner::Process => unsafe {
                bindings::helpers::lock_sock(sk);
                bindings::helpers::udp_tunnel_sock_clear(sk);
                bindings::release_sock(sk);
            },
        }
        // SAFETY: Neither slot nor socket lead to the endpoint any more.
        unsafe { RcuBox::free(this) };
    }

    /// Puts an endpoint into the slot and has its socket call us.
    ///
    /// # Safety
    ///
    /// The caller must hold the socket's lock, or be the only one that knows the
    /// socket; the slot must be empty and be the one that `device` has for the
    /// endpoint's role.
    unsafe fn fill(&self, endpoint: KBox<RcuBox<Endpoint<T>>>, net: *mut bindings::net) {
        let sk = endpoint.value().sk.as_ptr();
        let process = endpoint.value().owner == Owner::Process;
        let this = KBox::into_raw(endpoint);
        // INVARIANT: Comes of `KBox::into_raw`. Receivers find it in the slot as soon
        // as they find it in the socket.
        self.0.store(this, Release);
        // SAFETY: All zero is a valid configuration, one without callbacks.
        let mut config: bindings::udp_tunnel_sock_cfg = unsafe { core::mem::zeroed() };
        config.sk_user_data = this.cast();
        config.encap_type = ENCAP_TYPE;
        config.encap_rcv = Some(Self::encap_rcv);
        if process {
            config.encap_destroy = Some(Self::encap_destroy);
        }
        // SAFETY: The socket is valid, and by the caller's duty nobody else changes its
        // receive path at this time.
        unsafe { bindings::setup_udp_tunnel_sock(net, sk, &mut config) };
    }

    /// # Safety
    ///
    /// Called by UDP under RCU for a datagram on a socket that `fill()` has set up;
    /// `skb` is ours unless 1 is returned.
    unsafe extern "C" fn encap_rcv(sk: *mut bindings::sock, skb: *mut bindings::sk_buff) -> c_int {
        let rcu = rcu::read_lock();
        // SAFETY: The socket is valid. What its user data points to is valid until the
        // end of the read section: both slot and user data are cleared a grace period
        // before it is freed.
        let endpoint = unsafe {
            let this = bindings::helpers::rcu_dereference_sk_user_data(sk);
            this.cast::<RcuBox<Endpoint<T>>>().as_ref()
        };
        let Some(endpoint) = endpoint.map(RcuBox::value) else {
            return 1;
        };
        // SAFETY: UDP gives us the packet.
        let skb = unsafe { SkBuff::from_raw(skb) };
        match T::receive(endpoint.device(), endpoint, skb, &rcu) {
            Verdict::Consumed => 0,
            Verdict::PassUp(skb) => {
                // UDP still has the pointer, and takes the packet back.
                let _ = skb.into_raw();
                1
            }
        }
    }

    /// # Safety
    ///
    /// Called by UDP when the last file of a socket that `fill()` has set up is
    /// closed.
    unsafe extern "C" fn encap_destroy(sk: *mut bindings::sock) {
        let _rcu = rcu::read_lock();
        // SAFETY: As in `encap_rcv()`.
        let this = unsafe { bindings::helpers::rcu_dereference_sk_user_data(sk) }
            .cast::<RcuBox<Endpoint<T>>>();
        // SAFETY: As in `encap_rcv()`.
        let Some(endpoint) = (unsafe { this.as_ref() }).map(RcuBox::value) else {
            return;
        };
        let slot = endpoint.device().data().slot(endpoint.role);
        if slot.0.cmpxchg(this, core::ptr::null_mut(), Full).is_err() {
            // The device goes away at the same time and takes care of it.
            return;
        }
        // SAFETY: The socket is valid, and with its last file closed nobody can attach
        // it to anything any more.
        unsafe { bindings::helpers::udp_tunnel_sock_clear(sk) };
        T::closed(endpoint.device());
        // SAFETY: Neither slot nor socket lead to the endpoint any more, and we have
        // taken it from the slot.
        unsafe { RcuBox::free(this) };
    }
}

impl<T: Receiver> Drop for Slot<T> {
    fn drop(&mut self) {
        if !self.is_empty() {
            self.clear();
            rcu::synchronize_rcu();
        }
    }
}

/// A socket looked up by its file descriptor.
///
/// # Invariants
///
/// The pointer is valid and owns a reference to the file.
struct SocketFile(NonNull<bindings::socket>);

impl SocketFile {
    /// Looks up file descriptor `fd` of the calling process.
    ///
    /// # Errors
    ///
    /// EBADF, ENOTSOCK.
    fn get(fd: c_int) -> Result<Self> {
        let mut error = 0;
        // SAFETY: Any number may be asked for; `error` is a local.
        let sock = unsafe { bindings::sockfd_lookup(fd, &mut error) };
        // INVARIANT: The look-up returns a reference that is ours.
        NonNull::new(sock)
            .map(Self)
            .ok_or_else(|| Error::from_errno(error))
    }

    /// The protocol's part of the socket.
    fn sk(&self) -> Result<NonNull<bindings::sock>> {
        // SAFETY: By the type invariant the socket is valid.
        NonNull::new(unsafe { (*self.0.as_ptr()).sk }).ok_or(EINVAL)
    }
}

impl Drop for SocketFile {
    fn drop(&mut self) {
        // SAFETY: By the type invariant we own the reference that is given back.
        unsafe { bindings::helpers::sockfd_put(self.0.as_ptr()) };
    }
}

/// Puts the UDP socket behind file descriptor `fd` of the calling process into the
/// slot for the role that `role` chooses by whether it is an IPv6 socket. The slot must be
/// empty. `attr` is where the descriptor was given.
///
/// # Errors
///
/// - EBADF, ENOTSOCK: not the descriptor of a socket.
/// - EINVAL: not a UDP socket of IPv4 or IPv6.
/// - EADDRNOTAVAIL: an IPv6 socket that takes IPv4 as well.
/// - EBUSY: in use by another device or for another encapsulation.
/// - ENOMEM.
pub(crate) fn attach<T: Receiver>(
    dev: &Device<T>,
    role: impl FnOnce(bool) -> T::Role,
    fd: c_int,
    attr: Attr<'_>,
    extack: &mut ExtAck<'_>,
) -> Result {
    let file = SocketFile::get(fd)
        .map_err(|error| extack.fail_attr(error, attr, c"Not the file descriptor of a socket"))?;
    let sk = file.sk()?;
    // SAFETY: The file keeps the socket alive.
    let (protocol, kind, family, ipv6only) = unsafe {
        (
            bindings::helpers::sk_protocol(sk.as_ptr()),
            bindings::helpers::sk_type(sk.as_ptr()),
            bindings::helpers::sk_family(sk.as_ptr()),
            bindings::helpers::sk_ipv6only(sk.as_ptr()),
        )
    };
    let family = u32::from(family);
    if u32::from(protocol) != bindings::IPPROTO_UDP
        || u32::from(kind) != bindings::sock_type_SOCK_DGRAM
        || (family != bindings::AF_INET && family != bindings::AF_INET6)
    {
        return Err(extack.fail_attr(EINVAL, attr, c"Not a UDP socket of IPv4 or IPv6"));
    }
    if family == bindings::AF_INET6 && !ipv6only {
        return Err(extack.fail_attr(
            EADDRNOTAVAIL,
            attr,
            c"An IPv6 socket must not take IPv4: set IPV6_V6ONLY before bind()",
        ));
    }
    let role = role(family == bindings::AF_INET6);
    // INVARIANT: The reference taken below keeps the socket alive; the device has the
    // slot, and so outlives what is in it.
    let mut endpoint = RcuBox::new(Endpoint {
        sk,
        dev: NonNull::new(dev.as_ptr()).ok_or(EINVAL)?,
        role,
        owner: Owner::Process,
        holds_sock: false,
    })?;
    // SAFETY: The file keeps the socket alive. Under its lock nobody else attaches
    // it; if it is free, the slot is filled with a reference taken for the endpoint.
    let busy = unsafe {
        bindings::helpers::lock_sock(sk.as_ptr());
        let busy = bindings::helpers::sk_has_user_data(sk.as_ptr());
        if !busy {
            bindings::helpers::sock_hold(sk.as_ptr());
            endpoint.value_mut().holds_sock = true;
            let net = bindings::helpers::sock_net(sk.as_ptr());
            dev.data().slot(role).fill(endpoint, net);
        }
        bindings::release_sock(sk.as_ptr());
        busy
    };
    if busy {
        return Err(extack.fail_attr(
            EBUSY,
            attr,
            c"The socket is in use by another device or encapsulation",
        ));
    }
    Ok(())
}

/// Makes a UDP socket in `net`, bound to `address` and `port`, and puts it into the
/// slot for `role`, which must be empty. An IPv6 socket receives IPv4 as well, where its
/// address allows it, unless it is `ipv6_only`.
///
/// # Errors
///
/// What bind() says: EADDRINUSE, EADDRNOTAVAIL; EAFNOSUPPORT, ENOMEM.
pub(crate) fn create<T: Receiver>(
    dev: &Device<T>,
    role: T::Role,
    net: &Net,
    address: IpAddr,
    port: u16,
    ipv6_only: bool,
) -> Result {
    // SAFETY: All zero is a valid configuration.
    let mut config: bindings::udp_port_cfg = unsafe { core::mem::zeroed() };
    config.local_udp_port = port.to_be();
    match address {
        IpAddr::V4(address) => {
            config.family = bindings::AF_INET as u8;
            config.__bindgen_anon_1.local_ip.s_addr = in_addr(address);
        }
        IpAddr::V6(address) => {
            config.family = bindings::AF_INET6 as u8;
            config.__bindgen_anon_1.local_ip6 = in6_addr(address);
            config.set_ipv6_v6only(c_uint::from(ipv6_only));
        }
    }
    let mut sock = core::ptr::null_mut();
    // SAFETY: The namespace is valid, and the rest are locals.
    to_result(unsafe { bindings::helpers::udp_sock_create(net.as_ptr(), &mut config, &mut sock) })?;
    // SAFETY: On success the socket is valid, and ours.
    let sk = unsafe { NonNull::new_unchecked((*sock).sk) };
    let endpoint = RcuBox::new(Endpoint {
        sk,
        dev: NonNull::new(dev.as_ptr()).ok_or(EINVAL)?,
        role,
        owner: Owner::Kernel,
        holds_sock: false,
    })
    .inspect_err(|_| {
        // SAFETY: The socket is ours to close.
        unsafe { bindings::udp_tunnel_sock_release(sk.as_ptr()) };
    })?;
    // INVARIANT: The endpoint owns the socket; the device has the slot, and so
    // outlives what is in it.
    // SAFETY: Nobody else knows the socket yet.
    unsafe { dev.data().slot(role).fill(endpoint, net.as_ptr()) };
    Ok(())
}
