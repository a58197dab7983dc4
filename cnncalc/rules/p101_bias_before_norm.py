"""A bias in front of a batch norm has no effect.

## What it means

A convolution or a fully connected layer has a bias, and the only thing behind
it is a norm that subtracts the mean of every channel (`bn`, `instnorm`).

## Why it matters

The norm subtracts whatever the bias adds, and has a shift of its own. The bias
is trained, stored and moved about, and changes nothing.

## Bad

```yaml
input: 3x32x32
layers:
  conv1: conv 64 3 p1 | bn | relu
```

## Good

```yaml
input: 3x32x32
layers:
  conv1: conv 64 3 p1 nobias | bn | relu
```

## How to fix it

- `nobias`, or `defaults: {conv: nobias}` for the whole file.
- The fix writes `nobias`. It is unsafe: the parameters become fewer, so that
  stored weights and `expect:` figures no longer fit.
"""

from __future__ import annotations

from collections.abc import Iterator

from cnncalc.errors import Diagnostic
from cnncalc.rules._edits import set_option
from cnncalc.rules._subject import Place, Subject
from cnncalc.units import grouped

SEVERITY = "warning"
FIXABLE = True
CHANGES = ("params", "trainable", "parameter_bytes", "work")

WORDS = ("conv", "deconv", "fc")
CENTRING = ("bn", "instnorm")
"""Norms that take the mean of each channel away."""


def check(subject: Subject) -> Iterator[Diagnostic]:
    for site in subject.sites(*WORDS):
        wrong = [place for place in site.places if cancelled(place)]
        if not wrong:
            continue
        norm = wrong[0].view.after(wrong[0].node)
        assert norm is not None
        everywhere = len(wrong) == len(site.places)
        edits = set_option(site, "bias", "nobias", "false") if everywhere else ()
        count = bias_of(wrong[0])
        yield site.finding(
            f"the bias of this {site.word} has no effect: {norm.kind} subtracts it again",
            f"{grouped(count)} parameters that do nothing",
            help=(f"{site.word} ... nobias | {norm.kind}",),
            fix=site.fix("add nobias", edits, safe=False),
            places=wrong,
        )


def bias_of(place: Place) -> int:
    """The parameters of the bias; 0 where there is none."""
    return sum(each.count for each in place.node.facts.parameters if each.name == "bias")


def cancelled(place: Place) -> bool:
    after = place.view.after(place.node)
    return bias_of(place) > 0 and after is not None and after.kind in CENTRING
