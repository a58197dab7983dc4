"""Data types and memory formats a probe knows."""

from __future__ import annotations

from typing import NamedTuple

import torch

from cnncalc.backend.probe.stopwatch import Unsupported
from cnncalc.graph import Graph


class Kind(NamedTuple):
    """A data type of weights and values alike; ``tf32`` lets the matrix units round float32 factors to 10 bits."""

    name: str
    dtype: torch.dtype
    tf32: bool = False

    def check(self, device: torch.device) -> None:
        """Raise :class:`Unsupported` where the device has it not."""
        if not self.tf32:
            return
        if device.type != "cuda":
            raise Unsupported(f"tf32 is a mode of CUDA's matrix units; {device.type} has none")
        if torch.version.hip is None and torch.cuda.get_device_capability(device) < (8, 0):
            raise Unsupported("tf32 needs compute capability 8.0")


DTYPES = {
    each.name: each
    for each in (
        Kind("float32", torch.float32),
        Kind("tf32", torch.float32, tf32=True),
        Kind("bfloat16", torch.bfloat16),
        Kind("float16", torch.float16),
    )
}


def memory_format(name: str, graph: Graph) -> torch.memory_format:
    """What ``channels_last`` means for a network; raises :class:`Unsupported` where its inputs are no maps."""
    if name == "contiguous":
        return torch.contiguous_format
    ranks = {len(graph.shape(index)) for _, index in graph.inputs}
    if ranks == {3}:
        return torch.channels_last
    if ranks == {4}:
        return torch.channels_last_3d
    raise Unsupported("channels_last is for inputs of two or three spatial axes")


def arranged(value: torch.Tensor, arrangement: torch.memory_format) -> torch.Tensor:
    """A tensor in a memory format, where its axes allow it."""
    ranks = {torch.channels_last: 4, torch.channels_last_3d: 5}
    if ranks.get(arrangement, value.dim()) != value.dim():
        return value
    return value.contiguous(memory_format=arrangement)
