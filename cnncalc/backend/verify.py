"""Every figure of a report against torch: the twin is built and run, and torch says what it made of each layer.

:class:`Verifier` chooses where a network runs: on the device asked for, or on ``meta`` (shapes without values) where it
would not fit there.  What could not be checked is listed with its reason, never passed over.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from types import TracebackType
from typing import Any, NamedTuple

import torch
from torch import Tensor

from cnncalc.analysis.report import Report
from cnncalc.analysis.rows import Row
from cnncalc.backend import memory_checks, room, truth
from cnncalc.backend.bench import batch_of
from cnncalc.backend.build import Result, Twin, build
from cnncalc.backend.device import device_for
from cnncalc.backend.device_memory import Process
from cnncalc.backend.probe.errors import message_of
from cnncalc.backend.quiet import quiet
from cnncalc.backend.records import Check, Figure, Measurement, Skipped, Verification
from cnncalc.units import short_bytes

__all__ = ["DEVICES", "DTYPES", "Verification", "Verifier", "verify"]

DEVICES = ("auto", "meta", "cpu", "cuda")
DTYPES = ("float32", "float16", "bfloat16", "float64")

REFUSALS = (RuntimeError, ValueError, TypeError, AssertionError, IndexError, NotImplementedError)
"""How torch says no."""


class Run(NamedTuple):
    """What came of running a twin: the nodes that got done, the outputs or what torch said instead."""

    twin: Twin
    nodes: truth.Ran
    result: Result | None
    refused: str | None


class Verifier:
    """Verifies one report after the other on a device: ``auto`` (CUDA where there is any, else the CPU), ``meta``,
    ``cpu`` or ``cuda``.  Raises :class:`SpecError`, D102, where there is none of that name.

    ``training`` adds memory: the bytes saved for backward, the peaks of an inference and of a training step.
    """

    def __init__(self, device: str = "auto", *, training: bool = False, seed: int = 0) -> None:
        self.device = torch.device("meta") if device == "meta" else device_for(device)
        self.note = None
        if device == "auto" and self.device.type == "cpu":
            self.note = "there is no CUDA here: checked on the CPU"
        self.training = training
        self.seed = seed
        self.processes = {workspaces: Process(workspaces) for workspaces in (False, True)}

    def __enter__(self) -> Verifier:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """End the processes that measure CUDA memory."""
        for each in self.processes.values():
            each.close()

    def verify(self, report: Report) -> Verification:
        """All checks of one net.  Raises :class:`SpecError` where it has faults or torch has no module for a layer."""
        if report.dtype not in DTYPES:
            raise ValueError(f"dtype must be one of {', '.join(DTYPES)}, not {report.dtype!r}")
        if not report.complete:
            raise ValueError("only a network without faults can be verified")
        with quiet(self.device):
            return self._verify(report)

    def _verify(self, report: Report) -> Verification:
        skipped: list[Skipped] = []
        device, reason = self.place(report)
        run = self.run(report, device)
        if run.refused and device.type != "meta":
            there = self.run(report, torch.device("meta"))
            if not there.refused:  # it is the device or the data type that cannot do it
                reason = f"not run: {run.refused}"
                run, device = there, torch.device("meta")
        checks = list(compare(report, run))
        measured: list[Measurement] = []
        if not run.refused and device.type != "meta":
            first = run.result
            del run  # two twins need not fit
            again = self.run(report, device)
            checks += self.numbers(report, first, again)
            del first
            if self.training:
                found = memory_checks.check(report, again.twin, device, self.seed, self.processes)
                checks += found.checks
                skipped += found.skipped
                measured = found.measured
        elif not run.refused:
            skipped.append(Skipped("numbers", reason or "not run: nothing is calculated on meta"))
            if self.training:
                skipped.append(Skipped("memory", reason or "not run: nothing is allocated on meta"))
        return Verification(
            report.name,
            report.graph.network.source.name,
            report.graph.network.variant,
            report.graph.net.name,
            device.type,
            torch.__version__,
            report.batch,
            report.dtype,
            self.training,
            tuple(checks),
            tuple(skipped),
            tuple(measured),
            tuple([self.note] if self.note else []),
        )

    def place(self, report: Report) -> tuple[torch.device, str | None]:
        """Where a network runs, and why not where it was to run."""
        if self.device.type == "meta":
            return self.device, None
        free = room.free_bytes(self.device)
        needed = room.needed_bytes(report, self.training)
        if free is None or needed <= free:
            return self.device, None
        why = f"needs about {short_bytes(needed)}, of which {short_bytes(free)} are free"
        return torch.device("meta"), f"not run: {why} on {self.device.type}: checked on meta"

    def run(self, report: Report, device: torch.device) -> Run:
        """Build the twin and run it once.  Only faults of the building are raised."""
        twin = build(report.graph, seed=self.seed, device=device, dtype=report.dtype).eval()
        nodes: truth.Ran = []
        try:
            result = truth.observe(twin, report.graph, self.inputs(report, device), nodes)
        except REFUSALS as error:
            return Run(twin, nodes, None, message_of(error))
        return Run(twin, nodes, result, None)

    def inputs(self, report: Report, device: torch.device) -> list[Tensor]:
        return batch_of(report.graph, report.batch, device, getattr(torch, report.dtype), self.seed)

    def numbers(self, report: Report, result: Result | None, again: Run) -> Iterator[Check]:
        """The values of the outputs: of the right type, finite, and the same when all is built and run again."""
        others = named(report, again.result)
        for name, value in named(report, result).items():
            broken = value.numel() - int(torch.isfinite(value).sum())
            yield Check("numbers", "data type", name, report.dtype, str(value.dtype).removeprefix("torch."))
            yield Check("numbers", "values", name, "finite", "finite" if not broken else f"{broken} are not finite")
            same = name in others and torch.equal(value.nan_to_num(), others[name].nan_to_num())
            told = "the same" if same else again.refused or "others"
            yield Check("numbers", f"built again with seed {self.seed}", name, "the same", told)


def named(report: Report, result: Result | None) -> dict[str, Tensor]:
    """The outputs by name."""
    if result is None:
        return {}
    return result if isinstance(result, dict) else {report.outputs[0][0]: result}


def compare(report: Report, run: Run) -> Iterator[Check]:
    """Every row, then the totals; a run that torch refused is a difference at the layer where it stopped."""
    for row, seen in zip(report.rows, run.nodes, strict=False):
        yield from compare_row(row, seen, report.batch)
    if run.refused:
        stopped = report.rows[len(run.nodes)].name if len(run.nodes) < len(report.rows) else ""
        yield Check("outputs", "run", stopped, "runs", run.refused)
        return
    yield from compare_totals(report, run)


def compare_row(row: Row, seen: truth.Observed, batch: int) -> Iterator[Check]:
    name = row.name
    yield Check("outputs", "output", name, row.output, without_batch(seen.output, batch))
    ours: dict[str, Figure] = {each.name: each.shape for each in row.parameters}
    yield from compare_tensors("parameters", "parameter", name, ours, seen.parameters)
    yield Check("parameters", "parameters", name, row.params, seen.params)
    if row.trainable != row.params or seen.trainable != seen.params:
        yield Check("parameters", "trainable parameters", name, row.trainable, seen.trainable)
    ours = {each.name: each.shape for each in row.buffer_tensors}
    yield from compare_tensors("buffers", "buffer", name, ours, seen.buffers)
    if row.buffers or seen.buffered:
        yield Check("buffers", "buffers", name, row.buffers, seen.buffered)
    yield Check("MACs", "MACs", name, row.macs, seen.macs)


def compare_tensors(group: str, word: str, layer: str, ours: dict[str, Figure], torchs: Any) -> Iterator[Check]:
    for name in dict.fromkeys((*ours, *torchs)):
        yield Check(group, f"{word} {name}", layer, ours.get(name), torchs.get(name))


def without_batch(shape: tuple[int, ...], batch: int) -> Figure:
    """What torch made for one example; the whole shape in words where the batch was not kept."""
    return shape[1:] if shape[:1] == (batch,) else f"{'x'.join(map(str, shape))} for a batch of {batch}"


def compare_totals(report: Report, run: Run) -> Iterator[Check]:
    totals = report.totals
    parameters = list(run.twin.parameters())
    buffers = list(run.twin.buffers())
    for what, ours, torchs in (
        ("layers", totals.layers, len(run.nodes)),
        ("parameters", totals.params, count(parameters)),
        ("trainable parameters", totals.trainable, count(each for each in parameters if each.requires_grad)),
        ("buffers", totals.buffers, count(buffers)),
        ("parameter bytes", totals.parameter_bytes, truth.size(parameters)),
        ("buffer bytes", totals.buffer_bytes, truth.size(buffers)),
        ("MACs", totals.macs, sum(each.macs for each in run.nodes)),
    ):
        yield Check("totals", what, None, ours, torchs)
    found = named(report, run.result)
    for name, shape in report.outputs:
        told = without_batch(tuple(found[name].shape), report.batch) if name in found else None
        yield Check("totals", f"output {name}", None, shape, told)


def count(tensors: Iterable[Tensor]) -> int:
    return sum(each.numel() for each in tensors)


def verify(report: Report, device: str = "auto", *, training: bool = False, seed: int = 0) -> Verification:
    """All checks of one net, see :class:`Verifier`."""
    with Verifier(device, training=training, seed=seed) as verifier:
        return verifier.verify(report)
