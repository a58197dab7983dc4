"""The roofline (Williams, Waterman and Patterson 2009): operations and bytes of a layer, and how fast it may run.

A layer can run no faster than its operations take at the device's peak, nor than its bytes take at the device's
bandwidth.  The longer of the two says what it is bound by; the ratio of operations and bytes, its intensity, decides
which, and the intensity at which both take the same time is the ridge.

Convention.  Operations: 2 per MAC, and 1 per element of the other work (bias, normalisation, activation, pooling,
sums).  Bytes: the fewest a layer alone can move through memory: each value that flows in and each parameter is read
once, each output written once; views move nothing, a layer that works in place reads and writes.  What a library moves
besides (a copy in another layout, a workspace, statistics in a pass of their own) is not counted: it shows as time
above the floor.

Backward: a layer whose input depends on a parameter computes the gradient of that input, one with trainable weights
that of the weights, each for as many MACs as the forward pass; the other work is done once more.  The gradient of the
output is read, gradients of inputs and weights are written; the weights are read again for the gradient of the input,
the inputs again where the derivative depends on them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from cnncalc.graph import Graph, Node
from cnncalc.shape import elements
from cnncalc.units import FLOPS_PER_MAC

INDEX_BYTES = 8
"""The index of a maximum is an int64."""

IDLE_UNLESS_TRAINING = ("dropout", "droppath")
CONSTANT_DERIVATIVE = {
    *("add", "concat", "tile", "shuffle", "pad", "upsample", "pixelshuffle", "pixelunshuffle"),
    *("avgpool", "gap", "unpool", "dropout", "droppath", "times"),
}
"""Layers whose derivative does not depend on the values that flowed in, so that backward need not read them."""


class Cost(NamedTuple):
    """What a layer does and moves, for a whole batch.  ``flops`` are 2 x MACs, part of the ``operations``."""

    flops: int
    operations: int
    bytes: int

    @property
    def intensity(self) -> float | None:
        """Operations per byte; None where nothing is moved."""
        return self.operations / self.bytes if self.bytes else None

    def __add__(self, other: tuple[int, ...]) -> Cost:  # type: ignore[override]
        return Cost(*map(int.__add__, self, other))


NOTHING = Cost(0, 0, 0)


class Ceilings(NamedTuple):
    """What the device reaches when it does nothing else, measured."""

    operations_per_second: float
    bytes_per_second: float

    @property
    def ridge(self) -> float:
        """The intensity from which on operations are the longer term."""
        return self.operations_per_second / self.bytes_per_second


class Place(NamedTuple):
    """A layer's place below the roofline.

    ``bound`` is ``memory`` or ``compute``, None where it neither moves nor computes anything; ``floor`` the seconds
    it takes at least; ``attainable`` the operations per second at its intensity; ``share`` the floor as a share of
    the time that was measured.
    """

    intensity: float | None
    bound: str | None
    floor: float
    attainable: float | None
    share: float | None


def place(cost: Cost, ceilings: Ceilings, seconds: float | None = None) -> Place:
    """Where a cost lies, and how near the roof a time comes."""
    computing = cost.operations / ceilings.operations_per_second
    moving = cost.bytes / ceilings.bytes_per_second
    floor = max(computing, moving)
    if floor == 0:
        return Place(None, None, 0.0, None, None)
    attainable = cost.operations / floor if cost.operations else None
    share = floor / seconds if seconds else None
    return Place(cost.intensity, "compute" if computing > moving else "memory", floor, attainable, share)


def floor(found: Sequence[Cost], ceilings: Ceilings) -> float:
    """Seconds that the layers need at least, one after the other: what the roofline predicts for the network."""
    return sum(place(each, ceilings).floor for each in found)


def total(found: Sequence[Cost]) -> Cost:
    return sum(found, NOTHING)


def learns(graph: Graph) -> list[bool]:
    """For every node whether its value depends on a trainable parameter, so that a gradient flows through it."""
    found: list[bool] = []
    for node in graph.nodes:
        found.append(node.facts.trainable > 0 or any(found[each] for each in node.inputs))
    return found


def costs(graph: Graph, batch: int, value_bytes: int, backward: bool = False) -> list[Cost]:
    """The cost of every node of a graph, inputs of the network (which cost nothing) among them, in the order of the
    nodes: of the forward pass in inference, or of a training step's forward and backward pass together."""
    indexed = {each for node in graph.nodes for each in node.links}
    learned = learns(graph)
    found = []
    for node in graph.nodes:
        cost = forward(graph, node, batch, value_bytes, node.index in indexed, training=backward)
        if backward:
            cost += behind(graph, node, batch, value_bytes, learned)
        found.append(cost)
    return found


def moves(node: Node, training: bool) -> bool:
    """Whether the layer touches any value: no input, no view, no dropout in inference."""
    if node.layer is None or node.layer.alias:
        return False
    return training or node.kind not in IDLE_UNLESS_TRAINING


def reads_again(node: Node) -> bool:
    """Whether backward needs the values that flowed in."""
    if node.kind == "adaptive":
        return bool(getattr(node.layer, "max", False))
    if node.facts.macs:
        return node.facts.trainable > 0
    return node.kind not in CONSTANT_DERIVATIVE


def forward(graph: Graph, node: Node, batch: int, value_bytes: int, indexed: bool, training: bool) -> Cost:
    """The cost of one node; ``indexed``: a max pooling whose indices are kept."""
    if not moves(node, training):
        return NOTHING
    facts = node.facts
    flops = FLOPS_PER_MAC * facts.macs * batch
    values = sum(elements(graph.shape(each)) for each in set(node.inputs)) + elements(facts.output)
    indices = sum(elements(graph.shape(each)) for each in node.links) + (elements(facts.output) if indexed else 0)
    kept = facts.trainable + facts.frozen + sum(each.count for each in facts.buffers if not each.counter)
    moved = (values * batch + kept) * value_bytes + indices * batch * INDEX_BYTES
    return Cost(flops, flops + sum(facts.work) * batch, moved)


def behind(graph: Graph, node: Node, batch: int, value_bytes: int, learned: Sequence[bool]) -> Cost:
    """The cost of a node's backward pass; nothing where no gradient flows through it."""
    if not learned[node.index] or not moves(node, training=True):
        return NOTHING
    facts = node.facts
    inputs = set(node.inputs)
    followed = [each for each in inputs if learned[each]]
    flops = FLOPS_PER_MAC * facts.macs * batch * (bool(followed) + (facts.trainable > 0))
    values = elements(facts.output) + sum(elements(graph.shape(each)) for each in followed)
    if reads_again(node):
        values += sum(elements(graph.shape(each)) for each in inputs)
    weights = facts.trainable + (facts.trainable + facts.frozen if followed else 0)
    indices = sum(elements(graph.shape(each)) for each in node.links)
    moved = (values * batch + weights) * value_bytes + indices * batch * INDEX_BYTES
    return Cost(flops, flops + sum(facts.work) * batch, moved)
