"""The record of a probe as tables (docs/probe.md describes its JSON)."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, TypeAlias

from cnncalc.render.ansi import Line, painted, unpainted
from cnncalc.render.fitted import fitted, folded
from cnncalc.render.measures import figure, percent, rate, seconds
from cnncalc.units import grouped, short_count

Document: TypeAlias = Mapping[str, Any]
KEY_HEADINGS = {"dtype": "{}", "memory_format": "{}", "pass": "{}", "mode": "{}", "batch": "batch {}"}
STYLES = {"title": "bold", "head": "bold cyan", "row": "", "bad": "yellow", "warning": "yellow", "dim": "dim", "": ""}


def table(record: Document, width: int = 80) -> str:
    """The record as plain text."""
    return unpainted(lines(record, width))


def lines(record: Document, width: int) -> Iterator[Line]:
    """The lines of the tables, none wider than it must be."""
    return folded(record_lines(record, width), width)


def record_lines(record: Document, width: int) -> Iterator[Line]:
    yield from head(record)
    yield from ceiling_lines(record["ceilings"])
    yield "", ""
    rows = record["rows"]
    shared = [name for name in KEY_HEADINGS if len({row[name] for row in rows}) == 1 and name != "batch"]
    if rows:
        yield "title", ", ".join(KEY_HEADINGS[name].format(rows[0][name]) for name in shared) or "rows"
        yield from row_table(rows, shared, width)
        yield from remarks(rows)
    for row in rows:
        if row["layers"]:
            yield "", ""
            yield from layer_table(row, width)
    if not record["complete"]:
        yield "warning", "interrupted: what was measured until then"


def head(record: Document) -> Iterator[Line]:
    network, environment = record["network"], record["environment"]
    shapes = ", ".join("x".join(map(str, each["shape"])) for each in network["inputs"])
    yield (
        "title",
        f"{network['name']}   {shapes}   {grouped(network['params'])} params, {short_count(network['macs'])} MACs",
    )
    versions = [f"torch {environment['torch']}"]
    versions += [f"cuDNN {environment['cudnn']}"] if environment["cudnn"] else []
    versions += [f"driver {environment['driver']}"] if environment["driver"] else []
    count = environment["threads"]
    threads = "" if environment["device"] == "cuda" else f", {count} thread{'' if count == 1 else 's'}"
    yield "dim", f"{environment['name']}{threads}, {', '.join(versions)}, {record['date'][:10]}"


def ceiling_lines(ceilings: Document) -> Iterator[Line]:
    words = [
        f"{each['dtype']} {rate(each['flops_per_second'], 'FLOP/s')} (matmul {each['size']})"
        for each in ceilings["matmul"]
        if each["flops_per_second"]
    ]
    if ceilings["copy"]:
        words.append(f"memory {rate(ceilings['copy']['bytes_per_second'], 'B/s')} (copy)")
    yield "dim", f"measured ceilings: {', '.join(words) or 'none'}"


def row_table(rows: Sequence[Document], shared: Sequence[str], width: int) -> Iterator[Line]:
    names = {"batch": "batch", "dtype": "dtype", "memory_format": "format", "pass": "pass", "mode": "mode"}
    keys = [name for name in names if name not in shared]
    headings = [names[name] for name in keys]
    headings += ["median", "IQR", "n", "images/s", "FLOP/s", "of peak", "B/s", "of copy", "floor"]
    body: list[tuple[str, list[str]]] = []
    for row in rows:
        cells = [str(row[name]) for name in keys]
        timing = row["time"]
        if timing is None:
            body.append(("bad", [*cells, f"{row['status']}: {row['message']}"]))
            continue
        spread = timing["iqr_seconds"] / timing["median_seconds"] if timing["median_seconds"] else None
        marks = ("" if timing["warm"] else "?") + ("" if timing["settled"] else "~")
        cells += [seconds(timing["median_seconds"]), f"{percent(spread)}{marks}", str(timing["repeats"])]
        cells += [f"{row['images_per_second']:,.1f}", rate(row["flops_per_second"]), percent(row["flops_share"])]
        cells += [rate(row["bytes_per_second"]), percent(row["bytes_share"]), percent(row["floor_share"])]
        body.append(("row", cells))
    left = [names[name] for name in keys if name != "batch"]
    # on a narrow screen the bandwidth goes first; JSON has all
    drops = [(), ("B/s",), ("B/s", "of copy"), ("B/s", "of copy", "FLOP/s"), ("B/s", "of copy", "FLOP/s", "n", "IQR")]
    yield from fitted(headings, body, left, drops, width)


def remarks(rows: Sequence[Document]) -> Iterator[Line]:
    """What stands below the rows: gaps, and what the marks mean."""
    for row in rows:
        if row["launch_gap_seconds"] is not None:
            share = row["launch_gap_seconds"] / row["time"]["median_seconds"]
            yield "dim", f"{named(row)}: {seconds(row['launch_gap_seconds'])} of launch gaps ({percent(share)})"
    timings = [row["time"] for row in rows if row["time"]]
    if any(row["floor_share"] is not None for row in rows):
        yield "dim", "floor: the least time the roofline allows the layers, as a share of the median"
    if any((row["floor_share"] or 0) > 1.05 for row in rows):
        yield "warning", "above 100%: the caches served it, or the device was busy while the ceilings were measured"
    if not all(each["settled"] for each in timings):
        yield "dim", "~ the spread did not get below the aim within the time bound"
    if not all(each["warm"] for each in timings):
        yield "dim", "? not seen to be warm within the time bound"


def named(row: Document) -> str:
    return f"batch {row['batch']} {row['dtype']} {row['memory_format']} {row['pass']} {row['mode']}"


def layer_table(row: Document, width: int) -> Iterator[Line]:
    yield "title", f"layers alone: {named(row)}"
    headings = ["layer", "kind", "median", "share", "op/B", "bound", "op/s", "B/s", "floor"]
    total = sum(each["time"]["median_seconds"] for each in row["layers"] if each["time"])
    body = []
    for each in row["layers"]:
        timing = each["time"]
        if timing is None:
            body.append(("bad", [each["name"], each["kind"], f"{each['status']}: {each['message']}"]))
            continue
        cells = [each["name"], each["kind"], seconds(timing["median_seconds"])]
        cells += [percent(timing["median_seconds"] / total if total else None), figure(each["intensity"])]
        cells += [each["bound"] or "-", rate(each["operations_per_second"] or None)]
        cells += [rate(each["bytes_per_second"] or None), percent(each["floor_share"])]
        body.append(("row", cells))
    yield from fitted(
        headings, body, ["layer", "kind", "bound"], [(), ("B/s",), ("B/s", "op/s"), ("B/s", "op/s", "kind")], width
    )
    if row["layers_seconds"] is not None:
        gap = row["layers_gap_seconds"]
        what = "more" if gap > 0 else "less"
        share = percent(abs(gap) / row["time"]["median_seconds"])
        why = (
            "launches and everything between the layers"
            if gap > 0
            else "alone, each layer finds the caches empty and is called by itself"
        )
        yield (
            "dim",
            (
                f"sum {seconds(row['layers_seconds'])}; end to end {seconds(row['time']['median_seconds'])}, "
                f"{seconds(abs(gap))} {what} ({share}): {why}"
            ),
        )


def coloured(found: Iterator[Line], width: int) -> str:
    """The lines with the colours of a terminal, through rich."""
    return painted(found, STYLES, width)


def as_document(document: Document) -> str:
    """The record, or the comparison, as JSON."""
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")) + "\n"
