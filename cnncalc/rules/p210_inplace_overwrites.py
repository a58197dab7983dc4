"""A layer works in place on a value that something else still reads.

## What it means

An `inplace` activation, dropout or sum writes over its input, and another layer
that runs later, or an output of the network, takes that same input (a view of
it, such as `flatten`, included).

## Why it matters

In PyTorch the later reader gets the overwritten value, silently: a shortcut
carries relu(x) where x was meant. Where the value is needed for a gradient,
training stops: "one of the variables needed for gradient computation has been
modified by an inplace operation".

## Bad

```yaml
input: 64x32x32
layers:
  block: residual(relu inplace | conv 64 3 p1)
```

## Good

```yaml
input: 64x32x32
layers:
  block: residual(relu | conv 64 3 p1)
```

## How to fix it

- Without `inplace`. The fix takes it away; it counts as unsafe, since the
  network then needs more memory.
"""

from __future__ import annotations

from collections.abc import Iterator

from cnncalc.errors import Diagnostic
from cnncalc.graph import Node
from cnncalc.rules._edits import remove_option
from cnncalc.rules._kinds import chosen, everywhere, written
from cnncalc.rules._subject import Place, Subject, View

SEVERITY = "warning"
FIXABLE = True
CHANGES = ("activation_bytes",)

WORDS = ("relu", "relu6", "lrelu", "elu", "selu", "silu", "hswish", "hsigmoid", "mish", "dropout", "add")
"""The layers that know ``inplace``."""


def check(subject: Subject) -> Iterator[Diagnostic]:
    for site, places in chosen(subject, WORDS, reader):
        first = places[0]
        edits = remove_option(site, "inplace")
        yield site.finding(
            f"this {site.word} overwrites a value that {reader(first)} still reads",
            f"in place on {first.view.inputs(first.node)[0].name}",
            help=(written(site, edits) if edits else f"{site.word} without inplace",),
            fix=site.fix("take inplace away", edits if everywhere(site, places) else (), safe=False),
            places=places,
        )


def reader(place: Place) -> str:
    """Who reads what is overwritten, afterwards: the name of a layer, or "the output"."""
    if not place.layer.is_inplace:
        return ""
    view, node = place.view, place.node
    value = view.inputs(node)[0]
    while True:
        if view.is_output(value):
            return f"the output {next(name for name, index in view.graph.outputs if index == value.index)}"
        later = _later(view, value, node)
        if later is not None:
            return later.name
        if value.layer is None or not value.layer.alias:
            return ""
        value = view.inputs(value)[0]


def _later(view: View, value: Node, node: Node) -> Node | None:
    """A node that reads a value, or a view of it, after ``node`` has run."""
    waiting = [value]
    while waiting:
        for each in view.consumers(waiting.pop()):
            if each.index > node.index:
                return each
            if each.layer is not None and each.layer.alias and each is not node:
                waiting.append(each)
    return None
