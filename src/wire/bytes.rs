// SPDX-License-Identifier: GPL-2.0

//! Reading and writing of octets without a way to panic.

use super::Error;
use core::mem;

/// Returns the `N` octets at `at`, or `None` where `data` ends before.
#[inline]
pub(super) fn read<const N: usize>(data: &[u8], at: usize) -> Option<[u8; N]> {
    data.get(at..)?.first_chunk::<N>().copied()
}

/// Writes a message from its first octet to its last into a caller's buffer.
pub(super) struct Writer<'a> {
    /// What has not been written yet.
    rest: &'a mut [u8],
}

impl<'a> Writer<'a> {
    /// Takes the first `len` octets of `buf`, all of which are to be written, so
    /// that a buffer that is too small is left as it was.
    ///
    /// # Errors
    ///
    /// [`Error::BufferTooSmall`].
    pub(super) fn new(buf: &'a mut [u8], len: usize) -> Result<Self, Error> {
        let rest = buf.get_mut(..len).ok_or(Error::BufferTooSmall)?;
        Ok(Self { rest })
    }

    /// Appends octets.
    ///
    /// # Errors
    ///
    /// [`Error::BufferTooSmall`].
    #[inline]
    pub(super) fn put<const N: usize>(&mut self, octets: [u8; N]) -> Result<(), Error> {
        let rest = mem::take(&mut self.rest);
        let (head, tail) = rest
            .split_first_chunk_mut::<N>()
            .ok_or(Error::BufferTooSmall)?;
        *head = octets;
        self.rest = tail;
        Ok(())
    }

    /// Appends a string of octets.
    ///
    /// # Errors
    ///
    /// [`Error::BufferTooSmall`].
    pub(super) fn put_slice(&mut self, octets: &[u8]) -> Result<(), Error> {
        let rest = mem::take(&mut self.rest);
        let (head, tail) = rest
            .split_at_mut_checked(octets.len())
            .ok_or(Error::BufferTooSmall)?;
        for (to, from) in head.iter_mut().zip(octets) {
            *to = *from;
        }
        self.rest = tail;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn read_stops_at_the_end() {
        let data = [1, 2, 3];
        assert_eq!(read::<2>(&data, 1), Some([2, 3]));
        assert_eq!(read::<0>(&data, 3), Some([]));
        assert_eq!(read::<2>(&data, 2), None);
        assert_eq!(read::<1>(&data, usize::MAX), None);
    }

    #[test]
    fn writer_stays_in_its_part_of_the_buffer() {
        let mut buf = [9; 4];
        let mut writer = Writer::new(&mut buf, 3).unwrap();
        assert_eq!(writer.put([1]), Ok(()));
        assert_eq!(writer.put_slice(&[2, 3]), Ok(()));
        assert_eq!(writer.put([4]), Err(Error::BufferTooSmall));
        assert_eq!(buf, [1, 2, 3, 9]);
    }

    #[test]
    fn writer_refuses_a_small_buffer_untouched() {
        let mut buf = [9; 2];
        assert!(Writer::new(&mut buf, 3).is_err());
        assert_eq!(buf, [9; 2]);
    }
}
