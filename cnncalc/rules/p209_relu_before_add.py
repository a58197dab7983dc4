"""A relu at the end of a residual branch: the sum can only grow.

## What it means

A branch ends in `relu` (or `relu6`) and is added to the very value that it
began with. Branches that change the size of the map on their way (the levels of
a decoder with added skips) are not reported.

## Why it matters

What the branch adds is never negative, so that the signal on the shortcut can
only increase from block to block; a residual function should take values on
both sides of 0. He et al. 2016, "Identity Mappings in Deep Residual Networks"
(arXiv 1603.05027, section 4.1, "ReLU before addition") measure it: 7.84 % error
instead of 6.61 % (ResNet-110, CIFAR-10).

## Bad

```yaml
input: 64x32x32
layers:
  block: residual(conv 64 3 p1 nobias | bn | relu)
```

## Good

```yaml
input: 64x32x32
layers:
  block: residual(conv 64 3 p1 nobias | bn) | relu
```

## How to fix it

- Put the activation behind the sum, or in front of the convolutions
  (`bn | relu | conv`, as in the paper's own proposal).
"""

from __future__ import annotations

from collections.abc import Iterator

from cnncalc.errors import Diagnostic
from cnncalc.graph import Node
from cnncalc.rules._kinds import NORMS, RECTIFIERS, WEIGHTED, chosen
from cnncalc.rules._subject import Place, Subject

SEVERITY = "warning"

LONGEST = 64
"""No residual branch has more layers in a row."""


def check(subject: Subject) -> Iterator[Diagnostic]:
    for site, places in chosen(subject, RECTIFIERS, shortcut):
        start = shortcut(places[0])
        assert start is not None
        yield site.finding(
            f"this {site.word} ends a residual branch: what it adds is never negative",
            f"{start.name} + max(0, ...): the sum can only grow",
            help=(f"put it behind the sum: residual(...) | {site.word}",),
            places=places,
        )


def shortcut(place: Place) -> Node | None:
    """The value that the branch begins with and is added to."""
    view = place.view
    total = view.after(place.node, through=("dropout", "droppath"))
    if total is None or total.kind != "add":
        return None
    others = set(total.inputs)
    node: Node | None = place.node
    learned = False
    for _ in range(LONGEST):
        assert node is not None
        learned = learned or node.kind in (*WEIGHTED, *NORMS)
        if node.facts.output[1:] != place.output[1:]:
            return None
        node = view.before(node)
        if node is None:
            return None
        if node.index in others:
            return node if learned else None
    return None
