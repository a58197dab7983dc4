"""Strides, as far as memory depends on them: a reshape that cannot be a view copies (``aten/src/ATen/TensorUtils.cpp``,
``computeStride``).  Strides of None stand for a contiguous tensor.
"""

from __future__ import annotations

from collections.abc import Sequence

from cnncalc.shape import Shape

Strides = tuple[int, ...]


def contiguous(shape: Shape) -> Strides:
    """The strides of a contiguous tensor."""
    strides = [1] * len(shape)
    for axis in range(len(shape) - 2, -1, -1):
        strides[axis] = strides[axis + 1] * max(shape[axis + 1], 1)
    return tuple(strides)


def lies_as(shape: Shape, strides: Strides | None, others: Strides | None) -> bool:
    """Whether the values lie in the same order; the stride of an axis of extent 1 does not matter."""
    if strides == others:
        return True
    pairs = zip(shape, strides or contiguous(shape), others or contiguous(shape), strict=True)
    return all(a == b or extent == 1 for extent, a, b in pairs)


def simplest(shape: Shape, strides: Strides) -> Strides | None:
    """None for the very strides of a contiguous tensor.  A map of one position, or of one channel, may lie so and say
    channels last all the same, by the stride of an axis of extent 1."""
    return None if strides == contiguous(shape) else strides


def is_dense(shape: Shape, strides: Strides | None) -> bool:
    """Whether the values fill their memory without gap or overlap."""
    if strides is None:
        return True
    step = 1
    for stride, extent in sorted(zip(strides, shape, strict=True)):
        if extent != 1:
            if stride != step:
                return False
            step *= extent
    return True


def like(shape: Shape, strides: Strides | None) -> Strides | None:
    """The strides of an element-wise result of one input, or of several of one shape: contiguous where it lies so, else
    :func:`preserved` (``compute_fast_setup_type`` in ``TensorIterator.cpp``)."""
    return None if lies_as(shape, strides, None) else preserved(shape, strides)


def preserved(shape: Shape, strides: Strides | None) -> Strides | None:
    """As the input where it is dense, else packed in the same order: what is cast, and of several shapes."""
    if strides is None or is_dense(shape, strides):
        return strides
    found = [0] * len(shape)
    step = 1
    for axis in sorted(range(len(shape)), key=lambda axis: (strides[axis], -axis)):
        found[axis] = step
        step *= shape[axis]
    return simplest(shape, tuple(found))


def channels_last_order(shape: Shape) -> tuple[int, ...]:
    """The axes from the closest to the farthest."""
    return (1, *range(len(shape) - 1, 1, -1), 0)


def is_channels_last(shape: Shape, strides: Strides | None) -> bool:
    """``is_channels_last_strides_2d`` and ``_3d`` (c10/core/MemoryFormat.h)."""
    if len(shape) not in (4, 5) or strides is None:
        return False
    least = 0
    if not strides[1]:
        return False
    for axis in channels_last_order(shape):
        if strides[axis] < least or (axis == 0 and least == strides[1]):
            return False
        least = strides[axis] * max(shape[axis], 1)
    return True


def channels_last(shape: Shape) -> Strides:
    """The strides of a channels-last tensor."""
    strides = [0] * len(shape)
    step = 1
    for axis in channels_last_order(shape):
        strides[axis] = step
        step *= shape[axis]
    return tuple(strides)


def reshaped(shape: Shape, strides: Strides | None, target: Shape) -> tuple[bool, Strides | None]:
    """Whether a view of this shape exists, and its strides."""
    if strides is None:
        return True, None
    found = [0] * len(target)
    place = len(target) - 1
    chunk = 1
    base = strides[-1]
    for axis in range(len(shape) - 1, -1, -1):
        chunk *= shape[axis]
        if axis == 0 or (shape[axis - 1] != 1 and strides[axis - 1] != chunk * base):
            filled = 1
            while place >= 0 and (filled < chunk or target[place] == 1):
                found[place] = filled * base
                filled *= target[place]
                place -= 1
            if filled != chunk:
                return False, None
            if axis > 0:
                base = strides[axis - 1]
                chunk = 1
    return (True, simplest(target, tuple(found))) if place == -1 else (False, None)


def permuted(values: Sequence[int], order: Sequence[int]) -> tuple[int, ...]:
    return tuple([values[axis] for axis in order])
