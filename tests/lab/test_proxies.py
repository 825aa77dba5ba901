"""Both sides sit in networks from which only a proxy leads out, and it asks for a password."""

import pytest
from proxies import HANAKO
from proxies.socks import Socks5
from proxies.squid import Squid
from support import firewall
from support.desktop import TigerDesktop
from support.network import GATEWAY, behind_proxies
from support.services import greeter, read_exactly
from support.tasuki import DONE, NOT_REACHED, Agent, Person
from support.viewer import VncScreen
from support.waiting import eventually
from support.world import World

SCHEMES = ["none", "basic", "digest", "ntlm"]
WRONG = (HANAKO[0], "kazaguruma-no-mae")
STRANGER = ("jiro", "kazaguruma")  # NTLM's test helper knows names, but believes any password
PORT = 3128


def account_for(auth):
    return (None, None) if auth == "none" else HANAKO


class ProxiedWorld(World):
    """A proxy on each side. Agents and persons use theirs."""

    def __init__(self, directory, make):
        super().__init__(directory, topology=behind_proxies)
        self._make = make

    def __enter__(self):
        super().__enter__()
        self.proxies = {}
        try:
            for site in ("office", "home"):
                machine = getattr(self.network, f"{site}_proxy")
                lan = getattr(self.network, f"{site}_lan")
                self.proxies[site] = self._make(PORT, machine.command(), lan.router).start()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        for proxy in self.proxies.values():
            proxy.stop()
        super().__exit__()

    def proxied_agent(self, computer, account, **configuration):
        """Enrolled by the environment's proxy; runs by its own configuration, password in a file."""
        agent = Agent(self.office, computer)
        agent.settings["HTTPS_PROXY"] = self.proxies["office"].url(*account)
        done = agent.enroll(self.profile)
        assert done.exit_code == DONE, done
        del agent.settings["HTTPS_PROXY"]
        proxy = {"url": self.proxies["office"].url().replace("://", f"://{account[0]}@" if account[0] else "://")}
        if account[1]:
            (agent.home / "proxy-password").write_text(account[1] + "\n")
            (agent.home / "proxy-password").chmod(0o600)
            proxy["password_file"] = agent.home / "proxy-password"
        agent.configure(proxy=proxy, **configuration)
        agent.run()
        self.wait_for_agent(computer)
        return agent


@pytest.fixture(scope="module", params=SCHEMES)
def squids(directory, request):
    auth = request.param

    def make(port, prefix, host):
        return Squid(port, auth, prefix=prefix, host=host)

    with ProxiedWorld(directory / auth, make) as world:
        world.auth, world.account = auth, account_for(auth)
        yield world


def test_without_the_proxy_there_is_no_way_out(squids):
    done = squids.person("direct").list()
    assert done.exit_code == NOT_REACHED
    assert "proxy" in done.errors, "the message thinks of a proxy"


def test_a_desktop_is_used_through_proxies_on_both_sides(squids):
    firewall.count_peers(squids.home, squids.network.home_lan.router)
    firewall.count_peers(squids.office, squids.network.office_lan.router)
    with TigerDesktop(squids.office) as desktop, VncScreen(squids.home) as screen:
        notes = desktop.open_notepad()
        agent = squids.proxied_agent(f"proxied-{squids.auth}", squids.account)
        person = squids.person()
        # The person names the proxy in words and keeps the password out of them.
        user, password = squids.account
        url = squids.proxies["home"].url()
        if user:
            url = url.replace("://", f"://{user}@")
            person.settings["TASUKI_PROXY_PASSWORD"] = password
        session = person.connect(agent.computer_id, screen, "--proxy", url)
        screen.shows_the_same_as(desktop)
        screen.type("typed through two proxies")
        eventually("it arrives", lambda: notes.read_text() == "typed through two proxies\n")
        screen.shows_the_same_as(desktop)
        session.stop()
        for site in ("home", "office"):
            eventually("the proxy saw only the gateway's address", lambda: [
                line for line in squids.proxies[site].requests() if f"CONNECT {GATEWAY}:443 200" in line])
    for pc in (squids.home, squids.office):
        assert firewall.peer_packets(pc)["strangers"] == 0
        assert firewall.peer_packets(pc)["known"] > 50


def test_the_environment_names_the_proxy(squids):
    person = squids.person("by-environment")
    for name in ("HTTPS_PROXY", "https_proxy", "ALL_PROXY"):
        person.settings = {name: squids.proxies["home"].url(*squids.account)}
        assert person.list().exit_code == DONE
    person.settings["NO_PROXY"] = GATEWAY
    assert person.list().exit_code == NOT_REACHED


def test_a_wrong_proxy_password_is_said_so_with_407(squids):
    if squids.auth == "none":
        # A proxy that asks for nothing does not mind what it is told.
        wrong, expected = WRONG, DONE
    else:
        wrong, expected = (STRANGER if squids.auth == "ntlm" else WRONG), NOT_REACHED
    person = squids.person("mistyped")
    person.settings["HTTPS_PROXY"] = squids.proxies["home"].url(*wrong)
    done = person.list()
    assert done.exit_code == expected, done
    if expected == NOT_REACHED:
        assert "407" in done.errors and "password" in done.errors
        assert wrong[1] not in done.text


def test_a_missing_proxy_password_is_said_so_with_407(squids):
    person = squids.person("forgetful")
    person.settings["HTTPS_PROXY"] = squids.proxies["home"].url()
    done = person.list()
    if squids.auth == "none":
        assert done.exit_code == DONE
    else:
        assert done.exit_code == NOT_REACHED
        assert "407" in done.errors and "TASUKI_PROXY_PASSWORD" in done.errors


def test_an_agent_with_a_wrong_proxy_password_says_so_and_goes_on_trying(squids):
    if squids.auth == "none":
        return  # nothing to get wrong
    agent = squids.proxied_agent(f"agent-{squids.auth}", squids.account)
    agent.running.stop()
    wrong = STRANGER if squids.auth == "ntlm" else WRONG
    (agent.home / "proxy-password").write_text(wrong[1] + "\n")
    url = squids.proxies["office"].url().replace("://", f"://{wrong[0]}@")
    agent.configure(proxy={"url": url, "password_file": agent.home / "proxy-password"})
    running = agent.run()
    running.wait_for("407", seconds=20)
    assert running.running() and wrong[1] not in running.output()


@pytest.mark.parametrize("account", [None, HANAKO], ids=["open", "password"])
def test_a_session_passes_socks_servers_on_both_sides(directory, account):
    def make(port, prefix, host):
        return Socks5(port, account, prefix=prefix, host=host)

    name = "socks-open" if account is None else "socks-password"
    with ProxiedWorld(directory / name, make) as world, greeter(world.office, b"through socks\n") as desk:
        world.proxied_agent("socks", account or (None, None), targets={"desk": (f"127.0.0.1:{desk.port}", "tcp")})
        person = world.person()
        person.settings["ALL_PROXY"] = world.proxies["home"].url(*(account or (None, None)))
        with person.forward("socks", "desk") as forward, forward.open() as connection:
            assert read_exactly(connection, 14) == b"through socks\n"
        if account:
            person.settings["ALL_PROXY"] = world.proxies["home"].url(*WRONG)
            done = person.list()
            assert done.exit_code == NOT_REACHED and "password" in done.errors
            assert WRONG[1] not in done.text


def test_a_proxy_that_is_not_there_is_named(directory):
    with World(directory / "no-proxy", topology=behind_proxies) as world:
        person = Person(world.home, "person")
        assert person.add_profile(world.profile).exit_code == DONE
        person.settings["HTTPS_PROXY"] = f"http://{world.network.home_lan.router}:3199"
        done = person.list()
        assert done.exit_code == NOT_REACHED
        assert f"{world.network.home_lan.router}:3199" in done.errors
