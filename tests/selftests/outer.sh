#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# The outer header: ECN both ways, traffic class, hop limit, the sequence numbers
# of version 0, what the inner packet must not leave on it, and where it is routed.
#
#   +-------------- GSN --------------+          +------------- PEER -------------+
#   | gtp0                            |   net0   |                                |
#   |   192.0.2.1, 2001:db8:a::1      |----------|  192.0.2.2, 2001:db8:a::2      |
#   |                                 |   net1   |                                |
#   |   198.51.100.1, 2001:db8:b::1   |----------|  198.51.100.2, 2001:db8:b::2   |
#   | lo  10.99.0.1                   |          |  lo 203.0.113.9, 2001:db8:f::9 |
#   +---------------------------------+          +--------------------------------+
#
#   MS 10.45.0.2, 2001:db8:45:2::/64 (v1: TEID 1), 10.45.0.3 (v0: TID 1)

# shellcheck source-path=SCRIPTDIR source=lib.sh
. "${0%/*}/lib.sh"

# The rows of the list of differences.
ecn="ECN of the outer header lost"
route6="IPv6 outer: routed in the link's netns instead of the socket's; carries the inner flow's conntrack"

netns GSN
netns PEER
netns FAR
# shellcheck disable=SC2153 # netns sets them
with_ipv6 "$GSN" "$PEER" "$FAR"
pair "$GSN" 192.0.2.1/24 "$PEER" 192.0.2.2/24
"$IP" -n "$GSN" link add net1 type veth peer name net1 netns "$PEER"
"$IP" -n "$GSN" -batch - <<-END
	link set net1 up
	addr add 2001:db8:a::1/64 dev net0 nodad
	addr add 198.51.100.1/24 dev net1
	addr add 2001:db8:b::1/64 dev net1 nodad
	addr add 10.99.0.1/32 dev lo
END
"$IP" -n "$PEER" -batch - <<-END
	link set net1 up
	addr add 2001:db8:a::2/64 dev net0 nodad
	addr add 198.51.100.2/24 dev net1
	addr add 2001:db8:b::2/64 dev net1 nodad
	addr add 203.0.113.9/32 dev lo
	addr add 2001:db8:f::9/128 dev lo nodad
END
for ns in "$GSN" "$PEER"; do
	"$IP" netns exec "$ns" ethtool -K net1 tx off >/dev/null
done
# From the far namespace one reaches the peer by another way.
"$IP" -n "$FAR" link add net2 type veth peer name net2 netns "$PEER"
"$IP" -n "$FAR" -batch - <<-END
	link set net2 up
	addr add 198.18.0.1/24 dev net2
	addr add 2001:db8:c::1/64 dev net2 nodad
	route add 203.0.113.9/32 via 198.18.0.2
	route add 2001:db8:f::9/128 via 2001:db8:c::2
END
"$IP" -n "$PEER" -batch - <<-END
	link set net2 up
	addr add 198.18.0.2/24 dev net2
	addr add 2001:db8:c::2/64 dev net2 nodad
END

# neighbour NS DEVICE ADDRESS: known for good, so that nothing waits for its answer.
neighbour() {
	"$IP" -n "$1" neigh replace "$3" dev "$2" nud permanent \
		lladdr "$("$IP" -n "$PEER" -br link show "$2" | awk '{ print $3 }')"
}
neighbour "$GSN" net0 2001:db8:a::2
neighbour "$GSN" net1 2001:db8:b::2
neighbour "$FAR" net2 2001:db8:c::2

export GSN IP

# context FAMILY [PEER]: of version 1, for both inner families, and of version 0.
contexts() {
	local to=peer=${2:-192.0.2.2}

	[ "$1" = 4 ] || to=peer6=${2:-2001:db8:a::2}
	cat <<-END
		newpdp ns=$GSN link=gtp0 version=1 i_tei=1 o_tei=1 ms=10.45.0.2 $to
		newpdp ns=$GSN link=gtp0 version=1 i_tei=1 o_tei=1 ms6=2001:db8:45:2:: family=10 $to
		capture in4 ns=$GSN dev=gtp0 only=17
		capture in6 ns=$GSN dev=gtp0 family=6 only=17
	END
}

# link FAMILY: kernel sockets, and the wire.
link() {
	local local=local=192.0.2.1 ping=192.0.2.2

	[ "$1" = 4 ] || local=local6=2001:db8:a::1 ping=2001:db8:a::2
	cat <<-END
		newlink ns=$GSN name=gtp0 up create=1 $local
		retry sh $IP netns exec $GSN ping -c 1 -W 1 $ping
		capture wire ns=$PEER dev=net0 family=$1 only=17
		sock raw4 ns=$PEER kind=rawip
		sock raw6 ns=$PEER kind=rawip6
	END
	contexts "$1"
}

end() {
	cat <<-END
		cleanup
		dellink ns=$GSN dev=gtp0
		close in4 in6 wire raw4 raw6
	END
}

# down FAMILY CLASS, up FAMILY CLASS: a T-PDU of that TOS or traffic class.
down() {
	[ "$1" = 4 ] && echo "ip4 src=10.99.0.1 dst=10.45.0.2 tos=$2 / udp 1 2 / text T-PDU" ||
		echo "ip6 src=2001:db8:99::1 dst=2001:db8:45:2::1 tc=$2 / udp 1 2 / text T-PDU"
}
up() {
	[ "$1" = 4 ] && echo "ip4 src=10.45.0.2 dst=10.99.0.1 tos=$2 / udp 1 2 / text T-PDU" ||
		echo "ip6 src=2001:db8:45:2::1 dst=2001:db8:99::1 tc=$2 / udp 1 2 / text T-PDU"
}

# sent FAMILY CLASS [MORE]: the outer headers of what is sent.
sent() {
	[ "$1" = 4 ] && echo "ip4 src=192.0.2.1 dst=192.0.2.2 id=* tos=$2 ${3:+ttl=$3} / udp 2152 2152" ||
		echo "ip6 src=2001:db8:a::1 dst=2001:db8:a::2 tc=$2 ${3:+hlim=$3} / udp 2152 2152"
}

# received FAMILY CLASS INNER: an outer packet of that class, from the peer.
received() {
	if [ "$1" = 4 ]; then
		echo "send raw4 to=192.0.2.1:0 : ip4 src=192.0.2.2 dst=192.0.2.1 id=1 tos=$2 / udp 2152 2152 / gtp1 teid=1 / $3"
	else
		echo "send raw6 to=[2001:db8:a::1]:0 : ip6 src=2001:db8:a::2 dst=2001:db8:a::1 tc=$2 / udp 2152 2152 / gtp1 teid=1 / $3"
	fi
}

# What the table of RFC 6040 4.2 makes of inner and outer field, in numbers: 0
# not-ECT, 1 ECT(1), 2 ECT(0), 3 CE; x: dropped.
combined() {
	case $1$2 in
	03) echo x ;;
	0?) echo 0 ;;
	?3 | 3?) echo 3 ;;
	21) echo 1 ;;
	*) echo "$1" ;;
	esac
}

marks() {
	local f=$1 i inner outer result

	link "$f"
	for i in 4 6; do
		for inner in 0 1 2 3; do
			cat <<-END
				test IPv$i in IPv$f: class $((0xb8 | inner)) is copied outside
				send in$i : $(down $i $((0xb8 | inner)))
				expect wire : $(sent "$f" $((0xb8 | inner))) / gtp1 teid=1 / $(down $i $((0xb8 | inner)))
			END
			for outer in 0 1 2 3; do
				result=$(combined $inner $outer)
				echo "test IPv$i in IPv$f: field $outer outside, $inner inside make $result"
				[ "$result" = $inner ] || echo "differs $ecn"
				received "$f" $((0x28 | outer)) "$(up $i $((0x48 | inner)))"
				[ "$result" = x ] || echo "expect in$i timeout=400 : $(up $i $((0x48 | result)))"
				received "$f" 0 "$(up $i 0xfc)"
				echo "expect in$i timeout=400 : $(up $i 0xfc)"
			done
		done
	done
	end
}

# The outer hop limit is the route's, or the namespace's.
hops() {
	local f=$1

	link "$f"
	cat <<-END
		test IPv$f: the hop limit is the namespace's
		sh $IP netns exec $GSN sysctl -qw net.ipv4.ip_default_ttl=33 net.ipv6.conf.all.hop_limit=33 net.ipv6.conf.net0.hop_limit=33
		send in4 : $(down 4 0)
		expect wire : $(sent "$f" 0 33) / gtp1 teid=1 / $(down 4 0)

		test IPv$f: the hop limit is the route's
		sh $IP -n $GSN route add 192.0.2.2/32 dev net0 src 192.0.2.1 hoplimit 9
		sh $IP -n $GSN route add 2001:db8:a::2/128 dev net0 hoplimit 9
		send in6 : $(down 6 0)
		expect wire : $(sent "$f" 0 9) / gtp1 teid=1 / $(down 6 0)

		cleanup
		sh $IP -n $GSN route del 192.0.2.2/32 dev net0
		sh $IP -n $GSN route del 2001:db8:a::2/128 dev net0
		sh $IP netns exec $GSN sysctl -qw net.ipv4.ip_default_ttl=64 net.ipv6.conf.all.hop_limit=64 net.ipv6.conf.net0.hop_limit=64
	END
	end
}

sequence() {
	local dl="ip4 src=10.99.0.1 dst=10.45.0.3 / udp 1 2" n

	cat <<-END
		newlink ns=$GSN name=gtp0 up create=1 local=192.0.2.1
		newpdp ns=$GSN link=gtp0 version=0 tid=1 flow=2 ms=10.45.0.3 peer=192.0.2.2
		newpdp ns=$GSN link=gtp0 version=0 tid=2 flow=2 ms=10.45.0.4 peer=192.0.2.2
		capture in4 ns=$GSN dev=gtp0 only=17
		udp peer0 ns=$PEER bind=192.0.2.2:3386

		test version 0 counts from 0
		send in4 : $dl
		expect peer0 : gtp0 tid=1 flow=2 seq=0 / $dl
		send in4 : $dl
		expect peer0 : gtp0 tid=1 flow=2 seq=1 / $dl

		cleanup
		close peer0
		flood in4 count=65532 : $dl
		udp peer0 ns=$PEER bind=192.0.2.2:3386

		test version 0 counts to 65535 and goes on with 0
		differs v0 sequence skips 65535
	END
	for n in 65534 65535 0 1; do
		cat <<-END
			send in4 : $dl
			expect peer0 : gtp0 tid=1 flow=2 seq=$n / $dl
		END
	done
	cat <<-END
		test another context of version 0 counts for itself
		send in4 : ip4 src=10.99.0.1 dst=10.45.0.4 / udp 1 2
		drain peer0
		send in4 : ip4 src=10.99.0.1 dst=10.45.0.4 / udp 1 2
		expect peer0 : gtp0 tid=2 flow=2 seq=1 / ip4 src=10.99.0.1 dst=10.45.0.4 / udp 1 2

		cleanup
		dellink ns=$GSN dev=gtp0
		close in4 peer0
	END
}

# Packets that a rule of the firewall in namespace $1 has counted under $2.
# shellcheck disable=SC2317 # called by gtptest
counted() {
	nsenter --net="/run/netns/$1" nft list counter inet gtp "$2" |
		awk '$1 == "packets" { n = $2 } END { print n; exit n == 0 }'
}
export -f counted

# shellcheck disable=SC2317 # called by check
firewall() {
	"$IP" netns exec "$1" nft -f - <<-END
		table inet gtp {
			counter inner { }
			counter leaked { }
			counter own { }
			counter marked { }
			chain output {
				type filter hook output priority 0;
				udp dport 6000 ct state new,established counter name inner
				udp dport 2152 ct original proto-dst 6000 counter name leaked
				udp dport 2152 ct original proto-dst 2152 counter name own
				udp dport 2152 meta mark 7 counter name marked
			}
		}
	END
}

# The inner flow's connection tracking and mark, in the socket's namespace.
scrub() {
	local f=$1

	link "$f"
	cat <<-END
		sh $IP -n $GSN route add 10.45.0.0/16 dev gtp0
		udp app ns=$GSN bind=10.99.0.1:5000 mark=7

		test over IPv$f: the outer packet is a connection of its own
		$([ "$f" = 4 ] || echo "differs $route6")
		sh nsenter --net=/run/netns/$GSN nft reset counters
		send app to=10.45.0.2:6000 : text T-PDU
		expect wire : $(sent "$f" 0) / gtp1 teid=1 / ip4 src=10.99.0.1 dst=10.45.0.2 df id=* / udp 5000 6000 / text T-PDU
		sh counted $GSN inner
		sh counted $GSN leaked => 1
		sh counted $GSN own

		test over IPv$f: the mark stays in the namespace
		sh counted $GSN marked

		cleanup
		close app
	END
	end
}

# Sockets of another namespace than the link's.
far() {
	local f=$1 bind to peer wire

	if [ "$f" = 4 ]; then
		bind=198.18.0.1:2152 to=203.0.113.9 peer=203.0.113.9:2152
		wire="ip4 src=198.18.0.1 dst=203.0.113.9 id=* / udp 2152 2152"
	else
		bind='[2001:db8:c::1]:2152' to=2001:db8:f::9 peer='[2001:db8:f::9]:2152'
		wire="ip6 src=2001:db8:c::1 dst=2001:db8:f::9 / udp 2152 2152"
	fi
	cat <<-END
		udp fd1 ns=$FAR bind=$bind
		newlink ns=$GSN name=gtp0 up fd1=fd1
		capture wire ns=$PEER dev=net2 family=$f only=17
		udp peer1 ns=$PEER bind=$peer
	END
	contexts "$f" $to
	cat <<-END
		sh $IP -n $GSN route add 10.45.0.0/16 dev gtp0
		udp app ns=$GSN bind=10.99.0.1:5000 mark=7

		test over IPv$f: routed in the socket's namespace, without mark and connection
		$([ "$f" = 4 ] || echo "differs $route6")
		sh nsenter --net=/run/netns/$FAR nft reset counters
		send app to=10.45.0.2:6000 : text T-PDU
		expect wire timeout=5000 : $wire / gtp1 teid=1 / ip4 src=10.99.0.1 dst=10.45.0.2 df id=* / udp 5000 6000 / text T-PDU
		sh counted $FAR own
		sh counted $FAR leaked => 1
		sh counted $FAR marked => 1

		cleanup
		dellink ns=$GSN dev=gtp0
		close in4 in6 wire app fd1 peer1
	END
}

# ways FAMILY: two ways to the peer, of which the socket says one.
ways() {
	local f=$1 to=203.0.113.9 any="bind=0.0.0.0:2152" n

	if [ "$f" = 6 ]; then
		to=2001:db8:f::9 any="v6 v6only=1 bind=[::]:2152"
	fi
	cat <<-END
		capture wire0 ns=$PEER dev=net0 family=$f only=17
		capture wire1 ns=$PEER dev=net1 family=$f only=17
		udp app ns=$PEER $any
	END
	# took NAME SOCKET WIRE SOURCE [STATEMENT]
	took() {
		local from="ip4 src=$4 dst=$to id=*"

		[ "$f" = 4 ] || from="ip6 src=$4 dst=$to"
		cat <<-END
			cleanup
			udp fd1 ns=$GSN $any $2
			newlink ns=$GSN name=gtp0 up fd1=fd1
		END
		contexts "$f" $to
		cat <<-END
			drain wire0 wire1

			test IPv$f: $1
			${5:-}
			send in4 : $(down 4 0)
			expect $3 timeout=5000 : $from / udp 2152 2152 / gtp1 teid=1 / $(down 4 0)
			silent wire0 wire1 for=5

			cleanup
			dellink ns=$GSN dev=gtp0
			close in4 in6 fd1
		END
	}
	if [ "$f" = 4 ]; then
		n=(192.0.2.1 198.51.100.1)
	else
		n=(2001:db8:a::1 2001:db8:b::1)
	fi
	took "a socket that says nothing takes the best route" "" wire0 "${n[0]}"
	took "a socket that is bound to a device takes the route there" dev=net1 wire1 "${n[1]}"
	took "a socket with a mark takes the route of its rule" mark=5 wire1 "${n[1]}" \
		"differs outer route: the socket's mark is not looked at"
	took "a socket with another mark does not" mark=6 wire0 "${n[0]}"
	echo "cleanup"
	echo "close wire0 wire1 app"
}

"$IP" -n "$GSN" -batch - <<-END
	route add 203.0.113.9/32 via 192.0.2.2 metric 1
	route add 203.0.113.9/32 via 198.51.100.2 metric 2
	route add 2001:db8:f::9/128 via 2001:db8:a::2 metric 1
	route add 2001:db8:f::9/128 via 2001:db8:b::2 metric 2
	rule add fwmark 5 lookup 100
	route add 203.0.113.9/32 via 198.51.100.2 table 100
	route add 2001:db8:f::9/128 via 2001:db8:b::2 table 100
END
"$IP" -n "$GSN" -6 rule add fwmark 5 lookup 100
check "the firewall of the link's namespace" firewall "$GSN"
check "the firewall of the socket's namespace" firewall "$FAR"

marks 4 | gt
marks 6 | gt
hops 4 | gt
hops 6 | gt
sequence | gt
scrub 4 | gt
scrub 6 | gt
far 4 | gt
far 6 | gt
ways 4 | gt
ways 6 | gt
finish

