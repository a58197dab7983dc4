"""A block's parameter hides a parameter of the file.

## What it means

The signature has a name that stands under `params:` too. In the body the name
means what the call gives; the file's own value is out of reach there.

## Why it matters

`--set` and the variants change the one, and the body calculates with the other.
Whoever reads the body cannot tell which is which.

## Bad

```yaml
params: {width: 2}
input: 3x32x32
blocks:
  basic(c, width=1): conv c*width 3 p1 | relu
layers:
  stem: conv 16*width 3 p1
  body: basic 16
```

## Good

```yaml
params: {width: 2}
input: 3x32x32
blocks:
  basic(c, factor=1): conv c*factor 3 p1 | relu
layers:
  stem: conv 16*width 3 p1
  body: basic 16
```

## How to fix it

- Give the block's parameter another name. `width=width` takes the value of the
  file as the default, and is not told.
- Blocks that other files import may well have such a parameter on purpose: the
  rule is on only where it is chosen.
"""

from __future__ import annotations

from collections.abc import Iterator

from cnncalc.errors import Diagnostic, Related
from cnncalc.rules._subject import Subject
from cnncalc.rules._uses import names_in
from cnncalc.source import Mapping

SEVERITY = "info"
DEFAULT = False


def check(subject: Subject) -> Iterator[Diagnostic]:
    params = subject.values("params")
    if not isinstance(params, Mapping):
        return
    places = {key.value: key.mark for key, _ in params}
    file = subject.network.file
    for block in file.blocks.values():
        for parameter in block.parameters if block.file is file else ():
            default = parameter.default
            passed_on = default is not None and parameter.name in names_in(default)
            if parameter.name in places and not passed_on:
                yield subject.finding(
                    f"the parameter {parameter.name!r} of {block.name} hides that of the file",
                    block.text.at(*parameter.span),
                    help=(f"give it another name, such as {block.name}_{parameter.name}",),
                    related=(Related("the file's stands", places[parameter.name]),),
                    layer=block.name,
                )
