// SPDX-License-Identifier: GPL-2.0

//! Safe abstractions over the C network stack.
//!
//! All unsafe code of the driver is below this module, and nothing below it
//! knows what the driver is for: each file is written as it would stand in
//! `rust/kernel/net/`. No type of the bindings leaves it.

mod bindings;

pub(crate) mod alloc;
pub(crate) mod device;
pub(crate) mod extack;
pub(crate) mod genl;
pub(crate) mod gso;
#[cfg(CONFIG_KUNIT = "y")]
mod kunit;
pub(crate) mod link;
pub(crate) mod netns;
pub(crate) mod nlattr;
mod node;
pub(crate) mod rcu;
pub(crate) mod route;
pub(crate) mod skb;
pub(crate) mod table;
pub(crate) mod time;
pub(crate) mod udp;
mod work;
