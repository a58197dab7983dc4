"""The syntax tree of phrases: what ``docs/phrase.lark`` describes, as frozen records.

Every ``span`` is a pair of offsets into the phrase's text.  Records hold no marks, so that lines with the same text
share one tree; ``Scalar.at(*span)`` gives the mark.
"""

from __future__ import annotations

from typing import NamedTuple, TypeAlias

Span: TypeAlias = tuple[int, int]


# -- expressions ---------------------------------------------------------------------------------------------------


class Number(NamedTuple):
    """``96``, ``0.5``, ``1e-5``: an int or a float."""

    value: int | float
    span: Span


class Name(NamedTuple):
    """``c``, ``width``, ``same``, ``nobias``, ``e4``: what it means depends on the place."""

    text: str
    span: Span


class Dotted(NamedTuple):
    """``skip.H``, ``head.loc``."""

    text: str
    span: Span


class Short(NamedTuple):
    """``p2``, ``d4``, ``k3``, ``s2``, ``g32``, ``p1:2x0:1``: an option, or the name of a line.

    ``letter`` is one of k s p d g; ``value`` is the Number, Size or Padding behind it."""

    text: str
    letter: str
    value: Number | Size | Padding
    span: Span


class Size(NamedTuple):
    """``3x3``, ``5x5x48x256``."""

    dims: tuple[int, ...]
    span: Span


class Padding(NamedTuple):
    """``1:2`` or ``1:2x0:1``: (before, after) per axis; an axis without a colon has both alike."""

    sides: tuple[tuple[int, int], ...]
    span: Span


class Unary(NamedTuple):
    """``-x``, ``+x``, ``not x``; ``op`` is one of ``- + not``."""

    op: str
    operand: Expr
    span: Span


class Binary(NamedTuple):
    """``op`` is one of ``+ - * / // %``."""

    op: str
    left: Expr
    right: Expr
    span: Span


class Compare(NamedTuple):
    """A chained comparison ``a < b <= c``: ``ops`` has one entry less than ``operands``."""

    ops: tuple[str, ...]
    operands: tuple[Expr, ...]
    span: Span


class Logic(NamedTuple):
    """``a and b and c`` or ``a or b``; ``op`` is ``and`` or ``or``."""

    op: str
    operands: tuple[Expr, ...]
    span: Span


class Choice(NamedTuple):
    """``yes if test else no``."""

    test: Expr
    yes: Expr
    no: Expr
    span: Span


class Function(NamedTuple):
    """``round8(width*c)``; ``name`` as written."""

    name: str
    arguments: tuple[Expr, ...]
    span: Span


class Group(NamedTuple):
    """``(26, 20)``, ``(C == 32)``: a parenthesis of one or more expressions.  A single one without a comma is that
    expression in brackets; ``items`` then has one entry and ``comma`` is False."""

    items: tuple[Expr, ...]
    comma: bool
    span: Span


Expr: TypeAlias = (
    Number | Name | Dotted | Short | Size | Padding | Unary | Binary | Compare | Logic | Choice | Function | Group
)


# -- chains --------------------------------------------------------------------------------------------------------


class Argument(NamedTuple):
    """One argument of a call.  ``option`` is None for a positional one; ``/`` for ``/2``; the name before ``=``;
    a letter for ``p(k//2)``.  ``span`` covers all of it, ``name_span`` the option's name."""

    option: str | None
    value: Expr
    span: Span
    name_span: Span


class Call(NamedTuple):
    """A layer, a block, or an earlier line (``word`` then may be dotted); ``conv3-64`` keeps its own spelling."""

    word: str
    arguments: tuple[Argument, ...]
    span: Span
    word_span: Span
    line: bool = False
    """The word stands under ``from:``: it can only be the name of a line."""


class Branch(NamedTuple):
    """A branch of a merge, named (``project = ...``) or not."""

    name: str | None
    chain: Chain
    name_span: Span | None


class Merge(NamedTuple):
    """``add concat mul residual fork``; ``word`` in lower case."""

    word: str
    branches: tuple[Branch, ...]
    span: Span
    word_span: Span


class Repeat(NamedTuple):
    """``( chain )`` or ``( chain )*count``; ``count`` is None without a repeat."""

    chain: Chain
    count: Expr | None  # type: ignore[assignment]
    span: Span


class Given(NamedTuple):
    """The leading size of a one-liner: ``3x227x227 | ...``."""

    dims: tuple[int, ...]
    span: Span


Atom: TypeAlias = Call | Merge | Repeat | Given


class Label(NamedTuple):
    """``as u``; ``span`` is that of the name."""

    name: str
    span: Span


class Claim(NamedTuple):
    """``=> 96x55x55``; ``span`` is that of the value."""

    value: Expr
    span: Span


class Step(NamedTuple):
    """An atom with its suffixes and its guard (``if test``, and what stands behind ``else``)."""

    atom: Atom
    suffixes: tuple[Label | Claim, ...]
    test: Expr | None
    otherwise: Step | None
    span: Span


class Chain(NamedTuple):
    """Steps joined by ``|`` or ``->``."""

    steps: tuple[Step, ...]
    span: Span


class Parameter(NamedTuple):
    """A parameter of a signature: ``c``, ``stride=1``."""

    name: str
    default: Expr | None
    span: Span


class Signature(NamedTuple):
    """``bottleneck(c, stride=1)``."""

    name: str
    parameters: tuple[Parameter, ...]
    span: Span


def speaks_of(tree: object, name: str) -> bool:
    """Whether a bare name stands anywhere in a syntax tree."""
    waiting = [tree]
    while waiting:
        node = waiting.pop()
        if type(node) is Name and node.text == name:
            return True
        if isinstance(node, tuple):
            waiting += node
    return False
