"""Many sigmoids or tanhs in a row: the gradient vanishes on its way back.

## What it means

Every path from the input to this layer passes more than `most` of `sigmoid`,
`hsigmoid` and `tanh` (6 unless set otherwise, as many as LeNet-5 has). Gates
(`mul`), outputs of the network, and a `tanh` right behind a norm do not count;
the first layer that is too much is reported.

## Why it matters

The slope of a sigmoid is at most 1/4: the slopes of n of them leave at most
(1/4)^n of a gradient. A tanh has slope 1 at 0 only and saturates on both sides.
Glorot & Bengio 2010, "Understanding the difficulty of training deep feedforward
neural networks", show how such networks stop learning; Krizhevsky et al. 2012
(section 3.1) reach the same training error six times faster with relu.

## Bad

```yaml
input: 3x64x64
layers:
  trunk: (conv 64 3 p1 | sigmoid)*7
  head: gap | fc 10
```

## Good

```yaml
input: 3x64x64
layers:
  trunk: (conv 64 3 p1 | relu)*7
  head: gap | fc 10
```

## How to fix it

- `relu` or another activation that does not saturate.
- Norms, or shortcuts (`residual`) around some of the layers.
- Another limit: `most = 8` in `[lint.rules.saturating-trunk]`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from cnncalc.errors import Diagnostic
from cnncalc.graph import Node
from cnncalc.rules._kinds import NORMS, chosen
from cnncalc.rules._subject import Place, Subject, View
from cnncalc.units import decimal, grouped

SEVERITY = "warning"
OPTIONS = {"most": 6}

WORDS = ("sigmoid", "hsigmoid", "tanh")


def check(subject: Subject) -> Iterator[Diagnostic]:
    limit = subject.options["most"]
    several = Counter(
        id(place.view) for site in subject.sites(*WORDS) for place in site.places if _counts(place.view, place.node)
    )
    counts = {id(view): passed(view) for view in subject.views if several[id(view)] > limit}

    def too_many(place: Place) -> bool:
        found = counts.get(id(place.view))
        return found is not None and found[place.node.index] == limit + 1 and _counts(place.view, place.node)

    for site, places in chosen(subject, WORDS, too_many):
        first = places[0]
        many = limit + 1
        slope = f"slopes of at most 1/4 each: (1/4)^{many} = 1/{grouped(4**many)} of the gradient is left"
        yield site.finding(
            f"this {site.word} is number {many} in a row that saturates: gradients vanish on the way back",
            slope if _only_sigmoids(first.view, first.node) else f"{many} in a row, {decimal(limit)} are allowed",
            help=("relu in the trunk, a norm in front of each, or shortcuts around them",),
            places=places,
        )


def passed(view: View) -> list[int]:
    """For every node, how many saturating activations the best path from an input passes, its own included."""
    found: list[int] = []
    for node in view.graph.nodes:
        before = min((found[each] for each in node.inputs), default=0)
        found.append(before + _counts(view, node))
    return found


def _counts(view: View, node: Node) -> bool:
    """Whether it is an activation of the trunk that saturates."""
    if node.kind not in WORDS or view.is_output(node):
        return False
    if node.kind == "tanh" and view.inputs(node)[0].kind in NORMS:
        return False
    return any(each.kind != "mul" for each in view.consumers(node))


def _only_sigmoids(view: View, node: Node) -> bool:
    return node.kind == "sigmoid" and not any(
        each.kind in ("tanh", "hsigmoid") and _counts(view, each) for each in view.ancestors(node)
    )
