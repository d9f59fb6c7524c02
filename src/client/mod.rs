// SPDX-License-Identifier: GPL-2.0

//! Netlink client of the GTP-U driver.
//!
//! Small, typed and synchronous: a call sends a request, waits for the kernel's
//! answer and returns it. It speaks to the driver of this tree and to the C
//! driver alike.
//!
//! - [`LinkClient`] makes, shows and removes links (rtnetlink, kind `gtp`);
//! - [`LinkWatch`] tells when a link leaves;
//! - [`GtpClient`] manages PDP contexts (generic netlink, family `gtp`);
//! - [`Batch`] does so for very many at once;
//! - [`Monitor`] listens to the family's multicast group;
//! - [`netns`] brings any of them into another network namespace.
//!
//! Attributes that this client does not know are kept or skipped, never an
//! error, so it works with newer drivers.

mod attribute;
mod batch;
mod connection;
mod controller;
mod error;
mod extack;
mod genl;
mod link;
mod link_config;
mod link_watch;
mod message;
mod monitor;
mod naming;
pub mod netns;
mod outer;
mod path;
mod pdp;
mod route;
mod supervision;
mod usage;

pub use attribute::GtpAttribute;
pub use batch::{
    Batch,
    BatchError,
    Change, //
};
pub use connection::DumpStatus;
pub use error::{
    errno_text,
    Error,
    KernelError,
    Result, //
};
pub use extack::Extack;
pub use genl::{
    GtpClient,
    NewMode, //
};
pub use link::{
    GtpLink,
    LinkClient, //
};
pub use link_config::{
    LinkConfig,
    QfiSource,
    Role,
    Sockets,
    Supervision, //
};
pub use link_watch::{
    Departure,
    LinkWatch, //
};
pub use message::{
    GtpMessage,
    GTP_CMD_DELPDP,
    GTP_CMD_DELROUTE,
    GTP_CMD_ECHOREQ,
    GTP_CMD_END_MARKER,
    GTP_CMD_ERROR_INDICATION,
    GTP_CMD_FLUSH,
    GTP_CMD_GETPATH,
    GTP_CMD_GETPDP,
    GTP_CMD_GETROUTE,
    GTP_CMD_NEWPDP,
    GTP_CMD_NEWROUTE,
    GTP_CMD_PATH,
    GTP_CMD_USAGE,
    GTP_GENL_NAME, //
};
pub use monitor::{
    Event,
    Monitor, //
};
pub use outer::{
    OuterHeaders,
    DSCP_INHERIT, //
};
pub use path::{
    Echo,
    EndMarker,
    ErrorIndication,
    UnknownTunnel, //
};
pub use pdp::{
    Family,
    LinkRef,
    PdpContext,
    PdpKey,
    QosFlow,
    Tunnel, //
};
pub use route::{
    FramedRoute,
    Prefix, //
};
pub use supervision::{
    GtpPath,
    PathAttribute,
    PathState, //
};
pub use usage::{
    Limit,
    Limits,
    QuotaAction,
    Traffic,
    Usage,
    UsageAttribute, //
};
