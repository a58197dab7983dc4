"""Every finding with its line, a caret, the arithmetic and the ways out; the default."""

from __future__ import annotations

from cnncalc.errors import Diagnostic
from cnncalc.linting.records import Outcome
from cnncalc.render import diagnostics
from cnncalc.render.findings._common import totals


def render(outcome: Outcome, width: int | None = None) -> str:
    """``width`` is that of a terminal."""
    told = diagnostics.text(_told(outcome), named=True, width=width)
    return f"{told}\n\n{totals(outcome)}\n" if told else f"{totals(outcome)}\n"


def coloured(outcome: Outcome, width: int | None = None) -> str:
    """The same with the colours of a terminal."""
    told = diagnostics.coloured(_told(outcome), named=True, width=width) if outcome.new else ""
    return f"{told.rstrip()}\n\n{totals(outcome)}\n" if told else f"{totals(outcome)}\n"


def _told(outcome: Outcome) -> list[Diagnostic]:
    """The findings with their fixes in words."""
    found = []
    for each in outcome.new:
        diagnostic = each.diagnostic
        if diagnostic.fix is not None:
            how = "--fix" if diagnostic.fix.safe else "--fix --unsafe-fixes"
            diagnostic = diagnostic._replace(help=(*diagnostic.help, f"{how}: {diagnostic.fix.title}"))
        found.append(diagnostic)
    return found
