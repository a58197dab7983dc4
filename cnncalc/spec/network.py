"""The validated network: what a tree says, checked and sorted, before anything is built.

A :class:`Network` holds phrases, not layers: conditions and sizes need shapes, which only the expansion knows.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from cnncalc.errors import Diagnostic, SpecError
from cnncalc.source import Mark, Scalar, Source
from cnncalc.spec.budget import Limit
from cnncalc.spec.syntax import Chain, Expr, Parameter


class Statement(NamedTuple):
    """One line of a net or a block: its name, and its chain (None where it could not be parsed)."""

    name: str | None
    chain: Chain | None
    text: Scalar
    """What the chain's spans refer to."""
    mark: Mark
    """The name, or the phrase where it has none."""
    whole: bool = False
    """Every line of the net says ``from:`` (the flat long form): the one node this line makes has its name."""


class File:
    """What the blocks of one file see: its parameters, its defaults, its blocks."""

    __slots__ = ("blocks", "defaults", "params", "source")

    def __init__(self, source: Source) -> None:
        self.source = source
        self.params: dict[str, Any] = {}
        self.defaults: dict[str, dict[str, Any]] = {}
        self.blocks: dict[str, Block] = {}


class Block(NamedTuple):
    """A function from value to value."""

    name: str
    parameters: tuple[Parameter, ...]
    statements: tuple[Statement, ...]
    file: File
    text: Scalar
    """The signature: what the spans of the defaults refer to."""
    shared: bool = False

    def declaration(self) -> str:
        return f"{self.name}({', '.join(each.name for each in self.parameters)})"


class Input(NamedTuple):
    """An input: the sizes as expressions, or the name of the net whose output it takes."""

    name: str
    sizes: tuple[Expr, ...]
    text: Scalar
    net: str | None = None


class Expectation(NamedTuple):
    """A figure that the file vouches for: ``conv1: 96x55x55``, ``params: 25.6M``."""

    key: Scalar
    value: Scalar


class Net(NamedTuple):
    """One net of a file."""

    name: str | None
    inputs: tuple[Input, ...]
    statements: tuple[Statement, ...]
    outputs: tuple[tuple[str, Scalar], ...] | None
    per_image: tuple[Expr, Scalar] | None
    expect: tuple[Expectation, ...]
    """What holds: nothing where numbers are set, what a variant of the file's only net expects in its place."""
    mark: Mark | None
    budget: tuple[Limit, ...] = ()
    """Its own limits, which count before those of the file."""


class Network(NamedTuple):
    """A file, a bundled architecture or a one-liner."""

    name: str
    about: str
    source: Source
    file: File
    nets: tuple[Net, ...]
    strict: bool
    variants: Mapping[str, Mapping[str, Any]]
    variant: str | None = None
    modified: bool = False
    """Parameters were set from outside: expectations are skipped."""
    diagnostics: tuple[Diagnostic, ...] = ()
    """What was wrong with single lines; the rest can still be expanded."""
    extra: Mapping[str, Any] = {}
    """Facts about the file that no figure depends on: year, family."""
    own_name: bool = False
    """The variant has a name of its own."""
    budget: tuple[Limit, ...] = ()
    """The limits that the file sets to its figures as it stands; those of a variant take their place."""

    def sound(self) -> Network:
        """The network itself; raises :class:`SpecError` with its ``diagnostics`` where there are any."""
        if self.diagnostics:
            raise SpecError(self.diagnostics)
        return self

    @property
    def title(self) -> str:
        """The name; the variant's where it is another network and has none of its own."""
        changed = self.variant is not None and self.variants.get(self.variant) and not self.own_name
        return str(self.variant) if changed else self.name
