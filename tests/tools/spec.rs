// SPDX-License-Identifier: GPL-2.0

//! `spec`: a netlink specification (`include/netlink/*.yaml`) compared with the driver that is
//! loaded: with what generic netlink's controller tells ([`family`], [`policy`]), with how requests
//! are taken ([`probe`]), and with what replies and notifications hold ([`shape`]).

mod family;
mod policy;
mod probe;
mod shape;
#[cfg(test)]
mod uapi;
mod ynl;

use crate::args::{fail, usage, Args, Done};
use crate::attr;
use crate::ctx::Ctx;
use crate::netlink::Message;
use policy::Mode;
use ynl::{Attribute, Operation, Spec};

const GENL_ID_CTRL: u16 = 16;
const CTRL_ATTR_FAMILY_NAME: u16 = 2;
const CTRL_ATTR_OP: u16 = 10;

/// First of the numbers that are not mainline's.
const OURS: u32 = 64;

/// What is compared if nothing is named: all that needs nothing but the driver.
const ALL: [&str; 7] = [
    "family",
    "commands",
    "rights",
    "groups",
    "policies",
    "dump-policies",
    "requests",
];

/// A comparison: what of the specification the driver is to do.
pub struct Check<'a> {
    /// The specification.
    spec: &'a Spec,
    /// The namespace to ask in.
    ns: Option<String>,
    /// Whether only mainline's numbers are looked at.
    mainline: bool,
    /// What was found to differ.
    differences: Vec<String>,
}

impl Check<'_> {
    /// Notes a difference.
    fn differs(&mut self, text: impl Into<String>) {
        self.differences.push(text.into());
    }

    /// Notes a difference, if there is one.
    fn same<T: PartialEq + std::fmt::Debug>(&mut self, what: &str, got: T, want: T) {
        if got != want {
            self.differs(format!("{what}: {got:?}, not {want:?}"));
        }
    }

    /// Whether a number is looked at.
    fn covers(&self, number: impl Into<u32>) -> bool {
        !self.mainline || number.into() < OURS
    }

    /// The attributes of a space that are looked at.
    fn set(&self, name: &str) -> Done<Vec<Attribute>> {
        let set = self.spec.set(name).or_else(usage)?;
        Ok(set
            .iter()
            .filter(|attribute| self.covers(attribute.number))
            .cloned()
            .collect())
    }

    /// The commands that are looked at: the operations that somebody may ask for.
    fn commands(&self) -> Vec<&Operation> {
        self.spec
            .operations
            .iter()
            .filter(|operation| operation.request.is_some() || operation.dump)
            .filter(|operation| self.covers(operation.number))
            .collect()
    }
}

/// `spec FILE [WHAT...] [ns=] [mainline]`: every difference is told, one a line if this is all
/// there is to do.
pub fn check(ctx: &mut Ctx, args: &mut Args) -> Done {
    let path = args.next("a specification")?;
    let text = match std::fs::read_to_string(&path) {
        Ok(text) => text,
        Err(error) => return usage(format!("{path}: {error}")),
    };
    let spec = match Spec::read(&text) {
        Ok(spec) => spec,
        Err(error) => return usage(format!("{path}: {error}")),
    };
    let mut check = Check {
        spec: &spec,
        ns: args.take("ns"),
        mainline: args.flag("mainline"),
        differences: Vec::new(),
    };
    let mut parts = args.rest();
    if parts.is_empty() && spec.is_raw {
        parts.push("requests".into());
    } else if parts.is_empty() {
        parts.extend(ALL.map(String::from));
    }
    for part in &parts {
        match (part.split_once('='), part.as_str(), spec.is_raw) {
            (None, "family", false) => check.family(ctx)?,
            (None, "commands", false) => check.command_list(ctx)?,
            (None, "rights", false) => check.rights(ctx)?,
            (None, "groups", false) => check.groups(ctx)?,
            (None, "join", false) => check.join(ctx)?,
            (None, "policies", false) => check.policies(ctx, Mode::Do)?,
            (None, "dump-policies", false) => check.policies(ctx, Mode::Dump)?,
            (None, "requests", false) => check.requests(ctx)?,
            (None, "requests", true) => check.link_requests(ctx)?,
            (Some(("reply", name)), _, false) => check.reply(ctx, name)?,
            (Some(("reply-number", name)), _, false) => check.reply_number(ctx, name)?,
            (Some(("event", name)), _, false) => check.event(ctx, name)?,
            (Some(("dev", dev)), _, true) => check.link_reply(ctx, dev)?,
            _ => return usage(format!("{part}: not understood here")),
        }
    }
    if check.differences.is_empty() {
        return Ok(());
    }
    let between = if ctx.verbose { "\n" } else { "; " };
    fail(check.differences.join(between))
}

fn u32_of(value: &[u8]) -> Option<u32> {
    value.try_into().ok().map(u32::from_ne_bytes)
}

fn u64_of(value: &[u8]) -> Option<u64> {
    value.try_into().ok().map(u64::from_ne_bytes)
}

/// Asks the controller; the attributes of its answers.
fn ask(
    ctx: &mut Ctx,
    check: &Check<'_>,
    command: u8,
    operation: Option<u32>,
) -> Done<Vec<Vec<u8>>> {
    let mut body = vec![command, 2, 0, 0];
    let name = format!("{}\0", check.spec.name);
    attr::put(&mut body, CTRL_ATTR_FAMILY_NAME, name.as_bytes());
    let mut flags = 0;
    if let Some(operation) = operation {
        attr::put(&mut body, CTRL_ATTR_OP, &operation.to_ne_bytes());
        flags = libc::NLM_F_DUMP as u16;
    }
    let channel = ctx.channel(check.ns.as_deref(), libc::NETLINK_GENERIC)?;
    let outcome = channel.request(GENL_ID_CTRL, flags, &body)?;
    if outcome.error != 0 {
        let name = &check.spec.name;
        return fail(format!("the controller about {name}: {}", outcome.name()));
    }
    let attributes = |message: Message| message.body.get(4..).unwrap_or_default().to_vec();
    Ok(outcome.replies.into_iter().map(attributes).collect())
}
