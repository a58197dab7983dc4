"""A number against a figure: exact, rounded, in another unit, or what a mistake gives."""

from __future__ import annotations

import re
from collections.abc import Iterator
from fractions import Fraction
from typing import NamedTuple

from cnncalc.grading.asks import UNITS
from cnncalc.grading.records import CORRECT, DIAGNOSED, UNIT_SLIP, UNREADABLE, WRONG, Number, Reading
from cnncalc.grading.slips import SLIP_HINT, unit_slips
from cnncalc.grading.tables import SIZE_ASKS, Judged, Table
from cnncalc.layers.mistakes import Mistake
from cnncalc.units import simplest

SIDES = ("kernel", "stride", "pad", "dilation", "outpad")
"""Hyperparameters that are written per axis: ``11x11``."""

COARSEST = Fraction(1, 20)
"""A rounded figure is no answer if it may be further off: ``~100`` says nothing about 96, ``34.9k`` much of 34,944."""

_SQUARE = re.compile(r"\s*(\d{1,6})(?:\s*[x×*]\s*\1){1,2}\s*")
_DIGITS = re.compile(r"\d+")


def judge_for_figure(table: Table, reading: Reading) -> Judged:
    """A shape for a single number: fine where all its axes are that number."""
    sizes = set(reading.values)
    question = table.question
    if (question.ask in SIZE_ASKS or question.blank in SIDES) and len(sizes) == 1:
        return judge_figure(table, Reading("number", (sizes.pop(),), shown=reading.shown))
    return Judged(UNREADABLE, reading.shown, note="a shape, where a single number is asked for")


def judge_number(table: Table, reading: Reading) -> Judged:
    """A number for a figure; where one side is asked for, ``11x11`` is the side, ``11*11`` the product or the side, and
    ``11x11 = 121`` the product."""
    judged = judge_figure(table, reading)
    question = table.question
    if question.ask not in SIZE_ASKS and question.blank not in SIDES:
        return judged
    square = _SQUARE.fullmatch(reading.worked)
    alone = reading.shown.startswith(" ".join(reading.worked.split()))
    if square is None or not alone or (judged.verdict == CORRECT and "*" in reading.worked):
        return judged
    return judge_figure(table, Reading("number", (int(square[1]),), shown="x".join(_DIGITS.findall(reading.worked))))


def judge_figure(table: Table, reading: Reading) -> Judged:
    """A number for a figure, as it stands."""
    truth = table.truth
    right = truth.value if truth.value is not None else truth.exact
    options = list(in_units(table, reading))
    value, slack = options[0].value, options[0].slack
    if truth.kind != "bytes" and reading.unit not in ("", "values") and value == right:
        return Judged(UNIT_SLIP, reading.shown, value, (no_memory(table, reading),))
    for each in options:
        if each.value == right or each.value in truth.also:
            return Judged(
                CORRECT, reading.shown, each.value, note="it does not tile" if truth.value is None else each.note
            )
    if not isinstance(right, tuple) and right is not None and truth.value is not None:
        for each in options:
            near = judge_rounded(table, reading, each, right)
            if near is not None:
                return near._replace(note=near.note or each.note)
    exact = table.by_value.get(value, ())
    if not exact and slack > COARSEST * abs(Fraction(value)):
        return Judged(WRONG, reading.shown, value)
    found = exact or tuple(each for each in table.numbers if slack and abs(Fraction(each.value) - value) <= slack)  # type: ignore[arg-type]
    slips = () if exact else tuple(unit_slips(table.slips, truth.shown, value, slack))
    if found or slips:
        return Judged(DIAGNOSED if found else UNIT_SLIP, reading.shown, value, (*found, *slips))
    return Judged(WRONG, reading.shown, value)


def no_memory(table: Table, reading: Reading) -> Mistake:
    """The right figure, said to be one of memory."""
    message = f"the figure is right, but {reading.unit} measure memory, which is not asked for"
    return Mistake("unit-of-memory", reading.values[0], table.truth.shown, message, SLIP_HINT)


class Meant(NamedTuple):
    """A number in the unit of the truth: its value, its slack, and what its unit was taken for."""

    value: Number
    slack: Fraction
    factor: Fraction = Fraction(1)
    note: str = ""


def in_units(table: Table, reading: Reading) -> Iterator[Meant]:
    """The answer for every meaning that its unit may have."""
    (value,) = reading.values
    if table.truth.kind != "bytes":
        yield Meant(value, reading.slack)
        return
    unit = reading.unit or table.question.accept.units
    in_values = table.question.accept.units == "values"
    factors = [(factor_of(unit, table.value_bytes), "")]
    if unit in ("kB", "KB", "MB", "GB"):
        binary = {"kB": 2**10, "KB": 2**10, "MB": 2**20, "GB": 2**30}[unit]
        factors.append((Fraction(binary), f"{unit} read as {binary:,} bytes"))
    for factor, note in factors:
        times = factor / table.value_bytes if in_values else factor
        yield Meant(simplest(value * times), reading.slack * times, times, note)


def factor_of(unit: str, value_bytes: int) -> Fraction:
    """The bytes of a unit."""
    size = UNITS[unit]
    return Fraction(value_bytes) if size == 0 else Fraction(1, -size) if size < 0 else Fraction(size)


def judge_rounded(table: Table, reading: Reading, meant: Meant, right: Number) -> Judged | None:
    """An answer that is right as far as it goes: good enough, or too coarse to tell it from a mistake."""
    digits = table.question.accept.digits
    value, slack = meant.value, meant.slack
    off = abs(Fraction(right) - value)
    if digits is not None and right:
        unit = Fraction(10) ** (magnitude(right / meant.factor) - digits) * meant.factor
        if off <= unit / 2 and slack <= unit / 2:
            return Judged(CORRECT, reading.shown, value, note=f"to {digits} significant digits")
    if not slack or off > slack:
        return None
    wrong = [each for each in table.numbers if abs(Fraction(each.value) - value) <= slack]  # type: ignore[arg-type]
    if not wrong and digits is None and slack <= COARSEST * abs(Fraction(value)):
        return Judged(CORRECT, reading.shown, value, note="rounded, and right as far as it goes")
    needed = digits if digits is not None else digits_needed(table, right)
    enough = f"at least {needed} digits" if needed > 1 else "it exactly"
    return Judged(UNREADABLE, reading.shown, note=f"the right size, but give {enough}")


def magnitude(value: Fraction) -> int:
    """The digits in front of the point: 3 of 115.2, 0 of 0.1152, -1 of 0.0108."""
    length = len(str(int(value))) if value >= 1 else 0
    while 0 < value * Fraction(10) ** -length < Fraction(1, 10):
        length -= 1
    return length


def digits_needed(table: Table, right: Number) -> int:
    """How many significant digits tell a figure from all known mistakes."""
    length = len(str(abs(int(right))))
    for digits in range(min(2, length), length + 1):
        unit = Fraction(10) ** (length - digits)
        rounded = (Fraction(right) / unit + Fraction(1, 2)).__floor__() * unit
        if all(abs(Fraction(each.value) - rounded) > unit / 2 for each in table.numbers):  # type: ignore[arg-type]
            return digits
    return length
