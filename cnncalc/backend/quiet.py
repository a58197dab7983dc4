"""Torch as a comparison wants it, and everything of it as before at the end."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import torch

from cnncalc.backend.probe import state


@contextlib.contextmanager
def quiet(device: torch.device) -> Iterator[None]:
    """Full precision, the same algorithms every time, no autocast and no inference mode; the switches and the random
    generators are put back."""
    before = state.switches()
    generator = torch.get_rng_state()
    ours = torch.cuda.get_rng_state(device) if device.type == "cuda" else None
    try:
        state.allow_tf32(False, before)
        for name, value in (("cudnn.benchmark", False), ("cudnn.deterministic", True)):
            if name in before:
                state.put(name, value)
        with (
            torch.inference_mode(False),
            torch.autocast("cpu" if device.type == "meta" else device.type, enabled=False),
        ):
            yield
    finally:
        state.restore(before)
        torch.set_rng_state(generator)
        if ours is not None:
            torch.cuda.set_rng_state(ours, device)
