"""One answer against one question: right, right but rounded, in another unit, or which mistakes give the same value."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from math import prod

from cnncalc.grading.figures import Meant, judge_for_figure, judge_number, judge_rounded
from cnncalc.grading.reading import read_answer
from cnncalc.grading.records import CORRECT, DIAGNOSED, UNREADABLE, WRONG, Number, Reading, Value
from cnncalc.grading.tables import BOTH_WRONG, NOT_ANSWERED, Judged, Table
from cnncalc.layers.mistakes import Mistake, written
from cnncalc.shape import axis_names, product


def judge(table: Table, text: str) -> Judged:
    """An answer by itself: without what else the student answered."""
    reading = read_answer(text, table.rank)
    if reading.kind == "blank":
        return Judged(WRONG, "", note=NOT_ANSWERED)
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
        judged = judge_number(table, reading)
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
    if len(values) == len(right) + 1 and not reading.axes and values[0] >= 1:
        values = values[1:]
        notes.append("the batch is left out")
    if len(right) == 1 and len(values) > 1 and sum(each != 1 for each in values) <= 1:
        values = (max(values),)
    if len(values) != len(right):
        return judge_axes(table, values, right)
    named = reading.axes.startswith("C")
    readings = (judge_order(table, each, right, reading.slack, named) for each in orders(table, reading, values))
    best = max(readings, key=preference)
    written_as = reading.shown
    if not reading.axes and len(right) > 1 and len(set(values)) > 1:
        names = names_of(table, right)
        written_as += f" ({' x '.join(names if best.value == values else (*names[1:], names[0]))})"
    return best._replace(read_as=written_as, note="; ".join(filter(None, (*notes, best.note))))


def orders(table: Table, reading: Reading, values: tuple[Number, ...]) -> Iterator[tuple[Number, ...]]:
    """The shape with channels first, for every order that it may be written in; a field has no channels."""
    order = table.question.accept.order
    if table.question.ask == "receptive_field":
        yield values
        return
    if order != "hwc" or reading.axes.startswith("C"):
        yield values
    if order != "chw" and not reading.axes.startswith("C") and len(values) > 1:
        yield (values[-1], *values[:-1])


def names_of(table: Table, right: tuple[Number, ...]) -> tuple[str, ...]:
    """The names of the axes that are asked for."""
    if table.question.ask == "receptive_field":
        return axis_names(len(right))
    return ("C", *axis_names(len(right) - 1)) if len(right) > 1 else ("a single number",)


def preference(judged: Judged) -> tuple[int, int, int]:
    """Which reading of a shape is meant: the right one, else the one that a single mistake explains, else the one that
    two do, else the one nearer by."""
    ranks = {CORRECT: 3, DIAGNOSED: 1 if judged.note == BOTH_WRONG else 2}
    return ranks.get(judged.verdict, 0), bool(judged.note), len(judged.candidates)


def judge_order(
    table: Table,
    values: tuple[Number, ...],
    right: tuple[Number, ...],
    slack: Fraction = Fraction(0),
    named: bool = False,
) -> Judged:
    """A shape in one order; ``slack`` is how far sizes with decimals may be rounded, ``named`` whether the answer names
    its axes."""
    shown = written(values)
    if values == right or (slack and near(values, right, slack)):
        note = "it does not tile" if table.truth.value is None else ""
        return Judged(CORRECT, shown, values, note=note)
    found = table.by_value.get(values, ())
    if not found and slack:
        found = tuple(each for each in table.item.mistakes if near(values, each.value, slack))
    if found:
        return Judged(DIAGNOSED, shown, values, found)
    for name, other, message, hint in swapped(table, right, named):
        if values == other:
            order = table.question.accept.order
            typed = written((*values[1:], values[0]) if order == "hwc" else values)
            meant = right if name == "axes-in-other-order" else values
            return Judged(DIAGNOSED, shown, meant, (Mistake(name, values, typed, message, hint),))
    sizes = table.by_value.get((right[0], *values[1:]), ())
    channels = table.by_value.get((values[0], *right[1:]), ())
    if sizes and channels and values[0] != right[0] and values[1:] != right[1:]:
        return Judged(DIAGNOSED, shown, values, (*sizes, *channels), BOTH_WRONG)
    return Judged(WRONG, shown, values, note=parts_right(table, values, right))


def near(values: tuple[Number, ...], other: Value, slack: Fraction) -> bool:
    """Whether sizes with decimals are those of another shape, rounded."""
    if not isinstance(other, tuple) or len(other) != len(values):
        return False
    return all(abs(Fraction(one) - two) <= slack for one, two in zip(values, other, strict=True))


def swapped(
    table: Table, right: tuple[Number, ...], named: bool = False
) -> Iterator[tuple[str, tuple[Number, ...], str, str]]:
    """The right shape with its axes in another order."""
    order = table.question.accept.order
    field = table.question.ask == "receptive_field"
    if field:
        order = "any"
    if named and len(right) > 1:
        message = "the numbers are right, but of other axes than those that you name"
        yield "axes-in-other-order", (*right[1:], right[0]), message, "In which order do the axes stand?"
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
    if len(right) > (1 if field else 2):
        turned = (*right[:-2], right[-1], right[-2])
        yield "height-and-width-swapped", turned, "height and width are swapped", "Height comes before width."


def parts_right(table: Table, values: tuple[Number, ...], right: tuple[Number, ...]) -> str:
    """Which part of a wrong shape is right."""
    if table.question.ask == "receptive_field":
        return ""
    if len(right) > 1 and values[1:] == right[1:]:
        return "the sizes are right, the channels are not"
    return "the channels are right, the sizes are not" if len(right) > 1 and values[0] == right[0] else ""


def judge_axes(table: Table, values: tuple[Number, ...], right: tuple[Number, ...]) -> Judged:
    """A shape with too few or too many axes."""
    shown = written(values)
    if len(right) > 1 and values == right[1:] and table.question.ask != "receptive_field":
        message = f"the {written(right[0])} channels are missing"
        hint = "A shape has channels as well as sizes."
        return Judged(DIAGNOSED, shown, None, (Mistake("channels-missing", values, shown, message, hint),))
    names = names_of(table, right)
    return Judged(
        UNREADABLE, shown, note=f"a shape with {len(values)} axes, asked for are {len(right)}: {' '.join(names)}"
    )


def judge_for_shape(table: Table, reading: Reading) -> Judged:
    """A single number for a shape."""
    right = table.truth.value if table.truth.value is not None else table.truth.exact
    assert isinstance(right, tuple)
    (value,) = reading.values
    if len(right) == 1:
        return judge_for_vector(table, reading, right[0])
    if value in table.truth.also:
        return Judged(CORRECT, reading.shown, table.truth.value, note="the number of values")
    field = table.question.ask == "receptive_field"
    if value == prod(right) and not field:
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
        which = "the channels" if value == right[0] and not field else "one side"
        made = Mistake(
            "one-axis-only",
            value,
            written(value),
            f"{which} only: a shape names all its axes",
            "A shape names all its axes.",
        )
        return Judged(DIAGNOSED, reading.shown, None, (made,))
    return Judged(UNREADABLE, reading.shown, note="a single number, where a shape such as 96x55x55 is asked for")


def judge_for_vector(table: Table, reading: Reading, right: Number) -> Judged:
    """The number of values for a vector, exact or rounded."""
    (value,) = reading.values
    judged = judge_order(table, (value,), (right,))
    if judged.verdict == WRONG and reading.slack:
        sizes = ((each, each.value) for each in table.item.mistakes)
        single = tuple(each._replace(value=size[0]) for each, size in sizes if isinstance(size, tuple))
        near_it = judge_rounded(table._replace(numbers=single), reading, Meant(value, reading.slack), right)
        judged = near_it._replace(value=(right,) if near_it.verdict == CORRECT else None) if near_it else judged
    return judged._replace(read_as=reading.shown)
