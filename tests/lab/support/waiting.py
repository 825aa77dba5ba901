"""Waiting for something to become true, never longer than a stated limit."""

import time


class NeverHappened(AssertionError):
    pass


def eventually(what, probe, seconds=10.0, every=0.05):
    """Calls `probe` until it returns something true, and returns that.

    `what` is the sentence a failing test shows. A probe that raises OSError
    (nobody listens yet, no file yet) has simply not succeeded yet.
    """
    deadline = time.monotonic() + seconds
    last = None
    while True:
        try:
            last = probe()
            if last:
                return last
        except OSError as error:
            last = error
        if time.monotonic() >= deadline:
            raise NeverHappened(f"within {seconds:g} s: {what} (last seen: {last!r})")
        time.sleep(every)


def holds_for(what, probe, seconds, every=0.1):
    """Asserts that `probe` stays true for the whole time."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        assert probe(), f"stopped being true: {what}"
        time.sleep(every)
