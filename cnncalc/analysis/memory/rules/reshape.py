"""The same values under another shape."""

from __future__ import annotations

from math import prod

from cnncalc.analysis.memory import ops
from cnncalc.analysis.memory.rules.table import Site, rule
from cnncalc.analysis.memory.tape import Tape
from cnncalc.analysis.memory.tensors import Tensor


@rule("Flatten")
def flatten(tape: Tape, site: Site, x: Tensor) -> Tensor:
    """A view, a copy where the values do not lie in order; a vector stays itself."""
    if len(x.shape) == 2:
        return tape.hold(x)
    return ops.reshape(tape, x, (x.shape[0], prod(x.shape[1:])))


@rule("Unflatten")
def unflatten(tape: Tape, site: Site, x: Tensor) -> Tensor:
    return ops.view(tape, x, (x.shape[0], *site.arguments["unflattened_size"]))


@rule("movedim")
def movedim(tape: Tape, site: Site, x: Tensor) -> Tensor:
    source, target = site.arguments["source"], site.arguments["target"]
    order = list(range(len(x.shape)))
    order.insert(target, order.pop(source))
    return ops.permute(tape, x, order)
