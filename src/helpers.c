// SPDX-License-Identifier: GPL-2.0
/*
 * Static inlines and macros of the network stack, made callable from Rust.
 * No logic of the driver, and no state but one counter. Where one step of the
 * datapath takes several inlines they are called together, so that a packet costs few
 * calls.
 */

#include "bindings.h"

/* Packets */

bool gtp_helper_pskb_may_pull(struct sk_buff *skb, unsigned int len)
{
	return pskb_may_pull(skb, len);
}

void gtp_helper_kfree_skb_reason(struct sk_buff *skb,
				 enum skb_drop_reason reason)
{
	kfree_skb_reason(skb, reason);
}

u32 gtp_helper_skb_priority(const struct sk_buff *skb)
{
	return skb->priority;
}

void gtp_helper_skb_set_priority(struct sk_buff *skb, u32 priority)
{
	skb->priority = priority;
}

u32 gtp_helper_skb_mark(const struct sk_buff *skb)
{
	return skb->mark;
}

/* A packet with room for outer headers in front of @len octets of @data. */
struct sk_buff *gtp_helper_alloc_skb_with(const void *data, unsigned int len)
{
	const unsigned int headroom = LL_MAX_HEADER + sizeof(struct ipv6hdr) +
				      sizeof(struct udphdr);
	struct sk_buff *skb = alloc_skb(headroom + len, GFP_ATOMIC);

	if (skb) {
		skb_reserve(skb, headroom);
		skb_put_data(skb, data, len);
		skb_reset_inner_headers(skb);
	}
	return skb;
}

/* Copies the first @len octets of the network header, if they are there. */
bool gtp_helper_skb_copy_network_header(const struct sk_buff *skb, void *to,
					unsigned int len)
{
	if (skb_network_header(skb) + len > skb_tail_pointer(skb))
		return false;
	memcpy(to, skb_network_header(skb), len);
	return true;
}

/*
 * Makes the network header of a packet that is to be sent linear, and returns the
 * EtherType; 0 if the header is not there.
 */
u16 gtp_helper_skb_inner_header(struct sk_buff *skb)
{
	return pskb_inet_may_pull(skb) ? ntohs(skb->protocol) : 0;
}

/* What marked several segments in one outside says nothing of the inner packet. */
static void net_gso_decap(struct sk_buff *skb)
{
	unsigned int type = skb_shinfo(skb)->gso_type & ~SKB_GSO_SCTP;

	if (type & (SKB_GSO_TCPV4 | SKB_GSO_TCPV6))
		type &= ~SKB_GSO_UDP_L4;
	type &= ~SKB_GSO_TCP_FIXEDID;
	if (type & SKB_GSO_TCP_FIXEDID_INNER)
		type ^= SKB_GSO_TCP_FIXEDID_INNER | SKB_GSO_TCP_FIXEDID;
	skb_shinfo(skb)->gso_type = type;
}

/* How many packets this processor is handing to the stack: none, or one. */
static DEFINE_PER_CPU(unsigned int, net_receiving);

/*
 * Hands a decapsulated packet to the stack as received by @dev: through @cells if it
 * may be joined with others, at once if not. What comes out of a tunnel in a tunnel
 * waits for the next softirq, since each tunnel goes deeper into the stack. Which
 * device it has come by would not tell: UDP may see a master of that (VRF, bond). All
 * packets of a flow take the same way.
 */
static __always_inline void net_receive_inner(struct sk_buff *skb,
					      struct net_device *dev,
					      struct gro_cells *cells)
{
	bool tcp = skb->protocol == htons(ETH_P_IP) ?
			   ip_hdr(skb)->protocol == IPPROTO_TCP :
			   ipv6_hdr(skb)->nexthdr == IPPROTO_TCP;

	skb->dev = dev;
	/* UDP leaves what it has cut in a list, which a device would send as a whole. */
	skb_mark_not_on_list(skb);
	if (unlikely(!(READ_ONCE(dev->flags) & IFF_UP))) {
		dev_core_stats_rx_dropped_inc(dev);
		kfree_skb_reason(skb, SKB_DROP_REASON_DEV_READY);
		return;
	}
	dev_sw_netstats_rx_add(dev, skb->len);
	if (tcp) {
		gro_cells_receive(cells, skb);
	} else if (unlikely(this_cpu_read(net_receiving))) {
		__netif_rx(skb);
	} else {
		this_cpu_inc(net_receiving);
		netif_receive_skb(skb);
		this_cpu_dec(net_receiving);
	}
}

/*
 * Removes what is in front of @start and, unless it is several in one, behind @end
 * of a packet that @sk has received for @dev, makes the inner IP header the network
 * header, and has the ECN field of the outer one take effect on it (RFC 6040).
 * Above 1: the packet is to be dropped for that. Negative: an error, -EINVAL if
 * there is no IP header.
 */
static __always_inline int net_decap(struct sk_buff *skb, unsigned int start,
				     unsigned int end, u16 proto,
				     const struct sock *sk,
				     const struct net_device *dev)
{
	unsigned int len = proto == ETH_P_IP ? sizeof(struct iphdr) :
					       sizeof(struct ipv6hdr);
	bool xnet = !net_eq(sock_net(sk), dev_net(dev));
	bool gso = skb_is_gso(skb);
	const struct iphdr *iph;
	unsigned int outer;
	const void *data;
	int err;

	if (unlikely(skb->len > end) && !gso) {
		err = pskb_trim_rcsum(skb, end);
		if (err)
			return err;
	}
	if (unlikely(skb->len < start || skb->len - start < len))
		return -EINVAL;
	if (unlikely(!pskb_may_pull(skb, start + len)))
		return -ENOMEM;
	if (unlikely(gso)) {
		err = iptunnel_pull_header(skb, start, htons(proto), xnet);
		if (err)
			return err;
		/* Who sends it on without a look at it needs that of the segments. */
		skb->transport_header = skb->inner_transport_header;
		net_gso_decap(skb);
	} else {
		/* The same, for one packet with all headers at hand. */
		data = skb->data;
		__skb_pull(skb, start);
		skb_postpull_rcsum(skb, data, start);
		skb->protocol = htons(proto);
		skb_clear_hash_if_not_l4(skb);
		__vlan_hwaccel_clear_tag(skb);
		skb_set_queue_mapping(skb, 0);
		skb_scrub_packet(skb, xnet);
		skb_unset_transport_header(skb);
		skb->encapsulation = 0;
	}
	outer = skb_network_header(skb) - skb->head;
	skb_reset_network_header(skb);
	skb_reset_mac_header(skb);
	iph = (void *)(skb->head + outer);
	if (iph->version == 6)
		return IP6_ECN_decapsulate((void *)iph, skb);
	/* The usual mark, which nothing comes of. */
	if (likely((iph->tos & INET_ECN_MASK) == INET_ECN_NOT_ECT))
		return 0;
	return IP_ECN_decapsulate(iph, skb);
}

/*
 * Decapsulates a packet that @sk has received, and hands it to the stack as received
 * by @dev: see net_decap() and net_receive_inner(). 0: the packet is gone.
 */
int gtp_helper_skb_receive_inner(struct sk_buff *skb, unsigned int start,
				 unsigned int end, u16 proto,
				 const struct sock *sk, struct net_device *dev,
				 struct gro_cells *cells)
{
	int err = net_decap(skb, start, end, proto, sk, dev);

	if (unlikely(err && err != 1))
		return err;
	net_receive_inner(skb, dev, cells);
	return 0;
}

/* The first half of it: see net_decap(). 0 and 1: it is done. */
int gtp_helper_skb_decap(struct sk_buff *skb, unsigned int start,
			 unsigned int end, u16 proto, const struct sock *sk,
			 const struct net_device *dev)
{
	return net_decap(skb, start, end, proto, sk, dev);
}

/* The second half of it; a @mark of 0 changes nothing. */
void gtp_helper_skb_receive_decapped(struct sk_buff *skb,
				     struct net_device *dev,
				     struct gro_cells *cells, u32 mark)
{
	if (mark)
		skb->mark = mark;
	net_receive_inner(skb, dev, cells);
}

/* Tells the inner route that it carries packets of @mtu octets, if it says more. */
static __always_inline void net_dst_update_pmtu(struct sk_buff *skb, u32 mtu)
{
	struct dst_entry *dst = skb_dst(skb);

	/*
	 * Without one of its own the route has the MTU of its device, or less. What tc
	 * has said of a tunnel is no route.
	 */
	if (skb_valid_dst(skb) && (dst_metric_raw(dst, RTAX_MTU) ||
				   READ_ONCE(dst_dev(dst)->mtu) >= mtu))
		skb_dst_update_pmtu_no_confirm(skb, mtu);
}

/* Tells the sender of @skb that a packet of @mtu octets would have been sent. */
void gtp_helper_icmp_too_big(struct sk_buff *skb, u32 mtu)
{
	net_dst_update_pmtu(skb, mtu);
	if (skb->protocol == htons(ETH_P_IP))
		icmp_ndo_send(skb, ICMP_DEST_UNREACH, ICMP_FRAG_NEEDED,
			      htonl(mtu));
	else if (skb->protocol == htons(ETH_P_IPV6))
		icmpv6_ndo_send(skb, ICMPV6_PKT_TOOBIG, 0, mtu);
}

/* Segmentation */

/* Length of an IP packet with one segment of @skb in it. */
unsigned int gtp_helper_skb_gso_network_seglen(const struct sk_buff *skb)
{
	unsigned int len = skb_transport_header(skb) - skb_network_header(skb);

	len += skb_is_gso_tcp(skb) ? tcp_hdrlen(skb) : sizeof(struct udphdr);
	return len + skb_shinfo(skb)->gso_size;
}

unsigned int gtp_helper_skb_gso_size(const struct sk_buff *skb)
{
	return skb_shinfo(skb)->gso_size;
}

/*
 * Length of an IP packet with one segment of a received @skb in it, which begins
 * @offset octets from the data; 0 if this is not several IP packets of the version
 * of @proto in a UDP tunnel.
 */
unsigned int gtp_helper_skb_gso_inner_seglen(const struct sk_buff *skb,
					     unsigned int offset, u16 proto)
{
	unsigned int type = skb_shinfo(skb)->gso_type, tcp, len;

	tcp = proto == ETH_P_IP ? SKB_GSO_TCPV4 : SKB_GSO_TCPV6;
	if (!skb->encapsulation ||
	    !(type & (SKB_GSO_UDP_TUNNEL | SKB_GSO_UDP_TUNNEL_CSUM)) ||
	    skb_inner_network_offset(skb) != offset)
		return 0;
	len = skb_inner_transport_offset(skb);
	if (type & tcp) {
		if (len + sizeof(struct tcphdr) > skb_headlen(skb))
			return 0;
		len += inner_tcp_hdrlen(skb);
	} else {
		if ((type & (SKB_GSO_TCPV4 | SKB_GSO_TCPV6)) ||
		    !(type & SKB_GSO_UDP_L4))
			return 0;
		len += sizeof(struct udphdr);
	}
	return len - offset + skb_shinfo(skb)->gso_size;
}

/* Whether all segments of @skb, which is to be sent, have the same length. */
static bool net_gso_is_even(const struct sk_buff *skb)
{
	unsigned int gso_size = skb_shinfo(skb)->gso_size;
	unsigned int seglen = gtp_helper_skb_gso_network_seglen(skb);

	return skb->len >= seglen && !((skb->len - seglen) % gso_size);
}

/*
 * Cuts a packet that is to be sent into its segments, with their checksums. Returns
 * the first one, which leads to the next, and consumes @skb; or NULL, and does not.
 */
struct sk_buff *gtp_helper_skb_gso_split(struct sk_buff *skb)
{
	struct sk_buff *segs = skb_gso_segment(skb, NETIF_F_SG);

	if (IS_ERR_OR_NULL(segs))
		return NULL;
	consume_skb(skb);
	return segs;
}

/* Those that cut tunnels partially are NICs, tunnels and bonds. */
static bool net_is_nic(const struct net_device *dev)
{
	return dev->features & NETIF_F_GSO_PARTIAL && !dev->rtnl_link_ops;
}

static bool net_leads_down(const struct net_device *dev)
{
	return is_vlan_dev(dev) || netif_is_lag_master(dev);
}

static int net_check_lower(struct net_device *dev,
			   struct netdev_nested_priv *priv)
{
	return !net_leads_down(dev) && !net_is_nic(dev);
}

/*
 * Whether what is sent through @dev leaves by NICs that compute the checksums in
 * tunnels: it is one, or leads to nothing else. Virtual devices that compute any leave
 * them to whoever reads the packet, who may be a process, here or in another machine,
 * that takes those of its payload for computed.
 */
static bool net_is_by_nic(struct net_device *dev)
{
	if (likely(!net_leads_down(dev)))
		return net_is_nic(dev);
	return !netdev_walk_all_lower_dev_rcu(dev, net_check_lower, NULL);
}

/* Cuts the IP packets behind a tunnel header as their own protocol does. */
struct sk_buff *gtp_helper_skb_gso_segment_inner(struct sk_buff *skb,
						 netdev_features_t features)
{
	unsigned int type = skb_shinfo(skb)->gso_type;
	const struct packet_offload *ptype;
	__be16 protocol = skb->protocol;
	struct sk_buff *segs, *seg;

	if (!pskb_may_pull(skb, sizeof(struct iphdr)))
		return ERR_PTR(-EINVAL);
	if (!net_is_by_nic(skb->dev))
		features &= ~NETIF_F_CSUM_MASK;
	skb->protocol = ((struct iphdr *)skb->data)->version == 6 ?
				htons(ETH_P_IPV6) : htons(ETH_P_IP);
	/* The look-up finds what has all callbacks. */
	ptype = gro_find_complete_by_type(skb->protocol);
	/*
	 * Behind a UDP tunnel the stack takes the inner IP header for the only one,
	 * and looks there for the mark of the outer one. With that, too, packets of
	 * a list keep the identification that each of them has.
	 */
	if (type & SKB_GSO_TCP_FIXEDID_INNER ||
	    (type & SKB_GSO_FRAGLIST && skb->protocol == htons(ETH_P_IP) &&
	     ((struct iphdr *)skb->data)->frag_off & htons(IP_DF)))
		skb_shinfo(skb)->gso_type |= SKB_GSO_TCP_FIXEDID;
	segs = ptype ? ptype->callbacks.gso_segment(skb, features) :
		       ERR_PTR(-EPROTONOSUPPORT);
	/* The first part of a list that is cut is the packet itself. */
	if (segs != skb)
		skb_shinfo(skb)->gso_type = type;
	if (IS_ERR_OR_NULL(segs)) {
		skb->protocol = protocol;
		return segs;
	}
	for (seg = segs; seg; seg = seg->next)
		if (skb_is_gso(seg) && !(type & SKB_GSO_TCP_FIXEDID))
			skb_shinfo(seg)->gso_type &= ~SKB_GSO_TCP_FIXEDID;
	return segs;
}

/* The first packet of a list from @skb on that is one segment. */
struct sk_buff *gtp_helper_skb_gso_first_single(struct sk_buff *skb)
{
	if (IS_ERR(skb))
		return NULL;
	while (skb && skb_is_gso(skb))
		skb = skb->next;
	return skb;
}

struct sk_buff *gtp_helper_skb_gso_next_single(struct sk_buff *skb)
{
	return gtp_helper_skb_gso_first_single(skb->next);
}

/* Takes the first packet off the list that it leads to, and returns the second. */
struct sk_buff *gtp_helper_skb_list_next(struct sk_buff *skb)
{
	struct sk_buff *next = skb->next;

	skb_mark_not_on_list(skb);
	return next;
}

/*
 * Cuts a packet that @sk has received into its segments, and offers them to their
 * socket one by one.
 */
void gtp_helper_udp_rcv_segments(struct sock *sk, struct sk_buff *skb)
{
	bool ipv4 = skb->protocol == htons(ETH_P_IP);
	const struct net_protocol *udp = NULL;
	struct sk_buff *segs, *next;

	if (ipv4)
		udp = rcu_dereference(inet_protos[IPPROTO_UDP]);
	__skb_push(skb, -skb_mac_offset(skb));
	segs = udp_rcv_segment(sk, skb, ipv4);
	skb_list_walk_safe(segs, skb, next) {
		__skb_pull(skb, skb_transport_offset(skb));
		udp_post_segment_fix_csum(skb);
		if (udp) {
			udp->handler(skb);
			continue;
		}
#if IS_ENABLED(CONFIG_IPV6)
		rcu_dereference(inet6_protos[IPPROTO_UDP])->handler(skb);
#else
		kfree_skb(skb);
#endif
	}
}

/* Receive offload */

unsigned int gtp_helper_gro_offset(const struct sk_buff *skb)
{
	return skb_gro_offset(skb);
}

unsigned int gtp_helper_gro_len(const struct sk_buff *skb)
{
	return skb_gro_len(skb);
}

/* Makes the first @len octets from the offset on readable. */
void *gtp_helper_gro_header(struct sk_buff *skb, unsigned int len)
{
	unsigned int offset = skb_gro_offset(skb);

	return skb_gro_header(skb, offset + len, offset);
}

/* Has the packet be held back by nobody. */
void gtp_helper_gro_flush(struct sk_buff *skb)
{
	NAPI_GRO_CB(skb)->flush |= 1;
}

/* The packet behind @p, or the first, that may be of the same flow. */
struct sk_buff *gtp_helper_gro_next_same_flow(struct list_head *head,
					      struct sk_buff *p)
{
	p = p ? list_next_entry(p, list) :
		list_first_entry(head, struct sk_buff, list);
	list_for_each_entry_from(p, head, list)
		if (NAPI_GRO_CB(p)->same_flow)
			return p;
	return NULL;
}

void gtp_helper_gro_set_distinct(struct sk_buff *p)
{
	NAPI_GRO_CB(p)->same_flow = 0;
}

/* Goes on with the IP packet behind @len octets of header at @start. */
struct sk_buff *gtp_helper_gro_receive_inner(struct list_head *head,
					     struct sk_buff *skb,
					     const void *start,
					     unsigned int len, u16 proto)
{
	const struct packet_offload *ptype;

	ptype = gro_find_receive_by_type(htons(proto));
	if (!ptype) {
		NAPI_GRO_CB(skb)->flush |= 1;
		return NULL;
	}
	skb_gro_pull(skb, len);
	skb_gro_postpull_rcsum(skb, start, len);
	return call_gro_receive(ptype->callbacks.gro_receive, head, skb);
}

/*
 * Completes joined packets whose IP header is @nhoff octets from the data, behind
 * @len octets of a tunnel's header. They are marked as those that are sent: see
 * net_push_tunnel_header().
 */
int gtp_helper_gro_complete_inner(struct sk_buff *skb, int nhoff,
				  unsigned int len, u16 proto)
{
	const struct packet_offload *ptype;
	unsigned int headers;
	int err;

	/* Not beyond the header that was looked at when they were joined. */
	if (skb->encapsulation &&
	    nhoff > NAPI_GRO_CB(skb)->inner_network_offset)
		return -EINVAL;
	ptype = gro_find_complete_by_type(htons(proto));
	if (!ptype)
		return -EPROTONOSUPPORT;
	skb_shinfo(skb)->gso_type |= SKB_GSO_UDP_L4;
	err = ptype->callbacks.gro_complete(skb, nhoff);
	if (err)
		return err;
	headers = skb_inner_transport_offset(skb) + sizeof(struct udphdr);
	if (skb_is_gso_tcp(skb) ||
	    (skb_is_gso(skb) && skb->len > headers &&
	     (skb->len - headers) % skb_shinfo(skb)->gso_size))
		skb_shinfo(skb)->gso_type |= SKB_GSO_SCTP;
	skb_set_inner_protocol(skb, htons(NET_TUNNEL_PROTO));
	skb_set_inner_mac_header(skb, nhoff - len);
	return 0;
}

/* Routes and transmission */

/*
 * Route from @sk to @daddr. The source address is *@saddr or, if that is not
 * given, the one that the socket is bound to, if it is; *@saddr is set to what
 * was chosen.
 */
struct dst_entry *gtp_helper_ip_route_output_sk(const struct sock *sk,
						__be32 daddr, __be32 *saddr)
{
	struct flowi4 fl4 = {
		.flowi4_oif = sk->sk_bound_dev_if,
		.flowi4_mark = READ_ONCE(sk->sk_mark),
		.daddr = daddr,
		.saddr = *saddr ? *saddr : inet_sk(sk)->inet_saddr,
		.flowi4_dscp = inet_sk_dscp(inet_sk(sk)),
		.flowi4_scope = ip_sock_rt_scope(sk),
		.flowi4_proto = sk->sk_protocol,
	};
	struct rtable *rt;

	rt = ip_route_output_key(sock_net(sk), &fl4);
	if (IS_ERR(rt))
		return ERR_CAST(rt);
	*saddr = fl4.saddr;
	return &rt->dst;
}

struct dst_entry *gtp_helper_ip6_route_output_sk(const struct sock *sk,
						 const struct in6_addr *daddr,
						 struct in6_addr *saddr)
{
#if IS_ENABLED(CONFIG_IPV6)
	struct flowi6 fl6 = {
		.flowi6_oif = sk->sk_bound_dev_if,
		.flowi6_mark = READ_ONCE(sk->sk_mark),
		.daddr = *daddr,
		.saddr = ipv6_addr_any(saddr) ? inet6_sk(sk)->saddr : *saddr,
		.flowi6_proto = sk->sk_protocol,
	};
	struct dst_entry *dst;

	/* Unlike its IPv4 sibling the look-up takes any source. */
	if (!ipv6_addr_any(saddr) &&
	    !ipv6_chk_addr(sock_net(sk), saddr, NULL, 0))
		return ERR_PTR(-EADDRNOTAVAIL);

	dst = ip6_dst_lookup_flow(sock_net(sk), sk, &fl6, NULL);
	if (!IS_ERR(dst))
		*saddr = fl6.saddr;
	return dst;
#else
	return ERR_PTR(-EAFNOSUPPORT);
#endif
}

int gtp_helper_route_cache_init(struct net_route_cache *cache)
{
	int i;

	cache->cpu = alloc_percpu_gfp(struct net_route_cpu, NET_GFP_MAY_FAIL);
	if (!cache->cpu)
		return -ENOMEM;
	for_each_possible_cpu(i)
		local_lock_init(&per_cpu_ptr(cache->cpu, i)->lock);
	return 0;
}

/* Forgets the routes; nobody uses @cache meanwhile. */
void gtp_helper_route_cache_clear(struct net_route_cache *cache)
{
	int i;

	for_each_possible_cpu(i) {
		struct net_route_cpu *cpu = per_cpu_ptr(cache->cpu, i);

		dst_release(cpu->dst);
		cpu->dst = NULL;
	}
}

void gtp_helper_route_cache_destroy(struct net_route_cache *cache)
{
	gtp_helper_route_cache_clear(cache);
	free_percpu(cache->cpu);
}

/* Whether the route was looked up by what @sk says now. */
static __always_inline bool net_route_is_of(const struct net_route_cpu *cpu,
					    const struct sock *sk)
{
	return cpu->mark == READ_ONCE(sk->sk_mark) &&
	       cpu->oif == READ_ONCE(sk->sk_bound_dev_if) &&
	       cpu->tos == READ_ONCE(inet_sk(sk)->tos);
}

/* Remembers a route, whose reference is consumed. */
static void net_route_set(struct net_route_cpu *cpu, const struct sock *sk,
			  struct dst_entry *dst, u32 cookie)
{
	dst_release(cpu->dst);
	cpu->dst = dst;
	cpu->cookie = cookie;
	cpu->mark = READ_ONCE(sk->sk_mark);
	cpu->oif = READ_ONCE(sk->sk_bound_dev_if);
	cpu->tos = READ_ONCE(inet_sk(sk)->tos);
	/* Those that are left were for another pair of addresses. */
	cpu->ids = 0;
}

/* Looks up a route for net_route_cached4() or net_route_cached6(). */
static struct dst_entry *net_route_look_up(struct net_route_cpu *cpu,
					   const struct sock *sk,
					   const void *daddr, bool ipv6,
					   const struct net_device *dev)
{
	struct in6_addr saddr = in6addr_any;
	struct dst_entry *dst;
	u32 cookie = 0;

	if (ipv6)
		dst = gtp_helper_ip6_route_output_sk(sk, daddr, &saddr);
	else
		dst = gtp_helper_ip_route_output_sk(sk, *(__be32 *)daddr,
						    &saddr.s6_addr32[0]);
	if (IS_ERR(dst))
		return dst;
	if (dst_dev(dst) == dev) {
		dst_release(dst);
		return ERR_PTR(-ELOOP);
	}
	if (ipv6)
		cookie = rt6_get_cookie(dst_rt6_info(dst));
	cpu->saddr = saddr;
	net_route_set(cpu, sk, dst, cookie);
	return dst;
}

static noinline struct dst_entry *
net_route_look_up4(struct net_route_cpu *cpu, const struct sock *sk,
		   __be32 daddr, const struct net_device *dev)
{
	return net_route_look_up(cpu, sk, &daddr, false, dev);
}

static noinline struct dst_entry *
net_route_look_up6(struct net_route_cpu *cpu, const struct sock *sk,
		   const struct in6_addr *daddr, const struct net_device *dev)
{
	return net_route_look_up(cpu, sk, daddr, true, dev);
}

/*
 * The route from @sk to @daddr that this processor remembers, or else one that is
 * looked up for it. The packet that it is for is @dev's: no route leads through
 * that. The reference stays the cache's: the route is there until the end of the
 * read section.
 */
static __always_inline struct dst_entry *
net_route_cached4(struct net_route_cpu *cpu, const struct sock *sk,
		  __be32 daddr, const struct net_device *dev)
{
	struct dst_entry *dst = cpu->dst;

	if (unlikely(sock_flag(sk, SOCK_DEAD)))
		return ERR_PTR(-ENOTCONN);
	/* The last two are what dst_check() calls a function for. */
	if (unlikely(!dst || !net_route_is_of(cpu, sk) ||
		     READ_ONCE(dst->obsolete) != DST_OBSOLETE_FORCE_CHK ||
		     dst_rtable(dst)->rt_genid !=
			     rt_genid_ipv4(sock_net(sk))))
		return net_route_look_up4(cpu, sk, daddr, dev);
	return dst;
}

static __always_inline struct dst_entry *
net_route_cached6(struct net_route_cpu *cpu, const struct sock *sk,
		  const struct in6_addr *daddr, const struct net_device *dev)
{
	struct dst_entry *dst = cpu->dst;

	if (unlikely(sock_flag(sk, SOCK_DEAD)))
		return ERR_PTR(-ENOTCONN);
	if (unlikely(!dst || !net_route_is_of(cpu, sk) ||
		     !dst_check(dst, cpu->cookie)))
		return net_route_look_up6(cpu, sk, daddr, dev);
	return dst;
}

/* Largest packet that an IPv4 route carries, in octets: as dst_mtu(), a call. */
static __always_inline u32 net_dst_mtu4(const struct dst_entry *dst)
{
	const struct rtable *rt = dst_rtable(dst);

	if (unlikely(rt->rt_pmtu || rt->rt_mtu_locked || dst->lwtstate ||
		     dst_metric_raw(dst, RTAX_MTU)))
		return dst_mtu(dst);
	return min(READ_ONCE(dst_dev(dst)->mtu), IP_MAX_MTU);
}

/*
 * 0 if the segments of @skb, or else itself, fit into packets of @mtu octets, of
 * which @headers are IP's and UDP's, or are to be fragmented if they do not; and how
 * large an inner packet may be. IPv4 counts its own header in its length field, IPv6
 * does not: then @uncounted octets of the headers are not in it.
 *
 * Otherwise -EMSGSIZE, or -E2BIG if datagrams are to be fragmented that have not been
 * cut: skb_gso_transport_seglen() leaves out the inner header of UDP, so that those
 * which are too big by no more than that would be sent as they are.
 */
static __always_inline int net_fits(const struct sk_buff *skb, bool gso,
				    u32 mtu, unsigned int headers,
				    unsigned int uncounted,
				    struct net_datagram *gram)
{
	u32 len = skb->len, room;

	headers += gram->len;
	room = mtu > headers ? mtu - headers : 0;
	if (gso) {
		len = gtp_helper_skb_gso_network_seglen(skb);
		if (unlikely(len > room) && !skb_is_gso_tcp(skb) &&
		    (gram->too_big != NET_TOO_BIG_DROP ||
		     len <= gram->least_mtu))
			return -E2BIG;
	}
	if (gram->too_big == NET_TOO_BIG_DROP) {
		gram->inner_mtu = max_t(u32, room, gram->least_mtu);
		if (unlikely(len > gram->inner_mtu))
			return -EMSGSIZE;
		if (unlikely(len > room))
			gram->flags &= ~NET_DATAGRAM_DF;
	} else {
		gram->inner_mtu = gram->too_big == NET_TOO_BIG_FRAGMENT ? mtu :
									  room;
	}
	return likely(len + headers - uncounted <= U16_MAX) ? 0 : -EMSGSIZE;
}

/* Computes the checksum that was left to the device. */
static __always_inline int net_complete_checksum(struct sk_buff *skb)
{
	int start = skb_checksum_start_offset(skb);
	__sum16 *check;

	/* The usual case of what skb_checksum_help() does for any. */
	if (skb_is_nonlinear(skb) || skb_cloned(skb) || skb_csum_is_sctp(skb) ||
	    start < 0 || start + skb->csum_offset + sizeof(*check) > skb->len)
		return skb_checksum_help(skb);
	check = (__sum16 *)(skb->data + start + skb->csum_offset);
	*check = csum_fold(csum_partial(skb->data + start, skb->len - start, 0)) ?:
			 CSUM_MANGLED_0;
	return 0;
}

/*
 * Puts the header of @gram in front of an inner packet, with room for @headroom
 * more octets, and says what is still to be done to it when it is segmented.
 *
 * The inner checksum of a single packet is computed here: the kernel's tunnels at
 * the other end of a virtual wire would do without, but a process that reads the
 * socket there would get it as it is. Several segments in one are marked as the
 * tunnel's and as UDP's: a UDP socket that is not a tunnel's gets them cut. Where
 * the stack has to cut them, and no NIC, they are marked as SCTP's, too, which no
 * hardware cuts: if they are not of one length, for a NIC does not change the
 * length in our header; and if they are of TCP, for several NICs (i40e, ice, ixgbe,
 * hns3) believe the mark of UDP, and write into the header of TCP what is UDP's.
 */
static __always_inline int
net_push_tunnel_header(struct sk_buff *skb, bool gso, unsigned int headroom,
		       const struct net_datagram *gram)
{
	if (unlikely(gso)) {
		unsigned int type;

		if (skb_header_unclone(skb, GFP_ATOMIC) ||
		    skb_cow_head(skb, headroom + gram->len))
			return -ENOMEM;
		type = skb_shinfo(skb)->gso_type;
		if (type & SKB_GSO_TCP_FIXEDID)
			type ^= SKB_GSO_TCP_FIXEDID_INNER | SKB_GSO_TCP_FIXEDID;
		if (skb_is_gso_tcp(skb) || !net_gso_is_even(skb))
			type |= SKB_GSO_SCTP;
		type |= gram->flags & NET_DATAGRAM_NO_CHECK ?
				SKB_GSO_UDP_TUNNEL :
				SKB_GSO_UDP_TUNNEL_CSUM;
		skb_shinfo(skb)->gso_type = type | SKB_GSO_UDP_L4;
		skb_reset_inner_headers(skb);
		skb_set_inner_protocol(skb, htons(NET_TUNNEL_PROTO));
		skb->encapsulation = 1;
	} else {
		if (skb->ip_summed == CHECKSUM_PARTIAL &&
		    net_complete_checksum(skb))
			return -ENOMEM;
		if (skb_cow_head(skb, headroom + gram->len))
			return -ENOMEM;
		skb->ip_summed = CHECKSUM_NONE;
		skb_reset_inner_headers(skb);
		skb->encapsulation = 0;
	}
	/* The usual length is one that a register has. */
	if (likely(gram->len == sizeof(u64)))
		put_unaligned(get_unaligned((u64 *)gram->hdr),
			      (u64 *)__skb_push(skb, sizeof(u64)));
	else
		memcpy(__skb_push(skb, gram->len), gram->hdr, gram->len);
	/* The tunnel's header is cut as a part of the inner packet. */
	skb_set_inner_mac_header(skb, 0);
	return 0;
}

/* Chooses the source port by the flow of @skb, which has no outer header yet. */
static __always_inline void net_choose_port(struct net *net,
					    struct sk_buff *skb,
					    struct net_datagram *gram)
{
	/* A range of one port is no range to udp_flow_src_port(). */
	if (unlikely(gram->port_max))
		gram->sport = gram->port_min == gram->port_max ?
				      htons(gram->port_min) :
				      udp_flow_src_port(net, skb,
							gram->port_min,
							gram->port_max, false);
}

#if IS_ENABLED(CONFIG_IPV6)
/* A flow label for the flow of @skb, which has no outer header yet. */
static noinline __be32 net_flow_label(struct net *net, struct sk_buff *skb)
{
	struct flowi6 fl6 = {};

	/* Of a packet without a hash the flow would be that of @fl6. */
	skb_get_hash(skb);
	return ip6_make_flowlabel(net, skb, 0, true, &fl6);
}
#endif

/* Sends @gram without a cache; consumes the route and @skb. */
void gtp_helper_udp_xmit4(struct dst_entry *dst, struct sock *sk,
			  struct sk_buff *skb, __be32 saddr, __be32 daddr,
			  const struct net_datagram *gram)
{
	udp_tunnel_xmit_skb(dst_rtable(dst), sk, skb, saddr, daddr, gram->tos,
			    ip4_dst_hoplimit(dst), 0, gram->sport, gram->dport,
			    true, false, 0);
}

void gtp_helper_udp_xmit6(struct dst_entry *dst, struct sock *sk,
			  struct sk_buff *skb, const struct in6_addr *saddr,
			  const struct in6_addr *daddr,
			  const struct net_datagram *gram)
{
#if IS_ENABLED(CONFIG_IPV6)
	skb->ignore_df = 1;
	udp_tunnel6_xmit_skb(dst, sk, skb, NULL, saddr, daddr, gram->tos,
			     ip6_dst_hoplimit(dst), 0, gram->sport, gram->dport,
			     false, 0);
#else
	dst_release(dst);
	kfree_skb_reason(skb, SKB_DROP_REASON_NOT_SPECIFIED);
#endif
}

/* Has @cpu remember ids for packets to @daddr, @segs of them at the least. */
static noinline void net_fetch_ids(struct net_route_cpu *cpu, struct net *net,
				   __be32 daddr, unsigned int segs)
{
	struct iphdr iph = {
		.saddr = cpu->saddr.s6_addr32[0],
		.daddr = daddr,
		.protocol = IPPROTO_UDP,
	};
	unsigned int ids = max(segs, 32U);

	__ip_select_ident(net, &iph, ids);
	cpu->next_id = ntohs(iph.id);
	cpu->ids = ids;
	cpu->until = jiffies + HZ;
}

/*
 * The first of @segs ids for packets to @daddr. The stack's own generator hashes the
 * addresses for each id, so that some are taken at once, and used within a second:
 * who else sends to that address does not meet them again so soon.
 */
static __always_inline u16 net_take_ids(struct net_route_cpu *cpu,
					struct net *net, __be32 daddr,
					unsigned int segs)
{
	u16 id;

	if (unlikely(cpu->ids < segs || time_after(jiffies, cpu->until)))
		net_fetch_ids(cpu, net, daddr, segs);
	id = cpu->next_id;
	cpu->next_id += segs;
	cpu->ids -= segs;
	return id;
}

/*
 * Sends the packet that @skb's device sends to @daddr behind the header of @gram,
 * with the hop limit of the route, and consumes it; or returns an error, and does
 * not: -ENOTCONN if the socket is closed, -ELOOP if the route leads through the
 * device, -EMSGSIZE if the packet is too big, -E2BIG if it is to be cut before it is
 * fragmented, -ENOMEM, or what the look-up says.
 *
 * This is udp_tunnel_xmit_skb() for a packet whose route is remembered, at half of
 * what that costs: the ids are remembered as well, no reference is counted, and what
 * is known of the packet need not be found out again.
 */
static __always_inline int
net_udp_tunnel_xmit4(struct net_route_cache *cache, struct sock *sk,
		     struct sk_buff *skb, __be32 daddr,
		     struct net_datagram *gram, const bool gso)
{
	const unsigned int headers =
		sizeof(struct iphdr) + sizeof(struct udphdr);
	struct net_device *dev = skb->dev;
	struct net *net = sock_net(sk);
	struct net_route_cpu *cpu;
	unsigned int len, inner_len;
	struct dst_entry *dst;
	struct udphdr *uh;
	struct iphdr *iph;
	__be32 saddr;
	int err;
	u16 id;

	local_lock_nested_bh(&cache->cpu->lock);
	cpu = this_cpu_ptr(cache->cpu);
	dst = net_route_cached4(cpu, sk, daddr, dev);
	saddr = cpu->saddr.s6_addr32[0];
	id = net_take_ids(cpu, net, daddr,
			  gso ? skb_shinfo(skb)->gso_segs ?: 1 : 1);
	local_unlock_nested_bh(&cache->cpu->lock);
	if (IS_ERR(dst))
		return PTR_ERR(dst);
	err = net_fits(skb, gso, net_dst_mtu4(dst), headers, 0, gram);
	if (unlikely(err))
		return err;
	if (unlikely(dev_recursion_level() > IP_TUNNEL_RECURSION_LIMIT))
		return -ELOOP;
	net_dst_update_pmtu(skb, gram->inner_mtu);
	net_choose_port(net, skb, gram);
	inner_len = skb->len;
	if (unlikely(net_push_tunnel_header(skb, gso, LL_MAX_HEADER + headers,
					    gram)))
		return -ENOMEM;
	skb_scrub_packet(skb, !net_eq(net, dev_net(dev)));
	skb_clear_hash_if_not_l4(skb);
	skb_dst_set_noref(skb, dst);
	memset(IPCB(skb), 0, sizeof(*IPCB(skb)));

	iph = __skb_push(skb, headers);
	skb_reset_network_header(skb);
	skb_set_transport_header(skb, sizeof(*iph));
	uh = (struct udphdr *)(iph + 1);
	len = skb->len - sizeof(*iph);
	uh->source = gram->sport;
	uh->dest = gram->dport;
	udp_set_len(uh, len);
	if (unlikely(gram->flags & NET_DATAGRAM_NO_CHECK)) {
		uh->check = 0;
	} else {
		uh->check = ~udp_v4_check(len, saddr, daddr, 0);
		/* That of several segments is computed for each of them. */
		if (likely(!gso)) {
			skb->ip_summed = CHECKSUM_PARTIAL;
			skb->csum_start =
				skb_transport_header(skb) - skb->head;
			skb->csum_offset = offsetof(struct udphdr, check);
		}
	}

	*(__be16 *)iph = htons(0x4500 | gram->tos);
	iph->id = htons(id);
	iph->frag_off = gram->flags & NET_DATAGRAM_DF && !ip_mtu_locked(dst) ?
				htons(IP_DF) : 0;
	iph->ttl = gram->ttl ?: (dst_metric_raw(dst, RTAX_HOPLIMIT) ?:
			READ_ONCE(net->ipv4.sysctl_ip_default_ttl));
	iph->protocol = IPPROTO_UDP;
	iph->saddr = saddr;
	iph->daddr = daddr;

	dev_xmit_recursion_inc();
	err = ip_local_out(net, sk, skb);
	if (likely(!net_xmit_eval(err)))
		dev_sw_netstats_tx_add(dev, 1, inner_len);
	else
		DEV_STATS_INC(dev, tx_dropped);
	dev_xmit_recursion_dec();
	return 0;
}

static noinline int net_udp_tunnel_xmit4_gso(struct net_route_cache *cache,
					     struct sock *sk,
					     struct sk_buff *skb, __be32 daddr,
					     struct net_datagram *gram)
{
	return net_udp_tunnel_xmit4(cache, sk, skb, daddr, gram, true);
}

/* Each of the two is compiled by itself: see net_udp_tunnel_xmit4(). */
int gtp_helper_udp_tunnel_xmit4(struct net_route_cache *cache, struct sock *sk,
				struct sk_buff *skb, __be32 daddr,
				struct net_datagram *gram)
{
	if (unlikely(skb_is_gso(skb)))
		return net_udp_tunnel_xmit4_gso(cache, sk, skb, daddr, gram);
	return net_udp_tunnel_xmit4(cache, sk, skb, daddr, gram, false);
}

/*
 * The same over IPv6. udp_tunnel6_xmit_skb() does not scrub the packet. What is
 * larger than the path is fragmented.
 */
int gtp_helper_udp_tunnel_xmit6(struct net_route_cache *cache, struct sock *sk,
				struct sk_buff *skb,
				const struct in6_addr *daddr,
				struct net_datagram *gram)
{
#if IS_ENABLED(CONFIG_IPV6)
	const unsigned int headers =
		sizeof(struct ipv6hdr) + sizeof(struct udphdr);
	struct net_device *dev = skb->dev;
	bool gso = skb_is_gso(skb);
	struct net_route_cpu *cpu;
	struct dst_entry *dst;
	struct in6_addr saddr;
	__be32 label = 0;
	int err;

	local_lock_nested_bh(&cache->cpu->lock);
	cpu = this_cpu_ptr(cache->cpu);
	dst = net_route_cached6(cpu, sk, daddr, dev);
	saddr = cpu->saddr;
	local_unlock_nested_bh(&cache->cpu->lock);
	if (IS_ERR(dst))
		return PTR_ERR(dst);
	err = net_fits(skb, gso, dst_mtu(dst), headers, sizeof(struct ipv6hdr),
		       gram);
	if (unlikely(err))
		return err;
	/* ip6tunnel_xmit() would free the packet, and tell nobody. */
	if (unlikely(dev_recursion_level() > IP_TUNNEL_RECURSION_LIMIT))
		return -ELOOP;
	net_dst_update_pmtu(skb, gram->inner_mtu);
	net_choose_port(sock_net(sk), skb, gram);
	if (unlikely(gram->flags & NET_DATAGRAM_FLOW_LABEL))
		label = net_flow_label(sock_net(sk), skb);
	/* With PREEMPT_RT another sender may have found that it is outdated. */
	if (unlikely(!dst_hold_safe(dst)))
		return -EHOSTUNREACH;
	if (unlikely(net_push_tunnel_header(skb, gso, LL_MAX_HEADER + headers,
					    gram))) {
		dst_release(dst);
		return -ENOMEM;
	}
	skb_scrub_packet(skb, !net_eq(sock_net(sk), dev_net(dev)));
	skb->ignore_df = 1;
	udp_tunnel6_xmit_skb(dst, sk, skb, dev, &saddr, daddr, gram->tos,
			     gram->ttl ?: ip6_dst_hoplimit(dst), label,
			     gram->sport, gram->dport,
			     gram->flags & NET_DATAGRAM_NO_CHECK, 0);
	return 0;
#else
	return -EAFNOSUPPORT;
#endif
}

/* Work that a device puts off */

static void net_device_work_run(struct work_struct *work)
{
	struct net_device_work *w =
		container_of(to_delayed_work(work), struct net_device_work,
			     work);

	w->run(w->dev);
}

void gtp_helper_device_work_init(struct net_device_work *w,
				 struct net_device *dev,
				 void (*run)(struct net_device *dev))
{
	INIT_DELAYED_WORK(&w->work, net_device_work_run);
	w->dev = dev;
	w->run = run;
}

/* Not later than in @ms; work that is due later is not put off any more. */
void gtp_helper_device_work_within(struct net_device_work *w, unsigned int ms)
{
	unsigned long delay = msecs_to_jiffies(ms);

	if (!delayed_work_pending(&w->work) ||
	    time_after(READ_ONCE(w->work.timer.expires), jiffies + delay))
		mod_delayed_work(system_dfl_wq, &w->work, delay);
}

void gtp_helper_device_work_end(struct net_device_work *w)
{
	disable_delayed_work_sync(&w->work);
}

u64 gtp_helper_ktime_get_ns(void)
{
	return ktime_get_ns();
}

void gtp_helper_local_bh_disable(void)
{
	local_bh_disable();
}

void gtp_helper_local_bh_enable(void)
{
	local_bh_enable();
}

void gtp_helper_cond_resched(void)
{
	cond_resched();
}

void gtp_helper_synchronize_rcu_tasks(void)
{
	synchronize_rcu_tasks();
}

u64 gtp_helper_get_jiffies_64(void)
{
	return get_jiffies_64();
}

/* Sockets */

/*
 * User data of @sk, for who looks then at whether its callback is ours: whoever takes
 * the socket over sets user data of his own before his callback, and after ours is gone.
 */
static void *user_data_before_callback(const struct sock *sk)
{
	void *data = rcu_dereference_sk_user_data(sk);

	/* Pairs with the one in udp_tunnel_sock_clear(). */
	smp_rmb();
	return data;
}

/* User data of @sk as long as @rcv is what it calls. */
void *gtp_helper_udp_encap_user_data(const struct sock *sk,
				     udp_tunnel_encap_rcv_t rcv)
{
	void *data = user_data_before_callback(sk);

	return READ_ONCE(udp_sk(sk)->encap_rcv) == rcv ? data : NULL;
}

/*
 * The same where @destroy is what it calls when it is closed. A process can replace
 * the other callback by IPsec's, but not this one: see udp_lib_setsockopt().
 */
void *gtp_helper_udp_encap_closed_user_data(const struct sock *sk,
					    udp_tunnel_encap_destroy_t destroy)
{
	void *data = user_data_before_callback(sk);

	return READ_ONCE(udp_sk(sk)->encap_destroy) == destroy ? data : NULL;
}

/*
 * Has user data of @sk be @data, unless somebody else has his own there. All who take
 * sockets that are not theirs alone, as BPF does, look and set under this lock.
 */
bool gtp_helper_sk_claim_user_data(struct sock *sk, void *data)
{
	bool claimed;

	write_lock_bh(&sk->sk_callback_lock);
	claimed = !sk->sk_user_data;
	if (claimed)
		rcu_assign_sk_user_data(sk, data);
	write_unlock_bh(&sk->sk_callback_lock);
	return claimed;
}

void gtp_helper_udp_set_no_check6_rx(struct sock *sk, bool val)
{
	udp_set_no_check6_rx(sk, val);
}

void gtp_helper_lock_sock(struct sock *sk)
{
	lock_sock(sk);
}

void gtp_helper_sock_hold(struct sock *sk)
{
	sock_hold(sk);
}

void gtp_helper_sock_put(struct sock *sk)
{
	sock_put(sk);
}

void gtp_helper_sockfd_put(struct socket *sock)
{
	sockfd_put(sock);
}

struct net *gtp_helper_sock_net(const struct sock *sk)
{
	return sock_net(sk);
}

bool gtp_helper_sock_is_dead(const struct sock *sk)
{
	return sock_flag(sk, SOCK_DEAD);
}

u16 gtp_helper_sk_family(const struct sock *sk)
{
	return sk->sk_family;
}

u16 gtp_helper_sk_protocol(const struct sock *sk)
{
	return sk->sk_protocol;
}

u16 gtp_helper_sk_type(const struct sock *sk)
{
	return sk->sk_type;
}

bool gtp_helper_sk_ipv6only(const struct sock *sk)
{
	return sk->sk_ipv6only;
}

int gtp_helper_udp_sock_create(struct net *net, struct udp_port_cfg *cfg,
			       struct socket **sock)
{
	return udp_sock_create(net, cfg, sock);
}

/* Has several segments in one, as one of our kind sends them, come whole. */
void gtp_helper_udp_allow_gso(struct sock *sk)
{
	udp_set_bit(ACCEPT_L4, sk);
}

/* Takes back what setup_udp_tunnel_sock() made of the receive path of @sk. */
void gtp_helper_udp_tunnel_sock_clear(struct sock *sk)
{
	/* Who reads the socket now gets datagrams. */
	if (!udp_test_bit(GRO_ENABLED, sk))
		udp_clear_bit(ACCEPT_L4, sk);
	WRITE_ONCE(udp_sk(sk)->encap_type, 0);
	WRITE_ONCE(udp_sk(sk)->encap_rcv, NULL);
	WRITE_ONCE(udp_sk(sk)->encap_destroy, NULL);
	WRITE_ONCE(udp_sk(sk)->encap_err_lookup, NULL);
	/* Pairs with the one in user_data_before_callback(). */
	smp_wmb();
	write_lock_bh(&sk->sk_callback_lock);
	rcu_assign_sk_user_data(sk, NULL);
	write_unlock_bh(&sk->sk_callback_lock);
}

/* Devices */

/*
 * Properties of a lockless device without a queue that keeps the inner dst, and
 * takes several segments in one.
 */
void gtp_helper_netdev_setup_tunnel(struct net_device *dev)
{
	const netdev_features_t offloads = NETIF_F_SG | NETIF_F_FRAGLIST |
					   NETIF_F_HW_CSUM | NETIF_F_RXCSUM |
					   NETIF_F_ALL_TSO | NETIF_F_GSO_UDP_L4;

	dev->features |= offloads;
	dev->hw_features |= offloads;
	dev->pcpu_stat_type = NETDEV_PCPU_STAT_TSTATS;
	dev->priv_flags |= IFF_NO_QUEUE;
	dev->lltx = true;
	dev->needs_free_netdev = true;
	netif_keep_dst(dev);
}

struct net *gtp_helper_dev_net(const struct net_device *dev)
{
	return dev_net(dev);
}

/*
 * Whether somebody waits for references to @dev: that is so from when it has been
 * registered until it has been taken down. The caller is in an RCU read section in
 * which it has seen what ndo_uninit() takes down, or holds a reference.
 *
 * Who sees NETREG_REGISTERED or NETREG_UNREGISTERING may count on it to the end of the
 * section, whatever becomes of the state: after ndo_uninit() the stack goes through
 * synchronize_net(), thus waits for the section, and only then sets
 * NETREG_UNREGISTERED and counts the references. So nobody in such a section sees
 * that state of a device that was registered. It is also the state of one that could
 * not be, from before ndo_uninit() on; that one is freed without a look at references,
 * and so is one that remains NETREG_UNINITIALIZED. Where that becomes another state
 * after the look, it is as if the caller had come earlier.
 */
static bool net_is_waited_for(const struct net_device *dev)
{
	u8 state = READ_ONCE(dev->reg_state);

	return state == NETREG_REGISTERED || state == NETREG_UNREGISTERING;
}

/* Takes a reference to a device, if somebody waits for it to be given back. */
bool gtp_helper_dev_hold_registered(struct net_device *dev)
{
	if (!net_is_waited_for(dev))
		return false;
	dev_hold(dev);
	return true;
}

/*
 * As netif_carrier_off(), but that takes a reference to a device that could not be
 * registered as well. Whoever registers it looks at the bit after the state was set,
 * hence the order.
 */
void gtp_helper_netif_carrier_off(struct net_device *dev)
{
	if (test_and_set_bit(__LINK_STATE_NOCARRIER, &dev->state) ||
	    !net_is_waited_for(dev))
		return;
	atomic_inc(&dev->carrier_down_count);
	linkwatch_fire_event(dev);
}

void gtp_helper_dev_put(struct net_device *dev)
{
	dev_put(dev);
}

struct net_device *gtp_helper_netdev_dump_next(struct net *net,
					       unsigned long *ifindex)
{
	return xa_find(&net->dev_by_index, ifindex, ULONG_MAX, XA_PRESENT);
}

void gtp_helper_dev_stats_inc_tx_errors(struct net_device *dev)
{
	DEV_STATS_INC(dev, tx_errors);
}

void gtp_helper_dev_stats_inc_tx_carrier_errors(struct net_device *dev)
{
	DEV_STATS_INC(dev, tx_carrier_errors);
}

void gtp_helper_dev_stats_inc_collisions(struct net_device *dev)
{
	DEV_STATS_INC(dev, collisions);
}

void gtp_helper_dev_stats_inc_rx_dropped(struct net_device *dev)
{
	DEV_STATS_INC(dev, rx_dropped);
}

void gtp_helper_dev_stats_inc_rx_length_errors(struct net_device *dev)
{
	DEV_STATS_INC(dev, rx_length_errors);
}

void gtp_helper_list_add(struct list_head *entry, struct list_head *head)
{
	list_add(entry, head);
}

void gtp_helper_list_del(struct list_head *entry)
{
	list_del(entry);
}

/* Network namespaces */

struct net *gtp_helper_rtnl_newlink_link_net(struct rtnl_newlink_params *params)
{
	return rtnl_newlink_link_net(params);
}

void *gtp_helper_net_generic(const struct net *net, unsigned int id)
{
	return net_generic(net, id);
}

struct net *gtp_helper_maybe_get_net(struct net *net)
{
	return maybe_get_net(net);
}

void gtp_helper_put_net(struct net *net)
{
	put_net(net);
}

/* Generic netlink */

struct sk_buff *gtp_helper_genlmsg_new(size_t payload, gfp_t flags)
{
	return genlmsg_new(payload, flags);
}

void gtp_helper_genlmsg_end(struct sk_buff *skb, void *hdr)
{
	genlmsg_end(skb, hdr);
}

void gtp_helper_genlmsg_cancel(struct sk_buff *skb, void *hdr)
{
	genlmsg_cancel(skb, hdr);
}

struct nlattr *gtp_helper_nla_nest_start(struct sk_buff *skb, u16 type)
{
	return nla_nest_start(skb, type);
}

void gtp_helper_nla_nest_end(struct sk_buff *skb, struct nlattr *start)
{
	nla_nest_end(skb, start);
}

int gtp_helper_genlmsg_unicast(struct net *net, struct sk_buff *skb, u32 portid)
{
	return genlmsg_unicast(net, skb, portid);
}

int gtp_helper_genlmsg_multicast_netns(const struct genl_family *family,
				       struct net *net, struct sk_buff *skb,
				       u32 portid, unsigned int group,
				       gfp_t flags)
{
	return genlmsg_multicast_netns(family, net, skb, portid, group, flags);
}

int gtp_helper_genl_has_listeners(const struct genl_family *family,
				  struct net *net, unsigned int group)
{
	return genl_has_listeners(family, net, group);
}

bool gtp_helper_netlink_net_admin(const struct sk_buff *skb,
				  const struct net *net)
{
	return netlink_ns_capable(skb, net->user_ns, CAP_NET_ADMIN);
}

const struct genl_info *gtp_helper_genl_info_dump(struct netlink_callback *cb)
{
	return genl_info_dump(cb);
}

struct net *gtp_helper_genl_info_net(const struct genl_info *info)
{
	return genl_info_net(info);
}

struct net *gtp_helper_skb_sock_net(const struct sk_buff *skb)
{
	return sock_net(skb->sk);
}

u32 gtp_helper_netlink_portid(struct sk_buff *skb)
{
	return NETLINK_CB(skb).portid;
}

/*
 * Hash tables of struct net_rht_node. The parameters are constant, so that hash
 * and compare are compiled into each function.
 */

/*
 * Multiplies by an odd number that is the secret of the table, so that nobody can
 * choose keys that come together. jhash2() takes 15 instructions more.
 */
static u32 net_rht_hash(const void *data, u32 len, u32 seed)
{
	const u32 *key = data;
	u64 secret = (u64)seed * GOLDEN_RATIO_64 | 1;
	u64 hash = ((u64)key[0] << 32 | key[1]) * secret;

	/* Each half is mixed into the other before the last word comes in. */
	hash ^= hash >> 32;
	hash = (hash + key[2]) * secret;
	return hash >> 32;
}

static int net_rht_compare(struct rhashtable_compare_arg *arg, const void *obj)
{
	const struct net_rht_node *node = obj;
	const u32 *key = arg->key;

	/* Two words at once: the key is as aligned as the pointer in front of it. */
	return *(const u64 *)node->key != get_unaligned((const u64 *)key) ||
	       node->key[2] != key[2];
}

static const struct rhashtable_params net_rht_params = {
	.key_len		= sizeof_field(struct net_rht_node, key),
	.key_offset		= offsetof(struct net_rht_node, key),
	.head_offset		= offsetof(struct net_rht_node, head),
	.hashfn			= net_rht_hash,
	.obj_cmpfn		= net_rht_compare,
	.automatic_shrinking	= true,
	/* An insertion shall not fail for the sake of other keys. */
	.insecure_elasticity	= true,
};

int gtp_helper_rht_init(struct rhashtable *ht, u16 nelem_hint)
{
	struct rhashtable_params params = net_rht_params;

	params.nelem_hint = nelem_hint;
	return rhashtable_init(ht, &params);
}

struct net_rht_node *gtp_helper_rht_lookup(struct rhashtable *ht,
					   const u32 *key)
{
	return rhashtable_lookup(ht, key, net_rht_params);
}

int gtp_helper_rht_insert(struct rhashtable *ht, struct net_rht_node *node)
{
	return rhashtable_lookup_insert_fast(ht, &node->head, net_rht_params);
}

int gtp_helper_rht_replace(struct rhashtable *ht, struct net_rht_node *old,
			   struct net_rht_node *new)
{
	return rhashtable_replace_fast(ht, &old->head, &new->head,
				       net_rht_params);
}

int gtp_helper_rht_remove(struct rhashtable *ht, struct net_rht_node *node)
{
	return rhashtable_remove_fast(ht, &node->head, net_rht_params);
}

/* The same for the longer keys of struct net_rht_wide, with the kernel's hash. */

static const struct rhashtable_params net_rht_wide_params = {
	.key_len		= sizeof_field(struct net_rht_wide, key),
	.key_offset		= offsetof(struct net_rht_wide, key),
	.head_offset		= offsetof(struct net_rht_wide, head),
	.automatic_shrinking	= true,
	.insecure_elasticity	= true,
};

int gtp_helper_rht_wide_init(struct rhashtable *ht, u16 nelem_hint)
{
	struct rhashtable_params params = net_rht_wide_params;

	params.nelem_hint = nelem_hint;
	return rhashtable_init(ht, &params);
}

struct net_rht_wide *gtp_helper_rht_wide_lookup(struct rhashtable *ht,
						const u32 *key)
{
	return rhashtable_lookup(ht, key, net_rht_wide_params);
}

int gtp_helper_rht_wide_insert(struct rhashtable *ht, struct net_rht_wide *node)
{
	return rhashtable_lookup_insert_fast(ht, &node->head,
					     net_rht_wide_params);
}

int gtp_helper_rht_wide_replace(struct rhashtable *ht,
				struct net_rht_wide *old,
				struct net_rht_wide *new)
{
	return rhashtable_replace_fast(ht, &old->head, &new->head,
				       net_rht_wide_params);
}

int gtp_helper_rht_wide_remove(struct rhashtable *ht, struct net_rht_wide *node)
{
	return rhashtable_remove_fast(ht, &node->head, net_rht_wide_params);
}

/* Arrays of pointers */

void gtp_helper_xa_init_flags(struct xarray *xa, gfp_t flags)
{
	xa_init_flags(xa, flags);
}

/* Reserves the lowest free index; a reserved one is empty to every reader. */
int gtp_helper_xa_reserve_lowest(struct xarray *xa, u32 *id, gfp_t gfp)
{
	return xa_alloc(xa, id, NULL, xa_limit_32b, gfp);
}

#if IS_BUILTIN(CONFIG_KUNIT)
/* For the tests in net/kunit */

/*
 * A packet of @len octets of @data, the first @linear of which are linear, that a
 * network header of @nhlen octets was pulled from, and which is of EtherType @proto.
 */
struct sk_buff *gtp_helper_kunit_skb(const void *data, unsigned int len,
				     unsigned int linear, unsigned int nhlen,
				     u16 proto)
{
	struct sk_buff *skb;
	int err;

	skb = alloc_skb_with_frags(NET_SKB_PAD + linear, len - linear, 0, &err,
				   GFP_KERNEL);
	if (!skb)
		return NULL;
	skb_reserve(skb, NET_SKB_PAD);
	skb_put(skb, linear);
	skb->data_len = len - linear;
	skb->len = len;
	skb->protocol = htons(proto);
	skb_reset_network_header(skb);
	if (skb_store_bits(skb, 0, data, len) || !pskb_pull(skb, nhlen)) {
		kfree_skb(skb);
		return NULL;
	}
	skb_reset_transport_header(skb);
	return skb;
}

/* Copies what @skb holds from @offset on. */
int gtp_helper_kunit_skb_copy(const struct sk_buff *skb, int offset, void *to,
			      int len)
{
	return skb_copy_bits(skb, offset, to, len);
}

/* What a packet of @dev from @sk would be sent on, for the caller to compare. */
const void *gtp_helper_kunit_route_cached(struct net_route_cache *cache,
					  const struct sock *sk,
					  const struct in6_addr *daddr,
					  bool ipv6,
					  const struct net_device *dev)
{
	struct net_route_cpu *cpu;
	const void *dst;

	local_lock_nested_bh(&cache->cpu->lock);
	cpu = this_cpu_ptr(cache->cpu);
	dst = ipv6 ? net_route_cached6(cpu, sk, daddr, dev) :
		     net_route_cached4(cpu, sk, daddr->s6_addr32[0], dev);
	local_unlock_nested_bh(&cache->cpu->lock);
	return dst;
}
#endif
