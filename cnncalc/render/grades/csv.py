"""The gradebook: a row for every student, a column for every question, then score and maximum."""

from __future__ import annotations

import csv
from fractions import Fraction
from io import StringIO

from cnncalc.grading.records import Grading
from cnncalc.grading.worksheet import one_line
from cnncalc.render.grades import Screen
from cnncalc.render.spreadsheet import harmless
from cnncalc.units import decimal

SUFFIX = ".csv"


def render(grading: Grading, feedback: str, screen: Screen) -> str:
    """Points as plain numbers; what students and teachers wrote cannot be taken for a formula."""
    out = StringIO()
    writer = csv.writer(out, lineterminator="\n")
    questions = (harmless(one_line(each.id)) for each in grading.assignment.questions)
    writer.writerow(["student", *questions, "score", "max"])
    for each in grading.submissions:
        points = [number(answer.points) for answer in each.answers]
        writer.writerow([harmless(one_line(each.student)), *points, number(each.score), number(each.max)])
    return out.getvalue()


def number(value: Fraction) -> str:
    return decimal(value)
