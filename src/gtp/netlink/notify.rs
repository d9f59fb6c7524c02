// SPDX-License-Identifier: GPL-2.0

//! What messages say of contexts, and who is told of what.

use super::{
    super::{
        device::Gtp,
        paths,
        pdp::{
            Family,
            Pdp,
            Tunnel,
            TunnelId,
            Version, //
        },
        routes::Prefix,
        uapi::{
            attr,
            cmd, //
        },
        usage::{
            Usage,
            Which, //
        },
    },
    FAMILY,
    GROUP, //
};
use crate::{
    net::{
        genl::Message,
        link::Device,
        netns::Net,
        nlattr::Writer,
        udp::Path, //
    },
    wire::{
        session,
        Teid, //
    },
};
use core::net::IpAddr;
use kernel::{
    prelude::*,
    sync::rcu, //
};

/// Writes what a message says of a context.
pub(super) fn fill(writer: &mut Writer<'_>, dev: &Device<Gtp>, pdp: &Pdp) -> Result {
    writer.put_u32(attr::VERSION, u32::from(pdp.tunnel.version().number()))?;
    writer.put_u32(attr::LINK, dev.ifindex())?;
    writer.put_u8(attr::FAMILY, Family::of(pdp.ms).number())?;
    put_address(writer, pdp.ms, attr::MS_ADDRESS, attr::MS_ADDR6)?;
    put_address(
        writer,
        pdp.path.peer(),
        attr::PEER_ADDRESS,
        attr::PEER_ADDR6,
    )?;
    match pdp.tunnel {
        Tunnel::V0 { tid, flow } => {
            writer.put_u64(attr::TID, tid.0, attr::PAD)?;
            writer.put_u16(attr::FLOW, flow.0)
        }
        Tunnel::V1 { i_tei, o_tei } => {
            writer.put_u32(attr::I_TEI, i_tei.0)?;
            writer.put_u32(attr::O_TEI, o_tei.0)
        }
    }?;
    if !pdp.bearer.is_default() {
        writer.put_u8(attr::BEARER, pdp.bearer.number())?;
    }
    pdp.session
        .map_or(Ok(()), |session| put_session(writer, session))
}

/// Writes what the G-PDUs of a PDU session carry.
fn put_session(writer: &mut Writer<'_>, session: session::Repr) -> Result {
    writer.put_u8(attr::QFI, session.qfi().get())?;
    let session::Repr::Downlink { rqi, ppi, .. } = session else {
        return Ok(());
    };
    if rqi {
        writer.put_flag(attr::RQI)?;
    }
    match ppi {
        Some(ppi) => writer.put_u8(attr::PPI, ppi.get()),
        None => Ok(()),
    }
}

/// Writes the same, and the context's usage if it is counted.
pub(super) fn fill_with_usage(writer: &mut Writer<'_>, dev: &Device<Gtp>, pdp: &Pdp) -> Result {
    fill(writer, dev, pdp)?;
    match &pdp.usage {
        Some(usage) => usage.fill(writer, None),
        None => Ok(()),
    }
}

/// Writes an address as the attribute for its family.
fn put_address(writer: &mut Writer<'_>, address: IpAddr, v4: u16, v6: u16) -> Result {
    match address {
        IpAddr::V4(address) => writer.put(v4, &address.octets()),
        IpAddr::V6(address) => writer.put(v6, &address.octets()),
    }
}

/// Tells the listeners in `net` of something, in a message begun by `begin`. What has
/// happened stays so if they cannot be told. False if there was no memory for it.
fn tell(
    net: &Net,
    begin: impl FnOnce() -> Result<Message>,
    fill: impl FnOnce(&mut Writer<'_>) -> Result,
) -> bool {
    if !FAMILY.has_listeners(net, GROUP) {
        return true;
    }
    let Ok(mut message) = begin() else {
        return false;
    };
    if fill(&mut message.writer()).is_ok() {
        message.multicast(net, GROUP);
    }
    true
}

/// Tells the listeners in the device's namespace of something. Any context.
fn tell_atomic(
    dev: &Device<Gtp>,
    cmd: u8,
    rcu: &rcu::Guard,
    fill: impl FnOnce(&mut Writer<'_>) -> Result,
) -> bool {
    let begin = || Message::notification_atomic(&FAMILY, cmd);
    tell(dev.net(rcu), begin, fill)
}

/// Tells the listeners that a context has reached a limit. False if there was no memory.
pub(in crate::gtp) fn usage(
    dev: &Device<Gtp>,
    pdp: &Pdp,
    usage: &Usage,
    which: Which,
    rcu: &rcu::Guard,
) -> bool {
    tell_atomic(dev, cmd::USAGE, rcu, |writer| {
        fill(writer, dev, pdp)?;
        usage.fill(writer, Some(which))
    })
}

/// Tells the listeners that a peer has answered our echo request.
pub(in crate::gtp) fn echo_response(
    dev: &Device<Gtp>,
    version: Version,
    path: &Path,
    rcu: &rcu::Guard,
) {
    tell_atomic(dev, cmd::ECHOREQ, rcu, |writer| {
        writer.put_u32(attr::VERSION, u32::from(version.number()))?;
        put_address(writer, path.peer, attr::PEER_ADDRESS, attr::PEER_ADDR6)?;
        put_address(writer, path.local, attr::MS_ADDRESS, attr::MS_ADDR6)
    });
}

/// Writes what a message says of a path.
pub(super) fn fill_path(writer: &mut Writer<'_>, dev: &Device<Gtp>, path: &paths::Path) -> Result {
    writer.put_u32(attr::VERSION, u32::from(path.role.version.number()))?;
    writer.put_u32(attr::LINK, dev.ifindex())?;
    put_address(writer, path.peer(), attr::PEER_ADDRESS, attr::PEER_ADDR6)?;
    writer.nest(attr::PATH, |writer| path.shown.fill(writer))
}

/// Tells the listeners that a path is up, or down. False if there was no memory.
pub(in crate::gtp) fn path(dev: &Device<Gtp>, path: &paths::Path, rcu: &rcu::Guard) -> bool {
    tell_atomic(dev, cmd::PATH, rcu, |writer| fill_path(writer, dev, path))
}

/// Tells the listeners that all contexts of a device are gone.
pub(in crate::gtp) fn flush(dev: &Device<Gtp>) {
    tell_atomic(dev, cmd::FLUSH, &rcu::read_lock(), |writer| {
        writer.put_u32(attr::LINK, dev.ifindex())
    });
}

/// Tells the listeners that a peer does not know a tunnel of ours any more.
pub(in crate::gtp) fn error_indication(
    dev: &Device<Gtp>,
    id: TunnelId,
    path: &Path,
    rcu: &rcu::Guard,
) {
    tell_atomic(dev, cmd::ERROR_INDICATION, rcu, |writer| {
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

/// Tells the listeners that a peer has sent the last G-PDU on a tunnel.
pub(in crate::gtp) fn end_marker(dev: &Device<Gtp>, teid: Teid, path: &Path, rcu: &rcu::Guard) {
    tell_atomic(dev, cmd::END_MARKER, rcu, |writer| {
        writer.put_u32(attr::VERSION, u32::from(Version::V1.number()))?;
        writer.put_u32(attr::LINK, dev.ifindex())?;
        put_address(writer, path.peer, attr::PEER_ADDRESS, attr::PEER_ADDR6)?;
        writer.put_u32(attr::I_TEI, teid.0)
    });
}

/// Writes what a message says of a route.
pub(super) fn fill_route(
    writer: &mut Writer<'_>,
    dev: &Device<Gtp>,
    prefix: &Prefix,
    via: IpAddr,
) -> Result {
    writer.put_u32(attr::LINK, dev.ifindex())?;
    put_address(writer, via, attr::MS_ADDRESS, attr::MS_ADDR6)?;
    put_address(writer, prefix.address(), attr::ROUTE_DST, attr::ROUTE_DST)?;
    writer.put_u8(attr::ROUTE_DST_LEN, prefix.len())
}

/// Tells the listeners in the device's namespace `net` what has happened to a route.
pub(super) fn route(net: &Net, dev: &Device<Gtp>, cmd: u8, prefix: &Prefix, via: IpAddr) {
    let begin = || Message::notification(&FAMILY, cmd);
    tell(net, begin, |writer| fill_route(writer, dev, prefix, via));
}

/// Tells the listeners in the device's namespace `net` what has happened to a context.
pub(super) fn notify(net: &Net, dev: &Device<Gtp>, cmd: u8, pdp: &Pdp) {
    let begin = || Message::notification(&FAMILY, cmd);
    tell(net, begin, |writer| fill(writer, dev, pdp));
}
