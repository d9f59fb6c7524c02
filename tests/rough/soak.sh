#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# A hundred thousand contexts at each end of a path, of which a thousand a second come and
# go while packets do, or as many as the machine can: nothing is left of it in memory, and
# the counters add up.
#
#   +--------- GGSN ---------+          +--------- SGSN ---------+
#   | gtp0  192.0.2.1        |   net0   | gtp0  192.0.2.2        |
#   | lo    10.99.0.1        |----------| lo    10.64.0.0/14, MS |
#   +------------------------+          +------------------------+
#
#   SECONDS_=N    for how many seconds there are changes (60)
#   CONTEXTS=N    how many contexts (100000)
#
# A kernel that checks itself takes a twentieth of the contexts and a sixth of the time.

# shellcheck disable=SC2317 # called by name
# shellcheck source-path=SCRIPTDIR source=../selftests/lib.sh
. "${0%/*}/../selftests/lib.sh"

seconds=${SECONDS_:-$(scaled 60 10)}
contexts=${CONTEXTS:-$(scaled 100000 5000)}
[ "$DRIVER" != c ] || skip_all "the C driver does not count why it drops"
netns GGSN
netns SGSN
pair "$GGSN" 192.0.2.1/24 "$SGSN" 192.0.2.2/24
check "a link on the GGSN" gtpctl -n "$GGSN" link add gtp0 role ggsn hsize "$contexts" up
check "a link on the SGSN" gtpctl -n "$SGSN" link add gtp0 role sgsn hsize "$contexts" up
"$IP" -n "$GGSN" -batch - <<-END
	addr add 10.99.0.1/32 dev lo
	route add 10.64.0.0/14 dev gtp0 src 10.99.0.1
END
"$IP" -n "$SGSN" -batch - <<-END
	route add local 10.64.0.0/14 dev lo
	route add 10.99.0.1/32 dev gtp0
END
check "contexts on the GGSN" gtptest bulk newpdp ns="$GGSN" dev=gtp0 count="$contexts" tei=1 \
	ms=10.64.0.1 peer=192.0.2.2
check "contexts on the SGSN" gtptest bulk newpdp ns="$SGSN" dev=gtp0 count="$contexts" tei=1 \
	ms=10.64.0.1 peer=192.0.2.1

# stat NS NAME: a counter of the link.
stat() {
	"$IP" netns exec "$1" cat "/sys/class/net/gtp0/statistics/$2"
}

# events NS PATTERN: the sum of the link's own counters of these names.
events() {
	"$IP" netns exec "$1" ethtool -S gtp0 | awk -v pattern="^ *($2):" '$0 ~ pattern { n += $2 } END { print n + 0 }'
}

# So that what is made at first use has been.
gtptest soak "$GGSN" "$SGSN" 2000 "$contexts" >/dev/null
declare -A base
for ns in "$GGSN" "$SGSN"; do
	for name in rx_packets tx_packets rx_dropped tx_errors; do
		base[$ns/$name]=$(stat "$ns" $name)
	done
	for pattern in "rx_.*" "tx_.*" error_indications_sent error_indications_received; do
		base[$ns/$pattern]=$(events "$ns" "$pattern")
	done
done
# since NS NAME: what was counted since then.
since() {
	local now

	case $2 in
	rx_packets | tx_packets | rx_dropped | tx_errors) now=$(stat "$1" "$2") ;;
	*) now=$(events "$1" "$2") ;;
	esac
	echo $((now - base[$1/$2]))
}
memory_settles
before=$(memory_in_use)

begin=$(date +%s%N)
read -r down up down_got up_got changes < <(gtptest soak "$GGSN" "$SGSN" $((seconds * 1000)) "$contexts")
elapsed=$((($(date +%s%N) - begin) / 1000000))
equal "it runs to its end" "${changes:-0}" $((seconds * 1000))
diag "$changes changes of contexts, $((changes * 1000 / elapsed)) a second"
diag "$down datagrams towards the MS, $down_got arrived; $up from there, $up_got arrived"

# end SENT FROM TO GOT: what one end sends, and the other one receives.
end() {
	local name=$1 sent=$2 from=$3 to=$4 got=$5 passed

	passed=$(since "$from" tx_packets)
	diag "$name: $passed sent, $(since "$from" 'tx_.*') dropped in front of the tunnel," \
		"$(since "$to" rx_packets) received, $(since "$to" 'rx_.*') dropped behind it"
	equal "$name: what was handed in was sent, or dropped for a reason" \
		"$((passed + $(since "$from" 'tx_.*')))" "$sent"
	equal "$name: what was dropped in front of the tunnel is an error of the link" \
		"$(since "$from" tx_errors)" "$(since "$from" 'tx_.*')"
	equal "$name: what was sent was received, or dropped for a reason" \
		"$(($(since "$to" rx_packets) + $(since "$to" 'rx_.*')))" "$passed"
	equal "$name: what was dropped behind the tunnel is a drop of the link" \
		"$(since "$to" rx_dropped)" "$(since "$to" 'rx_.*')"
	equal "$name: what was received arrived" "$(since "$to" rx_packets)" "$got"
	equal "$name: each error indication was received" \
		"$(since "$from" error_indications_received)" "$(since "$to" error_indications_sent)"
	check "$name: some were dropped, and most were not" \
		test "$(since "$to" 'rx_.*')" -gt 0 -a "$got" -gt $((sent * 3 / 4))
}
end "towards the MS" "$down" "$GGSN" "$SGSN" "$down_got"
end "from the MS" "$up" "$SGSN" "$GGSN" "$up_got"

gt <<-END
	test all contexts are there at both ends
	dump ns=$GGSN
	dumped $contexts unique
	dump ns=$SGSN
	dumped $contexts unique
END
# A change takes 170 octets: those of a minute are 10 MB.
check "memory has not grown" until_true not_grown "$before" 1000
diag "kernel memory: $before kB before, $(memory_in_use) kB after"
echo "# counted: operations $((changes + down + up))"
finish
