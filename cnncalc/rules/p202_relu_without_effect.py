"""A relu on values that are never negative does nothing.

## What it means

Everything that flows into the `relu` comes from activations that give nothing
below 0, by way of pooling, dropout, sums, products and concatenations of such
values. (Straight behind another activation it is P201.)

## Why it matters

max(0, x) of what is not negative is x. The layer costs time and memory, and
whoever wrote it meant something else: perhaps a norm or a convolution is
missing in front of it.

## Bad

```yaml
input: 3x32x32
layers:
  conv1: conv 64 3 p1 | relu | maxpool | relu
  conv2: conv 64 3 p1 | relu
```

## Good

```yaml
input: 3x32x32
layers:
  conv1: conv 64 3 p1 | relu | maxpool
  conv2: conv 64 3 p1 | relu
```

## How to fix it

- Take it away: the network computes the same.
- The fix does so. It counts as unsafe: there is a layer less, and layers behind
  it may be named anew.
"""

from __future__ import annotations

from collections.abc import Iterator

from cnncalc.errors import Diagnostic
from cnncalc.rules._edits import remove_step
from cnncalc.rules._kinds import ACTIVATIONS, chosen, everywhere
from cnncalc.rules._subject import Place, Subject
from cnncalc.rules._values import non_negative
from cnncalc.shape import show

SEVERITY = "warning"
FIXABLE = True
CHANGES = ("layers", "activation_bytes", "work")


def check(subject: Subject) -> Iterator[Diagnostic]:
    if not subject.sites("relu"):
        return
    known = {id(view): non_negative(view) for view in subject.views}

    def idle(place: Place) -> bool:
        before = place.view.before(place.node, through=("dropout",))
        behind = before is not None and before.kind in ACTIVATIONS
        return not behind and all(known[id(place.view)][each] for each in place.node.inputs)

    for site, places in chosen(subject, ("relu",), idle):
        first = places[0]
        (before,) = first.view.inputs(first.node)
        edits = remove_step(site) if everywhere(site, places) else ()
        yield site.finding(
            "this relu changes nothing: what flows in is never negative",
            f"{show(first.output)} from {before.name}: no value below 0",
            help=("take it away, or put the layer that is missing in front of it",),
            fix=site.fix("take the relu away", edits, safe=False),
            places=places,
        )
