// SPDX-License-Identifier: GPL-2.0

//! The format of information elements, common to both versions (TS 29.281 8.1,
//! GSM 09.60 7.9).
//!
//! A type below 128 is followed by a value whose length belongs to the type
//! (TV); a type from 128 on by a length and a value (TLV).

use super::{
    bytes::Writer,
    Error, //
};

/// Recovery, in both versions.
pub(super) const RECOVERY: u8 = 14;
/// Private Extension, in both versions.
pub(super) const PRIVATE_EXTENSION: u8 = 255;

/// Which types have which form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Table {
    /// GSM 09.60 7.9.
    V0,
    /// TS 29.281 8.1.
    V1,
}

/// Form of an element.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    /// A value of so many octets.
    Tv(usize),
    /// A length of one octet, then the value.
    ShortTlv,
    /// A length of two octets, then the value.
    Tlv,
}

impl Table {
    /// Returns the form of a type, `None` if the length of its value is not
    /// known.
    const fn form(self, kind: u8) -> Option<Form> {
        Some(match (self, kind) {
            (Self::V1, 14) => Form::Tv(1),
            (Self::V1, 16) => Form::Tv(4),
            (Self::V1, 0..128) => return None,
            (Self::V1, 141) => Form::ShortTlv,
            (Self::V0, 1 | 8 | 11 | 13..=15 | 19) => Form::Tv(1),
            (Self::V0, 16 | 17) => Form::Tv(2),
            (Self::V0, 6 | 12 | 18) => Form::Tv(3),
            (Self::V0, 4 | 5 | 127) => Form::Tv(4),
            (Self::V0, 3) => Form::Tv(6),
            (Self::V0, 2) => Form::Tv(8),
            (Self::V0, 9) => Form::Tv(28),
            (Self::V0, 0..128) => return None,
            (Self::V0 | Self::V1, 128..) => Form::Tlv,
        })
    }
}

/// An element whose type and extent are known, and no more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Raw<'a> {
    /// Type.
    pub kind: u8,
    /// Value, without type and length.
    pub value: &'a [u8],
}

impl<'a> Raw<'a> {
    /// Splits the first element off.
    fn parse(data: &'a [u8], table: Table) -> Result<(Self, &'a [u8]), Error> {
        let (&kind, rest) = data.split_first().ok_or(Error::IeTruncated)?;
        let (len, rest) = match table.form(kind).ok_or(Error::IeUnknown)? {
            Form::Tv(len) => (len, rest),
            Form::ShortTlv => {
                let (&len, rest) = rest.split_first().ok_or(Error::IeTruncated)?;
                (usize::from(len), rest)
            }
            Form::Tlv => {
                let (&len, rest) = rest.split_first_chunk().ok_or(Error::IeTruncated)?;
                (usize::from(u16::from_be_bytes(len)), rest)
            }
        };
        let (value, rest) = rest.split_at_checked(len).ok_or(Error::IeTruncated)?;
        Ok((Self { kind, value }, rest))
    }

    /// Returns the value if it has exactly the length of `N` octets.
    pub(super) fn exactly<const N: usize>(self) -> Result<[u8; N], Error> {
        <[u8; N]>::try_from(self.value).map_err(|_| Error::IeLength)
    }

    /// Returns the first `N` octets of the value. A later release may append to
    /// an element with a length.
    pub(super) fn at_least<const N: usize>(self) -> Result<([u8; N], &'a [u8]), Error> {
        let (head, rest) = self.value.split_first_chunk().ok_or(Error::IeLength)?;
        Ok((*head, rest))
    }

    /// Length in octets that the element has on the wire.
    pub(super) fn buffer_len(self, table: Table) -> usize {
        let head = match table.form(self.kind) {
            None | Some(Form::Tv(_)) => 1,
            Some(Form::ShortTlv) => 2,
            Some(Form::Tlv) => 3,
        };
        self.value.len().saturating_add(head)
    }

    /// Writes the element.
    ///
    /// # Errors
    ///
    /// [`Error::IeUnknown`] for a type of unknown length, [`Error::IeLength`] if
    /// the value has not the length of its type, [`Error::FieldRange`] if it is
    /// longer than the length can say, [`Error::BufferTooSmall`].
    pub(super) fn emit(self, table: Table, writer: &mut Writer<'_>) -> Result<(), Error> {
        let len = self.value.len();
        match table.form(self.kind).ok_or(Error::IeUnknown)? {
            Form::Tv(want) if want != len => return Err(Error::IeLength),
            Form::Tv(_) => writer.put([self.kind])?,
            Form::ShortTlv => {
                let len = u8::try_from(len).map_err(|_| Error::FieldRange)?;
                writer.put([self.kind, len])?;
            }
            Form::Tlv => {
                let len = u16::try_from(len).map_err(|_| Error::FieldRange)?;
                let [l0, l1] = len.to_be_bytes();
                writer.put([self.kind, l0, l1])?;
            }
        }
        writer.put_slice(self.value)
    }
}

/// Iterator over the elements of a message. After an error it ends, since
/// nothing can be found behind.
#[derive(Clone, Debug)]
pub(super) struct Raws<'a> {
    rest: &'a [u8],
    table: Table,
}

impl<'a> Raws<'a> {
    /// Iterates over `data`, all of which is elements.
    pub(super) const fn new(data: &'a [u8], table: Table) -> Self {
        Self { rest: data, table }
    }
}

impl<'a> Iterator for Raws<'a> {
    type Item = Result<Raw<'a>, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.rest.is_empty() {
            return None;
        }
        match Raw::parse(self.rest, self.table) {
            Ok((raw, rest)) => {
                self.rest = rest;
                Some(Ok(raw))
            }
            Err(error) => {
                self.rest = &[];
                Some(Err(error))
            }
        }
    }
}

/// Private Extension, the same in both versions (TS 29.281 8.6).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PrivateExtension<'a> {
    /// Extension Identifier: an enterprise number.
    pub id: u16,
    /// Extension Value.
    pub value: &'a [u8],
}

impl<'a> PrivateExtension<'a> {
    /// Reads the value of an element of this type.
    pub(super) fn parse(raw: Raw<'a>) -> Result<Self, Error> {
        let (id, value) = raw.at_least::<2>()?;
        let id = u16::from_be_bytes(id);
        Ok(Self { id, value })
    }

    /// Length in octets of the whole element.
    pub(super) const fn buffer_len(&self) -> usize {
        self.value.len().saturating_add(5)
    }

    /// Writes the whole element.
    ///
    /// # Errors
    ///
    /// [`Error::FieldRange`] if the value is longer than 65533 octets,
    /// [`Error::BufferTooSmall`].
    pub(super) fn emit(&self, writer: &mut Writer<'_>) -> Result<(), Error> {
        let len = self.value.len().saturating_add(2);
        let len = u16::try_from(len).map_err(|_| Error::FieldRange)?;
        let [l0, l1] = len.to_be_bytes();
        let [i0, i1] = self.id.to_be_bytes();
        writer.put([PRIVATE_EXTENSION, l0, l1, i0, i1])?;
        writer.put_slice(self.value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(data: &[u8], table: Table) -> Vec<Result<Raw<'_>, Error>> {
        Raws::new(data, table).collect()
    }

    #[test]
    fn walks_each_form() {
        let data = [14, 7, 133, 0, 2, 8, 9, 141, 1, 0x40, 255, 0, 0];
        let want = [
            Ok(Raw {
                kind: 14,
                value: &[7],
            }),
            Ok(Raw {
                kind: 133,
                value: &[8, 9],
            }),
            Ok(Raw {
                kind: 141,
                value: &[0x40],
            }),
            Ok(Raw {
                kind: 255,
                value: &[],
            }),
        ];
        assert_eq!(all(&data, Table::V1), want);
    }

    #[test]
    fn lengths_are_those_of_the_version() {
        // Type 16 is a TEID in version 1 and a flow label in version 0.
        let data = [16, 1, 2, 14, 5];
        assert_eq!(all(&data, Table::V1).len(), 1);
        assert_eq!(all(&data, Table::V0).len(), 2);
        assert_eq!(all(&[141, 0, 1, 9], Table::V0)[0].unwrap().value, &[9]);
        assert_eq!(all(&[2, 0, 0, 0, 0, 0, 0, 0, 0], Table::V0).len(), 1);
    }

    #[test]
    fn ends_at_the_first_error() {
        for (data, error) in [
            (&[14][..], Error::IeTruncated),
            (&[133], Error::IeTruncated),
            (&[133, 0], Error::IeTruncated),
            (&[133, 0, 2, 1], Error::IeTruncated),
            (&[141], Error::IeTruncated),
            (&[141, 1], Error::IeTruncated),
            (&[1, 14, 1], Error::IeUnknown),
        ] {
            assert_eq!(all(data, Table::V1), [Err(error)], "{data:?}");
        }
        assert_eq!(all(&[], Table::V1), []);
    }

    #[test]
    fn what_cannot_be_said_is_not_emitted() {
        let emit = |kind, value: &[u8]| {
            let raw = Raw { kind, value };
            let len = raw.buffer_len(Table::V1);
            let mut buf = vec![0; len];
            let mut writer = Writer::new(&mut buf, len)?;
            raw.emit(Table::V1, &mut writer)?;
            Ok(buf)
        };
        assert_eq!(emit(14, &[1]), Ok(vec![14, 1]));
        assert_eq!(emit(14, &[1, 2]), Err(Error::IeLength));
        assert_eq!(emit(15, &[1]), Err(Error::IeUnknown));
        assert_eq!(emit(133, &[1]), Ok(vec![133, 0, 1, 1]));
        assert_eq!(emit(141, &[1]), Ok(vec![141, 1, 1]));
        assert!(emit(141, &[0; 255]).is_ok());
        assert_eq!(emit(141, &[0; 256]), Err(Error::FieldRange));
        assert!(emit(200, &[0; 65535]).is_ok());
        assert_eq!(emit(200, &[0; 65536]), Err(Error::FieldRange));
    }
}
