"""The figures of a network, how each comes about, and the memory that it needs."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, TypeVar

from cnncalc.analysis import report as analysis
from cnncalc.analysis.expectations import check
from cnncalc.collector import paused
from cnncalc.errors import SpecError, did_you_mean, fault
from cnncalc.graph import NODE_LIMIT, Graph, expand, part_for
from cnncalc.loading import load
from cnncalc.spec.network import Network

if TYPE_CHECKING:
    from cnncalc.analysis.explain import Explanation
    from cnncalc.analysis.memory.estimate import Estimate

Target = Network | str | os.PathLike[str]
"""A network, or what :func:`load` takes for one: a file, the name of a bundled network, a network on one line."""

Answer = TypeVar("Answer")


class Report(analysis.Report):
    """A report that notebooks show as a table."""

    def _repr_html_(self) -> str:
        from cnncalc.render.html import table

        return table(self)


def analyse(
    network: Target,
    *,
    batch: int = 1,
    dtype: str = "float32",
    net: str | None = None,
    strict: bool | None = None,
    limit: int = NODE_LIMIT,
    only: str | None = None,
    partial: bool = False,
) -> Report:
    """All figures of a network, of its net ``net`` where it has several, of what its output ``only`` needs.

    Raises :class:`SpecError` where it cannot be built; with ``partial`` the report ends at the faults instead and
    carries them in ``diagnostics``, as it always carries expectations that do not hold.
    """
    reports = analyse_all(
        network, batch=batch, dtype=dtype, net=net, strict=strict, limit=limit, only=only, partial=partial
    )
    if len(reports) > 1:
        names = ", ".join(str(report.graph.net.name) for report in reports)
        raise fault("G107", f"there are several nets: {names}", help=["choose one: net=..."])
    return reports[0]


def analyse_all(
    network: Target,
    *,
    batch: int = 1,
    dtype: str = "float32",
    net: str | None = None,
    strict: bool | None = None,
    limit: int = NODE_LIMIT,
    only: str | None = None,
    partial: bool = False,
) -> list[Report]:
    """A report for every net of a network, see :func:`analyse`."""
    if not isinstance(network, Network):
        network = load(network)
    with paused():
        graphs = expand(network, strict=strict, limit=limit, shapes=network.extra.get("input"))
        broken = [each for graph in graphs if not graph.complete for each in graph.diagnostics]
        if net is not None:
            graphs = _called(net, graphs)
        if broken and not partial:
            raise SpecError(broken)
        if only is not None:
            graphs = [part_for(graph, only) for graph in graphs]
        reports = [Report(graph, batch, dtype) for graph in graphs]
        for report in reports:
            assert report.totals is not None  # the rows are made while the collector rests
    if only is None and not network.modified and not network.diagnostics:
        for report in reports:
            report.diagnostics += check(report, report.graph.net.expect)
    return reports


def _called(net: str, graphs: list[Graph]) -> list[Graph]:
    """The net of that name; raises :class:`SpecError`, G101, where there is none."""
    found = [graph for graph in graphs if graph.net.name == net]
    if found:
        return found
    known = [graph.net.name for graph in graphs if graph.net.name]
    hint = did_you_mean(net, known) or (
        f"its nets: {', '.join(known)}" if known else "it has a single net without a name"
    )
    raise fault("G101", f"there is no net called {net!r}", help=[hint])


def only_one(found: list[Answer]) -> Answer:
    """What was found for the only net; raises :class:`SpecError`, G107, where there are several."""
    if len(found) > 1:
        raise fault("G107", "there are several nets", help=["choose one: net=..."])
    return found[0]


def explain(
    network: Target | analysis.Report,
    layer: str | None = None,
    *,
    batch: int = 1,
    dtype: str = "float32",
    net: str | None = None,
) -> Explanation:
    """How the figures of a layer come about, step by step; without ``layer`` those of the whole net in brief.

    ``layer`` is the name of a layer, of a line or a label (then all its layers), or the beginning of a path.  Raises
    :class:`SpecError`, G101 where there is no such layer.
    """
    from cnncalc.analysis.explain import explain as explained

    if not isinstance(network, analysis.Report):
        network = analyse(network, batch=batch, dtype=dtype, net=net)
    return explained(network, layer)


def memory(network: Target, **options: Any) -> Estimate:
    """What a training step or an inference of a network needs, see :func:`memory_all`; one net only."""
    return only_one(memory_all(network, **options))


def memory_all(
    network: Target,
    *,
    net: str | None = None,
    limit: int | None = None,
    gpu: str | None = None,
    hints: bool = False,
    **options: Any,
) -> list[Estimate]:
    """An estimate for every net of a network.

    ``options``: ``batch``, ``dtype`` (also amp), ``training``, ``optimizer``, ``device`` (cpu or cuda), ``loss``.
    ``limit`` bytes, or the name of a ``gpu``, ask for the largest batch that fits, ``hints`` for what would help.
    Raises :class:`SpecError`.
    """
    from cnncalc.analysis.memory.estimate import estimate

    reports = analyse_all(network, net=net)
    with paused():
        return [estimate(report.graph, limit=limit, gpu=gpu, with_hints=hints, **options) for report in reports]
