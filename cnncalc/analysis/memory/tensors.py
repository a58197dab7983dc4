"""Tensors without values: memory, who holds it, and the steps of backward."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple, TypeAlias

from cnncalc.shape import Shape

Backward: TypeAlias = "Callable[[Tensor], Sequence[Tensor | None]]"
"""From the gradient of a result to those of the inputs, then of the parameters."""

Strides: TypeAlias = tuple[int, ...]


class NotModelled(ValueError):
    """What the memory model does not cover: refused, never counted as 0.  ``culprit`` names the node."""

    def __init__(self, message: str, culprit: str = "") -> None:
        super().__init__(message)
        self.culprit = culprit


class InplaceFault(ValueError):
    """An operation in place, at the node ``culprit``, that torch refuses in backward: it overwrote what an earlier one
    had saved."""

    def __init__(self, message: str, culprit: str = "") -> None:
        super().__init__(message)
        self.culprit = culprit


class Storage:
    """Memory: ``bytes`` as requested, what it is, who holds it, how often it was overwritten, and whether it is listed
    among the saved tensors (parameters, buffers and wrapped numbers are not)."""

    __slots__ = ("bytes", "holders", "listed", "name", "overwriter", "place", "version")

    def __init__(self, bytes: int, name: str, place: str) -> None:
        self.bytes = bytes
        self.name = name
        self.place = place
        self.holders = 0
        self.version = 0
        self.listed = True
        self.overwriter = ""


class Tensor:
    """A view of a storage, as it was in that ``version``: shape, bytes per value, strides (None: contiguous), and the
    step that made it, where gradients flow."""

    __slots__ = (
        "holders", "is_view", "itemsize", "needs_grad", "parameter", "shape", "step", "storage", "strides", "version",
    )  # fmt: skip

    def __init__(
        self, storage: Storage, shape: Shape, itemsize: int, strides: Strides | None = None, is_view: bool = False
    ) -> None:
        storage.holders += 1
        self.storage = storage
        self.shape = shape
        self.itemsize = itemsize
        self.strides = strides
        self.is_view = is_view
        self.version = storage.version
        self.holders = 1
        self.step: Step | None = None
        self.needs_grad = False
        self.parameter = False


class Step:
    """A node of the autograd graph; ``metadata`` are the shapes and the bytes per value of its inputs, ``saved`` what
    backward needs, with the version of its memory."""

    __slots__ = ("backward", "edges", "holders", "metadata", "place", "saved", "sequence", "waiting")

    def __init__(
        self,
        sequence: int,
        place: str,
        backward: Backward,
        saved: list[tuple[Tensor, int]],
        edges: list[Step | Tensor | None],
        metadata: list[tuple[Shape, int]],
    ) -> None:
        self.sequence = sequence
        self.place = place
        self.backward = backward
        self.saved = saved
        self.edges = edges
        self.metadata = metadata
        self.waiting = 0
        self.holders = 1
        for edge in edges:
            if type(edge) is Step:
                edge.holders += 1


class Product(NamedTuple):
    """A matrix product of CUDA's library for them: its place among the events, whether backward's thread makes it, and
    whether the bias is added in it."""

    at: int
    backward: bool
    fused: bool


class Moment:
    """A stretch of the tape: one node in one phase."""

    __slots__ = ("after", "first", "last", "peak", "phase", "place")

    def __init__(self, phase: str, place: str, first: int, now: int) -> None:
        self.phase = phase
        self.place = place
        self.first = first
        self.last = first
        self.peak = now
        self.after = now
