"""An entry under `defaults:` applies to no layer.

## What it means

The file has no layer of that kind, in its lines or in its own blocks. Defaults
do not reach into the blocks of an imported file.

## Why it matters

It seems to set something and does not. Mostly the layers went away, or it was
meant for another word.

## Bad

```yaml
input: 3x32x32
defaults: {conv: nobias, dwconv: nobias}
layers:
  body: conv 16 3 p1 | bn | relu
  head: gap | fc 10
```

## Good

```yaml
input: 3x32x32
defaults: {conv: nobias}
layers:
  body: conv 16 3 p1 | bn | relu
  head: gap | fc 10
```

## How to fix it

- Delete the entry, or correct its word.
"""

from __future__ import annotations

from collections.abc import Iterator

from cnncalc.errors import Diagnostic
from cnncalc.layers import canonical
from cnncalc.rules._subject import Subject
from cnncalc.rules._uses import readable, uses_of
from cnncalc.source import Mapping
from cnncalc.spec.bind import vgg_call

SEVERITY = "warning"


def check(subject: Subject) -> Iterator[Diagnostic]:
    defaults = subject.values("defaults")
    if not isinstance(defaults, Mapping) or not readable(subject):
        return
    used = kinds_of(subject)
    for key, _ in defaults:
        word = canonical(key.value)
        if word not in used:
            yield subject.finding(
                f"the default of {key.value} applies to nothing",
                key.mark,
                f"there is no {word} in this file",
                help=("delete the entry",),
                layer=key.value,
            )


def kinds_of(subject: Subject) -> set[str]:
    """The kinds of all layers in the lines and the own blocks of the file; a residual is an add."""
    file = subject.network.file
    found: set[str] = set()
    for body in uses_of(subject).bodies:
        if body.block is not None and body.block.file is not file:
            continue
        for word in body.words:
            vgg = vgg_call(word)
            kind = vgg[0] if vgg is not None else canonical(word)
            if kind is not None:
                found.add(kind)
        if "residual" in body.words:
            found.add("add")
    return found
