"""Two networks side by side: as Markdown for a pull request's comment, and as JSON (version 1)."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from cnncalc.analysis.difference import EQUAL, Change, Difference, Figure
from cnncalc.analysis.report import CONVENTION, Report
from cnncalc.analysis.rows import Row
from cnncalc.errors import Diagnostic
from cnncalc.render.columns import reach
from cnncalc.render.diagnostics import as_json as error_data
from cnncalc.render.difference_words import counted, described, equal_words, settings, signed, title, total_rows
from cnncalc.render.json import field
from cnncalc.shape import show
from cnncalc.units import grouped, plain

VERSION = 1

LONGEST = 200
"""The most changes that Markdown lists: a comment on GitHub holds 65,536 characters."""


# -- Markdown ---------------------------------------------------------------------------------------------------------

_SPECIAL = re.compile(r"([\\`*_{}\[\]<>()#+!|~$@-])")


def markdown(found: Sequence[Difference], every: bool = False) -> str:
    """Fit for a pull request's comment: the totals, and the layers in a part that unfolds."""
    return "\n".join("\n".join(section(difference, every)) for difference in found)


def section(difference: Difference, every: bool) -> Iterator[str]:
    yield f"### {' → '.join(map(escaped, title(difference).split(' -> ')))}"
    yield ""
    if difference.equal:
        yield f"{equal_words(difference).capitalize()}."
        yield ""
        if not every:
            return
    else:
        yield "| | A | B | change | |"
        yield "| --- | ---: | ---: | ---: | ---: |"
        for name, a, b, delta, percent in total_rows(difference):
            yield f"| {name} | {escaped(a)} | {escaped(b)} | {'' if delta == '=' else bold(delta)} | {percent} |"
        yield ""
    chosen = [each for each in difference.changes if every or each.status != EQUAL]
    if chosen:
        yield f"<details><summary>{counted(difference).capitalize()}</summary>"
        yield ""
        yield from layer_table(chosen)
        yield ""
        yield f"<sub>{CONVENTION}</sub>"
        yield ""
        yield "</details>"
        yield ""


def bold(delta: str) -> str:
    return f"**{delta}**" if delta else ""


def layer_table(chosen: Sequence[Change]) -> Iterator[str]:
    """A row per layer; columns in which nothing differs are left out."""
    columns: list[tuple[str, bool, Callable[[Change], str]]] = [
        ("output", False, shape_cell),
        ("params", True, lambda change: delta_cell(change, "params")),
        ("buffers", True, lambda change: delta_cell(change, "buffers")),
        ("MACs", True, lambda change: delta_cell(change, "macs")),
        ("activations", True, lambda change: delta_cell(change, "activation_bytes")),
        ("field", True, field_cell),
    ]
    listed = chosen[:LONGEST]
    columns = [each for each in columns if each[0] == "output" or any(each[2](change) for change in listed)]
    yield "| | layer | settings | " + " | ".join(heading for heading, _, _ in columns) + " |"
    yield "| --- | --- | --- | " + " | ".join("---:" if right else "---" for _, right, _ in columns) + " |"
    for change in listed:
        name = " → ".join(f"`{row.name}`" for row in (change.a, change.b) if row) if renamed(change) else ""
        cells = [change.status, name or f"`{change.row.name}`", escaped(", ".join(settings_cell(change)))]
        cells += [value(change) for _, _, value in columns]
        yield "| " + " | ".join(each.replace(" -> ", " → ") for each in cells) + " |"
    if len(chosen) > len(listed):
        yield ""
        yield f"... and {grouped(len(chosen) - len(listed))} more: `cnncalc diff` lists them all as table or JSON."


def renamed(change: Change) -> bool:
    return "name" in change.differs


def settings_cell(change: Change) -> list[str]:
    return [described(change.row)] if change.status == EQUAL else settings(change)


def shape_cell(change: Change) -> str:
    if change.a is not None and change.b is not None and change.a.output != change.b.output:
        return f"{show(change.a.output)} → {show(change.b.output)}"
    return show(change.row.output)


def delta_cell(change: Change, name: str) -> str:
    delta = change.figure(name).delta
    return signed(name, delta) if delta else ""


def field_cell(change: Change) -> str:
    if change.a is None or change.b is None:
        return ""
    before, after = reach(change.a.receptive_field), reach(change.b.receptive_field)
    return f"{before or '-'} → {after or '-'}" if before != after else ""


def escaped(words: str) -> str:
    """The words as Markdown shows them, whatever they hold."""
    return _SPECIAL.sub(r"\\\1", words).replace("\\-\\>", "→")


# -- JSON -------------------------------------------------------------------------------------------------------------


def as_document(found: Sequence[Difference], errors: Sequence[Diagnostic] = (), every: bool = False) -> str:
    """``{"version", "equal", "networks": [...], "errors"}``."""
    document = {
        "version": VERSION,
        "equal": not errors and all(each.equal for each in found),
        "networks": [data(each, every) for each in found],
        "errors": [error_data(each) for each in errors],
    }
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")) + "\n"


def data(difference: Difference, every: bool) -> dict[str, Any]:
    before, after = difference.receptive_fields
    return {
        "equal": difference.equal,
        "differs": list(difference.differs),
        "convention": CONVENTION,
        "a": side_data(difference.a),
        "b": side_data(difference.b),
        "totals": {
            **{name: figure_data(each) for name, each in difference.totals.items()},
            "receptive_field": {"a": [axis.size for axis in before], "b": [axis.size for axis in after]},
        },
        "counts": difference.counts,
        "layers": [change_data(each) for each in difference.changes if every or each.status != EQUAL],
    }


def side_data(report: Report | None) -> dict[str, Any] | None:
    if report is None:
        return None
    return {
        "name": report.name,
        "source": report.graph.network.source.name.encode("utf-8", "backslashreplace").decode("utf-8"),
        "variant": report.graph.network.variant,
        "net": report.graph.net.name,
        "batch": report.batch,
        "dtype": report.dtype,
        "per_image": report.graph.per_image,
        "inputs": [{"name": name, "shape": list(shape)} for name, shape in report.inputs],
        "outputs": [{"name": name, "shape": list(shape)} for name, shape in report.outputs],
    }


def figure_data(figure: Figure) -> dict[str, int | None]:
    return {"a": figure.a, "b": figure.b, "delta": figure.delta}


def change_data(change: Change) -> dict[str, Any]:
    return {
        "status": change.status,
        "differs": list(change.differs),
        "settings": {each.name: {"a": bare(each.a), "b": bare(each.b)} for each in change.settings},
        "a": layer_data(change.a),
        "b": layer_data(change.b),
        "delta": change.deltas,
    }


def layer_data(row: Row | None) -> dict[str, Any] | None:
    if row is None:
        return None
    return {
        "name": row.name,
        "line": row.line,
        "kind": row.kind,
        "settings": row.kernel,
        "inputs": list(row.inputs),
        "output": list(row.output),
        "params": row.params,
        "trainable": row.trainable,
        "buffers": row.buffers,
        "macs": row.macs,
        "activation_bytes": row.activation_bytes,
        "receptive_field": field(row.receptive_field),
        "weights_of": row.weights_of,
    }


def bare(value: Any) -> Any:
    """A hyperparameter as JSON can carry it."""
    if isinstance(value, tuple):
        return [bare(each) for each in value]
    return plain(value) if hasattr(value, "denominator") and not isinstance(value, bool) else value
