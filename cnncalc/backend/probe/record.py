"""The record of a probe: version 1 of the JSON contract, see docs/probe.md.  No torch is needed to read one."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from cnncalc.backend.probe.timer import Timing
from cnncalc.files import replace_file

VERSION = 1
KIND = "cnncalc probe"

FORWARD = "forward"
BACKWARD = "forward+backward"

OK = "ok"
OUT_OF_MEMORY = "out of memory"
UNSUPPORTED = "unsupported"
FAILED = "failed"

KEY = ("batch", "dtype", "memory_format", "pass", "mode")
"""What tells the rows of a record apart."""


class Unreadable(ValueError):
    """A file that is no record; the message says what is wrong."""


def timing_data(timing: Timing | None) -> dict[str, Any] | None:
    if timing is None:
        return None
    return {
        "median_seconds": timing.median,
        "q1_seconds": timing.q1,
        "q3_seconds": timing.q3,
        "iqr_seconds": timing.iqr,
        "fastest_seconds": timing.fastest,
        "repeats": timing.repeats,
        "warmup_runs": timing.warmup,
        "warm": timing.warm,
        "settled": timing.settled,
    }


def text(record: Mapping[str, Any]) -> str:
    """The record as it is written."""
    return json.dumps(record, ensure_ascii=False, indent=1) + "\n"


def write(path: str | os.PathLike[str], record: Mapping[str, Any]) -> None:
    """Write a record whole or not at all; raises :class:`SpecError` (Y001)."""
    replace_file(os.fspath(path), text(record))


def read(path: str | os.PathLike[str]) -> dict[str, Any]:
    """A record from a file; raises :class:`Unreadable`."""
    try:
        found = json.loads(Path(path).read_text(encoding="utf-8"))
    except OSError as error:
        raise Unreadable(f"{path}: {error.strerror or error}") from None
    except (ValueError, RecursionError) as error:
        raise Unreadable(f"{path} is no JSON: {error}") from None
    if not isinstance(found, dict) or found.get("kind") != KIND:
        raise Unreadable(f"{path} is no record of a probe: `cnncalc probe TARGET --out FILE` writes one")
    if found.get("version") != VERSION:
        raise Unreadable(f"{path} is of version {found.get('version')!r}; this cnncalc reads version {VERSION}")
    missing = [name for name in TOP if name not in found]
    if missing or not isinstance(found["rows"], list):
        raise Unreadable(f"{path} lacks {', '.join(missing) or 'rows'}")
    for row in found["rows"]:
        wrong = [name for name in ROW if not isinstance(row, dict) or name not in row]
        if wrong:
            raise Unreadable(f"{path} has a row that lacks {', '.join(wrong)}")
    return found


TOP = (
    "version",
    "kind",
    "tool",
    "date",
    "complete",
    "network",
    "environment",
    "settings",
    "ceilings",
    "rows",
)
NETWORK = ("name", "source", "variant", "net", "inputs", "layers", "params", "macs")
ENVIRONMENT = (
    "device",
    "name",
    "cpu",
    "cpu_count",
    "cpu_cache_bytes",
    "threads",
    "interop_threads",
    "system",
    "python",
    "torch",
    "cuda",
    "cudnn",
    "driver",
    "compute_capability",
    "memory_bytes",
    "multiprocessors",
    "l2_bytes",
    "limits",
    "deterministic_algorithms",
    "found_switches",
)
SETTINGS = (
    "seconds",
    "warmup_drift",
    "spread",
    "least_repeats",
    "most_repeats",
    "flush_bytes",
    "cudnn_benchmark",
    "data",
    "seed",
    "clock",
)
CEILINGS = ("copy", "matmul")
COPY = ("bytes", "bytes_per_second", "time")
MATMUL = ("dtype", "size", "flops", "flops_per_second", "time", "tried", "status", "message")
TIMING = (
    "median_seconds",
    "q1_seconds",
    "q3_seconds",
    "iqr_seconds",
    "fastest_seconds",
    "repeats",
    "warmup_runs",
    "warm",
    "settled",
)
ROW = (
    *KEY,
    "status",
    "message",
    "time",
    "images_per_second",
    "flops",
    "operations",
    "bytes",
    "flops_per_second",
    "bytes_per_second",
    "flops_share",
    "bytes_share",
    "floor_seconds",
    "floor_share",
    "launch_gap_seconds",
    "layers_seconds",
    "layers_gap_seconds",
    "tf32",
    "state",
    "layers",
)
LAYER = (
    "name",
    "kind",
    "mode",
    "status",
    "message",
    "time",
    "flops",
    "operations",
    "bytes",
    "intensity",
    "operations_per_second",
    "bytes_per_second",
    "bound",
    "floor_seconds",
    "floor_share",
)
"""The keys of the parts of a record."""
