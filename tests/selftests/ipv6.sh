#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# IPv6 in tunnels and under them: every combination of inner and outer family,
# version, role and direction, octet for octet. Both ends of the wire and the
# link itself are in gtptest's hands.
#
#   +-------------- GSN --------------+          +------------- PEER -------------+
#   | gtp0                            |   net0   |                                |
#   |   192.0.2.1, 2001:db8:a::1      |----------|  192.0.2.2, 2001:db8:a::2      |
#   |   ports 2152, 3386              |          |  ports 2152, 3386              |
#   +---------------------------------+          +--------------------------------+
#
#   MS 10.45.0.2, 2001:db8:45:2::/64 (v1: TEID 1, which both have)
#      10.45.0.3, 2001:db8:45:3::/64 (v0: TID 0x0102030405060708)
#   server 10.99.0.1, 2001:db8:99::1, which nobody has

# shellcheck source-path=SCRIPTDIR source=lib.sh
. "${0%/*}/lib.sh"

# IPv6, with no addresses but those that are given, and no delays.
with_ipv6() {
	"$IP" netns exec "$1" sh -c '
		cd /proc/sys/net/ipv6/conf
		echo 0 > all/disable_ipv6; echo 0 > default/disable_ipv6
		echo 1 > default/addr_gen_mode
		echo 0 > default/accept_dad; echo 0 > default/accept_ra'
}

netns GSN
netns PEER
with_ipv6 "$GSN"
with_ipv6 "$PEER"
pair "$GSN" 192.0.2.1/24 "$PEER" 192.0.2.2/24
"$IP" -n "$GSN" addr add 2001:db8:a::1/64 dev net0 nodad
"$IP" -n "$PEER" addr add 2001:db8:a::2/64 dev net0 nodad

gsn4=192.0.2.1 peer4=192.0.2.2
gsn6=2001:db8:a::1 peer6=2001:db8:a::2

# address FAMILY WHO: as in an IP header, or with brackets in front of a port.
address() {
	local name=$2$1

	echo "${!name}"
}
bracketed() {
	local name=$2$1

	[ "$1" = 4 ] && echo "${!name}" || echo "[${!name}]"
}

# The GTP header of the context for a version.
header() {
	if [ "$1" = 1 ]; then
		echo "gtp1 teid=${2:-1}"
	else
		echo "gtp0 tid=0x0102030405060708 flow=0x0a0b seq=${3:-*}"
	fi
}

port() {
	[ "$1" = 1 ] && echo 2152 || echo 3386
}

# inner FAMILY VERSION up|down [HOST]: a T-PDU from, or to, the MS.
inner() {
	local ms server ip

	if [ "$1" = 4 ]; then
		ip=ip4 ms=10.45.0.$((3 - $2)) server=10.99.0.1
	else
		ip=ip6 ms=2001:db8:45:$((3 - $2)):${4:-1:2:3:4} server=2001:db8:99::1
	fi
	if [ "$3" = up ]; then
		echo "$ip src=$ms dst=$server / udp 5000 6000 / text T-PDU"
	else
		echo "$ip src=$server dst=$ms / udp 5000 6000 / text T-PDU"
	fi
}

# outer FAMILY VERSION: the outer headers of what the link sends.
outer() {
	local port

	port=$(port "$2")
	if [ "$1" = 4 ]; then
		echo "ip4 src=$gsn4 dst=$peer4 id=* / udp $port $port"
	else
		echo "ip6 src=$gsn6 dst=$peer6 / udp $port $port"
	fi
}

contexts() {
	local to=peer=$peer4

	[ "$1" = 4 ] || to=peer6=$peer6
	cat <<-END
		newpdp ns=$GSN link=gtp0 version=1 i_tei=1 o_tei=0xa0b0c0d0 ms=10.45.0.2 $to
		newpdp ns=$GSN link=gtp0 version=1 i_tei=1 o_tei=0xa0b0c0d6 ms6=2001:db8:45:2:: family=10 $to
		newpdp ns=$GSN link=gtp0 version=0 tid=0x0102030405060708 flow=0x0a0b ms=10.45.0.3 $to
		newpdp ns=$GSN link=gtp0 version=0 tid=0x0102030405060708 flow=0x0a0b ms6=2001:db8:45:3:: family=10 $to
		capture in4 ns=$GSN dev=gtp0 only=17
		capture in6 ns=$GSN dev=gtp0 family=6 only=17
		udp peer1 ns=$PEER bind=$(bracketed "$1" peer):2152
		udp peer0 ns=$PEER bind=$(bracketed "$1" peer):3386
		capture wire ns=$PEER dev=net0 family=$1 only=17
		retry sh $IP netns exec $GSN ping -c 1 -W 1 $(address "$1" peer)
	END
}

# sent NAME FAMILY INNER VERSION ROLE: both directions of a role are the
# same packets, seen from the other end.
carried() {
	local name=$1 f=$2 i=$3 v=$4 tx=down rx=up teid=0xa0b0c0d0

	[ "$5" = 0 ] || tx=up rx=down
	[ "$i" = 4 ] || teid=0xa0b0c0d6
	cat <<-END
		test $name: IPv$i in IPv$f, version $v, sent
		send in$i : $(inner "$i" "$v" $tx)
		expect wire : $(outer "$f" "$v") / $(header "$v" $teid) / $(inner "$i" "$v" $tx)
		expect peer$v : $(header "$v" $teid) / $(inner "$i" "$v" $tx)

		test $name: IPv$i in IPv$f, version $v, received
		send peer$v to=$(bracketed "$f" gsn):$(port "$v") : $(header "$v" 1 7) / $(inner "$i" "$v" $rx)
		expect in$i : $(inner "$i" "$v" $rx)
	END
}

# matrix NAME FAMILY ROLE
matrix() {
	local i v

	for i in 4 6; do
		for v in 0 1; do
			carried "$1" "$2" "$i" "$v" "$3"
		done
	done
}

end() {
	cat <<-END
		cleanup
		dellink ns=$GSN dev=gtp0
		close in4 in6 peer0 peer1 wire
		close fd0 fd1
	END
}

kernel_sockets() {
	local role name

	for role in 0 1; do
		[ $role = 0 ] && name=GGSN || name=SGSN
		cat <<-END
			test $name: LOCAL is for IPv4, LOCAL6 wins over it
			newlink ns=$GSN name=gtp0 create=1 local=203.0.113.1 local6=$gsn6 role=$role
			linkprop ns=$GSN dev=gtp0 mtu=1432
			newpdp ns=$GSN link=gtp0 version=1 i_tei=9 o_tei=9 ms=10.45.0.9 peer=$peer4 => EAFNOSUPPORT
			dellink ns=$GSN dev=gtp0

			cleanup
			newlink ns=$GSN name=gtp0 up create=1 local=$gsn4 role=$role
		END
		contexts 4
		matrix "$name" 4 $role
		end
		echo "newlink ns=$GSN name=gtp0 up create=1 local6=$gsn6 role=$role"
		contexts 6
		matrix "$name" 6 $role
		end
	done
}

# What an IPv6 MS may send and receive: all of its /64, nothing else.
prefix() {
	local up="udp 5000 6000 / text T-PDU" to=2001:db8:99::1 v1 n

	v1=[$gsn6]:2152
	cat <<-END
		udp fd0 ns=$GSN bind=[$gsn6]:3386
		udp fd1 ns=$GSN bind=[$gsn6]:2152
		newlink ns=$GSN name=gtp0 up fd0=fd0 fd1=fd1
		linkprop ns=$GSN dev=gtp0 mtu=1432
	END
	contexts 6
	matrix "bound sockets of a process" 6 0
	for n in :: ::1 :ffff:ffff:ffff:ffff :8000:0:0:0; do
		cat <<-END
			test the MS may be 2001:db8:45:2$n
			send peer1 to=$v1 : gtp1 teid=1 / ip6 src=2001:db8:45:2$n dst=$to / $up
			expect in6 : ip6 src=2001:db8:45:2$n dst=$to / $up
			send in6 : ip6 src=$to dst=2001:db8:45:2$n / $up
			expect peer1 : gtp1 teid=0xa0b0c0d6 / ip6 src=$to dst=2001:db8:45:2$n / $up
		END
	done
	for n in 2001:db8:45:3::1 2001:db8:45:2002::1 2001:db8:44:2::1 2002:db8:45:2::1 ::ffff:10.45.0.2; do
		cat <<-END
			test the MS may not be $n
			send peer1 to=$v1 : gtp1 teid=1 / ip6 src=$n dst=$to / $up
			expect fd1 from=[$peer6]:2152 : gtp1 teid=1 / ip6 src=$n dst=$to / $up
			silent in6 for=1
		END
	done
	cat <<-END
		test link-local packets, as router solicitations, are for the process
		send peer1 to=$v1 : gtp1 teid=1 / ip6 src=fe80::1 dst=ff02::2 hlim=255 / icmp type=133 sum=1
		expect fd1 : gtp1 teid=1 / ip6 src=fe80::1 dst=ff02::2 hlim=255 / icmp type=133 sum=1
		send peer1 to=$v1 : gtp1 teid=1 / ip6 src=2001:db8:45:2::1 dst=fe80::1 / $up
		expect fd1 : gtp1 teid=1 / ip6 src=2001:db8:45:2::1 dst=fe80::1 / $up
		send peer1 to=$v1 : gtp1 teid=1 / ip6 src=febf::1 dst=$to / $up
		expect fd1 : gtp1 teid=1 / ip6 src=febf::1 dst=$to / $up
		send peer0 to=[$gsn6]:3386 : gtp0 tid=0x0102030405060708 / ip6 src=fe80::1 dst=ff02::2 / $up
		expect fd0 : gtp0 tid=0x0102030405060708 / ip6 src=fe80::1 dst=ff02::2 / $up
		silent in6 for=1

		test to a group that is more than link-local goes what the MS sends
		send peer1 to=$v1 : gtp1 teid=1 / ip6 src=2001:db8:45:2::1 dst=ff05::2 / $up
		expect in6 : ip6 src=2001:db8:45:2::1 dst=ff05::2 / $up

		test an inner header of less than 40 octets is for the process
		send peer1 to=$v1 : cut 1 / gtp1 teid=1 len=39 / ip6 src=2001:db8:45:2::1 dst=$to
		expect fd1 : cut 1 / gtp1 teid=1 len=39 / ip6 src=2001:db8:45:2::1 dst=$to

		test a bare header is delivered
		send peer1 to=$v1 : gtp1 teid=1 / ip6 src=2001:db8:45:2::1 dst=$to
		expect in6 : ip6 src=2001:db8:45:2::1 dst=$to

		test traffic class and flow label stay inside
		send peer1 to=$v1 : gtp1 teid=1 / ip6 src=2001:db8:45:2::1 dst=$to flow=0x12345 tc=0xb8 hlim=3 / $up
		expect in6 : ip6 src=2001:db8:45:2::1 dst=$to flow=0x12345 tc=0xb8 hlim=3 / $up

		test other messages are for the process
		send peer1 to=$v1 : gtp1 teid=0 type=1 seq=77
		expect fd1 from=[$peer6]:2152 : gtp1 teid=0 type=1 seq=77
		send peer0 to=[$gsn6]:3386 : gtp0 tid=0 type=1 seq=77
		expect fd0 from=[$peer6]:3386 : gtp0 tid=0 type=1 seq=77

		test outer fragments are put together first
		send peer1 to=$v1 : gtp1 teid=1 / ip6 src=2001:db8:45:2::1 dst=$to / udp 5 6 / fill 3000 0x5a
		expect in6 : ip6 src=2001:db8:45:2::1 dst=$to / udp 5 6 / fill 3000 0x5a

		test one of two contexts with a TEID may go
		delpdp ns=$GSN link=gtp0 version=1 i_tei=1 family=10
		send peer1 to=$v1 : gtp1 teid=1 / ip6 src=2001:db8:45:2::1 dst=$to / $up
		expect fd1 : gtp1 teid=1 / ip6 src=2001:db8:45:2::1 dst=$to / $up
		send peer1 to=$v1 : gtp1 teid=1 / $(inner 4 1 up)
		expect in4 : $(inner 4 1 up)

		cleanup
		drain peer1 wire
		count ns=$GSN dev=gtp0
		test without a context nothing is sent
		send in6 : ip6 src=$to dst=2001:db8:45:2::1 / $up
		counted ns=$GSN dev=gtp0 atleast tx_errors=1
		silent wire for=20
	END
	end
	cat <<-END
		udp fd1 ns=$GSN v6 v6only=1 bind=[::]:2152
		newlink ns=$GSN name=gtp0 up fd1=fd1
		newpdp ns=$GSN link=gtp0 version=1 i_tei=1 o_tei=0xa0b0c0d6 ms6=2001:db8:45:2:: family=10 peer6=$peer6
		capture in6 ns=$GSN dev=gtp0 family=6 only=17
		udp peer1 ns=$PEER bind=[$peer6]:2152
		capture wire ns=$PEER dev=net0 family=6 only=17

		test an IPv6-only socket bound to no address takes the route's
		send in6 : $(inner 6 1 down)
		expect wire : $(outer 6 1) / $(header 1 0xa0b0c0d6) / $(inner 6 1 down)
		send peer1 to=$v1 : gtp1 teid=1 / $(inner 6 1 up)
		expect in6 : $(inner 6 1 up)
	END
	end
	cat <<-END
		newlink ns=$GSN name=gtp0 up create=1 local6=::
	END
	contexts 6
	cat <<-END
		udp four ns=$PEER bind=$peer4:2152
		test a link with LOCAL6 :: receives over IPv4 as well
		send four to=$gsn4:2152 : gtp1 teid=1 / $(inner 6 1 up)
		expect in6 : $(inner 6 1 up)
		send four to=$gsn4:2152 : gtp1 teid=1 / $(inner 4 1 up)
		expect in4 : $(inner 4 1 up)
		send peer1 to=$v1 : gtp1 teid=1 / $(inner 4 1 up)
		expect in4 : $(inner 4 1 up)

		cleanup
		close four
	END
	end
}

# A link with sockets of both families, which mainline does not know.
dual_stack() {
	local f

	cat <<-END
		test a dual-stack link, made by gtpctl
		sh gtpctl -n $GSN link add gtp0 role ggsn dual_stack local $gsn4 local6 $gsn6
		setlink ns=$GSN dev=gtp0 up
		linkprop ns=$GSN dev=gtp0 mtu=1432
		sh gtpctl -n $GSN pdp add dev gtp0 version 1 i_tei 1 o_tei 0xa0b0c0d0 ms 10.45.0.2 peer $peer4
		sh gtpctl -n $GSN pdp add dev gtp0 version 1 i_tei 1 o_tei 0xa0b0c0d6 ms 2001:db8:45:2:: peer $peer6
		sh gtpctl -n $GSN pdp add dev gtp0 version 0 tid 0x0102030405060708 flow 0x0a0b ms 10.45.0.3 peer $peer6
		sh gtpctl -n $GSN pdp add dev gtp0 version 0 tid 0x0102030405060708 flow 0x0a0b ms 2001:db8:45:3:: peer $peer4

		test dual stack: a context with peers of both families: EINVAL
		newpdp ns=$GSN link=gtp0 version=1 i_tei=9 o_tei=9 ms=10.45.0.9 peer=$peer4 peer6=$peer6 => EINVAL

		capture in4 ns=$GSN dev=gtp0 only=17
		capture in6 ns=$GSN dev=gtp0 family=6 only=17
	END
	for f in 4 6; do
		cat <<-END
			udp peer1 ns=$PEER bind=$(bracketed $f peer):2152
			udp peer0 ns=$PEER bind=$(bracketed $f peer):3386
			capture wire ns=$PEER dev=net0 family=$f only=17
		END
		carried "dual stack" $f $f 1 0
		carried "dual stack" $f $((10 - f)) 0 0
		cat <<-END
			test dual stack: a context is found whatever the outer family (IPv$f)
			send peer1 to=$(bracketed $f gsn):2152 : gtp1 teid=1 / $(inner 4 1 up)
			expect in4 : $(inner 4 1 up)
			send peer1 to=$(bracketed $f gsn):2152 : gtp1 teid=1 / $(inner 6 1 up)
			expect in6 : $(inner 6 1 up)

			cleanup
			drain peer0 peer1 wire
		END
	done
	cat <<-END
		test dual stack: each socket is of one family
		sh $IP -n $GSN link add gtp1 type gtp role ggsn => 2
		udp other ns=$GSN bind=[::1]:2152
		udp other ns=$GSN bind=127.0.0.1:2152
		close other

		test dual stack: without addresses it has the ports to itself
		dellink ns=$GSN dev=gtp0
		sh gtpctl -n $GSN link add gtp0 role ggsn dual_stack
		setlink ns=$GSN dev=gtp0 up
		udp any ns=$GSN bind=0.0.0.0:2152 => EADDRINUSE
		udp any ns=$GSN v6 v6only=1 bind=[::]:2152 => EADDRINUSE

		test dual stack: with the sockets of a process it is refused
		udp fd1 ns=$GSN bind=127.0.0.1:2153
		newlink ns=$GSN name=gtp1 fd1=fd1 64:u8=1 => EINVAL
	END
	end
}

kernel_sockets | gt
prefix | gt
if [ "$DRIVER" = c ]; then
	ktap_skip "dual stack" "the C driver has one outer family a device"
else
	dual_stack | gt
fi
finish
