// SPDX-License-Identifier: GPL-2.0

//! Why an input was refused, and what a decoder needs to go on.

use core::fmt;

/// Why a message was not decoded or not emitted; one variant a reason.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Error {
    /// The datagram is shorter than the header of its version.
    TooShort,
    /// The version field is not that of the decoder.
    Version,
    /// The PT bit is clear: GTP', not GTP.
    NotGtp,
    /// The Length field counts more octets than the datagram has.
    LengthTooLong,
    /// The Length field leaves no room for the octets that the flags announce.
    LengthTooShort,
    /// An extension header reaches beyond the end that Length gives.
    ExtensionTruncated,
    /// An extension header says that its length is 0.
    ExtensionZeroLength,
    /// The chain has more than [`MAX_EXTENSIONS`](super::ext::MAX_EXTENSIONS)
    /// extension headers.
    TooManyExtensions,
    /// An extension header that is not known asks for comprehension.
    ExtensionUnsupported,
    /// The T-PDU is shorter than an IP header.
    InnerTruncated,
    /// The T-PDU is neither IPv4 nor IPv6.
    InnerVersion,
    /// The message type is not that of the parser.
    MessageType,
    /// An information element reaches beyond the end of the message.
    IeTruncated,
    /// An information element's length does not fit its type.
    IeLength,
    /// An information element of fixed but unknown length: nothing after it can
    /// be found.
    IeUnknown,
    /// A mandatory information element is missing.
    IeMissing,
    /// The PDU Session Container is neither a downlink nor an uplink one.
    SessionType,
    /// The PDU Session Container is shorter than its flags announce.
    SessionTruncated,
    /// A field of what is to be emitted is larger than its place on the wire.
    FieldRange,
    /// What is to be emitted is longer than the Length field can say.
    PayloadTooLong,
    /// The buffer is too small for what is to be emitted.
    BufferTooSmall,
}

impl Error {
    /// Every reason, in the order of [`index`](Self::index).
    pub const ALL: [Self; 21] = [
        Self::TooShort,
        Self::Version,
        Self::NotGtp,
        Self::LengthTooLong,
        Self::LengthTooShort,
        Self::ExtensionTruncated,
        Self::ExtensionZeroLength,
        Self::TooManyExtensions,
        Self::ExtensionUnsupported,
        Self::InnerTruncated,
        Self::InnerVersion,
        Self::MessageType,
        Self::IeTruncated,
        Self::IeLength,
        Self::IeUnknown,
        Self::IeMissing,
        Self::SessionType,
        Self::SessionTruncated,
        Self::FieldRange,
        Self::PayloadTooLong,
        Self::BufferTooSmall,
    ];

    /// Number, short name and sentence of each reason.
    const fn facts(self) -> (usize, &'static str, &'static str) {
        match self {
            Self::TooShort => (0, "too_short", "datagram shorter than the GTP header"),
            Self::Version => (1, "version", "GTP version of another decoder"),
            Self::NotGtp => (2, "not_gtp", "protocol type is GTP', not GTP"),
            Self::LengthTooLong => (3, "length_too_long", "length beyond the datagram"),
            Self::LengthTooShort => (4, "length_too_short", "length below the flagged fields"),
            Self::ExtensionTruncated => (5, "ext_truncated", "extension header beyond the length"),
            Self::ExtensionZeroLength => (6, "ext_zero_length", "extension header of length zero"),
            Self::TooManyExtensions => (7, "ext_too_many", "too many extension headers"),
            Self::ExtensionUnsupported => (8, "ext_unsupported", "extension header not known"),
            Self::InnerTruncated => (9, "inner_truncated", "T-PDU shorter than its IP header"),
            Self::InnerVersion => (10, "inner_version", "T-PDU neither IPv4 nor IPv6"),
            Self::MessageType => (11, "message_type", "message type of another parser"),
            Self::IeTruncated => (12, "ie_truncated", "information element beyond the message"),
            Self::IeLength => (13, "ie_length", "information element of a wrong length"),
            Self::IeUnknown => (14, "ie_unknown", "unknown element without a length"),
            Self::IeMissing => (15, "ie_missing", "mandatory information element missing"),
            Self::SessionType => (16, "session_type", "PDU session of an unknown type"),
            Self::SessionTruncated => (17, "session_truncated", "PDU session container too short"),
            Self::FieldRange => (18, "field_range", "value larger than its field"),
            Self::PayloadTooLong => (19, "payload_too_long", "payload too long for its length"),
            Self::BufferTooSmall => (20, "buffer_too_small", "buffer too small for the message"),
        }
    }

    /// Returns the reason's number, below the length of [`ALL`](Self::ALL), for
    /// an array of counters.
    #[inline]
    pub const fn index(self) -> usize {
        self.facts().0
    }

    /// Returns the reason's short name: stable, lower case with underscores, at
    /// most 24 octets, so that it fits a counter's name.
    #[inline]
    pub const fn as_str(self) -> &'static str {
        self.facts().1
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.facts().2)
    }
}

impl core::error::Error for Error {}

/// Outcome of decoding a message of which only the head is at hand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step<T> {
    /// Call again with at least that many octets from the start: more than were
    /// given, and no more than the whole message has.
    Need(usize),
    /// Decoded.
    Done(T),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_positions_in_all() {
        for (at, error) in Error::ALL.iter().enumerate() {
            assert_eq!(error.index(), at);
        }
    }

    #[test]
    fn names_are_unique_and_fit_a_counter() {
        for error in Error::ALL {
            let name = error.as_str();
            assert!(name.len() <= 24);
            assert!(name.bytes().all(|c| c.is_ascii_lowercase() || c == b'_'));
            let same = Error::ALL.iter().filter(|e| e.as_str() == name).count();
            assert_eq!(same, 1, "{name}");
            assert!(!error.to_string().is_empty());
        }
    }
}
