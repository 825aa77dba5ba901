"""A client reaches a gateway through every kind of proxy that asks for a password, or does not."""

import os
import socket
import subprocess
import threading
from dataclasses import dataclass
from pathlib import Path

import pytest

from proxies import HANAKO, TARO
from proxies.socks import ForbiddingSocks5, Socks5
from proxies.squid import Squid
from support.network import GATEWAY as INTERNET_GATEWAY, behind_proxies
from support.services import greeter
from support.waiting import eventually

# Squid's packaged rules let CONNECT through to this port alone.
GATEWAY = "127.0.0.2:443"
NAME, NAMED = "gateway.lab.example", "gateway.lab.example:443"  # only the proxies know it
OTHER_PORT = "127.0.0.2:8443"
NOBODY = "127.0.0.3:443"

WRONG = ("hanako", "fuurin")
STRANGER = ("jiro", "kazaguruma")

ROOT = Path(__file__).resolve().parents[3]


@dataclass
class Seen:
    exit_code: int
    output: str   # the answer, or the name of the cause
    message: str

    def cause(self):
        assert self.exit_code == 4, self
        return self.output


def probe():
    path = Path(os.environ.get("TASUKI_REACH_PROBE") or ROOT / "build/release/tests/reach_probe")
    assert path.exists(), f"{path} is not built (or set TASUKI_REACH_PROBE)"
    return path


def reach(address, proxy_url, **environment):
    done = subprocess.run([probe(), address, proxy_url], env={"PATH": "/usr/bin:/bin"} | environment,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=30)
    return Seen(done.returncode, done.stdout.strip(), done.stderr.strip())


def through(proxy, account=(None, None), address=GATEWAY, **environment):
    """Whatever comes of it, nothing that a person sees holds the password."""
    seen = reach(address, proxy.url(*account), **environment)
    if account[1]:
        assert account[1] not in seen.output + seen.message
    if seen.exit_code:
        assert f"{proxy.host}:{proxy.port}" in seen.message
    return seen


@pytest.fixture(scope="module", autouse=True)
def gateway():
    """Echoes, as a gateway does not, but it is silent until it is spoken to, as a gateway is."""
    listener = socket.create_server(("127.0.0.2", 443))

    def echo(connection):
        with connection:
            while content := connection.recv(4096):
                connection.sendall(content)

    def accept():
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=echo, args=(connection,), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    yield
    listener.shutdown(socket.SHUT_RDWR)
    listener.close()


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as one:
        return one.getsockname()[1]


@pytest.fixture(scope="module")
def squids():
    """One of each kind, started when a test first wants it."""
    running = {}

    def squid(auth):
        if auth not in running:
            running[auth] = Squid(free_port(), auth, names={NAME: "127.0.0.2"}).start()
        return running[auth]

    yield squid
    for each in running.values():
        each.stop()


@pytest.fixture(scope="module")
def socks():
    with Socks5(free_port(), HANAKO) as server:
        yield server


# HTTP

def test_open_proxy_lets_everyone_through(squids):
    assert through(squids("none")) == Seen(0, "hello", "")


def test_open_proxy_does_not_mind_a_password(squids):
    assert through(squids("none"), HANAKO).output == "hello"


@pytest.mark.parametrize("auth", ["basic", "digest", "ntlm"])
def test_right_password_leads_through(squids, auth):
    assert through(squids(auth), HANAKO) == Seen(0, "hello", "")


@pytest.mark.parametrize("auth", ["basic", "digest"])
def test_password_may_hold_anything(squids, auth):
    assert through(squids(auth), TARO) == Seen(0, "hello", "")


@pytest.mark.parametrize("auth, account", [("basic", WRONG), ("digest", WRONG), ("ntlm", STRANGER)])
def test_wrong_password_is_called_wrong(squids, auth, account):
    assert through(squids(auth), account).cause() == "proxy_wrong_password"


@pytest.mark.parametrize("auth", ["basic", "digest", "ntlm"])
def test_missing_password_is_called_missing(squids, auth):
    assert through(squids(auth)).cause() == "proxy_needs_password"


@pytest.mark.parametrize("auth, account", [("none", (None, None)), ("basic", HANAKO)])
def test_proxy_forbids_every_port_but_443(squids, auth, account):
    seen = through(squids(auth), account, OTHER_PORT)
    assert seen.cause() == "proxy_forbids"
    assert OTHER_PORT in seen.message


def test_gateway_that_does_not_listen_is_not_the_users_fault(squids):
    seen = through(squids("digest"), HANAKO, NOBODY)
    assert seen.cause() == "proxy_failed"
    assert NOBODY in seen.message and "503" in seen.message


def test_proxy_resolves_the_gateways_name(squids):
    assert reach(NAMED, "none").cause() in ("name_unknown", "unreachable")
    assert through(squids("none"), address=NAMED).output == "hello"


def test_proxy_sees_who_asks_and_for_what(squids):
    squid = squids("digest")
    through(squid, HANAKO)
    wanted = f"CONNECT {GATEWAY} 200 {HANAKO[0]} Tasuki/1"
    eventually("Squid has logged the connection", lambda: wanted in squid.requests())


def test_environment_has_no_say_once_a_proxy_is_named(squids, tmp_path):
    squid = squids("none")
    (tmp_path / ".netrc").write_text("default login jiro password x\n")
    before = len(squid.requests())
    seen = through(squid, NO_PROXY="*", no_proxy="*", ALL_PROXY="http://127.0.0.9:9",
                   http_proxy="http://127.0.0.9:9", HOME=str(tmp_path))
    assert seen.output == "hello"
    eventually("it went through Squid", lambda: len(squid.requests()) > before)


def test_proxy_that_is_gone_is_named():
    squid = Squid(free_port())
    seen = through(squid, HANAKO)
    assert seen.cause() == "proxy_unreachable"


# SOCKS5

def test_socks_lets_everyone_through_without_a_password():
    with Socks5(free_port()) as open_to_all:
        assert through(open_to_all) == Seen(0, "hello", "")
        assert through(open_to_all, HANAKO).output == "hello"


def test_socks_right_password_leads_through(socks):
    assert through(socks, HANAKO) == Seen(0, "hello", "")


def test_socks_password_may_hold_anything():
    with Socks5(free_port(), TARO) as server:
        assert through(server, TARO) == Seen(0, "hello", "")


@pytest.mark.parametrize("account", [WRONG, STRANGER])
def test_socks_wrong_password_is_called_wrong(socks, account):
    assert through(socks, account).cause() == "proxy_wrong_password"


def test_socks_missing_password_is_called_missing(socks):
    assert through(socks).cause() == "proxy_needs_password"


def test_socks_gateway_that_does_not_listen_is_not_the_users_fault(socks):
    seen = through(socks, HANAKO, NOBODY)
    assert seen.cause() == "proxy_failed"
    assert "connection refused" in seen.message


def test_socks_rule_against_the_gateway_forbids():
    with ForbiddingSocks5(free_port()) as server:
        assert through(server).cause() == "proxy_forbids"


def test_socks_proxy_resolves_the_gateways_name(tmp_path):
    hosts = tmp_path / "hosts"
    hosts.write_text(f"127.0.0.2 {NAME}\n")
    own_hosts = ["unshare", "--mount", "sh", "-c", f'mount --bind {hosts} /etc/hosts && exec "$@"', "-"]
    with Socks5(free_port(), prefix=own_hosts) as server:
        assert through(server, address=NAMED).output == "hello"


def test_http_proxy_at_a_socks_server_fails_cleanly(socks):
    wrong_kind = Squid(socks.port)
    assert through(wrong_kind).cause() == "proxy_failed"


# Where there is no other way out

@pytest.mark.parametrize("kind", ["squid", "socks"])
def test_person_in_a_network_that_only_a_proxy_leaves(directory, kind):
    with behind_proxies(directory / kind) as network:
        way_out = {"prefix": network.office_proxy.command(), "host": network.office_lan.router}
        proxy = {"squid": lambda: Squid(3128, "digest", **way_out),
                 "socks": lambda: Socks5(1080, HANAKO, **way_out)}[kind]()
        address = f"{INTERNET_GATEWAY}:443"
        with proxy, greeter(network.gateway, b"", 443, "0.0.0.0"):
            assert network.office.run(probe(), address, "none", check=False).stdout == "unreachable\n"
            done = network.office.run(probe(), address, proxy.url(*HANAKO))
            assert done.stdout == "hello\n"
