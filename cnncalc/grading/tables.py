"""The right and the wrong values of a question as they are looked up, and what an answer is by itself."""

from __future__ import annotations

from fractions import Fraction
from typing import NamedTuple

from cnncalc.grading.asks import AXES
from cnncalc.grading.records import Question, Truth, Value
from cnncalc.grading.sheet import Item
from cnncalc.grading.slips import Slip, slips_of
from cnncalc.layers.mistakes import Mistake

SIZE_ASKS = ("output", *AXES, "receptive_field")
"""Figures for which many of the numbers near the right one follow from some mistake: a single one proves nothing."""

BOTH_WRONG = "both the sizes and the channels are wrong"


NOT_ANSWERED = "not answered"


class Judged(NamedTuple):
    """What one answer is by itself.

    ``value`` is what the student goes on with: a figure, or a shape with channels first; None where nothing could be
    read.  ``candidates`` are the mistakes that give it, ``note`` what else there is to say.
    """

    verdict: str
    read_as: str
    value: Value | None = None
    candidates: tuple[Mistake, ...] = ()
    note: str = ""


class Table(NamedTuple):
    """The wrong values of a question, looked up by value."""

    item: Item
    rank: int | None
    value_bytes: int
    by_value: dict[Value, tuple[Mistake, ...]]
    numbers: tuple[Mistake, ...]
    """Those that are single numbers, for rounded answers."""
    slips: tuple[tuple[Fraction, Slip], ...]
    """The right figure in other units."""

    @property
    def question(self) -> Question:
        return self.item.question

    @property
    def truth(self) -> Truth:
        return self.item.truth


def table_of(item: Item, rank: int, value_bytes: int) -> Table:
    """The table of a question; ``rank`` is the number of spatial axes that flow there."""
    by_value: dict[Value, tuple[Mistake, ...]] = {}
    for mistake in item.mistakes:
        by_value[mistake.value] = (*by_value.get(mistake.value, ()), mistake)
    numbers = tuple(each for each in item.mistakes if not isinstance(each.value, tuple))
    right = item.truth.exact if item.truth.value is None else item.truth.value
    axes = None
    if item.truth.kind == "shape" and isinstance(right, tuple):
        axes = len(right)
    elif item.question.ask == "receptive_field":
        axes = rank
    return Table(item, axes, value_bytes, by_value, numbers, tuple(slips_of(item, value_bytes)))
