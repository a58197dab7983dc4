"""The right answers: figures of the same rows that ``summarize`` shows, each with its worked formula."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from fractions import Fraction
from typing import Any

from pydantic import ValidationError

from cnncalc.analysis.expectations import weights as weights_of
from cnncalc.analysis.report import Report
from cnncalc.analysis.rows import Row
from cnncalc.errors import SpecError, fault
from cnncalc.grading.records import Question, Truth, Value
from cnncalc.grading.subject import Subject, subject
from cnncalc.layers.base import Fault, Layer
from cnncalc.layers.fields import got
from cnncalc.layers.mistakes import written
from cnncalc.layers.windowed import Windowed
from cnncalc.shape import Shape, elements, product, show
from cnncalc.units import FLOPS_PER_MAC, grouped

AXES = {"height": ("H", -2), "width": ("W", -1), "depth": ("D", -3), "length": ("L", -1)}
SIZES = {"height": (3, 4), "width": (3, 4), "depth": (4,), "length": (2,)}
"""How many axes a shape has that has such an axis, the channels among them."""

PASSING = ("activation", "regularisation", "normalisation")
"""Families whose outputs hand-made tables of memory do not list: they take the place of their input."""


def truth(question: Question, report: Report) -> Truth:
    """The right value of a question with its worked formula; raises :class:`SpecError` (A104, A108)."""
    about = subject(question, report)
    if question.blank is not None:
        return setting(question, about)
    if question.ask == "output" or question.ask in ("channels", "features") or question.ask in AXES:
        return shape(question, about)
    if question.ask == "receptive_field":
        return field(question, about)
    return COUNTED[question.ask](question, about)


def unanswerable(question: Question, why: str, help: str = "") -> SpecError:
    """The fault of a question that cannot be asked there."""
    return fault("A108", f"{question.subject} cannot be asked: {why}", question.mark, help=[help] if help else [])


# -- shapes -----------------------------------------------------------------------------------------------------------


def shape(question: Question, about: Subject) -> Truth:
    """The output shape, or one axis of it."""
    if not about.output:
        raise unanswerable(question, "the network has no single output")
    row = about.maker
    formula = row.formulas.get("output", "") if row else ""
    exact = untiled(row) if row and question.accept.tiling == "strict" else None
    ask, output = question.ask, about.output
    if ask == "output":
        shown = show(output)
        if exact is not None:
            return Truth(None, no_whole(formula), "the stride does not tile", "shape", (), exact)
        also = ((elements(output),),) if question.accept.flattened and len(output) > 1 else ()
        return Truth(output, f"{formula}: {shown}" if formula else shown, shown, "shape", also)
    if ask in ("channels", "features"):
        if ask == "features" and len(output) > 1:
            raise unanswerable(question, f"{show(output)} is no vector", "ask for channels")
        return Truth(output[0], str(output[0]), grouped(output[0]))
    name, position = AXES[ask]
    if len(output) not in SIZES[ask]:
        raise unanswerable(question, f"its output {show(output)} has no {ask}", "ask for output, features or channels")
    if exact is not None:
        return Truth(None, no_whole(formula), "the stride does not tile", "count", (), exact[position])
    axis = dict(each.split(": ", 1) for each in formula.split(", ")).get(name, formula) if ": " in formula else formula
    value = output[position]
    return Truth(value, axis or str(value), grouped(value))


def no_whole(formula: str) -> str:
    """The worked line of a stride that does not tile, without the rounding."""
    return f"{formula.partition(' -> ')[0]}, no whole number"


def untiled(row: Row) -> tuple[int | Fraction, ...] | None:
    """The output with fractions where a stride does not tile; None where it does."""
    layer = row.node.layer
    if not isinstance(layer, Windowed) or layer.word == "deconv":
        return None
    windows = layer.windows(row.input_shapes[0])
    if all(window.tiles or window.ceil for window in windows):
        return None
    return (row.output[0], *(int(each.exact) if each.tiles else each.exact for each in windows))


# -- counts -----------------------------------------------------------------------------------------------------------


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
    value_bytes = 1 if question.accept.units == "values" else about.report.value_bytes
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


# -- the receptive field ----------------------------------------------------------------------------------------------


def field(question: Question, about: Subject) -> Truth:
    """The size of the receptive field: one number where all axes are alike."""
    if about.name is None:
        report = about.report
        sizes: tuple[int, ...] = ()
        for _, index in report.graph.outputs[:1]:
            sizes = tuple(paths.largest.size for paths in report.fields[index])
    else:
        sizes = tuple(each.size for each in about.rows[-1].receptive_field) if about.rows else ()
    if not sizes:
        raise unanswerable(question, "there are no spatial axes")
    value: Value = sizes[0] if len(set(sizes)) == 1 else sizes
    return Truth(
        value, worked_field(about) or written(value), written(value), "count" if isinstance(value, int) else "shape"
    )


def worked_field(about: Subject) -> str:
    """The recurrence of the last window with the numbers filled in, along its first axis."""
    for row in reversed(about.rows):
        reach = row.node.facts.reach
        before = row.setting.fields[row.node.inputs[0]] if row.node.inputs else ()
        if isinstance(reach, tuple) and before and before[0].sliding is not None:
            return before[0].sliding.worked(reach[0])["size"]
    return ""


# -- a hyperparameter -------------------------------------------------------------------------------------------------


def setting(question: Question, about: Subject) -> Truth:
    """A blank hyperparameter: the layer's own value, and every other small one that gives the same shape."""
    assert question.blank is not None
    settings = {row: tuple(type(row.node.layer).model_fields) for row in about.rows if row.node.layer is not None}
    row = next((row for row, names in settings.items() if question.blank in names), None)
    if row is None:
        known = dict.fromkeys(name for names in settings.values() for name in names)
        raise unanswerable(question, f"it has no {question.blank}", f"it has {', '.join(known)}")
    layer = row.node.layer
    assert layer is not None
    value: Any = getattr(layer, question.blank)
    if question.blank == "stride" and isinstance(layer, Windowed):
        value = layer.strides
    if question.blank == "pad" and isinstance(layer, Windowed):
        sides = {each for pair in layer.sides(row.input_shapes[0][1:]) for each in pair}
        value = sides.pop() if len(sides) == 1 else value
    if isinstance(value, tuple) and len(set(value)) == 1:
        value = value[0]
    if isinstance(value, bool) or not isinstance(value, int):
        raise unanswerable(question, f"{question.blank} is {got(value)}, not one whole number")
    same = tuple(each for each in range(max(64, value + 1)) if each != value and gives(row, question.blank, each))
    formula = row.formulas.get("output", "")
    return Truth(value, formula or str(value), str(value), "setting", same)


def gives(row: Row, name: str, value: int) -> bool:
    """Whether the layer gives the same shape and as many parameters with another value of a hyperparameter."""
    other = with_setting(row, name, value)
    if other is None:
        return False
    return other.output(*row.input_shapes) == row.output and other.parameters(*row.input_shapes) == row.parameters


def with_setting(row: Row, name: str, value: int) -> Layer | None:
    """The layer with another value of a hyperparameter; None where that does not go with what flows in."""
    layer = row.node.layer
    assert layer is not None
    fields = {each: getattr(layer, each) for each in type(layer).model_fields}
    try:
        other = type(layer)(**{**fields, name: value})
        other.output(*row.input_shapes)
    except (Fault, ValidationError):
        return None
    return other
