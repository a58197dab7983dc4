"""Folding a report's rows into lines, blocks and repeats, so that a deep network fits a screen."""

from __future__ import annotations

from itertools import groupby
from typing import NamedTuple

from cnncalc.analysis.report import Report
from cnncalc.analysis.rows import Row
from cnncalc.analysis.spelling import settings
from cnncalc.reach import ReceptiveField
from cnncalc.shape import Shape

SCREEN = 40
"""Rows that fit a screen."""


class Folded(NamedTuple):
    """One line of a table: a layer, or several folded into one."""

    name: str
    indent: int
    kind: str
    settings: str
    output: Shape
    params: int
    trainable: int
    buffers: int
    macs: int
    activation_bytes: int
    receptive_field: tuple[ReceptiveField, ...]
    rows: tuple[Row, ...]
    heading: bool = False


def deepest(report: Report) -> int:
    """The most segments that a layer's name has."""
    return max((row.name.count(".") + 1 for row in report.rows), default=1)


def fitting_depth(report: Report, most: int = SCREEN) -> int:
    """The greatest depth whose table has at most ``most`` rows; 1 where none has."""
    depth = deepest(report)
    while depth > 1 and length(report, depth) > most:
        depth -= 1
    return depth


def length(report: Report, depth: int) -> int:
    """How many rows :func:`fold` gives."""
    return sum(1 for _ in groupby(prefix(row, depth) for row in report.rows))


def prefix(row: Row, depth: int) -> str:
    """The first ``depth`` segments of a layer's name."""
    return ".".join(row.name.split(".", depth)[:depth])


def fold(report: Report, depth: int) -> list[Folded]:
    """The rows of a table that shows names of at most ``depth`` segments; neighbours that share them become one."""
    runs = groupby(report.rows, key=lambda row: prefix(row, depth))
    return [folded(name, list(rows)) for name, rows in runs]


def folded(name: str, rows: list[Row]) -> Folded:
    last = rows[-1]
    single = len(rows) == 1 and last.name.count(".") == name.count(".")
    if len(rows) == 1:
        assert last.node.layer is not None
        kind, shown = last.kind, settings(last.node.layer, last.input_shapes)
        if not single:
            shown = f"{kind} {shown}".strip()
    else:
        kind, shown = "", f"{len(rows)} layers"
    return Folded(
        last.name if single else name,
        name.count("."),
        kind,
        shown,
        last.output,
        sum(row.params for row in rows),
        sum(row.trainable for row in rows),
        sum(row.buffers for row in rows),
        sum(row.macs for row in rows),
        sum(row.activation_bytes for row in rows),
        last.receptive_field,
        tuple(rows),
    )
