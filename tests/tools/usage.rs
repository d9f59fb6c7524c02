// SPDX-License-Identifier: GPL-2.0

//! What a context has carried, in replies and in notifications.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::args::{fail, number, usage as misuse, Args, Done};
use crate::attr::{self, PDP};
use crate::ctx::Ctx;
use crate::genl;

/// `GTPA_USAGE` and the command of the notification.
const USAGE: u16 = 71;
const NOTIFICATION: u8 = 70;

/// `GTPA_USAGE_*`: name, number, octets, and whether it is there at all times.
const NAMES: [(&str, u16, usize, bool); 12] = [
    ("tx_packets", 2, 8, true),
    ("tx_bytes", 3, 8, true),
    ("tx_dropped", 4, 8, true),
    ("rx_packets", 5, 8, true),
    ("rx_bytes", 6, 8, true),
    ("rx_dropped", 7, 8, true),
    ("idle", 8, 8, true),
    ("threshold", 9, 8, false),
    ("quota", 10, 8, false),
    ("action", 11, 1, false),
    ("reached", 12, 1, false),
    ("event", 13, 1, false),
];

/// Reads the usage in the attributes of a context.
fn read(attrs: &[u8]) -> Done<BTreeMap<&'static str, u64>> {
    let Some(nest) = attr::find(attrs, USAGE) else {
        return fail("no usage");
    };
    let mut found = BTreeMap::new();
    for (kind, value) in attr::list(nest) {
        let known = NAMES.iter().find(|(_, number, _, _)| *number == kind);
        let Some((name, _, len, _)) = known else {
            return fail(format!("usage has attribute {kind}"));
        };
        if value.len() != *len {
            return fail(format!("{name} has {} octets", value.len()));
        }
        let mut octets = [0; 8];
        octets[..*len].copy_from_slice(value);
        if found.insert(*name, u64::from_le_bytes(octets)).is_some() {
            return fail(format!("{name} is there twice"));
        }
    }
    Ok(found)
}

/// `usage NAME=N...`: that of the last reply. Counters that are not named are zero, limits that
/// are not named are not there; `idle=MIN..MAX` is not looked at unless it is named. With `none`
/// there is no usage.
pub fn usage(ctx: &mut Ctx, args: &mut Args) -> Done {
    let none = args.flag("none");
    let [reply] = ctx.replies.as_slice() else {
        return fail(format!("{} replies, not 1", ctx.replies.len()));
    };
    let attrs = reply.body.get(4..).unwrap_or_default();
    if none {
        return match attr::find(attrs, USAGE) {
            None => Ok(()),
            Some(_) => fail("there is usage"),
        };
    }
    let mut found = read(attrs)?;
    let idle = found.remove("idle");
    match (idle, args.take("idle")) {
        (None, _) => return fail("no idle time"),
        (Some(idle), Some(range)) => {
            let Some((min, max)) = range.split_once("..") else {
                return misuse(format!("{range}: not a range"));
            };
            if !(number::<u64>(min)?..=number::<u64>(max)?).contains(&idle) {
                return fail(format!("idle for {idle} ms"));
            }
        }
        (Some(_), None) => {}
    }
    let mut want = BTreeMap::new();
    for (name, _, _, always) in NAMES {
        if let Some(value) = args.number::<u64>(name)? {
            want.insert(name, value);
        } else if always && name != "idle" {
            want.insert(name, 0);
        }
    }
    if found == want {
        return Ok(());
    }
    fail(format!("got {found:?} want {want:?}"))
}

/// `told NAME ATTRIBUTES`: the next notification is one of usage, of the context with these
/// attributes; it is taken for a reply.
pub fn told(ctx: &mut Ctx, args: &mut Args) -> Done {
    let name = args.next("a name")?;
    let ns = args.take("ns");
    let timeout = args.number::<u64>("timeout")?.unwrap_or(4000);
    let want = attr::encode(ctx, ns.as_deref(), PDP, args)?;
    let family = genl::family(ctx, ns.as_deref())?;
    let Some(channel) = ctx.listeners.get(&name) else {
        return misuse(format!("{name}: no such listener"));
    };
    let mut got = channel.receive(Duration::from_millis(timeout))?;
    let Some(message) = got.pop().filter(|_| got.is_empty()) else {
        return fail(format!("{} notifications, not 1", got.len()));
    };
    if message.kind != family.id || message.seq != 0 || message.port != 0 {
        return fail(format!("type {}, sequence {}", message.kind, message.seq));
    }
    let [NOTIFICATION, 0, 0, 0, attrs @ ..] = message.body.as_slice() else {
        return fail(format!("header {:?}", message.body.get(..4)));
    };
    let mut context = Vec::new();
    for (kind, value) in attr::list(attrs) {
        if kind != USAGE {
            attr::put(&mut context, kind, value);
        }
    }
    if context != want {
        let want = attr::show(PDP, &want);
        return fail(format!("got {} want {want}", attr::show(PDP, &context)));
    }
    ctx.replies = vec![message];
    Ok(())
}
