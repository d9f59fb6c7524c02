// SPDX-License-Identifier: GPL-2.0

//! `gtpctl monitor`: what happens, one line an event.

use crate::{
    failure::{
        Failure,
        Outcome, //
    },
    names::Names,
    output::{
        self,
        EchoView,
        Format,
        PdpView, //
    },
};
use gtp::client::{
    Event,
    Monitor, //
};
use serde::Serialize;
use std::{
    fmt,
    time::{
        Duration,
        Instant, //
    }, //
};

/// An event with the words and keys that it is printed with.
#[derive(Debug, Serialize)]
#[serde(tag = "event", rename_all = "lowercase")]
enum EventView<'a> {
    Add(PdpView<'a>),
    Del(PdpView<'a>),
    Echo(EchoView),
    Lost {},
    Unknown { command: u8 },
}

impl<'a> EventView<'a> {
    /// Shows an event. An updated context looks like one that was added: the
    /// driver tells both in the same way.
    fn new(event: &Event, names: &'a mut Names) -> Self {
        match event {
            Event::New(context) => Self::Add(PdpView::new(context, names.latest(context.link))),
            Event::Del(context) => Self::Del(PdpView::new(context, names.latest(context.link))),
            Event::Echo(echo) => Self::Echo(EchoView::new(echo)),
            Event::Lost => Self::Lost {},
            Event::Other { command, .. } => Self::Unknown { command: *command },
            _ => Self::Unknown { command: u8::MAX },
        }
    }
}

impl fmt::Display for EventView<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Add(context) => write!(f, "add {context}"),
            Self::Del(context) => write!(f, "del {context}"),
            Self::Echo(echo) => write!(f, "echo {echo}"),
            Self::Lost {} => write!(f, "lost messages"),
            Self::Unknown { command } => write!(f, "unknown command {command}"),
        }
    }
}

/// Prints events: for ever, or up to `count`, or for as long as `timeout`.
pub fn run(count: Option<u64>, timeout: Option<Duration>, format: Format) -> Outcome {
    let mut monitor = Monitor::open()?;
    let mut names = Names::default();
    let deadline = timeout.map(|timeout| Instant::now() + timeout);
    let mut heard = 0;

    // Whoever started this in the background can wait for this line, and know
    // that nothing is missed from here on.
    eprintln!("Listening.");

    while count != Some(heard) {
        let left = deadline.map(|deadline| deadline.saturating_duration_since(Instant::now()));
        let Some(event) = monitor.next(left)? else {
            return match count {
                None => Ok(()),
                Some(count) => Err(Failure::Refused(format!(
                    "{heard} of {count} events in time (ETIMEDOUT)"
                ))),
            };
        };
        output::line(format, &EventView::new(&event, &mut names))?;
        heard += 1;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use gtp::client::{
        Echo,
        PdpContext,
        Tunnel, //
    };

    fn context() -> PdpContext {
        PdpContext {
            link: 4_000_000,
            tunnel: Tunnel::V1 { i_tei: 1, o_tei: 2 },
            ms: "10.45.0.2".parse().unwrap(),
            peer: "192.0.2.1".parse().unwrap(),
            other: Vec::new(),
        }
    }

    fn both(event: &Event) -> (String, String) {
        let mut names = Names::default();
        let view = EventView::new(event, &mut names);
        (view.to_string(), serde_json::to_string(&view).unwrap())
    }

    #[test]
    fn every_event_has_its_forms() {
        let words = "ifindex 4000000 version 1 i_tei 1 o_tei 2 ms 10.45.0.2 peer 192.0.2.1";
        let keys = r#""dev":null,"ifindex":4000000,"version":1,"family":"inet","i_tei":1,"o_tei":2,"ms":"10.45.0.2","peer":"192.0.2.1""#;
        assert_eq!(
            both(&Event::New(context())),
            (
                format!("add {words}"),
                format!(r#"{{"event":"add",{keys}}}"#)
            )
        );
        assert_eq!(
            both(&Event::Del(context())),
            (
                format!("del {words}"),
                format!(r#"{{"event":"del",{keys}}}"#)
            )
        );
        assert_eq!(
            both(&Event::Echo(Echo {
                version: 1,
                peer: "192.0.2.1".parse().unwrap(),
                local: "192.0.2.2".parse().unwrap(),
            })),
            (
                "echo version 1 peer 192.0.2.1 ms 192.0.2.2".to_string(),
                r#"{"event":"echo","version":1,"peer":"192.0.2.1","ms":"192.0.2.2"}"#.to_string()
            )
        );
        assert_eq!(
            both(&Event::Lost),
            (
                "lost messages".to_string(),
                r#"{"event":"lost"}"#.to_string()
            )
        );
        assert_eq!(
            both(&Event::Other {
                command: 64,
                attributes: Vec::new(),
            }),
            (
                "unknown command 64".to_string(),
                r#"{"event":"unknown","command":64}"#.to_string()
            )
        );
    }
}
