// SPDX-License-Identifier: GPL-2.0

//! Requests, replies, dumps and notifications about PDP contexts.

use std::collections::BTreeSet;
use std::time::Duration;

use crate::args::{fail, number, usage, Args, Done};
use crate::attr::{self, PDP};
use crate::ctx::Ctx;
use crate::genl;
use crate::netlink::{self, Message, Outcome};

/// The `nlmsg_flags` of a comma-separated list of names.
pub fn flags(text: Option<String>, default: u16) -> Done<u16> {
    let Some(text) = text else {
        return Ok(default);
    };
    let mut flags = 0;
    for name in text.split(',') {
        flags |= match name {
            "none" => 0,
            "replace" => libc::NLM_F_REPLACE,
            "excl" => libc::NLM_F_EXCL,
            "create" => libc::NLM_F_CREATE,
            "append" => libc::NLM_F_APPEND,
            "dump" => libc::NLM_F_DUMP,
            _ => return usage(format!("{name}: no such flag")),
        };
    }
    Ok(flags as u16)
}

/// Compares an outcome with what the statement wants, and remembers refusals without a word.
pub fn settle(ctx: &mut Ctx, what: &str, args: &Args, outcome: Outcome) -> Done {
    let want = args.wanted()?;
    let name = outcome.name();
    if outcome.error != 0 && outcome.text.is_empty() {
        ctx.wordless.push(format!("{what}: {name}"));
    }
    if ctx.verbose {
        println!("{name} {}", outcome.text);
        for reply in &outcome.replies {
            println!("{}", show(reply));
        }
    }
    let mut outcome = outcome;
    ctx.replies = std::mem::take(&mut outcome.replies);
    let held = if name == want {
        Ok(())
    } else {
        fail(format!("{what}: {name}, not {want} ({})", outcome.text))
    };
    ctx.last = Some(outcome);
    held
}

fn show(message: &Message) -> String {
    let command = message.body.first().copied().unwrap_or(0);
    let attrs = message.body.get(4..).unwrap_or_default();
    format!("cmd={command} {}", attr::show(PDP, attrs))
}

/// `newpdp`, `delpdp`, `getpdp`, `echoreq`.
pub fn request(ctx: &mut Ctx, verb: &str, args: &mut Args) -> Done {
    let ns = args.take("ns");
    let flags = flags(args.take("flags"), 0)?;
    let command = genl::command(&args.take("cmd").unwrap_or_else(|| verb.to_string()))?;
    let family = genl::family(ctx, ns.as_deref())?;
    let mut body = vec![command, 0, 0, 0];
    body.extend(attr::encode(ctx, ns.as_deref(), PDP, args)?);
    let channel = ctx.channel(ns.as_deref(), libc::NETLINK_GENERIC)?;
    let outcome = channel.request(family.id, flags, &body)?;
    settle(ctx, verb, args, outcome)
}

/// `reply`: the one answer to the last request, header and attributes.
pub fn reply(ctx: &mut Ctx, args: &mut Args) -> Done {
    let ns = args.take("ns");
    let command = args.take("cmd");
    let want = attr::encode(ctx, ns.as_deref(), PDP, args)?;
    let family = genl::family(ctx, ns.as_deref())?;
    let [reply] = ctx.replies.as_slice() else {
        return fail(format!("{} replies, not 1", ctx.replies.len()));
    };
    if reply.kind != family.id {
        return fail(format!("type {}, not {}", reply.kind, family.id));
    }
    compare(reply, command.as_deref(), &want)
}

fn compare(message: &Message, command: Option<&str>, want: &[u8]) -> Done {
    let [got_command, version, 0, 0, attrs @ ..] = message.body.as_slice() else {
        return fail("no generic netlink header");
    };
    if *version != 0 {
        return fail(format!("version {version}, not 0"));
    }
    if attrs != want {
        let want = attr::show(PDP, want);
        return fail(format!("got {} want {want}", attr::show(PDP, attrs)));
    }
    match command {
        Some(command) if genl::command(command)? != *got_command => {
            fail(format!("command {got_command}, not {command}"))
        }
        _ => Ok(()),
    }
}

/// `dump`: all contexts of a namespace, or what another command dumps.
pub fn dump(ctx: &mut Ctx, args: &mut Args) -> Done {
    let ns = args.take("ns");
    let command = genl::command(args.take("cmd").as_deref().unwrap_or("getpdp"))?;
    let family = genl::family(ctx, ns.as_deref())?;
    let mut body = vec![command, 0, 0, 0];
    body.extend(attr::encode(ctx, ns.as_deref(), PDP, args)?);
    let channel = ctx.channel(ns.as_deref(), libc::NETLINK_GENERIC)?;
    let outcome = channel.request(family.id, libc::NLM_F_DUMP as u16, &body)?;
    settle(ctx, "dump", args, outcome)
}

/// `dumped`: what the last dump gave.
pub fn dumped(ctx: &mut Ctx, args: &mut Args) -> Done {
    let first = args.next("a number, `has` or `lacks`")?;
    if first == "has" || first == "lacks" {
        let ns = args.take("ns");
        let want = attr::encode(ctx, ns.as_deref(), PDP, args)?;
        let found = ctx
            .replies
            .iter()
            .any(|r| r.body.get(4..) == Some(want.as_slice()));
        return match (first.as_str(), found) {
            ("has", true) | ("lacks", false) => Ok(()),
            _ => fail(format!("dump {first} it not: {}", attr::show(PDP, &want))),
        };
    }
    if first == "padded" {
        let clean = |r: &Message| attr::padding(r.body.get(4..).unwrap_or_default());
        return match ctx.replies.iter().find(|r| !clean(r)) {
            Some(reply) => fail(format!(
                "padding is not zero: {}",
                crate::args::hex(&reply.body)
            )),
            None => Ok(()),
        };
    }
    let count: usize = number(&first)?;
    if ctx.replies.len() != count {
        return fail(format!("{} entries, not {count}", ctx.replies.len()));
    }
    if args.flag("unique") {
        let bodies: BTreeSet<_> = ctx.replies.iter().map(|r| &r.body).collect();
        if bodies.len() != count {
            return fail(format!("{} different entries of {count}", bodies.len()));
        }
    }
    let all = |flag: i32| ctx.replies.iter().all(|r| i32::from(r.flags) & flag != 0);
    if args.flag("multi") && !all(libc::NLM_F_MULTI) {
        return fail("an entry without NLM_F_MULTI");
    }
    if let Some(intr) = args.number::<u8>("intr")? {
        let flag = libc::NLM_F_DUMP_INTR as u16;
        let any = ctx.replies.iter().any(|r| r.flags & flag != 0);
        if any != (intr != 0) {
            return fail(format!("NLM_F_DUMP_INTR: {any}"));
        }
    }
    if let Some(command) = args.take("cmd") {
        let command = genl::command(&command)?;
        if let Some(other) = ctx
            .replies
            .iter()
            .find(|r| r.body.first() != Some(&command))
        {
            return fail(format!("command {:?}, not {command}", other.body.first()));
        }
    }
    Ok(())
}

/// `bulk`: contexts `tei`, `tei`+1, ... with `ms`, `ms`+1, ..., many in a message.
pub fn bulk(ctx: &mut Ctx, args: &mut Args) -> Done {
    let verb = args.next("newpdp or delpdp")?;
    let ns = args.take("ns");
    let dev = args.need("dev")?;
    let count: u32 = number(&args.need("count")?)?;
    let version = args.number::<u32>("version")?.unwrap_or(1);
    let tei: u32 = number(&args.need("tei")?)?;
    let ms = args.parse::<std::net::Ipv4Addr>("ms")?.map_or(0, u32::from);
    let peer = args
        .parse::<std::net::Ipv4Addr>("peer")?
        .map_or(0, u32::from);
    let o_tei = args.number::<u32>("o_tei")?.unwrap_or(tei);
    let peers = args.number::<u32>("peers")?.unwrap_or(1).max(1);
    let more = flags(args.take("flags"), libc::NLM_F_EXCL as u16)?;
    let command = genl::command(&verb)?;
    let ifindex = crate::netns::ifindex(ns.as_deref(), &dev)?;
    let family = genl::family(ctx, ns.as_deref())?;
    let channel = ctx.channel(ns.as_deref(), libc::NETLINK_GENERIC)?;
    let mut at = 0;
    while at < count {
        let end = count.min(at + 250);
        let mut bytes = Vec::new();
        let mut seq = 0;
        for n in at..end {
            let mut body = vec![command, 0, 0, 0];
            attr::put(&mut body, 2, &version.to_ne_bytes());
            attr::put(&mut body, 1, &ifindex.to_ne_bytes());
            if version == 0 {
                attr::put(&mut body, 3, &u64::from(tei + n).to_ne_bytes());
                attr::put(&mut body, 6, &1u16.to_ne_bytes());
            } else {
                attr::put(&mut body, 8, &(tei + n).to_ne_bytes());
                attr::put(&mut body, 9, &(o_tei + n).to_ne_bytes());
            }
            if ms != 0 {
                attr::put(&mut body, 5, &(ms + n).to_be_bytes());
                attr::put(&mut body, 4, &(peer + n % peers).to_be_bytes());
            }
            // The last one's acknowledgement says that all are through; errors always come.
            let ack = if n + 1 == end { libc::NLM_F_ACK } else { 0 };
            let flags = (libc::NLM_F_REQUEST | ack) as u16 | more;
            seq = channel.next_seq();
            bytes.extend(netlink::message(family.id, flags, seq, &body));
        }
        channel.send(&bytes)?;
        loop {
            let answers = channel.receive(Duration::from_secs(20))?;
            let Some(last) = answers.last() else {
                return fail(format!("{verb}: no answer near number {at}"));
            };
            for answer in &answers {
                let error = answer.body.get(..4).and_then(|e| e.try_into().ok());
                let error = -error.map_or(0, i32::from_ne_bytes);
                if error != 0 {
                    let name = crate::errno::name(error);
                    return fail(format!("{verb} near number {at}: {name}"));
                }
            }
            if last.seq == seq {
                break;
            }
        }
        at = end;
    }
    args.end()
}

/// `subscribe`: listens to the multicast group.
pub fn subscribe(ctx: &mut Ctx, args: &mut Args) -> Done {
    let name = args.next("a name")?;
    let ns = args.take("ns");
    let family = genl::family(ctx, ns.as_deref())?;
    let channel = netlink::Channel::open(ns.as_deref(), libc::NETLINK_GENERIC)?;
    let joined = channel.join(family.group);
    let want = args.wanted()?;
    if joined != want {
        return fail(format!("subscribe: {joined}, not {want}"));
    }
    ctx.listeners.insert(name, channel);
    Ok(())
}

/// `notified`: the next notification, or with `nothing` that there is none.
pub fn notified(ctx: &mut Ctx, args: &mut Args) -> Done {
    let name = args.next("a name")?;
    let nothing = args.flag("nothing");
    let ns = args.take("ns");
    let timeout = args.number::<u64>("timeout")?;
    let timeout = timeout.unwrap_or(if nothing { 120 } else { 4000 });
    let command = args.take("cmd");
    let want = attr::encode(ctx, ns.as_deref(), PDP, args)?;
    let family = genl::family(ctx, ns.as_deref())?;
    let Some(channel) = ctx.listeners.get(&name) else {
        return usage(format!("{name}: no such listener"));
    };
    let got = channel.receive(Duration::from_millis(timeout))?;
    match (got.as_slice(), nothing) {
        ([], true) => Ok(()),
        ([], false) => fail("no notification"),
        ([first, ..], true) => fail(format!("unexpected: {}", show(first))),
        ([one], false) => {
            if one.kind != family.id || one.seq != 0 || one.port != 0 {
                let Message {
                    kind, seq, port, ..
                } = one;
                return fail(format!("type {kind}, sequence {seq}, port {port}"));
            }
            compare(one, command.as_deref(), &want)
        }
        (more, false) => fail(format!("{} notifications at once", more.len())),
    }
}

/// `extacks`: every refusal so far came with a message.
pub fn extacks(ctx: &mut Ctx) -> Done {
    let mut wordless = std::mem::take(&mut ctx.wordless);
    wordless.sort();
    wordless.dedup();
    if wordless.is_empty() {
        return Ok(());
    }
    fail(format!("no message with {}", wordless.join(", ")))
}
