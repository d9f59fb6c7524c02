/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What bindgen reads for src/net: the headers of the network stack whose types
 * and functions the abstractions there use. scripts/bindgen.params says which.
 */

#include <linux/hash.h>
#include <linux/hrtimer_types.h>

#include <linux/ethtool.h>
#include <linux/file.h>
#include <linux/genetlink.h>
#include <linux/icmp.h>
#include <linux/icmpv6.h>
#include <linux/if_arp.h>
#include <linux/if_link.h>
#include <linux/if_tunnel.h>
#include <linux/in.h>
#include <linux/local_lock.h>
#include <linux/net.h>
#include <linux/netdevice.h>
#include <linux/netlink.h>
#include <linux/rhashtable.h>
#include <linux/rtnetlink.h>
#include <linux/skbuff.h>
#include <linux/udp.h>
#include <linux/xarray.h>
#include <net/addrconf.h>
#include <net/dropreason.h>
#include <net/dst.h>
#include <net/dst_metadata.h>
#include <net/genetlink.h>
#include <net/gro.h>
#include <net/gro_cells.h>
#include <net/gso.h>
#include <net/icmp.h>
#include <net/inet_dscp.h>
#include <net/inet_ecn.h>
#include <net/ip6_route.h>
#include <net/ip_tunnels.h>
#include <net/ipv6.h>
#include <net/net_namespace.h>
#include <net/netns/generic.h>
#include <net/protocol.h>
#include <net/route.h>
#include <net/rtnetlink.h>
#include <net/sock.h>
#include <net/udp.h>
#include <net/udp_tunnel.h>

/*
 * Hash tables of objects with several keys: a node is one key of an object and
 * its place in the table of that key.
 */
struct net_rht_node {
	struct rhash_head	head;
	u32			key[3];
};

/* The same with a longer key. */
struct net_rht_wide {
	struct rhash_head	head;
	u32			key[6];
};

/*
 * Inner protocol of a tunnel packet of several segments whose header is to be told
 * how long each of them is. It is on no wire: no EtherType is as low.
 */
#define NET_TUNNEL_PROTO	0x00fa

/*
 * The route that a processor remembers, of which it owns a reference, with what it
 * was looked up by; the source address of packets on it, in the first word if it is
 * of IPv4; and IP ids that were taken in advance.
 */
struct net_route_cpu {
	/* Where disabling softirqs does not keep others off: PREEMPT_RT. */
	local_lock_t		lock;
	struct dst_entry	*dst;
	/* Tells whether an IPv6 route is still right. */
	u32			cookie;
	u32			mark;
	int			oif;
	u8			tos;
	u16			next_id;
	u16			ids;
	/* The last moment at which the ids may be used, in jiffies. */
	unsigned long		until;
	struct in6_addr		saddr;
};

/* The route from a socket to an address, remembered for each processor. */
struct net_route_cache {
	struct net_route_cpu __percpu	*cpu;
};

/* What becomes of an inner packet that is too big for the tunnel's path. */
enum net_too_big {
	/* The outer packet is fragmented. */
	NET_TOO_BIG_FRAGMENT,
	/* The same, and the inner packet is a fragment itself. */
	NET_TOO_BIG_FRAGMENT_AGAIN,
	/* It is not sent. */
	NET_TOO_BIG_DROP,
};

/* What a datagram that is sent is given beside its payload. */
struct net_datagram {
	/* What is put in front of the payload. */
	const void		*hdr;
	unsigned int		len;
	__be16			sport;
	__be16			dport;
	u8			tos;
	/* enum net_too_big */
	u8			too_big;
	/* No inner packet of this length is too big, in octets. */
	u16			least_mtu;
	/* Result: how large an inner packet may be, in octets. */
	u32			inner_mtu;
	/* Other source ports than sport, by the packet's flow; if port_max is not 0. */
	u16			port_min;
	u16			port_max;
	/* Hop limit, or 0 for the route's. */
	u8			ttl;
	/* NET_DATAGRAM_* */
	u8			flags;
};

/* Do not fragment an outer IPv4 packet on its way. */
#define NET_DATAGRAM_DF			BIT(0)
/* No checksum of UDP. */
#define NET_DATAGRAM_NO_CHECK		BIT(1)
/* A flow label of IPv6 by the packet's flow. */
#define NET_DATAGRAM_FLOW_LABEL		BIT(2)

/* For memory charged to the caller, who is refused where there is none: see alloc.rs. */
#define NET_GFP_MAY_FAIL	(GFP_KERNEL_ACCOUNT | __GFP_RETRY_MAYFAIL)

/* Work that a device puts off. */
struct net_device_work {
	struct delayed_work	work;
	struct net_device	*dev;
	void			(*run)(struct net_device *dev);
};

#ifdef __BINDGEN__
const u8 NET_CONST_DATAGRAM_DF = NET_DATAGRAM_DF;
const u8 NET_CONST_DATAGRAM_NO_CHECK = NET_DATAGRAM_NO_CHECK;
const u8 NET_CONST_DATAGRAM_FLOW_LABEL = NET_DATAGRAM_FLOW_LABEL;
/* Macros with casts or sizeof in them are invisible to bindgen. */
const size_t NET_CONST_LL_MAX_HEADER = LL_MAX_HEADER;
const u64 NET_CONST_HZ = HZ;
const gfp_t NET_CONST_GFP_KERNEL = GFP_KERNEL;
const gfp_t NET_CONST_GFP_MAY_FAIL = NET_GFP_MAY_FAIL;
const gfp_t NET_CONST_GFP_ATOMIC = GFP_ATOMIC;
const xa_mark_t NET_CONST_XA_PRESENT = XA_PRESENT;
const gfp_t NET_CONST_XA_FLAGS = XA_FLAGS_ALLOC | XA_FLAGS_ACCOUNT;
const u8 NET_CONST_GENL_MCAST_CAP_NET_ADMIN = GENL_MCAST_CAP_NET_ADMIN;
const size_t NET_CONST_NLMSG_GOODSIZE = NLMSG_GOODSIZE;
#endif
