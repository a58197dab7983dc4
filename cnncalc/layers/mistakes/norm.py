"""Mistakes with normalisations: what is learned per channel, and what is only remembered."""

from __future__ import annotations

from collections.abc import Iterable

from cnncalc.layers.mistakes import Place, Rule
from cnncalc.layers.mistakes.counts import MEMORY_RULES, NOTHING_RULES, counted, piece
from cnncalc.layers.mistakes.letters import Constant, Letter, Pieces

CHANNELS, VALUES = Letter("C"), Letter("C*H*W")


def normalised(place: Place, ask: str) -> Iterable[Pieces]:
    """The channels and the values; nothing for a normalisation that learns nothing."""
    if place.layer.parameters(*place.shapes):
        yield {"C": piece(place.output[:1]), "C*H*W": piece(place.output)}


_PAIR = "A scale and a shift are learned for every channel; means and variances are only kept."

RULES = (
    Rule("running-statistics-counted", ("params",), Constant(4) * CHANNELS,
         "the running means and variances are counted: they are not learned", _PAIR),
    Rule("running-statistics-not-counted", ("params",), Constant(2) * CHANNELS,
         "only what is learned: this question counts the running means and variances as well", _PAIR),
    Rule("one-per-channel", ("params",), CHANNELS, "one per channel: there are a scale and a shift", _PAIR),
    Rule("per-position", ("params",), Constant(2) * VALUES, "a scale and a shift for every value, not per channel",
         _PAIR),
    Rule("nothing-learned", ("params",), Constant(0), "a scale and a shift per channel are learned", _PAIR),
    Rule("one-pair", ("params",), Constant(2), "one scale and one shift: every channel has its own", _PAIR),
)  # fmt: skip

CHAPTERS = ((normalised, RULES), (counted, MEMORY_RULES))
NOTHING = ((counted, (*MEMORY_RULES, *NOTHING_RULES)),)
