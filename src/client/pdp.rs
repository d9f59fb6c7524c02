// SPDX-License-Identifier: GPL-2.0

//! The PDP context as a client sees it: which tunnel carries which mobile
//! station's traffic, and what names it in a request.

use crate::client::{
    attribute::GtpAttribute,
    usage::{
        Limits,
        Usage, //
    },
};
use netlink_packet_core::DecodeError;
use nix::libc;
use std::{
    fmt,
    net::{
        IpAddr,
        Ipv4Addr,
        Ipv6Addr, //
    },
};

/// Family of an address, as `GTPA_FAMILY` carries it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Family {
    /// IPv4, what the driver assumes where nothing is said.
    #[default]
    Inet,
    /// IPv6.
    Inet6,
}

impl Family {
    /// Returns the family of an address.
    #[must_use]
    pub fn of(address: IpAddr) -> Self {
        match address {
            IpAddr::V4(_) => Self::Inet,
            IpAddr::V6(_) => Self::Inet6,
        }
    }

    /// Returns the value of `GTPA_FAMILY`: `AF_INET` or `AF_INET6`.
    #[must_use]
    pub fn number(self) -> u8 {
        match self {
            Self::Inet => libc::AF_INET as u8,
            Self::Inet6 => libc::AF_INET6 as u8,
        }
    }
}

impl fmt::Display for Family {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Inet => "inet",
            Self::Inet6 => "inet6",
        })
    }
}

/// Identifiers of a tunnel, which depend on the version of GTP.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Tunnel {
    /// GTPv0 (GSM 09.60 6): one identifier and one flow label for both
    /// directions.
    V0 {
        /// Tunnel identifier.
        tid: u64,
        /// Flow label (GSM 09.60 7.5.1).
        flow: u16,
    },
    /// GTPv1-U (TS 29.281 5.1): each end chooses what it wants to receive.
    V1 {
        /// Incoming TEID, in packets from the peer.
        i_tei: u32,
        /// Outgoing TEID, in packets to the peer.
        o_tei: u32,
    },
}

impl Tunnel {
    /// Returns the version of GTP, 0 or 1.
    #[must_use]
    pub fn version(&self) -> u32 {
        match self {
            Self::V0 { .. } => 0,
            Self::V1 { .. } => 1,
        }
    }
}

/// The QoS flow of a PDU session, and what else the packets of a context say of
/// it (TS 38.415 5.5).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct QosFlow {
    /// QoS Flow Identifier, 0 to 63.
    pub qfi: u8,
    /// Reflective QoS Indicator; only towards mobile stations.
    pub rqi: bool,
    /// Paging Policy Indicator, 0 to 7; only towards mobile stations.
    pub ppi: Option<u8>,
}

impl QosFlow {
    /// Appends the attributes of the flow.
    fn append(&self, attributes: &mut Vec<GtpAttribute>) {
        attributes.push(GtpAttribute::Qfi(self.qfi));
        if self.rqi {
            attributes.push(GtpAttribute::Rqi);
        }
        attributes.extend(self.ppi.map(GtpAttribute::Ppi));
    }
}

/// The link that a request is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct LinkRef {
    /// Interface index, in the network namespace that `netns` says.
    pub index: u32,
    /// Open file descriptor of that namespace; the socket's own where `None`.
    /// It is only handed on to the kernel: the caller keeps it open.
    pub netns: Option<i32>,
}

impl LinkRef {
    /// Names a link of the socket's own network namespace.
    #[must_use]
    pub fn local(index: u32) -> Self {
        Self { index, netns: None }
    }

    /// Appends the attributes that name the link.
    pub(super) fn append(&self, attributes: &mut Vec<GtpAttribute>) {
        attributes.push(GtpAttribute::Link(self.index));
        attributes.extend(self.netns.map(GtpAttribute::NetNsFd));
    }
}

/// A PDP context.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PdpContext {
    /// Interface index of the link that the context belongs to.
    pub link: u32,
    /// Limits of the volume to be set; not read from replies.
    pub limits: Limits,
    /// What the context has carried, where that was asked for and is counted.
    pub usage: Option<Usage>,
    /// Identifiers of the tunnel, and so the version.
    pub tunnel: Tunnel,
    /// Address of the mobile station. With IPv6 it has the whole /64, and the
    /// driver wants the lower 64 bits to be zero.
    pub ms: IpAddr,
    /// Address of the GSN at the other end of the tunnel.
    pub peer: IpAddr,
    /// QoS flow, if the tunnel is that of a PDU session. A driver that does not
    /// know of any, as the C driver, makes a context without.
    pub flow: Option<QosFlow>,
    /// Which bearer of the mobile station it is: 0, the default bearer, to 63. A
    /// driver that does not know of any, as the C driver, has default bearers only.
    pub bearer: u8,
    /// Attributes that this client does not know, as the kernel sent them.
    pub other: Vec<GtpAttribute>,
}

impl PdpContext {
    /// Returns the attributes of a request that makes this context on `link`.
    #[must_use]
    pub fn to_attributes(&self, netns: Option<i32>) -> Vec<GtpAttribute> {
        let link = LinkRef {
            index: self.link,
            netns,
        };
        let mut attributes = vec![GtpAttribute::Version(self.tunnel.version())];

        link.append(&mut attributes);
        attributes.push(GtpAttribute::Family(Family::of(self.ms).number()));
        attributes.push(ms_attribute(self.ms));
        attributes.push(peer_attribute(self.peer));
        match self.tunnel {
            Tunnel::V0 { tid, flow } => {
                attributes.push(GtpAttribute::Tid(tid));
                attributes.push(GtpAttribute::Flow(flow));
            }
            Tunnel::V1 { i_tei, o_tei } => {
                attributes.push(GtpAttribute::ITei(i_tei));
                attributes.push(GtpAttribute::OTei(o_tei));
            }
        }
        if let Some(flow) = &self.flow {
            flow.append(&mut attributes);
        }
        attributes.extend(bearer_attribute(self.bearer));
        self.limits.append(&mut attributes);
        attributes.extend(self.other.iter().cloned());
        attributes
    }

    /// Reads a context from the attributes of a reply or a notification.
    ///
    /// # Errors
    ///
    /// [`DecodeError`] names what is missing for a whole context. Neither
    /// `GTPA_FAMILY`, which old drivers do not send, nor an attribute of the
    /// other version or family is asked for.
    pub fn from_attributes(attributes: &[GtpAttribute]) -> Result<Self, DecodeError> {
        let mut link = None;
        let mut version = None;
        let (mut tid, mut flow) = (None, None);
        let (mut i_tei, mut o_tei) = (None, None);
        let (mut ms, mut peer) = (None, None);
        let (mut qfi, mut rqi, mut ppi) = (None, false, None);
        let mut usage = None;
        let mut bearer = 0;
        let mut other = Vec::new();

        for attribute in attributes {
            match attribute {
                GtpAttribute::Qfi(v) => qfi = Some(*v),
                GtpAttribute::Rqi => rqi = true,
                GtpAttribute::Bearer(v) => bearer = *v,
                GtpAttribute::Ppi(v) => ppi = Some(*v),
                GtpAttribute::Link(v) => link = Some(*v),
                GtpAttribute::Version(v) => version = Some(*v),
                GtpAttribute::Tid(v) => tid = Some(*v),
                GtpAttribute::Flow(v) => flow = Some(*v),
                GtpAttribute::ITei(v) => i_tei = Some(*v),
                GtpAttribute::OTei(v) => o_tei = Some(*v),
                GtpAttribute::MsAddress(v) => ms = Some(IpAddr::V4(*v)),
                GtpAttribute::MsAddr6(v) => ms = Some(IpAddr::V6(*v)),
                GtpAttribute::PeerAddress(v) => peer = Some(IpAddr::V4(*v)),
                GtpAttribute::PeerAddr6(v) => peer = Some(IpAddr::V6(*v)),
                GtpAttribute::Usage(v) => usage = Some(Usage::from_attributes(v)),
                GtpAttribute::NetNsFd(_)
                | GtpAttribute::Family(_)
                | GtpAttribute::EndMarker
                | GtpAttribute::Stats
                | GtpAttribute::Path(_)
                | GtpAttribute::VolumeThreshold(_)
                | GtpAttribute::VolumeQuota(_)
                | GtpAttribute::QuotaAction(_)
                | GtpAttribute::RouteDst(_)
                | GtpAttribute::RouteDstLen(_) => {}
                GtpAttribute::Other(nla) if is_padding(nla) => {}
                GtpAttribute::Other(_) => other.push(attribute.clone()),
            }
        }

        let tunnel = match version.ok_or_else(|| missing("GTPA_VERSION"))? {
            0 => Tunnel::V0 {
                tid: tid.ok_or_else(|| missing("GTPA_TID"))?,
                flow: flow.ok_or_else(|| missing("GTPA_FLOW"))?,
            },
            1 => Tunnel::V1 {
                i_tei: i_tei.ok_or_else(|| missing("GTPA_I_TEI"))?,
                o_tei: o_tei.ok_or_else(|| missing("GTPA_O_TEI"))?,
            },
            version => {
                return Err(DecodeError::from(format!(
                    "PDP context of the unknown GTP version {version}"
                )))
            }
        };

        Ok(Self {
            link: link.ok_or_else(|| missing("GTPA_LINK"))?,
            limits: Limits::default(),
            usage,
            tunnel,
            ms: ms.ok_or_else(|| missing("GTPA_MS_ADDRESS or GTPA_MS_ADDR6"))?,
            peer: peer.ok_or_else(|| missing("GTPA_PEER_ADDRESS or GTPA_PEER_ADDR6"))?,
            flow: qfi.map(|qfi| QosFlow { qfi, rqi, ppi }),
            bearer,
            other,
        })
    }
}

/// What names an existing PDP context on its link.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PdpKey {
    /// The mobile station's address, whatever the version of its tunnel: the
    /// context of its default bearer.
    Ms(IpAddr),
    /// The mobile station's address, and which of its bearers: see
    /// [`PdpContext::bearer`].
    Bearer(IpAddr, u8),
    /// The tunnel identifier of a GTPv0 context.
    Tid(u64, Family),
    /// The incoming TEID of a GTPv1-U context.
    ITei(u32, Family),
}

impl PdpKey {
    /// Returns the attributes of a request about the context on `link`.
    ///
    /// The driver asks for `GTPA_VERSION` in every request, even where it does
    /// not look at its value.
    #[must_use]
    pub fn to_attributes(&self, link: LinkRef) -> Vec<GtpAttribute> {
        let (version, family, key) = match *self {
            Self::Ms(ms) | Self::Bearer(ms, _) => (1, Family::of(ms), ms_attribute(ms)),
            Self::Tid(tid, family) => (0, family, GtpAttribute::Tid(tid)),
            Self::ITei(i_tei, family) => (1, family, GtpAttribute::ITei(i_tei)),
        };
        let mut attributes = vec![GtpAttribute::Version(version)];

        link.append(&mut attributes);
        attributes.push(GtpAttribute::Family(family.number()));
        attributes.push(key);
        if let Self::Bearer(_, bearer) = *self {
            attributes.extend(bearer_attribute(bearer));
        }
        attributes
    }
}

/// Returns the attribute of a bearer; the default bearer needs none.
fn bearer_attribute(bearer: u8) -> Option<GtpAttribute> {
    (bearer != 0).then_some(GtpAttribute::Bearer(bearer))
}

/// Returns the attribute of a mobile station's address.
pub(super) fn ms_attribute(address: IpAddr) -> GtpAttribute {
    by_family(address, GtpAttribute::MsAddress, GtpAttribute::MsAddr6)
}

/// Returns the attribute of a peer's address.
pub(super) fn peer_attribute(address: IpAddr) -> GtpAttribute {
    by_family(address, GtpAttribute::PeerAddress, GtpAttribute::PeerAddr6)
}

/// Builds the attribute of the address's family.
fn by_family(
    address: IpAddr,
    v4: impl Fn(Ipv4Addr) -> GtpAttribute,
    v6: impl Fn(Ipv6Addr) -> GtpAttribute,
) -> GtpAttribute {
    match address {
        IpAddr::V4(address) => v4(address),
        IpAddr::V6(address) => v6(address),
    }
}

/// Tells whether an attribute only aligns the one after it.
fn is_padding(nla: &netlink_packet_core::DefaultNla) -> bool {
    use netlink_packet_core::Nla;

    nla.kind() == crate::client::attribute::GTPA_PAD
}

/// Builds the error for a message that lacks an attribute.
pub(super) fn missing(name: &str) -> DecodeError {
    DecodeError::from(format!("message without {name}"))
}

#[cfg(test)]
#[path = "pdp_tests.rs"]
mod tests;
