"""A norm directly behind a norm.

## What it means

Two of `bn`, `gn`, `ln` and `instnorm` follow each other with nothing in
between.

## Why it matters

What flows in has been normalised already. Behind `bn | bn`, or any norm in
front of a `bn` or an `instnorm`, the scale (but for its sign) and the shift of
the first are cancelled by the second: they are trained for nothing. Mostly a
line was copied, or a block brings a norm of its own.

## Bad

```yaml
input: 3x32x32
layers:
  conv1: conv 64 3 p1 nobias | bn | bn | relu
```

## Good

```yaml
input: 3x32x32
layers:
  conv1: conv 64 3 p1 nobias | bn | relu
```

## How to fix it

- Keep one of them.
- The fix takes the second of two `bn` away. It is unsafe: the parameters become
  fewer.
"""

from __future__ import annotations

from collections.abc import Iterator

from cnncalc.errors import Diagnostic
from cnncalc.graph import Node
from cnncalc.rules._edits import remove_step
from cnncalc.rules._kinds import NORMS, chosen, everywhere
from cnncalc.rules._subject import Place, Subject
from cnncalc.units import grouped

SEVERITY = "warning"
FIXABLE = True
CHANGES = ("layers", "params", "trainable", "buffers", "activation_bytes", "parameter_bytes", "buffer_bytes", "work")


def check(subject: Subject) -> Iterator[Diagnostic]:
    for site, places in chosen(subject, NORMS, norm_before):
        befores = [norm_before(place) for place in places]
        first = befores[0]
        assert first is not None
        learned = first.facts.trainable
        cancels = learned and site.word in ("bn", "instnorm")
        alike = all(each is not None and each.kind == site.word == "bn" for each in befores)
        yield site.finding(
            f"this {site.word} directly follows a {first.kind}",
            f"cancels the {grouped(learned)} parameters of the {first.kind}" if cancels else "normalised already",
            help=(f"keep one of them: take away this {site.word}, or the {first.kind} in front of it",),
            fix=site.fix("take the second bn away", remove_step(site), safe=False)
            if alike and everywhere(site, places)
            else None,
            places=places,
        )


def norm_before(place: Place) -> Node | None:
    """The norm in front of the norm, if nobody else takes its output."""
    before = place.view.before(place.node)
    return before if before is not None and before.kind in NORMS and place.view.after(before) else None
