// SPDX-License-Identifier: GPL-2.0

//! NEWROUTE, DELROUTE and GETROUTE: framed routes come, change, go and are shown.

use super::{
    super::{
        routes::Prefix,
        uapi::{
            attr,
            cmd, //
        },
    },
    get::dump_strict,
    notify::{
        fill_route,
        route, //
    },
    request::{
        device,
        missing,
        ms_prefix,
        octet,
        NO_LINK, //
    },
    FAMILY,
};
use crate::net::{
    extack::ExtAck,
    genl::{
        Command,
        Dump,
        DumpRequest,
        Request,
        NLM_F_CREATE,
        NLM_F_EXCL,
        NLM_F_REPLACE, //
    },
    nlattr::Attrs, //
};
use core::net::{
    IpAddr,
    Ipv4Addr,
    Ipv6Addr, //
};
use kernel::{
    prelude::*,
    sync::rcu, //
};

/// Length of an IPv6 address in octets.
const ADDR6_LEN: usize = 16;

/// Reads the prefix that a request is about.
fn prefix(attrs: &Attrs<'_>, extack: &mut ExtAck<'_>) -> Result<Prefix> {
    if attrs.get(attr::LINK).is_none() {
        return missing(extack, attr::LINK, NO_LINK);
    }
    let Some(dst) = attrs.get(attr::ROUTE_DST) else {
        return missing(
            extack,
            attr::ROUTE_DST,
            c"GTPA_ROUTE_DST is missing: the first address of a prefix",
        );
    };
    let Some(len_attr) = attrs.get(attr::ROUTE_DST_LEN) else {
        return missing(
            extack,
            attr::ROUTE_DST_LEN,
            c"GTPA_ROUTE_DST_LEN is missing: how many bits the prefix has",
        );
    };
    let len = octet(len_attr, extack)?;
    let address = match *dst.bytes() {
        [a, b, c, d] => IpAddr::V4(Ipv4Addr::new(a, b, c, d)),
        ref bytes => match <[u8; ADDR6_LEN]>::try_from(bytes) {
            Ok(octets) => IpAddr::V6(Ipv6Addr::from(octets)),
            Err(_) => {
                return Err(extack.fail_attr(
                    EINVAL,
                    dst,
                    c"A prefix has 4 octets for IPv4 or 16 for IPv6",
                ))
            }
        },
    };
    if len > if address.is_ipv4() { 32 } else { 128 } {
        return Err(extack.fail_attr(
            EINVAL,
            len_attr,
            c"A prefix has at most 32 bits of IPv4 or 128 of IPv6",
        ));
    }
    let prefix = Prefix::of(address, len);
    if prefix.address() != address {
        return Err(extack.fail_attr(EINVAL, dst, c"Bits behind the prefix are set: clear them"));
    }
    Ok(prefix)
}

/// Checks what the policy does not: all that it knows of an IPv6 address is a minimum length.
fn check_via(attrs: &Attrs<'_>, extack: &mut ExtAck<'_>) -> Result {
    match attrs.get(attr::MS_ADDR6) {
        Some(ms) if ms.bytes().len() != ADDR6_LEN => {
            Err(extack.fail_attr(EINVAL, ms, c"An IPv6 address has 16 octets"))
        }
        _ => Ok(()),
    }
}

/// Reads the address of the MS that a prefix is behind.
fn via(attrs: &Attrs<'_>, prefix: &Prefix, extack: &mut ExtAck<'_>) -> Result<IpAddr> {
    let (via, attr) = match (attrs.get(attr::MS_ADDRESS), attrs.get(attr::MS_ADDR6)) {
        (Some(ms), None) => (IpAddr::V4(ms.ipv4()), ms),
        (None, Some(ms)) => {
            ms_prefix(attrs, extack)?;
            (IpAddr::V6(ms.ipv6()), ms)
        }
        (Some(_), Some(ms)) => {
            return Err(extack.fail_attr(
                EINVAL,
                ms,
                c"A route has one MS: GTPA_MS_ADDRESS or GTPA_MS_ADDR6",
            ))
        }
        (None, None) => {
            return missing(
                extack,
                attr::MS_ADDRESS,
                c"The MS is missing: GTPA_MS_ADDRESS or GTPA_MS_ADDR6",
            )
        }
    };
    if via.is_ipv4() != prefix.address().is_ipv4() {
        return Err(extack.fail_attr(
            EINVAL,
            attr,
            c"The prefix and the address of the MS are of different families",
        ));
    }
    Ok(via)
}

/// NEWROUTE: adds a route, or changes the MS of one.
pub(super) struct NewRoute;

impl Command for NewRoute {
    const CMD: u8 = cmd::NEWROUTE;
    const FLAGS: u16 = NLM_F_CREATE | NLM_F_EXCL | NLM_F_REPLACE;

    fn run(request: &Request<'_>, extack: &mut ExtAck<'_>) -> Result {
        let attrs = request.attrs();
        let prefix = prefix(&attrs, extack)?;
        check_via(&attrs, extack)?;
        let (net, dev) = device(request, extack)?;
        let via = via(&attrs, &prefix, extack)?;
        let replaces = request.flags() & NLM_F_REPLACE != 0;
        let contexts = dev.data().contexts.lock();
        dev.data()
            .routes
            .add(&contexts, prefix, via, replaces)
            .map_err(|error| match error {
                ENOENT => extack.fail(
                    ENOENT,
                    c"No context of a default bearer has this address of the MS",
                ),
                EEXIST => extack.fail(
                    EEXIST,
                    c"This prefix has a route: NLM_F_REPLACE would change it",
                ),
                ENOSPC => extack.fail(ENOSPC, c"The MS has 64 routes: delete one first"),
                error => error,
            })?;
        route(&net, &dev, cmd::NEWROUTE, &prefix, via);
        Ok(())
    }
}

/// DELROUTE: removes a route.
pub(super) struct DelRoute;

impl Command for DelRoute {
    const CMD: u8 = cmd::DELROUTE;

    fn run(request: &Request<'_>, extack: &mut ExtAck<'_>) -> Result {
        let attrs = request.attrs();
        let prefix = prefix(&attrs, extack)?;
        let (net, dev) = device(request, extack)?;
        let contexts = dev.data().contexts.lock();
        let removed = dev
            .data()
            .routes
            .remove(&contexts, &prefix)
            .ok_or_else(|| extack.fail(ENOENT, c"No route for exactly this prefix"))?;
        route(&net, &dev, cmd::DELROUTE, &removed.prefix, removed.via);
        Ok(())
    }
}

/// GETROUTE: gets a route, or all.
pub(super) struct GetRoute;

impl Command for GetRoute {
    const CMD: u8 = cmd::GETROUTE;

    fn run(request: &Request<'_>, extack: &mut ExtAck<'_>) -> Result {
        let attrs = request.attrs();
        let prefix = prefix(&attrs, extack)?;
        let (_net, dev) = device(request, extack)?;
        let mut answer = request.answer(&FAMILY, cmd::NEWROUTE)?;
        {
            let rcu = rcu::read_lock();
            let found = dev
                .data()
                .routes
                .find(&prefix, &rcu)
                .ok_or_else(|| extack.fail(ENOENT, c"No route for exactly this prefix"))?;
            fill_route(&mut answer.writer(), &dev, &found.prefix, found.via)?;
        }
        request.send(answer)
    }
}

impl Dump for GetRoute {
    const CMD: u8 = cmd::GETROUTE;

    fn dump(request: &mut DumpRequest<'_>) -> Result {
        dump_strict(
            request,
            cmd::NEWROUTE,
            |gtp, id, rcu| gtp.routes.next(id, rcu),
            |writer, dev, found| fill_route(writer, dev, &found.prefix, found.via),
        )
    }
}
