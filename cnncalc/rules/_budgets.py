"""What the rules about budgets share: which limits hold for which network, and how a limit that is broken is told."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from cnncalc.analysis.rows import Row
from cnncalc.errors import Diagnostic
from cnncalc.rules._subject import Subject, View
from cnncalc.spec.budget import Limit, read_limit
from cnncalc.units import decimal, grouped

HEAVIEST = 3
"""So many lines are named as those that weigh most."""


def limits(subject: Subject, figure: str) -> Iterator[tuple[View, Limit]]:
    """Every network with the limit of this figure that holds for it: its own, that of the file, or the configured."""
    configured = [read_limit(figure, subject.budgets[figure])] if figure in subject.budgets else []
    for view in subject.views:
        if view.complete:
            own = (*view.graph.net.budget, *view.network.budget, *configured)
            limit = next((each for each in own if each.figure == figure), None)
            if limit is not None:
                yield view, limit


def too_much(
    subject: Subject,
    figure: str,
    words: str,
    total: Callable[[View], int],
    weight: Callable[[Row], int],
) -> Iterator[Diagnostic]:
    """The networks with more of a figure than their limit allows; ``words`` say what it counts."""
    for view, limit in limits(subject, figure):
        found = total(view)
        if limit.most is None or found <= limit.most:
            continue
        shares: dict[str, int] = {}
        for row in view.report.rows:
            name = row.line or row.name.split(".")[0]
            shares[name] = shares.get(name, 0) + weight(row)
        yield subject.finding(
            f"{grouped(found)} {words}{within(view)}, the budget is {limit.written} ({excess(found, limit.most)})",
            limit.mark,
            f"{grouped(found)} - {grouped(limit.most)} = {grouped(found - limit.most)} too many",
            notes=(f"most are in {heaviest(shares, found, grouped)}",),
            view=view,
        )._replace(beyond=found - limit.most)


def within(view: View) -> str:
    """`` in generator``, where a file has several nets."""
    name = view.graph.net.name
    return f" in {name}" if name is not None else ""


def excess(found: int, limit: int) -> str:
    """``+27.8 %``."""
    if not limit:
        return "nothing is allowed"
    percent = 100 * (found - limit) / limit
    return f"+{percent:.1f} %" if percent >= 0.1 else f"+{percent:.1g} %"


def heaviest(shares: Mapping[str, int], total: int, show: Callable[[int], str]) -> str:
    """``fc6: 37,752,832 (60.5 %), fc7: ...``, the largest first."""
    largest = sorted(shares.items(), key=lambda item: -item[1])[:HEAVIEST]
    return ", ".join(f"{name}: {show(count)} ({decimal(100 * count / total, 1)} %)" for name, count in largest if count)
