"""Graded answers in Markdown, to hand back: a table of the answers, and the reason below for each that is not right."""

from __future__ import annotations

from cnncalc.grading.feedback import told
from cnncalc.grading.records import CORRECT, Graded, GradedSubmission, Grading
from cnncalc.render.grades import Screen
from cnncalc.render.worksheet.markdown import cell
from cnncalc.units import decimal

SUFFIX = ".md"


def render(grading: Grading, feedback: str, screen: Screen) -> str:
    """One student after the other."""
    return "\n".join(one(grading, each, feedback) for each in grading.submissions)


def one(grading: Grading, found: GradedSubmission, feedback: str) -> str:
    """One student's answers."""
    lines = [f"# {cell(grading.assignment.title)}", ""]
    who = f"{cell(found.student)}: " if found.student else ""
    lines += [f"{who}**{decimal(found.score)} of {decimal(found.max)} points**", ""]
    lines += [f"- {cell(each.message)}" for each in found.problems] + [""] * bool(found.problems)
    lines += ["| question | answer | read as | verdict | points |", "| --- | --- | --- | --- | ---: |"]
    for each in found.answers:
        verdict = (told(each, feedback).verdict or "").replace("_", " ")
        cells = [cell(each.question.id), cell(each.answer) or "-", cell(each.read_as), verdict]
        lines.append(f"| {' | '.join(cells)} | {decimal(each.points)}/{decimal(each.max)} |")
    reasons = [line for each in found.answers if not found.lost for line in reason(each, feedback)]
    return "\n".join([*lines, *([""] if reasons else []), *reasons]) + "\n"


def reason(found: Graded, feedback: str) -> list[str]:
    """Why an answer is not right, and what would be, as far as the student may know."""
    shown = told(found, feedback)
    if found.verdict == CORRECT or not (shown.reason or shown.formula):
        return []
    sentences = [shown.reason, *([f"Right: {shown.formula}"] if shown.formula else [])]
    said = " ".join(each if each.endswith(".") else f"{each}." for each in map(cell, sentences))
    return [f"- **{cell(found.question.id)}**: {said}"]
