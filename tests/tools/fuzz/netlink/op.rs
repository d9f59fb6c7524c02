// SPDX-License-Identifier: GPL-2.0

//! What the netlink fuzzer can do to the driver. An operation is data: it means the same whenever
//! it is repeated, and in any company, so that a failure can be replayed with fewer of them.
//!
//! File descriptors are not the same from run to run, so a request holds numbers that stand for
//! them ([`space_fd`], [`socket_fd`], [`FILE_FD`]) and are replaced when it is sent.

use std::fmt;

use crate::args::hex;
use crate::attr;

/// How many namespaces a run has: that of its sockets, and one that comes and goes.
pub const SPACES: usize = 2;
/// How many sockets of its own a run may have open.
pub const SOCKETS: usize = 6;

const FDS: u32 = 0x7a00_0000;
/// Stands for a file that is neither a socket nor a namespace.
pub const FILE_FD: u32 = FDS + 0x100;
/// A number that no open file has.
pub const NO_FD: u32 = 0x000f_fff0;

/// Stands for a namespace.
pub const fn space_fd(space: usize) -> u32 {
    FDS + space as u32
}

/// Stands for a socket.
pub const fn socket_fd(slot: usize) -> u32 {
    FDS + 0x10 + slot as u32
}

/// What a number in place of a descriptor stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fd {
    /// A namespace.
    Space(usize),
    /// A socket, if it is open.
    Socket(usize),
    /// A file of another kind.
    File,
    /// Nothing that is open.
    Closed,
    /// Negative.
    Negative,
    /// A number that may be open, in this process that has several threads: nobody knows.
    Unknown,
}

impl Fd {
    /// Reads the number.
    pub fn of(number: u32) -> Self {
        let at = |base: u32, count: usize| {
            let offset = number.checked_sub(base)? as usize;
            (offset < count).then_some(offset)
        };
        if let Some(space) = at(space_fd(0), SPACES) {
            Self::Space(space)
        } else if let Some(slot) = at(socket_fd(0), SOCKETS) {
            Self::Socket(slot)
        } else if number == FILE_FD {
            Self::File
        } else if number > i32::MAX as u32 {
            Self::Negative
        } else if number < NO_FD {
            Self::Unknown
        } else {
            Self::Closed
        }
    }
}

/// A kind of file that the caller may hand in as a socket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SocketKind {
    /// UDP over IPv4.
    Udp4,
    /// UDP over IPv6 alone.
    Udp6,
    /// UDP over IPv6 that takes IPv4 too.
    UdpBoth,
    /// TCP.
    Tcp,
    /// A datagram socket that is not of the Internet.
    Unix,
}

impl SocketKind {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Udp4, Self::Udp6, Self::UdpBoth, Self::Tcp, Self::Unix];
}

/// A change to a link by RTM_NEWLINK.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Set {
    /// Administrative state.
    Up(bool),
    /// Another name.
    Name(String),
    /// Another namespace.
    Space(usize),
}

/// An operation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Op {
    /// A request to the family `gtp`, from a namespace.
    Genl {
        /// The caller's namespace.
        space: usize,
        /// `genlmsghdr.cmd`.
        command: u8,
        /// Beside NLM_F_REQUEST and NLM_F_ACK.
        flags: u16,
        /// So many octets of the family's header only, and nothing after.
        cut: Option<usize>,
        /// What follows the header.
        attrs: Vec<u8>,
    },
    /// RTM_NEWLINK of kind gtp.
    NewLink {
        /// The caller's namespace.
        space: usize,
        /// The namespace that the link is for, if it is said.
        to: Option<usize>,
        /// `ifi_index`: we choose it, so that it is the same in each run.
        index: u32,
        /// IFLA_IFNAME.
        name: String,
        /// Beside NLM_F_REQUEST and NLM_F_ACK.
        flags: u16,
        /// Whether IFF_UP is asked for.
        up: bool,
        /// IFLA_INFO_DATA.
        data: Option<Vec<u8>>,
    },
    /// RTM_DELLINK.
    DelLink {
        /// The caller's namespace.
        space: usize,
        /// `ifi_index`.
        index: u32,
    },
    /// RTM_NEWLINK for a link that is there.
    SetLink {
        /// The caller's namespace.
        space: usize,
        /// `ifi_index`.
        index: u32,
        /// What changes.
        set: Set,
    },
    /// RTM_GETLINK.
    GetLink {
        /// The caller's namespace.
        space: usize,
        /// `ifi_index`.
        index: u32,
    },
    /// `socket(2)`.
    Open {
        /// Where it is kept; what was there is closed.
        slot: usize,
        /// Which kind.
        kind: SocketKind,
    },
    /// `close(2)`.
    Close {
        /// Where it was kept.
        slot: usize,
    },
    /// The second namespace goes with all that is in it, and another one takes its place.
    Renew,
}

/// The name of a command.
pub fn command_name(command: u8) -> Option<&'static str> {
    Some(match command {
        0 => "newpdp",
        1 => "delpdp",
        2 => "getpdp",
        3 => "echoreq",
        71 => "newroute",
        72 => "delroute",
        73 => "getroute",
        _ => return None,
    })
}

impl fmt::Display for Op {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Genl {
                space,
                command,
                flags,
                cut,
                attrs,
            } => {
                match command_name(*command) {
                    Some(name) => write!(f, "{name}")?,
                    None => write!(f, "cmd {command}")?,
                }
                write!(f, " in {space} flags {flags:#x}")?;
                if let Some(cut) = cut {
                    return write!(f, " cut to {cut} octets");
                }
                write!(f, ": {} = {}", attr::show(attr::PDP, attrs), hex(attrs))
            }
            Self::NewLink {
                space,
                to,
                index,
                name,
                flags,
                up,
                data,
            } => {
                write!(f, "newlink {index} {name} in {space}")?;
                if let Some(to) = to {
                    write!(f, " for {to}")?;
                }
                write!(f, " flags {flags:#x} up {up}: ")?;
                match data {
                    Some(data) => write!(f, "{} = {}", attr::show(attr::LINK, data), hex(data)),
                    None => write!(f, "no data"),
                }
            }
            other => write!(f, "{other:?}"),
        }
    }
}
