"""The graph: a network with every block called, every repeat unrolled and every shape known.

The expansion and the shape inference run together, since conditions and the sizes ``C D H W L`` need shapes.  Nodes
stand in the order of execution.  A graph may be partial: after a fault the rest of the file is still bound, so that
all faults are told at once, but nothing that depends on the fault is built.

Names (stable, documented in docs/language.md): a node's name is the path of lines, blocks, repeats and branches it
stands in, and its layer word; the second of a kind in the same place gets a 2.  In lines without a name all are
numbered from 1.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple, TypeAlias

from cnncalc.arithmetic import Reach
from cnncalc.errors import Diagnostic, Related, SpecError, did_you_mean
from cnncalc.layers import Layer, all_words, canonical, kind_of
from cnncalc.layers.base import Buffer, Fault, Parameter, Work
from cnncalc.layers.windowed import Windowed, does_not_tile
from cnncalc.shape import Shape, show
from cnncalc.source import Mark, Scalar
from cnncalc.spec.bind import Faults, block_arguments, is_constant, make_layer, Binder, vgg_call
from cnncalc.spec.evaluate import UNKNOWN, Scope, SpanFault, Unknown, evaluate
from cnncalc.spec.network import Block, File, Net, Network, Statement
from cnncalc.spec.syntax import Call, Chain, Given, Label, Merge, Repeat, Span, Step

NODE_LIMIT = 200_000
REPEAT_LIMIT = 10_000
DEPTH_LIMIT = 80
DIAGNOSTIC_LIMIT = 100


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
            found.append(Related(f"in {frame.block}, used at {mark}", mark))
            frame = frame.parent
        return tuple(found)


class Node:
    """One layer of the graph.

    ``inputs`` are indices of nodes; ``links`` are further nodes whose side results it takes (the indices of a max
    pooling); ``owner`` is the node whose weights it uses, itself unless they are shared.
    """

    __slots__ = ("facts", "frame", "index", "inputs", "layer", "line", "links", "name", "owner", "span")

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
        self.facts = facts
        self.inputs = inputs
        self.frame = frame
        self.span = span
        self.owner = index
        self.links: tuple[int, ...] = ()

    @property
    def kind(self) -> str:
        """The layer word; ``input`` for an input."""
        return "input" if self.layer is None else self.layer.word

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


Flowing: TypeAlias = "Wire | Bundle | Unknown"

LOST = Wire(-1, UNKNOWN)


class Graph:
    """The expanded network: nodes in the order of execution, the inputs among them first."""

    def __init__(self, network: Network, net: Net) -> None:
        self.network = network
        self.net = net
        self.name = network.name if net.name is None else f"{network.name}.{net.name}"
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


class Flow:
    """What flows into a chain; it notes whether anybody took it."""

    __slots__ = ("taken", "value")

    def __init__(self, value: Flowing | None) -> None:
        self.value = value
        self.taken = False


class Space:
    """Where names live while a net or a block's body is expanded."""

    __slots__ = ("block", "counters", "depth", "file", "frame", "line", "names", "numbered", "path", "shared", "used", "variables")

    def __init__(self, file: File, variables: dict[str, Any], path: str, frame: Frame | None, depth: int) -> None:
        self.file = file
        self.variables = variables
        self.path = path
        self.frame = frame
        self.depth = depth
        self.names: dict[str, Flowing] = {}
        self.used: set[str] = set()
        self.counters: dict[str, int] = {}
        self.numbered = False
        self.line: str | None = None
        self.shared: str | None = None
        self.block: Block | None = None

    def segment(self, word: str) -> str:
        """A name not yet taken in this place: ``conv``, ``conv2``; ``conv1`` where all are numbered."""
        count = self.counters.get(word, 0) + 1
        name = word if count == 1 and not self.numbered else f"{word}{count}"
        while name in self.counters and name != word:
            count += 1
            name = f"{word}{count}"
        self.counters[word] = count
        if name != word:
            self.counters.setdefault(name, 0)
        return name

    def inner(self, path: str, line: str | None) -> Space:
        """The same names and variables under a longer path: a branch, one round of a repeat."""
        space = Space(self.file, self.variables, path, self.frame, self.depth)
        space.names = self.names
        space.used = self.used
        space.line = line
        space.shared = self.shared
        space.block = self.block
        return space


class Expander:
    """Expands one net of a network."""

    def __init__(self, network: Network, net: Net, strict: bool, limit: int, earlier: dict[str, Graph]) -> None:
        self.graph = Graph(network, net)
        self.network = network
        self.net = net
        self.strict = strict
        self.limit = limit
        self.earlier = earlier
        self.steps = 0
        self.layers: dict[Any, Layer] = {}
        self.facts: dict[Any, Facts] = {}
        self.constant: dict[tuple[int, int], tuple[Call, Layer]] = {}
        self.weights: dict[str, Node] = {}
        self.seen: set[tuple[str, str, int]] = set()
        self.calls: list[Block] = []
        self.least: dict[int, tuple[Chain, int]] = {}

    # -- faults ------------------------------------------------------------------------------------------------

    def report(self, diagnostic: Diagnostic) -> None:
        """Keep a diagnostic, once for each place."""
        mark = diagnostic.mark
        key = (diagnostic.code, mark.source.name if mark else "", mark.start if mark else -1)
        if key not in self.seen and len(self.graph.diagnostics) < DIAGNOSTIC_LIMIT:
            self.seen.add(key)
            self.graph.diagnostics.append(diagnostic)

    def report_span(self, fault: SpanFault, frame: Frame) -> None:
        mark = frame.text.at(*fault.span)
        self.report(
            Diagnostic(fault.code, fault.message, mark, fault.label, (), fault.help, frame.related(), self.current_line())
        )

    def current_line(self) -> str | None:
        return self.line_name

    line_name: str | None = None

    # -- the net -----------------------------------------------------------------------------------------------

    def run(self, shapes: dict[str, Shape] | None) -> Graph:
        """Expand; the graph carries its diagnostics."""
        graph, net = self.graph, self.net
        space = Space(self.network.file, self.network.file.params, "", None, 0)
        flow = self.make_inputs(space, shapes)
        reserved = {each.name for each in net.statements if each.name}
        space.counters.update({name: 0 for name in reserved if name.split(".")[0] == name})
        try:
            self.run_statements(net.statements, space, flow, top=True)
            self.make_outputs(space)
        except LimitReached as limit:
            self.report(limit.diagnostic)
        graph.values = dict(space.names)
        self.make_per_image()
        return graph

    def make_inputs(self, space: Space, shapes: dict[str, Shape] | None) -> Flow:
        graph = self.graph
        for each in self.net.inputs:
            shape: Any = (shapes or {}).get(each.name)
            if shape is None and each.net is not None:
                shape = self.shape_of_net(each.net, each.text)
            if shape is None:
                shape = self.shape_of_sizes(each.sizes, each.text)
            if isinstance(shape, Unknown):
                space.names[each.name] = LOST
                graph.lost = True
                continue
            space.names[each.name] = self.add_input(each.name, shape, Frame(each.text, None, None, (0, 0)))
        if not self.net.inputs:
            return Flow(None)
        if len(self.net.inputs) == 1:
            return Flow(space.names[self.net.inputs[0].name])
        return Flow(None)

    def add_input(self, name: str, shape: Shape, frame: Frame) -> Wire:
        facts = Facts(shape, (), (), 0, 0, 0, 0, Work(), None, ())
        index = len(self.graph.nodes)
        self.graph.nodes.append(Node(index, name, None, None, facts, (), frame, (0, len(frame.text.text))))
        self.graph.inputs.append((name, index))
        return Wire(index, shape)

    def shape_of_net(self, name: str, text: Scalar) -> Shape | Unknown:
        graph = self.earlier.get(name)
        if graph is None or not graph.complete:
            return UNKNOWN
        if len(graph.outputs) != 1:
            self.report(Diagnostic("G107", f"net {name!r} has {len(graph.outputs)} outputs", text.mark, help=(f"write the shape instead, e.g. {show(graph.shape(graph.outputs[0][1]))}",) if graph.outputs else ()))
            return UNKNOWN
        return graph.shape(graph.outputs[0][1])

    def shape_of_sizes(self, sizes: tuple[Any, ...], text: Scalar) -> Shape | Unknown:
        try:
            values: list[Any] = []
            for each in sizes:
                value = evaluate(each, Scope(self.network.file.params))
                values.extend(value if isinstance(value, tuple) else [value])
                if not isinstance(value, tuple) and (isinstance(value, (bool, str)) or not (value == int(value) >= 1)):  # type: ignore[arg-type]
                    raise SpanFault("T104", "an input's sizes must be whole numbers from 1", each.span)
            if any(not isinstance(value, int) or value < 1 for value in values):
                raise SpanFault("T104", "an input's sizes must be whole numbers from 1", sizes[0].span)
        except SpanFault as fault:
            self.report_span(fault, Frame(text, None, None, (0, 0)))
            return UNKNOWN
        shape = tuple(int(value) for value in values)
        wrong = channels_last(shape)
        if wrong:
            right = show((shape[-1], *shape[:-1]))
            self.report(
                Diagnostic("T107", f"{show(shape)} looks like {wrong}", text.mark, "channels come first here", help=(f"write {right}",))
            )
            return UNKNOWN
        return shape

    def make_outputs(self, space: Space) -> None:
        graph, net = self.graph, self.net
        if net.outputs is not None:
            for label, target in net.outputs:
                name = target.value
                value = self.named_value(space, name)
                if value is None:
                    hint = did_you_mean(name, space.names)
                    self.report(Diagnostic("G109", f"there is no line called {name!r} to put out", target.mark, help=(hint,) if hint else ()))
                    continue
                self.put_out(label, value)
            return
        last = next((each for each in reversed(net.statements)), None)
        if last is None:
            return
        value = self.last_value
        if value is not None:
            self.put_out(last.name or "output", value)

    def put_out(self, label: str, value: Flowing) -> None:
        if isinstance(value, Bundle):
            for name, each in value.values.items():
                self.put_out(f"{label}.{name}", each)
        elif isinstance(value, Wire) and value.node >= 0:
            self.graph.outputs.append((label, value.node))

    def make_per_image(self) -> None:
        if self.net.per_image is None:
            return
        expr, text = self.net.per_image
        try:
            value = evaluate(expr, Scope(self.network.file.params))
        except SpanFault as fault:
            self.report_span(fault, Frame(text, None, None, (0, 0)))
            return
        if not isinstance(value, int) or value < 1:
            self.report(Diagnostic("T104", "per_image must be a whole number from 1", text.mark))
            return
        self.graph.per_image = value

    # -- lines -------------------------------------------------------------------------------------------------

    last_value: Flowing | None = None

    def run_statements(self, statements: tuple[Statement, ...], space: Space, flow: Flow, top: bool) -> Flowing | None:
        """Run lines one after the other: each goes on from the one above unless it begins with a name."""
        outputs = {target.value.split(".")[0] for _, target in self.net.outputs or ()} if top else set()
        values: list[tuple[Statement, Flow]] = []
        previous: Statement | None = None
        for number, statement in enumerate(statements):
            if top:
                self.line_name = statement.name
            out = self.run_statement(statement, space, flow, top)
            if flow.taken and previous is not None and previous.name in outputs and statement.chain is not None:
                first = statement.chain.steps[0].span
                self.report(
                    Diagnostic(
                        "G104",
                        f"{statement.name or 'this line'!r} goes on from {previous.name!r}, which is an output",
                        statement.text.at(*first),
                        "a line goes on from the line above it",
                        help=(
                            f"begin it with a name: `{previous.name} | ...` if that is meant, or the line it should go on from",
                        ),
                        layer=statement.name,
                    )
                )
            if number == 0 and top and self.net.inputs and not flow.taken and len(self.net.inputs) == 1:
                pass
            flow = Flow(out)
            values.append((statement, flow))
            if statement.name is not None:
                space.names[statement.name] = out if out is not None else LOST
            previous = statement
        self.check_unused(values, space, outputs, top)
        if top:
            self.last_value = flow.value
        return flow.value

    def check_unused(self, values: list[tuple[Statement, Flow]], space: Space, outputs: set[str], top: bool) -> None:
        explicit = top and self.net.outputs is not None
        for number, (statement, flow) in enumerate(values):
            last = number == len(values) - 1
            if flow.taken or statement.name in outputs or (statement.name is not None and statement.name in space.used):
                continue
            if last and not explicit:
                continue
            labels = labels_of(statement.chain)
            if labels & (space.used | outputs) or flow.value is None or isinstance(flow.value, Unknown) or flow.value == LOST:
                continue
            name = f"{statement.name!r}" if statement.name else "this line"
            help = "list it under outputs:, or delete the line" if top else "use it, or delete the line"
            self.report(
                Diagnostic("G103", f"nothing uses {name}, and it is not an output", statement.mark, help=(help,), layer=statement.name)
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
            whole = statement.name is not None and (statement.whole or "." in statement.name)
            if statement.name is None:
                inner = space
                inner.numbered = True
                inner.line = None
            elif whole:
                inner = space.inner("", statement.name.split(".")[0])
            else:
                inner = space.inner(f"{statement.name}.", statement.name)
            previous, inner.frame = inner.frame, frame
            self.whole_name = statement.name if whole else None
            value = self.run_chain(statement.chain, inner, flow)
            self.whole_name = None
            inner.frame = previous
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

    whole_name: str | None = None

    # -- chains ------------------------------------------------------------------------------------------------

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
        if self.steps > 3 * self.limit:
            raise self.limit_reached(step.span, space)
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
                value = self.run_merge(atom, space, flow)
            elif type(atom) is Repeat:
                value = self.run_repeat(atom, space, flow)
            else:
                assert type(atom) is Given
                value = self.run_given(atom, space, flow)
        except SpanFault as fault:
            self.report_span(fault, frame)
            flow.taken = True
            value = LOST
        except Faults as faults:
            for fault in faults.faults:
                self.report_span(fault, frame)
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
                    self.report_span(SpanFault("G105", f"the name {suffix.name!r} is taken already", suffix.span), frame)
                    continue
                space.names[suffix.name] = value if value is not None else LOST
            elif isinstance(value, Bundle):
                self.report_span(SpanFault("G107", "several values: a claim needs one", suffix.span), frame)
            elif isinstance(value, Wire) and not isinstance(value.shape, Unknown):
                self.check_claim(step, suffix, value, space)

    def check_claim(self, step: Step, claim: Any, wire: Wire, space: Space) -> None:
        frame = space.frame
        assert frame is not None
        try:
            expected = evaluate(claim.value, self.scope(space, Flow(wire)))
        except SpanFault as fault:
            self.report_span(fault, frame)
            return
        if isinstance(expected, Unknown):
            return
        shape = tuple(expected) if isinstance(expected, tuple) else (expected,)
        if shape_agrees(wire.shape, shape):
            return
        node = self.graph.nodes[wire.node]
        formulas = node.layer.formulas(*self.graph.input_shapes(node)) if node.layer else {}
        notes = (f"{node.kind}: {formulas['output']}",) if "output" in formulas else ()
        self.report(
            Diagnostic(
                "E102",
                f"expected {show(shape)}, but this is {show(wire.shape)}",
                frame.text.at(*claim.span),
                "checked here",
                notes,
                (),
                frame.related(),
                self.line_name,
            )
        )

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
            raise SpanFault("G112", f"a repeat of {times:,} is more than the limit of {REPEAT_LIMIT:,}", atom.count.span)
        if times * self.least_steps(atom.chain) > self.limit:
            raise self.limit_reached(atom.span, space)
        if times == 0:
            return self.take(flow, atom.span)
        value: Flowing | None = None
        flatten = space.numbered
        for _ in range(times):
            if flatten:
                inner = space
            else:
                index = space.counters.get("#", 0)
                space.counters["#"] = index + 1
                inner = space.inner(f"{space.path}{index}.", space.line)
            value = self.run_chain(atom.chain, inner, flow)
            if isinstance(value, Wire) and value.node < 0:
                flow.taken = True
                return LOST
            flow = Flow(value)
        return value

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

    def limit_reached(self, span: Span, space: Space) -> LimitReached:
        frame = space.frame
        assert frame is not None
        return LimitReached(
            Diagnostic(
                "G112",
                f"this network has more than {self.limit:,} layers",
                frame.text.at(*span),
                help=("the limit can be set: --limit N",),
                related=frame.related(),
            )
        )

    # -- values ------------------------------------------------------------------------------------------------

    def take(self, flow: Flow, span: Span) -> Flowing:
        """What flows in; a fault where nothing does."""
        flow.taken = True
        if flow.value is None:
            names = ", ".join(each.name for each in self.net.inputs)
            if len(self.net.inputs) > 1:
                raise SpanFault("G108", "nothing flows in here", span, (f"begin with the name of an input: {names}",))
            raise SpanFault("G108", "nothing flows in here", span, ("say what the network's input is: `input: 3x224x224`",))
        return flow.value

    def take_wire(self, flow: Flow, span: Span) -> Wire:
        """The one value that flows in."""
        value = self.take(flow, span)
        if isinstance(value, Bundle):
            names = ", ".join(value.values)
            raise SpanFault("G107", f"several values flow in here: {names}", span, ("choose one by its name, e.g. `head.loc | ...`",))
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

        return Scope(space.variables, self.flowing_shape(flow), shape_of)

    def resolve(self, space: Space, name: str) -> Flowing | None:
        """The value a name stands for, noted as used; None where there is no such line."""
        head, _, rest = name.partition(".")
        variable = space.variables.get(head)
        if isinstance(variable, (Wire, Bundle)):
            return part_of(variable, rest)
        return self.named_value(space, name)

    def named_value(self, space: Space, name: str) -> Flowing | None:
        if name in space.names:
            space.used.add(name)
            return space.names[name]
        head, _, rest = name.partition(".")
        if rest and head in space.names:
            found = part_of(space.names[head], rest)
            if found is not None:
                space.used.add(head)
            return found
        return None

    # -- calls -------------------------------------------------------------------------------------------------

    def run_call(self, call: Call, space: Space, flow: Flow, first: bool) -> Flowing | None:
        word = call.word
        constant = self.constant.get((id(call), id(space.file)))
        if constant is not None and not (first and word in space.names):
            wire = flow.value
            if type(wire) is Wire and constant[1].inputs == 1:
                flow.taken = True
                return self.add(constant[1], (wire,), call.span, space)
        if first and not call.arguments:
            found = self.resolve(space, word)
            if found is not None:
                if canonical(word):
                    raise SpanFault(
                        "G110",
                        f"{word!r} is a layer and a line of this network",
                        call.span,
                        (f"rename the line, e.g. {word}_1",),
                    )
                return found
        if "." not in word:
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
            return SpanFault("G101", f"{word!r} is a line, not a layer", call.word_span, (f"a line can only begin a chain: `{word} | ...`",))
        later = next((each for each in self.net.statements if each.name == word), None)
        if later is not None and space.block is None:
            if later.name == self.line_name:
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
        return SpanFault("G101", f"there is no layer, block or earlier line called {word!r}", call.word_span, self.name_help(word, space))

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
            raise SpanFault("T102", f"{word} needs its branches in parentheses", call.span, (f"{word}(id, conv 64 3 p1)",))
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
                slots.update(self.undo_pooling(links[field], slots[field], call))
        defaults = space.file.defaults.get(word, {})
        layer = make_layer(call, kind, slots, defaults, self.layers)
        if layer is None or isinstance(wire.shape, Unknown):
            return LOST
        if not links and is_constant(call, kind):
            self.constant[(id(call), id(space.file))] = (call, layer)
        return self.add(layer, (wire,), call.span, space, tuple(links.values()))

    def undo_pooling(self, wire: Wire, slot: Any, call: Call) -> dict[str, Any]:
        """The fields of an unpooling, read off the max pooling that its line ends with."""
        if isinstance(wire, Bundle) or isinstance(wire.shape, Unknown):
            return {"like": slot._replace(value=UNKNOWN)}
        node = self.graph.nodes[wire.node]
        layer = node.layer
        if layer is None or layer.word != "maxpool":
            raise SpanFault(
                "S110",
                f"unpool needs a line that ends with a max pooling, but that one ends with {node.kind}",
                slot.span,
                ("name the pooling itself: `... | maxpool 2 as p1 | ...`, then `unpool p1`",),
            )
        assert isinstance(layer, Windowed)
        before = self.graph.shape(node.inputs[0])
        return {
            "like": slot._replace(value=before[1:]),
            "kernel": slot._replace(value=layer.kernel),
            "stride": slot._replace(value=layer.strides),
            "pad": slot._replace(value=layer.pad),
        }

    # -- nodes -------------------------------------------------------------------------------------------------

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
        if index >= self.limit:
            raise self.limit_reached(span, space)
        name = self.whole_name or space.path + space.segment(layer.word)
        node = Node(index, name, space.line, layer, facts, tuple([wire.node for wire in wires]), space.frame, span)
        if links:
            node.links = tuple(link.node for link in links)
        nodes.append(node)
        if space.shared is not None and (facts.parameters or facts.buffers):
            self.share(node, space)
        return Wire(index, facts.output)

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
        )

    def share(self, node: Node, space: Space) -> None:
        """One set of weights for all uses of a shared block."""
        assert space.shared is not None
        block, _, prefix = space.shared.partition("\n")
        key = f"{block}\n{node.name[len(prefix):]}"
        first = self.weights.setdefault(key, node)
        if first is node:
            return
        if first.facts.parameters != node.facts.parameters:
            assert node.layer is not None
            frame = space.frame
            assert frame is not None
            was, now = (", ".join(f"{each.name} {show(each.shape)}" for each in one.facts.parameters) for one in (first, node))
            self.report(
                Diagnostic(
                    "S111",
                    f"the shared block {block} would need other weights here",
                    frame.text.at(*node.span),
                    f"{now}, but {was} at its first use",
                    (),
                    (f"list {block} under blocks: for fresh weights each time",),
                    frame.related(),
                    self.line_name,
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
        self.report(
            Diagnostic(
                fault.code,
                fault.message,
                frame.text.at(*span),
                fault.label,
                tuple(notes),
                fault.help,
                frame.related(),
                self.line_name,
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

    # -- merges ------------------------------------------------------------------------------------------------

    def run_merge(self, merge: Merge, space: Space, flow: Flow) -> Flowing | None:
        if merge.word == "residual":
            return self.run_residual(merge, space, flow)
        if merge.word == "fork":
            return self.run_fork(merge, space, flow)
        wires: list[Wire] = []
        for branch in merge.branches:
            if branch.name is not None and branch.name_span:
                raise SpanFault("T101", f"{merge.word}'s branches have no names", branch.name_span, ("only fork's and residual's have",))
            chain = branch.chain
            if single_word(chain) == "inplace" and "inplace" not in space.names:
                continue
            value = self.run_branch(chain, self.branch_space(space, "branch", chain), flow)
            wires.append(self.one(value, chain.span))
        kind = kind_of(merge.word)
        inplace = any(single_word(branch.chain) == "inplace" for branch in merge.branches)
        if not wires:
            raise SpanFault("T102", f"{merge.word} needs branches", merge.span)
        if any(wire.node < 0 for wire in wires):
            return LOST
        if len(wires) == 1:
            return wires[0]
        fields = {"inplace": True} if inplace and "inplace" in kind.fields else {}
        defaults = space.file.defaults.get(merge.word, {})
        layer = self.merge_layer(merge.word, {**defaults, **fields})
        try:
            layer.output(*(wire.shape for wire in wires))
        except Fault as fault:
            wrong = next((i for i in range(1, len(wires)) if not merges(layer, wires[0], wires[i])), 0)
            self.layer_fault(fault, tuple(wires), merge.branches[wrong].chain.span, space)
            return LOST
        return self.add(layer, tuple(wires), merge.span, space)

    def merge_layer(self, word: str, fields: dict[str, Any]) -> Layer:
        key = (word, tuple(sorted(fields.items())))
        layer = self.layers.get(key)
        if layer is None:
            layer = self.layers[key] = kind_of(word).layer(**fields)
        return layer

    def branch_space(self, space: Space, name: str, chain: Chain) -> Space:
        """A branch has a segment of its own, unless it makes no node."""
        if len(chain.steps) == 1 and isinstance(chain.steps[0].atom, Call) and not chain.steps[0].atom.arguments:
            word = chain.steps[0].atom.word
            if word == "id" or word in space.names or "." in word:
                return space
        if name == "branch":
            count = space.counters.get("branch", 0) + 1
            space.counters["branch"] = count
            return space.inner(f"{space.path}branch{count}.", space.line)
        return space.inner(f"{space.path}{space.segment(name) if not space.numbered else self.unnumbered(space, name)}.", space.line)

    @staticmethod
    def unnumbered(space: Space, name: str) -> str:
        return space.segment(name)

    def run_branch(self, chain: Chain, space: Space, flow: Flow) -> Flowing | None:
        if space.depth > DEPTH_LIMIT:
            raise SpanFault("G112", f"nested deeper than {DEPTH_LIMIT} levels", chain.span)
        space.depth += 1
        try:
            return self.run_chain(chain, space, flow)
        finally:
            space.depth -= 1

    def one(self, value: Flowing | None, span: Span) -> Wire:
        if isinstance(value, Bundle):
            raise SpanFault("G107", f"several values here: {', '.join(value.values)}", span, ("choose one by its name",))
        return value if isinstance(value, Wire) else LOST

    def run_residual(self, merge: Merge, space: Space, flow: Flow) -> Flowing | None:
        bodies = [branch for branch in merge.branches if branch.name is None]
        inplace = [branch for branch in bodies if single_word(branch.chain) == "inplace"]
        bodies = [branch for branch in bodies if branch not in inplace]
        projections = [branch for branch in merge.branches if branch.name == "project"]
        for branch in merge.branches:
            if branch.name not in (None, "project"):
                hint = did_you_mean(str(branch.name), ["project"])
                raise SpanFault("T101", f"residual has no option {branch.name!r}", branch.name_span or merge.span, (hint,) if hint else ())
        if len(bodies) != 1 or len(projections) > 1:
            raise SpanFault("T103", "residual takes a body and at most one projection", merge.span, ("residual(F, project = P)",))
        shortcut = self.take_wire(flow, merge.span)
        body = self.one(self.run_branch(bodies[0].chain, self.branch_space(space, "body", bodies[0].chain), Flow(shortcut)), merge.span)
        if body.node < 0 or shortcut.node < 0:
            if projections and single_word(projections[0].chain) != "none":
                self.run_branch(projections[0].chain, space, Flow(LOST))
            return LOST
        if body.shape != shortcut.shape and projections:
            chain = projections[0].chain
            if single_word(chain) == "none":
                return body
            shortcut = self.one(self.run_branch(chain, self.branch_space(space, "project", chain), Flow(shortcut)), chain.span)
            if shortcut.node < 0:
                return LOST
        if body.shape != shortcut.shape:
            self.shortcut_fault(merge, body, shortcut, bool(projections), space)
            return LOST
        defaults = space.file.defaults.get("add", {})
        layer = self.merge_layer("add", {**defaults, **({"inplace": True} if inplace else {})})
        return self.add(layer, (body, shortcut), merge.span, space)

    def shortcut_fault(self, merge: Merge, body: Wire, shortcut: Wire, projected: bool, space: Space) -> None:
        frame = space.frame
        assert frame is not None
        help: tuple[str, ...] = ("the projection must make what the body makes",)
        if not projected and len(body.shape) == len(shortcut.shape):
            strides = {-(-was // now) for was, now in zip(shortcut.shape[1:], body.shape[1:], strict=True)}
            stride = f" /{strides.pop()}" if len(strides) == 1 and strides != {1} else ""
            help = (
                f"project it: residual(..., project = conv {body.shape[0]} 1{stride}), or say project = none to drop the "
                "shortcut wherever the shapes differ",
            )
        self.report(
            Diagnostic(
                "S109",
                f"the shortcut {show(shortcut.shape)} cannot be added to the body {show(body.shape)}",
                frame.text.at(*merge.span),
                "",
                (),
                help,
                frame.related(),
                self.line_name,
            )
        )

    def run_fork(self, merge: Merge, space: Space, flow: Flow) -> Flowing | None:
        values: dict[str, Flowing] = {}
        for number, branch in enumerate(merge.branches, 1):
            name = branch.name or f"branch{number}"
            if name in values:
                raise SpanFault("G105", f"fork has two branches called {name!r}", branch.name_span or merge.span)
            inner = self.branch_space(space, name, branch.chain)
            value = self.run_branch(branch.chain, inner, flow)
            values[name] = value if value is not None else LOST
        return Bundle(values)

    # -- blocks ------------------------------------------------------------------------------------------------

    def run_block(self, call: Call, block: Block, space: Space, flow: Flow) -> Flowing | None:
        frame = space.frame
        assert frame is not None
        names = tuple(each.name for each in block.parameters)
        scope = self.scope(space, flow)

        def resolve(name: str, span: Span) -> Any:
            return self.resolve(space, name)

        given = block_arguments(call, block.name, names, scope, resolve)
        if any(each is block for each in self.calls):
            inner = Frame(block.text, block.name, frame, call.span)
            raise self.recursive(block, call, inner)
        if space.depth >= DEPTH_LIMIT:
            raise SpanFault("G112", f"blocks nested deeper than {DEPTH_LIMIT} levels", call.span)
        variables: dict[str, Any] = dict(block.file.params)
        frame_in = Frame(block.text, block.name, frame, call.span)
        segment = space.segment(block.name)
        inner = Space(block.file, variables, f"{space.path}{segment}.", frame_in, space.depth + 1)
        inner.line = space.line
        inner.block = block
        if block.shared:
            inner.shared = f"{block.name}\n{inner.path}"
        else:
            inner.shared = space.shared
        for parameter in block.parameters:
            if parameter.name in given:
                variables[parameter.name] = given[parameter.name]
            elif parameter.default is not None:
                try:
                    variables[parameter.name] = evaluate(parameter.default, self.scope(inner, flow))
                except SpanFault as fault:
                    self.report_span(fault, frame_in)
                    variables[parameter.name] = UNKNOWN
            else:
                shown = ", ".join(f"{name}={show_value(value)}" for name, value in given.items())
                raise SpanFault(
                    "T102",
                    f"block {block.name} needs {parameter.name!r}",
                    call.span,
                    (f"it is declared as {block.declaration()}",),
                    f"got {shown}" if shown else "got nothing",
                )
        if self.whole_name:
            self.whole_name = None
        self.calls.append(block)
        body = Flow(flow.value)
        try:
            value = self.run_statements(block.statements, inner, body, top=False)
        finally:
            self.calls.pop()
        if body.taken:
            flow.taken = True
            if flow.value is None:
                self.take(flow, call.span)
        return value

    def recursive(self, block: Block, call: Call, frame: Frame) -> SpanFault:
        return SpanFault("G106", f"block {block.name!r} uses itself", call.span)


class LimitReached(Exception):
    """The expansion ends here: going on could take for ever."""

    def __init__(self, diagnostic: Diagnostic) -> None:
        super().__init__(diagnostic.message)
        self.diagnostic = diagnostic


def single_word(chain: Chain) -> str | None:
    """The word of a chain that is one bare word."""
    if len(chain.steps) != 1:
        return None
    step = chain.steps[0]
    if isinstance(step.atom, Call) and not step.atom.arguments and not step.suffixes and step.test is None:
        return step.atom.word
    return None


def labels_of(chain: Chain | None) -> set[str]:
    """The labels that stand in a chain."""
    if chain is None:
        return set()
    found: set[str] = set()
    for step in chain.steps:
        found.update(each.name for each in step.suffixes if isinstance(each, Label))
        if isinstance(step.atom, Merge):
            for branch in step.atom.branches:
                found |= labels_of(branch.chain)
        elif isinstance(step.atom, Repeat):
            found |= labels_of(step.atom.chain)
    return found


def merges(layer: Layer, a: Wire, b: Wire) -> bool:
    try:
        layer.output(a.shape, b.shape)
    except Fault:
        return False
    return True


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


def channels_last(shape: Shape) -> str | None:
    """What a shape looks like that has its channels last."""
    if len(shape) >= 3 and shape[-1] in (1, 3, 4) and min(shape[:-1]) > 4 and len(set(shape[:2])) <= 2:
        return {3: "height x width x channels", 4: "depth x height x width x channels"}.get(len(shape), "channels last")
    return None


def show_value(value: Any) -> str:
    from cnncalc.layers.base import got

    if isinstance(value, Wire):
        return "?" if isinstance(value.shape, Unknown) else show(value.shape)
    if isinstance(value, Bundle):
        return "(" + ", ".join(value.values) + ")"
    return got(value)


def expand(
    network: Network,
    *,
    strict: bool | None = None,
    limit: int = NODE_LIMIT,
    shapes: dict[str, Shape] | None = None,
) -> list[Graph]:
    """Expand every net of a network, in their order; each graph carries its own diagnostics."""
    graphs: dict[str, Graph] = {}
    for net in network.nets:
        expander = Expander(network, net, network.strict if strict is None else strict, limit, graphs)
        graphs[net.name or ""] = expander.run(shapes)
    return list(graphs.values())


def walk(graph: Graph) -> Iterator[tuple[Node, tuple[Shape, ...]]]:
    """The layers and what flows into them."""
    for node in graph.layers:
        yield node, graph.input_shapes(node)


def raise_faults(graphs: list[Graph]) -> None:
    """Raise :class:`SpecError` with all diagnostics of these graphs, if there are any."""
    found = [each for graph in graphs for each in graph.diagnostics]
    if found:
        raise SpecError(found)
