"""Fully connected layers, and the change from maps to vectors and back."""

from typing import TYPE_CHECKING, ClassVar

from pydantic import Field

from cnncalc.layers.base import EVERYWHERE, Call, Fault, Layer, Matrix, Parameter, Work
from cnncalc.layers.fields import Sizes, Whole
from cnncalc.layers.windowed import Bias
from cnncalc.reach import Reach
from cnncalc.shape import Shape, axis_names, elements, product, show
from cnncalc.units import grouped

if TYPE_CHECKING:
    from cnncalc.layers.mistakes import Chapter


class FullyConnected(Layer):
    """Every output is a weighted sum of all inputs, plus a bias.  Maps are flattened first, by a step of its own."""

    word = "fc"
    words = ("dense", "linear")
    example = "9216 | fc 4096"
    family: ClassVar[str] = "dense"

    features: Whole = Field(description="number of outputs")
    bias: Bias = Field(True, description="a learned constant per output")

    def output(self, *shapes: Shape) -> Shape:
        (shape,) = shapes
        if len(shape) != 1:
            raise Fault("S106", f"fc needs a vector, but {show(shape)} flows in", help=("flatten it first",))
        return (self.features,)

    def parameters(self, *shapes: Shape) -> tuple[Parameter, ...]:
        weight = Parameter("weight", (self.features, shapes[0][0]))
        return (weight, Parameter("bias", (self.features,))) if self.bias else (weight,)

    def macs(self, *shapes: Shape) -> int:
        return self.features * shapes[0][0]

    def work(self, *shapes: Shape) -> Work:
        return Work(bias=self.features) if self.bias else Work()

    def reach(self, *shapes: Shape) -> tuple[Reach, ...] | str | None:
        return EVERYWHERE

    def formulas(self, *shapes: Shape) -> dict[str, str]:
        seen = shapes[0][0]
        total = sum(each.count for each in self.parameters(*shapes))
        bias = f" + {self.features}" if self.bias else ""
        return {
            "params": f"{seen}*{self.features}{bias} = {grouped(total)}",
            "macs": f"{seen}*{self.features} = {grouped(seen * self.features)}",
        }

    def symbols(self, *shapes: Shape) -> dict[str, str]:
        return {"params": f"in*out{' + out' if self.bias else ''}", "macs": "in*out"}

    def matrix(self, *shapes: Shape) -> Matrix | None:
        seen = shapes[0][0]
        return Matrix(1, self.features, seen, 1, seen)

    @classmethod
    def mistakes(cls) -> "tuple[Chapter, ...]":
        from cnncalc.layers.mistakes import dense

        return dense.CHAPTERS

    def torch(self, *shapes: Shape) -> tuple[Call, ...]:
        arguments = {"in_features": shapes[0][0], "out_features": self.features, "bias": self.bias}
        return (Call("Linear", arguments),)


class Flatten(Layer):
    """All values in one row, channel by channel."""

    word = "flatten"
    example = "256x6x6 | flatten"
    alias = True
    family: ClassVar[str] = "shape"

    def output(self, *shapes: Shape) -> Shape:
        return (elements(shapes[0]),)

    def reach(self, *shapes: Shape) -> tuple[Reach, ...] | str | None:
        return EVERYWHERE

    def formulas(self, *shapes: Shape) -> dict[str, str]:
        return {"output": f"{product(shapes[0])} = {grouped(elements(shapes[0]))}"} if len(shapes[0]) > 1 else {}

    def symbols(self, *shapes: Shape) -> dict[str, str]:
        return {"output": "*".join(("C", *axis_names(len(shapes[0]) - 1)))} if len(shapes[0]) > 1 else {}

    @classmethod
    def mistakes(cls) -> "tuple[Chapter, ...]":
        from cnncalc.layers.mistakes import dense

        return dense.FLATTEN

    def torch(self, *shapes: Shape) -> tuple[Call, ...]:
        return (Call("Flatten", {"start_dim": 1}),)


class Reshape(Layer):
    """The same values under another shape."""

    word = "reshape"
    words = ("view",)
    example = "100 | reshape 100x1x1"
    alias = True
    family: ClassVar[str] = "shape"

    size: Sizes = Field(description="the shape that comes out, channels first")

    def output(self, *shapes: Shape) -> Shape:
        held, wanted = elements(shapes[0]), elements(self.size)
        if held != wanted:
            raise Fault(
                "S110",
                f"{show(shapes[0])} does not reshape to {show(self.size)}",
                f"{product(shapes[0])} = {grouped(held)} values, not {grouped(wanted)}",
            )
        return self.size

    def formulas(self, *shapes: Shape) -> dict[str, str]:
        return {"output": f"{product(shapes[0])} = {product(self.size)} = {grouped(elements(self.size))} values"}

    def reach(self, *shapes: Shape) -> tuple[Reach, ...] | str | None:
        return EVERYWHERE

    def torch(self, *shapes: Shape) -> tuple[Call, ...]:
        return (
            (Call("Unflatten", {"dim": 1, "unflattened_size": self.size}),)
            if len(shapes[0]) == 1
            else (
                Call("Flatten", {"start_dim": 1}),
                Call("Unflatten", {"dim": 1, "unflattened_size": self.size}),
            )
        )
