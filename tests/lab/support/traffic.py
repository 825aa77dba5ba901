"""Traffic that notices a single wrong byte: bulk both ways on one connection, and small talk.

Pseudo-random bytes from a seed, so that both ends know each of them; what arrives is compared as
it comes, and a difference is reported with its offset and with where those bytes belong.
"""

import bisect
import hashlib
import math
import random
import socket
import struct
import threading
import time

BLOCK = 1 << 16


class Sequence:
    """So many pseudo-random bytes, the same each time they are asked for."""

    def __init__(self, seed, length):
        self.seed, self.length = seed, length

    def blocks(self):
        source, left = random.Random(self.seed), self.length
        while left:
            block = source.randbytes(min(BLOCK, left))
            left -= len(block)
            yield block

    def place_of(self, piece):
        """Where in the sequence these bytes stand; None if nowhere."""
        before, offset = b"", 0
        for block in self.blocks():
            window = before + block
            if (found := window.find(piece)) >= 0:
                return offset - len(before) + found
            before, offset = window[-len(piece):], offset + len(block)
        return None


class Pace:
    """Lets a source send in steps: fast at the begin of a step, ever more slowly towards its end.

    So bytes flow whenever something happens in a step, however long the step takes.
    """

    TRICKLE = BLOCK  # bytes a second that flow in any case

    def __init__(self, length, steps, seconds):
        self._length, self._steps, self._seconds = length, steps, seconds
        self._done, self._began = 0, time.monotonic()

    def step(self):
        self._done, self._began = self._done + 1, time.monotonic()

    def allowed(self):
        if self._done >= self._steps:
            return self._length
        passed = time.monotonic() - self._began
        part = self._done + 1 - math.exp(-passed / self._seconds)
        return int(part * self._length / self._steps + passed * self.TRICKLE)


class BulkEnd:
    """One end of the bulk connection: sends one sequence, takes in and compares the other."""

    def __init__(self, name, connection, sends, expects, pace):
        self.name, self.sends, self.expects = name, sends, expects
        self.fault = None
        self.delivered = 0
        self.sent_digest, self.digest = hashlib.sha256(), hashlib.sha256()
        self._times = []  # of deliveries
        self._connection, self._pace = connection, pace
        connection.settimeout(None)
        self._threads = [threading.Thread(target=self._guarded, args=(part,), daemon=True)
                         for part in (self._send, self._receive)]

    def start(self):
        for thread in self._threads:
            thread.start()
        return self

    @property
    def finished(self):
        return not any(thread.is_alive() for thread in self._threads)

    def delivered_since(self, moment):
        return bool(self._times) and self._times[-1] > moment

    def longest_pause(self, begin, end):
        times = self._times[bisect.bisect(self._times, begin):bisect.bisect(self._times, end)]
        return max((b - a for a, b in zip([begin, *times], times)), default=0.0)

    def _guarded(self, part):
        try:
            part()
        except OSError as error:
            self._report(f"its connection broke after {self.delivered} bytes came: {error}")

    def _report(self, fault):
        self.fault = self.fault or f"{self.name}: {fault}"

    def _send(self):
        sent = 0
        for block in self.sends.blocks():
            while self._pace.allowed() < sent + len(block) and not self.fault:
                time.sleep(0.005)
            self._connection.sendall(block)
            self.sent_digest.update(block)
            sent += len(block)
        self._connection.shutdown(socket.SHUT_WR)

    def _receive(self):
        pending = bytearray()
        for block in self.expects.blocks():
            while len(pending) < len(block):
                part = self._connection.recv(BLOCK)
                if not part:
                    return self._report(f"ended after {self.delivered} of {self.expects.length} bytes")
                self._times.append(time.monotonic())
                self.digest.update(part)
                self.delivered += len(part)
                pending += part
            if pending[:len(block)] != block:
                return self._wrong(bytes(pending), block)
            del pending[:len(block)]
        if pending or self._connection.recv(1):
            self._report(f"more than the expected {self.expects.length} bytes")

    def _wrong(self, got, expected):
        at = next(n for n in range(len(expected)) if got[n] != expected[n])
        offset = self.delivered - len(got) + at
        piece = got[at:at + 32]
        place = self.expects.place_of(piece)
        self._report(f"wrong byte at offset {offset}: got {piece[:16].hex()}…, expected "
                     f"{expected[at:at + 16].hex()}…; those bytes belong to offset {place}")


MESSAGE = struct.Struct("!QQ48x")  # number, complement: 64 bytes


class Talk:
    """Small messages, one every few milliseconds, whose echoes are awaited in order."""

    EVERY = 0.02

    def __init__(self, connection):
        self.fault = None
        self.sent, self.heard = [], []  # moments; the number is the index
        self._connection = connection
        self._enough = threading.Event()
        connection.settimeout(None)
        self._threads = [threading.Thread(target=self._guarded, args=(part,), daemon=True)
                         for part in (self._speak, self._listen)]

    def start(self):
        for thread in self._threads:
            thread.start()
        return self

    def finish(self, seconds):
        """Speaks no more; True when all was echoed and the connection ended after that."""
        self._enough.set()
        for thread in self._threads:
            thread.join(seconds)
        return not any(thread.is_alive() for thread in self._threads) and len(self.heard) == len(self.sent)

    def answered(self, moment):
        """When the first message that was sent after this moment was heard again; or None."""
        number = bisect.bisect(self.sent, moment)
        return self.heard[number] if number < len(self.heard) else None

    def latencies(self):
        return [heard - sent for sent, heard in zip(self.sent, self.heard)]

    def _guarded(self, part):
        try:
            part()
        except OSError as error:
            self.fault = self.fault or f"talk: its connection broke after {len(self.heard)} echoes: {error}"

    def _speak(self):
        while not self._enough.wait(self.EVERY):
            number = len(self.sent)
            self.sent.append(time.monotonic())
            self._connection.sendall(message(number))
        self._connection.shutdown(socket.SHUT_WR)

    def _listen(self):
        pending = b""
        while part := self._connection.recv(BLOCK):
            pending += part
            while len(pending) >= MESSAGE.size:
                if pending[:MESSAGE.size] != message(len(self.heard)):
                    self.fault = self.fault or f"talk: not echo {len(self.heard)}, but {pending[:16].hex()}"
                    return
                self.heard.append(time.monotonic())
                pending = pending[MESSAGE.size:]
        if pending or not self._enough.is_set():
            self.fault = self.fault or f"talk: ended after {len(self.heard)} echoes"


def message(number):
    return MESSAGE.pack(number, number ^ 0xFFFFFFFFFFFFFFFF)


class Echoer:
    """What a talk is echoed by, for a Service: it too wants each message once and in order."""

    def __init__(self):
        self.fault = None
        self.echoed = 0

    def __call__(self, connection):
        connection.settimeout(None)
        pending = b""
        try:
            while part := connection.recv(BLOCK):
                pending += part
                while len(pending) >= MESSAGE.size:
                    if pending[:MESSAGE.size] != message(self.echoed):
                        self.fault = f"echoer: not message {self.echoed}, but {pending[:16].hex()}"
                        return
                    connection.sendall(pending[:MESSAGE.size])
                    self.echoed += 1
                    pending = pending[MESSAGE.size:]
        except OSError as error:
            self.fault = f"echoer: its connection broke after {self.echoed} messages: {error}"
