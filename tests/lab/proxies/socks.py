"""SOCKS5 servers: microsocks, with or without a password, and Dante, with a rule."""

import shutil
import tempfile
from pathlib import Path

from support.packages import tool
from support.program import Program
from support.waiting import eventually

from . import proxy_url


class _Server:
    def __init__(self, port, prefix=(), host="127.0.0.1"):
        self.port, self.host = port, host
        self._prefix = list(prefix)
        self._program = None
        self._directory = None

    def start(self):
        self._directory = Path(tempfile.mkdtemp(prefix="lab-socks-"))
        self._program = Program([*self._prefix, *self._command()], self._directory / "socks.log")
        eventually(f"{self._program!r} listens on port {self.port}", self._listens)
        return self

    def stop(self):
        if self._program:
            self._program.stop()
            self._program = None
        if self._directory:
            shutil.rmtree(self._directory, ignore_errors=True)
            self._directory = None

    def url(self, user=None, password=None):
        return proxy_url("socks5", self.host, self.port, user, password)

    def _listens(self):
        # Read where the server lives, which may be a network namespace of its own.
        assert self._program.running(), f"it ended:\n{self._program.output()[-2000:]}"
        wanted = f":{self.port:04X}"
        for table in ("tcp", "tcp6"):
            for line in Path(f"/proc/{self._program.pid}/net/{table}").read_text().splitlines()[1:]:
                _, local, _, state, *_ = line.split()
                if local.endswith(wanted) and state == "0A":
                    return True
        return False

    def __enter__(self):
        return self.start()

    def __exit__(self, *_):
        self.stop()


class Socks5(_Server):
    """account: (user, password), or None for a server that lets everyone in."""

    def __init__(self, port, account=None, prefix=(), host="127.0.0.1"):
        super().__init__(port, prefix, host)
        self._account = account

    def _command(self):
        login = ["-u", self._account[0], "-P", self._account[1]] if self._account else []
        return [tool("microsocks"), "-p", str(self.port), *login]


class ForbiddingSocks5(_Server):
    """Lets everyone in and nobody out: what a rule in a company's proxy looks like."""

    def _command(self):
        configuration = self._directory / "danted.conf"
        configuration.write_text(f"""
logoutput: stderr
internal: 0.0.0.0 port = {self.port}
external: lo
clientmethod: none
socksmethod: none
client pass {{ from: 0.0.0.0/0 to: 0.0.0.0/0 }}
socks block {{ from: 0.0.0.0/0 to: 0.0.0.0/0 }}
""")
        return [tool("danted"), "-f", configuration, "-p", self._directory / "danted.pid"]
