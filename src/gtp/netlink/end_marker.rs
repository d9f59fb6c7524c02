// SPDX-License-Identifier: GPL-2.0

//! END_MARKER: the stream of G-PDUs on a tunnel ends.

use super::{
    super::{
        end_marker,
        uapi::{
            attr,
            cmd, //
        },
    },
    get::which,
    request::{
        device,
        missing,
        version,
        NO_LINK, //
    },
};
use crate::net::{
    extack::ExtAck,
    genl::{
        Command,
        Request, //
    },
};
use kernel::{
    prelude::*,
    sync::rcu, //
};

/// Length of an IPv6 address in octets.
const ADDR6_LEN: usize = 16;

/// END_MARKER: sends one on the tunnel of a context.
pub(super) struct EndMarker;

impl Command for EndMarker {
    const CMD: u8 = cmd::END_MARKER;

    fn run(request: &Request<'_>, extack: &mut ExtAck<'_>) -> Result {
        let attrs = request.attrs();
        let version = version(&attrs, extack)?;
        if attrs.get(attr::LINK).is_none() {
            return missing(extack, attr::LINK, NO_LINK);
        }
        // All that the kernel knows of it is a minimum length.
        if let Some(ms) = attrs.get(attr::MS_ADDR6) {
            if ms.bytes().len() != ADDR6_LEN {
                return Err(extack.fail_attr(EINVAL, ms, c"An IPv6 address has 16 octets"));
            }
        }
        let (_net, dev) = device(request, extack)?;
        if version != 1 {
            return Err(extack.fail(EINVAL, c"Only version 1 has End Markers"));
        }
        let (index, key) = which(&attrs, extack)?;
        if !dev.is_up() {
            return Err(extack.fail(ENETDOWN, c"The device is down"));
        }
        let rcu = rcu::read_lock();
        let pdp = dev
            .data()
            .contexts
            .find(index, &key, &rcu)
            .ok_or_else(|| extack.fail(ENOENT, c"No such context"))?;
        end_marker::EndMarker::of(pdp)
            .ok_or_else(|| extack.fail(EINVAL, c"The context is of version 0: no End Markers"))?
            .send(&dev, &rcu)
            .map_err(|error| match error {
                ENOMEM => ENOMEM,
                ENOTCONN => extack.fail(ENOTCONN, c"The socket of the tunnel is closed"),
                error => extack.fail(error, c"No route to the peer"),
            })
    }
}
