"""Pooling over a map of one position does nothing.

## What it means

A pooling layer, a global one included, gets a map of 1x1 (and makes one).

## Why it matters

The maximum and the mean of one value are the value. The map has collapsed
earlier than whoever wrote the pooling thought: the input is too small for the
network, padding is missing, or a stride is too much. Harmless where a network
for all sizes ends with `gap`, and the map happens to be 1x1 already.

## Bad

```yaml
input: 3x16x16
layers:
  trunk: (conv 64 3 p1 | relu | maxpool)*4
  head: gap | fc 10
```

## Good

```yaml
input: 3x32x32
layers:
  trunk: (conv 64 3 p1 | relu | maxpool)*4
  head: gap | fc 10
```

## How to fix it

- A larger input, padding, or fewer strides in front.
- Take the pooling away if the size is right.
"""

from __future__ import annotations

from collections.abc import Iterator
from math import prod

from cnncalc.errors import Diagnostic
from cnncalc.graph import Node
from cnncalc.rules._kinds import POOLINGS, chosen
from cnncalc.rules._subject import Place, Subject
from cnncalc.shape import show

SEVERITY = "info"


def check(subject: Subject) -> Iterator[Diagnostic]:
    for site, places in chosen(subject, POOLINGS, idle):
        first = places[0]
        shape = first.input_shapes[0]
        cause = _collapse(first)
        yield site.finding(
            f"this {site.word} pools a map of one position",
            f"{show(shape)} flows in, {show(first.output)} comes out",
            notes=(f"the map becomes {show(shape[1:])} in {cause.name}",) if cause is not None else (),
            help=(f"a larger input or less stride in front, or leave the {site.word} out",),
            places=places,
        )


def idle(place: Place) -> bool:
    return prod(place.input_shapes[0][1:]) == prod(place.output[1:]) == 1


def _collapse(place: Place) -> Node | None:
    """The layer that made the map so small."""
    for node in (place.node, *place.view.ancestors(place.node)):
        shapes = place.view.input_shapes(node)
        if shapes and prod(shapes[0][1:]) > prod(node.facts.output[1:]) == 1:
            return node
    return None
