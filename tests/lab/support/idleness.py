"""Agents and sessions that say nothing for minutes, behind NATs that forget them meanwhile.

    idle = Idleness(directory)            # all is connected now, and nobody speaks any more
    idle.trouble("knock", nat, 70)        # waits for what a client met after 70 s; None: nothing

Nobody is asked twice: whoever is reached is idle no longer. So each moment has an agent of its own.
"""

import socket
import threading
import time
from concurrent.futures import Future
from dataclasses import dataclass

from . import firewall, network, program
from .services import Service, read_exactly
from .tasuki import DONE, Agent, Gateway, Person
from .waiting import eventually

GREETING = b"still here\n"
PLAIN_PORT = 8443  # on the gateway's machine, for connections without any keepalive
END = 316  # seconds; then the idle sessions are used again


@dataclass(frozen=True)
class ForgetfulNat:
    seconds: int
    picks_up: bool  # gives a connection that it has forgotten a new mapping, or drops it

    @property
    def moments(self):
        """Seconds of idleness after which a client comes: when the NAT would have forgotten."""
        return {30: (40, 70, 300), 60: (70, 130, 310), 300: (305, 315)}[self.seconds]

    def __str__(self):
        return f"nat{self.seconds}-{'picks-up' if self.picks_up else 'drops'}"


NATS = [ForgetfulNat(seconds, picks_up) for seconds in (30, 60, 300) for picks_up in (False, True)]


class Idleness:
    def __init__(self, directory):
        self._troubles = {}
        self._closed = threading.Event()
        self._topology = network.many_nats(directory, [str(nat) for nat in NATS])
        self.network = self._topology.__enter__()
        try:
            known = len(program.STARTED)
            self._build()
            self._begin()
            # Tests that fail meanwhile show the logs of their own programs, not of these.
            self.programs = program.STARTED[known:]
            del program.STARTED[known:]
        except BaseException:
            self.close()
            raise

    def close(self):
        self._closed.set()
        self._topology.__exit__(None, None, None)

    def trouble(self, what, nat, moment):
        return self._troubles[what, nat, moment].result(timeout=END + 60)

    def _build(self):
        self._gateway = Gateway(self.network.gateway)
        self._gateway.init()
        # As long as can be: what keeps the mappings alive is not what the administrator sets.
        self._gateway.configure(allow=network.SITES, keepalive=3600)
        self._gateway.run()
        self._plain = self.network.gateway.listen(PLAIN_PORT, self.network.gateway.address)
        firewall.forget_idle(self.network.nats["home"], seconds=30, picks_up=False)
        for nat in NATS:
            firewall.forget_idle(self.network.nats[str(nat)], nat.seconds, nat.picks_up)
            pc = self.network.offices[str(nat)]
            service = Service(pc, _greet_and_echo)
            for moment in (*nat.moments, END):
                agent = Agent(pc, f"{nat}-{moment}")
                done = agent.enroll(self._gateway.first_profile)
                assert done.exit_code == DONE, done
                agent.configure(targets={"echo": (f"127.0.0.1:{service.port}", "tcp")})
                agent.run()
        expected = sum(len(nat.moments) + 1 for nat in NATS)
        eventually("all agents are there", lambda: len(self._gateway.agents()) == expected, seconds=20)

    def _begin(self):
        """Opens what is to stay idle, and only then lets the time run."""
        planned = []
        for nat in NATS:
            planned += [("knock", nat, moment, self._knock(nat, moment)) for moment in nat.moments]
            planned.append(("session", nat, END, self._idle_session(nat)))
            planned.append(("remembers", nat, nat.seconds - 10, self._plain_connection(nat, _reached)))
            planned.append(("forgets", nat, nat.seconds + 5, self._plain_connection(nat, _forgotten)))
        began = time.monotonic()
        for what, nat, moment, act in planned:
            future = self._troubles[what, nat, moment] = Future()
            threading.Thread(target=self._at, args=(began + moment, act, future), daemon=True).start()

    def _at(self, moment, act, future):
        if self._closed.wait(max(0.0, moment - time.monotonic())):
            return
        try:
            act()
            future.set_result(None)
        except (OSError, AssertionError) as trouble:
            future.set_result(f"{type(trouble).__name__}: {trouble}")

    def _person(self, name):
        person = Person(self.network.home, name)
        person.must("profile", "add", self._gateway.first_profile)
        return person

    def _knock(self, nat, moment):
        person = self._person(f"{nat}-{moment}")

        def act():
            with person.forward(f"{nat}-{moment}", "echo") as forward, forward.open() as connection:
                assert read_exactly(connection, len(GREETING)) == GREETING
        return act

    def _idle_session(self, nat):
        forward = self._person(f"{nat}-session").forward(f"{nat}-{END}", "echo")
        connection = forward.open()
        assert read_exactly(connection, len(GREETING)) == GREETING

        def act():
            connection.sendall(b"after minutes")
            assert read_exactly(connection, 13) == b"after minutes"
        return act

    def _plain_connection(self, nat, judge):
        inside = self.network.offices[str(nat)].connect(network.GATEWAY, PLAIN_PORT)
        outside = self._plain.accept()[0]
        return lambda: judge(nat, inside, outside)


def _greet_and_echo(connection):
    connection.settimeout(None)  # who is silent here is welcome
    connection.sendall(GREETING)
    while content := connection.recv(4096):
        connection.sendall(content)


def _reached(_, inside, outside):
    outside.sendall(b"?")
    assert _hears(inside) == "a byte"


def _forgotten(nat, inside, outside):
    """Nothing gets in; what goes out is refused by its peer or lost, as the kind of NAT has it."""
    outside.sendall(b"?")
    assert _hears(inside) == "nothing", "the NAT still let it in"
    inside.sendall(b"!")
    assert _hears(inside) == ("reset" if nat.picks_up else "nothing")
    assert _hears(outside) == "nothing"


def _hears(connection):
    connection.settimeout(2)
    try:
        return "an end" if connection.recv(1) == b"" else "a byte"
    except socket.timeout:
        return "nothing"
    except ConnectionResetError:
        return "reset"
