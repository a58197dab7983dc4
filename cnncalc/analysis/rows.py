"""The rows of a report: the figures of one layer, of all layers of a line, and of a whole net."""

from __future__ import annotations

from typing import NamedTuple

from cnncalc.analysis.setting import Setting
from cnncalc.graph import Node
from cnncalc.layers.base import Buffer, Parameter, Work
from cnncalc.reach import ReceptiveField
from cnncalc.shape import Shape, show
from cnncalc.units import FLOPS_PER_MAC


class Row(NamedTuple):
    """The figures of one layer.  ``macs`` and ``activation_bytes`` are for the whole batch.

    ``params`` and ``buffers`` of a later use of shared weights are 0: they count at ``weights_of``.
    """

    name: str
    line: str | None
    kind: str
    inputs: tuple[str, ...]
    output: Shape
    params: int
    trainable: int
    buffers: int
    macs: int
    work: Work
    activation_bytes: int
    receptive_field: tuple[ReceptiveField, ...]
    weights_of: str | None
    node: Node
    setting: Setting

    @property
    def flops(self) -> int:
        return FLOPS_PER_MAC * self.macs

    @property
    def parameters(self) -> tuple[Parameter, ...]:
        """The learned tensors by name, whether they count here or not."""
        return self.node.facts.parameters

    @property
    def buffer_tensors(self) -> tuple[Buffer, ...]:
        return self.node.facts.buffers

    @property
    def unread(self) -> tuple[int, ...]:
        """Input positions per axis that no window reads because the stride does not tile."""
        return self.node.facts.unread

    @property
    def input_shapes(self) -> tuple[Shape, ...]:
        return self.setting.graph.input_shapes(self.node)

    @property
    def formulas(self) -> dict[str, str]:
        """Worked formulas for one example: ``output``, ``params``, ``macs``."""
        assert self.node.layer is not None
        return self.node.layer.formulas(*self.input_shapes)

    @property
    def kernel(self) -> str:
        """The hyperparameters that a table shows: ``11x11 /4 p2``."""
        from cnncalc.analysis.spelling import settings

        assert self.node.layer is not None
        return settings(self.node.layer, self.input_shapes)

    def __repr__(self) -> str:
        return f"Row({self.name!r}, {self.kind}, output={show(self.output)}, params={self.params}, macs={self.macs})"


class Group(NamedTuple):
    """A line with all its layers, as questions and expectations speak of it."""

    name: str
    rows: tuple[Row, ...]
    output: Shape

    @property
    def params(self) -> int:
        return sum(row.params for row in self.rows)

    @property
    def trainable(self) -> int:
        return sum(row.trainable for row in self.rows)

    @property
    def buffers(self) -> int:
        return sum(row.buffers for row in self.rows)

    @property
    def macs(self) -> int:
        return sum(row.macs for row in self.rows)

    @property
    def activation_bytes(self) -> int:
        return sum(row.activation_bytes for row in self.rows)

    @property
    def receptive_field(self) -> tuple[ReceptiveField, ...]:
        return self.rows[-1].receptive_field if self.rows else ()


class Totals(NamedTuple):
    """Sums over the rows; ``layers`` counts them."""

    layers: int
    params: int
    trainable: int
    buffers: int
    macs: int
    activation_bytes: int
    parameter_bytes: int
    buffer_bytes: int
    work: Work

    @property
    def flops(self) -> int:
        return FLOPS_PER_MAC * self.macs
