"""The memory model against torch: bytes saved for backward, and the peaks of an inference and of a training step.

On the CPU all three are to be equal.  On CUDA the tensors' requested bytes are to be equal without workspaces; what the
allocator's blocks and segments take, and what workspaces add by default, is measured and told.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

import torch

from cnncalc.analysis.memory import InplaceFault, MemoryReport, NotModelled, UnknownCall, replay, simulate
from cnncalc.analysis.report import Report
from cnncalc.backend import truth
from cnncalc.backend.bench import Bench, batch_of
from cnncalc.backend.build import Twin
from cnncalc.backend.device_memory import Job, Measured, Process
from cnncalc.backend.probe.errors import message_of
from cnncalc.backend.records import Check, Figure, Measurement, Skipped

INFERENCE = "peak bytes of an inference"
SAVED = "bytes saved for backward"
TRAINING = "peak bytes of a training step"
REFUSED = "refused: an operation in place overwrites what backward needs"
"""A figure, too: torch refuses some steps, and the model has to know which."""


class Found(NamedTuple):
    """What came of the memory checks of one net."""

    checks: list[Check]
    skipped: list[Skipped]
    measured: list[Measurement]


class Unable(NamedTuple):
    """Why there is no figure."""

    reason: str


def check(report: Report, twin: Twin, device: torch.device, seed: int, processes: Mapping[bool, Process]) -> Found:
    """All memory checks of a net on the CPU or on CUDA; the twin's running statistics move."""
    found = Found([], [], [])
    inference, training = (model(report, device.type, each) for each in (False, True))
    if device.type == "cuda":
        torchs = on_cuda(report, device, processes, {"inference": inference, "training": training}, found)
    else:
        torchs = on_cpu(report, twin, seed)
    ours: dict[str, Figure | Unable] = {
        INFERENCE: inference.peak_bytes if isinstance(inference, MemoryReport) else inference,
        SAVED: training.saved_bytes if isinstance(training, MemoryReport) else training,
        TRAINING: training.peak_bytes if isinstance(training, MemoryReport) else training,
    }
    for what, mine in ours.items():
        theirs = torchs[what]
        if isinstance(theirs, Unable):
            found.skipped.append(Skipped(what, f"not run: {theirs.reason}"))
        elif isinstance(mine, Unable):
            found.skipped.append(Skipped(what, f"not checked: {mine.reason}"))
        elif not (what == SAVED and REFUSED in (mine, theirs)):  # saved it is, before backward refuses
            found.checks.append(Check("memory", what, None, mine, theirs))
    return found


def model(report: Report, device: str, training: bool) -> MemoryReport | str | Unable:
    """What the memory model says."""
    try:
        return simulate(
            report.graph,
            batch=report.batch,
            dtype=report.dtype,
            training=training,
            device=device,
            torch=truth.release(),
        )
    except InplaceFault:
        return REFUSED
    except (UnknownCall, NotModelled) as error:
        return Unable(message_of(error))


def on_cpu(report: Report, twin: Twin, seed: int) -> dict[str, Figure | Unable]:
    """The figures of a run on the CPU."""
    inputs = batch_of(report.graph, report.batch, "cpu", getattr(torch, report.dtype), seed)
    bench = Bench(twin, report.graph, inputs)
    found: dict[str, Figure | Unable] = {}
    bench.evaluating()
    found[INFERENCE] = told(lambda: truth.peak_bytes(bench.infer, bench.resident(False), bench.zero))
    bench.training()
    found[SAVED] = told(lambda: truth.saved_bytes(bench.forward, twin))
    found[TRAINING] = told(lambda: truth.peak_bytes(bench.step, bench.resident(True), bench.zero))
    return found


def told(work: Callable[[], int]) -> Figure | Unable:
    """What ``work`` finds, or how torch refuses."""
    try:
        return work()
    except (RuntimeError, ValueError) as error:
        return refusal(message_of(error))


def refusal(message: str) -> Figure | Unable:
    if "inplace operation" in message:
        return REFUSED
    return Unable("nothing that the loss depends on learns" if "does not require grad" in message else message)


def on_cuda(
    report: Report,
    device: torch.device,
    processes: Mapping[bool, Process],
    models: Mapping[str, MemoryReport | str | Unable],
    found: Found,
) -> dict[str, Figure | Unable]:
    """The figures of the allocator: those to be compared, without workspaces; the others go to ``found``."""
    job = Job(report.graph, report.batch, report.dtype, str(device))
    measured: dict[bool, Measured] = {}
    for workspaces in (False, True):
        try:
            measured[workspaces] = processes[workspaces].measure(job)
        except RuntimeError as error:
            measured[workspaces] = Measured(None, None, None, message_of(error))
    bare, usual = measured[False], measured[True]
    for which, step in (("inference", "an inference"), ("training", "a training step")):
        told = models[which]
        replayed = replay(told, steps=1) if isinstance(told, MemoryReport) else None
        without, default = getattr(bare, which), getattr(usual, which)
        for kind in ("allocated", "reserved") if without else ():
            ours = getattr(replayed, f"{kind}_bytes", None)
            name = f"{kind} bytes of {step} without workspaces"
            found.measured.append(Measurement(name, getattr(without, kind), ours))
        for kind in default._fields if default else ():
            found.measured.append(Measurement(f"{kind} bytes of {step}", getattr(default, kind)))
        if without and default:
            gap = default.requested - without.requested
            found.measured.append(Measurement(f"workspaces at the peak of {step}", gap))
    reason = refusal(bare.refused or "no figure")
    return {
        INFERENCE: bare.inference.requested if bare.inference else reason,
        SAVED: reason if bare.saved is None else bare.saved,
        TRAINING: bare.training.requested if bare.training else reason,
    }
