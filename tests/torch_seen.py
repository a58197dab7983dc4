"""What torch makes of every node of a graph, as the layers say it themselves."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import torch

from cnncalc.backend import truth
from cnncalc.backend.bench import batch_of
from cnncalc.backend.build import build
from cnncalc.graph import Graph
from cnncalc.shape import Shape

BATCH = 2


class Seen(NamedTuple):
    """A node as torch has it; ``macs`` for one example.  Parameters and buffers are those it runs with."""

    output: Shape
    parameters: Mapping[str, Shape]
    buffers: Mapping[str, Shape]
    macs: int


def inspect(graph: Graph) -> dict[str, Seen]:
    """All nodes, shapes without the batch; seen on ``meta``."""
    found: truth.Ran = []
    twin = build(graph, device="meta").eval()
    truth.observe(twin, graph, batch_of(graph, BATCH, "meta", torch.float32), found)
    lost = [each.name for each in found if each.output[0] != BATCH]
    if lost:
        raise ValueError(f"{lost[0]} does not keep the batch")
    return {each.name: Seen(each.output[1:], each.parameters, each.buffers, each.macs // BATCH) for each in found}
