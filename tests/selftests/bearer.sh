#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Bearers: several contexts for one address of an MS, which requests find which, who chooses
# among them packet by packet and who sees what came on which.
#
#   +------------ GSN -----------+          +----------- PEER ------------+
#   | gtp0                       |   net0   |                             |
#   |   192.0.2.1                |----------| 192.0.2.2                   |
#   | lo  10.99.0.1              |   1500   |                             |
#   +----------------------------+          +-----------------------------+

# Functions are called by `check` and by gtptest.
# shellcheck disable=SC2317
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "${0%/*}/lib.sh"

if [ "$DRIVER" = c ]; then
	ktap_skip "bearers" "the C driver has one context for an MS"
	finish
fi

netns GSN
netns PEER
pair "$GSN" 192.0.2.1/24 "$PEER" 192.0.2.2/24
"$IP" -n "$GSN" addr add 10.99.0.1/32 dev lo
with_ipv6 "$GSN"

new="newpdp ns=$GSN link=gtp0 version=1 peer=192.0.2.2"
get="getpdp ns=$GSN link=gtp0 version=1"
del="delpdp ns=$GSN link=gtp0 version=1"
v1=192.0.2.1:2152
export GSN IP

down() {
	echo "ip4 src=10.99.0.1 dst=$1 / udp 2 1 / text down"
}
up() {
	echo "ip4 src=$1 dst=10.99.0.1 / udp 1 2 / text up"
}
down6() {
	echo "ip6 src=2001:db8:99::1 dst=$1 / udp 2 1 / text down"
}
up6() {
	echo "ip6 src=$1 dst=2001:db8:99::1 / udp 1 2 / text up"
}

# told TEI BEARER MS [MORE]: what is said of a context.
told() {
	echo "version=1 link=gtp0@$GSN family=2 ms=$3 peer=192.0.2.2 i_tei=$1 o_tei=$1${2:+ bearer=$2}"
}

requests() {
	cat <<-END
		newlink ns=$GSN name=gtp0 up create=1
		subscribe ear ns=$GSN

		test an MS has as many contexts as bearers
		$new i_tei=1 o_tei=1 ms=10.45.0.2
		notified ear cmd=newpdp $(told 1 "" 10.45.0.2)
		$new i_tei=2 o_tei=2 ms=10.45.0.2 bearer=5
		notified ear cmd=newpdp $(told 2 5 10.45.0.2)
		$new i_tei=3 o_tei=3 ms=10.45.0.2 bearer=63 flags=excl
		notified ear cmd=newpdp $(told 3 63 10.45.0.2)
		dump ns=$GSN
		dumped 3 unique
		dumped has $(told 1 "" 10.45.0.2)
		dumped has $(told 2 5 10.45.0.2)
		dumped padded

		test bearer 0 is the default bearer
		$get ms=10.45.0.2
		reply cmd=newpdp $(told 1 "" 10.45.0.2)
		$get ms=10.45.0.2 bearer=0
		reply cmd=newpdp $(told 1 "" 10.45.0.2)
		$new i_tei=9 o_tei=9 ms=10.45.0.2 bearer=0 flags=excl => EEXIST

		test a bearer is found by its number, or by its tunnel
		$get ms=10.45.0.2 bearer=5
		reply cmd=newpdp $(told 2 5 10.45.0.2)
		$get i_tei=3
		reply cmd=newpdp $(told 3 63 10.45.0.2)
		$get ms=10.45.0.2 bearer=6 => ENOENT
		$del ms=10.45.0.2 bearer=6 => ENOENT
		$del ms=10.45.0.3 bearer=5 => ENOENT

		test IPv6 has them, too, and they do not mix with those of another MS
		$new i_tei=1 o_tei=1 family=10 ms6=2001:db8:5::
		$new i_tei=2 o_tei=2 family=10 ms6=2001:db8:5:: bearer=5
		$new i_tei=4 o_tei=4 family=10 ms6=2001:db8:6:: bearer=5
		$get family=10 ms6=2001:db8:5:: bearer=5
		reply version=1 link=gtp0@$GSN family=10 ms6=2001:db8:5:: peer=192.0.2.2 i_tei=2 o_tei=2 bearer=5
		$get family=10 ms6=2001:db8:6:: => ENOENT
		$del family=10 ms6=2001:db8:5:: bearer=5
		$get family=10 ms6=2001:db8:5::
		reply version=1 link=gtp0@$GSN family=10 ms6=2001:db8:5:: peer=192.0.2.2 i_tei=1 o_tei=1
		$del i_tei=1 family=10
		$del i_tei=4 family=10

		test a change finds the bearer, and leaves the others
		$new i_tei=12 o_tei=12 ms=10.45.0.2 bearer=5
		$get ms=10.45.0.2 bearer=5
		reply $(told 12 5 10.45.0.2)
		$get ms=10.45.0.2
		reply $(told 1 "" 10.45.0.2)

		test a replacement that names no bearer means the default bearer
		$new i_tei=12 o_tei=12 ms=10.45.0.2 flags=replace => EEXIST
		says One context has this MS, and another one has this tunnel
		$new i_tei=13 o_tei=13 ms=10.45.0.2 flags=replace
		$get ms=10.45.0.2
		reply $(told 13 "" 10.45.0.2)

		test a tunnel may be given to another bearer
		$new i_tei=12 o_tei=12 ms=10.45.0.2 bearer=7
		$get ms=10.45.0.2 bearer=5 => ENOENT
		$get ms=10.45.0.2 bearer=7
		reply $(told 12 7 10.45.0.2)

		test the default bearer goes, and the dedicated ones stay
		$del ms=10.45.0.2
		$get ms=10.45.0.2 => ENOENT
		$get ms=10.45.0.2 bearer=7
		$del ms=10.45.0.2 bearer=7
		close ear

		test there is no bearer 64
		$new i_tei=9 o_tei=9 ms=10.45.0.8 bearer=64 => ERANGE
		$new i_tei=9 o_tei=9 ms=10.45.0.8 bearer:hex= => ERANGE
		$new i_tei=9 o_tei=9 ms=10.45.0.8 bearer:u16=5 => EINVAL
		blames bearer
		$get ms=10.45.0.8 bearer=64 => ERANGE
		$get ms=10.45.0.8 bearer:u16=5 => EINVAL
		blames bearer
		extacks

		test an End Marker is for the bearer that is named
		udp peer ns=$PEER bind=192.0.2.2:2152
		$new i_tei=1 o_tei=1 ms=10.45.0.2
		$new i_tei=2 o_tei=2 ms=10.45.0.2 bearer=5
		endmarker ns=$GSN link=gtp0 version=1 ms=10.45.0.2 bearer=5
		expect peer : gtp1 teid=2 type=254
		close peer

		test a link says who chooses
		newlink ns=$GSN name=gtp3 fd1=-1 bearersource=2
		linkdata ns=$GSN dev=gtp3 hashsize=1024 role=0 restart=0 bearersource=2
		newlink ns=$GSN name=gtp4 fd1=-1 bearersource=0
		linkdata ns=$GSN dev=gtp4 hashsize=1024 role=0 restart=0
		newlink ns=$GSN name=gtp5 fd1=-1 bearersource=3 => EINVAL
		newlink ns=$GSN name=gtp5 fd1=-1 bearersource:hex= => ERANGE
		extacks
		cleanup
		dellink ns=$GSN dev=gtp3
		dellink ns=$GSN dev=gtp4
		dellink ns=$GSN dev=gtp0
	END
}

# tunnel LINK ATTRIBUTES: a link, with an MS of bearers 0, 5 and 6, one that has no bearer
# but 5, and one with a QoS flow, of both families.
tunnel() {
	cat <<-END
		newlink ns=$GSN name=gtp0 up create=1 local=192.0.2.1 $1
		retry sh $IP netns exec $GSN ping -c 1 -W 1 192.0.2.2
		sh $IP -n $GSN route add 10.45.0.0/16 dev gtp0 src 10.99.0.1
		$new i_tei=1 o_tei=1 ms=10.45.0.2
		$new i_tei=5 o_tei=5 ms=10.45.0.2 bearer=5
		$new i_tei=6 o_tei=6 ms=10.45.0.2 bearer=6
		$new i_tei=15 o_tei=15 ms=10.45.0.3 bearer=5
		$new i_tei=20 o_tei=20 ms=10.45.0.4 qfi=9
		$new i_tei=25 o_tei=25 ms=10.45.0.4 qfi=9 bearer=5
		$new i_tei=1 o_tei=1 family=10 ms6=2001:db8:5::
		$new i_tei=5 o_tei=5 family=10 ms6=2001:db8:5:: bearer=5
		udp peer ns=$PEER bind=192.0.2.2:2152
		udp app ns=$GSN bind=10.99.0.1:5000
		capture dev ns=$GSN dev=gtp0 only=17
		capture dev6 ns=$GSN dev=gtp0 family=6 only=17
	END
}

end() {
	cat <<-END
		cleanup
		sh $IP netns exec $GSN nft flush ruleset
		dellink ns=$GSN dev=gtp0
		close peer app dev dev6
	END
}

# nft_sets PORT=STATEMENT...
nft_sets() {
	local rule rules=

	for rule; do
		rules+="udp dport ${rule%%=*} meta ${rule#*=};"
	done
	"$IP" netns exec "$GSN" nft -f - <<-END
		table inet out
		flush table inet out
		table inet out {
			chain out {
				type filter hook postrouting priority 0
				oifname gtp0 ${rules//;/$'\n'oifname gtp0 }counter
			}
		}
	END
}

tc_sets() {
	"$IP" netns exec "$GSN" tc qdisc add dev gtp0 clsact &&
		"$IP" netns exec "$GSN" tc filter add dev gtp0 egress protocol all flower \
			dst_mac 00:00:00:00:00:00/00:00:00:00:00:00 action skbedit "$@"
}
export -f nft_sets tc_sets

# app MS PORT: what the application sends there; as it comes out.
app() {
	echo "ip4 src=10.99.0.1 dst=10.45.0.$1 df id=* / udp 5000 $2 / text app"
}

# goes TEID MS PORT [EXTENSION]
goes() {
	cat <<-END
		send app to=10.45.0.$2:$3 : text app
		expect peer : gtp1 teid=$1 ${4:-} / $(app "$2" "$3")
	END
}

chosen() {
	tunnel bearersource=1
	cat <<-END
		test nft chooses by priority
		sh nft_sets "5005=priority set 4252:5" "5006=priority set 4252:6" "5007=priority set 4252:7" "5000=priority set 4252:0" "5064=priority set 4252:45" "5001=priority set 0:5" "5002=mark set 0x42520005"
		$(goes 5 2 5005)
		$(goes 6 2 5006)

		test the default bearer takes what has no bearer
		$(goes 1 2 5007)
		$(goes 1 2 5000)
		$(goes 1 2 5010)

		test and other values name none
		$(goes 1 2 5064)
		$(goes 1 2 5001)

		test a mark chooses nothing on such a link
		$(goes 1 2 5002)

		test without a default bearer there is no fallback
		$(goes 15 3 5005)
		count ns=$GSN dev=gtp0
		send app to=10.45.0.3:5006 : text app
		silent peer for=50
		counted ns=$GSN dev=gtp0 tx_errors=1

		test a QoS flow in the context goes with any bearer
		$(goes 25 4 5005 ext=85:0009)
		$(goes 20 4 5010 ext=85:0009)

		test tc chooses by priority, of IPv6 too
		sh nft_sets
		sh tc_sets priority 4252:5
		$(goes 5 2 5010)
		send dev6 : $(down6 2001:db8:5::1)
		expect peer : gtp1 teid=5 / $(down6 2001:db8:5::1)

		test a bearer that goes leaves its packets to the default bearer
		$del ms=10.45.0.2 bearer=5
		$(goes 1 2 5010)
		$new i_tei=5 o_tei=55 ms=10.45.0.2 bearer=5
		$(goes 55 2 5010)
	END
	end
	tunnel bearersource=2
	cat <<-END
		test nft chooses by mark
		sh nft_sets "5005=mark set 0x42520005" "5006=priority set 4252:6"
		$(goes 5 2 5005)
		$(goes 1 2 5006)

		test tc chooses by mark
		sh nft_sets
		sh tc_sets mark 0x42520006
		$(goes 6 2 5010)
	END
	end
	tunnel "bearersource=2 qfisource=1"
	cat <<-END
		test a bearer by mark and a QoS flow by priority
		sh nft_sets "5005=mark set 0x42520005" "5005=priority set 5146:a" "5006=priority set 5146:a"
		$(goes 25 4 5005 ext=85:000a)
		$(goes 20 4 5006 ext=85:000a)
		$(goes 5 2 5005)
	END
	end
	tunnel "bearersource=1 qfisource=1"
	cat <<-END
		test in the same place one or the other
		sh nft_sets "5005=priority set 4252:5" "5006=priority set 5146:a"
		$(goes 25 4 5005 ext=85:0009)
		$(goes 20 4 5006 ext=85:000a)
	END
	end
	tunnel ""
	cat <<-END
		test nothing chooses on a link that was not asked to look
		sh nft_sets "5005=mark set 0x42520005" "5005=priority set 4252:5"
		$(goes 1 2 5005)
	END
	end
	tunnel "bearersource=1 role=1"
	cat <<-END
		test an SGSN chooses, too
		sh nft_sets
		sh tc_sets priority 4252:6
		send dev : $(up 10.45.0.2)
		expect peer : gtp1 teid=6 / $(up 10.45.0.2)
		send peer to=$v1 : gtp1 teid=5 / $(down 10.45.0.2)
		expect dev : $(down 10.45.0.2)
	END
	end
}

nft_looks() {
	"$IP" netns exec "$GSN" nft -f - <<-END
		table inet in {
			counter bearer_priority { }
			counter bearer_mark { }
			counter flow_priority { }
			counter flow_mark { }
			chain in {
				type filter hook prerouting priority 0;
				iifname gtp0 meta priority 4252:5 counter name bearer_priority
				iifname gtp0 meta mark 0x42520005 counter name bearer_mark
				iifname gtp0 meta priority 5146:9 counter name flow_priority
				iifname gtp0 meta mark 0x51460009 counter name flow_mark
			}
		}
	END
}

# seen WHAT...: the firewall has counted one packet under each of these, and none else.
seen() {
	local got

	got=$("$IP" netns exec "$GSN" nft reset counters table inet in |
		awk '$1 == "counter" { name = $2 } $1 == "packets" && $2 { printf "%s=%s ", name, $2 }')
	[ "$got" = "$1" ] || {
		echo "got '$got'"
		return 1
	}
}
export -f nft_looks seen

shown() {
	tunnel "$1"
	cat <<-END
		sh nft_looks
		test $1: of a dedicated bearer
		send peer to=$v1 : gtp1 teid=5 / $(up 10.45.0.2)
		expect dev : $(up 10.45.0.2)
		sh seen "$2"

		test $1: of IPv6
		send peer to=$v1 : gtp1 teid=5 / $(up6 2001:db8:5::1)
		expect dev6 : $(up6 2001:db8:5::1)
		sh seen "$2"

		test $1: of the default bearer
		send peer to=$v1 : gtp1 teid=1 / $(up 10.45.0.2)
		expect dev : $(up 10.45.0.2)
		sh seen ""

		test $1: with a QoS flow
		send peer to=$v1 : gtp1 teid=25 ext=85:1009 / $(up 10.45.0.4)
		expect dev : $(up 10.45.0.4)
		sh seen "$3"

		test $1: a dedicated bearer is for its MS
		send peer to=$v1 : gtp1 teid=5 / $(up 10.45.0.3)
		silent dev for=50
		sh $IP netns exec $GSN ethtool -S gtp0 | grep -q ' rx_not_from_ms: 1$'
	END
	end
}

requests | gt
chosen | gt
(
	shown "bearersource=0" "" ""
	shown "bearersource=1" "bearer_priority=1 " "bearer_priority=1 "
	shown "bearersource=2" "bearer_mark=1 " "bearer_mark=1 "
	shown "bearersource=1 qfisource=1" "bearer_priority=1 " "flow_priority=1 "
	shown "bearersource=2 qfisource=2" "bearer_mark=1 " "flow_mark=1 "
	shown "bearersource=2 qfisource=1" "bearer_mark=1 " "bearer_mark=1 flow_priority=1 "
	shown "bearersource=0 qfisource=1" "" "flow_priority=1 "
) | gt
finish
