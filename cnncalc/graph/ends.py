"""The two ends of a net: what flows in, and what is put out; and loose ends."""

from __future__ import annotations

from typing import Any

from cnncalc.errors import Diagnostic, did_you_mean
from cnncalc.graph.records import LOST, Bundle, Facts, Flowing, Frame, Graph, Node, Wire
from cnncalc.graph.space import Faultbook, Flow, Space, labels_of
from cnncalc.layers.base import Work
from cnncalc.shape import Shape, misread, show
from cnncalc.source import Scalar
from cnncalc.spec.evaluate import UNKNOWN, Scope, SpanFault, Unknown, evaluate
from cnncalc.spec.network import Net, Statement
from cnncalc.spec.syntax import Chain


class Ends:
    """Makes the inputs of a graph before its lines are expanded, and its outputs afterwards."""

    def __init__(self, graph: Graph, faults: Faultbook, earlier: dict[str, Graph]) -> None:
        self.graph = graph
        self.net: Net = graph.net
        self.params = graph.network.file.params
        self.faults = faults
        self.earlier = earlier

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
        facts = Facts(shape, (), (), 0, 0, 0, 0, Work(), None, (), True)
        index = len(self.graph.nodes)
        self.graph.nodes.append(Node(index, name, None, None, facts, (), frame, (0, len(frame.text.text))))
        self.graph.inputs.append((name, index))
        return Wire(index, shape)

    def shape_of_net(self, name: str, text: Scalar) -> Shape | Unknown:
        graph = self.earlier.get(name)
        if graph is None or not graph.complete:
            return UNKNOWN
        if len(graph.outputs) != 1:
            self.faults.report(
                Diagnostic(
                    "G107",
                    f"net {name!r} has {len(graph.outputs)} outputs",
                    text.mark,
                    help=(f"write the shape instead, e.g. {show(graph.shape(graph.outputs[0][1]))}",)
                    if graph.outputs
                    else (),
                )
            )
            return UNKNOWN
        return graph.shape(graph.outputs[0][1])

    def shape_of_sizes(self, sizes: tuple[Any, ...], text: Scalar) -> Shape | Unknown:
        try:
            values: list[Any] = []
            for each in sizes:
                value = evaluate(each, Scope(self.params))
                values.extend(value if isinstance(value, tuple) else [value])
                if not isinstance(value, tuple) and (isinstance(value, (bool, str)) or not (value == int(value) >= 1)):  # type: ignore[arg-type]
                    raise SpanFault("T104", "an input's sizes must be whole numbers from 1", each.span)
            if any(not isinstance(value, int) or value < 1 for value in values):
                raise SpanFault("T104", "an input's sizes must be whole numbers from 1", sizes[0].span)
        except SpanFault as fault:
            self.faults.report_span(fault, Frame(text, None, None, (0, 0)))
            return UNKNOWN
        shape = tuple(int(value) for value in values)
        wrong = misread(shape, text.at(sizes[0].span[0], sizes[-1].span[1]))
        if wrong is not None:
            self.faults.report(wrong)
            return UNKNOWN
        return shape

    def check_unused(self, values: list[tuple[Statement, Flow]], space: Space, outputs: set[str], top: bool) -> None:
        """Every value is used or put out."""
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

    def check_twice(self) -> None:
        """No layer has the name of another: ``a.conv`` is a layer of a line ``a``, or a line."""
        first: dict[str, Node] = {}
        for node in self.graph.nodes:
            if first.setdefault(node.name, node) is not node:
                known = first[node.name].mark
                notes = (f"first on line {known.line}",) if known else ()
                message = f"two layers are called {node.name!r}"
                self.faults.report(Diagnostic("G105", message, node.mark, notes=notes, help=("rename a line",)))

    def make_outputs(self, space: Space, last: Flowing | None) -> None:
        net = self.net
        if net.outputs is not None:
            for label, target in net.outputs:
                name = target.value
                value = space.value(name)
                if value is None:
                    hint = did_you_mean(name, space.names)
                    self.faults.report(
                        Diagnostic(
                            "G109",
                            f"there is no line called {name!r} to put out",
                            target.mark,
                            help=(hint,) if hint else (),
                        )
                    )
                    continue
                self.put_out(label, value)
            return
        if last is not None and net.statements:
            self.put_out(net.statements[-1].name or "output", last)

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
            value = evaluate(expr, Scope(self.params))
        except SpanFault as fault:
            self.faults.report_span(fault, Frame(text, None, None, (0, 0)))
            return
        if not isinstance(value, int) or value < 1:
            self.faults.report(Diagnostic("T104", "per_image must be a whole number from 1", text.mark))
            return
        self.graph.per_image = value


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
