// SPDX-License-Identifier: GPL-2.0

//! Very many changes of PDP contexts, many messages to one system call.
//!
//! The kernel works through all messages of a datagram before `send` returns.
//! It answers those that fail, and those that ask for an acknowledgement: here
//! only the last one of a datagram does, so that success costs nothing.

use crate::client::{
    connection::Messages,
    error::{
        KernelError,
        Result, //
    },
    extack::Extack,
    genl::{
        GtpClient,
        NewMode, //
    },
    message::{
        GtpMessage,
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
    NetlinkHeader,
    NetlinkMessage,
    NetlinkPayload,
    NLM_F_ACK,
    NLM_F_REQUEST, //
};
use netlink_packet_generic::GenlMessage;
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
        let mut header = NetlinkBuffer::new(&mut self.buffer[last.start..]);
        let flags = header.flags() | NLM_F_ACK;
        header.set_flags(flags);

        let outcome = self
            .client
            .connection
            .send_raw(&self.buffer)
            .and_then(|()| self.collect());
        self.pending.clear();
        self.buffer.clear();
        outcome
    }

    /// Appends a message to the datagram.
    fn append(&mut self, token: u64, change: &Change) {
        let sequence = self.client.connection.next_sequence();

        self.pending.push(Pending {
            sequence,
            token,
            start: self.buffer.len(),
        });
        encode(self.client.family(), sequence, change, &mut self.buffer);
    }

    /// Reads the answers up to that of the last message.
    fn collect(&mut self) -> Result<Vec<BatchError>> {
        let mut answers = Answers::new(&self.pending);
        let mut refused = Vec::new();

        loop {
            let datagram = self.client.connection.receive_raw()?.to_vec();
            let done = answers.read(&datagram, |pending, errno, extack| {
                let request = &self.buffer[pending.start..];

                refused.push(BatchError {
                    token: pending.token,
                    error: self.client.connection.describe(errno, extack, request),
                });
            })?;
            if done {
                return Ok(refused);
            }
        }
    }
}

/// Appends the message of one change. It asks for no acknowledgement.
fn encode(family: u16, sequence: u32, change: &Change, buffer: &mut Vec<u8>) {
    let (command, attributes, flags) = match change {
        Change::New(context, netns, mode) => {
            let mut attributes = context.to_attributes(*netns);
            attributes.extend(mode.attribute());
            (GTP_CMD_NEWPDP, attributes, mode.flags())
        }
        Change::Del(link, key) => (GTP_CMD_DELPDP, key.to_attributes(*link), 0),
    };
    let mut message = GenlMessage::from_payload(GtpMessage {
        command,
        attributes,
    });
    message.set_resolved_family_id(family);

    let payload = NetlinkPayload::InnerMessage(message);
    let mut message = NetlinkMessage::new(NetlinkHeader::default(), payload);
    message.header.sequence_number = sequence;
    message.header.flags = NLM_F_REQUEST | flags;
    message.finalize();

    let start = buffer.len();
    buffer.resize(start + message.buffer_len(), 0);
    message.serialize(&mut buffer[start..]);
}

/// The answers to one datagram. They come in the order of the requests, and
/// those that are not asked for an acknowledgement are skipped.
struct Answers<'a> {
    unanswered: &'a [Pending],
}

impl<'a> Answers<'a> {
    /// Waits for answers to these messages.
    fn new(pending: &'a [Pending]) -> Self {
        Self {
            unanswered: pending,
        }
    }

    /// Reads one datagram and hands what was refused to `each`; tells whether
    /// the last message has been answered.
    fn read(
        &mut self,
        datagram: &[u8],
        mut each: impl FnMut(&Pending, Errno, &Extack),
    ) -> Result<bool> {
        for message in Messages::new(datagram) {
            let header = NetlinkBuffer::new(message?);

            if header.message_type() != NLMSG_ERROR {
                continue;
            }
            let sequence = header.sequence_number();
            let mut unanswered = self.unanswered.iter();
            let Some(pending) = unanswered.find(|pending| pending.sequence == sequence) else {
                continue;
            };
            self.unanswered = unanswered.as_slice();

            let answer = ErrorBuffer::new_checked(header.payload())?;
            if let Some(code) = answer.code() {
                let extack = Extack::parse(header.flags(), answer.payload());
                each(
                    pending,
                    Errno::from_raw(code.get().saturating_neg()),
                    &extack,
                );
            }
        }
        Ok(self.unanswered.is_empty())
    }
}

#[cfg(all(test, target_endian = "little"))]
mod tests {
    use super::*;
    use crate::client::{
        pdp::Tunnel,
        usage::Limits, //
    };

    #[test]
    fn a_message_has_its_golden_bytes() {
        let context = PdpContext {
            link: 7,
            limits: Limits::default(),
            usage: None,
            tunnel: Tunnel::V1 {
                i_tei: 100,
                o_tei: 200,
            },
            ms: "10.45.0.2".parse().unwrap(),
            peer: "192.0.2.1".parse().unwrap(),
            flow: None,
            bearer: 0,
            other: Vec::new(),
        };
        let mut bytes = vec![0xee; 4];

        encode(
            30,
            5,
            &Change::New(context, None, NewMode::Exclusive),
            &mut bytes,
        );
        assert_eq!(
            bytes[4..],
            [
                76, 0, 0, 0, 30, 0, 1, 6, 5, 0, 0, 0, 0, 0, 0, 0, // EXCL, CREATE
                0, 0, 0, 0, // GTP_CMD_NEWPDP, version 0
                8, 0, 2, 0, 1, 0, 0, 0, // GTPA_VERSION
                8, 0, 1, 0, 7, 0, 0, 0, // GTPA_LINK
                5, 0, 13, 0, 2, 0, 0, 0, // GTPA_FAMILY
                8, 0, 5, 0, 10, 45, 0, 2, // GTPA_MS_ADDRESS
                8, 0, 4, 0, 192, 0, 2, 1, // GTPA_PEER_ADDRESS
                8, 0, 8, 0, 100, 0, 0, 0, // GTPA_I_TEI
                8, 0, 9, 0, 200, 0, 0, 0, // GTPA_O_TEI
            ]
        );

        bytes.clear();
        let key = PdpKey::Ms("10.45.0.2".parse().unwrap());
        encode(30, 6, &Change::Del(LinkRef::local(7), key), &mut bytes);
        assert_eq!(bytes[..8], [52, 0, 0, 0, 30, 0, 1, 0]);
        assert_eq!(bytes[16..20], [1, 0, 0, 0]);
    }

    fn answer(sequence: u8, code: i32) -> Vec<u8> {
        let header = [36, 0, 0, 0, 2, 0, 0, 1, sequence, 0, 0, 0, 0, 0, 0, 0];
        [&header[..], &code.to_ne_bytes(), &[0; 16]].concat()
    }

    fn pending(numbers: &[u32]) -> Vec<Pending> {
        let pending = |&number| Pending {
            sequence: number,
            token: u64::from(number) + 1000,
            start: 0,
        };
        numbers.iter().map(pending).collect()
    }

    #[test]
    fn only_what_is_refused_and_the_last_are_answered() {
        let pending = pending(&[u32::MAX, 1, 2, 3]);
        let mut answers = Answers::new(&pending);
        let mut refused = Vec::new();
        let mut read = |datagram: &[u8]| {
            answers
                .read(datagram, |pending, errno, _| {
                    refused.push((pending.token, errno));
                })
                .unwrap()
        };

        // Of a former request, then of this one.
        assert!(!read(&answer(99, -1)));
        assert!(!read(&answer(1, -libc_eexist())));
        assert!(read(&[answer(2, -libc_eexist()), answer(3, 0)].concat()));
        assert_eq!(refused, [(1001, Errno::EEXIST), (1002, Errno::EEXIST)]);
    }

    fn libc_eexist() -> i32 {
        Errno::EEXIST as i32
    }
}
