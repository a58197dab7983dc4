"""A twin with a batch and a loss: one inference, or one training step without an optimizer."""

from __future__ import annotations

from collections.abc import Iterator

import torch
import torch.nn.functional as F
from torch import Tensor

from cnncalc.analysis.memory.loss import CROSS_ENTROPY, loss_of
from cnncalc.backend.build import Twin
from cnncalc.graph import Graph


def batch_of(graph: Graph, batch: int, device: torch.device | str, dtype: torch.dtype, seed: int = 0) -> list[Tensor]:
    """The inputs of a graph, drawn on the CPU from 0 to 1, the same on every device."""
    device = torch.device(device)
    if device.type == "meta":
        return [torch.empty(batch, *graph.shape(index), device=device, dtype=dtype) for _, index in graph.inputs]
    generator = torch.Generator("cpu").manual_seed(seed)
    return [
        torch.rand(batch, *graph.shape(index), generator=generator, device="cpu").to(device, dtype)
        for _, index in graph.inputs
    ]


def passed(value: Tensor) -> Tensor:
    """What runs in the place of a softmax that the loss takes in."""
    return value


class Bench:
    """A twin, its batch and its target.  The loss is the one that the memory model ends a step with, or
    the one of this name."""

    def __init__(self, twin: Twin, graph: Graph, inputs: list[Tensor], loss: str | None = None) -> None:
        self.twin = twin
        self.inputs = inputs
        self.loss = loss_of(graph, loss)
        self.steps = twin.steps
        self.target: Tensor | None = None
        if self.loss.name == CROSS_ENTROPY:
            first = inputs[0]
            sizes = graph.shape(self.loss.node)[1:]
            self.target = torch.zeros(first.shape[0], *sizes, dtype=torch.int64, device=first.device)

    def infer(self) -> None:
        """One forward pass; the outputs are dropped."""
        with torch.no_grad():
            self.twin.run(self.twin.bound(tuple(self.inputs), {}))

    def evaluating(self) -> None:
        """Evaluation mode, all steps."""
        self.twin.eval()
        self.twin.steps = self.steps

    def training(self) -> None:
        """Training mode, without the softmax that the loss takes in."""
        self.twin.train()
        self.twin.steps = tuple(
            each._replace(calls=(passed,)) if each.number == self.loss.skipped else each for each in self.steps
        )

    def forward(self) -> Tensor:
        """The loss of a training step."""
        with torch.enable_grad():
            # one expression: nothing else may hold the outputs
            return self.lose(list(self.outputs(self.twin.run(self.twin.bound(tuple(self.inputs), {})))))

    @staticmethod
    def outputs(result: Tensor | dict[str, Tensor]) -> Iterator[Tensor]:
        """The values of the outputs, each once."""
        if isinstance(result, dict):
            yield from {id(each): each for each in result.values()}.values()
        else:
            yield result

    def lose(self, outputs: list[Tensor]) -> Tensor:
        if self.target is not None:
            return F.cross_entropy(outputs[0], self.target)
        total = outputs[0].mean()
        for each in outputs[1:]:
            total = total + each.mean()
        return total

    def step(self) -> None:
        """Forward and backward; parameters keep their gradients."""
        loss = self.forward()
        loss.backward()

    def zero(self) -> None:
        for each in self.twin.parameters():
            each.grad = None

    def resident(self, training: bool) -> list[Tensor]:
        """What is there before a step."""
        target = [self.target] if training and self.target is not None else []
        return [*self.twin.parameters(), *self.twin.buffers(), *self.inputs, *target]
