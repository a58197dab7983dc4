"""Cells: the modules within the network, found from the paths of its layers' names.

A path such as ``d4.up.double`` is a cell where what lies below it runs in one go.  Where it does not, or where it uses
weights of another part of the network, it is a mere container, and the cell around it makes its calls.
"""

from __future__ import annotations

from collections.abc import Iterator

from cnncalc.formats.write.torch.names import attribute, unique
from cnncalc.formats.write.torch.operations import Operation, Value
from cnncalc.graph import Graph

Path = tuple[str, ...]


class Item:
    """A call in a cell's forward pass."""

    def __init__(self, target: Operation | Cell, operations: list[Operation], name: str) -> None:
        self.target = target
        """What is called: for a later use of shared weights the part that has them."""
        self.operations = operations
        """What is run by it."""
        self.name = name
        self.inputs: tuple[Value, ...] = ()
        self.outputs: tuple[Value, ...] = ()
        self.borrows = False
        """The target only lends its weights to an operation with other settings."""


class Container:
    """Parts of a cell below a name of their own."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.parts: list[Operation | Cell | Container] = []


Part = Operation | Cell | Container if False else object  # for the eye only


class Cell:
    """A module with a forward pass of its own."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.parts: list[Operation | Cell | Container] = []
        """Its submodules, in the order of their weights."""
        self.items: list[Item] = []
        """Its calls, in the order of execution."""
        self.inputs: tuple[Value, ...] = ()
        self.outputs: tuple[Value, ...] = ()
        self.block: str | None = None
        self.first: Operation | None = None
