#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# End Markers: sent by command, sent for the tunnel that a context leaves, and received.
#
#   +------------ GSN -----------+          +--------- PEER ----------+
#   | gtp0                       |   net0   | 192.0.2.2, 192.0.2.3    |
#   |   192.0.2.1, 2001:db8:a::1 |----------| 2001:db8:a::2, ::3      |
#   +----------------------------+          +-------------------------+

# Functions are called by `check` and by gtptest.
# shellcheck disable=SC2317
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "${0%/*}/lib.sh"

if [ "$DRIVER" = c ]; then
	ktap_skip "End Markers" "the C driver neither sends nor reports any"
	finish
fi

netns GSN
netns PEER
# shellcheck disable=SC2153 # netns sets them
with_ipv6 "$GSN" "$PEER"
for ns in "$GSN" "$PEER"; do
	"$IP" netns exec "$ns" sysctl -qw net.ipv6.auto_flowlabels=0
done
pair "$GSN" 192.0.2.1/24 "$PEER" 192.0.2.2/24
"$IP" -n "$GSN" addr add 2001:db8:a::1/64 dev net0 nodad
"$IP" -n "$PEER" -batch - <<-END
	addr add 192.0.2.3/24 dev net0
	addr add 2001:db8:a::2/64 dev net0 nodad
	addr add 2001:db8:a::3/64 dev net0 nodad
END

new="newpdp ns=$GSN link=gtp0 version=1"
end="endmarker ns=$GSN link=gtp0"
export GSN PEER IP

down() {
	echo "ip4 src=10.99.0.1 dst=10.45.0.${1:-2} / udp 2 1 / text down"
}

# counts NAME N: the link's counter.
counts() {
	local n

	n=$("$IP" netns exec "$GSN" ethtool -S gtp0 | awk -v name="$1:" '$1 == name { print $2 }')
	[ "$n" = "$2" ] || {
		echo "$1: $n"
		return 1
	}
}
export -f counts

# addresses FAMILY: of the GSN's end and the peers', as attributes and to bind to.
addresses() {
	if [ "$1" = 4 ]; then
		bound=local=192.0.2.1 key=peer one=192.0.2.2 two=192.0.2.3
		at=192.0.2.1:2152 at1=$one:2152 at2=$two:2152
	else
		bound=local6=2001:db8:a::1 key=peer6 one=2001:db8:a::2 two=2001:db8:a::3
		at="[2001:db8:a::1]:2152" at1="[$one]:2152" at2="[$two]:2152"
	fi
}

# link FAMILY SOCKETS [ATTRIBUTES]: of the kernel's sockets or of a process', with peers.
link() {
	local bound key one two at at1 at2

	addresses "$1"
	if [ "$2" = kernel ]; then
		echo "newlink ns=$GSN name=gtp0 up create=1 $bound ${3:-}"
	else
		echo "udp fd1 ns=$GSN bind=$at $([ "$1" = 4 ] || echo v6 v6only=1)"
		echo "newlink ns=$GSN name=gtp0 up fd1=fd1 ${3:-}"
	fi
	cat <<-END
		retry sh $IP netns exec $GSN ping -c 1 -W 1 $one
		retry sh $IP netns exec $GSN ping -c 1 -W 1 $two
		udp one ns=$PEER bind=$at1
		udp two ns=$PEER bind=$at2
		capture dev ns=$GSN dev=gtp0
	END
}

unlink() {
	cat <<-END
		cleanup
		dellink ns=$GSN dev=gtp0
		close one two dev $([ "${1:-}" = kernel ] || echo fd1)
	END
}

commands() {
	local f=$1 sockets=$2 bound key one two at at1 at2

	addresses "$f"
	link "$f" "$sockets"
	cat <<-END
		test IPv$f, the $sockets' socket: one on the tunnel of a context
		$new i_tei=1 o_tei=0x01020304 ms=10.45.0.2 $key=$one
		$end version=1 ms=10.45.0.2
		expect one from=$at : gtp1 teid=0x01020304 type=254
		silent one for=20
		sh counts end_markers_sent 1

		test IPv$f, the $sockets' socket: found by TEID, and by a prefix
		$end version=1 i_tei=1
		expect one from=$at : gtp1 teid=0x01020304 type=254
		$new i_tei=1 o_tei=7 ms6=2001:db8:45:2:: family=10 $key=$two
		$end version=1 ms6=2001:db8:45:2:: family=10
		expect two from=$at : gtp1 teid=7 type=254
		$end version=1 i_tei=1 family=10
		expect two from=$at : gtp1 teid=7 type=254
		silent one two for=20

		test IPv$f, the $sockets' socket: that of a PDU session has the container
		$new flags=replace i_tei=1 o_tei=8 ms=10.45.0.2 $key=$one qfi=9
		$end version=1 ms=10.45.0.2
		expect one from=$at : gtp1 teid=8 type=254 ext=85:0009

		test IPv$f, the $sockets' socket: and the context goes on
		send dev : $(down)
		expect one : gtp1 teid=8 ext=85:0009 / $(down)
	END
	unlink "$sockets"
}

refusals() {
	link 4 kernel
	cat <<-END
		$new i_tei=1 o_tei=1 ms=10.45.0.2 peer=192.0.2.2
		newpdp ns=$GSN link=gtp0 version=0 tid=1 flow=1 ms=10.45.0.3 peer=192.0.2.2

		test what a request must have
		endmarker ns=$GSN link=gtp0 ms=10.45.0.2 => EINVAL
		misses version
		endmarker ns=$GSN version=1 ms=10.45.0.2 => EINVAL
		misses link
		$end version=1 => EINVAL
		$end version=0 ms=10.45.0.2 => EINVAL
		$end version=2 ms=10.45.0.2 => EINVAL
		endmarker ns=$GSN link=999 version=1 ms=10.45.0.2 => ENODEV
		$end version=1 ms=10.45.0.9 => ENOENT
		$end version=1 i_tei=9 => ENOENT
		$end version=1 ms6=2001:db8:45:2::1 family=10 => EADDRNOTAVAIL

		test a context of version 0 has none
		$end version=1 ms=10.45.0.3 => EINVAL
		says The context is of version 0: no End Markers

		test validation is strict
		$end version=1 ms=10.45.0.2 60:u32=1 => EINVAL
		$end version=1 ms=10.45.0.2 100:u32=1 => EINVAL
		$end version:u64=1 ms=10.45.0.2 => EINVAL
		$end version=1 ms6:hex=20010db8004500020000000000000000000000 family=10 => EINVAL
		blames ms6
		extacks

		test a link that is down sends none
		setlink ns=$GSN dev=gtp0 down
		$end version=1 ms=10.45.0.2 => ENETDOWN
		setlink ns=$GSN dev=gtp0 up

		test without a route there is none
		sh $IP -n $GSN route del 192.0.2.0/24 dev net0
		$end version=1 ms=10.45.0.2 => ENETUNREACH
		says No route to the peer
		sh $IP -n $GSN route add 192.0.2.0/24 dev net0 src 192.0.2.1

		test none was sent by any of these
		silent one two for=20
		sh counts end_markers_sent 0
	END
	unlink kernel
	cat <<-END
		udp fd1 ns=$GSN bind=192.0.2.1:2152
		newlink ns=$GSN name=gtp0 up fd1=fd1
		$new i_tei=1 o_tei=1 ms=10.45.0.2 peer=192.0.2.2
		test without a socket there is none
		close fd1
		$end version=1 ms=10.45.0.2 => ENOTCONN
		cleanup
		dellink ns=$GSN dev=gtp0
	END
}

# moves FAMILY SOCKETS: contexts that leave their tunnels.
moves() {
	local f=$1 sockets=$2 bound key one two at at1 at2 flags what

	addresses "$f"
	link "$f" "$sockets"
	for what in update replace; do
		flags=
		[ $what = update ] || flags=flags=replace
		cat <<-END
			test IPv$f, the $sockets' socket, $what: to another peer, the old one gets one
			$new flags=excl i_tei=1 o_tei=11 ms=10.45.0.2 $key=$one
			send dev : $(down)
			expect one : gtp1 teid=11 / $(down)
			$new $flags i_tei=2 o_tei=22 ms=10.45.0.2 $key=$two endmarker=
			expect one from=$at : gtp1 teid=11 type=254
			silent one two for=20
			send dev : $(down)
			expect two : gtp1 teid=22 / $(down)

			test IPv$f, the $sockets' socket, $what: to another TEID, the old one gets one
			$new $flags i_tei=2 o_tei=33 ms=10.45.0.4 $key=$two endmarker=
			expect two from=$at : gtp1 teid=22 type=254
			silent one two for=20
			send dev : $(down 4)
			expect two : gtp1 teid=33 / $(down 4)

			test IPv$f, the $sockets' socket, $what: who does not ask gets none
			$new $flags i_tei=2 o_tei=44 ms=10.45.0.2 $key=$one
			silent one two for=20

			test IPv$f, the $sockets' socket, $what: where the tunnel stays there is none
			$new $flags i_tei=3 o_tei=44 ms=10.45.0.2 $key=$one endmarker=
			silent one two for=20

			cleanup
			delpdp ns=$GSN link=gtp0 version=1 ms=10.45.0.2
		END
	done
	cat <<-END
		test IPv$f, the $sockets' socket: that of a PDU session has its container
		$new i_tei=1 o_tei=11 ms=10.45.0.2 $key=$one qfi=9
		$new flags=replace i_tei=1 o_tei=22 ms=10.45.0.2 $key=$two qfi=10 endmarker=
		expect one from=$at : gtp1 teid=11 type=254 ext=85:0009
		silent one two for=20
		delpdp ns=$GSN link=gtp0 version=1 ms=10.45.0.2

		test IPv$f, the $sockets' socket: one that is made leaves none
		$new i_tei=1 o_tei=11 ms=10.45.0.2 $key=$one endmarker=
		$new flags=excl i_tei=2 o_tei=12 ms=10.45.0.3 $key=$one endmarker=
		$new flags=replace i_tei=3 o_tei=13 ms=10.45.0.4 $key=$one endmarker=
		silent one two for=20

		test IPv$f, the $sockets' socket: a request that fails leaves none
		$new i_tei=1 o_tei=11 ms=10.45.0.3 $key=$two endmarker= => EEXIST
		$new i_tei=1 o_tei=21 ms=10.45.0.2 $key=$two endmarker= => EEXIST
		$new flags=excl i_tei=1 o_tei=21 ms=10.45.0.2 $key=$two endmarker= => EEXIST
		silent one two for=20

		test IPv$f, the $sockets' socket: the attribute has no value, and is in no reply
		$new i_tei=1 o_tei=21 ms=10.45.0.5 $key=$two endmarker=01 => ERANGE
		getpdp ns=$GSN link=gtp0 version=1 i_tei=1
		reply cmd=newpdp version=1 link=gtp0@$GSN family=2 ms=10.45.0.2 $key=$one i_tei=1 o_tei=11
		extacks
	END
	unlink "$sockets"
}

versions() {
	link 4 kernel
	cat <<-END
		test version 0 has none
		newpdp ns=$GSN link=gtp0 version=0 tid=1 flow=1 ms=10.45.0.2 peer=192.0.2.2 endmarker= => EINVAL
		blames endmarker
		newpdp ns=$GSN link=gtp0 version=0 tid=1 flow=1 ms=10.45.0.2 peer=192.0.2.2
		$new i_tei=1 o_tei=1 ms=10.45.0.2 peer=192.0.2.3 endmarker= => EINVAL
		blames endmarker
		getpdp ns=$GSN link=gtp0 version=1 ms=10.45.0.2
		reply version=0 link=gtp0@$GSN family=2 ms=10.45.0.2 peer=192.0.2.2 tid=1 flow=1
		extacks

		test one that cannot be sent is counted, and the context has moved
		$new flags=replace i_tei=1 o_tei=1 ms=10.45.0.2 peer=192.0.2.2
		sh $IP -n $GSN route del 192.0.2.0/24 dev net0
		$new i_tei=1 o_tei=2 ms=10.45.0.5 peer=192.0.2.3 endmarker=
		sh counts end_markers_not_sent 1
		sh $IP -n $GSN route add 192.0.2.0/24 dev net0 src 192.0.2.1
		getpdp ns=$GSN link=gtp0 version=1 ms=10.45.0.5
	END
	unlink kernel
}

# --- Received -----------------------------------------------------------------------

received() {
	local f=$1 bound key one two at at1 at2

	addresses "$f"
	link "$f" kernel
	cat <<-END
		subscribe ear ns=$GSN
		$new i_tei=1 o_tei=11 ms=10.45.0.2 $key=$one
		$new i_tei=5 o_tei=15 ms6=2001:db8:45:2:: family=10 $key=$one
		test IPv$f: one that comes in is told of, and counted
		notified ear cmd=newpdp version=1 link=gtp0@$GSN family=2 ms=10.45.0.2 $key=$one i_tei=1 o_tei=11
		notified ear cmd=newpdp version=1 link=gtp0@$GSN family=10 ms6=2001:db8:45:2:: $key=$one i_tei=5 o_tei=15
		send one to=$at : gtp1 teid=1 type=254
		notified ear cmd=endmarker version=1 link=gtp0@$GSN $key=$one i_tei=1
		sh counts end_markers_received 1

		test IPv$f: whatever the MS, from whatever peer, with whatever it carries
		send two to=$at : gtp1 teid=5 type=254
		notified ear cmd=endmarker version=1 link=gtp0@$GSN $key=$two i_tei=5
		send one to=$at : gtp1 teid=1 type=254 ext=85:1009
		notified ear cmd=endmarker version=1 link=gtp0@$GSN $key=$one i_tei=1
		send one to=$at : gtp1 teid=1 type=254 seq=7
		notified ear cmd=endmarker version=1 link=gtp0@$GSN $key=$one i_tei=1
		sh counts end_markers_received 4

		test IPv$f: one for a tunnel that is not known is not, and nobody answers
		send one to=$at : gtp1 teid=9 type=254
		send one to=$at : gtp1 teid=0 type=254
		send one to=$at : gtp1 teid=1 type=254 len=4
		notified ear nothing
		silent one for=20
		sh counts end_markers_received 4
		sh counts rx_unknown_tunnel 2

		cleanup
		close ear
	END
	unlink kernel
	link "$f" process
	cat <<-END
		subscribe ear ns=$GSN
		$new i_tei=1 o_tei=11 ms=10.45.0.2 $key=$one
		test IPv$f: on the socket of a process it goes up, and is not told of
		notified ear cmd=newpdp version=1 link=gtp0@$GSN family=2 ms=10.45.0.2 $key=$one i_tei=1 o_tei=11
		send one to=$at : gtp1 teid=1 type=254
		expect fd1 from=$at1 : gtp1 teid=1 type=254
		notified ear nothing

		cleanup
		close ear
	END
	unlink process
}

# --- Behind the last G-PDU ------------------------------------------------------------

# Two processors send as fast as they can while the context moves from one tunnel to the
# next. What leaves net0 is looked at there: behind the End Marker of a tunnel there is no
# G-PDU of it.
moved=12

# sent: type and TEID of each message that has left, as far as tcpdump has got.
sent() {
	tcpdump -Z root -nn -x -r /tmp/order.pcap 2>/dev/null | awk '
		# Octets 28 to 35 of the IP packet: flags, type, length, TEID.
		/0x0010:/ { type = substr($8, 3, 2) }
		/0x0020:/ { print type, $2 $3 }
	'
}

all_have_left() {
	[ "$(sent | grep -c ^fe)" -ge "$moved" ]
}

order() {
	local n pids=() pid

	# Nobody there need answer.
	"$IP" netns exec "$PEER" nft -f - <<-END || return
		table ip sink {
			chain in { type filter hook prerouting priority -400; udp dport 2152 drop; }
		}
	END
	"$IP" netns exec "$GSN" tcpdump -Z root -i net0 -Q out -nn -U -B 16384 -s 64 -w /tmp/order.pcap \
		udp dst port 2152 2>/tmp/tcpdump &
	pid=$!
	background+=("$pid")
	until_true grep -q listening /tmp/tcpdump || return
	for n in 1 2; do
		taskset "$n" gtptest run >"/tmp/flood.$n" 2>&1 <<-END &
			capture dev ns=$GSN dev=gtp0
			flood dev for=30000 : $(down)
		END
		renice 19 $! >/dev/null
		pids+=($!)
		background+=($!)
	done
	sleep 0.5
	for ((n = 1; n <= moved; n++)); do
		echo "replace dev gtp0 i_tei 1 o_tei $((n + 1)) ms 10.45.0.2" \
			"peer 192.0.2.$((2 + n % 2)) end_marker"
	done | gtpctl -n "$GSN" pdp batch --per-send 1 - || return
	sleep 0.2
	kill "${pids[@]}"
	wait "${pids[@]}" 2>/dev/null
	# What tcpdump has not read by now is in its buffer.
	until_true all_have_left
	kill "$pid"
	wait "$pid" 2>/dev/null
	"$IP" netns exec "$PEER" nft flush ruleset
	sent | awk -v moved="$moved" '
		$1 == "fe" { if (ended[$2]++) { print "two for " $2; bad = 1 } markers++ }
		$1 == "ff" { if (ended[$2]) { print "a G-PDU behind the End Marker of " $2; bad = 1 } gpdus++ }
		END { print gpdus + 0 " G-PDUs, " markers + 0 " End Markers"; exit bad || markers != moved || gpdus < 10 * moved }'
}

for f in 4 6; do
	for sockets in kernel process; do
		commands $f $sockets | gt
		moves $f $sockets | gt
	done
	received $f | gt
done
refusals | gt
versions | gt

begins() {
	gtpctl -n "$GSN" link add gtp0 local 192.0.2.1 up &&
		gtpctl -n "$GSN" pdp add dev gtp0 i_tei 1 o_tei 1 ms 10.45.0.2 peer 192.0.2.2
}
check "a link, and a context" begins
check "under load no G-PDU comes behind the End Marker" order

# Both ends ours: gtpctl sends, and hears.
hears() {
	gtpctl -n "$PEER" link add gtp0 role sgsn local 192.0.2.2 up &&
		gtpctl -n "$PEER" pdp add dev gtp0 i_tei 7 o_tei 1 ms 10.45.0.2 peer 192.0.2.1 &&
		gtpctl -n "$GSN" pdp replace dev gtp0 i_tei 1 o_tei 7 ms 10.45.0.2 peer 192.0.2.2 || return
	gtpctl -n "$PEER" monitor --count 2 --timeout 10 >/tmp/heard 2>/tmp/listening &
	background+=($!)
	until_true grep -q Listening /tmp/listening || return
	gtpctl -n "$GSN" pdp end-marker dev gtp0 ms 10.45.0.2 &&
		gtpctl -n "$GSN" pdp update dev gtp0 i_tei 1 o_tei 8 ms 10.45.0.3 peer 192.0.2.3 end_marker || return
	wait "${background[-1]}" || return
	cat /tmp/heard
	[ "$(sort -u /tmp/heard)" = "end_marker dev gtp0 version 1 i_tei 7 peer 192.0.2.1" ] &&
		[ "$(wc -l </tmp/heard)" = 2 ]
}
check "gtpctl sends one, has one sent, and hears both at the other end" hears
finish
