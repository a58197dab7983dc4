"""The padding is as wide as the kernel: windows at the border see only zeros.

## What it means

The outermost windows of a convolution or an average pooling lie entirely in the
padding.

## Why it matters

Their outputs do not depend on the input: a frame of constants around every map,
which costs memory and arithmetic and blurs into what follows.

## Bad

```yaml
input: 3x32x32
layers:
  conv1: conv 64 1 p1 | relu
```

## Good

```yaml
input: 3x32x32
layers:
  conv1: conv 64 1 | relu
```

## How to fix it

- Pad by less than the kernel spans: `half` is (F - 1)/2.
- For a max pooling this is an error (S108).
"""

from __future__ import annotations

from collections.abc import Iterator

from cnncalc.arithmetic import Window
from cnncalc.errors import Diagnostic
from cnncalc.rules._subject import Place, Subject
from cnncalc.rules._windows import windows_of
from cnncalc.shape import Shape, axis_names, elements, show
from cnncalc.units import decimal, grouped

SEVERITY = "warning"

WORDS = ("conv", "dwconv", "local", "avgpool")


def check(subject: Subject) -> Iterator[Diagnostic]:
    found: dict[tuple[int, Shape], bool] = {}  # equal layers are one object
    for site in subject.sites(*WORDS):
        wrong = []
        for place in site.places:
            key = (id(place.layer), place.input_shapes[0])
            if key not in found:
                found[key] = padded(place) and any(map(blind, windows_of(place)))
            if found[key]:
                wrong.append(place)
        if not wrong:
            continue
        windows = windows_of(wrong[0])
        worst = max(windows, key=blind)
        axis = axis_names(len(windows))[windows.index(worst)]
        total = elements(tuple(window.out for window in windows))
        seeing = elements(tuple(window.out - blind(window) for window in windows))
        yield site.finding(
            f"the border of this {site.word} sees nothing but padding",
            f"{axis}: {blind(worst)} of {worst.out} windows of {worst.span} lie in the padding of "
            f"{worst.before} + {worst.after}",
            notes=(
                f"{grouped(total - seeing)} of the {show(wrong[0].output[1:])} = {grouped(total)} outputs are constant "
                f"({decimal(100 * (total - seeing) / total, 1)} %)",
            ),
            help=(
                f"pad by at most {worst.span - 1}; `half` keeps the size at stride 1"
                if worst.span > 1
                else "a window of 1 needs no padding",
            ),
            places=wrong,
        )


def padded(place: Place) -> bool:
    return getattr(place.layer, "pad", 0) not in (0, "same", "half")


def blind(window: Window) -> int:
    """How many positions of the window lie entirely in the padding."""
    before = (window.before - window.span) // window.stride + 1 if window.before >= window.span else 0
    after = window.out - -(-(window.before + window.extent) // window.stride)
    return min(window.out, max(0, before) + max(0, after))
