// SPDX-License-Identifier: GPL-2.0

//! Netlink client of the GTP-U driver.
