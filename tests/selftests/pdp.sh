#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# PDP contexts over generic netlink: every error in its order, replies octet by
# octet, updates, notifications. No traffic.
#
#   +------- GSN -------+     +-- FAR --+
#   | gtp0: v0 and v1   |     |         |
#   | gtp1: v1 only     |     |         |
#   | gtp2: v0 only     |     |         |
#   +-------------------+     +---------+

# shellcheck source-path=SCRIPTDIR source=lib.sh
. "${0%/*}/lib.sh"

netns GSN
netns FAR

# What is set, an absent link first: a test that gets past the check it is about
# ends in another error than the one it wants.
v1="version=1 i_tei=0x11223344 o_tei=0x55667788"
v0="version=0 tid=0x1122334455667788 flow=0x99aa"
ends="ms=10.45.0.2 peer=192.0.2.2"

setup() {
	cat <<-END
		udp a ns=$GSN bind=127.0.0.1:2152
		udp b ns=$GSN bind=127.0.0.1:3386
		udp c ns=$GSN bind=127.0.0.2:2152
		udp d ns=$GSN bind=127.0.0.2:3386
		newlink ns=$GSN name=gtp0 fd0=b fd1=a
		newlink ns=$GSN name=gtp1 fd1=c
		newlink ns=$GSN name=gtp2 fd0=d
		file gsn /run/netns/$GSN
		file null /dev/null
	END
}

# no ERROR REQUEST NAME
no() {
	cat <<-END
		test $3: $1
		$2 => $1
	END
}

new="newpdp ns=$GSN"
del="delpdp ns=$GSN"
get="getpdp ns=$GSN"

creation() {
	no EINVAL "$new" "NEWPDP of nothing"
	no EINVAL "$new link=9999 i_tei=1 o_tei=2 $ends" "NEWPDP without VERSION"
	no EINVAL "$new $v1 $ends" "NEWPDP without LINK"
	no EINVAL "$new version=0 flow=1 link=9999" "NEWPDP v0 without TID"
	no EINVAL "$new version=0 tid=1 link=9999" "NEWPDP v0 without FLOW"
	no EINVAL "$new version=1 o_tei=1 link=9999" "NEWPDP v1 without I_TEI"
	no EINVAL "$new version=1 i_tei=1 link=9999" "NEWPDP v1 without O_TEI"
	no EINVAL "$new version=2 i_tei=1 o_tei=1 tid=1 flow=1 link=9999" "NEWPDP version 2"
	no EINVAL "$new version=0xffffffff i_tei=1 o_tei=1 link=9999" "NEWPDP version -1"
	no ENODEV "$new link=9999 $v1" "NEWPDP on no interface"
	no ENODEV "$new link=lo $v1" "NEWPDP on another kind of interface"
	no ENODEV "$new link=gtp0 $v1 nsfd=9999" "NEWPDP in a namespace that is not open"
	no ENODEV "$new link=gtp0 $v1 nsfd=null" "NEWPDP in a file that is no namespace"
	no ENODEV "newpdp ns=$FAR link=gtp0@$GSN $v1" "NEWPDP in the wrong namespace"
	no ENODEV "$new link=gtp1 $v0" "NEWPDP v0 without a socket for it"
	no ENODEV "$new link=gtp2 $v1" "NEWPDP v1 without a socket for it"
	no EINVAL "$new link=gtp0 $v1" "NEWPDP without a peer"
	no EINVAL "$new link=gtp0 $v1 ms=10.45.0.2" "NEWPDP with an MS, without a peer"
	no EAFNOSUPPORT "$new link=gtp0 $v1 peer6=2001:db8::1" "NEWPDP with an IPv6 peer on an IPv4 socket"
	no EAFNOSUPPORT "$new link=gtp0 $v1 peer=192.0.2.2 peer6=2001:db8::1" "NEWPDP with peers of both families"
	no EAFNOSUPPORT "$new link=gtp0 $v1 family=5 peer6=2001:db8::1" "NEWPDP: the peer comes before the family"
	no EINVAL "$new link=gtp0 $v1 peer=192.0.2.2" "NEWPDP without an MS"
	no EINVAL "$new link=gtp0 $v1 peer=192.0.2.2 ms6=2001:db8::" "NEWPDP with an IPv6 MS that says IPv4"
	no EINVAL "$new link=gtp0 $v1 $ends ms6=2001:db8::" "NEWPDP with an MS of both families"
	no EINVAL "$new link=gtp0 $v1 family=10 peer=192.0.2.2" "NEWPDP of IPv6 without an MS"
	no EINVAL "$new link=gtp0 $v1 family=10 $ends" "NEWPDP with an IPv4 MS that says IPv6"
	no EAFNOSUPPORT "$new link=gtp0 $v1 family=5 $ends" "NEWPDP of another family"
	no EAFNOSUPPORT "$new link=gtp0 $v1 family=0 $ends" "NEWPDP of no family"

	no ERANGE "$new link:u16=1 $v1 $ends" "NEWPDP with a short LINK"
	no ERANGE "$new link=gtp0 version:u16=1 i_tei=1 o_tei=1 $ends" "NEWPDP with a short VERSION"
	no ERANGE "$new link=gtp0 version=0 tid:u32=1 flow=1 $ends" "NEWPDP with a short TID"
	no ERANGE "$new link=gtp0 version=0 tid=1 flow:u8=1 $ends" "NEWPDP with a short FLOW"
	no ERANGE "$new link=gtp0 version=1 i_tei:u16=1 o_tei=1 $ends" "NEWPDP with a short I_TEI"
	no ERANGE "$new link=gtp0 version=1 i_tei=1 o_tei:u16=1 $ends" "NEWPDP with a short O_TEI"
	no ERANGE "$new link=gtp0 $v1 ms:u16=1 peer=192.0.2.2" "NEWPDP with a short MS_ADDRESS"
	no ERANGE "$new link=gtp0 $v1 ms=10.45.0.2 peer:u16=1" "NEWPDP with a short PEER_ADDRESS"
	no ERANGE "$new link=gtp0 $v1 $ends nsfd:u16=1" "NEWPDP with a short NET_NS_FD"
	no ERANGE "$new link=gtp0 $v1 $ends family:hex=" "NEWPDP with an empty FAMILY"
	no ERANGE "$new link=gtp0 $v1 $ends ms6:hex=0011" "NEWPDP with a short MS_ADDR6"
	no ERANGE "$new link=gtp0 $v1 $ends peer6:hex=0011" "NEWPDP with a short PEER_ADDR6"

	cat <<-END
		test no context came of any of these
		dump ns=$GSN
		dumped 0

		test every refusal by the driver comes with a message
		differs errnos and orders of sections 1, 2 have no extack message
		extacks
	END
}

replies() {
	cat <<-END
		test a v1 context on a link that is down, and what GETPDP says of it
		$new link=gtp0 $v1 $ends
		$get link=gtp0 version=1 i_tei=0x11223344
		reply version=1 link=gtp0@$GSN family=2 ms=10.45.0.2 peer=192.0.2.2 i_tei=0x11223344 o_tei=0x55667788

		test the same found by its MS
		$get link=gtp0 version=1 ms=10.45.0.2
		reply version=1 link=gtp0@$GSN family=2 ms=10.45.0.2 peer=192.0.2.2 i_tei=0x11223344 o_tei=0x55667788

		test with an MS the value of VERSION is not looked at
		$get link=gtp0 version=0 ms=10.45.0.2
		$get link=gtp0 version=77 ms=10.45.0.2
		reply version=1 link=gtp0@$GSN family=2 ms=10.45.0.2 peer=192.0.2.2 i_tei=0x11223344 o_tei=0x55667788

		test the MS comes before the TEID
		$get link=gtp0 version=1 ms=10.45.0.2 i_tei=0x999
		$get link=gtp0 version=1 ms=10.45.0.99 i_tei=0x11223344 => ENOENT

		test a v0 context, and what GETPDP says of it
		$new link=gtp0 $v0 ms=10.45.0.3 peer=192.0.2.3
		$get link=gtp0 version=0 tid=0x1122334455667788
		reply version=0 link=gtp0@$GSN family=2 ms=10.45.0.3 peer=192.0.2.3 tid=0x1122334455667788 flow=0x99aa
		$get link=gtp0 version=0 ms=10.45.0.3
		reply version=0 link=gtp0@$GSN family=2 ms=10.45.0.3 peer=192.0.2.3 tid=0x1122334455667788 flow=0x99aa

		test the reply's command is NEWPDP
		differs reply's genl cmd is the family id & 0xff
		$get link=gtp0 version=0 ms=10.45.0.3
		reply cmd=newpdp version=0 link=gtp0@$GSN family=2 ms=10.45.0.3 peer=192.0.2.3 tid=0x1122334455667788 flow=0x99aa

		test an explicit family is the default one
		$get link=gtp0 version=1 ms=10.45.0.2 family=2
		$get link=gtp0 version=1 i_tei=0x11223344 family=2
		$get link=gtp0 version=1 i_tei=0x11223344 family:u32=2

		test unknown attributes are not looked at
		$get link=gtp0 version=1 ms=10.45.0.2 50:u32=1
		$new link=gtp0 version=1 i_tei=7 o_tei=7 ms=10.45.0.7 peer=192.0.2.2 50:u32=1 pad=00
		$del link=gtp0 version=1 i_tei=7

		test longer scalars are cut
		$new link:u64=0 version=1 i_tei=7 o_tei=7 $ends => ENODEV
		$new link=gtp0 version:u64=1 i_tei:u64=8 o_tei:u64=0x900000008 ms=10.45.0.8 peer=192.0.2.2 family:u32=2
		$get link=gtp0 version=1 i_tei=8
		reply version=1 link=gtp0@$GSN family=2 ms=10.45.0.8 peer=192.0.2.2 i_tei=8 o_tei=8
		$del link=gtp0 version=1 i_tei=8

		test TEIDs are 32 bits of any value, 0 too
		$new link=gtp0 version=1 i_tei=0 o_tei=0 ms=10.45.0.8 peer=192.0.2.2
		$new link=gtp0 version=1 i_tei=0xffffffff o_tei=0xffffffff ms=10.45.0.9 peer=192.0.2.2
		$get link=gtp0 version=1 i_tei=0
		reply version=1 link=gtp0@$GSN family=2 ms=10.45.0.8 peer=192.0.2.2 i_tei=0 o_tei=0
		$get link=gtp0 version=1 i_tei=0xffffffff
		reply version=1 link=gtp0@$GSN family=2 ms=10.45.0.9 peer=192.0.2.2 i_tei=0xffffffff o_tei=0xffffffff
		$del link=gtp0 version=1 i_tei=0
		$del link=gtp0 version=1 i_tei=0xffffffff

		test a link in another namespace is reached by NET_NS_FD
		newpdp ns=$FAR nsfd=gsn link=gtp0@$GSN version=1 i_tei=7 o_tei=7 ms=10.45.0.7 peer=192.0.2.2
		getpdp ns=$FAR nsfd=gsn link=gtp0@$GSN version=1 i_tei=7
		reply version=1 link=gtp0@$GSN family=2 ms=10.45.0.7 peer=192.0.2.2 i_tei=7 o_tei=7
		$get link=gtp0 version=1 i_tei=7
		delpdp ns=$FAR nsfd=gsn link=gtp0@$GSN version=1 i_tei=7
		$get link=gtp0 version=1 i_tei=7 => ENOENT
	END
}

# The same for DELPDP and GETPDP: the context looked for is there.
lookup() {
	local name request

	for name in GETPDP DELPDP; do
		request=$get
		[ $name = GETPDP ] || request=$del
		no EINVAL "$request" "$name of nothing"
		no EINVAL "$request link=gtp0 i_tei=0x11223344" "$name without VERSION"
		no EINVAL "$request link=gtp0 ms=10.45.0.2" "$name by MS without VERSION"
		no EINVAL "$request version=1 ms=10.45.0.2" "$name without LINK"
		no ENODEV "$request link=9999 version=1" "$name on no interface"
		no ENODEV "$request link=lo version=1 ms=10.45.0.2" "$name on another kind of interface"
		no ENODEV "$request link=gtp0 version=1 ms=10.45.0.2 nsfd=null" "$name in a file that is no namespace"
		no EINVAL "$request link=gtp0 version=1" "$name without a key"
		no EINVAL "$request link=gtp0 version=1 tid=0x1122334455667788" "$name v1 by TID"
		no EINVAL "$request link=gtp0 version=0 i_tei=0x11223344" "$name v0 by TEID"
		no EINVAL "$request link=gtp0 version=2 i_tei=0x11223344 tid=1" "$name version 2 by TEID"
		no EINVAL "$request link=gtp0 version=1 ms=10.45.0.2 family=10" "$name by an IPv4 MS that says IPv6"
		no EINVAL "$request link=gtp0 version=1 ms6=2001:db8::" "$name by an IPv6 MS that says IPv4"
		no EADDRNOTAVAIL "$request link=gtp0 version=1 ms6=2001:db8::1 family=10" "$name by an IPv6 MS with a host part"
		no ENOENT "$request link=gtp0 version=1 ms6=2001:db8:: family=10" "$name by an unknown IPv6 MS"
		no ENOENT "$request link=gtp0 version=1 ms=10.45.0.99" "$name by an unknown MS"
		no ENOENT "$request link=gtp0 version=1 ms=2.0.45.10" "$name by the MS in the other order of octets"
		no ENOENT "$request link=gtp0 version=1 i_tei=0x99" "$name by an unknown TEID"
		no ENOENT "$request link=gtp0 version=1 i_tei=0x55667788" "$name by the peer's TEID"
		no ENOENT "$request link=gtp0 version=1 i_tei=0x44332211" "$name by the TEID in the other order of octets"
		no ENOENT "$request link=gtp0 version=0 tid=0x55667788" "$name by half a TID"
		no ENOENT "$request link=gtp0 version=1 i_tei=0x11223344 family=10" "$name by TEID and another family"
		no ENOENT "$request link=gtp1 version=1 i_tei=0x11223344" "$name on another link"
		no ERANGE "$request link=gtp0 version=1 i_tei:u16=0" "$name with a short I_TEI"
		no ERANGE "$request link=gtp0 version=1 ms:u16=0" "$name with a short MS_ADDRESS"
	done
	cat <<-END
		test the contexts are as they were
		dump ns=$GSN
		dumped 2 unique
		dumped has version=1 link=gtp0@$GSN family=2 ms=10.45.0.2 peer=192.0.2.2 i_tei=0x11223344 o_tei=0x55667788
		dumped has version=0 link=gtp0@$GSN family=2 ms=10.45.0.3 peer=192.0.2.3 tid=0x1122334455667788 flow=0x99aa

		test every refusal by the driver comes with a message
		differs errnos and orders of sections 1, 2 have no extack message
		extacks

		test DELPDP by TEID takes it out of both indexes
		$del link=gtp0 version=1 i_tei=0x11223344
		$get link=gtp0 version=1 i_tei=0x11223344 => ENOENT
		$get link=gtp0 version=1 ms=10.45.0.2 => ENOENT
		$del link=gtp0 version=1 i_tei=0x11223344 => ENOENT

		test DELPDP by MS takes it out of both indexes
		$del link=gtp0 version=1 ms=10.45.0.3
		$get link=gtp0 version=0 tid=0x1122334455667788 => ENOENT
		$get link=gtp0 version=0 ms=10.45.0.3 => ENOENT

		test DELPDP by TID
		$new link=gtp0 $v0 ms=10.45.0.3 peer=192.0.2.3
		$del link=gtp0 version=0 tid=0x1122334455667788
		$get link=gtp0 version=0 ms=10.45.0.3 => ENOENT
	END
}

uniqueness() {
	cat <<-END
		test two contexts side by side
		$new link=gtp0 version=1 i_tei=1 o_tei=11 ms=10.45.0.1 peer=192.0.2.2
		$new link=gtp0 version=1 i_tei=2 o_tei=11 ms=10.45.0.2 peer=192.0.2.2

		test both keys there, in one context or in two: EEXIST
		$new link=gtp0 version=1 i_tei=1 o_tei=99 ms=10.45.0.1 peer=192.0.2.9 => EEXIST
		$new link=gtp0 version=1 i_tei=1 o_tei=99 ms=10.45.0.2 peer=192.0.2.9 => EEXIST
		$new flags=create link=gtp0 version=1 i_tei=1 o_tei=99 ms=10.45.0.1 peer=192.0.2.9 => EEXIST

		test NLM_F_EXCL, one key there: EEXIST
		$new flags=excl link=gtp0 version=1 i_tei=1 o_tei=99 ms=10.45.0.9 peer=192.0.2.9 => EEXIST
		$new flags=excl link=gtp0 version=1 i_tei=9 o_tei=99 ms=10.45.0.1 peer=192.0.2.9 => EEXIST
		$new flags=create,excl link=gtp0 version=1 i_tei=1 o_tei=99 ms=10.45.0.1 peer=192.0.2.9 => EEXIST

		test NLM_F_EXCL with NLM_F_REPLACE is NLM_F_DUMP, which NEWPDP does not know
		$new flags=excl,replace link=gtp0 version=1 i_tei=1 o_tei=99 ms=10.45.0.1 peer=192.0.2.9 => EOPNOTSUPP

		test NLM_F_EXCL or NLM_F_REPLACE for a context that is not there
		$new flags=excl link=gtp0 version=1 i_tei=3 o_tei=11 ms=10.45.0.3 peer=192.0.2.2
		$del link=gtp0 version=1 i_tei=3
		$new flags=create,replace link=gtp0 version=1 i_tei=3 o_tei=11 ms=10.45.0.3 peer=192.0.2.2
		$del link=gtp0 version=1 i_tei=3
		$new flags=create,append link=gtp0 version=1 i_tei=3 o_tei=11 ms=10.45.0.3 peer=192.0.2.2
		$del link=gtp0 version=1 i_tei=3

		test an MS is one context's, whatever its version
		$new flags=excl link=gtp0 version=0 tid=9 flow=9 ms=10.45.0.1 peer=192.0.2.9 => EEXIST

		test a TID and a TEID of one value are two
		$new flags=excl link=gtp0 version=0 tid=1 flow=9 ms=10.45.0.3 peer=192.0.2.9
		$new flags=excl link=gtp0 version=0 tid=0x100000001 flow=9 ms=10.45.0.4 peer=192.0.2.9
		$get link=gtp0 version=0 tid=1
		reply version=0 link=gtp0@$GSN family=2 ms=10.45.0.3 peer=192.0.2.9 tid=1 flow=9
		$get link=gtp0 version=1 i_tei=1
		reply version=1 link=gtp0@$GSN family=2 ms=10.45.0.1 peer=192.0.2.2 i_tei=1 o_tei=11

		test another link's contexts are another's
		$new flags=excl link=gtp1 version=1 i_tei=1 o_tei=7 ms=10.45.0.1 peer=192.0.2.7
		$get link=gtp1 version=1 ms=10.45.0.1
		reply version=1 link=gtp1@$GSN family=2 ms=10.45.0.1 peer=192.0.2.7 i_tei=1 o_tei=7
		$del link=gtp1 version=1 ms=10.45.0.1

		test all is as it was
		dump ns=$GSN
		dumped 4 unique
		dumped has version=1 link=gtp0@$GSN family=2 ms=10.45.0.1 peer=192.0.2.2 i_tei=1 o_tei=11
		dumped has version=1 link=gtp0@$GSN family=2 ms=10.45.0.2 peer=192.0.2.2 i_tei=2 o_tei=11
	END
}

update() {
	cat <<-END
		test an update by MS: what it says is there
		$new link=gtp0 version=1 i_tei=21 o_tei=77 ms=10.45.0.1 peer=192.0.2.77
		$get link=gtp0 version=1 ms=10.45.0.1
		reply version=1 link=gtp0@$GSN family=2 ms=10.45.0.1 peer=192.0.2.77 i_tei=21 o_tei=77

		test an update by MS: the old TEID is gone
		$get link=gtp0 version=1 i_tei=1 => ENOENT

		test an update by MS: the new TEID is found
		differs NEWPDP without EXCL changes keys but does not rehash
		$get link=gtp0 version=1 i_tei=21
		reply version=1 link=gtp0@$GSN family=2 ms=10.45.0.1 peer=192.0.2.77 i_tei=21 o_tei=77

		test an update by TEID: what it says is there
		$new link=gtp0 version=1 i_tei=2 o_tei=88 ms=10.45.0.22 peer=192.0.2.88
		$get link=gtp0 version=1 i_tei=2
		reply version=1 link=gtp0@$GSN family=2 ms=10.45.0.22 peer=192.0.2.88 i_tei=2 o_tei=88

		test an update by TEID: the old MS is gone
		$get link=gtp0 version=1 ms=10.45.0.2 => ENOENT

		test an update by TEID: the new MS is found
		differs NEWPDP without EXCL changes keys but does not rehash
		$get link=gtp0 version=1 ms=10.45.0.22
		reply version=1 link=gtp0@$GSN family=2 ms=10.45.0.22 peer=192.0.2.88 i_tei=2 o_tei=88

		test an update makes no second context
		dump ns=$GSN
		dumped 4 unique

		test NLM_F_REPLACE of what both keys find
		differs NLM_F_REPLACE EOPNOTSUPP
		$new flags=replace link=gtp0 version=1 i_tei=2 o_tei=89 ms=10.45.0.22 peer=192.0.2.89
		$get link=gtp0 version=1 i_tei=2
		reply version=1 link=gtp0@$GSN family=2 ms=10.45.0.22 peer=192.0.2.89 i_tei=2 o_tei=89

		test NLM_F_REPLACE of what one key finds
		differs NLM_F_REPLACE EOPNOTSUPP
		$new flags=create,replace link=gtp0 version=1 i_tei=2 o_tei=90 ms=10.45.0.23 peer=192.0.2.90
		$get link=gtp0 version=1 ms=10.45.0.23
		reply version=1 link=gtp0@$GSN family=2 ms=10.45.0.23 peer=192.0.2.90 i_tei=2 o_tei=90
		$get link=gtp0 version=1 ms=10.45.0.22 => ENOENT

		test NLM_F_REPLACE with the keys of two contexts is refused
		differs NLM_F_REPLACE EOPNOTSUPP
		$new flags=replace link=gtp0 version=1 i_tei=2 o_tei=91 ms=10.45.0.1 peer=192.0.2.91 => EEXIST
		$get link=gtp0 version=1 i_tei=2
		reply version=1 link=gtp0@$GSN family=2 ms=10.45.0.23 peer=192.0.2.90 i_tei=2 o_tei=90

		cleanup
		delpdp ns=$GSN link=gtp0 version=1 ms=10.45.0.1
		delpdp ns=$GSN link=gtp0 version=1 i_tei=2
		delpdp ns=$GSN link=gtp0 version=0 tid=1
		delpdp ns=$GSN link=gtp0 version=0 tid=0x100000001

		test an update of a v0 context
		$new link=gtp0 version=0 tid=1 flow=9 ms=10.45.0.3 peer=192.0.2.9
		$new link=gtp0 version=0 tid=1 flow=10 ms=10.45.0.33 peer=192.0.2.10
		$get link=gtp0 version=0 tid=1
		reply version=0 link=gtp0@$GSN family=2 ms=10.45.0.33 peer=192.0.2.10 tid=1 flow=10
		$del link=gtp0 version=0 tid=1
		dump ns=$GSN
		dumped 0
	END
}

notifications() {
	cat <<-END
		test a context that is made is told of, octet by octet
		subscribe ear ns=$GSN
		subscribe far ns=$FAR
		$new link=gtp0 $v1 $ends
		notified ear cmd=newpdp version=1 link=gtp0@$GSN family=2 ms=10.45.0.2 peer=192.0.2.2 i_tei=0x11223344 o_tei=0x55667788

		test a context that is updated is told of as one that is made
		$new link=gtp0 version=1 i_tei=0x11223344 o_tei=9 ms=10.45.0.5 peer=192.0.2.2
		notified ear cmd=newpdp version=1 link=gtp0@$GSN family=2 ms=10.45.0.5 peer=192.0.2.2 i_tei=0x11223344 o_tei=9

		test a context that is deleted is told of
		$del link=gtp0 version=1 i_tei=0x11223344
		notified ear cmd=delpdp version=1 link=gtp0@$GSN family=2 ms=10.45.0.5 peer=192.0.2.2 i_tei=0x11223344 o_tei=9

		test a v0 context is told of
		$new link=gtp0 $v0 $ends
		notified ear cmd=newpdp version=0 link=gtp0@$GSN family=2 ms=10.45.0.2 peer=192.0.2.2 tid=0x1122334455667788 flow=0x99aa
		$del link=gtp0 version=0 ms=10.45.0.2
		notified ear cmd=delpdp version=0 link=gtp0@$GSN family=2 ms=10.45.0.2 peer=192.0.2.2 tid=0x1122334455667788 flow=0x99aa

		test what is refused is not told of
		$new link=gtp0 $v1 => EINVAL
		$del link=gtp0 version=1 i_tei=5 => ENOENT
		$get link=gtp0 version=1 i_tei=5 => ENOENT
		notified ear nothing

		test the link's namespace is told, not the one that asked
		newpdp ns=$FAR nsfd=gsn link=gtp0@$GSN $v1 $ends
		notified ear cmd=newpdp version=1 link=gtp0@$GSN family=2 ms=10.45.0.2 peer=192.0.2.2 i_tei=0x11223344 o_tei=0x55667788
		notified far nothing
	END
}

rights() {
	cat <<-END
		family ns=$GSN
		test the family: version, commands, rights, group
		family ns=$GSN

		test a command that there is not
		newpdp cmd=50 ns=$GSN link=gtp0 => EOPNOTSUPP

		test without CAP_NET_ADMIN nothing is done
		nobody
		newpdp link=1 $v1 $ends => EPERM
		delpdp link=1 version=1 i_tei=1 => EPERM
		getpdp link=1 version=1 i_tei=1 => EPERM
		dump => EPERM
		echoreq link=1 version=1 ms=10.45.0.2 peer=192.0.2.2 => EPERM

		test without CAP_NET_ADMIN nothing is heard
		differs anyone may join the group and read TEIDs and addresses
		subscribe ear => EPERM
	END
}

(
	setup
	creation
	replies
	lookup
	uniqueness
	update
	notifications
) | gt
rights | gt
finish
