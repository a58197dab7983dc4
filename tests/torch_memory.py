"""The truth about memory, from torch itself: a twin of a graph run eagerly on the CPU, and three ways to look at it.

* :func:`saved`: unique storages that ``saved_tensors_hooks`` hands out;
* :func:`peaks`: the profiler's allocation trace of real eager mode, without what one leaf kernel allocates and frees
  inside itself (a workspace);
* :class:`Watch`: a dispatch mode that follows storages; it disturbs gradient accumulation (it is never in place under a
  mode), so it only tells which operators are leaves.

Parameters, buffers, optimizer state and the batch are there before the step and counted by their storages.
"""

from __future__ import annotations

import functools
import gc
import itertools
import operator
from collections.abc import Callable, Iterable, Iterator
from typing import Any, NamedTuple

import torch
import torch.nn.functional as F
from torch import nn
from torch._C._profiler import _EventType
from torch.profiler import ProfilerActivity, profile, record_function
from torch.utils._python_dispatch import TorchDispatchMode

from cnncalc.analysis.memory.calls import FUNCTIONS, MODULES
from cnncalc.analysis.memory.loss import Loss, loss_of
from cnncalc.graph import Graph, Node

SCOPE: dict[str, Any] = {"functools": functools, "operator": operator, "torch": torch, "nn": nn, "F": F}
for _source in (*FUNCTIONS.values(), *MODULES.values()):
    exec(_source, SCOPE)

OPTIMIZERS: dict[str, Callable[[list[nn.Parameter]], torch.optim.Optimizer]] = {
    "sgd": lambda p: torch.optim.SGD(p, lr=1e-3),
    "momentum": lambda p: torch.optim.SGD(p, lr=1e-3, momentum=0.9),
    "adam": lambda p: torch.optim.Adam(p, lr=1e-3),
    "adamw": lambda p: torch.optim.AdamW(p, lr=1e-3),
    "adagrad": lambda p: torch.optim.Adagrad(p, lr=1e-3),
    "rmsprop": lambda p: torch.optim.RMSprop(p, lr=1e-3),
}


class Twin(nn.Module):
    """A graph built from the calls that its layers name, run as :mod:`cnncalc.analysis.memory.calls` says."""

    def __init__(self, graph: Graph, loss: str | None = None) -> None:
        super().__init__()
        self.graph = graph
        self.loss: Loss = loss_of(graph, loss)
        self.indexed = {link for node in graph.nodes for link in node.links}
        self.calls: list[list[Callable[..., Any]]] = []
        self.owned = nn.ModuleList()
        for node in graph.nodes:
            self.calls.append(list(self.make(node)))

    def make(self, node: Node) -> Iterator[Callable[..., Any]]:
        if node.layer is None:
            return
        for number, (name, arguments) in enumerate(node.layer.torch(*self.graph.input_shapes(node))):
            if node.owner != node.index and name[0].isupper():
                yield self.calls[node.owner][number]
            elif name.startswith("MaxUnpool"):
                module = getattr(nn, name)(arguments["kernel_size"], arguments["stride"], arguments["padding"])
                yield functools.partial(self.unpool, module, arguments["output_size"])
            elif name[0].isupper():
                more = {"return_indices": True} if node.index in self.indexed else {}
                module = (SCOPE.get(name) or getattr(nn, name))(**arguments, **more)
                self.owned.append(module)
                yield module
            else:
                yield functools.partial(SCOPE[name], **arguments)

    @staticmethod
    def unpool(module: nn.Module, size: tuple[int, ...], value: torch.Tensor, indices: torch.Tensor) -> Any:
        return module(value, indices, output_size=size)

    def run(self, inputs: list[torch.Tensor], skip: int | None = None) -> list[torch.Tensor]:
        """The values of the outputs; ``skip`` is a softmax that the loss takes in."""
        graph = self.graph
        outputs = [index for _, index in graph.outputs]
        last: dict[Any, int] = {}
        for node in graph.nodes:
            last.update(dict.fromkeys(node.inputs, node.index))
            last.update({(each, "indices"): node.index for each in node.links})
        values: dict[Any, Any] = {}
        for (_, index), tensor in zip(graph.inputs, inputs, strict=True):
            values[index] = tensor
        for node in graph.nodes:
            if node.layer is not None:
                taken = [values[each] for each in node.inputs]
                taken += [values[each, "indices"] for each in node.links]
                value: Any = None
                if node.index == skip:
                    value = taken[0]
                else:
                    for number, call in enumerate(self.calls[node.index]):
                        value = call(*taken) if number == 0 else call(value)
                if node.index in self.indexed:
                    value, values[node.index, "indices"] = value
                values[node.index] = value
                del value
                taken.clear()
            for each in [key for key, at in last.items() if at == node.index]:
                if each not in outputs:
                    values.pop(each, None)
            if node.index not in last and node.index not in outputs:
                del values[node.index]
        return [values[index] for index in outputs]

    def lose(self, outputs: list[torch.Tensor], target: torch.Tensor | None) -> torch.Tensor:
        if self.loss.name == "cross_entropy":
            return F.cross_entropy(outputs[0], target)
        total = outputs[0].mean()
        for each in outputs[1:]:
            total = total + each.mean()
        return total


class Bench:
    """A twin with a batch, a target and an optimizer."""

    def __init__(
        self, graph: Graph, batch: int, optimizer: str = "none", dtype: str = "float32", loss: str | None = None
    ) -> None:
        torch.manual_seed(0)
        self.dtype = getattr(torch, dtype)
        self.twin = Twin(graph, loss).to(self.dtype)
        self.batch = [torch.rand(batch, *graph.shape(index)).to(self.dtype) for _, index in graph.inputs]
        self.target: torch.Tensor | None = None
        if self.twin.loss.name == "cross_entropy":
            classes, *sizes = graph.shape(self.twin.loss.node)
            self.target = torch.randint(0, classes, (batch, *sizes))
        parameters = list(self.twin.parameters())
        self.optimizer = OPTIMIZERS[optimizer](parameters) if optimizer != "none" and parameters else None

    def infer(self) -> None:
        self.twin.eval()
        with torch.no_grad():
            self.twin.run(self.batch)
        self.twin.train()

    def forward(self) -> torch.Tensor:
        # one expression: nothing else may hold the outputs
        return self.twin.lose(self.twin.run(self.batch, self.twin.loss.skipped), self.target)

    def zero(self) -> None:
        for each in self.twin.parameters():
            each.grad = None

    def step(self) -> None:
        loss = self.forward()
        loss.backward()  # type: ignore[no-untyped-call]
        if self.optimizer:
            self.optimizer.step()

    def resident(self, training: bool) -> dict[int, int]:
        """The storages that are there before a step: address -> bytes."""
        tensors = [*self.twin.parameters(), *self.twin.buffers(), *self.batch]
        if training and self.target is not None:
            tensors.append(self.target)
        if training and self.optimizer:
            tensors += [t for state in self.optimizer.state.values() for t in state.values() if torch.is_tensor(t)]
        return {each.untyped_storage().data_ptr(): each.untyped_storage().nbytes() for each in tensors if each.nbytes}


class Watch(TorchDispatchMode):
    """Notes which operators are leaves under the dispatcher."""

    def __init__(self) -> None:
        super().__init__()
        self.leaves: set[str] = set()

    def __torch_dispatch__(self, function: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        namespace, name, *_ = str(function).split(".")
        self.leaves.add(f"{namespace}::{name}")
        return function(*args, **(kwargs or {}))


class Event(NamedTuple):
    """One allocation (positive) or release, and the operators that were running."""

    bytes: int
    pointer: int
    operators: tuple[tuple[str, int], ...]


def events(*works: Callable[[], object]) -> list[list[Event]]:
    """What each of the ``works`` allocates and frees, in order of time, seen in one session of the profiler."""
    gc.collect()
    gc.disable()
    try:
        with profile(activities=[ProfilerActivity.CPU], profile_memory=True) as session:
            for number, work in enumerate(works):
                with record_function(f"work {number}"):
                    work()
    finally:
        gc.enable()
    found: list[tuple[int, Event]] = []
    count = itertools.count()
    todo: list[tuple[Any, tuple[tuple[str, int], ...]]] = [
        (each, ()) for each in reversed(session.profiler.kineto_results.experimental_event_tree())
    ]
    while todo:
        event, above = todo.pop()  # a wrapper of its own at each access: its id would mean nothing
        if event.tag == _EventType.Allocation:
            fields = event.extra_fields
            found.append((event.start_time_ns, Event(fields.alloc_size, fields.ptr, above)))
        else:
            inner = (*above, (event.name, next(count))) if event.tag == _EventType.TorchOp else above
            todo.extend((child, inner) for child in reversed(event.children))
    # two events of the same nanosecond stay in the order of the tree
    ordered = [event for _, event in sorted(found, key=lambda each: each[0])]
    labels = [f"work {number}" for number in range(len(works))]
    return [[event for event in ordered if (event.operators or (("", 0),))[0][0] == label] for label in labels]


class Truth(NamedTuple):
    """``peak`` as the model defines it, ``raw`` with all workspaces, and the trace."""

    peak: int
    raw: int
    trace: list[tuple[int, int, str]]


def without_workspaces(all: list[Event], leaves: Iterable[str]) -> list[Event]:
    """The events without those pairs that one leaf operator allocates and frees inside itself."""
    leaves = set(leaves)
    open: dict[int, int] = {}
    dropped: set[int] = set()
    for number, event in enumerate(all):
        if event.bytes > 0:
            open[event.pointer] = number
            continue
        start = open.pop(event.pointer, None)
        if start is not None:
            inside = {identity for _, identity in event.operators}
            if any(name in leaves and identity in inside for name, identity in all[start].operators):
                dropped |= {start, number}
    return [event for number, event in enumerate(all) if number not in dropped]


def measure(base: int, all: list[Event], leaves: Iterable[str]) -> Truth:
    raw = now = base
    for event in all:
        now += event.bytes
        raw = max(raw, now)
    peak = now = base
    trace = []
    for event in without_workspaces(all, leaves):
        now += event.bytes
        peak = max(peak, now)
        trace.append((event.bytes, now, " ".join(name for name, _ in event.operators)))
    return Truth(peak, raw, trace)


def peaks(
    graph: Graph, batch: int = 1, optimizer: str = "sgd", dtype: str = "float32", loss: str | None = None
) -> tuple[Truth, Truth]:
    """The peak of a forward pass without gradients in evaluation mode, and that of the second training step."""
    bench = Bench(graph, batch, optimizer, dtype, loss)
    with Watch() as watch:
        bench.infer()
        bench.step()
    bench.zero()
    inference, training = events(bench.infer, bench.step)
    return (
        measure(sum(bench.resident(False).values()), inference, watch.leaves),
        measure(sum(bench.resident(True).values()), training, watch.leaves),
    )


def saved(graph: Graph, batch: int = 1, dtype: str = "float32", loss: str | None = None) -> int:
    """Bytes of the unique storages saved for backward, parameters and buffers aside."""
    bench = Bench(graph, batch, dtype=dtype, loss=loss)
    known = {each.untyped_storage().data_ptr() for each in (*bench.twin.parameters(), *bench.twin.buffers())}
    storages: dict[int, int] = {}

    def pack(tensor: torch.Tensor) -> torch.Tensor:
        storage = tensor.untyped_storage()
        if storage.data_ptr() not in known:
            storages[storage.data_ptr()] = storage.nbytes()
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(pack, lambda tensor: tensor):
        kept = bench.forward()
    assert kept is not None
    return sum(storages.values())
