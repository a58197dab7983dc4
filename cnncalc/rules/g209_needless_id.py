"""An `id` among other steps does nothing.

## What it means

`id` is the value that flows in. As a branch of its own it is a shortcut;
between other steps it changes nothing, and `else id` is what happens without
it.

## Why it matters

It looks like a step. Perhaps a layer was meant.

## Bad

```yaml
input: 3x32x32
layers:
  conv1: conv 16 3 p1 | id | relu
```

## Good

```yaml
input: 3x32x32
layers:
  conv1: conv 16 3 p1 | relu
```

## How to fix it

- Take it away. The fix does.
"""

from __future__ import annotations

from collections.abc import Iterator

from cnncalc.errors import Diagnostic
from cnncalc.rules._phrases import fix_of, mark_of
from cnncalc.rules._subject import Subject
from cnncalc.rules._uses import atoms_in, marked_lines
from cnncalc.spec.syntax import Call, Chain, Span, Step

SEVERITY = "info"
FIXABLE = True


def check(subject: Subject) -> Iterator[Diagnostic]:
    for statement, outer in marked_lines(subject):
        for chain, position, step, _ in atoms_in(outer):
            if is_id(step) and step is chain.steps[position] and len(chain.steps) > 1:
                cut = step_with_pipe(chain, position)
                words = "id"
            elif step.otherwise is not None and is_id(step.otherwise):
                assert step.test is not None
                cut = (step.test.span[1], step.otherwise.span[1])
                step, words = step.otherwise, "else id"
            else:
                continue
            yield subject.finding(
                f"this {words} does nothing",
                mark_of(statement.text, step.span),
                "what flows in goes on unchanged without it",
                help=("take it away",),
                fix=fix_of(subject, f"take away {words}", statement.text, [(cut, "")]),
                layer=statement.name,
            )


def is_id(step: Step) -> bool:
    """Whether a step is a bare ``id``: without a label, a claim or a condition."""
    atom = step.atom
    bare = step.test is None and not step.suffixes and step.otherwise is None
    return bare and isinstance(atom, Call) and atom.word.lower() == "id" and not atom.arguments and not atom.line


def step_with_pipe(chain: Chain, position: int) -> Span:
    """A step and the ``|`` before it, behind it where it is the first."""
    if position:
        return chain.steps[position - 1].span[1], chain.steps[position].span[1]
    return chain.steps[0].span[0], chain.steps[1].span[0]
