"""How the figures of one layer come about, as sections of steps: words, symbols, numbers, result."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from fractions import Fraction
from typing import Any, NamedTuple

from cnncalc.analysis.field_steps import field_section
from cnncalc.analysis.report import Row
from cnncalc.analysis.spelling import number, padding
from cnncalc.analysis.steps import NOTE, NUMBERS, RESULT, SYMBOLS, WORDS, Section, Step, alike, plural
from cnncalc.arithmetic import Transposed, Window
from cnncalc.layers.base import Layer
from cnncalc.layers.conv import Convolving, TransposedConv
from cnncalc.layers.windowed import Windowed
from cnncalc.shape import Shape, axis_names, elements, product, show
from cnncalc.units import FLOPS_PER_MAC, decimal, grouped, short_bytes

LETTERS = {
    "kernel": "F",
    "stride": "S",
    "pad": "P",
    "dilation": "d",
    "groups": "g",
    "channels": "Cout",
    "features": "out",
    "in_channels": "Cin/g",
}
"""The letters that formulas give to hyperparameters."""

WORK = {
    "bias": ("bias addition", "bias additions"),
    "norm": ("value normalised", "values normalised"),
    "activation": ("value through the activation", "values through the activation"),
    "pooling": ("pooled value", "pooled values"),
    "elementwise": ("elementwise operation", "elementwise operations"),
}


class Derivation(NamedTuple):
    """How one layer's figures come about.  ``source`` is ``FILE:LINE:COLUMN``."""

    name: str
    line: str | None
    kind: str
    settings: str
    about: str
    source: str
    output: Shape
    sections: tuple[Section, ...]

    def section(self, name: str) -> Section | None:
        """The section of that name: inputs, settings, shape, params, buffers, macs, receptive_field, matrix."""
        return next((each for each in self.sections if each.name == name), None)


def derivation(row: Row) -> Derivation:
    """The whole derivation of a layer."""
    return _derived(row, [each for each in _sections(row) if each.steps])


def brief(row: Row) -> Derivation:
    """A line or two: shapes, the worked size, parameters and MACs."""
    formulas = row.formulas
    flow = " and ".join(map(show, row.input_shapes))
    shown = f"{flow} -> {show(row.output)}" if row.input_shapes != (row.output,) else f"{flow} stays"
    size = f", {formulas['output']}" if "output" in formulas else ""
    steps = [Step(f"{shown}{size}")]
    figures: dict[str, Any] = {"params": row.params, "macs": row.macs}
    parts = []
    if row.parameters:
        worked = formulas.get("params", grouped(sum(each.count for each in row.parameters)))
        parts.append(f"{worked} params" + (f" (those of {row.weights_of})" if row.weights_of else ""))
    if row.macs:
        parts.append(f"{formulas.get('macs', grouped(row.macs))} MACs")
    if parts:
        steps.append(Step("; ".join(parts), NUMBERS))
    return _derived(row, [Section("brief", "", tuple(steps), figures)])


def _derived(row: Row, sections: Sequence[Section]) -> Derivation:
    layer = row.node.layer
    assert layer is not None
    about = " ".join((type(layer).__doc__ or "").replace("``", "").split())
    mark = row.node.mark
    made = getattr(layer, "channels", "")
    return Derivation(
        row.name,
        row.line,
        row.kind,
        f"{made} {row.kernel}".strip(),
        about,
        str(mark) if mark else "",
        row.output,
        tuple(sections),
    )


def _sections(row: Row) -> Iterator[Section]:
    layer, shapes = row.node.layer, row.input_shapes
    assert layer is not None
    yield inputs_section(row)
    yield settings_section(layer, shapes)
    yield shape_section(layer, shapes, row.output)
    yield parameters_section(row)
    yield buffers_section(row)
    yield macs_section(row)
    yield field_section(row)
    yield matrix_section(row)


# -- what flows in ----------------------------------------------------------------------------------------------------


def inputs_section(row: Row) -> Section:
    """The values that flow in, with the layers that made them."""
    graph = row.setting.graph
    steps, figures = [], []
    for place, index in enumerate((*row.node.inputs, *row.node.links)):
        node = graph.nodes[index]
        shape = node.facts.output
        told = ["an input of the network"] if node.layer is None else []
        if place >= len(row.node.inputs):
            told.append("only its indices are used")
        steps.append(Step(f"{', '.join([show(shape), *told])}: {axes(shape)}", WORDS, node.name))
        figures.append({"name": node.name, "kind": node.kind, "shape": list(shape)})
    return Section("inputs", "What flows in", tuple(steps), {"inputs": figures})


def axes(shape: Shape) -> str:
    """``C = 3, H = 227, W = 227``."""
    if len(shape) == 1:
        return f"{shape[0]} values"
    names = ("C", *axis_names(len(shape) - 1))
    return ", ".join(f"{name} = {size}" for name, size in zip(names, shape, strict=True))


def settings_section(layer: Layer, shapes: tuple[Shape, ...]) -> Section:
    """The hyperparameters, with ``same`` and ``half`` worked out."""
    steps = []
    figures: dict[str, Any] = {}
    for name, info in type(layer).model_fields.items():
        value: Any = getattr(layer, name)
        described = info.description or ""
        if name == "stride" and isinstance(layer, Windowed):
            value = layer.strides
        if value is None or (value is False and info.default is False):
            continue
        shown = ("yes" if value else "no") if isinstance(value, bool) else number(value)
        resolved: Any = value
        if name == "pad" and isinstance(layer, Windowed):
            sides = layer.sides(shapes[0][1:])
            resolved = [list(each) for each in sides]
            shown = padding(sides) if not isinstance(value, str) else f"{padding(sides)}, from '{value}'"
        label = f"{name} {LETTERS[name]}" if name in LETTERS else name
        steps.append(Step(f"{shown} ({described})" if described else shown, WORDS, label))
        figures[name] = list(resolved) if isinstance(resolved, tuple) else resolved
        if name == "pad" and isinstance(layer, Windowed):
            steps += padding_steps(layer, shapes[0])
    if isinstance(layer, Convolving) and "groups" not in figures and layer.group_count(shapes[0][0]) > 1:
        groups = layer.group_count(shapes[0][0])
        steps.append(Step(f"{groups} (every channel is a group of its own: g = Cin)", WORDS, "groups g"))
        figures["groups"] = groups
    return Section("settings", "Hyperparameters", tuple(steps), figures)


def padding_steps(layer: Windowed, shape: Shape) -> Iterator[Step]:
    """How ``same`` or ``half`` came to its numbers."""
    lines = layer.padding_worked(shape[1:])
    if not lines:
        return
    rule = "P = d*(F - 1)/2, rounded up"
    if layer.pad == "same":
        rule = "as much as gives out = ceil(W/S): max((out - 1)*S + F - W, 0) in total, the odd one after"
        if isinstance(layer, TransposedConv):
            rule = "as much as gives out = W*S: max(F - S, 0) in total, the odd one after"
    yield Step(f"{layer.pad}: {rule}", SYMBOLS, "")
    for names, line in alike(lines):
        yield Step(line, NUMBERS, names)


# -- shape ------------------------------------------------------------------------------------------------------------


def shape_section(layer: Layer, shapes: tuple[Shape, ...], output: Shape) -> Section:
    """The output shape, axis by axis where they differ."""
    steps: list[Step] = []
    figures: dict[str, Any] = {"output": list(output)}
    symbols = layer.symbols(*shapes).get("output", "")
    formula = layer.formulas(*shapes).get("output", "")
    windows: tuple[Window | Transposed, ...] = ()
    if isinstance(layer, TransposedConv):
        windows = layer.transposed(shapes[0])
        steps.append(Step(f"out = {symbols} for a size W that flows in", SYMBOLS))
    elif isinstance(layer, Windowed):
        windows = layer.windows(shapes[0])
        rounding = "up (ceil)" if windows[0].ceil else "down (floor)"
        steps.append(Step(f"out = {symbols} for a size W that flows in, rounded {rounding}", SYMBOLS))
    elif symbols:
        steps.append(Step(f"out = {symbols}", SYMBOLS))
    if windows:
        figures["axes"] = [axis_figures(each) for each in windows]
        groups = list(alike(windows))
        steps += (Step(str(window), NUMBERS, names) for names, window in groups)
        for names, window in groups:
            label = names if len(groups) > 1 else ""
            steps += (Step(text, kind, label) for kind, text in window_notes(window, names))
    elif formula:
        steps.append(Step(formula, NUMBERS))
    if output == shapes[0] and not windows and not formula:
        steps.append(Step(f"every value keeps its place, the shape stays {show(output)}", RESULT))
    else:
        steps.append(Step(f"{channels_text(layer, shapes, output)}{show(output)}", RESULT))
    return Section("shape", "Output shape", tuple(steps), figures)


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


# -- parameters -------------------------------------------------------------------------------------------------------


def parameters_section(row: Row) -> Section:
    """What is learned, tensor by tensor, and the formula for the sum."""
    layer, shapes = row.node.layer, row.input_shapes
    assert layer is not None
    total = sum(each.count for each in row.parameters)
    figures: dict[str, Any] = {
        "params": total,
        "trainable": row.node.facts.trainable,
        "tensors": [{"name": each.name, "shape": list(each.shape), "count": each.count} for each in row.parameters],
        "weights_of": row.weights_of,
    }
    if not row.parameters:
        return Section("params", "Parameters", (Step("nothing is learned here: 0 parameters", RESULT),), figures)
    symbols, formula = layer.symbols(*shapes).get("params"), layer.formulas(*shapes).get("params")
    steps = [tensor(each.name, each.shape, each.count) for each in row.parameters]
    if symbols:
        steps.append(Step(symbols, SYMBOLS))
    if formula:
        steps.append(Step(formula, NUMBERS))
        figures["formula"] = formula
    bytes_ = short_bytes(total * row.setting.value_bytes)
    steps.append(Step(f"{plural(total, 'parameter')}, {bytes_} as {row.setting.dtype}", RESULT))
    if row.weights_of:
        steps.append(Step(f"these are the weights of {row.weights_of}: they count there, not here again", NOTE))
    return Section("params", "Parameters", tuple(steps), figures)


def tensor(name: str, shape: Shape, count: int) -> Step:
    """``96x3x11x11: 96*3*11*11 = 34,848``."""
    if len(shape) > 1:
        return Step(f"{show(shape)}: {product(shape)} = {grouped(count)}", NUMBERS, name)
    return Step(plural(count, "value"), NUMBERS, name)


def buffers_section(row: Row) -> Section:
    """What is kept but not learned."""
    buffers = row.buffer_tensors
    steps = [
        Step(
            f"{plural(each.count, 'value')}{', one int64 that counts batches' if each.counter else ''}",
            NUMBERS,
            each.name,
        )
        for each in buffers
    ]
    total = sum(each.count for each in buffers)
    if buffers:
        steps.append(Step(f"{grouped(total)} values that training updates but does not learn; reported apart", RESULT))
    figures = {"buffers": total, "tensors": [{"name": each.name, "shape": list(each.shape)} for each in buffers]}
    return Section("buffers", "Buffers", tuple(steps), figures)


# -- work -------------------------------------------------------------------------------------------------------------


def macs_section(row: Row) -> Section:
    """Multiply-accumulates, FLOPs, and the work that is counted apart."""
    layer, shapes, batch = row.node.layer, row.input_shapes, row.setting.batch
    assert layer is not None
    one = row.node.facts.macs
    figures: dict[str, Any] = {"macs": row.macs, "flops": row.flops, "per_example": one, "work": row.work._asdict()}
    steps: list[Step] = []
    if one:
        symbols, formula = layer.symbols(*shapes).get("macs"), layer.formulas(*shapes).get("macs")
        if symbols:
            steps.append(Step(symbols, SYMBOLS))
        if formula:
            steps.append(Step(formula, NUMBERS))
            figures["formula"] = formula
        if batch > 1:
            steps.append(Step(f"{batch}*{grouped(one)} = {grouped(row.macs)}", NUMBERS, f"batch of {batch}"))
        flops = f"{FLOPS_PER_MAC}*{grouped(row.macs)} = {grouped(row.flops)}"
        steps.append(Step(f"{grouped(row.macs)} MACs", RESULT))
        steps.append(Step(f"a multiplication and an addition each: {flops} FLOPs", NUMBERS))
    else:
        steps.append(Step("no weighted sums: 0 MACs", RESULT))
    done = [
        f"{grouped(count * batch)} {WORK[name][count * batch != 1]}"
        for name, count in row.work._asdict().items()
        if count
    ]
    if done:
        steps.append(Step(f"counted apart, never as MACs: {', '.join(done)}", WORDS))
    return Section("macs", "Multiply-accumulates", tuple(steps), figures)


# -- matrix product ---------------------------------------------------------------------------------------------------


def matrix_section(row: Row) -> Section:
    """The layer as matrix products (im2col; col2im for a transposed convolution)."""
    layer, shapes, setting = row.node.layer, row.input_shapes, row.setting
    assert layer is not None
    matrix = layer.matrix(*shapes)
    title = "As a matrix product"
    if matrix is None:
        return Section("matrix", title, (), {})
    columns = matrix.n * setting.batch
    values = matrix.unfolded * setting.batch
    held = elements(row.output if matrix.adds else shapes[0])
    copies = Fraction(matrix.copied, held)
    figures = {
        "products": matrix.products,
        "m": matrix.m,
        "k": matrix.k,
        "n": columns,
        "values": values,
        "bytes": values * setting.value_bytes,
        "copies": float(copies),
        "adds": matrix.adds,
    }
    steps = list(size_steps(layer, shapes, columns))
    times = f"{grouped(matrix.products)}*" if matrix.products > 1 else ""
    each = f"{grouped(matrix.products)} products, each " if matrix.products > 1 else ""
    macs = matrix.macs * setting.batch
    steps.append(Step(f"{each}{matrix.m} x {matrix.k} by {matrix.k} x {columns}", RESULT, "M x K by K x N"))
    steps.append(Step(f"{times}{matrix.m}*{matrix.k}*{columns} = {grouped(macs)} MACs, as above", NUMBERS))
    sides = (matrix.m if matrix.adds else matrix.k, columns)
    unfolded = f"{times}{product(sides)} = {grouped(values)} values, {short_bytes(values * setting.value_bytes)}"
    if layer.word == "fc":
        steps.append(Step("the input is used as it is: nothing is copied", WORDS))
    elif matrix.adds:
        steps.append(Step(f"{unfolded} as {setting.dtype}", NUMBERS, "product"))
        steps.append(Step(f"col2im adds them up: {decimal(copies, 2)} of them in each output value on average", WORDS))
    elif matrix.unfolded == held and copies == 1:
        steps.append(Step("the input is that matrix already: nothing is copied", WORDS))
    else:
        steps.append(Step(f"{unfolded} as {setting.dtype}", NUMBERS, "im2col"))
        source = (
            f"the input's {grouped(held)} values" if setting.batch == 1 else f"the {grouped(held)} values of each input"
        )
        steps.append(Step(f"every one of {source} is copied {decimal(copies, 2)} times on average", WORDS))
    return Section("matrix", title, tuple(steps), figures)


def size_steps(layer: Layer, shapes: tuple[Shape, ...], columns: int) -> Iterable[Step]:
    """What M, K and N are."""
    if layer.word == "fc":
        yield Step("M = out, K = in, N = examples in the batch", SYMBOLS)
        return
    grouping = isinstance(layer, Convolving) and layer.group_count(shapes[0][0]) > 1
    per = "/g" if grouping else ""
    if layer.word == "deconv":
        yield Step(f"M = Cout{per}*F^n, K = Cin{per}, N = input positions", SYMBOLS)
    elif layer.word == "local":
        yield Step("a product for every output position: M = Cout, K = Cin*F^n, N = examples in the batch", SYMBOLS)
    else:
        yield Step(
            f"M = Cout{per}, K = F^n*Cin{per}, N = output positions{', for each of the g groups' if per else ''}",
            SYMBOLS,
        )
