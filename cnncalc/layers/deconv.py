"""The transposed convolution: every input value adds a filter's worth to the output."""

from math import prod
from typing import TYPE_CHECKING

from pydantic import Field

from cnncalc.arithmetic import Transposed
from cnncalc.layers.base import Call, Fault, Matrix, Parameter, per_axis, spatial
from cnncalc.layers.conv import Convolving, Groups, product_of_outputs
from cnncalc.layers.fields import AxesOrZero, Whole
from cnncalc.layers.windowed import Bias, Dilation, Kernel, Pad, Stride, letters
from cnncalc.reach import Reach, transposed_reach
from cnncalc.shape import Shape, axis_names, by_axis, elements, product
from cnncalc.units import grouped

if TYPE_CHECKING:
    from cnncalc.layers.mistakes import Chapter


class TransposedConv(Convolving):
    """A transposed convolution: every input value adds a filter's worth to the output, ``stride`` apart."""

    word = "deconv"
    words = ("upconv", "convt")
    example = "256x14x14 | deconv 128 2 /2"

    channels: Whole = Field(description="the channels that come out")
    kernel: Kernel = Field(description="size of the filters")
    stride: Stride = Field(1, description="distance in the output between neighbouring inputs")
    pad: Pad = Field(0, description="rows taken off the output on each side")
    dilation: Dilation = Field(1, description="distance between the taps of a filter")
    groups: Groups = Field(1, description="groups of channels that do not see each other")
    outpad: AxesOrZero = Field(0, description="rows added to the output at the far end")
    bias: Bias = Field(True, description="a learned constant per channel")

    def made(self, channels: int) -> int:
        return self.channels

    def group_count(self, channels: int) -> int:
        return self.groups

    def sides(self, extents: Shape) -> tuple[tuple[int, int], ...]:
        if self.pad != "same":
            return super().sides(extents)
        # TensorFlow's SAME of the transposed layer: out = W*S, by taking F_eff - S off the full output.
        kernel, stride, dilation = self.sliding(len(extents))
        totals = [max(d * (k - 1) + 1 - s, 0) for k, s, d in zip(kernel, stride, dilation, strict=True)]
        return tuple((total // 2, total - total // 2) for total in totals)

    def transposed(self, shape: Shape) -> tuple[Transposed, ...]:
        """The transposed window along each axis."""
        extents = spatial(self.word, shape)
        kernel, stride, dilation = self.sliding(len(extents))
        outpad = per_axis(self.word, "outpad", self.outpad, len(extents))
        if self.pad == "same":
            outpad = tuple(
                max(s - (d * (k - 1) + 1), 0) + o for k, s, d, o in zip(kernel, stride, dilation, outpad, strict=True)
            )
        for o, s, d in zip(outpad, stride, dilation, strict=True):
            if o >= max(s, d):
                raise Fault(
                    "S108", f"outpad={o} must be smaller than the stride {s} or the dilation {d}", option="outpad"
                )
        return tuple(
            Transposed(extent, k, s, before, after, d, o)
            for extent, k, s, (before, after), d, o in zip(
                extents, kernel, stride, self.sides(extents), dilation, outpad, strict=True
            )
        )

    def slide(self, shape: Shape) -> Shape:
        windows = self.transposed(shape)
        for axis, window in enumerate(windows):
            if window.out < 1:
                name = axis_names(len(windows))[axis]
                raise Fault("S102", f"the padding takes all of the output's axis {name}", f"{window} is not positive")
        return tuple(window.out for window in windows)

    def parameters(self, *shapes: Shape) -> tuple[Parameter, ...]:
        (shape,) = shapes
        weight = Parameter("weight", (shape[0], self.channels // self.groups, *self.filters(shape)))
        return (weight, Parameter("bias", (self.channels,))) if self.bias else (weight,)

    def macs(self, *shapes: Shape) -> int:
        """Cin * Cout/g * F^n for every input position: each input value is multiplied by each tap once."""
        (shape,) = shapes
        return elements(shape) * (self.channels // self.groups) * prod(self.filters(shape))

    def padding_worked(self, extents: Shape) -> tuple[str, ...]:
        if self.pad != "same":
            return super().padding_worked(extents)
        lines = []
        for each in self.transposed((1, *extents)):
            total = f"max({each.span} - {each.stride}, 0) = {each.before + each.after}"
            lines.append(f"{total}: {each.before} before, {each.after} after")
        return tuple(lines)

    def formulas(self, *shapes: Shape) -> dict[str, str]:
        (shape,) = shapes
        one = f"({product((*self.filters(shape), self.channels // self.groups))})"
        bias = f" + {self.channels}" if self.bias else ""
        total = sum(each.count for each in self.parameters(shape))
        return {
            "output": by_axis(list(map(str, self.transposed(shape)))),
            "params": f"{one}*{shape[0]}{bias} = {grouped(total)}",
            "macs": f"{one}*{product(shape)} = {grouped(self.macs(shape))}",
        }

    def symbols(self, *shapes: Shape) -> dict[str, str]:
        (shape,) = shapes
        one = f"({letters('F', self.filters(shape))}*Cout{'/g' if self.groups > 1 else ''})"
        return {
            "output": self.output_symbols(self.transposed(shape)),
            "params": f"{one}*Cin{' + Cout' if self.bias else ''}",
            "macs": f"{one}*Cin*{product_of_outputs(len(shape) - 1)}".replace("'", ""),
        }

    def matrix(self, *shapes: Shape) -> Matrix | None:
        """Filters x positions: every column of the product holds what one input position adds to the output."""
        (shape,) = shapes
        made = self.channels // self.groups * prod(self.filters(shape))
        added = self.channels * prod(window.adds for window in self.transposed(shape))
        return Matrix(self.groups, made, shape[0] // self.groups, prod(shape[1:]), added, adds=True)

    def reach(self, *shapes: Shape) -> tuple[Reach, ...] | str | None:
        return tuple(map(transposed_reach, self.transposed(shapes[0])))

    def unread(self, *shapes: Shape) -> tuple[int, ...]:
        return ()

    @classmethod
    def mistakes(cls) -> "tuple[Chapter, ...]":
        from cnncalc.layers.mistakes import conv

        return conv.TRANSPOSED

    def torch(self, *shapes: Shape) -> tuple[Call, ...]:
        (shape,) = shapes
        rank = len(shape) - 1
        windows = self.transposed(shape)
        direct = all(window.before == window.after for window in windows)
        arguments = {
            "in_channels": shape[0],
            "out_channels": self.channels,
            "kernel_size": self.filters(shape),
            "stride": tuple(window.stride for window in windows),
            "padding": tuple(window.before if direct else 0 for window in windows),
            "output_padding": tuple(
                window.outpad if direct else max(window.outpad - window.after, 0) for window in windows
            ),
            "groups": self.groups,
            "bias": self.bias,
            "dilation": tuple(window.dilation for window in windows),
        }
        call = Call(f"ConvTranspose{rank}d", arguments)
        if direct:
            return (call,)
        # torch takes the same off both sides; what differs is cut afterwards (rows behind the full output get a bias)
        sides = tuple((-window.before, min(window.outpad - window.after, 0)) for window in windows)
        return (call, Call("pad", {"sides": sides, "mode": "constant", "value": 0.0}))
