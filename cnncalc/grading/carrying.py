"""Errors carried forward: what would be right, had the student's own earlier shapes been right."""

from __future__ import annotations

from collections.abc import Mapping
from math import prod
from typing import NamedTuple, TypeAlias

from cnncalc.analysis.report import Report
from cnncalc.analysis.rows import Row
from cnncalc.grading.asks import AXES, SHAPES, SIZES
from cnncalc.grading.records import Number, Question, Value
from cnncalc.grading.subject import Subject, bytes_per_value, place
from cnncalc.graph import Node
from cnncalc.layers.base import Fault, Layer
from cnncalc.layers.mistakes import Mistake, found
from cnncalc.shape import Shape, elements, show
from cnncalc.units import FLOPS_PER_MAC, grouped


class Carried(NamedTuple):
    """The value that follows from earlier answers, and its worked formula."""

    value: Value
    formula: str
    flowing: str
    """The student's shapes that flow in: ``96x54x54``."""


FURTHEST = 8
"""A wrong value that no known mistake explains is carried on where it lies within this factor of the right one."""


def plausible(shape: tuple[Number, ...], right: Shape, explained: bool) -> bool:
    """Whether a wrong shape may be carried on: whole, positive, and no trick that makes all that follows easy; one
    that no known mistake explains lies near the right one."""
    if len(shape) != len(right) or any(not isinstance(each, int) or each < 1 for each in shape):
        return False
    if not explained and not all(alike(one, other) for one, other in zip(shape, right, strict=True)):
        return False
    return max(shape[1:] or shape) > 1 or max(right[1:] or right) == 1


def alike(value: Number, right: Number) -> bool:
    """Whether a wrong value is of the size of the right one: not made up to make what follows easy."""
    return right <= value * FURTHEST and value <= right * FURTHEST


def output_node(about: Subject) -> int | None:
    """The node whose value a subject stands for."""
    if about.name is None or not about.rows:
        return None
    found = about.report.graph_index(about.name)
    return found if found is not None and found >= 0 and len(about.rows) != 1 else about.rows[-1].node.index


class Flow:
    """A network's shapes where some nodes have other shapes than the right ones: the student's own."""

    def __init__(self, report: Report) -> None:
        self.nodes = report.graph.nodes
        self._outputs: dict[tuple[int, tuple[Shape, ...]], Shape | None] = {}

    def changed(self, given: Mapping[int, Shape]) -> dict[int, Shape]:
        """The shapes that differ, by node, with those of ``given`` where they stand: a node's own answer counts for
        what comes behind it.  Behind a layer that does not go with what flows in, the right shapes flow on."""
        found: dict[int, Shape] = {}
        first = min(given) if given else len(self.nodes)
        for index in range(first, len(self.nodes)):
            if index in given:
                found[index] = given[index]
                continue
            shape = self.output(index, found)
            if shape is not None and shape != self.nodes[index].facts.output:
                found[index] = shape
        return found

    def inputs(self, node: Node, changed: Mapping[int, Shape]) -> tuple[Shape, ...]:
        """What flows into a node."""
        return tuple([changed.get(each) or self.nodes[each].facts.output for each in (*node.inputs, *node.links)])

    def output(self, index: int, changed: Mapping[int, Shape]) -> Shape | None:
        """What a node makes of what flows in; None where it does not go with that, or nothing has changed."""
        node = self.nodes[index]
        if node.layer is None or node.links or changed.keys().isdisjoint(node.inputs):
            return None
        key = index, self.inputs(node, changed)
        if key not in self._outputs:
            self._outputs[key] = output_of(node.layer, key[1])
        return self._outputs[key]


def output_of(layer: Layer, shapes: tuple[Shape, ...]) -> Shape | None:
    """The output of a layer; None where it does not go with what flows in."""
    try:
        return layer.output(*shapes)
    except (Fault, ValueError, ZeroDivisionError):
        return None


Flowing: TypeAlias = tuple[tuple[int, Shape], ...]
"""The student's own shapes that flow into some layers, each with the node that it comes from."""


OWN_ASKS = ("macs", "flops", "memory")
"""What hangs on the shape that a layer makes, and not only on what flows in."""


def flows_in(question: Question, about: Subject, changed: Mapping[int, Shape]) -> Flowing:
    """What of ``changed`` flows into the rows of a question, and the shape that they make where the figure hangs on
    it: equal shapes of two branches are not the same."""
    sources = [each for row in about.rows for each in (*row.node.inputs, *row.node.links)]
    made = output_node(about) if question.ask in OWN_ASKS else None
    return tuple([(each, changed[each]) for each in (*sources, *([] if made is None else [made])) if each in changed])


def own_output(question: Question, about: Subject, flow: Flow, changed: Mapping[int, Shape]) -> Shape | None:
    """The shape that the student gave for the layer itself, where the figure hangs on it and it does not follow from
    what flows in."""
    node = output_node(about) if question.ask in OWN_ASKS else None
    if node is None or node not in changed or changed[node] == flow.output(node, changed):
        return None
    return changed[node]


def from_output(
    question: Question, about: Subject, flow: Flow, changed: Mapping[int, Shape], own: Shape
) -> Carried | None:
    """A figure of a layer for the student's own shape of what it makes; None where it does not hang on that."""
    if question.ask == "memory":
        return memory_of(question, about, own, show(own))
    weighted = [row for row in about.rows if row.macs]
    if len(weighted) != 1 or weighted[0].output != about.output or weighted[0].kind == "deconv":
        return None
    layer, shapes = weighted[0].node.layer, flow.inputs(weighted[0].node, changed)
    assert layer is not None
    made = output_of(layer, shapes)
    if made is None:
        shapes, made = weighted[0].input_shapes, about.output
    each = layer.macs(*shapes) // elements(made) * (FLOPS_PER_MAC if question.ask == "flops" else 1)
    count = each * elements(own)
    return Carried(count, f"{grouped(each)} for each of {grouped(elements(own))} values: {grouped(count)}", show(own))


def memory_of(question: Question, about: Subject, shape: Shape, flowing: str) -> Carried:
    factors = shape if question.accept.units == "values" else (*shape, about.report.value_bytes)
    return Carried(prod(factors), f"{'*'.join(map(str, factors))} = {grouped(prod(factors))}", flowing)


def carried(question: Question, about: Subject, flow: Flow, changed: Mapping[int, Shape]) -> Carried | None:
    """What follows for a question from the student's own shapes; None where nothing changes, or nothing fits."""
    touched = [row for row in about.rows if any(each in changed for each in row.node.inputs)]
    if question.blank is not None or question.ask in ("receptive_field", "layers"):
        return None
    own = own_output(question, about, flow, changed)
    if own is not None:
        return from_output(question, about, flow, changed, own)
    if not touched:
        return None
    target = output_node(about)
    output = about.output if target is None else flow.output(target, changed) or about.output
    flowing = " and ".join(show(changed[each]) for each in touched[0].node.inputs if each in changed)
    row = about.maker
    if question.ask in SHAPES:
        value = part(question.ask, output)
        return None if value is None else Carried(value, formula_of(row, flow, changed, "output"), flowing)
    if question.ask == "memory":
        return memory_of(question, about, output, flowing)
    try:
        count = sum(figure(question, each, flow.inputs(each.node, changed)) for each in about.rows)
    except (Fault, ValueError, ZeroDivisionError):
        return None
    return Carried(count, formula_of(about.learner, flow, changed, question.ask) or grouped(count), flowing)


def on_top(
    question: Question, about: Subject, flow: Flow, changed: Mapping[int, Shape], right: Value, given: Value
) -> tuple[Mistake, ...]:
    """The mistakes that give the answer ``given`` when they are made on the student's own shapes."""
    sizes = question.ask in (*SHAPES, "memory")
    row = about.maker if sizes else about.learner
    if row is None or row.node.layer is None:
        return ()
    ask = "weights" if question.ask == "params" and question.accept.bias == "not" else question.ask
    value_bytes = bytes_per_value(question, about.report)
    try:
        here = place(row, flow.inputs(row.node, changed), value_bytes)
        return found(here, "channels" if ask == "features" else ask, right, given).visible
    except (Fault, ValueError, ZeroDivisionError):
        return ()


def formula_of(row: Row | None, flow: Flow, changed: Mapping[int, Shape], name: str) -> str:
    """The worked formula of a row on the shapes that flow in then."""
    if row is None or row.node.layer is None:
        return ""
    try:
        return row.node.layer.formulas(*flow.inputs(row.node, changed)).get(name, "")
    except (Fault, ValueError, ZeroDivisionError):
        return ""


def part(ask: str, shape: Shape) -> Value | None:
    """A shape, or the axis of it that is asked for."""
    if ask == "output":
        return shape
    if ask in ("channels", "features"):
        return shape[0]
    return shape[AXES[ask][1]] if len(shape) in SIZES[ask] else None


def figure(question: Question, row: Row, shapes: tuple[Shape, ...]) -> int:
    """A figure of one row for what flows in, by the question's conventions."""
    layer = row.node.layer
    assert layer is not None
    if question.ask in ("macs", "flops"):
        return layer.macs(*shapes) * (FLOPS_PER_MAC if question.ask == "flops" else 1)
    if row.weights_of is not None:
        return 0
    tensors = layer.parameters(*shapes)
    weights = sum(each.count for each in tensors if each.name == "weight")
    if question.ask == "weights" or (question.ask == "params" and question.accept.bias == "not"):
        return weights
    if question.ask == "biases":
        return sum(each.count for each in tensors) - weights
    kept = question.accept.bn == "total" and layer.word == "bn"
    statistics = sum(each.count for each in layer.buffers(*shapes) if not each.counter) if kept else 0
    return sum(each.count for each in tensors) + statistics


def own_total(question: Question, terms: Mapping[str, int], right: Mapping[str, int]) -> Carried | None:
    """The sum of the student's own rows; ``terms`` are the wrong ones among them, all others are right."""
    if question.layer is not None or not terms or any(value < 0 for value in terms.values()):
        return None
    rows = {**right, **terms}
    total = sum(rows.values())
    return Carried(total, f"{' + '.join(grouped(each) for each in rows.values() if each)} = {grouped(total)}", "rows")
