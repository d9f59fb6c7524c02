// SPDX-License-Identifier: GPL-2.0

//! Fuzz target: a T-PDU.

#![no_main]

#[path = "../body.rs"]
#[allow(dead_code)]
mod body;

libfuzzer_sys::fuzz_target!(|data: &[u8]| body::check_inner(data));
