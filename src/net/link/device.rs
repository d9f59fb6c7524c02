// SPDX-License-Identifier: GPL-2.0

//! Devices of a kind, and their private data.

use super::{
    super::{
        bindings,
        device::NetDevice,
        work::DeviceWork, //
    },
    Driver, //
};
use core::{
    marker::PhantomData,
    mem::MaybeUninit,
    ops::Deref,
    ptr::NonNull, //
};
use kernel::types::Opaque;

/// What a driver's part of a `struct net_device` holds.
#[repr(C)]
pub(super) struct Private<T> {
    /// Place in the list of the namespace that the device was made from.
    pub(super) node: bindings::list_head,
    /// Where received packets are joined: there as long as the device is registered.
    pub(super) gro_cells: Opaque<bindings::gro_cells>,
    /// What the device puts off: there as long as it is registered.
    pub(super) work: MaybeUninit<DeviceWork>,
    /// The device itself.
    pub(super) dev: *mut bindings::net_device,
    /// The driver's data: initialised before the device can be found.
    pub(super) data: MaybeUninit<T>,
}

impl<T> Private<T> {
    /// The private part of `dev`.
    ///
    /// # Safety
    ///
    /// `dev` must be a valid device that was allocated with the size of `Self`.
    #[inline]
    pub(super) unsafe fn of(dev: *mut bindings::net_device) -> *mut Self {
        const { assert!(align_of::<Self>() <= 32) };
        // SAFETY: The device is valid by the caller's duty.
        unsafe { (&raw mut (*dev).priv_).cast() }
    }
}

/// A device of the kind that `T` drives.
///
/// # Invariants
///
/// A reference points to a valid device of that kind whose private data is
/// initialised.
#[repr(transparent)]
pub(crate) struct Device<T>(NetDevice, PhantomData<T>);

impl<T: Driver> Device<T> {
    /// Makes a reference of a pointer.
    ///
    /// # Safety
    ///
    /// `ptr` must be a device of this kind with initialised private data that
    /// stays valid for `'a`.
    #[inline]
    pub(in crate::net) unsafe fn from_raw<'a>(ptr: *mut bindings::net_device) -> &'a Self {
        // SAFETY: `Device` is transparent over `NetDevice`, and that over the C type.
        // INVARIANT: The caller's duty.
        unsafe { &*ptr.cast() }
    }

    /// Where received packets of the device are joined.
    #[inline]
    pub(in crate::net) fn gro_cells(&self) -> *mut bindings::gro_cells {
        // SAFETY: By the type invariant the device is ours, with a private part.
        unsafe { (*Private::<T>::of(self.0.as_ptr())).gro_cells.get() }
    }

    /// Takes a reference of one's own, unless the device is not registered yet.
    ///
    /// # Safety
    ///
    /// It must be an RCU read section in which what leads to the device, and is taken down
    /// before the device is, was seen.
    pub(in crate::net) unsafe fn hold(&self) -> Option<DeviceRef<T>> {
        // SAFETY: By the type invariant the device is valid. By the caller's duty it has not
        // gone through `uninit()` and a grace period, so that whoever takes it down has its
        // references yet to wait for.
        let held = unsafe { bindings::helpers::dev_hold_registered(self.0.as_ptr()) };
        let dev = NonNull::new(self.0.as_ptr()).filter(|_| held)?;
        // SAFETY: The function has taken the reference, and by the type invariant the device
        // is ours.
        Some(unsafe { DeviceRef::from_raw(dev) })
    }

    /// Has [`Driver::work`] done in `ms` milliseconds, or earlier. Any context; nothing comes
    /// of it once the device is being closed.
    pub(crate) fn work_within(&self, ms: u32) {
        // SAFETY: By the type invariant the device is ours, with a private part. It could be
        // found, or is being made by who calls us, so that its work is initialised.
        unsafe {
            DeviceWork::within(
                (&raw mut (*Private::<T>::of(self.0.as_ptr())).work).cast(),
                ms,
            )
        };
    }

    /// The driver's data.
    #[inline]
    pub(crate) fn data(&self) -> &T {
        // SAFETY: By the type invariant the device is ours and its data initialised,
        // and lives as long as the device.
        unsafe { (*Private::<T>::of(self.0.as_ptr())).data.assume_init_ref() }
    }
}

impl<T> Deref for Device<T> {
    type Target = NetDevice;

    #[inline]
    fn deref(&self) -> &NetDevice {
        &self.0
    }
}

/// A counted reference to a device, for short use: who holds one holds up the
/// removal of the device.
///
/// # Invariants
///
/// The pointer is valid, a device of the kind that `T` drives with initialised
/// private data, and owns one reference.
pub(crate) struct DeviceRef<T: Driver>(NonNull<bindings::net_device>, PhantomData<T>);

impl<T: Driver> DeviceRef<T> {
    /// Takes over a reference.
    ///
    /// # Safety
    ///
    /// `dev` must be a device of this kind with initialised private data, of which the caller
    /// owns a reference.
    pub(super) unsafe fn from_raw(dev: NonNull<bindings::net_device>) -> Self {
        // INVARIANT: The caller's duty.
        Self(dev, PhantomData)
    }
}

impl<T: Driver> Deref for DeviceRef<T> {
    type Target = Device<T>;

    fn deref(&self) -> &Device<T> {
        // SAFETY: By the type invariant the device lives as long as `self`.
        unsafe { Device::from_raw(self.0.as_ptr()) }
    }
}

impl<T: Driver> Drop for DeviceRef<T> {
    fn drop(&mut self) {
        // SAFETY: By the type invariant we own the reference that is given back.
        unsafe { bindings::helpers::dev_put(self.0.as_ptr()) };
    }
}

/// Says that a device is sending a packet, on this processor and with softirqs disabled.
///
/// # Invariants
///
/// That is so as long as the value lives. The pointer is that of the device.
pub(crate) struct Sending(*mut bindings::net_device);

impl Sending {
    /// Makes the token for a callback.
    ///
    /// # Safety
    ///
    /// Softirqs must be disabled until the value is dropped, in a call that the stack waits
    /// for before it takes the device for closed.
    #[inline]
    pub(in crate::net) unsafe fn assume(dev: *mut bindings::net_device) -> Self {
        // INVARIANT: The caller's duty.
        Self(dev)
    }

    /// The device; a pointer to compare.
    #[inline]
    pub(in crate::net) fn as_ptr(&self) -> *mut bindings::net_device {
        self.0
    }
}

/// Says that a device sends no packet, and will not any more.
///
/// # Invariants
///
/// That is so from now on. The pointer is that of the device.
pub(crate) struct Quiet(*mut bindings::net_device);

impl Quiet {
    /// Makes the token for a callback.
    ///
    /// # Safety
    ///
    /// The device must have been closed for good, or not been registered.
    pub(in crate::net) unsafe fn assume(dev: *mut bindings::net_device) -> Self {
        // INVARIANT: The caller's duty.
        Self(dev)
    }

    /// The device; a pointer to compare.
    pub(in crate::net) fn as_ptr(&self) -> *mut bindings::net_device {
        self.0
    }
}
