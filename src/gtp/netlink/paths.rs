// SPDX-License-Identifier: GPL-2.0

//! GETPATH: the paths are shown.

use super::{
    super::uapi::cmd,
    get::dump_strict,
    notify::fill_path, //
};
use crate::net::genl::{
    Dump,
    DumpRequest, //
};
use kernel::prelude::*;

/// GETPATH: dumps the paths of a device, or of all.
pub(super) struct GetPath;

impl Dump for GetPath {
    const CMD: u8 = cmd::GETPATH;

    fn dump(request: &mut DumpRequest<'_>) -> Result {
        dump_strict(
            request,
            cmd::PATH,
            |gtp, id, rcu| gtp.paths.next(id, rcu),
            fill_path,
        )
    }
}
