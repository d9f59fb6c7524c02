// SPDX-License-Identifier: GPL-2.0

//! Keywords and values in the manner of `ip`: taking them apart.

use crate::failure::Failure;
use std::{
    net::IpAddr,
    num::IntErrorKind,
    time::Duration, //
};

/// The words of a command, read from left to right.
pub struct Words<'a> {
    rest: std::slice::Iter<'a, &'a str>,
}

impl<'a> Words<'a> {
    /// Starts at the first word.
    pub fn new(words: &'a [&'a str]) -> Self {
        Self { rest: words.iter() }
    }

    /// Returns the next keyword, if there is one.
    pub fn keyword(&mut self) -> Option<&'a str> {
        self.rest.next().copied()
    }

    /// Returns the value that follows a keyword.
    pub fn value(&mut self, keyword: &str) -> Result<&'a str, Failure> {
        self.rest
            .next()
            .copied()
            .ok_or_else(|| Failure::usage(format!("\"{keyword}\" lacks its value")))
    }
}

/// Keeps a keyword's value; a keyword stands once.
pub fn once<T>(slot: &mut Option<T>, keyword: &str, value: T) -> Result<(), Failure> {
    match slot.replace(value) {
        None => Ok(()),
        Some(_) => Err(Failure::usage(format!("\"{keyword}\" stands twice"))),
    }
}

/// Builds the failure for a keyword that a command does not have.
pub fn unknown(keyword: &str, known: &[&str]) -> Failure {
    Failure::usage(format!(
        "unknown word \"{keyword}\", expected one of: {}",
        known.join(", ")
    ))
}

/// Builds the failure for a keyword that a command cannot do without.
pub fn missing(keyword: &str) -> Failure {
    Failure::usage(format!("\"{keyword}\" is missing"))
}

/// Reads a number, decimal or after 0x hexadecimal, from 0 to `max`.
pub fn number<T: TryFrom<u64>>(keyword: &str, text: &str, max: u64) -> Result<T, Failure> {
    let parsed = match text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")) {
        Some(digits) => u64::from_str_radix(digits, 16),
        None => text.parse::<u64>(),
    };
    let out_of_range = || {
        Failure::usage(format!(
            "{keyword} {text} is out of range, it goes from 0 to {max}"
        ))
    };

    match parsed {
        // `from_str_radix` takes a sign, which no number here has.
        Ok(_) if text.contains('+') => {}
        Ok(number) if number > max => return Err(out_of_range()),
        Ok(number) => return T::try_from(number).map_err(|_| out_of_range()),
        Err(error) if *error.kind() == IntErrorKind::PosOverflow => return Err(out_of_range()),
        Err(_) if is_negative(text) => return Err(out_of_range()),
        Err(_) => {}
    }
    Err(Failure::usage(format!(
        "{keyword} \"{text}\" is not a number, decimal or 0x hexadecimal"
    )))
}

/// Tells whether a text is a number below zero.
fn is_negative(text: &str) -> bool {
    text.strip_prefix('-')
        .is_some_and(|digits| !digits.is_empty() && digits.bytes().all(|c| c.is_ascii_digit()))
}

/// Reads an IPv4 or IPv6 address.
pub fn address(keyword: &str, text: &str) -> Result<IpAddr, Failure> {
    text.parse().map_err(|_| {
        Failure::usage(format!(
            "{keyword} \"{text}\" is neither an IPv4 nor an IPv6 address"
        ))
    })
}

/// Reads a time in seconds, which may have a fraction.
pub fn seconds(text: &str) -> Result<Duration, String> {
    text.parse()
        .ok()
        .and_then(|seconds| Duration::try_from_secs_f64(seconds).ok())
        .filter(|duration| *duration <= Duration::from_secs(86400))
        .ok_or_else(|| format!("\"{text}\" is not a number of seconds from 0 to 86400"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(failure: Failure) -> String {
        match failure {
            Failure::Usage(text) => text,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn numbers_are_decimal_or_hexadecimal() {
        let read = |text| number::<u32>("i_tei", text, u64::from(u32::MAX)).map_err(text_of);
        fn text_of(failure: Failure) -> String {
            text(failure)
        }
        assert_eq!(read("0").unwrap(), 0);
        assert_eq!(read("4294967295").unwrap(), u32::MAX);
        assert_eq!(read("0xffffffff").unwrap(), u32::MAX);
        assert_eq!(read("0XfF").unwrap(), 255);
        for beyond in ["4294967296", "0x100000000", "99999999999999999999", "-1"] {
            assert_eq!(
                read(beyond).unwrap_err(),
                format!("i_tei {beyond} is out of range, it goes from 0 to 4294967295")
            );
        }
        for wrong in ["", "0x", "ten", "1e3", "+1", "0x+1", "-", "1 "] {
            assert!(
                read(wrong).unwrap_err().contains("is not a number"),
                "{wrong}"
            );
        }
    }

    #[test]
    fn a_tid_uses_all_of_its_bits() {
        assert_eq!(
            number::<u64>("tid", "0xffffffffffffffff", u64::MAX).unwrap(),
            u64::MAX
        );
        let failure = number::<u64>("tid", "0x10000000000000000", u64::MAX).unwrap_err();
        assert!(text(failure).ends_with("from 0 to 18446744073709551615"));
    }

    #[test]
    fn addresses_are_of_either_family() {
        assert!(address("ms", "10.45.0.2").unwrap().is_ipv4());
        assert!(address("ms", "2001:db8:0:1::").unwrap().is_ipv6());
        for wrong in ["10.45.0", "10.45.0.256", "gtp0", "2001:db8::/64"] {
            let failure = address("ms", wrong).unwrap_err();
            assert!(text(failure).contains("neither an IPv4 nor an IPv6 address"));
        }
    }

    #[test]
    fn a_keyword_stands_once_and_has_a_value() {
        let mut slot = None;
        once(&mut slot, "ms", 1).unwrap();
        assert_eq!(
            text(once(&mut slot, "ms", 2).unwrap_err()),
            "\"ms\" stands twice"
        );

        let mut words = Words::new(&["ms"]);
        assert_eq!(words.keyword(), Some("ms"));
        assert_eq!(
            text(words.value("ms").unwrap_err()),
            "\"ms\" lacks its value"
        );
    }

    #[test]
    fn seconds_may_have_a_fraction() {
        assert_eq!(seconds("0.5"), Ok(Duration::from_millis(500)));
        for wrong in ["-1", "NaN", "inf", "1e9", "soon"] {
            assert!(seconds(wrong).is_err(), "{wrong}");
        }
    }
}
