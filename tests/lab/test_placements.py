"""The four places where a gateway may stand, and what each asks of the firewalls between.

On the internet: nothing of anybody. In the agent's network or a DMZ: one inbound TCP port at one
site, and nothing works without it. Two firewalls drop and count everything else throughout.
"""

import hashlib
import os
import threading

import pytest
from support import firewall
from support.network import SITES
from support.placements import NAME, PLACEMENTS, PORT, placed
from support.services import Service, greeter, read_exactly
from support.tasuki import DONE, NOT_REACHED, Agent, Gateway, Person
from support.waiting import eventually

BYTES = 2 << 20


class Placed:
    """Gateway, agent and person in one of the four networks."""

    def __init__(self, network, service):
        self.network, self.service = network, service
        self.gateway = Gateway(network.gateway, addresses=[NAME])
        self.gateway.init()
        # Behind a firewall that passes a port on, many have one address.
        self.gateway.configure(allow=[*SITES, "192.168.0.0/16"])
        self.gateway.run()
        self.agent = Agent(network.office, "placed")
        self.person = Person(network.home)
        assert self.person.add_profile(self.gateway.first_profile).exit_code == DONE
        self.enrolled = False

    def agent_comes(self):
        """Whether the agent gets as far as the gateway."""
        if not self.enrolled:
            self.enrolled = True
            done = self.agent.enroll(self.gateway.first_profile)
            self.agent.configure(targets={"echo": (f"127.0.0.1:{self.service.port}", "tcp")})
            if done.exit_code != DONE:
                assert done.exit_code == NOT_REACHED, done
                return False
        if not self.agent.running:
            self.agent.run()
        eventually("the agent is there", lambda: "placed" in self.gateway.agents(), seconds=15)
        return True

    def person_comes(self):
        done = self.person.list()
        assert done.exit_code in (DONE, NOT_REACHED), done
        return done.exit_code == DONE

    def carries_bytes(self):
        """A session, and what comes back of what was sent through it."""
        with self.person.forward("placed", "echo") as forward, forward.open(timeout=30) as connection:
            assert read_exactly(connection, 6) == b"hello\n"
            content = os.urandom(BYTES)
            sending = threading.Thread(target=connection.sendall, args=(content,))
            sending.start()
            back = read_exactly(connection, BYTES)
            sending.join()
            return hashlib.sha256(back).digest() == hashlib.sha256(content).digest()


@pytest.fixture
def here(tmp_path_factory, placement):
    with placed(tmp_path_factory.mktemp("placed"), placement) as network, \
            greeter(network.office, b"hello\n") as service:
        yield Placed(network, service)


def accepting(rules):
    return [line for line in rules if line.endswith(" accept")]


def added(before, after):
    """Lines of the one ruleset that the other has not."""
    left = list(after)
    for line in before:
        left.remove(line)
    return [line for line in left if line not in ("}", "{", "")]


def knocks_everywhere(network):
    """Tries what an attacker would, from the internet: every machine that it could route to."""
    for site in network.sites.values():
        network.internet.run("ip", "route", "add", site.lan.subnet, "via", site.firewall.address)
        for address in (site.firewall.address, site.pc.address, network.gateway.address):
            for port in (22, 5900, 8443):
                assert not network.internet.answers(address, port, timeout=0.1)
        network.internet.run("ip", "route", "del", site.lan.subnet)


@pytest.mark.parametrize("placement", PLACEMENTS, ids=str)
def test_each_placement_needs_these_openings_and_no_more(here, placement):
    network, closed = here.network, here.network.rulesets()
    if placement.opens:
        # The one beside the gateway reaches it; the other does not, so nobody reaches anybody.
        came = here.agent_comes(), here.person_comes()
        assert came == (placement.opens == "office", placement.opens == "home")
        network.open_port()

    opened = network.rulesets()
    assert here.agent_comes() and here.person_comes()
    assert here.carries_bytes()
    knocks_everywhere(network)

    assert network.rulesets() == opened, "a firewall was changed while it worked"
    for role, site in network.sites.items():
        came_in, new = site.came_in(), added(closed[role], opened[role])
        assert came_in["elsewhere"] == 0
        assert came_in["offered"] > 5, f"{role}: nobody knocked, so the firewall proves nothing"
        if role == placement.opens:
            assert came_in["to the gateway"] > 0
            (opening,) = accepting(new)
            assert f"ip daddr {network.gateway.address} tcp dport {PORT} " in opening
            passing_on = [line for line in new if "dnat" in line]
            assert len(passing_on) == (1 if network.passed_on else 0)
        else:
            assert came_in["to the gateway"] == 0
            assert not new


@pytest.mark.parametrize("placement", PLACEMENTS[-1:], ids=str)
def test_a_second_opening_would_be_noticed(here, placement):
    network = here.network
    site, closed = network.sites["office"], network.rulesets()["office"]
    network.open_port()
    with Service(network.office, lambda connection: None, port=5900, address="0.0.0.0"):
        network.internet.run("ip", "route", "add", site.lan.subnet, "via", site.firewall.address)
        assert not network.internet.answers(network.office.address, 5900)
        assert site.came_in()["elsewhere"] == 0
        firewall.load(site.firewall, 'add rule inet lab_filter forward iifname "wan" tcp dport 5900 accept')
        assert network.internet.answers(network.office.address, 5900)
    assert site.came_in()["elsewhere"] == 1
    assert len(accepting(added(closed, network.rulesets()["office"]))) == 2
