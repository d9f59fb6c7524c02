#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# The device in one namespace, its sockets in another: all ways to get there,
# traffic through each, and all orders in which they go.
#
#   +- FAR -+     +------- HOME ------+          +--- PEER ---+
#   | gtp0  |.....| sockets of gtp0   |   net0   |            |
#   |       |     | 192.0.2.1:2152    |----------| 192.0.2.2  |
#   +-------+     +-------------------+          +------------+

# shellcheck source-path=SCRIPTDIR source=lib.sh
. "${0%/*}/lib.sh"

dead="context reachable after the socket is gone: keeps sending through a dead socket"
v1=192.0.2.1:2152
ctx="version=1 i_tei=1 o_tei=2 ms=10.45.0.2 peer=192.0.2.2"

netns PEER

# Both namespaces anew. A veth pair with an end in each tells when it is gone for
# good: a namespace that something still holds keeps its interfaces.
begin() {
	netns HOME
	netns FAR
	pair "$HOME" 192.0.2.1/24 "$PEER" 192.0.2.2/24
	"$IP" -n "$PEER" link add far type veth peer name canary netns "$FAR"
}

# shellcheck disable=SC2317 # called by way of check
no_link() {
	! "$IP" -n "$PEER" link show dev "$1" >/dev/null 2>&1
}

# home_goes NAME, far_goes NAME: namespaces that are no more have let go of everything.
home_goes() {
	check "$1: the sockets' namespace is gone" until_true no_link net0
}
far_goes() {
	check "$1: the device's namespace is gone" until_true no_link far
}

# works NAME: traffic both ways.
works() {
	cat <<-END
		test $1: packets come and go
		udp peer ns=$PEER bind=192.0.2.2:2152
		setlink ns=$FAR dev=gtp0 up
		newpdp ns=$FAR link=gtp0 $ctx
		capture dev ns=$FAR dev=gtp0
		send peer to=$v1 : gtp1 teid=1 / ip4 src=10.45.0.2 dst=10.99.0.1 / udp 1 2 / text up
		expect dev : ip4 src=10.45.0.2 dst=10.99.0.1 / udp 1 2 / text up
		send dev : ip4 src=10.99.0.1 dst=10.45.0.2 / udp 2 1 / text down
		expect peer from=$v1 : gtp1 teid=2 / ip4 src=10.99.0.1 dst=10.45.0.2 / udp 2 1 / text down
		linkerrors ns=$FAR dev=gtp0
	END
}

# Ways to make the link, for the sockets of the kernel's.
way() {
	case $1 in
	fd) gtptest run <<-END >/dev/null ;;
		file far /run/netns/$FAR
		newlink ns=$HOME name=gtp0 create=1 netns=far
	END
	ip) "$IP" -n "$HOME" link add netns "$FAR" name gtp0 type gtp role ggsn ;;
	moved)
		"$IP" -n "$HOME" link add gtp0 type gtp role ggsn
		"$IP" -n "$HOME" link set gtp0 up
		"$IP" -n "$HOME" link set gtp0 netns "$FAR"
		;;
	linkns)
		"$IP" -n "$FAR" netns set "$HOME" 7
		"$IP" -n "$FAR" link add gtp0 link-netnsid 7 type gtp role ggsn
		;;
	esac
}

called() {
	case $1 in
	fd) echo "made elsewhere by descriptor" ;;
	ip) echo "made elsewhere by ip" ;;
	moved) echo "moved" ;;
	linkns) echo "made here for another" ;;
	esac
}

# shellcheck disable=SC2317 # called by way of check
gone() {
	gtptest nolink ns="$FAR" dev=gtp0
}

# shellcheck disable=SC2317 # called by way of check
ports_free() {
	gtptest run <<-END | grep -q '^done'
		udp a ns=$HOME bind=0.0.0.0:2152
		udp b ns=$HOME bind=0.0.0.0:3386
	END
}

for way in fd moved ip; do
	name=$(called $way)
	begin
	check "$name, the sockets' namespace first" way $way
	works "$name, the sockets' namespace first" | gt
	netns_del "$HOME"
	check "$name: the link goes with the namespace of its sockets" until_true gone
	home_goes "$name, the sockets' namespace first"
	netns_del "$FAR"
	far_goes "$name, the sockets' namespace first"
done

for way in fd moved linkns; do
	name=$(called $way)
	begin
	check "$name, the device's namespace first" way $way
	works "$name, the device's namespace first" | gt
	netns_del "$FAR"
	far_goes "$name, the device's namespace first"
	check "$name: the ports are free" until_true ports_free
	netns_del "$HOME"
	home_goes "$name, the device's namespace first"
done

for way in fd moved; do
	name=$(called $way)
	begin
	check "$name, both at once" way $way
	works "$name, both at once" | gt
	netns_del "$HOME" "$FAR"
	home_goes "$name, both at once"
	far_goes "$name, both at once"
done

# --- A socket of a process ---------------------------------------------------

# The link is of the namespace that it was made in; the socket is the process's.
begin
(
	cat <<-END
		udp a ns=$HOME bind=$v1
		newlink ns=$FAR name=gtp0 fd1=a
	END
	works "a process's socket"
	cat <<-END

		test what is not for a tunnel is the process's
		send peer to=$v1 : gtp1 teid=9 / ip4 src=10.45.0.2 dst=10.99.0.1 / udp 1 2 / text up
		expect a from=192.0.2.2:2152 : gtp1 teid=9 / ip4 src=10.45.0.2 dst=10.99.0.1 / udp 1 2 / text up

		test the socket is closed: the link stays and sends nothing
		differs $dead
		close a
		send dev : ip4 src=10.99.0.1 dst=10.45.0.2 / udp 2 1 / text late
		silent peer
		linkprop ns=$FAR dev=gtp0 carrier=0
		cleanup
		close a

		test its namespace goes, the link stays
		differs $dead
		leave $HOME
		sh $IP netns del $HOME
		retry nolink ns=$PEER dev=net0

		test the link can be deleted
		getpdp ns=$FAR link=gtp0 version=1 i_tei=1
		dellink ns=$FAR dev=gtp0
	END
) | gt
netns_del "$FAR"
far_goes "a process's socket"
home_goes "a process's socket"

begin
(
	cat <<-END
		udp a ns=$HOME bind=$v1
		newlink ns=$FAR name=gtp0 fd1=a
	END
	works "a process's socket that stays"
	cat <<-END

		test the device's namespace goes, the socket is an ordinary one again
		close dev
		leave $FAR
		sh $IP netns del $FAR
		retry nolink ns=$PEER dev=far
		send peer to=$v1 : gtp1 teid=1 / text unknown
		expect a from=192.0.2.2:2152 : gtp1 teid=1 / text unknown

		test the socket's namespace lives as long as the socket
		leave $HOME
		sh $IP netns del $HOME
		send peer to=$v1 : gtp1 teid=1 / text still
		expect a from=192.0.2.2:2152 : gtp1 teid=1 / text still

		test and goes with it
		close a
		retry nolink ns=$PEER dev=net0
	END
) | gt

# Anybody may have his socket receive ESP in UDP: UDP then calls IPsec for what arrives, and
# still us when the socket is closed.
begin
gt <<-END
	test a process's socket that has become IPsec's: closed, its port is free
	udp a ns=$HOME bind=$v1
	newlink ns=$FAR name=gtp0 up fd1=a
	sockopt a encap=2
	close a
	newpdp ns=$FAR link=gtp0 $ctx => ENODEV
	udp a ns=$HOME bind=$v1
	newlink ns=$FAR name=gtp1 fd1=a
	dellink ns=$FAR dev=gtp1

	cleanup
	close a

	test and the link without a carrier
	differs $dead
	udp a ns=$HOME bind=$v1
	newlink ns=$FAR name=gtp2 up fd1=a
	sockopt a encap=2
	close a
	linkprop ns=$FAR dev=gtp2 carrier=0

	cleanup
	close a
	leave $HOME
	sh $IP netns del $HOME

	test and its namespace goes, the links stay
	retry nolink ns=$PEER dev=net0
	linkprop ns=$FAR dev=gtp0 kind=gtp
END
netns_del "$FAR"
far_goes "a process's socket that has become IPsec's"

# Or have it forget the tunnel: then nobody is told when it is closed.
begin
gt <<-END
	test a process's socket that has forgotten the tunnel: closed, the link is without a carrier
	$([ "$DRIVER" != c ] || echo "skip the C driver keeps it for good")
	udp a ns=$HOME bind=$v1
	newlink ns=$HOME name=gtp0 up fd1=a
	plain a
	close a
	retry linkprop ns=$HOME dev=gtp0 carrier=0
	newpdp ns=$HOME link=gtp0 $ctx => ENODEV

	cleanup
	close a
	leave $HOME
	sh $IP netns del $HOME

	test and its namespace goes, the link being in it
	$([ "$DRIVER" != c ] || echo "skip the C driver keeps it for good")
	retry nolink ns=$PEER dev=net0
END
netns_del "$FAR"
far_goes "a process's socket that has forgotten the tunnel"

# --- Contexts from a third namespace ----------------------------------------

begin
way fd
gt <<-END
	test contexts are managed from a third namespace by NET_NS_FD
	file far /run/netns/$FAR
	file home /run/netns/$HOME
	subscribe ear ns=$FAR
	newpdp ns=$PEER nsfd=far link=gtp0@$FAR $ctx
	notified ear cmd=newpdp version=1 link=gtp0@$FAR family=2 ms=10.45.0.2 peer=192.0.2.2 i_tei=1 o_tei=2
	getpdp ns=$PEER nsfd=far link=gtp0@$FAR version=1 i_tei=1
	reply version=1 link=gtp0@$FAR family=2 ms=10.45.0.2 peer=192.0.2.2 i_tei=1 o_tei=2
	dump ns=$FAR
	dumped 1

	test the namespace of the sockets has no such link
	getpdp ns=$PEER nsfd=home link=gtp0@$FAR version=1 i_tei=1 => ENODEV
	dump ns=$HOME
	dumped 0
	delpdp ns=$PEER nsfd=far link=gtp0@$FAR version=1 i_tei=1
	notified ear cmd=delpdp version=1 link=gtp0@$FAR family=2 ms=10.45.0.2 peer=192.0.2.2 i_tei=1 o_tei=2
	getpdp ns=$FAR link=gtp0 version=1 i_tei=1 => ENOENT
END
netns_del "$FAR" "$HOME"
far_goes "contexts from a third namespace"
home_goes "contexts from a third namespace"

# --- Under traffic ----------------------------------------------------------

# Packets into the tunnel while either namespace goes.
for first in HOME FAR; do
	begin
	way fd
	gtptest run <<-END >/dev/null
		setlink ns=$FAR dev=gtp0 up
		newpdp ns=$FAR link=gtp0 $ctx
	END
	gtptest run <<-END >/dev/null &
		udp peer ns=$PEER bind=192.0.2.2:7777 connect=$v1
		flood peer for=4000 : gtp1 teid=1 / ip4 src=10.45.0.2 dst=10.99.0.1 / udp 1 2 / text up
	END
	flood=$!
	background+=("$flood")
	sleep 0.3
	netns_del "${!first}"
	if [ $first = HOME ]; then
		check "under traffic the sockets' namespace goes" until_true no_link net0
		netns_del "$FAR"
		far_goes "under traffic, the sockets' first"
	else
		check "under traffic the device's namespace goes" until_true no_link far
		netns_del "$HOME"
		home_goes "under traffic, the device's first"
	fi
	kill "$flood" 2>/dev/null
	wait "$flood" 2>/dev/null
done

finish
