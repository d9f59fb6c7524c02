// SPDX-License-Identifier: GPL-2.0
/*
 * Static inlines and macros of the network stack, made callable from Rust.
 * No logic of the driver and no state. Where one step of the datapath takes
 * several inlines they are called together, so that a packet costs few calls.
 */

#include "bindings.h"

/* Packets */

bool gtp_helper_pskb_may_pull(struct sk_buff *skb, unsigned int len)
{
	return pskb_may_pull(skb, len);
}

int gtp_helper_pskb_trim_rcsum(struct sk_buff *skb, unsigned int len)
{
	return pskb_trim_rcsum(skb, len);
}

void gtp_helper_kfree_skb_reason(struct sk_buff *skb,
				 enum skb_drop_reason reason)
{
	kfree_skb_reason(skb, reason);
}

bool gtp_helper_skb_is_gso(const struct sk_buff *skb)
{
	return skb_is_gso(skb);
}

__be16 gtp_helper_skb_protocol(const struct sk_buff *skb)
{
	return skb->protocol;
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

/* Makes room for the outer headers and the inner network header linear. */
bool gtp_helper_skb_prepare_encap(struct sk_buff *skb, unsigned int headroom)
{
	if (skb_cow_head(skb, headroom) || !pskb_inet_may_pull(skb))
		return false;
	skb_reset_inner_headers(skb);
	return true;
}

/* Makes @len octets in front of the data part of it, in memory of our own. */
void *gtp_helper_skb_push_cow(struct sk_buff *skb, unsigned int len)
{
	if (skb_cow_head(skb, len))
		return NULL;
	return skb_push(skb, len);
}

/* Removes the outer headers up to the inner network header. */
int gtp_helper_skb_decap(struct sk_buff *skb, unsigned int len, u16 proto,
			 bool xnet)
{
	return iptunnel_pull_header(skb, len, htons(proto), xnet);
}

/*
 * Makes the inner IP header the network header of a decapsulated packet and has
 * the ECN field of the outer one, which is still in front, take effect on it
 * (RFC 6040). Above 1: the packet is to be dropped. Negative: no IP header.
 */
int gtp_helper_skb_decap_ecn(struct sk_buff *skb)
{
	int outer = skb_network_header(skb) - skb->head;

	skb_reset_network_header(skb);
	skb_reset_mac_header(skb);
	if (!pskb_inet_may_pull(skb))
		return -EINVAL;
	if (((struct iphdr *)(skb->head + outer))->version == 6)
		return IP6_ECN_decapsulate((void *)(skb->head + outer), skb);
	return IP_ECN_decapsulate((void *)(skb->head + outer), skb);
}

/* Hands a decapsulated packet to the stack as received by @dev. */
void gtp_helper_netif_rx_inner(struct sk_buff *skb, struct net_device *dev)
{
	skb->dev = dev;
	dev_sw_netstats_rx_add(dev, skb->len);
	__netif_rx(skb);
}

void gtp_helper_skb_dst_update_pmtu_no_confirm(struct sk_buff *skb, u32 mtu)
{
	skb_dst_update_pmtu_no_confirm(skb, mtu);
}

/* Tells the sender of @skb that a packet of @mtu octets would have been sent. */
void gtp_helper_icmp_too_big(struct sk_buff *skb, u32 mtu)
{
	if (skb->protocol == htons(ETH_P_IP))
		icmp_ndo_send(skb, ICMP_DEST_UNREACH, ICMP_FRAG_NEEDED,
			      htonl(mtu));
	else if (skb->protocol == htons(ETH_P_IPV6))
		icmpv6_ndo_send(skb, ICMPV6_PKT_TOOBIG, 0, mtu);
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

u32 gtp_helper_dst_mtu(const struct dst_entry *dst)
{
	return dst_mtu(dst);
}

struct net_device *gtp_helper_dst_dev(const struct dst_entry *dst)
{
	return dst_dev(dst);
}

/* Sends with the route's hop limit; consumes @dst and @skb. */
void gtp_helper_udp_tunnel_xmit4(struct dst_entry *dst, struct sock *sk,
				 struct sk_buff *skb, __be32 saddr,
				 __be32 daddr, u8 tos, u16 sport, u16 dport,
				 bool xnet)
{
	if (skb_cow_head(skb, sizeof(struct iphdr) + sizeof(struct udphdr))) {
		dst_release(dst);
		kfree_skb_reason(skb, SKB_DROP_REASON_NOMEM);
		return;
	}
	udp_tunnel_xmit_skb(dst_rtable(dst), sk, skb, saddr, daddr, tos,
			    ip4_dst_hoplimit(dst), 0, htons(sport),
			    htons(dport), xnet, false, 0);
}

/*
 * The same over IPv6. Unlike its IPv4 sibling the function does not scrub the
 * packet. What is larger than the path is fragmented.
 */
void gtp_helper_udp_tunnel_xmit6(struct dst_entry *dst, struct sock *sk,
				 struct sk_buff *skb,
				 const struct in6_addr *saddr,
				 const struct in6_addr *daddr, u8 tclass,
				 u16 sport, u16 dport, bool xnet)
{
#if IS_ENABLED(CONFIG_IPV6)
	if (!skb_cow_head(skb, sizeof(struct ipv6hdr) + sizeof(struct udphdr))) {
		skb_scrub_packet(skb, xnet);
		skb->ignore_df = 1;
		udp_tunnel6_xmit_skb(dst, sk, skb, skb->dev, saddr, daddr,
				     tclass, ip6_dst_hoplimit(dst), 0,
				     htons(sport), htons(dport), false, 0);
		return;
	}
#endif
	dst_release(dst);
	kfree_skb_reason(skb, SKB_DROP_REASON_NOMEM);
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
 * User data of @sk as long as @rcv is what it calls: whoever takes the socket over
 * sets user data of his own before his callback, and after ours is gone.
 */
void *gtp_helper_udp_encap_user_data(const struct sock *sk,
				     udp_tunnel_encap_rcv_t rcv)
{
	void *data = rcu_dereference_sk_user_data(sk);

	/* Pairs with the one in udp_tunnel_sock_clear(). */
	smp_rmb();
	return READ_ONCE(udp_sk(sk)->encap_rcv) == rcv ? data : NULL;
}

bool gtp_helper_sk_has_user_data(const struct sock *sk)
{
	return sk->sk_user_data;
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

/* Takes back what setup_udp_tunnel_sock() made of the receive path of @sk. */
void gtp_helper_udp_tunnel_sock_clear(struct sock *sk)
{
	WRITE_ONCE(udp_sk(sk)->encap_type, 0);
	WRITE_ONCE(udp_sk(sk)->encap_rcv, NULL);
	WRITE_ONCE(udp_sk(sk)->encap_destroy, NULL);
	/* Pairs with the one in udp_encap_user_data(). */
	smp_wmb();
	rcu_assign_sk_user_data(sk, NULL);
}

/* Devices */

/* Properties of a lockless device without a queue that keeps the inner dst. */
void gtp_helper_netdev_setup_tunnel(struct net_device *dev)
{
	dev->pcpu_stat_type = NETDEV_PCPU_STAT_TSTATS;
	dev->priv_flags |= IFF_NO_QUEUE;
	dev->lltx = true;
	dev->needs_free_netdev = true;
	netif_keep_dst(dev);
}

void *gtp_helper_netdev_priv(const struct net_device *dev)
{
	return netdev_priv(dev);
}

struct net *gtp_helper_dev_net(const struct net_device *dev)
{
	return dev_net(dev);
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

void gtp_helper_dev_stats_inc_rx_errors(struct net_device *dev)
{
	DEV_STATS_INC(dev, rx_errors);
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

static const struct rhashtable_params net_rht_params = {
	.key_len		= sizeof_field(struct net_rht_node, key),
	.key_offset		= offsetof(struct net_rht_node, key),
	.head_offset		= offsetof(struct net_rht_node, head),
	.automatic_shrinking	= true,
	/* The keys are an administrator's: an insertion shall not fail for them. */
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
