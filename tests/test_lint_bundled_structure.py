"""What the shape, structure, budget and expectation rules say about good networks, opt-in rules among them, reviewed.

``tests/data/lint/bundled_structure.json`` holds a finding a line, with the reason why it is right.  ``UPDATE_GOLDEN=1``
writes what is found now and keeps the reasons; a new finding has none, and fails until somebody has written one.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path

from cnncalc.linting.check import check_source
from cnncalc.linting.settings import Settings
from cnncalc.source import Source

ROOT = Path(__file__).parent.parent
DATA = ROOT / "tests" / "data"
GOLDEN = DATA / "lint" / "bundled_structure.json"
SETTINGS = Settings(select=("S2", "G2", "B", "E2"))

Entry = dict[str, str | int]


def sources() -> Iterator[tuple[str, Source]]:
    """The texts and what the list calls them."""
    for name, folder in (("architectures", ROOT / "architectures"), ("examples", DATA / "lint" / "examples")):
        for path in sorted(folder.glob("*.yaml")):
            yield f"{name}/{path.name}", Source(path.name, path.read_text("utf-8"), str(folder))
    for number, line in enumerate((DATA / "one_liners.txt").read_text("utf-8").splitlines(), 1):
        if line and not line.startswith("#"):
            yield f"one_liners.txt:{number}", Source("<line>", line)


def findings() -> list[Entry]:
    """What is found; ``in`` names the imported file that it stands in."""
    found: list[Entry] = []
    for name, source in sources():
        for each in check_source(source, SETTINGS).findings:
            assert each.mark is not None
            entry: Entry = {"file": name, "line": each.mark.line, "code": each.code, "severity": each.severity}
            entry |= {"layer": each.layer or "", "message": each.message}
            if each.mark.source is not source:
                entry["in"] = Path(each.mark.source.name).name
            found.append(entry)
    return sorted(found, key=lambda entry: [entry[key] for key in ("file", "line", "code", "layer")])


def golden() -> list[Entry]:
    entries: list[Entry] = json.loads(GOLDEN.read_text("utf-8"))
    return entries


def test_nothing_is_found_but_what_was_reviewed() -> None:
    if os.environ.get("UPDATE_GOLDEN"):
        reasons = {(each["file"], each["code"], each["layer"]): each["reason"] for each in golden()}
        entries = [
            each | {"reason": reasons.get((each["file"], each["code"], each["layer"]), "")} for each in findings()
        ]
        lines = ",\n".join(json.dumps(entry, ensure_ascii=False) for entry in entries)
        GOLDEN.write_text(f"[\n{lines}\n]\n", "utf-8")
    known = [{key: value for key, value in entry.items() if key != "reason"} for entry in golden()]
    assert findings() == known


def test_no_good_network_has_an_error_and_every_finding_has_a_reason() -> None:
    for entry in golden():
        assert entry["severity"] != "error", entry
        assert len(str(entry["reason"]).split()) >= 5, entry
        assert len(str(entry["message"])) <= 120 and not str(entry["message"]).endswith("."), entry
