"""A laptop is closed, a PC sleeps: their programs stand still for longer than anybody waits for a
sign of life. When they go on, so do their sessions."""

import os
import signal
import time

import pytest
from support.flow import Beat
from support.realm import Realm, local_connections, news_of_line

ASLEEP = 18  # seconds; a carrier is given up after 4 to 14 of silence, an agent's line after 10
SOON = 15    # after waking


class Session:
    def __init__(self, realm, name, sleepers):
        self.name = name
        self.home = realm.network.home_lan.add_pc(f"home-{name}")
        self.office = realm.network.office_lan.add_pc(f"office-{name}")
        self.desk = realm.desk(name, ports=2, machine=self.office)
        self.forward = realm.person(f"person-{name}", machine=self.home).forward(name, *self.desk.targets)
        down, up = self.desk.join(self.forward, 0), self.desk.join(self.forward, 1)
        self.beats = Beat(down[1], down[0]), Beat(*up)
        self._programs = {"client": self.forward.program, "agent": self.desk.agent.running}
        self._sleepers = [self._programs[who] for who in sleepers]
        self._connections = self.connections()

    def connections(self):
        return local_connections(self.home), local_connections(self.office)

    def sleep(self):
        for program in self._sleepers:
            os.kill(program.pid, signal.SIGSTOP)

    def wake(self):
        """Until a message comes that was sent after waking."""
        woken = time.monotonic()
        for program in self._sleepers:
            os.kill(program.pid, signal.SIGCONT)
        self.seconds = max(beat.delay_after(woken, SOON) for beat in self.beats)
        self.told = news_of_line(self.forward.program, self.name)

    def assert_unharmed(self):
        assert self.connections() == self._connections
        for beat in self.beats:
            beat.finish()
        assert all(program.running() for program in self._programs.values())
        assert self.told == ["lost", "back"]


@pytest.fixture(scope="module")
def slept(directory):
    """{who slept: its session}. All sleep at the same time."""
    with Realm(directory) as realm:
        laptop, pc = Session(realm, "laptop", ["client"]), Session(realm, "pc", ["agent"])
        both = Session(realm, "both", ["client", "agent"])
        sessions = laptop, pc, both
        time.sleep(1)
        for session in sessions:
            session.sleep()
        time.sleep(ASLEEP)
        assert all(beat.arrived and time.monotonic() - beat.arrived[-1][1] > ASLEEP - 1
                   for session in sessions for beat in session.beats), "they spoke, and then slept"
        laptop.wake()
        pc.wake()
        for gateway in realm.gateways:  # all that the two who sleep on had with them is gone
            gateway.running.signal(signal.SIGKILL)
            gateway.running.wait()
        for gateway in realm.gateways:
            gateway.run()
        both.wake()
        yield {"the client": laptop, "the agent": pc, "both": both}


@pytest.mark.parametrize("who", ["the client", "the agent", "both"])
def test_a_session_goes_on_after_sleep(slept, who):
    print(f"{who} slept: the session went on {slept[who].seconds:.2f} s after waking")
    slept[who].assert_unharmed()
