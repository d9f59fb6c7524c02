#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# A network that is no good: it loses, repeats and reorders packets, its MTU changes,
# its routes come and go, peers vanish, and a process does not read its socket. TCP
# through the tunnel must bring over what was sent, octet for octet, and when all is
# well again the tunnel works as if nothing had been.
#
#   +---------- GGSN ---------+          +---------- SGSN ---------+
#   | lo    10.99.0.1         |          | lo    10.45.0.2         |
#   | gtp0  to 10.45.0.0/16   |   net0   | gtp0  to 10.99.0.1      |
#   |       192.0.2.1         |----------|       192.0.2.2         |
#   |       198.51.100.1      |   net1   |       198.51.100.2      |
#   |                         |----------|                         |
#   +-------------------------+          +-------------------------+
#
#   The addresses of the GSNs are on lo; either wire leads there.
#   OCTETS=N   that each stream carries (300000, on a kernel that checks itself 100000)

# shellcheck source-path=SCRIPTDIR source=../selftests/lib.sh
. "${0%/*}/../selftests/lib.sh"

[ "$DRIVER" = rust ] || skip_all "the C driver sends on through routes and sockets that are gone"

work=$(mktemp -d)
faults=0
octets=${OCTETS:-$(scaled 300000 100000)}
head -c "$octets" /dev/urandom >"$work/sent"
size=$(stat -c %s "$work/sent")
[ "$size" = "$octets" ] || skip_all "no room for $octets octets"

netns GGSN
netns SGSN
pair "$GGSN" 198.51.100.1/30 "$SGSN" 198.51.100.2/30
"$IP" -n "$GGSN" link add net1 type veth peer name net1 netns "$SGSN"
"$IP" -n "$GGSN" -batch - <<-END
	addr add 198.51.100.5/30 dev net1
	link set net1 up
	addr add 192.0.2.1/32 dev lo
	addr add 10.99.0.1/32 dev lo
	route add 192.0.2.2/32 via 198.51.100.2 src 192.0.2.1 metric 10
	route add 192.0.2.2/32 via 198.51.100.6 src 192.0.2.1 metric 20
END
"$IP" -n "$SGSN" -batch - <<-END
	addr add 198.51.100.6/30 dev net1
	link set net1 up
	addr add 192.0.2.2/32 dev lo
	addr add 10.45.0.2/32 dev lo
	route add 192.0.2.1/32 via 198.51.100.1 src 192.0.2.2 metric 10
	route add 192.0.2.1/32 via 198.51.100.5 src 192.0.2.2 metric 20
END
gt <<-END
	newlink ns=$GGSN name=gtp0 up create=1
	newlink ns=$SGSN name=gtp0 up create=1 role=1
	newpdp ns=$GGSN link=gtp0 version=1 i_tei=100 o_tei=200 ms=10.45.0.2 peer=192.0.2.2
	newpdp ns=$SGSN link=gtp0 version=1 i_tei=200 o_tei=100 ms=10.45.0.2 peer=192.0.2.1
END
"$IP" -n "$GGSN" route add 10.45.0.0/16 dev gtp0 src 10.99.0.1
"$IP" -n "$SGSN" route add 10.99.0.1/32 dev gtp0 src 10.45.0.2

# carries NS FROM NS TO: a stream of TCP from the one to the other brings the file.
# shellcheck disable=SC2317 # called by way of check
carries() {
	local receiver status=0

	rm -f "$work/got"
	timeout 180 "$IP" netns exec "$3" nc -l -p 5000 </dev/null >"$work/got" &
	receiver=$!
	background+=("$receiver")
	until_true "$IP" netns exec "$3" sh -c 'grep -q ":1388 .* 0A " /proc/net/tcp /proc/net/tcp6'
	# shellcheck disable=SC2016 # expanded by that shell
	timeout 180 "$IP" netns exec "$1" bash -c 'cat "$0" >"/dev/tcp/$1/5000"' "$work/sent" "$4" || status=1
	wait "$receiver" || status=1
	[ "$status" = 0 ] && cmp "$work/sent" "$work/got"
}

# streams NAME: up and down.
streams() {
	check "$1: TCP from the MS arrives whole" carries "$SGSN" 10.45.0.2 "$GGSN" 10.99.0.1
	check "$1: TCP to the MS arrives whole" carries "$GGSN" 10.99.0.1 "$SGSN" 10.45.0.2
}

# What a wire has dropped on purpose.
# shellcheck disable=SC2317 # called by way of check
dropped() {
	"$IP" netns exec "$1" tc -s qdisc show dev "$2" | sed -nE 's/.*dropped ([0-9]+).*/\1/p' | head -n 1
}

streams "a good network"

# --- Loss, repetition, reordering ------------------------------------------------

if modprobe sch_netem 2>/dev/null || "$IP" netns exec "$GGSN" tc qdisc add dev lo root netem 2>/dev/null; then
	"$IP" netns exec "$GGSN" tc qdisc del dev lo root 2>/dev/null
	# shaped NAME WORDS...: both directions of the wire.
	shaped() {
		local name=$1 n

		shift
		for ns in "$GGSN" "$SGSN"; do
			"$IP" netns exec "$ns" tc qdisc replace dev net0 root netem limit 1000 "$@" || return 1
		done
		streams "$name"
		for ns in "$GGSN" "$SGSN"; do
			n=$(dropped "$ns" net0)
			faults=$((faults + ${n:-0}))
			"$IP" netns exec "$ns" tc qdisc del dev net0 root
		done
	}
	shaped "loss of 3 %" delay 2ms loss 3%
	shaped "every tenth packet twice" delay 2ms duplicate 10%
	shaped "a quarter overtakes" delay 10ms reorder 25% 50%
	shaped "a bit is wrong in 2 %" delay 2ms corrupt 2%
	shaped "all of it" delay 5ms 2ms loss 1% duplicate 2% reorder 10% corrupt 1%
	gt <<-END
		test what is wrong by a bit is no G-PDU that is taken
		linkprop ns=$GGSN dev=gtp0 up=1
		linkprop ns=$SGSN dev=gtp0 up=1
	END
else
	ktap_skip "loss, repetition, reordering" "no sch_netem"
fi

# as_before: the loop of changes may have ended anywhere.
as_before() {
	local ns

	"$IP" -n "$GGSN" route del blackhole 192.0.2.2/32 metric 5 2>/dev/null
	for ns in "$GGSN" "$SGSN"; do
		"$IP" -n "$ns" link set net0 up mtu 1500
		"$IP" -n "$ns" link set gtp0 mtu 1452
	done
	"$IP" -n "$GGSN" route replace 192.0.2.2/32 via 198.51.100.2 src 192.0.2.1 metric 10
	"$IP" -n "$SGSN" route replace 192.0.2.1/32 via 198.51.100.1 src 192.0.2.2 metric 10
}

# --- Routes flap ------------------------------------------------------------------

# meanwhile NAME: the statements on stdin over and over while streams go.
meanwhile() {
	local name=$1 pid held failed

	cat >"$work/script"
	gtptest loop 20000 "$work/script" >"$work/loop" 2>&1 &
	pid=$!
	background+=("$pid")
	streams "$name"
	wait "$pid"
	held=0
	read -r _ held _ failed < <(grep '^held ' "$work/loop") || held=0
	diag "$name: ${held:-0} changes, ${failed:-0} failed"
	check "$name: it happened" test "${held:-0}" -gt 4
	as_before
	faults=$((faults + ${held:-0}))
}

meanwhile "routes flap" <<-END
	sh $IP -n $GGSN route del 192.0.2.2/32 via 198.51.100.2
	sleep 150
	sh $IP -n $GGSN route add 192.0.2.2/32 via 198.51.100.2 src 192.0.2.1 metric 10
	sh $IP -n $SGSN route del 192.0.2.1/32 via 198.51.100.1
	sleep 150
	sh $IP -n $SGSN route add 192.0.2.1/32 via 198.51.100.1 src 192.0.2.2 metric 10
	sh $IP -n $GGSN route add blackhole 192.0.2.2/32 metric 5
	sleep 60
	sh $IP -n $GGSN route del blackhole 192.0.2.2/32 metric 5
	sleep 300
END

# --- The MTU changes ---------------------------------------------------------------

meanwhile "the MTU changes" <<-END
	setlink ns=$GGSN dev=net0 mtu=1300
	setlink ns=$SGSN dev=net0 mtu=1300
	sleep 200
	setlink ns=$GGSN dev=gtp0 mtu=1000
	sleep 200
	setlink ns=$GGSN dev=net0 mtu=1500
	setlink ns=$SGSN dev=net0 mtu=1500
	setlink ns=$GGSN dev=gtp0 mtu=1452
	sleep 200
	setlink ns=$SGSN dev=gtp0 mtu=9000
	sleep 200
	setlink ns=$SGSN dev=gtp0 mtu=1452
END
# --- The wire is pulled out, the link goes down and up -----------------------------

meanwhile "the wire is pulled out" <<-END
	setlink ns=$SGSN dev=net0 down
	sleep 300
	setlink ns=$SGSN dev=net0 up
	sh $IP -n $SGSN route replace 192.0.2.1/32 via 198.51.100.1 src 192.0.2.2 metric 10
	sh $IP -n $GGSN route replace 192.0.2.2/32 via 198.51.100.2 src 192.0.2.1 metric 10
	sleep 1200
END

# --- Contexts are replaced under the stream ----------------------------------------

meanwhile "contexts are replaced" <<-END
	newpdp ns=$GGSN flags=replace link=gtp0 version=1 i_tei=101 o_tei=200 ms=10.45.0.2 peer=192.0.2.2
	newpdp ns=$SGSN flags=replace link=gtp0 version=1 i_tei=200 o_tei=101 ms=10.45.0.2 peer=192.0.2.1
	sleep 100
	newpdp ns=$GGSN flags=replace link=gtp0 version=1 i_tei=100 o_tei=200 ms=10.45.0.2 peer=192.0.2.2
	newpdp ns=$SGSN flags=replace link=gtp0 version=1 i_tei=200 o_tei=100 ms=10.45.0.2 peer=192.0.2.1
	sleep 300
END
gt <<-END
	cleanup
	newpdp ns=$GGSN flags=replace link=gtp0 version=1 i_tei=100 o_tei=200 ms=10.45.0.2 peer=192.0.2.2
	newpdp ns=$SGSN flags=replace link=gtp0 version=1 i_tei=200 o_tei=100 ms=10.45.0.2 peer=192.0.2.1
END

# --- A peer vanishes, and comes back ------------------------------------------------

down="ip4 src=10.99.0.1 dst=10.45.0.2 / udp 2 1 / text down"
up="ip4 src=10.45.0.2 dst=10.99.0.1 / udp 1 2 / text up"
gt <<-END
	test a peer that vanishes: sending goes on, and the errors it answers with change nothing
	dellink ns=$SGSN dev=gtp0
	capture dev ns=$GGSN dev=gtp0
	flood dev count=300 : $down
	getpdp ns=$GGSN link=gtp0 version=1 i_tei=100
	echoreq ns=$GGSN link=gtp0 version=1 ms=192.0.2.1 peer=192.0.2.2

	test the way to it is lost as well
	count ns=$GGSN dev=gtp0
	sh $IP -n $GGSN route add unreachable 192.0.2.2/32 metric 1
	send dev : $down
	counted ns=$GGSN dev=gtp0 tx_errors=1 tx_carrier_errors=1
	echoreq ns=$GGSN link=gtp0 version=1 ms=192.0.2.1 peer=192.0.2.2 => ENODEV
	sh $IP -n $GGSN route del unreachable 192.0.2.2/32 metric 1

	test it comes back, and has the tunnel again
	newlink ns=$SGSN name=gtp0 up create=1 role=1
	newpdp ns=$SGSN link=gtp0 version=1 i_tei=200 o_tei=100 ms=10.45.0.2 peer=192.0.2.1
	capture far ns=$SGSN dev=gtp0
	send dev : $down
	expect far : $down
	send far : $up
	expect dev : $up
	sh $IP -n $SGSN route add 10.99.0.1/32 dev gtp0 src 10.45.0.2
END
faults=$((faults + 2))
streams "after the peer has come back"

# --- Nobody reads the socket ----------------------------------------------------------

# What is passed up fills the buffer, up to its limit; G-PDUs go on through the tunnel.
gt <<-END
	dellink ns=$GGSN dev=gtp0
	test a socket that nobody reads: it is full, and packets still come and go
	udp a ns=$GGSN bind=192.0.2.1:2152
	newlink ns=$GGSN name=gtp0 up fd1=a
	newpdp ns=$GGSN link=gtp0 version=1 i_tei=100 o_tei=200 ms=10.45.0.2 peer=192.0.2.2
	udp far ns=$SGSN bind=192.0.2.2:7777 connect=192.0.2.1:2152
	flood far count=2000 : gtp1 teid=9999 / $up
	sh $IP netns exec $GGSN awk '\$2 ~ /:0868$/ { split(\$5, q, ":"); drops = \$NF; full = q[2] != "00000000" } END { exit !(full && drops > 0) }' /proc/net/udp
	capture dev ns=$GGSN dev=gtp0
	capture far2 ns=$SGSN dev=gtp0
	send far : gtp1 teid=100 / $up
	expect dev : $up
	send dev : $down
	expect far2 : $down

	test when it is read again, messages arrive again
	drain a
	send far : gtp1 teid=9998 / $up
	expect a : gtp1 teid=9998 / $up

	test it is closed full, and another one takes its place
	flood far count=2000 : gtp1 teid=9999 / $up
	close a
	dellink ns=$GGSN dev=gtp0
	udp a ns=$GGSN bind=192.0.2.1:2152
	newlink ns=$GGSN name=gtp0 up fd1=a
	send far : gtp1 teid=9997 / $up
	expect a : gtp1 teid=9997 / $up
END
faults=$((faults + 2))

rm -rf "$work"
diag "counted: faults $faults"
finish
