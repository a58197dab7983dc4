"""The worksheet as CSV: a row for every question, with a column to fill in."""

from __future__ import annotations

import csv
from io import StringIO

from cnncalc.grading.worksheet import BLANK, Worksheet, one_line
from cnncalc.render.spreadsheet import harmless

SUFFIX = ".csv"


def render(worksheet: Worksheet, key: bool = False) -> str:
    """``student,question,answer,points,asked``; with ``key`` the answers, and a column ``worked``.

    The student and the question are read back as they are; what is only read by people cannot be taken for a formula.
    """
    out = StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(["student", "question", "answer", "points", "asked", *(["worked"] if key else [])])
    for line in worksheet.lines:
        row = [one_line(worksheet.student), line.id, line.answer if key else BLANK, line.points]
        row.append(harmless(one_line(line.text)))
        writer.writerow([*row, *([harmless(line.formula)] if key else [])])
    return out.getvalue()
