"""The JSON contract of graded answers, version 1: see docs/json.md."""

from __future__ import annotations

import json
from fractions import Fraction
from typing import Any

from cnncalc.grading.classroom import summary
from cnncalc.grading.feedback import told
from cnncalc.grading.records import Graded, GradedSubmission, Grading, Value
from cnncalc.layers.mistakes import Mistake
from cnncalc.render.diagnostics import as_json
from cnncalc.render.grades import Screen
from cnncalc.units import plain

VERSION = 1
SUFFIX = ".json"


def render(grading: Grading, feedback: str, screen: Screen) -> str:
    """``{"version", "assignment", "submissions", "summary", "errors"}``."""
    document = {
        "version": VERSION,
        "assignment": grading.assignment.title,
        "submissions": [submission(each, feedback) for each in grading.submissions],
        "summary": class_data(grading),
        "errors": [as_json(each) for each in grading.errors],
    }
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")) + "\n"


def submission(found: GradedSubmission, feedback: str) -> dict[str, Any]:
    """One student."""
    return {
        "student": found.student,
        "source": found.source,
        "score": plain(found.score),
        "max": plain(found.max),
        "answers": [answer(each, feedback) for each in found.answers],
        "problems": [as_json(each) for each in found.problems],
    }


def answer(found: Graded, feedback: str) -> dict[str, Any]:
    """One answer; what ``feedback`` keeps back is null."""
    shown = told(found, feedback)
    return {
        "question": found.question.id,
        "answer": found.answer,
        "read_as": found.read_as,
        "verdict": shown.verdict,
        "right": shown.right,
        "formula": shown.formula,
        "points": plain(found.points),
        "max": plain(found.max),
        "mistakes": [mistake(each) for each in shown.mistakes],
        "reason": shown.reason,
    }


def mistake(found: Mistake) -> dict[str, Any]:
    return {"name": found.name, "message": found.message, "formula": found.formula, "value": value_data(found.value)}


def value_data(value: Value) -> Any:
    if isinstance(value, tuple):
        return [plain(each) for each in value]
    return plain(value)


def class_data(grading: Grading) -> dict[str, Any]:
    """What the class as a whole shows."""
    found = summary(grading)
    return {
        "submissions": found.submissions,
        "mean": share(found.mean),
        "median": share(found.median),
        "mistakes": [
            {"name": each.name, "answers": each.answers, "students": each.students, "questions": list(each.questions)}
            for each in found.mistakes
        ],
        "questions": [
            {
                "question": each.question.id,
                "right": each.right,
                "carried_forward": each.carried,
                "answered": each.answered,
                "mean": share(each.mean),
                "commonest": each.commonest or None,
                "hides": list(each.hides),
            }
            for each in found.questions
        ],
    }


def share(value: Fraction) -> float:
    return round(float(value), 6)
