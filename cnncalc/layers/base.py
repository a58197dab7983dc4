"""What every layer is: a pydantic model of its hyperparameters, and the rules that turn input shapes into figures.

One kind is one class.  The order of the fields is the order of positional arguments; their annotations are those of
:mod:`cnncalc.layers.fields`.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple

from pydantic import BaseModel, ConfigDict

from cnncalc.reach import Reach
from cnncalc.shape import Shape, axis_names, elements, show

if TYPE_CHECKING:
    from cnncalc.layers.mistakes import Chapter


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


EVERYWHERE = "everywhere"
"""What :meth:`Layer.reach` says of a layer each of whose outputs sees its whole input."""


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
