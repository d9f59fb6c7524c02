# SPDX-License-Identifier: GPL-2.0
"""How a walk-through tells what it does: as tests, or as a story for people.

As tests each check is one line in the form that gtptest has, for `report` of
tests/selftests/lib.sh: pass or fail, name, nothing, text, with \\x1f between. As a story
there are headings, commands with what they print, and a sentence for each check.
"""

import shlex
import subprocess
import sys
import threading
import time

# The longest a step waits for anything, in seconds. The debug kernel is slow.
PATIENCE = 30


class Failed(Exception):
    """The walk-through cannot go on."""


class Tell:
    """Where everything that is to be read goes."""

    def __init__(self, story):
        self.story = story
        self.failures = 0
        self.passed = 0
        self.lock = threading.Lock()

    def line(self, text):
        with self.lock:
            print(text, flush=True)

    def heading(self, text):
        """A step begins."""
        self.line(f"\n=== {text}" if self.story else f"note\x1f{text}\x1f\x1f")

    def text(self, text):
        """For people only."""
        if self.story:
            self.line(text)

    def check(self, name, wrong):
        """A check: `wrong` lists what is wrong, and is empty where nothing is."""
        wrong = [str(w) for w in wrong]
        if wrong:
            self.failures += 1
        else:
            self.passed += 1
        some = " | ".join(wrong[:4]) + (f" | and {len(wrong) - 4} more" if len(wrong) > 4 else "")
        if not self.story:
            self.line("\x1f".join(("fail" if wrong else "pass", name, "", some)))
        elif wrong:
            self.line(f"!!! not so: {name}: {some}")
        else:
            self.line(f"    ok: {name}")

    def run(self, *words, show=0, stdin=None, fails=False):
        """Runs a command and returns what it printed. Of a story `show` lines of that are
        part. Unless `fails`, a command that fails ends the walk-through."""
        if show:
            self.text("# " + shlex.join(words) + ("" if stdin is None else " <<END"))
        if show and stdin is not None:
            self.excerpt(stdin, 2)
            self.text("END")
        # Every failure is looked at below.
        done = subprocess.run(words, input=stdin, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True, check=False)
        if show:
            self.excerpt(done.stdout, show)
        if done.returncode and not fails:
            raise Failed(f"{shlex.join(words)}: {done.stdout.strip()}")
        return done.stdout

    def excerpt(self, text, lines):
        """The first lines of what is longer, and how many more there are."""
        all_lines = text.splitlines()
        for line in all_lines[:lines]:
            self.text(line)
        if len(all_lines) > lines:
            self.text(f"... and {len(all_lines) - lines} lines more")

    def finish(self, last):
        """The end: of a story the last line says what was shown."""
        if not self.story:
            self.line("done\x1f\x1f\x1f")
        elif not self.failures:
            self.line(f"\n=== {last}")
        sys.exit(1 if self.failures else 0)


def wait_for(what, patience=PATIENCE):
    """Waits until that is true; tells whether it came to be."""
    end = time.monotonic() + patience
    while not what():
        if time.monotonic() > end:
            return False
        time.sleep(0.02)
    return True
