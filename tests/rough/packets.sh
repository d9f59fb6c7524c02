#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# The packet fuzzer: packets of all kinds of wrongness are thrown at links, class by class, from
# either side. After each class the links still carry good packets in both directions, the
# counters account for every packet, no memory is lost, and the kernel has not complained.
#
#   PACKETS=N       how many in all (1,000,000), of the cheap classes ten times as many
#   SEED=N          whence they come: the same packets for the same number (random)
#   CLASSES="C..."  which ones (all)
#   FIRST=N         begin with this number
#   ONLY=N          nothing but this number, and show what it is
#   WARM=N          packets of each class before memory is looked at (600)
#
#   +----------- NODE ------------+            +----------- PEER ------------+
#   | ggsn0  GGSN, the kernel's   |    net0    | sgsn0  SGSN, the kernel's   |
#   |        sockets, dual stack  |------------|        sockets, dual stack  |
#   |        192.0.2.1, ::1       |            |        192.0.2.2, ::2       |
#   | ggsn1  sockets of a process,|            | sgsn1  sockets of a process,|
#   |        which reads 192.0.2.3|            |        never read 192.0.2.4 |
#   | ggsn2  the same ::5         |            | sgsn2  the same ::6         |
#   | tun0, napi0, frags0         |            | tun1, napi1, frags1         |
#   +-----------------------------+            +-----------------------------+
#
# Addresses are those of tests/tools/fuzz/net.rs.

# shellcheck source-path=SCRIPTDIR source=../selftests/lib.sh
. "${0%/*}/../selftests/lib.sh"

[ "$DRIVER" != c ] || {
	driver_unload
	skip_all "the C driver dies of an echo request that is short or not linear"
}
modprobe tun 2>/dev/null
[ -c /dev/net/tun ] || skip_all "no tun devices"

packets=${PACKETS:-1000000}
seed=${SEED:-$((RANDOM << 30 ^ RANDOM << 15 ^ RANDOM))}
all="version1 version0 extension golden truncated path inner outer fragment split nonlinear \
joined segmented sent offload mixed"
classes=${CLASSES:-$all}
golden=$(cd "${0%/*}/../golden" && pwd)
diag "seed: $seed"

netns NODE
netns PEER
export NODE PEER IP log_mark
# shellcheck disable=SC2153 # netns sets them
for ns in "$NODE" "$PEER"; do
	"$IP" netns exec "$ns" sh -c '
		cd /proc/sys/net/ipv6/conf
		echo 0 > all/disable_ipv6; echo 0 > default/disable_ipv6
		echo 1 > default/addr_gen_mode
		echo 0 > default/accept_dad; echo 0 > default/accept_ra
		# What is not put together is given up soon.
		cd /proc/sys/net/ipv4
		echo 1 > ipfrag_time; echo 1 > ../ipv6/ip6frag_time'
done
# What comes out of a tunnel may go into another one.
"$IP" netns exec "$NODE" sh -c 'echo 1 > /proc/sys/net/ipv4/ip_forward
	echo 1 > /proc/sys/net/ipv6/conf/all/forwarding'
# The kernel drops nothing behind a link, which would count as the link's: a queue has room.
backlog=$(cat /proc/sys/net/core/netdev_max_backlog)
echo 1000000 >/proc/sys/net/core/netdev_max_backlog
pair "$NODE" 192.0.2.1/24 "$PEER" 192.0.2.2/24
# The path between both ends takes several segments in one, the way back has them cut.
"$IP" netns exec "$NODE" ethtool -K net0 tx on tso on >/dev/null
"$IP" -n "$NODE" link set net0 address 02:00:00:00:00:01
"$IP" -n "$PEER" link set net0 address 02:00:00:00:00:02
"$IP" -n "$NODE" -batch - <<-END
	addr add 192.0.2.3/24 dev net0
	addr add 2001:db8:a::1/64 dev net0 nodad
	addr add 2001:db8:a::5/64 dev net0 nodad
	addr add 10.99.0.1/32 dev lo
	addr add 10.99.1.1/32 dev lo
	addr add 10.99.2.1/32 dev lo
	addr add 2001:db8:99::1/128 dev lo nodad
	addr add 2001:db8:99:1::1/128 dev lo nodad
	addr add 2001:db8:99:2::1/128 dev lo nodad
END
"$IP" -n "$PEER" -batch - <<-END
	addr add 192.0.2.4/24 dev net0
	addr add 2001:db8:a::2/64 dev net0 nodad
	addr add 2001:db8:a::6/64 dev net0 nodad
END
# The MSs: of version 1 with odd numbers IPv4, with even ones IPv6, of version 0 from 11 on.
for link in 0 1 2; do
	for n in 1 3 11; do
		echo "addr add 10.$((45 + link)).0.$n/32 dev lo"
	done
	for n in 2 4 c; do
		echo "addr add 2001:db8:$((45 + link)):$n::1/128 dev lo nodad"
	done
done | "$IP" -n "$PEER" -batch -

# tuns SIDE NS: the ways into a namespace that need a device. They have the hardware address of
# the namespace, and answers to what they bring go the way of all that nobody reads.
tuns() {
	local dev

	cat <<-END
		tun tun$1 ns=$2 dev=tun$1 vnet
		tun napi$1 ns=$2 dev=napi$1 tap napi
		tun frags$1 ns=$2 dev=frags$1 tap vnet frags
	END
	for dev in napi$1 frags$1; do
		echo "sh $IP -n $2 link set $dev address 02:00:00:00:00:0$(($1 + 1))"
	done
	for dev in tun$1 napi$1 frags$1; do
		echo "sh $IP -n $2 link set $dev mtu 65000 up"
	done
	# What may be joined waits for more.
	cat <<-END
		sh $IP netns exec $2 sh -c 'echo 200000 > /sys/class/net/napi$1/gro_flush_timeout'
		sh $IP -n $2 route add 198.51.$((100 + $1)).0/24 dev tun$1
		sh $IP -n $2 route add 2001:db8:c:$1::/64 dev tun$1
	END
}

# link LINK NAME NS ROLE PEER4 PEER6 ATTRIBUTES: a link with its contexts. On the first one
# tunnels from 3 on lead to an IPv6 peer.
link() {
	local net=$((45 + $1)) first=$5 last=$6

	[ "$1" != 1 ] || last=$5
	[ "$1" != 2 ] || first=$6
	cat <<-END
		newlink ns=$3 name=$2 up role=$4 $7
		newpdp ns=$3 link=$2 version=1 i_tei=1 o_tei=1 ms=10.$net.0.1 $first
		newpdp ns=$3 link=$2 version=1 i_tei=2 o_tei=2 ms6=2001:db8:$net:2:: family=10 $first
		newpdp ns=$3 link=$2 version=1 i_tei=3 o_tei=3 ms=10.$net.0.3 $last
		newpdp ns=$3 link=$2 version=1 i_tei=4 o_tei=4 ms6=2001:db8:$net:4:: family=10 $last
		newpdp ns=$3 link=$2 version=0 tid=1 flow=1 ms=10.$net.0.11 $first
		newpdp ns=$3 link=$2 version=0 tid=2 flow=2 ms6=2001:db8:$net:c:: family=10 $last
	END
}

# topology: all that is fuzzed.
topology() {
	local link

	tuns 0 "$NODE"
	tuns 1 "$PEER"
	cat <<-END
		udp n10 ns=$NODE bind=192.0.2.3:3386
		udp n11 ns=$NODE bind=192.0.2.3:2152
		udp n20 ns=$NODE v6 v6only=1 bind=[2001:db8:a::5]:3386
		udp n21 ns=$NODE v6 v6only=1 bind=[2001:db8:a::5]:2152
		udp p10 ns=$PEER bind=192.0.2.4:3386
		udp p11 ns=$PEER bind=192.0.2.4:2152
		udp p20 ns=$PEER v6 v6only=1 bind=[2001:db8:a::6]:3386
		udp p21 ns=$PEER v6 v6only=1 bind=[2001:db8:a::6]:2152
	END
	link 0 ggsn0 "$NODE" 0 peer=192.0.2.2 peer6=2001:db8:a::2 \
		"create=1 64:u8=1 local=192.0.2.1 local6=2001:db8:a::1"
	link 1 ggsn1 "$NODE" 0 peer=192.0.2.4 - "fd0=n10 fd1=n11"
	link 2 ggsn2 "$NODE" 0 - peer6=2001:db8:a::6 "fd0=n20 fd1=n21"
	link 0 sgsn0 "$PEER" 1 peer=192.0.2.1 peer6=2001:db8:a::1 \
		"create=1 64:u8=1 local=192.0.2.2 local6=2001:db8:a::2"
	link 1 sgsn1 "$PEER" 1 peer=192.0.2.3 - "fd0=p10 fd1=p11"
	link 2 sgsn2 "$PEER" 1 - peer6=2001:db8:a::5 "fd0=p20 fd1=p21"
	for link in 0 1 2; do
		cat <<-END
			sh $IP -n $NODE route add 10.$((45 + link)).0.0/16 dev ggsn$link src 10.99.$link.1
			sh $IP -n $NODE route add 2001:db8:$((45 + link))::/48 dev ggsn$link src 2001:db8:99:$link::1
			sh $IP -n $PEER route add 10.99.$link.0/24 dev sgsn$link
			sh $IP -n $PEER route add 2001:db8:99:$link::/64 dev sgsn$link
		END
	done
	echo "retry sh $IP netns exec $NODE ping -c 1 -W 1 192.0.2.2"
	echo "retry sh $IP netns exec $NODE ping -c 1 -W 1 2001:db8:a::2"
}

# carry CLASS: a datagram and a ping in each direction, by all links.
carry() {
	local link net ms server

	echo "test $1: all tunnels still carry what is good"
	for link in 0 1 2; do
		net=$((45 + link))
		for ms in 10.$net.0.1 10.$net.0.3 10.$net.0.11 2001:db8:$net:{2,4,c}::1; do
			server=10.99.$link.1
			[[ $ms != *:* ]] || server=2001:db8:99:$link::1
			case $ms in
			*:*) set -- "$1" "[$ms]" "[$server]" ;;
			*) set -- "$1" "$ms" "$server" ;;
			esac
			cat <<-END
				udp ms ns=$PEER bind=$2:7000 connect=$3:7001
				udp server ns=$NODE bind=$3:7001 connect=$2:7000
				send ms : text up
				expect server : text up
				send server : text down
				expect ms : text down
				close ms server
			END
		done
		cat <<-END
			sh $IP netns exec $NODE ping -c 1 -W 3 10.$net.0.1
			sh $IP netns exec $PEER ping -c 1 -W 3 -I 2001:db8:$net:4::1 2001:db8:99:$link::1
		END
	done
}

export -f log_is_clean

# class NAME COUNT: throws them, and looks what has come of it.
class() {
	local cut='' one='' where="node=$NODE peer=$PEER"

	case $1 in
	joined | nonlinear | segmented | offload | sent | mixed) cut='cut' ;;
	split) cut='good' ;;
	esac
	[ -z "${ONLY:-}" ] || one="only=$ONLY show"
	[ -z "${FIRST:-}" ] || one="first=$FIRST"
	# Some 1,200 objects more wait in caches and queues, after 600 packets as after 100,000. A
	# kernel with KASAN keeps what was freed for a while, and finds by kmemleak what leaked.
	cat <<-END
		test $1: $2 packets
		balance begin $where
		fuzz class=$1 seed=$seed count=$2 $one $where golden=$golden read=n10,n11,n20,n21 $place
		test $1: each is accounted for
		balance end $where $cut
	END
	carry "$1"
	cat <<-END
		test $1: no memory is lost
		$(for cache in $caches; do echo "slabgrew $cache max=$(scaled 2500 4000)"; done)
		test $1: the kernel has nothing to complain about
		sh log_is_clean
	END
}

set -f
# shellcheck disable=SC2086 # words
set -- $classes
set +f
# share CLASS: how many times as many as of a class whose packets are big, or several in one, or
# make the kernel wait for more.
share() {
	case $1 in
	version1 | version0 | extension | golden | truncated | path | inner | outer | sent) echo 10 ;;
	*) echo 1 ;;
	esac
}
shares=0
for class; do
	shares=$((shares + $(share "$class")))
done
each=$(((packets + shares - 1) / shares))
place=
[ ! -d /out ] || place=place=/out/fuzz-place
caches=
for cache in skbuff_head_cache skbuff_small_head skbuff_fclone_cache; do
	! grep -q "^$cache " /proc/slabinfo || caches+=" $cache"
done
script() {
	local class

	topology
	carry "at first"
	# Queues that nobody reads are full before memory is looked at.
	cat <<-END
		test a few packets of each class
		$(for class in $all; do
			echo "fuzz class=$class seed=0 count=${WARM:-600} node=$NODE peer=$PEER golden=$golden read=n10,n11,n20,n21"
		done)
		sleep 1500
		$(for cache in $caches; do echo "slab $cache"; done)
	END
	for class in $classes; do
		class "$class" $((each * $(share "$class")))
	done
}
begin=$SECONDS
before=$ktap_failed
gt < <(script)
thrown=$((each * shares))
[ -z "${ONLY:-}" ] || thrown=1
if [ "$ktap_failed" != "$before" ]; then
	diag "to repeat it: scripts/vm run -- env DRIVER=$DRIVER SEED=$seed PACKETS=$packets \\"
	diag "  CLASSES='$classes' /repo/tests/vm/run-selftests --timeout 3600 rough/packets"
	diag "or one class in CLASSES with as many PACKETS as it says, a number in it with ONLY=N, or from there on with FIRST=N"
fi
echo "# counted: packets $thrown"
diag "$((SECONDS - begin)) s"
echo "$backlog" >/proc/sys/net/core/netdev_max_backlog
finish
