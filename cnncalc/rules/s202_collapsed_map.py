"""The maps are cut down to 1x1 before the head, and the rest is thrown away.

## What it means

A window that is smaller than its map leaves a single position, the rest of the
map is read by no window, and a fully connected layer follows (a `gap` in
between has nothing left to pool).

## Why it matters

The trunk has shrunk further than it was meant to. The head sees one corner of
the picture; its weights are few, because the maps are gone. Padding that was
forgotten in the layers before is the usual cause.

## Bad

```yaml
input: 3x32x32
layers:
  conv1: conv 32 5 /2 | relu
  pool1: maxpool 2
  conv2: conv 64 4 | relu
  pool2: maxpool 3 /2
  head: fc 10
```

## Good

```yaml
input: 3x32x32
layers:
  conv1: conv 32 5 /2 p2 | relu
  pool1: maxpool 2
  conv2: conv 64 3 p1 | relu
  pool2: maxpool 2
  head: fc 10
```

## How to fix it

- Pad the convolutions (`half` keeps the size), or give them a larger input.
- If one value per channel is what is wanted, say so: `gap` reads all of the
  map. A window that covers its map is no fault either.
"""

from __future__ import annotations

from collections.abc import Iterator

from cnncalc.errors import Diagnostic
from cnncalc.rules._subject import Place, Subject
from cnncalc.rules._windows import SLIDING, windows_of
from cnncalc.shape import show

SEVERITY = "warning"

THROUGH = (
    "bn", "gn", "ln", "instnorm", "lrn", "relu", "relu6", "lrelu", "prelu", "elu", "selu", "gelu", "silu", "hswish",
    "mish", "sigmoid", "tanh", "softplus", "dropout", "flatten", "gap", "gmp",
)  # fmt: skip
"""What may stand between the maps and the head: it keeps every position by itself, or pools the one."""

LONGEST = 12
"""So many sizes are told of the way that the maps have shrunk."""


def check(subject: Subject) -> Iterator[Diagnostic]:
    for site in subject.sites(*SLIDING):
        wrong = [place for place in site.places if collapses(place)]
        if not wrong:
            continue
        first = wrong[0]
        head = first.view.after(first.node, THROUGH)
        assert head is not None
        was, now = first.input_shapes[0], first.output
        yield site.finding(
            f"the maps collapse from {show(was[1:])} to {show(now[1:])} in front of {head.name}",
            " -> ".join(shrinking(first)),
            notes=(f"one window of {site.word} is left, and what it does not cover of the {show(was[1:])} is lost",),
            help=(
                "pad the layers above, so that the maps do not shrink so far: `half` keeps the size",
                "or read all of the map: `gap` instead",
            ),
            places=wrong,
        )


def collapses(place: Place) -> bool:
    facts = place.node.facts
    if not any(facts.unread) or any(extent != 1 for extent in facts.output[1:]):
        return False
    if not any(window.out == 1 and window.unread for window in windows_of(place)):
        return False
    head = place.view.after(place.node, THROUGH)
    return head is not None and head.kind == "fc"


def shrinking(place: Place) -> list[str]:
    """The sizes of the maps on the way here, each once."""
    found = [show(place.output[1:])]
    node = place.node
    while len(node.inputs) == 1:
        node = place.view.inputs(node)[0]
        size = show(node.facts.output[1:])
        if size != found[-1]:
            found.append(size)
    found.reverse()
    return found if len(found) <= LONGEST else ["...", *found[-LONGEST:]]
