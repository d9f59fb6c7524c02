// SPDX-License-Identifier: GPL-2.0

//! What a link puts into the outer headers of its G-PDUs, where that is a choice: source
//! port, flow label, checksum, "don't fragment", hop limit and DSCP (TS 29.281 4.4).
//!
//! By default they are what the C driver sends. The whole policy is one number, which a
//! packet reads once and a change writes at once, so that no packet is sent by half of
//! each; the map from QoS flows to DSCP stands beside it.

use super::uapi::link::{
    DF,
    DSCP,
    DSCP_MAP,
    FLOW_LABEL,
    PORT_RANGE,
    TTL,
    UDP_CSUM,
    UDP_ZERO_CSUM6_RX,
    UDP_ZERO_CSUM6_TX, //
};
use crate::{
    net::{
        extack::ExtAck,
        link::HighAttrs,
        nlattr::{
            total_size,
            Attr,
            Writer, //
        },
        udp::{
            Datagram,
            TooBig, //
        },
    },
    wire::session::Qfi,
};
use kernel::{
    prelude::*,
    sync::atomic::{
        Atomic,
        Relaxed, //
    }, //
};

/// The attributes that this is about.
const ATTRIBUTES: [u16; 9] = [
    PORT_RANGE,
    FLOW_LABEL,
    UDP_CSUM,
    UDP_ZERO_CSUM6_TX,
    UDP_ZERO_CSUM6_RX,
    DF,
    TTL,
    DSCP,
    DSCP_MAP,
];

/// QoS flows whose DSCP stand in one number.
const PART: usize = 8;
/// How many of them there are in a map, which knows 64 QoS flows.
const PARTS: usize = 8;
/// The DSCP that stands for another one: the inner packet's, or that of the link.
const INHERIT: u8 = 255;
/// The highest DSCP.
const MAX_DSCP: u8 = 63;
/// The bits of a TOS octet that are ECN's (RFC 3168).
const ECN: u8 = 3;

/// A DSCP for each QoS flow, or [`INHERIT`].
type Map = [[u8; PART]; PARTS];

/// When outer IPv4 headers say "don't fragment".
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fragmentation {
    /// Never.
    Allowed,
    /// Always: what does not fit is not sent.
    Forbidden,
    /// If the inner packet must not be fragmented.
    Inherited,
}

impl Fragmentation {
    /// The choice with this number, as netlink has it.
    fn from_number(number: u8) -> Option<Self> {
        match number {
            0 => Some(Self::Allowed),
            1 => Some(Self::Forbidden),
            2 => Some(Self::Inherited),
            _ => None,
        }
    }

    /// The choice's number, as netlink has it.
    fn number(self) -> u8 {
        match self {
            Self::Allowed => 0,
            Self::Forbidden => 1,
            Self::Inherited => 2,
        }
    }
}

/// What outer headers say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Policy {
    /// The lowest and the highest source port, or zeroes for the one of the version.
    ports: (u16, u16),
    /// Whether there are flow labels.
    flow_label: bool,
    /// Whether there are no checksums over IPv4.
    no_check4: bool,
    /// Whether there are no checksums over IPv6.
    no_check6: bool,
    /// Whether the kernel's sockets receive datagrams over IPv6 without checksum.
    pub(super) no_check6_rx: bool,
    /// What may be fragmented.
    fragmentation: Fragmentation,
    /// Hop limit, or 0 for the route's.
    ttl: u8,
    /// DSCP, or [`INHERIT`].
    dscp: u8,
    /// Whether some QoS flows have a DSCP of their own.
    has_map: bool,
}

impl Policy {
    /// What the C driver sends.
    const DEFAULT: Self = Self {
        ports: (0, 0),
        flow_label: false,
        no_check4: false,
        no_check6: false,
        no_check6_rx: true,
        fragmentation: Fragmentation::Allowed,
        ttl: 0,
        dscp: INHERIT,
        has_map: false,
    };

    /// Reads the policy out of a number.
    fn unpack(packed: u64) -> Self {
        let [l0, l1, h0, h1, ttl, dscp, df, flags] = packed.to_le_bytes();
        Self {
            ports: (u16::from_le_bytes([l0, l1]), u16::from_le_bytes([h0, h1])),
            flow_label: flags & 1 != 0,
            no_check4: flags & 2 != 0,
            no_check6: flags & 4 != 0,
            no_check6_rx: flags & 8 == 0,
            has_map: flags & 16 != 0,
            fragmentation: Fragmentation::from_number(df).unwrap_or(Fragmentation::Allowed),
            ttl,
            dscp: !dscp,
        }
    }

    /// Puts the policy into a number, which is 0 for the default.
    fn pack(self) -> u64 {
        let ([l0, l1], [h0, h1]) = (self.ports.0.to_le_bytes(), self.ports.1.to_le_bytes());
        let flags = u8::from(self.flow_label)
            | u8::from(self.no_check4) << 1
            | u8::from(self.no_check6) << 2
            | u8::from(!self.no_check6_rx) << 3
            | u8::from(self.has_map) << 4;
        let df = self.fragmentation.number();
        u64::from_le_bytes([l0, l1, h0, h1, self.ttl, !self.dscp, df, flags])
    }
}

/// A policy that is asked for: what it is to be, and the map, where that is named.
pub(super) struct Request {
    pub(super) policy: Policy,
    map: Option<Map>,
}

impl Request {
    /// Reads a request that changes `policy`.
    ///
    /// # Errors
    ///
    /// ERANGE: an attribute is too short. EINVAL: its value is not one of those it may have.
    fn read(mut policy: Policy, attrs: &HighAttrs<'_>, extack: &mut ExtAck<'_>) -> Result<Self> {
        let text = c"A range is two ports of two octets, in network byte order";
        if let Some((attr, [l0, l1, h0, h1])) = attrs.octets(PORT_RANGE, text, extack)? {
            policy.ports = (u16::from_be_bytes([l0, l1]), u16::from_be_bytes([h0, h1]));
            let (low, high) = policy.ports;
            if low > high || (low == 0 && high != 0) {
                return Err(extack.fail_attr(
                    EINVAL,
                    attr,
                    c"The range's first port is 1 or more, and no more than its last; or both are 0",
                ));
            }
        }
        let flags: [(u16, &mut bool, bool); 4] = [
            (FLOW_LABEL, &mut policy.flow_label, true),
            (UDP_CSUM, &mut policy.no_check4, false),
            (UDP_ZERO_CSUM6_TX, &mut policy.no_check6, true),
            (UDP_ZERO_CSUM6_RX, &mut policy.no_check6_rx, true),
        ];
        for (kind, flag, is) in flags {
            if let Some((attr, value)) = attrs.octet(kind, extack)? {
                *flag = match value {
                    0 => !is,
                    1 => is,
                    _ => return Err(extack.fail_attr(EINVAL, attr, c"The value is 0 or 1")),
                };
            }
        }
        if let Some((attr, value)) = attrs.octet(DF, extack)? {
            policy.fragmentation = Fragmentation::from_number(value).ok_or_else(|| {
                extack.fail_attr(
                    EINVAL,
                    attr,
                    c"IFLA_GTP_DF is 0 for never, 1 for always or 2 for the inner packet's",
                )
            })?;
        }
        if let Some((_, value)) = attrs.octet(TTL, extack)? {
            policy.ttl = value;
        }
        if let Some((attr, value)) = attrs.octet(DSCP, extack)? {
            policy.dscp = checked_dscp(attr, value, extack)?;
        }
        let map = match attrs.get(DSCP_MAP) {
            None => None,
            Some(attr) => {
                let map = read_map(attr, extack)?;
                policy.has_map = map.as_flattened().iter().any(|&dscp| dscp != INHERIT);
                Some(map)
            }
        };
        Ok(Self { policy, map })
    }
}

/// Passes a DSCP on that is one.
fn checked_dscp(attr: Attr<'_>, dscp: u8, extack: &mut ExtAck<'_>) -> Result<u8> {
    if dscp > MAX_DSCP && dscp != INHERIT {
        return Err(extack.fail_attr(EINVAL, attr, c"A DSCP is 0 to 63, or 255 to inherit it"));
    }
    Ok(dscp)
}

/// Reads a DSCP for each QoS flow.
fn read_map(attr: Attr<'_>, extack: &mut ExtAck<'_>) -> Result<Map> {
    let mut map = [[INHERIT; PART]; PARTS];
    let mut rest = attr.bytes();
    for part in &mut map {
        let Some((first, others)) = rest.split_first_chunk() else {
            return Err(extack.fail_attr(ERANGE, attr, c"A map has 64 octets, one for each QFI"));
        };
        (*part, rest) = (*first, others);
    }
    for &dscp in map.as_flattened() {
        checked_dscp(attr, dscp, extack)?;
    }
    Ok(map)
}

/// What the outer headers of a link say.
pub(super) struct OuterHeaders {
    /// The policy, packed.
    packed: Atomic<u64>,
    /// The DSCP of each QoS flow, inverted: eight in a number.
    map: [Atomic<u64>; PARTS],
}

impl OuterHeaders {
    /// Room that [`fill`](Self::fill) needs, in octets.
    pub(super) const INFO_SIZE: usize =
        total_size(4) + 7 * total_size(1) + total_size(PARTS * PART);

    /// Makes those of a new link.
    ///
    /// # Errors
    ///
    /// As [`read`](Self::read).
    pub(super) fn new(attrs: &HighAttrs<'_>, extack: &mut ExtAck<'_>) -> Result<Self> {
        let headers = Self {
            packed: Atomic::new(0),
            map: [const { Atomic::new(0) }; PARTS],
        };
        headers.set(&Request::read(Policy::DEFAULT, attrs, extack)?);
        Ok(headers)
    }

    /// Whether a request names anything of this.
    pub(super) fn are_named(attrs: &HighAttrs<'_>) -> bool {
        ATTRIBUTES.into_iter().any(|kind| attrs.get(kind).is_some())
    }

    /// The policy.
    pub(super) fn policy(&self) -> Policy {
        Policy::unpack(self.packed.load(Relaxed))
    }

    /// Reads a request to change the policy.
    ///
    /// # Errors
    ///
    /// ERANGE: an attribute is too short. EINVAL: its value is not one of those it may have.
    pub(super) fn read(&self, attrs: &HighAttrs<'_>, extack: &mut ExtAck<'_>) -> Result<Request> {
        Request::read(self.policy(), attrs, extack)
    }

    /// Does what was asked for. RTNL is held, so that nobody else does.
    pub(super) fn set(&self, request: &Request) {
        if let Some(map) = &request.map {
            for (slot, part) in self.map.iter().zip(map) {
                slot.store(!u64::from_le_bytes(*part), Relaxed);
            }
        }
        self.packed.store(request.policy.pack(), Relaxed);
    }

    /// Has the outer headers of a datagram for a packet of the QoS flow `qfi`, if of any, say
    /// what they are to.
    #[inline(always)]
    pub(super) fn apply(&self, datagram: &mut Datagram<'_>, qfi: Option<Qfi>, ipv6: bool) {
        let packed = self.packed.load(Relaxed);
        if packed != 0 {
            self.apply_policy(Policy::unpack(packed), datagram, qfi, ipv6);
        }
    }

    /// The same, where it is not the default.
    #[inline(never)]
    fn apply_policy(
        &self,
        policy: Policy,
        datagram: &mut Datagram<'_>,
        qfi: Option<Qfi>,
        ipv6: bool,
    ) {
        datagram.outer.ports = policy.ports;
        datagram.outer.flow_label = policy.flow_label;
        datagram.outer.ttl = policy.ttl;
        datagram.outer.no_check = if ipv6 {
            policy.no_check6
        } else {
            policy.no_check4
        };
        match policy.fragmentation {
            Fragmentation::Allowed => (),
            Fragmentation::Forbidden => {
                datagram.outer.df = true;
                datagram.too_big = TooBig::Drop { least: 0 };
            }
            Fragmentation::Inherited => {
                datagram.outer.df = matches!(datagram.too_big, TooBig::Drop { .. });
            }
        }
        let of_flow = qfi.filter(|_| policy.has_map).map(|qfi| self.dscp_of(qfi));
        let dscp = of_flow
            .filter(|&dscp| dscp != INHERIT)
            .unwrap_or(policy.dscp);
        if dscp != INHERIT {
            datagram.tos = dscp << 2 | datagram.tos & ECN;
        }
    }

    /// The DSCP of a QoS flow.
    fn dscp_of(&self, qfi: Qfi) -> u8 {
        let (part, place) = (usize::from(qfi.get() / 8), usize::from(qfi.get() % 8));
        let part = self.map.get(part).map_or(0, |part| part.load(Relaxed));
        !part.to_le_bytes().get(place).copied().unwrap_or(0)
    }

    /// Writes what is not the default.
    ///
    /// # Errors
    ///
    /// EMSGSIZE.
    pub(super) fn fill(&self, writer: &mut Writer<'_>) -> Result {
        let policy = self.policy();
        if policy.ports != (0, 0) {
            let ([l0, l1], [h0, h1]) = (
                policy.ports.0.to_be_bytes(),
                policy.ports.1.to_be_bytes(), //
            );
            writer.put(PORT_RANGE, &[l0, l1, h0, h1])?;
        }
        for (kind, value, default) in [
            (FLOW_LABEL, u8::from(policy.flow_label), 0),
            (UDP_CSUM, u8::from(!policy.no_check4), 1),
            (UDP_ZERO_CSUM6_TX, u8::from(policy.no_check6), 0),
            (UDP_ZERO_CSUM6_RX, u8::from(policy.no_check6_rx), 1),
            (DF, policy.fragmentation.number(), 0),
            (TTL, policy.ttl, 0),
            (DSCP, policy.dscp, INHERIT),
        ] {
            if value != default {
                writer.put_u8(kind, value)?;
            }
        }
        if policy.has_map {
            let map = self
                .map
                .each_ref()
                .map(|part| (!part.load(Relaxed)).to_le_bytes());
            writer.put(DSCP_MAP, map.as_flattened())?;
        }
        Ok(())
    }
}
