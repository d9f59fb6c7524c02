#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Receive offload: which datagrams are joined before the stack sees them, and which
# are not. The PEER sends several G-PDUs at once, which its end of the wire cuts into
# datagrams (UDP_SEGMENT), so that they come in one go; gtp0 joins nothing itself, and
# what is seen there is what came out of the wire.
#
#   +--------- GSN ---------+          +---- PEER ----+
#   | gtp0                  |   net0   |              |
#   | 192.0.2.1:2152, :3386 |----------| 192.0.2.2    |
#   | 2001:db8:a::1         |          | 2001:db8:a::2|
#   +-----------------------+          +--------------+
#
#   MS 10.45.0.2, 2001:db8:45:2::/64 (v1: TEID 1), 10.45.0.3 (TEID 2), 10.45.0.4 (v0: TID 1)

# shellcheck disable=SC2317 # called by name
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "${0%/*}/lib.sh"

# The row of the list of differences.
codec="E=1 with next 0 dropped; comprehension bits ignored; length, PT unchecked"

netns GSN
netns PEER
# shellcheck disable=SC2153 # netns sets them
with_ipv6 "$GSN" "$PEER"
pair "$GSN" 192.0.2.1/24 "$PEER" 192.0.2.2/24
"$IP" -n "$GSN" addr add 2001:db8:a::1/64 dev net0 nodad
"$IP" -n "$PEER" addr add 2001:db8:a::2/64 dev net0 nodad
"$IP" netns exec "$PEER" ethtool -K net0 tx on tso off tx-udp-segmentation off >/dev/null
"$IP" netns exec "$GSN" ethtool -K net0 gro on rx-udp-gro-forwarding on >/dev/null
export IP GSN PEER

# link FAMILY: of the GSN, with the sockets that send and look.
link() {
	local local=local=192.0.2.1 peer=peer=192.0.2.2 from=192.0.2.2 to=192.0.2.1

	[ "$1" = 4 ] || local=local6=2001:db8:a::1 peer=peer6=2001:db8:a::2 \
		from='[2001:db8:a::2]' to='[2001:db8:a::1]'
	cat <<-END
		newlink ns=$GSN name=gtp0 up create=1 $local
		sh $IP netns exec $GSN ethtool -K gtp0 gro off
		newpdp ns=$GSN link=gtp0 version=1 i_tei=1 o_tei=1 ms=10.45.0.2 $peer
		newpdp ns=$GSN link=gtp0 version=1 i_tei=1 o_tei=1 ms6=2001:db8:45:2:: family=10 $peer
		newpdp ns=$GSN link=gtp0 version=1 i_tei=2 o_tei=2 ms=10.45.0.3 $peer
		newpdp ns=$GSN link=gtp0 version=0 tid=1 flow=1 ms=10.45.0.4 $peer
		udp wire ns=$PEER bind=$from:2152 connect=$to:2152
		udp wire0 ns=$PEER bind=$from:3386 connect=$to:3386
		capture dev4 ns=$GSN dev=gtp0
		capture dev6 ns=$GSN dev=gtp0 family=6
		retry sh $IP netns exec $PEER ping -c 1 -W 1 ${to//[\[\]]/}
	END
}

forget() {
	cat <<-END
		cleanup
		dellink ns=$GSN dev=gtp0
		close wire wire0 dev4 dev6
	END
}

# tcp FAMILY SEQ LENGTH [MS]: a T-PDU. It is for nobody, and not answered.
tcp() {
	if [ "$1" = 4 ]; then
		echo "ip4 src=${4:-10.45.0.2} dst=10.99.0.9 df / tcp 6000 5000 seq=$2 / fill $3 0x$(printf %02x $(($2 / 1000 + 65)))"
	else
		echo "ip6 src=2001:db8:45:2::1 dst=2001:db8:99::9 / tcp 6000 5000 seq=$2 / fill $3 0x$(printf %02x $(($2 / 1000 + 65)))"
	fi
}

# joined_tcp FAMILY SEQ LENGTH [MS]: headers of TCP as what was joined has them, the first segment's.
joined_tcp() {
	tcp "$@" | sed 's/ seq=/ sum=* seq=/; s# / fill .*##'
}

# payload [LENGTH]: what the segments 1, 1001 and 2001 carry, that of the last one as given.
payload() {
	echo "fill 1000 0x41 / fill 1000 0x42 / fill ${1:-1000} 0x43"
}

# whole: what can be seen only where datagrams are joined.
whole() {
	[ "$DRIVER" != c ] || echo "skip the C driver has no receive offload"
}

# apart FAMILY SEQ LENGTH...: each segment arrives for itself, in this order.
apart() {
	local family=$1

	shift
	while [ $# -gt 0 ]; do
		echo "expect dev$family : $(tcp "$family" "$1" "$2")"
		shift 2
	done
	echo "silent dev4 dev6 for=5"
}

# flows OUTER INNER: what is joined.
flows() {
	local f=$2 name="IPv$1 outside, IPv$2 inside" len udp

	len=$([ "$f" = 4 ] && echo 1048 || echo 1068)
	cat <<-END
		test $name: TCP segments are joined
		$(whole)
		sockopt wire gso=$len
		send wire : gtp1 teid=1 / $(tcp "$f" 1 1000) + gtp1 teid=1 / $(tcp "$f" 1001 1000) + gtp1 teid=1 / $(tcp "$f" 2001 1000)
		expect dev$f : $(joined_tcp "$f" 1 1000) / $(payload)
		silent dev4 dev6 for=5

		test $name: with a last one that is shorter
		$(whole)
		sockopt wire gso=$len
		send wire : gtp1 teid=1 / $(tcp "$f" 1 1000) + gtp1 teid=1 / $(tcp "$f" 1001 1000) + gtp1 teid=1 / $(tcp "$f" 2001 999)
		expect dev$f : $(joined_tcp "$f" 1 1000) / $(payload 999)
		silent dev4 dev6 for=5

		test $name: a segment behind a gap is not joined
		sockopt wire gso=$len
		send wire : gtp1 teid=1 / $(tcp "$f" 1 1000) + gtp1 teid=1 / $(tcp "$f" 2001 1000)
		$(apart "$f" 1 1000 2001 1000)
	END
	if [ "$f" = 4 ]; then
		udp="ip4 src=10.45.0.2 dst=10.99.0.9 df / udp 6000 5000" len=1036
	else
		udp="ip6 src=2001:db8:45:2::1 dst=2001:db8:99::9 / udp 6000 5000" len=1056
	fi
	cat <<-END
		test $name: UDP datagrams are joined, where the device may join them
		$(whole)
		sockopt wire gso=$len
		send wire : gtp1 teid=1 / $udp / fill 1000 0x41 + gtp1 teid=1 / $udp / fill 1000 0x42 + gtp1 teid=1 / $udp / fill 1000 0x43
		expect dev$f : $udp sum=* / fill 1000 0x41 / fill 1000 0x42 / fill 1000 0x43
		silent dev4 dev6 for=5

		test $name: UDP datagrams are not, where it may not
		sh $IP netns exec $GSN ethtool -K net0 rx-udp-gro-forwarding off
		sockopt wire gso=$len
		send wire : gtp1 teid=1 / $udp / fill 1000 0x41 + gtp1 teid=1 / $udp / fill 1000 0x42
		expect dev$f : $udp / fill 1000 0x41
		expect dev$f : $udp / fill 1000 0x42
		silent dev4 dev6 for=5
		cleanup
		sh $IP netns exec $GSN ethtool -K net0 rx-udp-gro-forwarding on
	END
}

# headers OUTER INNER: tunnel headers that differ keep datagrams apart.
headers() {
	local f=$2 name="IPv$1 outside, IPv$2 inside" len more

	len=$([ "$f" = 4 ] && echo 1048 || echo 1068)
	more=$((len + 8))
	cat <<-END
		test $name: of another tunnel: the segment of a stranger is not carried along
		sockopt wire gso=$len
		send wire : gtp1 teid=1 / $(tcp "$f" 1 1000) + gtp1 teid=2 / $(tcp "$f" 1001 1000) + gtp1 teid=1 / $(tcp "$f" 1001 1000)
		$(apart "$f" 1 1000 1001 1000)

		test $name: of an unknown tunnel: nor is that
		sockopt wire gso=$len
		send wire : gtp1 teid=1 / $(tcp "$f" 1 1000) + gtp1 teid=3 / $(tcp "$f" 1001 1000) + gtp1 teid=1 / $(tcp "$f" 1001 1000)
		$(apart "$f" 1 1000 1001 1000)

		test $name: equal extension headers are joined
		$(whole)
		sockopt wire gso=$more
		send wire : gtp1 teid=1 ext=85:10_05 / $(tcp "$f" 1 1000) + gtp1 teid=1 ext=85:10_05 / $(tcp "$f" 1001 1000) + gtp1 teid=1 ext=85:10_05 / $(tcp "$f" 2001 1000)
		expect dev$f : $(joined_tcp "$f" 1 1000) / $(payload)
		silent dev4 dev6 for=5

		test $name: another QFI keeps them apart, in order
		sockopt wire gso=$more
		send wire : gtp1 teid=1 ext=85:10_05 / $(tcp "$f" 1 1000) + gtp1 teid=1 ext=85:10_06 / $(tcp "$f" 1001 1000) + gtp1 teid=1 ext=85:10_05 / $(tcp "$f" 2001 1000)
		$(apart "$f" 1 1000 1001 1000 2001 1000)

		test $name: another type of extension header, too
		sockopt wire gso=$more
		send wire : gtp1 teid=1 ext=85:10_05 / $(tcp "$f" 1 1000) + gtp1 teid=1 ext=20:10_05 / $(tcp "$f" 1001 1000) + gtp1 teid=1 ext=85:10_05 / $(tcp "$f" 2001 1000)
		$(apart "$f" 1 1000 1001 1000 2001 1000)

		test $name: and one with none, of another length
		sockopt wire gso=$len
		send wire : gtp1 teid=1 / $(tcp "$f" 1 1000) + gtp1 teid=1 ext=85:10_05 / $(tcp "$f" 1001 992) + gtp1 teid=1 / $(tcp "$f" 1993 1000)
		$(apart "$f" 1 1000 1001 992 1993 1000)
		sockopt wire gso=$more
		send wire : gtp1 teid=1 ext=85:10_05 / $(tcp "$f" 1 1000) + gtp1 teid=1 / $(tcp "$f" 1001 1008) + gtp1 teid=1 ext=85:10_05 / $(tcp "$f" 2009 1000)
		$(apart "$f" 1 1000 1001 1008 2009 1000)

		test $name: so do sequence numbers
		sockopt wire gso=$((len + 4))
		send wire : gtp1 teid=1 seq=1 / $(tcp "$f" 1 1000) + gtp1 teid=1 seq=2 / $(tcp "$f" 1001 1000)
		$(apart "$f" 1 1000 1001 1000)
	END
}

# lengths INNER: a datagram whose length is not what its header says is for itself.
lengths() {
	local f=$1 name="IPv$1 inside" len t_pdu

	len=$([ "$f" = 4 ] && echo 1048 || echo 1068)
	t_pdu=$((len - 8))
	cat <<-END
		test $name: with surplus octets they are not joined, but trimmed
		differs $codec
		sockopt wire gso=$((len + 4))
		send wire : gtp1 teid=1 len=$t_pdu / $(tcp "$f" 1 1000) + hex 00000000 + gtp1 teid=1 len=$t_pdu / $(tcp "$f" 1001 1000) + hex 00000000 + gtp1 teid=1 len=$t_pdu / $(tcp "$f" 2001 1000) + hex 00000000
		$(apart "$f" 1 1000 1001 1000 2001 1000)

		test $name: one that says it is longer is dropped alone
		differs $codec
		sockopt wire gso=$len
		send wire : gtp1 teid=1 / $(tcp "$f" 1 1000) + gtp1 teid=1 len=$((t_pdu + 1)) / $(tcp "$f" 1001 1000) + gtp1 teid=1 / $(tcp "$f" 3001 1000)
		$(apart "$f" 1 1000 3001 1000)

		test $name: one that says it is shorter is not joined
		differs $codec
		sockopt wire gso=$len
		send wire : gtp1 teid=1 / $(tcp "$f" 1 1000) + gtp1 teid=1 len=$((t_pdu - 500)) / $(tcp "$f" 1001 1000) + gtp1 teid=1 / $(tcp "$f" 2001 1000)
		expect dev$f : $(tcp "$f" 1 1000)
		expect dev$f : cut 500 / $(tcp "$f" 1001 1000)
		expect dev$f : $(tcp "$f" 2001 1000)
		silent dev4 dev6 for=5
	END
}

# Two tunnels that take turns. Not over IPv4: there the stack wants identifications that
# count within what it joins.
turns() {
	cat <<-END
		test two tunnels in turns: each is joined by itself
		$(whole)
		sockopt wire gso=1048
		send wire : gtp1 teid=1 / $(tcp 4 1 1000) + gtp1 teid=2 / $(tcp 4 1 1000 10.45.0.3) + gtp1 teid=1 / $(tcp 4 1001 1000) + gtp1 teid=2 / $(tcp 4 1001 1000 10.45.0.3)
		expect dev4 : $(joined_tcp 4 1 1000) / fill 1000 0x41 / fill 1000 0x42
		expect dev4 : $(joined_tcp 4 1 1000 10.45.0.3) / fill 1000 0x41 / fill 1000 0x42
		silent dev4 dev6 for=5
	END
}

# What is never joined, beside what was tested above.
others() {
	cat <<-END
		test two MS in turns, in one datagram each: every octet arrives
		sockopt wire gso=1048
		send wire : gtp1 teid=1 / $(tcp 4 1 1000) + gtp1 teid=2 / $(tcp 4 2001 1000 10.45.0.3) + gtp1 teid=1 / $(tcp 4 4001 1000) + gtp1 teid=2 / $(tcp 4 6001 1000 10.45.0.3)
		expect dev4 : $(tcp 4 1 1000)
		expect dev4 : $(tcp 4 2001 1000 10.45.0.3)
		expect dev4 : $(tcp 4 4001 1000)
		expect dev4 : $(tcp 4 6001 1000 10.45.0.3)
		silent dev4 dev6 for=5

		test a message among them is a message
		sockopt wire gso=1048
		send wire : gtp1 teid=1 / $(tcp 4 1 1000) + gtp1 teid=1 type=254 / $(tcp 4 1001 1000) + gtp1 teid=1 / $(tcp 4 3001 1000)
		$(apart 4 1 1000 3001 1000)

		test version 0: none is joined
		sockopt wire0 gso=1060
		send wire0 : gtp0 tid=1 flow=1 seq=1 / $(tcp 4 1 1000 10.45.0.4) + gtp0 tid=1 flow=1 seq=1 / $(tcp 4 1001 1000 10.45.0.4)
		expect dev4 : $(tcp 4 1 1000 10.45.0.4)
		expect dev4 : $(tcp 4 1001 1000 10.45.0.4)
		silent dev4 dev6 for=5
	END
}

for outer in 4 6; do
	(
		link $outer
		for inner in 4 6; do
			flows $outer $inner
			headers $outer $inner
		done
		if [ $outer = 4 ]; then
			lengths 4
			lengths 6
			others
		else
			turns
		fi
		forget
	) | gt
done
finish
