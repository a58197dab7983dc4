"""The fields of a layer: what a hyperparameter may be, how it may be written, and what is told where it is not that.

The annotations say how a value may be written; :class:`Letter` and :class:`Words` give a field its shorthands
(``p2``, ``nobias``).  The phrase binder, the long form, the JSON Schema and the manual page all read this one table.
"""

import math
from collections.abc import Mapping
from fractions import Fraction
from typing import Annotated, Any, LiteralString, NamedTuple

from pydantic import PlainValidator, WithJsonSchema
from pydantic_core import PydanticCustomError

LARGEST = 10**15
"""No number of the language is larger."""


# -- how a field may be written --------------------------------------------------------------------------------------


class Letter(NamedTuple):
    """The shorthand letter of an option: ``p`` for ``p2``."""

    letter: str


class Words(NamedTuple):
    """Bare words that set a field: ``nobias`` sets bias to False."""

    values: Mapping[str, Any]


class Size:
    """Marks a field that takes a size such as 3x3."""


class Sides:
    """Marks a field that takes sides such as 1:2."""


class Line(NamedTuple):
    """The field takes the name of an earlier line (``use``: its ``size``, or its ``node``) in a phrase."""

    use: str


# -- what is told ------------------------------------------------------------------------------------------------


def got(value: object) -> str:
    """A value as the user would recognise it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Fraction):
        return f"{float(value):.10g}"
    if isinstance(value, float):
        return f"{value:.10g}"
    if isinstance(value, tuple):
        if len(value) == 1:
            return f"({got(value[0])},)"
        return "x".join(":".join(map(got, each)) if isinstance(each, tuple) else got(each) for each in value)
    if isinstance(value, str):
        return repr(value)
    text = str(value)
    return text if len(text) <= 40 else text[:37] + "..."


def _refused(fault: LiteralString, wanted: str, value: object) -> PydanticCustomError:
    """The fault of a value that is not what is ``wanted``."""
    return PydanticCustomError(fault, "must be {wanted}, got {got}", {"wanted": wanted, "got": got(value)})


# -- whole numbers ----------------------------------------------------------------------------------------------------


def _whole(value: object, least: int) -> int:
    if isinstance(value, bool) or not isinstance(value, (int, float, Fraction)):
        raise _refused("whole_number", "a whole number", value)
    if not math.isfinite(value) or int(value) != value:
        raise _refused("not_whole", "a whole number", value)
    if value < least:
        raise _refused("too_small", f"at least {least}", value)
    if value > LARGEST:
        raise _refused("too_large", "at most 10^15", value)
    return int(value)


def _one_or_more(value: object) -> int:
    return _whole(value, 1)


def _zero_or_more(value: object) -> int:
    return _whole(value, 0)


# A number may be arithmetic on the file's params, which is a text to a JSON Schema.
_POSITIVE = {"type": "integer", "minimum": 1}
_NATURAL = {"type": "integer", "minimum": 0}

Whole = Annotated[int, PlainValidator(_one_or_more), WithJsonSchema({"anyOf": [_POSITIVE, {"type": "string"}]})]
WholeOrZero = Annotated[int, PlainValidator(_zero_or_more), WithJsonSchema({"anyOf": [_NATURAL, {"type": "string"}]})]


# -- a value for every axis --------------------------------------------------------------------------------------------


def _axes(value: object) -> int | tuple[int, ...]:
    """One number for every axis, or one per axis."""
    if isinstance(value, (tuple, list)):
        if not value:
            raise PydanticCustomError("whole_number", "must be a whole number or a size such as 3x3, got nothing")
        sizes = tuple(_whole(each, 1) for each in value)
        return sizes[0] if len(sizes) == 1 else sizes
    if isinstance(value, str):
        raise _refused("whole_number", "a whole number or a size such as 3x3", value)
    return _whole(value, 1)


def _outpad(value: object) -> int | tuple[int, ...]:
    if isinstance(value, (tuple, list)) and value:
        return tuple(_whole(each, 0) for each in value)
    return _whole(value, 0)


def _sizes(value: object) -> tuple[int, ...]:
    if isinstance(value, (tuple, list)) and value:
        return tuple(_whole(each, 1) for each in value)
    if isinstance(value, str):
        raise _refused("size", "a size such as 7x7", value)
    return (_whole(value, 1),)


_PER_AXIS = {"anyOf": [_POSITIVE, {"type": "array", "items": _POSITIVE, "minItems": 1}, {"type": "string"}]}

Axes = Annotated[int | tuple[int, ...], PlainValidator(_axes), WithJsonSchema(_PER_AXIS), Size]
AxesOrZero = Annotated[int | tuple[int, ...], PlainValidator(_outpad), WithJsonSchema(_PER_AXIS), Size]
Sizes = Annotated[tuple[int, ...], PlainValidator(_sizes), WithJsonSchema(_PER_AXIS), Size]


# -- padding ----------------------------------------------------------------------------------------------------------


def _padding(value: object) -> int | str | tuple[int | tuple[int, int], ...]:
    """``2``; ``same`` or ``half``; per axis ``(0, 3)``; per axis and side ``((0, 1), 2)``."""
    if isinstance(value, str):
        if value.lower() in ("same", "half"):
            return value.lower()
        raise _refused("padding", "a whole number, a size, sides such as 1:2, same or half", value)
    if isinstance(value, (tuple, list)):
        axes: list[int | tuple[int, int]] = []
        for each in value:
            if isinstance(each, (tuple, list)):
                if len(each) != 2:
                    raise PydanticCustomError("padding", "takes two sides for an axis, before and after")
                axes.append((_whole(each[0], 0), _whole(each[1], 0)))
            else:
                axes.append(_whole(each, 0))
        return axes[0] if len(axes) == 1 and isinstance(axes[0], int) else tuple(axes)
    return _whole(value, 0)


_PAD = {
    "anyOf": [
        _NATURAL,
        {"enum": ["same", "half"]},
        {
            "type": "array",
            "items": {"anyOf": [_NATURAL, {"type": "array", "items": _NATURAL, "minItems": 2, "maxItems": 2}]},
        },
        {"type": "string"},
    ]
}

PlainPadding = Annotated[
    int | str | tuple[int | tuple[int, int], ...], PlainValidator(_padding), WithJsonSchema(_PAD), Size, Sides
]
Padding = Annotated[PlainPadding, Letter("p")]


# -- other values -----------------------------------------------------------------------------------------------------


def _number(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float, Fraction)):
        raise _refused("number", "a number", value)
    if not abs(float(value)) <= LARGEST:
        raise _refused("too_large", "at most 10^15", value)
    return float(value)


def _probability(value: object) -> float:
    number = _number(value)
    if not 0 <= number <= 1:
        raise PydanticCustomError("probability", "must lie between 0 and 1, got {got}", {"got": got(value)})
    return number


def _switch(value: object) -> bool:
    if isinstance(value, bool):
        return value
    if isinstance(value, str) and value.lower() in ("true", "false"):
        return value.lower() == "true"
    raise _refused("switch", "true or false", value)


Number = Annotated[float, PlainValidator(_number), WithJsonSchema({"type": ["number", "string"]})]
Probability = Annotated[float, PlainValidator(_probability), WithJsonSchema({"type": ["number", "string"]})]
Switch = Annotated[bool, PlainValidator(_switch), WithJsonSchema({"type": "boolean"})]
