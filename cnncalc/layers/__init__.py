"""The table of layers: every word and where its class lives.  A family is imported when one of its words is used."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib import import_module
from typing import Any, NamedTuple

from cnncalc.layers.base import Layer
from cnncalc.layers.fields import Letter, Line, Sides, Size, Words

TABLE: dict[str, tuple[str, str]] = {
    "conv": ("conv", "Conv"),
    "dwconv": ("conv", "DepthwiseConv"),
    "deconv": ("deconv", "TransposedConv"),
    "local": ("conv", "LocallyConnected"),
    "maxpool": ("pool", "MaxPool"),
    "avgpool": ("pool", "AvgPool"),
    "gap": ("pool", "GlobalAvgPool"),
    "gmp": ("pool", "GlobalMaxPool"),
    "adaptive": ("pool", "AdaptivePool"),
    "fc": ("dense", "FullyConnected"),
    "flatten": ("dense", "Flatten"),
    "reshape": ("dense", "Reshape"),
    "bn": ("norm", "BatchNorm"),
    "gn": ("norm", "GroupNorm"),
    "ln": ("norm", "LayerNorm"),
    "instnorm": ("norm", "InstanceNorm"),
    "lrn": ("norm", "LocalResponseNorm"),
    "l2norm": ("norm", "L2Norm"),
    "scale": ("norm", "Scale"),
    "times": ("pointwise", "Times"),
    "relu": ("pointwise", "ReLU"),
    "relu6": ("pointwise", "ReLU6"),
    "lrelu": ("pointwise", "LeakyReLU"),
    "prelu": ("pointwise", "PReLU"),
    "elu": ("pointwise", "ELU"),
    "selu": ("pointwise", "SELU"),
    "gelu": ("pointwise", "GELU"),
    "silu": ("pointwise", "SiLU"),
    "hswish": ("pointwise", "HardSwish"),
    "hsigmoid": ("pointwise", "HardSigmoid"),
    "mish": ("pointwise", "Mish"),
    "sigmoid": ("pointwise", "Sigmoid"),
    "tanh": ("pointwise", "Tanh"),
    "softplus": ("pointwise", "Softplus"),
    "softmax": ("pointwise", "Softmax"),
    "logsoftmax": ("pointwise", "LogSoftmax"),
    "dropout": ("pointwise", "Dropout"),
    "droppath": ("pointwise", "DropPath"),
    "add": ("merge", "Add"),
    "mul": ("merge", "Multiply"),
    "concat": ("merge", "Concat"),
    "slice": ("merge", "Slice"),
    "tile": ("merge", "Tile"),
    "shuffle": ("merge", "Shuffle"),
    "upsample": ("resize", "Upsample"),
    "crop": ("resize", "Crop"),
    "pad": ("resize", "Pad"),
    "pixelshuffle": ("pixelshuffle", "PixelShuffle"),
    "pixelunshuffle": ("pixelshuffle", "SpaceToDepth"),
    "unpool": ("unpool", "Unpool"),
}

SPELLINGS: dict[str, str] = {
    "convolution": "conv",
    "depthwise": "dwconv",
    "upconv": "deconv",
    "convt": "deconv",
    "locally_connected": "local",
    "pool": "maxpool",
    "globalavgpool": "gap",
    "globalmaxpool": "gmp",
    "adaptiveavgpool": "adaptive",
    "dense": "fc",
    "linear": "fc",
    "view": "reshape",
    "batchnorm": "bn",
    "groupnorm": "gn",
    "layernorm": "ln",
    "instancenorm": "instnorm",
    "layerscale": "scale",
    "leakyrelu": "lrelu",
    "leaky": "lrelu",
    "swish": "silu",
    "hardswish": "hswish",
    "hardsigmoid": "hsigmoid",
    "stochasticdepth": "droppath",
    "channelshuffle": "shuffle",
    "resize": "upsample",
    "interpolate": "upsample",
    "centercrop": "crop",
    "depthtospace": "pixelshuffle",
    "spacetodepth": "pixelunshuffle",
    "reorg": "pixelunshuffle",
    "maxunpool": "unpool",
}
"""Other spellings of a word (a test holds this table and the classes' ``words`` together)."""

MERGES = ("add", "mul", "concat")
STEPS = ("residual", "fork", "id")
"""Words of the language that are no layers: they only direct what flows where."""


class Kind(NamedTuple):
    """What the binder, the schema and the manual need to know of a layer class, read off its fields once."""

    layer: type[Layer]
    word: str
    fields: tuple[str, ...]
    letters: Mapping[str, str]
    """Shorthand letter -> field."""
    words: Mapping[str, tuple[str, Any]]
    """Bare word -> (field, value)."""
    lines: Mapping[str, str]
    """Field that takes a line -> what is used of that line."""
    sizes: frozenset[str]
    """Fields that take a size such as 3x3."""
    sides: frozenset[str]
    """Fields that take sides such as 1:2."""
    required: tuple[str, ...]


def canonical(word: str) -> str | None:
    """The table's own spelling of a layer word, case aside; None where it is no layer."""
    lower = word.lower()
    return lower if lower in TABLE else SPELLINGS.get(lower)


@cache
def kind_of(word: str) -> Kind:
    """The kind behind a canonical word."""
    module, name = TABLE[word]
    layer: type[Layer] = getattr(import_module(f"cnncalc.layers.{module}"), name)
    letters: dict[str, str] = {}
    words: dict[str, tuple[str, Any]] = {}
    lines: dict[str, str] = {}
    sizes, sides = set(), set()
    for field, info in layer.model_fields.items():
        for mark in info.metadata:
            if isinstance(mark, Letter):
                letters[mark.letter] = field
            elif isinstance(mark, Words):
                words.update({each: (field, value) for each, value in mark.values.items()})
            elif isinstance(mark, Line):
                lines[field] = mark.use
            elif mark is Size:
                sizes.add(field)
            elif mark is Sides:
                sides.add(field)
    required = tuple(field for field, info in layer.model_fields.items() if info.is_required())
    return Kind(
        layer, word, tuple(layer.model_fields), letters, words, lines, frozenset(sizes), frozenset(sides), required
    )


def all_words() -> list[str]:
    """Every word that may begin a step: layers, their other spellings, and the steps that are no layers."""
    return [*TABLE, *SPELLINGS, *STEPS]
