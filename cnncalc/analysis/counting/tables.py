"""What each tool counts operations for: a rule for every class of torch.nn that was measured with it."""

from __future__ import annotations

from collections.abc import Iterable

from cnncalc.analysis.counting.rules import (
    Rule,
    adaptive_mean,
    at_output,
    batch_norm,
    flat_only,
    interpolation,
    learned_everywhere,
    learned_once,
    macs,
    macs_and_bias,
    made,
    norm,
    nothing,
    response,
    softmax,
    values,
)


def table(free: Iterable[str], *rules: tuple[Iterable[str], Rule]) -> dict[str, Rule]:
    """The rules of a tool; ``free`` are the classes that it was seen to count nothing for, unless a rule follows."""
    found: dict[str, Rule] = dict.fromkeys(free, nothing)
    for names, rule in rules:
        found |= dict.fromkeys(names, rule)
    return found


MOVING = (
    *("Flatten", "Unflatten", "pad", "crop", "narrow", "concat", "tile", "shuffle", "PixelShuffle", "PixelUnshuffle"),
    *("MaxUnpool", "Dropout", "DropPath", "add", "mul", "times"),
)
"""No tool counts these; sums and products only where they are no operators but ``torch.add`` and ``torch.mul``."""
ACTIVATIONS = (
    *("ReLU", "ReLU6", "LeakyReLU", "PReLU", "ELU", "SELU", "GELU", "SiLU", "Hardswish", "Hardsigmoid", "Mish"),
    *("Sigmoid", "Tanh", "Softplus", "Softmax", "LogSoftmax"),
)
POOLINGS = ("MaxPool", "AvgPool", "AdaptiveMaxPool", "AdaptiveAvgPool")
NORMS = ("BatchNorm", "GroupNorm", "LayerNorm", "InstanceNorm")
MEASURED = (*MOVING, *ACTIVATIONS, *POOLINGS, *NORMS, "LocalResponseNorm", "Upsample")

CONVOLUTIONS = ("Conv", "ConvTranspose")
WEIGHTED = (*CONVOLUTIONS, "Linear")

TORCHINFO = table(
    MEASURED,
    (CONVOLUTIONS, learned_everywhere),
    (("Linear", "PReLU", *NORMS), learned_once),
)
FVCORE = table(
    MEASURED,
    (WEIGHTED, macs),
    (("BatchNorm",), batch_norm),
    (("GroupNorm", "LayerNorm", "InstanceNorm"), norm(5, 4)),
    (("AdaptiveAvgPool",), flat_only(values(1))),
    (("Upsample",), flat_only(interpolation(1, {2: 4}))),
)
THOP = table(
    MEASURED,
    (CONVOLUTIONS, at_output),
    (("Linear",), macs),
    (("BatchNorm", "LayerNorm", "InstanceNorm"), norm(4, 2)),
    (("AvgPool",), made(1)),
    (("AdaptiveAvgPool",), adaptive_mean),
    (("PReLU",), values(1)),
    (("Softmax",), softmax),
    (("Upsample",), interpolation(1, {1: 5, 2: 11})),
)
PTFLOPS = table(
    MEASURED,
    (WEIGHTED, macs_and_bias),
    (("BatchNorm", "GroupNorm", "InstanceNorm"), norm(2, 1)),
    (("LayerNorm",), values(1)),
    (("LocalResponseNorm",), response),
    (("ReLU", "PReLU", "ELU", "GELU"), values(2)),
    (("ReLU6", "LeakyReLU", "SiLU", "Softmax"), values(1)),
    (POOLINGS, values(2)),
    (("Upsample",), made(2)),
)
PTFLOPS_ATEN = table(MEASURED, (WEIGHTED, macs_and_bias))
TORCHVISION = table((*MEASURED, "ChannelScale", "FrozenBatchNorm", "mean_inside"), (("Conv", "Linear"), macs))
