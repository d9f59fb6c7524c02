// SPDX-License-Identifier: GPL-2.0

//! From the names that people use to what the kernel wants, and back.

use crate::failure::Failure;
use gtp::client::{
    netns,
    LinkRef, //
};
use std::{
    collections::HashMap,
    fs::File,
    os::fd::AsRawFd, //
};

/// How the words of a command name a link.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LinkWords<'a> {
    /// What stands after `dev` or `ifindex`.
    pub link: LinkName<'a>,
    /// What stands after `netns`: where the link is, if elsewhere.
    pub netns: Option<&'a str>,
}

impl<'a> LinkWords<'a> {
    /// Puts the words together; `None` where no link is named.
    pub fn new(
        dev: Option<&'a str>,
        ifindex: Option<u32>,
        netns: Option<&'a str>,
    ) -> Result<Option<Self>, Failure> {
        let link = match (dev, ifindex) {
            (None, None) => return Ok(None),
            (Some(dev), None) => LinkName::Dev(dev),
            (None, Some(index)) => LinkName::Index(index),
            (Some(_), Some(_)) => {
                return Err(Failure::usage("\"dev\" and \"ifindex\" exclude each other"))
            }
        };
        Ok(Some(Self { link, netns }))
    }

    /// Returns the link's name, where one was given or is to be found here.
    pub fn name<'n>(&self, names: &'n mut Names) -> Option<&'n str>
    where
        'a: 'n,
    {
        match self.link {
            LinkName::Dev(name) => Some(name),
            LinkName::Index(_) if self.netns.is_some() => None,
            LinkName::Index(index) => names.first(index),
        }
    }
}

/// Name or number of a link.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LinkName<'a> {
    /// `dev NAME`.
    Dev(&'a str),
    /// `ifindex N`.
    Index(u32),
}

/// Finds links by name, each only once: a batch names the same one very often.
#[derive(Debug, Default)]
pub struct Links {
    /// Namespaces that were named. They stay open: the kernel is told of them
    /// by their descriptors.
    namespaces: HashMap<String, File>,
    /// Indexes by namespace and name.
    indexes: HashMap<(Option<String>, String), u32>,
    /// What was found last.
    last: Option<(Option<String>, String, LinkRef)>,
}

impl Links {
    /// Finds a link.
    pub fn find(&mut self, words: &LinkWords<'_>) -> Result<LinkRef, Failure> {
        if let (LinkName::Dev(name), Some((netns, last, link))) = (words.link, &self.last) {
            if name == last && words.netns == netns.as_deref() {
                return Ok(*link);
            }
        }

        let namespace = match words.netns {
            None => None,
            Some(name) => Some(self.namespace(name)?),
        };
        let link = |index| LinkRef {
            index,
            netns: namespace,
        };
        let name = match words.link {
            LinkName::Index(index) => return Ok(link(index)),
            LinkName::Dev(name) => name,
        };

        let key = (words.netns.map(str::to_string), name.to_string());
        let index = match self.indexes.get(&key) {
            Some(index) => *index,
            None => {
                let index = match words.netns.and_then(|name| self.namespaces.get(name)) {
                    None => netns::interface_index(name)?,
                    Some(file) => netns::within(file, || netns::interface_index(name))?,
                };
                self.indexes.insert(key.clone(), index);
                index
            }
        };
        self.last = Some((key.0, key.1, link(index)));
        Ok(link(index))
    }

    /// Returns the namespace of a link that has been found, if it is elsewhere.
    pub fn namespace_of(&self, words: &LinkWords<'_>) -> Option<&File> {
        self.namespaces.get(words.netns?)
    }

    /// Opens a namespace, once.
    fn namespace(&mut self, name: &str) -> Result<i32, Failure> {
        if let Some(file) = self.namespaces.get(name) {
            return Ok(file.as_raw_fd());
        }
        let file = netns::open(name)?;
        let fd = file.as_raw_fd();
        self.namespaces.insert(name.to_string(), file);
        Ok(fd)
    }
}

/// Finds the names of links by their indexes.
#[derive(Debug, Default)]
pub struct Names {
    known: HashMap<u32, Option<String>>,
}

impl Names {
    /// Returns the name, as it was when first asked for: good for a list.
    pub fn first(&mut self, index: u32) -> Option<&str> {
        self.known
            .entry(index)
            .or_insert_with(|| netns::interface_name(index))
            .as_deref()
    }

    /// Returns the name as it is now, or was last where the link has gone: good
    /// for what happens over time.
    pub fn latest(&mut self, index: u32) -> Option<&str> {
        let known = self.known.entry(index).or_default();
        if let Some(name) = netns::interface_name(index) {
            *known = Some(name);
        }
        known.as_deref()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use nix::errno::Errno;

    #[test]
    fn the_loopback_is_found_both_ways() {
        let words = LinkWords {
            link: LinkName::Dev("lo"),
            netns: None,
        };
        let mut links = Links::default();
        let link = links.find(&words).unwrap();
        assert_eq!(links.find(&words).unwrap(), link);
        assert_eq!(Names::default().first(link.index), Some("lo"));
        assert_eq!(Names::default().latest(link.index), Some("lo"));
    }

    #[test]
    fn an_index_is_taken_as_it_is() {
        let words = LinkWords {
            link: LinkName::Index(4_000_000),
            netns: None,
        };
        assert_eq!(
            Links::default().find(&words).unwrap(),
            LinkRef::local(4_000_000)
        );
        assert_eq!(Names::default().first(4_000_000), None);
    }

    #[test]
    fn what_is_not_there_is_no_device() {
        let words = LinkWords {
            link: LinkName::Dev("no-such-link"),
            netns: None,
        };
        match Links::default().find(&words) {
            Err(Failure::Kernel(error)) => assert_eq!(error.errno(), Some(Errno::ENODEV)),
            other => panic!("{other:?}"),
        }
    }
}
