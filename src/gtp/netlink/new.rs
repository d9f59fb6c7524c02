// SPDX-License-Identifier: GPL-2.0

//! NEWPDP: contexts come and change.

use super::{
    super::{
        device::{
            Gtp,
            Role,
            SocketRole, //
        },
        end_marker::EndMarker,
        pdp::{
            bearer_key,
            Family,
            Pdp,
            Tunnel,
            Version,
            BY_MS,
            BY_TUNNEL, //
        },
        uapi::{
            attr,
            cmd,
            AF_INET,
            AF_INET6, //
        },
        usage::{
            Limits,
            Usage, //
        },
    },
    notify::notify,
    request::{
        bearer,
        device,
        family,
        missing,
        ms_prefix,
        octet,
        version,
        NO_LINK, //
    },
};
use crate::{
    net::{
        extack::ExtAck,
        genl::{
            Command,
            Request,
            NLM_F_EXCL,
            NLM_F_REPLACE, //
        },
        link::Device,
        nlattr::Attrs,
        table::Unpublished,
        udp::Receiver, //
    },
    wire::{
        session::{
            self,
            Ppi,
            Qfi, //
        },
        FlowLabel,
        Teid,
        Tid, //
    },
};
use core::net::IpAddr;
use kernel::{
    prelude::*,
    sync::rcu, //
};

/// NEWPDP: adds a context, or updates one of which one key is known.
pub(super) struct NewPdp;

impl NewPdp {
    /// Reads the identifiers of the tunnel.
    fn tunnel(attrs: &Attrs<'_>, extack: &mut ExtAck<'_>) -> Result<Tunnel> {
        match version(attrs, extack)? {
            0 => match (attrs.get(attr::TID), attrs.get(attr::FLOW)) {
                (Some(tid), Some(flow)) => Ok(Tunnel::V0 {
                    tid: Tid(tid.u64()),
                    flow: FlowLabel(flow.u16()),
                }),
                (None, _) => missing(extack, attr::TID, c"Version 0 takes GTPA_TID"),
                (_, None) => missing(extack, attr::FLOW, c"Version 0 takes GTPA_FLOW"),
            },
            1 => match (attrs.get(attr::I_TEI), attrs.get(attr::O_TEI)) {
                (Some(i_tei), Some(o_tei)) => Ok(Tunnel::V1 {
                    i_tei: Teid(i_tei.u32()),
                    o_tei: Teid(o_tei.u32()),
                }),
                (None, _) => missing(extack, attr::I_TEI, c"Version 1 takes GTPA_I_TEI"),
                (_, None) => missing(extack, attr::O_TEI, c"Version 1 takes GTPA_O_TEI"),
            },
            _ => Err(extack.fail(EINVAL, c"GTPA_VERSION is 0 or 1")),
        }
    }

    /// Reads the address of the peer, which must be of the family of a socket that the
    /// device has for this version.
    fn peer(
        attrs: &Attrs<'_>,
        gtp: &Gtp,
        version: Version,
        extack: &mut ExtAck<'_>,
    ) -> Result<IpAddr> {
        let has = |ipv6| !gtp.slot(SocketRole { version, ipv6 }).is_empty();
        if !has(false) && !has(true) {
            return Err(extack.fail(
                ENODEV,
                match version {
                    Version::V0 => c"The device has no socket for version 0",
                    Version::V1 => c"The device has no socket for version 1",
                },
            ));
        }
        match (attrs.get(attr::PEER_ADDRESS), attrs.get(attr::PEER_ADDR6)) {
            (None, None) => missing(
                extack,
                attr::PEER_ADDRESS,
                c"The peer is missing: GTPA_PEER_ADDRESS or GTPA_PEER_ADDR6",
            ),
            (Some(peer), _) if !has(false) => Err(extack.fail_attr(
                EAFNOSUPPORT,
                peer,
                c"The device has an IPv6 socket: give GTPA_PEER_ADDR6",
            )),
            (_, Some(peer)) if !has(true) => Err(extack.fail_attr(
                EAFNOSUPPORT,
                peer,
                c"The device has an IPv4 socket: give GTPA_PEER_ADDRESS",
            )),
            (Some(_), Some(peer)) => Err(extack.fail_attr(
                EINVAL,
                peer,
                c"A context has one peer: GTPA_PEER_ADDRESS or GTPA_PEER_ADDR6",
            )),
            (Some(peer), None) => Ok(IpAddr::V4(peer.ipv4())),
            (None, Some(peer)) => Ok(IpAddr::V6(peer.ipv6())),
        }
    }

    /// Reads the address of the MS. That an IPv6 prefix has an interface identifier
    /// comes up later.
    fn ms(attrs: &Attrs<'_>, extack: &mut ExtAck<'_>) -> Result<IpAddr> {
        let (v4, v6) = (attrs.get(attr::MS_ADDRESS), attrs.get(attr::MS_ADDR6));
        match (family(attrs), v4, v6) {
            (AF_INET, Some(ms), None) => Ok(IpAddr::V4(ms.ipv4())),
            (AF_INET6, None, Some(ms)) => Ok(IpAddr::V6(ms.ipv6())),
            (AF_INET, Some(_), Some(ms)) => Err(extack.fail_attr(
                EINVAL,
                ms,
                c"GTPA_MS_ADDR6 takes GTPA_FAMILY to be AF_INET6",
            )),
            (AF_INET, None, _) => missing(
                extack,
                attr::MS_ADDRESS,
                c"An IPv4 context takes GTPA_MS_ADDRESS",
            ),
            (AF_INET6, Some(ms), Some(_)) => Err(extack.fail_attr(
                EINVAL,
                ms,
                c"GTPA_MS_ADDRESS takes GTPA_FAMILY to be AF_INET",
            )),
            (AF_INET6, _, None) => missing(
                extack,
                attr::MS_ADDR6,
                c"An IPv6 context takes GTPA_MS_ADDR6",
            ),
            _ => Err(extack.fail(EAFNOSUPPORT, c"GTPA_FAMILY is AF_INET or AF_INET6")),
        }
    }

    /// Reads what the G-PDUs of a PDU session carry.
    fn session(
        attrs: &Attrs<'_>,
        role: Role,
        version: Version,
        extack: &mut ExtAck<'_>,
    ) -> Result<Option<session::Repr>> {
        let (rqi, ppi) = (attrs.get(attr::RQI), attrs.get(attr::PPI));
        let Some(qfi) = attrs.get(attr::QFI) else {
            return match rqi.or(ppi) {
                None => Ok(None),
                Some(_) => missing(
                    extack,
                    attr::QFI,
                    c"GTPA_RQI and GTPA_PPI take GTPA_QFI beside them",
                ),
            };
        };
        if version == Version::V0 {
            return Err(extack.fail_attr(EINVAL, qfi, c"Version 0 has no QoS flows"));
        }
        let qfi = Qfi::new(octet(qfi, extack)?)
            .ok_or_else(|| extack.fail_attr(ERANGE, qfi, c"A QFI is 0 to 63"))?;
        let ppi = match ppi {
            None => None,
            Some(attr) => Some(
                Ppi::new(octet(attr, extack)?)
                    .ok_or_else(|| extack.fail_attr(ERANGE, attr, c"A PPI is 0 to 7"))?,
            ),
        };
        match (role, rqi.or(attrs.get(attr::PPI))) {
            (Role::Ggsn, _) => Ok(Some(session::Repr::Downlink {
                qfi,
                rqi: rqi.is_some(),
                ppi,
            })),
            (Role::Sgsn, None) => Ok(Some(session::Repr::Uplink { qfi })),
            (Role::Sgsn, Some(attr)) => Err(extack.fail_attr(
                EINVAL,
                attr,
                c"GTPA_RQI and GTPA_PPI are for packets to the MS: not on an SGSN",
            )),
        }
    }

    /// Sets limits of a context.
    fn limit(dev: &Device<Gtp>, pdp: &Pdp, limits: Limits) {
        if let Some(usage) = &pdp.usage {
            usage.limit(limits, dev, pdp, &rcu::read_lock());
        }
    }

    /// Reads the limits of the volume.
    fn limits(attrs: &Attrs<'_>, gtp: &Gtp, extack: &mut ExtAck<'_>) -> Result<Limits> {
        let threshold = attrs.get(attr::VOLUME_THRESHOLD);
        let quota = attrs.get(attr::VOLUME_QUOTA);
        let action = attrs.get(attr::QUOTA_ACTION);
        if let (Some(attr), false) = (threshold.or(quota).or(action), gtp.usage) {
            return Err(extack.fail_attr(
                EOPNOTSUPP,
                attr,
                c"The device counts no usage: make it with IFLA_GTP_USAGE",
            ));
        }
        let drops = match (action, quota) {
            (None, _) => false,
            (Some(action), Some(_)) if action.u8() <= 1 => action.u8() == 1,
            (Some(action), Some(_)) => {
                return Err(extack.fail_attr(
                    EINVAL,
                    action,
                    c"GTPA_QUOTA_ACTION is 0 to tell or 1 to drop",
                ))
            }
            (Some(action), None) => {
                return Err(extack.fail_attr(
                    EINVAL,
                    action,
                    c"GTPA_QUOTA_ACTION goes with GTPA_VOLUME_QUOTA",
                ))
            }
        };
        Limits::new(
            threshold.map(|octets| octets.u64()),
            quota.map(|octets| octets.u64()),
            drops,
        )
        .ok_or_else(|| {
            extack.fail(
                EINVAL,
                c"A limit is less than 2^60 octets, or all ones for none",
            )
        })
    }
}

impl Command for NewPdp {
    const CMD: u8 = cmd::NEWPDP;

    fn run(request: &Request<'_>, extack: &mut ExtAck<'_>) -> Result {
        let attrs = request.attrs();
        if attrs.get(attr::VERSION).is_some() && attrs.get(attr::LINK).is_none() {
            return missing(extack, attr::LINK, NO_LINK);
        }
        let tunnel = Self::tunnel(&attrs, extack)?;
        let (net, dev) = device(request, extack)?;
        let gtp = dev.data();
        let peer = Self::peer(&attrs, gtp, tunnel.version(), extack)?;
        let ms = Self::ms(&attrs, extack)?;
        let bearer = bearer(&attrs, extack)?;
        let session = Self::session(&attrs, gtp.role, tunnel.version(), extack)?;
        let ends = attrs.get(attr::END_MARKER);
        if let (Some(ends), Version::V0) = (ends, tunnel.version()) {
            return Err(extack.fail_attr(EINVAL, ends, c"Version 0 has no End Markers"));
        }
        let limits = Self::limits(&attrs, gtp, extack)?;

        let keys = [
            (BY_TUNNEL, tunnel.id().key(Family::of(ms))),
            (BY_MS, bearer_key(ms, bearer)),
        ];
        let role = SocketRole {
            version: tunnel.version(),
            ipv6: peer.is_ipv6(),
        };
        let membership = gtp
            .paths
            .join(&dev, role, peer)
            .map_err(|error| match error {
                ENODEV => extack.fail(ENODEV, c"The socket of the device was closed just now"),
                error => error,
            })?;
        let path = membership.path().ok_or(ENOMEM)?;
        let usage = if gtp.usage { Some(Usage::new()?) } else { None };
        let mut new = Unpublished::new(Pdp::new(
            tunnel,
            (ms, bearer),
            session,
            path,
            usage,
            limits.any(),
        )?)?;
        let mut contexts = gtp.contexts.lock();
        let [by_tunnel, by_ms] = keys.map(|(index, key)| contexts.find(index, &key));
        let (known, [(index, key), _]) = match (by_tunnel, by_ms) {
            (None, None) => {
                ms_prefix(&attrs, extack)?;
                if gtp.max_pdp.is_some_and(|max| contexts.len() >= max.get()) {
                    return Err(extack.fail(
                        ENOSPC,
                        c"The link has all contexts that IFLA_GTP_MAX_PDP allows: delete one first",
                    ));
                }
                let pdp = contexts
                    .insert(new)
                    .map_err(|error| extack.fail(error, c"The context cannot be added"))?;
                membership.keep();
                notify(&net, &dev, cmd::NEWPDP, pdp);
                Self::limit(&dev, pdp, limits);
                return Ok(());
            }
            (Some(known), _) => (known, keys),
            (None, Some(known)) => {
                let [tunnel, ms] = keys;
                (known, [ms, tunnel])
            }
        };
        let flags = request.flags();
        if flags & NLM_F_EXCL != 0 {
            return Err(match by_ms {
                Some(_) => extack.fail(EEXIST, c"A context with this MS exists"),
                None => extack.fail(EEXIST, c"A context with this tunnel exists"),
            });
        }
        if let (Some(by_tunnel), Some(by_ms)) = (by_tunnel, by_ms) {
            if !core::ptr::eq(by_tunnel, by_ms) {
                return Err(extack.fail(
                    EEXIST,
                    c"One context has this MS, and another one has this tunnel",
                ));
            }
            if flags & NLM_F_REPLACE == 0 {
                return Err(extack.fail(
                    EEXIST,
                    c"The context exists: NLM_F_REPLACE would replace it",
                ));
            }
        }
        ms_prefix(&attrs, extack)?;
        if session.is_none() && flags & NLM_F_REPLACE == 0 && tunnel.version() == Version::V1 {
            // What is changed stays in the QoS flow that it is in: a client may not know of it.
            let session = known.session;
            new.change(|pdp| pdp.session = session);
        }
        let mut farewell = None;
        if let Some(ends) = ends {
            let of_old = EndMarker::of(known).ok_or_else(|| {
                let text = c"The context is of version 0, which has no End Markers";
                extack.fail_attr(EINVAL, ends, text)
            })?;
            // A tunnel that is gone on with does not end.
            farewell = Some(of_old).filter(|of_old| !of_old.ends(&new));
        }
        new.change(|new| new.go_on_from(known));
        let (pdp, old) = contexts.replace(index, &key, new)?;
        membership.keep();
        notify(&net, &dev, cmd::NEWPDP, pdp);
        Self::limit(&dev, pdp, limits);
        if !pdp.is_of_same_bearer(&old) {
            gtp.routes.leave(&contexts, &old);
        }
        drop(contexts);
        if let Some(farewell) = farewell {
            farewell.send_behind(&dev);
        }
        gtp.paths.leave(&dev, old);
        Ok(())
    }
}
