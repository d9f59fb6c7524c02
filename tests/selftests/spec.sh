#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# The netlink specification, include/netlink/*.yaml, against the driver: what the
# controller tells of the family, how requests are taken, what replies and
# notifications hold. Of the C driver only mainline's numbers are asked for.
#
#   +----- GSN ------+  192.0.2.0/24  +----- FAR ------+
#   | gtp0, gtp6     |.1 ----------- .2| gtp0: answers |
#   +----------------+                +----------------+

# shellcheck source-path=SCRIPTDIR source=lib.sh
. "${0%/*}/lib.sh"

folder=${0%/*}/../../include/netlink
[ -r "$folder/gtp.yaml" ] || skip_all "no $folder/gtp.yaml"
netns GSN
netns FAR
pair "$GSN" 192.0.2.1/24 "$FAR" 192.0.2.2/24
here="ns=$GSN"
limits=" 72:u64=1000000 73:u64=2000000" bearer=" bearer=5"
[ "$DRIVER" != c ] || here+=" mainline" limits="" bearer=""
pdp="spec $folder/gtp.yaml $here"

family() {
	cat <<-END
		test the family: version, header, attributes
		spec $folder/gtp.yaml $here family

		test its commands
		spec $folder/gtp.yaml $here commands

		test who may give them
		differs userns: link yes, contexts EPERM
		spec $folder/gtp.yaml $here rights

		test its group
		spec $folder/gtp.yaml $here groups

		test what the kernel demands of their attributes
		spec $folder/gtp.yaml $here policies

		test what the kernel demands of a dump's
		differs dump ignores LINK
		spec $folder/gtp.yaml $here dump-policies

		test requests: each attribute as it should be, too short, too long
		spec $folder/gtp.yaml $here requests

		test requests for links: the same
		spec $folder/gtp-link.yaml $here requests
	END
}

# Contexts of all kinds, so that replies have between them all there is.
contexts() {
	cat <<-END
		newlink ns=$FAR name=gtp0 create=1
		newlink ns=$GSN name=gtp0 create=1 68:u8=1
		newlink ns=$GSN name=gtp6 create=1 local6=::1 68:u8=1
		setlink ns=$FAR dev=gtp0 up
		setlink ns=$GSN dev=gtp0 up
		newpdp ns=$GSN link=gtp0 version=0 tid=1 flow=2 ms=10.45.0.1 peer=192.0.2.2
		newpdp ns=$GSN link=gtp0 version=1 i_tei=1 o_tei=0x22 ms=10.45.0.2 peer=192.0.2.2 qfi=9 rqi= ppi=3$limits
		newpdp ns=$GSN link=gtp0 version=1 i_tei=5 o_tei=5 ms=10.45.0.5 peer=192.0.2.2$bearer
		newpdp ns=$GSN link=gtp6 version=1 i_tei=1 o_tei=2 family=10 ms6=2001:db8:: peer6=::1
	END
}

replies() {
	cat <<-END
		test replies have the attributes that they should, of the right length
		$pdp reply=getpdp

		test and the right number
		differs reply's genl cmd is the family id & 0xff
		$pdp reply-number=getpdp

		test the link's own data
		spec $folder/gtp-link.yaml ns=$GSN dev=gtp0 dev=gtp6
	END
}

# reached: limits of nothing are reached at once.
reached() {
	local context

	if [ "$DRIVER" = c ]; then
		echo "skip the C driver counts no usage"
		return
	fi
	for context in "link=gtp0 version=0 tid=8 flow=8 ms=10.45.0.8 peer=192.0.2.2" \
		"link=gtp0 version=1 i_tei=9 o_tei=9 ms=10.45.0.9 peer=192.0.2.2 qfi=9 rqi= ppi=3 bearer=5" \
		"link=gtp6 version=1 i_tei=9 o_tei=9 family=10 ms6=2001:db8:9:: peer6=::1 qfi=9"; do
		cat <<-END
			newpdp ns=$GSN $context 72:u64=0
			$pdp event=newpdp-ntf@ear
			$pdp event=usage@ear
		END
	done
}

notifications() {
	cat <<-END
		test a new context is told of
		subscribe ear ns=$GSN
		newpdp ns=$GSN link=gtp0 version=1 i_tei=3 o_tei=4 ms=10.45.0.3 peer=192.0.2.2
		$pdp event=newpdp-ntf@ear

		test so is one that is removed
		delpdp ns=$GSN link=gtp0 version=1 i_tei=3
		$pdp event=delpdp-ntf@ear

		test so is the answer to an Echo Request
		echoreq ns=$GSN link=gtp0 version=1 peer=192.0.2.2 ms=192.0.2.1
		$pdp event=echoreq-ntf@ear

		test so is an Error Indication
		differs kernel sockets: messages nobody reads fill the receive buffer
		udp peer ns=$FAR bind=192.0.2.2:40000
		send peer to=192.0.2.1:2152 : gtp1 teid=0 type=26 seq=0 / hex 1000000022850004c0000202
		$pdp event=error-indication@ear

		test so is an End Marker
		differs kernel sockets: messages nobody reads fill the receive buffer
		send peer to=192.0.2.1:2152 : gtp1 teid=1 type=254
		$pdp event=end-marker-ntf@ear

		test so is a context that has reached a limit, of whatever kind it is
		$(reached)

		test so is the end of a link with contexts
		differs no DELPDP on link removal
		dellink ns=$GSN dev=gtp0
		$pdp event=flush@ear
	END
}

routes() {
	echo "test routes: what is told, and what replies have"
	if [ "$DRIVER" = c ]; then
		echo "skip the C driver has no framed routes"
		return
	fi
	cat <<-END
		subscribe route-ear ns=$GSN
		newroute ns=$GSN link=gtp0 dst=10.99.0.0 dstlen=16 ms=10.45.0.1
		$pdp event=newroute-ntf@route-ear
		newpdp ns=$GSN link=gtp6 version=1 i_tei=1 o_tei=2 family=10 ms6=2001:db8:: peer6=::1 flags=replace
		newroute ns=$GSN link=gtp6 dst6=2001:db8:1:: dstlen=48 ms6=2001:db8::
		$pdp reply=getroute
		$pdp reply-number=getroute
		close route-ear
		subscribe route-ear ns=$GSN
		delroute ns=$GSN link=gtp0 dst=10.99.0.0 dstlen=16
		$pdp event=delroute-ntf@route-ear
		delroute ns=$GSN link=gtp6 dst6=2001:db8:1:: dstlen=48
		close route-ear
	END
}

paths() {
	echo "test paths: what is told, and what replies have"
	if [ "$DRIVER" = c ]; then
		echo "skip the C driver watches no paths"
		return
	fi
	cat <<-END
		newlink ns=$GSN name=gtp0 up create=1 local=192.0.2.1 interval=60
		subscribe path-ear ns=$GSN
		newpdp ns=$GSN link=gtp0 version=1 i_tei=1 o_tei=0x22 ms=10.45.0.2 peer=192.0.2.2
		$pdp event=newpdp-ntf@path-ear
		$pdp event=path@path-ear
		$pdp reply=getpath
		$pdp reply-number=getpath
		close path-ear
		dellink ns=$GSN dev=gtp0
	END
}

dual_stack() {
	cat <<-END
		test the data of a link with all that is ours
		dellink ns=$GSN dev=gtp6
		newlink ns=$GSN name=gtp1 create=1 local=127.0.0.2 local6=::1 64:u8=1 65:u32=7 qfisource=1 qficheck=1
		spec $folder/gtp-link.yaml ns=$GSN dev=gtp1
	END
}

rights() {
	cat <<-END
		test who may join the group
		differs anyone may join the group and read TEIDs and addresses
		spec $folder/gtp.yaml join
	END
}

(
	contexts
	family
	replies
	routes
	notifications
	paths
	dual_stack
) | gt
rights | gt
finish
