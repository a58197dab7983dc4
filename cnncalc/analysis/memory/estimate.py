"""What ``cnncalc memory`` answers: the model's report, the allocator's, what fits, and what would help."""

from __future__ import annotations

import re
from typing import Any, NamedTuple

from cnncalc.analysis.memory import CudaMemory, MemoryReport, replay, simulate
from cnncalc.analysis.memory.advice import Fit, Hint, fits, hints, largest_batch
from cnncalc.analysis.memory.gpus import GPUS, WORKSPACE_BYTES, Gpu, gpu_named
from cnncalc.analysis.memory.tape import OLDEST
from cnncalc.errors import did_you_mean, fault
from cnncalc.graph import Graph
from cnncalc.units import read_figure

LARGEST_LIMIT = 2**60
"""An EiB: beyond what any machine has, and within what the replay can add up in no time."""


class Estimate(NamedTuple):
    """The memory of one net.  ``cuda`` is the replay of CUDA's caching allocator, ``workspace_bytes`` what cuBLAS
    takes in it at a time; ``fit`` the largest batch below ``limit``, ``fits`` whether the batch asked for is below."""

    report: MemoryReport
    cuda: CudaMemory | None
    workspace_bytes: int
    limit: int | None
    fit: Fit | None
    fits: bool | None
    hints: tuple[Hint, ...]


def estimate(
    graph: Graph,
    *,
    limit: int | None = None,
    gpu: str | None = None,
    torch: str | None = None,
    with_hints: bool = False,
    **options: Any,
) -> Estimate:
    """Run the model, the replay, and what was asked for on top; ``options`` as for ``simulate``.

    ``gpu``, one of ``GPUS``, gives the limit where there is none, and the size of cuBLAS's workspace; ``torch`` is the
    release that is followed (``2.13``).  Raises :class:`SpecError` where the model does not know a layer's calls, or
    torch would refuse them.
    """
    card = None if gpu is None else read_gpu(gpu)
    if torch is not None:
        options["torch"] = read_release(torch)
    if limit is None and card is not None:
        limit = card.free_bytes
    try:
        report = simulate(graph, **options)
        on_cuda = report.device == "cuda"
        workspace = 0
        if on_cuda and report.products:
            workspace = card.workspace_bytes if card else WORKSPACE_BYTES
        return Estimate(
            report,
            replay(report, workspace=workspace) if on_cuda else None,
            workspace,
            limit,
            None if limit is None else fitting(graph, limit, workspace, options),
            None if limit is None else fits(report, limit, workspace),
            hints(graph, **options) if with_hints else (),
        )
    except (ValueError, NotImplementedError) as error:
        raise fault("T104", f"the memory of {graph.name} is not modelled: {error}") from None


def fitting(graph: Graph, limit: int, workspace: int, options: dict[str, Any]) -> Fit:
    rest = {name: value for name, value in options.items() if name != "batch"}
    return largest_batch(graph, limit, workspace=workspace, **rest)


def read_limit(size: str) -> int:
    """The bytes of ``24GiB``, in whatever case; raises :class:`SpecError`."""
    figure = read_figure(size.upper().replace("I", "i"), bytes=True)
    if figure is None or not 1 <= figure.value < LARGEST_LIMIT:
        help = [f"a GPU is chosen with --gpu {size}"] if gpu_named(size) else []
        raise fault("T104", f"--limit takes a size such as 24GiB, got {size!r}", help=help)
    return int(figure.value)


def read_release(text: str) -> tuple[int, int]:
    """``2.13`` or ``2.13.1`` as the release of torch; raises :class:`SpecError`."""
    found = re.match(r"(\d{1,3})\.(\d{1,3})(?![\d])", text)
    if found is None:
        raise fault("T104", f"--torch takes a release such as 2.13, got {text!r}")
    release = (int(found[1]), int(found[2]))
    if release < OLDEST:
        raise fault("T104", f"the memory of torch {text} is not modelled", help=["torch 2.6 and newer are"])
    return release


def read_gpu(name: str) -> Gpu:
    """A GPU by its name; raises :class:`SpecError`."""
    found = gpu_named(name)
    if found is None:
        hint = did_you_mean(name, GPUS)
        raise fault("T104", f"no GPU called {name!r} is known here", help=[hint or f"known are {', '.join(GPUS)}"])
    return found
