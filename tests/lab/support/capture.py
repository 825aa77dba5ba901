"""What passed a link: tcpdump while it happens, then the TCP streams put together again."""

import re
import signal
import struct
from collections import defaultdict
from pathlib import Path

from .packages import tool

_ETHERNET = 1
_BUFFER_KIB = 32768  # a desktop's first picture arrives faster than a small machine writes


class Capture:
    """One tcpdump for each (machine, interface). stop() before reading."""

    _number = 0

    def __init__(self, ports, directory):
        Capture._number += 1
        directory.mkdir(parents=True, exist_ok=True)
        self._running = []
        self.files = {}
        for machine, interface in ports:
            link = f"{machine.role}:{interface}"
            self.files[link] = directory / f"{Capture._number}-{machine.role}-{interface}.pcap"
            # -Z root: tcpdump must still be able to write where only root may.
            program = machine.start(
                tool("tcpdump"), "-i", interface, "-w", self.files[link], "-U", "-s", "0",
                "--immediate-mode", "-B", _BUFFER_KIB, "-Z", "root",
                log=f"tcpdump-{interface}-{Capture._number}.log")
            self._running.append(program)
        for program in self._running:
            program.wait_for("listening on")

    def stop(self):
        """Ends the recording; fails if the kernel dropped a packet, as then it proves nothing."""
        for program in self._running:
            program.signal(signal.SIGINT)
        for program in self._running:
            program.wait()
            dropped = re.search(r"(\d+) packets? dropped by kernel", program.output())
            assert dropped and dropped.group(1) == "0", program.output()
        self._running = []
        return self

    def raw(self):
        """{link: the file's bytes}"""
        return {link: path.read_bytes() for link, path in self.files.items()}

    def streams(self):
        """{(link, 'src:port > dst:port'): bytes of that TCP direction, in order}"""
        found = {}
        for link, path in self.files.items():
            for name, content in tcp_streams(path).items():
                found[link, name] = content
        return found


def tcp_streams(path):
    """The TCP payload of a capture file by direction, without gaps' padding or repeats."""
    segments = defaultdict(list)
    for frame in _frames(Path(path).read_bytes()):
        parsed = _tcp(frame)
        if parsed:
            name, sequence, payload = parsed
            segments[name].append((sequence, payload))
    return {name: _in_order(parts) for name, parts in segments.items()}


def _frames(content):
    if len(content) < 24:
        return
    magic, = struct.unpack_from("<I", content)
    assert magic in (0xA1B2C3D4, 0xA1B23C4D), "not a little-endian pcap file"
    link_type, = struct.unpack_from("<I", content, 20)
    assert link_type == _ETHERNET, f"link type {link_type}"
    at = 24
    while at + 16 <= len(content):
        length, = struct.unpack_from("<I", content, at + 8)
        yield content[at + 16:at + 16 + length]
        at += 16 + length


def _tcp(frame):
    """('src:port > dst:port', sequence number, payload), or None for anything else."""
    kind, = struct.unpack_from("!H", frame, 12)
    at = 14
    if kind == 0x0800:
        header = (frame[at] & 0x0F) * 4
        total, = struct.unpack_from("!H", frame, at + 2)
        protocol = frame[at + 9]
        source, target = (".".join(map(str, frame[at + o:at + o + 4])) for o in (12, 16))
        # Segmentation offload leaves packets over 64 KiB with a length of zero.
        end = at + total if total else len(frame)
    elif kind == 0x86DD:
        header = 40
        total, protocol = struct.unpack_from("!HB", frame, at + 4)
        source, target = (frame[at + o:at + o + 16].hex() for o in (8, 24))
        end = at + 40 + total if total else len(frame)
    else:
        return None
    if protocol != 6:
        return None
    at += header
    source_port, target_port, sequence = struct.unpack_from("!HHI", frame, at)
    payload = frame[at + (frame[at + 12] >> 4) * 4:end]
    if not payload:
        return None
    return f"{source}:{source_port} > {target}:{target_port}", sequence, payload


def _in_order(parts):
    """Segments sorted by sequence number (which may wrap), repeats left out."""
    first = parts[0][0]

    def offset(sequence):
        return (sequence - first + 0x80000000) % 0x100000000 - 0x80000000

    joined, expected = bytearray(), None
    for at, payload in sorted((offset(s), p) for s, p in parts):
        if expected is not None and at < expected:
            payload = payload[expected - at:]
            at = expected
        joined += payload
        expected = at + len(payload)
    return bytes(joined)
