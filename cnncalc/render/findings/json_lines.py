"""A JSON object for each finding, a line each: for editors and pipes."""

from __future__ import annotations

import json

from cnncalc.linting.records import Outcome
from cnncalc.render.findings._common import as_json


def render(outcome: Outcome) -> str:
    lines = [json.dumps(as_json(each), ensure_ascii=False, separators=(",", ":")) for each in outcome.new]
    return "".join(f"{line}\n" for line in lines)
