"""Tasuki's programs in the lab: a gateway, agents, and persons who connect to them.

Secrets go in by file descriptor only, as the command line wants it. What a person
sees (exit code, both outputs) comes back in an `Outcome`.
"""

import json
import os
import re
import shutil
from dataclasses import dataclass
from pathlib import Path

from .program import pipe_with
from .waiting import eventually

ROOT = Path(__file__).resolve().parents[3]

# Exit codes, as the manual documents them.
DONE, FAILED, WRONG_USE, BAD_CONFIGURATION, NOT_REACHED, GATEWAY_REFUSED = 0, 1, 2, 3, 4, 5
NOT_AVAILABLE, WRONG_PASSWORD, IDENTITY_CHANGED, NO_VIEWER, TARGET_REFUSED = 6, 7, 8, 9, 10
SESSION_BROKE, INTERRUPTED = 11, 130

PASSWORD = "Hato-no-su-3-komorebi"


def expected_binary():
    return Path(os.environ.get("TASUKI_BINARY") or ROOT / "build/release/tasuki")


def binary():
    path = expected_binary()
    assert path.exists(), f"{path} is not built: cmake --build --preset release (or set TASUKI_BINARY)"
    return path


@dataclass
class Outcome:
    exit_code: int
    output: str
    errors: str

    @property
    def text(self):
        return self.output + self.errors

    def json(self):
        return json.loads(self.output)

    def __str__(self):
        return f"exit {self.exit_code}\n{self.output}{self.errors}"


class Party:
    """Someone who runs the binary on a machine, with a home of its own."""

    def __init__(self, machine, name):
        self.machine, self.name = machine, name
        self.home = machine.directory / name
        for part in ("", "tmp", "run"):
            (self.home / part).mkdir(parents=True, exist_ok=True)
        (self.home / "run").chmod(0o700)
        self.transcript = []  # every Outcome, so that a test can look for what should not be there
        self.settings = {}  # further environment variables, for this party alone
        self.program = binary()  # another copy, for whoever is to be replaced
        self._runs = 0

    def environment(self):
        return {
            "PATH": os.environ.get("PATH", "/usr/bin:/bin"), "LANG": "C.UTF-8",
            "HOME": str(self.home), "TMPDIR": str(self.home / "tmp"),
            "XDG_RUNTIME_DIR": str(self.home / "run"), "TASUKI_HOME": str(self.home / "tasuki"),
            "XDG_CONFIG_HOME": str(self.home / "config"), "XDG_STATE_HOME": str(self.home / "state"),
        } | self.settings

    def tasuki(self, *arguments, secrets=None, timeout=60):
        """Runs to the end. `secrets`: {'--password-fd': 'text'}."""
        options, descriptors = _by_descriptor(secrets)
        try:
            done = self.machine.run(self.program, *_insert(arguments, options), check=False,
                                    env=self.environment(), pass_fds=descriptors, timeout=timeout)
        finally:
            for descriptor in descriptors:
                os.close(descriptor)
        self.transcript.append(Outcome(done.returncode, done.stdout, done.stderr))
        return self.transcript[-1]

    def start(self, *arguments, secrets=None):
        """Starts and returns the running program."""
        options, descriptors = _by_descriptor(secrets)
        self._runs += 1
        log = f"{self.name}-{arguments[0]}-{self._runs}.log"
        try:
            return self.machine.start(self.program, *_insert(arguments, options), log=log,
                                      environment=self.environment(), pass_fds=descriptors)
        finally:
            for descriptor in descriptors:
                os.close(descriptor)

    def must(self, *arguments, **options):
        """The same as tasuki(), for steps that are not what the test is about."""
        done = self.tasuki(*arguments, **options)
        assert done.exit_code == DONE, f"tasuki {' '.join(map(str, arguments))}: {done}"
        return done


def _by_descriptor(secrets):
    options, descriptors = [], []
    for option, text in (secrets or {}).items():
        descriptor = pipe_with(text)
        options += [option, str(descriptor)]
        descriptors.append(descriptor)
    return options, tuple(descriptors)


def _insert(arguments, options):
    """Options come before a lone --, behind which everything is the viewer's."""
    arguments = [str(a) for a in arguments]
    at = arguments.index("--") if "--" in arguments else len(arguments)
    return arguments[:at] + options + arguments[at:]


class Gateway(Party):
    def __init__(self, machine, name="gateway", addresses=None, realm="lab"):
        super().__init__(machine, name)
        self.state = self.home / "state-of-gateway"
        self.addresses = addresses or [machine.address]
        self.realm = realm
        self.first_profile = self.home / "first.tasuki"
        self.root_key = self.home / "moved-away" / "root-key.pem"
        self.running = None
        self.limits = {}

    def init(self):
        self.root_key.parent.mkdir()
        named = [word for a in self.addresses for word in ("--address", a)]
        return self.must("gateway", "init", "--state", self.state, *named, "--realm", self.realm,
                         "--root-key", self.root_key, "--profile", self.first_profile)

    def configure(self, allow=(), log_directory=None, level="info", keepalive=60, **limits):
        """Writes gateway.toml anew. `allow`: sources exempt from the limits per source."""
        lines = ['role = "gateway"', f"keepalive_seconds = {keepalive}",
                 "[limits]", f"allow = {json.dumps(list(allow))}"]
        lines += [f"{key} = {json.dumps(value)}" for key, value in limits.items()]
        lines += ["[log]", f'level = "{level}"']
        if log_directory:
            lines.append(f'directory = "{log_directory}"')
        (self.state / "gateway.toml").write_text("\n".join(lines) + "\n")

    def second(self, machine):
        """A second gateway of the realm: a copy of this one's state, with an id of its own, on
        another machine."""
        other = Gateway(machine, addresses=self.addresses, realm=self.realm)
        shutil.copytree(self.state, other.state)
        identity = other.state / "identity.toml"
        own, count = re.subn(r'(?m)^gateway_id = .*$', f'gateway_id = "{os.urandom(16).hex()}"',
                             identity.read_text())
        assert count == 1, "identity.toml has another form than it had"
        identity.write_text(own)
        other.first_profile = self.first_profile
        return other

    def run(self):
        self.running = self.start("gateway", "run", "--state", self.state)
        self.wait_until_open()
        return self.running

    def wait_until_open(self, seconds=10):
        def open_now():
            assert self.running.running(), f"the gateway ended: {self.running.output()[-2000:]}"
            return any(address.endswith(":443") for address in self.machine.listeners())
        eventually("the gateway listens on port 443", open_now, seconds)

    def admin(self, *arguments, **options):
        return self.tasuki("admin", "--state", self.state, *arguments, **options)

    def add_key(self, text=None, name="key"):
        """A further gateway key. Returns (profile, label)."""
        self._runs += 1
        profile = self.home / f"{name}-{self._runs}.tasuki"
        done = self.admin("key", "add", "--name", name, "--profile", profile,
                          secrets={"--key-fd": text} if text else None)
        assert done.exit_code == DONE, done
        return profile, label_of(profile)

    def revoke(self, label):
        done = self.admin("key", "revoke", label)
        assert done.exit_code == DONE, done
        return done

    def drain(self, *more):
        done = self.admin("drain", "--json", *more)
        assert done.exit_code == DONE, done
        return done.json()

    def upgrade(self, *more):
        return self.tasuki("gateway", "upgrade", "--state", self.state, *more)

    def agents(self):
        """Computer IDs that are connected now, as the administrator sees them."""
        return computer_ids(self.admin("agents", "--json"))

    def pairs(self):
        return rows(self.admin("pairs", "--json"), "pairs")


class Agent(Party):
    def __init__(self, machine, computer_id, password=PASSWORD, name=None):
        super().__init__(machine, name or f"agent-{computer_id}")
        self.computer_id, self.password = computer_id, password
        self.state = self.home / "state-of-agent"
        self.running = None

    def enroll(self, profile, *more):
        return self.tasuki("agent", "enroll", profile, "--id", self.computer_id, "--state", self.state,
                           *more, secrets={"--password-fd": self.password})

    def configure(self, targets=None, allow=None, proxy=None, return_after=None, limits=None,
                  direct=None):
        """Writes agent.toml anew. `targets`: {name: (address, kind)}; `limits`, `direct`: {key: value}."""
        lines = ['role = "agent"']
        if return_after:
            lines += ["[gateway]", f"return_after = {return_after}"]
        if limits:
            lines += ["[limits]", *(f"{key} = {number}" for key, number in limits.items())]
        if proxy:
            lines += ["[proxy]", *(f"{key} = {json.dumps(str(value))}" for key, value in proxy.items())]
        if allow is not None:
            lines += ["[forward]", f"allow = {json.dumps(list(allow))}"]
        if direct:
            lines += ["[direct]", *(f"{key} = {json.dumps(value)}" for key, value in direct.items())]
        for name, (address, kind) in (targets or {}).items():
            lines += [f"[targets.{name}]", f'address = "{address}"', f'kind = "{kind}"']
        (self.state / "agent.toml").write_text("\n".join(lines) + "\n")

    def run(self):
        self.running = self.start("agent", "run", "--state", self.state)
        return self.running

    def status(self):
        return self.tasuki("agent", "status", "--state", self.state, "--json")


class Person(Party):
    """Who sits at the other end and wants to reach a computer."""

    def __init__(self, machine, name="person", password=PASSWORD):
        super().__init__(machine, name)
        self.password = password

    def add_profile(self, profile, *more):
        return self.tasuki("profile", "add", profile, *more)

    def list(self, *more):
        return self.tasuki("list", "--json", *more)

    def sees(self, *more):
        """Computer IDs in `tasuki list`."""
        done = self.list(*more)
        assert done.exit_code == DONE, done
        return computer_ids(done)

    def forward(self, computer_id, *targets, password=None, more=()):
        """Starts `tasuki forward`, each target on a free local port. See Forward."""
        ports = [self.machine.free_port() for _ in targets]
        words = [f"{port}:{target}" for port, target in zip(ports, targets)]
        program = self.start("forward", computer_id, *words, *more,
                             secrets={"--password-fd": password or self.password})
        return Forward(self.machine, program, ports)

    def connect(self, computer_id, screen, *more, password=None):
        """Starts `tasuki connect` with the viewer that belongs to this screen."""
        self.settings["DISPLAY"] = screen.display
        return self.start("connect", computer_id, "--viewer", screen.command, *more,
                          "--", *screen.arguments,
                          secrets={"--password-fd": password or self.password})


class Forward:
    """A running `tasuki forward` and its local ports."""

    def __init__(self, machine, program, ports):
        self.machine, self.program, self.ports = machine, program, ports

    def ready(self, number=0, seconds=15):
        """Until the local port listens. Opens nothing through it."""
        def listening():
            assert self.program.running(), \
                f"forward ended with {self.program.exit_code}: {self.program.output()[-2000:]}"
            return f"127.0.0.1:{self.ports[number]}" in self.machine.listeners()
        eventually(f"port {self.ports[number]} listens", listening, seconds)
        return self

    def open(self, number=0, timeout=15.0):
        self.ready(number)
        connection = self.machine.connect("127.0.0.1", self.ports[number], timeout)
        connection.settimeout(timeout)
        return connection

    def stop(self):
        self.program.stop()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()


def label_of(profile):
    """The key label that a profile file states in its comment lines."""
    found = re.search(r"key label: (\S+)", Path(profile).read_text())
    assert found, f"no key label in {profile}"
    return found.group(1)


def link_of(profile):
    found = re.search(r"tasuki://\S+", Path(profile).read_text())
    assert found, f"no link in {profile}"
    return found.group(0)


def rows(done, name):
    """The objects of a --json answer: a list, or a list under its name."""
    assert done.exit_code == DONE, done
    content = done.json()
    return content if isinstance(content, list) else content[name]


def computer_ids(done):
    return {row.get("id") or row["computer_id"] for row in rows(done, "agents")}
