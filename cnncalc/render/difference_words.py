"""What is said of two networks, whatever it is printed as."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from cnncalc.analysis.difference import CHANGED, EQUAL, Change, Difference, Figure
from cnncalc.analysis.report import Report
from cnncalc.analysis.rows import Row
from cnncalc.layers.fields import got
from cnncalc.library import told
from cnncalc.reach import ReceptiveField
from cnncalc.render.columns import reach
from cnncalc.shape import show
from cnncalc.units import decimal, grouped, short_bytes, short_count

BYTES = ("activation_bytes", "parameter_bytes", "buffer_bytes", "inference_peak_bytes", "training_peak_bytes")
TITLES = {
    "layers": "layers",
    "depth": "depth",
    "params": "params",
    "trainable": "trainable",
    "buffers": "buffers",
    "macs": "MACs",
    "activation_bytes": "activations",
    "parameter_bytes": "weights",
    "inference_peak_bytes": "peak, inference",
    "training_peak_bytes": "peak, training",
}
"""The totals that are shown, in this order."""


def sides(difference: Difference) -> tuple[str, str]:
    """What the two are called: their names; with their files where they have the same one."""
    a, b = difference.a, difference.b
    if a is None or b is None:
        there = a or b
        assert there is not None
        return ("", there.name) if a is None else (there.name, "")
    if a.name != b.name:
        return a.name, b.name
    return tuple(f"{each.name} ({place(each)})" for each in (a, b)) if place(a) != place(b) else (a.name, b.name)  # type: ignore[return-value]


def place(report: Report) -> str:
    return told(report.graph.network.source.name)


def title(difference: Difference) -> str:
    a, b = sides(difference)
    if not a or not b:
        return f"{a or b}: only in {'B' if b else 'A'}"
    return a if a == b else f"{a} -> {b}"


def counted(difference: Difference) -> str:
    """``2 added, 9 changed (8 of them only by what flows in), 14 equal``."""
    parts = []
    for status, count in difference.counts.items():
        follow = sum(each.status == CHANGED and not each.itself for each in difference.changes)
        only = f" ({'all' if follow == count else follow} only by what flows in)"
        if count:
            parts.append(f"{grouped(count)} {status}" + (only if status == CHANGED and follow else ""))
    return f"layers: {', '.join(parts) or 'none'}"


def equal_words(difference: Difference) -> str:
    report = difference.b
    assert report is not None
    totals = report.totals
    return f"equal: {grouped(totals.layers)} layers, {grouped(totals.params)} params, {short_count(totals.macs)} MACs"


def shown(name: str, value: int | None) -> str:
    if value is None:
        return "?"
    return short_bytes(value) if name in BYTES else grouped(value)


def signed(name: str, delta: int | None) -> str:
    """``+2,432``, ``-1.5 MiB``, ``=`` where nothing changed."""
    if delta is None:
        return "?"
    if delta == 0:
        return "="
    return ("+" if delta > 0 else "-") + (short_bytes(abs(delta)) if name in BYTES else grouped(abs(delta)))


def share(figure: Figure) -> str:
    """``+12.5 %``; nothing where that says nothing."""
    if not figure.a or not figure.delta:
        return ""
    percent = 100 * figure.delta / figure.a
    return f"{percent:+,.2f} %" if abs(percent) >= 0.005 else "±0.00 %"


def total_rows(difference: Difference) -> Iterator[tuple[str, str, str, str, str]]:
    """Name, both values, the change and its share; figures that nobody needs twice are left out."""
    totals = difference.totals
    for name, heading in TITLES.items():
        figure = totals[name]
        if name == "trainable" and all(totals["params"][side] == figure[side] for side in (1, 2)):
            continue
        if name in ("buffers", "inference_peak_bytes", "training_peak_bytes") and not (figure.a or figure.b):
            continue
        yield heading, shown(name, figure.a), shown(name, figure.b), signed(name, figure.delta), share(figure)
    before, after = map(reach, difference.receptive_fields)
    if before or after:
        yield "field", before or "-", after or "-", field_change(*difference.receptive_fields), ""
    for heading in ("inputs", "outputs"):
        both = [ends(report, heading, difference) for report in (difference.a, difference.b)]
        change = "" if both[0] != both[1] else "other layers" if heading in difference.differs else "="
        yield heading, both[0], both[1], change, ""
    if "per_image" in difference.differs:
        assert difference.a is not None
        assert difference.b is not None
        runs = Figure("per_image", difference.a.graph.per_image, difference.b.graph.per_image)
        yield "runs per image", grouped(runs.a or 0), grouped(runs.b or 0), signed("", runs.delta), ""


def ends(report: Report | None, which: str, difference: Difference) -> str:
    """The inputs or outputs; with their names where there are several, or where only these tell them apart."""
    if report is None:
        return "-"
    found = report.inputs if which == "inputs" else report.outputs
    both = [each.inputs if which == "inputs" else each.outputs for each in (difference.a, difference.b) if each]
    alike = [[shape for _, shape in each] for each in both]
    named = len(found) > 1 or (which in difference.differs and len(alike) > 1 and alike[0] == alike[1])
    return ", ".join(f"{name} {show(shape)}" if named else show(shape) for name, shape in found)


def field_change(before: tuple[ReceptiveField, ...], after: tuple[ReceptiveField, ...]) -> str:
    sizes = [[axis.size for axis in field] for field in (before, after)]
    if sizes[0] == sizes[1]:
        return "="
    if len(sizes[0]) != len(sizes[1]):
        return ""
    deltas = [other - one for one, other in zip(*sizes, strict=True)]
    return f"{deltas[0]:+,}" if len(set(deltas)) == 1 else "x".join(f"{each:+,}" for each in deltas)


def spelled(value: Any) -> str:
    return value if isinstance(value, str) else "none" if value is None else got(value)


def layer_name(change: Change) -> str:
    if change.a is not None and change.b is not None and change.a.name != change.b.name:
        return f"{change.a.name} -> {change.b.name}"
    return change.row.name


def described(row: Row) -> str:
    """``conv 64 filters 3x3 p1`` in short: kind and settings, channels where the shape alone does not tell."""
    return f"{row.kind} {row.kernel}".rstrip()


def settings(change: Change) -> list[str]:
    """What somebody wrote: ``kernel 3 -> 5``, ``groups 1 -> 2``, ``inputs a -> b``."""
    if change.a is None or change.b is None:
        return [described(change.row)]
    parts = [f"{described(change.a)} -> {described(change.b)}"] if "kind" in change.differs else []
    parts += [f"{each.name} {spelled(each.a)} -> {spelled(each.b)}" for each in change.settings]
    if "inputs" in change.differs:
        parts.append(f"from {', '.join(change.a.inputs)} -> {', '.join(change.b.inputs)}")
    if "weights_of" in change.differs:
        parts.append(f"weights of {change.a.weights_of or 'its own'} -> {change.b.weights_of or 'its own'}")
    return parts


def differences(change: Change) -> list[str]:
    """Everything that differs, in words."""
    parts = settings(change)
    a, b = change.a, change.b
    if a is None or b is None or change.status == EQUAL:
        row = change.row
        parts = [described(row), show(row.output)]
        parts += [f"{grouped(row.params)} params"] if row.params else []
        parts += [f"{grouped(row.buffers)} buffers"] if row.buffers else []
        parts += [f"{short_count(row.macs)} MACs"] if row.macs else []
        return parts
    if "output" in change.differs:
        parts.append(f"output {show(a.output)} -> {show(b.output)}")
    for name, heading in (
        ("params", "params"),
        ("trainable", "trainable"),
        ("buffers", "buffers"),
        ("macs", "MACs"),
        ("activation_bytes", "activations"),
    ):
        figure = change.figure(name)
        if name in change.differs and not (name == "trainable" and figure[1:] == change.figure("params")[1:]):
            before, after, delta = (amount(name, each or 0) for each in (figure.a, figure.b, figure.delta))
            plus = "+" if (figure.delta or 0) > 0 else ""
            parts.append(f"{heading} {before} -> {after} ({plus}{delta})")
    if "receptive_field" in change.differs:
        parts.append(field_words(a.receptive_field, b.receptive_field))
    if change.differs == ("work",):
        parts.append("other work")
    return parts


def amount(name: str, value: int) -> str:
    if name == "macs":
        return short_count(value)
    return short_bytes(value) if name in BYTES else grouped(value)


def field_words(a: tuple[ReceptiveField, ...], b: tuple[ReceptiveField, ...]) -> str:
    """``field 11 -> 15``; where its size is the same, its step, or where it begins."""
    if [axis.size for axis in a] != [axis.size for axis in b]:
        return f"field {reach(a) or 'none'} -> {reach(b) or 'none'}"
    for word, which in (("step", 1), ("start", 2)):
        before, after = ["x".join(dict.fromkeys(decimal(axis[which]) for axis in each)) for each in (a, b)]
        if before != after:
            return f"field's {word} {before} -> {after}"
    return "field"
