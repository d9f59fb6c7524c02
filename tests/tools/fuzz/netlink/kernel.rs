// SPDX-License-Identifier: GPL-2.0

//! Does to the kernel what an operation says, and collects what comes of it.

use std::fs::File;
use std::net::{IpAddr, SocketAddr};
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::time::{Duration, Instant};

use super::model::lenient::walk;
use super::model::Expect;
use super::op::{Fd, Op, Set, SocketKind, NO_FD, SOCKETS, SPACES};
use crate::args::{fail, Done};
use crate::attr::{self, put};
use crate::ctx::Ctx;
use crate::genl::{self, Family};
use crate::netlink::{Channel, Message};
use crate::{errno, sys};

const IFLA_IFNAME: u16 = 3;
const IFLA_LINKINFO: u16 = 18;
const IFLA_NET_NS_FD: u16 = 28;
const IFLA_INFO_KIND: u16 = 1;
const IFLA_INFO_DATA: u16 = 2;
const GTPA_NET_NS_FD: u16 = 7;
/// IFLA_GTP_FD0 and IFLA_GTP_FD1.
const LINK_FDS: [u16; 2] = [1, 2];
/// The ports of both versions.
const PORTS: [u16; 2] = [3386, 2152];
/// How long the kernel may take for what it does later.
const PATIENCE: Duration = Duration::from_secs(120);

/// What came of an operation.
#[derive(Debug, Default)]
pub struct Seen {
    /// 0, or a positive error number.
    pub error: i32,
    /// The words that came with it.
    pub text: String,
    /// Replies, as [`Expect::replies`] has them.
    pub replies: Vec<Vec<u8>>,
    /// Whether each part of a dump said that it is one, and none that it is inconsistent.
    pub orderly: bool,
    /// Notifications.
    pub notices: Vec<(usize, Vec<u8>)>,
}

/// A namespace, and what we have open in it.
struct Space {
    ns: File,
    genl: Channel,
    route: Channel,
    listener: Channel,
}

/// The namespaces and sockets of a run. They belong to the thread that has made them.
pub struct Kernel {
    spaces: Vec<Space>,
    sockets: [Option<OwnedFd>; SOCKETS],
    file: File,
    family: Family,
}

fn io<T>(what: &str, result: std::io::Result<T>) -> Done<T> {
    result.or_else(|error| fail(format!("{what}: {}", errno::of(&error))))
}

/// `struct ifinfomsg`.
fn link_header(index: u32, flags: u32, change: u32) -> Vec<u8> {
    let mut body = vec![0; 4];
    for word in [index, flags, change] {
        body.extend(word.to_ne_bytes());
    }
    body
}

/// Whether nobody has that port in the thread's namespace.
fn can_bind(local: IpAddr, port: u16) -> Done<bool> {
    let domain = if local.is_ipv6() {
        libc::AF_INET6
    } else {
        libc::AF_INET
    };
    let socket = io("socket", sys::socket(domain, libc::SOCK_DGRAM, 0))?;
    if local.is_ipv6() {
        let (level, option) = (libc::IPPROTO_IPV6, libc::IPV6_V6ONLY);
        io("V6ONLY", sys::set_option(socket.as_fd(), level, option, 1))?;
    }
    let address = SocketAddr::new(local, port);
    Ok(sys::bind(socket.as_fd(), &sys::Addr::inet(address)).is_ok())
}

/// A new namespace whose `lo` is up, with the thread in it.
pub fn enter_new_space() -> Done<File> {
    io("unshare", sys::unshare_net())?;
    for (who, value) in [("default", "1"), ("lo", "0")] {
        let path = format!("/proc/sys/net/ipv6/conf/{who}/disable_ipv6");
        io(&path, std::fs::write(&path, value))?;
    }
    let mut route = Channel::open(None, libc::NETLINK_ROUTE)?;
    let up = libc::IFF_UP as u32;
    let lo = link_header(1, up, up);
    let outcome = route.request(libc::RTM_NEWLINK, 0, &lo)?;
    if outcome.error != 0 {
        return fail(format!("lo: {}", outcome.name()));
    }
    io("namespace", File::open("/proc/thread-self/ns/net"))
}

impl Space {
    /// In the thread's namespace.
    fn open(ns: File, family: Family) -> Done<Self> {
        let listener = Channel::open(None, libc::NETLINK_GENERIC)?;
        let joined = listener.join(family.group);
        if joined != "OK" {
            return fail(format!("listening: {joined}"));
        }
        Ok(Self {
            ns,
            genl: Channel::open(None, libc::NETLINK_GENERIC)?,
            route: Channel::open(None, libc::NETLINK_ROUTE)?,
            listener,
        })
    }
}

impl Kernel {
    /// Makes new namespaces. The thread is left in the first of them.
    pub fn new() -> Done<Self> {
        let ns = enter_new_space()?;
        let family = genl::family(&mut Ctx::default(), None)?;
        let mut kernel = Self {
            spaces: vec![Space::open(ns, family)?],
            sockets: [const { None }; SOCKETS],
            file: io("/dev/null", File::open("/dev/null"))?,
            family,
        };
        while kernel.spaces.len() < SPACES {
            kernel.add_space()?;
        }
        Ok(kernel)
    }

    /// The family's number.
    pub fn family(&self) -> u16 {
        self.family.id
    }

    fn add_space(&mut self) -> Done {
        let ns = enter_new_space()?;
        let space = Space::open(ns, self.family)?;
        self.spaces.push(space);
        io("setns", sys::enter(self.spaces[0].ns.as_fd()))
    }

    /// The descriptor that a number stands for.
    fn real(&self, number: u32) -> u32 {
        let fd = match Fd::of(number) {
            Fd::Space(space) => self.spaces[space].ns.as_raw_fd(),
            Fd::File => self.file.as_raw_fd(),
            Fd::Socket(slot) => match &self.sockets[slot] {
                Some(socket) => socket.as_raw_fd(),
                None => NO_FD as i32,
            },
            Fd::Closed | Fd::Negative | Fd::Unknown => return number,
        };
        fd as u32
    }

    /// The attributes with descriptors in place of what stands for them.
    fn with_fds(&self, attrs: &[u8], kinds: &[u16]) -> Vec<u8> {
        let mut bytes = attrs.to_vec();
        for place in walk(attrs) {
            let value = place.begin..place.begin + 4;
            if kinds.contains(&place.kind) && value.end <= place.end {
                let number = attrs[value.clone()]
                    .try_into()
                    .map_or(0, u32::from_ne_bytes);
                bytes[value].copy_from_slice(&self.real(number).to_ne_bytes());
            }
        }
        bytes
    }

    /// Does it. `expect` says what is worth waiting for.
    pub fn execute(&mut self, op: &Op, expect: &Expect) -> Done<Seen> {
        let mut seen = self.ask(op, expect)?;
        let end = Instant::now() + PATIENCE;
        loop {
            for (at, space) in self.spaces.iter().enumerate() {
                loop {
                    let messages = space.listener.receive(Duration::ZERO)?;
                    if messages.is_empty() {
                        break;
                    }
                    for message in messages {
                        if (message.kind, message.seq, message.port) != (self.family.id, 0, 0) {
                            return fail(format!("a strange notification: {message:?}"));
                        }
                        seen.notices.push((at, message.body));
                    }
                }
            }
            let wait = expect.later && seen.notices.len() < expect.notices.len();
            if !wait || Instant::now() > end {
                return Ok(seen);
            }
            std::thread::sleep(Duration::from_micros(200));
        }
    }

    fn ask(&mut self, op: &Op, expect: &Expect) -> Done<Seen> {
        match op {
            Op::Genl {
                space,
                command,
                flags,
                cut,
                attrs,
            } => {
                let mut body = vec![*command, 0, 0, 0];
                match cut {
                    Some(cut) => body.truncate(*cut),
                    None => body.extend(self.with_fds(attrs, &[GTPA_NET_NS_FD])),
                }
                let outcome = self.spaces[*space]
                    .genl
                    .request(self.family.id, *flags, &body)?;
                let intr = libc::NLM_F_DUMP_INTR as u16;
                let multi = libc::NLM_F_MULTI as u16;
                let dump = flags & libc::NLM_F_DUMP as u16 == libc::NLM_F_DUMP as u16;
                let orderly = |reply: &Message| {
                    reply.kind == self.family.id
                        && reply.flags & intr == 0
                        && (reply.flags & multi != 0) == dump
                        && attr::padding(reply.body.get(4..).unwrap_or_default())
                };
                Ok(Seen {
                    error: outcome.error,
                    orderly: outcome.replies.iter().all(orderly),
                    replies: outcome.replies.into_iter().map(|r| r.body).collect(),
                    text: outcome.text,
                    ..Seen::default()
                })
            }
            Op::NewLink {
                space,
                to,
                index,
                name,
                flags,
                up,
                data,
            } => {
                let up = u32::from(*up) * libc::IFF_UP as u32;
                let mut body = link_header(*index, up, up);
                put(&mut body, IFLA_IFNAME, format!("{name}\0").as_bytes());
                if let Some(to) = to {
                    let fd = self.spaces[*to].ns.as_raw_fd();
                    put(&mut body, IFLA_NET_NS_FD, &fd.to_ne_bytes());
                }
                let mut info = Vec::new();
                put(&mut info, IFLA_INFO_KIND, b"gtp");
                if let Some(data) = data {
                    put(&mut info, IFLA_INFO_DATA, &self.with_fds(data, &LINK_FDS));
                }
                put(&mut body, IFLA_LINKINFO, &info);
                self.route(*space, libc::RTM_NEWLINK, *flags, &body)
            }
            Op::DelLink { space, index } => {
                self.route(*space, libc::RTM_DELLINK, 0, &link_header(*index, 0, 0))
            }
            Op::SetLink { space, index, set } => {
                let bit = libc::IFF_UP as u32;
                let body = match set {
                    Set::Up(up) => link_header(*index, u32::from(*up) * bit, bit),
                    Set::Name(name) => {
                        let mut body = link_header(*index, 0, 0);
                        put(&mut body, IFLA_IFNAME, format!("{name}\0").as_bytes());
                        body
                    }
                    Set::Space(to) => {
                        let mut body = link_header(*index, 0, 0);
                        let fd = self.spaces[*to].ns.as_raw_fd();
                        put(&mut body, IFLA_NET_NS_FD, &fd.to_ne_bytes());
                        body
                    }
                };
                self.route(*space, libc::RTM_NEWLINK, 0, &body)
            }
            Op::GetLink { space, index } => {
                let header = link_header(*index, 0, 0);
                let mut seen = self.route(*space, libc::RTM_GETLINK, 0, &header)?;
                for reply in &mut seen.replies {
                    let attrs = reply.get(16..).unwrap_or_default();
                    let info = attr::find(attrs, IFLA_LINKINFO).unwrap_or_default();
                    *reply = attr::find(info, IFLA_INFO_DATA)
                        .unwrap_or_default()
                        .to_vec();
                }
                Ok(seen)
            }
            Op::Open { slot, kind } => {
                let socket = |domain, kind| sys::socket(domain, kind, 0);
                let opened = match kind {
                    SocketKind::Udp4 => socket(libc::AF_INET, libc::SOCK_DGRAM),
                    SocketKind::Udp6 | SocketKind::UdpBoth => {
                        socket(libc::AF_INET6, libc::SOCK_DGRAM)
                    }
                    SocketKind::Tcp => socket(libc::AF_INET, libc::SOCK_STREAM),
                    SocketKind::Unix => socket(libc::AF_UNIX, libc::SOCK_DGRAM),
                };
                let opened = io("socket", opened)?;
                if let SocketKind::Udp6 | SocketKind::UdpBoth = kind {
                    let only = i32::from(*kind == SocketKind::Udp6);
                    let (level, option) = (libc::IPPROTO_IPV6, libc::IPV6_V6ONLY);
                    io(
                        "V6ONLY",
                        sys::set_option(opened.as_fd(), level, option, only),
                    )?;
                }
                self.sockets[*slot] = Some(opened);
                Ok(Seen::default())
            }
            Op::Close { slot } => {
                self.sockets[*slot] = None;
                Ok(Seen::default())
            }
            Op::Renew => {
                for slot in &expect.closing {
                    self.sockets[*slot] = None;
                }
                drop(self.spaces.pop());
                self.add_space()?;
                let end = Instant::now() + PATIENCE;
                for index in &expect.dying {
                    let header = link_header(*index, 0, 0);
                    while self.route(0, libc::RTM_GETLINK, 0, &header)?.error == 0 {
                        if Instant::now() > end {
                            return fail(format!("link {index} outlives its namespace"));
                        }
                        std::thread::sleep(Duration::from_millis(5));
                    }
                }
                for (local, port) in expect.leaving.iter().flat_map(|a| PORTS.map(|p| (*a, p))) {
                    while !can_bind(local, port)? {
                        if Instant::now() > end {
                            return fail(format!("a socket outlives its link on {local} {port}"));
                        }
                        std::thread::sleep(Duration::from_millis(5));
                    }
                }
                Ok(Seen::default())
            }
        }
    }

    fn route(&mut self, space: usize, kind: u16, flags: u16, body: &[u8]) -> Done<Seen> {
        let outcome = self.spaces[space].route.request(kind, flags, body)?;
        Ok(Seen {
            error: outcome.error,
            text: outcome.text,
            replies: outcome.replies.into_iter().map(|r| r.body).collect(),
            orderly: true,
            ..Seen::default()
        })
    }
}
