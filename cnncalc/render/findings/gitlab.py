"""The Code Quality report of GitLab: a list of issues, each with a fingerprint of its own."""

from __future__ import annotations

import json

from cnncalc.linting.records import Outcome, fingerprints
from cnncalc.linting.settings import loading
from cnncalc.render.findings._common import encodable, sentence

SEVERITIES = {"error": "major", "warning": "minor", "info": "info"}


def render(outcome: Outcome) -> str:
    issues = [
        {
            "description": f"{each.diagnostic.name}: {sentence(each)}",
            "check_name": each.code,
            "fingerprint": fingerprint,
            "severity": "critical" if loading(each.code) else SEVERITIES[each.severity],
            "location": {
                "path": encodable(each.path),
                "positions": {
                    "begin": {"line": each.mark.line, "column": each.mark.column},
                    "end": {"line": each.mark.line, "column": each.mark.end_column},
                },
            },
        }
        for each, fingerprint in zip(outcome.new, fingerprints(outcome.new), strict=True)
    ]
    return json.dumps(issues, indent=2, ensure_ascii=False) + "\n"
