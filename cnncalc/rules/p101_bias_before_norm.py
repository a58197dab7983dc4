"""A bias in front of a norm that subtracts the mean has no effect.

## What it means

A convolution (depthwise ones included), a transposed convolution or a fully
connected layer has a bias, and the only thing behind it is a norm that
subtracts the mean of every channel: `bn`, `instnorm`, or `gn` with as many
groups as channels. Layers in between that pass a constant on as it is (pooling,
upsampling, `gap`) do not help.

## Why it matters

The norm subtracts whatever the bias adds, and has a shift of its own if it
needs one (Ioffe & Szegedy 2015, section 3.2: "the bias b can be ignored since
its effect will be canceled by the subsequent mean subtraction"). The bias is
trained, stored and moved about, and changes nothing.

`ln`, and `gn` with fewer groups, take one mean over several channels: there a
bias per channel does something, and is not reported.

## Bad

```yaml
input: 3x32x32
layers:
  conv1: conv 64 3 p1 | bn | relu
  conv2: dwconv 3 p1 | maxpool 2 | bn | relu
```

## Good

```yaml
input: 3x32x32
layers:
  conv1: conv 64 3 p1 nobias | bn | relu
  conv2: conv 64 3 p1 | gn 8 | relu
```

## How to fix it

- `nobias`, or `defaults: {conv: nobias}` for the whole file.
- The fix writes `nobias`. It is unsafe: the parameters become fewer, so that
  stored weights and `expect:` figures no longer fit.
"""

from __future__ import annotations

from collections.abc import Iterator

from cnncalc.errors import Diagnostic
from cnncalc.graph import Node
from cnncalc.layers.windowed import Windowed
from cnncalc.rules._kinds import everywhere, with_option
from cnncalc.rules._subject import Place, Subject, View
from cnncalc.units import grouped

SEVERITY = "warning"
FIXABLE = True
CHANGES = ("params", "trainable", "parameter_bytes", "work")

WORDS = ("conv", "dwconv", "deconv", "fc")
"""A locally connected layer has a bias per position: its mean goes, the rest stays."""

KEEPING = frozenset(("maxpool", "gmp", "gap", "adaptive", "upsample", "crop", "shuffle"))
"""Layers that commute with adding a constant to a channel."""


def check(subject: Subject) -> Iterator[Diagnostic]:
    for site in subject.sites(*WORDS):
        biased = [place for place in site.places if getattr(place.layer, "bias", False)]
        if not biased:
            continue
        norms = [(place, cancelling(place)) for place in biased]
        needed = {_weights(place) for place, norm in norms if norm is None}
        wrong = [(place, norm) for place, norm in norms if norm is not None and _weights(place) not in needed]
        if not wrong:
            continue
        places = [place for place, _ in wrong]
        norm = wrong[0][1]
        edits, better = with_option(site, "bias", "nobias", "false")
        yield site.finding(
            f"the bias of this {site.word} has no effect: {norm.kind} subtracts it again",
            f"{grouped(bias_of(places[0]))} parameters that do nothing",
            help=(f"{better} | {norm.kind}",),
            fix=site.fix("add nobias", edits if everywhere(site, places) else (), safe=False),
            places=places,
        )


def bias_of(place: Place) -> int:
    """The parameters of the bias; 0 where there is none."""
    return sum(each.count for each in place.node.facts.parameters if each.name == "bias")


def cancelling(place: Place) -> Node | None:
    """The norm that takes the bias away, if one does."""
    after = place.view.after(place.node, through=KEEPING)
    while after is not None and _averages(place.view, after):
        after = place.view.after(after, through=KEEPING)
    if after is None or after.kind not in ("bn", "instnorm", "gn"):
        return None
    groups = getattr(after.layer, "groups", None)
    return after if groups is None or groups == place.view.input_shapes(after)[0][0] else None


def _averages(view: View, node: Node) -> bool:
    """Whether it is an average of values only: zeros of a padding would weaken a constant at the border."""
    if node.kind != "avgpool" or not isinstance(node.layer, Windowed):
        return False
    return all(window.before == window.after == 0 for window in node.layer.windows(view.input_shapes(node)[0]))


def _weights(place: Place) -> tuple[int, int]:
    """Whose weights they are: all uses of shared weights must agree."""
    return id(place.view), place.node.owner
