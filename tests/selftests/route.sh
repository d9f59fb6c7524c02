#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# The route to a peer is remembered, and looked up anew when anything changes that
# it was found by: routes, rules, addresses, devices, options of the socket.
#
#   +-------------- GSN --------------+          +------------- PEER -------------+
#   | gtp0                            |   net0   |                                |
#   |   192.0.2.1, 2001:db8:a::1      |----------|  192.0.2.2, 2001:db8:a::2      |
#   |                                 |   net1   |                                |
#   |   198.51.100.1, 2001:db8:b::1   |----------|  198.51.100.2, 2001:db8:b::2   |
#   | lo  10.99.0.1                   |          |  lo 203.0.113.9, 2001:db8:f::9 |
#   +---------------------------------+          +--------------------------------+
#
#   MS 10.45.0.2 (v1: TEID 1), 10.45.0.3 (v0: TID 1), behind 203.0.113.9 or 2001:db8:f::9

# shellcheck source-path=SCRIPTDIR source=lib.sh
. "${0%/*}/lib.sh"

netns GSN
netns PEER
# shellcheck disable=SC2153 # netns sets them
for ns in "$GSN" "$PEER"; do
	"$IP" netns exec "$ns" sh -c '
		cd /proc/sys/net/ipv6/conf
		echo 0 > all/disable_ipv6; echo 0 > default/disable_ipv6
		echo 1 > default/addr_gen_mode
		echo 0 > default/accept_dad; echo 0 > default/accept_ra
		echo 1 > default/keep_addr_on_down; echo 1 > all/keep_addr_on_down'
done
pair "$GSN" 192.0.2.1/24 "$PEER" 192.0.2.2/24
"$IP" -n "$GSN" link add net1 type veth peer name net1 netns "$PEER"
"$IP" -n "$GSN" -batch - <<-END
	link set net1 up
	addr add 2001:db8:a::1/64 dev net0 nodad
	addr add 198.51.100.1/24 dev net1
	addr add 2001:db8:b::1/64 dev net1 nodad
	addr add 10.99.0.1/32 dev lo
END
"$IP" -n "$PEER" -batch - <<-END
	link set net1 up
	addr add 2001:db8:a::2/64 dev net0 nodad
	addr add 198.51.100.2/24 dev net1
	addr add 2001:db8:b::2/64 dev net1 nodad
	addr add 203.0.113.9/32 dev lo
	addr add 2001:db8:f::9/128 dev lo nodad
END
for ns in "$GSN" "$PEER"; do
	"$IP" netns exec "$ns" ethtool -K net1 tx off >/dev/null
done
export GSN IP

# neighbours: known for good, so that nothing waits for their answer.
# shellcheck disable=SC2317 # called by gtptest
neighbours() {
	local dev addr

	while read -r dev addr; do
		"$IP" -n "$GSN" neigh replace "$addr" dev "$dev" nud permanent \
			lladdr "$("$IP" -n "$PEER" -br link show "$dev" | awk '{ print $3 }')" || return
	done <<-END
		net0 192.0.2.2
		net0 2001:db8:a::2
		net1 198.51.100.2
		net1 2001:db8:b::2
	END
}
export PEER
export -f neighbours

# changes FAMILY: each change is seen by the very next packet, of either version.
changes() {
	local f=$1 to=203.0.113.9 any="" peer=peer local0=192.0.2.1 local1=198.51.100.1
	local gw0=192.0.2.2 gw1=198.51.100.2 new=192.0.2.77 len=24 host=32 ip="$IP -n $GSN"

	if [ "$f" = 6 ]; then
		to=2001:db8:f::9 any="local6=::" peer=peer6
		local0=2001:db8:a::1 local1=2001:db8:b::1 gw0=2001:db8:a::2 gw1=2001:db8:b::2
		new=2001:db8:a::77 len=64 host=128 ip="$IP -6 -n $GSN"
	fi
	# leaves WIRE SOURCE: two packets, of which the second finds the route remembered, and
	# one of version 0.
	leaves() {
		local from="ip4 src=$2 dst=$to id=*" t_pdu="ip4 src=10.99.0.1 dst=10.45.0.2 / udp 1 2 / text T-PDU"
		local t_pdu0="ip4 src=10.99.0.1 dst=10.45.0.3 / udp 1 2 / text T-PDU" n

		[ "$f" = 4 ] || from="ip6 src=$2 dst=$to"
		cat <<-END
			$(for n in 1 2; do
			echo "send in4 : $t_pdu"
			echo "expect $1 timeout=5000 : $from / udp 2152 2152 / gtp1 teid=1 / $t_pdu"
			echo "sleep 10"
			done)
			send in4 : $t_pdu0
			expect $1 timeout=5000 : $from / udp 3386 3386 / gtp0 tid=1 flow=1 seq=* / $t_pdu0
			silent wire0 wire1 for=3
		END
	}
	cat <<-END
		newlink ns=$GSN name=gtp0 up create=1 $any
		newpdp ns=$GSN link=gtp0 version=1 i_tei=1 o_tei=1 ms=10.45.0.2 $peer=$to
		newpdp ns=$GSN link=gtp0 version=0 tid=1 flow=1 ms=10.45.0.3 $peer=$to
		sh $ip route add $to/$host via $gw0 metric 10
		sh neighbours
		capture in4 ns=$GSN dev=gtp0 only=17
		capture wire0 ns=$PEER dev=net0 family=$f only=17
		capture wire1 ns=$PEER dev=net1 family=$f only=17
		udp app ns=$PEER $([ "$f" = 4 ] && echo "bind=0.0.0.0:2152" || echo "v6 v6only=1 bind=[::]:2152")
		udp app0 ns=$PEER $([ "$f" = 4 ] && echo "bind=0.0.0.0:3386" || echo "v6 v6only=1 bind=[::]:3386")

		test IPv$f: the route that is there at first
		$(leaves wire0 $local0)

		test IPv$f: a better route
		sh $ip route add $to/$host via $gw1 metric 5
		$(leaves wire1 $local1)

		test IPv$f: the better route goes
		sh $ip route del $to/$host via $gw1 metric 5
		$(leaves wire0 $local0)

		test IPv$f: a rule
		sh $ip route add $to/$host via $gw1 table 100
		sh $ip rule add to $to lookup 100
		$(leaves wire1 $local1)

		test IPv$f: the rule goes
		sh $ip rule del to $to lookup 100
		$(leaves wire0 $local0)

		test IPv$f: another address
		sh $ip addr add $new/$len dev net0 $([ "$f" = 4 ] || echo nodad)
		sh $ip route change $to/$host via $gw0 metric 10 src $new
		$(leaves wire0 $new)

		test IPv$f: the address goes
		sh $ip route change $to/$host via $gw0 metric 10 src $local0
		sh $ip addr del $new/$len dev net0
		$(leaves wire0 $local0)

		test IPv$f: the device goes down
		sh $ip route add $to/$host via $gw1 metric 20
		$(leaves wire0 $local0)
		sh $IP -n $GSN link set net0 down
		sh neighbours
		$(leaves wire1 $local1)

		test IPv$f: no route is left
		sh $ip route del $to/$host via $gw1 metric 20
		send in4 : ip4 src=10.99.0.1 dst=10.45.0.2 / udp 1 2 / text T-PDU
		silent wire0 wire1 for=5

		cleanup
		sh $IP -n $GSN link set net0 up
		dellink ns=$GSN dev=gtp0
		close in4 wire0 wire1 app app0
	END
}

# options FAMILY: what changes on a socket that a process has handed in is seen by the very
# next packet, too.
options() {
	local f=$1 to=203.0.113.9 any=0.0.0.0:2152 peer=peer local0=192.0.2.1 local1=198.51.100.1
	local gw0=192.0.2.2 gw1=198.51.100.2 host=32 ip="$IP -n $GSN"

	if [ "$f" = 6 ]; then
		to=2001:db8:f::9 any='[::]:2152' peer=peer6
		local0=2001:db8:a::1 local1=2001:db8:b::1 gw0=2001:db8:a::2 gw1=2001:db8:b::2
		host=128 ip="$IP -6 -n $GSN"
	fi
	# leaves WIRE SOURCE: two packets, of which the second finds the route remembered.
	leaves() {
		local from="ip4 src=$2 dst=$to id=* tos=*" t_pdu="ip4 src=10.99.0.1 dst=10.45.0.2 / udp 1 2 / text T-PDU" n

		[ "$f" = 4 ] || from="ip6 src=$2 dst=$to"
		for n in 1 2; do
			echo "send in4 : $t_pdu"
			echo "expect $1 timeout=5000 : $from / udp 2152 2152 / gtp1 teid=1 / $t_pdu"
			echo "sleep 10"
		done
		echo "silent wire0 wire1 for=3"
	}
	cat <<-END
		udp sock ns=$GSN $([ "$f" = 4 ] || echo v6only=1) bind=$any
		newlink ns=$GSN name=gtp0 up fd1=sock
		newpdp ns=$GSN link=gtp0 version=1 i_tei=1 o_tei=1 ms=10.45.0.2 $peer=$to
		sh $ip route add $to/$host via $gw0 metric 10
		sh $ip route add $to/$host via $gw1 metric 20
		sh $ip route add $to/$host via $gw1 table 101
		sh $ip rule add fwmark 7 lookup 101
		sh neighbours
		capture in4 ns=$GSN dev=gtp0 only=17
		capture wire0 ns=$PEER dev=net0 family=$f only=17
		capture wire1 ns=$PEER dev=net1 family=$f only=17
		udp app ns=$PEER $([ "$f" = 4 ] && echo "bind=0.0.0.0:2152" || echo "v6 v6only=1 bind=[::]:2152")

		test IPv$f, a process' socket: the route that is there at first
		$(leaves wire0 $local0)

		test IPv$f, a process' socket: SO_MARK
		differs outer route: the socket's mark is not looked at
		sockopt sock mark=7
		$(leaves wire1 $local1)

		test IPv$f, a process' socket: SO_MARK goes
		sockopt sock mark=0
		$(leaves wire0 $local0)

		test IPv$f, a process' socket: SO_BINDTODEVICE
		sockopt sock ns=$GSN dev=net1
		$(leaves wire1 $local1)

		test IPv$f, a process' socket: SO_BINDTODEVICE goes
		sockopt sock dev=none
		$(leaves wire0 $local0)
	END
	if [ "$f" = 4 ]; then
		cat <<-END
			test IPv4, a process' socket: IP_TOS
			sh $ip route add $to/$host tos 0x10 via $gw1
			$(leaves wire0 $local0)
			sockopt sock tos=0x10
			$(leaves wire1 $local1)

			test IPv4, a process' socket: IP_TOS goes
			sockopt sock tos=0
			$(leaves wire0 $local0)
		END
	fi
	cat <<-END
		cleanup
		sh $ip rule del fwmark 7 lookup 101
		dellink ns=$GSN dev=gtp0
		close in4 wire0 wire1 app sock
	END
}

changes 4 | gt
changes 6 | gt
options 4 | gt
options 6 | gt
finish
