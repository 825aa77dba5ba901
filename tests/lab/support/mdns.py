"""Multicast DNS as somebody else speaks it: by hand, with nothing of Tasuki's in it."""

import socket
import struct
import threading
import time

GROUP, PORT = "224.0.0.251", 5353
A, PTR, TXT, AAAA, SRV, ANY = 1, 12, 16, 28, 33, 255
IN, TOP = 1, 0x8000
SERVICE = "_tasuki._tcp.local"


def encode(name):
    return b"".join(bytes([len(label)]) + label.encode() for label in name.split(".")) + b"\0"


def query(name, kind, unicast=False, identifier=0):
    return struct.pack("!6H", identifier, 0, 1, 0, 0, 0) + encode(name) + struct.pack("!2H", kind, IN | TOP * unicast)


def answer(name, port, *addresses, ttl=120):
    """SRV and A records, as an impostor would make them up."""
    instance, host = f"{name}.{SERVICE}", f"{name}.local"
    target = struct.pack("!3H", 0, 0, port) + encode(host)
    records = [encode(instance) + struct.pack("!2HIH", SRV, IN, ttl, len(target)) + target]
    records += [encode(host) + struct.pack("!2HIH", A, IN, ttl, 4) + socket.inet_aton(a) for a in addresses]
    return struct.pack("!6H", 0, 0x8400, 0, len(records), 0, 0) + b"".join(records)


def _name(message, at):
    labels, jumped = [], None
    while message[at]:
        if message[at] >= 0xc0:
            jumped = jumped or at + 2
            at = struct.unpack("!H", message[at:at + 2])[0] & 0x3fff
            continue
        labels.append(message[at + 1:at + 1 + message[at]].decode())
        at += 1 + message[at]
    return ".".join(labels), jumped or at + 1


def records(message):
    """[(owner, type, class, ttl, data)] of an answer; data is text for names and addresses."""
    _, _, questions, *counts = struct.unpack("!6H", message[:12])
    at, found = 12, []
    for _ in range(questions):
        at = _name(message, at)[1] + 4
    for _ in range(sum(counts)):
        owner, at = _name(message, at)
        kind, klass, ttl, length = struct.unpack("!2HIH", message[at:at + 10])
        at += 10
        raw = message[at:at + length]
        data = {PTR: lambda: _name(message, at)[0], A: lambda: socket.inet_ntoa(raw),
                AAAA: lambda: socket.inet_ntop(socket.AF_INET6, raw),
                SRV: lambda: (struct.unpack("!H", raw[4:6])[0], _name(message, at + 6)[0]),
                }.get(kind, lambda: raw)()
        found.append((owner, kind, klass, ttl, data))
        at += length
    return found


class Ear:
    """A socket on a machine, on port 5353 and in the group, or on a port of its own."""

    def __init__(self, machine, port=PORT, source=None):
        address = source or machine.address
        with machine.inside():
            self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.socket.bind(("" if source is None else source, port))
        self.socket.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton(machine.address))
        self.socket.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_TTL, 255)
        self.socket.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_LOOP, 0)
        if port == PORT:
            self.socket.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP,
                                    socket.inet_aton(GROUP) + socket.inet_aton(machine.address))

    def say(self, message, to=(GROUP, PORT)):
        self.socket.sendto(message, to)

    def hears(self, seconds=1.0, wanted=lambda found: True):
        """The records of the first answer that is wanted, or None."""
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0:
            self.socket.settimeout(left)
            try:
                message, self.sender = self.socket.recvfrom(9000)
            except socket.timeout:
                return None
            if message[2] & 0x80 and wanted(found := records(message)):
                return found
        return None

    def asks(self, message, seconds=1.0, wanted=lambda found: True):
        self.say(message)
        return self.hears(seconds, wanted)

    def close(self):
        self.socket.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


class Impostor:
    """Answers every question about Tasuki's service, whoever is meant, with what it is told."""

    def __init__(self, machine, name, port, *addresses):
        self._ear = Ear(machine)
        self._message = answer(name, port, *addresses)
        self.asked = 0
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self):
        while True:
            try:
                message, sender = self._ear.socket.recvfrom(9000)
                if not message:
                    return
                if not message[2] & 0x80 and b"_tasuki" in message:
                    self.asked += 1
                    self._ear.say(self._message, sender)
            except OSError:
                return

    def stop(self):
        try:
            self._ear.socket.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        self._ear.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()
