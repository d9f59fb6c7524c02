// SPDX-License-Identifier: GPL-2.0

//! What replies and notifications hold: attributes that the specification names for them, with
//! their lengths. The values are other tests' business.

use std::time::Duration;

use crate::args::{fail, usage, Done};
use crate::attr;
use crate::ctx::Ctx;
use crate::netlink::Message;
use crate::{genl, link};

use super::ynl::{Attribute, Operation};
use super::Check;

const IFLA_LINKINFO: u16 = 18;
const IFLA_INFO_DATA: u16 = 2;

/// The space of the link's own attributes.
const LINK_SET: &str = "linkinfo-gtp-attrs";

/// How long a notification may take to come.
const PATIENCE: Duration = Duration::from_secs(2);

impl Check<'_> {
    /// Whether these are attributes of the specification, each of its length.
    fn shape(&mut self, what: &str, attributes: &[u8], known: &[&Attribute]) {
        for (number, value) in attr::list(attributes) {
            match known.iter().find(|attribute| attribute.number == number) {
                None => self.differs(format!("{what}: has attribute {number}")),
                Some(attribute) if attribute.kind == "nest" => {
                    let what = format!("{what}: {}", attribute.c_name);
                    match self.spec.set(&attribute.nested) {
                        Ok(set) => self.shape(&what, value, &set.iter().collect::<Vec<_>>()),
                        Err(text) => self.differs(format!("{what}: {text}")),
                    }
                }
                Some(attribute) => {
                    let len = attribute.len().unwrap_or(0);
                    let what = format!("{what}: length of {}", attribute.c_name);
                    // The least length is that of either family's address.
                    let is_either = attribute.c_name == "GTPA_ROUTE_DST" && value.len() == 16;
                    self.same(&what, value.len(), if is_either { 16 } else { len });
                }
            }
        }
    }

    /// The operation, and the attributes of those names in its space; padding is always allowed.
    fn named(&self, operation: &Operation, names: &[String]) -> Done<Vec<Attribute>> {
        self.spec.attributes(&operation.set, names).or_else(usage)?;
        Ok(self
            .set(&operation.set)?
            .into_iter()
            .filter(|a| a.kind == "pad" || names.contains(&a.name))
            .collect())
    }

    /// Asks for a dump of all that can be asked for; operation and replies.
    fn dump(&self, ctx: &mut Ctx, name: &str) -> Done<(&Operation, Vec<Message>)> {
        let operation = self.spec.operation(name).or_else(usage)?;
        let family = genl::family(ctx, self.ns.as_deref())?.id;
        let number = u8::try_from(operation.number).unwrap_or(u8::MAX);
        let mut body = vec![number, 0, 0, 0];
        for attribute in self.named(operation, &operation.dump_request)? {
            if attribute.kind == "flag" {
                attr::put(&mut body, attribute.number, &[]);
            }
        }
        let channel = ctx.channel(self.ns.as_deref(), libc::NETLINK_GENERIC)?;
        let outcome = channel.request(family, libc::NLM_F_DUMP as u16, &body)?;
        match (outcome.error, outcome.replies.as_slice()) {
            (0, []) => fail(format!("{name}: nothing to be looked at")),
            (0, _) => Ok((operation, outcome.replies)),
            _ => fail(format!("{name}: {}", outcome.name())),
        }
    }

    /// `reply=NAME`: what there is of contexts says each attribute at least once.
    pub(super) fn reply(&mut self, ctx: &mut Ctx, name: &str) -> Done {
        let (operation, replies) = self.dump(ctx, name)?;
        let Some(reply) = &operation.reply else {
            return usage(format!("{name} has no reply"));
        };
        let attributes = self.named(operation, &reply.attributes)?;
        let known: Vec<_> = attributes.iter().collect();
        let mut seen = Vec::new();
        for message in replies {
            let body = message.body.get(4..).unwrap_or_default();
            self.shape(name, body, &known);
            seen.extend(attr::list(body).into_iter().map(|(number, _)| number));
        }
        for attribute in attributes.iter().filter(|a| a.kind != "pad") {
            if !seen.contains(&attribute.number) {
                self.differs(format!("{name}: no reply has {}", attribute.c_name));
            }
        }
        Ok(())
    }

    /// `reply-number=NAME`: the replies bear the number that they should.
    pub(super) fn reply_number(&mut self, ctx: &mut Ctx, name: &str) -> Done {
        let (operation, replies) = self.dump(ctx, name)?;
        let want = operation.reply.as_ref().map(|reply| reply.number);
        for message in replies {
            let got = message.body.first().map(|number| u32::from(*number));
            self.same(&format!("{name}: number of the reply"), got, want);
        }
        Ok(())
    }

    /// `event=NAME@LISTENER`: that is what is heard next, with attributes of its own.
    pub(super) fn event(&mut self, ctx: &mut Ctx, event: &str) -> Done {
        let Some((name, listener)) = event.split_once('@') else {
            return usage(format!("{event}: who is to hear it?"));
        };
        let operation = self.spec.operation(name).or_else(usage)?;
        let Some(names) = &operation.event else {
            return usage(format!("{name} is no notification"));
        };
        let attributes = self.named(operation, names)?;
        let Some(channel) = ctx.listeners.get(listener) else {
            return usage(format!("{listener}: no such listener"));
        };
        let heard = channel.receive(PATIENCE)?;
        let [message] = heard.as_slice() else {
            return fail(format!("{name}: {} notifications", heard.len()));
        };
        let (header, body) = message.body.split_at(4.min(message.body.len()));
        let got = header.first().map(|number| u32::from(*number));
        self.same(&format!("{name}: number"), got, Some(operation.number));
        self.shape(name, body, &attributes.iter().collect::<Vec<_>>());
        Ok(())
    }

    /// `dev=NAME`: what is told of a link's own data.
    pub(super) fn link_reply(&mut self, ctx: &mut Ctx, dev: &str) -> Done {
        let set = self.set(LINK_SET)?;
        let body = link::get(ctx, self.ns.as_deref(), dev)?;
        let info = attr::find(body.get(16..).unwrap_or_default(), IFLA_LINKINFO);
        let data = attr::find(info.unwrap_or_default(), IFLA_INFO_DATA);
        match data {
            None => self.differs(format!("{dev}: no data")),
            Some(data) => self.shape(dev, data, &set.iter().collect::<Vec<_>>()),
        }
        Ok(())
    }
}
