"""Pooling: windows that take the maximum or the mean, and pooling to a given size."""

from fractions import Fraction
from math import prod
from typing import TYPE_CHECKING, Annotated, ClassVar

from pydantic import Field

from cnncalc.layers.base import EVERYWHERE, Call, Fault, Layer, Work, per_axis, spatial
from cnncalc.layers.fields import Letter, Size, Sizes, Switch, Words
from cnncalc.layers.windowed import Ceil, Dilation, Kernel, Pad, Stride, Windowed
from cnncalc.reach import Reach
from cnncalc.shape import Shape, by_axis, elements, show

if TYPE_CHECKING:
    from cnncalc.layers.mistakes import Chapter

PoolStride = Annotated[Stride | None, Letter("s"), Size]


class Pooling(Windowed):
    """What pooling layers share: channels stay, windows slide."""

    family: ClassVar[str] = "pooling"

    def output(self, *shapes: Shape) -> Shape:
        (shape,) = shapes
        out = self.slide(shape)
        for window in self.windows(shape):
            if max(window.before, window.after) >= window.span:
                raise Fault(
                    "S108",
                    f"{self.word}'s padding {max(window.before, window.after)} leaves windows that see only padding",
                    f"the kernel spans {window.span}",
                    help=(f"at most {window.span // 2} makes sense here: pad={window.span // 2}",),
                    option="pad",
                )
            if window.dilation >= window.extent and window.reads < window.out:
                raise Fault(
                    "S108",
                    f"{self.word} has windows that see only padding: the taps step over what flows in",
                    f"taps {window.dilation} apart, {window.extent} flow in",
                    help=(f"a dilation of less than {window.extent}" if window.extent > 2 else "no dilation here: d1",),
                    option="dilation",
                )
        return (shape[0], *out)

    def work(self, *shapes: Shape) -> Work:
        return Work(pooling=elements(self.output(*shapes)))

    def formulas(self, *shapes: Shape) -> dict[str, str]:
        return {"output": by_axis(list(map(str, self.windows(shapes[0]))))}

    def symbols(self, *shapes: Shape) -> dict[str, str]:
        return {"output": self.output_symbols(self.windows(shapes[0]))}

    @classmethod
    def mistakes(cls) -> "tuple[Chapter, ...]":
        from cnncalc.layers.mistakes import pool

        return pool.CHAPTERS

    def padded_apart(self, shape: Shape) -> tuple[tuple[int, int], ...] | None:
        """The padding that the torch twin does as a step of its own, None where torch's pooling pads like that.

        torch pads both sides alike, by at most half of the kernel, and its avg_pool3d refuses inputs smaller than the
        kernel, padded or not.
        """
        windows = self.windows(shape)
        plain = all(window.before == window.after and 2 * window.before <= window.kernel for window in windows)
        if self.word == "avgpool" and len(windows) == 3:
            plain = plain and all(window.extent >= window.kernel for window in windows)
        if plain:
            return None
        # Once padded, torch no longer knows where the input ended, and would let a last window start behind it.
        left_out = [window.ceil and window.out <= window.slack // window.stride + 1 for window in windows]
        return tuple(
            (window.before, (window.out - 1) * window.stride + window.span - window.extent - window.before)
            if cut
            else (window.before, window.after)
            for window, cut in zip(windows, left_out, strict=True)
        )

    def pooling_calls(self, shape: Shape, fill: float, arguments: dict[str, object]) -> tuple[Call, ...]:
        """The pooling, after a padding of its own where torch cannot pad like that."""
        windows = self.windows(shape)
        sides = self.padded_apart(shape)
        arguments = {
            "kernel_size": tuple(window.kernel for window in windows),
            "stride": tuple(window.stride for window in windows),
            "padding": tuple(window.before if sides is None else 0 for window in windows),
            **arguments,
        }
        call = Call(f"{'Max' if self.word == 'maxpool' else 'Avg'}Pool{len(windows)}d", arguments)
        if sides is None:
            return (call,)
        return (Call("pad", {"sides": sides, "mode": "constant", "value": fill}), call)


class MaxPool(Pooling):
    """The maximum of every window; padding never wins."""

    word = "maxpool"
    words = ("pool",)
    example = "64x112x112 | maxpool 3 /2 p1"

    kernel: Kernel = Field(2, description="size of the window")
    stride: PoolStride = Field(None, description="step of the window; the kernel if not given")
    pad: Pad = Field(0, description="positions around the input that never win")
    dilation: Dilation = Field(1, description="distance between the positions of a window")
    ceil: Ceil = Field(False, description="a last window may reach over the end (Caffe, torch's ceil_mode)")

    def torch(self, *shapes: Shape) -> tuple[Call, ...]:
        rank = len(shapes[0]) - 1
        dilation = per_axis(self.word, "dilation", self.dilation, rank)
        return self.pooling_calls(shapes[0], float("-inf"), {"dilation": dilation, "ceil_mode": self.ceil})


class AvgPool(Pooling):
    """The mean of every window; zeros of the padding count, as in torch and Caffe, unless ``nocount`` leaves them out,
    as TensorFlow does."""

    word = "avgpool"
    example = "6x28x28 | avgpool 2"

    kernel: Kernel = Field(2, description="size of the window")
    stride: PoolStride = Field(None, description="step of the window; the kernel if not given")
    pad: Pad = Field(0, description="zeros around the input")
    ceil: Ceil = Field(False, description="a last window may reach over the end (Caffe, torch's ceil_mode)")
    count: Annotated[Switch, Words({"nocount": False})] = Field(
        True, description="whether the zeros of the padding count in the mean"
    )

    dilation: ClassVar[int] = 1  # type: ignore[misc]

    def torch(self, *shapes: Shape) -> tuple[Call, ...]:
        if self.count:
            return self.pooling_calls(shapes[0], 0.0, {"ceil_mode": self.ceil})
        sides = self.padded_apart(shapes[0])
        if sides is None:
            return self.pooling_calls(shapes[0], 0.0, {"ceil_mode": self.ceil, "count_include_pad": False})
        windows = self.windows(shapes[0])
        arguments = {
            "sides": sides,
            "kernel_size": tuple(window.kernel for window in windows),
            "stride": tuple(window.stride for window in windows),
            "ceil_mode": self.ceil,
        }
        return (Call("mean_inside", arguments),)


class GlobalPooling(Layer):
    """Pooling over everything: one value per channel."""

    family: ClassVar[str] = "pooling"

    def output(self, *shapes: Shape) -> Shape:
        extents = spatial(self.word, shapes[0])
        return (shapes[0][0], *(1 for _ in extents))

    def work(self, *shapes: Shape) -> Work:
        return Work(pooling=shapes[0][0])

    def reach(self, *shapes: Shape) -> tuple[Reach, ...] | str | None:
        return EVERYWHERE

    @classmethod
    def mistakes(cls) -> "tuple[Chapter, ...]":
        from cnncalc.layers.mistakes import pool

        return pool.GLOBAL


class GlobalAvgPool(GlobalPooling):
    """The mean over all positions (Lin et al. 2013, arXiv 1312.4400)."""

    word = "gap"
    words = ("globalavgpool",)
    example = "2048x7x7 | gap"

    def torch(self, *shapes: Shape) -> tuple[Call, ...]:
        return (Call(f"AdaptiveAvgPool{len(shapes[0]) - 1}d", {"output_size": 1}),)


class GlobalMaxPool(GlobalPooling):
    """The maximum over all positions."""

    word = "gmp"
    words = ("globalmaxpool",)
    example = "2048x7x7 | gmp"

    def torch(self, *shapes: Shape) -> tuple[Call, ...]:
        return (Call(f"AdaptiveMaxPool{len(shapes[0]) - 1}d", {"output_size": 1}),)


class AdaptivePool(Layer):
    """Pooling to a given size: output i averages the positions from floor(i*W/n) to ceil((i+1)*W/n)."""

    word = "adaptive"
    words = ("adaptiveavgpool",)
    example = "256x13x13 | adaptive 6"
    family: ClassVar[str] = "pooling"

    size: Sizes = Field(description="the size that comes out: one number for every axis, or 7x7")
    max: Annotated[Switch, Words({"max": True, "avg": False})] = Field(False, description="the maximum, not the mean")

    def sizes(self, shape: Shape) -> Shape:
        rank = len(spatial(self.word, shape))
        return per_axis(self.word, "size", self.size[0] if len(self.size) == 1 else self.size, rank)

    def output(self, *shapes: Shape) -> Shape:
        return (shapes[0][0], *self.sizes(shapes[0]))

    def work(self, *shapes: Shape) -> Work:
        return Work(pooling=prod(self.output(*shapes)))

    def reach(self, *shapes: Shape) -> tuple[Reach, ...] | str | None:
        found = []
        for extent, out in zip(shapes[0][1:], self.sizes(shapes[0]), strict=True):
            ratio = Fraction(extent, out)
            p, q = ratio.numerator, ratio.denominator
            # the cells begin at all remainders modulo q; the longest is the one that begins at q - 1
            found.append(Reach((p + 2 * q - 2) // q, ratio, 0))
        return tuple(found)

    def formulas(self, *shapes: Shape) -> dict[str, str]:
        return {"output": f"{show(shapes[0][1:])} pooled to {show(self.sizes(shapes[0]))}"}

    @classmethod
    def mistakes(cls) -> "tuple[Chapter, ...]":
        from cnncalc.layers.mistakes import pool

        return pool.GLOBAL

    def torch(self, *shapes: Shape) -> tuple[Call, ...]:
        rank = len(shapes[0]) - 1
        kind = "Max" if self.max else "Avg"
        return (Call(f"Adaptive{kind}Pool{rank}d", {"output_size": self.sizes(shapes[0])}),)
