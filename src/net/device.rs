// SPDX-License-Identifier: GPL-2.0

//! Network devices of any kind.
//!
//! C header: `include/linux/netdevice.h`.

use super::{
    bindings,
    netns::Net, //
};
use kernel::{
    sync::rcu,
    types::Opaque, //
};

/// A network device.
///
/// # Invariants
///
/// A reference points to a valid `struct net_device` for its whole lifetime.
#[repr(transparent)]
pub(crate) struct NetDevice(Opaque<bindings::net_device>);

// SAFETY: All methods that take a shared reference may be called from any thread.
unsafe impl Sync for NetDevice {}

macro_rules! counters {
    ($($(#[$doc:meta])* $name:ident => $helper:ident;)*) => {
        $(
            $(#[$doc])*
            #[inline]
            pub(crate) fn $name(&self) {
                // SAFETY: By the type invariant the device is valid; the counter is
                // atomic.
                unsafe { bindings::helpers::$helper(self.as_ptr()) };
            }
        )*
    };
}

impl NetDevice {
    /// Returns the pointer that C functions take.
    pub(super) fn as_ptr(&self) -> *mut bindings::net_device {
        self.0.get()
    }

    /// Number of the device, unique within its namespace.
    pub(crate) fn ifindex(&self) -> u32 {
        // SAFETY: By the type invariant the device is valid. The number changes only
        // while the device moves between namespaces; either value is right then.
        let ifindex = unsafe { (&raw const (*self.as_ptr()).ifindex).read_volatile() };
        u32::try_from(ifindex).unwrap_or(0)
    }

    /// The namespace that the device is in at this time. It may move to another one, and
    /// this one go away, but not before the end of the read section.
    #[inline]
    pub(crate) fn net<'a>(&'a self, _rcu: &'a rcu::Guard) -> &'a Net {
        // SAFETY: By the type invariant the device is valid. A namespace that a device was
        // in is freed a grace period after the device has left it.
        unsafe { Net::from_raw(bindings::helpers::dev_net(self.as_ptr())) }
    }

    /// Whether the device is administratively up.
    pub(crate) fn is_up(&self) -> bool {
        // SAFETY: By the type invariant the device is valid. The flags may change at any
        // time; either value is right then.
        let flags = unsafe { (&raw const (*self.as_ptr()).flags).read_volatile() };
        flags & bindings::net_device_flags_IFF_UP != 0
    }

    /// Says that the device cannot send: its operational state becomes down.
    pub(crate) fn carrier_off(&self) {
        // SAFETY: By the type invariant the device is valid; any context will do.
        unsafe { bindings::helpers::netif_carrier_off(self.as_ptr()) };
    }

    counters! {
        /// Counts a packet that could not be sent.
        count_tx_error => dev_stats_inc_tx_errors;
        /// Counts a packet that had no way to go.
        count_tx_carrier_error => dev_stats_inc_tx_carrier_errors;
        /// Counts a packet that would have gone round in a circle.
        count_collision => dev_stats_inc_collisions;
        /// Counts a received packet that was dropped.
        count_rx_drop => dev_stats_inc_rx_dropped;
        /// Counts a received packet whose headers could not be removed.
        count_rx_length_error => dev_stats_inc_rx_length_errors;
    }
}
