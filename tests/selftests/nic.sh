#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# offload.sh once more, over a wire between two NICs: 82576, which QEMU emulates for its
# real driver.
#
# With tunnels QEMU's does less than the NIC: it computes the checksum of the outer UDP
# header where it is told to compute the inner one, and makes fragments of datagrams that
# it is to segment. So partial segmentation, which is what the driver of the NIC has it do
# both by, is off here, as one would switch it off for vxlan and geneve in such a VM. What
# the NIC is left to do with partial segmentation is looked at in the end.

# shellcheck disable=SC2034,SC2317 # offload.sh reads and calls them
WIRE=igb AFTERWARDS=computes

# burst NAME: one that is not of one length is cut by the stack, and the NIC is to compute
# what the stack computes for a virtual device.
burst() {
	link 4
	cat <<-END
		udp peer ns=$PEER bind=192.0.2.2:2152
		udp app ns=$GSN bind=10.99.0.1:5000 connect=10.45.0.2:6000 gso=1000
		test $1: the stack leaves the sum of the pseudo header
		send app : fill 1400
		expect peer timeout=2000 : gtp1 teid=1 / ip4 src=10.99.0.1 dst=10.45.0.2 df id=* / udp 5000 6000 sum=0x1894 / fill 1000
		expect peer timeout=2000 : gtp1 teid=1 / ip4 src=10.99.0.1 dst=10.45.0.2 df id=* / udp 5000 6000 sum=0x163c / fill 400
		cleanup
		dellink ns=$GSN dev=gtp0
		close app peer
	END
}

# A bond of the NIC in GSN, and a VLAN on that, in the NIC's place.
upper() {
	"$IP" -n "$GSN" -batch - <<-END &&
		addr del 192.0.2.1/24 dev net0
		link set net0 down
		link add bond0 type bond mode active-backup miimon 100
		link set net0 master bond0
		link set bond0 up
		link add link bond0 name net0.5 type vlan id 5
		link set net0.5 up
		addr add 192.0.2.1/24 dev net0.5
	END
		"$IP" -n "$PEER" -batch - <<-END
			addr del 192.0.2.2/24 dev net0
			link add link net0 name net0.5 type vlan id 5
			link set net0.5 up
			addr add 192.0.2.2/24 dev net0.5
		END
}

computes() {
	if [ "$DRIVER" = c ]; then
		ktap_skip "a NIC computes the inner checksums" "the C driver hands on no bursts"
		return
	fi
	wire_features tx-gso-partial on
	burst "a NIC computes the inner checksums" | gt
	check "a VLAN on a bond" upper
	burst "so does one below a VLAN on a bond" | gt
	wire_features tx-gso-partial off
}

# shellcheck source-path=SCRIPTDIR source=offload.sh
. "${0%/*}/offload.sh"
