// SPDX-License-Identifier: GPL-2.0

//! What a link puts into the outer headers of its G-PDUs, and the request to change it.

use netlink_packet_core::{
    DefaultNla,
    Nla, //
};
use netlink_packet_route::link::{
    InfoData,
    InfoGtp,
    InfoKind,
    LinkAttribute,
    LinkInfo,
    LinkMessage, //
};

// Numbers of the attributes, in `IFLA_INFO_DATA`. Not mainline's.
pub(super) const IFLA_GTP_PORT_RANGE: u16 = 69;
pub(super) const IFLA_GTP_FLOW_LABEL: u16 = 70;
pub(super) const IFLA_GTP_UDP_CSUM: u16 = 71;
pub(super) const IFLA_GTP_UDP_ZERO_CSUM6_TX: u16 = 72;
pub(super) const IFLA_GTP_UDP_ZERO_CSUM6_RX: u16 = 73;
pub(super) const IFLA_GTP_DF: u16 = 74;
pub(super) const IFLA_GTP_TTL: u16 = 75;
pub(super) const IFLA_GTP_DSCP: u16 = 76;
pub(super) const IFLA_GTP_DSCP_MAP: u16 = 77;

/// The value that stands for a DSCP from elsewhere: see [`OuterHeaders::dscp`].
pub const DSCP_INHERIT: u8 = 255;

/// What the outer headers of a link say, or are to say. `None` is what nobody has
/// named: the default of a new link, or what is there and stays.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct OuterHeaders {
    /// The lowest and the highest source port of G-PDUs, chosen by the flow; zeroes
    /// for the port of the version, the default.
    pub port_range: Option<(u16, u16)>,
    /// Whether IPv6 headers have a flow label by the flow: no by default.
    pub flow_label: Option<bool>,
    /// Whether UDP over IPv4 has a checksum: yes by default.
    pub udp_csum: Option<bool>,
    /// Whether UDP over IPv6 is sent without a checksum: no by default.
    pub udp_zero_csum6_tx: Option<bool>,
    /// Whether it is received without a checksum on sockets of the kernel: yes by
    /// default.
    pub udp_zero_csum6_rx: Option<bool>,
    /// "Don't fragment" of IPv4 headers: 0 never, the default, 1 always, 2 as the inner
    /// packet says.
    pub df: Option<u8>,
    /// Hop limit; 0 for that of the route, the default.
    pub ttl: Option<u8>,
    /// DSCP, or [`DSCP_INHERIT`] for that of the inner packet, the default.
    pub dscp: Option<u8>,
    /// The DSCP of each QoS flow, or [`DSCP_INHERIT`] for what `dscp` says.
    pub dscp_map: Option<[u8; 64]>,
}

impl OuterHeaders {
    /// Tells whether nothing is named.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Returns what is named and is not the default: what the driver tells of a link.
    #[must_use]
    pub fn without_defaults(&self) -> Self {
        Self {
            port_range: self.port_range.filter(|&ports| ports != (0, 0)),
            flow_label: self.flow_label.filter(|&is| is),
            udp_csum: self.udp_csum.filter(|&is| !is),
            udp_zero_csum6_tx: self.udp_zero_csum6_tx.filter(|&is| is),
            udp_zero_csum6_rx: self.udp_zero_csum6_rx.filter(|&is| !is),
            df: self.df.filter(|&df| df != 0),
            ttl: self.ttl.filter(|&ttl| ttl != 0),
            dscp: self.dscp.filter(|&dscp| dscp != DSCP_INHERIT),
            dscp_map: self
                .dscp_map
                .filter(|map| map.iter().any(|&dscp| dscp != DSCP_INHERIT)),
        }
    }

    /// Returns what is named as attributes of `IFLA_INFO_DATA`.
    pub(super) fn attributes(&self) -> Vec<InfoGtp> {
        let attribute = |kind, value| InfoGtp::Other(DefaultNla::new(kind, value));
        let mut list: Vec<_> = self
            .port_range
            .map(|(low, high)| {
                let value = [low.to_be_bytes(), high.to_be_bytes()].concat();
                attribute(IFLA_GTP_PORT_RANGE, value)
            })
            .into_iter()
            .collect();
        for (kind, value) in [
            (IFLA_GTP_FLOW_LABEL, self.flow_label.map(u8::from)),
            (IFLA_GTP_UDP_CSUM, self.udp_csum.map(u8::from)),
            (
                IFLA_GTP_UDP_ZERO_CSUM6_TX,
                self.udp_zero_csum6_tx.map(u8::from),
            ),
            (
                IFLA_GTP_UDP_ZERO_CSUM6_RX,
                self.udp_zero_csum6_rx.map(u8::from),
            ),
            (IFLA_GTP_DF, self.df),
            (IFLA_GTP_TTL, self.ttl),
            (IFLA_GTP_DSCP, self.dscp),
        ] {
            list.extend(value.map(|value| attribute(kind, vec![value])));
        }
        list.extend(
            self.dscp_map
                .map(|map| attribute(IFLA_GTP_DSCP_MAP, map.to_vec())),
        );
        list
    }

    /// Reads an attribute of `IFLA_INFO_DATA`; `false` where it is none of these.
    pub(super) fn read(&mut self, attribute: &InfoGtp) -> bool {
        let mut value = vec![0; attribute.value_len()];
        attribute.emit_value(&mut value);
        let Some(&first) = value.first() else {
            return false;
        };
        match attribute.kind() {
            IFLA_GTP_PORT_RANGE => {
                let Some(&[l0, l1, h0, h1]) = value.first_chunk() else {
                    return false;
                };
                self.port_range =
                    Some((u16::from_be_bytes([l0, l1]), u16::from_be_bytes([h0, h1])));
            }
            IFLA_GTP_FLOW_LABEL => self.flow_label = Some(first != 0),
            IFLA_GTP_UDP_CSUM => self.udp_csum = Some(first != 0),
            IFLA_GTP_UDP_ZERO_CSUM6_TX => self.udp_zero_csum6_tx = Some(first != 0),
            IFLA_GTP_UDP_ZERO_CSUM6_RX => self.udp_zero_csum6_rx = Some(first != 0),
            IFLA_GTP_DF => self.df = Some(first),
            IFLA_GTP_TTL => self.ttl = Some(first),
            IFLA_GTP_DSCP => self.dscp = Some(first),
            IFLA_GTP_DSCP_MAP => {
                let Some(map) = value.first_chunk() else {
                    return false;
                };
                self.dscp_map = Some(*map);
            }
            _ => return false,
        }
        true
    }

    /// Returns the request that changes the link with this name.
    pub(super) fn to_message(self, name: &str) -> LinkMessage {
        let mut message = LinkMessage::default();
        message.attributes = vec![
            LinkAttribute::IfName(name.to_string()),
            LinkAttribute::LinkInfo(vec![
                LinkInfo::Kind(InfoKind::Gtp),
                LinkInfo::Data(InfoData::Gtp(self.attributes())),
            ]),
        ];
        message
    }
}

#[cfg(all(test, target_endian = "little"))]
mod tests {
    use super::*;
    use netlink_packet_core::Emitable;

    fn some() -> OuterHeaders {
        OuterHeaders {
            port_range: Some((0x400, 0xffff)),
            udp_csum: Some(false),
            ttl: Some(0),
            dscp_map: Some([DSCP_INHERIT; 64]),
            ..OuterHeaders::default()
        }
    }

    #[test]
    fn what_is_named_is_an_attribute() {
        let attributes = some().attributes();
        let mut bytes = vec![0; attributes.as_slice().buffer_len()];
        attributes.as_slice().emit(&mut bytes);
        assert_eq!(
            bytes[..24],
            [
                8, 0, 69, 0, 4, 0, 255, 255, // IFLA_GTP_PORT_RANGE
                5, 0, 71, 0, 0, 0, 0, 0, // IFLA_GTP_UDP_CSUM
                5, 0, 75, 0, 0, 0, 0, 0, // IFLA_GTP_TTL
            ]
        );
        assert_eq!(bytes[24..28], [68, 0, 77, 0]);
        assert!(bytes[28..].iter().all(|&octet| octet == 255));
    }

    #[test]
    fn attributes_are_read_back() {
        let mut headers = OuterHeaders::default();
        for attribute in some().attributes() {
            assert!(headers.read(&attribute));
        }
        assert_eq!(headers, some());
        assert!(!headers.read(&InfoGtp::Other(DefaultNla::new(99, vec![1]))));
        assert!(!headers.read(&InfoGtp::Other(DefaultNla::new(IFLA_GTP_TTL, vec![]))));
        assert_eq!(headers, some());
    }

    #[test]
    fn defaults_are_not_told() {
        let told = some().without_defaults();
        assert_eq!(
            told,
            OuterHeaders {
                port_range: Some((0x400, 0xffff)),
                udp_csum: Some(false),
                ..OuterHeaders::default()
            }
        );
        assert!(OuterHeaders::default().is_empty());
        assert!(!told.is_empty());
    }
}
