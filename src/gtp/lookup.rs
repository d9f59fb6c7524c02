// SPDX-License-Identifier: GPL-2.0

//! Which MS an address belongs to, which of its contexts a packet is sent on, and whether a
//! tunnel is known, where that takes more than a look into the table of contexts.
//!
//! An address is first looked for among routes for prefixes that are longer than what a
//! context has, then among the contexts, then among the other routes. So the longest prefix
//! wins, and a context wins over a route for the same.

use super::{
    bearer::Bearer,
    device::Gtp,
    flow::Source,
    pdp::{
        bearer_key,
        ms_key,
        Family,
        Pdp,
        TunnelId,
        BY_MS,
        BY_TUNNEL, //
    },
};
use crate::net::skb::SkBuff;
use core::net::IpAddr;
use kernel::sync::rcu;

/// Whether routes are looked at before the contexts.
#[inline]
fn has_early_routes(gtp: &Gtp, address: IpAddr) -> bool {
    address.is_ipv6() && gtp.routes.has_longer_than_contexts()
}

/// Finds the context that a packet is sent on whose MS, or somebody behind it, has this
/// address.
#[inline]
pub(super) fn find<'a>(
    gtp: &'a Gtp,
    address: IpAddr,
    skb: &SkBuff,
    rcu: &'a rcu::Guard,
) -> Option<&'a Pdp> {
    if gtp.bearers != Source::Context || has_early_routes(gtp, address) {
        // What is never passed on by reference stays in registers.
        return choose(gtp, &{ address }, skb, rcu);
    }
    gtp.contexts
        .find(BY_MS, &ms_key(address), rcu)
        .or_else(|| find_behind(gtp, &{ address }, rcu))
}

/// Finds the default bearer's context of the MS behind which an address is.
#[cold]
fn find_behind<'a>(gtp: &'a Gtp, address: &IpAddr, rcu: &'a rcu::Guard) -> Option<&'a Pdp> {
    let via = gtp.routes.after_contexts(*address, rcu)?;
    gtp.contexts.find(BY_MS, &ms_key(via), rcu)
}

/// Finds the context of the bearer that was chosen for a packet, if there is one, or else of
/// the default bearer.
#[inline(never)]
fn choose<'a>(
    gtp: &'a Gtp,
    address: &IpAddr,
    skb: &SkBuff,
    rcu: &'a rcu::Guard,
) -> Option<&'a Pdp> {
    let address = *address;
    let chosen = Bearer::chosen(gtp.bearers, skb);
    let find = |ms, bearer| gtp.contexts.find(BY_MS, &bearer_key(ms, bearer), rcu);
    let of = |ms| {
        let dedicated = Some(chosen).filter(|bearer| !bearer.is_default());
        dedicated
            .and_then(|bearer| find(ms, bearer))
            .or_else(|| find(ms, Bearer::DEFAULT))
    };
    if let Some(via) = gtp.routes.before_contexts(address, rcu) {
        return of(via);
    }
    of(address).or_else(|| of(gtp.routes.after_contexts(address, rcu)?))
}

/// Whether an address is that of the MS of this context, or of somebody behind it.
pub(super) fn belongs(gtp: &Gtp, address: IpAddr, pdp: &Pdp, rcu: &rcu::Guard) -> bool {
    let is_ours = |ms| ms_key(ms) == ms_key(pdp.ms);
    if let Some(via) = gtp.routes.before_contexts(address, rcu) {
        return is_ours(via);
    }
    if is_ours(address) {
        return true;
    }
    gtp.routes.after_contexts(address, rcu).is_some_and(is_ours)
        && gtp.contexts.find(BY_MS, &ms_key(address), rcu).is_none()
}

/// Finds a context that has this tunnel, of whichever family.
pub(super) fn of_tunnel<'a>(gtp: &'a Gtp, id: TunnelId, rcu: &'a rcu::Guard) -> Option<&'a Pdp> {
    [Family::Inet, Family::Inet6]
        .into_iter()
        .find_map(|family| gtp.contexts.find(BY_TUNNEL, &id.key(family), rcu))
}
