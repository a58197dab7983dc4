"""Blank hyperparameters: the layer's own value, and what other values would give."""

from __future__ import annotations

from typing import Any

from pydantic import ValidationError

from cnncalc.analysis.rows import Row
from cnncalc.grading.records import Question, Truth
from cnncalc.grading.subject import Subject, unanswerable
from cnncalc.layers.base import Fault, Layer
from cnncalc.layers.fields import got
from cnncalc.layers.windowed import Windowed


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
