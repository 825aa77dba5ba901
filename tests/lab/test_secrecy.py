"""What the gateway and the network never learn: gateway key, access password, what is typed.

One session with a real desktop is recorded on every link, and the gateway's whole memory
is read while the session lives. The secrets must be nowhere, in no form. Each search is
held against something that must be found by it, so that silence means something.
"""

import pytest
from support.desktop import TigerDesktop
from support.network import SITES
from support.tasuki import link_of
from support.traces import files_under, memory_of, traces, typed_keys
from support.viewer import VncScreen
from support.waiting import eventually
from support.world import World

KEY = "Kawasemi-no-kagi-77"
PASSWORD = "Yamabiko.to.5.tsuki"
TYPED = "uguisu2canary"
TITLE = "desktop-title-of-mejiro"
COMPUTER = "computer-of-shijukara"
SECRETS = {"gateway key": KEY, "access password": PASSWORD, "what was typed": TYPED,
           "the desktop's title": TITLE}


class Evidence:
    """All that is left of one session, for the tests to search."""


@pytest.fixture(scope="module")
def evidence(directory):
    made = Evidence()
    logs = directory / "gateway-logs"
    logs.mkdir()

    def talkative(gateway):
        # Sources stay on the allow-list; the log says all it can say.
        gateway.configure(allow=SITES, log_directory=logs, level="debug")

    with World(directory, prepare=talkative) as world, \
            TigerDesktop(world.office, title=TITLE) as desktop, VncScreen(world.home) as screen:
        notes = desktop.open_notepad()
        links = world.network.capture()
        inside = world.network.capture((world.office, "lo"))
        profile, made.label = world.gateway.add_key(KEY)
        made.link = link_of(profile)
        agent = world.agent(COMPUTER, profile=profile, password=PASSWORD)
        person = world.person(profile=profile, password=PASSWORD)
        session = person.connect(COMPUTER, screen)
        screen.shows_the_same_as(desktop)
        screen.type(TYPED)
        eventually("the typing arrives", lambda: notes.read_text() == TYPED + "\n")

        made.memory = {}
        for pid in world.gateway.running.family():
            made.memory |= memory_of(pid)
        assert session.running() and world.gateway.pairs(), "the session lived while memory was read"
        session.stop()
        made.links, made.inside = links.stop(), inside.stop()
        made.gateway_files = files_under(world.gateway.state, logs, world.gateway.running.log)
        made.logs = files_under(agent.running.log, session.log)
        made.outputs = {f"output {n}": done.text.encode()
                        for party in (world.gateway, agent, person)
                        for n, done in enumerate(party.transcript)}
        made.agent_files = files_under(agent.state)
        made.home_files = files_under(person.home)
        made.log_names = sorted(path.name for path in logs.iterdir())
    return made


def everything_on_the_links(evidence):
    return evidence.links.raw() | {" ".join(name): content
                                   for name, content in evidence.links.streams().items()}


def test_the_searches_do_find_what_is_there(evidence):
    assert traces(COMPUTER, evidence.memory), "a Computer ID is known to the gateway"
    assert traces(COMPUTER, evidence.gateway_files), "and stands in its log and store"
    inside = evidence.inside.streams()
    assert traces(TITLE, {" ".join(name): content for name, content in inside.items()})
    assert any(TYPED.encode() in typed_keys(content) for content in inside.values())
    assert traces(evidence.label, everything_on_the_links(evidence)) == [], "labels travel inside TLS"
    assert traces(evidence.label, evidence.memory)
    assert len(evidence.links.files) >= 5
    assert all(len(content) > 10_000 for content in evidence.links.raw().values()), "each link was used"


@pytest.mark.parametrize("name", SECRETS)
def test_no_link_carries_it(evidence, name):
    assert traces(SECRETS[name], everything_on_the_links(evidence)) == []


def test_no_link_carries_keystrokes(evidence):
    for name, content in evidence.links.streams().items():
        assert TYPED.encode() not in typed_keys(content), name


def test_nothing_but_tls_is_on_the_links(evidence):
    """Every stream to and from port 443 begins as TLS does, and says no protocol's name in the clear."""
    to_gateway = {name: content for name, content in evidence.links.streams().items() if ":443" in name[1]}
    assert to_gateway
    for name, content in to_gateway.items():
        assert content[:2] == b"\x16\x03", f"{name} begins with {content[:8]!r}"
        assert b"RFB 003" not in content and b"tasuki-e2e" not in content


@pytest.mark.parametrize("name", SECRETS)
def test_the_gateway_s_memory_does_not_have_it(evidence, name):
    assert sum(map(len, evidence.memory.values())) > 1_000_000
    assert traces(SECRETS[name], evidence.memory) == []


def test_the_gateway_s_memory_does_not_have_keystrokes(evidence):
    for place, content in evidence.memory.items():
        assert TYPED.encode() not in typed_keys(content), place


@pytest.mark.parametrize("name", SECRETS)
def test_the_gateway_s_files_and_logs_do_not_have_it(evidence, name):
    assert evidence.log_names and evidence.log_names[0] == "GW001.log"
    assert traces(SECRETS[name], evidence.gateway_files) == []


@pytest.mark.parametrize("name", SECRETS)
def test_no_log_and_no_output_says_it(evidence, name):
    assert traces(SECRETS[name], evidence.logs | evidence.outputs) == []


def test_no_log_repeats_the_profile(evidence):
    secret_part = evidence.link[-60:]
    assert traces(secret_part, evidence.logs | evidence.gateway_files) == []


def test_the_password_is_kept_nowhere_on_either_side(evidence):
    assert traces(PASSWORD, evidence.agent_files) == []
    assert traces(PASSWORD, evidence.home_files) == []
