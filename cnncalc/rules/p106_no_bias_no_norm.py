"""A layer without bias goes straight into an activation: nothing can shift it.

## What it means

A convolution or a fully connected layer says `nobias` (or the file's
`defaults:` do), and what follows, perhaps behind a pooling, is no norm with a
shift of its own, but an activation.

## Why it matters

Leaving the bias out is right in front of a batch norm, whose shift takes its
place. Without the norm the activation's threshold is tied to 0: a `relu`
behind it lets through exactly what is positive, and the layer cannot move that.
Mostly `defaults: {conv: nobias}` was written for the layers with a norm, and
meets one without.

## Bad

```yaml
input: 3x32x32
defaults: {conv: nobias}
layers:
  conv1: conv 64 3 p1 | bn | relu
  conv2: conv 64 3 p1 | relu
```

## Good

```yaml
input: 3x32x32
defaults: {conv: nobias}
layers:
  conv1: conv 64 3 p1 | bn | relu
  conv2: conv 64 3 p1 bias | relu
```

## How to fix it

- Write `bias` at the layer, or give it a norm.
- The fix writes `bias`. It is unsafe: the parameters become more.
"""

from __future__ import annotations

from collections.abc import Iterator

from cnncalc.errors import Diagnostic
from cnncalc.rules._kinds import ACTIVATIONS, POOLINGS, WEIGHTED, chosen, everywhere, with_option
from cnncalc.rules._subject import Place, Subject
from cnncalc.units import grouped

SEVERITY = "info"
FIXABLE = True
CHANGES = ("params", "trainable", "parameter_bytes", "work")


def check(subject: Subject) -> Iterator[Diagnostic]:
    for site, places in chosen(subject, WEIGHTED, unshifted):
        first = places[0]
        after = first.view.after(first.node, POOLINGS)
        assert after is not None
        direct = first.view.after(first.node) is after
        then = after.kind if direct else f"a pooling and {after.kind}"
        edits, better = with_option(site, "bias", "bias", "true")
        yield site.finding(
            f"this {site.word} has no bias, and no norm behind it that would shift its output",
            f"nobias, then {then}: {grouped(first.output[0])} threshold{'s' * (first.output[0] != 1)} fixed at 0",
            help=(f"{better} | {after.kind}" if direct else better,),
            fix=site.fix("add a bias", edits if everywhere(site, places) else (), safe=False),
            places=places,
        )


def unshifted(place: Place) -> bool:
    if getattr(place.layer, "bias", True):
        return False
    after = place.view.after(place.node, POOLINGS)
    return after is not None and after.kind in ACTIVATIONS
