"""Nodes: a layer, what flows in, and the facts that follow; equal layers with equal inputs share their facts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from cnncalc.errors import Diagnostic
from cnncalc.graph.records import LOST, Facts, Flowing, Graph, Node, Wire
from cnncalc.graph.space import Faultbook, LimitReached, Space
from cnncalc.layers import kind_of
from cnncalc.layers.base import Buffer, Fault, Layer, Parameter
from cnncalc.layers.windowed import Windowed, does_not_tile
from cnncalc.shape import Shape, show
from cnncalc.spec.bind import Slot
from cnncalc.spec.evaluate import UNKNOWN
from cnncalc.spec.syntax import Span


class Round(NamedTuple):
    """One round of a repeat: its nodes, what flowed in and came out, the path of their names."""

    start: int
    end: int
    incoming: Flowing | None
    value: Flowing | None
    path: str


LARGEST_POOL = 4096
"""From so many facts on a pool is left to the nets that use it, and the next net begins a new one."""


class Pool(NamedTuple):
    """The layers of all nets of a process, and what follows from the shapes that flow into them: equal layers are one
    object, and none ever changes."""

    layers: dict[Any, Layer]
    facts: dict[tuple[Layer, tuple[Shape, ...]], Facts]


_POOLS: dict[bool, Pool] = {}


def pool(strict: bool) -> Pool:
    """The pool at hand; what faults where sizes are ``strict`` has no facts there."""
    found = _POOLS.get(strict)
    if found is None or len(found.facts) > LARGEST_POOL:
        found = _POOLS[strict] = Pool({}, {})
    return found


class Builder:
    """Adds nodes to a graph, in the order of execution."""

    def __init__(self, graph: Graph, strict: bool, limit: int, faults: Faultbook) -> None:
        self.graph = graph
        self.strict = strict
        self.limit = limit
        self.faults = faults
        self.layers, self.facts = pool(strict)
        self.weights: dict[tuple[int, str], Node] = {}
        """The first use of the weights of a shared block, by its identity: two files may have one of the same name."""
        self.options: Mapping[str, Slot] = {}
        """The options that the call at hand gives, for a fault to point to."""

    def add(
        self, layer: Layer, wires: tuple[Wire, ...], span: Span, space: Space, links: tuple[Wire, ...] = ()
    ) -> Wire:
        """A node for this layer; LOST, with a diagnostic, where it does not go with what flows in."""
        shapes = tuple([wire.shape for wire in wires])
        if UNKNOWN in shapes:
            return LOST
        if links:
            shapes += tuple(link.shape for link in links)
        key = (layer, shapes)
        facts = self.facts.get(key)
        if facts is None:
            if layer.word == "fc" and len(shapes[0]) > 1:
                flat = self.add(self.flatten(), wires, span, space)
                return self.add(layer, (flat,), span, space)
            try:
                facts = self.facts[key] = self.facts_of(layer, shapes)
            except Fault as fault:
                self.layer_fault(fault, wires, span, space)
                return LOST
        nodes = self.graph.nodes
        index = len(nodes)
        if not self.has_room(1):
            raise limit_reached(self.limit, span, space)
        name = space.path + space.segment(layer.word)
        node = Node(index, name, space.line, layer, facts, tuple([wire.node for wire in wires]), space.frame, span)
        if links:
            node.links = tuple(link.node for link in links)
        nodes.append(node)
        if space.shared is not None and (facts.parameters or facts.buffers):
            self.share(node, space)
        return Wire(index, facts.output)

    def has_room(self, layers: int) -> bool:
        """Whether so many more layers are within the limit."""
        return len(self.graph.nodes) - len(self.graph.inputs) + layers <= self.limit

    def stamp(self, before: Round, incoming: Flowing | None, space: Space) -> Flowing | None:
        """The nodes of a round once more, one round further on; what lies outside of the round stays as it is."""
        assert isinstance(before.incoming, Wire)
        assert isinstance(incoming, Wire)
        nodes = self.graph.nodes
        start, shift, old, new = before.start, len(nodes) - before.start, before.incoming.node, incoming.node
        renamed = space.renaming(before.path)

        def moved(index: int) -> int:
            return index + shift if index >= start else new if index == old else index

        for node in nodes[start : before.end]:
            twin = Node(
                node.index + shift,
                renamed(node.name),
                node.line,
                node.layer,
                node.facts,
                tuple([moved(each) for each in node.inputs]),
                node.frame,
                node.span,
            )
            twin.links = tuple([moved(each) for each in node.links])
            nodes.append(twin)
        value = before.value
        return Wire(moved(value.node), value.shape) if isinstance(value, Wire) else value

    def flatten(self) -> Layer:
        layer = self.layers.get("flatten")
        if layer is None:
            layer = self.layers["flatten"] = kind_of("flatten").layer()
        return layer

    def facts_of(self, layer: Layer, shapes: tuple[Shape, ...]) -> Facts:
        output = layer.output(*shapes)
        if self.strict and isinstance(layer, Windowed):
            fault = does_not_tile(layer, shapes[0])
            if fault is not None:
                raise fault
        parameters = layer.parameters(*shapes)
        buffers = layer.buffers(*shapes)
        return Facts(
            output,
            parameters,
            buffers,
            sum(each.count for each in parameters if each.trainable),
            sum(each.count for each in parameters if not each.trainable),
            sum(each.count for each in buffers),
            layer.macs(*shapes),
            layer.work(*shapes),
            layer.reach(*shapes),
            layer.unread(*shapes),
            not (layer.alias or layer.is_inplace),
        )

    def share(self, node: Node, space: Space) -> None:
        """One set of weights for all uses of a shared block."""
        assert space.shared is not None
        block, path = space.shared
        first = self.weights.setdefault((id(block), node.name[len(path) :]), node)
        if first is node:
            return
        if tensors_of(first) != tensors_of(node):
            assert node.layer is not None
            frame = space.frame
            assert frame is not None
            was, now = map(weights_text, (first, node))
            self.faults.report(
                Diagnostic(
                    "S111",
                    f"the shared block {block.name} would need other weights here",
                    frame.text.at(*node.span),
                    f"{now}, but {was} at its first use",
                    (),
                    (f"list {block.name} under blocks: for fresh weights each time",),
                    frame.related(),
                )
            )
            return
        node.owner = first.index

    def layer_fault(self, fault: Fault, wires: tuple[Wire, ...], span: Span, space: Space) -> None:
        frame = space.frame
        assert frame is not None
        shape = wires[0].shape
        notes = list(fault.notes)
        if len(wires) == 1:
            note = f"the incoming value is {show(shape)}"
            trail = self.trail(wires[0].node)
            if fault.code == "S103" and len(trail) > 2:
                note += f"; it shrank {' -> '.join(map(str, trail))} on the way"
            notes.insert(0, note)
        option = self.options.get(fault.option or "")
        self.faults.report(
            Diagnostic(
                fault.code,
                fault.message,
                frame.text.at(*(option.span if option else span)),
                fault.label,
                tuple(notes),
                fault.help,
                frame.related(),
            )
        )

    def trail(self, index: int) -> list[int]:
        """The extents that the last axis had on the way here."""
        sizes: list[int] = []
        node = self.graph.nodes[index]
        while True:
            shape = node.facts.output
            if len(shape) > 1 and (not sizes or sizes[-1] != shape[-1]):
                sizes.append(shape[-1])
            if not node.inputs or len(sizes) > 12:
                return sizes[::-1]
            node = self.graph.nodes[node.inputs[0]]

    def merge_layer(self, word: str, fields: dict[str, Any]) -> Layer:
        key = (word, repr(sorted(fields.items())))
        layer = self.layers.get(key)
        if layer is None:
            layer = self.layers[key] = kind_of(word).layer(**fields)
        return layer


def tensors_of(node: Node) -> tuple[Parameter | Buffer, ...]:
    """What uses of a shared block have in common: learned tensors, and state such as running statistics."""
    return (*node.facts.parameters, *node.facts.buffers)


def weights_text(node: Node) -> str:
    """``weight 64x3x3x3, bias 64``; the state behind it, without counters."""
    return ", ".join(f"{each.name} {show(each.shape)}" for each in tensors_of(node) if each.shape)


def limit_reached(limit: int, span: Span, space: Space) -> LimitReached:
    """The end of an expansion that would make more than ``limit`` layers."""
    frame = space.frame
    assert frame is not None
    return LimitReached(
        Diagnostic(
            "G112",
            f"this network has more than {limit:,} layers",
            frame.text.at(*span),
            help=("the limit can be set: --limit N",),
            related=frame.related(),
        )
    )
