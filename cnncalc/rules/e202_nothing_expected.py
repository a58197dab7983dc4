"""The file expects no figure.

## What it means

There is no `expect:`, for the file, a net or a variant, and no `=>` behind a
step.

## Why it matters

Whatever is typed into the file by mistake goes unnoticed as long as it loads.
Two figures, the parameters and the MACs, catch nearly every slip.

## Bad

```yaml
input: 3x32x32
layers:
  body: conv 16 3 p1 | relu
  head: gap | fc 10
```

## Good

```yaml
input: 3x32x32
layers:
  body: conv 16 3 p1 | relu
  head: gap | fc 10
expect:
  params: 618
  macs: 442528
```

## How to fix it

- The fix writes down what comes out now: compare it to the source of the
  architecture before you vouch for it. The rule is on only where it is chosen.
"""

from __future__ import annotations

from collections.abc import Iterator

from cnncalc.errors import Diagnostic, Edit, Fix
from cnncalc.formats.read import is_yaml
from cnncalc.rules._subject import Subject, View
from cnncalc.rules._uses import atoms_in, chains_of
from cnncalc.source import Mark
from cnncalc.spec.syntax import Claim

SEVERITY = "info"
DEFAULT = False
FIXABLE = True


def check(subject: Subject) -> Iterator[Diagnostic]:
    if not is_yaml(subject.source) or not subject.complete or not subject.own_views or expects(subject):
        return
    view = subject.own_views[0]
    net = view.graph.net.name
    figures = {"params": view.report.totals.params, "macs": view.report.totals.macs}
    pasted = ", ".join(f"{name}: {figure}" for name, figure in figures.items())
    where = "" if net is None else f"to the net {net}, "
    yield subject.finding(
        "this file expects no figure: nothing notices when it changes",
        subject.tree.items[0][0].mark if subject.tree.items else None,
        help=(f"add {where}expect: {{{pasted}}}",),
        fix=at_the_end(subject, view, figures),
    )


def expects(subject: Subject) -> bool:
    """Whether the file vouches for any figure."""
    if any(view.graph.net.expect for view in subject.views):
        return True
    steps = (step for _, chain in chains_of(subject) for _, _, step, _ in atoms_in(chain))
    return any(isinstance(suffix, Claim) for step in steps for suffix in step.suffixes)


def at_the_end(subject: Subject, view: View, figures: dict[str, int]) -> Fix | None:
    """The figures as the last key of the file; None for several nets, and where the file is a flow mapping."""
    if view.graph.net.name is not None or subject.tree.flow or subject.tree.items[0][0].mark.column != 1:
        return None
    text = subject.source.text
    newline = "\r\n" if "\r\n" in text else "\n"
    lines = ["expect:", *(f"  {name}: {figure}" for name, figure in figures.items()), ""]
    words = ("" if text.endswith(("\n", "\r")) else newline) + newline.join(lines)
    return Fix("expect what comes out now", (Edit(Mark(subject.source, len(text), len(text)), words),))
