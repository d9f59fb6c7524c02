# SPDX-License-Identifier: GPL-2.0
"""What Scapy makes of a capture, frame by frame beside what Wireshark does: another
decoder that owes nothing to the driver's codec, and builds packets too."""

from scapy.contrib.gtp import (
    GTP_UDPPort_ExtensionHeader,
    GTPEchoResponse,
    GTPErrorIndication,
    GTPHeader,
    GTPPDUSessionContainer,
    GTPSupportedExtensionHeadersNotification,
    IE_Base,
    IE_NotImplementedTLV,
    ietypecls,
)
from scapy.fields import (
    BitField,
    ByteEnumField,
    ByteField,
    FieldLenField,
    FieldListField,
    LongField,
    ShortField,
    X3BytesField,
)
from scapy.layers.inet import IP, UDP
from scapy.layers.inet6 import IPv6
from scapy.layers.l2 import Ether
from scapy.packet import NoPayload, Packet, Padding, Raw, bind_layers
from scapy.utils import RawPcapReader

from frames import (
    ECHO_REQUEST,
    ECHO_RESPONSE,
    END_MARKER,
    ERROR_INDICATION,
    SUPPORTED_EXTENSIONS,
    T_PDU,
    verdict,
)


class GTPv0(Packet):
    """The header of GSM 09.60 6, which Scapy does not have."""

    name = "GTPv0 Header"
    fields_desc = [BitField("version", 0, 3), BitField("PT", 1, 1), BitField("spare", 7, 3),
                   BitField("SNN", 0, 1), ByteField("gtp_type", None), ShortField("length", None),
                   ShortField("seq", 0), ShortField("flow", 0), ByteField("number", 0xFF),
                   X3BytesField("reserved", 0xFFFFFF), LongField("tid", 0)]

    def guess_payload_class(self, payload):
        if self.gtp_type == T_PDU:
            return IPv6 if payload[0] >> 4 == 6 else IP
        return GTPEchoResponse if self.gtp_type == ECHO_RESPONSE else Raw

    def post_build(self, p, pay):
        if self.length is None:
            p = p[:2] + len(pay).to_bytes(2) + p[4:]
        return p + pay


class ExtensionHeaderTypeList(IE_Base):
    """TS 29.281 8.5: its length has one octet, for which Scapy reads two."""

    name = "Extension Header Type List"
    fields_desc = [ByteEnumField("ietype", 141, {}),
                   FieldLenField("length", None, fmt="B", count_of="extension_headers"),
                   FieldListField("extension_headers", [], ByteField("", 0),
                                  count_from=lambda p: p.length)]


ietypecls[141] = ExtensionHeaderTypeList
bind_layers(UDP, GTPv0, dport=3386)
bind_layers(UDP, GTPv0, sport=3386)
# What may stand between the GTP header and the end of a message that is no G-PDU.
SIGNALLING = (GTPEchoResponse, GTPErrorIndication, GTPSupportedExtensionHeadersNotification,
              GTPPDUSessionContainer, GTP_UDPPort_ExtensionHeader, NoPayload)


def read(capture):
    """The octets of all frames, by their number."""
    with RawPcapReader(capture) as reader:
        return {str(n): octets for n, (octets, _) in enumerate(reader, 1)}


def gtp_of(frame):
    """The GTP header of a dissected frame."""
    return frame.getlayer(GTPv0) or frame.getlayer(GTPHeader, _subclass=True)


def udp_port(message):
    """An Error Indication may have a UDP Port extension, which Scapy takes for an
    information element: dissects what is behind it once more."""
    if message.version == 1 and message.gtp_type == ERROR_INDICATION and message.E:
        octets = bytes(message.payload)
        extension = GTP_UDPPort_ExtensionHeader(octets[:4])
        extension.remove_payload()
        message.remove_payload()
        message.add_payload(extension / GTPErrorIndication(octets[4:]))


def remainder(message):
    """What Scapy has left over in a message, or None."""
    inner = message.payload
    if isinstance(inner, GTPPDUSessionContainer):
        inner = inner.payload
    if message.gtp_type == T_PDU:
        whole = isinstance(inner, (IP, IPv6)) and Padding not in message
        return None if whole else inner.summary() or "nothing is in it"
    layer = message.payload
    while not isinstance(layer, NoPayload):
        if not isinstance(layer, SIGNALLING):
            return repr(layer)
        for element in getattr(layer, "IE_list", []):
            if isinstance(element, (Raw, IE_NotImplementedTLV)):
                return repr(element)
        layer = layer.payload
    return None


def session_of(message):
    """What the PDU Session Container has, as Frame.session says it."""
    container = message.getlayer(GTPPDUSessionContainer)
    if container is None:
        return "-"
    if container.type == 1:
        return f"1,{container.QFI},-,-"
    return f"0,{container.QFI},{container.RQI},{container.PPI if container.PPP else '-'}"


def found_by_scapy(frame):
    """What both decoders are asked for: type, tunnel, container, inner addresses."""
    message = gtp_of(frame)
    tunnel = message.tid if message.version == 0 else message.teid
    inner = message.getlayer(IP) or message.getlayer(IPv6)
    return (message.gtp_type, tunnel, session_of(message),
            (inner.src, inner.dst) if message.gtp_type == T_PDU else (None, None))


def found_by_wireshark(frame):
    """The same from Wireshark's fields."""
    inner = frame.inner if frame.int("gtp.message") == T_PDU else (None, None)
    return frame.int("gtp.message"), frame.tunnel, frame.session, inner


def built_anew(frame):
    """The octets that Scapy makes of the same fields, with lengths and checksums its own."""
    message = gtp_of(frame)
    message.length = None
    frame[UDP].len = frame[UDP].chksum = None
    if isinstance(frame.payload, IP):
        frame.payload.len = frame.payload.chksum = None
    else:
        frame.payload.plen = None
    return bytes(frame)


def judge(frames, octets):
    """Holds Scapy's view of frames against Wireshark's, and against their octets."""
    left, differ, other = [], [], []
    for frame in frames:
        dissected = Ether(octets[frame.number])
        if gtp_of(dissected) is None:
            left.append(f"frame {frame.number}: {dissected.summary()}")
            continue
        udp_port(gtp_of(dissected))
        rest = remainder(gtp_of(dissected))
        if rest:
            left.append(f"frame {frame.number}: {rest}")
            continue
        found = found_by_scapy(dissected)
        if found != found_by_wireshark(frame):
            differ.append(f"frame {frame.number}: Scapy {found}, Wireshark {found_by_wireshark(frame)}")
        if built_anew(dissected) != octets[frame.number]:
            other.append(f"frame {frame.number}: {octets[frame.number].hex()}")
    verdict("Scapy dissects each message, and nothing of it is left over",
            left if frames else ["there is none"])
    verdict("Scapy and Wireshark find the same type, tunnel, container and addresses", differ)
    verdict("Scapy makes the same octets, lengths and checksums of what it found", other)


def kind_of(frame):
    """What a message is, for the list of those that must have been seen."""
    names = {ECHO_REQUEST: "Echo Request", ECHO_RESPONSE: "Echo Response", END_MARKER: "End Marker",
             ERROR_INDICATION: "Error Indication", T_PDU: "G-PDU",
             SUPPORTED_EXTENSIONS: "Supported Extension Headers Notification"}
    name = names.get(frame.int("gtp.message"), "other")
    container = {"-": "", "0": " with a downlink container", "1": " with an uplink container"}
    return f"v{frame.version} {name}{container[frame.session[0]]}", 6 if ":" in frame.src else 4


# All that the driver can send, over both families.
KINDS = [(kind, family) for family in (4, 6) for kind in (
    "v1 G-PDU", "v1 G-PDU with a downlink container", "v1 G-PDU with an uplink container",
    "v1 Echo Request", "v1 Echo Response", "v1 Error Indication", "v1 End Marker",
    "v1 End Marker with a downlink container", "v1 End Marker with an uplink container",
    "v1 Supported Extension Headers Notification",
    "v0 G-PDU", "v0 Echo Request", "v0 Echo Response", "v0 Error Indication")]


def judge_kinds(frames, kinds):
    """Of all kinds of messages one at least is there, or the capture shows too little."""
    seen = {kind_of(frame) for frame in frames}
    verdict("of all that was to be sent there is something", [
        f"no {kind} over IPv{family}" for kind, family in kinds if (kind, family) not in seen])
