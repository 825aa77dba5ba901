"""Peers that do not keep to the protocol, knocking at the gateway's port.

Each returns what became of it: how long the gateway kept it, and how it ended.
"""

import socket
import ssl
import threading
import time
from dataclasses import dataclass

ALPN = "tasuki/1"
HELLO, GATEWAY_KEY_1, REGISTER, CONNECT = 0x01, 0x02, 0x10, 0x14  # frame types
LARGEST_BEFORE_PROOF = 16 * 1024


@dataclass
class Ending:
    seconds: float
    how: str  # "closed", "reset", "kept"; or "not greeted": it never came to misbehave


def outer_tls(connection):
    """The outer TLS as any stranger can have it: without checking who answers."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.set_alpn_protocols([ALPN])
    return context.wrap_socket(connection, server_hostname="gateway", suppress_ragged_eofs=True)


class NotGreeted(Exception):
    """The gateway did not take us as far as its hello, so what was to be tried was not tried."""


def greeted(connection):
    """Inside the outer TLS, with the gateway's hello read: where most misbehaviour begins."""
    try:
        stream = outer_tls(connection)
        kind, _ = read_frame(stream)
    except OSError as error:  # ssl.SSLError and ConnectionError among them
        raise NotGreeted(str(error)) from None
    if kind != HELLO:
        raise NotGreeted(f"a frame of type {kind} where hello was due")
    return stream


def frame(kind, payload=b"", length=None):
    announced = len(payload) if length is None else length
    return bytes([kind]) + announced.to_bytes(3, "big") + payload


def read_frame(stream):
    head = _exactly(stream, 4)
    return head[0], _exactly(stream, int.from_bytes(head[1:], "big"))


def _exactly(stream, length):
    got = b""
    while len(got) < length:
        part = stream.recv(length - len(got))
        if not part:
            raise ConnectionError("closed")
        got += part
    return got


def until_hung_up(stream, began, limit):
    """Waits for the gateway to end the connection; whatever it still says is let pass."""
    try:
        while True:
            left = began + limit - time.monotonic()
            if left <= 0:
                return Ending(time.monotonic() - began, "kept")
            stream.settimeout(left)
            if not stream.recv(65536):
                return Ending(time.monotonic() - began, "closed")
    except TimeoutError:
        return Ending(time.monotonic() - began, "kept")
    except OSError:
        return Ending(time.monotonic() - began, "reset")


class Peer(threading.Thread):
    """One misbehaving peer on its own thread. `behave(socket)` returns the stream to watch."""

    def __init__(self, machine, address, behave, limit, port=443):
        super().__init__(daemon=True)
        self._connection = machine.connect(address, port)
        self._behave, self._limit = behave, limit
        self.ending = None
        self.start()

    def run(self):
        began = time.monotonic()
        try:
            stream = self._behave(self._connection)
        except NotGreeted as why:
            self.ending = Ending(time.monotonic() - began, f"not greeted: {why}")
            return
        except OSError:
            self.ending = Ending(time.monotonic() - began, "reset")
            return
        self.ending = until_hung_up(stream, began, self._limit)
        stream.close()

    def result(self):
        self.join(self._limit + 5)
        return self.ending


# Behaviours

def says_nothing(connection):
    return connection


def sends_garbage(connection):
    connection.sendall(b"GET / HTTP/1.1\r\nHost: gateway\r\n\r\n" + bytes(range(256)))
    return connection


def stops_inside_the_client_hello(connection):
    connection.sendall(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(40))
    return connection


def drips_a_client_hello(connection):
    """A byte now and then, so that no wait for the next byte is ever long."""
    def drip():
        try:
            for byte in b"\x16\x03\x01\x40\x00\x01\x00\x3f\xfc\x03\x03" + bytes(300):
                connection.sendall(bytes([byte]))
                time.sleep(0.25)
        except OSError:
            pass
    threading.Thread(target=drip, daemon=True).start()
    return connection


def says_nothing_inside_tls(connection):
    return greeted(connection)


def stops_inside_a_frame(connection):
    stream = greeted(connection)
    stream.sendall(frame(GATEWAY_KEY_1, b"\x02\x01", length=200))
    return stream


def drips_a_frame(connection):
    stream = greeted(connection)

    def drip():
        try:
            for byte in frame(GATEWAY_KEY_1, bytes(400)):
                stream.sendall(bytes([byte]))
                time.sleep(0.25)
        except OSError:
            pass
    threading.Thread(target=drip, daemon=True).start()
    return stream


def announces_too_long_a_frame(connection):
    stream = greeted(connection)
    stream.sendall(frame(GATEWAY_KEY_1, length=LARGEST_BEFORE_PROOF + 1))
    return stream


def announces_the_longest_frame(connection):
    stream = greeted(connection)
    stream.sendall(frame(GATEWAY_KEY_1, length=0xFFFFFF) + bytes(4096))
    return stream


def sends_an_unknown_frame(connection):
    stream = greeted(connection)
    stream.sendall(frame(0x7F, b"?"))
    return stream


def asks_before_proving_the_key(connection):
    stream = greeted(connection)
    stream.sendall(frame(CONNECT, b"\x09reception\0\0\0\0"))
    return stream


def registers_before_proving_the_key(connection):
    stream = greeted(connection)
    stream.sendall(frame(REGISTER, b"\x09reception" + bytes(100)))
    return stream


def sends_a_frame_with_a_tail(connection):
    """A well-known message and then more than it has fields."""
    stream = greeted(connection)
    stream.sendall(frame(GATEWAY_KEY_1, b"\x02\x00" + bytes(1000)))
    return stream


def offers_old_tls_only(connection):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    context.set_alpn_protocols([ALPN])
    return context.wrap_socket(connection, server_hostname="gateway")


def leaves_at_once(connection):
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\0\0\0\0\0\0\0")
    connection.close()
    raise ConnectionError("left")
