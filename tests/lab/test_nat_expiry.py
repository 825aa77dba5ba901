"""NATs that forget a connection after 30, 60 or 300 seconds in which nothing was said on it.

An idle agent stays reachable behind each of them, and an idle session alive. All NATs stand side
by side in one world that falls idle before the other tests run and is looked at behind them.
"""

import pytest
from support import program
from support.idleness import END, NATS, Idleness

KNOCKS = [(nat, moment) for nat in NATS for moment in nat.moments]


@pytest.fixture(scope="session")
def idle(tmp_path_factory):
    made = Idleness(tmp_path_factory.mktemp("idle"))
    yield made
    made.close()


@pytest.fixture
def looked_at(idle):
    """With the logs of its programs, should the test fail."""
    program.STARTED[:] += [p for p in idle.programs if p not in program.STARTED]
    return idle


@pytest.mark.begins
def test_everybody_is_connected_and_falls_idle(idle):
    assert all(each.running() for each in idle.programs if "run" in each.arguments)


@pytest.mark.ends
@pytest.mark.parametrize("nat", NATS, ids=str)
def test_the_nat_remembers_and_then_forgets_who_says_nothing(idle, nat):
    """The control: a plain connection, spoken on before its time is up, and after."""
    assert idle.trouble("remembers", nat, nat.seconds - 10) is None
    assert idle.trouble("forgets", nat, nat.seconds + 5) is None


@pytest.mark.ends
@pytest.mark.parametrize("nat, moment", KNOCKS, ids=str)
def test_an_idle_agent_is_reached(looked_at, nat, moment):
    assert looked_at.trouble("knock", nat, moment) is None


@pytest.mark.ends
@pytest.mark.parametrize("nat", NATS, ids=str)
def test_an_idle_session_goes_on(looked_at, nat):
    assert looked_at.trouble("session", nat, END) is None
