// SPDX-License-Identifier: GPL-2.0

//! Named sockets and files: opening them in a namespace, sending, receiving, comparing.

use std::fs::File;
use std::io::ErrorKind;
use std::net::SocketAddr;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::time::{Duration, Instant};

use crate::args::{fail, hex, number, usage, Args, Done, Stop};
use crate::ctx::Ctx;
use crate::packet::Packet;
use crate::{errno, netns, sys};

/// How long to wait for what must come. Nothing is lost by a long wait, only failures take it.
const PATIENCE: i32 = 2500;

/// How long nothing must come, in milliseconds. What is tested happens inside of a system call
/// or in the softirq right after it.
const QUIET: i32 = 120;

/// An open file under a name.
pub struct Named {
    /// The descriptor.
    pub fd: OwnedFd,
    /// A packet socket's interface.
    ifindex: Option<u32>,
    /// What it is opened for; the rest is noise.
    only: Only,
}

impl Named {
    /// A file from which nothing is received.
    pub fn file(fd: OwnedFd) -> Self {
        Self {
            fd,
            ifindex: None,
            only: Only::All,
        }
    }
}

/// Which messages of a socket are looked at.
enum Only {
    /// All.
    All,
    /// IP packets of these protocols.
    Protocols(Vec<u8>),
    /// Those that begin with this octet: a type of ICMPv6.
    First(u8),
}

impl Only {
    fn has(&self, message: &[u8]) -> bool {
        match self {
            Self::All => true,
            Self::Protocols(protocols) => {
                let place = match message.first().map(|b| b >> 4) {
                    Some(6) => 6,
                    _ => 9,
                };
                message.get(place).is_some_and(|p| protocols.contains(p))
            }
            Self::First(octet) => message.first() == Some(octet),
        }
    }
}

fn io<T>(result: std::io::Result<T>, what: &str) -> Done<T> {
    match result {
        Ok(value) => Ok(value),
        Err(error) => fail(format!("{what}: {}", errno::of(&error))),
    }
}

/// Option of a UDP socket: what is sent at once is cut into datagrams of so many octets.
const UDP_SEGMENT: i32 = 103;
/// Option of a UDP socket: several datagrams may come at once.
const UDP_GRO: i32 = 104;
/// Option of a UDP socket: what the kernel takes datagrams for.
const UDP_ENCAP: i32 = 100;

/// Options of a UDP socket that can be set at any time.
struct Options {
    dev: Option<String>,
    mark: Option<i32>,
    segment: Option<i32>,
    tos: Option<i32>,
}

impl Options {
    fn take(args: &mut Args) -> Done<Self> {
        Ok(Self {
            dev: args.take("dev"),
            mark: args.number("mark")?,
            segment: args.number("gso")?,
            tos: args.number("tos")?,
        })
    }

    fn set(&self, fd: BorrowedFd<'_>, ns: Option<&str>) -> Done {
        let index = match self.dev.as_deref() {
            None => None,
            // Any device.
            Some("none") => Some(0),
            Some(dev) => Some(netns::ifindex(ns, dev)? as i32),
        };
        // A socket of IPv6 takes the options of IPv4, too.
        let set = [
            (libc::SOL_SOCKET, libc::SO_BINDTOIFINDEX, index),
            (libc::SOL_SOCKET, libc::SO_MARK, self.mark),
            (libc::IPPROTO_UDP, UDP_SEGMENT, self.segment),
            (libc::IPPROTO_IP, libc::IP_TOS, self.tos),
        ];
        for (level, option, value) in set {
            if let Some(value) = value {
                io(sys::set_option(fd, level, option, value), "setsockopt")?;
            }
        }
        if let Some(tos) = self.tos {
            // Not an IPv6 socket: the TOS is all there is.
            let _ = sys::set_option(fd, libc::IPPROTO_IPV6, libc::IPV6_TCLASS, tos);
        }
        Ok(())
    }
}

/// `sockopt`: sets options of an open UDP socket. A kernel need not know each encapsulation.
pub fn set_options(ctx: &mut Ctx, args: &mut Args) -> Done {
    let name = args.next("a name")?;
    let ns = args.take("ns");
    let encap: Option<i32> = args.number("encap")?;
    let options = Options::take(args)?;
    let fd = ctx.named(&name)?.fd.as_fd();
    if let Some(encap) = encap {
        match sys::set_option(fd, libc::IPPROTO_UDP, UDP_ENCAP, encap) {
            Err(error) if error.raw_os_error() == Some(libc::ENOPROTOOPT) => {
                return Err(Stop::Skip(format!(
                    "the kernel has no UDP_ENCAP of {encap}"
                )));
            }
            set => io(set, "UDP_ENCAP")?,
        }
    }
    options.set(fd, ns.as_deref())
}

/// Opens a UDP socket.
pub fn udp(ctx: &mut Ctx, args: &mut Args) -> Done {
    let name = args.next("a name")?;
    // A socket of that name gives way, and with it what it was bound to.
    let _ = ctx.forget(&name);
    let ns = args.take("ns");
    let v6 = args.flag("v6");
    let v6only = args.take("v6only");
    let reuse = args.flag("reuse");
    let share = args.flag("share");
    let bind: Option<SocketAddr> = args.parse("bind")?;
    let connect: Option<SocketAddr> = args.parse("connect")?;
    let gro = args.flag("gro");
    let options = Options::take(args)?;
    let ends = [bind, connect];
    let v6 = v6 || ends.iter().flatten().any(SocketAddr::is_ipv6);
    let domain = if v6 { libc::AF_INET6 } else { libc::AF_INET };
    let open = || sys::socket(domain, libc::SOCK_DGRAM, 0);
    let fd = io(netns::within(ns.as_deref(), open)?, "socket")?;
    if let Some(v6only) = v6only {
        let value = number::<u8>(&v6only)?;
        let set = sys::set_option(
            fd.as_fd(),
            libc::IPPROTO_IPV6,
            libc::IPV6_V6ONLY,
            value.into(),
        );
        io(set, "IPV6_V6ONLY")?;
    }
    if reuse {
        let set = sys::set_option(fd.as_fd(), libc::SOL_SOCKET, libc::SO_REUSEADDR, 1);
        io(set, "SO_REUSEADDR")?;
    }
    if share {
        let set = sys::set_option(fd.as_fd(), libc::SOL_SOCKET, libc::SO_REUSEPORT, 1);
        io(set, "SO_REUSEPORT")?;
    }
    if gro {
        let set = sys::set_option(fd.as_fd(), libc::IPPROTO_UDP, UDP_GRO, 1);
        io(set, "UDP_GRO")?;
    }
    options.set(fd.as_fd(), ns.as_deref())?;
    if let Some(addr) = bind {
        let bound = sys::bind(fd.as_fd(), &sys::Addr::inet(addr));
        let bound = bound.map_or_else(|error| errno::of(&error), |()| "OK".to_string());
        let want = args.wanted()?;
        if bound != want {
            return fail(format!("bind to {addr}: {bound}, not {want}"));
        }
        if bound != "OK" {
            return Ok(());
        }
    }
    if let Some(addr) = connect {
        io(sys::connect(fd.as_fd(), &sys::Addr::inet(addr)), "connect")?;
    }
    ctx.name(
        name,
        Named {
            fd,
            ifindex: None,
            only: Only::All,
        },
    );
    Ok(())
}

/// Opens a socket of another kind.
pub fn other(ctx: &mut Ctx, args: &mut Args) -> Done {
    let name = args.next("a name")?;
    let ns = args.take("ns");
    let bind: Option<SocketAddr> = args.parse("bind")?;
    let only = match args.number::<u8>("type")? {
        Some(octet) => Only::First(octet),
        None => Only::All,
    };
    let (domain, kind, protocol) = match args.need("kind")?.as_str() {
        "tcp" => (libc::AF_INET, libc::SOCK_STREAM, 0),
        "tcp6" => (libc::AF_INET6, libc::SOCK_STREAM, 0),
        "unix" => (libc::AF_UNIX, libc::SOCK_DGRAM, 0),
        "udplite" => (libc::AF_INET, libc::SOCK_DGRAM, libc::IPPROTO_UDPLITE),
        "icmp" => (libc::AF_INET, libc::SOCK_RAW, libc::IPPROTO_ICMP),
        "icmp6" => (libc::AF_INET6, libc::SOCK_RAW, libc::IPPROTO_ICMPV6),
        "rawip6" => (libc::AF_INET6, libc::SOCK_RAW, libc::IPPROTO_RAW),
        "rawip" => (libc::AF_INET, libc::SOCK_RAW, libc::IPPROTO_RAW),
        "ping" => (libc::AF_INET, libc::SOCK_DGRAM, libc::IPPROTO_ICMP),
        "netlink" => (libc::AF_NETLINK, libc::SOCK_RAW, libc::NETLINK_GENERIC),
        kind => return usage(format!("{kind}: no such kind of socket")),
    };
    let open = || sys::socket(domain, kind, protocol);
    let fd = io(netns::within(ns.as_deref(), open)?, "socket")?;
    if let Some(addr) = bind {
        io(sys::bind(fd.as_fd(), &sys::Addr::inet(addr)), "bind")?;
    }
    ctx.name(
        name,
        Named {
            fd,
            ifindex: None,
            only,
        },
    );
    Ok(())
}

/// Opens a file, for a descriptor that is no socket or for a namespace.
pub fn file(ctx: &mut Ctx, args: &mut Args) -> Done {
    let name = args.next("a name")?;
    let path = args.next("a path")?;
    let fd = io(File::open(&path), &path)?.into();
    ctx.name(
        name,
        Named {
            fd,
            ifindex: None,
            only: Only::All,
        },
    );
    Ok(())
}

/// Opens a packet socket on an interface.
pub fn capture(ctx: &mut Ctx, args: &mut Args) -> Done {
    let name = args.next("a name")?;
    let ns = args.take("ns");
    let dev = args.need("dev")?;
    let ifindex = netns::ifindex(ns.as_deref(), &dev)?;
    // Without the link layer; of what arrives only (a protocol's tap does not see what leaves).
    let open = || sys::socket(libc::AF_PACKET, libc::SOCK_DGRAM, 0);
    let fd = io(netns::within(ns.as_deref(), open)?, "socket")?;
    let protocol = match args.take("family").as_deref() {
        None | Some("4") => libc::ETH_P_IP,
        Some("6") => libc::ETH_P_IPV6,
        Some(family) => return usage(format!("family={family}: 4 or 6 expected")),
    };
    let addr = sys::Addr::link(ifindex as i32, protocol as u16);
    io(sys::bind(fd.as_fd(), &addr), "bind")?;
    let ifindex = Some(ifindex);
    let only = match args.take("only") {
        Some(list) => Only::Protocols(list.split(',').map(number).collect::<Done<_>>()?),
        None => Only::All,
    };
    ctx.name(name, Named { fd, ifindex, only });
    Ok(())
}

/// `plain`: a socket is to be one of plain UDP, so that nobody is told when it is closed.
pub fn plain(ctx: &mut Ctx, args: &mut Args) -> Done {
    for name in args.rest() {
        let fd = ctx.named(&name)?.fd.as_fd();
        let set = sys::set_option(fd, libc::IPPROTO_UDP, UDP_ENCAP, 0);
        io(set, "UDP_ENCAP")?;
    }
    Ok(())
}

/// Closes all that are named, also when one of them is not there.
pub fn close(ctx: &mut Ctx, args: &mut Args) -> Done {
    let names = args.rest();
    let closed: Vec<Done> = names.iter().map(|name| ctx.forget(name)).collect();
    closed.into_iter().collect()
}

/// Sends a packet.
pub fn send(ctx: &mut Ctx, args: &mut Args) -> Done {
    let name = args.next("a name")?;
    let to: Option<SocketAddr> = args.parse("to")?;
    let protocol: Option<u16> = args.number("proto")?;
    let packet = expression(args)?;
    let bytes = packet.to_send()?;
    let socket = ctx.named(&name)?;
    let to = match (to, socket.ifindex) {
        (Some(addr), _) => Some(sys::Addr::inet(addr)),
        (None, Some(ifindex)) => {
            let guess = match bytes.first().map(|b| b >> 4) {
                Some(6) => libc::ETH_P_IPV6,
                _ => libc::ETH_P_IP,
            };
            Some(sys::Addr::link(
                ifindex as i32,
                protocol.unwrap_or(guess as u16),
            ))
        }
        (None, None) => None,
    };
    let result = match sys::send(socket.fd.as_fd(), bytes, to.as_ref()) {
        Ok(_) => "OK".to_string(),
        Err(error) => errno::of(&error),
    };
    let want = args.wanted()?;
    if result == want {
        Ok(())
    } else {
        fail(format!("send: {result}, not {want}"))
    }
}

/// Sends the same packet many times on a packet socket or a connected one.
pub fn flood(ctx: &mut Ctx, args: &mut Args) -> Done {
    let name = args.next("a name")?;
    let count = args.number::<u32>("count")?.unwrap_or(u32::MAX);
    let time = args.number::<u64>("for")?.unwrap_or(600_000);
    let packet = expression(args)?;
    let bytes = packet.to_send()?;
    let socket = ctx.named(&name)?;
    let to = socket
        .ifindex
        .map(|ifindex| sys::Addr::link(ifindex as i32, libc::ETH_P_IP as u16));
    let end = Instant::now() + Duration::from_millis(time);
    for n in 0..count {
        match sys::send(socket.fd.as_fd(), bytes, to.as_ref()) {
            Ok(_) => {}
            // Nobody listens there now; that need not stay so.
            Err(error) if error.raw_os_error() == Some(libc::ECONNREFUSED) => {}
            Err(error) => return fail(format!("send: {}", errno::of(&error))),
        }
        if n % 64 == 63 && Instant::now() > end {
            break;
        }
    }
    Ok(())
}

fn expression(args: &mut Args) -> Done<Packet> {
    match args.packet.take() {
        Some(words) => Packet::build(&words),
        None => usage(": PACKET expected"),
    }
}

/// The next message on a socket, as it comes within `timeout` milliseconds. A machine that
/// stands still costs no more than one slice of them, however long it does.
fn next(socket: &Named, timeout: i32) -> Done<Option<(Vec<u8>, sys::Addr)>> {
    /// How long is waited at a time, in milliseconds.
    const SLICE: i32 = 100;

    let mut left = timeout;
    loop {
        match sys::receive(socket.fd.as_fd()) {
            Ok((_, from)) if from.is_outgoing() => continue,
            Ok((message, _)) if !socket.only.has(&message) => continue,
            Ok(got) => return Ok(Some(got)),
            Err(error) if error.kind() == ErrorKind::WouldBlock => {}
            // An error that waited on the socket, by ICMP or because the interface went down;
            // the packet may still come.
            Err(error) if error.raw_os_error() == Some(libc::ECONNREFUSED) => continue,
            Err(error) if error.raw_os_error() == Some(libc::ENETDOWN) => continue,
            Err(error) => return fail(format!("receive: {}", errno::of(&error))),
        }
        if left <= 0 {
            return Ok(None);
        }
        let slice = left.min(SLICE);
        let begin = Instant::now();
        io(sys::readable(&[socket.fd.as_fd()], slice), "poll")?;
        let passed = i32::try_from(begin.elapsed().as_millis()).unwrap_or(slice);
        left -= passed.clamp(1, slice);
    }
}

/// Receives a packet and compares it.
pub fn expect(ctx: &mut Ctx, args: &mut Args) -> Done {
    let name = args.next("a name")?;
    let from: Option<SocketAddr> = args.parse("from")?;
    let timeout = args.number::<i32>("timeout")?.unwrap_or(PATIENCE);
    let packet = expression(args)?;
    let Some((got, source)) = next(ctx.named(&name)?, timeout)? else {
        return fail(format!("{name}: nothing came in {timeout} ms"));
    };
    if let Some(difference) = packet.difference(&got) {
        return fail(format!("{name}: {difference}"));
    }
    match (from, source.socket_addr()) {
        (Some(want), Some(source)) if want != source => {
            fail(format!("{name}: from {source}, not {want}"))
        }
        (Some(want), None) => fail(format!("{name}: source unknown, not {want}")),
        _ => Ok(()),
    }
}

/// Answers the echo request that comes next, to where it came from: `via` another socket,
/// with a sequence number that is `skew` too high, or several `times`.
pub fn answer(ctx: &mut Ctx, args: &mut Args) -> Done {
    let name = args.next("a name")?;
    let via = args.take("via");
    let skew = args.number::<u16>("skew")?.unwrap_or(0);
    let times = args.number::<u8>("times")?.unwrap_or(1);
    let Some((mut packet, source)) = next(ctx.named(&name)?, PATIENCE)? else {
        return fail(format!("{name}: no echo request came"));
    };
    // Type, length and sequence number; the sequence number of version 0 stands elsewhere.
    let (length, seq) = match packet.as_slice() {
        [0x32, 1, 0, 4, _, _, _, _, _, _, 0, 0] => (6, 8),
        [0x1e, 1, 0, 0, ..] if packet.len() == 20 => (2, 4),
        _ => return fail(format!("{name}: no echo request: {}", hex(&packet))),
    };
    packet[1] = 2;
    packet[3] = length;
    let number = u16::from_be_bytes([packet[seq], packet[seq + 1]]).wrapping_add(skew);
    packet[seq..seq + 2].copy_from_slice(&number.to_be_bytes());
    packet.extend([14, 0]);
    let socket = ctx.named(via.as_ref().unwrap_or(&name))?;
    for _ in 0..times {
        io(sys::send(socket.fd.as_fd(), &packet, Some(&source)), "send")?;
    }
    Ok(())
}

/// Nothing may arrive.
pub fn silent(ctx: &mut Ctx, args: &mut Args) -> Done {
    let time = args.number::<i32>("for")?.unwrap_or(QUIET);
    let names = args.rest();
    let mut left = time;
    for name in &names {
        if let Some((got, _)) = next(ctx.named(name)?, left)? {
            return fail(format!("{name}: unexpected {}", hex(&got)));
        }
        // The others had the same time to receive something in.
        left = 1;
    }
    Ok(())
}

/// Throws away what has arrived.
pub fn drain(ctx: &mut Ctx, args: &mut Args) -> Done {
    for name in args.rest() {
        while next(ctx.named(&name)?, 20)?.is_some() {}
    }
    Ok(())
}

/// Throws away what has arrived anywhere, so that a test begins afresh after one that failed.
pub fn drain_all(ctx: &Ctx) {
    for socket in ctx.all() {
        while matches!(next(socket, 10), Ok(Some(_))) {}
    }
}

/// Prints all that arrives, until killed.
pub fn hold(ctx: &mut Ctx, args: &mut Args) -> Done {
    let names = args.rest();
    let sockets = names
        .iter()
        .map(|name| ctx.named(name))
        .collect::<Done<Vec<_>>>()?;
    let fds: Vec<_> = sockets.iter().map(|socket| socket.fd.as_fd()).collect();
    loop {
        let Some(at) = io(sys::readable(&fds, -1), "poll")? else {
            continue;
        };
        if let Some((got, source)) = next(sockets[at], 1)? {
            let source = source
                .socket_addr()
                .map_or_else(|| "-".to_string(), |source| source.to_string());
            println!("{} {source} {}", names[at], hex(&got));
        }
    }
}
