// SPDX-License-Identifier: GPL-2.0

//! The generic netlink family "gtp": management of PDP contexts.
//!
//! Commands run in parallel. What is done to the contexts of one device is put in
//! order by the lock of its table.

mod echo;
mod end_marker;
mod get;
mod new;
pub(super) mod notify;
mod paths;
mod request;
mod route;

use super::uapi::attr;
use crate::net::{
    genl::{
        self,
        Group,
        Op, //
    },
    nlattr::{
        Policy,
        Rule, //
    },
};

/// The family.
pub(crate) static FAMILY: genl::Family = genl::Family::new(
    kernel::module::this_module::<crate::LocalModule>(),
    c"gtp",
    &POLICY,
    &OPS,
    &GROUPS,
);

/// What the attributes must look like.
static POLICY: Policy<83> = Policy::new(&[
    (attr::LINK, Rule::U32),
    (attr::VERSION, Rule::U32),
    (attr::TID, Rule::U64),
    (attr::PEER_ADDRESS, Rule::U32),
    (attr::MS_ADDRESS, Rule::U32),
    (attr::FLOW, Rule::U16),
    (attr::NET_NS_FD, Rule::U32),
    (attr::I_TEI, Rule::U32),
    (attr::O_TEI, Rule::U32),
    (attr::PEER_ADDR6, Rule::AtLeast(16)),
    (attr::MS_ADDR6, Rule::AtLeast(16)),
    (attr::FAMILY, Rule::U8),
    (attr::QFI, Rule::AtMost(63)),
    (attr::RQI, Rule::Flag),
    (attr::PPI, Rule::AtMost(7)),
    (attr::END_MARKER, Rule::Flag),
    (attr::STATS, Rule::Flag),
    (attr::VOLUME_THRESHOLD, Rule::U64),
    (attr::VOLUME_QUOTA, Rule::U64),
    (attr::QUOTA_ACTION, Rule::U8),
    (attr::BEARER, Rule::AtMost(63)),
    (attr::ROUTE_DST, Rule::AtLeast(4)),
    (attr::ROUTE_DST_LEN, Rule::U8),
]);

/// The commands.
static OPS: [Op; 9] = [
    Op::lenient::<new::NewPdp>(),
    Op::lenient::<get::DelPdp>(),
    Op::lenient_with_dump::<get::GetPdp>(),
    Op::lenient::<echo::EchoReq>(),
    Op::strict::<end_marker::EndMarker>(),
    Op::strict_dump::<paths::GetPath>(),
    Op::strict::<route::NewRoute>(),
    Op::strict::<route::DelRoute>(),
    Op::strict_with_dump::<route::GetRoute>(),
];

/// The multicast groups.
static GROUPS: [Group; 1] = [Group::for_admins(c"gtp")];

/// Index of the group that is told of changes.
const GROUP: u32 = 0;
