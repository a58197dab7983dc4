"""Taps of a kernel meet nothing but padding, so that their weights never learn.

## What it means

The map is so small, or the dilation so large, that some positions of the kernel
lie in the padding wherever the window stands.

## Why it matters

These weights are multiplied by zero: they have no gradient, and are stored and
counted all the same. A 3x3 convolution of a 1x1 map is a 1x1 convolution with
eight times as many weights for nothing (Chen et al. 2017, arXiv 1706.05587,
section 3.3, tell of it for large dilations).

## Bad

```yaml
input: 512x1x1
layers:
  conv1: conv 512 3 p1 | relu
```

## Good

```yaml
input: 512x1x1
layers:
  conv1: conv 512 1 | relu
```

## How to fix it

- A smaller kernel or dilation, or a larger map.
- Weights that are shared count as dead only where they are so at every use.
"""

from __future__ import annotations

from collections.abc import Iterator
from math import prod

from cnncalc.arithmetic import Window
from cnncalc.errors import Diagnostic
from cnncalc.layers.windowed import Windowed
from cnncalc.rules._subject import Subject, View
from cnncalc.rules._windows import windows_of
from cnncalc.shape import Shape, show
from cnncalc.units import grouped

SEVERITY = "warning"

LARGEST = 1000
"""Larger kernels are not looked at."""


def check(subject: Subject) -> Iterator[Diagnostic]:
    dead: dict[tuple[int, Shape], int] = {}  # equal layers are one object
    shared: dict[View, set[int]] = {}
    for site in subject.sites("conv", "dwconv"):
        wrong = []
        for place in site.places:
            key = (id(place.layer), place.input_shapes[0])
            if key not in dead:
                dead[key] = dead_taps(windows_of(place))
            if not dead[key]:
                continue
            if place.view not in shared:
                shared[place.view] = learning(place.view)
            if place.node.owner not in shared[place.view]:
                wrong.append(place)
        if not wrong:
            continue
        first = wrong[0]
        windows = windows_of(first)
        taps = prod(window.kernel for window in windows)
        count = dead[id(first.layer), first.input_shapes[0]]
        weights = sum(each.count for each in first.node.facts.parameters if each.name == "weight") * count // taps
        size = show(tuple(window.kernel for window in windows))
        yield site.finding(
            f"{count} of the {taps} taps of this {size} {site.word} meet nothing but padding",
            f"{grouped(weights)} weights that never learn: the map is {show(first.input_shapes[0][1:])}"
            f"{spans(windows)}",
            help=(f"a kernel of {show(tuple(map(needed, windows)))} would do the same work",)
            if all(window.dilation == 1 for window in windows)
            else ("a smaller dilation, or a larger map",),
            places=wrong,
        )


def dead_taps(windows: tuple[Window, ...]) -> int:
    """How many taps of the whole kernel see padding only."""
    if any(window.kernel > LARGEST for window in windows) or not any(
        window.before or window.after for window in windows
    ):
        return 0
    return prod(window.kernel for window in windows) - prod(len(alive(window)) for window in windows)


def alive(window: Window) -> list[int]:
    """The taps that meet the input at some position of the window."""
    found = []
    for tap in range(window.kernel):
        start = tap * window.dilation - window.before
        position = max(0, -(start // window.stride))  # the first that is not in front of the input
        if position < window.out and start + position * window.stride < window.extent:
            found.append(tap)
    return found


def needed(window: Window) -> int:
    taps = alive(window)
    return taps[-1] - taps[0] + 1 if taps else 1


def spans(windows: tuple[Window, ...]) -> str:
    """What the kernel spans, where a dilation makes it larger than it looks."""
    wide = max(windows, key=lambda window: window.dilation)
    return f", the kernel spans {wide.dilation}*({wide.kernel} - 1) + 1 = {wide.span}" if wide.dilation > 1 else ""


def learning(view: View) -> set[int]:
    """The owners of shared weights that meet the input at one of their uses."""
    found = set()
    for node in view.graph.layers:
        if node.owner != node.index:
            for each in (node, view.graph.nodes[node.owner]):
                if isinstance(each.layer, Windowed) and not dead_taps(each.layer.windows(view.input_shapes(each)[0])):
                    found.add(node.owner)
    return found
