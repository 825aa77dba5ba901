"""Gateway keys are added and revoked while sessions live (N8).

Two offices use two keys; a counting service is listened to from home through each. The
session of the key that nobody touches notices nothing: the same connections, no byte lost.
"""

import pytest
from support.network import GATEWAY
from support.services import Listener, ticker
from support.tasuki import GATEWAY_REFUSED
from support.waiting import eventually


class Pairing:
    """An agent with a key on a PC of its own, and a person on another who listens through it."""

    def __init__(self, world, name, profile):
        self.office = world.network.office_lan.add_pc(f"office-{name}")
        self.home = world.network.home_lan.add_pc(f"home-{name}")
        self.clock = ticker(self.office)
        self.agent = world.agent(name, machine=self.office, profile=profile,
                                 targets={"clock": (f"127.0.0.1:{self.clock.port}", "tcp")})
        self.person = world.person(name, machine=self.home, profile=profile)
        self.forward = self.person.forward(name, "clock")
        self.ear = Listener(self.forward.open())
        assert self.ear.hears_more()

    def connections(self):
        """Every TCP connection to the gateway, at both ends."""
        return {str(pc): pc.tcp_connections(443) for pc in (self.office, self.home)}


@pytest.fixture
def untouched(world):
    return Pairing(world, "untouched", world.profile)


def test_a_session_notices_nothing_of_other_keys(world, untouched):
    profile, label = world.gateway.add_key("Osaka-branch-1", name="osaka")
    other = Pairing(world, "osaka", profile)
    before = untouched.connections()
    assert all(pairs and all(GATEWAY in p for p in pairs) for pairs in before.values())

    for number in range(3):
        world.gateway.add_key(f"another-key-{number}")
        assert untouched.ear.hears_more()
    assert untouched.connections() == before and other.ear.hears_more()

    world.gateway.revoke(label)

    assert other.ear.ended.wait(10), "the session of a revoked key goes on"
    assert other.forward.program.wait(10) != 0
    eventually("the agent of the revoked key is gone", lambda: world.gateway.agents() == {"untouched"})
    assert other.person.list().exit_code == GATEWAY_REFUSED

    assert untouched.ear.hears_more(ticks=200)
    assert untouched.ear.fault is None
    assert untouched.connections() == before, "the same connections as before"
    assert untouched.person.sees() == {"untouched"}


def test_a_key_works_the_moment_it_is_added(world):
    profile, _ = world.gateway.add_key("brand-new-key")
    person = world.person("early", profile=profile)
    assert person.sees() == set()
    world.agent("early-bird", profile=profile)
    assert person.sees() == {"early-bird"}


def test_a_revoked_agent_says_so_and_stays_out(world):
    profile, label = world.gateway.add_key("short-lived-key")
    agent = world.agent("evicted", profile=profile)
    world.gateway.revoke(label)
    eventually("it says why", lambda: "revoked" in agent.running.output()
               or "gateway key" in agent.running.output(), seconds=15)
    assert "evicted" not in world.gateway.agents()
