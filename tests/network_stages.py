"""What the pages of the families show of a network's stages: layers as papers write them, and figures that a paper
prints beside ours."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction
from itertools import pairwise
from typing import Any, NamedTuple

from cnncalc.analysis.report import Report
from cnncalc.analysis.rows import Group, Row
from cnncalc.shape import show
from cnncalc.units import grouped, short_count

UNITS = {"": 1, "k": 10**3, "K": 10**3, "M": 10**6, "G": 10**9, "B": 10**9}
NEAR = Fraction(3, 100)
"""Rows of a paper are marked where they are further off than this."""
LABELS = {"params": "params", "macs": "MACs", "flops": "FLOPs"}

SHOWN = ("conv", "dwconv", "deconv", "local", "fc", "maxpool", "avgpool", "gap", "upsample", "unpool", "crop", "pad")
MOST = 9
"""More words than this are counted, not listed."""


def word(row: Row) -> tuple[str, str]:
    """A layer as papers write it, and its stride: ``3x3, 64`` and ``/2``."""
    layer: Any = row.node.layer
    settings = row.kernel.split()
    if row.kind == "fc":
        return f"fc {layer.features}", ""
    if row.kind not in ("conv", "dwconv", "deconv", "local", "maxpool", "avgpool"):
        return row.kind, ""
    stride = next((each for each in settings if each.startswith("/")), "")
    more = [each for each in settings[1:] if re.match(r"[dg]\d", each) and row.kind != "dwconv"]
    head = {"conv": "", "maxpool": "max pool ", "avgpool": "avg pool "}.get(row.kind, f"{row.kind} ")
    tail = f", {row.output[0]}" if row.kind not in ("maxpool", "avgpool", "dwconv") else ""
    return " ".join([f"{head}{settings[0]}{tail}", *more]), stride


def layers(rows: Iterable[Row], phrase: str = "") -> str:
    """What stands in a line: ``[1x1, 64; 3x3, 64; 1x1, 256] x3``, a ``+`` between branches; where that would be long the
    phrase, and how many there are of each."""
    seen = [row for row in rows if row.kind in SHOWN and ".project" not in row.name]
    words = [word(row) for row in seen]
    places = [branch_of(row.name) for row in seen]
    for number, (before, here) in enumerate(pairwise(places), 1):
        if here != before and not here.endswith("branch1"):
            words[number] = (f"+ {words[number][0]}", words[number][1])
    parts: list[str] = []
    at = 0
    while at < len(words):
        length, times = repeated([each[0] for each in words[at:]])
        unit = words[at : at + length]
        if times == 1:
            parts.append(" ".join(filter(None, unit[0])))
        else:
            stride = next((each[1] for each in unit if each[1]), "")
            inside = "; ".join(each[0] for each in unit)
            parts.append((f"[{inside}]" if length > 1 or "," in inside else inside) + f" x{times}")
            if stride and not all(each[1] == stride for each in unit):
                parts[-1] += f", first {stride}"
        at += length * times
    if sum(part.count(";") + 1 for part in parts) > MOST:
        kinds = [row.kind for row in seen]
        counted = ", ".join(f"{kinds.count(kind)} {kind}" for kind in dict.fromkeys(kinds))
        return f"{phrase}: {counted}" if phrase else counted
    return "; ".join(parts).replace("; +", " +") or "-"


def branch_of(name: str) -> str:
    """The path of the innermost branch that a layer is part of."""
    found = re.match(r"(.*\.)?branch\d+(?=\.)", name)
    return found[0] if found else "branch1"


def repeated(words: list[str]) -> tuple[int, int]:
    """The unit that comes several times first: its length and how often; the one that covers most."""
    best = (1, 1)
    for length in range(1, min(len(words) // 2, 12) + 1):
        times = 1
        while words[length * times : length * (times + 1)] == words[:length]:
            times += 1
        if times > 1 and length * times > best[0] * best[1]:
            best = (length, times)
    return best


# -- figures as they are printed --------------------------------------------------------------------------------------


def agrees(printed: str, exact: int) -> bool:
    """Whether a figure is what is printed, rounded or cut off at the last digit."""
    return (
        -distance(printed) / 2 <= exact - value_of(printed) < distance(printed)
        if distance(printed) > 1
        else (exact == value_of(printed))
    )


def value_of(printed: str) -> Fraction:
    digits = printed.rstrip("kKMGB")
    return Fraction(digits) * UNITS[printed[len(digits) :]]


def distance(printed: str) -> Fraction:
    digits = printed.rstrip("kKMGB")
    return Fraction(UNITS[printed[len(digits) :]], 10 ** len(digits.partition(".")[2]))


# -- the table --------------------------------------------------------------------------------------------------------


class Paper(NamedTuple):
    """What a paper prints of the stages of a network; it counts weights without biases, ``k`` to a K."""

    source: str = ""
    figures: Mapping[str, Mapping[str, str]] = {}
    k: int = 1000

    @property
    def names(self) -> list[str]:
        return [name for name in ("params", "macs") if any(name in row for row in self.figures.values())]

    def beside(self, line: str, name: str, rows: Sequence[Row]) -> str:
        """A figure of the paper, in bold with the difference where ours is another."""
        printed = self.figures.get(line, {}).get(name)
        if printed is None:
            return ""
        told = value_of(printed) * (Fraction(self.k, 1000) if printed.endswith("K") else 1)
        weights = [each.count for row in rows for each in row.parameters if each.name != "bias"]
        exact = sum(weights) if name == "params" else sum(row.macs for row in rows)
        apart = (told - exact) / exact
        return printed if abs(apart) <= NEAR else f"**{printed}** ({100 * float(apart):+.0f} %)"


def stages(report: Report, names: Mapping[str, str], paper: Paper) -> Iterable[str]:
    """The table of a network's lines under the names of the paper, its figures beside ours where it prints any."""
    yield table_line(
        ["stage", "output", "layers", "params", "MACs", *(f"{LABELS[each]} there" for each in paper.names)]
    )
    yield table_line(["---", "---", "---", "---:", "---:", *["---:"] * len(paper.names)])
    phrases = {each.name: as_code(each.text.value) for each in report.graph.net.statements}
    for line in dict.fromkeys(row.line or row.name for row in report.rows):
        found = report.find(line)
        assert found is not None
        made = found.rows if isinstance(found, Group) else (found,)
        what = layers(made, phrases.get(line, ""))
        cells = [names.get(line, line), show(found.output), what, figure(found.params), figure(found.macs, True)]
        yield table_line([*cells, *(paper.beside(line, each, made) for each in paper.names)])
    totals = [f"**{grouped(report.totals.params)}**", f"**{short_count(report.totals.macs)}**"]
    yield table_line(["**total**", "", "", *totals, *[""] * len(paper.names)])
    if paper.names:
        yield f"\nThere: {paper.source}. In bold is what is more than {float(100 * NEAR):.0f} % off."


def as_code(phrase: str) -> str:
    """A phrase for a cell of a table, without the options that it gives by name."""
    return "`" + re.sub(r" \w+=\S+", "", " ".join(phrase.split())).replace("|", "\\|") + "`"


def figure(value: int, short: bool = False) -> str:
    return "-" if not value else short_count(value) if short else grouped(value)


def table_line(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"
