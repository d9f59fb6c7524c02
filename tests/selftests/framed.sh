#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Framed routes: prefixes behind an MS. Which packets they take and which they let in, how
# long they live, what requests and replies say of them, and that they change under traffic.
#
#   +------------ GSN -----------+          +----------- PEER ------------+
#   | gtp0                       |   net0   | gtp0 (in one test)          |
#   |   192.0.2.1                |----------| 192.0.2.2                   |
#   | lo  10.99.0.1              |   1500   | lo  172.16.5.1              |
#   +----------------------------+          +-----------------------------+

# Functions are called by `check` and by gtptest.
# shellcheck disable=SC2317
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "${0%/*}/lib.sh"

if [ "$DRIVER" = c ]; then
	ktap_skip "framed routes" "the C driver knows no prefix behind an MS"
	finish
fi

netns GSN
netns PEER
pair "$GSN" 192.0.2.1/24 "$PEER" 192.0.2.2/24
"$IP" -n "$GSN" addr add 10.99.0.1/32 dev lo
with_ipv6 "$GSN"

new="newpdp ns=$GSN link=gtp0 version=1 peer=192.0.2.2"
del="delpdp ns=$GSN link=gtp0 version=1"
route="newroute ns=$GSN link=gtp0"
unroute="delroute ns=$GSN link=gtp0"
get="getroute ns=$GSN link=gtp0"
v1=192.0.2.1:2152
export GSN PEER IP

# v4 A B: an IPv4 packet; v6 A B: an IPv6 one.
v4() {
	echo "ip4 src=$1 dst=$2 / udp 2 1 / text data"
}
v6() {
	echo "ip6 src=$1 dst=$2 / udp 2 1 / text data"
}
far4=203.0.113.9
far6=2001:db8:99::9
# What packets are from, and to: "down" is the way into the tunnel.
down() {
	case $1 in
	*:*) $swap v6 $far6 "$1" ;;
	*) $swap v4 $far4 "$1" ;;
	esac
}
up() {
	case $1 in
	*:*) $swap v6 "$1" $far6 ;;
	*) $swap v4 "$1" $far4 ;;
	esac
}
swapped() {
	"$1" "$3" "$2"
}
swap=

# at ADDRESS: what sends to, and receives from, the link.
at() {
	case $1 in
	*:*) echo dev6 ;;
	*) echo dev ;;
	esac
}

# goes ADDRESS TEID: a packet for it goes into that tunnel; from there one of it comes in.
goes() {
	cat <<-END
		send $(at "$1") : $(down "$1")
		expect peer : gtp1 teid=$2 / $(down "$1")
		send peer to=$v1 : gtp1 teid=$2 / $(up "$1")
		expect $(at "$1") : $(up "$1")
	END
}

# nowhere ADDRESS: a packet for it is dropped.
nowhere() {
	cat <<-END
		count ns=$GSN dev=gtp0
		send $(at "$1") : $(down "$1")
		silent peer for=20
		counted ns=$GSN dev=gtp0 tx_errors=1
	END
}

# spoofed ADDRESS TEID: a packet of it from that tunnel is dropped.
spoofed() {
	cat <<-END
		count ns=$GSN dev=gtp0
		send peer to=$v1 : gtp1 teid=$2 / $(up "$1")
		silent $(at "$1") for=20
		counted ns=$GSN dev=gtp0 rx_dropped=1
	END
}

# begin [LINK]: a link with the MSs 1 and 2 of both families.
begin() {
	cat <<-END
		newlink ns=$GSN name=gtp0 up create=1 local=192.0.2.1 ${1:-}
		retry sh $IP netns exec $GSN ping -c 1 -W 1 192.0.2.2
		$new i_tei=1 o_tei=1 ms=10.45.0.1
		$new i_tei=2 o_tei=2 ms=10.45.0.2
		$new i_tei=1 o_tei=1 family=10 ms6=2001:db8:1::
		$new i_tei=2 o_tei=2 family=10 ms6=2001:db8:2::
		udp peer ns=$PEER bind=192.0.2.2:2152
		capture dev ns=$GSN dev=gtp0 only=17
		capture dev6 ns=$GSN dev=gtp0 family=6 only=17
	END
}

end() {
	cat <<-END
		cleanup
		dellink ns=$GSN dev=gtp0
		close peer dev dev6
	END
}

requests() {
	begin
	cat <<-END
		subscribe ear ns=$GSN

		test a route is told of, and is what a reply and a dump say
		$route dst=172.16.0.0 dstlen=16 ms=10.45.0.1
		notified ear cmd=newroute link=gtp0@$GSN ms=10.45.0.1 dst=172.16.0.0 dstlen=16
		$route dst6=2001:db8:f000:: dstlen=36 ms6=2001:db8:2::
		notified ear cmd=newroute link=gtp0@$GSN ms6=2001:db8:2:: dst6=2001:db8:f000:: dstlen=36
		$get dst=172.16.0.0 dstlen=16
		reply cmd=newroute link=gtp0@$GSN ms=10.45.0.1 dst=172.16.0.0 dstlen=16
		dump ns=$GSN cmd=getroute
		dumped 2 unique multi cmd=newroute
		dumped has link=gtp0@$GSN ms6=2001:db8:2:: dst6=2001:db8:f000:: dstlen=36
		dumped padded

		test a dump is of the link that it names
		newlink ns=$GSN name=gtp1 fd1=-1
		dump ns=$GSN cmd=getroute link=gtp1
		dumped 0
		dump ns=$GSN cmd=getroute link=gtp0
		dumped 2
		dump ns=$GSN cmd=getroute link=1 => ENODEV
		dellink ns=$GSN dev=gtp1

		test a prefix has one route, which may be replaced
		$route dst=172.16.0.0 dstlen=16 ms=10.45.0.2 => EEXIST
		says This prefix has a route: NLM_F_REPLACE would change it
		$route flags=replace dst=172.16.0.0 dstlen=16 ms=10.45.0.2
		notified ear cmd=newroute link=gtp0@$GSN ms=10.45.0.2 dst=172.16.0.0 dstlen=16
		$route flags=replace dst=172.16.0.0 dstlen=16 ms=10.45.0.2
		notified ear cmd=newroute link=gtp0@$GSN ms=10.45.0.2 dst=172.16.0.0 dstlen=16
		dump ns=$GSN cmd=getroute
		dumped 2

		test another length is another prefix
		$get dst=172.16.0.0 dstlen=17 => ENOENT
		$unroute dst=172.16.0.0 dstlen=15 => ENOENT
		$route dst=172.16.0.0 dstlen=17 ms=10.45.0.1
		notified ear cmd=newroute link=gtp0@$GSN ms=10.45.0.1 dst=172.16.0.0 dstlen=17
		$unroute dst=172.16.0.0 dstlen=17
		notified ear cmd=delroute link=gtp0@$GSN ms=10.45.0.1 dst=172.16.0.0 dstlen=17
		$unroute dst=172.16.0.0 dstlen=17 => ENOENT

		test an MS has 64 routes and no more, and room again when one is gone
		sh routes_of 10.45.0.1 64
		$route dst=172.17.1.0 dstlen=32 ms=10.45.0.1 => ENOSPC
		says The MS has 64 routes: delete one first
		$route flags=replace dst=172.17.0.7 dstlen=32 ms=10.45.0.1
		$route flags=replace dst=172.16.0.0 dstlen=16 ms=10.45.0.1 => ENOSPC
		$unroute dst=172.17.0.7 dstlen=32
		$route flags=replace dst=172.16.0.0 dstlen=16 ms=10.45.0.1
		close ear
	END
	# refused ERRNO BLAMES ATTRIBUTES
	refused() {
		local errno=$1 blamed=$2

		shift 2
		echo "test $errno: $*"
		echo "newroute ns=$GSN $* => $errno"
		[ -z "$blamed" ] || echo "$blamed"
		echo extacks
	}
	refused EINVAL "misses link" dst=10.1.0.0 dstlen=16 ms=10.45.0.1
	refused ENODEV "blames link" link=1 dst=10.1.0.0 dstlen=16 ms=10.45.0.1
	refused EINVAL "misses dst" link=gtp0 dstlen=16 ms=10.45.0.1
	refused EINVAL "misses dstlen" link=gtp0 dst=10.1.0.0 ms=10.45.0.1
	refused EINVAL "misses ms" link=gtp0 dst=10.1.0.0 dstlen=16
	refused EINVAL "blames dst" link=gtp0 dst=10.1.0.0 dstlen=15 ms=10.45.0.1
	refused EINVAL "blames dst" link=gtp0 dst=10.1.0.1 dstlen=31 ms=10.45.0.1
	refused EINVAL "blames dst" link=gtp0 dst=0.0.0.1 dstlen=0 ms=10.45.0.1
	refused EINVAL "blames dstlen" link=gtp0 dst=10.1.0.0 dstlen=33 ms=10.45.0.1
	refused EINVAL "blames dstlen" link=gtp0 dst6=2001:: dstlen=129 ms6=2001:db8:1::
	refused EINVAL "blames dst6" link=gtp0 dst6=2001::1 dstlen=127 ms6=2001:db8:1::
	refused EINVAL "blames dst" link=gtp0 dst:hex=0a010000ff dstlen=16 ms=10.45.0.1
	refused ERANGE "" link=gtp0 dst:hex=0a0100 dstlen=16 ms=10.45.0.1
	refused EINVAL "blames ms6" link=gtp0 dst=10.1.0.0 dstlen=16 ms=10.45.0.1 ms6=2001:db8:1::
	refused EINVAL "blames ms6" link=gtp0 dst=10.1.0.0 dstlen=16 ms6=2001:db8:1::
	refused EINVAL "blames ms" link=gtp0 dst6=2001:: dstlen=16 ms=10.45.0.1
	refused EADDRNOTAVAIL "blames ms6" link=gtp0 dst6=2001:: dstlen=16 ms6=2001:db8:1::1
	refused EINVAL "" link=gtp0 dst=10.1.0.0 dstlen:u16=16 ms=10.45.0.1
	refused EINVAL "" link=gtp0 dst=10.1.0.0 dstlen=16 ms=10.45.0.1 99:u8=1
	refused ENOENT "says No context of a default bearer has this address of the MS" \
		link=gtp0 dst=10.1.0.0 dstlen=16 ms=10.45.0.9
	cat <<-END
		test ENOENT: a dedicated bearer has no routes
		$new i_tei=9 o_tei=9 ms=10.45.0.9 bearer=5
		$route dst=10.1.0.0 dstlen=16 ms=10.45.0.9 => ENOENT
		extacks
	END
	end
}

# routes_of MS N
routes_of() {
	local n

	for ((n = 0; n < $2; n++)); do
		gtptest newroute ns="$GSN" link=gtp0 dst=172.17.0."$n" dstlen=32 ms="$1" >/dev/null || return 1
	done
}
export -f routes_of

longest() {
	begin "$1"
	cat <<-END
		test $2: without a route nothing goes, and nothing comes in
		$(nowhere 172.16.5.1)
		$(spoofed 172.16.5.1 1)
		$(nowhere 2001:db8:f000::1)
		$(spoofed 2001:db8:f000::1 1)

		test $2: the MS's own address is its own
		$(goes 10.45.0.1 1)
		$(goes 2001:db8:1::7 1)

		test $2: a prefix
		$route dst=172.16.0.0 dstlen=16 ms=10.45.0.1
		$(goes 172.16.0.0 1)
		$(goes 172.16.255.255 1)
		$(nowhere 172.17.0.0)
		$(nowhere 172.15.255.255)
		$(spoofed 172.16.5.1 2)
		$(spoofed 172.17.0.1 1)
		$(goes 10.45.0.1 1)
		$(spoofed 10.45.0.2 1)

		test $2: a longer one within
		$route dst=172.16.5.0 dstlen=24 ms=10.45.0.2
		$(goes 172.16.5.1 2)
		$(goes 172.16.6.1 1)
		$(spoofed 172.16.5.1 1)
		$(spoofed 172.16.6.1 2)

		test $2: a single address within that
		$route dst=172.16.5.9 dstlen=32 ms=10.45.0.1
		$(goes 172.16.5.9 1)
		$(goes 172.16.5.8 2)
		$(spoofed 172.16.5.9 2)

		test $2: several addresses on one TEID
		$route dst=10.46.0.1 dstlen=32 ms=10.45.0.1
		$route dst=10.46.0.2 dstlen=32 ms=10.45.0.1
		$(goes 10.46.0.1 1)
		$(goes 10.46.0.2 1)
		$(nowhere 10.46.0.3)

		test $2: all that is left
		$route dst=0.0.0.0 dstlen=0 ms=10.45.0.2
		$(goes 8.8.8.8 2)
		$(goes 172.16.5.9 1)
		$(goes 10.45.0.1 1)
		$(spoofed 8.8.8.8 1)
		$(nowhere 2001:db8:f000::1)

		test $2: and what takes an address of another MS does not get it
		$route dst=10.45.0.0 dstlen=24 ms=10.45.0.2
		$route dst=10.45.0.1 dstlen=32 ms=10.45.0.2
		$(goes 10.45.0.1 1)
		$(goes 10.45.0.77 2)
		$(spoofed 10.45.0.1 2)

		test $2: a route that goes leaves its addresses to the next
		$unroute dst=172.16.5.0 dstlen=24
		$(goes 172.16.5.1 1)
		$(goes 172.16.5.9 1)
		$unroute dst=172.16.0.0 dstlen=16
		$(goes 172.16.5.1 2)

		test $2: a prefix of IPv6
		$route dst6=2001:db8:f000:: dstlen=36 ms6=2001:db8:1::
		$(goes 2001:db8:f000::1 1)
		$(goes 2001:db8:ffff:ffff:ffff:ffff:ffff:ffff 1)
		$(nowhere 2001:db8:e000::1)
		$(spoofed 2001:db8:f000::1 2)

		test $2: longer ones within, up to a single address
		$route dst6=2001:db8:f000:: dstlen=64 ms6=2001:db8:2::
		$(goes 2001:db8:f000::1 2)
		$(goes 2001:db8:f000:1::1 1)
		$route dst6=2001:db8:f000::1:0 dstlen=112 ms6=2001:db8:1::
		$(goes 2001:db8:f000::1:1 1)
		$(goes 2001:db8:f000::2:1 2)
		$route dst6=2001:db8:f000::1:1 dstlen=128 ms6=2001:db8:2::
		$(goes 2001:db8:f000::1:1 2)
		$(goes 2001:db8:f000::1:2 1)
		$(spoofed 2001:db8:f000::1:1 1)
		$(spoofed 2001:db8:f000::1:2 2)

		test $2: within the prefix of another MS
		$route dst6=2001:db8:1:0:8000:: dstlen=65 ms6=2001:db8:2::
		$(goes 2001:db8:1:0:8000::1 2)
		$(goes 2001:db8:1:0:7fff::1 1)
		$(spoofed 2001:db8:1:0:8000::1 1)
		$(spoofed 2001:db8:1:0:7fff::1 2)
		$route dst6=2001:db8:1:0:8000::7 dstlen=128 ms6=2001:db8:1::
		$(goes 2001:db8:1:0:8000::7 1)
		$unroute dst6=2001:db8:1:0:8000:: dstlen=65
		$(goes 2001:db8:1:0:8000::1 1)

		test $2: a context comes before a route for the same
		$route dst6=2001:db8:1:: dstlen=64 ms6=2001:db8:2::
		$(goes 2001:db8:1::1 1)
		$(spoofed 2001:db8:1::1 2)

		test $2: all of IPv6 that is left
		$route dst6=:: dstlen=0 ms6=2001:db8:2::
		$(goes 2a00::1 2)
		$(goes 2001:db8:1::1 1)
		$(goes 2001:db8:f000:1::1 1)
		$(spoofed 2a00::1 1)
	END
	end
}

lives() {
	begin
	cat <<-END
		test routes go with their MS, and leave others'
		$route dst=172.16.0.0 dstlen=16 ms=10.45.0.1
		$route dst=172.16.7.0 dstlen=24 ms=10.45.0.1
		$route dst=172.16.8.0 dstlen=24 ms=10.45.0.2
		$route dst6=2001:db8:f000:: dstlen=100 ms6=2001:db8:1::
		subscribe ear ns=$GSN
		$del ms=10.45.0.1
		notified ear cmd=delpdp version=1 link=gtp0@$GSN family=2 ms=10.45.0.1 peer=192.0.2.2 i_tei=1 o_tei=1
		notified ear nothing
		close ear
		dump ns=$GSN cmd=getroute
		dumped 2
		$(nowhere 172.16.0.1)
		$(goes 172.16.8.1 2)
		$(goes 2001:db8:f000::1 1)

		test one that comes back has none
		$new i_tei=1 o_tei=1 ms=10.45.0.1
		$(nowhere 172.16.0.1)
		$(spoofed 172.16.0.1 1)
		$route dst=172.16.0.0 dstlen=16 ms=10.45.0.1
		$(goes 172.16.0.1 1)

		test a handover keeps them
		$new flags=replace i_tei=31 o_tei=31 ms=10.45.0.1
		$(goes 172.16.0.1 31)
		$(spoofed 172.16.0.1 2)
		$new i_tei=32 o_tei=32 ms=10.45.0.1
		$(goes 172.16.0.1 32)

		test and so it goes on
		$del ms=10.45.0.1
		dump ns=$GSN cmd=getroute
		dumped 2

		test another address of the MS loses them
		$new i_tei=1 o_tei=1 ms=10.45.0.1
		$route dst=172.16.0.0 dstlen=16 ms=10.45.0.1
		$new i_tei=1 o_tei=1 ms=10.45.0.11
		dump ns=$GSN cmd=getroute
		dumped 2
		$(nowhere 172.16.0.1)
		$(spoofed 172.16.0.1 1)

		test and so does becoming a dedicated bearer
		$route dst=172.16.0.0 dstlen=16 ms=10.45.0.11
		$new i_tei=1 o_tei=1 ms=10.45.0.11 bearer=3
		dump ns=$GSN cmd=getroute
		dumped 2
		$del i_tei=1

		test a dedicated bearer comes and goes without them
		$new i_tei=5 o_tei=5 ms=10.45.0.2 bearer=5
		$(goes 172.16.8.1 2)
		send peer to=$v1 : gtp1 teid=5 / $(up 172.16.8.1)
		expect dev : $(up 172.16.8.1)
		$del ms=10.45.0.2 bearer=5
		$(goes 172.16.8.1 2)

		test they go with the link
		dellink ns=$GSN dev=gtp0
		newlink ns=$GSN name=gtp0 up create=1
		dump ns=$GSN cmd=getroute
		dumped 0
	END
	end
	begin bearersource=1
	cat <<-END
		test a bearer is chosen for what is behind an MS
		$new i_tei=5 o_tei=5 ms=10.45.0.2 bearer=5
		$new i_tei=5 o_tei=5 family=10 ms6=2001:db8:2:: bearer=5
		$route dst=172.16.8.0 dstlen=24 ms=10.45.0.2
		$route dst6=2001:db8:f000:: dstlen=100 ms6=2001:db8:2::
		$(goes 172.16.8.1 2)
		sh $IP netns exec $GSN tc qdisc add dev gtp0 clsact
		sh $IP netns exec $GSN tc filter add dev gtp0 egress matchall action skbedit priority 4252:5
		$(goes 172.16.8.1 5)
		$(goes 2001:db8:f000::1 5)
		$(goes 10.45.0.1 1)
	END
	end
}

# many N: so many routes come, are there, and go, one by one and with their MSs.
many() {
	local n batch

	batch=$(for ((n = 0; n < $1; n++)); do
		echo "newroute ns=$GSN link=gtp0 dst=10.$((64 + n / 65536)).$((n / 256 % 256)).$((n % 256)) dstlen=32 ms=10.50.0.$((n / 60))"
	done)
	cat <<-END
		newlink ns=$GSN name=gtp0 up create=1
		bulk newpdp ns=$GSN dev=gtp0 count=$((($1 + 59) / 60)) tei=1 ms=10.50.0.0 peer=192.0.2.2
		test $1 routes come
		$batch
		dump ns=$GSN cmd=getroute
		dumped $1 unique

		test and go with their MSs
		bulk delpdp ns=$GSN dev=gtp0 count=$((($1 + 119) / 120)) tei=1
		dump ns=$GSN cmd=getroute
		dumped $(($1 - 60 * (($1 + 119) / 120)))

		test and with their link
		cleanup
		dellink ns=$GSN dev=gtp0
	END
}

# stream: TCP through a route, with segmentation offload.
stream() {
	"$IP" netns exec "$GSN" timeout 40 iperf3 -c 172.16.5.1 -n "$(scaled 20M 4M)" >/dev/null
}

# lost: how many packets have found no context.
lost() {
	"$IP" netns exec "$GSN" ethtool -S gtp0 | awk '$1 == "tx_no_context:" { print $2 }'
}

# replaced: a route changes between two MSs again and again. Nothing is lost: a packet meets
# one of them.
replaced() {
	local pid n=0 before after swaps

	swaps=$(for _ in {1..50}; do
		echo "$route flags=replace dst=172.16.5.0 dstlen=24 ms=10.45.0.2"
		echo "$route flags=replace dst=172.16.5.0 dstlen=24 ms=10.45.0.1"
	done)

	before=$(lost)
	gtptest run >"$dir/flood" 2>&1 <<-END &
		test flood
		capture dev ns=$GSN dev=gtp0
		flood dev for=3000 : $(v4 "$far4" 172.16.5.1)
	END
	pid=$!
	while kill -0 "$pid" 2>/dev/null; do
		gtptest run <<<"$swaps" >/dev/null || return 1
		n=$((n + 100))
	done
	after=$(lost)
	echo "$n times: $before, $after: $(cat "$dir/flood")"
	[ "$n" -ge 100 ] && grep -q ^pass "$dir/flood" && [ "$before" = "$after" ]
}

traffic() {
	dir=$(mktemp -d)
	"$IP" -n "$PEER" addr add 172.16.5.1/32 dev lo
	cat <<-END | gt
		newlink ns=$GSN name=gtp0 up create=1 local=192.0.2.1
		newlink ns=$PEER name=gtp0 up create=1 role=1 local=192.0.2.2
		test traffic through a route: both ends are made
		$new i_tei=1 o_tei=1 ms=10.45.0.1
		$new i_tei=2 o_tei=2 ms=10.45.0.2
		newpdp ns=$PEER link=gtp0 version=1 peer=192.0.2.1 i_tei=1 o_tei=1 ms=10.45.0.1
		$route dst=172.16.5.0 dstlen=24 ms=10.45.0.1
		newroute ns=$PEER link=gtp0 dst=172.16.5.1 dstlen=32 ms=10.45.0.1
		sh $IP -n $GSN route add 172.16.5.0/24 dev gtp0 src 10.99.0.1
		sh $IP -n $PEER route add 10.99.0.1/32 dev gtp0 src 172.16.5.1
	END
	"$IP" netns exec "$PEER" iperf3 -s >/dev/null 2>&1 &
	background+=("$!")
	check "TCP goes through a route" until_true stream
	"$IP" netns exec "$GSN" ethtool -K net0 tx on tso on gso on tx-udp-segmentation on \
		tx-udp_tnl-segmentation on tx-udp_tnl-csum-segmentation on >/dev/null
	check "TCP goes through a route, in large packets" stream
	check "no packet is lost when a route is replaced" replaced
	rm -r "$dir"
}

requests | gt
longest "" GGSN | gt
swap=swapped
longest role=1 SGSN | gt
swap=
lives | gt
many "$(scaled 6000 1500)" | gt
traffic
finish
