"""What every layer is: a pydantic model of its hyperparameters, and the rules that turn input shapes into figures.

One kind is one class.  The order of the fields is the order of positional arguments; the annotations in this module
say how a value may be written; :class:`Letter` and :class:`Words` give a field its shorthands (``p2``, ``nobias``).
The phrase binder, the long form, the JSON Schema and the manual page all read this one table.
"""

import math
from collections.abc import Mapping
from fractions import Fraction
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, NamedTuple

from pydantic import BaseModel, ConfigDict, PlainValidator, WithJsonSchema
from pydantic_core import PydanticCustomError

from cnncalc.arithmetic import Reach
from cnncalc.shape import Shape, axis_names, elements, show

if TYPE_CHECKING:
    from cnncalc.layers.mistakes import Chapter

LARGEST = 10**15
"""No number of the language is larger."""


class Fault(Exception):
    """A layer that does not go with what flows in; whoever knows the place makes a diagnostic of it."""

    def __init__(
        self,
        code: str,
        message: str,
        label: str = "",
        help: tuple[str, ...] = (),
        notes: tuple[str, ...] = (),
        option: str | None = None,
    ) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.label = label
        self.help = help
        self.notes = notes
        self.option = option


class Parameter(NamedTuple):
    """A learned tensor of a layer: its name and shape in torch's own layout."""

    name: str
    shape: Shape
    trainable: bool = True

    @property
    def count(self) -> int:  # type: ignore[override]
        return elements(self.shape)


class Buffer(NamedTuple):
    """State that is not learned: batch norm's running statistics, and its counter (one int64)."""

    name: str
    shape: Shape
    counter: bool = False

    @property
    def count(self) -> int:  # type: ignore[override]
        return elements(self.shape)


class Work(NamedTuple):
    """What a layer does besides multiply-accumulates, in elements of its output: each its own column."""

    bias: int = 0
    norm: int = 0
    activation: int = 0
    pooling: int = 0
    elementwise: int = 0

    def __add__(self, other: tuple[int, ...]) -> "Work":  # type: ignore[override]
        return Work(*map(int.__add__, self, other))


class Matrix(NamedTuple):
    """A layer as matrix products, for one example: ``products`` of an M x K by a K x N matrix.

    ``unfolded`` are the values of the im2col matrices (Chellapilla et al. 2006): the K x N ones that the input is
    copied into or, with ``adds``, the M x N ones that are added up in the output (a transposed convolution).
    ``copied`` of them are values of the input (of the output), not of the padding.
    """

    products: int
    m: int
    k: int
    n: int
    copied: int
    adds: bool = False

    @property
    def macs(self) -> int:
        return self.products * self.m * self.k * self.n

    @property
    def unfolded(self) -> int:
        return self.products * self.n * (self.m if self.adds else self.k)


class Call(NamedTuple):
    """A call that the torch twin makes.

    ``name`` is a class of ``torch.nn`` where it begins with a capital (its arguments are the constructor's); else a
    function that the backend has in its table.
    """

    name: str
    arguments: Mapping[str, Any] = {}


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


EVERYWHERE = "everywhere"
"""What :meth:`Layer.reach` says of a layer each of whose outputs sees its whole input."""


def is_whole(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _whole(value: object, least: int) -> int:
    if isinstance(value, bool) or not isinstance(value, (int, float, Fraction)):
        raise PydanticCustomError("whole_number", "must be a whole number, got {got}", {"got": got(value)})
    if not math.isfinite(value) or int(value) != value:
        raise PydanticCustomError("not_whole", "must be a whole number, got {got}", {"got": got(value)})
    if value < least:
        raise PydanticCustomError(
            "too_small", "must be at least {least}, got {got}", {"least": least, "got": got(value)}
        )
    if value > LARGEST:
        raise PydanticCustomError("too_large", "must be at most 10^15, got {got}", {"got": got(value)})
    return int(value)


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


def _one_or_more(value: object) -> int:
    return _whole(value, 1)


def _zero_or_more(value: object) -> int:
    return _whole(value, 0)


def _axes(value: object) -> int | tuple[int, ...]:
    """One number for every axis, or one per axis."""
    if isinstance(value, (tuple, list)):
        if not value:
            raise PydanticCustomError("whole_number", "must be a whole number or a size such as 3x3, got nothing")
        sizes = tuple(_whole(each, 1) for each in value)
        return sizes[0] if len(sizes) == 1 else sizes
    if isinstance(value, str):
        raise PydanticCustomError(
            "whole_number", "must be a whole number or a size such as 3x3, got {got}", {"got": got(value)}
        )
    return _whole(value, 1)


def _outpad(value: object) -> int | tuple[int, ...]:
    if isinstance(value, (tuple, list)) and value:
        return tuple(_whole(each, 0) for each in value)
    return _whole(value, 0)


def _sizes(value: object) -> tuple[int, ...]:
    if isinstance(value, (tuple, list)) and value:
        return tuple(_whole(each, 1) for each in value)
    if isinstance(value, str):
        raise PydanticCustomError("size", "must be a size such as 7x7, got {got}", {"got": got(value)})
    return (_whole(value, 1),)


def _padding(value: object) -> int | str | tuple[int | tuple[int, int], ...]:
    """``2``; ``same`` or ``half``; per axis ``(0, 3)``; per axis and side ``((0, 1), 2)``."""
    if isinstance(value, str):
        if value.lower() in ("same", "half"):
            return value.lower()
        raise PydanticCustomError(
            "padding", "must be a whole number, a size, sides such as 1:2, same or half, got {got}", {"got": got(value)}
        )
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


def _number(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float, Fraction)):
        raise PydanticCustomError("number", "must be a number, got {got}", {"got": got(value)})
    if not abs(float(value)) <= LARGEST:
        raise PydanticCustomError("too_large", "must be at most 10^15, got {got}", {"got": got(value)})
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
    raise PydanticCustomError("switch", "must be true or false, got {got}", {"got": got(value)})


_INTEGER = {"type": "integer", "minimum": 1}
_PER_AXIS = {"anyOf": [_INTEGER, {"type": "array", "items": _INTEGER, "minItems": 1}, {"type": "string"}]}
_PADS = {"type": "integer", "minimum": 0}
_PAD = {
    "anyOf": [
        _PADS,
        {"enum": ["same", "half"]},
        {"type": "array", "items": {"anyOf": [_PADS, {"type": "array", "items": _PADS, "minItems": 2, "maxItems": 2}]}},
        {"type": "string"},
    ]
}

# A number may be arithmetic on the file's params, which is a text to a JSON Schema.
Whole = Annotated[int, PlainValidator(_one_or_more), WithJsonSchema({"anyOf": [_INTEGER, {"type": "string"}]})]
WholeOrZero = Annotated[int, PlainValidator(_zero_or_more), WithJsonSchema({"anyOf": [_PADS, {"type": "string"}]})]
Axes = Annotated[int | tuple[int, ...], PlainValidator(_axes), WithJsonSchema(_PER_AXIS), Size]
AxesOrZero = Annotated[int | tuple[int, ...], PlainValidator(_outpad), WithJsonSchema(_PER_AXIS), Size]
Sizes = Annotated[tuple[int, ...], PlainValidator(_sizes), WithJsonSchema(_PER_AXIS), Size]
PlainPadding = Annotated[
    int | str | tuple[int | tuple[int, int], ...], PlainValidator(_padding), WithJsonSchema(_PAD), Size, Sides
]
Padding = Annotated[PlainPadding, Letter("p")]
Number = Annotated[float, PlainValidator(_number), WithJsonSchema({"type": ["number", "string"]})]
Probability = Annotated[float, PlainValidator(_probability), WithJsonSchema({"type": ["number", "string"]})]
Switch = Annotated[bool, PlainValidator(_switch), WithJsonSchema({"type": "boolean"})]


class Layer(BaseModel):
    """A layer with its hyperparameters.  Methods take the shapes that flow in and return exact figures.

    A subclass must give ``word`` and :meth:`output`; everything else has the answer of a layer without parameters
    that works on each value by itself.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, defer_build=True)

    word: ClassVar[str] = ""
    """The layer's word in the language, its ``kind`` in every report."""
    words: ClassVar[tuple[str, ...]] = ()
    """Other spellings."""
    example: ClassVar[str] = ""
    """A network on one line that ends in such a layer, for the manual."""
    inputs: ClassVar[int] = 1
    """How many values flow in; 0 stands for two or more."""
    alias: ClassVar[bool] = False
    """Whether the output is a view of the input's memory."""
    family: ClassVar[str] = ""

    __hash__ = object.__hash__
    """By identity: the binder makes equal layers one object."""

    def output(self, *shapes: Shape) -> Shape:
        """The output shape; raises :class:`Fault` where the layer does not go with what flows in."""
        raise NotImplementedError

    def parameters(self, *shapes: Shape) -> tuple[Parameter, ...]:
        """The learned tensors, in torch's order."""
        return ()

    def buffers(self, *shapes: Shape) -> tuple[Buffer, ...]:
        return ()

    def macs(self, *shapes: Shape) -> int:
        """Multiply-accumulates for one example; only weighted sums count (conventions)."""
        return 0

    def work(self, *shapes: Shape) -> Work:
        return Work()

    def reach(self, *shapes: Shape) -> tuple[Reach, ...] | str | None:
        """What an output sees of its inputs, per spatial axis; None: only its own position; or EVERYWHERE."""
        return None

    def unread(self, *shapes: Shape) -> tuple[int, ...]:
        """Positions per axis that no window reads because the stride does not tile."""
        return ()

    def formulas(self, *shapes: Shape) -> dict[str, str]:
        """Worked formulas with the numbers filled in: ``output``, ``params``, ``macs``; only those that say more
        than the figure itself."""
        return {}

    def symbols(self, *shapes: Shape) -> dict[str, str]:
        """The formulas behind :meth:`formulas` in letters, under the same keys."""
        return {}

    def matrix(self, *shapes: Shape) -> Matrix | None:
        """The layer as matrix products; None where it is no weighted sum."""
        return None

    def torch(self, *shapes: Shape) -> tuple[Call, ...]:
        """The calls of the torch twin; the parameters and buffers belong to the last ``torch.nn`` class among
        them that has any."""
        raise NotImplementedError

    @classmethod
    def mistakes(cls) -> "tuple[Chapter, ...]":
        """The mistakes that are made with this kind: see :mod:`cnncalc.layers.mistakes`."""
        from cnncalc.layers.mistakes.counts import CHAPTERS

        return CHAPTERS

    @property
    def is_inplace(self) -> bool:
        """Whether the output overwrites the input's memory."""
        return bool(getattr(self, "inplace", False))


def spatial(word: str, shape: Shape) -> Shape:
    """The spatial axes of what flows in; a vector has none, which is a fault."""
    if len(shape) < 2:
        raise Fault(
            "S106",
            f"{word} needs spatial axes, but a vector of {show(shape)} flows in",
            help=(f"reshape it first, e.g. `reshape {show(shape)}x1x1`",),
        )
    if len(shape) > 4:
        message = f"{word} knows up to three spatial axes, but {show(shape)} has {len(shape) - 1}"
        raise Fault("S106", message, help=("the batch is no part of a shape",))
    return shape[1:]


def per_axis(word: str, option: str, value: int | tuple[int, ...], rank: int) -> tuple[int, ...]:
    """One number for every axis, or exactly one per axis."""
    if isinstance(value, int):
        return (value,) * rank
    if len(value) != rank:
        raise Fault(
            "S106",
            f"{word}'s {option} {show(value)} has {len(value)} axes, but what flows in has {rank} "
            f"({' '.join(axis_names(rank))})",
            help=("a shape begins with the channels: maps of one channel are 1xHxW",) if len(value) > rank else (),
            option=option,
        )
    return value
