// SPDX-License-Identifier: GPL-2.0

//! `gtpctl route`: framed routes, prefixes behind mobile stations.

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
        DevView,
        Format, //
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
    FramedRoute,
    GtpClient,
    Prefix, //
};
use serde::Serialize;
use std::{
    fmt,
    net::IpAddr, //
};

/// What `add` and `replace` take.
pub const ADD_HELP: &str = "\
Words, in any order:
  dev NAME | ifindex N   link, by name or by interface index
  ADDRESS/LEN            prefix; an address alone is one of all its bits
  via ADDRESS            mobile station that it is behind, of the same family
  netns NETNS            network namespace that the link is in, if elsewhere

Example: gtpctl route add dev gtp0 10.99.0.0/16 via 10.45.0.2";

/// What `del` and `get` take.
pub const KEY_HELP: &str = "\
Words, in any order:
  dev NAME | ifindex N   link, by name or by interface index
  ADDRESS/LEN            prefix
  netns NETNS            network namespace that the link is in, if elsewhere

Example: gtpctl route get dev gtp0 10.99.0.0/16";

/// What stands for a prefix among the words of `add`, `replace`, `del` and `get`.
const PREFIX: &str = "ADDRESS/LEN";
/// Words of `add` and `replace`.
const ADD_WORDS: [&str; 5] = [PREFIX, "dev", "ifindex", "netns", "via"];
/// Words of `del` and `get`.
const KEY_WORDS: [&str; 4] = [PREFIX, "dev", "ifindex", "netns"];
/// Words of `list`.
const LIST_WORDS: [&str; 2] = ["dev", "ifindex"];

/// Words of any of the commands.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct RouteWords<'a> {
    dev: Option<&'a str>,
    ifindex: Option<u32>,
    netns: Option<&'a str>,
    via: Option<IpAddr>,
    prefix: Option<Prefix>,
}

impl<'a> RouteWords<'a> {
    /// Reads words, of which `known` are allowed; a prefix stands for itself.
    pub fn parse(words: &'a [&'a str], known: &[&str]) -> Result<Self, Failure> {
        let mut found = Self::default();
        let mut words = Words::new(words);
        while let Some(key) = words.keyword() {
            match key {
                _ if key == PREFIX || !known.contains(&key) => {
                    let prefix = key.parse().map_err(|()| no_prefix(key, known))?;
                    once(&mut found.prefix, PREFIX, prefix)?;
                }
                "dev" => once(&mut found.dev, key, words.value(key)?)?,
                "ifindex" => {
                    let index = number(key, words.value(key)?, u32::MAX.into())?;
                    once(&mut found.ifindex, key, index)?;
                }
                "netns" => once(&mut found.netns, key, words.value(key)?)?,
                _ => once(&mut found.via, key, address(key, words.value(key)?)?)?,
            }
        }
        Ok(found)
    }

    /// Reads the words of `add` and `replace`.
    pub fn parse_add(words: &'a [&'a str]) -> Result<Self, Failure> {
        let words = Self::parse(words, &ADD_WORDS)?;
        let (prefix, via) = (words.prefix()?, words.via()?);
        if prefix.address.is_ipv4() != via.is_ipv4() {
            return Err(Failure::usage(format!(
                "{prefix} and {via} are of different families"
            )));
        }
        words.named()?;
        Ok(words)
    }

    /// Reads the words of `del` and `get`.
    pub fn parse_key(words: &'a [&'a str]) -> Result<Self, Failure> {
        let words = Self::parse(words, &KEY_WORDS)?;
        words.prefix()?;
        words.named()?;
        Ok(words)
    }

    /// Reads the words of `list`.
    pub fn parse_list(words: &'a [&'a str]) -> Result<Self, Failure> {
        let words = Self::parse(words, &LIST_WORDS)?;
        match words.prefix {
            Some(_) => Err(Failure::usage("a list is of a link, not of a prefix")),
            None => words.link().map(|_| words),
        }
    }

    /// Returns the prefix.
    fn prefix(&self) -> Result<Prefix, Failure> {
        self.prefix.ok_or_else(|| missing(PREFIX))
    }

    /// Returns the mobile station.
    fn via(&self) -> Result<IpAddr, Failure> {
        self.via.ok_or_else(|| missing("via"))
    }

    /// Returns the link, where one is named.
    fn link(&self) -> Result<Option<LinkWords<'a>>, Failure> {
        LinkWords::new(self.dev, self.ifindex, self.netns)
    }

    /// Returns the link, which must be named.
    fn named(&self) -> Result<LinkWords<'a>, Failure> {
        self.link()?.ok_or_else(|| missing("dev"))
    }
}

/// Builds the failure for a word that is neither a keyword nor a prefix.
fn no_prefix(word: &str, known: &[&str]) -> Failure {
    if word.contains('/') && word != PREFIX {
        return Failure::usage(format!(
            "\"{word}\" is no prefix: that is {PREFIX}, with at most 32 bits of IPv4 and 128 of IPv6"
        ));
    }
    unknown(word, known)
}

/// A framed route with the name of its link.
#[derive(Debug, Serialize)]
pub struct RouteView<'a> {
    #[serde(flatten)]
    link: DevView<'a>,
    dst: String,
    via: IpAddr,
}

impl<'a> RouteView<'a> {
    /// Shows a route under the name that its link has.
    pub fn new(route: &FramedRoute, dev: Option<&'a str>) -> Self {
        Self {
            link: DevView {
                dev,
                ifindex: route.link,
            },
            dst: route.prefix.to_string(),
            via: route.via,
        }
    }
}

impl fmt::Display for RouteView<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let link = &self.link;
        write!(f, "{link} {} via {}", self.dst, self.via)
    }
}

/// Makes a route, or with `replaces` changes the one for its prefix.
pub fn add(words: &RouteWords<'_>, replaces: bool) -> Outcome {
    let mut links = Links::default();
    let link = links.find(&words.named()?)?;
    GtpClient::open()?.new_route(link, &words.prefix()?, words.via()?, replaces)?;
    Ok(())
}

/// Removes a route.
pub fn del(words: &RouteWords<'_>) -> Outcome {
    let mut links = Links::default();
    let link = links.find(&words.named()?)?;
    GtpClient::open()?.del_route(link, &words.prefix()?)?;
    Ok(())
}

/// Shows the route for exactly one prefix.
pub fn get(words: &RouteWords<'_>, format: Format) -> Outcome {
    let mut links = Links::default();
    let named = words.named()?;
    let link = links.find(&named)?;
    let route = GtpClient::open()?.get_route(link, &words.prefix()?)?;

    let mut names = Names::default();
    output::line(format, &RouteView::new(&route, named.name(&mut names)))?;
    Ok(())
}

/// Shows the routes of one link, or of all.
pub fn list(words: &RouteWords<'_>, format: Format) -> Outcome {
    listing::list(
        words.link()?.as_ref(),
        format,
        |client, link, each| client.dump_routes(link, each),
        |list, names, route| list.push(&RouteView::new(route, names.first(route.link))),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn add_error(line: &str) -> String {
        let words: Vec<_> = line.split(' ').collect();
        match RouteWords::parse_add(&words) {
            Err(Failure::Usage(text)) => text,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn words_may_stand_anywhere() {
        for line in [
            "dev gtp0 10.99.0.0/16 via 10.45.0.2",
            "via 10.45.0.2 dev gtp0 10.99.0.0/16",
        ] {
            let words: Vec<_> = line.split(' ').collect();
            let found = RouteWords::parse_add(&words).unwrap();
            assert_eq!(found.prefix, "10.99.0.0/16".parse().ok());
            assert_eq!(found.via, "10.45.0.2".parse().ok());
            assert_eq!(found.dev, Some("gtp0"));
        }
    }

    #[test]
    fn what_is_wrong_is_said() {
        assert_eq!(
            add_error("dev gtp0 via 10.45.0.2"),
            "\"ADDRESS/LEN\" is missing"
        );
        assert_eq!(add_error("dev gtp0 10.0.0.0/8"), "\"via\" is missing");
        assert_eq!(add_error("10.0.0.0/8 via 10.45.0.2"), "\"dev\" is missing");
        assert_eq!(
            add_error("dev gtp0 ::/0 via 10.45.0.2"),
            "::/0 and 10.45.0.2 are of different families"
        );
        for wrong in [
            "10.0.0.0/33",
            "::/129",
            "10.0.0/8",
            "10.0.0.0/",
            "10.0.0.0/-1",
        ] {
            assert_eq!(
                add_error(&format!("dev gtp0 {wrong} via 10.45.0.2")),
                format!(
                    "\"{wrong}\" is no prefix: that is ADDRESS/LEN, \
                     with at most 32 bits of IPv4 and 128 of IPv6"
                )
            );
        }
        for wrong in ["10.0.0.256", "prefix", "ADDRESS/LEN"] {
            assert_eq!(
                add_error(&format!("dev gtp0 {wrong} via 10.45.0.2")),
                format!(
                    "unknown word \"{wrong}\", expected one of: \
                     ADDRESS/LEN, dev, ifindex, netns, via"
                )
            );
        }
        match RouteWords::parse_list(&["gtp0"]) {
            Err(Failure::Usage(text)) => {
                assert_eq!(text, "unknown word \"gtp0\", expected one of: dev, ifindex")
            }
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_route_is_printed_in_the_words_that_make_it() {
        let route = FramedRoute {
            link: 7,
            prefix: "10.99.0.0/16".parse().unwrap(),
            via: "10.45.0.2".parse().unwrap(),
        };
        let view = RouteView::new(&route, Some("gtp0"));
        assert_eq!(view.to_string(), "dev gtp0 10.99.0.0/16 via 10.45.0.2");
        assert_eq!(
            serde_json::to_string(&view).unwrap(),
            r#"{"dev":"gtp0","ifindex":7,"dst":"10.99.0.0/16","via":"10.45.0.2"}"#
        );
    }
}
