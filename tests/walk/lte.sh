#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# LTE from end to end: two scripted eNBs, a scripted core that knows gtpctl alone, our
# driver as S-GW and P-GW, a data network behind it. See lte.py and wire.py. What went over
# S1-U is left in /out/walk-lte.pcap, for tests/walk/run to decode.

# shellcheck source-path=SCRIPTDIR source=lib.sh
. "${0%/*}/lib.sh"
walk lte
finish
