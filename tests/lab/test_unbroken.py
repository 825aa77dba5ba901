"""A person types on in a desktop while the gateway that carries the session is killed, or silent:
the viewer stays, and every character arrives, once and in order."""

import threading
import time
from pathlib import Path

import pytest
from support import losses
from support.desktop import RdpDesktop, TigerDesktop
from support.realm import Realm, local_connections, news_of_line
from support.viewer import RdpScreen, VncScreen
from support.waiting import eventually

# Each line differs from every other, so that one that is missing or doubled is seen as that.
LINES = [f"line {number} of what is typed at home, read in the office" for number in range(11, 21)]
TEXT = "".join(line + "\n" for line in LINES)


@pytest.fixture(scope="module")
def realm(directory):
    with Realm(directory) as made:
        yield made


@pytest.mark.parametrize("computer, desktop_kind, screen_kind, loss", [
    ("vnc", TigerDesktop, VncScreen, losses.killed),
    ("rdp", RdpDesktop, RdpScreen, losses.killed),
    ("silent", TigerDesktop, VncScreen, losses.black_hole)], ids=["VNC", "RDP", "VNC, for seconds"])
def test_typing_goes_on_over_the_other_gateway(realm, computer, desktop_kind, screen_kind, loss):
    office = realm.network.office_lan.add_pc(f"office-{computer}")
    home = realm.network.home_lan.add_pc(f"home-{computer}")
    with desktop_kind(office) as desktop, screen_kind(home) as screen:
        notes = desktop.open_notepad()
        agent = realm.agent(computer, machine=office)
        session = realm.person(machine=home).connect(computer, screen)
        screen.shows_the_same_as(desktop)
        viewer, connections = viewer_in(session), local_connections(home)
        assert len(viewer) == 1 and len(connections) == 2, "the viewer's end and ours"

        typing = threading.Thread(target=lambda: [screen.type(line) for line in LINES], daemon=True)
        typing.start()
        time.sleep(3)
        arrived = len(notes.read_text())
        happened = loss(realm, computer)
        typing.join(60)

        eventually("all that was typed arrives", lambda: notes.read_text() == TEXT, 20)
        assert 0 < arrived < len(TEXT) - 100, f"{arrived} characters had come by then"
        screen.shows_the_same_as(desktop)
        assert session.running() and viewer_in(session) == viewer
        assert local_connections(home) == connections
        assert news_of_line(session, computer) == ["lost", "back"]
        happened.undo()
        session.stop()
        agent.running.stop()


def viewer_in(session):
    """{pid: name} of the viewer that `tasuki connect` started."""
    names = {pid: Path(f"/proc/{pid}/comm").read_text().strip() for pid in session.family()}
    return {pid: name for pid, name in names.items() if name not in ("tasuki", "ip")}

