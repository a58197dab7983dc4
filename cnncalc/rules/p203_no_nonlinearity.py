"""Two linear layers with nothing nonlinear between them are one linear layer.

## What it means

The output of a convolution or a fully connected layer flows into the next one,
and nowhere else, through nothing but layers that are linear themselves (`bn` at
test, average pooling, dropout, flattening). Not reported, since there it is the
point:

- the value between is narrower than what comes before and behind: a factorised
  layer or a linear bottleneck (MobileNet v2, arXiv 1801.04381), whose 1x1
  projection may also keep the width before it;
- depthwise and grouped convolutions next to others (MobileNet v1, Xception);
- kernels along different axes, 1x7 and 7x1;
- transposed convolutions, which interpolate (FCN, U-Net).

A network without a single activation is reported once, by P204.

## Why it matters

A weighted sum of weighted sums is a weighted sum: one layer could compute what
the two do (with a larger kernel, borders aside), and depth buys nothing. Mostly
an activation was forgotten, behind a `bn` or in a copied line.

## Bad

```yaml
input: 3x32x32
layers:
  conv1: conv 64 3 p1 nobias | bn
  conv2: conv 64 3 p1 nobias | bn | relu
  head: gap | fc 100 | fc 10
```

## Good

```yaml
input: 3x32x32
layers:
  conv1: conv 64 3 p1 nobias | bn | relu
  conv2: conv 64 3 p1 nobias | bn | relu
  head: gap | fc 100 | relu | fc 10
```

## How to fix it

- An activation between the two, behind the norm if there is one.
- Or one layer in place of the two.
- The fix writes the activation that the file uses most. It is unsafe: the
  network computes something else.
"""

from __future__ import annotations

from collections.abc import Iterator

from cnncalc.errors import Diagnostic
from cnncalc.graph import Node
from cnncalc.layers.windowed import Windowed
from cnncalc.rules._edits import insert_after
from cnncalc.rules._kinds import WEIGHTED, chosen, is_activated, written
from cnncalc.rules._subject import Place, Subject
from cnncalc.shape import Shape, elements, show
from cnncalc.units import grouped

SEVERITY = "warning"
FIXABLE = True
CHANGES = ("layers", "activation_bytes", "work")

LINEAR = frozenset(
    ("bn", "scale", "times", "dropout", "avgpool", "gap", "flatten", "reshape", "shuffle", "crop", "pad", "upsample")
)  # fmt: skip

USUAL = ("relu", "relu6", "lrelu", "prelu", "elu", "selu", "gelu", "silu", "hswish", "mish", "tanh")
"""What the fix writes: the one that the file uses most, the first of them where it uses none."""


def check(subject: Subject) -> Iterator[Diagnostic]:
    active = {id(view) for view in subject.views if is_activated(view)}
    if not active:
        return
    usual = max(USUAL, key=lambda word: len(subject.sites(word)))
    sites = {site.mark: site for site in subject.sites(*WEIGHTED, "bn", "scale")}
    for site, places in chosen(subject, WEIGHTED, lambda place: id(place.view) in active and linear_before(place)):
        firsts = [linear_before(place) for place in places]
        ends = [_end(place, first) for place, first in zip(places, firsts, strict=True) if first is not None]
        where = sites.get(ends[0].mark) if ends[0].mark is not None else None
        makes = {id(place.node) for place in where.places} if where is not None else set()
        edits = insert_after(where, usual) if where is not None and makes == set(map(id, ends)) else ()
        assert firsts[0] is not None
        yield site.finding(
            f"nothing nonlinear between {firsts[0].name} and this {site.word}: together they are one linear layer",
            _label(places[0], firsts[0]),
            help=(f"{written(where) if where is not None else ends[0].kind} | {usual} | {written(site)}",),
            fix=site.fix(f"put a {usual} in between", edits, safe=False),
            places=places,
        )


def linear_before(place: Place) -> Node | None:
    """The layer in front that is one with this one, if there is one and it is no accepted pair."""
    view, node = place.view, place.node
    first = view.before(node, through=LINEAR)
    if first is None or first.kind not in WEIGHTED or view.after(first, through=LINEAR) is not node:
        return None
    return None if _accepted(view.input_shapes(first)[0], first, place.input_shapes[0], node) else first


def _accepted(seen: Shape, first: Node, width: Shape, second: Node) -> bool:
    """Whether people write this pair on purpose; ``width`` is what arrives at the second."""
    if {first.kind, second.kind} & {"dwconv", "deconv", "local"}:
        return True
    if any(getattr(node.layer, "groups", 1) > 1 for node in (first, second)):
        return True
    behind = second.facts.output
    if "fc" in (first.kind, second.kind):
        return elements(width) < min(elements(seen), elements(behind))
    pointwise = not _axes(first)
    if width[0] < behind[0] and (width[0] < seen[0] or (pointwise and width[0] == seen[0])):
        return True
    return bool(_axes(first) and _axes(second) and not set(_axes(first)) & set(_axes(second)))


def _axes(node: Node) -> tuple[int, ...]:
    """The axes along which a convolution sees more than its own position."""
    kernel = getattr(node.layer, "kernel", 1)
    sizes = (kernel,) * (len(node.facts.output) - 1) if isinstance(kernel, int) else kernel
    return tuple(axis for axis, size in enumerate(sizes) if size > 1)


def _end(place: Place, first: Node) -> Node:
    """The layer behind which the activation belongs: the first of the two, or its norm."""
    behind = place.view.after(first)
    return behind if behind is not None and behind.kind in ("bn", "scale") else first


def _label(place: Place, first: Node) -> str:
    """What one layer would be: its kernel where both are convolutions, its parameters where both are dense."""
    second = place.node
    if first.kind == second.kind == "fc":
        seen = place.view.input_shapes(first)[0][0]
        both = first.facts.trainable + second.facts.trainable
        one = (seen + 1) * second.facts.output[0]
        return f"{grouped(both)} parameters do what fc {second.facts.output[0]} does with {grouped(one)}"
    close = place.view.after(first, through=("bn", "scale", "dropout")) is second
    if close and isinstance(first.layer, Windowed) and isinstance(second.layer, Windowed):
        a = first.layer.windows(place.view.input_shapes(first)[0])
        b = second.layer.windows(place.input_shapes[0])
        if all(window.dilation == 1 for window in (*a, *b)):
            kernel = show(x.kernel + (y.kernel - 1) * x.stride for x, y in zip(a, b, strict=True))
            return f"{show(x.kernel for x in a)}, then {show(y.kernel for y in b)}: one {kernel} convolution"
    return f"{first.kind}, then {second.kind}: one weighted sum"
