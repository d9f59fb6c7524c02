// SPDX-License-Identifier: GPL-2.0

//! Where endpoints come from: sockets of processes, and sockets that are made here.

use super::{
    super::{
        bindings,
        extack::ExtAck,
        link::Device,
        netns::Net,
        nlattr::Attr,
        rcu::RcuBox,
        route::{
            in6_addr,
            in_addr, //
        },
    },
    endpoint::{
        is_callers_to_use,
        Endpoint,
        Owner, //
    },
    Receiver, //
};
use core::{
    net::IpAddr,
    ptr::NonNull, //
};
use kernel::{
    error::to_result,
    prelude::*, //
};

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
/// slot for the role that `role` chooses by whether it is an IPv6 socket. `attr` is where
/// the descriptor was given.
///
/// # Errors
///
/// - EBADF, ENOTSOCK: not the descriptor of a socket.
/// - EPERM: a socket in another namespace than the device, where the caller has no
///   CAP_NET_ADMIN. It may have come by the socket without any right.
/// - EINVAL: not a UDP socket of IPv4 or IPv6.
/// - EADDRNOTAVAIL: an IPv6 socket that takes IPv4 as well.
/// - EBUSY: in use by another device or for another encapsulation; or the slot is not
///   empty.
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
    // SAFETY: The file keeps the socket alive, and that its namespace.
    if !unsafe { is_callers_to_use(dev, sk) } {
        return Err(extack.fail_attr(
            EPERM,
            attr,
            c"The socket is in another namespace: it takes CAP_NET_ADMIN over that namespace",
        ));
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
        ipv6: family == bindings::AF_INET6,
        holds_sock: false,
    })?;
    // SAFETY: The file keeps the socket alive. Under its lock nobody else changes how it
    // receives; the slot is filled with a reference taken for the endpoint.
    let result = unsafe {
        bindings::helpers::lock_sock(sk.as_ptr());
        bindings::helpers::sock_hold(sk.as_ptr());
        endpoint.value_mut().holds_sock = true;
        let net = bindings::helpers::sock_net(sk.as_ptr());
        let result = dev.data().slot(role).fill(endpoint, net);
        bindings::release_sock(sk.as_ptr());
        result
    };
    result.map_err(|error| {
        extack.fail_attr(
            error,
            attr,
            c"The socket is in use by another device or encapsulation",
        )
    })
}

/// Makes a UDP socket in `net`, bound to `address` and `port`, and puts it into the
/// slot for `role`. An IPv6 socket receives IPv4 as well, where its
/// address allows it, unless it is `ipv6_only`.
///
/// # Errors
///
/// What bind() says: EADDRINUSE, EADDRNOTAVAIL; EAFNOSUPPORT, ENOMEM; EBUSY if the slot is
/// not empty.
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
        ipv6: address.is_ipv6(),
        holds_sock: false,
    })
    .inspect_err(|_| {
        // SAFETY: The socket is ours to close.
        unsafe { bindings::udp_tunnel_sock_release(sk.as_ptr()) };
    })?;
    // INVARIANT: The endpoint owns the socket; the device has the slot, and so
    // outlives what is in it.
    // SAFETY: Nobody else knows the socket yet.
    unsafe { dev.data().slot(role).fill(endpoint, net.as_ptr()) }.inspect_err(|_| {
        // SAFETY: The socket is ours to close.
        unsafe { bindings::udp_tunnel_sock_release(sk.as_ptr()) };
    })
}
