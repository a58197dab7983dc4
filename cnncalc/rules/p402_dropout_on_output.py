"""Dropout on the output of the network.

## What it means

An output is the value of a `dropout`, or only an activation away from it
(`fc 10 | dropout | softmax`).

## Why it matters

While training, answers themselves are set to 0 at random, and the loss punishes
the network for what dropout did: a score of the right class that is dropped
says nothing about the weights. Dropout belongs in front of the last weighted
layer, not behind it (Srivastava et al. 2014 drop inputs and hidden units).

## Bad

```yaml
input: 784
layers:
  hidden: fc 100 | relu
  scores: fc 10 | dropout 0.5
```

## Good

```yaml
input: 784
layers:
  hidden: fc 100 | relu | dropout 0.5
  scores: fc 10
```

## How to fix it

- Put it in front of the last `fc` or `conv`.
- The fix takes it away. It is unsafe: training changes.
"""

from __future__ import annotations

from collections.abc import Iterator

from cnncalc.errors import Diagnostic
from cnncalc.rules._edits import remove_step
from cnncalc.rules._kinds import ACTIVATIONS, WEIGHTED, chosen, everywhere, written
from cnncalc.rules._subject import Place, Subject
from cnncalc.shape import elements
from cnncalc.units import decimal

SEVERITY = "warning"
FIXABLE = True
CHANGES = ("layers", "activation_bytes", "work")


def check(subject: Subject) -> Iterator[Diagnostic]:
    for site, places in chosen(subject, ("dropout",), ends):
        first = places[0]
        p, count = getattr(first.layer, "p", 0.5), elements(first.output)
        before = first.view.before(first.node, through=(*ACTIVATIONS, "flatten", "reshape"))
        last = before.kind if before is not None else "fc"
        edits = remove_step(site) if everywhere(site, places) else ()
        yield site.finding(
            "dropout on the output: answers are dropped at random while training",
            f"{decimal(p)}*{count} = {decimal(p * count)} of {count} values set to 0 on average",
            help=(f"put it in front of the last layer: {written(site)} | {last}",),
            fix=site.fix("take the dropout away", edits, safe=False),
            places=places,
        )


def ends(place: Place) -> bool:
    """Whether the dropout is the end of the network, and a weighted layer stands before it."""
    view, node = place.view, place.node
    if not 0 < getattr(place.layer, "p", 0) < 1:
        return False
    last = node
    while not view.is_output(last):
        after = view.after(last)
        if after is None or after.kind not in (*ACTIVATIONS, "flatten", "reshape"):
            return False
        last = after
    before = view.before(node, through=("flatten", "reshape"))
    return before is not None and before.kind in WEIGHTED
