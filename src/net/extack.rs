// SPDX-License-Identifier: GPL-2.0

//! Extended acknowledgements: what netlink tells a caller beside the errno.
//!
//! C header: `include/linux/netlink.h`.

use super::{
    bindings,
    nlattr::Attr, //
};
use core::marker::PhantomData;
use kernel::{
    prelude::*,
    str::CStrExt, //
};

/// Where the message for the caller of a netlink request goes.
///
/// # Invariants
///
/// The pointer is null or valid for writing during `'a`.
pub(crate) struct ExtAck<'a>(*mut bindings::netlink_ext_ack, PhantomData<&'a mut ()>);

impl ExtAck<'_> {
    /// Wraps the pointer that a netlink callback was given.
    ///
    /// # Safety
    ///
    /// `ptr` must be null or valid for writing during the lifetime of the result.
    pub(super) unsafe fn from_raw(ptr: *mut bindings::netlink_ext_ack) -> Self {
        // INVARIANT: The caller's duty.
        Self(ptr, PhantomData)
    }

    /// Leaves `message` for the caller and returns `error`.
    pub(crate) fn fail(&mut self, error: Error, message: &'static CStr) -> Error {
        self.set(message, core::ptr::null());
        error
    }

    /// Leaves `message` about the attribute `attr` and returns `error`.
    pub(crate) fn fail_attr(
        &mut self,
        error: Error,
        attr: Attr<'_>,
        message: &'static CStr,
    ) -> Error {
        self.set(message, attr.as_ptr());
        error
    }

    /// Leaves `message` about the missing attribute of type `kind` and returns
    /// `error`.
    pub(crate) fn fail_missing(
        &mut self,
        error: Error,
        kind: u16,
        message: &'static CStr,
    ) -> Error {
        self.set(message, core::ptr::null());
        if !self.0.is_null() {
            // SAFETY: By the type invariant a pointer that is not null can be written.
            unsafe { (*self.0).miss_type = kind };
        }
        error
    }

    /// Sets message and attribute.
    fn set(&mut self, message: &'static CStr, attr: *const bindings::nlattr) {
        if self.0.is_null() {
            return;
        }
        // SAFETY: By the type invariant the pointer can be written. The message is
        // static, and the attribute is part of the request that is answered.
        unsafe {
            (*self.0)._msg = message.as_char_ptr();
            (*self.0).bad_attr = attr;
        }
    }
}
