"""Cells: the modules within a network, found from the paths of its layers' names.

A path such as ``d4.up.double`` is a cell where what lies below it runs in one go.  Where it does not, or where it uses
weights of another part of the network, it is a mere container, and the cell around it makes its calls.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple, TypeAlias

from cnncalc.formats.write.torch.branches import Branch, Branches, Path
from cnncalc.formats.write.torch.names import attribute, unique
from cnncalc.formats.write.torch.operations import Operation, Value
from cnncalc.graph import Graph


class Item:
    """A call in a cell's forward pass."""

    def __init__(self, target: Operation | Cell | Path, operations: list[Operation], name: str) -> None:
        self.target = target
        """What is called: for a later use of shared weights the part that has them (its path, until that is made)."""
        self.operations = operations
        """What is run by it."""
        self.name = name
        self.inputs: tuple[Value, ...] = ()
        self.outputs: tuple[Value, ...] = ()
        self.borrows = False
        """The target only lends its weights to an operation with settings of its own."""


class Part(NamedTuple):
    """A submodule and its name."""

    name: str
    target: Operation | Cell | Container


class Container:
    """Parts of a cell below a name of their own."""

    def __init__(self) -> None:
        self.parts: list[Part] = []


class Cell:
    """A module with a forward pass of its own."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.parts: list[Part] = []
        """Its submodules, in the order of their weights."""
        self.items: list[Item] = []
        """Its calls, in the order of execution."""
        self.inputs: tuple[Value, ...] = ()
        self.outputs: tuple[Value, ...] = ()
        self.block: str | None = None
        """The block that it is a use of."""
        self.bare: str | None = None
        """It stands for a block that does nothing around this part of it."""

    @property
    def chain(self) -> bool:
        """Whether its parts are called one after the other, and nothing else happens."""
        if not self.parts or len(self.parts) != len(self.items) or len(self.inputs) != 1:
            return False
        value = self.inputs
        for part, item in zip(self.parts, self.items, strict=True):
            plain = item.target is part.target and not item.borrows and not item.operations[0].settings
            if not plain or item.inputs != value or len(item.outputs) != 1:
                return False
            value = item.outputs
        return value == self.outputs and not any(
            value in item.outputs for item in self.items[:-1] for value in self.outputs
        )


Home: TypeAlias = tuple["Cell | Container", str, int]


class Cells(Branches):
    """The cells of a graph; ``root`` is the network itself."""

    def __init__(self, graph: Graph) -> None:
        super().__init__(graph)
        self.homes: dict[Operation | Cell | Container, Home] = {}
        self.cells: dict[Path, Operation | Cell] = {}
        self.root = self.make(self.branches[()])
        self.root.inputs = tuple(Value(number) for _, number in graph.inputs)
        self.root.outputs = tuple(value for _, value in self.outputs)
        self.settle(self.root)

    def make(self, branch: Branch) -> Cell:
        cell = Cell(branch.path)
        cell.block = self.block_of(branch)
        self.fill(cell, cell.parts, branch)
        cell.items.sort(key=lambda item: item.operations[0].index)
        for item in cell.items:
            item.inputs, item.outputs = self.flow(item.operations)
        cell.inputs, cell.outputs = self.flow(branch.live)
        if not cell.chain:
            self.gather_rounds(cell)
        return cell

    def fill(self, cell: Cell, parts: list[Part], branch: Branch) -> None:
        for name, child in self.children(branch):
            if isinstance(child, Operation):
                if child.construct is not None and child.owner is None:
                    parts.append(Part(name, child))
                if child.live:
                    item = Item(child.owner or child, [child], self.hint(cell, child.path))
                    item.borrows = child.owner is not None and child.owner.construct != child.construct
                    cell.items.append(item)
            elif child.path in self.later:
                cell.items.append(Item(self.later[child.path], child.live, self.hint(cell, child.path)))
            elif self.is_cell(child):
                inner = self.simplified(self.make(child), cell)
                operations = inner.items if isinstance(inner, Cell) else None
                run = [each for item in operations for each in item.operations] if operations else [inner]
                run = [each for each in run if isinstance(each, Operation)]
                self.cells[child.path] = inner
                parts.append(Part(name, inner))
                cell.items.append(Item(inner, run, self.hint(cell, child.path)))
            else:
                container = Container()
                self.fill(cell, container.parts, child)
                if len(container.parts) == 1:
                    parts.append(Part(name, container.parts[0].target))
                elif container.parts:
                    parts.append(Part(name, container))

    def hint(self, cell: Cell, path: Path) -> str:
        return "_".join(path[len(cell.path) :])

    def simplified(self, cell: Cell, parent: Cell) -> Operation | Cell:
        """The only part of a cell in its place; what joins values before a plain chain is left to the parent."""
        if cell.path not in self.later.values() and not cell.block:
            start = next((n for n, item in enumerate(cell.items) if not is_function(item)), len(cell.items))
            rest = Cell(cell.path)
            rest.parts, rest.items = cell.parts, cell.items[start:]
            rest.inputs, rest.outputs = self.flow([each for item in rest.items for each in item.operations])
            if start and rest.chain:
                parent.items += cell.items[:start]
                cell = rest
        if len(cell.parts) == len(cell.items) == 1 and cell.items[0].target is cell.parts[0].target:
            target = cell.parts[0].target
            if isinstance(target, Operation) and not cell.items[0].borrows:
                return target
            if isinstance(target, Cell):
                if target.block is None and cell.block is not None and not self.later:
                    target.block, target.bare = cell.block, cell.parts[0].name
                return target
        return cell

    def gather_rounds(self, cell: Cell) -> None:
        """Rounds of a repeat that follow one another become one chain."""
        for run in list(runs(cell)):
            rounds = Cell((*cell.path, "rounds"))
            rounds.items = run
            rounds.parts = [part for part in cell.parts if any(part.target is item.target for item in run)]
            operations = [each for item in run for each in item.operations]
            rounds.inputs, rounds.outputs = self.flow(operations)
            if not rounds.chain:
                continue
            place = cell.parts.index(rounds.parts[0])
            name = unique("rounds", {part.name for part in cell.parts})
            cell.parts[place : place + len(run)] = [Part(name, rounds)]
            item = Item(rounds, operations, name)
            item.inputs, item.outputs = rounds.inputs, rounds.outputs
            start = cell.items.index(run[0])
            cell.items[start : start + len(run)] = [item]

    def settle(self, place: Cell | Container) -> None:
        """Keys for the parts, and the parts behind the paths of first uses."""
        taken: set[str] = set()
        for number, part in enumerate(place.parts):
            key = unique(attribute(part.name), taken)
            taken.add(key)
            self.homes[part.target] = (place, key, number)
            if not isinstance(part.target, Operation):
                self.settle(part.target)
        for item in place.items if isinstance(place, Cell) else ():
            if isinstance(item.target, tuple):
                item.target = self.cells[item.target]

    def access(self, target: Operation | Cell | Container, cell: Cell) -> str:
        """How a cell's forward pass names a part, ``.body`` or ``.body.conv``."""
        place, key, number = self.homes[target]
        if isinstance(place, Container):
            text = f'["{key}"]'
        elif place is not self.root and place.chain and any(part.name.isdigit() for part in place.parts):
            text = f"[{number}]"
        else:
            text = f".{key}"
        return text if place is cell else self.access(place, cell) + text


def is_function(item: Item) -> bool:
    return isinstance(item.target, Operation) and item.target.function is not None


def runs(cell: Cell) -> Iterator[list[Item]]:
    """Successive rounds among the calls of a cell."""
    run: list[Item] = []
    names = {id(part.target): part.name for part in cell.parts}
    for item in [*cell.items, None]:
        is_round = item is not None and names.get(id(item.target), "").isdigit()
        if item is not None and is_round and (not run or (len(item.inputs) == 1 and item.inputs == run[-1].outputs)):
            run.append(item)
            continue
        if len(run) > 1:
            yield run
        run = [item] if item is not None and is_round else []
