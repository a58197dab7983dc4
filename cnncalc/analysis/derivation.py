"""How the figures of one layer come about, as sections of steps: words, symbols, numbers, result."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from cnncalc.analysis.count_steps import buffers_section, macs_section, parameters_section
from cnncalc.analysis.field_steps import field_section
from cnncalc.analysis.matrix_steps import matrix_section
from cnncalc.analysis.rows import Row
from cnncalc.analysis.setting_steps import settings_section
from cnncalc.analysis.shape_steps import shape_section
from cnncalc.analysis.steps import NUMBERS, WORDS, Section, Step
from cnncalc.shape import Shape, axis_names, show
from cnncalc.units import grouped


class Derivation(NamedTuple):
    """How one layer's figures come about.  ``source`` is ``FILE:LINE:COLUMN``."""

    name: str
    line: str | None
    kind: str
    settings: str
    about: str
    source: str
    output: Shape
    sections: tuple[Section, ...]

    def section(self, name: str) -> Section | None:
        """The section of that name: inputs, settings, shape, params, buffers, macs, receptive_field, matrix."""
        return next((each for each in self.sections if each.name == name), None)


def derivation(row: Row) -> Derivation:
    """The whole derivation of a layer."""
    return _derived(row, [each for each in _sections(row) if each.steps])


def _sections(row: Row) -> Iterator[Section]:
    layer, shapes = row.node.layer, row.input_shapes
    assert layer is not None
    yield inputs_section(row)
    yield settings_section(layer, shapes)
    yield shape_section(layer, shapes, row.output)
    yield parameters_section(row)
    yield buffers_section(row)
    yield macs_section(row)
    yield field_section(row)
    yield matrix_section(row)


def brief(row: Row) -> Derivation:
    """A line or two: shapes, the worked size, parameters and MACs."""
    formulas = row.formulas
    flow = " and ".join(map(show, row.input_shapes))
    shown = f"{flow} -> {show(row.output)}" if row.input_shapes != (row.output,) else f"{flow} stays"
    size = f", {formulas['output']}" if "output" in formulas else ""
    steps = [Step(f"{shown}{size}")]
    figures: dict[str, Any] = {"params": row.params, "macs": row.macs}
    parts = []
    if row.parameters:
        worked = formulas.get("params", grouped(sum(each.count for each in row.parameters)))
        parts.append(f"{worked} params" + (f" (those of {row.weights_of})" if row.weights_of else ""))
    if row.macs:
        parts.append(f"{formulas.get('macs', grouped(row.macs))} MACs")
    if parts:
        steps.append(Step("; ".join(parts), NUMBERS))
    return _derived(row, [Section("brief", "", tuple(steps), figures)])


def _derived(row: Row, sections: Sequence[Section]) -> Derivation:
    layer = row.node.layer
    assert layer is not None
    about = " ".join((type(layer).__doc__ or "").replace("``", "").split())
    mark = row.node.mark
    made = getattr(layer, "channels", "")
    return Derivation(
        row.name,
        row.line,
        row.kind,
        f"{made} {row.kernel}".strip(),
        about,
        str(mark) if mark else "",
        row.output,
        tuple(sections),
    )


def inputs_section(row: Row) -> Section:
    """The values that flow in, with the layers that made them."""
    graph = row.setting.graph
    steps, figures = [], []
    for place, index in enumerate((*row.node.inputs, *row.node.links)):
        node = graph.nodes[index]
        shape = node.facts.output
        told = ["an input of the network"] if node.layer is None else []
        if place >= len(row.node.inputs):
            told.append("only its indices are used")
        steps.append(Step(f"{', '.join([show(shape), *told])}: {axes(shape)}", WORDS, node.name))
        figures.append({"name": node.name, "kind": node.kind, "shape": list(shape)})
    return Section("inputs", "What flows in", tuple(steps), {"inputs": figures})


def axes(shape: Shape) -> str:
    """``C = 3, H = 227, W = 227``."""
    if len(shape) == 1:
        return f"{shape[0]} values"
    names = ("C", *axis_names(len(shape) - 1))
    return ", ".join(f"{name} = {size}" for name, size in zip(names, shape, strict=True))
