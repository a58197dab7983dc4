"""A network of several weighted layers has no activation at all.

## What it means

Convolutions and fully connected layers follow each other, and nowhere between
them is there a `relu` or another activation (one at the very end, such as
`softmax`, does not count).

## Why it matters

Without activations depth is worth nothing: linear layers in a row are one
linear layer. A table copied from a paper often leaves them out ("the ReLU
activation function is not shown for brevity", VGG, arXiv 1409.1556, table 1):
then the shapes and the parameters are right, but the memory is too small, and
what is exported or trained is not the network that is meant.

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
from cnncalc.rules._kinds import WEIGHTED, is_activated
from cnncalc.rules._subject import Subject
from cnncalc.source import Mark

SEVERITY = "info"


def check(subject: Subject) -> Iterator[Diagnostic]:
    told: set[Mark | None] = set()
    for view in subject.views:
        if not view.complete or is_activated(view):
            continue
        weighted = [node for node in view.graph.layers if node.kind in WEIGHTED]
        if len(weighted) < 2 or weighted[1].mark in told:
            continue
        told.add(weighted[1].mark)
        yield subject.finding(
            f"no activation in this network: its {len(weighted)} weighted layers have nothing nonlinear between them",
            weighted[1].mark,
            f"{weighted[0].name}, then {weighted[1].name}",
            help=(f"{weighted[0].kind} | relu | {weighted[1].kind}",),
            layer=weighted[1].name,
            view=view,
        )
