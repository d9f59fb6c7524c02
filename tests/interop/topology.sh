# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2034
# Who is where in the two-VM test, and what every tunnel is called: the picture in
# `run` as functions. To be sourced.

links="1 2 3 4"
# ggsn LINK, sgsn LINK: the VM that plays it.
ggsn() { case $1 in 1 | 3) echo rust ;; *) echo c ;; esac; }
sgsn() { case $1 in 1 | 3) echo c ;; *) echo rust ;; esac; }
other() { [ "$1" = rust ] && echo c || echo rust; }
outer() { case $1 in 1 | 2) echo 4 ;; *) echo 6 ;; esac; }

# local_of LINK SIDE: where that end of the link is bound.
local_of() {
	local host=1
	[ "$2" = rust ] || host=2
	case $(outer "$1") in
	4) echo "192.0.2.$(($1 * 16 + host))" ;;
	6) echo "2001:db8:$1::$host" ;;
	esac
}

server() { [ "$2" = 4 ] && echo "10.99.$1.1" || echo "2001:db8:99:$1::1"; }
# phone LINK INNER BEARER, ms likewise: its address, and as a PDP context names it.
phone() { [ "$2" = 4 ] && echo "10.45.$1.$((10 + $3))" || echo "2001:db8:45:${1}0$3::2"; }
ms() { [ "$2" = 4 ] && phone "$@" || echo "2001:db8:45:${1}0$3::"; }

version() { case $1 in 0 | 4) echo 0 ;; *) echo 1 ;; esac; }
# tei SIDE LINK INNER BEARER: what the tunnel towards that side is called. No two
# octets of one are equal, so that their order shows.
tei() {
	local family=$3
	[ "$4" != 2 ] || family=5
	case $1 in
	rust) printf '0x1%x2%x3%x41\n' "$2" "$family" "$4" ;;
	c) printf '0xa%xb%xc%xd2\n' "$2" "$family" "$4" ;;
	esac
}
# Digits only, as an IMSI has them; one for both ways, as in GSM 09.60.
tid() { printf '0x26201%x%x%x00098765\n' "$2" "$1" "$3"; }
flow() { [ "$1" = rust ] && echo "0x1${2}$4$3" || echo "0x5${2}$4$3"; }

# session LINK: what our G-PDUs of bearer 5 carry, in words of gtpctl.
session() {
	echo -n " qfi $(($1 + 8))"
	[ "$(ggsn "$1")" != rust ] || echo -n " rqi ppi $1"
}

# container SIDE LINK BEARER: the same as `decode` wants it of what goes towards that
# side: PDU type, QFI, RQI, PPI. The C driver knows none of this.
container() {
	if [ "$1$3" != c5 ]; then
		echo -
	elif [ "$(ggsn "$2")" = rust ]; then
		echo "0,$(($2 + 8)),1,$2"
	else
		echo "1,$(($2 + 8)),-,-"
	fi
}

# context SIDE LINK INNER BEARER: one line of `gtpctl pdp batch`.
context() {
	local peer
	peer=$(other "$1")
	echo -n "add dev gtp$2 ms $(ms "$2" "$3" "$4") peer $(local_of "$2" "$peer") "
	if [ "$(version "$4")" = 0 ]; then
		echo "version 0 tid $(tid "$2" "$3" "$4") flow $(flow "$peer" "$2" "$3" "$4")"
	else
		echo -n "version 1 i_tei $(tei "$1" "$2" "$3" "$4") o_tei $(tei "$peer" "$2" "$3" "$4")"
		[ "$1$4" != rust5 ] || session "$2"
		echo
	fi
}

# setup SIDE: all links, contexts, addresses and servers of one VM.
setup() {
	local side=$1 link inner bearer role
	echo "set -e
		# Room for what piles up while the VM does not run, and links that say nothing
		# by themselves.
		sysctl -q net.core.rmem_default=4194304 net.core.netdev_max_backlog=10000
		sysctl -q net.ipv6.conf.default.{addr_gen_mode=1,router_solicitations=0}
		ip link set eth0 up
		gtptest run >/tmp/held 2>&1 <<-END &
		udp four bind=0.0.0.0:6000
		udp six v6 v6only=1 bind=[::]:6000
		hold four six
		END"
	for link in $links; do
		case $(outer "$link") in
		4) echo "ip addr add $(local_of "$link" "$side")/24 dev eth0" ;;
		6) echo "ip addr add $(local_of "$link" "$side")/64 dev eth0 nodad" ;;
		esac
		role=ggsn
		[ "$(ggsn "$link")" = "$side" ] || role=sgsn
		echo "gtpctl link add gtp$link role $role local $(local_of "$link" "$side") restart_count $((link + 40))"
		echo "ip link set gtp$link up"
		echo "gtpctl pdp batch - <<-END"
		for inner in 4 6; do
			for bearer in 0 1 2 5; do
				context "$side" "$link" "$inner" "$bearer"
			done
		done
		if [ "$side" = c ]; then
			context c "$link" 4 3
			context c "$link" 4 4
		fi
		echo END
		for inner in 4 6; do
			if [ $role = ggsn ]; then
				echo "ip addr add $(server "$link" $inner) dev lo"
				for bearer in 0 1; do
					echo "iperf3 -s -D -p 500$bearer -B $(server "$link" $inner)"
				done
			fi
			for bearer in 0 1 2 3 4 5; do
				if [ $role = ggsn ]; then
					echo "ip route add $(phone "$link" $inner $bearer) dev gtp$link src $(server "$link" $inner)"
				else
					echo "ip addr add $(phone "$link" $inner $bearer) dev lo"
				fi
			done
			[ $role = ggsn ] || echo "ip route add $(server "$link" $inner) dev gtp$link"
		done
	done
}

# expectation SIDE LINK INNER BEARER: what a G-PDU towards that side must look like:
# outer addresses, version, TEID or TID, flow label, inner addresses.
expectation() {
	local from to flow=- id
	from=$(phone "$2" "$3" "$4") to=$(server "$2" "$3")
	[ "$(ggsn "$2")" = "$1" ] || { to=$from && from=$(server "$2" "$3"); }
	if [ "$(version "$4")" = 0 ]; then
		id=$(tid "$2" "$3" "$4") flow=$(flow "$1" "$2" "$3" "$4")
	else
		id=$(tei "$@")
	fi
	printf '%s\t' "$(local_of "$2" "$(other "$1")")" "$(local_of "$2" "$1")" \
		"$(version "$4")" "$id" "$flow" "$from" "$to"
}

# expectations: what `decode` is to hold the capture against.
expectations() {
	local link inner bearer
	for link in $links; do
		printf 'ours\t%s\t%s\n' "$(local_of "$link" rust)" $((link + 40))
		for inner in 4 6; do
			for bearer in 0 1 2 5; do
				for side in rust c; do
					printf 'gpdu\t%s, towards the VM "%s"\t' "$(title "$link" "$inner" "$bearer")" "$side"
					expectation "$side" "$link" "$inner" "$bearer"
					[ "$inner" = 4 ] && echo -n icmp || echo -n icmpv6
					[ "$bearer" = 2 ] || [ "$bearer" = 5 ] || echo -n ,tcp,udp
					printf '\t%s\n' "$(container "$side" "$link" "$bearer")"
				done
			done
		done
		for bearer in 1 5; do
			printf 'end\tlink %s, bearer %s\t%s\t%s\t%s\t%s\n' "$link" $bearer "$(local_of "$link" rust)" \
				"$(local_of "$link" c)" "$(tei c "$link" 4 $bearer)" "$(container c "$link" $bearer)"
		done
		for bearer in 3 4; do
			printf 'unknown\tlink %s, v%s\t' "$link" "$(version $bearer)"
			# From ours: the addresses are swapped.
			expectation rust "$link" 4 $bearer | awk -F '\t' -v OFS='\t' '{ print $2, $1, $3, $4, $5, $6, $7 }'
		done
	done
}

# title LINK INNER BEARER: how the checks call it.
title() {
	local ours=GGSN bearer
	bearer=v$(version "$3")
	[ "$(ggsn "$1")" = rust ] || ours=SGSN
	[ "$3" != 2 ] || bearer="v1 with one TEID for both families"
	[ "$3" != 5 ] || bearer="v1, a PDU session"
	echo "IPv$2 in IPv$(outer "$1"), $bearer, ours the $ours"
}
