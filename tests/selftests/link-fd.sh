#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Links with sockets from userspace: which ones are taken, what is refused, and
# what becomes of them when they or the link go.
#
#   +---------- GSN ----------+          +--- PEER ---+     +- FAR -+
#   | gtp0, gtp1              |   net0   |            |     | gtp0  |
#   | 192.0.2.1:2152, :3386   |----------| 192.0.2.2  |     +-------+
#   +-------------------------+          +------------+

# shellcheck source-path=SCRIPTDIR source=lib.sh
. "${0%/*}/lib.sh"

netns GSN
netns PEER
netns FAR
"$IP" netns exec "$GSN" sh -c 'echo 0 2147483647 > /proc/sys/net/ipv4/ping_group_range'
pair "$GSN" 192.0.2.1/24 "$PEER" 192.0.2.2/24

v1=192.0.2.1:2152
inner="ip4 src=10.45.0.2 dst=10.99.0.1 / udp 1 2 / text inner"
ctx="version=1 i_tei=1 o_tei=2 ms=10.45.0.2 peer=192.0.2.2"
ctx0="version=0 tid=1 flow=2 ms=10.45.0.3 peer=192.0.2.2"

sockets() {
	cat <<-END
		udp a ns=$GSN bind=$v1
		udp b ns=$GSN bind=192.0.2.1:3386
		udp c ns=$GSN
		udp six ns=$GSN v6 v6only=0
		udp only ns=$GSN v6 v6only=1
		sock tcp ns=$GSN kind=tcp
		sock tcp6 ns=$GSN kind=tcp6
		sock unix ns=$GSN kind=unix
		sock icmp ns=$GSN kind=icmp
		sock ping ns=$GSN kind=ping
		sock netlink ns=$GSN kind=netlink
		file dir /tmp
		file null /dev/null
		file far /run/netns/$FAR
	END
}

# refused ATTRIBUTES ERROR NAME: both good sockets are free afterwards.
refused() {
	cat <<-END
		test $3: $2
		newlink ns=$GSN name=gtp0 $1 => $2
		nolink ns=$GSN dev=gtp0
		newlink ns=$GSN name=gtp0 fd0=b fd1=a
		dellink ns=$GSN dev=gtp0
	END
}

# accepted ATTRIBUTES NAME
accepted() {
	cat <<-END
		test $2
		newlink ns=$GSN name=gtp0 $1
		linkdata ns=$GSN dev=gtp0 hashsize=1024 role=0 restart=0
		linkprop ns=$GSN dev=gtp0 mtu=1452
		dellink ns=$GSN dev=gtp0
	END
}

which() {
	local no fd

	sockets
	for no in 0 1; do
		fd=fd$no
		refused "$fd=9999" EBADF "FD$no is not open"
		refused "$fd=dir" ENOTSOCK "FD$no is a directory"
		refused "$fd=null" ENOTSOCK "FD$no is a device"
		refused "$fd=far" ENOTSOCK "FD$no is a namespace"
		for kind in tcp tcp6 unix icmp ping netlink; do
			refused "$fd=$kind" EINVAL "FD$no is a socket of kind $kind"
		done
		refused "$fd=six" EADDRNOTAVAIL "FD$no is an IPv6 socket open to IPv4"
	done
	refused "fd0=b fd1=9999" EBADF "FD1 is bad, FD0 is given back"
	refused "fd0=b fd1=tcp" EINVAL "FD1 is TCP, FD0 is given back"
	refused "fd0=9999 fd1=tcp" EBADF "FD0 is looked at before FD1"
	refused "fd1=tcp fd0=9999" EBADF "FD0 is looked at before FD1, in whatever order they come"
	refused "fd0=a fd1=a" EBUSY "the same socket twice"
	refused "fd0=b fd1=only" EINVAL "an IPv4 socket and an IPv6 one"
	refused "fd0=only fd1=a" EINVAL "an IPv6 socket and an IPv4 one"
	refused "fd0=only fd1=six" EADDRNOTAVAIL "what FD1 is comes before that they differ"
	refused "restart=0" EINVAL "neither"
	refused "fd0=b fd1=a role=2" EINVAL "a role of 2"

	accepted "fd0=b fd1=a" "one for each version"
	accepted "fd1=a" "one for version 1 only"
	accepted "fd0=b" "one for version 0 only"
	accepted "fd0=-1 fd1=a" "-1 is none: version 1 only"
	accepted "fd0=b fd1=-1" "-1 is none: version 0 only"
	accepted "fd0=-1 fd1=-1" "-1 for both is a link without sockets"
	accepted "fd1=-5" "any negative number is none"
	accepted "fd1=c" "a socket that is bound to nothing"
	accepted "fd0=a fd1=b" "the port does not tell the version"
	accepted "up nonul fd0=b fd1=a hashsize=1024" "up in the same message, as libgtpnl has it"
	accepted "fd0=b fd1=a local=198.51.100.1" "a local address is for the kernel's sockets only"

	cat <<-END
		test a socket of another link is taken: EBUSY
		newlink ns=$GSN name=gtp1 fd1=a
		newlink ns=$GSN name=gtp0 fd1=a => EBUSY
		newlink ns=$GSN name=gtp0 fd0=a => EBUSY
		newlink ns=$GSN name=gtp0 fd0=b fd1=a => EBUSY
		newlink ns=$GSN name=gtp0 fd0=b

		test and free when that link is gone
		dellink ns=$GSN dev=gtp1
		newlink ns=$GSN name=gtp1 fd1=a
		dellink ns=$GSN dev=gtp1
		dellink ns=$GSN dev=gtp0

		test a connected socket
		udp conn ns=$GSN bind=192.0.2.1:9999 connect=192.0.2.2:2152
		newlink ns=$GSN name=gtp0 fd1=conn
		dellink ns=$GSN dev=gtp0

		test sockets without the version of a context: ENODEV
		newlink ns=$GSN name=gtp0 fd1=a
		newpdp ns=$GSN link=gtp0 $ctx0 => ENODEV
		newpdp ns=$GSN link=gtp0 $ctx
		dellink ns=$GSN dev=gtp0
		newlink ns=$GSN name=gtp0 fd0=b
		newpdp ns=$GSN link=gtp0 $ctx => ENODEV
		newpdp ns=$GSN link=gtp0 $ctx0
		dellink ns=$GSN dev=gtp0
		newlink ns=$GSN name=gtp0 fd0=-1 fd1=-1
		newpdp ns=$GSN link=gtp0 $ctx => ENODEV
		newpdp ns=$GSN link=gtp0 $ctx0 => ENODEV
		dellink ns=$GSN dev=gtp0

		test every refusal by the driver comes with a message
		differs errnos and orders of sections 1, 2 have no extack message
		extacks
	END
}

# What becomes of the sockets.
lifetime() {
	cat <<-END
		udp a ns=$GSN bind=$v1
		udp b ns=$GSN bind=192.0.2.1:3386
		udp peer ns=$PEER bind=192.0.2.2:2152
		newlink ns=$GSN name=gtp0 up fd0=b fd1=a
		newpdp ns=$GSN link=gtp0 $ctx
		newpdp ns=$GSN link=gtp0 $ctx0
		capture in ns=$GSN dev=gtp0

		test a link's socket is a process's like any other: it can send
		send a to=192.0.2.2:2152 : text hello
		expect peer from=$v1 : text hello

		test and receive what is no T-PDU
		send peer to=$v1 : text ahoy-out-there
		expect a from=192.0.2.2:2152 : text ahoy-out-there

		test and only decapsulates for its own link
		send peer to=$v1 : gtp1 teid=1 / $inner
		expect in : $inner
		silent a for=1

		test a socket that is closed leaves the link
		close a
		newpdp ns=$GSN link=gtp0 version=1 i_tei=5 o_tei=5 ms=10.45.0.5 peer=192.0.2.2 => ENODEV
		newpdp ns=$GSN link=gtp0 version=0 tid=5 flow=5 ms=10.45.0.5 peer=192.0.2.2

		test its contexts are still there, to be deleted
		getpdp ns=$GSN link=gtp0 version=1 i_tei=1
		delpdp ns=$GSN link=gtp0 version=1 i_tei=1

		test its port is free, and a new link takes a new socket
		udp a ns=$GSN bind=$v1
		newlink ns=$GSN name=gtp1 up fd1=a
		newpdp ns=$GSN link=gtp1 $ctx
		capture in1 ns=$GSN dev=gtp1
		send peer to=$v1 : gtp1 teid=1 / $inner
		expect in1 : $inner
		silent in for=1

		test a link that is gone leaves its socket an ordinary one
		dellink ns=$GSN dev=gtp1
		send peer to=$v1 : gtp1 teid=1 / $inner
		expect a : gtp1 teid=1 / $inner

		test both sockets closed, the link goes in peace
		close b
		newpdp ns=$GSN link=gtp0 version=0 tid=6 flow=5 ms=10.45.0.6 peer=192.0.2.2 => ENODEV
		dellink ns=$GSN dev=gtp0

		cleanup
		close in in1

		test a socket of another namespace than the link's
		newlink ns=$FAR name=gtp0 up fd1=a
		newpdp ns=$FAR link=gtp0 $ctx
		capture in ns=$FAR dev=gtp0
		send peer to=$v1 : gtp1 teid=1 / $inner
		expect in : $inner
		send in : ip4 src=10.99.0.1 dst=10.45.0.2 / udp 2 1 / text outer
		expect peer from=$v1 : gtp1 teid=2 / ip4 src=10.99.0.1 dst=10.45.0.2 / udp 2 1 / text outer

		cleanup
		dellink ns=$FAR dev=gtp0
	END
}

# A socket that shares its port may be one of BPF's array: it has user data of its own. While
# a rival puts it there and takes it out again, whoever of the two has it has it alone: if a
# link was made, the array is refused the socket.
rivals() {
	local n

	cat <<-END
		test a socket in an array of BPF's is taken: EBUSY
		udp a ns=$GSN bind=$v1 share
		array map a
		newlink ns=$GSN name=gtp0 fd1=a => EBUSY
		close map
		retry newlink ns=$GSN name=gtp0 fd1=a

		test and one of a link for such an array
		array map a => EBUSY
		dellink ns=$GSN dev=gtp0
		array map a

		cleanup
		close map
		dellink ns=$GSN dev=gtp0

		test a link or an array has a socket, and never both
	END
	[ "$DRIVER" = rust ] || echo "skip the C driver sets user data of a socket without its lock"
	cat <<-END
		array map a
		rival map a
	END
	for ((n = 0; n < $(scaled 100 20); n++)); do
		cat <<-END
			retry newlink ns=$GSN name=gtp0 fd1=a
			array none a => EBUSY
			dellink ns=$GSN dev=gtp0
		END
	done
	cat <<-END

		cleanup
		close map
		close a
		dellink ns=$GSN dev=gtp0
	END
}

which | gt
lifetime | gt
rivals | gt

# A daemon that is killed takes its sockets along, the link stays.
hold=$(mktemp -d)
mkfifo "$hold/out"
printf '%s\n' "udp a ns=$GSN bind=$v1" "newlink ns=$GSN name=gtp0 up fd1=a" \
	"newpdp ns=$GSN link=gtp0 $ctx" "say ready" "hold a" >"$hold/script"
gtptest run "$hold/script" >"$hold/out" &
daemon=$!
background+=("$daemon")
exec 3<"$hold/out"
read -r -t 20 _ <&3
gt <<-END
	test a daemon has its link
	udp peer ns=$PEER bind=192.0.2.2:2152
	capture in ns=$GSN dev=gtp0
	send peer to=$v1 : gtp1 teid=1 / $inner
	expect in : $inner
	send peer to=$v1 : text ahoy-out-there
END
read -r -t 20 line <&3
equal "a daemon is passed what is for it" "$line" "a 192.0.2.2:2152 61686f792d6f75742d7468657265"
kill -9 "$daemon"
wait "$daemon" 2>/dev/null
exec 3<&-
rm -r "$hold"
gt <<-END
	test a daemon that was killed leaves the link and a free port
	newpdp ns=$GSN link=gtp0 version=1 i_tei=5 o_tei=5 ms=10.45.0.5 peer=192.0.2.2 => ENODEV
	udp a ns=$GSN bind=$v1
	newlink ns=$GSN name=gtp1 up fd1=a
END

finish
