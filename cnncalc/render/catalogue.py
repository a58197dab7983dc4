"""The list of the bundled networks, as a table and as JSON (version 1)."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, TypeAlias

from cnncalc.analysis.catalogue import Entry
from cnncalc.errors import Diagnostic
from cnncalc.render.ansi import painted, unpainted
from cnncalc.render.diagnostics import as_json
from cnncalc.shape import show
from cnncalc.units import grouped, short_count

VERSION = 1
WIDE = 66
"""Columns that a full name needs with the figures in front of it, beside the name and the sizes."""

Families: TypeAlias = Mapping[str, Sequence[Entry]]


def lines(families: Families, width: int) -> Iterator[tuple[str, str]]:
    """The lines of the table, each with its style: ``heading``, ``row`` or ``about``.  Where there is
    room the full names stand behind the figures."""
    entries = [each for members in families.values() for each in members]
    column = max((len(each.name) for each in entries), default=4) + 2
    sizes = max((len(shapes_of(each)) for each in entries), default=5)
    wide = width >= column + sizes + WIDE
    head = f"{'name':<{column}}  year  {'params':>13}  {'MACs':>9}  {'input':<{sizes}}  network"
    yield "heading", head if wide else head[: -sizes - 9] + "input"
    told: set[str] = set()
    for family, members in families.items():
        yield "heading", family
        for each in members:
            year = str(each.year or "")
            row = f"  {each.name:<{column - 2}}  {year:>4}  {figure(each.params):>13}  {count(each.macs):>9}  "
            row += f"{shapes_of(each):<{sizes}}  {each.title}" if wide else shapes_of(each)
            yield "row", cut(row.rstrip(), width)
            if each.file not in told and each.about:
                yield "about", cut(f"      {each.about}", width)
            told.add(each.file)


def shapes_of(entry: Entry) -> str:
    """The shapes that flow in, each once."""
    return ", ".join(dict.fromkeys(show(shape) for _, shape in entry.inputs))


def figure(value: int | None) -> str:
    return "?" if value is None else grouped(value)


def count(value: int | None) -> str:
    return "?" if value is None else short_count(value)


def cut(text: str, width: int) -> str:
    """At most ``width`` columns, with an ellipsis where something is missing."""
    return text if len(text) <= width else text[: max(width - 1, 0)].rstrip() + "…"


def plain(families: Families, width: int = 80) -> str:
    """The table as plain text."""
    return unpainted(lines(families, width))


def coloured(families: Families, width: int) -> str:
    """The table with the colours of a terminal, through rich."""
    return painted(lines(families, width), {"heading": "bold cyan", "row": "", "about": "dim"}, width)


def as_document(families: Families, errors: Sequence[Diagnostic] = ()) -> str:
    """``{"version", "networks": [...], "errors"}``."""
    document = {
        "version": VERSION,
        "networks": [entry_data(each) for members in families.values() for each in members],
        "errors": [as_json(each) for each in errors],
    }
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")) + "\n"


def entry_data(entry: Entry) -> dict[str, Any]:
    return {
        "name": entry.name,
        "title": entry.title,
        "file": os.path.basename(entry.file),
        "variant": entry.variant,
        "family": entry.family,
        "year": entry.year,
        "params": entry.params,
        "macs": entry.macs,
        "inputs": [{"name": name, "shape": list(shape)} for name, shape in entry.inputs],
        "about": entry.about,
    }
