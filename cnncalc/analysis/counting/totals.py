"""The totals of a report as a tool prints them, with what makes them differ from ours."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from cnncalc.analysis.counting.rules import nothing
from cnncalc.analysis.counting.tools import TOOLS, Tool
from cnncalc.analysis.counting.use import Use, use_of
from cnncalc.analysis.report import Report
from cnncalc.analysis.rows import Row
from cnncalc.shape import Shape
from cnncalc.units import grouped


class ToolTotals(NamedTuple):
    """The totals of a net as a tool prints them; ``None`` where it prints none or a layer's count is not known."""

    tool: str
    version: str
    params: int | None
    operations: int | None
    figure: str
    """What the tool calls its operations."""
    note: str
    """How it counts, and where that differs from us."""


class Tally:
    """One figure of all layers: the sum of what the tool counts, and by kind what that is more than ours."""

    def __init__(self) -> None:
        self.sum = 0
        self.more: dict[str, int] = {}
        self.unknown: dict[str, list[str]] = {}
        """The layers by kind whose count is not known."""

    def add(self, row: Row, count: int | None, ours: int) -> None:
        if count is None:
            self.unknown.setdefault(row.kind, []).append(row.name)
        else:
            self.sum += count
            self.more[row.kind] = self.more.get(row.kind, 0) + count - ours

    @property
    def total(self) -> int | None:
        return None if self.unknown else self.sum


def as_tool(report: Report, name: str) -> ToolTotals:
    """The totals of a report as the tool of that name counts them; a :class:`KeyError` for an unknown one."""
    tool = TOOLS[name]
    batch = 1 if tool.per_example else report.batch
    params, operations = Tally(), Tally()
    uses: list[tuple[Row, Use]] = []
    for row, use, done in counted(report, tool, batch):
        params.add(row, tool.params(row, use), row.params)
        operations.add(row, done, use.macs * batch)
        uses.append((row, use))
    made = operations.total if tool.rules is not None else None
    parts = []
    if params.total is not None:
        parts += differences(f"our {grouped(report.totals.params)} params", params.more)
    if made is not None:
        ours = report.totals.macs // report.batch * batch
        parts += differences(f"our {grouped(ours)} MACs", operations.more) or ["the same as our MACs"]
    parts.append(tool.adds(uses, made))
    parts.append(refusal({**params.unknown, **operations.unknown}))
    parts.append(tool.says)
    classes = {use.name for _, use in uses}
    parts += [text for name, text in tool.remarks.items() if name in classes]
    return ToolTotals(tool.name, tool.version, params.total, made, tool.figure, "; ".join(filter(None, parts)))


def counted(report: Report, tool: Tool, batch: int) -> Iterator[tuple[Row, Use, int | None]]:
    """Every layer with the operations that the tool counts for it, None where it has no rule; equal ones once."""
    known: dict[tuple[int, tuple[Shape, ...]], tuple[Use, int | None]] = {}
    for row in report.rows:
        key = id(row.node.layer), row.input_shapes
        if key not in known:
            use = use_of(row.node, row.input_shapes, batch)
            rule = nothing if tool.rules is None else tool.rules.get(use.name)
            known[key] = use, None if rule is None else rule(use)
        yield row, *known[key]


SHOWN = 6
"""So many terms are named that make the difference."""


def differences(ours: str, more: Mapping[str, int]) -> list[str]:
    """``our 4,089,184,256 MACs + 22,227,968 bn + 100,352 gap``, the largest first."""
    kinds = sorted((kind for kind, value in more.items() if value), key=lambda kind: -abs(more[kind]))
    shown = kinds if len(kinds) <= SHOWN else kinds[: SHOWN - 1]
    terms = [(more[kind], kind) for kind in shown]
    if len(shown) < len(kinds):
        terms.append((sum(more[kind] for kind in kinds[len(shown) :]), "others"))
    text = "".join(f" {'+' if value >= 0 else '-'} {grouped(abs(value))} {kind}" for value, kind in terms)
    return [f"{ours}{text}"] if terms else []


def refusal(unknown: Mapping[str, list[str]]) -> str:
    """``no total: what it makes of local (fc1.local and 2 more) was not measured``; nothing where all is known."""
    if not unknown:
        return ""
    kinds = []
    for kind, names in unknown.items():
        more = f" and {len(names) - 1} more" if len(names) > 1 else ""
        kinds.append(f"{kind} ({names[0]}{more})")
    return f"no total: what it makes of {', '.join(kinds)} was not measured"
