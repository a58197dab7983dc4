"""A layer as other tools see it: one module of torch.nn."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, NamedTuple

from cnncalc.graph import Node
from cnncalc.layers.base import Parameter
from cnncalc.shape import Shape, elements


class Use(NamedTuple):
    """A layer as a tool sees it: one module of torch.nn, and what flows in and out of just that module."""

    name: str
    """The class without its rank, ``Conv`` for ``Conv2d``; a function begins with a small letter."""
    arguments: Mapping[str, Any]
    batch: int
    input: Shape
    output: Shape
    macs: int
    """Ours, for one example."""
    parameters: tuple[Parameter, ...]

    @property
    def rank(self) -> int:
        return len(self.input) - 1

    @property
    def learned(self) -> int:
        return sum(each.count for each in self.parameters)

    @property
    def values_in(self) -> int:
        return elements(self.input) * self.batch

    @property
    def values_out(self) -> int:
        return elements(self.output) * self.batch

    @property
    def biases(self) -> int:
        """One addition for every value that comes out, where there is a bias."""
        return self.values_out if any(each.name == "bias" for each in self.parameters) else 0


def use_of(node: Node, shapes: tuple[Shape, ...], batch: int) -> Use:
    """The module of torch.nn that the twin of a layer consists of, paddings and permutations around it aside."""
    layer, facts = node.layer, node.facts
    assert layer is not None
    calls = layer.torch(*shapes)
    place = next((place for place, call in enumerate(calls) if call.name[0].isupper()), 0)
    call, seen, made = calls[place], shapes[0], facts.output
    if place and calls[place - 1].name == "pad":
        sides = calls[place - 1].arguments["sides"]
        padded = (extent + sum(each) for extent, each in zip(seen[1:], sides, strict=True))
        seen = (seen[0], *padded)
    name = re.sub(r"[123]d\Z", "", call.name)
    if name == "ConvTranspose":
        made = (made[0], *transposed(seen[1:], call.arguments))
    return Use(name, call.arguments, batch, seen, made, facts.macs, facts.parameters)


def transposed(extents: Shape, arguments: Mapping[str, Any]) -> Shape:
    """What torch's module makes, before anything is cut off it: W' = (W - 1)S - 2P + d(F - 1) + outpad + 1."""
    names = ("kernel_size", "stride", "padding", "output_padding", "dilation")
    axes = zip(extents, *(arguments[name] for name in names), strict=True)
    return tuple((extent - 1) * s - 2 * p + d * (k - 1) + o + 1 for extent, k, s, p, o, d in axes)
