// SPDX-License-Identifier: GPL-2.0

//! Property tests of the codec, and the fuzz target's body without a fuzzer.

mod body;
mod mutations;
mod properties;
