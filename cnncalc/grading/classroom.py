"""A class: all submissions graded, and what the answers say about the assignment."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from fractions import Fraction
from typing import NamedTuple

from cnncalc.errors import Diagnostic, SpecError, said_of
from cnncalc.files import source_of
from cnncalc.grading.marking import Marker, unmarked
from cnncalc.grading.records import (
    CARRIED,
    CORRECT,
    DIAGNOSED,
    UNIT_SLIP,
    Assignment,
    GradedSubmission,
    Grading,
    Number,
    Question,
    Submission,
    added,
    handed_in,
)
from cnncalc.grading.sheet import Sheet, sheet_of
from cnncalc.grading.submissions import FORMS, read_submissions, stem
from cnncalc.grading.variants import Variants
from cnncalc.source import Source

Values = Callable[[Assignment, str], Mapping[str, Number]]
"""A student's own values of the network's parameters."""


class Grader:
    """Grades submissions of one assignment; sheets with equal numbers are worked out once."""

    def __init__(self, assignment: Assignment, values: Values | None = None) -> None:
        self.assignment = assignment
        self.values = values or Variants(assignment).values
        self._markers: dict[tuple[tuple[str, Number], ...], Marker] = {}

    def marker(self, student: str) -> Marker:
        """What marks a student's submission."""
        values = self.values(self.assignment, student) if self.assignment.choices else {}
        key = tuple(sorted(values.items()))
        if key not in self._markers:
            self._markers[key] = Marker(sheet_of(self.assignment, values))
        return self._markers[key]

    def sheet(self, student: str = "") -> Sheet:
        """What a student has to answer."""
        return self.marker(student).sheet

    def grade(self, submission: Submission) -> GradedSubmission:
        return self.marker(submission.student).mark(submission)

    def grade_file(self, target: str) -> list[GradedSubmission]:
        """The graded submissions of one file, or of stdin; one that cannot be read is graded all the same."""
        source = Source(target, "")
        try:
            source = source_of(target)
            return [self.grade(each) for each in read_submissions(source, self.assignment)]
        except SpecError as error:
            return [self.unreadable(source, error)]

    def unreadable(self, source: Source, error: SpecError) -> GradedSubmission:
        """A submission that could not be read: no answer is lost, and the class goes on."""
        student = stem(source)
        error = said_of(error, "a submission", FORMS)
        reason = f"the file could not be read: {error.diagnostics[0].message}"
        return handed_in(
            student, source.name, self.assignment.points, unmarked(self.sheet(student), reason), error.diagnostics
        )


def graded(grader: Grader, submissions: Iterable[GradedSubmission]) -> Grading:
    """A class, with the students that handed in twice."""
    found = tuple(submissions)
    hidden = {item.question.id: item.invisible for item in grader.sheet().items}
    return Grading(grader.assignment, found, tuple(twice(found)), hidden)


def twice(submissions: Iterable[GradedSubmission]) -> Iterator[Diagnostic]:
    """A diagnostic for every submission by a student who has one already."""
    first: dict[str, str] = {}
    for each in submissions:
        if each.student in first:
            where = f"{first[each.student]} and {each.source}" if each.source != first[each.student] else each.source
            yield Diagnostic("A202", f"{each.student} handed in twice: {where}", help=("both are graded",))
        first.setdefault(each.student, each.source)


# -- what the class shows ---------------------------------------------------------------------------------------------


class Made(NamedTuple):
    """A mistake of the class: how many answers and students it explains first, and of which questions."""

    name: str
    answers: int
    students: int
    questions: tuple[str, ...]
    example: str


class Asked(NamedTuple):
    """A question of the class: how many answered it right, with earlier errors, at all; the mean share of its points;
    ``commonest`` is the mistake made most often, ``hides`` are the mistakes that give the right value there."""

    question: Question
    right: int
    carried: int
    answered: int
    mean: Fraction
    commonest: str
    hides: tuple[str, ...]


class Summary(NamedTuple):
    """A class in figures: submissions, the mean and median share of the points, the mistakes, the questions."""

    submissions: int
    mean: Fraction
    median: Fraction
    mistakes: tuple[Made, ...]
    questions: tuple[Asked, ...]


def summary(grading: Grading) -> Summary:
    """What the answers of a class say, the commonest mistake first."""
    shares = sorted(each.share for each in grading.submissions)
    count = len(shares)
    middle = (shares[(count - 1) // 2] + shares[count // 2]) / 2 if count else Fraction(0)
    mean = added(shares) / count if count else Fraction(0)
    return Summary(count, mean, middle, made(grading), asked(grading))


def made(grading: Grading) -> tuple[Made, ...]:
    """Every mistake that comes first in some answer."""
    answers: Counter[str] = Counter()
    students: dict[str, set[str]] = {}
    questions: dict[str, dict[str, None]] = {}
    examples: dict[str, str] = {}
    for submission in grading.submissions:
        for each in submission.answers:
            if each.mistakes and each.verdict in (DIAGNOSED, UNIT_SLIP):
                name = each.mistakes[0].name
                answers[name] += 1
                students.setdefault(name, set()).add(submission.student)
                questions.setdefault(name, {})[each.question.id] = None
                examples.setdefault(name, each.mistakes[0].line)
    return tuple(
        Made(name, number, len(students[name]), tuple(questions[name]), examples[name])
        for name, number in answers.most_common()
    )


def asked(grading: Grading) -> tuple[Asked, ...]:
    """How every question was answered."""
    found = []
    for at, question in enumerate(grading.assignment.questions):
        answers = [each.answers[at] for each in grading.submissions]
        names = Counter(each.mistakes[0].name for each in answers if each.verdict in (DIAGNOSED, UNIT_SLIP))
        points, most = added(each.points for each in answers), added(each.max for each in answers)
        found.append(
            Asked(
                question,
                sum(each.verdict == CORRECT for each in answers),
                sum(each.verdict == CARRIED for each in answers),
                sum(bool(each.answer.strip()) for each in answers),
                points / most if most else Fraction(0),
                names.most_common(1)[0][0] if names else "",
                grading.hidden.get(question.id, ()),
            )
        )
    return tuple(found)
