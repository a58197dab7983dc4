"""Calls of layers: from the words of a step to a node."""

from __future__ import annotations

from typing import Any

from cnncalc.graph.again import words_of
from cnncalc.graph.builder import Builder
from cnncalc.graph.names import Names, single
from cnncalc.graph.records import LOST, Flowing, Wire
from cnncalc.graph.space import Flow, Space
from cnncalc.layers import Kind, kind_of
from cnncalc.layers.base import Layer
from cnncalc.layers.windowed import Windowed
from cnncalc.spec.bind import Binder, Slot, is_constant
from cnncalc.spec.evaluate import UNKNOWN, SpanFault, Unknown
from cnncalc.spec.make_layer import make_layer
from cnncalc.spec.syntax import Call, Span


class LayerCalls:
    """Binds the calls of layers; what is known to come out as before is not bound again."""

    def __init__(self, builder: Builder, names: Names) -> None:
        self.builder = builder
        self.names = names
        self.constant: dict[tuple[int, int], tuple[Call, Layer, dict[str, Slot]]] = {}
        """Calls whose arguments are the same whenever they are made in one block, with their layer."""
        self.alike: dict[tuple[object, ...], Layer] = {}
        """The layer of calls that say the same."""

    def again(self, call: Call, space: Space, flow: Flow) -> Wire | None:
        """The node of a call that was made before and has constant arguments; None for any other."""
        constant = self.constant.get((id(call), id(space.block)))
        if constant is None:
            return None
        _, layer, slots = constant
        wire = flow.value
        if type(wire) is not Wire or layer.inputs != 1:
            return None
        flow.taken = True
        self.builder.options = slots
        return self.builder.add(layer, (wire,), call.span, space)

    def run(self, call: Call, word: str, space: Space, flow: Flow) -> Wire:
        """The node of a call of the kind ``word``."""
        kind = kind_of(word)
        if kind.layer.inputs == 0:
            raise SpanFault(
                "T102", f"{word} needs its branches in parentheses", call.span, (f"{word}(id, conv 64 3 p1)",)
            )
        words = words_of(call, space.variables)
        if words is not None:
            wire, made = flow.value, self.alike.get((id(space.file), *words))
            if type(wire) is Wire and made is not None and (made, (wire.shape,)) in self.builder.facts:
                flow.taken = True  # nothing can be wrong with it
                return self.builder.add(made, (wire,), call.span, space)

        def resolve(name: str, span: Span) -> Any:
            found = self.names.resolve(space, name)
            return None if found is None else single(found, span)

        slots = Binder(call, kind, self.names.scope(space, flow), resolve).fields()
        wire = self.names.take_wire(flow, call.span)
        links = self.undone(kind, slots)
        layer = make_layer(call, kind, slots, space.file.defaults.get(word, {}), self.builder.layers)
        if layer is None or isinstance(wire.shape, Unknown):
            return LOST
        if words is not None and not kind.lines:
            self.alike[(id(space.file), *words)] = layer
        if not links and is_constant(call, kind, space.variables):
            self.constant[(id(call), id(space.block))] = (call, layer, slots)
        self.builder.options = slots
        return self.builder.add(layer, (wire,), call.span, space, links)

    def undone(self, kind: Kind, slots: dict[str, Slot]) -> tuple[Wire, ...]:
        """The lines with the poolings that an unpooling undoes; its other fields are read off them into ``slots``."""
        links = []
        for field, use in kind.lines.items():
            if use != "node" or field not in slots:
                continue
            pooled = slots[field]
            undone = self.undo_pooling(pooled.value, pooled)
            for other, slot in slots.items():
                if other != field and other in undone:
                    raise SpanFault("T101", f"{kind.word} takes its {other} from the pooling that it undoes", slot.span)
            slots.update(undone)
            links.append(pooled.value)
        return tuple(links)

    def undo_pooling(self, wire: Flowing, slot: Slot) -> dict[str, Any]:
        """The fields of an unpooling, read off the max pooling that its line ends with."""
        if not isinstance(wire, Wire) or isinstance(wire.shape, Unknown):
            return {"like": slot._replace(value=UNKNOWN)}
        node = self.builder.graph.nodes[wire.node]
        layer = node.layer
        if layer is None or layer.word != "maxpool":
            raise SpanFault(
                "S110",
                f"unpool needs a line that ends with a max pooling, but that one ends with {node.kind}",
                slot.span,
                ("name the pooling itself: `... | maxpool 2 as p1 | ...`, then `unpool p1`",),
            )
        assert isinstance(layer, Windowed)
        before = self.builder.graph.shape(node.inputs[0])
        return {
            "like": slot._replace(value=before[1:]),
            "kernel": slot._replace(value=layer.kernel),
            "stride": slot._replace(value=layer.strides),
            "pad": slot._replace(value=layer.pad),
            "dilation": slot._replace(value=layer.dilation),
            "ceil": slot._replace(value=getattr(layer, "ceil", False)),
        }
