#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Links, sockets, namespaces and the module go in every order, with contexts in
# place and packets on their way; nothing may be left.
#
#   +--------- GSN ---------+          +--- PEER ---+     +-- FAR --+
#   | gtp0                  |   net0   |            |     | gtp0    |
#   | 192.0.2.1:2152, :3386 |----------| 192.0.2.2  |     |         |
#   +-----------------------+          +------------+     +---------+

# shellcheck source-path=SCRIPTDIR source=lib.sh
. "${0%/*}/lib.sh"

netns GSN
netns PEER
pair "$GSN" 192.0.2.1/24 "$PEER" 192.0.2.2/24

v1=192.0.2.1:2152
inner="ip4 src=10.45.0.2 dst=10.99.0.1 / udp 1 2 / text inner"
ctx="version=1 i_tei=1 o_tei=2 ms=10.45.0.2 peer=192.0.2.2"
ctx0="version=0 tid=1 flow=2 ms=10.45.0.3 peer=192.0.2.2"

# --- Links and sockets ------------------------------------------------------

gt <<-END
	test a link with contexts is removed, its kernel sockets with it
	newlink ns=$GSN name=gtp0 up create=1
	newpdp ns=$GSN link=gtp0 $ctx
	newpdp ns=$GSN link=gtp0 $ctx0
	dellink ns=$GSN dev=gtp0
	udp a ns=$GSN bind=$v1
	udp b ns=$GSN bind=192.0.2.1:3386

	test the link first, the sockets afterwards
	newlink ns=$GSN name=gtp0 up fd0=b fd1=a
	newpdp ns=$GSN link=gtp0 $ctx
	newpdp ns=$GSN link=gtp0 $ctx0
	dellink ns=$GSN dev=gtp0
	close a b

	test one socket, the link, the other socket
	udp a ns=$GSN bind=$v1
	udp b ns=$GSN bind=192.0.2.1:3386
	newlink ns=$GSN name=gtp0 up fd0=b fd1=a
	newpdp ns=$GSN link=gtp0 $ctx
	newpdp ns=$GSN link=gtp0 $ctx0
	close b
	dellink ns=$GSN dev=gtp0
	close a

	test the sockets first, the link afterwards
	udp a ns=$GSN bind=$v1
	udp b ns=$GSN bind=192.0.2.1:3386
	newlink ns=$GSN name=gtp0 up fd0=b fd1=a
	newpdp ns=$GSN link=gtp0 $ctx
	newpdp ns=$GSN link=gtp0 $ctx0
	close a
	close b
	dellink ns=$GSN dev=gtp0

	test contexts whose socket is closed can be deleted one by one
	udp a ns=$GSN bind=$v1
	newlink ns=$GSN name=gtp0 up fd1=a
	newpdp ns=$GSN link=gtp0 $ctx
	close a
	delpdp ns=$GSN link=gtp0 version=1 i_tei=1
	dump ns=$GSN
	dumped 0
	dellink ns=$GSN dev=gtp0

	# With the last socket the carrier goes, and some time later the stack sends nothing.
	test a context whose socket is closed sends nothing
	differs context reachable after the socket is gone: keeps sending through a dead socket
	udp a ns=$GSN bind=$v1
	udp b ns=$GSN bind=192.0.2.1:3386
	newlink ns=$GSN name=gtp0 up fd0=b fd1=a
	newpdp ns=$GSN link=gtp0 $ctx
	capture dev ns=$GSN dev=gtp0
	capture wire ns=$PEER dev=net0
	count ns=$GSN dev=gtp0
	close a
	send dev : ip4 src=10.99.0.1 dst=10.45.0.2 / udp 1 2 / text late
	counted ns=$GSN dev=gtp0 tx_errors=1 tx_carrier_errors=1
	silent wire for=20

	cleanup
	dellink ns=$GSN dev=gtp0
	close a b dev wire
END

# A hundred times the same must not cost a hundred sockets. What a cache keeps at
# hand for the next allocation counts as used, hence the margin.
rounds() {
	local n

	echo "test sockets are given back, a hundred times"
	echo "slab UDP"
	for n in {1..100}; do
		cat <<-END
			udp a ns=$GSN bind=$v1
			newlink ns=$GSN name=gtp0 fd1=a
			newpdp ns=$GSN link=gtp0 $ctx
		END
		case $((n % 4)) in
		0) echo "newlink ns=$GSN name=gtp1 fd0=-1 fd1=a => EBUSY" ;;
		1) echo "close a" ;;
		2) echo "delpdp ns=$GSN link=gtp0 version=1 i_tei=1" ;;
		esac
		echo "dellink ns=$GSN dev=gtp0"
	done
	cat <<-END
		close a
		slabgrew UDP max=40
		test the kernel's sockets are given back, thirty times
		slab UDP
	END
	for n in {1..30}; do
		cat <<-END
			newlink ns=$GSN name=gtp0 create=1
			newpdp ns=$GSN link=gtp0 $ctx
			dellink ns=$GSN dev=gtp0
		END
	done
	echo "slabgrew UDP max=30"
}
rounds | gt

# --- Namespaces -------------------------------------------------------------

netns ONE
gt <<-END
	newlink ns=$ONE name=gtp0 up create=1
	newpdp ns=$ONE link=gtp0 $ctx
	newpdp ns=$ONE link=gtp0 $ctx0
END
check "a namespace goes with its link" netns_del "$ONE"

netns HOME
netns FAR
gt <<-END
	file far /run/netns/$FAR
	newlink ns=$HOME name=gtp0 up create=1 netns=far
	newpdp ns=$FAR link=gtp0 $ctx
END
netns_del "$HOME"
# shellcheck disable=SC2317 # called by way of until_true
gone() {
	gtptest nolink ns="$1" dev="$2"
}
check "a link goes with the namespace of its sockets" until_true gone "$FAR" gtp0
netns_del "$FAR"

netns HOME
netns FAR
gt <<-END
	file far /run/netns/$FAR
	newlink ns=$HOME name=gtp0 up create=1 netns=far
	newpdp ns=$FAR link=gtp0 $ctx
END
netns_del "$FAR"
check "a link goes with the namespace it is in, its ports are free" until_true \
	gtptest newlink ns="$HOME" name=gtp0 create=1
netns_del "$HOME"

netns HOME
netns FAR
gt <<-END
	test a link that was moved goes with the namespace it came from
	file far /run/netns/$FAR
	newlink ns=$HOME name=gtp0 up create=1
	newpdp ns=$HOME link=gtp0 $ctx
	setlink ns=$HOME dev=gtp0 netns=far
	nolink ns=$HOME dev=gtp0
	getpdp ns=$FAR link=gtp0 version=1 i_tei=1
	setlink ns=$FAR dev=gtp0 up
END
netns_del "$HOME"
check "and is gone from the other" until_true gone "$FAR" gtp0
netns_del "$FAR"

# The process's socket outlives the namespace that the link is in.
netns FAR
gt <<-END
	test a socket outlives the link in another namespace
	udp a ns=$GSN bind=$v1
	udp peer ns=$PEER bind=192.0.2.2:2152
	newlink ns=$FAR name=gtp0 up fd1=a
	newpdp ns=$FAR link=gtp0 $ctx
	leave $FAR
	sh $IP netns del $FAR
	send peer to=$v1 : gtp1 teid=9 / $inner
	expect a : gtp1 teid=9 / $inner

	test and can be had by another when the namespace is gone
	retry newlink ns=$GSN name=gtp0 up fd1=a
	dellink ns=$GSN dev=gtp0
END

# Both at once.
netns HOME
netns FAR
gt <<-END
	file far /run/netns/$FAR
	newlink ns=$HOME name=gtp0 up create=1 netns=far
	newlink ns=$FAR name=gtp1 up create=1
	newpdp ns=$FAR link=gtp0 $ctx
	newpdp ns=$FAR link=gtp1 $ctx
END
netns_del "$HOME" "$FAR"

# --- Under traffic ----------------------------------------------------------

# Packets for the v1 socket, as fast as they can be made, in the background.
flood_begin() {
	gtptest run <<-END >/dev/null &
		udp peer ns=$PEER bind=192.0.2.2:7777 connect=$v1
		flood peer for=60000 : gtp1 teid=1 / $inner
	END
	flood=$!
	background+=("$flood")
}

flood_end() {
	kill "$flood" 2>/dev/null
	wait "$flood" 2>/dev/null
}

under_fire() {
	local n

	cat <<-END
		test links come and go under fire
		sleep 100
	END
	for n in 1 2 3 4 5 6; do
		cat <<-END
			udp a ns=$GSN bind=$v1
			newlink ns=$GSN name=gtp0 up fd1=a
			newpdp ns=$GSN link=gtp0 $ctx
			count ns=$GSN dev=gtp0
			sleep 20
			counted ns=$GSN dev=gtp0 atleast rx_packets=1
		END
		case $n in
		1 | 4) printf '%s\n' "dellink ns=$GSN dev=gtp0" "close a" ;;
		2 | 5) printf '%s\n' "close a" "dellink ns=$GSN dev=gtp0" ;;
		*) printf '%s\n' "setlink ns=$GSN dev=gtp0 down" "delpdp ns=$GSN link=gtp0 version=1 i_tei=1" \
			"dellink ns=$GSN dev=gtp0" "close a" ;;
		esac
	done
}

flood_begin
under_fire | gt

gt <<-END
	test the module goes under fire
	udp a ns=$GSN bind=$v1
	newlink ns=$GSN name=gtp0 up fd1=a
	newpdp ns=$GSN link=gtp0 $ctx
	newlink ns=$PEER name=gtp0 up create=1
	newpdp ns=$PEER link=gtp0 $ctx
	subscribe ear ns=$GSN
	sleep 50
	sh rmmod gtp
	nolink ns=$GSN dev=gtp0
	nolink ns=$PEER dev=gtp0

	test without the module its socket is an ordinary one
	sh kill $flood; sleep 0.1
	drain a
	udp peer ns=$PEER bind=192.0.2.2:2152
	send peer to=$v1 : gtp1 teid=1 / $inner
	expect a : gtp1 teid=1 / $inner

	test and comes back
	sh insmod $GTP_KO
	family
	newlink ns=$GSN name=gtp0 up fd1=a
	newpdp ns=$GSN link=gtp0 $ctx
	capture in ns=$GSN dev=gtp0
	send peer to=$v1 : gtp1 teid=1 / $inner
	expect in : $inner
END
flood_end

# --- The module -------------------------------------------------------------

gt <<-END
	test the module goes while a process holds a socket and a link in another namespace
	udp a ns=$GSN bind=$v1
	newlink ns=$PEER name=gtp0 up fd1=a
	newpdp ns=$PEER link=gtp0 $ctx
	sh rmmod gtp
	nolink ns=$PEER dev=gtp0
	close a
	sh insmod $GTP_KO
END

netns ONE
gt <<-END
	family
	newlink ns=$ONE name=gtp0 up create=1
	bulk newpdp ns=$ONE dev=gtp0 count=1000 tei=1 ms=10.45.0.1 peer=192.0.2.2
END
netns_del "$ONE"
check "the module goes while a namespace is going" driver_unload
driver_load

# shellcheck disable=SC2317 # called by way of check
loads() {
	local n

	for n in 1 2 3 4 5; do
		rmmod gtp || return 1
		insmod "$GTP_KO" || return 1
	done
}
check "the module comes and goes five times" loads

# Twenty namespaces, each with a link and contexts.
namespaces_come_and_go() {
	local n ns

	echo "test namespaces are given back, twenty times"
	echo "slab net_namespace"
	for n in {1..20}; do
		ns=gtp-$$-round$n
		cat <<-END
			sh $IP netns add $ns
			newlink ns=$ns name=gtp0 up create=1
			newpdp ns=$ns link=gtp0 $ctx
			leave $ns
			sh $IP netns del $ns
		END
	done
	echo "slabgrew net_namespace max=12"
}
namespaces_come_and_go | gt

finish
