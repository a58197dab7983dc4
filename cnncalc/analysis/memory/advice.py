"""What would fit, and what would help: every answer is a run of the model, none is a rule of thumb."""

from __future__ import annotations

from functools import cache
from typing import Any, NamedTuple

from cnncalc.analysis.memory.allocator import OutOfMemory, replay
from cnncalc.analysis.memory.checkpoint import cut_points
from cnncalc.analysis.memory.report import MemoryReport
from cnncalc.analysis.memory.sharing import is_alone, uses_of
from cnncalc.analysis.memory.simulate import simulate
from cnncalc.analysis.memory.tensors import InplaceFault, NotModelled
from cnncalc.graph import Graph

STRETCHES = 16
"""At most so many checkpointed stretches are tried."""
LOWER = {
    "float32": {
        "amp": "torch.autocast, weights in float32",
        "bfloat16": "weights and values in bfloat16",
    },
    "amp": {"bfloat16": "weights and values in bfloat16, without autocast"},
}
"""By data type: those that take less."""


class Fit(NamedTuple):
    """The largest ``batch`` that fits the limit (0: not even one), its bytes, and those of one example more."""

    batch: int
    bytes: int
    more: int | None


class Hint(NamedTuple):
    """A change and the peak it leads to; ``nodes`` are the layers it concerns."""

    name: str
    about: str
    peak_bytes: int
    nodes: tuple[str, ...] = ()


def largest_batch(graph: Graph, limit: int, *, workspace: int = 0, **options: Any) -> Fit:
    """The largest batch whose step fits ``limit`` bytes: the peak on the CPU, what the allocator reserves on CUDA.

    The peak never falls when the batch grows, so that doubling and halving find it; on CUDA ``limit`` is the device's
    own, to which the allocator gives cached segments back before it gives up.  What it reserves may fall for a larger
    batch, whose blocks fill its segments better: one example more never fits there, many more may.
    """

    @cache
    def taken(batch: int) -> int | None:
        return needs(simulate(graph, batch=batch, **options), limit, workspace)

    low, high = 0, 1
    while is_within(taken(high), limit):
        low, high = high, 2 * high
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if is_within(taken(middle), limit) else (low, middle)
    return Fit(low, (taken(low) or 0) if low else 0, taken(low + 1))


def fits(report: MemoryReport, limit: int, workspace: int = 0) -> bool:
    """Whether a step fits ``limit`` bytes."""
    return is_within(needs(report, limit, workspace), limit)


def is_within(bytes: int | None, limit: int) -> bool:
    return bytes is not None and bytes <= limit


def needs(report: MemoryReport, limit: int, workspace: int = 0) -> int | None:
    """The bytes of a step: its peak on the CPU, what the allocator reserves on CUDA; None if that is out of memory."""
    if report.device == "cpu":
        return report.peak_bytes
    try:
        return replay(report, workspace=workspace, limit=limit).reserved_bytes
    except OutOfMemory:
        return None


def hints(graph: Graph, **options: Any) -> tuple[Hint, ...]:
    """Changes that lower the peak, the best first; ``options`` as for :func:`simulate`."""
    now = simulate(graph, **options)
    found: list[Hint] = []
    inplace = legal_inplace(graph, **options)
    if inplace:
        names = tuple(graph.nodes[each].name for each in sorted(inplace))
        changed = simulate(graph, **{**options, "inplace": inplace})
        found.append(Hint("inplace", f"{len(names)} layer{'s' * (len(names) > 1)} in place", changed.peak_bytes, names))
    for dtype, about in LOWER.get(now.dtype, {}).items():
        peak = peak_with(graph, **{**options, "dtype": dtype})
        if peak is not None:
            found.append(Hint(dtype, about, peak))
    if now.training:
        best = best_checkpoints(graph, now, **options)
        if best is not None:
            found.append(best)
    return tuple(sorted((each for each in found if each.peak_bytes < now.peak_bytes), key=lambda hint: hint.peak_bytes))


def peak_with(graph: Graph, **options: Any) -> int | None:
    """The peak with a change; None where torch refuses it: there may be no cast any more whose copy was kept while the
    value itself was overwritten."""
    try:
        return simulate(graph, **options).peak_bytes
    except (InplaceFault, NotModelled):
        return None


def legal_inplace(graph: Graph, **options: Any) -> frozenset[int]:
    """The layers that could overwrite their input: nobody else takes it, and torch's backward does not need it."""
    uses = uses_of(graph)
    candidates = {
        node.name: node.index
        for node in graph.layers
        if getattr(node.layer, "inplace", None) is False and is_alone(graph, node.inputs[0], uses)
    }
    training = {**options, "training": True, "inplace": frozenset()}
    while candidates:
        training["inplace"] = frozenset(candidates.values())
        try:
            simulate(graph, **training)
        except (InplaceFault, NotModelled) as fault:
            if candidates.pop(fault.culprit, None) is None:
                return frozenset()
        else:
            break
    return frozenset(candidates.values())


def best_checkpoints(graph: Graph, now: MemoryReport, **options: Any) -> Hint | None:
    """The cuts with the lowest peak among even partitions of the saved bytes into 2, 3, ... stretches."""
    points = cut_points(graph)
    best: tuple[int, tuple[int, ...]] | None = None
    tried: set[tuple[int, ...]] = set()
    for count in range(1, min(STRETCHES, len(points)) + 1):
        cuts = even_cuts(graph, points, now.saved_by_place, count)
        if not cuts or cuts in tried:
            continue
        tried.add(cuts)
        peak = peak_with(graph, **{**options, "cuts": cuts})
        if peak is not None and (best is None or peak < best[0]):
            best = (peak, cuts)
    if best is None:
        return None
    names = tuple(graph.nodes[each].name for each in best[1])
    return Hint(
        "checkpoint", f"{len(names)} stretch{'es' * (len(names) > 1)} worked out again in backward", best[0], names
    )


def even_cuts(graph: Graph, points: list[int], saved: dict[str, int], count: int) -> tuple[int, ...]:
    """``count`` stretches that save about as much each; what is behind the last cut counts as one more."""
    allowed = set(points)
    share = sum(saved.values()) / (count + 1)
    cuts: list[int] = []
    held = 0
    for node in graph.nodes:
        held += saved.get(node.name, 0)
        if held >= share and node.index in allowed:
            cuts.append(node.index)
            held = 0
    return tuple(cuts)
