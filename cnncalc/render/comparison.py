"""Networks side by side, a row for each: as a table, CSV, Markdown and JSON (version 1)."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterator, Sequence
from io import StringIO
from math import prod
from typing import Any, NamedTuple, TypeAlias

from cnncalc.analysis.comparison import Compared
from cnncalc.analysis.report import CONVENTION
from cnncalc.errors import Diagnostic
from cnncalc.render.ansi import Line, painted, unpainted
from cnncalc.render.columns import reach
from cnncalc.render.diagnostics import as_json as error_data
from cnncalc.render.json import field
from cnncalc.shape import show
from cnncalc.units import grouped, short_bytes, short_count

VERSION = 1

Plain: TypeAlias = str | int | None


class Column(NamedTuple):
    """A column: heading, plain value (None: not known), how a table writes it, and what it is sorted by."""

    name: str
    heading: str
    value: Callable[[Compared], Plain]
    short: Callable[[int], str] | None = None
    """None: a text."""
    key: Callable[[Compared], Any] | None = None


def shapes(row: Compared) -> str:
    """The inputs; without their names where there is one."""
    if len(row.inputs) == 1:
        return show(row.inputs[0][1])
    return ", ".join(f"{name} {show(shape)}" for name, shape in row.inputs)


def values(row: Compared) -> int:
    return sum(prod(shape) for _, shape in row.inputs)


def widest(row: Compared) -> int:
    return max((axis.size for axis in row.receptive_field), default=0)


COLUMNS: dict[str, Column] = {
    column.name: column
    for column in (
        Column("name", "network", lambda row: row.name),
        Column("params", "params", lambda row: row.params, grouped),
        Column("trainable", "trainable", lambda row: row.trainable, grouped),
        Column("buffers", "buffers", lambda row: row.buffers, grouped),
        Column("macs", "MACs", lambda row: row.macs, short_count),
        Column("flops", "FLOPs", lambda row: row.flops, short_count),
        Column("activations", "activations", lambda row: row.activation_bytes, short_bytes),
        Column("weights", "weights", lambda row: row.parameter_bytes, short_bytes),
        Column("inference", "inference", lambda row: row.inference_peak_bytes, short_bytes),
        Column("training", "training", lambda row: row.training_peak_bytes, short_bytes),
        Column("depth", "depth", lambda row: row.depth, grouped),
        Column("layers", "layers", lambda row: row.layers, grouped),
        Column("rf", "field", lambda row: reach(row.receptive_field), None, widest),
        Column("input", "input", shapes, None, values),
        Column("runs", "runs", lambda row: row.per_image, grouped),
        Column("error", "error", lambda row: row.error or ""),
    )
}

PEAKS = ("inference", "training")
"""Columns that need the memory model."""

DEFAULT = ("name", "params", "macs", "activations", "weights", "depth", "layers", "rf", "input")

LAYOUTS: tuple[tuple[Sequence[str], bool], ...] = (
    (DEFAULT, True),
    (DEFAULT, False),
    (("name", "params", "macs", "activations", "depth", "layers", "rf", "input"), False),
    (("name", "params", "macs", "activations", "depth", "rf", "input"), False),
    (("name", "params", "macs", "activations", "depth", "input"), False),
    (("name", "params", "macs", "depth", "input"), False),
    (("name", "params", "macs", "depth"), False),
)
"""What is shown, parameters exact or abbreviated: the first that is narrow enough is taken."""

CSV_COLUMNS = (
    "name", "params", "trainable", "buffers", "macs", "flops", "activations", "weights", "depth", "layers", "rf",
    "input", "runs", "error",
)  # fmt: skip

NAMES = 32
"""Names longer than this are cut in a table: networks on one line are their own names."""


def ordered(rows: Sequence[Compared], column: str, reverse: bool = False) -> list[Compared]:
    """The rows by a column, from the least; those without a figure come last either way, equal ones as they stood."""
    by: Callable[[Compared], Any] = COLUMNS[column].key or COLUMNS[column].value
    known = [row for row in rows if not row.error and by(row) is not None]
    unknown = [row for row in rows if row.error or by(row) is None]
    if column in ("name", "error"):
        return sorted(rows, key=by, reverse=reverse)
    return sorted(known, key=by, reverse=reverse) + unknown


# -- table ------------------------------------------------------------------------------------------------------------

STYLES = {"heading": "bold", "row": "", "warn": "yellow", "dim": "dim"}


def plain(rows: Sequence[Compared], width: int = 80, columns: Sequence[str] | None = None) -> str:
    """The table as plain text, narrow enough for ``width`` where less will do."""
    return unpainted(lines(rows, width, columns))


def coloured(rows: Sequence[Compared], width: int, columns: Sequence[str] | None = None) -> str:
    """The table with the colours of a terminal, through rich."""
    return painted(lines(rows, width, columns), STYLES, width)


def lines(rows: Sequence[Compared], width: int, columns: Sequence[str] | None) -> Iterator[Line]:
    layouts = LAYOUTS if columns is None else ((columns, True),)
    for names, exact in layouts:
        chosen = [COLUMNS[name] for name in names]
        cells = [[cell(column, row, exact) for column in chosen] for row in rows]
        sizes = [max(map(len, texts)) for texts in zip([column.heading for column in chosen], *cells, strict=True)]
        if sum(sizes) + 2 * (len(sizes) - 1) <= width:
            break
    yield "heading", aligned([column.heading for column in chosen], sizes, chosen)
    for row, texts in zip(rows, cells, strict=True):
        if row.error and "error" not in names:
            named = texts[0].ljust(sizes[0]) if names[0] == "name" else shortened(row.name)
            yield "warn", cut(f"{named}  cannot be used: {row.error}", width)
        else:
            yield "warn" if row.error else "row", aligned(texts, sizes, chosen)
    times = sorted({row.per_image for row in rows if row.per_image > 1})
    if times and "runs" not in names:
        yield "dim", f"* runs {' or '.join(map(grouped, times))} times per image; figures are for one run"
    batches = sorted({(row.batch, row.dtype) for row in rows if not row.error})
    for batch, dtype in batches:
        yield "dim", f"batch {batch}, {dtype}; depth: weight layers on the longest path"
    yield "dim", cut(CONVENTION.split(";")[0], width)


def cell(column: Column, row: Compared, exact: bool) -> str:
    if column.name == "name":
        return shortened(row.name) + " *" * (row.per_image > 1)
    value = column.value(row)
    if row.error and column.name != "error":
        return ""
    if value is None:
        return "?"
    if column.short is None or isinstance(value, str):
        return str(value)
    return short_count(value) if column.name == "params" and not exact else column.short(value)


def shortened(name: str) -> str:
    return cut(" ".join(name.split()), NAMES)


def cut(text: str, width: int) -> str:
    return text if len(text) <= width else text[: max(width - 1, 0)].rstrip() + "…"


def aligned(texts: Sequence[str], sizes: Sequence[int], columns: Sequence[Column]) -> str:
    cells = [
        text.ljust(size) if column.name in ("name", "input", "error") else text.rjust(size)
        for text, size, column in zip(texts, sizes, columns, strict=True)
    ]
    return "  ".join(cells).rstrip()


# -- CSV, Markdown, JSON ----------------------------------------------------------------------------------------------


def csv_text(rows: Sequence[Compared], columns: Sequence[str] | None = None) -> str:
    """CSV with a heading line and exact figures; what is not known is empty."""
    out = StringIO()
    writer = csv.writer(out, lineterminator="\n")
    names = columns or CSV_COLUMNS
    writer.writerow(names)
    for row in rows:
        values = (COLUMNS[name].value(row) if not row.error or name in ("name", "error") else None for name in names)
        writer.writerow("" if value is None else value for value in values)
    return out.getvalue()


def markdown(rows: Sequence[Compared], columns: Sequence[str] | None = None) -> str:
    """A Markdown table."""
    chosen = [COLUMNS[name] for name in columns or DEFAULT]
    lines = ["| " + " | ".join(column.heading for column in chosen) + " |"]
    lines.append("| " + " | ".join("---:" if column.short else "---" for column in chosen) + " |")
    for row in rows:
        texts = [escaped(cell(column, row, True)) for column in chosen]
        if row.error and "error" not in (column.name for column in chosen):
            place = min(1, len(texts) - 1)
            texts[place] = f"{texts[place] if place == 0 else ''} cannot be used: {escaped(row.error)}".strip()
        lines.append("| " + " | ".join(texts) + " |")
    return "\n".join([*lines, "", f"{CONVENTION}.", ""])


def escaped(words: str) -> str:
    """A text that Markdown shows as it is in the cell of a table."""
    for character in "\\`*_[]<>|~":
        words = words.replace(character, f"\\{character}")
    return " ".join(words.split())


def as_document(rows: Sequence[Compared], errors: Sequence[Diagnostic] = ()) -> str:
    """``{"version", "networks": [...], "errors"}``."""
    document = {
        "version": VERSION,
        "convention": CONVENTION,
        "networks": [data(row) for row in rows],
        "errors": [error_data(each) for each in errors],
    }
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")) + "\n"


def data(row: Compared) -> dict[str, Any]:
    found = {name: value for name, value in row._asdict().items() if name not in ("diagnostics", "error")}
    found["target"] = row.target.encode("utf-8", "backslashreplace").decode("utf-8")
    found["inputs"] = [{"name": name, "shape": list(shape)} for name, shape in row.inputs]
    found["receptive_field"] = field(row.receptive_field)
    return {**found, "error": row.error}
