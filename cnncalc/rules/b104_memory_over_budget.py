"""The network needs more memory than its budget allows.

## What it means

The most bytes that are alive at a time, by the memory model, are more than
`budget: {peak_memory: ...}` says. The limit names what is meant by `batch`,
`dtype` and `training`: an inference of one example in float32 if it does not.

## Why it matters

What does not fit does not run. The model counts parameters, gradients, what is
kept for backward and what lives for a moment only; `cnncalc memory` shows it.

## Bad

```yaml
input: 3x224x224
layers:
  body: conv 64 3 p1 | relu | conv 64 3 p1 | relu
  head: gap | fc 10
budget:
  peak_memory: {max: 1GiB, batch: 32, training: true}
```

## Good

```yaml
input: 3x224x224
layers:
  body: conv 64 3 /4 p1 | relu | conv 64 3 p1 | relu
  head: gap | fc 10
budget:
  peak_memory: {max: 1GiB, batch: 32, training: true}
```

## How to fix it

- `cnncalc memory --hints` works out what would help: layers in place, a
  narrower data type, checkpoints.
- A smaller batch, a stride earlier in the network.
"""

from __future__ import annotations

from collections.abc import Iterator

from cnncalc.errors import Diagnostic
from cnncalc.rules._budgets import excess, heaviest, limits, within
from cnncalc.rules._subject import Subject
from cnncalc.units import short_bytes

SEVERITY = "error"


def check(subject: Subject) -> Iterator[Diagnostic]:
    for view, limit in limits(subject, "peak_memory"):
        from cnncalc.analysis.memory import modelled  # the model is large, and few files have such a budget

        memory = modelled(view.graph, batch=limit.batch, dtype=limit.dtype, training=limit.training)
        if memory is None or limit.most is None or memory.peak_bytes <= limit.most:
            continue
        peak = memory.peak_bytes
        shares: dict[str, int] = {}
        for held in memory.alive:
            line = held.place.split(".")[0]
            shares[line] = shares.get(line, 0) + held.bytes
        step = "a training step" if limit.training else "an inference"
        over = excess(peak, limit.most)
        yield subject.finding(
            f"{step}{within(view)} needs {short_bytes(peak)}, the budget is {limit.written} ({over})",
            limit.mark,
            f"the peak at batch {limit.batch} in {limit.dtype}, while {memory.peak_at} runs ({memory.peak_phase})",
            notes=(f"most of what is alive then: {heaviest(shares, peak, short_bytes)}",),
            view=view,
        )._replace(beyond=peak - limit.most)
