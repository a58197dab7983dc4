"""The words of questions: what can be asked of a layer and of the whole network, and what can be accepted."""

from __future__ import annotations

from typing import Any, NamedTuple

from cnncalc.grading.records import Accept

AXES = {"height": ("H", -2), "width": ("W", -1), "depth": ("D", -3), "length": ("L", -1)}
"""The axes that can be asked for alone: their letters, and where they stand in a shape."""

SIZES = {"height": (3, 4), "width": (3, 4), "depth": (4,), "length": (2,)}
"""How many axes a shape has that has such an axis, the channels among them."""

SHAPES = ("output", *AXES, "channels", "features")
COUNTS = ("params", "weights", "biases", "macs", "flops", "memory")
ASKS = (*SHAPES, *COUNTS, "receptive_field", "layers")
"""Everything that can be asked; hyperparameters are asked for as ``blank``."""

TOTALS = ("output", *COUNTS, "receptive_field", "layers")
"""What can be asked of the whole network."""

ALIASES = {
    "shape": "output",
    "size": "output",
    "parameters": "params",
    "bias": "biases",
    "rf": "receptive_field",
    "field": "receptive_field",
    "units": "features",
}

UNITS = {
    "values": 0,
    "bits": -8,
    "bytes": 1,
    "kB": 10**3,
    "KB": 10**3,
    "MB": 10**6,
    "GB": 10**9,
    "KiB": 2**10,
    "MiB": 2**20,
    "GiB": 2**30,
}
"""Units of memory with their bytes; 0: as many bytes as a value has; below 0: so many of them are a byte."""

WORDS = {
    "order": ("any", "chw", "hwc"),
    "bias": ("counted", "not"),
    "bn": ("trainable", "total"),
    "tiling": ("floor", "strict"),
    "flattened": ("true", "false"),
    "units": tuple(UNITS),
    "memory": ("layers", "all"),
}
"""What each key of ``accept:`` may say; ``rounding`` is ``exact`` or ``sig:N``."""


class Said(NamedTuple):
    """One key of ``accept:`` as a field of :class:`Accept`, or what is wrong with it."""

    field: str
    value: Any
    problem: str = ""


def accepted(key: str, text: str) -> Said:
    """What ``key: text`` under ``accept:`` says."""
    if key == "rounding":
        head, colon, digits = text.partition(":")
        if text == "exact":
            return Said("digits", None)
        if head == "sig" and colon and digits.isascii() and digits.isdigit() and 1 <= len(digits) <= 2 and int(digits):
            return Said("digits", int(digits))
        return Said(key, None, f"rounding is exact or sig:N, such as sig:3, not {text!r}")
    if text not in WORDS[key]:
        return Said(key, None, f"{key} is {listed(WORDS[key])}, not {text!r}")
    if key == "flattened":
        return Said(key, text == "true")
    return Said(key, text)


def listed(words: tuple[str, ...]) -> str:
    """``any, chw or hwc``."""
    return f"{', '.join(words[:-1])} or {words[-1]}"


KEYS = ("order", "rounding", "bias", "bn", "tiling", "flattened", "units", "memory")
"""The keys of ``accept:``."""

assert set(WORDS) | {"rounding"} == set(KEYS)
assert set(Accept._fields) == {*WORDS, "digits"}
