"""Shells: what cells are made of; the uses of a block that differ little are brought to one shell."""

from __future__ import annotations

from collections.abc import Hashable
from typing import NamedTuple

from cnncalc.formats.write.torch.cells import Cell
from cnncalc.formats.write.torch.expressions import Expression, Flag, Literal, Optional, emptied, first_apart
from cnncalc.formats.write.torch.forward import Program, Ref, Step
from cnncalc.formats.write.torch.names import attribute, unique


class Shell(NamedTuple):
    """What a cell is made of, its values apart."""

    keys: tuple[str, ...]
    parts: tuple[Expression, ...]
    program: Program | None
    """None for a plain chain."""
    other: Program | None = None
    """The forward pass where the last part, a flag, is not set."""

    def structure(self) -> Hashable:
        program = self.program.structure() if self.program else None
        return (self.keys, tuple(part.structure() for part in self.parts), program, self.other is None)

    def slots(self) -> list[Literal]:
        return [slot for part in self.parts for slot in part.slots()]


def loops_alike(shells: dict[Cell, Shell]) -> None:
    """Where the first round of a loop is of its own in some uses of a block, it is in all."""
    structures = {shell.structure() for shell in shells.values()}
    for cell, shell in shells.items():
        apart = shell._replace(parts=tuple(map(first_apart, shell.parts)))
        if apart.structure() != shell.structure() and apart.structure() in structures:
            shells[cell] = apart


def dropped_shortcuts(shells: dict[Cell, Shell]) -> None:
    """A block that only has the body where the shapes differ: one class for both, with a flag."""
    whole = {shell.structure(): shell for shell in shells.values() if shell.program is not None}
    for fuller in whole.values():
        bodies = {
            cell: shell
            for cell, shell in shells.items()
            if cell.bare and shell.program is None and fuller.keys == (attribute(cell.bare),)
            if [each.structure() for each in shell.parts] == [each.structure() for each in fuller.parts]
        }
        if not bodies or fuller.program is None or fuller.program.inputs != 1 or len(fuller.program.outputs) != 1:
            continue
        key = fuller.keys[0]
        bare = Program(1, (Step(f".{key}", ((-1, 0),), 1, key),), ((0, 0),))
        keys = (key, unique("shortcut", {key}))
        structure = fuller.structure()
        for cell, shell in shells.items():
            if cell in bodies or shell.structure() == structure:
                flag = Flag(Literal(cell not in bodies, keys[1]))
                shells[cell] = Shell(keys, (*shell.parts, flag), fuller.program, bare)
        return


def optional_parts(shells: dict[Cell, Shell]) -> None:
    """Where a block's uses differ by one part, such as the projection of a shortcut, all get the fuller shell."""
    full = {shell.structure(): shell for shell in shells.values() if shell.program is not None}
    for fuller in sorted(full.values(), key=lambda shell: -len(shell.keys)):
        assert fuller.program is not None
        for key in fuller.keys:
            fewer = {cell: shell for cell, shell in shells.items() if is_without(shell, fuller, key)}
            if not fewer:
                continue
            place = fuller.keys.index(key)
            whole = fuller.structure()
            for cell, shell in shells.items():
                if shell.structure() == whole:
                    part = Optional(Literal(True, key), shell.parts[place])
                    shells[cell] = shell._replace(parts=(*shell.parts[:place], part, *shell.parts[place + 1 :]))
            empty = emptied(fuller.parts[place])
            for cell, shell in fewer.items():
                part = Optional(Literal(False, key), empty)
                shells[cell] = fuller._replace(parts=(*shell.parts[:place], part, *shell.parts[place:]))
            return


def is_without(shell: Shell, fuller: Shell, key: str) -> bool:
    """Whether a shell is the fuller one without that part, whose input takes the place of its output."""
    if shell.program is None or fuller.program is None or len(shell.keys) + 1 != len(fuller.keys):
        return False
    place = fuller.keys.index(key)
    if shell.keys != fuller.keys[:place] + fuller.keys[place + 1 :]:
        return False
    parts = fuller.parts[:place] + fuller.parts[place + 1 :]
    if [each.structure() for each in shell.parts] != [each.structure() for each in parts]:
        return False
    calls = [number for number, step in enumerate(fuller.program.steps) if step.call == f".{key}"]
    if len(calls) != 1:
        return False
    gone = fuller.program.steps[calls[0]]
    if len(gone.inputs) != 1 or gone.outputs != 1:
        return False

    def moved(ref: Ref) -> Ref:
        if ref == (calls[0], 0):
            return moved(gone.inputs[0])
        return (ref[0] - (ref[0] > calls[0]), ref[1])

    steps = tuple(
        step._replace(inputs=tuple(map(moved, step.inputs)))
        for number, step in enumerate(fuller.program.steps)
        if number != calls[0]
    )
    program = Program(fuller.program.inputs, steps, tuple(map(moved, fuller.program.outputs)))
    return program.structure() == shell.program.structure()
