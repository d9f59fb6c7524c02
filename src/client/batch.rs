// SPDX-License-Identifier: GPL-2.0

//! Very many changes of PDP contexts, many messages to one system call.
//!
//! The kernel works through all messages of a datagram before `send` returns.
//! It answers those that fail, and those that ask for an acknowledgement: here
//! only the last one of a datagram does, so that success costs nothing.

use crate::client::{
    connection::Messages,
    error::{
        Error,
        KernelError,
        Result, //
    },
    extack::Extack,
    genl::{
        GtpClient,
        NewMode, //
    },
    message::{
        GTP_CMD_DELPDP,
        GTP_CMD_NEWPDP, //
    },
    pdp::{
        LinkRef,
        PdpContext,
        PdpKey, //
    },
};
use netlink_packet_core::{
    ErrorBuffer,
    NetlinkBuffer,
    NetlinkMessage,
    NetlinkPayload,
    NLM_F_ACK,
    NLM_F_REQUEST, //
};
use nix::errno::Errno;

/// Number of an acknowledgement among the types of netlink messages.
const NLMSG_ERROR: u16 = 2;

/// Most octets in one datagram: below the socket's default send buffer.
const SEND_LEN: usize = 128 * 1024;

/// What one answer may cost of the receive buffer, in octets as the kernel
/// accounts for them: were all messages of a datagram to fail, every answer
/// shall still find room.
const ANSWER_COST: usize = 2304;

/// One change of a PDP context.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// Make a context. The number is an open network namespace that the link
    /// is in, see [`LinkRef::netns`].
    New(PdpContext, Option<i32>, NewMode),
    /// Remove a context.
    Del(LinkRef, PdpKey),
}

/// A change that the kernel refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BatchError {
    /// What the caller gave with the change, to know it again.
    pub token: u64,
    /// Why it was refused.
    pub error: KernelError,
}

/// A message that waits to be sent, or to be answered.
#[derive(Debug)]
struct Pending {
    sequence: u32,
    token: u64,
    start: usize,
}

/// Collects changes and sends them in datagrams of many.
#[derive(Debug)]
pub struct Batch<'a> {
    client: &'a mut GtpClient,
    per_send: usize,
    buffer: Vec<u8>,
    pending: Vec<Pending>,
}

impl<'a> Batch<'a> {
    /// Starts a batch with at most `per_send` messages to a datagram: fewer
    /// where the socket's buffer would not hold as many answers.
    #[must_use]
    pub fn new(client: &'a mut GtpClient, per_send: usize) -> Self {
        let room = client.connection.receive_buffer() / ANSWER_COST;

        Self {
            client,
            per_send: per_send.min(room).max(1),
            buffer: Vec::with_capacity(SEND_LEN),
            pending: Vec::new(),
        }
    }

    /// Adds a change, and sends what was collected where that is enough.
    /// Returns the changes that were refused, if any were sent. All others that
    /// were sent with them have been made.
    ///
    /// # Errors
    ///
    /// Those of the socket. The kernel's are in the result.
    pub fn push(&mut self, token: u64, change: &Change) -> Result<Vec<BatchError>> {
        self.append(token, change);
        if self.pending.len() >= self.per_send || self.buffer.len() >= SEND_LEN - 1024 {
            self.flush()
        } else {
            Ok(Vec::new())
        }
    }

    /// Returns how many changes have been collected but not sent.
    #[must_use]
    pub fn unsent(&self) -> usize {
        self.pending.len()
    }

    /// Sends what was collected and returns the changes that were refused.
    ///
    /// # Errors
    ///
    /// Those of the socket. The kernel's are in the result.
    pub fn flush(&mut self) -> Result<Vec<BatchError>> {
        let Some(last) = self.pending.last() else {
            return Ok(Vec::new());
        };
        let last_sequence = last.sequence;

        let mut header = NetlinkBuffer::new(&mut self.buffer[last.start..]);
        let flags = header.flags() | NLM_F_ACK;
        header.set_flags(flags);

        let outcome = self
            .client
            .connection
            .send_raw(&self.buffer)
            .and_then(|()| self.collect(last_sequence));
        self.pending.clear();
        self.buffer.clear();
        outcome
    }

    /// Appends a message to the datagram.
    fn append(&mut self, token: u64, change: &Change) {
        let (command, attributes, flags) = match change {
            Change::New(context, netns, mode) => {
                (GTP_CMD_NEWPDP, context.to_attributes(*netns), mode.flags())
            }
            Change::Del(link, key) => (GTP_CMD_DELPDP, key.to_attributes(*link), 0),
        };
        let sequence = self.client.connection.next_sequence();
        let mut message = NetlinkMessage::new(
            Default::default(),
            NetlinkPayload::InnerMessage(self.client.message(command, attributes)),
        );
        message.header.sequence_number = sequence;
        message.header.flags = NLM_F_REQUEST | flags;
        message.finalize();

        let start = self.buffer.len();
        self.buffer.resize(start + message.buffer_len(), 0);
        message.serialize(&mut self.buffer[start..]);
        self.pending.push(Pending {
            sequence,
            token,
            start,
        });
    }

    /// Reads the answers up to that of the last message.
    fn collect(&mut self, last_sequence: u32) -> Result<Vec<BatchError>> {
        let mut refused = Vec::new();
        // Answers come in the order of the requests.
        let mut position = 0;

        loop {
            let datagram = self.client.connection.receive_raw()?.to_vec();

            for message in Messages::new(&datagram) {
                let header = NetlinkBuffer::new(message?);
                let sequence = header.sequence_number();

                if header.message_type() != NLMSG_ERROR {
                    continue;
                }
                let Some(skipped) = self.pending[position..]
                    .iter()
                    .position(|pending| pending.sequence == sequence)
                else {
                    continue;
                };
                position += skipped;

                let answer = ErrorBuffer::new_checked(header.payload()).map_err(Error::from)?;
                if let Some(code) = answer.code() {
                    let pending = &self.pending[position];
                    let extack = Extack::parse(header.flags(), answer.payload());

                    refused.push(BatchError {
                        token: pending.token,
                        error: self.client.connection.describe(
                            Errno::from_raw(code.get().saturating_neg()),
                            &extack,
                            &self.buffer[pending.start..],
                        ),
                    });
                }
                if sequence == last_sequence {
                    return Ok(refused);
                }
            }
        }
    }
}
