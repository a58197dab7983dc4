"""The flat long form: a YAML file with one line per layer, every number worked out and every input named.

Reading it back gives the same layers under the same names, and the same figures.  Blocks, repeats, parameters and
conditions are gone; only weights that several layers share stay a block, under ``shared:``.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Sequence
from typing import Any, TypeAlias

from cnncalc.analysis.expectations import FIGURES
from cnncalc.analysis.report import Report
from cnncalc.analysis.rows import Row
from cnncalc.formats.write.yaml_text import Parameter, block, flow, indented, number, printable, text
from cnncalc.graph import Graph, Node
from cnncalc.layers import kind_of
from cnncalc.layers.base import Layer, per_axis
from cnncalc.layers.windowed import Windowed
from cnncalc.shape import Shape, show
from cnncalc.source import Scalar

Fields: TypeAlias = dict[str, Any]

_COUNT = re.compile(r"\d[\w.,]*\Z")


def write(graphs: Sequence[Graph]) -> str:
    """The file for the nets of one network; what a graph lacks after a fault is missing in it too."""
    network = graphs[0].network
    # one net picked out of several stands alone; the only net of a file that names it keeps its name
    single = len(graphs) == 1 and (graphs[0].net.name is None or len(graphs[0].network.nets) > 1)
    lines = [f"# {printable(each)}" for each in _header(graphs)]
    lines.append(f"name: {text(graphs[0].name if single else network.title)}")
    if network.about:
        lines.append(f"about: {text(network.about)}")
    for key in ("family", "year"):
        value = network.extra.get(key)
        if isinstance(value, Scalar):
            lines.append(f"{key}: {value.value if value.value.isdecimal() else text(value.value)}")
    if network.strict:
        lines.append("tiling: strict")
    nets = [_Net(graph, tied=not single) for graph in graphs]
    shared = [line for net in nets for line in net.shared]
    if shared:
        lines += ["", "shared:", *indented(shared)]
    if single:
        lines += ["", *nets[0].lines(graphs[0].net.expect)]
        return "\n".join(lines) + "\n"
    lines += ["", "nets:"]
    for number_, net in enumerate(nets):
        lines += [""] * (number_ > 0) + [f"  {text(str(net.graph.net.name))}:"]
        lines += indented(indented(net.lines(net.graph.net.expect)))
    return "\n".join(lines) + "\n"


def _header(graphs: Sequence[Graph]) -> Iterable[str]:
    network = graphs[0].network
    source = os.path.basename(network.source.name) or "a network"
    yield f"The flat long form of {source}, one line per layer, written by `cnncalc expand`."
    if network.variant is not None:
        yield f"Variant: {network.variant}"
    if network.file.params:
        yield "Parameters: " + ", ".join(f"{name} = {number(value)}" for name, value in network.file.params.items())


class _Net:
    """The lines of one net."""

    def __init__(self, graph: Graph, tied: bool) -> None:
        self.graph = graph
        self.tied = tied
        self.names = unique_names(graph)
        self.shared: list[str] = []
        self.calls: dict[int, tuple[str, Fields]] = {}
        """Per node with shared weights: the block it calls, and its arguments."""
        self._share()

    def lines(self, expectations: Iterable[Any]) -> list[str]:
        graph = self.graph
        lines = [*self._inputs(), *([f"per_image: {graph.per_image}"] if graph.per_image != 1 else []), "layers:"]
        if graph.layers:
            lines += [f"  {text(self.names[node.index])}: {flow(self._fields(node))}" for node in graph.layers]
            lines += [*block("outputs", {label: self.names[index] for label, index in graph.outputs})]
        else:  # the network is its inputs, given other names or none
            labels = [label for label, _ in graph.outputs]
            lines += [
                f"  - {self.names[index]}" if labels == ["output"] else f"  {text(label)}: {self.names[index]}"
                for label, index in graph.outputs
            ]
            if len(labels) > 1:
                lines.append(f"outputs: {flow(labels)}")
        return lines + self._expect(expectations)

    def _inputs(self) -> list[str]:
        nets = {each.name: each.net for each in self.graph.net.inputs if each.net is not None and self.tied}
        values = {name: nets.get(name) or show(self.graph.shape(index)) for name, index in self.graph.inputs}
        if list(values) == ["input"]:
            return [f"input: {values['input']}"]
        return block("inputs", values) if values else []

    def _expect(self, expectations: Iterable[Any]) -> list[str]:
        if self.graph.network.modified:
            return []
        report = Report(self.graph)
        kept, dropped = [], []
        for each in expectations:
            name = self._flat_name(report, each.key.value)
            if name is None:
                dropped.append(
                    f"# no single layer stands for {printable(each.key.value)}: {printable(each.value.value)}"
                )
            else:
                kept.append(
                    f"  {text(name)}: {each.value.value if _COUNT.match(each.value.value) else text(each.value.value)}"
                )
        return [*(["expect:", *kept] if kept else []), *dropped]

    def _flat_name(self, report: Report, key: str) -> str | None:
        """What an expectation's subject is called in the flat form; None where nothing there stands for it."""
        head, _, figure = key.rpartition(".")
        if figure in FIGURES:
            if head in ("", "total"):
                return key
            found = report.find(head)
            rows = (found,) if isinstance(found, Row) else found.rows if found is not None else ()
            if len(rows) == 1:
                return f"{self.names[rows[0].node.index]}.{figure}"
            inside = tuple(row for row in report.rows if row.name.startswith(f"{head}."))
            return key if rows and rows == inside else None
        name = key.removesuffix(".output")
        if name == "output" or name in dict(self.graph.outputs):
            return key
        index = report.graph_index(name)
        if index is None:
            row = report.find(name)
            index = row.node.index if isinstance(row, Row) else None
        return self.names[index] if index is not None and index >= 0 else None

    # -- layers ------------------------------------------------------------------------------------------------

    def _fields(self, node: Node) -> Fields:
        """The long form of a node."""
        assert node.layer is not None
        op, fields = self.calls.get(node.index) or (node.layer.word, layer_fields(node.layer, self._shapes(node)))
        sources: Any = [self.names[index] for index in node.inputs]
        fields = {**fields, "from": sources[0] if node.layer.inputs == 1 else sources}
        for field, index in zip(linked_fields(node.layer), node.links, strict=True):
            fields[field] = self.names[index]
        return {"op": op, **fields}

    def _shapes(self, node: Node) -> tuple[Shape, ...]:
        return self.graph.input_shapes(node)

    def _share(self) -> None:
        """A block under ``shared:`` for every set of weights with several uses; what differs is a parameter."""
        uses: dict[int, list[Node]] = {}
        for node in self.graph.layers:
            uses.setdefault(node.owner, []).append(node)
        taken = {*self.names}
        for owner, nodes in uses.items():
            layer = nodes[0].layer
            if len(nodes) < 2 or layer is None:
                continue
            net = f"{self.graph.net.name}_" if self.graph.net.name else ""
            block = f"shared_{net}{self.names[owner]}".replace(".", "_")
            while block in taken:
                block += "_"
            taken.add(block)
            written = [layer_fields(node.layer, self._shapes(node)) for node in nodes if node.layer]
            filled = [layer_fields(node.layer, self._shapes(node), full=True) for node in nodes if node.layer]
            differing = [name for name in filled[0] if any(each.get(name) != filled[0][name] for each in filled)]
            differing = [name for name in differing if name != "in_channels"]
            body = {name: value for name, value in written[0].items() if name not in (*differing, "in_channels")}
            body |= {name: Parameter(name) for name in differing}
            self.shared.append(f"{block}({', '.join(differing)}): {flow({'op': layer.word, **body})}")
            for node, each in zip(nodes, filled, strict=True):
                self.calls[node.index] = (block, {name: each[name] for name in differing})


def unique_names(graph: Graph) -> list[str]:
    """The names of all nodes, by their index; a name that an earlier node has gets a number."""
    taken: set[str] = set()
    found = []
    for node in graph.nodes:
        name, count = node.name, 1
        while name in taken:
            count += 1
            name = f"{node.name}_{count}"
        taken.add(name)
        found.append(name)
    return found


def linked_fields(layer: Layer) -> list[str]:
    """The fields that take another node: the pooling that an unpooling undoes."""
    return [field for field, use in kind_of(layer.word).lines.items() if use == "node"]


def layer_fields(layer: Layer, shapes: tuple[Shape, ...], full: bool = False) -> Fields:
    """The hyperparameters of a layer, worked out for what flows in, one number per axis; without those that have
    their default, except with ``full``."""
    if linked_fields(layer):
        return {}
    found: Fields = {}
    settled = _settled(layer, shapes)
    for name, info in type(layer).model_fields.items():
        value = settled.get(name, getattr(layer, name))
        default = _broadcast(info.default, value)
        if value is None or (value == default and not full and not info.is_required() and name != "kernel"):
            continue
        found[name] = value
    return found


def _broadcast(default: Any, value: Any) -> Any:
    """A default as a value with one number per axis has it."""
    if isinstance(value, tuple) and isinstance(default, int):
        return (default,) * len(value)
    return default


def _settled(layer: Layer, shapes: tuple[Shape, ...]) -> Fields:
    """The fields that depend on what flows in: sizes per axis, ``same`` and ``half`` worked out, lines replaced."""
    word, shape = layer.word, shapes[0]
    rank = len(shape) - 1
    if word == "upsample":
        return {"to": layer.sizes(shape), "factor": 2, "like": None}  # type: ignore[attr-defined]
    if word == "crop":
        return {"to": layer.sizes(shape)}  # type: ignore[attr-defined]
    if word == "adaptive":
        return {"size": layer.sizes(shape)}  # type: ignore[attr-defined]
    if word == "pad":
        return {"pad": _sides(layer.sides(shape))}  # type: ignore[attr-defined]
    if not isinstance(layer, Windowed):
        return {}
    found: Fields = {"kernel": per_axis(word, "kernel", layer.kernel, rank)}
    found["stride"] = per_axis(word, "stride", layer.strides, rank)
    if getattr(layer, "stride", None) is None and found["stride"] == found["kernel"]:
        found["stride"] = None  # a pooling's own default
    if word != "deconv" or layer.pad != "same":  # same is more than a padding there
        found["pad"] = _sides(layer.sides(shape[1:]))
    for name in ("dilation", "outpad"):
        if name in type(layer).model_fields:
            found[name] = per_axis(word, name, getattr(layer, name), rank)
    return found


def _sides(sides: tuple[tuple[int, int], ...]) -> tuple[Any, ...]:
    return tuple(before if before == after else (before, after) for before, after in sides)
