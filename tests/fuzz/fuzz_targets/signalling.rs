// SPDX-License-Identifier: GPL-2.0

//! Fuzz target: information elements of either version.

#![no_main]

#[path = "../body.rs"]
#[allow(dead_code)]
mod body;

libfuzzer_sys::fuzz_target!(|data: &[u8]| body::check_elements(data));
