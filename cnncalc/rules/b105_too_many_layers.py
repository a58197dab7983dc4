"""The network has more layers than its budget allows.

## What it means

The layers, as `cnncalc summarize` lists them, are more than
`budget: {layers: ...}` says, in the file or in the configuration. Every step
counts as one: a convolution, its norm and its activation are three.

## Why it matters

Each layer is a kernel to launch, and a device or a compiler may have a limit.

## Bad

```yaml
input: 3x32x32
layers:
  body: (conv 16 3 p1 | bn | relu)*4
  head: gap | fc 10
budget: {layers: 12}
```

## Good

```yaml
input: 3x32x32
layers:
  body: (conv 16 3 p1 | bn | relu)*3
  head: gap | fc 10
budget: {layers: 12}
```

## How to fix it

- Fewer repeats; the message names the lines with most layers.
- Norms that are folded into their convolutions before use need not be counted:
  raise the limit accordingly.
"""

from __future__ import annotations

from collections.abc import Iterator

from cnncalc.errors import Diagnostic
from cnncalc.rules._budgets import too_much
from cnncalc.rules._subject import Subject

SEVERITY = "error"


def check(subject: Subject) -> Iterator[Diagnostic]:
    return too_much(subject, "layers", "layers", lambda view: view.report.totals.layers, lambda row: 1)
