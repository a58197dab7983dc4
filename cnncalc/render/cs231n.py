"""The table of a network in the notation of Stanford's CS231n notes (their VGG-16): a row for each layer that keeps a
volume of its own, sizes as width x height x depth, weights without biases.

The notes take activations and dropout for done in place; those, and layers that only look at the values another way,
have no row here, and the last line names them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from math import prod
from textwrap import wrap

from cnncalc.analysis.report import Report
from cnncalc.analysis.rows import Row
from cnncalc.layers.base import Parameter
from cnncalc.shape import Shape
from cnncalc.units import DTYPE_BYTES, grouped, short_bytes

IN_PLACE = ("activation", "regularisation")
"""Families of layers that the notes do not count."""
WORDS = {
    "conv": "CONV",
    "dwconv": "DWCONV",
    "deconv": "DECONV",
    "local": "LOCAL",
    "maxpool": "POOL",
    "avgpool": "AVGPOOL",
}
"""What rows are called that have a size behind their word."""


def text(report: Report, width: int) -> str:
    """The rows, the totals, and what is not shown."""
    kept = [row for row in report.rows if has_volume(row)]
    lines = [line("INPUT", shape, "0") for _, shape in report.inputs]
    lines += [line(title(row), row.output, params(row)) for row in kept]
    values = sum(prod(shape) for _, shape in report.inputs) + sum(prod(row.output) for row in kept)
    weights = sum(map(weights_of, kept))
    biases = report.totals.params - weights
    size = DTYPE_BYTES[report.dtype]
    total = values * size
    lines += [
        f"TOTAL memory: {rough(values, 3)} * {size} bytes = {short_bytes(total)} ({total / 10**6:.1f} MB) / image "
        "(only forward! about twice that for backward)",
        f"TOTAL params: {rough(weights, 3)} = {grouped(weights)} weights"
        + (f", {grouped(report.totals.params)} with the biases" if biases else ""),
        *wrap(unseen(report.rows), width),
    ]
    return "\n".join(lines) + "\n"


def line(word: str, shape: Shape, learned: str) -> str:
    """``CONV3-64: [224x224x64]  memory: 224*224*64=3.2M   params: (3*3*3)*64 = 1,728``."""
    sizes = [*shape[1:], shape[0]] if len(shape) > 1 else [1, 1, *shape]
    memory = f"{'*'.join(map(str, sizes))}={rough(prod(shape))}" if len(shape) > 1 else str(shape[0])
    return f"{word}: [{'x'.join(map(str, sizes))}]  memory: {memory}   params: {learned}"


def rough(value: int, digits: int = 2) -> str:
    """``150K``, ``3.2M``: so many significant digits; below 1000 the number itself."""
    if value < 1000:
        return str(value)
    rounded = float(f"{value:.{digits}g}")
    thousands = min((len(f"{rounded:.0f}") - 1) // 3, 4)
    rounded /= 1000**thousands
    return (f"{rounded:.{digits}g}" if rounded < 10**digits else f"{rounded:.0f}") + " KMGT"[thousands]


def has_volume(row: Row) -> bool:
    layer = row.node.layer
    assert layer is not None
    return bool(row.parameters) or (layer.family not in IN_PLACE and not layer.alias)


def unseen(rows: tuple[Row, ...]) -> str:
    """The sentence about the layers without a row."""
    kinds = Counter(row.kind for row in rows if not has_volume(row))
    parts = [f"{count} {kind}" for kind, count in kinds.items()]
    return f"(no rows, as in the notes, which take them for done in place: {', '.join(parts)})" if parts else ""


def title(row: Row) -> str:
    """``CONV3-64``, ``POOL2``, ``FC``."""
    word = WORDS.get(row.kind, row.kind.upper())
    if row.kind not in WORDS:
        return word
    kernel = kernel_of(row)
    size = str(kernel[0]) if len(set(kernel)) == 1 else "x".join(map(str, kernel))
    return f"{word}{size}" if row.kind.endswith("pool") else f"{word}{size}-{row.output[0]}"


def kernel_of(row: Row) -> Shape:
    kernel: int | Shape = getattr(row.node.layer, "kernel", 1)
    return kernel if isinstance(kernel, tuple) else (kernel,) * (len(row.output) - 1)


def counted(row: Row) -> list[Parameter]:
    """The tensors that count as weights: no biases, but all that a normalisation learns."""
    if row.weights_of is not None:
        return []
    norm = row.kind in ("bn", "gn", "ln", "instnorm")
    return [each for each in row.parameters if norm or each.name != "bias"]


def weights_of(row: Row) -> int:
    return sum(each.count for each in counted(row))


def params(row: Row) -> str:
    """``(3*3*64)*128 = 73,728``; 0 where there are none."""
    tensors = counted(row)
    total = grouped(weights_of(row))
    if not tensors:
        return f"0 (those of {row.weights_of})" if row.weights_of else "0"
    shape = tensors[0].shape
    if len(tensors) == 2:
        return f"2*{shape[0]} = {total}"
    if row.kind in ("conv", "dwconv"):
        return f"({product(*shape[2:], shape[1])})*{shape[0]} = {total}"
    if row.kind == "deconv":
        return f"({product(*shape[2:], shape[0])})*{shape[1]} = {total}"
    if row.kind == "local":
        return f"{product(*shape)} = {total}"
    if row.kind == "fc":
        return f"{product(*flowing(row), shape[0])} = {total}"
    return total


def product(*factors: int) -> str:
    return "*".join(map(str, factors))


def flowing(row: Row) -> Iterator[int]:
    """What flows into a fully connected layer: the sizes of the maps that were flattened for it."""
    nodes = row.setting.graph.nodes
    before = nodes[row.node.inputs[0]]
    if before.kind != "flatten":
        return iter(row.input_shapes[0])
    channels, *sizes = nodes[before.inputs[0]].facts.output
    return iter((*sizes, channels))
