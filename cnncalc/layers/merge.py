"""Layers with several inputs, and the parts of a value."""

from typing import TYPE_CHECKING, Annotated, ClassVar

from pydantic import Field

from cnncalc.layers.base import Call, Fault, Layer, Work
from cnncalc.layers.fields import Letter, Whole, WholeOrZero
from cnncalc.layers.pointwise import Inplace
from cnncalc.shape import Shape, elements, show

if TYPE_CHECKING:
    from cnncalc.layers.mistakes import Chapter


class Merging(Layer):
    """A layer of two or more inputs."""

    inputs: ClassVar[int] = 0
    family: ClassVar[str] = "merge"


class Add(Merging):
    """The sum of values with the same shape."""

    word = "add"
    example = "64x56x56 | add(id, conv 64 3 p1)"

    inplace: Inplace = Field(False, description="overwrite the first input; changes memory, nothing else")

    def output(self, *shapes: Shape) -> Shape:
        for shape in shapes[1:]:
            if shape != shapes[0]:
                raise Fault(
                    "S105",
                    f"add needs equal shapes, got {show(shapes[0])} and {show(shape)}",
                    show(shape),
                    notes=(f"the first branch is {show(shapes[0])}",),
                    help=(ways_to_add(shapes[0], shape),),
                )
        return shapes[0]

    def work(self, *shapes: Shape) -> Work:
        return Work(elementwise=elements(shapes[0]) * (len(shapes) - 1))

    @classmethod
    def mistakes(cls) -> "tuple[Chapter, ...]":
        from cnncalc.layers.mistakes import maps

        return maps.ADD

    def torch(self, *shapes: Shape) -> tuple[Call, ...]:
        return (Call("add", {"inplace": self.inplace}),)


def projection(was: Shape, wanted: Shape) -> str | None:
    """The layer that makes one shape of another: ``conv 128 1 /2``, ``fc 10``; None where no stride does."""
    if len(was) == len(wanted) == 1:
        return f"fc {wanted[0]}"
    if len(was) != len(wanted):
        return None
    stride = max(-(-before // after) for before, after in zip(was[1:], wanted[1:], strict=True))
    if any((before - 1) // stride + 1 != after for before, after in zip(was[1:], wanted[1:], strict=True)):
        return None
    return f"conv {wanted[0]} 1" + (f" /{stride}" if stride > 1 else "")


def ways_to_add(first: Shape, other: Shape) -> str:
    """How two shapes become equal: stretch a value per channel; project the one with the larger maps; else crop it."""
    if len(first) != len(other):
        return "flatten all of them, or none"
    for was, wanted in ((first, other), (other, first)):
        if was[0] == wanted[0] and len(was) > 1 and set(was[1:]) == {1}:
            to = show(wanted[1:])
            return f"stretch the branch of {show(was)}: `| upsample to={to}` makes {show(wanted)} of it"
    for was, wanted in ((first, other), (other, first)):
        project = projection(was, wanted)
        if project is not None:
            return f"project the branch of {show(was)}: `| {project}` makes {show(wanted)} of it"
    small = show(tuple(map(min, first[1:], other[1:])))
    channels = "" if first[0] == other[0] else f", and give both {other[0]} channels"
    return f"pad the branches alike (`half` keeps the size), or cut the larger maps with `| crop {small}`{channels}"


class Multiply(Merging):
    """The product of values; an extent of 1 is repeated along its axis (the gate of squeeze-and-excitation)."""

    word = "mul"
    example = "64x56x56 | mul(id, gap | sigmoid)"

    def output(self, *shapes: Shape) -> Shape:
        out = shapes[0]
        for shape in shapes[1:]:
            if len(shape) != len(out) or any(a != b and 1 not in (a, b) for a, b in zip(out, shape, strict=True)):
                raise Fault(
                    "S105",
                    f"mul needs shapes that agree, or are 1, along every axis; got {show(out)} and {show(shape)}",
                    show(shape),
                    notes=(f"the first branch is {show(shapes[0])}",),
                )
            out = tuple(map(max, out, shape))
        return out

    def work(self, *shapes: Shape) -> Work:
        return Work(elementwise=elements(self.output(*shapes)) * (len(shapes) - 1))

    def torch(self, *shapes: Shape) -> tuple[Call, ...]:
        return (Call("mul"),)


class Concat(Merging):
    """The channels of all values, one after the other."""

    word = "concat"
    example = "64x56x56 | concat(id, conv 32 3 p1)"

    def output(self, *shapes: Shape) -> Shape:
        for shape in shapes[1:]:
            if shape[1:] != shapes[0][1:]:
                small = min(shape[1:], shapes[0][1:])
                help = (f"only channels may differ: crop or resample one of them, e.g. `| crop {show(small)}`",)
                raise Fault(
                    "S105",
                    f"concat needs equal heights and widths, got {show(shapes[0])} and {show(shape)}",
                    show(shape),
                    notes=(f"the first branch is {show(shapes[0])}",),
                    help=help if small else ("flatten all of them, or none",),
                )
        return (sum(shape[0] for shape in shapes), *shapes[0][1:])

    def formulas(self, *shapes: Shape) -> dict[str, str]:
        total = sum(shape[0] for shape in shapes)
        return {"output": f"{' + '.join(str(shape[0]) for shape in shapes)} = {total} channels"}

    def symbols(self, *shapes: Shape) -> dict[str, str]:
        return {"output": "C1 + C2" if len(shapes) == 2 else "C1 + C2 + ..."}

    @classmethod
    def mistakes(cls) -> "tuple[Chapter, ...]":
        from cnncalc.layers.mistakes import maps

        return maps.CONCAT

    def torch(self, *shapes: Shape) -> tuple[Call, ...]:
        return (Call("concat"),)


class Slice(Layer):
    """Part ``index`` (from 0) of ``parts`` equal parts of the channels."""

    word = "slice"
    example = "64x56x56 | slice 0 2"
    alias = True
    family: ClassVar[str] = "shape"

    index: WholeOrZero = Field(description="which part, from 0")
    parts: Whole = Field(description="number of equal parts")

    def output(self, *shapes: Shape) -> Shape:
        channels = shapes[0][0]
        if channels % self.parts:
            raise Fault("S110", f"{channels} channels do not part into {self.parts} equal parts", option="parts")
        if self.index >= self.parts:
            raise Fault("S110", f"there is no part {self.index} of {self.parts}", help=("parts are counted from 0",))
        return (channels // self.parts, *shapes[0][1:])

    def formulas(self, *shapes: Shape) -> dict[str, str]:
        channels = shapes[0][0]
        return {"output": f"{channels}/{self.parts} = {channels // self.parts} channels"}

    def symbols(self, *shapes: Shape) -> dict[str, str]:
        return {"output": "C/parts"}

    def torch(self, *shapes: Shape) -> tuple[Call, ...]:
        size = shapes[0][0] // self.parts
        return (Call("narrow", {"start": self.index * size, "length": size}),)


class Tile(Layer):
    """The channels repeated ``n`` times."""

    word = "tile"
    example = "1x64x64 | tile 16"
    family: ClassVar[str] = "shape"

    n: Whole = Field(description="how often the channels are repeated")

    def output(self, *shapes: Shape) -> Shape:
        return (shapes[0][0] * self.n, *shapes[0][1:])

    def formulas(self, *shapes: Shape) -> dict[str, str]:
        return {"output": f"{shapes[0][0]}*{self.n} = {shapes[0][0] * self.n} channels"}

    def symbols(self, *shapes: Shape) -> dict[str, str]:
        return {"output": "C*n"}

    def torch(self, *shapes: Shape) -> tuple[Call, ...]:
        return (Call("tile", {"times": self.n}),)


class Shuffle(Layer):
    """The channels of ``groups`` groups, interleaved (ShuffleNet, arXiv 1707.01083)."""

    word = "shuffle"
    words = ("channelshuffle",)
    example = "240x28x28 | shuffle 3"
    family: ClassVar[str] = "shape"

    groups: Annotated[Whole, Letter("g")] = Field(description="groups of channels")

    def output(self, *shapes: Shape) -> Shape:
        if shapes[0][0] % self.groups:
            raise Fault("S107", f"groups={self.groups} does not divide the {shapes[0][0]} channels", option="groups")
        return shapes[0]

    def torch(self, *shapes: Shape) -> tuple[Call, ...]:
        return (Call("shuffle", {"groups": self.groups}),)
