"""The torch twin of a graph: ``build(graph)`` is an ``nn.Module`` that makes exactly the calls the layers name.

Modules nest along our dotted names, so that ``state_dict()`` has ``conv1.conv.weight``.  A module is looked up where
it lies whenever it runs: training code may put another in its place (``net.fc8.fc = nn.Linear(4096, 10)``).
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple, TypeAlias

import torch
from torch import Tensor, nn

from cnncalc.backend.modules import FUNCTIONS, class_named
from cnncalc.errors import SpecError, fault
from cnncalc.graph import Graph, Node
from cnncalc.layers.base import Call

Result: TypeAlias = "Tensor | dict[str, Tensor]"


class Own(NamedTuple):
    """The module at a path: the node's own, or that of the node whose weights it shares."""

    path: tuple[str, ...]


class Borrowed(NamedTuple):
    """A module with settings of its own (a padding for another extent, say) that runs with the weights at a path."""

    module: nn.Module
    path: tuple[str, ...]


class Step(NamedTuple):
    """One node: the values it takes and makes, by the nodes' numbers; indices of max poolings apart."""

    name: str
    number: int
    inputs: tuple[int, ...]
    links: tuple[int, ...]
    calls: tuple[Own | Borrowed | Callable[..., Any], ...]
    indexed: bool
    """It is a max pooling whose indices somebody needs."""
    gone: tuple[int, ...]
    """Values that nobody needs any more."""
    indices_gone: tuple[int, ...]


class Container(nn.Module):  # type: ignore[misc]
    """A line, a block, one round of a repeat: what lies below a name.  A name may be one that ``nn.Module`` uses
    itself (``double``): the path then still leads there in ``state_dict()`` and ``get_submodule``."""

    def get_submodule(self, target: str) -> nn.Module:
        return module_at(self, tuple(target.split("."))) if target else self

    def __setattr__(self, name: str, value: Any) -> None:
        if name in self.__dict__:  # such as training, of which nn.Module would say that a submodule has the name
            object.__setattr__(self, name, value)
        else:
            super().__setattr__(name, value)


class Twin(Container):
    """A network as torch runs it: positional inputs in the order of the net's, or by name; one tensor comes out, or a
    dictionary where there are several outputs.  Every value is released after the last node that takes it."""

    def __init__(self, graph: Graph) -> None:
        super().__init__()
        self.inputs = tuple(graph.inputs)
        self.outputs = tuple(graph.outputs)
        self.steps: tuple[Step, ...] = ()
        self.steps = tuple(plan(self, graph))

    def forward(self, *inputs: Any, **named: Tensor) -> Result:
        return self.run(self.bound(inputs, named))

    def bound(self, inputs: tuple[Any, ...], named: Mapping[str, Tensor]) -> dict[int, Tensor]:
        """The values of the inputs, by the nodes' numbers."""
        names = [name for name, _ in self.inputs]
        values = list(inputs)
        if len(values) == 1 and isinstance(values[0], Mapping):
            named = {**values.pop(), **named}
        given = {**dict(zip(names, values, strict=False)), **named}
        if set(given) != set(names) or len(values) + len(named) != len(names):
            found = [*(f"#{number}" for number in range(1, len(values) + 1)), *named]
            raise TypeError(f"this network takes {', '.join(names)}; got {', '.join(found) or 'nothing'}")
        return {number: given[name] for name, number in self.inputs}

    def run(self, values: dict[int, Tensor], watch: Callable[[str, Tensor], None] | None = None) -> Result:
        """Run all nodes; ``watch`` is told the name and the value of each."""
        indices: dict[int, Tensor] = {}
        for step in self.steps:
            taken = [values[each] for each in step.inputs]
            taken += [indices[each] for each in step.links]
            value = self.call(step.calls[0], *taken)
            for call in step.calls[1:]:
                value = self.call(call, value)
            if step.indexed:
                value, indices[step.number] = value
            values[step.number] = value
            if watch is not None:
                watch(step.name, value)
            del value
            taken.clear()
            for each in step.gone:
                del values[each]
            for each in step.indices_gone:
                del indices[each]
        if len(self.outputs) == 1:
            return values[self.outputs[0][1]]
        return {name: values[number] for name, number in self.outputs}

    def call(self, call: Own | Borrowed | Callable[..., Any], *taken: Tensor) -> Any:
        if isinstance(call, Own):
            return module_at(self, call.path)(*taken)
        if isinstance(call, Borrowed):
            owner = module_at(self, call.path)
            call.module.train(owner.training)
            tensors = {**dict(owner.named_parameters(recurse=False)), **dict(owner.named_buffers(recurse=False))}
            return torch.func.functional_call(call.module, tensors, taken)
        return call(*taken)


def module_at(root: nn.Module, path: tuple[str, ...]) -> nn.Module:
    """The module below ``root`` at a path; raises :class:`AttributeError` where there is none."""
    module = root
    for segment in path:
        child = module._modules.get(segment)
        if child is None:
            raise AttributeError(f"there is no module {'.'.join(path)}")
        module = child
    return module


def attach(root: nn.Module, path: tuple[str, ...], module: nn.Module) -> None:
    """Put a module at a path, with containers on the way; past ``add_module``, which refuses names such as double."""
    for segment in path[:-1]:
        root = root._modules.setdefault(segment, Container())
    below = root._modules.get(path[-1])
    if below is not None:
        module._modules.update(below._modules)
    root._modules[path[-1]] = module


def plan(root: nn.Module, graph: Graph) -> Iterator[Step]:
    """The steps of a graph, its modules attached to ``root``."""
    nodes = graph.nodes
    kept = {number for _, number in graph.outputs}
    last = {number: number for number in range(len(nodes)) if number >= len(graph.inputs)}
    last_indices: dict[int, int] = {}
    for node in nodes:
        last.update((each, node.index) for each in node.inputs)
        last_indices.update((each, node.index) for each in node.links)
    gone: dict[int, list[int]] = {}
    for value, number in last.items():
        if value not in kept:
            gone.setdefault(number, []).append(value)
    indices_gone: dict[int, list[int]] = {}
    for value, number in last_indices.items():
        indices_gone.setdefault(number, []).append(value)
    for node in graph.layers:
        yield Step(
            node.name,
            node.index,
            node.inputs,
            node.links,
            tuple(node_calls(root, graph, node, node.index in last_indices)),
            node.index in last_indices,
            tuple(gone.get(node.index, ())),
            tuple(indices_gone.get(node.index, ())),
        )


def node_calls(
    root: nn.Module, graph: Graph, node: Node, indexed: bool
) -> Iterator[Own | Borrowed | Callable[..., Any]]:
    """What a node runs; the last module among it is the one that lies at the node's name."""
    assert node.layer is not None
    calls = node.layer.torch(*graph.input_shapes(node))
    main = max((number for number, call in enumerate(calls) if call.name[0].isupper()), default=-1)
    for number, call in enumerate(calls):
        if not call.name[0].isupper():
            yield functools.partial(FUNCTIONS[call.name], **call.arguments)
        elif number != main:
            yield made(call, node)
        elif node.owner == node.index:
            path = tuple(node.name.split("."))
            attach(root, path, made(call, node, {"return_indices": True} if indexed else {}))
            yield Own(path)
        else:
            owner = graph.nodes[node.owner]
            path = tuple(owner.name.split("."))
            assert owner.layer is not None
            if call in owner.layer.torch(*graph.input_shapes(owner)):
                yield Own(path)
            else:
                with torch.device("meta"):
                    yield Borrowed(made(call, node), path)


def made(call: Call, node: Node, more: Mapping[str, Any] | None = None) -> nn.Module:
    """The module of a call; a fault where torch has none of that name (``Conv4d``)."""
    make = class_named(call.name)
    if make is None:
        rank = len(node.facts.output) - 1
        raise fault("S106", f"torch has no {call.name}: {node.name} cannot be built for {rank} spatial axes", node.mark)
    return make(**call.arguments, **(more or {}))


def build(
    graph: Graph,
    *,
    seed: int = 0,
    device: torch.device | str | None = None,
    dtype: torch.dtype | str | None = None,
) -> Twin:
    """The torch twin of a graph, with torch's own initial weights for this seed.

    The weights are drawn on the CPU, so that they are the same on every device (except ``meta``, which has none); the
    state of torch's random generators, its default device and all its settings stay as they were.  Raises
    :class:`SpecError` where the graph has faults, or torch no module for a layer.
    """
    broken = [each for each in graph.diagnostics if each.code[0] != "E"]
    if broken or not graph.complete:
        raise SpecError(broken or graph.diagnostics)
    target = torch.device("cpu" if device is None else device)
    with torch.random.fork_rng(devices=[]), torch.device("meta" if target.type == "meta" else "cpu"):
        # not torch.manual_seed: it seeds the generators of every device
        torch.default_generator.manual_seed(seed)
        twin = Twin(graph)
    twin.to(device=target, dtype=getattr(torch, dtype) if isinstance(dtype, str) else dtype)
    return twin


def module_or_none(root: nn.Module, path: tuple[str, ...]) -> nn.Module | None:
    try:
        return module_at(root, path)
    except AttributeError:
        return None
