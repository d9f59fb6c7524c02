// SPDX-License-Identifier: GPL-2.0

//! Watching a link: whether it is still there, and where it has gone.

use crate::client::{
    connection::{
        Connection,
        Messages, //
    },
    error::{
        Error,
        Result, //
    },
    link::{
        LinkClient,
        LINK_HEADER_LEN,
        NAMING, //
    }, //
};
use netlink_packet_core::{
    NetlinkBuffer,
    NlasIterator, //
};
use netlink_packet_route::link::LinkHeader;
use netlink_sys::protocols::NETLINK_ROUTE;
use nix::{
    errno::Errno,
    libc, //
};
use std::os::fd::{
    AsFd,
    BorrowedFd, //
};

/// Number of the multicast group that is told of links.
const RTNLGRP_LINK: u32 = 1;

/// Number of the attribute that says into which namespace a link goes.
const IFLA_NEW_NETNSID: u16 = 45;

/// Why a link is not there any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Departure {
    /// It has been removed.
    Removed,
    /// It has been moved to another network namespace, or so much was told at once that what
    /// has become of it got lost.
    Moved,
}

/// A listener to what becomes of links, in the network namespace it was opened in.
#[derive(Debug)]
pub struct LinkWatch {
    connection: Connection,
    client: LinkClient,
}

impl LinkWatch {
    /// Begins to listen.
    ///
    /// # Errors
    ///
    /// Those of the socket.
    pub fn open() -> Result<Self> {
        let client = LinkClient::open()?;
        let connection = Connection::open(NETLINK_ROUTE, NAMING)?;

        connection.join(RTNLGRP_LINK)?;
        connection.never_wait()?;
        Ok(Self { connection, client })
    }

    /// Tells whether the link with that interface index has left since this listens, or
    /// since it was asked last. Does not wait; [`AsFd`] is readable when there is news.
    ///
    /// # Errors
    ///
    /// Those of the socket.
    pub fn departure(&mut self, index: u32) -> Result<Option<Departure>> {
        let mut found = None;

        loop {
            match self.connection.receive_raw() {
                Ok(datagram) => found = found.or(departure(datagram, index)?),
                Err(error) if error.errno() == Some(Errno::EAGAIN) => return Ok(found),
                // Whatever was told, the kernel knows what there is.
                Err(Error::RepliesLost) => {
                    if found.is_none() && !self.client.has_index(index)? {
                        found = Some(Departure::Moved);
                    }
                }
                Err(error) => return Err(error),
            }
        }
    }
}

impl AsFd for LinkWatch {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.connection.as_fd()
    }
}

/// Looks for a link's departure in what was told.
fn departure(datagram: &[u8], index: u32) -> Result<Option<Departure>> {
    for message in Messages::new(datagram) {
        let message = NetlinkBuffer::new(message?);
        if message.message_type() != libc::RTM_DELLINK {
            continue;
        }
        let payload = message.payload();
        let header = LinkHeader::parse(payload)?;
        // A bridge that a link leaves tells it in the same words, with its own family.
        if header.index != index || u8::from(header.interface_family) != 0 {
            continue;
        }
        let attributes = payload.get(LINK_HEADER_LEN..).unwrap_or(&[]);
        let is_moved = NlasIterator::new(attributes)
            .map_while(|nla| nla.ok())
            .any(|nla| nla.kind() == IFLA_NEW_NETNSID);
        return Ok(Some(if is_moved {
            Departure::Moved
        } else {
            Departure::Removed
        }));
    }
    Ok(None)
}

#[cfg(all(test, target_endian = "little"))]
mod tests {
    use super::*;

    /// A message about link 7, with further attributes.
    fn told(kind: u8, family: u8, more: &[u8]) -> Vec<u8> {
        let len = u8::try_from(16 + 16 + 12 + more.len()).unwrap();
        [
            &[len, 0, 0, 0, kind, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0][..],
            &[family, 0, 0xfe, 0xff, 7, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0],
            &[9, 0, 3, 0, b'g', b't', b'p', b'0', 0, 0, 0, 0],
            more,
        ]
        .concat()
    }

    #[test]
    fn a_link_departs_in_one_of_two_ways() {
        let moved = [8, 0, 45, 0, 0, 0, 0, 0];
        let find = |datagram: &[u8], index| departure(datagram, index).unwrap();
        assert_eq!(find(&told(17, 0, &[]), 7), Some(Departure::Removed));
        assert_eq!(find(&told(17, 0, &moved), 7), Some(Departure::Moved));
        // Another link, RTM_NEWLINK, AF_BRIDGE.
        assert_eq!(find(&told(17, 0, &[]), 8), None);
        assert_eq!(find(&told(16, 0, &[]), 7), None);
        assert_eq!(find(&told(17, 7, &[]), 7), None);
        let both = [told(16, 0, &[]), told(17, 0, &moved)].concat();
        assert_eq!(find(&both, 7), Some(Departure::Moved));
    }

    #[test]
    fn nothing_is_waited_for() {
        let mut watch = LinkWatch::open().unwrap();
        assert_eq!(watch.departure(u32::MAX).unwrap(), None);
    }

    #[test]
    fn the_kernel_knows_what_there_is() {
        let mut client = LinkClient::open().unwrap();
        let loopback = crate::client::netns::interface_index("lo").unwrap();
        assert!(client.has_index(loopback).unwrap());
        assert!(!client.has_index(4_000_000).unwrap());
    }
}
