"""Channels laid out as space, and space as channels."""

from fractions import Fraction
from typing import ClassVar

from pydantic import Field

from cnncalc.layers.base import Call, Fault, Layer, spatial
from cnncalc.layers.fields import Whole
from cnncalc.reach import Reach
from cnncalc.shape import Shape, by_axis, show


class PixelShuffle(Layer):
    """Channels laid out as space: C*r*r channels become C maps r times as large (Shi et al. 2016, arXiv 1609.05158)."""

    word = "pixelshuffle"
    words = ("depthtospace",)
    example = "256x32x32 | pixelshuffle 2"
    family: ClassVar[str] = "resize"

    factor: Whole = Field(description="how many times larger")

    def output(self, *shapes: Shape) -> Shape:
        (shape,) = shapes
        if len(spatial(self.word, shape)) != 2:
            raise Fault("S106", f"pixelshuffle needs two spatial axes, but {show(shape)} flows in")
        square = self.factor**2
        if shape[0] % square:
            raise Fault("S110", f"{shape[0]} channels are not a multiple of {self.factor}*{self.factor} = {square}")
        return (shape[0] // square, *(extent * self.factor for extent in shape[1:]))

    def formulas(self, *shapes: Shape) -> dict[str, str]:
        (shape,) = shapes
        out, r = self.output(shape), self.factor
        return {
            "output": f"{shape[0]}/({r}*{r}) = {out[0]} channels, {by_axis([f'{w}*{r} = {w * r}' for w in shape[1:]])}"
        }

    def symbols(self, *shapes: Shape) -> dict[str, str]:
        return {"output": "C/(r*r) channels, W*r"}

    def reach(self, *shapes: Shape) -> tuple[Reach, ...] | str | None:
        return (Reach(1, Fraction(1, self.factor), 0),) * 2

    def torch(self, *shapes: Shape) -> tuple[Call, ...]:
        return (Call("PixelShuffle", {"upscale_factor": self.factor}),)


class SpaceToDepth(Layer):
    """Space laid out as channels: the reverse of pixelshuffle (YOLO v2's reorg)."""

    word = "pixelunshuffle"
    words = ("spacetodepth", "reorg")
    example = "64x26x26 | pixelunshuffle 2"
    family: ClassVar[str] = "resize"

    factor: Whole = Field(2, description="how many times smaller")

    def output(self, *shapes: Shape) -> Shape:
        (shape,) = shapes
        if len(spatial(self.word, shape)) != 2:
            raise Fault("S106", f"pixelunshuffle needs two spatial axes, but {show(shape)} flows in")
        if any(extent % self.factor for extent in shape[1:]):
            raise Fault("S110", f"{show(shape[1:])} does not part into squares of {self.factor}x{self.factor}")
        return (shape[0] * self.factor**2, *(extent // self.factor for extent in shape[1:]))

    def formulas(self, *shapes: Shape) -> dict[str, str]:
        (shape,) = shapes
        out, r = self.output(shape), self.factor
        return {
            "output": f"{shape[0]}*{r}*{r} = {out[0]} channels, {by_axis([f'{w}/{r} = {w // r}' for w in shape[1:]])}"
        }

    def symbols(self, *shapes: Shape) -> dict[str, str]:
        return {"output": "C*r*r channels, W/r"}

    def reach(self, *shapes: Shape) -> tuple[Reach, ...] | str | None:
        return (Reach(self.factor, self.factor, 0),) * 2

    def torch(self, *shapes: Shape) -> tuple[Call, ...]:
        return (Call("PixelUnshuffle", {"downscale_factor": self.factor}),)
