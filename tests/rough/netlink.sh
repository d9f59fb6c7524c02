#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Random netlink requests, and a model that says what must come of each: `gtptest fuzz netlink`.
# Four threads in namespaces of their own, where every answer, notification and table is compared;
# then threads that share a link, where the tables must be what was told of them.
#
#   OPERATIONS=N    requests in all (100000)
#   SEED=N          another run (1)
#
# A failure prints the command that repeats it. The C driver gets what it can do: no update of a
# context (it is not found by its new keys), no replacement (there is none), no echo request that is
# answered (a leak), no dump beside changes (entries get lost).
# shellcheck source-path=SCRIPTDIR source=../selftests/lib.sh
. "$(dirname "$0")/../selftests/lib.sh"

OPERATIONS=${OPERATIONS:-100000}
SEED=${SEED:-1}
total=0

# fuzz NAME WORDS...: a run, whose last line says how many operations it was.
fuzz() {
	local name=$1 output status=0 line

	shift
	output=$(gtptest fuzz netlink "driver=$DRIVER" "seed=$SEED" "$@" 2>&1) || status=$?
	while IFS= read -r line; do
		diag "$line"
		[[ $line =~ ^operations\ ([0-9]+)$ ]] && total=$((total + BASH_REMATCH[1]))
	done <<<"$output"
	if [ "$status" = 0 ]; then
		ktap_pass "$name"
	else
		ktap_fail "$name" "seed $SEED, status $status"
	fi
}

# Objects in a slab cache.
objects() {
	sed -n "s/^$1 *\([0-9]*\) .*/\1/p" /proc/slabinfo
}

# Namespaces are given back by a work queue. Unloading waits for what is the driver's.
settle() {
	driver_load
	sleep 1
	memory_settles
}

# What is allocated once and kept is allocated now.
gtptest fuzz netlink "driver=$DRIVER" seed=1 count=1000 threads=4 links=200 shrink=0 >/dev/null
gtptest fuzz netlink "driver=$DRIVER" mode=shared seed=1 count=1600 threads=4 >/dev/null
settle
before=$(memory_in_use) namespaces_before=$(objects net_namespace) sockets_before=$(objects UDP)

fuzz "contexts: all answers, notifications and tables are the model's" \
	threads=4 links=15 count=$((OPERATIONS * 60 / 100))
fuzz "links and sockets: all answers, notifications and tables are the model's" \
	threads=4 links=300 count=$((OPERATIONS * 5 / 100))
fuzz "a shared link: its table is what was told of it" \
	mode=shared threads=4 count=$((OPERATIONS * 35 / 100))

settle
# shellcheck disable=SC2016 # eval expands it
until_true eval '[ $(($(objects net_namespace) - namespaces_before)) -lt 12 ]'
check "memory is given back" until_true not_grown "$before" 1000
diag "memory: $before kB before, $(memory_in_use) kB after"
left=$(($(objects net_namespace) - namespaces_before))
if [ "$left" -lt 12 ]; then
	ktap_pass "namespaces are given back"
else
	ktap_fail "namespaces are given back" "$left are left"
fi
left=$(($(objects UDP) - sockets_before))
if [ "$left" -lt 40 ]; then
	ktap_pass "sockets are given back"
else
	ktap_fail "sockets are given back" "$left are left"
fi
echo "# counted: operations $total"
finish
