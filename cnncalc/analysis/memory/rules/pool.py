"""Pooling and unpooling."""

from __future__ import annotations

from cnncalc.analysis.memory import autocast, ops
from cnncalc.analysis.memory.layout import channels_last, is_channels_last
from cnncalc.analysis.memory.rules.resize import padded
from cnncalc.analysis.memory.rules.table import Site, each_rank, rule
from cnncalc.analysis.memory.tape import Tape
from cnncalc.analysis.memory.tensors import Tensor
from cnncalc.shape import Shape

GATHERS_IN_PLACE = (2, 14)
"""From this release of torch on the gradient of unpooling is gathered out of the maps however they lie."""


def squeezed(tape: Tape, x: Tensor, shape: Shape, saves_input: bool) -> Tensor:
    """A pooling of one axis: torch pools two, the first of extent 1, and squeezes the result."""
    flat = ops.view(tape, x, (*x.shape[:2], 1, x.shape[2]))
    made = ops.resized(tape, flat, (*shape[:2], 1, shape[2]), (flat,) if saves_input else ())
    out = ops.view(tape, made, shape)
    tape.drop(flat, made)
    return out


def with_indices(tape: Tape, x: Tensor, shape: Shape, packed: bool = False) -> tuple[Tensor, Tensor]:
    """The result and the int64 indices; both indices and input are kept."""
    keeps = not packed and is_channels_last(x.shape, x.strides)
    strides = channels_last(shape) if keeps else None
    out = tape.another(x, shape, strides=strides)
    indices = tape.new(shape, "indices", ops.INDEX_BYTES, strides)
    tape.record(out, (x,), ops.gradient_of(tape, x), (x, indices))
    return out, indices


@rule(*each_rank("MaxPool"), *each_rank("AdaptiveMaxPool"))
def max_pool(tape: Tape, site: Site, x: Tensor) -> Tensor | tuple[Tensor, Tensor]:
    """The indices are made whether anybody wants them or not, but for one axis on the CPU without gradients
    (``MaxPooling.cpp``)."""
    shape = site.shape
    if site.rank == 1 and not site.name.startswith("Adaptive") and tape.cpu and not site.indices and not tape.wants(x):
        return tape.another(x, shape)
    if site.rank == 1:
        flat = ops.view(tape, x, (*x.shape[:2], 1, x.shape[2]))
        wide, places = with_indices(tape, flat, (*shape[:2], 1, shape[2]))
        out, indices = ops.view(tape, wide, shape), tape.view(places, shape)
        tape.drop(flat, wide, places)
    else:
        out, indices = with_indices(tape, x, shape, site.name == "AdaptiveMaxPool3d")
    if site.indices:
        return out, indices
    tape.drop(indices)
    return out


@rule(*each_rank("AvgPool"))
def avg_pool(tape: Tape, site: Site, x: Tensor) -> Tensor:
    return averaged(tape, x, site.shape)


def averaged(tape: Tape, x: Tensor, shape: Shape) -> Tensor:
    """Keeps the input, for its size."""
    rank = len(shape) - 2
    return squeezed(tape, x, shape, True) if rank == 1 else ops.resized(tape, x, shape, (x,), packed=rank == 3)


@rule("mean_inside")
def mean_inside(tape: Tape, site: Site, x: Tensor) -> Tensor:
    """The mean with zeros, over the share of each window that is no padding."""

    def mean(x: Tensor, shape: Shape) -> Tensor:
        wide = padded(tape, x, site.arguments["sides"], "constant")
        (seen,) = autocast.cast_for(tape, f"avg_pool{len(shape) - 2}d", (wide,))
        made = averaged(tape, seen, shape)
        tape.drop(seen, wide)
        return made

    total = mean(x, site.shape)
    ones = tape.another(x, (1, 1, *x.shape[2:]))
    inside = mean(ones, (1, 1, *site.shape[2:]))
    tape.drop(ones)
    out = ops.div(tape, total, inside)
    tape.drop(total, inside)
    return out


@rule(*each_rank("AdaptiveAvgPool"))
def adaptive_avg_pool(tape: Tape, site: Site, x: Tensor) -> Tensor:
    """To size 1 it is a mean, which keeps nothing; else it keeps the input."""
    keeps = any(each != 1 for each in site.shape[2:])
    if site.rank == 1:
        return squeezed(tape, x, site.shape, keeps)
    if keeps:
        return ops.resized(tape, x, site.shape, (x,), packed=site.rank == 3)
    made = ops.mean(tape, x, site.shape)
    if is_channels_last(x.shape, x.strides):
        ops.restride(tape, made, channels_last(site.shape))
    return made


@rule(*each_rank("MaxUnpool"))
def max_unpool(tape: Tape, site: Site, x: Tensor, indices: Tensor) -> Tensor:
    """Keeps the indices, and the format of maps; backward gathers, and gives a view of what it gathered; up to torch
    2.13 out of a copy where the gradient lies otherwise than the indices (``max_pool_double_backward``).

    ``site.shape`` is not what it makes where a padding is cut off behind it."""
    before = x.shape
    shape = (*before[:2], *site.arguments["output_size"])
    last = is_channels_last(indices.shape, indices.strides)

    def backward(gradient: Tensor) -> list[Tensor | None]:
        lying = ops.formatted(tape, gradient, last) if tape.torch < GATHERS_IN_PLACE else None
        made = tape.another(gradient, before, "gradient")
        made.is_view = True
        tape.drop(lying)
        return [made]

    if site.rank > 1:
        keeps = site.rank == 2 and is_channels_last(before, x.strides)
        out = tape.another(x, shape, strides=ops.format_of(shape, keeps))
        return tape.record(out, (x,), backward, (indices,))
    before = (*before, 1)
    flat = ops.view(tape, x, before)
    wide = tape.record(tape.another(x, (*shape, 1)), (flat,), backward, (indices,))
    out = ops.view(tape, wide, shape)
    tape.drop(flat, wide)
    return out
