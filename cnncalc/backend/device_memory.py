"""Peaks of CUDA's caching allocator, measured in processes of their own.

Whether cuBLAS and cuDNN take workspaces is read from the environment once per process: the peaks without workspaces,
which the model is compared with, and those with torch's defaults need two.  Each process serves any number of networks.
"""

from __future__ import annotations

import contextlib
import gc
import os
import pickle
import subprocess
import sys
from pathlib import Path
from typing import IO, Any, NamedTuple

import torch

from cnncalc.backend.bench import Bench, batch_of
from cnncalc.backend.build import build
from cnncalc.backend.truth import saved_bytes
from cnncalc.graph import Graph

WITHOUT_WORKSPACES = {"CUBLAS_WORKSPACE_CONFIG": ":0:0", "CUBLASLT_WORKSPACE_SIZE": "1", "CUDNN_CONV_WSCAP_DBG": "0"}
"""cuBLASLt is left 1 KiB, since releases of torch differ in what they make of none."""


class Peaks(NamedTuple):
    """Peaks of one run above what was there before the network: ``requested`` by tensors, ``allocated`` in blocks,
    ``reserved`` from the device."""

    requested: int
    allocated: int
    reserved: int


class Measured(NamedTuple):
    """What a process found; ``refused`` is what torch said where the step could not be done."""

    inference: Peaks | None
    training: Peaks | None
    saved: int | None
    refused: str | None


class Job(NamedTuple):
    """One network to be measured."""

    graph: Graph
    batch: int
    dtype: str
    device: str


class Process:
    """A process that measures, with torch's defaults or without workspaces; it is started when it is first needed."""

    def __init__(self, workspaces: bool) -> None:
        self.workspaces = workspaces
        self.process: subprocess.Popen[bytes] | None = None

    def measure(self, job: Job) -> Measured:
        """Send one network and wait; raises :class:`RuntimeError` where the process died."""
        process = self.process or self.start()
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            pickle.dump(job, process.stdin)
            process.stdin.flush()
            found = pickle.load(process.stdout)
        except (OSError, EOFError, pickle.UnpicklingError) as error:
            self.close()
            raise RuntimeError(f"the process that measures CUDA memory ended: {error!r}") from None
        assert isinstance(found, Measured)
        return found

    def start(self) -> subprocess.Popen[bytes]:
        environment = {key: value for key, value in os.environ.items() if key not in WITHOUT_WORKSPACES}
        if not self.workspaces:
            environment.update(WITHOUT_WORKSPACES)
        package = str(Path(__file__).parents[2])
        code = f"import sys; sys.path.append({package!r}); from {__name__} import serve; serve()"
        self.process = subprocess.Popen(
            [sys.executable, "-W", "ignore", "-c", code],
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        return self.process

    def close(self) -> None:
        """End the process, if there is one."""
        process, self.process = self.process, None
        if process is None:
            return
        for stream in (process.stdin, process.stdout):
            if stream is not None:
                with contextlib.suppress(OSError):
                    stream.close()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def serve() -> None:
    """What the process does: measure each network that comes in on stdin, answer on stdout."""
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # whatever else is printed must not come between
    answer_all(sys.stdin.buffer, answers)


def answer_all(jobs: IO[bytes], answers: IO[bytes]) -> None:
    while True:
        try:
            job = pickle.load(jobs)
        except EOFError:
            return
        pickle.dump(measure(job), answers)
        answers.flush()


def measure(job: Job) -> Measured:
    """Both peaks and the saved bytes of one network, here and now."""
    graph, batch, dtype, device = job
    found: dict[str, Any] = dict.fromkeys(Measured._fields)
    torch.backends.cudnn.benchmark = False
    torch.backends.cudnn.deterministic = True
    try:
        before = cleared(device)
        bench = Bench(
            build(graph, device=device, dtype=dtype),
            graph,
            batch_of(graph, batch, device, getattr(torch, dtype)),
        )
        bench.evaluating()
        bench.infer()
        found["inference"] = peaks(bench.infer, device, before)
        bench.training()
        found["saved"] = saved_bytes(bench.forward, bench.twin)
        bench.step()
        bench.zero()
        found["training"] = peaks(bench.step, device, before)
    except (RuntimeError, ValueError, AssertionError) as error:  # torch.OutOfMemoryError among them
        lines = str(error).strip().splitlines()
        found["refused"] = lines[0] if lines else type(error).__name__
    return Measured(**found)


def peaks(work: Any, device: str, before: Peaks) -> Peaks:
    """The peaks while ``work`` runs."""
    cleared(device, workspaces=False)
    torch.cuda.reset_peak_memory_stats(device)
    work()
    torch.cuda.synchronize(device)
    return Peaks(*map(int.__sub__, stats(device, "peak"), before))


def cleared(device: str, workspaces: bool = True) -> Peaks:
    """Give back what nobody uses, and the workspaces that torch keeps; what is still there."""
    gc.collect()
    torch.cuda.synchronize(device)
    clear = getattr(torch._C, "_cuda_clearCublasWorkspaces", None)
    if workspaces and clear is not None:
        clear()
    torch.cuda.empty_cache()
    return stats(device, "current")


def stats(device: str, when: str) -> Peaks:
    found = torch.cuda.memory_stats(device)
    return Peaks(*[found.get(f"{name}_bytes.all.{when}", 0) for name in Peaks._fields])
