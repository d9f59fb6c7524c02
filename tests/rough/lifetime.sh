#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# What a link remembers of a socket and its namespace must go with them, even where the
# link stays. A route of IPv6 points into its namespace, and is not one of those that
# hold it: who gives it back later, reads what is freed. A kernel with KASAN tells, or
# one that was started with slab_debug=FP,net_namespace.
#
#   +- FAR -+     +------- HOME ------+          +--- PEER ---+
#   | gtp0  |.....| socket of gtp0    |   net0   |            |
#   |       |     | 2001:db8::1       |----------| 2001:db8::2|
#   +-------+     +-------------------+          +------------+

# shellcheck source-path=SCRIPTDIR source=../selftests/lib.sh
. "${0%/*}/../selftests/lib.sh"

[ "$DRIVER" = rust ] || skip_all "the C driver has no way to notice"
netns PEER

down="ip4 src=10.99.0.1 dst=10.45.0.2 / udp 2 1 / text down"

begin() {
	local ns

	netns HOME
	netns FAR
	# shellcheck disable=SC2153 # netns sets it
	for ns in "$HOME" "$PEER"; do
		# shellcheck disable=SC2016 # the shell there expands it
		"$IP" netns exec "$ns" sh -c 'for f in default all; do
			echo 0 >/proc/sys/net/ipv6/conf/$f/disable_ipv6; done'
	done
	pair "$HOME" 192.0.2.1/24 "$PEER" 192.0.2.2/24
	"$IP" -n "$HOME" addr add 2001:db8::1/64 dev net0 nodad
	"$IP" -n "$PEER" addr add 2001:db8::2/64 dev net0 nodad
}

# Namespaces come and go, so that the memory of the one before is really given back.
others_go() {
	local n

	for n in 1 2 3; do
		cat <<-END
			sh $IP netns add gtp-$$-other$n
			sh $IP netns del gtp-$$-other$n
			sleep 300
		END
	done
}

# Sockets of either family, and a context that is removed before or stays.
for socket in "[2001:db8::1]:2152 2001:db8::2" "192.0.2.1:2152 192.0.2.2"; do
	for last in stays goes; do
		read -r bind peer <<<"$socket"
		begin
		case $peer in
		*:*) family=IPv6 to="peer6=$peer" there="[$peer]:2152" ;;
		*) family=IPv4 to="peer=$peer" there="$peer:2152" ;;
		esac
		{
			cat <<-END
				test $family, the context $last: a packet is sent from another namespace's socket
				udp peer ns=$PEER bind=$there v6only=1
				udp a ns=$HOME bind=$bind v6only=1
				newlink ns=$FAR name=gtp0 up fd1=a
				newpdp ns=$FAR link=gtp0 version=1 i_tei=1 o_tei=2 ms=10.45.0.2 $to
				capture dev ns=$FAR dev=gtp0
				send dev : $down
				expect peer : gtp1 teid=2 / $down

				test $family, the context $last: the socket is closed, its namespace goes
				close a
				leave $HOME
				sh $IP netns del $HOME
				retry nolink ns=$PEER dev=net0
				$(others_go)

				test $family, the context $last: the link lets go of nothing that is gone
			END
			[ $last = stays ] || echo "delpdp ns=$FAR link=gtp0 version=1 i_tei=1"
			cat <<-END
				close dev
				sleep 200
				dellink ns=$FAR dev=gtp0
				sleep 300
			END
		} | if [ $family = IPv4 ]; then sed 's/ v6only=1//'; else cat; fi | gt
		netns_del "$FAR"
		check "$family, the context $last: the driver unloads" driver_unload
		check "$family, the context $last: the kernel's log" log_is_clean
		driver_load
	done
done

finish
