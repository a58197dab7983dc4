"""A submission once more, with the student's own earlier answers: what follows from them is right."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from cnncalc.analysis.report import Report
from cnncalc.grading.asks import AXES, SIZES
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
from cnncalc.grading.diagnosis import Marked
from cnncalc.grading.records import DIAGNOSED, WRONG, Number, Question, Value
from cnncalc.grading.subject import Subject
from cnncalc.grading.sums import terms_of
from cnncalc.grading.tables import BOTH_WRONG, SIZE_ASKS, Judged
from cnncalc.shape import Shape

CACHED = 200_000
"""So many judged answers are remembered, at most."""


class Follower:
    """Carries errors forward through one network; equal errors of several students are followed once."""

    def __init__(self, report: Report, subjects: Mapping[str, Subject]) -> None:
        self.subjects = subjects
        """What each question is about, by its id."""
        self.nodes = {id: output_node(about) for id, about in subjects.items()}
        self.flow = Flow(report)
        self._carried: dict[tuple[str, Flowing], Carried | None] = {}
        self._terms: dict[str, dict[str, int]] = {}
        self._more: dict[tuple[int, Flowing], tuple[Marked, Judged]] = {}

    def follow(self, marked: list[Marked]) -> Iterable[Marked]:
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
        found: dict[int, tuple[Number, ...]] = {}
        right: dict[int, Shape] = {}
        strange: set[int] = set()
        for each in marked:
            question, value = each.item.question, each.judged.value
            node = self.nodes[question.id]
            if node is None or value is None or not each.wrong or question.blank is not None:
                continue
            right[node] = self.subjects[question.id].output
            found[node] = with_answer(found.get(node, right[node]), question.ask, value)
            if each.judged.verdict != DIAGNOSED:
                strange.add(node)
        return {
            node: tuple(int(axis) for axis in axes)
            for node, axes in found.items()
            if axes != right[node] and plausible(axes, right[node], node not in strange)
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


def with_answer(shape: tuple[Number, ...], ask: str, value: Value) -> tuple[Number, ...]:
    """A shape with an answer in the place that was asked for; as it is where the answer does not go there."""
    if ask == "output":
        return value if isinstance(value, tuple) and len(value) == len(shape) else shape
    if isinstance(value, tuple):
        return shape
    if ask in ("channels", "features"):
        return (value, *shape[1:])
    if ask not in AXES or len(shape) not in SIZES[ask]:
        return shape
    place = len(shape) + AXES[ask][1]
    return (*shape[:place], value, *shape[place + 1 :])
