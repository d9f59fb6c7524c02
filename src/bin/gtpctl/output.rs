// SPDX-License-Identifier: GPL-2.0

//! How things are printed, for people and as JSON.
//!
//! The text of a PDP context is made of the words that `gtpctl pdp add` takes.
//! The keys of the JSON forms are an interface: they may be added to, but do
//! not change.

use crate::outer::OuterView;
use gtp::client::{
    Echo,
    Family,
    GtpLink,
    Limit,
    PdpContext,
    QfiSource,
    QuotaAction,
    Role,
    Tunnel,
    Usage, //
};
use serde::Serialize;
use std::{
    fmt,
    io::{
        self,
        Write, //
    },
    net::IpAddr, //
};

/// For whom to print.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// For people.
    Text,
    /// For programs.
    Json,
}

/// Which link something is about: its name, or its index where it has none
/// here.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct DevView<'a> {
    /// Name of the link.
    pub dev: Option<&'a str>,
    /// Interface index of the link.
    pub ifindex: u32,
}

impl fmt::Display for DevView<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.dev {
            Some(dev) => write!(f, "dev {dev}"),
            None => write!(f, "ifindex {}", self.ifindex),
        }
    }
}

/// A PDP context with the name of its link.
#[derive(Debug, Serialize)]
pub struct PdpView<'a> {
    dev: Option<&'a str>,
    ifindex: u32,
    version: u32,
    family: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    tid: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    flow: Option<u16>,
    #[serde(skip_serializing_if = "Option::is_none")]
    i_tei: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    o_tei: Option<u32>,
    ms: IpAddr,
    peer: IpAddr,
    #[serde(skip_serializing_if = "Option::is_none")]
    qfi: Option<u8>,
    #[serde(skip_serializing_if = "is_false")]
    rqi: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    ppi: Option<u8>,
    #[serde(skip_serializing_if = "Option::is_none")]
    bearer: Option<u8>,
    #[serde(skip_serializing_if = "Option::is_none")]
    usage: Option<UsageView>,
}

/// What a context has carried.
#[derive(Debug, Serialize)]
struct UsageView {
    #[serde(skip_serializing_if = "Option::is_none")]
    limit: Option<&'static str>,
    tx_packets: u64,
    tx_bytes: u64,
    tx_dropped: u64,
    rx_packets: u64,
    rx_bytes: u64,
    rx_dropped: u64,
    idle_ms: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    threshold: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    quota: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    quota_action: Option<&'static str>,
    reached: Vec<&'static str>,
}

impl UsageView {
    /// Shows what a context has carried.
    fn new(usage: &Usage) -> Self {
        let name = |limit| match limit {
            Limit::Threshold => "threshold",
            Limit::Quota => "quota",
        };
        Self {
            limit: usage.event.map(name),
            tx_packets: usage.tx.packets,
            tx_bytes: usage.tx.bytes,
            tx_dropped: usage.tx.dropped,
            rx_packets: usage.rx.packets,
            rx_bytes: usage.rx.bytes,
            rx_dropped: usage.rx.dropped,
            idle_ms: usage.idle,
            threshold: usage.threshold,
            quota: usage.quota.map(|(octets, _)| octets),
            quota_action: usage.quota.map(|(_, action)| match action {
                QuotaAction::Tell => "tell",
                QuotaAction::Drop => "drop",
            }),
            reached: [Limit::Threshold, Limit::Quota]
                .into_iter()
                .filter(|limit| usage.reached & limit.bit() != 0)
                .map(name)
                .collect(),
        }
    }
}

impl fmt::Display for UsageView {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(limit) = self.limit {
            write!(f, " limit {limit}")?;
        }
        write!(
            f,
            " tx_packets {} tx_bytes {} tx_dropped {}",
            self.tx_packets, self.tx_bytes, self.tx_dropped
        )?;
        write!(
            f,
            " rx_packets {} rx_bytes {} rx_dropped {} idle_ms {}",
            self.rx_packets, self.rx_bytes, self.rx_dropped, self.idle_ms
        )?;
        if let Some(threshold) = self.threshold {
            write!(f, " threshold {threshold}")?;
        }
        if let (Some(quota), Some(action)) = (self.quota, self.quota_action) {
            write!(f, " quota {quota} quota_action {action}")?;
        }
        for limit in &self.reached {
            write!(f, " reached {limit}")?;
        }
        Ok(())
    }
}

impl<'a> PdpView<'a> {
    /// Shows a context under the name that its link has.
    pub fn new(context: &PdpContext, dev: Option<&'a str>) -> Self {
        let (mut tid, mut flow, mut i_tei, mut o_tei) = (None, None, None, None);
        match context.tunnel {
            Tunnel::V0 { tid: t, flow: f } => (tid, flow) = (Some(t), Some(f)),
            Tunnel::V1 { i_tei: i, o_tei: o } => (i_tei, o_tei) = (Some(i), Some(o)),
        }
        Self {
            dev,
            ifindex: context.link,
            version: context.tunnel.version(),
            family: match Family::of(context.ms) {
                Family::Inet => "inet",
                Family::Inet6 => "inet6",
            },
            tid,
            flow,
            i_tei,
            o_tei,
            ms: context.ms,
            peer: context.peer,
            qfi: context.flow.map(|flow| flow.qfi),
            rqi: context.flow.is_some_and(|flow| flow.rqi),
            ppi: context.flow.and_then(|flow| flow.ppi),
            bearer: Some(context.bearer).filter(|&bearer| bearer != 0),
            usage: context.usage.as_ref().map(UsageView::new),
        }
    }
}

impl fmt::Display for PdpView<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let link = DevView {
            dev: self.dev,
            ifindex: self.ifindex,
        };
        write!(f, "{link} version {}", self.version)?;
        if let Some(tid) = self.tid {
            write!(f, " tid {tid:#x}")?;
        }
        if let Some(flow) = self.flow {
            write!(f, " flow {flow}")?;
        }
        if let Some(i_tei) = self.i_tei {
            write!(f, " i_tei {i_tei}")?;
        }
        if let Some(o_tei) = self.o_tei {
            write!(f, " o_tei {o_tei}")?;
        }
        write!(f, " ms {} peer {}", self.ms, self.peer)?;
        if let Some(qfi) = self.qfi {
            write!(f, " qfi {qfi}")?;
        }
        if self.rqi {
            f.write_str(" rqi")?;
        }
        if let Some(ppi) = self.ppi {
            write!(f, " ppi {ppi}")?;
        }
        if let Some(bearer) = self.bearer {
            write!(f, " bearer {bearer}")?;
        }
        match &self.usage {
            Some(usage) => usage.fmt(f),
            None => Ok(()),
        }
    }
}

/// An Echo Response.
#[derive(Debug, Serialize)]
pub struct EchoView {
    version: u32,
    peer: IpAddr,
    ms: IpAddr,
}

impl EchoView {
    /// Shows an Echo Response.
    pub fn new(echo: &Echo) -> Self {
        Self {
            version: echo.version,
            peer: echo.peer,
            ms: echo.local,
        }
    }
}

impl fmt::Display for EchoView {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "version {} peer {} ms {}",
            self.version, self.peer, self.ms
        )
    }
}

/// A link. The keys that `ip -json link` has too are the same.
#[derive(Debug, Serialize)]
pub struct LinkView<'a> {
    ifindex: u32,
    ifname: &'a str,
    up: bool,
    mtu: Option<u32>,
    operstate: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    link_netnsid: Option<i32>,
    role: Option<String>,
    hsize: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_pdp: Option<u32>,
    restart_count: Option<u8>,
    #[serde(skip_serializing_if = "is_false")]
    dual_stack: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    qfi_source: Option<&'static str>,
    #[serde(skip_serializing_if = "is_false")]
    qfi_check: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    bearer_source: Option<&'static str>,
    #[serde(skip_serializing_if = "is_false")]
    usage: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    echo_interval: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    echo_t3: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    echo_n3: Option<u8>,
    #[serde(flatten)]
    outer: OuterView,
}

/// The word for what chooses something of a packet.
fn source_word(source: QfiSource) -> Option<&'static str> {
    match source {
        QfiSource::Context => None,
        QfiSource::Priority => Some("priority"),
        QfiSource::Mark => Some("mark"),
    }
}

/// Tells whether a flag is left out: as `ip` does, only what is set is shown.
fn is_false(flag: &bool) -> bool {
    !flag
}

impl<'a> LinkView<'a> {
    /// Shows a link.
    pub fn new(link: &'a GtpLink) -> Self {
        Self {
            ifindex: link.index,
            ifname: &link.name,
            up: link.up,
            mtu: link.mtu,
            operstate: &link.state,
            link_netnsid: link.link_netns,
            role: link.role.map(|role| match role {
                Role::Ggsn => "ggsn".to_string(),
                Role::Sgsn => "sgsn".to_string(),
                other => u32::from(other).to_string(),
            }),
            hsize: link.hash_size,
            max_pdp: link.max_pdp,
            restart_count: link.restart_count,
            dual_stack: link.dual_stack,
            qfi_source: source_word(link.qfi_source),
            qfi_check: link.qfi_check,
            bearer_source: source_word(link.bearer_source),
            usage: link.usage,
            echo_interval: link.supervision.interval,
            echo_t3: link.supervision.t3,
            echo_n3: link.supervision.n3,
            outer: OuterView::new(&link.outer),
        }
    }
}

impl fmt::Display for LinkView<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.ifindex, self.ifname)?;
        if let Some(role) = &self.role {
            write!(f, " role {role}")?;
        }
        if let Some(hsize) = self.hsize {
            write!(f, " hsize {hsize}")?;
        }
        if let Some(max) = self.max_pdp {
            write!(f, " max_pdp {max}")?;
        }
        if let Some(count) = self.restart_count {
            write!(f, " restart_count {count}")?;
        }
        if self.dual_stack {
            f.write_str(" dual_stack")?;
        }
        if let Some(source) = self.qfi_source {
            write!(f, " qfi_source {source}")?;
        }
        if self.qfi_check {
            f.write_str(" qfi_check")?;
        }
        if let Some(source) = self.bearer_source {
            write!(f, " bearer_source {source}")?;
        }
        if self.usage {
            f.write_str(" usage")?;
        }
        if let Some(seconds) = self.echo_interval {
            write!(f, " echo_interval {seconds}")?;
        }
        if let Some(ms) = self.echo_t3 {
            write!(f, " echo_t3 {ms}")?;
        }
        if let Some(n3) = self.echo_n3 {
            write!(f, " echo_n3 {n3}")?;
        }
        self.outer.fmt(f)?;
        if let Some(mtu) = self.mtu {
            write!(f, " mtu {mtu}")?;
        }
        if let Some(id) = self.link_netnsid {
            write!(f, " link-netnsid {id}")?;
        }
        write!(
            f,
            " {} state {}",
            if self.up { "up" } else { "down" },
            self.operstate
        )
    }
}

/// Prints entries one after the other: lines of text, or one array of JSON,
/// without keeping them.
pub struct List<W: Write> {
    out: W,
    format: Format,
    empty: bool,
}

impl<W: Write> List<W> {
    /// Starts a list.
    pub fn new(out: W, format: Format) -> Self {
        Self {
            out,
            format,
            empty: true,
        }
    }

    /// Prints one entry.
    pub fn push<T: Serialize + fmt::Display>(&mut self, entry: &T) -> io::Result<()> {
        match self.format {
            Format::Text => writeln!(self.out, "{entry}")?,
            Format::Json => {
                self.out.write_all(if self.empty { b"[" } else { b",\n" })?;
                serde_json::to_writer(&mut self.out, entry)?;
            }
        }
        self.empty = false;
        Ok(())
    }

    /// Ends the list.
    pub fn finish(mut self) -> io::Result<()> {
        if self.format == Format::Json {
            self.out
                .write_all(if self.empty { b"[]\n" } else { b"]\n" })?;
        }
        self.out.flush()
    }
}

/// Prints one thing: a line of text, or one object of JSON on a line. Nothing
/// stays in a buffer.
pub fn line<T: Serialize + fmt::Display>(format: Format, entry: &T) -> io::Result<()> {
    let mut text = match format {
        Format::Text => entry.to_string(),
        Format::Json => serde_json::to_string(entry)?,
    };
    text.push('\n');

    let mut out = io::stdout().lock();
    out.write_all(text.as_bytes())?;
    out.flush()
}

#[cfg(test)]
mod tests {
    use super::*;
    use gtp::client::{
        Limits,
        QosFlow,
        Traffic, //
    };
    use std::net::Ipv4Addr;

    fn context(tunnel: Tunnel) -> PdpContext {
        PdpContext {
            link: 7,
            limits: Limits::default(),
            usage: None,
            tunnel,
            ms: IpAddr::V4(Ipv4Addr::new(10, 45, 0, 2)),
            peer: IpAddr::V4(Ipv4Addr::new(192, 0, 2, 1)),
            flow: None,
            bearer: 0,
            other: Vec::new(),
        }
    }

    const V0: Tunnel = Tunnel::V0 {
        tid: 0x1234,
        flow: 9,
    };
    const V1: Tunnel = Tunnel::V1 {
        i_tei: 100,
        o_tei: 200,
    };

    #[test]
    fn a_context_is_printed_in_the_words_that_make_it() {
        assert_eq!(
            PdpView::new(&context(V1), Some("gtp0")).to_string(),
            "dev gtp0 version 1 i_tei 100 o_tei 200 ms 10.45.0.2 peer 192.0.2.1"
        );
        assert_eq!(
            PdpView::new(&context(V0), None).to_string(),
            "ifindex 7 version 0 tid 0x1234 flow 9 ms 10.45.0.2 peer 192.0.2.1"
        );
    }

    #[test]
    fn a_qos_flow_is_printed_in_the_words_that_make_it() {
        let mut context = context(V1);
        context.flow = Some(QosFlow {
            qfi: 9,
            rqi: true,
            ppi: Some(3),
        });
        context.bearer = 5;
        let view = PdpView::new(&context, Some("gtp0"));
        assert_eq!(
            view.to_string(),
            "dev gtp0 version 1 i_tei 100 o_tei 200 ms 10.45.0.2 peer 192.0.2.1 qfi 9 rqi ppi 3 bearer 5"
        );
        let json = serde_json::to_string(&view).unwrap();
        assert!(json.ends_with(r#""peer":"192.0.2.1","qfi":9,"rqi":true,"ppi":3,"bearer":5}"#));
    }

    #[test]
    fn json_has_numbers_as_numbers() {
        let json = |tunnel, dev| serde_json::to_string(&PdpView::new(&context(tunnel), dev));
        assert_eq!(
            json(V1, Some("gtp0")).unwrap(),
            r#"{"dev":"gtp0","ifindex":7,"version":1,"family":"inet","i_tei":100,"o_tei":200,"ms":"10.45.0.2","peer":"192.0.2.1"}"#
        );
        assert_eq!(
            json(V0, None).unwrap(),
            r#"{"dev":null,"ifindex":7,"version":0,"family":"inet","tid":4660,"flow":9,"ms":"10.45.0.2","peer":"192.0.2.1"}"#
        );
    }

    #[test]
    fn usage_follows_the_context() {
        let mut context = context(V1);
        let traffic = |packets, bytes, dropped| Traffic {
            packets,
            bytes,
            dropped,
        };
        let mut usage = Usage {
            tx: traffic(1, 2, 3),
            rx: traffic(4, 5, 6),
            idle: 7,
            ..Usage::default()
        };
        context.usage = Some(usage.clone());
        let words = "dev gtp0 version 1 i_tei 100 o_tei 200 ms 10.45.0.2 peer 192.0.2.1";
        let counters = "tx_packets 1 tx_bytes 2 tx_dropped 3 rx_packets 4 rx_bytes 5 rx_dropped 6";
        assert_eq!(
            PdpView::new(&context, Some("gtp0")).to_string(),
            format!("{words} {counters} idle_ms 7")
        );

        usage.threshold = Some(8);
        usage.quota = Some((9, QuotaAction::Drop));
        usage.reached = 3;
        usage.event = Some(Limit::Quota);
        context.usage = Some(usage);
        let view = PdpView::new(&context, Some("gtp0"));
        assert_eq!(
            view.to_string(),
            format!(
                "{words} limit quota {counters} idle_ms 7 threshold 8 quota 9 quota_action drop \
                 reached threshold reached quota"
            )
        );
        assert_eq!(
            serde_json::to_string(&view).unwrap(),
            r#"{"dev":"gtp0","ifindex":7,"version":1,"family":"inet","i_tei":100,"o_tei":200,"ms":"10.45.0.2","peer":"192.0.2.1","usage":{"limit":"quota","tx_packets":1,"tx_bytes":2,"tx_dropped":3,"rx_packets":4,"rx_bytes":5,"rx_dropped":6,"idle_ms":7,"threshold":8,"quota":9,"quota_action":"drop","reached":["threshold","quota"]}}"#
        );
    }

    #[test]
    fn a_list_is_one_array() {
        let list = |format, entries: &[Tunnel]| {
            let mut out = Vec::new();
            let mut list = List::new(&mut out, format);
            for tunnel in entries {
                list.push(&PdpView::new(&context(*tunnel), Some("gtp0")))
                    .unwrap();
            }
            list.finish().unwrap();
            String::from_utf8(out).unwrap()
        };
        assert_eq!(list(Format::Json, &[]), "[]\n");
        assert_eq!(list(Format::Text, &[]), "");
        let parsed: serde_json::Value =
            serde_json::from_str(&list(Format::Json, &[V0, V1, V1])).unwrap();
        assert_eq!(parsed.as_array().unwrap().len(), 3);
        assert_eq!(list(Format::Text, &[V0, V1]).lines().count(), 2);
    }

    #[test]
    fn a_link_has_the_keys_of_ip() {
        let mut link = GtpLink {
            name: "gtp0".to_string(),
            index: 7,
            role: Some(Role::Sgsn),
            hash_size: Some(1024),
            max_pdp: None,
            restart_count: Some(0),
            dual_stack: false,
            qfi_source: QfiSource::Context,
            qfi_check: false,
            bearer_source: QfiSource::Context,
            usage: false,
            outer: gtp::client::OuterHeaders::default(),
            supervision: gtp::client::Supervision::default(),
            mtu: Some(1452),
            up: true,
            state: "UNKNOWN".to_string(),
            link_netns: None,
            other: Vec::new(),
        };
        assert_eq!(
            serde_json::to_string(&LinkView::new(&link)).unwrap(),
            r#"{"ifindex":7,"ifname":"gtp0","up":true,"mtu":1452,"operstate":"UNKNOWN","role":"sgsn","hsize":1024,"restart_count":0}"#
        );
        assert_eq!(
            LinkView::new(&link).to_string(),
            "7: gtp0 role sgsn hsize 1024 restart_count 0 mtu 1452 up state UNKNOWN"
        );

        link.qfi_source = QfiSource::Mark;
        link.qfi_check = true;
        assert_eq!(
            LinkView::new(&link).to_string(),
            "7: gtp0 role sgsn hsize 1024 restart_count 0 qfi_source mark qfi_check mtu 1452 up state UNKNOWN"
        );
        let json = serde_json::to_string(&LinkView::new(&link)).unwrap();
        assert!(json.ends_with(r#","qfi_source":"mark","qfi_check":true}"#));
        link.qfi_source = QfiSource::Context;
        link.qfi_check = false;
        link.dual_stack = true;
        link.max_pdp = Some(100_000);
        assert_eq!(
            serde_json::to_string(&LinkView::new(&link)).unwrap(),
            r#"{"ifindex":7,"ifname":"gtp0","up":true,"mtu":1452,"operstate":"UNKNOWN","role":"sgsn","hsize":1024,"max_pdp":100000,"restart_count":0,"dual_stack":true}"#
        );
        assert_eq!(
            LinkView::new(&link).to_string(),
            "7: gtp0 role sgsn hsize 1024 max_pdp 100000 restart_count 0 dual_stack mtu 1452 up state UNKNOWN"
        );
    }
}
