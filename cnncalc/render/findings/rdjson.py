"""The diagnostic format of reviewdog; its columns count UTF-8 bytes."""

from __future__ import annotations

import json
from typing import Any

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
        found["suggestions"] = [
            {"range": _range_of(each.mark), "text": encodable(each.text)} for each in finding.diagnostic.fix.edits
        ]
    return found


def _range_of(mark: Mark) -> dict[str, Any]:
    return _range(mark.source, *span(mark))


def _range(source: Source, line: int, column: int, end_line: int, end_column: int) -> dict[str, Any]:
    return {
        "start": {"line": line, "column": _bytes(source, line, column)},
        "end": {"line": end_line, "column": _bytes(source, end_line, end_column)},
    }


def _bytes(source: Source, line: int, column: int) -> int:
    return len(source.line(line)[: column - 1].encode("utf-8", "surrogatepass")) + 1
