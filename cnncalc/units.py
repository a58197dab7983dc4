"""How numbers are written and read: one convention, one place.

A MAC is one multiply-accumulate; FLOPs are 2 x MACs.  MiB is 2^20 bytes.  Counts are abbreviated in steps of 1000.
"""

from __future__ import annotations

import re
from decimal import Decimal, InvalidOperation
from fractions import Fraction
from typing import NamedTuple

DTYPE_BYTES: dict[str, int] = {
    "float64": 8,
    "float32": 4,
    "tf32": 4,
    "float16": 2,
    "bfloat16": 2,
    "float8": 1,
    "int8": 1,
    "uint8": 1,
}
"""Bytes per value of a data type; the counter of batch normalisation is always an int64."""

COUNTER_BYTES = 8

FLOPS_PER_MAC = 2


def decimal(value: Fraction | int | float, digits: int = 4) -> str:
    """``54.25``; at most ``digits`` places, no trailing zeros."""
    if isinstance(value, Fraction):
        value = float(value)
    text = f"{value:.{digits}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def fraction(value: Fraction | int) -> str:
    """``4``; ``(1/2)`` and ``(-3)`` in parentheses, so that they can stand in a formula."""
    return str(value) if value.denominator == 1 and value >= 0 else f"({value})"


def simplest(value: Fraction | int) -> Fraction | int:
    """An int where the fraction is whole."""
    return value.numerator if value.denominator == 1 else value


def whole_up(value: Fraction | int) -> int:
    """Rounded up to a whole number of positions."""
    return -(-value.numerator // value.denominator)


def plain(number: Fraction | int) -> int | float:
    """A fraction as JSON can carry it."""
    return number.numerator if number.denominator == 1 else float(number)


def grouped(value: int) -> str:
    """``34,944``."""
    return f"{value:,}"


def short_count(value: int) -> str:
    """``60.97 M``, ``714.19 M``, ``4.09 G``; below 10,000 the number itself."""
    if abs(value) < 10_000:
        return grouped(value)
    number = float(value)
    for unit in ("k", "M", "G", "T", "P"):
        number /= 1000
        if abs(number) < 999.995:
            return f"{number:.2f} {unit}"
    return f"{number:.2f} P"


def short_bytes(value: int) -> str:
    """``232.6 MiB``; below 1 KiB in bytes."""
    if abs(value) < 1024:
        return f"{value} B"
    number = float(value)
    for unit in ("KiB", "MiB", "GiB", "TiB", "PiB"):
        number /= 1024
        if abs(number) < 1023.95:
            return f"{number:.1f} {unit}"
    return f"{number:.1f} PiB"


_MULTIPLES = {"": 1, "k": 10**3, "K": 10**3, "m": 10**6, "M": 10**6, "g": 10**9, "G": 10**9, "b": 10**9, "B": 10**9}
_MULTIPLES |= {"p": 10**15, "P": 10**15, "ti": 2**40, "Ti": 2**40, "pi": 2**50, "Pi": 2**50}
_MULTIPLES |= {"t": 10**12, "T": 10**12, "ki": 2**10, "Ki": 2**10, "mi": 2**20, "Mi": 2**20, "gi": 2**30, "Gi": 2**30}
_FIGURE = re.compile(r"(?P<number>\d[\d,_ ]*(?:\.\d+)?(?:[eE][+-]?\d{1,3})?)\s*(?P<unit>[kKmMgGtTpPbB]i?)?B?\Z")

_BYTES = re.compile(r"(?<=\d)\s*[bB]\Z")


class Figure(NamedTuple):
    """A figure as somebody wrote it: the value and half of its last digit, 0 where it is exact."""

    value: Fraction
    slack: Fraction

    def matches(self, truth: int) -> bool:
        """Whether ``truth``, rounded to the figure's own precision, is the figure."""
        return abs(truth - self.value) <= self.slack


def read_figure(text: str, bytes: bool = False) -> Figure | None:
    """Read ``62378344``, ``62,378,344``, ``25.6M``, ``4.09 G``, ``24GiB``; None where it is no figure.

    ``1.2B`` is a billion, but with ``bytes`` a ``B`` alone is a byte: ``576 B``."""
    text = text.strip()
    found = _FIGURE.match(_BYTES.sub("", text) if bytes else text)
    if not found or len(text) > 60:
        return None
    digits = re.sub(r"[,_ ]", "", found["number"])
    unit = found["unit"] or ""
    try:
        number = Decimal(digits)
    except InvalidOperation:
        return None
    if unit not in _MULTIPLES:
        return None
    scale = _MULTIPLES[unit]
    exponent = number.as_tuple().exponent
    places = Fraction(10) ** int(exponent)
    exact = not unit and "." not in digits and "e" not in digits.lower()
    return Figure(Fraction(number) * scale, Fraction(0) if exact else places * scale / 2)
