#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Errors that the other scripts do not reach, and what is said beside the number:
# which attribute is wrong or missing, and what to do.
#
#   +-------------- GSN --------------+
#   | gtp0: IPv4 sockets of a process |
#   | gtp6: IPv6 sockets of a process |
#   | gtpk: the kernel's, 192.0.2.1   |
#   +---------------------------------+

# shellcheck source-path=SCRIPTDIR source=lib.sh
. "${0%/*}/lib.sh"

netns GSN
"$IP" -n "$GSN" -batch - <<-END
	link add net0 type dummy
	addr add 192.0.2.1/24 dev net0
	link set net0 up
END
"$IP" netns exec "$GSN" sh -c 'echo 0 > /proc/sys/net/ipv6/conf/all/disable_ipv6'
"$IP" -n "$GSN" addr add 2001:db8::1/64 dev net0 nodad
"$IP" -n "$GSN" addr add 2001:db8::2/64 dev net0 nodad

row="errnos and orders of sections 1, 2 have no extack message"
new="newpdp ns=$GSN"
v1="version=1 i_tei=1 o_tei=2"
ends="ms=10.45.0.2 peer=192.0.2.2"
ends6="family=10 ms6=2001:db8:1:: peer6=2001:db8::9"

# no ERROR REQUEST NAME WHAT...: the error is the same for both drivers, what is
# said is ours: `blames ATTRIBUTE`, `misses ATTRIBUTE`, `says WORDS`.
no() {
	local error=$1 request=$2 name=$3 what

	shift 3
	printf 'test %s: %s\n%s => %s\n' "$name" "$error" "$request" "$error"
	for what in "$@"; do
		printf 'test %s: it %s\ndiffers %s\n%s\n' "$name" "$what" "$row" "$what"
	done
}

# The policy speaks for both drivers alike.
short() {
	printf 'test a short %s: ERANGE, and it blames it\n%s => ERANGE\nblames %s\n' "$1" "$2" "$1"
}

contexts() {
	local verb

	cat <<-END
		udp a ns=$GSN bind=127.0.0.1:2152
		udp b ns=$GSN bind=127.0.0.1:3386
		udp c ns=$GSN v6 v6only=1 bind=[::1]:2152
		udp d ns=$GSN v6 v6only=1 bind=[::1]:3386
		file null /dev/null
		newlink ns=$GSN name=gtp0 fd0=b fd1=a
		newlink ns=$GSN name=gtp6 fd0=d fd1=c
		newlink ns=$GSN name=gtp1 fd0=-1 fd1=-1
	END
	no EINVAL "$new" "NEWPDP of nothing" "misses version" "says GTPA_VERSION"
	no EINVAL "$new $v1 $ends" "NEWPDP without LINK" "misses link" "says GTPA_LINK"
	no EINVAL "$new version=0 flow=1 link=gtp0" "NEWPDP v0 without TID" "misses tid" "says GTPA_TID"
	no EINVAL "$new version=0 tid=1 link=gtp0" "NEWPDP v0 without FLOW" "misses flow" "says GTPA_FLOW"
	no EINVAL "$new version=1 o_tei=1 link=gtp0" "NEWPDP v1 without I_TEI" "misses i_tei" "says GTPA_I_TEI"
	no EINVAL "$new version=1 i_tei=1 link=gtp0" "NEWPDP v1 without O_TEI" "misses o_tei" "says GTPA_O_TEI"
	no EINVAL "$new version=2 i_tei=1 o_tei=1 link=gtp0 $ends" "NEWPDP version 2" "says GTPA_VERSION is 0 or 1"
	no ENODEV "$new link=9999 $v1 $ends" "NEWPDP on no interface" "blames link" "says No gtp device"
	no ENODEV "$new link=net0 $v1 $ends" "NEWPDP on another kind of interface" "blames link"
	no ENODEV "$new link=gtp0 $v1 nsfd=null $ends" "NEWPDP in a file that is no namespace" "blames nsfd"
	no ENODEV "$new link=gtp0 $v1 nsfd=-1 $ends" "NEWPDP in a namespace of a negative number" "blames nsfd"
	no ENODEV "$new link=gtp1 $v1 $ends" "NEWPDP v1 without a socket" "says no socket for version 1"
	no ENODEV "$new link=gtp1 version=0 tid=1 flow=1 $ends" "NEWPDP v0 without a socket" "says no socket for version 0"
	no EINVAL "$new link=gtp0 $v1 ms=10.45.0.2" "NEWPDP without a peer" "misses peer" "says GTPA_PEER_ADDRESS"
	no EAFNOSUPPORT "$new link=gtp0 $v1 ms=10.45.0.2 peer6=2001:db8::9" "NEWPDP with an IPv6 peer on IPv4 sockets" "blames peer6" "says GTPA_PEER_ADDRESS"
	no EAFNOSUPPORT "$new link=gtp6 $v1 $ends" "NEWPDP with an IPv4 peer on IPv6 sockets" "blames peer" "says GTPA_PEER_ADDR6"
	no EAFNOSUPPORT "$new link=gtp6 $v1 $ends6 peer=192.0.2.2" "NEWPDP with peers of both families on IPv6 sockets" "blames peer"
	no EAFNOSUPPORT "$new link=gtp6 version=0 tid=1 flow=1 $ends" "NEWPDP v0 with an IPv4 peer on IPv6 sockets" "blames peer"
	no EINVAL "$new link=gtp0 $v1 peer=192.0.2.2" "NEWPDP without an MS" "misses ms" "says GTPA_MS_ADDRESS"
	no EINVAL "$new link=gtp0 $v1 $ends ms6=2001:db8:1::" "NEWPDP of IPv4 with an MS of both families" "blames ms6"
	no EINVAL "$new link=gtp0 $v1 family=10 peer=192.0.2.2" "NEWPDP of IPv6 without an MS" "misses ms6" "says GTPA_MS_ADDR6"
	no EINVAL "$new link=gtp6 $v1 $ends6 ms=10.45.0.2" "NEWPDP of IPv6 with an MS of both families" "blames ms"
	no EAFNOSUPPORT "$new link=gtp0 $v1 family=5 $ends" "NEWPDP of another family" "says GTPA_FAMILY is"
	no EADDRNOTAVAIL "$new link=gtp6 $v1 family=10 ms6=2001:db8:1::1 peer6=2001:db8::9" "NEWPDP of an MS that is no prefix" "blames ms6" "says /64"
	no EADDRNOTAVAIL "$new link=gtp0 $v1 family=10 ms6=2001:db8:1:0:8000:: peer=192.0.2.2" "NEWPDP of an MS that is no prefix, over IPv4" "blames ms6"

	cat <<-END
		test contexts to be in the way
		$new link=gtp0 $v1 $ends
		$new link=gtp6 version=1 i_tei=1 o_tei=2 $ends6
		$new link=gtp6 version=0 tid=1 flow=2 family=10 ms6=2001:db8:2:: peer6=2001:db8::9
	END
	no EEXIST "$new flags=excl link=gtp0 version=1 i_tei=9 o_tei=2 $ends" "NEWPDP, the MS is there" "says MS exists"
	no EEXIST "$new flags=excl link=gtp0 version=1 i_tei=1 o_tei=2 ms=10.45.0.9 peer=192.0.2.2" "NEWPDP, the TEID is there" "says tunnel exists"
	no EEXIST "$new link=gtp0 $v1 $ends" "NEWPDP, both keys are there" "says NLM_F_REPLACE"
	no EEXIST "$new flags=excl link=gtp6 version=1 i_tei=1 o_tei=2 family=10 ms6=2001:db8:9:: peer6=2001:db8::9" "NEWPDP of IPv6, the TEID is there"
	no EEXIST "$new flags=excl link=gtp6 version=0 tid=1 flow=2 family=10 ms6=2001:db8:9:: peer6=2001:db8::9" "NEWPDP of IPv6, the TID is there"
	no EEXIST "$new flags=excl link=gtp6 version=1 i_tei=9 o_tei=2 family=10 ms6=2001:db8:1::ff peer6=2001:db8::9" "NEWPDP of an MS of the same prefix"
	no EADDRNOTAVAIL "$new link=gtp6 version=1 i_tei=9 o_tei=2 family=10 ms6=2001:db8:7::ff peer6=2001:db8::9" "NEWPDP, no prefix, nothing in the way"
	cat <<-END
		test one TEID for IPv4 and one for IPv6 are two
		$new flags=excl link=gtp0 version=1 i_tei=1 o_tei=2 family=10 ms6=2001:db8:1:: peer=192.0.2.2
		getpdp ns=$GSN link=gtp0 version=1 i_tei=1 family=10
		reply version=1 link=gtp0@$GSN family=10 ms6=2001:db8:1:: peer=192.0.2.2 i_tei=1 o_tei=2
		delpdp ns=$GSN link=gtp0 version=1 i_tei=1 family=10
		getpdp ns=$GSN link=gtp0 version=1 i_tei=1
	END

	for verb in getpdp delpdp; do
		no EINVAL "$verb ns=$GSN link=gtp0 ms=10.45.0.2" "$verb without VERSION" "misses version"
		no EINVAL "$verb ns=$GSN version=1 ms=10.45.0.2" "$verb without LINK" "misses link"
		no ENODEV "$verb ns=$GSN version=1 link=9999 ms=10.45.0.2" "$verb on no interface" "blames link"
		no ENODEV "$verb ns=$GSN version=1 link=gtp0 nsfd=null ms=10.45.0.2" "$verb in a file that is no namespace" "blames nsfd"
		no EINVAL "$verb ns=$GSN version=1 link=gtp0 ms=10.45.0.2 family=10" "$verb by an IPv4 MS that says IPv6" "blames ms"
		no EINVAL "$verb ns=$GSN version=1 link=gtp6 ms6=2001:db8:1::" "$verb by an IPv6 MS that says IPv4" "blames ms6"
		no EINVAL "$verb ns=$GSN version=1 link=gtp6 ms6=2001:db8:1::1" "$verb by an IPv6 MS: the family comes before the prefix" "blames ms6"
		no EADDRNOTAVAIL "$verb ns=$GSN version=1 link=gtp6 ms6=2001:db8:1::1 family=10" "$verb by an MS that is no prefix" "blames ms6"
		no EINVAL "$verb ns=$GSN version=1 link=gtp0" "$verb without a key" "says Which context"
		no EINVAL "$verb ns=$GSN version=2 link=gtp0 i_tei=1 tid=1" "$verb of another version" "says Which context"
		no ENOENT "$verb ns=$GSN version=1 link=gtp0 i_tei=99" "$verb of an unknown TEID" "says No such context"
		no ENOENT "$verb ns=$GSN version=1 link=gtp6 i_tei=1" "$verb of a TEID of IPv6 without its family" "says No such context"
		no ENOENT "$verb ns=$GSN version=0 link=gtp6 tid=1" "$verb of a TID of IPv6 without its family" "says No such context"
		no ENOENT "$verb ns=$GSN version=1 link=gtp6 ms6=2001:db8:9:: family=10" "$verb of an unknown MS of IPv6" "says No such context"
	done
	cat <<-END
		test a context of IPv6 is found by TEID and family, and by its prefix with any version
		getpdp ns=$GSN link=gtp6 version=1 i_tei=1 family=10
		reply version=1 link=gtp6@$GSN family=10 ms6=2001:db8:1:: peer6=2001:db8::9 i_tei=1 o_tei=2
		getpdp ns=$GSN link=gtp6 version=9 ms6=2001:db8:2:: family=10
		reply version=0 link=gtp6@$GSN family=10 ms6=2001:db8:2:: peer6=2001:db8::9 tid=1 flow=2
		delpdp ns=$GSN link=gtp6 version=0 tid=1 family=10
		delpdp ns=$GSN link=gtp6 version=7 ms6=2001:db8:1:: family=10
		dump ns=$GSN
		dumped 1
	END

	short link "$new link:u16=1 $v1 $ends"
	short version "$new link=gtp0 version:u8=1 i_tei=1 o_tei=1 $ends"
	short i_tei "$new link=gtp0 version=1 i_tei:u16=1 o_tei=1 $ends"
	short ms6 "$new link=gtp6 $v1 family=10 ms6:hex=2001 peer6=2001:db8::9"
}

echoes() {
	local echo="echoreq ns=$GSN" good="ms=192.0.2.1 peer=192.0.2.2"

	no EOPNOTSUPP "$echo link=gtp0 version=1 $good" "ECHOREQ on sockets of a process" "says echo"
	no EOPNOTSUPP "$echo link=gtp1 version=1 $good" "ECHOREQ without sockets"
	cat <<-END
		cleanup
		dellink ns=$GSN dev=gtp0
		dellink ns=$GSN dev=gtp1
		dellink ns=$GSN dev=gtp6
		close a b c d

		test a link with sockets of the kernel's
		newlink ns=$GSN name=gtpk create=1 local=192.0.2.1
	END
	no EINVAL "$echo link=gtpk $good" "ECHOREQ without VERSION" "misses version"
	no EINVAL "$echo version=1 $good" "ECHOREQ without LINK" "misses link"
	no EINVAL "$echo link=gtpk version=1 ms=192.0.2.1" "ECHOREQ without a peer" "misses peer"
	no EINVAL "$echo link=gtpk version=1 peer=192.0.2.2" "ECHOREQ without our address" "misses ms"
	no ENODEV "$echo link=9999 version=1 $good" "ECHOREQ on no interface" "blames link"
	no ENODEV "$echo link=net0 version=1 $good" "ECHOREQ on another kind of interface" "blames link"
	no ENODEV "$echo link=gtpk version=1 nsfd=null $good" "ECHOREQ in a file that is no namespace" "blames nsfd"
	no ENETDOWN "$echo link=gtpk version=1 $good" "ECHOREQ on a link that is down" "says down"
	no ENETDOWN "$echo link=gtpk version=2 $good" "ECHOREQ: down comes before the version"
	cat <<-END
		test the link is up
		setlink ns=$GSN dev=gtpk up
	END
	no ENODEV "$echo link=gtpk version=2 $good" "ECHOREQ of another version" "says GTPA_VERSION"
	no ENODEV "$echo link=gtpk version=1 ms=192.0.2.1 peer=203.0.113.9" "ECHOREQ without a route" "says route"
	no ENODEV "$echo link=gtpk version=0 ms=192.0.2.1 peer=203.0.113.9" "ECHOREQ v0 without a route"
	no ENODEV "$echo link=gtpk version=1 ms=192.0.2.77 peer=192.0.2.2" "ECHOREQ from an address that is not ours" "says our address"
	cat <<-END
		test ECHOREQ that can be done
		$echo link=gtpk version=1 $good
		$echo link=gtpk version=0 $good
		cleanup
		dellink ns=$GSN dev=gtpk
	END
}

# link ERROR ATTRIBUTES NAME WHAT...
link() {
	local error=$1 attributes=$2 name=$3

	shift 3
	no "$error" "newlink ns=$GSN name=gtp0 $attributes" "a link with $name" "$@"
}

links() {
	cat <<-END
		udp a ns=$GSN bind=127.0.0.1:2152
		udp b ns=$GSN bind=127.0.0.1:3386
		udp six ns=$GSN v6 v6only=0
		udp only ns=$GSN v6 v6only=1
		udp bound ns=$GSN v6 v6only=0 bind=[2001:db8::1]:2152
		sock tcp ns=$GSN kind=tcp
	END
	link EINVAL noinfo "no INFO_DATA" "says IFLA_INFO_DATA"
	link EINVAL role=0 "no socket" "says IFLA_GTP_FD0"
	link EINVAL "create=1 role=2" "a role of 2" "blames role" "says GGSN"
	link EBADF fd0=9999 "FD0 that is not open" "blames fd0"
	link EBADF "fd0=a fd1=9999" "FD1 that is not open" "blames fd1"
	link ENOTSOCK fd1=null "FD1 that is no socket" "blames fd1"
	link EINVAL fd1=tcp "FD1 that is TCP" "blames fd1"
	link EADDRNOTAVAIL fd1=six "FD1 that takes IPv4 too" "blames fd1" "says IPV6_V6ONLY"
	link EBUSY "fd0=a fd1=a" "one socket twice" "blames fd1"
	link EINVAL "fd0=a fd1=only" "sockets of two families" "says famil"
	link EADDRNOTAVAIL "create=1 local=198.51.100.1" "an address that is not ours" "says local address"
	link EADDRNOTAVAIL "create=1 local6=2001:db8:99::1" "an IPv6 address that is not ours" "says local address"
	cat <<-END
		test an IPv6 socket that is bound to one address takes no IPv4
		newlink ns=$GSN name=gtp0 fd1=bound
		linkprop ns=$GSN dev=gtp0 mtu=1432
		dellink ns=$GSN dev=gtp0
		close bound

		test LOCAL6 wins over LOCAL
		newlink ns=$GSN name=gtp0 create=1 local=198.51.100.1 local6=2001:db8::1
		udp x ns=$GSN bind=[2001:db8::1]:2152 => EADDRINUSE
		linkprop ns=$GSN dev=gtp0 mtu=1432
	END
	no EADDRINUSE "newlink ns=$GSN name=gtp1 create=1 local6=2001:db8::1" "a second link on an IPv6 address" "says 3386"
	cat <<-END
		test and a link on another address beside it
		newlink ns=$GSN name=gtp1 create=1 local6=2001:db8::2
		dellink ns=$GSN dev=gtp1
		dellink ns=$GSN dev=gtp0
		close a b

		test the second port taken: EADDRINUSE
		udp x ns=$GSN bind=[2001:db8::1]:2152
		newlink ns=$GSN name=gtp0 create=1 local6=2001:db8::1 => EADDRINUSE
		close x

		test any IPv6 address and any IPv4 address are one and the same for the kernel's sockets
		newlink ns=$GSN name=gtp0 create=1 local6=::
		newlink ns=$GSN name=gtp1 create=1 => EADDRINUSE
		dellink ns=$GSN dev=gtp0

		test a table larger than half a million is a wish
		differs hash table fixed, RTNL and one global mutex for every change
		newlink ns=$GSN name=gtp0 create=1 hashsize=0xffffffff
		linkdata ns=$GSN dev=gtp0 hashsize=0xffffffff role=0 restart=0
		dellink ns=$GSN dev=gtp0
	END
	printf 'test a short role: ERANGE, and it blames it\nnewlink ns=%s name=gtp0 create=1 role:u8=1 => ERANGE\nblames role\n' "$GSN"
	printf 'test a short fd0: ERANGE, and it blames it\nnewlink ns=%s name=gtp0 fd0:u8=1 => ERANGE\nblames fd0\n' "$GSN"
}

(contexts && echoes && links) | gt

finish
