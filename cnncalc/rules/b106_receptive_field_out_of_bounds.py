"""The receptive field is smaller or larger than the budget says.

## What it means

The receptive field of the network, as `expect: {receptive_field: ...}` counts
it (the largest among the outputs and their axes), is not within the bounds of
`budget: {receptive_field: {min: ..., max: ...}}`. `at: conv5` asks for that of
a line or a layer instead: behind a global pooling, every output sees all.

## Why it matters

An output cannot know of what it does not see: an object larger than the
receptive field is judged by a part of it. A patch discriminator, in turn, is
meant to see no more than its patch.

## Bad

```yaml
input: 3x256x256
layers:
  body: (conv 32 3 p1 | relu)*3
  out: conv 1 1
budget:
  receptive_field: {min: 31}
```

## Good

```yaml
input: 3x256x256
layers:
  body: (conv 32 3 p1 | relu | maxpool 2)*3 | (conv 32 3 p1 | relu)*2
  out: conv 1 1
budget:
  receptive_field: {min: 31}
```

## How to fix it

- More layers, larger kernels, strides or dilation let an output see more.
- `cnncalc explain receptive_field` shows how it grows, layer by layer.
"""

from __future__ import annotations

from collections.abc import Iterator

from cnncalc.analysis.expectations import figure_of
from cnncalc.errors import Diagnostic, did_you_mean
from cnncalc.rules._budgets import limits, within
from cnncalc.rules._subject import Subject, View
from cnncalc.spec.budget import Limit
from cnncalc.units import grouped

SEVERITY = "error"


def check(subject: Subject) -> Iterator[Diagnostic]:
    for view, limit in limits(subject, "receptive_field"):
        field = figure_of(view.report, limit.at, "receptive_field")
        if field is None:
            if limit.at:
                yield nothing_there(subject, view, limit)
            continue
        if limit.least is not None and field < limit.least:
            wrong, beyond = f"at least {grouped(limit.least)} were asked for", limit.least - field
            label = f"{grouped(limit.least)} - {grouped(field)} = {grouped(beyond)} too few"
        elif limit.most is not None and field > limit.most:
            wrong, beyond = f"at most {grouped(limit.most)} are allowed", field - limit.most
            label = f"{grouped(field)} - {grouped(limit.most)} = {grouped(beyond)} too many"
        else:
            continue
        who = limit.at or "an output"
        message = f"{who}{within(view)} sees {grouped(field)} positions of the input, {wrong}"
        found = subject.finding(message, limit.mark, label, layer=limit.at or None, view=view)
        yield found._replace(beyond=beyond)


def nothing_there(subject: Subject, view: View, limit: Limit) -> Diagnostic:
    hint = did_you_mean(limit.at, view.report.names())
    return subject.finding(
        f"there is nothing called {limit.at!r}{within(view)} whose receptive field could be limited",
        limit.mark,
        help=(hint,) if hint else (),
        view=view,
    )
