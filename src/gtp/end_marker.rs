// SPDX-License-Identifier: GPL-2.0

//! End Markers (TS 29.281 7.3.2): the message that ends the stream of G-PDUs on a tunnel,
//! so that its receiver may go on with what came in by another.
//!
//! One that is sent for a context that has moved to another tunnel comes after the last
//! G-PDU on the old one, on whatever processor that was sent. A packet finds its context
//! and leaves within one RCU read section: when `ndo_start_xmit` returns, its datagram,
//! or all of them, has been handed to the output of IP. A processor that finds the new context
//! sends nothing on the old tunnel any more. So once the context was replaced and a grace
//! period has passed, every G-PDU of the old tunnel has been handed over, and what is sent
//! then comes behind them. That is as far as any sender's word reaches: they share the
//! 5-tuple of UDP, and what reorders datagrams of one (several queues of a NIC, the network)
//! may reorder these.

use super::{
    device::{
        Gtp,
        SocketRole, //
    },
    pdp::{
        Pdp,
        Tunnel, //
    },
    stats::Event, //
};
use crate::{
    net::{
        link::Device,
        udp::{
            Path,
            Receiver, //
        },
    },
    wire::{
        session,
        v1,
        Teid, //
    },
};
use core::net::{
    IpAddr,
    Ipv4Addr,
    Ipv6Addr, //
};
use kernel::{
    prelude::*,
    sync::rcu, //
};

/// The End Marker of one tunnel of version 1.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct EndMarker {
    /// The socket that the tunnel begins at.
    role: SocketRole,
    /// Address of the peer.
    peer: IpAddr,
    /// The peer's TEID of the tunnel.
    teid: Teid,
    /// What the tunnel's G-PDUs carry, if it is that of a PDU session.
    session: Option<session::Repr>,
}

impl EndMarker {
    /// The End Marker of the tunnel that a context sends to. Version 0 has none.
    pub(super) fn of(pdp: &Pdp) -> Option<Self> {
        match pdp.tunnel {
            Tunnel::V0 { .. } => None,
            Tunnel::V1 { o_tei, .. } => Some(Self {
                role: pdp.path.role,
                peer: pdp.path.peer(),
                teid: o_tei,
                session: pdp.session,
            }),
        }
    }

    /// Whether it would end the tunnel that this context sends to.
    pub(super) fn ends(&self, pdp: &Pdp) -> bool {
        Self::of(pdp).is_some_and(|other| (self.peer, self.teid) == (other.peer, other.teid))
    }

    /// Sends it, from where the tunnel's G-PDUs come.
    ///
    /// # Errors
    ///
    /// ENOTCONN: the socket is closed; ENOMEM; what the look-up of the route says.
    pub(super) fn send(&self, dev: &Device<Gtp>, rcu: &rcu::Guard) -> Result {
        let gtp = dev.data();
        let endpoint = gtp.slot(self.role).get(rcu).ok_or(ENOTCONN)?;
        let port = self.role.version.port();
        let path = Path {
            peer: self.peer,
            peer_port: port,
            // The one that the socket is bound to, or that the route chooses.
            local: match self.peer {
                IpAddr::V4(_) => IpAddr::V4(Ipv4Addr::UNSPECIFIED),
                IpAddr::V6(_) => IpAddr::V6(Ipv6Addr::UNSPECIFIED),
            },
        };
        match self.session {
            None => endpoint.send_message(&path, port, &v1::end_marker(self.teid), rcu),
            Some(session) => {
                let message =
                    v1::end_marker_in_session(self.teid, session).map_err(|_| EMSGSIZE)?;
                endpoint.send_message(&path, port, message.octets(), rcu)
            }
        }?;
        gtp.counters.count(Event::EndMarkerSent);
        Ok(())
    }

    /// Sends it when nobody sends G-PDUs on the tunnel any more, now that no context leads
    /// to it. Sleeps. That it cannot be sent is counted, and nothing that anyone could mend:
    /// the G-PDUs before it did not go either.
    pub(super) fn send_behind(&self, dev: &Device<Gtp>) {
        rcu::synchronize_rcu();
        if self.send(dev, &rcu::read_lock()).is_err() {
            dev.data().counters.count(Event::EndMarkerUnsent);
        }
    }
}
