"""Most of the parameters lie in a fully connected layer on a flattened map.

## What it means

An `fc` takes a map with more than one position, and holds at least `share`
(0.5) of the network's parameters and at least `least` (1,000,000) of them.

## Why it matters

Such a layer has a weight per channel, position and output: 512*7*7*4,096 =
102,760,448 in VGG-16, 74 % of the network. It is slow to load, easy to overfit,
and ties the network to one input size. Behind global average pooling it needs
H*W times fewer weights, and most networks since then do so (Lin et al. 2013,
arXiv 1312.4400; GoogLeNet; ResNet).

## Bad

```yaml
input: 64x14x14
layers:
  conv1: conv 64 3 p1 | relu
  head: fc 1000 | relu | fc 10
```

## Good

```yaml
input: 64x14x14
layers:
  conv1: conv 64 3 p1 | relu
  head: gap | fc 1000 | relu | fc 10
```

## How to fix it

- `gap` in front of it, or pooling to a smaller map (`adaptive 2`), unless the
  outputs stand for positions (as in YOLO v1).
- Other limits: `share = 0.8`, `least = 50000000` in
  `[lint.rules.large-first-fc]`.
"""

from __future__ import annotations

from collections.abc import Iterator
from math import prod

from cnncalc.errors import Diagnostic
from cnncalc.graph import Node
from cnncalc.rules._kinds import chosen, written
from cnncalc.rules._subject import Place, Subject, View
from cnncalc.shape import Shape, product
from cnncalc.units import decimal, grouped, short_count

SEVERITY = "info"
OPTIONS = {"share": 0.5, "least": 1_000_000}


def check(subject: Subject) -> Iterator[Diagnostic]:
    share, least = subject.options["share"], subject.options["least"]
    totals: dict[str | None, int] = {}

    def total(view: View) -> int:
        if view.variant not in totals:
            totals[view.variant] = sum(_total(each) for each in subject.views if each.variant == view.variant)
        return totals[view.variant]

    def large(place: Place) -> bool:
        params = place.node.facts.trainable
        if params < least or not place.view.complete or not _positions(place):
            return False
        return bool(params >= share * total(place.view))

    for site, places in chosen(subject, ("fc",), large):
        first = places[0]
        shape, made = _flattened(first), first.output[0]
        params = first.node.facts.trainable
        pooled = params - (prod(shape[1:]) - 1) * shape[0] * made
        yield site.finding(
            f"this fc holds {decimal(100 * params / total(first.view), 1)} % of all parameters",
            f"{product(shape)}*{grouped(made)} = {grouped(prod(shape) * made)} weights",
            help=(
                f"gap | {written(site)} has {shape[0]}*{grouped(made)} = {grouped(shape[0] * made)} weights, "
                f"{short_count(params - pooled)} fewer, where positions do not matter",
            ),
            places=places,
        )


def _flattened(place: Place) -> Shape:
    """The map that was flattened for the layer; the vector itself where it is none."""
    before: Node | None = place.node
    while before is not None:
        before = place.view.before(before, through=("dropout",))
        if before is None or before.kind != "flatten":
            break
        shape = place.view.input_shapes(before)[0]
        if len(shape) > 1:
            return shape
    return place.input_shapes[0]


def _positions(place: Place) -> bool:
    return prod(_flattened(place)[1:]) > 1


def _total(view: View) -> int:
    """All parameters of the network, shared ones once."""
    return sum(node.facts.trainable + node.facts.frozen for node in view.graph.layers if node.owner == node.index)
