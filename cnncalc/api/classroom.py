"""Homework: assignments, the sheets and quizzes made of them, and the answers graded."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from cnncalc.api.figures import Target
from cnncalc.collector import paused
from cnncalc.files import source_of
from cnncalc.loading import load
from cnncalc.spec.network import Network

if TYPE_CHECKING:
    from cnncalc.grading.quiz import Quiz
    from cnncalc.grading.records import Assignment, Grading
    from cnncalc.grading.worksheet import Worksheet

File = str | os.PathLike[str]
"""A path, or ``-`` for stdin."""


def read_assignment(target: File) -> Assignment:
    """The assignment of a file, or of ``-`` for stdin.

    Raises :class:`SpecError` with everything that is wrong with it (A101 to A109), or with its network.
    """
    from cnncalc.grading.assignment import FORM
    from cnncalc.grading.assignment import read_assignment as read_from

    source = source_of(target, "an assignment", FORM)
    with paused():
        return read_from(source)


def assignment_of(given: Assignment | File) -> Assignment:
    """An assignment as it is, or that of a file."""
    return read_assignment(given) if isinstance(given, str | os.PathLike) else given


def worksheet(assignment: Assignment | File, student: str = "") -> Worksheet:
    """The sheet of an assignment (a record, or a file), with the student's own numbers where it has variants.

    The record holds the blanks and the key; :func:`cnncalc.render.worksheet.render` writes either.  Raises
    :class:`SpecError` as :func:`read_assignment` does.
    """
    return next(iter(worksheets(assignment, [student])))


def worksheets(assignment: Assignment | File, students: Iterable[str]) -> Iterator[Worksheet]:
    """The sheets of several students, one after the other; draws that they share are looked at once."""
    from cnncalc.grading.variants import Variants
    from cnncalc.grading.worksheet import worksheet_of

    found = assignment_of(assignment)
    variants = Variants(found)
    for student in students:
        yield worksheet_of(found, student, variants)


def quiz(assignment: Assignment | File, labels: Sequence[str] = ("",)) -> Quiz:
    """The quiz of an assignment: a version for every label, with numbers that hang on the label as on a student's id.

    :func:`cnncalc.formats.write.quiz.write` writes it for a learning management system.  Raises :class:`SpecError` as
    :func:`read_assignment` does.
    """
    from cnncalc.grading.quiz import quiz_of

    return quiz_of(assignment_of(assignment), labels)


def read_students(target: File) -> list[str]:
    """The students of a roster (CSV, or one id per line), each once; raises :class:`SpecError`."""
    from cnncalc.grading.roster import FORM, read_roster

    return read_roster(source_of(target, "a roster", FORM))


def grade(
    assignment: Assignment | File,
    submissions: File | Iterable[File] | Mapping[str, str],
    *,
    student: str = "student",
) -> Grading:
    """Grade submissions: files, folders of files, ``-`` for stdin; or the answers of ``student`` as a mapping.

    A submission that cannot be used never stops the others: what is wrong with it stands in its ``problems``, and its
    answers are ``unreadable``.  Raises :class:`SpecError` where the assignment cannot be used.
    """
    from cnncalc.grading.classroom import Grader, graded
    from cnncalc.grading.records import Answer, Submission
    from cnncalc.grading.submissions import files_of

    found = assignment_of(assignment)
    with paused():
        grader = Grader(found)
        if isinstance(submissions, Mapping):
            answers = {id: Answer(id, str(text)) for id, text in submissions.items()}
            return graded(grader, [grader.grade(Submission(student, answers, "<answers>"))])
        targets = [submissions] if isinstance(submissions, (str, os.PathLike)) else list(submissions)
        files = files_of([os.fspath(each) for each in targets])
        return graded(grader, [each for file in files for each in grader.grade_file(file)])


def grade_answer(
    network: Target,
    ask: str,
    answer: str,
    *,
    net: str | None = None,
    accept: Mapping[str, str] | None = None,
    **options: Any,
) -> Grading:
    """Grade a single answer to a question such as ``conv1.params`` or ``total.macs`` about a network.

    ``accept`` has the keys of an assignment's (``{"rounding": "sig:3"}``), ``options`` are those of :func:`load`.
    Raises :class:`SpecError`: A104, A105, A108, and what is wrong with the network.
    """
    from cnncalc.grading.assignment import one_question
    from cnncalc.grading.classroom import Grader, graded
    from cnncalc.grading.questions import accepting
    from cnncalc.grading.records import Answer, Submission

    if not isinstance(network, Network):
        network = load(network, **options)
    assignment = one_question(network, net, ask, accepting(accept or {}, network.strict))
    id = assignment.questions[0].id
    grader = Grader(assignment)
    return graded(grader, [grader.grade(Submission("", {id: Answer(id, answer)}, "--answer"))])
