"""Dropout in front of global average pooling: the mean takes the noise away.

## What it means

A `dropout` of single values goes straight into `gap`, by way of activations at
most. (`dropout spatial` drops whole channels, and is not reported.)

## Why it matters

The mean over H*W positions has a random part that is smaller by sqrt(H*W): on a
7x7 map the noise of dropout 0.5 shrinks sevenfold. Hardly anything is
regularised, and neighbouring positions are alike, so that even less is lost
(Tompson et al. 2015, arXiv 1411.4280, section 3.2). Published networks drop
behind the pooling: Inception v3, EfficientNet.

## Bad

```yaml
input: 512x7x7
layers:
  head: dropout 0.5 | gap | fc 1000
```

## Good

```yaml
input: 512x7x7
layers:
  head: gap | dropout 0.5 | fc 1000
```

## How to fix it

- `gap | dropout 0.5`.
- Or `dropout 0.1 spatial`, if channels are to be dropped in the maps.
"""

from __future__ import annotations

from collections.abc import Iterator
from math import prod, sqrt

from cnncalc.errors import Diagnostic
from cnncalc.graph import Node
from cnncalc.rules._kinds import ACTIVATIONS, chosen, written
from cnncalc.rules._subject import Place, Subject
from cnncalc.shape import product
from cnncalc.units import decimal

SEVERITY = "warning"


def check(subject: Subject) -> Iterator[Diagnostic]:
    for site, places in chosen(subject, ("dropout",), pooled):
        first = places[0]
        extents = first.output[1:]
        yield site.finding(
            "the mean over the whole map takes most of this dropout's noise away",
            f"sqrt({product(extents)}) = {decimal(sqrt(prod(extents)), 1)} times less noise behind gap",
            help=(f"gap | {written(site)}",),
            places=places,
        )


def pooled(place: Place) -> Node | None:
    """The global pooling behind a dropout of single values."""
    if getattr(place.layer, "spatial", False) or not getattr(place.layer, "p", 0) or prod(place.output[1:]) == 1:
        return None
    after = place.view.after(place.node, through=ACTIVATIONS)
    return after if after is not None and after.kind == "gap" else None
