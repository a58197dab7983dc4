"""A block has a parameter that its body never uses.

## What it means

The signature names a parameter, and no line of the body, and no default behind
it, calculates with it.

## Why it matters

Every call gives a number that does nothing. Mostly the body still has the
number itself where the parameter was meant.

## Bad

```yaml
input: 3x32x32
blocks:
  basic(c, stride=1): conv c 3 /1 p1 | relu
layers:
  body: basic 16 | basic 32 /2
```

## Good

```yaml
input: 3x32x32
blocks:
  basic(c, stride=1): conv c 3 /stride p1 | relu
layers:
  body: basic 16 | basic 32 /2
```

## How to fix it

- Use it in the body, or take it out of the signature and of the calls.
"""

from __future__ import annotations

from collections.abc import Iterator

from cnncalc.errors import Diagnostic
from cnncalc.rules._subject import Subject
from cnncalc.rules._uses import names_in, readable, uses_of

SEVERITY = "warning"


def check(subject: Subject) -> Iterator[Diagnostic]:
    if not readable(subject):
        return
    file = subject.network.file
    uses = uses_of(subject)
    called = uses.called()
    for body in uses.blocks.values():
        block = body.block
        if block is None or block.file is not file or block.name not in called:  # an unused block is G202's
            continue
        in_defaults = {name for each in block.parameters if each.default is not None for name in names_in(each.default)}
        for parameter in block.parameters:
            if not body.uses(parameter.name) and parameter.name not in in_defaults:
                yield subject.finding(
                    f"the body of {block.name} never uses its parameter {parameter.name!r}",
                    block.text.at(*parameter.span),
                    f"declared as {block.declaration()}",
                    help=("use it in the body, or take it out of the signature and of the calls",),
                    layer=block.name,
                )
