"""Steps with branches: add, mul, concat, residual and fork."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from cnncalc.errors import Diagnostic, did_you_mean
from cnncalc.graph.names import single
from cnncalc.graph.records import LOST, Bundle, Flowing, Wire
from cnncalc.graph.space import DEPTH_LIMIT, Flow, Space, single_word
from cnncalc.layers import kind_of
from cnncalc.layers.base import Fault, Layer
from cnncalc.shape import Shape, show
from cnncalc.spec.evaluate import SpanFault
from cnncalc.spec.syntax import Call, Chain, Merge, Span

if TYPE_CHECKING:
    from cnncalc.graph.expander import Expander


class Merger:
    """Expands the branches of a merge, each in a place of its own, and joins what comes out."""

    def __init__(self, expander: Expander) -> None:
        self.expander = expander
        self.builder = expander.builder
        self.faults = expander.faults

    def run(self, merge: Merge, space: Space, flow: Flow) -> Flowing | None:
        if merge.word == "residual":
            return self.run_residual(merge, space, flow)
        if merge.word == "fork":
            return self.run_fork(merge, space, flow)
        kind, inplace = kind_of(merge.word), False
        wires: list[Wire] = []
        spans: list[Span] = []
        for branch in merge.branches:
            if branch.name is not None and branch.name_span:
                raise SpanFault(
                    "T101",
                    f"{merge.word}'s branches have no names",
                    branch.name_span,
                    ("only fork's and residual's have",),
                )
            chain = branch.chain
            if single_word(chain) == "inplace" and "inplace" in kind.fields and "inplace" not in space.names:
                inplace = True
                continue
            value = self.run_branch(chain, self.branch_space(space, "branch", chain), flow)
            wires.append(single(value, chain.span))
            spans.append(chain.span)
        if not wires:
            raise SpanFault("T102", f"{merge.word} needs branches", merge.span)
        if any(wire.node < 0 for wire in wires):
            return LOST
        if len(wires) == 1:
            return wires[0]
        layer = self.layer(merge.word, inplace, space)
        shapes = [wire.shape for wire in wires]
        try:
            layer.output(*shapes)
        except Fault as fault:
            wrong = next(place for place in range(1, len(shapes)) if not merges(layer, shapes[: place + 1]))
            self.builder.layer_fault(fault, tuple(wires), spans[wrong], space)
            return LOST
        self.builder.options = {}
        return self.builder.add(layer, tuple(wires), merge.span, space)

    def branch_space(self, space: Space, name: str, chain: Chain) -> Space:
        """A branch has a segment of its own, unless it makes no node."""
        if len(chain.steps) == 1 and isinstance(chain.steps[0].atom, Call) and not chain.steps[0].atom.arguments:
            word = chain.steps[0].atom.word
            if word == "id" or word in space.names or "." in word:
                return space
        if name == "branch":
            return space.inner(f"{space.path}{space.segment('branch', always=True)}.", space.line)
        return space.inner(f"{space.path}{space.segment(name)}.", space.line)

    def run_branch(self, chain: Chain, space: Space, flow: Flow) -> Flowing | None:
        if space.depth > DEPTH_LIMIT:
            raise SpanFault("G112", f"nested deeper than {DEPTH_LIMIT} levels", chain.span)
        space.depth += 1
        try:
            return self.expander.run_chain(chain, space, flow)
        finally:
            space.depth -= 1

    def run_residual(self, merge: Merge, space: Space, flow: Flow) -> Flowing | None:
        bodies = [branch for branch in merge.branches if branch.name is None]
        inplace = [branch for branch in bodies if single_word(branch.chain) == "inplace"]
        bodies = [branch for branch in bodies if branch not in inplace]
        projections = [branch for branch in merge.branches if branch.name == "project"]
        for branch in merge.branches:
            if branch.name not in (None, "project"):
                hint = did_you_mean(str(branch.name), ["project"])
                raise SpanFault(
                    "T101",
                    f"residual has no option {branch.name!r}",
                    branch.name_span or merge.span,
                    (hint,) if hint else (),
                )
        if len(bodies) != 1 or len(projections) > 1:
            again = bodies[1:] or projections[1:]
            help = "what is added has a name, where it is not the value that flows in: residual(F, project = P)"
            raise SpanFault(
                "T103",
                "residual takes a body and at most one projection",
                again[0].chain.span if again else merge.span,
                (help,),
            )
        shortcut = self.expander.names.take_wire(flow, merge.span)
        body = single(
            self.run_branch(bodies[0].chain, self.branch_space(space, "body", bodies[0].chain), Flow(shortcut)),
            merge.span,
        )
        if body.node < 0 or shortcut.node < 0:
            if projections and single_word(projections[0].chain) != "none":
                self.run_branch(projections[0].chain, space, Flow(LOST))
            return LOST
        if body.shape != shortcut.shape and projections:
            chain = projections[0].chain
            if single_word(chain) == "none":
                return body
            shortcut = single(
                self.run_branch(chain, self.branch_space(space, "project", chain), Flow(shortcut)), chain.span
            )
            if shortcut.node < 0:
                return LOST
        if body.shape != shortcut.shape:
            self.shortcut_fault(merge, body, shortcut, bool(projections), space)
            return LOST
        return self.builder.add(self.layer("add", bool(inplace), space), (body, shortcut), merge.span, space)

    def layer(self, word: str, inplace: bool, space: Space) -> Layer:
        """The layer that joins the branches."""
        defaults = space.file.defaults.get(word, {})
        return self.builder.merge_layer(word, {**defaults, "inplace": True} if inplace else defaults)

    def shortcut_fault(self, merge: Merge, body: Wire, shortcut: Wire, projected: bool, space: Space) -> None:
        frame = space.frame
        assert frame is not None
        help: tuple[str, ...] = ("the projection must make what the body makes",)
        from cnncalc.layers.merge import projection

        project = projection(shortcut.shape, body.shape)
        if not projected and project is not None:
            help = (
                f"project it: residual(..., project = {project}), or say project = none to drop the shortcut wherever "
                "the shapes differ",
            )
        elif not projected:
            help = (
                "pad the body so that it keeps the size (`half` does at stride 1), or drop the shortcut where the "
                "shapes differ: project = none",
            )
        self.faults.report(
            Diagnostic(
                "S109",
                f"the shortcut {show(shortcut.shape)} cannot be added to the body {show(body.shape)}",
                frame.text.at(*merge.span),
                "",
                (),
                help,
                frame.related(),
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


def merges(layer: Layer, shapes: Sequence[Shape]) -> bool:
    try:
        layer.output(*shapes)
    except Fault:
        return False
    return True
