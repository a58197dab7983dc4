"""Receptive fields: for every node, the largest over all paths from an input.

Two paths are kept along every axis: the largest that slides (it grows with every further window) and the largest
that has seen its whole map (a pooling over everything, a fully connected layer), which no longer moves.
"""

from __future__ import annotations

from typing import NamedTuple, TypeAlias

from cnncalc.graph import Graph, Node
from cnncalc.layers.base import EVERYWHERE
from cnncalc.reach import Field, Reach, ReceptiveField
from cnncalc.shape import Shape


class Paths(NamedTuple):
    """The largest sliding and the largest fixed field along one axis."""

    sliding: Field | None
    fixed: Field | None

    @property
    def largest(self) -> ReceptiveField:
        if self.sliding is None or (self.fixed is not None and self.fixed.size > self.sliding.size):
            assert self.fixed is not None
            return self.fixed.whole()
        return self.sliding.whole()


Fields: TypeAlias = tuple[Paths, ...]


def larger(a: Field | None, b: Field | None) -> Field | None:
    if a is None or b is None:
        return a or b
    return b if (b.size, -b.start) > (a.size, -a.start) else a


def merged(several: list[Fields]) -> Fields:
    """The largest of several values' fields, axis by axis."""
    longest = max(several, key=len)
    found = []
    for axis, paths in enumerate(longest):
        for other in several:
            if axis < len(other):
                paths = Paths(larger(paths.sliding, other[axis].sliding), larger(paths.fixed, other[axis].fixed))
        found.append(paths)
    return tuple(found)


def fixed_over(paths: Paths, extent: int) -> Paths:
    """The field of something that sees all ``extent`` positions."""
    whole = paths.fixed
    if paths.sliding is not None:
        swept = paths.sliding.step(Reach(extent, 0, 0))
        whole = larger(swept, whole)
    return Paths(None, whole)


def stepped(fields: Fields, reach: tuple[Reach, ...] | str | None, shape: Shape) -> Fields:
    """The fields behind a layer; ``shape`` flows in."""
    if reach is None or not fields:
        return fields
    if isinstance(reach, str):
        assert reach == EVERYWHERE
        extents = (*shape[1:], *(1,) * len(fields))
        return tuple(fixed_over(paths, extent) for paths, extent in zip(fields, extents, strict=False))
    moved = tuple(
        Paths(paths.sliding.step(one) if paths.sliding else None, paths.fixed)
        for paths, one in zip(fields, reach, strict=False)
    )
    return (*moved, *fields[len(moved) :])  # a window along one axis of what was reshaped still sees the others


def receptive_fields(graph: Graph) -> list[Fields]:
    """The fields of every node, inputs included; empty for what comes from a vector of features."""
    found: list[Fields] = []
    known: dict[tuple[int, tuple[Reach, ...] | str | None, Shape], Fields] = {}
    for node in graph.nodes:
        if node.layer is None:
            start = Paths(Field(1, 1, 0), None)
            found.append((start,) * (len(node.facts.output) - 1))
            continue
        found.append(fields_of(node, found, graph, known))
    return found


def fields_of(
    node: Node,
    found: list[Fields],
    graph: Graph,
    known: dict[tuple[int, tuple[Reach, ...] | str | None, Shape], Fields],
) -> Fields:
    reach = node.facts.reach
    first = found[node.inputs[0]]
    if len(node.inputs) > 1:
        first = merged([found[each] for each in node.inputs])
    if reach is None:
        return first
    shape = graph.nodes[node.inputs[0]].facts.output
    key = (id(first), reach, shape)
    fields = known.get(key)
    if fields is None:
        fields = known[key] = stepped(first, reach, shape)
    return fields
