#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# The multicast group: what is told of, octet by octet, to whom, and who may
# listen.
#
#   +-------- GSN --------+     +-- FAR --+     +-- HOME --+
#   | gtp0 (IPv4)         |     | gtp2    |     | sockets  |
#   | gtp6 (IPv6 sockets) |     +---------+     | of gtp2  |
#   +---------------------+                     +----------+

# shellcheck source-path=SCRIPTDIR source=lib.sh
. "${0%/*}/lib.sh"

netns GSN
netns FAR
netns HOME

removal="no DELPDP on link removal"
anyone="anyone may join the group and read TEIDs and addresses"
ctx="version=1 i_tei=1 o_tei=2 ms=10.45.0.2 peer=192.0.2.2"
# GTP_CMD_FLUSH
flush=65

contexts() {
	cat <<-END
		udp a ns=$GSN bind=127.0.0.1:2152
		udp b ns=$GSN bind=127.0.0.1:3386
		udp six ns=$GSN v6 v6only=1
		newlink ns=$GSN name=gtp0 index=77 fd0=b fd1=a
		newlink ns=$GSN name=gtp6 fd1=six
		subscribe ear ns=$GSN
		subscribe second ns=$GSN
		subscribe far ns=$FAR

		test a context of version 1 comes and goes
		newpdp ns=$GSN link=gtp0 $ctx
		notified ear cmd=newpdp version=1 link=77 family=2 ms=10.45.0.2 peer=192.0.2.2 i_tei=1 o_tei=2
		delpdp ns=$GSN link=gtp0 version=1 ms=10.45.0.2
		notified ear cmd=delpdp version=1 link=77 family=2 ms=10.45.0.2 peer=192.0.2.2 i_tei=1 o_tei=2

		test a context of version 0 comes and goes
		newpdp ns=$GSN link=gtp0 version=0 tid=0x1122334455667788 flow=0x99aa ms=10.45.0.3 peer=192.0.2.3
		notified ear cmd=newpdp version=0 link=77 family=2 ms=10.45.0.3 peer=192.0.2.3 tid=0x1122334455667788 flow=0x99aa
		delpdp ns=$GSN link=gtp0 version=0 tid=0x1122334455667788
		notified ear cmd=delpdp version=0 link=77 family=2 ms=10.45.0.3 peer=192.0.2.3 tid=0x1122334455667788 flow=0x99aa

		test a context of IPv6 in IPv6 comes and goes
		newpdp ns=$GSN link=gtp6 version=1 i_tei=1 o_tei=2 family=10 ms6=2001:db8:1:: peer6=2001:db8::2
		notified ear cmd=newpdp version=1 link=gtp6@$GSN family=10 ms6=2001:db8:1:: peer6=2001:db8::2 i_tei=1 o_tei=2
		delpdp ns=$GSN link=gtp6 version=1 ms6=2001:db8:1:: family=10
		notified ear cmd=delpdp version=1 link=gtp6@$GSN family=10 ms6=2001:db8:1:: peer6=2001:db8::2 i_tei=1 o_tei=2

		test everybody who listens there is told the same
		notified second cmd=newpdp version=1 link=77 family=2 ms=10.45.0.2 peer=192.0.2.2 i_tei=1 o_tei=2
		notified second cmd=delpdp version=1 link=77 family=2 ms=10.45.0.2 peer=192.0.2.2 i_tei=1 o_tei=2

		test nobody in another namespace
		notified far nothing

		test a link that has moved is told of where it is
		file far /run/netns/$FAR
		newlink ns=$GSN name=gtp1 index=88 fd0=-1 fd1=-1
		setlink ns=$GSN dev=gtp1 netns=far
		dellink ns=$FAR dev=gtp1
		newlink ns=$FAR name=gtp1 index=89 create=1
		newpdp ns=$FAR link=gtp1 $ctx
		notified far cmd=newpdp version=1 link=89 family=2 ms=10.45.0.2 peer=192.0.2.2 i_tei=1 o_tei=2
		delpdp ns=$FAR link=gtp1 version=1 i_tei=1
		notified far cmd=delpdp version=1 link=89 family=2 ms=10.45.0.2 peer=192.0.2.2 i_tei=1 o_tei=2
		dellink ns=$FAR dev=gtp1
		notified ear nothing

		test what is asked and what is refused is not told of
		newpdp ns=$GSN link=gtp0 $ctx
		notified ear cmd=newpdp version=1 link=77 family=2 ms=10.45.0.2 peer=192.0.2.2 i_tei=1 o_tei=2
		getpdp ns=$GSN link=gtp0 version=1 i_tei=1
		dump ns=$GSN
		newpdp ns=$GSN link=gtp0 $ctx => EEXIST
		newpdp ns=$GSN link=gtp0 version=1 i_tei=1 o_tei=2 => EINVAL
		delpdp ns=$GSN link=gtp0 version=1 i_tei=9 => ENOENT
		notified ear nothing
	END
}

flushes() {
	cat <<-END
		test a socket that is closed takes no context along
		close a
		notified ear nothing

		test a link that goes with contexts is told of once
		differs $removal
		dellink ns=$GSN dev=gtp0
		notified ear cmd=$flush link=77

		cleanup
		dellink ns=$GSN dev=gtp0
		close ear second far
		udp a ns=$GSN bind=127.0.0.1:2152

		test and once however many they are
		differs $removal
		newlink ns=$GSN name=gtp0 index=78 fd1=a
		bulk newpdp ns=$GSN dev=gtp0 count=5000 tei=1 ms=10.45.0.1 peer=192.0.2.2
		subscribe ear ns=$GSN
		dellink ns=$GSN dev=gtp0
		notified ear cmd=$flush link=78
		notified ear nothing

		test a link that goes without contexts is not told of
		subscribe ear2 ns=$GSN
		newlink ns=$GSN name=gtp0 index=79 fd1=a
		dellink ns=$GSN dev=gtp0
		newlink ns=$GSN name=gtp0 index=79 fd1=a
		newpdp ns=$GSN link=gtp0 $ctx
		notified ear2 cmd=newpdp version=1 link=79 family=2 ms=10.45.0.2 peer=192.0.2.2 i_tei=1 o_tei=2
		delpdp ns=$GSN link=gtp0 version=1 i_tei=1
		notified ear2 cmd=delpdp version=1 link=79 family=2 ms=10.45.0.2 peer=192.0.2.2 i_tei=1 o_tei=2
		dellink ns=$GSN dev=gtp0
		notified ear2 nothing

		test a link that goes with the namespace of its sockets is told of once
		differs $removal
		file far /run/netns/$FAR
		newlink ns=$HOME name=gtp2 index=90 create=1 netns=far
		newpdp ns=$FAR link=gtp2 $ctx
		subscribe far ns=$FAR
		leave $HOME
		sh $IP netns del $HOME
		notified far cmd=$flush link=90 timeout=8000
		notified far nothing

		test the namespace is told that the link has left by nothing else
		subscribe ear3 ns=$GSN
		newlink ns=$GSN name=gtp3 index=91 fd0=-1 fd1=-1
		setlink ns=$GSN dev=gtp3 netns=far
		dellink ns=$FAR dev=gtp3
		notified ear3 nothing
	END
}

(contexts && flushes) | gt

# --- Who may listen ---------------------------------------------------------

listens() {
	cat <<-END
		test $1: nothing is heard
		differs $anyone
		subscribe ear => EPERM
	END
}

program=$(command -v gtptest)
gtptest() {
	setpriv --bounding-set=-net_admin --inh-caps=-net_admin "$program" "$@"
}
listens "root without CAP_NET_ADMIN" | gt
unset -f gtptest
(
	echo "nobody"
	listens "a user"
) | gt

finish
