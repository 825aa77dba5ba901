"""A gateway's program is replaced while it runs: nobody is refused, nothing is dropped, and a
successor that cannot start changes nothing."""

import os
import re
import shutil
import socket
import threading
import time

import pytest
from support.network import SITES
from support.program import alive
from support.services import Listener, greeter, read_exactly, ticker
from support.tasuki import DONE, FAILED, binary
from support.waiting import eventually, holds_for
from support.world import World

GREETING = b"hello from the office\n"


def own_copy(gateway):
    """The gateway runs from a file of its own, which a test may replace."""
    gateway.program = gateway.home / "tasuki"
    shutil.copy2(binary(), gateway.program)


def replace(path, with_file):
    """As a package manager does it: another file takes the name."""
    shutil.copy2(with_file, f"{path}.new")
    os.replace(f"{path}.new", path)


@pytest.fixture(scope="module")
def world(directory):
    def prepare(gateway):
        own_copy(gateway)
        gateway.configure(allow=SITES)

    with World(directory, prepare=prepare) as made:
        made.desk = greeter(made.office, GREETING)
        made.clock = ticker(made.office)
        made.pc = made.agent("pc", targets={"desk": (f"127.0.0.1:{made.desk.port}", "tcp"),
                                            "clock": (f"127.0.0.1:{made.clock.port}", "tcp")})
        yield made


def gateways(world):
    """Pids of the processes that are this gateway, oldest first."""
    found = []
    for pid in world.gateway.machine.processes():
        try:
            words = open(f"/proc/{pid}/cmdline", "rb").read().split(b"\0")
        except OSError:
            continue
        if words[1:3] == [b"gateway", b"run"]:
            found.append(pid)
    return sorted(found)


def upgraded(world):
    done = world.gateway.upgrade()
    assert done.exit_code == DONE, done
    return int(re.search(r"process (\d+)", done.text).group(1))


class Crowd:
    """People who connect all the time, one after the other, until told to stop."""

    def __init__(self, world, people=3):
        self.successes, self.failures = 0, []
        self._over = threading.Event()
        self._threads = [threading.Thread(target=self._come_and_go, args=(world, world.person(f"visitor-{i}")))
                         for i in range(people)]
        self._threads.append(threading.Thread(target=self._look, args=(world.person("looker"),)))
        for thread in self._threads:
            thread.start()

    def _come_and_go(self, world, person):
        while not self._over.is_set():
            try:
                with person.forward("pc", "desk") as forward, forward.open() as connection:
                    assert read_exactly(connection, len(GREETING)) == GREETING
                self.successes += 1
            except (AssertionError, OSError) as why:
                self.failures.append(str(why))

    def _look(self, person):
        while not self._over.is_set():
            done = person.list()
            if done.exit_code == DONE and '"pc"' in done.output:
                self.successes += 1
            else:
                self.failures.append(str(done))

    def served(self, more=10, seconds=30):
        goal = self.successes + more
        eventually("so many more were served", lambda: self.successes >= goal or self.failures, seconds)
        assert not self.failures, self.failures[0]

    def stop(self):
        self._over.set()
        for thread in self._threads:
            thread.join(30)


def test_nobody_is_refused_while_the_gateway_is_replaced(world):
    crowd = Crowd(world)
    try:
        crowd.served()
        for _ in range(3):
            [before] = gateways(world)
            after = upgraded(world)
            assert after != before
            crowd.served()
            eventually("the old process has ended", lambda: gateways(world) == [after], 20)
            assert world.gateway.agents() == {"pc"}
    finally:
        crowd.stop()
    assert not crowd.failures, crowd.failures[0]
    assert "reason=drained" in world.pc.running.output()


def test_a_session_moves_to_the_new_process_and_the_old_one_ends(world):
    with world.person("listener").forward("pc", "clock") as forward:
        ear = Listener(forward.open())
        assert ear.hears_more()
        [before] = gateways(world)
        held = sockets(before)
        after = upgraded(world)
        shared = held & sockets(after)
        assert len(shared) == 1 and len(held) > 3, "the listening socket, and nothing else of what was open"
        eventually("the old process has ended", lambda: gateways(world) == [after], 20)
        assert ear.hears_more(ticks=100) and ear.fault is None, ear.fault
        assert world.gateway.agents() == {"pc"} and len(world.gateway.pairs()) == 1
        ear.close()


def sockets(pid):
    """Inodes of the sockets that a process holds."""
    found = set()
    for name in os.listdir(f"/proc/{pid}/fd"):
        try:
            target = os.readlink(f"/proc/{pid}/fd/{name}")
        except FileNotFoundError:
            continue
        if target.startswith("socket:"):
            found.add(target)
    return found


def test_the_replaced_program_file_is_the_one_that_runs(world):
    [before] = gateways(world)
    replace(world.gateway.program, binary())
    assert os.readlink(f"/proc/{before}/exe").endswith(" (deleted)")
    after = upgraded(world)
    assert os.readlink(f"/proc/{after}/exe") == str(world.gateway.program)
    eventually("the old process has ended", lambda: gateways(world) == [after], 20)


FAULTS = {  # what is wrong with the successor, and what the administrator reads
    "configuration": "gateway.toml",
    "certificate": "leaf.pem",
    "not a program": "Exec format error",
    "program that ends": "status 1",
    "program that ends when it is its turn": "status 3",
}

# Says that it is ready, as predecessor.h has it (in CBOR), waits for "go", and is gone.
QUITTER = """#!/usr/bin/python3
import os, socket, sys
channel = socket.socket(fileno=2 + int(os.environ["LISTEN_FDS"]))
channel.send(b"\\xa1\\x63say\\x65ready")
sys.exit(3 if b"go" in channel.recv(4096) else 4)
"""


@pytest.fixture(params=FAULTS)
def fault(world, request):
    state, program = world.gateway.state, world.gateway.program
    config, leaf = state / "gateway.toml", state / "leaf.pem"
    good, certificate = config.read_text(), leaf.read_bytes()
    if request.param == "configuration":
        config.write_text(good + "\nnonsense = 1\n")
    elif request.param == "certificate":
        leaf.unlink()
    elif request.param == "program that ends":
        replace(program, "/bin/false")
    else:
        script = world.gateway.home / "script"
        script.write_text(QUITTER if "turn" in request.param else "this is no program\n")
        script.chmod(0o755)
        replace(program, script)
    world.gateway.program = binary()  # the administrator's
    yield request.param
    config.write_text(good)
    leaf.write_bytes(certificate)
    leaf.chmod(0o644)
    replace(program, binary())
    world.gateway.program = program


def test_a_successor_that_cannot_start_changes_nothing(world, fault):
    eventually("one process is left", lambda: len(gateways(world)) == 1, 20)
    before = gateways(world)
    done = world.gateway.upgrade()
    assert done.exit_code == FAILED and FAULTS[fault] in done.text, done
    assert gateways(world) == before
    assert world.gateway.agents() == {"pc"}
    with world.person("witness").forward("pc", "desk") as forward, forward.open() as connection:
        assert read_exactly(connection, len(GREETING)) == GREETING


def test_two_processes_never_write_to_one_log_file(world, directory):
    logs = directory / "logs"
    logs.mkdir()
    world.gateway.configure(allow=SITES, log_directory=logs)
    first, second = upgraded(world), upgraded_when_possible(world)
    assert first != second
    files = sorted(path.name for path in logs.iterdir())
    assert files == ["GW001.log", "GW002.log"]
    lines = (logs / "GW001.log").read_text() + (logs / "GW002.log").read_text()
    numbers = re.findall(r"(GW\d+) seq=(\d+)", lines)
    assert len(numbers) == len(set(numbers)) > 0
    world.gateway.configure(allow=SITES)
    upgraded_when_possible(world)


def upgraded_when_possible(world):
    eventually("the last upgrade is over", lambda: len(gateways(world)) == 1, 20)
    return upgraded(world)


class Manager:
    """What systemd would hear."""

    def __init__(self, directory):
        self.path = str(directory / "notify")
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(self.path)
        self._socket.settimeout(0.1)
        self.heard = []

    def hears(self, pattern, seconds=15):
        def listen():
            try:
                while True:
                    self.heard.append(self._socket.recv(4096).decode())
            except TimeoutError:
                pass
            return [m for text in self.heard for m in re.findall(pattern, text)]
        return eventually(f"systemd is told {pattern}", listen, seconds)


def test_under_systemd_sockets_are_taken_and_the_new_process_is_announced(world, directory):
    gateway = world.gateway
    eventually("one process is left", lambda: len(gateways(world)) == 1, 20)
    gateway.running.stop()
    for pid in gateways(world):
        os.kill(pid, 15)
    eventually("it is gone", lambda: gateways(world) == [])
    manager = Manager(directory)
    gateway.settings["NOTIFY_SOCKET"] = manager.path
    with gateway.machine.listen(443, "0.0.0.0") as waiting:  # as systemd would, before any service runs
        early = world.person("early").start("list", "--json")
        number = waiting.fileno()
        script = f"exec 3<&{number} {number}<&-; LISTEN_PID=$$ LISTEN_FDS=1 exec " \
                 f"{gateway.program} gateway run --state {gateway.state}"
        time.sleep(1)
        gateway.running = gateway.machine.start("/bin/bash", "-c", script, log="activated.log",
                                                environment=gateway.environment(), pass_fds=(number,))
        manager.hears("READY=1")
        assert early.wait(15) == DONE, "who came before the gateway did was only kept waiting"
        world.wait_for_agent("pc")

        after = upgraded(world)
        assert manager.hears(r"MAINPID=(\d+)") == [str(after)]
        eventually("the old process has ended", lambda: gateways(world) == [after], 20)
        world.wait_for_agent("pc")
        stopping = [text for text in manager.heard if "STOPPING" in text]
        assert not stopping, "the service goes on"
        assert alive(after)
        holds_for("it serves", lambda: world.gateway.agents() == {"pc"}, 1)
