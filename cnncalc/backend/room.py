"""How much memory a run will need, and how much of it there is."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

import torch

from cnncalc.analysis.memory import UnknownCall, simulate
from cnncalc.analysis.report import Report

SLACK = 1.5
"""Operators have workspaces of their own, and no machine should be filled to the brim."""


def needed_bytes(report: Report, training: bool) -> int:
    """An estimate: the model's peak and half as much again; where there is no model, everything at the same time."""
    try:
        peak = simulate(report.graph, batch=report.batch, dtype=report.dtype, training=training).peak_bytes
    except (UnknownCall, ValueError):  # not modelled, or a step that torch refuses
        totals = report.totals
        peak = totals.parameter_bytes + totals.buffer_bytes + totals.activation_bytes
        peak *= 2 if training else 1
    return int(peak * SLACK)


def free_bytes(device: torch.device) -> int | None:
    """What is free on a device; None where nothing tells."""
    if device.type == "cuda":
        free: int = torch.cuda.mem_get_info(device)[0]
        return free
    known = [each for each in (free_of_machine(), free_of_group()) if each is not None]
    return min(known, default=None)


def free_of_machine() -> int | None:
    """What Linux says is available, else what POSIX says is free."""
    with contextlib.suppress(OSError, ValueError, IndexError):
        for line in Path("/proc/meminfo").read_text("ascii").splitlines():
            if line.startswith("MemAvailable:"):
                return int(line.split()[1]) * 1024
    with contextlib.suppress(AttributeError, OSError, ValueError):
        return os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    return None


def free_of_group(root: Path = Path("/sys/fs/cgroup")) -> int | None:
    """What is left of the limit of a container (version 2 or 1); caches that can be dropped count as free."""
    for limit, used, cache in (
        ("memory.max", "memory.current", "inactive_file"),
        ("memory/memory.limit_in_bytes", "memory/memory.usage_in_bytes", "total_inactive_file"),
    ):
        with contextlib.suppress(OSError, ValueError):
            most = int((root / limit).read_text("ascii"))
            left = most - int((root / used).read_text("ascii"))
            for line in (root / limit).with_name("memory.stat").read_text("ascii").splitlines():
                name, _, figure = line.partition(" ")
                if name == cache:
                    left += int(figure)
            return max(left, 0)
    return None
