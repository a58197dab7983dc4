"""What figures are for, and what is worked out once for all of them."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from cnncalc.analysis.receptive import Fields, receptive_fields
from cnncalc.collector import paused
from cnncalc.graph import Graph
from cnncalc.shape import Shape
from cnncalc.units import DTYPE_BYTES

if TYPE_CHECKING:
    from cnncalc.analysis.memory import MemoryReport


class Setting:
    """What the figures of a report are for: a graph, a batch size and a data type.

    A row knows its setting and not its report: nothing here refers to what refers to it, so that whatever is dropped is
    freed at once, without the garbage collector.
    """

    def __init__(self, graph: Graph, batch: int, dtype: str) -> None:
        if dtype not in DTYPE_BYTES:
            raise ValueError(f"dtype must be one of {', '.join(DTYPE_BYTES)}, not {dtype!r}")
        if batch < 1:
            raise ValueError(f"batch must be at least 1, not {batch}")
        self.graph = graph
        self.batch = batch
        self.dtype = dtype
        self.value_bytes = DTYPE_BYTES[dtype]

    @property
    def inputs(self) -> tuple[tuple[str, Shape], ...]:
        return tuple((name, self.graph.shape(index)) for name, index in self.graph.inputs)

    @cached_property
    def fields(self) -> list[Fields]:
        """The receptive fields of every node."""
        with paused():
            return receptive_fields(self.graph)

    @cached_property
    def inference(self) -> MemoryReport | None:
        """The memory of a forward pass; None where the model does not know a layer, or the data type."""
        return self._memory(training=False)

    @cached_property
    def training(self) -> MemoryReport | None:
        """The memory of a training step with plain SGD; None as for :attr:`inference`."""
        return self._memory(training=True)

    def _memory(self, training: bool) -> MemoryReport | None:
        from cnncalc.analysis.memory import modelled

        return modelled(self.graph, batch=self.batch, dtype=self.dtype, training=training)

    @cached_property
    def live_bytes(self) -> dict[str, int]:
        """The most bytes alive while each layer of a forward pass runs, parameters and input included."""
        if self.inference is None:
            return {}
        return {stage.place: stage.peak for stage in self.inference.timeline if stage.phase == "forward"}
