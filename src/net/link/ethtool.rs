// SPDX-License-Identifier: GPL-2.0

//! What ethtool asks a device of a kind.
//!
//! C header: `include/linux/ethtool.h`.

use super::{
    super::bindings,
    device::Device,
    kind::Type,
    Driver, //
};
use kernel::prelude::*;

impl<T: Driver> Type<T> {
    /// The operations of all devices of the kind.
    pub(super) const fn ethtool_ops() -> bindings::ethtool_ops {
        // SAFETY: All zero is a valid table, one without operations.
        let mut ops: bindings::ethtool_ops = unsafe { core::mem::zeroed() };
        ops.get_link = Some(bindings::ethtool_op_get_link);
        ops.get_sset_count = Some(Self::get_sset_count);
        ops.get_strings = Some(Self::get_strings);
        ops.get_ethtool_stats = Some(Self::get_ethtool_stats);
        ops
    }

    /// # Safety
    ///
    /// Called by ethtool.
    unsafe extern "C" fn get_sset_count(_dev: *mut bindings::net_device, set: c_int) -> c_int {
        if u32::try_from(set) == Ok(bindings::ethtool_stringset_ETH_SS_STATS) {
            c_int::try_from(T::COUNTERS).unwrap_or(0)
        } else {
            EOPNOTSUPP.to_errno()
        }
    }

    /// # Safety
    ///
    /// Called by ethtool with a registered device and room for all names of the set.
    unsafe extern "C" fn get_strings(dev: *mut bindings::net_device, set: u32, data: *mut u8) {
        const LEN: usize = 32;

        if set != bindings::ethtool_stringset_ETH_SS_STATS {
            return;
        }
        // SAFETY: The device is registered, so its data is initialised.
        let dev = unsafe { Device::<T>::from_raw(dev) };
        for index in 0..T::COUNTERS {
            let mut field = [0; LEN];
            if let Some((parts, _)) = T::counter(dev, index) {
                let name = parts.iter().flat_map(|part| part.bytes());
                // The last octet stays zero.
                for (to, from) in field.iter_mut().take(LEN - 1).zip(name) {
                    *to = from;
                }
            }
            // SAFETY: ethtool has made room for `LEN` octets a counter.
            unsafe {
                data.add(index.wrapping_mul(LEN))
                    .copy_from_nonoverlapping(field.as_ptr(), LEN);
            }
        }
    }

    /// # Safety
    ///
    /// Called by ethtool with a registered device and room for all counters.
    unsafe extern "C" fn get_ethtool_stats(
        dev: *mut bindings::net_device,
        _stats: *mut bindings::ethtool_stats,
        data: *mut u64,
    ) {
        // SAFETY: The device is registered, so its data is initialised.
        let dev = unsafe { Device::<T>::from_raw(dev) };
        for index in 0..T::COUNTERS {
            let value = T::counter(dev, index).map_or(0, |(_, value)| value);
            // SAFETY: ethtool has made room for the number of counters that we have told.
            unsafe { data.add(index).write(value) };
        }
    }
}
