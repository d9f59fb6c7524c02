# SPDX-License-Identifier: GPL-2.0
"""What Wireshark's dissectors make of a capture, and what of it holds for any GTP-U."""

import subprocess
import sys

FIELDS = """frame.number frame.protocols ip.src ip.dst ipv6.src ipv6.dst
    udp.srcport udp.dstport udp.length udp.checksum.status ip.checksum.status
    tcp.checksum.status icmp.checksum.status icmpv6.checksum.status
    gtp.flags gtp.message gtp.length gtp.teid gtp.tid gtp.flow_label gtp.flow_sig
    gtp.seq_number gtp.sndcp_number gtp.recovery gtp.teid_data gtp.gsn_ipv4
    gtp.gsn_ipv6 gtp.ext_hdr.udp_port gtp.ext_hdr_type
    gtp.ext_hdr.pdu_ses_con.pdu_type gtp.ext_hdr.pdu_ses_con.qos_flow_id
    gtp.ext_hdr.pdu_ses_cont.rqi gtp.ext_hdr.pdu_ses_cont.ppi icmp.type icmpv6.type
    _ws.expert.severity _ws.expert.message _ws.malformed""".split()
# What phones and servers say within their datagrams is no affair of the tunnel's,
# nor is how TCP gets along.
PROTOCOLS = "eth ethertype arp ip ipv6 ipv6.hopopts ipv6.fraghdr icmp icmpv6 tcp udp gtp".split()
OPTIONS = """-d udp.port==3386,gtp -o ip.check_checksum:TRUE -o udp.check_checksum:TRUE
    -o tcp.check_checksum:TRUE -o tcp.analyze_sequence_numbers:FALSE -E aggregator=|""".split()
WARNING = 0x600000
TCP_REMARKS = "D-SACK Sequence", "Connection reset (RST)"
ECHO_REQUEST, ECHO_RESPONSE, ERROR_INDICATION, SUPPORTED_EXTENSIONS = 1, 2, 26, 31
END_MARKER, T_PDU = 254, 255
MESSAGES = ECHO_REQUEST, ECHO_RESPONSE, ERROR_INDICATION, SUPPORTED_EXTENSIONS, END_MARKER, T_PDU
PORTS = {0: "3386", 1: "2152"}
HEADER_LEN = {0: 20, 1: 8}


class Frame:
    """One frame: the outer headers' fields, and lists of what may repeat inside."""

    def __init__(self, line):
        values = dict(zip(FIELDS, line.rstrip("\n").split("\t")))
        self.all = {name: [v for v in values[name].split("|") if v] for name in FIELDS}
        self.number = values["frame.number"]
        self.protocols = values["frame.protocols"].split(":")
        outer = "ipv6" if self.protocols[2:3] == ["ipv6"] else "ip"
        self.src, self.dst = self.address(outer, 0)
        self.gtp = "gtp" in self.protocols
        inside = self.protocols[self.protocols.index("gtp") + 1:] if self.gtp else []
        inner = "ipv6" if "ipv6" in inside else "ip"
        self.inner = self.address(inner, int(inner == outer))
        self.payload = next((p for p in ("icmp", "icmpv6", "tcp", "udp") if p in inside), None)

    def address(self, family, at):
        """Source and destination of a family's first (0) or second (1) header."""
        pair = self.all[family + ".src"], self.all[family + ".dst"]
        return tuple(p[at] if at < len(p) else None for p in pair)

    def first(self, name, default=None):
        """The first value of a field, which is the outer header's."""
        return self.all[name][0] if self.all[name] else default

    def int(self, name, default=None):
        """The same, as a number."""
        value = self.first(name)
        return default if value is None else int(value, 0)

    @property
    def version(self):
        return self.int("gtp.flags") >> 5

    @property
    def tunnel(self):
        """TEID or TID, as a number. Wireshark shows a TID as the digits of an IMSI."""
        if self.version == 1:
            return self.int("gtp.teid")
        tid = self.first("gtp.tid", "0" * 16)
        return int("".join(b + a for a, b in zip(tid[::2], tid[1::2])), 16)

    @property
    def session(self):
        """What the PDU Session Container has, as the expectations say it."""
        values = [self.first(name) for name in FIELDS if ".pdu_ses_con" in name]
        if values == [None] * len(values):
            return "-"
        numbers = {"True": "1", "False": "0", None: "-"}
        return ",".join(numbers.get(v, v) if v in numbers else str(int(v, 0)) for v in values)

    def __str__(self):
        shown = [f"{name}={','.join(self.all[name])}" for name in FIELDS[2:] if self.all[name]]
        return f"frame {self.number}: " + " ".join(shown)


def verdict(name, wrong, known=None):
    """Prints that no frame is wrong, or, where known, that some are."""
    wrong = list(wrong)
    if known:
        result, name = ("xfail" if wrong else "fail"), f"{name} # XFAIL {known}"
    else:
        result = "fail" if wrong else "ok"
    text = " | ".join(str(w) for w in wrong[:3])
    print(f"{result}\t{name}\t{text if wrong else 'the C driver gets it right' if known else ''}")


def header_is_wrong(frame):
    """What in the headers of any GTP message contradicts the specification."""
    version = frame.version
    # Only a response goes to where it was asked from.
    port = "udp.srcport" if frame.int("gtp.message") == ECHO_RESPONSE else "udp.dstport"
    if frame.first(port) != PORTS[version]:
        return "port"
    if frame.int("gtp.length") != frame.int("udp.length") - 8 - HEADER_LEN[version]:
        return "length"
    if frame.first("udp.checksum.status") != "1":
        return "checksum"
    return None


def read(capture):
    """All frames of a capture, with checksums looked at."""
    enabled = [word for name in PROTOCOLS for word in ("--enable-protocol", name)]
    columns = [word for name in FIELDS for word in ("-e", name)]
    result = subprocess.run(["tshark", "-n", "-r", capture, "--disable-all-protocols", *enabled,
                             *OPTIONS, "-T", "fields", *columns],
                            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, check=False)
    if result.returncode != 0:
        sys.exit(f"tshark: {result.stderr}")
    return [Frame(line) for line in result.stdout.splitlines()]


def judge_form(frames):
    """What holds whatever was sent. Returns the frames that are GTP."""
    gtp = [f for f in frames if f.gtp]
    print(f"# {len(frames)} frames, {len(gtp)} of them GTP", file=sys.stderr)

    verdict("no frame is malformed", (f for f in frames if f.all["_ws.malformed"]))
    verdict("Wireshark warns of no frame", (
        f for f in frames
        if any(int(severity) >= WARNING and text not in TCP_REMARKS for severity, text in zip(
            f.all["_ws.expert.severity"], f.all["_ws.expert.message"]))))
    verdict("every datagram to a GTP port is GTP", (
        f for f in frames if not f.gtp and set(f.all["udp.dstport"]) & set(PORTS.values())))
    for what, text in (("port", "goes to its version's port"), ("length", "has the right length"),
                       ("checksum", "has a valid UDP checksum")):
        verdict(f"every GTP message {text}", (f for f in gtp if header_is_wrong(f) == what))
    verdict("no checksum of what is inside is wrong", (
        f for f in gtp for name in FIELDS
        if name.endswith("checksum.status") and "0" in f.all[name]))
    verdict("no ICMP error between the nodes", (
        f for f in frames if not f.gtp
        and (f.int("icmp.type", 0) in (3, 4, 5, 11, 12) or f.int("icmpv6.type", 255) < 128)))
    return gtp
