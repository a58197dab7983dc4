"""Everything that the linter says about good networks, reviewed: the bundled ones, the language's examples, one-liners.

The rules are those that are on by default, and the opt-in ones about shapes, structure and expectations.

``tests/data/lint/bundled.json`` holds a finding a line, with the reason why it is right.  ``UPDATE_GOLDEN=1`` writes what
is found now and keeps the reasons; a new finding has none, and fails until somebody has looked at it and written one.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from cnncalc.linting.check import check_source
from cnncalc.linting.settings import Settings
from cnncalc.source import Source

ROOT = Path(__file__).parent.parent
DATA = ROOT / "tests" / "data"
GOLDEN = DATA / "lint" / "bundled.json"
SETTINGS = Settings(extend_select=("S2", "G2", "B", "E2"))

Entry = dict[str, str | int]
KEYS = ("file", "line", "code", "layer")


def sources() -> Iterator[tuple[str, Source]]:
    """The texts and what the list calls them."""
    for name, folder in (("architectures", ROOT / "architectures"), ("examples", DATA / "lint" / "examples")):
        for path in sorted(folder.glob("*.yaml")):
            yield f"{name}/{path.name}", Source(path.name, path.read_text("utf-8"), str(folder))
    for number, line in enumerate((DATA / "one_liners.txt").read_text("utf-8").splitlines(), 1):
        if line and not line.startswith("#"):
            yield f"one_liners.txt:{number}", Source("<line>", line)


@cache
def findings() -> list[Entry]:
    """What is found; ``in`` names the imported file that it stands in."""
    found: list[Entry] = []
    for name, source in sources():
        checked = check_source(source, SETTINGS)
        assert checked.loads, name
        for each in checked.findings:
            assert each.mark is not None
            entry: Entry = {"file": name, "line": each.mark.line, "code": each.code, "severity": each.severity}
            entry |= {"layer": each.layer or "", "message": each.message}
            if each.mark.source is not source:
                entry["in"] = Path(each.mark.source.name).name
            found.append(entry)
    return sorted(found, key=lambda entry: [entry[key] for key in KEYS])


def golden() -> list[Entry]:
    entries: list[Entry] = json.loads(GOLDEN.read_text("utf-8"))
    return entries


def test_nothing_is_found_but_what_was_reviewed() -> None:
    if os.environ.get("UPDATE_GOLDEN"):
        reasons = {_meaning(entry): entry["reason"] for entry in golden()}
        entries = [entry | {"reason": reasons.get(_meaning(entry), "")} for entry in findings()]
        lines = ",\n".join(json.dumps(entry, ensure_ascii=False) for entry in entries)
        GOLDEN.write_text(f"[\n{lines}\n]\n", "utf-8")
    known = [{key: value for key, value in entry.items() if key != "reason"} for entry in golden()]
    assert findings() == known


def _meaning(entry: Entry) -> tuple[str | int, ...]:
    """What a reason is kept for, while lines move."""
    return entry["file"], entry["code"], entry["layer"]


def test_no_good_network_has_an_error_and_every_finding_has_a_reason() -> None:
    for entry in golden():
        assert entry["severity"] != "error", entry
        assert len(str(entry["reason"]).split()) >= 5, entry
        assert len(str(entry["message"])) <= 120 and not str(entry["message"]).endswith("."), entry
