"""Convolutions: plain, depthwise, transposed, locally connected."""

from math import gcd, prod
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

from pydantic import Field

from cnncalc.arithmetic import Reach, Transposed, transposed_reach
from cnncalc.layers.base import AxesOrZero, Call, Fault, Letter, Matrix, Parameter, Whole, Work, per_axis, spatial
from cnncalc.layers.windowed import Bias, Dilation, Kernel, Pad, Stride, Windowed, letters
from cnncalc.shape import Shape, axis_names, elements, product, show
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
            kernel = show(per_axis(self.word, "kernel", self.kernel, len(shape) - 1))
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
            "output": self.size_formula(shape),
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

    def size_formula(self, shape: Shape) -> str:
        return self.output_formula(self.windows(shape))

    def padded_calls(self, shape: Shape, name: str, arguments: dict[str, Any]) -> tuple[Call, ...]:
        """The convolution, with a padding of its own before it where the two sides differ."""
        sides = self.sides(shape[1:])
        if all(before == after for before, after in sides):
            return (Call(name, {**arguments, "padding": tuple(before for before, _ in sides)}),)
        return (
            Call("pad", {"sides": sides, "mode": "constant", "value": 0.0}),
            Call(name, {**arguments, "padding": (0,) * len(sides)}),
        )

    def torch(self, *shapes: Shape) -> tuple[Call, ...]:
        (shape,) = shapes
        rank = len(shape) - 1
        arguments = {
            "in_channels": shape[0],
            "out_channels": self.made(shape[0]),
            "kernel_size": self.filters(shape),
            "stride": per_axis(self.word, "stride", self.strides, rank),
            "dilation": per_axis(self.word, "dilation", self.dilation, rank),
            "groups": self.group_count(shape[0]),
            "bias": self.biased,
        }
        return self.padded_calls(shape, f"Conv{rank}d", arguments)


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
        rank = len(extents)
        kernel = per_axis(self.word, "kernel", self.kernel, rank)
        stride = per_axis(self.word, "stride", self.stride, rank)
        dilation = per_axis(self.word, "dilation", self.dilation, rank)
        totals = [max(d * (k - 1) + 1 - s, 0) for k, s, d in zip(kernel, stride, dilation, strict=True)]
        return tuple((total // 2, total - total // 2) for total in totals)

    def transposed(self, shape: Shape) -> tuple[Transposed, ...]:
        """The transposed window along each axis."""
        extents = spatial(self.word, shape)
        rank = len(extents)
        kernel = per_axis(self.word, "kernel", self.kernel, rank)
        stride = per_axis(self.word, "stride", self.stride, rank)
        dilation = per_axis(self.word, "dilation", self.dilation, rank)
        outpad = per_axis(self.word, "outpad", self.outpad, rank)
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

    def symbols(self, *shapes: Shape) -> dict[str, str]:
        (shape,) = shapes
        one = f"({letters('F', self.filters(shape))}*Cout{'/g' if self.groups > 1 else ''})"
        windows = self.transposed(shape)
        return {
            "output": max((window.symbols for window in windows), key=len),
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

    def size_formula(self, shape: Shape) -> str:
        windows = self.transposed(shape)
        if len(set(windows)) == 1:
            return str(windows[0])
        return ", ".join(f"{name}: {each}" for name, each in zip(axis_names(len(windows)), windows, strict=True))

    def formulas(self, *shapes: Shape) -> dict[str, str]:
        (shape,) = shapes
        found = super().formulas(shape)
        made = self.channels // self.groups
        bias = f" + {self.channels}" if self.bias else ""
        total = sum(each.count for each in self.parameters(shape))
        found["params"] = f"({product((*self.filters(shape), made))})*{shape[0]}{bias} = {grouped(total)}"
        found["macs"] = f"({product((*self.filters(shape), made))})*{product(shape)} = {grouped(self.macs(shape))}"
        return found

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
        rank = len(shape) - 1
        arguments = {
            "in_channels": shape[0],
            "out_channels": self.channels,
            "out_size": self.slide(shape),
            "kernel_size": self.filters(shape),
            "stride": per_axis(self.word, "stride", self.stride, rank),
            "dilation": per_axis(self.word, "dilation", self.dilation, rank),
            "sides": self.sides(shape[1:]),
            "bias": self.bias,
        }
        return (Call("LocallyConnected", arguments),)
