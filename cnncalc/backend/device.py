"""The device that something runs on."""

from __future__ import annotations

import re

import torch

from cnncalc.errors import SpecError, fault


def device_for(name: str) -> torch.device:
    """``auto`` (CUDA where there is any), ``cuda``, ``cuda:1`` or ``cpu``; raises :class:`SpecError`, D102."""
    available = torch.cuda.is_available()
    if name == "auto":
        name = "cuda" if available else "cpu"
    found = re.fullmatch(r"cpu|cuda(?::(\d{1,3}))?", name)
    if not found:
        raise no_device(f"there is no device {name!r}", "it is auto, cuda, cuda:1 or cpu")
    device = torch.device(name)
    if device.type != "cuda":
        return device
    if not available:
        reason = "this torch is built without CUDA" if torch.version.cuda is None else "torch finds no CUDA device"
        raise no_device(f"there is no CUDA here: {reason} (torch {torch.__version__})")
    count = torch.cuda.device_count()
    index = torch.cuda.current_device() if device.index is None else device.index
    if index >= count:
        raise no_device(f"there is no {name}: torch finds {count} CUDA device{'s' if count > 1 else ''}")
    return torch.device("cuda", index)


def no_device(message: str, help: str = "--device auto takes CUDA where there is any, else the CPU") -> SpecError:
    return fault("D102", message, help=[help])
