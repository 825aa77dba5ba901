"""How a lost session ends, when it may not go on: with words for the person, and with a reset for
every local program on both sides. An end of the stream would tell them that all had arrived.
"""

import signal
import time

import pytest
from support.realm import Realm, news_of_line
from support.tasuki import GATEWAY_REFUSED, SESSION_BROKE
from support.waiting import eventually

WINDOW = 5  # seconds


class Session:
    """A forward on a PC of its own, and both ends of one connection through it."""

    def __init__(self, realm, name, profile=None):
        self.realm, self.name = realm, name
        self.pc = realm.network.home_lan.add_pc(f"home-{name}")
        self.desk = realm.desk(name, profile=profile, limits={"resume_seconds": WINDOW})
        person = realm.person(f"person-{name}", machine=self.pc, profile=profile)
        self.forward = person.forward(name, *self.desk.targets)
        self.program = self.forward.program
        self.here, self.there = self.desk.join(self.forward)
        self.there.sendall(b"one")
        self.here.settimeout(10)
        assert self.here.recv(3) == b"one"

    def lose_line(self):
        self.realm.cut_off(self.pc)
        eventually("the person knows", lambda: "lost" in news_of_line(self.program, self.name))

    def find_line(self):
        self.realm.reconnect()

    def how_ends(self, end, seconds=WINDOW + 10):
        """'reset' or 'end of stream', whatever else may still be read before it."""
        end.settimeout(seconds)
        try:
            while end.recv(65536):
                pass
            return "end of stream"
        except ConnectionResetError:
            return "reset"

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.forward.stop()
        self.desk.close()
        self.here.close()
        self.there.close()


@pytest.fixture(scope="module")
def realm(directory):
    with Realm(directory) as made:
        yield made


def test_a_session_goes_on_within_the_window(realm):
    with Session(realm, "in-time") as session:
        session.lose_line()
        eventually("the agent knows", lambda: "SESSION_LINE_LOST" in session.desk.log())
        session.there.sendall(b"said while the line is lost")
        session.find_line()
        assert session.here.recv(100) == b"said while the line is lost"
        session.here.sendall(b"answer")
        session.there.settimeout(10)
        assert session.there.recv(100) == b"answer"
        assert news_of_line(session.program, session.name) == ["lost", "back"]


def test_when_the_window_closes_both_ends_are_reset(realm):
    with Session(realm, "too-late") as session:
        session.lose_line()
        began = time.monotonic()
        assert session.how_ends(session.here) == "reset"
        assert session.how_ends(session.there) == "reset"
        assert time.monotonic() - began < WINDOW + 5
        assert session.program.wait() == SESSION_BROKE
        assert f"did not come back within {WINDOW} s" in session.program.output()
        assert "{" not in session.program.output()
        session.find_line()
        assert "SESSION_RESUMED" not in session.desk.log()


def test_a_changed_password_ends_a_lost_session(realm):
    with Session(realm, "rekeyed") as session:
        session.lose_line()
        session.desk.agent.must("agent", "password", "--state", session.desk.agent.state,
                                secrets={"--password-fd": "Another-hato-77-sora"})
        session.find_line()
        assert session.how_ends(session.here) == "reset"
        assert session.program.wait() == SESSION_BROKE
        assert "the access password was changed" in session.program.output()
        assert session.how_ends(session.there) == "reset"
        assert "SESSION_RESUMED" not in session.desk.log()
        assert news_of_line(session.program, session.name) == ["lost"]


def test_a_revoked_gateway_key_ends_a_lost_session(realm):
    with Session(realm, "revoked", profile=realm.spare_profile) as session:
        session.lose_line()
        for gateway in realm.gateways:
            gateway.revoke(realm.spare_label)
        session.find_line()
        assert session.how_ends(session.here) == "reset"
        assert session.program.wait() == GATEWAY_REFUSED
        assert "no longer in force" in session.program.output()
        assert session.how_ends(session.there) == "reset"
        assert "SESSION_RESUMED" not in session.desk.log()


def test_an_agent_that_starts_anew_knows_no_session(realm):
    with Session(realm, "restarted") as session:
        session.lose_line()
        session.desk.agent.running.signal(signal.SIGKILL)
        session.desk.agent.running.wait()
        session.desk.run()
        session.find_line()
        assert session.how_ends(session.here) == "reset"
        assert session.program.wait() == SESSION_BROKE
        assert "its agent was restarted" in session.program.output()
        assert "SESSION_RESUMED" not in session.desk.log()
