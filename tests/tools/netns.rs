// SPDX-License-Identifier: GPL-2.0

//! Network namespaces by name, as `ip netns` keeps them.

use std::fs::File;
use std::os::fd::AsFd;

use crate::args::{fail, usage, Done};
use crate::sys;

/// Runs `work` inside the namespace `name` (none: where we are) and comes back.
///
/// The process has one thread, so nothing else notices.
pub fn within<T>(name: Option<&str>, work: impl FnOnce() -> T) -> Done<T> {
    let Some(name) = name else {
        return Ok(work());
    };
    let open = |path: &str| match File::open(path) {
        Ok(file) => Ok(file),
        Err(error) => usage(format!("{path}: {error}")),
    };
    let home = open("/proc/self/ns/net")?;
    let there = open(&format!("/run/netns/{name}"))?;
    if let Err(error) = sys::enter(there.as_fd()) {
        return usage(format!("namespace {name}: {error}"));
    }
    let result = work();
    if let Err(error) = sys::enter(home.as_fd()) {
        return usage(format!("way back from namespace {name}: {error}"));
    }
    Ok(result)
}

/// The index of interface `dev`, which must exist in namespace `ns`.
pub fn ifindex(ns: Option<&str>, dev: &str) -> Done<u32> {
    match within(ns, || sys::ifindex(dev))? {
        Some(index) => Ok(index),
        None => fail(format!("{dev}: no such interface")),
    }
}
