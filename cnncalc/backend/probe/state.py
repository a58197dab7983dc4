"""What a measurement needs set in torch, and everything of it set back afterwards.

Torch keeps these for the whole process.  The precision of float32 products has an old and a new interface that look at
the same switches and refuse to be mixed; the old one is used where it can be read, and the new values are put back
behind it.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from typing import Any

import torch


def _member(path: str, name: str) -> tuple[Callable[[], Any], Callable[[Any], None]]:
    """Getter and setter of ``torch.backends.<path>.<name>``."""

    def place() -> Any:
        found: Any = torch.backends
        for each in path.split("."):
            found = getattr(found, each)
        return found

    return lambda: getattr(place(), name), lambda value: setattr(place(), name, value)


SWITCHES: dict[str, tuple[Callable[[], Any], Callable[[Any], None]]] = {
    "float32_matmul_precision": (torch.get_float32_matmul_precision, torch.set_float32_matmul_precision),
    "cuda.matmul.allow_tf32": _member("cuda.matmul", "allow_tf32"),
    "cudnn.allow_tf32": _member("cudnn", "allow_tf32"),
    # torch 2.9 and newer; behind the old interface, which writes them
    "cuda.matmul.fp32_precision": _member("cuda.matmul", "fp32_precision"),
    "cudnn.conv.fp32_precision": _member("cudnn.conv", "fp32_precision"),
    "cudnn.rnn.fp32_precision": _member("cudnn.rnn", "fp32_precision"),
    "mkldnn.matmul.fp32_precision": _member("mkldnn.matmul", "fp32_precision"),
    "cudnn.benchmark": _member("cudnn", "benchmark"),
    "cudnn.deterministic": _member("cudnn", "deterministic"),
    "threads": (torch.get_num_threads, torch.set_num_threads),
}
"""What is read before and put back after, in this order."""

OLD = ("float32_matmul_precision", "cudnn.allow_tf32")
NEW = (
    "cuda.matmul.fp32_precision",
    "cudnn.conv.fp32_precision",
    "cudnn.rnn.fp32_precision",
    "mkldnn.matmul.fp32_precision",
)


def switches() -> dict[str, Any]:
    """The switches that this torch has and can read."""
    found = {}
    for name, (read, _) in SWITCHES.items():
        with contextlib.suppress(AttributeError, RuntimeError):
            found[name] = read()
    return found


def put(name: str, value: Any) -> None:
    SWITCHES[name][1](value)


def allow_tf32(allowed: bool, known: dict[str, Any]) -> None:
    """Let float32 products and convolutions use the matrix units' short mode, or forbid it."""
    if all(name in known for name in OLD):
        put("float32_matmul_precision", "high" if allowed else "highest")
        put("cudnn.allow_tf32", allowed)
        return
    for name in NEW:
        if name in known:
            put(name, "tf32" if allowed else "ieee")


def restore(before: dict[str, Any]) -> None:
    """Put back what differs; twice, since setting one of the precisions may move another."""
    for _ in range(2):
        now = switches()
        for name, value in before.items():
            if name not in now or now[name] != value:
                with contextlib.suppress(RuntimeError):
                    put(name, value)


@contextlib.contextmanager
def borrowed(device: torch.device, *, tf32: bool = False, gradients: bool = False) -> Iterator[None]:
    """Torch as a measurement wants it: this precision, cuDNN's search for the fastest algorithm on, gradients or
    not, no autocast; the random generators, and all else that is global, are as before at the end."""
    before = switches()
    generator = torch.get_rng_state()
    ours = torch.cuda.get_rng_state(device) if device.type == "cuda" else None
    try:
        allow_tf32(tf32, before)
        put("cudnn.benchmark", True)
        with (
            torch.inference_mode(False),
            torch.set_grad_enabled(gradients),
            torch.autocast(device.type, enabled=False),
        ):
            yield
    finally:
        restore(before)
        torch.set_rng_state(generator)
        if ours is not None:
            torch.cuda.set_rng_state(ours, device)
