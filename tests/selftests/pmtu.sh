#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Packets that are too big for the path, in all combinations of inner and outer
# family: their sender is told, or they are fragmented outside and arrive.
#
#   +-------------- GSN --------------+          +------------- PEER -------------+
#   | gtp0, mtu 1500                  |   net0   |                                |
#   |   192.0.2.1, 2001:db8:a::1      |----------|  192.0.2.2, 2001:db8:a::2      |
#   | lo  10.99.0.1, 2001:db8:99::1   |   1500   |  192.0.2.9, 2001:db8:a::9      |
#   +---------------------------------+          +--------------------------------+
#
#   MS 10.45.0.1, 2001:db8:45:1::/64 (v1), 10.45.0.10, 2001:db8:45:10::/64 (v0)
#   MS 10.45.0.9, 2001:db8:45:9::/64 (v1) by the peers .9, ::9, where the route says 1300

# shellcheck source-path=SCRIPTDIR source=lib.sh
. "${0%/*}/lib.sh"

# The rows of the list of differences.
big="IPv4 in IPv6 too big: vanishes; IPv6 in IPv4 too big: outer fragments, no PTB"
bounds="mtu 0 and 2^31-1 accepted"

netns GSN
netns PEER
with_ipv6 "$GSN" "$PEER"
for ns in "$GSN" "$PEER"; do
	"$IP" netns exec "$ns" sysctl -qw net.ipv6.auto_flowlabels=0 net.ipv4.icmp_ratelimit=0 net.ipv6.icmp.ratelimit=0
done
pair "$GSN" 192.0.2.1/24 "$PEER" 192.0.2.2/24
"$IP" -n "$GSN" -batch - <<-END
	addr add 2001:db8:a::1/64 dev net0 nodad
	addr add 10.99.0.1/32 dev lo
	addr add 2001:db8:99::1/128 dev lo nodad
	route add 192.0.2.9/32 dev net0 mtu 1300
	route add 2001:db8:a::9/128 dev net0 mtu 1300
END
"$IP" -n "$PEER" -batch - <<-END
	addr add 2001:db8:a::2/64 dev net0 nodad
	addr add 2001:db8:a::9/64 dev net0 nodad
	addr add 192.0.2.9/24 dev net0
END

# setup FAMILY: a link with its outer family, in all combinations of the rest.
setup() {
	local gsn=192.0.2.1 to=192.0.2.2 far=192.0.2.9 attr=local= key=peer

	if [ "$1" = 6 ]; then
		gsn=2001:db8:a::1 to=2001:db8:a::2 far=2001:db8:a::9 attr=local6= key=peer6
	fi
	cat <<-END
		newlink ns=$GSN name=gtp0 up mtu=1500 create=1 $attr$gsn
		setlink ns=$GSN dev=gtp0 mtu=1500
		newpdp ns=$GSN link=gtp0 version=1 i_tei=1 o_tei=1 ms=10.45.0.1 $key=$to
		newpdp ns=$GSN link=gtp0 version=1 i_tei=1 o_tei=1 ms6=2001:db8:45:1:: family=10 $key=$to
		newpdp ns=$GSN link=gtp0 version=0 tid=1 flow=0 ms=10.45.0.10 $key=$to
		newpdp ns=$GSN link=gtp0 version=0 tid=1 flow=0 ms6=2001:db8:45:10:: family=10 $key=$to
		newpdp ns=$GSN link=gtp0 version=1 i_tei=9 o_tei=9 ms=10.45.0.9 $key=$far
		newpdp ns=$GSN link=gtp0 version=1 i_tei=9 o_tei=9 ms6=2001:db8:45:9:: family=10 $key=$far
		sh $IP -n $GSN route add 10.45.0.0/16 dev gtp0
		sh $IP -n $GSN route add 2001:db8:45::/48 dev gtp0
		capture in ns=$GSN dev=gtp0 only=17
		udp app4 ns=$GSN bind=10.99.0.1:5000
		udp app6 ns=$GSN bind=[2001:db8:99::1]:5000
		sock told4 ns=$GSN kind=icmp
		sock told6 ns=$GSN kind=icmp6 type=2
		udp peer1 ns=$PEER bind=$(port "$to" 2152)
		udp peer0 ns=$PEER bind=$(port "$to" 3386)
		udp peer9 ns=$PEER bind=$(port "$far" 2152)
		sock forge4 ns=$PEER kind=rawip
		sock forge6 ns=$PEER kind=icmp6 type=255
		retry sh $IP netns exec $GSN ping -c 1 -W 1 $to
		retry sh $IP netns exec $GSN ping -c 1 -W 1 $far
	END
}

port() {
	[[ $1 == *:* ]] && echo "[$1]:$2" || echo "$1:$2"
}

end() {
	cat <<-END
		cleanup
		dellink ns=$GSN dev=gtp0
		sh $IP -n $GSN route flush cache
		sh $IP -n $GSN -6 route flush cache
		close in app4 app6 told4 told6 peer0 peer1 peer9 forge4 forge6
	END
}

header() {
	[ "$1" = 0 ] && echo "gtp0 tid=1 seq=*" || echo "gtp1 teid=$1"
}

# fits INNER NAME MS SIZE SOCKET GTP: a packet of that size arrives in one piece.
fits() {
	local ip="ip4 src=10.99.0.1 dst=10.45.0.$3 df id=*" to=10.45.0.$3:6000 payload=$(($4 - 28))

	if [ "$1" = 6 ]; then
		ip="ip6 src=2001:db8:99::1 dst=2001:db8:45:$3::1" to=[2001:db8:45:$3::1]:6000
		payload=$(($4 - 48))
	fi
	cat <<-END
		test $2: $4 octets of IPv$1 arrive
		${7:-}
		send app$1 to=$to : fill $payload 0x11
		expect $5 timeout=600 : $6 / $ip / udp 5000 6000 / fill $payload 0x11
		silent told$1 for=1
	END
}

# refused INNER NAME MS SIZE MTU SOCKET [STATEMENT]: a packet of that size does
# not, and its sender is told what would.
refused() {
	if [ "$1" = 4 ]; then
		cat <<-END
			test $2: $4 octets of IPv4 with DF are answered with Fragmentation Needed, $5
			${7:-}
			count ns=$GSN dev=gtp0
			send app4 to=10.45.0.$3:6000 : fill $(($4 - 28)) 0x12
			expect told4 timeout=600 : ip4 src=* dst=10.99.0.1 tos=* id=* len=* / icmp type=3 code=4 mtu=$5 sum=* / ip4 src=10.99.0.1 dst=10.45.0.$3 df id=* len=$4 sum=* / rest
			counted ns=$GSN dev=gtp0 tx_errors=1
			silent $6 for=5
		END
	else
		cat <<-END
			test $2: $4 octets of IPv6 are answered with Packet Too Big, $5
			${7:-}
			count ns=$GSN dev=gtp0
			send app6 to=[2001:db8:45:$3::1]:6000 : fill $(($4 - 48)) 0x12
			expect told6 timeout=600 : icmp type=2 code=0 rest=$(printf %08x "$5") sum=* / ip6 src=2001:db8:99::1 dst=2001:db8:45:$3::1 len=* / rest
			counted ns=$GSN dev=gtp0 tx_errors=1
			silent $6 for=5
		END
	fi
}

# too_big FAMILY
too_big() {
	local f=$1 outer=20 i v ms room gtp

	[ "$f" = 4 ] || outer=40
	setup "$f"
	for v in 1 0; do
		[ $v = 1 ] && ms=1 gtp=8 || ms=10 gtp=20
		room=$((1500 - outer - 8 - gtp))
		for i in 4 6; do
			refused $i "version $v over IPv$f" $ms $((room + 1)) $room peer$v \
				"$([ $i = "$f" ] || echo "differs $big")"
			fits $i "version $v over IPv$f" $ms $room peer$v "$(header $v)"
		done
		cat <<-END
			test version $v over IPv$f: 1500 octets of IPv4 without DF are fragmented outside and arrive
			$([ "$f" = 4 ] || echo "differs $big")
			send in : ip4 src=10.99.0.1 dst=10.45.0.$ms / udp 5000 6000 / fill 1472 0x14
			expect peer$v timeout=600 : $(header $v) / ip4 src=10.99.0.1 dst=10.45.0.$ms / udp 5000 6000 / fill 1472 0x14
			send in : ip4 src=10.99.0.1 dst=10.45.0.$ms mf id=7 / udp 5000 6000 / fill 1472 0x15
			expect peer$v timeout=600 : $(header $v) / ip4 src=10.99.0.1 dst=10.45.0.$ms mf id=7 / udp 5000 6000 / fill 1472 0x15
		END
	done

	# A path that carries less than the least that IPv6 has to.
	room=$((1300 - outer - 16))
	refused 4 "a path of 1300 octets over IPv$f" 9 $((room + 1)) $room peer9 "$([ "$f" = 4 ] || echo "differs $big")"
	refused 6 "a path of 1300 octets over IPv$f" 9 1281 1280 peer9 "differs $big"
	fits 6 "a path of 1300 octets over IPv$f" 9 1280 peer9 "gtp1 teid=9" \
		"$([ "$f" = 4 ] || echo "differs $big")"

	cat <<-END
		test over IPv$f: a jumbo packet is fragmented outside and arrives
		$([ "$f" = 4 ] || echo "differs $big")
		setlink ns=$GSN dev=gtp0 mtu=9000
		send in : ip4 src=10.99.0.1 dst=10.45.0.1 / udp 5000 6000 / fill 8972 0x16
		expect peer1 timeout=600 : gtp1 teid=1 / ip4 src=10.99.0.1 dst=10.45.0.1 / udp 5000 6000 / fill 8972 0x16

		test over IPv$f: a packet of the largest mtu arrives
		$([ "$f" = 4 ] || echo "differs $big")
		setlink ns=$GSN dev=gtp0 mtu=65487
		send in : ip4 src=10.99.0.1 dst=10.45.0.1 / udp 5000 6000 / fill 65459 0x17
		expect peer1 timeout=600 : gtp1 teid=1 / ip4 src=10.99.0.1 dst=10.45.0.1 / udp 5000 6000 / fill 65459 0x17
		send in : ip4 src=10.99.0.1 dst=10.45.0.10 / udp 5000 6000 / fill 65459 0x17
		expect peer0 timeout=600 : gtp0 tid=1 seq=* / ip4 src=10.99.0.1 dst=10.45.0.10 / udp 5000 6000 / fill 65459 0x17

		cleanup
		setlink ns=$GSN dev=gtp0 mtu=1500
		drain in peer0 peer1 peer9

		test over IPv$f: what the path says is heeded
		$([ "$f" = 4 ] || echo "differs $big")
	END
	if [ "$f" = 4 ]; then
		echo "send forge4 to=192.0.2.1:0 : ip4 src=192.0.2.2 dst=192.0.2.1 id=1 / icmp type=3 code=4 mtu=1400 / ip4 src=192.0.2.1 dst=192.0.2.2 len=1500 / udp 2152 2152 len=1480 sum=0 / gtp1 teid=1 len=1464"
	else
		echo "send forge6 to=[2001:db8:a::1]:0 : icmp type=2 code=0 rest=00000578 sum=0 / ip6 src=2001:db8:a::1 dst=2001:db8:a::2 len=1460 next=17 / udp 2152 2152 len=1460 sum=0 / gtp1 teid=1 len=1444"
	fi
	# The forged messages are seen as well.
	room=$((1400 - outer - 16))
	cat <<-END
		drain told4 told6
		send app4 to=10.45.0.1:6000 : fill $((room - 27)) 0x11
		expect told4 timeout=600 : ip4 src=* dst=10.99.0.1 tos=* id=* len=* / icmp type=3 code=4 mtu=$room sum=* / rest
		send app4 to=10.45.0.1:6000 : fill $((room - 28)) 0x11
		expect peer1 timeout=600 : gtp1 teid=1 / ip4 src=10.99.0.1 dst=10.45.0.1 df id=* / udp 5000 6000 / fill $((room - 28)) 0x11

		test over IPv$f: what the path says is heeded for IPv6
		$([ "$f" = 6 ] || echo "differs $big")
		send app6 to=[2001:db8:45:1::1]:6000 : fill $((room - 47)) 0x11
		expect told6 timeout=600 : icmp type=2 code=0 rest=$(printf %08x $room) sum=* / rest
	END
	end
}

# segments FAMILY: datagrams sent at once that exceed the path by as much as their own UDP
# header has, which the stack does not count: each is fragmented all the same.
segments() {
	local f=$1 outer=20 len gsn=192.0.2.1 far=192.0.2.9 first n

	[ "$f" = 4 ] || outer=40 gsn=2001:db8:a::1 far=2001:db8:a::9
	[ "$f" = 4 ] && first="ip4 src=$gsn dst=$far id=* mf len=* / rest" ||
		first="ip6 src=$gsn dst=$far next=44 len=* / rest"
	echo "sh $IP netns exec $GSN sysctl -qw net.ipv4.ip_no_pmtu_disc=1"
	setup "$f"
	len=$((1508 - outer - 16 - 28))
	cat <<-END
		sockopt app4 gso=$len
		test over IPv$f: datagrams without DF that were sent at once are fragmented one by one
		$([ "$f" = 4 ] || echo "differs $big")
		send app4 to=10.45.0.1:6000 : fill $((3 * len)) 0x21
		$(for n in 1 2 3; do
			echo "expect peer1 timeout=1000 : gtp1 teid=1 / ip4 src=10.99.0.1 dst=10.45.0.1 id=* / udp 5000 6000 / fill $len 0x21"
		done)
		silent peer1 for=5
	END
	len=$((1308 - outer - 16 - 48))
	cat <<-END
		cleanup
		capture wire ns=$PEER dev=net0 family=$f only=$([ "$f" = 4 ] && echo 17 || echo 44)
		sockopt app6 gso=$len
		test over IPv$f: those of IPv6 that its least MTU allows are, too
		$([ "$f" = 4 ] || echo "differs $big")
		send app6 to=[2001:db8:45:9::1]:6000 : fill $((2 * len)) 0x22
		expect wire timeout=1000 : $first
		$(for n in 1 2; do
			echo "expect peer9 timeout=1000 : gtp1 teid=9 / ip6 src=2001:db8:99::1 dst=2001:db8:45:9::1 / udp 5000 6000 / fill $len 0x22"
		done)
		silent peer9 told4 told6 for=5
		cleanup
		close wire
	END
	end
	echo "sh $IP netns exec $GSN sysctl -qw net.ipv4.ip_no_pmtu_disc=0"
}

# marked: a process' socket whose mark chooses the route, and ports by flow. A message about a
# packet does not quote the socket's port then; the mark is needed all the same.
marked() {
	cat <<-END
		sh $IP -n $GSN rule add fwmark 7 table 77
		sh $IP -n $GSN route add 203.0.113.9/32 via 192.0.2.2 table 77
		sh $IP -n $GSN route add 10.45.0.0/16 dev lo
		sh $IP -n $PEER addr add 203.0.113.9/32 dev lo
		udp own ns=$GSN bind=192.0.2.1:2152 mark=7
		newlink ns=$GSN name=gtp0 up mtu=1500 fd1=own ports=2710271a df=1
		setlink ns=$GSN dev=gtp0 mtu=1500
		newpdp ns=$GSN link=gtp0 version=1 i_tei=1 o_tei=1 ms=10.45.0.1 peer=203.0.113.9
		sh $IP -n $GSN route replace 10.45.0.0/16 dev gtp0
		udp app4 ns=$GSN bind=10.99.0.1:5000
		udp peer ns=$PEER bind=203.0.113.9:2152
		sock forge4 ns=$PEER kind=rawip
		sock told4 ns=$GSN kind=icmp

		test a packet goes where the socket's mark leads
		differs outer route: the socket's mark is not looked at
		send app4 to=10.45.0.1:6000 : fill 1436 0x11
		expect peer timeout=1000 : gtp1 teid=1 / ip4 src=10.99.0.1 dst=10.45.0.1 df id=* / udp 5000 6000 / fill 1436 0x11

		test what that path says of a packet from another port is heeded
		$([ "$DRIVER" != c ] || echo "skip the C driver sends from one port")
		send forge4 to=192.0.2.1:0 : ip4 src=192.0.2.2 dst=192.0.2.1 id=1 / icmp type=3 code=4 mtu=1400 / ip4 src=192.0.2.1 dst=203.0.113.9 len=1500 df / udp 10005 2152 len=1480 sum=0 / gtp1 teid=1 len=1464
		drain told4
		send app4 to=10.45.0.1:6000 : fill 1337 0x12
		expect told4 timeout=1000 : ip4 src=* dst=10.99.0.1 tos=* id=* len=* / icmp type=3 code=4 mtu=1364 sum=* / rest

		cleanup
		dellink ns=$GSN dev=gtp0
		close own app4 peer forge4 told4
	END
}

mtus() {
	cat <<-END
		test the bounds of the mtu
		differs $bounds
		newlink ns=$GSN name=gtp0 create=1
		linkprop ns=$GSN dev=gtp0 mtu=1452 minmtu=68 maxmtu=65487
		setlink ns=$GSN dev=gtp0 mtu=67 => EINVAL
		setlink ns=$GSN dev=gtp0 mtu=65488 => EINVAL

		test an mtu within bounds
		setlink ns=$GSN dev=gtp0 mtu=68
		setlink ns=$GSN dev=gtp0 mtu=65487
		linkprop ns=$GSN dev=gtp0 mtu=65487
		dellink ns=$GSN dev=gtp0

		test an mtu out of bounds at creation
		differs $bounds
		newlink ns=$GSN name=gtp0 create=1 mtu=67 => EINVAL
		newlink ns=$GSN name=gtp0 create=1 mtu=65488 => EINVAL

		cleanup
		dellink ns=$GSN dev=gtp0

		test an mtu at creation is kept
		newlink ns=$GSN name=gtp0 create=1 mtu=1400
		linkprop ns=$GSN dev=gtp0 mtu=1400
		dellink ns=$GSN dev=gtp0

		cleanup
		dellink ns=$GSN dev=gtp0

		test an mtu at creation is kept on a link of IPv6
		differs mtu given at creation lost on a link of IPv6
		newlink ns=$GSN name=gtp0 create=1 local6=:: mtu=1400
		linkprop ns=$GSN dev=gtp0 mtu=1400

		cleanup
		dellink ns=$GSN dev=gtp0
	END
}

mtus | gt
too_big 4 | gt
too_big 6 | gt
segments 4 | gt
segments 6 | gt
marked | gt
finish
