#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# A peer floods the GGSN with what it cannot use: it is answered at a bounded rate, takes
# no memory, and the traffic beside it goes on.
#
#   +--- FLOOD ----+          +--------- GGSN ----------+          +--- SGSN ---+
#   | 198.18.0.0/24|   net1   | 198.51.100.1  192.0.2.1 |   net0   | gtp0       |
#   | 198.51.100.2 |----------|         gtp0            |----------| 192.0.2.2  |
#   +--------------+          | 10.99.0.1               |          | 10.45.0.2  |
#                             +-------------------------+          +------------+
#
# What the traffic loses is measured in one thread, which sends 32 datagrams of the stream
# and 8 of the flood, receives the former, and does without the latter every other time. That
# it keeps 70 % is judged where a clock counts instructions (`scripts/vm run --icount`, as
# scripts/test-debug does): elsewhere the machine's load is measured, and on a kernel that
# checks itself an answer, of which so many a second are allowed, is most of a second's work.
# The rate of answers is measured apart from that, with the flood at full speed.
#
#   MS=N          milliseconds that a stream is measured (2000)
#   FLOOD_COUNT=N packets of a flood at full speed (10000, on a kernel that checks itself 2000)

# shellcheck disable=SC2317 # called by name
# shellcheck source-path=SCRIPTDIR source=../selftests/lib.sh
. "${0%/*}/../selftests/lib.sh"

ms=${MS:-2000}
count=${FLOOD_COUNT:-$(scaled 10000 2000)}
[ "$DRIVER" != c ] || skip_all "the C driver has neither answers nor counters of this kind"
counting=$(grep -o clock=instructions /proc/cmdline)
netns GGSN
netns SGSN
netns FLOOD
pair "$GGSN" 192.0.2.1/24 "$SGSN" 192.0.2.2/24
# shellcheck disable=SC2153 # netns sets them
"$IP" -n "$GGSN" link add net1 type veth peer name net0 netns "$FLOOD"
"$IP" -n "$GGSN" -batch - <<-END
	link set net1 up
	addr add 198.51.100.1/24 dev net1
	route add 198.18.0.0/24 via 198.51.100.2
	addr add 10.99.0.1/32 dev lo
END
"$IP" -n "$FLOOD" -batch - <<-END
	link set net0 up
	addr add 198.51.100.2/24 dev net0
	route add local 198.18.0.0/24 dev lo
END
"$IP" -n "$SGSN" addr add 10.45.0.2/32 dev lo
check "a link on the GGSN" gtpctl -n "$GGSN" link add gtp0 role ggsn up
check "a link on the SGSN" gtpctl -n "$SGSN" link add gtp0 role sgsn up
"$IP" -n "$GGSN" route add 10.45.0.0/16 dev gtp0 src 10.99.0.1
"$IP" -n "$SGSN" route add 10.99.0.1/32 dev gtp0 src 10.45.0.2
check "a context on the GGSN" gtpctl -n "$GGSN" pdp add dev gtp0 version 1 i_tei 1 o_tei 2 \
	ms 10.45.0.2 peer 192.0.2.2
check "a context on the SGSN" gtpctl -n "$SGSN" pdp add dev gtp0 version 1 i_tei 2 o_tei 1 \
	ms 10.45.0.2 peer 192.0.2.1
check "traffic" "$IP" netns exec "$SGSN" ping -q -c 2 -W 2 -I 10.45.0.2 10.99.0.1
check "the flooder reaches the GGSN" "$IP" netns exec "$FLOOD" ping -q -c 2 -W 2 -I 198.18.0.1 198.51.100.1

# event NAME: what the GGSN's link has counted of it.
event() {
	"$IP" netns exec "$GGSN" ethtool -S gtp0 | sed -n "s/^ *$1: //p"
}
now() {
	date +%s%N
}

t_pdu="ip4 src=10.45.0.9 dst=10.99.0.1 / udp 1 2 / fill 64"
# What comes | its port | the packet | what it is counted as | the counter of answers | so many
# a second for each class of peers, and so many at once. There are 64 classes.
floods=(
	"unknown TEIDs|2152|gtp1 teid=77 / $t_pdu|rx_unknown_tunnel|error_indications_sent|10|1"
	"unknown TIDs|3386|gtp0 tid=77 / $t_pdu|rx_unknown_tunnel|error_indications_sent|10|1"
	"addresses of other MS|2152|gtp1 teid=1 / $t_pdu|rx_not_from_ms|-|0|0"
	"echo requests|2152|gtp1 type=1 teid=0 seq=7|echo_requests_limited|echo_requests_answered|200|500"
	"echo requests of version 0|3386|gtp0 type=1 seq=7|echo_requests_limited|echo_requests_answered|200|500"
	"lengths beyond the datagram|2152|gtp1 teid=1 len=9999 / $t_pdu|rx_malformed_length_too_long|-|0|0"
	"extension headers of length 0|2152|gtp1 teid=1 next=0x85 / hex 00000000 / $t_pdu|rx_malformed_ext_zero_length|-|0|0"
	"extension headers that take comprehension|2152|gtp1 teid=1 ext=c5:0000 / $t_pdu|rx_unknown_extension|extension_notifications_sent|10|1"
	"half a header|2152|hex 30ff0000|rx_malformed_too_short|-|0|0"
	"messages of no known type|2152|gtp1 type=99 teid=0 seq=1|rx_unhandled_message|-|0|0"
)
operations=0

# full_speed: a flood from one peer, in a process that does nothing else.
full_speed() {
	local to=198.51.100.1:$port begin end

	begin=$(now)
	gt <<-END
		udp flooder ns=$FLOOD bind=198.18.0.1:0 connect=$to
		test $name: a flood from one peer
		flood flooder count=$count : $packet
	END
	end=$(now)
	elapsed=$(((end - begin) / 1000000))
}

for flood in "${floods[@]}"; do
	IFS='|' read -r name port packet counted answered rate burst <<<"$flood"
	read -ra words <<<"$packet"
	memory_settles
	before=$(memory_in_use)
	counted_before=$(event "$counted")
	answered_before=0
	[ "$answered" = - ] || answered_before=$(event "$answered")
	full_speed
	answers=0
	[ "$answered" = - ] || answers=$(($(event "$answered") - answered_before))
	seen=$(($(event "$counted") - counted_before))
	diag "$name: $count in $elapsed ms, $((count * 1000 / elapsed)) a second; $answers answers"
	# Nothing was lost on the way: what was answered is counted by that alone or by both.
	[ "$answered" != echo_requests_answered ] || seen=$((seen + answers))
	equal "$name: each of them is counted" "$seen" "$count"
	if [ "$answered" != - ]; then
		check "$name: some are answered" test "$answers" -gt 0
		check "$name: no more than $rate a second and $burst at once" \
			test "$answers" -le $((burst + rate * elapsed / 1000 + 1))
	fi
	# From many peers, beside traffic.
	operations=$((operations + count))
	answered_before=0
	[ "$answered" = - ] || answered_before=$(event "$answered")
	begin=$(now)
	read -r plain with sent took lost < <(gtptest beside "$SGSN" "$GGSN" 10.45.0.2 10.99.0.1 172 "$ms" \
		"$FLOOD" 198.18.0.1 200 198.51.100.1:"$port" 8 : "${words[@]}")
	elapsed=$((($(now) - begin) / 1000000))
	check "$name, beside traffic" test "${sent:-0}" -gt 0
	kept=$((plain * 100 / with))
	diag "$name: $((sent * 1000 / took)) a second leave $kept % of $((1000000000 / plain)) datagrams a second"
	if [ -n "$counting" ]; then
		check "$name: the traffic beside it keeps 70 %" test "$kept" -ge 70
	fi
	equal "$name: and loses nothing" "$lost" 0
	if [ "$answered" != - ]; then
		answers=$(($(event "$answered") - answered_before))
		check "$name: from many peers no more for each of 64 classes" \
			test "$answers" -le $((64 * (burst + rate * elapsed / 1000 + 1)))
	fi
	operations=$((operations + sent))
	check "$name: memory is as it was" until_true not_grown "$before" 1000
	diag "memory: $before kB before, $(memory_in_use) kB after"
done
# A class has so long done nothing that it may do everything at once again.
gt <<-END
	test who has not flooded is answered at once
	udp peer ns=$FLOOD bind=198.18.0.200:2152 connect=198.51.100.1:2152
	send peer : gtp1 type=1 teid=0 seq=9
	expect peer : gtp1 type=2 teid=0 seq=9 / hex 0e00
END
echo "# counted: operations $operations"
finish
