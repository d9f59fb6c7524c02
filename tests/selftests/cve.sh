#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# What went wrong in drivers of this kind before: one test for each hole that was
# given a number, then what is like them. What finds them is the kernel's log, and
# that the driver still unloads.
#
#   +--------- GSN ---------+          +--- PEER ---+
#   | gtp0                  |   net0   |            |
#   | 192.0.2.1:2152, :3386 |----------| 192.0.2.2  |
#   +-----------------------+          +------------+

# shellcheck source-path=SCRIPTDIR source=lib.sh
. "${0%/*}/lib.sh"

netns GSN
netns PEER
pair "$GSN" 192.0.2.1/24 "$PEER" 192.0.2.2/24

v1=192.0.2.1:2152
ctx="version=1 i_tei=1 o_tei=2 ms=10.45.0.2 peer=192.0.2.2"
up="ip4 src=10.45.0.2 dst=10.99.0.1 / udp 1 2 / text up"

# repeat COUNT: the lines on stdin, so many times.
repeat() {
	local lines

	lines=$(cat)
	for _ in $(seq "$1"); do
		printf '%s\n' "$lines"
	done
}

# --- CVE-2023-54142: the last reference to a socket was dropped while its lock
# was held. The process has closed the socket; the link lets go of it. A socket that
# forgets the tunnel tells nobody that it is closed: the link has the last reference.
{
	echo "test CVE-2023-54142: a link has the last reference to its sockets"
	repeat "$(scaled 10 3)" <<-END
		udp a ns=$GSN bind=$v1
		udp b ns=$GSN bind=192.0.2.1:3386
		newlink ns=$GSN name=gtp0 up fd0=b fd1=a
		newpdp ns=$GSN link=gtp0 $ctx
		plain a b
		close a b
		dellink ns=$GSN dev=gtp0
	END
	echo "test CVE-2023-54142: a link lets go of sockets that are closed"
	repeat "$(scaled 20 5)" <<-END
		udp a ns=$GSN bind=$v1
		udp b ns=$GSN bind=192.0.2.1:3386
		newlink ns=$GSN name=gtp0 up fd0=b fd1=a
		newpdp ns=$GSN link=gtp0 $ctx
		close a
		dellink ns=$GSN dev=gtp0
		close b
		udp a ns=$GSN bind=$v1
		newlink ns=$GSN name=gtp0 fd0=a fd1=a => EBUSY
		newlink ns=$GSN name=gtp0 fd0=a fd1=9999 => EBADF
		close a
	END
} | gt

# --- CVE-2024-26754, CVE-2024-26793: the link type, or the family, was offered
# before what it stands on was there. Dumps and links while the module comes.
# shellcheck disable=SC2317 # called by way of check
asked() {
	while [ -e "$1" ]; do
		gtptest run <<-END
			test asked
			newlink name=gtpasked create=1 local=127.0.0.77
			dump
			dellink dev=gtpasked
		END
		"$IP" link add gtpasked type gtp role ggsn
		"$IP" link del gtpasked
	done >/dev/null 2>&1
}

# shellcheck disable=SC2317 # called by way of check
comes_and_goes() {
	local file n times

	times=$(scaled 12 6)
	file=$(mktemp)
	asked "$file" &
	for ((n = 0; n < times; n++)); do
		driver_unload || break
		insmod "$GTP_KO" || break
		sleep 0.05
	done
	rm "$file"
	wait $!
	"$IP" link del gtpasked 2>/dev/null
	[ "$n" = "$times" ] && [ -d /sys/module/gtp ]
}
check "CVE-2024-26754, CVE-2024-26793: dumps and new links while the module comes and goes" comes_and_goes

# --- CVE-2024-27396: a list was walked whose entries were freed on the way.
{
	echo "test CVE-2024-27396: a link with many contexts goes"
	repeat "$(scaled 4 2)" <<-END
		newlink ns=$GSN name=gtp0 create=1 hashsize=16
		bulk newpdp ns=$GSN dev=gtp0 count=$(scaled 3000 1000) tei=1 ms=10.45.0.1 peer=192.0.2.2
		bulk newpdp ns=$GSN dev=gtp0 version=0 count=1000 tei=1 ms=10.60.0.1 peer=192.0.2.2
		dellink ns=$GSN dev=gtp0
	END
} | gt

# --- CVE-2024-44999: the inner header was read before it was known to be there.
short_packets() {
	local hex n

	cat <<-END
		test CVE-2024-44999: packets that are too short for their header are not sent
		newlink ns=$GSN name=gtp0 up create=1
		newpdp ns=$GSN link=gtp0 $ctx
		capture dev ns=$GSN dev=gtp0
		capture wire ns=$PEER dev=net0
		count ns=$GSN dev=gtp0
	END
	hex=45000014000000004011000000000000000000
	for n in 2 4 18 32 36 38; do
		echo "send dev proto=0x0800 : hex ${hex:0:n}"
	done
	hex=6000000000003b40000000000000000000000000000000000000000000000000000000000000000000
	for n in 2 8 40 64 78; do
		echo "send dev proto=0x86dd : hex ${hex:0:n}"
	done
	for n in 0x0806 0x8847 0x0001 0xffff; do
		echo "send dev proto=$n : hex ${hex:0:28}"
	done
	cat <<-END
		silent wire for=300
		dellink ns=$GSN dev=gtp0
		close dev wire
	END
}
short_packets | gt

# --- CVE-2024-46677: a descriptor that is not open was a null pointer.
{
	echo "test CVE-2024-46677: descriptors that are not open"
	repeat 3 <<-END
		newlink ns=$GSN name=gtp0 fd0=9999 => EBADF
		newlink ns=$GSN name=gtp0 fd1=9999 => EBADF
		newlink ns=$GSN name=gtp0 fd0=0x7fffffff fd1=0x7fffffff => EBADF
		nolink ns=$GSN dev=gtp0
	END
} | gt

# --- CVE-2025-21678: the namespace of the sockets could not go while the link in
# another one was there.
# CVE-2025-21865: both namespaces go at once, the link was removed twice.
# shellcheck disable=SC2317 # called by way of check
no_net1() {
	! "$IP" -n "$PEER" link show dev net1 >/dev/null 2>&1
}

crossed() {
	netns HOME
	netns FAR
	"$IP" -n "$PEER" link add net1 type veth peer name net1 netns "$HOME"
	"$IP" -n "$HOME" link add netns "$FAR" name gtp0 type gtp role sgsn
	"$IP" -n "$FAR" link add netns "$HOME" name gtp1 type gtp role sgsn
	"$IP" -n "$FAR" link set gtp0 up
}
crossed
netns_del "$HOME"
check "CVE-2025-21678: the namespace of the sockets goes" until_true no_net1
netns_del "$FAR"
# A process has both namespaces, so that they end with it, at the same time and in
# one go.
# shellcheck disable=SC2317 # called by way of check
at_once() {
	local n holder

	# Both orders, as often.
	for ((n = 0; n < $(scaled 6 2); n++)); do
		crossed
		if [ $((n % 2)) = 0 ]; then
			sleep 100 3<"/run/netns/$HOME" 4<"/run/netns/$FAR" &
		else
			sleep 100 3<"/run/netns/$FAR" 4<"/run/netns/$HOME" &
		fi
		holder=$!
		background+=("$holder")
		netns_del "$FAR" "$HOME"
		! no_net1 || return 1
		kill "$holder"
		wait "$holder" 2>/dev/null
		until_true no_net1 || return 1
	done
}
check "CVE-2025-21865: both namespaces go at once" at_once

# --- Names that no interface may have but that are found out late ------------

# There are folders of these names where an interface's own would be, so that it
# is registered and taken back. What is told of it meanwhile must not be used.
# shellcheck disable=SC2317 # called by way of check
late() {
	echo "test late"
	repeat 300 <<-END
		newpdp ns=$GSN link=77 $ctx => ENODEV
		getpdp ns=$GSN link=77 version=1 i_tei=1 => ENODEV
		delpdp ns=$GSN link=77 version=1 ms=10.45.0.2 => ENODEV
		dump ns=$GSN
	END
}
# What is asked may meet the interface while it is there: any answer will do.
# shellcheck disable=SC2317 # called by way of check
late_names() {
	local n asker

	late | sed 's/ => ENODEV//; s/^test .*/cleanup/' | gtptest run >/dev/null 2>&1 &
	asker=$!
	for ((n = 0; n < $(scaled 25 6); n++)); do
		gtptest run <<-END | grep -qv '^pass' && gtptest nolink ns="$GSN" dev=all || return 1
			test refused
			newlink ns=$GSN name=all index=77 create=1 => EINVAL
			newlink ns=$GSN name=default index=77 create=1 => EINVAL
			newlink ns=$GSN name=all index=77 fd0=-1 fd1=-1 => EINVAL
		END
	done
	kill "$asker" 2>/dev/null
	wait "$asker" 2>/dev/null
	refused_by_ip all && refused_by_ip default
}
# shellcheck disable=SC2317 # called by way of check
refused_by_ip() {
	! "$IP" -n "$GSN" link add name "$1" type gtp role ggsn 2>/dev/null
}
check "names that are found out late, beside requests for their number" late_names

# --- A socket goes while its link does --------------------------------------

{
	echo "test sockets and links go at the same time"
	repeat "$(scaled 12 5)" <<-END
		udp a ns=$GSN bind=$v1
		udp b ns=$GSN bind=192.0.2.1:3386
		newlink ns=$GSN name=gtp0 up fd0=b fd1=a
		newpdp ns=$GSN link=gtp0 $ctx
		sh { gtptest dellink ns=$GSN dev=gtp0 >/dev/null 2>&1 & } ; true
		sleep 2
		close a
		close b
		retry nolink ns=$GSN dev=gtp0
	END
} | gt

# --- A namespace goes under traffic ------------------------------------------

# shellcheck disable=SC2317 # called by way of check
under_traffic() {
	local flood n

	for ((n = 0; n < $(scaled 3 2); n++)); do
		netns ONE
		"$IP" -n "$PEER" link add net1 type veth peer name net1 netns "$ONE"
		"$IP" -n "$ONE" addr add 198.51.100.1/24 dev net1
		"$IP" -n "$ONE" link set net1 up
		"$IP" -n "$PEER" addr add 198.51.100.2/24 dev net1
		"$IP" -n "$PEER" link set net1 up
		gtptest run <<-END >/dev/null
			newlink ns=$ONE name=gtp0 up create=1
			newpdp ns=$ONE link=gtp0 version=1 i_tei=1 o_tei=2 ms=10.45.0.2 peer=198.51.100.2
		END
		"$IP" -n "$ONE" route add 10.45.0.0/24 dev gtp0
		gtptest run <<-END >/dev/null 2>&1 &
			udp peer ns=$PEER bind=198.51.100.2:2152 connect=198.51.100.1:2152
			flood peer for=1500 : gtp1 teid=1 / $up
		END
		flood=$!
		"$IP" netns exec "$ONE" ping -q -f -w 2 10.45.0.2 >/dev/null 2>&1 &
		sleep 0.5
		# The pings hold the namespace until they are ended.
		kill $!
		netns_del "$ONE"
		wait "$flood" 2>/dev/null
		until_true no_net1 || return 1
	done
}
check "a namespace goes under traffic both ways" under_traffic

# --- A tunnel in itself, over and over ----------------------------------------

# Each level goes through the stack to the socket again: not one within the other, or a
# datagram would end the kernel. A master of the link stands in front of that for UDP.

# nested N: a T-PDU that has N G-PDUs of the same tunnel in it, one in the other.
nested() {
	local n packet=$up

	for ((n = 0; n < $1; n++)); do
		packet="ip4 src=10.45.0.2 dst=192.0.2.1 / udp 2152 2152 / gtp1 teid=1 / $packet"
	done
	echo "$packet"
}

# levels NAME: 30 of them, all of which arrive. What is set up is on stdin.
levels() {
	cat <<-END
		test a tunnel in itself, 30 times: $1
		$(cat)
		newpdp ns=$GSN link=gtp0 $ctx
		sh $IP -n $GSN link set gtp0 up
		udp peer ns=$PEER bind=192.0.2.2:2152 connect=$v1
		retry sh $IP netns exec $PEER ping -c 1 -W 1 192.0.2.1
		count ns=$GSN dev=gtp0
		send peer : gtp1 teid=1 / $(nested 30)
		counted ns=$GSN dev=gtp0 rx_packets=31 rx_bytes=$((31 * 30 + 36 * 31 * 15))
		cleanup
		dellink ns=$GSN dev=gtp0
		close peer fd
		sh $IP -n $GSN link del vrf0
		sh $IP -n $GSN link del bond0
		sh $IP netns exec $GSN sysctl -qw net.ipv4.udp_l3mdev_accept=0
	END
}

in_vrf() {
	printf "sh $IP -n $GSN link %s\n" "add vrf0 type vrf table 10" "set vrf0 up" \
		"set net0 master vrf0" "set gtp0 master vrf0"
}

{
	levels "by itself" <<-END
		newlink ns=$GSN name=gtp0 create=1
	END
	levels "in a VRF" <<-END
		sh $IP netns exec $GSN sysctl -qw net.ipv4.udp_l3mdev_accept=1
		newlink ns=$GSN name=gtp0 create=1
		$(in_vrf)
	END
	levels "in a VRF, by a process's socket there" <<-END
		udp fd ns=$GSN bind=$v1
		newlink ns=$GSN name=gtp0 fd1=fd
		$(in_vrf)
		sockopt fd ns=$GSN dev=vrf0
	END
	levels "in a bond" <<-END
		newlink ns=$GSN name=gtp0 create=1
		sh $IP -n $GSN link add bond0 type bond mode active-backup
		sh $IP -n $GSN link set gtp0 master bond0
		sh $IP -n $GSN link set bond0 up
	END
} | gt

finish
