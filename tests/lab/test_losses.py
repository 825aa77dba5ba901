"""Whatever a line is lost by, the session goes on: every byte both ways, no local connection
dropped, one line to the person when it is lost and one when it is back, in their language."""

import statistics
import time

import pytest
from support import losses
from support.flow import Beat, Transfer
from support.realm import Realm, local_connections, news_of_line
from support.waiting import eventually

LANGUAGES = {"hanako": "ja_JP.UTF-8", "henry": "en_GB.UTF-8"}
SLOWEST = 20  # seconds; a busy machine's, not ours
KILLS, HOLES = 7, 3


@pytest.fixture(scope="module")
def realm(directory):
    with Realm(directory) as made:
        yield made


@pytest.mark.parametrize("loss", [losses.killed, losses.reset, losses.black_hole,
                                  losses.address_changed, losses.mapping_changed],
                         ids=lambda loss: loss.__name__)
def test_a_session_outlives_its_line(realm, loss):
    name = loss.__name__.replace("_", "-")
    forwards, ends, beats, transfers = [], [], [], []
    with realm.desk(name, ports=2) as desk:
        for person, language in LANGUAGES.items():
            who = realm.person(f"{person}-{name}")
            who.settings["LC_ALL"] = language
            forwards.append(who.forward(name, *desk.targets))
            bulk, talk = desk.join(forwards[-1], 0), desk.join(forwards[-1], 1)
            ends += [*bulk, *talk]
            transfers.append(Transfer(*bulk))
            beats.append(Beat(*talk))
        locals_before = local_connections(realm.home), local_connections(realm.office)
        time.sleep(0.5)

        happened = loss(realm, name)
        delays = [beat.delay_after(happened.struck, SLOWEST) for beat in beats]
        before = [transfer.delivered() for transfer in transfers]
        happened.undo()
        for transfer, then in zip(transfers, before):
            eventually("the transfer moves again, both ways", lambda: all(
                now > then[way] + (1 << 20) for way, now in transfer.delivered().items()), SLOWEST)
        print(f"{loss.__name__}: a message came through after", *(f"{d:.2f} s" for d in delays))

        assert (local_connections(realm.home), local_connections(realm.office)) == locals_before
        for part in (*beats, *transfers):
            part.finish()
        for forward, language in zip(forwards, LANGUAGES.values()):
            assert forward.program.running()
            assert news_of_line(forward.program, name, language) == ["lost", "back"], forward.program.output()
            forward.stop()
        for end in ends:
            end.close()


@pytest.fixture(scope="module")
def talk(realm):
    """A message every 10 ms each way, over one session."""
    with realm.desk("talk", ports=2) as desk, realm.person("talker").forward("talk", *desk.targets) as forward:
        down, up = desk.join(forward, 0), desk.join(forward, 1)
        beats = Beat(down[1], down[0]), Beat(*up)
        yield beats
        for beat in beats:
            beat.finish()
        for end in (*down, *up):
            end.close()


def delays_of(realm, beats, loss, times):
    """Seconds from the blow to the next message that was sent after it, the slower way of the two."""
    delays = []
    for _ in range(times):
        happened = loss(realm, "talk")
        delays.append(max(beat.delay_after(happened.struck) for beat in beats))
        happened.undo()
        realm.carrying("talk")
    print(f"{loss.__name__}: {', '.join(f'{d:.3f}' for d in delays)} s, median {statistics.median(delays):.3f} s")
    return delays


def test_a_killed_gateway_is_felt_for_less_than_a_second(realm, talk):
    assert statistics.median(delays_of(realm, talk, losses.killed, KILLS)) < 1


def test_a_black_hole_is_felt_for_less_than_six_seconds(realm, talk):
    assert statistics.median(delays_of(realm, talk, losses.black_hole, HOLES)) < 6
