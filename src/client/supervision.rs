// SPDX-License-Identifier: GPL-2.0

//! Paths to peers, and what supervision knows of them (`GTPA_PATH`).

use crate::client::{
    attribute::{
        head,
        GtpAttribute, //
    },
    pdp::missing,
};
use netlink_packet_core::{
    DecodeError,
    DefaultNla,
    Nla,
    NlaBuffer,
    NlasIterator,
    Parseable, //
};
use std::net::IpAddr;

/// What is known of the path, u8.
pub const GTPA_PATH_STATE: u16 = 1;
/// Round-trip time in microseconds, u32.
pub const GTPA_PATH_RTT: u16 = 2;
/// Contexts that are on the path, u32.
pub const GTPA_PATH_CONTEXTS: u16 = 3;

/// One attribute in `GTPA_PATH`.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum PathAttribute {
    /// What is known of the path.
    State(u8),
    /// Round-trip time in microseconds.
    Rtt(u32),
    /// Contexts that are on the path.
    Contexts(u32),
    /// What this client does not know.
    Other(DefaultNla),
}

impl PathAttribute {
    /// Parses a sequence of attributes.
    ///
    /// # Errors
    ///
    /// As [`GtpAttribute::parse_all`].
    pub fn parse_all(bytes: &[u8]) -> Result<Vec<Self>, DecodeError> {
        NlasIterator::new(bytes)
            .map(|nla| Self::parse(&nla?))
            .collect()
    }
}

impl Nla for PathAttribute {
    fn value_len(&self) -> usize {
        match self {
            Self::State(_) => 1,
            Self::Rtt(_) | Self::Contexts(_) => 4,
            Self::Other(nla) => nla.value_len(),
        }
    }

    fn kind(&self) -> u16 {
        match self {
            Self::State(_) => GTPA_PATH_STATE,
            Self::Rtt(_) => GTPA_PATH_RTT,
            Self::Contexts(_) => GTPA_PATH_CONTEXTS,
            Self::Other(nla) => nla.kind(),
        }
    }

    fn emit_value(&self, buffer: &mut [u8]) {
        match self {
            Self::State(v) => buffer.copy_from_slice(&[*v]),
            Self::Rtt(v) | Self::Contexts(v) => buffer.copy_from_slice(&v.to_ne_bytes()),
            Self::Other(nla) => nla.emit_value(buffer),
        }
    }
}

impl<'a, T: AsRef<[u8]> + ?Sized> Parseable<NlaBuffer<&'a T>> for PathAttribute {
    fn parse(nla: &NlaBuffer<&'a T>) -> Result<Self, DecodeError> {
        let value = nla.value();

        Ok(match nla.kind() {
            GTPA_PATH_STATE => Self::State(u8::from_ne_bytes(head(nla, value)?)),
            GTPA_PATH_RTT => Self::Rtt(u32::from_ne_bytes(head(nla, value)?)),
            GTPA_PATH_CONTEXTS => Self::Contexts(u32::from_ne_bytes(head(nla, value)?)),
            _ => Self::Other(DefaultNla::parse(nla)?),
        })
    }
}

/// What is known of a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PathState {
    /// Nothing: the peer was not asked, or its answer has yet to come.
    Unknown,
    /// The peer has answered.
    Up,
    /// The peer has not answered.
    Down,
}

impl PathState {
    /// Reads the value of the attribute; what is not known here is unknown.
    fn from_number(number: u8) -> Self {
        match number {
            1 => Self::Up,
            2 => Self::Down,
            _ => Self::Unknown,
        }
    }
}

/// A path: from a socket of a link to a peer that contexts have (TS 29.281 4.2.5).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct GtpPath {
    /// Interface index of the link.
    pub link: u32,
    /// Version of GTP, 0 or 1.
    pub version: u32,
    /// Address of the peer.
    pub peer: IpAddr,
    /// What is known of the path.
    pub state: PathState,
    /// Round-trip time of the last answer to a request that was not repeated, in
    /// microseconds.
    pub rtt: Option<u32>,
    /// Contexts that are on the path.
    pub contexts: u32,
}

impl GtpPath {
    /// Reads an entry of a dump, or a notification.
    ///
    /// # Errors
    ///
    /// [`DecodeError`] names the attribute that is missing.
    pub fn from_attributes(attributes: &[GtpAttribute]) -> Result<Self, DecodeError> {
        let (mut link, mut version, mut peer, mut nest) = (None, None, None, None);

        for attribute in attributes {
            match attribute {
                GtpAttribute::Link(v) => link = Some(*v),
                GtpAttribute::Version(v) => version = Some(*v),
                GtpAttribute::PeerAddress(v) => peer = Some(IpAddr::V4(*v)),
                GtpAttribute::PeerAddr6(v) => peer = Some(IpAddr::V6(*v)),
                GtpAttribute::Path(v) => nest = Some(v),
                _ => {}
            }
        }

        let mut path = Self {
            link: link.ok_or_else(|| missing("GTPA_LINK"))?,
            version: version.ok_or_else(|| missing("GTPA_VERSION"))?,
            peer: peer.ok_or_else(|| missing("GTPA_PEER_ADDRESS or GTPA_PEER_ADDR6"))?,
            state: PathState::Unknown,
            rtt: None,
            contexts: 0,
        };
        for attribute in nest.ok_or_else(|| missing("GTPA_PATH"))? {
            match attribute {
                PathAttribute::State(v) => path.state = PathState::from_number(*v),
                PathAttribute::Rtt(v) => path.rtt = Some(*v),
                PathAttribute::Contexts(v) => path.contexts = *v,
                PathAttribute::Other(_) => {}
            }
        }
        Ok(path)
    }
}

#[cfg(all(test, target_endian = "little"))]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_read() {
        let bytes = [
            8, 0, 2, 0, 1, 0, 0, 0, // GTPA_VERSION 1
            8, 0, 1, 0, 7, 0, 0, 0, // GTPA_LINK 7
            8, 0, 4, 0, 192, 0, 2, 1, // GTPA_PEER_ADDRESS
            28, 0, 75, 0x80, // GTPA_PATH
            5, 0, 1, 0, 2, 0, 0, 0, // GTPA_PATH_STATE down
            8, 0, 2, 0, 0xe8, 3, 0, 0, // GTPA_PATH_RTT 1000
            8, 0, 3, 0, 5, 0, 0, 0, // GTPA_PATH_CONTEXTS 5
        ];
        let attributes = GtpAttribute::parse_all(&bytes).unwrap();
        assert_eq!(
            GtpPath::from_attributes(&attributes).unwrap(),
            GtpPath {
                link: 7,
                version: 1,
                peer: "192.0.2.1".parse().unwrap(),
                state: PathState::Down,
                rtt: Some(1000),
                contexts: 5,
            }
        );
        let error = GtpPath::from_attributes(&attributes[..3]).unwrap_err();
        assert_eq!(error.to_string(), "message without GTPA_PATH");
    }
}
