// SPDX-License-Identifier: GPL-2.0

//! What a script's statements share: open sockets, netlink channels, readings.

use std::collections::BTreeMap;
use std::os::fd::OwnedFd;

use crate::args::{fail, usage, Done};
use crate::fault::Block;
use crate::fuzz::packets::Balance;
use crate::genl::Family;
use crate::netlink::{Channel, Message, Outcome};
use crate::socket::Named;
use crate::stats::Counters;
use crate::sys;

/// A channel's namespace (`None`: our own) and netlink protocol.
type Place = (Option<String>, i32);

/// The state of a run.
#[derive(Default)]
pub struct Ctx {
    sockets: BTreeMap<String, Named>,
    channels: BTreeMap<Place, Channel>,
    /// The generic netlink family, once asked for.
    pub family: Option<Family>,
    /// Groups listened to.
    pub listeners: BTreeMap<String, Channel>,
    /// What the last request was answered with.
    pub replies: Vec<Message>,
    /// Readings of counters, by namespace and interface.
    pub readings: BTreeMap<(Option<String>, String), Counters>,
    /// Objects in a slab cache when it was looked at.
    pub slabs: BTreeMap<String, u64>,
    /// Whether to print outcomes: one statement from the command line.
    pub verbose: bool,
    /// Refusals that came without a word.
    pub wordless: Vec<String>,
    /// What the last request came to, its replies apart.
    pub last: Option<Outcome>,
    /// A dump that is being taken in parts: its channel and sequence number, what has come.
    pub dumping: Option<(Channel, u32, Vec<Message>)>,
    /// Counters when the packets began to come that are to be accounted for.
    pub balance: Option<Balance>,
    /// Datagrams that were passed up and read since.
    pub passed_up: u64,
    /// Packets that were sent into each link of either side since.
    pub sent: [[u64; 3]; 2],
    /// Packets and octets that each link must have delivered since.
    pub good: [[[u64; 2]; 3]; 2],
    /// The request that is going to be made under faults.
    pub fault: Block,
}

impl Ctx {
    /// Keeps an open file; one of the same name is closed.
    pub fn name(&mut self, name: String, named: Named) {
        self.sockets.insert(name, named);
    }

    /// Keeps an open file that is nothing to receive packets from.
    pub fn file(&mut self, name: String, fd: OwnedFd) {
        self.name(name, Named::file(fd));
    }

    /// The open file of that name.
    pub fn named(&self, name: &str) -> Done<&Named> {
        match self.sockets.get(name) {
            Some(named) => Ok(named),
            None => usage(format!("{name}: no such socket or file")),
        }
    }

    /// All open files.
    pub fn all(&self) -> impl Iterator<Item = &Named> {
        self.sockets.values()
    }

    /// Closes the file of that name.
    pub fn forget(&mut self, name: &str) -> Done {
        if self.sockets.remove(name).is_none() && self.listeners.remove(name).is_none() {
            return fail(format!("{name}: no such socket or file"));
        }
        Ok(())
    }

    /// The channel to the kernel in a namespace, opened when first used.
    pub fn channel(&mut self, ns: Option<&str>, protocol: i32) -> Done<&mut Channel> {
        let place = (ns.map(str::to_string), protocol);
        if !self.channels.contains_key(&place) {
            let channel = Channel::open(ns, protocol)?;
            self.channels.insert(place.clone(), channel);
        }
        match self.channels.get_mut(&place) {
            Some(channel) => Ok(channel),
            None => usage("channel lost"),
        }
    }

    /// Opens channels in our namespace as a user without rights.
    pub fn open_as_nobody(&mut self) -> Done {
        for protocol in [libc::NETLINK_GENERIC, libc::NETLINK_ROUTE] {
            match sys::as_nobody(|| Channel::open(None, protocol)) {
                Ok(channel) => {
                    let channel = channel?.unaddressed();
                    self.channels.insert((None, protocol), channel)
                }
                Err(error) => return fail(format!("setresuid: {error}")),
            };
        }
        Ok(())
    }

    /// Closes all channels, which act with the rights of who opened them.
    pub fn leave_all(&mut self) {
        self.channels.clear();
    }

    /// Closes the channels into a namespace, which keep it alive.
    pub fn leave(&mut self, ns: &str) {
        self.channels
            .retain(|(place, _), _| place.as_deref() != Some(ns));
    }
}
