"""A network whose weighted layers follow each other has no activation at all.

## What it means

Convolutions and fully connected layers follow each other, and nowhere in the
network is there a `relu` or another activation (one at the very end, such as
`softmax`, does not count).

## Why it matters

Without activations depth is worth little: linear layers in a row are one linear
layer, and max pooling alone does not change that much. A table copied from a
paper often leaves them out ("the ReLU activation function is not shown for
brevity", VGG, arXiv 1409.1556, table 1): then the shapes and the parameters are
right, but the memory is too small, and what is exported or trained is not the
network that is meant.

## Bad

```phrase
3x32x32 | conv3-64 | maxpool | conv3-128 | maxpool | FC-10 | softmax
```

## Good

```phrase
3x32x32 | (conv3-64 | relu | maxpool)*2 | FC-10 | softmax
```

## How to fix it

- An activation behind every convolution and every hidden `fc`.
- Ignore it where the file is meant for shapes and parameters only.
"""

from __future__ import annotations

from collections.abc import Iterator

from cnncalc.errors import Diagnostic
from cnncalc.graph import Node
from cnncalc.rules._kinds import WEIGHTED, is_activated
from cnncalc.rules._subject import Subject, View
from cnncalc.source import Mark

SEVERITY = "info"


def check(subject: Subject) -> Iterator[Diagnostic]:
    told: set[Mark | None] = set()
    for view in subject.views:
        if not view.complete or is_activated(view):
            continue
        depths = in_a_row(view)
        second = next((node for node in view.graph.layers if node.kind in WEIGHTED and depths[node.index] == 2), None)
        if second is None or second.mark in told:
            continue
        told.add(second.mark)
        first = next(node for node in view.ancestors(second) if node.kind in WEIGHTED)
        yield subject.finding(
            f"no activation inside this network: up to {max(depths)} weighted layers follow each other",
            second.mark,
            f"{first.name}, then {second.name}",
            help=(f"{first.kind} | relu | {second.kind}",),
            layer=second.name,
            view=view,
        )


def in_a_row(view: View) -> list[int]:
    """For every node, the most weighted layers on a path from an input to it, its own included."""
    found: list[int] = []
    for node in view.graph.nodes:
        found.append(max((found[each] for each in node.inputs), default=0) + _weighs(node))
    return found


def _weighs(node: Node) -> bool:
    return node.kind in WEIGHTED
