"""Two dropouts with nothing learned between them.

## What it means

A `dropout` goes into another one by way of activations or flattening only.

## Why it matters

The two together are one dropout with a higher rate, 1 - (1 - p)(1 - q): 0.75
for two of 0.5. Nobody writes that on purpose: one came with a block, the other
with the head.

## Bad

```yaml
input: 784
layers:
  hidden: fc 100 | relu | dropout
  head: dropout 0.5 | fc 10
```

## Good

```yaml
input: 784
layers:
  hidden: fc 100 | relu | dropout 0.5
  head: fc 10
```

## How to fix it

- Keep one, with the rate that is meant.
- The fix takes the second away. It is unsafe: training changes.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from cnncalc.errors import Diagnostic
from cnncalc.graph import Node
from cnncalc.rules._edits import remove_step
from cnncalc.rules._kinds import ACTIVATIONS, chosen, everywhere, written
from cnncalc.rules._subject import Place, Subject
from cnncalc.units import decimal

SEVERITY = "warning"
FIXABLE = True
CHANGES = ("layers", "activation_bytes", "work")

BETWEEN = frozenset((*ACTIVATIONS, "flatten", "reshape"))


def check(subject: Subject) -> Iterator[Diagnostic]:
    for site, places in chosen(subject, ("dropout",), dropout_before):
        first = dropout_before(places[0])
        assert first is not None
        p, q = rate(first), rate(places[0].node)
        both = 1 - (1 - p) * (1 - q)
        edits = remove_step(site) if everywhere(site, places) else ()
        yield site.finding(
            f"this dropout follows another one, {first.name}, with nothing learned in between",
            f"1 - (1 - {decimal(p)})*(1 - {decimal(q)}) = {decimal(both)} of the values are dropped",
            help=(f"keep one of them: {written(site)} here, or {first.name}",),
            fix=site.fix("take the second dropout away", edits, safe=False),
            places=places,
        )


def rate(node: Node) -> Fraction:
    return Fraction(str(getattr(node.layer, "p", 0)))


def dropout_before(place: Place) -> Node | None:
    """The dropout in front, where both drop something but not everything."""
    before = place.view.before(place.node, through=BETWEEN)
    if before is None or before.kind != "dropout" or place.view.after(before, through=BETWEEN) is not place.node:
        return None
    return before if 0 < rate(before) < 1 and 0 < rate(place.node) < 1 else None
