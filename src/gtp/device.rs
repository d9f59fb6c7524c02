// SPDX-License-Identifier: GPL-2.0

//! The device: what `ip link add type gtp` makes.

use super::{
    flow::{
        Flows,
        Source, //
    },
    netlink::notify,
    outer::OuterHeaders,
    path::Management,
    paths::Paths,
    pdp::{
        Pdp,
        Version,
        KEYS, //
    },
    routes::Routes,
    rx, sockets,
    stats::Counters,
    supervision::{
        self,
        Supervisor, //
    },
    tx,
    uapi::{
        link::{
            BEARER_SOURCE,
            CREATE_SOCKETS,
            DUAL_STACK,
            ECHO_INTERVAL,
            ECHO_N3,
            ECHO_T3,
            FD0,
            FD1,
            LOCAL,
            LOCAL6,
            MAX_PDP,
            PDP_HASHSIZE,
            QFI_CHECK,
            QFI_SOURCE,
            RESTART_COUNT,
            ROLE,
            USAGE, //
        },
        UDP_ENCAP_GTP0,
        UDP_ENCAP_GTP1U, //
    },
};
use crate::net::{
    extack::ExtAck,
    link::{
        self,
        Device,
        HighAttrs,
        NewLink,
        Quiet,
        Sending,
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
        Closed,
        Endpoint,
        Receiver,
        Slot,
        TunnelHeader, //
    },
};
use crate::wire::v1;
use core::num::{
    NonZeroU32,
    NonZeroU8, //
};
use kernel::{
    prelude::*,
    sync::{
        rcu,
        static_lock_class, //
    },
};

/// What the longest headers of ours take: UDP, and GTP version 0, or 1 with a PDU Session
/// Container that has a Paging Policy Indicator, in octets.
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
static POLICY: Policy<9> = Policy::new(&[
    (FD0, Rule::U32),
    (FD1, Rule::U32),
    (PDP_HASHSIZE, Rule::U32),
    (ROLE, Rule::U32),
    (CREATE_SOCKETS, Rule::U8),
    (RESTART_COUNT, Rule::U8),
    (LOCAL, Rule::U32),
    (LOCAL6, Rule::AtLeast(16)),
]);

/// What cannot be changed.
static FIXED: [u16; 17] = [
    FD0,
    FD1,
    PDP_HASHSIZE,
    ROLE,
    CREATE_SOCKETS,
    RESTART_COUNT,
    LOCAL,
    LOCAL6,
    DUAL_STACK,
    MAX_PDP,
    QFI_SOURCE,
    QFI_CHECK,
    USAGE,
    ECHO_INTERVAL,
    ECHO_T3,
    ECHO_N3,
    BEARER_SOURCE,
];

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

/// What a socket of a device is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct SocketRole {
    /// The version that is spoken on it.
    pub(super) version: Version,
    /// Whether it is a socket of IPv6.
    pub(super) ipv6: bool,
}

/// A GTP device.
#[pin_data]
pub(crate) struct Gtp {
    /// Which end of the tunnels the device is.
    pub(super) role: Role,
    /// What the device does about QoS flows.
    pub(super) flows: Flows,
    /// Where the bearer of a packet is told.
    pub(super) bearers: Source,
    /// Table size as it was asked for, to be reported back.
    hash_size: u32,
    /// Restart counter for echo responses of version 0.
    pub(super) restart_count: u8,
    /// What path management remembers.
    pub(super) management: Management,
    /// What supervises the paths, if anything.
    pub(super) supervisor: Option<Supervisor>,
    /// The paths to the peers.
    #[pin]
    pub(super) paths: Paths,
    /// The PDP contexts.
    #[pin]
    pub(super) contexts: Table<Pdp, KEYS>,
    /// The prefixes behind their MSs.
    #[pin]
    pub(super) routes: Routes,
    /// How many contexts there may be, if that is limited.
    pub(super) max_pdp: Option<NonZeroU32>,
    /// Whether there are sockets of both families.
    pub(super) dual_stack: bool,
    /// Whether usage of the contexts is counted.
    pub(super) usage: bool,
    /// What outer headers say.
    pub(super) outer: OuterHeaders,
    /// What is counted for `ethtool -S`.
    pub(super) counters: Counters,
    /// The sockets, by version and by whether they are IPv6's.
    pub(super) sockets: [[Slot<Self>; 2]; 2],
}

impl link::Driver for Gtp {
    const INFO_SIZE: usize =
        3 * total_size(4) + 6 * total_size(1) + OuterHeaders::INFO_SIZE + Supervisor::INFO_SIZE;
    const COUNTERS: usize = Counters::COUNT;

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
        let high = params.high_attrs();
        let restart_count = attrs.get(RESTART_COUNT).map_or(0, |attr| attr.u8());
        let dual_stack = match high.octet(DUAL_STACK, extack)? {
            None | Some((_, 0)) => false,
            Some((_, 1)) if attrs.get(CREATE_SOCKETS).is_some() => true,
            Some((attr, 1)) => {
                return Err(extack.fail_attr(
                    EINVAL,
                    attr,
                    c"A dual-stack device takes IFLA_GTP_CREATE_SOCKETS",
                ))
            }
            Some((attr, _)) => {
                return Err(extack.fail_attr(EINVAL, attr, c"IFLA_GTP_DUAL_STACK is 0 or 1"))
            }
        };
        let text = c"IFLA_GTP_MAX_PDP has four octets";
        let max_pdp = high
            .octets(MAX_PDP, text, extack)?
            .and_then(|(_, value)| NonZeroU32::new(u32::from_ne_bytes(value)));
        let flows = Flows {
            source: source(
                &high,
                QFI_SOURCE,
                c"The source of the QFI is 0 for none, 1 for priority or 2 for mark",
                extack,
            )?,
            check: match high.octet(QFI_CHECK, extack)? {
                None | Some((_, 0)) => false,
                Some((_, 1)) => true,
                Some((attr, _)) => {
                    return Err(extack.fail_attr(EINVAL, attr, c"IFLA_GTP_QFI_CHECK is 0 or 1"))
                }
            },
        };
        let bearers = source(
            &high,
            BEARER_SOURCE,
            c"The source of the bearer is 0 for none, 1 for priority or 2 for mark",
            extack,
        )?;
        let usage = match high.octets(USAGE, c"IFLA_GTP_USAGE is an octet", extack)? {
            None | Some((_, [0])) => false,
            Some((_, [1])) => true,
            Some((attr, _)) => {
                return Err(extack.fail_attr(EINVAL, attr, c"IFLA_GTP_USAGE is 0 or 1"))
            }
        };
        let outer = OuterHeaders::new(&high, extack)?;
        let creates_sockets = attrs.get(CREATE_SOCKETS).is_some();
        let supervisor = Supervisor::new(&high, creates_sockets, extack)?;
        // The table grows beyond any hint.
        let hint = u16::try_from(hash_size).unwrap_or(u16::MAX);
        Ok(try_pin_init!(Self {
            role,
            flows,
            bearers,
            hash_size,
            restart_count,
            management: Management::new(),
            supervisor,
            paths <- Paths::new(),
            contexts <- Table::new(hint, c"gtp_contexts", static_lock_class!()),
            routes <- Routes::new(),
            max_pdp,
            dual_stack,
            usage,
            outer,
            counters: Counters::new(),
            sockets: [[Slot::new(), Slot::new()], [Slot::new(), Slot::new()]],
        }? Error))
    }

    fn open(
        dev: &Device<Self>,
        setup: &Setup<'_>,
        params: &NewLink<'_>,
        extack: &mut ExtAck<'_>,
    ) -> Result {
        if params.attrs().get(CREATE_SOCKETS).is_some() {
            sockets::create(dev, params, extack)?;
        } else {
            sockets::attach(dev, params, extack)?;
        }
        let data = dev.data();
        sockets::may_set_no_check6_rx(dev, &params.high_attrs(), extack)?;
        if !data.outer.policy().no_check6_rx {
            sockets::set_no_check6_rx(dev, false);
        }
        if data.has_socket(true) {
            if !params.has_mtu() {
                setup.mtu(ETH_DATA_LEN.saturating_sub(u32::from(OUTER6_LEN)));
            }
            setup.encap_headroom(OUTER6_LEN);
        }
        Ok(())
    }

    fn change(dev: &Device<Self>, attrs: &HighAttrs<'_>, extack: &mut ExtAck<'_>) -> Result {
        sockets::may_set(dev, extack)?;
        let fixed = FIXED.into_iter().find_map(|kind| attrs.get(kind));
        if let Some(attr) = fixed {
            return Err(extack.fail_attr(
                EOPNOTSUPP,
                attr,
                c"Of a link only what outer headers say can be changed, not this",
            ));
        }
        if !OuterHeaders::are_named(attrs) {
            return Err(extack.fail(
                EOPNOTSUPP,
                c"Of a link only what outer headers say can be changed, and it is not named",
            ));
        }
        let outer = &dev.data().outer;
        let request = outer.read(attrs, extack)?;
        sockets::may_set_no_check6_rx(dev, attrs, extack)?;
        let is_received = request.policy.no_check6_rx;
        if is_received != outer.policy().no_check6_rx {
            sockets::set_no_check6_rx(dev, is_received);
        }
        outer.set(&request);
        Ok(())
    }

    fn remove(dev: &Device<Self>) {
        if dev.data().contexts.lock().close() {
            notify::flush(dev);
        }
        dev.data().routes.close();
    }

    fn close(dev: &Device<Self>, quiet: &Quiet) {
        for slot in dev.data().sockets.as_flattened() {
            slot.clear();
        }
        dev.data().paths.close(quiet);
    }

    fn work(dev: &Device<Self>) {
        sockets::look(dev);
        supervision::work(dev);
    }

    #[inline]
    fn xmit(dev: &Device<Self>, skb: SkBuff, sending: &Sending, rcu: &rcu::Guard) {
        tx::xmit(dev, skb, sending, rcu);
    }

    fn fill_info(dev: &Device<Self>, writer: &mut Writer<'_>) -> Result {
        let data = dev.data();
        writer.put_u32(PDP_HASHSIZE, data.hash_size)?;
        writer.put_u32(ROLE, data.role.number())?;
        writer.put_u8(RESTART_COUNT, data.restart_count)?;
        if data.dual_stack {
            writer.put_u8(DUAL_STACK, 1)?;
        }
        if let Some(max_pdp) = data.max_pdp {
            writer.put_u32(MAX_PDP, max_pdp.get())?;
        }
        if data.flows.source != Source::Context {
            writer.put_u8(QFI_SOURCE, data.flows.source.number())?;
        }
        if data.flows.check {
            writer.put_u8(QFI_CHECK, 1)?;
        }
        if data.bearers != Source::Context {
            writer.put_u8(BEARER_SOURCE, data.bearers.number())?;
        }
        if data.usage {
            writer.put_u8(USAGE, 1)?;
        }
        if let Some(supervisor) = &data.supervisor {
            supervisor.fill(writer)?;
        }
        data.outer.fill(writer)
    }

    fn counter(dev: &Device<Self>, index: usize) -> Option<([&'static str; 2], u64)> {
        dev.data().counters.get(index)
    }
}

impl Receiver for Gtp {
    type Role = SocketRole;

    #[inline]
    fn slot(&self, role: SocketRole) -> &Slot<Self> {
        let [v0, v1] = &self.sockets;
        let [ipv4, ipv6] = match role.version {
            Version::V0 => v0,
            Version::V1 => v1,
        };
        if role.ipv6 {
            ipv6
        } else {
            ipv4
        }
    }

    fn encap_type(role: SocketRole) -> NonZeroU8 {
        match role.version {
            Version::V0 => UDP_ENCAP_GTP0,
            Version::V1 => UDP_ENCAP_GTP1U,
        }
    }

    fn joins(role: SocketRole) -> bool {
        // Each G-PDU of version 0 has a sequence number of its own.
        role.version == Version::V1
    }

    #[inline]
    fn is_same_tunnel(a: &[u8], b: &[u8]) -> bool {
        v1::is_same_but_length(a, b)
    }

    #[inline]
    fn tunnel_header(data: &[u8], total: usize) -> Option<TunnelHeader> {
        rx::tunnel_header(data, total)
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
        if !data.has_socket(false) && !data.has_socket(true) {
            dev.carrier_off();
        }
    }

    fn forget(dev: &Device<Self>, closed: &Closed) {
        dev.data().paths.forget(closed);
    }
}

impl Gtp {
    /// Whether there is a socket, of IPv6 or of IPv4, for any version.
    pub(super) fn has_socket(&self, ipv6: bool) -> bool {
        [Version::V0, Version::V1]
            .into_iter()
            .any(|version| !self.slot(SocketRole { version, ipv6 }).is_empty())
    }
}

/// Reads the attribute number `kind`, which says where something of a packet is told.
fn source(
    attrs: &HighAttrs<'_>,
    kind: u16,
    text: &'static CStr,
    extack: &mut ExtAck<'_>,
) -> Result<Source> {
    match attrs.octet(kind, extack)? {
        None => Ok(Source::Context),
        Some((attr, number)) => {
            Source::from_number(number).ok_or_else(|| extack.fail_attr(EINVAL, attr, text))
        }
    }
}
