"""The memory of GPUs by name, in GiB as sold, and what CUDA itself takes of it."""

from __future__ import annotations

GIB = 2**30

CONTEXT_BYTES = GIB // 2
"""About what the CUDA context and cuDNN's and cuBLAS's code take of a device before the first tensor."""

WORKSPACE_BYTES = 2 * 4096 * 1024 + 8 * 16 * 1024
"""cuBLAS's default workspace, ``CUBLAS_WORKSPACE_CONFIG=:4096:2:16:8``: taken once, at the first matrix product."""

GPUS: dict[str, int] = {
    "t4": 16,
    "p100": 16,
    "v100": 16,
    "v100-32": 32,
    "a10": 24,
    "l4": 24,
    "l40s": 48,
    "a100": 40,
    "a100-80": 80,
    "h100": 80,
    "h200": 141,
    "b200": 180,
    "rtx2080ti": 11,
    "rtx3060": 12,
    "rtx3080": 10,
    "rtx3090": 24,
    "rtx4060": 8,
    "rtx4070": 12,
    "rtx4080": 16,
    "rtx4090": 24,
    "rtx5090": 32,
}


def device_bytes(name: str) -> int | None:
    """What a GPU has left for tensors; None for a name that is not known."""
    size = GPUS.get(name.lower().replace(" ", "").replace("_", "-"))
    return None if size is None else size * GIB - CONTEXT_BYTES
