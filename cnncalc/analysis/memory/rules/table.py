"""The table of rules, and what a rule gets to know of its call."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple, TypeAlias

from cnncalc.analysis.memory.tape import Tape
from cnncalc.analysis.memory.tensors import NotModelled, Tensor
from cnncalc.shape import Shape


class UnknownCall(NotModelled):
    """A call that no rule covers."""


class Site(NamedTuple):
    """One call of a node: ``shape`` is the node's output with the batch, where the call is its last."""

    name: str
    arguments: Mapping[str, Any]
    shape: Shape
    last: bool
    weights: Mapping[str, Tensor]
    indices: bool = False
    """Whether the max pooling has to give its indices."""

    @property
    def rank(self) -> int:
        """Spatial axes, for the classes that have them in their name."""
        return int(self.name[-2])

    @property
    def parameters(self) -> tuple[Tensor, ...]:
        return tuple(self.weights.values())


Rule: TypeAlias = Callable[..., "Tensor | tuple[Tensor, Tensor]"]

RULES: dict[str, Rule] = {}


def rule(*names: str) -> Callable[[Rule], Rule]:
    """Put a function into the table under these names of calls."""

    def put(function: Rule) -> Rule:
        for name in names:
            RULES[name] = function
        return function

    return put


def each_rank(name: str) -> tuple[str, ...]:
    """``Conv1d Conv2d Conv3d``."""
    return tuple(f"{name}{rank}d" for rank in (1, 2, 3))


def rule_of(name: str) -> Rule:
    """The rule of a call; raises :class:`UnknownCall`."""
    found = RULES.get(name)
    if found is None:
        raise UnknownCall(f"the memory model has no rule for the call {name!r}")
    return found


def gradients_of(tape: Tape, parameters: tuple[Tensor, ...]) -> list[Tensor | None]:
    """New gradients of parameters."""
    return [tape.another(each, each.shape, "gradient") for each in parameters]
