// SPDX-License-Identifier: GPL-2.0

//! Dumps of PDP contexts taken in parts, so that the contexts can change in between.
//!
//! The kernel writes the next part of a dump when the one before has been read, so a script that
//! reads one part and then makes a request knows that the request came in the middle.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::args::{fail, number, usage, Args, Done};
use crate::attr::{self, PDP};
use crate::ctx::Ctx;
use crate::genl;
use crate::netlink::{self, Channel};

/// `GTPA_I_TEI`.
const I_TEI: u16 = 8;

/// `dumpbegin`: asks for a dump and reads nothing of it.
pub fn begin(ctx: &mut Ctx, args: &mut Args) -> Done {
    let ns = args.take("ns");
    let family = genl::family(ctx, ns.as_deref())?;
    let mut body = vec![2, 0, 0, 0];
    body.extend(attr::encode(ctx, ns.as_deref(), PDP, args)?);
    let mut channel = Channel::open(ns.as_deref(), libc::NETLINK_GENERIC)?;
    let seq = channel.next_seq();
    let flags = (libc::NLM_F_REQUEST | libc::NLM_F_ACK | libc::NLM_F_DUMP) as u16;
    channel.send(&netlink::message(family.id, flags, seq, &body))?;
    ctx.dumping = Some((channel, seq, Vec::new()));
    Ok(())
}

/// `dumppart`: reads so many datagrams; the dump must not end with them.
pub fn part(ctx: &mut Ctx, args: &mut Args) -> Done {
    let count: usize = number(&args.next("a number")?)?;
    let Some((channel, _, replies)) = &mut ctx.dumping else {
        return usage("no dump was begun");
    };
    for _ in 0..count {
        let messages = channel.receive(Duration::from_secs(20))?;
        let ends = |kind: u16| {
            let kind = i32::from(kind);
            kind == libc::NLMSG_DONE || kind == libc::NLMSG_ERROR
        };
        if messages.is_empty() || messages.iter().any(|m| ends(m.kind)) {
            let count = replies.len();
            ctx.dumping = None;
            return fail(format!("the dump ends after {count} entries"));
        }
        replies.extend(messages);
    }
    Ok(())
}

/// `dumprest`: reads to the end.
pub fn rest(ctx: &mut Ctx, _args: &mut Args) -> Done {
    let Some((mut channel, seq, mut replies)) = ctx.dumping.take() else {
        return usage("no dump was begun");
    };
    let outcome = channel.collect(seq)?;
    if outcome.error != 0 {
        return fail(format!("dump: {}", outcome.name()));
    }
    replies.extend(outcome.replies);
    ctx.replies = replies;
    Ok(())
}

/// `lived`: of contexts that were there all the time each one came exactly once.
pub fn lived(ctx: &mut Ctx, args: &mut Args) -> Done {
    let tei: u32 = number(&args.need("tei")?)?;
    let count: u32 = number(&args.need("count")?)?;
    let mut seen = BTreeMap::new();
    for reply in &ctx.replies {
        let attrs = reply.body.get(4..).unwrap_or_default();
        let i_tei = attr::find(attrs, I_TEI).and_then(|v| v.try_into().ok());
        if let Some(i_tei) = i_tei.map(u32::from_ne_bytes) {
            *seen.entry(i_tei).or_insert(0u32) += 1;
        }
    }
    let end = tei.saturating_add(count);
    let times = |n: u32| seen.get(&n).copied().unwrap_or(0);
    let lost = (tei..end).filter(|n| times(*n) == 0).count();
    let repeated = (tei..end).filter(|n| times(*n) > 1).count();
    let flag = libc::NLM_F_DUMP_INTR as u16;
    let interrupted = ctx.replies.iter().any(|r| r.flags & flag != 0);
    if lost == 0 && repeated == 0 && !interrupted {
        return Ok(());
    }
    fail(format!(
        "of {count} contexts {lost} lost, {repeated} repeated; NLM_F_DUMP_INTR: {interrupted}"
    ))
}
