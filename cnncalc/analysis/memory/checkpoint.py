"""Checkpointing: stretches of the network whose inner values are worked out again in backward (Chen et al. 2016, arXiv
1604.06174), as ``torch.utils.checkpoint`` does it.

A stretch ends at a cut: a node after which its own value is all that the rest of the network needs.  Forward runs it
without recording and keeps what flowed in; backward runs it again, recording, and goes back through it at once.  What
comes behind the last cut is not checkpointed.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from cnncalc.analysis.memory import autocast
from cnncalc.analysis.memory.run import Run
from cnncalc.analysis.memory.tensors import Tensor
from cnncalc.graph import Graph, Node


def cut_points(graph: Graph) -> list[int]:
    """The nodes after which nothing but their own value is needed (no indices either), and that nobody overwrites."""
    nodes = graph.nodes
    last = [node.index for node in nodes]
    for node in nodes:
        for each in (*node.inputs, *node.links):
            last[each] = node.index
    outputs = {index for _, index in graph.outputs}
    barred = outputs | {link for node in nodes for link in node.links}
    barred |= {node.inputs[0] for node in nodes if node.layer is not None and node.layer.is_inplace}
    found = []
    open_until = -1
    for node in nodes:
        at = node.index
        if at >= len(graph.inputs) and open_until <= at and last[at] > at and at not in barred:
            found.append(at)
        open_until = max(open_until, len(nodes) if at in outputs else last[at])
    return found


class Checkpointed(Run):
    """A run with checkpoints."""

    def __init__(self, cuts: tuple[int, ...], *arguments: Any) -> None:
        super().__init__(*arguments)
        self.cuts = cuts

    def forward(self) -> None:
        nodes = self.graph.nodes
        first = len(self.graph.inputs)
        for node in nodes[:first]:
            self.advance(node)
        for cut in self.cuts:
            self.stretch(nodes[first : cut + 1])
            first = cut + 1
        for node in nodes[first:]:
            self.advance(node)

    def stretch(self, nodes: Sequence[Node]) -> None:
        """One stretch, forward; its step will run it again."""
        tape = self.tape
        entering = {index: tape.hold(value) for index, value in self.values.items()}
        tape.recording = False
        for node in nodes:
            self.advance(node)
        tape.recording = True
        out = self.values[nodes[-1].index]
        weights = {id(each): each for node in nodes for each in self.weights[node.owner].values()}
        flowing = [each for each in entering.values() if each.needs_grad]
        shapes = {
            index: (value.storage, value.shape, value.itemsize, value.strides, value.needs_grad)
            for index, value in entering.items()
        }

        def backward(gradient: Tensor) -> list[Tensor | None]:
            leaves: dict[int, Tensor] = {}
            for index, (storage, shape, itemsize, strides, wanted) in shapes.items():
                leaf = leaves[index] = Tensor(storage, shape, itemsize, strides)
                leaf.needs_grad = leaf.parameter = wanted
            before, self.values = self.values, dict(leaves)
            self.phase = "recompute"
            tape.autocast = self.amp
            for node in nodes:
                self.advance(node)
            autocast.leave(tape)
            self.phase = "forward"
            again = self.values.pop(nodes[-1].index)
            self.values = before
            if again.step is not None:
                tape.flow(again.step, tape.hold(gradient))
            tape.drop(again)
            found = [tape.gradients.pop(id(leaf), None) for leaf in leaves.values() if leaf.needs_grad]
            return [*found, *[None] * len(weights)]

        tape.record(out, (*flowing, *weights.values()), backward, tuple(entering.values()))
        tape.drop(*entering.values())
