"""Strangers at port 443: each is hung up on within its limit, while an honest client is served."""

import time

import pytest
from support import hostile
from support.hostile import Peer
from support.network import GATEWAY
from support.services import greeter, read_exactly
from support.tasuki import DONE
from support.traces import traces

# The limits that the gateway states, with room for a busy machine.
AT_ONCE, FRAME, HANDSHAKE, GREETING, ROOM = 1.5, 5, 10, 20, 2

MISBEHAVIOUR = {
    hostile.says_nothing: HANDSHAKE,
    hostile.sends_garbage: AT_ONCE,
    hostile.stops_inside_the_client_hello: HANDSHAKE,
    hostile.drips_a_client_hello: HANDSHAKE,
    hostile.says_nothing_inside_tls: GREETING,
    hostile.stops_inside_a_frame: FRAME,
    hostile.drips_a_frame: FRAME,
    hostile.announces_too_long_a_frame: AT_ONCE,
    hostile.announces_the_longest_frame: AT_ONCE,
    hostile.sends_an_unknown_frame: AT_ONCE,
    hostile.asks_before_proving_the_key: AT_ONCE,
    hostile.registers_before_proving_the_key: AT_ONCE,
    hostile.sends_a_frame_with_a_tail: AT_ONCE,
    hostile.offers_old_tls_only: AT_ONCE,
    hostile.leaves_at_once: AT_ONCE,
}


@pytest.fixture(scope="module")
def besieged(world):
    """All of them at once, three of each kind; and what an honest person could do meanwhile."""
    with greeter(world.office, b"still served\n") as service:
        world.agent("reception", targets={"desk": (f"127.0.0.1:{service.port}", "tcp")})
        person = world.person()
        stranger = world.network.home_lan.add_pc("stranger")
        world.endings = {}
        peers = [(behave, Peer(stranger, GATEWAY, behave, limit + 2 * ROOM))
                 for behave, limit in MISBEHAVIOUR.items() for _ in range(3)]
        world.honest = []
        while any(peer.is_alive() for _, peer in peers):
            began = time.monotonic()
            seen = person.list()
            with person.forward("reception", "desk") as forward, forward.open() as desk:
                greeting = read_exactly(desk, 13)
            world.honest.append((time.monotonic() - began, seen.exit_code, greeting))
        for behave, peer in peers:
            world.endings.setdefault(behave, []).append(peer.result())
        yield world


@pytest.mark.parametrize("behave", MISBEHAVIOUR, ids=lambda behave: behave.__name__)
def test_a_peer_is_hung_up_on_within_its_limit(besieged, behave):
    for ending in besieged.endings[behave]:
        assert ending.how in ("closed", "reset"), f"{behave.__name__}: {ending}"
        assert ending.seconds < MISBEHAVIOUR[behave] + ROOM, f"{behave.__name__}: {ending}"


def test_a_patient_peer_is_not_hung_up_on_at_once(besieged):
    """The other side of the limits: a slow but honest peer has its time."""
    for behave in (hostile.says_nothing, hostile.says_nothing_inside_tls, hostile.stops_inside_a_frame):
        for ending in besieged.endings[behave]:
            assert ending.seconds > 2, f"{behave.__name__}: {ending}"


def test_an_honest_person_was_served_all_the_while(besieged):
    assert len(besieged.honest) >= 3
    for seconds, exit_code, greeting in besieged.honest:
        assert (exit_code, greeting) == (DONE, b"still served\n")
        assert seconds < 10


def test_the_gateway_runs_on_and_forgets_them(besieged):
    assert besieged.gateway.running.running()
    assert besieged.gateway.agents() == {"reception"}
    connections = besieged.network.gateway.tcp_connections(443)
    assert len(connections) == 1, f"only the agent's line is left: {connections}"


def test_what_strangers_sent_does_not_forge_log_lines(besieged):
    lines = besieged.gateway.running.output().splitlines()
    assert [line for line in lines if "PEER_MISBEHAVED" in line]
    assert traces("Host: gateway", {"log": besieged.gateway.running.log.read_bytes()}) == []


def test_a_source_that_knocks_too_fast_is_turned_away_and_others_are_not(world):
    """The router's own address is on no allow-list: 20 may come at once, then 10 a second."""
    knocking = world.network.internet
    held = [knocking.connect(GATEWAY, 443) for _ in range(60)]
    time.sleep(0.5)
    kept = 0
    for connection in held:
        connection.settimeout(0.01)
        try:
            if connection.recv(1):
                kept += 1
        except TimeoutError:
            kept += 1
        except OSError:
            pass
    assert 1 <= kept <= 16, f"{kept} of 60 were let in; at most 16 may be inside at a time"
    assert world.person("other").list().exit_code == DONE
    for connection in held:
        connection.close()
