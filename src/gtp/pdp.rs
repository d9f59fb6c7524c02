// SPDX-License-Identifier: GPL-2.0

//! The PDP context: what a device knows of one subscriber's tunnel.

use super::{
    bearer::Bearer,
    paths::Path,
    uapi::{
        AF_INET,
        AF_INET6, //
    },
    usage::Usage, //
};
use crate::{
    net::{
        alloc::MAY_FAIL,
        table::{
            Key,
            Keyed,
            Unpublished, //
        },
    },
    wire::{
        inner::prefix64,
        session,
        FlowLabel,
        Seq,
        Teid,
        Tid,
        GTP_U_PORT,
        GTP_V0_PORT, //
    },
};
use core::net::IpAddr;
use kernel::{
    prelude::*,
    sync::{
        atomic::{
            Atomic,
            Relaxed, //
        },
        Arc, //
    }, //
};

/// Index of a table of contexts: by the identifier in received G-PDUs.
pub(super) const BY_TUNNEL: usize = 0;
/// Index of a table of contexts: by the address of the MS.
pub(super) const BY_MS: usize = 1;
/// How many indexes a table of contexts has.
pub(super) const KEYS: usize = 2;

/// A version of GTP that the driver speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Version {
    /// GSM 09.60.
    V0,
    /// TS 29.281.
    V1,
}

impl Version {
    /// The version's number, as netlink has it.
    pub(super) fn number(self) -> u8 {
        match self {
            Self::V0 => 0,
            Self::V1 => 1,
        }
    }

    /// The UDP port that the version is spoken on.
    #[inline]
    pub(super) fn port(self) -> u16 {
        match self {
            Self::V0 => GTP_V0_PORT,
            Self::V1 => GTP_U_PORT,
        }
    }
}

/// What tells the tunnel of a received G-PDU.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum TunnelId {
    /// Version 0: the tunnel identifier.
    V0(Tid),
    /// Version 1: our tunnel endpoint identifier.
    V1(Teid),
}

/// Address family of an MS: contexts of both may share a tunnel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Family {
    /// IPv4.
    Inet,
    /// IPv6.
    Inet6,
}

impl Family {
    /// The family of an address.
    #[inline]
    pub(super) fn of(address: IpAddr) -> Self {
        match address {
            IpAddr::V4(_) => Self::Inet,
            IpAddr::V6(_) => Self::Inet6,
        }
    }

    /// The family's number, as netlink has it.
    #[inline]
    pub(super) fn number(self) -> u8 {
        match self {
            Self::Inet => AF_INET,
            Self::Inet6 => AF_INET6,
        }
    }
}

/// The two halves of a number, for a key.
#[inline]
fn halves(number: u64) -> (u32, u32) {
    let [a, b, c, d, e, f, g, h] = number.to_ne_bytes();
    (
        u32::from_ne_bytes([a, b, c, d]),
        u32::from_ne_bytes([e, f, g, h]),
    )
}

impl TunnelId {
    /// The key of contexts of this family with this identifier.
    #[inline]
    pub(super) fn key(self, family: Family) -> Key {
        let family = u32::from(family.number());
        match self {
            Self::V0(Tid(tid)) => {
                let (a, b) = halves(tid);
                Key([a, b, family])
            }
            Self::V1(Teid(teid)) => Key([teid, 0, family | 0x100]),
        }
    }
}

/// The key of the context for an MS with this address, on its default bearer: the whole of
/// an IPv4 address, the prefix of an IPv6 address (TS 29.061 11.2.1.3).
#[inline]
pub(super) fn ms_key(address: IpAddr) -> Key {
    bearer_key(address, Bearer::DEFAULT)
}

/// The same on any of its bearers.
#[inline]
pub(super) fn bearer_key(address: IpAddr, bearer: Bearer) -> Key {
    let family = u32::from(Family::of(address).number());
    let last = family | u32::from(bearer.number()) << 8;
    match address {
        IpAddr::V4(address) => Key([address.to_bits(), 0, last]),
        IpAddr::V6(address) => {
            let (a, b) = halves(prefix64(address));
            Key([a, b, last])
        }
    }
}

/// The identifiers of a tunnel, and with them its version.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Tunnel {
    /// Version 0: the same identifiers in both directions.
    V0 {
        /// Tunnel identifier.
        tid: Tid,
        /// Flow label.
        flow: FlowLabel,
    },
    /// Version 1: each end chooses what it receives.
    V1 {
        /// TEID of received G-PDUs.
        i_tei: Teid,
        /// TEID of sent G-PDUs.
        o_tei: Teid,
    },
}

impl Tunnel {
    /// The tunnel's version.
    #[inline]
    pub(super) fn version(&self) -> Version {
        match self {
            Self::V0 { .. } => Version::V0,
            Self::V1 { .. } => Version::V1,
        }
    }

    /// What received G-PDUs of the tunnel are told by.
    #[inline]
    pub(super) fn id(&self) -> TunnelId {
        match *self {
            Self::V0 { tid, .. } => TunnelId::V0(tid),
            Self::V1 { i_tei, .. } => TunnelId::V1(i_tei),
        }
    }
}

/// The sequence numbers of what a context of version 0 sends. The context that takes its place
/// goes on with them, and a packet that still meets the old one takes its number from there.
///
/// In an `Arc` it is behind the reference count, and has a cache line for itself.
#[repr(C)]
struct Sequence {
    /// How many were used.
    used: Atomic<u32>,
    _line: [u32; 14],
}

const _: () = assert!(size_of::<Sequence>() == 64 - 4);

/// A PDP context. What it says does not change: an update is a new context in the
/// place of the old one. Nothing in it is written to for a packet.
pub(super) struct Pdp {
    /// The tunnel.
    pub(super) tunnel: Tunnel,
    /// Address of the MS; of an IPv6 address the prefix counts.
    pub(super) ms: IpAddr,
    /// Which bearer of the MS it is.
    pub(super) bearer: Bearer,
    /// What G-PDUs to the peer carry, if the tunnel is that of a PDU session: the QoS flow
    /// among it. Of version 1 only.
    pub(super) session: Option<session::Repr>,
    /// The path to the GSN at the other end.
    pub(super) path: Arc<Path>,
    /// Version 0 counts its G-PDUs.
    sequence: Option<Arc<Sequence>>,
    /// What is counted, on a device that was asked to.
    pub(super) usage: Option<Arc<Usage>>,
    /// Whether its volume has, or had, any limit: others need not be looked at.
    pub(super) is_limited: bool,
    /// Whether there are, or were, routes to the MS: others need not be looked for.
    pub(super) routed: Atomic<bool>,
}

impl Pdp {
    /// Makes a context that has sent nothing yet.
    ///
    /// # Errors
    ///
    /// ENOMEM.
    #[inline(always)]
    pub(super) fn new(
        tunnel: Tunnel,
        (ms, bearer): (IpAddr, Bearer),
        session: Option<session::Repr>,
        path: Arc<Path>,
        usage: Option<Arc<Usage>>,
        is_limited: bool,
    ) -> Result<Self> {
        // There are slabs of this size; those of the next have 256.
        const { assert!(Unpublished::<Self, KEYS>::SIZE <= 192) };
        let sequence = match tunnel {
            Tunnel::V0 { .. } => {
                let sequence = Sequence {
                    used: Atomic::new(0),
                    _line: [0; 14],
                };
                Some(Arc::new(sequence, MAY_FAIL)?)
            }
            Tunnel::V1 { .. } => None,
        };
        Ok(Self {
            tunnel,
            ms,
            bearer,
            session,
            path,
            sequence,
            usage,
            is_limited,
            routed: Atomic::new(false),
        })
    }

    /// Goes on counting with `old`, which this context replaces. Sequence numbers begin anew
    /// where the version changes.
    pub(super) fn go_on_from(&mut self, old: &Self) {
        self.usage.clone_from(&old.usage);
        self.is_limited |= old.is_limited;
        if self.sequence.is_some() && old.sequence.is_some() {
            self.sequence.clone_from(&old.sequence);
        }
        if self.is_of_same_bearer(old) {
            self.routed.store(old.routed.load(Relaxed), Relaxed);
        }
    }

    /// Whether both are of the same MS and bearer.
    pub(super) fn is_of_same_bearer(&self, other: &Self) -> bool {
        bearer_key(self.ms, self.bearer) == bearer_key(other.ms, other.bearer)
    }

    /// Whether the context may carry no more.
    #[inline]
    pub(super) fn is_exhausted(&self) -> bool {
        let usage = self.usage.as_ref().filter(|_| self.is_limited);
        usage.is_some_and(|usage| usage.is_exhausted())
    }

    /// Takes the next sequence number (GSM 09.60 7.4.1): 0 to 65535 and again. Version 1 has
    /// none, and gets 0.
    #[inline]
    pub(super) fn next_seq(&self) -> Seq {
        let sequence = self.sequence.as_ref();
        let [.., a, b] = sequence
            .map_or(0, |sequence| sequence.used.fetch_add(1, Relaxed))
            .to_be_bytes();
        Seq(u16::from_be_bytes([a, b]))
    }

    /// Gives back a sequence number that was not sent, unless the next has been taken.
    #[cold]
    pub(super) fn give_back_seq(&self, seq: Seq) {
        let Some(sequence) = &self.sequence else {
            return;
        };
        let count = sequence.used.load(Relaxed);
        let last = count.wrapping_sub(1);
        let [.., a, b] = last.to_be_bytes();
        if u16::from_be_bytes([a, b]) == seq.0 {
            // Whoever has taken one since leaves a gap, as a lost packet does.
            let _ = sequence.used.cmpxchg(count, last, Relaxed);
        }
    }
}

impl Keyed<KEYS> for Pdp {
    fn keys(&self) -> [Key; KEYS] {
        [
            self.tunnel.id().key(Family::of(self.ms)),
            bearer_key(self.ms, self.bearer),
        ]
    }
}
