# SPDX-License-Identifier: GPL-2.0
"""What the walk-throughs of 5G and of LTE have in common: sessions, their contexts and
usage, a handover under load, an Error Indication."""

import sys

import packet
from core import Core
from flows import Flows, Handover, Stream
from ran import Session
from tell import Failed, Tell, wait_for
from wire import UPF, Wire


class Walk:
    """Sessions between two nodes of a RAN and the data network. KIND is what the nodes are
    called, OUTER the family of their addresses, FAMILIES those of an MS, CONTAINER whether
    G-PDUs have a PDU Session Container, LINK how the link is made, SESSION what a context
    is made with, CLASSIFIER rules of nft."""

    KIND, OUTER, FAMILIES, CONTAINER, LINK, SESSION, CLASSIFIER = "", 4, (4,), False, "", "", ""

    def __init__(self, tell, pcap, names, count):
        self.tell = tell
        self.wire = Wire(tell, pcap, names)
        self.core = Core(tell, self.wire.name["upf"])
        self.sessions = [Session(n, self.FAMILIES, 50000 + n) for n in range(1, count + 1)]
        self.flows = None
        self.facts = {"sessions": count}

    # --- What is said to gtpctl ---------------------------------------------------------

    def lines(self, sessions, verb, last=""):
        """Lines of a batch: the contexts of sessions with a tunnel to where they are. Where
        two share one, `last` is said of the second."""
        return [f"{verb} dev gtp0 version 1 i_tei {s.i_tei} o_tei {s.o_tei(s.node)} ms {s.key[f]} "
                f"peer {s.node.address} {self.SESSION} {last if f == self.FAMILIES[-1] else ''}".strip()
                for s in sessions for f in self.FAMILIES]

    def removals(self, sessions, words=""):
        return [f"del dev gtp0 ms {s.key[f]} {words}".strip() for s in sessions for f in self.FAMILIES]

    def each(self):
        return [(s, f) for s in self.sessions for f in self.FAMILIES]

    # --- Steps ----------------------------------------------------------------------------

    def start(self, words=""):
        """The link, a route to the MS, and everybody at their places."""
        tell, core = self.tell, self.core
        core.gtpctl("link", "add", *f"gtp0 role ggsn {self.LINK} {words} up".split(), show=3)
        core.gtpctl("link", "show", "gtp0", show=3)
        for route in ("10.45.0.0/16", "2001:db8:45::/48"):
            tell.run("ip", "-n", core.upf, "route", "add", route, "dev", "gtp0",
                     show=int(":" not in route))
        core.listen()
        self.flows = Flows(self.wire, self.KIND, self.OUTER, self.FAMILIES, self.CONTAINER)

    def classify(self):
        """The user plane's own rules say what a packet is of."""
        self.tell.text("# nft -f - <<END\n" + self.CLASSIFIER + "END")
        self.tell.run("ip", "netns", "exec", self.core.upf, "nft", "-f", "-", stdin=self.CLASSIFIER)

    def attach(self, sessions, node):
        """The sessions' MS are at that node from now on."""
        for session in sessions:
            session.node = node
            node.tunnels.add(session.o_tei(node))

    def register(self, qfi):
        """All sessions at the first node, and whether the driver has them so."""
        tell, core = self.tell, self.core
        first = self.flows.nodes[0]
        self.attach(self.sessions, first)
        core.batch(self.lines(self.sessions, "add"), show=3)
        found = core.contexts(show=2)
        wrong = []
        for s, f in self.each():
            c = found.get((s.i_tei, s.key[f]), {})
            if (c.get("o_tei"), c.get("peer"), c.get("qfi")) != (s.o_tei(first), first.address, qfi):
                wrong.append(f"session {s.number}: {c}")
        if len(found) != len(self.each()):
            wrong.append(f"{len(found)} contexts")
        tell.check(f"{len(self.sessions)} sessions are registered, each as it was asked for", wrong)
        wait_for(lambda: len(core.told("add")) >= len(found))
        tell.check("the control plane is told of each", [
            f"{n} times" for n in [len(core.told("add"))] if n != len(found)])

    def usage(self, when):
        """Each context's counters are what was sent."""
        wrong = []
        found = self.core.contexts()
        for s, f in self.each():
            for flow, bearer in [(None, 0), *s.bearers.items()]:
                got = found.get((s.i_tei_of(flow), s.key[f]), {}).get("usage", {})
                want = dict(zip(("tx_packets", "tx_bytes", "rx_packets", "rx_bytes"),
                                s.sent["down", f, bearer] + s.sent["up", f, bearer]),
                            tx_dropped=0, rx_dropped=0)
                if any(got.get(name) != n for name, n in want.items()):
                    wrong.append(f"session {s.number}, bearer {bearer}: {got}, not {want}")
        if self.tell.story:
            self.core.gtpctl("pdp", "get", "-s", "dev", "gtp0", "ms", self.sessions[0].key[4], show=1)
        self.tell.check(f"usage {when}: packets and octets of all sessions, both ways", wrong)

    def move(self):
        """All sessions to the second node while they send and receive."""
        tell = self.tell
        old, new = self.flows.nodes
        stream = Stream(self.flows, self.sessions)
        stream.pass_by(4)
        # The MS have come to the new node and send there; then their paths are switched.
        self.attach(self.sessions, new)
        self.core.batch(self.lines(self.sessions, "replace", "end_marker"), show=3)
        stream.pass_by(4)
        seen = Handover(stream)
        tell.text(f"{seen.sent} packets down and {seen.sent} up, {seen.rate} a second")
        if tell.story:
            one, two = seen.came[1, 4]
            tell.text(f"session 1: numbers {one[0]} to {one[-1]} and the End Marker at {old.name}, "
                      f"{two[0]} to {two[-1]} at {new.name}")
        tell.check("no packet down is lost or doubled", seen.lost_down())
        tell.check(f"{old.name} has the first ones, {new.name} the rest, in order",
                   seen.disorder_down())
        tell.check(f"exactly one End Marker for each session at {old.name}, none at {new.name}",
                   seen.wrong_markers())
        tell.check(f"no packet of a session comes to {old.name} behind its End Marker", seen.behind)
        tell.check("all of it is on the right tunnel" + ", with QFI 9" * self.CONTAINER,
                   seen.astray + seen.container)
        tell.check("no packet up is lost, doubled or out of order", seen.wrong_up())
        tell.check("Scapy reads packets at both nodes in the same way", seen.scapy)
        self.facts.update(packets=seen.sent, rate=seen.rate, markers=len(seen.markers[0]))

    def release(self):
        """Nothing is left, and who goes on sending is told so."""
        tell, core = self.tell, self.core
        core.batch(self.removals(self.sessions), show=2)
        tell.check("no session is left", core.contexts(show=1))
        for node in self.flows.nodes:
            node.take()
        session = self.sessions[-1]
        node = session.node
        node.send(session.uplink(4, 9, 16, self.CONTAINER).octets(0))
        wait_for(lambda: node.log)
        said = [packet.read_message(o) for o in node.take()]
        # TEID Data I and GTP-U Peer Address, TS 29.281 8.3 and 8.4.
        want = packet.error_indication(session.i_tei, UPF[self.OUTER])[12:]
        tell.check("who sends on a released tunnel gets an Error Indication", [
            m for m in said if (m.type, m.inner) != (packet.ERROR_INDICATION, want)]
            + ["nothing came"] * (len(said) != 1))
        made = len({(e["i_tei"], e["ms"]) for e in core.told("add")})
        wait_for(lambda: len(core.told("del")) >= made)
        tell.check("the control plane was told of each that went", [
            f"{gone} of {made}" for gone in [len(core.told("del"))] if made != gone])
        core.deaf()
        core.gtpctl("link", "del", "gtp0")


def main(kind):
    """Goes through the walk that the command line asks for."""
    words = sys.argv[1:]
    tell = Tell("--story" in words)
    pcap, *names = [w for w in words if not w.startswith("--")]
    walk = kind(tell, pcap, names)
    last = ""
    try:
        walk.wire.make()
        last = walk.steps()
    except (Failed, ValueError) as error:
        tell.check("the walk-through comes to its end", [error])
    finally:
        walk.core.deaf()
        walk.wire.captured()
    tell.finish(last)
