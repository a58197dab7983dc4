"""A layer as matrix products."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from cnncalc.analysis.rows import Row
from cnncalc.analysis.steps import NUMBERS, RESULT, SYMBOLS, WORDS, Section, Step
from cnncalc.layers.base import Layer, Matrix
from cnncalc.layers.conv import Convolving
from cnncalc.shape import Shape, elements, product
from cnncalc.units import decimal, grouped, short_bytes


def matrix_section(row: Row) -> Section:
    """The layer as matrix products (im2col; col2im for a transposed convolution)."""
    layer, shapes, batch = row.node.layer, row.input_shapes, row.setting.batch
    assert layer is not None
    matrix = layer.matrix(*shapes)
    title = "As a matrix product"
    if matrix is None:
        return Section("matrix", title, (), {})
    columns, values = matrix.n * batch, matrix.unfolded * batch
    figures = {
        "products": matrix.products,
        "m": matrix.m,
        "k": matrix.k,
        "n": columns,
        "values": values,
        "bytes": values * row.setting.value_bytes,
        "copies": float(copies(row, matrix)),
        "adds": matrix.adds,
    }
    each = f"{grouped(matrix.products)} products, each " if matrix.products > 1 else ""
    sizes = f"{times(matrix)}{matrix.m}*{matrix.k}*{columns}"
    steps = [
        Step(letters(layer, shapes), SYMBOLS),
        Step(f"{each}{matrix.m} x {matrix.k} by {matrix.k} x {columns}", RESULT, "M x K by K x N"),
        Step(f"{sizes} = {grouped(matrix.macs * batch)} MACs, as above", NUMBERS),
        *copying_steps(row, matrix),
    ]
    return Section("matrix", title, tuple(steps), figures)


def times(matrix: Matrix) -> str:
    """The factor before the formulas of a single product."""
    return f"{grouped(matrix.products)}*" if matrix.products > 1 else ""


def held(row: Row, matrix: Matrix) -> int:
    """The values of one example that are copied from, or added up in."""
    return elements(row.output if matrix.adds else row.input_shapes[0])


def copies(row: Row, matrix: Matrix) -> Fraction:
    """How often each of them is in the unfolded matrices, on average."""
    return Fraction(matrix.copied, held(row, matrix))


def letters(layer: Layer, shapes: tuple[Shape, ...]) -> str:
    """What M, K and N are."""
    if layer.word == "fc":
        return "M = out, K = in, N = examples in the batch"
    if layer.word == "local":
        return "a product for every output position: M = Cout, K = Cin*F^n, N = examples in the batch"
    grouping = isinstance(layer, Convolving) and layer.group_count(shapes[0][0]) > 1
    per = "/g" if grouping else ""
    if layer.word == "deconv":
        return f"M = Cout{per}*F^n, K = Cin{per}, N = input positions"
    return f"M = Cout{per}, K = F^n*Cin{per}, N = output positions{', for each of the g groups' if per else ''}"


def copying_steps(row: Row, matrix: Matrix) -> Iterator[Step]:
    """How large the unfolded matrices are, and how often each value is in them."""
    assert row.node.layer is not None
    setting, often, single = row.setting, copies(row, matrix), held(row, matrix)
    if row.node.layer.word == "fc":
        yield Step("the input is used as it is: nothing is copied", WORDS)
        return
    if not matrix.adds and matrix.unfolded == single and often == 1:
        yield Step("the input is that matrix already: nothing is copied", WORDS)
        return
    values = matrix.unfolded * setting.batch
    sides = (matrix.m if matrix.adds else matrix.k, matrix.n * setting.batch)
    size = f"{grouped(values)} values, {short_bytes(values * setting.value_bytes)} as {setting.dtype}"
    yield Step(f"{times(matrix)}{product(sides)} = {size}", NUMBERS, "product" if matrix.adds else "im2col")
    if matrix.adds:
        yield Step(f"col2im adds them up: {decimal(often, 2)} of them in each output value on average", WORDS)
    else:
        count = grouped(single)
        source = f"the input's {count} values" if setting.batch == 1 else f"the {count} values of each input"
        yield Step(f"every one of {source} is copied {decimal(often, 2)} times on average", WORDS)
