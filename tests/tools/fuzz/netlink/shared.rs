// SPDX-License-Identifier: GPL-2.0

//! Threads that share a link and its few keys. Nobody can say what a single request comes to, but:
//!
//! - an answer is one of those that some order of the requests explains, and of the context asked for;
//! - no dump has a context twice, each has those exactly once that live all the time, and none says
//!   that it is inconsistent (the C driver's are, so there only dumps without company are looked at);
//! - the notifications, which come in the order of the changes, rebuild the tables: a new context
//!   takes the place of one at most, what is removed was there, and nothing comes after a link's end.
//!   When the threads pause, a dump gives the same, and each context is found by both of its keys;
//! - at the end all contexts can be removed, and then there is none.
//!
//! A second link comes and goes meanwhile, whose sockets are closed under it now and then.

use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::os::fd::AsRawFd;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Barrier, Mutex};
use std::time::Duration;

use rand::rngs::SmallRng;
use rand::seq::IndexedRandom;
use rand::{Rng, SeedableRng};

use super::exact::Counts;
use super::kernel::enter_new_space;
use super::model::{Driver, Pdp};
use crate::args::{Done, Stop};
use crate::attr::{self, put};
use crate::ctx::Ctx;
use crate::genl::{self, Family};
use crate::netlink::{Channel, Message, Outcome};
use crate::{errno, sys};

/// Number of the link that stays.
const LINK: u32 = 500;
/// Keys that the threads share.
const KEYS: u32 = 24;
/// Contexts that live all the time: more than fit into one part of a dump.
const PINNED: u32 = 900;
/// Requests between two pauses, of all threads.
const ROUND: u64 = 1600;

const EXCL: u16 = libc::NLM_F_EXCL as u16;
const REPLACE: u16 = libc::NLM_F_REPLACE as u16;
const DUMP: u16 = libc::NLM_F_DUMP as u16;

const NEWPDP: u8 = 0;
const DELPDP: u8 = 1;
const GETPDP: u8 = 2;
const FLUSH: u8 = 65;

/// Contexts by link.
type Tables = BTreeMap<u32, Vec<Pdp>>;

/// What all threads know.
struct Common {
    driver: Driver,
    family: Family,
    /// The link that comes and goes, or 0.
    second: AtomicU32,
    /// Tells contexts apart.
    serial: AtomicU32,
    barrier: Barrier,
    stop: AtomicBool,
    failure: Mutex<Option<String>>,
    counts: Mutex<Counts>,
}

/// A thread's own.
struct Worker<'a> {
    common: &'a Common,
    rng: SmallRng,
    genl: Channel,
    route: Channel,
    /// Of the thread that makes the second link: how often it has, and the link's sockets.
    links: Option<(u32, Vec<std::os::fd::OwnedFd>)>,
    counts: Counts,
}

fn text_of(stop: Stop) -> String {
    match stop {
        Stop::Fail(text) | Stop::Usage(text) | Stop::Skip(text) => text,
    }
}

/// Reads a message about a context: command, link, context.
fn read(body: &[u8]) -> Option<(u8, u32, Option<Pdp>)> {
    let command = *body.first()?;
    let attrs = body.get(4..)?;
    let u32_of = |kind| {
        Some(u32::from_ne_bytes(
            attr::find(attrs, kind)?.try_into().ok()?,
        ))
    };
    let address = |v4, v6| match (attr::find(attrs, v4), attr::find(attrs, v6)) {
        (Some(v4), None) => Some(IpAddr::from(<[u8; 4]>::try_from(v4).ok()?)),
        (None, Some(v6)) => Some(IpAddr::from(<[u8; 16]>::try_from(v6).ok()?)),
        _ => None,
    };
    let link = u32_of(1)?;
    let pdp = || {
        let version = u32_of(2)?;
        let (id, out) = match version {
            0 => {
                let flow = attr::find(attrs, 6)?.try_into().ok()?;
                let tid = attr::find(attrs, 3)?.try_into().ok()?;
                (u64::from_ne_bytes(tid), u16::from_ne_bytes(flow).into())
            }
            _ => (u32_of(8)?.into(), u32_of(9)?),
        };
        Some(Pdp {
            version,
            id,
            out,
            ms: address(5, 12)?,
            bearer: attr::find(attrs, 80).map_or(0, |value| value[0]),
            peer: address(4, 11)?,
        })
    };
    Some((command, link, pdp()))
}

/// A request's attributes.
fn request(link: u32, pdp: &Pdp, key: Option<bool>) -> Vec<u8> {
    let message = pdp.message(0, link);
    let mut attrs = Vec::new();
    for (kind, value) in attr::list(&message[4..]) {
        let wanted = match (key, kind) {
            (None, _) | (_, 1 | 2 | 13) => true,
            (Some(by_ms), 5 | 12 | 80) => by_ms,
            (Some(by_ms), 3 | 8) => !by_ms,
            _ => false,
        };
        if wanted {
            put(&mut attrs, kind, value);
        }
    }
    attrs
}

/// Whether two contexts cannot both be on a link.
fn clash(a: &Pdp, b: &Pdp) -> bool {
    (a.ms, a.bearer) == (b.ms, b.bearer)
        || (a.version, a.id, a.family()) == (b.version, b.id, b.family())
}

impl Common {
    /// A context with one of the keys, that is not the same as any other.
    fn context(&self, rng: &mut SmallRng, dual: bool) -> Pdp {
        let serial = self.serial.fetch_add(1, Ordering::Relaxed);
        let version = u32::from(rng.random_ratio(2, 3));
        let n = rng.random_range(0..KEYS);
        let ms = if rng.random() {
            IpAddr::from(Ipv4Addr::from(0x0a00_0000 + n))
        } else {
            Ipv6Addr::new(0x2001, 0xdb8, 1, n as u16, 0, 0, 0, 0).into()
        };
        // What tells it apart goes into the peer's address where the flow label is too short.
        let (out, far) = if version == 0 {
            (serial & 0xffff, (serial >> 16) as u8)
        } else {
            (serial, rng.random_range(0..3))
        };
        let dedicated = self.driver == Driver::Rust && rng.random_ratio(1, 4);
        let bearer = if dedicated { rng.random_range(1..3) } else { 0 };
        let peer = if dual && rng.random_ratio(1, 3) {
            Ipv6Addr::new(0x2001, 0xdb8, 2, 0, 0, 0, 0, u16::from(far) + 1).into()
        } else {
            IpAddr::from([192, 0, 2, far + 1])
        };
        Pdp {
            version,
            id: rng.random_range(0..KEYS).into(),
            out,
            ms,
            bearer,
            peer,
        }
    }

    fn pinned(n: u32) -> Pdp {
        Pdp {
            version: 1,
            id: (0x0900_0000 + n).into(),
            out: n,
            ms: Ipv4Addr::from(0x0a09_0000 + n).into(),
            bearer: 0,
            peer: IpAddr::from([192, 0, 2, 1]),
        }
    }
}

impl Worker<'_> {
    fn ask(&mut self, command: u8, flags: u16, attrs: &[u8]) -> Done<Outcome> {
        let mut body = vec![command, 0, 0, 0];
        body.extend(attrs);
        let outcome = self.genl.request(self.common.family.id, flags, &body)?;
        let what = match (command, flags & DUMP == DUMP) {
            (_, true) => "dump",
            (NEWPDP, _) => "newpdp",
            (DELPDP, _) => "delpdp",
            _ => "getpdp",
        };
        let key = (what.to_string(), outcome.name());
        *self.counts.entry(key).or_default() += 1;
        Ok(outcome)
    }

    fn step(&mut self) -> Result<(), String> {
        let second = self.common.second.load(Ordering::Relaxed);
        let on_second = second != 0 && self.rng.random_ratio(1, 4);
        let link = if on_second { second } else { LINK };
        if self.links.is_some() && self.rng.random_ratio(1, 60) {
            return self.second_link().map_err(text_of);
        }
        let dual = self.common.driver == Driver::Rust && !on_second;
        let pdp = self.common.context(&mut self.rng, dual);
        let mut fine = vec![0];
        if on_second {
            fine.push(libc::ENODEV);
        }
        match self.rng.random_range(0..100) {
            0..50 => {
                let flags = match self.common.driver {
                    Driver::C => &[EXCL][..],
                    Driver::Rust => &[0, EXCL, REPLACE, REPLACE],
                };
                let flags = *flags.choose(&mut self.rng).unwrap_or(&EXCL);
                fine.push(libc::EEXIST);
                let outcome = self.ask(NEWPDP, flags, &request(link, &pdp, None));
                Self::among(outcome, &fine, "NEWPDP").map(drop)
            }
            50..75 => {
                fine.push(libc::ENOENT);
                let key = request(link, &pdp, Some(self.rng.random()));
                let outcome = self.ask(DELPDP, 0, &key);
                Self::among(outcome, &fine, "DELPDP").map(drop)
            }
            75..99 => {
                fine.push(libc::ENOENT);
                let by_ms = self.rng.random();
                let outcome = self.ask(GETPDP, 0, &request(link, &pdp, Some(by_ms)));
                let outcome = Self::among(outcome, &fine, "GETPDP")?;
                if outcome.error != 0 {
                    return Ok(());
                }
                let reply = outcome.replies.first().and_then(|r| read(&r.body));
                match reply {
                    Some((_, at, Some(got)))
                        if at == link
                            && (!by_ms || (got.ms, got.bearer) == (pdp.ms, pdp.bearer))
                            && (by_ms || (got.version, got.id) == (pdp.version, pdp.id)) =>
                    {
                        Ok(())
                    }
                    other => Err(format!("GETPDP of {pdp:?}: {other:?}")),
                }
            }
            _ => self.dump(link),
        }
    }

    /// The error must be one of these.
    fn among(outcome: Done<Outcome>, fine: &[i32], what: &str) -> Result<Outcome, String> {
        let outcome = outcome.map_err(text_of)?;
        if fine.contains(&outcome.error) {
            return Ok(outcome);
        }
        Err(format!("{what}: {} ({})", outcome.name(), outcome.text))
    }

    fn dump(&mut self, link: u32) -> Result<(), String> {
        let mut attrs = Vec::new();
        let only = self.rng.random();
        if only {
            put(&mut attrs, 1, &link.to_ne_bytes());
        }
        let fine = if only && link != LINK {
            &[0, libc::ENODEV][..]
        } else {
            &[0]
        };
        let outcome = self.ask(GETPDP, DUMP, &attrs);
        let outcome = Self::among(outcome, fine, "dump")?;
        if self.common.driver == Driver::C || outcome.error != 0 {
            return Ok(());
        }
        let tables = tables(&outcome.replies)?;
        if only && tables.keys().any(|at| *at != link) {
            return Err(format!("a dump of {link} has {:?}", tables.keys()));
        }
        if only && link != LINK {
            return Ok(());
        }
        let pinned = tables.get(&LINK).map_or(0, |pdps| {
            let old = |pdp: &&Pdp| pdp.id >= 0x0900_0000;
            pdps.iter().filter(old).count()
        });
        if pinned != PINNED as usize {
            return Err(format!(
                "{pinned} contexts of {PINNED} that live all the time"
            ));
        }
        Ok(())
    }

    /// The second link comes, goes, or loses its sockets.
    fn second_link(&mut self) -> Done {
        let Some((made, sockets)) = &mut self.links else {
            return Ok(());
        };
        let second = self.common.second.load(Ordering::Relaxed);
        let outcome = if second == 0 {
            *made += 1;
            let index = LINK + *made;
            sockets.clear();
            for _ in 0..2 {
                match sys::socket(libc::AF_INET, libc::SOCK_DGRAM, 0) {
                    Ok(socket) => sockets.push(socket),
                    Err(error) => return Err(Stop::Fail(errno::of(&error))),
                }
            }
            let mut data = Vec::new();
            for (kind, socket) in (1..).zip(&*sockets) {
                put(&mut data, kind, &socket.as_raw_fd().to_ne_bytes());
            }
            let outcome = new_link(&mut self.route, index, &data)?;
            self.common.second.store(index, Ordering::Relaxed);
            outcome
        } else if !sockets.is_empty() && self.rng.random_ratio(1, 3) {
            sockets.clear();
            return Ok(());
        } else {
            let outcome = del_link(&mut self.route, second)?;
            self.common.second.store(0, Ordering::Relaxed);
            outcome
        };
        if outcome.error != 0 {
            return Err(Stop::Fail(format!("second link: {}", outcome.name())));
        }
        Ok(())
    }

    fn run(&mut self, rounds: u64, requests: u64) {
        for _ in 0..rounds {
            for _ in 0..requests {
                if self.common.stop.load(Ordering::Relaxed) {
                    break;
                }
                if let Err(text) = self.step() {
                    self.common.stop.store(true, Ordering::Relaxed);
                    let mut failure = self.common.failure.lock().expect("no thread panics");
                    failure.get_or_insert(text);
                }
            }
            // All have paused; the tables are looked at; on.
            self.common.barrier.wait();
            self.common.barrier.wait();
        }
        let mut all = self.common.counts.lock().expect("no thread panics");
        for (what, count) in std::mem::take(&mut self.counts) {
            *all.entry(what).or_default() += count;
        }
    }
}

fn link_header(index: u32) -> Vec<u8> {
    let mut body = vec![0; 4];
    for word in [index, 0, 0] {
        body.extend(word.to_ne_bytes());
    }
    body
}

fn new_link(route: &mut Channel, index: u32, data: &[u8]) -> Done<Outcome> {
    let mut body = link_header(index);
    put(&mut body, 3, format!("s{index}\0").as_bytes());
    let mut info = Vec::new();
    put(&mut info, 1, b"gtp");
    put(&mut info, 2, data);
    put(&mut body, 18, &info);
    let flags = (libc::NLM_F_CREATE | libc::NLM_F_EXCL) as u16;
    route.request(libc::RTM_NEWLINK, flags, &body)
}

fn del_link(route: &mut Channel, index: u32) -> Done<Outcome> {
    route.request(libc::RTM_DELLINK, 0, &link_header(index))
}

/// The contexts of a dump, none of which is there twice.
fn tables(replies: &[Message]) -> Result<Tables, String> {
    let mut tables = Tables::new();
    let mut seen = BTreeSet::new();
    for reply in replies {
        if reply.flags & libc::NLM_F_DUMP_INTR as u16 != 0 {
            return Err("a dump says that it is inconsistent".to_string());
        }
        let Some((_, link, Some(pdp))) = read(&reply.body) else {
            return Err(format!("a dump has {:?}", reply.body));
        };
        if !seen.insert(reply.body.clone()) {
            return Err(format!("a dump has {pdp:?} twice"));
        }
        tables.entry(link).or_default().push(pdp);
    }
    Ok(tables)
}

/// Follows the notifications: what they say that the tables hold.
struct Listener {
    channel: Channel,
    tables: Tables,
    gone: BTreeSet<u32>,
}

impl Listener {
    fn follow(&mut self) -> Result<u64, String> {
        let mut count = 0;
        loop {
            let messages = self.channel.receive(Duration::ZERO).map_err(text_of)?;
            if messages.is_empty() {
                return Ok(count);
            }
            for message in messages {
                count += 1;
                self.hear(&message)?;
            }
        }
    }

    fn hear(&mut self, message: &Message) -> Result<(), String> {
        let Some((command, link, pdp)) = read(&message.body) else {
            return Err(format!("notification {message:?}"));
        };
        if self.gone.contains(&link) {
            return Err(format!("link {link} is gone, and then {command} {pdp:?}"));
        }
        let table = self.tables.entry(link).or_default();
        match (command, pdp) {
            (NEWPDP, Some(pdp)) => {
                let before = table.len();
                table.retain(|known| !clash(known, &pdp));
                if before - table.len() > 1 {
                    return Err(format!("{pdp:?} has taken the place of two"));
                }
                table.push(pdp);
            }
            (DELPDP, Some(pdp)) => match table.iter().position(|known| *known == pdp) {
                Some(at) => drop(table.swap_remove(at)),
                None => return Err(format!("{pdp:?} was removed, and is not there")),
            },
            (FLUSH, None) => {
                if table.is_empty() {
                    return Err(format!("link {link} had no contexts to flush"));
                }
                table.clear();
                self.gone.insert(link);
            }
            (command, pdp) => return Err(format!("notification {command} {pdp:?}")),
        }
        Ok(())
    }
}

/// Looks at all while nothing changes.
fn look(worker: &mut Worker<'_>, listener: &mut Listener) -> Result<(), String> {
    listener.follow()?;
    let second = worker.common.second.load(Ordering::Relaxed);
    let alive = |link: &u32| *link == LINK || *link == second;
    if worker.common.driver == Driver::C {
        listener.tables.retain(|link, _| alive(link));
    }
    let outcome = worker.ask(GETPDP, DUMP, &[]);
    let outcome = Worker::among(outcome, &[0], "dump")?;
    let mut got = tables(&outcome.replies)?;
    let mut want = listener.tables.clone();
    want.retain(|link, table| !table.is_empty() || alive(link));
    for (link, table) in &mut want {
        let order = |pdp: &Pdp| (pdp.version, pdp.id, pdp.ms, pdp.bearer);
        let mut there = got.remove(link).unwrap_or_default();
        there.sort_by_key(order);
        table.sort_by_key(order);
        if there != *table {
            let extra: Vec<_> = there.iter().filter(|pdp| !table.contains(pdp)).collect();
            let lost: Vec<_> = table.iter().filter(|pdp| !there.contains(pdp)).collect();
            return Err(format!(
                "link {link}: the dump has {extra:?} more and {lost:?} less than was told"
            ));
        }
        for pdp in table.iter().filter(|pdp| pdp.id < 0x0900_0000) {
            for by_ms in [true, false] {
                let outcome = worker.ask(GETPDP, 0, &request(*link, pdp, Some(by_ms)));
                let outcome = Worker::among(outcome, &[0], "GETPDP")?;
                let got = outcome.replies.first().and_then(|r| read(&r.body));
                let got = got.and_then(|(_, _, pdp)| pdp);
                if got.as_ref() != Some(pdp) {
                    return Err(format!("by MS {by_ms}: {got:?}, not {pdp:?}"));
                }
            }
        }
    }
    match got.first_key_value() {
        Some((link, table)) => Err(format!("nothing was told of {link}: {table:?}")),
        None => Ok(()),
    }
}

/// Takes all away.
fn clear(worker: &mut Worker<'_>, listener: &mut Listener) -> Result<(), String> {
    let second = worker.common.second.load(Ordering::Relaxed);
    if second != 0 {
        let outcome = del_link(&mut worker.route, second);
        Worker::among(outcome, &[0], "the second link's end")?;
        worker.common.second.store(0, Ordering::Relaxed);
    }
    let all = listener.tables.get(&LINK).cloned().unwrap_or_default();
    for (n, pdp) in all.iter().enumerate() {
        let outcome = worker.ask(DELPDP, 0, &request(LINK, pdp, Some(n % 2 == 0)));
        Worker::among(outcome, &[0], "DELPDP at the end")?;
    }
    look(worker, listener)?;
    let left = listener.tables.values().map(Vec::len).sum::<usize>();
    if left != 0 {
        return Err(format!("{left} contexts are left"));
    }
    let outcome = del_link(&mut worker.route, LINK);
    Worker::among(outcome, &[0], "the link's end").map(drop)
}

/// Runs `threads` threads until they have made `count` requests.
///
/// # Errors
///
/// What does not hold.
pub fn run(driver: Driver, seed: u64, count: u64, threads: u64) -> Result<Counts, String> {
    // Namespaces are threads', and this one has others to make.
    std::thread::scope(|scope| {
        let running = scope.spawn(|| in_space(driver, seed, count, threads));
        running
            .join()
            .unwrap_or_else(|_| Err("a thread has panicked".to_string()))
    })
}

fn in_space(driver: Driver, seed: u64, count: u64, threads: u64) -> Result<Counts, String> {
    let _ns = enter_new_space().map_err(text_of)?;
    let family = genl::family(&mut Ctx::default(), None).map_err(text_of)?;
    let open = |protocol| Channel::open(None, protocol).map_err(text_of);
    let mut listener = Listener {
        channel: open(libc::NETLINK_GENERIC)?,
        tables: Tables::new(),
        gone: BTreeSet::new(),
    };
    let joined = listener.channel.join(family.group);
    if joined != "OK" {
        return Err(format!("listening: {joined}"));
    }
    let common = Common {
        driver,
        family,
        second: AtomicU32::new(0),
        serial: AtomicU32::new(PINNED),
        barrier: Barrier::new(threads as usize + 1),
        stop: AtomicBool::new(false),
        failure: Mutex::new(None),
        counts: Mutex::new(Counts::new()),
    };
    let worker = |thread: u64| -> Result<Worker<'_>, String> {
        Ok(Worker {
            common: &common,
            rng: SmallRng::seed_from_u64(seed.wrapping_add(thread)),
            genl: open(libc::NETLINK_GENERIC)?,
            route: open(libc::NETLINK_ROUTE)?,
            links: (thread == 0).then(|| (0, Vec::new())),
            counts: Counts::new(),
        })
    };
    let mut workers = (0..threads).map(worker).collect::<Result<Vec<_>, _>>()?;
    let mut me = worker(threads)?;

    let mut data = Vec::new();
    put(&mut data, 5, &[1]);
    if driver == Driver::Rust {
        put(&mut data, 64, &[1]);
    }
    let outcome = new_link(&mut me.route, LINK, &data);
    Worker::among(outcome, &[0], "the link")?;
    for n in 0..PINNED {
        let attrs = request(LINK, &Common::pinned(n), None);
        let outcome = me.ask(NEWPDP, EXCL, &attrs);
        Worker::among(outcome, &[0], "NEWPDP")?;
    }

    let rounds = count.div_ceil(ROUND).max(1);
    let requests = count.min(ROUND).div_ceil(threads);
    std::thread::scope(|scope| {
        for worker in &mut workers {
            scope.spawn(move || worker.run(rounds, requests));
        }
        for _ in 0..rounds {
            common.barrier.wait();
            if !common.stop.load(Ordering::Relaxed) {
                if let Err(text) = look(&mut me, &mut listener) {
                    common.stop.store(true, Ordering::Relaxed);
                    let mut failure = common.failure.lock().expect("no thread panics");
                    failure.get_or_insert(text);
                }
            }
            common.barrier.wait();
        }
    });
    if let Some(text) = common.failure.lock().expect("no thread panics").take() {
        return Err(text);
    }
    clear(&mut me, &mut listener)?;
    let mut counts = std::mem::take(&mut *common.counts.lock().expect("no thread panics"));
    for (what, count) in me.counts {
        *counts.entry(what).or_default() += count;
    }
    Ok(counts)
}
