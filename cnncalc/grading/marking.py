"""Marking a submission: each answer strictly, then with the student's own earlier ones, then all mistakes jointly."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from fractions import Fraction
from typing import NamedTuple

from cnncalc.grading.carrying import Carried, carried, output_node, own_total, plausible
from cnncalc.grading.judging import BOTH_WRONG, SIZE_ASKS, Judged, Table, judge, table_of
from cnncalc.grading.mistakes import terms_of
from cnncalc.grading.records import (
    CARRIED,
    CORRECT,
    DIAGNOSED,
    UNIT_SLIP,
    UNREADABLE,
    WRONG,
    Graded,
    GradedSubmission,
    Number,
    Submission,
    Value,
)
from cnncalc.grading.sheet import Item, Sheet
from cnncalc.grading.subject import Subject, subject
from cnncalc.grading.truth import AXES, SIZES
from cnncalc.layers.mistakes import Mistake
from cnncalc.shape import Shape
from cnncalc.units import grouped

CARRIED_SHARE = Fraction(9, 10)
"""The share of the points for an answer that is right with the student's own earlier ones."""

CACHED = 200_000
"""So many judged answers are remembered, at most."""


class Marked(NamedTuple):
    """An answer between judging and grading."""

    item: Item
    text: str
    judged: Judged
    carried: Carried | None = None

    @property
    def wrong(self) -> bool:
        return self.judged.verdict in (DIAGNOSED, UNIT_SLIP, WRONG)


class Marker:
    """Marks submissions against one sheet; what does not depend on the student is worked out once."""

    def __init__(self, sheet: Sheet) -> None:
        self.sheet = sheet
        self.subjects: dict[str, Subject] = {}
        self.tables: dict[str, Table] = {}
        self.nodes: dict[str, int | None] = {}
        for item in sheet.items:
            about = subject(item.question, sheet.report)
            rank = len(about.rows[-1].receptive_field) if about.rows else 0
            self.subjects[item.question.id] = about
            self.nodes[item.question.id] = output_node(about)
            self.tables[item.question.id] = table_of(item, rank, sheet.report.value_bytes)
        self._judged: dict[tuple[str, str], Judged] = {}
        self._carried: dict[tuple[str, tuple[tuple[int, Shape], ...]], Carried | None] = {}
        self._terms: dict[str, dict[str, int]] = {}

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
        marked = []
        for item in self.sheet.items:
            answer = submission.answers.get(item.question.id)
            text = answer.text if answer else ""
            marked.append(Marked(item, text, self.judge(item, text)))
        if any(each.wrong for each in marked):
            marked = list(self.with_earlier_answers(marked))
        votes = ranking(marked)
        answers = tuple(self.graded(each, votes) for each in marked)
        return GradedSubmission(submission.student, submission.source, answers, submission.problems)

    # -- errors carried forward ---------------------------------------------------------------------------------------

    def with_earlier_answers(self, marked: list[Marked]) -> Iterable[Marked]:
        """The wrong answers once more, with the student's own shapes."""
        given = self.own_shapes(marked)
        own = tuple(sorted(given.items()))
        for each in marked:
            if not each.wrong or each.judged.value is None:
                yield each
                continue
            question = each.item.question
            follows = self.own_sum(each, marked) if question.layer is None else self.follows(question.id, given, own)
            if follows is None:
                yield each
            elif each.judged.value == follows.value:
                yield each._replace(carried=follows)
            else:
                extra = tuple(one for one in follows.mistakes if one.value == each.judged.value)
                known = {one.name for one in each.judged.candidates}
                more = tuple(one for one in extra if one.name not in known)
                judged = each.judged
                if more:
                    judged = judged._replace(verdict=DIAGNOSED, candidates=(*more, *judged.candidates))
                yield each._replace(judged=judged)

    def follows(self, id: str, given: Mapping[int, Shape], own: tuple[tuple[int, Shape], ...]) -> Carried | None:
        key = (id, own)
        if key not in self._carried:
            item = next(each for each in self.sheet.items if each.question.id == id)
            found = carried(item.question, self.subjects[id], given) if given else None
            if len(self._carried) >= CACHED:
                return found
            self._carried[key] = found
        return self._carried[key]

    def own_shapes(self, marked: Iterable[Marked]) -> dict[int, Shape]:
        """The wrong shapes that a student gave, by node: shapes as a whole, or the axes that were asked for."""
        found: dict[int, list[Number]] = {}
        right: dict[int, Shape] = {}
        for each in marked:
            question, value = each.item.question, each.judged.value
            node = self.nodes[question.id]
            if node is None or value is None or not each.wrong or question.blank is not None:
                continue
            shape = self.subjects[question.id].output
            axes = found.setdefault(node, list(shape))
            right[node] = shape
            if question.ask == "output" and isinstance(value, tuple) and len(value) == len(shape):
                axes[:] = value
            elif question.ask in ("channels", "features") and not isinstance(value, tuple):
                axes[0] = value
            elif question.ask in AXES and not isinstance(value, tuple) and len(shape) in SIZES[question.ask]:
                axes[AXES[question.ask][1]] = value
        return {
            node: tuple(int(axis) for axis in axes)
            for node, axes in found.items()
            if tuple(axes) != right[node] and plausible(tuple(axes), right[node])
        }

    def own_sum(self, mark: Marked, marked: Iterable[Marked]) -> Carried | None:
        """The total of a student's own rows."""
        question = mark.item.question
        if question.ask not in ("params", "weights", "biases", "macs", "flops"):
            return None
        right = self._terms.get(question.id)
        if right is None:
            right = self._terms[question.id] = dict(terms_of(question, self.subjects[question.id]))
        terms = {}
        for each in marked:
            other, value = each.item.question, each.judged.value
            if other.ask != question.ask or other.layer is None or not isinstance(value, int):
                continue
            names = [
                name for name in (other.layer, *(row.name for row in self.subjects[other.id].rows)) if name in right
            ]
            if names:
                terms[names[0]] = value
        return own_total(question, terms, right)

    # -- the record ---------------------------------------------------------------------------------------------------

    def graded(self, mark: Marked, votes: Votes) -> Graded:
        """The record of one answer: verdict, points, the mistakes ranked, and the reason in a sentence."""
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
            return f"not answered; the right answer is {self.right(item)}"
        if mistakes:
            return "; ".join(filter(None, (diagnosis(mark, mistakes, votes), note if note != BOTH_WRONG else "")))
        return "; ".join(filter(None, (f"not {self.right(item)}, and no known mistake gives it", note)))


def in_bytes(value: Value | None, value_bytes: int) -> str:
    """``60,950,432 bytes (15,237,608 values, 61.0 MB, 58.1 MiB)``."""
    assert isinstance(value, int)
    figures = [f"{grouped(value // value_bytes)} values"]
    if value >= 10**6:
        figures += [f"{value / 10**6:.1f} MB", f"{value / 2**20:.1f} MiB"]
    elif value >= 10**3:
        figures += [f"{value / 10**3:.1f} kB", f"{value / 2**10:.1f} KiB"]
    return f"{grouped(value)} bytes ({', '.join(figures)})"


def diagnosis(mark: Marked, mistakes: tuple[Mistake, ...], votes: Votes) -> str:
    """The mistakes in words: the one that is likelier than the others, else either ... or ...; of sizes, where half of
    the numbers near the right one follow from some mistake, nothing is stated from a single answer."""
    first = mistakes[0]
    if mark.judged.note == BOTH_WRONG:
        right = mark.item.truth.value or mark.item.truth.exact
        sizes = [each for each in mistakes if has_channels(each, right)]
        channels = [each for each in mistakes if each not in sizes]
        return f"perhaps {sizes[0].line}; and {channels[0].line}"
    likely = [each for each in mistakes if votes.weight(each.name) == votes.weight(first.name)]
    lines = list(dict.fromkeys(each.line for each in likely))
    if len(lines) > 1:
        return f"either {'; or '.join(lines[:3])}"
    uncertain = mark.item.question.ask in SIZE_ASKS and votes.count(first.name) < 2 and first.name not in CERTAIN
    return f"perhaps {first.line}" if uncertain else first.line


def has_channels(mistake: Mistake, right: Value | None) -> bool:
    """Whether a wrong shape has the right channels."""
    return isinstance(mistake.value, tuple) and isinstance(right, tuple) and mistake.value[0] == right[0]


CERTAIN = (
    "axes-in-other-order", "height-and-width-swapped", "channels-missing", "flattened-shape", "one-axis-only",
    "tiling-ignored", "not-rounded", "channels-kept", "channels-multiplied", "channels-added",
)  # fmt: skip
"""Mistakes with shapes that a single answer shows beyond doubt."""


class Votes:
    """How many answers of a submission each mistake explains, and how many it would have changed and did not."""

    def __init__(self, explains: Counter[str], against: Counter[str]) -> None:
        self.explains = explains
        self.against = against

    def count(self, name: str) -> int:
        return self.explains[name]

    def weight(self, name: str) -> tuple[int, int]:
        """The more answers it explains, and the fewer speak against it, the likelier a mistake is."""
        return self.explains[name], -self.against[name]

    def ranked(self, candidates: Iterable[Mistake]) -> tuple[Mistake, ...]:
        """The likeliest first; among equals in the order of the catalogue."""
        return tuple(sorted(candidates, key=lambda each: tuple(-part for part in self.weight(each.name))))


def ranking(marked: Iterable[Marked]) -> Votes:
    """What the answers of a submission say about each mistake, all of them together."""
    explains: Counter[str] = Counter()
    against: Counter[str] = Counter()
    answered = [each for each in marked if each.judged.verdict != UNREADABLE and each.text.strip()]
    for each in answered:
        if each.carried is None:
            explains.update({one.name for one in each.judged.candidates})
    for each in answered:
        if each.judged.value is None:
            continue
        made = {one.name for one in each.judged.candidates}
        shown = {one.name for one in each.item.mistakes}
        against.update(name for name in explains if name in shown and name not in made)
    return Votes(explains, against)


def unmarked(sheet: Sheet, reason: str) -> tuple[Graded, ...]:
    """The answers of a submission that could not be read: none is lost."""
    return tuple(
        Graded(
            item.question, "", "", UNREADABLE, item.truth.shown, item.truth.formula, Fraction(0), item.question.points,
            (), reason,
        )
        for item in sheet.items
    )  # fmt: skip
