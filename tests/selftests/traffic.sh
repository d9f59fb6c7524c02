#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Real traffic through a tunnel between two of us, both roles, both versions:
# ping, UDP and TCP both ways, with the kernel's own sockets.
#
#   +---------- GGSN ---------+          +---------- SGSN ---------+
#   | lo    10.99.0.1         |          | lo    10.45.0.2 (v1)    |
#   |       "a server"        |          |       10.45.0.3 (v0)    |
#   | gtp0  to 10.45.0.0/16   |   net0   | gtp0  to 10.99.0.1      |
#   |       192.0.2.1         |----------|       192.0.2.2         |
#   +-------------------------+   1500   +-------------------------+
#
#   v1: TEID 100 towards the GGSN, 200 towards the SGSN; v0: TID 0x1234, flow 7

# shellcheck source-path=SCRIPTDIR source=lib.sh
. "${0%/*}/lib.sh"

command -v gtpctl >/dev/null || skip_all "no gtpctl"
netns GGSN
netns SGSN
pair "$GGSN" 192.0.2.1/24 "$SGSN" 192.0.2.2/24
"$IP" -n "$GGSN" addr add 10.99.0.1/32 dev lo
"$IP" -n "$SGSN" addr add 10.45.0.2/32 dev lo
"$IP" -n "$SGSN" addr add 10.45.0.3/32 dev lo

check "a link on the GGSN" gtpctl -n "$GGSN" link add gtp0 role ggsn up
check "a link on the SGSN" gtpctl -n "$SGSN" link add gtp0 role sgsn up
"$IP" -n "$GGSN" route add 10.45.0.0/16 dev gtp0 src 10.99.0.1
"$IP" -n "$SGSN" route add 10.99.0.1/32 dev gtp0
check "contexts on the GGSN" gtpctl -n "$GGSN" pdp batch - <<-END
	add dev gtp0 version 1 i_tei 100 o_tei 200 ms 10.45.0.2 peer 192.0.2.2
	add dev gtp0 version 0 tid 0x1234 flow 7 ms 10.45.0.3 peer 192.0.2.2
END
check "contexts on the SGSN" gtpctl -n "$SGSN" pdp batch - <<-END
	add dev gtp0 version 1 i_tei 200 o_tei 100 ms 10.45.0.2 peer 192.0.2.1
	add dev gtp0 version 0 tid 0x1234 flow 7 ms 10.45.0.3 peer 192.0.2.1
END

# pings NAMESPACE WORDS...: a statement; every echo must come back.
pings() {
	printf 'sh %s netns exec %s ping -q -i 0.01 -c 20 -W 2 ' "$IP" "$1"
	shift
	printf '%s | grep " 20 received, 0%% packet loss"\n' "$*"
}

# echoes VERSION MS
echoes() {
	cat <<-END
		count ns=$GGSN dev=gtp0
		count ns=$SGSN dev=gtp0
		test v$1: twenty pings from the MS, 84 octets each way, on both links
		$(pings "$SGSN" -I "$2" 10.99.0.1)
		counted ns=$GGSN dev=gtp0 rx_packets=20 tx_packets=20 rx_bytes=1680 tx_bytes=1680
		counted ns=$SGSN dev=gtp0 rx_packets=20 tx_packets=20 rx_bytes=1680 tx_bytes=1680
		test v$1: pings to the MS
		$(pings "$GGSN" "$2")
		test v$1: pings that fill the link
		$(pings "$SGSN" -s 1424 -M "do" -I "$2" 10.99.0.1)
		test v$1: pings in inner fragments
		$(pings "$SGSN" -s 5000 -I "$2" 10.99.0.1)
	END
}

(
	echoes 1 10.45.0.2
	echoes 0 10.45.0.3
	# A link larger than the path.
	cat <<-END
		test pings in outer fragments
		setlink ns=$GGSN dev=gtp0 mtu=2000
		setlink ns=$SGSN dev=gtp0 mtu=2000
		$(pings "$SGSN" -M dont -s 1900 -I 10.45.0.2 10.99.0.1)
		cleanup
		setlink ns=$GGSN dev=gtp0 mtu=1452
		setlink ns=$SGSN dev=gtp0 mtu=1452
	END
) | gt

gt <<-END
	test a UDP datagram each way, octet for octet on the wire
	udp server ns=$GGSN bind=10.99.0.1:5000
	udp phone ns=$SGSN bind=10.45.0.2:6000
	capture uplink ns=$GGSN dev=net0
	capture downlink ns=$SGSN dev=net0
	send phone to=10.99.0.1:5000 : text uplink
	expect server from=10.45.0.2:6000 : text uplink
	expect uplink : ip4 src=192.0.2.2 dst=192.0.2.1 id=* / udp 2152 2152 / gtp1 teid=100 / ip4 src=10.45.0.2 dst=10.99.0.1 id=* df sum=* / udp 6000 5000 / text uplink
	send server to=10.45.0.2:6000 : text downlink
	expect phone from=10.99.0.1:5000 : text downlink
	expect downlink : ip4 src=192.0.2.1 dst=192.0.2.2 id=* / udp 2152 2152 / gtp1 teid=200 / ip4 src=10.99.0.1 dst=10.45.0.2 id=* df sum=* / udp 5000 6000 / text downlink

	test the same in version 0
	udp phone0 ns=$SGSN bind=10.45.0.3:6000
	send phone0 to=10.99.0.1:5000 : text uplink
	expect server from=10.45.0.3:6000 : text uplink
	expect uplink : ip4 src=192.0.2.2 dst=192.0.2.1 id=* / udp 3386 3386 / gtp0 tid=0x1234 flow=7 seq=* / ip4 src=10.45.0.3 dst=10.99.0.1 id=* df sum=* / udp 6000 5000 / text uplink
	send server to=10.45.0.3:6000 : text downlink
	expect phone0 from=10.99.0.1:5000 : text downlink
	expect downlink : ip4 src=192.0.2.1 dst=192.0.2.2 id=* / udp 3386 3386 / gtp0 tid=0x1234 flow=7 seq=* / ip4 src=10.99.0.1 dst=10.45.0.3 id=* df sum=* / udp 5000 6000 / text downlink

	test no G-PDU is answered by an ICMP error
	sock errors ns=$SGSN kind=icmp
	silent errors for=1
END

if command -v iperf3 >/dev/null; then
	"$IP" netns exec "$GGSN" iperf3 -s >/dev/null 2>&1 &
	background+=("$!")
	until_true "$IP" netns exec "$GGSN" sh -c 'grep -q :1451 /proc/net/tcp /proc/net/tcp6'

	# transfers NAME MS WORDS...: both links must have seen it.
	transfers() {
		local name=$1 ms=$2

		shift 2
		cat <<-END
			test $name
			count ns=$GGSN dev=gtp0
			count ns=$SGSN dev=gtp0
			sh timeout 60 $IP netns exec $SGSN iperf3 -c 10.99.0.1 -B $ms --connect-timeout 4000 -f k $*
			counted ns=$GGSN dev=gtp0 atleast rx_packets=12 tx_packets=12
			counted ns=$SGSN dev=gtp0 atleast rx_packets=12 tx_packets=12
		END
	}
	# A receiver that the machine does not let run for a while loses nothing.
	sysctl -qw net.core.rmem_default=4194304
	lossless='| grep -E "[0-9]/[0-9]+ \(0%\) +receiver"'
	(
		transfers "TCP up, v1" 10.45.0.2 -n 2M
		transfers "TCP down, v1" 10.45.0.2 -n 2M -R
		transfers "TCP up, v0" 10.45.0.3 -n 1M
		transfers "TCP down, v0" 10.45.0.3 -n 1M -R
		transfers "UDP up, nothing is lost" 10.45.0.2 -u -b 2M -l 1000 -n 200K "$lossless"
		transfers "UDP down, nothing is lost" 10.45.0.2 -R -u -b 2M -l 1000 -n 200K "$lossless"
	) | gt
else
	ktap_skip "TCP and UDP streams" "no iperf3"
fi

gt <<-END
	test no errors on either link
	linkerrors ns=$GGSN dev=gtp0
	linkerrors ns=$SGSN dev=gtp0
END
check "the GGSN's link goes with its contexts" gtpctl -n "$GGSN" link del gtp0
check "the SGSN's link goes with its contexts" gtpctl -n "$SGSN" link del gtp0
finish
