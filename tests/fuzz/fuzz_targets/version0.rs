// SPDX-License-Identifier: GPL-2.0

//! Fuzz target: a datagram of version 0: header, signalling, what is emitted again.

#![no_main]

#[path = "../body.rs"]
#[allow(dead_code)]
mod body;

libfuzzer_sys::fuzz_target!(|data: &[u8]| body::check_version_0(data));
