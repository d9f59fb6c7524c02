// SPDX-License-Identifier: GPL-2.0

//! RTM_NEWLINK: which links can be made, and of which sockets.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::lenient::{walk, Attrs};
use super::{Change, Driver, End, Expect, Link, Model, Refused};
use crate::attr::put;
use crate::fuzz::netlink::op::{Fd, SocketKind};

/// `IFLA_GTP_*`.
pub const FD0: u16 = 1;
/// The socket for version 1.
pub const FD1: u16 = 2;
/// Hint for the number of contexts.
pub const HASHSIZE: u16 = 3;
/// Which end of the tunnels it is.
pub const ROLE: u16 = 4;
/// The kernel makes the sockets.
pub const CREATE: u16 = 5;
/// Restart counter.
pub const RESTART: u16 = 6;
/// IPv4 address of the kernel's sockets.
pub const LOCAL: u16 = 7;
/// IPv6 address of the kernel's sockets.
pub const LOCAL6: u16 = 8;
/// Sockets of both families: our driver's alone.
pub const DUAL: u16 = 64;

/// Lowest number of octets of each attribute.
const POLICY: [usize; 9] = [0, 4, 4, 4, 4, 1, 1, 4, 16];
/// More buckets than this are more than the C driver can have.
const MOST_BUCKETS: u32 = 1 << 19;

const CREATE_FLAG: u16 = libc::NLM_F_CREATE as u16;
const EXCL: u16 = libc::NLM_F_EXCL as u16;

/// What is asked for beside the link's own data.
pub struct Asked<'a> {
    /// The caller's namespace.
    pub space: usize,
    /// The namespace that the link is for.
    pub to: usize,
    /// Its number.
    pub index: u32,
    /// Its name.
    pub name: &'a str,
    /// Whether it is to be up.
    pub up: bool,
}

/// Sockets by version and family.
type Ends = [[Option<End>; 2]; 2];

/// An address that a socket can be bound to, in namespaces that have only `lo`. `None`: the model
/// does not know.
fn can_bind(address: IpAddr) -> Option<bool> {
    match address {
        IpAddr::V4(v4) => match v4.octets() {
            [0, 0, 0, 0] | [127, 0, 0, 1..=9] => Some(true),
            [198, 51, 100, 1..=9] => Some(false),
            _ => None,
        },
        IpAddr::V6(Ipv6Addr::LOCALHOST | Ipv6Addr::UNSPECIFIED) => Some(true),
        IpAddr::V6(v6) if v6.segments()[..7] == [0x2001, 0xdb8, 0, 0, 0, 0, 0] => Some(false),
        IpAddr::V6(_) => None,
    }
}

/// Whether two sockets cannot have the same port.
fn collide(a: (IpAddr, bool), b: (IpAddr, bool)) -> bool {
    let ((a, only_a), (b, only_b)) = (a, b);
    match (a.is_ipv6(), b.is_ipv6()) {
        (true, false) => a.is_unspecified() && !only_a,
        (false, true) => b.is_unspecified() && !only_b,
        _ => a == b || a.is_unspecified() || b.is_unspecified(),
    }
}

impl Link {
    /// The link's own data, as it is reported.
    pub fn data(&self) -> Vec<u8> {
        let (hash_size, role, restart, dual) = self.shown;
        let mut data = Vec::new();
        put(&mut data, HASHSIZE, &hash_size.to_ne_bytes());
        put(&mut data, ROLE, &role.to_ne_bytes());
        put(&mut data, RESTART, &[restart]);
        if dual {
            put(&mut data, DUAL, &[1]);
        }
        data
    }
}

impl Model {
    /// RTM_NEWLINK of kind gtp.
    pub(super) fn new_link(
        &self,
        asked: &Asked<'_>,
        flags: u16,
        data: Option<&[u8]>,
    ) -> Option<(Expect, Change)> {
        let early = |error| Some((Expect::early(error), Change::None));
        let bytes = data.unwrap_or_default();
        // A nest may be empty, but not shorter than an attribute.
        if (1..4).contains(&bytes.len()) {
            return early(libc::ERANGE);
        }
        let attrs = match Attrs::parse(bytes, &POLICY) {
            Ok(attrs) => attrs,
            Err(error) => return early(error),
        };
        if data.is_none() {
            return Some((Expect::refusal(libc::EINVAL), Change::None));
        }
        let both = CREATE_FLAG | EXCL;
        let known = if flags & both == both {
            asked.to
        } else {
            asked.space
        };
        match self.links.get(&asked.index) {
            Some(link) if link.space == known => {
                return early(if flags & EXCL != 0 {
                    libc::EEXIST
                } else {
                    libc::EOPNOTSUPP
                })
            }
            // The number would not be unique.
            Some(_) => return None,
            None => {}
        }
        if flags & CREATE_FLAG == 0 {
            return early(libc::ENODEV);
        }
        let dual = walk(bytes).into_iter().find(|place| place.kind == DUAL);
        let dual = dual.map(|place| bytes[place.begin..place.end].first().copied());
        if walk(bytes)
            .iter()
            .any(|place| place.kind > DUAL && place.kind < DUAL + 64)
            || (dual.is_some() && self.driver == Driver::C)
        {
            return None;
        }
        Some(match self.make(asked, &attrs, dual) {
            Ok(Some(link)) => {
                let change = Change::AddLink(asked.index, Box::new(link));
                (Expect::default(), change)
            }
            Ok(None) => return None,
            Err(refusal) => (refusal, Change::None),
        })
    }

    /// What the driver makes of it. `None`: the model does not know.
    fn make(
        &self,
        asked: &Asked<'_>,
        attrs: &Attrs<'_>,
        dual: Option<Option<u8>>,
    ) -> Refused<Option<Link>> {
        let refused = |error| Err(Expect::refusal(error));
        let hash_size = attrs.u32(HASHSIZE).filter(|size| *size != 0);
        let hash_size = hash_size.unwrap_or(1024);
        let role = attrs.u32(ROLE).unwrap_or(0);
        if role > 1 {
            return refused(libc::EINVAL);
        }
        let dual = match dual {
            None | Some(Some(0)) => false,
            Some(None) => return refused(libc::ERANGE),
            Some(Some(1)) if attrs.has(CREATE) => true,
            Some(Some(_)) => return refused(libc::EINVAL),
        };
        if self.driver == Driver::C && hash_size > MOST_BUCKETS {
            return Err(Expect::early(libc::ENOMEM));
        }
        let ends = if attrs.has(CREATE) {
            self.created(asked.space, attrs, dual)?
        } else {
            self.attached(attrs)?
        };
        let Some(ends) = ends else {
            return Ok(None);
        };
        if self.name_taken(asked.to, asked.name, None) {
            return Err(Expect::early(libc::EEXIST));
        }
        let [restart] = attrs.octets::<1>(RESTART).unwrap_or([0]);
        Ok(Some(Link {
            space: asked.to,
            home: asked.space,
            name: asked.name.to_string(),
            up: asked.up,
            shown: (hash_size, role, restart, dual),
            ends,
            contexts: Vec::new(),
            routes: Vec::new(),
        }))
    }

    /// Sockets that the kernel makes.
    fn created(&self, home: usize, attrs: &Attrs<'_>, dual: bool) -> Refused<Option<Ends>> {
        let local4 = attrs.octets::<4>(LOCAL).map(Ipv4Addr::from);
        let local6 = attrs.octets::<16>(LOCAL6).map(Ipv6Addr::from);
        let mut asked = Vec::new();
        if local6.is_none() || dual {
            asked.push(IpAddr::V4(local4.unwrap_or(Ipv4Addr::UNSPECIFIED)));
        }
        if local6.is_some() || dual {
            asked.push(IpAddr::V6(local6.unwrap_or(Ipv6Addr::UNSPECIFIED)));
        }
        let mut ends = Ends::default();
        for local in asked {
            if matches!(local, IpAddr::V6(v6) if v6.to_ipv4_mapped().is_some()) {
                if self.driver == Driver::C {
                    return Ok(None);
                }
                return Err(Expect::refusal(libc::EADDRNOTAVAIL));
            }
            match can_bind(local) {
                None => return Ok(None),
                Some(false) => return Err(Expect::refusal(libc::EADDRNOTAVAIL)),
                Some(true) => {}
            }
            let only6 = dual && local.is_ipv6();
            // Both versions' sockets have the same addresses, so one stands for both.
            let taken = self
                .links
                .values()
                .filter(|link| link.home == home)
                .any(|link| {
                    link.ends[0].iter().flatten().any(|end| match end {
                        End::Kernel {
                            local: other,
                            only6: only,
                        } => collide((local, only6), (*other, *only)),
                        End::Caller(_) => false,
                    })
                });
            if taken {
                return Err(Expect::refusal(libc::EADDRINUSE));
            }
            for of_version in &mut ends {
                of_version[usize::from(local.is_ipv6())] = Some(End::Kernel { local, only6 });
            }
        }
        Ok(Some(ends))
    }

    /// Sockets that the caller hands in.
    fn attached(&self, attrs: &Attrs<'_>) -> Refused<Option<Ends>> {
        let refused = |error| Err(Expect::refusal(error));
        let fds = [FD0, FD1].map(|kind| attrs.u32(kind));
        if fds == [None, None] {
            return refused(libc::EINVAL);
        }
        let mut ends = Ends::default();
        for (version, fd) in fds.into_iter().enumerate() {
            let slot = match fd.map(Fd::of) {
                None | Some(Fd::Negative) => continue,
                Some(Fd::Unknown) => return Ok(None),
                Some(Fd::Closed) => return refused(libc::EBADF),
                Some(Fd::Space(_) | Fd::File) => return refused(libc::ENOTSOCK),
                Some(Fd::Socket(slot)) => slot,
            };
            let ipv6 = match self.sockets[slot] {
                None => return refused(libc::EBADF),
                Some(SocketKind::Tcp | SocketKind::Unix) => return refused(libc::EINVAL),
                Some(SocketKind::UdpBoth) => return refused(libc::EADDRNOTAVAIL),
                Some(SocketKind::Udp4) => false,
                Some(SocketKind::Udp6) => true,
            };
            let end = End::Caller(slot);
            let others = self.links.values().flat_map(|link| &link.ends);
            if others.chain(&ends).flatten().any(|e| *e == Some(end)) {
                return refused(libc::EBUSY);
            }
            ends[version][usize::from(ipv6)] = Some(end);
        }
        let has = |family: usize| ends.iter().any(|of_version| of_version[family].is_some());
        if has(0) && has(1) {
            return refused(libc::EINVAL);
        }
        Ok(Some(ends))
    }
}
