#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Twenty thousand contexts on one link: made, found, used, deleted, and nothing
# left of them.
#
#   +--------- GSN ---------+          +--- PEER ---+
#   | gtp0                  |   net0   |            |
#   | 192.0.2.1:2152        |----------| 192.0.2.2  |
#   +-----------------------+          +------------+
#
#   context n of 0..19999: TEID n + 1, MS 10.45.0.1 + n

# shellcheck source-path=SCRIPTDIR source=lib.sh
. "${0%/*}/lib.sh"

command -v gtpctl >/dev/null || skip_all "no gtpctl"
netns GSN
netns PEER
pair "$GSN" 192.0.2.1/24 "$PEER" 192.0.2.2/24

check "a link" gtpctl -n "$GSN" link add gtp0 up hsize 16384

# lines VERB WORDS_OF_TEI...: twenty thousand of them.
lines() {
	awk -v verb="$1" 'BEGIN {
		for (n = 0; n < 20000; n++) {
			ms = n + 1
			printf "%s dev gtp0 version 1 i_tei %d", verb, n + 1
			if (verb == "add")
				printf " o_tei %d ms 10.45.%d.%d peer 192.0.2.2", n + 1, ms / 256, ms % 256
			print ""
		}
	}'
}

# What one context delivers and sends: TEID, MS.
uses() {
	cat <<-END
		test context $1 is found both ways
		send peer to=192.0.2.1:2152 : gtp1 teid=$1 / ip4 src=$2 dst=10.99.0.1 / udp 1 2 / text up
		expect dev : ip4 src=$2 dst=10.99.0.1 / udp 1 2 / text up
		send dev : ip4 src=10.99.0.1 dst=$2 / udp 2 1 / text down
		expect peer : gtp1 teid=$1 / ip4 src=10.99.0.1 dst=$2 / udp 2 1 / text down
		getpdp ns=$GSN link=gtp0 version=1 ms=$2
		reply version=1 link=gtp0@$GSN family=2 ms=$2 peer=192.0.2.2 i_tei=$1 o_tei=$1
	END
}

lines add | check "twenty thousand are made" gtpctl -n "$GSN" pdp batch -
(
	cat <<-END
		udp peer ns=$PEER bind=192.0.2.2:2152
		capture dev ns=$GSN dev=gtp0
		test twenty thousand are dumped
		dump ns=$GSN
		dumped 20000 unique multi intr=0
	END
	uses 1 10.45.0.1
	uses 256 10.45.1.0
	uses 9999 10.45.39.15
	uses 20000 10.45.78.32
	cat <<-END
		test the one before the first and the one behind the last are not there
		getpdp ns=$GSN link=gtp0 version=1 i_tei=0 => ENOENT
		getpdp ns=$GSN link=gtp0 version=1 i_tei=20001 => ENOENT
		getpdp ns=$GSN link=gtp0 version=1 ms=10.45.0.0 => ENOENT
		getpdp ns=$GSN link=gtp0 version=1 ms=10.45.78.33 => ENOENT
	END
) | gt
lines del | check "twenty thousand are deleted" gtpctl -n "$GSN" pdp batch -

gt <<-END
	test none is left
	dump ns=$GSN
	dumped 0
	getpdp ns=$GSN link=gtp0 version=1 i_tei=9999 => ENOENT
	getpdp ns=$GSN link=gtp0 version=1 ms=10.45.39.15 => ENOENT
END
memory_settles
before=$(memory_in_use)
{
	for _ in 1 2 3; do
		cat <<-END
			test a link with twenty thousand contexts is removed
			newlink name=gtpscale create=1 hashsize=16384
			bulk newpdp dev=gtpscale count=20000 tei=1 ms=10.45.0.1 peer=192.0.2.2
			dellink dev=gtpscale
		END
	done
} | gt
# Sixty thousand contexts are more than 6 MB.
check "their memory is given back" until_true not_grown "$before" 3000
diag "memory: $before kB before, $(memory_in_use) kB after"
finish
