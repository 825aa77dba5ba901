"""Real proxies for the lab.

squid.py  Squid as Debian configures it, with no log-in, Basic, Digest or NTLM
socks.py  a SOCKS5 server with or without a password, and one that forbids

Each has start(), stop() and url(user, password), which is what a person would
type; each takes a prefix, such as machine.command(), to run inside a network
namespace.
"""

from urllib.parse import quote

# A user as they are, and one whose name and password are as bad as they get.
HANAKO = ("hanako", "kazaguruma")
TARO = ("太郎@営業", "p:a@s/s wörd%20")


def proxy_url(scheme, host, port, user=None, password=None):
    login = ""
    if user is not None:
        login = quote(user, safe="") + ":" + quote(password or "", safe="") + "@"
    return f"{scheme}://{login}{host}:{port}"
