"""Grouped convolutions in a row whose groups never see each other.

## What it means

A convolution with g groups goes into another with g groups, by way of
activations, norms and pooling only. Depthwise convolutions (a group per
channel) are not reported: a pointwise one follows them sooner or later.

## Why it matters

The groups are networks of their own that run side by side: no output of the
second sees more than 1/g of what flowed into the first. ShuffleNet (Zhang et
al. 2018, arXiv 1707.01083) shuffles the channels in between for this reason,
ResNeXt puts 1x1 convolutions around each grouped one. AlexNet's two towers,
made for two GPUs, are the famous exception.

## Bad

```yaml
input: 64x32x32
layers:
  a: conv 64 3 p1 g4 | relu
  b: conv 64 3 p1 g4 | relu
```

## Good

```yaml
input: 64x32x32
layers:
  a: conv 64 3 p1 g4 | relu | shuffle 4
  b: conv 64 3 p1 g4 | relu
```

## How to fix it

- `shuffle 4` between the two.
- Or a convolution without groups (`conv 64 1`) between them, or one of the two
  without groups.
"""

from __future__ import annotations

from collections.abc import Iterator

from cnncalc.errors import Diagnostic
from cnncalc.graph import Node
from cnncalc.rules._kinds import ACTIVATIONS, chosen, written
from cnncalc.rules._subject import Place, Subject

SEVERITY = "info"

BETWEEN = frozenset((*ACTIVATIONS, "bn", "instnorm", "dropout", "maxpool", "avgpool", "upsample", "crop", "pad"))


def check(subject: Subject) -> Iterator[Diagnostic]:
    for site, places in chosen(subject, ("conv",), grouped_before):
        first = grouped_before(places[0])
        assert first is not None
        groups, seen = getattr(first.layer, "groups", 1), places[0].view.input_shapes(first)[0][0]
        yield site.finding(
            f"the {groups} groups of {first.name} and of this conv never see each other",
            f"{seen}/{groups} = {seen // groups} of the {seen} channels in front of {first.name} reach each output",
            help=(f"shuffle {groups} | {written(site)}",),
            places=places,
        )


def grouped_before(place: Place) -> Node | None:
    """The convolution in front with the same groups."""
    groups = getattr(place.layer, "groups", 1)
    if groups == 1 or groups == place.input_shapes[0][0]:
        return None
    before = place.view.before(place.node, through=BETWEEN)
    alike = before is not None and before.kind == "conv" and getattr(before.layer, "groups", 1) == groups
    return before if alike else None
