"""What the uses of a block were given, read off the phrases that led to them; names for a class's parameters."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from cnncalc.errors import SpecError
from cnncalc.formats.write.torch.cells import Cell, Cells
from cnncalc.graph import Wire
from cnncalc.graph.records import Frame
from cnncalc.shape import Shape
from cnncalc.spec.bind_block import BlockBinder
from cnncalc.spec.evaluate import UNKNOWN, Scope, SpanFault, Unknown, evaluate
from cnncalc.spec.phrase import parse_chain_text
from cnncalc.spec.syntax import Call, Span


def arguments_of(cells: Cells, cell: Cell) -> dict[str, Any]:
    """The values of the parameters of a cell's block; :class:`Wire` for lines; {} where they cannot be told."""
    frame = cells.branches[cell.path].operations[0].node.frame
    while frame is not None and frame.block != cell.block:
        frame = frame.parent
    if frame is None or cell.block is None:
        return {}
    try:
        found = variables(cells, frame, cell)
    except (SpanFault, SpecError, LookupError, ValueError, ArithmeticError):
        return {}
    block = cells.graph.network.file.blocks[cell.block]
    return {each.name: plain(found[each.name]) for each in block.parameters if each.name in found}


def variables(cells: Cells, frame: Frame, cell: Cell) -> dict[str, Any]:
    """What the lines of a block's body see in this use of it."""
    file = cells.graph.network.file
    if frame.block is None or frame.parent is None:
        return dict(file.params)
    block = file.blocks[frame.block]
    outer = variables(cells, frame.parent, cell)
    begin, end = frame.span
    call = parse_chain_text(frame.parent.text.text[begin:end]).steps[0].atom
    if not isinstance(call, Call):
        return {}
    flowing = shape_into(cells, cell, block.name)

    def shape(span: Span) -> Shape | Unknown:
        return flowing

    def resolve(name: str, span: Span) -> Any:
        return cells.graph.values.get(name)

    def shape_of(name: str, span: Span) -> Shape | Unknown:
        value = cells.graph.values.get(name)
        return value.shape if isinstance(value, Wire) else UNKNOWN

    names = tuple(each.name for each in block.parameters)
    found = {
        **block.file.params,
        **BlockBinder(call, block.name, names, Scope(outer, shape, shape_of), resolve).arguments(),
    }
    for parameter in block.parameters:
        if parameter.name not in found and parameter.default is not None:
            found[parameter.name] = evaluate(parameter.default, Scope(found, shape, shape_of))
    return found


def shape_into(cells: Cells, cell: Cell, block: str) -> Shape | Unknown:
    """The shape of what flows into the use of a block that a cell lies in."""
    for length in range(len(cell.path), 0, -1):
        branch = cells.branches.get(cell.path[:length])
        if branch is not None and cells.block_of(branch) == block:
            begin = branch.operations[0].index
            inputs = (value.operation for each in branch.operations for value in each.inputs)
            first = next((number for number in inputs if number < begin), None)
            return UNKNOWN if first is None else cells.operations[first].shape
    return UNKNOWN


def plain(value: Any) -> Any:
    """A number as Python writes it."""
    if isinstance(value, Fraction):
        return value.numerator if value.denominator == 1 else float(value)
    return value
