"""A block of the file is never used.

## What it means

No line of the network calls the block, directly or through other blocks.

## Why it matters

Nothing checks it: its shapes are never worked out. It is a leftover, or the
line that should call it says something else.

## Bad

```yaml
input: 3x32x32
blocks:
  basic(c): residual(conv c 3 p1 | relu | conv c 3 p1) | relu
layers:
  stem: conv 16 3 p1 | relu
  body: (conv 16 3 p1 | relu)*2
```

## Good

```yaml
input: 3x32x32
blocks:
  basic(c): residual(conv c 3 p1 | relu | conv c 3 p1) | relu
layers:
  stem: conv 16 3 p1 | relu
  body: (basic 16)*2
```

## How to fix it

- Call it, or delete it.
- A file of blocks for others to import needs no `layers:` and is not told of.
"""

from __future__ import annotations

from collections.abc import Iterator

from cnncalc.errors import Diagnostic
from cnncalc.rules._subject import Subject
from cnncalc.rules._uses import readable, uses_of

SEVERITY = "warning"


def check(subject: Subject) -> Iterator[Diagnostic]:
    if not readable(subject):
        return
    uses = uses_of(subject)
    called = uses.called()
    file = subject.network.file
    for block in file.blocks.values():
        if block.file is not file or block.name in called:
            continue
        callers = [name for name, body in uses.blocks.items() if block.name in body.words and name != block.name]
        yield subject.finding(
            f"nothing uses the {'shared ' if block.shared else ''}block {block.name!r}",
            block.text.mark,
            notes=(f"only {callers[0]} does, which nothing uses",) if callers else (),
            help=(f"call it, as in `{call_of(block.name, [each.name for each in block.parameters])}`, or delete it",),
            layer=block.name,
        )


def call_of(name: str, parameters: list[str]) -> str:
    """``basic c``."""
    return " ".join([name, *parameters])
