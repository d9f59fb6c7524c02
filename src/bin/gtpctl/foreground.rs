// SPDX-License-Identifier: GPL-2.0

//! `gtpctl link add ... fd`: a link whose sockets belong to this process.
//!
//! The driver takes tunnelled user data off the sockets and passes everything
//! else up: other messages, unknown tunnels, wrong addresses. A control plane
//! would act upon that; here it is printed, and so read, which keeps the
//! sockets' buffers from filling up. A line that nobody takes is dropped: to wait
//! for that would be not to see the signal that removes the link.

use crate::{
    failure::{
        Failure,
        Outcome, //
    },
    link::{
        self,
        inside, //
    },
    output::{
        self,
        Format,
        TidView, //
    }, //
};
use gtp::{
    client::{
        Departure,
        Error,
        LinkClient,
        LinkConfig,
        LinkWatch,
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
    fs::{
        self,
        File, //
    },
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

/// Signals that end it.
const ENDING: [Signal; 3] = [Signal::SIGINT, Signal::SIGTERM, Signal::SIGHUP];

/// Makes the link, and keeps it until one of the signals [`ENDING`].
pub fn run(
    mut config: LinkConfig,
    netns: Option<File>,
    local: Option<IpAddr>,
    version: Option<u32>,
    format: Format,
) -> Outcome {
    // Blocked before the link exists: a signal from now on removes it.
    let mask = heeded(&fs::read_to_string("/proc/self/status").unwrap_or_default());
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
    // Opened before the link is there, which nobody but this removes.
    let (mut there, mut watch) = inside(netns.as_ref(), || {
        Ok((LinkClient::open()?, LinkWatch::open()?))
    })?;
    let index = link::make(&config, &mut there)?;
    let ready = Message::Ready {
        dev: &config.name,
        ifindex: index,
    };
    let mut printer = Printer::new(format);
    printer.print(&ready);

    let mut link = Link {
        dev: &config.name,
        index,
        watch: Some(&mut watch),
        departure: None,
    };
    let served = serve(
        &signals,
        &[(GTP_V0_PORT, socket0), (GTP_U_PORT, socket1)],
        &mut link,
        &mut printer,
    );
    let removed = link.remove(&mut there);
    printer.finish();
    let outcome = match served {
        Ok(End::Signal) => removed,
        Ok(End::Removed) => Err(Failure::Refused(format!(
            "link \"{}\" has been removed",
            config.name
        ))),
        Err(error) => Err(error.into()),
    };
    // The signals are still blocked: nothing is said where that would wait.
    outcome.map_err(|failure| match takes(io::stderr()) {
        true => failure,
        false => Failure::Said(2),
    })
}

/// What ends it.
enum End {
    /// A signal.
    Signal,
    /// The link's end.
    Removed,
}

/// The link, and what is known of its whereabouts.
struct Link<'a> {
    dev: &'a str,
    index: u32,
    /// What tells of it, unless that has failed.
    watch: Option<&'a mut LinkWatch>,
    departure: Option<Departure>,
}

impl Link<'_> {
    /// Looks whether the link is still there. Once it is not, its index is not either:
    /// another one may have it. Not to see it is no reason to take it away.
    fn look(&mut self) -> Option<Departure> {
        if let (None, Some(watch)) = (self.departure, self.watch.as_mut()) {
            match watch.departure(self.index) {
                Ok(departure) => self.departure = departure,
                Err(error) => {
                    self.watch = None;
                    if takes(io::stderr()) {
                        output::say(format_args!(
                            "Warning: no news of link \"{}\" any more: {error}",
                            self.dev
                        ));
                    }
                }
            }
        }
        self.departure
    }

    /// Removes the link, unless it is not there any more.
    fn remove(&mut self, there: &mut LinkClient) -> Outcome {
        // What cannot be looked at is removed all the same.
        if self.look().is_none() {
            match there.del_index(self.index) {
                Err(error) if error.errno() == Some(Errno::ENODEV) => self.look(),
                removed => return Ok(removed?),
            };
        }
        match self.departure {
            Some(Departure::Moved) => Err(Failure::Refused(format!(
                "link \"{}\" has moved to another network namespace: this does not remove it",
                self.dev
            ))),
            // Somebody else was faster.
            Some(Departure::Removed) | None => Ok(()),
        }
    }
}

/// Returns the signals that end it, given what /proc says of this process: one that was
/// ignored from the start is to stay so, as with nohup, or in the background of a shell.
fn heeded(status: &str) -> SigSet {
    let ignored = status
        .lines()
        .find_map(|line| line.strip_prefix("SigIgn:"))
        .and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok())
        .unwrap_or(0);

    ENDING
        .into_iter()
        .filter(|&signal| (ignored >> (signal as u32 - 1)) & 1 == 0)
        .collect()
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

/// Reads the sockets until a signal comes, or the link has gone. One that has moved is
/// still there, and so are its sockets.
fn serve(
    signals: &SignalFd,
    sockets: &[(u16, Option<UdpSocket>); 2],
    link: &mut Link<'_>,
    printer: &mut Printer,
) -> Result<End, Error> {
    let sockets: Vec<_> = sockets
        .iter()
        .filter_map(|(port, socket)| Some((*port, socket.as_ref()?)))
        .collect();
    let mut datagram = vec![0; DATAGRAM_LEN];

    loop {
        if link.look() == Some(Departure::Removed) {
            return Ok(End::Removed);
        }
        let mut fds = vec![PollFd::new(signals.as_fd(), PollFlags::POLLIN)];
        if let (None, Some(watch)) = (link.departure, &link.watch) {
            fds.push(PollFd::new(watch.as_fd(), PollFlags::POLLIN));
        }
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
            return Ok(End::Signal);
        }

        for (port, socket) in &sockets {
            for _ in 0..BURST {
                match socket.recv_from(&mut datagram) {
                    Ok((len, from)) => {
                        let summary = Summary::read(&datagram[..len]);
                        printer.print(&Message::passed_up(link.dev, *port, from, len, summary));
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

/// Prints lines, but for those that nobody takes at once.
struct Printer {
    format: Format,
    dropped: u64,
}

impl Printer {
    /// Prints to the standard output.
    fn new(format: Format) -> Self {
        Self { format, dropped: 0 }
    }

    /// Prints a line, or counts it.
    fn print(&mut self, message: &Message<'_>) {
        if takes(io::stdout()) {
            // Output is a courtesy: the link stays, also when nobody reads any more.
            let _ = output::line(self.format, message);
        } else {
            self.dropped += 1;
        }
    }

    /// Says in the end how many lines are missing, if that is taken.
    fn finish(self) {
        if self.dropped != 0 && takes(io::stderr()) {
            output::say(format_args!(
                "Lines that the standard output did not take: {}",
                self.dropped
            ));
        }
    }
}

/// Tells whether what is written to a file is taken, or fails, without waiting. A pipe
/// takes 4096 octets then, which is more than a line has.
fn takes(file: impl AsFd) -> bool {
    let mut fds = [PollFd::new(file.as_fd(), PollFlags::POLLOUT)];

    matches!(poll(&mut fds, PollTimeout::ZERO), Ok(1..))
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
        #[serde(flatten)]
        tid: Option<TidView>,
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
            tid: summary.tid.map(TidView::new),
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
                    write!(f, " {tid}")?;
                }
                write!(f, " source {source} port {port} length {length}")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::{
        io::Write,
        os::unix::net::UnixStream, //
    };

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
        let (text, json) = both(&message);
        assert!(text.contains(" type 255 tid 0x12 source "), "{text}");
        assert!(
            json.contains(r#""type":255,"tid":18,"tid_hex":"0x12","source":"#),
            "{json}"
        );

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
    fn nothing_is_written_where_that_would_wait() {
        let (mut near, far) = UnixStream::pair().unwrap();
        near.set_nonblocking(true).unwrap();
        assert!(takes(&near));
        while near.write(&[0; 4096]).is_ok() {}
        assert!(!takes(&near));
        // Where nobody reads any more it fails, but does not wait.
        drop(far);
        assert!(takes(&near));
        assert!(takes(File::open("/dev/null").unwrap()));
    }

    #[test]
    fn a_signal_that_is_ignored_stays_so() {
        let all = SigSet::from_iter(ENDING);
        assert_eq!(heeded(""), all);
        // SIGPIPE, as Rust has it.
        assert_eq!(heeded("Name:\tgtpctl\nSigIgn:\t0000000000001000\n"), all);

        let mut no_hangup = all;
        no_hangup.remove(Signal::SIGHUP);
        assert_eq!(heeded("SigIgn:\t0000000000001001\n"), no_hangup);
        let terminate = SigSet::from(Signal::SIGTERM);
        assert_eq!(heeded("SigIgn:\t0000000000001003\n"), terminate);

        let own = fs::read_to_string("/proc/self/status").unwrap();
        assert!(own.contains("\nSigIgn:\t"));
    }

    #[test]
    fn a_socket_is_of_its_addresss_family() {
        let socket = open_socket("127.0.0.1:0".parse().unwrap()).unwrap();
        assert!(socket.local_addr().unwrap().is_ipv4());
        let taken = open_socket(socket.local_addr().unwrap()).unwrap_err();
        assert_eq!(taken.errno(), Some(Errno::EADDRINUSE));
    }
}
