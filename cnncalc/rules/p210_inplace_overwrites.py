"""A layer works in place on a value that something else still reads.

## What it means

An `inplace` activation, dropout or sum writes over its input, and somebody else
needs that same value (or a view of it, such as `flatten`): an output of the
network, a layer that runs later, or the gradient of a layer that has run. A
`relu`, `sigmoid`, `tanh` or `softmax` works its gradient out of what it gave;
convolutions, norms, most poolings and most other activations out of what flowed
in.

## Why it matters

In PyTorch the later reader gets the overwritten value, silently: a shortcut
carries relu(x) where x was meant. Where the value is needed for a gradient (the
usual case: `relu | dropout inplace`), training stops: "one of the variables
needed for gradient computation has been modified by an inplace operation".

## Bad

```yaml
input: 64x32x32
layers:
  block: residual(relu inplace | conv 64 3 p1)
```

## Good

```yaml
input: 64x32x32
layers:
  block: residual(relu | conv 64 3 p1)
```

## How to fix it

- Without `inplace`. The fix takes it away; it counts as unsafe, since the
  network then needs more memory.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from cnncalc.errors import Diagnostic
from cnncalc.graph import Node
from cnncalc.rules._edits import remove_option
from cnncalc.rules._kinds import chosen, everywhere, written
from cnncalc.rules._subject import Place, Subject, View

SEVERITY = "warning"
FIXABLE = True
CHANGES = ("activation_bytes",)

WORDS = ("relu", "relu6", "lrelu", "elu", "selu", "silu", "hswish", "hsigmoid", "mish", "dropout", "add")
"""The layers that know ``inplace``."""


KEEPS_RESULT = ("relu", "sigmoid", "tanh", "softmax", "logsoftmax")
"""The layers whose gradient PyTorch works out of what they give."""

KEEPS_RESULT_INPLACE = ("lrelu", "elu", "selu")
"""Those that have nothing else left where they work in place."""

KEEPS_NO_INPUT = (
    *KEEPS_RESULT, "dropout", "droppath", "times", "add", "concat", "gap", "flatten", "reshape", "shuffle", "upsample",
    "crop", "pad",
)  # fmt: skip
"""The layers whose gradient does not need what flows in."""


def check(subject: Subject) -> Iterator[Diagnostic]:
    for site, places in chosen(subject, WORDS, conflict):
        first = places[0]
        edits = remove_option(site, "inplace")
        yield site.finding(
            f"this {site.word} overwrites a value that {conflict(first)}",
            f"in place on {first.view.inputs(first.node)[0].name}",
            help=(written(site, edits) if edits else f"{site.word} without inplace",),
            fix=site.fix("take inplace away", edits if everywhere(site, places) else (), safe=False),
            places=places,
        )


def conflict(place: Place) -> str:
    """What somebody else does with the value that is overwritten; "" where nobody needs it."""
    if not place.layer.is_inplace:
        return ""
    view, node = place.view, place.node
    value = view.inputs(node)[0]
    trains = node.kind != "dropout" or getattr(place.layer, "p", 0) > 0  # else nothing is written
    while True:
        if view.is_output(value):
            return f"is the output {next(name for name, index in view.graph.outputs if index == value.index)}"
        later = _reader(view, value, node, lambda each: each.index > node.index)
        if later is not None:
            return f"{later.name} still reads"
        if trains and _keeps_result(value):
            return f"{value.name} needs for its gradient"
        earlier = _reader(view, value, node, lambda each: _keeps_input(each, node))
        if trains and earlier is not None:
            return f"{earlier.name} needs for its gradient"
        if value.layer is None or not value.layer.alias:
            return ""
        value = view.inputs(value)[0]


def _reader(view: View, value: Node, node: Node, test: Callable[[Node], bool]) -> Node | None:
    """A reader of a value, or of a view of it, that passes a test."""
    waiting = [value]
    while waiting:
        for each in view.consumers(waiting.pop()):
            if each is not node and test(each):
                return each
            if each.layer is not None and each.layer.alias and each is not node:
                waiting.append(each)
    return None


def _keeps_result(node: Node) -> bool:
    inplace = node.layer is not None and node.layer.is_inplace
    return node.kind in KEEPS_RESULT or (inplace and node.kind in KEEPS_RESULT_INPLACE)


def _keeps_input(each: Node, node: Node) -> bool:
    """Whether a layer that has run before ``node`` needs its input again in backward; in place that is its result."""
    if each.index > node.index or each.layer is None:
        return False
    return _keeps_result(each) if each.layer.is_inplace else each.kind not in KEEPS_NO_INPUT
