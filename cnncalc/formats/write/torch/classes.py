"""Classes for the cells: one for all uses of a block with the same structure, with parameters for what differs."""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from typing import Any, NamedTuple

from cnncalc.formats.write.torch.arguments import arguments_of
from cnncalc.formats.write.torch.cells import Cell, Cells, Container
from cnncalc.formats.write.torch.expressions import (
    Children,
    Expression,
    Flag,
    Literal,
    Optional,
    Use,
    chain,
)
from cnncalc.formats.write.torch.fitting import Fitted, Fitting, Parameter
from cnncalc.formats.write.torch.names import class_name, unique, variable
from cnncalc.formats.write.torch.operations import Operation
from cnncalc.formats.write.torch.programs import program_of
from cnncalc.formats.write.torch.shells import Shell, dropped_shortcuts, loops_alike, optional_parts
from cnncalc.graph import Wire


class Written(NamedTuple):
    """A class to write."""

    name: str
    about: str
    shell: Shell
    parameters: list[Parameter]
    texts: list[str]
    """What stands in each slot."""
    inputs: list[str]


class Classes:
    """All classes that the networks need besides their own, in the order of definition."""

    def __init__(self, networks: list[Cells], taken: set[str]) -> None:
        self.taken = taken
        self.written: list[Written] = []
        self.expressions: dict[Cell, Expression] = {}
        self.networks: dict[Cell, Cells] = {}
        self.given: dict[Cell, dict[str, Any]] = {}
        for cells in networks:
            for cell in below(cells.root):
                self.networks[cell] = cells
        for level in self.levels():
            self.make(level)

    def levels(self) -> Iterator[list[Cell]]:
        """The cells, those within others first; all uses of a block at a time."""
        ranks = dict.fromkeys(self.networks, 0)
        blocks: dict[str, int] = {}
        changed = True
        while changed:
            changed = False
            for cell, rank in ranks.items():
                inner = max((ranks[each] + 1 for each in below(cell)), default=0)
                wanted = max(inner, blocks.get(cell.block, 0) if cell.block else 0)
                if wanted > rank:
                    ranks[cell] = wanted
                    changed = True
                if cell.block:
                    blocks[cell.block] = max(wanted, blocks.get(cell.block, 0))
        for rank in sorted(set(ranks.values())):
            yield [cell for cell, own in ranks.items() if own == rank]

    def make(self, level: list[Cell]) -> None:
        """The expressions of cells of a level, classes for those that need one."""
        buckets: dict[str | None, list[Cell]] = {}
        for cell in level:
            buckets.setdefault(cell.block, []).append(cell)
        for block, cells in buckets.items():
            shells = {cell: self.shell(cell) for cell in cells}
            if block is not None:
                loops_alike(shells)
                optional_parts(shells)
                dropped_shortcuts(shells)
            variants: dict[Hashable, list[Cell]] = {}
            for cell, shell in shells.items():
                variants.setdefault(shell.structure(), []).append(cell)
            for same_ones in variants.values():
                first = shells[same_ones[0]]
                if first.program is None and (block is None or len(same_ones) == 1):
                    for cell in same_ones:
                        self.expressions[cell] = shells[cell].parts[0]
                else:
                    self.define(block, same_ones, [shells[cell] for cell in same_ones])

    def shell(self, cell: Cell) -> Shell:
        cells = self.networks.get(cell)
        if cell.chain and cells is not None:
            keys = [cells.homes[part.target][1] for part in cell.parts]
            names = keys if not any(part.name.isdigit() for part in cell.parts) else [part.name for part in cell.parts]
            return Shell((), (chain(names, [self.expression(part.target) for part in cell.parts]),), None)
        assert cells is not None
        return self.module_shell(cell, cells)

    def module_shell(self, cell: Cell, cells: Cells) -> Shell:
        """The shell of a cell with a forward pass of its own."""
        keys = tuple(cells.homes[part.target][1] for part in cell.parts)
        parts = tuple(self.expression(part.target, cells) for part in cell.parts)
        return Shell(keys, parts, program_of(cell, cells))

    def expression(self, target: Operation | Cell | Container, cells: Cells | None = None) -> Expression:
        if isinstance(target, Operation):
            assert target.construct is not None
            return target.construct
        if isinstance(target, Cell):
            return self.expressions[target]
        assert cells is not None
        keys = tuple(cells.homes[part.target][1] for part in target.parts)
        return Children(
            "nn.ModuleDict", keys, tuple(self.expression(part.target, cells) for part in target.parts), True
        )

    def define(self, block: str | None, cells: list[Cell], shells: list[Shell]) -> None:
        """A class for cells of one structure."""
        name = unique(class_name(block or title(cells[0].path)), self.taken)
        self.taken.add(name)
        for cell in cells:
            self.given[cell] = arguments_of(self.networks[cell], cell)
        inputs = self.input_names(cells)
        known, defaults = self.known(cells, block, inputs)
        fitting = Fitting(known, {"x", "self", *inputs}, defaults)
        columns = list(zip(*([slot.value for slot in shell.slots()] for shell in shells), strict=True))
        slots = max(shells, key=lambda shell: sum(slot.value is not None for slot in shell.slots())).slots()
        texts = fitted_texts(shells[0], slots, columns, fitting)
        parameters = fitting.parameters()
        path = ".".join(cells[0].path)
        about = f"The block ``{block}``." if block else f"``{path}``{' and its like' if len(cells) > 1 else ''}."
        self.written.append(Written(name, about, shells[0], parameters, texts, inputs))
        keys = tuple(each.name for each in parameters)
        given = tuple(each.default for each in parameters)
        for number, cell in enumerate(cells):
            values = tuple(Literal(each.values[number], each.name) for each in parameters)
            self.expressions[cell] = Use(name, keys, values, given)

    def known(
        self, cells: list[Cell], block: str | None, inputs: list[str]
    ) -> tuple[dict[str, list[Any]], dict[str, Any]]:
        """Candidates for parameters: the channels that flow in, and what the block was given."""
        shapes = [self.networks[cell].operations[cell.inputs[0].operation].shape for cell in cells]
        entering = "in_features" if all(len(shape) == 1 for shape in shapes) else "in_channels"
        known: dict[str, list[Any]] = {entering: [shape[0] for shape in shapes]}
        defaults: dict[str, Any] = {}
        self.block_arguments(cells, block, known, defaults)
        for number, name in enumerate(inputs[1:], 1):
            values = [self.networks[cell].operations[cell.inputs[number].operation].shape[0] for cell in cells]
            known.setdefault(f"{name}_channels", values)
        return known, defaults

    def block_arguments(
        self, cells: list[Cell], block: str | None, known: dict[str, list[Any]], defaults: dict[str, Any]
    ) -> None:
        if block is None:
            return
        rows = [self.given[cell] for cell in cells]
        for parameter in self.networks[cells[0]].graph.network.file.blocks[block].parameters:
            values = [row.get(parameter.name) for row in rows]
            if all(isinstance(each, (int, float, tuple)) for each in values):
                name = unique(variable(parameter.name), self.taken)  # it must not hide a class that is made
                known.setdefault(name, values)
                if parameter.default is not None and isinstance(
                    getattr(parameter.default, "value", None), (int, float)
                ):
                    defaults[name] = getattr(parameter.default, "value", None)

    def input_names(self, cells: list[Cell]) -> list[str]:
        """``x`` for what flows in, the names of the block's own parameters for what else it takes."""
        found: list[str] = []
        for number in range(len(cells[0].inputs)):
            names: set[str] = set()
            for cell in cells:
                network = self.networks[cell]
                node = network.operations[cell.inputs[number].operation].node.index
                given = self.given[cell]
                names |= {key for key, value in given.items() if isinstance(value, Wire) and value.node == node}
            wanted = variable(names.pop()) if len(names) == 1 and number else "x" if not number else "skip"
            found.append(unique(wanted, found))
        return found


def title(path: tuple[str, ...]) -> str:
    """What a part without a name of its own may be called: ``dense_round`` for the first round of ``dense``."""
    if not path[-1].isdigit():
        return path[-1]
    named = [each for each in path if not each.isdigit()]
    return "_".join([*named[-1:], "round"])


def below(cell: Cell | Container) -> Iterator[Cell]:
    """The cells within a cell, inner ones first."""
    for part in cell.parts:
        if isinstance(part.target, (Cell, Container)):
            yield from below(part.target)
        if isinstance(part.target, Cell):
            yield part.target


def fitted_texts(shell: Shell, slots: list[Literal], columns: list[tuple[Any, ...]], fitting: Fitting) -> list[str]:
    """The expressions of all slots; the tests of optional parts last, since they speak of the others."""
    fitted: list[Fitted | None] = [None] * len(slots)
    tests: list[tuple[int, str, int, int]] = []
    position = 0
    for key, part in zip(shell.keys or ("",), shell.parts, strict=True):
        count = sum(1 for _ in part.slots())
        tested = isinstance(part, (Optional, Flag))
        if tested:
            tests.append((position, key, position + 1 if isinstance(part, Optional) else 0, position + count))
        for number in range(position + tested, position + count):
            fitted[number] = fitting.fit(columns[number], slots[number].role)
        position += count
    for number, key, begin, end in tests:
        made = [
            each
            for each, slot in zip(fitted[begin:end], slots[begin:end], strict=True)
            if each is not None and slot.role == "out_channels"
        ]
        last = made[-1] if made else None
        if last is not None:
            last = complete(last, fitting)
        fitted[number] = Fitted(fitting.condition(columns[number], key, last), ())
    return [each.text if each else "None" for each in fitted]


def complete(fitted: Fitted, fitting: Fitting) -> Fitted | None:
    """The values of an expression in all uses, also where its slot is not there."""
    if all(value is not None for value in fitted.values):
        return fitted
    return next((each for each in fitting.candidates("", fitted.values) if each.text == fitted.text), None)
