"""What ``cnncalc memory`` answers: the model's report, the allocator's, what fits, and what would help."""

from __future__ import annotations

from typing import Any, NamedTuple

from cnncalc.analysis.memory import CudaMemory, MemoryReport, replay, simulate
from cnncalc.analysis.memory.advice import Fit, Hint, hints, largest_batch
from cnncalc.analysis.memory.gpus import GPUS, WORKSPACE_BYTES, device_bytes
from cnncalc.errors import did_you_mean, fault
from cnncalc.graph import Graph
from cnncalc.units import read_figure


class Estimate(NamedTuple):
    """The memory of one net.  ``cuda`` is the replay of CUDA's caching allocator, ``workspace_bytes`` what cuBLAS
    takes in it; ``fit`` the largest batch below ``limit``."""

    report: MemoryReport
    cuda: CudaMemory | None
    workspace_bytes: int
    limit: int | None
    fit: Fit | None
    hints: tuple[Hint, ...]


def estimate(graph: Graph, *, limit: int | None = None, with_hints: bool = False, **options: Any) -> Estimate:
    """Run the model, the replay, and what was asked for on top; ``options`` as for ``simulate``.

    Raises :class:`SpecError` where the model does not know a layer's calls, or torch would refuse them.
    """
    try:
        report = simulate(graph, **options)
        on_cuda = report.device == "cuda"
        workspace = WORKSPACE_BYTES if on_cuda else 0
        return Estimate(
            report,
            replay(report, workspace=workspace) if on_cuda else None,
            workspace,
            limit,
            None if limit is None else fitting(graph, limit, workspace, options),
            hints(graph, **options) if with_hints else (),
        )
    except (ValueError, NotImplementedError) as error:
        raise fault("T104", f"the memory of {graph.name} is not modelled: {error}") from None


def fitting(graph: Graph, limit: int, workspace: int, options: dict[str, Any]) -> Fit:
    rest = {name: value for name, value in options.items() if name != "batch"}
    return largest_batch(graph, limit, workspace=workspace, **rest)


def read_limit(size: str | None, gpu: str | None) -> int | None:
    """The bytes of ``24GiB``, or of a GPU by its name; raises :class:`SpecError`."""
    if size is not None:
        figure = read_figure(size)
        if figure is None or figure.value < 1:
            raise fault("T104", f"--limit takes a size such as 24GiB, got {size!r}")
        return int(figure.value)
    if gpu is None:
        return None
    found = device_bytes(gpu)
    if found is None:
        hint = did_you_mean(gpu, GPUS)
        raise fault("T104", f"no GPU called {gpu!r} is known here", help=[hint or f"known are {', '.join(GPUS)}"])
    return found
