"""Graded answers on a terminal: one student answer by answer, a class as a list with what its mistakes are."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction

from cnncalc.grading.classroom import Asked, Made, summary
from cnncalc.grading.feedback import told
from cnncalc.grading.records import (
    CARRIED,
    CORRECT,
    DIAGNOSED,
    UNIT_SLIP,
    UNREADABLE,
    WRONG,
    Graded,
    GradedSubmission,
    Grading,
)
from cnncalc.render.ansi import Line, painted
from cnncalc.render.grades import Screen
from cnncalc.units import decimal

STYLES = {
    "heading": "bold", "row": "", "dim": "dim", CORRECT: "green", CARRIED: "cyan", DIAGNOSED: "yellow",
    UNIT_SLIP: "yellow", WRONG: "red", UNREADABLE: "magenta",
}  # fmt: skip

SUFFIX = ".txt"
NAMES, ANSWERS = 24, 24
SHOWN_MISTAKES, SHOWN_HIDDEN = 12, 4


def render(grading: Grading, feedback: str, screen: Screen) -> str:
    """The answers of one student, or the class."""
    lines = list(pages(grading, feedback, screen))
    if not screen.colour:
        return "".join(f"{text.rstrip()}\n" for _, text in lines)
    return painted(lines, STYLES, screen.width)


def pages(grading: Grading, feedback: str, screen: Screen) -> Iterator[Line]:
    chosen = [each for each in grading.submissions if screen.student in (None, each.student)]
    if screen.student is not None or len(chosen) == 1:
        for number, each in enumerate(chosen):
            if number:
                yield "row", ""
            yield from one(each, feedback, screen.width)
        return
    yield from everybody(grading, screen.width)


def points(value: Fraction) -> str:
    return decimal(value, 2)


def percent(value: Fraction) -> str:
    return f"{decimal(100 * value, 0)} %"


# -- one student ------------------------------------------------------------------------------------------------------


def one(found: GradedSubmission, feedback: str, width: int) -> Iterator[Line]:
    """Every answer with its verdict and points, and below it the reason."""
    score = f"{points(found.score)} of {points(found.max)} points ({percent(found.share)})"
    yield "heading", f"{found.student}: {score}" if found.student else score
    if found.lost:
        for part in wrapped(found.lost, width):
            yield UNREADABLE, part
        return
    name = min(max(map(len, ("question", *(each.question.id for each in found.answers)))), NAMES)
    text = min(max(map(len, ("answer", *(each.answer for each in found.answers)))), ANSWERS)
    yield "dim", f"  {'question':<{name}}  {'answer':<{text}}  {'verdict':<15}  points"
    for each in found.answers:
        yield from answer(each, feedback, name, text, width)
    if feedback in ("hint", "full"):
        yield from repeated(found, feedback, width)


def repeated(found: GradedSubmission, feedback: str, width: int) -> Iterator[Line]:
    """The mistakes that explain several answers, with their hints; without their names where only hints are given."""
    made: dict[str, list[Graded]] = {}
    for each in found.answers:
        if each.verdict in (DIAGNOSED, UNIT_SLIP) and each.mistakes:
            made.setdefault(each.mistakes[0].name, []).append(each)
    several = sorted((each for each in made.items() if len(each[1]) > 1), key=lambda each: -len(each[1]))
    if several:
        yield "heading", "Again and again"
    for name, answers in several:
        where = ", ".join(each.question.id for each in answers)
        yield "row", cut(f"  {name} in {len(answers)} answers: {where}" if feedback == "full" else f"  {where}", width)
        for part in wrapped(answers[0].hint, width):
            yield "dim", part


def cut(text: str, width: int) -> str:
    return text if len(text) <= width else text[: max(width - 1, 0)].rstrip() + "…"


def answer(found: Graded, feedback: str, name: int, text: int, width: int) -> Iterator[Line]:
    shown = told(found, feedback)
    written = " ".join(found.answer.split()) or "-"
    verdict = (shown.verdict or "").replace("_", " ")
    got = f"{points(found.points)}/{points(found.max)}"
    line = f"  {cut(found.question.id, name):<{name}}  {cut(written, text):<{text}}  {verdict:<15}  {got:>6}"
    yield shown.verdict or "row", line
    for note in notes(found, shown.reason, shown.formula, shown.verdict):
        for part in wrapped(note, width):
            yield "dim", part


def wrapped(text: str, width: int) -> list[str]:
    """The lines of a note."""
    from textwrap import wrap

    return [f"      {line}" for line in wrap(text, max(width - 6, 30), break_long_words=False, break_on_hyphens=False)]


def notes(found: Graded, reason: str, formula: str | None, verdict: str | None) -> Iterator[str]:
    """What stands below an answer: how it was read where that is not plain, the reason, the right arithmetic."""
    if (
        found.read_as
        and plainly(found.read_as) != plainly(found.answer)
        and (verdict != CORRECT or "±" in found.read_as)
    ):
        yield f"read as {found.read_as}"
    if verdict == CORRECT:
        if reason not in ("", "right"):
            yield reason
        return
    if reason:
        yield reason
    if formula:
        yield f"right: {formula}"


def plainly(text: str) -> str:
    """An answer without what does not matter for how it was read."""
    return "".join(each for each in text.partition(" (")[0].lower() if each.isalnum() or each == ".")


# -- a class ----------------------------------------------------------------------------------------------------------


def everybody(grading: Grading, width: int) -> Iterator[Line]:
    """A line per student, then the mistakes and the questions."""
    found = summary(grading)
    title = grading.assignment.title
    yield (
        "heading",
        f"{title}: {found.submissions} submissions, mean {percent(found.mean)}, median {percent(found.median)}",
    )
    yield "row", ""
    name = min(max([len("student"), *(len(each.student) for each in grading.submissions)]), NAMES)
    yield "dim", f"  {'student':<{name}}  {'points':>8}  share  right  mistake made most"
    for each in sorted(grading.submissions, key=lambda each: each.student.lower()):
        yield "row", cut(student(each, name), width)
    yield from mistakes(found.mistakes, width)
    yield from questions(found.questions, width)


def student(found: GradedSubmission, name: int) -> str:
    names = [each.mistakes[0].name for each in found.answers if each.verdict in (DIAGNOSED, UNIT_SLIP)]
    most = max(names, key=names.count) if names else ""
    times = f" ({names.count(most)}x)" if names.count(most) > 1 else ""
    if found.problems and not any(each.answer for each in found.answers):
        most, times = found.problems[0].message, ""
    right = sum(each.verdict == CORRECT for each in found.answers)
    total = f"{points(found.score)}/{points(found.max)}"
    figures = f"{total:>8}  {percent(found.share):>5}  {right:>5}"
    return f"  {cut(found.student, name):<{name}}  {figures}  {most}{times}".rstrip()


def mistakes(found: Sequence[Made], width: int) -> Iterator[Line]:
    """What was done wrong, the commonest first, with a bar and an example."""
    if not found:
        return
    yield "row", ""
    yield "heading", "Mistakes"
    name = min(max(len(each.name) for each in found), 34)
    most = found[0].answers
    for each in found[:SHOWN_MISTAKES]:
        bar = "█" * max(round(10 * each.answers / most), 1)
        where = ", ".join(each.questions)
        yield "row", cut(f"  {cut(each.name, name):<{name}}  {each.answers:>4}  {bar:<10}  {where}", width)
        yield "dim", cut(f"      {each.example}", width)
    if len(found) > SHOWN_MISTAKES:
        yield "dim", f"  and {len(found) - SHOWN_MISTAKES} more"


def questions(found: Sequence[Asked], width: int) -> Iterator[Line]:
    """How each question was answered, and which mistakes it cannot show."""
    name = min(max(len(each.question.id) for each in found), NAMES)
    yield "row", ""
    yield "heading", "Questions"
    yield "dim", f"  {'question':<{name}}  right  carried  mean   cannot show"
    for each in found:
        hidden = list(each.hides[:SHOWN_HIDDEN])
        if len(each.hides) > SHOWN_HIDDEN:
            hidden.append(f"and {len(each.hides) - SHOWN_HIDDEN} more")
        shown = f"{each.right:>5}  {each.carried:>7}  {percent(each.mean):>5}  {', '.join(hidden)}"
        yield "row", cut(f"  {cut(each.question.id, name):<{name}}  {shown}", width)
