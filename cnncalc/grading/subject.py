"""What a question is about: the layer, or all layers of a line, and where it stands in its network."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

from cnncalc.analysis.report import Report
from cnncalc.analysis.rows import Group, Row
from cnncalc.errors import SpecError, fault
from cnncalc.grading.records import Question
from cnncalc.graph import Graph
from cnncalc.layers.mistakes import Place
from cnncalc.layers.windowed import Windowed
from cnncalc.shape import Shape


class Subject(NamedTuple):
    """The rows of a layer or a line, and the shape that comes out; the whole network where ``name`` is None."""

    name: str | None
    rows: tuple[Row, ...]
    output: Shape
    report: Report

    @property
    def learning(self) -> tuple[Row, ...]:
        """The rows with parameters."""
        return tuple(row for row in self.rows if row.parameters)

    @property
    def maker(self) -> Row | None:
        """The row that gives the line its shape: the last one whose output has another shape than what flows in."""
        for row in reversed(self.rows):
            if isinstance(row.node.layer, Windowed) or row.input_shapes[:1] != (row.output,):
                return row
        return self.rows[-1] if self.rows else None

    @property
    def learner(self) -> Row | None:
        """The only row with parameters; the maker where there is none; None where there are several."""
        rows = self.learning
        return rows[0] if len(rows) == 1 else self.maker if not rows else None


def subject(question: Question, report: Report) -> Subject:
    """What a question is about; raises :class:`SpecError` (A104) where there is no such layer."""
    name = question.layer
    if name is None:
        outputs = report.outputs
        return Subject(None, report.rows, outputs[0][1] if outputs else (), report)
    found = report.find(name)
    if isinstance(found, Row):
        return Subject(name, (found,), found.output, report)
    if isinstance(found, Group):
        return Subject(name, found.rows, found.output, report)
    from cnncalc.analysis.explain import name_help  # the derivations take a while to import

    raise fault(
        "A104", f"there is no layer called {name!r} in {report.name}", question.mark, help=[name_help(report, name)]
    )


def unanswerable(question: Question, why: str, help: str = "") -> SpecError:
    """The fault of a question that cannot be asked there."""
    return fault("A108", f"{question.subject} cannot be asked: {why}", question.mark, help=[help] if help else [])


def bytes_per_value(question: Question, report: Report) -> int:
    """What a value counts where memory is asked for: its bytes, 1 where the values are."""
    return 1 if question.accept.units == "values" else report.value_bytes


def place(row: Row, shapes: tuple[Shape, ...] | None = None, value_bytes: int | None = None) -> Place:
    """Where mistakes are made with a row, for what flows in or for other ``shapes``."""
    layer, setting = row.node.layer, row.setting
    assert layer is not None
    right = row.input_shapes
    output = row.output if shapes is None else layer.output(*shapes)
    maps, unpooled = before_flatten(row) if shapes is None or shapes == right else (None, None)
    size = setting.value_bytes if value_bytes is None else value_bytes
    return Place(layer, shapes or right, output, maps, unpooled, strides(setting.graph), size)


@lru_cache(maxsize=16)
def strides(graph: Graph) -> tuple[int, ...]:
    """The strides of a network's windows, each once."""
    found: dict[int, None] = {}
    for node in graph.layers:
        layer = node.layer
        if isinstance(layer, Windowed):
            stride = layer.strides
            found[stride if isinstance(stride, int) else stride[0]] = None
    return tuple(found)


def before_flatten(row: Row) -> tuple[Shape | None, Shape | None]:
    """The maps that became the vector that flows in, and what they were before the pooling in front; else None."""
    nodes = row.setting.graph.nodes
    node = row.node
    maps: Shape | None = None
    while node.inputs:
        before = nodes[node.inputs[0]]
        if maps is None and before.layer is not None and before.layer.word == "flatten":
            maps = nodes[before.inputs[0]].facts.output
        elif before.layer is not None and before.layer.family == "pooling" and (maps or row.kind == "flatten"):
            return maps, nodes[before.inputs[0]].facts.output
        elif before.layer is None or before.layer.family not in ("activation", "regularisation", "normalisation"):
            return maps, None
        node = before
    return maps, None
