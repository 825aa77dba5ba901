"""Where a secret left a trace: in captures, in a process's memory, in files.

A secret is looked for as it is and in the forms in which programs commonly
write one down: hex, and base64 at each of the three alignments it can have
inside a longer text.
"""

import base64
import re
from pathlib import Path

_ENOUGH = 8  # bytes of a form below which it would be found by chance


def forms_of(secret):
    """{name of the form: bytes}"""
    plain = secret.encode() if isinstance(secret, str) else bytes(secret)
    forms = {
        "raw": plain,
        "hex": plain.hex().encode(),
        "HEX": plain.hex().upper().encode(),
        "UTF-16": plain.decode("latin-1").encode("utf-16-le"),
    }
    for shift in range(3):
        forms[f"base64+{shift}"] = _base64_inside(plain, shift, base64.b64encode)
        forms[f"base64url+{shift}"] = _base64_inside(plain, shift, base64.urlsafe_b64encode)
    assert all(len(form) >= _ENOUGH for form in forms.values()), "the secret is too short to look for"
    return forms


def _base64_inside(plain, shift, encode):
    """The characters that depend on the secret alone, with `shift` unknown bytes before it."""
    first = -(-shift * 8 // 6)             # first character made only of our bits
    last = (shift + len(plain)) * 8 // 6   # one past the last such character
    return encode(bytes(shift) + plain + bytes(3))[first:last]


def traces(secret, places):
    """['name of the place: form', …] for {name: bytes}. Empty: not there in any form."""
    forms = forms_of(secret)
    return [f"{place}: {form}" for place, content in places.items()
            for form, wanted in forms.items() if wanted in content]


def typed_keys(content):
    """The characters whose key-down events stand in a VNC stream, in order.

    A person's typing crosses VNC as one event a key, so that a word typed never
    stands there in one piece. Plain (4) and QEMU extended (255/0) key events.
    """
    events = re.compile(rb"\x04\x01\x00\x00\x00\x00\x00([ -~])|\xff\x00\x00\x01\x00\x00\x00([ -~])", re.S)
    return b"".join(plain or extended for plain, extended in events.findall(content))


def memory_of(pid):
    """{'memory of PID at range': bytes} for all that the process has mapped.

    Read through /proc/PID/mem rather than a core file: that also shows pages
    that a program marked as not to be dumped or made unreadable to itself.
    """
    found = {}
    with open(f"/proc/{pid}/mem", "rb", buffering=0) as memory:
        for line in Path(f"/proc/{pid}/maps").read_text().splitlines():
            span, *rest = line.split(maxsplit=5)
            if rest[-1] in ("[vvar]", "[vsyscall]", "[vvar_vclock]"):
                continue
            start, end = (int(n, 16) for n in span.split("-"))
            try:
                memory.seek(start)
                found[f"memory of {pid} at {span} {rest[-1]}"] = _read(memory, end - start)
            except OSError:
                pass  # guard pages and device memory cannot be read by anyone
    return found


def _read(memory, length):
    parts = []
    while length:
        try:
            part = memory.read(min(length, 1 << 20))
        except OSError:
            break
        if not part:
            break
        parts.append(part)
        length -= len(part)
    return b"".join(parts)


def files_under(*roots):
    """{path: bytes} of every regular file below, and the text of every name."""
    found = {}
    for root in map(Path, roots):
        for path in [root] if root.is_file() else sorted(root.rglob("*")):
            if path.is_file() and not path.is_symlink():
                found[str(path)] = str(path).encode() + b"\n" + path.read_bytes()
    return found
