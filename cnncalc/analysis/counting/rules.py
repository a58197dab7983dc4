"""What tools count for one use of a module: operations, from what flows in and out of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import prod

from cnncalc.analysis.counting.use import Use

Rule = Callable[[Use], int]


def nothing(use: Use) -> int:
    return 0


def macs(use: Use) -> int:
    return use.macs * use.batch


def macs_and_bias(use: Use) -> int:
    return use.macs * use.batch + use.biases


def values(factor: int) -> Rule:
    """So often for every value that flows in."""
    return lambda use: factor * use.values_in


def made(factor: int) -> Rule:
    """So often for every value that comes out."""
    return lambda use: factor * use.values_out


def norm(learned: int, plain: int) -> Rule:
    """So often for every value that flows in: with a learned scale and without."""
    return lambda use: (learned if use.parameters else plain) * use.values_in


def batch_norm(use: Use) -> int:
    """fvcore: with running statistics a multiply-add, without them as much as any other norm."""
    tracked = use.arguments["track_running_stats"]
    return (norm(2, 1) if tracked else norm(5, 4))(use)


def learned_once(use: Use) -> int:
    """torchinfo: once for every parameter and example."""
    return use.learned * use.batch


def learned_everywhere(use: Use) -> int:
    """torchinfo: once for every parameter and position of the output, of a transposed convolution too."""
    return use.learned * prod(use.output[1:]) * use.batch


def at_output(use: Use) -> int:
    """thop: a weighted sum for every value that comes out, of a transposed convolution too."""
    taps: int = prod(use.arguments["kernel_size"])
    return use.values_out * (use.input[0] // int(use.arguments["groups"])) * taps


def adaptive_mean(use: Use) -> int:
    """thop: in floating point, rounded down."""
    kernel = 1.0
    for extent, out in zip(use.input[1:], use.output[1:], strict=True):
        kernel *= extent / out
    return int((kernel + 1) * use.values_out)


def softmax(use: Use) -> int:
    """thop: an exponential and a division a value, and the sum."""
    return use.values_in // use.input[0] * (3 * use.input[0] - 1)


def interpolation(nearest: int, mixed: Mapping[int, int]) -> Rule:
    """So often for every value that comes out; mixing the neighbours by the number of axes."""
    return lambda use: use.values_out * (nearest if use.arguments["mode"] == "nearest" else mixed.get(use.rank, 0))


def flat_only(rule: Rule) -> Rule:
    """The rule where there are two spatial axes, else nothing."""
    return lambda use: rule(use) if use.rank == 2 else 0


def response(use: Use) -> int:
    """ptflops: the square, the mean over padded channels, the factor and the addend."""
    more = int(use.arguments["size"]) - 1
    return 3 * use.values_in + (use.input[0] + more) * prod(use.input[1:]) * use.batch
