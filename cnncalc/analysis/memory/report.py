"""What the memory model reports: frozen records."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from cnncalc.analysis.memory.autocast import LOW_DTYPES
from cnncalc.analysis.memory.optimizers import OPTIMIZERS
from cnncalc.analysis.memory.tensors import Product, Storage

if TYPE_CHECKING:
    from cnncalc.analysis.memory.run import Run


class Held(NamedTuple):
    """Memory that is alive: whose it is, what it is, its kind (parameter, buffer, input, gradient, optimizer, saved or
    temporary) and its bytes."""

    place: str
    what: str
    kind: str
    bytes: int


class Stage(NamedTuple):
    """A stretch of the step: all bytes alive at its end, and at most during it."""

    phase: str
    place: str
    bytes: int
    peak: int


class Allocation(NamedTuple):
    """One event for the replay of an allocator: ``key`` names the storage; it is allocated where ``bytes`` are
    positive, else freed."""

    key: int
    bytes: int


class MemoryReport(NamedTuple):
    """The memory of one training step or inference, in bytes.

    ``saved_bytes`` are the unique storages kept for backward (the batch and the target among them, parameters and
    buffers not); ``peak_bytes`` is the largest sum of all that is alive, parameters and batch included, at ``peak_at``.
    """

    graph: str
    batch: int
    dtype: str
    training: bool
    optimizer: str
    device: str
    autocast: str | None
    """The data type of autocast, where ``dtype`` is amp."""
    loss_scaling: bool
    """Whether the loss is scaled, as float16 needs it (``torch.amp.GradScaler``)."""
    loss: str | None
    loss_about: str
    parameters_bytes: int
    buffers_bytes: int
    gradients_bytes: int
    optimizer_bytes: int
    input_bytes: int
    saved_bytes: int
    peak_bytes: int
    peak_at: str
    peak_phase: str
    alive: tuple[Held, ...]
    timeline: tuple[Stage, ...]
    saved_by_place: dict[str, int]
    """By node: the bytes of what it made that is kept for backward."""
    resident_log: tuple[Allocation, ...]
    """Events before the first step: parameters, buffers, batch."""
    state_log: tuple[Allocation, ...]
    """The optimizer's state, made at the end of the first step (of building it, for adagrad)."""
    step_log: tuple[Allocation, ...]
    """Events of every step."""
    optimizer_at: int
    """The place in ``step_log`` where the optimizer begins."""
    products: tuple[Product, ...]
    """The matrix products of a step, by their places in ``step_log``."""
    torch: tuple[int, int]
    """The release of torch that was followed."""


def report_of(run: Run, dtype: str, device: str) -> MemoryReport:
    """The records of a finished run."""
    tape = run.tape
    events = tape.events
    totals = dict.fromkeys(("parameter", "buffer", "input", "optimizer"), 0)
    for storage, kind in run.kinds.items():
        if kind in totals:
            totals[kind] += storage.bytes
    top = max(tape.moments, key=lambda moment: moment.peak)
    marks = {moment.place: (moment.first, moment.last) for moment in tape.moments if moment.phase == "setup"}
    state_first, state_last = marks.get("optimizer state", (0, 0))
    first = max(last for _, last in marks.values())
    eager = OPTIMIZERS[run.optimizer].eager
    logs = _allocations(events)
    return MemoryReport(
        run.graph.name,
        run.batch,
        dtype,
        run.training,
        run.optimizer,
        device,
        LOW_DTYPES[device] if run.amp else None,
        run.scaling,
        run.loss.name if run.training else None,
        run.loss.about + (", scaled for float16" if run.scaling else "") if run.training else "no loss",
        totals["parameter"],
        totals["buffer"],
        run.gradient_bytes if run.training else 0,
        totals["optimizer"],
        totals["input"],
        sum(each.bytes for each in run.kept),
        tape.peak,
        top.place,
        top.phase,
        _alive(run, tape.peak_event),
        tuple([Stage(each.phase, each.place, each.after, each.peak) for each in tape.moments]),
        _saved_by_place(run),
        tuple(logs[: first if eager else state_first or first]),
        () if eager else tuple(logs[state_first:state_last]),
        tuple(logs[first:]),
        next((moment.first - first for moment in tape.moments if moment.phase == "optimizer"), len(logs) - first),
        tuple([each._replace(at=each.at - first) for each in tape.products]),
        tape.torch,
    )


def _saved_by_place(run: Run) -> dict[str, int]:
    found: dict[str, int] = {}
    for each in run.kept:
        if each not in run.kinds:
            found[each.place] = found.get(each.place, 0) + each.bytes
    return found


def _allocations(events: list[Storage]) -> list[Allocation]:
    """The log with a key for every storage."""
    keys: dict[Storage, int] = {}
    found = []
    for each in events:
        key = keys.get(each)
        if key is None:
            keys[each] = key = len(keys)
            found.append(Allocation(key, each.bytes))
        else:
            found.append(Allocation(key, -each.bytes))
    return found


def _alive(run: Run, moment: int) -> tuple[Held, ...]:
    """What is alive after so many events, the largest first."""
    alive: dict[Storage, None] = {}
    for each in run.tape.events[:moment]:
        if each in alive:
            del alive[each]
        else:
            alive[each] = None
    found = [
        Held(
            each.place,
            each.name,
            run.kinds.get(each) or ("saved" if each in run.tape.saved else "temporary"),
            each.bytes,
        )
        for each in alive
    ]
    return tuple(sorted(found, key=lambda held: -held.bytes))
