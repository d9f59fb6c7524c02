// SPDX-License-Identifier: GPL-2.0

//! How things are printed, for people and as JSON.
//!
//! The keys of the JSON forms are an interface: they may be added to, but do
//! not change.

mod link;
mod pdp;

pub use link::LinkView;
pub use pdp::PdpView;

use gtp::client::Echo;
use serde::Serialize;
use std::{
    fmt,
    io::{
        self,
        Write, //
    },
    net::IpAddr, //
};

/// For whom to print.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// For people.
    Text,
    /// For programs.
    Json,
}

/// Which link something is about: its name, or its index where it has none
/// here.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct DevView<'a> {
    /// Name of the link.
    pub dev: Option<&'a str>,
    /// Interface index of the link.
    pub ifindex: u32,
}

impl fmt::Display for DevView<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.dev {
            Some(dev) => write!(f, "dev {dev}"),
            None => write!(f, "ifindex {}", self.ifindex),
        }
    }
}

/// A tunnel identifier of version 0. As a number it has more bits than a reader of
/// JSON keeps that takes every number for a double, hence the second form.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct TidView {
    tid: u64,
    tid_hex: String,
}

impl TidView {
    /// Shows a tunnel identifier, in hexadecimal as the words take it.
    pub fn new(tid: u64) -> Self {
        Self {
            tid,
            tid_hex: format!("{tid:#x}"),
        }
    }
}

impl fmt::Display for TidView {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "tid {}", self.tid_hex)
    }
}

/// An Echo Response.
#[derive(Debug, Serialize)]
pub struct EchoView {
    version: u32,
    peer: IpAddr,
    ms: IpAddr,
}

impl EchoView {
    /// Shows an Echo Response.
    pub fn new(echo: &Echo) -> Self {
        Self {
            version: echo.version,
            peer: echo.peer,
            ms: echo.local,
        }
    }
}

impl fmt::Display for EchoView {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "version {} peer {} ms {}",
            self.version, self.peer, self.ms
        )
    }
}
/// Tells whether a flag is left out: as `ip` does, only what is set is shown.
fn is_false(flag: &bool) -> bool {
    !flag
}
/// Prints entries one after the other: lines of text, or one array of JSON,
/// without keeping them.
pub struct List<W: Write> {
    out: W,
    format: Format,
    empty: bool,
}

impl<W: Write> List<W> {
    /// Starts a list.
    pub fn new(out: W, format: Format) -> Self {
        Self {
            out,
            format,
            empty: true,
        }
    }

    /// Prints one entry.
    pub fn push<T: Serialize + fmt::Display>(&mut self, entry: &T) -> io::Result<()> {
        match self.format {
            Format::Text => writeln!(self.out, "{entry}")?,
            Format::Json => {
                self.out.write_all(if self.empty { b"[" } else { b",\n" })?;
                serde_json::to_writer(&mut self.out, entry)?;
            }
        }
        self.empty = false;
        Ok(())
    }

    /// Ends the list.
    pub fn finish(mut self) -> io::Result<()> {
        if self.format == Format::Json {
            self.out
                .write_all(if self.empty { b"[]\n" } else { b"]\n" })?;
        }
        self.out.flush()
    }
}

/// Prints one thing: a line of text, or one object of JSON on a line. Nothing
/// stays in a buffer.
pub fn line<T: Serialize + fmt::Display>(format: Format, entry: &T) -> io::Result<()> {
    let mut text = match format {
        Format::Text => entry.to_string(),
        Format::Json => serde_json::to_string(entry)?,
    };
    text.push('\n');

    let mut out = io::stdout().lock();
    out.write_all(text.as_bytes())?;
    out.flush()
}

/// Says something to people, on the standard error. Where that cannot be written
/// to, nobody is there to be told, which is no reason to stop.
pub fn say(text: impl fmt::Display) {
    let _ = io::stderr().write_all(format!("{text}\n").as_bytes());
}

#[cfg(test)]
mod tests {
    use super::{
        pdp::tests::{
            context,
            V0,
            V1, //
        },
        *,
    };
    use gtp::client::Tunnel;

    #[test]
    fn a_tid_keeps_all_of_its_bits() {
        let view = TidView::new(u64::MAX - 1);
        assert_eq!(view.to_string(), "tid 0xfffffffffffffffe");
        assert_eq!(
            serde_json::to_string(&view).unwrap(),
            r#"{"tid":18446744073709551614,"tid_hex":"0xfffffffffffffffe"}"#
        );
    }

    #[test]
    fn a_list_is_one_array() {
        let list = |format, entries: &[Tunnel]| {
            let mut out = Vec::new();
            let mut list = List::new(&mut out, format);
            for tunnel in entries {
                list.push(&PdpView::new(&context(*tunnel), Some("gtp0")))
                    .unwrap();
            }
            list.finish().unwrap();
            String::from_utf8(out).unwrap()
        };
        assert_eq!(list(Format::Json, &[]), "[]\n");
        assert_eq!(list(Format::Text, &[]), "");
        let parsed: serde_json::Value =
            serde_json::from_str(&list(Format::Json, &[V0, V1, V1])).unwrap();
        assert_eq!(parsed.as_array().unwrap().len(), 3);
        assert_eq!(list(Format::Text, &[V0, V1]).lines().count(), 2);
    }
}
