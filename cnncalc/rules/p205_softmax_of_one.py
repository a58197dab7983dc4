"""A softmax over one channel is always 1.

## What it means

Softmax runs along the channels, and there is only one.

## Why it matters

exp(x) divided by the sum of all exp is exp(x)/exp(x) = 1, whatever flows in:
the output says nothing, and no gradient comes back. For two classes with one
score the right function is `sigmoid`. (`logsoftmax` of one channel is 0.)

## Bad

```yaml
input: 3x32x32
layers:
  conv1: conv 16 3 p1 | relu
  head: gap | fc 1 | softmax
```

## Good

```yaml
input: 3x32x32
layers:
  conv1: conv 16 3 p1 | relu
  head: gap | fc 1 | sigmoid
```

## How to fix it

- `sigmoid` for one score (yes or no).
- Or as many outputs as there are classes, and `softmax` over them.
"""

from __future__ import annotations

from collections.abc import Iterator

from cnncalc.errors import Diagnostic
from cnncalc.rules._kinds import chosen
from cnncalc.rules._subject import Subject

SEVERITY = "warning"


def check(subject: Subject) -> Iterator[Diagnostic]:
    for site, places in chosen(subject, ("softmax", "logsoftmax"), lambda place: place.output[0] == 1):
        logarithm = site.word == "logsoftmax"
        yield site.finding(
            f"this {site.word} has one channel and is always {0 if logarithm else 1}",
            "log(exp(x)/exp(x)) = 0 for every x" if logarithm else "exp(x)/exp(x) = 1 for every x",
            help=("for one score: sigmoid; for classes: as many channels as there are classes",),
            places=places,
        )
