// SPDX-License-Identifier: GPL-2.0

//! Packets that are several segments in one.
//!
//! A packet of this kind has the headers of one segment, and says into how many octets
//! of payload whoever cuts it is to cut it: the stack or a NIC, each as late as it can.
//!
//! A header in front of them that has a length in it is right for full segments only. Where
//! the last one may be shorter, [`Registration`] has the stack tell us of each cut.
//!
//! C headers: `include/linux/skbuff.h`, `include/net/gso.h`.

use super::{
    bindings,
    skb::SkBuff, //
};
use core::{
    marker::PhantomData,
    ptr::NonNull, //
};
use kernel::{
    num::casts::{
        u32_as_usize,
        usize_as_u64, //
    },
    prelude::*,
    sync::atomic::{
        Atomic,
        Full,
        Release, //
    },
    types::Opaque, //
};

/// A tunnel protocol whose headers have a length in them.
pub(crate) trait Tunnel: Sync + 'static {
    /// Has `header` say that `payload` octets are behind it.
    fn set_length(header: &mut [u8], payload: usize);
}

/// What the stack knows of a tunnel protocol. To be declared as a static.
///
/// # Invariants
///
/// The stack alone changes `offload`, under its locks, from the call of `dev_add_offload()` to the
/// return of `dev_remove_offload()`. `registered` is true as long as there is a [`Registration`],
/// so that there is one at most.
pub(crate) struct Protocol<T> {
    offload: Opaque<bindings::packet_offload>,
    registered: Atomic<bool>,
    _tunnel: PhantomData<T>,
}

// SAFETY: By the type invariant `offload` changes under the stack's locks only; `registered` is
// atomic.
unsafe impl<T: Sync> Sync for Protocol<T> {}

impl<T: Tunnel> Protocol<T> {
    /// Declares a protocol.
    pub(crate) const fn new() -> Self {
        // SAFETY: All zero is valid for this C structure: it has no operations.
        let mut offload: bindings::packet_offload = unsafe { core::mem::zeroed() };
        offload.type_ = (bindings::NET_TUNNEL_PROTO as u16).to_be();
        offload.callbacks.gso_segment = Some(Self::gso_segment);
        // INVARIANT: Nothing is registered yet.
        Self {
            offload: Opaque::new(offload),
            registered: Atomic::new(false),
            _tunnel: PhantomData,
        }
    }

    /// # Safety
    ///
    /// Called by the stack under RCU for several segments in one that are to be cut: the data
    /// begins with the IP header, and `mac_len` octets in front of it the tunnel's.
    unsafe extern "C" fn gso_segment(
        skb: *mut bindings::sk_buff,
        features: bindings::netdev_features_t,
    ) -> *mut bindings::sk_buff {
        // SAFETY: The packet is valid, and handed on as it came.
        let (len, first) = unsafe {
            (
                usize::from((*skb).mac_len),
                bindings::helpers::skb_gso_segment_inner(skb, features),
            )
        };
        // SAFETY: The function returns null, an error, or a list of packets.
        let mut segment = unsafe { bindings::helpers::skb_gso_first_single(first) };
        while !segment.is_null() {
            // SAFETY: The packet is valid and nobody else's, its data begins with `len` octets
            // of header that were copied for it.
            let (header, total) = unsafe {
                (
                    core::slice::from_raw_parts_mut((*segment).data, len),
                    (*segment).len as usize,
                )
            };
            T::set_length(header, total.saturating_sub(len));
            // SAFETY: The packet is in that list.
            segment = unsafe { bindings::helpers::skb_gso_next_single(segment) };
        }
        first
    }
}

/// The registration of a tunnel protocol.
///
/// # Invariants
///
/// The protocol is registered with the stack.
pub(crate) struct Registration<T: Tunnel>(&'static Protocol<T>);

impl<T: Tunnel> Registration<T> {
    /// Registers `protocol`.
    ///
    /// # Errors
    ///
    /// EBUSY: it is registered.
    pub(crate) fn new(protocol: &'static Protocol<T>) -> Result<Self> {
        if protocol.registered.xchg(true, Full) {
            return Err(EBUSY);
        }
        // SAFETY: The structure is static, and on no list, as `registered` has said.
        unsafe { bindings::dev_add_offload(protocol.offload.get()) };
        // INVARIANT: Registered just now.
        Ok(Self(protocol))
    }
}

impl<T: Tunnel> Drop for Registration<T> {
    fn drop(&mut self) {
        // SAFETY: By the type invariant it is registered. The function waits for who is using
        // it.
        unsafe { bindings::dev_remove_offload(self.0.offload.get()) };
        self.0.registered.store(false, Release);
    }
}

/// How much there is of something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Volume {
    /// How many IP packets.
    pub(crate) packets: u64,
    /// How many octets they have.
    pub(crate) octets: u64,
}

impl SkBuff {
    /// How much the packet is once it is cut: each segment is an IP packet with headers of its
    /// own, and a full one has as many octets as `segment_len` says. The IP packet begins
    /// `offset` octets from the data.
    #[inline]
    pub(crate) fn volume(&self, offset: usize, segment_len: impl FnOnce() -> usize) -> Volume {
        let len = self.len().saturating_sub(offset);
        if !self.is_gso() {
            return Volume {
                packets: 1,
                octets: usize_as_u64(len),
            };
        }
        // SAFETY: By the type invariant the packet is valid.
        let size = u32_as_usize(unsafe { bindings::helpers::skb_gso_size(self.as_ptr()) });
        let headers = segment_len().saturating_sub(size);
        let payload = len.saturating_sub(headers);
        let packets = match payload.checked_div(size) {
            Some(whole) if whole.wrapping_mul(size) == payload => whole,
            Some(whole) => whole.wrapping_add(1),
            None => 1,
        };
        Volume {
            packets: usize_as_u64(packets),
            octets: usize_as_u64(packets.wrapping_mul(headers).wrapping_add(payload)),
        }
    }

    /// Whether the packet is several segments in one.
    #[inline]
    pub(crate) fn is_gso(&self) -> bool {
        let skb = self.as_ptr();
        // SAFETY: By the type invariant the packet is valid, so that there is what tells of
        // its segments behind the room for its data.
        unsafe {
            let shared = (*skb).head.add((*skb).end as usize);
            (*shared.cast::<bindings::skb_shared_info>()).gso_size != 0
        }
    }

    /// Length of an IP packet with one full segment in it, in octets, of an IP packet of
    /// several segments that is to be sent.
    pub(crate) fn segment_len(&self) -> usize {
        // SAFETY: By the type invariant the packet is valid.
        let len = unsafe { bindings::helpers::skb_gso_network_seglen(self.as_ptr()) };
        // A `u32` fits a `usize` on every architecture that Rust code is built for.
        len as usize
    }

    /// Length of an IP packet with one full segment in it, in octets, of several such in a
    /// UDP tunnel: the IP packet begins `offset` octets from the data and carries
    /// `protocol`. None if this is something else.
    pub(crate) fn inner_segment_len(&self, offset: usize, protocol: u16) -> Option<usize> {
        let offset = c_uint::try_from(offset).ok()?;
        // SAFETY: By the type invariant the packet is valid.
        let len =
            unsafe { bindings::helpers::skb_gso_inner_seglen(self.as_ptr(), offset, protocol) };
        // A `u32` fits a `usize` on every architecture that Rust code is built for.
        (len != 0).then_some(len as usize)
    }

    /// Cuts an IP packet that is to be sent into its segments.
    ///
    /// # Errors
    ///
    /// The packet, when there is no memory or it is not what it says.
    pub(crate) fn split(self) -> Result<Segments, Self> {
        // SAFETY: By the type invariant the packet is valid and ours to change.
        let first = unsafe { bindings::helpers::skb_gso_split(self.as_ptr()) };
        if first.is_null() {
            return Err(self);
        }
        // The function has consumed it.
        let _ = self.into_raw();
        // INVARIANT: They are new, and nobody else's.
        Ok(Segments(NonNull::new(first)))
    }
}

/// Packets that were one.
///
/// # Invariants
///
/// The pointer is the first of a list of packets that are ours, and leads to the next.
pub(crate) struct Segments(Option<NonNull<bindings::sk_buff>>);

impl Iterator for Segments {
    type Item = SkBuff;

    fn next(&mut self) -> Option<SkBuff> {
        let first = self.0?;
        // SAFETY: By the type invariant the packet is valid.
        let next = unsafe { bindings::helpers::skb_list_next(first.as_ptr()) };
        // INVARIANT: The rest of the list.
        self.0 = NonNull::new(next);
        // SAFETY: By the type invariant the packet is ours, and it was taken from the list.
        Some(unsafe { SkBuff::from_raw(first.as_ptr()) })
    }
}

impl Drop for Segments {
    fn drop(&mut self) {
        self.for_each(drop);
    }
}
