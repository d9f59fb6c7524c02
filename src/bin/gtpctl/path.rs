// SPDX-License-Identifier: GPL-2.0

//! `gtpctl path`: the paths to peers.

use crate::{
    failure::Outcome,
    listing,
    names::LinkWords,
    output::{
        DevView,
        Format, //
    },
};
use gtp::client::{
    GtpPath,
    PathState, //
};
use serde::Serialize;
use std::{
    fmt,
    net::IpAddr, //
};

/// A path with the name of its link.
#[derive(Debug, Serialize)]
pub struct PathView<'a> {
    #[serde(flatten)]
    link: DevView<'a>,
    version: u32,
    peer: IpAddr,
    state: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    rtt_us: Option<u32>,
    contexts: u32,
}

impl<'a> PathView<'a> {
    /// Shows a path under the name that its link has.
    pub fn new(path: &GtpPath, dev: Option<&'a str>) -> Self {
        Self {
            link: DevView {
                dev,
                ifindex: path.link,
            },
            version: path.version,
            peer: path.peer,
            state: match path.state {
                PathState::Unknown => "unknown",
                PathState::Up => "up",
                PathState::Down => "down",
            },
            rtt_us: path.rtt,
            contexts: path.contexts,
        }
    }
}

impl fmt::Display for PathView<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let link = &self.link;
        write!(
            f,
            "{link} version {} peer {} state {}",
            self.version, self.peer, self.state
        )?;
        if let Some(us) = self.rtt_us {
            write!(f, " rtt_us {us}")?;
        }
        write!(f, " contexts {}", self.contexts)
    }
}

/// Shows the paths of one link, or of all.
pub fn list(link: Option<&LinkWords<'_>>, format: Format) -> Outcome {
    listing::list(
        link,
        format,
        |client, link, each| client.dump_paths(link, each),
        |list, names, path| list.push(&PathView::new(path, names.first(path.link))),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_has_its_forms() {
        let mut path = GtpPath {
            link: 7,
            version: 1,
            peer: "192.0.2.1".parse().unwrap(),
            state: PathState::Up,
            rtt: Some(1234),
            contexts: 5,
        };
        assert_eq!(
            PathView::new(&path, Some("gtp0")).to_string(),
            "dev gtp0 version 1 peer 192.0.2.1 state up rtt_us 1234 contexts 5"
        );
        (path.state, path.rtt) = (PathState::Down, None);
        assert_eq!(
            serde_json::to_string(&PathView::new(&path, None)).unwrap(),
            r#"{"dev":null,"ifindex":7,"version":1,"peer":"192.0.2.1","state":"down","contexts":5}"#
        );
    }
}
