"""The expansion: lines, chains, repeats, calls and blocks become nodes, with every shape inferred on the way."""

from __future__ import annotations

from typing import Any

from cnncalc.graph.again import Line, Lines, copies, words_of
from cnncalc.graph.builder import Builder, limit_reached
from cnncalc.graph.claims import Claims
from cnncalc.graph.ends import Ends, goes_on_from_output
from cnncalc.graph.merges import Merger
from cnncalc.graph.names import Names, show_value, single
from cnncalc.graph.records import LOST, Bundle, Flowing, Frame, Graph, Wire
from cnncalc.graph.repeats import Repeater
from cnncalc.graph.space import (
    DEPTH_LIMIT,
    STEPS_PER_NODE,
    Faultbook,
    Flow,
    LimitReached,
    Space,
)
from cnncalc.layers import canonical, kind_of
from cnncalc.layers.base import Layer
from cnncalc.shape import Shape, show
from cnncalc.spec.bind import Binder, Faults, Slot, is_constant, make_layer, vgg_call
from cnncalc.spec.bind_block import BlockBinder
from cnncalc.spec.evaluate import UNKNOWN, SpanFault, Unknown, evaluate
from cnncalc.spec.network import Block, Net, Network, Statement
from cnncalc.spec.syntax import Call, Chain, Given, Label, Merge, Repeat, Span, Step


class Expander:
    """Expands one net of a network."""

    def __init__(self, network: Network, net: Net, strict: bool, limit: int, earlier: dict[str, Graph]) -> None:
        self.graph = Graph(network, net)
        self.network = network
        self.net = net
        self.limit = limit
        self.faults = Faultbook(self.graph.diagnostics)
        self.builder = Builder(self.graph, strict, limit, self.faults)
        self.names = Names(net, self.faults)
        self.merger = Merger(self)
        self.repeater = Repeater(self)
        self.claims = Claims(self.graph, self.faults, self.names)
        self.ends = Ends(self.graph, self.faults, earlier)
        self.steps = 0
        self.constant: dict[tuple[int, int], tuple[Call, Layer, dict[str, Slot]]] = {}
        """Calls whose arguments are the same whenever they are made in one block, with their layer."""
        self.alike: dict[tuple[object, ...], Layer] = {}
        """The layer of calls that say the same."""
        self.lines = Lines(network.file)
        self.calls: list[Block] = []

    def run(self, shapes: dict[str, Shape] | None) -> Graph:
        """Expand; the graph carries its diagnostics."""
        graph, net = self.graph, self.net
        space = Space(self.network.file, self.network.file.params, "", None, 0)
        flow = self.ends.make_inputs(space, shapes)
        # the unnamed nodes of a net keep clear of the names of its lines
        names = [*(each.name for each in net.statements), *(each.name for each in net.inputs)]
        space.taken.update({name: name for name in names if name and "." not in name})
        try:
            last = self.run_statements(net.statements, space, flow, top=True)
            self.ends.make_outputs(space, last)
        except LimitReached as limit:
            self.faults.report(limit.diagnostic)
        if any("." in name for name in names if name):  # else no two layers can have the same name
            self.ends.check_twice()
        graph.values = dict(space.names)
        self.ends.make_per_image()
        # they know the expander: circles would keep the graph until garbage is collected
        del self.merger, self.repeater
        return graph

    def run_statements(self, statements: tuple[Statement, ...], space: Space, flow: Flow, top: bool) -> Flowing | None:
        """Run lines one after the other: each goes on from the one above unless it begins with a name."""
        targets = [target.value for _, target in self.net.outputs or ()] if top else []
        outputs = {*targets, *(target.split(".")[0] for target in targets)}
        values: list[tuple[Statement, Flow]] = []
        for statement in statements:
            if top:
                self.faults.line = statement.name
            known = len(self.faults.diagnostics)
            out = self.run_statement(statement, space, flow, top)
            if flow.taken and values and values[-1][0].name in outputs and statement.chain is not None:
                del self.faults.diagnostics[known:]  # they follow from this one
                self.faults.report(goes_on_from_output(statement, statement.chain, values[-1][0]))
            flow = Flow(out)
            values.append((statement, flow))
            if statement.name is not None:
                space.names[statement.name] = out if out is not None else LOST
        self.faults.line = None if top else self.faults.line
        self.ends.check_unused(values, space, outputs, top)
        return flow.value

    def run_statement(self, statement: Statement, space: Space, flow: Flow, top: bool) -> Flowing | None:
        if statement.chain is None:
            flow.taken = True
            return LOST
        parent = space.frame
        if space.block is None:
            frame = Frame(statement.text, None, None, (0, 0))
        else:
            assert parent is not None
            frame = Frame(statement.text, parent.block, parent.parent, parent.span)
        if top:
            if statement.name is None:
                inner = space
                inner.numbered = True
                inner.line = None
            else:
                line = self.lines.like(statement, space, flow.value)
                if line is not None and self.has_room(line):
                    return self.run_again(statement, line, flow, frame)
                inner = space.inner(f"{statement.name}.", statement.name.split(".")[0])
            previous, inner.frame = inner.frame, frame
            nodes = self.graph.nodes
            above, steps, faults = len(nodes), self.steps, len(self.faults.diagnostics)
            value = self.run_chain(statement.chain, inner, flow)
            inner.frame = previous
            if type(flow.value) is Wire and type(value) is Wire and len(self.faults.diagnostics) == faults:
                line = Line(above, len(nodes), flow.value, value, len(inner.path), self.steps - steps)
                self.lines.keep(statement, line)
            if statement.name is not None and len(nodes) == above + 1 and (statement.whole or "." in statement.name):
                nodes[above].name = statement.name
            return value
        previous, space.frame = space.frame, frame
        try:
            if statement.name is not None and space.block is not None:
                inner = space.inner(f"{space.path}{space.segment(statement.name)}.", space.line)
                inner.frame = frame
                return self.run_chain(statement.chain, inner, flow)
            return self.run_chain(statement.chain, space, flow)
        finally:
            space.frame = previous

    def has_room(self, line: Line) -> bool:
        """Whether a line can be made once more within the limit."""
        return self.builder.has_room(line.end - line.start) and self.steps + line.steps <= STEPS_PER_NODE * self.limit

    def run_again(self, statement: Statement, line: Line, flow: Flow, frame: Frame) -> Wire:
        """A line in the words of an earlier one, into which the same shape flows."""
        incoming, nodes = flow.value, self.graph.nodes
        assert isinstance(incoming, Wire)
        self.steps += line.steps
        shift = len(nodes) - line.start
        copies(nodes, line, statement, incoming.node, frame)
        flow.taken = True
        made = line.value
        return Wire(made.node + shift if made.node >= line.start else incoming.node, made.shape)

    def run_chain(self, chain: Chain, space: Space, flow: Flow) -> Flowing | None:
        """Run the steps; the value of the last one."""
        value: Flowing | None = None
        first = True
        for step in chain.steps:
            value = self.run_step(step, space, flow, first)
            flow = Flow(value)
            first = False
        return value

    def run_step(self, step: Step, space: Space, flow: Flow, first: bool) -> Flowing | None:
        self.steps += 1
        if self.steps > STEPS_PER_NODE * self.limit:
            raise limit_reached(self.limit, step.span, space)
        frame = space.frame
        assert frame is not None
        try:
            if step.test is not None:
                test = evaluate(step.test, self.names.scope(space, flow))
                if isinstance(test, Unknown):
                    self.names.take(flow, step.span)
                    return LOST
                if not test:
                    if step.otherwise is not None:
                        return self.run_step(step.otherwise, space, flow, first)
                    return self.names.take(flow, step.span)
            atom = step.atom
            if type(atom) is Call:
                value = self.run_call(atom, space, flow, first)
            elif type(atom) is Merge:
                value = self.merger.run(atom, space, flow)
            elif type(atom) is Repeat:
                value = self.repeater.run(atom, space, flow)
            else:
                assert type(atom) is Given
                value = self.run_given(atom, space, flow)
        except SpanFault as fault:
            self.faults.report_span(fault, frame)
            flow.taken = True
            value = LOST
        except Faults as faults:
            for each in faults.faults:
                self.faults.report_span(each, frame)
            flow.taken = True
            value = LOST
        if step.suffixes:
            self.run_suffixes(step, value, space)
        return value

    def run_suffixes(self, step: Step, value: Flowing | None, space: Space) -> None:
        frame = space.frame
        assert frame is not None
        for suffix in step.suffixes:
            if isinstance(suffix, Label):
                fault = self.names.label_fault(suffix, space)
                if fault is not None:
                    self.faults.report_span(fault, frame)
                else:
                    space.names[suffix.name] = value if value is not None else LOST
            elif isinstance(value, Bundle):
                self.faults.report_span(SpanFault("G107", "several values: a claim needs one", suffix.span), frame)
            elif isinstance(value, Wire) and not isinstance(value.shape, Unknown):
                self.claims.check(suffix, value, space, repeated=self.repeater.depth > 0)

    def run_given(self, atom: Given, space: Space, flow: Flow) -> Flowing | None:
        """The leading size of a one-liner: the input itself."""
        value = self.names.take(flow, atom.span)
        if isinstance(value, Wire) and not isinstance(value.shape, Unknown) and value.shape != atom.dims:
            node = self.graph.nodes[value.node]
            if node.frame is not None and node.frame.text is not (space.frame.text if space.frame else None):
                raise SpanFault("S110", f"the input is {show(value.shape)}, not {show(atom.dims)}", atom.span)
        return value

    def run_call(self, call: Call, space: Space, flow: Flow, first: bool) -> Flowing | None:
        word = call.word
        constant = self.constant.get((id(call), id(space.block)))
        if constant is not None and not (first and word in space.names):
            wire = flow.value
            if type(wire) is Wire and constant[1].inputs == 1:
                flow.taken = True
                self.builder.options = constant[2]
                return self.builder.add(constant[1], (wire,), call.span, space)
        if first and not call.arguments:
            found = self.names.resolve(space, word)
            if found is not None:
                if canonical(word) and not call.line:
                    raise SpanFault(
                        "G110",
                        f"{word!r} is a layer and a line of this network",
                        call.span,
                        (f"rename the line, e.g. {word}_1",),
                    )
                return found
        if "." not in word and not call.line:
            block = space.file.blocks.get(word)
            if block is not None:
                return self.run_block(call, block, space, flow)
            if word.lower() == "id" and not call.arguments:
                return self.names.take(flow, call.span)
            vgg = vgg_call(word)
            kind_word = vgg[0] if vgg else canonical(word)
            if kind_word is not None:
                return self.run_layer(call, kind_word, space, flow)
        raise self.names.unknown(call, space)

    def run_layer(self, call: Call, word: str, space: Space, flow: Flow) -> Flowing | None:
        kind = kind_of(word)
        frame = space.frame
        assert frame is not None
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
        links: dict[str, Wire] = {}

        def resolve(name: str, span: Span) -> Any:
            found = self.names.resolve(space, name)
            return None if found is None else single(found, span)

        binder = Binder(call, kind, self.names.scope(space, flow), resolve)
        slots = binder.fields()
        wire = self.names.take_wire(flow, call.span)
        for field, use in kind.lines.items():
            if use == "node" and field in slots:
                links[field] = slots[field].value
                undone = self.builder.undo_pooling(links[field], slots[field])
                for other, slot in slots.items():
                    if other != field and other in undone:
                        raise SpanFault("T101", f"{word} takes its {other} from the pooling that it undoes", slot.span)
                slots.update(undone)
        defaults = space.file.defaults.get(word, {})
        layer = make_layer(call, kind, slots, defaults, self.builder.layers)
        if layer is None or isinstance(wire.shape, Unknown):
            return LOST
        if words is not None and not kind.lines:
            self.alike[(id(space.file), *words)] = layer
        if not links and is_constant(call, kind, space.variables):
            self.constant[(id(call), id(space.block))] = (call, layer, slots)
        self.builder.options = slots
        return self.builder.add(layer, (wire,), call.span, space, tuple(links.values()))

    def run_block(self, call: Call, block: Block, space: Space, flow: Flow) -> Flowing | None:
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
        if any(each is block for each in self.calls):
            raise SpanFault("G106", f"block {block.name!r} uses itself", call.span)
        if space.depth >= DEPTH_LIMIT:
            raise SpanFault("G112", f"blocks nested deeper than {DEPTH_LIMIT} levels", call.span)
        path = f"{space.path}{space.segment(block.name)}."
        inner = Space(block.file, {}, path, Frame(block.text, block.name, frame, call.span), space.depth + 1)
        inner.line = space.line
        inner.block = block
        inner.shared = (block, path) if block.shared else space.shared
        inner.variables = self.block_variables(call, block, given, inner, flow)
        self.calls.append(block)
        body = Flow(flow.value)
        try:
            value = self.run_statements(block.statements, inner, body, top=False)
        finally:
            self.calls.pop()
        if body.taken:
            self.names.take(flow, call.span)
        return value

    def block_variables(
        self, call: Call, block: Block, given: dict[str, Any], inner: Space, flow: Flow
    ) -> dict[str, Any]:
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
