"""An X server in a machine, and what stands on it: windows, a background, a keyboard."""

import itertools
import os
import socket
from pathlib import Path

from .packages import tool
from .pixels import picture_of
from .waiting import eventually

# No decorations and no margins where a viewer must cover the whole screen.
_BARE_WINDOWS = """<?xml version="1.0"?>
<openbox_config xmlns="http://openbox.org/3.4/rc">
  <focus><focusNew>yes</focusNew><followMouse>no</followMouse></focus>
  <applications><application class="*"><decor>no</decor><focus>yes</focus></application></applications>
</openbox_config>
"""


# Away from the numbers that people and other programs choose; spread by pid, since two
# labs may run at once.
_numbers = itertools.count(1000 + os.getpid() % 5000 * 10)


class Display:
    """Base of desktops and of the screens on which viewers run."""

    def __init__(self, machine, name, size):
        self.machine = machine
        self.size = size
        self.directory = machine.directory / name
        self.directory.mkdir(parents=True, exist_ok=True)
        self.programs = []
        self.display = None

    def start_server(self, *arguments):
        """Starts the X server `arguments` on a display number of its own.

        Machines of the lab share one /tmp, and with it X's sockets: a number in use in
        one of them is in use in all. X's own lock file decides who has it. (-displayfd
        would pick a number, but takes no lock, and so steals one across namespaces.)
        """
        # -ac: other programs of the lab draw on it without a cookie. -noreset: a server that
        # starts over when its last client leaves throws out the one that is just coming.
        for number in _numbers:
            lock, path = Path(f"/tmp/.X{number}-lock"), f"/tmp/.X11-unix/X{number}"
            if lock.exists() or Path(path).exists():
                continue
            server = self.start(arguments[0], f":{number}", *arguments[1:], "-ac", "-noreset",
                                "-nolisten", "tcp")
            eventually(f"X display {number} is there",
                       lambda: not server.running() or (_owner(lock) == server.pid and _accepts(path)))
            if server.running():
                self.display = f":{number}"
                return server
            assert "already active" in server.output(), server.output()[-2000:]

    def environment(self):
        """A person's own, not this test run's: no proxies, no other display, no other home."""
        return {
            "PATH": os.environ.get("PATH", "/usr/bin:/bin") + ":/usr/sbin:/sbin",
            "HOME": str(self.directory), "USER": "root", "LOGNAME": "root",
            "LANG": "C.UTF-8", "DISPLAY": self.display or "",
            "XDG_CONFIG_HOME": str(self.directory / "config"),
            "XDG_CACHE_HOME": str(self.directory / "cache"),
            "XDG_DATA_HOME": str(self.directory / "share"),
        }

    def start(self, *arguments, pass_fds=(), log=None):
        log = log or f"{self.directory.name}/{os.path.basename(str(arguments[0]))}-{len(self.programs)}.log"
        program = self.machine.start(*arguments, environment=self.environment(),
                                     pass_fds=pass_fds, log=log)
        self.programs.append(program)
        return program

    def manage_windows(self, bare):
        """A small window manager, ready when it says so on the root window."""
        configuration = []
        if bare:
            rc = self.directory / "rc.xml"
            rc.write_text(_BARE_WINDOWS)
            configuration = ["--config-file", rc]
        manager = self.start(tool("openbox"), "--sm-disable", *configuration)
        eventually("openbox manages this display",
                   lambda: self.xdotool("get_desktop", check=False).returncode == 0 and manager.running())

    def paint(self, colour):
        """The background: '#rrggbb'."""
        self.machine.run(tool("xsetroot"), "-solid", colour, env=self.environment())

    def xdotool(self, *arguments, check=True):
        return self.machine.run(tool("xdotool"), *arguments, env=self.environment(), check=check)

    def type(self, text, *, enter=True):
        """As a person at this display's keyboard would. A viewer on it sends the keys on."""
        self.xdotool("type", "--delay", "15", text)
        if enter:
            self.xdotool("key", "Return")

    def picture(self):
        return picture_of(self.display)

    def stop(self):
        for program in reversed(self.programs):
            program.stop()
        self.programs.clear()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()


def _owner(lock):
    return int(lock.read_text()) if lock.exists() else None


def _accepts(path):
    with socket.socket(socket.AF_UNIX) as probe:
        return probe.connect_ex(path) == 0
