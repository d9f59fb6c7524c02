// SPDX-License-Identifier: GPL-2.0

//! `gtpctl echo`: is the peer alive (TS 29.281 7.2)?

use crate::{
    failure::{
        Failure,
        Outcome, //
    },
    link::inside,
    names::{
        LinkName,
        LinkWords,
        Links, //
    },
    output::{
        self,
        EchoView,
        Format, //
    },
    words::{
        address,
        missing,
        number,
        once,
        seconds,
        unknown,
        Words, //
    },
};
use gtp::client::{
    Echo,
    Event,
    GtpClient,
    Monitor, //
};
use std::time::{
    Duration,
    Instant, //
};

/// What `echo` takes.
pub const HELP: &str = "\
Words, in any order:
  dev NAME | ifindex N   link, by name or by interface index
  version 0|1            GTP version, 1 where absent
  peer ADDRESS           whom to ask, over IPv4 or IPv6
  ms ADDRESS             our own address of that family, whence the request goes;
                         0.0.0.0 or :: for the one that the route has
  wait SECONDS           wait for the answer and print it; without, the answer
                         is seen by \"gtpctl monitor\" where the link is
  netns NETNS            network namespace that the link is in, if elsewhere

Example: gtpctl echo dev gtp0 version 1 peer 192.0.2.1 ms 192.0.2.2 wait 2";

/// Keywords of `echo`.
const WORDS: [&str; 7] = ["dev", "ifindex", "netns", "version", "peer", "ms", "wait"];

/// An Echo Request that is to be sent.
#[derive(Debug, PartialEq, Eq)]
pub struct Request<'a> {
    link: LinkWords<'a>,
    echo: Echo,
    wait: Option<Duration>,
}

impl<'a> Request<'a> {
    /// Reads the words of `echo`.
    pub fn parse(words: &'a [&'a str]) -> Result<Self, Failure> {
        let (mut dev, mut ifindex, mut netns) = (None, None, None);
        let (mut version, mut peer, mut ms, mut wait) = (None, None, None, None);

        let mut words = Words::new(words);
        while let Some(key) = words.keyword() {
            if !WORDS.contains(&key) {
                return Err(unknown(key, &WORDS));
            }
            let value = words.value(key)?;
            match key {
                "dev" => once(&mut dev, key, value)?,
                "ifindex" => once(&mut ifindex, key, number(key, value, u32::MAX.into())?)?,
                "netns" => once(&mut netns, key, value)?,
                "version" => once(&mut version, key, number(key, value, 1)?)?,
                "peer" => once(&mut peer, key, address(key, value)?)?,
                "ms" => once(&mut ms, key, address(key, value)?)?,
                _ => once(&mut wait, key, seconds(value).map_err(Failure::Usage)?)?,
            }
        }

        let link = match (dev, ifindex) {
            (Some(dev), None) => LinkName::Dev(dev),
            (None, Some(index)) => LinkName::Index(index),
            (None, None) => return Err(missing("dev")),
            (Some(_), Some(_)) => {
                return Err(Failure::usage("\"dev\" and \"ifindex\" exclude each other"))
            }
        };
        Ok(Self {
            link: LinkWords { link, netns },
            echo: Echo {
                version: version.unwrap_or(1),
                peer: peer.ok_or_else(|| missing("peer"))?,
                local: ms.ok_or_else(|| missing("ms"))?,
            },
            wait,
        })
    }

    /// Tells whether that is the answer. It goes where the request came from: to an
    /// address of the kernel's choice if none was named.
    fn is_answered_by(&self, answer: &Echo) -> bool {
        let Echo {
            version,
            peer,
            local,
        } = self.echo;
        answer.version == version
            && answer.peer == peer
            && (local.is_unspecified() || answer.local == local)
    }

    /// Sends the request, and waits for the answer where that is wanted.
    pub fn run(&self, format: Format) -> Outcome {
        let mut links = Links::default();
        let link = links.find(&self.link)?;
        let mut client = GtpClient::open()?;

        let Some(wait) = self.wait else {
            client.echo(link, &self.echo)?;
            return Ok(());
        };

        // The answer is told where the link is. The group is joined first, or it
        // might be there sooner.
        let mut monitor = inside(links.namespace_of(&self.link), Monitor::open)?;
        let deadline = Instant::now() + wait;
        client.echo(link, &self.echo)?;

        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            match monitor.next(Some(left))? {
                Some(Event::Echo(echo)) if self.is_answered_by(&echo) => {
                    output::line(format, &EchoView::new(&echo))?;
                    return Ok(());
                }
                Some(_) => {}
                None => {
                    return Err(Failure::Refused(format!(
                        "no Echo Response from {} in time (ETIMEDOUT)",
                        self.echo.peer
                    )))
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(line: &str) -> Result<Echo, String> {
        let words: Vec<_> = line.split(' ').collect();
        match Request::parse(&words) {
            Ok(request) => Ok(request.echo),
            Err(Failure::Usage(text)) => Err(text),
            Err(other) => panic!("{other:?}"),
        }
    }

    #[test]
    fn version_1_is_assumed() {
        let echo = parse("dev gtp0 peer 192.0.2.1 ms 192.0.2.2 wait 0.5").unwrap();
        assert_eq!(echo.version, 1);
        let echo = parse("dev gtp0 version 0 peer 192.0.2.1 ms 192.0.2.2").unwrap();
        assert_eq!(echo.version, 0);
        assert_eq!(echo.peer.to_string(), "192.0.2.1");
        assert_eq!(echo.local.to_string(), "192.0.2.2");
        let echo = parse("dev gtp0 peer 2001:db8::1 ms 2001:db8::2").unwrap();
        assert!(echo.peer.is_ipv6() && echo.local.is_ipv6());
    }

    #[test]
    fn an_answer_is_known_by_what_was_asked() {
        let echo = |version, peer: &str, local: &str| Echo {
            version,
            peer: peer.parse().unwrap(),
            local: local.parse().unwrap(),
        };
        let is_answered = |ms, answer| {
            let words = ["dev", "gtp0", "peer", "192.0.2.1", "ms", ms];
            Request::parse(&words).unwrap().is_answered_by(&answer)
        };
        assert!(is_answered("192.0.2.2", echo(1, "192.0.2.1", "192.0.2.2")));
        assert!(!is_answered("192.0.2.2", echo(1, "192.0.2.1", "192.0.2.3")));
        for any in ["0.0.0.0", "::"] {
            assert!(is_answered(any, echo(1, "192.0.2.1", "192.0.2.2")));
            assert!(!is_answered(any, echo(0, "192.0.2.1", "192.0.2.2")));
            assert!(!is_answered(any, echo(1, "192.0.2.9", "192.0.2.2")));
        }
    }

    #[test]
    fn what_is_missing_or_wrong_is_said() {
        assert_eq!(
            parse("dev gtp0 peer 192.0.2.1"),
            Err("\"ms\" is missing".to_string())
        );
        assert_eq!(
            parse("peer 192.0.2.1 ms 192.0.2.2"),
            Err("\"dev\" is missing".to_string())
        );
        assert!(parse("dev gtp0 i_tei 1")
            .unwrap_err()
            .starts_with("unknown word"));
        assert!(parse("dev gtp0 wait -1").unwrap_err().contains("seconds"));
    }
}
