#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# PDU sessions of 5G: what their G-PDUs carry, who chooses the QoS flow of a packet and
# who sees it, what is dropped, and that path MTU, segmentation and receive offload
# reckon with the longer header.
#
#   +------------ GSN -----------+          +----------- PEER ------------+
#   | gtp0                       |   net0   | gtp0 (in some tests)        |
#   |   192.0.2.1, 2001:db8:a::1 |----------| 192.0.2.2, 2001:db8:a::2    |
#   | lo  10.99.0.1              |   1500   | lo  10.45.0.2               |
#   +----------------------------+          +-----------------------------+

# Functions are called by `check` and by gtptest.
# shellcheck disable=SC2317
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "${0%/*}/lib.sh"

if [ "$DRIVER" = c ]; then
	ktap_skip "PDU sessions" "the C driver knows no PDU Session Container"
	finish
fi

netns GSN
netns PEER
# shellcheck disable=SC2153 # netns sets them
with_ipv6 "$GSN" "$PEER"
for ns in "$GSN" "$PEER"; do
	"$IP" netns exec "$ns" sysctl -qw net.ipv6.auto_flowlabels=0 net.ipv4.icmp_ratelimit=0 net.ipv6.icmp.ratelimit=0
done
pair "$GSN" 192.0.2.1/24 "$PEER" 192.0.2.2/24
"$IP" -n "$GSN" addr add 2001:db8:a::1/64 dev net0 nodad
"$IP" -n "$PEER" addr add 2001:db8:a::2/64 dev net0 nodad
"$IP" -n "$GSN" addr add 10.99.0.1/32 dev lo
"$IP" -n "$PEER" addr add 10.45.0.2/32 dev lo

new="newpdp ns=$GSN link=gtp0 version=1"
get="getpdp ns=$GSN link=gtp0 version=1"
v1=192.0.2.1:2152
context="version=1 link=gtp0@$GSN family=2 ms=10.45.0.2 peer=192.0.2.2 i_tei=1 o_tei=1"
trace=/sys/kernel/tracing
export GSN PEER IP trace

# down MS, up MS: packets into and out of the tunnel.
down() {
	echo "ip4 src=10.99.0.1 dst=$1 / udp 2 1 / text down"
}
up() {
	echo "ip4 src=$1 dst=10.99.0.1 / udp 1 2 / text up"
}

# counter NAME: of the link in GSN.
counter() {
	"$IP" netns exec "$GSN" ethtool -S gtp0 | awk -v name="$1:" '$1 == name { print $2 }'
}

# counts NAME N: what that has counted.
counts() {
	local n

	n=$(counter "$1")
	[ "$n" = "$2" ] || {
		echo "$1: $n"
		return 1
	}
}

# dropped_for REASON: the driver has dropped one packet, for that reason.
dropped_for() {
	awk -v reason="$1" '
		/\[gtp\].*reason: / { n++; if ($NF != reason) { wrong = 1; print } }
		END { exit wrong || n != 1 }' "$trace/trace"
}
export -f counter counts dropped_for

# --- Requests and replies -------------------------------------------------------

requests() {
	cat <<-END
		newlink ns=$GSN name=gtp0 up create=1
		newlink ns=$GSN name=gtp1 fd1=-1 fd0=-1 role=1
		subscribe ear ns=$GSN

		test a context has what it was given, in the reply, the dump and what is told
		$new i_tei=1 o_tei=1 ms=10.45.0.2 peer=192.0.2.2 qfi=63 rqi= ppi=7
		notified ear cmd=newpdp $context qfi=63 rqi= ppi=7
		$get i_tei=1
		reply cmd=newpdp $context qfi=63 rqi= ppi=7
		dump ns=$GSN
		dumped 1
		dumped has $context qfi=63 rqi= ppi=7
		dumped padded

		test one that is not is not told of
		$new i_tei=2 o_tei=2 ms=10.45.0.3 peer=192.0.2.2
		$get i_tei=2
		reply version=1 link=gtp0@$GSN family=2 ms=10.45.0.3 peer=192.0.2.2 i_tei=2 o_tei=2
		$new i_tei=3 o_tei=3 ms=10.45.0.4 peer=192.0.2.2 qfi=0
		$get i_tei=3
		reply version=1 link=gtp0@$GSN family=2 ms=10.45.0.4 peer=192.0.2.2 i_tei=3 o_tei=3 qfi=0
		delpdp ns=$GSN link=gtp0 version=1 i_tei=3

		test a change that does not name it keeps it
		$new i_tei=1 o_tei=7 ms=10.45.0.9 peer=192.0.2.2
		$get i_tei=1
		reply version=1 link=gtp0@$GSN family=2 ms=10.45.0.9 peer=192.0.2.2 i_tei=1 o_tei=7 qfi=63 rqi= ppi=7

		test one that names a part means the whole
		$new i_tei=1 o_tei=1 ms=10.45.0.2 peer=192.0.2.2 qfi=5
		$get i_tei=1
		reply $context qfi=5
		delpdp ns=$GSN link=gtp0 version=1 i_tei=1
		$new i_tei=1 o_tei=1 ms=10.45.0.2 peer=192.0.2.2 qfi=5 ppi=0
		$get i_tei=1
		reply $context qfi=5 ppi=0

		test a replacement means what it says
		$new flags=replace i_tei=1 o_tei=1 ms=10.45.0.2 peer=192.0.2.2 qfi=6
		$get i_tei=1
		reply $context qfi=6
		$new flags=replace i_tei=1 o_tei=1 ms=10.45.0.2 peer=192.0.2.2
		$get i_tei=1
		reply $context

		test a change to version 0 loses it
		$new flags=replace i_tei=1 o_tei=1 ms=10.45.0.2 peer=192.0.2.2 qfi=6
		newpdp ns=$GSN link=gtp0 version=0 tid=1 flow=1 ms=10.45.0.2 peer=192.0.2.2
		$get ms=10.45.0.2
		reply version=0 link=gtp0@$GSN family=2 ms=10.45.0.2 peer=192.0.2.2 tid=1 flow=1
		delpdp ns=$GSN link=gtp0 version=1 ms=10.45.0.2
	END
	# refused ERRNO ATTRIBUTES: the message about the first one.
	refused() {
		local errno=$1

		shift
		cat <<-END
			test $errno: $*
			$new i_tei=9 o_tei=9 ms=10.45.0.8 peer=192.0.2.2 $* => $errno
			extacks
		END
	}
	refused ERANGE qfi=64
	refused ERANGE qfi=255
	refused ERANGE qfi:hex=
	refused EINVAL qfi:u32=1
	refused ERANGE qfi=1 ppi=8
	refused EINVAL qfi=1 ppi:u16=1
	refused ERANGE qfi=1 rqi=01
	refused EINVAL rqi=
	refused EINVAL ppi=1
	cat <<-END
		test EINVAL: a context of version 0 with a QFI
		newpdp ns=$GSN link=gtp0 version=0 tid=9 flow=1 ms=10.45.0.8 peer=192.0.2.2 qfi=1 => EINVAL
		blames qfi
		says Version 0 has no QoS flows

		test EINVAL: what is for the MS, on an SGSN
		dellink ns=$GSN dev=gtp0
		newlink ns=$GSN name=gtp2 create=1 role=1
		newpdp ns=$GSN link=gtp2 version=1 i_tei=1 o_tei=1 ms=10.45.0.2 peer=192.0.2.2 qfi=1 rqi= => EINVAL
		blames rqi
		newpdp ns=$GSN link=gtp2 version=1 i_tei=1 o_tei=1 ms=10.45.0.2 peer=192.0.2.2 qfi=1 ppi=1 => EINVAL
		blames ppi
		newpdp ns=$GSN link=gtp2 version=1 i_tei=1 o_tei=1 ms=10.45.0.2 peer=192.0.2.2 qfi=1

		test a link says what it does where it does anything
		linkdata ns=$GSN dev=gtp2 hashsize=1024 role=1 restart=0
		newlink ns=$GSN name=gtp3 fd1=-1 qfisource=2 qficheck=1
		linkdata ns=$GSN dev=gtp3 hashsize=1024 role=0 restart=0 qfisource=2 qficheck=1
		newlink ns=$GSN name=gtp4 fd1=-1 qfisource=0 qficheck=0
		linkdata ns=$GSN dev=gtp4 hashsize=1024 role=0 restart=0
		newlink ns=$GSN name=gtp5 fd1=-1 qfisource=3 => EINVAL
		newlink ns=$GSN name=gtp5 fd1=-1 qfisource:hex= => ERANGE
		newlink ns=$GSN name=gtp5 fd1=-1 qficheck=2 => EINVAL
		extacks

		cleanup
		dellink ns=$GSN dev=gtp1
		dellink ns=$GSN dev=gtp2
		dellink ns=$GSN dev=gtp3
		dellink ns=$GSN dev=gtp4
		close ear

		test gtpctl: words, forms and what it prints
		sh gtpctl -n $GSN link add gtp0 qfi_source mark qfi_check
		sh gtpctl -n $GSN link show gtp0 | grep -q 'qfi_source mark qfi_check'
		sh gtpctl -n $GSN pdp add dev gtp0 i_tei 1 o_tei 2 ms 10.45.0.2 peer 192.0.2.2 qfi 9 rqi ppi 3
		sh [ "\$(gtpctl -n $GSN pdp get dev gtp0 ms 10.45.0.2)" = "dev gtp0 version 1 i_tei 1 o_tei 2 ms 10.45.0.2 peer 192.0.2.2 qfi 9 rqi ppi 3" ]
		sh gtpctl -n $GSN -j pdp list | grep -q '"qfi":9,"rqi":true,"ppi":3'
		cleanup
		dellink ns=$GSN dev=gtp0
	END
}

# --- What is sent -----------------------------------------------------------------

# tunnel FAMILY ATTRIBUTES [LINK ATTRIBUTES]: a link, with contexts of that outer family:
# 10.45.0.2 with these attributes, 10.45.0.3 without.
tunnel() {
	local bound=local=192.0.2.1 peer=peer=192.0.2.2 at=192.0.2.2

	[ "$1" = 4 ] || bound=local6=2001:db8:a::1 peer=peer6=2001:db8:a::2 at='[2001:db8:a::2]'
	cat <<-END
		newlink ns=$GSN name=gtp0 up mtu=1500 create=1 $bound ${3:-}
		setlink ns=$GSN dev=gtp0 mtu=1500
		retry sh $IP netns exec $GSN ping -c 1 -W 1 ${peer#*=}
		sh $IP -n $GSN route add 10.45.0.0/16 dev gtp0 src 10.99.0.1
		$new i_tei=1 o_tei=1 ms=10.45.0.2 $peer $2
		$new i_tei=2 o_tei=2 ms=10.45.0.3 $peer
		udp peer ns=$PEER bind=$at:2152
		capture dev ns=$GSN dev=gtp0 only=17
	END
}

end() {
	cat <<-END
		cleanup
		dellink ns=$GSN dev=gtp0
		close peer dev $*
	END
}

sent() {
	local f

	for f in 4 6; do
		tunnel $f qfi=9
		cat <<-END
			test IPv$f: a GGSN sends the downlink's container, and without a QFI none
			send dev : $(down 10.45.0.2)
			expect peer : gtp1 teid=1 ext=85:0009 / $(down 10.45.0.2)
			send dev : $(down 10.45.0.3)
			expect peer : gtp1 teid=2 / $(down 10.45.0.3)

			test IPv$f: reflective QoS
			$new flags=replace i_tei=1 o_tei=1 ms=10.45.0.2 peer$([ $f = 4 ] || echo 6)=$([ $f = 4 ] && echo 192.0.2.2 || echo 2001:db8:a::2) qfi=9 rqi=
			send dev : $(down 10.45.0.2)
			expect peer : gtp1 teid=1 ext=85:0049 / $(down 10.45.0.2)

			test IPv$f: a paging policy takes a longer one
			$new flags=replace i_tei=1 o_tei=1 ms=10.45.0.2 peer$([ $f = 4 ] || echo 6)=$([ $f = 4 ] && echo 192.0.2.2 || echo 2001:db8:a::2) qfi=63 rqi= ppi=5
			send dev : $(down 10.45.0.2)
			expect peer : gtp1 teid=1 ext=85:00ffa0000000 / $(down 10.45.0.2)
		END
		end
		tunnel $f qfi=9 role=1
		cat <<-END
			test IPv$f: an SGSN sends the uplink's container
			send dev : $(up 10.45.0.2)
			expect peer : gtp1 teid=1 ext=85:1009 / $(up 10.45.0.2)
		END
		end
	done
}

# --- Who chooses the flow -----------------------------------------------------------

# The examples of linux/gtp.h, with ports of their own.
nft_example() {
	"$IP" netns exec "$GSN" nft -f - <<-END
		add table inet qfi
		add chain inet qfi out { type filter hook postrouting priority 0; }
		add rule inet qfi out oifname gtp0 udp dport 5060 meta $1
		add rule inet qfi out oifname gtp0 udp dport 5061 meta ${1% *} ${2}
	END
}

tc_example() {
	"$IP" netns exec "$GSN" tc qdisc add dev gtp0 clsact &&
		"$IP" netns exec "$GSN" tc filter add dev gtp0 egress protocol ip flower \
			ip_proto udp dst_port 5060 action skbedit "$@"
}
export -f nft_example tc_example

# app PORT: what the application sends there; as it comes out.
app() {
	echo "ip4 src=10.99.0.1 dst=10.45.0.${2:-2} df id=* / udp 5000 $1 / text app"
}

chosen() {
	tunnel 4 qfi=9 qfisource=1
	cat <<-END
		udp app ns=$GSN bind=10.99.0.1:5000
		test nft chooses by priority, and where it does not the context's is sent
		sh nft_example "priority set 5146:a" 5146:0
		send app to=10.45.0.2:5060 : text app
		expect peer : gtp1 teid=1 ext=85:000a / $(app 5060)
		send app to=10.45.0.2:5061 : text app
		expect peer : gtp1 teid=1 ext=85:0000 / $(app 5061)
		send app to=10.45.0.2:5062 : text app
		expect peer : gtp1 teid=1 ext=85:0009 / $(app 5062)

		test but not for a context without a QFI
		send app to=10.45.0.3:5060 : text app
		expect peer : gtp1 teid=2 / $(app 5060 3)

		test a priority that is something else chooses nothing
		sh $IP netns exec $GSN nft flush ruleset
		sh nft_example "priority set 0:a" 5146:40
		send app to=10.45.0.2:5060 : text app
		expect peer : gtp1 teid=1 ext=85:0009 / $(app 5060)
		send app to=10.45.0.2:5061 : text app
		expect peer : gtp1 teid=1 ext=85:0009 / $(app 5061)

		test a mark chooses nothing on such a link
		sh $IP netns exec $GSN nft flush ruleset
		sh nft_example "mark set 0x5146000a" 0
		send app to=10.45.0.2:5060 : text app
		expect peer : gtp1 teid=1 ext=85:0009 / $(app 5060)

		test tc chooses by priority
		sh $IP netns exec $GSN nft flush ruleset
		sh tc_example priority 5146:b
		send app to=10.45.0.2:5060 : text app
		expect peer : gtp1 teid=1 ext=85:000b / $(app 5060)
		send app to=10.45.0.2:5061 : text app
		expect peer : gtp1 teid=1 ext=85:0009 / $(app 5061)
	END
	end app
	tunnel 4 "qfi=9 rqi= ppi=2" qfisource=2
	cat <<-END
		udp app ns=$GSN bind=10.99.0.1:5000
		test nft chooses by mark, and the rest stays the context's
		sh nft_example "mark set 0x5146000a" 0x51460000
		send app to=10.45.0.2:5060 : text app
		expect peer : gtp1 teid=1 ext=85:00ca40000000 / $(app 5060)
		send app to=10.45.0.2:5061 : text app
		expect peer : gtp1 teid=1 ext=85:00c040000000 / $(app 5061)

		test tc chooses by mark
		sh $IP netns exec $GSN nft flush ruleset
		sh tc_example mark 0x5146003f
		send app to=10.45.0.2:5060 : text app
		expect peer : gtp1 teid=1 ext=85:00ff40000000 / $(app 5060)
	END
	end app
	tunnel 4 qfi=9
	cat <<-END
		udp app ns=$GSN bind=10.99.0.1:5000
		test nothing chooses on a link that was not asked to look
		sh nft_example "mark set 0x5146000a" 0
		sh tc_example priority 5146:b
		send app to=10.45.0.2:5060 : text app
		expect peer : gtp1 teid=1 ext=85:0009 / $(app 5060)
		sh $IP netns exec $GSN nft flush ruleset
	END
	end app
}

# --- Who sees it ------------------------------------------------------------------

# seen VALUE COUNTER...: the firewall has counted one packet under each of these since
# it was asked last, and none under others.
seen() {
	local got

	got=$("$IP" netns exec "$GSN" nft reset counters table inet qfi |
		awk '$1 == "counter" { name = $2 } $1 == "packets" && $2 { printf "%s=%s ", name, $2 }')
	[ "$got" = "$1" ] || {
		echo "got '$got'"
		return 1
	}
}

nft_looks() {
	"$IP" netns exec "$GSN" nft -f - <<-END
		table inet qfi {
			counter priority9 { }
			counter priority10 { }
			counter mark9 { }
			counter mark10 { }
			chain in {
				type filter hook prerouting priority 0;
				iifname gtp0 meta priority 5146:9 counter name priority9
				iifname gtp0 meta priority 5146:a counter name priority10
				iifname gtp0 meta mark 0x51460009 counter name mark9
				iifname gtp0 meta mark 0x5146000a counter name mark10
			}
		}
	END
}
export -f seen nft_looks

shown() {
	local source name names=(nothing priority mark)

	for source in 0 1 2; do
		name=${names[source]}
		tunnel 4 qfi=9 qfisource=$source
		# comes WHAT CONTAINER SEEN [TEID]
		comes() {
			local ms=2

			[ "${4:-1}" = 1 ] || ms=3
			cat <<-END
				test the $name says it: $1
				send peer to=$v1 : gtp1 teid=${4:-1} $2 / $(up 10.45.0.$ms)
				expect dev : $(up 10.45.0.$ms)
				sh seen "$([ $source = 0 ] || [ -z "$3" ] || echo "$name$3=1 ")"
			END
		}
		echo "sh nft_looks"
		comes "the uplink's" ext=85:1009 9
		comes "the downlink's" ext=85:000a 10
		comes "longer than we know, with reserved bits" ext=85:1f4a0102030405060708090a0b0c 10
		comes "with a paging policy that is not there" ext=85:0089 9
		comes "behind another" ext=20:0100,85:100a 10
		comes "of a type that is not known" ext=85:200a ""
		comes "no container" "" ""
		comes "no extension at all, but a sequence number" seq=1 ""
		comes "a context without a QFI" ext=85:100a "" 2
		echo "sh $IP netns exec $GSN nft flush ruleset"
		end
	done
}

checked() {
	local packet

	tunnel 4 qfi=9 qficheck=1
	cat <<-END
		test with the check the context's own flow comes in
		send peer to=$v1 : gtp1 teid=1 ext=85:1009 / $(up 10.45.0.2)
		expect dev : $(up 10.45.0.2)
		sh counts rx_other_qos_flow 0

		test and one without a QFI is not checked
		send peer to=$v1 : gtp1 teid=2 / $(up 10.45.0.3)
		expect dev : $(up 10.45.0.3)
		send peer to=$v1 : gtp1 teid=2 ext=85:1001 / $(up 10.45.0.3)
		expect dev : $(up 10.45.0.3)
		sh counts rx_other_qos_flow 0
	END
	local n=0
	for packet in "another flow:ext=85:100a" "no container:" "one that is malformed:ext=85:2009"; do
		n=$((n + 1))
		cat <<-END
			test with the check ${packet%%:*} is dropped
			sh echo >$trace/trace
			count ns=$GSN dev=gtp0
			send peer to=$v1 : gtp1 teid=1 ${packet#*:} / $(up 10.45.0.2)
			silent dev for=50
			sh counts rx_other_qos_flow $n
			sh dropped_for TUNNEL_TXINFO
			counted ns=$GSN dev=gtp0 rx_dropped=1
		END
	done
	end
	cat <<-END
		udp fd1 ns=$GSN bind=$v1
		newlink ns=$GSN name=gtp0 up fd1=fd1 qficheck=1
		$new i_tei=1 o_tei=1 ms=10.45.0.2 peer=192.0.2.2 qfi=9
		udp peer ns=$PEER bind=192.0.2.2:2152
		capture dev ns=$GSN dev=gtp0 only=17
		test on the socket of a process the same, and what is not the link's goes up
		send peer to=$v1 : gtp1 teid=1 ext=85:1009 / $(up 10.45.0.2)
		expect dev : $(up 10.45.0.2)
		send peer to=$v1 : gtp1 teid=1 ext=85:100a / $(up 10.45.0.2)
		silent dev fd1 for=20
		send peer to=$v1 : gtp1 teid=1 ext=85:100a / $(up 10.45.0.7)
		expect fd1 : gtp1 teid=1 ext=85:100a / $(up 10.45.0.7)
	END
	end fd1
}

# --- Path MTU -----------------------------------------------------------------------

# fits FAMILY NAME ATTRIBUTES CONTAINER SIZE: the largest inner packet that does.
fits() {
	tunnel "$1" "$3"
	cat <<-END
		udp app ns=$GSN bind=10.99.0.1:5000
		sock told ns=$GSN kind=icmp
		test IPv$1, $2: $5 octets arrive, one more is answered with Fragmentation Needed
		send app to=10.45.0.2:6000 : fill $(($5 - 27)) 0x12
		expect told timeout=600 : ip4 src=* dst=10.99.0.1 tos=* id=* len=* / icmp type=3 code=4 mtu=$5 sum=* / ip4 src=10.99.0.1 dst=10.45.0.2 df id=* len=$(($5 + 1)) sum=* / rest
		silent peer for=5
		send app to=10.45.0.2:6000 : fill $(($5 - 28)) 0x11
		expect peer timeout=600 : gtp1 teid=1 $4 / ip4 src=10.99.0.1 dst=10.45.0.2 df id=* / udp 5000 6000 / fill $(($5 - 28)) 0x11
		silent told for=1
		sh $IP -n $GSN route flush cache
	END
	end app told
}

pmtu() {
	fits 4 "no container" "" "" 1464
	fits 4 "the container" qfi=9 ext=85:0009 1456
	fits 4 "the long container" "qfi=9 ppi=1" ext=85:008920000000 1452
	fits 6 "the container" qfi=9 ext=85:0009 1436
	fits 6 "the long container" "qfi=9 ppi=1" ext=85:008920000000 1432
}

# --- Segmentation -------------------------------------------------------------------

inner() {
	echo "ip4 src=10.99.0.1 dst=10.45.0.2 ${2:-} id=* / udp 5000 6000 / fill $1"
}

# cut FAMILY ATTRIBUTES CONTAINER: each segment has its length and the container.
cut() {
	tunnel "$1" "$2"
	cat <<-END
		udp app ns=$GSN bind=10.99.0.1:5000 connect=10.45.0.2:6000 gso=1000
		test IPv$1, $2: five of one length, each with the container
		send app : fill 5000
		$(for n in 1 2 3 4 5; do echo "expect peer timeout=2000 : gtp1 teid=1 ext=$3 / $(inner 1000)"; done)
		silent peer for=5

		test IPv$1, $2: the last one is shorter
		send app : fill 3400
		$(for n in 1 2 3; do echo "expect peer timeout=2000 : gtp1 teid=1 ext=$3 / $(inner 1000)"; done)
		expect peer timeout=2000 : gtp1 teid=1 ext=$3 / $(inner 400)
		silent peer for=5

		test IPv$1, $2: segments are as large as the path takes
		sh $IP netns exec $GSN ethtool -K gtp0 tx-udp-segmentation off
		send app : fill 2500
		expect peer timeout=2000 : gtp1 teid=1 ext=$3 / $(inner 1000)
		expect peer timeout=2000 : gtp1 teid=1 ext=$3 / $(inner 1000)
		expect peer timeout=2000 : gtp1 teid=1 ext=$3 / $(inner 500)
		silent peer for=5
	END
	end app
}

# Links on both sides with a QFI; the GSN checks it.
both() {
	local ours=192.0.2.1 theirs=192.0.2.2

	[ "$1" = 4 ] || ours=2001:db8:a::1 theirs=2001:db8:a::2
	gtpctl -n "$GSN" link add gtp0 role ggsn local "$ours" up qfi_source mark qfi_check &&
		gtpctl -n "$PEER" link add gtp0 role sgsn local "$theirs" up qfi_source mark &&
		gtpctl -n "$GSN" pdp add dev gtp0 i_tei 1 o_tei 2 ms 10.45.0.2 peer "$theirs" \
			qfi 9 rqi ppi 5 &&
		gtpctl -n "$PEER" pdp add dev gtp0 i_tei 2 o_tei 1 ms 10.45.0.2 peer "$ours" qfi 9 &&
		"$IP" -n "$GSN" route add 10.45.0.0/16 dev gtp0 src 10.99.0.1 &&
		"$IP" -n "$PEER" route add 10.99.0.1/32 dev gtp0 src 10.45.0.2
}

apart() {
	"$IP" -n "$GSN" link del gtp0
	"$IP" -n "$PEER" link del gtp0
}

received() {
	"$IP" netns exec "$GSN" cat /sys/class/net/gtp0/statistics/rx_packets
}

# stream [WORDS...]: four megabytes to the GSN, none with a wrong checksum.
stream() {
	tcp_intact "$PEER" "$GSN" 10.99.0.1 "$@"
}

# few BEFORE: since then there were fewer packets than a quarter of the segments.
few() {
	local n=$(($(received) - $1))

	[ "$n" -lt 750 ] || {
		echo "$n packets"
		return 1
	}
}

# The second half of a stream is of another flow: the wire's datagrams are not joined
# across that, and the GSN, which checks, takes the context's alone.
other_flow() {
	"$IP" netns exec "$PEER" nft -f - <<-END
		table inet qfi {
			chain out {
				type filter hook postrouting priority 0;
				oifname gtp0 udp dport 6001 meta mark set 0x5146000a
			}
		}
	END
}

requests | gt
sent | gt
chosen | gt
shown | gt
echo 1 >"$trace/events/skb/kfree_skb/enable"
checked | gt
echo 0 >"$trace/events/skb/kfree_skb/enable"
pmtu | gt
for ns in "$GSN" "$PEER"; do
	# What goes over the wire is not made whole for the capture's sake.
	"$IP" netns exec "$ns" ethtool -K net0 tx on tso on >/dev/null
done
in_large_packets "$GSN" "$PEER"
cut 4 qfi=9 85:0009 | gt
cut 6 "qfi=9 rqi= ppi=5" 85:00c9a0000000 | gt
for outer in 4 6; do
	check "IPv$outer outside: a session between two links" both $outer
	before=$(received)
	check "IPv$outer outside: TCP" stream
	check "IPv$outer outside: TCP came in large packets" few "$before"
	check "IPv$outer outside: TCP, the other way" stream -R
	# Like a wire between two NICs: cut in front of it, joined behind it.
	"$IP" netns exec "$PEER" ethtool -K net0 tso off tx-udp-segmentation off \
		tx-udp_tnl-segmentation off tx-udp_tnl-csum-segmentation off >/dev/null
	"$IP" netns exec "$GSN" ethtool -K net0 gro on >/dev/null
	before=$(received)
	check "IPv$outer outside, a wire: TCP" stream
	check "IPv$outer outside, a wire: TCP came in large packets" few "$before"
	check "IPv$outer outside, a wire: three at once" stream -P 3
	check "IPv$outer outside: all were of the context's flow" counts rx_other_qos_flow 0
	check "IPv$outer outside: another flow is chosen" other_flow
	cat <<-END | gt
		udp phone ns=$PEER bind=10.45.0.2:5000
		udp server ns=$GSN bind=10.99.0.1:6001
		udp other ns=$GSN bind=10.99.0.1:6002
		test IPv$outer outside: and told apart at the other end
		send phone to=10.99.0.1:6001 : text dropped
		send phone to=10.99.0.1:6002 : text taken
		expect other : text taken
		silent server for=20
		sh counts rx_other_qos_flow 1
		close phone server other
	END
	"$IP" netns exec "$PEER" nft flush ruleset
	"$IP" netns exec "$PEER" ethtool -K net0 tso on tx-udp-segmentation on \
		tx-udp_tnl-segmentation on tx-udp_tnl-csum-segmentation on >/dev/null
	"$IP" netns exec "$GSN" ethtool -K net0 gro off >/dev/null
	apart
done
finish
