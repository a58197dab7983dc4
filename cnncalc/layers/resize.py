"""Layers that change the spatial size without learning."""

from fractions import Fraction
from typing import TYPE_CHECKING, Annotated, ClassVar

from pydantic import Field

from cnncalc.layers.base import Call, Fault, Layer, Work, per_axis, spatial
from cnncalc.layers.fields import Axes, AxesOrZero, Line, Padding, Size, Sizes, Switch, Words
from cnncalc.reach import Reach
from cnncalc.shape import Shape, by_axis, elements, show

if TYPE_CHECKING:
    from cnncalc.layers.mistakes import Chapter


class Upsample(Layer):
    """Interpolation to a multiple of the size, or to a given size; pixel centres, not corners, are aligned."""

    word = "upsample"
    words = ("resize", "interpolate")
    example = "256x13x13 | upsample 2 bilinear"
    family: ClassVar[str] = "resize"

    factor: Axes = Field(2, description="how many times larger, per axis")
    like: Annotated[Sizes | None, Line("size"), Size] = Field(None, description="as large as this line")
    to: Annotated[Sizes | None, Size] = Field(None, description="the size that comes out")
    bilinear: Annotated[Switch, Words({"bilinear": True, "nearest": False, "linear": True, "trilinear": True})] = Field(
        False, description="mix the neighbours (bilinear) or repeat the nearest"
    )

    def sizes(self, shape: Shape) -> Shape:
        extents = spatial(self.word, shape)
        target = self.like or self.to
        if target is not None:
            return per_axis(self.word, "size", target[0] if len(target) == 1 else target, len(extents))
        factors = per_axis(self.word, "factor", self.factor, len(extents))
        return tuple(extent * factor for extent, factor in zip(extents, factors, strict=True))

    def output(self, *shapes: Shape) -> Shape:
        return (shapes[0][0], *self.sizes(shapes[0]))

    def work(self, *shapes: Shape) -> Work:
        return Work(elementwise=elements(self.output(*shapes)))

    def formulas(self, *shapes: Shape) -> dict[str, str]:
        if self.like or self.to:
            return {}
        factors = per_axis(self.word, "factor", self.factor, len(shapes[0]) - 1)
        pairs = zip(shapes[0][1:], factors, strict=True)
        return {"output": by_axis([f"{extent}*{factor} = {extent * factor}" for extent, factor in pairs])}

    def symbols(self, *shapes: Shape) -> dict[str, str]:
        return {} if self.like or self.to else {"output": "W*factor"}

    def reach(self, *shapes: Shape) -> tuple[Reach, ...] | str | None:
        found = []
        for extent, out in zip(shapes[0][1:], self.sizes(shapes[0]), strict=True):
            ratio = Fraction(extent, out)
            if self.bilinear and ratio != 1:
                found.append(Reach(2, ratio, (ratio / 2 - Fraction(1, 2)).__floor__()))
            else:
                found.append(Reach(1, ratio, 0))
        return tuple(found)

    @classmethod
    def mistakes(cls) -> "tuple[Chapter, ...]":
        from cnncalc.layers.mistakes import maps

        return maps.RESIZE

    def torch(self, *shapes: Shape) -> tuple[Call, ...]:
        rank = len(shapes[0]) - 1
        mode = {1: "linear", 2: "bilinear", 3: "trilinear"}.get(rank, "bilinear") if self.bilinear else "nearest"
        return (Call("Upsample", {"size": self.sizes(shapes[0]), "mode": mode}),)


class Crop(Layer):
    """The maps cut to a size: the middle, where an odd row more is cut at the far end, or from the row ``at`` on."""

    word = "crop"
    words = ("centercrop",)
    example = "64x64x64 | crop 56"
    alias = True
    family: ClassVar[str] = "resize"

    to: Annotated[Sizes, Line("size")] = Field(description="the size that comes out, or a line that has it")
    at: AxesOrZero | None = Field(None, description="the first row that is kept, per axis; the middle if not given")

    def sizes(self, shape: Shape) -> Shape:
        rank = len(spatial(self.word, shape))
        return per_axis(self.word, "size", self.to[0] if len(self.to) == 1 else self.to, rank)

    def output(self, *shapes: Shape) -> Shape:
        out = self.sizes(shapes[0])
        if any(size > extent for size, extent in zip(out, shapes[0][1:], strict=True)):
            raise Fault(
                "S110",
                f"{show(out)} cannot be cut out of {show(shapes[0][1:])}",
                "larger than what flows in",
                help=("`pad` or `upsample like=` make maps larger",),
            )
        for extent, size, start in zip(shapes[0][1:], out, self.starts(shapes[0]), strict=True):
            if start + size > extent:
                raise Fault(
                    "S110",
                    f"{size} from {start} on ends behind {extent}",
                    f"{start} + {size} = {start + size} > {extent}",
                    help=(f"at most at={extent - size}",),
                    option="at",
                )
        return (shapes[0][0], *out)

    def formulas(self, *shapes: Shape) -> dict[str, str]:
        pairs = list(zip(shapes[0][1:], self.sizes(shapes[0]), self.starts(shapes[0]), strict=True))
        lines = [f"{was} - {start} - {was - out - start} = {out}" for was, out, start in pairs]
        return {"output": by_axis(lines)}

    def symbols(self, *shapes: Shape) -> dict[str, str]:
        return {"output": "W - before - after"}

    def starts(self, shape: Shape) -> Shape:
        """The first row that is kept, per axis."""
        if self.at is not None:
            return per_axis(self.word, "at", self.at, len(shape) - 1)
        return tuple((extent - size) // 2 for extent, size in zip(shape[1:], self.sizes(shape), strict=True))

    def reach(self, *shapes: Shape) -> tuple[Reach, ...] | str | None:
        return tuple(Reach(1, 1, start) for start in self.starts(shapes[0]))

    def torch(self, *shapes: Shape) -> tuple[Call, ...]:
        return (Call("crop", {"starts": self.starts(shapes[0]), "sizes": self.sizes(shapes[0])}),)


class Pad(Layer):
    """Rows around the maps: zeros, or the maps reflected (the edge itself is not repeated)."""

    word = "pad"
    example = "3x224x224 | pad 3 reflect"
    family: ClassVar[str] = "resize"

    pad: Padding = Field(description="rows on each side: 3, 1x2, sides 0:1")
    reflect: Annotated[Switch, Words({"reflect": True, "zeros": False})] = Field(
        False, description="mirror the maps instead of zeros"
    )

    def sides(self, shape: Shape) -> tuple[tuple[int, int], ...]:
        rank = len(spatial(self.word, shape))
        if isinstance(self.pad, str):
            raise Fault("T104", f"pad takes numbers, not {self.pad}", option="pad")
        pads = (self.pad,) * rank if isinstance(self.pad, int) else self.pad
        pads = pads * rank if len(pads) == 1 else pads
        if len(pads) != rank:
            raise Fault("S106", f"pad has {len(pads)} axes, but what flows in has {rank}", option="pad")
        return tuple((each, each) if isinstance(each, int) else each for each in pads)

    def output(self, *shapes: Shape) -> Shape:
        (shape,) = shapes
        sides = self.sides(shape)
        if self.reflect and any(max(each) >= extent for each, extent in zip(sides, shape[1:], strict=True)):
            raise Fault("S108", f"{show(shape[1:])} is too small to be mirrored that far", option="pad")
        return (shape[0], *(extent + sum(each) for extent, each in zip(shape[1:], sides, strict=True)))

    def formulas(self, *shapes: Shape) -> dict[str, str]:
        pairs = zip(shapes[0][1:], self.sides(shapes[0]), strict=True)
        return {"output": by_axis([f"{was} + {a} + {b} = {was + a + b}" for was, (a, b) in pairs])}

    def symbols(self, *shapes: Shape) -> dict[str, str]:
        return {"output": "W + P + P'"}

    def reach(self, *shapes: Shape) -> tuple[Reach, ...] | str | None:
        return tuple(Reach(1, 1, -before) for before, _ in self.sides(shapes[0]))

    @classmethod
    def mistakes(cls) -> "tuple[Chapter, ...]":
        from cnncalc.layers.mistakes import maps

        return maps.PAD

    def torch(self, *shapes: Shape) -> tuple[Call, ...]:
        mode = "reflect" if self.reflect else "constant"
        return (Call("pad", {"sides": self.sides(shapes[0]), "mode": mode, "value": 0.0}),)
