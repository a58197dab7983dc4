"""What a layer learns and keeps, and the work that it does."""

from __future__ import annotations

from typing import Any

from cnncalc.analysis.rows import Row
from cnncalc.analysis.steps import NOTE, NUMBERS, RESULT, SYMBOLS, WORDS, Section, Step, plural
from cnncalc.shape import Shape, product, show
from cnncalc.units import FLOPS_PER_MAC, grouped, short_bytes

WORK = {
    "bias": ("bias addition", "bias additions"),
    "norm": ("value normalised", "values normalised"),
    "activation": ("value through the activation", "values through the activation"),
    "pooling": ("pooled value", "pooled values"),
    "elementwise": ("elementwise operation", "elementwise operations"),
}


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
