// SPDX-License-Identifier: GPL-2.0

//! Path supervision: whether the peers are there (TS 29.281 7.2, TS 23.007 20, GSM 09.60 7.4).
//!
//! Each path that contexts are on is asked by an Echo Request, again after T3 if there is no
//! answer, N3 times in all, and then again at an interval. It is down when all requests of a
//! round went unanswered, and up with any answer of the peer. What carries user data goes on
//! in any case: what is to be done about a path that is down is the control plane's business.
//!
//! Answers come in softirq context. There the path takes note of them, with the time, for the
//! device's work, which changes what is known of the path.
//!
//! A path that contexts have left is remembered until its peer may be asked again: one that
//! contexts come to and go from all the time is not asked more often than any other.

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
    fn number(self) -> u32 {
        match self {
            Self::Unknown => 0,
            Self::Up => 1,
            Self::Down => 2,
        }
    }
}

/// What everybody may be told of a path. It is changed by the holder of the watch.
pub(super) struct Shown {
    /// How many contexts are on the path.
    contexts: Atomic<u32>,
    /// The number of the state.
    state: Atomic<u32>,
    /// Round-trip time of the last answer to a request that was not repeated, in
    /// microseconds; 0 if there was none.
    rtt: Atomic<u32>,
}

impl Shown {
    /// Of a path without contexts, of which nothing is known.
    pub(super) fn new() -> Self {
        Self {
            contexts: Atomic::new(0),
            state: Atomic::new(State::Unknown.number()),
            rtt: Atomic::new(0),
        }
    }

    /// Whether contexts are on the path.
    pub(super) fn is_in_use(&self) -> bool {
        self.contexts.load(Relaxed) > 0
    }

    /// What is known of the path.
    fn state(&self) -> State {
        let known = [State::Up, State::Down];
        let number = self.state.load(Relaxed);
        let state = known.into_iter().find(|state| state.number() == number);
        state.unwrap_or(State::Unknown)
    }

    /// Writes what is known of the path, and how many contexts are on it.
    ///
    /// # Errors
    ///
    /// EMSGSIZE.
    pub(super) fn fill(&self, writer: &mut Writer<'_>) -> Result {
        let state = u8::try_from(self.state.load(Relaxed)).unwrap_or(0);
        writer.put_u8(nest::STATE, state)?;
        match self.rtt.load(Relaxed) {
            0 => {}
            rtt => writer.put_u32(nest::RTT, rtt)?,
        }
        writer.put_u32(nest::CONTEXTS, self.contexts.load(Relaxed))
    }
}

/// What a device does to supervise its paths.
pub(super) struct Supervisor {
    /// Between the first requests of two rounds, in seconds.
    interval: u32,
    /// Until a request is repeated, in milliseconds.
    t3: u32,
    /// How many requests a round has.
    n3: u8,
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
        Ok(Some(Self { interval, t3, n3 }))
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
}

/// What the peer of a path was heard to say, for the work to read.
pub(super) struct Heard {
    /// The sequence number of the request that an answer is expected to, with [`EXPECTED`]; or
    /// 0.
    expected: Atomic<u32>,
    /// When the answer to it came, in nanoseconds; or 0.
    answer: Atomic<u64>,
    /// Whether there was any.
    any: Atomic<bool>,
}

/// Stands beside the sequence number that is expected.
const EXPECTED: u32 = 1 << 16;

impl Heard {
    /// Nothing was heard, and nothing is expected.
    pub(super) fn new() -> Self {
        Self {
            expected: Atomic::new(0),
            answer: Atomic::new(0),
            any: Atomic::new(false),
        }
    }

    /// Expects an answer to the request with this sequence number, and to no other.
    fn expect(&self, seq: Seq) {
        self.expected.store(EXPECTED | u32::from(seq.0), Relaxed);
    }

    /// Takes the answer to the request that one is expected to, once. Peers are known that
    /// answer any request with sequence number 0: then it is `lenient`. False if it is not the
    /// one.
    fn take(&self, seq: Seq, lenient: bool) -> bool {
        let expected = self.expected.load(Relaxed);
        let is_it = expected == EXPECTED | u32::from(seq.0) || (lenient && expected != 0);
        is_it && self.expected.cmpxchg(expected, 0, Full).is_ok()
    }

    /// Has the work read that the peer has answered, at `when` if that says how long it took.
    fn note(&self, when: Option<u64>) {
        if let Some(when) = when {
            self.answer.store(when, Relaxed);
        }
        self.any.store(true, Release);
    }

    /// Reads whether the peer has answered, and if so when, or 0.
    fn read(&self) -> Option<u64> {
        // What comes in between is read the next time.
        let any = self.any.load(Acquire) && self.any.xchg(false, Full);
        any.then(|| self.answer.xchg(0, Full))
    }
}

/// Takes the answer to a request of the work. False if nothing waits for it.
pub(super) fn take(dev: &Device<Gtp>, path: &Path, seq: Seq, lenient: bool) -> bool {
    let is_taken = path.heard.take(seq, lenient);
    if is_taken {
        path.heard.note(Some(monotonic_ns()));
        dev.work_within(PACE);
    }
    is_taken
}

/// Takes note of an answer to somebody else's request: the peer is there.
pub(super) fn hear(dev: &Device<Gtp>, path: &Path) {
    path.heard.note(None);
    dev.work_within(PACE);
}

/// What is to be done next on a path.
pub(super) struct Watch {
    /// The state that was told last.
    told: State,
    /// Requests of this round that were sent.
    sent: u8,
    /// Their sequence number.
    seq: Seq,
    /// When the first one was sent, in nanoseconds; 0 if none ever was.
    first: u64,
    /// When something is to be done, in milliseconds.
    due: u64,
}

impl Watch {
    /// Of a path whose peer was not asked yet.
    pub(super) fn new() -> Self {
        Self {
            told: State::Unknown,
            sent: 0,
            seq: Seq(0),
            first: 0,
            due: 0,
        }
    }

    /// One more context is on the path: whether it is the first.
    pub(super) fn join(&mut self, shown: &Shown) -> bool {
        let others = shown.contexts.load(Relaxed);
        shown.contexts.store(others.saturating_add(1), Relaxed);
        others == 0
    }

    /// One context less is on the path: whether the path is to stay.
    pub(super) fn leave(&mut self, shown: &Shown, supervisor: Option<&Supervisor>) -> bool {
        let others = shown.contexts.load(Relaxed).saturating_sub(1);
        shown.contexts.store(others, Relaxed);
        others > 0 || supervisor.is_some_and(|supervisor| self.rests(supervisor))
    }

    /// Has nobody asked before the next round; false if that has come.
    fn rests(&mut self, supervisor: &Supervisor) -> bool {
        self.sent = 0;
        self.due = self.next_round(supervisor);
        self.due > to_ms(monotonic_ns())
    }

    /// Takes note of an answer, that to a request of ours if it came at a time, in nanoseconds.
    fn answered(&mut self, supervisor: &Supervisor, shown: &Shown, when: u64) {
        if self.sent == 1 && when >= self.first {
            let ns = when.saturating_sub(self.first);
            let us = ns.checked_div(1000).unwrap_or(0);
            let rtt = u32::try_from(us).unwrap_or(u32::MAX).max(1);
            shown.rtt.store(rtt, Relaxed);
        }
        if self.sent > 0 {
            self.sent = 0;
            self.due = self.next_round(supervisor);
        }
        shown.state.store(State::Up.number(), Relaxed);
    }

    /// When the next round begins, in milliseconds: at once if there was none.
    fn next_round(&self, supervisor: &Supervisor) -> u64 {
        if self.first == 0 {
            return 0;
        }
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
            if path.shown.state() != State::Down {
                dev.data().counters.count(Event::PathFailed);
            }
            path.shown.state.store(State::Down.number(), Relaxed);
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
        path.heard.expect(self.seq);
        if send(dev, path, self.seq).is_ok() {
            dev.data().counters.count(Event::EchoSent);
        }
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
    dev.data().paths.retain(|path| {
        let shown = &path.shown;
        let watch = &mut *path.watch.lock();
        if let Some(when) = path.heard.read() {
            watch.answered(supervisor, shown, when);
        }
        if !shown.is_in_use() {
            next = next.min(watch.due);
            return to_ms(now) < watch.due;
        }
        if is_up {
            watch.act(dev, supervisor, path, now, &mut may_send);
        } else {
            watch.rests(supervisor);
        }
        // What cannot be told now is told the next time.
        let state = shown.state();
        if state != watch.told {
            if notify::path(dev, path, &rcu::read_lock()) {
                watch.told = state;
            } else {
                next = 0;
            }
        }
        next = next.min(watch.due);
        true
    });
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
