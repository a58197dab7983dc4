"""The hashes by which GitHub's code scanning knows a line again, wherever it has gone.

What uploads a SARIF file works them out from the checkout (github.com/github/codeql-action, ``src/fingerprints.ts``)
and warns of every result that says another one.  They are of the lines' text, so that they need no file here.
"""

from __future__ import annotations

import re
import struct
from collections import Counter

WINDOW, BASE, SIZE = 100, 37, 1 << 64
"""How many signs count, from the beginning of the line on; the hash is a polynomial of them, in 64 bits."""

END = 0xFFFF
"""Stands behind the last sign of the file; zeros follow."""

_BREAK = re.compile("\r\n|\r")
_BLANK = re.compile("[ \t]")


def line_hashes(text: str) -> list[str]:
    """The hash of every line: of the next 100 UTF-16 units without blanks and tabs, in hexadecimal, and ``:2`` for the
    second line that has it."""
    plain = _BLANK.sub("", _BREAK.sub("\n", text)).encode("utf-16-le", "surrogatepass")
    units = [*struct.unpack(f"<{len(plain) // 2}H", plain), END]
    before = [0]
    for unit in (*units, *[0] * WINDOW):
        before.append((before[-1] * BASE + unit) % SIZE)
    first = pow(BASE, WINDOW, SIZE)
    seen: Counter[int] = Counter()
    made = []
    for start in (0, *(at for at, unit in enumerate(units, 1) if unit == ord("\n"))):
        found = (before[start + WINDOW] - before[start] * first) % SIZE
        seen[found] += 1
        made.append(f"{found:x}:{seen[found]}")
    return made
