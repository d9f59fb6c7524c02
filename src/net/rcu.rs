// SPDX-License-Identifier: GPL-2.0

//! Objects that are freed after a grace period, and the wait for the last one.
//!
//! C header: `include/linux/rcupdate.h`.

use super::{
    alloc::MAY_FAIL,
    bindings, //
};
use core::mem::ManuallyDrop;
use kernel::{
    prelude::*,
    sync::rcu,
    types::Opaque, //
};

/// A value in memory that RCU readers may look at until a grace period after
/// [`free`] was called.
///
/// [`free`]: RcuBox::free
#[repr(C)]
pub(super) struct RcuBox<T> {
    /// What `call_rcu()` queues: first, so that its address is the object's.
    head: Opaque<bindings::callback_head>,
    /// The value.
    value: T,
}

impl<T: 'static> RcuBox<T> {
    /// How far the value is from the start of the object, in octets.
    pub(super) const VALUE_OFFSET: usize = core::mem::offset_of!(Self, value);

    /// Allocates room for a value, charged to the caller's memory cgroup, and writes it
    /// there. Where that has no memory left the caller is refused, and nobody is killed.
    ///
    /// # Errors
    ///
    /// ENOMEM.
    pub(super) fn new(value: T) -> Result<KBox<Self>> {
        Ok(KBox::new(
            Self {
                head: Opaque::uninit(),
                value,
            },
            MAY_FAIL,
        )?)
    }

    /// The value.
    pub(super) fn value(&self) -> &T {
        &self.value
    }

    /// The value, of an object that nobody else can see yet.
    pub(super) fn value_mut(&mut self) -> &mut T {
        &mut self.value
    }

    /// Drops the value and frees the object when the readers of now are done.
    ///
    /// # Safety
    ///
    /// `this` must come of [`KBox::into_raw`], must not be found any more by
    /// readers that start from now on, and must not be freed again. The value is
    /// dropped in softirq context.
    pub(super) unsafe fn free(this: *mut Self) {
        // SAFETY: The object is valid, and by the caller's duty no other callback is
        // queued with this head. The callback's text outlives it: see `Barrier`.
        unsafe { bindings::call_rcu((*this).head.get(), Some(Self::reclaim)) };
    }

    /// Frees the object whose grace period has passed.
    ///
    /// # Safety
    ///
    /// Called by RCU, once, with the head given to `call_rcu()`.
    unsafe extern "C" fn reclaim(head: *mut bindings::callback_head) {
        // SAFETY: The head is the first field of a `repr(C)` object, so it has the
        // object's address, and `free()` was given what `KBox::into_raw` returned.
        drop(unsafe { KBox::from_raw(head.cast::<Self>()) });
    }
}

/// Says that this is an RCU read section that someone else has begun and will end.
///
/// # Safety
///
/// It must be, until the result is dropped.
#[inline]
pub(super) unsafe fn assume_read_lock() -> ManuallyDrop<rcu::Guard> {
    const { assert!(size_of::<rcu::Guard>() == 0) };
    // SAFETY: The type has no size, so that there is nothing to be wrong in it; what it stands
    // for is true by the caller's duty, and dropping it does nothing.
    ManuallyDrop::new(unsafe { core::mem::zeroed() })
}

/// Waits, when dropped, until nobody runs code of the module any more: neither a task that
/// was in the midst of a callback when that was taken down, nor RCU for an object given to
/// `RcuBox::free`.
///
/// A module holds one as the last field of its state, or else its text could be unloaded
/// before that.
pub(crate) struct Barrier;

impl Drop for Barrier {
    fn drop(&mut self) {
        // A socket that is being closed calls us outside of any read section.
        // SAFETY: Process context.
        unsafe { bindings::helpers::synchronize_rcu_tasks() };
        rcu::rcu_barrier();
    }
}
