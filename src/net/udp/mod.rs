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

mod endpoint;
mod gro;
mod open;
mod slot;

pub(crate) use self::{
    endpoint::{
        Closed,
        Datagram,
        Endpoint,
        EndpointId,
        Outer,
        Path,
        SendError,
        TooBig, //
    },
    gro::TunnelHeader,
    open::{
        attach,
        create, //
    },
    slot::Slot, //
};

use super::{
    link::{
        Device,
        Driver, //
    },
    skb::{
        SkBuff,
        Verdict, //
    },
};
use core::num::NonZeroU8;
use kernel::sync::rcu;

/// A driver whose devices have UDP sockets.
pub(crate) trait Receiver: Driver {
    /// What a socket is used for: chooses a slot.
    type Role: Copy + Send + Sync;

    /// The slot for the socket with this role: always the same, and part of `self`.
    fn slot(&self, role: Self::Role) -> &Slot<Self>;

    /// The encapsulation type of the socket with this role, as getsockopt(UDP_ENCAP) tells
    /// it.
    fn encap_type(role: Self::Role) -> NonZeroU8;

    /// Whether datagrams on the socket with this role are joined where they can be.
    fn joins(role: Self::Role) -> bool;

    /// Reads what stands in front of an IP packet in a datagram with a payload of `total`
    /// octets that begins with `data`. None if it is something else, or `data` too short.
    fn tunnel_header(data: &[u8], total: usize) -> Option<TunnelHeader>;

    /// Whether two tunnel headers are equal but for the length that they say.
    fn is_same_tunnel(a: &[u8], b: &[u8]) -> bool;

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

    /// Nobody sends by the socket any more that the process has closed. What is remembered
    /// of its namespace is to be forgotten: that may go from now on. Sleeps.
    fn forget(dev: &Device<Self>, closed: &Closed);
}
