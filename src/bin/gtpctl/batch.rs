// SPDX-License-Identifier: GPL-2.0

//! `gtpctl pdp batch`: very many changes, many to one system call.

use crate::{
    failure::{
        Failure,
        Outcome, //
    },
    names::Links,
    output::{
        self,
        Format, //
    },
    pdp::{
        AddWords,
        KeyWords, //
    },
};
use gtp::client::{
    Batch,
    BatchError,
    Change,
    GtpClient,
    NewMode, //
};
use serde::Serialize;
use std::{
    fmt,
    fs::File,
    io::{
        self,
        BufRead,
        BufReader,
        Read, //
    },
    time::Instant, //
};

/// What a line of a batch looks like.
pub const HELP: &str = "\
A line is \"add\", \"update\", \"replace\" or \"del\" with the words of that command,
as \"add dev gtp0 version 1 i_tei 100 o_tei 200 ms 10.45.0.2 peer 192.0.2.1\".
\"pdp\" may stand in front. What follows a # is a comment.

Without --continue no more is sent once a line has failed; the lines that were
handed to the kernel together with it have been done, see --per-send.";

/// Opens the file to read. A dash is the standard input.
pub fn open(name: &str) -> Result<Box<dyn BufRead>, Failure> {
    let input: Box<dyn Read> = match name {
        "-" => Box::new(io::stdin()),
        name => Box::new(File::open(name).map_err(|error| Failure::File(name.to_string(), error))?),
    };
    Ok(Box::new(BufReader::with_capacity(1 << 17, input)))
}

/// What became of a batch.
#[derive(Debug, Serialize)]
struct Summary {
    lines: u64,
    done: u64,
    failed: u64,
    seconds: f64,
    per_second: f64,
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} lines in {:.3} s ({:.0} per second): {} done, {} failed",
            self.lines, self.seconds, self.per_second, self.done, self.failed
        )
    }
}

/// Counts what goes wrong, and says it at once.
#[derive(Debug, Default)]
struct Tally {
    wrong: u64,
    refused: u64,
}

impl Tally {
    /// A line that cannot be read.
    fn wrong(&mut self, line: u64, text: &str) {
        eprintln!("Error: line {line}: {text}");
        self.wrong += 1;
    }

    /// Lines that the kernel did not like.
    fn refused(&mut self, errors: &[BatchError]) {
        for error in errors {
            eprintln!("Error: line {}: {}", error.token, error.error);
            self.refused += 1;
        }
    }

    /// Tells whether anything went wrong.
    fn any(&self) -> bool {
        self.wrong + self.refused > 0
    }
}

/// Works through the lines.
pub fn run(mut input: Box<dyn BufRead>, per_send: u32, go_on: bool, format: Format) -> Outcome {
    let started = Instant::now();
    let mut client = GtpClient::open()?;
    let mut links = Links::default();
    let mut batch = Batch::new(&mut client, usize::try_from(per_send).unwrap_or(usize::MAX));
    let mut tally = Tally::default();
    let (mut number, mut lines, mut unsent) = (0, 0, 0);
    let mut line = String::new();

    loop {
        line.clear();
        number += 1;
        if input
            .read_line(&mut line)
            .map_err(|error| Failure::File(format!("line {number}"), error))?
            == 0
        {
            break;
        }

        match change(&line, &mut links) {
            Ok(None) => continue,
            Ok(Some(change)) => {
                lines += 1;
                tally.refused(&batch.push(number, &change)?);
            }
            Err(failure) => {
                lines += 1;
                // What stands before the line is done, as if sent one by one.
                tally.refused(&batch.flush()?);
                match failure {
                    Failure::Usage(text) | Failure::Refused(text) => tally.wrong(number, &text),
                    Failure::Kernel(error) => {
                        tally.wrong(number, &error.to_string());
                        tally.wrong -= 1;
                        tally.refused += 1;
                    }
                    failure => return Err(failure),
                }
            }
        }
        if tally.any() && !go_on {
            unsent = batch.unsent() as u64;
            break;
        }
    }
    if unsent == 0 {
        tally.refused(&batch.flush()?);
    }

    let failed = tally.wrong + tally.refused;
    let seconds = started.elapsed().as_secs_f64();
    let done = lines - failed - unsent;
    output::line(
        format,
        &Summary {
            lines,
            done,
            failed,
            seconds,
            per_second: (lines as f64 / seconds.max(1e-9)).round(),
        },
    )?;
    match (tally.refused, tally.wrong) {
        (0, 0) => Ok(()),
        (0, _) => Err(Failure::Said(1)),
        _ => Err(Failure::Said(2)),
    }
}

/// Reads one line; `None` where there is nothing on it.
fn change(line: &str, links: &mut Links) -> Result<Option<Change>, Failure> {
    let text = line.split('#').next().unwrap_or("");
    let words: Vec<&str> = text.split_ascii_whitespace().collect();
    let words = match words.as_slice() {
        ["pdp", rest @ ..] => rest,
        all => all,
    };
    let Some((verb, words)) = words.split_first() else {
        return Ok(None);
    };

    let mode = match *verb {
        "add" => NewMode::Exclusive,
        "update" => NewMode::Update,
        "replace" => NewMode::Replace,
        "del" | "delete" => {
            let (link, key) = KeyWords::parse(words)?.resolve(links)?;
            return Ok(Some(Change::Del(link, key)));
        }
        verb => {
            return Err(Failure::usage(format!(
                "unknown command \"{verb}\", expected one of: add, update, replace, del"
            )))
        }
    };
    let request = AddWords::parse(words)?;
    let mode = request.mode(mode)?;
    let (context, netns) = request.resolve(links)?;
    Ok(Some(Change::New(context, netns, mode)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use gtp::client::{
        LinkRef,
        PdpKey, //
    };

    fn read(line: &str) -> Result<Option<Change>, Failure> {
        change(line, &mut Links::default())
    }

    #[test]
    fn nothing_comes_of_comments_and_empty_lines() {
        for line in ["", "\n", "  \t\r\n", "# add", "   # del dev gtp0", "pdp"] {
            assert_eq!(read(line).unwrap(), None);
        }
    }

    #[test]
    fn a_line_may_be_that_of_a_list() {
        let line = "add ifindex 7 version 1 i_tei 1 o_tei 2 ms 10.0.0.1 peer 192.0.2.1 # one\n";
        let Some(Change::New(context, None, mode)) = read(line).unwrap() else {
            panic!();
        };
        assert_eq!(context.link, 7);
        assert_eq!(mode, NewMode::Exclusive);

        assert_eq!(
            read("pdp del ifindex 7 ms 10.0.0.1").unwrap(),
            Some(Change::Del(
                LinkRef::local(7),
                PdpKey::Ms("10.0.0.1".parse().unwrap())
            ))
        );
    }

    #[test]
    fn every_verb_has_its_mode() {
        for (verb, expected) in [
            ("add", NewMode::Exclusive),
            ("update", NewMode::Update),
            ("replace", NewMode::Replace),
        ] {
            let line = format!("{verb} ifindex 7 i_tei 1 o_tei 2 ms 10.0.0.1 peer 192.0.2.1");
            match read(&line).unwrap() {
                Some(Change::New(_, _, mode)) => assert_eq!(mode, expected),
                other => panic!("{other:?}"),
            }
        }
    }

    #[test]
    fn what_is_wrong_is_said() {
        for (line, expected) in [
            (
                "list",
                "unknown command \"list\", expected one of: add, update, replace, del",
            ),
            ("del ifindex 7 i_tei x", "is not a number"),
            ("add ifindex 7", "\"version\" is missing"),
        ] {
            match read(line) {
                Err(Failure::Usage(text)) => assert!(text.contains(expected), "{text}"),
                other => panic!("{other:?}"),
            }
        }
    }
}
