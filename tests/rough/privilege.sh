#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Who may do what: a user without rights, one who has CAP_NET_ADMIN and nothing else,
# the root of a user namespace at home and abroad. (What the root of a user namespace
# may do at home is tests/selftests/userns.sh's.) At the end all is as root has left it.
#
#   +-- GSN (of root's) --+   +-- OTHER (of root's) --+   +- of a user namespace -+
#   | gtp0, number 77     |   | gtp0, number 78       |   | gtp0                  |
#   +---------------------+   +-----------------------+   +-----------------------+

# shellcheck source-path=SCRIPTDIR source=../selftests/lib.sh
. "${0%/*}/../selftests/lib.sh"

[ "$DRIVER" = rust ] || skip_all "the C driver wants rights in the initial user namespace, see userns.sh"
for tool in setpriv unshare nsenter; do
	command -v $tool >/dev/null || skip_all "no $tool"
done

# The root folder of the VM is closed to others.
chmod 755 /
netns GSN
netns OTHER
program=$(command -v gtptest)
ctx="version=1 i_tei=1 o_tei=2 ms=10.45.0.2 peer=192.0.2.2"
new="version=1 i_tei=9 o_tei=2 ms=10.45.0.9 peer=192.0.2.2"
"$IP" -n "$GSN" addr add 192.0.2.1/32 dev lo
gt <<-END
	newlink ns=$GSN name=gtp0 index=77 up create=1
	newlink ns=$OTHER name=gtp0 index=78 up create=1
	newpdp ns=$GSN link=gtp0 $ctx
	newpdp ns=$OTHER link=gtp0 $ctx
END

# as_it_was NAME
as_it_was() {
	gt <<-END
		test $1: everything is as it was
		dump ns=$GSN
		dumped 1
		dumped has version=1 link=77 family=2 ms=10.45.0.2 peer=192.0.2.2 i_tei=1 o_tei=2
		dump ns=$OTHER
		dumped 1
		nolink ns=$GSN dev=gtp1
		linkprop ns=$GSN dev=gtp0 up=1 mtu=1452
		sh $IP netns exec $GSN ethtool -k gtp0 | grep -q '^tx-udp-segmentation: on\|^tcp-segmentation-offload: on'
	END
}

# --- A user without rights ------------------------------------------------------

in_gsn=("$IP" netns exec "$GSN")
# shellcheck disable=SC2317 # called by way of gt
gtptest() {
	"${in_gsn[@]}" setpriv --reuid 65534 --regid 65534 --clear-groups "$program" "$@"
}
gt <<-END
	test a user without rights makes, changes and removes no link
	newlink name=gtp1 create=1 => EPERM
	udp a bind=192.0.2.1:2200
	newlink name=gtp1 fd1=a => EPERM
	setlink dev=gtp0 down => EPERM
	setlink dev=gtp0 mtu=1000 => EPERM
	dellink dev=gtp0 => EPERM

	test nor a context
	newpdp link=gtp0 $new => EPERM
	newpdp flags=replace link=gtp0 $ctx => EPERM
	delpdp link=gtp0 version=1 i_tei=1 => EPERM

	test nor sees one
	getpdp link=gtp0 version=1 i_tei=1 => EPERM
	dump => EPERM
	dump link=gtp0 => EPERM
	dump link=99 => EPERM
	subscribe ear => EPERM

	test nor has one sent
	echoreq link=gtp0 version=1 ms=192.0.2.1 peer=192.0.2.1 => EPERM

	test nor in another namespace
	file other /run/netns/$OTHER
	newpdp link=78 nsfd=other $new => EPERM
	getpdp link=78 nsfd=other version=1 i_tei=1 => EPERM
	delpdp link=78 nsfd=other version=1 i_tei=1 => EPERM
	newlink name=gtp1 create=1 netns=other => EPERM

	test what anyone may see of an interface is seen
	family
	linkdata dev=gtp0 hashsize=1024 role=0 restart=0
	sh ethtool -S gtp0 | grep -q tx
	sh ethtool -k gtp0 >/dev/null

	test ethtool changes nothing
	sh ethtool -K gtp0 tso off 2>&1 | grep -q 'not permitted'

	test the root of a user namespace in a network namespace that is not its own
	sh unshare --user --map-root-user $program newpdp link=77 $new 2>&1 | grep -q EPERM
	sh unshare --user --map-root-user $program dump 2>&1 | grep -q EPERM
	sh unshare --user --map-root-user ethtool -K gtp0 tso off 2>&1 | grep -q 'not permitted'
END
unset -f gtptest
as_it_was "a user without rights"

# --- Root, over a socket of somebody without rights --------------------------------

# Who can have a program of root's write to his socket must not thereby gain its rights.
# shellcheck disable=SC2317 # called by way of gt
gtptest() {
	"${in_gsn[@]}" "$program" "$@"
}
gt <<-END
	test a socket that somebody without rights has opened lends root's to nobody
	lowly
	newlink name=gtp1 create=1 => EPERM
	newpdp link=77 $new => EPERM
	getpdp link=77 version=1 i_tei=1 => EPERM
	delpdp link=77 version=1 i_tei=1 => EPERM
	echoreq link=77 version=1 ms=192.0.2.1 peer=192.0.2.1 => EPERM
	dump => EPERM
	file other /run/netns/$OTHER
	newpdp link=78 nsfd=other $new => EPERM
	delpdp link=78 nsfd=other version=1 i_tei=1 => EPERM
END
unset -f gtptest
as_it_was "a socket of somebody without rights"

# --- CAP_NET_ADMIN and nothing else --------------------------------------------------

# shellcheck disable=SC2317 # called by way of gt
gtptest() {
	"${in_gsn[@]}" setpriv --reuid 65534 --regid 65534 --clear-groups \
		--inh-caps=-all,+net_admin --ambient-caps=-all,+net_admin --bounding-set=-all,+net_admin \
		"$program" "$@"
}
gt <<-END
	test CAP_NET_ADMIN alone makes contexts, sees and removes them
	newpdp link=gtp0 $new
	newpdp flags=replace link=gtp0 $new
	getpdp link=gtp0 version=1 i_tei=9
	reply version=1 link=77 family=2 ms=10.45.0.9 peer=192.0.2.2 i_tei=9 o_tei=2
	dump
	dumped 2
	subscribe ear
	delpdp link=gtp0 version=1 i_tei=9
	notified ear cmd=delpdp version=1 link=77 family=2 ms=10.45.0.9 peer=192.0.2.2 i_tei=9 o_tei=2

	test CAP_NET_ADMIN alone has an echo request sent
	echoreq link=gtp0 version=1 ms=192.0.2.1 peer=192.0.2.1

	test CAP_NET_ADMIN alone makes and removes links
	udp a bind=192.0.2.1:2200
	newlink name=gtp1 up fd1=a
	newpdp link=gtp1 $new
	setlink dev=gtp1 mtu=1000
	dellink dev=gtp1

	test CAP_NET_ADMIN alone has the right to the other namespaces of the same user namespace
	file other /run/netns/$OTHER
	newpdp link=78 nsfd=other $new
	getpdp link=78 nsfd=other version=1 i_tei=9
	delpdp link=78 nsfd=other version=1 i_tei=9
	newlink name=gtp1 netns=other fd1=a

	test CAP_NET_ADMIN alone may use ethtool
	sh ethtool -K gtp0 tso off && ethtool -K gtp0 tso on
	sh ethtool -S gtp0 | grep -q tx
END
unset -f gtptest
gt <<-END
	test its link goes with the socket's last file and by root's hand
	dellink ns=$OTHER dev=gtp1
END
as_it_was "CAP_NET_ADMIN alone"

# --- The root of a user namespace, abroad -----------------------------------------------

# It was in GSN, where it has opened a socket and a file, and goes into namespaces of its own.
# shellcheck disable=SC2317 # called by way of gt
gtptest() {
	"${in_gsn[@]}" setpriv --reuid 65534 --regid 65534 --clear-groups "$program" "$@"
}
gt <<-END
	udp a bind=192.0.2.1:2201
	file gsn /run/netns/$GSN
	unshare
	sh $IP link set lo up
	test who has no rights there may not hand in a socket of another namespace
	newlink name=gtp0 up fd1=a => EPERM
	blames fd1
	says takes CAP_NET_ADMIN over that namespace
	newlink name=gtp0 up fd0=a => EPERM
	blames fd0
	nolink dev=gtp0

	test one of its own it may
	udp b bind=127.0.0.1:2201
	newlink name=gtp0 up fd1=b
	newpdp link=gtp0 $ctx
	dump
	dumped 1

	test it may not have a link made abroad, nor for abroad
	newlink name=gtp1 create=1 netns=gsn => EPERM
	sh $IP netns set $GSN 7
	newlink name=gtp1 create=1 linkns=7 => EPERM
	nolink dev=gtp1

	test it may not move its link abroad
	setlink dev=gtp0 netns=gsn => EPERM
	linkprop dev=gtp0 kind=gtp

	test nor manage contexts there
	newpdp link=77 nsfd=gsn $new => EPERM
	delpdp link=77 nsfd=gsn version=1 i_tei=1 => EPERM

	test at home ethtool is its own
	sh ethtool -S gtp0 | grep -q tx
	sh ethtool -K gtp0 tso off && ethtool -K gtp0 tso on

	test its link goes, the socket is still the process'
	dellink dev=gtp0
	newlink name=gtp0 fd1=b
	dellink dev=gtp0
	close a b
END
unset -f gtptest
as_it_was "the root of a user namespace"

# Root is root in the namespaces of others: it manages what is there.
unshare --user --map-root-user --net sleep infinity &
sleeper=$!
background+=("$sleeper")
# shellcheck disable=SC2317 # called by way of until_true
moved() {
	[ "$(readlink "/proc/$sleeper/ns/net")" != "$(readlink /proc/self/ns/net)" ] &&
		[ "$(wc -l <"/proc/$sleeper/uid_map")" = 1 ]
}
until_true moved
there=(nsenter --target "$sleeper" --user --net --preserve-credentials "$program")
gt <<-END
	test root manages contexts in a user namespace's network namespace
	sh ${there[*]} newlink name=gtp0 index=79 up create=1
	file theirs /proc/$sleeper/ns/net
	newpdp ns=$GSN link=79 nsfd=theirs $ctx
	getpdp ns=$GSN link=79 nsfd=theirs version=1 i_tei=1
	delpdp ns=$GSN link=79 nsfd=theirs version=1 i_tei=1
	close theirs
END

# --- The root of a user namespace, with links that were given to it ---------------------

# gtp1 has sockets of the kernel's in THIRD, gtp2 and gtp3 have one of a process in GSN.
netns THIRD
# shellcheck disable=SC2153 # netns sets it
gtptest run >/dev/null <<-END &
	file theirs /proc/$sleeper/ns/net
	newlink ns=$THIRD name=gtp1 create=1 netns=theirs
	udp a ns=$GSN bind=192.0.2.1:2202
	udp b ns=$GSN bind=192.0.2.1:2203
	newlink ns=$GSN name=gtp2 netns=theirs fd1=a
	newlink ns=$GSN name=gtp3 fd1=b ttl=5
	setlink ns=$GSN dev=gtp3 netns=theirs
	hold a b
END
holder=$!
background+=("$holder")
until_true "${there[@]}" linkprop dev=gtp3 kind=gtp

# refused LINK WORDS...: statements: a change of the link to any of these is refused.
refused() {
	local link=$1 what

	shift
	for what; do
		echo "newlink name=$link flags=none $what => EPERM"
	done
}
outer="ports=c000c3e7 label=1 csum=0 zerotx=1 zerorx=0 df=2 ttl=3 dscp=46"
# shellcheck disable=SC2317 # called by way of gt
gtptest() {
	"${there[@]}" "$@"
}
# shellcheck disable=SC2086 # several words
gt <<-END
	test it changes a link whose sockets are its own
	newlink name=gtp0 flags=none ports=c000c3e7 ttl=3
	linkdata dev=gtp0 hashsize=1024 role=0 restart=0 ports=c000c3e7 ttl=3

	test it does not change one whose sockets the kernel has elsewhere
	$(refused gtp1 $outer)
	says takes CAP_NET_ADMIN over that
	newlink name=gtp1 flags=none $outer => EPERM
	linkdata dev=gtp1 hashsize=1024 role=0 restart=0

	test nor one whose socket a process has elsewhere
	$(refused gtp2 $outer)
	$(refused gtp3 $outer)
	linkdata dev=gtp2 hashsize=1024 role=0 restart=0
	linkdata dev=gtp3 hashsize=1024 role=0 restart=0 ttl=5

	test it manages contexts on them
	newpdp link=gtp1 $ctx
	newpdp link=gtp2 $ctx
	delpdp link=gtp2 version=1 i_tei=1

	test it removes them
	dellink dev=gtp1
	dellink dev=gtp2
END
# shellcheck disable=SC2317 # called by way of gt
gtptest() {
	nsenter --net="/proc/$sleeper/ns/net" "$program" "$@"
}
gt <<-END
	test root changes them
	newlink name=gtp3 flags=none zerorx=0 => EINVAL
	newlink name=gtp3 flags=none dscp=46
	linkdata dev=gtp3 hashsize=1024 role=0 restart=0 ttl=5 dscp=46
	dellink dev=gtp3
END
unset -f gtptest
kill "$holder"
wait "$holder" 2>/dev/null
kill "$sleeper"
wait "$sleeper" 2>/dev/null

finish
