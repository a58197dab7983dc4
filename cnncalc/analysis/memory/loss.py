"""Which loss a training step ends with, where nobody says.

Cross-entropy where the first output gives class scores: its final softmax is dropped, since torch's cross-entropy has
one of its own; without a softmax, two or more values (or maps of them) that come out of a weighted sum, and were at
most moved, resized or pooled since, are class scores.  Else the sum of the outputs' means.  Either can be asked for by
name.
"""

from __future__ import annotations

from math import prod
from typing import NamedTuple

from cnncalc.analysis.memory import autocast, ops
from cnncalc.analysis.memory.tape import Tape
from cnncalc.analysis.memory.tensors import Tensor
from cnncalc.graph import Graph, Node

CROSS_ENTROPY = "cross_entropy"
MEAN = "mean"
LOSSES = (CROSS_ENTROPY, MEAN)

_SOFTMAX = ("softmax", "logsoftmax")
_WEIGHTED = ("convolution", "dense")
_MOVING = ("shape", "resize", "pooling", "regularisation")
"""Families that only move or pool the scores."""


class Loss(NamedTuple):
    """``node`` gives the scores of a cross-entropy; ``skipped`` is the softmax that the loss takes in, if any."""

    name: str
    node: int
    skipped: int | None = None

    @property
    def about(self) -> str:
        """What the training step ends with, in words."""
        if self.name == MEAN:
            return "the sum of the outputs' means"
        return "cross-entropy on the first output" + (", its softmax dropped" if self.skipped is not None else "")


def loss_of(graph: Graph, wanted: str | None = None) -> Loss:
    """The loss of a graph's training step; raises :class:`ValueError` for a name that is none of ``LOSSES``."""
    if wanted not in (None, *LOSSES):
        raise ValueError(f"loss must be one of {', '.join(LOSSES)}, not {wanted!r}")
    first = graph.outputs[0][1]
    if wanted == MEAN:
        return Loss(MEAN, first)
    node = graph.nodes[first]
    taken = any(first in other.inputs for other in graph.nodes)
    if node.kind in _SOFTMAX and not taken and [index for _, index in graph.outputs].count(first) == 1:
        return Loss(CROSS_ENTROPY, node.inputs[0], first)
    if wanted or _is_scores(graph, node):
        return Loss(CROSS_ENTROPY, first)
    return Loss(MEAN, first)


def _is_scores(graph: Graph, node: Node) -> bool:
    """Whether a value without a softmax behind it holds a score per class."""
    family = _family(node)
    if node.facts.output[0] < 2:
        return False
    while family in _MOVING and len(node.inputs) == 1:
        node = graph.nodes[node.inputs[0]]
        family = _family(node)
    return family in _WEIGHTED


def _family(node: Node) -> str:
    return node.layer.family if node.layer is not None else ""


def cross_entropy(tape: Tape, scores: Tensor, target: Tensor) -> Tensor:
    """``F.cross_entropy``: a log-softmax, then the negative log-likelihood; between them, for one or three spatial
    axes, a view as maps (``LossNLL.cpp``)."""
    (scores,) = autocast.cast_for(tape, "cross_entropy_loss", (scores,))
    logs = ops.softmax(tape, scores)
    if len(scores.shape) in (3, 5):
        maps = ops.view(tape, logs, (*scores.shape[:2], 1, prod(scores.shape[2:])))
        tape.drop(logs)
        logs = maps
    loss = tape.another(logs, (), "loss")
    weight = tape.another(logs, (), "total weight")
    before = logs.shape
    tape.record(loss, (logs,), lambda gradient: (tape.another(gradient, before, "gradient"),), (logs, target, weight))
    tape.drop(weight, logs, scores)
    return loss


def means(tape: Tape, outputs: list[Tensor]) -> Tensor:
    """``a.mean() + b.mean()``, from left to right."""
    total = ops.mean(tape, outputs[0], ())
    for each in outputs[1:]:
        one = ops.mean(tape, each, ())
        more = ops.add(tape, total, one)
        tape.drop(total, one)
        total = more
    return total
