"""Layers with several inputs, and parts of values."""

from __future__ import annotations

from cnncalc.analysis.memory import ops
from cnncalc.analysis.memory.rules.table import Site, rule
from cnncalc.analysis.memory.tape import Tape
from cnncalc.analysis.memory.tensors import Tensor


@rule("add")
def add(tape: Tape, site: Site, *values: Tensor) -> Tensor:
    """From left to right, into new tensors or into the first."""
    out = tape.hold(values[0])
    for value in values[1:]:
        total = (ops.add_ if site.arguments["inplace"] else ops.add)(tape, out, value)
        tape.drop(out)
        out = total
    return out


@rule("mul")
def mul(tape: Tape, site: Site, *values: Tensor) -> Tensor:
    """From left to right."""
    out = tape.hold(values[0])
    for value in values[1:]:
        product = ops.mul(tape, out, value)
        tape.drop(out)
        out = product
    return out


@rule("concat")
def concat(tape: Tape, site: Site, *values: Tensor) -> Tensor:
    return ops.cat(tape, *values)


@rule("tile")
def tile(tape: Tape, site: Site, x: Tensor) -> Tensor:
    """The slices of the gradient are added up: the second in a new tensor, all further ones in that."""
    times = site.arguments["times"]
    return ops.cat(tape, *[x] * min(times, 3), channels=x.shape[1] * times)


@rule("narrow")
def narrow(tape: Tape, site: Site, x: Tensor) -> Tensor:
    return ops.narrow(tape, x, 1, site.arguments["length"])


@rule("shuffle")
def shuffle(tape: Tape, site: Site, x: Tensor) -> Tensor:
    """Groups and their channels change places: a copy, unless one of them is 1."""
    groups = site.arguments["groups"]
    batch, channels, *sizes = x.shape
    parted = ops.view(tape, x, (batch, groups, channels // groups, *sizes))
    turned = ops.permute(tape, parted, (0, 2, 1, *range(3, 3 + len(sizes))))
    out = ops.reshape(tape, turned, x.shape)
    tape.drop(parted, turned)
    return out
