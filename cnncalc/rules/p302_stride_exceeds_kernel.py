"""The stride jumps over more than the kernel reads: some positions are never seen.

## What it means

A window jumps over rows or columns, and no other layer reads the value that it
slides over. A dilated kernel does so, too, where its dilation has a factor in
common with the stride: with both 2 it reads every other position only. (In a
residual block the shortcut `conv 128 1 /2` leaves three of four positions to
the other branch: that is fine, unless that one does, too.)

## Why it matters

What no window reads was computed for nothing, and small structures fall through
the holes. ResNet-50 as first published strides in its 1x1 convolutions and
loses 3/4 of its maps three times; the later form strides in the 3x3 ones and is
0.5 % more accurate ("ResNet v1.5").

## Bad

```yaml
input: 3x32x32
layers:
  conv1: conv 64 3 p1 | relu
  down: conv 128 1 /2 | relu
```

## Good

```yaml
input: 3x32x32
layers:
  conv1: conv 64 3 p1 | relu
  down: conv 128 2 /2 | relu
```

## How to fix it

- A kernel at least as large as the stride, a dilation without a factor in
  common with it.
- Or pooling in front: `avgpool 2 | conv 128 1` sees every position for almost
  the same price (ResNet-D, arXiv 1812.01187).
"""

from __future__ import annotations

from collections.abc import Iterator
from math import prod

from cnncalc.arithmetic import Window
from cnncalc.errors import Diagnostic
from cnncalc.graph import Node
from cnncalc.layers.windowed import Windowed
from cnncalc.rules._kinds import ACTIVATIONS, NORMS, chosen
from cnncalc.rules._subject import Place, Subject, View
from cnncalc.units import grouped

SEVERITY = "warning"

WORDS = ("conv", "dwconv", "local", "maxpool", "avgpool")

POINTWISE = frozenset((*ACTIVATIONS, *NORMS, "dropout", "droppath", "scale"))
"""Layers whose value is worth no more than what flows into them: who else reads that counts."""


def check(subject: Subject) -> Iterator[Diagnostic]:
    known: dict[tuple[int, int], Node | None] = {}
    for site, places in chosen(subject, WORDS, lambda place: leaves_holes(place, known)):
        windows = _windows(places[0].view, places[0].node)
        worst = max(filter(_has_holes, windows), key=lambda window: (window.stride > window.span, window.stride))
        seen, every = prod(window.seen() for window in windows), prod(window.extent for window in windows)
        if worst.stride > worst.span:
            what = f"stride {worst.stride} is larger than the kernel, {worst.span}"
            help = f"a kernel of {worst.stride} or more"
        else:
            what = f"stride {worst.stride} and dilation {worst.dilation} meet {worst.met} of {worst.stride} positions"
            help = f"a dilation without a factor in common with {worst.stride}"
        if site.word == "conv" and all(window.kernel == 1 for window in windows):
            strides = "x".join(dict.fromkeys(str(window.stride) for window in windows))
            help += f", or avgpool {strides} in front of it"
        yield site.finding(
            f"{what}: positions in between are never seen",
            f"{grouped(every)} - {grouped(seen)} = {grouped(every - seen)} of {grouped(every)} positions never read",
            help=(help,),
            places=places,
        )


def leaves_holes(place: Place, known: dict[tuple[int, int], Node | None]) -> bool:
    """Whether the layer jumps over positions that nobody else reads; of several such readers the largest is told."""
    view, node = place.view, place.node
    if not _jumps(view, node):
        return False
    value = view.inputs(node)[0]
    while value.kind in POINTWISE:
        value = view.inputs(value)[0]
    key = (id(view), value.index)
    if key not in known:
        known[key] = max(_readers(view, value), key=lambda each: _area(view, each), default=None)
    return known[key] is node


def _readers(view: View, value: Node) -> list[Node]:
    """The layers that read a value and jump; nothing where somebody reads all of it."""
    found: list[Node] = []
    waiting = [value]
    while waiting:
        each = waiting.pop()
        if view.is_output(each):
            return []
        for reader in view.consumers(each):
            if reader.kind in POINTWISE:
                waiting.append(reader)
            elif _jumps(view, reader):
                found.append(reader)
            else:
                return []
    return sorted(found, key=lambda reader: reader.index)


def _jumps(view: View, node: Node) -> bool:
    if node.kind not in WORDS:
        return False
    stride, kernel, dilation = (getattr(node.layer, name, 1) for name in ("stride", "kernel", "dilation"))
    plain = stride is None or (isinstance(stride, int) and isinstance(kernel, int) and stride <= kernel)
    if stride == 1 or (plain and dilation == 1):
        return False
    return any(map(_has_holes, _windows(view, node)))


def _has_holes(window: Window) -> bool:
    return window.met < window.stride and window.extent > window.span


def _windows(view: View, node: Node) -> tuple[Window, ...]:
    assert isinstance(node.layer, Windowed)
    return node.layer.windows(view.input_shapes(node)[0])


def _area(view: View, node: Node) -> int:
    return prod(window.span for window in _windows(view, node))
