// SPDX-License-Identifier: GPL-2.0

//! Netlink attributes: writing them in any shape, right or wrong, and reading them back.

use std::net::{Ipv4Addr, Ipv6Addr};
use std::os::fd::AsRawFd;

use crate::args::{hex, number, unhex, usage, Args, Done};
use crate::ctx::Ctx;
use crate::netns;

/// How a value is written in a script and on the wire.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// Unsigned, in host order, of so many octets. An interface's or a file's name stands for
    /// its number.
    Number(usize),
    /// An IPv4 address.
    Ip4,
    /// An IPv6 address.
    Ip6,
    /// Octets.
    Hex,
    /// Text with its NUL.
    Text,
    /// 32 bits, big endian.
    Be32,
}

/// An attribute's name, number and shape.
pub type Schema = &'static [(&'static str, u16, Shape)];

/// `IFLA_GTP_*`.
pub const LINK: Schema = &[
    ("fd0", 1, Shape::Number(4)),
    ("fd1", 2, Shape::Number(4)),
    ("hashsize", 3, Shape::Number(4)),
    ("role", 4, Shape::Number(4)),
    ("create", 5, Shape::Number(1)),
    ("restart", 6, Shape::Number(1)),
    ("local", 7, Shape::Ip4),
    ("local6", 8, Shape::Ip6),
    ("qfisource", 66, Shape::Number(1)),
    ("qficheck", 67, Shape::Number(1)),
    ("usage", 68, Shape::Number(1)),
    ("ports", 69, Shape::Hex),
    ("label", 70, Shape::Number(1)),
    ("csum", 71, Shape::Number(1)),
    ("zerotx", 72, Shape::Number(1)),
    ("zerorx", 73, Shape::Number(1)),
    ("df", 74, Shape::Number(1)),
    ("ttl", 75, Shape::Number(1)),
    ("dscp", 76, Shape::Number(1)),
    ("dscpmap", 77, Shape::Hex),
    ("interval", 78, Shape::Number(4)),
    ("t3", 79, Shape::Number(4)),
    ("n3", 80, Shape::Number(1)),
    ("bearersource", 81, Shape::Number(1)),
];

/// `GTPA_*`.
pub const PDP: Schema = &[
    ("link", 1, Shape::Number(4)),
    ("version", 2, Shape::Number(4)),
    ("tid", 3, Shape::Number(8)),
    ("peer", 4, Shape::Ip4),
    ("ms", 5, Shape::Ip4),
    ("flow", 6, Shape::Number(2)),
    ("nsfd", 7, Shape::Number(4)),
    ("i_tei", 8, Shape::Number(4)),
    ("o_tei", 9, Shape::Number(4)),
    ("pad", 10, Shape::Hex),
    ("peer6", 11, Shape::Ip6),
    ("ms6", 12, Shape::Ip6),
    ("family", 13, Shape::Number(1)),
    ("qfi", 64, Shape::Number(1)),
    ("rqi", 65, Shape::Hex),
    ("ppi", 66, Shape::Number(1)),
    ("endmarker", 67, Shape::Hex),
    ("stats", 70, Shape::Hex),
    ("threshold", 72, Shape::Number(8)),
    ("quota", 73, Shape::Number(8)),
    ("action", 74, Shape::Number(1)),
    ("bearer", 80, Shape::Number(1)),
    ("dst", 81, Shape::Ip4),
    ("dst6", 81, Shape::Ip6),
    ("dstlen", 82, Shape::Number(1)),
];

/// One attribute with its header, padded with zeroes to four octets.
pub fn put(to: &mut Vec<u8>, kind: u16, value: &[u8]) {
    to.extend((4 + value.len() as u16).to_ne_bytes());
    to.extend(kind.to_ne_bytes());
    to.extend(value);
    to.resize(to.len().next_multiple_of(4), 0);
}

/// The attributes of a message, in order; ends where they make no sense.
pub fn list(mut bytes: &[u8]) -> Vec<(u16, &[u8])> {
    let mut found = Vec::new();
    while bytes.len() >= 4 {
        let len = usize::from(u16::from_ne_bytes([bytes[0], bytes[1]]));
        let kind = u16::from_ne_bytes([bytes[2], bytes[3]]) & 0x3fff;
        if len < 4 || len > bytes.len() {
            break;
        }
        found.push((kind, &bytes[4..len]));
        bytes = &bytes[len.next_multiple_of(4).min(bytes.len())..];
    }
    found
}

/// Whether all that fills up attributes to four octets is zero, and all of it is there.
pub fn padding(mut bytes: &[u8]) -> bool {
    while bytes.len() >= 4 {
        let len = usize::from(u16::from_ne_bytes([bytes[0], bytes[1]]));
        let end = len.next_multiple_of(4);
        match bytes.get(len..end) {
            Some(fill) if len >= 4 && fill.iter().all(|octet| *octet == 0) => bytes = &bytes[end..],
            _ => return false,
        }
    }
    bytes.is_empty()
}

/// The value of the first attribute of that number.
pub fn find(bytes: &[u8], kind: u16) -> Option<&[u8]> {
    list(bytes)
        .into_iter()
        .find(|(number, _)| *number == kind)
        .map(|(_, value)| value)
}

/// Encodes all that is left of a statement as attributes, in the order written.
pub fn encode(ctx: &Ctx, ns: Option<&str>, schema: Schema, args: &mut Args) -> Done<Vec<u8>> {
    let mut bytes = Vec::new();
    for word in args.rest() {
        let Some((key, text)) = word.split_once('=') else {
            return usage(format!("{word}: not understood here"));
        };
        let (name, shape) = key
            .split_once(':')
            .map_or((key, None), |(n, s)| (n, Some(s)));
        let known = schema.iter().find(|(known, _, _)| *known == name);
        let kind = match known {
            Some((_, kind, _)) => *kind,
            None => number::<u16>(name)?,
        };
        let shape = match (shape, known) {
            (Some("u8"), _) => Shape::Number(1),
            (Some("u16"), _) => Shape::Number(2),
            (Some("u32"), _) => Shape::Number(4),
            (Some("u64"), _) => Shape::Number(8),
            (Some("be32"), _) => Shape::Be32,
            (Some("hex"), _) => Shape::Hex,
            (Some("str"), _) => Shape::Text,
            (None, Some((_, _, shape))) => *shape,
            _ => return usage(format!("{key}: of which type?")),
        };
        put(&mut bytes, kind, &value(ctx, ns, name, shape, text)?);
    }
    Ok(bytes)
}

fn value(ctx: &Ctx, ns: Option<&str>, name: &str, shape: Shape, text: &str) -> Done<Vec<u8>> {
    let wrong = || usage(format!("{name}={text}: not understood"));
    Ok(match shape {
        Shape::Number(size) => {
            let value = match text.chars().next() {
                Some('0'..='9') => number::<u64>(text)?,
                Some('-') => match text.parse::<i64>() {
                    Ok(value) => value as u64,
                    Err(_) => return wrong(),
                },
                Some(_) if name == "link" => match text.split_once('@') {
                    Some((dev, ns)) => netns::ifindex(Some(ns), dev)?.into(),
                    None => netns::ifindex(ns, text)?.into(),
                },
                Some(_) => ctx.named(text)?.fd.as_raw_fd() as u64,
                None => return wrong(),
            };
            value.to_le_bytes()[..size].to_vec()
        }
        Shape::Be32 => number::<u32>(text)?.to_be_bytes().to_vec(),
        Shape::Ip4 => match text.parse::<Ipv4Addr>() {
            Ok(addr) => addr.octets().to_vec(),
            Err(_) => return wrong(),
        },
        Shape::Ip6 => match text.parse::<Ipv6Addr>() {
            Ok(addr) => addr.octets().to_vec(),
            Err(_) => return wrong(),
        },
        Shape::Hex => unhex(text)?,
        Shape::Text => [text.as_bytes(), b"\0"].concat(),
    })
}

/// Attributes in words, each with its size in octets.
pub fn show(schema: Schema, bytes: &[u8]) -> String {
    let one = |(kind, value): (u16, &[u8])| {
        let name = schema
            .iter()
            .find(|(_, number, _)| *number == kind)
            .map_or_else(|| kind.to_string(), |(name, _, _)| (*name).to_string());
        format!("{name}[{}]={}", value.len(), hex(value))
    };
    let words: Vec<_> = list(bytes).into_iter().map(one).collect();
    words.join(" ")
}
