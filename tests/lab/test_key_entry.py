"""What may be a gateway key: at least 8 characters, whatever they are in bytes. And keys side by side."""

import pytest
from support.services import greeter, read_exactly
from support.tasuki import BAD_CONFIGURATION, DONE, WRONG_USE, Agent, Person
from support.waiting import eventually


@pytest.mark.parametrize("text, why", [
    ("Test1", "5 characters"), ("Testin7", "7 letters"), ("せんたくのかぎ", "7 kana are 21 bytes")])
def test_a_short_gateway_key_is_refused_at_entry(world, text, why):
    before = world.gateway.admin("key", "list").output
    done = world.gateway.admin("key", "add", secrets={"--key-fd": text})
    assert done.exit_code in (WRONG_USE, BAD_CONFIGURATION), (why, done)
    assert "8" in done.errors, "the message says how long a key must be"
    assert text not in done.text, "a secret is never repeated"
    assert world.gateway.admin("key", "list").output == before


@pytest.mark.parametrize("text", ["Testing4", "ひみつのかぎです", "かぎ with blanks 襷"])
def test_a_gateway_key_of_eight_characters_is_taken(world, text):
    profile, label = world.gateway.add_key(text)
    assert label in world.gateway.admin("key", "list").output
    person = Person(world.home, f"person-of-{label}")
    assert person.add_profile(profile).exit_code == DONE
    assert person.sees() == set()


def test_the_same_computer_id_under_two_keys_is_two_computers(world):
    people, services = {}, []
    for name in ("east", "west"):
        profile, _ = world.gateway.add_key(f"branch-office-{name}")
        services.append(greeter(world.office, f"this is {name}\n".encode()))
        agent = Agent(world.office, "reception", name=f"reception-{name}")
        assert agent.enroll(profile).exit_code == DONE
        agent.configure(targets={"place": (f"127.0.0.1:{services[-1].port}", "tcp")})
        agent.run()
        people[name] = world.person(name, profile=profile)
        eventually("it is in", lambda: people[name].sees() == {"reception"}, seconds=15)
    for name, person in people.items():
        with person.forward("reception", "place") as forward:
            assert read_exactly(forward.open(), 13) == f"this is {name}\n".encode()
    for service in services:
        service.stop()


def test_one_person_holds_several_keys_side_by_side(world):
    """N10: each entry shows its own key's computers, and no other's."""
    person = world.person("collector")
    for name in ("north", "south"):
        profile, _ = world.gateway.add_key(f"region-of-the-{name}")
        world.agent(f"pc-{name}", profile=profile, targets={})
        assert person.add_profile(profile, "--name", name).exit_code == DONE
    assert person.sees("--profile", "north") == {"pc-north"}
    assert person.sees("--profile", "south") == {"pc-south"}
    unnamed = person.list()
    assert unnamed.exit_code != DONE and "--profile" in unnamed.errors, "which one must be said"
