"""Adaptive pooling to more than there is only repeats values.

## What it means

`adaptive` gets a map that is smaller, along some axis, than what it makes.

## Why it matters

Nothing is pooled: positions are copied, and the layers behind it (mostly a
large `fc`) learn weights for copies. It happens when a network for 224x224
images is given small ones: without the adaptive pooling the sizes would not
fit, and somebody would notice.

## Bad

```yaml
input: 512x2x2
layers:
  head: adaptive 7 | fc 1000
```

## Good

```yaml
input: 512x14x14
layers:
  head: adaptive 7 | fc 1000
```

## How to fix it

- A larger input, or fewer strides in front.
- `adaptive` to what there is, or `gap`.
"""

from __future__ import annotations

from collections.abc import Iterator
from math import prod

from cnncalc.errors import Diagnostic
from cnncalc.rules._kinds import chosen
from cnncalc.rules._subject import Place, Subject
from cnncalc.shape import show
from cnncalc.units import grouped

SEVERITY = "warning"


def check(subject: Subject) -> Iterator[Diagnostic]:
    for site, places in chosen(subject, ("adaptive",), enlarges):
        seen, made = places[0].input_shapes[0][1:], places[0].output[1:]
        copies = f"{grouped(prod(made))} values per channel out of {grouped(prod(seen))}"
        yield site.finding(
            f"adaptive pooling to {show(made)} from {show(seen)} repeats values",
            copies,
            help=("a larger input, or " + ("gap" if prod(seen) == 1 else f"adaptive {show(seen)}"),),
            places=places,
        )


def enlarges(place: Place) -> bool:
    return any(out > seen for seen, out in zip(place.input_shapes[0][1:], place.output[1:], strict=True))
