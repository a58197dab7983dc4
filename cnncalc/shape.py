"""Shapes: channels first, any number of spatial axes, no batch axis stored.

``(3, 227, 227)`` is an image, ``(1, 64, 128, 128)`` a volume, ``(16, 100)`` a signal, ``(784,)`` a vector of features.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from math import prod
from typing import TypeAlias

from cnncalc.errors import Diagnostic
from cnncalc.source import Mark

Shape: TypeAlias = tuple[int, ...]

AXIS_NAMES: dict[int, tuple[str, ...]] = {0: (), 1: ("L",), 2: ("H", "W"), 3: ("D", "H", "W")}
"""The names of the spatial axes, by their number."""


def axis_names(rank: int) -> tuple[str, ...]:
    """Names of ``rank`` spatial axes: ``H W`` for 2; ``axis 1``, ``axis 2`` ... beyond 3."""
    return AXIS_NAMES.get(rank) or tuple(f"axis {number}" for number in range(1, rank + 1))


def by_axis(lines: Sequence[str]) -> str:
    """Lines of the spatial axes as one: the line itself where all are alike, else ``H: ..., W: ...``."""
    if len(set(lines)) == 1:
        return lines[0]
    return ", ".join(f"{name}: {line}" for name, line in zip(axis_names(len(lines)), lines, strict=True))


def show(shape: Iterable[int]) -> str:
    """``96x55x55``."""
    return "x".join(map(str, shape))


def product(values: Iterable[int]) -> str:
    """``256*6*6``, the factors as a worked formula shows them."""
    return "*".join(map(str, values))


def elements(shape: Shape) -> int:
    """How many values a tensor of this shape holds, for one example."""
    return prod(shape)


_IMAGE = 28
"""A side of an image, at the least."""


def misread(shape: Shape, mark: Mark) -> Diagnostic | None:
    """What a shape is taken for that is written as another tool writes it (T107, T114); None where it is ours."""
    return channels_last(shape, mark) or batch_first(shape, mark)


def batch_first(shape: Shape, mark: Mark) -> Diagnostic | None:
    """T114 where a shape looks like an image with its batch of 1 in front."""
    if len(shape) != 4 or shape[0] != 1 or shape[1] not in (1, 3) or shape[2] != shape[3] or shape[2] < _IMAGE:
        return None
    message = f"{show(shape)} looks like batch x channels x height x width"
    image = show(shape[1:])
    volume = f"if it is a volume: `{image} | reshape {show(shape)} | ...`"
    return Diagnostic("T114", message, mark, "the batch is no part of a shape", help=(f"write {image}", volume))


def channels_last(shape: Shape, mark: Mark) -> Diagnostic | None:
    """T107 where a shape looks as if its channels stood last."""
    if len(shape) < 3 or shape[-1] not in (1, 3, 4) or min(shape[:-1]) <= 8:
        return None
    if len(set(shape[:-1])) != 1 and (shape[-1] != 3 or min(shape[:-1]) < 32):
        return None
    order = {3: "height x width x channels", 4: "depth x height x width x channels"}.get(len(shape), "channels last")
    right = show((shape[-1], *shape[:-1]))
    message = f"{show(shape)} looks like {order}"
    return Diagnostic("T107", message, mark, "channels come first here", help=(f"write {right}",))
