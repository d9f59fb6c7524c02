// SPDX-License-Identifier: GPL-2.0

//! The GTP-U driver: devices that carry the IP packets of mobile subscribers in
//! tunnels to a GSN (GSM 09.60, TS 29.281).
//!
//! A device has a table of PDP contexts and a UDP socket for each version of the
//! protocol. A packet sent to the device finds its context by the address of the
//! MS and leaves through a socket; a G-PDU received on a socket finds its context
//! by the tunnel endpoint identifier and goes to the stack. Contexts are managed
//! by netlink.

#![forbid(unsafe_code)]
#![deny(
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used
)]

mod bearer;
pub(crate) mod device;
mod end_marker;
mod flow;
mod lookup;
pub(crate) mod netlink;
mod outer;
mod path;
mod paths;
mod pdp;
mod routes;
mod rx;
mod sockets;
mod stats;
mod supervision;
pub(crate) mod tx;
mod uapi;
mod usage;
