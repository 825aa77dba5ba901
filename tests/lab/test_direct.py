"""Client and agent on one LAN (N14): the session runs without a gateway, found by multicast DNS or by
its address; when either way dies it goes on over the other. Nobody on the LAN can pose as the agent,
or be in the way."""

import hashlib
import itertools
import json
import os
import re
import threading
import time

import pytest
from support import firewall
from support.mdns import Impostor
from support.services import Listener, Service, digester, greeter, read_all, read_exactly, ticker
from support.tasuki import DONE, NOT_REACHED, WRONG_PASSWORD
from support.waiting import eventually, holds_for

PORT = 3086
LISTEN = {"listen": f"[::]:{PORT}"}
GREETING = b"a desk in the office\n"


@pytest.fixture(scope="module")
def office(world):
    """A service behind every agent, and a second PC on the agent's LAN for people."""
    world.near = world.network.office_lan.add_pc("near")
    with greeter(world.office, GREETING) as desk, ticker(world.office) as clock, \
            digester(world.office) as digest:
        world.desk, world.clock, world.digest = desk, clock, digest
        yield world


class Desk:
    """An agent of its own PC port, known to the gateway; the person near it has the profile."""

    def __init__(self, office, name, **direct):
        self.office, self.name = office, name
        self.targets = {"desk": (f"127.0.0.1:{office.desk.port}", "tcp"),
                        "clock": (f"127.0.0.1:{office.clock.port}", "tcp"),
                        "digest": (f"127.0.0.1:{office.digest.port}", "tcp")}
        self.agent = office.agent(name, targets=self.targets)
        self.open_to_lan(**direct)
        self.person = office.person(f"near-{name}", machine=office.near)

    def open_to_lan(self, **direct):
        self.agent.running.stop()
        self.agent.configure(targets=self.targets, direct=LISTEN | direct)
        self.agent.run()
        eventually("it listens", lambda: any(a.endswith(f":{PORT}") for a in self.agent.machine.listeners()))

    def lan_name(self):
        return re.search(r"DIRECT_LISTENING .*name=(\S+)", self.agent.running.output()).group(1)

    def ways(self):
        """How the sessions with this agent go now."""
        done = self.agent.status()
        assert done.exit_code == DONE, done
        return [session["way"] for session in done.json()["sessions"]]

    def goes(self, how, seconds=15):
        def now():
            ways = self.ways()
            return ways and all(way.startswith("direct ") == (how == "directly") for way in ways)
        return eventually(f"the session goes {how}", now, seconds)

    def tries(self):
        file = self.agent.state / "attempts.json"
        return json.loads(file.read_text()) if file.exists() else {}


_numbers = itertools.count(1)


@pytest.fixture()
def desk(office):
    made = Desk(office, f"desk{next(_numbers)}")
    yield made
    made.agent.running.stop()


@pytest.fixture()
def no_gateway(office):
    office.gateway.running.stop()
    yield
    office.gateway.run()


class Upload:
    """Sends without a pause until it is asked whether all of it has arrived."""

    def __init__(self, connection):
        self._connection, self._digest, self._length = connection, hashlib.sha256(), 0
        self._ending = threading.Event()
        self._sender = threading.Thread(target=self._send, daemon=True)
        self._sender.start()

    def _send(self):
        while not self._ending.is_set():
            part = os.urandom(8192)
            self._connection.sendall(part)
            self._digest.update(part)
            self._length += len(part)
            time.sleep(0.005)

    def arrived_whole(self):
        self._ending.set()
        self._sender.join(30)
        self._connection.shutdown(1)
        return read_all(self._connection).decode() == f"{self._length} {self._digest.hexdigest()}"


def works(forward):
    with forward.open() as connection:
        return read_exactly(connection, len(GREETING)) == GREETING


def address(desk):
    return "--direct", f"{desk.agent.machine.address}:{PORT}"


def no_discovery(person):
    home = person.home / "tasuki"
    (home / "client.toml").write_text('role = "client"\n[direct]\ndiscover = false\n')


# Without a gateway


def test_a_session_by_multicast_dns_needs_no_gateway(desk, no_gateway):
    with desk.person.forward(desk.name, "desk") as forward:
        assert works(forward)
        desk.goes("directly")


def test_a_session_by_address_needs_no_gateway(desk, no_gateway):
    no_discovery(desk.person)
    alone = desk.person.tasuki("forward", desk.name, "0:desk", secrets={"--password-fd": desk.person.password})
    assert alone.exit_code == NOT_REACHED, alone
    with desk.person.forward(desk.name, "desk", more=address(desk)) as forward:
        assert works(forward)
        desk.goes("directly")


def test_an_address_can_stand_in_the_configuration(desk, no_gateway):
    no_discovery(desk.person)
    with (desk.person.home / "tasuki/client.toml").open("a") as file:
        file.write(f'[computers.{desk.name.upper()}]\ndirect = ["{desk.agent.machine.address}:{PORT}"]\n')
    assert desk.person.tasuki("check", desk.person.home / "tasuki/client.toml").exit_code == DONE
    with desk.person.forward(desk.name, "desk") as forward:
        assert works(forward)


def test_a_gateway_that_swallows_everything_holds_up_nobody_for_long(desk, office):
    firewall.cut(office.near, peer=office.network.gateway.address)
    try:
        with desk.person.forward(desk.name, "desk").ready(seconds=10) as forward:
            assert works(forward)
    finally:
        firewall.mend(office.near)


def test_the_first_contact_directly_is_pinned_and_found_again_through_the_gateway(desk, office, no_gateway):
    with desk.person.forward(desk.name, "desk") as forward:
        assert works(forward)
    pins = (desk.person.home / "tasuki/pins.json").read_text()
    assert desk.name in pins
    desk.agent.running.stop()
    desk.agent.configure(targets=desk.targets)
    office.gateway.run()
    desk.agent.run()
    office.wait_for_agent(desk.name)
    with desk.person.forward(desk.name, "desk") as forward:
        assert works(forward)
        desk.goes("through the gateway")
    office.gateway.running.stop()  # as the fixture left it


def test_a_wrong_password_directly_counts_as_one(desk, no_gateway):
    before = desk.tries()
    for _ in range(5):
        done = desk.person.tasuki("forward", desk.name, "0:desk",
                                  secrets={"--password-fd": "Kitsune-ga-9-yuuyake"})
        assert done.exit_code == WRONG_PASSWORD, done
    assert desk.tries() != before
    locked = desk.person.tasuki("forward", desk.name, "0:desk", secrets={"--password-fd": desk.person.password})
    assert locked.exit_code == WRONG_PASSWORD, "after the fifth none is taken for a while"
    with eventually("and then again", lambda: opened(desk), seconds=30, every=1.0) as forward:
        assert works(forward)


def opened(desk):
    forward = desk.person.forward(desk.name, "desk")
    try:
        return forward.ready(seconds=10)
    except AssertionError:
        forward.stop()
        return None


# One way and the other


def test_a_session_outlives_the_lan_and_comes_back_to_it_without_a_lost_byte(desk, office):
    office.wait_for_agent(desk.name)
    with desk.person.forward(desk.name, "clock", "digest") as forward:
        listener, upload = Listener(forward.open()), Upload(forward.open(1, timeout=60))
        desk.goes("directly")
        assert listener.hears_more()

        firewall.cut_lan(office.network.office_nat)
        try:
            desk.goes("through the gateway", seconds=15)
            assert listener.hears_more(seconds=10), listener.fault
        finally:
            firewall.mend_lan(office.network.office_nat)

        desk.goes("directly", seconds=45)
        assert listener.hears_more(seconds=10), listener.fault
        assert not listener.ended.is_set() and listener.fault is None
        listener.close()
        assert upload.arrived_whole()
        assert forward.program.output().count("is lost: ") == 1, "once, when the LAN was cut"


def test_a_session_outlives_the_gateway_on_the_direct_way(desk, office):
    office.wait_for_agent(desk.name)
    with desk.person.forward(desk.name, "clock") as forward:
        listener = Listener(forward.open())
        desk.goes("directly")
        office.gateway.running.stop()
        try:
            assert listener.hears_more(seconds=10), listener.fault
            assert "lost" not in forward.program.output(), "nobody even notices"
        finally:
            office.gateway.run()
        listener.close()


def test_a_session_through_the_gateway_goes_on_directly_when_the_gateway_dies(desk, office):
    """The agent opens to the LAN only after the session has begun."""
    office.wait_for_agent(desk.name)
    firewall.cut_lan(office.network.office_nat)
    with desk.person.forward(desk.name, "clock") as forward:
        listener = Listener(forward.open())
        desk.goes("through the gateway")
        firewall.mend_lan(office.network.office_nat)
        office.gateway.running.stop()
        try:
            desk.goes("directly", seconds=20)
            assert listener.hears_more(seconds=10), listener.fault
        finally:
            office.gateway.run()
        listener.close()


# What an agent opens, and to whom


def test_an_agent_that_was_not_told_to_listens_on_nothing(office):
    pc = office.network.office_lan.add_pc("closed")
    before = pc.listeners()
    agent = office.agent("closed", machine=pc, targets={})
    holds_for("nothing listens, TCP or UDP", lambda: pc.listeners() == before, seconds=1)

    agent.running.stop()
    agent.configure(targets={}, direct=LISTEN | {"announce": False})
    agent.run()
    eventually("it listens for the LAN", lambda: len(pc.listeners() - before) == 1)
    [only] = pc.listeners() - before
    assert only.endswith(f":{PORT}")

    agent.running.stop()
    agent.configure(targets={}, direct=LISTEN)
    agent.run()
    eventually("and for multicast DNS", lambda: {a.rsplit(":", 1)[1] for a in pc.listeners() - before}
               == {str(PORT), "5353"})
    agent.running.stop()


def test_whom_the_owner_does_not_allow_goes_through_the_gateway(desk, office):
    desk.open_to_lan(allow=["10.99.0.0/16"])
    office.wait_for_agent(desk.name)
    with desk.person.forward(desk.name, "desk", more=address(desk)) as forward:
        assert works(forward)
        eventually("it was hung up on", lambda: "reason=not_allowed" in desk.agent.running.output())
        holds_for("it stays there", lambda: not any(w.startswith("direct") for w in desk.ways()), seconds=2)
    desk.open_to_lan(allow=["192.168.10.0/24"])
    with desk.person.forward(desk.name, "desk", more=address(desk)) as forward:
        assert works(forward)
        desk.goes("directly")


def test_nothing_is_said_to_who_says_nothing_and_silence_is_limited(desk, office):
    office.wait_for_agent(desk.name)
    silent = [office.near.connect(desk.agent.machine.address, PORT) for _ in range(4)]
    silent[0].settimeout(1)
    with pytest.raises(TimeoutError):
        silent[0].recv(1)
    fifth = office.near.connect(desk.agent.machine.address, PORT)
    fifth.settimeout(5)
    assert hung_up(fifth), "a source has four places"
    eventually("it says so", lambda: "reason=source_concurrent" in desk.agent.running.output())
    with desk.person.forward(desk.name, "desk") as forward:
        assert works(forward), "through the gateway meanwhile"
    for each in silent:
        each.close()
    with desk.person.forward(desk.name, "desk") as forward:
        assert works(forward)
        desk.goes("directly")


def hung_up(connection):
    try:
        return connection.recv(1) == b""
    except ConnectionResetError:
        return True


def test_an_agent_that_cannot_listen_says_where_and_what_to_do(office):
    pc = office.network.office_lan.add_pc("busy")
    agent = office.agent("busy", machine=pc, targets={})
    agent.running.stop()
    with pc.listen(PORT, "0.0.0.0"):
        agent.configure(targets={}, direct={"listen": f"0.0.0.0:{PORT}"})
        done = agent.tasuki("agent", "run", "--state", agent.state)
        assert done.exit_code == 1 and f"0.0.0.0:{PORT}" in done.text and "[direct]" in done.text, done


# Impostors


@pytest.fixture()
def impostor_pc(office):
    name = "impostor"
    if name not in office.network.machines:
        office.network.office_lan.add_pc(name)
    return office.network.machines[name]


def through_the_gateway_without_alarm(desk, forward):
    assert works(forward)
    desk.goes("through the gateway")
    said = forward.program.output().lower()
    assert "changed" not in said and "lost" not in said, said


@pytest.mark.parametrize("kind", ["silent", "talking", "hanging-up", "another-agent"])
def test_an_impostor_is_passed_over(desk, office, impostor_pc, kind):
    with desk.person.forward(desk.name, "desk") as forward:  # the pin is there from now on
        assert works(forward)
    name = desk.lan_name()
    desk.open_to_lan(announce=False)
    office.wait_for_agent(desk.name)
    asked = []

    def serve(connection):
        asked.append(connection)
        if kind == "talking":
            connection.sendall(b"SSH-2.0-OpenSSH_9.2\r\n" * 1000)
        if kind != "hanging-up":
            connection.recv(65536)
            connection.recv(65536)

    if kind == "another-agent":
        other = office.agent("another", machine=impostor_pc, targets={})
        other.running.stop()
        other.configure(targets={}, direct=LISTEN)
        running = other.run()
        eventually("it listens", lambda: any(a.endswith(f":{PORT}") for a in impostor_pc.listeners()))
        port, stop = PORT, running.stop
    else:
        service = Service(impostor_pc, serve, address=impostor_pc.address)
        port, stop = service.port, service.stop
    with Impostor(impostor_pc, name, port, impostor_pc.address) as impostor:
        with desk.person.forward(desk.name, "desk") as forward:
            through_the_gateway_without_alarm(desk, forward)
            eventually("the impostor was asked", lambda: impostor.asked)
            if kind != "another-agent":
                eventually("and called", lambda: asked)
            holds_for("and the session stays where it is",
                      lambda: not any(w.startswith("direct") for w in desk.ways()), seconds=3)
        # Beside the right one, it is not even in the way.
        desk.open_to_lan()
        office.wait_for_agent(desk.name)
        with desk.person.forward(desk.name, "desk") as forward:
            assert works(forward)
            desk.goes("directly")
    stop()


def test_an_impostor_at_first_contact_does_not_make_the_right_password_wrong(desk, office, impostor_pc):
    name = desk.lan_name()
    desk.open_to_lan(announce=False)
    office.wait_for_agent(desk.name)
    other = office.agent("first", machine=impostor_pc, targets={}, password="Tsubame-no-4-asagiri")
    other.running.stop()
    other.configure(targets={}, direct=LISTEN)
    running = other.run()
    with Impostor(impostor_pc, name, PORT, impostor_pc.address) as impostor:
        with desk.person.forward(desk.name, "desk") as forward:
            through_the_gateway_without_alarm(desk, forward)
            eventually("the impostor was asked", lambda: impostor.asked)
    assert not (other.state / "attempts.json").exists(), "the impostor was not even shown a try"
    running.stop()
