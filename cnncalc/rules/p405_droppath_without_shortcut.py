"""A droppath that is not added to a shortcut drops the whole example.

## What it means

The value of a `droppath` does not go into an `add` (by way of `scale` or an
activation at most).

## Why it matters

Stochastic depth (Huang et al. 2016, arXiv 1603.09382) leaves out the branch of
a residual block: the shortcut carries the value on. Where nothing is added,
nothing is left: for a share p of the examples everything behind it sees zeros
only.

## Bad

```yaml
input: 64x32x32
layers:
  block: conv 64 3 p1 | droppath 0.1
  head: gap | fc 10
```

## Good

```yaml
input: 64x32x32
layers:
  block: residual(conv 64 3 p1 | droppath 0.1)
  head: gap | fc 10
```

## How to fix it

- Put it at the end of a residual branch, in front of the sum.
- Where a block has no shortcut, leave it out: `(droppath 0.1) if C == c`.
"""

from __future__ import annotations

from collections.abc import Iterator

from cnncalc.errors import Diagnostic
from cnncalc.rules._kinds import ACTIVATIONS, chosen
from cnncalc.rules._subject import Place, Subject
from cnncalc.units import decimal

SEVERITY = "warning"

BETWEEN = frozenset((*ACTIVATIONS, "scale", "dropout", "crop", "pad"))


def check(subject: Subject) -> Iterator[Diagnostic]:
    for site, places in chosen(subject, ("droppath",), alone):
        p = getattr(places[0].layer, "p", 0.1)
        yield site.finding(
            "this droppath is on no residual branch: it drops all that there is",
            f"{decimal(100 * p)} % of the examples go on as zeros",
            help=("at the end of a residual branch: residual(... | droppath)",),
            places=places,
        )


def alone(place: Place) -> bool:
    if not 0 < getattr(place.layer, "p", 0) < 1 or not place.view.complete:
        return False
    waiting = [place.node]
    while waiting:
        for each in place.view.consumers(waiting.pop()):
            if each.kind == "add":
                return False
            if each.kind in BETWEEN:
                waiting.append(each)
    return True
