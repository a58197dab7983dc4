"""The columns that tables, CSV and Markdown can show, each with its heading, and the figures behind them."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from cnncalc.analysis.folding import Folded
from cnncalc.analysis.report import Report
from cnncalc.reach import ReceptiveField
from cnncalc.shape import show


class Column(NamedTuple):
    """A column: its heading, whether it holds a figure, and its plain value."""

    name: str
    heading: str
    figure: bool
    value: Callable[[Folded], str | int]
    total: Callable[[list[int]], int] = sum
    """What stands below the column: the sum, or the largest."""
    binary: bool = False
    """Bytes: KiB and MiB, not thousands."""


def reach(axes: tuple[ReceptiveField, ...]) -> str:
    """``195`` or ``3x9``: the size of a receptive field."""
    sizes = [axis.size for axis in axes]
    if not sizes:
        return ""
    return str(sizes[0]) if len(set(sizes)) == 1 else show(sizes)


def live_bytes(row: Folded) -> int:
    """The most bytes alive while these layers of a forward pass run; 0 where that is not known."""
    return max(each.setting.live_bytes.get(each.name, 0) for each in row.rows)


def largest(values: list[int]) -> int:
    return max(values, default=0)


COLUMNS: dict[str, Column] = {
    column.name: column
    for column in (
        Column("name", "layer", False, lambda row: row.name),
        Column("kind", "kind", False, lambda row: row.kind),
        Column("settings", "settings", False, lambda row: row.settings),
        Column("output", "output", False, lambda row: show(row.output)),
        Column("params", "params", True, lambda row: row.params),
        Column("trainable", "trainable", True, lambda row: row.trainable),
        Column("buffers", "buffers", True, lambda row: row.buffers),
        Column("macs", "MACs", True, lambda row: row.macs),
        Column("flops", "FLOPs", True, lambda row: 2 * row.macs),
        Column("bias", "bias adds", True, lambda row: sum(each.work.bias for each in row.rows)),
        Column("norm", "norm", True, lambda row: sum(each.work.norm for each in row.rows)),
        Column("activation", "activation", True, lambda row: sum(each.work.activation for each in row.rows)),
        Column("pooling", "pooling", True, lambda row: sum(each.work.pooling for each in row.rows)),
        Column("elementwise", "add/mul", True, lambda row: sum(each.work.elementwise for each in row.rows)),
        Column("bytes", "bytes", True, lambda row: row.activation_bytes, binary=True),
        Column("memory", "live bytes", True, live_bytes, largest, binary=True),
        Column("rf", "field", False, lambda row: reach(row.receptive_field)),
    )
}


def total_of(report: Report) -> str:
    """What the sum of all rows is called."""
    return "total" if report.complete else "so far"


DEFAULT = ("name", "settings", "output", "params", "macs", "rf")
