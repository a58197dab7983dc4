"""The sheet: an assignment with the figures of one network, everything that grading looks up worked out once."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from cnncalc.analysis.report import Report
from cnncalc.grading.assignment import report_of
from cnncalc.grading.mistakes import mistakes
from cnncalc.grading.records import Assignment, Number, Question, Truth
from cnncalc.grading.truth import truth
from cnncalc.layers.mistakes import Mistake


class Item(NamedTuple):
    """A question with its right answer, the mistakes that show, and the names of those that do not."""

    question: Question
    truth: Truth
    mistakes: tuple[Mistake, ...]
    invisible: tuple[str, ...]
    names: frozenset[str]
    """Of the mistakes that show."""


class Sheet(NamedTuple):
    """What one student has to answer.  ``values`` are that student's own of the network's parameters."""

    assignment: Assignment
    report: Report
    items: tuple[Item, ...]
    values: Mapping[str, Number]


def sheet_of(assignment: Assignment, values: Mapping[str, Number] | None = None) -> Sheet:
    """The sheet of an assignment, for one student's values of the parameters.

    Raises :class:`SpecError` where the network cannot be built with them, or a question not be answered.
    """
    report = report_of(assignment, values)
    items = tuple(item_of(assignment, question, report) for question in assignment.questions)
    return Sheet(assignment, report, items, values or {})


def item_of(assignment: Assignment, question: Question, report: Report) -> Item:
    found = mistakes(question, report)
    credit = assignment.credit
    rated = tuple(
        each._replace(credit=float(credit[each.name])) if each.name in credit else each for each in found.visible
    )
    names = frozenset(each.name for each in rated)
    return Item(question, truth(question, report), rated, found.invisible, names)
