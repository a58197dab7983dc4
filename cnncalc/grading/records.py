"""The records of grading: what is asked, what is accepted, what was answered, and what came of it.

Everything here is frozen.  Points and shares are fractions, so that thirds add up to whole points.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from fractions import Fraction
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

from cnncalc.layers.mistakes import Mistake

if TYPE_CHECKING:
    from cnncalc.errors import Diagnostic
    from cnncalc.source import Mark, Source
    from cnncalc.spec.network import Network

Number: TypeAlias = int | Fraction
Value: TypeAlias = Number | tuple[Number, ...]
"""A figure, or a shape with channels first."""

CORRECT, CARRIED, DIAGNOSED, UNIT_SLIP, WRONG, UNREADABLE = (
    "correct", "carried_forward", "diagnosed", "unit_slip", "wrong", "unreadable",
)  # fmt: skip
VERDICTS = (CORRECT, CARRIED, DIAGNOSED, UNIT_SLIP, WRONG, UNREADABLE)
"""The verdicts on an answer.

``correct``; ``carried_forward``: right with the student's own earlier answers; ``diagnosed``: wrong, and a known
mistake gives the same value; ``unit_slip``: the right figure in another unit, or with a slipped decimal separator;
``wrong``: nothing known leads there, or nothing was answered; ``unreadable``: no number or shape (no attempt lost).
"""


class Accept(NamedTuple):
    """What counts as right beyond the exact figure."""

    order: str = "any"
    """``any``, ``chw`` or ``hwc``: how the axes of a shape must be written."""
    digits: int | None = None
    """None: exact; else so many significant digits are enough (``rounding: sig:3``)."""
    bias: str = "counted"
    """``counted`` or ``not``: whether ``params`` holds the biases."""
    bn: str = "trainable"
    """``trainable`` or ``total``: whether ``params`` of a batch normalisation holds its running statistics."""
    tiling: str = "floor"
    """``floor``, or ``strict``: where the stride does not tile, the right answer is that it does not."""
    flattened: bool = False
    """Whether the number of values is accepted for a shape."""
    units: str = "bytes"
    """What a figure of memory is in where the answer names no unit: ``bytes``, ``values``, ``bits``, ``kB`` ..."""
    memory: str = "layers"
    """``layers`` or ``all``: whether the total of memory counts activations, norms and views as values of their own."""


class Question(NamedTuple):
    """One question.  ``layer`` is None for the whole network; ``blank`` is the hyperparameter that is asked for."""

    id: str
    layer: str | None
    ask: str
    points: Fraction = Fraction(1)
    accept: Accept = Accept()
    text: str = ""
    blank: str | None = None
    mark: Mark | None = None

    @property
    def subject(self) -> str:
        """``conv1.params``, ``total.macs``, ``conv2.pad``."""
        return f"{self.layer or 'total'}.{self.blank or self.ask}"


class Assignment(NamedTuple):
    """An assignment: a network and questions about it.

    ``id`` seeds the variants; ``choices`` are the values that a student's own variant may have of the network's
    parameters; ``credit`` is the share of the points for a verdict (``unit_slip``) or a mistake by name.
    """

    id: str
    title: str
    network: Network
    net: str | None
    questions: tuple[Question, ...]
    choices: Mapping[str, tuple[Number, ...]]
    credit: Mapping[str, Fraction]
    about: str
    dtype: str
    source: Source
    options: Mapping[str, Any]
    """How the network was loaded: ``network`` (the text or the tree of the file), ``set``, ``variant``."""
    chosen: tuple[str, ...] = ()
    """The mistakes that a student's variant has to show and to tell apart; the common ones if none are named."""

    @property
    def points(self) -> Fraction:
        return sum((each.points for each in self.questions), Fraction(0))


class Truth(NamedTuple):
    """The right value of a question, its worked formula, and how it is written.

    ``value`` is None where the right answer is that there is none (a stride that does not tile); ``exact`` is then what
    the formula gives.  ``also`` are other values that are right.  ``kind`` is ``shape``, ``count``, ``bytes`` or
    ``setting``.
    """

    value: Value | None
    formula: str
    shown: str
    kind: str = "count"
    also: tuple[Value, ...] = ()
    exact: Value | None = None


class Answer(NamedTuple):
    """What a student wrote to a question, and where."""

    question: str
    text: str
    mark: Mark | None = None


class Submission(NamedTuple):
    """One student's answers by question, and what was wrong with the file."""

    student: str
    answers: Mapping[str, Answer]
    source: str
    problems: tuple[Diagnostic, ...] = ()


class Reading(NamedTuple):
    """How an answer was read.

    ``values`` are one number or the axes as they were written; ``slack`` is half of the last digit of a rounded number
    (0: exact).  ``kind`` is ``number``, ``shape``, ``none`` ("it does not tile"), ``blank`` or ``unreadable``;
    ``axes`` are the names that the answer gives its axes; ``unit`` the unit it names; ``worked`` the arithmetic in it.
    """

    kind: str
    values: tuple[Number, ...] = ()
    slack: Fraction = Fraction(0)
    axes: str = ""
    unit: str = ""
    worked: str = ""
    shown: str = ""
    problem: str = ""


class Graded(NamedTuple):
    """One graded answer: score and reason together.

    ``read_as`` is how the answer was read, ``right`` the right one, ``formula`` how it comes about; ``mistakes`` are
    ranked, the likeliest first; ``reason`` says all of it in a sentence, ``hint`` names the concept and no number.
    """

    question: Question
    answer: str
    read_as: str
    verdict: str
    right: str
    formula: str
    points: Fraction
    max: Fraction
    mistakes: tuple[Mistake, ...]
    reason: str
    hint: str = ""


def added(shares: Iterable[Fraction]) -> Fraction:
    """The sum of fractions, most of which have the same denominator."""
    by_denominator: dict[int, int] = {}
    for each in shares:
        above, below = each.as_integer_ratio()
        by_denominator[below] = by_denominator.get(below, 0) + above
    return sum((Fraction(above, below) for below, above in by_denominator.items()), Fraction(0))


class GradedSubmission(NamedTuple):
    """A submission with its graded answers, in the order of the questions; see :func:`handed_in`."""

    student: str
    source: str
    score: Fraction
    max: Fraction
    answers: tuple[Graded, ...]
    problems: tuple[Diagnostic, ...] = ()

    @property
    def lost(self) -> str:
        """Why nothing of the submission could be read; an empty text where something could."""
        told = {(each.verdict, each.answer, each.reason) for each in self.answers}
        return next(iter(told))[2] if self.problems and len(told) == 1 and self.answers[0].verdict == UNREADABLE else ""

    @property
    def share(self) -> Fraction:
        """The score as a share of the points there were."""
        return self.score / self.max if self.max else Fraction(0)


def handed_in(
    student: str, source: str, most: Fraction, answers: tuple[Graded, ...], problems: tuple[Diagnostic, ...] = ()
) -> GradedSubmission:
    """The graded submission, its points added up; ``most`` is what there was to earn."""
    score = added([each.points for each in answers])
    return GradedSubmission(student, source, score, most, answers, problems)


class Grading(NamedTuple):
    """A graded class.  ``errors`` are what was wrong with files as a whole; ``hidden`` are the mistakes, by question,
    that give the right value there."""

    assignment: Assignment
    submissions: tuple[GradedSubmission, ...]
    errors: tuple[Diagnostic, ...] = ()
    hidden: Mapping[str, tuple[str, ...]] = {}
