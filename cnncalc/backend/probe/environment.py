"""What a measurement depends on: device, versions, settings; clocks, power and temperature, read and never set."""

from __future__ import annotations

import contextlib
import os
import platform
import subprocess
import time
from collections.abc import Callable, Mapping
from typing import Any

import torch

from cnncalc.backend.probe.state import switches
from cnncalc.backend.probe.stopwatch import cpu_cache_bytes

STATE = {
    "sm_clock_mhz": "clocks.sm",
    "memory_clock_mhz": "clocks.mem",
    "power_watts": "power.draw",
    "temperature_celsius": "temperature.gpu",
}
"""What is read under load, and what ``nvidia-smi`` calls it."""
LIMITS = {
    "sm_clock_max_mhz": "clocks.max.sm",
    "memory_clock_max_mhz": "clocks.max.mem",
    "power_limit_watts": "power.limit",
}
PATIENCE = 10.0
"""Seconds after which ``nvidia-smi`` is given up."""


def environment(device: torch.device) -> dict[str, Any]:
    """Everything about the machine and the libraries that a reader of the figures needs, as JSON has it."""
    found: dict[str, Any] = {
        "device": device.type,
        "name": cpu_name() if device.type == "cpu" else torch.cuda.get_device_name(device),
        "cpu": cpu_name(),
        "cpu_count": os.cpu_count(),
        "cpu_cache_bytes": cpu_cache_bytes(),
        "threads": torch.get_num_threads(),
        "interop_threads": torch.get_num_interop_threads(),
        "system": f"{platform.system()} {platform.release()} {platform.machine()}",
        "python": platform.python_version(),
        "torch": str(torch.__version__),
        "cuda": torch.version.cuda,
        "cudnn": None,
        "driver": None,
        "compute_capability": None,
        "memory_bytes": None,
        "multiprocessors": None,
        "l2_bytes": None,
        "limits": None,
        "deterministic_algorithms": torch.are_deterministic_algorithms_enabled(),
        "found_switches": switches(),
    }
    if device.type == "cuda":
        properties = torch.cuda.get_device_properties(device)
        found |= {
            "cudnn": torch.backends.cudnn.version(),
            "driver": text_of(query(device, ["driver_version"]), "driver_version"),
            "compute_capability": f"{properties.major}.{properties.minor}",
            "memory_bytes": properties.total_memory,
            "multiprocessors": properties.multi_processor_count,
            "l2_bytes": getattr(properties, "L2_cache_size", None),
            "limits": numbers(query(device, list(LIMITS.values())), LIMITS),
        }
    return found


def cpu_name() -> str:
    with contextlib.suppress(OSError), open("/proc/cpuinfo", encoding="utf-8", errors="replace") as file:
        for line in file:
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def identity(device: torch.device) -> str | None:
    """How ``nvidia-smi`` knows the device: torch counts only those that it is shown, in an order of its own."""
    uuid = getattr(torch.cuda.get_device_properties(device), "uuid", None)
    if uuid is not None:
        text = str(uuid)
        return text if text.startswith(("GPU-", "MIG-")) else f"GPU-{text}"
    index = torch.cuda.current_device() if device.index is None else device.index
    shown = [each.strip() for each in os.environ.get("CUDA_VISIBLE_DEVICES", "").split(",") if each.strip()]
    if not shown:
        return str(index)
    return shown[index] if index < len(shown) else None


def query_command(device: torch.device, fields: list[str]) -> list[str] | None:
    which = identity(device)
    if which is None:
        return None
    return ["nvidia-smi", f"--id={which}", f"--query-gpu={','.join(fields)}", "--format=csv,noheader,nounits"]


def query(device: torch.device, fields: list[str]) -> dict[str, str] | None:
    """What ``nvidia-smi`` says; None where there is none, or it does not know the device."""
    command = query_command(device, fields)
    if command is None:
        return None
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE, check=True)
    except (OSError, subprocess.SubprocessError):
        return None
    return answers(done.stdout, fields)


def answers(text: str, fields: list[str]) -> dict[str, str] | None:
    """The one line of values that ``nvidia-smi`` prints, by field."""
    lines = [line for line in text.splitlines() if line.strip()]
    values = [each.strip() for each in lines[0].split(",")] if len(lines) == 1 else []
    return dict(zip(fields, values, strict=True)) if len(values) == len(fields) else None


def numbers(found: Mapping[str, str] | None, names: Mapping[str, str]) -> dict[str, float | None] | None:
    """The answers as numbers under our names; None for what the device does not tell."""
    if found is None:
        return None
    values: dict[str, float | None] = {}
    for name, field in names.items():
        try:
            values[name] = float(found[field])
        except ValueError:
            values[name] = None
    return values


def text_of(found: Mapping[str, str] | None, field: str) -> str | None:
    return found[field] if found else None


def state_under(device: torch.device, load: Callable[[], object]) -> dict[str, float | None] | None:
    """Clocks, power and temperature while ``load`` runs again and again; None where they cannot be read."""
    if device.type != "cuda":
        clock = cpu_clock()
        return None if clock is None else {"cpu_clock_mhz": clock}
    command = query_command(device, list(STATE.values()))
    if command is None:
        return None
    try:
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    except OSError:
        return None
    end = time.monotonic() + PATIENCE
    try:
        while process.poll() is None and time.monotonic() < end:
            load()
        if process.poll() is None:
            return None
        text = process.communicate()[0]
    finally:
        if process.poll() is None:
            process.kill()
            process.communicate()
    return numbers(answers(text, list(STATE.values())), STATE) if process.returncode == 0 else None


def cpu_clock() -> float | None:
    """The clock of the first core in MHz, as Linux tells it."""
    with (
        contextlib.suppress(OSError, ValueError),
        open("/sys/devices/system/cpu/cpu0/cpufreq/scaling_cur_freq", encoding="ascii") as file,
    ):
        return int(file.read()) / 1000
    with contextlib.suppress(OSError, ValueError), open("/proc/cpuinfo", encoding="utf-8", errors="replace") as file:
        for line in file:
            if line.startswith("cpu MHz"):
                return float(line.partition(":")[2])
    return None
