"""Somebody on the way between a PC and a gateway: passes bytes on, late, damaged, or not at all.

    with Relay(router, pc, GATEWAY) as relay:   # whatever the PC sends there goes through it
        relay.damage = flip                     # from now on, until it is None again
"""

import queue
import socket
import threading
import time

from . import firewall

_BLOCK = 16 * 1024
_LONGEST_QUEUE = 64  # blocks on their way in one direction


def flip(content):
    """One bit is another. Returns what goes on, and whether the connection does."""
    at = len(content) // 2
    return content[:at] + bytes([content[at] ^ 0x10]) + content[at + 1:], True


def cut(content):
    """The stream ends in the middle of what was sent together."""
    return content[:len(content) // 2], False


class Relay:
    def __init__(self, router, pc, gateway, port=443, delay=0.0):
        self.damage = None   # called with each block, either way
        self.passed = 0      # bytes
        self.damaged = 0     # blocks
        self._router, self._gateway, self._port, self._delay = router, gateway, port, delay
        self._listener = router.listen(0, address="0.0.0.0")
        firewall.redirect(router, pc, gateway, port, self._listener.getsockname()[1])
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            try:
                near, _ = self._listener.accept()
                far = self._router.connect(self._gateway, self._port)
            except OSError:
                return
            for end in (near, far):
                end.settimeout(None)
                end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            for source, sink in ((near, far), (far, near)):
                line = queue.Queue(_LONGEST_QUEUE)
                threading.Thread(target=self._take, args=(source, line), daemon=True).start()
                threading.Thread(target=self._pass_on, args=(line, source, sink), daemon=True).start()

    def _take(self, source, line):
        content = True
        while content:
            try:
                content = source.recv(_BLOCK)
            except OSError:
                content = b""
            line.put((time.monotonic() + self._delay, content))

    def _pass_on(self, line, source, sink):
        goes_on = True
        try:
            while goes_on:
                due, content = line.get()
                time.sleep(max(0, due - time.monotonic()))
                if not content:
                    break
                if self.damage:
                    content, goes_on = self.damage(content)
                    self.damaged += 1
                sink.sendall(content)
                self.passed += len(content)
            if goes_on:
                return sink.shutdown(socket.SHUT_WR)
        except OSError:
            pass  # one of the two has gone: so does the other
        for end in (source, sink):
            _hang_up(end)

    def close(self):
        firewall.redirect_no_more(self._router)
        _hang_up(self._listener)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


def _hang_up(end):
    try:
        end.shutdown(socket.SHUT_RDWR)
    except OSError:
        pass
    end.close()
