#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# `ethtool -K` switches each offload of the link off and on while a TCP stream goes
# through, and the stream goes on, with no segment that has a wrong checksum.
#
#   +------- GSN -------+          +------- PEER ------+
#   | gtp0              |   net0   | gtp0              |
#   |   192.0.2.1       |----------|   192.0.2.2       |
#   | lo 10.99.0.1,     |          | lo 10.45.0.2,     |
#   | 2001:db8:99::1    |          | 2001:db8:45:2::1  |
#   +-------------------+          +-------------------+

# shellcheck disable=SC2317 # called by name
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "${0%/*}/lib.sh"

command -v iperf3 >/dev/null || skip_all "no iperf3"
netns GSN
netns PEER
# shellcheck disable=SC2153 # netns sets them
with_ipv6 "$GSN" "$PEER"
pair "$GSN" 192.0.2.1/24 "$PEER" 192.0.2.2/24
for ns in "$GSN" "$PEER"; do
	"$IP" netns exec "$ns" ethtool -K net0 tx on tso on >/dev/null
done
"$IP" -n "$GSN" -batch - <<-END
	addr add 10.99.0.1/32 dev lo
	addr add 2001:db8:99::1/128 dev lo nodad
END
"$IP" -n "$PEER" -batch - <<-END
	addr add 10.45.0.2/32 dev lo
	addr add 2001:db8:45:2::1/128 dev lo nodad
END
check "a tunnel" gtpctl -n "$GSN" link add gtp0 role ggsn local 192.0.2.1 up
check "its other end" gtpctl -n "$PEER" link add gtp0 role sgsn local 192.0.2.2 up
check "contexts" gtpctl -n "$GSN" pdp batch - <<-END
	add dev gtp0 version 1 i_tei 1 o_tei 2 ms 10.45.0.2 peer 192.0.2.2
	add dev gtp0 version 1 i_tei 1 o_tei 2 ms 2001:db8:45:2:: peer 192.0.2.2
END
check "contexts at the other end" gtpctl -n "$PEER" pdp batch - <<-END
	add dev gtp0 version 1 i_tei 2 o_tei 1 ms 10.45.0.2 peer 192.0.2.1
	add dev gtp0 version 1 i_tei 2 o_tei 1 ms 2001:db8:45:2:: peer 192.0.2.1
END
"$IP" -n "$GSN" -batch - <<-END
	route add 10.45.0.0/16 dev gtp0 src 10.99.0.1
	route add 2001:db8:45::/48 dev gtp0 src 2001:db8:99::1
END
"$IP" -n "$PEER" -batch - <<-END
	route add 10.99.0.1/32 dev gtp0 src 10.45.0.2
	route add 2001:db8:99::1/128 dev gtp0 src 2001:db8:45:2::1
END

# switch FEATURE on|off: at both ends, and whether the link says so.
switch() {
	local ns

	for ns in "$GSN" "$PEER"; do
		"$IP" netns exec "$ns" ethtool -K gtp0 "$1" "$2" || return
		if ! "$IP" netns exec "$ns" ethtool -k gtp0 | grep "^[[:space:]]*${shown[$1]:-$1}: $2"; then
			echo "$ns: ${shown[$1]:-$1} is not $2"
			return 1
		fi
	done
}

# wrong NS: TCP checksums found wrong there.
wrong() {
	# shellcheck disable=SC2016 # awk expands it
	"$IP" netns exec "$1" awk '$1 == "Tcp:" && $2 ~ /^[0-9]/ { print $NF }' /proc/net/snmp
}

# moved: octets that the link has received.
moved() {
	"$IP" netns exec "$GSN" cat /sys/class/net/gtp0/statistics/rx_bytes
}

# more OCTETS: as many, and some more, have been received.
more() {
	[ "$(moved)" -gt "$(($1 + 200000))" ]
}

# goes_on: the stream does, for some time.
goes_on() {
	local before

	before=$(moved)
	until_true more "$before" || {
		echo "$(($(moved) - before)) octets in ten seconds"
		return 1
	}
	if [ "$(wrong "$GSN") $(wrong "$PEER")" != "0 0" ]; then
		echo "wrong checksums"
		return 1
	fi
}

# switched FEATURE on|off: and the stream goes on.
switched() {
	switch "$@" && goes_on
}

# What a link of ours has (tso: all kinds of it), and what belongs to every device.
features="tso tx-tcp-segmentation tx-tcp6-segmentation tx-udp-segmentation tx-checksum-ip-generic
	sg tx-scatter-gather-fraglist rx gso gro"
# What ethtool calls them when it shows them.
declare -A shown=([tso]=tcp-segmentation-offload [sg]=scatter-gather [rx]=rx-checksumming
	[gso]=generic-segmentation-offload [gro]=generic-receive-offload)

# The stream outlasts all of them. At full speed it leaves a kernel that checks itself no
# time to switch anything.
for family in 4 6; do
	to=10.99.0.1
	[ $family = 4 ] || to=2001:db8:99::1
	"$IP" netns exec "$GSN" iperf3 -s -1 -D -B $to >/dev/null
	until_true "$IP" netns exec "$GSN" sh -c 'grep -q :1451 /proc/net/tcp /proc/net/tcp6'
	"$IP" netns exec "$PEER" iperf3 -c $to -t 3000 -b "$(scaled 0 4M)" >/tmp/iperf3-$family 2>&1 &
	stream=$!
	background+=("$stream")
	check "IPv$family: a stream" goes_on
	for feature in $features; do
		for state in off on; do
			name="IPv$family: $feature is switched $state, and the stream goes on"
			if [ "$DRIVER" = c ] && [ "$feature" != gro ]; then
				ktap_skip "$name" "the C driver has no offloads to switch"
			else
				check "$name" switched "$feature" "$state"
			fi
		done
	done
	kill "$stream"
	wait "$stream" 2>/dev/null
done
finish
