# SPDX-License-Identifier: GPL-2.0
"""Who is where in the walk-throughs, and the wires between them.

   +-- ran1 ---------+                                       +-- dn ----------------+
   | 192.0.2.11      |      +-- upf ------------------+      | 198.51.100.2         |
   | 2001:db8:a::11  +------+ n3-1                    |      | 2001:db8:99::2       |
   +-----------------+      |   192.0.2.1          n6 +------+   :9000  data        |
   +-- ran2 ---------+      |   2001:db8:a::1         |      |   :5060  voice       |
   | 192.0.2.12      +------+ n3-2              gtp0  |      +----------------------+
   | 2001:db8:a::12  |      +-------------------------+
   +-----------------+

ran1 and ran2 are two gNBs or two eNBs; upf is the UPF, or S-GW and P-GW in one. Every
box is a network namespace. MS have addresses of 10.45.0.0/16 and 2001:db8:45::/48.
"""

import os
import pathlib
import signal
import socket
import struct
import subprocess
import time

from tell import Failed, wait_for

PLACES = "ran1", "ran2", "upf", "dn"
UPF = {4: "192.0.2.1", 6: "2001:db8:a::1"}
RAN = {4: ("192.0.2.11", "192.0.2.12"), 6: ("2001:db8:a::11", "2001:db8:a::12")}
DN = {4: "198.51.100.2", 6: "2001:db8:99::2"}
# The UPF's end of N6.
ROUTER = {4: "198.51.100.1", 6: "2001:db8:99::1"}
MAC = {place: f"02:00:00:00:00:0{at}" for at, place in enumerate(PLACES)}
SETTINGS = """net.ipv6.conf.all.disable_ipv6=0 net.ipv6.conf.default.disable_ipv6=0
    net.ipv6.conf.default.addr_gen_mode=1 net.ipv6.conf.default.accept_ra=0
    net.ipv6.conf.default.accept_dad=0""".split()
# Of <asm-generic/socket.h>, which Python has no name for.
SO_RCVBUFFORCE = 33
FORWARDING = ["net.ipv4.ip_forward=1", "net.ipv6.conf.all.forwarding=1"]


def read_pcap(file):
    """The header of a capture, and its frames with theirs: time, length, length on the wire."""
    octets = pathlib.Path(file).read_bytes()
    frames, at = [], 24
    while at < len(octets):
        end = at + 16 + struct.unpack_from("=I", octets, at + 8)[0]
        frames.append(octets[at:end])
        at = end
    return octets[:24], frames


class Wire:
    """The namespaces by place, as their names."""

    def __init__(self, tell, pcap, names):
        self.tell = tell
        self.pcap = pcap
        self.name = dict(zip(PLACES, names))
        self.tcpdumps = {}

    def make(self):
        """Joins the namespaces, which are there."""
        run = self.tell.run
        # What waits between two processors is none of the tunnel's losses.
        run("sysctl", "-qw", "net.core.netdev_max_backlog=20000")
        for name in self.name.values():
            run("ip", "netns", "exec", name, "sysctl", "-qw", *SETTINGS)
        upf = self.name["upf"]
        run("ip", "netns", "exec", upf, "sysctl", "-qw", *FORWARDING)
        for at in (0, 1):
            dev = f"n3-{at + 1}"
            self.cable(dev, f"ran{at + 1}", "n3")
            self.batch(f"ran{at + 1}", f"addr add {RAN[4][at]}/24 dev n3",
                       f"addr add {RAN[6][at]}/64 dev n3 nodad")
            self.batch("upf", f"addr add {UPF[4]}/32 dev {dev}", f"addr add {UPF[6]}/128 dev {dev} nodad",
                       f"route add {RAN[4][at]} dev {dev} src {UPF[4]}",
                       f"route add {RAN[6][at]} dev {dev} src {UPF[6]}")
        self.cable("n6", "dn", "n6")
        self.batch("upf", f"addr add {ROUTER[4]}/24 dev n6",
                   f"addr add {ROUTER[6]}/64 dev n6 nodad")
        self.batch("dn", f"addr add {DN[4]}/24 dev n6", f"addr add {DN[6]}/64 dev n6 nodad",
                   f"route add 10.45.0.0/16 via {ROUTER[4]}",
                   f"route add 2001:db8:45::/48 via {ROUTER[6]}")
        self.introduce()
        self.capture()

    def introduce(self):
        """Neighbours know each other for good: however slow the machine is, none is given up
        for not having answered in time."""
        pairs = [("upf", f"n3-{at + 1}", MAC[f"ran{at + 1}"], RAN[f][at]) for at in (0, 1) for f in (4, 6)]
        pairs += [(f"ran{at + 1}", "n3", MAC["upf"], UPF[f]) for at in (0, 1) for f in (4, 6)]
        pairs += [("upf", "n6", MAC["dn"], DN[f]) for f in (4, 6)]
        pairs += [("dn", "n6", MAC["upf"], router) for router in ROUTER.values()]
        for place, dev, mac, address in pairs:
            self.batch(place, f"neigh replace {address} lladdr {mac} dev {dev} nud permanent")

    def capture(self):
        """Keeps all that crosses N3 from now on."""
        for dev in ("n3-1", "n3-2"):
            file = f"/tmp/walk.{dev}"
            with open(f"{file}.said", "wb") as said:
                self.tcpdumps[file] = subprocess.Popen(
                    ["ip", "netns", "exec", self.name["upf"], "tcpdump", "-Z", "root", "-n", "-i", dev,
                     "-B", "32768", "-w", file], stderr=said)
            if not wait_for(lambda f=file: b"listening on" in pathlib.Path(f"{f}.said").read_bytes()):
                raise Failed("tcpdump does not listen")

    def captured(self):
        """Ends that, and leaves it where it is wanted, in one file."""
        if not self.tcpdumps:
            return
        # What has not been read yet would be lost; it is read once a second, or a little later.
        time.sleep(4)
        wrong, frames = [], []
        for file, tcpdump in self.tcpdumps.items():
            tcpdump.send_signal(signal.SIGINT)
            tcpdump.wait()
            said = pathlib.Path(f"{file}.said").read_text()
            if "\n0 packets dropped by kernel" not in said:
                wrong.append(said)
            head, found = read_pcap(file)
            frames += found
        self.tcpdumps = {}
        self.tell.check("all that crossed N3 has been captured", wrong)
        frames.sort(key=lambda frame: struct.unpack_from("=II", frame))
        pathlib.Path(self.pcap).write_bytes(head + b"".join(frames))

    def cable(self, ours, place, theirs):
        """A veth pair that keeps packets in order like a wire, whichever processors send
        them: it has one queue, and NAPI empties it. Checksums are those of a wire."""
        one = "numtxqueues 1 numrxqueues 1"
        self.batch("upf", f"link add {ours} {one} type veth peer name {theirs} {one} "
                          f"netns {self.name[place]}", f"link set {ours} address {MAC['upf']} up")
        self.batch(place, f"link set {theirs} address {MAC[place]} up")
        for name, dev in ((self.name["upf"], ours), (self.name[place], theirs)):
            self.tell.run("ip", "netns", "exec", name, "ethtool", "-K", dev, "tx", "off", "gro", "on")

    def batch(self, place, *lines):
        """Lines of ip in that place."""
        self.tell.run("ip", "-n", self.name[place], "-batch", "-", stdin="\n".join(lines) + "\n")

    def socket(self, place, address, port):
        """A UDP socket in that place, with room for whatever comes before it is read."""
        home = os.open("/proc/self/ns/net", os.O_RDONLY)
        there = os.open(f"/run/netns/{self.name[place]}", os.O_RDONLY)
        try:
            os.setns(there, os.CLONE_NEWNET)
            sock = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET,
                                 socket.SOCK_DGRAM)
        finally:
            os.setns(home, os.CLONE_NEWNET)
            os.close(home)
            os.close(there)
        sock.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, 64 << 20)
        sock.bind((address, port))
        sock.setblocking(False)
        return sock
