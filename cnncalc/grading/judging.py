"""One answer against one question: right, right but rounded, in another unit, or which mistakes give the same value."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from math import prod
from typing import NamedTuple

from cnncalc.arithmetic import simplest
from cnncalc.grading.asks import COUNTS, UNITS
from cnncalc.grading.reading import read_answer
from cnncalc.grading.records import (
    CORRECT,
    DIAGNOSED,
    UNIT_SLIP,
    UNREADABLE,
    WRONG,
    Number,
    Question,
    Reading,
    Truth,
    Value,
)
from cnncalc.grading.sheet import Item
from cnncalc.layers.mistakes import Mistake, written
from cnncalc.shape import axis_names, product

SIZE_ASKS = ("output", "height", "width", "depth", "length", "receptive_field")
"""Figures for which many of the numbers near the right one follow from some mistake: a single one proves nothing."""

BOTH_WRONG = "both the sizes and the channels are wrong"


class Judged(NamedTuple):
    """What one answer is by itself.

    ``value`` is what the student goes on with: a figure, or a shape with channels first; None where nothing could be
    read.  ``candidates`` are the mistakes that give it, ``note`` what else there is to say.
    """

    verdict: str
    read_as: str
    value: Value | None = None
    candidates: tuple[Mistake, ...] = ()
    note: str = ""


class Slip(NamedTuple):
    """A figure in another unit: so many times the right one."""

    name: str
    factor: Fraction
    message: str


class Table(NamedTuple):
    """The wrong values of a question, looked up by value."""

    item: Item
    rank: int | None
    value_bytes: int
    by_value: dict[Value, tuple[Mistake, ...]]
    numbers: tuple[Mistake, ...]
    """Those that are single numbers, for rounded answers."""
    slips: tuple[tuple[Fraction, Slip], ...]
    """The right figure in other units."""

    @property
    def question(self) -> Question:
        return self.item.question

    @property
    def truth(self) -> Truth:
        return self.item.truth


def table_of(item: Item, rank: int, value_bytes: int) -> Table:
    """The table of a question; ``rank`` is the number of spatial axes that flow there."""
    by_value: dict[Value, tuple[Mistake, ...]] = {}
    for mistake in item.mistakes:
        by_value[mistake.value] = (*by_value.get(mistake.value, ()), mistake)
    numbers = tuple(each for each in item.mistakes if not isinstance(each.value, tuple))
    right = item.truth.exact if item.truth.value is None else item.truth.value
    axes = None
    if item.truth.kind == "shape" and isinstance(right, tuple):
        axes = len(right)
    elif item.question.ask == "receptive_field":
        axes = rank
    return Table(item, axes, value_bytes, by_value, numbers, tuple(slips_of(item)))


def judge(table: Table, text: str) -> Judged:
    """An answer by itself: without what else the student answered."""
    reading = read_answer(text, table.rank)
    if reading.kind == "blank":
        return Judged(WRONG, "", note="not answered")
    if reading.kind == "unreadable":
        return Judged(UNREADABLE, "", note=reading.problem)
    if reading.kind == "none":
        if table.truth.value is None:
            return Judged(CORRECT, reading.shown)
        return Judged(WRONG, reading.shown, note="there is such a value")
    if table.truth.kind == "shape":
        judged = judge_shape(table, reading) if reading.kind == "shape" else judge_for_shape(table, reading)
    elif reading.kind == "shape":
        judged = judge_for_figure(table, reading)
    else:
        judged = judge_figure(table, reading)
    if reading.problem and not (judged.verdict == CORRECT and table.question.accept.digits is not None):
        judged = judged._replace(note="; ".join(filter(None, (judged.note, reading.problem))))
    return judged


# -- shapes -----------------------------------------------------------------------------------------------------------


def judge_shape(table: Table, reading: Reading) -> Judged:
    """A shape for a shape, in every order of its axes that makes sense."""
    right = table.truth.value if table.truth.value is not None else table.truth.exact
    assert isinstance(right, tuple)
    values = reading.values
    notes: list[str] = []
    if len(values) == len(right) + 1 and not reading.axes:
        values = values[1:]
        notes.append("the batch is left out")
    if len(right) == 1 and len(values) > 1 and sum(each != 1 for each in values) <= 1:
        values = (max(values),)
    if len(values) != len(right):
        return judge_axes(table, values, right)
    readings = (judge_order(table, each, right, reading.slack) for each in orders(table, reading, values))
    best = max(readings, key=preference)
    written_as = reading.shown
    if not reading.axes and len(right) > 1 and len(set(values)) > 1:
        first = axis_names(len(right) - 1)
        written_as += f" ({' x '.join(('C', *first) if best.value == values else (*first, 'C'))})"
    return best._replace(read_as=written_as, note="; ".join(filter(None, (*notes, best.note))))


def orders(table: Table, reading: Reading, values: tuple[Number, ...]) -> Iterator[tuple[Number, ...]]:
    """The shape with channels first, for every order that it may be written in."""
    order = table.question.accept.order
    if order != "hwc" or reading.axes.startswith("C"):
        yield values
    if order != "chw" and not reading.axes.startswith("C") and len(values) > 1:
        yield (values[-1], *values[:-1])


def preference(judged: Judged) -> tuple[int, int, int]:
    """Which reading of a shape is meant: the right one, else the one that is explained, else the one nearer by."""
    ranks = {CORRECT: 2, DIAGNOSED: 1}
    return ranks.get(judged.verdict, 0), bool(judged.note), len(judged.candidates)


def judge_order(
    table: Table,
    values: tuple[Number, ...],
    right: tuple[Number, ...],
    slack: Fraction = Fraction(0),
) -> Judged:
    """A shape in one order; ``slack`` is how far sizes with decimals may be rounded."""
    shown = written(values)
    if values == right or (slack and near(values, right, slack)):
        note = "it does not tile" if table.truth.value is None else ""
        return Judged(CORRECT, shown, values, note=note)
    found = table.by_value.get(values, ())
    if not found and slack:
        found = tuple(each for each in table.item.mistakes if near(values, each.value, slack))
    if found:
        return Judged(DIAGNOSED, shown, values, found)
    for name, other, message, hint in swapped(table, right):
        if values == other:
            order = table.question.accept.order
            typed = written((*values[1:], values[0]) if order == "hwc" else values)
            meant = right if name == "axes-in-other-order" else values
            return Judged(DIAGNOSED, shown, meant, (Mistake(name, values, typed, message, hint),))
    sizes = table.by_value.get((right[0], *values[1:]), ())
    channels = table.by_value.get((values[0], *right[1:]), ())
    if sizes and channels and values[0] != right[0] and values[1:] != right[1:]:
        return Judged(DIAGNOSED, shown, values, (*sizes, *channels), BOTH_WRONG)
    return Judged(WRONG, shown, values, note=parts_right(values, right))


def near(values: tuple[Number, ...], other: Value, slack: Fraction) -> bool:
    """Whether sizes with decimals are those of another shape, rounded."""
    if not isinstance(other, tuple) or len(other) != len(values):
        return False
    return all(abs(Fraction(one) - two) <= slack for one, two in zip(values, other, strict=True))


def swapped(table: Table, right: tuple[Number, ...]) -> Iterator[tuple[str, tuple[Number, ...], str, str]]:
    """The right shape with its axes in another order."""
    order = table.question.accept.order
    if len(right) > 1:
        wanted = "channels come last here" if order == "hwc" else "channels come first here"
        moved = (*right[1:], right[0]) if order != "hwc" else (right[-1], *right[:-1])
        if order != "any":
            yield (
                "axes-in-other-order",
                moved,
                f"the numbers are right, but {wanted}",
                "In which order do the axes stand?",
            )
    if len(right) > 2:
        turned = (right[0], *reversed(right[1:]))
        yield "height-and-width-swapped", turned, "height and width are swapped", "Height comes before width."


def parts_right(values: tuple[Number, ...], right: tuple[Number, ...]) -> str:
    """Which part of a wrong shape is right."""
    if len(right) > 1 and values[1:] == right[1:]:
        return "the sizes are right, the channels are not"
    return "the channels are right, the sizes are not" if len(right) > 1 and values[0] == right[0] else ""


def judge_axes(table: Table, values: tuple[Number, ...], right: tuple[Number, ...]) -> Judged:
    """A shape with too few or too many axes."""
    shown = written(values)
    if len(right) > 1 and values == right[1:]:
        message = f"the {written(right[0])} channels are missing"
        hint = "A shape has channels as well as sizes."
        return Judged(DIAGNOSED, shown, None, (Mistake("channels-missing", values, shown, message, hint),))
    names = ("C", *axis_names(len(right) - 1)) if len(right) > 1 else ("a single number",)
    return Judged(
        UNREADABLE, shown, note=f"a shape with {len(values)} axes, asked for are {len(right)}: {' '.join(names)}"
    )


def judge_for_shape(table: Table, reading: Reading) -> Judged:
    """A single number for a shape."""
    right = table.truth.value if table.truth.value is not None else table.truth.exact
    assert isinstance(right, tuple)
    (value,) = reading.values
    if len(right) == 1:
        return judge_order(table, (value,), right)._replace(read_as=reading.shown)
    if value in table.truth.also:
        return Judged(CORRECT, reading.shown, table.truth.value, note="the number of values")
    count = prod(right)
    if value == count:
        message = "that is the number of values: a shape is asked for"
        made = Mistake(
            "flattened-shape",
            value,
            f"{product(map(int, right))} = {written(value)}",
            message,
            "A shape names its axes.",
        )
        return Judged(DIAGNOSED, reading.shown, None, (made,))
    if value in right:
        which = "the channels" if value == right[0] else "one side"
        made = Mistake(
            "one-axis-only",
            value,
            written(value),
            f"{which} only: a shape names all its axes",
            "A shape names all its axes.",
        )
        return Judged(DIAGNOSED, reading.shown, None, (made,))
    return Judged(UNREADABLE, reading.shown, note="a single number, where a shape such as 96x55x55 is asked for")


# -- figures ----------------------------------------------------------------------------------------------------------


def judge_for_figure(table: Table, reading: Reading) -> Judged:
    """A shape for a single number: fine where all its axes are that number."""
    sizes = set(reading.values)
    if table.question.ask in SIZE_ASKS and len(sizes) == 1:
        return judge_figure(table, Reading("number", (sizes.pop(),), shown=reading.shown))
    return Judged(UNREADABLE, reading.shown, note="a shape, where a single number is asked for")


def judge_figure(table: Table, reading: Reading) -> Judged:
    """A number for a figure."""
    truth = table.truth
    right = truth.value if truth.value is not None else truth.exact
    options = list(in_units(table, reading))
    value, slack = options[0].value, options[0].slack
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
    found = exact or tuple(each for each in table.numbers if slack and abs(Fraction(each.value) - value) <= slack)  # type: ignore[arg-type]
    slips = () if exact else tuple(unit_slips(table, value, slack))
    if found or slips:
        return Judged(DIAGNOSED if found else UNIT_SLIP, reading.shown, value, (*found, *slips))
    return Judged(WRONG, reading.shown, value)


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
        unit = Fraction(10) ** (len(str(int(right / meant.factor))) - digits) * meant.factor
        if off <= unit / 2 and slack <= unit / 2:
            return Judged(CORRECT, reading.shown, value, note=f"to {digits} significant digits")
    if not slack or off > slack:
        return None
    wrong = [each for each in table.numbers if abs(Fraction(each.value) - value) <= slack]  # type: ignore[arg-type]
    if not wrong and digits is None:
        return Judged(CORRECT, reading.shown, value, note="rounded, and right as far as it goes")
    needed = digits if digits is not None else digits_needed(table, right)
    return Judged(UNREADABLE, reading.shown, note=f"the right size, but give at least {needed} digits")


def digits_needed(table: Table, right: Number) -> int:
    """How many significant digits tell a figure from all known mistakes."""
    length = len(str(abs(int(right))))
    for digits in range(1, length + 1):
        unit = Fraction(10) ** (length - digits)
        rounded = (Fraction(right) / unit + Fraction(1, 2)).__floor__() * unit
        if all(abs(Fraction(each.value) - rounded) > unit / 2 for each in table.numbers):  # type: ignore[arg-type]
            return digits
    return length


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
BYTES_SLIPS = (
    Slip("decimal-separator", Fraction(1, 1000), "in kB, or a decimal point for a comma: {right} is asked for"),
    Slip("in-values", Fraction(1, 4), "the number of values, not their bytes: {right} is asked for"),
    Slip("in-bits", Fraction(8), "in bits: {right} is asked for"),
    Slip("in-kibibytes", Fraction(1, 1024), "in KiB: {right} is asked for"),
    Slip("in-megabytes", Fraction(1, 10**6), "in MB: {right} is asked for"),
    Slip("in-mebibytes", Fraction(1, 2**20), "in MiB: {right} is asked for"),
    Slip("two-bytes-per-value", Fraction(1, 2), "at 2 bytes for a value (float16): {right} is asked for"),
    Slip("eight-bytes-per-value", Fraction(2), "at 8 bytes for a value (float64): {right} is asked for"),
)
SLIP_HINT = "Look at the unit, and at the decimal separator."
LEAST_DIGITS = 3
"""A rounded figure in another unit is recognised by so many significant digits."""


def slips_of(item: Item) -> Iterator[tuple[Fraction, Slip]]:
    """The right figure of a question in other units."""
    right = item.truth.value
    if item.question.ask not in COUNTS or not isinstance(right, int) or not right:
        return
    in_bytes = item.truth.kind == "bytes" and item.question.accept.units != "values"
    for slip in BYTES_SLIPS if in_bytes else COUNT_SLIPS:
        yield right * slip.factor, slip


def unit_slips(table: Table, value: Number, slack: Fraction) -> Iterator[Mistake]:
    """The slips that give an answer: exactly, or rounded to some digits."""
    for meant, slip in table.slips:
        close = meant == value
        if slack and not close and value >= slack * 2 * 10 ** (LEAST_DIGITS - 1):
            close = abs(meant - value) <= slack
        if close:
            factor = slip.factor
            times = f"*{factor}" if factor >= 1 or factor.numerator > 1 else f"/{1 / factor}"
            shown = table.truth.shown
            worked = f"{shown}{times} = {written(value)}"
            yield Mistake(slip.name, value, worked, slip.message.format(right=shown), SLIP_HINT)
