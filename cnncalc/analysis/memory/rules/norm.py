"""Normalisations and learned scales."""

from __future__ import annotations

from collections.abc import Sequence

from cnncalc.analysis.memory import autocast, ops
from cnncalc.analysis.memory.layout import Strides, contiguous, is_channels_last, lies_as, like
from cnncalc.analysis.memory.rules.table import Site, each_rank, gradients_of, rule
from cnncalc.analysis.memory.tape import Tape
from cnncalc.analysis.memory.tensors import Backward, Tensor

KERNELS_FORMAT = (2, 14)
"""Since this release of torch the kernels of ``group_norm`` bring their inputs to a memory format for themselves."""


def normalised(
    tape: Tape,
    x: Tensor,
    parameters: Sequence[Tensor],
    sizes: tuple[int, ...],
    strides: Strides | None,
    tracked: bool = False,
    backward: Backward | None = None,
) -> Tensor:
    """The result, with these strides, and two statistics of the data type of the weights (of the running statistics, of
    the input, where there are none); the input, the statistics and the weight are kept, and all gradients made at
    once."""
    out = tape.another(x, x.shape, strides=strides)
    itemsize = parameters[0].itemsize if parameters else tape.itemsize if tracked else x.itemsize
    statistics = [tape.new(sizes, "mean", itemsize), tape.new(sizes, "deviation", itemsize)]
    wanted, before = tape.wants(x), x.shape
    own = tuple(parameters)

    def at_once(gradient: Tensor) -> list[Tensor | None]:
        first = tape.another(gradient, before, "gradient", strides) if wanted else None
        return [first, *gradients_of(tape, own)]

    tape.record(out, (x, *own), backward or at_once, (x, *statistics, *own[:1]))
    tape.drop(*statistics)
    return out


@rule(*each_rank("BatchNorm"))
def batch_norm(tape: Tape, site: Site, x: Tensor) -> Tensor:
    """In evaluation with running statistics none are made.  The result lies contiguous, or channels last where only the
    input does (``suggest_memory_format``)."""
    tracked = site.arguments["track_running_stats"]
    fixed = not tape.training and tracked
    sizes = (0,) if fixed else (x.shape[1],)
    last = is_channels_last(x.shape, x.strides) and not lies_as(x.shape, x.strides, None)
    return normalised(tape, x, site.parameters, sizes, ops.format_of(x.shape, last), tracked=tracked)


@rule("GroupNorm")
def group_norm(tape: Tape, site: Site, x: Tensor) -> Tensor:
    """Input and gradient are brought to the input's own memory format (to contiguous on CUDA): up to torch 2.13 before
    the kernels run, and the copy is kept; since then in the kernels, which keep the input as it is."""
    inside = tape.torch >= KERNELS_FORMAT
    last = tape.cpu and is_channels_last(x.shape, x.strides)
    even = tape.hold(x) if inside else ops.formatted(tape, x, last)
    strides = ops.format_of(x.shape, last)
    wanted, before = tape.wants(x), x.shape

    def within(*tensors: Tensor) -> list[Tensor]:
        """The copies that a kernel makes for itself; on the CPU those are workspace."""
        copied = (
            []
            if tape.cpu or not inside
            else [each for each in tensors if not lies_as(each.shape, each.strides, strides)]
        )
        return [tape.another(each, each.shape, "copy in the kernel", strides) for each in copied]

    def backward(gradient: Tensor) -> list[Tensor | None]:
        lying = tape.hold(gradient) if inside else ops.formatted(tape, gradient, last)
        copies = within(even, gradient)
        first = tape.another(gradient, before, "gradient", strides) if wanted else None
        made = [first, *gradients_of(tape, site.parameters)]
        tape.drop(lying, *copies)
        return made

    copies = within(x)
    sizes = (x.shape[0], site.arguments["num_groups"])
    out = normalised(tape, even, site.parameters, sizes, strides, backward=backward)
    tape.drop(even, *copies)
    return out


@rule("LayerNorm")
def layer_norm(tape: Tape, site: Site, x: Tensor) -> Tensor:
    """Statistics per position; the result is contiguous."""
    return normalised(tape, x, site.parameters, x.shape[:-1], None)


@rule(*each_rank("InstanceNorm"))
def instance_norm(tape: Tape, site: Site, x: Tensor) -> Tensor:
    """A batch norm of 1 x (batch*channels) maps, the weights repeated for every example (``Normalization.cpp``)."""
    batch, channels, *sizes = x.shape
    repeated = [_repeat(tape, each, batch) for each in site.parameters]
    copy = ops.contiguous_of(tape, x)
    flat = ops.view(tape, copy, (1, batch * channels, *sizes))
    made = normalised(tape, flat, repeated, (batch * channels,), like(flat.shape, flat.strides))
    out = ops.view(tape, made, x.shape)
    tape.drop(copy, flat, made, *repeated)
    return out


def _repeat(tape: Tape, x: Tensor, times: int) -> Tensor:
    """``repeat`` of a vector."""
    before = x.shape

    def backward(gradient: Tensor) -> list[Tensor | None]:
        return [tape.another(gradient, before, "gradient")]

    return tape.record(tape.another(x, (x.shape[0] * times,), "repeated weight"), (x,), backward)


@rule("ChannelScale")
def channel_scale(tape: Tape, site: Site, x: Tensor) -> Tensor:
    return _scaled(tape, x, site.weights["weight"])


@rule("FrozenBatchNorm")
def frozen_batch_norm(tape: Tape, site: Site, x: Tensor) -> Tensor:
    """Factor and addend are worked out anew each time; the factor is kept, the input is not."""
    channels = (x.shape[1],)
    number = tape.crumb()
    widened = tape.new(channels)
    tape.drop(number)
    root = tape.new(channels)
    tape.drop(widened)
    scale = tape.new(channels)
    tape.drop(root)
    mean, shift = tape.new(channels), tape.new(channels)
    tape.drop(mean)
    product = _scaled(tape, x, scale)
    addend = ops.view(tape, shift, (*channels, *[1] * (len(x.shape) - 2)))
    out = ops.add(tape, product, addend)
    tape.drop(product, addend, scale, shift)
    return out


def _scaled(tape: Tape, x: Tensor, weight: Tensor) -> Tensor:
    factor = ops.view(tape, weight, (*weight.shape, *[1] * (len(x.shape) - 2)))
    out = ops.mul(tape, x, factor)
    tape.drop(factor)
    return out


@rule("L2Norm")
def l2_norm(tape: Tape, site: Site, x: Tensor) -> Tensor:
    """``F.normalize``: the length, clamped and expanded, divides; then the scale."""
    length = _length(tape, x)
    clamped = tape.record(tape.another(length, length.shape), (length,), _clamp_backward(tape, length), (length,))
    tape.drop(length)
    strides = (*contiguous(clamped.shape)[:1], 0, *contiguous(clamped.shape)[2:])
    whole = tape.view(clamped, x.shape, strides)
    small = clamped.shape
    tape.record(whole, (clamped,), lambda gradient: (tape.another(gradient, small, "gradient"),))
    tape.drop(clamped)
    unit = ops.div(tape, x, whole)
    tape.drop(whole)
    out = _scaled(tape, unit, site.weights["weight"])
    tape.drop(unit)
    return out


def _length(tape: Tape, x: Tensor) -> Tensor:
    """``linalg_vector_norm`` over the channels: its gradient is grad * (x / norm), zero where the norm is."""
    small, full = (x.shape[0], 1, *x.shape[2:]), x.shape

    def backward(gradient: Tensor) -> list[Tensor | None]:
        quotient = tape.another(gradient, full, "quotient")
        tape.drop(tape.new(small, "mask", 1))
        out = tape.another(gradient, full, "gradient")
        tape.drop(quotient)
        return [out]

    out = tape.new(small, "length", autocast.itemsize_of(tape, "linalg_vector_norm", x))
    return tape.record(out, (x,), backward, (x, out))


def _clamp_backward(tape: Tape, x: Tensor) -> Backward:
    """``where(self >= min, grad, 0)``."""
    shape = x.shape

    def backward(gradient: Tensor) -> list[Tensor | None]:
        mask, zero = tape.new(shape, "mask", 1), tape.another(gradient, (), "zero")
        out = tape.another(gradient, shape, "gradient")
        tape.drop(mask, zero)
        return [out]

    return backward


@rule("LocalResponseNorm")
def local_response_norm(tape: Tape, site: Site, x: Tensor) -> Tensor:
    """Line by line ``torch.nn.functional.local_response_norm``, which binds one name again and again."""
    batch, channels, *sizes = x.shape
    size = site.arguments["size"]
    wide: tuple[int, ...]
    more: tuple[int, ...]
    if len(sizes) == 1:
        wide, more = (batch, 1, channels, sizes[0]), (batch, 1, channels + size - 1, sizes[0])
    else:
        rest = 1
        for each in sizes[1:]:
            rest *= each
        wide = (batch, 1, channels, sizes[0], rest)
        more = (batch, 1, channels + size - 1, sizes[0], rest)

    def then(before: Tensor, after: Tensor) -> Tensor:
        tape.drop(before)
        return after

    div = ops.mul(tape, x, x)
    div = then(div, ops.view(tape, div, wide))
    div = then(div, ops.resized(tape, div, more))
    (seen,) = autocast.cast_for(tape, "avg_pool2d" if len(sizes) == 1 else "avg_pool3d", (div,))
    pooled = ops.resized(tape, seen, wide, (seen,))
    tape.drop(seen)
    line = ops.view(tape, pooled, (batch, channels, *wide[3:]))
    tape.drop(pooled)
    div = then(div, line)
    if len(sizes) > 1:
        div = then(div, ops.view(tape, div, x.shape))
    scaled = ops.mul_number(tape, div)
    scaled = then(scaled, ops.add_number(tape, scaled))
    scaled = then(scaled, ops.power(tape, scaled))
    div = then(div, scaled)
    out = ops.div(tape, x, div)
    tape.drop(div)
    return out
