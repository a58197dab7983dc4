"""From a cell to its forward pass, its values apart."""

from __future__ import annotations

from cnncalc.formats.write.torch.cells import Cell, Cells, Item
from cnncalc.formats.write.torch.expressions import Construct, written
from cnncalc.formats.write.torch.forward import Program, Ref, Step
from cnncalc.formats.write.torch.layout import flat
from cnncalc.formats.write.torch.operations import Operation, Value


def program_of(cell: Cell, cells: Cells) -> Program:
    """The forward pass of a cell."""
    places: dict[Value, Ref] = {value: (-1 - number, 0) for number, value in enumerate(cell.inputs)}
    for number, item in enumerate(cell.items):
        for port, value in enumerate(item.outputs):
            places[value] = (number, port)
    steps = tuple(step_of(item, cell, cells, tuple(places[value] for value in item.inputs)) for item in cell.items)
    return Program(len(cell.inputs), steps, tuple(places[value] for value in cell.outputs))


def step_of(item: Item, cell: Cell, cells: Cells, inputs: tuple[Ref, ...]) -> Step:
    outputs = len(item.outputs)
    first = item.operations[0]
    name = item.name
    if outputs > 1:
        name = names_of(item, cells)
    if isinstance(item.target, Operation) and item.target.function is not None:
        operands = tuple(inputs[item.inputs.index(value)] for value in first.inputs)
        return Step(item.target.function, operands, outputs, name, mutates=mutates(item))
    assert not isinstance(item.target, tuple)
    way = cells.access(item.target, cell)
    if item.borrows:
        assert first.construct is not None
        own = lent_construct(first.construct)
        return Step("run_with_weights_of", inputs, outputs, name, (f"self{way}", own), (), mutates(item))
    after = (("output_size", repr(first.settings)),) if len(item.operations) == 1 and first.settings else ()
    return Step(way, inputs, outputs, name, (), after, mutates(item))


def mutates(item: Item) -> bool:
    """Whether something that is run overwrites its input."""
    return any(each.node.layer is not None and each.node.layer.is_inplace for each in item.operations)


def names_of(item: Item, cells: Cells) -> str:
    """Names for several results of a call, from where their paths part."""
    operations = [cells.operations[value.operation] for value in item.outputs]
    paths = [each.path for each in operations]
    depth = min(map(len, paths)) - 1
    parted = next((length for length in range(depth) if len({path[length] for path in paths}) > 1), depth)
    found = [f"{item.name}_{path[parted]}" for path in paths]
    if len(set(operations)) == 1:
        found[0] = item.name
    return "|".join(
        f"{item.name}_indices" if value.port else name for name, value in zip(found, item.outputs, strict=True)
    )


def lent_construct(construct: Construct) -> str:
    text = flat(construct.document(iter([written(slot.value) for slot in construct.parts])))
    drawn = construct.name.startswith("nn.") or construct.name == "LocallyConnected"
    return f'{text[:-1]}, device="meta")' if drawn else text
