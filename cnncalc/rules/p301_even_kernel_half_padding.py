"""An even kernel padded by half on both sides gives one row too much.

## What it means

The kernel F is even, P = F/2 zeros stand on either side, and more comes out
than W/S, rounded up. (`half` on an even kernel, or `p2` with a 4x4 one.)

## Why it matters

Padding by half of the kernel keeps the size for odd kernels only. An even one
has no centre: with P = F/2 the output is one row and one column larger than the
input and lies half a position aside, so that sums and concatenations with
other branches no longer fit, or fit after a crop that nobody expects
(Dumoulin & Visin 2016, arXiv 1603.07285, section 2.2). A `crop` or a `slice`
right behind the layer shows that it is meant.

## Bad

```yaml
input: 3x32x32
layers:
  conv1: conv 64 4 p2 | relu
```

## Good

```yaml
input: 3x32x32
layers:
  conv1: conv 64 4 same | relu
  conv2: conv 64 3 half | relu
```

## How to fix it

- An odd kernel, which has a centre.
- Or `same`: one zero less in front than behind.
- The fix writes `same`. It is unsafe: the shapes change.
"""

from __future__ import annotations

from collections.abc import Iterator

from cnncalc.arithmetic import Window
from cnncalc.errors import Diagnostic
from cnncalc.layers.windowed import Windowed
from cnncalc.rules._kinds import chosen, everywhere, with_option
from cnncalc.rules._subject import Place, Subject

SEVERITY = "warning"
FIXABLE = True
CHANGES = ("params", "trainable", "macs", "activation_bytes", "parameter_bytes", "work", "outputs")

WORDS = ("conv", "dwconv", "local", "maxpool", "avgpool")


def check(subject: Subject) -> Iterator[Diagnostic]:
    for site, places in chosen(subject, WORDS, enlarging):
        window = enlarging(places[0])
        assert window is not None
        wanted = -(-window.extent // window.stride)
        edits, better = with_option(site, "pad", "same", "same")
        yield site.finding(
            f"an even kernel with padding {window.before} on both sides gives {window.out}, not {wanted}",
            str(window),
            help=(f"an odd kernel, or {better}",),
            fix=site.fix("pad with same", edits if everywhere(site, places) else (), safe=False),
            places=places,
        )


def enlarging(place: Place) -> Window | None:
    """The first window that is even, has half of its span on either side, and gives more than it should."""
    layer = place.layer
    assert isinstance(layer, Windowed)
    kernel = layer.kernel
    if layer.pad == 0 or all(size % 2 for size in ((kernel,) if isinstance(kernel, int) else kernel)):
        return None
    after = place.view.after(place.node)
    if after is not None and after.kind in ("crop", "slice"):
        return None
    for window in layer.windows(place.input_shapes[0]):
        half = window.before == window.after and 2 * window.before == window.span
        if half and window.out > -(-window.extent // window.stride):
            return window
    return None
