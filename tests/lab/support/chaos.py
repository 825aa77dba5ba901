"""Chaos on purpose: the gateway that carries a session is hit, again and again, at random moments.

    world      two gateways in one profile; an agent behind a NAT; a client behind two (a cable and
               a mobile network), which changes its address and its interface
    traffic    bulk both ways through one forward, small talk through another, over one client
    hits       killed, also the second while the session is on its way to it; reset; a black hole;
               the client's address changed; drained
    verdict    every byte and every message once, in order; no local connection lost; the same
               client and agent processes as in the beginning

A plan comes from its seed alone, so the same seed hits in the same order and at the same distances.
"""

import random
import signal
import time
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

from . import firewall, network, report
from .network import GATEWAY, SECOND_GATEWAY, on_the_internet
from .services import Service
from .tasuki import DONE, computer_ids
from .traffic import BulkEnd, Echoer, Pace, Sequence, Talk
from .waiting import eventually
from .world import World

KINDS = {"killed": 44, "both killed": 5, "reset": 27, "black hole": 12, "address": 6, "drained": 6}
RESET_LEGS = ("client", "agent", "all")
PATIENCE = 60  # seconds without a byte after a hit: then it has failed
STEP = 1.3     # seconds that a hit and its recovery usually take


@dataclass
class Hit:
    kind: str
    detail: str      # whose connections are reset; what of the client's changes
    pause: float     # seconds of calm before it
    between: float   # seconds between two blows of one hit
    lasts: float     # seconds until a gateway that went is started again, a black hole ends
    gateway: str = ""
    at: float = None       # seconds since the traffic began
    resumed: float = None  # seconds until a message was echoed that was sent after it
    stalled: float = None  # the longest pause of the bulk transfers around it


def plan(seed, kills):
    chance = random.Random(f"plan {seed}")
    hits = []
    for _ in range(kills):
        kind = chance.choices(list(KINDS), KINDS.values())[0]
        detail = {"reset": chance.choice(RESET_LEGS),
                  "address": chance.choice(("another address", "another interface"))}.get(kind, "")
        lasts = chance.uniform(2, 8) if kind == "black hole" else chance.uniform(0.05, 0.6)
        hits.append(Hit(kind, detail, chance.uniform(0.05, 0.7), chance.uniform(0, 0.08), lasts))
    return hits


@contextmanager
def _two_ways_out(directory, ipv6=False):
    """two_gateways(), and a mobile network that the PC at home may use instead of its LAN."""
    with network.two_gateways(directory) as made:
        made.mobile_nat = on_the_internet(made, "mobile-nat", "198.18.1.2/24")
        firewall.masquerade(made.mobile_nat, "wan", "lan")
        made.cable(made.mobile_nat, "lan", made.home, "mobile0")
        made.give(made.mobile_nat, "lan", "192.168.30.1/24")
        yield made


class ChaosWorld(World):
    """Two gateways of one realm, and where a client may have its address."""

    def __init__(self, directory):
        super().__init__(directory, topology=_two_ways_out, addresses=[GATEWAY, SECOND_GATEWAY],
                         prepare=self._second)

    def _second(self, first):
        second = first.second(self.network.second_gateway)
        second.run()
        self.gateways = {GATEWAY: first, SECOND_GATEWAY: second}

    def carrying(self):
        """The gateway through which the session goes now, as the client's connections show it."""
        lines = self.home.run("ss", "-Htni", "state", "established", "dport", "=", ":443").stdout.splitlines()
        heard = {}
        for addresses, details in zip(lines[::2], lines[1::2]):
            words = dict(word.split(":", 1) for word in details.split() if ":" in word)
            peer = addresses.split()[3].rpartition(":")[0]
            heard[peer] = min(heard.get(peer, 1 << 30), int(words.get("lastrcv", 1 << 30)))
        return self.gateways[min(heard, key=heard.get)] if heard else None


class Blows:
    """What can befall a world, and how each is undone."""

    NETWORKS = {"eth0": "192.168.20", "mobile0": "192.168.30"}  # of the client's interfaces

    def __init__(self, world):
        self._world, self._network, self._home = world, world.network, world.home
        self._gateways = world.gateways.values()
        self._interface, self._number = "eth0", 11

    def strike(self, hit, gateway):
        """Does it; returns what undoes it, to be called when its time is over."""
        return {"killed": self._kill, "both killed": self._kill_both, "reset": self._reset,
                "black hole": self._swallow, "address": self._move,
                "drained": self._drain}[hit.kind](hit, gateway)

    def _kill(self, _, gateway):
        gateway.running.signal(signal.SIGKILL)
        gateway.running.wait()
        return gateway.run

    def _kill_both(self, hit, gateway):
        """The second while the session may be on its way to it."""
        other = next(each for each in self._gateways if each is not gateway)
        again = self._kill(hit, gateway)
        time.sleep(hit.between)
        other_again = self._kill(hit, other)
        return lambda: (again(), other_again())

    def _drain(self, _, gateway):
        """Everybody moves; then it ends by itself, and a successor starts."""
        gateway.drain()

        def succeed():
            eventually("nobody is left at the drained gateway", lambda: self._is_left(gateway), seconds=30)
            gateway.running.stop()  # what it may still wait for: a pair that died without a word
            gateway.run()
        return succeed

    def _is_left(self, gateway):
        listed = gateway.admin("agents", "--json")
        ended = listed.exit_code != DONE
        return ended or (not computer_ids(listed) and self._world.carrying() is not gateway)

    def _reset(self, hit, gateway):
        nats = {"client": [self._network.home_nat, self._network.mobile_nat],
                "agent": [self._network.office_nat], "all": []}[hit.detail]
        whose = ["("] + " or ".join(f"dst {nat.address}" for nat in nats).split() + [")"] if nats else []
        command = ["ss", "-K", "-Htn", "state", "established", "sport", "=", ":443", *whose]
        eventually(f"the {gateway.machine} resets what the {hit.detail} has there",
                   lambda: gateway.machine.run(*command).stdout, seconds=5)
        return None

    def _swallow(self, _, gateway):
        firewall.load(gateway.machine, """
            table inet lab_cut {
                chain input { type filter hook input priority -10; iifname != "lo" drop; }
                chain output { type filter hook output priority -10; oifname != "lo" drop; }
            }""")
        return lambda: firewall.mend(gateway.machine)

    def _move(self, hit, _):
        """The old address goes first: for a moment there is none."""
        if hit.detail == "another interface":
            self._home.run("ip", "link", "set", self._interface, "down")
            self._interface = "mobile0" if self._interface == "eth0" else "eth0"
        subnet, port = self.NETWORKS[self._interface], self._interface
        self._number = 11 + (self._number - 10) % 200
        self._home.run("ip", "addr", "flush", "dev", port)
        self._home.run("ip", "link", "set", port, "up")
        self._home.run("ip", "addr", "add", f"{subnet}.{self._number}/24", "dev", port)
        self._home.run("ip", "route", "replace", "default", "via", f"{subnet}.1")
        return None


class Chaos:
    """One run: lets the traffic flow, strikes as planned, and judges."""

    def __init__(self, world, seed, hits, length, say=lambda line: None):
        self.hits, self.faults = hits, []
        self._world, self._seed, self._length, self._say = world, seed, length, say
        self._pace = Pace(length, len(hits), STEP)
        self._blows = Blows(world)

    def run(self):
        """Returns a report for report.py. `faults` in it is empty if all was well."""
        with ExitStack() as opened:
            self._open(opened)
            self._began = time.monotonic()
            for each in (*self._bulk, self._talk):
                each.start()
            for number, hit in enumerate(self.hits, 1):
                if not self._one(number, hit):
                    break
                self._pace.step()
            self._end_traffic()
            seconds = time.monotonic() - self._began
            self._judge()
        delivered = [end.delivered for end in self._bulk]
        return report.of(self, self._seed, self._length, delivered, seconds, self._talk)

    def _open(self, opened):
        """Agent and client, and the two connections through them."""
        world = self._world
        up, down = (Sequence(f"{way} {self._seed}", self._length) for way in ("up", "down"))
        self._echoer = Echoer()
        echoing = opened.enter_context(Service(world.office, self._echoer))
        target = opened.enter_context(world.office.listen())
        agent = world.agent("target", targets={
            "bulk": (f"127.0.0.1:{target.getsockname()[1]}", "tcp"),
            "talk": (f"127.0.0.1:{echoing.port}", "tcp")})
        forward = opened.enter_context(world.person("client").forward("target", "bulk", "talk"))
        here = opened.enter_context(forward.open(0))
        target.settimeout(15)
        there = opened.enter_context(target.accept()[0])
        self._bulk = (BulkEnd("bulk at the client", here, up, down, self._pace),
                      BulkEnd("bulk at the agent", there, down, up, self._pace))
        self._talk = Talk(opened.enter_context(forward.open(1)))
        self._processes = {"client": forward.program, "agent": agent.running}

    def _one(self, number, hit):
        """Strikes, and waits until everything moves again; False if it does not."""
        time.sleep(hit.pause)
        gateway = eventually("the session has a carrier", self._world.carrying)
        hit.gateway = gateway.machine.role
        undo = self._faultless(lambda: self._blows.strike(hit, gateway), number, hit)
        struck = time.monotonic()
        hit.at = struck - self._began
        while undo or hit.resumed is None:
            passed = time.monotonic() - struck
            if hit.resumed is None:
                hit.resumed = self._moves_again(struck)
            if undo and (passed >= hit.lasts or (hit.resumed is not None and hit.kind == "black hole")):
                self._faultless(undo, number, hit)
                undo = None
            if passed > PATIENCE:
                self.faults.append(f"nothing moves {PATIENCE} s after hit {number}: {hit}")
            if self._broken():
                self._say(f"hit {number} ({hit.kind} {hit.detail} at {hit.gateway}): {self.faults}")
                return False
            time.sleep(0.002)
        hit.stalled = max(end.longest_pause(struck, time.monotonic()) for end in self._bulk)
        self._say(f"{number:4} {hit.at:6.1f} s  {hit.kind:10} {hit.detail:17} at {hit.gateway:8} "
                  f"resumed after {hit.resumed:.3f} s")
        return True

    def _faultless(self, act, number, hit):
        try:
            return act()
        except AssertionError as trouble:
            self.faults.append(f"hit {number} ({hit.kind} at {hit.gateway}): {trouble}")
            return None

    def _moves_again(self, struck):
        """Seconds until the echo of a message spoken after the blow; None while bytes stand still."""
        echoed = self._talk.answered(struck)
        moving = echoed and all(end.delivered_since(echoed) or end.delivered == self._length
                                for end in self._bulk)
        return echoed - struck if moving else None

    def _broken(self):
        for part in (*self._bulk, self._talk, self._echoer):
            if part.fault and part.fault not in self.faults:
                self.faults.append(part.fault)
        for name, process in self._processes.items():
            if not process.running():
                ended = f"the {name} ended with {process.exit_code}: {process.output()[-500:].strip()}"
                self.faults.extend([ended] if ended not in self.faults else [])
        return bool(self.faults)

    def _end_traffic(self):
        limit = time.monotonic() + PATIENCE + self._length / (4 << 20)
        while not self._broken() and not all(end.finished for end in self._bulk):
            if time.monotonic() > limit:
                came = [end.delivered for end in self._bulk]
                self.faults.append(f"the bulk transfers do not end: {came} of {self._length} bytes came")
            time.sleep(0.01)
        if not self._broken() and not self._talk.finish(PATIENCE):
            self.faults.append(f"{len(self._talk.sent)} messages were sent, {len(self._talk.heard)} came back")

    def _judge(self):
        if self._broken():
            return
        here, there = self._bulk
        for sender, receiver in ((here, there), (there, here)):
            sent = self._length, sender.sent_digest.hexdigest()
            got = receiver.delivered, receiver.digest.hexdigest()
            if got != sent:
                self.faults.append(f"{receiver.name}: bytes and SHA-256 are {got}, sent were {sent}")
        messages = {"sent": len(self._talk.sent), "echoed": self._echoer.echoed, "heard": len(self._talk.heard)}
        if len(set(messages.values())) != 1:
            self.faults.append(f"messages: {messages}")
