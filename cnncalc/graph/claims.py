"""Claims in a phrase: ``=> 96x55x55`` after a step."""

from __future__ import annotations

from cnncalc.errors import Diagnostic, Edit, Fix
from cnncalc.graph.names import Names
from cnncalc.graph.records import Frame, Graph, Wire, shape_agrees
from cnncalc.graph.space import Faultbook, Flow, Space
from cnncalc.shape import show
from cnncalc.spec.evaluate import SpanFault, Unknown, evaluate
from cnncalc.spec.syntax import Claim, Number, Size


class Claims:
    """Compares what comes out of steps with what is claimed of it."""

    def __init__(self, graph: Graph, faults: Faultbook, names: Names) -> None:
        self.graph = graph
        self.faults = faults
        self.names = names

    def check(self, claim: Claim, wire: Wire, space: Space, repeated: bool) -> None:
        """Whether a value has the shape that is claimed; ``repeated`` claims hold for several values."""
        frame = space.frame
        assert frame is not None
        try:
            expected = evaluate(claim.value, self.names.scope(space, Flow(wire)))
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
                fix=None if repeated else fix_of(claim, show(wire.shape), frame),
            )
        )


def fix_of(claim: Claim, words: str, frame: Frame) -> Fix | None:
    """The fix that claims what comes out; None where the claim is calculated or stands in a block."""
    mark = frame.text.at(*claim.span)
    plain = isinstance(claim.value, (Size, Number)) and frame.text.offsets is None
    if frame.parent is not None or not plain:
        return None
    return Fix(f"claim {words}", (Edit(mark, words),), safe=False)
