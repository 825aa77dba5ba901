"""The second gateway of a realm serves while the first is away (N15), sessions included: when the
first is back the agent returns to it, and the open session stays where it is until it ends."""

import time

import pytest
from support import losses
from support.flow import Beat, Transfer
from support.realm import Realm
from support.waiting import eventually

RETURN_AFTER = 2
NO_GAP = 0.5  # seconds between two messages that are 10 ms apart; a busy machine's


@pytest.fixture(scope="module")
def realm(directory):
    with Realm(directory) as made:
        yield made


@pytest.mark.parametrize("loss", [losses.killed, losses.black_hole], ids=lambda loss: loss.__name__)
def test_an_agent_returns_while_its_session_stays(realm, loss):
    name = loss.__name__.replace("_", "-")
    with realm.desk(name, ports=3, return_after=RETURN_AFTER) as desk:
        eventually("the agent is at the first", lambda: name in realm.first.agents(), 20)
        happened = loss(realm, name, gateway=realm.first)
        eventually("the agent is at the second", lambda: name in realm.second.agents(), 20)

        person = realm.person(f"person-{name}")
        with person.forward(name, *desk.targets) as forward:
            bulk, down, up = (desk.join(forward, number) for number in range(3))
            transfer, beats = Transfer(*bulk), [Beat(down[1], down[0]), Beat(*up)]
            carried = outside(realm)
            assert len(carried[0]) == 2 and len(carried[1]) == 1, "the agent's line and pair; the client's"
            began = time.monotonic()

            happened.undo()
            eventually("the agent is back at the first", lambda: name in realm.first.agents(), 20)
            eventually("the second has forgotten the agent", lambda: name not in realm.second.agents(), 5)
            assert "reason=returned" in desk.log()
            time.sleep(1)

            for was, now in zip(carried, outside(realm)):
                assert len(now & was) == 1, f"the session's connection stays: {was}, {now}"
            assert [pair["id"] for pair in realm.second.pairs()] == [name]
            assert realm.first.pairs() == []
            pause = max(beat.longest_pause(began) for beat in beats)
            print(f"{name}: the longest pause of the session was {pause:.3f} s")
            assert pause < NO_GAP
            assert "lost" not in forward.program.output()
            assert "SESSION_RESUMED" not in desk.log()
            for part in (transfer, *beats):
                part.finish()
        eventually("the second knows nothing more", lambda: realm.second.pairs() == [], 5)
        assert realm.second.agents() == set()
        assert realm.second.machine.tcp_connections(443) == set()
        for end in (*bulk, *down, *up):
            end.close()


def outside(realm):
    """What office and home have open to the second gateway."""
    port = f"{realm.second.machine.address}:443"
    return [{pair for pair in machine.tcp_connections() if port in pair} for machine in (realm.office, realm.home)]
