// SPDX-License-Identifier: GPL-2.0

//! Host side of the GTP-U driver: the codec, shared with the kernel module,
//! and the netlink client.

pub mod client;
pub mod wire;
