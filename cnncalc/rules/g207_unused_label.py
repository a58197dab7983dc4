"""A label is never used.

## What it means

`as u` names a value inside a phrase, and no other step, output, expectation or
budget speaks of the name.

## Why it matters

A name promises that something takes up the value later: a skip that was
forgotten, or one that went away.

## Bad

```yaml
input: 1x64x64
blocks:
  up(c, skip): deconv c 2 /2 as u | conv c 3 p1
layers:
  e1: conv 8 3 p1
  e2: maxpool 2 | conv 16 3 p1
  d1: up 8 e1 | concat(id, e1)
```

## Good

```yaml
input: 1x64x64
blocks:
  up(c, skip): deconv c 2 /2 as u | concat(skip, u) | conv c 3 p1
layers:
  e1: conv 8 3 p1
  e2: maxpool 2 | conv 16 3 p1
  d1: up 8 e1
```

## How to fix it

- Use the value, or take the label away. The fix takes it away.
"""

from __future__ import annotations

from collections.abc import Iterator

from cnncalc.errors import Diagnostic
from cnncalc.rules._budgets import limits
from cnncalc.rules._phrases import fix_of
from cnncalc.rules._subject import Subject
from cnncalc.rules._uses import Body, atoms_in, readable, uses_of
from cnncalc.spec.network import Net
from cnncalc.spec.syntax import Label

SEVERITY = "info"
FIXABLE = True


def check(subject: Subject) -> Iterator[Diagnostic]:
    if not readable(subject):
        return
    file = subject.network.file
    for body in uses_of(subject).bodies:
        if body.block is not None and body.block.file is not file:
            continue
        outside: set[str] | None = None
        for statement, chain in body.marked:
            for _, _, step, _ in atoms_in(chain):
                for number, label in enumerate(step.suffixes):
                    if not isinstance(label, Label) or body.uses(label.name):
                        continue
                    if outside is None:
                        outside = asked_for(subject, body)
                    if label.name in outside:
                        continue
                    before = step.suffixes[number - 1].span[1] if number else step.atom.span[1]
                    cut = ((before, label.span[1]), "")
                    yield subject.finding(
                        f"nothing uses the label {label.name!r}",
                        statement.text.at(*label.span),
                        help=("use the value, or take the label away",),
                        fix=fix_of(subject, f"take away `as {label.name}`", statement.text, [cut]),
                        layer=statement.name,
                    )


def asked_for(subject: Subject, body: Body) -> set[str]:
    """The names that outputs, expectations and budgets speak of in a net; nobody sees into a block."""
    net = body.owner
    if not isinstance(net, Net):
        return set()
    asked = [target.value for _, target in net.outputs or ()]
    for view in subject.views:
        if view.graph.net.name == net.name:
            asked += [each.key.value for each in view.graph.net.expect]
    asked += [limit.at for _, limit in limits(subject, "receptive_field")]
    return {part for each in asked for part in each.split(".")}
