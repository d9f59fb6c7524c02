// SPDX-License-Identifier: GPL-2.0

//! GETPDP and DELPDP: contexts are shown and go.

use super::{
    super::{
        device::Gtp,
        pdp::{
            bearer_key,
            Family,
            TunnelId,
            BY_MS,
            BY_TUNNEL, //
        },
        uapi::{
            attr,
            cmd,
            AF_INET,
            AF_INET6, //
        },
    },
    notify::{
        fill,
        fill_with_usage,
        notify, //
    },
    request::{
        bearer,
        device,
        family,
        ms_prefix,
        version, //
    },
    FAMILY,
};
use crate::{
    net::{
        extack::ExtAck,
        genl::{
            Command,
            Dump,
            DumpRequest,
            Request, //
        },
        link::{
            Device,
            Driver, //
        },
        nlattr::{
            Attrs,
            Writer, //
        },
        table::Key, //
    },
    wire::{
        Teid,
        Tid, //
    },
};
use core::net::IpAddr;
use kernel::{
    prelude::*,
    sync::rcu, //
};

/// Reads which context of a device a request is about, as index and key.
pub(super) fn which(attrs: &Attrs<'_>, extack: &mut ExtAck<'_>) -> Result<(usize, Key)> {
    let family = family(attrs);
    if let Some(ms) = attrs.get(attr::MS_ADDRESS) {
        if family != AF_INET {
            return Err(extack.fail_attr(
                EINVAL,
                ms,
                c"GTPA_MS_ADDRESS takes GTPA_FAMILY to be AF_INET",
            ));
        }
        let bearer = bearer(attrs, extack)?;
        return Ok((BY_MS, bearer_key(IpAddr::V4(ms.ipv4()), bearer)));
    }
    if let Some(ms) = attrs.get(attr::MS_ADDR6) {
        if family != AF_INET6 {
            return Err(extack.fail_attr(
                EINVAL,
                ms,
                c"GTPA_MS_ADDR6 takes GTPA_FAMILY to be AF_INET6",
            ));
        }
    }
    if let Some(ms) = ms_prefix(attrs, extack)? {
        return Ok((BY_MS, bearer_key(ms, bearer(attrs, extack)?)));
    }
    let id = match (
        version(attrs, extack)?,
        attrs.get(attr::TID),
        attrs.get(attr::I_TEI),
    ) {
        (0, Some(tid), _) => TunnelId::V0(Tid(tid.u64())),
        (1, _, Some(teid)) => TunnelId::V1(Teid(teid.u32())),
        _ => {
            return Err(extack.fail(
                EINVAL,
                c"Which context? Give GTPA_MS_ADDRESS, GTPA_MS_ADDR6, GTPA_TID or GTPA_I_TEI",
            ))
        }
    };
    let family = match family {
        AF_INET => Family::Inet,
        AF_INET6 => Family::Inet6,
        // No context is of another family.
        _ => return Err(extack.fail(ENOENT, c"No such context")),
    };
    Ok((BY_TUNNEL, id.key(family)))
}

/// DELPDP: removes a context.
pub(super) struct DelPdp;

impl Command for DelPdp {
    const CMD: u8 = cmd::DELPDP;

    fn run(request: &Request<'_>, extack: &mut ExtAck<'_>) -> Result {
        let attrs = request.attrs();
        version(&attrs, extack)?;
        let (net, dev) = device(request, extack)?;
        let (index, key) = which(&attrs, extack)?;
        let mut contexts = dev.data().contexts.lock();
        let pdp = contexts
            .remove(index, &key)
            .ok_or_else(|| extack.fail(ENOENT, c"No such context"))?;
        notify(&net, &dev, cmd::DELPDP, &pdp);
        dev.data().routes.leave(&contexts, &pdp);
        drop(contexts);
        dev.data().paths.leave(&dev, pdp);
        Ok(())
    }
}

/// GETPDP: gets a context, or all.
pub(super) struct GetPdp;

impl Command for GetPdp {
    const CMD: u8 = cmd::GETPDP;

    fn run(request: &Request<'_>, extack: &mut ExtAck<'_>) -> Result {
        let attrs = request.attrs();
        version(&attrs, extack)?;
        let (_net, dev) = device(request, extack)?;
        let (index, key) = which(&attrs, extack)?;
        let mut answer = request.answer(&FAMILY, cmd::NEWPDP)?;
        {
            let rcu = rcu::read_lock();
            let pdp = dev
                .data()
                .contexts
                .find(index, &key, &rcu)
                .ok_or_else(|| extack.fail(ENOENT, c"No such context"))?;
            match attrs.get(attr::STATS) {
                None => fill(&mut answer.writer(), &dev, pdp)?,
                Some(_) => fill_with_usage(&mut answer.writer(), &dev, pdp)?,
            }
        }
        request.send(answer)
    }
}

impl Dump for GetPdp {
    const CMD: u8 = cmd::GETPDP;

    /// Goes on from the device and the context whose numbers it has left in the
    /// state. Contexts keep their numbers, so that one that is there all the time
    /// comes exactly once, whatever happens to others.
    fn dump(request: &mut DumpRequest<'_>) -> Result {
        let fill = match request.attrs().get(attr::STATS) {
            None => fill,
            Some(_) => fill_with_usage,
        };
        dump(
            request,
            cmd::NEWPDP,
            |gtp, id, rcu| gtp.contexts.next(id, rcu),
            fill,
        )
    }
}

/// Dumps what the devices have of something: those of the caller's namespace, or the one that
/// the request names. `next` finds that with the lowest number from some number on.
///
/// Goes on from the device and the object whose numbers it has left in the state. Objects
/// keep their numbers, so that one that is there all the time comes exactly once, whatever
/// happens to others.
pub(super) fn dump<T>(
    request: &mut DumpRequest<'_>,
    cmd: u8,
    next: for<'a> fn(&'a Gtp, u32, &'a rcu::Guard) -> Option<(u32, &'a T)>,
    fill: fn(&mut Writer<'_>, &Device<Gtp>, &T) -> Result,
) -> Result {
    let net = request.net();
    let only = request
        .attrs()
        .get(attr::LINK)
        .map(|link| (link, link.u32()));
    let [ifindex, id, ..] = *request.state();
    let mut ifindex = u32::try_from(ifindex).unwrap_or(u32::MAX);
    let mut id = u32::try_from(id).unwrap_or(u32::MAX);
    if let Some((link, only)) = only {
        if ifindex == 0 && Gtp::link_type().find(net, only).is_none() {
            return Err(request
                .extack()
                .fail_attr(ENODEV, link, c"No gtp device has this number"));
        }
        ifindex = ifindex.max(only);
    }
    let rcu = rcu::read_lock();
    'devices: while let Some(dev) = Gtp::link_type().next(net, ifindex, &rcu) {
        if dev.ifindex() != ifindex {
            ifindex = dev.ifindex();
            id = 0;
        }
        if only.is_some_and(|(_, only)| only != ifindex) {
            break;
        }
        while let Some((found, object)) = next(dev.data(), id, &rcu) {
            id = found;
            if !request.entry(&FAMILY, cmd, |writer| fill(writer, dev, object)) {
                break 'devices;
            }
            match id.checked_add(1) {
                Some(next) => id = next,
                None => break,
            }
        }
        ifindex = ifindex.saturating_add(1);
        id = 0;
    }
    let [left_ifindex, left_id, ..] = request.state();
    *left_ifindex = isize::try_from(ifindex).unwrap_or(isize::MAX);
    *left_id = isize::try_from(id).unwrap_or(isize::MAX);
    Ok(())
}

/// The same where validation is strict: refuses what a dump does not act on.
pub(super) fn dump_strict<T>(
    request: &mut DumpRequest<'_>,
    cmd: u8,
    next: for<'a> fn(&'a Gtp, u32, &'a rcu::Guard) -> Option<(u32, &'a T)>,
    fill: fn(&mut Writer<'_>, &Device<Gtp>, &T) -> Result,
) -> Result {
    let attrs = request.attrs();
    if let Some((kind, attr)) = attrs.iter().find(|(kind, _)| *kind != attr::LINK) {
        let text = if kind == attr::NET_NS_FD {
            c"A dump is of the caller's namespace: open the netlink socket in the other one"
        } else {
            c"A dump takes GTPA_LINK only, which picks one link"
        };
        return Err(request.extack().fail_attr(EINVAL, attr, text));
    }
    dump(request, cmd, next, fill)
}
