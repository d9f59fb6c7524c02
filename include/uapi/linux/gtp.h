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
 * of IFLA_INFO_DATA are declared in <linux/if_link.h>, those of ours at the
 * end of this file; what mainline's mean:
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
 *	IFLA_GTP_LOCAL where both are given, unless IFLA_GTP_DUAL_STACK makes
 *	sockets of both families. EAFNOSUPPORT: no IPv6 here.
 *
 * Unknown attributes are ignored. A scalar may be longer than its type, the
 * surplus is ignored; shorter is ERANGE. A request without IFLA_INFO_DATA is
 * EINVAL; changing an existing link is EOPNOTSUPP.
 *
 *
 * The family
 * ==========
 *
 * Name "gtp", version 0, no family header. Every command needs CAP_NET_ADMIN
 * in the user namespace that owns the caller's network namespace (EPERM);
 * older drivers want it in the initial user namespace. Validation of the
 * commands below 64 is lenient, as it is for the link. Every request names a
 * link with GTPA_LINK, seen from the caller's network namespace or from the
 * one of GTPA_NET_NS_FD.
 *
 * A reply carries GTP_CMD_NEWPDP as its command. Identify it by its sequence
 * number all the same: older drivers write something else there.
 *
 * Group GTP_GENL_MCGRP_NAME, in the network namespace of the link, with port
 * and sequence number 0. Joining it needs CAP_NET_ADMIN in the user namespace
 * that owns the network namespace (EPERM); older drivers let anybody listen.
 * What is told:
 *
 * GTP_CMD_NEWPDP		a context was made, changed or replaced
 * GTP_CMD_DELPDP		a context was removed by a request
 * GTP_CMD_ECHOREQ		an Echo Response came in, the answer to a request
 *				of ours
 * GTP_CMD_ERROR_INDICATION	a peer does not know one of our tunnels
 * GTP_CMD_FLUSH		all contexts of a link are gone, with the link
 *
 * The first two carry the attributes of a reply.
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
 *	within its version and family. Where none is found, one is made. Where
 *	one is: NLM_F_EXCL makes it EEXIST; NLM_F_REPLACE replaces it as a
 *	whole, be it found by one key or by both, and EEXIST means that the
 *	two keys belong to two contexts; without these flags it is changed if
 *	one key matches, and EEXIST if both do. NLM_F_CREATE is not looked at.
 *	Older drivers answer NLM_F_REPLACE with EOPNOTSUPP.
 *
 *	A change and a replacement are atomic: a packet meets the context as
 *	it was or as it is, never none and never half of each, and a request
 *	that fails leaves it as it was. Its counters and sequence numbers go
 *	on.
 *
 *	EINVAL: a mandatory attribute is missing, the version is unknown, or
 *	the MS address is not of GTPA_FAMILY. ENODEV: no such network
 *	namespace or link, the link is not of kind gtp, or it has no socket
 *	for that version. EPERM: see GTPA_NET_NS_FD. EAFNOSUPPORT: the link
 *	has no socket of the peer's family, peers of both families are given,
 *	or GTPA_FAMILY is neither AF_INET nor AF_INET6. EEXIST: see above.
 *	EADDRNOTAVAIL: the lower 64 bits of GTPA_MS_ADDR6 are not zero.
 *	ENOSPC: the link has as many contexts as IFLA_GTP_MAX_PDP allows, and
 *	this would be one more. ENOMEM.
 * @GTP_CMD_DELPDP: Remove one PDP context. Takes GTPA_VERSION, GTPA_LINK and
 *	one key. The keys, in the order in which they are tried:
 *	GTPA_MS_ADDRESS, GTPA_MS_ADDR6 (both find the context whatever the
 *	value of GTPA_VERSION), GTPA_TID for version 0, GTPA_I_TEI for version
 *	1; GTPA_FAMILY says of which family the context is.
 *
 *	EINVAL: GTPA_VERSION or GTPA_LINK missing, no key, or an MS address
 *	that is not of GTPA_FAMILY. ENODEV, EPERM, EADDRNOTAVAIL: as above.
 *	ENOENT: no such context.
 *
 *	The end of a link removes its contexts without a notification each:
 *	see GTP_CMD_FLUSH.
 * @GTP_CMD_GETPDP: Without NLM_F_DUMP: one context, attributes and errors as
 *	for GTP_CMD_DELPDP. With it: all contexts of all links in the caller's
 *	network namespace, or of the one link that GTPA_LINK names (ENODEV: no
 *	link of kind gtp has that index). Older drivers do not look at the
 *	attributes of a dump. The reply carries GTPA_VERSION, GTPA_LINK,
 *	GTPA_FAMILY, the MS address, the peer's address and the identifiers of
 *	its version.
 * @GTP_CMD_ECHOREQ: Send one Echo Request (TS 29.281 7.2.1) from the kernel's
 *	socket. Takes GTPA_VERSION, GTPA_LINK, the peer's address as
 *	destination and the MS address as source: the local one, not a mobile
 *	station's. Either both are IPv4 (GTPA_PEER_ADDRESS, GTPA_MS_ADDRESS) or
 *	both IPv6 (GTPA_PEER_ADDR6, GTPA_MS_ADDR6), which older drivers do not
 *	know. The answer comes to the multicast group, with GTPA_VERSION, the
 *	peer's address (whence it came) and the MS address (where it went).
 *
 *	EINVAL: an attribute is missing. ENODEV: no such link, no route, the
 *	source is not local, or the version is unknown. EPERM: see
 *	GTPA_NET_NS_FD. EAFNOSUPPORT: the link has no socket of that family.
 *	EOPNOTSUPP: the sockets are not the kernel's. ENETDOWN: the link is
 *	down. ENOMEM.
 * @GTP_CMD_MAX: One more than the highest of mainline's commands.
 * @GTP_CMD_ERROR_INDICATION: Notification only. A peer has answered our G-PDUs
 *	with an Error Indication (TS 29.281 7.3.1, GSM 09.60 7.5): it does
 *	not know the tunnel, and the context is no good any more. It stays as
 *	it is; removing it is the control plane's business. Sent for links
 *	whose sockets are the kernel's; on a socket of userspace's the message
 *	itself can be read. Carries GTPA_VERSION, GTPA_LINK, GTPA_PEER_ADDRESS
 *	or GTPA_PEER_ADDR6 (source of the message) and what the peer does not
 *	know: GTPA_O_TEI for version 1, GTPA_TID for version 0. Nobody has
 *	verified who sent it.
 * @GTP_CMD_FLUSH: Notification only. All contexts of a link are gone, since the
 *	link is being removed: told once, in place of a GTP_CMD_DELPDP for each
 *	of them, and only if there were any. Carries GTPA_LINK.
 */
enum gtp_genl_cmds {
	GTP_CMD_NEWPDP = 0,
	GTP_CMD_DELPDP = 1,
	GTP_CMD_GETPDP = 2,
	GTP_CMD_ECHOREQ = 3,

	GTP_CMD_MAX,

	/* Not mainline's. */
	GTP_CMD_ERROR_INDICATION = 64,
	GTP_CMD_FLUSH = 65,
};

/*
 * Names of the notifications that are numbered like requests, for code that is
 * generated from the netlink specification.
 */
#define GTP_CMD_NEWPDP_NTF	GTP_CMD_NEWPDP
#define GTP_CMD_DELPDP_NTF	GTP_CMD_DELPDP
#define GTP_CMD_ECHOREQ_NTF	GTP_CMD_ECHOREQ

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
 *	dump, where it picks the contexts of that link. ENODEV: see
 *	GTP_CMD_NEWPDP.
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
 *	not a network namespace. EPERM: no CAP_NET_ADMIN in the user namespace
 *	that owns it. Not in replies.
 * @GTPA_I_TEI: u32. Incoming tunnel endpoint identifier of a version 1 context:
 *	what the peer writes into the header of packets for us.
 * @GTPA_O_TEI: u32. Outgoing tunnel endpoint identifier of a version 1 context:
 *	what we write into the header of packets for the peer. In
 *	GTP_CMD_ERROR_INDICATION: the one that the peer does not know.
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

/**
 * enum ifla_gtp_more - attributes of IFLA_INFO_DATA that mainline does not have
 *
 * They stand next to IFLA_GTP_* of <linux/if_link.h>. A driver that does not
 * know them ignores them: ask for the link to see what became of it.
 *
 * @IFLA_GTP_DUAL_STACK: u8, in a request with IFLA_GTP_CREATE_SOCKETS, and in a
 *	reply where it is 1. 1: the kernel makes IPv4 sockets bound to
 *	IFLA_GTP_LOCAL and IPv6-only sockets bound to IFLA_GTP_LOCAL6, either
 *	of them to any address where it is absent, so that one link has peers
 *	of both families. 0, the default: sockets of one family, as without
 *	the attribute. EINVAL: another value, or 1 without
 *	IFLA_GTP_CREATE_SOCKETS. ERANGE: too short, as for any scalar.
 *	EAFNOSUPPORT: no IPv6 here. EADDRINUSE, EADDRNOTAVAIL: from binding
 *	any of the sockets.
 * @IFLA_GTP_MAX_PDP: u32, in a request, and in a reply where it is not 0. How
 *	many contexts the link may have; one more is ENOSPC. Changing or
 *	replacing one is not making one more. 0, the default: no limit but
 *	memory, which is charged to the cgroup of who asks for a context.
 *	ERANGE: too short, as for any scalar.
 * @__IFLA_GTP_MORE_MAX: One more than the highest attribute.
 */
enum ifla_gtp_more {
	IFLA_GTP_DUAL_STACK = 64,
	IFLA_GTP_MAX_PDP = 65,
	__IFLA_GTP_MORE_MAX,
};

/* Highest attribute of enum ifla_gtp_more. */
#define IFLA_GTP_MORE_MAX	(__IFLA_GTP_MORE_MAX - 1)

#endif /* _UAPI_LINUX_GTP_H_ */
