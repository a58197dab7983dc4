"""Errors carried forward: what would be right, had the student's own earlier shapes been right."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from cnncalc.analysis.report import Report, Row
from cnncalc.grading.records import Number, Question, Value
from cnncalc.grading.subject import Subject, place
from cnncalc.grading.truth import AXES, SIZES
from cnncalc.layers.base import Fault
from cnncalc.layers.mistakes import Mistake, found
from cnncalc.shape import Shape, elements, show
from cnncalc.units import FLOPS_PER_MAC, grouped


class Carried(NamedTuple):
    """The value that follows from earlier answers, its worked formula, and the mistakes made on top of them."""

    value: Value
    formula: str
    flowing: str
    """The student's shapes that flow in: ``96x54x54``."""
    mistakes: tuple[Mistake, ...] = ()


def plausible(shape: tuple[Number, ...], right: Shape) -> bool:
    """Whether a wrong shape may be carried on: whole, positive, and no trick that makes all that follows easy."""
    if len(shape) != len(right) or any(not isinstance(each, int) or each < 1 for each in shape):
        return False
    return max(shape[1:] or shape) > 1 or max(right[1:] or right) == 1


def output_node(about: Subject) -> int | None:
    """The node whose value a subject stands for."""
    if about.name is None or not about.rows:
        return None
    found = about.report.graph_index(about.name)
    return found if found is not None and found >= 0 and len(about.rows) != 1 else about.rows[-1].node.index


def propagated(report: Report, given: Mapping[int, Shape], last: int) -> dict[int, Shape]:
    """The shapes that change up to node ``last`` where some nodes have the shapes ``given``.

    Raises :class:`Fault` where a layer does not go with what flows in then.
    """
    changed: dict[int, Shape] = {}
    if not given:
        return changed
    nodes = report.graph.nodes
    for index in range(min(given), last + 1):
        node = nodes[index]
        if index in given:
            changed[index] = given[index]
        elif node.layer is not None and any(each in changed for each in node.inputs) and not node.links:
            shape = node.layer.output(*(changed.get(each, nodes[each].facts.output) for each in node.inputs))
            if shape != node.facts.output:
                changed[index] = shape
    return changed


def carried(question: Question, about: Subject, given: Mapping[int, Shape]) -> Carried | None:
    """What follows for a question from the student's own shapes; None where nothing changes, or nothing fits."""
    target = output_node(about)
    if target is None or question.blank is not None or question.ask in ("receptive_field", "layers"):
        return None
    own = {row.node.index for row in about.rows} | {target}
    earlier = {index: shape for index, shape in given.items() if index not in own and index < target}
    try:
        changed = propagated(about.report, earlier, target)
        return followed(question, about, changed, changed.get(target))
    except (Fault, ValueError, ZeroDivisionError):
        return None


def followed(question: Question, about: Subject, changed: Mapping[int, Shape], out: Shape | None) -> Carried | None:
    """The value of a question with some shapes changed."""
    touched = [row for row in about.rows if any(each in changed for each in row.node.inputs)]
    if not touched:
        return None
    flowing = " and ".join(show(changed[each]) for each in touched[0].node.inputs if each in changed)
    output = out or about.output
    row = about.maker
    if question.ask in ("output", "channels", "features") or question.ask in AXES:
        value = part(question.ask, output)
        if value is None:
            return None
        formula = inputs_and_formula(row, changed, "output") if row else ""
        return Carried(value, formula, flowing, on_top(row, changed, question.ask, value))
    value_bytes = 1 if question.accept.units == "values" else about.report.value_bytes
    if question.ask == "memory":
        count = elements(output) * value_bytes
        return Carried(count, f"{show(output)}: {grouped(count)}", flowing, on_top(row, changed, "memory", count))
    count = sum(figure(question, each, changed) for each in about.rows)
    learner = about.learner
    formula = inputs_and_formula(learner, changed, question.ask) if learner else grouped(count)
    ask = "weights" if question.ask == "params" and question.accept.bias == "not" else question.ask
    return Carried(count, formula or grouped(count), flowing, on_top(learner, changed, ask, count))


def part(ask: str, shape: Shape) -> Value | None:
    """A shape, or the axis of it that is asked for."""
    if ask == "output":
        return shape
    if ask in ("channels", "features"):
        return shape[0]
    return shape[AXES[ask][1]] if len(shape) in SIZES[ask] else None


def shapes_of(row: Row, changed: Mapping[int, Shape]) -> tuple[Shape, ...]:
    nodes = row.report.graph.nodes
    return tuple(changed.get(each, nodes[each].facts.output) for each in (*row.node.inputs, *row.node.links))


def figure(question: Question, row: Row, changed: Mapping[int, Shape]) -> int:
    """A figure of one row with some shapes changed, by the question's conventions."""
    layer, shapes = row.node.layer, shapes_of(row, changed)
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


def inputs_and_formula(row: Row | None, changed: Mapping[int, Shape], name: str) -> str:
    """The worked formula of a row on the shapes that flow in then."""
    if row is None or row.node.layer is None:
        return ""
    return row.node.layer.formulas(*shapes_of(row, changed)).get(name, "")


def on_top(row: Row | None, changed: Mapping[int, Shape], ask: str, right: Value) -> tuple[Mistake, ...]:
    """The mistakes that are made on top of wrong shapes."""
    if row is None:
        return ()
    here = place(row, shapes_of(row, changed))
    return found(here, "channels" if ask == "features" else ask, right).visible


def own_total(question: Question, terms: Mapping[str, int], right: Mapping[str, int]) -> Carried | None:
    """The sum of the student's own rows, where some of them are wrong; the rows that were not asked for are right."""
    if question.layer is not None or not terms or all(terms[name] == right[name] for name in terms):
        return None
    if any(value < 0 for value in terms.values()):
        return None
    rows = {**right, **terms}
    total = sum(rows.values())
    return Carried(total, f"{' + '.join(grouped(each) for each in rows.values() if each)} = {grouped(total)}", "rows")
