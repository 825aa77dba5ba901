"""One running program: its log, its exit, and everything it started.

A program gets a session of its own, so that stopping it stops its children,
and nothing else: we signal the process group that we made, never a name.
"""

import os
import re
import signal
import subprocess
import time
from pathlib import Path

from .waiting import eventually

STARTED = []  # newest last; conftest shows the logs when a test fails


class Program:
    def __init__(self, arguments, log, environment=None, pass_fds=(), cwd=None):
        self.arguments = [str(a) for a in arguments]
        self.log = Path(log)
        self.log.parent.mkdir(parents=True, exist_ok=True)
        with self.log.open("ab") as output:
            self._popen = subprocess.Popen(
                self.arguments, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT,
                env=environment, pass_fds=pass_fds, cwd=cwd, start_new_session=True)
        self.pid = self._popen.pid
        STARTED.append(self)

    def output(self):
        return self.log.read_text(errors="replace")

    def running(self):
        return self._popen.poll() is None

    @property
    def exit_code(self):
        """None while it runs."""
        return self._popen.poll()

    def wait_for(self, pattern, seconds=10.0):
        """Until the output matches; fails at once if the program ends before that."""
        def seen():
            found = re.search(pattern, self.output())
            if found:
                return found
            assert self.running(), f"{self!r} ended with {self.exit_code}:\n{self.output()[-2000:]}"
            return None
        return eventually(f"{self!r} prints {pattern!r}", seen, seconds)

    def wait(self, seconds=10.0):
        """Until it ends by itself; returns its exit code."""
        try:
            return self._popen.wait(seconds)
        except subprocess.TimeoutExpired:
            raise AssertionError(
                f"{self!r} still runs after {seconds:g} s:\n{self.output()[-2000:]}") from None

    def interrupt(self, seconds=10.0):
        """Ctrl-C, as a terminal sends it: to the whole foreground group."""
        self.signal(signal.SIGINT)
        return self.wait(seconds)

    def signal(self, number):
        try:
            os.killpg(self.pid, number)
        except ProcessLookupError:
            pass

    def stop(self, seconds=3.0):
        """Asks it to end, then makes it. Safe to call twice."""
        if self.running():
            self.signal(signal.SIGTERM)
            try:
                self._popen.wait(seconds)
            except subprocess.TimeoutExpired:
                pass
        self.signal(signal.SIGKILL)  # what is left of the group
        return self._popen.wait()

    def family(self):
        """Pids of the program and of all it started that still live in its session."""
        members = []
        for entry in Path("/proc").iterdir():
            if entry.name.isdigit():
                try:
                    if os.getsid(int(entry.name)) == self.pid:
                        members.append(int(entry.name))
                except (ProcessLookupError, PermissionError):
                    pass
        return members

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()

    def __repr__(self):
        words = [Path(a).name if "/" in a else a for a in self.arguments]
        if words[:3] == ["ip", "netns", "exec"]:
            words = words[4:]
        return f"<{' '.join(words)[:100]}>"


def alive(pid):
    """Whether a process runs. One that ended and waits to be reaped does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def pipe_with(text):
    """The read end of a pipe that holds one line: how a secret reaches a program."""
    reading, writing = os.pipe()
    os.write(writing, text.encode() + b"\n")
    os.close(writing)
    return reading


def end_of_session(pids, seconds=2.0):
    """Ends processes of our own namespaces: politely, then not."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        for pid in pids():
            try:
                os.kill(pid, number)
            except ProcessLookupError:
                pass
        deadline = time.monotonic() + seconds
        while pids() and time.monotonic() < deadline:
            time.sleep(0.02)
