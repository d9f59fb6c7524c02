// SPDX-License-Identifier: GPL-2.0

//! Netlink messages written down octet by octet, as some client in the field sends them.

use std::os::fd::AsRawFd;
use std::time::Duration;

use crate::args::{fail, number, unhex, usage, Args, Done};
use crate::attr;
use crate::ctx::Ctx;
use crate::netlink::{self, Outcome};
use crate::{genl, netns, pdp};

/// The octets of `TYPE=VALUE`.
fn octets(ctx: &Ctx, ns: Option<&str>, kind: &str, text: &str) -> Done<Vec<u8>> {
    let wrong = || usage(format!("{kind}={text}: not understood"));
    Ok(match kind {
        "u8" => number::<u8>(text)?.to_ne_bytes().to_vec(),
        "u16" => number::<u16>(text)?.to_ne_bytes().to_vec(),
        "u32" => number::<u32>(text)?.to_ne_bytes().to_vec(),
        "u64" => number::<u64>(text)?.to_ne_bytes().to_vec(),
        "ip4" => match text.parse::<std::net::Ipv4Addr>() {
            Ok(addr) => addr.octets().to_vec(),
            Err(_) => return wrong(),
        },
        "ip6" => match text.parse::<std::net::Ipv6Addr>() {
            Ok(addr) => addr.octets().to_vec(),
            Err(_) => return wrong(),
        },
        "hex" => unhex(text)?,
        "str" => [text.as_bytes(), b"\0"].concat(),
        "text" => text.as_bytes().to_vec(),
        "fd" => ctx.named(text)?.fd.as_raw_fd().to_ne_bytes().to_vec(),
        "link" => match text.split_once('@') {
            Some((dev, ns)) => netns::ifindex(Some(ns), dev)?.to_ne_bytes().to_vec(),
            None => netns::ifindex(ns, text)?.to_ne_bytes().to_vec(),
        },
        _ => return wrong(),
    })
}

/// All words up to the end, or to the `]` that ends an attribute of attributes.
fn body(ctx: &Ctx, ns: Option<&str>, words: &mut dyn Iterator<Item = String>) -> Done<Vec<u8>> {
    let mut bytes = Vec::new();
    while let Some(word) = words.next() {
        if word == "]" {
            break;
        }
        if let Some(kind) = word.strip_suffix('[') {
            let inside = body(ctx, ns, words)?;
            attr::put(&mut bytes, number(kind)?, &inside);
            continue;
        }
        let Some((key, text)) = word.split_once('=') else {
            return usage(format!("{word}: not understood"));
        };
        match key.split_once(':') {
            Some((kind, shape)) => {
                let value = octets(ctx, ns, shape, text)?;
                attr::put(&mut bytes, number(kind)?, &value);
            }
            None => bytes.extend(octets(ctx, ns, key, text)?),
        }
    }
    Ok(bytes)
}

/// `raw`: sends the message; nothing is added to its flags. Where none asks for an
/// acknowledgement, as many answers as come at once are the outcome.
pub fn request(ctx: &mut Ctx, args: &mut Args) -> Done {
    let protocol = args.next("route or gtp")?;
    let ns = args.take("ns");
    let flags: u16 = number(&args.need("flags")?)?;
    let protocol = match protocol.as_str() {
        "route" => libc::NETLINK_ROUTE,
        "gtp" => libc::NETLINK_GENERIC,
        _ => return usage(format!("{protocol}: no such protocol")),
    };
    let kind = if protocol == libc::NETLINK_GENERIC {
        genl::family(ctx, ns.as_deref())?.id
    } else {
        number(&args.need("type")?)?
    };
    let seq = args.number::<u32>("seq")?;
    let mut words = args.packet.take().unwrap_or_default().into_iter();
    let body = body(ctx, ns.as_deref(), &mut words)?;
    let channel = ctx.channel(ns.as_deref(), protocol)?;
    let seq = match seq {
        Some(seq) => seq,
        None => channel.next_seq(),
    };
    let bytes = netlink::message(kind, flags, seq, &body);
    channel.send(&bytes)?;
    let asks = (libc::NLM_F_ACK | libc::NLM_F_DUMP) as u16;
    let outcome = if flags & asks != 0 {
        channel.collect(seq)?.blaming(&bytes)
    } else {
        let replies = channel.receive(Duration::from_secs(20))?;
        if replies.is_empty() {
            return fail("no answer");
        }
        answered(replies)
    };
    pdp::settle(ctx, "raw", args, outcome)
}

/// What a datagram without an acknowledgement means: an error or replies.
fn answered(replies: Vec<netlink::Message>) -> Outcome {
    let error = replies
        .iter()
        .find(|m| i32::from(m.kind) == libc::NLMSG_ERROR);
    let number = error.and_then(|m| m.body.get(..4)?.try_into().ok());
    Outcome {
        error: -number.map_or(0, i32::from_ne_bytes),
        text: error.map(netlink::extack).unwrap_or_default(),
        offset: None,
        blamed: None,
        missing: None,
        replies: if error.is_some() { Vec::new() } else { replies },
    }
}
