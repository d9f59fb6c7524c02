#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# What goes out: the outer packet octet for octet, and what becomes of packets
# that cannot be sent.
#
#   +---------- GSN ----------+          +--------- PEER ----------+
#   | gtp0  10.45.0.0/16      |          |                         |
#   |   fd0 192.0.2.1:3386    |  net0    |  192.0.2.2:2152, :3386  |
#   |   fd1 192.0.2.1:2152    |----------|                         |
#   | lo    10.99.0.1         |  1500    |                         |
#   +-------------------------+          +-------------------------+
#
#   contexts: v1 O-TEID 0xa0b0c0d0, MS 10.45.0.2
#             v0 TID 0x0102030405060708, flow 0x0a0b, MS 10.45.0.3

# shellcheck source-path=SCRIPTDIR source=lib.sh
. "${0%/*}/lib.sh"

netns GSN
netns PEER
pair "$GSN" 192.0.2.1/24 "$PEER" 192.0.2.2/24
"$IP" -n "$GSN" addr add 10.99.0.1/32 dev lo

# gtptest's own words for the parts of a packet.
wire="ip4 src=192.0.2.1 dst=192.0.2.2 id=*"
gtp1="udp 2152 2152 / gtp1 teid=0xa0b0c0d0"
gtp0="udp 3386 3386 / gtp0 tid=0x0102030405060708 flow=0x0a0b"
dl="ip4 src=10.99.0.1 dst=10.45.0.2"
dl0="ip4 src=10.99.0.1 dst=10.45.0.3"
ul="ip4 src=10.45.0.2 dst=10.99.0.1"
ul0="ip4 src=10.45.0.3 dst=10.99.0.1"
data="udp 5000 6000 / text downlink"

setup() {
	cat <<-END
		udp fd0 ns=$GSN bind=192.0.2.1:3386
		udp fd1 ns=$GSN bind=192.0.2.1:2152
		newlink ns=$GSN name=gtp0 up mtu=1500 fd0=fd0 fd1=fd1 role=$1
		sh $IP -n $GSN route add 10.45.0.0/16 dev gtp0
		newpdp ns=$GSN link=gtp0 version=1 i_tei=1 o_tei=0xa0b0c0d0 ms=10.45.0.2 peer=192.0.2.2
		newpdp ns=$GSN link=gtp0 version=0 tid=0x0102030405060708 flow=0x0a0b ms=10.45.0.3 peer=192.0.2.2
		capture dev ns=$GSN dev=gtp0
		udp peer ns=$PEER bind=192.0.2.2:2152
		udp peer0 ns=$PEER bind=192.0.2.2:3386
		sh $IP netns exec $GSN ping -c 1 -W 5 192.0.2.2
		capture wire ns=$PEER dev=net0
		count ns=$GSN dev=gtp0
	END
}

# failed NAME SEND COUNTERS: nothing goes out, and the counters say why.
failed() {
	cat <<-END
		test $1
		count ns=$GSN dev=gtp0
		$2
		counted ns=$GSN dev=gtp0 $3
		silent wire for=20
	END
}

ggsn() {
	setup 0
	cat <<-END
		test the outer packet, octet for octet
		send dev : $dl id=9 / $data
		expect wire : $wire / $gtp1 / $dl id=9 / $data
		counted ns=$GSN dev=gtp0 tx_packets=1 tx_bytes=36

		test the peer's socket reads the G-PDU
		drain peer
		send dev : $dl / $data
		expect peer from=192.0.2.1:2152 : gtp1 teid=0xa0b0c0d0 / $dl / $data

		cleanup
		drain wire

		test version 0: the outer packet, and a sequence number for each T-PDU
		send dev : $dl0 / $data
		expect wire : $wire / $gtp0 seq=0 / $dl0 / $data
		send dev : $dl0 / $data
		expect wire : $wire / $gtp0 seq=1 / $dl0 / $data
		send dev : $dl0 / $data
		expect wire : $wire / $gtp0 seq=2 / $dl0 / $data
		drain peer0

		test TOS and ECN are copied outside
		send dev : $dl tos=0xb8 / $data
		expect wire : $wire tos=0xb8 / $gtp1 / $dl tos=0xb8 / $data
		send dev : $dl tos=0x02 / $data
		expect wire : $wire tos=0x02 / $gtp1 / $dl tos=0x02 / $data
		send dev : $dl tos=0x03 / $data
		expect wire : $wire tos=0x03 / $gtp1 / $dl tos=0x03 / $data
		send dev : $dl0 tos=0x28 / $data
		expect wire : $wire tos=0x28 / $gtp0 seq=3 / $dl0 tos=0x28 / $data

		test the inner TTL neither changes nor shows outside
		send dev : $dl ttl=1 / $data
		expect wire : $wire ttl=64 / $gtp1 / $dl ttl=1 / $data
		send dev : $dl ttl=255 / $data
		expect wire : $wire ttl=64 / $gtp1 / $dl ttl=255 / $data

		test DF is not copied outside
		send dev : $dl df / $data
		expect wire : $wire / $gtp1 / $dl df / $data
		send dev : $dl0 df / $data
		expect wire : $wire / $gtp0 seq=4 / $dl0 df / $data

		test fragments and options inside are carried as they are
		send dev : $dl mf id=5 / $data
		expect wire : $wire / $gtp1 / $dl mf id=5 / $data
		send dev : $dl off=800 id=5 / text end
		expect wire : $wire / $gtp1 / $dl off=800 id=5 / text end
		send dev : $dl opts=01010100 / $data
		expect wire : $wire / $gtp1 / $dl opts=01010100 / $data

		test a bare header is carried
		send dev : $dl
		expect wire : $wire / $gtp1 / $dl

		cleanup
		drain peer peer0
	END

	failed "no context for the destination" \
		"send dev : ip4 src=10.99.0.1 dst=10.45.0.99 / $data" tx_errors=1
	failed "a GGSN does not look at the source" \
		"send dev : ip4 src=10.45.0.2 dst=10.45.0.99 / $data" tx_errors=1
	failed "no context for IPv6" \
		"send dev : ip6 src=2001:db8::1 dst=2001:db8::2 / $data" tx_errors=1
	failed "neither IPv4 nor IPv6" "send dev proto=0x88cc : hex 0207040102030405" tx_errors=1
	failed "an IPv4 header cut short" "send dev proto=0x0800 : hex 4500001400000000" tx_errors=1

	cat <<-END
		test no route to the peer
		newpdp ns=$GSN link=gtp0 version=1 i_tei=20 o_tei=20 ms=10.45.0.20 peer=203.0.113.1
		count ns=$GSN dev=gtp0
		send dev : ip4 src=10.99.0.1 dst=10.45.0.20 / $data
		counted ns=$GSN dev=gtp0 tx_errors=1 tx_carrier_errors=1

		test a route that is found later is taken
		sh $IP -n $GSN route add 203.0.113.1/32 via 192.0.2.2
		send dev : ip4 src=10.99.0.1 dst=10.45.0.20 / $data
		expect wire : ip4 src=192.0.2.1 dst=203.0.113.1 id=* / udp 2152 2152 / gtp1 teid=20 / ip4 src=10.99.0.1 dst=10.45.0.20 / $data

		test a route that is lost again is not
		sh $IP -n $GSN route del 203.0.113.1/32
		count ns=$GSN dev=gtp0
		send dev : ip4 src=10.99.0.1 dst=10.45.0.20 / $data
		counted ns=$GSN dev=gtp0 tx_errors=1 tx_carrier_errors=1
		silent wire for=20

		test the peer behind the link itself
		newpdp ns=$GSN link=gtp0 version=1 i_tei=21 o_tei=21 ms=10.45.0.21 peer=10.45.7.7
		count ns=$GSN dev=gtp0
		send dev : ip4 src=10.99.0.1 dst=10.45.0.21 / $data
		counted ns=$GSN dev=gtp0 tx_errors=1 collisions=1

		test the peer that is ourselves: our own socket gets it
		newpdp ns=$GSN link=gtp0 version=1 i_tei=22 o_tei=222 ms=10.45.0.22 peer=192.0.2.1
		send dev : ip4 src=10.99.0.1 dst=10.45.0.22 / $data
		expect fd1 from=192.0.2.1:2152 : gtp1 teid=222 / ip4 src=10.99.0.1 dst=10.45.0.22 / $data

		test what we send ourselves can be delivered
		newpdp ns=$GSN link=gtp0 version=1 i_tei=24 o_tei=23 ms=10.45.0.24 peer=192.0.2.1
		newpdp ns=$GSN link=gtp0 version=1 i_tei=23 o_tei=1 ms=10.45.0.23 peer=192.0.2.1
		drain dev
		send dev : ip4 src=10.45.0.23 dst=10.45.0.24 / udp 1 2 / text loop
		expect dev : ip4 src=10.45.0.23 dst=10.45.0.24 / udp 1 2 / text loop

		cleanup
		drain wire fd1 dev

		test a link that is down sends nothing
		setlink ns=$GSN dev=gtp0 down
		drain dev
		send dev : $dl / $data => ENETDOWN
		silent wire for=20
		setlink ns=$GSN dev=gtp0 up
		sh $IP -n $GSN route add 10.45.0.0/16 dev gtp0
		send dev : $dl / $data
		expect wire : $wire / $gtp1 / $dl / $data

		cleanup
		drain peer peer0

		udp app ns=$GSN bind=10.99.0.1:5000
		sock icmp ns=$GSN kind=icmp

		test DF: an octet too many is answered with Fragmentation Needed
		count ns=$GSN dev=gtp0
		send app to=10.45.0.2:6000 : fill 1437 0x12
		expect icmp : ip4 src=* dst=10.99.0.1 tos=* id=* len=* / icmp type=3 code=4 mtu=1464 sum=* / $dl df id=* len=1465 sum=* / rest
		counted ns=$GSN dev=gtp0 tx_errors=1
		silent peer for=20

		test DF: the source learns from it
		send app to=10.45.0.2:6000 : fill 1437 0x13
		expect peer : gtp1 teid=0xa0b0c0d0 len=* / $dl mf id=* len=* / rest
		expect peer : gtp1 teid=0xa0b0c0d0 len=* / $dl off=1440 id=* len=* / rest

		test DF: what just fits the path is sent
		send app to=10.45.0.2:6000 : fill 1436 0x11
		expect peer : gtp1 teid=0xa0b0c0d0 / $dl df id=* / udp 5000 6000 / fill 1436 0x11
		silent icmp for=1

		test version 0, DF: an octet too many is answered with Fragmentation Needed
		count ns=$GSN dev=gtp0
		send app to=10.45.0.3:6000 : fill 1425 0x12
		expect icmp : ip4 src=* dst=10.99.0.1 tos=* id=* len=* / icmp type=3 code=4 mtu=1452 sum=* / $dl0 df id=* len=1453 sum=* / rest
		counted ns=$GSN dev=gtp0 tx_errors=1
		silent peer0 for=20

		test version 0, DF: what just fits the path is sent
		send app to=10.45.0.3:6000 : fill 1424 0x11
		expect peer0 : gtp0 tid=0x0102030405060708 flow=0x0a0b seq=* / $dl0 df id=* / udp 5000 6000 / fill 1424 0x11
		silent icmp for=1

		cleanup
		drain wire icmp peer

		test without DF: it is fragmented outside and arrives
		send dev : $dl len=1500 / udp 5000 6000 / fill 1472 0x14
		expect peer : gtp1 teid=0xa0b0c0d0 / $dl len=1500 / udp 5000 6000 / fill 1472 0x14
		expect wire : ip4 src=192.0.2.1 dst=192.0.2.2 id=* mf len=1500 / rest
		expect wire : ip4 src=192.0.2.1 dst=192.0.2.2 id=* off=1480 len=56 / rest

		test a jumbo link sends jumbo packets in fragments
		drain wire peer
		setlink ns=$GSN dev=gtp0 mtu=9000
		send dev : $dl / udp 5000 6000 / fill 8972 0x15
		expect peer : gtp1 teid=0xa0b0c0d0 / $dl / udp 5000 6000 / fill 8972 0x15
		setlink ns=$GSN dev=gtp0 mtu=1500

		cleanup
		drain wire peer

		test five hundred packets are five hundred packets
		count ns=$GSN dev=gtp0
		flood dev count=500 : $dl / $data
		counted ns=$GSN dev=gtp0 tx_packets=500 tx_bytes=18000

		cleanup
		drain wire peer

		test a context that is deleted sends nothing more
		delpdp ns=$GSN link=gtp0 version=1 i_tei=1
		count ns=$GSN dev=gtp0
		send dev : $dl / $data
		counted ns=$GSN dev=gtp0 tx_errors=1
		silent wire for=20

		test a context that comes back with another TEID sends that
		newpdp ns=$GSN link=gtp0 version=1 i_tei=1 o_tei=0xffffffff ms=10.45.0.2 peer=192.0.2.2
		send dev : $dl / $data
		expect wire : $wire / udp 2152 2152 / gtp1 teid=0xffffffff / $dl / $data

		cleanup
		dellink ns=$GSN dev=gtp0
		close fd0 fd1 dev peer peer0 wire app icmp
	END
}

# What tc says of a tunnel stands where a route would, and has no device.
described() {
	local v6="ip6 src=2001:db8:99::1 dst=2001:db8:45:2::1"

	setup 0
	cat <<-END
		newpdp ns=$GSN link=gtp0 version=1 i_tei=1 o_tei=0xa0b0c0d0 ms6=2001:db8:45:2:: family=10 peer=192.0.2.2
		sh $IP netns exec $GSN tc qdisc add dev gtp0 clsact
		test a packet that tc has described a tunnel for
		sh $IP netns exec $GSN tc filter add dev gtp0 egress matchall action tunnel_key set src_ip 198.51.100.1 dst_ip 198.51.100.2 id 5
		send dev : $dl id=9 / $data
		expect wire : $wire / $gtp1 / $dl id=9 / $data
		send dev proto=0x86dd : $v6 / $data
		expect wire : $wire tos=* / $gtp1 / $v6 / $data
		send dev : $dl0 id=9 / $data
		expect wire : $wire / $gtp0 seq=* / $dl0 id=9 / $data

		test one that is too big
		setlink ns=$GSN dev=gtp0 mtu=9000
		send dev : $dl df / udp 5000 6000 / fill 1600
		send dev proto=0x86dd : $v6 / udp 5000 6000 / fill 1600
		sleep 50
		drain wire
		send dev : $dl df / udp 5000 6000 / text small
		expect wire : $wire / $gtp1 / $dl df / udp 5000 6000 / text small

		cleanup
		dellink ns=$GSN dev=gtp0
		close fd0 fd1 dev peer peer0 wire
	END
}

sgsn() {
	setup 1
	cat <<-END
		test an SGSN finds the context by the source
		send dev : $ul / $data
		expect wire : $wire / $gtp1 / $ul / $data
		send dev : $ul0 / $data
		expect wire : $wire / $gtp0 seq=0 / $ul0 / $data
	END
	failed "an SGSN does not look at the destination" "send dev : $dl / $data" tx_errors=1
	cat <<-END
		cleanup
		dellink ns=$GSN dev=gtp0
		close fd0 fd1 dev peer peer0 wire
	END
}

# A socket that is bound to no address takes the one that the route says.
unbound() {
	cat <<-END
		udp fd1 ns=$GSN bind=0.0.0.0:2152
		newlink ns=$GSN name=gtp0 up fd1=fd1
		newpdp ns=$GSN link=gtp0 version=1 i_tei=1 o_tei=0xa0b0c0d0 ms=10.45.0.2 peer=192.0.2.2
		capture dev ns=$GSN dev=gtp0
		capture wire ns=$PEER dev=net0

		test a socket bound to any address sends from the route's
		send dev : $dl / $data
		expect wire : $wire / $gtp1 / $dl / $data

		test the port is the protocol's, whatever the socket is bound to
		dellink ns=$GSN dev=gtp0
		udp any ns=$GSN bind=192.0.2.1:7777
		newlink ns=$GSN name=gtp0 up fd1=any
		newpdp ns=$GSN link=gtp0 version=1 i_tei=1 o_tei=0xa0b0c0d0 ms=10.45.0.2 peer=192.0.2.2
		capture dev ns=$GSN dev=gtp0
		send dev : $dl / $data
		expect wire : $wire / $gtp1 / $dl / $data
	END
}

ggsn | gt
described | gt
sgsn | gt
unbound | gt
finish
