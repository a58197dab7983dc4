"""The network has more parameters than its budget allows.

## What it means

The learned values, shared ones counted once, are more than
`budget: {params: ...}` says, in the file or in the configuration.

## Why it matters

Somebody has decided how large the model may be: for a download, for a device,
for a fair comparison. A change that breaks the limit should be seen.

## Bad

```yaml
input: 3x32x32
layers:
  body: conv 64 3 /2 p1 | relu
  head: fc 1000
budget: {params: 10M}
```

## Good

```yaml
input: 3x32x32
layers:
  body: conv 64 3 /2 p1 | relu
  head: gap | fc 1000
budget: {params: 10M}
```

## How to fix it

- The message names the lines that weigh most. A fully connected layer behind
  large maps is the usual one: `gap` in front of it.
- Raise the limit, if the network may be that large.
"""

from __future__ import annotations

from collections.abc import Iterator

from cnncalc.errors import Diagnostic
from cnncalc.rules._budgets import too_much
from cnncalc.rules._subject import Subject

SEVERITY = "error"


def check(subject: Subject) -> Iterator[Diagnostic]:
    return too_much(subject, "params", "parameters", lambda view: view.report.totals.params, lambda row: row.params)
