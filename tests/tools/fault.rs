// SPDX-License-Identifier: GPL-2.0

//! Faults in the kernel, one after the other: each allocation that a request leads to is made to
//! fail once, and each time the request must either have been refused without a trace or have
//! been carried out as a whole.
//!
//! The kernel's `fail-nth` (Documentation/fault-injection) has the n-th allocation of a thread
//! fail. It is switched on for the system calls that talk to the kernel and for nothing else; what
//! is still to be counted is carried from one to the next, since a dump is made by several.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::fs::{File, OpenOptions};
use std::os::unix::fs::FileExt;

use crate::args::{fail, number, usage, Args, Done, Stop};
use crate::ctx::Ctx;
use crate::report;

/// More than any request allocates.
const MANY: u32 = 1_000_000_000;

/// What the kernel is to do in the system calls to come.
struct Armed {
    file: File,
    /// Which allocation is to fail, counted from the next one; 0: it has failed.
    left: u32,
}

thread_local! {
    static ARMED: RefCell<Option<Armed>> = const { RefCell::new(None) };
}

impl Armed {
    fn write(&self, n: u32) {
        // The kernel takes the number, or the file would not have been there to be opened.
        let _ = self.file.write_at(n.to_string().as_bytes(), 0);
    }

    fn read(&self) -> u32 {
        let mut text = [0; 16];
        let len = self.file.read_at(&mut text, 0).unwrap_or(0);
        let text = String::from_utf8_lossy(&text[..len]);
        text.trim().parse().unwrap_or(0)
    }
}

/// Makes a system call in which the fault may strike.
pub fn around<T>(call: impl FnOnce() -> T) -> T {
    ARMED.with_borrow_mut(|armed| {
        let Some(armed) = armed.as_mut().filter(|armed| armed.left > 0) else {
            return call();
        };
        armed.write(armed.left);
        let result = call();
        armed.left = armed.read();
        armed.write(0);
        result
    })
}

/// From now on the allocation number `n` fails.
fn arm(n: u32) -> Done {
    let path = "/proc/thread-self/fail-nth";
    match OpenOptions::new().read(true).write(true).open(path) {
        Ok(file) => {
            ARMED.set(Some(Armed { file, left: n }));
            Ok(())
        }
        Err(error) => Err(Stop::Skip(format!("{path}: {error}"))),
    }
}

/// No fault any more. Says what was left to be counted: 0 if the fault has struck.
fn disarm() -> u32 {
    ARMED.take().map_or(0, |armed| armed.left)
}

/// A request to be made under faults, and what else is to be known of it.
#[derive(Clone, Default)]
pub struct Block {
    request: Vec<String>,
    /// Other errors than ENOMEM and ENOBUFS that the kernel has for a lack of memory.
    allowed: Vec<String>,
    /// Statements whose outcome and answers are the state that the request changes.
    probes: Vec<Vec<String>>,
    /// Statements that hold when the request was carried out.
    proofs: Vec<Vec<String>>,
    /// Statements that take back what the request has done.
    undos: Vec<Vec<String>>,
    /// Statements that throw away what an attempt has left lying about, by design.
    clears: Vec<Vec<String>>,
}

/// Runs statements.
type Runner<'a> = &'a dyn Fn(&mut Ctx, Vec<String>) -> Done;

/// The words of a statement with what it expects.
fn words(args: &mut Args) -> Vec<String> {
    let packet = args.packet.take();
    let want = args.want.take();
    let mut words = args.rest();
    for (mark, more) in [(":", packet), ("=>", want)] {
        if let Some(more) = more {
            words.push(mark.to_string());
            words.extend(more);
        }
    }
    words
}

/// `fault STATEMENT`, and the lines that belong to it, up to `faulted`.
pub fn line(ctx: &mut Ctx, verb: &str, args: &mut Args) -> Done {
    if verb == "fault" {
        let allowed = args.take("or").unwrap_or_default();
        ctx.fault = Block {
            allowed: allowed.split(',').map(str::to_string).collect(),
            request: words(args),
            ..Block::default()
        };
        return Ok(());
    }
    let words = words(args);
    let block = &mut ctx.fault;
    match verb {
        "either" => block.probes.push(words),
        "proof" => block.proofs.push(words),
        "undo" => block.undos.push(words),
        _ => block.clears.push(words),
    }
    Ok(())
}

impl Block {
    /// The state of what the request is about.
    fn probe(&self, ctx: &mut Ctx, run: Runner<'_>) -> Done<String> {
        let mut state = String::new();
        for probe in &self.probes {
            ctx.replies.clear();
            let outcome = match run(ctx, probe.clone()) {
                Ok(()) => "holds".to_string(),
                Err(Stop::Fail(text)) => text,
                Err(stop) => return Err(stop),
            };
            let bodies: BTreeSet<_> = ctx.replies.iter().map(|r| r.body.clone()).collect();
            state += &format!("{outcome} {bodies:?};");
        }
        Ok(state)
    }

    /// Runs statements that must hold.
    fn all(ctx: &mut Ctx, statements: &[Vec<String>], run: Runner<'_>) -> Done {
        for statement in statements {
            if let Err(Stop::Fail(text)) = run(ctx, statement.clone()) {
                return fail(format!("{}: {text}", statement.join(" ")));
            }
        }
        Ok(())
    }

    /// The request without a fault, its proof, and back again: the state before and after.
    fn whole(&self, ctx: &mut Ctx, run: Runner<'_>) -> Done<[String; 2]> {
        let before = self.probe(ctx, run)?;
        Self::all(ctx, std::slice::from_ref(&self.request), run)?;
        Self::all(ctx, &self.proofs, run)?;
        let after = self.probe(ctx, run)?;
        Self::all(ctx, &self.undos, run)?;
        Ok([before, after])
    }

    /// The request with a fault in allocation `n`. Says whether it struck.
    fn attempt(&self, ctx: &mut Ctx, n: u32, states: &[String; 2], run: Runner<'_>) -> Done<bool> {
        let wordless = ctx.wordless.len();
        arm(n)?;
        let outcome = run(ctx, self.request.clone());
        let struck = disarm() == 0;
        ctx.wordless.truncate(wordless);
        // A dump may be half-way, and an answer still to come.
        ctx.leave_all();
        let text = match outcome {
            Ok(()) => String::new(),
            Err(Stop::Fail(text)) => text,
            Err(stop) => return Err(stop),
        };
        let is_memory = ["ENOMEM", "ENOBUFS"]
            .into_iter()
            .chain(self.allowed.iter().map(String::as_str))
            .any(|name| !name.is_empty() && text.contains(name));
        let accounted = struck && is_memory;
        if !text.is_empty() && !accounted {
            return fail(text);
        }
        Self::all(ctx, &self.clears, run)?;
        let now = self.probe(ctx, run)?;
        let [before, after] = states;
        if now != *before && now != *after {
            return fail(format!("half made: {now}, not {before} and not {after}"));
        }
        // What was refused must not have happened; only where the acknowledgement itself was
        // lost nobody can know.
        if !text.is_empty() && now != *before && !text.contains("netlink receive") {
            return fail(format!("refused ({text}), and done nevertheless: {now}"));
        }
        if text.is_empty() && now != *after {
            return fail(format!("acknowledged, and not done: {now}"));
        }
        if now != *before {
            Self::all(ctx, &self.undos, run)?;
        }
        let [again, done] = self.whole(ctx, run)?;
        if again != *before || done != *after {
            return fail(format!("afterwards it is {again} and {done}"));
        }
        Ok(struck)
    }
}

/// `faulted`: runs the request once for each allocation, or for `max` of them.
pub fn run(ctx: &mut Ctx, args: &mut Args, run: Runner<'_>) -> Done {
    let max: u32 = match args.take("max") {
        Some(max) => number(&max)?,
        None => 100,
    };
    let block = std::mem::take(&mut ctx.fault);
    if block.request.is_empty() {
        return usage("no request");
    }
    // The first time may allocate what stays.
    block.whole(ctx, run)?;
    let states = block.whole(ctx, run)?;
    // How many allocations there are. Channels are open by now.
    arm(MANY)?;
    let outcome = run(ctx, block.request.clone());
    let count = MANY - disarm();
    outcome?;
    Block::all(ctx, &block.proofs, run)?;
    Block::all(ctx, &block.undos, run)?;
    let mut struck = 0;
    let chosen: BTreeSet<u32> = match count {
        0 => return fail("nothing is allocated, or no fault is let through"),
        _ if count <= max => (1..=count).collect(),
        // The first ones, and then evenly spread.
        _ => {
            let rest = max / 2;
            let step = |i: u32| rest + (i + 1) * (count - rest) / (max - rest);
            (1..=rest).chain((0..max - rest).map(step)).collect()
        }
    };
    for n in chosen {
        // A channel of an attempt has been closed; opening one is not under test.
        block.probe(ctx, run)?;
        match block.attempt(ctx, n, &states, run) {
            Ok(true) => struck += 1,
            Ok(false) => {}
            Err(Stop::Fail(text)) => return fail(format!("allocation {n} of {count}: {text}")),
            Err(stop) => return Err(stop),
        }
    }
    let request = block.request.join(" ");
    report::line(&format!("note\x1fcounted: faults {struck}"));
    report::line(&format!("note\x1f  {struck} of {count} in: {request}"));
    if struck == 0 {
        return fail("no fault has struck");
    }
    Ok(())
}
