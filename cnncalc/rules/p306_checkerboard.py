"""A deconv whose kernel is no multiple of its stride paints a checkerboard.

## What it means

Along some axis of a `deconv` the kernel F is no multiple of the stride S > 1:
neighbouring output positions are sums of different numbers of inputs. A stride
larger than the kernel even leaves positions that nothing reaches.

## Why it matters

With F = 3 and S = 2 every second row is the sum of two inputs and the others of
one: the uneven overlap shows in the output as a pattern of squares, which the
network must learn to hide. Odena, Dumoulin & Olah 2016, "Deconvolution and
Checkerboard Artifacts" (distill.pub), show it for many image generators. It
matters where images or masks come out; published networks have it all the same.

## Bad

```yaml
input: 64x16x16
layers:
  up: deconv 32 3 /2 p1 outpad=1 | relu
```

## Good

```yaml
input: 64x16x16
layers:
  up: deconv 32 4 /2 p1 | relu
  more: upsample 2 | conv 16 3 p1 | relu
```

## How to fix it

- A kernel that is a multiple of the stride: 4 for stride 2.
- Or `upsample 2 | conv 32 3 p1`, as the article advises.
"""

from __future__ import annotations

from collections.abc import Iterator

from cnncalc.errors import Diagnostic
from cnncalc.layers.base import per_axis
from cnncalc.rules._kinds import chosen
from cnncalc.rules._subject import Place, Subject

SEVERITY = "info"


def check(subject: Subject) -> Iterator[Diagnostic]:
    for site, places in chosen(subject, ("deconv",), uneven):
        first = places[0]
        kernel, stride = uneven(first) or (1, 1)
        least, most = kernel // stride, -(-kernel // stride)
        channels = first.output[0]
        yield site.finding(
            f"a deconv with kernel {kernel} and stride {stride} overlaps unevenly: a checkerboard pattern"
            if least
            else f"a deconv with kernel {kernel} and stride {stride} leaves positions that nothing reaches",
            f"{kernel}/{stride} is not whole: {least} or {most} taps per position along an axis",
            help=(f"a kernel of {most * stride} fits the stride; or upsample {stride} | conv {channels} 3 p1",),
            places=places,
        )


def uneven(place: Place) -> tuple[int, int] | None:
    """Kernel and stride along the first axis where one does not divide the other."""
    layer, rank = place.layer, len(place.output) - 1
    kernels = per_axis("deconv", "kernel", getattr(layer, "kernel", 1), rank)
    strides = per_axis("deconv", "stride", getattr(layer, "stride", 1), rank)
    dilations = per_axis("deconv", "dilation", getattr(layer, "dilation", 1), rank)
    for kernel, stride, dilation in zip(kernels, strides, dilations, strict=True):
        if dilation == 1 and kernel % stride:
            return kernel, stride
    return None
