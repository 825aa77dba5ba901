"""A person at home uses a desktop in the office. Both sit behind NATs that let nothing in.

Three kinds of desktop, each with its real viewer. What the person sees is what the desktop
shows, to the pixel; what the person types arrives; no firewall was touched; nobody spoke to
anybody but the gateway; and the gateway itself dialled nobody.
"""

import pytest
from support import firewall
from support.desktop import RdpDesktop, SharedDesktop, TigerDesktop
from support.network import GATEWAY, GATEWAY6
from support.viewer import RdpScreen, VncScreen
from support.waiting import eventually
from support.world import World

LINE = "typed at home, read in the office 42"


@pytest.fixture(scope="module")
def world(directory):
    with World(directory, ipv6=True) as made:
        firewall.forbid_outgoing(made.network.gateway)
        yield made


def everybody_s_rulesets(network):
    return {str(m): firewall.ruleset(m) for m in network.machines.values()}


@pytest.mark.parametrize("computer, desktop_kind, screen_kind", [
    ("tiger", TigerDesktop, VncScreen),
    ("shared", SharedDesktop, VncScreen),
    ("windows", RdpDesktop, RdpScreen)], ids=["Xtigervnc", "x11vnc", "xrdp"])
def test_a_desktop_is_used_across_two_nats(world, computer, desktop_kind, screen_kind):
    office = world.network.office_lan.add_pc(f"office-{computer}")
    home = world.network.home_lan.add_pc(f"home-{computer}")
    for pc in (office, home):
        firewall.count_peers(pc, GATEWAY, GATEWAY6)

    with desktop_kind(office) as desktop, screen_kind(home) as screen:
        notes = desktop.open_notepad()
        rulesets, listeners = everybody_s_rulesets(world.network), office.listeners()

        world.agent(computer, machine=office)
        person = world.person(machine=home)
        assert computer in person.sees()
        session = person.connect(computer, screen)
        screen.shows_the_same_as(desktop)
        screen.type(LINE)
        eventually("the line arrives", lambda: notes.read_text() == LINE + "\n")
        screen.shows_the_same_as(desktop)

        assert session.running()
        assert everybody_s_rulesets(world.network) == rulesets
        assert office.listeners() == listeners, "the agent listens on the network"
        assert [pair["id"] for pair in world.gateway.pairs()] == [computer]
        session.stop()

    for pc in (office, home):
        packets = firewall.peer_packets(pc)
        assert packets["strangers"] == 0, f"{pc} spoke to somebody else than the gateway"
        assert packets["known"] > 50, f"{pc}: the counter did not count"
    assert firewall.outgoing_attempts(world.network.gateway) == 0
    eventually("the pair is gone", lambda: not world.gateway.pairs())


def test_a_desktop_s_later_changes_reach_the_viewer(world):
    with TigerDesktop(world.office, furnished=False) as desktop, VncScreen(world.home) as screen:
        world.agent("changing")
        session = world.person().connect("changing", screen)
        for colour in ("#804020", "#208040", "#402080"):
            desktop.paint(colour)
            screen.shows_the_same_as(desktop)
        session.stop()


def test_the_desktop_is_found_without_any_configuration(world):
    """VNC, else RDP, on the PC's own loopback: nobody told the agent which."""
    pc = world.network.office_lan.add_pc("unconfigured")
    agent = world.agent("unconfigured", machine=pc)
    written = (agent.state / "agent.toml").read_text()
    assert not [line for line in written.splitlines() if line.startswith("[targets")]
    with TigerDesktop(pc, furnished=False), world.person().forward("unconfigured", "desktop") as forward:
        assert forward.open().recv(12) == b"RFB 003.008\n"


def test_everything_works_over_ipv6_alone(directory):
    with World(directory / "six", ipv6=True, addresses=[f"[{GATEWAY6}]:443"]) as world:
        for pc in (world.office, world.home):
            firewall.count_peers(pc, GATEWAY6)
        with TigerDesktop(world.office, furnished=False, colour="#112233") as desktop, \
                VncScreen(world.home) as screen:
            world.agent("six")
            session = world.person().connect("six", screen)
            screen.shows_the_same_as(desktop)
            session.stop()
        assert firewall.peer_packets(world.home)["known"] > 10
        assert firewall.peer_packets(world.home)["strangers"] == 0


def test_an_agent_comes_back_by_itself_after_its_machine_restarts(world):
    """N7: nobody has to do anything for a restarted PC to be reachable again."""
    agent = world.agent("restarted")
    agent.running.stop()
    eventually("it is gone", lambda: "restarted" not in world.gateway.agents())
    agent.run()
    world.wait_for_agent("restarted", seconds=5)


def test_an_agent_comes_back_when_the_gateway_does(world):
    agent = world.agent("patient")
    world.gateway.running.stop()
    world.gateway.run()
    world.wait_for_agent("patient", seconds=20)
    assert agent.running.running()
