"""One machine of a lab network: a network namespace, its programs and its sockets."""

import ctypes
import os
import shutil
import socket
import subprocess
import threading
from contextlib import contextmanager
from pathlib import Path

from .packages import tool
from .program import Program, end_of_session

_libc = ctypes.CDLL(None, use_errno=True)
_CLONE_NEWNET = 0x40000000
_NAMES = Path("/run/netns")
_SETTINGS = Path("/etc/netns")  # ip netns exec shows its files in place of those in /etc


class Machine:
    def __init__(self, role, prefix, directory):
        self.role = role
        self.name = f"{prefix}-{role}"
        self.directory = Path(directory) / role  # logs and scratch files of this machine
        self.directory.mkdir(parents=True, exist_ok=True)
        self.address = None   # IPv4 on the way out, set by the topology
        self.address6 = None
        self._programs = []
        subprocess.run([tool("ip"), "netns", "add", self.name], check=True)
        # No name server: a question that some program asks of one stays on the machine.
        (_SETTINGS / self.name).mkdir(parents=True)
        (_SETTINGS / self.name / "resolv.conf").write_text("nameserver 127.0.0.1\n")
        self.run("ip", "link", "set", "lo", "up")

    # Programs

    def knows(self, names):
        """Names of other machines, {name: address}, as if a name server had told them."""
        lines = [f"{address} {name}\n" for name, address in ({"localhost": "127.0.0.1"} | names).items()]
        (_SETTINGS / self.name / "hosts").write_text("".join(lines))

    def command(self, *arguments):
        """The same command, inside this machine."""
        return [tool("ip"), "netns", "exec", self.name, *map(str, arguments)]

    def run(self, *arguments, check=True, timeout=60, **options):
        """Runs to the end; stdout and stderr come back as text."""
        done = subprocess.run(self.command(*arguments), text=True, stdin=options.pop("stdin", None),
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=timeout,
                              **options)
        if check and done.returncode != 0:
            raise AssertionError(f"{self.role}: {' '.join(map(str, arguments))} ended with "
                                 f"{done.returncode}: {done.stdout}{done.stderr}")
        return done

    def start(self, *arguments, log=None, environment=None, pass_fds=(), cwd=None):
        name = log or f"{Path(str(arguments[0])).name}-{len(self._programs)}.log"
        program = Program(self.command(*arguments), self.directory / name, environment, pass_fds, cwd)
        self._programs.append(program)
        return program

    def processes(self):
        """Pids of every process in this machine, whoever started it."""
        return _pids_in(self.name)

    # Sockets: made here by this process, as if a program of this machine had made them

    @contextmanager
    def inside(self):
        """This thread's new sockets belong to this machine while it lasts."""
        # The calling thread alone moves, so it must not be one that others share:
        # every thread of the lab has its own /proc/thread-self/ns/net.
        home = os.open("/proc/thread-self/ns/net", os.O_RDONLY)
        here = os.open(_NAMES / self.name, os.O_RDONLY)
        try:
            _enter(here)
            yield self
        finally:
            _enter(home)
            os.close(here)
            os.close(home)

    def connect(self, address, port, timeout=5.0):
        with self.inside():
            return socket.create_connection((str(address), port), timeout)

    def listen(self, port=0, address="127.0.0.1", backlog=64):
        with self.inside():
            family = socket.AF_INET6 if ":" in address else socket.AF_INET
            return socket.create_server((address, port), family=family, backlog=backlog)

    def free_port(self):
        with self.listen() as probe:
            return probe.getsockname()[1]

    def answers(self, address, port, timeout=0.5):
        try:
            self.connect(address, port, timeout).close()
            return True
        except OSError:
            return False

    def tcp_connections(self, port=None):
        """Established TCP 4-tuples, as ss shows them: a set of 'local peer' texts."""
        lines = self.run("ss", "-Htn", "state", "established").stdout.splitlines()
        pairs = {" ".join(line.split()[2:4]) for line in lines}
        return {p for p in pairs if port is None or f":{port}" in p}

    def listeners(self):
        """Local addresses of listening TCP and bound UDP sockets."""
        lines = self.run("ss", "-Hltun").stdout.splitlines()
        return {line.split()[4] for line in lines}

    # The end

    def remove(self):
        for program in reversed(self._programs):
            program.stop()
        end_of_session(self.processes)
        _forget(self.name)

    def __str__(self):
        return self.role


def _pids_in(name):
    listed = subprocess.run([tool("ip"), "netns", "pids", name],
                            stdout=subprocess.PIPE, text=True, check=False).stdout
    return [int(pid) for pid in listed.split() if int(pid) != os.getpid()]


def _forget(name):
    shutil.rmtree(_SETTINGS / name, ignore_errors=True)
    subprocess.run([tool("ip"), "netns", "del", name], check=False)


def _enter(descriptor):
    if _libc.setns(descriptor, _CLONE_NEWNET) != 0:
        raise OSError(ctypes.get_errno(), "setns")


_counter = 0
_counter_lock = threading.Lock()


def fresh_prefix():
    """Unique on this machine as long as this process lives."""
    global _counter
    with _counter_lock:
        _counter += 1
        return f"lab{os.getpid()}n{_counter}"


def remove_orphans():
    """Namespaces of lab runs that were killed before they could clean up."""
    if not _NAMES.is_dir():
        return
    for path in _NAMES.glob("lab*n*-*"):
        owner = path.name[3:].split("n")[0]
        if owner.isdigit() and not Path(f"/proc/{owner}").exists():
            end_of_session(lambda: _pids_in(path.name))
            _forget(path.name)
