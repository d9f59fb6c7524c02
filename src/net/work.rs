// SPDX-License-Identifier: GPL-2.0

//! Work that a device puts off: done later, in process context, and not any more once the
//! device has been closed.
//!
//! Locks: the end of a device waits for work that is being done, with RTNL held. Work must
//! not take RTNL.
//!
//! C header: `include/linux/workqueue.h`.

use super::{
    bindings,
    link::{
        Device,
        Driver, //
    },
};
use kernel::types::Opaque;

/// The work of a device.
///
/// # Invariants
///
/// Initialised by [`init`](Self::init) before the device can be found, and disabled by
/// [`end`](Self::end) before its driver's data are dropped.
#[repr(transparent)]
pub(super) struct DeviceWork(Opaque<bindings::net_device_work>);

impl DeviceWork {
    /// Gets the work of `dev` ready.
    ///
    /// # Safety
    ///
    /// `this` must be valid for writing, stay in its place, and be part of `dev`, a device of
    /// the kind that `T` drives that cannot be found yet.
    pub(super) unsafe fn init<T: Driver>(this: *mut Self, dev: *mut bindings::net_device) {
        // SAFETY: The caller's duty. The callback is one for devices of this kind.
        unsafe { bindings::helpers::device_work_init(this.cast(), dev, Some(run::<T>)) };
    }

    /// Has the work done in `ms` milliseconds, or earlier if it is due earlier already.
    ///
    /// # Safety
    ///
    /// `this` must be initialised.
    pub(super) unsafe fn within(this: *mut Self, ms: u32) {
        // SAFETY: The caller's duty.
        unsafe { bindings::helpers::device_work_within(this.cast(), ms) };
    }

    /// Waits for work that is being done, and has none done any more.
    ///
    /// # Safety
    ///
    /// `this` must be initialised. The caller may sleep, and holds no lock that the work takes.
    pub(super) unsafe fn end(this: *mut Self) {
        // SAFETY: The caller's duty.
        unsafe { bindings::helpers::device_work_end(this.cast()) };
    }
}

/// # Safety
///
/// Called with a device of the kind that `T` drives between `init()` and the return of `end()`.
unsafe extern "C" fn run<T: Driver>(dev: *mut bindings::net_device) {
    // SAFETY: `end()` waits for us before the device goes away, so that its data, initialised
    // before it could be found, is there.
    T::work(unsafe { Device::<T>::from_raw(dev) });
}
