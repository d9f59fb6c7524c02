// SPDX-License-Identifier: GPL-2.0

//! `gtpctl link`: making, removing and showing links.

use crate::{
    failure::{
        Failure,
        Outcome, //
    },
    foreground,
    output::{
        Format,
        LinkView,
        List, //
    },
    words::{
        address,
        number,
        once,
        unknown,
        Words, //
    },
};
use gtp::client::{
    netns,
    LinkClient,
    LinkConfig,
    Role,
    Sockets, //
};
use std::{
    io::{
        self,
        BufWriter, //
    },
    net::IpAddr,
    os::fd::AsRawFd, //
};

/// What `add` takes.
pub const ADD_HELP: &str = "\
Words: [dev] NAME, then in any order:
  role ggsn|sgsn      on which side of the tunnels the mobile stations are; a
                      GGSN (the default) sends towards them
  hsize N             expected number of PDP contexts
  restart_count N     restart counter in GTPv0 Echo Responses, 0 to 255
  mtu N               largest packet in octets
  up                  set the link up at once
  netns NETNS         network namespace to put the link into; its sockets stay
                      in this one
  local ADDRESS       address to bind the sockets to, any IPv4 address where
                      absent
  fd                  open the sockets here instead of having the kernel make
                      them, and stay in the foreground: what the driver does
                      not handle is printed; SIGINT or SIGTERM removes the link
  version 0|1         with fd: open only the socket of that GTP version

Example: gtpctl link add gtp0 role sgsn";

/// Keywords of `add`.
const ADD_WORDS: [&str; 10] = [
    "role",
    "hsize",
    "restart_count",
    "mtu",
    "up",
    "netns",
    "local",
    "bind",
    "fd",
    "version",
];

/// Longest name of an interface, in octets.
const NAME_LEN: usize = 15;

/// A link that is to be made.
#[derive(Debug, PartialEq, Eq)]
pub struct Add {
    config: LinkConfig,
    netns: Option<String>,
    local: Option<IpAddr>,
    foreground: bool,
    version: Option<u32>,
}

impl Add {
    /// Reads the words of `add`.
    pub fn parse(words: &[&str]) -> Result<Self, Failure> {
        let (name, words) = split_name(words)?;
        let name = name.ok_or_else(|| Failure::usage("no NAME"))?;
        let mut config = LinkConfig::new(name);
        let (mut netns, mut local, mut version) = (None, None, None);
        let (mut up, mut fd) = (None, None);

        let mut words = Words::new(words);
        while let Some(key) = words.keyword() {
            match key {
                "up" => once(&mut up, key, ())?,
                "fd" => once(&mut fd, key, ())?,
                "role" => once(&mut config.role, key, role(words.value(key)?)?)?,
                "hsize" => {
                    let value = number(key, words.value(key)?, u32::MAX.into())?;
                    once(&mut config.hash_size, key, value)?;
                }
                "restart_count" => {
                    let value = number(key, words.value(key)?, u8::MAX.into())?;
                    once(&mut config.restart_count, key, value)?;
                }
                "mtu" => {
                    let value = number(key, words.value(key)?, u32::MAX.into())?;
                    once(&mut config.mtu, key, value)?;
                }
                "netns" => once(&mut netns, key, words.value(key)?.to_string())?,
                // To bind is what one does to one's own sockets.
                "local" | "bind" => once(&mut local, key, address(key, words.value(key)?)?)?,
                "version" => once(&mut version, key, number(key, words.value(key)?, 1)?)?,
                _ => return Err(unknown(key, &ADD_WORDS)),
            }
        }

        if version.is_some() && fd.is_none() {
            return Err(Failure::usage(
                "\"version\" goes with \"fd\": the kernel makes both sockets",
            ));
        }
        config.up = up.is_some();
        config.sockets = Sockets::Kernel { local };
        Ok(Self {
            config,
            netns,
            local,
            foreground: fd.is_some(),
            version,
        })
    }

    /// Makes the link; in the foreground, keeps it until told to stop.
    pub fn run(mut self, format: Format) -> Outcome {
        let netns = match &self.netns {
            Some(name) => Some(netns::open(name)?),
            None => None,
        };
        self.config.netns = netns.as_ref().map(|file| file.as_raw_fd());

        if self.foreground {
            foreground::run(self.config, netns, self.local, self.version, format)
        } else {
            LinkClient::open()?.add(&self.config)?;
            Ok(())
        }
    }
}

/// Reads a role.
fn role(text: &str) -> Result<Role, Failure> {
    match text {
        "ggsn" => Ok(Role::Ggsn),
        "sgsn" => Ok(Role::Sgsn),
        _ => Err(Failure::usage(format!(
            "role \"{text}\" is neither ggsn nor sgsn"
        ))),
    }
}

/// Takes the name off the front, which may stand after `dev` or `name`.
fn split_name<'a>(words: &'a [&'a str]) -> Result<(Option<&'a str>, &'a [&'a str]), Failure> {
    let (name, rest) = match words {
        [] => return Ok((None, words)),
        ["dev" | "name", name, rest @ ..] => (*name, rest),
        [name, rest @ ..] => (*name, rest),
    };
    if name.is_empty() || name.len() > NAME_LEN || name.contains(['/', ' ', ':']) {
        return Err(Failure::usage(format!(
            "\"{name}\" is no name for a link: it has 1 to {NAME_LEN} octets, and no slash"
        )));
    }
    Ok((Some(name), rest))
}

/// Reads the words of `del` and `show`: a name, or nothing.
pub fn name(words: &[&str]) -> Result<Option<String>, Failure> {
    match split_name(words)? {
        (name, []) => Ok(name.map(str::to_string)),
        (_, [surplus, ..]) => Err(Failure::usage(format!("unknown word \"{surplus}\""))),
    }
}

/// Removes a link.
pub fn del(name: &str) -> Outcome {
    LinkClient::open()?.del(name)?;
    Ok(())
}

/// Shows one link, or all.
pub fn show(name: Option<&str>, format: Format) -> Outcome {
    let mut client = LinkClient::open()?;
    let mut links = Vec::new();
    let mut interrupted = false;

    match name {
        Some(name) => links.push(client.get(name)?),
        None => {
            let status = client.list(|link| {
                links.push(link);
                Ok(())
            })?;
            interrupted = status.interrupted;
        }
    }

    let mut list = List::new(BufWriter::new(io::stdout().lock()), format);
    for link in &links {
        list.push(&LinkView::new(link))?;
    }
    list.finish()?;
    if interrupted {
        return Err(Failure::Refused(
            "something changed meanwhile, the list may be incomplete (NLM_F_DUMP_INTR)".to_string(),
        ));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(line: &str) -> Result<Add, String> {
        let words: Vec<_> = line.split_whitespace().collect();
        Add::parse(&words).map_err(|failure| match failure {
            Failure::Usage(text) => text,
            other => panic!("{other:?}"),
        })
    }

    #[test]
    fn a_name_is_enough() {
        for line in ["gtp0", "dev gtp0", "name gtp0"] {
            let add = parse(line).unwrap();
            assert_eq!(add.config, LinkConfig::new("gtp0"));
            assert!(!add.foreground);
        }
    }

    #[test]
    fn words_follow_the_name_in_any_order() {
        let add = parse(
            "gtp0 hsize 0x20000 local 192.0.2.1 role sgsn up restart_count 255 mtu 1500 netns x",
        )
        .unwrap();
        let mut config = LinkConfig::new("gtp0");
        config.hash_size = Some(131_072);
        config.role = Some(Role::Sgsn);
        config.restart_count = Some(255);
        config.mtu = Some(1500);
        config.up = true;
        config.sockets = Sockets::Kernel {
            local: Some("192.0.2.1".parse().unwrap()),
        };
        assert_eq!(add.config, config);
        assert_eq!(add.netns.as_deref(), Some("x"));
    }

    #[test]
    fn own_sockets_are_asked_for_by_fd() {
        let add = parse("gtp0 fd bind 192.0.2.1 version 1").unwrap();
        assert!(add.foreground);
        assert_eq!(add.version, Some(1));
        assert_eq!(add.local, Some("192.0.2.1".parse().unwrap()));
    }

    #[test]
    fn what_is_wrong_is_said() {
        for (line, expected) in [
            ("", "no NAME"),
            ("gtp0 restart_count 256", "it goes from 0 to 255"),
            ("gtp0 role hlr", "role \"hlr\" is neither ggsn nor sgsn"),
            ("gtp0 role", "\"role\" lacks its value"),
            ("gtp0 role ggsn role sgsn", "\"role\" stands twice"),
            ("gtp0 local 1.1.1.1 bind 2.2.2.2", "\"bind\" stands twice"),
            ("gtp0 vlan 5", "unknown word \"vlan\""),
            ("gtp0 version 1", "\"version\" goes with \"fd\""),
            ("a-name-of-16-octs", "is no name for a link"),
            ("a/b", "is no name for a link"),
        ] {
            let error = parse(line).unwrap_err();
            assert!(error.contains(expected), "{line}: {error}");
        }
    }

    #[test]
    fn del_and_show_take_one_name() {
        assert_eq!(name(&["gtp0"]).unwrap().as_deref(), Some("gtp0"));
        assert_eq!(name(&["dev", "gtp0"]).unwrap().as_deref(), Some("gtp0"));
        assert_eq!(name(&[]).unwrap(), None);
        assert!(name(&["gtp0", "gtp1"]).is_err());
    }
}
