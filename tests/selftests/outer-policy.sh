#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# What a link's outer headers say, as it was asked for: source ports, flow labels,
# checksums, "don't fragment", hop limits and DSCP; and that all of it can be changed.
#
#   +------------ GSN -----------+          +----------- PEER ------------+
#   | gtp0                       |   net0   | gtp0 (in some tests)        |
#   |   192.0.2.1, 2001:db8:a::1 |----------| 192.0.2.2, 2001:db8:a::2    |
#   | lo  10.99.0.1              |   1500   | lo  10.45.0.2               |
#   +----------------------------+          +-----------------------------+

# shellcheck disable=SC2317 # functions are called by `check` and by gtptest
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "${0%/*}/lib.sh"

# The rows of the list of differences.
ports="source port always 2152"
others="UDP checksum on, outer DF off, TOS copied"

netns GSN
netns PEER
# shellcheck disable=SC2153 # netns sets them
with_ipv6 "$GSN" "$PEER"
for ns in "$GSN" "$PEER"; do
	"$IP" netns exec "$ns" sysctl -qw net.ipv6.auto_flowlabels=1 net.ipv4.icmp_ratelimit=0 net.ipv6.icmp.ratelimit=0
done
pair "$GSN" 192.0.2.1/24 "$PEER" 192.0.2.2/24
"$IP" -n "$GSN" addr add 2001:db8:a::1/64 dev net0 nodad
"$IP" -n "$PEER" addr add 2001:db8:a::2/64 dev net0 nodad
"$IP" -n "$GSN" addr add 10.99.0.1/32 dev lo
"$IP" -n "$PEER" addr add 10.45.0.2/32 dev lo
export GSN PEER IP

all="ports=c000c3e7 label=1 csum=0 zerotx=1 zerorx=0 df=2 ttl=9 dscp=46"
map=$(printf 'ff%.0s' {0..8})0a$(printf 'ff%.0s' {10..63})
change="newlink ns=$GSN name=gtp0 flags=none"

# sent FAMILY [OUTER] [PORT] [UDP]: the G-PDU of a T-PDU, with these outer headers.
sent() {
	local more=${2:-} port=${3:-2152} udp=${4:-}

	if [ "$1" = 4 ]; then
		echo "ip4 src=192.0.2.1 dst=192.0.2.2 id=* $more / udp $port 2152 $udp / gtp1 teid=1 / $down"
	else
		echo "ip6 src=2001:db8:a::1 dst=2001:db8:a::2 $more / udp $port 2152 $udp / gtp1 teid=1 / $down"
	fi
}
down="ip4 src=10.99.0.1 dst=10.45.0.2 tos=0x29 / udp 1 2 / text T-PDU"

# link FAMILY [WORDS...]: a link with a context, and the wire.
link() {
	local family=$1 local=local=192.0.2.1 to=peer=192.0.2.2

	shift
	[ "$family" = 4 ] || local=local6=2001:db8:a::1 to=peer6=2001:db8:a::2
	cat <<-END
		newlink ns=$GSN name=gtp0 up create=1 $local $*
		newpdp ns=$GSN link=gtp0 version=1 i_tei=1 o_tei=1 ms=10.45.0.2 $to
		retry sh $IP netns exec $GSN ping -c 1 -W 1 ${to#*=}
		capture wire ns=$PEER dev=net0 family=$family only=17
		capture in ns=$GSN dev=gtp0
	END
}
end() {
	cat <<-END
		cleanup
		dellink ns=$GSN dev=gtp0
		close in wire
	END
}

# refused ERRNO ATTRIBUTES: a new link with these, and a change to these.
refused() {
	local errno=$1

	shift
	echo "newlink ns=$GSN name=gtp9 create=1 $* => $errno"
	echo "$change $* => $errno"
}

requests() {
	cat <<-END
		test a link has what it was given
		differs $others
		newlink ns=$GSN name=gtp0 up create=1 local6=2001:db8:a::1 $all dscpmap=$map
		linkdata ns=$GSN dev=gtp0 hashsize=1024 role=0 restart=0 $all dscpmap=$map
		sh $IP -d -n $GSN link show dev gtp0 | grep -q 'gtp role ggsn'

		test what is the default is not told
		differs $others
		$change ports=00000000 label=0 csum=1 zerotx=0 zerorx=1 df=0 ttl=0 dscp=255 dscpmap=$(printf 'ff%.0s' {0..63})
		linkdata ns=$GSN dev=gtp0 hashsize=1024 role=0 restart=0

		test a change changes what it names
		differs $others
		$change ttl=3
		$change dscp=0
		linkdata ns=$GSN dev=gtp0 hashsize=1024 role=0 restart=0 ttl=3 dscp=0

		test other things cannot be changed, and nothing is changed with them
		differs $others
		$change role=1 => EOPNOTSUPP
		$change role=0 ttl=5 => EOPNOTSUPP
		$change 64:u8=1 => EOPNOTSUPP
		$change usage=1 dscp=1 => EOPNOTSUPP
		$change 99:u8=1 => EOPNOTSUPP
		$change => EOPNOTSUPP
		linkdata ns=$GSN dev=gtp0 hashsize=1024 role=0 restart=0 ttl=3 dscp=0

		test what is not valid is refused, and why is said
		differs $others
		$(refused ERANGE 69:hex=c000c3)
		$(refused EINVAL ports=c3e7c000)
		$(refused EINVAL ports=0000c000)
		$(refused ERANGE 70:hex=)
		$(refused EINVAL label=2)
		$(refused EINVAL csum=2)
		$(refused EINVAL zerotx=2)
		$(refused EINVAL zerorx=7)
		$(refused EINVAL df=3)
		$(refused ERANGE 75:hex=)
		$(refused EINVAL dscp=64)
		$(refused ERANGE "dscpmap=${map:2}")
		$(refused EINVAL "dscpmap=40${map:2}")
		linkdata ns=$GSN dev=gtp0 hashsize=1024 role=0 restart=0 ttl=3 dscp=0
		extacks

		cleanup
		dellink ns=$GSN dev=gtp9
		dellink ns=$GSN dev=gtp0

		test a process sets its sockets itself
		differs $others
		udp own ns=$GSN v6 v6only=1 bind=[2001:db8:a::1]:2152
		newlink ns=$GSN name=gtp0 fd1=own zerorx=1 => EINVAL
		newlink ns=$GSN name=gtp0 fd1=own zerotx=1
		$change zerorx=0 => EINVAL
		$change zerorx=1 => EINVAL

		cleanup
		dellink ns=$GSN dev=gtp0
		close own
	END
}

# on_the_wire FAMILY: one thing after the other, by changes.
on_the_wire() {
	local tos

	[ "$1" = 4 ] && tos=tos || tos=tc
	link "$1"
	cat <<-END
		test IPv$1: the default
		send in : $down
		expect wire : $(sent "$1" $tos=0x29)

		test IPv$1: one source port
		differs $ports
		$change ports=c350c350
		send in : $down
		expect wire : $(sent "$1" $tos=0x29 50000)
		$change ports=00000000

		test IPv$1: a hop limit
		differs $others
		$change ttl=7
		send in : $down
		expect wire : $(sent "$1" "$tos=0x29 $([ "$1" = 4 ] && echo ttl || echo hlim)=7")
		$change ttl=0

		test IPv$1: a DSCP, and ECN as it was
		differs $others
		$change dscp=46
		send in : $down
		expect wire : $(sent "$1" $tos=0xb9)

		test IPv$1: a DSCP for a QoS flow
		differs $others
		$change dscpmap=$map
		send in : $down
		expect wire : $(sent "$1" $tos=0xb9)
		newpdp ns=$GSN flags=replace link=gtp0 version=1 i_tei=1 o_tei=2 ms=10.45.0.2 qfi=9 $([ "$1" = 4 ] && echo peer=192.0.2.2 || echo peer6=2001:db8:a::2)
		send in : $down
		expect wire : $(sent "$1" $tos=0x29 | sed 's/teid=1/teid=2 ext=85:0009/')
		newpdp ns=$GSN flags=replace link=gtp0 version=1 i_tei=1 o_tei=2 ms=10.45.0.2 qfi=8 $([ "$1" = 4 ] && echo peer=192.0.2.2 || echo peer6=2001:db8:a::2)
		send in : $down
		expect wire : $(sent "$1" $tos=0xb9 | sed 's/teid=1/teid=2 ext=85:0008/')
	END
	end
	link "$1"
	if [ "$1" = 4 ]; then
		cat <<-END
			test IPv4: no checksum
			differs $others
			$change csum=0
			send in : $down
			expect wire : $(sent 4 tos=0x29 2152 sum=0)
			$change csum=1
			send in : $down
			expect wire : $(sent 4 tos=0x29)

			test IPv4: "don't fragment" always
			differs $others
			$change df=1
			send in : $down
			expect wire : $(sent 4 "tos=0x29 df")

			test IPv4: but not where the path's MTU is not to be heard of
			differs $others
			$change df=1
			sh $IP -n $GSN route add 192.0.2.2/32 dev net0 mtu lock 1400
			send in : $down
			expect wire : $(sent 4 tos=0x29)
			cleanup
			sh $IP -n $GSN route del 192.0.2.2/32 dev net0

			test IPv4: what does not fit is refused then
			differs $others
			setlink ns=$GSN dev=gtp0 mtu=2000
			capture back ns=$GSN dev=gtp0 only=1
			send in : ip4 src=10.99.0.1 dst=10.45.0.2 / udp 1 2 / fill 1600
			silent wire for=50
			setlink ns=$GSN dev=gtp0 mtu=1452

			test IPv4: "don't fragment" from within
			differs $others
			$change df=2
			send in : $down
			expect wire : $(sent 4 tos=0x29)
			send in : ${down/tos=0x29/tos=0x29 df}
			expect wire : $(sent 4 "tos=0x29 df" | sed 's@dst=10.45.0.2 tos=0x29@& df@')
			close back
		END
	else
		cat <<-END
			test IPv6: no checksum
			differs $others
			$change zerotx=1
			send in : $down
			expect wire : $(sent 6 tc=0x29 2152 sum=0)
			$change zerotx=0
			send in : $down
			expect wire : $(sent 6 tc=0x29)
		END
	fi
	end
}

# Who takes datagrams over IPv6 without a checksum.
zero_rx() {
	local up="ip4 src=10.45.0.2 dst=10.99.0.1 / udp 1 2 / text up" send
	send="send raw to=[2001:db8:a::1]:0 : ip6 src=2001:db8:a::2 dst=2001:db8:a::1"
	send+=" / udp 2152 2152 sum=0 / gtp1 teid=1 / $up"

	link 6
	cat <<-END
		sock raw ns=$PEER kind=rawip6
		test IPv6: without a checksum it is received, unless that is asked for
		differs $others
		$send
		expect in : $up
		$change zerorx=0
		$send
		silent in for=50
		$change zerorx=1
		$send
		expect in : $up
		close raw
	END
	end
}

# hits: what nft has counted, in its order.
hits() {
	"$IP" netns exec "$PEER" nft list chain inet count in | sed -n 's/.*counter packets \([0-9]*\).*/\1/p' | tr '\n' ' '
}

# label_alone: flow labels where nothing else asks for the packet's hash.
label_alone() {
	local n count

	link 6 label=1 >/tmp/script
	"$IP" netns exec "$PEER" nft -f - <<-END
		table inet count {
			chain in {
				type filter hook prerouting priority 0;
				udp dport 2152 ip6 flowlabel 0 counter
				udp dport 2152 ip6 flowlabel != 0 counter
			}
		}
	END
	{
		cat /tmp/script
		echo "test IPv6: flow labels and nothing else: packets are sent"
		for n in {1..16}; do
			echo "send in : ip4 src=10.99.0.1 dst=10.45.0.2 / udp $n 2 / text T-PDU"
		done
		echo "sleep 50"
		end
	} | gt
	read -ra count <<<"$(hits)"
	diag "${count[*]}"
	known_difference "$others"
	check "IPv6: each has a flow label" test "${count[0]:-9}" -lt 2 -a "${count[1]:-0}" -gt 13
	"$IP" netns exec "$PEER" nft flush ruleset
}

# by_flow FAMILY: 64 flows are spread over two ports, each keeps its own; and flow labels.
by_flow() {
	local n count

	link "$1" ports=c350c351 label=1 >/tmp/script
	"$IP" netns exec "$PEER" nft -f - <<-END
		table inet count {
			chain in {
				type filter hook prerouting priority 0;
				udp dport 2152 udp sport 50000 counter
				udp dport 2152 udp sport 50001 counter
				udp dport 2152 udp sport != 50000-50001 counter
				udp dport 2152 ip6 flowlabel 0 counter
			}
		}
	END
	{
		cat /tmp/script
		echo "test IPv$1: a range of source ports: the flows are sent"
		for n in {1..64} {1..64}; do
			echo "send in : ip4 src=10.99.0.1 dst=10.45.0.2 / udp $n 2 / text T-PDU"
		done
		echo "sleep 50"
		end
	} | gt
	read -ra count <<<"$(hits)"
	diag "${count[*]}"
	known_difference "$ports"
	check "IPv$1: both are used, and no other" \
		test "${count[0]:-0}" -gt 20 -a "${count[1]:-0}" -gt 20 -a "${count[2]:-1}" = 0
	check "IPv$1: a flow keeps its port" test $(((${count[0]:-1} + ${count[2]:-1}) % 2 + ${count[1]:-1} % 2)) = 0
	if [ "$1" = 6 ]; then
		known_difference "$others"
		check "IPv6: flow labels" test "${count[3]:-9}" -lt 4
	fi
	"$IP" netns exec "$PEER" nft flush ruleset
}

# stream [OPTION...]: TCP through the tunnel between two links; no checksum may be wrong.
stream() {
	tcp_intact "$PEER" "$GSN" 10.99.0.1 -n "$(scaled 4M 1M)" "$@"
}

# both FAMILY: a link at either end, with a context each.
both() {
	local here=192.0.2.1 there=192.0.2.2

	[ "$1" = 4 ] || here=2001:db8:a::1 there=2001:db8:a::2
	gtpctl -n "$GSN" link add gtp0 role ggsn local "$here" up &&
		gtpctl -n "$PEER" link add gtp0 role sgsn local "$there" up &&
		gtpctl -n "$GSN" pdp add dev gtp0 version 1 i_tei 1 o_tei 2 ms 10.45.0.2 peer "$there" &&
		gtpctl -n "$PEER" pdp add dev gtp0 version 1 i_tei 2 o_tei 1 ms 10.45.0.2 peer "$here" &&
		"$IP" -n "$GSN" route add 10.45.0.2/32 dev gtp0 src 10.99.0.1 &&
		"$IP" -n "$PEER" route add 10.99.0.1/32 dev gtp0 src 10.45.0.2
}
apart() {
	gtpctl -n "$GSN" link del gtp0
	gtpctl -n "$PEER" link del gtp0
}

# set_both WORDS...: a change at both ends.
set_both() {
	gtpctl -n "$GSN" link set gtp0 "$@" && gtpctl -n "$PEER" link set gtp0 "$@"
}

# changing: the policy changes a hundred times while a stream goes on.
changing() {
	local n pid

	iperf3_server "$GSN" 10.99.0.1 || return
	"$IP" netns exec "$PEER" timeout 60 iperf3 -c 10.99.0.1 -t 3 >/tmp/iperf3 &
	pid=$!
	for n in {1..25}; do
		set_both port_range 1024-65535 df inherit ttl 9 dscp 10 && set_both udp_csum off &&
			set_both port_range off df never ttl 0 dscp inherit && set_both udp_csum on || return
	done
	wait "$pid" || {
		cat /tmp/iperf3
		return 1
	}
}

requests | gt
for outer in 4 6; do
	on_the_wire $outer | gt
	by_flow $outer
	[ "$outer" = 4 ] || label_alone
done
zero_rx | gt
if [ "$DRIVER" = c ]; then
	ktap_skip "TCP with other outer headers" "the C driver has one kind"
else
	for ns in "$GSN" "$PEER"; do
		"$IP" netns exec "$ns" ethtool -K net0 tx on tso on >/dev/null
	done
	in_large_packets "$GSN" "$PEER"
	for outer in 4 6; do
		check "IPv$outer: a link at either end" both $outer
		off=udp_csum
		[ $outer = 4 ] || off="udp_zero_csum6_tx"
		for words in "port_range 50000-60000 flow_label on" "ttl 5 df always dscp 12" \
			"$off $([ $outer = 4 ] && echo off || echo on)"; do
			# shellcheck disable=SC2086 # words
			check "IPv$outer: $words" set_both $words
			check "IPv$outer: $words: TCP" stream
			check "IPv$outer: $words: TCP, the other way" stream -R
			# Like a wire between two NICs: cut in front of it, joined behind it.
			"$IP" netns exec "$PEER" ethtool -K net0 tso off tx-udp-segmentation off \
				tx-udp_tnl-segmentation off tx-udp_tnl-csum-segmentation off >/dev/null
			"$IP" netns exec "$GSN" ethtool -K net0 gro on >/dev/null
			check "IPv$outer: $words: TCP over a wire" stream
			"$IP" netns exec "$PEER" ethtool -K net0 tso on tx-udp-segmentation on \
				tx-udp_tnl-segmentation on tx-udp_tnl-csum-segmentation on >/dev/null
			"$IP" netns exec "$GSN" ethtool -K net0 gro off >/dev/null
		done
		[ $outer = 6 ] || check "IPv4: changes while a stream goes on" changing
		apart
	done
fi
finish
