"""A condition has the same answer always.

## What it means

`A if ...` asks about numbers only: no parameter and no size stands in it.

## Why it matters

One of the two ways is never taken. Mostly a name was meant where a number
stands.

## Bad

```yaml
params: {width: 2}
input: 3x32x32
layers:
  body: conv 16 3 p1 | (bn if 2 > 1) | relu
  head: conv 16*width 1
```

## Good

```yaml
params: {width: 2}
input: 3x32x32
layers:
  body: conv 16 3 p1 | (bn if width > 1) | relu
  head: conv 16*width 1
```

## How to fix it

- Ask about a parameter or a size (`C > 16`), or keep only the way that is
  taken.
"""

from __future__ import annotations

from collections.abc import Iterator

from cnncalc.errors import Diagnostic
from cnncalc.rules._phrases import mark_of
from cnncalc.rules._subject import Subject
from cnncalc.rules._uses import atoms_in, marked_lines, names_in
from cnncalc.spec.evaluate import Scope, SpanFault, evaluate

SEVERITY = "warning"


def check(subject: Subject) -> Iterator[Diagnostic]:
    for statement, chain in marked_lines(subject):
        for _, _, step, _ in atoms_in(chain):
            if step.test is None or any(names_in(step.test)):
                continue
            try:
                answer = bool(evaluate(step.test, Scope({})))
            except SpanFault:  # loading tells of it where the step runs
                continue
            way = "the step always runs" if answer else "the step never runs"
            yield subject.finding(
                f"this condition is always {'true' if answer else 'false'}",
                mark_of(statement.text, step.test.span),
                f"{way}: there is no name in it",
                help=("ask about a parameter or a size, as in `if C > 16`, or keep only the way that is taken",),
                layer=statement.name,
            )
