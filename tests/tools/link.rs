// SPDX-License-Identifier: GPL-2.0

//! Links: RTM_NEWLINK with every octet under control, and what RTM_GETLINK tells.

use std::os::fd::AsRawFd;

use crate::args::{fail, hex, number, usage, Args, Done};
use crate::attr::{self, LINK};
use crate::ctx::Ctx;
use crate::{netns, pdp};

const IFLA_ADDRESS: u16 = 1;
const IFLA_IFNAME: u16 = 3;
const IFLA_MTU: u16 = 4;
const IFLA_QDISC: u16 = 6;
const IFLA_TXQLEN: u16 = 13;
const IFLA_LINKINFO: u16 = 18;
const IFLA_NET_NS_FD: u16 = 28;
const IFLA_CARRIER: u16 = 33;
const IFLA_LINK_NETNSID: u16 = 37;
const IFLA_MIN_MTU: u16 = 50;
const IFLA_MAX_MTU: u16 = 51;
const IFLA_INFO_KIND: u16 = 1;
const IFLA_INFO_DATA: u16 = 2;

/// `struct ifinfomsg`.
fn header(index: u32, flags: u32, change: u32) -> Vec<u8> {
    let mut body = vec![0; 4];
    body.extend(index.to_ne_bytes());
    body.extend(flags.to_ne_bytes());
    body.extend(change.to_ne_bytes());
    body
}

/// `newlink`.
pub fn new(ctx: &mut Ctx, args: &mut Args) -> Done {
    let ns = args.take("ns");
    let name = args.need("name")?;
    let up = u32::from(args.flag("up")) * libc::IFF_UP as u32;
    let mtu: Option<u32> = args.number("mtu")?;
    let mut kind = args
        .take("kind")
        .unwrap_or_else(|| "gtp".into())
        .into_bytes();
    if !args.flag("nonul") {
        kind.push(0);
    }
    let bare = args.flag("noinfo");
    let create = (libc::NLM_F_CREATE | libc::NLM_F_EXCL) as u16;
    let flags = pdp::flags(args.take("flags"), create)?;
    let netns = args.take("netns");
    let link_ns: Option<u32> = args.number("linkns")?;
    let index: Option<u32> = args.number("index")?;

    let mut body = header(index.unwrap_or(0), up, up);
    attr::put(&mut body, IFLA_IFNAME, format!("{name}\0").as_bytes());
    if let Some(mtu) = mtu {
        attr::put(&mut body, IFLA_MTU, &mtu.to_ne_bytes());
    }
    if let Some(file) = netns {
        let fd = ctx.named(&file)?.fd.as_raw_fd();
        attr::put(&mut body, IFLA_NET_NS_FD, &fd.to_ne_bytes());
    }
    if let Some(id) = link_ns {
        attr::put(&mut body, IFLA_LINK_NETNSID, &id.to_ne_bytes());
    }
    let mut info = Vec::new();
    attr::put(&mut info, IFLA_INFO_KIND, &kind);
    let data = attr::encode(ctx, ns.as_deref(), LINK, args)?;
    if !bare {
        attr::put(&mut info, IFLA_INFO_DATA, &data);
    }
    attr::put(&mut body, IFLA_LINKINFO, &info);
    let channel = ctx.channel(ns.as_deref(), libc::NETLINK_ROUTE)?;
    let outcome = channel.request(libc::RTM_NEWLINK, flags, &body)?;
    pdp::settle(ctx, "newlink", args, outcome)
}

/// `setlink`: up, down, MTU, another namespace.
pub fn set(ctx: &mut Ctx, args: &mut Args) -> Done {
    let ns = args.take("ns");
    let index = netns::ifindex(ns.as_deref(), &args.need("dev")?)?;
    let up = args.flag("up");
    let down = args.flag("down");
    let bit = libc::IFF_UP as u32;
    let mut body = header(index, u32::from(up) * bit, u32::from(up || down) * bit);
    if let Some(mtu) = args.number::<u32>("mtu")? {
        attr::put(&mut body, IFLA_MTU, &mtu.to_ne_bytes());
    }
    if let Some(file) = args.take("netns") {
        let fd = ctx.named(&file)?.fd.as_raw_fd();
        attr::put(&mut body, IFLA_NET_NS_FD, &fd.to_ne_bytes());
    }
    let channel = ctx.channel(ns.as_deref(), libc::NETLINK_ROUTE)?;
    let outcome = channel.request(libc::RTM_NEWLINK, 0, &body)?;
    pdp::settle(ctx, "setlink", args, outcome)
}

/// `dellink`.
pub fn del(ctx: &mut Ctx, args: &mut Args) -> Done {
    let ns = args.take("ns");
    let index = netns::ifindex(ns.as_deref(), &args.need("dev")?)?;
    let channel = ctx.channel(ns.as_deref(), libc::NETLINK_ROUTE)?;
    let outcome = channel.request(libc::RTM_DELLINK, 0, &header(index, 0, 0))?;
    pdp::settle(ctx, "dellink", args, outcome)
}

/// What RTM_GETLINK says of an interface.
pub fn get(ctx: &mut Ctx, ns: Option<&str>, dev: &str) -> Done<Vec<u8>> {
    let index = netns::ifindex(ns, dev)?;
    let channel = ctx.channel(ns, libc::NETLINK_ROUTE)?;
    let mut outcome = channel.request(libc::RTM_GETLINK, 0, &header(index, 0, 0))?;
    match (outcome.error, outcome.replies.pop()) {
        (0, Some(reply)) if reply.body.len() >= 16 => Ok(reply.body),
        _ => fail(format!("{dev}: RTM_GETLINK: {}", outcome.name())),
    }
}

/// `linkdata`: the link's own data, octet by octet.
pub fn data(ctx: &mut Ctx, args: &mut Args) -> Done {
    let ns = args.take("ns");
    let dev = args.need("dev")?;
    let want = attr::encode(ctx, ns.as_deref(), LINK, args)?;
    let body = get(ctx, ns.as_deref(), &dev)?;
    let info = attr::find(&body[16..], IFLA_LINKINFO).unwrap_or_default();
    let got = attr::find(info, IFLA_INFO_DATA).unwrap_or_default();
    if got == want {
        return Ok(());
    }
    let want = attr::show(LINK, &want);
    fail(format!("got {} want {want}", attr::show(LINK, got)))
}

/// `linkprop`: an interface's properties.
pub fn properties(ctx: &mut Ctx, args: &mut Args) -> Done {
    let ns = args.take("ns");
    let dev = args.need("dev")?;
    let body = get(ctx, ns.as_deref(), &dev)?;
    let attrs = &body[16..];
    let value = |kind: u16| attr::find(attrs, kind);
    let word = |kind: u16| match value(kind).map(TryInto::<[u8; 4]>::try_into) {
        Some(Ok(bytes)) => u32::from_ne_bytes(bytes).to_string(),
        _ => "none".to_string(),
    };
    let text = |bytes: &[u8]| {
        String::from_utf8_lossy(bytes)
            .trim_end_matches('\0')
            .to_string()
    };
    let flags = u32::from_ne_bytes([body[8], body[9], body[10], body[11]]);
    for item in args.rest() {
        let Some((key, want)) = item.split_once('=') else {
            return usage(format!("{item}: not understood"));
        };
        let (got, want) = match key {
            "type" => {
                let kind = u16::from_ne_bytes([body[2], body[3]]);
                (kind.to_string(), want.to_string())
            }
            // IFF_UP, RUNNING and LOWER_UP are the state, the others are the device's nature.
            "flags" => {
                let state = (libc::IFF_UP | libc::IFF_RUNNING | 0x10000) as u32;
                (
                    format!("{:#x}", flags & !state),
                    format!("{:#x}", number::<u32>(want)?),
                )
            }
            "up" => ((flags & 1).to_string(), want.to_string()),
            "mtu" => (word(IFLA_MTU), want.to_string()),
            "minmtu" => (word(IFLA_MIN_MTU), want.to_string()),
            "maxmtu" => (word(IFLA_MAX_MTU), want.to_string()),
            "txqlen" => (word(IFLA_TXQLEN), want.to_string()),
            "qdisc" => (
                text(value(IFLA_QDISC).unwrap_or_default()),
                want.to_string(),
            ),
            "addr" => (
                value(IFLA_ADDRESS).map_or("none".into(), hex),
                want.to_string(),
            ),
            "carrier" => (
                hex(value(IFLA_CARRIER).unwrap_or_default()),
                format!("0{want}"),
            ),
            "kind" => {
                let info = value(IFLA_LINKINFO).unwrap_or_default();
                let kind = attr::find(info, IFLA_INFO_KIND).unwrap_or_default();
                (text(kind), want.to_string())
            }
            _ => return usage(format!("{key}: no such property")),
        };
        if got != want {
            return fail(format!("{key}: {got}, not {want}"));
        }
    }
    Ok(())
}

/// `nolink`: there is no interface of that name.
pub fn absent(args: &mut Args) -> Done {
    let ns = args.take("ns");
    let dev = args.need("dev")?;
    match netns::within(ns.as_deref(), || crate::sys::ifindex(&dev))? {
        None => Ok(()),
        Some(index) => fail(format!("{dev} is there, number {index}")),
    }
}
