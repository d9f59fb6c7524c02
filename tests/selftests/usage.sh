#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Usage per context, on links that were asked to count it: packets and octets in both
# directions whatever offloads join or cut, drops, idle time, a threshold and a quota, each
# told once; and nothing of it for who does not ask.
#
#   +------------ GSN -----------+          +------------ PEER -----------+
#   | gtp0 (counts), gtp1        |   net0   | gtp0 (counts, in some tests)|
#   |   192.0.2.1, 2001:db8:a::1 |----------| 192.0.2.2, 2001:db8:a::2    |
#   | lo  10.99.0.1              |   1500   | lo  10.45.0.2               |
#   +----------------------------+          +-----------------------------+
#
#   MS 10.45.0.2, 2001:db8:45:2::/64 (v1: TEID 1), 10.45.0.3 (v0: TID 1),
#   10.45.0.4 (v1: TEID 4, whose peer there is no route to)

# Functions are called by `check` and by gtptest.
# shellcheck disable=SC2317
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "${0%/*}/lib.sh"

if [ "$DRIVER" = c ]; then
	ktap_skip "usage per context" "the C driver counts no usage"
	finish
fi
command -v gtpctl >/dev/null || skip_all "no gtpctl"
netns GSN
netns PEER
# shellcheck disable=SC2153 # netns sets them
with_ipv6 "$GSN" "$PEER"
pair "$GSN" 192.0.2.1/24 "$PEER" 192.0.2.2/24
"$IP" -n "$GSN" addr add 2001:db8:a::1/64 dev net0 nodad
"$IP" -n "$PEER" addr add 2001:db8:a::2/64 dev net0 nodad
"$IP" -n "$GSN" addr add 10.99.0.1/32 dev lo
"$IP" -n "$PEER" addr add 10.45.0.2/32 dev lo
export GSN PEER IP

four="version=1 i_tei=1 o_tei=1 ms=10.45.0.2"
six="version=1 i_tei=1 o_tei=1 ms6=2001:db8:45:2:: family=10"
old="version=0 tid=1 flow=1 ms=10.45.0.3"
lost="version=1 i_tei=4 o_tei=4 ms=10.45.0.4 peer=203.0.113.9"
four_get="version=1 ms=10.45.0.2"
# What a reply has said at all times.
four_reply="version=1 link=gtp0@$GSN family=2 ms=10.45.0.2 peer=192.0.2.2 i_tei=1 o_tei=1"

get="getpdp ns=$GSN link=gtp0 stats="
new="newpdp ns=$GSN link=gtp0"

# down LENGTH: to the MS 10.45.0.2, with that many octets behind 28.
down() {
	echo "send dev : ip4 src=10.99.0.1 dst=10.45.0.2 / udp 1 2 / fill $1"
}

# up LENGTH: from it; waits until it is there.
up() {
	cat <<-END
		send peer to=$at:2152 : gtp1 teid=1 / ip4 src=10.45.0.2 dst=10.99.0.1 / udp 2 1 / fill $1
		expect dev : ip4 src=10.45.0.2 dst=10.99.0.1 / udp 2 1 / fill $1
	END
}

# fence: what came before on the same socket has been handled.
fence() {
	cat <<-END
		send peer to=$at:2152 : gtp1 teid=1 / ip6 src=2001:db8:45:2::9 dst=2001:db8:99::1 / udp 2 1 / text fence
		expect dev6 : ip6 src=2001:db8:45:2::9 dst=2001:db8:99::1 / udp 2 1 / text fence
	END
}

# link FAMILY: a link that counts, with its contexts; a listener `ear`.
link() {
	local local=local=192.0.2.1 peer=peer=192.0.2.2 bind=192.0.2.2

	at=192.0.2.1
	[ "$1" = 4 ] || local=local6=2001:db8:a::1 peer=peer6=2001:db8:a::2 bind='[2001:db8:a::2]' \
		at='[2001:db8:a::1]'
	cat <<-END
		newlink ns=$GSN name=gtp0 up mtu=9000 create=1 $local usage=1
		setlink ns=$GSN dev=gtp0 mtu=9000
		retry sh $IP netns exec $GSN ping -c 1 -W 1 ${peer#*=}
		capture dev ns=$GSN dev=gtp0 only=17
		capture dev6 ns=$GSN dev=gtp0 family=6 only=17
		udp peer ns=$PEER bind=$bind:2152
		udp peer0 ns=$PEER bind=$bind:3386
		$new $four $peer
		$new $six $peer
		$new $old $peer
		subscribe ear ns=$GSN
	END
}

unlink() {
	cat <<-END
		cleanup
		dellink ns=$GSN dev=gtp0
		close dev dev6 peer peer0 ear
	END
}

# counts FAMILY of the outer header.
counts() {
	local outer=IPv$1
	link "$1"
	cat <<-END
		test $outer outside: a new context has carried nothing
		$get $four_get
		usage

		test $outer outside, IPv4 inside: packets and octets in both directions
		$(down 100)
		$(down 0)
		$(up 1000)
		$get $four_get
		usage tx_packets=2 tx_bytes=156 rx_packets=1 rx_bytes=1028

		test $outer outside, IPv4 inside: what is behind the T-PDU does not count
		send peer to=$at:2152 : gtp1 teid=1 len=32 / ip4 src=10.45.0.2 dst=10.99.0.1 len=32 / udp 2 1 len=12 sum=1 / hex 0102030405060708
		expect dev : ip4 src=10.45.0.2 dst=10.99.0.1 len=32 / udp 2 1 len=12 sum=1 / hex 01020304
		$get $four_get
		usage tx_packets=2 tx_bytes=156 rx_packets=2 rx_bytes=1060

		test $outer outside, IPv6 inside
		send dev6 : ip6 src=2001:db8:99::1 dst=2001:db8:45:2::9 / udp 1 2 / fill 100
		$(fence)
		$get version=1 ms6=2001:db8:45:2:: family=10
		usage tx_packets=1 tx_bytes=148 rx_packets=1 rx_bytes=53

		test $outer outside, version 0
		send dev : ip4 src=10.99.0.1 dst=10.45.0.3 / udp 1 2 / fill 10
		send peer0 to=$at:3386 : gtp0 tid=1 flow=1 / ip4 src=10.45.0.3 dst=10.99.0.1 / udp 2 1 / fill 20
		expect dev : ip4 src=10.45.0.3 dst=10.99.0.1 / udp 2 1 / fill 20
		$get version=0 tid=1
		usage tx_packets=1 tx_bytes=38 rx_packets=1 rx_bytes=48

		test $outer outside: found by TEID it is the same one
		$get version=1 i_tei=1
		usage tx_packets=2 tx_bytes=156 rx_packets=2 rx_bytes=1060

		test $outer outside: an inner fragment that is fragmented outside is one packet
		send dev : ip4 src=10.99.0.1 dst=10.45.0.2 / udp 1 2 / fill 2972
		$get $four_get
		usage tx_packets=3 tx_bytes=3156 rx_packets=2 rx_bytes=1060

		test $outer outside: too big for the path is dropped
		send dev : ip4 src=10.99.0.1 dst=10.45.0.2 df / udp 1 2 / fill 2972
		$get $four_get
		usage tx_packets=3 tx_bytes=3156 tx_dropped=1 rx_packets=2 rx_bytes=1060

		test $outer outside: from another than the MS is dropped, and no other counts it
		send peer to=$at:2152 : gtp1 teid=1 / ip4 src=10.45.0.3 dst=10.99.0.1 / udp 2 1 / text no
		$(fence)
		$get $four_get
		usage tx_packets=3 tx_bytes=3156 tx_dropped=1 rx_packets=2 rx_bytes=1060 rx_dropped=1
		$get version=0 tid=1
		usage tx_packets=1 tx_bytes=38 rx_packets=1 rx_bytes=48

		test $outer outside: idle since the last packet
		$(down 0)
		$get $four_get
		usage idle=0..1900 tx_packets=4 tx_bytes=3184 tx_dropped=1 rx_packets=2 rx_bytes=1060 rx_dropped=1
		sleep 2000
		$get $four_get
		usage idle=1950..60000 tx_packets=4 tx_bytes=3184 tx_dropped=1 rx_packets=2 rx_bytes=1060 rx_dropped=1
		$(up 0)
		$get $four_get
		usage idle=0..1900 tx_packets=4 tx_bytes=3184 tx_dropped=1 rx_packets=3 rx_bytes=1088 rx_dropped=1

		test $outer outside: a link that is down carries nothing
		sh $IP -n $GSN link set gtp0 down
		send peer to=$at:2152 : gtp1 teid=1 / ip4 src=10.45.0.2 dst=10.99.0.1 / udp 2 1
		sleep 100
		sh $IP -n $GSN link set gtp0 up
		$get $four_get
		usage tx_packets=4 tx_bytes=3184 tx_dropped=1 rx_packets=3 rx_bytes=1088 rx_dropped=2

		test $outer outside: nothing was told
		notified ear nothing
	END
	unlink
}

drops() {
	link 4
	cat <<-END
		$new $lost
		test no route to the peer: dropped
		send dev : ip4 src=10.99.0.1 dst=10.45.0.4 / udp 1 2 / text lost
		$get version=1 i_tei=4
		usage tx_dropped=1

		test a T-PDU of a family that the tunnel's context is not for: dropped
		send peer to=192.0.2.1:2152 : gtp1 teid=4 / ip6 src=2001:db8:45:4::9 dst=2001:db8:99::1 / udp 2 1 / text no
		$(fence)
		$get version=1 i_tei=4
		usage tx_dropped=1 rx_dropped=1

		cleanup
		dellink ns=$GSN dev=gtp0
		close dev
		test what a process gets is not dropped
		udp fd1 ns=$GSN bind=192.0.2.1:2152
		newlink ns=$GSN name=gtp0 up fd1=fd1 usage=1
		capture dev ns=$GSN dev=gtp0
		$new $four peer=192.0.2.2
		send peer to=192.0.2.1:2152 : gtp1 teid=1 / ip4 src=10.45.0.9 dst=10.99.0.1 / udp 2 1 / text no
		expect fd1 : gtp1 teid=1 / ip4 src=10.45.0.9 dst=10.99.0.1 / udp 2 1 / text no
		send peer to=192.0.2.1:2152 : gtp1 teid=1 / ip6 src=2001:db8:45:2::9 dst=2001:db8:99::1 / udp 2 1 / text no
		expect fd1 : gtp1 teid=1 / ip6 src=2001:db8:45:2::9 dst=2001:db8:99::1 / udp 2 1 / text no
		$(up 0)
		$get $four_get
		usage rx_packets=1 rx_bytes=28
	END
	unlink
}

# loops FAMILY of the outer header of gtp0: its peer is behind gtp1, whose peer is behind gtp0,
# which is the last one that has the packet.
loops() {
	local outer=IPv$1 local=local=192.0.2.1 peer=peer=10.46.0.1 ms=ms=10.46.0.1 len=68
	local in="ip4 src=10.99.0.1 dst=10.46.0.1" wire="ip4 src=192.0.2.1 dst=10.46.0.1 id=*"

	[ "$1" = 4 ] || local=local6=2001:db8:a::1 peer=peer6=2001:db8:46::1 len=88 \
		ms="ms6=2001:db8:46:: family=10" in="ip6 src=2001:db8:99::1 dst=2001:db8:46::1" \
		wire="ip6 src=2001:db8:a::1 dst=2001:db8:46::1"
	cat <<-END
		sh $IP -n $GSN addr add 192.0.2.7/24 dev net0
		newlink ns=$GSN name=gtp0 up create=1 $local usage=1
		newlink ns=$GSN name=gtp1 up create=1 local=192.0.2.7
		$new $old $peer
		newpdp ns=$GSN link=gtp1 version=1 i_tei=1 o_tei=1 $ms peer=10.45.0.3
		sh $IP -n $GSN route add 10.45.0.3/32 dev gtp0
		sh $IP -n $GSN route add 10.46.0.1/32 dev gtp1
		sh $IP -n $GSN route add 2001:db8:46::1/128 dev gtp1
		capture dev ns=$GSN dev=gtp0 only=17
		capture loop ns=$GSN dev=gtp1 family=$1 only=17
		capture wire ns=$PEER dev=net0 family=$1 only=17

		test $outer outside: a packet that goes round is dropped, and not sent
		send loop : $in / udp 1 2 / text loop
		$get version=0 tid=1
		usage tx_packets=1 tx_bytes=$len tx_dropped=1

		test $outer outside: and counted as such
		sh $IP netns exec $GSN ethtool -S gtp0 | grep -q 'tx_recursion: 1$'
		sh $IP netns exec $GSN cat /sys/class/net/gtp0/statistics/collisions | grep -qx 1

		test $outer outside: the sequence number that was not sent is the next one's
		sh $IP -n $GSN route replace 10.46.0.1/32 via 192.0.2.2
		sh $IP -n $GSN route replace 2001:db8:46::1/128 via 2001:db8:a::2
		send dev : ip4 src=10.99.0.1 dst=10.45.0.3 / udp 1 2 / text out
		expect wire timeout=2000 : $wire / udp 3386 3386 / gtp0 tid=1 flow=1 seq=1 / ip4 src=10.99.0.1 dst=10.45.0.3 / udp 1 2 / text out

		cleanup
		dellink ns=$GSN dev=gtp0
		dellink ns=$GSN dev=gtp1
		sh $IP -n $GSN addr del 192.0.2.7/24 dev net0
		sh $IP -n $GSN route del 10.46.0.1/32
		sh $IP -n $GSN route del 2001:db8:46::1/128
		close dev loop wire
	END
}

# Datagrams that were sent at once and are cut, since each of version 0 has a number of its
# own: what becomes of one need not become of the next.
partly() {
	cat <<-END
		newlink ns=$GSN name=gtp0 up create=1 local=192.0.2.1 usage=1
		setlink ns=$GSN dev=gtp0 mtu=1500
		sh $IP -n $GSN addr add 2001:db8:99::1/128 dev lo nodad
		sh $IP -n $GSN route add 2001:db8:45::/48 dev gtp0 src 2001:db8:99::1
		sh $IP -n $GSN route add 192.0.2.9/32 dev net0 mtu 1400
		sh $IP -n $GSN link add tun0 type ipip local 192.0.2.1 remote 192.0.2.2
		sh $IP -n $GSN link set tun0 up mtu 1500
		sh $IP -n $GSN route add 203.0.113.9/32 dev tun0
		$new version=0 tid=1 flow=1 ms6=2001:db8:45:3:: family=10 peer=192.0.2.9
		$new version=0 tid=2 flow=1 ms6=2001:db8:45:4:: family=10 peer=203.0.113.9

		test the full ones are too big for the path: the short last one is sent
		udp app ns=$GSN bind=[2001:db8:99::1]:5000 connect=[2001:db8:45:3::1]:6000 gso=1352
		send app : fill 2804
		$get version=0 tid=1 family=10
		usage tx_packets=1 tx_bytes=148 tx_dropped=2

		test those that are dropped are counted one by one
		sh $IP netns exec $GSN ethtool -S gtp0 | grep -q 'tx_too_big: 2$'

		# The first one shows that the tunnel behind the path takes less.
		test the first one is sent, and the path is too small for the others
		udp app2 ns=$GSN bind=[2001:db8:99::1]:5001 connect=[2001:db8:45:4::1]:6000 gso=1404
		send app2 : fill 4212
		$get version=0 tid=2 family=10
		usage tx_packets=1 tx_bytes=1452 tx_dropped=2
		sh $IP netns exec $GSN ethtool -S gtp0 | grep -q 'tx_too_big: 4$'

		cleanup
		dellink ns=$GSN dev=gtp0
		dellink ns=$GSN dev=tun0
		sh $IP -n $GSN addr del 2001:db8:99::1/128 dev lo
		sh $IP -n $GSN route del 192.0.2.9/32
		close app app2
	END
}

limits() {
	local told="told ear $four_reply"

	link 4
	cat <<-END
		test a threshold is shown
		$new flags=replace $four peer=192.0.2.2 threshold=1000
		notified ear cmd=newpdp $four_reply
		$get $four_get
		usage threshold=1000 reached=0

		test it is not told of one octet before
		$(down 471)
		$(up 472)
		$get $four_get
		usage tx_packets=1 tx_bytes=499 rx_packets=1 rx_bytes=500 threshold=1000 reached=0
		notified ear nothing

		test and once when it is reached, by octets of both directions
		$(down 0)
		$told
		usage event=1 tx_packets=2 tx_bytes=527 rx_packets=1 rx_bytes=500 threshold=1000 reached=1
		$(up 0)
		$(down 0)
		notified ear nothing
		$get $four_get
		usage tx_packets=3 tx_bytes=555 rx_packets=2 rx_bytes=528 threshold=1000 reached=1

		test a change and a replacement keep counters and limits, and do not tell again
		$new version=1 i_tei=7 o_tei=1 ms=10.45.0.2 peer=192.0.2.2
		notified ear cmd=newpdp version=1 link=gtp0@$GSN family=2 ms=10.45.0.2 peer=192.0.2.2 i_tei=7 o_tei=1
		$new flags=replace $four peer=192.0.2.2
		notified ear cmd=newpdp $four_reply
		$(down 0)
		$(up 0)
		notified ear nothing
		$get $four_get
		usage tx_packets=4 tx_bytes=583 rx_packets=3 rx_bytes=556 threshold=1000 reached=1

		test one that is refused leaves them alone
		$new flags=excl $four peer=192.0.2.2 threshold=2000 => EEXIST
		$new flags=replace $four peer=192.0.2.2 threshold=0x1000000000000000 => EINVAL
		$get $four_get
		usage tx_packets=4 tx_bytes=583 rx_packets=3 rx_bytes=556 threshold=1000 reached=1

		test set anew it is told again
		$new flags=replace $four peer=192.0.2.2 threshold=1150
		notified ear cmd=newpdp $four_reply
		$get $four_get
		usage tx_packets=4 tx_bytes=583 rx_packets=3 rx_bytes=556 threshold=1150 reached=0
		$(up 0)
		$told
		usage event=1 tx_packets=4 tx_bytes=583 rx_packets=4 rx_bytes=584 threshold=1150 reached=1

		test and at once, if there has been as much already
		$new flags=replace $four peer=192.0.2.2 threshold=1150
		notified ear cmd=newpdp $four_reply
		$told
		usage event=1 tx_packets=4 tx_bytes=583 rx_packets=4 rx_bytes=584 threshold=1150 reached=1
		notified ear nothing

		test a quota that is only told of drops nothing
		$new flags=replace $four peer=192.0.2.2 threshold=-1 quota=1200
		notified ear cmd=newpdp $four_reply
		$(down 100)
		$told
		usage event=2 tx_packets=5 tx_bytes=711 rx_packets=4 rx_bytes=584 quota=1200 action=0 reached=2
		$(down 0)
		$(up 0)
		$get $four_get
		usage tx_packets=6 tx_bytes=739 rx_packets=5 rx_bytes=612 quota=1200 action=0 reached=2
		notified ear nothing

		test one packet reaches both: each is told
		$new flags=replace $four peer=192.0.2.2 threshold=1400 quota=1400 action=1
		notified ear cmd=newpdp $four_reply
		$(down 100)
		$told
		usage event=1 tx_packets=7 tx_bytes=867 rx_packets=5 rx_bytes=612 threshold=1400 quota=1400 action=1 reached=1
		$told
		usage event=2 tx_packets=7 tx_bytes=867 rx_packets=5 rx_bytes=612 threshold=1400 quota=1400 action=1 reached=3

		test beyond the quota both directions are dropped, of this context alone
		drain peer
		$(down 0)
		send peer to=192.0.2.1:2152 : gtp1 teid=1 / ip4 src=10.45.0.2 dst=10.99.0.1 / udp 2 1 / text no
		$(fence)
		silent dev peer for=20
		$get $four_get
		usage tx_packets=7 tx_bytes=867 tx_dropped=1 rx_packets=5 rx_bytes=612 rx_dropped=1 threshold=1400 quota=1400 action=1 reached=3
		notified ear nothing
		sh $IP netns exec $GSN ethtool -S gtp0 | grep -q 'tx_over_quota: 1$'
		sh $IP netns exec $GSN ethtool -S gtp0 | grep -q 'rx_over_quota: 1$'

		test a change and a replacement do not open it
		$new version=1 i_tei=7 o_tei=1 ms=10.45.0.2 peer=192.0.2.2
		$new flags=replace $four peer=192.0.2.2 threshold=-1
		$(down 0)
		silent peer for=5
		$get $four_get
		usage tx_packets=7 tx_bytes=867 tx_dropped=2 rx_packets=5 rx_bytes=612 rx_dropped=1 quota=1400 action=1 reached=2
		drain peer

		test a larger one does, and none at all
		close ear
		subscribe ear ns=$GSN
		$new flags=replace $four peer=192.0.2.2 quota=1600 action=1
		notified ear cmd=newpdp $four_reply
		$(down 0)
		$(up 0)
		notified ear nothing
		$new flags=replace $four peer=192.0.2.2 quota=-1
		notified ear cmd=newpdp $four_reply
		$(down 1000)
		$(up 0)
		$get $four_get
		usage tx_packets=9 tx_bytes=1923 tx_dropped=2 rx_packets=7 rx_bytes=668 rx_dropped=1
		notified ear nothing

		test a quota of nothing is reached at once
		$new flags=replace $four peer=192.0.2.2 quota=0 action=1
		notified ear cmd=newpdp $four_reply
		$told
		usage event=2 tx_packets=9 tx_bytes=1923 tx_dropped=2 rx_packets=7 rx_bytes=668 rx_dropped=1 quota=0 action=1 reached=2
		drain peer
		$(down 0)
		silent peer for=5

		test a new context with a quota; the other family has none of it
		delpdp ns=$GSN link=gtp0 version=1 ms=10.45.0.2
		notified ear cmd=delpdp $four_reply
		$new $four peer=192.0.2.2 quota=28
		notified ear cmd=newpdp $four_reply
		$(down 0)
		$told
		usage event=2 tx_packets=1 tx_bytes=28 quota=28 action=0 reached=2
	END
	unlink
}

# Who does not ask sees what he has always seen; links that do not count have nothing.
invisible() {
	link 4
	cat <<-END
		newlink ns=$GSN name=gtp1 fd0=-1 fd1=-1

		test a link that counts says so
		linkdata ns=$GSN dev=gtp0 hashsize=1024 role=0 restart=0 usage=1
		linkdata ns=$GSN dev=gtp1 hashsize=1024 role=0 restart=0

		test replies and dumps are what they were
		$(down 10)
		getpdp ns=$GSN link=gtp0 $four_get
		reply $four_reply
		dump ns=$GSN
		dumped 3 unique
		dumped has $four_reply
		dump ns=$GSN link=gtp0
		dumped 3 unique
		dumped has $four_reply

		test notifications are, too
		$new flags=replace $four peer=192.0.2.2 threshold=5000
		notified ear cmd=newpdp $four_reply
		delpdp ns=$GSN link=gtp0 version=1 ms=10.45.0.2
		notified ear cmd=delpdp $four_reply
		dellink ns=$GSN dev=gtp0
		dellink ns=$GSN dev=gtp1

		test a link that was not asked to counts nothing, and takes no limits
		newlink ns=$GSN name=gtp0 up create=1 local=192.0.2.1
		$new $four peer=192.0.2.2
		$get $four_get
		reply $four_reply
		usage none
		$new flags=replace $four peer=192.0.2.2 threshold=5000 => EOPNOTSUPP
		blames 72
		says The device counts no usage: make it with IFLA_GTP_USAGE
		$new flags=replace $four peer=192.0.2.2 quota=5000 => EOPNOTSUPP
		$new flags=replace $four peer=192.0.2.2 action=1 => EOPNOTSUPP
		$get $four_get
		reply $four_reply
		dellink ns=$GSN dev=gtp0

		test one that was asked not to is the same
		newlink ns=$GSN name=gtp0 up create=1 local=192.0.2.1 usage=0
		linkdata ns=$GSN dev=gtp0 hashsize=1024 role=0 restart=0
		$new $four peer=192.0.2.2
		$get $four_get
		usage none
		dellink ns=$GSN dev=gtp0

		test what is not valid is refused, with a reason
		newlink ns=$GSN name=gtp0 create=1 usage=2 => EINVAL
		newlink ns=$GSN name=gtp0 create=1 68:hex= => ERANGE
		newlink ns=$GSN name=gtp0 create=1 usage=1
		$new $four peer=192.0.2.2 action=1 => EINVAL
		blames 74
		$new $four peer=192.0.2.2 quota=1 action=2 => EINVAL
		blames 74
		$new $four peer=192.0.2.2 quota=0x1000000000000000 => EINVAL
		$new $four peer=192.0.2.2 72:u32=1 => ERANGE
		$new $four peer=192.0.2.2 threshold=0x0fffffffffffffff quota=0x0fffffffffffffff action=1
		$get $four_get
		usage threshold=0x0fffffffffffffff quota=0x0fffffffffffffff action=1 reached=0
		extacks
	END
	unlink
}

counts 4 | gt
counts 6 | gt
drops | gt
loops 4 | gt
loops 6 | gt
partly | gt
limits | gt
invisible | gt

# --- Two links, with offloads -------------------------------------------------

ctl() {
	gtpctl -n "$@"
}

# tunnel OUTER: links that count on both sides, with routes.
tunnel() {
	local ours=192.0.2.1 theirs=192.0.2.2

	[ "$1" = 4 ] || ours=2001:db8:a::1 theirs=2001:db8:a::2
	ctl "$GSN" link add gtp0 role ggsn local "$ours" usage up &&
		ctl "$PEER" link add gtp0 role sgsn local "$theirs" usage up &&
		ctl "$GSN" pdp add dev gtp0 i_tei 1 o_tei 2 ms 10.45.0.2 peer "$theirs" &&
		ctl "$PEER" pdp add dev gtp0 i_tei 2 o_tei 1 ms 10.45.0.2 peer "$ours" &&
		"$IP" -n "$GSN" route add 10.45.0.2/32 dev gtp0 src 10.99.0.1 &&
		"$IP" -n "$PEER" route add 10.99.0.1/32 dev gtp0 src 10.45.0.2
}

untunnel() {
	ctl "$GSN" link del gtp0
	ctl "$PEER" link del gtp0
}

# used NS KEY: a number of the only context there.
used() {
	ctl "$1" --json pdp get --stats dev gtp0 ms 10.45.0.2 | grep -oP "\"$2\":\K[0-9]+"
}

# same: what one side has sent the other has received.
same() {
	local here there

	here="$(used "$GSN" tx_packets) $(used "$GSN" tx_bytes)"
	here+=" $(used "$GSN" rx_packets) $(used "$GSN" rx_bytes)"
	there="$(used "$PEER" rx_packets) $(used "$PEER" rx_bytes)"
	there+=" $(used "$PEER" tx_packets) $(used "$PEER" tx_bytes)"
	[ "$here" = "$there" ] || {
		echo "$here here, $there there"
		return 1
	}
}

# stream [WORDS...]: four megabytes of TCP to the GSN. More segments than the link has seen
# packets, if they came whole.
stream() {
	iperf3_server "$GSN" 10.99.0.1 || return
	"$IP" netns exec "$PEER" timeout 60 iperf3 -c 10.99.0.1 -n 4M "$@" >/tmp/iperf3 ||
		{ cat /tmp/iperf3 && return 1; }
}

# segments LENGTH...: datagrams of 1,000 octets, sent at once from the GSN.
segments() {
	cat <<-END
		udp app ns=$GSN bind=10.99.0.1:5000 connect=10.45.0.2:6000 gso=1000
		udp phone ns=$PEER bind=10.45.0.2:6000
		test $wire: datagrams sent at once count one by one
		send app : fill 5000
		$(for n in 1 2 3 4 5; do echo "expect phone timeout=2000 : fill 1000"; done)
		getpdp ns=$GSN link=gtp0 stats= $four_get
		usage tx_packets=5 tx_bytes=5140
		retry getpdp ns=$PEER link=gtp0 stats= $four_get
		usage rx_packets=5 rx_bytes=5140
		test $wire: and a shorter last one
		send app : fill 2001
		expect phone timeout=2000 : fill 1000
		expect phone timeout=2000 : fill 1000
		expect phone timeout=2000 : fill 1
		getpdp ns=$GSN link=gtp0 stats= $four_get
		usage tx_packets=8 tx_bytes=7225
		getpdp ns=$PEER link=gtp0 stats= $four_get
		usage rx_packets=8 rx_bytes=7225
		close app phone
	END
}

in_large_packets "$GSN" "$PEER"
for outer in 4 6; do
	for wire in whole cut; do
		onoff=on
		[ $wire = whole ] || onoff=off
		"$IP" netns exec "$PEER" ethtool -K net0 tx on tso $onoff tx-udp-segmentation $onoff \
			tx-udp_tnl-segmentation $onoff tx-udp_tnl-csum-segmentation $onoff >/dev/null
		"$IP" netns exec "$GSN" ethtool -K net0 tx on tso $onoff tx-udp-segmentation $onoff \
			tx-udp_tnl-segmentation $onoff tx-udp_tnl-csum-segmentation $onoff gro on >/dev/null
		check "IPv$outer, $wire on the wire: a tunnel" tunnel $outer
		segments | gt
		check "IPv$outer, $wire: a stream" stream
		check "IPv$outer, $wire: both ends have counted the same" until_true same
		check "IPv$outer, $wire: a stream the other way" stream -R
		check "IPv$outer, $wire: both ends have counted the same again" until_true same
		seen=$("$IP" netns exec "$GSN" cat /sys/class/net/gtp0/statistics/rx_packets)
		check "IPv$outer, $wire: segments count, not what the link has seen ($seen)" \
			test "$(used "$GSN" rx_packets)" -gt "$((seen * 2))"
		untunnel
	done
done
"$IP" netns exec "$PEER" ethtool -K net0 tx off tso off >/dev/null
"$IP" netns exec "$GSN" ethtool -K net0 tx off tso off gro off >/dev/null

# --- A quota under load ---------------------------------------------------------

# The two directions, from two processors at once: 1,028 octets each. What goes beyond is at
# most what the other processor has under way when one reaches the quota.
check "a tunnel" tunnel 4
quota=2000000
check "a quota" ctl "$GSN" pdp replace dev gtp0 i_tei 1 o_tei 2 ms 10.45.0.2 peer 192.0.2.2 \
	threshold 1000000 quota $quota quota_action drop
heard=$(mktemp)
gtpctl -n "$GSN" monitor >"$heard" 2>"$heard.state" &
monitor=$!
background+=("$monitor")
until_true grep -q Listening "$heard.state"
# Nobody answers that the port is unreachable: that would be traffic too, and an error that
# takes the place of a datagram.
for ns in "$GSN" "$PEER"; do
	"$IP" netns exec "$ns" nft -f - <<-END
		table inet quiet {
			chain in {
				type filter hook input priority 0;
				udp dport 7000 drop
			}
		}
	END
done
# flooded CPU NS FROM TO PORT: three thousand datagrams.
flooded() {
	taskset -c "$1" gtptest run - <<-END
		udp app ns=$2 bind=$3:$5 connect=$4:7000
		flood app count=3000 : fill 1000
	END
}
flooded 0 "$GSN" 10.99.0.1 10.45.0.2 7001 >/dev/null &
first=$!
flooded 1 "$GSN" 10.99.0.1 10.45.0.2 7002 >/dev/null &
second=$!
flooded 1 "$PEER" 10.45.0.2 10.99.0.1 7003 >/dev/null &
third=$!
wait $first $second $third
sleep 0.5
sent=$(($(used "$GSN" tx_packets) + $(used "$GSN" tx_dropped)))
came=$(($(used "$GSN" rx_packets) + $(used "$GSN" rx_dropped)))
volume=$(($(used "$GSN" tx_bytes) + $(used "$GSN" rx_bytes)))
diag "sent $sent, received $came, carried $volume octets: $((volume - quota)) beyond the quota"
check "everything is carried or dropped" test "$sent" -eq 6000 -a "$came" -gt 0
check "the quota is reached" test "$volume" -ge $quota
check "and exceeded by no more than one packet a processor" \
	test "$volume" -lt $((quota + $(nproc) * 1028))
kill "$monitor"
wait "$monitor" 2>/dev/null
equal "the threshold was told of once" "$(grep -c "^usage .* limit threshold " "$heard")" 1
equal "the quota was told of once" "$(grep -c "^usage .* limit quota " "$heard")" 1
rm -f "$heard" "$heard.state"
untunnel

# --- gtpctl ---------------------------------------------------------------------

check "link add usage" ctl "$GSN" link add gtp0 usage local 192.0.2.1
matches "link show" "$(ctl "$GSN" link show gtp0)" "*: gtp0 role ggsn hsize 1024 restart_count 0 usage mtu *"
check "link add without" ctl "$GSN" link add gtp1 local 127.0.0.1
check "pdp add with limits" ctl "$GSN" pdp add dev gtp0 i_tei 1 o_tei 2 ms 10.45.0.2 peer 192.0.2.2 \
	threshold 0x400 quota 2000 quota_action drop
check "pdp add without" ctl "$GSN" pdp add dev gtp1 i_tei 1 o_tei 2 ms 10.45.0.9 peer 192.0.2.2
pdp="dev gtp0 version 1 i_tei 1 o_tei 2 ms 10.45.0.2 peer 192.0.2.2"
zero="tx_packets 0 tx_bytes 0 tx_dropped 0 rx_packets 0 rx_bytes 0 rx_dropped 0"
equal "pdp list" "$(ctl "$GSN" pdp list dev gtp0)" "$pdp"
matches "pdp show -s" "$(ctl "$GSN" pdp show -s dev gtp0)" \
	"$pdp $zero idle_ms +([0-9]) threshold 1024 quota 2000 quota_action drop"
matches "pdp show -s of all links" "$(ctl "$GSN" pdp show -s | sort)" \
	"$pdp $zero idle_ms *
dev gtp1 version 1 i_tei 1 o_tei 2 ms 10.45.0.9 peer 192.0.2.2"
matches "pdp get -s in JSON" "$(ctl "$GSN" --json pdp get -s dev gtp0 ms 10.45.0.2)" \
	'*"peer":"192.0.2.2","usage":{"tx_packets":0,*"idle_ms":*,"threshold":1024,"quota":2000,"quota_action":"drop","reached":[[]]}}'
refuse "limits on a link that does not count" ctl "$GSN" pdp update dev gtp1 i_tei 5 o_tei 2 \
	ms 10.45.0.9 peer 192.0.2.2 quota 5
check "pdp replace takes limits away" ctl "$GSN" pdp replace dev gtp0 i_tei 1 o_tei 2 ms 10.45.0.2 \
	peer 192.0.2.2 threshold none quota none
matches "they are gone" "$(ctl "$GSN" pdp get --stats dev gtp0 ms 10.45.0.2)" "$pdp $zero idle_ms +([0-9])"
finish
