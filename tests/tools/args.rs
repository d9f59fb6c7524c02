// SPDX-License-Identifier: GPL-2.0

//! A statement's words: splitting a line, and taking options out of it one by one.
//!
//! Whatever a verb does not take is an error in the script, so that a misspelt option can never
//! turn a check into none.

use std::fmt::Write;
use std::str::FromStr;

/// Why a statement did not hold.
#[derive(Debug)]
pub enum Stop {
    /// The system under test did something else than expected.
    Fail(String),
    /// The script itself is wrong; nothing after it can be trusted.
    Usage(String),
    /// The test cannot be run here.
    Skip(String),
}

/// Outcome of a statement.
pub type Done<T = ()> = Result<T, Stop>;

/// A failed expectation.
pub fn fail<T>(text: impl Into<String>) -> Done<T> {
    Err(Stop::Fail(text.into()))
}

/// A mistake in the script.
pub fn usage<T>(text: impl Into<String>) -> Done<T> {
    Err(Stop::Usage(text.into()))
}

/// Splits a line into words; quotes of either kind keep blanks together, `#` begins a comment.
pub fn split(line: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word = String::new();
    let mut open = false;
    let mut quote = None;
    for c in line.chars() {
        match (quote, c) {
            (Some(q), c) if c == q => quote = None,
            (Some(_), c) => word.push(c),
            (None, '"' | '\'') => {
                quote = Some(c);
                open = true;
            }
            (None, '#') if !open => break,
            (None, c) if c.is_whitespace() => {
                if open {
                    words.push(std::mem::take(&mut word));
                }
                open = false;
            }
            (None, c) => {
                word.push(c);
                open = true;
            }
        }
    }
    if open {
        words.push(word);
    }
    words
}

/// The words after the verb.
pub struct Args {
    words: Vec<String>,
    /// What follows a lone `:`, the packet expression.
    pub packet: Option<Vec<String>>,
    /// What follows `=>`: the expected result.
    pub want: Option<Vec<String>>,
}

impl Args {
    /// Takes a statement's words apart.
    pub fn new(mut words: Vec<String>) -> Self {
        let want = words.iter().position(|w| w == "=>").map(|at| {
            let want = words.split_off(at);
            want[1..].to_vec()
        });
        let packet = words.iter().position(|w| w == ":").map(|at| {
            let packet = words.split_off(at);
            packet[1..].to_vec()
        });
        Self {
            words,
            packet,
            want,
        }
    }

    /// The next word, whatever it is.
    pub fn next(&mut self, what: &str) -> Done<String> {
        if self.words.is_empty() {
            return usage(format!("{what} expected"));
        }
        Ok(self.words.remove(0))
    }

    /// Whether the bare word `name` was given.
    pub fn flag(&mut self, name: &str) -> bool {
        let at = self.words.iter().position(|w| w == name);
        if let Some(at) = at {
            self.words.remove(at);
        }
        at.is_some()
    }

    /// The value of `name=value`.
    pub fn take(&mut self, name: &str) -> Option<String> {
        let at = self
            .words
            .iter()
            .position(|w| w.split_once('=').is_some_and(|(key, _)| key == name))?;
        let word = self.words.remove(at);
        word.split_once('=').map(|(_, value)| value.to_string())
    }

    /// The value of `name=value`, which must be there.
    pub fn need(&mut self, name: &str) -> Done<String> {
        match self.take(name) {
            Some(value) => Ok(value),
            None => usage(format!("{name}= expected")),
        }
    }

    /// The number in `name=value`, decimal or 0x.
    pub fn number<T: TryFrom<u64>>(&mut self, name: &str) -> Done<Option<T>> {
        self.take(name).map(|v| number(&v)).transpose()
    }

    /// The value in `name=value`, in the type's own notation.
    pub fn parse<T: FromStr>(&mut self, name: &str) -> Done<Option<T>> {
        match self.take(name) {
            None => Ok(None),
            Some(v) => match v.parse() {
                Ok(v) => Ok(Some(v)),
                Err(_) => usage(format!("{name}={v}: not understood")),
            },
        }
    }

    /// All that is left.
    pub fn rest(&mut self) -> Vec<String> {
        std::mem::take(&mut self.words)
    }

    /// The expected result in one word, `OK` if none was given.
    pub fn wanted(&self) -> Done<String> {
        match self.want.as_deref() {
            None => Ok("OK".to_string()),
            Some([one]) => Ok(one.clone()),
            Some(_) => usage("one word expected after =>"),
        }
    }

    /// Nothing may be left.
    pub fn end(&self) -> Done {
        match self.words.first() {
            Some(word) => usage(format!("{word}: not understood here")),
            None => Ok(()),
        }
    }
}

/// A number, decimal, 0x or negative (two's complement in 64 bits, cut to the type's width).
pub fn number<T: TryFrom<u64>>(text: &str) -> Done<T> {
    let value = if let Some(hex) = text.strip_prefix("0x") {
        u64::from_str_radix(hex, 16)
    } else {
        text.parse()
    };
    match value.ok().and_then(|v| T::try_from(v).ok()) {
        Some(v) => Ok(v),
        None => usage(format!("{text}: not a number, or too large")),
    }
}

/// Octets from hexadecimal digits; `_` and blanks separate.
pub fn unhex(text: &str) -> Done<Vec<u8>> {
    let digits: Vec<u32> = text
        .chars()
        .filter(|c| !matches!(c, '_' | ' '))
        .map(|c| {
            c.to_digit(16)
                .ok_or(Stop::Usage(format!("{text}: not hexadecimal")))
        })
        .collect::<Done<_>>()?;
    if digits.len() % 2 != 0 {
        return usage(format!("{text}: half an octet"));
    }
    Ok(digits.chunks(2).map(|d| (d[0] * 16 + d[1]) as u8).collect())
}

/// Hexadecimal digits of `bytes`.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        // Writing to a string cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}
