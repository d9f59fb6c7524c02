// SPDX-License-Identifier: GPL-2.0

//! `gtpctl link`: making, removing and showing links.

use crate::{
    failure::{
        Failure,
        Outcome, //
    },
    foreground, listing, outer,
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
    Error,
    GtpLink,
    LinkClient,
    LinkConfig,
    OuterHeaders,
    QfiSource,
    Role,
    Sockets, //
};
use std::{
    fs::File,
    io::{
        self,
        BufWriter, //
    },
    net::{
        IpAddr,
        Ipv4Addr,
        Ipv6Addr, //
    },
    os::fd::AsRawFd, //
};

/// What `add` takes, beside what outer headers say.
pub const ADD_HELP: &str = "\
Words: [dev] NAME, then in any order:
  role ggsn|sgsn      on which side of the tunnels the mobile stations are; a
                      GGSN (the default) sends towards them
  hsize N             expected number of PDP contexts
  max_pdp N           how many PDP contexts there may be, 0 for no limit
  restart_count N     restart counter in GTPv0 Echo Responses, 0 to 255
  mtu N               largest packet in octets
  up                  set the link up at once
  netns NETNS         network namespace to put the link into; its sockets stay
                      in this one
  local ADDRESS       address to bind the sockets to, any IPv4 address where
                      absent; local6 ADDRESS takes IPv6 only
  dual_stack          sockets of both families, so that peers may be of either:
                      local may stand once for each; absent is any address
  qfi_source priority|mark
                      what chooses the QoS flow of a packet among those of its
                      PDU session: see IFLA_GTP_QFI_SOURCE in linux/gtp.h
  bearer_source priority|mark
                      what chooses the bearer of a packet among those of its
                      mobile station: see IFLA_GTP_BEARER_SOURCE there
  qfi_check           drop what comes in and is not of its context's QoS flow
  usage               count what each PDP context carries, and let limits be set
  echo_interval N     ask each peer every N seconds, 60 or more, whether it is
                      there; 0 (the default) for never
  echo_t3 N           repeat an unanswered Echo Request after N milliseconds
                      (3000)
  echo_n3 N           take a path for down after N of them (5)
  fd                  open the sockets here instead of having the kernel make
                      them, and stay in the foreground: what the driver does
                      not handle is printed; SIGINT, SIGTERM or SIGHUP removes
                      the link, but for those that are ignored from the start,
                      as by nohup
  version 0|1         with fd: open only the socket of that GTP version
and what outer headers say: see \"gtpctl link set --help\"

Example: gtpctl link add gtp0 role sgsn
         gtpctl link add gtp0 dual_stack local 192.0.2.1 local6 2001:db8::1";

/// Keywords of `add`.
const ADD_WORDS: [&str; 20] = [
    "role",
    "hsize",
    "max_pdp",
    "restart_count",
    "mtu",
    "up",
    "netns",
    "local",
    "local6",
    "bind",
    "dual_stack",
    "qfi_source",
    "qfi_check",
    "bearer_source",
    "usage",
    "echo_interval",
    "echo_t3",
    "echo_n3",
    "fd",
    "version",
];

/// Longest name of an interface, in octets.
const NAME_LEN: usize = 15;

/// Addresses to bind sockets to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Locals {
    v4: Option<Ipv4Addr>,
    v6: Option<Ipv6Addr>,
}

impl Locals {
    /// Keeps an address, one of each family.
    fn put(&mut self, keyword: &str, address: IpAddr) -> Outcome {
        match address {
            IpAddr::V4(address) => once(&mut self.v4, keyword, address),
            IpAddr::V6(address) => once(&mut self.v6, keyword, address),
        }
    }

    /// Returns the address, where there is but one.
    fn one(&self) -> Option<IpAddr> {
        self.v4.map(IpAddr::V4).or(self.v6.map(IpAddr::V6))
    }

    /// Returns the sockets that the kernel is to make.
    fn sockets(&self, dual_stack: bool) -> Result<Sockets, Failure> {
        if dual_stack {
            return Ok(Sockets::DualStack {
                local4: self.v4,
                local6: self.v6,
            });
        }
        if self.v4.is_some() && self.v6.is_some() {
            return Err(Failure::usage(
                "addresses of both families take \"dual_stack\"",
            ));
        }
        Ok(Sockets::Kernel { local: self.one() })
    }
}

/// A link that is to be made.
#[derive(Debug, PartialEq, Eq)]
pub struct Add {
    config: LinkConfig,
    netns: Option<String>,
    local: Locals,
    foreground: bool,
    version: Option<u32>,
}

impl Add {
    /// Reads the words of `add`.
    pub fn parse(words: &[&str]) -> Result<Self, Failure> {
        let (name, words) = split_name(words)?;
        let name = name.ok_or_else(|| Failure::usage("no NAME"))?;
        let mut config = LinkConfig::new(name);
        let (mut netns, mut version) = (None, None);
        let (mut up, mut fd, mut dual_stack, mut qfi_check) = (None, None, None, None);
        let mut usage = None;
        let mut local = Locals::default();

        let mut words = Words::new(words);
        while let Some(key) = words.keyword() {
            match key {
                "up" => once(&mut up, key, ())?,
                "fd" => once(&mut fd, key, ())?,
                "dual_stack" => once(&mut dual_stack, key, ())?,
                "qfi_check" => once(&mut qfi_check, key, ())?,
                "qfi_source" => {
                    let source = source(key, words.value(key)?)?;
                    once(&mut config.qfi_source, key, source)?;
                }
                "bearer_source" => {
                    let source = source(key, words.value(key)?)?;
                    once(&mut config.bearer_source, key, source)?;
                }
                "usage" => once(&mut usage, key, ())?,
                "echo_interval" => {
                    let value = number(key, words.value(key)?, u32::MAX.into())?;
                    once(&mut config.supervision.interval, key, value)?;
                }
                "echo_t3" => {
                    let value = number(key, words.value(key)?, u32::MAX.into())?;
                    once(&mut config.supervision.t3, key, value)?;
                }
                "echo_n3" => {
                    let value = number(key, words.value(key)?, u8::MAX.into())?;
                    once(&mut config.supervision.n3, key, value)?;
                }
                "role" => once(&mut config.role, key, role(words.value(key)?)?)?,
                "hsize" => {
                    let value = number(key, words.value(key)?, u32::MAX.into())?;
                    once(&mut config.hash_size, key, value)?;
                }
                "max_pdp" => {
                    let value = number(key, words.value(key)?, u32::MAX.into())?;
                    once(&mut config.max_pdp, key, value)?;
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
                "local" | "bind" => local.put(key, address(key, words.value(key)?)?)?,
                "local6" => local.put(key, address6(key, words.value(key)?)?)?,
                "version" => once(&mut version, key, number(key, words.value(key)?, 1)?)?,
                _ if outer::parse(&mut config.outer, key, &mut words)? => {}
                _ => return Err(unknown(key, &[&ADD_WORDS[..], &outer::WORDS].concat())),
            }
        }

        if version.is_some() && fd.is_none() {
            return Err(Failure::usage(
                "\"version\" goes with \"fd\": the kernel makes both sockets",
            ));
        }
        config.up = up.is_some();
        config.qfi_check = qfi_check.is_some();
        config.usage = usage.is_some();
        if dual_stack.is_some() && fd.is_some() {
            return Err(Failure::usage(
                "\"dual_stack\" and \"fd\" exclude each other: both families take the kernel's",
            ));
        }
        config.sockets = local.sockets(dual_stack.is_some())?;
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
            let local = self.local.one();
            return foreground::run(self.config, netns, local, self.version, format);
        }

        if is_plain(&self.config) {
            LinkClient::open()?.add(&self.config)?;
            return Ok(());
        }
        // Who may not enter the link's namespace is told so before there is one.
        let mut there = inside(netns.as_ref(), LinkClient::open)?;
        make(&self.config, &mut there)?;
        Ok(())
    }
}

/// Makes a link as asked for or not at all, and returns its index. `there` is a client
/// of the namespace that the link is to be in.
pub fn make(config: &LinkConfig, there: &mut LinkClient) -> Result<u32, Failure> {
    LinkClient::open()?.add(config)?;
    let link = match there.get(&config.name) {
        Ok(link) => link,
        Err(error) => {
            // What cannot be looked at is not left behind.
            let _ = there.del(&config.name);
            return Err(error.into());
        }
    };
    let Some(what) = missing(config, &link) else {
        return Ok(link.index);
    };
    there.del_index(link.index)?;
    Err(Failure::Refused(format!(
        "this driver makes no links with {what} (EOPNOTSUPP)"
    )))
}

/// Tells whether every driver makes such a link, so that there is nothing to look at.
fn is_plain(config: &LinkConfig) -> bool {
    let of_context = |source: Option<QfiSource>| source.unwrap_or_default() == QfiSource::Context;

    !matches!(config.sockets, Sockets::DualStack { .. })
        && config.max_pdp.unwrap_or(0) == 0
        && of_context(config.qfi_source)
        && !config.qfi_check
        && of_context(config.bearer_source)
        && !config.usage
        && config.outer.without_defaults().is_empty()
        && config.supervision.interval.unwrap_or(0) == 0
}

/// Returns what a new link lacks of what was asked for: a driver that does not know of
/// an attribute makes the link without.
fn missing(config: &LinkConfig, link: &GtpLink) -> Option<&'static str> {
    if is_plain(config) {
        return None;
    }
    let source = config.qfi_source.unwrap_or_default();
    if matches!(config.sockets, Sockets::DualStack { .. }) && !link.dual_stack {
        Some("sockets of both families")
    } else if config.usage && !link.usage {
        Some("usage per context")
    } else if link.max_pdp != config.max_pdp.filter(|&max| max != 0) {
        Some("a limit of PDP contexts")
    } else if link.qfi_source != source || link.qfi_check != config.qfi_check {
        Some("QoS flows")
    } else if link.outer != config.outer.without_defaults() {
        Some("such outer headers")
    } else if link.supervision.interval != config.supervision.interval.filter(|&n| n != 0) {
        Some("supervised paths")
    } else if link.bearer_source != config.bearer_source.unwrap_or_default() {
        Some("bearers")
    } else {
        None
    }
}

/// Does something in the namespace of the link.
pub fn inside<T: Send>(
    netns: Option<&File>,
    work: impl FnOnce() -> Result<T, Error> + Send,
) -> Result<T, Error> {
    match netns {
        Some(netns) => netns::within(netns, work),
        None => work(),
    }
}

/// Reads an IPv6 address.
fn address6(keyword: &str, text: &str) -> Result<IpAddr, Failure> {
    match address(keyword, text)? {
        IpAddr::V4(_) => Err(Failure::usage(format!(
            "{keyword} {text} is no IPv6 address"
        ))),
        address => Ok(address),
    }
}

/// Reads what chooses the QoS flow, or the bearer, of a packet.
fn source(keyword: &str, text: &str) -> Result<QfiSource, Failure> {
    match text {
        "context" => Ok(QfiSource::Context),
        "priority" => Ok(QfiSource::Priority),
        "mark" => Ok(QfiSource::Mark),
        _ => Err(Failure::usage(format!(
            "{keyword} \"{text}\" is none of context, priority and mark"
        ))),
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
    if name.contains('%') {
        return Err(Failure::usage(format!(
            "\"{name}\" is no name for a link: the kernel would put a number for the %"
        )));
    }
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

/// What `set` takes: a name, and what outer headers are to say.
pub struct Set {
    name: String,
    outer: OuterHeaders,
}

impl Set {
    /// Reads the words of `set`.
    pub fn parse(words: &[&str]) -> Result<Self, Failure> {
        let (name, words) = split_name(words)?;
        let name = name.ok_or_else(|| Failure::usage("no NAME"))?.to_string();
        let mut outer = OuterHeaders::default();
        let mut words = Words::new(words);
        while let Some(key) = words.keyword() {
            if !outer::parse(&mut outer, key, &mut words)? {
                return Err(unknown(key, &outer::WORDS));
            }
        }
        if outer.is_empty() {
            return Err(Failure::usage("nothing to change"));
        }
        Ok(Self { name, outer })
    }

    /// Changes the link.
    pub fn run(&self) -> Outcome {
        LinkClient::open()?.set(&self.name, &self.outer)?;
        Ok(())
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
    listing::whole(interrupted)
}

#[cfg(test)]
#[path = "link_tests.rs"]
mod tests;
