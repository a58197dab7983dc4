"""The record of a probe as tables, and two records side by side (docs/probe.md describes the JSON of both)."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, TypeAlias

from cnncalc.render.ansi import Line, painted
from cnncalc.render.table import wrapped
from cnncalc.units import grouped, short_count

Document: TypeAlias = Mapping[str, Any]
PREFIXES = ((1e15, "P"), (1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k"))


def seconds(value: float | None) -> str:
    """``1.234 ms``; ``-`` for nothing."""
    if value is None:
        return "-"
    size = abs(value)
    for scale, unit in ((1.0, "s"), (1e-3, "ms"), (1e-6, "µs")):
        if size >= scale:
            return f"{value / scale:.{digits(size / scale)}f} {unit}"
    return f"{value / 1e-9:.0f} ns"


def digits(value: float) -> int:
    """Decimals that make four figures."""
    return 3 if value < 10 else 2 if value < 100 else 1


def rate(value: float | None, unit: str = "") -> str:
    """``12.34 G``, with the unit behind."""
    if value is None:
        return "-"
    for scale, prefix in PREFIXES:
        if value >= scale:
            return f"{value / scale:.{digits(value / scale) - 1}f} {prefix}{unit}"
    return f"{value:.3g} {unit}".rstrip()


def percent(value: float | None) -> str:
    if value is None:
        return "-"
    return f"{value:.1%}" if abs(value) < 0.1 else f"{value:.0%}"


def figure(value: float | None) -> str:
    return "-" if value is None else f"{value:,.1f}" if value >= 10 else f"{value:.2f}"


def table(record: Document, width: int = 80) -> str:
    """The record as plain text."""
    return plain(lines(record, width))


def lines(record: Document, width: int) -> Iterator[Line]:
    """The lines of the tables, none wider than it must be."""
    return folded(record_lines(record, width), width)


def folded(found: Iterator[Line], width: int) -> Iterator[Line]:
    """Lines of text broken at blanks; rows of tables stay whole."""
    for style, words in found:
        if style in ("title", "dim", "warning") and len(words) > width:
            yield from ((style, part) for part in wrapped(words, width))
        else:
            yield style, words


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


KEY_HEADINGS = {"dtype": "{}", "memory_format": "{}", "pass": "{}", "mode": "{}", "batch": "batch {}"}


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
    left = [index for index, name in enumerate(keys) if name != "batch"]
    # on a narrow screen the bandwidth goes first; JSON has all
    drop = [(), ("B/s",), ("B/s", "of copy"), ("B/s", "of copy", "FLOP/s"), ("B/s", "of copy", "FLOP/s", "n", "IQR")]
    yield from fitted(headings, body, left, drop, width)


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
    yield from fitted(headings, body, [0, 1, 5], [(), ("B/s",), ("B/s", "op/s"), ("B/s", "op/s", "kind")], width)
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


def fitted(
    headings: Sequence[str],
    body: Sequence[tuple[str, list[str]]],
    left: Sequence[int],
    drops: Sequence[Sequence[str]],
    width: int,
) -> Iterator[Line]:
    """A table with as many columns as there is room for; a row with fewer cells ends in a text."""
    chosen = list(range(len(headings)))
    sizes: list[int] = []
    for drop in drops:
        chosen = [index for index, heading in enumerate(headings) if heading not in drop]
        whole = [cells for _, cells in body if len(cells) == len(headings)]
        sizes = [max([len(headings[index]), *(len(cells[index]) for cells in whole)]) for index in chosen]
        if sum(sizes) + 2 * (len(sizes) - 1) <= width:
            break

    def line(cells: Sequence[str]) -> str:
        texts = []
        for index, size in zip(chosen, sizes, strict=True):
            texts.append(cells[index].ljust(size) if index in left else cells[index].rjust(size))
        return "  ".join(texts).rstrip()

    yield "head", line(headings)
    for style, cells in body:
        if len(cells) == len(headings):
            yield style, line(cells)
        else:
            keys = list(zip(chosen, sizes, strict=True))[: len(cells) - 1]
            texts = [cells[index].ljust(size) if index in left else cells[index].rjust(size) for index, size in keys]
            text = "  ".join([*texts, cells[-1]])
            yield style, text if len(text) <= width else text[: width - 1] + "…"


def comparison(document: Document, width: int = 80) -> str:
    """Two records side by side, as plain text."""
    return plain(comparison_lines(document, width))


def comparison_lines(document: Document, width: int) -> Iterator[Line]:
    return folded(pair_lines(document, width), width)


def pair_lines(document: Document, width: int) -> Iterator[Line]:
    for which in ("a", "b"):
        one = document[which]
        partial = "" if one["complete"] else ", interrupted"
        yield (
            "title",
            f"{which.upper()}  {one['network']}, {one['device']}, torch {one['torch']}, {one['date'][:10]}{partial}",
        )
    if document["a"]["network"] != document["b"]["network"]:
        yield "warning", "these are different networks"
    for each in document["ceilings"]:
        unit = {"bytes_per_second": "B/s"}.get(each["unit"], "FLOP/s")
        yield "dim", f"{each['name']}: {rate(each['a'], unit)}, {rate(each['b'], unit)}, B/A {each['ratio']:.2f}"
    names = [each["name"].partition(".")[2] for each in document["differences"]]
    if names:
        yield "dim", f"what else differs: {', '.join(names)}"
    yield "", ""
    headings = ["batch", "dtype", "format", "pass", "mode", "A", "B", "B/A", "note"]
    body = []
    for row in document["rows"]:
        cells = [str(row["batch"]), row["dtype"], row["memory_format"], row["pass"], row["mode"]]
        body.append((style_of(row), [*cells, *figures(row)]))
    if body:
        yield from fitted(headings, body, [1, 2, 3, 4, 8], [(), ("format",), ("format", "dtype")], width)
    else:
        yield "warning", "the records have no row in common"
    for row in document["rows"]:
        if row["layers"]:
            yield "", ""
            yield "title", f"layers alone: {named(row)}"
            layers = [(style_of(each), [each["name"], each["kind"], *figures(each)]) for each in row["layers"]]
            yield from fitted(["layer", "kind", "A", "B", "B/A", "note"], layers, [0, 1, 5], [(), ("kind",)], width)
    for which in ("a", "b"):
        for row in document[f"only_{which}"]:
            yield "dim", f"only {which.upper()}: {named(row)}"


def figures(row: Document) -> list[str]:
    """Both times, their ratio, and what to make of it."""
    if row["ratio"] is None:
        note = ", ".join(
            f"{which.upper()} {row[f'{which}_status']}" for which in ("a", "b") if f"{which}_status" in row
        )
        return [seconds(row["a_seconds"]), seconds(row["b_seconds"]), "-", note or "not measured"]
    note = "within the spread"
    if row["beyond_spread"]:
        note = "B is slower" if row["ratio"] > 1 else "B is faster"
    return [seconds(row["a_seconds"]), seconds(row["b_seconds"]), f"{row['ratio']:.3f}", note]


def style_of(row: Document) -> str:
    return "row" if row["beyond_spread"] else "dim"


def plain(found: Iterator[Line]) -> str:
    return "".join(f"{text}\n" for _, text in found)


STYLES = {"title": "bold", "head": "bold cyan", "row": "", "bad": "yellow", "warning": "yellow", "dim": "dim", "": ""}


def coloured(found: Iterator[Line], width: int) -> str:
    """The lines with the colours of a terminal, through rich."""
    return painted(found, STYLES, width)


def as_document(document: Document) -> str:
    """The record, or the comparison, as JSON."""
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")) + "\n"
