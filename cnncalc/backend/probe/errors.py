"""What went wrong at a measurement, as a record tells it."""

from __future__ import annotations

import re

import torch

from cnncalc.backend.probe import record
from cnncalc.backend.probe.stopwatch import Unsupported

_CPU_OUT_OF_MEMORY = re.compile(r"can't allocate memory|not enough memory|std::bad_alloc", re.IGNORECASE)
LONGEST = 300


def status_of(error: BaseException) -> str:
    """``out of memory``, ``unsupported`` or ``failed``."""
    if isinstance(error, Unsupported):
        return record.UNSUPPORTED
    if isinstance(error, (torch.OutOfMemoryError, MemoryError)):
        return record.OUT_OF_MEMORY
    if isinstance(error, RuntimeError) and _CPU_OUT_OF_MEMORY.search(str(error)):
        return record.OUT_OF_MEMORY
    return record.FAILED


def is_expected(error: BaseException) -> bool:
    """Whether it may come of the device, the libraries or the network; anything else is a fault of ours."""
    return isinstance(error, (Unsupported, RuntimeError, ValueError, MemoryError))


def message_of(error: BaseException) -> str:
    """The first line of what was said."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    words = lines[0] if lines else type(error).__name__
    return words if len(words) <= LONGEST else words[: LONGEST - 1] + "…"
