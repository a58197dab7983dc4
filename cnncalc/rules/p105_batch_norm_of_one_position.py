"""A batch norm on a map of one position cannot be trained with a batch of one.

## What it means

A `bn` stands behind a global pooling (or where the map has become 1x1): every
channel has one value per example.

## Why it matters

Batch norm takes mean and variance of a channel over the batch and all
positions. With one position and a batch of one there is one value, and PyTorch
stops: "Expected more than 1 value per channel when training". Small batches
make poor statistics. Networks for segmentation, which are trained with few
images at a time, meet this in their image-level branch (DeepLab v3,
arXiv 1706.05587). A norm on a plain vector (`fc | bn`) has the same need, but
there it is well known, and not reported.

## Bad

```yaml
input: 256x32x32
layers:
  context: gap | conv 64 1 nobias | bn | relu
```

## Good

```yaml
input: 256x32x32
layers:
  context: gap | conv 64 1 | gn 8 | relu
```

## How to fix it

- Train with at least two examples per device, as many as you can.
- Or use `gn` there, or no norm at all.
"""

from __future__ import annotations

from collections.abc import Iterator
from math import prod

from cnncalc.errors import Diagnostic
from cnncalc.rules._kinds import chosen
from cnncalc.rules._subject import Subject
from cnncalc.shape import product

SEVERITY = "info"


def check(subject: Subject) -> Iterator[Diagnostic]:
    for site, places in chosen(subject, ("bn",), lambda place: len(place.output) > 1 and prod(place.output[1:]) == 1):
        positions = product(places[0].output[1:])
        yield site.finding(
            "this bn sees one position: it needs a batch of at least 2 to train",
            f"{positions} = 1 position * a batch of 1 = 1 value per channel",
            help=("train with a batch of 2 or more, or use gn here",),
            places=places,
        )
