// SPDX-License-Identifier: GPL-2.0

//! Counters of what is not the usual, for `ethtool -S`: why packets were dropped or
//! passed up, and what path management did. None is touched for a packet that takes the
//! usual way.

use crate::wire::Error;
use kernel::sync::atomic::{
    Atomic,
    Relaxed, //
};

macro_rules! events {
    ($($(#[$doc:meta])* $event:ident => $name:literal,)*) => {
        /// What is counted.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(super) enum Event {
            $($(#[$doc])* $event,)*
        }

        impl Event {
            /// All events, in the order of their counters.
            const ALL: &'static [Self] = &[$(Self::$event,)*];

            /// Name of the event's counter.
            const fn name(self) -> &'static str {
                match self {
                    $(Self::$event => $name,)*
                }
            }
        }
    };
}

events! {
    /// A datagram was passed up to the process that owns the socket.
    PassedUp => "rx_passed_up",
    /// It was no T-PDU, and path management had no use for it.
    RxMessage => "rx_unhandled_message",
    /// No context has the identifier of a T-PDU.
    RxUnknownTunnel => "rx_unknown_tunnel",
    /// The address in a T-PDU was not the context's.
    RxNotFromMs => "rx_not_from_ms",
    /// It was of a version that the socket is not for.
    RxOtherVersion => "rx_other_version",
    /// An extension header was not known that must not be skipped.
    RxUnknownExtension => "rx_unknown_extension",
    /// It was several segments in one.
    RxGso => "rx_unexpected_gso",
    /// Congestion was marked on a packet that must not be marked.
    RxEcn => "rx_ecn",
    /// It was not of the QoS flow of its context.
    RxOtherFlow => "rx_other_qos_flow",
    /// There was no memory to receive it.
    RxNoMemory => "rx_no_memory",
    /// No context has the address of the MS.
    TxNoContext => "tx_no_context",
    /// The socket for the context is closed.
    TxNoSocket => "tx_no_socket",
    /// There was no route to the peer.
    TxNoRoute => "tx_no_route",
    /// The route to the peer leads into the tunnel.
    TxRecursion => "tx_recursion",
    /// The packet was too big for the path.
    TxTooBig => "tx_too_big",
    /// The packet was no IP packet.
    TxNotIp => "tx_not_ip",
    /// The packet ended within its IP header, or there was no memory.
    TxTruncated => "tx_truncated",
    /// There was no memory to send it.
    TxNoMemory => "tx_no_memory",
    /// The context of a received packet has used up its quota.
    RxOverQuota => "rx_over_quota",
    /// The context of a packet has used up its quota.
    TxOverQuota => "tx_over_quota",
    /// An echo request was answered.
    EchoAnswered => "echo_requests_answered",
    /// An echo request was not answered, as there were too many.
    EchoLimited => "echo_requests_limited",
    /// An echo request was sent to supervise a path.
    EchoSent => "echo_requests_sent",
    /// A path was found to be down.
    PathFailed => "paths_failed",
    /// An echo response came that we had asked for.
    EchoResponse => "echo_responses_received",
    /// An echo response came that nobody had asked for.
    EchoUnasked => "echo_responses_unexpected",
    /// An error indication came.
    ErrorIndicationReceived => "error_indications_received",
    /// An error indication was sent.
    ErrorIndicationSent => "error_indications_sent",
    /// A supported extension headers notification was sent.
    ExtensionsNotified => "extension_notifications_sent",
    /// An end marker came for a tunnel that is known.
    EndMarkerReceived => "end_markers_received",
    /// An end marker was sent.
    EndMarkerSent => "end_markers_sent",
    /// An end marker that was due could not be sent.
    EndMarkerUnsent => "end_markers_not_sent",
}

/// How a datagram can be malformed, in the order of the counters.
const MALFORMED: [Error; 14] = [
    Error::TooShort,
    Error::LengthTooLong,
    Error::LengthTooShort,
    Error::ExtensionTruncated,
    Error::ExtensionZeroLength,
    Error::TooManyExtensions,
    Error::InnerTruncated,
    Error::InnerVersion,
    Error::IeTruncated,
    Error::IeLength,
    Error::IeUnknown,
    Error::IeMissing,
    Error::SessionType,
    Error::SessionTruncated,
];

/// The counters of a device.
pub(super) struct Counters {
    events: [Atomic<u64>; Event::ALL.len()],
    malformed: [Atomic<u64>; MALFORMED.len()],
}

impl Counters {
    /// How many there are.
    pub(super) const COUNT: usize = Event::ALL.len() + MALFORMED.len();

    /// Makes counters that are all 0.
    pub(super) fn new() -> Self {
        Self {
            events: [const { Atomic::new(0) }; Event::ALL.len()],
            malformed: [const { Atomic::new(0) }; MALFORMED.len()],
        }
    }

    /// Counts an event.
    #[cold]
    pub(super) fn count(&self, event: Event) {
        let place = Event::ALL.iter().position(|&other| other == event);
        if let Some(counter) = place.and_then(|place| self.events.get(place)) {
            counter.add(1, Relaxed);
        }
    }

    /// Counts a malformed datagram.
    #[cold]
    pub(super) fn count_malformed(&self, error: Error) {
        let place = MALFORMED.iter().position(|&other| other == error);
        if let Some(counter) = place.and_then(|place| self.malformed.get(place)) {
            counter.add(1, Relaxed);
        }
    }

    /// Counter number `index`, as the parts of its name and its value.
    pub(super) fn get(&self, index: usize) -> Option<([&'static str; 2], u64)> {
        if let (Some(event), Some(counter)) = (Event::ALL.get(index), self.events.get(index)) {
            return Some((["", event.name()], counter.load(Relaxed)));
        }
        let index = index.checked_sub(Event::ALL.len())?;
        let (error, counter) = (MALFORMED.get(index)?, self.malformed.get(index)?);
        Some((["rx_malformed_", error.as_str()], counter.load(Relaxed)))
    }
}
