// SPDX-License-Identifier: GPL-2.0

//! Network namespaces: finding one, and working inside it.
//!
//! A netlink socket belongs to the namespace in which it was opened, whatever
//! its process does later.

use crate::client::error::{
    Error,
    Result, //
};
use nix::{
    net::if_::{
        if_indextoname,
        if_nametoindex, //
    },
    sched::{
        setns,
        CloneFlags, //
    }, //
};
use std::{
    fs::File,
    os::fd::AsFd,
    path::{
        Path,
        PathBuf, //
    },
    thread, //
};

/// Where `ip netns` keeps namespaces by their names. The second is the first
/// under its old name, where `/var/run` is no symbolic link.
const DIRECTORIES: [&str; 2] = ["/run/netns", "/var/run/netns"];

/// Opens a network namespace: by the name that `ip netns` gave it, or by a path
/// (anything with a slash, such as `/proc/1/ns/net`).
///
/// # Errors
///
/// [`Error::System`] with `ENOENT` where there is none of that name.
pub fn open(name: &str) -> Result<File> {
    let path = path(name);

    File::open(&path).map_err(|error| {
        Error::system(
            format!("cannot open network namespace \"{}\"", path.display()),
            &error,
        )
    })
}

/// Returns the path of a namespace.
fn path(name: &str) -> PathBuf {
    if name.contains('/') {
        return PathBuf::from(name);
    }
    DIRECTORIES
        .iter()
        .map(|directory| Path::new(directory).join(name))
        .find(|path| path.exists())
        .unwrap_or_else(|| Path::new(DIRECTORIES[0]).join(name))
}

/// Moves the calling thread into a network namespace, for good.
///
/// # Errors
///
/// [`Error::System`] with `EPERM` without `CAP_SYS_ADMIN`, `EINVAL` where the
/// descriptor is no network namespace.
pub fn enter(netns: impl AsFd) -> Result<()> {
    setns(netns, CloneFlags::CLONE_NEWNET)
        .map_err(|errno| Error::System("cannot enter the network namespace".to_string(), errno))
}

/// Runs `work` in a network namespace, on a thread of its own, so that the
/// calling thread stays where it is. Sockets that `work` opens stay there.
///
/// # Errors
///
/// Those of [`enter`], and those of `work`.
pub fn within<T: Send>(
    netns: impl AsFd + Send,
    work: impl FnOnce() -> Result<T> + Send,
) -> Result<T> {
    thread::scope(|scope| {
        let worker = scope.spawn(|| {
            enter(netns)?;
            work()
        });
        worker
            .join()
            .unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    })
}

/// Returns the index of an interface in the calling thread's namespace.
///
/// # Errors
///
/// [`Error::System`] with `ENODEV` where there is none of that name.
pub fn interface_index(name: &str) -> Result<u32> {
    if_nametoindex(name)
        .map_err(|errno| Error::System(format!("cannot find device \"{name}\""), errno))
}

/// Returns the name of an interface in the calling thread's namespace.
#[must_use]
pub fn interface_name(index: u32) -> Option<String> {
    // nix takes the failure of libc for an empty name.
    let name = if_indextoname(index).ok()?.into_string().ok()?;
    (!name.is_empty()).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use nix::errno::Errno;

    #[test]
    fn names_are_below_run_and_paths_are_taken_as_they_are() {
        assert_eq!(path("no-such-name"), Path::new("/run/netns/no-such-name"));
        assert_eq!(path("/proc/self/ns/net"), Path::new("/proc/self/ns/net"));
        assert_eq!(path("./x"), Path::new("./x"));
    }

    #[test]
    fn what_is_missing_is_said_with_its_path() {
        let error = open("no-such-name").unwrap_err();
        assert_eq!(error.errno(), Some(Errno::ENOENT));
        assert!(error.to_string().contains("/run/netns/no-such-name"));

        let error = interface_index("no-such-link").unwrap_err();
        assert_eq!(error.errno(), Some(Errno::ENODEV));
    }
}
