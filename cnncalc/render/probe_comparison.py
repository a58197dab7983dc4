"""Two records of probes side by side (docs/probe.md describes the JSON)."""

from __future__ import annotations

from collections.abc import Iterator

from cnncalc.render.ansi import Line, unpainted
from cnncalc.render.fitted import fitted, folded
from cnncalc.render.measures import rate, seconds
from cnncalc.render.probe import Document, named

ROWS = ("batch", "dtype", "format", "pass", "mode", "A", "B", "B/A", "note")
LAYERS = ("layer", "kind", "A", "B", "B/A", "note")


def table(document: Document, width: int = 80) -> str:
    """Two records side by side, as plain text."""
    return unpainted(lines(document, width))


def lines(document: Document, width: int) -> Iterator[Line]:
    """The lines of the tables, none wider than it must be."""
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
    body = []
    for row in document["rows"]:
        cells = [str(row["batch"]), row["dtype"], row["memory_format"], row["pass"], row["mode"]]
        body.append((style_of(row), [*cells, *figures(row)]))
    if body:
        left = ("dtype", "format", "pass", "mode", "note")
        yield from fitted(ROWS, body, left, [(), ("format",), ("format", "dtype")], width)
    else:
        yield "warning", "the records have no row in common"
    for row in document["rows"]:
        if row["layers"]:
            yield "", ""
            yield "title", f"layers alone: {named(row)}"
            layers = [(style_of(each), [each["name"], each["kind"], *figures(each)]) for each in row["layers"]]
            yield from fitted(LAYERS, layers, ["layer", "kind", "note"], [(), ("kind",)], width)
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
