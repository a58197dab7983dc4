"""Convolutions whose windows slide over the input: plain, depthwise, locally connected."""

from math import gcd, prod
from typing import TYPE_CHECKING, Annotated, ClassVar

from pydantic import Field

from cnncalc.layers.base import Call, Fault, Matrix, Parameter, Work, per_axis, spatial
from cnncalc.layers.fields import Letter, Whole
from cnncalc.layers.windowed import Bias, Dilation, Kernel, Pad, Stride, Windowed, letters
from cnncalc.shape import Shape, axis_names, by_axis, elements, product, show
from cnncalc.units import grouped

if TYPE_CHECKING:
    from cnncalc.layers.mistakes import Chapter

Groups = Annotated[Whole, Letter("g")]


def groups_fault(word: str, groups: int, seen: int, made: int) -> Fault:
    common = gcd(seen, made)
    fitting = sorted(
        (each for each in range(1, min(common, 4096) + 1) if common % each == 0), key=lambda g: abs(g - groups)
    )
    return Fault(
        "S107",
        f"groups={groups} does not divide both the {seen} incoming and the {made} outgoing channels",
        help=(f"groups that fit, nearest first: {', '.join(map(str, fitting[:4]))}",),
        option="groups",
    )


def product_of_outputs(rank: int) -> str:
    """``H'*W'``: the sizes that come out, in letters."""
    return "*".join(f"{name.replace('axis ', 'W')}'" for name in axis_names(rank))


class Convolving(Windowed):
    """What all layers share that learn one filter bank for the whole input."""

    family: ClassVar[str] = "convolution"

    def made(self, channels: int) -> int:
        """Outgoing channels."""
        raise NotImplementedError

    def group_count(self, channels: int) -> int:
        return 1

    @property
    def biased(self) -> bool:
        return bool(getattr(self, "bias", True))

    def output(self, *shapes: Shape) -> Shape:
        (shape,) = shapes
        self.check(shape)
        return (self.made(shape[0]), *self.slide(shape))

    def check(self, shape: Shape) -> None:
        """Whether the channels that flow in are those the filters see, and the groups divide them."""
        spatial(self.word, shape)
        groups, seen, made = self.group_count(shape[0]), shape[0], self.made(shape[0])
        expected = getattr(self, "in_channels", None)
        if seen % groups or made % groups:
            raise groups_fault(self.word, groups, seen, made)
        if expected is not None and expected * groups != seen:
            kernel = show(self.filters(shape))
            if groups == 1 and seen % expected == 0:
                parts = seen // expected
                help = (f"{seen} = {parts} x {expected}: a grouped convolution? add g{parts}",)
            else:
                help = (f"filters that fit: {kernel}x{seen // groups}x{made}",)
            bank = f"{kernel}x{expected}x{made}"
            raise Fault(
                "S104",
                f"the filters {bank} see {expected * groups} channels, but {seen} flow in",
                help=help,
                option="in_channels",
            )

    def filters(self, shape: Shape) -> tuple[int, ...]:
        """The kernel per axis."""
        return per_axis(self.word, "kernel", self.kernel, len(shape) - 1)

    def parameters(self, *shapes: Shape) -> tuple[Parameter, ...]:
        (shape,) = shapes
        made = self.made(shape[0])
        weight = Parameter("weight", (made, shape[0] // self.group_count(shape[0]), *self.filters(shape)))
        return (weight, Parameter("bias", (made,))) if self.biased else (weight,)

    def macs(self, *shapes: Shape) -> int:
        """Cout * Cin/g * F^n for every output position."""
        (shape,) = shapes
        depth = shape[0] // self.group_count(shape[0])
        return self.made(shape[0]) * depth * prod(self.filters(shape)) * prod(self.slide(shape))

    def work(self, *shapes: Shape) -> Work:
        return Work(bias=elements(self.output(*shapes))) if self.biased else Work()

    def formulas(self, *shapes: Shape) -> dict[str, str]:
        (shape,) = shapes
        made, depth = self.made(shape[0]), shape[0] // self.group_count(shape[0])
        one = f"({product((*self.filters(shape), depth))})"
        bias = f" + {made}" if self.biased else ""
        total = sum(each.count for each in self.parameters(shape))
        out = self.output(shape)
        return {
            "output": by_axis(list(map(str, self.windows(shape)))),
            "params": f"{one}*{made}{bias} = {grouped(total)}",
            "macs": f"{one}*{product(out)} = {grouped(self.macs(shape))}",
        }

    def symbols(self, *shapes: Shape) -> dict[str, str]:
        (shape,) = shapes
        one = f"({letters('F', self.filters(shape))}*Cin{'/g' if self.group_count(shape[0]) > 1 else ''})"
        return {
            "output": self.output_symbols(self.windows(shape)),
            "params": f"{one}*Cout{' + Cout' if self.biased else ''}",
            "macs": f"{one}*Cout*{product_of_outputs(len(shape) - 1)}",
        }

    def matrix(self, *shapes: Shape) -> Matrix | None:
        """Filters x patches: every column of the unfolded input is what one output position sees."""
        (shape,) = shapes
        groups = self.group_count(shape[0])
        seen = shape[0] // groups * prod(self.filters(shape))
        copied = shape[0] * prod(window.reads for window in self.windows(shape))
        return Matrix(groups, self.made(shape[0]) // groups, seen, prod(self.slide(shape)), copied)

    @classmethod
    def mistakes(cls) -> "tuple[Chapter, ...]":
        from cnncalc.layers.mistakes import conv

        return conv.CHAPTERS

    def torch(self, *shapes: Shape) -> tuple[Call, ...]:
        (shape,) = shapes
        rank = len(shape) - 1
        sides = self.sides(shape[1:])
        direct = all(before == after for before, after in sides)
        _, stride, dilation = self.sliding(rank)
        arguments = {
            "in_channels": shape[0],
            "out_channels": self.made(shape[0]),
            "kernel_size": self.filters(shape),
            "stride": stride,
            "dilation": dilation,
            "groups": self.group_count(shape[0]),
            "bias": self.biased,
            "padding": tuple(before if direct else 0 for before, _ in sides),
        }
        call = Call(f"Conv{rank}d", arguments)
        if direct:
            return (call,)
        # torch pads both sides alike; what differs is a step of its own
        return (Call("pad", {"sides": sides, "mode": "constant", "value": 0.0}), call)


class Conv(Convolving):
    """A convolution: every filter sees all channels of its group and slides over the spatial axes."""

    word = "conv"
    words = ("convolution",)
    example = "3x227x227 | conv 96 11x11 /4"

    channels: Whole = Field(description="number of filters, the channels that come out")
    kernel: Kernel = Field(description="size of the filters: one number for every axis, or 3x3")
    stride: Stride = Field(1, description="step of the window")
    pad: Pad = Field(0, description="zeros around the input: 2, 0x3, sides 1:2, same or half")
    dilation: Dilation = Field(1, description="distance between the taps of a filter")
    groups: Groups = Field(1, description="groups of channels that do not see each other")
    bias: Bias = Field(True, description="a learned constant per filter")
    in_channels: Whole | None = Field(None, description="channels per group, only checked; FxFxCinxCout sets it")

    def made(self, channels: int) -> int:
        return self.channels

    def group_count(self, channels: int) -> int:
        return self.groups


class DepthwiseConv(Convolving):
    """A depthwise convolution: every channel has filters of its own, ``mult`` of them."""

    word = "dwconv"
    words = ("depthwise",)
    example = "32x112x112 | dwconv 3 /2 p1 nobias"

    kernel: Kernel = Field(description="size of the filters")
    mult: Whole = Field(1, description="filters per channel")
    stride: Stride = Field(1, description="step of the window")
    pad: Pad = Field(0, description="zeros around the input")
    dilation: Dilation = Field(1, description="distance between the taps of a filter")
    bias: Bias = Field(True, description="a learned constant per filter")

    def made(self, channels: int) -> int:
        return channels * self.mult

    def group_count(self, channels: int) -> int:
        return channels


class LocallyConnected(Convolving):
    """A convolution without parameter sharing: every output neuron has weights and a bias of its own."""

    word = "local"
    words = ("locally_connected",)
    example = "3x32x32 | local 16 5"

    channels: Whole = Field(description="the channels that come out")
    kernel: Kernel = Field(description="size of the window")
    stride: Stride = Field(1, description="step of the window")
    pad: Pad = Field(0, description="zeros around the input")
    dilation: Dilation = Field(1, description="distance between the taps")
    bias: Bias = Field(True, description="a learned constant per output neuron")

    def made(self, channels: int) -> int:
        return self.channels

    def parameters(self, *shapes: Shape) -> tuple[Parameter, ...]:
        (shape,) = shapes
        out = self.slide(shape)
        weight = Parameter("weight", (self.channels, *out, shape[0], *self.filters(shape)))
        return (weight, Parameter("bias", (self.channels, *out))) if self.bias else (weight,)

    def formulas(self, *shapes: Shape) -> dict[str, str]:
        (shape,) = shapes
        found = super().formulas(shape)
        one = product((*self.filters(shape), shape[0]))
        total = sum(each.count for each in self.parameters(shape))
        bias = " + 1" if self.bias else ""
        found["params"] = f"({one}{bias})*{product(self.output(shape))} = {grouped(total)}"
        return found

    def symbols(self, *shapes: Shape) -> dict[str, str]:
        found = super().symbols(*shapes)
        (shape,) = shapes
        one = f"({letters('F', self.filters(shape))}*Cin{' + 1' if self.bias else ''})"
        return {**found, "params": f"{one}*Cout*{product_of_outputs(len(shape) - 1)}"}

    def matrix(self, *shapes: Shape) -> Matrix | None:
        """A product per output position, since each has weights of its own."""
        found = super().matrix(*shapes)
        return found and found._replace(products=found.n, n=1)

    @classmethod
    def mistakes(cls) -> "tuple[Chapter, ...]":
        from cnncalc.layers.mistakes import conv

        return conv.LOCAL

    def torch(self, *shapes: Shape) -> tuple[Call, ...]:
        (shape,) = shapes
        _, stride, dilation = self.sliding(len(shape) - 1)
        arguments = {
            "in_channels": shape[0],
            "out_channels": self.channels,
            "out_size": self.slide(shape),
            "kernel_size": self.filters(shape),
            "stride": stride,
            "dilation": dilation,
            "sides": self.sides(shape[1:]),
            "bias": self.bias,
        }
        return (Call("LocallyConnected", arguments),)
