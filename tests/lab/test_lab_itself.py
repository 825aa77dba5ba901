"""The lab proves itself: real desktops through a plain relay, and that each instrument bites.

A stand-in that reads everything it passes (socat, in the clear) takes the place of the
gateway. What is a success here must fail to be found through Tasuki, and the other way round.
"""

import base64
import time
from pathlib import Path

import pytest
from proxies.squid import Squid
from support import firewall, packages
from support.desktop import RdpDesktop, SharedDesktop, TigerDesktop
from support.network import GATEWAY, GATEWAY6, behind_proxies, two_nats
from support.packages import tool
from support.pixels import blank, differing_pixels, wait_until_same
from support.program import alive
from support.services import TICK, Listener, Service, greeter, read_exactly, ticker
from support.traces import forms_of, memory_of, traces, typed_keys
from support.viewer import RdpScreen, VncScreen
from support.waiting import NeverHappened, eventually

CANARY = "kingfisher7canary"
TITLE = "title-canary-of-the-desktop"


@pytest.fixture(scope="module")
def network(directory):
    with two_nats(directory, ipv6=True) as made:
        yield made


def relay_in_the_clear(network, target_port, entry_port):
    """Office and home both dial the gateway's machine, which joins them with socat."""
    gateway = network.gateway
    gateway.start(tool("socat"), f"TCP-LISTEN:{entry_port + 1},reuseaddr", f"TCP-LISTEN:{entry_port},reuseaddr")
    eventually("the relay listens", lambda: any(
        a.endswith(f":{entry_port + 1}") for a in gateway.listeners()))
    network.office.start(tool("socat"), f"TCP:{GATEWAY}:{entry_port + 1}", f"TCP:127.0.0.1:{target_port}")
    eventually("the office has dialled", lambda: any(
        a.endswith(f":{entry_port}") for a in gateway.listeners()))


@pytest.mark.parametrize("desktop_kind, screen_kind, entry", [
    (TigerDesktop, VncScreen, 7000), (SharedDesktop, VncScreen, 7100), (RdpDesktop, RdpScreen, 7200)],
    ids=["Xtigervnc", "x11vnc", "xrdp"])
def test_a_desktop_is_seen_and_typed_into_through_a_plain_relay(network, desktop_kind, screen_kind, entry):
    with desktop_kind(network.office) as desktop, screen_kind(network.home) as screen:
        notes = desktop.open_notepad()
        relay_in_the_clear(network, desktop.port, entry)
        screen.watch(GATEWAY, entry)
        screen.shows_the_same_as(desktop)
        screen.type("through the relay 123")
        eventually("the line arrives", lambda: notes.read_text() == "through the relay 123\n")
        screen.shows_the_same_as(desktop)


def test_pictures_of_different_desktops_are_told_apart(network):
    with TigerDesktop(network.office, colour="#204060") as desktop, VncScreen(network.office) as screen:
        screen.watch("127.0.0.1", desktop.port)
        screen.shows_the_same_as(desktop)
        with TigerDesktop(network.office, colour="#204061", name="other", port=5950) as other:
            with pytest.raises(NeverHappened, match="pixels differ"):
                wait_until_same(other, screen, seconds=1, keep_in=screen.directory)


def test_a_single_pixel_makes_pictures_different():
    one, other = blank((800, 600), "#204060"), blank((800, 600), "#204060")
    assert differing_pixels(one, other) == 0
    other.putpixel((799, 599), (0x20, 0x40, 0x61))
    assert differing_pixels(one, other) == 1
    assert differing_pixels(one, blank((400, 300), "#204060")) == 800 * 600


def test_nothing_reaches_into_the_office_from_outside(network):
    with greeter(network.office, b"here\n", port=5900):
        assert network.office.answers("127.0.0.1", 5900)
        listener = network.office.listen(5901, address="0.0.0.0")
        assert network.office.answers(network.office.address, 5901)
        for outside in (network.home, network.internet, network.gateway):
            assert not outside.answers(network.office.address, 5901)
            assert not outside.answers(network.office_nat.address, 5901)
            assert not outside.answers(network.office.address6, 5901)
        listener.close()


def test_the_gateway_is_reached_from_both_sides_over_both_protocols(network):
    for address in ("0.0.0.0", "::"):
        with network.gateway.listen(8443 if address == "::" else 8444, address=address) as listener:
            port = listener.getsockname()[1]
            where = GATEWAY6 if address == "::" else GATEWAY
            assert network.office.answers(where, port) and network.home.answers(where, port)


def test_each_nat_hides_the_address_behind_it(network):
    with network.gateway.listen(8445, address="0.0.0.0") as listener:
        with network.office.connect(GATEWAY, 8445):
            assert listener.accept()[1][0] == network.office_nat.address


def test_a_changed_ruleset_is_noticed(network):
    before = firewall.ruleset(network.office_nat)
    network.office_nat.run("nft", 'add rule inet lab_filter forward tcp dport 5900 accept')
    assert firewall.ruleset(network.office_nat) != before
    handle = network.office_nat.run("nft", "-a", "list", "chain", "inet", "lab_filter", "forward").stdout
    number = next(line for line in handle.splitlines() if "5900" in line).split()[-1]
    network.office_nat.run("nft", "delete", "rule", "inet", "lab_filter", "forward", "handle", number)
    assert firewall.ruleset(network.office_nat) == before


def test_packets_alone_do_not_change_the_ruleset_text(network):
    before = firewall.ruleset(network.office_nat)
    with network.gateway.listen(8446, address="0.0.0.0"):
        assert network.office.answers(GATEWAY, 8446)
    assert firewall.ruleset(network.office_nat) == before


def test_packets_to_strangers_are_counted(network):
    with two_nats(network.directory / "counted") as counted:
        firewall.count_peers(counted.home, GATEWAY)
        with counted.gateway.listen(8447, address="0.0.0.0"):
            assert counted.home.answers(GATEWAY, 8447)
            assert counted.home.answers("127.0.0.1", 1) is False  # loopback is nobody's business
        assert firewall.peer_packets(counted.home)["known"] > 3
        assert firewall.peer_packets(counted.home)["strangers"] == 0
        counted.home.answers(counted.office_nat.address, 80)
        assert firewall.peer_packets(counted.home)["strangers"] > 0


def test_a_gateway_that_dials_is_stopped_and_counted(network):
    with two_nats(network.directory / "mute") as mute:
        firewall.forbid_outgoing(mute.gateway)
        with mute.gateway.listen(8448, address="0.0.0.0"):
            assert mute.home.answers(GATEWAY, 8448)  # being dialled is no offence
        assert firewall.outgoing_attempts(mute.gateway) == 0
        assert not mute.gateway.answers(mute.home_nat.address, 80)
        assert firewall.outgoing_attempts(mute.gateway) > 0


def test_behind_a_proxy_only_a_program_on_the_proxy_leads_out(directory):
    with behind_proxies(directory / "proxied") as network:
        with network.gateway.listen(8449, address="0.0.0.0"):
            assert not network.office.answers(GATEWAY, 8449)
            assert network.office_proxy.answers(GATEWAY, 8449)
            network.office_proxy.start(
                tool("socat"), "TCP-LISTEN:3128,fork,reuseaddr", f"TCP:{GATEWAY}:8449")
            eventually("the way out is open", lambda: network.office.answers(network.office_lan.router, 3128))


@pytest.mark.parametrize("auth, answer", [("none", b" 200 "), ("basic", b" 407 "), ("digest", b" 407 "),
                                          ("ntlm", b" 407 ")])
def test_squid_leads_out_of_a_proxied_network_if_it_knows_who_asks(directory, auth, answer):
    with behind_proxies(directory / f"squid-{auth}") as network, \
            greeter(network.gateway, b"out here\n", port=443, address="0.0.0.0"), \
            Squid(3128, auth, prefix=network.home_proxy.command(), host=network.home_lan.router):
        with network.home.connect(network.home_lan.router, 3128) as connection:
            connection.sendall(f"CONNECT {GATEWAY}:443 HTTP/1.1\r\nHost: {GATEWAY}\r\n\r\n".encode())
            head = connection.recv(4096)
            assert answer in head.splitlines()[0]
            if auth == "none":
                assert b"out here\n" in head or read_exactly(connection, 9) == b"out here\n"


def test_a_dead_link_says_nothing_and_can_be_mended(network):
    with network.gateway.listen(8450, address="0.0.0.0"):
        firewall.cut(network.home, peer=GATEWAY)
        began = time.monotonic()
        assert not network.home.answers(GATEWAY, 8450, timeout=0.4)
        assert time.monotonic() - began > 0.3, "a cut must be silent, not refuse"
        firewall.mend(network.home)
        assert network.home.answers(GATEWAY, 8450)


def test_what_crosses_in_the_clear_is_found_in_the_capture(network):
    with TigerDesktop(network.office, title=TITLE) as desktop, VncScreen(network.home) as screen:
        notes = desktop.open_notepad()
        capture = network.capture()
        relay_in_the_clear(network, desktop.port, 7300)
        screen.watch(GATEWAY, 7300)
        screen.shows_the_same_as(desktop)
        screen.type(CANARY)
        eventually("the canary arrives", lambda: notes.read_text() == CANARY + "\n")
        capture.stop()
    streams = capture.streams()
    assert {link.split(":")[0] for link, _ in streams} >= {"office", "office-nat", "gateway", "home-nat", "home"}
    assert traces(TITLE, {" ".join(name): content for name, content in streams.items()})
    assert traces(TITLE, capture.raw())
    typed_on = {link for (link, _), content in streams.items() if CANARY.encode() in typed_keys(content)}
    assert typed_on == set(capture.files), "each link carried the typing, and each shows it"
    assert not traces("words that nobody said", capture.raw())


@pytest.mark.parametrize("written", [
    "xx{}yy", "{hex}", "{HEX}", "a{b64}", "ab{b64}", "abc{b64}"])
def test_a_secret_is_found_in_every_form(written):
    secret = "Hato-no-su-3?>komorebi~~"
    if "{b64}" in written:
        before = written.split("{")[0]
        content = base64.b64encode((before + secret + "tail").encode())
    else:
        content = written.format(secret, hex=secret.encode().hex(),
                                 HEX=secret.encode().hex().upper()).encode()
    assert traces(secret, {"place": b"\0\1" + content + b"\2"})
    assert not traces(secret, {"place": content[:-len(content) // 2]})


def test_short_secrets_cannot_be_looked_for():
    with pytest.raises(AssertionError, match="too short"):
        forms_of("short")


def test_a_secret_in_a_process_is_found_while_it_lives(network):
    program = network.gateway.start(
        "/usr/bin/python3", "-c",
        "import sys, time; kept = bytes(b ^ 1 for b in bytes.fromhex(sys.argv[1])); time.sleep(60)",
        bytes(b ^ 1 for b in CANARY.encode()).hex())

    def found():
        return traces(CANARY, {k: v for pid in program.family() for k, v in memory_of(pid).items()})

    eventually("the canary is in memory", found)
    assert not traces("words-that-nobody-keeps-here"[::-1], memory_of(program.pid))


def test_a_lost_or_repeated_tick_is_noticed(network):
    with ticker(network.office) as steady:
        ear = Listener(network.office.connect("127.0.0.1", steady.port))
        assert ear.hears_more()
        ear.close()

    def skips(connection):
        for number in (0, 1, 3):
            connection.sendall(TICK.pack(number, number ^ 0xFFFFFFFFFFFFFFFF))

    with Service(network.office, skips) as faulty:
        ear = Listener(network.office.connect("127.0.0.1", faulty.port))
        assert not ear.hears_more(seconds=1)
        assert ear.fault == "tick 3 where 2 was due"


def test_nothing_of_a_network_outlives_it(directory):
    with two_nats(directory / "gone") as gone:
        sleeper = gone.office.start("sh", "-c", "setsid sleep 300 & sleep 300")
        eventually("both run", lambda: len(gone.office.processes()) == 3)
        pids, names = gone.office.processes(), [m.name for m in gone.machines.values()]
    assert not sleeper.running()
    assert not [pid for pid in pids if alive(pid)]
    assert not [name for name in names if Path(f"/run/netns/{name}").exists()]


def test_sockets_of_the_lab_stand_in_the_machine_they_were_made_for(network):
    with greeter(network.office, b"office\n") as service:
        with network.office.connect("127.0.0.1", service.port) as connection:
            assert read_exactly(connection, 7) == b"office\n"
        assert not network.home.answers("127.0.0.1", service.port)


def test_a_missing_tool_names_its_package():
    packages.PACKAGE_OF["no-such-tool"] = "no-such-package"
    with pytest.raises(AssertionError, match="apt-get install no-such-package"):
        tool("no-such-tool")
    del packages.PACKAGE_OF["no-such-tool"]


def test_every_tool_of_the_lab_is_there_and_its_package_listed():
    listed = packages.listed()
    for name, package in packages.PACKAGE_OF.items():
        assert tool(name)
        assert package in listed, f"{package} is missing in packages.txt"
