"""The report: one frozen row per layer, totals that are the sums of the rows, and the convention they follow."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from typing import TYPE_CHECKING

from cnncalc.analysis.receptive import Fields
from cnncalc.analysis.rows import Group, Row, Totals
from cnncalc.analysis.setting import Setting
from cnncalc.collector import paused
from cnncalc.errors import Diagnostic
from cnncalc.graph import Graph, Node
from cnncalc.layers.base import Work
from cnncalc.shape import Shape, elements
from cnncalc.units import COUNTER_BYTES, short_count

if TYPE_CHECKING:
    from cnncalc.analysis.memory import MemoryReport

CONVENTION = (
    "MACs: multiply-accumulates of conv, deconv, fc and local, without bias; FLOPs = 2 x MACs; "
    "shapes channels first, without the batch; MiB = 2^20 bytes"
)


class Report:
    """All figures of one net for a batch size and a data type.  Iterating gives the rows."""

    def __init__(self, graph: Graph, batch: int = 1, dtype: str = "float32") -> None:
        self.setting = Setting(graph, batch, dtype)
        self.graph = graph
        self.batch = batch
        self.dtype = dtype
        self.value_bytes = self.setting.value_bytes
        self.diagnostics: list[Diagnostic] = list(graph.diagnostics)

    convention = CONVENTION

    @property
    def name(self) -> str:
        return self.graph.name

    @property
    def complete(self) -> bool:
        """Whether every line of the network was built; else the rows end at the faults."""
        return self.graph.complete

    @property
    def inputs(self) -> tuple[tuple[str, Shape], ...]:
        return self.setting.inputs

    @property
    def outputs(self) -> tuple[tuple[str, Shape], ...]:
        return tuple((name, self.graph.shape(index)) for name, index in self.graph.outputs)

    @property
    def fields(self) -> list[Fields]:
        return self.setting.fields

    @cached_property
    def rows(self) -> tuple[Row, ...]:
        nodes = self.graph.nodes
        fields = self.fields
        with paused():
            return tuple([self._row(node, nodes, fields[node.index]) for node in self.graph.layers])

    def _row(self, node: Node, nodes: list[Node], fields: Fields) -> Row:
        facts = node.facts
        layer = node.layer
        assert layer is not None
        own = node.owner == node.index
        trainable = facts.trainable if own else 0
        return Row(
            node.name,
            node.line,
            layer.word,
            tuple([nodes[each].name for each in (*node.inputs, *node.links)]),
            facts.output,
            trainable + facts.frozen if own else 0,
            trainable,
            facts.buffered if own else 0,
            facts.macs * self.batch,
            facts.work,
            elements(facts.output) * self.batch * self.value_bytes if facts.fresh else 0,
            tuple([paths.largest for paths in fields]),
            None if own else nodes[node.owner].name,
            node,
            self.setting,
        )

    @cached_property
    def totals(self) -> Totals:
        params = trainable = buffers = counters = macs = activation_bytes = 0
        bias = norm = activation = pooling = elementwise = 0
        for row in self.rows:
            params += row.params
            trainable += row.trainable
            buffers += row.buffers
            macs += row.macs
            activation_bytes += row.activation_bytes
            work = row.work
            bias += work.bias
            norm += work.norm
            activation += work.activation
            pooling += work.pooling
            elementwise += work.elementwise
            if row.buffers:
                counters += sum(buffer.counter for buffer in row.buffer_tensors)
        batch = self.batch
        return Totals(
            len(self.rows),
            params,
            trainable,
            buffers,
            macs,
            activation_bytes,
            params * self.value_bytes,
            (buffers - counters) * self.value_bytes + counters * COUNTER_BYTES,
            Work(bias * batch, norm * batch, activation * batch, pooling * batch, elementwise * batch),
        )

    @property
    def inference(self) -> MemoryReport | None:
        """The memory of a forward pass; None where the model does not know a layer, or the data type."""
        return self.setting.inference

    @property
    def training(self) -> MemoryReport | None:
        """The memory of a training step with plain SGD; None as for :attr:`inference`."""
        return self.setting.training

    def __iter__(self) -> Iterator[Row]:
        return iter(self.rows)

    def __len__(self) -> int:
        return len(self.rows)

    @cached_property
    def _by_name(self) -> dict[str, Row]:
        return {row.name: row for row in self.rows}

    @cached_property
    def _by_line(self) -> dict[str, list[Row]]:
        """The layers by the first segment of their names, which is that of their line where it has a name."""
        found: dict[str, list[Row]] = {}
        for row in self.rows:
            found.setdefault(row.name.partition(".")[0], []).append(row)
        return found

    def find(self, name: str) -> Row | Group | None:
        """The layer of that name, else the line, label or path of that name with all its layers."""
        row = self._by_name.get(name)
        if row is not None:
            return row
        prefix = f"{name}."
        near = self._by_line.get(name.partition(".")[0], ())
        rows = tuple(row for row in near if row.name.startswith(prefix) or row.line == name)
        index = self.graph_index(name)
        if index is not None and index >= 0:
            maker = self._by_name.get(self.graph.nodes[index].name)
            made = rows or ((maker,) if maker else ())
            return Group(name, made, self.graph.shape(index))
        if rows:
            return Group(name, rows, rows[-1].output)
        return None

    def graph_index(self, name: str) -> int | None:
        """The node whose value a line, a label or an output stands for."""
        from cnncalc.graph import Wire, part_of

        head, _, rest = name.partition(".")
        value = self.graph.values.get(name) or (
            part_of(self.graph.values[head], rest) if head in self.graph.values else None
        )
        if isinstance(value, Wire):
            return value.node
        return dict(self.graph.outputs).get(name)

    def names(self) -> list[str]:
        """Every name that :meth:`find` knows, lines first."""
        return [*self.graph.values, *self._by_name]

    def __repr__(self) -> str:
        totals = self.totals
        params, macs = short_count(totals.params), short_count(totals.macs)
        return f"<Report {self.name}: {totals.layers} layers, {params} params, {macs} MACs>"
