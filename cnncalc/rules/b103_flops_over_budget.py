"""The network needs more floating-point operations than its budget allows.

## What it means

The FLOPs for one example, two for each multiply-accumulate, are more than
`budget: {flops: ...}` says, in the file or in the configuration.

## Why it matters

As for the MACs (B102). Papers often say FLOPs where they count MACs: a limit
that was copied from one may be half of what was meant.

## Bad

```yaml
input: 3x224x224
layers:
  body: conv 64 3 p1 | relu | conv 64 3 p1 | relu
  head: gap | fc 10
budget: {flops: 1.2G}
```

## Good

```yaml
input: 3x224x224
layers:
  body: conv 64 3 /4 p1 | relu | conv 64 3 p1 | relu
  head: gap | fc 10
budget: {flops: 1.2G}
```

## How to fix it

- The message names the lines that need most.
- If MACs were meant, limit those: `macs: 600M`.
"""

from __future__ import annotations

from collections.abc import Iterator

from cnncalc.errors import Diagnostic
from cnncalc.rules._budgets import too_much
from cnncalc.rules._subject import Subject

SEVERITY = "error"


def check(subject: Subject) -> Iterator[Diagnostic]:
    return too_much(subject, "flops", "FLOPs", lambda view: view.report.totals.flops, lambda row: row.flops)
