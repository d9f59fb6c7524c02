// SPDX-License-Identifier: GPL-2.0

//! Fuzz target: one datagram, all properties.

#![no_main]

#[path = "../body.rs"]
#[allow(dead_code)]
mod body;

libfuzzer_sys::fuzz_target!(|data: &[u8]| body::check(data));
