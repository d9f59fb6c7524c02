// SPDX-License-Identifier: GPL-2.0

//! What requests have in common: the attributes that several commands read.

use super::super::{
    bearer::Bearer,
    device::Gtp,
    uapi::{
        attr,
        AF_INET, //
    },
};
use crate::{
    net::{
        extack::ExtAck,
        genl::Request,
        link::{
            DeviceRef,
            Driver, //
        },
        netns::NetRef,
        nlattr::{
            Attr,
            Attrs, //
        }, //
    },
    wire::inner::interface_id,
};
use core::net::IpAddr;
use kernel::prelude::*;

/// What is said when no device is named.
pub(super) const NO_LINK: &CStr = c"GTPA_LINK is missing: the number of a gtp device";

/// Fails with EINVAL and a message about the missing attribute `kind`.
pub(super) fn missing<T>(extack: &mut ExtAck<'_>, kind: u16, message: &'static CStr) -> Result<T> {
    Err(extack.fail_missing(EINVAL, kind, message))
}

/// Reads the version of the protocol, which every command needs.
pub(super) fn version(attrs: &Attrs<'_>, extack: &mut ExtAck<'_>) -> Result<u32> {
    match attrs.get(attr::VERSION) {
        Some(version) => Ok(version.u32()),
        None => missing(extack, attr::VERSION, c"GTPA_VERSION is missing: 0 or 1"),
    }
}

/// Finds the device that a request names, and the namespace that it is in.
pub(super) fn device(
    request: &Request<'_>,
    extack: &mut ExtAck<'_>,
) -> Result<(NetRef, DeviceRef<Gtp>)> {
    let attrs = request.attrs();
    let Some(link) = attrs.get(attr::LINK) else {
        return missing(extack, attr::LINK, NO_LINK);
    };
    let net = match attrs.get(attr::NET_NS_FD) {
        None => request.net().get().ok_or(ENODEV)?,
        Some(fd) => NetRef::from_fd(fd.i32()).map_err(|_| {
            extack.fail_attr(
                ENODEV,
                fd,
                c"Not the file descriptor of a network namespace",
            )
        })?,
    };
    if let Some(fd) = attrs.get(attr::NET_NS_FD) {
        if !request.is_admin_of(&net) {
            return Err(extack.fail_attr(EPERM, fd, c"It takes CAP_NET_ADMIN over that namespace"));
        }
    }
    match Gtp::link_type().find(&net, link.u32()) {
        Some(dev) => Ok((net, dev)),
        None => Err(extack.fail_attr(ENODEV, link, c"No gtp device has this number")),
    }
}

/// Reads an attribute whose value is one octet.
pub(super) fn octet(attr: Attr<'_>, extack: &mut ExtAck<'_>) -> Result<u8> {
    match attr.bytes() {
        [octet] => Ok(*octet),
        _ => Err(extack.fail_attr(EINVAL, attr, c"The attribute's value is one octet")),
    }
}

/// Reads which bearer of an MS a request is about.
pub(super) fn bearer(attrs: &Attrs<'_>, extack: &mut ExtAck<'_>) -> Result<Bearer> {
    match attrs.get(attr::BEARER) {
        None => Ok(Bearer::DEFAULT),
        Some(attr) => Bearer::new(octet(attr, extack)?)
            .ok_or_else(|| extack.fail_attr(ERANGE, attr, c"A bearer is 0 to 63")),
    }
}

/// Reads the address family of the MS.
pub(super) fn family(attrs: &Attrs<'_>) -> u8 {
    attrs
        .get(attr::FAMILY)
        .map_or(AF_INET, |family| family.u8())
}

/// Reads the IPv6 prefix of an MS.
pub(super) fn ms_prefix(attrs: &Attrs<'_>, extack: &mut ExtAck<'_>) -> Result<Option<IpAddr>> {
    let Some(ms) = attrs.get(attr::MS_ADDR6) else {
        return Ok(None);
    };
    if interface_id(ms.ipv6()) != 0 {
        return Err(extack.fail_attr(
            EADDRNOTAVAIL,
            ms,
            c"An MS has a /64 prefix: the low 64 bits must be zero",
        ));
    }
    Ok(Some(IpAddr::V6(ms.ipv6())))
}
