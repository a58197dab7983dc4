"""The right figure in another unit, or with a slipped decimal separator."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from fractions import Fraction
from typing import NamedTuple

from cnncalc.grading.asks import COUNTS
from cnncalc.grading.records import Number
from cnncalc.grading.sheet import Item
from cnncalc.layers.mistakes import Mistake, written


class Slip(NamedTuple):
    """A figure in another unit: so many times the right one."""

    name: str
    factor: Fraction
    message: str


THOUSANDS = "in thousands, or a decimal point where the thousands are grouped: {right} is asked for"
COUNT_SLIPS = (
    Slip("decimal-separator", Fraction(1, 1000), THOUSANDS),
    Slip("in-millions", Fraction(1, 10**6), "in millions: {right} is asked for"),
    Slip("in-bytes", Fraction(4), "in bytes, at 4 for a value: {right} is asked for"),
    Slip("in-bits", Fraction(32), "in bits, at 32 for a value: {right} is asked for"),
    Slip("in-kilobytes", Fraction(4, 1000), "in kB, at 4 bytes for a value: {right} is asked for"),
    Slip("in-kibibytes", Fraction(4, 1024), "in KiB, at 4 bytes for a value: {right} is asked for"),
    Slip("in-megabytes", Fraction(4, 10**6), "in MB, at 4 bytes for a value: {right} is asked for"),
    Slip("in-mebibytes", Fraction(4, 2**20), "in MiB, at 4 bytes for a value: {right} is asked for"),
    Slip("too-large-by-thousand", Fraction(1000), "a thousand times too large: {right} is asked for"),
)


def bytes_slips(value_bytes: int) -> tuple[Slip, ...]:
    """The slips with memory where a value has so many bytes."""
    slips = (
        Slip("decimal-separator", Fraction(1, 1000), "in kB, or a decimal point for a comma: {right} is asked for"),
        Slip("in-values", Fraction(1, value_bytes), "the number of values, not their bytes: {right} is asked for"),
        Slip("in-bits", Fraction(8), "in bits: {right} is asked for"),
        Slip("in-kibibytes", Fraction(1, 1024), "in KiB: {right} is asked for"),
        Slip("in-megabytes", Fraction(1, 10**6), "in MB: {right} is asked for"),
        Slip("in-mebibytes", Fraction(1, 2**20), "in MiB: {right} is asked for"),
        Slip("two-bytes-per-value", Fraction(2, value_bytes), "at 2 bytes for a value (float16): {right} is asked for"),
        Slip(
            "eight-bytes-per-value", Fraction(8, value_bytes), "at 8 bytes for a value (float64): {right} is asked for"
        ),
    )
    return tuple(each for each in slips if each.factor != 1)


BYTES_SLIPS = bytes_slips(4)
"""Those of float32."""

SLIP_HINT = "Look at the unit, and at the decimal separator."
LEAST_DIGITS = 3
"""A rounded figure in another unit is recognised by so many significant digits."""


def slips_of(item: Item, value_bytes: int) -> Iterator[tuple[Fraction, Slip]]:
    """The right figure of a question in other units; a value has so many bytes."""
    right = item.truth.value
    if item.question.ask not in COUNTS or not isinstance(right, int) or not right:
        return
    in_bytes = item.truth.kind == "bytes" and item.question.accept.units != "values"
    for slip in bytes_slips(value_bytes) if in_bytes else COUNT_SLIPS:
        yield right * slip.factor, slip


def unit_slips(slips: Iterable[tuple[Fraction, Slip]], right: str, value: Number, slack: Fraction) -> Iterator[Mistake]:
    """The slips that give an answer: exactly, or rounded to some digits."""
    for meant, slip in slips:
        close = meant == value
        if slack and not close and value >= slack * 2 * 10 ** (LEAST_DIGITS - 1):
            close = abs(meant - value) <= slack
        if close:
            factor = slip.factor
            times = f"*{factor}" if factor >= 1 or factor.numerator > 1 else f"/{1 / factor}"
            worked = f"{right}{times} = {written(value)}"
            yield Mistake(slip.name, value, worked, slip.message.format(right=right), SLIP_HINT)
