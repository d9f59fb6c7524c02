#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# The dump of PDP contexts: none, one, five thousand, on several links.
#
#   +------------ GSN ------------+     +--- FAR ---+
#   | gtp0 (v1, v0)  gtp1  gtp2   |     | gtp0 (v1) |
#   +-----------------------------+     +-----------+

# shellcheck source-path=SCRIPTDIR source=lib.sh
. "${0%/*}/lib.sh"

netns GSN
netns FAR

gt <<-END
	udp a ns=$GSN bind=127.0.0.1:2152
	udp b ns=$GSN bind=127.0.0.1:3386
	udp c ns=$GSN bind=127.0.0.2:2152
	udp d ns=$GSN bind=127.0.0.3:2152
	udp e ns=$FAR bind=127.0.0.1:2152

	test no link, no context
	dump ns=$GSN
	dumped 0

	test links without contexts
	newlink ns=$GSN name=gtp0 fd0=b fd1=a
	newlink ns=$GSN name=gtp1 fd1=c hashsize=1
	newlink ns=$GSN name=gtp2 fd1=d hashsize=7
	newlink ns=$FAR name=gtp0 fd1=e
	dump ns=$GSN
	dumped 0

	test one context, octet by octet, in parts of a dump
	newpdp ns=$GSN link=gtp0 version=1 i_tei=1 o_tei=2 ms=10.45.0.2 peer=192.0.2.2
	dump ns=$GSN
	dumped 1 multi intr=0
	dumped has version=1 link=gtp0@$GSN family=2 ms=10.45.0.2 peer=192.0.2.2 i_tei=1 o_tei=2

	test its command is NEWPDP
	differs reply's genl cmd is the family id & 0xff
	dumped 1 cmd=newpdp

	test both versions
	newpdp ns=$GSN link=gtp0 version=0 tid=0x1122334455667788 flow=3 ms=10.45.0.3 peer=192.0.2.3
	dump ns=$GSN
	dumped 2 unique multi intr=0
	dumped has version=0 link=gtp0@$GSN family=2 ms=10.45.0.3 peer=192.0.2.3 tid=0x1122334455667788 flow=3

	test several links
	newpdp ns=$GSN link=gtp1 version=1 i_tei=1 o_tei=2 ms=10.45.0.2 peer=192.0.2.2
	newpdp ns=$GSN link=gtp1 version=1 i_tei=2 o_tei=2 ms=10.45.0.3 peer=192.0.2.2
	newpdp ns=$GSN link=gtp2 version=1 i_tei=1 o_tei=2 ms=10.45.0.2 peer=192.0.2.2
	dump ns=$GSN
	dumped 5 unique multi intr=0
	dumped has version=1 link=gtp1@$GSN family=2 ms=10.45.0.3 peer=192.0.2.2 i_tei=2 o_tei=2
	dumped has version=1 link=gtp2@$GSN family=2 ms=10.45.0.2 peer=192.0.2.2 i_tei=1 o_tei=2

	test other namespaces are not told of
	newpdp ns=$FAR link=gtp0 version=1 i_tei=9 o_tei=9 ms=10.45.0.9 peer=192.0.2.9
	dump ns=$GSN
	dumped 5
	dump ns=$FAR
	dumped 1
	dumped has version=1 link=gtp0@$FAR family=2 ms=10.45.0.9 peer=192.0.2.9 i_tei=9 o_tei=9

	test attributes that say nothing about a dump are not looked at
	dump ns=$GSN version=1 ms=10.45.0.2 50:u32=1
	dumped 5

	test LINK filters
	differs dump ignores LINK
	dump ns=$GSN link=gtp1
	dumped 2 unique multi

	test five thousand contexts on one link
	bulk newpdp ns=$GSN dev=gtp0 count=5000 tei=100 ms=10.46.0.0 peer=192.0.2.2
	dump ns=$GSN
	dumped 5005 unique multi intr=0
	dumped has version=1 link=gtp0@$GSN family=2 ms=10.46.0.0 peer=192.0.2.2 i_tei=100 o_tei=100
	dumped has version=1 link=gtp0@$GSN family=2 ms=10.46.19.135 peer=192.0.2.2 i_tei=5099 o_tei=5099

	test a thousand on a link of a single bucket
	bulk newpdp ns=$GSN dev=gtp1 count=1000 tei=100 ms=10.46.0.0 peer=192.0.2.2
	dump ns=$GSN
	dumped 6005 unique multi intr=0

	test what is deleted is not told of
	bulk delpdp ns=$GSN dev=gtp0 count=4999 tei=100
	dump ns=$GSN
	dumped 1006 unique multi intr=0
	dumped has version=1 link=gtp0@$GSN family=2 ms=10.46.19.135 peer=192.0.2.2 i_tei=5099 o_tei=5099
	dumped lacks version=1 link=gtp0@$GSN family=2 ms=10.46.0.0 peer=192.0.2.2 i_tei=100 o_tei=100

	test a link that is gone takes its contexts along
	dellink ns=$GSN dev=gtp1
	dump ns=$GSN
	dumped 4 unique
	dellink ns=$GSN dev=gtp0
	dump ns=$GSN
	dumped 1
END
finish
