"""A file is imported, and none of its blocks is used.

## What it means

No line of the network calls a block of that file, directly or through other
blocks.

## Why it matters

The file must be there and must be right for nothing. Mostly a block of this
file has the name that was meant to come from there.

## Bad

```yaml
input: 3x32x32
import: blocks.yaml
layers:
  body: conv 16 3 p1 | relu
  head: gap | fc 10
```

## Good

```yaml
input: 3x32x32
import: blocks.yaml
layers:
  body: basic 16
  head: gap | fc 10
```

where `blocks.yaml` is

```yaml blocks.yaml
input: 3x8x8
blocks:
  basic(c): conv c 3 p1 | relu
layers: basic 8
```

## How to fix it

- Use a block of it, or delete the import.
"""

from __future__ import annotations

import os
from collections.abc import Iterator

from cnncalc.errors import Diagnostic
from cnncalc.rules._subject import Subject
from cnncalc.rules._uses import readable, uses_of
from cnncalc.source import Items, Scalar

SEVERITY = "warning"


def check(subject: Subject) -> Iterator[Diagnostic]:
    tree = subject.values("import")
    folder = subject.source.folder
    if tree is None or folder is None or not readable(subject):
        return
    targets = [each for each in (tree.items if isinstance(tree, Items) else [tree]) if isinstance(each, Scalar)]
    called = uses_of(subject).called()
    blocks = subject.network.file.blocks
    sources = {blocks[name].file.source.name for name in called} - {subject.source.name}
    direct = {each: os.path.join(folder, each.value) for each in targets}
    if sources - set(direct.values()):
        return  # a block of a file that an imported file imports: nobody knows which of them brought it
    for target, path in direct.items():
        if path not in sources:
            others = [block.name for block in blocks.values() if block.file.source.name == path]
            yield subject.finding(
                f"nothing uses a block of {target.value}",
                target.mark,
                notes=(f"its blocks: {', '.join(others[:8])}{', ...' if len(others) > 8 else ''}",) if others else (),
                help=("use one of its blocks, or delete the import",),
            )
