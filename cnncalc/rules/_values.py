"""What is known of the values that flow: between which bounds they lie."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping

from cnncalc.graph import Node
from cnncalc.rules._subject import View

Range = tuple[float, float]


def _sigmoid(x: float) -> float:
    return 1 / (1 + math.exp(-x)) if x > -700 else 0.0


RANGES: Mapping[str, Range] = {
    "relu": (0, math.inf),
    "relu6": (0, 6),
    "sigmoid": (0, 1),
    "hsigmoid": (0, 1),
    "tanh": (-1, 1),
    "softmax": (0, 1),
    "softplus": (0, math.inf),
    "elu": (-1, math.inf),
    "logsoftmax": (-math.inf, 0),
}
"""Between which bounds the output of an activation lies; the others have none that matter."""

MONOTONE: Mapping[str, Callable[[float], float]] = {
    "relu": lambda x: max(0.0, x),
    "relu6": lambda x: min(max(0.0, x), 6.0),
    "sigmoid": _sigmoid,
    "hsigmoid": lambda x: min(max(0.0, x + 3), 6.0) / 6,
    "tanh": math.tanh,
    "softplus": lambda x: x if x > 700 else math.log1p(math.exp(x)),
}
"""Activations that never fall, so that the bounds of what comes out are those of what goes in."""

_KEEPING_SIGN = frozenset((
    "maxpool", "avgpool", "gap", "gmp", "adaptive", "unpool", "dropout", "droppath", "upsample", "crop", "slice",
    "shuffle", "tile", "flatten", "reshape", "pixelshuffle", "pixelunshuffle", "add", "mul", "concat",
))  # fmt: skip
"""Layers whose output is not negative where none of their inputs is."""

_NON_NEGATIVE = frozenset(word for word, (least, _) in RANGES.items() if least >= 0)


def non_negative(view: View) -> list[bool]:
    """For every node of a view, whether its output can never be below 0."""
    found: list[bool] = []
    for node in view.graph.nodes:
        kind = node.kind
        found.append(
            kind in _NON_NEGATIVE
            or (kind in _KEEPING_SIGN and bool(node.inputs) and all(found[each] for each in node.inputs))
        )
    return found


def range_behind(first: Node, second: Node) -> Range | None:
    """The bounds of an activation's output where another activation flows in; None where nothing is known."""
    bounds, function = RANGES.get(first.kind), MONOTONE.get(second.kind)
    return (function(bounds[0]), function(bounds[1])) if bounds and function else None
