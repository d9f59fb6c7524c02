#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# A user namespace: who owns a network namespace manages its links and contexts,
# and nobody else's; the memory is charged to who asked for it.
#
#   +----- user namespace -----+     +-- GSN (of root's) --+
#   | gtp0, 127.0.0.1, .2      |     | gtp0                |
#   +--------------------------+     +---------------------+

# shellcheck source-path=SCRIPTDIR source=lib.sh
. "${0%/*}/lib.sh"

command -v unshare >/dev/null || skip_all "no unshare"
netns GSN

row="userns: link yes, contexts EPERM"
anyone="anyone may join the group and read TEIDs and addresses"
ctx="version=1 i_tei=1 o_tei=2 ms=10.45.0.2 peer=192.0.2.2"

gt <<-END
	newlink ns=$GSN name=gtp0 index=77 create=1
	newpdp ns=$GSN link=gtp0 $ctx
END

program=$(command -v gtptest)
# shellcheck disable=SC2317 # called by way of gt
gtptest() {
	unshare --user --map-root-user --net "$program" "$@"
}

gt <<-END
	sh $IP link set lo up
	test the owner makes a link
	newlink name=gtp0 up create=1 local=127.0.0.1
	linkdata dev=gtp0 hashsize=1024 role=0 restart=0

	test the owner makes contexts
	differs $row
	newpdp link=gtp0 $ctx
	newpdp link=gtp0 version=0 tid=1 flow=2 ms=10.45.0.3 peer=192.0.2.2
	getpdp link=gtp0 version=1 i_tei=1
	reply version=1 link=gtp0 family=2 ms=10.45.0.2 peer=192.0.2.2 i_tei=1 o_tei=2

	test the owner changes and deletes them
	differs $row
	newpdp flags=replace link=gtp0 version=1 i_tei=1 o_tei=3 ms=10.45.0.2 peer=192.0.2.2
	delpdp link=gtp0 version=1 i_tei=1

	test the owner dumps them
	differs $row
	dump
	dumped 1
	dump link=gtp0
	dumped 1

	test the owner listens
	differs $row
	subscribe ear
	newpdp link=gtp0 $ctx
	notified ear cmd=newpdp version=1 link=gtp0 family=2 ms=10.45.0.2 peer=192.0.2.2 i_tei=1 o_tei=2

	test the owner tries paths
	differs $row
	udp peer bind=127.0.0.2:2152
	echoreq link=gtp0 version=1 ms=127.0.0.1 peer=127.0.0.2
	expect peer from=127.0.0.1:2152 : gtp1 type=1 teid=0 seq=*

	test packets come out of its tunnel
	differs $row
	capture dev dev=gtp0
	send peer to=127.0.0.1:2152 : gtp1 teid=1 / ip4 src=10.45.0.2 dst=10.99.0.1 / udp 1 2 / text up
	expect dev : ip4 src=10.45.0.2 dst=10.99.0.1 / udp 1 2 / text up

	test the owner has no right to another's contexts
	file gsn /run/netns/$GSN
	newpdp link=77 nsfd=gsn version=1 i_tei=9 o_tei=2 ms=10.45.0.9 peer=192.0.2.2 => EPERM
	getpdp link=77 nsfd=gsn version=1 i_tei=1 => EPERM
	delpdp link=77 nsfd=gsn version=1 i_tei=1 => EPERM
	echoreq link=77 nsfd=gsn version=1 ms=127.0.0.1 peer=127.0.0.1 => EPERM
	newlink name=gtp1 create=1 local=127.0.0.3 netns=gsn => EPERM

	test it is told which attribute it lacks the right for
	differs $row
	delpdp link=77 nsfd=gsn version=1 i_tei=1 => EPERM
	blames nsfd

	test it does not learn whether there is such a link
	delpdp link=9999 nsfd=gsn version=1 i_tei=1 => EPERM

	test its own namespace by descriptor is its own
	differs $row
	file own /proc/self/ns/net
	newpdp link=gtp0 nsfd=own version=1 i_tei=9 o_tei=2 ms=10.45.0.9 peer=192.0.2.2

	test its link goes
	dellink dev=gtp0
	nolink dev=gtp0
END

# In a user namespace, but in a network namespace of root's.
# shellcheck disable=SC2317 # called by way of gt
gtptest() {
	nsenter --net="/run/netns/$GSN" unshare --user --map-root-user "$program" "$@"
}
gt <<-END
	test root in a user namespace has no right to the network namespace outside
	newlink name=gtp1 create=1 local=127.0.0.3 => EPERM
	newpdp link=77 version=1 i_tei=9 o_tei=2 ms=10.45.0.9 peer=192.0.2.2 => EPERM
	getpdp link=77 version=1 i_tei=1 => EPERM
	delpdp link=77 version=1 i_tei=1 => EPERM
	echoreq link=77 version=1 ms=127.0.0.1 peer=127.0.0.1 => EPERM
	dump => EPERM
	test nor may it listen there
	differs $anyone
	subscribe ear => EPERM
END
unset -f gtptest

gt <<-END
	test the context of root's is as it was
	dump ns=$GSN
	dumped 1
	dumped has version=1 link=77 family=2 ms=10.45.0.2 peer=192.0.2.2 i_tei=1 o_tei=2
	dellink ns=$GSN dev=gtp0
END

# A user namespace that ends with its link and contexts takes them along.
check "a user namespace ends with its link in place" unshare --user --map-root-user --net \
	"$program" newlink name=gtp0 create=1

# --- Whose memory it is -----------------------------------------------------

cgroup=/sys/fs/cgroup/gtp-$$
# What the kernel has allocated for the group, in slabs, in kB.
charged() {
	local bytes

	bytes=$(sed -n 's/^slab_unreclaimable //p' "$cgroup/memory.stat")
	echo $((bytes / 1024))
}

# in_group: gtptest's script on stdin, run in the group.
in_group() {
	# shellcheck disable=SC2016 # expanded by the shell in the group
	bash -c 'echo $$ >"$0/cgroup.procs" && exec gtptest run' "$cgroup"
}

if grep -qw memory /sys/fs/cgroup/cgroup.controllers 2>/dev/null; then
	echo +memory >/sys/fs/cgroup/cgroup.subtree_control
	mkdir "$cgroup"
	echo "newlink ns=$GSN name=gtp0 create=1" | in_group >/dev/null
	before=$(charged)
	echo "bulk newpdp ns=$GSN dev=gtp0 count=10000 tei=1 ms=10.45.0.1 peer=192.0.2.2" | in_group >/dev/null
	after=$(charged)
	gt <<-END
		test ten thousand contexts are there
		dump ns=$GSN
		dumped 10000
	END
	diag "charged: $before kB before, $after kB with ten thousand contexts"
	known_difference "$row"
	# Ten thousand contexts are more than a megabyte.
	check "their memory is charged to who asked for them" test $((after - before)) -gt 900
	gtptest dellink ns="$GSN" dev=gtp0 >/dev/null
	# shellcheck disable=SC2317 # called by way of until_true
	given_back() {
		[ $(($(charged) - before)) -lt 200 ]
	}
	check "and given back to it" until_true given_back
	until_true rmdir "$cgroup"
else
	ktap_skip "their memory is charged to who asked for them" "no memory controller"
fi

finish
