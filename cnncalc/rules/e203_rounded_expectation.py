"""An expected figure is abbreviated where it could be exact.

## What it means

`params: 25.6M` holds for any number that rounds to it.

## Why it matters

A bias here, a norm there: small changes stay below the last digit, and the file
goes on vouching for a network that is another one.

## Bad

```yaml
input: 3x227x227
layers:
  conv1: conv 96 11x11 /4
expect: {params: 34.9k}
```

## Good

```yaml
input: 3x227x227
layers:
  conv1: conv 96 11x11 /4
expect: {params: 34944}
```

## How to fix it

- The fix writes the exact figure. A figure that a paper gives only in short may
  stay: the rule is on only where it is chosen.
"""

from __future__ import annotations

from collections.abc import Iterator

from cnncalc.analysis.expectations import FIGURES, exact, figure_of
from cnncalc.errors import Diagnostic
from cnncalc.rules._subject import Subject
from cnncalc.source import Scalar
from cnncalc.units import grouped, read_figure

SEVERITY = "info"
DEFAULT = False
FIXABLE = True


def check(subject: Subject) -> Iterator[Diagnostic]:
    seen: set[Scalar] = set()
    for view in subject.views:
        if not view.complete:
            continue
        for each in view.graph.net.expect:
            head, _, figure = each.key.value.rpartition(".")
            claimed = read_figure(each.value.value, figure == "memory") if figure in FIGURES else None
            if claimed is None or not claimed.slack or each.value in seen:
                continue
            truth = figure_of(view.report, head, figure)
            if truth is None or not claimed.matches(truth):
                continue
            seen.add(each.value)
            yield subject.finding(
                f"the expected {each.key.value} of {each.value.value} holds for every figure that rounds to it",
                each.value.mark,
                f"it is {grouped(truth)} now",
                help=(f"write {truth}",),
                fix=exact(each.value, str(truth)),
                layer=each.key.value,
                view=view,
            )
