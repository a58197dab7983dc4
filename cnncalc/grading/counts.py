"""The right counts: of a layer, or the sum of its rows, each with its worked formula."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from cnncalc.analysis.expectations import weights as weights_of
from cnncalc.analysis.report import Report
from cnncalc.analysis.rows import Row
from cnncalc.grading.records import Question, Truth
from cnncalc.grading.subject import Subject, bytes_per_value
from cnncalc.shape import Shape, elements, product
from cnncalc.units import FLOPS_PER_MAC, grouped

PASSING = ("activation", "regularisation", "normalisation")
"""Families whose outputs hand-made tables of memory do not list: they take the place of their input."""


def params(question: Question, about: Subject) -> Truth:
    """Parameters, by the question's convention about biases and batch normalisation."""
    if question.accept.bias == "not":
        return weights(question, about)
    statistics = question.accept.bn == "total"

    def of(row: Row) -> int:
        return row.params + (remembered(row) if statistics else 0)

    def worked(row: Row) -> str:
        if statistics and remembered(row):
            return f"{(row.params + remembered(row)) // row.output[0]}*{row.output[0]} = {grouped(of(row))}"
        if row.weights_of:
            return f"0: the weights of {row.weights_of} are used again"
        return row.formulas.get("params", grouped(row.params)) if row.parameters else "0: nothing is learned here"

    return summed(about, of, worked)


def remembered(row: Row) -> int:
    """The running statistics of a batch normalisation, without its counter."""
    if row.kind != "bn" or row.weights_of:
        return 0
    return sum(each.count for each in row.buffer_tensors if not each.counter)


def weights(question: Question, about: Subject) -> Truth:
    """Parameters without biases."""

    def of(row: Row) -> int:
        return weights_of((row,))

    def worked(row: Row) -> str:
        if not of(row):
            return "0: no weights are learned here"
        shapes = [each.shape for each in row.parameters if each.name == "weight"]
        return f"{product((*shapes[0][2:], *reversed(shapes[0][:2])))} = {grouped(of(row))}"

    return summed(about, of, worked)


def biases(question: Question, about: Subject) -> Truth:
    """Biases: of a normalisation its shifts."""

    def of(row: Row) -> int:
        return row.params - weights_of((row,))

    return summed(about, of, lambda row: grouped(of(row)))


def macs(question: Question, about: Subject) -> Truth:
    batch = about.report.batch
    return summed(
        about, lambda row: row.macs // batch, lambda row: row.formulas.get("macs", grouped(row.macs // batch))
    )


def flops(question: Question, about: Subject) -> Truth:
    batch = about.report.batch

    def worked(row: Row) -> str:
        return f"{FLOPS_PER_MAC}*{row.macs // batch} = {grouped(FLOPS_PER_MAC * row.macs // batch)}"

    return summed(about, lambda row: FLOPS_PER_MAC * row.macs // batch, worked)


def memory(question: Question, about: Subject) -> Truth:
    """The bytes of what comes out of a layer; of a network: of its inputs and of what its layers make."""
    value_bytes = bytes_per_value(question, about.report)
    times = f"*{value_bytes}" if value_bytes > 1 else ""
    if about.name is not None:
        value = elements(about.output) * value_bytes
        return Truth(value, f"{product(about.output)}{times} = {grouped(value)}", grouped(value), "bytes")
    shapes = listed_shapes(about.report, question.accept.memory == "all")
    value = sum(map(elements, shapes)) * value_bytes
    formula = f"({summands([grouped(elements(each)) for each in shapes])}){times} = {grouped(value)}"
    return Truth(value, formula, grouped(value), "bytes")


def listed_shapes(report: Report, everything: bool = False) -> list[Shape]:
    """The values that a table of memory adds up: the inputs, and what each layer makes that is no view of another;
    without ``everything`` activations, norms and dropout are taken to work in place."""
    rows = (row for row in report.rows if (row.node.facts.fresh if everything else counted_layer(row)))
    return [*(shape for _, shape in report.inputs), *(row.output for row in rows)]


def counted_layer(row: Row) -> bool:
    layer = row.node.layer
    return layer is not None and not layer.alias and layer.family not in PASSING


def layers(question: Question, about: Subject) -> Truth:
    return Truth(len(about.rows), str(len(about.rows)), grouped(len(about.rows)))


def summed(about: Subject, of: Callable[[Row], int], worked: Callable[[Row], str]) -> Truth:
    """A figure that is the sum of the rows; a single row shows its own formula."""
    terms = [(row, of(row)) for row in about.rows]
    value = sum(term for _, term in terms)
    counting = [(row, term) for row, term in terms if term]
    if len(counting) == 1 and about.name is not None:
        return Truth(value, worked(counting[0][0]), grouped(value))
    if not counting:
        formula = worked(about.rows[0]) if len(about.rows) == 1 else "0"
        return Truth(value, formula, grouped(value))
    return Truth(value, f"{summands([grouped(term) for _, term in counting])} = {grouped(value)}", grouped(value))


def summands(terms: Iterable[str], most: int = 12) -> str:
    """``34,944 + 230,496``; of many the middle is left out."""
    shown = list(terms)
    if len(shown) > most:
        shown = [*shown[: most // 2], "...", *shown[-(most // 2) :]]
    return " + ".join(shown)


COUNTED: dict[str, Callable[[Question, Subject], Truth]] = {
    "params": params,
    "weights": weights,
    "biases": biases,
    "macs": macs,
    "flops": flops,
    "memory": memory,
    "layers": layers,
}
