"""The memory model's doors: :func:`simulate`, and :func:`modelled` where a figure may be missing."""

from __future__ import annotations

from functools import partial
from typing import Any

from cnncalc.analysis.memory.autocast import AMP
from cnncalc.analysis.memory.checkpoint import Checkpointed
from cnncalc.analysis.memory.optimizers import OPTIMIZERS
from cnncalc.analysis.memory.report import MemoryReport, report_of
from cnncalc.analysis.memory.run import Run
from cnncalc.analysis.memory.tape import TORCH
from cnncalc.analysis.memory.tensors import InplaceFault, NotModelled
from cnncalc.graph import Graph

DTYPES = ("float32", "float16", "bfloat16", "float64", AMP)
DEVICES = ("cpu", "cuda")


def simulate(
    graph: Graph,
    *,
    batch: int = 1,
    dtype: str = "float32",
    training: bool = True,
    optimizer: str = "none",
    device: str = "cpu",
    loss: str | None = None,
    inplace: frozenset[int] = frozenset(),
    cuts: tuple[int, ...] = (),
    torch: tuple[int, int] = TORCH,
) -> MemoryReport:
    """What a step needs.  Raises :class:`ValueError` for a choice there is none of, :class:`UnknownCall` for a layer
    made of a call that no rule covers, :class:`InplaceFault` where torch would refuse an operation in place.

    ``dtype`` amp stands for ``torch.autocast`` (:mod:`cnncalc.analysis.memory.autocast`).  ``torch`` is the release
    that is followed, from 2.6 on.

    What-if: the nodes ``inplace`` overwrite their input; the stretches that end with the nodes ``cuts`` are
    checkpointed (:mod:`cnncalc.analysis.memory.checkpoint`)."""
    for word, value, known in (
        ("dtype", dtype, DTYPES),
        ("device", device, DEVICES),
        ("optimizer", optimizer, OPTIMIZERS),
    ):
        if value not in known:
            raise ValueError(f"{word} must be one of {', '.join(known)}, not {value!r}")
    if batch < 1:
        raise ValueError(f"batch must be at least 1, not {batch}")
    if not graph.complete:
        raise ValueError("a network with faults has no memory figures")
    kind = partial(Checkpointed, cuts) if cuts and training else Run
    run = kind(graph, batch, dtype, training, optimizer, device, loss, inplace, torch)
    run.train() if training else run.infer()
    return report_of(run, dtype, device)


def modelled(graph: Graph, dtype: str = "float32", **options: Any) -> MemoryReport | None:
    """As :func:`simulate`; None where there is no figure: faults, no output, a layer or a data type that the model does
    not know, an operation in place that torch would refuse."""
    if not graph.complete or not graph.outputs or dtype not in DTYPES:
        return None
    try:
        return simulate(graph, dtype=dtype, **options)
    except (NotModelled, InplaceFault):
        return None
