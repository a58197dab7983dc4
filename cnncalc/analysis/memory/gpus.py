"""GPUs by name: their memory as sold, their compute capability, and what CUDA itself takes of them."""

from __future__ import annotations

import re
from typing import NamedTuple

GIB = 2**30

CONTEXT_BYTES = GIB // 2
"""About what the CUDA context and cuDNN's and cuBLAS's code take of a device before the first tensor."""

WORKSPACE_BYTES = 2 * 4096 * 1024 + 8 * 16 * 1024
"""cuBLAS's workspace by default: ``CUBLAS_WORKSPACE_CONFIG=:4096:2:16:8`` (``CublasHandlePool.cpp``)."""
HOPPER_WORKSPACE_BYTES = 32 * 2**20
"""The same from compute capability 9.0 on, Hopper and Blackwell."""
HOPPER = (9, 0)


class Gpu(NamedTuple):
    """A GPU: GiB of memory, compute capability."""

    gib: int
    capability: tuple[int, int]

    @property
    def free_bytes(self) -> int:
        """What is left for tensors."""
        return self.gib * GIB - CONTEXT_BYTES

    @property
    def workspace_bytes(self) -> int:
        """cuBLAS's workspace by default."""
        return HOPPER_WORKSPACE_BYTES if self.capability >= HOPPER else WORKSPACE_BYTES


GPUS: dict[str, Gpu] = {
    "p100": Gpu(16, (6, 0)),
    "v100": Gpu(16, (7, 0)),
    "v100-32": Gpu(32, (7, 0)),
    "t4": Gpu(16, (7, 5)),
    "rtx2080ti": Gpu(11, (7, 5)),
    "a100": Gpu(40, (8, 0)),
    "a100-80": Gpu(80, (8, 0)),
    "a10": Gpu(24, (8, 6)),
    "rtx3060": Gpu(12, (8, 6)),
    "rtx3080": Gpu(10, (8, 6)),
    "rtx3090": Gpu(24, (8, 6)),
    "l4": Gpu(24, (8, 9)),
    "l40s": Gpu(48, (8, 9)),
    "rtx4060": Gpu(8, (8, 9)),
    "rtx4070": Gpu(12, (8, 9)),
    "rtx4080": Gpu(16, (8, 9)),
    "rtx4090": Gpu(24, (8, 9)),
    "h100": Gpu(80, (9, 0)),
    "h200": Gpu(141, (9, 0)),
    "b200": Gpu(180, (10, 0)),
    "rtx5090": Gpu(32, (12, 0)),
}


IDLE = re.compile(r"nvidia|geforce|tesla|sxm\d?|pcie|hbm\d?e?|gi?b|[^a-z0-9]")
"""What a maker's name of a GPU has beside the model and its memory."""


def gpu_named(name: str) -> Gpu | None:
    """A GPU by its name, however it is spelt (``RTX 4090``, ``4090``, ``a100_80``, ``NVIDIA H100 80GB HBM3``); None for
    one that is not known."""
    word = IDLE.sub("", name.lower())
    for each, gpu in GPUS.items():
        model, _, size = each.partition("-")
        if word.removeprefix("rtx") in {(model + end).removeprefix("rtx") for end in (size, str(gpu.gib))}:
            return gpu
    return None
