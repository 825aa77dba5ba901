"""Squid with the configuration that Debian ships.

What an administrator would change is changed, and where they would change it: in
conf.d, which the packaged file includes after its own rules. So a CONNECT to any
port but 443 is refused before anybody is asked for a password.
"""

import hashlib
import shutil
import subprocess
import tempfile
from pathlib import Path

from support.packages import tool
from support.program import Program

from . import HANAKO, TARO, proxy_url

PACKAGED = Path("/etc/squid/squid.conf")
HELPERS = Path("/usr/lib/squid")
REALM = "Office proxy"


class Squid:
    """auth: 'none', 'basic', 'digest' or 'ntlm'. names: host names that it alone knows."""

    def __init__(self, port, auth="none", prefix=(), host="127.0.0.1", accounts=(HANAKO, TARO),
                 names=None):
        self.port, self.auth, self.host = port, auth, host
        self._prefix, self._accounts, self._names = list(prefix), accounts, names or {}
        self._program = None
        self._directory = None

    def start(self):
        # Not below the tests' own directory: Squid's user may not enter that one.
        self._directory = Path(tempfile.mkdtemp(prefix="lab-squid-"))
        self._directory.chmod(0o755)
        shutil.chown(self._directory, "proxy", "proxy")
        configuration = self._configure()
        self._program = Program(
            [*self._prefix, tool("squid"), "-N", "-d", "1", "-f", configuration],
            self._directory / "squid.log")
        self._program.wait_for("Accepting HTTP Socket connections", 30)
        return self

    def stop(self):
        if self._program:
            self._program.stop(10)
            self._program = None
        if self._directory:
            shutil.rmtree(self._directory, ignore_errors=True)
            self._directory = None

    def url(self, user=None, password=None):
        return proxy_url("http", self.host, self.port, user, password)

    def requests(self):
        """One line each, when it has ended: method, target, status, user, user agent."""
        log = self._directory / "access.log"
        return log.read_text().splitlines() if log.exists() else []

    def __enter__(self):
        return self.start()

    def __exit__(self, *_):
        self.stop()

    # The configuration

    def _configure(self):
        here = self._directory
        (here / "conf.d").mkdir()
        (here / "conf.d/office.conf").write_text(self._admission())
        hosts = "".join(f"{address} {name}\n" for name, address in self._names.items())
        (here / "hosts").write_text(Path("/etc/hosts").read_text() + hosts)

        text = PACKAGED.read_text()
        for packaged, ours in {
            "include /etc/squid/conf.d/*.conf": f"include {here}/conf.d/*.conf",
            "http_port 3128": f"http_port {self.port}",
            "coredump_dir /var/spool/squid": f"coredump_dir {here}",
        }.items():
            assert text.count(f"\n{packaged}\n") == 1, f"{PACKAGED} no longer says {packaged}"
            text = text.replace(f"\n{packaged}\n", f"\n{ours}\n")
        configuration = here / "squid.conf"
        configuration.write_text(text + self._surroundings())
        return configuration

    def _surroundings(self):
        """What lets several run side by side, and the test look on."""
        here = self._directory
        return f"""
pid_filename {here}/squid.pid
cache_log {here}/cache.log
logformat lab %rm %ru %>Hs %un %{{User-Agent}}>h
access_log stdio:{here}/access.log logformat=lab
hosts_file {here}/hosts
visible_hostname proxy.lab
pinger_enable off
shutdown_lifetime 0 seconds
"""

    def _admission(self):
        if self.auth == "none":
            return "http_access allow localnet\n"
        scheme = {"basic": self._basic, "digest": self._digest, "ntlm": self._ntlm}[self.auth]
        return scheme() + """
http_access deny !colleagues
http_access allow colleagues
"""

    def _basic(self):
        passwords = self._file("passwords", (f"{user}:{_hashed(password)}"
                                             for user, password in self._accounts))
        return f"""
auth_param basic program {HELPERS}/basic_ncsa_auth {passwords}
auth_param basic realm {REALM}
acl colleagues proxy_auth REQUIRED
"""

    def _digest(self):
        def line(user, password):
            secret = hashlib.md5(f"{user}:{REALM}:{password}".encode()).hexdigest()
            return f"{user}:{REALM}:{secret}"
        passwords = self._file("digests", (line(*account) for account in self._accounts))
        return f"""
auth_param digest program {HELPERS}/digest_file_auth -c {passwords}
auth_param digest realm {REALM}
acl colleagues proxy_auth REQUIRED
"""

    def _ntlm(self):
        # This helper holds the whole NTLM conversation but believes any password:
        # a wrong log-in is a wrong name here. By its beginning, since the helper
        # runs on into the next field of a message with 8-bit names, as curl's is.
        names = " ".join(f"^{user}" for user, _ in self._accounts if user.isascii())
        return f"""
auth_param ntlm program {HELPERS}/ntlm_fake_auth -S
auth_param ntlm children 5
acl colleagues proxy_auth_regex {names}
"""

    def _file(self, name, lines):
        path = self._directory / name
        path.write_text("".join(f"{line}\n" for line in lines))
        shutil.chown(path, "proxy", "proxy")
        path.chmod(0o600)
        return path


def _hashed(password):
    done = subprocess.run([tool("openssl"), "passwd", "-6", "-stdin"], input=password + "\n", text=True,
                          stdout=subprocess.PIPE, check=True)
    return done.stdout.strip()
