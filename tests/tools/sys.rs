// SPDX-License-Identifier: GPL-2.0

//! System calls: the only unsafe code of this tool. All sockets are non-blocking on receipt
//! (callers wait with [`readable`]) and close on exec.

use std::ffi::CString;
use std::io::{Error, Result};
use std::mem::{size_of, zeroed};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::os::fd::{AsRawFd, BorrowedFd, FromRawFd, OwnedFd, RawFd};

use crate::fault;

fn check(ret: libc::c_int) -> Result<libc::c_int> {
    if ret < 0 {
        Err(Error::last_os_error())
    } else {
        Ok(ret)
    }
}

/// Any socket address.
#[derive(Clone, Copy)]
pub struct Addr {
    storage: libc::sockaddr_storage,
    len: libc::socklen_t,
}

impl Addr {
    fn of<T: Copy>(value: T) -> Self {
        assert!(size_of::<T>() <= size_of::<libc::sockaddr_storage>());
        // SAFETY: all zeroes is a valid `sockaddr_storage`.
        let mut storage: libc::sockaddr_storage = unsafe { zeroed() };
        // SAFETY: `storage` is at least as large as `T` (asserted) and aligned for any address.
        unsafe { std::ptr::from_mut(&mut storage).cast::<T>().write(value) };
        Self {
            storage,
            len: size_of::<T>() as libc::socklen_t,
        }
    }

    /// An IPv4 or IPv6 address and port.
    pub fn inet(addr: SocketAddr) -> Self {
        match addr {
            SocketAddr::V4(v4) => Self::of(libc::sockaddr_in {
                sin_family: libc::AF_INET as u16,
                sin_port: v4.port().to_be(),
                sin_addr: libc::in_addr {
                    s_addr: u32::from(*v4.ip()).to_be(),
                },
                sin_zero: [0; 8],
            }),
            SocketAddr::V6(v6) => Self::of(libc::sockaddr_in6 {
                sin6_family: libc::AF_INET6 as u16,
                sin6_port: v6.port().to_be(),
                sin6_flowinfo: 0,
                sin6_addr: libc::in6_addr {
                    s6_addr: v6.ip().octets(),
                },
                sin6_scope_id: v6.scope_id(),
            }),
        }
    }

    /// A packet socket's address: an interface, and a protocol in host order.
    pub fn link(ifindex: i32, protocol: u16) -> Self {
        // SAFETY: all zeroes is a valid `sockaddr_ll`.
        let mut ll: libc::sockaddr_ll = unsafe { zeroed() };
        ll.sll_family = libc::AF_PACKET as u16;
        ll.sll_protocol = protocol.to_be();
        ll.sll_ifindex = ifindex;
        Self::of(ll)
    }

    /// A netlink address: the kernel's, or our own without a group.
    pub fn netlink() -> Self {
        // SAFETY: all zeroes is a valid `sockaddr_nl`.
        let mut nl: libc::sockaddr_nl = unsafe { zeroed() };
        nl.nl_family = libc::AF_NETLINK as u16;
        Self::of(nl)
    }

    /// The Internet address, if it is one.
    pub fn socket_addr(&self) -> Option<SocketAddr> {
        let at = std::ptr::from_ref(&self.storage);
        match i32::from(self.storage.ss_family) {
            libc::AF_INET => {
                // SAFETY: the family says which type the storage holds.
                let v4 = unsafe { at.cast::<libc::sockaddr_in>().read() };
                let ip = Ipv4Addr::from(u32::from_be(v4.sin_addr.s_addr));
                Some(SocketAddr::new(IpAddr::V4(ip), u16::from_be(v4.sin_port)))
            }
            libc::AF_INET6 => {
                // SAFETY: the family says which type the storage holds.
                let v6 = unsafe { at.cast::<libc::sockaddr_in6>().read() };
                let ip = Ipv6Addr::from(v6.sin6_addr.s6_addr);
                Some(SocketAddr::new(IpAddr::V6(ip), u16::from_be(v6.sin6_port)))
            }
            _ => None,
        }
    }

    /// Whether a packet socket saw this packet leave rather than arrive.
    pub fn is_outgoing(&self) -> bool {
        if i32::from(self.storage.ss_family) != libc::AF_PACKET {
            return false;
        }
        let at = std::ptr::from_ref(&self.storage).cast::<libc::sockaddr_ll>();
        // SAFETY: the family says which type the storage holds.
        unsafe { at.read() }.sll_pkttype == libc::PACKET_OUTGOING
    }
}

/// `socket(2)`.
pub fn socket(domain: i32, kind: i32, protocol: i32) -> Result<OwnedFd> {
    // SAFETY: takes no pointers.
    let fd = check(unsafe { libc::socket(domain, kind | libc::SOCK_CLOEXEC, protocol) })?;
    // SAFETY: `fd` was just opened and nobody else owns it.
    Ok(unsafe { OwnedFd::from_raw_fd(fd) })
}

/// `bind(2)`.
pub fn bind(fd: BorrowedFd<'_>, addr: &Addr) -> Result<()> {
    let at = std::ptr::from_ref(&addr.storage).cast();
    // SAFETY: `at` is valid for `addr.len` octets.
    check(unsafe { libc::bind(fd.as_raw_fd(), at, addr.len) }).map(drop)
}

/// `connect(2)`.
pub fn connect(fd: BorrowedFd<'_>, addr: &Addr) -> Result<()> {
    let at = std::ptr::from_ref(&addr.storage).cast();
    // SAFETY: `at` is valid for `addr.len` octets.
    check(unsafe { libc::connect(fd.as_raw_fd(), at, addr.len) }).map(drop)
}

/// `setsockopt(2)` with an int.
pub fn set_option(fd: BorrowedFd<'_>, level: i32, option: i32, value: i32) -> Result<()> {
    let at = std::ptr::from_ref(&value).cast();
    let len = size_of::<i32>() as libc::socklen_t;
    // SAFETY: `at` is valid for `len` octets.
    check(unsafe { libc::setsockopt(fd.as_raw_fd(), level, option, at, len) }).map(drop)
}

/// What `bpf(2)` reads of an array.
#[repr(C)]
#[derive(Default)]
struct ArrayAttr {
    kind: u32,
    key_size: u32,
    value_size: u32,
    max_entries: u32,
    flags: u32,
}

/// What `bpf(2)` reads of an entry.
#[repr(C)]
struct EntryAttr {
    array: u32,
    key: u64,
    value: u64,
    flags: u64,
}

/// `bpf(2)`.
fn bpf<T>(command: libc::c_int, attr: &T) -> Result<libc::c_int> {
    let at = std::ptr::from_ref(attr);
    // SAFETY: `at` is valid for that length, and so are the pointers that it holds.
    check(unsafe { libc::syscall(libc::SYS_bpf, command, at, size_of::<T>()) } as libc::c_int)
}

/// Makes an array of BPF's for one socket that may share its port.
pub fn socket_array() -> Result<OwnedFd> {
    let attr = ArrayAttr {
        // BPF_MAP_TYPE_REUSEPORT_SOCKARRAY
        kind: 20,
        key_size: 4,
        value_size: 4,
        max_entries: 1,
        ..ArrayAttr::default()
    };
    let fd = bpf(0, &attr)?;
    // SAFETY: `fd` was just opened and nobody else owns it.
    Ok(unsafe { OwnedFd::from_raw_fd(fd) })
}

/// Asks something of the only entry of `array`.
fn entry(command: libc::c_int, array: RawFd, value: Option<&RawFd>) -> Result<()> {
    let key = 0u32;
    let attr = EntryAttr {
        array: array as u32,
        key: std::ptr::from_ref(&key).expose_provenance() as u64,
        value: value.map_or(0, |value| {
            std::ptr::from_ref(value).expose_provenance() as u64
        }),
        flags: 0,
    };
    bpf(command, &attr).map(drop)
}

/// Puts a socket into an array.
pub fn array_put(array: RawFd, socket: RawFd) -> Result<()> {
    entry(2, array, Some(&socket))
}

/// Takes it out.
pub fn array_take(array: RawFd) -> Result<()> {
    entry(3, array, None)
}

/// `sendto(2)`; without an address to where the socket is connected.
pub fn send(fd: BorrowedFd<'_>, data: &[u8], to: Option<&Addr>) -> Result<usize> {
    let (at, len) = match to {
        Some(addr) => (std::ptr::from_ref(&addr.storage).cast(), addr.len),
        None => (std::ptr::null(), 0),
    };
    // SAFETY: `data` is valid for its length, and `at` for `len` octets.
    fault::around(|| unsafe {
        let flags = libc::MSG_NOSIGNAL;
        let sent = libc::sendto(
            fd.as_raw_fd(),
            data.as_ptr().cast(),
            data.len(),
            flags,
            at,
            len,
        );
        usize::try_from(sent).map_err(|_| Error::last_os_error())
    })
}

/// `recvfrom(2)` without waiting: the message and where it came from.
pub fn receive(fd: BorrowedFd<'_>) -> Result<(Vec<u8>, Addr)> {
    let mut data = vec![0u8; 1 << 17];
    let (got, from) = receive_into(fd, &mut data)?;
    data.truncate(got);
    Ok((data, from))
}

/// The same into a buffer: how long the message is and where it came from.
pub fn receive_into(fd: BorrowedFd<'_>, data: &mut [u8]) -> Result<(usize, Addr)> {
    // SAFETY: all zeroes is a valid `sockaddr_storage`.
    let mut storage: libc::sockaddr_storage = unsafe { zeroed() };
    let mut len = size_of::<libc::sockaddr_storage>() as libc::socklen_t;
    // SAFETY: `data` and `storage` are valid for the lengths handed over.
    let got = fault::around(|| unsafe {
        let got = libc::recvfrom(
            fd.as_raw_fd(),
            data.as_mut_ptr().cast(),
            data.len(),
            libc::MSG_DONTWAIT,
            std::ptr::from_mut(&mut storage).cast(),
            &mut len,
        );
        usize::try_from(got).map_err(|_| Error::last_os_error())
    })?;
    Ok((got, Addr { storage, len }))
}

/// Waits until one of `fds` can be read, `timeout` milliseconds at most (-1: for ever), and says
/// which.
pub fn readable(fds: &[BorrowedFd<'_>], timeout: i32) -> Result<Option<usize>> {
    let mut polled: Vec<libc::pollfd> = fds
        .iter()
        .map(|fd| libc::pollfd {
            fd: fd.as_raw_fd(),
            events: libc::POLLIN,
            revents: 0,
        })
        .collect();
    // SAFETY: `polled` is valid for its length.
    check(unsafe { libc::poll(polled.as_mut_ptr(), polled.len() as libc::nfds_t, timeout) })?;
    Ok(polled.iter().position(|p| p.revents != 0))
}

/// `setns(2)` into a network namespace.
pub fn enter(ns: BorrowedFd<'_>) -> Result<()> {
    // SAFETY: takes no pointers.
    check(unsafe { libc::setns(ns.as_raw_fd(), libc::CLONE_NEWNET) }).map(drop)
}

/// `unshare(2)` into a new network namespace: the thread alone.
pub fn unshare_net() -> Result<()> {
    // SAFETY: takes no pointers.
    check(unsafe { libc::unshare(libc::CLONE_NEWNET) }).map(drop)
}

/// The index of an interface of the current namespace.
pub fn ifindex(name: &str) -> Option<u32> {
    let name = CString::new(name).ok()?;
    // SAFETY: `name` is a string that ends in NUL.
    match unsafe { libc::if_nametoindex(name.as_ptr()) } {
        0 => None,
        index => Some(index),
    }
}

/// Becomes a user without any capability, for good.
pub fn become_nobody() -> Result<()> {
    // SAFETY: takes no pointers; the process has one thread.
    check(unsafe { libc::setresuid(65534, 65534, 65534) }).map(drop)
}

/// `sendmmsg(2)` without waiting: how many of these packets were sent, from the first one on.
pub fn send_many(fd: BorrowedFd<'_>, packets: &[(Vec<u8>, Addr)]) -> Result<usize> {
    let mut parts: Vec<libc::iovec> = packets
        .iter()
        .map(|(data, _)| libc::iovec {
            iov_base: data.as_ptr().cast_mut().cast(),
            iov_len: data.len(),
        })
        .collect();
    let mut messages: Vec<libc::mmsghdr> = packets
        .iter()
        .zip(&mut parts)
        .map(|((_, addr), part)| {
            // SAFETY: all zeroes is a valid `mmsghdr`.
            let mut message: libc::mmsghdr = unsafe { zeroed() };
            message.msg_hdr.msg_name = std::ptr::from_ref(&addr.storage).cast_mut().cast();
            message.msg_hdr.msg_namelen = addr.len;
            message.msg_hdr.msg_iov = part;
            message.msg_hdr.msg_iovlen = 1;
            message
        })
        .collect();
    let flags = libc::MSG_DONTWAIT | libc::MSG_NOSIGNAL;
    let count = messages.len() as libc::c_uint;
    // SAFETY: `messages` is valid for its length, and so is what it leads to, which the call
    // does not change.
    let sent = unsafe { libc::sendmmsg(fd.as_raw_fd(), messages.as_mut_ptr(), count, flags) };
    check(sent).map(|sent| sent as usize)
}

/// Reads up to `count` messages without waiting and without looking at them: how many there were.
pub fn skip(fd: BorrowedFd<'_>, count: usize) -> Result<usize> {
    // SAFETY: all zeroes is a valid `mmsghdr`, one that receives nothing of the message.
    let mut messages: Vec<libc::mmsghdr> = vec![unsafe { zeroed() }; count];
    // SAFETY: `messages` is valid for its length, and leads to nothing.
    let got = unsafe {
        libc::recvmmsg(
            fd.as_raw_fd(),
            messages.as_mut_ptr(),
            count as libc::c_uint,
            libc::MSG_DONTWAIT,
            std::ptr::null_mut(),
        )
    };
    check(got).map(|got| got as usize)
}

/// Makes the tun device `dev`, or tap device, without packet information. With `vnet` a header of
/// so many octets stands in front of each packet; `napi` has packets received through NAPI, and
/// `frags` as fragments. What is written never waits.
pub fn tun(dev: &str, tap: bool, vnet: Option<usize>, napi: bool, frags: bool) -> Result<OwnedFd> {
    const TUNSETVNETHDRSZ: libc::c_ulong = 0x4004_54d8;
    const TUNSETSNDBUF: libc::c_ulong = 0x4004_54d4;

    let file = std::fs::File::options()
        .read(true)
        .write(true)
        .open("/dev/net/tun")?;
    // SAFETY: all zeroes is a valid `ifreq`.
    let mut request: libc::ifreq = unsafe { zeroed() };
    let name = request.ifr_name.iter_mut().zip(dev.bytes());
    for (to, from) in name.take(libc::IFNAMSIZ - 1) {
        *to = from as libc::c_char;
    }
    let kind = if tap { libc::IFF_TAP } else { libc::IFF_TUN };
    let mut flags = kind | libc::IFF_NO_PI;
    for (flag, wanted) in [
        (libc::IFF_VNET_HDR, vnet.is_some()),
        (libc::IFF_NAPI, napi || frags),
        (libc::IFF_NAPI_FRAGS, frags),
    ] {
        if wanted {
            flags |= flag;
        }
    }
    request.ifr_ifru.ifru_flags = flags as libc::c_short;
    // SAFETY: `request` is what this request takes.
    check(unsafe { libc::ioctl(file.as_raw_fd(), libc::TUNSETIFF, &mut request) })?;
    if let Some(len) = vnet {
        let len = len as libc::c_int;
        // SAFETY: `len` is what this request takes.
        check(unsafe { libc::ioctl(file.as_raw_fd(), TUNSETVNETHDRSZ, &len) })?;
    }
    if napi && !frags {
        // With an unlimited buffer tun builds a packet around a page's fragment. Where GRO joins
        // such packets, Linux 7.3 does not give back what they were charged to the device's
        // socket, which then is never freed: tun does not call skb_prepare_for_gro().
        let limit: libc::c_int = 1 << 30;
        // SAFETY: `limit` is what this request takes.
        check(unsafe { libc::ioctl(file.as_raw_fd(), TUNSETSNDBUF, &limit) })?;
    }
    // SAFETY: takes no pointers.
    check(unsafe { libc::fcntl(file.as_raw_fd(), libc::F_SETFL, libc::O_NONBLOCK) })?;
    Ok(file.into())
}

/// Runs `work` as a user without any capability, and is root again.
pub fn as_nobody<T>(work: impl FnOnce() -> T) -> Result<T> {
    const SAME: libc::uid_t = libc::uid_t::MAX;
    // SAFETY: takes no pointers; the process has one thread.
    check(unsafe { libc::setresuid(SAME, 65534, SAME) })?;
    let result = work();
    // SAFETY: as above.
    check(unsafe { libc::setresuid(SAME, 0, SAME) })?;
    Ok(result)
}

/// Goes into a user namespace and a network namespace of its own, as root there.
pub fn own_namespaces() -> Result<()> {
    // SAFETY: these take no pointers.
    let (uid, gid) = unsafe { (libc::geteuid(), libc::getegid()) };
    // SAFETY: takes no pointers; the process has one thread.
    check(unsafe { libc::unshare(libc::CLONE_NEWUSER | libc::CLONE_NEWNET) })?;
    std::fs::write("/proc/self/setgroups", "deny")?;
    std::fs::write("/proc/self/uid_map", format!("0 {uid} 1"))?;
    std::fs::write("/proc/self/gid_map", format!("0 {gid} 1"))
}
