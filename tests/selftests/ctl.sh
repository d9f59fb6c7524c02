#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# gtpctl against the driver: its words, its JSON, its exit status. gtptest looks
# over its shoulder.
#
#   +--- GSN ---+     +-- PEER ---+
#   |   gtp0    |     |   gtp0    |     nothing but echo is sent
#   +-----------+     +-----------+

# shellcheck source-path=SCRIPTDIR source=lib.sh
. "${0%/*}/lib.sh"

command -v gtpctl >/dev/null || skip_all "no gtpctl"
netns GSN
ctl() {
	gtpctl -n "$GSN" "$@"
}
# shellcheck disable=SC2317 # called by way of check and fails
ctl_other() {
	gtpctl -n "$OTHER" "$@"
}

# status NAME WANT COMMAND...: the exit status, in every detail.
status() {
	local name=$1 want=$2 output got=0

	shift 2
	output=$("$@" 2>&1) || got=$?
	if [ "$got" = "$want" ]; then
		ktap_result pass "$name"
	else
		ktap_result fail "$name" "status $got, not $want: ${output//$'\n'/ | }"
	fi
}

# fails NAME WORD COMMAND...: status 2 and the error's name.
fails() {
	local name=$1 word=$2 output got=0

	shift 2
	output=$("$@" 2>&1) || got=$?
	matches "$name: $word" "$got $output" "2 *$word*"
}

pdp1="dev gtp0 version 1 i_tei 100 o_tei 200 ms 10.45.0.2 peer 192.0.2.1"
pdp0="dev gtp0 version 0 tid 0x1234 flow 7 ms 10.45.0.3 peer 192.0.2.1"

check "link add" ctl link add gtp0 role sgsn hsize 64 restart_count 9 mtu 1400 up
gt <<-END
	test the link is as it was asked for
	linkdata ns=$GSN dev=gtp0 hashsize=64 role=1 restart=9
	linkprop ns=$GSN dev=gtp0 kind=gtp up=1 mtu=1400
END
matches "link show" "$(ctl link show gtp0)" \
	"*: gtp0 role sgsn hsize 64 restart_count 9 mtu 1400 up state UNKNOWN*"
matches "link show in JSON" "$(ctl --json link show gtp0)" \
	'*"ifname":"gtp0","up":true,"mtu":1400,"operstate":"UNKNOWN","role":"sgsn","hsize":64,"restart_count":9*'
fails "link add of a name that is taken" EEXIST ctl link add gtp0
fails "link add on ports that are taken" EADDRINUSE ctl link add gtp1
fails "link add on an address of others" EADDRNOTAVAIL ctl link add gtp1 local 198.51.100.1
status "link add without a name" 1 ctl link add
status "link add in another role" 1 ctl link add gtp1 role mme
status "link add of a name that the kernel would choose" 1 ctl link add gtp%d

# Who may make links but not enter namespaces, as in a container.
netns OTHER
# shellcheck disable=SC2317 # called by way of check and fails
confined() {
	setpriv --bounding-set -sys_admin gtpctl link "$@" netns "$OTHER"
}
check "link add elsewhere, with CAP_NET_ADMIN alone" confined add gtp5 mtu 1400
check "the link is there" ctl_other link del gtp5
fails "link add elsewhere of what would have to be looked at" EPERM confined add gtp5 max_pdp 5
fails "and no link is left" ENODEV ctl_other link del gtp5
fails "link add elsewhere with gtpctl's own sockets" EPERM confined add gtp5 fd
fails "and none is left either" ENODEV ctl_other link del gtp5

# shellcheck disable=SC2086 # words
{
	check "pdp add, v1" ctl pdp add $pdp1
	check "pdp add, v0" ctl pdp add $pdp0
	fails "pdp add of what is there" EEXIST ctl pdp add $pdp1
}
gt <<-END
	test the contexts are as they were asked for
	dump ns=$GSN
	dumped 2 unique
	dumped has version=1 link=gtp0@$GSN family=2 ms=10.45.0.2 peer=192.0.2.1 i_tei=100 o_tei=200
	dumped has version=0 link=gtp0@$GSN family=2 ms=10.45.0.3 peer=192.0.2.1 tid=0x1234 flow=7
END
equal "pdp list" "$(ctl pdp list | sort)" "$pdp0
$pdp1"
equal "pdp list of a link" "$(ctl pdp list dev gtp0 | sort)" "$pdp0
$pdp1"
json1='"version":1,"family":"inet","i_tei":100,"o_tei":200,"ms":"10.45.0.2","peer":"192.0.2.1"}'
json0='"version":0,"family":"inet","tid":4660,"tid_hex":"0x1234","flow":7,"ms":"10.45.0.3","peer":"192.0.2.1"}'
list=$(ctl --json pdp list | sort)
matches "pdp list in JSON: v1" "$list" "*{\"dev\":\"gtp0\",\"ifindex\":*,$json1*"
matches "pdp list in JSON: v0" "$list" "*{\"dev\":\"gtp0\",\"ifindex\":*,$json0*"
equal "pdp get by TEID" "$(ctl pdp get dev gtp0 version 1 i_tei 100)" "$pdp1"
equal "pdp get by TID" "$(ctl pdp get dev gtp0 tid 0x1234)" "$pdp0"
equal "pdp get by MS" "$(ctl pdp get dev gtp0 ms 10.45.0.2)" "$pdp1"
matches "pdp get in JSON" "$(ctl --json pdp get dev gtp0 ms 10.45.0.2)" "{\"dev\":\"gtp0\",\"ifindex\":*,$json1"
fails "pdp get of what is not there" ENOENT ctl pdp get dev gtp0 ms 10.45.0.99
fails "pdp get on no link" ENODEV ctl pdp get dev lo ms 10.45.0.99
status "pdp add without a peer" 1 ctl pdp add dev gtp0 version 1 i_tei 1 o_tei 2 ms 10.45.0.9
status "a verb that there is not" 1 ctl pdp frobnicate
status "a usage error that cannot be told" 1 bash -c "gtpctl link add 2>/dev/full"
status "a refusal that cannot be told" 2 bash -c "gtpctl -n $GSN link del none 2>/dev/full"

# Everything but the error's own text, which the C driver leaves us with.
# shellcheck disable=SC2086 # words
message=$(ctl pdp add $pdp1 2>&1)
known_difference "errnos and orders of sections 1, 2 have no extack message"
refuse "errors are told in the kernel's words" test "${message#Error: }" = "File exists (EEXIST)"

check "pdp update" ctl pdp update dev gtp0 version 1 i_tei 101 o_tei 201 ms 10.45.0.2 peer 192.0.2.2
equal "what it says is there" "$(ctl pdp get dev gtp0 ms 10.45.0.2)" \
	"dev gtp0 version 1 i_tei 101 o_tei 201 ms 10.45.0.2 peer 192.0.2.2"
known_difference "NLM_F_REPLACE EOPNOTSUPP"
check "pdp replace" ctl pdp replace dev gtp0 version 1 i_tei 101 o_tei 202 ms 10.45.0.2 peer 192.0.2.2

monitored=$(mktemp)
gtpctl -n "$GSN" monitor --count 2 --timeout 20 >"$monitored" 2>"$monitored.state" &
monitor=$!
until_true grep -q Listening "$monitored.state"
check "pdp del by MS" ctl pdp del dev gtp0 ms 10.45.0.2
check "pdp del by TID" ctl pdp del dev gtp0 version 0 tid 0x1234
got=0
wait "$monitor" || got=$?
equal "monitor counts to two" "$got" 0
matches "monitor told of both" "$(<"$monitored")" "del dev gtp0 version 1 * ms 10.45.0.2 *
del $pdp0"
rm -f "$monitored" "$monitored.state"
equal "pdp list of nothing" "$(ctl pdp list)" ""
matches "pdp list of nothing in JSON" "$(ctl --json pdp list)" "\[*\]"
fails "pdp del of what is not there" ENOENT ctl pdp del dev gtp0 ms 10.45.0.2

check "pdp batch" ctl pdp batch - <<-END
	# a comment
	add dev gtp0 i_tei 1 o_tei 2 ms 10.45.1.1 peer 192.0.2.1
	pdp add dev gtp0 tid 2 flow 2 ms 10.45.1.2 peer 192.0.2.1
	del dev gtp0 i_tei 1
END
equal "what it did" "$(ctl pdp list)" "dev gtp0 version 0 tid 0x2 flow 2 ms 10.45.1.2 peer 192.0.2.1"
# shellcheck disable=SC2317 # called by way of fails
batch() {
	printf '%s\n' "add dev gtp0 i_tei 1 o_tei 2 ms 10.45.1.1 peer 192.0.2.1" \
		"del dev gtp0 i_tei 99" "add dev gtp0 i_tei 3 o_tei 2 ms 10.45.1.3 peer 192.0.2.1" |
		ctl pdp batch "$@"
}
fails "pdp batch names the line that failed" "line 2" batch -
ctl pdp del dev gtp0 i_tei 1
ctl pdp del dev gtp0 i_tei 3 2>/dev/null
# unread COMMAND...: its status, where nobody reads what it prints.
# shellcheck disable=SC2317 # called by way of status
unread() {
	{
		sleep 0.5
		"$@"
	} | :
	return "${PIPESTATUS[0]}"
}
status "pdp batch that failed and nobody reads of" 2 unread batch -
ctl pdp del dev gtp0 i_tei 1
ctl pdp del dev gtp0 i_tei 3 2>/dev/null
fails "pdp batch, one by one" ENOENT batch --per-send 1 -
equal "stops where it failed" "$(ctl pdp list | grep -c i_tei)" 1
# shellcheck disable=SC2317 # called by way of status
no_text() {
	printf '%b\n' "add dev gtp0 i_tei 5 o_tei 2 ms 10.45.1.5 peer 192.0.2.1" 'del \xff' | ctl pdp batch -
}
status "pdp batch with a line that is no text" 1 no_text
check "does what stands before it" ctl pdp del dev gtp0 i_tei 5

if [ "$DRIVER" = c ]; then
	ktap_skip "routes, bearers, paths, echo" "the C driver has none, or loses what echo takes"
else
	routes="dev gtp0 10.99.0.0/16 via 10.45.1.1
dev gtp0 10.99.7.0/24 via 10.45.1.1"
	check "route add" ctl route add dev gtp0 10.99.0.0/16 via 10.45.1.1
	check "route add of a longer one" ctl route add dev gtp0 via 10.45.1.1 10.99.7.0/24
	fails "route add of what is there" EEXIST ctl route add dev gtp0 10.99.7.0/24 via 10.45.1.1
	fails "route add by way of none" ENOENT ctl route add dev gtp0 10.98.0.0/16 via 10.45.1.99
	status "route add in another family" 1 ctl route add dev gtp0 ::/0 via 10.45.1.1
	equal "route list" "$(ctl route list | sort)" "$routes"
	equal "route list of a link" "$(ctl route list dev gtp0 | sort)" "$routes"
	matches "route list in JSON" "$(ctl --json route list)" \
		'\[*{"dev":"gtp0","ifindex":*,"dst":"10.99.0.0/16","via":"10.45.1.1"}*\]'
	equal "route get" "$(ctl route get dev gtp0 10.99.7.0/24)" "dev gtp0 10.99.7.0/24 via 10.45.1.1"
	fails "route get of another length" ENOENT ctl route get dev gtp0 10.99.7.0/25
	check "route replace" ctl route replace dev gtp0 10.99.7.0/24 via 10.45.1.2
	matches "route get in JSON" "$(ctl --json route get dev gtp0 10.99.7.0/24)" \
		'{"dev":"gtp0","ifindex":*,"dst":"10.99.7.0/24","via":"10.45.1.2"}'
	check "route del" ctl route del dev gtp0 10.99.7.0/24
	fails "route del of what is not there" ENOENT ctl route del dev gtp0 10.99.7.0/24
	equal "and one is left" "$(ctl route list)" "dev gtp0 10.99.0.0/16 via 10.45.1.1"

	check "pdp add of a dedicated bearer" ctl pdp add dev gtp0 i_tei 9 o_tei 9 ms 10.45.1.1 peer 192.0.2.1 bearer 5
	equal "pdp get of it" "$(ctl pdp get dev gtp0 ms 10.45.1.1 bearer 5)" \
		"dev gtp0 version 1 i_tei 9 o_tei 9 ms 10.45.1.1 peer 192.0.2.1 bearer 5"
	check "pdp del of it" ctl pdp del dev gtp0 ms 10.45.1.1 bearer 5
	equal "which leaves the default one" "$(ctl pdp get dev gtp0 ms 10.45.1.1)" \
		"dev gtp0 version 1 i_tei 1 o_tei 2 ms 10.45.1.1 peer 192.0.2.1"

	matches "path list" "$(ctl path list)" "*dev gtp0 *192.0.2.1*"
	matches "path list in JSON" "$(ctl --json path list dev gtp0)" '*"dev":"gtp0",*"peer":"192.0.2.1"*'
	check "link set" ctl link set gtp0 ttl 9
	matches "link show of that" "$(ctl link show gtp0)" "*: gtp0 *ttl 9*"

	# The peer is another link: the kernel answers.
	netns PEER
	pair "$GSN" 192.0.2.2/24 "$PEER" 192.0.2.1/24
	check "link add of a peer" gtpctl -n "$PEER" link add gtp0 role ggsn up
	to="peer 192.0.2.1"
	answer="version 1 $to ms 192.0.2.2"
	# shellcheck disable=SC2086 # words
	{
		equal "echo" "$(ctl echo dev gtp0 $to ms 192.0.2.2 wait 5)" "$answer"
		equal "echo from where the route says" "$(ctl echo dev gtp0 $to ms 0.0.0.0 wait 5)" "$answer"
		equal "echo on a link that is elsewhere" \
			"$(gtpctl echo dev gtp0 netns "$GSN" $to ms 192.0.2.2 wait 5)" "$answer"
		check "link del of the peer" gtpctl -n "$PEER" link del gtp0
		fails "echo to nobody" ETIMEDOUT ctl echo dev gtp0 $to ms 192.0.2.2 wait 0.5
	}
fi

check "link del" ctl link del gtp0
fails "link del of none" ENODEV ctl link del gtp0

# Sockets of gtpctl's own.
held=$(mktemp)
gtpctl -n "$GSN" link add gtp0 fd up >"$held" 2>&1 &
holder=$!
background+=("$holder")
until_true grep -q ready "$held"
matches "a link with gtpctl's own sockets" "$(<"$held")" "ready dev gtp0 ifindex *"
gt <<-END
	test what is no T-PDU is passed up to gtpctl
	udp peer ns=$GSN bind=127.0.0.2:40000
	send peer to=127.0.0.1:2152 : gtp1 teid=0 type=1 seq=5
	send peer to=127.0.0.1:2152 : gtp1 teid=77 / ip4 src=10.45.0.2 dst=10.99.0.1
END
until_true grep -q "teid 77" "$held"
matches "which says so" "$(<"$held")" "ready *
passed_up dev gtp0 socket 2152 version 1 type 1 teid 0 source 127.0.0.2 port 40000 length 12
passed_up dev gtp0 socket 2152 version 1 type 255 teid 77 source 127.0.0.2 port 40000 length 28"
kill "$holder"
got=0
wait "$holder" || got=$?
equal "gtpctl ends in peace" "$got" 0
gt <<-END
	test and takes the link along
	nolink ns=$GSN dev=gtp0
END

# A signal that whoever starts gtpctl has it ignore.
: >"$held"
(trap '' HUP && exec gtpctl -n "$GSN" link add gtp0 fd) >"$held" 2>&1 &
holder=$!
background+=("$holder")
until_true grep -q ready "$held"
kill -HUP "$holder"
sleep 0.5
check "a hangup that is ignored ends nothing" ctl link show gtp0
kill "$holder"
got=0
wait "$holder" || got=$?
equal "another signal does" "$got" 0
fails "and the link is gone" ENODEV ctl link del gtp0

# Nobody reads, and the pipe is full.
rm -f "$held"
mkfifo "$held"
exec 5<>"$held"
exec 6>"$held"
dd if=/dev/zero of="$held" bs=4096 oflag=nonblock 2>/dev/null
gtpctl -n "$GSN" link add gtp0 fd >&6 2>"$held.said" 5<&- 6>&- &
holder=$!
background+=("$holder")
until_true ctl link show gtp0
gt <<-END
	test what is passed up while nobody reads
	udp peer ns=$GSN bind=127.0.0.2:40000
	send peer to=127.0.0.1:2152 : gtp1 teid=0 type=1 seq=5
END
until_true eval "! $IP netns exec $GSN grep -q ':0868 .*:0*[1-9A-F][0-9A-F]* 00:' /proc/net/udp"
kill "$holder"
check "a full pipe is no hindrance to ending" until_true eval "! kill -0 $holder"
exec 5<&- 6>&-
got=0
wait "$holder" || got=$?
equal "in peace" "$got" 0
equal "which says what was dropped" "$(<"$held.said")" \
	"Lines that the standard output did not take: 2"

# A link that somebody else removes, or moves.
rm -f "$held"
# hold: gtp0 with gtpctl's own sockets.
hold() {
	: >"$held"
	gtpctl -n "$GSN" link add gtp0 fd >"$held" 2>&1 &
	holder=$!
	background+=("$holder")
	until_true grep -q ready "$held"
}
hold
"$IP" -n "$GSN" link del gtp0
check "who holds a link that is removed ends" until_true eval "! kill -0 $holder"
kill "$holder" 2>/dev/null
got=0
wait "$holder" || got=$?
matches "and says why" "$got $(<"$held")" '2 ready *Error: link "gtp0" has been removed'
check "its ports are free" ctl link add gtp0
ctl link del gtp0
hold
"$IP" -n "$GSN" link set gtp0 netns "$OTHER"
sleep 0.5
check "who holds a link that is moved goes on" kill -0 "$holder"
gt <<-END
	test what is passed up when the link has moved
	udp peer ns=$GSN bind=127.0.0.2:40000
	send peer to=127.0.0.1:2152 : gtp1 teid=0 type=1 seq=5
END
check "and reads" until_true grep -q passed_up "$held"
kill "$holder"
got=0
wait "$holder" || got=$?
matches "in the end it says what is left" "$got $(<"$held")" \
	'2 ready *Error: link "gtp0" has moved to another network namespace: this does not remove it'
check "which is so" ctl_other link del gtp0
rm -f "$held.said"
rm -f "$held"
finish
