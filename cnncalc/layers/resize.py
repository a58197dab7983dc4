"""Layers that change the spatial size without learning."""

from fractions import Fraction
from typing import TYPE_CHECKING, Annotated, ClassVar

from pydantic import Field

from cnncalc.arithmetic import Transposed
from cnncalc.layers.base import Call, Fault, Layer, Work, per_axis, spatial
from cnncalc.layers.fields import Axes, AxesOrZero, Line, Padding, PlainPadding, Size, Sizes, Switch, Whole, Words
from cnncalc.layers.pool import MaxPool
from cnncalc.reach import Reach, transposed_reach
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


class Unpool(Layer):
    """Every value back to the place where that max pooling found it, zeros elsewhere (SegNet, arXiv 1511.00561)."""

    word = "unpool"
    words = ("maxunpool",)
    example = "64x16x16 | maxpool 2 as small | conv 64 3 p1 | unpool small"
    family: ClassVar[str] = "resize"

    like: Annotated[Sizes, Line("node")] = Field(description="the line whose max pooling it undoes")
    kernel: Axes | None = Field(None, description="the window of that pooling, worked out")
    stride: Axes | None = Field(None, description="the step of that pooling, worked out")
    pad: PlainPadding = Field(0, description="the padding of that pooling, worked out")
    dilation: Axes = Field(1, description="the dilation of that pooling, worked out")
    ceil: Switch = Field(False, description="whether that pooling rounds up, worked out")

    def output(self, *shapes: Shape) -> Shape:
        shape, pooled = shapes
        if shape != pooled:
            raise Fault(
                "S110",
                f"unpool needs the shape that its pooling made, {show(pooled)}, but {show(shape)} flows in",
            )
        return (shape[0], *self.like)

    def pooling(self) -> MaxPool:
        """The max pooling that is undone."""
        return MaxPool(
            kernel=self.kernel or 1, stride=self.stride, pad=self.pad, dilation=self.dilation, ceil=self.ceil
        )

    def reach(self, *shapes: Shape) -> tuple[Reach, ...] | str | None:
        """A position sees the windows of the pooling that it lay in: those of a transposed window."""
        windows = self.pooling().windows((shapes[0][0], *self.like))
        return tuple(
            transposed_reach(
                Transposed(extent, window.kernel, window.stride, window.before, window.after, window.dilation)
            )
            for extent, window in zip(shapes[0][1:], windows, strict=True)
        )

    def torch(self, *shapes: Shape) -> tuple[Call, ...]:
        pooling = self.pooling()
        before = (shapes[0][0], *self.like)
        windows = pooling.windows(before)
        sides = pooling.padded_apart(before)
        padded = [(0, 0)] * len(windows) if sides is None else sides
        arguments = {
            "kernel_size": tuple(window.span for window in windows),
            "stride": tuple(window.stride for window in windows),
            "padding": tuple(window.before if sides is None else 0 for window in windows),
            "output_size": tuple(extent + sum(side) for extent, side in zip(self.like, padded, strict=True)),
        }
        call = Call(f"MaxUnpool{len(windows)}d", arguments)
        if sides is None:
            return (call,)
        # the indices count in the padded map: what lies in the padding is cut off again
        cut = tuple((-first, -last) for first, last in sides)
        return (call, Call("pad", {"sides": cut, "mode": "constant", "value": 0.0}))
