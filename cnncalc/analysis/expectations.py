"""What a file expects of its own figures, compared to what they are."""

from __future__ import annotations

from fractions import Fraction

from cnncalc.analysis.report import Report
from cnncalc.analysis.rows import Group, Row
from cnncalc.errors import Diagnostic, Edit, Fix, SpecError, did_you_mean
from cnncalc.graph import shape_agrees
from cnncalc.shape import Shape, show
from cnncalc.source import Scalar
from cnncalc.spec.network import Expectation
from cnncalc.spec.phrase import parse_value
from cnncalc.spec.syntax import Number, Size
from cnncalc.units import decimal, grouped, read_figure

TIMES = 10
"""From here on a figure is so many times what was expected, and no longer a share more."""

FIGURES = ("params", "trainable", "weights", "buffers", "macs", "flops", "layers", "memory", "receptive_field")


def check(report: Report, expectations: tuple[Expectation, ...]) -> list[Diagnostic]:
    """A diagnostic for every expectation that does not hold (E101), or that names nothing (E103)."""
    found = []
    for each in expectations:
        problem = check_one(report, each)
        if problem is not None:
            found.append(problem)
    return found


def check_one(report: Report, expectation: Expectation) -> Diagnostic | None:
    key, value = expectation.key.value, expectation.value
    head, _, last = key.rpartition(".")
    if key in FIGURES or last in FIGURES:
        if not report.complete and head in ("", "total"):
            return None
        figure = last or key
        truth = figure_of(report, head, figure)
        if truth is None and (head in ("", "total") or report.find(head) is not None):
            return Diagnostic(
                "E103", f"{head or 'the network'} has no {figure}: a vector flows in", expectation.key.mark
            )
        if truth is None:
            return unknown(report, expectation, head)
        return compare_figure(expectation, figure, head, truth)
    shape = shape_of(report, key)
    if shape is None:
        return unknown(report, expectation, key)
    claimed = read_shape(expectation)
    if claimed is None:
        return Diagnostic("E103", f"{value.value!r} is no shape", value.mark, help=("a shape is written 96x55x55",))
    if shape_agrees(shape, claimed):
        return None
    return Diagnostic(
        "E101",
        f"expected {key} to be {show(claimed)}, but it is {show(shape)}",
        value.mark,
        layer=key,
        fix=exact(value, show(shape), safe=False),
    )


def unknown(report: Report, expectation: Expectation, name: str) -> Diagnostic | None:
    if not report.complete:
        return None
    hint = did_you_mean(name, [*report.names(), *FIGURES, "output"])
    return Diagnostic(
        "E103",
        f"there is nothing called {name!r} to expect a figure of",
        expectation.key.mark,
        help=(hint,) if hint else (),
    )


def shape_of(report: Report, name: str) -> Shape | None:
    if name.endswith(".output"):
        name = name[: -len(".output")]
    if name == "output" and report.graph.values.get("output") is None:
        outputs = report.outputs
        return outputs[0][1] if len(outputs) == 1 else None
    outputs_by_name = dict(report.outputs)
    if name in outputs_by_name:
        return outputs_by_name[name]
    found = report.find(name)
    return found.output if found is not None else None


def figure_of(report: Report, name: str, figure: str) -> int | None:
    """The figure of a line, of a layer, or of the whole network."""
    if not name or name == "total":
        totals = report.totals
        if figure == "receptive_field":
            sizes = [paths.largest.size for _, index in report.graph.outputs for paths in report.fields[index]]
            return max(sizes, default=None)
        if figure == "weights":
            return weights(report.rows)
        return {
            "params": totals.params,
            "trainable": totals.trainable,
            "buffers": totals.buffers,
            "macs": totals.macs,
            "flops": totals.flops,
            "layers": totals.layers,
            "memory": totals.activation_bytes,
        }[figure]
    found = report.find(name)
    if found is None:
        return None
    rows = found.rows if isinstance(found, Group) else (found,)
    if figure == "receptive_field":
        return max((field.size for field in found.receptive_field), default=None)
    if figure == "layers":
        return len(rows)
    if figure == "flops":
        return 2 * found.macs
    if figure == "weights":
        return weights(rows)
    if figure == "memory":
        return found.activation_bytes
    return int(getattr(found, figure))


def weights(rows: tuple[Row, ...]) -> int:
    """Parameters without biases; shared weights once."""
    tensors = (each for row in rows if row.weights_of is None for each in row.parameters)
    return sum(each.count for each in tensors if each.name == "weight")


def compare_figure(expectation: Expectation, figure: str, name: str, truth: int) -> Diagnostic | None:
    value = expectation.value
    claimed = read_figure(value.value, figure == "memory")
    if claimed is None:
        return Diagnostic(
            "E103",
            f"{value.value!r} is no figure",
            value.mark,
            help=("a figure is written 25557032, 25,557,032 or 25.6M",),
        )
    if claimed.matches(truth):
        return None
    subject = f"{name}.{figure}" if name else figure
    return Diagnostic(
        "E101",
        f"expected {subject} to be {value.value}, but it is {grouped(truth)}",
        value.mark,
        "" if claimed.slack else apart(truth, claimed.value),
        layer=name or None,
        fix=exact(value, str(truth), safe=False),
    )


def apart(truth: int, claimed: Fraction) -> str:
    """``(+96, +0.28 %)``; how many times as much where that says more."""
    difference = truth - claimed
    told = [f"{'+' if difference > 0 else ''}{grouped(int(difference))}"]
    if claimed:
        times = truth / claimed
        many = grouped(round(times)) if times >= 10 * TIMES else decimal(times, 2)
        told.append(f"{many} times" if times >= TIMES else f"{float(100 * (times - 1)):+.2f} %")
    return f"({', '.join(told)})"


def exact(value: Scalar, words: str, safe: bool = True) -> Fix | None:
    """The fix that writes the figure that comes out; None where the expected one stands over several lines."""
    mark = value.mark
    if set(mark.source.text[mark.start : mark.end]) & set("\r\n"):
        return None
    return Fix(f"expect {words}", (Edit(mark, words),), safe)


def read_shape(expectation: Expectation) -> Shape | None:
    try:
        expr = parse_value(expectation.value)
    except SpecError:
        return None
    if isinstance(expr, Size):
        return expr.dims
    if isinstance(expr, Number) and isinstance(expr.value, int):
        return (expr.value,)
    return None
