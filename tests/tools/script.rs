// SPDX-License-Identifier: GPL-2.0

//! Runs statements: from a file or stdin, line by line as they come, or one from the command
//! line.

use std::fs::File;
use std::io::{stdin, BufRead, BufReader};
use std::process::{Command, ExitCode};
use std::time::{Duration, Instant};

use crate::args::{fail, number, split, usage, Args, Done, Stop};
use crate::ctx::Ctx;
use crate::report::{self, Report};
use crate::{
    array, dump, extack, fault, fuzz, genl, link, pdp, raw, socket, spec, stats, usage as used,
};

/// `gtptest run [FILE]`: status 0 when every test passed, 1 when one failed, 2 when the script
/// is wrong.
pub fn run(path: Option<&str>) -> ExitCode {
    let lines: Box<dyn BufRead> = match path {
        None | Some("-") => Box::new(stdin().lock()),
        Some(path) => match File::open(path) {
            Ok(file) => Box::new(BufReader::new(file)),
            Err(error) => return bail(&format!("{path}: {error}")),
        },
    };
    let mut ctx = Ctx::default();
    let mut report = Report::new();
    let mut failed = false;
    let mut lenient = false;
    for (at, line) in lines.lines().enumerate() {
        let line = match line {
            Ok(line) => line,
            Err(error) => return bail(&error.to_string()),
        };
        let words = split(&line);
        // Names are text: quotes in them mean nothing.
        let text = line.trim().split_once(char::is_whitespace);
        let text = text.map_or("", |(_, text)| text.trim()).to_string();
        let Some(verb) = words.first() else {
            continue;
        };
        match verb.as_str() {
            "test" | "cleanup" if report.is_decided() => socket::drain_all(&ctx),
            _ => {}
        }
        match verb.as_str() {
            "test" => {
                report.begin(Some(text));
                lenient = false;
                continue;
            }
            "cleanup" => {
                report.begin(None);
                lenient = true;
                continue;
            }
            "differs" => {
                report.differs(text);
                continue;
            }
            "skip" => {
                report.decide(Stop::Skip(text));
                continue;
            }
            _ if report.is_decided() => continue,
            _ => {}
        }
        match (statement(&mut ctx, words, &text), report.is_in_test()) {
            (Ok(()), _) => {}
            (Err(Stop::Usage(text)), _) => {
                report.finish();
                return bail(&format!("line {}: {text}", at + 1));
            }
            (Err(stop), true) => {
                failed |= matches!(stop, Stop::Fail(_));
                report.decide(stop);
            }
            (Err(_), false) if lenient => {}
            (Err(Stop::Fail(text) | Stop::Skip(text)), false) => {
                return bail(&format!("line {}: {text}", at + 1));
            }
        }
    }
    report.finish();
    report::line("done");
    ExitCode::from(u8::from(failed))
}

fn bail(text: &str) -> ExitCode {
    report::line(&format!("bail\x1f{text}"));
    ExitCode::from(2)
}

/// `gtptest VERB ARG...`: prints what came of it.
pub fn once(words: Vec<String>) -> ExitCode {
    let mut ctx = Ctx::default();
    ctx.verbose = true;
    let text = words[1..].join(" ");
    match statement(&mut ctx, words, &text) {
        Ok(()) => ExitCode::SUCCESS,
        Err(Stop::Fail(text)) => {
            eprintln!("{text}");
            ExitCode::FAILURE
        }
        Err(Stop::Usage(text) | Stop::Skip(text)) => {
            eprintln!("{text}");
            ExitCode::from(2)
        }
    }
}

/// Whether a mistake in the script may be none: what a name stands for was not made, or has gone.
fn may_be_gone(text: &str) -> bool {
    [
        "no such socket",
        "no such listener",
        "no dump was begun",
        "/run/netns",
        "namespace ",
    ]
    .iter()
    .any(|gone| text.contains(gone))
}

/// `gtptest loop MS [FILE]`: runs the statements of a file over and over for so long, whatever
/// comes of each, and prints how many held and how many did not. Those that never did are named.
/// On a machine that is so slow that not all had their turn it takes longer, up to ten times.
pub fn repeat(words: &[String]) -> ExitCode {
    let read = |path: Option<&str>| match path {
        None | Some("-") => std::io::read_to_string(stdin()),
        Some(path) => std::fs::read_to_string(path),
    };
    let time = words.first().map(|ms| number::<u64>(ms));
    let (Some(Ok(time)), Ok(text)) = (time, read(words.get(1).map(String::as_str))) else {
        eprintln!("gtptest loop MS [FILE]");
        return ExitCode::from(2);
    };
    let lines: Vec<&str> = text
        .lines()
        .filter(|line| !split(line).is_empty())
        .collect();
    let mut held = vec![0u64; lines.len()];
    let mut failed = 0u64;
    let mut why = vec![String::new(); lines.len()];
    let mut ctx = Ctx::default();
    let time = Duration::from_millis(time);
    let begin = Instant::now();
    let mut passes = 0;
    'time: loop {
        // The module may have been another one in between, with other numbers.
        ctx.family = None;
        ctx.wordless.clear();
        for (at, line) in lines.iter().enumerate() {
            let spent = begin.elapsed();
            let done = passes > 0 && held.iter().any(|n| *n > 0);
            if spent >= time && (done || spent >= time * 10) {
                break 'time;
            }
            let text = line.trim().split_once(char::is_whitespace);
            let text = text.map_or("", |(_, text)| text.trim());
            match statement(&mut ctx, split(line), text) {
                Ok(()) => held[at] += 1,
                Err(Stop::Usage(text)) if !may_be_gone(&text) => {
                    println!("wrong {line}: {text}");
                    return ExitCode::from(2);
                }
                Err(Stop::Fail(text) | Stop::Usage(text) | Stop::Skip(text)) => {
                    failed += 1;
                    why[at] = text;
                }
            }
        }
        passes += 1;
    }
    println!("held {} failed {failed}", held.iter().sum::<u64>());
    for ((line, _), text) in lines
        .iter()
        .zip(&held)
        .zip(&why)
        .filter(|((_, n), _)| **n == 0)
    {
        println!("never {line}: {text}");
    }
    ExitCode::SUCCESS
}

/// Runs one statement: its words, and all after the verb as it was written.
fn statement(ctx: &mut Ctx, mut words: Vec<String>, text: &str) -> Done {
    let verb = words.remove(0);
    let mut args = Args::new(words);
    match verb.as_str() {
        "udp" => socket::udp(ctx, &mut args)?,
        "sockopt" => socket::set_options(ctx, &mut args)?,
        "sock" => socket::other(ctx, &mut args)?,
        "file" => socket::file(ctx, &mut args)?,
        "array" => array::make(ctx, &mut args)?,
        "rival" => array::contend(ctx, &mut args)?,
        "capture" => socket::capture(ctx, &mut args)?,
        "close" => socket::close(ctx, &mut args)?,
        "plain" => socket::plain(ctx, &mut args)?,
        "send" => socket::send(ctx, &mut args)?,
        "flood" => socket::flood(ctx, &mut args)?,
        "expect" => socket::expect(ctx, &mut args)?,
        "answer" => socket::answer(ctx, &mut args)?,
        "silent" => socket::silent(ctx, &mut args)?,
        "drain" => socket::drain(ctx, &mut args)?,
        "hold" => socket::hold(ctx, &mut args)?,
        "newlink" => link::new(ctx, &mut args)?,
        "setlink" => link::set(ctx, &mut args)?,
        "dellink" => link::del(ctx, &mut args)?,
        "linkdata" => link::data(ctx, &mut args)?,
        "linkprop" => link::properties(ctx, &mut args)?,
        "nolink" => link::absent(&mut args)?,
        "newpdp" | "delpdp" | "getpdp" | "echoreq" | "endmarker" | "newroute" | "delroute"
        | "getroute" => pdp::request(ctx, &verb, &mut args)?,
        "reply" => pdp::reply(ctx, &mut args)?,
        "dump" => pdp::dump(ctx, &mut args)?,
        "dumped" => pdp::dumped(ctx, &mut args)?,
        "bulk" => pdp::bulk(ctx, &mut args)?,
        "subscribe" => pdp::subscribe(ctx, &mut args)?,
        "usage" => used::usage(ctx, &mut args)?,
        "told" => used::told(ctx, &mut args)?,
        "notified" => pdp::notified(ctx, &mut args)?,
        "extacks" => pdp::extacks(ctx)?,
        "blames" => extack::blames(ctx, &mut args)?,
        "misses" => extack::misses(ctx, &mut args)?,
        "says" => return extack::says(ctx, text),
        "dumpbegin" => dump::begin(ctx, &mut args)?,
        "dumppart" => dump::part(ctx, &mut args)?,
        "dumprest" => dump::rest(ctx, &mut args)?,
        "lived" => dump::lived(ctx, &mut args)?,
        "raw" => raw::request(ctx, &mut args)?,
        "family" => genl::check(ctx, &mut args)?,
        "spec" => spec::check(ctx, &mut args)?,
        "count" => stats::count(ctx, &mut args)?,
        "counted" => stats::counted(ctx, &mut args)?,
        "counters" => stats::zero(ctx, &mut args)?,
        "linkerrors" => stats::errors(ctx, &mut args)?,
        "slab" => stats::slab(ctx, &mut args)?,
        "slabgrew" => stats::slab_grew(ctx, &mut args)?,
        "tun" => fuzz::packets::tun(ctx, &mut args)?,
        "fuzz" => fuzz::packets::run(ctx, &mut args)?,
        "balance" => match args.next("begin or end")?.as_str() {
            "begin" => fuzz::packets::begin(ctx, &mut args)?,
            "end" => fuzz::packets::end(ctx, &mut args)?,
            word => return usage(format!("balance {word}: begin or end expected")),
        },
        "fault" | "either" | "proof" | "undo" | "clear" => fault::line(ctx, &verb, &mut args)?,
        "faulted" => fault::run(ctx, &mut args, &|ctx, words| {
            let text = words.get(1..).unwrap_or_default().join(" ");
            statement(ctx, words, &text)
        })?,
        "leave" => ctx.leave(&args.next("a namespace")?),
        "retry" => return retry(ctx, &args.rest(), args.want.take()),
        "nobody" => {
            if let Err(error) = crate::sys::become_nobody() {
                return fail(format!("setresuid: {error}"));
            }
            ctx.leave_all();
        }
        "lowly" => ctx.open_as_nobody()?,
        "unshare" => {
            if let Err(error) = crate::sys::own_namespaces() {
                return fail(format!("unshare: {error}"));
            }
            ctx.leave_all();
        }
        "sleep" => {
            let time = number::<u64>(&args.next("milliseconds")?)?;
            std::thread::sleep(Duration::from_millis(time));
        }
        "sh" => return shell(text),
        "say" => report::line(&format!("note\x1f{}", args.rest().join(" "))),
        _ => return usage(format!("{verb}: no such verb")),
    }
    args.end()
}

/// Runs a statement again and again until it holds, for what the kernel does in its own time.
fn retry(ctx: &mut Ctx, words: &[String], want: Option<Vec<String>>) -> Done {
    let mut words = words.to_vec();
    if let Some(want) = want {
        words.push("=>".to_string());
        words.extend(want);
    }
    // What the C driver never does costs that long.
    let patience = match std::env::var_os("DRIVER") {
        Some(driver) if driver == "c" => 10,
        _ => 60,
    };
    let end = Instant::now() + Duration::from_secs(patience);
    loop {
        match statement(ctx, words.clone(), "") {
            Err(Stop::Fail(_)) if Instant::now() < end => {
                std::thread::sleep(Duration::from_millis(50));
            }
            done => return done,
        }
    }
}

/// Runs a command line as it was written, up to the `=>`.
fn shell(text: &str) -> Done {
    let (line, want) = match text.rsplit_once(" => ") {
        Some((line, want)) => (line, number::<i32>(want)?),
        None => (text, 0),
    };
    let output = match Command::new("bash").arg("-c").arg(line).output() {
        Ok(output) => output,
        Err(error) => return usage(format!("bash: {error}")),
    };
    match output.status.code() {
        Some(code) if code == want => Ok(()),
        code => {
            let text = [output.stdout, output.stderr].concat();
            let text = String::from_utf8_lossy(&text).replace('\n', " | ");
            fail(format!("{line}: status {code:?}, not {want}: {text}"))
        }
    }
}
