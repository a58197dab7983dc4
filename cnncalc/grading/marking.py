"""Marking a submission: each answer strictly, then with the student's own earlier ones, then all mistakes jointly."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from fractions import Fraction

from cnncalc.grading.carrying import (
    Carried,
    Flow,
    Flowing,
    alike,
    carried,
    flows_in,
    on_top,
    output_node,
    own_total,
    plausible,
)
from cnncalc.grading.diagnosis import WRONG_VERDICTS, Marked, Votes, diagnosis, ranking
from cnncalc.grading.judging import judge
from cnncalc.grading.records import (
    CARRIED,
    CORRECT,
    DIAGNOSED,
    UNREADABLE,
    WRONG,
    Graded,
    GradedSubmission,
    Number,
    Question,
    Submission,
    Value,
    handed_in,
)
from cnncalc.grading.sheet import Item, Sheet
from cnncalc.grading.subject import Subject, subject
from cnncalc.grading.sums import terms_of
from cnncalc.grading.tables import BOTH_WRONG, SIZE_ASKS, Judged, Table, table_of
from cnncalc.grading.truth import AXES, SIZES, with_setting
from cnncalc.layers.mistakes import Mistake
from cnncalc.shape import Shape, show
from cnncalc.units import grouped

CARRIED_SHARE = Fraction(9, 10)
"""The share of the points for an answer that is right with the student's own earlier ones."""

CACHED = 200_000
"""So many judged answers are remembered, at most."""


class Marker:
    """Marks submissions against one sheet; what does not depend on the student is worked out once."""

    def __init__(self, sheet: Sheet) -> None:
        self.sheet = sheet
        self.subjects: dict[str, Subject] = {}
        self.tables: dict[str, Table] = {}
        self.most = sheet.assignment.points
        self.nodes: dict[str, int | None] = {}
        for item in sheet.items:
            about = subject(item.question, sheet.report)
            rank = len(about.rows[-1].receptive_field) if about.rows else 0
            self.subjects[item.question.id] = about
            self.nodes[item.question.id] = output_node(about)
            self.tables[item.question.id] = table_of(item, rank, sheet.report.value_bytes)
        self._judged: dict[tuple[str, str], Judged] = {}
        self.flow = Flow(sheet.report)
        self._carried: dict[tuple[str, Flowing], Carried | None] = {}
        self._terms: dict[str, dict[str, int]] = {}
        self._graded: dict[tuple[object, ...], tuple[Marked, Graded]] = {}
        self._more: dict[tuple[int, Flowing], tuple[Marked, Judged]] = {}

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
            marked = list(self.with_earlier_answers(marked))
        votes = ranking(marked)
        answers = tuple([self.graded(each, votes) for each in marked])
        return handed_in(submission.student, submission.source, self.most, answers, submission.problems)

    # -- errors carried forward ---------------------------------------------------------------------------------------

    def with_earlier_answers(self, marked: list[Marked]) -> Iterable[Marked]:
        """The wrong answers once more, with the student's own shapes; sums last, with the student's own rows."""
        changed = self.flow.changed(self.own_shapes(marked))
        open_still = [each.wrong and each.judged.value is not None for each in marked]
        again = [
            self.again(each, self.follows(each.item.question, changed), changed) if wrong else each
            for each, wrong in zip(marked, open_still, strict=True)
        ]
        for each, wrong in zip(again, open_still, strict=True):
            total = wrong and each.item.question.layer is None
            yield self.again(each, self.own_sum(each, again), changed) if total else each

    def again(self, mark: Marked, follows: Carried | None, changed: Mapping[int, Shape]) -> Marked:
        """A wrong answer once more, with what follows from the student's earlier ones."""
        if follows is None:
            return mark
        if mark.judged.value == follows.value:
            return mark._replace(carried=follows)
        return self.with_more_mistakes(mark, follows, changed)

    def follows(self, question: Question, changed: Mapping[int, Shape]) -> Carried | None:
        """What follows for a question about a layer from the shapes that have changed."""
        if question.layer is None or not changed:
            return None
        about = self.subjects[question.id]
        flowing = flows_in(question, about, changed)
        if not flowing:
            return None
        key = question.id, flowing
        if key not in self._carried:
            if len(self._carried) >= CACHED:
                self._carried.clear()
            self._carried[key] = carried(question, about, self.flow, changed)
        return self._carried[key]

    def with_more_mistakes(self, mark: Marked, follows: Carried, changed: Mapping[int, Shape]) -> Marked:
        """The answer with the mistakes that give it on the student's own shapes; a count that a mistake explains
        already is left alone, since that is no chance."""
        judged, question = mark.judged, mark.item.question
        settled = judged.verdict != WRONG and question.ask not in SIZE_ASKS
        if judged.value is None or question.layer is None or settled:
            return mark
        about = self.subjects[question.id]
        key = id(judged), flows_in(question, about, changed)
        if key not in self._more:
            if len(self._more) >= CACHED:
                self._more.clear()
            known = {each.name for each in judged.candidates}
            made = on_top(question, about, self.flow, changed, follows.value, judged.value)
            more = tuple(each for each in made if each.name not in known)
            found = judged
            if more:
                before = () if BOTH_WRONG in judged.note else judged.candidates  # those explain half of it each
                found = judged._replace(verdict=DIAGNOSED, candidates=(*before, *more), note="")
            self._more[key] = mark._replace(judged=found), judged  # both are kept: their ids are keys
        return mark._replace(judged=self._more[key][0].judged)

    def own_shapes(self, marked: Iterable[Marked]) -> dict[int, Shape]:
        """The wrong shapes that a student gave, by node: shapes as a whole, or the axes that were asked for."""
        found: dict[int, list[Number]] = {}
        right: dict[int, Shape] = {}
        strange: set[int] = set()
        for each in marked:
            question, value = each.item.question, each.judged.value
            node = self.nodes[question.id]
            if node is None or value is None or not each.wrong or question.blank is not None:
                continue
            shape = self.subjects[question.id].output
            axes = found.setdefault(node, list(shape))
            right[node] = shape
            if each.judged.verdict != DIAGNOSED:
                strange.add(node)
            if question.ask == "output" and isinstance(value, tuple) and len(value) == len(shape):
                axes[:] = value
            elif question.ask in ("channels", "features") and not isinstance(value, tuple):
                axes[0] = value
            elif question.ask in AXES and not isinstance(value, tuple) and len(shape) in SIZES[question.ask]:
                axes[AXES[question.ask][1]] = value
        return {
            node: tuple(int(axis) for axis in axes)
            for node, axes in found.items()
            if tuple(axes) != right[node] and plausible(tuple(axes), right[node], node not in strange)
        }

    def own_sum(self, mark: Marked, marked: Iterable[Marked]) -> Carried | None:
        """The total of a student's own rows."""
        question = mark.item.question
        if question.ask not in ("params", "weights", "biases", "macs", "flops"):
            return None
        right = self._terms.get(question.id)
        if right is None:
            right = self._terms[question.id] = dict(terms_of(question, self.subjects[question.id]))
        terms: dict[str, int] = {}
        for each in marked:
            other, value = each.item.question, each.judged.value
            if other.ask != question.ask or other.layer is None or not isinstance(value, int):
                continue
            names = [
                each for each in (other.layer, *(row.name for row in self.subjects[other.id].rows)) if each in right
            ]
            expected = sum(right[each] for each in names)
            if each.judged.verdict == WRONG and each.carried is None and not alike(value, expected):
                return None  # a sum of rows that were made up is no work
            if value != expected:  # the first of a line's rows stands for all of them
                terms |= dict.fromkeys(names, 0) | {names[0] if names else other.layer: value}
        return own_total(question, terms, right)

    # -- the record ---------------------------------------------------------------------------------------------------

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
        item, judged = mark.item, mark.judged
        verdict = CARRIED if mark.carried is not None else judged.verdict
        mistakes = votes.ranked(judged.candidates)
        question = item.question
        points = question.points * self.share(verdict, mistakes)
        reason = self.reason(mark, verdict, mistakes, votes)
        hint = mistakes[0].hint if mistakes else ""
        return Graded(
            question, mark.text, judged.read_as, verdict, self.right(item), item.truth.formula, points, question.points,
            mistakes, reason, hint,
        )  # fmt: skip

    def share(self, verdict: str, mistakes: tuple[Mistake, ...]) -> Fraction:
        """The share of the points that an answer earns."""
        credit = self.sheet.assignment.credit
        if verdict == CORRECT:
            return Fraction(1)
        if verdict == CARRIED:
            return credit.get(CARRIED, CARRIED_SHARE)
        named = [credit[each.name] for each in mistakes[:1] if each.name in credit]
        return named[0] if named else credit.get(verdict, Fraction(0))

    def right(self, item: Item) -> str:
        """The right answer as it is shown."""
        if item.truth.kind == "bytes" and item.question.accept.units != "values":
            return in_bytes(item.truth.value, self.sheet.report.value_bytes)
        return item.truth.shown

    def outcome(self, mark: Marked) -> str:
        """What would come out with the value that was given for a blank hyperparameter."""
        question, value = mark.item.question, mark.judged.value
        about = self.subjects[question.id]
        row = next((row for row in about.rows if hasattr(row.node.layer, question.blank or "")), None)
        if row is None or question.blank is None or not isinstance(value, int):
            return ""
        other = with_setting(row, question.blank, value)
        if other is None:
            return f"{question.blank} {value} does not go with what flows in"
        return f"{question.blank} {value} gives {show(other.output(*row.input_shapes))}, not {show(row.output)}"

    def reason(self, mark: Marked, verdict: str, mistakes: tuple[Mistake, ...], votes: Votes) -> str:
        """Why an answer has its verdict, for ``--feedback full``."""
        judged, item = mark.judged, mark.item
        note = judged.note
        if verdict == CORRECT:
            return f"right, {note}" if note else "right"
        if verdict == CARRIED:
            assert mark.carried is not None
            worked = f": {mark.carried.formula}" if mark.carried.formula else ""
            return f"right for your own {mark.carried.flowing}{worked}"
        if verdict == UNREADABLE:
            return note or "not read"
        if not mark.text.strip() or note == "not answered":
            return "not answered"
        if item.question.blank is not None:
            note = "; ".join(filter(None, (note, self.outcome(mark))))
        if mistakes:
            return "; ".join(filter(None, (diagnosis(mark, mistakes, votes), note.replace(BOTH_WRONG, "").strip("; "))))
        right = f"not {self.right(item)}" if item.truth.value is not None else item.truth.shown
        return "; ".join(filter(None, (f"{right}, and no known mistake gives it", note)))


def in_bytes(value: Value | None, value_bytes: int) -> str:
    """``60,950,432 bytes (15,237,608 values, 61.0 MB, 58.1 MiB)``."""
    assert isinstance(value, int)
    figures = [f"{grouped(value // value_bytes)} values"]
    if value >= 10**6:
        figures += [f"{value / 10**6:.1f} MB", f"{value / 2**20:.1f} MiB"]
    elif value >= 10**3:
        figures += [f"{value / 10**3:.1f} kB", f"{value / 2**10:.1f} KiB"]
    return f"{grouped(value)} bytes ({', '.join(figures)})"


def unmarked(sheet: Sheet, reason: str) -> tuple[Graded, ...]:
    """The answers of a submission that could not be read: none is lost."""
    return tuple(
        Graded(
            item.question, "", "", UNREADABLE, item.truth.shown, item.truth.formula, Fraction(0), item.question.points,
            (), reason,
        )
        for item in sheet.items
    )  # fmt: skip
