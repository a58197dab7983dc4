"""Two poolings in a row that one pooling would do.

## What it means

A pooling's value goes straight into another of the same kind (maximum or mean),
and nowhere else, and one window would give exactly the same values: neither
pads, rounds up or leaves rows over.

## Why it matters

The maximum of maxima is a maximum. One layer says the same, stores one map less
and shows how far the map is really reduced at once, which is mostly further
than meant: a line was copied, or a convolution between them is missing.

## Bad

```yaml
input: 64x32x32
layers:
  down: maxpool 2 | maxpool 2
  conv1: conv 64 3 p1 | relu
```

## Good

```yaml
input: 64x32x32
layers:
  down: maxpool 4
  conv1: conv 64 3 p1 | relu
```

## How to fix it

- The one pooling that the message names.
"""

from __future__ import annotations

from collections.abc import Iterator

from cnncalc.arithmetic import Window
from cnncalc.errors import Diagnostic
from cnncalc.graph import Node
from cnncalc.layers.windowed import Windowed
from cnncalc.rules._kinds import chosen
from cnncalc.rules._subject import Place, Subject
from cnncalc.shape import show

SEVERITY = "info"

GLOBAL = {"maxpool": "gmp", "avgpool": "gap"}


def check(subject: Subject) -> Iterator[Diagnostic]:
    for site, places in chosen(subject, ("maxpool", "avgpool", "gap", "gmp"), together):
        first = places[0].view.before(places[0].node)
        assert first is not None
        yield site.finding(
            f"{first.kind} and {site.word} in a row do what one pooling does",
            f"{show(places[0].view.input_shapes(first)[0][1:])} -> {show(first.facts.output[1:])} "
            f"-> {show(places[0].output[1:])}",
            help=(f"{together(places[0])} in place of both",),
            places=places,
        )


def together(place: Place) -> str:
    """The one pooling that does what this one and the one in front of it do; "" if there is none."""
    view, node = place.view, place.node
    first = view.before(node)
    if first is None or first.kind not in GLOBAL or view.after(first) is not node:
        return ""
    before = _plain(first, view.input_shapes(first)[0])
    if not before:
        return ""
    if node.kind == GLOBAL[first.kind]:
        disjoint = all(window.stride == window.kernel for window in before)
        return node.kind if first.kind == "maxpool" or disjoint else ""
    after = _plain(node, place.input_shapes[0]) if node.kind == first.kind else ()
    if not after or (first.kind == "avgpool" and not all(window.stride == window.kernel for window in before)):
        return ""
    kernel = [a.kernel + (b.kernel - 1) * a.stride for a, b in zip(before, after, strict=True)]
    stride = [a.stride * b.stride for a, b in zip(before, after, strict=True)]
    step = "" if stride == kernel else f" /{show(dict.fromkeys(stride)) if len(set(stride)) == 1 else show(stride)}"
    return f"{first.kind} {kernel[0] if len(set(kernel)) == 1 else show(kernel)}{step}"


def _plain(node: Node, shape: tuple[int, ...]) -> tuple[Window, ...]:
    """The windows of a pooling that neither pads, rounds up, dilates nor leaves anything over."""
    if not isinstance(node.layer, Windowed):
        return ()
    windows = node.layer.windows(shape)
    plain = all(w.before == w.after == 0 and w.dilation == 1 and w.tiles and w.stride <= w.kernel for w in windows)
    return windows if plain else ()
