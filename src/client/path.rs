// SPDX-License-Identifier: GPL-2.0

//! What is told about the path to a peer: echo, Error Indications and End Markers
//! (TS 29.281 7.2 and 7.3).

use crate::client::{
    attribute::GtpAttribute,
    pdp::{
        missing,
        ms_attribute,
        peer_attribute,
        LinkRef, //
    },
};
use netlink_packet_core::DecodeError;
use std::net::IpAddr;

/// An Echo Request to be sent, or the answer to one (TS 29.281 7.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Echo {
    /// Version of GTP, 0 or 1.
    pub version: u32,
    /// Address of the peer: where the request goes, whence the answer comes.
    pub peer: IpAddr,
    /// Our own address, of the same family. It travels in the attribute of the
    /// MS address.
    pub local: IpAddr,
}

impl Echo {
    /// Returns the attributes of a request that sends an Echo Request.
    #[must_use]
    pub fn to_attributes(&self, link: LinkRef) -> Vec<GtpAttribute> {
        let mut attributes = vec![GtpAttribute::Version(self.version)];

        link.append(&mut attributes);
        attributes.push(peer_attribute(self.peer));
        attributes.push(ms_attribute(self.local));
        attributes
    }

    /// Reads the notification of an Echo Response.
    ///
    /// # Errors
    ///
    /// [`DecodeError`] names the attribute that is missing.
    pub fn from_attributes(attributes: &[GtpAttribute]) -> Result<Self, DecodeError> {
        let (mut version, mut peer, mut local) = (None, None, None);

        for attribute in attributes {
            match attribute {
                GtpAttribute::Version(v) => version = Some(*v),
                GtpAttribute::PeerAddress(v) => peer = Some(IpAddr::V4(*v)),
                GtpAttribute::PeerAddr6(v) => peer = Some(IpAddr::V6(*v)),
                GtpAttribute::MsAddress(v) => local = Some(IpAddr::V4(*v)),
                GtpAttribute::MsAddr6(v) => local = Some(IpAddr::V6(*v)),
                _ => {}
            }
        }

        Ok(Self {
            version: version.ok_or_else(|| missing("GTPA_VERSION"))?,
            peer: peer.ok_or_else(|| missing("GTPA_PEER_ADDRESS or GTPA_PEER_ADDR6"))?,
            local: local.ok_or_else(|| missing("GTPA_MS_ADDRESS or GTPA_MS_ADDR6"))?,
        })
    }
}

/// What a peer says it does not know: the identifier that we send to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum UnknownTunnel {
    /// Tunnel identifier of a GTPv0 context (GSM 09.60 6).
    V0 {
        /// Tunnel identifier.
        tid: u64,
    },
    /// Outgoing TEID of a GTPv1-U context (TS 29.281 5.1).
    V1 {
        /// Outgoing TEID, which is the peer's incoming one.
        o_tei: u32,
    },
}

impl UnknownTunnel {
    /// Returns the version of GTP, 0 or 1.
    #[must_use]
    pub fn version(&self) -> u32 {
        match self {
            Self::V0 { .. } => 0,
            Self::V1 { .. } => 1,
        }
    }
}

/// An Error Indication that came in (TS 29.281 7.3.1, GSM 09.60 7.5): a peer
/// does not know one of our tunnels. Nobody has verified who sent it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ErrorIndication {
    /// Interface index of the link that it came to.
    pub link: u32,
    /// Source of the message.
    pub peer: IpAddr,
    /// What the peer does not know, and so the version.
    pub tunnel: UnknownTunnel,
}

impl ErrorIndication {
    /// Reads the notification of an Error Indication.
    ///
    /// # Errors
    ///
    /// [`DecodeError`] names the attribute that is missing.
    pub fn from_attributes(attributes: &[GtpAttribute]) -> Result<Self, DecodeError> {
        let (mut link, mut version, mut peer) = (None, None, None);
        let (mut tid, mut o_tei) = (None, None);

        for attribute in attributes {
            match attribute {
                GtpAttribute::Link(v) => link = Some(*v),
                GtpAttribute::Version(v) => version = Some(*v),
                GtpAttribute::PeerAddress(v) => peer = Some(IpAddr::V4(*v)),
                GtpAttribute::PeerAddr6(v) => peer = Some(IpAddr::V6(*v)),
                GtpAttribute::Tid(v) => tid = Some(*v),
                GtpAttribute::OTei(v) => o_tei = Some(*v),
                _ => {}
            }
        }

        let tunnel = match version.ok_or_else(|| missing("GTPA_VERSION"))? {
            0 => UnknownTunnel::V0 {
                tid: tid.ok_or_else(|| missing("GTPA_TID"))?,
            },
            1 => UnknownTunnel::V1 {
                o_tei: o_tei.ok_or_else(|| missing("GTPA_O_TEI"))?,
            },
            version => {
                return Err(DecodeError::from(format!(
                    "Error Indication of the unknown GTP version {version}"
                )))
            }
        };
        Ok(Self {
            link: link.ok_or_else(|| missing("GTPA_LINK"))?,
            peer: peer.ok_or_else(|| missing("GTPA_PEER_ADDRESS or GTPA_PEER_ADDR6"))?,
            tunnel,
        })
    }
}

/// An End Marker that came in (TS 29.281 7.3.2): a peer has sent its last packet on
/// a tunnel. Nobody has verified who sent it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct EndMarker {
    /// Interface index of the link that it came to.
    pub link: u32,
    /// Source of the message.
    pub peer: IpAddr,
    /// The incoming TEID of the tunnel.
    pub i_tei: u32,
}

impl EndMarker {
    /// Reads the notification of an End Marker.
    ///
    /// # Errors
    ///
    /// [`DecodeError`] names the attribute that is missing.
    pub fn from_attributes(attributes: &[GtpAttribute]) -> Result<Self, DecodeError> {
        let (mut link, mut peer, mut i_tei) = (None, None, None);

        for attribute in attributes {
            match attribute {
                GtpAttribute::Link(v) => link = Some(*v),
                GtpAttribute::PeerAddress(v) => peer = Some(IpAddr::V4(*v)),
                GtpAttribute::PeerAddr6(v) => peer = Some(IpAddr::V6(*v)),
                GtpAttribute::ITei(v) => i_tei = Some(*v),
                _ => {}
            }
        }

        Ok(Self {
            link: link.ok_or_else(|| missing("GTPA_LINK"))?,
            peer: peer.ok_or_else(|| missing("GTPA_PEER_ADDRESS or GTPA_PEER_ADDR6"))?,
            i_tei: i_tei.ok_or_else(|| missing("GTPA_I_TEI"))?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::{
        Ipv4Addr,
        Ipv6Addr, //
    };

    #[test]
    fn an_echo_is_read_as_it_was_written() {
        for (peer, local) in [
            ("192.0.2.1", "192.0.2.2"),
            ("2001:db8::1", "2001:db8::2"), //
        ] {
            let echo = Echo {
                version: 1,
                peer: peer.parse().unwrap(),
                local: local.parse().unwrap(),
            };
            assert_eq!(
                Echo::from_attributes(&echo.to_attributes(LinkRef::local(1))).unwrap(),
                echo
            );
        }
    }

    #[test]
    fn an_echo_over_ipv6_has_the_attributes_of_ipv6() {
        let (peer, local) = (Ipv6Addr::LOCALHOST, Ipv6Addr::UNSPECIFIED);
        let echo = Echo {
            version: 0,
            peer: IpAddr::V6(peer),
            local: IpAddr::V6(local),
        };
        assert_eq!(
            echo.to_attributes(LinkRef::local(7)),
            [
                GtpAttribute::Version(0),
                GtpAttribute::Link(7),
                GtpAttribute::PeerAddr6(peer),
                GtpAttribute::MsAddr6(local),
            ]
        );
    }

    #[cfg(target_endian = "little")]
    #[test]
    fn error_indications_of_both_versions_are_read() {
        let v1 = [
            8, 0, 2, 0, 1, 0, 0, 0, // GTPA_VERSION 1
            8, 0, 1, 0, 7, 0, 0, 0, // GTPA_LINK 7
            8, 0, 4, 0, 192, 0, 2, 1, // GTPA_PEER_ADDRESS
            8, 0, 9, 0, 200, 0, 0, 0, // GTPA_O_TEI 200
        ];
        let attributes = GtpAttribute::parse_all(&v1).unwrap();
        let indication = ErrorIndication::from_attributes(&attributes).unwrap();
        assert_eq!(
            indication,
            ErrorIndication {
                link: 7,
                peer: IpAddr::V4(Ipv4Addr::new(192, 0, 2, 1)),
                tunnel: UnknownTunnel::V1 { o_tei: 200 },
            }
        );
        assert_eq!(indication.tunnel.version(), 1);

        let v0 = [
            8, 0, 2, 0, 0, 0, 0, 0, // GTPA_VERSION 0
            8, 0, 1, 0, 7, 0, 0, 0, // GTPA_LINK 7
            20, 0, 11, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, // GTPA_PEER_ADDR6
            4, 0, 10, 0, // GTPA_PAD
            12, 0, 3, 0, 0x34, 0x12, 0, 0, 0, 0, 0, 0, // GTPA_TID
        ];
        let attributes = GtpAttribute::parse_all(&v0).unwrap();
        let indication = ErrorIndication::from_attributes(&attributes).unwrap();
        assert_eq!(
            indication,
            ErrorIndication {
                link: 7,
                peer: IpAddr::V6(Ipv6Addr::LOCALHOST),
                tunnel: UnknownTunnel::V0 { tid: 0x1234 },
            }
        );
        assert_eq!(indication.tunnel.version(), 0);
    }

    #[test]
    fn what_is_missing_is_named() {
        let error = |attributes: &[GtpAttribute]| {
            ErrorIndication::from_attributes(attributes)
                .unwrap_err()
                .to_string()
        };
        assert_eq!(error(&[]), "message without GTPA_VERSION");
        // A TID does not name a tunnel of version 1.
        let attributes = [GtpAttribute::Version(1), GtpAttribute::Tid(1)];
        assert_eq!(error(&attributes), "message without GTPA_O_TEI");
        let attributes = [GtpAttribute::Version(1), GtpAttribute::OTei(1)];
        assert_eq!(error(&attributes), "message without GTPA_LINK");
        let error = error(&[GtpAttribute::Version(2)]);
        assert!(error.contains("unknown GTP version 2"));
    }
}
