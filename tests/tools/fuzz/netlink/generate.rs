// SPDX-License-Identifier: GPL-2.0

//! Which operation comes next: mostly sensible ones on few keys, so that contexts meet, and of
//! these every fourth spoiled in some way.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use rand::rngs::SmallRng;
use rand::seq::{IndexedRandom, SliceRandom};
use rand::{Rng, SeedableRng};

use super::model::{route, Driver, Link, Model, Pdp, BEARER};
use super::op::{socket_fd, space_fd, Op, Set, SocketKind, FILE_FD, NO_FD, SOCKETS, SPACES};
use crate::attr::put;

/// Links that are kept at once.
const LINKS: usize = 5;
/// Names that links take when they are renamed: fewer than there are links.
const NAMES: u32 = 4;
/// Keys of most links; every fourth has [`MANY`].
const FEW: u32 = 12;
/// Enough for dumps of several parts.
const MANY: u32 = 2500;
/// So many contexts come in a row now and then.
const BURST: u32 = 700;

const EXCL: u16 = libc::NLM_F_EXCL as u16;
const REPLACE: u16 = libc::NLM_F_REPLACE as u16;
const CREATE: u16 = libc::NLM_F_CREATE as u16;
const APPEND: u16 = libc::NLM_F_APPEND as u16;
const DUMP: u16 = libc::NLM_F_DUMP as u16;

/// An attribute: number with flag bits, value.
type Attr = (u16, Vec<u8>);

/// Makes operations from a seed, and from what is there.
pub struct Generator {
    rng: SmallRng,
    next_index: u32,
    /// How many in a thousand are operations on links and sockets.
    links: u32,
    /// Whether there are bearers and routes.
    bearers: bool,
    /// A link that gets contexts in a row, and how many more.
    burst: (u32, u32),
}

fn v4(base: [u8; 4], n: u32) -> IpAddr {
    Ipv4Addr::from(u32::from_be_bytes(base).wrapping_add(n)).into()
}

fn v6(prefix: [u16; 3], n: u32, low: u16) -> IpAddr {
    let [a, b, c] = prefix;
    Ipv6Addr::new(a, b, c, n as u16, 0, 0, 0, low).into()
}

fn octets(address: IpAddr) -> Vec<u8> {
    match address {
        IpAddr::V4(address) => address.octets().to_vec(),
        IpAddr::V6(address) => address.octets().to_vec(),
    }
}

fn by_family(address: IpAddr, v4: u16, v6: u16) -> Attr {
    (if address.is_ipv4() { v4 } else { v6 }, octets(address))
}

fn word(number: u32) -> Vec<u8> {
    number.to_ne_bytes().to_vec()
}

impl Generator {
    /// Of the same seed come the same operations, if the model is the same.
    pub fn new(driver: Driver, seed: u64, links: u32) -> Self {
        Self {
            rng: SmallRng::seed_from_u64(seed),
            next_index: 1000,
            links,
            bearers: driver == Driver::Rust,
            burst: (0, 0),
        }
    }

    fn one_in(&mut self, n: u32) -> bool {
        self.rng.random_ratio(1, n)
    }

    fn below(&mut self, n: u32) -> u32 {
        self.rng.random_range(0..n)
    }

    fn pick<T: Clone>(&mut self, from: &[T]) -> T {
        from.choose(&mut self.rng)
            .expect("there is something to choose from")
            .clone()
    }

    /// The next operation, one that the model knows.
    pub fn next(&mut self, model: &Model) -> Op {
        loop {
            let op = self.any(model);
            if model.judge(&op).is_some() {
                return op;
            }
        }
    }

    fn any(&mut self, model: &Model) -> Op {
        if self.one_in(2000) {
            let known: Vec<_> = model.links.keys().filter(|n| *n % 4 == 0).collect();
            if let Some(index) = known.choose(&mut self.rng) {
                self.burst = (**index, BURST);
            }
        }
        if self.burst.1 > 0 {
            self.burst.1 -= 1;
            match model.links.get(&self.burst.0) {
                Some(link) => return self.one_of_many(self.burst.0, link),
                None => self.burst.1 = 0,
            }
        }
        if model.links.is_empty() && !self.one_in(8) {
            return self.new_link(model);
        }
        if self.below(1000) < self.links {
            return match self.below(100) {
                0..25 => self.new_link(model),
                25..36 => self.del_link(model),
                36..58 => self.set_link(model),
                58..72 => {
                    let (space, index) = self.some_link(model);
                    Op::GetLink { space, index }
                }
                72..88 => Op::Open {
                    slot: self.below(SOCKETS as u32) as usize,
                    kind: if self.one_in(3) {
                        self.pick(&SocketKind::ALL)
                    } else {
                        self.pick(&[SocketKind::Udp4, SocketKind::Udp6])
                    },
                },
                88..98 => Op::Close {
                    slot: self.below(SOCKETS as u32) as usize,
                },
                _ => Op::Renew,
            };
        }
        match self.below(1000) {
            0..440 => self.new_pdp(model),
            440..540 => self.route(model),
            540..730 => self.one(model, 1),
            730..930 => self.one(model, 2),
            930..950 => self.dump(model),
            950..990 => self.echo(model),
            _ => self.odd(model),
        }
    }

    /// A link that is there, or now and then one that is not, or not there.
    fn some_link(&mut self, model: &Model) -> (usize, u32) {
        let known: Vec<_> = model.links.iter().map(|(i, l)| (l.space, *i)).collect();
        if known.is_empty() || self.one_in(25) {
            let index = self.pick(&[2, 999, self.next_index, 0x7fff_ffff]);
            return (self.below(SPACES as u32) as usize, index);
        }
        let (space, index) = self.pick(&known);
        if self.one_in(30) {
            return (SPACES - 1 - space, index);
        }
        (space, index)
    }

    fn new_link(&mut self, model: &Model) -> Op {
        if model.links.len() >= LINKS && !self.one_in(4) {
            return self.del_link(model);
        }
        let space = usize::from(self.one_in(4));
        let to = self.one_in(4).then(|| self.below(SPACES as u32) as usize);
        let known: Vec<_> = model.links.keys().copied().collect();
        let index = if !known.is_empty() && self.one_in(12) {
            self.pick(&known)
        } else {
            self.next_index += 1;
            self.next_index - 1
        };
        let name = if self.one_in(10) {
            self.name()
        } else {
            format!("g{index}")
        };
        let data = (!self.one_in(40)).then(|| self.link_data(model));
        let flags = match self.below(20) {
            0 => 0,
            1 => CREATE,
            2 => REPLACE | CREATE,
            _ => CREATE | EXCL,
        };
        let up = !self.one_in(3);
        Op::NewLink {
            space,
            to,
            index,
            name,
            flags,
            up,
            data,
        }
    }

    fn name(&mut self) -> String {
        format!("r{}", self.below(NAMES))
    }

    fn link_data(&mut self, model: &Model) -> Vec<u8> {
        let mut attrs: Vec<Attr> = Vec::new();
        if self.one_in(2) {
            let size = self.pick(&[0, 1, 16, 1024, 4096]);
            let most = self.pick(&[(1 << 19) + 1, 1 << 20, u32::MAX / 2]);
            let much = self.one_in(30);
            attrs.push((3, word(if much { most } else { size })));
        }
        if self.one_in(2) {
            let role = if self.one_in(10) { 2 } else { self.below(2) };
            attrs.push((4, word(role)));
        }
        if self.one_in(3) {
            attrs.push((6, vec![self.rng.random()]));
        }
        if self.one_in(2) {
            attrs.push((5, vec![self.below(2) as u8]));
            match self.below(9) {
                0 => {}
                1..5 => attrs.push((7, octets(self.local4()))),
                5..8 => attrs.push((8, octets(self.local6()))),
                _ => {
                    attrs.push((7, octets(self.local4())));
                    attrs.push((8, octets(self.local6())));
                }
            }
        }
        if self.one_in(5) {
            let dual = if self.one_in(6) { self.below(3) } else { 1 };
            attrs.push((64, vec![dual as u8]));
        }
        if self.one_in(2) {
            for (kind, absent) in [(1, 4), (2, 6)] {
                if !self.one_in(absent) {
                    let fd = self.socket_fd(model);
                    attrs.push((kind, word(fd)));
                }
            }
        }
        self.spoilt(attrs, 6, 64)
    }

    fn local4(&mut self) -> IpAddr {
        match self.below(9) {
            0 => v4([0; 4], 0),
            1 => v4([198, 51, 100, 1], 0),
            n => v4([127, 0, 0, 1], n % 4),
        }
    }

    fn local6(&mut self) -> IpAddr {
        match self.below(8) {
            0 | 1 => Ipv6Addr::UNSPECIFIED.into(),
            2 => v6([0x2001, 0xdb8, 0], 0, 1),
            3 => Ipv4Addr::LOCALHOST.to_ipv6_mapped().into(),
            _ => Ipv6Addr::LOCALHOST.into(),
        }
    }

    fn socket_fd(&mut self, model: &Model) -> u32 {
        let open: Vec<_> = (0..SOCKETS)
            .filter(|n| model.sockets[*n].is_some())
            .collect();
        match self.below(12) {
            0 => u32::MAX,
            1 => self.pick(&[FILE_FD, NO_FD, 0x8000_0000, space_fd(0)]),
            2 => socket_fd(self.below(SOCKETS as u32) as usize),
            _ if open.is_empty() => u32::MAX,
            _ => socket_fd(self.pick(&open)),
        }
    }

    fn del_link(&mut self, model: &Model) -> Op {
        let (space, index) = self.some_link(model);
        Op::DelLink { space, index }
    }

    fn set_link(&mut self, model: &Model) -> Op {
        let (space, index) = self.some_link(model);
        let set = match self.below(10) {
            0..6 => Set::Up(!self.one_in(3)),
            6..8 => Set::Name(self.name()),
            _ => Set::Space(self.below(SPACES as u32) as usize),
        };
        Op::SetLink { space, index, set }
    }

    fn keys(index: u32) -> u32 {
        if index % 4 == 0 {
            MANY
        } else {
            FEW
        }
    }

    fn ms(&mut self, keys: u32) -> IpAddr {
        let n = self.below(keys);
        let low = u16::from(self.one_in(30));
        if self.one_in(2) {
            v4([10, 0, 0, 0], n)
        } else {
            v6([0x2001, 0xdb8, 1], n, low)
        }
    }

    fn peer(&mut self, ipv6: bool) -> IpAddr {
        let n = self.below(4) + 1;
        if ipv6 {
            v6([0x2001, 0xdb8, 2], n, 1)
        } else {
            v4([192, 0, 2, 0], n)
        }
    }

    /// A context that a link might have.
    fn context(&mut self, index: u32, link: Option<&Link>) -> Pdp {
        let keys = Self::keys(index);
        let version = u32::from(!self.one_in(3));
        let ends = link.map_or([None; 2], |link| link.ends[version as usize]);
        let ipv6 = match (ends[0].is_some(), ends[1].is_some()) {
            (true, false) => self.one_in(20),
            (false, true) => !self.one_in(20),
            _ => self.one_in(2),
        };
        let bearer = match link {
            Some(_) if self.bearers && self.one_in(4) => self.bearer(),
            _ => 0,
        };
        let mut pdp = Pdp {
            version,
            id: self.below(keys).into(),
            out: self.below(0x10000),
            ms: self.ms(keys),
            bearer,
            peer: self.peer(ipv6),
        };
        // Keys of contexts that are there, of one or of two.
        let contexts = link.map_or(&[][..], |link| &link.contexts);
        if let Some(known) = contexts.choose(&mut self.rng) {
            if self.one_in(3) {
                pdp.ms = known.ms;
            }
        }
        if let Some(known) = contexts.choose(&mut self.rng) {
            if self.one_in(3) {
                (pdp.version, pdp.id) = (known.version, known.id);
            }
        }
        pdp
    }

    /// A caller's namespace for a link, and what the request must say for it to be found.
    fn caller(&mut self, space: usize) -> (usize, Option<Attr>) {
        let nsfd = |fd| Some((7, word(fd)));
        match self.below(20) {
            0 => (SPACES - 1 - space, nsfd(space_fd(space))),
            1 => (space, nsfd(space_fd(space))),
            2 if self.one_in(3) => (SPACES - 1 - space, None),
            3 if self.one_in(3) => {
                let other = space_fd(SPACES - 1 - space);
                let fd = self.pick(&[other, FILE_FD, NO_FD, u32::MAX, socket_fd(0)]);
                (space, nsfd(fd))
            }
            _ => (space, None),
        }
    }

    fn genl(&mut self, space: usize, command: u8, flags: u16, attrs: Vec<Attr>) -> Op {
        let mut attrs = attrs;
        if self.one_in(8) {
            attrs.shuffle(&mut self.rng);
        }
        Op::Genl {
            space,
            command,
            flags,
            cut: None,
            attrs: self.spoilt(attrs, 4, 14),
        }
    }

    fn tunnel(pdp: &Pdp) -> [Attr; 2] {
        if pdp.version == 0 {
            let flow = (pdp.out as u16).to_ne_bytes().to_vec();
            [(3, pdp.id.to_ne_bytes().to_vec()), (6, flow)]
        } else {
            [(8, word(pdp.id as u32)), (9, word(pdp.out))]
        }
    }

    fn new_pdp(&mut self, model: &Model) -> Op {
        let (space, index) = self.some_link(model);
        let pdp = self.context(index, model.links.get(&index));
        let (caller, nsfd) = self.caller(space);
        let mut attrs = vec![(2, word(pdp.version)), (1, word(index))];
        attrs.extend(nsfd);
        attrs.extend(Self::tunnel(&pdp));
        attrs.push(by_family(pdp.peer, 4, 11));
        attrs.push(by_family(pdp.ms, 5, 12));
        attrs.extend(self.bearer_of(&pdp));
        if pdp.ms.is_ipv6() || self.one_in(2) {
            attrs.push((13, vec![pdp.family()]));
        }
        let flags = [
            0,
            0,
            EXCL,
            REPLACE,
            CREATE,
            CREATE | EXCL,
            CREATE | REPLACE,
            APPEND,
        ];
        let flags = if self.one_in(100) {
            EXCL | REPLACE
        } else if model.driver == Driver::C && !self.one_in(4) {
            EXCL
        } else {
            self.pick(&flags)
        };
        self.genl(caller, 0, flags, attrs)
    }

    /// A context among many, well-formed.
    fn one_of_many(&mut self, index: u32, link: &Link) -> Op {
        let version = usize::from(link.ends[1].iter().any(Option::is_some));
        let pdp = Pdp {
            version: version as u32,
            id: self.below(MANY).into(),
            out: self.below(0x10000),
            ms: self.ms(MANY),
            bearer: 0,
            peer: self.peer(link.ends[version][0].is_none()),
        };
        let mut attrs = Vec::new();
        for (kind, value) in crate::attr::list(&pdp.message(0, index)[4..]) {
            put(&mut attrs, kind, value);
        }
        Op::Genl {
            space: link.space,
            command: 0,
            flags: EXCL,
            cut: None,
            attrs,
        }
    }

    /// DELPDP and GETPDP.
    fn one(&mut self, model: &Model, command: u8) -> Op {
        let (space, index) = self.some_link(model);
        let link = model.links.get(&index);
        let known = link.and_then(|link| link.contexts.choose(&mut self.rng));
        let pdp = match known {
            Some(known) if !self.one_in(3) => known.clone(),
            _ => self.context(index, link),
        };
        let (caller, nsfd) = self.caller(space);
        let mut attrs = vec![(2, word(pdp.version)), (1, word(index))];
        attrs.extend(nsfd);
        match self.below(9) {
            0..4 => attrs.push(by_family(pdp.ms, 5, 12)),
            4..8 => attrs.push(Self::tunnel(&pdp)[0].clone()),
            // The MS goes before the tunnel.
            _ => {
                attrs.push(by_family(pdp.ms, 5, 12));
                let other = self.context(index, link);
                attrs.push(Self::tunnel(&other)[0].clone());
            }
        }
        attrs.extend(self.bearer_of(&pdp));
        if self.one_in(12) {
            // With an MS the version has no meaning.
            attrs[0].1 = word(self.pick(&[0, 1, 2, 77]));
        }
        if pdp.ms.is_ipv6() || self.one_in(2) {
            attrs.push((13, vec![pdp.family()]));
        }
        let flags = if self.one_in(6) {
            self.pick(&[EXCL, REPLACE, CREATE, APPEND])
        } else {
            0
        };
        self.genl(caller, command, flags, attrs)
    }

    /// A bearer; few, so that they meet.
    fn bearer(&mut self) -> u8 {
        match self.below(12) {
            0 => 63,
            1 => 64,
            2 => 255,
            n => (n % 3) as u8 + 1,
        }
    }

    /// What a request says of the bearer: nothing, mostly, of the default one.
    fn bearer_of(&mut self, pdp: &Pdp) -> Option<Attr> {
        let said = pdp.bearer != 0 || self.bearers && self.one_in(8);
        said.then(|| (BEARER, vec![pdp.bearer]))
    }

    /// A prefix, of few.
    fn prefix(&mut self, ipv6: bool) -> (IpAddr, u8) {
        let n = self.below(6);
        let (address, len) = if ipv6 {
            let address = v6([0x2001, 0xdb8, 1], n, n as u16);
            (address, self.pick(&[0, 32, 56, 64, 65, 120, 128]))
        } else {
            (
                v4([10, 0, 0, 0], (n << 5) | n),
                self.pick(&[0, 8, 27, 30, 32]),
            )
        };
        match self.below(30) {
            0 => (address, len),
            1 => (address, len.wrapping_add(128)),
            _ => (route::prefix(address, len), len),
        }
    }

    /// NEWROUTE, DELROUTE and GETROUTE.
    fn route(&mut self, model: &Model) -> Op {
        if !self.bearers {
            return self.new_pdp(model);
        }
        let (space, index) = self.some_link(model);
        let link = model.links.get(&index);
        let (caller, nsfd) = self.caller(space);
        let genl = |command, flags, attrs: &[Attr]| {
            let mut bytes = Vec::new();
            for (kind, value) in attrs {
                put(&mut bytes, *kind, value);
            }
            Op::Genl {
                space: caller,
                command,
                flags,
                cut: None,
                attrs: bytes,
            }
        };
        if self.one_in(20) {
            let mut only = Vec::from_iter(self.one_in(2).then(|| (1, word(index))));
            if self.one_in(10) {
                only.extend(nsfd);
            }
            return genl(route::GETROUTE, DUMP, &only);
        }
        let contexts = link.map_or(&[][..], |link| &link.contexts);
        let via = match contexts.choose(&mut self.rng) {
            Some(known) if !self.one_in(6) => known.ms,
            _ => self.ms(Self::keys(index)),
        };
        let other_family = self.one_in(40);
        let (mut dst, mut len) = self.prefix(via.is_ipv6() != other_family);
        let routes = link.map_or(&[][..], |link| &link.routes);
        if let Some(known) = routes.choose(&mut self.rng) {
            if self.one_in(2) {
                (dst, len) = (known.dst, known.len);
            }
        }
        let mut attrs = vec![(1, word(index))];
        attrs.extend(nsfd);
        attrs.push((route::DST, octets(dst)));
        attrs.push((route::DST_LEN, vec![len]));
        let command = match self.below(10) {
            0..6 => route::NEWROUTE,
            6..8 => route::DELROUTE,
            _ => route::GETROUTE,
        };
        let mut flags = 0;
        if command == route::NEWROUTE || self.one_in(10) {
            attrs.push(by_family(via, 5, 12));
        }
        if command == route::NEWROUTE {
            flags = self.pick(&[0, CREATE | EXCL, CREATE | REPLACE, REPLACE, EXCL | REPLACE]);
            if self.one_in(40) {
                let more = self.ms(FEW);
                attrs.push(by_family(more, 5, 12));
            }
        }
        if self.one_in(20) {
            let at = self.below(attrs.len() as u32) as usize;
            attrs.remove(at);
        }
        if self.one_in(8) {
            attrs.shuffle(&mut self.rng);
        }
        genl(command, flags, &attrs)
    }

    fn dump(&mut self, model: &Model) -> Op {
        let (space, index) = self.some_link(model);
        let mut attrs = Vec::new();
        if self.one_in(2) {
            attrs.push((1, word(index)));
        }
        if self.one_in(4) {
            let pdp = self.context(index, None);
            attrs.push(by_family(pdp.ms, 5, 12));
        }
        self.genl(space, 2, DUMP, attrs)
    }

    fn echo(&mut self, model: &Model) -> Op {
        let (space, index) = self.some_link(model);
        let (caller, nsfd) = self.caller(space);
        let version = self.pick(&[0, 1, 1, 1, 2]);
        let dual = self.one_in(3);
        let mut address = || {
            if dual {
                self.local6()
            } else {
                self.local4()
            }
        };
        let (peer, local) = (address(), address());
        let mut attrs = vec![(2, word(version)), (1, word(index))];
        attrs.extend(nsfd);
        attrs.push(by_family(peer, 4, 11));
        attrs.push(by_family(local, 5, 12));
        self.genl(caller, 3, 0, attrs)
    }

    /// What is no request at all.
    fn odd(&mut self, model: &Model) -> Op {
        let (space, index) = self.some_link(model);
        let command = if self.one_in(2) {
            self.below(4) as u8
        } else {
            self.pick(&[4, 5, 63, 128, 255])
        };
        let flags = self.pick(&[0, 0, EXCL, REPLACE, CREATE, DUMP, DUMP | CREATE]);
        let cut = self.one_in(2).then(|| self.below(4) as usize);
        let mut attrs = Vec::new();
        put(&mut attrs, 1, &index.to_ne_bytes());
        Op::Genl {
            space,
            command,
            flags,
            cut,
            attrs,
        }
    }

    /// The attributes' octets, every `n`th time spoiled. `numbers`: how many the policy knows.
    fn spoilt(&mut self, mut attrs: Vec<Attr>, n: u32, numbers: u16) -> Vec<u8> {
        let spoil = self.one_in(n);
        if spoil {
            for _ in 0..=self.below(2) {
                self.spoil_attrs(&mut attrs, numbers);
            }
        }
        let mut bytes = Vec::new();
        for (kind, value) in &attrs {
            put(&mut bytes, *kind, value);
        }
        if spoil && self.one_in(5) {
            self.spoil_octets(&mut bytes);
        }
        bytes
    }

    fn spoil_attrs(&mut self, attrs: &mut Vec<Attr>, numbers: u16) {
        if attrs.is_empty() {
            return;
        }
        let at = self.below(attrs.len() as u32) as usize;
        match self.below(12) {
            0..4 => drop(attrs.remove(at)),
            4 => {
                // Twice, with another value, before or after.
                let (kind, mut value) = attrs[at].clone();
                let octet = self.rng.random::<u8>() & 3;
                if let Some(last) = value.last_mut() {
                    *last ^= octet;
                }
                let to = self.below(attrs.len() as u32 + 1) as usize;
                attrs.insert(to, (kind, value));
            }
            5 => {
                let len = attrs[at].1.len() as u32;
                let len = self.below(len.max(1)) as usize;
                attrs[at].1.truncate(len);
            }
            6 => {
                let more = self.pick(&[1, 3, 4, 12, 300, 4000]);
                let octet: u8 = self.rng.random();
                attrs[at].1.extend(std::iter::repeat_n(octet, more));
            }
            7 => {
                // An attribute that nobody knows, one of attributes that make no sense.
                let kind = self.pick(&[0, numbers, 30, 63, 128, 0x3fff]);
                let mut value: Vec<u8> = (0..self.below(40)).map(|_| self.rng.random()).collect();
                put(&mut value, 1, &[1; 3]);
                attrs.insert(at, (kind, value));
            }
            8 => attrs[at].0 |= self.pick(&[0x8000, 0x4000, 0xc000]),
            9 => {
                let flip = 1 << self.below(4);
                attrs[at].0 ^= flip;
            }
            10 => {
                let value = &mut attrs[at].1;
                if !value.is_empty() {
                    let octet = self.rng.random_range(0..value.len());
                    value[octet] ^= 1 << self.rng.random_range(0..8);
                }
            }
            _ => {
                // A family that fits to nothing else.
                let family = self.pick(&[0, 1, 2, 10, 255]);
                attrs.push((13, vec![family]));
            }
        }
    }

    fn spoil_octets(&mut self, bytes: &mut Vec<u8>) {
        if bytes.is_empty() {
            return;
        }
        match self.below(4) {
            0 => {
                let len = self.rng.random_range(0..bytes.len());
                bytes.truncate(len);
            }
            1 => {
                for _ in 0..=self.below(3) {
                    let at = self.rng.random_range(0..bytes.len());
                    bytes[at] = self.rng.random();
                }
            }
            2 => {
                let more = self.below(12);
                bytes.extend((0..more).map(|_| self.rng.random::<u8>()));
            }
            _ => {
                // A length that points behind the end, or nowhere.
                let at = self.rng.random_range(0..bytes.len()) & !3;
                bytes[at] = self.rng.random();
                if let Some(high) = bytes.get_mut(at + 1) {
                    *high = self.rng.random::<u8>() & 1;
                }
            }
        }
    }
}
