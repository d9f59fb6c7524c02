# SPDX-License-Identifier: GPL-2.0
"""Packets of the walk-throughs: made by Scapy once for each session and flow, then only
patched, since Scapy takes milliseconds; and taken apart by their octets.

What is behind the UDP header of an MS's packet: the mark `walk`, the number of the
session, a sequence number and its complement, which keeps the checksum what it is and
shows that these are the octets that were sent.
"""

import collections
import ipaddress
import struct

from scapy.contrib.gtp import (
    GTP_U_Header,
    GTPErrorIndication,
    GTPEchoResponse,
    GTPHeader,
    GTPPDUSessionContainer,
    IE_GSNAddress,
    IE_Recovery,
    IE_TEIDI,
)
from scapy.layers.inet import IP, UDP
from scapy.layers.inet6 import IPv6
from scapy.packet import Raw

MARK = b"walk"
ECHO_REQUEST, ECHO_RESPONSE, ERROR_INDICATION, END_MARKER, G_PDU = 1, 2, 26, 254, 255
COUNTED = struct.Struct("!4sIII")
# Where the server's flows go, and what carries them: 9 is the session's own.
PORTS = {9: 9000, 5: 5060}
MS_PORT = 7000

# A GTP-U message: type, TEID, what its PDU Session Container has (b"" for none).
Message = collections.namedtuple("Message", "type teid container inner")
# A packet of the MS's: addresses, ports, session and sequence number.
Inner = collections.namedtuple("Inner", "src dst sport dport session seq length")


def counted(session, seq, fill):
    """What a datagram of that session says."""
    return COUNTED.pack(MARK, session, seq, seq ^ 0xFFFFFFFF) + bytes(fill)


def read_counted(octets):
    """Session and sequence number of a datagram, or None if it is not as it was sent."""
    if len(octets) < COUNTED.size:
        return None
    mark, session, seq, other = COUNTED.unpack_from(octets)
    return (session, seq) if mark == MARK and other == seq ^ 0xFFFFFFFF else None


class Uplink:
    """G-PDUs of one session and flow from the RAN: a template of Scapy's that is patched."""

    def __init__(self, teid, src, dst, flow, session, fill, container):
        header = GTP_U_Header(gtp_type=G_PDU, teid=teid)
        if container:
            header = GTP_U_Header(gtp_type=G_PDU, teid=teid, E=1, next_ex=0x85) / \
                GTPPDUSessionContainer(type=1, QFI=flow)
        ip = IPv6(src=src, dst=dst) if ":" in src else IP(src=src, dst=dst)
        self.inner = bytes(ip / UDP(sport=MS_PORT, dport=PORTS[flow]) /
                           Raw(counted(session, 0, fill)))
        octets = bytes(header / Raw(self.inner))
        at = len(octets) - fill - 8
        self.front, self.back = octets[:at], octets[at + 8:]

    def octets(self, seq):
        return self.front + struct.pack("!II", seq, seq ^ 0xFFFFFFFF) + self.back


def echo_response(seq):
    return bytes(GTPHeader(gtp_type=ECHO_RESPONSE, S=1, seq=seq) /
                 GTPEchoResponse(IE_list=[IE_Recovery(restart_counter=0)]))


def error_indication(teid, address):
    """Says that whoever has `address` does not know that tunnel."""
    gsn = IE_GSNAddress(length=16, ipv6_address=address) if ":" in address else \
        IE_GSNAddress(length=4, ipv4_address=address)
    return bytes(GTP_U_Header(gtp_type=ERROR_INDICATION, S=1) /
                 GTPErrorIndication(IE_list=[IE_TEIDI(TEIDI=teid), gsn]))


def read_message(octets):
    """Takes a GTP-U message apart; what is not well formed is an error with a sentence."""
    flags, kind, length, teid = struct.unpack_from("!BBHI", octets)
    if flags & 0xF8 != 0x30 or length != len(octets) - 8:
        raise ValueError(f"flags {flags:#x}, length {length} of {len(octets)}")
    at, container = 8, b""
    if flags & 7:
        following = octets[11]
        at = 12
        while following:
            end = at + 4 * octets[at]
            if end == at or end > len(octets):
                raise ValueError("an extension header that has no end")
            if following == 0x85:
                container = octets[at:end - 1]
            following = octets[end - 1]
            at = end
    return Message(kind, teid, container, octets[at:])


def read_inner(octets):
    """Takes apart what is in a G-PDU."""
    if octets[0] >> 4 == 4:
        at, src, dst, length = 20, octets[12:16], octets[16:20], int.from_bytes(octets[2:4])
    else:
        at, src, dst, length = 40, octets[8:24], octets[24:40], int.from_bytes(octets[4:6]) + 40
    found = read_counted(octets[at + 8:])
    if found is None or length != len(octets):
        raise ValueError(f"a T-PDU that is none of ours: {octets.hex()}")
    sport, dport = struct.unpack_from("!HH", octets, at)
    return Inner(str(ipaddress.ip_address(src)), str(ipaddress.ip_address(dst)),
                 sport, dport, *found, length)


def scapy_says(octets):
    """The same of a G-PDU by Scapy: TEID, QFI of the downlink or None, addresses, ports."""
    header = GTP_U_Header(octets)
    session = header.getlayer(GTPPDUSessionContainer)
    inner = header.getlayer(IP) or header.getlayer(IPv6)
    qfi = session.QFI if session is not None and session.type == 0 else None
    return header.teid, qfi, inner.src, inner.dst, inner[UDP].sport, inner[UDP].dport
