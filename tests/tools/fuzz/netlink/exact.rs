// SPDX-License-Identifier: GPL-2.0

//! Runs in namespaces that nobody else knows, where the model knows all: after each operation the
//! kernel must have answered as the model says, and now and then its tables are compared as a whole.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use super::generate::Generator;
use super::kernel::{Kernel, Seen};
use super::model::route::GETROUTE;
use super::model::{Driver, Expect, Model};
use super::op::{command_name, Op, SPACES};
use crate::args::{hex, Done, Stop};
use crate::attr;
use crate::errno;

/// So often all contexts are compared.
const WHOLE: u64 = 250;
/// Operations before a failure that are shown.
const SHOWN: usize = 8;
/// For how long a failing run is made shorter.
const SHRINKING: Duration = Duration::from_secs(90);

/// How many of each operation ended how.
pub type Counts = BTreeMap<(String, String), u64>;

/// What a run is made from.
#[derive(Clone, Copy, Debug)]
pub struct Plan {
    /// Which driver is loaded.
    pub driver: Driver,
    /// The seed, this thread's share in it included.
    pub seed: u64,
    /// Operations.
    pub count: u64,
    /// How many in a thousand are about links and sockets.
    pub links: u32,
}

/// A run that went wrong.
#[derive(Debug)]
pub struct Failure {
    /// All operations, that with which it showed last.
    pub ops: Vec<Op>,
    /// What was different.
    pub text: String,
}

/// A run that is under way.
struct Session {
    kernel: Kernel,
    model: Model,
}

fn text_of(stop: Stop) -> String {
    match stop {
        Stop::Fail(text) | Stop::Usage(text) | Stop::Skip(text) => text,
    }
}

fn show(body: &[u8], link: bool) -> String {
    if link {
        return attr::show(attr::LINK, body);
    }
    let command = body.first().copied().unwrap_or_default();
    let attrs = body.get(4..).unwrap_or_default();
    format!("cmd={command} {}", attr::show(attr::PDP, attrs))
}

/// What is in one list and not in the other, each as often as it is.
fn difference<T: Ord + Clone>(got: &[T], want: &[T]) -> (Vec<T>, Vec<T>) {
    let mut balance: BTreeMap<T, i64> = BTreeMap::new();
    for one in got {
        *balance.entry(one.clone()).or_default() += 1;
    }
    for one in want {
        *balance.entry(one.clone()).or_default() -= 1;
    }
    let of = |sign: i64| {
        let some = balance.iter().filter(|(_, n)| **n * sign > 0);
        some.map(|(one, _)| one.clone()).collect()
    };
    (of(1), of(-1))
}

/// Compares what came with what the model says.
fn compare(op: &Op, driver: Driver, want: &Expect, got: &Seen) -> Result<(), String> {
    if want.error != got.error {
        let (got_name, want) = (errno::name(got.error), errno::name(want.error));
        return Err(format!("{got_name} ({}), not {want}", got.text));
    }
    if driver == Driver::Rust && want.worded && got.text.is_empty() {
        return Err(format!("{} without a word", errno::name(got.error)));
    }
    let link = matches!(op, Op::GetLink { .. });
    if want.error == 0 && !got.orderly && !got.replies.is_empty() {
        let texts: Vec<_> = got.replies.iter().map(|body| hex(body)).collect();
        return Err(format!("flags or padding of {}", texts.join(", ")));
    }
    let (more, less) = difference(&got.replies, &want.replies);
    if !more.is_empty() || !less.is_empty() {
        let list = |bodies: &[Vec<u8>]| {
            let some = bodies.iter().take(4).map(|body| show(body, link));
            some.collect::<Vec<_>>().join("; ")
        };
        return Err(format!(
            "{} replies, not {}: too much [{}], missing [{}]",
            got.replies.len(),
            want.replies.len(),
            list(&more),
            list(&less)
        ));
    }
    let (more, less) = difference(&got.notices, &want.notices);
    if !more.is_empty() || !less.is_empty() {
        let list = |notices: &[(usize, Vec<u8>)]| {
            let one = |(at, body): &(usize, Vec<u8>)| format!("in {at} {}", show(body, false));
            notices.iter().map(one).collect::<Vec<_>>().join("; ")
        };
        return Err(format!(
            "notifications: too much [{}], missing [{}]",
            list(&more),
            list(&less)
        ));
    }
    Ok(())
}

impl Session {
    fn new(driver: Driver) -> Done<Self> {
        let kernel = Kernel::new()?;
        let reply_command = match driver {
            Driver::Rust => 0,
            Driver::C => (kernel.family() & 0xff) as u8,
        };
        Ok(Self {
            kernel,
            model: Model::new(driver, reply_command),
        })
    }

    /// Does an operation, unless the model does not know what comes of it; the error it ended with.
    fn step(&mut self, op: &Op) -> Result<Option<i32>, String> {
        let Some((expect, change)) = self.model.judge(op) else {
            return Ok(None);
        };
        let seen = self.kernel.execute(op, &expect).map_err(text_of)?;
        compare(op, self.model.driver, &expect, &seen)?;
        self.model.apply(change);
        Ok(Some(expect.error))
    }

    fn must(&mut self, op: &Op) -> Result<(), String> {
        let step = self.step(op).map_err(|text| format!("{op}: {text}"))?;
        match step {
            Some(0) => Ok(()),
            other => Err(format!("{op}: {other:?}")),
        }
    }

    /// Compares all contexts, all routes and the links' own data.
    fn whole(&mut self) -> Result<(), String> {
        for space in 0..SPACES {
            let flags = libc::NLM_F_DUMP as u16;
            self.must(&genl(space, 2, flags, Vec::new()))?;
            if self.model.driver == Driver::Rust {
                self.must(&genl(space, GETROUTE, flags, Vec::new()))?;
            }
        }
        let links: Vec<_> = self
            .model
            .links
            .iter()
            .map(|(i, l)| (l.space, *i))
            .collect();
        for (space, index) in links {
            self.must(&Op::GetLink { space, index })?;
        }
        Ok(())
    }

    /// Takes all away again, the contexts one by one by one key or the other.
    fn finish(&mut self) -> Result<(), String> {
        self.whole()?;
        let links: Vec<_> = self
            .model
            .links
            .iter()
            .map(|(i, l)| (l.space, *i))
            .collect();
        for (nth, (space, index)) in links.into_iter().enumerate() {
            let contexts = self.model.links[&index].contexts.clone();
            // One of them goes with all that it has.
            let leave = if nth == 0 { contexts.len() } else { 0 };
            for (n, pdp) in contexts.iter().enumerate().skip(leave) {
                let mut attrs = Vec::new();
                let message = pdp.message(0, index);
                let key: &[u16] = if n % 2 == 0 { &[5, 12, 80] } else { &[3, 8] };
                for (kind, value) in attr::list(&message[4..]) {
                    if kind <= 2 || kind == 13 || key.contains(&kind) {
                        attr::put(&mut attrs, kind, value);
                    }
                }
                self.must(&genl(space, 1, 0, attrs))?;
            }
            self.whole()?;
            self.must(&Op::DelLink { space, index })?;
        }
        self.whole()
    }
}

fn genl(space: usize, command: u8, flags: u16, attrs: Vec<u8>) -> Op {
    Op::Genl {
        space,
        command,
        flags,
        cut: None,
        attrs,
    }
}

/// The name under which an operation is counted.
fn kind(op: &Op) -> &'static str {
    match op {
        Op::Genl { flags, .. } if flags & 0x300 == 0x300 => "dump",
        Op::Genl { command, .. } => command_name(*command).unwrap_or("other"),
        Op::NewLink { .. } => "newlink",
        Op::DelLink { .. } => "dellink",
        Op::SetLink { .. } => "setlink",
        Op::GetLink { .. } => "getlink",
        Op::Open { .. } => "open",
        Op::Close { .. } => "close",
        Op::Renew => "netns",
    }
}

/// Runs a plan.
///
/// # Errors
///
/// The operations that led to a difference.
pub fn run(plan: &Plan) -> Result<Counts, Failure> {
    let mut counts = Counts::new();
    let mut ops = Vec::new();
    let mut session = match Session::new(plan.driver) {
        Ok(session) => session,
        Err(stop) => {
            let text = text_of(stop);
            return Err(Failure { ops, text });
        }
    };
    let mut generator = Generator::new(plan.driver, plan.seed, plan.links);
    for n in 0..plan.count {
        let op = generator.next(&session.model);
        ops.push(op.clone());
        let step = session.step(&op);
        let whole = match step {
            Ok(_) if n % WHOLE == WHOLE - 1 => session.whole(),
            Ok(_) => Ok(()),
            Err(ref text) => Err(text.clone()),
        };
        if let Err(text) = whole {
            return Err(Failure { ops, text });
        }
        let error = errno::name(step.ok().flatten().unwrap_or_default());
        *counts.entry((kind(&op).to_string(), error)).or_default() += 1;
    }
    match session.finish() {
        Ok(()) => Ok(counts),
        Err(text) => Err(Failure { ops, text }),
    }
}

/// Does these operations, then takes all away; what was different.
fn replay(driver: Driver, ops: &[Op]) -> Option<String> {
    let mut session = Session::new(driver).ok()?;
    for op in ops {
        if let Err(text) = session.step(op) {
            return Some(text);
        }
    }
    session.finish().err()
}

impl Failure {
    /// Leaves out what the failure does not need, as far as that is found in time.
    pub fn shrink(&self, driver: Driver) -> Option<Failure> {
        let end = Instant::now() + SHRINKING;
        let mut text = replay(driver, &self.ops)?;
        let mut ops = self.ops.clone();
        let mut chunk = ops.len().div_ceil(2);
        loop {
            let mut at = 0;
            let mut shorter = false;
            while at < ops.len() {
                if Instant::now() > end {
                    return Some(Failure { ops, text });
                }
                let mut fewer = ops.clone();
                fewer.drain(at..(at + chunk).min(ops.len()));
                match replay(driver, &fewer) {
                    Some(other) => {
                        (ops, text, shorter) = (fewer, other, true);
                    }
                    None => at += chunk,
                }
            }
            match (chunk, shorter) {
                (1, false) => return Some(Failure { ops, text }),
                (1, true) => {}
                _ => chunk = chunk.div_ceil(2),
            }
        }
    }

    /// The last operations and the difference.
    pub fn lines(&self) -> Vec<String> {
        let first = self.ops.len().saturating_sub(SHOWN);
        let mut lines = Vec::new();
        if first > 0 {
            lines.push(format!("({first} operations before)"));
        }
        for (n, op) in self.ops.iter().enumerate().skip(first) {
            lines.push(format!("{}: {op}", n + 1));
        }
        lines.push(format!("difference: {}", self.text));
        lines
    }
}
