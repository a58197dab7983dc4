"""Mistakes with layers that only rearrange maps: padding, enlarging, joining several inputs."""

from __future__ import annotations

from collections.abc import Iterable

from cnncalc.layers.mistakes import CHANNELS, SIZE, Place, Rule
from cnncalc.layers.mistakes.counts import MEMORY_RULES, NOTHING_RULES, counted, piece
from cnncalc.layers.mistakes.letters import PRODUCT, SUM, Letter, Piece, Pieces

W, P, CIN, BOTH = Letter("W"), Letter("P"), Letter("Cin"), Letter("2*P")
FIRST, LAST, SUMMED = Letter("C1"), Letter("Cn"), Letter("C1 + ... + Cn")


def padding(place: Place, ask: str) -> Iterable[Pieces]:
    """The letters of a padding along each axis."""
    seen = place.shapes[0][0]
    sides = place.layer.sides(place.shapes[0])  # type: ignore[attr-defined]
    for extent, (before, after) in zip(place.shapes[0][1:], sides, strict=True):
        both = (
            Piece(f"2*{before}", 2 * before, PRODUCT)
            if before == after
            else Piece(f"{before} + {after}", before + after, SUM)
        )
        yield {
            "W": Piece(str(extent), extent),
            "P": Piece(str(max(before, after)), max(before, after)),
            "2*P": both,
            "Cin": Piece(str(seen), seen),
        }


def padded_channels(place: Place, ask: str) -> Iterable[Pieces]:
    """The same, once: for what is done to the channels."""
    yield from list(padding(place, ask))[:1]


def extents(place: Place, ask: str) -> Iterable[Pieces]:
    """The size along each axis before and behind the layer."""
    for extent, out in zip(place.shapes[0][1:], place.output[1:], strict=True):
        yield {"W": Piece(str(extent), extent), "W'": Piece(str(out), out)}


def joined(place: Place, ask: str) -> Iterable[Pieces]:
    """The channels of what is joined."""
    first, *rest = (shape[0] for shape in place.shapes)
    if rest:
        parts = (first, *rest)
        yield {
            "C1": piece((first,)),
            "Cn": piece((rest[-1],)),
            "C1 + ... + Cn": Piece(" + ".join(map(str, parts)), sum(parts), SUM),
        }


_PAD = "Padding is put around the maps: the channels stay."

_BEHIND = "The channels stand one behind the other."

PAD_RULES = (
    Rule("padding-once", (SIZE,), W + P, "padded on one side only", "Padding is put on both sides of an axis."),
    Rule("padding-forgotten", (SIZE,), W, "the size of the input", "Padding makes the maps larger."),
)  # fmt: skip
PAD_CHANNEL_RULES = (
    Rule("channels-padded", (CHANNELS,), CIN + P, "the channels are padded too", _PAD),
    Rule("channels-padded-twice", (CHANNELS,), CIN + BOTH, "the channels are padded too, on both sides", _PAD),
)  # fmt: skip
RESIZE_RULES = (
    Rule("size-unchanged", (SIZE,), W, "the size of the input", "What does this layer do to the size?"),
)  # fmt: skip
CONCAT_RULES = (
    Rule("first-input-only", (CHANNELS,), FIRST, "the channels of the first input only", _BEHIND),
    Rule("last-input-only", (CHANNELS,), LAST, "the channels of the last input only", _BEHIND),
)  # fmt: skip
ADD_RULES = (
    Rule("concatenated-instead", (CHANNELS,), SUMMED, "the channels are put one behind the other: here the values add",
         "An addition joins values, position by position and channel by channel."),
)  # fmt: skip
PASSING = (counted, (*MEMORY_RULES, *NOTHING_RULES))

PAD = ((padding, PAD_RULES), (padded_channels, PAD_CHANNEL_RULES), PASSING)
RESIZE = ((extents, RESIZE_RULES), PASSING)
CONCAT = ((joined, CONCAT_RULES), PASSING)
ADD = ((joined, ADD_RULES), PASSING)
