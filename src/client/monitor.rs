// SPDX-License-Identifier: GPL-2.0

//! Listening to the family's multicast group.

use crate::client::{
    attribute::GtpAttribute,
    connection::{
        Connection,
        Messages, //
    },
    error::{
        Error,
        Result, //
    },
    genl::GtpClient,
    message::{
        GtpMessage,
        GTP_CMD_DELPDP,
        GTP_CMD_DELROUTE,
        GTP_CMD_ECHOREQ,
        GTP_CMD_END_MARKER,
        GTP_CMD_ERROR_INDICATION,
        GTP_CMD_FLUSH,
        GTP_CMD_NEWPDP,
        GTP_CMD_NEWROUTE,
        GTP_CMD_PATH,
        GTP_CMD_USAGE, //
    },
    path::{
        Echo,
        EndMarker,
        ErrorIndication, //
    },
    pdp::PdpContext,
    route::FramedRoute,
    supervision::GtpPath,
};
use netlink_packet_core::{
    NetlinkBuffer,
    NetlinkMessage,
    NetlinkPayload, //
};
use netlink_packet_generic::GenlMessage;
use nix::{
    errno::Errno,
    poll::{
        poll,
        PollFd,
        PollFlags,
        PollTimeout, //
    }, //
};
use std::{
    collections::VecDeque,
    os::fd::AsFd,
    time::{
        Duration,
        Instant, //
    }, //
};

/// Wanted size of the receive buffer, in octets. Nothing is set aside for it;
/// it is what tens of thousands of changes made at once take before they are
/// read.
const RECEIVE_BUFFER: usize = 32 * 1024 * 1024;

/// Something that happened to the links of a network namespace.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Event {
    /// A PDP context was made or changed.
    New(PdpContext),
    /// A PDP context was removed.
    Del(PdpContext),
    /// An Echo Response came in (TS 29.281 7.2.2).
    Echo(Echo),
    /// An Error Indication came in (TS 29.281 7.3.1). The context is still
    /// there: whether to remove it is the listener's business.
    ErrorIndication(ErrorIndication),
    /// An End Marker came in (TS 29.281 7.3.2).
    EndMarker(EndMarker),
    /// All PDP contexts of a link are gone, since the link is being removed.
    Flush {
        /// Interface index that the link has, or had.
        link: u32,
    },
    /// A PDP context has reached a limit of its volume, which its usage tells.
    Usage(PdpContext),
    /// A path has come up or gone down (TS 29.281 7.2, TS 23.007 20).
    Path(GtpPath),
    /// A framed route was made or changed.
    NewRoute(FramedRoute),
    /// A framed route was removed by a request.
    DelRoute(FramedRoute),
    /// Messages were lost, because they were not read fast enough.
    Lost,
    /// Something that this client does not know.
    Other {
        /// Command of the message.
        command: u8,
        /// Attributes of the message.
        attributes: Vec<GtpAttribute>,
    },
}

impl Event {
    /// Reads a notification. One that is not as it should be becomes
    /// [`Event::Other`]: nothing that was heard is withheld.
    #[must_use]
    pub fn from_message(message: GtpMessage) -> Self {
        let attributes = &message.attributes;
        let event = match message.command {
            GTP_CMD_NEWPDP => PdpContext::from_attributes(attributes).map(Self::New).ok(),
            GTP_CMD_DELPDP => PdpContext::from_attributes(attributes).map(Self::Del).ok(),
            GTP_CMD_ECHOREQ => Echo::from_attributes(attributes).map(Self::Echo).ok(),
            GTP_CMD_ERROR_INDICATION => ErrorIndication::from_attributes(attributes)
                .map(Self::ErrorIndication)
                .ok(),
            GTP_CMD_END_MARKER => EndMarker::from_attributes(attributes)
                .map(Self::EndMarker)
                .ok(),
            GTP_CMD_PATH => GtpPath::from_attributes(attributes).map(Self::Path).ok(),
            GTP_CMD_USAGE => PdpContext::from_attributes(attributes)
                .ok()
                .filter(|context| context.usage.is_some())
                .map(Self::Usage),
            GTP_CMD_NEWROUTE => FramedRoute::from_attributes(attributes)
                .map(Self::NewRoute)
                .ok(),
            GTP_CMD_DELROUTE => FramedRoute::from_attributes(attributes)
                .map(Self::DelRoute)
                .ok(),
            GTP_CMD_FLUSH => attributes.iter().find_map(|attribute| match attribute {
                GtpAttribute::Link(link) => Some(Self::Flush { link: *link }),
                _ => None,
            }),
            _ => None,
        };

        event.unwrap_or(Self::Other {
            command: message.command,
            attributes: message.attributes,
        })
    }
}

/// A member of the multicast group, in the network namespace it was opened in.
#[derive(Debug)]
pub struct Monitor {
    connection: Connection,
    family: u16,
    heard: VecDeque<Event>,
}

impl Monitor {
    /// Joins the group. What happens from now on is heard.
    ///
    /// # Errors
    ///
    /// [`Error::NoFamily`] where no driver is there, the kernel's `EPERM` where
    /// the caller may not listen.
    pub fn open() -> Result<Self> {
        let (connection, family) = GtpClient::open()?.into_group()?;

        connection.widen(RECEIVE_BUFFER);
        Ok(Self {
            connection,
            family,
            heard: VecDeque::new(),
        })
    }

    /// Waits for the next event, for ever or up to `timeout`; `None` where
    /// nothing has happened by then.
    ///
    /// # Errors
    ///
    /// Those of the socket. Messages that were lost are no error but
    /// [`Event::Lost`]: listening goes on.
    pub fn next(&mut self, timeout: Option<Duration>) -> Result<Option<Event>> {
        let deadline = timeout.map(|timeout| Instant::now() + timeout);

        loop {
            if let Some(event) = self.heard.pop_front() {
                return Ok(Some(event));
            }
            if let Some(deadline) = deadline {
                if !self.wait_until(deadline)? {
                    return Ok(None);
                }
            }
            match self.connection.receive_raw() {
                Ok(datagram) => {
                    let datagram = datagram.to_vec();
                    self.hear(&datagram)?;
                }
                Err(Error::RepliesLost) => self.heard.push_back(Event::Lost),
                Err(error) => return Err(error),
            }
        }
    }

    /// Waits until there is something to read; tells whether there is.
    fn wait_until(&self, deadline: Instant) -> Result<bool> {
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            // Rounded up, or the last millisecond would be spent spinning.
            let left = left.saturating_add(Duration::from_micros(999));
            let timeout = PollTimeout::try_from(left).unwrap_or(PollTimeout::MAX);
            let mut fds = [PollFd::new(self.connection.as_fd(), PollFlags::POLLIN)];

            match poll(&mut fds, timeout) {
                Ok(0) if Instant::now() >= deadline => return Ok(false),
                Ok(0) | Err(Errno::EINTR) => {}
                Ok(_) => return Ok(true),
                Err(errno) => return Err(Error::System("cannot wait".to_string(), errno)),
            }
        }
    }

    /// Takes one datagram apart.
    fn hear(&mut self, datagram: &[u8]) -> std::result::Result<(), Error> {
        for message in Messages::new(datagram) {
            let message = message?;
            if NetlinkBuffer::new(message).message_type() != self.family {
                continue;
            }
            let message: NetlinkMessage<GenlMessage<GtpMessage>> =
                NetlinkMessage::deserialize(message)?;
            if let NetlinkPayload::InnerMessage(message) = message.payload {
                self.heard.push_back(Event::from_message(message.payload));
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::client::{
        path::UnknownTunnel,
        pdp::Tunnel,
        usage::{
            Limits,
            Usage,
            UsageAttribute, //
        }, //
    };
    use std::net::{
        IpAddr,
        Ipv4Addr, //
    };

    fn context() -> PdpContext {
        PdpContext {
            link: 7,
            limits: Limits::default(),
            usage: None,
            tunnel: Tunnel::V1 { i_tei: 1, o_tei: 2 },
            ms: IpAddr::V4(Ipv4Addr::new(10, 45, 0, 2)),
            peer: IpAddr::V4(Ipv4Addr::new(192, 0, 2, 1)),
            flow: None,
            bearer: 0,
            other: Vec::new(),
        }
    }

    fn event(command: u8, attributes: Vec<GtpAttribute>) -> Event {
        Event::from_message(GtpMessage {
            command,
            attributes,
        })
    }

    #[test]
    fn notifications_are_told_apart_by_their_command() {
        let attributes = context().to_attributes(None);
        assert_eq!(event(0, attributes.clone()), Event::New(context()));
        assert_eq!(event(1, attributes.clone()), Event::Del(context()));

        let mut reached = context();
        let usage = vec![UsageAttribute::Event(1)];
        reached.usage = Some(Usage::from_attributes(&usage));
        let attributes = [attributes, vec![GtpAttribute::Usage(usage)]].concat();
        assert_eq!(event(70, attributes), Event::Usage(reached));

        let echo = Echo {
            version: 1,
            peer: IpAddr::V4(Ipv4Addr::new(192, 0, 2, 1)),
            local: IpAddr::V4(Ipv4Addr::new(192, 0, 2, 2)),
        };
        let attributes = vec![
            GtpAttribute::Version(1),
            GtpAttribute::PeerAddress(Ipv4Addr::new(192, 0, 2, 1)),
            GtpAttribute::MsAddress(Ipv4Addr::new(192, 0, 2, 2)),
        ];
        assert_eq!(event(3, attributes), Event::Echo(echo));

        let attributes = vec![
            GtpAttribute::Version(1),
            GtpAttribute::Link(7),
            GtpAttribute::PeerAddress(Ipv4Addr::new(192, 0, 2, 1)),
            GtpAttribute::OTei(200),
        ];
        assert_eq!(
            event(64, attributes),
            Event::ErrorIndication(ErrorIndication {
                link: 7,
                peer: IpAddr::V4(Ipv4Addr::new(192, 0, 2, 1)),
                tunnel: UnknownTunnel::V1 { o_tei: 200 },
            })
        );
        let attributes = vec![
            GtpAttribute::Version(1),
            GtpAttribute::Link(7),
            GtpAttribute::PeerAddress(Ipv4Addr::new(192, 0, 2, 1)),
            GtpAttribute::ITei(100),
        ];
        assert_eq!(
            event(66, attributes),
            Event::EndMarker(EndMarker {
                link: 7,
                peer: IpAddr::V4(Ipv4Addr::new(192, 0, 2, 1)),
                i_tei: 100,
            })
        );
        assert_eq!(
            event(65, vec![GtpAttribute::Link(7)]),
            Event::Flush { link: 7 }
        );
    }

    #[test]
    fn what_is_unknown_or_incomplete_is_told_all_the_same() {
        let attributes = vec![GtpAttribute::Version(1)];
        for command in [0, 1, 3, 64, 65, 66, 70, 71, 72, 99] {
            assert_eq!(
                event(command, attributes.clone()),
                Event::Other {
                    command,
                    attributes: attributes.clone(),
                }
            );
        }
    }
}
