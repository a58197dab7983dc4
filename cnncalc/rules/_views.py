"""One net as it was expanded, and the layers in it as the rules walk over them."""

from __future__ import annotations

from collections.abc import Container, Iterator, Sequence
from functools import cached_property
from typing import NamedTuple

from cnncalc.analysis.report import Report
from cnncalc.graph import Graph, Node
from cnncalc.layers.base import Layer
from cnncalc.shape import Shape
from cnncalc.spec.network import Network


class View:
    """One net as it was expanded: of the file itself, or of one of its variants.

    ``report`` may be partial: then ``complete`` is False, the rows end at the faults, and what follows a layer may be
    missing.
    """

    def __init__(self, report: Report) -> None:
        self.report = report
        self.graph: Graph = report.graph

    @property
    def network(self) -> Network:
        return self.graph.network

    @property
    def variant(self) -> str | None:
        """The variant that was chosen; None: the file as it stands."""
        return self.graph.network.variant

    @property
    def complete(self) -> bool:
        return self.graph.complete

    @cached_property
    def _consumers(self) -> list[list[Node]]:
        found: list[list[Node]] = [[] for _ in self.graph.nodes]
        for node in self.graph.nodes:
            for index in (*node.inputs, *node.links):
                found[index].append(node)
        return found

    @cached_property
    def _outputs(self) -> frozenset[int]:
        return frozenset(index for _, index in self.graph.outputs)

    def consumers(self, node: Node) -> Sequence[Node]:
        """The nodes that take the output of a node, in the order of execution."""
        return self._consumers[node.index]

    def is_output(self, node: Node) -> bool:
        """Whether the network puts the value of this node out."""
        return node.index in self._outputs

    def inputs(self, node: Node) -> tuple[Node, ...]:
        """The nodes whose output flows in; an input of the network is a node of the kind ``input``."""
        return tuple(self.graph.nodes[each] for each in node.inputs)

    def input_shapes(self, node: Node) -> tuple[Shape, ...]:
        return self.graph.input_shapes(node)

    def before(self, node: Node, through: Container[str] = ()) -> Node | None:
        """The node in front of a node with one input, looking through layers of the kinds ``through``.

        None where there are several inputs on the way.
        """
        while len(node.inputs) == 1:
            node = self.graph.nodes[node.inputs[0]]
            if node.kind not in through:
                return node
        return None

    def after(self, node: Node, through: Container[str] = ()) -> Node | None:
        """The only node behind a node, looking through layers of the kinds ``through``.

        None where the value goes to several nodes, to none, or is an output of the network too: then a change to the
        layer shows elsewhere.
        """
        while True:
            consumers = self._consumers[node.index]
            if len(consumers) != 1 or node.index in self._outputs:
                return None
            node = consumers[0]
            if node.kind not in through:
                return node

    def ancestors(self, node: Node) -> Iterator[Node]:
        """Every node that a node depends on, nearest first."""
        seen = {node.index}
        waiting = [node]
        while waiting:
            for index in waiting.pop(0).inputs:
                if index not in seen:
                    seen.add(index)
                    waiting.append(self.graph.nodes[index])
                    yield self.graph.nodes[index]


class Place(NamedTuple):
    """One layer that a site makes."""

    view: View
    node: Node

    @property
    def layer(self) -> Layer:
        assert self.node.layer is not None
        return self.node.layer

    @property
    def input_shapes(self) -> tuple[Shape, ...]:
        return self.view.input_shapes(self.node)

    @property
    def output(self) -> Shape:
        return self.node.facts.output
