// SPDX-License-Identifier: GPL-2.0

//! What the kernel says beside an error number: the text, and the attribute that it is about.

use crate::args::{fail, number, usage, Args, Done};
use crate::attr::{LINK, PDP};
use crate::ctx::Ctx;
use crate::netlink::Outcome;

/// The number of an attribute by name, of a context or of a link, or by number.
fn attribute(name: &str) -> Done<u32> {
    let known = PDP.iter().chain(LINK).find(|(known, _, _)| *known == name);
    match known {
        Some((_, kind, _)) => Ok(u32::from(*kind)),
        None => number(name),
    }
}

fn last(ctx: &Ctx) -> Done<&Outcome> {
    match &ctx.last {
        Some(outcome) => Ok(outcome),
        None => usage("no request was made"),
    }
}

/// `blames`: the attribute that the last refusal points at.
pub fn blames(ctx: &Ctx, args: &mut Args) -> Done {
    let name = args.next("an attribute")?;
    let want = attribute(&name)?;
    let outcome = last(ctx)?;
    if outcome.blamed.map(u32::from) == Some(want) {
        return Ok(());
    }
    let Outcome { blamed, text, .. } = outcome;
    fail(format!("blames {blamed:?}, not {name} ({want}): {text}"))
}

/// `misses`: the attribute that the last refusal says is missing.
pub fn misses(ctx: &Ctx, args: &mut Args) -> Done {
    let name = args.next("an attribute")?;
    let want = attribute(&name)?;
    let outcome = last(ctx)?;
    if outcome.missing == Some(want) {
        return Ok(());
    }
    let Outcome { missing, text, .. } = outcome;
    fail(format!("misses {missing:?}, not {name} ({want}): {text}"))
}

/// `says`: words that the last refusal's text has in it.
pub fn says(ctx: &Ctx, words: &str) -> Done {
    let text = &last(ctx)?.text;
    if text.contains(words) {
        return Ok(());
    }
    fail(format!("says '{text}', not '{words}'"))
}
