"""What the calls of a layer stand for in torch: a class of ``torch.nn``, one of the few of our own, or a function.

The expressions are those whose memory ``cnncalc.analysis.memory.rules`` counts.
"""

from __future__ import annotations

import functools
import operator
from collections.abc import Callable, Mapping, Sequence
from math import prod
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from cnncalc.shape import Shape


class LocallyConnected(nn.Module):  # type: ignore[misc]
    """A convolution without parameter sharing: ``weight`` is (Cout, *out, Cin, *kernel), ``bias`` (Cout, *out)."""

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        out_size: Shape,
        kernel_size: Shape,
        stride: Shape,
        dilation: Shape,
        sides: Sequence[tuple[int, int]],
        bias: bool,
    ) -> None:
        super().__init__()
        self.kernel_size, self.stride, self.dilation = kernel_size, stride, dilation
        self.pads = [each for side in reversed(sides) for each in side]
        self.weight = nn.Parameter(torch.empty(out_channels, *out_size, in_channels, *kernel_size))
        self.bias = nn.Parameter(torch.empty(out_channels, *out_size)) if bias else None
        bound = (in_channels * prod(kernel_size)) ** -0.5
        for parameter in self.parameters():
            nn.init.uniform_(parameter, -bound, bound)

    def forward(self, value: Tensor) -> Tensor:
        if any(self.pads):
            value = F.pad(value, self.pads)
        rank = len(self.kernel_size)
        axes = zip(self.kernel_size, self.stride, self.dilation, strict=True)
        for axis, (kernel, stride, dilation) in enumerate(axes, 2):
            value = value.unfold(axis, dilation * (kernel - 1) + 1, stride)
            if dilation > 1:
                value = value[..., ::dilation]
        # batch, channels, *out, *kernel -> places, batch, channels * taps
        value = value.permute(*range(2, 2 + rank), 0, 1, *range(2 + rank, 2 + 2 * rank))
        value = value.flatten(rank + 1).flatten(0, rank - 1)
        value = torch.bmm(value, self.weight.flatten(1 + rank).flatten(1, rank).permute(1, 2, 0))
        value = value.permute(1, 2, 0).unflatten(2, self.weight.shape[1 : 1 + rank]).contiguous()
        return value if self.bias is None else value + self.bias

    def extra_repr(self) -> str:
        return f"weight={tuple(self.weight.shape)}, stride={self.stride}, dilation={self.dilation}"


def along_channels(weight: Tensor, value: Tensor) -> Tensor:
    """A tensor of C values, shaped to go with ``value``."""
    return weight.view(-1, *[1] * (value.dim() - 2))


class L2Norm(nn.Module):  # type: ignore[misc]
    """The channels of every position scaled to length 1, times a learned scale per channel."""

    def __init__(self, channels: int, scale: float) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.full((channels,), scale))

    def forward(self, value: Tensor) -> Tensor:
        return F.normalize(value, dim=1) * along_channels(self.weight, value)


class ChannelScale(nn.Module):  # type: ignore[misc]
    """A learned factor per channel."""

    def __init__(self, channels: int, init: float) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.full((channels,), init))

    def forward(self, value: Tensor) -> Tensor:
        return value * along_channels(self.weight, value)


class FrozenBatchNorm(nn.Module):  # type: ignore[misc]
    """A batch norm whose scale, shift, mean and variance are fixed."""

    def __init__(self, num_features: int, eps: float) -> None:
        super().__init__()
        self.eps = eps
        for name, value in (("weight", 1.0), ("bias", 0.0), ("running_mean", 0.0), ("running_var", 1.0)):
            self.register_buffer(name, torch.full((num_features,), value))

    def forward(self, value: Tensor) -> Tensor:
        scale = self.weight * (self.running_var + self.eps).rsqrt()
        shift = self.bias - self.running_mean * scale
        return value * along_channels(scale, value) + along_channels(shift, value)

    def extra_repr(self) -> str:
        return f"{len(self.weight)}, eps={self.eps}"


class DropPath(nn.Module):  # type: ignore[misc]
    """Drops the whole value of an example at random while training."""

    def __init__(self, p: float) -> None:
        super().__init__()
        self.p = p

    def forward(self, value: Tensor) -> Tensor:
        if not self.training or self.p == 0:
            return value
        mask = value.new_empty((value.shape[0], *[1] * (value.dim() - 1))).bernoulli_(1 - self.p)
        if self.p < 1:
            mask.div_(1 - self.p)
        return value * mask

    def extra_repr(self) -> str:
        return f"p={self.p}"


class MaxUnpool(nn.Module):  # type: ignore[misc]
    """``nn.MaxUnpool1d`` to ``3d`` for a map whose size is known."""

    def __init__(self, kernel_size: Shape, stride: Shape, padding: Shape, output_size: Shape) -> None:
        super().__init__()
        unpool: Callable[..., Tensor] = getattr(F, f"max_unpool{len(output_size)}d")
        self.unpool = functools.partial(
            unpool, kernel_size=kernel_size, stride=stride, padding=padding, output_size=output_size
        )

    def forward(self, value: Tensor, indices: Tensor) -> Tensor:
        return self.unpool(value, indices)


def add(*values: Tensor, inplace: bool) -> Tensor:
    if inplace:
        for value in values[1:]:
            values[0].add_(value)
        return values[0]
    return functools.reduce(operator.add, values)


def mul(*values: Tensor) -> Tensor:
    return functools.reduce(operator.mul, values)


def concat(*values: Tensor) -> Tensor:
    return torch.cat(values, 1)


def narrow(value: Tensor, start: int, length: int) -> Tensor:
    return value.narrow(1, start, length)


def crop(value: Tensor, starts: Shape, sizes: Shape) -> Tensor:
    for axis, (start, size) in enumerate(zip(starts, sizes, strict=True), 2):
        if start or size != value.shape[axis]:
            value = value.narrow(axis, start, size)
    return value


def pad(x: Tensor, sides: Sequence[tuple[int, int]], mode: str, value: float) -> Tensor:
    return F.pad(x, [each for side in reversed(sides) for each in side], mode, value)


def tile(value: Tensor, times: int) -> Tensor:
    return torch.cat([value] * times, 1)


def shuffle(value: Tensor, groups: int) -> Tensor:
    return value.unflatten(1, (groups, -1)).transpose(1, 2).flatten(1, 2)


def times(value: Tensor, factor: float) -> Tensor:
    return value * factor


def mean_inside(
    value: Tensor, sides: Sequence[tuple[int, int]], kernel_size: Shape, stride: Shape, ceil_mode: bool
) -> Tensor:
    pool = functools.partial(getattr(F, f"avg_pool{len(sides)}d"), kernel_size=kernel_size, stride=stride)
    pads = [each for side in reversed(sides) for each in side]
    total = pool(F.pad(value, pads), ceil_mode=ceil_mode)
    inside = torch.ones_like(value[:1, :1])
    inside = pool(F.pad(inside, pads), ceil_mode=ceil_mode)
    return total / inside


def movedim(value: Tensor, source: int, target: int) -> Tensor:
    return value.movedim(source, target)


FUNCTIONS: Mapping[str, Callable[..., Tensor]] = {
    each.__name__: each for each in (add, mul, concat, narrow, crop, pad, tile, shuffle, times, mean_inside, movedim)
}

MODULES: Mapping[str, Callable[..., Any]] = {
    "LocallyConnected": LocallyConnected,
    "L2Norm": L2Norm,
    "ChannelScale": ChannelScale,
    "FrozenBatchNorm": FrozenBatchNorm,
    "DropPath": DropPath,
    "MaxUnpool1d": MaxUnpool,
    "MaxUnpool2d": MaxUnpool,
    "MaxUnpool3d": MaxUnpool,
}
"""Classes of our own, and those of ``torch.nn`` that are called otherwise here."""


def class_named(name: str) -> Callable[..., Any] | None:
    """The class that a call with a capital names; None where torch has none (``Conv4d``)."""
    return MODULES.get(name) or getattr(nn, name, None)
