"""One line for each finding: ``net.yaml:4:10: warning P101 bias-before-norm [-] ...``."""

from __future__ import annotations

from cnncalc.linting.records import Outcome
from cnncalc.render.findings._common import one_line, sentence, star, totals


def render(outcome: Outcome) -> str:
    lines = []
    for each in outcome.new:
        place = f"{one_line(each.path)}:{each.mark.line}:{each.mark.column}"
        lines.append(f"{place}: {each.severity} {each.code} {each.diagnostic.name} {star(each)}{sentence(each)}")
    return "\n".join([*lines, totals(outcome)]) + "\n"
