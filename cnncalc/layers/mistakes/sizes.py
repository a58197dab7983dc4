"""Mistakes with the size that a window, or a transposed one, leaves of an axis, and with the channels."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache, partial
from typing import TYPE_CHECKING

from cnncalc.arithmetic import Transposed, Window
from cnncalc.layers.mistakes import CHANNELS, SIZE, Chapter, Place, Rule
from cnncalc.layers.mistakes.letters import ATOM, PRODUCT, SUM, Constant, Letter, Piece, Pieces

if TYPE_CHECKING:
    from cnncalc.layers.base import Layer

W, F, S, P, PP, D = Letter("W"), Letter("F"), Letter("S"), Letter("P"), Letter("2*P"), Letter("d")
KERNEL, OUTPAD = Letter("d*(F - 1) + 1"), Letter("outpad")
CIN, COUT, ONE = Letter("Cin"), Letter("Cout"), Constant(1)


def windows(place: Place, ask: str) -> Iterable[Pieces]:
    """The letters along each spatial axis."""
    layer: Layer = place.layer
    return map(letters_of, layer.windows(place.shapes[0]))  # type: ignore[attr-defined]


def transposed(place: Place, ask: str) -> Iterable[Pieces]:
    layer: Layer = place.layer
    for window in layer.transposed(place.shapes[0]):  # type: ignore[attr-defined]
        yield {**letters_of(window), "outpad": Piece(str(window.outpad), window.outpad)}


@lru_cache(maxsize=1024)
def letters_of(window: Window | Transposed) -> Pieces:
    """The letters of a window."""
    before, after = window.before, window.after
    both = (
        Piece(f"2*{before}", 2 * before, PRODUCT)
        if before == after
        else Piece(f"{before} + {after}", before + after, SUM)
    )
    span = Piece(str(window.kernel), window.kernel)
    if window.dilation > 1:
        span = Piece(f"{window.dilation}*({window.kernel} - 1) + 1", window.span, SUM)
    return {
        "W": Piece(str(window.extent), window.extent),
        "F": Piece(str(window.kernel), window.kernel),
        "S": Piece(str(window.stride), window.stride),
        "P": Piece(str(max(before, after)), max(before, after)),
        "2*P": both,
        "d": Piece(str(window.dilation), window.dilation),
        "d*(F - 1) + 1": span,
        "ceil": Piece("", bool(getattr(window, "ceil", False)), ATOM),
    }


def padded(pieces: Pieces) -> bool:
    return pieces["2*P"].value > 0


def strided(pieces: Pieces) -> bool:
    return pieces["S"].value > 1


def dilated(pieces: Pieces) -> bool:
    return pieces["d"].value > 1


def ends_up(pieces: Pieces) -> bool:
    return bool(pieces["ceil"].value)


def ends_down(pieces: Pieces) -> bool:
    return not pieces["ceil"].value


RIGHT = (W - KERNEL + PP) / S + 1
_ROUND = "A window that does not fit whole is not counted: the quotient is rounded down."

WINDOW_RULES = (
    Rule("rounded-up", (SIZE,), RIGHT, "rounded up", _ROUND, ends_down, "ceil"),
    Rule("rounded-half-up", (SIZE,), RIGHT, "rounded to the nearest", _ROUND, ends_down, "half"),
    Rule("not-rounded", (SIZE,), RIGHT, "not rounded down", _ROUND, ends_down),
    Rule(
        "rounded-down", (SIZE,), RIGHT, "rounded down, but this layer rounds up",
        "This layer lets a last window reach over the end: the quotient is rounded up.", ends_up, "floor",
    ),
    Rule(
        "plus-one-forgotten", (SIZE,), (W - KERNEL + PP) / S, "the + 1 for the first window is missing",
        "The quotient counts the steps of the window; its first place counts as well.", None, "floor",
    ),
    Rule(
        "plus-one-inside", (SIZE,), (W - KERNEL + PP + 1) / S, "the + 1 stands inside the division",
        "The first place of the window is added after the division by the stride.", None, "floor",
    ),
    Rule(
        "padding-forgotten", (SIZE,), (W - KERNEL) / S + 1, "the padding is missing",
        "Padding makes the input larger before the window slides.", padded, "floor",
    ),
    Rule(
        "padding-once", (SIZE,), (W - KERNEL + P) / S + 1, "the padding is counted on one side only",
        "Padding is put on both sides of an axis.", padded, "floor",
    ),
    Rule(
        "padding-subtracted", (SIZE,), (W - KERNEL - PP) / S + 1, "the padding is subtracted",
        "Padding makes the input larger.", padded, "floor",
    ),
    Rule(
        "padding-added-after", (SIZE,), (W - KERNEL) / S + 1 + PP, "the padding is added to the output",
        "Padding is added to the input, before the division by the stride.", padded, "floor",
    ),
    Rule(
        "stride-forgotten", (SIZE,), W - KERNEL + PP + 1, "the stride is missing",
        "The stride says how far the window moves: the way is divided by it.", strided,
    ),
    Rule(
        "kernel-forgotten", (SIZE,), (W + PP) / S + 1, "the kernel is missing",
        "The window must fit inside: its size is taken off before the division.", None, "floor",
    ),
    Rule(
        "kernel-and-stride-swapped", (SIZE,), (W - S + PP) / F + 1, "kernel and stride are swapped",
        "Which number is the window's size, and which one its step?", lambda p: p["F"].value != p["S"].value, "floor",
    ),
    Rule(
        "stride-and-padding-swapped", (SIZE,), (W - KERNEL + S * 2) / P + 1, "stride and padding are swapped",
        "Which number is the window's step, and which one the padding?",
        lambda p: p["P"].value not in (0, p["S"].value), "floor",
    ),
    Rule(
        "same-padding-assumed", (SIZE,), W / S, "same padding is assumed, but the padding is {P}",
        "The size stays only where the padding makes up for the kernel.", None, "ceil",
    ),
    Rule(
        "divided-by-stride", (SIZE,), W / S, "only divided by the stride",
        "The kernel and the padding decide how many places the window has.", strided, "floor",
    ),
    Rule(
        "size-unchanged", (SIZE,), W, "the size of the input",
        "The window has fewer places than the input has positions, unless padding makes up for it.", strided,
    ),
    Rule(
        "padding-only", (SIZE,), W + PP, "the padded input, before the window",
        "After the padding the window slides over it.", padded,
    ),
    Rule(
        "dilation-forgotten", (SIZE,), (W - F + PP) / S + 1, "the dilation is missing",
        "A dilated kernel spans more positions than it has taps.", dilated, "floor",
    ),
    Rule(
        "dilation-times-kernel", (SIZE,), (W - D * F + PP) / S + 1, "the kernel is taken to span {d}*{F} positions",
        "Between n taps there are n - 1 gaps.", dilated, "floor",
    ),
)  # fmt: skip


OTHER = Letter("S'")


def other_stride(number: int, place: Place, ask: str) -> Iterable[Pieces]:
    """The letters along each axis with the stride of another layer, the ``number``-th; none where there is none."""
    pieces = list(windows(place, ask))
    own = {each["S"].value for each in pieces}
    others = [stride for stride in place.strides if stride > 1 and stride not in own]
    for stride in others[number : number + 1]:
        yield from ({**each, "S'": Piece(str(stride), stride)} for each in pieces)


OTHER_STRIDE_RULES = (
    Rule(
        "stride-of-another-layer", (SIZE,), (W - KERNEL + PP) / OTHER + 1, "computed with stride {S'}",
        "Read the stride of this layer again.", None, "floor",
    ),
)  # fmt: skip

OTHER_STRIDES: tuple[Chapter, ...] = tuple((partial(other_stride, number), OTHER_STRIDE_RULES) for number in range(3))
"""A chapter for each of the first other strides of a network."""

TRANSPOSED_RULES = (
    Rule(
        "forward-formula", (SIZE,), RIGHT, "the formula of a convolution that is not transposed",
        "A transposed convolution makes the maps larger: its formula is the other way round.", None, "floor",
    ),
    Rule(
        "times-stride", (SIZE,), W * S, "only multiplied by the stride",
        "The last filter reaches beyond the last step: kernel and padding count as well.",
    ),
    Rule(
        "outpad-forgotten", (SIZE,), (W - 1) * S - PP + KERNEL, "the output padding is missing",
        "Output padding adds rows at the far end.", lambda p: p["outpad"].value > 0,
    ),
    Rule(
        "padding-not-removed", (SIZE,), (W - 1) * S + KERNEL + OUTPAD, "the padding is not taken off",
        "The padding of a transposed convolution is taken off its output.", padded,
    ),
    Rule(
        "padding-once", (SIZE,), (W - 1) * S - P + KERNEL + OUTPAD, "the padding is taken off one side only",
        "Padding counts on both sides of an axis.", padded,
    ),
    Rule(
        "minus-one-forgotten", (SIZE,), W * S - PP + KERNEL + OUTPAD, "the - 1 is missing",
        "Between n inputs there are n - 1 steps.",
    ),
    Rule("size-unchanged", (SIZE,), W, "the size of the input", "A stride above 1 makes the maps larger here."),
)  # fmt: skip


def channels(place: Place, ask: str) -> Iterable[Pieces]:
    """The channels in and out, and the stride."""
    seen, made = place.shapes[0][0], place.output[0]
    stride = getattr(place.layer, "strides", 1)
    step = stride if isinstance(stride, int) else stride[0]
    yield {"Cin": Piece(str(seen), seen), "Cout": Piece(str(made), made), "S": Piece(str(step), step)}


_FILTERS = "Every filter makes one channel of the output."

FILTER_RULES = (
    Rule("channels-kept", (CHANNELS,), CIN, "the {Cin} channels that flow in, not the {Cout} filters", _FILTERS),
    Rule("channels-multiplied", (CHANNELS,), CIN * COUT, "channels in times filters",
         "A filter sums over all the channels it sees: it makes one channel, not one for each."),
    Rule("channels-added", (CHANNELS,), CIN + COUT, "the filters' channels added to those that flow in", _FILTERS),
    Rule("filters-forgotten", (CHANNELS,), ONE, "a single channel: the number of filters is missing", _FILTERS),
    Rule("channels-divided-by-stride", (CHANNELS,), COUT / S, "the channels are divided by the stride",
         "The stride moves the window over height and width only.", strided, "floor"),
)  # fmt: skip

POOL_CHANNEL_RULES = (
    Rule("channels-divided-by-stride", (CHANNELS,), CIN / S, "the channels are pooled too",
         "Pooling works on every channel by itself.", strided, "floor"),
    Rule("pooled-to-one-channel", (CHANNELS,), ONE, "a single channel: pooling keeps them all",
         "Pooling works on every channel by itself."),
)  # fmt: skip
