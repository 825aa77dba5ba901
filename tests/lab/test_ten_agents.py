"""Ten desktops, ten viewers, all at once through one gateway (N5). No picture ever strays.

Every desktop shows one colour at a time, of a family that belongs to it alone, so that a
single pixel of another's would be recognised whenever it was painted.
"""

import time

import pytest
from support.desktop import TigerDesktop
from support.pixels import blank, colours_in
from support.viewer import VncScreen
from support.waiting import eventually

COUNT = 10
ROUNDS = 8
SIZE = (320, 240)


def colour(number, shade):
    """The number stands in red, the shade in blue."""
    return f"#{20 * number + 20:02x}40{16 * shade + 15:02x}"


def owners(picture):
    """Whose colours are in a picture."""
    return {(red - 20) // 20 for red, _, _ in colours_in(picture)}


def shades(picture):
    return {(blue - 15) // 16 for _, _, blue in colours_in(picture)}


@pytest.fixture(scope="module")
def crowd(world):
    desktops, screens, people = [], [], []
    for number in range(COUNT):
        office = world.network.office_lan.add_pc(f"office-{number}")
        home = world.network.home_lan.add_pc(f"home-{number}")
        desktops.append(TigerDesktop(office, size=SIZE, colour=colour(number, 0), furnished=False))
        screens.append(VncScreen(home, size=SIZE))
        world.agent(f"desk-{number}", machine=office)
        people.append(world.person(machine=home))
    yield desktops, screens, people
    for display in (*screens, *desktops):
        display.stop()


def test_colours_of_different_desktops_are_told_apart():
    for number in range(COUNT):
        for shade in range(ROUNDS + 1):
            assert owners(blank(SIZE, colour(number, shade))) == {number}
    stray = blank(SIZE, colour(1, 0))
    stray.putpixel((5, 5), tuple(bytes.fromhex(colour(2, 3)[1:])))
    assert owners(stray) == {1, 2}


def test_ten_viewers_each_see_their_own_desktop(world, crowd):
    desktops, screens, people = crowd
    assert people[0].sees() == {f"desk-{number}" for number in range(COUNT)}
    sessions = [person.connect(f"desk-{number}", screens[number]) for number, person in enumerate(people)]
    for desktop, screen in zip(desktops, screens):
        screen.shows_the_same_as(desktop, seconds=30)
    assert len(world.gateway.pairs()) == COUNT

    for shade in range(1, ROUNDS + 1):
        for number, desktop in enumerate(desktops):
            desktop.paint(colour(number, shade))
        for number, screen in enumerate(screens):  # while the pictures are still on their way
            assert owners(screen.picture()) == {number}
        time.sleep(0.1)
    for number, screen in enumerate(screens):
        eventually("the last colour has arrived", lambda: shades(screen.picture()) == {ROUNDS})
        assert owners(screen.picture()) == {number}
    assert all(session.running() for session in sessions)
    for session in sessions:
        session.stop()


def test_one_viewer_opens_ten_desktops_one_after_the_other(crowd):
    desktops, screens, people = crowd
    for number, desktop in enumerate(desktops):
        session = people[0].connect(f"desk-{number}", screens[0])
        screens[0].shows_the_same_as(desktop)
        session.stop()
