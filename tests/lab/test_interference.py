"""The first gateway, or somebody on the way to it, damages what passes: the session goes on over
the second, and nothing that was damaged reaches a local program."""

from contextlib import ExitStack

import pytest
from support.flow import Beat, Transfer
from support.network import GATEWAY, SECOND_GATEWAY
from support.realm import Realm, local_connections, news_of_line
from support.relay import Relay, cut, flip
from support.waiting import eventually

ENOUGH = 4 << 20


@pytest.fixture(scope="module")
def realm(directory):
    with Realm(directory) as made:
        yield made


@pytest.mark.parametrize("damage, whose", [
    (flip, "everybody"), (cut, "everybody"), (flip, "the client alone")],
    ids=["a bit is flipped", "cut inside a record", "for the client alone"])
def test_a_damaged_line_is_left_for_the_other_gateway(realm, damage, whose):
    network, name = realm.network, f"{damage.__name__}-{whose[:3]}"
    home, office = network.home_lan.add_pc(f"home-{name}"), network.office_lan.add_pc(f"office-{name}")
    with ExitStack() as opened:
        relays = [opened.enter_context(Relay(network.home_nat, home, GATEWAY))]
        if whose == "everybody":
            relays.append(opened.enter_context(Relay(network.office_nat, office, GATEWAY)))
        desk = opened.enter_context(realm.desk(name, ports=2, machine=office))
        person = realm.person(f"person-{name}", machine=home)
        forward = opened.enter_context(person.forward(name, *desk.targets))
        bulk, talk = desk.join(forward, 0), desk.join(forward, 1)
        transfer, beat = Transfer(*bulk), Beat(*talk)
        eventually("much has passed, undamaged", lambda: min(transfer.delivered().values()) > ENOUGH)
        assert all(relay.passed > 2 * ENOUGH for relay in relays) and realm.carrying(name) is realm.first
        assert news_of_line(forward.program, name) == []
        connections = local_connections(home), local_connections(office)

        for relay in relays:
            relay.damage = damage
        eventually("something is damaged", lambda: all(relay.damaged for relay in relays))
        before = transfer.delivered()
        eventually("the session goes on", lambda: all(
            now > before[way] + ENOUGH for way, now in transfer.delivered().items()), 20)
        assert realm.carrying(name) is realm.second
        assert (local_connections(home), local_connections(office)) == connections
        transfer.finish()
        beat.finish()
        assert news_of_line(forward.program, name) == ["lost", "back"]
        assert SECOND_GATEWAY in forward.program.output().splitlines()[-1]
        for end in (*bulk, *talk):
            end.close()
