"""One row of figures per network, to set networks side by side."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import NamedTuple

from cnncalc.analysis.report import Report
from cnncalc.errors import Diagnostic
from cnncalc.graph import Graph
from cnncalc.reach import ReceptiveField
from cnncalc.shape import Shape


class Compared(NamedTuple):
    """A network with its figures.  All are None where it cannot be used, which ``error`` tells.

    MACs and bytes are for the whole batch and one run of the net, which runs ``per_image`` times per image.
    """

    target: str
    """The network as it was named."""
    title: str = ""
    net: str | None = None
    variant: str | None = None
    batch: int = 1
    dtype: str = "float32"
    per_image: int = 1
    inputs: tuple[tuple[str, Shape], ...] = ()
    params: int | None = None
    trainable: int | None = None
    buffers: int | None = None
    macs: int | None = None
    flops: int | None = None
    activation_bytes: int | None = None
    parameter_bytes: int | None = None
    layers: int | None = None
    depth: int | None = None
    """Weight layers on the longest path, see :func:`depth`."""
    receptive_field: tuple[ReceptiveField, ...] = ()
    """The largest of the outputs', per axis."""
    inference_peak_bytes: int | None = None
    """None where the memory model does not know a layer, or was not asked; likewise for training."""
    training_peak_bytes: int | None = None
    error: str | None = None
    diagnostics: tuple[Diagnostic, ...] = ()

    @property
    def name(self) -> str:
        """The target, the net behind a dot where it is one of several."""
        return self.target if self.net is None else f"{self.target}.{self.net}"


def depth(graph: Graph) -> int:
    """The weight layers (conv, dwconv, deconv, local, fc) on the longest path from an input to an output.

    This is the number in the names of the networks: 16 of VGG-16, 50 of ResNet-50.  Layers beside a longer path (the
    projections of shortcuts) do not count; norms and activations never do.
    """
    longest: list[int] = []
    for node in graph.nodes:
        before = max((longest[each] for each in (*node.inputs, *node.links)), default=0)
        longest.append(before + (node.facts.macs > 0))
    return max((longest[index] for _, index in graph.outputs), default=0)


def output_field(report: Report) -> tuple[ReceptiveField, ...]:
    """The receptive field of a net: the largest of its outputs', axis by axis."""
    several = [[paths.largest for paths in report.fields[index]] for _, index in report.graph.outputs]
    rank = max(map(len, several), default=0)
    along = [[each[axis] for each in several if axis < len(each)] for axis in range(rank)]
    return tuple(max(fields, key=lambda field: field.size) for fields in along)


def compared(
    target: str, reports: Sequence[Report], diagnostics: Sequence[Diagnostic], peaks: bool = True
) -> list[Compared]:
    """The rows of a target: one per net, or a single one that says why it cannot be used.

    ``diagnostics`` are those of its text and its nets together; ``peaks`` runs the memory model.
    """
    broken = [each for each in diagnostics if each.code[0] != "E"]
    if broken:
        more = f" (and {len(broken) - 1} more)" if len(broken) > 1 else ""
        return [Compared(target, error=f"{broken[0].code} {broken[0].message}{more}", diagnostics=tuple(diagnostics))]
    return [row(target, report, peaks) for report in reports]


def row(target: str, report: Report, peaks: bool) -> Compared:
    """The figures of a net."""
    totals = report.totals
    inference, training = (report.inference, report.training) if peaks else (None, None)
    return Compared(
        target,
        report.name,
        report.graph.net.name,
        report.graph.network.variant,
        report.batch,
        report.dtype,
        report.graph.per_image,
        report.inputs,
        totals.params,
        totals.trainable,
        totals.buffers,
        totals.macs,
        totals.flops,
        totals.activation_bytes,
        totals.parameter_bytes,
        totals.layers,
        depth(report.graph),
        output_field(report),
        inference.peak_bytes if inference else None,
        training.peak_bytes if training else None,
        None,
        tuple(report.diagnostics),
    )


def label(target: object) -> str:
    """What a row is called: the target as it was typed, else the name of a network that was loaded before."""
    return os.fspath(target) if isinstance(target, (str, os.PathLike)) else str(getattr(target, "name", target))
