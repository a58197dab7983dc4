"""What undoes a max pooling."""

from typing import Annotated, ClassVar

from pydantic import Field

from cnncalc.arithmetic import Transposed
from cnncalc.layers.base import Call, Fault, Layer
from cnncalc.layers.fields import Axes, Line, PlainPadding, Sizes, Switch
from cnncalc.layers.pool import MaxPool
from cnncalc.reach import Reach, transposed_reach
from cnncalc.shape import Shape, show


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
