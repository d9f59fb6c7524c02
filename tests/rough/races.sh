#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Everything at once: contexts, dumps, echo and packets in both directions, sockets
# that are closed, links that are renamed, moved and removed, namespaces that go in
# every order, and the module that comes and goes under all of it. What finds a
# mistake is the kernel, best one with KASAN and lockdep; here it is seen that every
# racer got through, that nothing hangs, and that what is left makes sense.
#
#   +--------- GSN ---------+          +-------- PEER ---------+
#   | gtp0                  |   net0   | gtp0                  |
#   | 192.0.2.1             |----------| 192.0.2.2             |
#   +-----------------------+          +-----------------------+
#
#   +- HOME -+     +- SOCK -----------+          +- PEER -+    HOME: where the link is
#   |        |     | 198.51.100.1     |   net1   |        |    made from; SOCK: where its
#   +--------+     |      +- FAR -+   |----------|        |    socket is; FAR: where it is
#                  +------| gtp0  |---+          +--------+    itself
#                         +-------+
#
#   ROUNDS=N   how many times as long (1: some three minutes on an emulated machine)

# shellcheck source-path=SCRIPTDIR source=../selftests/lib.sh
. "${0%/*}/../selftests/lib.sh"

[ "$DRIVER" = rust ] ||
	skip_all "the C driver reads contexts and sockets that are freed, and may take the machine along"

rounds=${ROUNDS:-1}
work=$(mktemp -d)
v1=192.0.2.1:2152
ctx="version=1 i_tei=1 o_tei=2 ms=10.45.0.2 peer=192.0.2.2"
up="ip4 src=10.45.0.2 dst=10.99.0.1 / udp 1 2 / text up"
down="ip4 src=10.99.0.1 dst=10.45.0.2 / udp 2 1 / text down"

races=0
racers=()
declare -A pids=()

# racer NAME SECONDS: the statements on stdin over and over, whatever comes of each.
racer() {
	cat >"$work/$1.in"
	gtptest loop $(($2 * rounds * 1000)) "$work/$1.in" >"$work/$1" 2>&1 &
	pids[$1]=$!
	background+=("$!")
	racers+=("$1")
}

# shellcheck disable=SC2317 # called by way of until_true
ended() {
	! kill -0 "$1" 2>/dev/null
}

# through NAME: the racers are through, and each has done something.
through() {
	local name=$1 racer held failed pid
	local idle=() stuck=()

	for racer in "${racers[@]}"; do
		pid=${pids[$racer]}
		# A statement that waits for an answer that never comes gives up by itself.
		for _ in {1..900}; do
			ended "$pid" && break
			sleep 0.2
		done
		if ! ended "$pid"; then
			stuck+=("$racer")
			continue
		fi
		wait "$pid" 2>/dev/null
		held=0 failed=0
		read -r _ held _ failed < <(grep '^held ' "$work/$racer") || held=0
		races=$((races + ${held:-0}))
		diag "$racer: ${held:-0} held, ${failed:-0} did not"
		[ "${held:-0}" -gt 0 ] || idle+=("$racer ($(tail -n 1 "$work/$racer"))")
		sed -n 's/^never /  never /p' "$work/$racer" | while read -r line; do diag "$line"; done
	done
	equal "$name: no racer is stuck" "${stuck[*]}" ""
	equal "$name: each racer got something done" "${idle[*]}" ""
	racers=()
	pids=()
}

netns GSN
netns PEER
pair "$GSN" 192.0.2.1/24 "$PEER" 192.0.2.2/24

# --- Contexts, dumps, echo, packets in both directions ------------------------

# context N FLAGS: a context among those that are fought over.
context() {
	echo "newpdp ns=$GSN ${2:+flags=$2} link=gtp0 version=$(($1 % 2)) \
		$([ $(($1 % 2)) = 1 ] && echo "i_tei=$((100 + $1)) o_tei=2" || echo "tid=$((100 + $1)) flow=2") \
		ms=10.45.1.$1 peer=192.0.2.$((2 + $1 % 3))"
}

key() {
	[ $(($1 % 2)) = 1 ] && echo "version=1 i_tei=$((100 + $1))" || echo "version=0 tid=$((100 + $1))"
}

fought=(1 2 3 4 5 6)

# fighter ORDER...: makes, changes, replaces and removes them.
fighter() {
	local n

	for n in "$@"; do
		context "$n"
		context "$n" replace
		echo "getpdp ns=$GSN link=gtp0 $(key "$n")"
		# Another MS for the same tunnel, and back.
		context "$n" | sed "s/ms=10.45.1.$n/ms=10.45.2.$n/"
		context "$n" | sed "s/ms=10.45.1.$n/ms=10.45.1.$n/"
		if [ "$n" -gt 3 ]; then
			echo "delpdp ns=$GSN link=gtp0 version=1 ms=10.45.1.$n"
		else
			echo "delpdp ns=$GSN link=gtp0 $(key "$n")"
		fi
	done
}

gtptest run <<-END >/dev/null
	newlink ns=$GSN name=gtp0 up create=1 usage=1 bearersource=1
	newlink ns=$PEER name=gtp0 up create=1 role=1
	newpdp ns=$GSN link=gtp0 $ctx
	newpdp ns=$PEER link=gtp0 version=1 i_tei=2 o_tei=1 ms=10.45.0.2 peer=192.0.2.1
END
fighter 1 2 3 4 5 6 | racer first 14
fighter 6 5 4 3 2 1 | racer second 14
racer crowd 14 <<-END
	bulk newpdp ns=$GSN dev=gtp0 count=400 tei=1000 ms=10.46.0.1 peer=192.0.2.9
	bulk delpdp ns=$GSN dev=gtp0 count=400 tei=1000
END
# Framed routes via MSs that come and go, and of one that stays; its dedicated bearer.
racer framed 14 <<-END
	newroute ns=$GSN link=gtp0 dst=172.16.0.0 dstlen=16 ms=10.45.1.1
	newroute ns=$GSN link=gtp0 dst=172.16.7.0 dstlen=24 ms=10.45.0.2
	newroute ns=$GSN link=gtp0 flags=replace dst=172.16.0.0 dstlen=16 ms=10.45.1.4
	newroute ns=$GSN link=gtp0 flags=replace dst=172.16.0.0 dstlen=16 ms=10.45.2.3
	newroute ns=$GSN link=gtp0 flags=replace dst=172.16.0.0 dstlen=12 ms=10.45.1.2
	dump ns=$GSN cmd=getroute
	newpdp ns=$GSN link=gtp0 version=1 i_tei=11 o_tei=12 ms=10.45.0.2 peer=192.0.2.2 bearer=5
	newpdp ns=$GSN link=gtp0 flags=replace version=1 i_tei=13 o_tei=12 ms=10.45.0.2 peer=192.0.2.4 bearer=5
	delroute ns=$GSN link=gtp0 dst=172.16.0.0 dstlen=16
	delroute ns=$GSN link=gtp0 dst=172.16.7.0 dstlen=24
	delpdp ns=$GSN link=gtp0 version=1 ms=10.45.0.2 bearer=5
END
racer beyond 14 <<-END
	capture dev ns=$GSN dev=gtp0
	flood dev count=50 : ip4 src=10.99.0.1 dst=172.16.3.1 / udp 2 1 / text down
	flood dev count=50 : ip4 src=10.99.0.1 dst=172.16.7.1 / udp 2 1 / text down
	udp peer ns=$PEER bind=192.0.2.2:7778 connect=$v1
	flood peer count=20 : gtp1 teid=101 / ip4 src=172.16.3.1 dst=10.99.0.1 / udp 1 2 / text up
	flood peer count=20 : gtp1 teid=13 / ip4 src=172.16.7.1 dst=10.99.0.1 / udp 1 2 / text up
END
racer classifier 14 <<-END
	sh $IP netns exec $GSN tc qdisc add dev gtp0 clsact
	sh $IP netns exec $GSN tc filter add dev gtp0 egress matchall action skbedit priority 4252:5
	sh $IP netns exec $GSN tc filter del dev gtp0 egress
END
racer reader 14 <<-END
	dump ns=$GSN
	dump ns=$GSN link=gtp0
	dumpbegin ns=$GSN
	dumppart 1
	getpdp ns=$GSN link=gtp0 version=1 i_tei=1
	dumprest
	dumpbegin ns=$GSN
	sh $IP netns exec $GSN ethtool -S gtp0
	sh $IP -n $GSN -s -d link show dev gtp0
END
racer listener 14 <<-END
	subscribe ear ns=$GSN
	sleep 20
	close ear
END
racer echo 14 <<-END
	echoreq ns=$GSN link=gtp0 version=1 ms=192.0.2.1 peer=192.0.2.2
	echoreq ns=$GSN link=gtp0 version=0 ms=192.0.2.1 peer=192.0.2.2
	echoreq ns=$PEER link=gtp0 version=1 ms=192.0.2.2 peer=192.0.2.1
END
racer down 14 <<-END
	capture dev ns=$GSN dev=gtp0
	flood dev count=100 : $down
	send dev : ip4 src=10.99.0.1 dst=10.45.1.1 / udp 2 1 / text down
	send dev : ip4 src=10.99.0.1 dst=10.45.1.2 / udp 2 1 / text down
	send dev : ip4 src=10.99.0.1 dst=10.45.2.3 / udp 2 1 / text down
	send dev : ip4 src=10.99.0.1 dst=10.46.0.1 / udp 2 1 / text down
END
racer up 14 <<-END
	capture dev ns=$PEER dev=gtp0
	flood dev count=100 : $up
END
racer raw 14 <<-END
	udp peer ns=$PEER bind=192.0.2.2:7777 connect=$v1
	flood peer count=20 : gtp1 teid=101 / ip4 src=10.45.1.1 dst=10.99.0.1 / udp 1 2 / text up
	flood peer count=20 : gtp1 teid=103 / ip4 src=10.45.1.3 dst=10.99.0.1 / udp 1 2 / text up
	flood peer count=20 : gtp1 teid=9999 / $up
	flood peer count=20 : gtp1 type=1 teid=0 seq=7
	flood peer count=20 : gtp1 teid=1 ext=c1:0000 / $up
END
racer routes 14 <<-END
	sh $IP -n $GSN addr add 192.0.2.77/24 dev net0
	sh $IP -n $GSN addr del 192.0.2.77/24 dev net0
	setlink ns=$GSN dev=net0 mtu=1400
	setlink ns=$GSN dev=net0 mtu=1500
	setlink ns=$GSN dev=gtp0 mtu=1300
	setlink ns=$GSN dev=gtp0 mtu=1452
END
through "contexts and packets"

# What the racers have left is taken away, by either key; then no trace of it may be
# there in either index.
(
	echo "cleanup"
	for n in "${fought[@]}"; do
		echo "delpdp ns=$GSN link=gtp0 $(key "$n")"
		echo "delpdp ns=$GSN link=gtp0 version=1 ms=10.45.1.$n"
		echo "delpdp ns=$GSN link=gtp0 version=1 ms=10.45.2.$n"
	done
	echo "bulk delpdp ns=$GSN dev=gtp0 count=400 tei=1000"
	echo "delpdp ns=$GSN link=gtp0 version=1 ms=10.45.0.2 bearer=5"
	echo "delroute ns=$GSN link=gtp0 dst=172.16.7.0 dstlen=24"
	cat <<-END
		test contexts and packets: one context is left, and no route
		dump ns=$GSN
		dumped 1 unique
		dump ns=$GSN cmd=getroute
		dumped 0
		test contexts and packets: all keys are free
	END
	for n in "${fought[@]}"; do
		context "$n" excl
	done
	cat <<-END
		bulk newpdp ns=$GSN dev=gtp0 count=400 tei=1000 ms=10.46.0.1 peer=192.0.2.9 flags=excl
		dump ns=$GSN
		dumped 407 unique
	END
	for n in "${fought[@]}"; do
		echo "delpdp ns=$GSN link=gtp0 version=1 ms=10.45.1.$n"
	done
	cat <<-END
		dump ns=$GSN
		dumped 401
		test contexts and packets: packets still come and go
		capture in ns=$GSN dev=gtp0
		capture out ns=$PEER dev=gtp0
		send in : $down
		expect out : $down
		send out : $up
		expect in : $up
		cleanup
		dellink ns=$GSN dev=gtp0
		dellink ns=$PEER dev=gtp0
	END
) | gt

# --- Sockets are closed, links removed, taken down, renamed --------------------

fire=$(scaled 12 30)
racer holder "$fire" <<-END
	udp a ns=$GSN bind=$v1
	udp b ns=$GSN bind=192.0.2.1:3386
	newlink ns=$GSN name=gtp0 up fd0=b fd1=a
	newpdp ns=$GSN link=gtp0 $ctx
	sleep 40
	close a
	newpdp ns=$GSN link=gtp0 version=0 tid=1 flow=2 ms=10.45.0.3 peer=192.0.2.2
	close b
	udp a ns=$GSN bind=$v1
	newlink ns=$GSN name=gtp0 up fd1=a
	sleep 40
	dellink ns=$GSN dev=gtp0
	close a
	udp a ns=$GSN bind=$v1
	newlink ns=$GSN name=gtp0 up fd1=a
END
racer remover "$fire" <<-END
	dellink ns=$GSN dev=gtp0
	dellink ns=$GSN dev=gtp9
	sleep 150
END
racer contexts "$fire" <<-END
	newpdp ns=$GSN link=gtp0 $ctx
	newpdp ns=$GSN flags=replace link=gtp0 version=1 i_tei=1 o_tei=3 ms=10.45.0.2 peer=192.0.2.3
	dump ns=$GSN
	getpdp ns=$GSN link=gtp0 version=1 i_tei=1
	delpdp ns=$GSN link=gtp0 version=1 i_tei=1
	newpdp ns=$GSN link=gtp9 $ctx
END
racer shaker "$fire" <<-END
	setlink ns=$GSN dev=gtp0 down
	setlink ns=$GSN dev=gtp0 mtu=1000
	setlink ns=$GSN dev=gtp0 up
	setlink ns=$GSN dev=gtp0 down
	sh $IP -n $GSN link set gtp0 name gtp9
	setlink ns=$GSN dev=gtp9 up
	sh $IP -n $GSN link show; $IP -n $GSN -d link show dev gtp9; true
	sh $IP -n $GSN link set gtp9 down; $IP -n $GSN link set gtp9 name gtp0
	sh $IP netns exec $GSN ethtool -K gtp0 tso off gro off; $IP netns exec $GSN ethtool -K gtp0 tso on gro on
END
racer down "$fire" <<-END
	capture dev ns=$GSN dev=gtp0
	flood dev count=10 : $down
	flood dev count=10 : $down
END
racer up "$fire" <<-END
	udp peer ns=$PEER bind=192.0.2.2:7777 connect=$v1
	flood peer count=60 : gtp1 teid=1 / $up
	flood peer count=10 : gtp1 teid=9 / $up
	udp peer ns=$PEER bind=192.0.2.2:7778 connect=192.0.2.1:3386
	flood peer count=30 : gtp0 tid=1 flow=2 seq=1 / ip4 src=10.45.0.3 dst=10.99.0.1 / udp 1 2 / text up
END
through "sockets and links"
for dev in gtp0 gtp9; do
	"$IP" -n "$GSN" link del $dev 2>/dev/null
done
gt <<-END
	test sockets and links: the ports are free, a new link works
	udp a ns=$GSN bind=$v1
	udp b ns=$GSN bind=192.0.2.1:3386
	udp peer ns=$PEER bind=192.0.2.2:2152
	newlink ns=$GSN name=gtp0 up fd0=b fd1=a
	newpdp ns=$GSN link=gtp0 $ctx
	capture dev ns=$GSN dev=gtp0
	send peer to=$v1 : gtp1 teid=1 / $up
	expect dev : $up
	send dev : $down
	expect peer from=$v1 : gtp1 teid=2 / $down
	cleanup
	dellink ns=$GSN dev=gtp0
END

# --- A link moves between namespaces ------------------------------------------

netns AWAY
gtptest newlink ns="$GSN" name=gtp0 up create=1 >/dev/null
racer mover 10 <<-END
	file away /run/netns/$AWAY
	setlink ns=$GSN dev=gtp0 netns=away
	newpdp ns=$AWAY link=gtp0 $ctx
	setlink ns=$AWAY dev=gtp0 up
	sleep 40
	file back /run/netns/$GSN
	setlink ns=$AWAY dev=gtp0 netns=back
	newpdp ns=$GSN link=gtp0 $ctx
	setlink ns=$GSN dev=gtp0 up
	sleep 40
END
for ns in "$GSN" "$AWAY"; do
	racer "contexts in ${ns##*-}" 10 <<-END
		newpdp ns=$ns link=gtp0 $ctx
		newpdp ns=$ns link=gtp0 version=1 i_tei=5 o_tei=5 ms=10.45.0.5 peer=192.0.2.5
		dump ns=$ns
		echoreq ns=$ns link=gtp0 version=1 ms=192.0.2.1 peer=192.0.2.2
		delpdp ns=$ns link=gtp0 version=1 i_tei=5
		delpdp ns=$ns link=gtp0 version=1 i_tei=1
		subscribe ear ns=$ns
	END
	racer "packets in ${ns##*-}" 10 <<-END
		capture dev ns=$ns dev=gtp0
		flood dev count=5 : $down
		flood dev count=5 : $down
		sleep 1
	END
done
racer up 10 <<-END
	udp peer ns=$PEER bind=192.0.2.2:7777 connect=$v1
	flood peer count=60 : gtp1 teid=1 / $up
	flood peer count=20 : gtp1 teid=9 / $up
	flood peer count=20 : gtp1 type=1 teid=0 seq=7
END
through "a link moves"
gtptest run <<-END >/dev/null
	cleanup
	dellink ns=$GSN dev=gtp0
	dellink ns=$AWAY dev=gtp0
END
check "a link moves: its ports are free" gtptest newlink ns="$GSN" name=gtp0 create=1
gtptest dellink ns="$GSN" dev=gtp0 >/dev/null

# --- Namespaces go in every order ----------------------------------------------

# begin: the three namespaces anew, each with an interface that tells when it is gone
# for good.
begin() {
	local ns

	for ns in HOME SOCK FAR; do
		netns $ns
		"$IP" -n "$PEER" link add "tells$ns" type veth peer name canary netns "${!ns}"
	done
	# shellcheck disable=SC2153 # netns sets it
	"$IP" -n "$PEER" link add net1 type veth peer name net1 netns "$SOCK"
	"$IP" -n "$SOCK" addr add 198.51.100.1/24 dev net1
	"$IP" -n "$SOCK" link set net1 up
	"$IP" -n "$PEER" addr add 198.51.100.2/24 dev net1
	"$IP" -n "$PEER" link set net1 up
}

# shellcheck disable=SC2317 # called by way of until_true
all_gone() {
	! "$IP" -n "$PEER" link show | grep -Eq 'tells|net1'
}

# A process has its socket in SOCK, makes the link from HOME in FAR, and closes the
# socket some time later.
by_process() {
	gtptest run <<-END >/dev/null 2>&1 &
		cleanup
		udp a ns=$SOCK bind=198.51.100.1:2152
		file far /run/netns/$FAR
		newlink ns=$HOME name=gtp0 up fd1=a netns=far
		close far
		newpdp ns=$FAR link=gtp0 version=1 i_tei=1 o_tei=2 ms=10.45.0.2 peer=198.51.100.2
		leave $HOME
		leave $FAR
		sleep $1
		close a
	END
	background+=("$!")
}

# The kernel has its sockets in SOCK, where the link is made from.
by_kernel() {
	gtptest run <<-END >/dev/null 2>&1
		cleanup
		file far /run/netns/$FAR
		newlink ns=$SOCK name=gtp0 up create=1 netns=far
		newpdp ns=$FAR link=gtp0 version=1 i_tei=1 o_tei=2 ms=10.45.0.2 peer=198.51.100.2
	END
}

# The link is made in FAR for another namespace, SOCK.
by_link_netns() {
	"$IP" -n "$FAR" netns set "$SOCK" 7
	"$IP" -n "$FAR" link add gtp0 link-netnsid 7 type gtp role ggsn
	"$IP" -n "$FAR" link set gtp0 up
}

orders=("HOME SOCK FAR" "HOME FAR SOCK" "SOCK HOME FAR" "SOCK FAR HOME" "FAR HOME SOCK" "FAR SOCK HOME")
begin
far=$FAR home=$HOME
# These hold a namespace for no longer than one statement takes.
{
	racer "contexts of FAR" 45 <<-END
		newpdp ns=$far link=gtp0 version=1 i_tei=1 o_tei=2 ms=10.45.0.2 peer=198.51.100.2
		newpdp ns=$far link=gtp0 version=1 i_tei=3 o_tei=3 ms=10.45.0.3 peer=198.51.100.3
		dump ns=$far
		dumpbegin ns=$far
		delpdp ns=$far link=gtp0 version=1 i_tei=3
		echoreq ns=$far link=gtp0 version=1 ms=198.51.100.1 peer=198.51.100.2
		dumprest
		setlink ns=$far dev=gtp0 down
		setlink ns=$far dev=gtp0 up
		leave $far
		sleep 20
	END
	racer "packets of FAR" 45 <<-END
		capture dev ns=$far dev=gtp0
		flood dev count=60 : $down
		close dev
		sleep 20
	END
	racer "links of HOME" 45 <<-END
		newlink ns=$home name=gtp1 create=1 up
		dellink ns=$home dev=gtp1
		leave $home
		sleep 30
	END
	racer "packets for SOCK" 45 <<-END
		udp peer ns=$PEER bind=198.51.100.2:7777 connect=198.51.100.1:2152
		flood peer count=60 : gtp1 teid=1 / $up
		flood peer count=20 : gtp1 teid=9 / $up
		flood peer count=20 : gtp1 type=1 teid=0 seq=7
	END
}
went=0
lasting=()
# went_in_order WAY ORDER: and all three are gone, if not at once.
went_in_order() {
	local way=$1 order=$2 ns

	case $way in
	process) by_process $((200 + RANDOM % 1200)) ;;
	kernel) by_kernel ;;
	netns) by_link_netns ;;
	esac
	sleep 0.$((RANDOM % 5 + 1))
	for ns in $order; do
		netns_del "${!ns}"
		[ $((RANDOM % 2)) = 0 ] || sleep 0.1
	done
	# On a loaded machine with a debug kernel a namespace takes its time.
	until_true all_gone || until_true all_gone || until_true all_gone || lasting+=("$way: $order")
	went=$((went + 3))
	begin
}
end=$((SECONDS + 45 * rounds - 5))
for _ in $(seq "$rounds"); do
	for order in "${orders[@]}"; do
		for way in process kernel netns; do
			# No more than there is time for, but each order once.
			[ $way = process ] || [ $SECONDS -lt $end ] || continue
			went_in_order $way "$order"
		done
	done
done
diag "$went namespaces went"
equal "namespaces: they are gone, whatever the order" "${lasting[*]}" ""
through "namespaces"
races=$((races + went))
netns_del "$HOME" "$SOCK" "$FAR"

# --- The module comes and goes -------------------------------------------------

# fire_at_module: the module is unloaded and loaded for a while, whoever needs it meanwhile.
fire_at_module() {
	local end fire
	fire=$(scaled 20 40)

	racer links "$fire" <<-END
		newlink ns=$GSN name=gtp0 up create=1
		newpdp ns=$GSN link=gtp0 $ctx
		bulk newpdp ns=$GSN dev=gtp0 count=300 tei=1000 ms=10.46.0.1 peer=192.0.2.9
		sleep 60
		dellink ns=$GSN dev=gtp0
	END
	racer ip "$fire" <<-END
		sh $IP -n $PEER link add gtp1 type gtp role sgsn
		sh $IP -n $PEER -d link show type gtp
		sh $IP -n $PEER link del gtp1
	END
	racer sockets "$fire" <<-END
		udp a ns=$PEER bind=192.0.2.2:2154
		newlink ns=$PEER name=gtp2 up fd1=a
		newpdp ns=$PEER link=gtp2 $ctx
		close a
		udp a ns=$PEER bind=192.0.2.2:2154
		newlink ns=$PEER name=gtp2 up fd1=a
		sleep 10
		close a
		dellink ns=$PEER dev=gtp2
	END
	racer requests "$fire" <<-END
		dump ns=$GSN
		newpdp ns=$GSN link=gtp0 version=1 i_tei=5 o_tei=5 ms=10.45.0.5 peer=192.0.2.5
		getpdp ns=$GSN link=gtp0 version=1 i_tei=1
		subscribe ear ns=$GSN
		delpdp ns=$GSN link=gtp0 version=1 i_tei=5
	END
	# A dump that is read in part keeps the module, and lets go of it when it is closed.
	racer halves "$fire" <<-END
		dumpbegin ns=$GSN
		sleep 100
		dumppart 1
		sleep 100
	END
	racer down "$fire" <<-END
		capture dev ns=$GSN dev=gtp0
		flood dev count=40 : $down
		close dev
	END
	racer up "$fire" <<-END
		udp peer ns=$PEER bind=192.0.2.2:7777 connect=$v1
		flood peer count=40 : gtp1 teid=1 / $up
		flood peer count=20 : gtp1 teid=9 / $up
	END
	end=$((SECONDS + fire * rounds))
	while [ $SECONDS -lt $end ]; do
		if rmmod gtp 2>/dev/null; then
			unloaded=$((unloaded + 1))
			[ $((RANDOM % 2)) = 0 ] || sleep 0.1
			insmod "$GTP_KO" || break
		else
			busy=$((busy + 1))
		fi
		sleep 0.$((RANDOM % 4 + 1))
	done
	through "the module"
}
unloaded=0 busy=0
# On a busy machine it is in use most of the time.
for _ in 1 2 3 4; do
	fire_at_module
	[ "$unloaded" -lt 3 ] || break
done
diag "the module was unloaded $unloaded times, and in use $busy times"
check "the module: it came and went under fire" test "$unloaded" -ge 3
races=$((races + unloaded + busy))
check "the module: unloaded and loaded once more" driver_load
gt <<-END
	test the module: it works
	udp peer ns=$PEER bind=192.0.2.2:2152
	newlink ns=$GSN name=gtp0 up create=1
	newpdp ns=$GSN link=gtp0 $ctx
	capture dev ns=$GSN dev=gtp0
	send peer to=$v1 : gtp1 teid=1 / $up
	expect dev : $up
	dellink ns=$GSN dev=gtp0
END

rm -rf "$work"
diag "counted: races $races"
finish
