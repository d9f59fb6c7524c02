// SPDX-License-Identifier: GPL-2.0

//! The family as generic netlink's controller tells of it: its properties, commands and groups.

use crate::args::{fail, Done, Stop};
use crate::attr;
use crate::ctx::Ctx;
use crate::netlink::Channel;
use crate::sys;

use super::{ask, u32_of, Check};

const CTRL_CMD_GETFAMILY: u8 = 3;
const CTRL_ATTR_VERSION: u16 = 3;
const CTRL_ATTR_HDRSIZE: u16 = 4;
const CTRL_ATTR_MAXATTR: u16 = 5;
const CTRL_ATTR_OPS: u16 = 6;
const CTRL_ATTR_MCAST_GROUPS: u16 = 7;
const CTRL_ATTR_OP_ID: u16 = 1;
const CTRL_ATTR_OP_FLAGS: u16 = 2;
const CTRL_ATTR_MCAST_GRP_NAME: u16 = 1;
const CTRL_ATTR_MCAST_GRP_ID: u16 = 2;

const GENL_ADMIN_PERM: u32 = 0x01;
const GENL_CMD_CAP_DO: u32 = 0x02;
const GENL_CMD_CAP_DUMP: u32 = 0x04;
const GENL_CMD_CAP_HASPOL: u32 = 0x08;
const GENL_UNS_ADMIN_PERM: u32 = 0x10;

/// The family's version, which the specification's format cannot say.
const VERSION: u32 = 0;

/// What the controller says of the family.
fn ask_family(ctx: &mut Ctx, check: &Check<'_>) -> Done<Vec<u8>> {
    match ask(ctx, check, CTRL_CMD_GETFAMILY, None)?.pop() {
        Some(family) => Ok(family),
        None => fail("the controller has nothing to say"),
    }
}

/// The commands that the family has, with their flags.
fn ask_commands(ctx: &mut Ctx, check: &Check<'_>) -> Done<Vec<(u32, u32)>> {
    let family = ask_family(ctx, check)?;
    let value = |op: &[u8], kind| attr::find(op, kind).and_then(u32_of);
    attr::list(attr::find(&family, CTRL_ATTR_OPS).unwrap_or_default())
        .into_iter()
        .map(|(_, op)| value(op, CTRL_ATTR_OP_ID).zip(value(op, CTRL_ATTR_OP_FLAGS)))
        .collect::<Option<_>>()
        .ok_or(Stop::Fail("a command without number or flags".into()))
}

/// The multicast groups that the family has: name and number.
fn ask_groups(ctx: &mut Ctx, check: &Check<'_>) -> Done<Vec<(String, u32)>> {
    let family = ask_family(ctx, check)?;
    let group = |group: &[u8]| {
        let name = attr::find(group, CTRL_ATTR_MCAST_GRP_NAME)?;
        let name = String::from_utf8_lossy(name.strip_suffix(b"\0")?).into_owned();
        Some((
            name,
            attr::find(group, CTRL_ATTR_MCAST_GRP_ID).and_then(u32_of)?,
        ))
    };
    attr::list(attr::find(&family, CTRL_ATTR_MCAST_GROUPS).unwrap_or_default())
        .into_iter()
        .map(|(_, attributes)| group(attributes))
        .collect::<Option<_>>()
        .ok_or(Stop::Fail("a group without name or number".into()))
}

impl Check<'_> {
    /// Version, header, highest attribute.
    pub(super) fn family(&mut self, ctx: &mut Ctx) -> Done {
        let family = ask_family(ctx, self)?;
        let value = |kind| attr::find(&family, kind).and_then(u32_of);
        let mut highest = 0;
        for operation in self.commands() {
            let set = self.set(&operation.set)?;
            highest = set.iter().map(|a| a.number.into()).fold(highest, u32::max);
        }
        self.same("version", value(CTRL_ATTR_VERSION), Some(VERSION));
        self.same("header", value(CTRL_ATTR_HDRSIZE), Some(0));
        self.same("highest attribute", value(CTRL_ATTR_MAXATTR), Some(highest));
        Ok(())
    }

    /// Which commands there are, and whether for one object or for all.
    pub(super) fn command_list(&mut self, ctx: &mut Ctx) -> Done {
        let found = ask_commands(ctx, self)?;
        let kinds = GENL_CMD_CAP_DO | GENL_CMD_CAP_DUMP | GENL_CMD_CAP_HASPOL;
        let wanted: Vec<_> = self
            .commands()
            .into_iter()
            .map(|operation| {
                let one = operation.request.is_some();
                let flags = GENL_CMD_CAP_HASPOL
                    | if one { GENL_CMD_CAP_DO } else { 0 }
                    | if operation.dump { GENL_CMD_CAP_DUMP } else { 0 };
                (operation.c_name.clone(), operation.number, flags)
            })
            .collect();
        for (name, number, want) in &wanted {
            match found.iter().find(|(id, _)| id == number) {
                None => self.differs(format!("{name}: there is no command {number}")),
                Some((_, flags)) => {
                    self.same(&format!("{name}: flags"), flags & kinds, *want);
                }
            }
        }
        for (id, _) in found {
            if !wanted.iter().any(|(_, number, _)| *number == id) {
                self.differs(format!("command {id} is not in the specification"));
            }
        }
        Ok(())
    }

    /// Who may give a command.
    pub(super) fn rights(&mut self, ctx: &mut Ctx) -> Done {
        let found = ask_commands(ctx, self)?;
        let name = |flags: u32| match flags & (GENL_ADMIN_PERM | GENL_UNS_ADMIN_PERM) {
            0 => "anybody",
            GENL_ADMIN_PERM => "admin-perm",
            GENL_UNS_ADMIN_PERM => "uns-admin-perm",
            _ => "both rights",
        };
        for (id, flags) in found {
            let Some(operation) = self.commands().into_iter().find(|o| o.number == id) else {
                continue;
            };
            let want = match operation.flags.as_slice() {
                [] => "anybody".to_string(),
                flags => flags.join(" "),
            };
            let what = format!("{}: who may", operation.c_name);
            self.same(&what, name(flags), want.as_str());
        }
        Ok(())
    }

    /// The multicast groups' names.
    pub(super) fn groups(&mut self, ctx: &mut Ctx) -> Done {
        let found: Vec<_> = ask_groups(ctx, self)?
            .into_iter()
            .map(|(name, _)| name)
            .collect();
        let wanted = self.spec.groups.iter().map(|group| group.name.clone());
        self.same("groups", found, wanted.collect());
        Ok(())
    }

    /// Who may join a group: tried without any rights, which are given up for good.
    pub(super) fn join(&mut self, ctx: &mut Ctx) -> Done {
        let groups = ask_groups(ctx, self)?;
        ctx.leave_all();
        if let Err(error) = sys::become_nobody() {
            return fail(format!("setresuid: {error}"));
        }
        for group in &self.spec.groups {
            let Some((_, id)) = groups.iter().find(|(name, _)| *name == group.name) else {
                continue;
            };
            let channel = Channel::open(self.ns.as_deref(), libc::NETLINK_GENERIC)?;
            let want = if group.flags.is_empty() {
                "OK"
            } else {
                "EPERM"
            };
            let what = format!("group {} joined without rights", group.name);
            self.same(&what, channel.join(*id).as_str(), want);
        }
        Ok(())
    }
}
