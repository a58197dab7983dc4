"""What torch itself has to say: each node as it runs, the bytes kept for backward, and how much memory was alive.

Live bytes on the CPU come from the profiler's allocation trace of plain eager mode.  A dispatch mode that follows
storages would disturb what it looks at: under any mode, gradients are never accumulated in place
(``isTensorSubclassLike`` in ``TensorSubclassLikeUtils.h``).  It only tells which operators are leaves: what a leaf
allocates and frees inside itself is workspace, and not counted.
"""

from __future__ import annotations

import contextlib
import gc
import itertools
import os
import weakref
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, NamedTuple, TypeAlias

import torch
from torch import Tensor, nn
from torch.autograd.graph import saved_tensors_hooks
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils.flop_counter import FlopCounterMode

from cnncalc.backend.build import Result, Twin, module_or_none
from cnncalc.graph import Graph
from cnncalc.shape import Shape

Ran: TypeAlias = "list[Observed]"


class Observed(NamedTuple):
    """A node as torch ran it.

    ``output`` is with the batch and ``macs`` are for all of it; ``params``, ``trainable`` and ``buffered`` count the
    values of those tensors that no earlier node had.
    """

    name: str
    output: Shape
    parameters: Mapping[str, Shape]
    buffers: Mapping[str, Shape]
    params: int
    trainable: int
    buffered: int
    macs: int


def observe(twin: Twin, graph: Graph, values: Iterable[Tensor], found: Ran) -> Result:
    """Run a twin without gradients; every node that gets done is added to ``found``, and the outputs come back.

    MACs are half of what torch's own ``FlopCounterMode`` counts.
    """
    owners = {node.name: graph.nodes[node.owner].name.split(".") for node in graph.layers}
    counter = FlopCounterMode(display=False)
    counted = 0
    known: set[int] = set()

    def watch(name: str, value: Tensor) -> None:
        nonlocal counted
        module = module_or_none(twin, tuple(owners[name]))
        parameters = dict(module.named_parameters(recurse=False)) if module else {}
        buffers = dict(module.named_buffers(recurse=False)) if module else {}
        new = [each for each in parameters.values() if id(each) not in known]
        stored = [each for each in buffers.values() if id(each) not in known]
        known.update(map(id, (*new, *stored)))
        total = counter.get_total_flops()
        found.append(
            Observed(
                name,
                tuple(value.shape),
                shapes(parameters),
                shapes(buffers),
                sum(each.numel() for each in new),
                sum(each.numel() for each in new if each.requires_grad),
                sum(each.numel() for each in stored),
                (total - counted) // 2,
            )
        )
        counted = total

    with torch.no_grad(), counter:
        return twin.run(twin.bound(tuple(values), {}), watch)


def release() -> tuple[int, int]:
    """The release of the torch that is installed: its first two numbers."""
    major, minor, *_ = torch.__version__.split(".")
    return int(major), int(minor)


def shapes(tensors: Mapping[str, Tensor]) -> dict[str, Shape]:
    return {name: tuple(each.shape) for name, each in tensors.items()}


def size(tensors: Iterable[Tensor]) -> int:
    """The bytes of the values of some tensors."""
    return sum(each.numel() * each.element_size() for each in tensors)


class Saved:
    """A tensor that autograd keeps for backward, as long as it does."""

    __slots__ = ("__weakref__", "tensor")

    def __init__(self, tensor: Tensor) -> None:
        self.tensor = tensor


def saved_bytes(forward: Callable[[], Tensor], module: nn.Module) -> int:
    """The bytes of the storages that are kept for backward when a forward pass is over, each once, parameters and
    buffers aside.  What was saved for a value that the result does not hang on is gone with it."""
    known = {storage_of(each) for each in (*module.parameters(), *module.buffers())}
    alive: weakref.WeakSet[Saved] = weakref.WeakSet()

    def pack(tensor: Tensor) -> Saved:
        saved = Saved(tensor.detach())  # an output would keep its own node, and that this
        alive.add(saved)
        return saved

    with saved_tensors_hooks(pack, lambda saved: saved.tensor):
        kept = forward()
    storages = {storage_of(each.tensor): each.tensor.untyped_storage().nbytes() for each in alive}
    del kept
    return sum(size for address, size in storages.items() if address not in known)


def storage_of(tensor: Tensor) -> int:
    """The address of a tensor's storage."""
    address: int = tensor.untyped_storage().data_ptr()
    return address


# -- the allocation trace of the CPU ---------------------------------------------------------------------------------


class Event(NamedTuple):
    """One allocation (positive) or release, and the operators that were running."""

    bytes: int
    pointer: int
    operators: tuple[tuple[str, int], ...]


class Leaves(TorchDispatchMode):  # type: ignore[misc]
    """Notes the operators that no other operator is made of."""

    def __init__(self) -> None:
        super().__init__()
        self.names: set[str] = set()

    def __torch_dispatch__(self, function: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        namespace, name, *_ = str(function).split(".")
        self.names.add(f"{namespace}::{name}")
        return function(*args, **(kwargs or {}))


def peak_bytes(work: Callable[[], object], resident: Iterable[Tensor], again: Callable[[], object]) -> int:
    """The most bytes alive while ``work`` runs on the CPU, those of the ``resident`` tensors among them.

    It is run twice, ``again`` between: the first time tells the leaves, the second one the peak.
    """
    with Leaves() as leaves:
        work()
    again()
    storages: dict[int, int] = {storage_of(each): each.untyped_storage().nbytes() for each in resident}
    now = peak = sum(storages.values())
    for event in without_workspaces(events(work), leaves.names):
        now += event.bytes
        peak = max(peak, now)
    return peak


def events(work: Callable[[], object]) -> list[Event]:
    """What ``work`` allocates and frees on the CPU, in order of time."""
    from torch._C._profiler import _EventType
    from torch.profiler import ProfilerActivity, profile

    with collector_off(), profiler_silent(), profile(activities=[ProfilerActivity.CPU], profile_memory=True) as session:
        work()
    found: list[tuple[int, Event]] = []
    number = itertools.count()
    todo: list[tuple[Any, tuple[tuple[str, int], ...]]] = [
        (each, ()) for each in reversed(session.profiler.kineto_results.experimental_event_tree())
    ]
    while todo:
        event, above = todo.pop()  # the object is a new wrapper at each access: its id means nothing
        if event.tag == _EventType.Allocation:
            fields = event.extra_fields
            if fields.device.type == "cpu":
                found.append((event.start_time_ns, Event(fields.alloc_size, fields.ptr, above)))
        else:
            inner = (*above, (event.name, next(number))) if event.tag == _EventType.TorchOp else above
            todo.extend((child, inner) for child in reversed(event.children))
    # two events of the same nanosecond stay in the order of the tree
    return [event for _, event in sorted(found, key=lambda each: each[0])]


@contextlib.contextmanager
def profiler_silent() -> Iterator[None]:
    """The profiler's library logs to stderr unless told otherwise before its first start."""
    told = "KINETO_LOG_LEVEL" in os.environ
    os.environ.setdefault("KINETO_LOG_LEVEL", "99")
    try:
        yield
    finally:
        if not told:
            del os.environ["KINETO_LOG_LEVEL"]


@contextlib.contextmanager
def collector_off() -> Iterator[None]:
    """No garbage is collected at a time that we would not know: what was there before stays until the end."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


def without_workspaces(trace: list[Event], leaves: set[str]) -> Iterator[Event]:
    """The events without those pairs that one leaf operator allocates and frees inside itself.

    Under autocast an operator runs inside one of the same name, which casts what flows in: that is no leaf.
    """
    pairs = {each for event in trace for each in itertools.pairwise(event.operators)}
    casting = {outer for (_, outer), (inner, _) in pairs if inner == "aten::to"}
    casting &= {outer for (name, outer), (inner, _) in pairs if inner == name}
    open: dict[int, int] = {}
    dropped: set[int] = set()
    for number, event in enumerate(trace):
        if event.bytes > 0:
            open[event.pointer] = number
            continue
        start = open.pop(event.pointer, None)
        if start is not None:
            inside = {identity for _, identity in event.operators} - casting
            if any(name in leaves and identity in inside for name, identity in trace[start].operators):
                dropped |= {start, number}
    return (event for number, event in enumerate(trace) if number not in dropped)
