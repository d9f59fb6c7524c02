// SPDX-License-Identifier: GPL-2.0

//! What bindgen made of `include/bindings.h`, and the helpers of `helpers.c`.

#![allow(
    clippy::all,
    clippy::as_underscore,
    clippy::cast_lossless,
    clippy::ptr_as_ptr,
    clippy::ref_as_ptr,
    clippy::undocumented_unsafe_blocks,
    dead_code,
    improper_ctypes,
    missing_docs,
    non_camel_case_types,
    non_snake_case,
    non_upper_case_globals,
    unreachable_pub,
    unsafe_op_in_unsafe_fn
)]

use kernel::ffi;

include!(concat!(env!("GTP_OUT"), "/bindings_generated.rs"));

/// The functions `gtp_helper_*` of `helpers.c`, by their names without the prefix.
pub(crate) mod helpers {
    use super::*;
    include!(concat!(env!("GTP_OUT"), "/helpers_generated.rs"));
}
