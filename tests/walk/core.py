# SPDX-License-Identifier: GPL-2.0
"""The control plane of the walk-throughs: an SMF, or the MME's side of an S-GW, that knows
its user plane by `gtpctl` alone."""

import json
import pathlib
import subprocess

from tell import Failed, wait_for

HEARD = pathlib.Path("/tmp/walk.heard")
SAID = pathlib.Path("/tmp/walk.said")
BATCH = "pdp", "batch", "-"


class Core:
    """Sessions are made, moved and removed here, and what the user plane tells is heard."""

    def __init__(self, tell, upf):
        self.tell = tell
        self.upf = upf
        self.monitor = None
        self.knows = tell.run("gtpctl", "link", "add", "--help") + \
            tell.run("gtpctl", "pdp", "add", "--help")

    def gtpctl(self, *words, show=0, stdin=None):
        """Runs gtpctl in the UPF."""
        return self.tell.run("gtpctl", "-n", self.upf, *words, show=show, stdin=stdin)

    def batch(self, lines, show=0):
        """Works through lines of `gtpctl pdp batch`: all are done, or the walk ends."""
        return self.gtpctl(*BATCH, stdin="\n".join(lines) + "\n", show=show)

    def contexts(self, show=0):
        """The contexts that there are, with their usage, by TEID and MS address."""
        if show:
            self.gtpctl("pdp", "list", "-s", "dev", "gtp0", show=show)
        entries = json.loads(self.gtpctl("-j", "pdp", "list", "-s", "dev", "gtp0"))
        return {(c["i_tei"], c["ms"]): c for c in entries}

    def listen(self):
        """Hears from now on what the user plane tells."""
        with open(HEARD, "wb") as heard, open(SAID, "wb") as said:
            self.monitor = subprocess.Popen(["gtpctl", "-n", self.upf, "-j", "monitor"],
                                            stdout=heard, stderr=said)
        if not wait_for(lambda: "Listening" in SAID.read_text()):
            raise Failed("gtpctl monitor does not listen")

    def events(self):
        """All that was told until now."""
        # The last line may be half there.
        return [json.loads(line) for line in HEARD.read_text().split("\n")[:-1]]

    def told(self, event):
        """The events of that name."""
        return [e for e in self.events() if e["event"] == event]

    def told_of_path(self, peer, after):
        """What was told of the path to that peer behind so many events, but for those that
        say that it works."""
        return [e for e in self.events()[after:]
                if "path" in e["event"] and e.get("peer") == peer and "up" not in e.values()]

    def deaf(self):
        """Hears no more."""
        if self.monitor:
            self.monitor.terminate()
            self.monitor.wait()
            self.monitor = None
