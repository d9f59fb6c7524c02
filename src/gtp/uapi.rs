// SPDX-License-Identifier: GPL-2.0

//! Numbers of the netlink interface, as `include/uapi/linux/gtp.h` and the
//! kernel's `if_link.h` document them.

use core::num::NonZeroU8;

/// Encapsulation type of sockets for version 0 (`linux/udp.h`).
pub(super) const UDP_ENCAP_GTP0: NonZeroU8 = NonZeroU8::MIN.saturating_add(3);
/// Encapsulation type of sockets for version 1.
pub(super) const UDP_ENCAP_GTP1U: NonZeroU8 = NonZeroU8::MIN.saturating_add(4);

/// Attributes of a link, in `IFLA_INFO_DATA`.
pub(super) mod link {
    /// File descriptor of the socket for version 0.
    pub(crate) const FD0: u16 = 1;
    /// File descriptor of the socket for version 1.
    pub(crate) const FD1: u16 = 2;
    /// Expected number of contexts.
    pub(crate) const PDP_HASHSIZE: u16 = 3;
    /// Which end of the tunnels the device is.
    pub(crate) const ROLE: u16 = 4;
    /// The kernel makes the sockets.
    pub(crate) const CREATE_SOCKETS: u16 = 5;
    /// Restart counter of version 0.
    pub(crate) const RESTART_COUNT: u16 = 6;
    /// IPv4 address that the kernel's sockets are bound to.
    pub(crate) const LOCAL: u16 = 7;
    /// IPv6 address that the kernel's sockets are bound to.
    pub(crate) const LOCAL6: u16 = 8;
    /// Sockets of both families: ours, so from 64 on.
    pub(crate) const DUAL_STACK: u16 = 64;
    /// How many contexts there may be.
    pub(crate) const MAX_PDP: u16 = 65;
    /// Where the QoS flow of a packet is told.
    pub(crate) const QFI_SOURCE: u16 = 66;
    /// Received G-PDUs must be of their context's QoS flow.
    pub(crate) const QFI_CHECK: u16 = 67;
    /// Usage of the contexts is counted.
    pub(crate) const USAGE: u16 = 68;
    /// Source ports of G-PDUs.
    pub(crate) const PORT_RANGE: u16 = 69;
    /// Flow labels of outer IPv6 headers.
    pub(crate) const FLOW_LABEL: u16 = 70;
    /// Checksums of UDP over IPv4.
    pub(crate) const UDP_CSUM: u16 = 71;
    /// No checksums of UDP over IPv6.
    pub(crate) const UDP_ZERO_CSUM6_TX: u16 = 72;
    /// Datagrams over IPv6 without a checksum are received.
    pub(crate) const UDP_ZERO_CSUM6_RX: u16 = 73;
    /// "Don't fragment" of outer IPv4 headers.
    pub(crate) const DF: u16 = 74;
    /// Hop limit of outer headers.
    pub(crate) const TTL: u16 = 75;
    /// DSCP of outer headers.
    pub(crate) const DSCP: u16 = 76;
    /// DSCP of outer headers by QoS flow.
    pub(crate) const DSCP_MAP: u16 = 77;
    /// Seconds between echo requests on a path.
    pub(crate) const ECHO_INTERVAL: u16 = 78;
    /// Milliseconds until one is repeated.
    pub(crate) const ECHO_T3: u16 = 79;
    /// How often it is sent.
    pub(crate) const ECHO_N3: u16 = 80;
    /// Where the bearer of a packet is told.
    pub(crate) const BEARER_SOURCE: u16 = 81;
}

/// Commands of the generic netlink family.
pub(super) mod cmd {
    /// Adds a context, or updates one.
    pub(crate) const NEWPDP: u8 = 0;
    /// Removes a context.
    pub(crate) const DELPDP: u8 = 1;
    /// Gets a context, or dumps all.
    pub(crate) const GETPDP: u8 = 2;
    /// Sends an echo request; tells of an echo response.
    pub(crate) const ECHOREQ: u8 = 3;
    /// Tells of a received error indication: ours, so from 64 on.
    pub(crate) const ERROR_INDICATION: u8 = 64;
    /// Tells that all contexts of a device are gone.
    pub(crate) const FLUSH: u8 = 65;
    /// Sends an end marker; tells of a received one.
    pub(crate) const END_MARKER: u8 = 66;
    /// Tells that a path has come up, or gone down.
    pub(crate) const PATH: u8 = 67;
    /// Dumps the paths.
    pub(crate) const GETPATH: u8 = 68;
    /// Tells that a context has reached a limit.
    pub(crate) const USAGE: u8 = 70;
    /// Adds a framed route, or changes one.
    pub(crate) const NEWROUTE: u8 = 71;
    /// Removes a framed route.
    pub(crate) const DELROUTE: u8 = 72;
    /// Gets a framed route, or dumps all.
    pub(crate) const GETROUTE: u8 = 73;
}

/// Attributes of the generic netlink family.
pub(super) mod attr {
    /// Number of the device.
    pub(crate) const LINK: u16 = 1;
    /// Version of the protocol.
    pub(crate) const VERSION: u16 = 2;
    /// Tunnel identifier of version 0.
    pub(crate) const TID: u16 = 3;
    /// IPv4 address of the other GSN.
    pub(crate) const PEER_ADDRESS: u16 = 4;
    /// IPv4 address of the MS.
    pub(crate) const MS_ADDRESS: u16 = 5;
    /// Flow label of version 0.
    pub(crate) const FLOW: u16 = 6;
    /// Namespace of the device.
    pub(crate) const NET_NS_FD: u16 = 7;
    /// TEID of received G-PDUs.
    pub(crate) const I_TEI: u16 = 8;
    /// TEID of sent G-PDUs.
    pub(crate) const O_TEI: u16 = 9;
    /// Padding.
    pub(crate) const PAD: u16 = 10;
    /// IPv6 address of the other GSN.
    pub(crate) const PEER_ADDR6: u16 = 11;
    /// IPv6 prefix of the MS.
    pub(crate) const MS_ADDR6: u16 = 12;
    /// Address family of the MS.
    pub(crate) const FAMILY: u16 = 13;
    /// QoS flow of sent G-PDUs: ours, so from 64 on.
    pub(crate) const QFI: u16 = 64;
    /// Sent G-PDUs ask for reflective QoS.
    pub(crate) const RQI: u16 = 65;
    /// Paging policy of sent G-PDUs.
    pub(crate) const PPI: u16 = 66;
    /// The old tunnel of a context gets an end marker.
    pub(crate) const END_MARKER: u16 = 67;
    /// Usage is asked for: ours, so from 64 on.
    pub(crate) const STATS: u16 = 70;
    /// Usage: attributes of [`super::usage`].
    pub(crate) const USAGE: u16 = 71;
    /// Octets after which somebody is told.
    pub(crate) const VOLUME_THRESHOLD: u16 = 72;
    /// Octets that the context may carry.
    pub(crate) const VOLUME_QUOTA: u16 = 73;
    /// What is done beyond the quota.
    pub(crate) const QUOTA_ACTION: u16 = 74;
    /// A path: attributes of [`super::path`].
    pub(crate) const PATH: u16 = 75;
    /// Bearer of the MS.
    pub(crate) const BEARER: u16 = 80;
    /// Prefix behind an MS.
    pub(crate) const ROUTE_DST: u16 = 81;
    /// How many bits it has.
    pub(crate) const ROUTE_DST_LEN: u16 = 82;
}

/// Attributes in [`attr::PATH`].
pub(super) mod path {
    /// What is known of it.
    pub(crate) const STATE: u16 = 1;
    /// Round-trip time in microseconds.
    pub(crate) const RTT: u16 = 2;
    /// Contexts that are on it.
    pub(crate) const CONTEXTS: u16 = 3;
}

/// Attributes in [`attr::USAGE`].
pub(super) mod usage {
    /// Padding.
    pub(crate) const PAD: u16 = 1;
    /// T-PDUs that were sent.
    pub(crate) const TX_PACKETS: u16 = 2;
    /// Octets of T-PDUs that were sent.
    pub(crate) const TX_BYTES: u16 = 3;
    /// T-PDUs that were dropped instead.
    pub(crate) const TX_DROPPED: u16 = 4;
    /// T-PDUs that were received.
    pub(crate) const RX_PACKETS: u16 = 5;
    /// Octets of T-PDUs that were received.
    pub(crate) const RX_BYTES: u16 = 6;
    /// T-PDUs that were dropped instead.
    pub(crate) const RX_DROPPED: u16 = 7;
    /// Milliseconds since the last one.
    pub(crate) const IDLE: u16 = 8;
    /// The volume threshold.
    pub(crate) const THRESHOLD: u16 = 9;
    /// The volume quota.
    pub(crate) const QUOTA: u16 = 10;
    /// What is done beyond the quota.
    pub(crate) const QUOTA_ACTION: u16 = 11;
    /// Which limits have been reached.
    pub(crate) const REACHED: u16 = 12;
    /// Which limit a notification is about.
    pub(crate) const EVENT: u16 = 13;
}

/// AF_INET, as the attribute FAMILY holds it.
pub(super) const AF_INET: u8 = 2;
/// AF_INET6, as the attribute FAMILY holds it.
pub(super) const AF_INET6: u8 = 10;
