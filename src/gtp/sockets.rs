// SPDX-License-Identifier: GPL-2.0

//! The sockets of a device in the making: made here, or handed in.

use super::{
    device::{
        Gtp,
        SocketRole, //
    },
    pdp::Version,
    uapi::link::{
        FD0,
        FD1,
        LOCAL,
        LOCAL6,
        UDP_ZERO_CSUM6_RX, //
    },
};
use crate::net::{
    extack::ExtAck,
    link::{
        Device,
        HighAttrs,
        NewLink, //
    },
    udp, //
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

/// Time between two looks at whether processes' sockets are still there, in milliseconds.
const LOOK: u32 = 5_000;

/// Makes a socket for each version, bound to the address asked for; on a dual-stack
/// device one for each family.
pub(super) fn create(dev: &Device<Gtp>, params: &NewLink<'_>, extack: &mut ExtAck<'_>) -> Result {
    let attrs = params.attrs();
    let dual_stack = dev.data().dual_stack;
    let local4 = attrs
        .get(LOCAL)
        .map_or(Ipv4Addr::UNSPECIFIED, |attr| attr.ipv4());
    let local6 = attrs.get(LOCAL6).map(|attr| attr.ipv6());
    if local6.is_none() || dual_stack {
        create_pair(dev, params, local4.into(), false, extack)?;
    }
    if local6.is_some() || dual_stack {
        let local6 = local6.unwrap_or(Ipv6Addr::UNSPECIFIED);
        if local6.to_ipv4_mapped().is_some() {
            return Err(extack.fail(
                EADDRNOTAVAIL,
                c"IFLA_GTP_LOCAL6 is an IPv4 address: give it as IFLA_GTP_LOCAL",
            ));
        }
        create_pair(dev, params, local6.into(), dual_stack, extack)?;
    }
    Ok(())
}

/// Makes a socket for each version, bound to `address`.
fn create_pair(
    dev: &Device<Gtp>,
    params: &NewLink<'_>,
    address: IpAddr,
    ipv6_only: bool,
    extack: &mut ExtAck<'_>,
) -> Result {
    for version in [Version::V0, Version::V1] {
        let role = SocketRole {
            version,
            ipv6: address.is_ipv6(),
        };
        udp::create(dev, role, params.net(), address, version.port(), ipv6_only).map_err(
            |error| {
                extack.fail(
                    error,
                    match version {
                        Version::V0 => c"Cannot bind a socket to the local address and port 3386",
                        Version::V1 => c"Cannot bind a socket to the local address and port 2152",
                    },
                )
            },
        )?;
    }
    Ok(())
}

/// Lets go of sockets that processes have closed without our being told, and looks again later
/// as long as there are others.
pub(super) fn look(dev: &Device<Gtp>) {
    let slots = dev.data().sockets.as_flattened();
    let left = slots.iter().fold(false, |left, slot| slot.reap() || left);
    if left {
        dev.work_within(LOOK);
    }
}

/// Refuses a change of how the device sends to who has no CAP_NET_ADMIN over the namespace of
/// its sockets: the device may have been given to somebody else.
pub(super) fn may_set(dev: &Device<Gtp>, extack: &mut ExtAck<'_>) -> Result {
    let rcu = rcu::read_lock();
    let slots = dev.data().sockets.as_flattened();
    let mut endpoints = slots.iter().filter_map(|slot| slot.get(&rcu));
    if endpoints.all(|endpoint| endpoint.is_callers_to_set()) {
        return Ok(());
    }
    Err(extack.fail(
        EPERM,
        c"The link's sockets are in another namespace: it takes CAP_NET_ADMIN over that",
    ))
}

/// Refuses to say what is received without checksum on sockets that are not ours to set.
pub(super) fn may_set_no_check6_rx(
    dev: &Device<Gtp>,
    attrs: &HighAttrs<'_>,
    extack: &mut ExtAck<'_>,
) -> Result {
    let rcu = rcu::read_lock();
    let slots = dev.data().sockets.as_flattened();
    let mut endpoints = slots.iter().filter_map(|slot| slot.get(&rcu));
    match attrs.get(UDP_ZERO_CSUM6_RX) {
        Some(attr) if endpoints.any(|endpoint| endpoint.is_read_by_process()) => Err(extack
            .fail_attr(
                EINVAL,
                attr,
                c"The sockets are a process': it sets UDP_NO_CHECK6_RX on them",
            )),
        _ => Ok(()),
    }
}

/// Sets whether datagrams over IPv6 without checksum are received.
pub(super) fn set_no_check6_rx(dev: &Device<Gtp>, is_received: bool) {
    let rcu = rcu::read_lock();
    for slot in dev.data().sockets.as_flattened() {
        if let Some(endpoint) = slot.get(&rcu).filter(|endpoint| endpoint.is_ipv6()) {
            endpoint.set_no_check6_rx(is_received);
        }
    }
}

/// Attaches the sockets that the caller has handed in.
pub(super) fn attach(dev: &Device<Gtp>, params: &NewLink<'_>, extack: &mut ExtAck<'_>) -> Result {
    let attrs = params.attrs();
    let (fd0, fd1) = (attrs.get(FD0), attrs.get(FD1));
    if fd0.is_none() && fd1.is_none() {
        return Err(extack.fail(
            EINVAL,
            c"No socket: give IFLA_GTP_FD0 or IFLA_GTP_FD1, or IFLA_GTP_CREATE_SOCKETS",
        ));
    }
    for (version, attr) in [(Version::V0, fd0), (Version::V1, fd1)] {
        if let Some(attr) = attr.filter(|attr| attr.i32() >= 0) {
            let role = |ipv6| SocketRole { version, ipv6 };
            udp::attach(dev, role, attr.i32(), attr, extack)?;
        }
    }
    if dev.data().has_socket(false) && dev.data().has_socket(true) {
        return Err(extack.fail(EINVAL, c"The sockets are of different address families"));
    }
    dev.work_within(LOOK);
    Ok(())
}
