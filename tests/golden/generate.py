#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Write the messages of this folder that Scapy can make.

Usage: generate.py [FOLDER]

Scapy knows GTP-U independently of the driver's codec. Each message is built by
it, its octets are dissected by it again, and what it found is written down next
to the octets, in the words of the "expect" line that the test compares.
The other files of this folder were written by hand from the specification.

Needs the Python package scapy, 2.6 or later.
"""

import pathlib
import sys

from scapy.contrib.gtp import (
    GTP_UDPPort_ExtensionHeader,
    GTP_PDCP_PDU_ExtensionHeader,
    GTP_U_Header,
    GTPErrorIndication,
    GTPHeader,
    GTPPDUSessionContainer,
    IE_GSNAddress,
    IE_Recovery,
    IE_TEIDI,
    GTPEchoResponse,
)
from scapy.layers.inet import ICMP, IP, TCP, UDP
from scapy.layers.inet6 import ICMPv6EchoRequest, ICMPv6ND_RS, IPv6
from scapy.packet import Raw

PING = IP(src="10.45.0.2", dst="192.0.2.1", id=1) / ICMP(id=7, seq=1) / Raw(b"gtp-golden")
PING6 = (
    IPv6(src="2001:db8:45:2::1", dst="2001:db8::1")
    / ICMPv6EchoRequest(id=7, seq=1)
    / Raw(b"gtp-golden")
)
ROUTER_SOLICITATION = IPv6(src="fe80::2", dst="ff02::2", hlim=255) / ICMPv6ND_RS()
SYN = IP(src="192.0.2.1", dst="10.45.0.2", id=2) / TCP(sport=80, dport=40000, flags="SA")
DNS = IP(src="10.45.0.2", dst="192.0.2.53", id=3) / UDP(sport=40000, dport=53) / Raw(b"\0" * 12)


def session(**fields):
    """A PDU Session Container with its padding, whatever follows it."""
    return GTPPDUSessionContainer(**fields)


MESSAGES = {
    "v1-gpdu-ipv4": ("G-PDU, ping", GTP_U_Header(gtp_type=255, teid=0x00000065) / PING),
    "v1-gpdu-ipv6": ("G-PDU, ping over IPv6", GTP_U_Header(gtp_type=255, teid=0xFFFFFFFE) / PING6),
    "v1-gpdu-router-solicitation": (
        "G-PDU, router solicitation from a link-local address",
        GTP_U_Header(gtp_type=255, teid=0x66) / ROUTER_SOLICITATION,
    ),
    "v1-gpdu-seq": (
        "G-PDU with a sequence number",
        GTP_U_Header(gtp_type=255, teid=0x67, S=1, seq=0xABCD) / SYN,
    ),
    "v1-gpdu-npdu": (
        "G-PDU with an N-PDU number",
        GTP_U_Header(gtp_type=255, teid=0x68, PN=1, npdu=200) / SYN,
    ),
    "v1-gpdu-all-flags": (
        "G-PDU with sequence and N-PDU number and the PDCP PDU Number extension",
        GTP_U_Header(gtp_type=255, teid=0x69, E=1, S=1, PN=1, seq=1, npdu=2, next_ex=0xC0)
        / GTP_PDCP_PDU_ExtensionHeader(pdcp_pdu=0x0123)
        / DNS,
    ),
    "v1-gpdu-udp-port": (
        "G-PDU with the UDP Port extension",
        GTP_U_Header(gtp_type=255, teid=0x6A, E=1, next_ex=0x40)
        / GTP_UDPPort_ExtensionHeader(udp_port=2152)
        / DNS,
    ),
    "v1-gpdu-session-dl": (
        "G-PDU downlink, QoS flow 9",
        GTP_U_Header(gtp_type=255, teid=0x6B, E=1, next_ex=0x85) / session(type=0, QFI=9) / SYN,
    ),
    "v1-gpdu-session-dl-rqi": (
        "G-PDU downlink, QoS flow 63, reflective QoS",
        GTP_U_Header(gtp_type=255, teid=0x6C, E=1, next_ex=0x85)
        / session(type=0, QFI=63, RQI=1)
        / SYN,
    ),
    "v1-gpdu-session-dl-ppi": (
        "G-PDU downlink with a paging policy",
        GTP_U_Header(gtp_type=255, teid=0x6D, E=1, next_ex=0x85)
        / session(type=0, QFI=5, PPP=1, PPI=3)
        / SYN,
    ),
    "v1-gpdu-session-dl-monitored": (
        "G-PDU downlink with time stamp and sequence number of the QoS flow",
        GTP_U_Header(gtp_type=255, teid=0x6E, E=1, next_ex=0x85)
        / session(type=0, QFI=1, QMP=1, SNP=1, dlSendTime=0x0102030405060708, dlQFISeqNum=77)
        / SYN,
    ),
    "v1-gpdu-session-ul": (
        "G-PDU uplink, QoS flow 9",
        GTP_U_Header(gtp_type=255, teid=0x6F, E=1, next_ex=0x85) / session(type=1, QFI=9) / PING,
    ),
    "v1-gpdu-session-ul-monitored": (
        "G-PDU uplink with all delay results and a sequence number of the header",
        GTP_U_Header(gtp_type=255, teid=0x70, E=1, S=1, seq=3, next_ex=0x85)
        / session(type=1, QFI=2, QMP=1, dlDelayInd=1, ulDelayInd=1, SNP=1, N3N9DelayInd=1)
        / PING,
    ),
    "v1-echo-request": ("Echo Request", GTPHeader(gtp_type=1, S=1, seq=0x1234)),
    "v1-echo-response": (
        "Echo Response",
        GTPHeader(gtp_type=2, S=1, seq=0x1234)
        / GTPEchoResponse(IE_list=[IE_Recovery(restart_counter=0)]),
    ),
    "v1-error-indication-ipv4": (
        "Error Indication of a node with an IPv4 address",
        GTP_U_Header(gtp_type=26, S=1, seq=0)
        / GTPErrorIndication(
            IE_list=[
                IE_TEIDI(TEIDI=0xDEADBEEF),
                IE_GSNAddress(length=4, ipv4_address="192.0.2.1"),
            ]
        ),
    ),
    "v1-error-indication-ipv6": (
        "Error Indication of a node with an IPv6 address",
        GTP_U_Header(gtp_type=26, S=1, seq=0)
        / GTPErrorIndication(
            IE_list=[
                IE_TEIDI(TEIDI=1),
                IE_GSNAddress(length=16, ipv6_address="2001:db8::1"),
            ]
        ),
    ),
    "v1-end-marker": ("End Marker", GTP_U_Header(gtp_type=254, teid=0x71)),
}


# Messages with octets that the driver's codec reads over and does not send.
NOT_SENT = {"v1-gpdu-all-flags", "v1-gpdu-session-dl-monitored", "v1-gpdu-session-ul-monitored"}


def number(value):
    """An optional number, as the expect line writes it."""
    return "-" if value is None else str(value)


def container(layer):
    """A PDU Session Container, as the expect line writes it."""
    if layer.type == 1:
        return f"ul:{layer.QFI}"
    ppi = number(layer.PPI if layer.PPP else None)
    return f"dl:{layer.QFI}:{'rqi' if layer.RQI else '-'}:{ppi}"


def expect(built):
    """What Scapy finds in a message, as the expect line writes it.

    It does not dissect behind the UDP Port and PDCP PDU Number extensions of a
    G-PDU, so these and the inner packet are taken from what was built.
    """
    octets = bytes(built)
    header = GTPHeader(octets)
    if header.gtp_type == 1:
        return f"v1 echo-request seq {header.seq}"
    if header.gtp_type == 2:
        return f"v1 echo-response seq {header.seq} recovery {header[IE_Recovery].restart_counter}"
    if header.gtp_type == 26:
        address = header[IE_GSNAddress]
        peer = address.ipv4_address if address.length == 4 else address.ipv6_address
        return f"v1 error-indication teid {header[IE_TEIDI].TEIDI:#010x} peer {peer} port -"
    if header.gtp_type == 254:
        return f"v1 end-marker teid {header.teid:#010x}"
    inner = built[IPv6] if IPv6 in built else built[IP]
    start = len(octets) - len(bytes(inner))
    udp_port = None
    if GTP_UDPPort_ExtensionHeader in built:
        udp_port = built[GTP_UDPPort_ExtensionHeader].udp_port
    fields = {
        "teid": f"{header.teid:#010x}",
        "seq": number(header.seq if header.S else None),
        "npdu": number(header.npdu if header.PN else None),
        "session": container(header[GTPPDUSessionContainer])
        if GTPPDUSessionContainer in header
        else "-",
        "port": number(udp_port),
        "payload": f"{start}..{8 + header.length}",
        "inner": f"{inner.src} {inner.dst}",
    }
    return "v1 gpdu " + " ".join(f"{name} {value}" for name, value in fields.items())


def main():
    """Write one file a message."""
    folder = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else pathlib.Path(__file__).parent)
    for name, (what, message) in MESSAGES.items():
        octets = bytes(message)
        lines = [f"# {what}", "# source: Scapy, generate.py", f"expect: {expect(message)}"]
        if name not in NOT_SENT:
            lines.append("emit: same")
        lines += [octets[at : at + 16].hex(" ") for at in range(0, len(octets), 16)]
        (folder / f"{name}.hex").write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
