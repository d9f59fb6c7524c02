// SPDX-License-Identifier: GPL-2.0

//! What holds for every datagram, whatever its octets are.
//!
//! The cargo test runs [`check`], a fuzz target that or one part of it; they panic
//! where something does not hold.

use gtp::wire::{
    ext,
    inner,
    session,
    v0,
    v1,
    version_of,
    Error,
    MessageType,
    Step, //
};
use std::fmt::Debug;

/// Checks all properties on one datagram.
pub fn check(data: &[u8]) {
    if let Some(&first) = data.first() {
        let _ = version_of(first);
    }
    check_version_1(data);
    check_version_0(data);
    check_elements(data);
    check_extensions(data);
    check_inner(data);
}

/// Checks a datagram on a socket of version 1.
pub fn check_version_1(data: &[u8]) {
    steps(data, v1::decode);
    steps(data, v1::decode_signalling);
    version_1(data);
}

/// Checks a datagram on a socket of version 0.
pub fn check_version_0(data: &[u8]) {
    steps(data, v0::decode);
    steps(data, v0::decode_signalling);
    version_0(data);
}

/// Checks a T-PDU.
pub fn check_inner(data: &[u8]) {
    steps(data, inner::decode);
}

/// A decoder of a datagram of which the head is at hand.
type Decoder<T> = fn(&[u8], usize) -> Result<Step<T>, Error>;

/// Checks that a decoder asks for ever more, never beyond the end, and finds in
/// the octets that it asked for what it finds in all of them.
fn steps<T: PartialEq + Debug>(data: &[u8], decode: Decoder<T>) {
    let total = data.len();
    let whole = decode(data, total);
    assert!(
        !matches!(whole, Ok(Step::Need(_))),
        "asks for more than there is"
    );

    let mut have = 0;
    let stepped = loop {
        match decode(&data[..have], total) {
            Ok(Step::Need(need)) => {
                assert!(need > have, "asks for {need}, has {have}");
                assert!(need <= total, "asks for {need} of {total}");
                have = need;
            }
            done => break done,
        }
    };
    assert_eq!(stepped, whole);

    // More octets than were asked for change nothing.
    for have in [have.saturating_add(1), have.saturating_add(3)] {
        if let Some(head) = data.get(..have) {
            assert_eq!(decode(head, total), whole);
        }
    }
}

/// Checks places within a message, and that what is read is what is emitted.
fn version_1(data: &[u8]) {
    // A G-PDU is the same by either way.
    let walked = v1::decode_signalling(data, data.len());
    match v1::decode(data, data.len()) {
        Ok(Step::Done(v1::Decoded::GPdu(message))) => {
            assert_eq!(message.message, MessageType::GPdu);
            assert_eq!(walked, Ok(Step::Done(v1::Walked::Message(message))));
        }
        Ok(Step::Done(v1::Decoded::Unsupported(what))) => {
            assert_eq!(walked, Ok(Step::Done(v1::Walked::Unsupported(what))));
        }
        Ok(Step::Done(v1::Decoded::Signalling(header))) => {
            assert_ne!(header.message, MessageType::GPdu);
        }
        Ok(Step::Need(_)) => unreachable!(),
        Err(error) => assert_eq!(walked, Err(error)),
    }
    if let Ok(Step::Done(v1::Walked::Message(message))) = walked {
        assert!(message.start >= v1::HEADER_LEN);
        assert!(message.start <= message.end && message.end <= data.len());
        assert_eq!(message.payload_len(), message.end - message.start);
        if let Some(content) = message.session {
            assert!(content.end < message.start);
            assert!(content.of(data).is_some_and(|content| content.len() >= 2));
        }
    }
    if let Some(Ok(header)) = data.first_chunk().map(v1::Header::parse) {
        assert_eq!(Some(&header.octets()), data.first_chunk());
    }
    if let Ok((repr, payload)) = v1::Repr::parse(data) {
        let mut buf = vec![0xaa; repr.header_len()];
        assert_eq!(repr.emit(&mut buf), Ok(buf.len()));
        buf.extend_from_slice(payload);
        assert_eq!(v1::Repr::parse(&buf), Ok((repr, payload)));
    }
    if let Ok(message) = v1::Signalling::parse(data) {
        let mut buf = vec![0xaa; message.buffer_len()];
        assert_eq!(message.emit(&mut buf), Ok(buf.len()));
        assert_eq!(v1::Signalling::parse(&buf), Ok(message));
        buf.pop();
        assert_eq!(message.emit(&mut buf), Err(Error::BufferTooSmall));
    }
}

/// As [`version_1`].
fn version_0(data: &[u8]) {
    if let Ok(Step::Done(message)) = v0::decode_signalling(data, data.len()) {
        assert_eq!(message.start, v0::HEADER_LEN);
        assert!(message.start <= message.end && message.end <= data.len());
        assert_eq!(message.payload_len(), message.end - message.start);
        let header = v0::Header::parse(&message.header.octets());
        assert_eq!(header, Ok(message.header));
    }
    if let Ok(message) = v0::Signalling::parse(data) {
        let mut buf = vec![0xaa; message.buffer_len()];
        assert_eq!(message.emit(&mut buf), Ok(buf.len()));
        assert_eq!(v0::Signalling::parse(&buf), Ok(message));
    }
}

/// Checks that information elements end, and that each one read is emitted so
/// that it is read again.
pub fn check_elements(data: &[u8]) {
    let mut octets = 0;
    for ie in v1::Ies::new(data) {
        octets += 1;
        if let Ok(ie) = ie {
            let mut buf = vec![0xaa; ie.buffer_len()];
            assert_eq!(ie.emit(&mut buf), Ok(buf.len()));
            assert_eq!(v1::Ies::new(&buf).collect::<Vec<_>>(), [Ok(ie)]);
        }
    }
    assert!(octets <= data.len());

    let mut octets = 0;
    for ie in v0::Ies::new(data) {
        octets += 1;
        if let Ok(ie) = ie {
            let mut buf = vec![0xaa; ie.buffer_len()];
            assert_eq!(ie.emit(&mut buf), Ok(buf.len()));
            assert_eq!(v0::Ies::new(&buf).collect::<Vec<_>>(), [Ok(ie)]);
        }
    }
    assert!(octets <= data.len());
}

/// Checks an extension header at any offset, and the container in it.
pub fn check_extensions(data: &[u8]) {
    let end = data.len();
    for at in 0..=end.min(64) {
        if let Ok(Step::Done(extension)) = ext::decode(data, at, end) {
            assert!(extension.after > at && extension.after <= end);
            assert_eq!((extension.after - at) % ext::UNIT, 0);
            assert_eq!(extension.content.end + 1, extension.after);
            let content = extension.content.of(data).unwrap();
            if let Ok(session) = session::Repr::parse(content) {
                assert!(session.buffer_len() <= extension.after - at);
            }
        }
    }
}
