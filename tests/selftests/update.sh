#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Contexts that change: an update of which one key is known, a replacement, what
# packets see of either, and that a request which fails changes nothing.
#
#   +------------ GSN -------------+          +--- PEER ---+
#   | gtp0, v1: 192.0.2.1:2152     |   net0   | 192.0.2.2  |
#   |       v0: 192.0.2.9:3386     |----------| 192.0.2.3  |
#   | 10.99.0.1                    |          | gtp0, MS   |
#   +------------------------------+          +------------+

# shellcheck source-path=SCRIPTDIR source=lib.sh
. "${0%/*}/lib.sh"

netns GSN
netns PEER
pair "$GSN" 192.0.2.1/24 "$PEER" 192.0.2.2/24
"$IP" -n "$GSN" addr add 192.0.2.9/24 dev net0
"$IP" -n "$PEER" addr add 192.0.2.3/24 dev net0

rehash="NEWPDP without EXCL changes keys but does not rehash: neither TEID works; a failed update leaves the context changed; v1 to v0 mixes sockets"
replace="NLM_F_REPLACE EOPNOTSUPP"
new="newpdp ns=$GSN"
get="getpdp ns=$GSN"
v1=192.0.2.1:2152

# up MS, down MS: packets out of and into the tunnel.
up() {
	echo "ip4 src=$1 dst=10.99.0.1 / udp 1 2 / text up"
}
down() {
	echo "ip4 src=10.99.0.1 dst=$1 / udp 2 1 / text down"
}

updates() {
	cat <<-END
		udp a ns=$GSN bind=$v1
		udp b ns=$GSN bind=192.0.2.9:3386
		udp peer ns=$PEER bind=192.0.2.2:2152
		udp peer3 ns=$PEER bind=192.0.2.3:2152
		udp peer0 ns=$PEER bind=192.0.2.2:3386
		newlink ns=$GSN name=gtp0 up fd0=b fd1=a
		capture dev ns=$GSN dev=gtp0
		subscribe ear ns=$GSN

		test an update by MS is told of as one that is made, once
		$new link=gtp0 version=1 i_tei=1 o_tei=11 ms=10.45.0.1 peer=192.0.2.2
		notified ear cmd=newpdp version=1 link=gtp0@$GSN family=2 ms=10.45.0.1 peer=192.0.2.2 i_tei=1 o_tei=11
		$new link=gtp0 version=1 i_tei=2 o_tei=22 ms=10.45.0.1 peer=192.0.2.3
		notified ear cmd=newpdp version=1 link=gtp0@$GSN family=2 ms=10.45.0.1 peer=192.0.2.3 i_tei=2 o_tei=22
		notified ear nothing

		test it makes no second context
		dump ns=$GSN
		dumped 1

		test its packets go to the new peer with the new TEID
		send dev : $(down 10.45.0.1)
		expect peer3 from=$v1 : gtp1 teid=22 / $(down 10.45.0.1)

		test packets with the old TEID are the process's
		send peer to=$v1 : gtp1 teid=1 / $(up 10.45.0.1)
		expect a from=192.0.2.2:2152 : gtp1 teid=1 / $(up 10.45.0.1)

		test packets with the new TEID come out
		differs $rehash
		send peer to=$v1 : gtp1 teid=2 / $(up 10.45.0.1)
		expect dev : $(up 10.45.0.1)
		silent a for=1

		test the new TEID is a key: it is taken
		differs $rehash
		$new flags=excl link=gtp0 version=1 i_tei=2 o_tei=1 ms=10.45.0.77 peer=192.0.2.2 => EEXIST

		cleanup
		delpdp ns=$GSN link=gtp0 version=1 i_tei=2
		delpdp ns=$GSN link=gtp0 version=1 ms=10.45.0.77
		delpdp ns=$GSN link=gtp0 version=1 ms=10.45.0.1

		test an update by TEID: packets from the new MS come out, from the old they do not
		$new link=gtp0 version=1 i_tei=1 o_tei=11 ms=10.45.0.1 peer=192.0.2.2
		$new link=gtp0 version=1 i_tei=1 o_tei=12 ms=10.45.0.2 peer=192.0.2.2
		send peer to=$v1 : gtp1 teid=1 / $(up 10.45.0.2)
		expect dev : $(up 10.45.0.2)
		send peer to=$v1 : gtp1 teid=1 / $(up 10.45.0.1)
		expect a : gtp1 teid=1 / $(up 10.45.0.1)

		test packets to the old MS are dropped
		count ns=$GSN dev=gtp0
		send dev : $(down 10.45.0.1)
		silent peer

		test packets to the new MS go
		differs $rehash
		send dev : $(down 10.45.0.2)
		expect peer : gtp1 teid=12 / $(down 10.45.0.2)

		cleanup
		delpdp ns=$GSN link=gtp0 version=1 i_tei=1

		test two contexts with one key each: refused, both as they were
		$new link=gtp0 version=1 i_tei=1 o_tei=11 ms=10.45.0.1 peer=192.0.2.2
		$new link=gtp0 version=1 i_tei=2 o_tei=12 ms=10.45.0.2 peer=192.0.2.2
		$new link=gtp0 version=1 i_tei=1 o_tei=99 ms=10.45.0.2 peer=192.0.2.3 => EEXIST
		dump ns=$GSN
		dumped 2
		dumped has version=1 link=gtp0@$GSN family=2 ms=10.45.0.1 peer=192.0.2.2 i_tei=1 o_tei=11
		dumped has version=1 link=gtp0@$GSN family=2 ms=10.45.0.2 peer=192.0.2.2 i_tei=2 o_tei=12
		cleanup
		delpdp ns=$GSN link=gtp0 version=1 i_tei=1
		delpdp ns=$GSN link=gtp0 version=1 i_tei=2

		test v1 to v0: the context is one of version 0
		$new link=gtp0 version=1 i_tei=1 o_tei=11 ms=10.45.0.1 peer=192.0.2.2
		$new link=gtp0 version=0 tid=5 flow=6 ms=10.45.0.1 peer=192.0.2.2
		$get link=gtp0 version=0 ms=10.45.0.1
		reply version=0 link=gtp0@$GSN family=2 ms=10.45.0.1 peer=192.0.2.2 tid=5 flow=6
		$get link=gtp0 version=1 i_tei=1 => ENOENT

		test v1 to v0: found by TID
		differs $rehash
		$get link=gtp0 version=0 tid=5

		test v1 to v0: it sends through the socket of version 0
		differs $rehash
		send dev : $(down 10.45.0.1)
		expect peer0 from=192.0.2.9:3386 : gtp0 tid=5 flow=6 seq=0 / $(down 10.45.0.1)

		test v1 to v0: it receives through the socket of version 0
		differs $rehash
		send peer0 to=192.0.2.9:3386 : gtp0 tid=5 / $(up 10.45.0.1)
		expect dev : $(up 10.45.0.1)

		test and back to v1
		differs $rehash
		$new link=gtp0 version=1 i_tei=9 o_tei=19 ms=10.45.0.1 peer=192.0.2.2
		$get link=gtp0 version=0 tid=5 => ENOENT
		$get link=gtp0 version=1 i_tei=9
		reply version=1 link=gtp0@$GSN family=2 ms=10.45.0.1 peer=192.0.2.2 i_tei=9 o_tei=19
		send dev : $(down 10.45.0.1)
		expect peer from=$v1 : gtp1 teid=19 / $(down 10.45.0.1)

		cleanup
		drain a peer peer0 peer3
		delpdp ns=$GSN link=gtp0 version=1 ms=10.45.0.1

		test the sequence numbers of version 0 go on
		$new link=gtp0 version=0 tid=5 flow=6 ms=10.45.0.1 peer=192.0.2.2
		send dev : $(down 10.45.0.1)
		expect peer0 : gtp0 tid=5 flow=6 seq=0 / $(down 10.45.0.1)
		send dev : $(down 10.45.0.1)
		expect peer0 : gtp0 tid=5 flow=6 seq=1 / $(down 10.45.0.1)
		$new link=gtp0 version=0 tid=7 flow=8 ms=10.45.0.1 peer=192.0.2.2
		send dev : $(down 10.45.0.1)
		expect peer0 : gtp0 tid=7 flow=8 seq=2 / $(down 10.45.0.1)
		cleanup
		delpdp ns=$GSN link=gtp0 version=0 ms=10.45.0.1
	END
}

replaces() {
	cat <<-END
		test NLM_F_REPLACE of what is not there makes it
		$new flags=replace link=gtp0 version=1 i_tei=1 o_tei=11 ms=10.45.0.1 peer=192.0.2.2
		$get link=gtp0 version=1 i_tei=1
		reply version=1 link=gtp0@$GSN family=2 ms=10.45.0.1 peer=192.0.2.2 i_tei=1 o_tei=11

		test NLM_F_REPLACE under both keys
		differs $replace
		$new flags=replace link=gtp0 version=1 i_tei=1 o_tei=12 ms=10.45.0.1 peer=192.0.2.3
		$get link=gtp0 version=1 i_tei=1
		reply version=1 link=gtp0@$GSN family=2 ms=10.45.0.1 peer=192.0.2.3 i_tei=1 o_tei=12
		send dev : $(down 10.45.0.1)
		expect peer3 : gtp1 teid=12 / $(down 10.45.0.1)
		dump ns=$GSN
		dumped 1

		test NLM_F_REPLACE is told of as one that is made
		differs $replace
		subscribe new ns=$GSN
		$new flags=create,replace link=gtp0 version=1 i_tei=1 o_tei=13 ms=10.45.0.1 peer=192.0.2.2
		notified new cmd=newpdp version=1 link=gtp0@$GSN family=2 ms=10.45.0.1 peer=192.0.2.2 i_tei=1 o_tei=13
		notified new nothing

		test NLM_F_REPLACE under the MS
		differs $replace
		$new flags=replace link=gtp0 version=1 i_tei=4 o_tei=14 ms=10.45.0.1 peer=192.0.2.2
		$get link=gtp0 version=1 i_tei=1 => ENOENT
		send peer to=$v1 : gtp1 teid=4 / $(up 10.45.0.1)
		expect dev : $(up 10.45.0.1)

		test NLM_F_REPLACE under the TEID
		differs $replace
		$new flags=replace link=gtp0 version=1 i_tei=4 o_tei=14 ms=10.45.0.5 peer=192.0.2.2
		$get link=gtp0 version=1 ms=10.45.0.1 => ENOENT
		send dev : $(down 10.45.0.5)
		expect peer : gtp1 teid=14 / $(down 10.45.0.5)
		dump ns=$GSN
		dumped 1

		cleanup
		delpdp ns=$GSN link=gtp0 version=1 i_tei=4
		delpdp ns=$GSN link=gtp0 version=1 i_tei=1

		test NLM_F_REPLACE with the keys of two contexts: EEXIST, and both are as they were
		differs $replace
		$new link=gtp0 version=1 i_tei=1 o_tei=11 ms=10.45.0.1 peer=192.0.2.2
		$new link=gtp0 version=1 i_tei=2 o_tei=12 ms=10.45.0.2 peer=192.0.2.2
		$new flags=replace link=gtp0 version=1 i_tei=1 o_tei=99 ms=10.45.0.2 peer=192.0.2.3 => EEXIST
		says another
		dump ns=$GSN
		dumped 2
		dumped has version=1 link=gtp0@$GSN family=2 ms=10.45.0.1 peer=192.0.2.2 i_tei=1 o_tei=11
		dumped has version=1 link=gtp0@$GSN family=2 ms=10.45.0.2 peer=192.0.2.2 i_tei=2 o_tei=12

		test NLM_F_REPLACE by another version
		differs $replace
		$new flags=replace link=gtp0 version=0 tid=5 flow=6 ms=10.45.0.1 peer=192.0.2.2
		$get link=gtp0 version=1 i_tei=1 => ENOENT
		$get link=gtp0 version=0 tid=5
		reply version=0 link=gtp0@$GSN family=2 ms=10.45.0.1 peer=192.0.2.2 tid=5 flow=6

		test a replacement that is refused changes nothing
		$new flags=replace link=gtp0 version=1 i_tei=2 o_tei=77 ms=10.45.0.2 => EINVAL
		$new flags=replace link=gtp0 version=1 i_tei=2 o_tei=77 ms=10.45.0.2 peer6=2001:db8::1 => EAFNOSUPPORT
		$get link=gtp0 version=1 i_tei=2
		reply version=1 link=gtp0@$GSN family=2 ms=10.45.0.2 peer=192.0.2.2 i_tei=2 o_tei=12
		cleanup
		dellink ns=$GSN dev=gtp0
		close a b dev
	END
}

# The only update that gets as far as to change something, and then fails.
failing() {
	cat <<-END
		test an update that fails: EADDRNOTAVAIL
		udp six ns=$GSN v6 v6only=1
		newlink ns=$GSN name=gtp6 fd1=six
		$new link=gtp6 version=1 i_tei=1 o_tei=11 family=10 ms6=2001:db8:1:: peer6=2001:db8::1
		$new link=gtp6 version=1 i_tei=1 o_tei=12 family=10 ms6=2001:db8:2::1 peer6=2001:db8::2 => EADDRNOTAVAIL

		test an update that failed has changed nothing
		differs $rehash
		$get link=gtp6 version=1 i_tei=1 family=10
		reply version=1 link=gtp6@$GSN family=10 ms6=2001:db8:1:: peer6=2001:db8::1 i_tei=1 o_tei=11

		test it is found by its MS still
		differs $rehash
		$get link=gtp6 version=1 ms6=2001:db8:1:: family=10
		reply version=1 link=gtp6@$GSN family=10 ms6=2001:db8:1:: peer6=2001:db8::1 i_tei=1 o_tei=11
		cleanup
		dellink ns=$GSN dev=gtp6
		close six

		test MS addresses of one /64 are one
		udp six ns=$GSN v6 v6only=1
		newlink ns=$GSN name=gtp6 fd1=six
		$new link=gtp6 version=1 i_tei=1 o_tei=11 family=10 ms6=2001:db8:1:: peer6=2001:db8::1
		$new flags=excl link=gtp6 version=1 i_tei=2 o_tei=11 family=10 ms6=2001:db8:1::5 peer6=2001:db8::1 => EEXIST
		cleanup
		dellink ns=$GSN dev=gtp6
	END
}

(updates && replaces && failing) | gt

# --- Under traffic ----------------------------------------------------------

# Both ends of a tunnel; the GSN's context is replaced all the time, its TEID
# towards us (which PEER would have to follow) excepted.
tunnel() {
	"$IP" -n "$GSN" -batch - <<-END
		link add gtp0 type gtp role ggsn
		addr add 10.99.0.1/32 dev gtp0
		link set gtp0 up
		route add 10.45.0.0/24 dev gtp0
	END
	"$IP" -n "$PEER" -batch - <<-END
		link add gtp0 type gtp role sgsn
		addr add 10.45.0.1/32 dev gtp0
		link set gtp0 up
		route add 10.99.0.1/32 dev gtp0 src 10.45.0.1
	END
	gtptest newpdp ns="$GSN" link=gtp0 version=1 i_tei=1 o_tei=2 ms=10.45.0.1 peer=192.0.2.2 >/dev/null
	gtptest newpdp ns="$PEER" link=gtp0 version=1 i_tei=2 o_tei=1 ms=10.45.0.1 peer=192.0.2.1 >/dev/null
}

# swaps: replaces the context, peer address there and back, as long as it runs.
# shellcheck disable=SC2317 # called by way of check
swaps() {
	local n

	echo "test swaps"
	for n in {1..2500}; do
		echo "newpdp ns=$GSN flags=replace link=gtp0 version=1 i_tei=1 o_tei=2 ms=10.45.0.1 peer=192.0.2.$((2 + n % 2))"
	done
}

# nothing_lost: what a flood of pings lost while the context was replaced.
# shellcheck disable=SC2317 # called by way of check
nothing_lost() {
	local work pinger lost

	work=$(mktemp -d)
	"$IP" netns exec "$GSN" ping -q -f -w 20 -c 200000 10.45.0.1 >"$work/ping" 2>&1 &
	pinger=$!
	swaps | gtptest run >"$work/swaps" 2>&1
	kill -INT "$pinger" 2>/dev/null
	wait "$pinger"
	lost=$(sed -n 's/^\([0-9]*\) packets transmitted, \([0-9]*\) received.*/\1 \2/p' "$work/ping")
	cat "$work/ping"
	grep -a '^pass' "$work/swaps" || {
		cat -v "$work/swaps"
		rm -r "$work"
		return 1
	}
	rm -r "$work"
	# The last one may be under way when the flood is ended.
	read -r sent received <<<"${lost:-0 0}"
	[ "$received" -gt 200 ] && [ "$((sent - received))" -le 1 ]
}

tunnel
check "a tunnel" "$IP" netns exec "$GSN" ping -q -c 2 -W 5 10.45.0.1
known_difference "$replace"
check "no packet is lost while a context is replaced all the time" nothing_lost

# The counters are the device's and go on.
gt <<-END
	test the device's counters see every packet
	linkerrors ns=$GSN dev=gtp0
	linkerrors ns=$PEER dev=gtp0
END

# numbered: floods with packets of version 0 while their context is replaced all the time. Each
# has taken a number that no other one has: the next one's is as many as there were.
# shellcheck disable=SC2317 # called by way of check
numbered() {
	local work count n flooder status=0
	local context=(link=gtp0 version=0 tid=5 flow=6 ms=10.45.0.3)

	work=$(mktemp -d)
	count=$(scaled 20000 2000)
	gtptest newpdp ns="$GSN" "${context[@]}" peer=192.0.2.2 >/dev/null
	gtptest run >"$work/flood" 2>&1 <<-END &
		capture dev ns=$GSN dev=gtp0
		test flood
		flood dev count=$count : $(down 10.45.0.3)
	END
	flooder=$!
	{
		echo "test swaps"
		for n in {1..2500}; do
			echo "newpdp ns=$GSN flags=replace ${context[*]} peer=192.0.2.$((2 + n % 2))"
		done
	} | gtptest run >"$work/swaps" 2>&1
	wait "$flooder"
	gtptest run >"$work/next" 2>&1 <<-END
		capture dev ns=$GSN dev=gtp0
		capture wire ns=$PEER dev=net0 only=17
		test next
		send dev : $(down 10.45.0.3)
		expect wire timeout=2000 : ip4 src=192.0.2.1 dst=192.0.2.2 id=* / udp 3386 3386 / gtp0 tid=5 flow=6 seq=$count / $(down 10.45.0.3)
	END
	for n in flood swaps next; do
		grep -aq '^pass' "$work/$n" || {
			cat -v "$work/$n"
			status=1
		}
	done
	rm -r "$work"
	return "$status"
}

known_difference "$replace"
check "no number of version 0 is used twice while a context is replaced all the time" numbered

finish
