// SPDX-License-Identifier: GPL-2.0

//! Fuzz target: an extension header at any offset, and the PDU session container in it.

#![no_main]

#[path = "../body.rs"]
#[allow(dead_code)]
mod body;

libfuzzer_sys::fuzz_target!(|data: &[u8]| body::check_extensions(data));
