"""Two gateways of one realm (N15): an agent that loses the first is at the second within
seconds, and goes back when the first is there again. The second then knows nothing of it."""

import signal

import pytest
from support import firewall
from support.network import GATEWAY, SECOND_GATEWAY, SITES, two_gateways
from support.tasuki import Agent
from support.waiting import eventually, holds_for
from support.world import World

KEEPALIVE = 5  # seconds; with the 5 seconds for the answer, a dead line is known after ten
RETURN_AFTER = 3


class Realm:
    """Both gateways, and one agent that knows both."""

    def __init__(self, world, second):
        self.world, self.first, self.second = world, world.gateway, second

    def at_first(self, seconds=20):
        # The first may still believe in a line that died in silence: the second knows better.
        eventually("the second has forgotten the agent", lambda: self.second.agents() == set(), seconds)
        eventually("the agent is at the first gateway", lambda: "pc" in self.first.agents(), 3)

    def at_second(self, seconds=20):
        eventually("the agent is at the second gateway", lambda: "pc" in self.second.agents(), seconds)


@pytest.fixture(scope="module")
def realm(directory):
    def prepare(gateway):  # the second is a copy of the first, made before it runs
        gateway.configure(allow=SITES, keepalive=KEEPALIVE)
        copies.append(gateway.second(world.network.second_gateway))

    copies = []
    world = World(directory, topology=two_gateways, addresses=[GATEWAY, SECOND_GATEWAY], prepare=prepare)
    with world:
        [second] = copies
        second.run()
        agent = Agent(world.office, "pc")
        assert agent.enroll(world.profile).exit_code == 0
        agent.configure(targets={}, return_after=RETURN_AFTER)
        agent.run()
        made = Realm(world, second)
        made.agent = agent
        made.at_first()
        yield made


def test_a_gateway_that_is_killed_is_replaced_by_the_second_and_returned_to(realm):
    realm.first.running.signal(signal.SIGKILL)
    realm.first.running.wait()
    realm.at_second(seconds=5)

    realm.first.run()
    realm.at_first()
    assert "reason=returned" in realm.agent.running.output()


def test_a_gateway_that_falls_silent_is_replaced_by_the_second_and_returned_to(realm):
    for nat in (realm.world.network.office_nat, realm.world.network.home_nat):
        assert nat.answers(GATEWAY, 443, timeout=2), "before the cut"
    firewall.cut(realm.first.machine, peer=realm.world.network.office_nat.address)
    try:
        realm.at_second(seconds=KEEPALIVE + 5 + 5)
        assert "pc" in realm.world.person("lister").sees(), "the first answers her, and knows nobody"
        holds_for("it stays there while the first is silent", lambda: "pc" in realm.second.agents(), 5)
    finally:
        firewall.mend(realm.first.machine)
    realm.at_first()


def test_an_agent_that_starts_while_the_first_is_silent_takes_the_second(realm):
    realm.agent.running.stop()
    firewall.cut(realm.first.machine, peer=realm.world.network.office_nat.address)
    try:
        realm.agent.run()
        realm.at_second(seconds=8)
    finally:
        firewall.mend(realm.first.machine)
    realm.at_first()


def test_a_drained_gateway_hands_its_agent_over_and_ends(realm):
    assert realm.first.drain()["agents"] == 1
    realm.at_second(seconds=5)
    assert realm.first.running.wait(10) == 0, "it ends by itself, as it was asked to"
    assert "reason=drained" in realm.agent.running.output()
    holds_for("it stays there", lambda: realm.second.agents() == {"pc"}, 2)


def test_a_gateway_with_nobody_to_hand_over_to_stays_until_its_limit(realm):
    assert not realm.first.running.running()
    left = realm.second.drain("--limit", "4")
    assert left["draining"] and left["agents"] == 1 and left["left"] == 4
    holds_for("the agent stays meanwhile", lambda: realm.second.agents() == {"pc"}, 2)
    assert realm.second.running.wait(10) == 0
    realm.second.run()
    realm.at_second(seconds=8)


def test_a_drain_can_be_taken_back(realm):
    realm.second.drain()
    kept = realm.second.drain("--stop")
    assert not kept["draining"]
    holds_for("it stays", lambda: "pc" in realm.second.agents() and realm.second.running.running(), 2)
    text = realm.second.admin("drain", "--stop").text
    assert "agents: 1" in text, text
