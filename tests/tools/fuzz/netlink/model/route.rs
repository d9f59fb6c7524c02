// SPDX-License-Identifier: GPL-2.0

//! Framed routes: requests about them, and how long they live. Only our driver has them.
//!
//! The commands read their attributes strictly. What that refuses is for the selftests; the model
//! knows requests whose attributes have the shape that they must have, which may be missing.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::lenient::{walk, Attrs};
use super::pdp::{header, low_bits, put_address, Asked, LINK, MS, MS6, NET_NS_FD};
use super::{Change, Expect, Link, Model, Refused};
use crate::attr::put;
use crate::fuzz::netlink::op::Fd;

/// `GTPA_ROUTE_DST`: the first address of a prefix.
pub const DST: u16 = 81;
/// `GTPA_ROUTE_DST_LEN`: how many bits the prefix has.
pub const DST_LEN: u16 = 82;

/// `GTP_CMD_NEWROUTE`.
pub const NEWROUTE: u8 = 71;
/// `GTP_CMD_DELROUTE`.
pub const DELROUTE: u8 = 72;
/// `GTP_CMD_GETROUTE`.
pub const GETROUTE: u8 = 73;

/// How many routes an MS has at most.
const MAX: usize = 64;

const DUMP: u16 = libc::NLM_F_DUMP as u16;
const REPLACE: u16 = libc::NLM_F_REPLACE as u16;
const NEW_FLAGS: u16 = (libc::NLM_F_CREATE | libc::NLM_F_EXCL | libc::NLM_F_REPLACE) as u16;

/// A framed route.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Route {
    /// First address of the prefix.
    pub dst: IpAddr,
    /// Its length in bits.
    pub len: u8,
    /// Address or prefix of the MS.
    pub via: IpAddr,
}

impl Route {
    /// A message about the route.
    pub fn message(&self, command: u8, index: u32) -> Vec<u8> {
        let mut body = header(command);
        put(&mut body, LINK, &index.to_ne_bytes());
        put_address(&mut body, MS, MS6, self.via);
        put_address(&mut body, DST, DST, self.dst);
        put(&mut body, DST_LEN, &[self.len]);
        body
    }
}

fn refused<T>(error: i32) -> Refused<T> {
    Err(Expect::refusal(error))
}

/// Whether all attributes have the shape that they must have, and each is there once.
fn well_formed(bytes: &[u8]) -> bool {
    let places = walk(bytes);
    let mut end = 0;
    let mut seen = Vec::new();
    places.iter().all(|place| {
        let begin = place.begin - 4;
        let [len, kind] = [begin, begin + 2].map(|at| &bytes[at..at + 2]);
        let value = place.end - place.begin;
        let shape = match place.kind {
            LINK | NET_NS_FD | MS => value == 4,
            MS6 => value == 16,
            DST => value == 4 || value == 16,
            DST_LEN => value == 1,
            _ => false,
        };
        end = place.end.next_multiple_of(4);
        let once = !seen.contains(&place.kind);
        seen.push(place.kind);
        // Neither of the flag bits.
        shape
            && once
            && kind == place.kind.to_ne_bytes()
            && len == ((4 + value) as u16).to_ne_bytes()
    }) && end == bytes.len()
}

impl Model {
    /// A request about routes. `None`: the model does not know.
    pub(super) fn route(
        &self,
        space: usize,
        command: u8,
        flags: u16,
        bytes: &[u8],
    ) -> Option<(Expect, Change)> {
        let dump = command == GETROUTE && flags & DUMP == DUMP;
        let others = match command {
            NEWROUTE => flags & !NEW_FLAGS,
            _ if dump => flags & !DUMP,
            _ => flags,
        };
        if others != 0 || !well_formed(bytes) {
            return None;
        }
        // Two flags together are that of a dump.
        if flags & DUMP == DUMP && !dump {
            return Some((Expect::early(libc::EOPNOTSUPP), Change::None));
        }
        let attrs = Attrs::parse(bytes, &[0; DST_LEN as usize + 1]).ok()?;
        let asked = Asked { attrs, space };
        if asked.u32(NET_NS_FD).map(Fd::of) == Some(Fd::Unknown) {
            return None;
        }
        let judged = if dump {
            self.dump_routes(&asked)
                .map(|expect| (expect, Change::None))
        } else {
            self.one_route(&asked, command, flags)
        };
        Some(judged.unwrap_or_else(|refusal| (refusal, Change::None)))
    }

    fn one_route(&self, asked: &Asked<'_>, command: u8, flags: u16) -> Refused<(Expect, Change)> {
        asked.need(LINK)?;
        let (dst, len) = match (asked.attrs.get(DST), asked.attrs.octets::<1>(DST_LEN)) {
            (Some(dst), Some([len])) => (dst, len),
            _ => return refused(libc::EINVAL),
        };
        let dst = match <[u8; 4]>::try_from(dst) {
            Ok(v4) => IpAddr::V4(v4.into()),
            Err(_) => IpAddr::V6(asked.v6(DST).unwrap_or(Ipv6Addr::UNSPECIFIED)),
        };
        let bits = if dst.is_ipv4() { 32 } else { 128 };
        if len > bits || prefix(dst, len) != dst {
            return refused(libc::EINVAL);
        }
        let (index, link) = asked.link(self)?;
        let place = link
            .routes
            .iter()
            .position(|r| (r.dst, r.len) == (dst, len));
        if command == NEWROUTE {
            return self.new_route(asked, (index, link), (dst, len), place, flags);
        }
        let Some(place) = place else {
            return refused(libc::ENOENT);
        };
        let mut expect = Expect::default();
        if command == GETROUTE {
            expect.replies = vec![link.routes[place].message(NEWROUTE, index)];
            return Ok((expect, Change::None));
        }
        expect.notices = vec![(link.space, link.routes[place].message(DELROUTE, index))];
        Ok((expect, Change::RemoveRoute(index, place)))
    }

    fn new_route(
        &self,
        asked: &Asked<'_>,
        (index, link): (u32, &Link),
        (dst, len): (IpAddr, u8),
        place: Option<usize>,
        flags: u16,
    ) -> Refused<(Expect, Change)> {
        let via = match (asked.v4(MS), asked.v6(MS6)) {
            (Some(ms), None) => IpAddr::V4(ms),
            (None, Some(ms)) if low_bits(ms) => return refused(libc::EADDRNOTAVAIL),
            (None, Some(ms)) => IpAddr::V6(ms),
            _ => return refused(libc::EINVAL),
        };
        if via.is_ipv4() != dst.is_ipv4() {
            return refused(libc::EINVAL);
        }
        if !link.contexts.iter().any(|pdp| pdp.is_for(via, 0)) {
            return refused(libc::ENOENT);
        }
        let route = Route { dst, len, via };
        if place.is_some() && flags & REPLACE == 0 {
            return refused(libc::EEXIST);
        }
        let stays = place.is_some_and(|place| link.routes[place].via == via);
        if !stays && link.routes.iter().filter(|r| r.via == via).count() >= MAX {
            return refused(libc::ENOSPC);
        }
        let expect = Expect {
            notices: vec![(link.space, route.message(NEWROUTE, index))],
            ..Expect::default()
        };
        Ok((expect, Change::PutRoute(index, place, route)))
    }

    fn dump_routes(&self, asked: &Asked<'_>) -> Refused<Expect> {
        let kinds = [NET_NS_FD, MS, MS6, DST, DST_LEN];
        if kinds.into_iter().any(|kind| asked.attrs.has(kind)) {
            return refused(libc::EINVAL);
        }
        let only = self.only(asked)?;
        Ok(self.dump_with(asked.space, only, |index, link| {
            let message = |route: &Route| route.message(NEWROUTE, index);
            link.routes.iter().map(message).collect()
        }))
    }
}

impl Link {
    /// Routes go with the default bearer of their MS.
    pub(super) fn leave(&mut self, ms: IpAddr, bearer: u8) {
        if bearer == 0 {
            self.routes.retain(|route| route.via != ms);
        }
    }
}

/// A prefix of that length, with none of the bits behind it.
pub fn prefix(address: IpAddr, len: u8) -> IpAddr {
    let len = u32::from(len);
    match address {
        IpAddr::V4(v4) => {
            let host = u32::MAX.checked_shr(len).unwrap_or(0);
            Ipv4Addr::from_bits(v4.to_bits() & !host).into()
        }
        IpAddr::V6(v6) => {
            let host = u128::MAX.checked_shr(len).unwrap_or(0);
            Ipv6Addr::from_bits(v6.to_bits() & !host).into()
        }
    }
}
