// SPDX-License-Identifier: GPL-2.0

//! What the driver must hold and answer, in plain Rust: a model to compare the kernel with.
//!
//! [`Model::judge`] says what an operation comes to, without doing it; [`Model::apply`] does it.
//! The model reads requests from their octets, as the kernel does. It shares no code with the
//! driver. `include/uapi/linux/gtp.h` says what it follows; the C driver, as which it can act
//! too, has the last word on all but the differences that are noted at [`Driver`].

// Refusals are half of what a model says.
#![allow(clippy::result_large_err)]

pub mod lenient;
mod link;
mod pdp;
pub mod route;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::net::IpAddr;

pub use pdp::BEARER;
use route::Route;

use super::op::{Op, Set, SocketKind, SOCKETS};

/// Which driver is modelled.
///
/// The C driver has no REPLACE (EOPNOTSUPP), no dump of one link, no FLUSH notification and no
/// echo request over IPv6. What it cannot do right is not modelled: an update of a context, which
/// it does not find by its new keys then, and an echo request that is answered, which leaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Driver {
    /// Ours.
    Rust,
    /// The kernel's.
    C,
}

/// A PDP context.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pdp {
    /// Version of GTP.
    pub version: u32,
    /// TID, or incoming TEID.
    pub id: u64,
    /// Flow label, or outgoing TEID.
    pub out: u32,
    /// Address or prefix of the MS.
    pub ms: IpAddr,
    /// Which bearer of the MS it is; 0 with the C driver, which knows none.
    pub bearer: u8,
    /// Address of the peer.
    pub peer: IpAddr,
}

/// A socket of a link.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// The kernel's, bound to an address.
    Kernel {
        /// The address.
        local: IpAddr,
        /// Whether it is for IPv6 only.
        only6: bool,
    },
    /// The caller's, kept in that place.
    Caller(usize),
}

/// A link.
#[derive(Clone, Debug)]
pub struct Link {
    /// The namespace that it is in.
    pub space: usize,
    /// The namespace that it was made from, with its sockets.
    pub home: usize,
    /// Its name.
    pub name: String,
    /// Administrative state.
    pub up: bool,
    /// What is reported back: hash size, role, restart count, dual stack.
    pub shown: (u32, u32, u8, bool),
    /// Sockets by version and family (0: IPv4).
    pub ends: [[Option<End>; 2]; 2],
    /// The contexts.
    pub contexts: Vec<Pdp>,
    /// The framed routes.
    pub routes: Vec<Route>,
}

impl Link {
    /// Whether it goes with that namespace.
    fn ends_with(&self, space: usize) -> bool {
        self.space == space || self.home == space
    }
}

/// What an operation is answered with.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Expect {
    /// 0, or a positive error number.
    pub error: i32,
    /// Whether it was the driver that refused, which gives a reason in words.
    pub worded: bool,
    /// Bodies of the replies, the family's header included; of a dump in any order. Of RTM_GETLINK
    /// the link's own data.
    pub replies: Vec<Vec<u8>>,
    /// Bodies of notifications, and the namespaces where they are heard.
    pub notices: Vec<(usize, Vec<u8>)>,
    /// Whether the notification comes when the network has carried something.
    pub later: bool,
    /// Links of the first namespace that go by themselves, some time later.
    pub dying: Vec<u32>,
    /// Sockets that are closed with the operation, since nobody sees when they come free.
    pub closing: Vec<usize>,
    /// Addresses in the first namespace that sockets of the kernel's leave, some time later.
    pub leaving: Vec<IpAddr>,
}

/// What an operation changes.
#[derive(Clone, Debug, Default)]
pub enum Change {
    /// Nothing.
    #[default]
    None,
    /// A context of a link comes, in the place of another or as a new one.
    Put(u32, Option<usize>, Pdp),
    /// A context of a link goes.
    Remove(u32, usize),
    /// A route of a link comes, in the place of another or as a new one.
    PutRoute(u32, Option<usize>, Route),
    /// A route of a link goes.
    RemoveRoute(u32, usize),
    /// A link comes.
    AddLink(u32, Box<Link>),
    /// A link goes.
    DelLink(u32),
    /// A link changes.
    SetLink(u32, Set),
    /// A socket is opened, or closed.
    Socket(usize, Option<SocketKind>),
    /// The second namespace goes and comes.
    Renew,
}

/// The state of a run.
#[derive(Clone, Debug)]
pub struct Model {
    /// Which driver.
    pub driver: Driver,
    /// `genlmsghdr.cmd` of replies.
    pub reply_command: u8,
    /// Links by their number, which is unique over both namespaces.
    pub links: BTreeMap<u32, Link>,
    /// The caller's sockets.
    pub sockets: [Option<SocketKind>; SOCKETS],
}

/// The operation is refused with an error.
type Refused<T> = Result<T, Expect>;

impl Expect {
    /// Refused by the driver.
    fn refusal(error: i32) -> Self {
        Self {
            error,
            worded: true,
            ..Self::default()
        }
    }

    /// Refused before the driver was asked.
    fn early(error: i32) -> Self {
        Self {
            error,
            ..Self::default()
        }
    }
}

impl Model {
    /// Nothing is there.
    pub fn new(driver: Driver, reply_command: u8) -> Self {
        Self {
            driver,
            reply_command,
            links: BTreeMap::new(),
            sockets: [None; SOCKETS],
        }
    }

    /// The link of that number, if it is in that namespace.
    pub fn link(&self, space: usize, index: u32) -> Option<&Link> {
        self.links.get(&index).filter(|link| link.space == space)
    }

    fn name_taken(&self, space: usize, name: &str, but: Option<u32>) -> bool {
        self.links
            .iter()
            .any(|(index, link)| link.space == space && link.name == name && Some(*index) != but)
    }

    /// What an operation comes to. `None`: the model does not know, so it must not be done.
    pub fn judge(&self, op: &Op) -> Option<(Expect, Change)> {
        let fine = |change| (Expect::default(), change);
        Some(match op {
            Op::Genl {
                space,
                command,
                flags,
                cut,
                attrs,
            } => return self.genl(*space, *command, *flags, *cut, attrs),
            Op::NewLink {
                space,
                to,
                index,
                name,
                flags,
                up,
                data,
            } => {
                let asked = link::Asked {
                    space: *space,
                    to: to.unwrap_or(*space),
                    index: *index,
                    name,
                    up: *up,
                };
                return self.new_link(&asked, *flags, data.as_deref());
            }
            Op::DelLink { space, index } => match self.link(*space, *index) {
                None => (Expect::early(libc::ENODEV), Change::None),
                Some(link) => {
                    let (mut expect, change) = fine(Change::DelLink(*index));
                    expect.notices = self.flush(*index, link);
                    (expect, change)
                }
            },
            Op::SetLink { space, index, set } => match self.link(*space, *index) {
                None => (Expect::early(libc::ENODEV), Change::None),
                Some(link) => {
                    let taken = match set {
                        Set::Up(_) => false,
                        Set::Name(name) => self.name_taken(*space, name, Some(*index)),
                        Set::Space(to) => self.name_taken(*to, &link.name, Some(*index)),
                    };
                    if taken {
                        (Expect::early(libc::EEXIST), Change::None)
                    } else {
                        fine(Change::SetLink(*index, set.clone()))
                    }
                }
            },
            Op::GetLink { space, index } => match self.link(*space, *index) {
                None => (Expect::early(libc::ENODEV), Change::None),
                Some(link) => {
                    let (mut expect, change) = fine(Change::None);
                    expect.replies = vec![link.data()];
                    (expect, change)
                }
            },
            Op::Open { slot, kind } => fine(Change::Socket(*slot, Some(*kind))),
            Op::Close { slot } => fine(Change::Socket(*slot, None)),
            Op::Renew => {
                let (mut expect, change) = fine(Change::Renew);
                for (index, link) in self.links.iter().filter(|(_, link)| link.ends_with(1)) {
                    // Nobody hears what is told in a namespace that goes.
                    if link.space == 0 {
                        expect.notices.extend(self.flush(*index, link));
                        expect.dying.push(*index);
                    }
                    for end in link.ends.as_flattened().iter().flatten() {
                        match end {
                            End::Caller(slot) => expect.closing.push(*slot),
                            End::Kernel { local, .. } if link.home == 0 => {
                                expect.leaving.push(*local);
                            }
                            End::Kernel { .. } => {}
                        }
                    }
                }
                (expect, change)
            }
        })
    }

    /// Does what [`judge`](Self::judge) has said.
    pub fn apply(&mut self, change: Change) {
        match change {
            Change::None => {}
            Change::Put(index, place, pdp) => {
                let link = self.at(index);
                let Some(place) = place else {
                    link.contexts.push(pdp);
                    return;
                };
                let old = std::mem::replace(&mut link.contexts[place], pdp.clone());
                if !old.is_for(pdp.ms, pdp.bearer) {
                    link.leave(old.ms, old.bearer);
                }
            }
            Change::Remove(index, place) => {
                let link = self.at(index);
                let old = link.contexts.swap_remove(place);
                link.leave(old.ms, old.bearer);
            }
            Change::PutRoute(index, place, route) => {
                let routes = &mut self.at(index).routes;
                match place {
                    Some(place) => routes[place] = route,
                    None => routes.push(route),
                }
            }
            Change::RemoveRoute(index, place) => drop(self.at(index).routes.swap_remove(place)),
            Change::AddLink(index, link) => drop(self.links.insert(index, *link)),
            Change::DelLink(index) => drop(self.links.remove(&index)),
            Change::SetLink(index, Set::Up(up)) => self.at(index).up = up,
            Change::SetLink(index, Set::Name(name)) => self.at(index).name = name,
            Change::SetLink(index, Set::Space(space)) => {
                let link = self.at(index);
                if link.space != space {
                    link.space = space;
                    // The stack takes a device down that it moves.
                    link.up = false;
                }
            }
            Change::Socket(slot, kind) => {
                for link in self.links.values_mut() {
                    for end in link.ends.as_flattened_mut() {
                        end.take_if(|end| *end == End::Caller(slot));
                    }
                }
                self.sockets[slot] = kind;
            }
            Change::Renew => {
                for link in self.links.values().filter(|link| link.ends_with(1)) {
                    for end in link.ends.as_flattened().iter().flatten() {
                        if let End::Caller(slot) = end {
                            self.sockets[*slot] = None;
                        }
                    }
                }
                self.links.retain(|_, link| !link.ends_with(1));
            }
        }
    }

    fn at(&mut self, index: u32) -> &mut Link {
        self.links
            .get_mut(&index)
            .expect("the model knows the links that it changes")
    }

    /// What is told when a link goes.
    fn flush(&self, index: u32, link: &Link) -> Vec<(usize, Vec<u8>)> {
        if self.driver == Driver::C || link.contexts.is_empty() {
            return Vec::new();
        }
        vec![(link.space, pdp::flush(index))]
    }
}
