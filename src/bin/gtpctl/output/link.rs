// SPDX-License-Identifier: GPL-2.0

//! How links are printed: in the words that `gtpctl link add` takes.

use super::is_false;
use crate::outer::OuterView;
use gtp::client::{
    GtpLink,
    QfiSource,
    Role, //
};
use serde::Serialize;
use std::fmt;

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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_has_the_keys_of_ip() {
        let mut link = GtpLink {
            name: "gtp0".to_string(),
            index: 7,
            role: Some(Role::Sgsn),
            hash_size: Some(1024),
            restart_count: Some(0),
            mtu: Some(1452),
            up: true,
            state: "UNKNOWN".to_string(),
            ..GtpLink::default()
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
