// SPDX-License-Identifier: GPL-2.0

//! What can go wrong between a client and the kernel.

use crate::client::extack::Extack;
use netlink_packet_core::DecodeError;
use nix::errno::Errno;
use std::{
    fmt,
    io, //
};

/// A request that the kernel refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KernelError {
    /// The kernel's error number.
    pub errno: Errno,
    /// The kernel's words, where it found some (extended acknowledgement).
    pub message: Option<String>,
    /// Name or number of the attribute that the kernel did not like.
    pub attribute: Option<String>,
    /// Name or number of the attribute that the kernel missed.
    pub missing: Option<String>,
}

impl KernelError {
    /// Wraps an error number that came without anything else.
    pub(crate) fn bare(errno: Errno) -> Self {
        Self {
            errno,
            message: None,
            attribute: None,
            missing: None,
        }
    }

    /// Joins an error number and what came with it. `name` finds the name of
    /// an attribute by its offset in the request, and by its number.
    pub(crate) fn new(
        errno: Errno,
        extack: &Extack,
        attribute_at: impl Fn(u32) -> Option<String>,
        attribute_name: impl Fn(u32) -> Option<String>,
    ) -> Self {
        Self {
            errno,
            message: extack.message.clone(),
            attribute: extack.offset.and_then(attribute_at),
            missing: extack
                .missing_type
                .map(|kind| attribute_name(kind).unwrap_or_else(|| kind.to_string())),
        }
    }
}

impl fmt::Display for KernelError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.message {
            Some(message) => f.write_str(message)?,
            None => f.write_str(&errno_text(self.errno))?,
        }
        write!(f, " ({:?})", self.errno)?;
        if let Some(attribute) = &self.attribute {
            write!(f, ", attribute {attribute}")?;
        }
        if let Some(missing) = &self.missing {
            write!(f, ", missing {missing}")?;
        }
        Ok(())
    }
}

/// Returns the words of the C library for an error number, as every other tool
/// prints them.
#[must_use]
pub fn errno_text(errno: Errno) -> String {
    let text = io::Error::from(errno).to_string();

    // The standard library adds the number, which says less than the name.
    match text.rsplit_once(" (os error ") {
        Some((words, _)) => words.to_string(),
        None => text,
    }
}

/// Why a call of this library failed.
#[derive(Debug)]
#[non_exhaustive]
pub enum Error {
    /// The kernel answered the request with an error.
    Kernel(KernelError),
    /// A system call failed: what was tried, and why not.
    System(String, Errno),
    /// The generic netlink family is not there: no driver is loaded.
    NoFamily(KernelError),
    /// The link exists, but is not of kind `gtp`.
    NotGtp(String),
    /// The kernel sent what this client cannot read.
    Decode(DecodeError),
    /// Replies were lost, because the socket's buffer was full. What became of
    /// the requests is unknown.
    RepliesLost,
}

impl Error {
    /// Wraps the error of a system call.
    pub(crate) fn system(what: impl Into<String>, error: &io::Error) -> Self {
        let errno = Errno::from_raw(error.raw_os_error().unwrap_or(0));
        Self::System(what.into(), errno)
    }

    /// Returns the kernel's error number, where there is one.
    #[must_use]
    pub fn errno(&self) -> Option<Errno> {
        match self {
            Self::Kernel(error) | Self::NoFamily(error) => Some(error.errno),
            Self::System(_, errno) => Some(*errno),
            Self::RepliesLost => Some(Errno::ENOBUFS),
            Self::NotGtp(_) | Self::Decode(_) => None,
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Kernel(error) => error.fmt(f),
            Self::System(what, errno) => write!(f, "{what}: {} ({errno:?})", errno_text(*errno)),
            Self::NoFamily(error) => write!(
                f,
                "no generic netlink family \"gtp\", is the module loaded? ({:?})",
                error.errno
            ),
            Self::NotGtp(name) => write!(f, "\"{name}\" is not a link of kind gtp"),
            Self::Decode(error) => write!(f, "unreadable message from the kernel: {error}"),
            Self::RepliesLost => write!(
                f,
                "replies were lost, the socket's buffer is too small (ENOBUFS)"
            ),
        }
    }
}

impl std::error::Error for Error {}

impl From<DecodeError> for Error {
    fn from(error: DecodeError) -> Self {
        Self::Decode(error)
    }
}

/// Result of a call of this library.
pub type Result<T> = std::result::Result<T, Error>;

#[cfg(test)]
mod tests {
    use super::*;

    fn name(kind: u32) -> Option<String> {
        (kind == 2).then(|| "GTPA_VERSION".to_string())
    }

    #[test]
    fn the_kernels_words_come_first() {
        let extack = Extack {
            message: Some("this TEID is taken".to_string()),
            offset: Some(20),
            missing_type: None,
        };
        let error = KernelError::new(Errno::EEXIST, &extack, |_| name(2), name);
        assert_eq!(
            error.to_string(),
            "this TEID is taken (EEXIST), attribute GTPA_VERSION"
        );
    }

    #[test]
    fn without_words_there_is_the_number() {
        let error = KernelError::new(Errno::ENOENT, &Extack::default(), name, name);
        assert_eq!(error.to_string(), "No such file or directory (ENOENT)");

        // Not what nix says: "Operation not supported on transport endpoint".
        let error = KernelError::bare(Errno::EOPNOTSUPP);
        assert_eq!(error.to_string(), "Operation not supported (EOPNOTSUPP)");
    }

    #[test]
    fn an_unknown_missing_attribute_is_a_number() {
        let extack = Extack {
            missing_type: Some(70),
            ..Extack::default()
        };
        let error = KernelError::new(Errno::EINVAL, &extack, name, name);
        assert_eq!(error.to_string(), "Invalid argument (EINVAL), missing 70");
    }
}
