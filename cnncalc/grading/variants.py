"""A student's own numbers: drawn from the ranges of an assignment, so that the mistakes show and can be told apart.

The draw hangs on the assignment's id and the student's alone, through SHA-512, so that it is the same on every machine
and with every Python.  A draw is taken where every chosen mistake changes an answer, and no two of them change all
answers alike; one size answer cannot tell its mistakes apart, so this is judged over all questions together.  After
:data:`TRIES` draws the best one is taken.
"""

from __future__ import annotations

import hashlib
import json
import unicodedata
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from cnncalc.errors import SpecError
from cnncalc.grading.assignment import report_of
from cnncalc.grading.mistakes import mistakes
from cnncalc.grading.records import Assignment, Number, Value

TRIES = 40
"""So many draws are looked at for a student."""

COMMON = (
    "rounded-up", "plus-one-forgotten", "padding-forgotten", "padding-once", "stride-forgotten", "kernel-forgotten",
    "kernel-and-stride-swapped", "same-padding-assumed", "size-unchanged", "channels-kept", "no-bias", "one-bias",
    "input-channels-forgotten", "input-channels-and-biases-forgotten", "input-channels-forgotten-one-bias",
    "bias-per-input-channel", "bias-per-input", "channels-forgotten", "row-missing",
)  # fmt: skip
"""The mistakes that variants are chosen for where the assignment names none."""


class Variant(NamedTuple):
    """One student's values of the network's parameters, and what they cannot show.

    ``hidden`` are chosen mistakes that change no answer, ``alike`` groups of them that change all answers alike; both
    are empty in a good draw.  ``tries`` says how many draws were looked at; 0: the assignment has no variants.
    """

    values: Mapping[str, Number]
    tries: int = 0
    hidden: tuple[str, ...] = ()
    alike: tuple[tuple[str, ...], ...] = ()

    @property
    def faults(self) -> int:
        """How many chosen mistakes cannot be recognised."""
        return len(self.hidden) + sum(len(group) - 1 for group in self.alike)


class Shown(NamedTuple):
    """What mistakes do to the answers of a draw: by name, the value for every question, None where it is right."""

    wrong: Mapping[str, tuple[Value | None, ...]]
    makeable: frozenset[str]


class Variants:
    """The variants of an assignment; draws that several students share are looked at once."""

    def __init__(self, assignment: Assignment) -> None:
        self.assignment = assignment
        self.seen: dict[tuple[Number, ...], Shown | SpecError] = {}
        self.own: Shown | None = None

    def of(self, student: str) -> Variant:
        """The variant of a student.

        Raises :class:`SpecError` where the network cannot be built with any of the values drawn.
        """
        if not self.assignment.choices:
            return Variant({})
        if self.own is None:
            self.own = shown(self.assignment, {})
        makeable = set(self.own.makeable)
        best: Variant | None = None
        failed: SpecError | None = None
        for number, values in enumerate(draws(self.assignment, student), 1):
            found = self.look(values)
            if isinstance(found, SpecError):
                failed = found
                continue
            makeable |= found.makeable
            variant = judged(values, number, found, makeable)
            if best is None or variant.faults < best.faults:
                best = variant
            if not best.faults:
                break
        if best is None:
            assert failed is not None
            raise failed
        return best if not best.faults else best._replace(tries=TRIES)

    def look(self, values: Mapping[str, Number]) -> Shown | SpecError:
        """What shows in a draw, or why the network cannot be built with it."""
        key = tuple(values.values())
        if key not in self.seen:
            try:
                self.seen[key] = shown(self.assignment, values)
            except SpecError as error:
                self.seen[key] = error
        return self.seen[key]

    def values(self, assignment: Assignment, student: str) -> Mapping[str, Number]:
        """A student's own values of the network's parameters."""
        return self.of(student).values


def draws(assignment: Assignment, student: str) -> Iterator[dict[str, Number]]:
    """The values to try for a student, in their order."""
    name = " ".join(unicodedata.normalize("NFC", student).split()).casefold()
    for number in range(TRIES):
        text = json.dumps([assignment.id, name, number])
        rest = int.from_bytes(hashlib.sha512(text.encode("ascii")).digest(), "big")
        values: dict[str, Number] = {}
        for key in sorted(assignment.choices):
            rest, index = divmod(rest, len(assignment.choices[key]))
            values[key] = assignment.choices[key][index]
        yield values


def shown(assignment: Assignment, values: Mapping[str, Number]) -> Shown:
    """What the chosen mistakes do to the answers, with these values of the parameters."""
    report = report_of(assignment, values)
    chosen = frozenset(assignment.chosen or COMMON)
    wrong: dict[str, list[Value | None]] = {}
    makeable: set[str] = set()
    count = len(assignment.questions)
    for number, question in enumerate(assignment.questions):
        found = mistakes(question, report)
        makeable.update(name for name in found.invisible if name in chosen)
        for each in found.visible:
            if each.name in chosen:
                makeable.add(each.name)
                answers = wrong.setdefault(each.name, [None] * count)
                if answers[number] is None:
                    answers[number] = each.value
    return Shown({name: tuple(answers) for name, answers in wrong.items()}, frozenset(makeable))


def judged(values: Mapping[str, Number], number: int, found: Shown, makeable: set[str]) -> Variant:
    """A draw with the mistakes that it hides, of those that can be made with this network."""
    groups: dict[tuple[Value | None, ...], list[str]] = {}
    for name, answers in found.wrong.items():
        groups.setdefault(answers, []).append(name)
    alike = tuple(tuple(sorted(group)) for group in groups.values() if len(group) > 1)
    hidden = tuple(sorted(name for name in makeable if name not in found.wrong))
    return Variant(dict(values), number, hidden, alike)
