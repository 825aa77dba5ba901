"""Who stands still disturbs nobody: others are as quick as ever, and the programs stay small.

For a minute there are a client that is stopped, two readers that do not read, and a client whose
line is lost, each with somebody who writes as fast as he can.
"""

import os
import signal
import threading
import time

import pytest
from support.measure import Echo, MemoryWatch, interleaved, percentile, words
from support.network import GATEWAY
from support.packages import tool
from support.realm import Realm, news_of_line
from support.relay import Relay
from support.waiting import eventually

MINUTE = 60
ROUNDS, FAR_ROUNDS = 2000, 150
CONNECTIONS = 24   # together with room for more than a session keeps
GROWTH = 12 << 20  # of a program, for one session that keeps all it may
LEAST = 2 << 20    # kept for a client whose line is lost: so it is known that much was said to it


@pytest.fixture(scope="module")
def realm(directory):
    with Realm(directory) as made:
        yield made


class Party:
    """An agent, a client on a PC of its own, and both ends of its connections."""

    def __init__(self, realm, name, ports=1, connections=None, desk=None, line=None):
        self.name = name
        self.pc = realm.network.home_lan.add_pc(f"home-{name}")
        self.line = line(realm, self.pc) if line else None
        self.desk = desk or realm.desk(name, ports=ports)
        person = realm.person(f"person-{name}", machine=self.pc)
        self.forward = person.forward(self.desk.computer_id, *self.desk.targets)
        self.ends = [self.desk.join(self.forward, number % ports) for number in range(connections or ports)]

    @property
    def pids(self):
        return {f"agent of {self.name}": self.desk.agent.running.pid,
                f"client of {self.name}": self.forward.program.pid}


def write_fast(end):
    """From now on whenever there is room, until the end is closed."""
    def write(block=os.urandom(1 << 16)):
        try:
            while True:
                end.sendall(block)
        except OSError:
            pass  # closed in the end
    end.settimeout(None)
    threading.Thread(target=write, daemon=True).start()


@pytest.fixture(scope="module")
def still(realm):
    """Everybody who stands still, from now on; and the memory of all who have to do with them."""
    stopped, unread, lost = (Party(realm, name, connections=CONNECTIONS) for name in ("stopped", "unread", "lost"))
    parties = stopped, unread, lost
    pids = {"gateway": realm.first.running.pid}
    for party in parties:
        pids |= party.pids
    realm.watch = MemoryWatch(pids)
    realm.began = time.monotonic()
    stopped.forward.program.signal(signal.SIGSTOP)
    realm.cut_off(lost.pc)
    eventually("the line is lost", lambda: news_of_line(lost.forward.program, "lost") == ["lost"], 15)
    for party in parties:
        for end in (end for both in party.ends for end in both):
            write_fast(end)
    yield parties
    realm.watch.stop()


def test_others_are_as_quick_while_a_client_of_the_agent_is_stopped(realm, still):
    stopped, _, _ = still
    working = Party(realm, "working", desk=stopped.desk)
    alone = Party(realm, "alone")
    beside, idle = interleaved([Echo(*party.ends[0]) for party in (working, alone)], ROUNDS)
    ratio = percentile(beside, .99) / percentile(idle, .99)
    print(f"beside a stopped client: {words(beside)}; at an idle agent: {words(idle)}; p99 ratio {ratio:.2f}")
    assert ratio < 2


def bulk(party, number=0):
    """As much as goes through, from the desk to the client. stop() ends it."""
    here, there = party.ends[number]
    reader = party.pc.start(tool("socat"), "-u", "-b", "262144", f"FD:{here.fileno()}", "OPEN:/dev/null",
                            pass_fds=(here.fileno(),))
    party.desk.machine.start(tool("socat"), "-u", "-b", "262144", "OPEN:/dev/zero", f"FD:{there.fileno()}",
                             pass_fds=(there.fileno(),))
    time.sleep(1)
    return reader


def test_a_key_overtakes_a_bulk_transfer_of_its_own_session(realm, still):
    """Here the processor is what all wait for; so a neighbour without a bulk transfer waits as well."""
    busy, other = Party(realm, "busy", ports=2), Party(realm, "other")
    echoes = Echo(*busy.ends[1]), Echo(*other.ends[0])
    quiet, _ = interleaved(echoes, ROUNDS)
    reader = bulk(busy)
    key, neighbour = interleaved(echoes, ROUNDS)
    assert reader.running()
    reader.stop()
    print(f"with nothing going on: {words(quiet)}; beside a bulk transfer: {words(key)}; a neighbour of it: "
          f"{words(neighbour)}; p99 ratios {percentile(key, .99) / percentile(quiet, .99):.2f}, "
          f"{percentile(key, .99) / percentile(neighbour, .99):.2f}")
    assert percentile(key, .99) < 0.1


def far_away(realm, pc):
    """100 Mbit/s and 20 ms there and back, to the first gateway."""
    port = f"port{pc.address.rpartition('.')[2]}"
    for machine, interface in ((pc, "eth0"), (realm.network.home_nat, port)):
        machine.run(tool("tc"), "qdisc", "add", "dev", interface, "root",
                    "tbf", "rate", "100mbit", "burst", "32kb", "latency", "100ms")
    return Relay(realm.network.home_nat, pc, GATEWAY, delay=.01)


def test_a_key_overtakes_a_bulk_transfer_on_a_line_as_people_have(realm, still):
    """Here the line is what all wait for."""
    person = Party(realm, "far", ports=2, line=far_away)
    echo = Echo(*person.ends[1])
    quiet, = interleaved([echo], FAR_ROUNDS)
    assert percentile(quiet, .5) > .02
    reader = bulk(person)
    key, = interleaved([echo], FAR_ROUNDS)
    assert reader.running()
    reader.stop()
    person.line.close()
    ratio = percentile(key, .99) / percentile(quiet, .99)
    print(f"far away: {words(quiet)}; beside a bulk transfer: {words(key)}; p99 ratio {ratio:.2f}")
    assert ratio < 3


def test_nobody_grows_while_others_stand_still_for_a_minute(realm, still):
    _, _, lost = still
    time.sleep(max(0, realm.began + MINUTE - time.monotonic()))
    realm.watch.stop()
    print(realm.watch)
    grown = realm.watch.growth()
    for name, size in grown.items():
        assert size < GROWTH, f"{name} grew by {size / 2**20:.1f} MiB"
    assert min(grown["agent of lost"], grown["client of lost"], grown["agent of unread"]) > LEAST, grown
    assert news_of_line(lost.forward.program, "lost") == ["lost"], "it was lost all the while"
    realm.reconnect()
    eventually("and then is back", lambda: news_of_line(lost.forward.program, "lost") == ["lost", "back"], 15)
