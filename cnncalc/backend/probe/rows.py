"""The rows of a record: what follows from the times."""

from __future__ import annotations

from typing import Any, TypeAlias

from cnncalc.analysis.roofline import Ceilings, Cost, costs, place, total
from cnncalc.analysis.roofline import floor as floor_of
from cnncalc.backend.probe import record
from cnncalc.backend.probe.kinds import Kind
from cnncalc.backend.probe.layers import Outcome
from cnncalc.backend.probe.timer import Timing
from cnncalc.graph import Graph, Node
from cnncalc.units import DTYPE_BYTES

State: TypeAlias = dict[str, float | None] | None
"""The clocks and the power of a device, where it tells them."""


def empty_row(batch: int, kind: Kind, format_: str, pass_: str, mode: str) -> dict[str, Any]:
    """A row of which only the setting is known."""
    row: dict[str, Any] = dict.fromkeys(record.ROW)
    row |= {"batch": batch, "dtype": kind.name, "memory_format": format_, "pass": pass_, "mode": mode}
    return row | {"status": record.OK, "tf32": kind.tf32}


def fill(row: dict[str, Any], graph: Graph, timing: Timing, state: State, ceilings: Ceilings | None) -> None:
    """The figures of a row whose time is known."""
    seconds = timing.median
    found = costs(graph, row["batch"], DTYPE_BYTES[row["dtype"]], row["pass"] == record.BACKWARD)
    cost = total(found)
    row |= {"time": record.timing_data(timing), "state": state, **cost._asdict()}
    row["images_per_second"] = row["batch"] / seconds
    row["flops_per_second"] = cost.flops / seconds
    row["bytes_per_second"] = cost.bytes / seconds
    if ceilings:
        row["flops_share"] = row["flops_per_second"] / ceilings.operations_per_second
        row["bytes_share"] = row["bytes_per_second"] / ceilings.bytes_per_second
        row["floor_seconds"] = floor_of(found, ceilings)
        row["floor_share"] = row["floor_seconds"] / seconds


def layer_row(node: Node, outcome: Outcome, cost: Cost, ceilings: Ceilings | None) -> dict[str, Any]:
    """A layer of a row, timed alone."""
    found: dict[str, Any] = dict.fromkeys(record.LAYER)
    found |= {"name": node.name, "kind": node.kind, "mode": outcome.mode, "status": outcome.status}
    found |= {"message": outcome.message, "time": record.timing_data(outcome.timing), **cost._asdict()}
    found["intensity"] = cost.intensity
    seconds = outcome.timing.median if outcome.timing else None
    if seconds:
        found["operations_per_second"] = cost.operations / seconds
        found["bytes_per_second"] = cost.bytes / seconds
    if ceilings:
        where = place(cost, ceilings, seconds)
        found |= {"bound": where.bound, "floor_seconds": where.floor, "floor_share": where.share}
    return found


def note_launch_gaps(rows: list[dict[str, Any]]) -> None:
    """What a replayed graph saves, where both were measured, at the rows without graphs."""
    times = {tuple(row[each] for each in record.KEY): row["time"] for row in rows}
    for row in rows:
        *key, mode = (row[each] for each in record.KEY)
        replayed = times.get((*key, {"eager": "graph", "compile": "compile+graph"}.get(mode)))
        if row["time"] and replayed:
            row["launch_gap_seconds"] = row["time"]["median_seconds"] - replayed["median_seconds"]


def label(row: dict[str, Any]) -> str:
    return " ".join(str(row[each]) for each in record.KEY)
