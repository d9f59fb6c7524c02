// SPDX-License-Identifier: GPL-2.0

//! Why a command failed, how that is said, and the exit status.

use crate::output::say;
use gtp::client::{
    errno_text,
    Error, //
};
use nix::errno::Errno;
use std::{
    io,
    process::ExitCode, //
};

/// Why a command failed.
#[derive(Debug)]
pub enum Failure {
    /// The command line is wrong.
    Usage(String),
    /// The kernel refused.
    Kernel(Error),
    /// Something else came in the way of doing what was asked.
    Refused(String),
    /// A file could not be read, or the output not be written.
    File(String, io::Error),
    /// All has been said already.
    Said(u8),
}

/// What a command ends in.
pub type Outcome = Result<(), Failure>;

impl Failure {
    /// Builds a failure of the command line.
    pub fn usage(text: impl Into<String>) -> Self {
        Self::Usage(text.into())
    }

    /// Says why, and returns the exit status.
    pub fn report(&self) -> ExitCode {
        match self {
            Self::Usage(text) => {
                say(format_args!("Error: {text}\nTry \"gtpctl help\"."));
                ExitCode::from(1)
            }
            Self::Kernel(error) => {
                say(format_args!("Error: {error}"));
                ExitCode::from(2)
            }
            Self::Refused(text) => {
                say(format_args!("Error: {text}"));
                ExitCode::from(2)
            }
            // Who closes the pipe has read enough.
            Self::File(_, error) if error.kind() == io::ErrorKind::BrokenPipe => ExitCode::SUCCESS,
            Self::File(name, error) => {
                match error.raw_os_error().map(Errno::from_raw) {
                    Some(errno) => say(format_args!(
                        "Error: {name}: {} ({errno:?})",
                        errno_text(errno)
                    )),
                    None => say(format_args!("Error: {name}: {error}")),
                }
                ExitCode::from(1)
            }
            Self::Said(status) => ExitCode::from(*status),
        }
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Kernel(error)
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Self::File("standard output".to_string(), error)
    }
}
