"""Which Debian package brings each tool that the lab runs.

A missing tool is a failed test that names its package, never a skipped one:
a lab that skips in silence proves nothing.
"""

import shutil
from functools import cache
from pathlib import Path

PACKAGE_OF = {
    "ip": "iproute2",
    "ss": "iproute2",
    "tc": "iproute2",
    "nft": "nftables",
    "sysctl": "procps",
    "tcpdump": "tcpdump",
    "socat": "socat",
    "Xtigervnc": "tigervnc-standalone-server",
    "xtigervncviewer": "tigervnc-viewer",
    "Xvfb": "xvfb",
    "x11vnc": "x11vnc",
    "xrdp": "xrdp",
    "xfreerdp": "freerdp2-x11",
    "xdotool": "xdotool",
    "openbox": "openbox",
    "xterm": "xterm",
    "xsetroot": "x11-xserver-utils",
    "nginx": "nginx-light",
    "openssl": "openssl",
    "setpriv": "util-linux",
    "squid": "squid",
    "microsocks": "microsocks",
    "danted": "dante-server",
}


@cache
def tool(name):
    """The path of a tool, or a failure that names the package to install."""
    # Debian keeps some of them in sbin, which is not on every PATH.
    found = shutil.which(name) or shutil.which(name, path="/usr/sbin:/sbin:/usr/local/sbin")
    assert found, f"{name} is missing: apt-get install {PACKAGE_OF[name]}"
    return found


def listed():
    """The package names in packages.txt, which scripts install from."""
    lines = (Path(__file__).parent.parent / "packages.txt").read_text().splitlines()
    return [line.strip() for line in lines if line.strip() and not line.startswith("#")]
