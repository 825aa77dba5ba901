"""Real desktops to be reached, each on the loopback of the machine it stands in.

TigerDesktop   Xtigervnc: an X server that speaks VNC itself
SharedDesktop  Xvfb shown by x11vnc: somebody's running screen
RdpDesktop     xrdp in front of such a screen: reached with RDP
"""

from .display import Display
from .packages import tool
from .waiting import eventually

VNC_PORT, RDP_PORT = 5900, 3389
_BEHIND_XRDP = 5990  # outside the ports at which a desktop would be looked for


class Desktop(Display):
    """What every desktop has: a window manager, a background, and a terminal to type into."""

    port = VNC_PORT

    def furnish(self, colour):
        self.manage_windows(bare=False)
        self.paint(colour)

    def open_notepad(self):
        """A terminal whose typed lines end up in a file. Returns the file."""
        number = len(self.programs)
        notes, ready = self.directory / f"notes-{number}.txt", self.directory / f"ready-{number}"
        self.start(tool("xterm"), "-fn", "fixed", "-T", "notepad", "-geometry", "70x12+20+40", "-e",
                   "sh", "-c", f": > {ready}; exec cat > {notes}")
        eventually("the terminal runs", lambda: ready.exists() and notes.exists())
        eventually("the terminal has the keyboard",
                   lambda: self.xdotool("getwindowfocus", "getwindowname", check=False)
                   .stdout.strip() == "notepad")
        return notes


class TigerDesktop(Desktop):
    def __init__(self, machine, *, colour="#204060", size=(800, 600), name="desktop",
                 title="lab", port=VNC_PORT, furnished=True):
        super().__init__(machine, name, size)
        self.port = port
        self.start_server(
            tool("Xtigervnc"), "-geometry", f"{size[0]}x{size[1]}", "-depth", "24",
            "-rfbport", port, "-localhost", "-SecurityTypes", "None", "-AlwaysShared",
            "-desktop", title)
        if furnished:
            self.furnish(colour)
        else:
            self.paint(colour)
        eventually("Xtigervnc listens", lambda: machine.answers("127.0.0.1", port))


class SharedDesktop(Desktop):
    def __init__(self, machine, *, colour="#602040", size=(800, 600), name="shared-desktop"):
        super().__init__(machine, name, size)
        self.start_server(tool("Xvfb"), "-screen", "0", f"{size[0]}x{size[1]}x24")
        self.furnish(colour)
        self.start(tool("x11vnc"), "-display", self.display, "-rfbport", self.port, "-localhost",
                   "-nopw", "-forever", "-shared", "-quiet", "-noipv6", "-nowf", "-noscr", "-norc",
                   "-xkb", "-skip_lockkeys", "-nosel")
        eventually("x11vnc listens", lambda: machine.answers("127.0.0.1", self.port))


class RdpDesktop(TigerDesktop):
    """xrdp's own VNC module in front of an Xtigervnc, with no log-in form between them."""

    def __init__(self, machine, *, colour="#206040", size=(800, 600), name="rdp-desktop"):
        super().__init__(machine, colour=colour, size=size, name=name, port=_BEHIND_XRDP)
        self.port = RDP_PORT
        self.start(tool("xrdp"), "--nodaemon", "--config", self._configuration())
        eventually("xrdp listens", lambda: machine.answers("127.0.0.1", RDP_PORT))

    def _configuration(self):
        certificate, key = self.directory / "rdp.pem", self.directory / "rdp.key"
        self.machine.run(tool("openssl"), "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2",
                         "-subj", "/CN=lab", "-keyout", key, "-out", certificate)
        ini = self.directory / "xrdp.ini"
        ini.write_text(f"""
[Globals]
ini_version=1
fork=true
port=tcp://127.0.0.1:{RDP_PORT}
tcp_nodelay=true
security_layer=tls
certificate={certificate}
key_file={key}
ssl_protocols=TLSv1.2, TLSv1.3
autorun=Lab
allow_channels=true
bitmap_cache=true
bitmap_compression=true
bulk_compression=true
max_bpp=32
new_cursors=true
use_fastpath=both

[Logging]
LogFile={self.directory / "xrdp.log"}
LogLevel=INFO
EnableSyslog=false

[Lab]
name=Lab
lib=libvnc.so
username=na
password=
ip=127.0.0.1
port={_BEHIND_XRDP}
""")
        return ini
