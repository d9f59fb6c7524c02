#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# 5G from end to end: two scripted gNBs, a scripted core that knows gtpctl alone, our
# driver as the UPF, a data network behind it. See 5g.py and wire.py. What went over N3 is
# left in /out/walk-5g.pcap, for tests/walk/run to decode.

# shellcheck source-path=SCRIPTDIR source=lib.sh
. "${0%/*}/lib.sh"
walk 5g
finish
