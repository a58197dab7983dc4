"""The diagnostic format of reviewdog; its columns count UTF-8 bytes."""

from __future__ import annotations

import json
from typing import Any

from cnncalc.errors import Fix
from cnncalc.linting.fixing import edited
from cnncalc.linting.records import Finding, Outcome
from cnncalc.render.findings._common import encodable, explained, span
from cnncalc.source import Mark, Source

SEVERITIES = {"error": "ERROR", "warning": "WARNING", "info": "INFO"}


def render(outcome: Outcome) -> str:
    document = {"source": {"name": "cnncalc lint"}, "diagnostics": [_diagnostic(each) for each in outcome.new]}
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")) + "\n"


def _diagnostic(finding: Finding) -> dict[str, Any]:
    mark = finding.mark
    code: dict[str, str] = {"value": f"{finding.code} {finding.diagnostic.name}"}
    if "://" in finding.url:
        code["url"] = finding.url
    found: dict[str, Any] = {
        "message": explained(finding),
        "location": {
            "path": encodable(finding.path),
            "range": _range(mark.source, mark.line, mark.column, mark.line, mark.end_column),
        },
        "severity": SEVERITIES[finding.severity],
        "code": code,
    }
    if finding.diagnostic.fix is not None:
        found["suggestions"] = [_suggestion(finding.diagnostic.fix)]
    return found


def _suggestion(fix: Fix) -> dict[str, Any]:
    """All edits of a fix as one, with the text between them: for reviewdog each suggestion stands for itself."""
    source = fix.edits[0].mark.source
    start, end = min(each.mark.start for each in fix.edits), max(each.mark.end for each in fix.edits)
    after = edited(source.text, fix.edits)
    text = after[start : len(after) - (len(source.text) - end)]
    return {"range": _range(source, *span(Mark(source, start, end))), "text": encodable(text)}


def _range(source: Source, line: int, column: int, end_line: int, end_column: int) -> dict[str, Any]:
    return {
        "start": {"line": line, "column": _bytes(source, line, column)},
        "end": {"line": end_line, "column": _bytes(source, end_line, end_column)},
    }


def _bytes(source: Source, line: int, column: int) -> int:
    return len(source.line(line)[: column - 1].encode("utf-8", "surrogatepass")) + 1
