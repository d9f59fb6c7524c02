#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# The messages that clients in the field send, attribute by attribute in their
# order and with their flags, and what these clients take from the answers:
#
#   libgtpnl    osmocom/libgtpnl src/gtp-rtnl.c (_gtp_dev_create, gtp_dev_destroy),
#               src/gtp-genl.c (gtp_build_payload, gtp_add_tunnel, gtp_del_tunnel,
#               gtp_list_tunnel, genl_gtp_attr_cb) and src/genl.c; also as
#               of 345d687 and deb5408, which osmo-ggsn was long built with
#   iproute2    iproute2 ip/iplink_gtp.c (gtp_parse_opt) at bb2cd5f, with what
#               ip/iplink.c puts around it
#   netlink     vishvananda/netlink gtp_linux.go at 0b4a158, link_linux.go
#               (LinkAdd, addGTPAttrs), nl/nl_linux.go
#   go-gtp      wmnsk/go-gtp gtpv1/tunnel_linux.go at 183efd8, on top of it
#
#   +-------- GSN ---------+          +--- PEER ---+     +- FAR -+
#   | gtp0                 |   net0   |            |     | gtp0  |
#   | 192.0.2.1:2152, 3386 |----------| 192.0.2.2  |     +-------+
#   +----------------------+          +------------+

# shellcheck source-path=SCRIPTDIR source=lib.sh
. "${0%/*}/lib.sh"

netns GSN
netns PEER
netns FAR
pair "$GSN" 192.0.2.1/24 "$PEER" 192.0.2.2/24

v1=192.0.2.1:2152

# RTM_NEWLINK 16, RTM_DELLINK 17; NLM_F_REQUEST 1, ACK 4, EXCL 0x200, CREATE
# 0x400, DUMP 0x300. IFLA: IFNAME 3, LINK 5, MTU 4, TXQLEN 13, LINKINFO 18,
# NET_NS_FD 28; INFO_KIND 1, INFO_DATA 2. What is named `route` begins with struct
# ifinfomsg (family, type, index, flags, change), `gtp` with struct genlmsghdr.

# --- libgtpnl ---------------------------------------------------------------

# newlink_libgtpnl ATTRIBUTES MORE: AF_INET, IFF_UP; KIND put by mnl_attr_put_str(),
# so without a NUL, as is the name; nests not flagged as such.
newlink_libgtpnl() {
	echo "raw route ns=$GSN type=16 flags=0x605 : hex=02000000 u32=0 u32=1 u32=1 $1 3:text=gtp0 18[ 1:text=gtp 2[ 1:fd=b 2:fd=a 3:u32=131072 $2 ] ]"
}
# dellink_libgtpnl NS
dellink_libgtpnl() {
	echo "raw route ns=$1 type=17 flags=0x5 : hex=02000000 link=gtp0@$1 u32=0 u32=1"
}

libgtpnl() {
	cat <<-END
		udp a ns=$GSN bind=$v1
		udp b ns=$GSN bind=192.0.2.1:3386
		udp peer ns=$PEER bind=192.0.2.2:2152
		file far /run/netns/$FAR

		test libgtpnl: a GGSN's link, up at once
		$(newlink_libgtpnl "" "")
		linkdata ns=$GSN dev=gtp0 hashsize=131072 role=0 restart=0
		linkprop ns=$GSN dev=gtp0 up=1 mtu=1452 qdisc=noqueue

		test libgtpnl: once more is refused
		raw route ns=$GSN type=16 flags=0x605 : hex=02000000 u32=0 u32=1 u32=1 3:text=gtp0 18[ 1:text=gtp 2[ 1:fd=b 2:fd=a 3:u32=131072 ] ] => EEXIST
		test libgtpnl: an old one names an interface that the link is said to be on
		$(dellink_libgtpnl "$GSN")
		raw route ns=$GSN type=16 flags=0x605 : hex=02000000 u32=0 u32=1 u32=1 5:link=net0 3:text=gtp0 18[ 1:text=gtp 2[ 1:fd=b 2:fd=a 3:u32=131072 ] ]
		linkprop ns=$GSN dev=gtp0 up=1

		test libgtpnl: a tunnel of version 1 as it was long sent, peer before MS
		raw gtp ns=$GSN flags=0x205 : hex=00000000 2:u32=1 1:link=gtp0 4:ip4=192.0.2.2 5:ip4=10.45.0.2 8:u32=1 9:u32=2
		capture dev ns=$GSN dev=gtp0
		send peer to=$v1 : gtp1 teid=1 / ip4 src=10.45.0.2 dst=10.99.0.1 / udp 1 2 / text up
		expect dev : ip4 src=10.45.0.2 dst=10.99.0.1 / udp 1 2 / text up

		test libgtpnl: a tunnel of version 1 with FAMILY in front and MS before peer
		raw gtp ns=$GSN flags=0x205 : hex=00000000 13:u8=2 2:u32=1 1:link=gtp0 5:ip4=10.45.0.3 4:ip4=192.0.2.2 8:u32=3 9:u32=4

		test libgtpnl: a tunnel of version 0, its TID not aligned
		raw gtp ns=$GSN flags=0x205 : hex=00000000 13:u8=2 2:u32=0 1:link=gtp0 5:ip4=10.45.0.4 4:ip4=192.0.2.2 3:u64=0x1122334455667788 6:u16=7

		test libgtpnl: a tunnel that is there is refused
		raw gtp ns=$GSN flags=0x205 : hex=00000000 13:u8=2 2:u32=1 1:link=gtp0 5:ip4=10.45.0.3 4:ip4=192.0.2.2 8:u32=3 9:u32=4 => EEXIST

		test libgtpnl: with the namespace of the link by descriptor
		file gsn /run/netns/$GSN
		raw gtp ns=$FAR flags=0x205 : hex=00000000 13:u8=2 2:u32=1 7:fd=gsn 1:link=gtp0@$GSN 5:ip4=10.45.0.5 4:ip4=192.0.2.2 8:u32=5 9:u32=6

		test libgtpnl: all tunnels, with sequence number 0; it reads FAMILY as four octets
		raw gtp ns=$GSN flags=0x301 seq=0 : hex=02000000
		dumped 4 unique multi intr=0
		dumped padded
		dumped has version=1 link=gtp0@$GSN family=2 ms=10.45.0.3 peer=192.0.2.2 i_tei=3 o_tei=4
		dumped has version=0 link=gtp0@$GSN family=2 ms=10.45.0.4 peer=192.0.2.2 tid=0x1122334455667788 flow=7

		test libgtpnl: a tunnel is deleted by version and TEID
		raw gtp ns=$GSN flags=0x5 : hex=01000000 2:u32=1 1:link=gtp0 8:u32=3
		raw gtp ns=$GSN flags=0x5 : hex=01000000 2:u32=1 1:link=gtp0 8:u32=3 => ENOENT

		test libgtpnl: a tunnel of version 0 is deleted with all that is known of it
		raw gtp ns=$GSN flags=0x5 : hex=01000000 13:u8=2 2:u32=0 1:link=gtp0 3:u64=0x1122334455667788 6:u16=7

		test libgtpnl: the old way of deletion names no MS but addresses of zero
		raw gtp ns=$GSN flags=0x5 : hex=01000000 2:u32=1 1:link=gtp0 4:ip4=0.0.0.0 5:ip4=0.0.0.0 8:u32=1 9:u32=2 => ENOENT
		raw gtp ns=$GSN flags=0x5 : hex=01000000 2:u32=1 1:link=gtp0 8:u32=1 9:u32=2

		test libgtpnl: osmo-ggsn updates by deletion and creation
		raw gtp ns=$GSN flags=0x5 : hex=01000000 13:u8=2 2:u32=1 1:link=gtp0 8:u32=5
		raw gtp ns=$GSN flags=0x205 : hex=00000000 13:u8=2 2:u32=1 1:link=gtp0 5:ip4=10.45.0.5 4:ip4=192.0.2.2 8:u32=5 9:u32=66
		getpdp ns=$GSN link=gtp0 version=1 i_tei=5
		reply version=1 link=gtp0@$GSN family=2 ms=10.45.0.5 peer=192.0.2.2 i_tei=5 o_tei=66

		test libgtpnl: osmo-ggsn is told EAFNOSUPPORT for an IPv6 peer on an IPv4 socket
		raw gtp ns=$GSN flags=0x205 : hex=00000000 13:u8=10 2:u32=1 1:link=gtp0 12:ip6=2001:db8:1:: 11:ip6=2001:db8::1 8:u32=9 9:u32=9 => EAFNOSUPPORT

		test libgtpnl: the link goes
		$(dellink_libgtpnl "$GSN")
		nolink ns=$GSN dev=gtp0

		test libgtpnl: an SGSN's link, in another namespace
		$(newlink_libgtpnl 28:fd=far 4:u32=1)
		linkdata ns=$FAR dev=gtp0 hashsize=131072 role=1 restart=0
		$(dellink_libgtpnl "$FAR")
		nolink ns=$FAR dev=gtp0

		test libgtpnl: an IPv6 tunnel over IPv6
		udp c ns=$GSN v6 v6only=1
		raw route ns=$GSN type=16 flags=0x605 : hex=02000000 u32=0 u32=1 u32=1 3:text=gtp0 18[ 1:text=gtp 2[ 1:u32=0xffffffff 2:fd=c 3:u32=131072 ] ]
		raw gtp ns=$GSN flags=0x205 : hex=00000000 13:u8=10 2:u32=1 1:link=gtp0 12:ip6=2001:db8:1:: 11:ip6=2001:db8::1 8:u32=9 9:u32=9
		raw gtp ns=$GSN flags=0x301 seq=0 : hex=02000000
		dumped 1 multi intr=0
		dumped padded
		dumped has version=1 link=gtp0@$GSN family=10 ms6=2001:db8:1:: peer6=2001:db8::1 i_tei=9 o_tei=9

		test libgtpnl: and without FAMILY it is not found
		raw gtp ns=$GSN flags=0x5 : hex=01000000 2:u32=1 1:link=gtp0 8:u32=9 => ENOENT
		raw gtp ns=$GSN flags=0x5 : hex=01000000 13:u8=10 2:u32=1 1:link=gtp0 8:u32=9
		$(dellink_libgtpnl "$GSN")
		close c dev
	END
}

# --- vishvananda/netlink and go-gtp ------------------------------------------

# AF_UNSPEC; the name with its NUL, the kind without; TXQLEN 0 since it is left at
# its zero value; ROLE only for an SGSN; nests not flagged as such.
golang() {
	local get="raw gtp ns=$GSN flags=0x1"

	cat <<-END
		test netlink: LinkAdd with both descriptors
		raw route ns=$GSN type=16 flags=0x605 : hex=00000000 u32=0 u32=0 u32=0 3:str=gtp0 13:u32=0 18[ 1:text=gtp 2[ 1:fd=b 2:fd=a 3:u32=131072 ] ]
		linkdata ns=$GSN dev=gtp0 hashsize=131072 role=0 restart=0
		linkprop ns=$GSN dev=gtp0 up=0 txqlen=0
		dellink ns=$GSN dev=gtp0

		test go-gtp: an SGSN's link on version 1 only
		raw route ns=$GSN type=16 flags=0x605 : hex=00000000 u32=0 u32=0 u32=0 3:str=gtp0 13:u32=0 18[ 1:text=gtp 2[ 1:u32=0xffffffff 2:fd=a 3:u32=131072 4:u32=1 ] ]
		linkdata ns=$GSN dev=gtp0 hashsize=131072 role=1 restart=0
		dellink ns=$GSN dev=gtp0

		test go-gtp: FD0 left at its zero value is standard input, which is no socket
		raw route ns=$GSN type=16 flags=0x605 : hex=00000000 u32=0 u32=0 u32=0 3:str=gtp0 13:u32=0 18[ 1:text=gtp 2[ 1:u32=0 2:fd=a 3:u32=131072 ] ] => ENOTSOCK
		nolink ns=$GSN dev=gtp0

		test go-gtp: the link is made, set up, then its MTU
		raw route ns=$GSN type=16 flags=0x605 : hex=00000000 u32=0 u32=0 u32=0 3:str=gtp0 13:u32=0 18[ 1:text=gtp 2[ 1:fd=b 2:fd=a 3:u32=131072 ] ]
		raw route ns=$GSN type=16 flags=0x5 : hex=00000000 link=gtp0 u32=1 u32=1
		raw route ns=$GSN type=19 flags=0x5 : hex=00000000 link=gtp0 u32=0 u32=0 4:u32=1500
		linkprop ns=$GSN dev=gtp0 up=1 mtu=1500

		test netlink: GTPPDPAdd, versions 1 and 0
		raw gtp ns=$GSN flags=0x205 : hex=00000000 2:u32=1 1:link=gtp0 4:ip4=192.0.2.2 5:ip4=10.45.0.2 8:u32=1 9:u32=2
		raw gtp ns=$GSN flags=0x205 : hex=00000000 2:u32=0 1:link=gtp0 4:ip4=192.0.2.2 5:ip4=10.45.0.3 3:u64=5 6:u16=6

		test netlink: GTPPDPByITEI, without asking for an acknowledgement
		$get : hex=02000000 2:u32=1 1:link=gtp0 8:u32=1
		reply version=1 link=gtp0@$GSN family=2 ms=10.45.0.2 peer=192.0.2.2 i_tei=1 o_tei=2

		test netlink: GTPPDPByTID
		$get : hex=02000000 2:u32=0 1:link=gtp0 3:u64=5
		reply version=0 link=gtp0@$GSN family=2 ms=10.45.0.3 peer=192.0.2.2 tid=5 flow=6

		test netlink: GTPPDPByMSAddress always says version 0
		$get : hex=02000000 2:u32=0 1:link=gtp0 5:ip4=10.45.0.2
		reply version=1 link=gtp0@$GSN family=2 ms=10.45.0.2 peer=192.0.2.2 i_tei=1 o_tei=2

		test netlink: what is not there
		$get : hex=02000000 2:u32=0 1:link=gtp0 5:ip4=10.45.0.99 => ENOENT

		test netlink: GTPPDPList
		raw gtp ns=$GSN flags=0x301 : hex=02000000
		dumped 2 unique multi intr=0

		test netlink: GTPPDPDel comes with NLM_F_EXCL
		raw gtp ns=$GSN flags=0x205 : hex=01000000 2:u32=0 1:link=gtp0 3:u64=5
		raw gtp ns=$GSN flags=0x205 : hex=01000000 2:u32=0 1:link=gtp0 3:u64=5 => ENOENT

		test go-gtp: AddTunnelOverride looks for MS and TEID, deletes, adds
		$get : hex=02000000 2:u32=0 1:link=gtp0 5:ip4=10.45.0.2
		raw gtp ns=$GSN flags=0x205 : hex=01000000 2:u32=1 1:link=gtp0 8:u32=1
		$get : hex=02000000 2:u32=1 1:link=gtp0 8:u32=7 => ENOENT
		raw gtp ns=$GSN flags=0x205 : hex=00000000 2:u32=1 1:link=gtp0 4:ip4=192.0.2.2 5:ip4=10.45.0.2 8:u32=7 9:u32=8

		test go-gtp: it goes with its link
		raw route ns=$GSN type=17 flags=0x5 : hex=00000000 link=gtp0 u32=0 u32=0
		nolink ns=$GSN dev=gtp0
		close a b
	END
}

# --- iproute2 ---------------------------------------------------------------

# The name with its NUL, the kind without, CREATE_SOCKETS first, ROLE, then what
# else was said, the hash size last if it was not. The program itself is run in
# link.sh.
iproute2() {
	cat <<-END
		test iproute2: ip link add type gtp role ggsn
		raw route ns=$GSN type=16 flags=0x605 : hex=00000000 u32=0 u32=0 u32=0 3:str=gtp0 18[ 1:text=gtp 2[ 5:u8=1 4:u32=0 3:u32=1024 ] ]
		linkdata ns=$GSN dev=gtp0 hashsize=1024 role=0 restart=0
		raw route ns=$GSN type=17 flags=0x5 : hex=00000000 link=gtp0 u32=0 u32=0

		test iproute2: every word, nests flagged as such
		raw route ns=$GSN type=16 flags=0x605 : hex=00000000 u32=0 u32=0 u32=0 3:str=gtp0 0x8012[ 1:text=gtp 0x8002[ 5:u8=1 4:u32=1 3:u32=77 6:u8=9 ] ]
		linkdata ns=$GSN dev=gtp0 hashsize=77 role=1 restart=9
		raw route ns=$GSN type=17 flags=0x5 : hex=00000000 link=gtp0 u32=0 u32=0

		test iproute2: the namespace comes before the name
		file far /run/netns/$FAR
		raw route ns=$GSN type=16 flags=0x605 : hex=00000000 u32=0 u32=0 u32=0 28:fd=far 3:str=gtp0 18[ 1:text=gtp 2[ 5:u8=1 4:u32=0 3:u32=1024 ] ]
		linkdata ns=$FAR dev=gtp0 hashsize=1024 role=0 restart=0
		raw route ns=$FAR type=17 flags=0x5 : hex=00000000 link=gtp0@$FAR u32=0 u32=0
	END
}

(libgtpnl && golang && iproute2) | gt

finish
