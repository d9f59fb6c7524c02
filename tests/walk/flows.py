# SPDX-License-Identifier: GPL-2.0
"""Traffic of sessions, single packets and streams, and whether it has arrived as it was
sent. What is wrong comes back as a list of sentences."""

import collections
import os
import threading
import time

import packet
from ran import Node, Reader, Server
from tell import wait_for
from wire import DN

PACE = 1 / 20


class Flows:
    """Two nodes of the RAN, the servers, and the sessions among them."""

    def __init__(self, wire, kind, outer, families, container):
        self.families = families
        self.container = container
        self.nodes = [Node(f"{kind} {at + 1}", at, outer, wire) for at in (0, 1)]
        self.servers = {(f, flow): Server(f, flow, wire) for f in families for flow in packet.PORTS}
        Reader([*self.nodes, *self.servers.values()])

    # --- Sending ------------------------------------------------------------------

    def up(self, session, family, flow=9, fill=16):
        template = session.uplink(family, flow, fill, self.container)
        session.count("up", family, flow, len(template.inner))
        session.node.send(template.octets(session.number_of("up", family)))

    def down(self, session, family, flow=9, fill=16):
        self.servers[family, flow].send(session, fill)

    # --- Looking at what has come ---------------------------------------------------

    def settle(self, up, down):
        """Waits until so many have come each way, and a moment more for what is too many."""
        wait_for(lambda: sum(len(s.log) for s in self.servers.values()) >= up
                 and sum(len(n.log) for n in self.nodes) >= down)
        time.sleep(0.2)

    def taken(self):
        """All that has come: messages by node, arrivals by family and flow."""
        return ([[packet.read_message(o) for o in node.take()] for node in self.nodes],
                {key: server.take() for key, server in self.servers.items()})

    def container_is_wrong(self, message, session, flow):
        """Whether what came down for that flow has not the container that it must have."""
        return message.container != (session.container(flow) if self.container else b"")

    def exchange(self, sessions, packets, fill=16, ends=0):
        """Sends packets, (family, flow, how many), up and down for each session. Each must
        come to the node where the MS is, on its tunnel and with its flow's container, and
        to the server's port, from the MS. So many End Markers have come before."""
        first = {s.number: s.seq.copy() for s in sessions}
        total = 0
        for session in sessions:
            for family, flow, times in packets:
                for _ in range(times):
                    self.up(session, family, flow, fill)
                    self.down(session, family, flow, fill)
                    total += 1
        self.settle(total, total + ends)
        nodes, servers = self.taken()
        came = sum(m.type == packet.END_MARKER for messages in nodes for m in messages)
        down = self.wrong_down(sessions, packets, first, nodes)
        if came != ends:
            down.append(f"{came} End Markers, not {ends}")
        return down, self.wrong_up(sessions, packets, first, servers)

    def wrong_down(self, sessions, packets, first, nodes):
        """What is wrong about the downlink of an exchange."""
        by = {s.number: s for s in sessions}
        seen, wrong = collections.defaultdict(list), []
        for node, messages in zip(self.nodes, nodes):
            for message in messages:
                if message.type == packet.END_MARKER:
                    continue
                if message.type != packet.G_PDU:
                    wrong.append(f"{node.name} has got a message of type {message.type}")
                    continue
                inner = packet.read_inner(message.inner)
                flow = next((f for f, p in packet.PORTS.items() if p == inner.sport), None)
                family = 6 if ":" in inner.src else 4
                session = by.get(inner.session)
                if session is None or session.node is not node or flow is None \
                        or message.teid != session.o_tei(node, flow) \
                        or (inner.src, inner.dst) != (DN[family], session.ms[family]):
                    wrong.append(f"astray at {node.name}: {message}")
                elif self.container_is_wrong(message, session, flow):
                    wrong.append(f"port {inner.sport} with the container {message.container.hex()}")
                else:
                    seen[inner.session, family].append((flow, inner.seq))
        return wrong + self.missing(sessions, packets, first, seen, "down")

    def wrong_up(self, sessions, packets, first, servers):
        """The same of its uplink."""
        by = {s.number: s for s in sessions}
        seen, wrong = collections.defaultdict(list), []
        for (family, flow), arrivals in servers.items():
            for arrival in arrivals:
                session = by.get(arrival.session)
                if session is None or arrival.src != session.ms[family] \
                        or arrival.sport != packet.MS_PORT:
                    wrong.append(f"astray at the server: {arrival}")
                else:
                    seen[arrival.session, family].append((flow, arrival.seq))
        return wrong + self.missing(sessions, packets, first, seen, "up")

    def missing(self, sessions, packets, first, seen, way):
        """Which of the packets that each session was given are not there once."""
        for session in sessions:
            for family in self.families:
                seq, want = first[session.number][way, family], []
                for other, flow, times in packets:
                    if other == family:
                        want += [(flow, seq + len(want) + i) for i in range(times)]
                if sorted(seen[session.number, family]) != sorted(want):
                    got = sorted(seen[session.number, family])
                    return [f"session {session.number}, IPv{family} {way}: {got}, not {want}"]
        return []

    def samples(self):
        """Scapy reads the last packet at each node as we did."""
        wrong = []
        for node in self.nodes:
            for octets in node.log[-20:]:
                message = packet.read_message(octets)
                if message.type != packet.G_PDU:
                    continue
                inner = packet.read_inner(message.inner)
                ours = (message.teid, message.container[2] & 63 if message.container else None,
                        inner.src, inner.dst, inner.sport, inner.dport)
                if packet.scapy_says(octets) != ours:
                    wrong.append(f"Scapy: {packet.scapy_says(octets)}, not {ours}")
        return wrong


class Stream(threading.Thread):
    """Numbered packets both ways for each session, twenty a second, until told to stop. One
    processor sends them all, so that it does not overtake itself."""

    def __init__(self, flows, sessions):
        super().__init__(daemon=True)
        self.flows = flows
        self.sessions = sessions
        self.first = {s.number: s.seq.copy() for s in sessions}
        self.rounds = 0
        self.on = True
        self.began = time.monotonic()
        self.start()

    def run(self):
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
        while self.on:
            begin = time.monotonic()
            for session in self.sessions:
                for family in self.flows.families:
                    self.flows.down(session, family)
                    self.flows.up(session, family)
            self.rounds += 1
            time.sleep(max(0, begin + PACE - time.monotonic()))

    def pass_by(self, rounds):
        """Waits until so many more rounds have been sent."""
        until = self.rounds + rounds
        wait_for(lambda: self.rounds >= until)

    def stop(self):
        """Ends it; how many packets were sent each way, and how many a second both ways."""
        self.on = False
        self.join()
        took = time.monotonic() - self.began
        sent = self.rounds * len(self.sessions) * len(self.flows.families)
        return sent, round(2 * sent / took)


class Handover:
    """What a stream looked like at both nodes and at the servers, while each session was
    moved from one node to the other."""

    def __init__(self, stream):
        self.stream = stream
        self.flows = stream.flows
        self.sent, self.rate = stream.stop()
        markers = len(stream.sessions)
        self.flows.settle(self.sent, self.sent + markers)
        self.scapy = self.flows.samples()
        self.nodes, self.servers = self.flows.taken()
        self.markers = [[m for m in messages if m.type == packet.END_MARKER] for messages in self.nodes]
        # What came by session and family, node by node in the order of arrival.
        self.came = collections.defaultdict(lambda: [[], []])
        self.behind, self.astray, self.container = [], [], []
        for at, messages in enumerate(self.nodes):
            self.read(at, messages)

    def read(self, at, messages):
        node, ended = self.flows.nodes[at], set()
        by = {s.o_tei(node): s for s in self.stream.sessions}
        for message in messages:
            session = by.get(message.teid)
            if session is None:
                self.astray.append(f"{node.name}: {message}")
            elif message.type == packet.END_MARKER:
                ended.add(message.teid)
                if self.flows.container_is_wrong(message, session, 9):
                    self.container.append(f"End Marker with {message.container.hex()}")
            else:
                inner = packet.read_inner(message.inner)
                if inner.session != session.number:
                    self.astray.append(f"{node.name}: {message}")
                if self.flows.container_is_wrong(message, session, 9):
                    self.container.append(f"G-PDU with {message.container.hex()}")
                if message.teid in ended:
                    self.behind.append(f"{node.name}: session {session.number}, number {inner.seq}")
                family = 6 if ":" in inner.src else 4
                self.came[session.number, family][at].append(inner.seq)

    def expected(self, session, way, family):
        first = self.stream.first[session.number][way, family]
        return list(range(first, session.seq[way, family]))

    def each(self):
        return [(s, f) for s in self.stream.sessions for f in self.flows.families]

    def lost_down(self):
        """Numbers that did not come exactly once, at one node or the other."""
        for session, family in self.each():
            one, two = self.came[session.number, family]
            found = collections.Counter(one + two)
            want = self.expected(session, "down", family)
            if found != collections.Counter(want):
                lost = [n for n in want if n not in found]
                twice = [n for n, times in found.items() if times > 1]
                yield f"session {session.number}, IPv{family}: lost {lost[:5]}, doubled {twice[:5]}"

    def disorder_down(self):
        """What the MS gets, if the old node passes on all until the End Marker and only then
        the new one delivers, must be in order; and both must have had a part."""
        for session, family in self.each():
            one, two = self.came[session.number, family]
            if one + two != sorted(one + two):
                yield f"session {session.number}, IPv{family}: {one[-5:]} then {two[:5]}"
            elif not one or not two:
                yield f"session {session.number}, IPv{family}: {len(one)} and {len(two)} packets"

    def wrong_up(self):
        """Uplink numbers at the server that are not all of them, in order."""
        came = collections.defaultdict(list)
        for (family, _), arrivals in self.servers.items():
            for arrival in arrivals:
                came[arrival.session, family].append((arrival.src, arrival.seq))
        for session, family in self.each():
            want = [(session.ms[family], n) for n in self.expected(session, "up", family)]
            if came[session.number, family] != want:
                got = came[session.number, family]
                yield f"session {session.number}, IPv{family}: {len(got)} of {len(want)} in order"

    def wrong_markers(self):
        """Sessions that have not exactly one End Marker at the old node."""
        old, new = self.flows.nodes
        found = collections.Counter(m.teid for m in self.markers[0])
        for session in self.stream.sessions:
            if found[session.o_tei(old)] != 1:
                yield f"session {session.number}: {found[session.o_tei(old)]} at {old.name}"
        if len(self.markers[0]) > len(self.stream.sessions):
            yield f"{len(self.markers[0])} for {len(self.stream.sessions)} sessions"
        if self.markers[1]:
            yield f"{len(self.markers[1])} at {new.name}"
