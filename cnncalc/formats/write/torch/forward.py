"""Forward passes: the calls of a cell as statements, with values put where they are used if that reads well."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, TypeAlias

from cnncalc.formats.write.torch.layout import Call, Doc, flat, lines
from cnncalc.formats.write.torch.names import unique, variable
from cnncalc.formats.write.torch.operations import Function

Ref: TypeAlias = tuple[int, int]
"""A value: the number of a step and which of its results; an input is (-1 - number, 0)."""

LONGEST = 80
"""An expression within another one is no longer than this."""

TIGHTNESS = {"add": 1, "mul": 2}


class Step(NamedTuple):
    """A call: a module by the way to it, or a function."""

    call: str | Function
    inputs: tuple[Ref, ...]
    outputs: int
    name: str
    """What its result may be called."""
    more: tuple[str, ...] = ()
    """What the call takes behind its inputs, or for a borrowed module before them."""


class Program(NamedTuple):
    """A forward pass."""

    inputs: int
    steps: tuple[Step, ...]
    outputs: tuple[Ref, ...]


class Tree(NamedTuple):
    """A step whose operands may be steps."""

    number: int
    step: Step
    operands: tuple[Tree | Ref, ...]


def statements(program: Program) -> list[Tree]:
    """The steps that stand on their own, others as their operands, in the order of execution."""
    uses: dict[Ref, int] = {}
    for ref in [*program.outputs, *(ref for step in program.steps for ref in step.inputs)]:
        uses[ref] = uses.get(ref, 0) + 1
    found: list[Tree] = []
    waiting: list[Tree] = []
    for number, step in enumerate(program.steps):
        operands: list[Tree | Ref] = list(step.inputs)
        pending = {(tree.number, 0): tree for tree in waiting}
        wanted = [pending[ref] for ref in step.inputs if ref in pending]
        if wanted and waiting[-len(wanted) :] == wanted and all(fits(tree, step) for tree in wanted):
            del waiting[-len(wanted) :]
            operands = [pending.get(ref, ref) for ref in step.inputs]
        found += waiting
        waiting = []
        tree = Tree(number, step, tuple(operands))
        if step.outputs == 1 and uses.get((number, 0), 0) == 1:
            waiting.append(tree)
        else:
            found.append(tree)
        # siblings that wait for the same step stay
        if wanted and not isinstance(operands[0], tuple):
            continue
    return found + waiting


def fits(tree: Tree, step: Step) -> bool:
    return isinstance(step.call, Function) or isinstance(tree.step.call, Function)
