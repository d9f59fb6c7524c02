// SPDX-License-Identifier: GPL-2.0

//! Requests to the generic netlink family: what each comes to, and what is told of it.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::lenient::{walk, Attrs};
use super::route::{GETROUTE, NEWROUTE};
use super::{Change, Driver, End, Expect, Link, Model, Pdp, Refused};
use crate::attr::put;
use crate::fuzz::netlink::op::Fd;

/// `GTPA_*`.
pub const LINK: u16 = 1;
/// Version of GTP.
pub const VERSION: u16 = 2;
/// Tunnel identifier of version 0.
pub const TID: u16 = 3;
/// IPv4 address of the peer.
pub const PEER: u16 = 4;
/// IPv4 address of the MS.
pub const MS: u16 = 5;
/// Flow label of version 0.
pub const FLOW: u16 = 6;
/// Namespace of the link.
pub const NET_NS_FD: u16 = 7;
/// Incoming TEID.
pub const I_TEI: u16 = 8;
/// Outgoing TEID.
pub const O_TEI: u16 = 9;
/// IPv6 address of the peer.
pub const PEER6: u16 = 11;
/// IPv6 prefix of the MS.
pub const MS6: u16 = 12;
/// Family of the MS.
pub const FAMILY: u16 = 13;

/// Bearer of the MS: ours.
pub const BEARER: u16 = 80;

/// Lowest number of octets of each attribute.
const POLICY: [usize; 14] = [0, 4, 4, 8, 4, 4, 2, 4, 4, 4, 0, 16, 16, 1];
/// Numbers from here on are not mainline's: a driver may know them, the model does not.
pub const OURS: std::ops::Range<u16> = 64..128;

/// The highest number of a bearer.
const MAX_BEARER: u8 = 63;

const NEWPDP: u8 = 0;
const DELPDP: u8 = 1;
const GETPDP: u8 = 2;
const ECHOREQ: u8 = 3;
const FLUSH: u8 = 65;

/// NLM_F_DUMP: both bits of it.
const DUMP: u16 = libc::NLM_F_DUMP as u16;
const EXCL: u16 = libc::NLM_F_EXCL as u16;
const REPLACE: u16 = libc::NLM_F_REPLACE as u16;

const INET: u8 = libc::AF_INET as u8;
const INET6: u8 = libc::AF_INET6 as u8;

/// An address that a loopback interface has, that is no address of ours and leads nowhere, or one of
/// which the model does not know.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Reach {
    Local,
    Nowhere,
    Unknown,
}

/// What there is behind an address, in namespaces that have only `lo`.
fn reach(address: IpAddr) -> Reach {
    match address {
        IpAddr::V4(v4) => match v4.octets() {
            [127, 0, 0, 1..=9] => Reach::Local,
            [198, 51, 100, 1..=9] => Reach::Nowhere,
            _ => Reach::Unknown,
        },
        IpAddr::V6(v6) if v6 == Ipv6Addr::LOCALHOST => Reach::Local,
        IpAddr::V6(v6) if v6.segments()[..7] == [0x2001, 0xdb8, 0, 0, 0, 0, 0] => Reach::Nowhere,
        IpAddr::V6(_) => Reach::Unknown,
    }
}

/// The family's header of a message from the kernel.
pub fn header(command: u8) -> Vec<u8> {
    vec![command, 0, 0, 0]
}

/// What is told of a link that goes with its contexts.
pub fn flush(index: u32) -> Vec<u8> {
    let mut body = header(FLUSH);
    put(&mut body, LINK, &index.to_ne_bytes());
    body
}

/// Appends an address as the attribute for its family.
pub fn put_address(body: &mut Vec<u8>, v4: u16, v6: u16, address: IpAddr) {
    match address {
        IpAddr::V4(address) => put(body, v4, &address.octets()),
        IpAddr::V6(address) => put(body, v6, &address.octets()),
    }
}

impl Pdp {
    /// A message about the context.
    pub fn message(&self, command: u8, index: u32) -> Vec<u8> {
        let mut body = header(command);
        put(&mut body, VERSION, &self.version.to_ne_bytes());
        put(&mut body, LINK, &index.to_ne_bytes());
        put(&mut body, FAMILY, &[self.family()]);
        put_address(&mut body, MS, MS6, self.ms);
        put_address(&mut body, PEER, PEER6, self.peer);
        if self.version == 0 {
            put(&mut body, TID, &self.id.to_ne_bytes());
            put(&mut body, FLOW, &(self.out as u16).to_ne_bytes());
        } else {
            put(&mut body, I_TEI, &(self.id as u32).to_ne_bytes());
            put(&mut body, O_TEI, &self.out.to_ne_bytes());
        }
        if self.bearer != 0 {
            put(&mut body, BEARER, &[self.bearer]);
        }
        body
    }

    /// Family of the MS.
    pub fn family(&self) -> u8 {
        if self.ms.is_ipv4() {
            INET
        } else {
            INET6
        }
    }

    /// Whether it is the context for that bearer of that MS.
    pub fn is_for(&self, ms: IpAddr, bearer: u8) -> bool {
        let is_ms = match (self.ms, ms) {
            (IpAddr::V6(a), IpAddr::V6(b)) => a.octets()[..8] == b.octets()[..8],
            (a, b) => a == b,
        };
        is_ms && self.bearer == bearer
    }

    /// Whether it is the context of that family with that tunnel.
    fn is_of(&self, version: u32, id: u64, family: u8) -> bool {
        (self.version, self.id, self.family()) == (version, id, family)
    }
}

/// Whether an IPv6 prefix of an MS has more than 64 bits.
pub fn low_bits(address: Ipv6Addr) -> bool {
    address.octets()[8..] != [0; 8]
}

/// A request's attributes, and what several commands read from them.
pub struct Asked<'a> {
    /// The attributes.
    pub attrs: Attrs<'a>,
    /// The caller's namespace.
    pub space: usize,
}

impl Asked<'_> {
    /// An IPv4 address.
    pub fn v4(&self, kind: u16) -> Option<Ipv4Addr> {
        self.attrs.octets::<4>(kind).map(Ipv4Addr::from)
    }

    /// An IPv6 address.
    pub fn v6(&self, kind: u16) -> Option<Ipv6Addr> {
        self.attrs.octets::<16>(kind).map(Ipv6Addr::from)
    }

    /// An integer.
    pub fn u32(&self, kind: u16) -> Option<u32> {
        self.attrs.u32(kind)
    }

    fn tid(&self) -> Option<u64> {
        self.attrs.octets(TID).map(u64::from_ne_bytes)
    }

    fn bearer(&self) -> u8 {
        self.attrs.octets::<1>(BEARER).map_or(0, |[bearer]| bearer)
    }

    fn family(&self) -> u8 {
        self.attrs
            .octets::<1>(FAMILY)
            .map_or(INET, |[family]| family)
    }

    /// An integer that must be there.
    pub(super) fn need(&self, kind: u16) -> Refused<u32> {
        self.u32(kind).ok_or(Expect::refusal(libc::EINVAL))
    }

    /// The link, and its number.
    pub(super) fn link<'m>(&self, model: &'m Model) -> Refused<(u32, &'m Link)> {
        let index = self.need(LINK)?;
        let space = match self.u32(NET_NS_FD).map(Fd::of) {
            None => self.space,
            Some(Fd::Space(space)) => space,
            Some(_) => return Err(Expect::refusal(libc::ENODEV)),
        };
        match model.link(space, index) {
            Some(link) => Ok((index, link)),
            None => Err(Expect::refusal(libc::ENODEV)),
        }
    }

    /// Which of a link's contexts is meant.
    fn which(&self, link: &Link) -> Refused<usize> {
        let family = self.family();
        let refused = |error| Err(Expect::refusal(error));
        let found = if let Some(ms) = self.v4(MS) {
            if family != INET {
                return refused(libc::EINVAL);
            }
            link.contexts
                .iter()
                .position(|pdp| pdp.is_for(ms.into(), self.bearer()))
        } else if let Some(ms) = self.v6(MS6) {
            if family != INET6 {
                return refused(libc::EINVAL);
            }
            if low_bits(ms) {
                return refused(libc::EADDRNOTAVAIL);
            }
            link.contexts
                .iter()
                .position(|pdp| pdp.is_for(ms.into(), self.bearer()))
        } else {
            let version = self.need(VERSION)?;
            let id = match (version, self.tid(), self.u32(I_TEI)) {
                (0, Some(tid), _) => tid,
                (1, _, Some(teid)) => teid.into(),
                _ => return refused(libc::EINVAL),
            };
            link.contexts
                .iter()
                .position(|pdp| pdp.is_of(version, id, family))
        };
        found.ok_or(Expect::refusal(libc::ENOENT))
    }
}

impl Model {
    /// A request to the family.
    pub(super) fn genl(
        &self,
        space: usize,
        command: u8,
        flags: u16,
        cut: Option<usize>,
        bytes: &[u8],
    ) -> Option<(Expect, Change)> {
        let early = |error| Some((Expect::early(error), Change::None));
        if cut.is_some() {
            return early(libc::EINVAL);
        }
        let dump = flags & DUMP == DUMP;
        if command > ECHOREQ {
            if self.driver == Driver::Rust && (NEWROUTE..=GETROUTE).contains(&command) {
                return self.route(space, command, flags, bytes);
            }
            if OURS.contains(&command.into()) {
                return None;
            }
            // Commands that are younger than the check know no other flags. Ours is left to the
            // driver's commands, of which one has flags, so that the rest are not known first.
            let others = if dump { flags & !DUMP } else { flags };
            let checked = self.driver == Driver::C || command == u8::MAX;
            return early(if checked && others != 0 {
                libc::EINVAL
            } else {
                libc::EOPNOTSUPP
            });
        }
        if dump && command != GETPDP {
            return early(libc::EOPNOTSUPP);
        }
        let bearers = self.driver == Driver::Rust && !dump && command != ECHOREQ;
        for place in walk(bytes) {
            if place.kind == BEARER && bearers && place.end - place.begin == 1 {
                if bytes[place.begin] > MAX_BEARER {
                    return early(libc::ERANGE);
                }
            } else if OURS.contains(&place.kind) {
                return None;
            }
        }
        if dump && self.driver == Driver::C {
            return Some((self.dump(space, None), Change::None));
        }
        let mut policy = [0; BEARER as usize + 1];
        policy[..POLICY.len()].copy_from_slice(&POLICY);
        let attrs = match Attrs::parse(bytes, &policy) {
            Ok(attrs) => attrs,
            Err(error) => return early(error),
        };
        let asked = Asked { attrs, space };
        if asked.u32(NET_NS_FD).map(Fd::of) == Some(Fd::Unknown) {
            return None;
        }
        let judged = match (dump, command) {
            (true, _) => self.dump_asked(&asked).map(|expect| (expect, Change::None)),
            (_, NEWPDP) => match self.new_pdp(&asked, flags) {
                Ok(None) => return None,
                Ok(Some(judged)) => Ok(judged),
                Err(refusal) => Err(refusal),
            },
            (_, ECHOREQ) => match self.echo(&asked) {
                Ok(None) => return None,
                Ok(Some(expect)) => Ok((expect, Change::None)),
                Err(refusal) => Err(refusal),
            },
            _ => self.one(&asked, command),
        };
        Some(judged.unwrap_or_else(|refusal| (refusal, Change::None)))
    }

    /// NEWPDP. `None`: the model does not know.
    fn new_pdp(&self, asked: &Asked<'_>, flags: u16) -> Refused<Option<(Expect, Change)>> {
        let refused = |error| Err(Expect::refusal(error));
        let version = asked.need(VERSION)?;
        asked.need(LINK)?;
        let (id, out) = match version {
            0 => {
                let flow = asked.attrs.octets::<2>(FLOW).map(u16::from_ne_bytes);
                asked.tid().zip(flow.map(u32::from))
            }
            1 => asked.u32(I_TEI).map(u64::from).zip(asked.u32(O_TEI)),
            _ => None,
        }
        .ok_or(Expect::refusal(libc::EINVAL))?;
        let (index, link) = asked.link(self)?;
        let [v4, v6] = link.ends[version as usize];
        if v4.is_none() && v6.is_none() {
            return refused(libc::ENODEV);
        }
        let peer = match (asked.v4(PEER), asked.v6(PEER6)) {
            (None, None) => return refused(libc::EINVAL),
            (Some(_), _) if v4.is_none() => return refused(libc::EAFNOSUPPORT),
            (_, Some(_)) if v6.is_none() => return refused(libc::EAFNOSUPPORT),
            (Some(_), Some(_)) => return refused(libc::EINVAL),
            (Some(peer), None) => IpAddr::V4(peer),
            (None, Some(peer)) => IpAddr::V6(peer),
        };
        let family = asked.family();
        let ms = match (family, asked.v4(MS), asked.v6(MS6)) {
            (INET, Some(ms), None) => IpAddr::V4(ms),
            (INET6, None, Some(ms)) => IpAddr::V6(ms),
            (INET | INET6, _, _) => return refused(libc::EINVAL),
            _ => return refused(libc::EAFNOSUPPORT),
        };
        let bearer = asked.bearer();
        let find = |test: &dyn Fn(&Pdp) -> bool| link.contexts.iter().position(test);
        let by_ms = find(&|pdp| pdp.is_for(ms, bearer));
        let by_tunnel = find(&|pdp| pdp.is_of(version, id, family));
        let replace = flags & REPLACE != 0;
        let place = match (by_ms, by_tunnel) {
            (None, None) => None,
            _ if flags & EXCL != 0 => return refused(libc::EEXIST),
            _ if replace && self.driver == Driver::C => return refused(libc::EOPNOTSUPP),
            (Some(a), Some(b)) if a != b || !replace => return refused(libc::EEXIST),
            (a, b) => a.or(b),
        };
        if place.is_some() && self.driver == Driver::C {
            // Not found by its new keys after that, and changed even if it is refused.
            return Ok(None);
        }
        if matches!(ms, IpAddr::V6(ms) if low_bits(ms)) {
            return refused(libc::EADDRNOTAVAIL);
        }
        let pdp = Pdp {
            version,
            id,
            out,
            ms,
            bearer,
            peer,
        };
        let expect = Expect {
            notices: vec![(link.space, pdp.message(NEWPDP, index))],
            ..Expect::default()
        };
        Ok(Some((expect, Change::Put(index, place, pdp))))
    }

    /// DELPDP and GETPDP.
    fn one(&self, asked: &Asked<'_>, command: u8) -> Refused<(Expect, Change)> {
        asked.need(VERSION)?;
        let (index, link) = asked.link(self)?;
        let place = asked.which(link)?;
        let pdp = &link.contexts[place];
        let mut expect = Expect::default();
        if command == GETPDP {
            expect.replies = vec![pdp.message(self.reply_command, index)];
            return Ok((expect, Change::None));
        }
        expect.notices = vec![(link.space, pdp.message(DELPDP, index))];
        Ok((expect, Change::Remove(index, place)))
    }

    /// A dump by our driver.
    fn dump_asked(&self, asked: &Asked<'_>) -> Refused<Expect> {
        Ok(self.dump(asked.space, self.only(asked)?))
    }

    /// The link that a dump is of, if it is of one.
    pub(super) fn only(&self, asked: &Asked<'_>) -> Refused<Option<u32>> {
        let only = asked.u32(LINK);
        match only {
            Some(index) if self.link(asked.space, index).is_none() => {
                Err(Expect::refusal(libc::ENODEV))
            }
            _ => Ok(only),
        }
    }

    /// What each of a namespace's links has to say, or one link in it.
    pub(super) fn dump_with(
        &self,
        space: usize,
        only: Option<u32>,
        messages: impl Fn(u32, &Link) -> Vec<Vec<u8>>,
    ) -> Expect {
        let links = self
            .links
            .iter()
            .filter(|(index, link)| link.space == space && only.is_none_or(|o| o == **index));
        Expect {
            replies: links
                .flat_map(|(index, link)| messages(*index, link))
                .collect(),
            ..Expect::default()
        }
    }

    /// All contexts of a namespace, or of one link in it.
    pub fn dump(&self, space: usize, only: Option<u32>) -> Expect {
        self.dump_with(space, only, |index, link| {
            let message = |pdp: &Pdp| pdp.message(self.reply_command, index);
            link.contexts.iter().map(message).collect()
        })
    }

    /// ECHOREQ. `None`: the model does not know.
    fn echo(&self, asked: &Asked<'_>) -> Refused<Option<Expect>> {
        let refused = |error| Err(Expect::refusal(error));
        let either = |v4, v6| {
            let v6 = (self.driver == Driver::Rust)
                .then(|| asked.v6(v6))
                .flatten();
            let found = asked.v4(v4).map(IpAddr::V4).or(v6.map(IpAddr::V6));
            found.ok_or(Expect::refusal(libc::EINVAL))
        };
        let version = asked.need(VERSION)?;
        asked.need(LINK)?;
        let (peer, local) = (either(PEER, PEER6)?, either(MS, MS6)?);
        let (index, link) = asked.link(self)?;
        let ours = |end: &Option<End>| matches!(end, Some(End::Kernel { .. }));
        if !link.ends.as_flattened().iter().any(ours) {
            return refused(libc::EOPNOTSUPP);
        }
        if !link.up {
            return refused(libc::ENETDOWN);
        }
        if version > 1 {
            return refused(libc::ENODEV);
        }
        if self.driver == Driver::C {
            return Ok(None);
        }
        if link.ends[version as usize][usize::from(peer.is_ipv6())].is_none()
            || peer.is_ipv4() != local.is_ipv4()
        {
            return refused(libc::EAFNOSUPPORT);
        }
        match (reach(peer), reach(local)) {
            (Reach::Unknown, _) | (_, Reach::Unknown) => return Ok(None),
            (Reach::Nowhere, _) | (_, Reach::Nowhere) => return refused(libc::ENODEV),
            (Reach::Local, Reach::Local) => {}
        }
        let mut expect = Expect::default();
        let answered = self.listener(link.home, version, peer).is_some()
            && self.listener(link.home, version, local) == Some(index);
        if answered {
            let mut body = header(ECHOREQ);
            put(&mut body, VERSION, &version.to_ne_bytes());
            put_address(&mut body, PEER, PEER6, peer);
            put_address(&mut body, MS, MS6, local);
            expect.notices = vec![(link.space, body)];
            expect.later = true;
        }
        Ok(Some(expect))
    }

    /// The link whose socket of the kernel's takes what is sent to a local address.
    fn listener(&self, home: usize, version: u32, address: IpAddr) -> Option<u32> {
        let bound = |want: IpAddr| {
            self.links
                .iter()
                .find(|(_, link)| {
                    link.home == home
                        && link.ends[version as usize]
                            .iter()
                            .flatten()
                            .any(|end| matches!(end, End::Kernel { local, .. } if *local == want))
                })
                .map(|(index, _)| *index)
        };
        let any = match address {
            IpAddr::V4(_) => Ipv4Addr::UNSPECIFIED.into(),
            IpAddr::V6(_) => Ipv6Addr::UNSPECIFIED.into(),
        };
        bound(address).or_else(|| bound(any))
    }
}
