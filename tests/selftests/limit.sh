#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# A link may have no more contexts than it was made with a limit for.
#
#   +------------- GSN -------------+
#   | gtp0, at most 3 contexts      |
#   | gtp1, no limit                |
#   +-------------------------------+

# shellcheck source-path=SCRIPTDIR source=lib.sh
. "${0%/*}/lib.sh"

netns GSN
# What the C driver does with a number that it does not know is tested in link.sh.
if [ "$DRIVER" = c ]; then
	check "gtpctl makes a link with a limit, or none at all" sh -c "
		gtpctl -n $GSN link add gtp0 max_pdp 3 2>&1 | grep EOPNOTSUPP &&
		! $IP -n $GSN link show gtp0 2>/dev/null"
	ktap_skip "a limit of contexts" "the C driver has none"
	finish
fi

context="newpdp ns=$GSN link=gtp0 version=1"
gt <<-END
	test a link with a limit says so
	newlink ns=$GSN name=gtp0 create=1 local=127.0.0.1 65:u32=3
	linkdata ns=$GSN dev=gtp0 hashsize=1024 role=0 restart=0 65:u32=3

	test so many contexts are made
	$context i_tei=1 o_tei=1 ms=10.45.0.1 peer=192.0.2.2
	newpdp ns=$GSN link=gtp0 version=0 tid=1 flow=1 ms=10.45.0.2 peer=192.0.2.2
	$context i_tei=3 o_tei=3 ms6=2001:db8:45:3:: family=10 peer=192.0.2.2

	test one more is ENOSPC, with a message that says what to do
	$context i_tei=4 o_tei=4 ms=10.45.0.4 peer=192.0.2.2 => ENOSPC
	says The link has all contexts that IFLA_GTP_MAX_PDP allows: delete one first
	newpdp ns=$GSN link=gtp0 version=0 tid=4 flow=1 ms=10.45.0.4 peer=192.0.2.2 => ENOSPC
	$context flags=excl i_tei=4 o_tei=4 ms=10.45.0.4 peer=192.0.2.2 => ENOSPC
	$context flags=replace i_tei=4 o_tei=4 ms=10.45.0.4 peer=192.0.2.2 => ENOSPC
	dump ns=$GSN link=gtp0
	dumped 3 unique

	test what is wrong with a request is told before
	$context i_tei=1 o_tei=1 ms=10.45.0.1 flags=excl peer=192.0.2.2 => EEXIST
	$context i_tei=4 o_tei=4 ms6=2001:db8::1 family=10 peer=192.0.2.2 => EADDRNOTAVAIL

	test a change and a replacement are none more
	$context i_tei=5 o_tei=5 ms=10.45.0.1 peer=192.0.2.2
	$context flags=replace i_tei=5 o_tei=6 ms=10.45.0.1 peer=192.0.2.3
	getpdp ns=$GSN link=gtp0 version=1 ms=10.45.0.1
	reply version=1 link=gtp0@$GSN family=2 ms=10.45.0.1 peer=192.0.2.3 i_tei=5 o_tei=6
	dump ns=$GSN link=gtp0
	dumped 3 unique

	test where one goes another one may come
	delpdp ns=$GSN link=gtp0 version=1 i_tei=5
	$context i_tei=4 o_tei=4 ms=10.45.0.4 peer=192.0.2.2
	$context i_tei=5 o_tei=5 ms=10.45.0.5 peer=192.0.2.2 => ENOSPC

	test a failed request takes no place
	delpdp ns=$GSN link=gtp0 version=1 i_tei=4
	$context i_tei=6 o_tei=6 ms6=2001:db8::1 family=10 peer=192.0.2.2 => EADDRNOTAVAIL
	$context i_tei=6 o_tei=6 ms=10.45.0.6 peer6=2001:db8::1 => EAFNOSUPPORT
	$context i_tei=6 o_tei=6 ms=10.45.0.6 peer=192.0.2.2
	$context i_tei=7 o_tei=7 ms=10.45.0.7 peer=192.0.2.2 => ENOSPC

	test another link has its own
	newlink ns=$GSN name=gtp1 create=1 local=127.0.0.2
	linkdata ns=$GSN dev=gtp1 hashsize=1024 role=0 restart=0
	bulk newpdp ns=$GSN dev=gtp1 count=300 tei=1 ms=10.45.0.1 peer=192.0.2.2
	dump ns=$GSN link=gtp1
	dumped 300 unique

	test 0 is no limit, and not reported
	newlink ns=$GSN name=gtp2 create=1 local=127.0.0.3 65:u32=0
	linkdata ns=$GSN dev=gtp2 hashsize=1024 role=0 restart=0
	newpdp ns=$GSN link=gtp2 version=1 i_tei=1 o_tei=1 ms=10.45.0.1 peer=192.0.2.2
	dellink ns=$GSN dev=gtp2

	test too short is ERANGE, longer is taken
	newlink ns=$GSN name=gtp2 create=1 local=127.0.0.3 65:u16=1 => ERANGE
	blames 65
	newlink ns=$GSN name=gtp2 create=1 local=127.0.0.3 65:u64=2
	linkdata ns=$GSN dev=gtp2 hashsize=1024 role=0 restart=0 65:u32=2
	dellink ns=$GSN dev=gtp2

	test the largest
	newlink ns=$GSN name=gtp2 create=1 local=127.0.0.3 65:u32=0xffffffff
	newpdp ns=$GSN link=gtp2 version=1 i_tei=1 o_tei=1 ms=10.45.0.1 peer=192.0.2.2
	dellink ns=$GSN dev=gtp2
	dellink ns=$GSN dev=gtp1
	dellink ns=$GSN dev=gtp0
END

# Eight at once want more than there is room for.
for n in 0 1 2 3; do
	echo "newlink ns=$GSN name=gtp$n create=1 local=127.0.0.$((n + 1)) 65:u32=1000"
done | gt
pids=()
for n in 0 1 2 3 4 5 6 7; do
	gtptest bulk newpdp ns="$GSN" dev=gtp$((n % 4)) tei=$((n * 1000 + 1)) count=700 \
		ms="10.45.$((n * 4)).1" peer=192.0.2.2 >/tmp/limit-$n 2>&1 &
	pids+=($!)
done
wait "${pids[@]}"
for n in 0 1 2 3; do
	check "link $n: of two that want more than there is room for one is refused" \
		grep ENOSPC /tmp/limit-$n /tmp/limit-$((n + 4))
done
{
	for n in 0 1 2 3; do
		cat <<-END
			test link $n has what it may have, and no more
			dump ns=$GSN link=gtp$n
			dumped 1000 unique
			dellink ns=$GSN dev=gtp$n
		END
	done
} | gt

check "gtpctl makes a link with a limit, or none at all" gtpctl -n "$GSN" link add gtp0 max_pdp 2
matches "and shows it" "$(gtpctl -n "$GSN" link show gtp0)" "* max_pdp 2 *"
check "its contexts" gtpctl -n "$GSN" pdp batch - <<-END
	add dev gtp0 version 1 i_tei 1 o_tei 1 ms 10.45.0.1 peer 192.0.2.2
	add dev gtp0 version 1 i_tei 2 o_tei 2 ms 10.45.0.2 peer 192.0.2.2
END
matches "says what is wrong beyond it" "$(gtpctl -n "$GSN" pdp add dev gtp0 version 1 i_tei 3 o_tei 3 \
	ms 10.45.0.3 peer 192.0.2.2 2>&1)" "*delete one first (ENOSPC)"
finish
