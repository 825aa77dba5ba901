"""Bytes that flow while something happens to their session; every one of them is counted.

Beat      a message every few milliseconds, each with its number and the moment it was sent
Transfer  as much as a pace allows, both ways at once, compared by SHA-256 in the end
"""

import hashlib
import os
import socket
import struct
import threading
import time

_MESSAGE = struct.Struct("!Qd")
_BLOCK = 64 * 1024
_POOL = os.urandom(1 << 20)  # what a transfer sends, from another place each time
_PATIENCE = 60  # seconds in which what was sent must have arrived


class Beat:
    """From one end of a connection to the other. Not both ways: make two."""

    def __init__(self, source, sink, every=0.01):
        self._source, self._sink, self._every = source, sink, every
        self.arrived = []  # (sent, arrived), in the order of arrival
        self.sent = 0
        self.fault = None
        self._stopped, self._heard_all = threading.Event(), threading.Event()
        for end in (source, sink):
            end.settimeout(None)
        for part in (self._send, self._hear):
            threading.Thread(target=part, daemon=True).start()

    def _send(self):
        try:
            while not self._stopped.wait(self._every):
                self._source.sendall(_MESSAGE.pack(self.sent, time.monotonic()))
                self.sent += 1
            self._source.shutdown(socket.SHUT_WR)
        except OSError as error:
            self.fault = self.fault or f"message {self.sent} could not be sent: {error}"

    def _hear(self):
        pending = b""
        try:
            while content := self._sink.recv(4096):
                pending += content
                while len(pending) >= _MESSAGE.size:
                    number, sent = _MESSAGE.unpack_from(pending)
                    if number != len(self.arrived) and not self.fault:
                        self.fault = f"message {number} where {len(self.arrived)} was due"
                    self.arrived.append((sent, time.monotonic()))
                    pending = pending[_MESSAGE.size:]
        except OSError as error:
            self.fault = self.fault or f"broke after {len(self.arrived)} messages: {error}"
        self._heard_all.set()

    def delay_after(self, moment, seconds=_PATIENCE):
        """From a moment until the first message that was sent after it arrives."""
        limit = moment + seconds
        while time.monotonic() < limit:
            assert not self.fault, self.fault
            if self.arrived and self.arrived[-1][0] > moment:
                return next(arrived for sent, arrived in self.arrived if sent > moment) - moment
            time.sleep(0.002)
        raise AssertionError(f"nothing arrived within {seconds} s")

    def longest_pause(self, since):
        """The longest time between two arrivals since a moment, up to now."""
        times = [since, *(arrived for _, arrived in self.arrived if arrived > since), time.monotonic()]
        return max(later - sooner for sooner, later in zip(times, times[1:]))

    def finish(self):
        """Sends no more; asserts that every message came once, in order, and then the end."""
        self._stopped.set()
        assert self._heard_all.wait(_PATIENCE), f"{len(self.arrived)} of {self.sent} messages came"
        assert not self.fault, self.fault
        assert len(self.arrived) == self.sent > 0


class _OneWay:
    def __init__(self, source, sink, pace):
        self._source, self._sink, self._pace = source, sink, pace
        self.sent, self.came = [hashlib.sha256(), 0], [hashlib.sha256(), 0]
        self.fault = None
        self.stopped, self.over = threading.Event(), threading.Event()
        for part in (self._send, self._take):
            threading.Thread(target=part, daemon=True).start()

    def _send(self):
        began = time.monotonic()
        try:
            while not self.stopped.is_set():
                at = self.sent[1] * 7919 % (len(_POOL) - _BLOCK)
                block = _POOL[at:at + _BLOCK]
                self._source.sendall(block)
                self._count(self.sent, block)
                self.stopped.wait(max(0, began + self.sent[1] / self._pace - time.monotonic()))
            self._source.shutdown(socket.SHUT_WR)
        except OSError as error:
            self.fault = self.fault or f"broke while sending: {error}"

    def _take(self):
        try:
            while block := self._sink.recv(_BLOCK):
                self._count(self.came, block)
        except OSError as error:
            self.fault = self.fault or f"broke while receiving: {error}"
        self.over.set()

    @staticmethod
    def _count(total, block):
        total[0].update(block)
        total[1] += len(block)


class Transfer:
    """Both ways over one connection, `pace` bytes a second each, until it is finished."""

    def __init__(self, here, there, pace=8 << 20):
        for end in (here, there):
            end.settimeout(None)
        self._ways = {"up": _OneWay(here, there, pace), "down": _OneWay(there, here, pace)}

    def delivered(self):
        return {name: way.came[1] for name, way in self._ways.items()}

    def finish(self):
        """{way: bytes}; asserts that what came is what was sent, to the end."""
        for way in self._ways.values():
            way.stopped.set()
        for name, way in self._ways.items():
            assert way.over.wait(_PATIENCE), f"{name}: {way.came[1]} of {way.sent[1]} bytes came"
        for name, way in self._ways.items():
            assert not way.fault, f"{name}: {way.fault} ({way.came[1]} of {way.sent[1]} bytes came)"
            assert way.came[1] == way.sent[1] > 0, f"{name}: {way.came[1]} of {way.sent[1]} bytes came"
            assert way.came[0].digest() == way.sent[0].digest(), f"{name}: other bytes than were sent"
        return self.delivered()
