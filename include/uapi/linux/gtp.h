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
 *	user in the kernel. EPERM: the socket is in another network namespace
 *	than the link, and the caller has no CAP_NET_ADMIN in the user namespace
 *	that owns the socket's; older drivers take a socket from whoever has the
 *	descriptor.
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
 *	sockets of both families. EAFNOSUPPORT: no IPv6 here. EADDRINUSE,
 *	EADDRNOTAVAIL: from binding. EADDRNOTAVAIL: also an IPv4-mapped address
 *	(::ffff:0:0/96), whose sockets would speak IPv4: give IFLA_GTP_LOCAL.
 *	Older drivers take it.
 *
 * Unknown attributes are ignored. A scalar may be longer than its type, the
 * surplus is ignored; shorter is ERANGE. A request without IFLA_INFO_DATA is
 * EINVAL; changing an existing link is EOPNOTSUPP but for its outer headers (see
 * IFLA_GTP_PORT_RANGE).
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
 * GTP_CMD_END_MARKER		a peer has sent the last packet on a tunnel
 * GTP_CMD_PATH			a peer answers, or does so no more
 * GTP_CMD_USAGE		a context has reached a limit of its volume
 * GTP_CMD_NEWROUTE		a framed route was made or changed
 * GTP_CMD_DELROUTE		a framed route was removed by a request
 *
 * The first two carry the attributes of a reply.
 *
 *
 * PDU sessions of 5G
 * ==================
 *
 * A context with GTPA_QFI is the tunnel of a PDU session: each of its G-PDUs
 * carries a PDU Session Container for its first and only extension header
 * (TS 29.281 5.2.2.7, TS 38.415 5.5), with the QFI and, on a GGSN, what
 * GTPA_RQI and GTPA_PPI say. The PDU type is that of the downlink on a GGSN, of
 * the uplink on an SGSN. The GTP header then has 16 octets in place of 8, or 20
 * with GTPA_PPI, and path MTU and segmentation reckon with that. Nothing
 * changes for contexts without GTPA_QFI.
 *
 * Where one session has several QoS flows, a classifier chooses among them
 * packet by packet: with IFLA_GTP_QFI_SOURCE the QFI of a packet that the link
 * sends is the one that its priority or its mark names, if it does, or else
 * the context's. GTP_QFI_TAG + QFI names one. All other values have other
 * meanings, as the priority of a forwarded packet, which comes of its TOS
 * octet, and a mark that steers routing. A T-PDU that the link receives gets
 * its QFI for priority or mark in the same way, if it came with one.
 *
 * With IFLA_GTP_QFI_SOURCE 1 (in tc's notation a priority of 0x51460009 is
 * 5146:9, and nft has it, too):
 *
 *	nft add table inet qfi
 *	nft add chain inet qfi out '{ type filter hook postrouting priority 0; }'
 *	nft add rule inet qfi out oifname gtp0 udp dport 5060 meta priority set 5146:9
 *
 *	tc qdisc add dev gtp0 clsact
 *	tc filter add dev gtp0 egress protocol ip flower ip_proto udp dst_port 5060 \
 *		action skbedit priority 5146:9
 *
 * With IFLA_GTP_QFI_SOURCE 2: "meta mark set 0x51460009" and "action skbedit
 * mark 0x51460009". Of received T-PDUs the mark can be read anywhere, the
 * priority until the packet is forwarded, that is in "prerouting", "input" and
 * tc's ingress. TCP segments that are joined on their way up keep the QFI of
 * the first.
 *
 *
 * Bearers
 * =======
 *
 * An MS may have several contexts for one address: a default bearer and up to 63
 * dedicated ones (TS 23.401 4.7.2), told apart by GTPA_BEARER, each with
 * tunnels of its own. With IFLA_GTP_BEARER_SOURCE a classifier chooses among
 * them packet by packet, as it does among QoS flows: a packet whose priority or
 * mark is GTP_BEARER_TAG + n is sent on bearer n of its MS if there is one, and
 * all others on the default bearer. A T-PDU that the link receives on a
 * dedicated bearer gets GTP_BEARER_TAG + n for priority or mark in the same way.
 * With IFLA_GTP_QFI_SOURCE on the same field a value names either a QFI or a
 * bearer, and a received T-PDU with a QFI that is told gets that. What comes in on
 * any bearer of an MS must be of the address of the MS, and may not be more.
 *
 * In tc's notation the priority of bearer 5 is 4252:5:
 *
 *	tc filter add dev gtp0 egress protocol ip flower ip_proto udp dst_port 5060 \
 *		action skbedit priority 4252:5
 *
 *
 * Framed routes
 * =============
 *
 * A prefix may be behind an MS (RFC 2865 5.22, TS 29.061): GTP_CMD_NEWROUTE
 * gives it the address of the MS for a gateway. A packet for an address that no
 * MS of the link has is sent to the MS that the longest of the link's prefixes
 * which the address is in leads to, on the bearer that is chosen among those of
 * that MS; and a T-PDU is received from such an address on the bearers of that MS
 * only. On an SGSN source and destination change places, as for contexts. A
 * prefix of 32 or 128 bits is one more address of the MS.
 *
 * A context comes before a route for the same: one of IPv6 stands for its
 * prefix of 64 bits, so that routes of 65 bits and more come before it. What is
 * behind an MS is never what another MS has for its own.
 *
 * A route belongs to the MS's address and needs a default bearer of that: when
 * the context of that is removed, or gets another address or bearer by a change,
 * its routes are gone, which GTP_CMD_DELPDP, GTP_CMD_NEWPDP or GTP_CMD_FLUSH say and
 * no GTP_CMD_DELROUTE does. They stay when it is replaced by one with the same MS
 * address, as it is in a handover, and when dedicated bearers come and go.
 *
 *
 * Usage
 * =====
 *
 * A link that was made with IFLA_GTP_USAGE counts for each context what it
 * carries: T-PDUs and their octets in both directions, and T-PDUs that were
 * dropped. A T-PDU is an IP packet as it is on the wire within its tunnel: of
 * several segments that the stack handles as one each counts, with headers of
 * its own. Sent is what was handed to the stack with its tunnel header,
 * received what was taken out of its tunnel. Counters belong to the context
 * for as long as it lives and are never reset; a change or a replacement of
 * the context goes on with them.
 *
 * Two limits of the volume, which is the octets sent and received together
 * since the context was made, may be set: a threshold and a quota. When the
 * volume reaches one, GTP_CMD_USAGE is told once. A change or a replacement
 * of the context that does not name a limit leaves it as it is, told of or
 * not; one that names it sets it anew, so that it is told of again, and at
 * once if the volume is as large already. Packets beyond the quota are
 * dropped if GTPA_QUOTA_ACTION says so. The packet that reaches it is carried
 * as a whole, and so may be others that are under way in that moment: at most
 * one for each other processor, which may be several segments in one.
 *
 * If there is no memory to tell of a limit, that is done with the next packet.
 *
 *
 * Path supervision
 * ================
 *
 * With IFLA_GTP_ECHO_INTERVAL a link sends Echo Requests (TS 29.281 7.2.1) on each
 * of its paths, from when the first context is on it: a path leads from one of
 * the link's sockets to one peer. A request without answer is repeated after
 * IFLA_GTP_ECHO_T3, with the same sequence number, until IFLA_GTP_ECHO_N3 were
 * sent; if none was answered the path is down. The next round begins an interval
 * after the last one did, also on a path that all contexts have left and come back
 * to meanwhile, and on a link that was down: nobody is asked while it is. Any
 * answer, also one to GTP_CMD_ECHOREQ, brings a path up. Each change of the state
 * is told once by GTP_CMD_PATH; what is to come of it is the control plane's
 * business, and user data goes on in any case. Recovery counters are not looked
 * at, as TS 29.281 8.2 wants it.
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
 *	GTPA_FAMILY, GTPA_NET_NS_FD, GTPA_BEARER, GTPA_VOLUME_THRESHOLD,
 *	GTPA_VOLUME_QUOTA and GTPA_QUOTA_ACTION. The link may be down.
 *
 *	A context is found by its MS address and bearer (without GTPA_BEARER
 *	the default one), and by its TID or incoming TEID
 *	within its version and family. Where none is found, one is made. Where
 *	one is: NLM_F_EXCL makes it EEXIST; NLM_F_REPLACE replaces it as a
 *	whole, be it found by one key or by both, and EEXIST means that the
 *	two keys belong to two contexts; without these flags it is changed if
 *	one key matches, and EEXIST if both do. NLM_F_CREATE is not looked at.
 *	Older drivers answer NLM_F_REPLACE with EOPNOTSUPP.
 *
 *	A change and a replacement are atomic: a packet meets the context as
 *	it was or as it is, never none and never half of each, and a request
 *	that fails leaves it as it was. Its counters go on, and the sequence
 *	numbers of version 0 where the context was of that version before:
 *	otherwise they begin at 0. GTPA_QFI, GTPA_RQI and GTPA_PPI are
 *	optional: a change without any of them leaves them as they are (unless
 *	it is one to version 0), any other request means them as it says them.
 *	With GTPA_END_MARKER a change or replacement ends the tunnel that it
 *	leaves. A request without GTPA_BEARER is about the default bearer,
 *	whatever finds the context: a dedicated bearer's is to be named, or it
 *	becomes that of the default bearer, which is EEXIST if there is one.
 *
 *	EINVAL: a mandatory attribute is missing, the version is unknown, or
 *	the MS address is not of GTPA_FAMILY, or a limit or what is done about
 *	it is not valid, or peers of both families are given and the link has
 *	sockets of both; or see GTPA_QFI, GTPA_RQI, GTPA_PPI, GTPA_BEARER and
 *	GTPA_END_MARKER. ENODEV: no such network namespace or link, the link
 *	is not of kind gtp, or it has no socket for that version. EOPNOTSUPP:
 *	limits for a link without IFLA_GTP_USAGE. EPERM: see GTPA_NET_NS_FD.
 *	EAFNOSUPPORT: the link has no socket of the peer's family, peers of
 *	both families are given and the link has sockets of one only, or
 *	GTPA_FAMILY is neither AF_INET nor AF_INET6. EEXIST: see above.
 *	EADDRNOTAVAIL: the lower 64 bits of GTPA_MS_ADDR6 are not zero.
 *	ENOSPC: the link has as many contexts as IFLA_GTP_MAX_PDP allows, and
 *	this would be one more. ENOMEM.
 * @GTP_CMD_DELPDP: Remove one PDP context. Takes GTPA_VERSION, GTPA_LINK and
 *	one key. The keys, in the order in which they are tried:
 *	GTPA_MS_ADDRESS, GTPA_MS_ADDR6 (both find the context whatever the
 *	value of GTPA_VERSION, that of the bearer that GTPA_BEARER names, or
 *	else the default one), GTPA_TID for version 0, GTPA_I_TEI for version
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
 *	its version, GTPA_BEARER if it is not the default bearer's, and
 *	GTPA_QFI, GTPA_RQI, GTPA_PPI where they are set; and
 *	GTPA_USAGE, if GTPA_STATS asks for it and the link counts usage.
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
 * @GTP_CMD_END_MARKER: Send one End Marker (TS 29.281 7.3.2) on the tunnel of a
 *	context, with the kernel's or the process' socket, now: what other
 *	processors are about to send may come behind it. See GTPA_END_MARKER
 *	for one that is the last. It has no sequence number, and on the tunnel
 *	of a PDU session the container of the context. Takes GTPA_VERSION,
 *	which is 1, GTPA_LINK, optionally GTPA_NET_NS_FD, and a key as
 *	GTP_CMD_DELPDP. Validation is strict: an unknown attribute, or one of
 *	the wrong length, is EINVAL, or ERANGE.
 *
 *	EINVAL: GTPA_VERSION or GTPA_LINK missing, no key, the version or the
 *	context's is not 1, an MS address is not of GTPA_FAMILY. ENODEV, EPERM,
 *	EADDRNOTAVAIL: as above. ENETDOWN: the link is down. ENOENT: no such
 *	context. ENOTCONN: the socket is closed. ENOMEM. Others: no route.
 *
 *	Notification: an End Marker has come in for a tunnel that the link
 *	knows. Sent for links whose sockets are the kernel's; on a socket of
 *	userspace's the message itself can be read. Carries GTPA_VERSION,
 *	GTPA_LINK, GTPA_PEER_ADDRESS or GTPA_PEER_ADDR6 (source of the message)
 *	and GTPA_I_TEI. Nobody has verified who sent it.
 * @GTP_CMD_PATH: Notification, and what an entry of GTP_CMD_GETPATH is: the state
 *	of a path has changed, see "Path supervision". Carries GTPA_VERSION,
 *	GTPA_LINK, GTPA_PEER_ADDRESS or GTPA_PEER_ADDR6, and GTPA_PATH.
 * @GTP_CMD_GETPATH: With NLM_F_DUMP: the paths that contexts are on, of all links
 *	in the caller's network namespace, or of the one that GTPA_LINK names.
 *	Validation is strict. EOPNOTSUPP: without NLM_F_DUMP. EINVAL: any other
 *	attribute or flag. ENODEV: no link of kind gtp has that index.
 * @GTP_CMD_USAGE: Notification only. A context has reached its threshold or its
 *	quota: see "Usage" above. Carries the attributes of a reply with
 *	GTPA_USAGE, in which GTPA_USAGE_EVENT says which one.
 * @GTP_CMD_NEWROUTE: Make a framed route: see above. Takes GTPA_LINK, optionally
 *	GTPA_NET_NS_FD, the prefix (GTPA_ROUTE_DST, GTPA_ROUTE_DST_LEN) and the
 *	address of the MS that it is behind, of the same family. With
 *	NLM_F_REPLACE a route for this prefix is changed: a packet meets the
 *	one MS or the other. Validation is strict, as for GTP_CMD_END_MARKER.
 *
 *	EINVAL: an attribute is missing, see GTPA_ROUTE_DST and
 *	GTPA_ROUTE_DST_LEN, or the families differ. ENODEV, EPERM,
 *	EADDRNOTAVAIL: as above. ENOENT: no context of a default bearer has this
 *	MS address. EEXIST: the prefix has a route, and NLM_F_REPLACE is not
 *	set. ENOSPC: the MS has 64 routes. ENOMEM.
 * @GTP_CMD_DELROUTE: Remove a framed route. Takes GTPA_LINK, optionally
 *	GTPA_NET_NS_FD, and the prefix. ENOENT: no route for exactly this
 *	prefix. Others: as above.
 * @GTP_CMD_GETROUTE: Without NLM_F_DUMP: one framed route, attributes and errors
 *	as for GTP_CMD_DELROUTE. With it: all routes of all links in the
 *	caller's network namespace, or of the one link that GTPA_LINK names
 *	(ENODEV: as for GTP_CMD_GETPDP; EINVAL: as for GTP_CMD_GETPATH). The
 *	reply bears GTP_CMD_NEWROUTE for its command and carries GTPA_LINK, the
 *	MS address, GTPA_ROUTE_DST and GTPA_ROUTE_DST_LEN.
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
	GTP_CMD_END_MARKER = 66,
	GTP_CMD_PATH = 67,
	GTP_CMD_GETPATH = 68,
	GTP_CMD_USAGE = 70,
	GTP_CMD_NEWROUTE = 71,
	GTP_CMD_DELROUTE = 72,
	GTP_CMD_GETROUTE = 73,
};

/*
 * Names of the notifications that are numbered like requests, for code that is
 * generated from the netlink specification.
 */
#define GTP_CMD_NEWPDP_NTF	GTP_CMD_NEWPDP
#define GTP_CMD_DELPDP_NTF	GTP_CMD_DELPDP
#define GTP_CMD_ECHOREQ_NTF	GTP_CMD_ECHOREQ
#define GTP_CMD_END_MARKER_NTF	GTP_CMD_END_MARKER
#define GTP_CMD_NEWROUTE_NTF	GTP_CMD_NEWROUTE
#define GTP_CMD_DELROUTE_NTF	GTP_CMD_DELROUTE

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
 * enum gtp_quota_action - values of GTPA_QUOTA_ACTION
 *
 * @GTP_QUOTA_TELL: It is told that the quota has been reached.
 * @GTP_QUOTA_DROP: That, and the context's packets are dropped from then on.
 */
enum gtp_quota_action {
	GTP_QUOTA_TELL = 0,
	GTP_QUOTA_DROP = 1,
};

/**
 * enum gtp_limit - limits of a context's volume, as bits
 *
 * @GTP_LIMIT_THRESHOLD: GTPA_VOLUME_THRESHOLD.
 * @GTP_LIMIT_QUOTA: GTPA_VOLUME_QUOTA.
 */
enum gtp_limit {
	GTP_LIMIT_THRESHOLD = 1,
	GTP_LIMIT_QUOTA = 2,
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
 * @__GTPA_MAX: One more than the highest of mainline's attributes.
 * @GTPA_QFI: u8, 0 to 63. QoS Flow Identifier of what a context of version 1
 *	sends: it is the tunnel of a PDU session. See above. ERANGE: more than
 *	63, or too short. EINVAL: too long, or a context of version 0.
 * @GTPA_RQI: No value. What the context sends asks the MS for reflective QoS
 *	(TS 38.415 5.5.3.4). EINVAL: without GTPA_QFI, or on an SGSN. ERANGE: it
 *	has a value.
 * @GTPA_PPI: u8, 0 to 7. Paging Policy Indicator of what the context sends
 *	(TS 38.415 5.5.3.7). ERANGE: more than 7, or too short. EINVAL: too
 *	long, without GTPA_QFI, or on an SGSN.
 * @GTPA_END_MARKER: No value. In GTP_CMD_NEWPDP: if an existing context leaves
 *	its tunnel, having another peer or another GTPA_O_TEI afterwards, one
 *	End Marker is sent to the old peer with the old TEID, behind the last
 *	G-PDU there. When the request is acknowledged it has been sent, or
 *	could not be, for want of a socket, a route or memory; this takes an
 *	RCU grace period, some hundredths of a second. Requests on several
 *	sockets wait at the same time. Where a request makes a context, or the
 *	tunnel stays, none is sent. If contexts of both families share a
 *	tunnel, ask for it with the last one that leaves, or there are two.
 *	EINVAL: the context is, or is to be, of version 0. ERANGE: it has a
 *	value. Not in replies.
 * @GTPA_STATS: Flag. In GTP_CMD_GETPDP, for one context or for all: the reply is
 *	to carry GTPA_USAGE where there is usage.
 * @GTPA_USAGE: Nest of enum gtp_usage_attrs. In replies that GTPA_STATS asks
 *	for, and in GTP_CMD_USAGE.
 * @GTPA_VOLUME_THRESHOLD: u64, octets sent and received together. When the
 *	context has carried as many since it was made, GTP_CMD_USAGE is told.
 *	All ones: no threshold, as by default. EINVAL: 2^60 or more.
 *	EOPNOTSUPP: the link counts no usage.
 * @GTPA_VOLUME_QUOTA: u64. The same, and packets may be dropped from then on.
 * @GTPA_QUOTA_ACTION: u8, enum gtp_quota_action. Set together with
 *	GTPA_VOLUME_QUOTA (EINVAL without that one), GTP_QUOTA_TELL where
 *	absent. EINVAL: any other value.
 * @GTPA_PATH: Nest of enum gtp_path_attrs, in GTP_CMD_PATH.
 * @GTPA_BEARER: u8, 0 to 63. Which bearer of the MS a context is: see "Bearers"
 *	above. 0, the default: the default bearer. In a reply where it is not
 *	0. ERANGE: more than 63, or too short. EINVAL: too long.
 * @GTPA_ROUTE_DST: 4 octets of IPv4 or 16 of IPv6. First address of a framed
 *	route's prefix. EINVAL: of another length, or a bit behind the prefix
 *	is set.
 * @GTPA_ROUTE_DST_LEN: u8. How many bits the prefix has. EINVAL: more than 32
 *	for IPv4, or 128 for IPv6.
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

	/* Not mainline's. */
	GTPA_QFI = 64,
	GTPA_RQI = 65,
	GTPA_PPI = 66,
	GTPA_END_MARKER = 67,
	GTPA_STATS = 70,
	GTPA_USAGE = 71,
	GTPA_VOLUME_THRESHOLD = 72,
	GTPA_VOLUME_QUOTA = 73,
	GTPA_QUOTA_ACTION = 74,
	GTPA_PATH = 75,
	GTPA_BEARER = 80,
	GTPA_ROUTE_DST = 81,
	GTPA_ROUTE_DST_LEN = 82,
};

/* Highest of mainline's attributes in enum gtp_attrs. */
#define GTPA_MAX		(__GTPA_MAX - 1)

/* Added to a QFI: a priority or a mark that names it. See IFLA_GTP_QFI_SOURCE. */
#define GTP_QFI_TAG		0x51460000

/* Added to GTPA_BEARER: the same for that. See IFLA_GTP_BEARER_SOURCE. */
#define GTP_BEARER_TAG		0x42520000

/* The peer's former name, which old clients are written with. */
#define GTPA_SGSN_ADDRESS	GTPA_PEER_ADDRESS

/**
 * enum gtp_path_attrs - attributes in GTPA_PATH
 *
 * @GTPA_PATH_UNSPEC: Not used.
 * @GTPA_PATH_STATE: u8, enum gtp_path_state.
 * @GTPA_PATH_RTT: u32. Round-trip time in microseconds of the last answer to a
 *	request that was not repeated, where there was one.
 * @GTPA_PATH_CONTEXTS: u32. Contexts that are on the path.
 * @__GTPA_PATH_MAX: One more than the highest attribute.
 */
enum gtp_path_attrs {
	GTPA_PATH_UNSPEC = 0,
	GTPA_PATH_STATE = 1,
	GTPA_PATH_RTT = 2,
	GTPA_PATH_CONTEXTS = 3,
	__GTPA_PATH_MAX,
};

/* Highest attribute of enum gtp_path_attrs. */
#define GTPA_PATH_MAX		(__GTPA_PATH_MAX - 1)

/**
 * enum gtp_path_state - what is known of a path
 *
 * @GTP_PATH_UNKNOWN: Nothing: the peer was not asked, or may yet answer.
 * @GTP_PATH_UP: The peer has answered.
 * @GTP_PATH_DOWN: The peer has not answered any request of the last round.
 */
enum gtp_path_state {
	GTP_PATH_UNKNOWN = 0,
	GTP_PATH_UP = 1,
	GTP_PATH_DOWN = 2,
};

/**
 * enum gtp_usage_attrs - attributes in GTPA_USAGE
 *
 * @GTPA_USAGE_UNSPEC: Not used.
 * @GTPA_USAGE_PAD: No value. Precedes a u64 where that keeps it aligned.
 * @GTPA_USAGE_TX_PACKETS: u64. T-PDUs that were sent to the peer.
 * @GTPA_USAGE_TX_BYTES: u64. Octets of these.
 * @GTPA_USAGE_TX_DROPPED: u64. T-PDUs that were dropped instead: too big, no
 *	route to the peer, no socket, no memory, beyond the quota.
 * @GTPA_USAGE_RX_PACKETS: u64. T-PDUs that were received.
 * @GTPA_USAGE_RX_BYTES: u64. Octets of these.
 * @GTPA_USAGE_RX_DROPPED: u64. T-PDUs that were dropped instead: not from, or
 *	not to, the MS (unless a process has them), not of the QoS flow (see
 *	IFLA_GTP_QFI_CHECK), marks of congestion that contradict each other, no
 *	memory, beyond the quota.
 * @GTPA_USAGE_IDLE: u64, milliseconds since a T-PDU was sent or received, or
 *	since the context was made. As fine as the kernel's clock ticks.
 * @GTPA_USAGE_THRESHOLD: u64. GTPA_VOLUME_THRESHOLD, where there is one.
 * @GTPA_USAGE_QUOTA: u64. GTPA_VOLUME_QUOTA, where there is one.
 * @GTPA_USAGE_QUOTA_ACTION: u8, enum gtp_quota_action, where there is a quota.
 * @GTPA_USAGE_REACHED: u8, bits of enum gtp_limit: which limits have been
 *	reached since they were set. Where there are any limits.
 * @GTPA_USAGE_EVENT: u8, enum gtp_limit. In GTP_CMD_USAGE: the limit that it
 *	tells of.
 */
enum gtp_usage_attrs {
	GTPA_USAGE_UNSPEC = 0,
	GTPA_USAGE_PAD = 1,
	GTPA_USAGE_TX_PACKETS = 2,
	GTPA_USAGE_TX_BYTES = 3,
	GTPA_USAGE_TX_DROPPED = 4,
	GTPA_USAGE_RX_PACKETS = 5,
	GTPA_USAGE_RX_BYTES = 6,
	GTPA_USAGE_RX_DROPPED = 7,
	GTPA_USAGE_IDLE = 8,
	GTPA_USAGE_THRESHOLD = 9,
	GTPA_USAGE_QUOTA = 10,
	GTPA_USAGE_QUOTA_ACTION = 11,
	GTPA_USAGE_REACHED = 12,
	GTPA_USAGE_EVENT = 13,
	__GTPA_USAGE_MAX,
};

/* Highest attribute of enum gtp_usage_attrs. */
#define GTPA_USAGE_MAX		(__GTPA_USAGE_MAX - 1)

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
 *	any of the sockets, or see IFLA_GTP_LOCAL6.
 * @IFLA_GTP_MAX_PDP: u32, in a request, and in a reply where it is not 0. How
 *	many contexts the link may have; one more is ENOSPC. Changing or
 *	replacing one is not making one more. 0, the default: no limit but
 *	memory, which is charged to the cgroup of who asks for a context.
 *	ERANGE: too short, as for any scalar.
 * @IFLA_GTP_QFI_SOURCE: u8, in a request, and in a reply where it is not 0.
 *	What chooses the QFI of a packet, for contexts that have GTPA_QFI: 0,
 *	the default: the context alone; 1: the packet's priority, if it is
 *	GTP_QFI_TAG + QFI; 2: its mark, in the same way. What is received has
 *	its QFI told there. See above. EINVAL: another value. ERANGE: too short.
 * @IFLA_GTP_QFI_CHECK: u8, in a request, and in a reply where it is 1. 1: a
 *	G-PDU for a context with GTPA_QFI is dropped if it has another QFI or
 *	none (rx_other_qos_flow among the link's counters). That is for
 *	sessions of one flow. 0, the default: it is received. EINVAL: another
 *	value. ERANGE: too short.
 * @IFLA_GTP_USAGE: u8, in a request, and in a reply where it is 1. 1: usage is
 *	counted for each context: see "Usage" above. It takes 192 octets a
 *	context. 0, the default: it is not. EINVAL: another value. ERANGE: too
 *	short.
 * @IFLA_GTP_PORT_RANGE: Two be16, the lowest and the highest UDP source port of
 *	G-PDUs, as IFLA_VXLAN_PORT_RANGE: each flow of the inner packets has
 *	one of them, so that it is spread over receive queues and equal paths
 *	(TS 29.281 4.4.2.3). Both 0, the default: the port of the version.
 *	Signalling has that in any case. EINVAL: the first is 0, or above the
 *	last. ERANGE: too short. This and all below, as far as
 *	IFLA_GTP_DSCP_MAP, is about the link's outer headers: in a request for
 *	a new link, or to change one (RTM_NEWLINK without NLM_F_CREATE), and in
 *	a reply where it is not the default. What a request does not name stays
 *	as it is, and a packet is sent by one policy or the other. EPERM: a
 *	change by who has no CAP_NET_ADMIN in the user namespace that owns the
 *	network namespace of the link's sockets.
 * @IFLA_GTP_FLOW_LABEL: u8. 1: outer IPv6 headers have a flow label by the flow
 *	(RFC 6438), unless net.ipv6.auto_flowlabels is 0. 0, the default: 0.
 *	EINVAL: another value. ERANGE: too short.
 * @IFLA_GTP_UDP_CSUM: u8. 0: G-PDUs over IPv4 have no checksum of UDP. 1, the
 *	default: they have. EINVAL: another value. ERANGE: too short.
 * @IFLA_GTP_UDP_ZERO_CSUM6_TX: u8. 1: G-PDUs over IPv6 have no checksum of UDP
 *	(RFC 6935). 0, the default: they have. EINVAL: another value. ERANGE:
 *	too short.
 * @IFLA_GTP_UDP_ZERO_CSUM6_RX: u8. 1, the default: the kernel's sockets receive
 *	datagrams over IPv6 without checksum, as those of older drivers do. 0:
 *	they are dropped. EINVAL: another value, or the sockets are a process',
 *	which sets UDP_NO_CHECK6_RX itself. ERANGE: too short.
 * @IFLA_GTP_DF: u8. "Don't fragment" in outer IPv4 headers: 0, the default:
 *	never; 1: always; 2: if the inner packet says so, as an IPv6 packet
 *	does. With 1 a packet that does not fit is not fragmented, over IPv6
 *	neither: its sender is told to send smaller ones. EINVAL: another
 *	value. ERANGE: too short.
 * @IFLA_GTP_TTL: u8. TTL or hop limit of outer headers; 0, the default: that of
 *	the route. ERANGE: too short.
 * @IFLA_GTP_DSCP: u8. DSCP of outer headers, 0 to 63; 255, the default: that of
 *	the inner packet. ECN is carried over in any case (RFC 6040). EINVAL:
 *	another value. ERANGE: too short.
 * @IFLA_GTP_DSCP_MAP: 64 octets, for each QFI the DSCP of its G-PDUs, or 255 for
 *	what IFLA_GTP_DSCP says; all 255 by default. While it is changed a
 *	packet may already go by the new map and still by the old policy
 *	otherwise. EINVAL: one is neither a DSCP nor 255. ERANGE: too short.
 * @IFLA_GTP_ECHO_INTERVAL: u32, seconds, in a request with
 *	IFLA_GTP_CREATE_SOCKETS, and in a reply where it is not 0. Paths are
 *	supervised, each asked so often: see above. 0, the default: they are
 *	not. EINVAL: less than 60, or without IFLA_GTP_CREATE_SOCKETS. ERANGE:
 *	too short.
 * @IFLA_GTP_ECHO_T3: u32, milliseconds, 100 to 60000, in a request, and in a
 *	reply with IFLA_GTP_ECHO_INTERVAL. 3000 where absent. EINVAL: another
 *	value. ERANGE: too short.
 * @IFLA_GTP_ECHO_N3: u8, 1 or more, the same. 5 where absent. EINVAL: 0. ERANGE:
 *	too short.
 * @IFLA_GTP_BEARER_SOURCE: u8, in a request, and in a reply where it is not 0.
 *	What chooses the bearer of a packet: 0, the default: nothing, it is the
 *	default bearer; 1: the packet's priority, if it is GTP_BEARER_TAG +
 *	GTPA_BEARER; 2: its mark, in the same way. What is received has its
 *	bearer told there. See "Bearers" above. EINVAL: another value. ERANGE:
 *	too short.
 * @__IFLA_GTP_MORE_MAX: One more than the highest attribute.
 */
enum ifla_gtp_more {
	IFLA_GTP_DUAL_STACK = 64,
	IFLA_GTP_MAX_PDP = 65,
	IFLA_GTP_QFI_SOURCE = 66,
	IFLA_GTP_QFI_CHECK = 67,
	IFLA_GTP_USAGE = 68,
	IFLA_GTP_PORT_RANGE = 69,
	IFLA_GTP_FLOW_LABEL = 70,
	IFLA_GTP_UDP_CSUM = 71,
	IFLA_GTP_UDP_ZERO_CSUM6_TX = 72,
	IFLA_GTP_UDP_ZERO_CSUM6_RX = 73,
	IFLA_GTP_DF = 74,
	IFLA_GTP_TTL = 75,
	IFLA_GTP_DSCP = 76,
	IFLA_GTP_DSCP_MAP = 77,
	IFLA_GTP_ECHO_INTERVAL = 78,
	IFLA_GTP_ECHO_T3 = 79,
	IFLA_GTP_ECHO_N3 = 80,
	IFLA_GTP_BEARER_SOURCE = 81,
	__IFLA_GTP_MORE_MAX,
};

/* Highest attribute of enum ifla_gtp_more. */
#define IFLA_GTP_MORE_MAX	(__IFLA_GTP_MORE_MAX - 1)

#endif /* _UAPI_LINUX_GTP_H_ */
