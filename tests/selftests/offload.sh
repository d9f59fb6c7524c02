#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Segmentation and receive offload. What is sent at once arrives as datagrams that are
# one valid G-PDU each, whoever receives them: a process with a UDP socket, a process
# that owns a socket of a link, or a link. Lengths and checksums, inside and outside,
# are compared octet by octet.
#
#   +------------ GSN -----------+          +----------- PEER ------------+
#   | gtp0                       |   net0   | gtp0 (in some tests)        |
#   |   192.0.2.1, 2001:db8:a::1 |----------| 192.0.2.2, 2001:db8:a::2    |
#   | lo  10.99.0.1,             |   1500   | lo  10.45.0.2,              |
#   |     2001:db8:99::1         |          |     2001:db8:45:2::1        |
#   +----------------------------+          +-----------------------------+
#
#   MS 10.45.0.2, 2001:db8:45:2::/64 (v1: TEID 1), 10.45.0.3 (v0: TID 1)

# Functions are called by `check` and by gtptest.
# shellcheck disable=SC2317
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "${0%/*}/lib.sh"

[ "${WIRE:-veth}" = veth ] || nics_of "$WIRE" ||
	skip_all "no two NICs of $WIRE on one wire: scripts/vm run --nics $WIRE"
netns GSN
netns PEER
# shellcheck disable=SC2153 # netns sets them
for ns in "$GSN" "$PEER"; do
	"$IP" netns exec "$ns" sh -c '
		cd /proc/sys/net/ipv6/conf
		echo 0 > all/disable_ipv6; echo 0 > default/disable_ipv6
		echo 1 > default/addr_gen_mode
		echo 0 > ../auto_flowlabels
		echo 0 > default/accept_dad; echo 0 > default/accept_ra'
done
# wire_features NAME on|off...: of the wire's end in PEER and in GSN.
wire_features() {
	"$IP" netns exec "$PEER" ethtool -K net0 "$@" >/dev/null
	"$IP" netns exec "$GSN" ethtool -K net0 "$@" >/dev/null
}
# nic.sh puts two NICs in the place of the virtual wire.
if [ "${WIRE:-veth}" = veth ]; then
	pair "$GSN" 192.0.2.1/24 "$PEER" 192.0.2.2/24
else
	check "two NICs on one wire" nics "$GSN" 192.0.2.1/24 "$PEER" 192.0.2.2/24
	wire_features tx-gso-partial off
fi
# What goes over the wire is not made whole for the capture's sake. TCP makes large
# packets on a slow machine, too.
for ns in "$GSN" "$PEER"; do
	"$IP" netns exec "$ns" ethtool -K net0 tx on tso on >/dev/null
	"$IP" netns exec "$ns" sysctl -qw net.ipv4.tcp_min_tso_segs=16
done
"$IP" -n "$GSN" addr add 2001:db8:a::1/64 dev net0 nodad
"$IP" -n "$PEER" addr add 2001:db8:a::2/64 dev net0 nodad
"$IP" -n "$GSN" addr add 10.99.0.1/32 dev lo
"$IP" -n "$GSN" addr add 2001:db8:99::1/128 dev lo nodad
"$IP" -n "$PEER" addr add 10.45.0.2/32 dev lo
"$IP" -n "$PEER" addr add 2001:db8:45:2::1/128 dev lo nodad
export GSN PEER IP DRIVER

# feature NAME on|off...: of the link in GSN; those of the C driver are fixed.
feature() {
	"$IP" netns exec "$GSN" ethtool -K gtp0 "$@" >/dev/null 2>&1 || [ "$DRIVER" = c ]
}
export -f feature wire_features
# What has the stack cut what goes over a virtual wire.
cuts=(tso off tx-udp-segmentation off tx-udp_tnl-segmentation off
	tx-udp_tnl-csum-segmentation off)

# link FAMILY: of kernel sockets, to a peer of that family, with routes to the MS.
link() {
	local local=local=192.0.2.1 peer=peer=192.0.2.2 ping=192.0.2.2

	[ "$1" = 4 ] || local=local6=2001:db8:a::1 peer=peer6=2001:db8:a::2 ping=2001:db8:a::2
	cat <<-END
		newlink ns=$GSN name=gtp0 up create=1 $local
		retry sh $IP netns exec $GSN ping -c 1 -W 1 $ping
		sh $IP -n $GSN route add 10.45.0.0/16 dev gtp0 src 10.99.0.1
		sh $IP -n $GSN route add 2001:db8:45::/48 dev gtp0 src 2001:db8:99::1
		newpdp ns=$GSN link=gtp0 version=1 i_tei=1 o_tei=1 ms=10.45.0.2 $peer
		newpdp ns=$GSN link=gtp0 version=1 i_tei=1 o_tei=1 ms6=2001:db8:45:2:: family=10 $peer
		newpdp ns=$GSN link=gtp0 version=0 tid=1 flow=1 ms=10.45.0.3 $peer
	END
}

# inner FAMILY LENGTH [df]: the T-PDU with that many octets of payload.
inner() {
	[ "$1" = 4 ] && echo "ip4 src=10.99.0.1 dst=10.45.0.2 ${3:-} id=* / udp 5000 6000 / fill $2" ||
		echo "ip6 src=2001:db8:99::1 dst=2001:db8:45:2::1 / udp 5000 6000 / fill $2"
}

# cut OUTER INNER: what an application sends at once, in front of a UDP socket.
cut() {
	local at=192.0.2.2 ms=10.45.0.2 from=10.99.0.1 outer=IPv$1 inner=IPv$2 n

	[ "$1" = 4 ] || at='[2001:db8:a::2]'
	[ "$2" = 4 ] || ms='[2001:db8:45:2::1]' from='[2001:db8:99::1]'
	link "$1"
	cat <<-END
		udp peer ns=$PEER bind=$at:2152
		udp app ns=$GSN bind=$from:5000 connect=$ms:6000 gso=1000
	END
	# of TEXT: 5,000 octets, 5,400, 1,001, and 999 that are one datagram.
	of() {
		cat <<-END
			test $outer outside, $inner inside: five of one length$1
			send app : fill 5000
			$(for n in 1 2 3 4 5; do echo "expect peer timeout=2000 : gtp1 teid=1 / $(inner "$2" 1000)"; done)
			silent peer for=5
			test $outer outside, $inner inside: the last one is shorter$1
			send app : fill 3400
			$(for n in 1 2 3; do echo "expect peer timeout=2000 : gtp1 teid=1 / $(inner "$2" 1000)"; done)
			expect peer timeout=2000 : gtp1 teid=1 / $(inner "$2" 400)
			send app : fill 1001
			expect peer timeout=2000 : gtp1 teid=1 / $(inner "$2" 1000 df)
			expect peer timeout=2000 : gtp1 teid=1 / $(inner "$2" 1 df)
			silent peer for=5
			test $outer outside, $inner inside: a single one$1
			send app : fill 999
			expect peer timeout=2000 : gtp1 teid=1 / $(inner "$2" 999 df)
			silent peer for=5
		END
	}
	of "" "$2"
	echo "sh feature tx-udp-segmentation off"
	of ", without UDP segmentation" "$2"
	echo "sh feature tx-udp-segmentation on gso off"
	of ", without any" "$2"
	echo "sh feature gso on tx-checksum-ip-generic off"
	of ", without checksums" "$2"
	if [ "${WIRE:-veth}" = veth ]; then
		# The checksums inside are computed then, and not left to whoever reads.
		echo "sh feature tx-checksum-ip-generic on && wire_features ${cuts[*]}"
		of ", cut in front of the wire" "$2"
		echo "sh wire_features ${cuts[*]/off/on}"
	fi
	cat <<-END
		sh feature tx-checksum-ip-generic on
		cleanup
		dellink ns=$GSN dev=gtp0
		close app peer
	END
}

# Each of version 0 has a number of its own.
numbered() {
	link 4
	cat <<-END
		udp peer ns=$PEER bind=192.0.2.2:3386
		udp app ns=$GSN bind=10.99.0.1:5000 connect=10.45.0.3:6000 gso=1000
		test version 0: each has a number and a length of its own
		send app : fill 2500
		expect peer timeout=2000 : gtp0 tid=1 flow=1 seq=0 / ip4 src=10.99.0.1 dst=10.45.0.3 id=* / udp 5000 6000 / fill 1000
		expect peer timeout=2000 : gtp0 tid=1 flow=1 seq=1 / ip4 src=10.99.0.1 dst=10.45.0.3 id=* / udp 5000 6000 / fill 1000
		expect peer timeout=2000 : gtp0 tid=1 flow=1 seq=2 / ip4 src=10.99.0.1 dst=10.45.0.3 id=* / udp 5000 6000 / fill 500
		silent peer for=5
		cleanup
		dellink ns=$GSN dev=gtp0
		close app peer
	END
}

# A link whose socket a process reads: what is not for the link comes in datagrams.
process() {
	link 4
	cat <<-END
		udp app ns=$GSN bind=10.99.0.1:5000 connect=10.45.0.2:6000 gso=1000
		udp fd1 ns=$PEER bind=192.0.2.2:2152
		newlink ns=$PEER name=gtp0 up fd1=fd1 role=1
		newpdp ns=$PEER link=gtp0 version=1 i_tei=7 o_tei=1 ms=10.45.0.9 peer=192.0.2.1
		udp phone ns=$PEER bind=10.45.0.2:6000

		test an unknown TEID: the process gets each one for itself
		send app : fill 2500
		expect fd1 timeout=2000 : gtp1 teid=1 / $(inner 4 1000)
		expect fd1 timeout=2000 : gtp1 teid=1 / $(inner 4 1000)
		expect fd1 timeout=2000 : gtp1 teid=1 / $(inner 4 500)
		silent fd1 phone for=5

		test the address of another MS: the process gets each one for itself
		newpdp ns=$PEER link=gtp0 version=1 i_tei=1 o_tei=1 ms=10.45.0.8 peer=192.0.2.1
		send app : fill 2500
		expect fd1 timeout=2000 : gtp1 teid=1 / $(inner 4 1000)
		expect fd1 timeout=2000 : gtp1 teid=1 / $(inner 4 1000)
		expect fd1 timeout=2000 : gtp1 teid=1 / $(inner 4 500)
		silent fd1 phone for=5
		delpdp ns=$PEER link=gtp0 version=1 i_tei=1

		test a known tunnel: the phone gets them, and the process none
		newpdp ns=$PEER link=gtp0 version=1 i_tei=1 o_tei=1 ms=10.45.0.2 peer=192.0.2.1
		send app : fill 2500
		expect phone from=10.99.0.1:5000 timeout=2000 : fill 1000
		expect phone from=10.99.0.1:5000 timeout=2000 : fill 1000
		expect phone from=10.99.0.1:5000 timeout=2000 : fill 500
		silent fd1 phone for=5

		test the link is gone: the process gets each one for itself
		dellink ns=$PEER dev=gtp0
		send app : fill 2500
		expect fd1 timeout=2000 : gtp1 teid=1 / $(inner 4 1000)
		expect fd1 timeout=2000 : gtp1 teid=1 / $(inner 4 1000)
		expect fd1 timeout=2000 : gtp1 teid=1 / $(inner 4 500)
		silent fd1 phone for=5

		cleanup
		dellink ns=$GSN dev=gtp0
		close app fd1 phone
	END
}

for outer in 4 6; do
	for inner in 4 6; do
		cut $outer $inner | gt
	done
done
numbered | gt
process | gt

# --- TCP between two links ----------------------------------------------------

# tunnel OUTER: links on both sides, of kernel sockets, with routes.
tunnel() {
	local ours=192.0.2.1 theirs=192.0.2.2

	[ "$1" = 4 ] || ours=2001:db8:a::1 theirs=2001:db8:a::2
	gtpctl -n "$GSN" link add gtp0 role ggsn local "$ours" up &&
		gtpctl -n "$PEER" link add gtp0 role sgsn local "$theirs" up &&
		gtpctl -n "$GSN" pdp batch - <<-END &&
			add dev gtp0 version 1 i_tei 1 o_tei 2 ms 10.45.0.2 peer $theirs
			add dev gtp0 version 1 i_tei 1 o_tei 2 ms 2001:db8:45:2:: peer $theirs
		END
		gtpctl -n "$PEER" pdp batch - <<-END &&
			add dev gtp0 version 1 i_tei 2 o_tei 1 ms 10.45.0.2 peer $ours
			add dev gtp0 version 1 i_tei 2 o_tei 1 ms 2001:db8:45:2:: peer $ours
		END
		"$IP" -n "$GSN" -batch - <<-END &&
			route add 10.45.0.0/16 dev gtp0 src 10.99.0.1
			route add 2001:db8:45::/48 dev gtp0 src 2001:db8:99::1
		END
		"$IP" -n "$PEER" -batch - <<-END
			route add 10.99.0.1/32 dev gtp0 src 10.45.0.2
			route add 2001:db8:99::1/128 dev gtp0 src 2001:db8:45:2::1
		END
}

# untunnel: takes that back.
untunnel() {
	"$IP" -n "$GSN" link del gtp0
	"$IP" -n "$PEER" link del gtp0
}

# Megabytes in a stream.
size=$(scaled 8 2)

# received NS: packets that gtp0 has received.
received() {
	"$IP" netns exec "$1" cat /sys/class/net/gtp0/statistics/rx_packets
}

# wrong NS: TCP and UDP checksums found wrong there.
wrong() {
	# shellcheck disable=SC2016 # awk expands it
	"$IP" netns exec "$1" awk '
		$1 == "Tcp:" && $2 ~ /^[0-9]/ { n += $NF }
		$1 == "Udp:" && $2 ~ /^[0-9]/ { n += $8 }
		END { print n + 0 }' /proc/net/snmp
}

# stream FAMILY [WORDS...]: so many megabytes to the GSN, whole and unharmed.
stream() {
	local to=10.99.0.1 status

	[ "$1" = 4 ] || to=2001:db8:99::1
	shift
	iperf3_server "$GSN" "$to" || return
	"$IP" netns exec "$PEER" timeout 60 iperf3 -c "$to" -n "${size}M" "$@" >/tmp/iperf3
	status=$?
	[ "$status" = 0 ] || cat /tmp/iperf3
	[ "$(wrong "$GSN")" = 0 ] && [ "$(wrong "$PEER")" = 0 ] && [ "$status" = 0 ]
}

# few: since then there were fewer packets than a quarter of the segments.
few() {
	local n=$(($(received "$GSN") - $1))

	[ "$n" -lt $((1500 * size / 8)) ] || {
		echo "$n packets"
		return 1
	}
}

# whole NAME BEFORE: the check of `few`, which the C driver cannot pass.
whole() {
	if [ "$DRIVER" = c ]; then
		ktap_skip "$1" "the C driver has no segmentation or receive offload"
	else
		check "$1" few "$2"
	fi
}

# like_a_wire OUTER: cut in front of net0, joined behind it, as between two NICs.
like_a_wire() {
	local inner before

	"$IP" netns exec "$PEER" ethtool -K net0 "${cuts[@]}" >/dev/null
	"$IP" netns exec "$GSN" ethtool -K net0 gro on >/dev/null
	for inner in 4 6; do
		before=$(received "$GSN")
		check "IPv$1 outside, a wire: TCP over IPv$inner" stream $inner
		whole "IPv$1 outside, a wire: TCP over IPv$inner came in large packets" "$before"
		check "IPv$1 outside, a wire: three at once" stream $inner -P 3
	done
	"$IP" netns exec "$PEER" ethtool -K net0 "${cuts[@]/off/on}" >/dev/null
	"$IP" netns exec "$GSN" ethtool -K net0 gro off >/dev/null
}

for outer in 4 6; do
	check "IPv$outer outside: a tunnel" tunnel $outer
	for inner in 4 6; do
		before=$(received "$GSN")
		check "IPv$outer outside: TCP over IPv$inner" stream $inner
		whole "IPv$outer outside: TCP over IPv$inner came in large packets" "$before"
		check "IPv$outer outside: TCP over IPv$inner, the other way" stream $inner -R
	done
	for feature in tx-tcp-segmentation gso gro tx-checksum-ip-generic; do
		"$IP" netns exec "$PEER" ethtool -K gtp0 $feature off >/dev/null
		"$IP" netns exec "$GSN" ethtool -K gtp0 $feature off >/dev/null
		check "IPv$outer outside: TCP without $feature" stream 4
		"$IP" netns exec "$PEER" ethtool -K gtp0 $feature on >/dev/null
		"$IP" netns exec "$GSN" ethtool -K gtp0 $feature on >/dev/null
	done
	[ "${WIRE:-veth}" != veth ] || like_a_wire $outer
	untunnel
done
"${AFTERWARDS:-true}"
finish
