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
    Error,
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
    time::{
        Duration,
        Instant, //
    }, //
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

/// Where the changes go.
trait Sink {
    /// Takes a change; returns those that were refused, if any were sent.
    fn push(&mut self, line: u64, change: &Change) -> Result<Vec<BatchError>, Error>;
    /// Sends what was taken and returns what was refused.
    fn flush(&mut self) -> Result<Vec<BatchError>, Error>;
    /// Returns how many changes wait to be sent.
    fn unsent(&self) -> usize;
}

impl Sink for Batch<'_> {
    fn push(&mut self, line: u64, change: &Change) -> Result<Vec<BatchError>, Error> {
        Batch::push(self, line, change)
    }

    fn flush(&mut self) -> Result<Vec<BatchError>, Error> {
        Batch::flush(self)
    }

    fn unsent(&self) -> usize {
        Batch::unsent(self)
    }
}

/// Counts what becomes of the lines, and says at once what goes wrong.
#[derive(Debug, Default)]
struct Tally {
    lines: u64,
    wrong: u64,
    refused: u64,
    unsent: u64,
    /// Why there may be more lines than were read.
    broken: Option<Failure>,
}

impl Tally {
    /// A line that cannot be read.
    fn wrong(&mut self, line: u64, text: &str) {
        output::say(format_args!("Error: line {line}: {text}"));
        self.wrong += 1;
    }

    /// Lines that the kernel did not like.
    fn refused(&mut self, errors: &[BatchError]) {
        for error in errors {
            output::say(format_args!("Error: line {}: {}", error.token, error.error));
            self.refused += 1;
        }
    }

    /// Tells whether anything went wrong.
    fn any(&self) -> bool {
        self.wrong + self.refused > 0
    }

    /// Returns what is printed in the end.
    fn summary(&self, time: Duration) -> Summary {
        let failed = self.wrong + self.refused;
        let seconds = time.as_secs_f64();
        Summary {
            lines: self.lines,
            done: self.lines - failed - self.unsent,
            failed,
            seconds,
            per_second: (self.lines as f64 / seconds.max(1e-9)).round(),
        }
    }

    /// Returns what the command ends in, once the summary has been written or not:
    /// what became of the lines counts for more.
    fn outcome(self, written: io::Result<()>) -> Outcome {
        let failure = match (self.broken, self.refused, self.wrong) {
            (Some(failure), ..) => failure,
            (None, 0, 0) => return Ok(written?),
            (None, 0, _) => Failure::Said(1),
            _ => Failure::Said(2),
        };
        if let Err(error) = written {
            // Said, but its status is not that of the command.
            Failure::from(error).report();
        }
        Err(failure)
    }
}

/// Works through the lines.
pub fn run(input: Box<dyn BufRead>, per_send: u32, go_on: bool, format: Format) -> Outcome {
    let started = Instant::now();
    let mut client = GtpClient::open()?;
    let mut batch = Batch::new(&mut client, usize::try_from(per_send).unwrap_or(usize::MAX));
    let tally = work(input, &mut batch, go_on)?;

    let written = output::line(format, &tally.summary(started.elapsed()));
    tally.outcome(written)
}

/// Hands the lines to `batch`, up to the first that fails or, with `go_on`, all.
fn work(mut input: impl BufRead, batch: &mut impl Sink, go_on: bool) -> Result<Tally, Failure> {
    let mut links = Links::default();
    let mut tally = Tally::default();
    let mut number = 0;
    let mut line = Vec::new();

    loop {
        line.clear();
        number += 1;
        match input.read_until(b'\n', &mut line) {
            Ok(0) => break,
            Ok(_) => {}
            Err(error) => {
                // What came before is done all the same.
                tally.broken = Some(Failure::File(format!("line {number}"), error));
                break;
            }
        }

        match change(&line, &mut links) {
            Ok(None) => continue,
            Ok(Some(change)) => {
                tally.lines += 1;
                tally.refused(&batch.push(number, &change)?);
            }
            Err(failure) => {
                tally.lines += 1;
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
            tally.unsent = batch.unsent() as u64;
            break;
        }
    }
    if tally.unsent == 0 {
        tally.refused(&batch.flush()?);
    }
    Ok(tally)
}

/// Reads one line; `None` where there is nothing on it.
fn change(line: &[u8], links: &mut Links) -> Result<Option<Change>, Failure> {
    // A comment may be of any octets.
    let text = line.split(|&octet| octet == b'#').next().unwrap_or(&[]);
    let text =
        std::str::from_utf8(text).map_err(|error| Failure::usage(format!("no text: {error}")))?;
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
        change(line.as_bytes(), &mut Links::default())
    }

    /// Takes what is pushed, and sends nothing before it is flushed.
    #[derive(Default)]
    struct Taken {
        unsent: Vec<u64>,
        sent: Vec<u64>,
    }

    impl Sink for Taken {
        fn push(&mut self, line: u64, _: &Change) -> Result<Vec<BatchError>, Error> {
            self.unsent.push(line);
            Ok(Vec::new())
        }

        fn flush(&mut self) -> Result<Vec<BatchError>, Error> {
            self.sent.append(&mut self.unsent);
            Ok(Vec::new())
        }

        fn unsent(&self) -> usize {
            self.unsent.len()
        }
    }

    const DEL: &[u8] = b"del ifindex 7 i_tei 1\n";

    #[test]
    fn a_line_that_is_no_text_is_wrong_like_any_other() {
        let input = [DEL, b"del \xff\n", DEL, b"# \xff\n", DEL].concat();
        for (go_on, lines, sent) in [(false, 2, vec![1]), (true, 4, vec![1, 3, 5])] {
            let mut taken = Taken::default();
            let tally = work(&input[..], &mut taken, go_on).unwrap();
            assert_eq!((tally.lines, tally.wrong), (lines, 1));
            assert_eq!(taken.sent, sent);
            assert!(tally.broken.is_none());
        }
    }

    #[test]
    fn what_became_of_the_lines_is_the_status_whoever_reads_of_it() {
        for error in [io::ErrorKind::BrokenPipe, io::ErrorKind::StorageFull] {
            for (wrong, refused, status) in [(1, 0, 1), (0, 1, 2), (1, 1, 2)] {
                let tally = Tally {
                    wrong,
                    refused,
                    ..Tally::default()
                };
                match tally.outcome(Err(error.into())) {
                    Err(Failure::Said(said)) => assert_eq!(said, status),
                    other => panic!("{other:?}"),
                }
            }
            let nothing_wrong = Tally::default().outcome(Err(error.into()));
            assert!(matches!(nothing_wrong, Err(Failure::File(..))));
        }
        assert!(Tally::default().outcome(Ok(())).is_ok());
    }

    /// Some lines, and then nothing but an error.
    struct Broken<'a>(&'a [u8]);

    impl Read for Broken<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            match self.0.read(buffer)? {
                0 => Err(io::ErrorKind::IsADirectory.into()),
                len => Ok(len),
            }
        }
    }

    #[test]
    fn what_stands_before_an_error_of_the_file_is_sent() {
        let input = [DEL, DEL, b"del"].concat();
        for go_on in [false, true] {
            let mut taken = Taken::default();
            let tally = work(BufReader::new(Broken(&input)), &mut taken, go_on).unwrap();
            assert_eq!((tally.lines, tally.wrong), (2, 0));
            assert_eq!(taken.sent, [1, 2]);
            match tally.broken {
                Some(Failure::File(name, _)) => assert_eq!(name, "line 3"),
                other => panic!("{other:?}"),
            }
        }
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
