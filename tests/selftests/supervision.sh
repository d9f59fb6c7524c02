#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Path supervision: peers are asked, again after T3, N3 times in all; what comes of it is
# told once and shown, and nothing is left of it when contexts, links and namespaces go.
#
#   +------------- GSN -------------+          +------------- PEER -------------+
#   | gtp0                          |   net0   | gtp0  192.0.2.2, 2001:db8:a::2 |
#   |   192.0.2.1, 2001:db8:a::1    |----------|       198.51.100.0/24          |
#   |                               |          | nobody at 192.0.2.3            |
#   +-------------------------------+          +--------------------------------+

# shellcheck disable=SC2317 # functions are called by `check`
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "${0%/*}/lib.sh"

if [ "$DRIVER" = c ]; then
	ktap_skip "path supervision" "the C driver supervises no paths"
	finish
fi

netns GSN
netns PEER
# shellcheck disable=SC2153 # netns sets them
with_ipv6 "$GSN" "$PEER"
pair "$GSN" 192.0.2.1/24 "$PEER" 192.0.2.2/24
"$IP" -n "$PEER" addr add 192.0.2.3/24 dev net0
"$IP" -n "$GSN" addr add 2001:db8:a::1/64 dev net0 nodad
"$IP" -n "$PEER" addr add 2001:db8:a::2/64 dev net0 nodad
"$IP" -n "$GSN" route add 198.51.100.0/24 via 192.0.2.2
"$IP" -n "$PEER" route add local 198.51.100.0/24 dev lo
heard=/tmp/supervision.heard

# How long an answer may take, in ms.
t3=2000
# supervised: a link on the GSN that supervises its paths. They are not asked twice in a run.
supervised() {
	gtpctl -n "$GSN" link add gtp0 role ggsn dual_stack local 192.0.2.1 local6 2001:db8:a::1 \
		echo_interval 3600 echo_t3 "$t3" echo_n3 3 up
}

# context N PEER [VERSION]: of an MS with the number N.
context() {
	local tunnel="version 1 i_tei $1 o_tei $1"

	[ "${3:-1}" = 1 ] || tunnel="version 0 tid $1 flow $1"
	# shellcheck disable=SC2086 # words
	gtpctl -n "$GSN" pdp add dev gtp0 $tunnel ms "10.45.$(($1 / 250)).$(($1 % 250 + 1))" peer "$2"
}

# paths: the list. shows WORDS: it has such an entry.
paths() {
	gtpctl -n "$GSN" path list dev gtp0
}
shows() {
	paths | grep -q -- "$*"
}

# listen: what is told from now on goes to a file. told N WORDS: that was told N times.
listen() {
	gtpctl -n "$GSN" monitor >"$heard" 2>/tmp/supervision.said &
	background+=($!)
	until_true grep -q Listening /tmp/supervision.said
}
told() {
	[ "$(grep -c -- "^path .*$2" "$heard")" = "$1" ] || {
		cat "$heard"
		return 1
	}
}
event() {
	"$IP" netns exec "$GSN" ethtool -S gtp0 | sed -n "s/^ *$1: //p"
}

# --- Requests for links ----------------------------------------------------------

new="newlink ns=$GSN name=gtp0 create=1"
gt <<-END
	test a link has what it was given, and defaults beside it
	$new interval=60
	linkdata ns=$GSN dev=gtp0 hashsize=1024 role=0 restart=0 interval=60 t3=3000 n3=5
	dellink ns=$GSN dev=gtp0
	$new interval=3600 t3=60000 n3=255
	linkdata ns=$GSN dev=gtp0 hashsize=1024 role=0 restart=0 interval=3600 t3=60000 n3=255
	newlink ns=$GSN name=gtp0 flags=none interval=61 => EOPNOTSUPP
	dellink ns=$GSN dev=gtp0

	test without an interval there is none
	$new interval=0 t3=100 n3=1
	linkdata ns=$GSN dev=gtp0 hashsize=1024 role=0 restart=0
	dellink ns=$GSN dev=gtp0

	test what is not valid is refused, and why is said
	$new interval=59 => EINVAL
	$new 78:hex=3c00 => ERANGE
	$new interval=60 t3=99 => EINVAL
	$new interval=60 t3=60001 => EINVAL
	$new interval=60 n3=0 => EINVAL
	$new interval=60 80:hex= => ERANGE
	udp own ns=$GSN bind=192.0.2.1:2152
	newlink ns=$GSN name=gtp0 fd1=own interval=60 => EINVAL
	extacks
END

# --- On the wire -------------------------------------------------------------------

gt <<-END
	udp peer ns=$PEER bind=192.0.2.3:2152
	udp peer0 ns=$PEER bind=192.0.2.3:3386
	$new up local=192.0.2.1 interval=60 t3=2000 n3=3

	test nobody is asked before there is a context
	silent peer for=500

	test the first request, and two repetitions of it
	newpdp ns=$GSN link=gtp0 version=1 i_tei=1 o_tei=1 ms=10.45.0.1 peer=192.0.2.3
	expect peer timeout=10000 : gtp1 type=1 teid=0 seq=0
	silent peer for=100
	expect peer timeout=10000 : gtp1 type=1 teid=0 seq=0
	expect peer timeout=10000 : gtp1 type=1 teid=0 seq=0
	silent peer for=3000

	test version 0 has its own path and port
	newpdp ns=$GSN link=gtp0 version=0 tid=2 flow=2 ms=10.45.0.2 peer=192.0.2.3
	expect peer0 timeout=10000 : gtp0 type=1 seq=1
	send peer0 to=192.0.2.1:3386 : gtp0 type=2 seq=1 / hex 0e07
	silent peer0 for=3000
	silent peer for=10

	test a second context on a path changes nothing
	newpdp ns=$GSN link=gtp0 version=0 tid=3 flow=3 ms=10.45.0.3 peer=192.0.2.3
	silent peer0 for=500

	cleanup
	dellink ns=$GSN dev=gtp0
	close peer peer0
END

# --- Peers that answer, and one that does not ----------------------------------------

check "a link that supervises its paths" supervised
matches "it says so" "$(gtpctl -n "$GSN" link show gtp0)" "* echo_interval 3600 echo_t3 2000 echo_n3 3 *"
check "a peer that answers" gtpctl -n "$PEER" link add gtp0 role sgsn dual_stack local 192.0.2.2 up
listen
check "contexts" eval "context 1 192.0.2.2 && context 2 2001:db8:a::2 && context 3 192.0.2.2 0 &&
	context 4 192.0.2.3 && context 5 192.0.2.3"
for peer in "1 peer 192.0.2.2" "1 peer 2001:db8:a::2" "0 peer 192.0.2.2"; do
	check "version $peer is up" until_true shows "version $peer state up rtt_us"
done
check "192.0.2.3 is down" until_true shows "version 1 peer 192.0.2.3 state down contexts 2"
until_true told 3 "state up"
sleep 1
check "three paths that are up were told once" told 3 "state up"
check "the one that is down was told once" told 1 "peer 192.0.2.3 state down"
equal "three requests were answered" "$(event echo_responses_received)" 3
equal "and three were not" "$(event echo_requests_sent)" 6
equal "one path has failed" "$(event paths_failed)" 1
matches "the same as JSON" "$(gtpctl -j -n "$GSN" path list | tr -d '\n')" \
	'*"version":1,"peer":"192.0.2.3","state":"down","contexts":2}*'
gt <<-END
	test a request that is refused is of no path
	newpdp ns=$GSN flags=excl link=gtp0 version=1 i_tei=1 o_tei=1 ms=10.45.0.9 peer=192.0.2.77 => EEXIST
END
refuse "nor has it left one" shows "peer 192.0.2.77"
check "what carries user data is not stopped" "$IP" netns exec "$GSN" sh -c "
	$IP route replace 10.45.0.0/16 dev gtp0 && ping -c 1 -W 1 10.45.0.5 >/dev/null; true"

gt <<-END
	udp peer ns=$PEER bind=192.0.2.3:2152
	test an answer that nobody has asked for brings no path up
	send peer to=192.0.2.1:2152 : gtp1 type=2 teid=0 seq=99 / hex 0e00
	sleep 200
END
check "it is still down" shows "peer 192.0.2.3 state down"
gt <<-END
	test another peer answers meanwhile
	echoreq ns=$GSN link=gtp0 version=1 ms=192.0.2.1 peer=192.0.2.2
	sleep 500
END
check "which is no news of the one that is down" told 1 "peer 192.0.2.3 state down"
check "and counted" test "$(event echo_responses_unexpected)" = 1
gt <<-END
	udp peer ns=$PEER bind=192.0.2.3:2152
	test the answer to a request of a user does
	echoreq ns=$GSN link=gtp0 version=1 ms=192.0.2.1 peer=192.0.2.3
	expect peer : gtp1 type=1 teid=0 seq=*
	send peer to=192.0.2.1:2152 : gtp1 type=2 teid=0 seq=0 / hex 0e00
END
check "it is up" until_true shows "peer 192.0.2.3 state up"
check "that was told once" told 1 "peer 192.0.2.3 state up"

check "contexts go" gtpctl -n "$GSN" pdp del dev gtp0 version 1 i_tei 4
check "one is left on the path" shows "peer 192.0.2.3 state up contexts 1"
check "and that" gtpctl -n "$GSN" pdp del dev gtp0 version 1 i_tei 5
refuse "then the path has gone" shows "peer 192.0.2.3"

# A path is asked once in an interval, whatever comes to it and goes from it.
requests=$(event echo_requests_sent)
comes_and_goes() {
	local _

	for _ in 1 2 3; do
		gtpctl -n "$GSN" pdp del dev gtp0 version 0 tid 3 || return
		sleep 0.1
		context 3 192.0.2.2 0 || return
		sleep 0.1
	done
}
check "the only context of a path comes and goes" comes_and_goes
sleep 0.5
equal "its peer is not asked anew" "$(event echo_requests_sent)" "$requests"
check "the path is what it was" shows "version 0 peer 192.0.2.2 state up rtt_us"
check "which nobody is told again" told 1 "version 0 peer 192.0.2.2 state up"
"$IP" -n "$GSN" link set gtp0 down
sleep 1.2
"$IP" -n "$GSN" link set gtp0 up
sleep 1.2
equal "nor when the link was down for a while" "$(event echo_requests_sent)" "$requests"

# Two peers whose addresses differ in two words by the same bits, and one of them is there.
"$IP" -n "$PEER" addr add 2001:db8:a::1:0:2/64 dev net0 nodad
alike() {
	printf 'add dev gtp0 version 1 i_tei %d o_tei 1 ms 10.45.1.%d peer %s\n' \
		11 11 2001:db8:a::1:0:2 12 12 2001:db8:a::2:0:1 | gtpctl -n "$GSN" pdp batch -
}
check "contexts with peers of like addresses" alike
check "one is up" until_true shows "peer 2001:db8:a::1:0:2 state up"
check "and one is down" until_true shows "peer 2001:db8:a::2:0:1 state down"

if modprobe sch_netem 2>/dev/null || [ -d /sys/module/sch_netem ] ||
	"$IP" netns exec "$PEER" tc qdisc add dev net0 root netem delay 1ms 2>/dev/null; then
	"$IP" netns exec "$PEER" tc qdisc replace dev net0 root netem delay 60ms
	"$IP" -n "$PEER" addr add 198.51.100.1/32 dev lo
	begin=$(date +%s%N)
	gt <<-END
		udp peer ns=$PEER bind=198.51.100.1:2152
		test a slow answer
		newpdp ns=$GSN link=gtp0 version=1 i_tei=6 o_tei=6 ms=10.45.0.7 peer=198.51.100.1
		expect peer timeout=10000 : gtp1 type=1 teid=0 seq=*
		send peer to=192.0.2.1:2152 : gtp1 type=2 teid=0 seq=0 / hex 0e00
	END
	check "it is up" until_true shows "peer 198.51.100.1 state up rtt_us"
	rtt=$(paths | sed -n 's/.*peer 198.51.100.1 .*rtt_us \([0-9]*\).*/\1/p')
	check "the round-trip time is that of the wire ($rtt us)" \
		test "${rtt:-0}" -ge 60000 -a "${rtt:-0}" -le $((($(date +%s%N) - begin) / 1000))
	"$IP" netns exec "$PEER" tc qdisc del dev net0 root
else
	ktap_skip "the round-trip time is that of the wire" "this kernel has no netem"
fi
gtpctl -n "$GSN" link del gtp0
gtpctl -n "$PEER" link del gtp0

# --- A link that is down, and many peers ---------------------------------------------

# Two hundred answers take their time on a busy machine.
t3=10000
check "a link that is down" supervised
"$IP" -n "$GSN" link set gtp0 down
check "its context" context 1 192.0.2.2
sleep 1.5
equal "nobody is asked" "$(event echo_requests_sent)" 0
# It is there before it is asked, or it would be asked again.
check "a peer that answers at any address" gtpctl -n "$PEER" link add gtp0 role sgsn up
"$IP" -n "$GSN" link set gtp0 up
check "once it is up somebody is" until_true shows "peer 192.0.2.2 state up"
many() {
	local n

	for n in {1..200}; do
		echo "add dev gtp0 version 1 i_tei $((n + 100)) o_tei 1 ms 10.46.0.$n peer 198.51.100.$n"
	done | gtpctl -n "$GSN" pdp batch -
}
# Far away: all requests are under way before an answer comes.
netem=$("$IP" netns exec "$PEER" tc qdisc add dev net0 root netem delay 150ms limit 10000 2>&1) ||
	diag "without delay: $netem"
check "two hundred peers" many
all_up() {
	[ "$(paths | grep -c 'peer 198.51.100.* state up rtt_us')" = 200 ]
}
check "all of them are up" until_true all_up
equal "each was asked once" "$(event echo_requests_sent)" 201
equal "and no answer was lost" "$(event echo_responses_unexpected)" 0
"$IP" netns exec "$PEER" tc qdisc del dev net0 root 2>/dev/null
check "the dump has each once" test "$(paths | sort -u | wc -l)" = 201
refuse "a link that is not there has no paths" gtpctl -n "$GSN" path list ifindex 9999

# --- The end -------------------------------------------------------------------------

churn() {
	local n

	for n in {1..20}; do
		supervised || return
		context 1 192.0.2.3 && context 2 192.0.2.2 || return
		gtpctl -n "$GSN" link del gtp0 || return
	done
}
gtpctl -n "$GSN" link del gtp0
check "links go while requests are due" churn
check "and so does a namespace" eval "supervised && context 1 192.0.2.3 && netns_del $GSN"
finish
