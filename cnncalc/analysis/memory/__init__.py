"""Memory: what a training step or an inference needs, to the byte, without torch.

:func:`simulate` runs a graph on a tape of allocations that follows torch's eager mode; :func:`replay` puts the log
through CUDA's caching allocator; :mod:`advice` answers what would fit and what would help.
"""

from __future__ import annotations

from cnncalc.analysis.memory.allocator import CudaMemory, OutOfMemory, replay
from cnncalc.analysis.memory.report import Held, MemoryReport, Stage
from cnncalc.analysis.memory.rules import UnknownCall
from cnncalc.analysis.memory.simulate import modelled, simulate
from cnncalc.analysis.memory.tensors import InplaceFault, NotModelled

__all__ = [
    "CudaMemory",
    "Held",
    "InplaceFault",
    "MemoryReport",
    "NotModelled",
    "OutOfMemory",
    "Stage",
    "UnknownCall",
    "modelled",
    "replay",
    "simulate",
]
