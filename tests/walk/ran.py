# SPDX-License-Identifier: GPL-2.0
"""Nodes of a radio access network, the data network's servers, and who reads what comes
to them."""

import collections
import selectors
import threading

import packet
from wire import DN, RAN, UPF

# What has come to a server: which MS and port of its own, which session and number.
Arrival = collections.namedtuple("Arrival", "src sport session seq length")


class Session:
    """A PDU session of 5G, or a PDN connection of LTE: an MS with its addresses by family,
    the user plane's TEID, and where in the RAN the MS is. Counts what was sent."""

    def __init__(self, number, families, i_tei):
        self.number = number
        self.i_tei = i_tei
        every = {4: f"10.45.{number >> 8}.{number & 255}", 6: f"2001:db8:45:{number:x}::1"}
        self.ms = {family: every[family] for family in families}
        # The address as a context has it.
        self.key = {f: a if f == 4 else a[:-1] for f, a in self.ms.items()}
        self.node = None
        # What the downlink says of its QoS flow: RQI, and PPI or None.
        self.rqi, self.ppi = False, None
        # Flows that have a dedicated bearer, and its number. What was sent by direction,
        # family and bearer.
        self.bearers = {}
        self.sent = collections.defaultdict(lambda: [0, 0])
        self.seq = collections.Counter()
        self.templates = {}

    def o_tei(self, node, flow=None):
        """The name that the tunnel of a flow has at a node of the RAN."""
        return node.base + 1000 * self.bearers.get(flow, 0) + self.number

    def i_tei_of(self, flow):
        """The name that it has at the user plane."""
        return self.i_tei + 1000 * self.bearers.get(flow, 0)

    def container(self, flow):
        """What the container of a downlink packet of that QoS flow must be, but for its last
        octet (TS 38.415 5.5.2.1)."""
        flags = (self.ppi is not None) << 7 | self.rqi << 6 | flow
        if self.ppi is None:
            return bytes([1, 0, flags])
        return bytes([2, 0, flags, self.ppi << 5, 0, 0, 0])

    def uplink(self, family, flow, fill, container):
        """The packets of a flow of this session."""
        key = family, flow, fill, self.i_tei_of(flow)
        if key not in self.templates:
            self.templates[key] = packet.Uplink(key[-1], self.ms[family], DN[family], flow,
                                                self.number, fill, container)
        return self.templates[key]

    def number_of(self, way, family):
        """The next sequence number in that direction."""
        seq = self.seq[way, family]
        self.seq[way, family] += 1
        return seq

    def count(self, way, family, flow, length):
        """One T-PDU of that flow and length goes that way."""
        sent = self.sent[way, family, self.bearers.get(flow, 0)]
        sent[0] += 1
        sent[1] += length


class Node:
    """A gNB or an eNB: a GTP-U socket of its own. It answers Echo Requests, unless it is
    told not to, and says which tunnels it does not know."""

    def __init__(self, name, at, family, wire):
        self.name = name
        self.family = family
        self.address = RAN[family][at]
        self.base = 100000 * (at + 1)
        self.sock = wire.socket(f"ran{at + 1}", self.address, 2152)
        self.upf = UPF[family], 2152
        self.tunnels = set()
        self.answers = True
        self.log = []

    def read(self):
        """Reads all that has come; the log keeps what is user data."""
        while True:
            try:
                octets, source = self.sock.recvfrom(4096)
            except BlockingIOError:
                return
            kind = octets[1]
            if kind == packet.ECHO_REQUEST:
                if not self.answers:
                    continue
                self.sock.sendto(packet.echo_response(int.from_bytes(octets[8:10])), source)
            elif kind == packet.G_PDU and int.from_bytes(octets[4:8]) not in self.tunnels:
                teid = int.from_bytes(octets[4:8])
                self.sock.sendto(packet.error_indication(teid, self.address), self.upf)
            else:
                self.log.append(octets)

    def take(self):
        """What has come since the last time."""
        log, self.log = self.log, []
        return log

    def send(self, octets):
        self.sock.sendto(octets, self.upf)


class Server:
    """One port of the data network's server."""

    def __init__(self, family, flow, wire):
        self.family = family
        self.flow = flow
        self.sock = wire.socket("dn", DN[family], packet.PORTS[flow])
        self.log = []

    def read(self):
        while True:
            try:
                octets, source = self.sock.recvfrom(4096)
            except BlockingIOError:
                return
            session, seq = packet.read_counted(octets) or (None, None)
            self.log.append(Arrival(source[0], source[1], session, seq, len(octets)))

    def take(self):
        log, self.log = self.log, []
        return log

    def send(self, session, fill):
        """One datagram to an MS."""
        octets = packet.counted(session.number, session.number_of("down", self.family), fill)
        session.count("down", self.family, self.flow, len(octets) + (28 if self.family == 4 else 48))
        self.sock.sendto(octets, (session.ms[self.family], packet.MS_PORT))


class Reader(threading.Thread):
    """Reads all sockets as soon as there is something."""

    def __init__(self, sockets):
        super().__init__(daemon=True)
        self.selector = selectors.DefaultSelector()
        for one in sockets:
            self.selector.register(one.sock, selectors.EVENT_READ, one)
        self.start()

    def run(self):
        while True:
            for key, _ in self.selector.select():
                key.data.read()
