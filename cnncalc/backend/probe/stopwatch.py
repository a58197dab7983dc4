"""Seconds of a piece of work on a device: the caches emptied before each repeat, launches taken out where asked for."""

from __future__ import annotations

import contextlib
import gc
import time
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import torch

from cnncalc.backend.probe.timer import Sample
from cnncalc.collector import paused

CUDA_FLUSH = 256 * 2**20
"""Bytes written before each repeat on CUDA: several times the largest L2 there is."""
CPU_FLUSH = 64 * 2**20
"""The same on a CPU whose caches are not known."""
MOST_COPIES = 32


class Unsupported(Exception):
    """What this device cannot do; the message says why."""


class Work(NamedTuple):
    """Something to be timed: ``run(*arguments)``."""

    run: Callable[..., Any]
    prepare: Callable[[], tuple[Any, ...]]
    """The arguments of a repeat, made before its time begins."""
    copy: Callable[[], tuple[Any, ...]]
    """Arguments with memory of their own, weights too: for several runs in one graph that must not meet in a cache."""


class Stopwatch:
    """The clock of a device.  ``flush_bytes`` of memory are written before every repeat, so that it finds its data
    where a network would: in memory, not in the last cache."""

    graphs = False
    """Whether work can be captured as a graph."""

    def __init__(self, device: torch.device, flush_bytes: int) -> None:
        self.device = device
        self.flush_bytes = flush_bytes
        self._flush: torch.Tensor | None = None

    def times(self, count: int, work: Work) -> list[float]:
        raise NotImplementedError

    def synchronize(self) -> None:
        """Wait until the device has done everything."""

    def free_bytes(self) -> int | None:
        """Memory that is left, where it is known."""
        return None

    def flush(self) -> None:
        if self.flush_bytes == 0:
            return
        if self._flush is None:
            self._flush = torch.empty(self.flush_bytes, dtype=torch.uint8, device=self.device)
        self._flush.zero_()

    def release(self) -> None:
        """Give back what can be given back, after something did not fit."""
        self._flush = None
        gc.collect()

    def eager(self, work: Work) -> Sample:
        """Samples of the work, call by call as Python makes them."""
        return lambda count: self.times(count, work)

    def captured(self, work: Work, copies: int = 1) -> Sample:
        """Samples of the work replayed from a graph that holds ``copies`` runs, each with data of its own."""
        if not self.graphs:
            raise Unsupported(f"CUDA graphs need a CUDA device, not {self.device.type}")
        sets = [work.copy() for _ in range(max(1, min(copies, MOST_COPIES)))]
        replay = self.record(work, sets)
        nothing: tuple[Any, ...] = ()
        replayed = Work(replay, lambda: nothing, lambda: nothing)
        return lambda count: [each / len(sets) for each in self.times(count, replayed)]

    def record(self, work: Work, sets: Sequence[tuple[Any, ...]]) -> Callable[[], Any]:
        """A graph of one run per set of arguments, ready to be replayed."""
        raise NotImplementedError


class CPUStopwatch(Stopwatch):
    """``perf_counter_ns`` around each repeat."""

    def __init__(self, device: torch.device | None = None, flush_bytes: int | None = None) -> None:
        super().__init__(device or torch.device("cpu"), cpu_flush_bytes() if flush_bytes is None else flush_bytes)

    def times(self, count: int, work: Work) -> list[float]:
        found = []
        with paused():
            for _ in range(count):
                arguments = work.prepare()
                self.flush()
                begin = time.perf_counter_ns()
                result = work.run(*arguments)
                found.append((time.perf_counter_ns() - begin) / 1e9)
                del result
        return found


class CUDAStopwatch(Stopwatch):
    """A pair of events around each repeat, asked for their times after the last.

    Writing the flush buffer takes the device longer than Python takes to launch a few kernels, so that these follow
    each other without gaps; a long network is as slow as its launches.  A replayed graph has no launches.
    """

    graphs = True

    def __init__(self, device: torch.device, flush_bytes: int | None = None) -> None:
        super().__init__(device, CUDA_FLUSH if flush_bytes is None else flush_bytes)

    def times(self, count: int, work: Work) -> list[float]:
        pairs = [(torch.cuda.Event(enable_timing=True), torch.cuda.Event(enable_timing=True)) for _ in range(count)]
        with paused(), torch.cuda.device(self.device):
            for begin, end in pairs:
                arguments = work.prepare()
                self.flush()
                begin.record()
                result = work.run(*arguments)
                end.record()
                del result, arguments
            self.synchronize()
        return [begin.elapsed_time(end) / 1000 for begin, end in pairs]

    def synchronize(self) -> None:
        torch.cuda.synchronize(self.device)

    def free_bytes(self) -> int | None:
        free, _ = torch.cuda.mem_get_info(self.device)
        return int(free)

    def release(self) -> None:
        super().release()
        torch.cuda.empty_cache()

    def record(self, work: Work, sets: Sequence[tuple[Any, ...]]) -> Callable[[], Any]:
        with torch.cuda.device(self.device):
            stream = torch.cuda.Stream()
            stream.wait_stream(torch.cuda.current_stream())
            with torch.cuda.stream(stream):  # libraries load and cuDNN chooses its algorithms outside the capture
                for _ in range(3):
                    work.run(*work.prepare())
            torch.cuda.current_stream().wait_stream(stream)
            graph = torch.cuda.CUDAGraph()
            with torch.cuda.graph(graph):
                for arguments in sets:
                    work.run(*arguments)

        def replay(kept: object = sets) -> None:  # the graph reads the arguments: they must live as long
            graph.replay()

        return replay


def stopwatch_for(device: torch.device) -> Stopwatch:
    return CUDAStopwatch(device) if device.type == "cuda" else CPUStopwatch(device)


def cpu_cache_bytes() -> int | None:
    """The size of the last cache as Linux tells it; None elsewhere."""
    import glob

    largest = None
    for path in glob.glob("/sys/devices/system/cpu/cpu0/cache/index*/size"):
        with contextlib.suppress(OSError, ValueError), open(path, encoding="ascii") as file:
            text = file.read().strip()
            size = int(text.rstrip("KMG")) * {"K": 2**10, "M": 2**20, "G": 2**30}.get(text[-1:], 1)
            largest = max(largest or 0, size)
    return largest


def cpu_flush_bytes() -> int:
    """Twice the last cache, at most 256 MiB."""
    cache = cpu_cache_bytes()
    return CPU_FLUSH if cache is None else min(2 * cache, CUDA_FLUSH)
