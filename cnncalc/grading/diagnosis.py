"""Which mistake it was: all answers of a submission together say more than each by itself."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from cnncalc.grading.carrying import Carried
from cnncalc.grading.records import CARRIED, DIAGNOSED, UNIT_SLIP, WRONG, Question, Value
from cnncalc.grading.sheet import Item
from cnncalc.grading.tables import BOTH_WRONG, SIZE_ASKS, Judged
from cnncalc.layers.mistakes import Mistake

WRONG_VERDICTS = frozenset((DIAGNOSED, UNIT_SLIP, WRONG))


class Marked(NamedTuple):
    """An answer between judging and grading."""

    item: Item
    text: str
    judged: Judged
    carried: Carried | None = None

    @property
    def verdict(self) -> str:
        """The verdict, with the student's own earlier answers."""
        return self.judged.verdict if self.carried is None else CARRIED

    @property
    def wrong(self) -> bool:
        """Whether it is wrong by itself."""
        return self.judged.verdict in WRONG_VERDICTS


def diagnosis(mark: Marked, mistakes: tuple[Mistake, ...], votes: Votes) -> str:
    """The mistakes in words: the one that is likelier than the others, else either ... or ...; of sizes, where many of
    the numbers near the right one follow from some mistake, nothing is stated from a single answer."""
    first = mistakes[0]
    if BOTH_WRONG in mark.judged.note:
        right = mark.item.truth.value or mark.item.truth.exact
        sizes = [each for each in mistakes if has_channels(each, right)]
        channels = [each for each in mistakes if each not in sizes]
        return f"perhaps {sizes[0].line}; and {channels[0].line}"
    likely = [each for each in mistakes if votes.weight(each.name) == votes.weight(first.name)]
    if any(each.name == "row-missing" for each in likely):  # one of two rows is the sum without the other
        likely = [each for each in likely if each.name != "sum-repeats-row"]
    lines = list(dict.fromkeys(each.line for each in likely))
    if len(lines) > 1:
        return f"either {'; or '.join(lines[:3])}"
    uncertain = votes.count(first.name) < 2 and supposed(mark.item.question, first)
    return f"perhaps {first.line}" if uncertain else first.line


def supposed(question: Question, mistake: Mistake) -> bool:
    """Whether a single answer is no proof of a mistake."""
    return question.ask in SIZE_ASKS and mistake.name not in CERTAIN


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

    def __init__(self, explains: Mapping[str, int], against: Mapping[str, int]) -> None:
        self.explains = explains
        self.against = against

    def count(self, name: str) -> int:
        return self.explains.get(name, 0)

    def weight(self, name: str) -> tuple[int, int]:
        """The more answers it explains, and the fewer speak against it, the likelier a mistake is."""
        return self.explains.get(name, 0), -self.against.get(name, 0)

    def ranked(self, candidates: Iterable[Mistake]) -> tuple[Mistake, ...]:
        """The likeliest first; among equals in the order of the catalogue."""
        return tuple(sorted(candidates, key=lambda each: self.weight(each.name), reverse=True))

    def likeliest(self, ranked: tuple[Mistake, ...]) -> tuple[Mistake, ...]:
        """Those that nothing tells from the first."""
        return tuple(each for each in ranked if self.weight(each.name) == self.weight(ranked[0].name))


def ranking(marked: Iterable[Marked]) -> Votes:
    """What the answers of a submission say about each mistake, all of them together."""
    explains: dict[str, int] = {}
    suspects: list[Marked] = []
    answered: list[Marked] = []
    for each in marked:
        if each.judged.value is not None:
            answered.append(each)
        if each.judged.candidates:
            suspects.append(each)
            if each.carried is None:
                for name in {one.name for one in each.judged.candidates}:
                    explains[name] = explains.get(name, 0) + 1
    against: dict[str, int] = {}
    if any(len(each.judged.candidates) > 1 for each in suspects):
        for each in answered:
            made = {one.name for one in each.judged.candidates}
            for name in each.item.names:
                if name in explains and name not in made:
                    against[name] = against.get(name, 0) + 1
    return Votes(explains, against)
