// SPDX-License-Identifier: GPL-2.0

//! How PDP contexts are printed: in the words that `gtpctl pdp add` takes.

use super::{
    is_false,
    DevView,
    TidView, //
};
use gtp::client::{
    Family,
    Limit,
    PdpContext,
    QuotaAction,
    Tunnel,
    Usage, //
};
use serde::Serialize;
use std::{
    fmt,
    net::IpAddr, //
};

/// A PDP context with the name of its link.
#[derive(Debug, Serialize)]
pub struct PdpView<'a> {
    #[serde(flatten)]
    link: DevView<'a>,
    version: u32,
    family: &'static str,
    #[serde(flatten)]
    tid: Option<TidView>,
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
            Tunnel::V0 { tid: t, flow: f } => (tid, flow) = (Some(TidView::new(t)), Some(f)),
            Tunnel::V1 { i_tei: i, o_tei: o } => (i_tei, o_tei) = (Some(i), Some(o)),
        }
        Self {
            link: DevView {
                dev,
                ifindex: context.link,
            },
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
        let link = &self.link;
        write!(f, "{link} version {}", self.version)?;
        if let Some(tid) = &self.tid {
            write!(f, " {tid}")?;
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

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use gtp::client::{
        Limits,
        QosFlow,
        Traffic, //
    };
    use std::net::Ipv4Addr;

    pub fn context(tunnel: Tunnel) -> PdpContext {
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

    pub const V0: Tunnel = Tunnel::V0 {
        tid: 0x1234,
        flow: 9,
    };
    pub const V1: Tunnel = Tunnel::V1 {
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
            r#"{"dev":null,"ifindex":7,"version":0,"family":"inet","tid":4660,"tid_hex":"0x1234","flow":9,"ms":"10.45.0.2","peer":"192.0.2.1"}"#
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
}
