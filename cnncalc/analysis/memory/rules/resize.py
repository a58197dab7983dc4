"""Layers that change the spatial size: interpolation, padding, cutting, and channels laid out as space."""

from __future__ import annotations

from cnncalc.analysis.memory import ops
from cnncalc.analysis.memory.rules.table import Site, rule
from cnncalc.analysis.memory.tape import Tape
from cnncalc.analysis.memory.tensors import Tensor


@rule("Upsample", "PixelShuffle", "PixelUnshuffle")
def resample(tape: Tape, site: Site, x: Tensor) -> Tensor:
    """Keeps nothing but sizes; outside the CPU, shuffled pixels are a reshape that copies."""
    return ops.resized(tape, x, site.shape, packed=site.name.startswith("Pixel") and not tape.cpu)


@rule("pad")
def pad(tape: Tape, site: Site, x: Tensor) -> Tensor:
    """Zeros keep nothing, a reflection keeps the input."""
    return padded(tape, x, site.arguments["sides"], site.arguments["mode"])


def padded(tape: Tape, x: Tensor, sides: tuple[tuple[int, int], ...], mode: str) -> Tensor:
    shape = (*x.shape[:2], *(extent + sum(side) for extent, side in zip(x.shape[2:], sides, strict=True)))
    return ops.resized(tape, x, shape, (x,) if mode == "reflect" else ())


@rule("crop")
def crop(tape: Tape, site: Site, x: Tensor) -> Tensor:
    """A view for every axis that is cut; its gradient is as large as what was cut."""
    value = tape.hold(x)
    for axis, size in enumerate(site.arguments["sizes"], 2):
        if size != value.shape[axis]:
            cut = ops.narrow(tape, value, axis, size)
            tape.drop(value)
            value = cut
    return value
