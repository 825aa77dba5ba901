#!/usr/bin/env python3
"""Asks a program whether it contains the end-to-end protocol.

    symbols.py NM PROGRAM (--without | --with) --and SYMBOL

--without: nothing of namespace tasuki::inner, nor its names on the wire, may be in
the program. --with: they must be, which shows that --without would have noticed.
SYMBOL must be in it either way, so that an empty program proves nothing.
"""

import argparse
import pathlib
import subprocess
import sys

NAMESPACE = "tasuki::inner::"
WIRE_NAMES = [b"tasuki-e2e/1", b"EXPORTER-tasuki-e2e-auth-v1", b"tasuki/1 pw"]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("nm")
    parser.add_argument("program", type=pathlib.Path)
    wish = parser.add_mutually_exclusive_group(required=True)
    wish.add_argument("--with", dest="present", action="store_true")
    wish.add_argument("--without", dest="present", action="store_false")
    parser.add_argument("--and", dest="anchor", required=True)
    asked = parser.parse_args()

    symbols = subprocess.run([asked.nm, "-C", asked.program], check=True, capture_output=True,
                             text=True).stdout.splitlines()
    if not any(asked.anchor in symbol for symbol in symbols):
        sys.exit(f"{asked.program} has no {asked.anchor}: not the program that was meant")

    inner = [symbol for symbol in symbols if NAMESPACE in symbol]
    code = asked.program.read_bytes()
    names = [name.decode() for name in WIRE_NAMES if name in code]
    print(f"{len(symbols)} symbols, {len(inner)} of {NAMESPACE}, names {names}")
    if asked.present:
        return 0 if inner and names else 1
    print("\n".join(inner[:20]))
    return 1 if inner or names else 0


if __name__ == "__main__":
    sys.exit(main())
