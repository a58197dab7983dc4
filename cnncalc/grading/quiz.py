"""Quizzes: the questions of an assignment as a learning management system asks them, one wrong value, one feedback.

What is right and what each known wrong value means is worked out here; a writer only spells it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from fractions import Fraction
from typing import NamedTuple

from cnncalc.grading.diagnosis import supposed
from cnncalc.grading.records import Assignment, Number, Question, Value
from cnncalc.grading.sheet import Item
from cnncalc.grading.variants import Variants
from cnncalc.grading.wording import UNTILED, axes, scaled
from cnncalc.grading.worksheet import Line, Worksheet, worksheet_of
from cnncalc.layers.mistakes import Mistake, written
from cnncalc.units import simplest

NUMBER, SHAPE, NONE = "number", "shape", "none"
"""What a question wants: one number, a shape, or to hear that there is none."""

ENOUGH = 4
"""Significant digits of a figure that is not whole in its unit, where the question names none."""

MOST_CHOICES = 5
"""Choices of a multiple-choice question."""


class Wrong(NamedTuple):
    """A known wrong value, how it is written, what is said about it, its share of the points, and how far an answer
    may be off to be taken for it."""

    value: Value
    shown: str
    feedback: str
    credit: Fraction
    tolerance: Fraction = Fraction(0)


class Asked(NamedTuple):
    """One question of a quiz.

    ``right`` are the right values, the layer's own first; ``tolerance`` is how far an answer may be off; ``axes`` are
    the names of a shape's axes, channels first.
    """

    line: Line
    kind: str
    right: tuple[Value, ...]
    tolerance: Fraction
    wrong: tuple[Wrong, ...]
    axes: tuple[str, ...]

    @property
    def question(self) -> Question:
        return self.line.question

    @property
    def orders(self) -> tuple[str, ...]:
        """The orders that a shape may be written in: ``chw``, ``hwc`` or both; the one the question wants first."""
        if self.axes[:1] != ("channels",):
            return ("chw",)
        return {"any": ("chw", "hwc"), "chw": ("chw",), "hwc": ("hwc",)}[self.question.accept.order]


class Part(NamedTuple):
    """One version of the quiz: a label for its variant, the sheet, and its questions."""

    label: str
    sheet: Worksheet
    questions: tuple[Asked, ...]


class Quiz(NamedTuple):
    """An assignment as a quiz, in one version or several."""

    assignment: Assignment
    parts: tuple[Part, ...]


class Choice(NamedTuple):
    """One choice of a multiple-choice question."""

    shown: str
    right: bool
    feedback: str


def quiz_of(assignment: Assignment, labels: Sequence[str] = ("",)) -> Quiz:
    """The quiz of an assignment: a version for every label, whose numbers hang on it as on a student's id.

    Raises :class:`SpecError` where the network cannot be built with the numbers of a version.
    """
    variants = Variants(assignment)
    parts = []
    for label in labels:
        sheet = worksheet_of(assignment, label, variants)
        parts.append(Part(label, sheet, tuple(asked(line) for line in sheet.lines)))
    return Quiz(assignment, tuple(parts))


def asked(line: Line) -> Asked:
    """A question with its right values and the wrong ones that are known."""
    item = line.item
    truth, units = item.truth, item.question.accept.units
    names = axes(item)
    if truth.value is None:
        return Asked(line, NONE, (), Fraction(0), tuple(wrongs(item, units, ())), names)
    right: tuple[Value, ...] = tuple(plain(each, units, truth.kind) for each in (truth.value, *truth.also))
    first = right[0]
    tolerance = Fraction(0) if isinstance(first, tuple) else slack(Fraction(first), item.question.accept.digits)
    kind = SHAPE if isinstance(first, tuple) else NUMBER
    return Asked(
        line, kind, right, tolerance, tuple(wrongs(item, units, right, tolerance)), names if kind == SHAPE else ()
    )


def plain(value: Value, units: str, kind: str) -> Value:
    """A value as it is typed: of a vector its only size, of memory the figure in the question's unit."""
    if isinstance(value, tuple):
        return value[0] if len(value) == 1 else value
    return simplest(scaled(Fraction(value), units)) if kind == "bytes" else value


def slack(value: Fraction, digits: int | None) -> Fraction:
    """Half of the last significant digit that is asked for; 0 for an exact whole number."""
    if value == 0 or (digits is None and value.denominator == 1):
        return Fraction(0)
    power = 0
    while abs(value) >= 10 ** (power + 1):
        power += 1
    while abs(value) * 10 ** (-power) < 1:
        power -= 1
    return Fraction(10) ** (power - (digits or ENOUGH) + 1) / 2


def wrongs(item: Item, units: str, right: tuple[Value, ...], tolerance: Fraction = Fraction(0)) -> Iterator[Wrong]:
    """The known wrong values, each once, the likeliest first, with all mistakes that give it."""
    found: dict[Value, list[Mistake]] = {}
    for mistake in item.mistakes:
        found.setdefault(plain(mistake.value, units, item.truth.kind), []).append(mistake)
    for value, mistakes in found.items():
        near = [each for each in right if not isinstance(each, tuple) and not isinstance(value, tuple)]
        if value in right or any(abs(value - each) <= tolerance for each in near):  # type: ignore[operator]
            continue
        credit = max(Fraction(str(each.credit)) for each in mistakes)
        near_it = Fraction(0) if isinstance(value, tuple) else slack(Fraction(value), item.question.accept.digits)
        yield Wrong(value, written(value), feedback(mistakes, item.question), credit, near_it)


def feedback(mistakes: Sequence[Mistake], question: Question) -> str:
    """What is said about a wrong value; one size alone proves no mistake, so it is only supposed."""
    lines = list(dict.fromkeys(each.line for each in mistakes))
    if len(lines) > 1:
        return f"Either {'; or '.join(lines[:3])}."
    return f"Perhaps {lines[0]}." if supposed(question, mistakes[0]) else f"{lines[0]}."


def by_axis(asked: Asked) -> Iterator[tuple[str, Number, tuple[Wrong, ...]]]:
    """The axes of a shape, in the order that the question wants, each with its size and its own wrong values."""
    right = asked.right[0]
    assert isinstance(right, tuple)
    order = range(len(right)) if asked.orders[0] == "chw" else (*range(1, len(right)), 0)
    for at in order:
        found: dict[Number, list[Wrong]] = {}
        for each in asked.wrong:
            if isinstance(each.value, tuple) and len(each.value) == len(right) and each.value[at] != right[at]:
                found.setdefault(each.value[at], []).append(each)
        yield (
            asked.axes[at],
            right[at],
            tuple(
                Wrong(value, written(value), joined([each.feedback for each in group]), max(w.credit for w in group))
                for value, group in found.items()
            ),
        )


def joined(said: Iterable[str]) -> str:
    """Several suppositions as one."""
    different = list(dict.fromkeys(said))
    if len(different) == 1:
        return different[0]
    each = [one.removeprefix("Perhaps ").removeprefix("Either ").removesuffix(".") for one in different]
    return f"Either {'; or '.join(each[:3])}."


def spelt(value: Value, order: str) -> str:
    """A value as a choice shows it: ``34,944``, ``55x55x96``."""
    if isinstance(value, tuple) and order == "hwc" and len(value) > 1:
        value = (*value[1:], value[0])
    return written(value)


def choices(asked: Asked, most: int = MOST_CHOICES) -> tuple[Choice, ...]:
    """The right answer among known wrong ones, ordered by size so that the place gives nothing away."""
    order = asked.orders[0] if asked.axes else "chw"
    right = spelt(asked.right[0], order) if asked.right else UNTILED
    found = {right: Choice(right, True, asked.line.formula)}
    for each in asked.wrong:
        shown = spelt(each.value, order)
        if len(found) < most and shown not in found:
            found[shown] = Choice(shown, False, each.feedback)
    values = {spelt(each.value, order): each.value for each in asked.wrong}
    values |= {right: asked.right[0]} if asked.right else {}
    last = (float("inf"),)
    return tuple(
        sorted(
            found.values(), key=lambda each: (key_of(values[each.shown]) if each.shown in values else last, each.shown)
        )
    )


def key_of(value: Value) -> tuple[float, ...]:
    return tuple(float(each) for each in value) if isinstance(value, tuple) else (float(value),)


def notations(value: tuple[Number, ...], orders: Sequence[str], all_: bool = True) -> tuple[str, ...]:
    """The ways in which a shape is typed, for systems that compare texts."""
    found: dict[str, None] = {}
    for order in orders:
        shape = (*value[1:], value[0]) if order == "hwc" and len(value) > 1 else value
        sizes = [written(each).replace(",", "") for each in shape]
        found |= dict.fromkeys(["x".join(sizes), f"({', '.join(sizes)})", " x ".join(sizes)])
        if all_:
            more = ["×".join(sizes), " × ".join(sizes), ", ".join(sizes), ",".join(sizes), f"({','.join(sizes)})"]
            more += [f"[{', '.join(sizes)}]", f"[{','.join(sizes)}]", " ".join(sizes)]
            found |= dict.fromkeys(more)
    return tuple(found)


def misread(value: Value) -> Fraction | None:
    """What Moodle reads where ``34,944`` is typed: a single comma is a decimal comma there, so 34.944.

    A recent one first takes away what groups the digits in its language (``apply_units`` of ``qtype_numerical``), in
    English the comma; a point is a decimal point in all of them.
    """
    if isinstance(value, int) and 1_000 <= value <= 999_999:
        return Fraction(value, 1000)
    return None


def typed(value: Number) -> str:
    """``34944``, ``54.25``: digits without separators."""
    if isinstance(value, int):
        return str(value)
    text = f"{float(value):.12f}".rstrip("0")
    return text.removesuffix(".")
