"""Small TCP services that stand behind an agent, run by threads of the lab.

Their sockets belong to the machine they are made for; see Machine.inside().
"""

import hashlib
import socket
import struct
import threading
import time


class Service:
    """Listens in a machine, on its loopback if not told otherwise; a thread for each connection."""

    def __init__(self, machine, serve, port=0, address="127.0.0.1"):
        self._serve = serve
        self._listener = machine.listen(port, address)
        self.port = self._listener.getsockname()[1]
        self.accepted = 0
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self.accepted += 1
            threading.Thread(target=self._guarded, args=(connection,), daemon=True).start()

    def _guarded(self, connection):
        with connection:
            connection.settimeout(60)
            try:
                self._serve(connection)
            except OSError:
                pass  # the other side left: the test looks at what it did get

    def stop(self):
        # close() alone leaves accept() waiting in its thread.
        try:
            self._listener.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        self._listener.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()


def greeter(machine, greeting, port=0, address="127.0.0.1"):
    """Sends one line to whoever connects, then echoes."""
    def serve(connection):
        connection.sendall(greeting)
        while content := connection.recv(65536):
            connection.sendall(content)
    return Service(machine, serve, port, address)


def digester(machine, port=0):
    """Reads to the end of the stream, and only then answers with its length and SHA-256.

    It can answer only if the end of one direction reaches it while the other stays open.
    """
    def serve(connection):
        digest, length = hashlib.sha256(), 0
        while content := connection.recv(1 << 16):
            digest.update(content)
            length += len(content)
        connection.sendall(f"{length} {digest.hexdigest()}".encode())
    return Service(machine, serve, port)


TICK = struct.Struct("!QQ")


def ticker(machine, port=0, every=0.005):
    """Counts aloud: 16 bytes a tick, number and its complement, until the peer leaves."""
    def serve(connection):
        number = 0
        while True:
            connection.sendall(TICK.pack(number, number ^ 0xFFFFFFFFFFFFFFFF))
            number += 1
            time.sleep(every)
    return Service(machine, serve, port)


class Listener:
    """Listens to a ticker and notices each tick that is missing, doubled or damaged."""

    def __init__(self, connection):
        self._connection = connection
        self.ticks = 0
        self.fault = None
        self.ended = threading.Event()
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self):
        pending = b""
        try:
            self._connection.settimeout(None)
            while content := self._connection.recv(65536):
                pending += content
                while len(pending) >= TICK.size and not self.fault:
                    number, complement = TICK.unpack_from(pending)
                    if number != self.ticks or complement != number ^ 0xFFFFFFFFFFFFFFFF:
                        self.fault = f"tick {number} where {self.ticks} was due"
                    pending = pending[TICK.size:]
                    self.ticks += 1
        except OSError as error:
            self.fault = self.fault or f"the stream broke: {error}"
        self.ended.set()

    def hears_more(self, seconds=5.0, ticks=20):
        """Whether so many further ticks arrive in time."""
        until, goal = time.monotonic() + seconds, self.ticks + ticks
        while time.monotonic() < until and self.ticks < goal and not self.ended.is_set():
            time.sleep(0.01)
        return self.ticks >= goal and self.fault is None

    def close(self):
        try:
            self._connection.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        self._connection.close()


def read_all(connection, limit=1 << 30):
    """Everything until the peer ends its direction."""
    parts, length = [], 0
    while length < limit and (part := connection.recv(1 << 16)):
        parts.append(part)
        length += len(part)
    return b"".join(parts)


def read_exactly(connection, length):
    got = b""
    while len(got) < length:
        part = connection.recv(length - len(got))
        assert part, f"the stream ended after {len(got)} of {length} bytes"
        got += part
    return got
