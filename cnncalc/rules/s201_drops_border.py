"""The stride does not tile, so that rows or columns of the input are never read.

## What it means

`(W - F + 2*P)/S + 1` is no whole number. The output is rounded down, and the
last rows and columns are read by no window.

## Why it matters

What lies at the border is lost, only at the right and at the bottom, and the
sizes no longer agree with those on the way back up (decoders, skips). Mostly a
size of the input, or a padding, is not the one that was meant.

## Bad

```yaml
input: 3x224x224
layers:
  conv1: conv 96 11x11 /4 | relu
```

## Good

```yaml
input: 3x227x227
layers:
  conv1: conv 96 11x11 /4 | relu
```

## How to fix it

- The message names the nearest input, kernel, stride and padding that tile.
- `ceil` lets a pooling keep the last, partial window.
- Padding that is never read is no fault and is not told; nor is what a stride
  larger than the kernel leaves out everywhere.
"""

from __future__ import annotations

from collections.abc import Iterator

from cnncalc.arithmetic import Window
from cnncalc.errors import Diagnostic
from cnncalc.layers.windowed import row_names, ways_to_tile
from cnncalc.rules._subject import Subject
from cnncalc.rules._windows import POOLS, SLIDING, windows_of
from cnncalc.shape import axis_names, elements, show
from cnncalc.units import decimal, grouped

SEVERITY = "warning"


def check(subject: Subject) -> Iterator[Diagnostic]:
    for site in subject.sites(*SLIDING):
        wrong = [place for place in site.places if any(place.node.facts.unread) and any(map(drops, windows_of(place)))]
        if not wrong:
            continue
        shape = wrong[0].input_shapes[0]
        windows = windows_of(wrong[0])
        dropped = [window.unread if drops(window) else 0 for window in windows]
        read = elements(tuple(extent - lost for extent, lost in zip(shape[1:], dropped, strict=True)))
        lost = elements(shape[1:]) - read
        first = next(filter(drops, windows))
        share = decimal(100 * lost / elements(shape[1:]), 1)
        yield site.finding(
            f"this {site.word} never reads the last {' and '.join(counted(dropped))} of the {show(shape[1:])} map",
            worked(windows),
            notes=(f"{grouped(lost)} of {grouped(elements(shape[1:]))} positions are lost ({share} %)",),
            help=(ways_to_tile(first), *kept(site.word, first)),
            places=wrong,
        )


def drops(window: Window) -> bool:
    """Whether positions at the end are unread beyond those that a stride larger than the kernel skips anyway."""
    return window.unread > max(0, window.stride - window.span)


def kept(word: str, window: Window) -> tuple[str, ...]:
    """What ``ceil`` would give, for a pooling."""
    out = window._replace(ceil=True).out
    return (
        (f"or say `ceil`, which keeps the last, partial window -> {out}",) if word in POOLS and out > window.out else ()
    )


def worked(windows: tuple[Window, ...]) -> str:
    """The worked lines of the axes that drop something, once where they are alike."""
    if len(set(windows)) == 1:
        return str(windows[0])
    names = axis_names(len(windows))
    return ", ".join(f"{name}: {window}" for name, window in zip(names, windows, strict=True) if drops(window))


def counted(dropped: list[int]) -> list[str]:
    """``row``, ``3 columns``: the axes along which something is dropped."""
    names = [*row_names(len(dropped))]
    return [
        name if count == 1 else f"{count} {name}s" for name, count in zip(names, dropped, strict=False) if count > 0
    ]
