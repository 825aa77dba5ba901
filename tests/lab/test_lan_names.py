"""Multicast DNS on one LAN: an agent's name is found by who knows it, answered to neighbours only,
taken back at the end. The other side is spoken by hand."""

import os
import time
from pathlib import Path

import pytest
from support import mdns
from support.mdns import Ear, Impostor
from support.network import two_nats
from support.waiting import eventually, holds_for

NAME, PORT = "abcdefghij234567klmnopqrst", 3086
INSTANCE = f"{NAME}.{mdns.SERVICE}"


def probe():
    path = Path(os.environ.get("TASUKI_LAN_PROBE")
                or Path(__file__).resolve().parents[2] / "build/release/tests/lan_probe")
    assert path.exists(), f"{path} is not built (or set TASUKI_LAN_PROBE)"
    return path


@pytest.fixture(scope="module")
def office(directory):
    with two_nats(directory, ipv6=True) as network:
        network.client = network.office_lan.add_pc("client")
        yield network


@pytest.fixture()
def announcer(office):
    program = office.office.start(probe(), "announce", NAME, PORT)
    eventually("it is in the group", lambda: ":5353" in "".join(office.office.listeners()))
    yield program
    program.stop()


def discovered(machine, name=NAME):
    return machine.run(probe(), "discover", name).stdout.split()


def found(machine):
    return eventually("the name is found", lambda: discovered(machine))


def test_a_neighbour_finds_the_name_over_both_families(office, announcer):
    addresses = found(office.client)
    assert f"{office.office.address}:{PORT}" in addresses
    assert f"[{office.office.address6}]:{PORT}" in addresses
    assert any(a.startswith("[fe80::") and "%" in a for a in addresses), addresses


def test_the_machine_itself_finds_it_and_another_lan_does_not(office, announcer):
    assert found(office.office)
    assert discovered(office.home) == []


def test_it_is_found_over_ipv6_alone(office, announcer):
    found(office.client)
    address = f"{office.client.address}/24"
    office.client.run("ip", "addr", "del", address, "dev", "eth0")
    try:
        assert any(a.startswith("[fe80::") for a in discovered(office.client))
    finally:
        office.client.run("ip", "addr", "add", address, "dev", "eth0")
        office.client.run("ip", "route", "add", "default", "via", office.office_lan.router)


def test_nobody_else_is_found_under_another_name(office, announcer):
    assert found(office.client)
    assert discovered(office.client, "zzzzzzzzzz234567klmnopqrst") == []


def test_a_search_that_finds_nobody_takes_a_third_of_a_second(office):
    began = time.monotonic()
    assert discovered(office.client) == []
    assert 0.25 < time.monotonic() - began < 2


def test_whoever_asks_from_port_5353_hears_what_everybody_hears(office, announcer):
    found(office.client)
    time.sleep(2.2)  # the announcements are over
    with Ear(office.client) as ear:
        heard = ear.asks(mdns.query(INSTANCE, mdns.SRV))
        assert heard and ear.sender == (office.office.address, 5353)
        assert (INSTANCE, mdns.SRV, mdns.IN | mdns.TOP, 120, (PORT, f"{NAME}.local")) in heard
        assert (f"{NAME}.local", mdns.A, mdns.IN | mdns.TOP, 120, office.office.address) in heard


def test_whoever_browses_finds_the_instance(office, announcer):
    found(office.client)
    with Ear(office.client, port=0) as ear:
        heard = ear.asks(mdns.query(mdns.SERVICE, mdns.PTR))
        assert (mdns.SERVICE, mdns.PTR, mdns.IN, 10, INSTANCE) in heard


def test_other_questions_are_for_others(office, announcer):
    found(office.client)
    with Ear(office.client, port=0) as ear:
        for name in ("_ssh._tcp.local", "office.local", f"another.{mdns.SERVICE}"):
            assert ear.asks(mdns.query(name, mdns.ANY), 0.3) is None, name
        assert ear.asks(mdns.query(INSTANCE, mdns.ANY)), "the same ear, another question"


def test_a_question_from_beyond_the_link_gets_no_answer(office, announcer):
    found(office.client)
    office.client.run("ip", "addr", "add", "192.0.2.77/32", "dev", "eth0")
    with Ear(office.client, port=0, source="192.0.2.77") as stranger, Ear(office.client, port=0) as neighbour:
        stranger.say(mdns.query(INSTANCE, mdns.SRV))
        stranger.say(mdns.query(INSTANCE, mdns.SRV), (office.office.address, 5353))
        # A route back, so that an answer would arrive.
        office.office.run("ip", "route", "add", "192.0.2.77/32", "dev", "eth0")
        stranger.say(mdns.query(INSTANCE, mdns.SRV))
        assert stranger.hears(0.5) is None
        assert neighbour.asks(mdns.query(INSTANCE, mdns.SRV))
    office.office.run("ip", "route", "del", "192.0.2.77/32")
    office.client.run("ip", "addr", "del", "192.0.2.77/32", "dev", "eth0")


def test_a_flood_of_questions_gets_few_answers(office, announcer):
    found(office.client)
    with Ear(office.client, port=0) as ear:
        for _ in range(500):
            ear.say(mdns.query(INSTANCE, mdns.SRV))
        answers = 0
        while ear.hears(0.3):
            answers += 1
        assert 1 <= answers < 100
    assert eventually("it answers again", lambda: discovered(office.client))


def test_garbage_does_not_end_it(office, announcer):
    found(office.client)
    with Ear(office.client, port=0) as ear:
        for size in (0, 1, 11, 12, 13, 500, 1500, 4000):
            for _ in range(20):
                ear.say(os.urandom(size))
        ear.say(b"\0\0\0\0\0\1\0\0\0\0\0\0\xc0\x0c\0\x21\0\1")  # a name that points to itself
    assert found(office.client) and announcer.running()


def test_it_says_when_it_comes_and_when_it_goes(office):
    def said(ttl):
        return lambda heard: any(r[0] == INSTANCE and r[1] == mdns.SRV and r[3] == ttl for r in heard)
    with Ear(office.client) as ear:
        program = office.office.start(probe(), "announce", NAME, PORT)
        assert ear.hears(5, said(120))
        assert ear.hears(5, said(120)), "a second time, lest the first was lost"
        program.interrupt()
        assert ear.hears(5, said(0))
    assert discovered(office.client) == []


def test_it_follows_when_a_network_comes_later(office, announcer):
    """As when a notebook is plugged in: asked for on the new network alone."""
    found(office.client)
    office.cable(office.client, "later", office.office, "later")
    office.client.run("ip", "addr", "flush", "dev", "later")
    office.give(office.client, "later", "10.77.0.1/24")
    office.give(office.office, "later", "10.77.0.2/24")
    office.client.run("ip", "link", "set", "eth0", "down")
    try:
        eventually("it is found there", lambda: f"10.77.0.2:{PORT}" in discovered(office.client))
    finally:
        office.client.run("ip", "link", "del", "later")
        office.client.run("ip", "link", "set", "eth0", "up")
        office.client.run("ip", "route", "replace", "default", "via", office.office_lan.router)


def test_two_responders_stand_side_by_side(office, announcer):
    """As beside avahi, which shares the port in the same way."""
    found(office.client)
    with Ear(office.office):
        other = office.office.start(probe(), "announce", "zzzzzzzzzz234567klmnopqrst", 4000)
        eventually("the other is found", lambda: discovered(office.client, "zzzzzzzzzz234567klmnopqrst"))
        assert discovered(office.client)
        other.stop()


def test_an_answer_cannot_send_a_client_into_other_networks(office):
    liar = office.office_lan.add_pc("liar")
    with Impostor(liar, NAME, 22, "203.0.113.10", "127.0.0.1", "224.0.0.1", "0.0.0.0") as impostor:
        assert discovered(office.client) == [] and impostor.asked
    with Impostor(liar, NAME, 22, "203.0.113.10", office.client.address, liar.address):
        assert f"{liar.address}:22" in discovered(office.client), "such an answer is heard"


def test_the_right_one_is_found_beside_a_liar(office, announcer):
    found(office.client)
    liar = office.office_lan.add_pc("liar-too")
    with Impostor(liar, NAME, 22, *[f"192.168.10.{n}" for n in range(100, 108)]):
        holds_for("it is among the first two", lambda: f"{office.office.address}:{PORT}" in
                  discovered(office.client)[:2], seconds=2)
