"""What goes wrong with a sum over rows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from math import prod

from cnncalc.analysis.rows import Row
from cnncalc.grading.counts import COUNTED, counted_layer
from cnncalc.grading.records import Question
from cnncalc.grading.subject import Subject, bytes_per_value, place
from cnncalc.layers.conv import Convolving
from cnncalc.layers.mistakes import Mistake, found
from cnncalc.shape import elements, product
from cnncalc.units import grouped

FEW = 4
"""The most layers of a line whose own mistakes are looked for in its sum."""

SUM_HINT = "Add up all rows, each once."


def terms_of(question: Question, about: Subject) -> Iterator[tuple[str, int]]:
    """The rows that a figure adds up, by name, as far as they are not 0."""
    if question.ask == "layers":
        return
    if question.ask == "memory":
        if about.name is None:
            value_bytes = bytes_per_value(question, about.report)
            yield from ((name, elements(shape) * value_bytes) for name, shape in about.report.inputs)
            for row in about.rows:
                if row.node.facts.fresh if question.accept.memory == "all" else counted_layer(row):
                    yield row.line or row.name, elements(row.output) * value_bytes
        return
    learning = Counter(row.line for row in about.report.rows if row.parameters)
    for row in about.rows:
        value = COUNTED[question.ask](question, about._replace(rows=(row,))).value
        if isinstance(value, int) and value:
            # `fc1` for `fc1.fc`, where no other row of the line learns anything
            yield row.line if row.line is not None and learning[row.line] == 1 else row.name, value


def sums(question: Question, about: Subject, terms: list[tuple[str, int]]) -> Iterator[Mistake]:
    """What goes wrong with a sum: a row twice, a row missing, a row instead of the sum, some rows only."""
    total = sum(value for _, value in terms)
    yield from statistics(question, about)
    for name, value in terms if len(terms) > 1 else ():
        yield Mistake(
            "sum-repeats-row", value, f"{name} = {grouped(value)}", f"the sum repeats {name}'s count", SUM_HINT
        )
    for name, value in terms if len(terms) > 1 else ():
        worked = f"{grouped(total)} - {grouped(value)} = {grouped(total - value)}"
        yield Mistake("row-missing", total - value, worked, f"the sum leaves out {name}", SUM_HINT)
    for name, value in terms:
        worked = f"{grouped(total)} + {grouped(value)} = {grouped(total + value)}"
        yield Mistake("row-twice", total + value, worked, f"the sum counts {name} twice", SUM_HINT)
    yield from parts(question, about)
    yield from in_one_row(question, about, total)


def statistics(question: Question, about: Subject) -> Iterator[Mistake]:
    """What batch norms learn, and what they only remember, taken for one another."""
    if question.ask != "params":
        return
    wanted = question.accept.bn
    other = question._replace(accept=question.accept._replace(bn="trainable" if wanted == "total" else "total"))
    value = COUNTED["params"](other, about).value
    right = COUNTED["params"](question, about).value
    if not isinstance(value, int) or value == right:
        return
    name, said = ("running-statistics-counted", "the running means and variances are counted: they are not learned")
    if wanted == "total":
        name, said = ("running-statistics-not-counted", "the running means and variances are not counted")
    hint = "A scale and a shift are learned for every channel; means and variances are only kept."
    yield Mistake(name, value, grouped(value), said, hint)


def in_one_row(question: Question, about: Subject, total: int) -> Iterator[Mistake]:
    """In a line of few layers, the mistakes with one of them, all others right."""
    ask = "weights" if question.ask == "params" and question.accept.bias == "not" else question.ask
    rows = about.learning
    if about.name is None or ask not in ("params", "weights", "macs", "flops") or not 1 < len(rows) <= FEW:
        return
    for row in rows:
        value = COUNTED[question.ask](question, about._replace(rows=(row,))).value
        assert isinstance(value, int)
        for each in found(place(row), ask, value).visible:
            told = not each.value or each.name.startswith("running-statistics")  # those have been said of the sum
            if isinstance(each.value, int) and not told:
                made = total - value + each.value
                worked = f"{grouped(total)} - {grouped(value)} + {grouped(each.value)} = {grouped(made)}"
                yield Mistake(each.name, made, worked, f"in {row.name}: {each.message}", each.hint)


def parts(question: Question, about: Subject) -> Iterator[Mistake]:
    """Sums over some rows only, or of another figure."""

    def figure(ask: str, rows: tuple[Row, ...]) -> int:
        value = COUNTED[ask](question._replace(ask=ask), about._replace(rows=rows)).value
        assert isinstance(value, int)
        return value

    families: dict[str, tuple[Row, ...]] = {}
    for row in about.rows:
        layer = row.node.layer
        if layer is not None and row.parameters:
            families[layer.family] = (*families.get(layer.family, ()), row)
    ask = question.ask
    names = {"convolution": ("only-convolutions", "convolutions"), "dense": ("only-dense", "fully connected layers")}
    if len(families) > 1 and ask != "memory":
        for family, (name, plural) in names.items():
            value = figure(ask, families.get(family, ()))
            if value:
                yield Mistake(name, value, grouped(value), f"the {plural} only", SUM_HINT)
    if ask == "params" and question.accept.bias == "counted":
        value = figure("weights", about.rows)
        yield Mistake(
            "no-bias",
            value,
            grouped(value),
            "the biases are missing in every row",
            "Every filter and every output has one bias.",
        )
    if ask in ("macs", "flops"):
        other = "flops" if ask == "macs" else "macs"
        value = figure(other, about.rows)
        said = {"flops": "these are FLOPs: a MAC is two of them", "macs": "these are MACs: each is two FLOPs"}[other]
        yield Mistake(
            f"{other}-given", value, grouped(value), said, "One MAC is a multiplication and an addition: two FLOPs."
        )
        value = figure("params", about.rows)
        yield Mistake(
            "params-given",
            value,
            grouped(value),
            "that is the number of parameters",
            "Every weight is used at every output position.",
        )
    if ask == "memory":
        yield from memory_parts(question, about)
    if ask in ("params", "weights"):
        yield from separable(question, about)


def separable(question: Question, about: Subject) -> Iterator[Mistake]:
    """A depthwise convolution with a 1x1 behind it: an ordinary one instead, and the product instead of the sum."""
    rows = [row for row in about.rows if isinstance(row.node.layer, Convolving)]
    if [row.kind for row in rows] != ["dwconv", "conv"] or prod(kernel_of(rows[1])) != 1:
        return
    kernel, seen, made = kernel_of(rows[0]), rows[0].input_shapes[0][0], rows[1].output[0]
    layer = rows[1].node.layer
    assert isinstance(layer, Convolving)
    biased = layer.biased and question.ask == "params" and question.accept.bias == "counted"
    hint = "A depthwise convolution sees each channel by itself; the 1x1 behind it mixes them."
    worked = f"{product((*kernel, seen, made))}{f' + {made}' if biased else ''}"
    count = prod(kernel) * seen * made + biased * made
    said = "an ordinary convolution does both at once: here they are two layers"
    yield Mistake("standard-convolution", count, f"{worked} = {grouped(count)}", said, hint)
    one, other = prod(kernel) * seen, seen * made
    worked = f"{grouped(one)}*{grouped(other)} = {grouped(one * other)}"
    yield Mistake("multiplied-not-added", one * other, worked, "the two layers are multiplied, not added", SUM_HINT)


def kernel_of(row: Row) -> tuple[int, ...]:
    """The kernel of a convolution, per axis."""
    layer = row.node.layer
    assert isinstance(layer, Convolving)
    return layer.filters(row.input_shapes[0])


def memory_parts(question: Question, about: Subject) -> Iterator[Mistake]:
    """Other sums of bytes that are given for the memory of the values."""
    value_bytes = bytes_per_value(question, about.report)
    total = COUNTED["memory"](question, about).value
    assert isinstance(total, int)
    learned = about.report.totals.params * value_bytes
    hint = "The question is about the values that flow, not about those that are learned."
    yield Mistake(
        "parameters-counted", learned, grouped(learned), "the memory of the parameters, not of the values", hint
    )
    yield Mistake(
        "parameters-added",
        total + learned,
        f"{grouped(total)} + {grouped(learned)} = {grouped(total + learned)}",
        "the parameters are counted as well",
        hint,
    )
    yield Mistake(
        "forward-and-backward",
        2 * total,
        f"2*{grouped(total)} = {grouped(2 * total)}",
        "counted twice, forward and backward",
        "Count the forward pass only.",
    )
