"""A variant is the same network as another one.

## What it means

Its parameters are those of another variant, or those of the file as it stands.
An empty variant, `resnet50: {}`, is how the file itself is named, and is meant.

## Why it matters

Somebody compares two networks that are one. Mostly a number was not changed
after an entry was copied.

## Bad

```yaml
params: {width: 1, depth: 2}
variants:
  small: {}
  wide: {width: 2}
  deep: {width: 2}
input: 3x32x32
layers:
  body: (conv 16*width 3 p1 | relu)*depth
```

## Good

```yaml
params: {width: 1, depth: 2}
variants:
  small: {}
  wide: {width: 2}
  deep: {depth: 4}
input: 3x32x32
layers:
  body: (conv 16*width 3 p1 | relu)*depth
```

## How to fix it

- Correct the number that was meant to differ, or delete one of the two.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from cnncalc.errors import Diagnostic, Related
from cnncalc.rules._subject import Subject
from cnncalc.source import Mapping, Scalar

SEVERITY = "warning"


def check(subject: Subject) -> Iterator[Diagnostic]:
    tree = subject.values("variants")
    if not isinstance(tree, Mapping):
        return
    base: dict[str, Any] = subject.network.file.params
    # as they come out: what is calculated from a parameter that a variant sets follows it
    made = {view.variant: view.network.file.params for view in subject.views if view.variant is not None}
    first: dict[tuple[tuple[str, Any], ...], Scalar] = {}
    for key, _ in tree:
        settings = subject.network.variants.get(key.value)
        if settings is None:
            continue
        params = tuple(sorted(made.get(key.value, {**base, **settings}).items()))
        known = first.setdefault(params, key)
        if known is not key:
            yield subject.finding(
                f"variant {key.value!r} is the same network as {known.value!r}",
                key.mark,
                shown(settings),
                help=("correct the number that was meant to differ, or delete one of the two",),
                related=(Related(f"{known.value} stands", known.mark),),
                layer=key.value,
            )
        elif settings and params == tuple(sorted(base.items())):
            yield subject.finding(
                f"variant {key.value!r} is the file as it stands",
                key.mark,
                f"{shown(settings)} is what `params:` says",
                help=(f"write `{key.value}: {{}}` if that is meant",),
                layer=key.value,
            )


def shown(settings: Any) -> str:
    """``width 2, depth 4``."""
    return ", ".join(f"{name} {float(value):g}" for name, value in settings.items()) or "no parameter differs"
