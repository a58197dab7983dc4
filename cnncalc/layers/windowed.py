"""What convolutions and pooling share: a window that slides over the spatial axes."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Annotated, ClassVar

from cnncalc.arithmetic import Transposed, Window, half_padding, half_worked, same_padding, same_worked
from cnncalc.layers.base import Fault, Layer, per_axis, spatial
from cnncalc.layers.fields import Axes, Letter, Padding, Switch, Words
from cnncalc.reach import Reach
from cnncalc.shape import Shape, axis_names, show
from cnncalc.units import decimal

Kernel = Annotated[Axes, Letter("k")]
Stride = Annotated[Axes, Letter("s")]
Dilation = Annotated[Axes, Letter("d")]
Bias = Annotated[Switch, Words({"nobias": False, "bias": True})]
Pad = Annotated[Padding, Words({"same": "same", "half": "half"})]
Ceil = Annotated[Switch, Words({"ceil": True, "floor": False})]


class Windowed(Layer):
    """A layer with ``kernel``, ``pad``, ``dilation`` and strides; subclasses declare the fields in their own order."""

    rounds_up: ClassVar[bool] = False

    if TYPE_CHECKING:
        kernel: int | tuple[int, ...]
        pad: int | str | tuple[int | tuple[int, int], ...]
        dilation: int | tuple[int, ...]

    @property
    def strides(self) -> int | tuple[int, ...]:
        """The stride, the kernel where a pooling has none of its own."""
        stride: int | tuple[int, ...] | None = getattr(self, "stride", 1)
        return self.kernel if stride is None else stride

    def sliding(self, rank: int) -> tuple[tuple[int, ...], tuple[int, ...], tuple[int, ...]]:
        """The kernel, the stride and the dilation, per axis."""
        return (
            per_axis(self.word, "kernel", self.kernel, rank),
            per_axis(self.word, "stride", self.strides, rank),
            per_axis(self.word, "dilation", self.dilation, rank),
        )

    def sides(self, extents: Shape) -> tuple[tuple[int, int], ...]:
        """The padding before and after, per axis, with ``same`` and ``half`` worked out."""
        rank = len(extents)
        pad = self.pad
        if isinstance(pad, int):
            return ((pad, pad),) * rank
        kernel, stride, dilation = self.sliding(rank)
        if pad == "same":
            return tuple(map(same_padding, extents, kernel, stride, dilation))
        if pad == "half":
            return tuple((each, each) for each in map(half_padding, kernel, dilation))
        assert not isinstance(pad, str)
        pads = pad * rank if len(pad) == 1 else pad
        if len(pads) != rank:
            raise Fault("S106", f"{self.word}'s pad has {len(pads)} axes, but what flows in has {rank}", option="pad")
        return tuple((each, each) if isinstance(each, int) else each for each in pads)

    def windows(self, shape: Shape) -> tuple[Window, ...]:
        """The window along each spatial axis; raises :class:`Fault` where the axes do not agree."""
        extents = spatial(self.word, shape)
        kernel, stride, dilation = self.sliding(len(extents))
        ceil = bool(getattr(self, "ceil", False))
        return tuple(
            Window(extent, k, s, before, after, d, ceil)
            for extent, k, s, (before, after), d in zip(
                extents, kernel, stride, self.sides(extents), dilation, strict=True
            )
        )

    def slide(self, shape: Shape) -> Shape:
        """The spatial axes of the output; raises :class:`Fault` where the kernel does not fit."""
        windows = self.windows(shape)
        for axis, window in enumerate(windows):
            if not window.fits:
                raise self.too_large(shape, window)
            if window.out < 1:
                raise Fault("S102", f"{self.word} leaves nothing of axis {axis_names(len(windows))[axis]}", str(window))
        return tuple(window.out for window in windows)

    def too_large(self, shape: Shape, window: Window) -> Fault:
        """The fault of a kernel that does not fit, with what would."""
        padded = "+".join(map(str, [window.extent, *([window.before, window.after] if window.before else [])]))
        if window.after and not window.before:
            padded = f"{window.extent}+{window.after}"
        sides = f"2*{window.before}" if window.before == window.after else f"{window.before} + {window.after}"
        largest = (window.extent + window.before + window.after - 1) // window.dilation + 1
        missing = -(-(window.span - window.extent) // 2)
        label = f"{window.extent} - {window.span} + {sides} = {window.slack} is negative"
        kernel = f"kernel {window.kernel}"
        if window.dilation > 1:
            kernel += f" (spanning {window.span} with dilation {window.dilation})"
        help = [f"a kernel of at most {largest}, or padding of at least {missing} (pad={missing}), would fit"]
        channels = getattr(self, "channels", None)
        if (
            channels is not None
            and channels in (1, 2, 3, 5, 7, 9, 11)
            and self.kernel != channels
            and channels <= window.extent
        ):
            help.insert(0, f"channels come first: did you mean {self.word} {show_size(self.kernel)} {channels}?")
        return Fault("S103", f"{kernel} does not fit into {padded}", label, help=tuple(help))

    def reach(self, *shapes: Shape) -> tuple[Reach, ...] | str | None:
        return tuple(Reach(window.span, window.stride, -window.before) for window in self.windows(shapes[0]))

    def unread(self, *shapes: Shape) -> tuple[int, ...]:
        return tuple(window.unread for window in self.windows(shapes[0]))

    def padding_worked(self, extents: Shape) -> tuple[str, ...]:
        """How ``same`` or ``half`` becomes numbers, a line per axis; nothing where the padding is given in numbers."""
        kernel, stride, dilation = self.sliding(len(extents))
        if self.pad == "half":
            return tuple(map(half_worked, kernel, dilation))
        if self.pad == "same":
            return tuple(map(same_worked, extents, kernel, stride, dilation))
        return ()

    def output_symbols(self, windows: Sequence[Window | Transposed]) -> str:
        """The formula that holds for all axes."""
        return max((window.symbols for window in windows), key=len)


def letters(symbol: str, sizes: tuple[int, ...]) -> str:
    """``F*F`` for a kernel that is the same along two axes, ``FH*FW`` for one that differs."""
    if len(set(sizes)) == 1:
        return "*".join(symbol for _ in sizes)
    return "*".join(f"{symbol}{name.replace('axis ', '')}" for name in axis_names(len(sizes)))


def show_size(value: int | tuple[int, ...]) -> str:
    return str(value) if isinstance(value, int) else show(value)


def does_not_tile(layer: Windowed, shape: Shape) -> Fault | None:
    """The fault of strict tiling, with every single change that would tile; None where the stride tiles."""
    for window in layer.windows(shape):
        if window.tiles or window.ceil or not window.fits:
            continue
        last = f"the last {' and '.join(row_names(len(shape) - 1))} are never read, and the output is {window.out}"
        return Fault(
            "S101",
            "the stride does not tile the input",
            f"{window.expression} = {decimal(window.exact)}, not a whole number",
            help=(ways_to_tile(window), f"or say `tiling: floor`, as frameworks do: {last}"),
        )
    return None


def ways_to_tile(window: Window) -> str:
    """Every single change that makes the stride tile, one line per option, and what comes out with it."""
    changes: dict[str, list[str]] = {}
    for option, other in window.tilings():
        changes.setdefault(option, []).append(change(option, other))
    lines = ["any one of these changes tiles:"]
    lines += [f"   {option:<6} {'   '.join(each)}" for option, each in changes.items()]
    return "\n".join(lines)


def change(option: str, window: Window) -> str:
    """``227 -> 55``; one-sided padding is written ``0:3``."""
    value = {
        "input": window.extent,
        "kernel": window.kernel,
        "stride": window.stride,
        "pad": window.before if window.before == window.after else f"{window.before}:{window.after}",
    }[option]
    note = ""
    if option == "pad" and window.before != window.after:
        note = "   (one side more; no symmetric padding tiles)"
    return f"{value} -> {window.out}{note}"


def row_names(rank: int) -> Iterator[str]:
    yield from {1: ("position",), 2: ("row", "column"), 3: ("slice", "row", "column")}.get(rank, ("positions",))
