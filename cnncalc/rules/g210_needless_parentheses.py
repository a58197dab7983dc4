"""Parentheses around steps do nothing.

## What it means

Parentheses group steps for a repeat, a condition, a label or a claim. These
have none of them; or they are repeated once.

## Why it matters

Who reads on looks for the `*n` that is not there.

## Bad

```yaml
input: 3x32x32
layers:
  body: (conv 16 3 p1 | relu) | maxpool 2
```

## Good

```yaml
input: 3x32x32
layers:
  body: conv 16 3 p1 | relu | maxpool 2
```

## How to fix it

- Take the parentheses away, or write how often: `(conv 16 3 p1 | relu)*2`.
- The fix takes them away where there is no `*1`: with it the layers inside
  would get other names.
"""

from __future__ import annotations

from collections.abc import Iterator

from cnncalc.errors import Diagnostic
from cnncalc.rules._phrases import fix_of, mark_of
from cnncalc.rules._subject import Subject
from cnncalc.rules._uses import atoms_in, marked_lines
from cnncalc.spec.syntax import Number, Repeat, Step

SEVERITY = "info"
FIXABLE = True


def check(subject: Subject) -> Iterator[Diagnostic]:
    for statement, outer in marked_lines(subject):
        for chain, position, step, atom in atoms_in(outer):
            if not isinstance(atom, Repeat) or step is not chain.steps[position]:
                continue
            start, end = atom.span
            if isinstance(atom.count, Number) and atom.count.value == 1:
                yield subject.finding(
                    "a repeat of one is no repeat",
                    mark_of(statement.text, atom.span),
                    help=("take the parentheses and the *1 away, or write how often",),
                    layer=statement.name,
                )
            elif atom.count is None and needless(step, atom):
                inner = atom.chain.span
                cuts = [((start, inner[0]), ""), ((inner[1], end), "")]
                yield subject.finding(
                    "these parentheses do nothing",
                    mark_of(statement.text, atom.span),
                    help=("take them away, or write how often: (...)*2",),
                    fix=fix_of(subject, "take the parentheses away", statement.text, cuts),
                    layer=statement.name,
                )


def needless(step: Step, atom: Repeat) -> bool:
    """Whether nothing speaks of the group as a whole, and no condition inside would read differently without it."""
    return step.test is None and not step.suffixes and all(each.test is None for each in atom.chain.steps)
