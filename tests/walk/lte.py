#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""lte.py [--story] PCAP RAN1 RAN2 UPF DN: PDN connections of LTE, IPv4v6, from attach to
detach, in four network namespaces: see wire.py. The driver is S-GW and P-GW in one, S1-U
is over IPv6.

Prints tests (see tell.py), or with --story the same for people.
"""

from walk import Walk, main
from wire import UPF

SESSIONS = 50
# Of these have a call, on a dedicated bearer with that EPS bearer identity.
CALLS, VOICE = 10, 6
CLASSIFIER = """table inet qos {
	chain down {
		type filter hook postrouting priority 0;
		oifname "gtp0" udp sport 5060 meta priority set 4252:6
	}
}
"""


class Lte(Walk):
    """The steps, in order. A connection has one tunnel each way for both families."""

    KIND, OUTER, FAMILIES = "eNB", 6, (4, 6)
    LINK = f"local6 {UPF[6]} bearer_source priority usage"
    # nft names the bearer of what goes down.
    CLASSIFIER = CLASSIFIER

    def __init__(self, tell, pcap, names):
        super().__init__(tell, pcap, names, SESSIONS)

    def traffic(self):
        for fill in (16, 1000):
            down, up = self.flows.exchange(self.sessions, [(4, 9, 2), (6, 9, 2)], fill)
            self.tell.check(f"default bearer, {fill} octets: down to the MS, IPv4 and IPv6", down)
            self.tell.check(f"default bearer, {fill} octets: up to the server, IPv4 and IPv6", up)

    def calls(self):
        """Some MS get a dedicated bearer for port 5060: a tunnel of its own each way, of the
        same two addresses. It goes when the call ends."""
        tell, core = self.tell, self.core
        some = self.sessions[:CALLS]
        node = self.flows.nodes[0]
        for session in some:
            session.bearers[5] = VOICE
            node.tunnels.add(session.o_tei(node, 5))
        core.batch([f"add dev gtp0 version 1 i_tei {s.i_tei_of(5)} o_tei {s.o_tei(node, 5)} ms {s.key[f]} "
                    f"peer {node.address} bearer {VOICE}" for s in some for f in self.FAMILIES], show=2)
        flows = [(4, 5, 2), (4, 9, 1), (6, 5, 1), (6, 9, 2)]
        down, up = self.flows.exchange(self.sessions, flows)
        tell.check(f"{CALLS} MS with a call: down, port 5060 on the dedicated bearer, the rest and "
                   "all others' on the default one", down)
        tell.check("up, on both tunnels at once", up)
        self.usage("of default and dedicated bearers")
        core.batch(self.removals(some, f"bearer {VOICE}"), show=2)
        for session in some:
            node.tunnels.remove(session.o_tei(node, 5))
            session.bearers.clear()
        down, up = self.flows.exchange(self.sessions, flows)
        tell.check("after the calls port 5060 is on the default bearers again", down + up)

    def back(self):
        """One by one, between bursts, as an MME does: an S1 path switch of a single MS."""
        first = self.flows.nodes[0]
        some = self.sessions[:5]
        for session in some:
            self.attach([session], first)
            self.core.batch(self.lines([session], "replace", "end_marker"))
        down, up = self.flows.exchange(self.sessions, [(4, 9, 1), (6, 9, 1)], ends=len(some))
        self.tell.check("five MS go back, one by one: all is where they are, five End Markers",
                        down + up)

    def steps(self):
        """All of them; the sentence that says what was shown."""
        heading = self.tell.heading
        heading("S-GW and P-GW: a link whose S1-U is over IPv6")
        self.start()
        self.classify()
        heading(f"Attach: {SESSIONS} MS at eNB 1, with IPv4 and IPv6 on one default bearer")
        self.register(None)
        heading("Traffic on the default bearers")
        self.traffic()
        self.usage("so far")
        heading(f"Calls: {CALLS} MS have a dedicated bearer for them")
        self.calls()
        heading(f"S1 path switch: all {SESSIONS} MS move to eNB 2 while they send and receive")
        self.move()
        self.back()
        self.usage("after the handovers")
        heading("Detach")
        self.release()
        return ("It works: {sessions} MS with IPv4 and IPv6, dedicated bearers, a path switch of all "
                "of them under load ({packets} packets each way, {rate} a second, {markers} End Markers), {checks} "
                "checks passed").format(checks=self.tell.passed, **self.facts)


main(Lte)
