"""The expansion: lines, chains, repeats, calls and blocks become nodes, with every shape inferred on the way."""

from __future__ import annotations

from cnncalc.graph.again import Line, Lines, copies
from cnncalc.graph.block_calls import BlockCalls
from cnncalc.graph.builder import Builder, limit_reached
from cnncalc.graph.claims import Claims
from cnncalc.graph.ends import Ends, goes_on_from_output
from cnncalc.graph.layer_calls import LayerCalls
from cnncalc.graph.merges import Merger
from cnncalc.graph.names import Names
from cnncalc.graph.records import LOST, Bundle, Flowing, Frame, Graph, Wire
from cnncalc.graph.repeats import Repeater
from cnncalc.graph.space import STEPS_PER_NODE, Faultbook, Flow, LimitReached, Space
from cnncalc.layers import canonical
from cnncalc.shape import Shape, show
from cnncalc.spec.bind import Faults, vgg_call
from cnncalc.spec.evaluate import SpanFault, Unknown, evaluate
from cnncalc.spec.network import Net, Network, Statement
from cnncalc.spec.syntax import Call, Chain, Given, Label, Merge, Repeat, Step


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
        self.blocks = BlockCalls(self)
        self.layers = LayerCalls(self.builder, self.names)
        self.claims = Claims(self.graph, self.faults, self.names)
        self.ends = Ends(self.graph, self.faults, earlier)
        self.steps = 0
        self.lines = Lines(network.file)

    def run(self, shapes: dict[str, Shape] | None) -> Graph:
        """Expand; the graph carries its diagnostics."""
        graph, net = self.graph, self.net
        space = Space(self.network.file, self.network.file.params, "", None, 0)
        flow = self.ends.make_inputs(space, shapes)
        # the unnamed nodes of a net keep clear of the names of its lines
        names = [*(each.name for each in net.statements), *(each.name for each in net.inputs)]
        space.taken.update({name: name for name in names if name and "." not in name})
        try:
            last = self.run_statements(net.statements, space, flow)
            self.ends.make_outputs(space, last)
        except LimitReached as limit:
            self.faults.report(limit.diagnostic)
        if any("." in name for name in names if name):  # else no two layers can have the same name
            self.ends.check_twice()
        graph.values = dict(space.names)
        self.ends.make_per_image()
        # they know the expander: circles would keep the graph until garbage is collected
        del self.merger, self.repeater, self.blocks
        return graph

    def run_statements(self, statements: tuple[Statement, ...], space: Space, flow: Flow) -> Flowing | None:
        """Run lines one after the other: each goes on from the one above unless it begins with a name."""
        top = space.block is None
        targets = [target.value for _, target in self.net.outputs or ()] if top else []
        outputs = {*targets, *(target.split(".")[0] for target in targets)}
        values: list[tuple[Statement, Flow]] = []
        for statement in statements:
            if top:
                self.faults.line = statement.name
            known = len(self.faults.diagnostics)
            out = self.run_statement(statement, space, flow)
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

    def run_statement(self, statement: Statement, space: Space, flow: Flow) -> Flowing | None:
        """A line of the net or, where the space is a block's, of a block."""
        if statement.chain is None:
            flow.taken = True
            return LOST
        if space.block is None:
            return self.run_line(statement, statement.chain, space, flow)
        call = space.frame
        assert call is not None
        frame = Frame(statement.text, call.block, call.parent, call.span)
        inner = space
        if statement.name is not None:
            inner = space.inner(f"{space.path}{space.segment(statement.name)}.", space.line)
        return self.run_framed(statement.chain, inner, flow, frame)

    def run_line(self, statement: Statement, chain: Chain, space: Space, flow: Flow) -> Flowing | None:
        """A line of the net, copied from one in the same words where there is one."""
        frame = Frame(statement.text, None, None, (0, 0))
        nodes = self.graph.nodes
        above, steps, faults = len(nodes), self.steps, len(self.faults.diagnostics)
        if statement.name is None:
            inner = space
            inner.numbered = True
            inner.line = None
        else:
            line = self.lines.like(statement, space, flow.value)
            if line is not None and self.has_room(line):
                return self.run_again(statement, line, flow, frame)
            inner = space.inner(f"{statement.name}.", statement.name.split(".")[0])
        value = self.run_framed(chain, inner, flow, frame)
        if type(flow.value) is Wire and type(value) is Wire and len(self.faults.diagnostics) == faults:
            line = Line(above, len(nodes), flow.value, value, len(inner.path), self.steps - steps)
            self.lines.keep(statement, line)
        if statement.name is not None and len(nodes) == above + 1 and (statement.whole or "." in statement.name):
            nodes[above].name = statement.name
        return value

    def run_framed(self, chain: Chain, space: Space, flow: Flow, frame: Frame) -> Flowing | None:
        """The steps of a line; their faults are told at its text, which ``frame`` is about."""
        before, space.frame = space.frame, frame
        value = self.run_chain(chain, space, flow)
        space.frame = before
        return value

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
        if not (first and word in space.names):
            made = self.layers.again(call, space, flow)
            if made is not None:
                return made
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
                return self.blocks.run(call, block, space, flow)
            if word.lower() == "id" and not call.arguments:
                return self.names.take(flow, call.span)
            vgg = vgg_call(word)
            kind_word = vgg[0] if vgg else canonical(word)
            if kind_word is not None:
                return self.layers.run(call, kind_word, space, flow)
        raise self.names.unknown(call, space)
