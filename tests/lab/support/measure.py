"""What is measured of running programs: round trips through them, and their memory."""

import threading
import time
from pathlib import Path


class Echo:
    """One end of a connection that says again what it hears; rounds() asks from the other end."""

    def __init__(self, here, there, size=64):
        for end in (here, there):
            end.settimeout(60)
        self._here, self._there, self._message = here, there, bytes(size)
        threading.Thread(target=self._echo, daemon=True).start()

    def _echo(self):
        try:
            while content := self._there.recv(4096):
                self._there.sendall(content)
        except OSError:
            pass  # who asks sees it as well

    def round_trip(self):
        began = time.perf_counter()
        self._here.sendall(self._message)
        left = len(self._message)
        while left:
            part = self._here.recv(left)
            assert part, "the echo ended"
            left -= len(part)
        return time.perf_counter() - began


def interleaved(echoes, rounds):
    """Round trips of each in turn, so that all meet the same noise. [[seconds, …], …]"""
    seen = [[] for _ in echoes]
    for _ in range(rounds):
        for echo, times in zip(echoes, seen):
            times.append(echo.round_trip())
    return seen


def percentile(times, share):
    return sorted(times)[min(len(times) - 1, int(len(times) * share))]


def words(times):
    return f"p50 {percentile(times, .5) * 1e3:.3f} ms, p99 {percentile(times, .99) * 1e3:.3f} ms"


def memory(pid):
    """{'Rss': bytes, 'Pss': bytes, …} of a process now."""
    rows = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()[1:]
    return {row.split(":")[0]: int(row.split()[1]) << 10 for row in rows}


class MemoryWatch:
    """The highest memory of some processes from now on. {name: pid}"""

    def __init__(self, pids, every=0.25):
        self._pids, self._every = pids, every
        self.base = {name: memory(pid) for name, pid in pids.items()}
        self.most = {name: dict(now) for name, now in self.base.items()}
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()

    def _watch(self):
        while not self._stopped.wait(self._every):
            for name, pid in self._pids.items():
                for kind, size in memory(pid).items():
                    self.most[name][kind] = max(self.most[name].get(kind, 0), size)

    def growth(self, kind="Rss"):
        """{name: bytes} above what it was in the beginning."""
        return {name: self.most[name][kind] - self.base[name][kind] for name in self._pids}

    def stop(self):
        self._stopped.set()
        self._thread.join()

    def __str__(self):
        return "\n".join(f"{name}: " + ", ".join(
            f"{kind} {self.base[name][kind] / 2**20:.1f} MiB, at most {self.most[name][kind] / 2**20:.1f}"
            for kind in ("Rss", "Pss")) for name in self._pids)
