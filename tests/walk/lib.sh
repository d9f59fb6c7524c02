# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0
# What the walk-throughs share, beside what they share with the selftests. To be sourced.

# shellcheck source-path=SCRIPTDIR/../selftests source=../selftests/lib.sh
. "${BASH_SOURCE[0]%/*}/../selftests/lib.sh"

if [ "$DRIVER" = c ]; then
	ktap_skip "walk-through" "the C driver knows neither QoS flows nor End Markers nor usage"
	finish
fi
repo=$(cd "${BASH_SOURCE[0]%/*}/../.." && pwd)

# walk NAME: NAME.py in namespaces of its own, its tests reported as ours. What went over
# N3 is left in /out/walk-NAME.pcap, for tests/walk/run to decode.
walk() {
	netns RAN1
	netns RAN2
	netns UPF
	netns DN
	# shellcheck disable=SC2153 # netns sets them
	"$repo/tests/vm/python" "$repo/tests/walk/$1.py" "/out/walk-$1.pcap" "$RAN1" "$RAN2" "$UPF" "$DN" | report
}
