#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Path messages on the kernel's own sockets: echo, error indications, supported
# extension headers notifications, and what is discarded in silence.
#
#   +-------------- GSN --------------+          +------------- PEER -------------+
#   | gtp0                            |   net0   |  192.0.2.2, .3, .4             |
#   |   192.0.2.1, 2001:db8:a::1      |----------|  2001:db8:a::2, ::3            |
#   |   ports 2152, 3386              |          |  ports 2152, 3386, 40000       |
#   +---------------------------------+          +--------------------------------+

# shellcheck source-path=SCRIPTDIR source=lib.sh
. "${0%/*}/lib.sh"

# The rows of the list of differences.
echo="echo v1: sequence 0, fixed port 2152, trailing IEs reflected; IPv6 parsed as IPv4; NULL or BUG on a short or non-linear echo"
leak="one skb leaked per echo response when somebody listens; ICMP protocol unreachable sent when nobody does"
full="kernel sockets: messages nobody reads fill the receive buffer"
family="ECHOREQ on a v6 link sends IPv4"
codec="E=1 with next 0 dropped; comprehension bits ignored; length, PT unchecked"

netns GSN
netns PEER
with_ipv6 "$GSN" "$PEER"
pair "$GSN" 192.0.2.1/24 "$PEER" 192.0.2.2/24
"$IP" -n "$GSN" addr add 2001:db8:a::1/64 dev net0 nodad
"$IP" -n "$PEER" addr add 2001:db8:a::2/64 dev net0 nodad
"$IP" -n "$PEER" addr add 2001:db8:a::3/64 dev net0 nodad
"$IP" -n "$PEER" addr add 192.0.2.3/24 dev net0
"$IP" -n "$PEER" addr add 192.0.2.4/24 dev net0
"$IP" netns exec "$PEER" sysctl -qw net.ipv4.icmp_ratelimit=0
"$IP" netns exec "$GSN" sysctl -qw net.ipv4.icmp_ratelimit=0

t_pdu="ip4 src=10.45.0.2 dst=10.99.0.1 / udp 5000 6000 / text T-PDU"

# The receive queues of the GTP ports are empty.
# shellcheck disable=SC2317 # called by gtptest
queued() {
	"$IP" netns exec "$GSN" cat /proc/net/udp /proc/net/udp6 | awk '
		$2 ~ /:(0868|0D3A)$/ { split($5, queue, ":"); if (queue[2] !~ /^0+$/) busy = 1; n++ }
		END { exit !n || busy }'
}


# Error indications that the link has sent so far.
# shellcheck disable=SC2317 # called by gtptest
sent() {
	"$IP" netns exec "$GSN" ethtool -S gtp0 |
		awk '$1 == "error_indications_sent:" { print $2; n++ } END { exit !n }'
}

# few BEFORE: it has sent some since then, and not many.
# shellcheck disable=SC2317 # called by gtptest
few() {
	local more

	more=$(($(sent) - $1))
	echo "$more"
	[ "$more" -ge 1 ] && [ "$more" -le 20 ]
}
export -f queued sent few
export GSN IP

# begin FAMILY: a link, sockets at the peer, no context.
begin() {
	local us=192.0.2.1 them=192.0.2.2 other=192.0.2.3 local=local=192.0.2.1

	if [ "$1" = 6 ]; then
		us='[2001:db8:a::1]' them='[2001:db8:a::2]' other='[2001:db8:a::3]' local=local6=2001:db8:a::1
	fi
	v1=$us:2152 v0=$us:3386
	cat <<-END
		newlink ns=$GSN name=gtp0 up create=1 $local restart=77
		udp peer ns=$PEER bind=$them:2152
		udp peer0 ns=$PEER bind=$them:3386
		udp far ns=$PEER bind=$them:40000
		udp other ns=$PEER bind=$other:2152
		udp other0 ns=$PEER bind=$other:3386
		sock icmp ns=$PEER kind=icmp
		sock raw ns=$PEER kind=rawip
		sock raw6 ns=$PEER kind=rawip6
		subscribe group ns=$GSN
	END
	echo "retry sh $IP netns exec $GSN ping -c 1 -W 1 $(tr -d '[]' <<<"$them")"
	echo "drain icmp"
}

end() {
	cat <<-END
		cleanup
		dellink ns=$GSN dev=gtp0
		close peer peer0 far other other0 icmp raw raw6
	END
}

# echoed NAME SOCKET VERSION REQUEST RESPONSE [STATEMENT]
echoed() {
	local to=$v1

	[ "$3" = 1 ] || to=$v0
	cat <<-END
		test $1
		${6:-}
		send $2 to=$to : $4
		expect $2 from=$to timeout=400 : $5
		silent peer peer0 for=1
	END
}

# unanswered NAME VERSION PACKET [STATEMENT]: nothing comes back, of any protocol.
unanswered() {
	local to=$v1 from=peer

	[ "$2" = 1 ] || to=$v0 from=peer0
	cat <<-END
		test $1
		${4:-}
		send $from to=$to : $3
		silent peer peer0 icmp for=15
	END
}

echo_v4() {
	local req="gtp1 type=1" req0="gtp0 tid=0 type=1" res="gtp1 type=2" res0="gtp0 tid=0 type=2"

	begin 4
	echoed "v1, sequence 0, from the usual port" peer 1 "$req seq=0" "$res seq=0 / hex 0e00"
	echoed "v0: the real restart count" peer0 0 "$req0 seq=0" "$res0 seq=0 / hex 0e4d"
	echoed "v0: the sequence number is copied" peer0 0 "$req0 seq=0xfffe" "$res0 seq=0xfffe / hex 0e4d"
	echoed "v1: the sequence number is copied" peer 1 "$req seq=0xfffe" "$res seq=0xfffe / hex 0e00" \
		"differs $echo"
	echoed "v1: to the port that asked" far 1 "$req seq=0" "$res seq=0 / hex 0e00" "differs $echo"
	echoed "v0: to the port that asked" far 0 "$req0 seq=9" "$res0 seq=9 / hex 0e4d" "differs $echo"
	echoed "v1: elements of the request are not reflected" peer 1 \
		"$req seq=0 / hex ff0005000a616263" "$res seq=0 / hex 0e00" "differs $echo"
	echoed "v0: elements of the request are not reflected" peer0 0 \
		"$req0 seq=3 / hex ff0005000a616263" "$res0 seq=3 / hex 0e4d" "differs $echo"
	echoed "v1: what is behind the length is not reflected" peer 1 \
		"$req seq=0 len=4 / hex deadbeef" "$res seq=0 / hex 0e00" "differs $echo"
	echoed "v1: a long request" peer 1 "$req seq=0 / hex ff05ac / fill 1452" "$res seq=0 / hex 0e00" \
		"differs $echo"
	echoed "v1: the spare bit is not looked at" peer 1 "$req seq=0 flags=0x3a" "$res seq=0 / hex 0e00"
	echoed "v1: flags and fields of the request are not reflected" peer 1 \
		"$req seq=0 npdu=7" "$res seq=0 / hex 0e00"
	echoed "v1: known extension headers of the request are skipped" peer 1 \
		"$req seq=5 ext=40:0868" "$res seq=5 / hex 0e00" "differs $echo"
	echoed "v0: flow label 0 and number are not looked at" peer0 0 \
		"$req0 seq=8 number=1" "$res0 seq=8 / hex 0e4d" \
		"differs $echo"

	unanswered "v1: a request for a TEID is none" 1 "gtp1 type=1 seq=1 teid=5"
	unanswered "v1: a request without a sequence number is none" 1 "gtp1 type=1"
	unanswered "v1: a request that ends before its sequence number" 1 "gtp1 type=1 flags=0x32 len=4"
	unanswered "v1: a request that ends within its optional octets" 1 "cut 2 / gtp1 type=1 seq=7"
	unanswered "v1: eight octets" 1 "hex 3201000400000000"
	unanswered "v1: one octet" 1 "hex 32"
	unanswered "v1: nothing" 1 "hex ''"
	unanswered "v0: a request that is cut short" 0 "cut 1 / gtp0 tid=0 type=1"
	unanswered "v0: nothing" 0 "hex ''"
	unanswered "v1: a request that is shorter than it says" 1 "gtp1 type=1 seq=0 len=100" \
		"differs $codec"
	unanswered "v0: a request that is shorter than it says" 0 "gtp0 tid=0 type=1 len=100" \
		"differs $codec"
	unanswered "v1: GTP' asks" 1 "gtp1 type=1 seq=0 flags=0x22" "differs $codec"

	# Layouts of the packet: with a first fragment of the UDP header alone, the rest
	# is not in the linear part. The C driver takes the machine down with that one.
	cat <<-END
		test v1: a request in fragments
		$([ "$DRIVER" = rust ] || echo "skip the C driver crashes on it: $echo")
		send raw to=192.0.2.1:0 : ip4 src=192.0.2.2 dst=192.0.2.1 id=9 mf proto=17 / udp 2152 2152 len=20 sum=0
		send raw to=192.0.2.1:0 : ip4 src=192.0.2.2 dst=192.0.2.1 id=9 off=8 proto=17 / gtp1 type=1 seq=11
		expect peer from=$v1 : $res seq=11 / hex 0e00

		test v1: a request in fragments of eight octets
		$([ "$DRIVER" = rust ] || echo "skip the C driver crashes on it: $echo")
		send raw to=192.0.2.1:0 : ip4 src=192.0.2.2 dst=192.0.2.1 id=10 off=16 proto=17 / hex 000b0000
		send raw to=192.0.2.1:0 : ip4 src=192.0.2.2 dst=192.0.2.1 id=10 mf off=8 proto=17 / hex 3201000400000000
		send raw to=192.0.2.1:0 : ip4 src=192.0.2.2 dst=192.0.2.1 id=10 mf proto=17 / udp 2152 2152 len=20 sum=0
		expect peer from=$v1 : $res seq=11 / hex 0e00

		test v0: a request in fragments
		send raw to=192.0.2.1:0 : ip4 src=192.0.2.2 dst=192.0.2.1 id=11 mf proto=17 / udp 3386 3386 len=28 sum=0
		send raw to=192.0.2.1:0 : ip4 src=192.0.2.2 dst=192.0.2.1 id=11 off=8 proto=17 / gtp0 tid=0 type=1 seq=12
		expect peer0 from=$v0 : $res0 seq=12 / hex 0e4d

		test v1: a request with IP options
		send raw to=192.0.2.1:0 : ip4 src=192.0.2.2 dst=192.0.2.1 id=12 opts=01010100 / udp 2152 2152 / gtp1 type=1 seq=0
		expect peer from=$v1 : $res seq=0 / hex 0e00

		test a request from a group, or from nobody, is not answered
		send raw to=192.0.2.1:0 : ip4 src=224.0.0.9 dst=192.0.2.1 id=13 / udp 2152 2152 / gtp1 type=1 seq=0
		send raw to=192.0.2.1:0 : ip4 src=0.0.0.0 dst=192.0.2.1 id=13 / udp 2152 2152 / gtp1 type=1 seq=0
		silent peer for=20

		test the device's counters do not count path messages as traffic
		count ns=$GSN dev=gtp0
		send peer0 to=$v0 : $req0 seq=1
		expect peer0 : $res0 seq=1 / hex 0e4d
		counted ns=$GSN dev=gtp0

		test a link that is down answers
		setlink ns=$GSN dev=gtp0 down
		send peer0 to=$v0 : $req0 seq=1
		expect peer0 : $res0 seq=1 / hex 0e4d
		setlink ns=$GSN dev=gtp0 up

		test echo with contexts is the same
		newpdp ns=$GSN link=gtp0 version=1 i_tei=1 o_tei=2 ms=10.45.0.2 peer=192.0.2.2
		send peer0 to=$v0 : $req0 seq=1
		expect peer0 : $res0 seq=1 / hex 0e4d
		send peer to=$v1 : $req seq=0
		expect peer : $res seq=0 / hex 0e00
	END
	end
}

echo_v6() {
	local s

	begin 6
	for s in peer far; do
		echoed "IPv6, v1, $s" $s 1 "gtp1 type=1 seq=0x0102" "gtp1 type=2 seq=0x0102 / hex 0e00" "differs $echo"
		echoed "IPv6, v0, $s" $s 0 "gtp0 tid=0 type=1 seq=0x0102" "gtp0 tid=0 type=2 seq=0x0102 / hex 0e4d" \
			"differs $echo"
	done
	cat <<-END
		test IPv6: elements of the request are not reflected
		differs $echo
		send peer to=$v1 : gtp1 type=1 seq=1 / hex ff0005000a616263
		expect peer timeout=400 : gtp1 type=2 seq=1 / hex 0e00
	END
	if [ "$DRIVER" = rust ]; then
		cat <<-END
			test IPv6: a request in fragments, without a checksum
			send raw6 to=[2001:db8:a::1]:0 : ip6 src=2001:db8:a::2 dst=2001:db8:a::1 next=44 / hex 1100000100000001 / hex 0868086800140000
			send raw6 to=[2001:db8:a::1]:0 : ip6 src=2001:db8:a::2 dst=2001:db8:a::1 next=44 / hex 1100000800000001 / gtp1 type=1 seq=3
			expect peer from=$v1 : gtp1 type=2 seq=3 / hex 0e00
		END
	fi
	cat <<-END
		cleanup
		dellink ns=$GSN dev=gtp0

		newlink ns=$GSN name=gtp0 up create=1 local6=:: restart=77
		udp four ns=$PEER bind=192.0.2.2:2152
		udp four0 ns=$PEER bind=192.0.2.2:3386
		test a request to the group of all nodes is not answered
		send peer to=[ff02::1%$(ifindex "$PEER")]:2152 : gtp1 type=1 seq=1
		send raw6 to=[2001:db8:a::1]:0 : ip6 src=ff02::5 dst=2001:db8:a::1 / udp 2152 2152 / gtp1 type=1 seq=1
		silent peer icmp for=60

		test a request to the group of all IPv4 nodes is not answered
		send four to=224.0.0.1:2152 : gtp1 type=1 seq=0
		send four to=192.0.2.255:2152 : gtp1 type=1 seq=0 => EACCES
		silent four icmp for=60

		test LOCAL6 :: answers over IPv6
		differs $echo
		send peer to=$v1 : gtp1 type=1 seq=7
		expect peer from=$v1 timeout=400 : gtp1 type=2 seq=7 / hex 0e00
		send peer0 to=$v0 : gtp0 tid=0 type=1 seq=7
		expect peer0 from=$v0 timeout=400 : gtp0 tid=0 type=2 seq=7 / hex 0e4d

		test LOCAL6 :: answers over IPv4
		differs $echo
		send four to=192.0.2.1:2152 : gtp1 type=1 seq=7
		expect four from=192.0.2.1:2152 timeout=400 : gtp1 type=2 seq=7 / hex 0e00
		send four0 to=192.0.2.1:3386 : gtp0 tid=0 type=1 seq=7
		expect four0 from=192.0.2.1:3386 timeout=400 : gtp0 tid=0 type=2 seq=7 / hex 0e4d

		cleanup
		close four four0
	END
	end
}

# Number of net0.
ifindex() {
	"$IP" -n "$1" -o link show net0 | cut -d: -f1
}

request() {
	local us=ms=192.0.2.1 them=peer=192.0.2.2 both v from else

	both="$them $us"
	begin 4
	cat <<-END
		test ECHOREQ: what is missing
		echoreq ns=$GSN link=gtp0 $both => EINVAL
		echoreq ns=$GSN version=1 $both => EINVAL
		echoreq ns=$GSN link=gtp0 version=1 $us => EINVAL
		echoreq ns=$GSN link=gtp0 version=1 $them => EINVAL

		test ECHOREQ: what is wrong
		echoreq ns=$GSN link=9999 version=1 $both => ENODEV
		echoreq ns=$GSN link=lo version=1 $both => ENODEV
		echoreq ns=$GSN link=gtp0 version=2 $both => ENODEV
		echoreq ns=$GSN link=gtp0 version=1 peer=203.0.113.1 $us => ENODEV
		echoreq ns=$GSN link=gtp0 version=1 $them ms=192.0.2.99 => ENODEV

		test ECHOREQ: IPv6 addresses on a link of IPv4
		differs $family
		echoreq ns=$GSN link=gtp0 version=1 peer6=2001:db8:a::2 ms6=2001:db8:a::1 => EAFNOSUPPORT
		echoreq ns=$GSN link=gtp0 version=0 peer6=2001:db8:a::2 ms6=2001:db8:a::1 => EAFNOSUPPORT

		test ECHOREQ: the link is down
		setlink ns=$GSN dev=gtp0 down
		echoreq ns=$GSN link=gtp0 version=1 $both => ENETDOWN
		setlink ns=$GSN dev=gtp0 up

		test ECHOREQ: the request, octet for octet
		capture wire ns=$PEER dev=net0 only=17
		echoreq ns=$GSN link=gtp0 version=1 $both
		expect wire : ip4 src=192.0.2.1 dst=192.0.2.2 id=* / udp 2152 2152 / gtp1 type=1 seq=*
		echoreq ns=$GSN link=gtp0 version=0 $both
		expect wire : ip4 src=192.0.2.1 dst=192.0.2.2 id=* / udp 3386 3386 / gtp0 tid=0 type=1 seq=*

		cleanup
		close wire
		drain peer peer0
	END
	for v in 1 0; do
		[ $v = 1 ] && from=peer else=other || from=peer0 else=other0
		cat <<-END
			test ECHOREQ, version $v: the response is told
			echoreq ns=$GSN link=gtp0 version=$v $both
			answer $from
			notified group ns=$GSN cmd=echoreq version=$v $both
			notified group ns=$GSN nothing

			test version $v: a response is told once only
			differs $leak
			echoreq ns=$GSN link=gtp0 version=$v $both
			answer $from times=2
			notified group ns=$GSN cmd=echoreq version=$v $both
			notified group ns=$GSN nothing

			cleanup
			subscribe group ns=$GSN

			test version $v: a response with another sequence number is not told
			differs $leak
			echoreq ns=$GSN link=gtp0 version=$v $both
			answer $from skew=1
			notified group ns=$GSN nothing

			cleanup
			subscribe group ns=$GSN

			test version $v: a response from another address is not told
			differs $leak
			echoreq ns=$GSN link=gtp0 version=$v $both
			answer $from via=$else
			notified group ns=$GSN nothing

			cleanup
			drain peer peer0
			subscribe group ns=$GSN
		END
	done
	cat <<-END
		test every response is consumed, asked for or not, and nobody complains
		drain icmp
		send peer to=$v1 : gtp1 type=2 seq=0x7777 / hex 0e00
		send peer0 to=$v0 : gtp0 tid=0 type=2 seq=0x7777 / hex 0e00
		silent peer peer0 icmp for=30
		sh queued
	END
	end

	# Without a listener, which a link in a namespace of its own has not.
	cat <<-END
		cleanup
		leave $GSN
	END
	begin 6
	us=ms6=2001:db8:a::1 them=peer6=2001:db8:a::2 both="$them $us"
	cat <<-END
		test ECHOREQ over IPv6: the requests, octet for octet
		differs $family
		capture wire ns=$PEER dev=net0 family=6 only=17
		echoreq ns=$GSN link=gtp0 version=1 $both
		expect wire timeout=400 : ip6 src=2001:db8:a::1 dst=2001:db8:a::2 / udp 2152 2152 / gtp1 type=1 seq=*
		echoreq ns=$GSN link=gtp0 version=0 $both
		expect wire timeout=400 : ip6 src=2001:db8:a::1 dst=2001:db8:a::2 / udp 3386 3386 / gtp0 tid=0 type=1 seq=*

		cleanup
		drain peer peer0
	END
	for v in 1 0; do
		cat <<-END
			test ECHOREQ over IPv6, version $v: the response is told once
			differs $family
			echoreq ns=$GSN link=gtp0 version=$v $both
			answer peer${v/1/} times=2
			notified group ns=$GSN cmd=echoreq version=$v $both
			notified group ns=$GSN nothing
		END
	done
	cat <<-END
		test ECHOREQ over IPv6: a response from another address is not told
		differs $family
		echoreq ns=$GSN link=gtp0 version=1 $both
		answer peer via=other
		notified group ns=$GSN nothing

		test ECHOREQ: IPv4 addresses on a link of IPv6
		differs $family
		echoreq ns=$GSN link=gtp0 version=1 peer=192.0.2.2 ms=192.0.2.1 => EAFNOSUPPORT
		echoreq ns=$GSN link=gtp0 version=0 peer=192.0.2.2 ms=192.0.2.1 => EAFNOSUPPORT

		test ECHOREQ: addresses of both families
		differs $family
		echoreq ns=$GSN link=gtp0 version=1 peer6=2001:db8:a::2 ms=192.0.2.1 => EAFNOSUPPORT

		test ECHOREQ over IPv6: no route, not our address
		differs $family
		echoreq ns=$GSN link=gtp0 version=1 peer6=2001:db8:f::1 $us => ENODEV
		echoreq ns=$GSN link=gtp0 version=1 $them ms6=2001:db8:a::99 => ENODEV
	END
	end
	cat <<-END
		udp fd1 ns=$GSN bind=192.0.2.1:2152
		newlink ns=$GSN name=gtp0 up fd1=fd1
		test ECHOREQ on a process' sockets
		echoreq ns=$GSN link=gtp0 version=1 peer=192.0.2.2 ms=192.0.2.1 => EOPNOTSUPP
	END
	end
	echo "close fd1"
}

# Unanswered echo responses without a listener (no subscription), in a process of its own.
unheard() {
	begin 4 >/tmp/begin
	grep -v '^subscribe' /tmp/begin
	cat <<-END
		test a response that nobody listens for is no unreachable protocol
		differs $leak
		send peer to=$v1 : gtp1 type=2 seq=1 / hex 0e00
		send peer0 to=$v0 : gtp0 tid=0 type=2 seq=1 / hex 0e00
		silent icmp for=60
	END
	end
}

# indication FAMILY TEID PORT: the IEs and the extension header with the port.
indication() {
	local address=0004c0000201

	[ "$1" = 4 ] || address=001020010db8000a00000000000000000001
	printf 'gtp1 type=26 seq=0 ext=40:%s / hex 10%08x85%s' "$3" "$2" "$address"
}

# Error indications are limited in number for each peer: what must come is asked for
# after a pause.
errors() {
	local f=$1 n

	begin "$f"
	cat <<-END
		newpdp ns=$GSN link=gtp0 version=1 i_tei=1 o_tei=0xa0b0c0d0 ms=10.45.0.2 $2
		newpdp ns=$GSN link=gtp0 version=0 tid=1 flow=2 ms=10.45.0.3 $2
		newpdp ns=$GSN link=gtp0 version=1 i_tei=6 o_tei=6 family=10 ms6=2001:db8:45:6:: $2
		newpdp ns=$GSN link=gtp0 version=0 tid=6 flow=6 family=10 ms6=2001:db8:45:7:: $2

		test IPv$f: a T-PDU for an unknown TEID: an error indication, octet for octet
		differs $full
		send peer to=$v1 : gtp1 teid=0x01020304 / $t_pdu
		expect peer from=$v1 timeout=400 : $(indication "$f" 0x01020304 0868)

		test IPv$f: an error indication goes to the usual port, and names the one that sent
		differs $full
		sleep 150
		send far to=$v1 : gtp1 teid=0x01020305 / $t_pdu
		expect peer from=$v1 timeout=400 : $(indication "$f" 0x01020305 9c40)
		silent far for=1

		test IPv$f: so for an IPv6 T-PDU, with extension headers
		differs $full
		sleep 150
		send peer to=$v1 : gtp1 teid=2 seq=9 ext=85:0009 / ip6 src=2001:db8::1 dst=2001:db8::2 / udp 1 2
		expect peer from=$v1 timeout=400 : $(indication "$f" 2 0868)

		test IPv$f, version 0: an error indication with the TID
		differs $full
		sleep 150
		send peer0 to=$v0 : gtp0 tid=0x0102030405060708 flow=0x1234 seq=99 / $t_pdu
		expect peer0 from=$v0 timeout=400 : gtp0 type=26 tid=0x0102030405060708 flow=* seq=*
		silent peer for=1

		cleanup
		sleep 150
	END
	silent "IPv$f: not for TEID 0" "gtp1 teid=0 / $t_pdu"
	silent "IPv$f: not for a known TEID with another's source" \
		"gtp1 teid=1 / ip4 src=10.45.0.9 dst=10.99.0.1 / udp 1 2"
	silent "IPv$f: not for a known TEID and a header that is cut short" "gtp1 teid=1 / hex 45000014"
	# A tunnel is known whatever the family of its context: TS 29.281 7.3.1.
	silent "IPv$f: not for a known TEID and an IPv6 T-PDU, which its context is not for" \
		"gtp1 teid=1 / ip6 src=2001:db8::1 dst=2001:db8::2 / udp 1 2" "sleep 150"
	silent "IPv$f: nor a router solicitation, with a QoS flow" \
		"gtp1 teid=1 ext=85:0009 / ip6 src=fe80::1 dst=ff02::2 hlim=255 / icmp type=133 sum=1" "sleep 150"
	silent "IPv$f: nor an IPv6 header that is cut short" "gtp1 teid=1 / hex 60000000" "sleep 150"
	silent "IPv$f: not for a known TEID and an IPv4 T-PDU, which its context is not for" \
		"gtp1 teid=6 / $t_pdu" "sleep 150"
	unanswered "IPv$f, version 0: not for a known TID and an IPv6 T-PDU" 0 \
		"gtp0 tid=1 / ip6 src=2001:db8::1 dst=2001:db8::2 / udp 1 2" "sleep 150"
	unanswered "IPv$f, version 0: nor an IPv4 T-PDU where IPv6 is known" 0 "gtp0 tid=6 / $t_pdu" "sleep 150"
	silent "IPv$f: not for what is no IP packet" "gtp1 teid=9 / hex 50"
	silent "IPv$f: not for a T-PDU of another version" "gtp1 teid=9 flags=0x50 / $t_pdu"
	silent "IPv$f: not for a T-PDU that is shorter than it says" "gtp1 teid=9 len=100 / $t_pdu"
	silent "IPv$f: not in answer to an error indication" "$(indication 4 7 0868)"
	silent "IPv$f: not in answer to an end marker" "gtp1 teid=9 type=254"
	silent "IPv$f: not in answer to a notification" "gtp1 type=31 seq=1 / hex 8d0185"
	for n in 3 4 7 20 27 32 129 252 253; do
		silent "IPv$f: message type $n is discarded in silence" "gtp1 type=$n teid=9 seq=3 / hex 0e00"
	done
	silent "IPv$f: an error indication that ends early is discarded" "gtp1 type=26 seq=0 / hex 1000"
	cat <<-END
		test IPv$f: nothing of that fills a receive buffer
		differs $full
		sh queued
	END

	cat <<-END
		test IPv$f: an extension header that must be understood: what is supported is told
		differs $codec
		sleep 150
		send peer to=$v1 : gtp1 teid=1 ext=8f:0001 / $t_pdu
		expect peer from=$v1 timeout=400 : gtp1 type=31 seq=0 / hex 8d09 / hex 0320408182838485c0

		test IPv$f: so on a message that is no T-PDU, from any port
		differs $codec
		sleep 150
		send far to=$v1 : gtp1 type=1 seq=5 ext=ff:0001
		expect peer from=$v1 timeout=400 : gtp1 type=31 seq=0 / hex 8d09 / hex 0320408182838485c0
		silent far for=1

		test IPv$f: a peer is told ten times a second at most
		differs $full
		sleep 150
		send peer to=$v1 : gtp1 teid=77 / $t_pdu
		send peer to=$v1 : gtp1 teid=78 / $t_pdu
		send peer to=$v1 : gtp1 teid=79 / $t_pdu
		expect peer timeout=400 : $(indication "$f" 77 0868)
		silent peer for=5
		sleep 150
		send peer to=$v1 : gtp1 teid=80 / $t_pdu
		expect peer timeout=400 : $(indication "$f" 80 0868)

		test IPv$f: another peer is told nevertheless
		differs $full
		sleep 150
		send peer to=$v1 : gtp1 teid=77 / $t_pdu
		send other to=$v1 : gtp1 teid=78 / $t_pdu
		expect peer timeout=400 : $(indication "$f" 77 0868)
		expect other timeout=400 : $(indication "$f" 78 0868)

		test IPv$f: a flood is counted, and answered a few times
		differs $full
		sleep 150
		sh sent > /tmp/sent
		udp flooder ns=$PEER connect=$v1
		flood flooder count=100 : gtp1 teid=4711 / $t_pdu
		sh few \$(</tmp/sent)
		sh queued

		cleanup
		drain peer
		subscribe group ns=$GSN

		test IPv$f: an error indication that comes is told to the group
		differs $full
		send peer to=$v1 : $(indication "$f" 0xa0b0c0d0 0868)
		notified group ns=$GSN cmd=64 version=1 link=gtp0 $2 o_tei=0xa0b0c0d0
		send peer to=$v1 : gtp1 type=26 seq=0 / hex 10a0b0c0d085 / hex 0004c0000202
		notified group ns=$GSN cmd=64 version=1 link=gtp0 $2 o_tei=0xa0b0c0d0
		silent peer for=1

		test IPv$f: so one of version 0
		differs $full
		send peer0 to=$v0 : gtp0 type=26 tid=0x0102030405060708 flow=1 seq=1
		notified group ns=$GSN cmd=64 version=0 link=gtp0 $2 tid=0x0102030405060708
		silent peer0 for=1

		test IPv$f: the context stays
		getpdp ns=$GSN link=gtp0 version=1 i_tei=1
	END
	end
}

# silent NAME PACKET [STATEMENT]: a version 1 message that nothing answers.
silent() {
	unanswered "$1" 1 "$2" "${3:-}"
}

echo_v4 | gt
echo_v6 | gt
request | gt
unheard | gt
errors 4 peer=192.0.2.2 | gt
errors 6 peer6=2001:db8:a::2 | gt
finish
