"""The truth about memory, from torch itself: the twin of a graph with a batch, a loss and an optimizer, run eagerly and
looked at with :mod:`cnncalc.backend.truth`."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor, nn

from cnncalc.backend import bench, truth
from cnncalc.backend.build import build
from cnncalc.graph import Graph

OPTIMIZERS: dict[str, Callable[[list[nn.Parameter]], torch.optim.Optimizer]] = {
    "sgd": lambda p: torch.optim.SGD(p, lr=1e-3),
    "momentum": lambda p: torch.optim.SGD(p, lr=1e-3, momentum=0.9),
    "adam": lambda p: torch.optim.Adam(p, lr=1e-3),
    "adamw": lambda p: torch.optim.AdamW(p, lr=1e-3),
    "adagrad": lambda p: torch.optim.Adagrad(p, lr=1e-3),
    "rmsprop": lambda p: torch.optim.RMSprop(p, lr=1e-3),
}


class Bench(bench.Bench):
    """A bench with an optimizer; ``dtype`` may be amp: float32 weights, run under ``torch.autocast``, with the loss scaled
    where that is float16."""

    def __init__(
        self,
        graph: Graph,
        batch: int,
        optimizer: str = "none",
        dtype: str = "float32",
        loss: str | None = None,
        device: str = "cpu",
    ) -> None:
        self.amp = dtype == "amp"
        self.device = torch.device(device).type
        of = torch.float32 if self.amp else getattr(torch, dtype)
        twin = build(graph, device=device, dtype=of)
        super().__init__(twin, graph, bench.batch_of(graph, batch, device, of), loss)
        parameters = list(self.twin.parameters())
        self.optimizer = OPTIMIZERS[optimizer](parameters) if optimizer != "none" and parameters else None
        self.scaler = torch.amp.GradScaler(self.device, enabled=self.amp and self.device == "cuda")

    def context(self) -> torch.autocast:
        """Autocast as torch does it on this device by itself, where it is wanted."""
        return torch.autocast(self.device, enabled=self.amp)

    def infer(self) -> None:
        with self.context():
            super().infer()

    def forward(self) -> Tensor:
        with self.context():
            return super().forward()

    def step(self) -> None:
        loss = self.forward()
        self.scaler.scale(loss).backward()
        if self.optimizer:
            self.scaler.step(self.optimizer)
            self.scaler.update()

    def resident(self, training: bool) -> list[Tensor]:
        states = self.optimizer.state.values() if training and self.optimizer else ()
        return [*super().resident(training), *[each for state in states for each in state.values()]]


class Peaks(NamedTuple):
    """The peaks of a forward pass in evaluation mode, and of the second training step."""

    inference: int
    training: int


def peaks(
    graph: Graph, batch: int = 1, optimizer: str = "sgd", dtype: str = "float32", loss: str | None = None
) -> Peaks:
    """Both peaks, in bytes."""
    table = Bench(graph, batch, optimizer, dtype, loss)
    table.evaluating()
    inference = truth.peak_bytes(table.infer, table.resident(False), table.zero)
    table.training()
    table.step()
    table.zero()
    return Peaks(inference, truth.peak_bytes(table.step, table.resident(True), table.zero))


def saved(graph: Graph, batch: int = 1, dtype: str = "float32", loss: str | None = None) -> int:
    """Bytes of the unique storages saved for backward, parameters and buffers aside."""
    table = Bench(graph, batch, dtype=dtype, loss=loss)
    table.training()
    return truth.saved_bytes(table.forward, table.twin)
