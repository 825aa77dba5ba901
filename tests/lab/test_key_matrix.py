"""Who meets whom, by gateway key: all 72 cases.

    admitted(x)            ⇔  key(x) is one of the gateway's
    visible(client, agent) ⇔  both are admitted, and their keys are the same

The gateway's set of keys changes the way an administrator changes it: all three were
added, profiles were given out, and those that a case leaves out were then revoked.
"""

import shutil
from itertools import chain, combinations

import pytest
from support.services import greeter, read_exactly
from support.tasuki import DONE, GATEWAY_REFUSED, NOT_AVAILABLE, Agent, Gateway
from support.waiting import eventually

KEYS = ["Testing1", "Testing2", "Testing3"]
SUBSETS = list(chain.from_iterable(combinations(KEYS, n) for n in range(len(KEYS) + 1)))


def computer_of(key):
    return f"pc-of-{key.lower()}"


def greeting_of(key):
    return f"you reached {key}\n".encode()


@pytest.fixture(scope="module")
def town(world):
    """Three agents and three persons, one of each for every key; all enrolled, none running."""
    world.profiles, world.labels, world.agents_by_key, world.persons, world.places = {}, {}, {}, {}, []
    for key in KEYS:
        profile, label = world.gateway.add_key(key, name=key)
        world.profiles[key], world.labels[key] = profile, label
        agent = Agent(world.office, computer_of(key))
        done = agent.enroll(profile)
        assert done.exit_code == DONE, done
        place = greeter(world.office, greeting_of(key))
        agent.configure(targets={"place": (f"127.0.0.1:{place.port}", "tcp")})
        world.places.append(place)
        world.agents_by_key[key] = agent
        world.persons[key] = world.person(f"person-{key}", profile=profile)
    world.gateway.running.stop()
    yield world
    for place in world.places:
        place.stop()


@pytest.fixture(scope="module", params=SUBSETS, ids=lambda keys: "+".join(k[-1] for k in keys) or "none")
def keys_at_gateway(town, request):
    """A gateway that still has these keys, and three agents that try to come in."""
    keys = request.param
    gateway = Gateway(town.network.gateway, name=f"gateway-{''.join(k[-1] for k in keys)}")
    shutil.copytree(town.gateway.state, gateway.state)
    gateway.run()
    for key in KEYS:
        if key not in keys:
            gateway.revoke(town.labels[key])
    running = [agent.run() for agent in town.agents_by_key.values()]
    eventually("those with a key are in",
               lambda: gateway.agents() == {computer_of(key) for key in keys}, seconds=20)
    for key in KEYS:
        if key not in keys:
            shut_out = town.agents_by_key[key].running
            eventually(f"the agent with {key} hears why", lambda: "gateway key" in shut_out.output().lower()
                       or "gateway_key" in shut_out.output(), seconds=20)
    yield keys
    assert gateway.agents() == {computer_of(key) for key in keys}
    for program in (*running, gateway.running):
        program.stop()


@pytest.mark.parametrize("agent_key", KEYS, ids=lambda key: f"agent{key[-1]}")
@pytest.mark.parametrize("client_key", KEYS, ids=lambda key: f"client{key[-1]}")
def test_key_matrix(town, keys_at_gateway, client_key, agent_key):
    person = town.persons[client_key]
    listing = person.list()
    if client_key not in keys_at_gateway:
        assert listing.exit_code == GATEWAY_REFUSED, listing
    else:
        assert (computer_of(agent_key) in person.sees()) == \
            (agent_key in keys_at_gateway and agent_key == client_key)

    with person.forward(computer_of(agent_key), "place") as forward:
        if client_key not in keys_at_gateway:
            assert forward.program.wait() == GATEWAY_REFUSED
        elif agent_key != client_key:
            assert forward.program.wait() == NOT_AVAILABLE
        else:
            assert agent_key in keys_at_gateway
            greeting = greeting_of(agent_key)
            assert read_exactly(forward.open(), len(greeting)) == greeting
