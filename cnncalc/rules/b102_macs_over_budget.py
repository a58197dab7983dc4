"""The network needs more multiply-accumulates than its budget allows.

## What it means

The MACs for one example are more than `budget: {macs: ...}` says, in the file
or in the configuration.

## Why it matters

MACs are the arithmetic of an inference: latency and energy follow them. A
change that breaks the limit should be seen.

## Bad

```yaml
input: 3x224x224
layers:
  body: conv 64 3 p1 | relu | conv 64 3 p1 | relu
  head: gap | fc 10
budget: {macs: 600M}
```

## Good

```yaml
input: 3x224x224
layers:
  body: conv 64 3 /4 p1 | relu | conv 64 3 p1 | relu
  head: gap | fc 10
budget: {macs: 600M}
```

## How to fix it

- The message names the lines that need most. Early layers on large maps are the
  usual ones: stride earlier, fewer channels, depthwise convolutions, groups.
- A network that is limited in FLOPs has `flops`, which are twice the MACs.
"""

from __future__ import annotations

from collections.abc import Iterator

from cnncalc.errors import Diagnostic
from cnncalc.rules._budgets import too_much
from cnncalc.rules._subject import Subject

SEVERITY = "error"


def check(subject: Subject) -> Iterator[Diagnostic]:
    return too_much(subject, "macs", "MACs", lambda view: view.report.totals.macs, lambda row: row.macs)
