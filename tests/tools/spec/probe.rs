// SPDX-License-Identifier: GPL-2.0

//! Requests that are refused for one reason if they are as the specification says, and for
//! another if they are not. None of them does anything.

use crate::args::{fail, Done};
use crate::attr;
use crate::ctx::Ctx;
use crate::genl;

use super::ynl::Attribute;
use super::{Check, OURS};

const IFLA_IFNAME: u16 = 3;
const IFLA_LINKINFO: u16 = 18;
const IFLA_INFO_KIND: u16 = 1;
const IFLA_INFO_DATA: u16 = 2;

/// An attribute that is in no specification.
const UNKNOWN: u16 = 60;

/// The space of the link's own attributes, and that of them which makes sockets.
const LINK_SET: &str = "linkinfo-gtp-attrs";
const CREATE_SOCKETS: &str = "create-sockets";

/// An interface that every namespace has, and a name that none has.
const TAKEN: &str = "lo";
const FREE: &str = "gtp-spec";

/// Zeroes of the attributes' lengths, of `odd` with so many octets instead.
fn zeroes(attributes: &[&Attribute], odd: Option<(&Attribute, usize)>) -> Vec<u8> {
    let mut body = Vec::new();
    for attribute in attributes {
        let len = match odd {
            Some((odd, len)) if odd.number == attribute.number => len,
            _ => attribute.len().unwrap_or(0),
        };
        attr::put(&mut body, attribute.number, &vec![0; len]);
    }
    body
}

impl Check<'_> {
    /// Gives every command all its attributes, with a link that is none: ENODEV if they are as
    /// they should be, ERANGE if one is too short.
    pub(super) fn requests(&mut self, ctx: &mut Ctx) -> Done {
        let spec = self.spec;
        let family = genl::family(ctx, self.ns.as_deref())?.id;
        for operation in &spec.operations {
            let Some(names) = &operation.request else {
                continue;
            };
            if !self.covers(operation.number) {
                continue;
            }
            let attributes = match spec.attributes(&operation.set, names) {
                Ok(attributes) => attributes,
                Err(text) => return crate::args::usage(text),
            };
            let lenient = operation.dont_validate.iter().any(|d| d == "strict");
            let surplus = if lenient { "ENODEV" } else { "EINVAL" };
            let name = &operation.c_name;
            let number = match u8::try_from(operation.number) {
                Ok(number) => number,
                Err(_) => return fail(format!("{name}: the number is too large")),
            };
            // A driver that does not know an attribute does not look at it.
            let covered = attributes.iter().filter(|a| self.covers(a.number));
            let covered: Vec<_> = covered.collect();
            let mut ask = |what: String, attributes: &[u8], want: &str| -> Done {
                let body = [&[number, 0, 0, 0], attributes].concat();
                let channel = ctx.channel(self.ns.as_deref(), libc::NETLINK_GENERIC)?;
                let outcome = channel.request(family, 0, &body)?;
                self.same(&format!("{name}: {what}"), outcome.name().as_str(), want);
                Ok(())
            };
            ask(
                "all attributes".into(),
                &zeroes(&attributes, None),
                "ENODEV",
            )?;
            for attribute in covered {
                let Some(len) = attribute.len() else {
                    continue;
                };
                let what = &attribute.c_name;
                let short = zeroes(&attributes, Some((attribute, len - 1)));
                // Strict validation has it that an integer has its length.
                let refused = match attribute.is_integer() && !lenient {
                    true => "EINVAL",
                    false => "ERANGE",
                };
                ask(format!("{what} of {} octets", len - 1), &short, refused)?;
                let long = zeroes(&attributes, Some((attribute, len + 4)));
                ask(format!("{what} of {} octets", len + 4), &long, surplus)?;
            }
            let mut unknown = zeroes(&attributes, None);
            attr::put(&mut unknown, UNKNOWN, &[0; 4]);
            ask("an unknown attribute".into(), &unknown, surplus)?;
        }
        Ok(())
    }

    /// Gives a link all its attributes and a name that is taken: EEXIST if they are as they
    /// should be, ERANGE if one is too short. What rtnetlink does not validate for the driver,
    /// since the number is too high, comes up only once there would be a link: that one lacks
    /// sockets.
    pub(super) fn link_requests(&mut self, ctx: &mut Ctx) -> Done {
        let set = self.set(LINK_SET)?;
        let known: Vec<_> = set.iter().filter(|a| a.len().is_some()).collect();
        let (own, mainline): (Vec<_>, Vec<_>) =
            known.into_iter().partition(|a| u32::from(a.number) >= OURS);

        self.link(
            ctx,
            "all attributes",
            TAKEN,
            &zeroes(&mainline, None),
            "EEXIST",
        )?;
        for attribute in &mainline {
            let len = attribute.len().unwrap_or(0);
            for (len, want) in [(len - 1, "ERANGE"), (len + 4, "EEXIST")] {
                let data = zeroes(&mainline, Some((attribute, len)));
                let what = format!("{} of {len} octets", attribute.c_name);
                self.link(ctx, &what, TAKEN, &data, want)?;
            }
        }
        let mut unknown = zeroes(&mainline, None);
        attr::put(&mut unknown, UNKNOWN, &[0; 4]);
        self.link(ctx, "an unknown attribute", TAKEN, &unknown, "EEXIST")?;

        for attribute in own {
            let len = attribute.len().unwrap_or(0);
            let short = zeroes(&[attribute], Some((attribute, len - 1)));
            let what = format!("{} of {} octets", attribute.c_name, len - 1);
            self.link(ctx, &what, FREE, &short, "ERANGE")?;
        }
        for attribute in &set {
            let (Some(highest), Some(len)) = (self.spec.highest(attribute), attribute.len()) else {
                continue;
            };
            let sockets: Vec<_> = set.iter().filter(|a| a.name == CREATE_SOCKETS).collect();
            let mut data = zeroes(&sockets, None);
            let value = (highest + 1).to_le_bytes();
            attr::put(&mut data, attribute.number, &value[..len]);
            let what = format!("{}={}", attribute.c_name, highest + 1);
            self.link(ctx, &what, FREE, &data, "EINVAL")?;
        }
        Ok(())
    }

    /// Asks for a link of that name with this data. One that came of it nonetheless goes again.
    fn link(&mut self, ctx: &mut Ctx, what: &str, name: &str, data: &[u8], want: &str) -> Done {
        let mut named = vec![0; 16];
        attr::put(&mut named, IFLA_IFNAME, format!("{name}\0").as_bytes());
        let mut info = Vec::new();
        attr::put(&mut info, IFLA_INFO_KIND, b"gtp\0");
        attr::put(&mut info, IFLA_INFO_DATA, data);
        let mut body = named.clone();
        attr::put(&mut body, IFLA_LINKINFO, &info);

        let flags = (libc::NLM_F_CREATE | libc::NLM_F_EXCL) as u16;
        let channel = ctx.channel(self.ns.as_deref(), libc::NETLINK_ROUTE)?;
        let outcome = channel.request(libc::RTM_NEWLINK, flags, &body)?;
        if outcome.error == 0 {
            channel.request(libc::RTM_DELLINK, 0, &named)?;
        }
        self.same(what, outcome.name().as_str(), want);
        Ok(())
    }
}
