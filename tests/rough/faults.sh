#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Memory runs out: each allocation that a request leads to fails once. Either the
# request was refused, and everything is as before, or it was carried out as a whole;
# the same request without a fault goes through afterwards. Then packets are received
# while allocations fail at random, and headers move whenever they may.
# It takes a kernel with fault injection (CONFIG_FAULT_INJECTION, CONFIG_FAILSLAB).
#
#   +--------- GSN ---------+          +--- PEER ---+
#   | gtp0                  |   net0   |            |
#   | 192.0.2.1:2152, :3386 |----------| 192.0.2.2  |
#   +-----------------------+          +------------+
#
#   FAULTS=N   how many allocations of a request at most (30); FAULTS=all
#
# A link is made and removed in seconds by such a kernel, a context in a fraction of one:
# of those a fifth as many fail.

# shellcheck source-path=SCRIPTDIR source=../selftests/lib.sh
. "${0%/*}/../selftests/lib.sh"

inject=/sys/kernel/debug/failslab
[ -e /proc/thread-self/fail-nth ] || skip_all "the kernel was built without CONFIG_FAULT_INJECTION"
[ -d $inject ] || skip_all "the kernel was built without CONFIG_FAILSLAB or CONFIG_FAULT_INJECTION_DEBUG_FS"
[ "$DRIVER" = rust ] || skip_all "the C driver's error paths are not under test"

max=${FAULTS:-30}
[ "$max" != all ] || max=500000
of_links=$(((max + 4) / 5))
v1=192.0.2.1:2152
ctx="version=1 i_tei=1 o_tei=2 ms=10.45.0.2 peer=192.0.2.2"
up="ip4 src=10.45.0.2 dst=10.99.0.1 / udp 1 2 / text up"
down="ip4 src=10.99.0.1 dst=10.45.0.2 / udp 2 1 / text down"

# --- Where faults strike -------------------------------------------------------

# Allocations of whichever kind, and nothing else; without a stack for each in the log.
injection() {
	local kind

	for kind in /sys/kernel/debug/fail*; do
		[ -e "$kind/probability" ] || continue
		echo 0 >"$kind/probability"
		echo 0 >"$kind/verbose"
		[ "$kind" = $inject ] || within_range "$kind" 1 2
	done
	echo N >$inject/ignore-gfp-wait
	echo N >$inject/cache-filter
	echo N >$inject/task-filter
	echo -1 >$inject/times
}

# within_range KIND FROM TO: only where a function between these addresses is called.
within_range() {
	[ -e "$1/require-start" ] || return 0
	echo "$2" >"$1/require-start"
	echo "$3" >"$1/require-end"
}

# everywhere | in_driver: on the whole way of a request, or below the driver's functions.
everywhere() {
	within_range $inject 0 0xffffffffffffffff
}

in_driver() {
	local from size

	from=$(cat /sys/module/gtp/sections/.text)
	size=$(cat /sys/module/gtp/coresize)
	within_range $inject "$from" "$(printf '0x%x' $((from + size)))"
}

injection
ranges=$([ -e $inject/require-start ] && echo yes)

netns GSN
netns PEER
"$IP" netns exec "$GSN" sh -c 'echo 0 >/proc/sys/net/ipv6/conf/lo/disable_ipv6'
pair "$GSN" 192.0.2.1/24 "$PEER" 192.0.2.2/24

# --- Links ---------------------------------------------------------------------

# "socket: no more sockets" is what the kernel calls a lack of memory there.
in_driver
gt <<-END
	test newlink with sockets of the kernel
	slab UDP
	fault or=ENFILE newlink ns=$GSN name=gtp0 create=1
	either linkprop ns=$GSN dev=gtp0 kind=gtp
	proof newpdp ns=$GSN link=gtp0 $ctx
	undo dellink ns=$GSN dev=gtp0
	faulted max=$of_links

	test newlink with sockets of both families
	fault or=ENFILE newlink ns=$GSN name=gtp0 create=1 64:u8=1
	either linkprop ns=$GSN dev=gtp0 kind=gtp
	proof newpdp ns=$GSN link=gtp0 $ctx
	undo dellink ns=$GSN dev=gtp0
	faulted max=$of_links

	test newlink with sockets of a process
	udp a ns=$GSN bind=$v1
	udp b ns=$GSN bind=192.0.2.1:3386
	fault newlink ns=$GSN name=gtp0 fd0=b fd1=a
	either linkprop ns=$GSN dev=gtp0 kind=gtp
	proof newpdp ns=$GSN link=gtp0 $ctx
	undo dellink ns=$GSN dev=gtp0
	faulted max=$of_links

	test newlink in another namespace
	file peer /run/netns/$PEER
	fault newlink ns=$GSN name=gtp0 fd0=b fd1=a netns=peer
	either linkprop ns=$PEER dev=gtp0 kind=gtp
	undo dellink ns=$PEER dev=gtp0
	faulted max=$(((of_links + 1) / 2))

	test dellink
	newlink ns=$GSN name=gtp0 fd0=b fd1=a
	newpdp ns=$GSN link=gtp0 $ctx
	subscribe ear ns=$GSN
	fault dellink ns=$GSN dev=gtp0
	either linkprop ns=$GSN dev=gtp0 kind=gtp
	undo newlink ns=$GSN name=gtp0 fd0=b fd1=a
	undo newpdp ns=$GSN link=gtp0 $ctx
	faulted max=$(((of_links + 1) / 2))
	dellink ns=$GSN dev=gtp0

	test the sockets are a process' again
	udp peer ns=$PEER bind=192.0.2.2:2152
	send peer to=$v1 : gtp1 teid=1 / $up
	expect a : gtp1 teid=1 / $up
	close a b ear
END

# --- Contexts ------------------------------------------------------------------

everywhere
other="version=1 i_tei=9 o_tei=9 ms=10.45.0.9 peer=192.0.2.99"
gt <<-END
	newlink ns=$GSN name=gtp0 up create=1 64:u8=1
	newpdp ns=$GSN link=gtp0 $ctx
	bulk newpdp ns=$GSN dev=gtp0 count=300 tei=1000 ms=10.46.0.1 peer=192.0.2.9
	subscribe ear ns=$GSN

	test NEWPDP: a new context on a new path
	fault newpdp ns=$GSN link=gtp0 $other
	either getpdp ns=$GSN link=gtp0 version=1 i_tei=9
	either getpdp ns=$GSN link=gtp0 version=1 ms=10.45.0.9
	either dump ns=$GSN
	undo delpdp ns=$GSN link=gtp0 version=1 i_tei=9
	faulted max=$max

	test NEWPDP: version 0, on a path that is there
	fault newpdp ns=$GSN link=gtp0 version=0 tid=9 flow=9 ms=10.45.0.8 peer=192.0.2.2
	either getpdp ns=$GSN link=gtp0 version=0 tid=9
	either getpdp ns=$GSN link=gtp0 version=0 ms=10.45.0.8
	undo delpdp ns=$GSN link=gtp0 version=0 tid=9
	faulted max=$max

	test NEWPDP: IPv6 in IPv6
	fault newpdp ns=$GSN link=gtp0 version=1 i_tei=6 o_tei=6 family=10 ms6=2001:db8:9:: peer6=2001:db8::99
	either getpdp ns=$GSN link=gtp0 version=1 family=10 i_tei=6
	either getpdp ns=$GSN link=gtp0 version=1 family=10 ms6=2001:db8:9::
	undo delpdp ns=$GSN link=gtp0 version=1 family=10 i_tei=6
	faulted max=$max

	test NEWPDP: an update of the MS, the peer and the TEID
	fault newpdp ns=$GSN link=gtp0 version=1 i_tei=1 o_tei=7 ms=10.45.0.7 peer=192.0.2.98
	either getpdp ns=$GSN link=gtp0 version=1 i_tei=1
	either getpdp ns=$GSN link=gtp0 version=1 ms=10.45.0.2
	either getpdp ns=$GSN link=gtp0 version=1 ms=10.45.0.7
	either dump ns=$GSN
	undo newpdp ns=$GSN link=gtp0 $ctx
	faulted max=$max

	test NEWPDP: a replacement
	fault newpdp ns=$GSN flags=replace link=gtp0 version=1 i_tei=1 o_tei=7 ms=10.45.0.2 peer=192.0.2.98
	either getpdp ns=$GSN link=gtp0 version=1 i_tei=1
	either getpdp ns=$GSN link=gtp0 version=1 ms=10.45.0.2
	either dump ns=$GSN
	undo newpdp ns=$GSN flags=replace link=gtp0 $ctx
	faulted max=$max

	test DELPDP
	fault delpdp ns=$GSN link=gtp0 version=1 i_tei=1
	either getpdp ns=$GSN link=gtp0 version=1 i_tei=1
	either getpdp ns=$GSN link=gtp0 version=1 ms=10.45.0.2
	either dump ns=$GSN
	undo newpdp ns=$GSN link=gtp0 $ctx
	faulted max=$max

	test GETPDP
	fault getpdp ns=$GSN link=gtp0 version=1 i_tei=1
	faulted max=$max

	test a dump of three hundred contexts
	fault dump ns=$GSN
	either dump ns=$GSN
	faulted max=$max

	test a dump of one link
	fault dump ns=$GSN link=gtp0
	either dump ns=$GSN
	faulted max=$max

	test ECHOREQ
	udp peer ns=$PEER bind=192.0.2.2:2152
	fault echoreq ns=$GSN link=gtp0 version=1 ms=192.0.2.1 peer=192.0.2.2
	proof expect peer : gtp1 type=1 teid=0 seq=*
	clear drain peer
	faulted max=$max

	test the context and its listeners are as they were
	getpdp ns=$GSN link=gtp0 version=1 ms=10.45.0.2
	reply version=1 link=gtp0@$GSN family=2 ms=10.45.0.2 peer=192.0.2.2 i_tei=1 o_tei=2
	dump ns=$GSN
	dumped 301 unique
	close ear
	subscribe ear ns=$GSN
	newpdp ns=$GSN link=gtp0 $other
	notified ear ns=$GSN cmd=newpdp version=1 link=gtp0 family=2 ms=10.45.0.9 peer=192.0.2.99 i_tei=9 o_tei=9
END
equal "paths have the contexts that are there, and no other path has any" \
	"$(gtpctl -n "$GSN" path list dev gtp0 | sed 's/.* peer \([^ ]*\) .*\(contexts .*\)/\1 \2/' | sort | paste -sd,)" \
	"192.0.2.2 contexts 1,192.0.2.9 contexts 300,192.0.2.99 contexts 1"

# --- Packets that are sent -----------------------------------------------------

# A new address makes all routes that are remembered be looked up anew.
gt <<-END
	udp peer ns=$PEER bind=192.0.2.2:2152
	capture dev ns=$GSN dev=gtp0
	drain peer

	test transmit, the route being remembered
	fault send dev : $down
	proof expect peer : gtp1 teid=2 / $down
	clear drain peer
	faulted max=$max

	test transmit, the route being looked up
	fault send dev : $down
	proof expect peer : gtp1 teid=2 / $down
	clear drain peer
	clear sh $IP -n $GSN addr add 192.0.2.77/24 dev net0; $IP -n $GSN addr del 192.0.2.77/24 dev net0
	undo sh $IP -n $GSN addr add 192.0.2.77/24 dev net0; $IP -n $GSN addr del 192.0.2.77/24 dev net0
	faulted max=$max

	test transmit, in outer fragments
	setlink ns=$GSN dev=gtp0 mtu=2000
	fault send dev : ip4 src=10.99.0.1 dst=10.45.0.2 / udp 2 1 / fill 1700 7
	proof expect peer : gtp1 teid=2 / ip4 src=10.99.0.1 dst=10.45.0.2 / udp 2 1 / fill 1700 7
	clear drain peer
	faulted max=$max

	test transmit, too big to be sent
	fault send dev : ip4 src=10.99.0.1 dst=10.45.0.2 df / udp 2 1 / fill 1700 7
	clear drain peer
	faulted max=$max
	setlink ns=$GSN dev=gtp0 mtu=1452
END

# --- Packets that are received -------------------------------------------------

# A softirq is no task whose allocations could be counted: some fail, at random.
received=0
# received_under PROBABILITY: packets of all kinds while the driver's allocations fail.
received_under() {
	local left

	in_driver
	echo 100000 >$inject/times
	echo "$1" >$inject/probability
	gtptest loop $((4000)) - >/dev/null <<-END
		udp far ns=$PEER bind=192.0.2.2:7777 connect=$v1
		flood far count=20 : gtp1 teid=1 / $up
		flood far count=10 : gtp1 teid=9999 / $up
		flood far count=10 : gtp1 type=1 teid=0 seq=7
		flood far count=5 : gtp1 teid=1 ext=c1:0000 / $up
		flood far count=5 : gtp1 teid=1 / ip4 src=10.45.0.2 dst=10.99.0.1 / fill 1400 7
		sleep 20
	END
	echo 0 >$inject/probability
	left=$(cat $inject/times)
	echo -1 >$inject/times
	everywhere
	received=$((received + 100000 - left))
}

if [ -n "$ranges" ]; then
	"$IP" -n "$PEER" link set net0 mtu 1400
	received_under 10
	received_under 60
	"$IP" -n "$PEER" link set net0 mtu 1500
	diag "$received allocations failed while packets were received"
	check "receive: allocations fail at random" test "$received" -gt 0
	diag "counted: faults $received"
else
	ktap_skip "receive: allocations fail at random" \
		"the kernel was built without CONFIG_FAULT_INJECTION_STACKTRACE_FILTER"
fi
still_works() {
	cat <<-END
		test $1: packets still come and go
		udp peer ns=$PEER bind=192.0.2.2:2152
		capture dev ns=$GSN dev=gtp0
		drain peer dev
		send peer to=$v1 : gtp1 teid=1 / $up
		expect dev : $up
		send dev : $down
		expect peer from=$v1 : gtp1 teid=2 / $down
		send peer to=$v1 : gtp1 type=1 teid=0 seq=7
		expect peer from=$v1 : gtp1 type=2 teid=0 seq=7 / hex 0e00
	END
}
still_works "receive" | gt

# Wherever headers may be moved, they are: who has kept a pointer reads what is freed.
if [ -e /sys/kernel/debug/fail_skb_realloc/probability ]; then
	move=/sys/kernel/debug/fail_skb_realloc
	within_range $move 0 0xffffffffffffffff
	echo -1 >$move/times
	echo 100 >$move/probability
	still_works "headers move" | gt
	gt <<-END
		test headers move: segments, fragments and extension headers
		udp peer ns=$PEER bind=192.0.2.2:2152
		capture dev ns=$GSN dev=gtp0
		send peer to=$v1 : gtp1 teid=1 ext=85:1009 / $up
		expect dev : $up
		send peer to=$v1 : gtp1 teid=1 / ip4 src=10.45.0.2 dst=10.99.0.1 / udp 1 2 / fill 3000 7
		expect dev : ip4 src=10.45.0.2 dst=10.99.0.1 / udp 1 2 / fill 3000 7
		sleep 1000
		send peer to=$v1 : gtp1 teid=77 / $up
		expect peer timeout=1000 : gtp1 type=26 seq=0 ext=40:0868 / hex 100000004d850004c0000201
	END
	echo 0 >$move/probability
	within_range $move 1 2
else
	ktap_skip "headers move" "the kernel was built without CONFIG_FAIL_SKB_REALLOC"
fi

# --- Nothing leaked --------------------------------------------------------------

gtptest dellink ns="$GSN" dev=gtp0 >/dev/null
# shellcheck disable=SC2317 # called by way of check
nothing_leaked() {
	local leaks

	# What was in use at the first look may be free at the second one.
	echo scan >/sys/kernel/debug/kmemleak
	sleep 6
	echo scan >/sys/kernel/debug/kmemleak
	leaks=$(cat /sys/kernel/debug/kmemleak)
	[ -z "$leaks" ] || {
		echo "$leaks"
		return 1
	}
}
if [ -w /sys/kernel/debug/kmemleak ]; then
	check "nothing leaked" nothing_leaked
else
	ktap_skip "nothing leaked" "the kernel was built without CONFIG_DEBUG_KMEMLEAK"
fi

finish
