// SPDX-License-Identifier: GPL-2.0

//! What outer headers say: the words of `gtpctl link add` and `set`, and how it is shown.

use crate::{
    failure::Failure,
    words::{
        number,
        once,
        Words, //
    },
};
use gtp::client::{
    OuterHeaders,
    DSCP_INHERIT, //
};
use serde::Serialize;
use std::{
    collections::BTreeMap,
    fmt, //
};

/// What the words mean.
pub const HELP: &str = "\
  port_range LOW-HIGH|off
                      source ports of G-PDUs, one for each flow; off (the
                      default) is the port of the version
  flow_label on|off   flow labels of IPv6 by the flow; off by default
  udp_csum on|off     checksums of UDP over IPv4; on by default
  udp_zero_csum6_tx on|off
                      no checksums of UDP over IPv6; off by default
  udp_zero_csum6_rx on|off
                      receive UDP over IPv6 without checksum; on by default
  df never|always|inherit
                      \"don't fragment\" in IPv4 headers; never by default
  ttl N               hop limit; 0 (the default) is the route's
  dscp N|inherit      DSCP 0 to 63; that of the inner packet by default
  dscp_map QFI:DSCP[,QFI:DSCP]...|off
                      DSCP by QoS flow, in place of what dscp says";

/// Keywords.
pub const WORDS: [&str; 9] = [
    "port_range",
    "flow_label",
    "udp_csum",
    "udp_zero_csum6_tx",
    "udp_zero_csum6_rx",
    "df",
    "ttl",
    "dscp",
    "dscp_map",
];

/// What "don't fragment" may be, by number.
const DF: [&str; 3] = ["never", "always", "inherit"];

/// Reads the value of a keyword; `false` where it is none of these.
pub fn parse(outer: &mut OuterHeaders, key: &str, words: &mut Words<'_>) -> Result<bool, Failure> {
    match key {
        "port_range" => once(&mut outer.port_range, key, ports(words.value(key)?)?)?,
        "flow_label" => once(&mut outer.flow_label, key, is_on(key, words.value(key)?)?)?,
        "udp_csum" => once(&mut outer.udp_csum, key, is_on(key, words.value(key)?)?)?,
        "udp_zero_csum6_tx" => {
            let is = is_on(key, words.value(key)?)?;
            once(&mut outer.udp_zero_csum6_tx, key, is)?;
        }
        "udp_zero_csum6_rx" => {
            let is = is_on(key, words.value(key)?)?;
            once(&mut outer.udp_zero_csum6_rx, key, is)?;
        }
        "df" => once(&mut outer.df, key, df(words.value(key)?)?)?,
        "ttl" => {
            let ttl = number(key, words.value(key)?, u8::MAX.into())?;
            once(&mut outer.ttl, key, ttl)?;
        }
        "dscp" => once(&mut outer.dscp, key, dscp(key, words.value(key)?)?)?,
        "dscp_map" => once(&mut outer.dscp_map, key, map(key, words.value(key)?)?)?,
        _ => return Ok(false),
    }
    Ok(true)
}

/// Reads a switch.
fn is_on(key: &str, text: &str) -> Result<bool, Failure> {
    match text {
        "on" => Ok(true),
        "off" => Ok(false),
        _ => Err(Failure::usage(format!(
            "{key} \"{text}\" is neither on nor off"
        ))),
    }
}

/// Reads a range of ports.
fn ports(text: &str) -> Result<(u16, u16), Failure> {
    let key = "port_range";
    if text == "off" {
        return Ok((0, 0));
    }
    let (low, high) = text
        .split_once('-')
        .ok_or_else(|| Failure::usage(format!("{key} \"{text}\" is neither LOW-HIGH nor off")))?;
    let max = u16::MAX.into();
    let (low, high) = (number(key, low, max)?, number(key, high, max)?);
    if low == 0 || low > high {
        return Err(Failure::usage(format!(
            "{key} {text}: the first port is 1 or more, and no more than the last"
        )));
    }
    Ok((low, high))
}

/// Reads when there is "don't fragment".
fn df(text: &str) -> Result<u8, Failure> {
    (0..)
        .zip(DF)
        .find_map(|(number, word)| (word == text).then_some(number))
        .ok_or_else(|| {
            Failure::usage(format!(
                "df \"{text}\" is none of never, always and inherit"
            ))
        })
}

/// Reads a DSCP.
fn dscp(key: &str, text: &str) -> Result<u8, Failure> {
    match text {
        "inherit" => Ok(DSCP_INHERIT),
        _ => number(key, text, 63),
    }
}

/// Reads a DSCP for each of some QoS flows.
fn map(key: &str, text: &str) -> Result<[u8; 64], Failure> {
    let mut map = [DSCP_INHERIT; 64];
    if text == "off" {
        return Ok(map);
    }
    for pair in text.split(',') {
        let (qfi, value) = pair.split_once(':').ok_or_else(|| {
            Failure::usage(format!("{key} \"{pair}\" is neither QFI:DSCP nor off"))
        })?;
        let qfi: usize = number("the QFI of dscp_map", qfi, 63)?;
        map[qfi] = dscp(key, value)?;
    }
    Ok(map)
}

/// What outer headers say, where it is not the default.
#[derive(Debug, Serialize)]
pub struct OuterView {
    #[serde(skip_serializing_if = "Option::is_none")]
    port_range: Option<[u16; 2]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    flow_label: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    udp_csum: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    udp_zero_csum6_tx: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    udp_zero_csum6_rx: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    df: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ttl: Option<u8>,
    #[serde(skip_serializing_if = "Option::is_none")]
    dscp: Option<u8>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    dscp_map: BTreeMap<u8, u8>,
}

impl OuterView {
    /// Shows what outer headers say.
    pub fn new(outer: &OuterHeaders) -> Self {
        let outer = outer.without_defaults();
        let pairs = (0..).zip(outer.dscp_map.into_iter().flatten());
        Self {
            port_range: outer.port_range.map(|(low, high)| [low, high]),
            flow_label: outer.flow_label,
            udp_csum: outer.udp_csum,
            udp_zero_csum6_tx: outer.udp_zero_csum6_tx,
            udp_zero_csum6_rx: outer.udp_zero_csum6_rx,
            df: outer.df.map(|df| {
                let word = DF.get(usize::from(df));
                word.map_or_else(|| df.to_string(), ToString::to_string)
            }),
            ttl: outer.ttl,
            dscp: outer.dscp,
            dscp_map: pairs.filter(|&(_, dscp)| dscp != DSCP_INHERIT).collect(),
        }
    }
}

impl fmt::Display for OuterView {
    /// Writes the words that `link set` takes, with a blank in front of each.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let word = |is| if is { "on" } else { "off" };
        if let Some([low, high]) = self.port_range {
            write!(f, " port_range {low}-{high}")?;
        }
        for (key, value) in [
            ("flow_label", self.flow_label),
            ("udp_csum", self.udp_csum),
            ("udp_zero_csum6_tx", self.udp_zero_csum6_tx),
            ("udp_zero_csum6_rx", self.udp_zero_csum6_rx),
        ] {
            if let Some(is) = value {
                write!(f, " {key} {}", word(is))?;
            }
        }
        if let Some(df) = &self.df {
            write!(f, " df {df}")?;
        }
        if let Some(ttl) = self.ttl {
            write!(f, " ttl {ttl}")?;
        }
        if let Some(dscp) = self.dscp {
            write!(f, " dscp {dscp}")?;
        }
        for (place, (qfi, dscp)) in self.dscp_map.iter().enumerate() {
            f.write_str(if place == 0 { " dscp_map " } else { "," })?;
            write!(f, "{qfi}:{dscp}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(line: &str) -> Result<OuterHeaders, String> {
        let words: Vec<_> = line.split_whitespace().collect();
        let mut words = Words::new(&words);
        let mut outer = OuterHeaders::default();
        while let Some(key) = words.keyword() {
            match parse(&mut outer, key, &mut words) {
                Ok(is_one) => assert!(is_one, "{key}"),
                Err(Failure::Usage(text)) => return Err(text),
                Err(other) => panic!("{other:?}"),
            }
        }
        Ok(outer)
    }

    #[test]
    fn what_is_shown_can_be_said() {
        let line = "port_range 1024-65535 flow_label on udp_csum off udp_zero_csum6_tx on \
                    udp_zero_csum6_rx off df inherit ttl 9 dscp 46 dscp_map 0:8,9:10";
        let outer = read(line).unwrap();
        assert_eq!(OuterView::new(&outer).to_string(), format!(" {line}"));
        assert_eq!(
            serde_json::to_string(&OuterView::new(&outer)).unwrap(),
            r#"{"port_range":[1024,65535],"flow_label":true,"udp_csum":false,"udp_zero_csum6_tx":true,"udp_zero_csum6_rx":false,"df":"inherit","ttl":9,"dscp":46,"dscp_map":{"0":8,"9":10}}"#
        );
    }

    #[test]
    fn defaults_can_be_said_and_are_not_shown() {
        let outer = read(
            "port_range off flow_label off udp_csum on udp_zero_csum6_tx off \
             udp_zero_csum6_rx on df never ttl 0 dscp inherit dscp_map off",
        )
        .unwrap();
        assert!(!outer.is_empty());
        assert_eq!(OuterView::new(&outer).to_string(), "");
        assert_eq!(
            serde_json::to_string(&OuterView::new(&outer)).unwrap(),
            "{}"
        );
    }

    #[test]
    fn nonsense_is_told() {
        for (line, wants) in [
            ("port_range 5", "neither LOW-HIGH nor off"),
            ("port_range 0-5", "the first port is 1 or more"),
            ("port_range 9-8", "no more than the last"),
            ("port_range 1-65536", "out of range"),
            ("flow_label 1", "neither on nor off"),
            ("df maybe", "none of never, always and inherit"),
            ("ttl 256", "out of range"),
            ("dscp 64", "out of range"),
            ("dscp_map 9", "neither QFI:DSCP nor off"),
            ("dscp_map 64:1", "out of range"),
            ("ttl 1 ttl 2", "stands twice"),
            ("ttl", "lacks its value"),
        ] {
            let text = read(line).unwrap_err();
            assert!(text.contains(wants), "{line}: {text}");
        }
    }
}
