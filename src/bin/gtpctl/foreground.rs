// SPDX-License-Identifier: GPL-2.0

//! `gtpctl link add ... fd`: a link whose sockets belong to this process.
//!
//! The driver takes tunnelled user data off the sockets and passes everything
//! else up: other messages, unknown tunnels, wrong addresses. A control plane
//! would act upon that; here it is printed, and so read, which keeps the
//! sockets' buffers from filling up.

use crate::{
    failure::Outcome,
    link::{
        self,
        inside, //
    },
    output::{
        self,
        Format, //
    }, //
};
use gtp::{
    client::{
        netns,
        Error,
        LinkClient,
        LinkConfig,
        Sockets, //
    },
    wire::{
        v0,
        v1,
        version_of,
        Version,
        GTP_U_PORT,
        GTP_V0_PORT, //
    },
};
use nix::{
    errno::Errno,
    poll::{
        poll,
        PollFd,
        PollFlags,
        PollTimeout, //
    },
    sys::{
        signal::{
            SigSet,
            Signal, //
        },
        signalfd::{
            SfdFlags,
            SignalFd, //
        },
        socket::{
            bind,
            setsockopt,
            socket,
            sockopt,
            AddressFamily,
            SockFlag,
            SockType,
            SockaddrStorage, //
        },
    },
};
use serde::Serialize;
use std::{
    fmt,
    fs::File,
    io,
    net::{
        IpAddr,
        Ipv4Addr,
        SocketAddr,
        UdpSocket, //
    },
    os::fd::{
        AsFd,
        AsRawFd, //
    },
};

/// Longest UDP datagram, in octets.
const DATAGRAM_LEN: usize = 65_535;
/// Datagrams read from one socket before signals are looked at again.
const BURST: usize = 256;

/// Makes the link, and keeps it until SIGINT, SIGTERM or SIGHUP.
pub fn run(
    mut config: LinkConfig,
    netns: Option<File>,
    local: Option<IpAddr>,
    version: Option<u32>,
    format: Format,
) -> Outcome {
    // Blocked before the link exists: a signal from now on removes it.
    let mut mask = SigSet::empty();
    mask.add(Signal::SIGINT);
    mask.add(Signal::SIGTERM);
    mask.add(Signal::SIGHUP);
    let signals = mask
        .thread_block()
        .and_then(|()| SignalFd::with_flags(&mask, SfdFlags::SFD_CLOEXEC | SfdFlags::SFD_NONBLOCK))
        .map_err(|errno| Error::System("cannot wait for signals".to_string(), errno))?;

    let local = local.unwrap_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED));
    let open = |of_version, port| match version {
        Some(version) if version != of_version => Ok(None),
        _ => open_socket(SocketAddr::new(local, port)).map(Some),
    };
    let socket0 = open(0, GTP_V0_PORT)?;
    let socket1 = open(1, GTP_U_PORT)?;

    config.sockets = Sockets::Descriptors {
        fd0: socket0.as_ref().map(AsRawFd::as_raw_fd),
        fd1: socket1.as_ref().map(AsRawFd::as_raw_fd),
    };
    link::make(&config, netns.as_ref())?;

    let index = inside(netns.as_ref(), || netns::interface_index(&config.name))?;
    let ready = Message::Ready {
        dev: &config.name,
        ifindex: index,
    };
    // Output is a courtesy: the link stays, also when nobody reads any more.
    let _ = output::line(format, &ready);

    let served = serve(
        &signals,
        &[(GTP_V0_PORT, socket0), (GTP_U_PORT, socket1)],
        &config.name,
        format,
    );
    let removed = inside(netns.as_ref(), || LinkClient::open()?.del_index(index));
    served?;
    match removed {
        // Somebody else was faster.
        Err(error) if error.errno() == Some(Errno::ENODEV) => Ok(()),
        removed => Ok(removed?),
    }
}

/// Opens a UDP socket. An IPv6 one takes nothing but IPv6: the driver insists.
fn open_socket(address: SocketAddr) -> Result<UdpSocket, Error> {
    let family = if address.is_ipv4() {
        AddressFamily::Inet
    } else {
        AddressFamily::Inet6
    };
    let open = || -> Result<UdpSocket, Errno> {
        let flags = SockFlag::SOCK_CLOEXEC | SockFlag::SOCK_NONBLOCK;
        let fd = socket(family, SockType::Datagram, flags, None)?;

        if address.is_ipv6() {
            setsockopt(&fd, sockopt::Ipv6V6Only, &true)?;
        }
        bind(fd.as_raw_fd(), &SockaddrStorage::from(address))?;
        Ok(UdpSocket::from(fd))
    };
    open().map_err(|errno| Error::System(format!("cannot open UDP socket {address}"), errno))
}

/// Reads the sockets until a signal comes.
fn serve(
    signals: &SignalFd,
    sockets: &[(u16, Option<UdpSocket>); 2],
    dev: &str,
    format: Format,
) -> Result<(), Error> {
    let sockets: Vec<_> = sockets
        .iter()
        .filter_map(|(port, socket)| Some((*port, socket.as_ref()?)))
        .collect();
    let mut datagram = vec![0; DATAGRAM_LEN];

    loop {
        let mut fds = vec![PollFd::new(signals.as_fd(), PollFlags::POLLIN)];
        fds.extend(
            sockets
                .iter()
                .map(|(_, socket)| PollFd::new(socket.as_fd(), PollFlags::POLLIN)),
        );
        match poll(&mut fds, PollTimeout::NONE) {
            Ok(_) | Err(Errno::EINTR) => {}
            Err(errno) => return Err(Error::System("cannot wait".to_string(), errno)),
        }
        if fds[0].any().unwrap_or(false) {
            return Ok(());
        }

        for (port, socket) in &sockets {
            for _ in 0..BURST {
                match socket.recv_from(&mut datagram) {
                    Ok((len, from)) => {
                        let summary = Summary::read(&datagram[..len]);
                        let message = Message::passed_up(dev, *port, from, len, summary);
                        let _ = output::line(format, &message);
                    }
                    Err(error) if error.kind() == io::ErrorKind::WouldBlock => break,
                    // An ICMP error about something that others sent from the
                    // same port: it says nothing about this socket.
                    Err(_) => {}
                }
            }
        }
    }
}

/// What stands in front of every GTP message, as far as it is there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Summary {
    version: Option<u8>,
    kind: Option<u8>,
    teid: Option<u32>,
    tid: Option<u64>,
}

impl Summary {
    /// Reads the header. What is not GTP but GTP', the charging protocol, has
    /// no identifier of a tunnel.
    fn read(message: &[u8]) -> Self {
        let mut summary = Self {
            kind: message.get(1).copied(),
            ..Self::default()
        };

        match message.first().map(|first| version_of(*first)) {
            None => {}
            Some(Version::V0) => {
                summary.version = Some(0);
                summary.tid = message
                    .first_chunk()
                    .and_then(|octets| v0::Header::parse(octets).ok())
                    .map(|header| header.tid.0);
            }
            Some(Version::V1) => {
                summary.version = Some(1);
                summary.teid = message
                    .first_chunk()
                    .and_then(|octets| v1::Header::parse(octets).ok())
                    .map(|header| header.teid.0);
            }
            Some(Version::Other(version)) => summary.version = Some(version),
        }
        summary
    }
}

/// What is printed.
#[derive(Debug, Serialize)]
#[serde(tag = "event", rename_all = "snake_case")]
enum Message<'a> {
    /// The link is there.
    Ready { dev: &'a str, ifindex: u32 },
    /// The driver passed something up.
    PassedUp {
        dev: &'a str,
        socket: u16,
        version: Option<u8>,
        #[serde(rename = "type")]
        kind: Option<u8>,
        #[serde(skip_serializing_if = "Option::is_none")]
        teid: Option<u32>,
        #[serde(skip_serializing_if = "Option::is_none")]
        tid: Option<u64>,
        source: IpAddr,
        port: u16,
        length: usize,
    },
}

impl<'a> Message<'a> {
    /// Describes a datagram.
    fn passed_up(
        dev: &'a str,
        socket: u16,
        from: SocketAddr,
        length: usize,
        summary: Summary,
    ) -> Self {
        Self::PassedUp {
            dev,
            socket,
            version: summary.version,
            kind: summary.kind,
            teid: summary.teid,
            tid: summary.tid,
            source: from.ip(),
            port: from.port(),
            length,
        }
    }
}

impl fmt::Display for Message<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ready { dev, ifindex } => write!(f, "ready dev {dev} ifindex {ifindex}"),
            Self::PassedUp {
                dev,
                socket,
                version,
                kind,
                teid,
                tid,
                source,
                port,
                length,
            } => {
                write!(f, "passed_up dev {dev} socket {socket}")?;
                if let Some(version) = version {
                    write!(f, " version {version}")?;
                }
                if let Some(kind) = kind {
                    write!(f, " type {kind}")?;
                }
                if let Some(teid) = teid {
                    write!(f, " teid {teid}")?;
                }
                if let Some(tid) = tid {
                    write!(f, " tid {tid:#x}")?;
                }
                write!(f, " source {source} port {port} length {length}")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn both(message: &[u8]) -> (String, String) {
        let from = "192.0.2.1:40000".parse().unwrap();
        let summary = Summary::read(message);
        let message = Message::passed_up("gtp0", GTP_U_PORT, from, message.len(), summary);
        (
            message.to_string(),
            serde_json::to_string(&message).unwrap(),
        )
    }

    #[test]
    fn an_echo_request_is_described() {
        let (text, json) = both(&[0x32, 1, 0, 4, 0, 0, 0, 0, 0, 1, 0, 0]);
        assert_eq!(
            text,
            "passed_up dev gtp0 socket 2152 version 1 type 1 teid 0 \
             source 192.0.2.1 port 40000 length 12"
        );
        assert_eq!(
            json,
            r#"{"event":"passed_up","dev":"gtp0","socket":2152,"version":1,"type":1,"teid":0,"source":"192.0.2.1","port":40000,"length":12}"#
        );
    }

    #[test]
    fn version_0_has_a_tid() {
        let mut message = [0; 20];
        message[0] = 0x1e;
        message[1] = 255;
        message[19] = 0x12;
        let summary = Summary::read(&message);
        assert_eq!(summary.version, Some(0));
        assert_eq!(summary.kind, Some(255));
        assert_eq!(summary.tid, Some(0x12));
        assert_eq!(summary.teid, None);

        // A charging protocol has no tunnels.
        message[0] = 0x0e;
        assert_eq!(Summary::read(&message).tid, None);
    }

    #[test]
    fn a_short_message_says_what_it_can() {
        assert_eq!(Summary::read(&[]), Summary::default());
        let summary = Summary::read(&[0x30, 255, 0]);
        assert_eq!(summary.kind, Some(255));
        assert_eq!(summary.teid, None);
        let summary = Summary::read(&[0x4a, 1, 0, 0, 0, 0, 0, 1]);
        assert_eq!(summary.version, Some(2));
        assert_eq!((summary.teid, summary.tid), (None, None));
    }

    #[test]
    fn a_socket_is_of_its_addresss_family() {
        let socket = open_socket("127.0.0.1:0".parse().unwrap()).unwrap();
        assert!(socket.local_addr().unwrap().is_ipv4());
        let taken = open_socket(socket.local_addr().unwrap()).unwrap_err();
        assert_eq!(taken.errno(), Some(Errno::EADDRINUSE));
    }
}
