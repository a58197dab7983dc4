"""``results.json`` of a Gradescope autograder: a test for every question.

https://gradescope-autograders.readthedocs.io/en/latest/specs/
"""

from __future__ import annotations

import json
from typing import Any

from cnncalc.grading.feedback import told
from cnncalc.grading.records import Graded, Grading
from cnncalc.render.grades import Screen
from cnncalc.units import plain

SUFFIX = ".json"
SINGLE = True
"""A file of this format holds one submission."""


def render(grading: Grading, feedback: str, screen: Screen) -> str:
    """The document for the only submission.  Diagnoses go into ``extra_data``, which students do not see."""
    (found,) = grading.submissions
    document: dict[str, Any] = {
        "score": plain(found.score),
        "visibility": screen.visibility,
        "output_format": "text",
        "test_output_format": "text",
        "test_name_format": "text",
        "extra_data": {"student": found.student, "max_score": plain(found.max)},
        "tests": [test(number, each, feedback, screen) for number, each in enumerate(found.answers, 1)],
    }
    if screen.seconds is not None:
        document["execution_time"] = round(screen.seconds, 3)
    problems = [each.message for each in found.problems]
    if problems:
        document["output"] = "\n".join(problems)
    return json.dumps(document, ensure_ascii=False, indent=2) + "\n"


def test(number: int, found: Graded, feedback: str, screen: Screen) -> dict[str, Any]:
    """One question."""
    return {
        "number": str(number),
        "name": found.question.id,
        "name_format": "text",
        "score": plain(found.points),
        "max_score": plain(found.max),
        "status": "passed" if found.points == found.max else "failed",
        "output": output(found, feedback),
        "output_format": "text",
        "visibility": screen.visibility,
        "extra_data": {
            "verdict": found.verdict,
            "answer": found.answer,
            "diagnosis": [{"name": each.name, "line": each.line} for each in found.mistakes],
        },
    }


def output(found: Graded, feedback: str) -> str:
    """What the student reads: the answer, how it was read, and as much as ``feedback`` says."""
    shown = told(found, feedback)
    lines = [f"Your answer: {found.answer or '-'}" + (f" (read as {found.read_as})" if found.read_as else "")]
    if shown.verdict:
        lines.append(
            shown.verdict.replace("_", " ") + (f": {shown.reason}" if shown.reason not in ("", "right") else "")
        )
    elif shown.reason:
        lines.append(shown.reason)
    if shown.formula and found.points < found.max:
        lines.append(f"Right: {shown.formula}")
    return "\n".join(lines)
