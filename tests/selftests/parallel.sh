#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Contexts are made and deleted by several processes on all processors at once, on one
# link and on several: all are there afterwards by both keys, and no other; their memory
# comes back; and a limit of the group's memory is an error and nothing worse.
#
#   process n of 0..7: TEIDs and MS from n * 4096 + 1 on, 2,500 of them (on a kernel that
#   checks itself 1,000)
#
# No packet is sent.

# shellcheck disable=SC2317 # called by name
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "${0%/*}/lib.sh"

netns GSN
each=$(scaled 2500 1000)
# Small, so that it has to grow; the C driver's does not.
size=16
[ "$DRIVER" != c ] || size=4096

# ms NUMBER: the address of MS number NUMBER.
ms() {
	echo "10.$(($1 / 65536 + 45)).$(($1 / 256 % 256)).$(($1 % 256))"
}

# bulk VERB DEV N: the work of process N.
bulk() {
	local first=$(($3 * 4096 + 1)) more=()

	[ "$1" = delpdp ] || more=(ms="$(ms "$first")" peer=192.0.2.2)
	gtptest bulk "$1" ns="$GSN" dev="$2" version=1 tei="$first" count="$each" "${more[@]}"
}

# at_once VERB DEV...: process N works on device N of them, all at once.
at_once() {
	local verb=$1 n=0 pids=() pid status=0

	shift
	for dev; do
		bulk "$verb" "$dev" "$n" &
		pids+=($!)
		n=$((n + 1))
	done
	for pid in "${pids[@]}"; do
		wait "$pid" || status=1
	done
	return "$status"
}

# there DEV N: statements: the first, last and one other of process N's are on DEV.
there() {
	local first=$(($2 * 4096 + 1)) at

	for at in $first $((first + each / 2)) $((first + each - 1)); do
		cat <<-END
			getpdp ns=$GSN link=$1 version=1 i_tei=$at
			reply version=1 link=$1@$GSN family=2 ms=$(ms "$at") peer=192.0.2.2 i_tei=$at o_tei=$at
			getpdp ns=$GSN link=$1 version=1 ms=$(ms "$at")
			reply version=1 link=$1@$GSN family=2 ms=$(ms "$at") peer=192.0.2.2 i_tei=$at o_tei=$at
		END
	done
	cat <<-END
		getpdp ns=$GSN link=$1 version=1 i_tei=$((first + each)) => ENOENT
		getpdp ns=$GSN link=$1 version=1 ms=$(ms $((first - 1))) => ENOENT
	END
}

# --- One link -------------------------------------------------------------------

one=(gtp0 gtp0 gtp0 gtp0 gtp0 gtp0 gtp0 gtp0)
gt <<-END
	newlink ns=$GSN name=gtp0 create=1 hashsize=$size
END
check "eight processes make contexts on one link at once" at_once newpdp "${one[@]}"
{
	cat <<-END
		test all are there, none twice
		dump ns=$GSN
		dumped $((8 * each)) unique multi
	END
	for n in 0 1 2 3 4 5 6 7; do
		echo "test those of process $n are found by both keys"
		there gtp0 $n
	done
} | gt

# The same contexts by all processes: one makes it, the others are told that it exists.
# race N: three hundred with NLM_F_EXCL, of which any may be there already.
race() {
	local n

	{
		echo cleanup
		for n in {1..300}; do
			echo "newpdp ns=$GSN flags=excl link=gtp0 version=1 i_tei=$((100000 + n)) o_tei=$1" \
				"ms=10.200.$((n / 256)).$((n % 256)) peer=192.0.2.2"
		done
	} | gtptest run >/dev/null
}
race 1 &
first=$!
race 2
wait $first
gt <<-END
	test two that want the same: each context is there, and once
	dump ns=$GSN
	dumped $((8 * each + 300)) unique
END
gtptest bulk delpdp ns="$GSN" dev=gtp0 version=1 tei=100001 count=300 >/dev/null

# Half of them go while others come.
# mixed: processes 0 to 3 delete, 4 to 7 make anew what had been deleted.
mixed() {
	local n pids=() pid status=0

	for n in 4 5 6 7; do
		bulk delpdp gtp0 "$n" || return
	done
	for n in 0 1 2 3; do
		bulk delpdp gtp0 "$n" &
		pids+=($!)
		bulk newpdp gtp0 $((n + 4)) &
		pids+=($!)
	done
	for pid in "${pids[@]}"; do
		wait "$pid" || status=1
	done
	return "$status"
}
check "four make contexts while four others delete some" mixed
{
	cat <<-END
		test those that were made are there
		dump ns=$GSN
		dumped $((4 * each)) unique
	END
	for n in 4 5 6 7; do
		there gtp0 $n
	done
	cat <<-END
		test those that were deleted are not
		getpdp ns=$GSN link=gtp0 version=1 i_tei=1 => ENOENT
		getpdp ns=$GSN link=gtp0 version=1 ms=$(ms 1) => ENOENT
		getpdp ns=$GSN link=gtp0 version=1 i_tei=$((3 * 4096 + each)) => ENOENT
		dellink ns=$GSN dev=gtp0
	END
} | gt

# --- Several links ----------------------------------------------------------------

several=(gtp0 gtp1 gtp2 gtp3 gtp0 gtp1 gtp2 gtp3)
for n in 0 1 2 3; do
	echo "newlink ns=$GSN name=gtp$n create=1 local=127.0.0.$((n + 1)) hashsize=$size"
done | gt
check "eight processes make contexts on four links at once" at_once newpdp "${several[@]}"
{
	echo "test all are there"
	echo "dump ns=$GSN"
	echo "dumped $((8 * each))"
	for n in 0 1 2 3 4 5 6 7; do
		echo "test those of process $n are on ${several[n]}, by both keys"
		there "${several[n]}" $n
	done
	echo "test and on no other"
	echo "getpdp ns=$GSN link=gtp1 version=1 i_tei=1 => ENOENT"
	echo "getpdp ns=$GSN link=gtp0 version=1 ms=$(ms 4097) => ENOENT"
} | gt

# --- The memory comes back -----------------------------------------------------------

full=$(memory_in_use)
check "all are deleted, by eight at once" at_once delpdp "${several[@]}"
gt <<-END
	test none is left
	dump ns=$GSN
	dumped 0
END
# given_back SINCE KB: by so much less is in use than then.
given_back() {
	memory_settles
	[ $(($1 - $(memory_in_use))) -gt "$2" ]
}
# A context is more than 100 octets; the links are still there.
check "their memory is given back while the links live on" until_true given_back "$full" \
	$((8 * each / 10))
diag "with $((8 * each)) contexts $full kB, without $(memory_in_use) kB"
empty=$(memory_in_use)
check "and again" at_once newpdp "${several[@]}"
check "deleted again" at_once delpdp "${several[@]}"
check "the second time leaves no more than the first" until_true not_grown "$empty" 700
for n in 0 1 2 3; do
	echo "dellink ns=$GSN dev=gtp$n"
done | gt

# --- A limit of memory ---------------------------------------------------------------

row="userns: link yes, contexts EPERM"
cgroup=/sys/fs/cgroup/gtp-$$

# limited NAME VERSION LINK BULK...: as many contexts as a group has memory for, of this version
# on a link with these attributes.
limited() {
	local name=$1 version=$2 link=$3 key=i_tei given="o_tei=1" said

	shift 3
	[ "$version" = 1 ] || key=tid given="flow=1"
	mkdir "$cgroup"
	gt <<-END
		newlink ns=$GSN name=gtp0 create=1 $link
		newpdp ns=$GSN link=gtp0 version=$version $key=900001 $given ms=10.201.0.1 peer=192.0.2.2
	END
	# What the process has to say goes to where there is room for it already.
	head -c 4096 /dev/zero >/tmp/said
	# shellcheck disable=SC2016 # expanded by the shell in the group
	bash -c 'echo $$ >"$0/cgroup.procs" && echo 4M >"$0/memory.max" && exec "$@" 1<>/tmp/said 2>&1' \
		"$cgroup" gtptest bulk newpdp ns="$GSN" dev=gtp0 version="$version" tei=1 count=40000 \
		ms=10.45.0.1 peer=192.0.2.2 "$@"
	said=$(tr -d '\0' </tmp/said)
	diag "$said"
	known_difference "$row"
	matches "$name: beyond its memory a group gets ENOMEM" "$said" "*ENOMEM*"
	check "$name: nobody was killed" test "$(sed -n 's/^oom_kill //p' "$cgroup/memory.events")" = 0
	gt <<-END
		test $name: the link is as good as ever
		getpdp ns=$GSN link=gtp0 version=$version $key=900001
		getpdp ns=$GSN link=gtp0 version=$version ms=10.45.0.1
		newpdp ns=$GSN link=gtp0 version=$version $key=900002 $given ms=10.201.0.2 peer=192.0.2.3
		delpdp ns=$GSN link=gtp0 version=$version $key=900002
		dellink ns=$GSN dev=gtp0
	END
	until_true rmdir "$cgroup"
}

if grep -qw memory /sys/fs/cgroup/cgroup.controllers 2>/dev/null; then
	echo +memory >/sys/fs/cgroup/cgroup.subtree_control
	limited "contexts" 1 ""
	limited "contexts with usage" 1 usage=1
	limited "contexts of version 0" 0 ""
	limited "contexts on paths of their own" 1 "" peers=40000
else
	ktap_skip "beyond its memory a group gets ENOMEM" "no memory controller"
fi
finish
