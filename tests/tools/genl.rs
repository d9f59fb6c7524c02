// SPDX-License-Identifier: GPL-2.0

//! The generic netlink family `gtp`, as the controller tells of it.

use crate::args::{fail, usage, Args, Done};
use crate::attr;
use crate::ctx::Ctx;
use crate::netlink::Outcome;

const GENL_ID_CTRL: u16 = 16;
const CTRL_CMD_GETFAMILY: u8 = 3;
const CTRL_ATTR_FAMILY_ID: u16 = 1;
const CTRL_ATTR_FAMILY_NAME: u16 = 2;
const CTRL_ATTR_VERSION: u16 = 3;
const CTRL_ATTR_HDRSIZE: u16 = 4;
const CTRL_ATTR_OPS: u16 = 6;
const CTRL_ATTR_MCAST_GROUPS: u16 = 7;
const CTRL_ATTR_OP_ID: u16 = 1;
const CTRL_ATTR_OP_FLAGS: u16 = 2;
const CTRL_ATTR_MCAST_GRP_NAME: u16 = 1;
const CTRL_ATTR_MCAST_GRP_ID: u16 = 2;

/// The family's numbers.
#[derive(Clone, Copy)]
pub struct Family {
    /// Message type.
    pub id: u16,
    /// Multicast group `gtp`.
    pub group: u32,
}

fn u32_of(value: &[u8]) -> u32 {
    value.try_into().map_or(0, u32::from_ne_bytes)
}

fn ask(ctx: &mut Ctx, ns: Option<&str>) -> Done<Outcome> {
    let mut body = vec![CTRL_CMD_GETFAMILY, 1, 0, 0];
    attr::put(&mut body, CTRL_ATTR_FAMILY_NAME, b"gtp\0");
    ctx.channel(ns, libc::NETLINK_GENERIC)?
        .request(GENL_ID_CTRL, 0, &body)
}

/// The family, asked for once: its number lasts as long as the module, or longer.
pub fn family(ctx: &mut Ctx, ns: Option<&str>) -> Done<Family> {
    if let Some(family) = ctx.family {
        return Ok(family);
    }
    let outcome = ask(ctx, ns)?;
    let Some(reply) = outcome.replies.first() else {
        return fail(format!("family gtp: {}", outcome.name()));
    };
    let attrs = reply.body.get(4..).unwrap_or_default();
    let id = attr::find(attrs, CTRL_ATTR_FAMILY_ID)
        .and_then(|v| v.try_into().ok())
        .map(u16::from_ne_bytes);
    let groups = attr::find(attrs, CTRL_ATTR_MCAST_GROUPS).unwrap_or_default();
    let group = attr::list(groups)
        .into_iter()
        .find(|(_, g)| attr::find(g, CTRL_ATTR_MCAST_GRP_NAME) == Some(b"gtp\0"))
        .and_then(|(_, g)| attr::find(g, CTRL_ATTR_MCAST_GRP_ID))
        .map(u32_of);
    match (id, group) {
        (Some(id), Some(group)) => {
            let family = Family { id, group };
            ctx.family = Some(family);
            Ok(family)
        }
        _ => fail("family gtp without number or group"),
    }
}

/// `family`: version 0, no user header, the four commands and who may give them.
pub fn check(ctx: &mut Ctx, args: &mut Args) -> Done {
    let ns = args.take("ns");
    ctx.family = None;
    let want = args.wanted()?;
    let outcome = ask(ctx, ns.as_deref())?;
    if outcome.name() != want {
        return fail(format!("family gtp: {}, not {want}", outcome.name()));
    }
    let Some(reply) = outcome.replies.first() else {
        return Ok(());
    };
    let attrs = reply.body.get(4..).unwrap_or_default();
    for (what, kind) in [
        ("version", CTRL_ATTR_VERSION),
        ("header", CTRL_ATTR_HDRSIZE),
    ] {
        let value = attr::find(attrs, kind).map(u32_of);
        if value != Some(0) {
            return fail(format!("{what}: {value:?}, not 0"));
        }
    }
    let ops = attr::find(attrs, CTRL_ATTR_OPS).unwrap_or_default();
    // do 2, dump 4, policy 8; CAP_NET_ADMIN in the first 1, in one's own user namespace 16.
    for (command, can) in [(0, 2 | 8), (1, 2 | 8), (2, 2 | 4 | 8), (3, 2 | 8)] {
        let found = attr::list(ops)
            .into_iter()
            .find(|(_, op)| attr::find(op, CTRL_ATTR_OP_ID).map(u32_of) == Some(command))
            .and_then(|(_, op)| attr::find(op, CTRL_ATTR_OP_FLAGS))
            .map(u32_of);
        match found {
            None => return fail(format!("no command {command}")),
            Some(flags) if flags & 0xe != can => {
                return fail(format!("command {command}: flags {flags:#x}, not {can:#x}"))
            }
            Some(flags) if flags & 0x11 == 0 => {
                return fail(format!("command {command} is open to all"))
            }
            Some(_) => {}
        }
    }
    family(ctx, ns.as_deref()).map(drop)
}

/// The number of a command written by name or as a number.
pub fn command(text: &str) -> Done<u8> {
    Ok(match text {
        "newpdp" => 0,
        "delpdp" => 1,
        "getpdp" => 2,
        "echoreq" => 3,
        "endmarker" => 66,
        "newroute" => 71,
        "delroute" => 72,
        "getroute" => 73,
        _ => match text.parse() {
            Ok(number) => number,
            Err(_) => return usage(format!("{text}: no such command")),
        },
    })
}
