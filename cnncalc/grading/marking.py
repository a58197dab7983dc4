"""Marking a submission: each answer strictly, then with the student's own earlier ones, then all mistakes jointly."""

from __future__ import annotations

from fractions import Fraction

from cnncalc.grading.diagnosis import WRONG_VERDICTS, Marked, Votes, ranking
from cnncalc.grading.following import CACHED, Follower
from cnncalc.grading.judging import judge
from cnncalc.grading.reasons import reason, right_answer
from cnncalc.grading.records import CARRIED, CORRECT, UNREADABLE, Graded, GradedSubmission, Submission, handed_in
from cnncalc.grading.sheet import Item, Sheet
from cnncalc.grading.subject import Subject, subject
from cnncalc.grading.tables import NOT_ANSWERED, Judged, Table, table_of
from cnncalc.layers.mistakes import Mistake

CARRIED_SHARE = Fraction(9, 10)
"""The share of the points for an answer that is right with the student's own earlier ones."""


class Marker:
    """Marks submissions against one sheet; what does not depend on the student is worked out once."""

    def __init__(self, sheet: Sheet) -> None:
        self.sheet = sheet
        self.subjects: dict[str, Subject] = {}
        self.tables: dict[str, Table] = {}
        self.most = sheet.assignment.points
        for item in sheet.items:
            about = subject(item.question, sheet.report)
            rank = len(about.rows[-1].receptive_field) if about.rows else 0
            self.subjects[item.question.id] = about
            self.tables[item.question.id] = table_of(item, rank, sheet.report.value_bytes)
        self.follower = Follower(sheet.report, self.subjects)
        self._judged: dict[tuple[str, str], Judged] = {}
        self._graded: dict[tuple[object, ...], tuple[Marked, Graded]] = {}

    def judge(self, item: Item, text: str) -> Judged:
        """An answer by itself; equal answers are judged once."""
        key = (item.question.id, text)
        found = self._judged.get(key)
        if found is None:
            found = judge(self.tables[item.question.id], text)
            if len(self._judged) < CACHED:
                self._judged[key] = found
        return found

    def mark(self, submission: Submission) -> GradedSubmission:
        """The graded submission, its answers in the order of the questions."""
        marked: list[Marked] = []
        wrong = False
        for item in self.sheet.items:
            answer = submission.answers.get(item.question.id)
            text = answer.text if answer else ""
            judged = self.judge(item, text)
            wrong = wrong or judged.verdict in WRONG_VERDICTS
            marked.append(Marked(item, text, judged))
        if wrong:
            marked = list(self.follower.follow(marked))
        votes = ranking(marked)
        answers = tuple([self.graded(each, votes) for each in marked])
        return handed_in(submission.student, submission.source, self.most, answers, submission.problems)

    def graded(self, mark: Marked, votes: Votes) -> Graded:
        """The record of one answer: verdict, points, the mistakes ranked, and the reason in a sentence.

        Equal answers with equal evidence have one record.
        """
        candidates = mark.judged.candidates
        evidence = tuple([votes.weight(each.name) for each in candidates]) if candidates else ()
        key = id(mark.judged), id(mark.carried), evidence
        known = self._graded.get(key)
        if known is None:
            if len(self._graded) >= CACHED:
                self._graded.clear()
            known = self._graded[key] = mark, self.record(mark, votes)  # the mark is kept: its parts are in the key
        return known[1]

    def record(self, mark: Marked, votes: Votes) -> Graded:
        item, question = mark.item, mark.item.question
        mistakes = votes.ranked(mark.judged.candidates)
        points = question.points * self.share(mark, mistakes, votes)
        right = right_answer(item, self.sheet.report.value_bytes)
        why = reason(mark, mistakes, votes, self.subjects[question.id], right)
        hint = mistakes[0].hint if mistakes else ""
        return Graded(
            question, mark.text, mark.judged.read_as, mark.verdict, right, item.truth.formula, points, question.points,
            mistakes, why, hint,
        )  # fmt: skip

    def share(self, mark: Marked, mistakes: tuple[Mistake, ...], votes: Votes) -> Fraction:
        """The share of the points that an answer earns: of equally likely mistakes the best counts; what is not
        answered earns nothing."""
        credit = self.sheet.assignment.credit
        if mark.verdict == CORRECT:
            return Fraction(1)
        if mark.verdict == CARRIED:
            return credit.get(CARRIED, CARRIED_SHARE)
        if mark.judged.note == NOT_ANSWERED:
            return Fraction(0)
        shares = [credit[each.name] for each in votes.likeliest(mistakes) if each.name in credit]
        return max(shares) if shares else credit.get(mark.verdict, Fraction(0))


def unmarked(sheet: Sheet, why: str) -> tuple[Graded, ...]:
    """The answers of a submission that could not be read: none is lost."""
    return tuple(
        Graded(
            item.question, "", "", UNREADABLE, item.truth.shown, item.truth.formula, Fraction(0), item.question.points,
            (), why,
        )
        for item in sheet.items
    )  # fmt: skip
