// SPDX-License-Identifier: GPL-2.0

//! How memory is asked for.
//!
//! C header: `include/linux/gfp_types.h`.

use super::bindings;
use kernel::alloc::Flags;

/// Flags of an allocation for what somebody has asked for: memory that is charged to the caller's
/// memory cgroup. Where that has none left the caller is refused, and nobody is killed.
pub(crate) const MAY_FAIL: Flags = {
    assert!(size_of::<Flags>() == size_of::<bindings::gfp_t>());
    // SAFETY: The type is a structure of one field, which is C's flags and, being as large, all
    // that is in it. The kernel's crate has no name for this combination.
    unsafe { core::mem::transmute::<bindings::gfp_t, Flags>(bindings::NET_CONST_GFP_MAY_FAIL) }
};
