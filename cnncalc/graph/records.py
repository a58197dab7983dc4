"""The records of a graph: nodes, the facts they share, the values that flow between them."""

from __future__ import annotations

from typing import Any, NamedTuple, TypeAlias

from cnncalc.errors import Diagnostic, Related
from cnncalc.layers.base import Buffer, Layer, Parameter, Work
from cnncalc.reach import Reach
from cnncalc.shape import Shape, show
from cnncalc.source import Mark, Scalar
from cnncalc.spec.evaluate import UNKNOWN, Unknown
from cnncalc.spec.network import Net, Network
from cnncalc.spec.syntax import Span


class Facts(NamedTuple):
    """What a layer is for the shapes that flow in; nodes alike share one record."""

    output: Shape
    parameters: tuple[Parameter, ...]
    buffers: tuple[Buffer, ...]
    trainable: int
    frozen: int
    buffered: int
    macs: int
    work: Work
    reach: tuple[Reach, ...] | str | None
    unread: tuple[int, ...]
    fresh: bool
    """Whether the output is a tensor of its own: no view, not in place."""


class Frame(NamedTuple):
    """Where a chain stands: its text, and for a block's body the call that led there."""

    text: Scalar
    block: str | None
    parent: Frame | None
    span: Span
    """The call, in the parent's text."""

    def related(self) -> tuple[Related, ...]:
        """``in basic, used at FILE:6:6``, from the inside out."""
        found: list[Related] = []
        frame: Frame | None = self
        while frame is not None and frame.parent is not None:
            mark = frame.parent.text.at(*frame.span)
            found.append(Related(f"in {frame.block}, used", mark))
            frame = frame.parent
        return tuple(found)


class Node:
    """One layer of the graph; ``kind`` is its word, ``input`` for an input.

    ``inputs`` are indices of nodes; ``links`` are further nodes whose side results it takes (the indices of a max
    pooling); ``owner`` is the node whose weights it uses, itself unless they are shared.
    """

    __slots__ = ("facts", "frame", "index", "inputs", "kind", "layer", "line", "links", "name", "owner", "span")

    def __init__(
        self,
        index: int,
        name: str,
        line: str | None,
        layer: Layer | None,
        facts: Facts,
        inputs: tuple[int, ...],
        frame: Frame | None,
        span: Span,
    ) -> None:
        self.index = index
        self.name = name
        self.line = line
        self.layer = layer
        self.kind = "input" if layer is None else layer.word
        self.facts = facts
        self.inputs = inputs
        self.frame = frame
        self.span = span
        self.owner = index
        self.links: tuple[int, ...] = ()

    @property
    def mark(self) -> Mark | None:
        return self.frame.text.at(*self.span) if self.frame else None

    def __repr__(self) -> str:
        return f"<{self.name}: {self.kind} -> {show(self.facts.output)}>"


class Wire(NamedTuple):
    """A value: the node that makes it, and its shape (UNKNOWN after a fault)."""

    node: int
    shape: Any


class Bundle:
    """Several named values: the outcome of ``fork``."""

    __slots__ = ("values",)

    def __init__(self, values: dict[str, Flowing]) -> None:
        self.values = values


Flowing: TypeAlias = Wire | Bundle | Unknown

LOST = Wire(-1, UNKNOWN)
"""The value of a step that a fault has made unknowable."""


class Graph:
    """The expanded network: nodes in the order of execution, the inputs among them first."""

    def __init__(self, network: Network, net: Net) -> None:
        self.network = network
        self.net = net
        self.name = network.title if net.name is None else f"{network.title}.{net.name}"
        self.nodes: list[Node] = []
        self.inputs: list[tuple[str, int]] = []
        self.outputs: list[tuple[str, int]] = []
        self.values: dict[str, Flowing] = {}
        """What the lines and labels of the net stand for."""
        self.per_image = 1
        self.lost = False
        """An input could not be worked out: nothing behind it is built."""
        self.diagnostics: list[Diagnostic] = []

    @property
    def layers(self) -> list[Node]:
        """All nodes but the inputs."""
        return self.nodes[len(self.inputs) :]

    @property
    def complete(self) -> bool:
        """Whether every line was built."""
        return not self.lost and not any(each.code[0] != "E" for each in self.diagnostics)

    def shape(self, index: int) -> Shape:
        return self.nodes[index].facts.output

    def input_shapes(self, node: Node) -> tuple[Shape, ...]:
        """The shapes that flow into a node, in its layer's order (links behind the inputs)."""
        return tuple(self.nodes[each].facts.output for each in (*node.inputs, *node.links))


def part_of(value: Flowing, rest: str) -> Flowing | None:
    """``loc`` of the outcome of a fork; the value itself where no part is asked for."""
    if not rest:
        return value
    head, _, more = rest.partition(".")
    if isinstance(value, Bundle) and head in value.values:
        return part_of(value.values[head], more)
    return None


def shape_agrees(shape: Shape, claimed: tuple[Any, ...]) -> bool:
    """Equal, or 512 for 512x1x1."""
    return shape == claimed or (len(claimed) < len(shape) and shape == (*claimed, *(1,) * (len(shape) - len(claimed))))
