"""The output shape of a layer, window by window."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from cnncalc.analysis.steps import NOTE, NUMBERS, RESULT, SYMBOLS, WORDS, Section, Step, alike, plural
from cnncalc.arithmetic import Transposed, Window
from cnncalc.layers.base import Layer
from cnncalc.layers.conv import Convolving
from cnncalc.layers.deconv import TransposedConv
from cnncalc.layers.windowed import Windowed
from cnncalc.shape import Shape, show
from cnncalc.units import grouped


def shape_section(layer: Layer, shapes: tuple[Shape, ...], output: Shape) -> Section:
    """The output shape, axis by axis where they differ."""
    windows = windows_of(layer, shapes[0])
    figures: dict[str, Any] = {"output": list(output)}
    if windows:
        figures["axes"] = [axis_figures(each) for each in windows]
        steps = list(window_steps(layer.symbols(*shapes).get("output", ""), windows))
    else:
        steps = list(formula_steps(layer, shapes))
    if output == shapes[0] and not windows and "output" not in layer.formulas(*shapes):
        steps.append(Step(f"every value keeps its place, the shape stays {show(output)}", RESULT))
    else:
        steps.append(Step(f"{channels_text(layer, shapes, output)}{show(output)}", RESULT))
    return Section("shape", "Output shape", tuple(steps), figures)


def windows_of(layer: Layer, shape: Shape) -> tuple[Window, ...] | tuple[Transposed, ...]:
    """The windows that slide over what flows in, one for each axis; none where nothing slides."""
    if isinstance(layer, TransposedConv):
        return layer.transposed(shape)
    return layer.windows(shape) if isinstance(layer, Windowed) else ()


def window_steps(symbols: str, windows: Sequence[Window | Transposed]) -> Iterator[Step]:
    """The formula in letters, with the numbers of each axis, and what the windows do at the end."""
    rounding = ""
    if isinstance(windows[0], Window):
        rounding = ", rounded up (ceil)" if windows[0].ceil else ", rounded down (floor)"
    yield Step(f"out = {symbols} for a size W that flows in{rounding}", SYMBOLS)
    groups = list(alike(windows))
    for names, window in groups:
        yield Step(str(window), NUMBERS, names)
    for names, window in groups:
        for kind, text in window_notes(window, names):
            yield Step(text, kind, names if len(groups) > 1 else "")


def formula_steps(layer: Layer, shapes: tuple[Shape, ...]) -> Iterator[Step]:
    """The formula of a layer that has no windows, where it has one: in letters and with its numbers."""
    symbols, formula = layer.symbols(*shapes).get("output"), layer.formulas(*shapes).get("output")
    if symbols:
        yield Step(f"out = {symbols}", SYMBOLS)
    if formula:
        yield Step(formula, NUMBERS)


def channels_text(layer: Layer, shapes: tuple[Shape, ...], output: Shape) -> str:
    """Where the channels that come out come from."""
    seen = shapes[0][0]
    if layer.word == "dwconv":
        mult = output[0] // seen
        return f"{seen} channels, {plural(mult, 'filter')} each, make {output[0]} channels: "
    if isinstance(layer, Convolving):
        return f"{plural(output[0], 'filter')}, a channel each: "
    if isinstance(layer, Windowed) or layer.word in ("gap", "gmp", "adaptive"):
        return f"pooling keeps the {plural(seen, 'channel')}: "
    return ""


def axis_figures(window: Window | Transposed) -> dict[str, Any]:
    """One axis as data."""
    found: dict[str, Any] = {
        "input": window.extent,
        "kernel": window.kernel,
        "stride": window.stride,
        "pad": [window.before, window.after],
        "dilation": window.dilation,
        "span": window.span,
        "output": window.out,
        "formula": str(window),
    }
    if isinstance(window, Window):
        return {**found, "ceil": window.ceil, "tiles": window.tiles, "unread": window.unread}
    return {**found, "outpad": window.outpad}


def window_notes(window: Window | Transposed, axes: str) -> Iterator[tuple[str, str]]:
    """What a window does at the end and between its places along these axes, in words."""
    if window.dilation > 1 and window.kernel > 1:
        span = f"{window.kernel} taps span d*(F - 1) + 1 = {window.span} positions"
        yield WORDS, f"with dilation {window.dilation}, {span}"
    if isinstance(window, Transposed):
        if window.stride > 1:
            yield WORDS, f"neighbouring inputs stand {window.stride} apart in the output"
        return
    over = window.slack % window.stride
    if window.tiles:
        yield WORDS, "the stride tiles: the last window ends exactly at the end"
    elif window.ceil and window.out > window.slack // window.stride + 1:
        yield WORDS, f"not whole, rounded up: the last window reaches {window.stride - over} over the end"
    elif window.ceil:
        yield NOTE, "rounding up would give a window that starts in the padding: it is left out (torch's rule)"
    elif window.unread:
        what = positions(window.unread, axes)
        verb = "is" if window.unread == 1 and "," not in axes else "are"
        yield NOTE, f"not whole, rounded down: the last {what.removeprefix('1 ')} {verb} never read"
    else:
        lies = "lies" if over == 1 else "lie"
        yield WORDS, f"not whole, rounded down: the {plural(over, 'position')} left over {lies} in the padding"
    if window.stride > window.span and window.out > 1:
        what = positions(window.stride - window.span, axes)
        yield NOTE, f"the stride is larger than the window: between two windows {what} stay unread"


def positions(count: int, axes: str) -> str:
    """``1 row``, ``3 rows and columns``."""
    words = {"H": "row", "W": "column", "D": "slice"}
    nouns = dict.fromkeys(words.get(each, "position") for each in axes.split(", "))
    return f"{grouped(count)} {' and '.join(noun + 's' * (count != 1) for noun in nouns)}"
