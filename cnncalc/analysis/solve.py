"""Which windows take one size to another: input, kernel, stride, padding and output along one axis, some of them given.

>>> found = solve(input=227, output=55)
>>> str(found[0].window), found[0].tiles
('(227 - 11 + 2*0)/4 + 1 = 55', True)
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple, TypeAlias

from cnncalc.arithmetic import Transposed, Window, effective, half_padding, same_padding

KERNELS = range(1, 32)
"""Kernels that are tried where none is given, besides the one that would tile."""

STRIDES = range(1, 17)

LARGEST = 10**15
TRIED = 100_000
"""No search looks at more windows than this."""

PER_CHOICE = 4
"""Strides that are listed for a kernel and a padding, of the many that round down to the same output."""

_KERNEL_COST = {1: 1, 2: 2, 3: 0, 4: 4, 5: 2, 7: 3, 11: 4}
_STRIDE_COST = {1: 0, 2: 1, 4: 3, 3: 4, 8: 5}
_INPUT_COST = {224: 0, 32: 0, 28: 0, 227: 0, 256: 0, 299: 0, 64: 0, 128: 0, 112: 0, 56: 0, 512: 0}

Pad: TypeAlias = int | str | tuple[int, int]
"""``2``; ``(0, 1)`` before and after; ``"same"`` or ``"half"``."""


class Solution(NamedTuple):
    """A window that fits; ``tiles`` is False where the output is rounded down."""

    window: Window | Transposed
    tiles: bool

    @property
    def settings(self) -> str:
        """As a phrase has it: ``11 /4 p2``."""
        window = self.window
        parts = [str(window.kernel)]
        if window.stride != 1:
            parts.append(f"/{window.stride}")
        if window.before or window.after:
            same = window.before == window.after
            parts.append(f"p{window.before}" if same else f"p{window.before}:{window.after}")
        if window.dilation != 1:
            parts.append(f"d{window.dilation}")
        if isinstance(window, Transposed) and window.outpad:
            parts.append(f"outpad={window.outpad}")
        return " ".join(parts)


def solve(
    *,
    input: int | None = None,
    output: int | None = None,
    kernel: int | None = None,
    stride: int | None = None,
    pad: Pad | None = None,
    dilation: int = 1,
    transposed: bool = False,
) -> list[Solution]:
    """The windows with all that is given, the likeliest first; those that tile come before those that round down.

    Without ``output`` the one window with what is given (stride 1 and no padding if not).  Without ``input`` the
    inputs are found too.  Raises ValueError where too little is given.
    """
    if output is None:
        if input is None or kernel is None:
            raise ValueError("give an output to find windows for, or an input and a kernel to work the output out")
        one = made(input, kernel, stride or 1, 0 if pad is None else pad, dilation, transposed)
        return [Solution(one, tiling(one))] if valid(one) else []
    found: dict[Window | Transposed, Solution] = {}
    search = inputs(output, kernel, stride, pad, dilation, transposed) if input is None else ()
    if input is not None:
        search = (enlarging if transposed else sliding)(input, output, kernel, stride, pad, dilation)
    for number, window in enumerate(search):
        if number >= TRIED:
            break
        if window not in found and valid(window) and window.out == output:
            found[window] = Solution(window, tiling(window))
    return sorted(found.values(), key=lambda each: (not each.tiles, cost(each.window, input is None)))


# -- windows ----------------------------------------------------------------------------------------------------------


def made(extent: int, kernel: int, stride: int, pad: Pad, dilation: int, transposed: bool) -> Window | Transposed:
    before, after = sides(pad, extent, kernel, stride, dilation, transposed)
    if not transposed:
        return Window(extent, kernel, stride, before, after, dilation)
    # a transposed ``same`` leads to W*S, whatever the kernel
    outpad = max(stride - effective(kernel, dilation), 0) if pad == "same" else 0
    return Transposed(extent, kernel, stride, before, after, dilation, outpad)


def stretched(window: Transposed, out: int) -> Transposed | None:
    """The window with what is missing to ``out`` padded at the end, None where that is too much."""
    outpad = window.outpad + out - window.out
    return window._replace(outpad=outpad) if window.outpad <= outpad < max(window.stride, window.dilation) else None


def valid(window: Window | Transposed) -> bool:
    """Whether it fits and every number is one that the language takes."""
    sizes = (window.extent, window.kernel, window.stride, window.out)
    fits = isinstance(window, Transposed) or window.fits
    return fits and all(0 < each <= LARGEST for each in sizes) and min(window.before, window.after) >= 0


def tiling(window: Window | Transposed) -> bool:
    return window.outpad == 0 if isinstance(window, Transposed) else window.tiles


def sides(pad: Pad | None, extent: int, kernel: int, stride: int, dilation: int, transposed: bool) -> tuple[int, int]:
    """The padding before and after."""
    if isinstance(pad, tuple):
        return pad
    if pad == "half":
        return (half_padding(kernel, dilation),) * 2
    if pad == "same":
        if not transposed:
            return same_padding(extent, kernel, stride, dilation)
        total = max(effective(kernel, dilation) - stride, 0)
        return total // 2, total - total // 2
    return (int(pad), int(pad)) if pad is not None else (0, 0)


def pads(pad: Pad | None, kernel: int, dilation: int) -> Iterator[tuple[int, int] | str]:
    """The paddings to try: none that a whole window would disappear in, and one more after than before."""
    if isinstance(pad, str):
        yield pad
    elif pad is not None:
        yield sides(pad, 1, 1, 1, 1, False)
    else:
        for before in range(min(effective(kernel, dilation), 32)):
            yield before, before
            if before + 1 < effective(kernel, dilation):
                yield before, before + 1


def kernels(kernel: int | None, *tiling: int) -> Iterable[int]:
    return [kernel] if kernel is not None else dict.fromkeys([*KERNELS, *(each for each in tiling if each > 0)])


# -- the search -------------------------------------------------------------------------------------------------------


def sliding(
    extent: int, out: int, kernel: int | None, stride: int | None, pad: Pad | None, dilation: int
) -> Iterator[Window]:
    """Windows over ``extent`` positions: for every kernel and padding the strides that give ``out``."""
    for one in kernels(kernel, extent, *tiling_kernels(extent, out, stride, pad, dilation)):
        for choice in pads(pad, one, dilation):
            if isinstance(choice, str):
                for step in [stride] if stride is not None else strides_near(extent, out):
                    yield Window(extent, one, step, *sides(choice, extent, one, step, dilation, False), dilation)
                continue
            window = Window(extent, one, 1, *choice, dilation)
            if window.fits:
                yield from (window._replace(stride=step) for step in strides(window.slack, out, stride))


def strides(slack: int, out: int, stride: int | None) -> Iterable[int]:
    """The strides with ``slack // S + 1 = out``: the exact one, then the smallest."""
    if stride is not None:
        return [stride]
    if out == 1:
        return [slack + 1] if slack else [1]
    least, most = slack // out + 1, slack // (out - 1)
    exact = [most] if most and most * (out - 1) == slack else []
    return dict.fromkeys([*exact, *range(max(least, 1), min(most, least + PER_CHOICE - 1) + 1)])


def strides_near(extent: int, out: int) -> Iterable[int]:
    """Strides with ``ceil(W/S) = out``, which ``same`` leads to, and the small ones for other rules."""
    near = -(-extent // out)
    return dict.fromkeys([near, *STRIDES, near - 1] if near > 1 else [near, *STRIDES])


def tiling_kernels(extent: int, out: int, stride: int | None, pad: Pad | None, dilation: int) -> Iterator[int]:
    """Kernels beyond the usual ones that tile for a small stride."""
    before, after = pad if isinstance(pad, tuple) else (pad, pad) if isinstance(pad, int) else (0, 0)
    for step in [stride] if stride is not None else STRIDES:
        span = extent + before + after - (out - 1) * step
        if span > 0 and (span - 1) % dilation == 0:
            yield (span - 1) // dilation + 1


def enlarging(
    extent: int, out: int, kernel: int | None, stride: int | None, pad: Pad | None, dilation: int
) -> Iterator[Transposed]:
    """Transposed windows: what is missing to ``out`` is padded at the end (outpad), if little enough."""
    base = -(-out // extent)
    steps = [stride] if stride is not None else list(dict.fromkeys([*STRIDES, base, base + 1]))
    spans = [out - (extent - 1) * step for step in steps]
    fitting = [(span - 1) // dilation + 1 for span in spans if span > 0 and (span - 1) % dilation == 0]
    for one in kernels(kernel, *fitting):
        for choice in pads(pad, one, dilation):
            for step in steps:
                window = made(extent, one, step, choice, dilation, True)
                assert isinstance(window, Transposed)
                longer = stretched(window, out)
                if longer is not None:
                    yield longer


def inputs(
    out: int, kernel: int | None, stride: int | None, pad: Pad | None, dilation: int, transposed: bool
) -> Iterator[Window | Transposed]:
    """Windows over any input that give ``out``: the input that tiles, then those that round down to it."""
    for one in kernels(kernel):
        for step in [stride] if stride is not None else STRIDES:
            for choice in [(0, 0), (half_padding(one, dilation),) * 2] if pad is None else [pad]:
                for extent in extents(out, one, step, choice, dilation, transposed):
                    window = made(extent, one, step, choice, dilation, transposed)
                    yield (stretched(window, out) or window) if isinstance(window, Transposed) else window


def extents(out: int, kernel: int, stride: int, pad: Pad, dilation: int, transposed: bool) -> Iterable[int]:
    span = effective(kernel, dilation)
    if pad == "same":
        first = out // stride if transposed else (out - 1) * stride + 1
        return range(first, first + (1 if transposed else min(stride, PER_CHOICE)))
    before, after = sides(pad, 1, kernel, stride, dilation, transposed)
    if transposed:
        return [(out + before + after - span) // stride + 1]
    first = (out - 1) * stride + span - before - after
    return [each for each in range(first, first + min(stride, PER_CHOICE)) if each > 0]


# -- what is likely ---------------------------------------------------------------------------------------------------


def cost(window: Window | Transposed, any_input: bool = False) -> tuple[float, ...]:
    """How uncommon a window is: small odd kernels, small strides and small padding come first."""
    kernel, stride = window.kernel, window.stride
    total = float(_KERNEL_COST.get(kernel, kernel if kernel % 2 else kernel + 2))
    total += _STRIDE_COST.get(stride, 2 * stride)
    if window.before != window.after:
        total += 5
    total += min(abs(window.before - half_padding(kernel, window.dilation)), window.before) * 2
    total += 0.5 if window.before else 0
    if isinstance(window, Transposed):
        total += window.outpad
        total += abs(kernel - 2 * stride) * 0.5 if window.extent > 1 else 5 * stride
    else:
        total += 2 * max(stride - kernel, 0)  # what lies between two windows is never read
    if any_input:
        total += _INPUT_COST.get(window.extent, 2)
    return total, stride, kernel, window.before, window.after, window.extent


def reachable(
    input: int, kernel: int | None, stride: int | None, pad: Pad | None, dilation: int, transposed: bool
) -> tuple[int, int] | None:
    """The least and the greatest output that kernel and stride can give, for padding from none to a kernel's own."""
    if kernel is None or stride is None:
        return None
    choices = [pad] if pad is not None else [0, max(effective(kernel, dilation) - 1, 0)]
    outs = []
    for choice in choices:
        window = made(input, kernel, stride, choice, dilation, transposed)
        if valid(window):
            outs.append(window.out)
    return (min(outs), max(outs)) if outs else None
