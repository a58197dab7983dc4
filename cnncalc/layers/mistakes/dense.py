"""Mistakes with fully connected layers, and with the step from maps to a vector."""

from __future__ import annotations

from collections.abc import Iterable
from math import prod

from cnncalc.layers.dense import FullyConnected
from cnncalc.layers.mistakes import CHANNELS, Place, Rule
from cnncalc.layers.mistakes.counts import MEMORY_RULES, NOTHING_RULES, counted, in_flops, piece
from cnncalc.layers.mistakes.letters import ABSENT, PRODUCT, Constant, Letter, Piece, Pieces
from cnncalc.shape import product

IN, OUT, BIAS, ONE = Letter("in"), Letter("out"), Letter("bias"), Constant(1)
AREA, SIDE, DEPTH, BEFORE = Letter("H*W"), Letter("C*H"), Letter("C"), Letter("C*H*W before the pooling")


def units(place: Place, ask: str) -> Iterable[Pieces]:
    """The letters of a fully connected layer."""
    layer = place.layer
    assert isinstance(layer, FullyConnected)
    seen, made = place.shapes[0][0], layer.features
    yield {
        **flattened(place),
        "in": Piece(str(seen), seen),
        "out": Piece(str(made), made),
        "bias": Piece(str(made), made) if layer.bias else ABSENT,
    }


def vector(place: Place, ask: str) -> Iterable[Pieces]:
    """The letters of a flatten: what its maps were like."""
    yield flattened(place._replace(maps=place.shapes[0]))


def flattened(place: Place) -> dict[str, Piece]:
    """The maps behind the vector; letters without them are absent."""
    maps, before = place.maps or (), place.unpooled or ()
    known = len(maps) > 1
    return {
        "H*W": piece(maps[1:]) if known else ABSENT,
        "C*H": piece(maps[:2]) if known else ABSENT,
        "C": piece(maps[:1]) if known else ABSENT,
        "C*H*W before the pooling": Piece(product(before), prod(before), PRODUCT) if before else ABSENT,
    }


def biased(pieces: Pieces) -> bool:
    return pieces["bias"].value > 0


def unbiased(pieces: Pieces) -> bool:
    return not biased(pieces)


def maps_known(pieces: Pieces) -> bool:
    return pieces["H*W"].value > 0


def maps_and_bias(pieces: Pieces) -> bool:
    return maps_known(pieces) and biased(pieces)


def pooled(pieces: Pieces) -> bool:
    return pieces["C*H*W before the pooling"].value > 0


_HAS_BIAS = "Does this layer have a bias?"
_BIAS = "Every output has one bias."
_EVERY = "Every output has a weight for every input."
_FLAT = "Flattening keeps every value: height times width times channels."

PARAMS_RULES = (
    Rule("no-bias", ("params",), IN * OUT, "the {out} biases are missing", _BIAS, biased),
    Rule("one-bias", ("params",), IN * OUT + 1, "one bias only: there are {out}", _BIAS, biased),
    Rule("bias-per-input", ("params",), IN * OUT + IN, "a bias per input: there is one per output", _BIAS, biased),
    Rule("inputs-and-outputs-added", ("params", "weights"), IN + OUT,
         "inputs and outputs are added: every output has a weight for every input, so they multiply",
         _EVERY),
    Rule("channels-forgotten", ("params",), AREA * OUT + BIAS, "the {C} channels are missing in what was flattened",
         _FLAT, maps_known),
    Rule("channels-forgotten-one-bias", ("params",), AREA * OUT + 1,
         "the {C} channels are missing in what was flattened, and there are {out} biases, not one", _FLAT,
         maps_and_bias),
    Rule("one-side-forgotten", ("params",), SIDE * OUT + BIAS, "one side of the maps is missing in what was flattened",
         _FLAT, maps_known),
    Rule("channels-only", ("params",), DEPTH * OUT + BIAS,
         "one input per channel: that would be behind a global pooling", _FLAT, maps_known),
    Rule("flattened-before-pooling", ("params",), BEFORE * OUT + BIAS,
         "the maps before the last pooling: it stands between them and this layer",
         "Which layer comes right before the flattening?", pooled),
    Rule("bias-that-is-not-there", ("params",), IN * OUT + OUT, "there is no bias here", _HAS_BIAS, unbiased),
    Rule("inputs-given", ("params", "weights"), IN, "that is the number of inputs", _EVERY),
    Rule("outputs-given", ("params", "weights"), OUT, "that is the number of outputs",
         _EVERY),
    Rule("biases-counted", ("weights",), IN * OUT + OUT, "the {out} biases are counted: only weights are asked for",
         "Weights only, without biases.", biased),
    Rule("channels-forgotten", ("weights",), AREA * OUT, "the {C} channels are missing in what was flattened", _FLAT,
         maps_known),
    Rule("flattened-before-pooling", ("weights",), BEFORE * OUT,
         "the maps before the last pooling: it stands between them and this layer",
         "Which layer comes right before the flattening?", pooled),
    Rule("one-bias", ("biases",), ONE, "one bias only: there are {out}", _BIAS, biased),
    Rule("bias-per-input", ("biases",), IN, "one per input: there is one per output", _BIAS),
    Rule("bias-that-is-not-there", ("biases",), OUT, "there is no bias here", _HAS_BIAS, unbiased),
)  # fmt: skip

MACS_RULES = (
    Rule("bias-additions-counted", ("macs",), IN * OUT + OUT,
         "the additions of the biases are counted: they are no multiply-accumulates",
         "Count multiply-accumulates only.", biased),
    Rule("channels-forgotten", ("macs",), AREA * OUT, "the {C} channels are missing in what was flattened", _FLAT,
         maps_known),
    Rule("inputs-and-outputs-added", ("macs",), IN + OUT,
         "inputs and outputs are added: every output multiplies every input",
         _EVERY),
)  # fmt: skip

_TWICE = "One MAC is a multiplication and an addition: two FLOPs."
RULES = (
    *PARAMS_RULES,
    *MACS_RULES,
    *in_flops(MACS_RULES[1:]),
    Rule("bias-additions-counted", ("flops",), Constant(2) * IN * OUT + OUT, "the additions of the biases are counted",
         "Count two FLOPs for every multiply-accumulate, nothing else.", biased),
    Rule("flops-given", ("macs",), Constant(2) * IN * OUT, "these are FLOPs: a MAC is two of them", _TWICE),
    Rule("macs-given", ("flops",), IN * OUT, "these are MACs: each is two FLOPs", _TWICE),
    Rule("inputs-given", (CHANNELS,), IN, "that is what flows in",
         "A fully connected layer gives one value per output."),
)  # fmt: skip

FLATTEN_RULES = (
    Rule("channels-forgotten", (CHANNELS,), AREA, "the {C} channels are missing", _FLAT, maps_known),
    Rule("one-side-forgotten", (CHANNELS,), SIDE, "one side of the maps is missing", _FLAT, maps_known),
    Rule("channels-only", (CHANNELS,), DEPTH, "one value per channel: that would be a global pooling", _FLAT,
         maps_known),
    Rule("flattened-before-pooling", (CHANNELS,), BEFORE, "the maps before the last pooling",
         "Which layer comes right before the flattening?", pooled),
)  # fmt: skip

CHAPTERS = ((units, RULES), (counted, MEMORY_RULES))
FLATTEN = ((vector, FLATTEN_RULES), (counted, (*MEMORY_RULES, *NOTHING_RULES)))
