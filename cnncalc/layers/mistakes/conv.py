"""Mistakes with convolutions: parameters, weights, biases and MACs."""

from __future__ import annotations

from collections.abc import Iterable

from cnncalc.layers.conv import Convolving
from cnncalc.layers.mistakes import Chapter, Place, Rule
from cnncalc.layers.mistakes.counts import MEMORY_RULES, counted, in_flops, piece
from cnncalc.layers.mistakes.letters import ABSENT, ATOM, Constant, Letter, Piece, Pieces
from cnncalc.layers.mistakes.sizes import (
    FILTER_RULES,
    OTHER_STRIDES,
    TRANSPOSED_RULES,
    WINDOW_RULES,
    channels,
    transposed,
    windows,
)

K, F, DEPTH, CIN, COUT, G = Letter("F*F"), Letter("F"), Letter("Cin/g"), Letter("Cin"), Letter("Cout"), Letter("g")
BIAS, OUT, IN, ONE = Letter("bias"), Letter("H'*W'"), Letter("H*W"), Constant(1)


def filters(place: Place, ask: str) -> Iterable[Pieces]:
    """The letters of the filter bank; ``bias`` is Cout, or absent where there is none."""
    layer = place.layer
    assert isinstance(layer, Convolving)
    shape = place.shapes[0]
    groups, made, kernel = layer.group_count(shape[0]), place.output[0], layer.filters(shape)
    yield {
        "F*F": piece(kernel),
        "F": piece(kernel[:1]) if len(set(kernel)) == 1 and len(kernel) > 1 else ABSENT,
        "Cin/g": piece((shape[0] // groups,)),
        "Cin": piece(shape[:1]),
        "Cout": piece((made,)),
        "g": piece((groups,)),
        "bias": piece((made,)) if layer.biased else ABSENT,
        "H'*W'": piece(place.output[1:]),
        "H*W": piece(shape[1:]),
        "depthwise": Piece("", layer.word == "dwconv", ATOM),
    }


def biased(pieces: Pieces) -> bool:
    return pieces["bias"].value > 0


def unbiased(pieces: Pieces) -> bool:
    return not biased(pieces)


def deep(pieces: Pieces) -> bool:
    return pieces["Cin/g"].value > 1


def square(pieces: Pieces) -> bool:
    return pieces["F"].value > 1


def grouped(pieces: Pieces) -> bool:
    return pieces["g"].value > 1


def divisible_again(pieces: Pieces) -> bool:
    return grouped(pieces) and pieces["Cin/g"].value % pieces["g"].value == 0


WEIGHTS = K * DEPTH * COUT
_HAS_BIAS = "Does this layer have a bias?"
_BIAS = "Every filter has one bias."
_DEPTH = "A filter reaches through all the channels it sees."
_AREA = "The kernel has an area, not only a side."
_SHARED = "The same filter is used at every position: its weights count once."
_GROUPS = "In a grouped convolution a filter sees only the channels of its group."

PARAMS_RULES = (
    Rule("no-bias", ("params",), WEIGHTS, "the {Cout} biases are missing", _BIAS, biased),
    Rule("input-channels-forgotten", ("params",), K * COUT + BIAS,
         "the {Cin/g} channels that a filter sees are missing", _DEPTH, deep),
    Rule("input-channels-and-biases-forgotten", ("params",), K * COUT,
         "the {Cin/g} channels that a filter sees are missing, and the {Cout} biases", _DEPTH,
         lambda pieces: deep(pieces) and biased(pieces)),
    Rule("one-bias", ("params",), WEIGHTS + 1, "one bias only: there are {Cout}", _BIAS, biased),
    Rule("input-channels-forgotten-one-bias", ("params",), K * COUT + 1,
         "the {Cin/g} channels that a filter sees are missing, and there are {Cout} biases, not one", _DEPTH,
         lambda pieces: deep(pieces) and biased(pieces)),
    Rule("bias-per-input-channel", ("params",), WEIGHTS + CIN,
         "{Cin} biases, one per channel that flows in: there is one per filter, {Cout}", _BIAS, biased),
    Rule("bias-per-kernel-slice", ("params",), (K + 1) * DEPTH * COUT,
         "a bias for every channel of every filter: a filter has one for all of them", _BIAS, biased),
    Rule("bias-per-weight", ("params",), Constant(2) * WEIGHTS, "a bias for every weight: a filter has one", _BIAS,
         biased),
    Rule("one-filter-only", ("params",), K * DEPTH + 1, "one filter only: there are {Cout}",
         "Every filter has weights of its own.", biased),
    Rule("one-filter-without-bias", ("params", "weights"), K * DEPTH, "one filter only, without bias: there are {Cout}",
         "Every filter has weights of its own."),
    Rule("kernel-not-squared", ("params",), F * DEPTH * COUT + BIAS,
         "one side of the kernel only: it has {F*F} positions", _AREA, square),
    Rule("kernel-not-squared-no-bias", ("params",), F * DEPTH * COUT,
         "one side of the kernel only: it has {F*F} positions; and the {Cout} biases are missing", _AREA,
         lambda pieces: square(pieces) and biased(pieces)),
    Rule("channels-added", ("params", "weights"), K * (CIN + COUT),
         "channels in and filters are added: every filter has weights for every channel, so they multiply",
         "Every filter has weights for every channel."),
    Rule("weights-not-shared", ("params",), (K * DEPTH + 1) * COUT * OUT,
         "weights of its own for every output neuron: a convolution shares them", _SHARED, biased),
    Rule("macs-given", ("params", "weights"), WEIGHTS * OUT,
         "that is the number of multiplications: every weight is used at {H'*W'} positions, but learned once", _SHARED),
    Rule("activations-given", ("params", "weights"), COUT * OUT, "that is the number of values that come out",
         "Parameters are what is learned, not what is computed."),
    Rule("bias-per-output", ("params",), WEIGHTS + COUT * OUT, "a bias for every output neuron, not per filter",
         _BIAS, biased),
    Rule("input-size-as-kernel", ("params",), IN * CIN * COUT + BIAS,
         "the filters are taken to be as large as the input",
         "A filter is as large as the kernel, not as the input."),
    Rule("dense-layer", ("params", "weights"), IN * CIN * COUT * OUT,
         "a weight between every input and every output: that is a fully connected layer",
         "An output sees only its window, and the weights are shared."),
    Rule("weights-per-input-position", ("params",), IN * K * CIN * COUT + BIAS,
         "weights of its own for every position of the input: a convolution shares them", _SHARED),
    Rule("batch-norm-added", ("params",), WEIGHTS + BIAS + Constant(2) * COUT,
         "a batch normalisation's scale and shift are counted here", "Which numbers belong to this layer alone?"),
    Rule("batch-norm-and-statistics-added", ("params",), WEIGHTS + BIAS + Constant(4) * COUT,
         "a batch normalisation's four numbers per channel are counted here",
         "Which numbers belong to this layer alone?"),
    Rule("bias-that-is-not-there", ("params",), WEIGHTS + COUT, "there is no bias here", _HAS_BIAS, unbiased),
    Rule("standard-convolution", ("params",), K * CIN * COUT + BIAS,
         "an ordinary convolution: in a depthwise one every channel has a filter of its own", _GROUPS,
         lambda pieces: bool(pieces["depthwise"].value) and grouped(pieces)),
    Rule("groups-ignored", ("params",), K * CIN * COUT + BIAS, "the channels are not divided by the {g} groups",
         _GROUPS,
         lambda pieces: grouped(pieces) and not pieces["depthwise"].value),
    Rule("groups-and-biases-ignored", ("params",), K * CIN * COUT,
         "the channels are not divided by the {g} groups, and the {Cout} biases are missing", _GROUPS,
         lambda pieces: grouped(pieces) and biased(pieces)),
    Rule("groups-divided-twice", ("params",), K * (DEPTH / G) * COUT + BIAS,
         "divided by the groups twice: the filters of all {g} groups count", _GROUPS, divisible_again),
    Rule("one-group-only", ("params",), K * DEPTH * (COUT / G) + BIAS / G, "one group only: there are {g}",
         "All groups together have Cout filters.", lambda pieces: grouped(pieces) and biased(pieces)),
    Rule("bias-divided-by-groups", ("params",), WEIGHTS + COUT / G,
         "the biases are divided by the groups: every one of the {Cout} filters has one", _BIAS,
         lambda pieces: grouped(pieces) and biased(pieces)),
    Rule("multiplied-by-groups", ("params",), K * CIN * G * COUT + BIAS, "multiplied by the {g} groups, not divided",
         _GROUPS, grouped),
)  # fmt: skip

WEIGHTS_RULES = (
    Rule("biases-counted", ("weights",), WEIGHTS + COUT, "the {Cout} biases are counted: only weights are asked for",
         "Weights only, without biases.", biased),
    Rule("input-channels-forgotten", ("weights",), K * COUT, "the {Cin/g} channels that a filter sees are missing",
         _DEPTH, deep),
    Rule("kernel-not-squared", ("weights",), F * DEPTH * COUT, "one side of the kernel only: it has {F*F} positions",
         _AREA, square),
    Rule("groups-ignored", ("weights",), K * CIN * COUT, "the channels are not divided by the {g} groups", _GROUPS,
         grouped),
    Rule("weights-per-input-position", ("weights",), IN * K * CIN * COUT,
         "weights of its own for every position of the input: a convolution shares them", _SHARED),
    Rule("one-bias", ("biases",), ONE, "one bias only: there are {Cout}", _BIAS, biased),
    Rule("bias-per-input-channel", ("biases",), CIN, "one per channel that flows in: there is one per filter", _BIAS,
         biased),
    Rule("bias-per-output", ("biases",), COUT * OUT, "one per output neuron: there is one per filter", _BIAS,
         biased),
    Rule("bias-that-is-not-there", ("biases",), COUT, "there is no bias here", _HAS_BIAS, unbiased),
)  # fmt: skip

MACS_RULES = (
    Rule("positions-forgotten", ("macs",), WEIGHTS, "every weight is used at {H'*W'} positions",
         "Every weight is used at every output position."),
    Rule("input-positions", ("macs",), WEIGHTS * IN, "the positions of the input: the filters stand at {H'*W'} places",
         "Count the places where a filter stands: the positions of the output."),
    Rule("input-channels-forgotten", ("macs",), K * COUT * OUT, "the {Cin/g} channels that a filter sees are missing",
         _DEPTH, deep),
    Rule("one-filter-only", ("macs",), K * DEPTH * OUT, "one filter only: there are {Cout}", "Count all filters."),
    Rule("groups-ignored", ("macs",), K * CIN * COUT * OUT, "the channels are not divided by the {g} groups", _GROUPS,
         grouped),
    Rule("bias-additions-counted", ("macs",), WEIGHTS * OUT + COUT * OUT,
         "the additions of the biases are counted: they are no multiply-accumulates",
         "Count multiply-accumulates only.", biased),
    Rule("params-given", ("macs",), WEIGHTS + BIAS, "that is the number of parameters",
         "Every weight is used at every output position."),
)  # fmt: skip

_TWICE = "One MAC is a multiplication and an addition: two FLOPs."
FLOP_RULES = (
    *in_flops(tuple(rule for rule in MACS_RULES if rule.name not in ("bias-additions-counted", "params-given"))),
    Rule("bias-additions-counted", ("flops",), Constant(2) * WEIGHTS * OUT + COUT * OUT,
         "the additions of the biases are counted", "Count two FLOPs for every multiply-accumulate, nothing else.",
         biased),
    Rule("flops-given", ("macs",), Constant(2) * WEIGHTS * OUT, "these are FLOPs: a MAC is two of them", _TWICE),
    Rule("macs-given", ("flops",), WEIGHTS * OUT, "these are MACs: each is two FLOPs", _TWICE),
)  # fmt: skip

RULES = (*PARAMS_RULES, *WEIGHTS_RULES, *MACS_RULES, *FLOP_RULES)

_BY_OUTPUT = ("macs-given", "weights-not-shared", "weights-per-input-position")
"""Mistakes that go by where a filter stands; that of a transposed convolution stands at every input position."""

TRANSPOSED_PARAMS_RULES = (
    *(rule for rule in (*PARAMS_RULES, *WEIGHTS_RULES) if rule.name not in _BY_OUTPUT),
    Rule("macs-given", ("params", "weights"), WEIGHTS * IN,
         "that is the number of multiplications: every weight is used at {H*W} positions, but learned once", _SHARED),
)  # fmt: skip

TRANSPOSED_MACS_RULES = (
    Rule("output-positions", ("macs",), WEIGHTS * OUT, "the positions of the output: every input position is used once",
         "In a transposed convolution every input position meets every tap once."),
    Rule("positions-forgotten", ("macs",), WEIGHTS, "every weight is used at {H*W} positions",
         "Every weight is used at every input position."),
    Rule("flops-given", ("macs",), Constant(2) * WEIGHTS * IN, "these are FLOPs: a MAC is two of them", _TWICE),
    Rule("macs-given", ("flops",), WEIGHTS * IN, "these are MACs: each is two FLOPs", _TWICE),
)  # fmt: skip

LOCAL_RULES = (
    Rule("weights-shared", ("params",), WEIGHTS + BIAS, "the weights are shared: here every output neuron has its own",
         "Without parameter sharing every output neuron has weights of its own."),
    Rule("no-bias", ("params",), WEIGHTS * OUT, "the biases are missing: one per output neuron",
         "Every output neuron has a bias of its own here.", biased),
    Rule("bias-per-filter", ("params",), WEIGHTS * OUT + BIAS, "{Cout} biases only: every output neuron has one",
         "Every output neuron has a bias of its own here.", biased),
    Rule("input-channels-forgotten", ("params",), (K + 1) * COUT * OUT, "the {Cin} channels are missing", _DEPTH,
         lambda pieces: deep(pieces) and biased(pieces)),
    Rule("activations-given", ("params",), COUT * OUT, "that is the number of values that come out",
         "Parameters are what is learned, not what is computed."),
    Rule("one-filter-only", ("params",), K * DEPTH + 1, "the weights of one neuron: there are {Cout} times {H'*W'}",
         "Every output neuron has weights of its own.", biased),
)  # fmt: skip

_SHAPES: tuple[Chapter, ...] = ((windows, WINDOW_RULES), (channels, FILTER_RULES), *OTHER_STRIDES)

CHAPTERS: tuple[Chapter, ...] = (*_SHAPES, (filters, RULES), (counted, MEMORY_RULES))
TRANSPOSED = (
    (transposed, TRANSPOSED_RULES),
    (channels, FILTER_RULES),
    (filters, (*TRANSPOSED_PARAMS_RULES, *TRANSPOSED_MACS_RULES)),
    (counted, MEMORY_RULES),
)
LOCAL: tuple[Chapter, ...] = (*_SHAPES, (filters, (*LOCAL_RULES, *MACS_RULES, *FLOP_RULES)), (counted, MEMORY_RULES))
