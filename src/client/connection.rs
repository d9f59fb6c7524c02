// SPDX-License-Identifier: GPL-2.0

//! One netlink socket, with requests, acknowledgements and dumps.
//!
//! A request is sent, and everything up to its acknowledgement is read before
//! the next one: there is never more than one conversation on a socket.

use crate::client::{
    error::{
        Error,
        KernelError,
        Result, //
    },
    extack::Extack,
    naming::Naming, //
};
use netlink_packet_core::{
    DecodeError,
    NetlinkBuffer,
    NetlinkDeserializable,
    NetlinkMessage,
    NetlinkPayload,
    NetlinkSerializable,
    NLM_F_ACK,
    NLM_F_DUMP,
    NLM_F_DUMP_INTR,
    NLM_F_REQUEST, //
};
use netlink_sys::{
    Socket,
    SocketAddr, //
};
use nix::{
    errno::Errno,
    libc,
    sys::socket::{
        setsockopt,
        sockopt, //
    }, //
};
use std::{
    fmt::Debug,
    io,
    os::fd::{
        AsFd,
        BorrowedFd, //
    }, //
};

/// Octets read at once. The kernel fills up to 32 KiB when dumping, and more
/// than 64 KiB never fit into one message of generic netlink or rtnetlink.
const RECEIVE_LEN: usize = 64 * 1024;

/// Wanted size of the receive buffer, in octets.
const RECEIVE_BUFFER: usize = 4 * 1024 * 1024;

/// How a dump ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DumpStatus {
    /// The kernel says that something changed meanwhile (`NLM_F_DUMP_INTR`):
    /// the dump may lack entries or have some twice.
    pub interrupted: bool,
}

/// A netlink socket bound to a port.
#[derive(Debug)]
pub(crate) struct Connection {
    socket: Socket,
    sequence: u32,
    naming: Naming,
    request: Vec<u8>,
    received: Vec<u8>,
}

impl Connection {
    /// Opens a socket in the network namespace of the calling thread.
    pub fn open(protocol: isize, naming: Naming) -> Result<Self> {
        let mut socket = Socket::new(protocol)
            .map_err(|error| Error::system("cannot open a netlink socket", &error))?;
        let setup = |socket: &mut Socket| -> io::Result<()> {
            socket.bind_auto()?;
            socket.connect(&SocketAddr::new(0, 0))?;
            // Without the request's copy an error costs less of the buffer.
            socket.set_cap_ack(true)?;
            socket.set_ext_ack(true)
        };
        setup(&mut socket)
            .map_err(|error| Error::system("cannot set up a netlink socket", &error))?;

        let connection = Self {
            socket,
            sequence: 0,
            naming,
            request: Vec::new(),
            received: Vec::with_capacity(RECEIVE_LEN),
        };
        connection.widen(RECEIVE_BUFFER);
        Ok(connection)
    }

    /// Asks for a receive buffer of that size, in octets, which the kernel
    /// doubles. More is welcome but not needed, so the kernel may refuse: the
    /// second way asks for no privilege, and gives less.
    pub fn widen(&self, size: usize) {
        if setsockopt(&self.socket, sockopt::RcvBufForce, &size).is_err() {
            let _ = setsockopt(&self.socket, sockopt::RcvBuf, &size);
        }
    }

    /// Asks the kernel to check what selects entries in a request to read.
    pub fn check_strictly(&self) -> Result<()> {
        self.socket
            .set_netlink_get_strict_chk(true)
            .map_err(|error| Error::system("cannot set up a netlink socket", &error))
    }

    /// Has reading end in `EAGAIN` where there is nothing to read.
    pub fn never_wait(&self) -> Result<()> {
        self.socket
            .set_non_blocking(true)
            .map_err(|error| Error::system("cannot set up a netlink socket", &error))
    }

    /// Returns the size of the receive buffer as the kernel accounts for it.
    pub fn receive_buffer(&self) -> usize {
        self.socket.get_rx_buf_sz().unwrap_or(0)
    }

    /// Joins a multicast group.
    pub fn join(&self, group: u32) -> Result<()> {
        self.socket.add_membership(group).map_err(|error| {
            let errno = Errno::from_raw(error.raw_os_error().unwrap_or(0));
            Error::Kernel(KernelError::bare(errno))
        })
    }

    /// Returns the number for the next request.
    pub fn next_sequence(&mut self) -> u32 {
        // Zero is what notifications carry.
        self.sequence = self.sequence.checked_add(1).unwrap_or(1);
        self.sequence
    }

    /// Describes an error by the request that caused it.
    pub fn describe(&self, errno: Errno, extack: &Extack, request: &[u8]) -> KernelError {
        self.naming.error(errno, extack, request)
    }

    /// Sends octets that hold whole messages.
    pub fn send_raw(&self, bytes: &[u8]) -> Result<()> {
        loop {
            match self.socket.send(bytes, 0) {
                Ok(_) => return Ok(()),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(Error::system("cannot send", &error)),
            }
        }
    }

    /// Reads one datagram, which may hold several messages.
    ///
    /// # Errors
    ///
    /// [`Error::RepliesLost`] where the kernel could not queue all that it had
    /// to say; reading may go on.
    pub fn receive_raw(&mut self) -> Result<&[u8]> {
        loop {
            self.received.clear();
            match self.socket.recv(&mut self.received, libc::MSG_TRUNC) {
                Ok(len) if len > self.received.len() => {
                    return Err(Error::Decode(DecodeError::from(format!(
                        "a message of {len} octets, more than {RECEIVE_LEN}"
                    ))))
                }
                Ok(_) => return Ok(&self.received),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) if error.raw_os_error() == Some(libc::ENOBUFS) => {
                    return Err(Error::RepliesLost)
                }
                Err(error) => return Err(Error::system("cannot receive", &error)),
            }
        }
    }

    /// Sends one request and hands every reply to `each`, until the kernel has
    /// acknowledged it or finished the dump that it asked for.
    ///
    /// # Errors
    ///
    /// The kernel's own error, or what `each` returns; the rest of a dump is
    /// then read and dropped, so that the connection stays usable.
    pub fn request<I, F>(&mut self, payload: I, flags: u16, mut each: F) -> Result<DumpStatus>
    where
        I: NetlinkSerializable + NetlinkDeserializable + Debug,
        F: FnMut(I) -> Result<()>,
    {
        let sequence = self.next_sequence();
        let mut message = NetlinkMessage::new(
            Default::default(),
            NetlinkPayload::InnerMessage(payload), //
        );
        message.header.sequence_number = sequence;
        message.header.flags = NLM_F_REQUEST | flags;
        if flags & NLM_F_DUMP != NLM_F_DUMP {
            message.header.flags |= NLM_F_ACK;
        }
        message.finalize();

        let mut request = std::mem::take(&mut self.request);
        request.clear();
        request.resize(message.buffer_len(), 0);
        message.serialize(&mut request);
        let sent = self.send_raw(&request);
        self.request = request;
        sent?;

        let mut status = DumpStatus::default();
        let mut outcome = Ok(());
        loop {
            self.receive_raw()?;
            let received = std::mem::take(&mut self.received);
            let done = self.digest(&received, sequence, &mut status, &mut |message| {
                if outcome.is_ok() {
                    outcome = each(message);
                }
            });
            self.received = received;
            if done? {
                return outcome.map(|()| status);
            }
        }
    }

    /// Takes one datagram apart; tells whether the conversation is over.
    fn digest<I>(
        &self,
        datagram: &[u8],
        sequence: u32,
        status: &mut DumpStatus,
        each: &mut dyn FnMut(I),
    ) -> Result<bool>
    where
        I: NetlinkDeserializable,
    {
        for message in Messages::new(datagram) {
            let message = message?;
            let header = NetlinkBuffer::new(message);

            // An answer to a former request that was given up.
            if header.sequence_number() != sequence {
                continue;
            }
            status.interrupted |= header.flags() & NLM_F_DUMP_INTR != 0;

            match NetlinkMessage::<I>::deserialize(message)?.payload {
                NetlinkPayload::Error(error) => {
                    let extack = Extack::parse(header.flags(), &error.header);
                    return self.conclude(error.raw_code(), &extack);
                }
                NetlinkPayload::Done(done) => {
                    let extack = Extack::parse_attributes(&done.extended_ack);
                    return self.conclude(done.code, &extack);
                }
                NetlinkPayload::Overrun(_) => return Err(Error::RepliesLost),
                NetlinkPayload::InnerMessage(message) => each(message),
                _ => {}
            }
        }
        Ok(false)
    }

    /// Turns the code of an acknowledgement into a result.
    fn conclude(&self, code: i32, extack: &Extack) -> Result<bool> {
        if code == 0 {
            return Ok(true);
        }
        let errno = Errno::from_raw(code.saturating_neg());
        Err(Error::Kernel(self.describe(errno, extack, &self.request)))
    }
}

impl AsFd for Connection {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }
}

/// The messages of one datagram, each as octets with its header.
pub(crate) struct Messages<'a> {
    rest: &'a [u8],
}

impl<'a> Messages<'a> {
    /// Walks through a datagram.
    pub fn new(datagram: &'a [u8]) -> Self {
        Self { rest: datagram }
    }
}

impl<'a> Iterator for Messages<'a> {
    type Item = Result<&'a [u8]>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.rest.is_empty() {
            return None;
        }
        let rest = std::mem::take(&mut self.rest);
        match NetlinkBuffer::new_checked(rest) {
            Ok(buffer) => {
                let len = buffer.length() as usize;
                self.rest = rest.get(len.next_multiple_of(4)..).unwrap_or(&[]);
                Some(Ok(&rest[..len]))
            }
            Err(error) => Some(Err(error.into())),
        }
    }
}

#[cfg(all(test, target_endian = "little"))]
mod tests {
    use super::*;

    #[test]
    fn a_datagram_is_cut_into_messages() {
        let mut datagram = Vec::new();
        datagram.extend([18, 0, 0, 0, 3, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 7, 7, 0, 0]);
        datagram.extend([16, 0, 0, 0, 3, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0]);
        let lengths: Vec<_> = Messages::new(&datagram)
            .map(|message| message.unwrap().len())
            .collect();
        assert_eq!(lengths, [18, 16]);
    }

    #[test]
    fn a_broken_datagram_ends_in_one_error() {
        let datagram = [99, 0, 0, 0, 3, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0];
        let mut messages = Messages::new(&datagram);
        assert!(messages.next().unwrap().is_err());
        assert!(messages.next().is_none());
    }
}
