// SPDX-License-Identifier: GPL-2.0

//! ECHOREQ: paths are tried.

use super::{
    super::{
        device::SocketRole,
        path,
        pdp::Version,
        uapi::{
            attr,
            cmd, //
        },
    },
    request::{
        device,
        missing,
        version,
        NO_LINK, //
    },
};
use crate::net::{
    extack::ExtAck,
    genl::{
        Command,
        Request, //
    },
    nlattr::Attrs,
    udp::Receiver, //
};
use core::net::IpAddr;
use kernel::{
    prelude::*,
    sync::rcu, //
};

/// ECHOREQ: sends an echo request to a peer. The response is told to the group.
pub(super) struct EchoReq;

impl EchoReq {
    /// Reads an address that is given in either family.
    fn address(attrs: &Attrs<'_>, v4: u16, v6: u16) -> Option<IpAddr> {
        attrs
            .get(v4)
            .map(|address| IpAddr::V4(address.ipv4()))
            .or_else(|| attrs.get(v6).map(|address| IpAddr::V6(address.ipv6())))
    }
}

impl Command for EchoReq {
    const CMD: u8 = cmd::ECHOREQ;

    fn run(request: &Request<'_>, extack: &mut ExtAck<'_>) -> Result {
        let attrs = request.attrs();
        let version = version(&attrs, extack)?;
        if attrs.get(attr::LINK).is_none() {
            return missing(extack, attr::LINK, NO_LINK);
        }
        let Some(peer) = Self::address(&attrs, attr::PEER_ADDRESS, attr::PEER_ADDR6) else {
            return missing(
                extack,
                attr::PEER_ADDRESS,
                c"The peer is missing: GTPA_PEER_ADDRESS or GTPA_PEER_ADDR6",
            );
        };
        let Some(local) = Self::address(&attrs, attr::MS_ADDRESS, attr::MS_ADDR6) else {
            return missing(
                extack,
                attr::MS_ADDRESS,
                c"Our address is missing: GTPA_MS_ADDRESS or GTPA_MS_ADDR6",
            );
        };
        let (_net, dev) = device(request, extack)?;
        let rcu = rcu::read_lock();
        let socket = |version, ipv6| dev.data().slot(SocketRole { version, ipv6 }).get(&rcu);
        let is_ours = |version, ipv6| {
            socket(version, ipv6).is_some_and(|endpoint| !endpoint.is_read_by_process())
        };
        if ![Version::V0, Version::V1]
            .into_iter()
            .any(|version| is_ours(version, false) || is_ours(version, true))
        {
            return Err(extack.fail(
                EOPNOTSUPP,
                c"The sockets are a process': echo is that process' task",
            ));
        }
        if !dev.is_up() {
            return Err(extack.fail(ENETDOWN, c"The device is down"));
        }
        let version = match version {
            0 => Version::V0,
            1 => Version::V1,
            _ => return Err(extack.fail(ENODEV, c"GTPA_VERSION is 0 or 1")),
        };
        let endpoint = socket(version, peer.is_ipv6()).ok_or_else(|| {
            extack.fail(
                EAFNOSUPPORT,
                c"The addresses are not of the family of the device's sockets",
            )
        })?;
        path::send_echo_request(&dev, endpoint, peer, local, &rcu).map_err(|error| match error {
            EAFNOSUPPORT => extack.fail(
                EAFNOSUPPORT,
                c"The addresses are not of the family of the device's sockets",
            ),
            ENOMEM => ENOMEM,
            _ => extack.fail(ENODEV, c"No route from our address to the peer"),
        })
    }
}
