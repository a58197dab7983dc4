"""Calls of blocks: the lines of the body, with the arguments in the place of the parameters."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cnncalc.graph.names import show_value
from cnncalc.graph.records import Flowing, Frame
from cnncalc.graph.space import DEPTH_LIMIT, Flow, Space
from cnncalc.spec.bind_block import BlockBinder
from cnncalc.spec.evaluate import UNKNOWN, SpanFault, evaluate
from cnncalc.spec.network import Block
from cnncalc.spec.syntax import Call

if TYPE_CHECKING:
    from cnncalc.graph.expander import Expander


class BlockCalls:
    """Expands the bodies of blocks, each in a place of its own."""

    def __init__(self, expander: Expander) -> None:
        self.expander = expander
        self.names = expander.names
        self.faults = expander.faults
        self.open: list[Block] = []
        """The blocks whose bodies the step stands in."""

    def run(self, call: Call, block: Block, space: Space, flow: Flow) -> Flowing | None:
        """The body of a block, with its own names, under a segment of its own."""
        frame = space.frame
        assert frame is not None
        parameters = tuple(each.name for each in block.parameters)
        given = BlockBinder(
            call,
            block.name,
            parameters,
            self.names.scope(space, flow),
            lambda name, span: self.names.resolve(space, name),
        ).arguments()
        if any(each is block for each in self.open):
            raise SpanFault("G106", f"block {block.name!r} uses itself", call.span)
        if space.depth >= DEPTH_LIMIT:
            raise SpanFault("G112", f"blocks nested deeper than {DEPTH_LIMIT} levels", call.span)
        path = f"{space.path}{space.segment(block.name)}."
        inner = Space(block.file, {}, path, Frame(block.text, block.name, frame, call.span), space.depth + 1)
        inner.line = space.line
        inner.block = block
        inner.shared = (block, path) if block.shared else space.shared
        inner.variables = self.variables(call, block, given, inner, flow)
        self.open.append(block)
        body = Flow(flow.value)
        try:
            value = self.expander.run_statements(block.statements, inner, body)
        finally:
            self.open.pop()
        if body.taken:
            self.names.take(flow, call.span)
        return value

    def variables(self, call: Call, block: Block, given: dict[str, Any], inner: Space, flow: Flow) -> dict[str, Any]:
        """The file's parameters and the block's own; defaults are worked out at the call."""
        variables = dict(block.file.params)
        inner.variables = variables
        for parameter in block.parameters:
            if parameter.name in given:
                variables[parameter.name] = given[parameter.name]
            elif parameter.default is not None:
                try:
                    variables[parameter.name] = evaluate(parameter.default, self.names.scope(inner, flow))
                except SpanFault as fault:
                    assert inner.frame is not None
                    self.faults.report_span(fault, inner.frame)
                    variables[parameter.name] = UNKNOWN
            else:
                shown = ", ".join(f"{name}={show_value(value)}" for name, value in given.items())
                help = (f"it is declared as {block.declaration()}",)
                label = f"got {shown}" if shown else "got nothing"
                raise SpanFault("T102", f"block {block.name} needs {parameter.name!r}", call.span, help, label)
        return variables
