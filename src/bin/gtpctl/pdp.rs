// SPDX-License-Identifier: GPL-2.0

//! `gtpctl pdp`: one PDP context, or the list of them.

use crate::{
    failure::{
        Failure,
        Outcome, //
    },
    listing,
    names::{
        LinkWords,
        Links,
        Names, //
    },
    output::{
        self,
        Format,
        PdpView, //
    },
    words::{
        address,
        missing,
        number,
        once,
        unknown,
        Words, //
    },
};
use gtp::client::{
    Family,
    GtpClient,
    Limits,
    LinkRef,
    NewMode,
    PdpContext,
    PdpKey,
    QosFlow,
    QuotaAction,
    Tunnel, //
};
use std::{
    net::IpAddr, //
};

/// What `add` and its kin take.
pub const ADD_HELP: &str = "\
Words, in any order:
  dev NAME | ifindex N   link, by name or by interface index
  version 0|1            GTP version; follows from tid or i_tei where absent
  i_tei N, o_tei N       version 1: incoming and outgoing TEID, 32 bits
  tid N, flow N          version 0: tunnel identifier, 64 bits, and flow label,
                         16 bits
  ms ADDRESS             mobile station; an IPv6 one has its whole /64
  peer ADDRESS           GSN at the other end of the tunnel
  qfi N                  version 1: what is sent is of that QoS flow, 0 to 63, of
                         a PDU session of 5G
  bearer N               which bearer of the mobile station, 0 to 63; 0, the
                         default bearer, where absent
  rqi, ppi N             with qfi, towards mobile stations: it asks for reflective
                         QoS; it has that paging policy, 0 to 7
  end_marker             update and replace: if the context leaves its tunnel, an
                         End Marker goes there behind the last packet
  threshold N|none       octets, sent and received since the context was made,
                         after which it is told; the link was made with usage
  quota N|none           the same, and what is beyond may be dropped
  quota_action tell|drop beyond the quota; tell where absent
  netns NETNS            network namespace that the link is in, if elsewhere

Numbers are decimal, or hexadecimal after 0x.
Example: gtpctl pdp add dev gtp0 version 1 i_tei 100 o_tei 200 ms 10.45.0.2 peer 192.0.2.1
         gtpctl pdp replace dev gtp0 i_tei 100 o_tei 300 ms 10.45.0.2 peer 192.0.2.7 qfi 9 end_marker";

/// What `update` does beyond that.
pub const UPDATE_HELP: &str = "\
A context has two keys: ms with bearer, and i_tei or tid. The one that is changed
is found by one of them, and the other must be new: where both are as before it is
EEXIST, and \"gtpctl pdp replace\" is meant.";

/// What `del`, `get` and `end-marker` take.
pub const KEY_HELP: &str = "\
Words, in any order:
  dev NAME | ifindex N   link, by name or by interface index
  ms ADDRESS             the context of that mobile station, and
  bearer N               that bearer of it, 0 (the default one) to 63; or:
  version 0|1            GTP version; follows from tid or i_tei where absent
  i_tei N                version 1: the context with that incoming TEID
  tid N                  version 0: the context with that tunnel identifier
  family inet|inet6      with i_tei or tid: family of the mobile station's
                         address, inet where absent
  netns NETNS            network namespace that the link is in, if elsewhere

Numbers are decimal, or hexadecimal after 0x.
Example: gtpctl pdp del dev gtp0 ms 10.45.0.2";

/// Keywords of `add`.
const ADD_WORDS: [&str; 18] = [
    "dev",
    "ifindex",
    "netns",
    "version",
    "i_tei",
    "o_tei",
    "tid",
    "flow",
    "ms",
    "peer",
    "qfi",
    "rqi",
    "ppi",
    "end_marker",
    "threshold",
    "quota",
    "quota_action",
    "bearer",
];
/// Keywords of `del`, `get` and `end-marker`.
const KEY_WORDS: [&str; 9] = [
    "dev", "ifindex", "netns", "version", "i_tei", "tid", "ms", "family", "bearer",
];
/// Keywords of `list`.
const LIST_WORDS: [&str; 2] = ["dev", "ifindex"];

/// All words that any of the commands takes.
#[derive(Debug, Default)]
struct PdpWords<'a> {
    dev: Option<&'a str>,
    ifindex: Option<u32>,
    netns: Option<&'a str>,
    version: Option<u32>,
    tid: Option<u64>,
    flow: Option<u16>,
    i_tei: Option<u32>,
    o_tei: Option<u32>,
    ms: Option<IpAddr>,
    peer: Option<IpAddr>,
    family: Option<Family>,
    qfi: Option<u8>,
    rqi: Option<()>,
    ppi: Option<u8>,
    end_marker: Option<()>,
    threshold: Option<u64>,
    quota: Option<u64>,
    quota_action: Option<QuotaAction>,
    bearer: Option<u8>,
}

impl<'a> PdpWords<'a> {
    /// Reads words, of which `known` are allowed.
    fn parse(words: &'a [&'a str], known: &[&str]) -> Result<Self, Failure> {
        let mut found = Self::default();
        let mut words = Words::new(words);
        while let Some(key) = words.keyword() {
            if !known.contains(&key) {
                return Err(unknown(key, known));
            }
            match key {
                "rqi" => once(&mut found.rqi, key, ())?,
                "end_marker" => once(&mut found.end_marker, key, ())?,
                _ => found.put(key, words.value(key)?, known)?,
            }
        }
        Ok(found)
    }

    /// Keeps the value of a keyword.
    fn put(&mut self, key: &str, value: &'a str, known: &[&str]) -> Outcome {
        const U32: u64 = u32::MAX as u64;
        const U16: u64 = u16::MAX as u64;

        match key {
            "dev" => once(&mut self.dev, key, value),
            "ifindex" => once(&mut self.ifindex, key, number(key, value, U32)?),
            "netns" => once(&mut self.netns, key, value),
            "version" => once(&mut self.version, key, number(key, value, 1)?),
            "tid" => once(&mut self.tid, key, number(key, value, u64::MAX)?),
            "flow" => once(&mut self.flow, key, number(key, value, U16)?),
            "i_tei" => once(&mut self.i_tei, key, number(key, value, U32)?),
            "o_tei" => once(&mut self.o_tei, key, number(key, value, U32)?),
            "ms" => once(&mut self.ms, key, address(key, value)?),
            "peer" => once(&mut self.peer, key, address(key, value)?),
            "family" => once(&mut self.family, key, family(value)?),
            "qfi" => once(&mut self.qfi, key, number(key, value, 63)?),
            "bearer" => once(&mut self.bearer, key, number(key, value, 63)?),
            "ppi" => once(&mut self.ppi, key, number(key, value, 7)?),
            "threshold" => once(&mut self.threshold, key, limit(key, value)?),
            "quota" => once(&mut self.quota, key, limit(key, value)?),
            "quota_action" => once(&mut self.quota_action, key, quota_action(value)?),
            _ => Err(unknown(key, known)),
        }
    }

    /// Returns the QoS flow, where one is named.
    fn qos_flow(&self, tunnel: &Tunnel) -> Result<Option<QosFlow>, Failure> {
        let (rqi, ppi) = (self.rqi.is_some(), self.ppi);
        let Some(qfi) = self.qfi else {
            if rqi || ppi.is_some() {
                return Err(Failure::usage("\"rqi\" and \"ppi\" go with \"qfi\""));
            }
            return Ok(None);
        };
        if tunnel.version() == 0 {
            return Err(Failure::usage("version 0 has no QoS flows"));
        }
        Ok(Some(QosFlow { qfi, rqi, ppi }))
    }

    /// Returns the link, where one is named.
    fn link(&self) -> Result<Option<LinkWords<'a>>, Failure> {
        LinkWords::new(self.dev, self.ifindex, self.netns)
    }

    /// Returns the version, which the identifiers imply where it is absent.
    fn version(&self) -> Result<Option<u32>, Failure> {
        let of_v0 = self.tid.is_some() || self.flow.is_some();
        let of_v1 = self.i_tei.is_some() || self.o_tei.is_some();

        match (self.version, of_v0, of_v1) {
            (_, true, true) => Err(Failure::usage(
                "tid and flow are of version 0, i_tei and o_tei of version 1",
            )),
            (Some(0), _, true) => Err(Failure::usage("version 0 has tid and flow, not i_tei")),
            (Some(1), true, _) => Err(Failure::usage("version 1 has i_tei and o_tei, not tid")),
            (Some(version), _, _) => Ok(Some(version)),
            (None, true, _) => Ok(Some(0)),
            (None, _, true) => Ok(Some(1)),
            (None, false, false) => Ok(None),
        }
    }
}

/// Reads a limit of the volume.
fn limit(keyword: &str, text: &str) -> Result<u64, Failure> {
    /// The driver keeps what it knows of a limit in the upper four bits.
    const HIGHEST: u64 = u64::MAX >> 4;

    match text {
        "none" => Ok(u64::MAX),
        text => number(keyword, text, HIGHEST),
    }
}

/// Reads what is done beyond a quota.
fn quota_action(text: &str) -> Result<QuotaAction, Failure> {
    match text {
        "tell" => Ok(QuotaAction::Tell),
        "drop" => Ok(QuotaAction::Drop),
        _ => Err(Failure::usage(format!(
            "quota_action \"{text}\" is neither tell nor drop"
        ))),
    }
}

/// Reads a family of addresses.
fn family(text: &str) -> Result<Family, Failure> {
    match text {
        "inet" | "ipv4" => Ok(Family::Inet),
        "inet6" | "ipv6" => Ok(Family::Inet6),
        _ => Err(Failure::usage(format!(
            "family \"{text}\" is neither inet nor inet6"
        ))),
    }
}

/// A context that is to be made.
#[derive(Debug, PartialEq, Eq)]
pub struct AddWords<'a> {
    link: LinkWords<'a>,
    limits: Limits,
    tunnel: Tunnel,
    ms: IpAddr,
    peer: IpAddr,
    flow: Option<QosFlow>,
    bearer: u8,
    end_marker: bool,
}

impl<'a> AddWords<'a> {
    /// Reads the words of `add`.
    pub fn parse(words: &'a [&'a str]) -> Result<Self, Failure> {
        let words = PdpWords::parse(words, &ADD_WORDS)?;
        let tunnel = match words.version()?.ok_or_else(|| missing("version"))? {
            0 => Tunnel::V0 {
                tid: words.tid.ok_or_else(|| missing("tid"))?,
                flow: words.flow.ok_or_else(|| missing("flow"))?,
            },
            _ => Tunnel::V1 {
                i_tei: words.i_tei.ok_or_else(|| missing("i_tei"))?,
                o_tei: words.o_tei.ok_or_else(|| missing("o_tei"))?,
            },
        };
        if words.quota_action.is_some() && words.quota.is_none() {
            return Err(Failure::usage("\"quota_action\" goes with \"quota\""));
        }
        let action = words.quota_action.unwrap_or_default();
        Ok(Self {
            link: words.link()?.ok_or_else(|| missing("dev"))?,
            limits: Limits {
                threshold: words.threshold,
                quota: words.quota.map(|octets| (octets, action)),
            },
            tunnel,
            ms: words.ms.ok_or_else(|| missing("ms"))?,
            peer: words.peer.ok_or_else(|| missing("peer"))?,
            flow: words.qos_flow(&tunnel)?,
            bearer: words.bearer.unwrap_or(0),
            end_marker: words.end_marker.is_some(),
        })
    }

    /// Completes the mode of the verb by what the words say.
    pub fn mode(&self, mode: NewMode) -> Result<NewMode, Failure> {
        if !self.end_marker {
            return Ok(mode);
        }
        mode.and_end().ok_or_else(|| {
            Failure::usage("\"end_marker\" goes with update and replace: add ends no tunnel")
        })
    }

    /// Finds the link, and so completes the context.
    pub fn resolve(&self, links: &mut Links) -> Result<(PdpContext, Option<i32>), Failure> {
        let link = links.find(&self.link)?;
        let context = PdpContext {
            link: link.index,
            limits: self.limits,
            usage: None,
            tunnel: self.tunnel,
            ms: self.ms,
            peer: self.peer,
            flow: self.flow,
            bearer: self.bearer,
            other: Vec::new(),
        };
        Ok((context, link.netns))
    }
}

/// A context that exists.
#[derive(Debug, PartialEq, Eq)]
pub struct KeyWords<'a> {
    link: LinkWords<'a>,
    key: PdpKey,
}

impl<'a> KeyWords<'a> {
    /// Reads the words of `del`, `get` and `end-marker`.
    pub fn parse(words: &'a [&'a str]) -> Result<Self, Failure> {
        let words = PdpWords::parse(words, &KEY_WORDS)?;
        words.version()?;

        let family = words.family.unwrap_or_default();
        let key = match (words.ms, words.tid, words.i_tei) {
            (Some(ms), None, None) => {
                if words.family.is_some_and(|family| family != Family::of(ms)) {
                    return Err(Failure::usage(format!("ms {ms} is not of family {family}")));
                }
                match words.bearer {
                    None => PdpKey::Ms(ms),
                    Some(bearer) => PdpKey::Bearer(ms, bearer),
                }
            }
            _ if words.bearer.is_some() => {
                return Err(Failure::usage("\"bearer\" goes with \"ms\" only"));
            }
            (None, Some(tid), None) => PdpKey::Tid(tid, family),
            (None, None, Some(i_tei)) => PdpKey::ITei(i_tei, family),
            (None, None, None) => {
                return Err(Failure::usage(
                    "one of \"ms\", \"i_tei\" and \"tid\" is missing",
                ))
            }
            _ => {
                return Err(Failure::usage(
                    "\"ms\", \"i_tei\" and \"tid\" exclude each other",
                ))
            }
        };
        Ok(Self {
            link: words.link()?.ok_or_else(|| missing("dev"))?,
            key,
        })
    }

    /// Finds the link.
    pub fn resolve(&self, links: &mut Links) -> Result<(LinkRef, PdpKey), Failure> {
        Ok((links.find(&self.link)?, self.key))
    }
}

/// Reads the words of `list`.
pub fn list_words<'a>(words: &'a [&'a str]) -> Result<Option<LinkWords<'a>>, Failure> {
    PdpWords::parse(words, &LIST_WORDS)?.link()
}

/// Makes a context.
pub fn add(request: &AddWords<'_>, mode: NewMode) -> Outcome {
    let mut links = Links::default();
    let (context, netns) = request.resolve(&mut links)?;
    let mut client = GtpClient::open()?;

    client.new_pdp(&context, netns, mode)?;
    if context.flow.is_none() && context.bearer == 0 {
        return Ok(());
    }
    // A driver that knows of no QoS flows, or of no bearers, has made a context without.
    let link = LinkRef {
        index: context.link,
        netns,
    };
    let key = PdpKey::Bearer(context.ms, context.bearer);
    let made = client.get_pdp(link, &key, false)?;
    let what = if made.bearer != context.bearer {
        "bearers"
    } else if context.flow.is_some() && made.flow.is_none() {
        "QoS flows"
    } else {
        return Ok(());
    };
    if mode == NewMode::Exclusive {
        client.del_pdp(link, &key)?;
    }
    Err(Failure::Refused(format!(
        "this driver knows no {what} (EOPNOTSUPP)"
    )))
}

/// Sends an End Marker.
pub fn end_marker(request: &KeyWords<'_>) -> Outcome {
    let mut links = Links::default();
    let (link, key) = request.resolve(&mut links)?;

    GtpClient::open()?.end_marker(link, &key)?;
    Ok(())
}

/// Removes a context.
pub fn del(request: &KeyWords<'_>) -> Outcome {
    let mut links = Links::default();
    let (link, key) = request.resolve(&mut links)?;

    GtpClient::open()?.del_pdp(link, &key)?;
    Ok(())
}

/// Shows one context.
pub fn get(request: &KeyWords<'_>, stats: bool, format: Format) -> Outcome {
    let mut links = Links::default();
    let (link, key) = request.resolve(&mut links)?;
    let context = GtpClient::open()?.get_pdp(link, &key, stats)?;

    let mut names = Names::default();
    output::line(
        format,
        &PdpView::new(&context, request.link.name(&mut names)),
    )?;
    Ok(())
}

/// Shows the contexts of one link, or of all.
pub fn list(link: Option<&LinkWords<'_>>, stats: bool, format: Format) -> Outcome {
    listing::list(
        link,
        format,
        |client, link, each| client.dump_pdp(link, stats, each),
        |list, names, context| list.push(&PdpView::new(context, names.first(context.link))),
    )
}

#[cfg(test)]
#[path = "pdp_tests.rs"]
mod tests;
