"""Two activations follow each other.

## What it means

The value of an activation goes straight into another one (dropout in between
does not count), and nowhere else.

## Why it matters

The second sees only what the first lets through. `relu | relu` is `relu`.
Behind a `relu`, `sigmoid` never falls below 0.5 and `softmax` cannot tell a
score of -1 from one of -100. Mostly a block ends with an activation and the
next line begins with one.

## Bad

```yaml
input: 3x32x32
blocks:
  unit(c): conv c 3 p1 nobias | bn | relu
layers:
  conv1: unit 64 | relu
  head: gap | fc 10
```

## Good

```yaml
input: 3x32x32
blocks:
  unit(c): conv c 3 p1 nobias | bn | relu
layers:
  conv1: unit 64
  head: gap | fc 10
```

## How to fix it

- Take one of them away, or put the layer that is missing between them.
- Where the second changes nothing (`relu | relu`), the fix takes it away. It is
  unsafe: there is a layer less, and layers behind it may be named anew.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

from cnncalc.errors import Diagnostic
from cnncalc.graph import Node
from cnncalc.rules._edits import remove_step
from cnncalc.rules._kinds import ACTIVATIONS, chosen, everywhere
from cnncalc.rules._subject import Place, Subject
from cnncalc.rules._values import RANGES, range_behind
from cnncalc.units import decimal

SEVERITY = "warning"
FIXABLE = True
CHANGES = ("layers", "activation_bytes", "work")


def check(subject: Subject) -> Iterator[Diagnostic]:
    for site, places in chosen(subject, ACTIVATIONS, activation_before):
        firsts = [activation_before(place) for place in places]
        first = firsts[0]
        assert first is not None
        idle = all(each is not None and _idle(each, place.node) for each, place in zip(firsts, places, strict=True))
        yield site.finding(
            f"this {site.word} follows a {first.kind} and changes nothing"
            if idle
            else f"this {site.word} follows another activation, {first.kind}",
            _label(first, places[0].node),
            help=(f"take the {site.word} away" if idle else f"keep one of the two: {first.kind}, or {site.word}",),
            fix=site.fix(f"take the {site.word} away", remove_step(site), safe=False)
            if idle and everywhere(site, places)
            else None,
            places=places,
        )


def activation_before(place: Place) -> Node | None:
    """The activation in front, if its value goes nowhere else."""
    before = place.view.before(place.node, through=("dropout",))
    if before is None or before.kind not in ACTIVATIONS:
        return None
    return before if place.view.after(before, through=("dropout",)) is place.node else None


def _idle(first: Node, second: Node) -> bool:
    """Whether the second gives back what the first gives."""
    bounds = RANGES.get(first.kind)
    if bounds is None:
        return False
    return bounds[0] >= 0 and (second.kind == "relu" or (second.kind == "relu6" and bounds[1] <= 6))


def _label(first: Node, second: Node) -> str:
    bounds, after = RANGES.get(first.kind), range_behind(first, second)
    if bounds is None:
        return f"{first.name}, then {second.name}"
    shown = f"{first.kind} gives {_show(*bounds)}"
    if second.kind == "softmax" and math.isfinite(apart := bounds[1] - bounds[0]):
        return f"{shown}: no class gets more than e^{decimal(apart)} = {decimal(math.exp(apart), 2)} times another"
    return f"{shown}: {second.kind} of that is {_show(*after)}" if after is not None else shown


def _show(least: float, most: float) -> str:
    if math.isinf(least):
        return f"{decimal(most)} or less"
    return f"{decimal(least)} or more" if math.isinf(most) else f"{decimal(least)} to {decimal(most)}"
