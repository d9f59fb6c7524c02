// SPDX-License-Identifier: GPL-2.0

//! What a context has carried, and what it may carry (`GTPA_USAGE`).

use crate::client::attribute::{
    head,
    GtpAttribute, //
};
use netlink_packet_core::{
    DecodeError,
    DefaultNla,
    Nla,
    NlaBuffer,
    NlasIterator,
    Parseable, //
};

/// Declares the attributes: their numbers, their variants, and of which type they are.
macro_rules! attributes {
    ($($(#[$doc:meta])* $name:ident = $value:literal, $variant:ident($kind:ident);)*) => {
        $($(#[$doc])* pub const $name: u16 = $value;)*

        /// One attribute in `GTPA_USAGE`.
        #[derive(Clone, Debug, PartialEq, Eq)]
        #[non_exhaustive]
        pub enum UsageAttribute {
            $($(#[$doc])* $variant($kind),)*
            /// What this client does not know.
            Other(DefaultNla),
        }

        impl Nla for UsageAttribute {
            fn value_len(&self) -> usize {
                match self {
                    $(Self::$variant(_) => size_of::<$kind>(),)*
                    Self::Other(nla) => nla.value_len(),
                }
            }

            fn kind(&self) -> u16 {
                match self {
                    $(Self::$variant(_) => $name,)*
                    Self::Other(nla) => nla.kind(),
                }
            }

            fn emit_value(&self, buffer: &mut [u8]) {
                match self {
                    $(Self::$variant(v) => buffer.copy_from_slice(&v.to_ne_bytes()),)*
                    Self::Other(nla) => nla.emit_value(buffer),
                }
            }
        }

        impl<'a, T: AsRef<[u8]> + ?Sized> Parseable<NlaBuffer<&'a T>> for UsageAttribute {
            fn parse(nla: &NlaBuffer<&'a T>) -> Result<Self, DecodeError> {
                let value = nla.value();

                Ok(match nla.kind() {
                    $($name => Self::$variant($kind::from_ne_bytes(head(nla, value)?)),)*
                    _ => Self::Other(DefaultNla::parse(nla)?),
                })
            }
        }
    };
}

/// No value: aligns the attribute after it.
pub const GTPA_USAGE_PAD: u16 = 1;

attributes! {
    /// T-PDUs that were sent to the peer.
    GTPA_USAGE_TX_PACKETS = 2, TxPackets(u64);
    /// Octets of these.
    GTPA_USAGE_TX_BYTES = 3, TxBytes(u64);
    /// T-PDUs that were dropped instead.
    GTPA_USAGE_TX_DROPPED = 4, TxDropped(u64);
    /// T-PDUs that were received.
    GTPA_USAGE_RX_PACKETS = 5, RxPackets(u64);
    /// Octets of these.
    GTPA_USAGE_RX_BYTES = 6, RxBytes(u64);
    /// T-PDUs that were dropped instead.
    GTPA_USAGE_RX_DROPPED = 7, RxDropped(u64);
    /// Milliseconds since the last one was sent or received.
    GTPA_USAGE_IDLE = 8, Idle(u64);
    /// The volume threshold in octets.
    GTPA_USAGE_THRESHOLD = 9, Threshold(u64);
    /// The volume quota in octets.
    GTPA_USAGE_QUOTA = 10, Quota(u64);
    /// What is done beyond the quota: 0 tell, 1 drop.
    GTPA_USAGE_QUOTA_ACTION = 11, QuotaAction(u8);
    /// Limits that have been reached: bits 1 threshold, 2 quota.
    GTPA_USAGE_REACHED = 12, Reached(u8);
    /// The limit that a notification is about, as one of these bits.
    GTPA_USAGE_EVENT = 13, Event(u8);
}

impl UsageAttribute {
    /// Parses a sequence of attributes. Padding is left out.
    ///
    /// # Errors
    ///
    /// As [`GtpAttribute::parse_all`].
    pub fn parse_all(bytes: &[u8]) -> Result<Vec<Self>, DecodeError> {
        let mut attributes = NlasIterator::new(bytes)
            .map(|nla| Self::parse(&nla?))
            .collect::<Result<Vec<_>, _>>()?;

        attributes.retain(|attribute| attribute.kind() != GTPA_USAGE_PAD);
        Ok(attributes)
    }
}

/// What has gone in one direction.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Traffic {
    /// T-PDUs that were carried.
    pub packets: u64,
    /// Octets of these.
    pub bytes: u64,
    /// T-PDUs that were dropped.
    pub dropped: u64,
}

/// What is done once a quota has been reached.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum QuotaAction {
    /// It is told.
    #[default]
    Tell,
    /// It is told, and packets are dropped from then on.
    Drop,
}

/// A limit of a context's volume.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Limit {
    /// The threshold.
    Threshold,
    /// The quota.
    Quota,
}

impl Limit {
    /// Returns the limit's bit.
    #[must_use]
    pub fn bit(self) -> u8 {
        match self {
            Self::Threshold => 1,
            Self::Quota => 2,
        }
    }

    /// Returns the limit whose bit this is.
    #[must_use]
    pub fn of_bit(bit: u8) -> Option<Self> {
        [Self::Threshold, Self::Quota]
            .into_iter()
            .find(|limit| limit.bit() == bit)
    }
}

/// What a context has carried since it was made.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Usage {
    /// To the peer.
    pub tx: Traffic,
    /// From the peer.
    pub rx: Traffic,
    /// Milliseconds since the last packet.
    pub idle: u64,
    /// After how many octets in both directions it is told, if at all.
    pub threshold: Option<u64>,
    /// How many octets it may carry in both directions, if there is a limit, and what is
    /// done beyond.
    pub quota: Option<(u64, QuotaAction)>,
    /// Bits of the limits that have been reached.
    pub reached: u8,
    /// The limit that this is told for.
    pub event: Option<Limit>,
}

impl Usage {
    /// Reads the usage from its attributes. What is absent is zero or none.
    #[must_use]
    pub fn from_attributes(attributes: &[UsageAttribute]) -> Self {
        let mut usage = Self::default();
        let (mut quota, mut action) = (None, QuotaAction::Tell);

        for attribute in attributes {
            match *attribute {
                UsageAttribute::TxPackets(v) => usage.tx.packets = v,
                UsageAttribute::TxBytes(v) => usage.tx.bytes = v,
                UsageAttribute::TxDropped(v) => usage.tx.dropped = v,
                UsageAttribute::RxPackets(v) => usage.rx.packets = v,
                UsageAttribute::RxBytes(v) => usage.rx.bytes = v,
                UsageAttribute::RxDropped(v) => usage.rx.dropped = v,
                UsageAttribute::Idle(v) => usage.idle = v,
                UsageAttribute::Threshold(v) => usage.threshold = Some(v),
                UsageAttribute::Quota(v) => quota = Some(v),
                UsageAttribute::QuotaAction(0) => {}
                UsageAttribute::QuotaAction(_) => action = QuotaAction::Drop,
                UsageAttribute::Reached(v) => usage.reached = v,
                UsageAttribute::Event(v) => usage.event = Limit::of_bit(v),
                UsageAttribute::Other(_) => {}
            }
        }
        usage.quota = quota.map(|octets| (octets, action));
        usage
    }
}

/// Limits of a context's volume to be set. What is `None` stays as it is; `u64::MAX` takes a
/// limit away.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Limits {
    /// Octets in both directions after which it is told.
    pub threshold: Option<u64>,
    /// Octets in both directions that the context may carry, and what is done beyond.
    pub quota: Option<(u64, QuotaAction)>,
}

impl Limits {
    /// Appends the attributes that set the limits.
    pub(super) fn append(&self, attributes: &mut Vec<GtpAttribute>) {
        attributes.extend(self.threshold.map(GtpAttribute::VolumeThreshold));
        if let Some((octets, action)) = self.quota {
            attributes.push(GtpAttribute::VolumeQuota(octets));
            attributes.push(GtpAttribute::QuotaAction(match action {
                QuotaAction::Tell => 0,
                QuotaAction::Drop => 1,
            }));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn usage_is_read_whatever_else_there_is() {
        let attributes = [
            UsageAttribute::Other(DefaultNla::new(GTPA_USAGE_PAD, Vec::new())),
            UsageAttribute::TxPackets(1),
            UsageAttribute::TxBytes(2),
            UsageAttribute::TxDropped(3),
            UsageAttribute::RxPackets(4),
            UsageAttribute::RxBytes(5),
            UsageAttribute::RxDropped(6),
            UsageAttribute::Idle(7),
            UsageAttribute::Threshold(8),
            UsageAttribute::QuotaAction(1),
            UsageAttribute::Quota(9),
            UsageAttribute::Reached(3),
            UsageAttribute::Event(2),
            UsageAttribute::Other(DefaultNla::new(99, vec![1])),
        ];
        let traffic = |packets, bytes, dropped| Traffic {
            packets,
            bytes,
            dropped,
        };
        assert_eq!(
            Usage::from_attributes(&attributes),
            Usage {
                tx: traffic(1, 2, 3),
                rx: traffic(4, 5, 6),
                idle: 7,
                threshold: Some(8),
                quota: Some((9, QuotaAction::Drop)),
                reached: 3,
                event: Some(Limit::Quota),
            }
        );
        assert_eq!(Usage::from_attributes(&[]), Usage::default());
    }

    #[test]
    fn limits_that_are_not_named_stay() {
        let attributes = |limits: Limits| {
            let mut attributes = Vec::new();
            limits.append(&mut attributes);
            attributes
        };
        assert_eq!(attributes(Limits::default()), []);
        assert_eq!(
            attributes(Limits {
                threshold: Some(1),
                quota: Some((2, QuotaAction::Drop)),
            }),
            [
                GtpAttribute::VolumeThreshold(1),
                GtpAttribute::VolumeQuota(2),
                GtpAttribute::QuotaAction(1),
            ]
        );
    }
}
