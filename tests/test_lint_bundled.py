"""What the linter says about the bundled architectures: no error, and each warning is right and explained.

``tests/data/lint/bundled.txt`` is the reviewed list, a line for each file and code: how many findings, and why they are
right.  ``UPDATE_GOLDEN=1 pytest tests/test_lint_bundled.py`` adds what is missing with ``?`` for a reason, which fails until
somebody has written it.
"""

from __future__ import annotations

import os
import re
from collections import Counter
from pathlib import Path

import pytest

from cnncalc.files import load_source
from cnncalc.linting.check import Checked, check_source

ROOT = Path(__file__).parent.parent
FILES = sorted((ROOT / "architectures").glob("*.yaml"))
LIST = ROOT / "tests" / "data" / "lint" / "bundled.txt"

_LINE = re.compile(r"(\S+) (\w+) x(\d+): (.+)")


@pytest.fixture(scope="module")
def checked() -> dict[str, Checked]:
    return {path.name: check_source(load_source(path)) for path in FILES}


def reviewed() -> dict[tuple[str, str], tuple[int, str]]:
    """What is on the list: the number of findings and the reason, by file and code."""
    lines = [line for line in LIST.read_text("utf-8").splitlines() if line and not line.startswith("#")]
    found = {}
    for line in lines:
        match = _LINE.fullmatch(line)
        assert match, f"no FILE CODE xN: REASON: {line}"
        found[match[1], match[2]] = (int(match[3]), match[4])
    return found


def test_no_finding_is_an_error(checked: dict[str, Checked]) -> None:
    errors = [
        f"{each.mark}: {each.code} {each.message}"
        for one in checked.values()
        for each in one.findings
        if each.severity == "error"
    ]
    assert errors == []
    assert all(one.loads for one in checked.values())


def test_every_finding_is_reviewed(checked: dict[str, Checked]) -> None:
    counts = Counter((name, each.code) for name, one in checked.items() for each in one.findings)
    known = reviewed()
    if os.environ.get("UPDATE_GOLDEN"):
        head = [line for line in LIST.read_text("utf-8").splitlines() if line.startswith("#")]
        lines = [
            f"{name} {code} x{count}: {known.get((name, code), (0, '?'))[1]}"
            for (name, code), count in sorted(counts.items())
        ]
        LIST.write_text("\n".join([*head, *lines]) + "\n", "utf-8")
        known = reviewed()
    assert {key: count for key, (count, _) in known.items()} == counts
    assert [key for key, (_, reason) in known.items() if reason.strip(" ?") == ""] == []
