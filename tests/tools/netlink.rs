// SPDX-License-Identifier: GPL-2.0

//! Netlink messages and a socket to exchange them with the kernel, octet by octet.

use std::cell::RefCell;
use std::io::ErrorKind;
use std::os::fd::{AsFd, OwnedFd};
use std::time::{Duration, Instant};

use crate::args::{fail, Done};
use crate::attr;
use crate::{errno, netns, sys};

/// How long the kernel may take for an answer.
const PATIENCE: Duration = Duration::from_secs(20);

/// `NLMSGERR_ATTR_MSG`: the text of an extended acknowledgement.
const NLMSGERR_ATTR_MSG: u16 = 1;
/// `NLMSGERR_ATTR_OFFS`: where in the request the attribute is that it is about.
const NLMSGERR_ATTR_OFFS: u16 = 2;
/// `NLMSGERR_ATTR_MISS_TYPE`: the attribute that was missing.
const NLMSGERR_ATTR_MISS_TYPE: u16 = 5;

/// A message as it came.
#[derive(Clone, Debug)]
pub struct Message {
    /// `nlmsg_type`.
    pub kind: u16,
    /// `nlmsg_flags`.
    pub flags: u16,
    /// `nlmsg_seq`.
    pub seq: u32,
    /// `nlmsg_pid`.
    pub port: u32,
    /// All after the header.
    pub body: Vec<u8>,
}

/// What a request came to.
#[derive(Debug)]
pub struct Outcome {
    /// 0, or a positive error number.
    pub error: i32,
    /// The extended acknowledgement's text, or nothing.
    pub text: String,
    /// Offset in the request, header included, of the attribute that is to blame.
    pub offset: Option<u32>,
    /// Number of that attribute, once looked up in the request.
    pub blamed: Option<u16>,
    /// The attribute that is missing.
    pub missing: Option<u32>,
    /// What was answered.
    pub replies: Vec<Message>,
}

impl Outcome {
    /// The result's name, `OK` or that of the error.
    pub fn name(&self) -> String {
        errno::name(self.error)
    }

    /// Looks up in `request` which attribute is to blame.
    pub fn blaming(mut self, request: &[u8]) -> Self {
        let at = self.offset.map(|offset| offset as usize);
        self.blamed = at
            .filter(|at| at + 4 <= request.len())
            .map(|at| u16_at(request, at + 2) & 0x3fff);
        self
    }
}

/// A netlink socket.
pub struct Channel {
    fd: OwnedFd,
    seq: u32,
    /// What is received comes here first.
    buffer: RefCell<Vec<u8>>,
    /// Whether messages say that they are for the kernel, as those of a program do that knows
    /// what it writes to: the kernel then asks for the rights of the writer alone.
    addressed: bool,
}

/// A message with its header, padded to four octets.
pub fn message(kind: u16, flags: u16, seq: u32, body: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(16 + body.len() + 3);
    bytes.extend((16 + body.len() as u32).to_ne_bytes());
    bytes.extend(kind.to_ne_bytes());
    bytes.extend(flags.to_ne_bytes());
    bytes.extend(seq.to_ne_bytes());
    bytes.extend(0u32.to_ne_bytes());
    bytes.extend(body);
    bytes.resize(bytes.len().next_multiple_of(4), 0);
    bytes
}

fn u16_at(bytes: &[u8], at: usize) -> u16 {
    u16::from_ne_bytes([bytes[at], bytes[at + 1]])
}

fn u32_at(bytes: &[u8], at: usize) -> u32 {
    u32::from_ne_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]])
}

fn split(mut bytes: &[u8]) -> Done<Vec<Message>> {
    let mut messages = Vec::new();
    while bytes.len() >= 16 {
        let len = u32_at(bytes, 0) as usize;
        if len < 16 || len > bytes.len() {
            return fail(format!(
                "netlink message of {len} octets in {}",
                bytes.len()
            ));
        }
        messages.push(Message {
            kind: u16_at(bytes, 4),
            flags: u16_at(bytes, 6),
            seq: u32_at(bytes, 8),
            port: u32_at(bytes, 12),
            body: bytes[16..len].to_vec(),
        });
        bytes = &bytes[len.next_multiple_of(4).min(bytes.len())..];
    }
    Ok(messages)
}

impl Channel {
    /// Opens a socket in namespace `ns`, with extended acknowledgements.
    pub fn open(ns: Option<&str>, protocol: i32) -> Done<Self> {
        let open = || -> std::io::Result<OwnedFd> {
            let fd = sys::socket(libc::AF_NETLINK, libc::SOCK_RAW, protocol)?;
            sys::bind(fd.as_fd(), &sys::Addr::netlink())?;
            for option in [libc::NETLINK_EXT_ACK, libc::NETLINK_CAP_ACK] {
                sys::set_option(fd.as_fd(), libc::SOL_NETLINK, option, 1)?;
            }
            for option in [libc::SO_RCVBUFFORCE, libc::SO_SNDBUFFORCE] {
                // Needed for many messages at once; refused to those without rights.
                let _ = sys::set_option(fd.as_fd(), libc::SOL_SOCKET, option, 1 << 22);
            }
            Ok(fd)
        };
        match netns::within(ns, open)? {
            Ok(fd) => Ok(Self {
                fd,
                seq: 1,
                buffer: RefCell::new(vec![0; 1 << 17]),
                addressed: true,
            }),
            Err(error) => fail(format!("netlink socket: {}", errno::of(&error))),
        }
    }

    /// Joins a multicast group; the outcome's name.
    pub fn join(&self, group: u32) -> String {
        let option = libc::NETLINK_ADD_MEMBERSHIP;
        match sys::set_option(self.fd.as_fd(), libc::SOL_NETLINK, option, group as i32) {
            Ok(()) => "OK".to_string(),
            Err(error) => errno::of(&error),
        }
    }

    /// Has messages sent without an address: who has opened the socket needs the rights, too.
    pub fn unaddressed(mut self) -> Self {
        self.addressed = false;
        self
    }

    /// Sends octets as they are; they may hold several messages.
    pub fn send(&self, bytes: &[u8]) -> Done {
        let to = self.addressed.then(sys::Addr::netlink);
        match sys::send(self.fd.as_fd(), bytes, to.as_ref()) {
            Ok(_) => Ok(()),
            Err(error) => fail(format!("netlink send: {}", errno::of(&error))),
        }
    }

    /// The messages of the next datagram, or none in time.
    pub fn receive(&self, timeout: Duration) -> Done<Vec<Message>> {
        let end = Instant::now() + timeout;
        loop {
            let mut buffer = self.buffer.borrow_mut();
            match sys::receive_into(self.fd.as_fd(), &mut buffer) {
                Ok((len, _)) => return split(&buffer[..len]),
                Err(error) if error.kind() == ErrorKind::WouldBlock => {}
                Err(error) => return fail(format!("netlink receive: {}", errno::of(&error))),
            }
            let left = end.saturating_duration_since(Instant::now()).as_millis();
            if left == 0 {
                return Ok(Vec::new());
            }
            if let Err(error) = sys::readable(&[self.fd.as_fd()], left as i32) {
                return fail(format!("netlink poll: {}", errno::of(&error)));
            }
        }
    }

    /// The next sequence number.
    pub fn next_seq(&mut self) -> u32 {
        self.seq += 1;
        self.seq
    }

    /// Sends one request with `NLM_F_REQUEST | NLM_F_ACK` and `flags`, and collects its answers
    /// up to the acknowledgement or the end of the dump.
    pub fn request(&mut self, kind: u16, flags: u16, body: &[u8]) -> Done<Outcome> {
        let seq = self.next_seq();
        let flags = flags | (libc::NLM_F_REQUEST | libc::NLM_F_ACK) as u16;
        let bytes = message(kind, flags, seq, body);
        self.send(&bytes)?;
        Ok(self.collect(seq)?.blaming(&bytes))
    }

    /// Collects answers to request `seq`.
    pub fn collect(&mut self, seq: u32) -> Done<Outcome> {
        let mut replies = Vec::new();
        loop {
            let messages = self.receive(PATIENCE)?;
            if messages.is_empty() {
                return fail("netlink: no answer");
            }
            for message in messages {
                if message.seq != seq {
                    // Left over from a request that failed half-way.
                    continue;
                }
                let ends = match i32::from(message.kind) {
                    libc::NLMSG_ERROR | libc::NLMSG_DONE => message.body.len() >= 4,
                    _ => false,
                };
                if !ends {
                    replies.push(message);
                    continue;
                }
                return Ok(Outcome {
                    error: -(u32_at(&message.body, 0) as i32),
                    text: extack(&message),
                    offset: tlv_u32(&message, NLMSGERR_ATTR_OFFS),
                    blamed: None,
                    missing: tlv_u32(&message, NLMSGERR_ATTR_MISS_TYPE),
                    replies,
                });
            }
        }
    }
}

/// An attribute of an acknowledgement.
fn tlv(message: &Message, kind: u16) -> Option<&[u8]> {
    if i32::from(message.flags) & libc::NLM_F_ACK_TLVS == 0 {
        return None;
    }
    // The error number, and the header of the request where it was one (capped: without its body).
    let skip = match i32::from(message.kind) {
        libc::NLMSG_ERROR => 20,
        _ => 4,
    };
    attr::find(message.body.get(skip..)?, kind)
}

/// A number in an acknowledgement.
fn tlv_u32(message: &Message, kind: u16) -> Option<u32> {
    tlv(message, kind)?.try_into().ok().map(u32::from_ne_bytes)
}

/// The text of an acknowledgement.
pub fn extack(message: &Message) -> String {
    tlv(message, NLMSGERR_ATTR_MSG)
        .map(|text| {
            String::from_utf8_lossy(text)
                .trim_end_matches('\0')
                .to_string()
        })
        .unwrap_or_default()
}
