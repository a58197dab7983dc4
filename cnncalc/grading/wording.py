"""Questions in words: what is asked, by which conventions, and how the right answer is written."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from cnncalc.analysis.rows import Row
from cnncalc.grading.asks import AXES, UNITS
from cnncalc.grading.records import Question
from cnncalc.grading.sheet import Item
from cnncalc.layers.mistakes import written
from cnncalc.shape import axis_names, show
from cnncalc.units import decimal, grouped

ASKED = {
    "output": "What is the shape of the output of {of}?",
    "channels": "How many channels does the output of {of} have?",
    "features": "How many values does the output of {of} have?",
    "params": "How many parameters does {of} have?",
    "weights": "How many weights does {of} have, without biases?",
    "biases": "How many biases does {of} have?",
    "macs": "How many multiply-accumulates (MACs) does {of} take for one example?",
    "flops": "How many FLOPs does {of} take for one example, two for each multiply-accumulate?",
    "memory": "How much memory does the output of {of} take?",
    "receptive_field": "How large is the receptive field of {of}?",
    "layers": "How many layers does {of} have?",
}
"""What is asked, of a layer or of the whole network."""

OF_TOTAL = {
    "memory": "How much memory do the values of one forward pass take?",
    "output": "What is the shape of the network's output?",
}

SETTINGS = {
    "pad": "padding",
    "kernel": "kernel size",
    "groups": "number of groups",
    "outpad": "output padding",
    "channels": "number of filters",
    "features": "number of outputs",
    "mult": "number of filters per channel",
}
"""Hyperparameters by the words that people use."""

LEARNED = ("channels", "features", "mult")
"""Hyperparameters that the number of parameters gives away; the shape would say them outright."""

MOST_OTHERS = 4
"""So many other values of a hyperparameter are named that are right as well."""

UNTILED = "the stride does not tile"


def asked(question: Question, row: Row | None = None, is_input: bool = False) -> str:
    """The question as a sentence; the assignment's own words where it has some.

    ``row`` is the layer whose hyperparameter is asked for: the sentence states what it leads to.  Of an input the
    question is about itself.
    """
    if question.text:
        return question.text
    of = question.layer or "the network"
    if question.blank is not None and row is not None:
        name = SETTINGS.get(question.blank, question.blank)
        if row.params and question.blank in LEARNED:
            return f"Which {name} gives {of} {grouped(row.params)} parameters?"
        return f"Which {name} gives {of} an output of {show(row.output)}?"
    if question.layer is None and question.ask in OF_TOTAL:
        return OF_TOTAL[question.ask]
    sentence = ASKED.get(question.ask, f"What is the {question.ask} of the output of {{of}}?")
    if is_input:
        sentence = sentence.replace("the output of {of}", "the input" if of == "input" else "the input {of}")
    return sentence.format(of=of)


def conventions(item: Item, dtype: str) -> Iterator[str]:
    """What a question wants beyond the plain figure, each in a few words."""
    question = item.question
    accept, ask = question.accept, question.ask
    if ask == "params" and accept.bias == "not":
        yield "biases not counted"
    if ask == "params" and accept.bn == "total":
        yield "running statistics of batch normalisation counted"
    if ask == "memory":
        yield f"{dtype}, in {accept.units}" if accept.units != "values" else "as a number of values"
        if question.layer is None and accept.memory == "all":
            yield "every layer makes values of its own"
    if ask == "output" and accept.order != "any" and len(axes(item)) > 1:
        yield "channels first" if accept.order == "chw" else "channels last"
    if accept.tiling == "strict" and (ask == "output" or ask in AXES):
        yield "say so where the stride does not tile"
    if accept.digits is not None and ask not in ("output", "blank"):
        yield f"{accept.digits} significant digits are enough"


UNIT_WORDS = {
    "params": "parameters", "weights": "weights", "biases": "biases", "macs": "MACs", "flops": "FLOPs",
    "channels": "channels", "features": "values", "layers": "layers",
}  # fmt: skip


def worked(item: Item, row: Row | None = None) -> str:
    """The formula with its numbers and its unit; of memory in another unit too.

    ``row`` is the layer whose hyperparameter is asked for.
    """
    question, truth = item.question, item.truth
    if row is not None and question.blank in LEARNED:
        return f"{row.formulas.get('params', truth.formula)} parameters"
    if truth.kind == "setting" and truth.also:
        others = [written(each) for each in truth.also]
        return f"{truth.formula}; {listed(others[:MOST_OTHERS], len(others))} would do as well"
    if truth.value is None:
        return f"{truth.formula}: {UNTILED}"
    units = question.accept.units
    if truth.kind != "bytes":
        unit = UNIT_WORDS.get(question.ask, "")
        return f"{truth.formula} {unit}" if unit else truth.formula
    if units in ("bytes", "values"):
        return f"{truth.formula} {units}"
    return f"{truth.formula} bytes = {figure(converted(item))} {units}"


def listed(words: list[str], count: int) -> str:
    """``1``, ``1 and 3``, ``1, 3, 4 and 5 more`` where there are more than the words."""
    if count > len(words):
        return f"{', '.join(words)} and {count - len(words)} more"
    return " and ".join(filter(None, (", ".join(words[:-1]), words[-1])))


def converted(item: Item) -> Fraction:
    """The right figure of memory in the question's own unit."""
    assert isinstance(item.truth.value, int | Fraction)
    return scaled(Fraction(item.truth.value), item.question.accept.units)


def scaled(value: Fraction, units: str) -> Fraction:
    """Bytes in another unit."""
    factor = UNITS[units] or 1
    return value / factor if factor > 0 else value * -factor


def figure(value: Fraction) -> str:
    """``1,161,600``, ``1.1616``."""
    return grouped(value.numerator) if value.denominator == 1 else decimal(value)


def answered(item: Item) -> str:
    """The right answer as a student would write it, so that it is graded as right."""
    question, truth = item.question, item.truth
    if truth.value is None:
        return UNTILED
    if isinstance(truth.value, tuple):
        shape = truth.value
        if question.ask == "output" and question.accept.order == "hwc" and len(shape) > 1:
            shape = (*shape[1:], shape[0])
        return written(shape)
    if truth.kind == "bytes" and question.accept.units not in ("bytes", "values"):
        return f"{written(truth.value)} bytes"
    return written(truth.value)


def axes(item: Item) -> tuple[str, ...]:
    """The names of a shape's axes, channels first: ``channels``, ``height``, ``width``; none of a figure."""
    value = item.truth.value if item.truth.value is not None else item.truth.exact
    if not isinstance(value, tuple):
        return ()
    names = {"D": "depth", "H": "height", "W": "width", "L": "length"}
    if item.question.ask == "receptive_field":
        return tuple(names.get(each, each) for each in axis_names(len(value)))
    if len(value) == 1:
        return ("values",)
    return ("channels", *(names.get(each, each) for each in axis_names(len(value) - 1)))
