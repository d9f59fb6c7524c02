// SPDX-License-Identifier: GPL-2.0

//! What a link of kind `gtp` is to be like, and the request that says so.

use crate::client::outer::OuterHeaders;
use netlink_packet_core::DefaultNla;
use netlink_packet_route::link::{
    InfoData,
    InfoGtp,
    InfoKind,
    LinkAttribute,
    LinkFlags,
    LinkInfo,
    LinkMessage, //
};
use std::{
    net::{
        IpAddr,
        Ipv4Addr,
        Ipv6Addr, //
    },
    os::fd::RawFd, //
};

/// Role of a link: on which side of the tunnels the mobile stations are.
pub use netlink_packet_route::link::GtpRole as Role;

/// Number of the attribute that asks for sockets of both families, a u8 in
/// `IFLA_INFO_DATA`. Not mainline's.
pub(super) const IFLA_GTP_DUAL_STACK: u16 = 64;

/// Number of the attribute that limits the number of contexts, a u32 in
/// `IFLA_INFO_DATA`. Not mainline's.
pub(super) const IFLA_GTP_MAX_PDP: u16 = 65;
/// Number of the attribute that says what chooses the QoS flow of a packet, a u8.
pub(super) const IFLA_GTP_QFI_SOURCE: u16 = 66;
/// Number of the attribute that has the QoS flow of received packets checked, a u8.
pub(super) const IFLA_GTP_QFI_CHECK: u16 = 67;
/// Number of the attribute that says what chooses the bearer of a packet, a u8.
pub(super) const IFLA_GTP_BEARER_SOURCE: u16 = 81;

/// What chooses the QoS flow of a packet, and is told that of a received one, for
/// contexts that have one. A driver that does not know of that ignores it:
/// [`GtpLink::qfi_source`](crate::client::GtpLink::qfi_source) tells what became of
/// it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum QfiSource {
    /// The context alone.
    #[default]
    Context,
    /// The packet's priority, if it is `GTP_QFI_TAG` and a QFI.
    Priority,
    /// The packet's mark, in the same way.
    Mark,
}

impl QfiSource {
    /// Returns the value of the attribute.
    #[must_use]
    pub fn number(self) -> u8 {
        match self {
            Self::Context => 0,
            Self::Priority => 1,
            Self::Mark => 2,
        }
    }

    /// Reads the value of the attribute; `None` for one that is not known here.
    #[must_use]
    pub fn from_number(number: u8) -> Option<Self> {
        [Self::Context, Self::Priority, Self::Mark]
            .into_iter()
            .find(|source| source.number() == number)
    }
}
/// Number of the attribute that has usage counted, a u8 in `IFLA_INFO_DATA`. Not
/// mainline's.
pub(super) const IFLA_GTP_USAGE: u16 = 68;

// Numbers of the attributes of path supervision, in `IFLA_INFO_DATA`. Not mainline's.
pub(super) const IFLA_GTP_ECHO_INTERVAL: u16 = 78;
pub(super) const IFLA_GTP_ECHO_T3: u16 = 79;
pub(super) const IFLA_GTP_ECHO_N3: u16 = 80;

/// How a link supervises its paths (TS 29.281 7.2, TS 23.007 20). What is `None` is
/// left to the driver's default.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Supervision {
    /// Seconds between Echo Requests on a path, 60 or more; 0, the default, for none.
    pub interval: Option<u32>,
    /// Milliseconds until a request is repeated.
    pub t3: Option<u32>,
    /// How often a request is sent before the path is down.
    pub n3: Option<u8>,
}

/// Where the UDP sockets of a link come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Sockets {
    /// The kernel makes both and answers path messages itself.
    Kernel {
        /// Address to bind to; any IPv4 address where `None`.
        local: Option<IpAddr>,
    },
    /// The kernel makes both for both families of addresses, so that one link
    /// has peers of either. A driver that cannot, as the C driver, makes a link
    /// of one family: [`GtpLink::dual_stack`](crate::client::GtpLink::dual_stack)
    /// tells what became of it.
    DualStack {
        /// IPv4 address to bind to; any where `None`.
        local4: Option<Ipv4Addr>,
        /// IPv6 address to bind to; any where `None`.
        local6: Option<Ipv6Addr>,
    },
    /// They are the caller's, and stay open as long as the link is to work.
    /// `None` and a negative number both mean: no socket for that version.
    Descriptors {
        /// Socket for GTPv0, port 3386.
        fd0: Option<RawFd>,
        /// Socket for GTPv1-U, port 2152.
        fd1: Option<RawFd>,
    },
}

/// A link to be made. What is `None` is left to the driver's default.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LinkConfig {
    /// Name of the interface, at most 15 octets.
    pub name: String,
    /// Where its sockets come from.
    pub sockets: Sockets,
    /// Role: GGSN by default.
    pub role: Option<Role>,
    /// Expected number of PDP contexts.
    pub hash_size: Option<u32>,
    /// How many PDP contexts there may be, 0 for no limit. A driver that does
    /// not know of limits, as the C driver, makes a link without:
    /// [`GtpLink::max_pdp`](crate::client::GtpLink::max_pdp) tells.
    pub max_pdp: Option<u32>,
    /// Restart counter that GTPv0 echo responses carry.
    pub restart_count: Option<u8>,
    /// What chooses the QoS flow of a packet: the context alone by default.
    pub qfi_source: Option<QfiSource>,
    /// Whether received packets must be of their context's QoS flow.
    pub qfi_check: bool,
    /// What chooses the bearer of a packet, where its mobile station has several:
    /// nothing by default. The tag is `GTP_BEARER_TAG`. A driver that does not know
    /// of that ignores it:
    /// [`GtpLink::bearer_source`](crate::client::GtpLink::bearer_source) tells.
    pub bearer_source: Option<QfiSource>,
    /// Whether the usage of each context is counted. A driver that cannot makes a
    /// link without: [`GtpLink::usage`](crate::client::GtpLink::usage) tells.
    pub usage: bool,
    /// What its outer headers say. A driver that does not know of this makes a link
    /// with the defaults: [`GtpLink::outer`](crate::client::GtpLink::outer) tells.
    pub outer: OuterHeaders,
    /// How it supervises its paths. A driver that does not know of this makes a link
    /// that does not: [`GtpLink::supervision`](crate::client::GtpLink::supervision)
    /// tells.
    pub supervision: Supervision,
    /// Largest packet that the link takes, in octets.
    pub mtu: Option<u32>,
    /// Whether the link is up from the start.
    pub up: bool,
    /// Open network namespace to put the interface into; its sockets stay in
    /// the client's. The client's own where `None`.
    pub netns: Option<RawFd>,
}

impl LinkConfig {
    /// Describes a link with sockets of the kernel and defaults otherwise.
    #[must_use]
    pub fn new(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            sockets: Sockets::Kernel { local: None },
            role: None,
            hash_size: None,
            max_pdp: None,
            restart_count: None,
            qfi_source: None,
            qfi_check: false,
            bearer_source: None,
            usage: false,
            outer: OuterHeaders::default(),
            supervision: Supervision::default(),
            mtu: None,
            up: false,
            netns: None,
        }
    }

    /// Returns the request that makes the link.
    pub(super) fn to_message(&self) -> LinkMessage {
        let mut data = Vec::new();
        match &self.sockets {
            Sockets::Kernel { local } => {
                data.push(InfoGtp::CreateSockets(true));
                data.extend(local.map(|local| match local {
                    IpAddr::V4(local) => InfoGtp::Local(local),
                    IpAddr::V6(local) => InfoGtp::Local6(local),
                }));
            }
            Sockets::DualStack { local4, local6 } => {
                data.push(InfoGtp::CreateSockets(true));
                data.extend(local4.map(InfoGtp::Local));
                data.extend(local6.map(InfoGtp::Local6));
                data.push(InfoGtp::Other(DefaultNla::new(
                    IFLA_GTP_DUAL_STACK,
                    vec![1],
                )));
            }
            Sockets::Descriptors { fd0, fd1 } => {
                data.extend(fd0.map(|fd| InfoGtp::Fd0(descriptor_bits(fd))));
                data.extend(fd1.map(|fd| InfoGtp::Fd1(descriptor_bits(fd))));
            }
        }
        data.extend(self.hash_size.map(InfoGtp::PdpHashsize));
        data.extend(self.role.map(InfoGtp::Role));
        data.extend(self.restart_count.map(InfoGtp::RestartCount));
        data.extend(self.max_pdp.map(|max| {
            let value = max.to_ne_bytes().to_vec();
            InfoGtp::Other(DefaultNla::new(IFLA_GTP_MAX_PDP, value))
        }));
        let octet = |kind, value| InfoGtp::Other(DefaultNla::new(kind, vec![value]));
        data.extend(
            self.qfi_source
                .map(|source| octet(IFLA_GTP_QFI_SOURCE, source.number())),
        );
        data.extend(self.qfi_check.then(|| octet(IFLA_GTP_QFI_CHECK, 1)));
        data.extend(
            self.bearer_source
                .map(|source| octet(IFLA_GTP_BEARER_SOURCE, source.number())),
        );
        if self.usage {
            data.push(InfoGtp::Other(DefaultNla::new(IFLA_GTP_USAGE, vec![1])));
        }
        data.extend(self.outer.attributes());
        for (kind, value) in [
            (IFLA_GTP_ECHO_INTERVAL, self.supervision.interval),
            (IFLA_GTP_ECHO_T3, self.supervision.t3),
        ] {
            data.extend(value.map(|value| {
                let value = value.to_ne_bytes().to_vec();
                InfoGtp::Other(DefaultNla::new(kind, value))
            }));
        }
        data.extend(self.supervision.n3.map(|n3| octet(IFLA_GTP_ECHO_N3, n3)));

        let mut message = LinkMessage::default();
        if self.up {
            message.header.flags = LinkFlags::Up;
            message.header.change_mask = LinkFlags::Up;
        }
        message.attributes = vec![LinkAttribute::IfName(self.name.clone())];
        message.attributes.extend(self.mtu.map(LinkAttribute::Mtu));
        message
            .attributes
            .extend(self.netns.map(LinkAttribute::NetNsFd));
        message.attributes.push(LinkAttribute::LinkInfo(vec![
            LinkInfo::Kind(InfoKind::Gtp),
            LinkInfo::Data(InfoData::Gtp(data)),
        ]));
        message
    }
}

/// Returns a descriptor as the attribute carries it: the bits of an int.
fn descriptor_bits(fd: RawFd) -> u32 {
    u32::from_ne_bytes(fd.to_ne_bytes())
}

#[cfg(all(test, target_endian = "little"))]
#[path = "link_config_tests.rs"]
mod tests;
