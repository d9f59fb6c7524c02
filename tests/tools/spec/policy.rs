// SPDX-License-Identifier: GPL-2.0

//! What the kernel demands of a command's attributes, as the controller tells of it.

use crate::args::{Done, Stop};
use crate::attr;
use crate::ctx::Ctx;

use super::{ask, u32_of, u64_of, Check};

const CTRL_CMD_GETPOLICY: u8 = 10;
const CTRL_ATTR_POLICY: u16 = 8;
const CTRL_ATTR_OP_POLICY: u16 = 9;
const CTRL_ATTR_POLICY_DO: u16 = 1;
const CTRL_ATTR_POLICY_DUMP: u16 = 2;

const NL_POLICY_TYPE_ATTR_TYPE: u16 = 1;
const NL_POLICY_TYPE_ATTR_MIN_VALUE_U: u16 = 4;
const NL_POLICY_TYPE_ATTR_MAX_VALUE_U: u16 = 5;
const NL_POLICY_TYPE_ATTR_MIN_LENGTH: u16 = 6;
const NL_POLICY_TYPE_ATTR_MAX_LENGTH: u16 = 7;

/// Which requests a policy is for.
#[derive(Clone, Copy)]
pub(super) enum Mode {
    /// Those for one object.
    Do,
    /// Those for all objects.
    Dump,
}

impl Check<'_> {
    /// What the kernel demands of each command's attributes, for one object or for all.
    pub(super) fn policies(&mut self, ctx: &mut Ctx, mode: Mode) -> Done {
        let kind = match mode {
            Mode::Do => CTRL_ATTR_POLICY_DO,
            Mode::Dump => CTRL_ATTR_POLICY_DUMP,
        };
        let operations: Vec<_> = self
            .commands()
            .into_iter()
            .map(|operation| {
                let wanted = match mode {
                    Mode::Do => operation.request.is_some(),
                    Mode::Dump => {
                        operation.dump && !operation.dont_validate.iter().any(|d| d == "dump")
                    }
                };
                (
                    operation.c_name.clone(),
                    operation.number,
                    operation.set.clone(),
                    wanted,
                )
            })
            .collect();
        for (name, number, set, wanted) in operations {
            let answers = match ask(ctx, self, CTRL_CMD_GETPOLICY, Some(number)) {
                Err(Stop::Fail(text)) => {
                    self.differs(format!("{name}: {text}"));
                    continue;
                }
                answers => answers?,
            };
            let index = answers.iter().find_map(|answer| {
                let operation = attr::find(answer, CTRL_ATTR_OP_POLICY)?;
                let modes = attr::find(operation, u16::try_from(number).ok()?)?;
                u16::try_from(attr::find(modes, kind).and_then(u32_of)?).ok()
            });
            match (index, wanted) {
                (None, false) => {}
                (Some(index), true) => {
                    let rules: Vec<_> = answers
                        .iter()
                        .filter_map(|answer| attr::find(answer, CTRL_ATTR_POLICY))
                        .filter_map(|policy| attr::find(policy, index))
                        .flat_map(attr::list)
                        .collect();
                    self.policy(&name, &set, &rules)?;
                }
                (None, true) => self.differs(format!("{name}: attributes are not validated")),
                (Some(_), false) => self.differs(format!("{name}: attributes are validated")),
            }
        }
        Ok(())
    }

    /// What the kernel demands of the attributes of one command.
    fn policy(&mut self, command: &str, set: &str, rules: &[(u16, &[u8])]) -> Done {
        let set = self.set(set)?;
        for attribute in &set {
            let what = format!("{command}: {}", attribute.c_name);
            let rule = rules.iter().find(|(number, _)| *number == attribute.number);
            let Some((_, rule)) = rule else {
                // Of a rule that is nothing but a least length the kernel does not tell.
                if attribute.is_integer() || attribute.kind == "flag" {
                    self.differs(format!("{what}: is not validated"));
                }
                continue;
            };
            let word = |kind| attr::find(rule, kind).and_then(u32_of);
            let long = |kind| attr::find(rule, kind).and_then(u64_of);
            self.same(
                &format!("{what}: type"),
                word(NL_POLICY_TYPE_ATTR_TYPE),
                attribute.kind_number(),
            );
            if attribute.is_integer() {
                let bits = 8 * attribute.len().unwrap_or(0);
                let limit = u64::MAX >> (64 - bits);
                let (min, max) = (attribute.min.unwrap_or(0), attribute.max.unwrap_or(limit));
                let got = (
                    long(NL_POLICY_TYPE_ATTR_MIN_VALUE_U),
                    long(NL_POLICY_TYPE_ATTR_MAX_VALUE_U),
                );
                self.same(&format!("{what}: range"), got, (Some(min), Some(max)));
            } else {
                // A least length that stands alone the kernel does not tell.
                let got = (
                    word(NL_POLICY_TYPE_ATTR_MIN_LENGTH),
                    word(NL_POLICY_TYPE_ATTR_MAX_LENGTH),
                );
                self.same(&format!("{what}: length"), got, (None, None));
            }
        }
        for (number, _) in rules {
            if !set.iter().any(|attribute| attribute.number == *number) {
                self.differs(format!(
                    "{command}: attribute {number} is not in the specification"
                ));
            }
        }
        Ok(())
    }
}
