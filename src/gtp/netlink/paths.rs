// SPDX-License-Identifier: GPL-2.0

//! GETPATH: the paths are shown.

use super::{
    super::{
        device::Gtp,
        paths::FIRST,
        uapi::{
            attr,
            cmd, //
        },
    },
    notify::fill_path,
    FAMILY, //
};
use crate::net::{
    genl::{
        Dump,
        DumpRequest, //
    },
    link::Driver, //
};
use core::net::{
    IpAddr,
    Ipv4Addr,
    Ipv6Addr, //
};
use kernel::{
    prelude::*,
    sync::rcu, //
};

/// GETPATH: dumps the paths of a device, or of all.
pub(super) struct GetPath;

/// Puts the key of a path into three numbers; those of no key are zeroes.
fn pack((version, peer): (u8, IpAddr)) -> [isize; 3] {
    let kind = isize::from(version) << 1;
    match peer {
        IpAddr::V4(peer) => [
            kind | 1 << 8,
            isize::from_ne_bytes(u64::from(peer.to_bits()).to_ne_bytes()),
            0,
        ],
        IpAddr::V6(peer) => {
            let [a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p] = peer.octets();
            [
                kind | 1 | 1 << 8,
                isize::from_ne_bytes([a, b, c, d, e, f, g, h]),
                isize::from_ne_bytes([i, j, k, l, m, n, o, p]),
            ]
        }
    }
}

/// Reads a key out of three numbers.
fn unpack([kind, high, low]: [isize; 3]) -> (u8, IpAddr) {
    if kind == 0 {
        return FIRST;
    }
    let version = u8::from(kind & 2 != 0);
    if kind & 1 == 0 {
        let bits = u32::try_from(high).unwrap_or(0);
        return (version, IpAddr::V4(Ipv4Addr::from_bits(bits)));
    }
    let ([a, b, c, d, e, f, g, h], [i, j, k, l, m, n, o, p]) =
        (high.to_ne_bytes(), low.to_ne_bytes());
    let octets = [a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p];
    (version, IpAddr::V6(Ipv6Addr::from(octets)))
}

impl Dump for GetPath {
    const CMD: u8 = cmd::GETPATH;

    /// Goes on from the device and the path that it has left in the state.
    fn dump(request: &mut DumpRequest<'_>) -> Result {
        let net = request.net();
        let only = request
            .attrs()
            .get(attr::LINK)
            .map(|link| (link, link.u32()));
        let [ifindex, a, b, c, ..] = *request.state();
        let mut ifindex = u32::try_from(ifindex).unwrap_or(u32::MAX);
        let mut key = unpack([a, b, c]);
        if let Some((link, only)) = only {
            if ifindex == 0 && Gtp::link_type().find(net, only).is_none() {
                return Err(request.extack().fail_attr(
                    ENODEV,
                    link,
                    c"No gtp device has this number",
                ));
            }
            ifindex = ifindex.max(only);
        }
        let mut left = None;
        loop {
            let found = {
                let rcu = rcu::read_lock();
                Gtp::link_type()
                    .next(net, ifindex, &rcu)
                    .map(|dev| dev.ifindex())
            };
            let Some(found) = found else {
                ifindex = u32::MAX;
                break;
            };
            if found != ifindex {
                (ifindex, key) = (found, FIRST);
            }
            if only.is_some_and(|(_, only)| only != ifindex) {
                break;
            }
            // It may go just now: then there is nothing to show.
            if let Some(dev) = Gtp::link_type().find(net, ifindex) {
                left = dev.data().paths.lock().each_from(&key, |shared| {
                    request.entry(&FAMILY, cmd::PATH, |writer| {
                        fill_path(writer, &dev, &shared.path, &shared.watch, shared.contexts)
                    })
                });
                if left.is_some() {
                    break;
                }
            }
            (ifindex, key) = (ifindex.saturating_add(1), FIRST);
        }
        let state = request.state();
        let [state_ifindex, a, b, c, ..] = state;
        *state_ifindex = isize::try_from(ifindex).unwrap_or(isize::MAX);
        [*a, *b, *c] = left.map_or([0; 3], pack);
        Ok(())
    }
}
