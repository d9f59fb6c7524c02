// SPDX-License-Identifier: GPL-2.0

//! Framed routes as a client sees them: which prefixes are behind which mobile station.

use crate::client::{
    attribute::GtpAttribute,
    connection::DumpStatus,
    error::Result,
    genl::GtpClient,
    message::{
        GTP_CMD_DELROUTE,
        GTP_CMD_GETROUTE,
        GTP_CMD_NEWROUTE, //
    },
    pdp::{
        missing,
        ms_attribute,
        LinkRef, //
    }, //
};
use netlink_packet_core::{
    DecodeError,
    NLM_F_CREATE,
    NLM_F_DUMP,
    NLM_F_EXCL,
    NLM_F_REPLACE, //
};
use std::{
    fmt,
    net::IpAddr,
    str::FromStr, //
};

/// A prefix: the first `len` bits of an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Prefix {
    /// Its first address: the driver wants the other bits to be zero.
    pub address: IpAddr,
    /// How many bits it has: up to 32 of IPv4, or 128 of IPv6.
    pub len: u8,
}

impl Prefix {
    /// Appends the attributes that name the prefix.
    fn append(&self, attributes: &mut Vec<GtpAttribute>) {
        attributes.push(GtpAttribute::RouteDst(self.address));
        attributes.push(GtpAttribute::RouteDstLen(self.len));
    }
}

impl fmt::Display for Prefix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.address, self.len)
    }
}

impl FromStr for Prefix {
    type Err = ();

    /// Reads `ADDRESS/LEN`, or an address, which is a prefix of all its bits.
    fn from_str(text: &str) -> std::result::Result<Self, ()> {
        let (address, len) = match text.split_once('/') {
            Some((address, len)) => (address, Some(len)),
            None => (text, None),
        };
        let address: IpAddr = address.parse().map_err(drop)?;
        let max = if address.is_ipv4() { 32 } else { 128 };
        let len = match len {
            Some(len) => len.parse().map_err(drop)?,
            None => max,
        };
        if len > max {
            return Err(());
        }
        Ok(Self { address, len })
    }
}

/// A framed route (RFC 2865 5.22): a prefix behind a mobile station.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FramedRoute {
    /// Interface index of the link that it is of.
    pub link: u32,
    /// What is behind the mobile station.
    pub prefix: Prefix,
    /// Address of the mobile station, of the same family; with IPv6 its /64.
    pub via: IpAddr,
}

impl FramedRoute {
    /// Reads a route from the attributes of a reply or a notification.
    ///
    /// # Errors
    ///
    /// [`DecodeError`] names what is missing.
    pub fn from_attributes(attributes: &[GtpAttribute]) -> std::result::Result<Self, DecodeError> {
        let (mut link, mut via, mut address, mut len) = (None, None, None, None);
        for attribute in attributes {
            match attribute {
                GtpAttribute::Link(v) => link = Some(*v),
                GtpAttribute::MsAddress(v) => via = Some(IpAddr::V4(*v)),
                GtpAttribute::MsAddr6(v) => via = Some(IpAddr::V6(*v)),
                GtpAttribute::RouteDst(v) => address = Some(*v),
                GtpAttribute::RouteDstLen(v) => len = Some(*v),
                _ => {}
            }
        }
        Ok(Self {
            link: link.ok_or_else(|| missing("GTPA_LINK"))?,
            prefix: Prefix {
                address: address.ok_or_else(|| missing("GTPA_ROUTE_DST"))?,
                len: len.ok_or_else(|| missing("GTPA_ROUTE_DST_LEN"))?,
            },
            via: via.ok_or_else(|| missing("GTPA_MS_ADDRESS or GTPA_MS_ADDR6"))?,
        })
    }
}

impl GtpClient {
    /// Makes a framed route, or with `replaces` changes the one for its prefix.
    ///
    /// # Errors
    ///
    /// The kernel's, see `GTP_CMD_NEWROUTE` in `include/uapi/linux/gtp.h`; the C
    /// driver answers `EOPNOTSUPP`, as it does to all of these.
    pub fn new_route(
        &mut self,
        link: LinkRef,
        prefix: &Prefix,
        via: IpAddr,
        replaces: bool,
    ) -> Result<()> {
        let mut attributes = Vec::new();
        link.append(&mut attributes);
        attributes.push(ms_attribute(via));
        prefix.append(&mut attributes);
        let flags = if replaces { NLM_F_REPLACE } else { NLM_F_EXCL };
        self.command(GTP_CMD_NEWROUTE, attributes, NLM_F_CREATE | flags)
    }

    /// Removes a framed route.
    ///
    /// # Errors
    ///
    /// The kernel's: `ENOENT` where there is none for exactly this prefix.
    pub fn del_route(&mut self, link: LinkRef, prefix: &Prefix) -> Result<()> {
        let mut attributes = Vec::new();
        link.append(&mut attributes);
        prefix.append(&mut attributes);
        self.command(GTP_CMD_DELROUTE, attributes, 0)
    }

    /// Reads the framed route for exactly this prefix.
    ///
    /// # Errors
    ///
    /// The kernel's: `ENOENT` where there is none for exactly this prefix.
    pub fn get_route(&mut self, link: LinkRef, prefix: &Prefix) -> Result<FramedRoute> {
        let mut attributes = Vec::new();
        link.append(&mut attributes);
        prefix.append(&mut attributes);
        self.get(GTP_CMD_GETROUTE, attributes, FramedRoute::from_attributes)
    }

    /// Hands every framed route to `each`: those of the link with the interface index
    /// `link`, or those of all links in the socket's network namespace.
    ///
    /// # Errors
    ///
    /// The kernel's, or what `each` returns.
    pub fn dump_routes(
        &mut self,
        link: Option<u32>,
        mut each: impl FnMut(FramedRoute) -> Result<()>,
    ) -> Result<DumpStatus> {
        let attributes = link.map(GtpAttribute::Link).into_iter().collect();
        let request = self.message(GTP_CMD_GETROUTE, attributes);
        self.connection.request(request, NLM_F_DUMP, |reply| {
            each(FramedRoute::from_attributes(&reply.payload.attributes)?)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_prefix_is_read_as_it_is_written() {
        let read = |text: &str| text.parse::<Prefix>().map(|prefix| prefix.to_string());
        assert_eq!(read("10.99.0.0/16").as_deref(), Ok("10.99.0.0/16"));
        assert_eq!(read("10.99.0.1").as_deref(), Ok("10.99.0.1/32"));
        assert_eq!(read("::/0").as_deref(), Ok("::/0"));
        assert_eq!(read("2001:db8::1").as_deref(), Ok("2001:db8::1/128"));
        for wrong in [
            "10.99.0.0/33",
            "::/129",
            "10.99.0.0/",
            "10.99/16",
            "/16",
            "::/256",
        ] {
            assert_eq!(read(wrong), Err(()), "{wrong}");
        }
    }

    #[test]
    fn a_route_is_read_from_its_attributes() {
        let whole = [
            GtpAttribute::Link(7),
            GtpAttribute::MsAddress([10, 45, 0, 2].into()),
            GtpAttribute::RouteDst([10, 99, 0, 0].into()),
            GtpAttribute::RouteDstLen(16),
        ];
        let route = FramedRoute {
            link: 7,
            prefix: "10.99.0.0/16".parse().unwrap(),
            via: [10, 45, 0, 2].into(),
        };
        assert_eq!(FramedRoute::from_attributes(&whole).unwrap(), route);
        for i in 0..whole.len() {
            let mut part = whole.to_vec();
            part.remove(i);
            assert!(FramedRoute::from_attributes(&part).is_err());
        }
    }
}
