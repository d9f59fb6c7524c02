// SPDX-License-Identifier: GPL-2.0

//! Path supervision: whether the peers are there (TS 29.281 7.2, TS 23.007 20, GSM 09.60 7.4).
//!
//! Each path that contexts are on is asked by an Echo Request, again after T3 if there is no
//! answer, N3 times in all, and then again at an interval. It is down when all requests of a
//! round went unanswered, and up with any answer of the peer. What carries user data goes on
//! in any case: what is to be done about a path that is down is the control plane's business.
//!
//! Answers come in softirq context. They are put into a ring there, with the time, and read
//! by the device's work, which alone looks at and changes what is known of the paths, under
//! the lock of their tree.

use super::{
    device::Gtp,
    netlink::notify,
    path,
    paths::Path,
    stats::Event,
    uapi::{
        link::{
            ECHO_INTERVAL,
            ECHO_N3,
            ECHO_T3, //
        },
        path as nest, //
    },
};
use crate::{
    net::{
        extack::ExtAck,
        link::{
            Device,
            HighAttrs, //
        },
        nlattr::{
            total_size,
            Writer, //
        },
        time::monotonic_ns,
        udp::{
            self,
            Receiver, //
        },
    },
    wire::Seq,
};
use core::net::{
    IpAddr,
    Ipv4Addr,
    Ipv6Addr, //
};
use kernel::{
    prelude::*,
    sync::{
        atomic::{
            Acquire,
            Atomic,
            Full,
            Relaxed,
            Release, //
        },
        rcu, //
    },
};

/// The shortest interval between requests on a path, in seconds (TS 29.281 7.2.1).
const MIN_INTERVAL: u32 = 60;
/// T3 where nobody names one, in milliseconds.
const DEFAULT_T3: u32 = 3000;
/// What T3 may be, in milliseconds.
const T3: core::ops::RangeInclusive<u32> = 100..=60_000;
/// N3 where nobody names one.
const DEFAULT_N3: u8 = 5;

/// What is said of an attribute that is.
const TOO_SHORT: &CStr = c"The attribute is too short";

/// Requests that may be unanswered at a time; more are taken for unanswered.
const EXPECTED: usize = 64;
/// Answers that the work has not read yet.
const ANSWERS: usize = 32;
/// Requests that are sent in one go.
const BURST: u32 = 16;
/// How long after one run of the work the next one is, at the least, in milliseconds.
pub(super) const PACE: u32 = 20;
/// How long after that it is looked whether a device is up, in milliseconds.
const DOWN: u32 = 1000;

/// What is known of a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    /// Nothing yet.
    Unknown,
    /// The peer has answered.
    Up,
    /// The peer has not answered.
    Down,
}

impl State {
    /// The state's number, as netlink has it.
    fn number(self) -> u8 {
        match self {
            Self::Unknown => 0,
            Self::Up => 1,
            Self::Down => 2,
        }
    }
}

/// An answer: what the request is told by, and when it came, in nanoseconds.
type Answer = (u64, u64);

/// What a device does to supervise its paths.
pub(super) struct Supervisor {
    /// Between the first requests of two rounds, in seconds.
    interval: u32,
    /// Until a request is repeated, in milliseconds.
    t3: u32,
    /// How many requests a round has.
    n3: u8,
    /// What unanswered requests are told by, or 0, by sequence number.
    expected: [Atomic<u64>; EXPECTED],
    /// Answers that came, or 0.
    answers: [(Atomic<u64>, Atomic<u64>); ANSWERS],
    /// How many answers came.
    count: Atomic<u32>,
}

impl Supervisor {
    /// Room that [`fill`](Self::fill) needs, in octets.
    pub(super) const INFO_SIZE: usize = 2 * total_size(4) + total_size(1);

    /// Reads what a new link is to do.
    ///
    /// # Errors
    ///
    /// ERANGE: an attribute is too short. EINVAL: its value is out of range, or the sockets
    /// are not the kernel's.
    pub(super) fn new(
        attrs: &HighAttrs<'_>,
        creates_sockets: bool,
        extack: &mut ExtAck<'_>,
    ) -> Result<Option<Self>> {
        let t3 = match attrs.octets(ECHO_T3, TOO_SHORT, extack)? {
            None => DEFAULT_T3,
            Some((attr, value)) => Some(u32::from_ne_bytes(value))
                .filter(|t3| T3.contains(t3))
                .ok_or_else(|| {
                    extack.fail_attr(EINVAL, attr, c"T3 is 100 to 60000 milliseconds")
                })?,
        };
        let n3 = match attrs.octets(ECHO_N3, TOO_SHORT, extack)? {
            None => DEFAULT_N3,
            Some((attr, [0])) => {
                return Err(extack.fail_attr(EINVAL, attr, c"N3 is 1 or more requests"))
            }
            Some((_, [n3])) => n3,
        };
        let Some((attr, value)) = attrs.octets(ECHO_INTERVAL, TOO_SHORT, extack)? else {
            return Ok(None);
        };
        let interval = u32::from_ne_bytes(value);
        if interval == 0 {
            return Ok(None);
        }
        if interval < MIN_INTERVAL {
            return Err(extack.fail_attr(
                EINVAL,
                attr,
                c"A path is not to be asked more often than each 60 seconds",
            ));
        }
        if !creates_sockets {
            return Err(extack.fail_attr(
                EINVAL,
                attr,
                c"Path supervision takes IFLA_GTP_CREATE_SOCKETS",
            ));
        }
        Ok(Some(Self {
            interval,
            t3,
            n3,
            expected: [const { Atomic::new(0) }; EXPECTED],
            answers: [const { (Atomic::new(0), Atomic::new(0)) }; ANSWERS],
            count: Atomic::new(0),
        }))
    }

    /// Writes what the link does.
    ///
    /// # Errors
    ///
    /// EMSGSIZE.
    pub(super) fn fill(&self, writer: &mut Writer<'_>) -> Result {
        writer.put_u32(ECHO_INTERVAL, self.interval)?;
        writer.put_u32(ECHO_T3, self.t3)?;
        writer.put_u8(ECHO_N3, self.n3)
    }

    /// The place of what a request with this sequence number is told by.
    fn place(&self, seq: Seq) -> Option<&Atomic<u64>> {
        self.expected.get(usize::from(seq.0).checked_rem(EXPECTED)?)
    }

    /// Takes the answer to one of our requests, of which `token` says which, or would say. The
    /// peers that answer any request with sequence number 0 are known. False if it is not one.
    pub(super) fn take(&self, dev: &Device<Gtp>, token: u64, seq: Seq, lenient: bool) -> bool {
        let is = |place: &&Atomic<u64>| place.load(Relaxed) == token;
        let of_peer = |place: &&Atomic<u64>| path::is_of_peer(place.load(Relaxed), token);
        let any = || self.expected.iter().find(of_peer).filter(|_| lenient);
        let Some(place) = self.place(seq).filter(is).or_else(any) else {
            return false;
        };
        // It counts once, and not for another that has come in its place meanwhile.
        let found = place.load(Relaxed);
        let is_taken = path::is_of_peer(found, token) && place.cmpxchg(found, 0, Full).is_ok();
        if is_taken {
            self.push(dev, found);
        }
        is_taken
    }

    /// Has the work read that a peer has answered.
    pub(super) fn push(&self, dev: &Device<Gtp>, token: u64) {
        let count = self.count.fetch_add(1, Relaxed);
        let place = usize::try_from(count)
            .ok()
            .and_then(|n| n.checked_rem(ANSWERS));
        if let Some((slot, when)) = place.and_then(|place| self.answers.get(place)) {
            when.store(monotonic_ns(), Relaxed);
            slot.store(token, Release);
        }
        dev.work_within(PACE);
    }

    /// Takes the answers that came; those that are zero are none.
    fn read(&self) -> [Answer; ANSWERS] {
        self.answers.each_ref().map(|(slot, when)| {
            let token = slot.load(Acquire);
            let when = when.load(Relaxed);
            // Another one that has come in its place meanwhile is read the next time.
            if token != 0 && slot.cmpxchg(token, 0, Full).is_ok() {
                (token, when)
            } else {
                (0, 0)
            }
        })
    }
}

/// What is known of a path, and what is to be done next.
pub(super) struct Watch {
    state: State,
    /// The state that was told last.
    told: State,
    /// Requests of this round that were sent.
    sent: u8,
    /// Their sequence number.
    seq: Seq,
    /// When the first one was sent, in nanoseconds.
    first: u64,
    /// When something is to be done, in milliseconds.
    due: u64,
    /// Round-trip time of the last answer to a request that was not repeated, in
    /// microseconds; 0 if there was none.
    rtt: u32,
}

impl Watch {
    /// Of a path of which nothing is known.
    pub(super) fn new() -> Self {
        Self {
            state: State::Unknown,
            told: State::Unknown,
            sent: 0,
            seq: Seq(0),
            first: 0,
            due: 0,
            rtt: 0,
        }
    }

    /// Writes what is known of the path, and how many contexts are on it.
    ///
    /// # Errors
    ///
    /// EMSGSIZE.
    pub(super) fn fill(&self, writer: &mut Writer<'_>, contexts: usize) -> Result {
        let contexts = u32::try_from(contexts).unwrap_or(u32::MAX);
        writer.put_u8(nest::STATE, self.state.number())?;
        if self.rtt != 0 {
            writer.put_u32(nest::RTT, self.rtt)?;
        }
        writer.put_u32(nest::CONTEXTS, contexts)
    }

    /// Takes note of an answer.
    fn answered(&mut self, supervisor: &Supervisor, seq: Seq, when: u64) {
        if self.sent == 1 && seq == self.seq {
            let ns = when.saturating_sub(self.first);
            let us = ns.checked_div(1000).unwrap_or(0);
            self.rtt = u32::try_from(us).unwrap_or(u32::MAX).max(1);
        }
        if self.sent > 0 {
            self.sent = 0;
            self.due = self.next_round(supervisor);
        }
        self.state = State::Up;
    }

    /// When the next round begins, in milliseconds.
    fn next_round(&self, supervisor: &Supervisor) -> u64 {
        let interval = u64::from(supervisor.interval).saturating_mul(1000);
        to_ms(self.first).saturating_add(interval)
    }

    /// Does what is due at `now`, in nanoseconds, on a path: a request is put off where no more
    /// may be sent.
    fn act(
        &mut self,
        dev: &Device<Gtp>,
        supervisor: &Supervisor,
        path: &Path,
        now: u64,
        may_send: &mut u32,
    ) {
        let ms = to_ms(now);
        if ms < self.due {
            return;
        }
        if self.sent > 0 && self.sent >= supervisor.n3 {
            if self.state != State::Down {
                dev.data().counters.count(Event::PathFailed);
            }
            self.state = State::Down;
            self.sent = 0;
            // A round may take longer than an interval.
            self.due = self.next_round(supervisor).max(ms);
            return;
        }
        let Some(left) = may_send.checked_sub(1) else {
            return;
        };
        *may_send = left;
        if self.sent == 0 {
            self.seq = dev.data().management.take_seq();
            self.first = now;
        }
        self.sent = self.sent.saturating_add(1);
        self.due = ms.saturating_add(u64::from(supervisor.t3));
        let version = path.role.version;
        let token = path::token(version, path.peer(), self.seq);
        if let Some(place) = supervisor.place(self.seq) {
            place.store(token, Relaxed);
        }
        if send(dev, path, self.seq).is_ok() {
            dev.data().counters.count(Event::EchoSent);
        }
    }

    /// Has the path asked anew once the device is up again.
    fn pause(&mut self) {
        self.sent = 0;
        self.due = 0;
    }
}

/// Converts nanoseconds to milliseconds.
fn to_ms(ns: u64) -> u64 {
    ns.checked_div(1_000_000).unwrap_or(0)
}

/// Sends an echo request.
fn send(dev: &Device<Gtp>, path: &Path, seq: Seq) -> Result {
    let rcu = rcu::read_lock();
    let endpoint = dev.data().slot(path.role).get(&rcu).ok_or(ENOTCONN)?;
    let local = match path.peer() {
        IpAddr::V4(_) => IpAddr::V4(Ipv4Addr::UNSPECIFIED),
        IpAddr::V6(_) => IpAddr::V6(Ipv6Addr::UNSPECIFIED),
    };
    let way = udp::Path {
        peer: path.peer(),
        peer_port: path.role.version.port(),
        local,
    };
    path::send_echo(endpoint, &way, seq, &rcu)
}

/// The work of a device that supervises its paths.
pub(super) fn work(dev: &Device<Gtp>) {
    let Some(supervisor) = &dev.data().supervisor else {
        return;
    };
    let is_up = dev.is_up();
    let now = monotonic_ns();
    let mut may_send = BURST;
    let mut next = u64::MAX;
    let mut paths = dev.data().paths.lock();
    let answers = supervisor.read();
    for shared in paths.all() {
        let watch = &mut shared.watch;
        let (version, peer) = (shared.path.role.version, shared.path.peer());
        let token = path::token(version, peer, Seq(0));
        for (answer, when) in answers {
            if path::is_of_peer(answer, token) {
                watch.answered(supervisor, path::seq_of(answer), when);
            }
        }
        if is_up {
            watch.act(dev, supervisor, &shared.path, now, &mut may_send);
        } else {
            watch.pause();
        }
        // What cannot be told now is told the next time.
        if watch.state != watch.told {
            let rcu = rcu::read_lock();
            if notify::path(dev, &shared.path, watch, shared.contexts, &rcu) {
                watch.told = watch.state;
            } else {
                next = 0;
            }
        }
        next = next.min(watch.due);
    }
    drop(paths);
    if next == u64::MAX {
        return;
    }
    let wait = if is_up {
        let ms = next.saturating_sub(to_ms(now));
        u32::try_from(ms).unwrap_or(u32::MAX).max(PACE)
    } else {
        DOWN
    };
    dev.work_within(wait);
}
