#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# The link: attributes, defaults, errors and their order, what it looks like, and
# how the module comes to be loaded. Sockets are made by the kernel.
#
#   +--- GSN ----+     +--- FAR ----+
#   | gtp0, gtp1 |     |    gtp0    |     nothing is sent
#   +------------+     +------------+

# shellcheck source-path=SCRIPTDIR source=lib.sh
. "${0%/*}/lib.sh"

netns GSN
netns FAR

# --- As iproute2 sees it ----------------------------------------------------

# shown NAME WANT: the line about the link's own data.
shown() {
	local text

	text=$("$IP" -n "$GSN" -d link show dev gtp0 | sed -n 's/^ *\(gtp role [a-z]* hsize [0-9]* restart_count [0-9]*\) .*/\1/p')
	equal "$1" "$text" "$2"
}

check "ip link add" "$IP" -n "$GSN" link add gtp0 type gtp role ggsn
shown "ip -d link show: the defaults" "gtp role ggsn hsize 1024 restart_count 0"
"$IP" -n "$GSN" link set gtp0 up
matches "ip -d link show: the device" "$("$IP" -n "$GSN" -d link show dev gtp0)" \
	"*: gtp0: <POINTOPOINT,MULTICAST,NOARP,UP,LOWER_UP> mtu 1452 qdisc noqueue state UNKNOWN mode DEFAULT group default qlen 1000
    link/none  promiscuity 0 * numtxqueues 1 numrxqueues 1 *"
"$IP" -n "$GSN" link del gtp0
check "ip link add, every word" "$IP" -n "$GSN" link add gtp0 type gtp role sgsn hsize 77 restart_count 200
shown "ip -d link show: every word" "gtp role sgsn hsize 77 restart_count 200"
check "ip link del" "$IP" -n "$GSN" link del gtp0
refuse "ip link add without any word" "$IP" -n "$GSN" link add gtp0 type gtp

# --- Attribute by attribute -------------------------------------------------

defaults() {
	cat <<-END
		test the defaults, octet by octet
		newlink ns=$GSN name=gtp0 create=1
		linkdata ns=$GSN dev=gtp0 hashsize=1024 role=0 restart=0

		test the device's properties
		linkprop ns=$GSN dev=gtp0 kind=gtp type=65534 flags=0x1090 mtu=1452 txqlen=1000 qdisc=noop addr=none up=0
		setlink ns=$GSN dev=gtp0 up
		linkprop ns=$GSN dev=gtp0 up=1 qdisc=noqueue flags=0x1090
		setlink ns=$GSN dev=gtp0 down

		test its counters begin at nothing
		counters ns=$GSN dev=gtp0 zero

		test MTUs that are in use can be set
		setlink ns=$GSN dev=gtp0 mtu=1500
		setlink ns=$GSN dev=gtp0 mtu=9000
		setlink ns=$GSN dev=gtp0 mtu=68
		linkprop ns=$GSN dev=gtp0 mtu=68

		test MTUs that cannot be are refused
		differs mtu 0 and 2^31-1 accepted
		setlink ns=$GSN dev=gtp0 mtu=0 => EINVAL
		setlink ns=$GSN dev=gtp0 mtu=67 => EINVAL
		setlink ns=$GSN dev=gtp0 mtu=65508 => EINVAL
		setlink ns=$GSN dev=gtp0 mtu=0x7fffffff => EINVAL

		test the kernel's sockets hold the ports of both versions
		udp x ns=$GSN bind=127.0.0.1:2152 => EADDRINUSE
		udp x ns=$GSN bind=127.0.0.1:3386 => EADDRINUSE

		test another link on the same address is refused
		newlink ns=$GSN name=gtp1 create=1 => EADDRINUSE
		newlink ns=$GSN name=gtp1 create=1 local=127.0.0.1 => EADDRINUSE
		nolink ns=$GSN dev=gtp1

		test another link in another namespace is not
		newlink ns=$FAR name=gtp0 create=1
		dellink ns=$FAR dev=gtp0

		test a link cannot be changed
		newlink ns=$GSN flags=none name=gtp0 role=1 => EOPNOTSUPP
		newlink ns=$GSN flags=create name=gtp0 hashsize=5 => EOPNOTSUPP
		linkdata ns=$GSN dev=gtp0 hashsize=1024 role=0 restart=0

		test a name that is taken is refused
		newlink ns=$GSN name=gtp0 create=1 local=127.0.0.1 => EEXIST

		test the ports are free when the link is gone
		dellink ns=$GSN dev=gtp0
		nolink ns=$GSN dev=gtp0
		udp x ns=$GSN bind=0.0.0.0:2152
		udp y ns=$GSN bind=0.0.0.0:3386

		test the first port taken, the second taken
		close x
		newlink ns=$GSN name=gtp0 create=1 => EADDRINUSE
		udp x ns=$GSN bind=0.0.0.0:2152
		close y
		newlink ns=$GSN name=gtp0 create=1 => EADDRINUSE
		udp y ns=$GSN bind=0.0.0.0:3386
		close x y
	END
}

# accepted NAME ATTRIBUTES DATA
accepted() {
	cat <<-END
		test $1
		newlink ns=$GSN name=gtp0 $2
		linkdata ns=$GSN dev=gtp0 $3
		cleanup
		dellink ns=$GSN dev=gtp0
	END
}

# left_nothing: there is no link, and the ports are free.
left_nothing() {
	cat <<-END
		nolink ns=$GSN dev=gtp0
		udp x ns=$GSN bind=0.0.0.0:2152
		udp y ns=$GSN bind=0.0.0.0:3386
		cleanup
		close x y
		dellink ns=$GSN dev=gtp0
	END
}

# refused NAME ATTRIBUTES ERROR: and the ports are free afterwards.
refused() {
	cat <<-END
		test $1: $3
		newlink ns=$GSN name=gtp0 $2 => $3
		$(left_nothing)
	END
}

attributes() {
	local plain="hashsize=1024 role=0 restart=0"

	accepted "CREATE_SOCKETS counts by being there" create=0 "$plain"
	accepted "descriptors beside CREATE_SOCKETS are not looked at" \
		"fd0=9999 fd1=9998 create=1" "$plain"
	accepted "a hash size of 0 is the default" "create=1 hashsize=0" "$plain"
	accepted "a hash size of 1" "create=1 hashsize=1" "hashsize=1 role=0 restart=0"
	accepted "the hash size of libgtpnl" "create=1 hashsize=131072" \
		"hashsize=131072 role=0 restart=0"
	accepted "the largest hash size" "create=1 hashsize=524288" \
		"hashsize=524288 role=0 restart=0"
	accepted "the role of an SGSN" "create=1 role=1" "hashsize=1024 role=1 restart=0"
	accepted "the role of a GGSN" "create=1 role=0" "$plain"
	accepted "a restart count" "create=1 restart=255" "hashsize=1024 role=0 restart=255"
	accepted "a local address" "create=1 local=127.0.0.1" "$plain"
	accepted "the order of attributes does not matter" \
		"restart=3 role=1 create=1 hashsize=9" "hashsize=9 role=1 restart=3"
	accepted "an unknown attribute is not looked at" "create=1 99:u32=5 63:hex=01" "$plain"
	accepted "longer scalars are cut" \
		"create:u32=1 role:u64=1 restart:u32=0x107 hashsize:u64=5" \
		"hashsize=5 role=1 restart=7"
	accepted "a kind without its NUL" "nonul create=1" "$plain"
	accepted "up in the same message" "up create=1 mtu=1400" "$plain"

	refused "no INFO_DATA" noinfo EINVAL
	refused "neither sockets nor CREATE_SOCKETS" "" EINVAL
	refused "neither sockets nor CREATE_SOCKETS, but all else" \
		"role=1 hashsize=5 restart=1 local=127.0.0.1" EINVAL
	refused "a role of 2" "create=1 role=2" EINVAL
	refused "a role of -1" "create=1 role=0xffffffff" EINVAL
	refused "a role of 2 comes before a bad descriptor" "fd0=9999 role=2" EINVAL
	refused "a role of 2 comes before an address of others" \
		"create=1 local=198.51.100.1 role=2" EINVAL
	refused "an address of others" "create=1 local=198.51.100.1" EADDRNOTAVAIL
	refused "a short FD0" "create=1 fd0:u16=1" ERANGE
	refused "a short FD1" "create=1 fd1:u16=1" ERANGE
	refused "a short hash size" "create=1 hashsize:u16=1" ERANGE
	refused "a short role" "create=1 role:u16=1" ERANGE
	refused "an empty CREATE_SOCKETS" "create:hex=" ERANGE
	refused "an empty restart count" "create=1 restart:hex=" ERANGE
	refused "a short local address" "create=1 local:u16=1" ERANGE
	refused "a short local IPv6 address" "create=1 local6:hex=00112233445566778899aabbccddee" ERANGE
	cat <<-END
		test LOCAL6 that is an IPv4 address: EADDRNOTAVAIL
		differs IFLA_GTP_LOCAL6 takes an IPv4-mapped address
		newlink ns=$GSN name=gtp0 create=1 local6=::ffff:127.0.0.1 => EADDRNOTAVAIL
		says give it as IFLA_GTP_LOCAL
		newlink ns=$GSN name=gtp0 create=1 local6=::ffff:0.0.0.0 => EADDRNOTAVAIL
		newlink ns=$GSN name=gtp0 create=1 64:u8=1 local=127.0.0.1 local6=::ffff:127.0.0.2 => EADDRNOTAVAIL
		$(left_nothing)

		test every refusal by the driver comes with a message
		differs errnos and orders of sections 1, 2 have no extack message
		extacks
	END

	# The name is looked at when the device is registered, after the sockets.
	refused "a name that cannot be" "name=a/b create=1" EINVAL | sed 's/name=gtp0 name=a/name=a/'
}

# The device is made in another namespace than the sockets'.
elsewhere() {
	cat <<-END
		file far /run/netns/$FAR
		test a link can be made into another namespace; its sockets stay
		newlink ns=$GSN name=gtp0 create=1 netns=far
		nolink ns=$GSN dev=gtp0
		linkdata ns=$FAR dev=gtp0 hashsize=1024 role=0 restart=0
		udp x ns=$GSN bind=127.0.0.1:2152 => EADDRINUSE
		udp x ns=$FAR bind=127.0.0.1:2152
		close x

		test a link can be moved to another namespace; its sockets stay
		file near /run/netns/$GSN
		setlink ns=$FAR dev=gtp0 netns=near
		linkdata ns=$GSN dev=gtp0 hashsize=1024 role=0 restart=0
		dellink ns=$GSN dev=gtp0
		udp x ns=$GSN bind=127.0.0.1:2152
	END
}

defaults | gt
attributes | gt
elsewhere | gt

# --- The module -------------------------------------------------------------

gtptest newlink name=gtptest0 create=1 local=127.0.0.1 >/dev/null
equal "uevents name the type of device" \
	"$(sed -n 's/^DEVTYPE=//p' /sys/class/net/gtptest0/uevent)" gtp
"$IP" link del gtptest0

aliases=$(modinfo "$GTP_KO" | sed -n 's/^alias: *//p' | sort | tr '\n' ' ')
matches "alias for the link" " $aliases" "* rtnl-link-gtp *"
matches "alias for the netlink family" " $aliases" "* net-pf-16-proto-16-family-gtp *"
equal "licence" "$(modinfo "$GTP_KO" | sed -n 's/^license: *//p')" GPL

# The kernel asks for a module by calling a program of the administrator's
# choice: ours writes down what was asked for, and loads the driver.
loader=$(mktemp -d)
cat >"$loader/modprobe" <<-END
	#!/bin/bash
	echo "\${*: -1}" >> $loader/asked
	insmod $GTP_KO
END
chmod +x "$loader/modprobe"
modprobe_was=$(cat /proc/sys/kernel/modprobe)
driver_unload
echo "$loader/modprobe" >/proc/sys/kernel/modprobe
check "ip link add loads the module" "$IP" -n "$GSN" link add gtp0 type gtp role ggsn
equal "it is asked for as" "$(sort -u "$loader/asked" 2>/dev/null)" rtnl-link-gtp
"$IP" -n "$GSN" link del gtp0
driver_unload
rm -f "$loader/asked"
check "generic netlink loads the module" gtptest family
equal "it is asked for as a family" "$(sort -u "$loader/asked" 2>/dev/null)" net-pf-16-proto-16-family-gtp
echo "$modprobe_was" >/proc/sys/kernel/modprobe
rm -r "$loader"

finish
