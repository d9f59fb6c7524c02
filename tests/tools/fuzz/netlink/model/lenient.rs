// SPDX-License-Identifier: GPL-2.0

//! How the kernel reads attributes under its lenient validation, octet by octet.

/// Where an attribute is in a stretch of octets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// The attribute's number, without the two flag bits.
    pub kind: u16,
    /// Where the value begins.
    pub begin: usize,
    /// Where it ends.
    pub end: usize,
}

/// The attributes, up to the first whose length makes no sense.
pub fn walk(bytes: &[u8]) -> Vec<Place> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(&[len0, len1, kind0, kind1]) = bytes.get(at..at + 4) {
        let len = usize::from(u16::from_ne_bytes([len0, len1]));
        if len < 4 || at + len > bytes.len() {
            break;
        }
        found.push(Place {
            kind: u16::from_ne_bytes([kind0, kind1]) & 0x3fff,
            begin: at + 4,
            end: at + len,
        });
        at += len.next_multiple_of(4);
    }
    found
}

/// Attributes as the kernel hands them to a driver: of each number the last one, those that the
/// policy does not know left out.
#[derive(Debug)]
pub struct Attrs<'a>(Vec<Option<&'a [u8]>>);

impl<'a> Attrs<'a> {
    /// Reads attributes whose values have at least as many octets as `policy` says for their number.
    ///
    /// # Errors
    ///
    /// ERANGE: one is shorter. All of them are looked at, also one that another follows.
    pub fn parse(bytes: &'a [u8], policy: &[usize]) -> Result<Self, i32> {
        let mut values = vec![None; policy.len()];
        for place in walk(bytes) {
            let kind = usize::from(place.kind);
            if kind == 0 || kind >= policy.len() {
                continue;
            }
            if place.end - place.begin < policy[kind] {
                return Err(libc::ERANGE);
            }
            values[kind] = Some(&bytes[place.begin..place.end]);
        }
        Ok(Self(values))
    }

    /// The value of an attribute.
    pub fn get(&self, kind: u16) -> Option<&'a [u8]> {
        self.0.get(usize::from(kind)).copied().flatten()
    }

    /// Whether it is there.
    pub fn has(&self, kind: u16) -> bool {
        self.get(kind).is_some()
    }

    /// Its first octets, as many as there are in an array of that length.
    pub fn octets<const N: usize>(&self, kind: u16) -> Option<[u8; N]> {
        self.get(kind)?.get(..N)?.try_into().ok()
    }

    /// An integer.
    pub fn u32(&self, kind: u16) -> Option<u32> {
        self.octets(kind).map(u32::from_ne_bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::attr::put;

    const POLICY: [usize; 3] = [0, 4, 1];

    #[test]
    fn the_last_of_a_number_counts_and_each_is_checked() {
        let mut bytes = Vec::new();
        put(&mut bytes, 1, &1u32.to_ne_bytes());
        put(&mut bytes, 1, &2u64.to_ne_bytes());
        assert_eq!(Attrs::parse(&bytes, &POLICY).unwrap().u32(1), Some(2));
        put(&mut bytes, 1, &[0; 3]);
        assert_eq!(Attrs::parse(&bytes, &POLICY).unwrap_err(), libc::ERANGE);
    }

    #[test]
    fn unknown_numbers_and_flag_bits_are_not_looked_at() {
        let mut bytes = Vec::new();
        put(&mut bytes, 0, &[]);
        put(&mut bytes, 3, &[]);
        put(&mut bytes, 2 | 0x8000, &[7]);
        let attrs = Attrs::parse(&bytes, &POLICY).unwrap();
        assert_eq!((attrs.get(2), attrs.has(1)), (Some(&[7][..]), false));
    }

    #[test]
    fn what_makes_no_sense_ends_the_list() {
        for len in [0u16, 3, 200] {
            let mut bytes = Vec::new();
            put(&mut bytes, 2, &[1]);
            bytes.extend(len.to_ne_bytes());
            bytes.extend([2, 0, 9, 9]);
            put(&mut bytes, 1, &[0; 1]);
            let attrs = Attrs::parse(&bytes, &POLICY).unwrap();
            assert_eq!(attrs.get(2), Some(&[1][..]), "{len}");
        }
    }
}
