// SPDX-License-Identifier: GPL-2.0

//! The golden messages, mutations of them and the seeds, through the fuzz targets' body.
//!
//! The generator has a fixed seed, so that a failure repeats.

use super::body;
use std::{
    fs,
    panic,
    path::Path, //
};

/// Mutations of each message.
const ROUNDS: usize = 2_000;

/// Generator of numbers (xorshift64*).
struct Random(u64);

impl Random {
    /// Returns a number below `bound`.
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        let number = self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33;
        usize::try_from(number).unwrap() % bound.max(1)
    }

    /// Returns an octet, more often one at a bound than not.
    fn octet(&mut self) -> u8 {
        const BOUNDS: [u8; 12] = [
            0x00, 0x01, 0x02, 0x04, 0x20, 0x40, 0x7f, 0x80, 0x85, 0xc0, 0xfe, 0xff,
        ];
        match BOUNDS.get(self.below(24)) {
            Some(&octet) => octet,
            None => u8::try_from(self.below(256)).unwrap(),
        }
    }
}

/// The octets of the golden messages, with their names.
fn corpus() -> Vec<(String, Vec<u8>)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden");
    let mut corpus = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|extension| extension == "hex") {
            let text = fs::read_to_string(&path).unwrap();
            let octets = text
                .lines()
                .filter(|line| !line.starts_with('#') && !line.contains(':'))
                .flat_map(str::split_whitespace)
                .map(|octet| u8::from_str_radix(octet, 16).unwrap())
                .collect();
            corpus.push((path.display().to_string(), octets));
        }
    }
    corpus.sort();
    assert!(!corpus.is_empty());
    corpus
}

/// Changes a message in a few places.
fn mutate(data: &mut Vec<u8>, random: &mut Random) {
    for _ in 0..=random.below(4) {
        let at = random.below(data.len());
        match random.below(8) {
            // Most of what matters stands in the headers.
            0..=2 => {
                let at = at % 24;
                let octet = random.octet();
                if let Some(old) = data.get_mut(at) {
                    *old = octet;
                }
            }
            3 => {
                if let Some(old) = data.get_mut(at) {
                    *old ^= 1 << random.below(8);
                }
            }
            4 => data.truncate(at),
            5 => {
                let octet = random.octet();
                data.insert(at, octet);
            }
            6 if !data.is_empty() => {
                data.remove(at);
            }
            _ => {
                // Keep the length in step with the octets now and then, or hardly
                // any mutation gets beyond that check.
                if data.len() >= 8 {
                    let length = u16::try_from(data.len() - 8).unwrap_or(u16::MAX);
                    data[2..4].copy_from_slice(&length.to_be_bytes());
                }
            }
        }
    }
}

/// Runs the body and names the datagram if it panics.
fn run(name: &str, data: &[u8]) {
    if let Err(reason) = panic::catch_unwind(|| body::check(data)) {
        eprintln!("from {name}: {data:02x?}");
        panic::resume_unwind(reason);
    }
}

#[test]
fn golden_messages() {
    for (name, data) in corpus() {
        run(&name, &data);
        for end in 0..data.len() {
            run(&name, &data[..end]);
        }
    }
}

#[test]
fn seeds() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fuzz/seeds");
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let text = fs::read_to_string(&path).unwrap();
        for line in text.lines().filter(|line| !line.starts_with('#')) {
            let octets = line.as_bytes().chunks(2).map(|digits| {
                let digits = std::str::from_utf8(digits).unwrap();
                u8::from_str_radix(digits, 16).unwrap()
            });
            run(&path.display().to_string(), &octets.collect::<Vec<_>>());
        }
    }
}

#[test]
fn mutations_of_golden_messages() {
    let mut random = Random(0x6774_702d_7769_7265);
    for (name, original) in corpus() {
        for _ in 0..ROUNDS {
            let mut data = original.clone();
            mutate(&mut data, &mut random);
            run(&name, &data);
        }
    }
}

#[test]
fn noise() {
    let mut random = Random(1);
    for _ in 0..20_000 {
        let len = random.below(96);
        let mut data: Vec<u8> = (0..len).map(|_| random.octet()).collect();
        if let Some(first) = data.first_mut() {
            *first = [0x1e, 0x30, 0x32, 0x34, 0x37][random.below(5)];
        }
        run("noise", &data);
    }
}
