"""What the mistakes with counts of every kind share: the letters of values, bytes and FLOPs."""

from __future__ import annotations

from collections.abc import Iterable
from math import prod

from cnncalc.layers.mistakes import Place, Rule
from cnncalc.layers.mistakes.letters import ATOM, PRODUCT, Constant, Letter, Piece, Pieces
from cnncalc.shape import Shape, product

VALUES, SEEN, POSITIONS, CHANNELS, BYTES, PARAMS = (
    Letter("C'*H'*W'"), Letter("C*H*W"), Letter("H'*W'"), Letter("C"), Letter("b"), Letter("params"),
)  # fmt: skip


def piece(numbers: Shape) -> Piece:
    """A product of some numbers; of none it is 1."""
    return Piece(product(numbers) or "1", prod(numbers), PRODUCT if len(numbers) > 1 else ATOM)


def counted(place: Place, ask: str) -> Iterable[Pieces]:
    """The letters that every layer has."""
    learned = sum(each.count for each in place.layer.parameters(*place.shapes))
    yield {
        "C'*H'*W'": piece(place.output),
        "C*H*W": piece(place.shapes[0]),
        "H'*W'": piece(place.output[1:]),
        "C": piece(place.output[:1]),
        "b": piece((place.value_bytes,)) if place.value_bytes > 1 else Piece("", 1),
        "params": Piece(str(learned), learned),
    }


def in_flops(rules: tuple[Rule, ...]) -> tuple[Rule, ...]:
    """The rules about MACs as rules about FLOPs, which are twice as many."""
    return tuple(
        rule._replace(asks=("flops",), wrong=Constant(2) * rule.wrong) for rule in rules if rule.asks == ("macs",)
    )


def learns(pieces: Pieces) -> bool:
    return pieces["params"].value > 0


def has_maps(pieces: Pieces) -> bool:
    return pieces["H'*W'"].value > 1


_OUT = "Count the values that come out of the layer."

MEMORY_RULES = (
    Rule("input-counted", ("memory",), SEEN * BYTES, "the values that flow in, not those that come out", _OUT),
    Rule("channels-not-counted", ("memory",), POSITIONS * BYTES, "one channel only: there are {C}", _OUT, has_maps),
    Rule("parameters-counted", ("memory",), PARAMS * BYTES, "the memory of the parameters, not of the output",
         "The question is about the values that flow, not about those that are learned.", learns),
    Rule("parameters-added", ("memory",), (VALUES + PARAMS) * BYTES, "the parameters are counted as well",
         "The question is about the values that flow, not about those that are learned.", learns),
    Rule("forward-and-backward", ("memory",), VALUES * 2 * BYTES, "counted twice, forward and backward",
         "Count the forward pass only."),
)  # fmt: skip

NOTHING_RULES = (
    Rule("values-given", ("params", "macs"), VALUES, "the number of values that come out",
         "Does this layer learn or multiply anything?"),
    Rule("one-per-channel", ("params",), CHANNELS, "one parameter per channel, but nothing is learned here",
         "Which numbers does training change in this layer?"),
    Rule("scale-and-shift", ("params",), CHANNELS * 2, "two parameters per channel, but nothing is learned here",
         "Which numbers does training change in this layer?"),
)  # fmt: skip

CHAPTERS = ((counted, (*MEMORY_RULES, *NOTHING_RULES)),)
"""The mistakes that are made with a layer that only passes values on."""
