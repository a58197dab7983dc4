"""The expansion: lines, chains, repeats, calls and blocks become nodes, with every shape inferred on the way."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from cnncalc.errors import Diagnostic, Edit, Fix, did_you_mean
from cnncalc.graph.again import Line, Lines, copies, words_of
from cnncalc.graph.builder import Builder, Round, limit_reached
from cnncalc.graph.ends import Ends
from cnncalc.graph.merges import Merger
from cnncalc.graph.records import LOST, Bundle, Flowing, Frame, Graph, Wire, part_of, shape_agrees
from cnncalc.graph.space import (
    DEPTH_LIMIT,
    REPEAT_LIMIT,
    STEPS_PER_NODE,
    Faultbook,
    Flow,
    LimitReached,
    Space,
    labels_of,
)
from cnncalc.layers import all_words, canonical, kind_of
from cnncalc.layers.base import Layer, got
from cnncalc.shape import Shape, show
from cnncalc.spec.bind import Binder, Faults, Slot, is_constant, make_layer, vgg_call
from cnncalc.spec.bind_block import BlockBinder
from cnncalc.spec.evaluate import ROUND, UNKNOWN, Scope, SpanFault, Unknown, evaluate
from cnncalc.spec.network import Block, Net, Network, Statement
from cnncalc.spec.syntax import Call, Chain, Claim, Given, Label, Merge, Number, Repeat, Size, Span, Step, speaks_of


def goes_on_from_output(statement: Statement, chain: Chain, above: Statement) -> Diagnostic:
    """The fault of a line that goes on from an output: most likely it was meant to go on from another line."""
    return Diagnostic(
        "G104",
        f"{repr(statement.name) if statement.name else 'this line'} goes on from {above.name!r}, which is an output",
        statement.text.at(*chain.steps[0].span),
        "a line goes on from the line above it",
        help=(f"begin it with a name: `{above.name} | ...` if that is meant, or the line it should go on from",),
        layer=statement.name,
    )


class Expander:
    """Expands one net of a network."""

    def __init__(self, network: Network, net: Net, strict: bool, limit: int, earlier: dict[str, Graph]) -> None:
        self.graph = Graph(network, net)
        self.network = network
        self.net = net
        self.limit = limit
        self.faults = Faultbook(self.graph.diagnostics)
        self.builder = Builder(self.graph, strict, limit, self.faults)
        self.merger = Merger(self)
        self.ends = Ends(self.graph, self.faults, earlier)
        self.steps = 0
        self.repeats = 0
        """How many repeats the step stands in."""
        self.constant: dict[tuple[int, int], tuple[Call, Layer, dict[str, Slot]]] = {}
        """Calls whose arguments are the same wherever they stand, with their layer."""
        self.alike: dict[tuple[object, ...], Layer] = {}
        """The layer of calls that say the same."""
        self.lines = Lines(network.file)
        self.calls: list[Block] = []
        self.least: dict[int, tuple[Chain, int]] = {}
        self.counting: dict[int, tuple[Chain, bool]] = {}

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
        graph.values = dict(space.names)
        self.ends.make_per_image()
        del self.merger  # it knows the expander: in a circle they would keep the graph until garbage is collected
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
        self.check_unused(values, space, outputs, top)
        return flow.value

    def check_unused(self, values: list[tuple[Statement, Flow]], space: Space, outputs: set[str], top: bool) -> None:
        explicit = top and self.net.outputs is not None
        for number, (statement, flow) in enumerate(values):
            last = number == len(values) - 1
            if flow.taken or statement.name in outputs or (statement.name is not None and statement.name in space.used):
                continue
            if statement.whole or (last and not explicit):
                continue
            labels = labels_of(statement.chain)
            if (
                labels & (space.used | outputs)
                or flow.value is None
                or isinstance(flow.value, Unknown)
                or flow.value == LOST
            ):
                continue
            name = f"{statement.name!r}" if statement.name else "this line"
            help = "list it under outputs:, or delete the line" if top else "use it, or delete the line"
            self.faults.report(
                Diagnostic(
                    "G103",
                    f"nothing uses {name}, and it is not an output",
                    statement.mark,
                    help=(help,),
                    layer=statement.name,
                )
            )

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
        return (
            len(self.graph.nodes) + line.end - line.start <= self.limit
            and self.steps + line.steps <= STEPS_PER_NODE * self.limit
        )

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
                test = evaluate(step.test, self.scope(space, flow))
                if isinstance(test, Unknown):
                    self.take(flow, step.span)
                    return LOST
                if not test:
                    if step.otherwise is not None:
                        return self.run_step(step.otherwise, space, flow, first)
                    return self.take(flow, step.span)
            atom = step.atom
            if type(atom) is Call:
                value = self.run_call(atom, space, flow, first)
            elif type(atom) is Merge:
                value = self.merger.run_merge(atom, space, flow)
            elif type(atom) is Repeat:
                value = self.run_repeat(atom, space, flow)
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
            if type(suffix) is Label:
                known = space.names.get(suffix.name)
                if (known is not None and known != LOST) or suffix.name in space.variables:
                    self.faults.report_span(
                        SpanFault("G105", f"the name {suffix.name!r} is taken already", suffix.span), frame
                    )
                    continue
                space.names[suffix.name] = value if value is not None else LOST
            elif isinstance(value, Bundle):
                self.faults.report_span(SpanFault("G107", "several values: a claim needs one", suffix.span), frame)
            elif isinstance(value, Wire) and not isinstance(value.shape, Unknown):
                self.check_claim(step, suffix, value, space)

    def check_claim(self, step: Step, claim: Any, wire: Wire, space: Space) -> None:
        frame = space.frame
        assert frame is not None
        try:
            expected = evaluate(claim.value, self.scope(space, Flow(wire)))
        except SpanFault as fault:
            self.faults.report_span(fault, frame)
            return
        if isinstance(expected, Unknown):
            return
        shape = tuple(expected) if isinstance(expected, tuple) else (expected,)
        if shape_agrees(wire.shape, shape):
            return
        node = self.graph.nodes[wire.node]
        formulas = node.layer.formulas(*self.graph.input_shapes(node)) if node.layer else {}
        notes = (f"{node.kind}: {formulas['output']}",) if "output" in formulas else ()
        self.faults.report(
            Diagnostic(
                "E102",
                f"expected {show(shape)}, but this is {show(wire.shape)}",
                frame.text.at(*claim.span),
                "checked here",
                notes,
                (),
                frame.related(),
                fix=self.claim_fix(claim, show(wire.shape), frame),
            )
        )

    def claim_fix(self, claim: Claim, words: str, frame: Frame) -> Fix | None:
        """The fix that claims what comes out; None where the claim is calculated or holds for several values."""
        mark = frame.text.at(*claim.span)
        plain = isinstance(claim.value, (Size, Number)) and frame.text.offsets is None
        if frame.parent is not None or self.repeats or not plain:
            return None
        return Fix(f"claim {words}", (Edit(mark, words),), safe=False)

    def run_given(self, atom: Given, space: Space, flow: Flow) -> Flowing | None:
        """The leading size of a one-liner: the input itself."""
        value = self.take(flow, atom.span)
        if isinstance(value, Wire) and not isinstance(value.shape, Unknown) and value.shape != atom.dims:
            node = self.graph.nodes[value.node]
            if node.frame is not None and node.frame.text is not (space.frame.text if space.frame else None):
                raise SpanFault("S110", f"the input is {show(value.shape)}, not {show(atom.dims)}", atom.span)
        return value

    def run_repeat(self, atom: Repeat, space: Space, flow: Flow) -> Flowing | None:
        if atom.count is None:
            return self.run_chain(atom.chain, space, flow)
        count = evaluate(atom.count, self.scope(space, flow))
        if isinstance(count, Unknown):
            self.run_chain(atom.chain, space, Flow(LOST))
            flow.taken = True
            return LOST
        if isinstance(count, (bool, str, tuple)) or count != int(count) or count < 0:
            raise SpanFault("T105", f"a repeat needs a whole number from 0, got {show_value(count)}", atom.count.span)
        times = int(count)
        if times > REPEAT_LIMIT:
            raise SpanFault(
                "G112", f"a repeat of {times:,} is more than the limit of {REPEAT_LIMIT:,}", atom.count.span
            )
        if times * self.least_steps(atom.chain) > self.limit:
            raise limit_reached(self.limit, atom.span, space)
        if times == 0:
            return self.take(flow, atom.span)
        self.repeats += 1
        try:
            return self.run_rounds(atom, times, space, flow)
        finally:
            self.repeats -= 1

    def run_rounds(self, atom: Repeat, times: int, space: Space, flow: Flow) -> Flowing | None:
        """The rounds of a repeat.  A round that meets the shape of the one before it is stamped from it."""
        value: Flowing | None = None
        names = set(space.names)
        before: Round | None = None
        counted = ROUND not in space.variables and self.counts(atom.chain)
        outside = space.round
        for number in range(times):
            labels = [each for each in space.names if each not in names]
            for label in labels:
                del space.names[label]  # a label in a repeat belongs to its round
            start, steps = len(self.graph.nodes), self.steps
            if before is not None and not labels and not counted and self.can_stamp(before, flow):
                value = self.builder.stamp(before, flow.value, atom.span, space)
                flow.taken = True
                flow = Flow(value)
                continue
            inner = space if space.numbered else space.inner(f"{space.path}{space.index()}.", space.line)
            inner.round = number
            value = self.run_chain(atom.chain, inner, flow)
            space.round = outside
            if isinstance(value, Wire) and value.node < 0:
                flow.taken = True
                return LOST
            if number == 0:
                made = max(len(self.graph.nodes) - start, (self.steps - steps) // STEPS_PER_NODE)
                if made * times > self.limit:  # going on would only take time
                    raise limit_reached(self.limit, atom.span, space)
            if number > 0:
                before = Round(start, len(self.graph.nodes), flow.value, value, inner.path)
            flow = Flow(value)
        return value

    def counts(self, chain: Chain) -> bool:
        """Whether a chain speaks of the number of the round."""
        known = self.counting.get(id(chain))
        if known is None:
            known = self.counting[id(chain)] = (chain, speaks_of(chain, ROUND))
        return known[1]

    def can_stamp(self, before: Round, flow: Flow) -> bool:
        """Whether a round would be the one before it over again: the same shape flows in, no weights are shared."""
        was, now = before.incoming, flow.value
        return isinstance(was, Wire) and isinstance(now, Wire) and was.shape == now.shape and not self.builder.weights

    def least_steps(self, chain: Chain) -> int:
        """The least number of steps a chain takes, as far as the numbers in it are written out."""
        known = self.least.get(id(chain))
        if known:
            return known[1]
        total = 0
        for step in chain.steps:
            if step.test is not None:
                continue
            atom = step.atom
            if isinstance(atom, Merge):
                total += sum(self.least_steps(branch.chain) for branch in atom.branches)
            elif isinstance(atom, Repeat):
                count = 1 if atom.count is None else getattr(atom.count, "value", 0)
                total += self.least_steps(atom.chain) * (count if isinstance(count, int) else 0)
            else:
                total += 1
        self.least[id(chain)] = (chain, total)
        return total

    def take(self, flow: Flow, span: Span) -> Flowing:
        """What flows in; a fault where nothing does."""
        flow.taken = True
        if flow.value is None:
            names = ", ".join(each.name for each in self.net.inputs)
            if len(self.net.inputs) > 1:
                raise SpanFault("G108", "nothing flows in here", span, (f"begin with the name of an input: {names}",))
            raise SpanFault(
                "G108", "nothing flows in here", span, ("say what the network's input is: `input: 3x224x224`",)
            )
        return flow.value

    def take_wire(self, flow: Flow, span: Span) -> Wire:
        """The one value that flows in."""
        value = self.take(flow, span)
        if isinstance(value, Bundle):
            names = ", ".join(value.values)
            raise SpanFault(
                "G107",
                f"several values flow in here: {names}",
                span,
                ("choose one by its name, e.g. `head.loc | ...`",),
            )
        if isinstance(value, Unknown):
            return LOST
        return value

    def flowing_shape(self, flow: Flow) -> Callable[[], Shape | Unknown]:
        def shape() -> Shape | Unknown:
            value = flow.value
            if isinstance(value, Wire):
                flow.taken = True
                found: Shape | Unknown = value.shape
                return found
            return UNKNOWN

        return shape

    def scope(self, space: Space, flow: Flow) -> Scope:
        def shape_of(name: str, span: Span) -> Shape | Unknown:
            value = self.resolve(space, name)
            if value is None:
                raise SpanFault("G101", f"there is no line called {name!r}", span, self.name_help(name, space))
            return value.shape if isinstance(value, Wire) else UNKNOWN

        return Scope(space.variables, self.flowing_shape(flow), shape_of, space.round)

    def resolve(self, space: Space, name: str) -> Flowing | None:
        """The value a name stands for, noted as used; None where there is no such line."""
        head, _, rest = name.partition(".")
        variable = space.variables.get(head)
        if isinstance(variable, (Wire, Bundle)):
            return part_of(variable, rest)
        return space.value(name)

    def run_call(self, call: Call, space: Space, flow: Flow, first: bool) -> Flowing | None:
        word = call.word
        constant = self.constant.get((id(call), id(space.file)))
        if constant is not None and not (first and word in space.names):
            wire = flow.value
            if type(wire) is Wire and constant[1].inputs == 1:
                flow.taken = True
                self.builder.options = constant[2]
                return self.builder.add(constant[1], (wire,), call.span, space)
        if first and not call.arguments:
            found = self.resolve(space, word)
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
                return self.take(flow, call.span)
            vgg = vgg_call(word)
            kind_word = vgg[0] if vgg else canonical(word)
            if kind_word is not None:
                return self.run_layer(call, kind_word, space, flow)
        raise self.unknown_word(call, space, first)

    def unknown_word(self, call: Call, space: Space, first: bool) -> SpanFault:
        word = call.word
        if self.resolve(space, word) is not None:
            if call.arguments:
                return SpanFault("T103", f"{word!r} is a line: it takes no arguments", call.span)
            return SpanFault(
                "G101",
                f"{word!r} is a line, not a layer",
                call.word_span,
                (f"a line can only begin a chain: `{word} | ...`",),
            )
        later = next((each for each in self.net.statements if each.name == word), None)
        if later is not None and space.block is None:
            if later.name == self.faults.line:
                return SpanFault("G102", f"{word!r} cannot use itself", call.word_span)
            return SpanFault(
                "G102",
                f"{word!r} is not defined yet",
                call.word_span,
                (f"it is defined on line {later.mark.line}; a line can only use the lines above it",),
            )
        if space.block is not None and word in self.graph_names():
            return SpanFault(
                "G101",
                f"a block does not see the line {word!r}",
                call.word_span,
                (f"give it as an argument: {space.block.name}(..., {word})",),
            )
        if call.line:
            hint = did_you_mean(word, space.names)
            return SpanFault("G101", f"there is no line called {word!r}", call.word_span, (hint,) if hint else ())
        return SpanFault(
            "G101",
            f"there is no layer, block or earlier line called {word!r}",
            call.word_span,
            self.name_help(word, space),
        )

    def graph_names(self) -> set[str]:
        return {each.name for each in self.net.statements if each.name}

    def name_help(self, word: str, space: Space) -> tuple[str, ...]:
        hint = did_you_mean(word, [*all_words(), *space.file.blocks, *space.names])
        return (hint,) if hint else ()

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
            found = self.resolve(space, name)
            return LOST if isinstance(found, Unknown) else found

        binder = Binder(call, kind, self.scope(space, flow), resolve)
        slots = binder.fields()
        wire = self.take_wire(flow, call.span)
        for field, use in kind.lines.items():
            if use == "node" and field in slots:
                links[field] = slots[field].value
                slots.update(self.builder.undo_pooling(links[field], slots[field]))
        defaults = space.file.defaults.get(word, {})
        layer = make_layer(call, kind, slots, defaults, self.builder.layers)
        if layer is None or isinstance(wire.shape, Unknown):
            return LOST
        if words is not None and not kind.lines:
            self.alike[(id(space.file), *words)] = layer
        if not links and is_constant(call, kind):
            self.constant[(id(call), id(space.file))] = (call, layer, slots)
        self.builder.options = slots
        return self.builder.add(layer, (wire,), call.span, space, tuple(links.values()))

    def run_block(self, call: Call, block: Block, space: Space, flow: Flow) -> Flowing | None:
        """The body of a block, with its own names, under a segment of its own."""
        frame = space.frame
        assert frame is not None
        parameters = tuple(each.name for each in block.parameters)
        given = BlockBinder(
            call, block.name, parameters, self.scope(space, flow), lambda name, span: self.resolve(space, name)
        ).arguments()
        if any(each is block for each in self.calls):
            raise SpanFault("G106", f"block {block.name!r} uses itself", call.span)
        if space.depth >= DEPTH_LIMIT:
            raise SpanFault("G112", f"blocks nested deeper than {DEPTH_LIMIT} levels", call.span)
        path = f"{space.path}{space.segment(block.name)}."
        inner = Space(block.file, {}, path, Frame(block.text, block.name, frame, call.span), space.depth + 1)
        inner.line = space.line
        inner.block = block
        inner.shared = f"{block.name}\n{path}" if block.shared else space.shared
        inner.variables = self.block_variables(call, block, given, inner, flow)
        self.calls.append(block)
        body = Flow(flow.value)
        try:
            value = self.run_statements(block.statements, inner, body, top=False)
        finally:
            self.calls.pop()
        if body.taken:
            self.take(flow, call.span)
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
                    variables[parameter.name] = evaluate(parameter.default, self.scope(inner, flow))
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


def show_value(value: Any) -> str:
    if isinstance(value, Wire):
        return "?" if isinstance(value.shape, Unknown) else show(value.shape)
    if isinstance(value, Bundle):
        return "(" + ", ".join(value.values) + ")"
    return got(value)
