#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# What comes in: decapsulated, passed up to the process that owns the socket, or
# dropped. The link has sockets from file descriptors; both ends of the wire and
# what the link delivers are in gtptest's hands, octet by octet.
#
#   +---------- GSN ----------+          +---------- PEER ---------+
#   | gtp0                    |          |                         |
#   |   fd0 192.0.2.1:3386    |  net0    |  192.0.2.2:2152, :3386  |
#   |   fd1 192.0.2.1:2152    |----------|  192.0.2.3 too          |
#   +-------------------------+          +-------------------------+
#
#   contexts: v1 TEID 0x01020304, MS 10.45.0.2
#             v0 TID 0x0102030405060708, MS 10.45.0.3

# shellcheck source-path=SCRIPTDIR source=lib.sh
. "${0%/*}/lib.sh"

netns GSN
netns PEER
pair "$GSN" 192.0.2.1/24 "$PEER" 192.0.2.2/24
"$IP" -n "$PEER" addr add 192.0.2.3/24 dev net0

setup() {
	cat <<-END
		udp fd0 ns=$GSN bind=192.0.2.1:3386
		udp fd1 ns=$GSN bind=192.0.2.1:2152
		newlink ns=$GSN name=gtp0 up fd0=fd0 fd1=fd1 role=$1
		newpdp ns=$GSN link=gtp0 version=1 i_tei=0x01020304 o_tei=2 ms=10.45.0.2 peer=192.0.2.2
		newpdp ns=$GSN link=gtp0 version=0 tid=0x0102030405060708 flow=1 ms=10.45.0.3 peer=192.0.2.2
		capture in ns=$GSN dev=gtp0
		udp peer ns=$PEER bind=192.0.2.2:2152
		udp peer0 ns=$PEER bind=192.0.2.2:3386
		udp other ns=$PEER bind=192.0.2.3:40000
		sock raw ns=$PEER kind=rawip
	END
}

v1=192.0.2.1:2152
v0=192.0.2.1:3386
ms="ip4 src=10.45.0.2 dst=10.99.0.1"
ms0="ip4 src=10.45.0.3 dst=10.99.0.1"
up="udp 5000 6000 / text uplink"
# The same with its own lengths, so that more may follow.
closed="udp 5000 6000 len=14 sum=0 / text uplink"
whole="$ms len=34 / $closed"
teid=teid=0x01020304
tid=tid=0x0102030405060708

# A G-PDU that is known to get through: when it is what comes next, nothing came
# before it.
fence="gtp1 $teid / $ms / udp 1 1 / text fence"
fenced="$ms / udp 1 1 / text fence"

# decapsulated NAME PACKET INNER [STATEMENT] [timeout=MS]: sent to the v1 socket, delivered.
decapsulated() {
	cat <<-END
		test $1
		${4:-}
		send peer to=$v1 : $2
		expect in ${5:-} : $3
		silent fd1 for=1
	END
}

# passed_up NAME PACKET [STATEMENT]: the process gets it as it was, nobody else.
passed_up() {
	cat <<-END
		test $1
		${3:-}
		send peer to=$v1 : $2
		expect fd1 from=192.0.2.2:2152 : $2
		send peer to=$v1 : $fence
		expect in : $fenced
	END
}

# dropped NAME PACKET [STATEMENT]: nobody gets it.
dropped() {
	cat <<-END
		test $1
		${3:-}
		send peer to=$v1 : $2
		send peer to=$v1 : $fence
		expect in : $fenced
		silent fd1 for=20
	END
}

everything() {
	local flags kind

	setup 0
	cat <<-END
		test a T-PDU is delivered octet for octet and counted
		count ns=$GSN dev=gtp0
		send peer to=$v1 : gtp1 $teid / $ms / $up
		expect in : $ms / $up
		counted ns=$GSN dev=gtp0 rx_packets=1 rx_bytes=34
		silent fd1

		test any peer address and port will do
		send other to=$v1 : gtp1 $teid / $ms / $up
		expect in : $ms / $up

		test an empty T-PDU with IP options, and one with a wrong inner checksum, are as they are
		send peer to=$v1 : gtp1 $teid / $ms opts=01010100
		expect in : $ms opts=01010100
		send peer to=$v1 : gtp1 $teid / $ms sum=0x1234 / $up
		expect in : $ms sum=0x1234 / $up

		test an inner fragment is delivered as it is
		send peer to=$v1 : gtp1 $teid / $ms mf id=7 / $up
		expect in : $ms mf id=7 / $up
		send peer to=$v1 : gtp1 $teid / $ms off=1480 id=7 / text moreofit
		expect in : $ms off=1480 id=7 / text moreofit

		test outer fragments are put together first
		send peer to=$v1 : gtp1 $teid / $ms / udp 5 6 / fill 3000 0x5a
		expect in : $ms / udp 5 6 / fill 3000 0x5a

		test an outer checksum of zero is none
		send raw to=192.0.2.1:0 : ip4 src=192.0.2.2 dst=192.0.2.1 id=1 / udp 2152 2152 sum=0 / gtp1 $teid / $ms / $up
		expect in : $ms / $up

		test a wrong outer checksum is fatal
		send raw to=192.0.2.1:0 : ip4 src=192.0.2.2 dst=192.0.2.1 id=2 / udp 2152 2152 sum=1 / gtp1 $teid / $ms / $up
		send peer to=$v1 : $fence
		expect in : $fenced
		silent fd1 for=1

		test the header's optional octets are there with any of E, S and PN
		send peer to=$v1 : gtp1 $teid seq=0xabcd / $ms / $up
		expect in : $ms / $up
		send peer to=$v1 : gtp1 $teid npdu=5 / $ms / $up
		expect in : $ms / $up
		send peer to=$v1 : gtp1 $teid seq=1 npdu=5 / $ms / $up
		expect in : $ms / $up

		test the fields of flags that are not set are not looked at
		send peer to=$v1 : gtp1 $teid flags=0x32 seq=1 npdu=0x77 next=0x85 / $ms / $up
		expect in : $ms / $up
		send peer to=$v1 : gtp1 $teid flags=0x31 seq=0xffff npdu=0x77 next=0xff / $ms / $up
		expect in : $ms / $up

		test the spare bit is not looked at
		send peer to=$v1 : gtp1 $teid flags=0x38 / $ms / $up
		expect in : $ms / $up
	END

	for kind in 85:0009 85:01100900aabb 20:1234 40:0868 c0:0001 03:0001 81:01 82:00 84:00; do
		decapsulated "an extension header $kind is skipped" \
			"gtp1 $teid ext=$kind / $ms / $up" "$ms / $up"
	done
	decapsulated "an extension header of 8 octets with a sequence number is skipped" \
		"gtp1 $teid seq=9 npdu=3 ext=85:011009000000 / $ms / $up" "$ms / $up"
	decapsulated "a chain of eight extension headers is skipped" \
		"gtp1 $teid ext=85:0009,20:00,40:0868,c0:0001,81:00,82:00,83:00,84:00 / $ms / $up" \
		"$ms / $up"
	decapsulated "an unknown extension header that may be skipped is skipped" \
		"gtp1 $teid ext=21:0001,41:0001,3f:000102030405 / $ms / $up" "$ms / $up"
	decapsulated "E with a next type of 0 is no extension header" \
		"gtp1 $teid next=0 / $ms / $up" "$ms / $up" \
		"differs E=1 with next 0 dropped; comprehension bits ignored; length, PT unchecked" timeout=300

	for kind in 8f:0001 ff:0001 "20:0001,bf:0001"; do
		cat <<-END
			test an unknown extension header $kind that must be understood is fatal
			differs E=1 with next 0 dropped; comprehension bits ignored; length, PT unchecked
			send peer to=$v1 : gtp1 $teid ext=$kind / $ms / $up
			send peer to=$v1 : $fence
			expect in : $fenced
			cleanup
			drain fd1
		END
	done

	cat <<-END
		test a T-PDU of GTP', the charging protocol, is not delivered
		differs E=1 with next 0 dropped; comprehension bits ignored; length, PT unchecked
		send peer to=$v1 : gtp1 $teid flags=0x20 / $ms / $up
		send peer to=$v1 : $fence
		expect in : $fenced
		cleanup
		drain fd1
	END

	dropped "an extension header of no length is fatal" \
		"gtp1 $teid next=0x85 / hex 00000000 / $ms / $up"
	dropped "an extension header that reaches beyond the end is fatal" \
		"gtp1 $teid next=0x85 / hex ff000000 / $ms / $up"
	dropped "a chain that does not end is fatal" \
		"gtp1 $teid next=0x85 / hex 01000085"
	dropped "a packet that ends in its optional octets is fatal" \
		"gtp1 $teid flags=0x32 / hex 0001"
	dropped "a packet that ends before its extension header is fatal" \
		"gtp1 $teid next=0x85"

	for kind in 0 1 2 3 26 31 32 240 253 254; do
		passed_up "message type $kind is passed up" \
			"gtp1 teid=0 type=$kind seq=77 / hex 0e00"
		[ "$kind" = 1 ] && passed_up "message type 254 for a known TEID is passed up" \
			"gtp1 $teid type=254"
	done
	passed_up "a message without its optional octets is passed up" "gtp1 teid=0 type=1"
	passed_up "a message that lacks its optional octets is passed up" "gtp1 teid=0 type=1 flags=0x32"
	passed_up "a message that is shorter than it says is passed up" "gtp1 teid=0 type=1 seq=1 len=100"
	passed_up "a message with a broken extension header is passed up" \
		"gtp1 teid=0 type=26 seq=1 next=0x85 / hex 00000000"
	passed_up "a T-PDU with an unknown TEID is passed up" "gtp1 teid=9 / $ms / $up"
	passed_up "a TEID in the other order of octets is unknown" "gtp1 teid=0x04030201 / $ms / $up"
	passed_up "a T-PDU with TEID 0 is passed up" "gtp1 teid=0 / $ms / $up"
	passed_up "a T-PDU with an unknown TEID keeps its extension headers" \
		"gtp1 teid=9 seq=5 ext=85:0009,20:00 / $ms / $up"
	passed_up "a TEID of version 1 does not stand for a TID of version 0" \
		"gtp1 teid=0x05060708 / $ms0 / $up"
	passed_up "a T-PDU from another MS is passed up" \
		"gtp1 $teid / ip4 src=10.45.0.9 dst=10.99.0.1 / $up"
	passed_up "a T-PDU from another context's MS is passed up" "gtp1 $teid / $ms0 / $up"
	passed_up "a T-PDU to, not from, the MS is passed up" \
		"gtp1 $teid / ip4 src=10.99.0.1 dst=10.45.0.2 / $up"
	passed_up "an IPv6 T-PDU on an IPv4 context is passed up" \
		"gtp1 $teid / ip6 src=2001:db8::1 dst=2001:db8::2 / $up"
	for flags in 0x10 0x50 0xf0; do
		passed_up "version in flags $flags is not ours, and passed up" \
			"gtp1 $teid flags=$flags / $ms / $up"
	done
	passed_up "an inner header that is cut short is passed up" \
		"cut 1 / gtp1 $teid len=19 / ip4 src=10.45.0.2 dst=10.99.0.1"

	dropped "an empty datagram is dropped" "hex ''"
	dropped "one octet is dropped" "hex 30"
	dropped "seven octets are dropped" "hex 30ff0000010203"
	dropped "seven octets of another message are dropped" "hex 32010004000000"
	dropped "a T-PDU without any payload is dropped" "gtp1 $teid"
	dropped "an inner version 0 is dropped" "gtp1 $teid / $ms ver=0 / $up"
	dropped "an inner version 5 is dropped" "gtp1 $teid / $ms ver=5 / $up"
	dropped "an inner version 15 is dropped" "gtp1 $teid / $ms ver=15 / $up"
	dropped "an inner version 5 with an unknown TEID is dropped" "gtp1 teid=9 / $ms ver=5 / $up"

	decapsulated "what is behind the length is trimmed" \
		"gtp1 $teid len=34 / $whole / hex deadbeef" "$whole" \
		"differs E=1 with next 0 dropped; comprehension bits ignored; length, PT unchecked" timeout=300
	dropped "less data than the length says is dropped" \
		"gtp1 $teid len=35 / $ms / $up" \
		"differs E=1 with next 0 dropped; comprehension bits ignored; length, PT unchecked"

	# Version 0.
	cat <<-END
		cleanup
		count ns=$GSN dev=gtp0
		test version 0: a T-PDU is delivered octet for octet and counted
		send peer0 to=$v0 : gtp0 $tid seq=3 / $ms0 / $up
		expect in : $ms0 / $up
		counted ns=$GSN dev=gtp0 rx_packets=1 rx_bytes=34

		test version 0: flow, sequence, number and spare are not looked at
		send other to=$v0 : gtp0 $tid seq=0xffff flow=0x4321 number=1 spare=000000 / $ms0 / $up
		expect in : $ms0 / $up

		test version 0: what is behind the length is trimmed
		differs E=1 with next 0 dropped; comprehension bits ignored; length, PT unchecked
		send peer0 to=$v0 : gtp0 $tid len=34 / $ms0 len=34 / $closed / hex dead
		expect in timeout=300 : $ms0 len=34 / $closed

		test version 0: less data than the length says is dropped
		differs E=1 with next 0 dropped; comprehension bits ignored; length, PT unchecked
		send peer0 to=$v0 : gtp0 $tid len=35 / $ms0 / $up
		silent in

		cleanup
		drain in fd0 fd1

		test version 0: other messages are passed up
		send peer0 to=$v0 : gtp0 tid=0 type=1 seq=7
		expect fd0 from=192.0.2.2:3386 : gtp0 tid=0 type=1 seq=7
		send peer0 to=$v0 : gtp0 tid=0 type=2 seq=7 / hex 0e05
		expect fd0 : gtp0 tid=0 type=2 seq=7 / hex 0e05
		send peer0 to=$v0 : gtp0 $tid type=26 seq=7
		expect fd0 : gtp0 $tid type=26 seq=7

		test version 0: unknown TIDs are passed up
		send peer0 to=$v0 : gtp0 tid=0x0807060504030201 / $ms0 / $up
		expect fd0 : gtp0 tid=0x0807060504030201 / $ms0 / $up
		send peer0 to=$v0 : gtp0 tid=0x0506070801020304 / $ms0 / $up
		expect fd0 : gtp0 tid=0x0506070801020304 / $ms0 / $up
		send peer0 to=$v0 : gtp0 tid=0x05060708 / $ms0 / $up
		expect fd0 : gtp0 tid=0x05060708 / $ms0 / $up

		test version 0: a T-PDU from another MS is passed up
		send peer0 to=$v0 : gtp0 $tid / $ms / $up
		expect fd0 : gtp0 $tid / $ms / $up

		test version 0: an IPv6 T-PDU on an IPv4 context is passed up
		send peer0 to=$v0 : gtp0 $tid / ip6 src=2001:db8::1 dst=2001:db8::2 / $up
		expect fd0 : gtp0 $tid / ip6 src=2001:db8::1 dst=2001:db8::2 / $up

		test version 0: another version on its socket is passed up
		send peer0 to=$v0 : gtp1 $teid / $ms / $up / fill 12
		expect fd0 : gtp1 $teid / $ms / $up / fill 12
		send peer to=$v1 : gtp0 $tid / $ms0 / $up
		expect fd1 : gtp0 $tid / $ms0 / $up

		test version 0: nineteen octets, no payload and a wrong inner version are dropped
		send peer0 to=$v0 : cut 1 / gtp0 $tid
		send peer0 to=$v0 : cut 1 / gtp0 tid=0 type=1
		send peer0 to=$v0 : gtp0 $tid
		send peer0 to=$v0 : gtp0 $tid / $ms0 ver=5 / $up
		send peer to=$v1 : $fence
		expect in : $fenced
		silent fd0

		test nothing is delivered while the link is down, and again when it is up
		setlink ns=$GSN dev=gtp0 down
		send peer to=$v1 : gtp1 $teid / $ms / $up
		silent in for=50
		setlink ns=$GSN dev=gtp0 up
		send peer to=$v1 : gtp1 $teid / $ms / $up
		expect in : $ms / $up

		test what was dropped or passed up was not counted as received
		count ns=$GSN dev=gtp0
		send peer to=$v1 : gtp1 teid=9 / $ms / $up
		send peer to=$v1 : gtp1 $teid / $ms ver=5 / $up
		send peer to=$v1 : hex 30ff0000
		send peer to=$v1 : gtp1 $teid / $ms / $up
		expect in : $ms / $up
		counted ns=$GSN dev=gtp0 ignore=rx_errors,rx_dropped,rx_length_errors,rx_frame_errors rx_packets=1 rx_bytes=34

		cleanup
		drain fd1

		test a context that is deleted receives nothing more
		delpdp ns=$GSN link=gtp0 version=1 i_tei=0x01020304
		send peer to=$v1 : gtp1 $teid / $ms / $up
		expect fd1 : gtp1 $teid / $ms / $up

		test a context that comes back receives
		newpdp ns=$GSN link=gtp0 version=1 i_tei=0x01020304 o_tei=2 ms=10.45.0.2 peer=192.0.2.2
		send peer to=$v1 : gtp1 $teid / $ms / $up
		expect in : $ms / $up

		test all 32 bits of a TEID count
		newpdp ns=$GSN link=gtp0 version=1 i_tei=0xffffffff o_tei=2 ms=10.45.0.4 peer=192.0.2.2
		send peer to=$v1 : gtp1 teid=0xffffffff / ip4 src=10.45.0.4 dst=10.99.0.1 / $up
		expect in : ip4 src=10.45.0.4 dst=10.99.0.1 / $up
		send peer to=$v1 : gtp1 teid=0x7fffffff / ip4 src=10.45.0.4 dst=10.99.0.1 / $up
		expect fd1 : gtp1 teid=0x7fffffff / ip4 src=10.45.0.4 dst=10.99.0.1 / $up

		test TEID 0 may belong to a context
		newpdp ns=$GSN link=gtp0 version=1 i_tei=0 o_tei=2 ms=10.45.0.5 peer=192.0.2.2
		send peer to=$v1 : gtp1 teid=0 / ip4 src=10.45.0.5 dst=10.99.0.1 / $up
		expect in : ip4 src=10.45.0.5 dst=10.99.0.1 / $up

		cleanup
		dellink ns=$GSN dev=gtp0
		close fd0 fd1 in peer peer0 other raw
	END
}

sgsn() {
	setup 1
	cat <<-END
		test an SGSN delivers what is for the MS
		send peer to=$v1 : gtp1 $teid / ip4 src=10.99.0.1 dst=10.45.0.2 / $up
		expect in : ip4 src=10.99.0.1 dst=10.45.0.2 / $up
		send peer0 to=$v0 : gtp0 $tid / ip4 src=10.99.0.1 dst=10.45.0.3 / $up
		expect in : ip4 src=10.99.0.1 dst=10.45.0.3 / $up

		test an SGSN passes up what is from, not for, the MS
		send peer to=$v1 : gtp1 $teid / $ms / $up
		expect fd1 : gtp1 $teid / $ms / $up
		send peer0 to=$v0 : gtp0 $tid / $ms0 / $up
		expect fd0 : gtp0 $tid / $ms0 / $up
		silent in for=1
	END
}

everything | gt
sgsn | gt
finish
