// SPDX-License-Identifier: GPL-2.0

//! What a script's tests came to, one line each, for `lib.sh` to number and to weigh:
//! RESULT, NAME, ROW, TEXT, with the unit separator (octet 0x1f, so that fields may be empty)
//! between them. RESULT is `pass`, `fail` or `skip`, and ROW names the difference between the
//! drivers that the test is about, if any. `done` ends the report, so that a tool that died is
//! told from one that had nothing to say; `bail` ends it because the script is wrong.

use std::io::Write;

use crate::args::Stop;

/// The test that is being run.
pub struct Report {
    name: Option<String>,
    row: String,
    stop: Option<Stop>,
}

impl Report {
    /// No test yet.
    pub const fn new() -> Self {
        Self {
            name: None,
            row: String::new(),
            stop: None,
        }
    }

    /// Begins a test, or with `None` a stretch outside of any, and reports the one before.
    pub fn begin(&mut self, name: Option<String>) {
        self.finish();
        self.name = name;
    }

    /// Names the known difference that this test is about.
    pub fn differs(&mut self, row: String) {
        self.row = row;
    }

    /// Whether the current test is decided, so that its other statements are left out.
    pub fn is_decided(&self) -> bool {
        self.stop.is_some()
    }

    /// Whether a test is being run.
    pub fn is_in_test(&self) -> bool {
        self.name.is_some()
    }

    /// The current test ends here.
    pub fn decide(&mut self, stop: Stop) {
        self.stop = Some(stop);
    }

    /// Reports the current test.
    pub fn finish(&mut self) {
        let row = std::mem::take(&mut self.row);
        let stop = self.stop.take();
        let Some(name) = self.name.take() else {
            return;
        };
        match stop {
            None => line(&format!("pass\x1f{name}\x1f{row}\x1f")),
            Some(Stop::Skip(text)) => line(&format!("skip\x1f{name}\x1f{row}\x1f{text}")),
            Some(Stop::Fail(text) | Stop::Usage(text)) => {
                line(&format!("fail\x1f{name}\x1f{row}\x1f{text}"));
            }
        }
    }
}

/// Prints a line at once: the reader may be waiting for it.
pub fn line(text: &str) {
    let mut out = std::io::stdout().lock();
    // A reader that went away ends the script through its next statement, not here.
    let _ = writeln!(out, "{text}");
    let _ = out.flush();
}
