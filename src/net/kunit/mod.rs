// SPDX-License-Identifier: GPL-2.0

//! KUnit suites of this layer: what has to do with C code, and so cannot be tested on
//! the host. A kernel with `CONFIG_KUNIT=y` has them: see `tests/rough/kunit.sh`.

#![allow(
    // The macro's own code, and that of the tests in it, which may also panic.
    unsafe_op_in_unsafe_fn,
    clippy::undocumented_unsafe_blocks
)]

mod nlattr;
mod route;
mod skb;
mod table;
mod time;

use super::bindings;
use core::ptr::NonNull;
use kernel::{
    error::to_result,
    prelude::*, //
};

/// The loopback device of the initial namespace, which is on every way to ourselves.
fn loopback() -> *mut bindings::net_device {
    // SAFETY: The initial namespace and its loopback device are always there.
    unsafe { bindings::init_net.loopback_dev }
}

/// A UDP socket in the initial namespace, closed when this is dropped.
///
/// # Invariants
///
/// The pointer is a valid socket of ours.
struct Socket(NonNull<bindings::socket>);

impl Socket {
    /// Makes a socket of IPv4 or IPv6 on a port that is free.
    fn new(ipv6: bool) -> Result<Self> {
        // SAFETY: All zero is a valid configuration.
        let mut config: bindings::udp_port_cfg = unsafe { core::mem::zeroed() };
        config.family = if ipv6 {
            bindings::AF_INET6 as u8
        } else {
            bindings::AF_INET as u8
        };
        let mut sock = core::ptr::null_mut();
        // SAFETY: The initial namespace is always there, and the rest are locals.
        to_result(unsafe {
            bindings::helpers::udp_sock_create(&raw mut bindings::init_net, &mut config, &mut sock)
        })?;
        // INVARIANT: On success the socket is valid, and ours.
        NonNull::new(sock).map(Self).ok_or(ENOMEM)
    }

    /// The protocol's part of the socket.
    fn sk(&self) -> NonNull<bindings::sock> {
        // SAFETY: By the type invariant the socket is valid, so that it has this part.
        unsafe { NonNull::new_unchecked((*self.0.as_ptr()).sk) }
    }
}

impl Drop for Socket {
    fn drop(&mut self) {
        // SAFETY: By the type invariant the socket is ours to close.
        unsafe { bindings::udp_tunnel_sock_release(self.sk().as_ptr()) };
    }
}
