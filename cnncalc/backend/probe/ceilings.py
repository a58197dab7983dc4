"""What this device reaches when it does one thing only: a large matrix product per data type, a large copy."""

from __future__ import annotations

from typing import Any

import torch

from cnncalc.backend.probe import record
from cnncalc.backend.probe.errors import is_expected, message_of, status_of
from cnncalc.backend.probe.kinds import DTYPES
from cnncalc.backend.probe.state import borrowed
from cnncalc.backend.probe.stopwatch import Stopwatch, Work, cpu_cache_bytes
from cnncalc.backend.probe.timer import Rule, measure

CUDA_SIZES = (2048, 4096, 8192, 16384)
CPU_SIZES = (256, 512, 1024, 2048, 4096)
CUDA_COPY = 2**30
CPU_COPY = 256 * 2**20
RUNS = 10
"""A size is left out where its runs, judged by the fastest of the size before, would not fit into the bound so many
times."""


def copy_ceiling(stopwatch: Stopwatch, rule: Rule) -> dict[str, Any] | None:
    """A copy far larger than every cache; its bytes count twice, read and written.  None where it does not fit."""
    size = CUDA_COPY if stopwatch.device.type == "cuda" else max(CPU_COPY, 4 * (cpu_cache_bytes() or 0))
    free = stopwatch.free_bytes()
    size = size if free is None else min(size, free // 4)
    try:
        with borrowed(stopwatch.device):
            source = noise((size // 4,), torch.float32, stopwatch.device, 0)
            target = torch.empty_like(source)
            timing = measure(stopwatch.eager(fixed(target.copy_, source)), rule)
    except Exception as error:
        if status_of(error) != record.OUT_OF_MEMORY:
            raise
        stopwatch.release()
        return None
    moved = 2 * source.numel() * source.element_size()
    return {"bytes": moved, "bytes_per_second": moved / timing.median, "time": record.timing_data(timing)}


def matmul_ceiling(dtype: str, stopwatch: Stopwatch, rule: Rule) -> dict[str, Any]:
    """The fastest of square products of random matrices, growing until they take too long or do not fit."""
    kind = DTYPES[dtype]
    found: dict[str, Any] = dict.fromkeys(record.MATMUL)
    found |= {"dtype": dtype, "tried": [], "status": record.OK}
    device = stopwatch.device
    sizes = CUDA_SIZES if device.type == "cuda" else CPU_SIZES
    before: tuple[int, float] | None = None
    for size in sizes:
        if before is not None and before[1] * (size / before[0]) ** 3 * RUNS > rule.seconds:
            break
        try:
            kind.check(device)
            with borrowed(device, tf32=kind.tf32):
                one, other = (noise((size, size), kind.dtype, device, seed) for seed in (0, 1))
                out = torch.empty_like(one)
                timing = measure(
                    stopwatch.eager(fixed(lambda a, b, c: torch.matmul(a, b, out=c), one, other, out)), rule
                )
        except Exception as error:
            if found["size"] is None:
                found |= {"status": status_of(error), "message": message_of(error)}
            stopwatch.release()
            if not is_expected(error):
                raise
            break
        before = size, timing.fastest
        rate = 2 * size**3 / timing.median
        found["tried"].append({"size": size, "flops_per_second": rate})
        if found["size"] is None or rate > found["flops_per_second"]:
            found |= {"size": size, "flops": 2 * size**3, "flops_per_second": rate, "time": record.timing_data(timing)}
    return found


def fixed(run: Any, *arguments: Any) -> Work:
    """Work on the same arguments each time."""
    return Work(run, lambda: arguments, lambda: arguments)


def noise(shape: tuple[int, ...], dtype: torch.dtype, device: torch.device, seed: int) -> torch.Tensor:
    """Normal values, the same for a seed whatever the state of torch's own generators: zeros may run faster."""
    generator = torch.Generator(device)
    generator.manual_seed(seed)
    return torch.randn(shape, generator=generator, device=device, dtype=torch.float32).to(dtype)
