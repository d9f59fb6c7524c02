// SPDX-License-Identifier: GPL-2.0

//! GTP-U driver: tunnels between the GSNs of a mobile core network.
//!
//! The layers, from the bottom: [`net`] is the network stack as safe Rust, [`wire`]
//! the protocol's codec, [`gtp`] the driver.

#![crate_name = "gtp"]
#![deny(clippy::undocumented_unsafe_blocks, unsafe_op_in_unsafe_fn)]

use kernel::prelude::*;

mod gtp;
mod net;
// The codec is shared with the host, and whole; the driver uses what it needs.
#[allow(dead_code)]
mod wire;

module! {
    type: Module,
    name: "gtp",
    authors: ["The gtp-rs authors"],
    description: "GTP-U: tunnels of mobile core networks",
    license: "GPL",
    alias: ["rtnl-link-gtp", "net-pf-16-proto-16-family-gtp"],
}

/// What the module holds while it is loaded. The order of the fields is the order in
/// which it is taken down: first nobody can ask for anything any more, then the
/// devices go, and last the memory that readers may have been looking at.
struct Module {
    _family: net::genl::Registration,
    _link: net::link::Registration<gtp::device::Gtp>,
    _cut: net::gso::Registration<gtp::tx::Cut>,
    _memory: net::rcu::Barrier,
}

impl kernel::Module for Module {
    fn init(_module: &'static ThisModule) -> Result<Self> {
        let memory = net::rcu::Barrier;
        let cut = net::gso::Registration::new(&gtp::tx::CUT)?;
        let link = net::link::Registration::new()?;
        let family = net::genl::Registration::new(&gtp::netlink::FAMILY)?;
        Ok(Self {
            _family: family,
            _link: link,
            _cut: cut,
            _memory: memory,
        })
    }
}
