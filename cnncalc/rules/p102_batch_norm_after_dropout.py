"""Dropout in front of a batch norm shifts the variance that the norm relies on.

## What it means

Between a `dropout` and the next `bn` there is at most one convolution or fully
connected layer (and activations, max pooling, flattening).

## Why it matters

Dropout with rate p adds p/(1 - p) times the mean square of a value to its
variance, but only while training. The norm keeps a running average of that
larger variance and divides by it at test, where dropout is off: everything
behind it sees values of another scale than it was trained with. Li, Chen, Hu &
Yang, "Understanding the Disharmony between Dropout and Batch Normalization by
Variance Shift" (CVPR 2019, arXiv 1801.05134) measure the shift and the accuracy
that it costs, and advise to put dropout behind the last batch norm. The wider
the layers, the less it matters (Wide ResNets, arXiv 1605.07146, live with it).

## Bad

```yaml
input: 3x32x32
layers:
  conv1: conv 64 3 p1 nobias | bn | relu | dropout 0.3
  conv2: conv 64 3 p1 nobias | bn | relu
  head: gap | dropout 0.5 | fc 10
```

## Good

```yaml
input: 3x32x32
layers:
  conv1: conv 64 3 p1 nobias | bn | relu
  conv2: conv 64 3 p1 nobias | bn | relu
  head: gap | dropout 0.5 | fc 10
```

## How to fix it

- Keep dropout for the end, behind the last `bn`.
- Or use a norm without running statistics: `gn`, `ln`.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from cnncalc.errors import Diagnostic
from cnncalc.graph import Node
from cnncalc.rules._kinds import ACTIVATIONS, WEIGHTED, chosen
from cnncalc.rules._subject import Place, Subject
from cnncalc.units import decimal

SEVERITY = "warning"

BETWEEN = frozenset((*ACTIVATIONS, "maxpool", "flatten", "reshape", "shuffle"))


def check(subject: Subject) -> Iterator[Diagnostic]:
    for site, places in chosen(subject, ("bn",), dropout_before):
        first = places[0]
        dropout = dropout_before(first)
        assert dropout is not None
        p = Fraction(str(_rate(dropout)))
        yield site.finding(
            "this bn normalises with a variance that dropout makes larger in training only",
            f"{decimal(p)}/(1 - {decimal(p)}) = {decimal(p / (1 - p))} times the mean square is added to the variance",
            notes=(f"the dropout is {dropout.name}, with rate {decimal(p)}",),
            help=("put the dropout behind the last bn, or normalise with gn or ln, which keep no statistics",),
            places=places,
        )


def dropout_before(place: Place) -> Node | None:
    """The dropout whose noise reaches the norm, over one weighted layer at most."""
    if not getattr(place.layer, "track", True):
        return None
    before = place.view.before(place.node, through=BETWEEN)
    if before is not None and before.kind in WEIGHTED:
        before = place.view.before(before, through=BETWEEN)
    return before if before is not None and before.kind == "dropout" and 0 < _rate(before) < 1 else None


def _rate(node: Node) -> float:
    return float(getattr(node.layer, "p", 0))
