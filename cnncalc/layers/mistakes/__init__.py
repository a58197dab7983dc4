"""Known mistakes: what people answer when they are asked for a figure of a layer, and how they came to it.

A :class:`Rule` is a wrong formula in letters with a message and a hint.  It lives beside the kind of layer it belongs
to (``Layer.mistakes``), and makes a :class:`Mistake` of a :class:`Place`: the layer, what flows in and what comes out.
Where the wrong formula gives the right figure the mistake does not show there ("invisible"); whoever asks for the
mistakes of a place gets the two kinds apart.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from fractions import Fraction
from functools import cache
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from cnncalc.layers.mistakes.letters import Formula, Number, Pieces
from cnncalc.shape import Shape, show
from cnncalc.units import decimal, grouped

if TYPE_CHECKING:
    from cnncalc.layers.base import Layer

Value: TypeAlias = int | Fraction | tuple[int | Fraction, ...]
"""A figure, or a shape with channels first; a fraction where somebody did not round."""

SIZE = "size"
"""The ask of a rule about the spatial axes: asked of ``output`` it gives a shape, of ``height`` one size."""
CHANNELS = "channels"
"""The ask of a rule about the channels, likewise."""

AXES = {"length": 0, "height": -2, "width": -1, "depth": -3}
"""Spatial axes by name, as positions in a shape's spatial part."""


class Mistake(NamedTuple):
    """A wrong value for a figure and what leads to it.

    ``formula`` has the numbers filled in and ends in the value; ``message`` goes on after it ("the 96 biases are
    missing"); ``hint`` names the concept and no number; ``credit`` is the share of the points that a teacher gives.
    """

    name: str
    value: Value
    formula: str
    message: str
    hint: str
    credit: float = 0.0

    @property
    def line(self) -> str:
        """``34,848 = 11*11*3*96: the 96 biases are missing``."""
        worked, equals, value = self.formula.rpartition(" = ")
        if not equals or "->" in value or ", " in self.formula:
            return f"{self.formula}: {self.message}"
        return f"{value} = {worked}: {self.message}"


class Place(NamedTuple):
    """Where a question is asked: a layer, the shapes that flow in, and the shape that comes out.

    ``maps`` is what a flatten made the vector from that flows in, ``unpooled`` what that was before the pooling in
    front of it; ``strides`` are those of the other windows of the network.
    """

    layer: Layer
    shapes: tuple[Shape, ...]
    output: Shape
    maps: Shape | None = None
    unpooled: Shape | None = None
    strides: tuple[int, ...] = ()
    value_bytes: int = 4


class Rule(NamedTuple):
    """A wrong formula: ``asks`` are the figures it is given for, ``wrong`` the formula in letters.

    ``message`` may name letters (``the {Cout} biases are missing``).  ``when`` says whether the mistake can be made on
    a layer at all; ``rounding`` is done to the result: floor, ceil, half (up), or none.
    """

    name: str
    asks: tuple[str, ...]
    wrong: Formula
    message: str
    hint: str
    when: Callable[[Pieces], bool] | None = None
    rounding: str = "none"

    def value(self, pieces: Pieces) -> Number | None:
        """The wrong value; None where the mistake cannot be made."""
        if self.when is not None and not self.when(pieces):
            return None
        return rounded(self.wrong.value(pieces), self.rounding)

    def worked(self, pieces: Pieces) -> tuple[Number, str] | None:
        """The wrong value and the worked line that ends in it; None where the mistake cannot be made."""
        if self.when is not None and not self.when(pieces):
            return None
        exact = self.wrong.value(pieces)
        value = rounded(exact, self.rounding)
        text = self.wrong.text(pieces)
        if value != exact:
            return value, f"{text} = {decimal(exact)} -> {written(value)}"
        return value, written(value) if text == str(value) else f"{text} = {written(value)}"

    def said(self, pieces: Pieces) -> str:
        """The message with the letters' values."""
        if "{" not in self.message:
            return self.message
        return self.message.format_map({key: grouped(piece.value) for key, piece in pieces.items()})


Letters: TypeAlias = Callable[[Place, str], Iterable[Pieces]]
"""What letters stand for at a place, for a figure that is asked for: once, or for each spatial axis."""

Chapter: TypeAlias = tuple[Letters, tuple[Rule, ...]]
"""Some rules, and what their letters stand for."""


class Found(NamedTuple):
    """The mistakes of one question: those that show, and the names of those that would give the right value."""

    visible: tuple[Mistake, ...]
    invisible: tuple[str, ...]


def rounded(value: Number, how: str) -> Number:
    """``value`` rounded ``how``: floor, ceil, half, or none."""
    if how == "floor":
        return value.numerator // value.denominator
    if how == "ceil":
        return -(-value.numerator // value.denominator)
    if how == "half":
        return (2 * value.numerator + value.denominator) // (2 * value.denominator)
    return value


def written(value: Value) -> str:
    """``34,944``, ``54.25``, ``96x55x55``."""
    if isinstance(value, tuple):
        return show_exact(value)
    return grouped(value) if isinstance(value, int) else decimal(value)


def show_exact(shape: Sequence[int | Fraction]) -> str:
    """A shape that may hold fractions."""
    return "x".join(str(each) if isinstance(each, int) else decimal(each) for each in shape)


def found(place: Place, ask: str, right: Value, given: Value | None = None) -> Found:
    """All known mistakes for a figure of a layer, in the order of its catalogue; equal ones once.

    ``given`` asks only for those that give this value, which is faster.

    ``ask`` is ``output``, an axis (``height``, ``width``, ``depth``, ``length``), ``channels``, ``params``,
    ``weights``, ``biases``, ``macs``, ``flops`` or ``memory``.
    """
    visible: dict[tuple[str, Value], Mistake] = {}
    invisible: dict[str, None] = {}
    for mistake in every(place, ask, given):
        if mistake.value == right:
            invisible[mistake.name] = None
        elif sensible(mistake.value):
            visible.setdefault((mistake.name, mistake.value), mistake)
    shown = {name for name, _ in visible}
    return Found(tuple(visible.values()), tuple(name for name in invisible if name not in shown))


def sensible(value: Value) -> bool:
    """Whether somebody could give such a figure: a size below 1 or a negative count would be noticed."""
    return min(value) > 0 if isinstance(value, tuple) else value >= 0


def every(place: Place, ask: str, given: Value | None = None) -> Iterator[Mistake]:
    """The mistakes of a place, whether they show or not; with ``given`` those that give this value."""
    for pieces_of, rules in rules_for(type(place.layer), ask):
        pieces = list(pieces_of(place, ask))
        for rule, kind in rules:
            if kind == SIZE:
                yield from _sizes(place, ask, rule, pieces, given)
                continue
            for each in pieces:
                value = rule.value(each)
                if value is None:
                    continue
                whole: Value = value if ask in (kind, CHANNELS) else (value, *place.output[1:])
                if given is None or whole == given:
                    worked = rule.worked(each)
                    assert worked is not None
                    yield Mistake(rule.name, whole, worked[1], rule.said(each), rule.hint)


@cache
def rules_for(kind: type[Layer], ask: str) -> tuple[tuple[Letters, tuple[tuple[Rule, str], ...]], ...]:
    """The rules of a kind of layer that answer a question, each with the way it does."""
    found = []
    for pieces_of, rules in kind.mistakes():
        fitting = tuple((rule, how) for rule in rules if (how := kind_of(rule, ask)) is not None)
        if fitting:
            found.append((pieces_of, fitting))
    return tuple(found)


def kind_of(rule: Rule, ask: str) -> str | None:
    """As what a rule answers a question: about sizes, about channels, about the figure itself; None: not at all."""
    asks = rule.asks
    if SIZE in asks:
        return SIZE if ask == "output" or ask in AXES else None
    if CHANNELS in asks:
        return CHANNELS if ask in ("output", CHANNELS) else None
    return ask if ask in asks else None


def _sizes(
    place: Place, ask: str, rule: Rule, every_axis: list[Pieces], given: Value | None = None
) -> Iterator[Mistake]:
    """A rule about sizes, done to every spatial axis on which the mistake can be made; the others are right."""
    if ask != "output":
        if every_axis and -AXES[ask] <= len(every_axis):
            yield from _size(rule, every_axis[AXES[ask]], given)
        return
    sizes: list[Number] = []
    made: list[Pieces] = []
    for at, pieces in enumerate(every_axis, 1):
        size = rule.value(pieces)
        if size is not None:
            made.append(pieces)
        sizes.append(place.output[at] if size is None else size)
        if isinstance(given, tuple) and given[at : at + 1] != (sizes[-1],):
            return
    value = (place.output[0], *sizes)
    if made and (given is None or value == given):
        lines = dict.fromkeys(worked[1] for worked in map(rule.worked, made) if worked)
        yield Mistake(rule.name, value, ", ".join(lines), rule.said(made[0]), rule.hint)


def _size(rule: Rule, pieces: Pieces, given: Value | None) -> Iterator[Mistake]:
    """A rule about the size of one axis."""
    size = rule.value(pieces)
    if size is not None and (given is None or size == given):
        worked = rule.worked(pieces)
        assert worked is not None
        yield Mistake(rule.name, size, worked[1], rule.said(pieces), rule.hint)


__all__ = [
    "AXES",
    "CHANNELS",
    "SIZE",
    "Chapter",
    "Found",
    "Mistake",
    "Place",
    "Rule",
    "Value",
    "found",
    "show",
    "written",
]
