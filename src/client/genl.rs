// SPDX-License-Identifier: GPL-2.0

//! The generic netlink family `gtp`: finding it, and its commands.

use crate::client::{
    attribute::{
        attribute_name,
        GtpAttribute, //
    },
    connection::{
        Connection,
        DumpStatus, //
    },
    controller::Controller,
    error::{
        Error,
        KernelError,
        Result, //
    },
    message::{
        GtpMessage,
        GTP_CMD_DELPDP,
        GTP_CMD_ECHOREQ,
        GTP_CMD_END_MARKER,
        GTP_CMD_GETPATH,
        GTP_CMD_GETPDP,
        GTP_CMD_NEWPDP,
        GTP_GENL_NAME, //
    },
    naming::Naming,
    path::Echo,
    pdp::{
        LinkRef,
        PdpContext,
        PdpKey, //
    },
    supervision::GtpPath,
};
use netlink_packet_core::{
    DecodeError,
    NLM_F_CREATE,
    NLM_F_DUMP,
    NLM_F_EXCL,
    NLM_F_REPLACE, //
};
use netlink_packet_generic::GenlMessage;
use netlink_sys::protocols::NETLINK_GENERIC;
use nix::errno::Errno;

/// Attributes of the family follow the netlink and the generic header.
const NAMING: Naming = Naming {
    first: 20,
    name: |path| attribute_name(*path.last()?),
    nest: &[],
};

/// What a request to make a context does where one with its key exists.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum NewMode {
    /// It fails with `EEXIST` (`NLM_F_EXCL`).
    #[default]
    Exclusive,
    /// It changes the context in place. `EEXIST` where both keys match.
    Update,
    /// It replaces the context at once (`NLM_F_REPLACE`). The C driver answers
    /// `EOPNOTSUPP`.
    Replace,
    /// As [`NewMode::Update`], and the tunnel that the context leaves is ended:
    /// an End Marker goes there behind the last packet (TS 29.281 7.3.2). The C
    /// driver does not look at this.
    UpdateAndEnd,
    /// As [`NewMode::Replace`], and the tunnel that the context leaves is ended.
    ReplaceAndEnd,
}

impl NewMode {
    /// Returns the netlink flags of the mode.
    #[must_use]
    pub fn flags(self) -> u16 {
        match self {
            Self::Exclusive => NLM_F_CREATE | NLM_F_EXCL,
            Self::Update | Self::UpdateAndEnd => NLM_F_CREATE,
            Self::Replace | Self::ReplaceAndEnd => NLM_F_CREATE | NLM_F_REPLACE,
        }
    }

    /// Returns the attribute of the mode, where it has one.
    #[must_use]
    pub fn attribute(self) -> Option<GtpAttribute> {
        match self {
            Self::UpdateAndEnd | Self::ReplaceAndEnd => Some(GtpAttribute::EndMarker),
            Self::Exclusive | Self::Update | Self::Replace => None,
        }
    }

    /// Returns the same mode with an end to the old tunnel; `None` where no
    /// context can leave one.
    #[must_use]
    pub fn and_end(self) -> Option<Self> {
        match self {
            Self::Exclusive => None,
            Self::Update | Self::UpdateAndEnd => Some(Self::UpdateAndEnd),
            Self::Replace | Self::ReplaceAndEnd => Some(Self::ReplaceAndEnd),
        }
    }
}

/// A client of the family, bound to the network namespace it was opened in.
#[derive(Debug)]
pub struct GtpClient {
    pub(super) connection: Connection,
    family: u16,
    group: Option<u32>,
}

impl GtpClient {
    /// Opens a socket in the network namespace of the calling thread and looks
    /// the family up, which loads the module where that is installed.
    ///
    /// # Errors
    ///
    /// [`Error::NoFamily`] where no driver is there.
    pub fn open() -> Result<Self> {
        let mut connection = Connection::open(NETLINK_GENERIC, NAMING)?;
        let request = Controller::find_gtp();
        let (mut family, mut group) = (None, None);

        connection
            .request(GenlMessage::from_payload(request), 0, |reply| {
                family = reply.payload.found_family()?;
                group = reply.payload.found_group(GTP_GENL_NAME)?;
                Ok(())
            })
            .map_err(|error| match error {
                Error::Kernel(error) if error.errno == Errno::ENOENT => Error::NoFamily(error),
                error => error,
            })?;

        Ok(Self {
            connection,
            family: family.ok_or_else(|| DecodeError::from("family without a number"))?,
            group,
        })
    }

    /// Returns the number under which the family is registered.
    #[must_use]
    pub fn family(&self) -> u16 {
        self.family
    }

    /// Joins the family's multicast group and gives the connection away.
    pub(super) fn into_group(self) -> Result<(Connection, u16)> {
        let group = self
            .group
            .ok_or_else(|| Error::NoFamily(KernelError::bare(Errno::ENOENT)))?;
        self.connection.join(group)?;
        Ok((self.connection, self.family))
    }

    /// Makes a PDP context, or changes an existing one as `mode` says.
    /// `netns` is an open namespace in which the link is, where that is not
    /// the socket's own.
    ///
    /// # Errors
    ///
    /// The kernel's, see `GTP_CMD_NEWPDP` in `include/uapi/linux/gtp.h`.
    pub fn new_pdp(
        &mut self,
        context: &PdpContext,
        netns: Option<i32>,
        mode: NewMode,
    ) -> Result<()> {
        let mut attributes = context.to_attributes(netns);
        attributes.extend(mode.attribute());
        self.command(GTP_CMD_NEWPDP, attributes, mode.flags())
    }

    /// Removes a PDP context.
    ///
    /// # Errors
    ///
    /// The kernel's, see `GTP_CMD_DELPDP` in `include/uapi/linux/gtp.h`.
    pub fn del_pdp(&mut self, link: LinkRef, key: &PdpKey) -> Result<()> {
        self.command(GTP_CMD_DELPDP, key.to_attributes(link), 0)
    }

    /// Reads one PDP context, with its usage if `usage` asks for it and the driver
    /// counts it.
    ///
    /// # Errors
    ///
    /// The kernel's, see `GTP_CMD_GETPDP` in `include/uapi/linux/gtp.h`.
    pub fn get_pdp(&mut self, link: LinkRef, key: &PdpKey, usage: bool) -> Result<PdpContext> {
        let mut attributes = key.to_attributes(link);
        attributes.extend(usage.then_some(GtpAttribute::Stats));
        self.get(GTP_CMD_GETPDP, attributes, PdpContext::from_attributes)
    }

    /// Asks for one object, which `read` makes of the attributes of the reply.
    pub(super) fn get<T>(
        &mut self,
        command: u8,
        attributes: Vec<GtpAttribute>,
        read: impl Fn(&[GtpAttribute]) -> std::result::Result<T, DecodeError>,
    ) -> Result<T> {
        let request = self.message(command, attributes);
        let mut object = None;

        self.connection.request(request, 0, |reply| {
            object = Some(read(&reply.payload.attributes)?);
            Ok(())
        })?;
        Ok(object.ok_or_else(|| DecodeError::from("acknowledgement without an answer"))?)
    }

    /// Hands every PDP context to `each`: those of the link with the interface
    /// index `link`, or those of all links, with their usage as in
    /// [`GtpClient::get_pdp`]. A dump does not look beyond the
    /// socket's network namespace.
    ///
    /// The driver is told of the link, but one that does not filter, as the C
    /// driver, is no hindrance: what belongs to other links is left out here.
    ///
    /// # Errors
    ///
    /// The kernel's, or what `each` returns. `ENODEV` where no link of kind
    /// `gtp` has that index and the driver filters.
    pub fn dump_pdp(
        &mut self,
        link: Option<u32>,
        usage: bool,
        mut each: impl FnMut(PdpContext) -> Result<()>,
    ) -> Result<DumpStatus> {
        let link_attribute = link.map(GtpAttribute::Link);
        let stats = usage.then_some(GtpAttribute::Stats);
        let attributes = link_attribute.into_iter().chain(stats).collect();
        let request = self.message(GTP_CMD_GETPDP, attributes);

        self.connection.request(request, NLM_F_DUMP, |reply| {
            let context = PdpContext::from_attributes(&reply.payload.attributes)?;
            match link {
                Some(link) if link != context.link => Ok(()),
                _ => each(context),
            }
        })
    }

    /// Hands every path to `each`: those of the link with the interface index `link`,
    /// or those of all links of the socket's network namespace.
    ///
    /// # Errors
    ///
    /// The kernel's, or what `each` returns. `ENODEV` where no link of kind `gtp` has
    /// that index; the C driver answers `EOPNOTSUPP`.
    pub fn dump_paths(
        &mut self,
        link: Option<u32>,
        mut each: impl FnMut(GtpPath) -> Result<()>,
    ) -> Result<DumpStatus> {
        let attributes = link.map(GtpAttribute::Link).into_iter().collect();
        let request = self.message(GTP_CMD_GETPATH, attributes);

        self.connection.request(request, NLM_F_DUMP, |reply| {
            each(GtpPath::from_attributes(&reply.payload.attributes)?)
        })
    }

    /// Sends one Echo Request from the kernel's socket (TS 29.281 7.2.1), over
    /// IPv4 or, which the C driver cannot, IPv6. Its answer comes to the
    /// multicast group.
    ///
    /// # Errors
    ///
    /// The kernel's, see `GTP_CMD_ECHOREQ` in `include/uapi/linux/gtp.h`.
    pub fn echo(&mut self, link: LinkRef, echo: &Echo) -> Result<()> {
        self.command(GTP_CMD_ECHOREQ, echo.to_attributes(link), 0)
    }

    /// Sends one End Marker (TS 29.281 7.3.2) on the tunnel of a context, now.
    ///
    /// # Errors
    ///
    /// The kernel's, see `GTP_CMD_END_MARKER` in `include/uapi/linux/gtp.h`; the C
    /// driver answers `EOPNOTSUPP`.
    pub fn end_marker(&mut self, link: LinkRef, key: &PdpKey) -> Result<()> {
        self.command(GTP_CMD_END_MARKER, key.to_attributes(link), 0)
    }

    /// Builds a message of the family.
    pub(super) fn message(
        &self,
        command: u8,
        attributes: Vec<GtpAttribute>,
    ) -> GenlMessage<GtpMessage> {
        let mut message = GenlMessage::from_payload(GtpMessage {
            command,
            attributes,
        });
        message.set_resolved_family_id(self.family);
        message
    }

    /// Sends a request that is answered by an acknowledgement only.
    pub(super) fn command(
        &mut self,
        command: u8,
        attributes: Vec<GtpAttribute>,
        flags: u16,
    ) -> Result<()> {
        let request = self.message(command, attributes);

        self.connection.request(request, flags, |_| Ok(()))?;
        Ok(())
    }
}
