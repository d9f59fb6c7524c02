/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
/*
 * Netlink interface of the GTP-U driver.
 *
 * Two netlink protocols meet here. rtnetlink makes and removes the link, an
 * interface of kind "gtp" that owns (or borrows) up to two UDP sockets. The
 * generic netlink family "gtp" manages the PDP contexts of that link, each of
 * which is one GTP tunnel: where a packet for a mobile station (MS) goes, and
 * from which tunnel one is accepted.
 *
 * The numbers below 64 are mainline's. Whatever this driver adds starts at 64
 * in every number space (IFLA_GTP_*, GTPA_*, GTP_CMD_*), so that mainline may
 * grow without meeting it.
 *
 * Unless said otherwise an integer is in the byte order of the host, and an
 * address is in network byte order.
 *
 *
 * The link
 * ========
 *
 * IFLA_INFO_KIND is "gtp", with or without the trailing NUL. The attributes
 * of IFLA_INFO_DATA are declared in <linux/if_link.h>; what they mean:
 *
 * IFLA_GTP_FD0 (1): u32 holding an int, in a request.
 *	File descriptor of the caller's UDP socket for GTPv0, usually bound to
 *	port 3386. A negative value means the same as no attribute: a link
 *	without a GTPv0 socket. Messages that are not tunnelled user data stay
 *	readable on the socket; closing it detaches it from the link.
 *	EBADF: not open. ENOTSOCK: not a socket. EINVAL: not a UDP datagram
 *	socket over IPv4 or IPv6. EADDRNOTAVAIL: an IPv6 socket that would
 *	take IPv4 too; set IPV6_V6ONLY. EBUSY: the socket already has another
 *	user in the kernel.
 *
 * IFLA_GTP_FD1 (2): u32 holding an int, in a request.
 *	The same for GTPv1-U, usually bound to port 2152. EINVAL also where
 *	one socket is IPv4 and the other one IPv6. A request that has neither
 *	descriptor nor IFLA_GTP_CREATE_SOCKETS is EINVAL; two negative
 *	descriptors make a link without sockets.
 *
 * IFLA_GTP_PDP_HASHSIZE (3): u32, number of buckets, in request and reply.
 *	Expected number of PDP contexts, a hint. 1024 where absent or 0.
 *	Reported as asked for. ENOMEM: more than can be had.
 *
 * IFLA_GTP_ROLE (4): u32, enum ifla_gtp_role, in request and reply.
 *	GTP_ROLE_GGSN (0, the default): the MS address is the destination of
 *	what the link transmits and the source of what it receives.
 *	GTP_ROLE_SGSN (1): the converse. EINVAL: any other value.
 *
 * IFLA_GTP_CREATE_SOCKETS (5): u8, in a request.
 *	Where present, whatever its value, the kernel makes both sockets and
 *	answers path messages itself; IFLA_GTP_FD0 and IFLA_GTP_FD1 are not
 *	looked at.
 *
 * IFLA_GTP_RESTART_COUNT (6): u8, in request and reply.
 *	Restart counter that GTPv0 echo responses carry in their Recovery
 *	information element (GSM 09.60 7.9.2). 0 where absent.
 *
 * IFLA_GTP_LOCAL (7): be32, in a request with IFLA_GTP_CREATE_SOCKETS.
 *	IPv4 address to which the kernel's sockets are bound; any address
 *	where absent. EADDRINUSE, EADDRNOTAVAIL: from binding.
 *
 * IFLA_GTP_LOCAL6 (8): 16 octets, in a request with IFLA_GTP_CREATE_SOCKETS.
 *	IPv6 address to which the kernel's sockets are bound, in place of
 *	IFLA_GTP_LOCAL where both are given. EAFNOSUPPORT: no IPv6 here.
 *
 * Unknown attributes are ignored. A scalar may be longer than its type, the
 * surplus is ignored; shorter is ERANGE. A request without IFLA_INFO_DATA is
 * EINVAL; changing an existing link is EOPNOTSUPP.
 *
 *
 * The family
 * ==========
 *
 * Name "gtp", version 0, no family header. Every command needs
 * CAP_NET_ADMIN (EPERM). Validation of the commands below 64 is lenient, as
 * it is for the link. Every request names a link with GTPA_LINK, seen from
 * the caller's network namespace or from the one of GTPA_NET_NS_FD.
 *
 * Group GTP_GENL_MCGRP_NAME, in the network namespace of the link, with port
 * and sequence number 0: GTP_CMD_NEWPDP for a context that was made or
 * changed and GTP_CMD_DELPDP for one that was removed, with the attributes of
 * a reply; GTP_CMD_ECHOREQ for an Echo Response that came in.
 */
#ifndef _UAPI_LINUX_GTP_H_
#define _UAPI_LINUX_GTP_H_

/* Multicast group of the family. The family itself has the same name. */
#define GTP_GENL_MCGRP_NAME	"gtp"

/**
 * enum gtp_genl_cmds - commands of the generic netlink family
 *
 * @GTP_CMD_NEWPDP: Make a PDP context, or change the one that has its key.
 *	(Yes, the number is zero.) Takes GTPA_LINK, GTPA_VERSION, the
 *	identifiers of that version (GTPA_TID and GTPA_FLOW, or GTPA_I_TEI
 *	and GTPA_O_TEI), the peer's address and the MS address, and optionally
 *	GTPA_FAMILY and GTPA_NET_NS_FD. The link may be down.
 *
 *	A context is found by its MS address, and by its TID or incoming TEID
 *	within its version and family. Where one is found: NLM_F_EXCL makes it
 *	EEXIST; so does a request that both keys match; NLM_F_REPLACE is
 *	EOPNOTSUPP; without these flags the context is changed in place.
 *	NLM_F_CREATE is not looked at.
 *
 *	EINVAL: a mandatory attribute is missing, the version is unknown, or
 *	the MS address is not of GTPA_FAMILY. ENODEV: no such network
 *	namespace or link, the link is not of kind gtp, or it has no socket
 *	for that version. EAFNOSUPPORT: the peer's address is not of the
 *	socket's family, or GTPA_FAMILY is neither AF_INET nor AF_INET6.
 *	EEXIST and EOPNOTSUPP: see above. EADDRNOTAVAIL: the lower 64 bits of
 *	GTPA_MS_ADDR6 are not zero. ENOMEM.
 * @GTP_CMD_DELPDP: Remove one PDP context. Takes GTPA_VERSION, GTPA_LINK and
 *	one key. The keys, in the order in which they are tried:
 *	GTPA_MS_ADDRESS, GTPA_MS_ADDR6 (both find the context whatever the
 *	value of GTPA_VERSION), GTPA_TID for version 0, GTPA_I_TEI for version
 *	1; GTPA_FAMILY says of which family the context is.
 *
 *	EINVAL: GTPA_VERSION or GTPA_LINK missing, no key, or an MS address
 *	that is not of GTPA_FAMILY. ENODEV: as above. EADDRNOTAVAIL: as above.
 *	ENOENT: no such context.
 * @GTP_CMD_GETPDP: Without NLM_F_DUMP: one context, attributes and errors as
 *	for GTP_CMD_DELPDP. With it: all contexts of all links in the caller's
 *	network namespace. The reply carries GTPA_VERSION, GTPA_LINK,
 *	GTPA_FAMILY, the MS address, the peer's address and the identifiers of
 *	its version. Identify a reply by its sequence number, not by its
 *	command: older drivers write something else there.
 * @GTP_CMD_ECHOREQ: Send one Echo Request (TS 29.281 7.2.1) from the kernel's
 *	socket. Takes GTPA_VERSION, GTPA_LINK, the peer's address as
 *	destination and the MS address as source: the local one, not a mobile
 *	station's. The answer comes to the multicast group, with GTPA_VERSION,
 *	the peer's address (whence it came) and the MS address (where it went).
 *
 *	EINVAL: an attribute is missing. ENODEV: no such link, no route, the
 *	source is not local, or the version is unknown. EOPNOTSUPP: the
 *	sockets are not the kernel's. ENETDOWN: the link is down. ENOMEM.
 * @GTP_CMD_MAX: Number of commands above, not the highest one.
 */
enum gtp_genl_cmds {
	GTP_CMD_NEWPDP = 0,
	GTP_CMD_DELPDP = 1,
	GTP_CMD_GETPDP = 2,
	GTP_CMD_ECHOREQ = 3,

	GTP_CMD_MAX,
};

/**
 * enum gtp_version - values of GTPA_VERSION
 *
 * @GTP_V0: GTP of GSM 09.60: UDP port 3386, tunnels named by TID and flow.
 * @GTP_V1: GTPv1-U of TS 29.281: UDP port 2152, tunnels named by TEID.
 */
enum gtp_version {
	GTP_V0 = 0,
	GTP_V1 = 1,
};

/**
 * enum gtp_attrs - attributes of the generic netlink family
 *
 * An attribute has no default, unless one is named here.
 *
 * @GTPA_UNSPEC: Not used.
 * @GTPA_LINK: u32. Interface index of the link. Mandatory (EINVAL) but in a
 *	dump. ENODEV: see GTP_CMD_NEWPDP.
 * @GTPA_VERSION: u32, enum gtp_version. Mandatory (EINVAL) but in a dump, even
 *	where its value does not matter.
 * @GTPA_TID: u64. Tunnel identifier of a version 0 context, IMSI and NSAPI in
 *	BCD (GSM 09.60), the first octet on the wire being the most
 *	significant one.
 * @GTPA_PEER_ADDRESS: be32. IPv4 address of the other GSN.
 * @GTPA_MS_ADDRESS: be32. IPv4 address of the mobile station. In
 *	GTP_CMD_ECHOREQ and its notification: the local IPv4 address.
 * @GTPA_FLOW: u16. Flow label of a version 0 context, the same in both
 *	directions (GSM 09.60 7.5.1).
 * @GTPA_NET_NS_FD: u32 holding an int. File descriptor of the network namespace
 *	in which GTPA_LINK is to be looked up. Default: the caller's. ENODEV:
 *	not a network namespace. Not in replies.
 * @GTPA_I_TEI: u32. Incoming tunnel endpoint identifier of a version 1 context:
 *	what the peer writes into the header of packets for us.
 * @GTPA_O_TEI: u32. Outgoing tunnel endpoint identifier of a version 1 context:
 *	what we write into the header of packets for the peer.
 * @GTPA_PAD: No value. Precedes GTPA_TID where that keeps it aligned.
 * @GTPA_PEER_ADDR6: 16 octets. IPv6 address of the other GSN.
 * @GTPA_MS_ADDR6: 16 octets. IPv6 prefix of the mobile station, which has the
 *	whole /64. EADDRNOTAVAIL: the lower 64 bits are not zero. In
 *	GTP_CMD_ECHOREQ and its notification: the local IPv6 address.
 * @GTPA_FAMILY: u8. Family of the MS address, AF_INET or AF_INET6. Default:
 *	AF_INET. In replies always, with three octets of zero after it, since
 *	clients were seen that read four.
 * @__GTPA_MAX: One more than the highest attribute.
 */
enum gtp_attrs {
	GTPA_UNSPEC = 0,
	GTPA_LINK = 1,
	GTPA_VERSION = 2,
	GTPA_TID = 3,
	GTPA_PEER_ADDRESS = 4,
	GTPA_MS_ADDRESS = 5,
	GTPA_FLOW = 6,
	GTPA_NET_NS_FD = 7,
	GTPA_I_TEI = 8,
	GTPA_O_TEI = 9,
	GTPA_PAD = 10,
	GTPA_PEER_ADDR6 = 11,
	GTPA_MS_ADDR6 = 12,
	GTPA_FAMILY = 13,
	__GTPA_MAX,
};

/* Highest attribute of enum gtp_attrs. */
#define GTPA_MAX		(__GTPA_MAX - 1)

/* The peer's former name, which old clients are written with. */
#define GTPA_SGSN_ADDRESS	GTPA_PEER_ADDRESS

#endif /* _UAPI_LINUX_GTP_H_ */
