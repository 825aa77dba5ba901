"""How things end: Ctrl-C, a closed viewer, and what must not be left behind. And the door
that `connect` opens for the viewer: for this user and one connection only."""

import re
import subprocess

import pytest
from support.desktop import TigerDesktop
from support.program import alive
from support.services import greeter, read_exactly
from support.tasuki import DONE, INTERRUPTED
from support.traces import files_under
from support.viewer import VncScreen
from support.waiting import eventually, holds_for


@pytest.fixture(scope="module")
def office(world):
    with greeter(world.office, b"RFB 003.008\n") as desk:
        world.desk = desk
        world.reception = world.agent("reception", targets={"desk": (f"127.0.0.1:{desk.port}", "vnc")})
        yield world


def belongings(person):
    """Files, sockets and processes that a command of this person could leave."""
    return set(files_under(person.home)), person.machine.listeners(), person.machine.tcp_connections()


def viewer(directory, script):
    path = directory / "xtigervncviewer"
    path.write_text(f'#!/bin/sh\necho "$@" > {directory}/arguments\n{script}\n')
    path.chmod(0o755)
    return path


def port_given_to(directory):
    arguments = directory / "arguments"
    eventually("the viewer was started", lambda: arguments.exists() and arguments.read_text())
    found = re.search(r"127\.0\.0\.1(?:::|:)(\d+)", arguments.read_text())
    assert found, f"no address for the viewer in {arguments.read_text()!r}"
    return int(found.group(1))


def test_ctrl_c_ends_a_forward_and_leaves_nothing(office):
    person = office.person("leaver")
    before = belongings(person)
    forward = person.forward("reception", "desk", "desk")
    with forward.open(0) as connection:
        assert read_exactly(connection, 12) == b"RFB 003.008\n"
        family = forward.program.family()
        assert forward.program.interrupt() == INTERRUPTED, forward.program.output()
        assert not still_open(connection)
    assert not any(alive(pid) for pid in family)
    pins = {name for name in set(files_under(person.home)) - before[0]}
    assert all("pins" in name for name in pins), f"left behind: {pins}"
    eventually("sockets are gone", lambda: belongings(person)[1:] == before[1:])
    eventually("the pair is gone", lambda: not office.gateway.pairs())


def test_ctrl_c_ends_a_connect_together_with_its_viewer(office):
    with TigerDesktop(office.office, furnished=False, port=5907) as desktop, VncScreen(office.home) as screen:
        office.agent("with-desktop", targets={"desktop": ("127.0.0.1:5907", "vnc")})
        person = office.person("watcher")
        before = belongings(person)
        session = person.connect("with-desktop", screen)
        screen.shows_the_same_as(desktop)
        family = session.family()
        assert len(family) >= 2, "tasuki and its viewer"
        assert session.interrupt() == INTERRUPTED, session.output()
        eventually("the viewer is gone too", lambda: not any(alive(pid) for pid in family))
        left = {name for name in set(files_under(person.home)) - before[0] if "pins" not in name}
        assert not left, f"left behind: {left}"
        eventually("sockets are gone", lambda: belongings(person)[1:] == before[1:])


def test_closing_the_viewer_ends_the_session(office, tmp_path):
    person = office.person("finisher")
    session = person.start("connect", "reception", "--target", "desk", "--viewer", viewer(tmp_path, "exit 0"),
                           secrets={"--password-fd": person.password})
    assert session.wait(15) == DONE, session.output()
    eventually("the pair is gone", lambda: not office.gateway.pairs())


def test_the_viewer_s_port_takes_one_connection_only(office, tmp_path):
    person = office.person("cautious")
    session = person.start("connect", "reception", "--target", "desk", "--viewer",
                           viewer(tmp_path, "exec sleep 60"), secrets={"--password-fd": person.password})
    port = port_given_to(tmp_path)
    with person.machine.connect("127.0.0.1", port) as first:
        assert read_exactly(first, 12) == b"RFB 003.008\n"
        assert not gets_anything(person.machine, port)
        first.sendall(b"still mine")
        assert read_exactly(first, 10) == b"still mine"
    session.stop()


def test_the_viewer_s_port_serves_no_other_user(office, tmp_path):
    person = office.person("private")
    session = person.start("connect", "reception", "--target", "desk", "--viewer",
                           viewer(tmp_path, "exec sleep 60"), secrets={"--password-fd": person.password})
    port = port_given_to(tmp_path)
    stranger = person.machine.command(
        "/usr/bin/setpriv", "--reuid", "nobody", "--regid", "nogroup", "--clear-groups", "/usr/bin/python3", "-c",
        f"import socket; print(socket.create_connection(('127.0.0.1', {port}), 5).recv(12))")
    seen = subprocess.run(stranger, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=20)
    assert "RFB" not in seen.stdout, seen.stdout
    with person.machine.connect("127.0.0.1", port) as rightful:
        rightful.settimeout(10)
        assert read_exactly(rightful, 12) == b"RFB 003.008\n", "a stranger must not use up the one connection"
    session.stop()


def still_open(connection):
    try:
        return connection.recv(1) != b""
    except ConnectionResetError:
        return False


def gets_anything(machine, port):
    try:
        with machine.connect("127.0.0.1", port, 2) as connection:
            return bool(connection.recv(1))
    except OSError:
        return False


def test_the_agent_and_the_gateway_end_on_request(office):
    pc = office.network.office_lan.add_pc("short-lived")
    agent = office.agent("short-lived", machine=pc, targets={})
    family = agent.running.family()
    assert agent.running.interrupt() in (DONE, INTERRUPTED)
    assert not any(alive(pid) for pid in family) and not pc.tcp_connections()
    eventually("the gateway knows", lambda: "short-lived" not in office.gateway.agents(), seconds=5)
    agent.run()
    office.wait_for_agent("short-lived")


def test_an_agent_listens_on_nothing_but_its_control_socket(office):
    pc = office.network.office_lan.add_pc("quiet")
    before = pc.listeners()
    agent = office.agent("quiet", machine=pc, targets={})
    holds_for("nothing new listens", lambda: pc.listeners() == before, seconds=0.5)
    done = agent.status()
    assert done.exit_code == DONE and "quiet" in done.output
    sockets = [path for path in agent.state.iterdir() if path.is_socket()]
    assert all(path.stat().st_mode & 0o077 == 0 for path in sockets), "for this user alone"


def test_secret_files_are_for_their_owner_alone(office):
    person = office.person("private-files")
    for party in (office.gateway.state, office.reception.state, person.home / "tasuki"):
        for path in party.rglob("*"):
            if path.is_file() and not path.name.endswith((".toml", ".pem")):
                assert path.stat().st_mode & 0o077 == 0, f"{path} may be read by others"
