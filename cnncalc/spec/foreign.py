"""The words of PyTorch, Keras and Caffe, said in ours: ways out for those who write what they know.

Only messages come from here.  Nothing is translated in silence: the first number of ``Conv2d(3, 16, 5)`` is the
channels that flow in, that of ``conv(16, 5)`` the channels that come out.
"""

from __future__ import annotations

import re
from collections.abc import Collection

from cnncalc.layers import canonical, kind_of

_AXES = re.compile(r"_?[123]d(?![a-z0-9])|_?[123]d(?=transpose)")
_LAST_STEP = re.compile(r" \| (?![^(]*\))")
_MODULES = frozenset(
    ("torch", "nn", "functional", "F", "tf", "tensorflow", "keras", "layers", "caffe", "L", "jax", "flax", "linen")
)
"""What stands before the dots of a framework's layer; other words with dots are the names of lines."""

LAYERS = {
    "avg": "avgpool",
    "average": "avgpool",
    "averagepool": "avgpool",
    "averagepooling": "avgpool",
    "max": "maxpool",
    "maxpooling": "maxpool",
    "globalaveragepool": "gap",
    "globalaveragepooling": "gap",
    "globalmaxpooling": "gmp",
    "adaptiveaveragepool": "adaptive",
    "adaptivemaxpool": "adaptive",
    "spatialdropout": "dropout",
    "batch": "bn",
    "batchnormalization": "bn",
    "groupnormalization": "gn",
    "layernormalization": "ln",
    "convtranspose": "deconv",
    "transposedconv": "deconv",
    "deconvolution": "deconv",
    "depthwiseconv": "dwconv",
    "fully": "fc",
    "fullyconnected": "fc",
    "innerproduct": "fc",
    "zeropad": "pad",
    "zeropadding": "pad",
    "reflectionpad": "pad",
    "upsampling": "upsample",
    "cat": "concat",
    "concatenate": "concat",
    "multiply": "mul",
}
"""Layers of other frameworks without what tells the axes (``MaxPooling2D`` is ``maxpooling``): our word."""

EXAMPLES = {
    "adaptivemaxpool": "adaptive 6 max",
    **dict.fromkeys(("dropout1d", "dropout2d", "dropout3d", "spatialdropout"), "dropout 0.5 spatial"),
    **dict.fromkeys(("upsample", "upsampling"), "upsample 2"),
    **dict.fromkeys(("zeropad", "zeropadding"), "pad 1"),
}
"""How those are written that are not the example of our layer."""

SAID = {
    "activation": "an activation is a layer of its own: relu, tanh, softmax ...",
    **dict.fromkeys(("input", "inputlayer"), "an input is its size alone: 3x32x32 | ..."),
    **dict.fromkeys(("separable", "separableconv"), "say both of its steps: dwconv 3 p1 | conv 64 1"),
    "sequential": "write the layers one after the other, with | between",
    "identity": "the value itself is called id",
    "global": "one word each: gap is the mean over all positions, gmp the maximum",
    **dict.fromkeys(
        ("attention", "selfattention", "multiheadattention", "transformer", "lstm", "gru", "rnn", "embedding"),
        "there are layers of convolutional networks only: `cnncalc list --layers` names them",
    ),
}
"""What is no layer here, and how it is said."""

OPTIONS = {
    "padding": ("pad",),
    "kernel_size": ("kernel",),
    "filter_size": ("kernel",),
    "pool_size": ("kernel",),
    "dilation_rate": ("dilation",),
    "filters": ("channels",),
    "num_filters": ("channels",),
    "num_output": ("channels", "features"),
    "out_channels": ("channels",),
    "out_features": ("features",),
    "units": ("features",),
    "num_groups": ("groups",),
    "use_bias": ("bias",),
    "ceil_mode": ("ceil",),
    "output_padding": ("outpad",),
    "output_size": ("size",),
    "scale_factor": ("factor",),
    "upscale_factor": ("factor",),
    "depth_multiplier": ("mult",),
    "negative_slope": ("slope",),
    "rate": ("p",),
}
"""Options of other frameworks: the field that has that meaning here, where the layer has it."""

_FLOWS_IN = ("in_channels", "in_features", "input_shape", "input_dim", "num_features", "normalized_shape")


def layer_help(word: str) -> str:
    """What a word that is no layer is called here; an empty text where nothing is known of it."""
    *modules, last = word.split(".")
    if not _MODULES.issuperset(modules):
        return ""
    plain = _AXES.sub("", last.lower()).replace("_", "")
    if plain in SAID:
        return SAID[plain]
    ours = LAYERS.get(plain) or canonical(plain)
    if ours is None or ours == word.lower():
        return ""
    example = EXAMPLES.get(last.lower()) or EXAMPLES.get(plain) or _LAST_STEP.split(kind_of(ours).layer.example)[-1]
    example = example or ours
    if plain == word.lower() and ours not in ("concat", "mul") and plain not in EXAMPLES:
        return f"did you mean {ours!r}?"
    known = "; what flows in is known, and no argument" if {"channels", "features"} & {*kind_of(ours).fields} else ""
    return f"it is called {ours} here: `{example}`{known}"


def option_help(word: str, call: str, fields: Collection[str]) -> str:
    """What an option that the layer does not have is called here, or how one does without it."""
    lower = word.lower()
    ours = next((each for each in OPTIONS.get(lower, ()) if each in fields), None)
    if ours is not None:
        return f"it is called {ours} here."
    if lower == "activation":
        return f"an activation is a step of its own: {call} ... | relu."
    if lower in _FLOWS_IN:
        return "what flows in is known: leave it out."
    if lower == "valid" and "pad" in fields:
        return "nothing is padded where no padding is given: leave it out."
    if lower == "full" and "pad" in fields:
        return "give the padding as a number: the kernel less 1."
    return ""
