"""The findings of a file below its name."""

from __future__ import annotations

from itertools import groupby

from cnncalc.linting.records import Outcome
from cnncalc.render.findings._common import one_line, sentence, star, totals


def render(outcome: Outcome) -> str:
    parts = []
    for path, group in groupby(outcome.new, key=lambda each: each.path):
        found = list(group)
        places = [f"{each.mark.line}:{each.mark.column}" for each in found]
        width = max(map(len, places))
        parts.append(f"{one_line(path)}:")
        for place, each in zip(places, found, strict=True):
            words = f"{each.severity} {each.code} {each.diagnostic.name} {star(each)}{sentence(each)}"
            parts.append(f"  {place:<{width}}  {words}")
        parts.append("")
    return "\n".join([*parts, totals(outcome)]) + "\n"
