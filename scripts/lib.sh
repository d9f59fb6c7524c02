# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2034
# What the scripts share: where things lie, and how to talk. To be sourced.

# The series of Debian's kernel that we build for. It is named here only.
KERNEL_SERIES=7.3
# The release of Debian whose compilers build that kernel, and where it lies.
SUITE=trixie
KERNEL_SUITE=$SUITE-backports

TOP=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
CACHE=${XDG_CACHE_HOME:-${HOME:-/root}/.cache}/gtp-rs
ROOT=$CACHE/root

# A long step begins: say so, on stderr, since stdout may be an answer.
say() { echo "[gtp] $*" >&2; }

# The end, with a sentence that says what to do.
die() { echo "[gtp] error: $*" >&2; exit 1; }

# True where Debian's trixie runs itself, so that no root is needed.
host_is_suite() {
	local id codename
	# shellcheck source=/dev/null
	id=$(. /etc/os-release 2>/dev/null && echo "${ID:-}")
	# shellcheck source=/dev/null
	codename=$(. /etc/os-release 2>/dev/null && echo "${VERSION_CODENAME:-}")
	[ "$id" = debian ] && [ "$codename" = "$SUITE" ]
}

# The packages of scripts/packages, on one line.
packages() { grep -Ev '^(#|$)' "$TOP/scripts/packages" | tr '\n' ' '; }

# need_space DIR GIB: fails where DIR's disk has less free than that.
need_space() {
	local free
	mkdir -p "$1" || die "$1 cannot be made; set XDG_CACHE_HOME to a folder that can be written"
	free=$(df -Pk "$1" | awk 'NR == 2 { print int($4 / 1048576) }')
	[ "$free" -ge "$2" ] || die "$1 has $free GiB free and needs $2; free some, or set XDG_CACHE_HOME to a larger disk"
}

# quietly LOG WHAT COMMAND...: output goes to LOG; on failure its end is shown.
quietly() {
	local log=$1 what=$2
	shift 2
	mkdir -p "$(dirname "$log")"
	if ! "$@" >"$log" 2>&1; then
		tail -n 30 "$log" >&2
		die "$what failed; the whole log is $log"
	fi
}

# failures SCRIPT FILE...: what a VM's tests had to say where they failed, of one script, or of
# all where SCRIPT is empty. FILEs are what the VMs printed, and after that their results.
failures() {
	local script=$1

	shift
	awk -F '\t' -v script="$script" '
		FILENAME !~ /results$/ {
			if (name != "" && sub(/^# # /, ""))
				why[name] = substr($0, 1, 300)
			name = sub(/^# not ok [0-9]+ /, "") ? $0 : ""
			next
		}
		$3 == "fail" && (script == "" || $1 == script) {
			print "        " $1 ": " $2
			if ($2 in why)
				print "            " why[$2]
		}' "$@"
}

# One process at a time prepares the cache; the others wait and find it done.
lock_cache() {
	mkdir -p "$CACHE"
	exec 9>"$CACHE/.lock"
	flock -n 9 || { say "another process is preparing $CACHE; waiting for it"; flock 9; }
}
