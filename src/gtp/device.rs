// SPDX-License-Identifier: GPL-2.0

//! The device: what `ip link add type gtp` makes.

use super::{
    path::Paths,
    pdp::{
        Pdp,
        Version,
        KEYS, //
    },
    rx, tx,
    uapi::link::{
        CREATE_SOCKETS,
        FD0,
        FD1,
        LOCAL,
        LOCAL6,
        PDP_HASHSIZE,
        RESTART_COUNT,
        ROLE, //
    },
};
use crate::net::{
    extack::ExtAck,
    link::{
        self,
        Device,
        NewLink,
        Setup, //
    },
    nlattr::{
        total_size,
        Attrs,
        Policy,
        Rule,
        Writer, //
    },
    skb::{
        SkBuff,
        Verdict, //
    },
    table::Table,
    udp::{
        self,
        Endpoint,
        Slot, //
    },
};
use core::net::{
    IpAddr,
    Ipv4Addr, //
};
use kernel::{
    prelude::*,
    sync::rcu, //
};

/// What the longest headers of ours take: UDP and GTP version 0, in octets.
const UDP_GTP_LEN: u16 = 8 + 20;
/// The same with an outer IPv4 header.
const OUTER4_LEN: u16 = 20 + UDP_GTP_LEN;
/// The same with an outer IPv6 header.
const OUTER6_LEN: u16 = 40 + UDP_GTP_LEN;
/// MTU of the links that tunnels are expected to cross, in octets.
const ETH_DATA_LEN: u32 = 1500;
/// Smallest MTU of IPv4 (RFC 791 3.2), in octets.
const MIN_MTU: u32 = 68;
/// Largest inner packet that fits into an outer one, in octets.
const MAX_MTU: u32 = 65535 - 48;
/// Initial size of the table of contexts when none is asked for.
const DEFAULT_HASH_SIZE: u32 = 1024;

/// The driver's kind of link.
static LINK: link::Type<Gtp> = link::Type::new(c"gtp", &POLICY);

/// What the attributes of a link must look like.
static POLICY: Policy<9> = Policy::new([
    Rule::Any,
    Rule::U32,
    Rule::U32,
    Rule::U32,
    Rule::U32,
    Rule::U8,
    Rule::U8,
    Rule::U32,
    Rule::AtLeast(16),
]);

/// Which end of the tunnels a device is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    /// Towards the packet data network: packets for the MS go into the tunnels.
    Ggsn,
    /// Towards the radio network: packets from the MS go into the tunnels.
    Sgsn,
}

impl Role {
    /// The role's number, as netlink has it.
    fn number(self) -> u32 {
        match self {
            Self::Ggsn => 0,
            Self::Sgsn => 1,
        }
    }
}

/// A GTP device.
#[pin_data]
pub(crate) struct Gtp {
    /// Which end of the tunnels the device is.
    pub(super) role: Role,
    /// Table size as it was asked for, to be reported back.
    hash_size: u32,
    /// Restart counter for echo responses of version 0.
    pub(super) restart_count: u8,
    /// The paths to the peers.
    pub(super) paths: Paths,
    /// The PDP contexts.
    #[pin]
    pub(super) contexts: Table<Pdp, KEYS>,
    /// The socket for version 0.
    socket0: Slot<Self>,
    /// The socket for version 1.
    socket1: Slot<Self>,
}

impl link::Driver for Gtp {
    const INFO_SIZE: usize = total_size(4) + total_size(4) + total_size(1);

    fn link_type() -> &'static link::Type<Self> {
        &LINK
    }

    fn setup(setup: &Setup<'_>) {
        setup.tunnel();
        setup.mtu(ETH_DATA_LEN.saturating_sub(u32::from(OUTER4_LEN)));
        setup.mtu_bounds(MIN_MTU, MAX_MTU);
        setup.encap_headroom(OUTER4_LEN);
    }

    fn validate(attrs: &Attrs<'_>, extack: &mut ExtAck<'_>) -> Result {
        if attrs.is_present() {
            Ok(())
        } else {
            Err(extack.fail(
                EINVAL,
                c"IFLA_INFO_DATA is missing: give sockets, or have the kernel make them",
            ))
        }
    }

    fn new(params: &NewLink<'_>, extack: &mut ExtAck<'_>) -> Result<impl PinInit<Self, Error>> {
        let attrs = params.attrs();
        if let Some(attr) = attrs.get(LOCAL6) {
            if !cfg!(CONFIG_IPV6) {
                return Err(extack.fail_attr(EAFNOSUPPORT, attr, c"This kernel has no IPv6"));
            }
        }
        let hash_size = match attrs.get(PDP_HASHSIZE).map(|attr| attr.u32()) {
            None | Some(0) => DEFAULT_HASH_SIZE,
            Some(size) => size,
        };
        let role = match attrs.get(ROLE) {
            None => Role::Ggsn,
            Some(attr) => match attr.u32() {
                0 => Role::Ggsn,
                1 => Role::Sgsn,
                _ => {
                    return Err(extack.fail_attr(
                        EINVAL,
                        attr,
                        c"The role is 0 for GGSN or 1 for SGSN",
                    ))
                }
            },
        };
        let restart_count = attrs.get(RESTART_COUNT).map_or(0, |attr| attr.u8());
        // The table grows beyond any hint.
        let hint = u16::try_from(hash_size).unwrap_or(u16::MAX);
        Ok(try_pin_init!(Self {
            role,
            hash_size,
            restart_count,
            paths: Paths::new(),
            contexts <- Table::new(hint),
            socket0: Slot::new(),
            socket1: Slot::new(),
        }? Error))
    }

    fn open(
        dev: &Device<Self>,
        setup: &Setup<'_>,
        params: &NewLink<'_>,
        extack: &mut ExtAck<'_>,
    ) -> Result {
        if params.attrs().get(CREATE_SOCKETS).is_some() {
            create_sockets(dev, params, extack)?;
        } else {
            attach_sockets(dev, params, extack)?;
        }
        let rcu = rcu::read_lock();
        let data = dev.data();
        let ipv6 = |slot: &Slot<Self>| slot.get(&rcu).is_some_and(Endpoint::is_ipv6);
        if ipv6(&data.socket0) || ipv6(&data.socket1) {
            setup.mtu(ETH_DATA_LEN.saturating_sub(u32::from(OUTER6_LEN)));
            setup.encap_headroom(OUTER6_LEN);
        }
        Ok(())
    }

    fn remove(dev: &Device<Self>) {
        dev.data().contexts.lock().close();
    }

    fn close(dev: &Device<Self>) {
        dev.data().socket0.clear();
        dev.data().socket1.clear();
    }

    #[inline]
    fn xmit(dev: &Device<Self>, skb: SkBuff, rcu: &rcu::Guard) {
        tx::xmit(dev, skb, rcu);
    }

    fn fill_info(dev: &Device<Self>, writer: &mut Writer<'_>) -> Result {
        let data = dev.data();
        writer.put_u32(PDP_HASHSIZE, data.hash_size)?;
        writer.put_u32(ROLE, data.role.number())?;
        writer.put_u8(RESTART_COUNT, data.restart_count)
    }
}

impl udp::Receiver for Gtp {
    type Role = Version;

    #[inline]
    fn slot(&self, role: Version) -> &Slot<Self> {
        match role {
            Version::V0 => &self.socket0,
            Version::V1 => &self.socket1,
        }
    }

    #[inline]
    fn receive(
        dev: &Device<Self>,
        endpoint: &Endpoint<Self>,
        skb: SkBuff,
        rcu: &rcu::Guard,
    ) -> Verdict {
        rx::receive(dev, endpoint, skb, rcu)
    }

    fn closed(dev: &Device<Self>) {
        let data = dev.data();
        if data.socket0.is_empty() && data.socket1.is_empty() {
            dev.carrier_off();
        }
    }
}

/// Makes both sockets, bound to the address asked for.
fn create_sockets(dev: &Device<Gtp>, params: &NewLink<'_>, extack: &mut ExtAck<'_>) -> Result {
    let attrs = params.attrs();
    let address = match (attrs.get(LOCAL6), attrs.get(LOCAL)) {
        (Some(attr), _) => IpAddr::V6(attr.ipv6()),
        (None, Some(attr)) => IpAddr::V4(attr.ipv4()),
        (None, None) => IpAddr::V4(Ipv4Addr::UNSPECIFIED),
    };
    for version in [Version::V0, Version::V1] {
        udp::create(dev, version, params.net(), address, version.port()).map_err(|error| {
            extack.fail(
                error,
                match version {
                    Version::V0 => c"Cannot bind a socket to the local address and port 3386",
                    Version::V1 => c"Cannot bind a socket to the local address and port 2152",
                },
            )
        })?;
    }
    Ok(())
}

/// Attaches the sockets that the caller has handed in.
fn attach_sockets(dev: &Device<Gtp>, params: &NewLink<'_>, extack: &mut ExtAck<'_>) -> Result {
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
            udp::attach(dev, version, attr.i32(), attr, extack)?;
        }
    }
    let rcu = rcu::read_lock();
    let family = |slot: &Slot<Gtp>| slot.get(&rcu).map(Endpoint::is_ipv6);
    let data = dev.data();
    match (family(&data.socket0), family(&data.socket1)) {
        (Some(a), Some(b)) if a != b => {
            Err(extack.fail(EINVAL, c"The sockets are of different address families"))
        }
        _ => Ok(()),
    }
}
