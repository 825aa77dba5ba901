"""Real viewers, each on a screen of its own and covering all of it.

The pointer and keyboard of that screen belong to the viewer alone: what is typed
there reaches the desktop only through the network, and what the desktop shows can
be compared with the screen to the pixel.

A viewer is either started here (`watch`) or by a program under test, which is given
`command` and `arguments`.
"""

from .display import Display
from .packages import tool
from .pixels import wait_until_same


class Screen(Display):
    """The screen at which a person sits."""

    def __init__(self, machine, *, size=(800, 600), name="screen"):
        super().__init__(machine, name, size)
        self.start_server(tool("Xvfb"), "-screen", "0", f"{size[0]}x{size[1]}x24")
        self.manage_windows(bare=True)
        self.paint("#000000")
        self.xdotool("mousemove", size[0] - 3, size[1] - 3)  # away from what is looked at
        self._step = 1

    def move_pointer(self):
        """A small move, to and fro, in the far corner.

        Until this viewer has moved the pointer, Xtigervnc takes it for somebody else's
        and paints it into the picture, where the desktop's own screenshot has none.
        A relative move, since only that comes from a device: what an absolute one does
        to the pointer, TigerVNC's viewer overlooks.
        """
        self._step = -self._step
        self.xdotool("mousemove_relative", "--", self._step, 0)

    def shows_the_same_as(self, desktop, seconds=20.0):
        return wait_until_same(desktop, self, seconds, self.directory, self.move_pointer)


class VncScreen(Screen):
    """TigerVNC's viewer. Every lossy encoding is off: pixels must come through unchanged."""

    command = "xtigervncviewer"
    arguments = ["-FullScreen=1", "-MenuKey=", "-AutoSelect=0", "-PreferredEncoding=ZRLE",
                 "-FullColor=1", "-NoJPEG=1", "-RemoteResize=0", "-Shared=1",
                 "-SecurityTypes=None", "-ReconnectOnError=0", "-AlertOnFatalError=0"]

    def watch(self, address, port):
        return self.start(tool(self.command), *self.arguments, f"{address}::{port}")


class RdpScreen(Screen):
    """FreeRDP, at the colour depth at which RDP's bitmaps are exact."""

    command = "xfreerdp"
    arguments = ["/cert:ignore", "/sec:tls", "/u:lab", "/p:lab", "/bpp:32", "/f", "-grab-keyboard",
                 "-rfx", "-nsc", "-gfx", "-sound", "-clipboard", "/log-level:WARN"]

    def watch(self, address, port):
        return self.start(tool(self.command), *self.arguments, f"/v:{address}:{port}")
