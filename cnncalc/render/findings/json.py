"""One JSON document, version 1: ``{"version", "findings", "summary", "errors"}``; see docs/json.md."""

from __future__ import annotations

import json

from cnncalc.linting.records import Outcome
from cnncalc.render import diagnostics
from cnncalc.render.findings._common import as_json

VERSION = 1


def render(outcome: Outcome) -> str:
    document = {
        "version": VERSION,
        "findings": [as_json(each) for each in outcome.new],
        "summary": {
            "files": len(outcome.files),
            "skipped": len(outcome.skipped),
            "errors": outcome.count("error"),
            "warnings": outcome.count("warning"),
            "infos": outcome.count("info"),
            "ignored": outcome.ignored,
            "baseline": len(outcome.findings) - len(outcome.new),
            "fixed": sum(outcome.applied.values()),
        },
        "errors": [diagnostics.as_json(each) for each in outcome.errors],
    }
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")) + "\n"
