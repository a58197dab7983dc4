"""Mistakes with pooling, which learns nothing and keeps the channels."""

from __future__ import annotations

from collections.abc import Iterable

from cnncalc.layers.mistakes import SIZE, Chapter, Place, Rule
from cnncalc.layers.mistakes.counts import MEMORY_RULES, NOTHING_RULES, counted, piece
from cnncalc.layers.mistakes.letters import Letter, Piece, Pieces
from cnncalc.layers.mistakes.sizes import (
    OTHER_STRIDES,
    POOL_CHANNEL_RULES,
    WINDOW_RULES,
    channels,
    windows,
)
from cnncalc.layers.windowed import Windowed

K, CHANNELS, W = Letter("F*F"), Letter("C"), Letter("W")


def window(place: Place, ask: str) -> Iterable[Pieces]:
    """The size of the window and the channels."""
    layer = place.layer
    assert isinstance(layer, Windowed)
    kernel = tuple(each.kernel for each in layer.windows(place.shapes[0]))
    yield {"F*F": piece(kernel), "C": piece(place.output[:1])}


def extents(place: Place, ask: str) -> Iterable[Pieces]:
    """The size along each axis."""
    for extent in place.shapes[0][1:]:
        yield {"W": Piece(str(extent), extent)}


_NOTHING = "Which numbers does training change in a pooling?"

RULES = (
    Rule("kernel-counted", ("params",), K, "a maximum or a mean has no weights", _NOTHING),
    Rule("kernel-per-channel", ("params",), K * CHANNELS, "a window per channel: but a pooling has no weights",
         _NOTHING),
    Rule("kernel-per-channel-and-bias", ("params",), K * CHANNELS + CHANNELS,
         "a window and a bias per channel: but a pooling learns nothing", _NOTHING),
    Rule("counted-as-convolution", ("params",), K * CHANNELS * CHANNELS + CHANNELS,
         "the parameters of a convolution: but a pooling learns nothing", _NOTHING),
    Rule("comparisons-counted", ("macs",), K * CHANNELS, "a pooling multiplies nothing",
         "Does a pooling multiply by weights?"),
)  # fmt: skip

CHAPTERS: tuple[Chapter, ...] = (
    (windows, WINDOW_RULES),
    (channels, POOL_CHANNEL_RULES),
    *OTHER_STRIDES,
    (window, RULES),
    (counted, (*MEMORY_RULES, *NOTHING_RULES)),
)

GLOBAL_RULES = (Rule("size-unchanged", (SIZE,), W, "the size of the input", "One value is left of every channel."),)

GLOBAL = ((extents, GLOBAL_RULES), (channels, POOL_CHANNEL_RULES[1:]), (counted, (*MEMORY_RULES, *NOTHING_RULES)))
