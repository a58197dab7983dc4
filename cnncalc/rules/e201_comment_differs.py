"""A figure in a comment is not the one that comes out.

## What it means

A comment behind a line says its output, its parameters or its MACs
(`# 96x55x55`, `# -> 55x55`, `# 34,944 params`), works out a size
(`# (227 - 11)/4 + 1 = 55`) or an expected figure (`# (11*11*3)*96 + 96`); a
comment at the top of the file says the totals (`# 62.4M params, 1.14 GMACs`).
The figure is another.

## Why it matters

Comments are believed, and nothing else checks them: the network was changed,
and the comment was not.

## Bad

```yaml
# 3.6k params
input: 3x227x227
layers:
  conv1: conv 96 11x11 /4      # (227 - 11)/4 + 1 = 54
  pool1: maxpool 3x3 /2        # 96x26x26
```

## Good

```yaml
# 34.9k params
input: 3x227x227
layers:
  conv1: conv 96 11x11 /4      # (227 - 11)/4 + 1 = 55
  pool1: maxpool 3x3 /2        # 96x27x27
```

## How to fix it

- Correct the comment, or the line; or say it under `expect:`, which is always
  checked.
- An abbreviated figure counts to its own precision. A comment that says
  anything else besides is prose, and is left alone; the rule is on only where
  it is chosen.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from cnncalc.analysis.expectations import FIGURES, figure_of
from cnncalc.analysis.rows import Row
from cnncalc.errors import Diagnostic
from cnncalc.graph.records import Frame
from cnncalc.rules._comments import Comment
from cnncalc.rules._prose import Claim, Count, Sizes, Sum, claims_in, holds, orders
from cnncalc.rules._subject import Subject
from cnncalc.shape import Shape, show
from cnncalc.source import Scalar
from cnncalc.spec.network import Expectation
from cnncalc.units import decimal, grouped

SEVERITY = "warning"
DEFAULT = False

TOTALS = ("name", "layers")
"""The keys behind which a comment speaks of the whole network, as one above all keys does."""


class Line(NamedTuple):
    """A line of a net, and the layers that it makes."""

    name: str
    rows: tuple[Row, ...]


def check(subject: Subject) -> Iterator[Diagnostic]:
    said = [(each, claims) for each in subject.comments if (claims := claims_in(each.text))]
    if not said or not subject.complete:
        return
    lines = lines_of(subject)
    expected = expectations_of(subject)
    head = subject.tree.items[0][0].mark.line if subject.tree.items else 0
    keys = {key.mark.line for key, _ in subject.tree if key.value in TOTALS}
    for comment, claims in said:
        number = comment.mark.line
        for claim in claims:
            wrong = wrong_sum(claim)
            if wrong is None and (number < head or (number in keys and number not in lines)):
                wrong = wrong_total(subject, claim)
            elif wrong is None and not comment.alone and number in lines:
                wrong = wrong_line(lines[number], claim)
            elif wrong is None and not comment.alone and number in expected:
                wrong = wrong_expectation(subject, expected[number], claim)
            if wrong is not None:
                yield told(subject, comment, *wrong)


def told(subject: Subject, comment: Comment, message: str, label: str) -> Diagnostic:
    return subject.finding(message, comment.mark, label, help=("correct the comment, or what it speaks of",))


def wrong_sum(claim: Claim) -> tuple[str, str] | None:
    """A sum that does not come out."""
    if not isinstance(claim, Sum) or holds(claim):
        return None
    said = " -> ".join(decimal(each) for each in claim.said)
    return f"the comment says {said}, but this is {decimal(claim.value)}", f"{claim.text} = {decimal(claim.value)}"


def wrong_total(subject: Subject, claim: Claim) -> tuple[str, str] | None:
    """A figure that no net, no variant, and no sum over the nets has."""
    if not isinstance(claim, Count):
        return None
    totals = [figure for view in subject.views for figure in figures_of(claim, view.report.rows)]
    own = [sum(figures_of(claim, view.report.rows)[0] for view in subject.own_views)]
    if any(claim.figure.matches(each) for each in (*totals, *own)):
        return None
    return f"the comment says {claim.text}, but they are {grouped(own[0])}", "of the whole network"


def wrong_line(line: Line, claim: Claim) -> tuple[str, str] | None:
    """A figure that neither the line has nor one of its layers."""
    last = line.rows[-1]
    if isinstance(claim, Count):
        whole = figures_of(claim, line.rows)
        known = [*whole, *(figure for row in line.rows for figure in figures_of(claim, [row]))]
        if any(claim.figure.matches(each) for each in known):
            return None
        formula = last.formulas.get(claim.what, "") if len(line.rows) == 1 else ""
        return f"the comment says {claim.text}, but {line.name} has {grouped(whole[0])}", formula
    if isinstance(claim, Sizes):
        if claim.shape in set(shapes_of(line.rows)):
            return None
        return f"the comment says {claim.text}, but {line.name} makes {show(last.output)}", made_by(line.rows)
    if claim.window and claim.said and claim.said[-1].denominator == 1:
        if any(claim.said[-1] in row.output[1:] for row in line.rows):
            return None
        message = f"the comment works out {decimal(claim.said[-1])}, but {line.name} makes {show(last.output)}"
        return message, made_by(line.rows)
    return None


def wrong_expectation(subject: Subject, expectation: Expectation, claim: Claim) -> tuple[str, str] | None:
    """A sum behind an expected figure that gives another figure."""
    key = expectation.key.value
    head, _, figure = key.rpartition(".")
    if not isinstance(claim, Sum) or claim.window or figure not in FIGURES:
        return None
    truths = [figure_of(view.report, head, figure) for view in subject.views]
    if not any(truth is not None for truth in truths) or any(truth == claim.value for truth in truths):
        return None
    truth = next(each for each in truths if each is not None)
    return f"the comment works out {decimal(claim.value)}, but {key} is {grouped(truth)}", f"{claim.text}"


def figures_of(claim: Count, rows: Iterable[Row]) -> tuple[int, ...]:
    """What a count may mean: papers say FLOPs for MACs."""
    listed = list(rows)
    if claim.what == "params":
        return sum(row.params for row in listed), sum(row.trainable for row in listed)
    macs = sum(row.macs for row in listed)
    return (macs,) if claim.what == "macs" else (2 * macs, macs)


def shapes_of(rows: Iterable[Row]) -> Iterator[Shape]:
    """Every shape that a line could mean: what its layers make and take, and their weights, in any usual order."""
    for row in rows:
        for shape in (row.output, *row.input_shapes):
            yield from orders(shape)
            yield shape[1:]
        for parameter in row.parameters:
            shape = parameter.shape
            yield from orders(shape)
            yield from orders(shape[1:])
            yield (*shape[2:], *shape[1::-1])


def made_by(rows: Iterable[Row]) -> str:
    """The worked line of the last layer that has one."""
    formulas = [row.formulas["output"] for row in rows if "output" in row.formulas]
    return formulas[-1] if formulas else ""


def lines_of(subject: Subject) -> dict[int, Line]:
    """The lines of the nets that stand on one line of the text, alone, by its number."""
    rows: dict[int, list[Row]] = {}
    for view in subject.own_views:
        for row in view.report.rows:
            if row.node.frame is not None:
                rows.setdefault(id(root(row.node.frame)), []).append(row)
    found: dict[int, Line | None] = {}
    for net in subject.network.nets:
        for statement in net.statements:
            text = statement.text
            first, last = (subject.source.position(at)[0] for at in (statement.mark.start, text.end))
            made = tuple(rows.get(id(text), ()))
            alone = first == last and first not in found and made
            found[last] = Line(statement.name or "this line", made) if alone else None
    return {number: line for number, line in found.items() if line is not None}


def root(frame: Frame) -> Scalar:
    """The text of the line that a block's body was called from in the end."""
    while frame.parent is not None:
        frame = frame.parent
    return frame.text


def expectations_of(subject: Subject) -> dict[int, Expectation]:
    """The expected figures of the file itself, by the number of their line; none where two share one."""
    found: dict[int, list[Expectation]] = {}
    for view in subject.own_views:
        for each in view.graph.net.expect:
            found.setdefault(each.key.mark.line, []).append(each)
    return {number: each[0] for number, each in found.items() if len(set(each)) == 1}
