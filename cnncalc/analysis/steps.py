"""The pieces of an explanation: steps, sections, and small words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple, TypeVar

from cnncalc.shape import axis_names
from cnncalc.units import grouped

WORDS, SYMBOLS, NUMBERS, RESULT, NOTE = "words", "symbols", "numbers", "result", "note"
"""What a step is: a sentence, a formula in letters, the same with numbers, what comes out, or something to mind."""

T = TypeVar("T")


class Step(NamedTuple):
    """One step of a derivation; ``label`` says what it is about (``H, W``, ``weight``, ``stride S``)."""

    text: str
    kind: str = WORDS
    label: str = ""


class Section(NamedTuple):
    """The derivation of one figure; ``figures`` are the same as data."""

    name: str
    title: str
    steps: tuple[Step, ...]
    figures: Mapping[str, Any]


def alike(values: Sequence[T]) -> Iterator[tuple[str, T]]:
    """The values of the spatial axes, equal ones together: ``("H, W", value)``."""
    names = axis_names(len(values))
    for value in dict.fromkeys(values):
        yield ", ".join(name for name, each in zip(names, values, strict=True) if each == value), value


def plural(count: int, noun: str) -> str:
    """``1 filter``, ``1,024 filters``."""
    return f"{grouped(count)} {noun}{'' if count == 1 else 's'}"
