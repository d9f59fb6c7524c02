// SPDX-License-Identifier: GPL-2.0

//! `gtptest fuzz`: random packets ([`packets`]), and random requests ([`netlink`]).

pub mod netlink;
pub mod packets;
