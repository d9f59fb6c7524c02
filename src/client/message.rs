// SPDX-License-Identifier: GPL-2.0

//! A message of the generic netlink family `gtp`: a command and attributes.

use crate::client::attribute::GtpAttribute;
use netlink_packet_core::{
    DecodeError,
    Emitable,
    ParseableParametrized, //
};
use netlink_packet_generic::{
    GenlFamily,
    GenlHeader, //
};

/// Name of the family, and of its multicast group.
pub const GTP_GENL_NAME: &str = "gtp";

/// Makes or changes a PDP context.
pub const GTP_CMD_NEWPDP: u8 = 0;
/// Removes a PDP context.
pub const GTP_CMD_DELPDP: u8 = 1;
/// Reads one PDP context, or all.
pub const GTP_CMD_GETPDP: u8 = 2;
/// Sends an Echo Request; as a notification: an Echo Response came in.
pub const GTP_CMD_ECHOREQ: u8 = 3;
/// Notification: a peer does not know one of our tunnels. Not mainline's.
pub const GTP_CMD_ERROR_INDICATION: u8 = 64;
/// Notification: all PDP contexts of a link are gone. Not mainline's.
pub const GTP_CMD_FLUSH: u8 = 65;
/// Sends an End Marker; as a notification: one came in. Not mainline's.
pub const GTP_CMD_END_MARKER: u8 = 66;
/// Notification: a path has come up, or gone down. Not mainline's.
pub const GTP_CMD_PATH: u8 = 67;
/// Reads the paths. Not mainline's.
pub const GTP_CMD_GETPATH: u8 = 68;
/// Notification: a PDP context has reached a limit of its volume. Not mainline's.
pub const GTP_CMD_USAGE: u8 = 70;
/// Makes or changes a framed route. Not mainline's.
pub const GTP_CMD_NEWROUTE: u8 = 71;
/// Removes a framed route. Not mainline's.
pub const GTP_CMD_DELROUTE: u8 = 72;
/// Reads one framed route, or all. Not mainline's.
pub const GTP_CMD_GETROUTE: u8 = 73;

/// A message of the family `gtp`.
///
/// The command of a reply means nothing: the C driver puts the lower octet of
/// the family's number there. That of a notification can be relied upon.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GtpMessage {
    /// Command, one of `GTP_CMD_*`.
    pub command: u8,
    /// Attributes in the order in which they stand in the message.
    pub attributes: Vec<GtpAttribute>,
}

impl GenlFamily for GtpMessage {
    fn family_name() -> &'static str {
        GTP_GENL_NAME
    }

    fn command(&self) -> u8 {
        self.command
    }

    fn version(&self) -> u8 {
        0
    }
}

impl Emitable for GtpMessage {
    fn buffer_len(&self) -> usize {
        self.attributes.as_slice().buffer_len()
    }

    fn emit(&self, buffer: &mut [u8]) {
        self.attributes.as_slice().emit(buffer);
    }
}

impl ParseableParametrized<[u8], GenlHeader> for GtpMessage {
    fn parse_with_param(bytes: &[u8], header: GenlHeader) -> Result<Self, DecodeError> {
        Ok(Self {
            command: header.cmd,
            attributes: GtpAttribute::parse_all(bytes)?,
        })
    }
}
