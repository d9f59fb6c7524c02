// SPDX-License-Identifier: GPL-2.0

//! The GTP-U codec: versions 0 (GSM 09.60) and 1 (TS 29.281).
//!
//! Pure functions over octets: no allocation, no panic, no kernel type. The
//! same files are compiled by Kbuild as a module of `gtp.ko` and by cargo as
//! `gtp::wire`, so nothing here names the crate it is in. Every bound is checked
//! where it is used; an input can at worst be refused with an [`Error`].
//!
//! Offsets and lengths are octets counted from the first octet of the GTP
//! header, that is from the start of the UDP payload, unless said otherwise.

#![forbid(unsafe_code)]
#![cfg_attr(
    not(test),
    deny(
        clippy::arithmetic_side_effects,
        clippy::as_conversions,
        clippy::expect_used,
        clippy::indexing_slicing,
        clippy::panic,
        clippy::unwrap_used,
    )
)]
// The kernel module keeps this module private, the host crate publishes it.
#![allow(unreachable_pub)]

mod bytes;
mod error;
pub mod ext;
pub mod ie;
pub mod inner;
pub mod session;
mod types;
pub mod v0;
pub mod v1;

// A re-export that the kernel module does not use yet is not an error there.
#[allow(unused_imports)]
pub use error::{
    Error,
    Step, //
};
#[allow(unused_imports)]
pub use types::{
    is_gtp,
    version_of,
    FlowLabel,
    MessageType,
    Seq,
    Teid,
    Tid,
    Version,
    GTP_U_PORT,
    GTP_V0_PORT, //
};
