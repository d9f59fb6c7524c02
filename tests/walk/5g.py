#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""5g.py [--story] PCAP RAN1 RAN2 UPF DN: a hundred PDU sessions from their registration to
their release, in four network namespaces: see wire.py. The driver is the UPF.

Prints tests (see tell.py), or with --story the same for people.
"""

from tell import wait_for
from walk import Walk, main
from wire import UPF

SESSIONS = 100
# Of these gNB 2 has forgotten the tunnels when it has restarted.
FORGOTTEN = 20
# Added where the driver supervises paths: an Echo Request a minute to each peer, three of
# them half a second apart where none answers.
SUPERVISED = "echo_interval 60 echo_t3 500 echo_n3 3"
CLASSIFIER = """table inet qos {
	counter up5 { }
	counter up9 { }
	chain down {
		type filter hook postrouting priority 0;
		oifname "gtp0" udp sport 5060 meta priority set 5146:5
	}
	chain up {
		type filter hook prerouting priority 0;
		iifname "gtp0" meta priority 5146:5 counter name up5
		iifname "gtp0" meta priority 5146:9 counter name up9
	}
}
"""


class FiveG(Walk):
    """The steps, in order."""

    KIND, CONTAINER, SESSION = "gNB", True, "qfi 9"
    LINK = f"local {UPF[4]} qfi_source priority usage"
    # nft names the QoS flow of what goes down, and counts those of what came up.
    CLASSIFIER = CLASSIFIER

    def __init__(self, tell, pcap, names):
        super().__init__(tell, pcap, names, SESSIONS)
        self.supervised = "echo_interval" in self.core.knows
        self.before = 0

    def traffic(self):
        tell = self.tell
        for fill in (16, 1000):
            down, up = self.flows.exchange(self.sessions, [(4, 9, 2)], fill)
            tell.check(f"QoS flow 9, {fill} octets: down to the MS, with the container 01 00 09 00", down)
            tell.check(f"QoS flow 9, {fill} octets: up to the server, from the MS's address", up)
        down, up = self.flows.exchange(self.sessions, [(4, 5, 1), (4, 9, 1)])
        tell.check("port 5060 comes down with QFI 5, all else with QFI 9", down)
        tell.check("both flows go up at once", up)
        counters = tell.run("ip", "netns", "exec", self.core.upf, "nft", "list", "counters")
        want = {"up5": SESSIONS, "up9": 5 * SESSIONS}
        tell.check("the stack sees the QFI of each packet that comes up (nft counts them)", [
            f"{name}: not {n} packets: {counters}" for name, n in want.items()
            if f"counter {name} {{\n\t\tpackets {n} " not in counters])

    def marks(self):
        """Some sessions ask for reflective QoS, some have a paging policy, some have both."""
        some = self.sessions[:3]
        marks = [("rqi", True, None), ("ppi 3", False, 3), ("rqi ppi 7", True, 7)]
        for session, (words, rqi, ppi) in zip(some, marks):
            session.rqi, session.ppi = rqi, ppi
            self.core.batch(self.lines([session], "replace", words), show=1)
        down, up = self.flows.exchange(some, [(4, 9, 1), (4, 5, 1)])
        self.tell.check("RQI and PPI are in the containers of the sessions that have them", down + up)
        for session in some:
            session.rqi, session.ppi = False, None
        self.core.batch(self.lines(some, "replace"))

    def restart(self):
        """gNB 2 has forgotten some tunnels and says so; the core has their MS come again."""
        tell, core = self.tell, self.core
        one, two = self.flows.nodes
        lost = self.sessions[-FORGOTTEN:]
        two.tunnels -= {s.o_tei(two) for s in lost}
        for session in lost:
            self.flows.down(session, 4)
        wait_for(lambda: len(core.told("error_indication")) >= FORGOTTEN)
        told = core.told("error_indication")
        tell.text(f"{FORGOTTEN} packets down are answered with Error Indications; of gtpctl monitor:")
        for event in told[:2]:
            tell.text("error_indication " + " ".join(
                f"{k} {v}" for k, v in event.items() if k not in ("event", "ifindex")))
        gone = {e.get("o_tei") for e in told}
        tell.check("the control plane hears of each tunnel that gNB 2 does not know", sorted(
            {s.o_tei(two) for s in lost} ^ gone) + [e for e in told if e.get("peer") != two.address])
        core.batch(self.removals([s for s in lost if s.o_tei(two) in gone]), show=2)
        for session in lost:
            session.i_tei += 1000
            session.sent.clear()
        # What comes of this is seen in `failure`: the path to gNB 1 is a new one.
        one.answers = False
        self.before = len(core.events())
        self.attach(lost, one)
        core.batch(self.lines(lost, "add"), show=2)
        down, up = self.flows.exchange(self.sessions, [(4, 9, 1), (4, 5, 1)])
        tell.check("they have new tunnels to gNB 1, and all sessions work", down + up)

    def failure(self):
        """gNB 1 is silent from when it is used again: where the driver supervises paths the
        core hears of that, and has the MS come again at gNB 2."""
        tell, core = self.tell, self.core
        one, two = self.flows.nodes
        wait_for(lambda: core.told_of_path(one.address, self.before), 75)
        core.gtpctl("path", "list", show=4)
        told = core.told_of_path(one.address, self.before)
        for event in told:
            tell.text(str(event))
        tell.check("the control plane hears that the path to gNB 1 has failed",
                   ["it is not told"] * (not told))
        hit = [s for s in self.sessions if s.node is one]
        self.attach(hit, two)
        core.batch(self.lines(hit, "replace"), show=2)
        down, up = self.flows.exchange(self.sessions, [(4, 9, 1)])
        tell.check("its sessions go on at gNB 2", down + up)

    def steps(self):
        """All of them; the sentence that says what was shown."""
        heading = self.tell.heading
        heading("The UPF: a link that counts usage and lets the stack choose QoS flows")
        self.start(SUPERVISED if self.supervised else "")
        self.classify()
        heading(f"Registration: {SESSIONS} sessions at gNB 1, QoS flow 9")
        self.register(9)
        heading("Traffic: each session sends and receives, on two QoS flows")
        self.traffic()
        self.marks()
        self.usage("so far")
        heading(f"Handover: all {SESSIONS} sessions move to gNB 2 while they send and receive")
        self.move()
        self.usage("after the handover")
        heading(f"gNB 2 restarts: it does not know {FORGOTTEN} of its tunnels any more")
        self.restart()
        if self.supervised:
            heading("Path failure: gNB 1 does not answer Echo Requests any more")
            self.failure()
        heading("Release of all sessions")
        self.usage("at the end")
        self.release()
        return ("It works: {sessions} sessions on 2 QoS flows, a handover of all of them under load "
                "({packets} packets each way, {rate} a second, 0 lost, 0 out of order, {markers} End "
                "Markers), {checks} checks passed").format(checks=self.tell.passed, **self.facts)


main(FiveG)
