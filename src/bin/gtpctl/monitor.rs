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
        DevView,
        EchoView,
        Format,
        PdpView,
        TidView, //
    },
    path::PathView,
    route::RouteView,
};
use gtp::client::{
    EndMarker,
    ErrorIndication,
    Event,
    GtpAttribute,
    LinkClient,
    Monitor,
    UnknownTunnel, //
};
use serde::Serialize;
use std::{
    fmt::{
        self,
        Write, //
    },
    io,
    net::IpAddr,
    time::{
        Duration,
        Instant, //
    }, //
};

/// An Error Indication with the name of the link that it came to.
#[derive(Debug, Serialize)]
struct ErrorIndicationView<'a> {
    #[serde(flatten)]
    link: DevView<'a>,
    version: u32,
    #[serde(flatten)]
    tid: Option<TidView>,
    #[serde(skip_serializing_if = "Option::is_none")]
    o_tei: Option<u32>,
    peer: IpAddr,
}

impl<'a> ErrorIndicationView<'a> {
    /// Shows an Error Indication under the name that its link has.
    fn new(indication: &ErrorIndication, dev: Option<&'a str>) -> Self {
        let (tid, o_tei) = match indication.tunnel {
            UnknownTunnel::V0 { tid } => (Some(TidView::new(tid)), None),
            UnknownTunnel::V1 { o_tei } => (None, Some(o_tei)),
        };
        Self {
            link: DevView {
                dev,
                ifindex: indication.link,
            },
            version: indication.tunnel.version(),
            tid,
            o_tei,
            peer: indication.peer,
        }
    }
}

impl fmt::Display for ErrorIndicationView<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let link = &self.link;
        write!(f, "{link} version {}", self.version)?;
        if let Some(tid) = &self.tid {
            write!(f, " {tid}")?;
        }
        if let Some(o_tei) = self.o_tei {
            write!(f, " o_tei {o_tei}")?;
        }
        write!(f, " peer {}", self.peer)
    }
}

/// An End Marker with the name of the link that it came to.
#[derive(Debug, Serialize)]
struct EndMarkerView<'a> {
    #[serde(flatten)]
    link: DevView<'a>,
    version: u32,
    i_tei: u32,
    peer: IpAddr,
}

impl<'a> EndMarkerView<'a> {
    /// Shows an End Marker under the name that its link has. Version 0 has none.
    fn new(marker: &EndMarker, dev: Option<&'a str>) -> Self {
        Self {
            link: DevView {
                dev,
                ifindex: marker.link,
            },
            version: 1,
            i_tei: marker.i_tei,
            peer: marker.peer,
        }
    }
}

impl fmt::Display for EndMarkerView<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let link = &self.link;
        write!(
            f,
            "{link} version {} i_tei {} peer {}",
            self.version, self.i_tei, self.peer
        )
    }
}

/// An attribute of an event that cannot be read, as it came.
#[derive(Debug, Serialize)]
struct AttributeView {
    #[serde(rename = "type")]
    kind: u16,
    hex: String,
}

impl AttributeView {
    /// Shows an attribute.
    fn new(attribute: &GtpAttribute) -> Self {
        let (kind, value) = attribute.to_octets();
        let mut hex = String::with_capacity(2 * value.len());
        for octet in value {
            // To a string nothing fails to be written.
            let _ = write!(hex, "{octet:02x}");
        }
        Self { kind, hex }
    }
}

/// An event with the words and keys that it is printed with.
#[derive(Debug, Serialize)]
#[serde(tag = "event", rename_all = "snake_case")]
enum EventView<'a> {
    Add(PdpView<'a>),
    Del(PdpView<'a>),
    Usage(PdpView<'a>),
    AddRoute(RouteView<'a>),
    DelRoute(RouteView<'a>),
    Echo(EchoView),
    ErrorIndication(ErrorIndicationView<'a>),
    EndMarker(EndMarkerView<'a>),
    Flush(DevView<'a>),
    Path(PathView<'a>),
    Lost {},
    Unknown {
        command: u8,
        attributes: Vec<AttributeView>,
    },
}

impl<'a> EventView<'a> {
    /// Shows an event. An updated context looks like one that was added: the
    /// driver tells both in the same way.
    fn new(event: &Event, names: &'a mut Names) -> Self {
        match event {
            Event::New(context) => Self::Add(PdpView::new(context, names.latest(context.link))),
            Event::Del(context) => Self::Del(PdpView::new(context, names.latest(context.link))),
            Event::Usage(context) => Self::Usage(PdpView::new(context, names.latest(context.link))),
            Event::NewRoute(route) => {
                Self::AddRoute(RouteView::new(route, names.latest(route.link)))
            }
            Event::DelRoute(route) => {
                Self::DelRoute(RouteView::new(route, names.latest(route.link)))
            }
            Event::Echo(echo) => Self::Echo(EchoView::new(echo)),
            Event::ErrorIndication(indication) => Self::ErrorIndication(ErrorIndicationView::new(
                indication,
                names.latest(indication.link),
            )),
            Event::EndMarker(marker) => {
                Self::EndMarker(EndMarkerView::new(marker, names.latest(marker.link)))
            }
            Event::Flush { link } => Self::Flush(DevView {
                dev: names.latest(*link),
                ifindex: *link,
            }),
            Event::Path(path) => Self::Path(PathView::new(path, names.latest(path.link))),
            Event::Lost => Self::Lost {},
            Event::Other {
                command,
                attributes,
            } => Self::Unknown {
                command: *command,
                attributes: attributes.iter().map(AttributeView::new).collect(),
            },
            _ => Self::Unknown {
                command: u8::MAX,
                attributes: Vec::new(),
            },
        }
    }
}

impl fmt::Display for EventView<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Add(context) => write!(f, "add {context}"),
            Self::Del(context) => write!(f, "del {context}"),
            Self::Usage(context) => write!(f, "usage {context}"),
            Self::AddRoute(route) => write!(f, "add_route {route}"),
            Self::DelRoute(route) => write!(f, "del_route {route}"),
            Self::Echo(echo) => write!(f, "echo {echo}"),
            Self::ErrorIndication(indication) => write!(f, "error_indication {indication}"),
            Self::EndMarker(marker) => write!(f, "end_marker {marker}"),
            Self::Flush(link) => write!(f, "flush {link}"),
            Self::Path(path) => write!(f, "path {path}"),
            Self::Lost {} => write!(f, "lost messages"),
            Self::Unknown {
                command,
                attributes,
            } => {
                write!(f, "unknown command {command}")?;
                if !attributes.is_empty() {
                    f.write_str(" attributes")?;
                }
                attributes
                    .iter()
                    .try_for_each(|AttributeView { kind, hex }| write!(f, " {kind}:{hex}"))
            }
        }
    }
}

/// Prints events: for ever, or up to `count`, or for as long as `timeout`.
pub fn run(count: Option<u64>, timeout: Option<Duration>, format: Format) -> Outcome {
    let mut monitor = Monitor::open()?;
    let mut names = Names::default();
    learn(&mut names);
    let deadline = timeout.map(|timeout| Instant::now() + timeout);
    let mut heard = 0;

    // Whoever started this in the background can wait for this line, and know
    // that nothing is missed from here on.
    output::say("Listening.");

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
        if let Err(error) = output::line(format, &EventView::new(&event, &mut names)) {
            return Err(unwritten(error, count));
        }
        heard += 1;
    }
    Ok(())
}

/// Returns what an event that cannot be written ends in. Who closes the pipe has
/// read enough, but a count that was asked for has not been met.
fn unwritten(error: io::Error, count: Option<u64>) -> Failure {
    match count {
        Some(_) if error.kind() == io::ErrorKind::BrokenPipe => Failure::Said(2),
        _ => error.into(),
    }
}

/// Learns the names of the links that are there: when one is told to be flushed
/// it is about to go, and by then its name may have gone.
fn learn(names: &mut Names) {
    // What cannot be learnt is printed by its number.
    let _ = LinkClient::open().and_then(|mut client| {
        client.list(|link| {
            names.latest(link.index);
            Ok(())
        })
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use gtp::client::{
        Echo,
        Limit,
        Limits,
        PdpContext,
        Tunnel,
        Usage, //
    };

    fn context() -> PdpContext {
        PdpContext {
            link: 4_000_000,
            limits: Limits::default(),
            usage: None,
            tunnel: Tunnel::V1 { i_tei: 1, o_tei: 2 },
            ms: "10.45.0.2".parse().unwrap(),
            peer: "192.0.2.1".parse().unwrap(),
            flow: None,
            bearer: 0,
            other: Vec::new(),
        }
    }

    fn indication(tunnel: UnknownTunnel, peer: &str) -> Event {
        Event::ErrorIndication(ErrorIndication {
            link: 4_000_000,
            peer: peer.parse().unwrap(),
            tunnel,
        })
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
        let mut reached = context();
        reached.usage = Some(Usage {
            event: Some(Limit::Threshold),
            ..Usage::default()
        });
        let (text, json) = both(&Event::Usage(reached));
        assert!(text.starts_with(&format!("usage {words} limit threshold tx_packets 0 ")));
        assert!(json.starts_with(&format!(
            r#"{{"event":"usage",{keys},"usage":{{"limit":"threshold","tx_packets":0,"#
        )));
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
                command: 66,
                attributes: Vec::new(),
            }),
            (
                "unknown command 66".to_string(),
                r#"{"event":"unknown","command":66,"attributes":[]}"#.to_string()
            )
        );
    }

    #[test]
    fn what_cannot_be_read_is_printed_as_it_came() {
        let ms = "10.45.0.2".parse().unwrap();
        assert_eq!(
            both(&Event::Other {
                command: 99,
                attributes: vec![GtpAttribute::MsAddress(ms), GtpAttribute::Rqi],
            }),
            (
                "unknown command 99 attributes 5:0a2d0002 65:".to_string(),
                r#"{"event":"unknown","command":99,"attributes":[{"type":5,"hex":"0a2d0002"},{"type":65,"hex":""}]}"#.to_string()
            )
        );
    }

    #[test]
    fn a_count_is_not_met_where_nobody_reads() {
        let closed = || io::Error::from(io::ErrorKind::BrokenPipe);
        assert!(matches!(unwritten(closed(), Some(5)), Failure::Said(2)));
        assert!(matches!(unwritten(closed(), None), Failure::File(..)));
        let full = io::Error::from(io::ErrorKind::StorageFull);
        assert!(matches!(unwritten(full, Some(5)), Failure::File(..)));
    }

    #[test]
    fn what_peers_do_not_know_has_its_forms() {
        assert_eq!(
            both(&indication(UnknownTunnel::V1 { o_tei: 200 }, "192.0.2.1")),
            (
                "error_indication ifindex 4000000 version 1 o_tei 200 peer 192.0.2.1".to_string(),
                r#"{"event":"error_indication","dev":null,"ifindex":4000000,"version":1,"o_tei":200,"peer":"192.0.2.1"}"#.to_string()
            )
        );
        assert_eq!(
            both(&indication(UnknownTunnel::V0 { tid: 0x1234 }, "2001:db8::1")),
            (
                "error_indication ifindex 4000000 version 0 tid 0x1234 peer 2001:db8::1"
                    .to_string(),
                r#"{"event":"error_indication","dev":null,"ifindex":4000000,"version":0,"tid":4660,"tid_hex":"0x1234","peer":"2001:db8::1"}"#.to_string()
            )
        );
    }

    #[test]
    fn an_end_marker_has_its_forms() {
        let marker = Event::EndMarker(EndMarker {
            link: 4_000_000,
            peer: "192.0.2.1".parse().unwrap(),
            i_tei: 100,
        });
        assert_eq!(
            both(&marker),
            (
                "end_marker ifindex 4000000 version 1 i_tei 100 peer 192.0.2.1".to_string(),
                r#"{"event":"end_marker","dev":null,"ifindex":4000000,"version":1,"i_tei":100,"peer":"192.0.2.1"}"#.to_string()
            )
        );
    }

    #[test]
    fn a_flush_names_its_link_where_that_can_be_known() {
        assert_eq!(
            both(&Event::Flush { link: 4_000_000 }),
            (
                "flush ifindex 4000000".to_string(),
                r#"{"event":"flush","dev":null,"ifindex":4000000}"#.to_string()
            )
        );
        let link = gtp::client::netns::interface_index("lo").unwrap();
        assert_eq!(
            both(&Event::Flush { link }),
            (
                "flush dev lo".to_string(),
                format!(r#"{{"event":"flush","dev":"lo","ifindex":{link}}}"#)
            )
        );
    }
}
