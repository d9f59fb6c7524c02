// SPDX-License-Identifier: GPL-2.0

//! Links of kind `gtp`: making, showing and removing them by rtnetlink.

use crate::client::{
    connection::{
        Connection,
        DumpStatus, //
    },
    error::{
        Error,
        Result, //
    },
    link_config::{
        LinkConfig,
        QfiSource,
        Role,
        Supervision,
        IFLA_GTP_BEARER_SOURCE,
        IFLA_GTP_DUAL_STACK,
        IFLA_GTP_ECHO_INTERVAL,
        IFLA_GTP_ECHO_N3,
        IFLA_GTP_ECHO_T3,
        IFLA_GTP_MAX_PDP,
        IFLA_GTP_QFI_CHECK,
        IFLA_GTP_QFI_SOURCE,
        IFLA_GTP_USAGE, //
    },
    naming::Naming,
    outer::{
        OuterHeaders,
        IFLA_GTP_DF,
        IFLA_GTP_DSCP,
        IFLA_GTP_DSCP_MAP,
        IFLA_GTP_FLOW_LABEL,
        IFLA_GTP_PORT_RANGE,
        IFLA_GTP_TTL,
        IFLA_GTP_UDP_CSUM,
        IFLA_GTP_UDP_ZERO_CSUM6_RX,
        IFLA_GTP_UDP_ZERO_CSUM6_TX, //
    },
};
use netlink_packet_core::{
    DecodeError,
    NetlinkDeserializable,
    NetlinkHeader,
    NetlinkSerializable,
    Nla,
    NlasIterator,
    ParseableParametrized,
    NLM_F_CREATE,
    NLM_F_DUMP,
    NLM_F_EXCL, //
};
use netlink_packet_route::{
    link::{
        InfoData,
        InfoGtp,
        InfoKind,
        LinkAttribute,
        LinkExtentMask,
        LinkFlags,
        LinkHeader,
        LinkInfo,
        LinkMessage,
        State, //
    },
    RouteNetlinkMessage,
};
use netlink_sys::protocols::NETLINK_ROUTE;
use nix::errno::Errno;

/// Octets before the attributes of a link message, without netlink header.
pub(super) const LINK_HEADER_LEN: usize = 16;

/// Attributes of a link follow the netlink and the link header; the driver's
/// are nested in IFLA_LINKINFO and IFLA_INFO_DATA.
pub(super) const NAMING: Naming = Naming {
    first: 16 + LINK_HEADER_LEN,
    name: attribute_name,
    nest: &[18, 2],
};

/// Names the attributes that this client sends.
fn attribute_name(path: &[u16]) -> Option<&'static str> {
    Some(match path {
        [3] => "IFLA_IFNAME",
        [4] => "IFLA_MTU",
        [18] => "IFLA_LINKINFO",
        [28] => "IFLA_NET_NS_FD",
        [29] => "IFLA_EXT_MASK",
        [18, 1] => "IFLA_INFO_KIND",
        [18, 2] => "IFLA_INFO_DATA",
        [18, 2, 1] => "IFLA_GTP_FD0",
        [18, 2, 2] => "IFLA_GTP_FD1",
        [18, 2, 3] => "IFLA_GTP_PDP_HASHSIZE",
        [18, 2, 4] => "IFLA_GTP_ROLE",
        [18, 2, 5] => "IFLA_GTP_CREATE_SOCKETS",
        [18, 2, 6] => "IFLA_GTP_RESTART_COUNT",
        [18, 2, 7] => "IFLA_GTP_LOCAL",
        [18, 2, 8] => "IFLA_GTP_LOCAL6",
        [18, 2, IFLA_GTP_DUAL_STACK] => "IFLA_GTP_DUAL_STACK",
        [18, 2, IFLA_GTP_MAX_PDP] => "IFLA_GTP_MAX_PDP",
        [18, 2, IFLA_GTP_QFI_SOURCE] => "IFLA_GTP_QFI_SOURCE",
        [18, 2, IFLA_GTP_QFI_CHECK] => "IFLA_GTP_QFI_CHECK",
        [18, 2, IFLA_GTP_BEARER_SOURCE] => "IFLA_GTP_BEARER_SOURCE",
        [18, 2, IFLA_GTP_USAGE] => "IFLA_GTP_USAGE",
        [18, 2, IFLA_GTP_PORT_RANGE] => "IFLA_GTP_PORT_RANGE",
        [18, 2, IFLA_GTP_FLOW_LABEL] => "IFLA_GTP_FLOW_LABEL",
        [18, 2, IFLA_GTP_UDP_CSUM] => "IFLA_GTP_UDP_CSUM",
        [18, 2, IFLA_GTP_UDP_ZERO_CSUM6_TX] => "IFLA_GTP_UDP_ZERO_CSUM6_TX",
        [18, 2, IFLA_GTP_UDP_ZERO_CSUM6_RX] => "IFLA_GTP_UDP_ZERO_CSUM6_RX",
        [18, 2, IFLA_GTP_DF] => "IFLA_GTP_DF",
        [18, 2, IFLA_GTP_TTL] => "IFLA_GTP_TTL",
        [18, 2, IFLA_GTP_DSCP] => "IFLA_GTP_DSCP",
        [18, 2, IFLA_GTP_DSCP_MAP] => "IFLA_GTP_DSCP_MAP",
        [18, 2, IFLA_GTP_ECHO_INTERVAL] => "IFLA_GTP_ECHO_INTERVAL",
        [18, 2, IFLA_GTP_ECHO_T3] => "IFLA_GTP_ECHO_T3",
        [18, 2, IFLA_GTP_ECHO_N3] => "IFLA_GTP_ECHO_N3",
        _ => return None,
    })
}

/// A link of kind `gtp`, as the kernel describes it. The default is one of which
/// nothing has been said.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GtpLink {
    /// Name of the interface.
    pub name: String,
    /// Interface index.
    pub index: u32,
    /// Role. `None` where the driver does not say.
    pub role: Option<Role>,
    /// Expected number of PDP contexts. `None` where the driver does not say.
    pub hash_size: Option<u32>,
    /// How many PDP contexts there may be. `None` where the driver names no
    /// limit.
    pub max_pdp: Option<u32>,
    /// Restart counter of GTPv0. `None` where the driver does not say.
    pub restart_count: Option<u8>,
    /// Whether the driver says that the kernel has made sockets of both
    /// families of addresses.
    pub dual_stack: bool,
    /// What chooses the QoS flow of a packet; of a way that is not known here it
    /// is the context alone.
    pub qfi_source: QfiSource,
    /// Whether the driver says that it drops what is not of its context's QoS
    /// flow.
    pub qfi_check: bool,
    /// What chooses the bearer of a packet; [`QfiSource::Context`] for nothing.
    pub bearer_source: QfiSource,
    /// Whether the driver says that it counts the usage of each context.
    pub usage: bool,
    /// What its outer headers say, where it is not the default.
    pub outer: OuterHeaders,
    /// How the driver says that it supervises its paths; empty where it does not.
    pub supervision: Supervision,
    /// Largest packet that the link takes, in octets.
    pub mtu: Option<u32>,
    /// Whether the link has been set up (`IFF_UP`).
    pub up: bool,
    /// Operational state (RFC 2863), in capitals as `ip` writes it.
    pub state: String,
    /// Number that this namespace has for the one the sockets are in, where
    /// that is another one.
    pub link_netns: Option<i32>,
    /// Attributes of the driver that this client does not know.
    pub other: Vec<InfoGtp>,
}

impl GtpLink {
    /// Reads a link; `None` where it is not of kind `gtp`.
    fn from_message(message: &LinkMessage) -> Option<Self> {
        let mut link = Self {
            index: message.header.index,
            up: message.header.flags.contains(LinkFlags::Up),
            state: state_name(State::Unknown).to_string(),
            ..Self::default()
        };
        let mut is_gtp = false;

        for attribute in &message.attributes {
            match attribute {
                LinkAttribute::IfName(name) => link.name.clone_from(name),
                LinkAttribute::Mtu(mtu) => link.mtu = Some(*mtu),
                LinkAttribute::OperState(state) => link.state = state_name(*state).to_string(),
                LinkAttribute::LinkNetNsId(id) => link.link_netns = Some(*id),
                LinkAttribute::LinkInfo(infos) => {
                    for info in infos {
                        match info {
                            LinkInfo::Kind(InfoKind::Gtp) => is_gtp = true,
                            LinkInfo::Data(InfoData::Gtp(data)) => link.read_data(data),
                            _ => {}
                        }
                    }
                }
                _ => {}
            }
        }
        is_gtp.then_some(link)
    }

    /// Reads the attributes of the driver.
    fn read_data(&mut self, data: &[InfoGtp]) {
        for attribute in data {
            match attribute {
                InfoGtp::Role(role) => self.role = Some(*role),
                InfoGtp::PdpHashsize(size) => self.hash_size = Some(*size),
                InfoGtp::RestartCount(count) => self.restart_count = Some(*count),
                other => {
                    if let Some([value]) = octets(other, IFLA_GTP_DUAL_STACK) {
                        self.dual_stack = value != 0;
                    } else if let Some([value]) = octets(other, IFLA_GTP_USAGE) {
                        self.usage = value != 0;
                    } else if let Some(value) = octets(other, IFLA_GTP_MAX_PDP) {
                        self.max_pdp = Some(u32::from_ne_bytes(value));
                    } else if let Some([value]) = octets(other, IFLA_GTP_QFI_SOURCE) {
                        self.qfi_source = QfiSource::from_number(value).unwrap_or_default();
                    } else if let Some([value]) = octets(other, IFLA_GTP_QFI_CHECK) {
                        self.qfi_check = value != 0;
                    } else if let Some(value) = octets(other, IFLA_GTP_ECHO_INTERVAL) {
                        self.supervision.interval = Some(u32::from_ne_bytes(value));
                    } else if let Some(value) = octets(other, IFLA_GTP_ECHO_T3) {
                        self.supervision.t3 = Some(u32::from_ne_bytes(value));
                    } else if let Some([value]) = octets(other, IFLA_GTP_ECHO_N3) {
                        self.supervision.n3 = Some(value);
                    } else if let Some([value]) = octets(other, IFLA_GTP_BEARER_SOURCE) {
                        self.bearer_source = QfiSource::from_number(value).unwrap_or_default();
                    } else if !self.outer.read(other) {
                        self.other.push(other.clone());
                    }
                }
            }
        }
    }
}

/// Returns the first octets of an attribute that the crate has no type for,
/// where it is of that kind.
fn octets<const N: usize>(attribute: &InfoGtp, kind: u16) -> Option<[u8; N]> {
    if attribute.kind() != kind {
        return None;
    }
    let mut value = vec![0; attribute.value_len()];
    attribute.emit_value(&mut value);
    value.first_chunk().copied()
}

/// Returns the word that `ip` has for an operational state.
fn state_name(state: State) -> &'static str {
    match state {
        State::NotPresent => "NOTPRESENT",
        State::Down => "DOWN",
        State::LowerLayerDown => "LOWERLAYERDOWN",
        State::Testing => "TESTING",
        State::Dormant => "DORMANT",
        State::Up => "UP",
        _ => "UNKNOWN",
    }
}

/// A client of rtnetlink, bound to the network namespace it was opened in.
#[derive(Debug)]
pub struct LinkClient {
    connection: Connection,
}

impl LinkClient {
    /// Opens a socket in the network namespace of the calling thread.
    ///
    /// # Errors
    ///
    /// Those of the socket.
    pub fn open() -> Result<Self> {
        let connection = Connection::open(NETLINK_ROUTE, NAMING)?;

        // So that a link is looked up as asked, or not at all.
        connection.check_strictly()?;
        Ok(Self { connection })
    }

    /// Makes a link.
    ///
    /// # Errors
    ///
    /// The kernel's, see the part on the link in `include/uapi/linux/gtp.h`;
    /// `EEXIST` where the name is taken, `EOPNOTSUPP` where no driver is there.
    pub fn add(&mut self, config: &LinkConfig) -> Result<()> {
        let request = RouteNetlinkMessage::NewLink(config.to_message());

        self.command(request, NLM_F_CREATE | NLM_F_EXCL)
    }

    /// Changes what the outer headers of a link say, of which nothing else can be
    /// changed.
    ///
    /// # Errors
    ///
    /// The kernel's: `EINVAL` for what may not be, `ENODEV` where there is no such link,
    /// `EOPNOTSUPP` where it is of another kind, or the driver cannot change one.
    pub fn set(&mut self, name: &str, outer: &OuterHeaders) -> Result<()> {
        self.command(RouteNetlinkMessage::NewLink(outer.to_message(name)), 0)
    }

    /// Removes a link of kind `gtp`, with all of its PDP contexts.
    ///
    /// # Errors
    ///
    /// As [`LinkClient::get`]: nothing but a link of kind `gtp` is removed.
    pub fn del(&mut self, name: &str) -> Result<()> {
        let index = self.get(name)?.index;

        self.del_index(index)
    }

    /// Removes the link with that interface index, whatever its kind.
    ///
    /// # Errors
    ///
    /// The kernel's: `ENODEV` where there is none.
    pub fn del_index(&mut self, index: u32) -> Result<()> {
        let mut message = LinkMessage::default();

        message.header.index = index;
        self.command(RouteNetlinkMessage::DelLink(message), 0)
    }

    /// Reads one link by its name.
    ///
    /// # Errors
    ///
    /// `ENODEV` where there is none, [`Error::NotGtp`] where it is of another
    /// kind.
    pub fn get(&mut self, name: &str) -> Result<GtpLink> {
        let mut message = LinkMessage::default();
        message.attributes = vec![LinkAttribute::IfName(name.to_string()), without_stats()];
        let request = Message::Request(RouteNetlinkMessage::GetLink(message));
        let mut link = None;

        self.connection.request(request, 0, |reply| {
            link = reply.link();
            Ok(())
        })?;
        link.ok_or_else(|| Error::NotGtp(name.to_string()))
    }

    /// Tells whether a link has that interface index, whatever its kind.
    ///
    /// # Errors
    ///
    /// The kernel's.
    pub fn has_index(&mut self, index: u32) -> Result<bool> {
        let mut message = LinkMessage::default();
        message.header.index = index;
        message.attributes = vec![without_stats()];

        match self.command(RouteNetlinkMessage::GetLink(message), 0) {
            Err(error) if error.errno() == Some(Errno::ENODEV) => Ok(false),
            answer => answer.map(|()| true),
        }
    }

    /// Hands every link of kind `gtp` in the namespace to `each`.
    ///
    /// # Errors
    ///
    /// The kernel's, or what `each` returns.
    pub fn list(&mut self, mut each: impl FnMut(GtpLink) -> Result<()>) -> Result<DumpStatus> {
        let mut message = LinkMessage::default();
        message.attributes = vec![
            // The kernel selects by kind, once a driver has registered it.
            LinkAttribute::LinkInfo(vec![LinkInfo::Kind(InfoKind::Gtp)]),
            without_stats(),
        ];
        let request = Message::Request(RouteNetlinkMessage::GetLink(message));

        self.connection
            .request(request, NLM_F_DUMP, |reply| match reply.link() {
                Some(link) => each(link),
                None => Ok(()),
            })
    }

    /// Sends a request that is answered by an acknowledgement only.
    fn command(&mut self, request: RouteNetlinkMessage, flags: u16) -> Result<()> {
        self.connection
            .request(Message::Request(request), flags, |_| Ok(()))?;
        Ok(())
    }
}

/// Asks the kernel to leave counters out, which nothing here reads.
fn without_stats() -> LinkAttribute {
    LinkAttribute::ExtMask(vec![LinkExtentMask::SkipStats])
}

/// A message of rtnetlink as this client sends and reads them.
///
/// A reply is read attribute by attribute, and what the crate cannot parse is
/// skipped: a kernel that is newer than the crate is no error.
#[derive(Clone, Debug)]
enum Message {
    /// To the kernel.
    Request(RouteNetlinkMessage),
    /// From the kernel: a link of whatever kind.
    Link(LinkMessage),
}

impl Message {
    /// Returns the link, where the message describes one of kind `gtp`.
    fn link(&self) -> Option<GtpLink> {
        match self {
            Self::Request(_) => None,
            Self::Link(message) => GtpLink::from_message(message),
        }
    }
}

impl NetlinkSerializable for Message {
    fn message_type(&self) -> u16 {
        match self {
            Self::Request(message) => message.message_type(),
            Self::Link(message) => RouteNetlinkMessage::NewLink(message.clone()).message_type(),
        }
    }

    fn buffer_len(&self) -> usize {
        match self {
            Self::Request(message) => message.buffer_len(),
            Self::Link(message) => netlink_packet_core::Emitable::buffer_len(message),
        }
    }

    fn serialize(&self, buffer: &mut [u8]) {
        match self {
            Self::Request(message) => message.serialize(buffer),
            Self::Link(message) => netlink_packet_core::Emitable::emit(message, buffer),
        }
    }
}

impl NetlinkDeserializable for Message {
    type Error = DecodeError;

    fn deserialize(
        _header: &NetlinkHeader,
        payload: &[u8],
    ) -> std::result::Result<Self, DecodeError> {
        let header = LinkHeader::parse(payload)?;
        let mut message = LinkMessage::default();

        for nla in NlasIterator::new(payload.get(LINK_HEADER_LEN..).unwrap_or(&[])) {
            let attribute = LinkAttribute::parse_with_param(&nla?, header.interface_family);
            message.attributes.extend(attribute.ok());
        }
        message.header = header;
        Ok(Self::Link(message))
    }
}

#[cfg(all(test, target_endian = "little"))]
#[path = "link_tests.rs"]
mod tests;
