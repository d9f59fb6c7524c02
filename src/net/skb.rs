// SPDX-License-Identifier: GPL-2.0

//! Packets.
//!
//! A packet has one owner: [`SkBuff`] is the only handle to its `struct sk_buff`,
//! and dropping it frees the packet. Octets are read through slices that borrow
//! the handle, so that none survives a call that may move the data.
//!
//! C header: `include/linux/skbuff.h`.

use super::{
    bindings,
    udp::{
        Endpoint,
        Receiver, //
    }, //
};
use core::{
    mem::ManuallyDrop,
    ptr::NonNull, //
};
use kernel::prelude::*;

/// EtherType of IPv4, as [`SkBuff::inner_header`] gives it.
pub(crate) const ETH_P_IP: u16 = bindings::ETH_P_IP as u16;
/// EtherType of IPv6, as [`SkBuff::inner_header`] gives it.
pub(crate) const ETH_P_IPV6: u16 = bindings::ETH_P_IPV6 as u16;

macro_rules! drop_reasons {
    ($($(#[$doc:meta])* $name:ident = $reason:ident,)*) => {
        /// Why a packet is dropped, as drop monitors show it. These are reasons
        /// of the kernel's core: a module cannot register a list of its own.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(crate) enum DropReason {
            $($(#[$doc])* $name,)*
        }

        impl DropReason {
            /// Returns the number that C functions take.
            fn as_raw(self) -> bindings::skb_drop_reason {
                match self {
                    $(Self::$name => bindings::$reason,)*
                }
            }
        }
    };
}

drop_reasons! {
    /// No reason fits.
    NotSpecified = skb_drop_reason_SKB_DROP_REASON_NOT_SPECIFIED,
    /// The packet ends within a header.
    HeaderTruncated = skb_drop_reason_SKB_DROP_REASON_HDR_TRUNC,
    /// The packet is shorter than its headers say.
    TooSmall = skb_drop_reason_SKB_DROP_REASON_PKT_TOO_SMALL,
    /// The packet is larger than its way allows.
    TooBig = skb_drop_reason_SKB_DROP_REASON_PKT_TOO_BIG,
    /// A header says something that its protocol forbids.
    InvalidHeader = skb_drop_reason_SKB_DROP_REASON_DEV_HDR,
    /// The inner protocol is none that the device carries.
    UnhandledProtocol = skb_drop_reason_SKB_DROP_REASON_UNHANDLED_PROTO,
    /// No memory.
    NoMemory = skb_drop_reason_SKB_DROP_REASON_NOMEM,
    /// No tunnel for the address that the packet goes to.
    NoTunnel = skb_drop_reason_SKB_DROP_REASON_NO_TX_TARGET,
    /// The source address is not one that the tunnel may carry.
    InvalidSource = skb_drop_reason_SKB_DROP_REASON_IP_INVALID_SOURCE,
    /// No route to the tunnel's other end.
    NoRoute = skb_drop_reason_SKB_DROP_REASON_IP_OUTNOROUTES,
    /// The tunnel's other end is reached through the tunnel itself.
    Recursion = skb_drop_reason_SKB_DROP_REASON_RECURSION_LIMIT,
    /// The device has no socket to send with.
    NotReady = skb_drop_reason_SKB_DROP_REASON_DEV_READY,
    /// Nobody is there who would want the message.
    NoSocket = skb_drop_reason_SKB_DROP_REASON_NO_SOCKET,
    /// Congestion was marked on a packet whose sender does not understand the mark.
    Ecn = skb_drop_reason_SKB_DROP_REASON_IP_TUNNEL_ECN,
    /// The tunnel does not carry traffic of that class.
    TrafficClass = skb_drop_reason_SKB_DROP_REASON_TUNNEL_TXINFO,
    /// The tunnel has carried as much as it may.
    OverQuota = skb_drop_reason_SKB_DROP_REASON_QDISC_DROP,
    /// A segmentation offload that the receiver did not ask for.
    UnexpectedGso = skb_drop_reason_SKB_DROP_REASON_SKB_BAD_GSO,
}

/// What became of a packet that was offered to a receiver.
#[must_use]
pub(crate) enum Verdict {
    /// The receiver has kept or freed it.
    Consumed,
    /// It goes on to whoever would have got it otherwise, unchanged.
    PassUp(SkBuff),
}

/// An IP packet that was taken out of a datagram which `endpoint` has received, on its way
/// to the stack.
///
/// # Invariants
///
/// The network header is that of the IP packet, is at the data and linear.
#[must_use]
pub(crate) struct Decapsulated<'a, T: Receiver> {
    skb: SkBuff,
    endpoint: &'a Endpoint<T>,
}

impl<T: Receiver> Decapsulated<'_, T> {
    /// Hands the packet to the stack as received by the endpoint's device, and counts it
    /// there. It gets `mark`, unless that is 0. The caller is in softirq context, or has
    /// softirqs disabled.
    #[inline]
    pub(crate) fn receive(self, mark: u32) {
        // SAFETY: By the type invariant of the packet it is valid and given away here, and by
        // ours the function finds the header that it reads. The device is valid by the
        // invariant of the endpoint; its cells are there as long as it is up.
        unsafe {
            let dev = self.endpoint.dev.as_ptr();
            let cells = self.endpoint.device().gro_cells();
            bindings::helpers::skb_receive_decapped(self.skb.into_raw(), dev, cells, mark);
        }
    }
}

/// The only handle to a packet.
///
/// # Invariants
///
/// The pointer is a valid `struct sk_buff`, of which nobody else changes the
/// metadata or the linear data while the handle lives.
pub(crate) struct SkBuff(NonNull<bindings::sk_buff>);

impl SkBuff {
    /// Takes over a packet.
    ///
    /// # Safety
    ///
    /// `ptr` must be a valid `struct sk_buff`, and the caller must own it.
    pub(super) unsafe fn from_raw(ptr: *mut bindings::sk_buff) -> Self {
        // SAFETY: By the caller's duty the pointer is valid, so not null.
        // INVARIANT: The caller's ownership becomes ours.
        Self(unsafe { NonNull::new_unchecked(ptr) })
    }

    /// Hands the packet over to C code.
    pub(super) fn into_raw(self) -> *mut bindings::sk_buff {
        ManuallyDrop::new(self).0.as_ptr()
    }

    /// Returns the pointer that C functions take.
    pub(super) fn as_ptr(&self) -> *mut bindings::sk_buff {
        self.0.as_ptr()
    }

    /// Makes a packet of `data`, with room for outer headers in front of it.
    ///
    /// # Errors
    ///
    /// ENOMEM.
    pub(super) fn with_data(data: &[u8]) -> Result<Self> {
        let len = c_uint::try_from(data.len()).map_err(|_| ENOMEM)?;
        // SAFETY: `data` is readable for `len` octets; any context will do.
        let skb = unsafe { bindings::helpers::alloc_skb_with(data.as_ptr().cast(), len) };
        // INVARIANT: A new packet is nobody else's.
        NonNull::new(skb).map(Self).ok_or(ENOMEM)
    }

    /// Copies the first `N` octets of the network header, if they are there.
    pub(super) fn network_header<const N: usize>(&self) -> Option<[u8; N]> {
        let mut header = [0; N];
        let len = c_uint::try_from(N).ok()?;
        // SAFETY: By the type invariant the packet is valid; `header` has room for `len`
        // octets.
        unsafe {
            bindings::helpers::skb_copy_network_header(
                self.as_ptr(),
                header.as_mut_ptr().cast(),
                len,
            )
        }
        .then_some(header)
    }

    /// Length of the data in octets.
    #[inline]
    pub(crate) fn len(&self) -> usize {
        // SAFETY: By the type invariant the packet is valid.
        let len = unsafe { (*self.as_ptr()).len };
        // A `u32` fits a `usize` on every architecture that Rust code is built for.
        len as usize
    }

    /// The octets at hand: the linear part of the data, at most [`len`] octets.
    ///
    /// [`len`]: SkBuff::len
    #[inline]
    pub(crate) fn linear(&self) -> &[u8] {
        let skb = self.as_ptr();
        // SAFETY: By the type invariant the packet is valid.
        let (data, len, paged) = unsafe { ((*skb).data, (*skb).len, (*skb).data_len) };
        // SAFETY: `len - data_len` octets from `data` on are the linear part; nobody
        // writes them while `self` is borrowed, by the type invariant.
        unsafe { core::slice::from_raw_parts(data, len.wrapping_sub(paged) as usize) }
    }

    /// Makes the first `len` octets linear; false when there are fewer, or no
    /// memory.
    #[inline]
    pub(crate) fn may_pull(&mut self, len: usize) -> bool {
        match u32::try_from(len) {
            // SAFETY: By the type invariant the packet is valid; no slice of its data
            // is alive, since this borrows it mutably.
            Ok(len) => unsafe { bindings::helpers::pskb_may_pull(self.as_ptr(), len) },
            Err(_) => false,
        }
    }

    /// Makes the IP header of a packet that is to be sent linear, and returns the EtherType;
    /// None if the header is not there.
    #[inline]
    pub(crate) fn inner_header(&mut self) -> Option<u16> {
        let skb = self.as_ptr();
        // SAFETY: By the type invariant the packet is valid.
        let (protocol, network) = unsafe {
            let headers = (*skb).__bindgen_anon_4.headers.as_ref();
            let network = (*skb).head.add(usize::from(headers.network_header));
            (u16::from_be(headers.protocol), network)
        };
        let need = if protocol == ETH_P_IP { 20 } else { 40 };
        if core::ptr::eq(network, self.linear().as_ptr()) && self.linear().len() >= need {
            return Some(protocol);
        }
        // SAFETY: By the type invariant the packet is valid and ours to change; no slice of
        // its data is alive, since this borrows it mutably.
        let protocol = unsafe { bindings::helpers::skb_inner_header(skb) };
        (protocol != 0).then_some(protocol)
    }

    /// Hands the IP packet in a datagram that `endpoint` has received to the stack as
    /// received by its device, and counts it there. The packet is from `start` to `end` of
    /// the data, whatever is behind `end`, and carries `protocol`; what the outer packet has
    /// left in the metadata is removed, and the ECN field of the outer header takes effect
    /// (RFC 6040 4.2). It gets `mark`, unless that is 0. The caller is in softirq context, or
    /// has softirqs disabled.
    ///
    /// # Errors
    ///
    /// The packet, and the reason why it is to be dropped.
    #[inline]
    pub(crate) fn receive_inner<T: Receiver>(
        self,
        start: usize,
        end: usize,
        protocol: u16,
        mark: u32,
        endpoint: &Endpoint<T>,
    ) -> Result<(), (Self, DropReason)> {
        if mark != 0 {
            let packet = self.decapsulate(start, end, protocol, endpoint)?;
            packet.receive(mark);
            return Ok(());
        }
        let (Ok(start), Ok(end)) = (c_uint::try_from(start), c_uint::try_from(end)) else {
            return Err((self, DropReason::HeaderTruncated));
        };
        // SAFETY: By the type invariant the packet is valid and ours to change; the
        // function checks that the octets are there. Socket and device are valid by the
        // invariant of the endpoint; the device's cells are there as long as it is up.
        let code = unsafe {
            let (skb, sk, dev) = (self.as_ptr(), endpoint.sk.as_ptr(), endpoint.dev.as_ptr());
            let cells = endpoint.device().gro_cells();
            bindings::helpers::skb_receive_inner(skb, start, end, protocol, sk, dev, cells)
        };
        if code == 0 {
            // The function has given it away.
            let _ = self.into_raw();
            return Ok(());
        }
        Err((self, Self::not_received(code)))
    }

    /// Takes the IP packet out of a datagram, as [`Self::receive_inner`] does, which then
    /// hands it on. The caller is in softirq context, or has softirqs disabled.
    ///
    /// # Errors
    ///
    /// The packet, and the reason why it is to be dropped.
    #[inline]
    pub(crate) fn decapsulate<T: Receiver>(
        self,
        start: usize,
        end: usize,
        protocol: u16,
        endpoint: &Endpoint<T>,
    ) -> Result<Decapsulated<'_, T>, (Self, DropReason)> {
        let (Ok(start), Ok(end)) = (c_uint::try_from(start), c_uint::try_from(end)) else {
            return Err((self, DropReason::HeaderTruncated));
        };
        // SAFETY: By the type invariant the packet is valid and ours to change; the
        // function checks that the octets are there. Socket and device are valid by the
        // invariant of the endpoint.
        let code = unsafe {
            let (sk, dev) = (endpoint.sk.as_ptr(), endpoint.dev.as_ptr());
            bindings::helpers::skb_decap(self.as_ptr(), start, end, protocol, sk, dev)
        };
        match code {
            // INVARIANT: The function has made this of it.
            0 | 1 => Ok(Decapsulated {
                skb: self,
                endpoint,
            }),
            code => Err((self, Self::not_received(code))),
        }
    }

    /// Why a packet was not received.
    #[cold]
    pub(super) fn not_received(code: c_int) -> DropReason {
        match code {
            code if code > 1 => DropReason::Ecn,
            code if code == EINVAL.to_errno() => DropReason::HeaderTruncated,
            _ => DropReason::NoMemory,
        }
    }

    /// The packet's priority, by which queueing disciplines tell classes of traffic.
    pub(crate) fn priority(&self) -> u32 {
        // SAFETY: By the type invariant the packet is valid.
        unsafe { bindings::helpers::skb_priority(self.as_ptr()) }
    }

    /// Sets the packet's priority.
    pub(crate) fn set_priority(&mut self, priority: u32) {
        // SAFETY: By the type invariant the packet is valid and ours to change.
        unsafe { bindings::helpers::skb_set_priority(self.as_ptr(), priority) };
    }

    /// The packet's mark, which firewalls and routing rules go by.
    pub(crate) fn mark(&self) -> u32 {
        // SAFETY: By the type invariant the packet is valid.
        unsafe { bindings::helpers::skb_mark(self.as_ptr()) }
    }

    /// Tells the sender of an IP packet, and the route that it came by, that it is too big,
    /// and that one of `mtu` octets would not be: ICMP Fragmentation Needed, or ICMPv6
    /// Packet Too Big.
    pub(crate) fn send_too_big(&mut self, mtu: u32) {
        // SAFETY: By the type invariant the packet is valid and its network header set;
        // the functions below check what they look at, and copy what they need.
        unsafe { bindings::helpers::icmp_too_big(self.as_ptr(), mtu) };
    }

    /// Frees the packet, whose purpose is fulfilled.
    pub(crate) fn consume(self) {
        // SAFETY: The packet is given away.
        unsafe { bindings::consume_skb(self.into_raw()) };
    }

    /// Frees the packet, telling drop monitors why.
    #[inline]
    pub(crate) fn drop_with(self, reason: DropReason) {
        // SAFETY: The packet is given away.
        unsafe { bindings::helpers::kfree_skb_reason(self.into_raw(), reason.as_raw()) };
    }
}

impl Drop for SkBuff {
    fn drop(&mut self) {
        // SAFETY: By the type invariant the packet is valid and ours to free.
        unsafe {
            bindings::helpers::kfree_skb_reason(self.as_ptr(), DropReason::NotSpecified.as_raw())
        };
    }
}
