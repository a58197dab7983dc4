"""A network as work for the stopwatch: its module in one data type and memory format, its inputs, its passes."""

from __future__ import annotations

import copy
import types
from collections.abc import Callable, Iterable
from typing import Any

import torch
from torch import Tensor, nn

from cnncalc.backend.build import build
from cnncalc.backend.probe.ceilings import noise
from cnncalc.backend.probe.kinds import Kind, arranged
from cnncalc.backend.probe.stopwatch import Unsupported, Work
from cnncalc.graph import Graph


def module_for(
    graph: Graph, model: nn.Module | None, kind: Kind, arrangement: torch.memory_format, device: torch.device, seed: int
) -> nn.Module:
    """The module to be timed: our own, or a copy of somebody's, which stays as it is."""
    made = build(graph, seed=seed) if model is None else copy.deepcopy(model)
    made.to(device=device, dtype=kind.dtype)
    if arrangement is not torch.contiguous_format:
        made.to(memory_format=arrangement)
    return made


def inputs_for(
    graph: Graph, batch: int, kind: Kind, arrangement: torch.memory_format, device: torch.device, seed: int
) -> tuple[Tensor, ...]:
    """Random inputs of a batch, in the order of the network's."""
    return tuple(
        arranged(noise((batch, *graph.shape(index)), kind.dtype, device, seed + 1 + number), arrangement)
        for number, (_, index) in enumerate(graph.inputs)
    )


def tensors(result: Any) -> list[Tensor]:
    """The tensors of a result: one, a dictionary, a sequence."""
    if isinstance(result, Tensor):
        return [result]
    if isinstance(result, dict):
        result = result.values()
    return [each for part in result for each in tensors(part)] if isinstance(result, Iterable) else []


def forward_work(call: Callable[..., Any], inputs: tuple[Tensor, ...]) -> Work:
    return Work(call, lambda: inputs, lambda: tuple(each.clone() for each in inputs))


def backward_work(call: Callable[..., Any], model: nn.Module, inputs: tuple[Tensor, ...], seed: int) -> Work:
    """The forward pass, then the gradients of all parameters for random gradients of the outputs."""
    parameters = [each for each in model.parameters() if each.requires_grad]
    shapes = [each for each in tensors(call(*inputs)) if each.requires_grad]
    if not parameters or not shapes:
        raise Unsupported("there is nothing to learn: no output depends on a parameter")
    wanted = [gradient_like(each, seed + number) for number, each in enumerate(shapes)]

    def both(*given: Tensor) -> Any:
        outputs = [each for each in tensors(call(*given)) if each.requires_grad]
        return torch.autograd.grad(outputs, parameters, wanted, allow_unused=True)

    return Work(both, lambda: inputs, lambda: tuple(each.clone() for each in inputs))


def gradient_like(value: Tensor, seed: int) -> Tensor:
    """A random gradient, laid out as the value is."""
    found = torch.empty_like(value, requires_grad=False)
    return found.copy_(noise(tuple(value.shape), value.dtype, value.device, seed))


def compiled(model: nn.Module) -> Callable[..., Any]:
    """The model through ``torch.compile``: all of it or an error, for exactly these shapes.

    Torch keeps what it compiled with the code of the function and, after a few shapes, silently compiles no more:
    every call here makes a function with code of its own.
    """

    def whole(*inputs: Tensor) -> Any:
        return model(*inputs)

    fresh = types.FunctionType(
        whole.__code__.replace(), whole.__globals__, whole.__name__, whole.__defaults__, whole.__closure__
    )
    found: Callable[..., Any] = torch.compile(fresh, fullgraph=True, dynamic=False)
    return found
