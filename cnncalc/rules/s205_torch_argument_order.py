"""The numbers of this convolution look like torch's: (in, out, kernel).

## What it means

The first number equals the channels that flow in, the second would be an
unusual kernel, the third an unusual stride. In torch's `Conv2d(3, 16, 3)` they
are the channels in, the channels out and the kernel; here the channels that
flow in are known, and the numbers are channels out, kernel, stride.

## Why it matters

The layer that is meant is another one: three filters of 16x16 at stride 3 are
no 16 filters of 3x3. Where such a kernel fits, nothing else says so.

## Bad

```yaml
input: 3x32x32
layers:
  conv1: conv(3, 16, 3) | relu
```

## Good

```yaml
input: 3x32x32
layers:
  conv1: conv(16, 3) | relu
```

## How to fix it

- Leave the first number out: `Conv2d(3, 16, 3, stride=1, padding=1)` is
  `conv 16 3 p1`.
- Where it is meant, name what is unusual: `conv 3 k16 /3`.
- The fix is unsafe: it makes another layer.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from cnncalc.errors import Diagnostic
from cnncalc.rules._edits import replace_call
from cnncalc.rules._kinds import chosen, everywhere
from cnncalc.rules._subject import Place, Site, Subject
from cnncalc.spec.syntax import Number

SEVERITY = "warning"
FIXABLE = True
CHANGES = ("params", "trainable", "macs", "activation_bytes", "parameter_bytes", "work", "outputs")

LARGE = 12
"""A kernel from which on no network that we know slides it by less than itself over as many channels as it makes."""


def check(subject: Subject) -> Iterator[Diagnostic]:
    for site, places in chosen(subject, ("conv", "deconv"), is_unusual):
        given = numbers(site)
        layer: Any = places[0].layer
        if given[:3] != [layer.channels, layer.kernel, layer.stride]:
            continue
        channels, filters, kernel, *more = given
        names = [f"/{more[0]}"] if more and more[0] != 1 else []
        names += [f"p{more[1]}"] if len(more) > 1 and more[1] else []
        meant = " ".join([site.word, str(filters), str(kernel), *names])
        call = site.spot.call if site.spot is not None else None
        alone = call is not None and len(call.arguments) == len(given) <= 5
        edits = replace_call(site, meant) if alone and everywhere(site, places) else ()
        yield site.finding(
            f"{channels} filters, a kernel of {filters}, stride {kernel}: these look like torch's (in, out, kernel)",
            f"{channels} channels flow in",
            help=(f"{meant}, if that is meant; else name them: k{filters} /{kernel}",),
            fix=site.fix(f"write {meant}", edits, safe=False),
            places=places,
        )


def is_unusual(place: Place) -> bool:
    """Whether the numbers make sense in torch's order, and hardly in ours."""
    layer: Any = place.layer
    kernel, stride = layer.kernel, layer.stride
    if layer.channels != place.input_shapes[0][0] or not isinstance(kernel, int) or not isinstance(stride, int):
        return False
    return stride < kernel and (kernel >= LARGE or (kernel % 2 == 0 and stride % 2 == 1 and stride > 1))


def numbers(site: Site) -> list[int]:
    """The positional whole numbers that the call begins with."""
    found: list[int] = []
    call = site.spot.call if site.spot is not None else None
    for argument in call.arguments if call is not None else ():
        value = argument.value
        if argument.option is not None or not isinstance(value, Number) or not isinstance(value.value, int):
            break
        found.append(value.value)
    return found
