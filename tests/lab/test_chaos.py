"""A session outlives whatever befalls its gateways and the client's network: a small chaos.

scripts/chaos is the same with more of it. First it is shown that the traffic it runs notices one
wrong, missing or doubled byte, and that its plan depends on the seed alone.
"""

import re
import socket
import threading

import pytest
from support import chaos
from support.traffic import BLOCK, BulkEnd, Echoer, Pace, Sequence, Talk
from support.waiting import eventually

SEED, KILLS, BYTES = 83, 20, 64 << 20  # a seed that has every kind of hit
LENGTH = 5 * BLOCK + 17
LAST = list(Sequence("up", LENGTH).blocks())[-1]


def between(altered):
    """Two sockets, and what passes from the first to the second goes through `altered`."""
    (a, near), (far, b) = socket.socketpair(), socket.socketpair()

    def pass_on(source, sink, change):
        try:
            while content := source.recv(BLOCK):
                sink.sendall(change(content))
            sink.shutdown(socket.SHUT_WR)
        except OSError:
            pass  # whoever found a fault has hung up

    for way in ((near, far, altered), (far, near, lambda content: content)):
        threading.Thread(target=pass_on, args=way, daemon=True).start()
    return a, b


def once(change):
    """Changes what passes first, and nothing after that."""
    changes = iter([change])
    return lambda content: next(changes, lambda same: same)(content)


def bulk_through(altered):
    a, b = between(altered)
    up, down, pace = Sequence("up", LENGTH), Sequence("down", LENGTH), Pace(LENGTH, 0, 1)
    ends = BulkEnd("a", a, up, down, pace), BulkEnd("b", b, down, up, pace)
    for end in ends:
        end.start()
    eventually("both are done", lambda: all(end.finished or end.fault for end in ends))
    return ends


def test_bulk_that_arrives_whole_is_found_right():
    a, b = bulk_through(lambda content: content)
    assert a.fault is None and b.fault is None
    assert a.delivered == b.delivered == LENGTH
    assert a.digest.digest() == b.sent_digest.digest() != a.sent_digest.digest() == b.digest.digest()


@pytest.mark.parametrize("change, found", [
    (lambda rest: rest[:-1], "ended after"), (lambda rest: rest + b"x", "more than the expected")],
    ids=["cut", "longer"])
def test_an_end_too_early_or_too_late_is_found(change, found):
    _, end = bulk_through(lambda content: change(content) if content.endswith(LAST) else content)
    assert found in (end.fault or "no fault")


@pytest.mark.parametrize("change, found", [
    (lambda c: c[:99] + bytes([c[99] ^ 1]) + c[100:], "wrong byte at offset 99: .* offset None"),
    (lambda c: c[:99] + c[100:], "wrong byte at offset 99: .* offset 100"),
    (lambda c: c[:40] + c[:40] + c[40:], "wrong byte at offset 40: .* offset 0"),
    (lambda c: c[:40] + b"x" + c[40:], "wrong byte at offset 40: .* offset None")],
    ids=["altered", "missing", "doubled", "inserted"])
def test_a_single_wrong_byte_is_found_and_located(change, found):
    _, end = bulk_through(once(change))
    assert re.search(found, end.fault or "no fault"), end.fault


@pytest.mark.parametrize("change, right", [
    (lambda c: c, True), (lambda c: c + c, False), (lambda c: b"", False)],
    ids=["once", "twice", "never"])
def test_a_message_that_comes_twice_or_never_is_found(change, right):
    a, b = between(once(change))
    talk, echoer = Talk(a), Echoer()

    def echo():
        with b:
            echoer(b)

    threading.Thread(target=echo, daemon=True).start()
    talk.start()
    eventually("something is heard or found", lambda: len(talk.heard) > 5 or echoer.fault)
    assert (talk.finish(5) and not talk.fault and not echoer.fault) == right


def test_a_plan_depends_on_its_seed_alone():
    assert chaos.plan(1, 50) == chaos.plan(1, 50) != chaos.plan(2, 50)
    assert {hit.kind for hit in chaos.plan(SEED, KILLS)} == set(chaos.KINDS)


def test_a_session_outlives_a_small_chaos(directory):
    with chaos.ChaosWorld(directory) as world:
        report = chaos.Chaos(world, SEED, chaos.plan(SEED, KILLS), BYTES).run()
    assert not report["faults"]
    assert report["kills"] == KILLS
