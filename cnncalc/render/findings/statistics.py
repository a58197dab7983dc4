"""How often each rule spoke, the most frequent first."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

from cnncalc.errors import codes
from cnncalc.linting.records import Outcome
from cnncalc.render import diagnostics


def rows(outcome: Outcome) -> list[dict[str, Any]]:
    """A record for every code that was found."""
    counts = Counter(each.code for each in outcome.new)
    fixable = Counter(each.code for each in outcome.new if each.diagnostic.fix is not None)
    severities = {each.code: each.severity for each in outcome.new}
    order = sorted(counts, key=lambda code: (-counts[code], code))
    return [
        {
            "code": code,
            "name": codes()[code],
            "severity": severities[code],
            "count": counts[code],
            "fixable": fixable[code],
        }
        for code in order
    ]


def render(outcome: Outcome, as_json: bool = False) -> str:
    found = rows(outcome)
    if as_json:
        document = {
            "version": 1,
            "statistics": found,
            "errors": [diagnostics.as_json(each) for each in outcome.errors],
        }
        return json.dumps(document, ensure_ascii=False, separators=(",", ":")) + "\n"
    width = max((len(str(each["count"])) for each in found), default=0)
    lines = []
    for each in found:
        can = "" if not each["fixable"] else f"  ({each['fixable']:,} with a fix)"
        lines.append(f"{each['count']:>{width}}  {each['severity']:<7}  {each['code']} {each['name']}{can}")
    return "".join(f"{line}\n" for line in lines)
