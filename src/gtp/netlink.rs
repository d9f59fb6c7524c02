// SPDX-License-Identifier: GPL-2.0

//! The generic netlink family "gtp": management of PDP contexts.
//!
//! Commands run in parallel. What is done to the contexts of one device is put in
//! order by the lock of its table.

use super::{
    device::{
        Gtp,
        SocketRole, //
    },
    path,
    pdp::{
        ms_key,
        Family,
        Pdp,
        Tunnel,
        TunnelId,
        Version,
        BY_MS,
        BY_TUNNEL, //
    },
    uapi::{
        attr,
        cmd,
        AF_INET,
        AF_INET6, //
    },
};
use crate::{
    net::{
        extack::ExtAck,
        genl::{
            self,
            Command,
            Dump,
            DumpRequest,
            Group,
            Message,
            Op,
            Request,
            NLM_F_EXCL,
            NLM_F_REPLACE, //
        },
        link::{
            Device,
            DeviceRef,
            Driver, //
        },
        netns::NetRef,
        nlattr::{
            Attrs,
            Policy,
            Rule,
            Writer, //
        },
        table::{
            Key,
            Unpublished, //
        },
        udp::{
            Path,
            Receiver, //
        },
    },
    wire::{
        inner::interface_id,
        FlowLabel,
        Teid,
        Tid, //
    },
};
use core::net::IpAddr;
use kernel::{
    prelude::*,
    sync::rcu, //
};

/// The family.
pub(crate) static FAMILY: genl::Family = genl::Family::new(
    kernel::module::this_module::<crate::LocalModule>(),
    c"gtp",
    &POLICY,
    &OPS,
    &GROUPS,
    cmd::ECHOREQ + 1,
);

/// What the attributes must look like.
static POLICY: Policy<14> = Policy::new(&[
    (attr::LINK, Rule::U32),
    (attr::VERSION, Rule::U32),
    (attr::TID, Rule::U64),
    (attr::PEER_ADDRESS, Rule::U32),
    (attr::MS_ADDRESS, Rule::U32),
    (attr::FLOW, Rule::U16),
    (attr::NET_NS_FD, Rule::U32),
    (attr::I_TEI, Rule::U32),
    (attr::O_TEI, Rule::U32),
    (attr::PEER_ADDR6, Rule::AtLeast(16)),
    (attr::MS_ADDR6, Rule::AtLeast(16)),
    (attr::FAMILY, Rule::U8),
]);

/// The commands.
static OPS: [Op; 4] = [
    Op::lenient::<NewPdp>(),
    Op::lenient::<DelPdp>(),
    Op::lenient_with_dump::<GetPdp>(),
    Op::lenient::<EchoReq>(),
];

/// The multicast groups.
static GROUPS: [Group; 1] = [Group::for_admins(c"gtp")];

/// Index of the group that is told of changes.
const GROUP: u32 = 0;

/// What is said when no device is named.
const NO_LINK: &CStr = c"GTPA_LINK is missing: the number of a gtp device";

/// Fails with EINVAL and a message about the missing attribute `kind`.
fn missing<T>(extack: &mut ExtAck<'_>, kind: u16, message: &'static CStr) -> Result<T> {
    Err(extack.fail_missing(EINVAL, kind, message))
}

/// Reads the version of the protocol, which every command needs.
fn version(attrs: &Attrs<'_>, extack: &mut ExtAck<'_>) -> Result<u32> {
    match attrs.get(attr::VERSION) {
        Some(version) => Ok(version.u32()),
        None => missing(extack, attr::VERSION, c"GTPA_VERSION is missing: 0 or 1"),
    }
}

/// Finds the device that a request names.
fn device(request: &Request<'_>, extack: &mut ExtAck<'_>) -> Result<DeviceRef<Gtp>> {
    let attrs = request.attrs();
    let Some(link) = attrs.get(attr::LINK) else {
        return missing(extack, attr::LINK, NO_LINK);
    };
    let net = match attrs.get(attr::NET_NS_FD) {
        None => request.net().get(),
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
    Gtp::link_type()
        .find(&net, link.u32())
        .ok_or_else(|| extack.fail_attr(ENODEV, link, c"No gtp device has this number"))
}

/// Reads the address family of the MS.
fn family(attrs: &Attrs<'_>) -> u8 {
    attrs
        .get(attr::FAMILY)
        .map_or(AF_INET, |family| family.u8())
}

/// Reads the IPv6 prefix of an MS.
fn ms_prefix(attrs: &Attrs<'_>, extack: &mut ExtAck<'_>) -> Result<Option<IpAddr>> {
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

/// NEWPDP: adds a context, or updates one of which one key is known.
struct NewPdp;

impl NewPdp {
    /// Reads the identifiers of the tunnel.
    fn tunnel(attrs: &Attrs<'_>, extack: &mut ExtAck<'_>) -> Result<Tunnel> {
        match version(attrs, extack)? {
            0 => match (attrs.get(attr::TID), attrs.get(attr::FLOW)) {
                (Some(tid), Some(flow)) => Ok(Tunnel::V0 {
                    tid: Tid(tid.u64()),
                    flow: FlowLabel(flow.u16()),
                }),
                (None, _) => missing(extack, attr::TID, c"Version 0 takes GTPA_TID"),
                (_, None) => missing(extack, attr::FLOW, c"Version 0 takes GTPA_FLOW"),
            },
            1 => match (attrs.get(attr::I_TEI), attrs.get(attr::O_TEI)) {
                (Some(i_tei), Some(o_tei)) => Ok(Tunnel::V1 {
                    i_tei: Teid(i_tei.u32()),
                    o_tei: Teid(o_tei.u32()),
                }),
                (None, _) => missing(extack, attr::I_TEI, c"Version 1 takes GTPA_I_TEI"),
                (_, None) => missing(extack, attr::O_TEI, c"Version 1 takes GTPA_O_TEI"),
            },
            _ => Err(extack.fail(EINVAL, c"GTPA_VERSION is 0 or 1")),
        }
    }

    /// Reads the address of the peer, which must be of the family of a socket that the
    /// device has for this version.
    fn peer(
        attrs: &Attrs<'_>,
        gtp: &Gtp,
        version: Version,
        extack: &mut ExtAck<'_>,
    ) -> Result<IpAddr> {
        let has = |ipv6| !gtp.slot(SocketRole { version, ipv6 }).is_empty();
        if !has(false) && !has(true) {
            return Err(extack.fail(
                ENODEV,
                match version {
                    Version::V0 => c"The device has no socket for version 0",
                    Version::V1 => c"The device has no socket for version 1",
                },
            ));
        }
        match (attrs.get(attr::PEER_ADDRESS), attrs.get(attr::PEER_ADDR6)) {
            (None, None) => missing(
                extack,
                attr::PEER_ADDRESS,
                c"The peer is missing: GTPA_PEER_ADDRESS or GTPA_PEER_ADDR6",
            ),
            (Some(peer), _) if !has(false) => Err(extack.fail_attr(
                EAFNOSUPPORT,
                peer,
                c"The device has an IPv6 socket: give GTPA_PEER_ADDR6",
            )),
            (_, Some(peer)) if !has(true) => Err(extack.fail_attr(
                EAFNOSUPPORT,
                peer,
                c"The device has an IPv4 socket: give GTPA_PEER_ADDRESS",
            )),
            (Some(_), Some(peer)) => Err(extack.fail_attr(
                EINVAL,
                peer,
                c"A context has one peer: GTPA_PEER_ADDRESS or GTPA_PEER_ADDR6",
            )),
            (Some(peer), None) => Ok(IpAddr::V4(peer.ipv4())),
            (None, Some(peer)) => Ok(IpAddr::V6(peer.ipv6())),
        }
    }

    /// Reads the address of the MS. That an IPv6 prefix has an interface identifier
    /// comes up later.
    fn ms(attrs: &Attrs<'_>, extack: &mut ExtAck<'_>) -> Result<IpAddr> {
        let (v4, v6) = (attrs.get(attr::MS_ADDRESS), attrs.get(attr::MS_ADDR6));
        match (family(attrs), v4, v6) {
            (AF_INET, Some(ms), None) => Ok(IpAddr::V4(ms.ipv4())),
            (AF_INET6, None, Some(ms)) => Ok(IpAddr::V6(ms.ipv6())),
            (AF_INET, Some(_), Some(ms)) => Err(extack.fail_attr(
                EINVAL,
                ms,
                c"GTPA_MS_ADDR6 takes GTPA_FAMILY to be AF_INET6",
            )),
            (AF_INET, None, _) => missing(
                extack,
                attr::MS_ADDRESS,
                c"An IPv4 context takes GTPA_MS_ADDRESS",
            ),
            (AF_INET6, Some(ms), Some(_)) => Err(extack.fail_attr(
                EINVAL,
                ms,
                c"GTPA_MS_ADDRESS takes GTPA_FAMILY to be AF_INET",
            )),
            (AF_INET6, _, None) => missing(
                extack,
                attr::MS_ADDR6,
                c"An IPv6 context takes GTPA_MS_ADDR6",
            ),
            _ => Err(extack.fail(EAFNOSUPPORT, c"GTPA_FAMILY is AF_INET or AF_INET6")),
        }
    }
}

impl Command for NewPdp {
    const CMD: u8 = cmd::NEWPDP;

    fn run(request: &Request<'_>, extack: &mut ExtAck<'_>) -> Result {
        let attrs = request.attrs();
        if attrs.get(attr::VERSION).is_some() && attrs.get(attr::LINK).is_none() {
            return missing(extack, attr::LINK, NO_LINK);
        }
        let tunnel = Self::tunnel(&attrs, extack)?;
        let dev = device(request, extack)?;
        let gtp = dev.data();
        let peer = Self::peer(&attrs, gtp, tunnel.version(), extack)?;
        let ms = Self::ms(&attrs, extack)?;

        let keys = [
            (BY_TUNNEL, tunnel.id().key(Family::of(ms))),
            (BY_MS, ms_key(ms)),
        ];
        let new = Unpublished::new(Pdp::new(tunnel, ms, peer))?;
        let mut contexts = gtp.contexts.lock();
        let [by_tunnel, by_ms] = keys.map(|(index, key)| contexts.find(index, &key));
        let (known, [(index, key), _]) = match (by_tunnel, by_ms) {
            (None, None) => {
                ms_prefix(&attrs, extack)?;
                let pdp = contexts.insert(new)?;
                notify(&dev, cmd::NEWPDP, pdp);
                return Ok(());
            }
            (Some(known), _) => (known, keys),
            (None, Some(known)) => {
                let [tunnel, ms] = keys;
                (known, [ms, tunnel])
            }
        };
        let flags = request.flags();
        if flags & NLM_F_EXCL != 0 {
            return Err(match by_ms {
                Some(_) => extack.fail(EEXIST, c"A context with this MS exists"),
                None => extack.fail(EEXIST, c"A context with this tunnel exists"),
            });
        }
        if let (Some(by_tunnel), Some(by_ms)) = (by_tunnel, by_ms) {
            if !core::ptr::eq(by_tunnel, by_ms) {
                return Err(extack.fail(
                    EEXIST,
                    c"One context has this MS, and another one has this tunnel",
                ));
            }
            if flags & NLM_F_REPLACE == 0 {
                return Err(extack.fail(
                    EEXIST,
                    c"The context exists: NLM_F_REPLACE would replace it",
                ));
            }
        }
        ms_prefix(&attrs, extack)?;
        new.go_on_from(known);
        let (pdp, _old) = contexts.replace(index, &key, new)?;
        notify(&dev, cmd::NEWPDP, pdp);
        Ok(())
    }
}

/// Reads which context of a device a request is about, as index and key.
fn which(attrs: &Attrs<'_>, extack: &mut ExtAck<'_>) -> Result<(usize, Key)> {
    let family = family(attrs);
    if let Some(ms) = attrs.get(attr::MS_ADDRESS) {
        if family != AF_INET {
            return Err(extack.fail_attr(
                EINVAL,
                ms,
                c"GTPA_MS_ADDRESS takes GTPA_FAMILY to be AF_INET",
            ));
        }
        return Ok((BY_MS, ms_key(IpAddr::V4(ms.ipv4()))));
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
        return Ok((BY_MS, ms_key(ms)));
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
struct DelPdp;

impl Command for DelPdp {
    const CMD: u8 = cmd::DELPDP;

    fn run(request: &Request<'_>, extack: &mut ExtAck<'_>) -> Result {
        let attrs = request.attrs();
        version(&attrs, extack)?;
        let dev = device(request, extack)?;
        let (index, key) = which(&attrs, extack)?;
        let mut contexts = dev.data().contexts.lock();
        let pdp = contexts
            .remove(index, &key)
            .ok_or_else(|| extack.fail(ENOENT, c"No such context"))?;
        notify(&dev, cmd::DELPDP, &pdp);
        Ok(())
    }
}

/// GETPDP: gets a context, or all.
struct GetPdp;

impl Command for GetPdp {
    const CMD: u8 = cmd::GETPDP;

    fn run(request: &Request<'_>, extack: &mut ExtAck<'_>) -> Result {
        let attrs = request.attrs();
        version(&attrs, extack)?;
        let dev = device(request, extack)?;
        let (index, key) = which(&attrs, extack)?;
        let mut answer = request.answer(&FAMILY, cmd::NEWPDP)?;
        {
            let rcu = rcu::read_lock();
            let pdp = dev
                .data()
                .contexts
                .find(index, &key, &rcu)
                .ok_or_else(|| extack.fail(ENOENT, c"No such context"))?;
            fill(&mut answer.writer(), &dev, pdp)?;
        }
        request.send(answer)
    }
}

impl Dump for GetPdp {
    /// Goes on from the device and the context whose numbers it has left in the
    /// state. Contexts keep their numbers, so that one that is there all the time
    /// comes exactly once, whatever happens to others.
    fn dump(request: &mut DumpRequest<'_>) -> Result {
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
                return Err(request.extack().fail_attr(
                    ENODEV,
                    link,
                    c"No gtp device has this number",
                ));
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
            while let Some((found, pdp)) = dev.data().contexts.next(id, &rcu) {
                id = found;
                if !request.entry(&FAMILY, cmd::NEWPDP, |writer| fill(writer, dev, pdp)) {
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
}

/// ECHOREQ: sends an echo request to a peer. The response is told to the group.
struct EchoReq;

impl EchoReq {
    /// Reads an address that is given in either family.
    fn address(attrs: &Attrs<'_>, v4: u16, v6: u16) -> Option<IpAddr> {
        attrs
            .get(v4)
            .map(|address| IpAddr::V4(address.ipv4()))
            .or_else(|| attrs.get(v6).map(|address| IpAddr::V6(address.ipv6())))
    }
}

impl Command for EchoReq {
    const CMD: u8 = cmd::ECHOREQ;

    fn run(request: &Request<'_>, extack: &mut ExtAck<'_>) -> Result {
        let attrs = request.attrs();
        let version = version(&attrs, extack)?;
        if attrs.get(attr::LINK).is_none() {
            return missing(extack, attr::LINK, NO_LINK);
        }
        let Some(peer) = Self::address(&attrs, attr::PEER_ADDRESS, attr::PEER_ADDR6) else {
            return missing(
                extack,
                attr::PEER_ADDRESS,
                c"The peer is missing: GTPA_PEER_ADDRESS or GTPA_PEER_ADDR6",
            );
        };
        let Some(local) = Self::address(&attrs, attr::MS_ADDRESS, attr::MS_ADDR6) else {
            return missing(
                extack,
                attr::MS_ADDRESS,
                c"Our address is missing: GTPA_MS_ADDRESS or GTPA_MS_ADDR6",
            );
        };
        let dev = device(request, extack)?;
        let rcu = rcu::read_lock();
        let socket = |version, ipv6| dev.data().slot(SocketRole { version, ipv6 }).get(&rcu);
        let is_ours = |version, ipv6| {
            socket(version, ipv6).is_some_and(|endpoint| !endpoint.is_read_by_process())
        };
        if ![Version::V0, Version::V1]
            .into_iter()
            .any(|version| is_ours(version, false) || is_ours(version, true))
        {
            return Err(extack.fail(
                EOPNOTSUPP,
                c"The sockets are a process': echo is that process' task",
            ));
        }
        if !dev.is_up() {
            return Err(extack.fail(ENETDOWN, c"The device is down"));
        }
        let version = match version {
            0 => Version::V0,
            1 => Version::V1,
            _ => return Err(extack.fail(ENODEV, c"GTPA_VERSION is 0 or 1")),
        };
        let endpoint = socket(version, peer.is_ipv6()).ok_or_else(|| {
            extack.fail(
                EAFNOSUPPORT,
                c"The addresses are not of the family of the device's sockets",
            )
        })?;
        path::send_echo_request(&dev, endpoint, peer, local).map_err(|error| match error {
            EAFNOSUPPORT => extack.fail(
                EAFNOSUPPORT,
                c"The addresses are not of the family of the device's sockets",
            ),
            ENOMEM => ENOMEM,
            _ => extack.fail(ENODEV, c"No route from our address to the peer"),
        })
    }
}

/// Writes what a message says of a context.
fn fill(writer: &mut Writer<'_>, dev: &Device<Gtp>, pdp: &Pdp) -> Result {
    writer.put_u32(attr::VERSION, u32::from(pdp.tunnel.version().number()))?;
    writer.put_u32(attr::LINK, dev.ifindex())?;
    writer.put_u8(attr::FAMILY, Family::of(pdp.ms).number())?;
    put_address(writer, pdp.ms, attr::MS_ADDRESS, attr::MS_ADDR6)?;
    put_address(writer, pdp.peer, attr::PEER_ADDRESS, attr::PEER_ADDR6)?;
    match pdp.tunnel {
        Tunnel::V0 { tid, flow } => {
            writer.put_u64(attr::TID, tid.0, attr::PAD)?;
            writer.put_u16(attr::FLOW, flow.0)
        }
        Tunnel::V1 { i_tei, o_tei } => {
            writer.put_u32(attr::I_TEI, i_tei.0)?;
            writer.put_u32(attr::O_TEI, o_tei.0)
        }
    }
}

/// Writes an address as the attribute for its family.
fn put_address(writer: &mut Writer<'_>, address: IpAddr, v4: u16, v6: u16) -> Result {
    match address {
        IpAddr::V4(address) => writer.put(v4, &address.octets()),
        IpAddr::V6(address) => writer.put(v6, &address.octets()),
    }
}

/// Tells the listeners in the device's namespace of something. Any context.
fn notify_of(dev: &Device<Gtp>, cmd: u8, fill: impl FnOnce(&mut Writer<'_>) -> Result) {
    if !FAMILY.has_listeners(dev.net(), GROUP) {
        return;
    }
    let Ok(mut message) = Message::notification_atomic(&FAMILY, cmd) else {
        return;
    };
    if fill(&mut message.writer()).is_ok() {
        message.multicast(dev.net(), GROUP);
    }
}

/// Tells the listeners that a peer has answered our echo request.
pub(super) fn notify_echo_response(dev: &Device<Gtp>, version: Version, path: &Path) {
    notify_of(dev, cmd::ECHOREQ, |writer| {
        writer.put_u32(attr::VERSION, u32::from(version.number()))?;
        put_address(writer, path.peer, attr::PEER_ADDRESS, attr::PEER_ADDR6)?;
        put_address(writer, path.local, attr::MS_ADDRESS, attr::MS_ADDR6)
    });
}

/// Tells the listeners that all contexts of a device are gone.
pub(super) fn notify_flush(dev: &Device<Gtp>) {
    notify_of(dev, cmd::FLUSH, |writer| {
        writer.put_u32(attr::LINK, dev.ifindex())
    });
}

/// Tells the listeners that a peer does not know a tunnel of ours any more.
pub(super) fn notify_error_indication(dev: &Device<Gtp>, id: TunnelId, path: &Path) {
    notify_of(dev, cmd::ERROR_INDICATION, |writer| {
        let version = match id {
            TunnelId::V0(_) => Version::V0,
            TunnelId::V1(_) => Version::V1,
        };
        writer.put_u32(attr::VERSION, u32::from(version.number()))?;
        writer.put_u32(attr::LINK, dev.ifindex())?;
        put_address(writer, path.peer, attr::PEER_ADDRESS, attr::PEER_ADDR6)?;
        match id {
            TunnelId::V0(tid) => writer.put_u64(attr::TID, tid.0, attr::PAD),
            TunnelId::V1(teid) => writer.put_u32(attr::O_TEI, teid.0),
        }
    });
}

/// Tells the listeners in the device's namespace what has happened to a context. What
/// has happened stays so if they cannot be told.
fn notify(dev: &Device<Gtp>, cmd: u8, pdp: &Pdp) {
    if !FAMILY.has_listeners(dev.net(), GROUP) {
        return;
    }
    let Ok(mut message) = Message::notification(&FAMILY, cmd) else {
        return;
    };
    if fill(&mut message.writer(), dev, pdp).is_ok() {
        message.multicast(dev.net(), GROUP);
    }
}
