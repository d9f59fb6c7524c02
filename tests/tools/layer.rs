// SPDX-License-Identifier: GPL-2.0

//! The layers of a packet expression. Lengths, checksums and protocol numbers are filled in
//! unless the script gives them, rightly or, to see what happens, wrongly.

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, Ipv6Addr};

use crate::args::{number, unhex, usage, Done, Stop};
use crate::inet;
use crate::packet::Packet;

/// One header with its fields as written in the script, or a piece of payload.
pub struct Layer {
    kind: String,
    words: Vec<String>,
    fields: BTreeMap<String, String>,
}

/// Reads one layer: its name, bare words, and `field=value`.
pub fn parse(words: &[String]) -> Done<Layer> {
    let Some((kind, rest)) = words.split_first() else {
        return usage("a layer expected");
    };
    let (allowed, bare): (&[&str], usize) = match kind.as_str() {
        "gtp1" => (
            &[
                "teid", "flags", "type", "len", "seq", "npdu", "next", "ext", "opt",
            ],
            0,
        ),
        "gtp0" => (
            &[
                "tid", "flags", "type", "len", "seq", "flow", "number", "spare",
            ],
            0,
        ),
        "ip4" => (
            &[
                "src", "dst", "tos", "ttl", "id", "df", "mf", "off", "proto", "len", "ver", "ihl",
                "sum", "opts",
            ],
            0,
        ),
        "ip6" => (&["src", "dst", "tc", "flow", "hlim", "next", "len"], 0),
        "udp" => (&["len", "sum"], 2),
        "tcp" => (&["seq", "ack", "off", "flags", "win", "sum"], 2),
        "icmp" => (&["type", "code", "rest", "mtu", "sum"], 0),
        "hex" | "text" | "cut" => (&[], 1),
        "fill" => (&[], 2),
        "rest" => (&[], 0),
        _ => return usage(format!("{kind}: no such layer")),
    };
    let mut layer = Layer {
        kind: kind.clone(),
        words: Vec::new(),
        fields: BTreeMap::new(),
    };
    for word in rest {
        match word.split_once('=') {
            Some((key, value)) if allowed.contains(&key) => {
                layer.fields.insert(key.to_string(), value.to_string());
            }
            None if allowed.contains(&word.as_str()) => {
                layer.fields.insert(word.clone(), String::new());
            }
            None if layer.words.len() < bare => layer.words.push(word.clone()),
            _ => return usage(format!("{kind}: {word} not understood")),
        }
    }
    Ok(layer)
}

/// A header in the making: fields appended one after the other.
struct Header<'a> {
    layer: &'a Layer,
    packet: Packet,
}

impl Header<'_> {
    /// Appends field `name` of `size` octets, `default` if the script does not give it.
    fn put(&mut self, name: &str, size: usize, default: u64) -> Done {
        let at = self.packet.bytes.len();
        let given = self.layer.fields.get(name).map(String::as_str);
        let value = match given {
            Some("*") => 0,
            Some(text) => number::<u64>(text)?,
            None => default,
        };
        if size < 8 && value >> (8 * size) != 0 {
            return usage(format!("{name}={value}: more than {size} octets"));
        }
        let octets = Packet::exact(value.to_be_bytes()[8 - size..].to_vec());
        self.packet = std::mem::take(&mut self.packet).carry(octets);
        if given == Some("*") {
            self.packet.any(at, size);
        }
        Ok(())
    }

    /// Appends the address `name`.
    fn address(&mut self, name: &str, size: usize) -> Done {
        let at = self.packet.bytes.len();
        let (octets, any) = match self.layer.fields.get(name).map(String::as_str) {
            Some("*") => (vec![0; size], true),
            Some(text) => (address(text, size)?, false),
            None => return usage(format!("{name}= expected")),
        };
        self.packet = std::mem::take(&mut self.packet).carry(Packet::exact(octets));
        if any {
            self.packet.any(at, size);
        }
        Ok(())
    }
}

fn address(text: &str, size: usize) -> Done<Vec<u8>> {
    let octets = match size {
        4 => text.parse::<Ipv4Addr>().ok().map(|a| a.octets().to_vec()),
        _ => text.parse::<Ipv6Addr>().ok().map(|a| a.octets().to_vec()),
    };
    octets.ok_or_else(|| Stop::Usage(format!("{text}: not an address")))
}

impl Layer {
    /// This layer with `inner` in it; its neighbours tell addresses and protocol numbers.
    pub fn around(&self, inner: Packet, outer: Option<&Self>, next: Option<&Self>) -> Done<Packet> {
        match self.kind.as_str() {
            "gtp1" => self.gtp1(inner),
            "gtp0" => self.gtp0(inner),
            "ip4" => self.ip4(inner, next),
            "ip6" => self.ip6(inner, next),
            "udp" => self.udp(inner, outer),
            "tcp" => self.tcp(inner, outer),
            "icmp" => self.icmp(inner),
            _ => self.payload(inner),
        }
    }

    fn has(&self, field: &str) -> bool {
        self.fields.contains_key(field)
    }

    fn header(&self) -> Header<'_> {
        Header {
            layer: self,
            packet: Packet::default(),
        }
    }

    /// The default value of a checksum or length field: given, or `value`.
    fn is_free(&self, field: &str) -> bool {
        !self.has(field)
    }

    fn gtp1(&self, inner: Packet) -> Done<Packet> {
        let mut extensions = Vec::new();
        let mut first = 0;
        if let Some(list) = self.fields.get("ext") {
            // A chain is linked forward: each header ends with the type of the one behind it.
            let mut chain = Vec::new();
            for item in list.split(',') {
                let Some((kind, content)) = item.split_once(':') else {
                    return usage(format!("ext={item}: TYPE:HEX expected"));
                };
                chain.push((number::<u8>(&format!("0x{kind}"))?, unhex(content)?));
            }
            first = chain.first().map_or(0, |(kind, _)| *kind);
            for (at, (_, content)) in chain.iter().enumerate() {
                let units = (content.len() + 2).div_ceil(4);
                extensions.push(units as u8);
                extensions.extend(content);
                extensions.resize(extensions.len() + units * 4 - content.len() - 2, 0);
                extensions.push(chain.get(at + 1).map_or(0, |(kind, _)| *kind));
            }
        }
        let e = u64::from(self.has("ext") || self.has("next"));
        let s = u64::from(self.has("seq"));
        let pn = u64::from(self.has("npdu"));
        let optional = e + s + pn > 0 || self.has("opt");
        let len = inner.bytes.len() + extensions.len() + if optional { 4 } else { 0 };
        let mut header = self.header();
        header.put("flags", 1, 0x30 | (e << 2) | (s << 1) | pn)?;
        header.put("type", 1, 255)?;
        header.put("len", 2, len as u64)?;
        header.put("teid", 4, 0)?;
        if optional {
            header.put("seq", 2, 0)?;
            header.put("npdu", 1, 0)?;
            header.put("next", 1, u64::from(first))?;
        }
        Ok(header.packet.carry(Packet::exact(extensions)).carry(inner))
    }

    fn gtp0(&self, inner: Packet) -> Done<Packet> {
        let mut header = self.header();
        header.put("flags", 1, 0x1e)?;
        header.put("type", 1, 255)?;
        header.put("len", 2, inner.bytes.len() as u64)?;
        header.put("seq", 2, 0)?;
        header.put("flow", 2, 0)?;
        header.put("number", 1, 0xff)?;
        let spare = match self.fields.get("spare") {
            Some(text) => unhex(text)?,
            None => vec![0xff; 3],
        };
        header.packet = std::mem::take(&mut header.packet).carry(Packet::exact(spare));
        header.put("tid", 8, 0)?;
        Ok(header.packet.carry(inner))
    }

    fn ip4(&self, inner: Packet, next: Option<&Self>) -> Done<Packet> {
        let options = match self.fields.get("opts") {
            Some(text) => unhex(text)?,
            None => Vec::new(),
        };
        let header_len = 20 + options.len();
        let part = |name: &str, default: u64| match self.fields.get(name) {
            Some(text) => number::<u64>(text),
            None => Ok(default),
        };
        let version = (part("ver", 4)? << 4) | part("ihl", header_len as u64 / 4)?;
        let fragment = (u64::from(self.has("df")) << 14)
            | (u64::from(self.has("mf")) << 13)
            | (part("off", 0)? / 8);
        let mut header = self.header();
        header.put("-", 1, version)?;
        header.put("tos", 1, 0)?;
        header.put("len", 2, (header_len + inner.bytes.len()) as u64)?;
        header.put("id", 2, 0)?;
        header.put("-", 2, fragment)?;
        header.put("ttl", 1, 64)?;
        header.put("proto", 1, protocol(next, 1))?;
        header.put("sum", 2, 0)?;
        header.address("src", 4)?;
        header.address("dst", 4)?;
        let mut packet = header.packet.carry(Packet::exact(options));
        if self.is_free("sum") {
            if packet.is_exact() {
                let sum = inet::checksum(&packet.bytes).to_be_bytes();
                packet.bytes[10..12].copy_from_slice(&sum);
            } else {
                packet.any(10, 2);
                packet.demand_sum(0, header_len);
            }
        }
        Ok(packet.carry(inner))
    }

    fn ip6(&self, inner: Packet, next: Option<&Self>) -> Done<Packet> {
        let part = |name: &str| match self.fields.get(name) {
            Some(text) => number::<u64>(text),
            None => Ok(0),
        };
        let first = (6 << 28) | (part("tc")? << 20) | part("flow")?;
        let mut header = self.header();
        header.put("-", 4, first)?;
        header.put("len", 2, inner.bytes.len() as u64)?;
        header.put("next", 1, protocol(next, 58))?;
        header.put("hlim", 1, 64)?;
        header.address("src", 16)?;
        header.address("dst", 16)?;
        Ok(header.packet.carry(inner))
    }

    /// The beginning of a transport header: both ports.
    fn ports(&self) -> Done<Header<'_>> {
        let [from, to] = self.words.as_slice() else {
            return usage(format!("{}: two ports expected", self.kind));
        };
        let mut header = self.header();
        for port in [from, to] {
            let at = header.packet.bytes.len();
            let any = port == "*";
            header.put("-", 2, if any { 0 } else { number(port)? })?;
            if any {
                header.packet.any(at, 2);
            }
        }
        Ok(header)
    }

    /// Fills in the checksum at `at` of a segment, unless the script gives it; what cannot be
    /// foretold may be anything.
    fn transport_sum(
        &self,
        packet: &mut Packet,
        outer: Option<&Self>,
        protocol: u8,
        at: usize,
    ) -> Done {
        if self.is_free("sum") {
            let ends = outer.map(Self::ends).transpose()?.flatten();
            match ends {
                Some((src, dst)) if packet.is_exact() => {
                    let sum = inet::transport(&src, &dst, protocol, &packet.bytes).to_be_bytes();
                    packet.bytes[at..at + 2].copy_from_slice(&sum);
                }
                _ => packet.any(at, 2),
            }
        }
        Ok(())
    }

    fn udp(&self, inner: Packet, outer: Option<&Self>) -> Done<Packet> {
        let mut header = self.ports()?;
        header.put("len", 2, (8 + inner.bytes.len()) as u64)?;
        header.put("sum", 2, 0)?;
        let mut packet = header.packet.carry(inner);
        self.transport_sum(&mut packet, outer, 17, 6)?;
        Ok(packet)
    }

    fn tcp(&self, inner: Packet, outer: Option<&Self>) -> Done<Packet> {
        /// The flag of an acknowledgement, which all segments but the first have.
        const ACK: u64 = 0x10;

        let mut header = self.ports()?;
        header.put("seq", 4, 1)?;
        header.put("ack", 4, 1)?;
        header.put("off", 1, 5 << 4)?;
        header.put("flags", 1, ACK)?;
        header.put("win", 2, 1000)?;
        header.put("sum", 2, 0)?;
        header.put("-", 2, 0)?;
        let mut packet = header.packet.carry(inner);
        self.transport_sum(&mut packet, outer, 6, 16)?;
        Ok(packet)
    }

    fn icmp(&self, inner: Packet) -> Done<Packet> {
        let mut header = self.header();
        header.put("type", 1, 8)?;
        header.put("code", 1, 0)?;
        header.put("sum", 2, 0)?;
        if self.has("mtu") {
            header.put("-", 2, 0)?;
            header.put("mtu", 2, 0)?;
        } else {
            let rest = match self.fields.get("rest") {
                Some(text) => unhex(text)?,
                None => vec![0; 4],
            };
            header.packet = std::mem::take(&mut header.packet).carry(Packet::exact(rest));
        }
        let mut packet = header.packet.carry(inner);
        if self.is_free("sum") {
            if packet.is_exact() {
                let sum = inet::checksum(&packet.bytes).to_be_bytes();
                packet.bytes[2..4].copy_from_slice(&sum);
            } else {
                packet.any(2, 2);
            }
        }
        Ok(packet)
    }

    fn payload(&self, mut inner: Packet) -> Done<Packet> {
        let word = |at: usize| self.words.get(at).map(String::as_str);
        let bytes = match (self.kind.as_str(), word(0)) {
            ("hex", Some(text)) => unhex(text)?,
            ("text", Some(text)) => text.as_bytes().to_vec(),
            ("fill", Some(count)) => {
                let byte = word(1).map_or(Ok(0), number::<u8>)?;
                vec![byte; number::<usize>(count)?]
            }
            ("cut", Some(count)) => {
                inner.cut(number(count)?);
                return Ok(inner);
            }
            ("rest", None) => {
                inner.leave_open();
                return Ok(inner);
            }
            (kind, _) => return usage(format!("{kind}: a value expected")),
        };
        Ok(Packet::exact(bytes).carry(inner))
    }

    /// The addresses of an IP layer, if both are given.
    fn ends(&self) -> Done<Option<(Vec<u8>, Vec<u8>)>> {
        let size = match self.kind.as_str() {
            "ip4" => 4,
            "ip6" => 16,
            _ => return Ok(None),
        };
        match (self.fields.get("src"), self.fields.get("dst")) {
            (Some(src), Some(dst)) if src != "*" && dst != "*" => {
                Ok(Some((address(src, size)?, address(dst, size)?)))
            }
            _ => Ok(None),
        }
    }
}

fn protocol(next: Option<&Layer>, icmp: u64) -> u64 {
    match next.map(|layer| layer.kind.as_str()) {
        Some("icmp") => icmp,
        Some("ip4") => 4,
        Some("ip6") => 41,
        Some("tcp") => 6,
        _ => 17,
    }
}
