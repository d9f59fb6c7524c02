#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# What is joined on receipt and forwarded: a device that cuts gets it whole, behind any
# other one the packets are again what they were, field by field: identification, "don't
# fragment", ECN, TCP's flags, checksums. The same where they go into another tunnel.
#
#   +---- HOST ----+          +--------- GSN ----------+          +--- PEER ---+
#   |              |   net1   | gtp1              gtp0 |   net0   |            |
#   | 198.51.100.2 |----------| 198.51.100.1 192.0.2.1 |----------| 192.0.2.2  |
#   +--------------+          +------------------------+          +------------+
#
#   gtp0: MS 10.45.0.2, 2001:db8:45:2::/64 (TEID 1) behind PEER
#   gtp1: MS 10.46.0.2, 2001:db8:46:2::/64 (TEID 9) behind HOST, which has 10.50.0.2 and
#   2001:db8:50::2, too

# shellcheck disable=SC2317 # called by name
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "${0%/*}/lib.sh"

netns HOST
netns GSN
netns PEER
# shellcheck disable=SC2153 # netns sets them
with_ipv6 "$HOST" "$GSN" "$PEER"
"$IP" netns exec "$GSN" sh -c '
	echo 1 > /proc/sys/net/ipv4/ip_forward
	echo 1 > /proc/sys/net/ipv6/conf/all/forwarding'
pair "$GSN" 192.0.2.1/24 "$PEER" 192.0.2.2/24
"$IP" -n "$GSN" link add net1 type veth peer name net1 netns "$HOST"
"$IP" -n "$GSN" -batch - <<-END
	link set net1 up
	addr add 198.51.100.1/24 dev net1
END
"$IP" -n "$HOST" -batch - <<-END
	link set net1 up
	addr add 198.51.100.2/24 dev net1
END
"$IP" netns exec "$PEER" ethtool -K net0 tx on tso off tx-udp-segmentation off >/dev/null
"$IP" -n "$PEER" route add 198.51.100.0/24 via 192.0.2.1
"$IP" netns exec "$GSN" ethtool -K net0 gro on rx-udp-gro-forwarding on >/dev/null
mac=$("$IP" -n "$HOST" -br link show net1 | awk '{ print $3 }')
export IP GSN HOST PEER

check "a tunnel and routes behind it" gtpctl -n "$GSN" link add gtp0 role ggsn local 192.0.2.1 up
check "its contexts" gtpctl -n "$GSN" pdp batch - <<-END
	add dev gtp0 version 1 i_tei 1 o_tei 1 ms 10.45.0.2 peer 192.0.2.2
	add dev gtp0 version 1 i_tei 1 o_tei 1 ms 2001:db8:45:2:: peer 192.0.2.2
END
check "another one" gtpctl -n "$GSN" link add gtp1 role ggsn local 198.51.100.1 up
check "the contexts of that" gtpctl -n "$GSN" pdp batch - <<-END
	add dev gtp1 version 1 i_tei 9 o_tei 9 ms 10.46.0.2 peer 198.51.100.2
	add dev gtp1 version 1 i_tei 9 o_tei 9 ms 2001:db8:46:2:: peer 198.51.100.2
END
"$IP" -n "$GSN" -batch - <<-END
	neigh add 198.51.100.2 dev net1 lladdr $mac nud permanent
	neigh add 10.50.0.2 dev net1 lladdr $mac nud permanent
	neigh add 2001:db8:50::2 dev net1 lladdr $mac nud permanent
	route add 10.50.0.2/32 dev net1
	route add 2001:db8:50::2/128 dev net1
	route add 10.46.0.0/16 dev gtp1
	route add 2001:db8:46::/48 dev gtp1
END

# sender: what the tests send with, and where they look.
sender() {
	cat <<-END
		udp wire ns=$PEER bind=192.0.2.2:2152 connect=192.0.2.1:2152
		retry sh $IP netns exec $PEER ping -c 1 -W 1 192.0.2.1
		capture host4 ns=$HOST dev=net1 only=6
		capture host6 ns=$HOST dev=net1 family=6 only=6
		udp gsn ns=$HOST bind=198.51.100.2:2152
	END
}

# net1 on|off|sums: whether GSN's end leaves cutting and checksums to others, or checksums only.
net1() {
	local cut=$1 sums=$1

	[ "$1" != sums ] || cut=off sums=on
	echo "sh $IP netns exec $GSN ethtool -K net1 tx $sums tso $cut tx-udp-segmentation $cut" \
		"tx-udp_tnl-segmentation $cut tx-udp_tnl-csum-segmentation $cut"
}

# Three segments: what their IP headers say beside the addresses, their TCP flags, and how
# many of them are one packet when they are joined (-: that depends): words of ip4 and tcp.
rows=(
	"DF, all of identification 0|df id=0|df id=0|df id=0|0x10|0x10|0x10|3"
	"DF, all of one identification|df id=77|df id=77|df id=77|0x10|0x10|0x18|3"
	"DF, identifications that count|df id=65534|df id=65535|df id=0|0x10|0x10|0x10|3"
	"without DF, identifications that count|id=100|id=101|id=102|0x10|0x10|0x10|3"
	"DF, identifications at random|df id=100|df id=7|df id=3000|0x10|0x10|0x10|-"
	"ECT(0) on each|df id=1 tos=2|df id=2 tos=2|df id=3 tos=2|0x10|0x10|0x10|3"
	"CE on each|df id=1 tos=3|df id=2 tos=3|df id=3 tos=3|0x10|0x10|0x10|3"
	"CE on the second|df id=1 tos=2|df id=2 tos=3|df id=3 tos=2|0x10|0x10|0x10|1"
	"another DSCP on the last|df id=1 tos=0|df id=2 tos=0|df id=3 tos=184|0x10|0x10|0x10|2"
	"ECE on each|df id=1 tos=2|df id=2 tos=2|df id=3 tos=2|0x50|0x50|0x50|3"
	"CWR on the first|df id=1 tos=2|df id=2 tos=2|df id=3 tos=2|0x90|0x10|0x10|-"
)

# t_pdu FAMILY DESTINATION TTL SEQ IP_WORDS FLAGS LENGTH
t_pdu() {
	local tc=0

	if [ "$1" = 4 ]; then
		echo "ip4 src=10.45.0.2 dst=$2 ttl=$3 $5 / tcp 6000 5000 seq=$4 flags=$6 / fill $7 0x41"
	else
		[[ $5 != *tos=* ]] || tc=${5##*tos=}
		echo "ip6 src=2001:db8:45:2::1 dst=$2 hlim=$3 tc=$tc / tcp 6000 5000 seq=$4 flags=$6 / fill $7 0x41"
	fi
}

# sends FAMILY DESTINATION ROW: three segments at once.
sends() {
	local name joined ip1 ip2 ip3 f1 f2 f3

	IFS='|' read -r name ip1 ip2 ip3 f1 f2 f3 joined <<<"$3"
	cat <<-END
		sockopt wire gso=$([ "$1" = 4 ] && echo 1048 || echo 1068)
		send wire : gtp1 teid=1 / $(t_pdu "$1" "$2" 64 1 "$ip1" "$f1" 1000) + gtp1 teid=1 / $(t_pdu "$1" "$2" 64 1001 "$ip2" "$f2" 1000) + gtp1 teid=1 / $(t_pdu "$1" "$2" 64 2001 "$ip3" "$f3" 1000)
	END
}

# comes WHERE LAYERS FAMILY DESTINATION ROW: each for itself, one hop further, as it was.
comes() {
	local name ip1 ip2 ip3 f1 f2 f3 joined

	IFS='|' read -r name ip1 ip2 ip3 f1 f2 f3 joined <<<"$5"
	cat <<-END
		expect $1 : $2 $(t_pdu "$3" "$4" 63 1 "$ip1" "$f1" 1000)
		expect $1 : $2 $(t_pdu "$3" "$4" 63 1001 "$ip2" "$f2" 1000)
		expect $1 : $2 $(t_pdu "$3" "$4" 63 2001 "$ip3" "$f3" 1000)
		silent host4 host6 gsn for=5
	END
}

# whole FAMILY DESTINATION ROW: the first packet is of as many segments as could be joined.
whole() {
	local name ip1 ip2 ip3 f1 f2 f3 joined

	IFS='|' read -r name ip1 ip2 ip3 f1 f2 f3 joined <<<"$3"
	cat <<-END
		expect host$1 : $(t_pdu "$1" "$2" 63 1 "$ip1" "*" "${joined}000" | sed 's/ seq=/ sum=* seq=/')
		drain host4 host6 gsn
	END
}

# ways FAMILY: each row to a device that cuts, to one that does not, and into a tunnel.
ways() {
	local f=$1 to=10.50.0.2 ms=10.46.0.2 row name tunnel by

	[ "$f" = 4 ] || to=2001:db8:50::2 ms=2001:db8:46:2::1
	for row in "${rows[@]}"; do
		name="IPv$f, ${row%%|*}"
		# IPv6 has neither, so that rows about them say nothing of it.
		[ "$f" = 4 ] || [[ $row != *dentification* ]] || continue
		net1 on
		if [[ $row != *'|-' ]]; then
			cat <<-END
				test $name: joined as far as can be, and whole on a device that cuts
				$([ "$DRIVER" != c ] || echo "skip the C driver has no receive offload")
				$(sends "$f" "$to" "$row")
				$(whole "$f" "$to" "$row")
			END
		fi
		net1 off
		cat <<-END
			test $name: as they were on a device that does not
			$(sends "$f" "$to" "$row")
			$(comes "host$f" "" "$f" "$to" "$row")
		END
		for tunnel in on off sums; do
			net1 $tunnel
			case $tunnel in
			on) by="cut by the receiver" ;;
			off) by="cut by us" ;;
			sums) by="cut by us for a device that computes checksums" ;;
			esac
			cat <<-END
				test $name: as they were, in another tunnel, $by
				$(sends "$f" "$ms" "$row")
				$(comes gsn "gtp1 teid=9 /" "$f" "$ms" "$row")
			END
		done
	done
}

# Congestion that is marked outside comes through to each segment.
outer() {
	local f=$1 to=10.50.0.2 mark="CE on each" row ect none

	[ "$f" = 4 ] || to=2001:db8:50::2
	row="|df id=0 tos=3|df id=0 tos=3|df id=0 tos=3|0x10|0x10|0x10|3"
	ect="|df id=0 tos=2|df id=0 tos=2|df id=0 tos=2|0x10|0x10|0x10|3"
	none="|df id=0 tos=0|df id=0 tos=0|df id=0 tos=0|0x10|0x10|0x10|3"
	cat <<-END
		$(net1 off)
		sockopt wire tos=3
		test IPv$f, CE outside and ECT(0) inside: $mark
		differs ECN of the outer header lost
		$(sends "$f" "$to" "$ect")
		$(comes "host$f" "" "$f" "$to" "$row")
		test IPv$f, CE outside and no ECT inside: none comes through
		differs ECN of the outer header lost
		$(sends "$f" "$to" "$none")
		silent host4 host6 gsn for=50
		cleanup
		sockopt wire tos=0
	END
}

# Several datagrams in one that no tunnel has sent: UDP cuts them, and each is a packet of
# its own then. Nothing else reaches the HOST, least of all a datagram with its tunnel header.
cut() {
	local f=$1 to=10.50.0.2 ms=10.46.0.2 len=1036 n

	[ "$f" = 4 ] || to=2001:db8:50::2 ms=2001:db8:46:2::1 len=1056
	udp() { # DESTINATION TTL N
		if [ "$f" = 4 ]; then
			echo "ip4 src=10.45.0.2 dst=$1 ttl=$2 id=$3 / udp 6000 5000 / fill 1000 0x4$3"
		else
			echo "ip6 src=2001:db8:45:2::1 dst=$1 hlim=$2 / udp 6000 5000 / fill 1000 0x4$3"
		fi
	}
	net1 off
	cat <<-END
		sh $IP netns exec $PEER ethtool -K net0 tx-udp-segmentation on
		capture any4 ns=$HOST dev=net1
		capture any6 ns=$HOST dev=net1 family=6 only=17
		sockopt wire gso=$len
		test IPv$f: datagrams that come as one, and not from a tunnel, are forwarded one by one
		send wire : gtp1 teid=1 / $(udp $to 64 1) + gtp1 teid=1 / $(udp $to 64 2) + gtp1 teid=1 / $(udp $to 64 3)
	END
	for n in 1 2 3; do
		echo "expect any$f : $(udp $to 63 $n)"
	done
	cat <<-END
		silent any4 any6 for=50
		test IPv$f: and into another tunnel
		send wire : gtp1 teid=1 / $(udp $ms 64 1) + gtp1 teid=1 / $(udp $ms 64 2) + gtp1 teid=1 / $(udp $ms 64 3)
	END
	for n in 1 2 3; do
		echo "expect any4 : ip4 src=198.51.100.1 dst=198.51.100.2 id=* / udp 2152 2152 / gtp1 teid=9 / $(udp $ms 63 $n)"
	done
	cat <<-END
		silent any4 any6 for=50
		cleanup
		close any4 any6
		drain gsn
		sh $IP netns exec $PEER ethtool -K net0 tx-udp-segmentation off
	END
}

# Packets that came one by one, each in memory of its own, and are joined; the last one is
# shorter. Then they go into another tunnel, by a device that leaves the cutting to us.
tail_of_a_list() {
	local f=$1 ms=10.46.0.2 n

	[ "$f" = 4 ] || ms=2001:db8:46:2::1
	cat <<-END
		test IPv$f, a list of packets with a shorter tail, into another tunnel${2:-}
		sockopt wire gso=0
		drain host4 host6 gsn
	END
	for n in 0 1 2; do
		echo "send wire : gtp1 teid=1 / $(t_pdu "$f" $ms 64 $((1 + n * 1300)) "df id=$n" 0x10 $((n < 2 ? 1300 : 100)))"
	done
	for n in 0 1 2; do
		echo "expect gsn : gtp1 teid=9 / $(t_pdu "$f" $ms 63 $((1 + n * 1300)) "df id=$n" 0x10 $((n < 2 ? 1300 : 100)))"
	done
}

# Some rows again, where net0 joins by lists.
listed() {
	local f=$1 to=10.50.0.2 ms=10.46.0.2 row mode

	[ "$f" = 4 ] || to=2001:db8:50::2 ms=2001:db8:46:2::1
	for row in "${rows[@]:0:3}"; do
		for mode in on off sums; do
			cat <<-END
				$(net1 $mode)
				test IPv$f, in a list, ${row%%|*}: as they were, in another tunnel, cutting $mode
				$(sends "$f" "$ms" "$row")
				$(comes gsn "gtp1 teid=9 /" "$f" "$ms" "$row")
			END
		done
		cat <<-END
			$(net1 off)
			test IPv$f, in a list, ${row%%|*}: as they were on a device that does not cut
			$(sends "$f" "$to" "$row")
			$(comes "host$f" "" "$f" "$to" "$row")
		END
	done
}

# What gtp0 receives is sent on without a look at it, by tc or by nft's flow tables: into
# another tunnel, whose device has no link header.
past_the_stack() {
	local f=$1 ms=10.46.0.2 len=1044 ip n

	ip="ip4 src=10.45.0.2 dst=$ms"
	[ "$f" = 4 ] || ms=2001:db8:46:2::1 len=1064
	[ "$f" = 4 ] || ip="ip6 src=2001:db8:45:2::1 dst=$ms"
	cat <<-END
		sockopt wire gso=$len
		drain gsn
		test IPv$f, datagrams with a session container, redirected into another tunnel
	END
	echo "send wire : $(for n in 0 1 2; do
		echo "gtp1 teid=1 ext=85:1009 / $ip $([ "$f" = 6 ] || echo id=$n) / udp 6000 5000 / fill 1000 0x4$n"
	done | paste -sd+ | sed 's/+/ + /g')"
	for n in 0 1 2; do
		echo "expect gsn : gtp1 teid=9 / $ip $([ "$f" = 6 ] || echo id=$n) / udp 6000 5000 / fill 1000 0x4$n"
	done
}

# net1 is a NIC: it cuts tunnels, and what it takes a packet of two protocols for is its own
# affair (several write UDP's length into the header of TCP). So TCP comes to it cut.
nic() {
	local f=$1 outer=$2 to=$3 ttl=$4 n

	cat <<-END
		sockopt wire gso=$([ "$f" = 4 ] && echo 1048 || echo 1068)
		drain gsn outside
	END
	echo "send wire : $(for n in 0 1 2; do
		echo "gtp1 teid=1 / $(t_pdu "$f" "$to" 64 $((1 + n * 1000)) "df id=$n" 0x10 1000)"
	done | paste -sd+ | sed 's/+/ + /g')"
	for n in 0 1 2; do
		echo "expect outside : $outer / $(t_pdu "$f" "$to" "$ttl" $((1 + n * 1000)) "df id=$n" 0x10 1000)"
	done
}
into_a_nic() {
	local f=$1 ms=10.46.0.2

	[ "$f" = 4 ] || ms=2001:db8:46:2::1
	cat <<-END
		test IPv$f, TCP into another tunnel comes to a NIC cut
		$(nic "$f" "ip4 src=198.51.100.1 dst=198.51.100.2 id=* / udp 2152 2152 sum=* / gtp1 teid=9" $ms 63)
	END
}
past_to_a_nic() {
	local to=10.99.0.1

	[ "$1" = 4 ] || to=2001:db8:99::1
	cat <<-END
		test IPv$1, and so does that of G-PDUs which pass by
		$(nic "$1" "ip4 src=192.0.2.2 dst=198.51.100.2 ttl=63 id=* / udp 2152 2152 sum=* / gtp1 teid=1" $to 64)
	END
}

(
	sender
	for family in 4 6; do
		cut $family
		ways $family
		outer $family
	done
	# Joined by a list, of which the first packet comes back when UDP cuts it.
	echo "sh $IP netns exec $GSN ethtool -K net0 rx-gro-list on"
	for family in 4 6; do
		listed $family
	done
	echo "sh $IP netns exec $GSN ethtool -K net0 rx-gro-list off"
	net1 on
	cat <<-END
		sh $IP netns exec $GSN ethtool -K net1 tx-sctp-segmentation off
		sh $IP netns exec $PEER tc qdisc add dev net0 root netem slot 50ms
	END
	for family in 4 6; do
		tail_of_a_list $family
	done
	echo "sh $IP netns exec $GSN ethtool -K net0 rx-gro-list on"
	for family in 4 6; do
		tail_of_a_list $family ", joined so by net0, too"
	done
	echo "sh $IP netns exec $GSN ethtool -K net0 rx-gro-list off"
	cat <<-END
		sh $IP netns exec $PEER tc qdisc del dev net0 root
		sh $IP netns exec $GSN tc qdisc add dev gtp0 ingress
		sh $IP netns exec $GSN tc filter add dev gtp0 parent ffff: matchall action mirred egress redirect dev gtp1
	END
	for family in 4 6; do
		past_the_stack $family
	done
	cat <<-END
		cleanup
		sh $IP netns exec $GSN tc qdisc del dev gtp0 ingress
		capture outside ns=$HOST dev=net1 only=17
	END
	for family in 4 6; do
		into_a_nic $family
	done
	cat <<-END
		cleanup
		dellink ns=$GSN dev=gtp0
		dellink ns=$GSN dev=gtp1
		newlink ns=$GSN name=gtp0 up create=1
		close wire
		udp wire ns=$PEER bind=192.0.2.2:2152 connect=198.51.100.2:2152
	END
	for family in 4 6; do
		past_to_a_nic $family
	done
) | gt
finish
