// SPDX-License-Identifier: GPL-2.0

//! Information elements of version 0, as far as its user plane's messages have
//! them (GSM 09.60 7.9).

use super::super::{
    bytes::Writer,
    ie::{
        Raw,
        Raws,
        Table,
        PRIVATE_EXTENSION,
        RECOVERY, //
    },
    Error, //
};

pub use super::super::ie::PrivateExtension;

/// An information element.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ie<'a> {
    /// Recovery: the Restart Counter of the sender (GSM 09.60 7.9).
    Recovery(u8),
    /// Private Extension (GSM 09.60 7.9).
    PrivateExtension(PrivateExtension<'a>),
    /// An element of another type.
    Other(Raw<'a>),
}

impl<'a> Ie<'a> {
    /// Reads the value of an element.
    ///
    /// # Errors
    ///
    /// [`Error::IeLength`] if it has not the length of its type.
    fn parse(raw: Raw<'a>) -> Result<Self, Error> {
        Ok(match raw.kind {
            RECOVERY => {
                let [count] = raw.exactly()?;
                Self::Recovery(count)
            }
            PRIVATE_EXTENSION => Self::PrivateExtension(PrivateExtension::parse(raw)?),
            _ => Self::Other(raw),
        })
    }

    /// Length in octets of the whole element.
    pub fn buffer_len(&self) -> usize {
        match self {
            Self::Recovery(_) => 2,
            Self::PrivateExtension(private) => private.buffer_len(),
            Self::Other(raw) => raw.buffer_len(Table::V0),
        }
    }

    /// Writes the whole element into the first [`buffer_len`](Self::buffer_len)
    /// octets of `buf`, and returns how many these are.
    ///
    /// # Errors
    ///
    /// [`Error::BufferTooSmall`], [`Error::FieldRange`] if a value is too long,
    /// and for [`Ie::Other`] [`Error::IeLength`] and [`Error::IeUnknown`].
    pub fn emit(&self, buf: &mut [u8]) -> Result<usize, Error> {
        let len = self.buffer_len();
        let mut writer = Writer::new(buf, len)?;
        match *self {
            Self::Recovery(count) => writer.put([RECOVERY, count])?,
            Self::PrivateExtension(private) => private.emit(&mut writer)?,
            Self::Other(raw) => raw.emit(Table::V0, &mut writer)?,
        }
        Ok(len)
    }
}

/// Iterator over the information elements of a message.
///
/// An element of a wrong length gives an error and the next one follows; an
/// element whose end cannot be found gives an error and ends the iteration.
#[derive(Clone, Debug)]
pub struct Ies<'a>(Raws<'a>);

impl<'a> Ies<'a> {
    /// Iterates over a message's payload, as [`Message`](super::Message) gives
    /// its place.
    pub const fn new(payload: &'a [u8]) -> Self {
        Self(Raws::new(payload, Table::V0))
    }
}

impl<'a> Iterator for Ies<'a> {
    type Item = Result<Ie<'a>, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        let raw = self.0.next()?;
        Some(raw.and_then(Ie::parse))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn octets_of_each_element() {
        let flow = Raw {
            kind: 16,
            value: &[1, 2],
        };
        let private = PrivateExtension {
            id: 0x0a0b,
            value: &[1],
        };
        let cases: [(Ie<'_>, &[u8]); 3] = [
            (Ie::Recovery(7), &[14, 7]),
            (Ie::Other(flow), &[16, 1, 2]),
            (Ie::PrivateExtension(private), &[255, 0, 3, 0x0a, 0x0b, 1]),
        ];
        for (ie, octets) in cases {
            let mut buf = [0; 8];
            assert_eq!(ie.emit(&mut buf), Ok(octets.len()));
            assert_eq!(&buf[..octets.len()], octets);
            let read: Vec<_> = Ies::new(octets).collect();
            assert_eq!(read, [Ok(ie)]);
            assert_eq!(ie.emit(&mut buf[..1]), Err(Error::BufferTooSmall));
        }
    }

    #[test]
    fn wrong_length_does_not_end_the_iteration() {
        let read: Vec<_> = Ies::new(&[255, 0, 1, 9, 14, 1]).collect();
        assert_eq!(read, [Err(Error::IeLength), Ok(Ie::Recovery(1))]);
    }
}
