"""A parameter of the file is never used.

## What it means

A name stands under `params:`, and no line, block, input or other parameter
calculates with it.

## Why it matters

`--set` and the variants seem to change the network, and do not. Mostly a line
still has the number itself where the parameter was meant.

## Bad

```yaml
params: {width: 64, classes: 10}
input: 3x32x32
layers:
  body: conv 64 3 p1 | relu
  head: gap | fc classes
```

## Good

```yaml
params: {width: 64, classes: 10}
input: 3x32x32
layers:
  body: conv width 3 p1 | relu
  head: gap | fc classes
```

## How to fix it

- Use it where its number stands, or delete it (and what the variants say of
  it).
"""

from __future__ import annotations

from collections.abc import Iterator

from cnncalc.errors import Diagnostic
from cnncalc.rules._subject import Subject
from cnncalc.rules._uses import names_in, readable, uses_of, words_in
from cnncalc.source import Mapping

SEVERITY = "warning"


def check(subject: Subject) -> Iterator[Diagnostic]:
    params = subject.values("params")
    if not isinstance(params, Mapping) or not readable(subject):
        return
    used = used_names(subject)
    for key, value in params:
        others = words_in(value)
        used |= others - {key.value}
    for key, _ in params:
        if key.value not in used:
            set_by = [name for name, given in subject.network.variants.items() if key.value in given]
            yield subject.finding(
                f"nothing uses the parameter {key.value!r}",
                key.mark,
                notes=(f"the variants {', '.join(set_by)} set it to no effect",) if set_by else (),
                help=("use it, or delete it",),
                layer=key.value,
            )


def used_names(subject: Subject) -> set[str]:
    """The names that the lines, the blocks, the inputs and the settings of the file use."""
    file = subject.network.file
    used = words_in(subject.values("defaults")) | words_in(subject.values("variants"))
    for body in uses_of(subject).bodies:
        block = body.block
        if block is None:
            used |= body.names
        elif block.file is file:
            own = {each.name for each in block.parameters}
            used |= body.names - own
            for parameter in block.parameters:
                if parameter.default is not None:
                    used.update(names_in(parameter.default))
    for net in subject.network.nets:
        for each in net.inputs:
            used.update(names_in(*each.sizes))
        if net.per_image is not None:
            used.update(names_in(net.per_image[0]))
    return used
