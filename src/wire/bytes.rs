// SPDX-License-Identifier: GPL-2.0

//! Reading and writing of octets at an offset, without a way to panic.

/// Returns the `N` octets at `at`, or `None` where `data` ends before.
#[inline]
pub(super) fn read<const N: usize>(data: &[u8], at: usize) -> Option<[u8; N]> {
    data.get(at..)?.first_chunk::<N>().copied()
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
}
