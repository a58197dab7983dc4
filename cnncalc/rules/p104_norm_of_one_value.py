"""A norm over a single value: what comes out is its shift, whatever flows in.

## What it means

Every mean that this `gn` or `ln` takes is the mean of one value: a group of one
channel at one position, or one channel alone.

## Why it matters

The mean of one value is the value itself. The difference is 0, and 0 divided by
the deviation is 0: nothing of the input is left (PyTorch refuses it in training
for a batch of one: "Expected more than 1 value per channel").

## Bad

```yaml
input: 32x8x8
layers:
  gate: gap | gn 32 | relu
```

## Good

```yaml
input: 32x8x8
layers:
  gate: gap | gn 8 | relu
```

## How to fix it

- Fewer groups (`gn 8`), so that each has several values.
- Or no norm where there is one position and one channel.
"""

from __future__ import annotations

from collections.abc import Iterator
from math import prod

from cnncalc.errors import Diagnostic
from cnncalc.rules._kinds import chosen
from cnncalc.rules._subject import Place, Subject
from cnncalc.shape import product

SEVERITY = "warning"


def check(subject: Subject) -> Iterator[Diagnostic]:
    for site, places in chosen(subject, ("gn", "ln"), lambda place: values(place) == 1):
        first = places[0]
        channels = first.output[0]
        groups = getattr(first.layer, "groups", None)
        if groups is None:
            label = "1 channel: the mean over the channels is the value itself"
            help = "leave it out, or use `bn`"
        else:
            positions = first.output[1:] or (1,)
            label = f"{channels}/{groups} channels * {product(positions)} positions = 1 value per group"
            help = f"fewer groups than {channels}" if channels > 1 else "leave it out, or use `bn`"
        yield site.finding(
            f"this {site.word} normalises single values: only its shift comes out, whatever flows in",
            label,
            help=(help,),
            places=places,
        )


def values(place: Place) -> int:
    """How many values the norm takes one mean of."""
    groups = getattr(place.layer, "groups", None)
    if groups is None:
        return place.output[0]
    return place.output[0] // int(groups) * prod(place.output[1:])
