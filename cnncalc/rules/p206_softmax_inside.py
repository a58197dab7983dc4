"""A softmax in the middle of the network.

## What it means

The output of a `softmax` flows on into a convolution, a fully connected layer
or a norm. A softmax that weights something (its value goes into `mul`) is
attention, and one whose probabilities become a single number (`conv 1 1`: an
expected value, as of a disparity) is meant: neither is reported.

## Why it matters

All channels share a sum of 1: the more there are, the smaller each, and a large
one pushes all others towards 0, together with their gradients. What follows
learns from a few channels only. Mostly the end of one network was left in when
another was put behind it.

## Bad

```yaml
input: 3x32x32
layers:
  conv1: conv 64 3 p1 | softmax
  conv2: conv 64 3 p1 | relu
```

## Good

```yaml
input: 3x32x32
layers:
  conv1: conv 64 3 p1 | relu
  conv2: conv 64 3 p1 | relu
```

## How to fix it

- Another activation (`relu`), or none.
- If the probabilities are an output too, say so: `outputs:`.
"""

from __future__ import annotations

from collections.abc import Iterator

from cnncalc.errors import Diagnostic
from cnncalc.graph import Node
from cnncalc.rules._kinds import NORMS, WEIGHTED, chosen
from cnncalc.rules._subject import Place, Subject
from cnncalc.units import decimal

SEVERITY = "warning"

THROUGH = frozenset(("dropout", "flatten", "reshape", "maxpool", "avgpool", "gap", "gmp", "adaptive", "upsample"))


def check(subject: Subject) -> Iterator[Diagnostic]:
    for site, places in chosen(subject, ("softmax", "logsoftmax"), layer_behind):
        first = places[0]
        after = layer_behind(first)
        assert after is not None
        channels = first.output[0]
        label = f"{channels} channels that sum to 1: {decimal(1 / channels)} each on average"
        yield site.finding(
            f"a {site.word} in the middle of the network: {after.name} goes on from it",
            label if site.word == "softmax" else f"logarithms of {channels} probabilities flow on",
            help=("relu instead, or nothing; softmax belongs at the end, or into a mul(...)",),
            places=places,
        )


def layer_behind(place: Place) -> Node | None:
    """The layer that learns from the probabilities."""
    if place.output[0] == 1:
        return None
    after = place.view.after(place.node, through=THROUGH)
    if after is None or after.kind not in (*WEIGHTED, *NORMS) or after.facts.output[0] == 1:
        return None
    return after
