# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0
#
# What all selftests share: KTAP on stdout, the driver, namespaces, gtptest's
# reports. Source it first, call `finish` last.
#
#   DRIVER=rust|c   which driver to test, /drivers/$DRIVER/gtp.ko
#   GTP_KO=FILE     another module file
#
# Exit status: 0 passed, 1 something failed, 4 nothing could be run.

set -u
# The last part of a pipe runs in this shell, so that it may count.
shopt -s lastpipe

DRIVER=${DRIVER:-rust}
GTP_KO=${GTP_KO:-/drivers/$DRIVER/gtp.ko}
IP=/usr/bin/ip

export DRIVER

ktap_count=0
ktap_failed=0
ktap_passed=0
ktap_row=
namespaces=()
background=()
log_mark="selftest ${0##*/} $$"

# --- KTAP -------------------------------------------------------------------

diag() {
	printf '# %s\n' "$*"
}

ktap_pass() {
	ktap_count=$((ktap_count + 1))
	ktap_passed=$((ktap_passed + 1))
	printf 'ok %d %s\n' "$ktap_count" "$1"
}

ktap_fail() {
	ktap_count=$((ktap_count + 1))
	ktap_failed=$((ktap_failed + 1))
	printf 'not ok %d %s\n' "$ktap_count" "$1"
	[ -z "${2:-}" ] || diag "$2"
}

ktap_skip() {
	ktap_count=$((ktap_count + 1))
	printf 'ok %d %s # SKIP %s\n' "$ktap_count" "$1" "$2"
}

# Names the row of the list of differences that the next check is about: the C
# driver is then expected to fail it, and must.
known_difference() {
	ktap_row=$1
}

# ktap_result pass|fail|skip NAME [TEXT]: weighs a result with the known
# difference it is about.
ktap_result() {
	local row=$ktap_row

	ktap_row=
	case $1 in
	skip)
		ktap_skip "$2" "${3:-}"
		;;
	pass)
		if [ -n "$row" ] && [ "$DRIVER" = c ]; then
			ktap_fail "$2" "the C driver passes, known difference: $row"
		else
			ktap_pass "$2"
		fi
		;;
	*)
		if [ -n "$row" ] && [ "$DRIVER" = c ]; then
			ktap_pass "$2 # XFAIL $row"
			diag "${3:-}"
		else
			ktap_fail "$2" "${3:-}"
		fi
		;;
	esac
}

# check NAME COMMAND...: passes when the command does.
check() {
	local name=$1 output

	shift
	if output=$("$@" 2>&1); then
		ktap_result pass "$name"
	else
		ktap_result fail "$name" "$*: ${output//$'\n'/ | }"
	fi
}

# refuse NAME COMMAND...: passes when the command fails.
refuse() {
	local name=$1 output

	shift
	if output=$("$@" 2>&1); then
		ktap_result fail "$name" "$*: ${output//$'\n'/ | }"
	else
		ktap_result pass "$name"
	fi
}

# equal NAME GOT WANT
equal() {
	if [ "$2" = "$3" ]; then
		ktap_result pass "$1"
	else
		ktap_result fail "$1" "got '$2', want '$3'"
	fi
}

# matches NAME TEXT PATTERN: a shell pattern.
matches() {
	# shellcheck disable=SC2053
	if [[ $2 == $3 ]]; then
		ktap_result pass "$1"
	else
		ktap_result fail "$1" "got '${2//$'\n'/ | }', want '$3'"
	fi
}

# The script on stdin, run by gtptest, its tests reported as ours.
gt() {
	gtptest run 2>&1 | report
}

# What gtptest, or who writes as it does, says on stdin.
report() {
	local result name row text ended=

	while IFS=$'\x1f' read -r result name row text; do
		case $result in
		pass | fail | skip)
			ktap_row=$row
			ktap_result "$result" "$name" "$text"
			;;
		note)
			diag "$name"
			;;
		bail)
			ktap_fail "gtptest's script" "$name"
			ended=1
			;;
		'done')
			ended=1
			;;
		*)
			diag "$result"
			;;
		esac
	done
	[ -n "$ended" ] || ktap_fail "the script" "it did not come to its end"
}

# --- The end ----------------------------------------------------------------

cleanup() {
	local pid ns

	for pid in "${background[@]}"; do
		kill "$pid" 2>/dev/null && wait "$pid" 2>/dev/null
	done
	for ns in "${namespaces[@]}"; do
		"$IP" netns del "$ns" 2>/dev/null
	done
	background=()
	namespaces=()
}

# Ends the script: plan, what the kernel had to say, exit status.
finish() {
	cleanup
	check "the driver unloads" driver_unload
	check "the kernel has nothing to complain about" log_is_clean
	printf '1..%d\n' "$ktap_count"
	trap - EXIT
	if [ "$ktap_failed" -ne 0 ]; then
		exit 1
	fi
	[ "$ktap_passed" -ne 0 ] || exit 4
	exit 0
}

skip_all() {
	printf '1..0 # SKIP %s\n' "$1"
	trap - EXIT
	exit 4
}

log_is_clean() {
	local found

	# Where the mark has left the log, all of it is of this script.
	found=$(dmesg | awk -v mark="$log_mark" 'index($0, mark) { text = ""; next }
		{ text = text $0 "\n" } END { printf "%s", text }' | grep -E \
		'WARNING|BUG:|Oops|refcount_t|unregister_netdevice: waiting|Call Trace|general protection|leaked|not freed|rcu.*stall')
	[ -z "$found" ] || {
		echo "$found"
		return 1
	}
}

# checks_itself: the kernel does. Only such a kernel has kmemleak.
checks_itself() {
	[ -e /sys/kernel/debug/kmemleak ]
}

# scaled FULL LESS: how much of something is done: LESS of it on a kernel that checks itself,
# where each request takes many times as long and shows more.
scaled() {
	if checks_itself; then
		echo "$2"
	else
		echo "$1"
	fi
}

# memory_in_use: what the kernel has allocated for itself in slabs, for each processor and in
# large areas, in kB.
memory_in_use() {
	awk '$1 == "SUnreclaim:" || $1 == "Percpu:" || $1 == "VmallocUsed:" { n += $2 } END { print n }' \
		/proc/meminfo
}

# memory_settles: what was freed is given back: after a grace period, and empty slabs when asked
# for, to which a kernel with KASAN gives back then what it keeps for a while.
memory_settles() {
	local cache

	sleep 1
	echo 3 >/proc/sys/vm/drop_caches
	for cache in /sys/kernel/slab/*/shrink; do
		echo 1 2>/dev/null >"$cache"
	done
	sleep 0.3
}

# not_grown SINCE KB: by less than that, since so much was in use. What is given back by and by
# takes its time: to be tried again.
not_grown() {
	memory_settles
	[ $(($(memory_in_use) - $1)) -lt "$2" ]
}

# in_large_packets NS...: there TCP comes in large packets on a slow machine, too, where it
# finds a few segments at a time enough, and GRO of net0 one packet.
in_large_packets() {
	local ns

	for ns; do
		"$IP" netns exec "$ns" sysctl -qw net.ipv4.tcp_min_tso_segs=32
		"$IP" netns exec "$ns" sh -c 'echo 5000000 >/sys/class/net/net0/gro_flush_timeout'
	done
}

# --- The driver -------------------------------------------------------------

driver_unload() {
	local _

	[ -d /sys/module/gtp ] || return 0
	# A namespace that is being taken down still holds its links.
	for _ in 1 2 3 4 5 6 7 8 9 10 11 12; do
		rmmod gtp 2>/dev/null && return 0
		sleep 0.3
	done
	rmmod gtp
}

driver_load() {
	[ -f "$GTP_KO" ] || skip_all "no module $GTP_KO"
	driver_unload || return 1
	insmod "$GTP_KO"
}

# --- Namespaces -------------------------------------------------------------

# netns VARIABLE: a namespace of a name of its own, without IPv6 chatter.
netns() {
	local name=gtp-$$-${1,,}

	printf -v "$1" '%s' "$name"
	"$IP" netns add "$name" || return 1
	namespaces+=("$name")
	"$IP" netns exec "$name" sh -c '
		echo 1 > /proc/sys/net/ipv6/conf/default/disable_ipv6
		echo 0 > /proc/sys/net/ipv4/conf/all/rp_filter
		echo 0 > /proc/sys/net/ipv4/conf/default/rp_filter
		/usr/bin/ip link set lo up'
}

# with_ipv6 NAME...: IPv6 there, with no addresses but those that are given, and no delays.
with_ipv6() {
	local ns

	for ns in "$@"; do
		"$IP" netns exec "$ns" sh -c '
			cd /proc/sys/net/ipv6/conf
			echo 0 > all/disable_ipv6; echo 0 > default/disable_ipv6
			echo 1 > default/addr_gen_mode
			echo 0 > default/accept_dad; echo 0 > default/accept_ra'
	done
}

# netns_del NAME...: and wait until it is gone for good, as far as one can see.
netns_del() {
	local ns

	for ns in "$@"; do
		"$IP" netns del "$ns"
	done
}

# pair NS1 ADDRESS1 NS2 ADDRESS2: a veth pair, net0 on either end, with
# checksums in software, so that a capture shows what a wire would.
pair() {
	"$IP" -n "$1" link add net0 type veth peer name net0 netns "$3" || return 1
	"$IP" -n "$1" -batch - <<-END
		addr add $2 dev net0
		link set net0 up
	END
	"$IP" -n "$3" -batch - <<-END
		addr add $4 dev net0
		link set net0 up
	END
	"$IP" netns exec "$1" ethtool -K net0 tx off >/dev/null
	"$IP" netns exec "$3" ethtool -K net0 tx off >/dev/null
}

# nics_of DRIVER: the two NICs of `scripts/vm run --nics` are there, with their driver.
nics_of() {
	modprobe "$1" 2>/dev/null &&
		until_true eval "grep -qx 52:54:00:12:00:00 /sys/class/net/*/address &&
			grep -qx 52:54:00:12:00:01 /sys/class/net/*/address"
}

# nics NS ADDRESS NS ADDRESS: they become net0 in the namespaces.
nics() {
	local n dev

	for n in 0 1; do
		dev=$(grep -lx "52:54:00:12:00:0$n" /sys/class/net/*/address) || return
		dev=${dev%/address}
		"$IP" link set "${dev##*/}" netns "$1" name net0 || return
		"$IP" -n "$1" addr add "$2" dev net0 || return
		"$IP" -n "$1" link set net0 up || return
		shift 2
	done
}

# iperf3_server NS ADDRESS: one that serves a client, and listens, as the last one does no more.
iperf3_server() {
	until_true eval "! iperf3_listens $1"
	"$IP" netns exec "$1" iperf3 -s -1 -D -B "$2" >/dev/null || return
	until_true iperf3_listens "$1"
}
iperf3_listens() {
	"$IP" netns exec "$1" cat /proc/net/tcp /proc/net/tcp6 | grep -q ':1451 [0-9A-F:]* 0A '
}

# tcp_intact FROM TO ADDRESS [OPTION...]: TCP from one namespace to an address of the other,
# where no checksum, of TCP or UDP, has ever been wrong.
tcp_intact() {
	local from=$1 to=$2 address=$3 status

	shift 3
	iperf3_server "$to" "$address" || return
	"$IP" netns exec "$from" timeout 60 iperf3 -c "$address" -n 4M "$@" >/tmp/iperf3
	status=$?
	[ "$status" = 0 ] || cat /tmp/iperf3
	# shellcheck disable=SC2016 # awk expands it
	[ "$("$IP" netns exec "$to" awk '
		$1 == "Tcp:" && $2 ~ /^[0-9]/ { n += $NF }
		$1 == "Udp:" && $2 ~ /^[0-9]/ { n += $8 }
		END { print n + 0 }' /proc/net/snmp)" = 0 ] && [ "$status" = 0 ]
}

# until COMMAND...: tries for ten seconds.
until_true() {
	local n=0

	until "$@" >/dev/null 2>&1; do
		n=$((n + 1))
		[ "$n" -lt 100 ] || return 1
		sleep 0.1
	done
}

# --- Beginning --------------------------------------------------------------

[ "$(id -u)" = 0 ] || skip_all "needs root"
for tool in gtptest ethtool "$IP"; do
	command -v "$tool" >/dev/null || skip_all "no $tool"
done
trap 'cleanup; driver_unload' EXIT
echo "KTAP version 1"
echo "$log_mark" >/dev/kmsg
driver_load || {
	ktap_fail "the driver loads"
	echo "1..1"
	exit 1
}
