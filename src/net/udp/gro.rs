// SPDX-License-Identifier: GPL-2.0

//! Receive offload: datagrams of one tunnel with segments of one flow are joined before
//! the stack sees them.
//!
//! Joined are only datagrams whose tunnel headers are equal but for a length that stands in
//! them. Whoever cuts them again makes of them what they were: see [`super::super::gso`].
//!
//! Only sockets that were made here do this. UDP reads the callback of a socket more than
//! once for a packet, so that it cannot be taken back from a socket that lives on.
//!
//! C header: `include/net/gro.h`.

use super::{
    super::{
        bindings,
        skb::ETH_P_IP, //
    },
    Receiver, //
};
use kernel::{
    num::casts::u32_as_usize,
    prelude::*, //
};

/// Octets of a datagram's payload that are looked at before anything is known of it: a
/// tunnel header, an IPv4 header and ports.
const AT_FIRST: usize = 32;
/// Octets that are looked at, at most, of a datagram that is held back.
const LOOKED_AT: usize = 96;

/// Length of an IP header and ports, in octets.
fn flow_len(protocol: u16) -> usize {
    match protocol {
        ETH_P_IP => 20 + 4,
        _ => 40 + 4,
    }
}

/// What stands in front of an IP packet in a datagram.
#[derive(Clone, Copy)]
pub(crate) struct TunnelHeader {
    /// Its length in octets.
    pub(crate) len: usize,
    /// Octets of the datagram's payload that it covers, itself included.
    pub(crate) covered: usize,
    /// EtherType of the IP packet.
    pub(crate) protocol: u16,
}

/// Whether two IP packets with headers at the front of these may be of one flow.
fn may_be_same_flow(a: &[u8], b: &[u8]) -> bool {
    /// Where protocol, addresses and ports stand in an IP packet.
    fn flow(packet: &[u8]) -> Option<(u8, &[u8], &[u8])> {
        let first = *packet.first()?;
        let (protocol, addresses, ports) = match first >> 4 {
            4 => (9, 12..20, usize::from(first & 0xf).wrapping_mul(4)),
            6 => (6, 8..40, 40),
            _ => return None,
        };
        Some((
            *packet.get(protocol)?,
            packet.get(addresses)?,
            packet.get(ports..ports.checked_add(4)?)?,
        ))
    }
    match (flow(a), flow(b)) {
        (Some(a), Some(b)) => a == b,
        _ => true,
    }
}

/// The linear data of `skb` from `offset` on, at most [`LOOKED_AT`] octets.
///
/// # Safety
///
/// `skb` must be valid, and nobody may change its data during `'a`.
unsafe fn linear<'a>(skb: *mut bindings::sk_buff, offset: usize) -> &'a [u8] {
    // SAFETY: The packet is valid by the caller's duty; `len - data_len` octets from `data`
    // on are its linear part.
    let linear = unsafe {
        let len = (*skb).len.wrapping_sub((*skb).data_len);
        core::slice::from_raw_parts((*skb).data, u32_as_usize(len))
    };
    let data = linear.get(offset..).unwrap_or_default();
    data.get(..LOOKED_AT).unwrap_or(data)
}

/// # Safety
///
/// Called by UDP, with softirqs disabled, for a datagram to a socket whose callback this
/// is: `skb` is at the payload, and `head` the list of the packets that are held back.
pub(super) unsafe extern "C" fn receive<T: Receiver>(
    _sk: *mut bindings::sock,
    head: *mut bindings::list_head,
    skb: *mut bindings::sk_buff,
) -> *mut bindings::sk_buff {
    // SAFETY: The packet is valid, and at its payload.
    let (offset, total) = unsafe {
        (
            u32_as_usize(bindings::helpers::gro_offset(skb)),
            u32_as_usize(bindings::helpers::gro_len(skb)),
        )
    };
    // No more than there surely is of headers: what is asked for and is payload is moved, and
    // cannot be joined any more.
    let mut data: &[u8] = &[];
    let mut parts = None;
    let mut need = AT_FIRST;
    for _ in 0..2 {
        let len = total.min(need);
        // SAFETY: As above.
        let start = unsafe { bindings::helpers::gro_header(skb, len as c_uint) };
        if start.is_null() {
            parts = None;
            break;
        }
        // SAFETY: The function has made `len` octets from there on readable, and nobody
        // changes them until we hand the packet on, or ask for more.
        data = unsafe { core::slice::from_raw_parts(start.cast::<u8>(), len) };
        parts = T::tunnel_header(data, total)
            .and_then(|header| Some((header, data.split_at_checked(header.len)?)));
        need = match parts {
            Some((header, _)) => header.len.wrapping_add(flow_len(header.protocol)),
            None => break,
        };
        if need <= len {
            break;
        }
    }
    let Some((header, (octets, packet))) = parts else {
        // SAFETY: As above.
        unsafe { bindings::helpers::gro_flush(skb) };
        return core::ptr::null_mut();
    };
    // With surplus octets, or less than its IP packet has, it is not joined; but what was held
    // back of its flow goes first.
    let is_whole = header.covered == total;
    let start = data.as_ptr();
    let mut overtaken = core::ptr::null_mut();
    let mut held = core::ptr::null_mut();
    loop {
        // SAFETY: The list is valid, and `held` in it, or null.
        held = unsafe { bindings::helpers::gro_next_same_flow(head, held) };
        if held.is_null() {
            break;
        }
        // SAFETY: Packets in the list are valid, and nobody changes them but who receives.
        let other = unsafe { linear(held, offset) };
        let is_same = |other| T::is_same_tunnel(octets, other);
        if is_whole && other.get(..octets.len()).is_some_and(is_same) {
            continue;
        }
        // SAFETY: The packet is in the list.
        unsafe { bindings::helpers::gro_set_distinct(held) };
        // Its header may have another length. What cannot be told apart may be the same flow.
        let other_packet = T::tunnel_header(other, usize::from(u16::MAX))
            .and_then(|header| other.get(header.len..))
            .unwrap_or_default();
        if may_be_same_flow(packet, other_packet) {
            overtaken = held;
        }
    }
    if !is_whole || !overtaken.is_null() {
        // What was held back, if anything was, goes first, and this one right behind it.
        // SAFETY: The packet is valid.
        unsafe { bindings::helpers::gro_flush(skb) };
        return overtaken;
    }
    // SAFETY: The packet is at its payload, which begins at `start` with as many octets of
    // header.
    unsafe {
        bindings::helpers::gro_receive_inner(
            head,
            skb,
            start.cast(),
            header.len as c_uint,
            header.protocol,
        )
    }
}

/// # Safety
///
/// Called by UDP, with softirqs disabled, for datagrams that [`receive`] has joined: the
/// payload begins `offset` octets from the data.
pub(super) unsafe extern "C" fn complete<T: Receiver>(
    _sk: *mut bindings::sock,
    skb: *mut bindings::sk_buff,
    offset: c_int,
) -> c_int {
    let Ok(start) = usize::try_from(offset) else {
        return EINVAL.to_errno();
    };
    // SAFETY: The packet is valid, and nobody else has it.
    let (data, total) = unsafe { (linear(skb, start), u32_as_usize((*skb).len)) };
    let inner = T::tunnel_header(data, total.saturating_sub(start))
        .and_then(|header| Some((start.checked_add(header.len)?, header)))
        .and_then(|(inner, header)| Some((c_int::try_from(inner).ok()?, header)));
    match inner {
        // SAFETY: The IP packet begins there.
        Some((inner, header)) => unsafe {
            bindings::helpers::gro_complete_inner(skb, inner, header.len as c_uint, header.protocol)
        },
        None => EINVAL.to_errno(),
    }
}
