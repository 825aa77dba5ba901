"""Every refusal that a person can meet: its exit code, what it says, and what it must not say."""

import re
import time

import pytest
from support.services import greeter, read_exactly
from support.tasuki import (BAD_CONFIGURATION, DONE, GATEWAY_REFUSED, IDENTITY_CHANGED, NO_VIEWER,
                            NOT_AVAILABLE, NOT_REACHED, SESSION_BROKE, TARGET_REFUSED, WRONG_PASSWORD,
                            WRONG_USE, Agent, Gateway, Person, label_of, link_of)
from support.waiting import eventually

GREETING = b"welcome\n"
WRONG = "Fukuro-no-yoru-9-wrong"


@pytest.fixture(scope="module")
def office(world):
    """An agent with one target, and a person who may reach it."""
    with greeter(world.office, GREETING) as desk:
        world.targets = {"desk": (f"127.0.0.1:{desk.port}", "tcp")}
        world.reception = world.agent("reception", targets=world.targets)
        world.visitor = world.person("visitor")
        yield world


def attempt(person, computer, target="desk", **options):
    """One try to reach a target that is expected to fail: exit code and messages."""
    with person.forward(computer, target, **options) as forward:
        forward.program.wait(30)
        return forward.program.exit_code, forward.program.output()


def reaches(person, computer, target="desk", **options):
    with person.forward(computer, target, **options) as forward, forward.open() as desk:
        return read_exactly(desk, len(GREETING)) == GREETING


# At the gateway

def test_a_wrong_gateway_key_is_refused_with_its_cause(office):
    profile, label = office.gateway.add_key("soon-revoked-key")
    person = office.person("late", profile=profile)
    office.gateway.revoke(label)
    done = person.list()
    assert done.exit_code == GATEWAY_REFUSED
    assert "gateway key" in done.errors and not done.output
    assert "soon-revoked-key" not in done.text
    assert attempt(person, "reception")[0] == GATEWAY_REFUSED


def test_unknown_offline_and_foreign_computers_look_the_same(office):
    absent = office.agent("absent-pc")
    absent.running.stop()
    profile, _ = office.gateway.add_key("a-foreign-key")
    pc = office.network.office_lan.add_pc("foreign")
    office.agent("foreign-pc", machine=pc, profile=profile, targets={})
    eventually("it is offline", lambda: office.visitor.sees() == {"reception"})

    answers = {}
    for computer in ("unknown-pc", "absent-pc", "foreign-pc"):
        code, text = attempt(office.visitor, computer)
        assert code == NOT_AVAILABLE and computer in text
        answers[computer] = text.replace(computer, "X")
    assert len(set(answers.values())) == 1, answers


def test_a_gateway_that_is_not_there_is_named(office):
    nowhere = Gateway(office.network.gateway, name="nowhere", addresses=["203.0.113.1:443"], realm="nowhere")
    nowhere.init()
    person = office.person("lost", profile=nowhere.first_profile)
    done = person.list()
    assert done.exit_code == NOT_REACHED
    assert "203.0.113.1:443" in done.errors


def test_another_gateway_at_the_same_address_is_not_believed(office):
    """Somebody else's certificate: nothing secret may be said to it."""
    impostor = Gateway(office.network.gateway, name="impostor", realm="impostor")
    impostor.init()
    person = office.person("careful", profile=impostor.first_profile)
    done = person.list()
    assert done.exit_code == NOT_REACHED, done
    assert "certificate" in done.errors


def test_a_computer_id_cannot_be_taken_over(office):
    squatter = Agent(office.network.office_lan.add_pc("squatter"), "Reception")
    done = squatter.enroll(office.profile)
    assert done.exit_code == NOT_AVAILABLE, done
    assert "release" in done.errors and "reception" in done.errors.lower()
    assert reaches(office.visitor, "reception"), "the rightful one is still there"


# At the agent

def test_a_wrong_password_is_refused_and_not_repeated(office):
    code, text = attempt(office.visitor, "reception", password=WRONG)
    assert code == WRONG_PASSWORD
    assert "password" in text.lower() and WRONG not in text
    assert WRONG not in office.reception.running.output() + office.gateway.running.output()
    assert reaches(office.visitor, "reception"), "one slip locks nobody out"


def test_five_wrong_passwords_lock_the_door_for_a_while(office):
    """Even the right one is then refused, in the same words; a restart does not help."""
    agent = office.agent("guarded", machine=office.network.office_lan.add_pc("guarded"), targets=office.targets)
    wrong = [attempt(office.visitor, "guarded", password=f"{WRONG}-{n}") for n in range(5)]
    assert {code for code, _ in wrong} == {WRONG_PASSWORD}
    locked = attempt(office.visitor, "guarded")
    assert locked == wrong[-1], "a lock-out must look like a wrong password"

    assert attempt(office.visitor, "guarded", password=f"{WRONG}-again")[0] == WRONG_PASSWORD
    eventually("the lock opens by itself", lambda: attempt_once_right(office, "guarded"), seconds=15, every=1.0)
    for number in range(6):
        attempt(office.visitor, "guarded", password=f"{WRONG}-{number}")
    agent.running.stop()
    agent.run()
    office.wait_for_agent("guarded")
    assert attempt(office.visitor, "guarded")[0] == WRONG_PASSWORD, "a restart must not forget"


def attempt_once_right(office, computer):
    with office.visitor.forward(computer, "desk") as forward:
        ready = eventually("it ends or listens", lambda: not forward.program.running() or
                           f"127.0.0.1:{forward.ports[0]}" in office.home.listeners(), seconds=20)
        return ready and forward.program.running()


def test_a_changed_identity_is_a_hard_stop(office):
    pc = office.network.office_lan.add_pc("replaced")
    first = office.agent("moved", machine=pc, targets={})
    with office.visitor.forward("moved", "desk") as forward:
        forward.ready()  # first contact: the password proved who it is
    assert "moved" in office.visitor.must("pin", "list").output
    first.running.stop()
    office.gateway.admin("release", "moved", "--label", label_of(office.profile))
    second = Agent(pc, "moved", name="second")
    assert second.enroll(office.profile).exit_code == DONE
    second.configure(targets={"desk": (f"127.0.0.1:{pc.free_port()}", "tcp")})
    second.run()
    office.wait_for_agent("moved")

    code, text = attempt(office.visitor, "moved")
    assert code == IDENTITY_CHANGED
    command = re.search(r"tasuki (pin accept moved \S+)", text)
    assert command, f"the message must give the command that accepts the new identity: {text}"
    assert attempt(office.visitor, "moved")[0] == IDENTITY_CHANGED, "asking twice does not help"
    assert office.visitor.tasuki(*command.group(1).split()).exit_code == DONE
    with office.visitor.forward("moved", "desk") as forward:
        forward.ready()


def test_an_unknown_target_is_refused(office, tmp_path):
    viewer = executable(tmp_path / "xtigervncviewer", "exec sleep 60")
    done = office.visitor.tasuki("connect", "reception", "--target", "no-such-target", "--viewer", viewer,
                                 secrets={"--password-fd": office.visitor.password})
    assert done.exit_code == TARGET_REFUSED
    assert "no-such-target" in done.errors


def test_a_viewer_that_is_missing_or_fails_is_reported(office, tmp_path):
    missing = office.visitor.tasuki("connect", "reception", "--target", "desk", "--viewer",
                                    tmp_path / "no-such-viewer", secrets={"--password-fd": office.visitor.password})
    assert missing.exit_code == NO_VIEWER and "no-such-viewer" in missing.errors
    failing = executable(tmp_path / "xtigervncviewer", "echo broken viewer >&2; exit 3")
    failed = office.visitor.tasuki("connect", "reception", "--target", "desk", "--viewer", failing,
                                   secrets={"--password-fd": office.visitor.password})
    assert failed.exit_code == NO_VIEWER and "3" in failed.errors


def executable(path, script):
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return path


# Sessions that end

def test_a_pair_ended_by_the_administrator_is_reported(office):
    with office.visitor.forward("reception", "desk") as forward, forward.open() as desk:
        assert read_exactly(desk, len(GREETING)) == GREETING
        pair = office.gateway.pairs()[0]["pair"]
        assert office.gateway.admin("end", pair).exit_code == DONE
        assert forward.program.wait(15) == SESSION_BROKE, forward.program.output()
        assert "administrator of the gateway ended the session" in forward.program.output()
    assert reaches(office.visitor, "reception"), "the agent takes the next session"


def test_a_killed_agent_ends_the_session_with_a_message(office):
    agent = office.agent("fragile", machine=office.network.office_lan.add_pc("fragile"), targets={})
    with office.visitor.forward("fragile", "desk") as forward:
        forward.ready()
        agent.running.signal(9)
        agent.running.wait()
        assert forward.program.running(), "the agent may be back any moment"
        agent.run()  # it is, and knows nothing of the session any more
        assert forward.program.wait(20) == SESSION_BROKE
        assert "has ended this session" in forward.program.output()


def test_a_weak_access_password_is_refused_at_enrolment(office):
    for number, weak in enumerate(("short1A", "onlylowercaseletters", "12345678")):
        agent = Agent(office.office, f"weak-{number}", password=weak)
        done = agent.enroll(office.profile)
        assert done.exit_code in (WRONG_USE, BAD_CONFIGURATION, WRONG_PASSWORD), done
        assert weak not in done.text
        assert f"weak-{number}" not in office.gateway.agents()


def test_the_gateway_key_may_not_be_the_access_password(office):
    profile, _ = office.gateway.add_key("Same-Secret-1234-both")
    done = Agent(office.office, "reuse", password="Same-Secret-1234-both").enroll(profile)
    assert done.exit_code != DONE and "gateway key" in done.errors


# Profiles and configuration

@pytest.mark.parametrize("damage", ["cut", "one letter", "not a link", "empty", "no file"])
def test_a_bad_profile_is_refused(office, tmp_path, damage):
    link = link_of(office.profile)
    flipped = "A" if link[-40] != "A" else "B"
    source = {"cut": link[:len(link) // 2], "one letter": link[:-40] + flipped + link[-39:],
              "not a link": "https://gateway.example/", "empty": "", "no file": "no-such-file.tasuki"}[damage]
    person = Person(office.home, f"careless-{damage.replace(' ', '-')}")
    if damage == "not a link":
        (tmp_path / "page").write_text("<html>not a profile</html>")
        source = tmp_path / "page"
    done = person.add_profile(source)
    assert done.exit_code in ({WRONG_USE, BAD_CONFIGURATION} if damage == "empty" else {BAD_CONFIGURATION}), done
    assert len(done.errors.strip().splitlines()) <= 2, "one clear line"
    assert not (person.home / "tasuki/profiles").exists() or not list((person.home / "tasuki/profiles").iterdir())


def test_a_profile_with_a_key_that_nobody_made_is_refused(office):
    """A link from the same root with a wrong key inside cannot be made without the leaf's key."""
    first, second = link_of(office.profile), link_of(office.gateway.add_key("second-key-text")[0])
    assert first != second
    half = len(first) // 2
    done = Person(office.home, "tinkerer").add_profile(first[:half] + second[half:])
    assert done.exit_code == BAD_CONFIGURATION


@pytest.mark.parametrize("text, wanted", [
    ('role = "gateway"\nlistne = ["[::]:443"]\n', [":2", "listne", "listen"]),
    ('role = "gateway"\n[limits]\nframe_seconds = "five"\n', [":3", "limits.frame_seconds"]),
    ('role = "gateway"\n[limits]\n\nframe_seconds = 900\n', [":4", "limits.frame_seconds"]),
    ('role = "gateway"\n[limits]\nallow = ["10.0.0.1/8"]\n', [":3", "limits.allow"]),
    ('role = "agent"\n[targets.desk]\nkind = "vnc"\n', ["targets.desk", "address"]),
    ('role = "agent"\n[targets.desk]\naddress = "127.0.0.1:5900"\nkind = "vmc"\n', [":4", "targets.desk.kind"]),
    ('role = "agent"\n[forward]\nallow = ["files"]\n', [":3", "forward.allow"]),
    ('role = "gateway"\nlisten = [\n', [":"]),
    ('listen = []\n', ["role"])],
    ids=["unknown", "type", "range", "netblock", "missing", "choice", "rule", "syntax", "no-role"])
def test_check_names_file_line_and_key(world, tmp_path, text, wanted):
    file = tmp_path / "some.toml"
    file.write_text(text)
    done = Person(world.home, "operator").tasuki("check", file)
    assert done.exit_code == BAD_CONFIGURATION, done
    assert "some.toml" in done.text
    for part in wanted:
        assert part in done.text, f"{part!r} is missing in: {done.text}"


def test_check_reports_every_mistake_at_once(world, tmp_path):
    (tmp_path / "many.toml").write_text('role = "gateway"\nwrong = 1\n[limits]\nframe_seconds = 0\nworse = 2\n')
    done = Person(world.home, "operator").tasuki("check", tmp_path / "many.toml")
    assert done.exit_code == BAD_CONFIGURATION
    assert all(part in done.text for part in (":2", "wrong", ":4", "frame_seconds", ":5", "worse"))


def test_the_files_that_were_written_are_without_mistakes(office):
    fresh = Gateway(office.network.gateway, name="fresh", realm="fresh")
    fresh.init()
    agent = Agent(office.office, "tidy")
    assert agent.enroll(office.profile).exit_code == DONE
    for file in (fresh.state / "gateway.toml", agent.state / "agent.toml"):
        done = fresh.tasuki("check", file)
        assert done.exit_code == DONE, done


def test_a_gateway_with_a_bad_configuration_does_not_start(office):
    fresh = Gateway(office.network.gateway, name="mistaken", realm="mistaken")
    fresh.init()
    (fresh.state / "gateway.toml").write_text('role = "gateway"\n[limits]\nframe_second = 5\n')
    done = fresh.tasuki("gateway", "run", "--state", fresh.state)
    assert done.exit_code == BAD_CONFIGURATION
    assert "gateway.toml:3" in done.errors and "frame_second" in done.errors


# The command line

@pytest.mark.parametrize("words", [
    ["connect"], ["connect", "reception", "--password", "x"], ["forward", "reception"],
    ["forward", "reception", "not-a-forward"], ["forward", "reception", "99999:web"],
    ["connect", "not a computer id"], ["no-such-command"], ["list", "--no-such-option"], []],
    ids=lambda words: " ".join(words) or "nothing")
def test_wrong_use_is_explained(world, words):
    done = Person(world.home, "hasty").tasuki(*words)
    assert done.exit_code == WRONG_USE, done
    assert "tasuki" in done.text and "--help" in done.text or not words


@pytest.mark.parametrize("words", [
    [], ["gateway"], ["gateway", "init"], ["gateway", "run"], ["agent"], ["agent", "enroll"], ["agent", "run"],
    ["connect"], ["forward"], ["list"], ["profile"], ["profile", "add"], ["pin"], ["admin"], ["check"]],
    ids=lambda words: " ".join(words) or "tasuki")
def test_every_command_explains_itself_in_both_languages(world, words):
    person = Person(world.home, "reader")
    english = person.must(*words, "--help").output
    person.settings["LANG"] = "ja_JP.UTF-8"
    japanese = person.must(*words, "--help").output
    assert "tasuki" in english and "tasuki" in japanese
    assert not re.search(r"[ぁ-ん]", english) and re.search(r"[ぁ-ん]", japanese)


def test_nothing_is_asked_for_where_nobody_can_answer(office):
    """Without a terminal and without --password-fd it ends at once instead of waiting."""
    began = time.monotonic()
    done = office.visitor.tasuki("forward", "reception", f"{office.home.free_port()}:desk", timeout=20)
    assert done.exit_code in (WRONG_USE, WRONG_PASSWORD), done
    assert "--password-fd" in done.errors
    assert time.monotonic() - began < 10
