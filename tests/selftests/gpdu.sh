#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# What becomes of a G-PDU, header by header: delivered octet for octet, or
# dropped and counted under its reason, which drop monitors see as well. The
# link's sockets are the kernel's, so that nothing is passed up.
#
#   +---------- GSN ----------+          +---------- PEER ---------+
#   | gtp0                    |   net0   |                         |
#   |   192.0.2.1:2152, :3386 |----------|  192.0.2.2:2152, :3386  |
#   +-------------------------+          +-------------------------+
#
#   contexts: v1 TEID 0x01020304, MS 10.45.0.2 and 2001:db8:45:2::/64
#             v0 TID 0x0102030405060708, MS 10.45.0.3

# shellcheck source-path=SCRIPTDIR source=lib.sh
. "${0%/*}/lib.sh"

# The rows of the list of differences.
codec="E=1 with next 0 dropped; comprehension bits ignored; length, PT unchecked"
full="kernel sockets: messages nobody reads fill the receive buffer"

netns GSN
netns PEER
pair "$GSN" 192.0.2.1/24 "$PEER" 192.0.2.2/24

v1=192.0.2.1:2152
v0=192.0.2.1:3386
teid=teid=0x01020304
tid=tid=0x0102030405060708
ms="ip4 src=10.45.0.2 dst=10.99.0.1"
ms0="ip4 src=10.45.0.3 dst=10.99.0.1"
ms6="ip6 src=2001:db8:45:2::1 dst=2001:db8:99::1"
up="udp 5000 6000 / text uplink"
# With its own lengths, so that more may follow: 34 octets.
whole="$ms len=34 / udp 5000 6000 len=14 sum=0 / text uplink"

# A G-PDU that is known to get through: when it is what comes next, nothing came
# before it.
fence="gtp1 $teid / $ms / udp 1 1 / text fence"
fenced="$ms / udp 1 1 / text fence"

trace=/sys/kernel/tracing
export GSN IP trace

# The link's counters: ethtool's, and of the usual ones those of packets lost.
# shellcheck disable=SC2317 # called by gtptest
reading() {
	nsenter --net="/run/netns/$GSN" sh -c 'ethtool -S gtp0; cat /proc/net/dev' 2>/dev/null | awk '
		/^ +[a-z_]+: [0-9]+$/ { print $1, $2 }
		sub(/gtp0:/, "") {
			print "RX-errors:", $3; print "RX-dropped:", $4; print "TX-errors:", $11
			print "TX-dropped:", $12; print "TX-collisions:", $14; print "TX-carrier:", $15
		}'
}

# From here on is counted and traced.
# shellcheck disable=SC2317 # called by gtptest
from_here() {
	reading >/tmp/reading
	: >"$trace/trace"
}

# because REASON COUNTER...: since the last time these have moved by one, no other,
# and the driver has dropped one packet for that reason, which its trace tells.
# shellcheck disable=SC2317 # called by gtptest
because() {
	local reason=$1 ret

	shift
	reading >/tmp/reading.now
	# Frees of that driver alone: others drop as well, in other namespaces too.
	awk -v want="$*" -v reason="$reason" '
		BEGIN { for (n = split(want, words, " "); n; n--) due[words[n] ":"] = 1 }
		FILENAME == "/tmp/reading" { before[$1] = $2; next }
		FILENAME == "/tmp/reading.now" {
			if ($2 - before[$1] != due[$1] + 0) { wrong = 1; print $1 " +" ($2 - before[$1]) }
			delete due[$1]
			next
		}
		/\[gtp\].*reason: / { drops++; if ($NF != reason) { wrong = 1; print $NF } }
		END {
			for (name in due) { wrong = 1; print name " is missing" }
			print drops + 0 " dropped"
			exit wrong || drops != 1
		}' /tmp/reading /tmp/reading.now "$trace/trace"
	ret=$?
	mv /tmp/reading.now /tmp/reading
	: >"$trace/trace"
	return "$ret"
}
export -f reading from_here because

trace_off() {
	echo 0 >"$trace/events/skb/kfree_skb/enable"
}

setup() {
	cat <<-END
		newlink ns=$GSN name=gtp0 up create=1 local=192.0.2.1 role=$1
		newpdp ns=$GSN link=gtp0 version=1 i_tei=0x01020304 o_tei=2 ms=10.45.0.2 peer=192.0.2.2
		newpdp ns=$GSN link=gtp0 version=1 i_tei=0x01020304 o_tei=2 ms6=2001:db8:45:2:: family=10 peer=192.0.2.2
		newpdp ns=$GSN link=gtp0 version=0 $tid flow=1 ms=10.45.0.3 peer=192.0.2.2
		capture in ns=$GSN dev=gtp0 only=17
		capture in6 ns=$GSN dev=gtp0 family=6 only=17
		udp peer ns=$PEER bind=192.0.2.2:2152
		udp peer0 ns=$PEER bind=192.0.2.2:3386
		sock raw ns=$PEER kind=rawip
	END
}

# delivered NAME PACKET INNER [STATEMENT]
delivered() {
	local to="peer to=$v1"

	[[ $2 != gtp0* ]] || to="peer0 to=$v0"
	cat <<-END
		test $1
		${4:-}
		send $to : $2
		expect in timeout=400 : $3
	END
}

# dropped NAME PACKET REASON COUNTER...: that the C driver drops it as well or does
# not, it does not say why.
dropped() {
	local name=$1 packet=$2 reason=$3 to="peer to=$v1"

	shift 3
	[[ $packet != gtp0* && $packet != "cut 1 / gtp0"* ]] || to="peer0 to=$v0"
	cat <<-END
		test $name: $1
		differs $codec
		send $to : $packet
		send peer to=$v1 : $fence
		expect in timeout=400 : $fenced
		sh because $reason $* RX-dropped
	END
}

headers() {
	local flags e='' type

	# E, S and PN, with fields in those that are not flagged.
	for flags in 1 2 3; do
		delivered "flags 0x3$flags: four octets more, of which the next type is not evaluated" \
			"gtp1 $teid flags=0x3$flags seq=0xffff npdu=0xff next=0x85 / $ms / $up" "$ms / $up"
	done
	for flags in 4 5 6 7; do
		delivered "flags 0x3$flags: an extension header" \
			"gtp1 $teid flags=0x3$flags seq=0xffff npdu=0xff ext=85:0009 / $ms / $up" "$ms / $up"
		delivered "flags 0x3$flags: next type 0 is no extension header" \
			"gtp1 $teid flags=0x3$flags seq=0xffff npdu=0xff next=0 / $ms / $up" "$ms / $up" \
			"differs $codec"
	done
	for flags in 8 9 a b; do
		delivered "flags 0x3$flags: the spare bit is not evaluated" \
			"gtp1 $teid flags=0x3$flags $([ $flags = 8 ] || echo "seq=1") / $ms / $up" "$ms / $up"
	done

	# The length.
	delivered "surplus octets are trimmed" "gtp1 $teid len=34 / $whole / hex deadbeef" "$whole" \
		"differs $codec"
	delivered "surplus octets behind extension headers are trimmed" \
		"gtp1 $teid ext=85:0009 len=42 / $whole / hex de" "$whole" "differs $codec"
	delivered "a thousand surplus octets are trimmed" \
		"gtp1 $teid len=34 / $whole / fill 1000 0xee" "$whole" "differs $codec"
	delivered "surplus octets of an IPv4 packet within the T-PDU are the packet's" \
		"gtp1 $teid / $whole / hex beef" "$whole / hex beef"
	delivered "surplus octets of version 0 are trimmed" \
		"gtp0 $tid len=20 / $ms0 len=20 / hex deadbeef" "$ms0 len=20" "differs $codec"
	cat <<-END
		test surplus octets that are outer fragments of their own are trimmed
		differs $codec
		send peer to=$v1 : gtp1 $teid len=34 / $whole / fill 3000 0xee
		expect in timeout=400 : $whole

		test an IPv6 T-PDU is trimmed
		differs $codec
		send peer to=$v1 : gtp1 $teid len=54 / $ms6 len=14 next=17 / udp 5000 6000 len=14 sum=0 / text uplink / hex dead
		expect in6 timeout=400 : $ms6 len=14 next=17 / udp 5000 6000 len=14 sum=0 / text uplink
	END

	# Extension headers.
	for type in 03 20 40 81 82 83 84 85 c0; do
		e=$e${e:+,}$type:0001
		delivered "known extension header 0x$type" "gtp1 $teid ext=$type:0001 / $ms / $up" "$ms / $up"
	done
	for type in 01 3f 41 7f; do
		delivered "unknown extension header 0x$type, which may be skipped" \
			"gtp1 $teid ext=$type:000102030405 / $ms / $up" "$ms / $up"
	done
	delivered "eight extension headers" "gtp1 $teid ext=${e#*,} / $ms / $up" "$ms / $up"
	delivered "an extension header of 1020 octets" \
		"gtp1 $teid next=0x85 / hex ff / fill 1018 / hex 00 / $ms / $up" "$ms / $up"
	delivered "the type is not looked for in the content" \
		"gtp1 $teid ext=85:8fffffffffff,20:ffff / $ms / $up" "$ms / $up"

	# Version 0.
	for flags in 0x10 0x1e 0x1f 0x16 0x1c; do
		delivered "version 0, flags $flags: spare bits and SNN are not evaluated" \
			"gtp0 $tid flags=$flags number=9 / $ms0 / $up" "$ms0 / $up"
	done

	# Dropped.
	echo "cleanup"
	echo "drain in"
	cat <<-END
		newpdp ns=$GSN link=gtp0 version=1 i_tei=5 o_tei=5 ms=10.45.0.5 peer=192.0.2.2
		newpdp ns=$GSN link=gtp0 version=1 i_tei=6 o_tei=6 ms6=2001:db8:45:6:: family=10 peer=192.0.2.2
		sh from_here
	END
	dropped "seven octets" "hex 30ff0000010203" HDR_TRUNC rx_malformed_too_short
	dropped "nothing" "hex ''" HDR_TRUNC rx_malformed_too_short
	dropped "nineteen octets of version 0" "cut 1 / gtp0 $tid" HDR_TRUNC rx_malformed_too_short
	dropped "an octet less than the length says" "gtp1 $teid len=35 / $whole" \
		PKT_TOO_SMALL rx_malformed_length_too_long
	dropped "the largest length" "gtp1 $teid len=65535 / $whole" \
		PKT_TOO_SMALL rx_malformed_length_too_long
	dropped "an octet less than version 0's length says" "gtp0 $tid len=21 / $ms0 len=20" \
		PKT_TOO_SMALL rx_malformed_length_too_long
	dropped "a length that ends within the optional octets" "gtp1 $teid len=3 seq=1 / $whole" \
		DEV_HDR rx_malformed_length_too_short
	dropped "a length of 0 with optional octets" "gtp1 $teid len=0 seq=1 / $whole" \
		DEV_HDR rx_malformed_length_too_short
	dropped "an extension header beyond the length" "gtp1 $teid next=0x85 len=40 / hex 0b000000 / $whole" \
		HDR_TRUNC rx_malformed_ext_truncated
	dropped "no extension header although one is flagged" "gtp1 $teid next=0x85" \
		HDR_TRUNC rx_malformed_ext_truncated
	dropped "a second extension header that is not there" "gtp1 $teid next=0x85 / hex 01000920" \
		HDR_TRUNC rx_malformed_ext_truncated
	dropped "an extension header that is behind the length" "gtp1 $teid ext=85:0009 len=4 / $whole" \
		HDR_TRUNC rx_malformed_ext_truncated
	dropped "an extension header of no length" "gtp1 $teid next=0x85 / hex 00000000 / $whole" \
		DEV_HDR rx_malformed_ext_zero_length
	dropped "nine extension headers" "gtp1 $teid ext=$e / $ms / $up" \
		DEV_HDR rx_malformed_ext_too_many
	dropped "a chain that leads into itself" "gtp1 $teid next=0x85 / $(chain 300)" \
		DEV_HDR rx_malformed_ext_too_many
	dropped "no T-PDU" "gtp1 $teid" HDR_TRUNC rx_malformed_inner_truncated
	dropped "no T-PDU behind extension headers" "gtp1 $teid ext=85:0009" \
		HDR_TRUNC rx_malformed_inner_truncated
	dropped "a T-PDU that is behind the length" "gtp1 $teid len=0 / $whole" \
		HDR_TRUNC rx_malformed_inner_truncated
	for e in 0 3 5 7 15; do
		dropped "an inner packet of version $e" "gtp1 $teid / $ms ver=$e / $up" \
			UNHANDLED_PROTO rx_malformed_inner_version
	done
	dropped "an inner packet of version 5 in version 0" "gtp0 $tid / $ms0 ver=5 / $up" \
		UNHANDLED_PROTO rx_malformed_inner_version
	dropped "GTP'" "gtp1 $teid flags=0x20 / $whole" UNHANDLED_PROTO rx_other_version
	dropped "GTP' of version 0" "gtp0 $tid flags=0x0e / $ms0" UNHANDLED_PROTO rx_other_version
	for e in 0x10 0x50 0x70 0xf0; do
		dropped "flags $e" "gtp1 $teid flags=$e / $whole / fill 12" UNHANDLED_PROTO rx_other_version
	done
	dropped "version 1 on the port of version 0" "gtp0 $tid flags=0x30 / $ms0" \
		UNHANDLED_PROTO rx_other_version
	dropped "the source of somebody else" "gtp1 $teid / ip4 src=10.45.0.3 dst=10.99.0.1 / $up" \
		IP_INVALID_SOURCE rx_not_from_ms
	dropped "the source of somebody else in version 0" "gtp0 $tid / $ms / $up" \
		IP_INVALID_SOURCE rx_not_from_ms
	dropped "an inner header that is cut short" "gtp1 $teid / hex 45000013" \
		IP_INVALID_SOURCE rx_not_from_ms
	# The tunnel is known, and none of its contexts is for such a packet.
	dropped "IPv6 on a context of IPv4" "gtp1 teid=5 / $ms6 / $up" IP_INVALID_SOURCE rx_not_from_ms
	dropped "a router solicitation there" \
		"gtp1 teid=5 / ip6 src=fe80::1 dst=ff02::2 hlim=255 / icmp type=133 sum=1" \
		IP_INVALID_SOURCE rx_not_from_ms
	dropped "IPv6 on a context of IPv4 in version 0" "gtp0 $tid / $ms6 / $up" \
		IP_INVALID_SOURCE rx_not_from_ms
	dropped "IPv4 on a context of IPv6" "gtp1 teid=6 / $whole" IP_INVALID_SOURCE rx_not_from_ms
	dropped "TEID 0" "gtp1 teid=0 / $whole" NO_TX_TARGET rx_unknown_tunnel
	for e in 3 4 31 32 240 253; do
		dropped "message type $e" "gtp1 teid=9 type=$e / hex 00" NO_SOCKET rx_unhandled_message
	done
	dropped "an End Marker of no tunnel" "gtp1 teid=9 type=254 / hex 00" NO_TX_TARGET rx_unknown_tunnel
	for e in 3 4 16 200; do
		dropped "message type $e of version 0" "gtp0 tid=9 type=$e" NO_SOCKET rx_unhandled_message
	done
	dropped "an Error Indication about nothing" "gtp1 teid=0 type=26 seq=1" \
		DEV_HDR rx_malformed_ie_missing
	dropped "an Error Indication that ends within a TEID" "gtp1 teid=0 type=26 seq=1 / hex 10000000" \
		DEV_HDR rx_malformed_ie_truncated
	dropped "an Error Indication with an address of five octets" \
		"gtp1 teid=0 type=26 seq=1 / hex 1000000001_850005c000020201" DEV_HDR rx_malformed_ie_length
	dropped "an Error Indication with an element that hides the others" \
		"gtp1 teid=0 type=26 seq=1 / hex 05_1000000001" DEV_HDR rx_malformed_ie_unknown
	dropped "an Error Indication with a PDU session of no known type" \
		"gtp1 teid=0 type=26 seq=1 ext=85:2009 / hex 1000000001_8500047f000001" \
		DEV_HDR rx_malformed_session_type
	dropped "an Error Indication with a PDU session that is cut short" \
		"gtp1 teid=0 type=26 seq=1 ext=85:0080 / hex 1000000001_8500047f000001" \
		DEV_HDR rx_malformed_session_truncated
	for e in 8f 86 80 bf c1 ff; do
		echo "sleep 150"
		dropped "unknown extension header 0x$e, which must be understood" \
			"gtp1 $teid ext=20:0001,$e:0001 / $ms / $up" \
			UNHANDLED_PROTO rx_unknown_extension extension_notifications_sent
	done
	echo "sleep 150"
	dropped "an unknown TEID" "gtp1 teid=9 / $whole" NO_TX_TARGET rx_unknown_tunnel error_indications_sent
	echo "sleep 150"
	dropped "an unknown TID" "gtp0 tid=9 / $ms0" NO_TX_TARGET rx_unknown_tunnel error_indications_sent
	cat <<-END
		test congestion on a packet that knows no marks: rx_ecn
		differs ECN of the outer header lost
		send raw to=192.0.2.1:0 : ip4 src=192.0.2.2 dst=192.0.2.1 id=1 tos=3 / udp 2152 2152 / gtp1 $teid / $ms / $up
		send peer to=$v1 : $fence
		expect in timeout=400 : $fenced
		sh because IP_TUNNEL_ECN rx_ecn RX-dropped

		cleanup
		drain in peer peer0
	END
}

# chain N: extension headers of four octets, of which none is the last.
chain() {
	local n text=

	for ((n = 0; n < $1; n++)); do
		text=${text}01000085
	done
	echo "hex $text"
}

# undelivered NAME PACKET REASON COUNTER...: a packet into the link that is dropped.
undelivered() {
	local name=$1 packet=$2 reason=$3

	shift 3
	cat <<-END
		test $name: $1
		differs $codec
		send in $packet
		sh because $reason $* TX-errors
	END
}

sent() {
	local dl="ip4 src=10.99.0.1 dst=10.45.0.2 / udp 1 2"

	undelivered "no context for the destination" ": ip4 src=10.99.0.1 dst=10.45.0.99 / udp 1 2" \
		NO_TX_TARGET tx_no_context
	undelivered "no context for an IPv6 destination" ": ip6 src=2001:db8::1 dst=2001:db8:45:3::1 / udp 1 2" \
		NO_TX_TARGET tx_no_context
	undelivered "neither IPv4 nor IPv6" "proto=0x88cc : hex 0207040102030405" \
		UNHANDLED_PROTO tx_not_ip
	undelivered "an IPv4 header cut short" "proto=0x0800 : hex 4500001400000000" \
		HDR_TRUNC tx_truncated
	echo "newpdp ns=$GSN link=gtp0 version=1 i_tei=20 o_tei=20 ms=10.45.0.20 peer=203.0.113.1"
	undelivered "no route to the peer" ": ip4 src=10.99.0.1 dst=10.45.0.20 / udp 1 2" \
		IP_OUTNOROUTES tx_no_route TX-carrier
	echo "sh $IP -n $GSN route add 203.0.113.0/24 dev gtp0"
	undelivered "the peer behind the link itself" ": ip4 src=10.99.0.1 dst=10.45.0.20 / udp 1 2" \
		RECURSION_LIMIT tx_recursion TX-collisions
	cat <<-END
		test after all that a packet is sent
		drain peer
		send in : $dl
		expect peer : gtp1 teid=2 / $dl

		cleanup
		dellink ns=$GSN dev=gtp0
		close in in6 peer peer0 raw
	END
}

# What a message does that nobody reads, in great number.
unread() {
	setup 0
	cat <<-END
		udp flooder ns=$PEER connect=$v1
		udp flooder0 ns=$PEER connect=$v0
		test no message stays in the receive buffers
		differs $full
		flood flooder count=50 : gtp1 teid=5 type=254 / fill 1000
		flood flooder count=50 : gtp1 teid=5 / $ms / $up
		flood flooder count=50 : gtp1 $teid flags=0x50 / $ms / $up
		flood flooder0 count=50 : gtp0 tid=5 / $ms / $up
		flood flooder0 count=50 : gtp0 tid=5 type=3
		send peer to=$v1 : $fence
		expect in : $fenced
		sh $IP netns exec $GSN ss -Huan | awk '/:2152|:3386/ { n++; busy += \$2 } END { exit !n || busy }'

		cleanup
		dellink ns=$GSN dev=gtp0
	END
}

everything() {
	setup 0
	headers
	sent
}

echo 1 >"$trace/events/skb/kfree_skb/enable" || skip_all "no tracefs"
everything | gt
unread | gt
trace_off
finish
